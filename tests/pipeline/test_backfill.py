"""Older leads day by day: nothing twice, nothing rung, and where it was cut off it goes on."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.errors import OutageError, PermanentError, RateLimited, TemporaryError
from bot.pipeline.backfill import Backfill
from bot.ports import Stream
from bot.store.database import Database
from bot.store.entries import Clerk
from tests.clock import Clock
from tests.pipeline.builders import OWNER, Floor

STREAM = Stream(source="ads", owner=OWNER, lead_type="SPONSORED")


@pytest.fixture
async def floor(database: Database, clerk: Clerk, clock: Clock) -> Floor:
    floor = Floor(database, clerk, clock)
    await floor.pull.pull(STREAM)
    return floor


@pytest.fixture
def backfill(floor: Floor) -> Backfill:
    return Backfill(pull=floor.pull, book=floor.pull_book, patience=timedelta(0))


async def test_days_are_those_that_the_time_touches_the_newest_first(backfill: Backfill) -> None:
    days = await backfill.days_left(STREAM, timedelta(days=2))

    assert [day.date().isoformat() for day in days] == ["2026-11-23", "2026-11-22", "2026-11-21"]


async def test_each_lead_of_ninety_days_comes_once_and_old_ones_ring_nobody(floor: Floor, backfill: Backfill) -> None:
    for number in range(90):
        floor.leads.add(f"r-{number}", submitted_at=floor.clock() - timedelta(days=number, hours=1))

    entered = [await backfill.fetch_day(STREAM, day) for day in await backfill.days_left(STREAM, timedelta(days=90))]
    await backfill.end(STREAM)
    await floor.dispatch()
    again = [await backfill.fetch_day(STREAM, day) for day in await backfill.days_left(STREAM, timedelta(days=90))]

    assert sum(entered) == 90
    assert sum(again) == 0
    assert len(await floor.states()) == 1, "only the one within look_back rings"
    (notice,) = await floor.notices()
    assert notice.startswith("89 leads were found for ads"), "one list for all days"


async def test_an_interrupted_run_goes_on_where_it_stopped(floor: Floor, backfill: Backfill) -> None:
    days = await backfill.days_left(STREAM, timedelta(days=5))
    await backfill.fetch_day(STREAM, days[1])
    floor.leads.listing.add(TemporaryError("cut off"))
    floor.leads.add("r", submitted_at=days[2] + timedelta(hours=3))
    with pytest.raises(TemporaryError):
        await backfill.fetch_day(STREAM, days[2])

    left = await backfill.days_left(STREAM, timedelta(days=5))

    assert left == [days[0], *days[2:]]
    assert await backfill.fetch_day(STREAM, days[2]) == 1


async def test_the_next_day_everything_is_asked_for_again(floor: Floor, backfill: Backfill) -> None:
    for day in await backfill.days_left(STREAM, timedelta(days=3)):
        await backfill.fetch_day(STREAM, day)
    assert len(await backfill.days_left(STREAM, timedelta(days=3))) == 1

    floor.clock.advance(hours=25)

    assert len(await backfill.days_left(STREAM, timedelta(days=3))) == 4


async def test_while_linkedin_is_closed_nothing_is_asked(floor: Floor, backfill: Backfill) -> None:
    await floor.shift.heed(OutageError("426"), "linkedin")
    before = len(floor.leads.asked)

    with pytest.raises(PermanentError, match="not to be called") as caught:
        await backfill.fetch_day(STREAM, datetime(2026, 11, 20, tzinfo=UTC))

    assert "doctor" in caught.value.advice
    assert len(floor.leads.asked) == before


async def test_a_short_pause_is_waited_for(floor: Floor, backfill: Backfill) -> None:
    await floor.shift.heed(OutageError("out"), "linkedin")
    patient = replace(backfill, patience=timedelta(seconds=0.2))
    before = len(floor.leads.asked)

    waiting = asyncio.create_task(patient.fetch_day(STREAM, datetime(2026, 11, 20, tzinfo=UTC)))
    await floor.pauses.answered(["linkedin"], now=floor.clock())

    assert await waiting == 0
    assert len(floor.leads.asked) == before + 1


async def test_half_a_day_is_not_a_day(floor: Floor, backfill: Backfill) -> None:
    floor.clock.at = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    for day in await backfill.days_left(STREAM, timedelta(days=2)):
        await backfill.fetch_day(STREAM, day)

    floor.clock.at = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
    left = await backfill.days_left(STREAM, timedelta(days=2))

    assert [day.date().isoformat() for day in left] == ["2026-11-24", "2026-11-23"], "its afternoon is still to come"


async def test_in_the_first_minute_of_a_day_nothing_is_asked_of_it(floor: Floor, backfill: Backfill) -> None:
    floor.clock.at = datetime(2026, 11, 24, 0, 1, tzinfo=UTC)
    before = len(floor.leads.asked)

    assert await backfill.fetch_day(STREAM, datetime(2026, 11, 24, tzinfo=UTC)) == 0

    assert len(floor.leads.asked) == before


async def test_a_limit_that_it_meets_holds_everybody(floor: Floor, backfill: Backfill) -> None:
    floor.leads.add("r", submitted_at=datetime(2026, 11, 20, 3, tzinfo=UTC))
    floor.leads.listing.add(RateLimited("DAY", retry_after=timedelta(hours=9)))

    with pytest.raises(RateLimited):
        await backfill.fetch_day(STREAM, datetime(2026, 11, 20, tzinfo=UTC))

    assert await floor.pull.is_held()
