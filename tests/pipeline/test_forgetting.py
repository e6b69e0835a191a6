"""One request to forget: everything that is found goes, also what comes in meanwhile, and nothing tells who it was."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.core import erasure
from bot.core.counting import compare
from bot.core.erasure import Found
from bot.core.errors import BotError
from bot.pipeline.forgetting import Forgetting
from bot.pipeline.shift import Bell
from bot.ports import Stream
from bot.store.database import Database
from bot.store.entries import Clerk
from bot.store.privacy import SqliteErasing
from tests.builders import a_lead
from tests.clock import Clock
from tests.pipeline.builders import OWNER, Floor
from tests.store.traces import bytes_of, everything_stored

CANARY = "canary7f3a"
ADDRESS = f"{CANARY}@acme.example"


@pytest.fixture
def floor(database: Database, clerk: Clerk, clock: Clock) -> Floor:
    return Floor(database, clerk, clock)


def forgetting(floor: Floor, erasing: SqliteErasing | None = None) -> Forgetting:
    return Forgetting(
        erasing=erasing or SqliteErasing(floor.desk.database, Clerk()),
        live=lambda: floor.config,
        now=floor.clock,
        ring=floor._ring,
    )


async def test_a_person_is_gone_when_the_receipt_is_there(floor: Floor, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    lead = await floor.desk.route(lead=a_lead(email=ADDRESS))

    forgotten = await forgetting(floor).forget(ADDRESS)

    assert (forgotten.leads, forgotten.left, forgotten.is_match) == ((lead,), 0, True)
    assert forgotten.receipt is not None
    assert (forgotten.receipt.leads, forgotten.receipt.is_wiped) == (1, True)
    assert Bell.EDITS in floor.rings
    assert CANARY.encode() not in await bytes_of(floor.desk.database)
    assert CANARY not in await everything_stored(floor.desk.database)
    assert CANARY not in caplog.text + str(forgotten) + str(forgotten.to_json())


async def test_what_comes_in_while_it_is_looked_for_goes_too(floor: Floor) -> None:
    await floor.desk.route(lead=a_lead(email=ADDRESS))
    erasing = _Overtaken(floor.desk.database, Clerk(), floor)

    forgotten = await forgetting(floor, erasing).forget(ADDRESS)

    assert len(forgotten.leads) == 2
    assert forgotten.receipt is not None
    assert forgotten.receipt.leads == 2
    assert CANARY not in await everything_stored(floor.desk.database)


async def test_the_second_time_there_is_nothing_and_for_a_lead_that_is_said(floor: Floor) -> None:
    lead = await floor.desk.route(lead=a_lead(email=ADDRESS))
    await forgetting(floor).forget(ADDRESS)

    by_address = await forgetting(floor).forget(ADDRESS)
    by_lead = await forgetting(floor).forget(lead)

    assert (by_address.receipt, by_address.is_match) == (None, False)
    assert (by_lead.receipt, by_lead.erased_before, by_lead.is_match) == (None, (lead,), True)
    assert await floor.desk.one("SELECT count(*) FROM erasure") == 1


async def test_forgotten_before_it_was_fetched_it_rings_nobody_and_the_nightly_count_agrees(floor: Floor) -> None:
    stream, submitted_at = Stream(source="ads", owner=OWNER, lead_type="SPONSORED"), floor.clock()
    await floor.pull.pull(stream)
    floor.clock.advance(minutes=3)
    floor.leads.add("r-1", submitted_at=submitted_at + timedelta(milliseconds=730))
    await floor.desk.receive(occurred_at=submitted_at)  # in whole seconds, and it names no owner
    assert (await forgetting(floor).forget("r-1")).is_match

    floor.rings = Bell(0)
    await floor.pull.pull(stream)

    assert floor.rings == Bell(0)
    assert await floor.dispatch() == 0
    assert await floor.states() == []
    window = {"since": submitted_at, "until": floor.clock()}
    theirs = [each async for each in floor.leads.listed(stream, **window)]
    assert compare(theirs, await floor.tally_book.our_leads(stream, **window)).agrees


@pytest.mark.parametrize(("hour", "is_wiped"), [(9, False), (1, True)])  # in Berlin it is an hour later
async def test_the_bytes_of_a_large_file_wait_for_the_night_and_that_is_said(
    floor: Floor, monkeypatch: pytest.MonkeyPatch, hour: int, is_wiped: bool
) -> None:
    monkeypatch.setattr(erasure, "MIDDLING_FILE", 0)
    floor.clock.at = floor.clock.at.replace(hour=hour)
    await floor.desk.route(lead=a_lead(email=ADDRESS))

    forgotten = await forgetting(floor).forget(ADDRESS)

    assert forgotten.receipt is not None
    assert forgotten.receipt.is_wiped is is_wiped
    assert forgotten.to_json()["wiped_tonight"] is not is_wiped


async def test_the_socket_answers_with_json_and_refuses_nonsense(floor: Floor) -> None:
    await floor.desk.route(lead=a_lead(email=ADDRESS))

    answer = await forgetting(floor).answer({"wanted": ADDRESS})

    assert isinstance(answer, dict)
    assert (answer["before"], answer["after"], answer["waiting"]) == (1, 0, 0)
    for nonsense in ({}, {"wanted": 3}, {"wanted": " "}):
        with pytest.raises(BotError):
            await forgetting(floor).answer(nonsense)


@dataclass(frozen=True, slots=True)
class _Overtaken(SqliteErasing):
    """After the first look the person's second lead arrives."""

    floor: Floor
    looks: list[Found] = field(default_factory=list)

    async def find(self, wanted: str) -> Found:
        found = await SqliteErasing.find(self, wanted)
        self.looks.append(found)
        if len(self.looks) == 1:
            await self.floor.desk.route(lead=a_lead("r-2", email=ADDRESS), response_id="r-2")
        return found
