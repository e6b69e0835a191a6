"""An upstream that fails again and again is left alone, then asked carefully; limits without a time grow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.errors import NotFound, RateLimited, TemporaryError
from bot.store.database import Database
from bot.store.entries import Clerk
from tests.clock import Clock
from tests.pipeline.builders import Floor


@pytest.fixture
def floor(database: Database, clerk: Clerk, clock: Clock) -> Floor:
    return Floor(database, clerk, clock)


async def waiting(floor: Floor, count: int) -> None:
    for number in range(count):
        floor.leads.add(f"r-{number}")
        await floor.desk.receive(f"r-{number}")


async def test_five_failures_in_a_row_and_nobody_calls_until_a_careful_one_succeeds(floor: Floor) -> None:
    await waiting(floor, 40)
    floor.leads.fetching.add(*[TemporaryError("503", code="503") for _ in range(20)])

    await floor.dispatch()
    assert len(floor.leads.fetched) == 20, "what was under way when the breaker opened"
    assert await floor.dispatch() == 0

    floor.clock.advance(seconds=5)
    (careful,) = await floor.dispatcher.lease(20)
    await floor.dispatcher.run(careful)
    floor.clock.advance(seconds=30)
    await floor.dispatch()

    assert len(await floor.states()) == 40
    assert await floor.notices() == [], "a blip is nobody's concern"


async def test_a_refusal_of_one_lead_is_an_answer(floor: Floor) -> None:
    await waiting(floor, 12)
    floor.leads.fetching.add(*[TemporaryError("503"), NotFound("404")] * 6)

    await floor.dispatch()

    assert not await floor.pauses.is_closed("linkedin", now=floor.clock())


async def test_each_careful_call_in_vain_doubles_the_wait(floor: Floor) -> None:
    await waiting(floor, 1)
    floor.leads.fetching.add(*[TemporaryError("503") for _ in range(50)])
    closed: list[datetime] = []
    for _ in range(2000):
        floor.clock.advance(seconds=1)
        if not closed or floor.clock() >= closed[-1]:
            await floor.dispatch()
        until = await floor.desk.one("SELECT until FROM pause WHERE scope = 'linkedin'")
        if isinstance(until, int):
            end = datetime.fromtimestamp(until / 1000, UTC)
            closed += [end] if end not in closed else []

    assert 5 <= len(floor.leads.fetched) <= 15, "half an hour of an outage is a handful of calls"


async def test_limits_that_name_no_time_wait_longer_and_the_fifth_in_a_row_until_midnight(floor: Floor) -> None:
    await waiting(floor, 1)
    limit = RateLimited("429", retry_after=timedelta(seconds=60), is_guess=True, method="leadFormResponses")
    floor.leads.fetching.add(*[limit] * 5)

    for minutes in (1, 2, 4, 8):
        await floor.dispatch()
        floor.clock.advance(minutes=minutes, seconds=-1)
        assert await floor.dispatch() == 0, f"{minutes} min"
        floor.clock.advance(seconds=1)
    await floor.dispatch()

    assert len(floor.leads.fetched) == 5
    floor.clock.advance(hours=14)
    assert await floor.dispatch() == 0
    floor.clock.at = datetime(2026, 11, 24, 0, 2, tzinfo=UTC)
    await floor.dispatch()
    assert await floor.states() == ["pending"]
    assert len([notice for notice in await floor.notices() if "429" in notice]) == 1
