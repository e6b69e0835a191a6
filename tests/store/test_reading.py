"""What people ask of the stored leads: the shapes of contract §4, and nothing of the erased."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from bot.core.delivery import Dead
from bot.core.errors import StoreUnavailable
from bot.store.database import Database
from bot.store.entries import Clerk
from bot.store.reading import Reading
from tests.builders import MAIL_ANNA, SLACK_ALL, SUBMITTED, a_lead
from tests.clock import Clock
from tests.store.builders import Desk


@pytest.fixture
def desk(database: Database, clerk: Clerk, clock: Clock) -> Desk:
    return Desk(database, clerk, clock)


@pytest.fixture
def reading(database: Database) -> Reading:
    return Reading(database)


async def names(
    reading: Reading, *, only_open: bool = False, owners: tuple[str, ...] = (), limit: int = 100
) -> list[object]:
    return [each["response_id"] for each in await reading.leads(only_open=only_open, owners=owners, limit=limit)]


async def test_a_lead_in_a_list_has_the_shape_of_the_contract(desk: Desk, reading: Reading) -> None:
    lead = await desk.route(owner="anna")

    (found,) = await reading.leads(only_open=False, owners=(), limit=10)

    assert found == {
        "lead": lead,
        "response_id": "r-1",
        "submitted_at": "2026-11-23T08:59:30.000Z",
        "received_at": "2026-11-23T09:00:00.000Z",
        "state": "assigned",
        "owner": "anna",
        "team": "",
        "offered_at": None,
        "held_until": None,
        "outcome_at": None,
        "outcome_reason": "",
        "rule": "Everything else",
        "form": "demo-request",
        "campaign": "dach-enterprise",
        "source": "ads-emea",
        "first_name": "Ana",
        "last_name": "Silva",
        "email": "ana@acme.example",
        "test": False,
        "late": False,
    }
    json.dumps(found)


async def test_a_lead_that_is_not_fetched_yet_is_listed_too(desk: Desk, reading: Reading) -> None:
    await desk.receive("early")

    (found,) = await reading.leads(only_open=True, owners=(), limit=10)

    assert (found["state"], found["submitted_at"], found["first_name"]) == ("received", None, "")


async def test_the_newest_come_first_and_no_more_than_asked(desk: Desk, reading: Reading) -> None:
    for number in range(5):
        await desk.receive(f"r-{number}")
        desk.clock.advance(seconds=1)

    assert await names(reading, limit=3) == ["r-4", "r-3", "r-2"]


async def test_a_list_can_be_of_the_open_ones_and_of_somebodys(desk: Desk, reading: Reading) -> None:
    await desk.route(response_id="annas", owner="anna")
    await desk.route(response_id="bens", owner="ben")
    await desk.route(response_id="nobodys")
    await desk.route(response_id="done", owner="anna")
    await desk.database.write(
        lambda tx: tx.execute("UPDATE lead SET state = 'contacted' WHERE response_id = 'done'").rowcount
    )

    assert set(await names(reading, only_open=True)) == {"annas", "bens", "nobodys"}
    assert set(await names(reading, owners=("anna",))) == {"annas", "done"}
    assert await names(reading, only_open=True, owners=("anna", "U0ANNA")) == ["annas"]
    assert await names(reading, owners=("' OR 1=1 --",)) == []


@pytest.mark.parametrize("how", ["id", "response", "urn"])
async def test_a_story_is_found_by_any_name_of_the_lead(desk: Desk, reading: Reading, how: str) -> None:
    lead = await desk.route(SLACK_ALL, MAIL_ANNA)
    (leased,) = await desk.lease()
    await desk.sent(leased)
    wanted = {"id": lead, "response": "r-1", "urn": "urn:li:leadGenFormResponse:r-1"}[how]

    story = await reading.lead(wanted)

    assert story is not None
    json.dumps(story)
    steps = story["steps"]
    assert isinstance(steps, list)
    assert [each["what"] for each in steps] == ["received", "fetched", "routed", "alerted"]
    assert all(each["at"].endswith("Z") for each in steps)
    deliveries = story["deliveries"]
    assert isinstance(deliveries, list)
    assert {each["state"] for each in deliveries} == {"sent", "pending"}
    assert {"question": "First name", "answer": "Ana"} in story["answers"]  # type: ignore[operator]  # a list of these


async def test_of_two_registrations_the_newest_is_told(desk: Desk, reading: Reading) -> None:
    await desk.route()
    desk.clock.advance(days=1)
    later = a_lead(submitted_at=SUBMITTED + timedelta(days=1))
    await desk.receive("r-1", occurred_at=SUBMITTED + timedelta(days=1))

    story = await reading.lead("r-1")

    assert story is not None
    assert story["state"] == "received"
    assert later.response_id == "r-1"


async def test_an_unknown_lead_is_nothing(reading: Reading) -> None:
    assert await reading.lead("nonsense") is None
    assert await reading.why("nonsense") is None


async def test_why_tells_the_decision_as_it_was_made_then(desk: Desk, reading: Reading) -> None:
    lead = await desk.route(owner="anna")

    why = await reading.why(lead)

    assert why is not None
    assert (why["lead"], why["rule"], why["owner"], why["config_version"]) == (lead, "Everything else", "anna", "v1")
    assert str(why["decided_at"]).endswith("Z")


async def test_nothing_decided_yet_is_no_reason(desk: Desk, reading: Reading) -> None:
    await desk.receive()

    assert await reading.why("r-1") is None


async def test_deliveries_have_the_shape_of_the_contract_and_the_dead_can_be_asked_for(
    desk: Desk, reading: Reading
) -> None:
    lead = await desk.route(SLACK_ALL, MAIL_ANNA)
    (leased,) = await desk.lease()
    await desk.outbox.settle(leased, Dead(error="is_archived"), answered=True, now=desk.clock())

    (dead,) = await reading.deliveries(only_dead=True, limit=10)

    assert len(await reading.deliveries(only_dead=False, limit=10)) == 2
    wanted = {
        "delivery": leased.item.id,
        "lead": lead,
        "destination": "slack",
        "target": "#leads-all",
        "state": "dead",
        "attempts": 1,
        "due_at": None,
        "error": "is_archived",
    }
    assert wanted.items() <= dead.items()


async def test_nothing_of_an_erased_person_is_told(desk: Desk, reading: Reading) -> None:
    lead = await desk.route()
    await desk.receive(action="DELETED", occurred_at=SUBMITTED + timedelta(hours=1))

    told = json.dumps(
        [
            await reading.leads(only_open=False, owners=(), limit=10),
            await reading.lead(lead),
            await reading.why(lead),
            await reading.deliveries(only_dead=False, limit=10),
        ]
    )

    for word in ("Ana", "Silva", "acme.example"):
        assert word not in told
    assert "erased" in told


async def test_reading_cannot_write(database: Database) -> None:
    with pytest.raises(StoreUnavailable):
        await database.read(lambda tx: tx.execute("DELETE FROM lead").rowcount)
