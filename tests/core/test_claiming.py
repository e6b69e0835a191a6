"""Who may do what to a lead, and the words that say so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.claiming import Actor, ClaimAction, ClaimResult, ClaimVerdict, Permission, permission, private_answer
from bot.core.people import People, Person

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PEOPLE = People(
    by_name={name: Person(name=name) for name in ("anna", "ben", "dora")},
    managers=frozenset({"dora"}),
)
NOBODY = People()
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
