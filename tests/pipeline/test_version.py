"""The end of an API version is told in time, once for each step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.pipeline.version import VersionWatch
from bot.store.database import Database
from bot.store.entries import Clerk
from tests.clock import Clock
from tests.pipeline.builders import Floor


async def test_sixty_days_before_its_end_and_at_each_later_step_it_is_told_once(
    database: Database, clerk: Clerk, clock: Clock
) -> None:
    floor = Floor(database, clerk, clock)
    watch = VersionWatch(shift=floor.shift, version="202601")  # until 2027-01-15
    clock.at = datetime(2026, 11, 15, tzinfo=UTC)

    told = []
    for _ in range(70):
        before = len(await floor.notices())
        await watch.sweep()
        await watch.sweep()
        told += [clock().date().isoformat()] * (len(await floor.notices()) - before)
        clock.at += timedelta(days=1)

    assert told == ["2026-11-16", "2026-12-16", "2027-01-01", "2027-01-08", "2027-01-12", "2027-01-14"]
    assert "linkedin.api_version" in (await floor.notices())[0]


async def test_the_default_version_has_time(database: Database, clerk: Clerk, clock: Clock) -> None:
    floor = Floor(database, clerk, clock)

    await VersionWatch(shift=floor.shift, version="202608").sweep()

    assert await floor.notices() == []
