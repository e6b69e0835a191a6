"""Periodic jobs: run at the start and again, never twice at once, and a failing one is tried again."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.schedule import Job, ticking

DEADLINE = 5.0


class Sweep:
    def __init__(self, *, fails: bool = False, hangs: bool = False) -> None:
        self.runs = 0
        self.running = 0
        self.most_at_once = 0
        self.changed = asyncio.Condition()
        self.stopped = asyncio.Event()
        self.fails = fails
        self.hangs = hangs

    async def __call__(self) -> None:
        async with self.changed:
            self.runs += 1
            self.running += 1
            self.most_at_once = max(self.most_at_once, self.running)
            self.changed.notify_all()
        try:
            if self.hangs:
                await asyncio.Event().wait()
            if self.fails:
                raise ValueError("this run did not work")
        finally:
            self.running -= 1
            self.stopped.set()

    async def ran(self, times: int) -> None:
        async with asyncio.timeout(DEADLINE), self.changed:
            await self.changed.wait_for(lambda: self.runs >= times)


def job(sweep: Sweep, *, every: timedelta = timedelta(milliseconds=20)) -> Job:
    return Job(name="sweep", every=every, run=sweep)


async def test_a_job_runs_at_the_start_and_not_only_after_its_first_interval() -> None:
    sweep = Sweep()

    with ticking([job(sweep, every=timedelta(hours=1))]):
        await sweep.ran(1)


async def test_a_job_runs_again_and_again() -> None:
    sweep = Sweep()

    with ticking([job(sweep)]):
        await sweep.ran(3)


async def test_a_job_that_fails_is_run_again() -> None:
    sweep = Sweep(fails=True)

    with ticking([job(sweep)]):
        await sweep.ran(2)


async def test_a_job_that_is_still_going_is_not_started_twice_and_holds_no_other() -> None:
    slow, other = Sweep(hangs=True), Sweep()

    with ticking([job(slow), job(other)]):
        await other.ran(5)

    assert slow.most_at_once == 1


async def test_after_the_end_nothing_runs_and_what_ran_is_stopped() -> None:
    slow = Sweep(hangs=True)
    with ticking([job(slow)]):
        await slow.ran(1)

    async with asyncio.timeout(DEADLINE):
        await slow.stopped.wait()
    assert slow.runs == 1
