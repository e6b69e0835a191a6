"""What grows too old goes: persons, raw answers, raw notifications, words of settled messages. Sweeps, in chunks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from bot.core.erasure import Unwiped, may_rewrite
from bot.core.errors import StoreUnavailable
from bot.pipeline.forgetting import Erasing, local
from bot.pipeline.notices.privacy import not_wiped
from bot.pipeline.shift import Bell, Shift

_log = logging.getLogger(__name__)

#: Between two chunks: whoever waits to store something goes first.
_PAUSE = timedelta(milliseconds=50)

#: A night must have passed in which the file could be written anew; then a person should know that it could not.
_WORTH_TELLING = timedelta(hours=48)


class Ageing(Protocol):
    """What is kept for a while. Every call is one committed transaction of some hundred rows at most.

    It returns how many rows that were; 0 = none is left. What is dropped is counted on the receipt of that id, which
    is made with the first.
    """

    async def erase_persons(self, *, before: datetime, receipt: str, now: datetime) -> int:
        """The persons of leads submitted (else received) before, whatever state the lead is in."""
        ...

    async def drop_raw_answers(self, *, before: datetime, receipt: str, now: datetime) -> int:
        """LinkedIn's raw response of leads submitted (else received) before."""
        ...

    async def drop_raw_notifications(self, *, before: datetime, receipt: str, now: datetime) -> int:
        """What was received before: the requests' own text, and entries of a type that nobody knew."""
        ...

    async def drop_words(self, *, before: datetime, receipt: str, now: datetime) -> int:
        """The text and the error of private answers and notices settled before.

        The rows stay, for their keys tell what was said already. One that was given up is cancelled.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Keeps `privacy:` of the live file. Both sweeps are idempotent, and go on where an interrupted one stopped."""

    erasing: Erasing
    ageing: Ageing
    shift: Shift
    pause: timedelta = _PAUSE

    async def sweep(self) -> None:
        """Drop all that is too old by now, a chunk at a time; for every hour.

        A lead that somebody still works on is erased like any other: the time counts from its submit alone.
        """
        now, keep = self.shift.now(), self.shift.live().privacy
        receipt = self.erasing.new_receipt(now)
        drop = {
            "persons": partial(self.ageing.erase_persons, before=now - keep.keep_leads),
            "raw_answers": partial(self.ageing.drop_raw_answers, before=now - keep.keep_raw_answers),
            "raw_notifications": partial(self.ageing.drop_raw_notifications, before=now - keep.keep_log),
            "words": partial(self.ageing.drop_words, before=now - keep.keep_log),
        }
        try:
            dropped = {name: await self._all(partial(each, receipt=receipt, now=now)) for name, each in drop.items()}
        except StoreUnavailable as error:
            _log.warning("retention not done yet", extra={"error": str(error)})
            return
        if any(dropped.values()):
            _log.info("retention", extra={"receipt": receipt, **dropped})

    async def _all(self, drop_some: Callable[[], Awaitable[int]]) -> int:
        total = 0
        while dropped := await drop_some():
            total += dropped
            self.shift.ring(Bell.EDITS)
            await asyncio.sleep(self.pause.total_seconds())
        return total

    async def tidy(self) -> None:
        """Empty the log into the file, and wipe what erasures may have left in its bytes; for every few minutes."""
        now = self.shift.now()
        try:
            oldest = await self.erasing.wipe(self._may_rewrite, now=now)
        except StoreUnavailable as error:
            _log.warning("database not tidied", extra={"error": str(error)})
            return
        if oldest is not None and now - oldest >= _WORTH_TELLING:
            _log.error("erased, but not wiped from the file", extra={"since": str(oldest)})
            await self.shift.tell(not_wiped(oldest, now))

    def _may_rewrite(self, unwiped: Unwiped) -> bool:
        return may_rewrite(unwiped, is_asked_for=False, now=local(self.shift.now(), self.shift.live()))
