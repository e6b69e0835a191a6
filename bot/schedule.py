"""The table of periodic jobs: idempotent sweeps. What would hurt one lead if lost is a row, never a job here."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One sweep, run at the start and then each `every`. A run that is still going is not started twice."""

    name: str
    every: timedelta
    run: Callable[[], Awaitable[None]]


@contextmanager
def ticking(jobs: Sequence[Job]) -> Iterator[None]:
    """Run the jobs until the block ends. Must be entered inside the running loop."""
    scheduler = AsyncIOScheduler(
        timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    for job in jobs:
        scheduler.add_job(
            _run,
            "interval",
            args=[job],
            seconds=job.every.total_seconds(),
            name=job.name,
            next_run_time=datetime.now(UTC),
        )
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)


async def _run(job: Job) -> None:
    """APScheduler awaits only what is a coroutine function by its looks; a lambda's coroutine it would drop unseen."""
    try:
        await job.run()
    except asyncio.CancelledError:
        # the whole task ends here, as it was asked to; APScheduler would log this as a failed job
        _log.info("sweep cut off by stopping", extra={"job": job.name})
