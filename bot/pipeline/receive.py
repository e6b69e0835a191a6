"""Step 1: a verified request becomes a committed row. Nothing else happens before the answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.core.errors import StoreUnavailable
from bot.core.work import Notice
from bot.pipeline import notices
from bot.pipeline.shift import Bell
from bot.ports import Inbox, Posted, Source, WatchBook

_log = logging.getLogger(__name__)

#: The parameter that marks a challenge as our own, made to see whether the address answers: no sign of LinkedIn.
OUR_OWN_CHALLENGE = "leadbell"

_NOTE_SECONDS = 1.0
_NOTE_EVERY = timedelta(minutes=1)

_KNOWN_ACTIONS = frozenset({"CREATED", "DELETED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """Takes what a webhook brought. `ring` wakes who works on what came in."""

    source: Source
    inbox: Inbox
    watch: WatchBook
    now: Callable[[], datetime]
    ring: Callable[[Bell], None]
    _noted_at: list[datetime] = field(default_factory=list)

    async def challenge(self, query: Mapping[str, str]) -> dict[str, str]:
        """The answer that proves that the address is ours, and a note that LinkedIn asked.

        Raises RejectedRequest(400). The answer comes within LinkedIn's three seconds whatever the store does.
        """
        answer = self.source.answer_challenge(query)
        if query.get(OUR_OWN_CHALLENGE) is None:
            await self._note_challenge(self.now())
        return answer

    async def _note_challenge(self, now: datetime) -> None:
        """Once a minute is enough: anybody may ask, and must not keep the disk busy by it."""
        if any(noted_at <= now < noted_at + _NOTE_EVERY for noted_at in self._noted_at):
            return
        self._noted_at[:] = [now]
        try:
            async with asyncio.timeout(_NOTE_SECONDS):
                await self.watch.challenged(now=now)
        except (StoreUnavailable, TimeoutError) as error:
            self._noted_at.clear()
            _log.warning("challenge not noted", extra={"error": str(error)})

    async def receive(self, headers: Mapping[str, str], body: bytes) -> None:
        """Return once everything in the request is committed; a repeat changes nothing.

        Raises RejectedRequest (nothing stored) and StoreUnavailable (nothing stored, the sender may try again).
        """
        posted = self.source.read_notification(headers, body)
        new = await self.inbox.record(posted, raw=body, notices=_notices(posted), now=self.now())
        _log.info("webhook received", extra={"notifications": len(posted.notifications), "new": new})
        self.ring(Bell.LEADS)


def _notices(posted: Posted) -> list[Notice]:
    """What the operator should know; only genuine requests may make the bot speak."""
    if not posted.is_signed:
        return []
    actions = {each.action for each in posted.notifications} - _KNOWN_ACTIONS
    return [notices.unknown_type(kind) for kind in sorted(set(posted.unknown))] + [
        notices.unknown_action(action) for action in sorted(actions)
    ]
