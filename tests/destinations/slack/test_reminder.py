"""A reminder says how the lead stands now, offers what helps, and rings for nobody who need not act."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.delivery import Reminder
from bot.core.hours import Days, Schedule
from bot.core.ids import DeliveryId
from bot.core.lead import LeadState
from bot.core.people import Person, Pick, Team
from bot.core.story import LeadView
from bot.destinations.slack.blocks import Message
from bot.destinations.slack.card import Faces, Occasion
from bot.destinations.slack.check_blocks import check
from bot.destinations.slack.reminder import compose_reminder
from tests.core.test_mrkdwn import HOSTILE
from tests.destinations.slack.builders import NOW, PEOPLE, a_lead, a_view

FACES = Faces(people=PEOPLE, ids={"anna": "U0ANNA", "ben": "U0BEN"})
FIRST = Occasion(delivery=DeliveryId("d1"))
SUBMITTED = "<!date^1795424358^{date_short_pretty} at {time}|2026-11-23 08:59 UTC>"
CLAIMED = "<!date^1795424400^{date_short_pretty} at {time}|2026-11-23 09:00 UTC>"
ANA = "*Ana Silva, Head of IT at ACME*"
FOR_ANNA = a_view(LeadState.ASSIGNED, owner="anna", team="dach")


def reminder(kind: Reminder, view: LeadView, recipient: str = "anna", **more: Any) -> Message:
    return compose_reminder(kind, view, recipient, FACES, more.pop("occasion", FIRST), **more)


def said(message: Message) -> str:
    return str(_json(message.blocks[0])["text"]["text"])


def pressable(message: Message) -> list[str]:
    return [e["action_id"] for b in _json(message.blocks) if b["type"] == "actions" for e in b["elements"]]


def _json(value: object) -> Any:
    return cast("Any", value)


@pytest.mark.parametrize(
    ("kind", "view", "recipient", "words", "buttons"),
    [
        (
            Reminder.WAITS,
            FOR_ANNA,
            "anna",
            f"{ANA} waits for you, submitted {SUBMITTED}. Claim it, or give it back.",
            ["lead_claim", "lead_more"],
        ),
        (
            Reminder.OFFERED,
            replace(FOR_ANNA, is_offered=True),
            "",
            f"<@U0BEN> {ANA}: anybody of dach can claim it now. Press Claim to take it.",
            ["lead_claim"],
        ),
        (
            Reminder.OFFERED,
            replace(FOR_ANNA, is_offered=True),
            "ben",
            f"{ANA}: anybody of dach can claim it now. Press Claim to take it.",
            ["lead_claim"],
        ),
        (
            Reminder.NOBODY_ACTS,
            FOR_ANNA,
            "ben",
            f"Nobody has claimed {ANA}, submitted {SUBMITTED}. It is for <@U0ANNA> now. "
            "Claim it, or see that somebody does.",
            ["lead_claim", "lead_more"],
        ),
        (
            Reminder.NOBODY_ACTS,
            a_view(team="dach"),
            "ben",
            f"Nobody has claimed {ANA}, submitted {SUBMITTED}. Anybody of dach can claim it. "
            "Claim it, or see that somebody does.",
            ["lead_claim"],
        ),
        (
            Reminder.YOURS_NOW,
            replace(FOR_ANNA, given_back_by="ben"),
            "anna",
            f"{ANA} is for you now; it was <@U0BEN>'s before. Claim it.",
            ["lead_claim", "lead_more"],
        ),
        (
            Reminder.YOURS_NOW,
            FOR_ANNA,
            "anna",
            f"{ANA} is for you now, submitted {SUBMITTED}. Claim it.",
            ["lead_claim", "lead_more"],
        ),
        (
            Reminder.UNCONTACTED,
            a_view(LeadState.CLAIMED, owner="anna"),
            "anna",
            f"Nobody pressed Contacted for {ANA}, which you claimed {CLAIMED}. "
            "Press Contacted once you have talked to them, or give it back.",
            ["lead_contacted", "lead_more"],
        ),
        (
            Reminder.TAKEN_BACK,
            a_view(LeadState.ASSIGNED, owner="ben"),
            "anna",
            f"{ANA} is no longer yours: it is for <@U0BEN> now.",
            [],
        ),
        (
            Reminder.TAKEN_BACK,
            a_view(team="dach"),
            "anna",
            f"{ANA} is no longer yours: anybody of dach can claim it.",
            [],
        ),
    ],
)
def test_each_reminder_says_what_is_to_be_done_and_has_the_buttons_for_it(
    kind: Reminder, view: LeadView, recipient: str, words: str, buttons: list[str]
) -> None:
    message = reminder(kind, view, recipient)

    assert said(message) == words
    assert pressable(message) == buttons
    assert check(message) == []
    assert message.metadata["event_payload"] == {"delivery_id": "d1"}


@pytest.mark.parametrize(
    ("kind", "view", "words"),
    [
        (Reminder.WAITS, a_view(LeadState.CLAIMED, owner="anna"), "you claimed it"),
        (Reminder.WAITS, a_view(LeadState.CLAIMED, owner="ben"), "<@U0BEN> claimed it"),
        (Reminder.WAITS, a_view(LeadState.ASSIGNED, owner="ben"), "it is for <@U0BEN> now"),
        (Reminder.WAITS, a_view(), "nobody has it now"),
        (Reminder.OFFERED, a_view(LeadState.CLAIMED, owner="ben", is_offered=True), "<@U0BEN> claimed it"),
        (Reminder.OFFERED, a_view(LeadState.ASSIGNED, owner="ben"), "it is for <@U0BEN> now"),
        (Reminder.NOBODY_ACTS, a_view(LeadState.CONTACTED, owner="ben"), "<@U0BEN> talked to them"),
        (Reminder.YOURS_NOW, a_view(LeadState.WON, owner="ben"), "the outcome is “won”"),
        (
            Reminder.UNCONTACTED,
            a_view(LeadState.JUNK, owner="anna", junk_reason="competitor"),
            "the outcome is “junk (competitor)”",
        ),
        (Reminder.UNCONTACTED, a_view(LeadState.CLAIMED, owner="ben"), "<@U0BEN> claimed it"),
        (Reminder.TAKEN_BACK, a_view(LeadState.ASSIGNED, owner="anna"), "it is for you now"),
    ],
)
def test_once_nothing_is_left_to_do_it_says_what_became_of_the_lead_and_the_buttons_go(
    kind: Reminder, view: LeadView, words: str
) -> None:
    message = reminder(kind, view, occasion=replace(FIRST, is_edit=True))

    assert said(message) == f"{ANA}: {words}."
    assert pressable(message) == []


def test_the_notification_is_one_plain_sentence() -> None:
    assert reminder(Reminder.WAITS, FOR_ANNA).text == "Ana Silva, Head of IT at ACME waits for you"


@pytest.mark.parametrize("kind", list(Reminder))
def test_of_an_erased_lead_nothing_is_left(kind: Reminder) -> None:
    message = reminder(kind, a_view(LeadState.ERASED))

    assert "Removed on request" in json.dumps(message.blocks)
    assert "Ana" not in json.dumps(message.blocks) + message.text
    assert pressable(message) == []


def test_an_offer_calls_only_who_works_now_and_everybody_where_nobody_does() -> None:
    away = Schedule(away=(Days(NOW.date(), NOW.date()),))
    people = {name: replace(person, schedule=away) for name, person in PEOPLE.by_name.items()}
    carl = Person(name="carl", slack="U0CARL")
    members = {"anna": 1, "ben": 1, "carl": 1}
    team = Team(name="dach", pick=Pick.TURNS, members=members)

    def called(**by_name: Person) -> list[str]:
        everybody = replace(PEOPLE, by_name=by_name, teams={"dach": team})
        faces = Faces(people=everybody, ids={**FACES.ids, "carl": "U0CARL"})
        offered = replace(FOR_ANNA, is_offered=True)
        message = compose_reminder(Reminder.OFFERED, offered, "", faces, replace(FIRST, at=NOW))
        return re.findall(r"<@(\w+)>", said(message))

    assert called(**people, carl=carl) == ["U0CARL"]
    assert called(**people, carl=replace(carl, schedule=away)) == ["U0BEN", "U0CARL"]


def test_an_offer_that_came_too_late_calls_nobody_in_the_channel() -> None:
    late = reminder(Reminder.OFFERED, a_view(LeadState.CLAIMED, owner="anna", team="dach", is_offered=True), "")

    assert said(late) == f"{ANA}: Anna claimed it."


def test_a_possible_repeat_is_marked() -> None:
    marked = replace(FIRST, is_possible_repeat=True)

    assert said(reminder(Reminder.WAITS, FOR_ANNA, occasion=marked)).endswith("_(may be a repeat)_")
    assert reminder(Reminder.WAITS, FOR_ANNA, occasion=marked, is_plain=True).text.endswith("(may be a repeat)")


def test_the_plain_version_keeps_the_buttons() -> None:
    message = reminder(Reminder.WAITS, FOR_ANNA, is_plain=True)

    assert _json(message.blocks[0])["text"]["type"] == "plain_text"
    assert pressable(message) == ["lead_claim", "lead_more"]
    assert check(message) == []


@given(HOSTILE, HOSTILE, st.sampled_from(list(Reminder)), st.sampled_from(list(LeadState)), st.booleans())
def test_whatever_the_lead_typed_the_reminder_may_be_sent_and_rings_for_nobody_else(
    name: str, company: str, kind: Reminder, state: LeadState, is_plain: bool
) -> None:
    lead = a_lead(first_name=name, company=company)
    view = a_view(state, owner="anna", lead=lead, team="dach", is_offered=True, claimed_at=NOW)

    message = reminder(kind, view, is_plain=is_plain)

    assert check(message) == []
    assert len(message.text) <= 150
    assert "<" not in message.text
    shown = json.dumps(message.blocks).replace("<@U0ANNA>", "").replace("<@U0BEN>", "").replace("<!date^", "")
    assert "<" not in shown
