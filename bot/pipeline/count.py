"""Every night: is LinkedIn's list of leads ours? What is missing is fetched, what is gone is asked for, and told."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.config.model import SourceEntry
from bot.core.counting import Comparison, compare
from bot.core.errors import StoreUnavailable, TemporaryError, UpstreamError
from bot.pipeline.notices import listening
from bot.pipeline.pull import Pull, Window
from bot.pipeline.shift import Bell, Shift
from bot.pipeline.streams import streams_of
from bot.ports import Source, Stream, Tally, TallyBook

_log = logging.getLogger(__name__)

#: Local time from which a night's count is due. Nights on which no server ran are covered by the next one.
_AT = time(3, 0)
_DAYS = 3

#: What could not be counted by then is told; it is tried on all day.
_TELL_AT = time(6, 0)
_TRY_AGAIN = timedelta(hours=1)

_HELD = TemporaryError("LinkedIn is not to be called at the moment", code="held")


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Counts every source once a night."""

    source: Source
    book: TallyBook
    pull: Pull
    shift: Shift
    _failed_at: dict[str, datetime] = field(default_factory=dict)

    async def sweep(self) -> None:
        """Count what is due. Idempotent: what was counted tonight is left alone, what failed is repeated hourly."""
        config, now = self.shift.live(), self.shift.now()
        local = now.astimezone(ZoneInfo(config.timezone))
        if local.time() < _AT:
            return
        for entry in config.sources:
            failed_at = self._failed_at.get(entry.name)
            if failed_at is not None and failed_at <= now < failed_at + _TRY_AGAIN:
                continue
            try:
                await self._count_when_due(entry, local)
                self._failed_at.pop(entry.name, None)
            except StoreUnavailable as error:
                _log.warning("count not stored", extra={"source": entry.name, "error": str(error)})
            except UpstreamError as error:
                if error is not _HELD:
                    self._failed_at[entry.name] = now
                await self._failed(entry, local, error)

    async def _failed(self, entry: SourceEntry, local: datetime, error: UpstreamError) -> None:
        _log.warning("count failed", extra={"source": entry.name, "error": str(error)})
        with suppress(StoreUnavailable):
            if error is not _HELD:
                await self.pull.heed(error)
            if local.time() >= _TELL_AT:
                await self.shift.tell(listening.not_counted(local.date().isoformat(), entry.name, error))

    async def _count_when_due(self, entry: SourceEntry, local: datetime) -> None:
        midnight = datetime.combine(local.date(), time(), local.tzinfo).astimezone(UTC)
        night, tallies = local.date().isoformat(), list[Tally]()
        for stream in streams_of([entry]):
            since = await self._since(stream, midnight)
            if since is None or await self.book.is_counted(stream, night):
                continue
            if await self.pull.is_held():
                raise _HELD
            tallies.append(await self.count(stream, since=since, until=midnight, night=night))
        if tallies:
            notice = listening.counted(night, entry.name, tallies)
            await self.book.counted(tallies, notice, now=self.shift.now())
            self.shift.ring(Bell.LEADS | Bell.DELIVERIES)

    async def _since(self, stream: Stream, midnight: datetime) -> datetime | None:
        """Where the window begins; None = before the first pull nothing was promised."""
        progress = await self.pull.book.progress(stream)
        if progress is None or progress.first_pull_at > midnight:
            return None
        look_back = self.shift.live().linkedin.look_back
        return max(midnight - timedelta(days=_DAYS), progress.first_pull_at - look_back)

    async def count(self, stream: Stream, *, since: datetime, until: datetime, night: str) -> Tally:
        """Compare one window and fetch what is missing. Raises UpstreamError, StoreUnavailable; harmless to repeat."""
        theirs = [
            each
            async for each in self.source.listed(stream, since=since, until=until)
            if since <= each.submitted_at < until
        ]
        ours = await self.book.our_leads(stream, since=since, until=until - timedelta(milliseconds=1))
        comparison, entered = compare(theirs, ours), 0
        if comparison.missing:
            first, last = comparison.missing[0][1], comparison.missing[-1][1]
            entered = await self.pull.pull_window(stream, Window(since=first, until=last))
            await self.pull.list_quiet(stream)
        _log_comparison(stream, comparison)
        return Tally(stream=stream, night=night, comparison=comparison, entered=entered)


def _log_comparison(stream: Stream, comparison: Comparison) -> None:
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
