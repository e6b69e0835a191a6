"""Lists of leads: each lead once, as it stands when the list is sent, and nobody who was erased."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.claiming import ClaimAction
from bot.core.routing import Then
from bot.core.work import DeliveryWork, Leased
from bot.store.database import Database
from bot.store.entries import Clerk
from tests.builders import SLACK_ALL
from tests.clock import Clock
from tests.store.builders import MINUTE, Desk
from tests.store.office import TO_DACH, Office

LISTED = Then(digest="daily")


@pytest.fixture
def office(database: Database, clerk: Clerk, clock: Clock) -> Office:
    return Office(Desk(database, clerk, clock), clerk)


async def make(office: Office, *targets: str) -> int:
    return await office.digests.make(
        "daily", [replace(SLACK_ALL, address=each) for each in targets or ("#list",)], now=office.clock()
    )


async def lease(office: Office) -> list[Leased[DeliveryWork]]:
    return [each for each in await office.desk.lease() if each.item.kind == "digest"]


async def erase(office: Office, number: int) -> None:
    await office.desk.receive(f"r-{number}", action="DELETED", occurred_at=office.clock())


async def test_a_list_has_each_lead_once_oldest_first(office: Office) -> None:
    leads = []
    for _ in range(3):
        leads.append(await office.route(LISTED))
        office.clock.advance(seconds=1)
    await office.route(Then(digest="weekly"))

    assert await make(office) == 3
    assert await make(office) == 0

    (work,) = await lease(office)
    assert [view.id for view in work.item.leads] == leads
    assert work.item.text == "daily"


async def test_nothing_to_list_is_no_message(office: Office) -> None:
    assert await make(office) == 0

    assert await office.desk.one("SELECT count(*) FROM delivery") == 0
    assert await office.digests.last_made("daily") == office.clock()


async def test_a_list_shows_its_leads_as_they_are_when_it_is_sent(office: Office) -> None:
    lead = await office.route(replace(TO_DACH, post=(), digest="daily"))
    await make(office)

    await office.press(ClaimAction.CLAIM, "anna", lead)

    (work,) = await lease(office)
    assert [(view.state, view.owner) for view in work.item.leads] == [("claimed", "anna")]


async def test_each_target_of_a_list_gets_all_of_it(office: Office) -> None:
    await office.route(LISTED)

    await make(office, "#one", "#two")

    assert [len(each.item.leads) for each in await lease(office)] == [1, 1]


async def test_who_is_erased_before_the_list_is_made_or_sent_is_not_on_it(office: Office) -> None:
    for _ in range(3):
        await office.route(LISTED)
    await erase(office, 1)
    assert await make(office) == 2
    await erase(office, 2)

    (work,) = await lease(office)

    assert [view.lead.response_id for view in work.item.leads if view.lead] == ["r-3"]


async def test_who_is_erased_after_it_was_sent_is_taken_off_it_and_a_change_of_state_is_not_shown(
    office: Office,
) -> None:
    first = await office.route(replace(TO_DACH, post=(), digest="daily"))
    await office.route(LISTED)
    await make(office)
    (work,) = await lease(office)
    await office.desk.sent(work)
    await office.press(ClaimAction.CLAIM, "anna", first)
    assert await office.desk.edits.lease("slack", limit=9, now=office.clock(), keep_for=MINUTE) == []

    await erase(office, 2)

    (edit,) = await office.desk.edits.lease("slack", limit=9, now=office.clock(), keep_for=MINUTE)
    assert [view.id for view in edit.item.leads] == [first]


async def test_who_is_erased_while_it_is_being_sent_is_taken_off_it_afterwards(office: Office) -> None:
    await office.route(LISTED)
    await make(office)
    (work,) = await lease(office)

    await erase(office, 1)
    await office.desk.sent(work)

    (edit,) = await office.desk.edits.lease("slack", limit=9, now=office.clock(), keep_for=MINUTE)
    assert edit.item.leads == ()


async def test_a_list_begins_once(office: Office) -> None:
    began = office.clock()
    assert await office.digests.last_made("daily") is None
    await office.digests.begin("daily", now=began)
    office.clock.advance(days=1)

    await office.digests.begin("daily", now=office.clock())

    assert await office.digests.last_made("daily") == began
