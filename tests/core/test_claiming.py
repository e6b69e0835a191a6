"""Who may do what to a lead, and the words that say so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.core.claiming import (
    FROM_STATES,
    OUTCOMES,
    Actor,
    ClaimAction,
    ClaimResult,
    ClaimVerdict,
    Permission,
    permission,
    private_answer,
)
from bot.core.lead import LeadState
from bot.core.people import People, Person, Pick, Team

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PEOPLE = People(
    by_name={name: Person(name=name) for name in ("anna", "ben", "dora")},
    managers=frozenset({"dora"}),
)
NOBODY = People()
TEAMS = People(
    by_name={name: Person(name=name) for name in ("anna", "ben", "carl", "dora", "eve", "finn", "gus")},
    managers=frozenset({"dora"}),
    teams={
        "dach": Team(name="dach", pick=Pick.TURNS, members={"anna": 2, "ben": 1}, manager="eve"),
        "americas": Team(name="americas", pick=Pick.FIRST, members={"carl": 1, "dora": 1}),
        "all": Team(
            name="all", pick=Pick.FIRST, members=dict.fromkeys(("anna", "ben", "carl", "eve", "finn", "gus"), 1)
        ),
    },
)
CLAIM, CONTACTED, GIVE_BACK = ClaimAction.CLAIM, ClaimAction.CONTACTED, ClaimAction.GIVE_BACK


@pytest.mark.parametrize(
    ("actor", "people", "wanted"),
    [
        (
            Actor(user="U1", person="anna"),
            PEOPLE,
            Permission(owner="anna", is_manager=False, may_take_unowned=True),
        ),
        (
            Actor(user="U2", person="dora"),
            PEOPLE,
            Permission(owner="dora", is_manager=True, may_take_unowned=True),
        ),
        (Actor(user="U3"), PEOPLE, Permission(owner="U3", is_manager=False, may_take_unowned=False)),
        (Actor(user="U3"), NOBODY, Permission(owner="U3", is_manager=False, may_take_unowned=True)),
        (
            Actor(user="U4", is_outsider=True),
            NOBODY,
            Permission(owner="U4", is_manager=False, may_take_unowned=False),
        ),
        (
            Actor(user="U5", person="dora", is_outsider=True),
            PEOPLE,
            Permission(owner="U5", is_manager=False, may_take_unowned=False),
        ),
    ],
    ids=["of the file", "manager", "stranger", "file without people", "outsider", "outsider with a manager's name"],
)
def test_who_may_do_what(actor: Actor, people: People, wanted: Permission) -> None:
    assert permission(actor, people) == wanted


@pytest.mark.parametrize(
    ("person", "teams", "manages", "is_manager"),
    [
        ("anna", {"dach", "all"}, set(), False),
        ("dora", {"americas"}, set(), True),
        ("eve", {"dach", "all"}, {"dach"}, False),
        ("", set(), set(), False),
    ],
)
def test_whose_leads_a_person_may_claim_and_manage(
    person: str, teams: set[str], manages: set[str], is_manager: bool
) -> None:
    granted = permission(Actor(user="U1", person=person), TEAMS)

    assert (set(granted.teams), set(granted.manages), granted.is_manager) == (teams, manages, is_manager)


def test_an_outsider_with_a_members_name_belongs_to_no_team() -> None:
    granted = permission(Actor(user="U1", person="eve", is_outsider=True), TEAMS)

    assert not granted.teams | granted.manages


@pytest.mark.parametrize("action", list(ClaimAction))
def test_every_action_has_states_that_it_starts_from_and_none_starts_from_an_erased_lead(action: ClaimAction) -> None:
    assert FROM_STATES[action]
    assert LeadState.ERASED not in FROM_STATES[action]


@pytest.mark.parametrize("action", sorted(OUTCOMES))
def test_an_outcome_needs_a_claim_and_can_be_corrected(action: ClaimAction) -> None:
    assert FROM_STATES[action] == set(LeadState) - {
        *(LeadState.RECEIVED, LeadState.WAITING, LeadState.PARKED),
        *(LeadState.UNASSIGNED, LeadState.ASSIGNED, LeadState.ERASED),
    }


@pytest.mark.parametrize("action", list(ClaimAction))
@pytest.mark.parametrize("verdict", [ClaimVerdict.DONE, ClaimVerdict.ALREADY])
def test_what_the_card_tells_is_not_said_again(action: ClaimAction, verdict: ClaimVerdict) -> None:
    assert private_answer(action, ClaimResult(verdict=verdict, owner="anna", since=NOW), PEOPLE, NOW) == ""


@pytest.mark.parametrize(
    ("action", "verdict", "owner", "people", "words"),
    [
        (CLAIM, "taken", "anna", PEOPLE, "Anna took this lead 3 minutes ago. There is nothing left for you to do."),
        (
            CLAIM,
            "taken",
            "U9",
            PEOPLE,
            "A colleague took this lead 3 minutes ago. There is nothing left for you to do.",
        ),
        (
            CLAIM,
            "refused",
            "anna",
            PEOPLE,
            "This lead is kept for Anna, so only they can claim it, or Dora as a manager.",
        ),
        (CLAIM, "refused", "U9", NOBODY, "This lead is kept for a colleague, so only they can claim it."),
        (
            CLAIM,
            "refused",
            "",
            PEOPLE,
            "Only the people named in the lead rules can claim leads. Ask Dora to add you.",
        ),
        (CLAIM, "refused", "", NOBODY, "Only full members of this Slack workspace can claim leads."),
        (
            CONTACTED,
            "refused",
            "anna",
            PEOPLE,
            "Anna has this lead, so only they can mark it as contacted, or Dora as a manager.",
        ),
        (
            GIVE_BACK,
            "refused",
            "anna",
            PEOPLE,
            "Anna has this lead, so only they can give it back, or Dora as a manager.",
        ),
        (CONTACTED, "not_now", "", PEOPLE, "Nobody has claimed this lead yet. Press Claim first, then Contacted."),
        (
            CONTACTED,
            "not_now",
            "anna",
            PEOPLE,
            "This lead is kept for Anna and not claimed yet. Press Claim first, then Contacted.",
        ),
        (GIVE_BACK, "not_now", "", PEOPLE, "Nobody has this lead, so there is nothing to give back."),
        (
            GIVE_BACK,
            "not_now",
            "anna",
            PEOPLE,
            "This lead has moved on since, so it can no longer be given back.",
        ),
        (CLAIM, "gone", "", PEOPLE, "This lead was removed on request, so there is nothing left to do here."),
    ],
)
def test_the_words(action: ClaimAction, verdict: str, owner: str, people: People, words: str) -> None:
    result = ClaimResult(verdict=ClaimVerdict(verdict), owner=owner, since=NOW - timedelta(minutes=3))

    assert private_answer(action, result, people, NOW) == words


AT_TEN = "<!date^1795428000^{time}|10:00 UTC>"


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (
            {"owner": "anna", "team": "dach", "kept_until": NOW + timedelta(hours=1)},
            f"This lead is kept for Anna until {AT_TEN}; then anybody of dach can claim it.",
        ),
        (
            {"owner": "anna", "team": "gone", "kept_until": NOW + timedelta(hours=1)},
            f"This lead is kept for Anna until {AT_TEN}; then the whole team can claim it.",
        ),
        (
            {"owner": "anna", "team": "dach", "kept_until": NOW + timedelta(days=2)},
            "This lead is kept for Anna until "
            "<!date^1795597200^{date_short_pretty} at {time}|2026-11-25 09:00 UTC>; then anybody of dach can claim it.",
        ),
        (
            {"owner": "anna", "team": "dach", "kept_until": NOW},
            "This lead is kept for Anna, so only they can claim it, or Dora or Eve as a manager.",
        ),
        (
            {"owner": "anna", "team": "dach"},
            "This lead is kept for Anna, so only they can claim it, or Dora or Eve as a manager.",
        ),
        (
            {"owner": "dora", "team": "americas"},
            "This lead is kept for Dora, so only they can claim it.",
        ),
        (
            {"team": "dach"},
            "This lead belongs to dach: Anna or Ben can claim it, or Dora or Eve as a manager.",
        ),
        ({"team": "americas"}, "This lead belongs to americas: Carl or Dora can claim it."),
        (
            {"owner": "anna", "team": "dach", "is_offered": True},
            "This lead belongs to dach: Anna or Ben can claim it, or Dora or Eve as a manager.",
        ),
        (
            {"team": "all"},
            "This lead belongs to all: anybody of the team can claim it, or Dora as a manager.",
        ),
        ({"team": "gone"}, "Only the people named in the lead rules can claim leads. Ask Dora to add you."),
        ({}, "Only the people named in the lead rules can claim leads. Ask Dora to add you."),
    ],
)
def test_who_may_not_claim_is_told_who_can_and_from_when(result: dict[str, Any], words: str) -> None:
    refused = ClaimResult(verdict=ClaimVerdict.REFUSED, **result)

    assert private_answer(CLAIM, refused, TEAMS, NOW) == words


@pytest.mark.parametrize("action", sorted(OUTCOMES))
@pytest.mark.parametrize(
    ("verdict", "owner", "words"),
    [
        ("refused", "anna", "Anna has this lead, so only they can say what became of it, or Dora or Eve as a manager."),
        ("not_now", "", "Nobody has claimed this lead yet. Press Claim first, then choose the outcome."),
        (
            "not_now",
            "anna",
            "This lead is kept for Anna and not claimed yet. Press Claim first, then choose the outcome.",
        ),
    ],
)
def test_an_outcome_that_does_not_count_says_why(action: ClaimAction, verdict: str, owner: str, words: str) -> None:
    result = ClaimResult(verdict=ClaimVerdict(verdict), owner=owner, team="dach")

    assert private_answer(action, result, TEAMS, NOW) == words


@pytest.mark.parametrize("action", list(ClaimAction))
@pytest.mark.parametrize("verdict", list(ClaimVerdict))
@pytest.mark.parametrize("people", [TEAMS, PEOPLE, NOBODY, People(teams=TEAMS.teams)])
def test_there_is_an_answer_to_every_press_whatever_the_file_says_by_now(
    action: ClaimAction, verdict: ClaimVerdict, people: People
) -> None:
    for owner in ("", "anna", "gone", "U9"):
        for team in ("", "dach", "gone"):
            result = ClaimResult(verdict=verdict, owner=owner, team=team, is_offered=True)
            said = private_answer(action, result, people, NOW)
            assert bool(said) == (verdict not in {ClaimVerdict.DONE, ClaimVerdict.ALREADY})


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(milliseconds=300), "a moment ago"),
        (timedelta(seconds=-5), "a moment ago"),
        (timedelta(seconds=1), "1 second ago"),
        (timedelta(seconds=59), "59 seconds ago"),
        (timedelta(seconds=60), "1 minute ago"),
        (timedelta(minutes=119), "1 hour ago"),
        (timedelta(hours=49), "2 days ago"),
    ],
)
def test_how_long_ago_reads_well(passed: timedelta, words: str) -> None:
    result = ClaimResult(verdict=ClaimVerdict.TAKEN, owner="anna", since=NOW - passed)

    assert f"Anna took this lead {words}." in private_answer(CLAIM, result, PEOPLE, NOW)


def test_nobody_knows_when_is_not_said() -> None:
    result = ClaimResult(verdict=ClaimVerdict.TAKEN, owner="anna")

    assert private_answer(CLAIM, result, PEOPLE, NOW).startswith("Anna took this lead. ")
