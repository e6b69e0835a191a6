"""Beside the webhook: ask each source for its recent leads, and enter by the same door those that never came."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

from bot.config.model import SourceEntry
from bot.core.errors import PermanentError, StoreUnavailable, UnreadableEntries, UpstreamError
from bot.pipeline import notices
from bot.pipeline.shift import Bell, Shift
from bot.ports import FetchedLead, Inbox, Source, Stream

_log = logging.getLogger(__name__)

#: The webhook needs a moment of its own: a lead younger than this is not called missed.
WEBHOOK_TIME = timedelta(minutes=2)

_AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """Pulls every stream of the file."""

    source: Source
    inbox: Inbox
    shift: Shift
    upstream: str = "linkedin"
    webhook_time: timedelta = WEBHOOK_TIME

    async def pull_source(self, entry: SourceEntry) -> None:
        """Ask for the last `look_back` of each lead type. Idempotent; one stream's trouble does not stop the others."""
        for lead_type in entry.lead_types:
            await self._pull_safely(Stream(source=entry.name, owner=entry.owner, lead_type=lead_type))

    async def _pull_safely(self, stream: Stream) -> None:
        try:
            if not await self.shift.pauses.is_closed(self.upstream, now=self.shift.now()):
                await self.pull(stream)
        except UpstreamError as error:
            _log.warning(
                "pull failed", extra={"source": stream.source, "lead_type": stream.lead_type, "error": str(error)}
            )
            await self.shift.heed(error, self.upstream)
            if isinstance(error, PermanentError):
                await self.shift.tell(notices.pull_refused(stream, error, self.shift.now()))
        except StoreUnavailable as error:
            _log.warning("pull not stored", extra={"source": stream.source, "error": str(error)})

    async def pull(self, stream: Stream) -> int:
        """Pull one stream to the end; the number of leads entered.

        What a stream's very first pull finds is listed and rings nobody; it is done only once it came to the end.
        Entries that LinkedIn lists and nobody can read are told, and do not keep the rest from being the end.
        """
        now = self.shift.now()
        look_back = self.shift.live().linkedin.look_back
        is_first = not await self.inbox.first_pull_done(stream)
        found = self.source.recent(stream, since=now - look_back, until=now - self.webhook_time)
        entered = 0
        try:
            async for group in _groups(found):
                entered += await self._enter(group, is_quiet=is_first)
        except UnreadableEntries as error:
            await self.shift.tell(notices.pull_refused(stream, error, self.shift.now()))
        if is_first and entered:
            said = notices.first_pull(stream, entered, _words(look_back), self.shift.now())
            await self.shift.tell(said)
        await self.inbox.pulled(stream, now=self.shift.now())
        if entered:
            _log.warning(
                "pull found leads", extra={"source": stream.source, "lead_type": stream.lead_type, "leads": entered}
            )
            self.shift.ring(Bell.LEADS)
        return entered

    async def _enter(self, group: list[FetchedLead], *, is_quiet: bool) -> int:
        missing = await self.inbox.missing(group)
        if not missing:
            return 0
        return await self.inbox.record_found(missing, is_quiet=is_quiet, now=self.shift.now())


async def _groups(found: AsyncIterator[FetchedLead]) -> AsyncIterator[list[FetchedLead]]:
    """A hundred at a time; those before a failure are passed on before it is raised."""
    group: list[FetchedLead] = []
    try:
        async for each in found:
            group.append(each)
            if len(group) == _AT_ONCE:
                yield group
                group = []
    except UpstreamError:
        if group:
            yield group
        raise
    if group:
        yield group


def _words(look_back: timedelta) -> str:
    hours = look_back // timedelta(hours=1)
    return f"{hours // 24} days" if hours > 48 else f"{hours} hours"
