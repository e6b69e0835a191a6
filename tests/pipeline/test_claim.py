"""The desk: a press is decided by the live file, answered by a committed row, and shown on every card."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import AsyncMock

import pytest

from bot.core.claiming import Actor
from bot.core.ids import LeadId
from bot.core.people import People
from bot.pipeline.claim import ClaimDesk
from bot.pipeline.shift import Bell
from bot.ports import Press
from bot.store.claims import SqliteClaimBook
from bot.store.database import Database
from bot.store.entries import Clerk
from tests.clock import Clock
from tests.pipeline.builders import Floor

ANNA = Actor(user="U0ANNA", person="anna")
BEN = Actor(user="U0BEN", person="ben")
STRANGER = Actor(user="U0STRANGER")


@pytest.fixture
def floor(database: Database, clerk: Clerk, clock: Clock) -> Floor:
    return Floor(database, clerk, clock)


@pytest.fixture
def counter(floor: Floor, clerk: Clerk) -> ClaimDesk:
    return ClaimDesk(book=SqliteClaimBook(floor.desk.database, clerk), shift=floor.shift, take_back=AsyncMock())


def press(lead: str, actor: Actor, key: str = "k") -> Press:
    return Press(lead=LeadId(lead), actor=actor, channel="C1", key=key)


async def test_a_claim_is_shown_on_the_card_and_nobody_is_told_privately(floor: Floor, counter: ClaimDesk) -> None:
    lead = await floor.desk.route()
    await floor.deliver()

    await counter.claim(press(lead, ANNA))
    await floor.refresh()
    await floor.deliver()

    (edit,) = floor.channel.edited
    assert edit.lead is not None
    assert (edit.lead.state, edit.lead.owner, edit.lead.claimed_at) == ("claimed", "anna", floor.clock())
    assert len(floor.channel.sent) == 1, "only the card itself"
    assert floor.rings == Bell.EDITS | Bell.DELIVERIES


async def test_contacted_and_give_back_are_shown_too(floor: Floor, counter: ClaimDesk) -> None:
    lead = await floor.desk.route()
    await floor.deliver()

    shown = []
    for act in (counter.claim, counter.contacted, counter.give_back):
        await act(press(lead, ANNA))
        await floor.refresh()
        view = floor.channel.edited[-1].lead
        assert view is not None
        shown.append((view.state.value, view.owner))

    assert shown == [("claimed", "anna"), ("contacted", "anna"), ("unassigned", "")]


async def test_the_loser_is_told_privately_where_they_pressed(floor: Floor, counter: ClaimDesk) -> None:
    lead = await floor.desk.route()
    await floor.deliver()
    await counter.claim(press(lead, ANNA, "one"))
    floor.clock.advance(seconds=2)

    await counter.claim(press(lead, BEN, "two"))
    await floor.deliver()

    answer = floor.channel.sent[-1]
    assert (answer.kind, answer.address, answer.person) == ("private", "C1", "U0BEN")
    assert answer.text == "Anna took this lead 2 seconds ago. There is nothing left for you to do."


async def test_the_same_press_again_is_answered_once(floor: Floor, counter: ClaimDesk) -> None:
    lead = await floor.desk.route(owner="anna")

    for _ in range(3):
        await counter.claim(press(lead, BEN))

    assert await floor.states("private") == ["pending"]


async def test_the_file_that_is_live_at_the_press_decides(floor: Floor, counter: ClaimDesk) -> None:
    lead = await floor.desk.route()
    await counter.claim(press(lead, STRANGER, "before"))
    assert await floor.desk.one("SELECT owner FROM lead") == ""

    floor.config = replace(floor.config, people=People())
    await counter.claim(press(lead, STRANGER, "after"))

    assert await floor.desk.one("SELECT owner FROM lead") == "U0STRANGER"
