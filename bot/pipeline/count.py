"""Every night: is LinkedIn's list of leads ours? What is missing is fetched, what is gone is asked for, and told."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.core.counting import Comparison, compare
from bot.core.errors import StoreUnavailable, UpstreamError
from bot.pipeline.notices import listening
from bot.pipeline.pull import Pull, Window
from bot.pipeline.shift import Bell, Shift
from bot.pipeline.streams import streams_of
from bot.ports import Source, Stream, Tally, TallyBook

_log = logging.getLogger(__name__)

#: Local time from which a night's count is due. Nights on which no server ran are covered by the next one.
_AT = time(3, 0)
_DAYS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Counts every stream once a night."""

    source: Source
    book: TallyBook
    pull: Pull
    shift: Shift

    async def sweep(self) -> None:
        """Count what is due. Idempotent: a stream counted tonight is left alone, one that failed is repeated."""
        config, now = self.shift.live(), self.shift.now()
        local = now.astimezone(ZoneInfo(config.timezone))
        if local.time() < _AT:
            return
        night = local.date().isoformat()
        midnight = datetime.combine(local.date(), time(), ZoneInfo(config.timezone)).astimezone(now.tzinfo)
        tallies, failures = list[Tally](), list[tuple[Stream, str]]()
        for stream in streams_of(config.sources):
            try:
                tally = await self._count_when_due(stream, night, midnight)
            except (UpstreamError, StoreUnavailable) as error:
                _log.warning("count failed", extra={"source": stream.source, "error": str(error)})
                failures.append((stream, str(error)))
                continue
            tallies += [tally] if tally else []
        if tallies:
            await self.shift.tell(listening.counted(night, tallies, failures))

    async def _count_when_due(self, stream: Stream, night: str, midnight: datetime) -> Tally | None:
        progress = await self.pull.book.progress(stream)
        # before the first pull nothing was promised
        if progress is None or progress.first_pull_at > midnight or await self.pull.is_held():
            return None
        if await self.book.is_counted(stream, night):
            return None
        look_back = self.shift.live().linkedin.look_back
        since = max(midnight - timedelta(days=_DAYS), progress.first_pull_at - look_back)
        comparison = await self.count(stream, since=since, until=midnight)
        tally = Tally(stream=stream, night=night, comparison=comparison)
        await self.book.counted(tally, doubt=comparison.may_doubt, now=self.shift.now())
        if comparison.gone:
            self.shift.ring(Bell.LEADS)
        return tally

    async def count(self, stream: Stream, *, since: datetime, until: datetime) -> Comparison:
        """Compare one window and fetch what is missing. Raises UpstreamError, StoreUnavailable; harmless to repeat."""
        theirs = [
            each
            async for each in self.source.listed(stream, since=since, until=until)
            if since <= each.submitted_at < until
        ]
        ours = await self.book.our_leads(stream, since=since, until=until - timedelta(milliseconds=1))
        comparison = compare(theirs, ours)
        if comparison.missing:
            first, last = comparison.missing[0][1], comparison.missing[-1][1]
            await self.pull.pull_window(stream, Window(since=first, until=last))
            await self.pull.list_quiet(stream)
        _log.log(
            logging.INFO if comparison.agrees else logging.WARNING,
            "counted",
            extra={
                "source": stream.source,
                "lead_type": stream.lead_type,
                "theirs": comparison.theirs,
                "ours": comparison.ours,
                "missing": [response_id for response_id, _ in comparison.missing],
                "waiting": comparison.waiting,
                "gone": comparison.gone,
            },
        )
        return comparison
