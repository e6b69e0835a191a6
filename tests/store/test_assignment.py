"""Turns in the database: taken with the lead, given back for junk, and what counts as an open lead."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.claiming import ClaimAction
from bot.core.people import Pick, Team
from bot.store.assignment import count_open_leads, find_owner, ledger, situation
from bot.store.database import Database
from bot.store.entries import Clerk
from tests.clock import Clock
from tests.store.builders import Desk
from tests.store.office import NEVER, NINE_TO_SIX, TO_DACH, Office, dach, people

CLAIM, CONTACTED, GIVE_BACK = ClaimAction.CLAIM, ClaimAction.CONTACTED, ClaimAction.GIVE_BACK
MEETING, WON, LOST, JUNK = ClaimAction.MEETING, ClaimAction.WON, ClaimAction.LOST, ClaimAction.JUNK


@pytest.fixture
def office(database: Database, clerk: Clerk, clock: Clock) -> Office:
    return Office(Desk(database, clerk, clock), clerk)


async def owners(office: Office, count: int) -> list[str]:
    """Who gets the next leads."""
    return [(await office.has(await office.route()))[1] for _ in range(count)]


async def returned(office: Office) -> list[object]:
    return await office.desk.column("SELECT returned_at IS NOT NULL FROM turn ORDER BY id")


async def test_leads_go_round_by_weight(office: Office) -> None:
    office.edit(people=people(dach(anna=2, ben=1)))

    given = await owners(office, 6)

    assert (given.count("anna"), given.count("ben")) == (4, 2)


async def test_a_junk_lead_gives_its_turn_back_once_and_a_correction_takes_it_again(office: Office) -> None:
    lead = await office.route()
    await office.press(CLAIM, "anna", lead)
    states = []
    for action, detail in ((JUNK, "competitor"), (JUNK, "spam or test"), (WON, ""), (LOST, ""), (JUNK, "competitor")):
        assert await office.press(action, "anna", lead, detail=detail) == "done"
        states.append(await returned(office))

    assert states == [[1], [1], [0], [0], [1]]
    assert await owners(office, 3) == ["anna", "ben", "anna"]


async def test_a_correction_leaves_the_turns_as_if_nothing_had_been(office: Office) -> None:
    lead = await office.route()
    before = await office.desk.column("SELECT state FROM rotation")
    await office.press(CLAIM, "anna", lead)

    await office.press(JUNK, "anna", lead)
    await office.press(MEETING, "anna", lead)

    assert await office.desk.column("SELECT state FROM rotation") == before


async def test_a_turn_that_was_made_good_and_counts_after_all_counts_as_one_of_now(office: Office) -> None:
    lead = await office.route()
    await office.press(CLAIM, "anna", lead)
    await office.press(JUNK, "anna", lead)
    assert await owners(office, 1) == ["anna"]

    await office.press(WON, "anna", lead)

    assert await owners(office, 2) == ["ben", "ben"]


async def test_the_turn_of_a_junk_lead_is_given_back_to_whose_it_was_and_not_to_who_claimed_it(office: Office) -> None:
    lead = await office.route()
    await office.later(minutes=15)
    await office.press(CLAIM, "ben", lead)

    await office.press(JUNK, "ben", lead)

    assert await owners(office, 1) == ["anna"]
    assert await returned(office) == [1, 0]


async def test_a_lead_that_took_no_turn_gives_none_back(office: Office) -> None:
    office.edit(people=people(dach(Pick.FIRST)))
    lead = await office.route()
    await office.press(CLAIM, "ben", lead)

    assert await office.press(JUNK, "ben", lead) == "done"

    assert await office.desk.one("SELECT count(*) FROM rotation") == 0


async def test_a_claim_by_a_colleague_and_by_a_manager_take_no_turn(office: Office) -> None:
    first, second = await office.route(), await office.route()
    await office.later(minutes=15)
    await office.press(CLAIM, "ben", first)
    await office.press(CLAIM, "dora", second)

    assert await office.turns() == ["anna", "ben"]


@pytest.mark.parametrize(
    ("presses", "is_open"),
    [((), 1), ((CLAIM,), 1), ((CLAIM, CONTACTED), 0), ((CLAIM, WON), 0), ((CLAIM, JUNK), 0), ((CLAIM, GIVE_BACK), 0)],
)
async def test_a_lead_is_open_while_it_is_owned_and_nobody_talked_to_them(
    office: Office, presses: tuple[ClaimAction, ...], is_open: int
) -> None:
    lead = await office.route()
    for action in presses:
        await office.press(action, "anna", lead)

    counted = await office.desk.database.read(lambda tx: count_open_leads(tx, ["anna", "ben"]))

    assert counted.get("anna", 0) == is_open


async def test_a_test_lead_is_no_open_lead(office: Office) -> None:
    await office.route(is_test=True)

    assert await office.desk.database.read(lambda tx: count_open_leads(tx, ["anna"])) == {}


async def test_whoever_has_too_many_open_leads_is_skipped(office: Office) -> None:
    office.edit(people=people(dach(limit=2)))

    assert await owners(office, 6) == ["anna", "ben", "anna", "ben", "", ""]


async def test_the_limit_of_the_team_that_helps_out_counts_too(office: Office) -> None:
    reserve = Team(name="reserve", pick=Pick.TURNS, members={"carl": 1}, open_leads_limit=1, instead="dach")
    office.edit(people=people(dach(instead="reserve"), reserve, anna=NEVER, ben=NEVER))

    assert await owners(office, 2) == ["carl", ""]


async def test_a_lead_of_nobody_free_goes_to_the_person_who_stands_in_and_takes_no_turn(office: Office) -> None:
    office.edit(people=people(dach(instead="dora"), anna=NINE_TO_SIX, ben=NINE_TO_SIX, dora=NEVER))
    office.clock.advance(hours=-4)

    assert await owners(office, 1) == ["dora"]
    assert await office.turns() == []


async def test_teams_that_lead_to_each_other_are_each_asked_once(office: Office) -> None:
    reserve = Team(name="reserve", pick=Pick.TURNS, members={"carl": 1}, instead="dach")
    everybody = people(dach(instead="reserve"), reserve, anna=NEVER, ben=NEVER, carl=NEVER)
    office.edit(people=everybody)

    stand = await office.desk.database.read(
        lambda tx: situation(tx, everybody.teams["dach"], everybody, now=office.clock())
    )

    assert set(stand.rotations) == {"dach", "reserve"}
    assert await owners(office, 1) == [""]


async def test_the_ledger_tells_the_newest_turn_first_and_of_one_team(office: Office) -> None:
    other = Team(name="other", pick=Pick.TURNS, members={"carl": 1})
    office.edit(people=people(dach(), other))
    leads = [await office.route() for _ in range(3)]
    await office.route(replace(TO_DACH, team="other"))

    turns = await office.desk.database.read(lambda tx: ledger(tx, "dach", 2))

    assert [(turn.person, turn.lead) for turn in turns] == [("anna", leads[2]), ("ben", leads[1])]


async def test_two_leads_at_once_go_to_two_people(office: Office) -> None:
    lead = await office.route()

    def two(tx: object) -> list[str]:
        team = office.handling.people.teams["dach"]
        return [
            find_owner(tx, lead, team, office.handling.people, now=office.clock()).owner  # type: ignore[arg-type]
            for _ in range(2)
        ]

    assert sorted(await office.desk.database.write(two)) == ["anna", "ben"]
