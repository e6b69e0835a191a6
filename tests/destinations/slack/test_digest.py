"""A digest is one list within what a message holds, literal whatever leads typed."""

from __future__ import annotations

import json
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from bot.core.ids import DeliveryId
from bot.core.lead import LeadState
from bot.core.story import LeadView
from bot.destinations.slack.blocks import Message
from bot.destinations.slack.card import Faces, Occasion
from bot.destinations.slack.check_blocks import check
from bot.destinations.slack.digest import compose_digest
from tests.core.test_mrkdwn import HOSTILE
from tests.destinations.slack.builders import PEOPLE, a_lead, a_view

FACES = Faces(people=PEOPLE, ids={"anna": "U0ANNA"})
FIRST = Occasion(delivery=DeliveryId("d1"))


def digest(*leads: LeadView, name: str = "daily-events", **more: Any) -> Message:
    return compose_digest(name, leads, FACES, more.pop("occasion", FIRST), **more)


def lines(message: Message) -> list[str]:
    texts = [cast("Any", block)["text"]["text"] for block in message.blocks]
    return [line for text in texts for line in text.split("\n")]


def test_a_line_says_who_of_which_form_and_how_it_stands() -> None:
    message = digest(
        a_view(LeadState.CLAIMED, owner="anna", form_nickname="webinar-signup"),
        a_view(lead=a_lead(is_test=True), team="dach", is_repeat=True),
    )

    assert lines(message) == [
        "*daily-events*: 2 leads",
        "• *Ana Silva, Head of IT at ACME* · webinar-signup · claimed by Anna",
        "• *Ana Silva, Head of IT at ACME* · Demo · unclaimed, for the team dach · test lead · was here before",
    ]
    assert message.text == "daily-events: 2 leads"
    assert message.metadata["event_payload"] == {"delivery_id": "d1"}


def test_nobody_is_called() -> None:
    assert "<@" not in json.dumps(digest(a_view(LeadState.ASSIGNED, owner="anna")).blocks)


def test_after_forty_the_rest_is_counted() -> None:
    message = digest(*[a_view()] * 52)

    assert len(lines(message)) == 42
    assert lines(message)[-1] == "and 12 more: `leadbell leads`"
    assert check(message) == []
    assert len(message.blocks) <= 4


def test_a_list_whose_leads_were_all_erased_says_so() -> None:
    assert lines(digest()) == ["*daily-events*: no lead is left on this list"]


def test_a_possible_repeat_is_marked() -> None:
    marked = Occasion(delivery=DeliveryId("d1"), is_possible_repeat=True)

    assert lines(digest(a_view(), occasion=marked))[0] == "*daily-events*: 1 lead (may be a repeat)"


def test_the_plain_version_is_the_number_alone() -> None:
    message = digest(a_view(), a_view(), is_plain=True)

    assert (message.text, message.blocks) == ("daily-events: 2 leads. leadbell leads shows them.", [])
    assert check(message) == []


@given(HOSTILE, HOSTILE, st.sampled_from(list(LeadState)), st.integers(0, 60))
def test_whatever_leads_typed_the_list_fits_and_is_literal(
    name: str, company: str, state: LeadState, count: int
) -> None:
    view = a_view(state, owner="anna", lead=a_lead(first_name=name, company=company), form_nickname=name, team=name)

    message = digest(*[view] * count, name=name or "x")

    assert check(message) == []
    assert "<" not in json.dumps(message.blocks) + message.text


def test_the_longest_answers_leave_room_for_the_count() -> None:
    lead = a_lead(first_name="&" * 500, company="&" * 500)

    message = digest(*[a_view(lead=lead, form_nickname="&" * 100)] * 60)

    shown = len(lines(message)) - 2
    assert lines(message)[-1] == f"and {60 - shown} more: `leadbell leads`"
    assert check(message) == []
