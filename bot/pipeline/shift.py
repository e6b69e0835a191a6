"""What everybody who works on a lead shares: the live rules, the clock, the patience, the bell, and whom to tell."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Flag, auto

from bot.config.model import Config
from bot.core.errors import OutageError, SignInNeeded, UpstreamError
from bot.core.listening import LateCause
from bot.core.retry import RetryPolicy, is_worth_telling, pause_for
from bot.core.work import Notice
from bot.pipeline import notices
from bot.ports import NoticeBoard, Pauses

#: How long leased work is ours. Every deadline of an attempt is shorter, so that an attempt ends before its lease.
LEASE_FOR = timedelta(seconds=60)


class Bell(Flag):
    """What may have become due. A bell that nobody rings costs a moment, not a lead: every queue is polled as well."""

    LEADS = auto()
    DELIVERIES = auto()
    EDITS = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One process's shared surroundings. `ring` wakes those who work on what may have become due."""

    live: Callable[[], Config]
    now: Callable[[], datetime]
    policy: RetryPolicy
    ring: Callable[[Bell], None]
    pauses: Pauses
    notice_board: NoticeBoard
    chance: random.Random = field(default_factory=random.Random)

    async def heed(self, error: UpstreamError, upstream: str, activity: str = "", *, holds_work: bool = True) -> None:
        """Close what the error closes: the whole upstream on an outage (told once), one activity on a limit.

        `holds_work`: something waits for that activity, so that a long limit is worth a word.
        """
        now, is_outage = self.now(), isinstance(error, OutageError)
        if pause_for(error, self.policy, strikes=1, now=now) is None:
            return
        scope = f"{upstream}:{activity}" if activity and not is_outage else upstream
        since = await self.pauses.close(
            scope,
            wait=lambda strikes: pause_for(error, self.policy, strikes=strikes, now=now) or timedelta(0),
            reason=str(error),
            cause=LateCause.TOKEN if isinstance(error, SignInNeeded) else "",
            now=now,
        )
        if is_outage:
            await self.tell(notices.outage(upstream, error, since))
        elif holds_work and is_worth_telling(error, since, now=now):
            await self.tell(notices.waiting(upstream, error, now))

    async def tell(self, notice: Notice) -> None:
        """Queue a word to the operator, once per key."""
        await self.notice_board.post(notice, now=self.now())
        self.ring(Bell.DELIVERIES)
