"""A team's leads between the stand-ins: turns, reminders, offers, hand-backs, repeats, lists, held leads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.app import Running
from tests.story.world import ANNA, BEN, DORA, RULES, Leap, World, a_world, rows, until

_MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # 10:00 in Berlin

_TEAM = (
    RULES.replace(
        "rules:\n",
        """\
teams:
  dach:
    pick: take turns
    members: {anna: 2, ben: 1}
    manager: dora
HOURS
escalations:
  hot:
    - {after: 5 min,  do: remind owner}
    - {after: 15 min, do: offer to team}
    - {after: 30 min, do: tell manager, by: [slack, email]}
    - {after: 4 h,    do: give back to rotation}
follow_up: {remind_after: 4 h, give_back_after: 2 days}
repeat_leads: {same_if: [email], within: 90 days, do: same owner and same thread}
digests:
  daily: {at: "17:00", days: mon-fri, post: "#leads-all"}
rules:
  - name: Later
    when: {company: Newsletter}
    post: nobody
    digest: daily
""",
    )
    .replace("    owner: anna\n    email: owner\n", "    owner: dach\n    escalate: hot\n    email: owner\n")
    .replace("version: 1\n", "version: 1\ntimezone: Europe/Berlin\n")
)
TEAM = _TEAM.replace("HOURS\n", "")
NINE_TO_SIX = (
    _TEAM.replace("HOURS\n", "hours: {office: {mon-fri: 09:00-18:00}}\n")
    .replace("@example.com}\n  ben:", "@example.com, hours: office}\n  ben:")
    .replace("ben@example.com}\n", "ben@example.com, hours: office}\n")
)


def at_monday() -> Leap:
    leap = Leap()
    leap.to(_MONDAY)
    return leap


async def _lead(world: World, server: Running, **answers: str) -> str:
    """A lead of the team has come; its id."""
    number = len(rows(world, "SELECT id FROM lead"))
    given = {"country": "Germany", "email": f"person{number}@acme.example", **answers}
    response_id = world.submit(**given)
    assert await world.notify(server, response_id) == 200
    await until(
        lambda: rows(world, f"SELECT 1 FROM lead WHERE response_id = '{response_id}' AND decided_at IS NOT NULL")
    )
    await _quiet(world)
    return str(rows(world, f"SELECT id FROM lead WHERE response_id = '{response_id}'")[0][0])


async def _quiet(world: World) -> None:
    """Nothing is on its way any more."""
    await until(
        lambda: (
            not rows(
                world,
                "SELECT 1 FROM delivery WHERE state IN ('pending', 'sending', 'unknown') OR edit_due_at IS NOT NULL",
            )
        )
    )


async def _later(world: World, leap: Leap, by: timedelta) -> None:
    """Time passes, and what is due is done."""
    leap.by += by
    due = int((leap() - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))
    await until(lambda: not rows(world, f"SELECT 1 FROM timer WHERE due_at <= {due}"))
    await _quiet(world)


def _owner(world: World, lead: str) -> tuple[object, ...]:
    return rows(world, f"SELECT state, owner FROM lead WHERE id = '{lead}'")[0]


def _direct(world: World, user: str) -> list[str]:
    """What one person has read in direct messages."""
    return [message.text for message in world.slack.messages(world.slack.workspace.direct(user).id)]


async def test_leads_go_round_by_weight_and_a_claim_ends_the_reminders(tmp_path: Path) -> None:
    leap = at_monday()
    async with a_world(tmp_path, TEAM, leap) as world, world.product(leap.timing()) as server:
        leads = [await _lead(world, server) for _ in range(6)]

        owners = [_owner(world, lead)[1] for lead in leads]
        assert (owners.count("anna"), owners.count("ben")) == (4, 2)
        assert "for Anna" in world.texts("#leads-dach")[owners.index("anna")]
        assert await world.press(ANNA, "lead_claim", "#leads-dach", owners.index("anna")) == 200
        await _later(world, leap, timedelta(minutes=6))

        reminded = rows(world, "SELECT lead_id FROM milestone WHERE what = 'reminded'")
        assert {lead for (lead,) in reminded} == set(leads) - {leads[owners.index("anna")]}
        assert len(_direct(world, ANNA)) == 3
        assert len(_direct(world, BEN)) == 2


async def test_nobody_acts_so_it_is_offered_the_manager_is_told_and_it_goes_to_the_next(tmp_path: Path) -> None:
    leap = at_monday()
    async with a_world(tmp_path, TEAM, leap) as world, world.product(leap.timing()) as server:
        lead = await _lead(world, server)
        assert _owner(world, lead) == ("assigned", "anna")

        assert await world.press(BEN, "lead_claim", "#leads-dach") == 200
        await _quiet(world)
        assert _owner(world, lead) == ("assigned", "anna"), "kept for Anna so far"

        await _later(world, leap, timedelta(minutes=16))
        assert any("offered" in text or "anybody" in text for text in world.texts("#leads-dach"))
        await _later(world, leap, timedelta(minutes=15))
        assert len(_direct(world, DORA)) == 1
        assert any("dora@example.com" in mail.recipients for mail in world.mailbox.messages)
        await _later(world, leap, timedelta(hours=4))

        assert _owner(world, lead) == ("assigned", "ben")
        assert len(_direct(world, BEN)) == 1
        assert await world.press(BEN, "lead_claim", "#leads-dach") == 200
        await _quiet(world)
        assert _owner(world, lead) == ("claimed", "ben")
        assert rows(world, "SELECT action FROM timer ORDER BY due_at") == [("remind to contact",), ("take back",)]


async def test_a_colleague_may_claim_an_offered_lead_and_no_turn_is_taken(tmp_path: Path) -> None:
    leap = at_monday()
    async with a_world(tmp_path, TEAM, leap) as world, world.product(leap.timing()) as server:
        lead = await _lead(world, server)
        await _later(world, leap, timedelta(minutes=16))

        assert await world.press(BEN, "lead_claim", "#leads-dach") == 200
        await _quiet(world)

        assert _owner(world, lead) == ("claimed", "ben")
        assert rows(world, "SELECT person FROM turn") == [("anna",)]


async def test_junk_gives_the_turn_back(tmp_path: Path) -> None:
    leap = at_monday()
    async with a_world(tmp_path, TEAM, leap) as world, world.product(leap.timing()) as server:
        first = await _lead(world, server)
        assert await world.press(ANNA, "lead_claim", "#leads-dach") == 200
        await _quiet(world)
        assert await world.choose(ANNA, "junk:spam or test", "#leads-dach") == 200
        await _quiet(world)

        second = await _lead(world, server)

        assert _owner(world, first) == ("junk", "anna")
        assert _owner(world, second) == ("assigned", "anna"), "her turn again"
        assert [returned for (returned,) in rows(world, "SELECT returned_at IS NOT NULL FROM turn ORDER BY id")] == [
            1,
            0,
        ]


async def test_a_claimed_lead_that_nobody_contacts_is_asked_after_and_taken_back(tmp_path: Path) -> None:
    leap = at_monday()
    async with a_world(tmp_path, TEAM, leap) as world, world.product(leap.timing()) as server:
        lead = await _lead(world, server)
        assert await world.press(ANNA, "lead_claim", "#leads-dach") == 200
        await _quiet(world)

        await _later(world, leap, timedelta(hours=4, minutes=1))
        assert len(_direct(world, ANNA)) == 1
        await _later(world, leap, timedelta(days=2))

        assert _owner(world, lead) == ("assigned", "ben")
        assert len(_direct(world, ANNA)) == 2, "she is told that it went to somebody else"


async def test_somebody_who_comes_again_meets_the_same_owner_in_the_same_thread(tmp_path: Path) -> None:
    leap = at_monday()
    async with a_world(tmp_path, TEAM, leap) as world, world.product(leap.timing()) as server:
        first = await _lead(world, server, email="Zoe@acme.example")
        second = await _lead(world, server, email="zoe@ACME.example")

        assert _owner(world, second) == _owner(world, first) == ("assigned", "anna")
        assert rows(world, "SELECT count(*) FROM turn") == [(1,)]
        card, again = world.slack.messages("#leads-dach")
        assert again.thread_ts == card.ts
        assert "Zoe@acme.example".lower() not in str(rows(world, "SELECT * FROM fingerprint")).lower()


async def test_a_list_of_the_day_comes_at_its_hour_without_who_was_erased(tmp_path: Path) -> None:
    leap = at_monday()
    async with a_world(tmp_path, TEAM, leap) as world, world.product(leap.timing()) as server:
        await _lead(world, server, company="Newsletter", first="Zoe")
        gone = await _lead(world, server, company="Newsletter", first="Eve")
        await world.notify(server, _response_id(world, gone), action="DELETED")
        await until(lambda: _owner(world, gone)[0] == "erased")
        assert world.texts("#leads-all") == []

        leap.to(_MONDAY.replace(hour=16, minute=1))
        await server.product.waiting.sweep_digests()
        await server.product.waiting.sweep_digests()
        await _quiet(world)

        (message,) = world.slack.messages("#leads-all")
        assert "Zoe" in str(message)
        assert "Eve" not in str(message)


@pytest.mark.parametrize("pick", ["take turns", "first to claim"])
async def test_a_lead_at_night_is_held_and_released_at_opening(tmp_path: Path, pick: str) -> None:
    leap = Leap()
    leap.to(_MONDAY.replace(hour=2))
    rules = NINE_TO_SIX.replace("take turns", pick)
    async with a_world(tmp_path, rules, leap) as world, world.product(leap.timing()) as server:
        lead = await _lead(world, server)

        assert _owner(world, lead) == ("unassigned", "")
        assert len(world.texts("#leads-dach")) == 1, "posted at once"
        assert rows(world, "SELECT count(*) FROM turn") == [(0,)]
        await _later(world, leap, timedelta(hours=6, minutes=1))  # 09:01 in Berlin

        assert _owner(world, lead) == (("assigned", "anna") if pick == "take turns" else ("unassigned", ""))
        assert rows(world, "SELECT count(*) FROM timer WHERE action = 'remind owner'") == [(1,)]


def _response_id(world: World, lead: str) -> str:
    return str(rows(world, f"SELECT response_id FROM lead WHERE id = '{lead}'")[0][0])
