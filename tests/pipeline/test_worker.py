"""The loop: it takes what it can carry, survives a store that is away for a while, and stops politely."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from bot.core.errors import StoreUnavailable
from bot.pipeline.worker import Worker

DEADLINE = 5.0


class Queue:
    """Work that is numbers; `waiting` is what is due."""

    def __init__(self, *waiting: int) -> None:
        self.waiting = list(waiting)
        self.limits: list[int] = []
        self.done: list[int] = []
        self.running = 0
        self.most_at_once = 0
        self.troubles: list[Exception] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def lease(self, limit: int) -> list[int]:
        self.limits.append(limit)
        if self.troubles:
            raise self.troubles.pop()
        taken, self.waiting = self.waiting[:limit], self.waiting[limit:]
        return taken

    async def run(self, work: int) -> None:
        self.running += 1
        self.most_at_once = max(self.most_at_once, self.running)
        try:
            await asyncio.sleep(0)
            await self.gate.wait()
            if work < 0:
                raise StoreUnavailable("locked")
            self.done.append(work)
        finally:
            self.running -= 1


@asynccontextmanager
async def working(queue: Queue, concurrency: int = 3) -> AsyncIterator[tuple[Worker[int], asyncio.Event]]:
    worker = Worker("test", lease=queue.lease, run=queue.run, concurrency=concurrency)
    stopping = asyncio.Event()
    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as tasks:
        tasks.create_task(worker.work(stopping))
        try:
            yield worker, stopping
        finally:
            stopping.set()
            worker.wake.set()


async def until(condition: Callable[[], bool], turn: Callable[[], Awaitable[None]] = lambda: asyncio.sleep(0)) -> None:
    """Wait for a condition, with a deadline."""
    async with asyncio.timeout(DEADLINE):
        while not condition():
            await turn()


async def test_everything_due_is_worked_and_never_more_at_once_than_allowed() -> None:
    queue = Queue(*range(20))
    began = asyncio.get_running_loop().time()

    async with working(queue):
        await until(lambda: len(queue.done) == 20)

    assert asyncio.get_running_loop().time() - began < 1, "seven rounds, none of which waited for a poll"
    assert queue.most_at_once == 3
    assert max(queue.limits) == 3
    assert sorted(queue.done) == list(range(20))


async def test_one_slow_piece_does_not_hold_the_others() -> None:
    queue = Queue(1)
    queue.gate.clear()
    async with working(queue) as (worker, _):
        await until(lambda: queue.running == 1)
        queue.waiting += [2, 3]
        worker.wake.set()

        await until(lambda: queue.running == 3)

        queue.gate.set()
        await until(lambda: len(queue.done) == 3)


async def test_nothing_is_leased_that_could_not_be_started_at_once() -> None:
    queue = Queue(*range(10))
    queue.gate.clear()
    async with working(queue, concurrency=2) as (worker, _):
        await until(lambda: queue.running == 2)
        asked = len(queue.limits)
        worker.wake.set()
        for _ in range(20):
            await asyncio.sleep(0)

        assert len(queue.limits) == asked
        queue.gate.set()
        await until(lambda: len(queue.done) == 10)


async def test_a_ring_is_heard_at_once() -> None:
    queue = Queue()
    loop = asyncio.get_running_loop()
    async with working(queue) as (worker, _):
        await until(lambda: len(queue.limits) == 1)
        began = loop.time()
        queue.waiting.append(1)
        worker.wake.set()

        await until(lambda: queue.done == [1])

    assert loop.time() - began < 0.1, "without waiting for the next poll"


async def test_what_becomes_due_by_the_clock_alone_is_found_without_a_ring() -> None:
    queue = Queue()
    async with working(queue):
        await until(lambda: len(queue.limits) == 1)
        queue.waiting.append(1)

        await until(lambda: queue.done == [1])


async def test_a_queue_that_cannot_be_read_is_asked_again() -> None:
    queue = Queue(1)
    queue.troubles.append(StoreUnavailable("locked"))

    async with working(queue):
        await until(lambda: queue.done == [1])


async def test_an_outcome_that_could_not_be_stored_ends_only_that_piece() -> None:
    queue = Queue(-1, 2)

    async with working(queue):
        await until(lambda: queue.done == [2])


async def test_a_bug_ends_the_worker_loudly() -> None:
    queue = Queue(1)
    queue.troubles.append(ZeroDivisionError("a bug"))

    with pytest.raises(ExceptionGroup) as failure:
        async with working(queue):
            await asyncio.Event().wait()

    assert failure.group_contains(ZeroDivisionError)


async def test_stopping_lets_what_is_under_way_end_and_leases_nothing_more() -> None:
    queue = Queue(1)
    queue.gate.clear()
    async with working(queue) as (worker, stopping):
        await until(lambda: queue.running == 1)
        stopping.set()
        worker.wake.set()
        await asyncio.sleep(0)
        queue.waiting.append(2)
        queue.gate.set()

    assert queue.done == [1]
    assert queue.waiting == [2]


async def test_what_does_not_end_in_time_is_cut_off() -> None:
    queue = Queue(1)
    queue.gate.clear()
    worker = Worker("test", lease=queue.lease, run=queue.run, concurrency=3, grace_seconds=0.02)
    stopping = asyncio.Event()
    task = asyncio.create_task(worker.work(stopping))
    await until(lambda: queue.running == 1)

    stopping.set()
    worker.wake.set()
    async with asyncio.timeout(DEADLINE):
        await task

    assert (queue.running, queue.done) == (0, [])
