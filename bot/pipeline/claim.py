"""What people do to a lead: each press is one committed transaction. Implements bot.ports.Desk."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.core.claiming import ClaimAction, ClaimResult, permission, private_answer
from bot.pipeline.shift import Bell, Shift
from bot.pipeline.timers import handling_of
from bot.ports import ClaimBook, Press, UndoPress

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimDesk:
    """Where presses are decided."""

    book: ClaimBook
    shift: Shift
    take_back: Callable[[str, UndoPress], Awaitable[None]]  #: undoes a change of the rule file

    async def claim(self, press: Press) -> None:
        """See bot.ports.Desk."""
        await self._act(ClaimAction.CLAIM, press)

    async def contacted(self, press: Press) -> None:
        """See bot.ports.Desk."""
        await self._act(ClaimAction.CONTACTED, press)

    async def give_back(self, press: Press) -> None:
        """See bot.ports.Desk."""
        await self._act(ClaimAction.GIVE_BACK, press)

    async def outcome(self, action: ClaimAction, press: Press) -> None:
        """See bot.ports.Desk."""
        await self._act(action, press)

    async def undo(self, version: str, press: UndoPress) -> None:
        """See bot.ports.Desk."""
        await self.take_back(version, press)

    async def _act(self, action: ClaimAction, press: Press) -> None:
        people, now = self.shift.live().people, self.shift.now()

        def answer(result: ClaimResult) -> str:
            return private_answer(action, result, people, now)

        allowed, handling = permission(press.actor, people), handling_of(self.shift.live())
        result = await self.book.act(action, press, allowed, handling=handling, answer=answer, now=now)
        _log.info("press decided", extra={"lead": press.lead, "action": action.value, "verdict": result.verdict.value})
        self.shift.ring(Bell.EDITS | Bell.DELIVERIES)
