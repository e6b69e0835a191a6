"""The loop under dispatch, deliver and refresh: lease what is due, run each piece on its own, stop politely."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from bot.core.errors import StoreUnavailable

Work = TypeVar("Work")

_log = logging.getLogger(__name__)

#: A row can become due by the clock alone, so the queue is asked this often even when nobody rang.
POLL_SECONDS = 0.25

#: On stopping, attempts under way may end by themselves for so long; the rest is looked up after the next start.
GRACE_SECONDS = 5.0


class Worker(Generic[Work]):
    """One queue's worker. `wake` is set by whoever has put something into the queue."""

    def __init__(
        self,
        name: str,
        *,
        lease: Callable[[int], Awaitable[list[Work]]],
        run: Callable[[Work], Awaitable[None]],
        concurrency: int,
        grace_seconds: float = GRACE_SECONDS,
        takes_all: bool = True,
    ) -> None:
        """`takes_all`: a lease that gives less than it was asked for has left nothing that is due."""
        self.name = name
        self.wake = asyncio.Event()
        self._lease = lease
        self._run = run
        self._concurrency = concurrency
        self._grace_seconds = grace_seconds
        self._takes_all = takes_all
        self._running = 0

    async def work(self, stopping: asyncio.Event) -> None:
        """Work until `stopping` is set, then let what is under way end within the grace period."""
        try:
            async with asyncio.timeout(None) as limit, asyncio.TaskGroup() as attempts:
                while not stopping.is_set():
                    self.wake.clear()
                    if not await self._start_due(attempts):
                        await self._wait()
                limit.reschedule(asyncio.get_running_loop().time() + self._grace_seconds)
        except TimeoutError:
            _log.warning("attempts cut off by stopping", extra={"worker": self.name})

    async def _start_due(self, attempts: asyncio.TaskGroup) -> bool:
        """Start what is due, as far as there is room; is it worth asking again at once?"""
        free = self._concurrency - self._running
        if free <= 0:
            return False
        try:
            due = await self._lease(free)
        except StoreUnavailable as error:
            _log.warning("queue not readable", extra={"worker": self.name, "error": str(error)})
            return False
        for each in due:
            self._running += 1
            attempts.create_task(self._run_one(each), name=self.name)
        return len(due) == free if self._takes_all else bool(due)

    async def _run_one(self, work: Work) -> None:
        try:
            await self._run(work)
        except StoreUnavailable as error:
            # not settled: the lease runs out and the row is due again
            _log.warning("outcome not stored", extra={"worker": self.name, "error": str(error)})
        finally:
            was_full = self._running >= self._concurrency
            self._running -= 1
            if was_full:
                self.wake.set()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self.wake.wait()
        except TimeoutError:
            return
