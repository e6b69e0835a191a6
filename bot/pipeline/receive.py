"""Step 1: a verified request becomes a committed row. Nothing else happens before the answer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.core.work import Notice
from bot.pipeline import notices
from bot.pipeline.shift import Bell
from bot.ports import Inbox, Posted, Source

_log = logging.getLogger(__name__)

_KNOWN_ACTIONS = frozenset({"CREATED", "DELETED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """Takes what a webhook brought. `ring` wakes who works on what came in."""

    source: Source
    inbox: Inbox
    now: Callable[[], datetime]
    ring: Callable[[Bell], None]

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
