"""Stored leads read once more: which, in what order, and that a portion's end loses and doubles none."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.lead import Lead
from bot.store.database import Database
from bot.store.entries import Clerk
from bot.store.replay import NEXT, Replay
from bot.store.rows import to_ms
from tests.builders import SUBMITTED, a_lead, a_routed
from tests.clock import Clock
from tests.store.builders import Desk
from tests.store.many_leads import varied_lead, write_leads

EVER = SUBMITTED - timedelta(days=3650)


@pytest.fixture
def desk(database: Database, clerk: Clerk, clock: Clock) -> Desk:
    return Desk(database, clerk, clock)


@pytest.fixture
def replay(database: Database) -> Replay:
    return Replay(database)


async def read(replay: Replay, *, with_tests: bool = False, portion: int = 1000) -> list[tuple[str, Lead]]:
    portions = [each async for each in replay.leads(since=EVER, with_tests=with_tests, portion=portion)]
    assert all(0 < len(each) <= portion for each in portions)
    found = [lead for each in portions for lead in each]
    assert len(found) == await replay.count(since=EVER, with_tests=with_tests)
    return found


async def test_a_lead_comes_back_as_it_was_routed(desk: Desk, replay: Replay) -> None:
    lead = await desk.route(lead=a_lead(country="DE"))

    assert await read(replay) == [(lead, a_lead(country="DE"))]


@pytest.mark.parametrize("portion", [1, 2, 3, 7, 8])
async def test_whatever_the_portions_each_lead_is_met_once_the_newest_first(replay: Replay, portion: int) -> None:
    await write_leads(replay.database, 7, newest=SUBMITTED)

    found = await read(replay, portion=portion)

    assert [lead.response_id for _, lead in found] == [
        varied_lead(number, SUBMITTED).response_id for number in range(7)
    ]


async def test_leads_of_one_and_the_same_moment_are_all_met(replay: Replay) -> None:
    await write_leads(replay.database, 7, newest=SUBMITTED, within=timedelta())

    found = await read(replay, portion=2)

    assert len({lead_id for lead_id, _ in found}) == 7


async def test_a_time_begins_with_its_first_millisecond(desk: Desk, replay: Replay) -> None:
    await desk.route()

    assert await replay.count(since=SUBMITTED) == 1
    assert await replay.count(since=SUBMITTED + timedelta(milliseconds=1)) == 0


async def test_the_erased_the_quiet_and_those_not_fetched_are_left_out(desk: Desk, replay: Replay) -> None:
    await desk.route(response_id="erased", lead=a_lead("erased"))
    await desk.receive("erased", action="DELETED", occurred_at=SUBMITTED + timedelta(hours=1))
    await desk.receive("quiet")
    (quiet,) = await desk.lease_leads()
    await desk.queue.settle(quiet, a_routed(a_lead("quiet"), None), answered=True, now=desk.clock())
    await desk.receive("unfetched")
    kept = await desk.route(response_id="kept", lead=a_lead("kept"))

    assert [lead_id for lead_id, _ in await read(replay)] == [kept]


async def test_test_leads_are_met_only_when_asked_for(desk: Desk, replay: Replay) -> None:
    test = await desk.route(lead=a_lead(is_test=True))

    assert await read(replay) == []
    assert [lead_id for lead_id, _ in await read(replay, with_tests=True)] == [test]


async def test_what_comes_in_meanwhile_is_not_met_and_stops_nothing(replay: Replay, desk: Desk) -> None:
    await write_leads(replay.database, 4, newest=SUBMITTED - timedelta(days=1))
    met: list[str] = []

    async for portion in replay.leads(since=EVER, portion=2):
        if not met:
            await desk.route(lead=a_lead(submitted_at=SUBMITTED))
        met += [lead.response_id for _, lead in portion]

    assert met == [varied_lead(number, SUBMITTED).response_id for number in range(4)]


async def test_the_portions_follow_the_index_of_ages(replay: Replay) -> None:
    """Without it every portion would sort all leads again."""
    values = {"since": 0, "with_tests": False, "before": to_ms(SUBMITTED), "id": "", "limit": 10}
    plan = await replay.database.read(lambda tx: tx.execute(f"EXPLAIN QUERY PLAN {NEXT}", values).fetchall())

    assert "lead_age (<expr>>? AND <expr><?)" in plan[0]["detail"]


async def test_the_grounds_of_a_decision_are_the_file_of_then_and_the_lead(desk: Desk, replay: Replay) -> None:
    lead = await desk.route(lead=a_lead(country="DE"))
    await desk.database.write(
        lambda tx: (
            tx.execute("INSERT INTO config_version (version, text, live_at) VALUES ('v1', 'rules: []', 0)").rowcount
        )
    )

    grounds = await replay.grounds(lead, "v1")

    assert (grounds.rules, grounds.lead) == ("rules: []", a_lead(country="DE"))


async def test_grounds_may_be_gone(desk: Desk, replay: Replay) -> None:
    lead = await desk.route()
    await desk.receive(action="DELETED", occurred_at=SUBMITTED + timedelta(hours=1))

    grounds = await replay.grounds(lead, "v1")

    assert (grounds.rules, grounds.lead) == (None, None)
