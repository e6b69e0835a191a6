"""Beside the webhook: ask each source for its recent leads, and enter by the same door those that never came."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.config.model import SourceEntry
from bot.core.errors import (
    OutageError,
    PermanentError,
    RateLimited,
    StoreUnavailable,
    UnreadableEntries,
    UpstreamError,
)
from bot.core.listening import why_late
from bot.pipeline import notices
from bot.pipeline.breaker import Breaker
from bot.pipeline.notices import listening
from bot.pipeline.shift import Bell, Shift
from bot.pipeline.streams import streams_of
from bot.ports import FetchedLead, FoundLead, Inbox, PullBook, Source, Stream, WatchBook

_log = logging.getLogger(__name__)

#: The webhook needs a moment of its own: a lead younger than this is not called missed.
WEBHOOK_TIME = timedelta(minutes=2)

#: A lead may become visible a while after its submit, and one that is deleted shifts LinkedIn's pages: each pull asks
#: again for the last hour of the one before, and once an hour for the whole `look_back`.
OVERLAP = timedelta(hours=1)

#: A source whose webhook is thought not to be heard is asked so many times as often, and once a minute at most.
_MORE_OFTEN = 5
_SHORTEST = timedelta(minutes=1)

_AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What is asked for in one go."""

    since: datetime
    until: datetime
    is_first: bool = False  #: the stream's very first pull: what is there is listed, not rung
    is_full: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """Pulls every stream of the file."""

    source: Source
    inbox: Inbox
    book: PullBook
    watch: WatchBook
    breaker: Breaker
    shift: Shift
    upstream: str = "linkedin"
    webhook_time: timedelta = WEBHOOK_TIME
    _asked_at: dict[str, datetime] = field(default_factory=dict)

    def pace(self) -> timedelta:
        """How often `pull_when_due` wants to be called."""
        every = self.shift.live().linkedin.poll_every
        return min(every, max(every / _MORE_OFTEN, _SHORTEST))

    async def pull_when_due(self, entry: SourceEntry) -> None:
        """Pull a source once per `poll.every`, or at the quicker pace while its webhook is thought not to be heard."""
        now, pace = self.shift.now(), self.shift.live().linkedin.poll_every
        try:
            alarmed = await self.watch.alarmed()
            is_held = await self.is_held()
        except StoreUnavailable:
            return
        if any((entry.owner, lead_type) in alarmed for lead_type in entry.lead_types):
            pace = self.pace()
        asked_at = self._asked_at.get(entry.name)
        # a tick comes a moment early now and then; a clock that was set back must not stop the pulls
        is_early = asked_at is not None and asked_at <= now < asked_at + pace - timedelta(seconds=1)
        if is_early or is_held:  # held, it stays due: after a new connection nobody waits for five minutes
            return
        self._asked_at[entry.name] = now
        if not await self.pull_source(entry):
            del self._asked_at[entry.name]

    async def pull_source(self, entry: SourceEntry) -> bool:
        """Ask for each lead type's new leads; False when LinkedIn was out, so that it is worth trying again soon.

        Idempotent; one stream's trouble does not stop the others.
        """
        return all([await self._pull_safely(stream) for stream in streams_of([entry])])

    async def _pull_safely(self, stream: Stream) -> bool:
        try:
            if await self.is_held():
                return False
            await self.pull(stream)
        except UpstreamError as error:
            _log.warning("pull failed", extra={**_facts(stream), "error": str(error)})
            await self.heed(error)
            if isinstance(error, PermanentError):
                await self.shift.tell(notices.pull_refused(stream, error, self.shift.now()))
            return not isinstance(error, OutageError | RateLimited)
        except StoreUnavailable as error:
            _log.warning("pull not stored", extra={**_facts(stream), "error": str(error)})
        return True

    async def heed(self, error: UpstreamError) -> None:
        """What a failed call for leads leads to, whoever made it: a limit or an outage closes, others are counted."""
        await self.shift.heed(error, self.upstream, "leads")
        await self.breaker.failed(error)

    async def is_held(self) -> bool:
        """Is the upstream closed, or what the pull asks of it? Raises StoreUnavailable."""
        now = self.shift.now()
        return any([await self.shift.pauses.is_closed(scope, now=now) for scope in self._scopes])

    @property
    def _scopes(self) -> tuple[str, ...]:
        return self.upstream, f"{self.upstream}:leads"

    async def pull(self, stream: Stream) -> int:
        """Pull what one stream has had since the last time, to the end; the number of leads entered.

        What a stream's very first pull finds is listed and rings nobody; it is done only once it came to the end.
        Entries that LinkedIn lists and nobody can read are told, and do not keep the rest from being the end.
        """
        window = await self._window(stream)
        try:
            entered = await self.pull_window(stream, window)
        finally:
            await self.list_quiet(stream, is_first=window.is_first)
        await self.book.pulled(stream, until=window.until, is_full=window.is_full)
        return entered

    async def _window(self, stream: Stream) -> Window:
        now, look_back = self.shift.now(), self.shift.live().linkedin.look_back
        until = now - self.webhook_time
        progress = await self.book.progress(stream)
        if progress is None:
            return Window(since=now - look_back, until=until, is_first=True)
        since = min(progress.last_pull_at, now) - OVERLAP
        is_full = not progress.full_pull_at <= now < progress.full_pull_at + OVERLAP
        return Window(since=min(since, now - look_back) if is_full else since, until=until, is_full=is_full)

    async def pull_window(self, stream: Stream, window: Window) -> int:
        """Enter what is missing of one window; the number of leads entered. Raises UpstreamError, StoreUnavailable.

        Repeating it is harmless. What is older than `look_back` rings nobody; `list_quiet` is to follow.
        """
        entered = 0
        try:
            async for group in _groups(self.source.recent(stream, since=window.since, until=window.until)):
                entered += await self._enter(stream, group, is_first=window.is_first)
        except UnreadableEntries as error:
            await self.shift.tell(notices.pull_refused(stream, error, self.shift.now()))
        self.breaker.answered()
        await self.shift.pauses.answered(self._scopes, now=self.shift.now())
        if entered:
            _log.warning("pull found leads", extra={**_facts(stream), "leads": entered})
            self.shift.ring(Bell.LEADS)
        return entered

    async def list_quiet(self, stream: Stream, *, is_first: bool = False) -> None:
        """One list of the stream's quiet leads that none has named yet. Idempotent; a crash before it loses nothing."""
        words = listening.listed if not is_first else listening.first_pull
        now = self.shift.now()
        if await self.book.list_quiet(stream, lambda oldest, count: words(stream, oldest, count), now=now):
            self.shift.ring(Bell.DELIVERIES)

    async def _enter(self, stream: Stream, group: list[FetchedLead], *, is_first: bool) -> int:
        missing = await self.inbox.missing(group)
        if not missing:
            return 0
        now, look_back = self.shift.now(), self.shift.live().linkedin.look_back
        troubles = await self.watch.troubles(stream, since=min(each.lead.submitted_at for each in missing))
        found = [
            FoundLead(
                fetched=each,
                is_quiet=is_first or each.lead.submitted_at < now - look_back,
                cause="" if is_first else why_late(each.lead.submitted_at, troubles),
            )
            for each in missing
        ]
        return await self.inbox.record_found(found, now=now)


def _facts(stream: Stream) -> dict[str, str]:
    return {"source": stream.source, "lead_type": stream.lead_type}


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
