"""The card says who, what and how it stands, and offers what works now and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.ids import DeliveryId
from bot.core.lead import LeadState
from bot.core.story import LeadView
from bot.destinations.slack.blocks import Message
from bot.destinations.slack.card import (
    Faces,
    Occasion,
    compose,
    compose_plain,
    how_long,
    lead_of_block,
    sentence,
)
from bot.destinations.slack.check_blocks import check
from tests.core.test_mrkdwn import HOSTILE
from tests.destinations.slack.builders import NOW, PEOPLE, a_lead, a_view, words

FACES = Faces(people=PEOPLE, ids={"anna": "U0ANNA"})
FIRST = Occasion(delivery=DeliveryId("d1"))
EDIT = replace(FIRST, is_edit=True)
ENDS = ["meeting", "won", "lost"]
JUNK = [
    "junk:not a buyer",
    "junk:student or job seeker",
    "junk:competitor",
    "junk:wrong contact data",
    "junk:spam or test",
]


def card(view: LeadView, occasion: Occasion = EDIT) -> Message:
    return compose(view, words(), FACES, occasion)


def offered(message: Message) -> list[str]:
    """What one can press: action ids, and for the menu its options."""
    elements = [e for b in _json(message.blocks) if b["type"] == "actions" for e in b["elements"]]
    return [name for e in elements for name in [e["action_id"], *(o["value"] for o in _options(e))]]


def _options(element: Any) -> list[Any]:
    groups = [group["options"] for group in element.get("option_groups", [])]
    return [*element.get("options", []), *(option for group in groups for option in group)]


def shown(message: Message) -> str:
    return json.dumps(message.blocks, ensure_ascii=False)


def _json(value: object) -> Any:
    return cast("Any", value)


@pytest.mark.parametrize(
    ("state", "owner", "buttons"),
    [
        (LeadState.RECEIVED, "", []),
        (LeadState.WAITING, "", []),
        (LeadState.PARKED, "", []),
        (LeadState.UNASSIGNED, "", ["lead_claim"]),
        (LeadState.ASSIGNED, "anna", ["lead_claim", "lead_more", "give_back"]),
        (LeadState.CLAIMED, "anna", ["lead_contacted", "lead_more", "give_back", *ENDS, *JUNK]),
        (LeadState.CONTACTED, "anna", ["lead_more", "give_back", *ENDS, *JUNK]),
        (LeadState.MEETING, "anna", ["lead_more", "won", "lost", *JUNK]),
        (LeadState.WON, "anna", ["lead_more", "meeting", "lost", *JUNK]),
        (LeadState.LOST, "anna", ["lead_more", "meeting", "won", *JUNK]),
        (LeadState.JUNK, "anna", ["lead_more", *ENDS, *JUNK]),
        (LeadState.ERASED, "", []),
    ],
)
def test_each_state_offers_exactly_what_works_in_it(state: LeadState, owner: str, buttons: list[str]) -> None:
    message = card(a_view(state, owner=owner))

    assert offered(message) == buttons
    assert check(message) == []
    assert len(message.blocks) <= 6


def test_the_first_block_says_who_and_what() -> None:
    first = _json(card(a_view()).blocks[0])

    assert first["text"] == {"type": "mrkdwn", "text": "*Ana Silva*", "verbatim": True}


def test_buttons_carry_the_lead_and_the_message_carries_the_delivery_and_nothing_else() -> None:
    message = card(a_view(LeadState.ASSIGNED, owner="anna", revision=3))

    actions = _json(message.blocks[-1])
    assert actions["elements"][0]["value"] == "l1jrd5kz9hq2m8x"
    assert actions["elements"][0]["style"] == "primary"
    assert actions["elements"][1]["placeholder"]["text"] == "More…"
    assert lead_of_block(actions["block_id"]) == "l1jrd5kz9hq2m8x"
    assert message.metadata == {"event_type": "lead_delivery", "event_payload": {"delivery_id": "d1"}}


def test_a_new_revision_resets_the_menu() -> None:
    before, after = (card(a_view(LeadState.CLAIMED, owner="anna", revision=number)) for number in (1, 2))

    assert before.blocks[-1]["block_id"] != after.blocks[-1]["block_id"]


def test_after_the_claim_the_card_says_who_when_and_how_fast() -> None:
    message = card(a_view(LeadState.CLAIMED, owner="anna"))

    assert "*Claimed by <@U0ANNA>* · <!date^1795424400^" in shown(message)
    assert "42 s after the form" in shown(message)
    assert message.text == "New lead: Ana Silva, Head of IT at ACME – claimed by Anna"


def test_the_assigned_owner_is_mentioned_in_the_first_post() -> None:
    assert "<@U0ANNA>" in shown(card(a_view(LeadState.ASSIGNED, owner="anna"), FIRST))


def test_whoever_claimed_is_not_pinged_by_a_card_that_is_posted_later() -> None:
    message = card(a_view(LeadState.CLAIMED, owner="anna"), FIRST)

    assert "<@" not in shown(message)
    assert "Claimed by Anna" in shown(message)


def test_an_owner_outside_the_file_is_mentioned_by_their_slack_id() -> None:
    message = card(a_view(LeadState.CLAIMED, owner="U0STRANGER"))

    assert "<@U0STRANGER>" in shown(message)
    assert "claimed by a colleague" in message.text


def test_blocks_are_of_the_same_kinds_before_and_after_the_claim() -> None:
    kinds = [
        [block["type"] for block in card(a_view(state, owner="anna")).blocks]
        for state in (LeadState.UNASSIGNED, LeadState.ASSIGNED, LeadState.CLAIMED, LeadState.CONTACTED)
    ]

    assert kinds == [["section", "section", "context", "section", "actions"]] * 4


def test_a_reason_that_the_lead_has_already_is_not_offered_again() -> None:
    message = card(a_view(LeadState.JUNK, owner="anna", junk_reason="competitor"))

    assert offered(message) == ["lead_more", *ENDS, *(word for word in JUNK if word != "junk:competitor")]
    assert "*Outcome: junk (competitor)* · <@U0ANNA>" in shown(message)


def test_the_menu_has_its_entries_in_groups() -> None:
    menu = _json(card(a_view(LeadState.CLAIMED, owner="anna")).blocks[-1])["elements"][1]

    assert "options" not in menu
    headings = [group["label"]["text"] for group in menu["option_groups"]]
    assert headings == ["This lead", "What became of it", "It is no lead at all"]


@pytest.mark.parametrize(
    ("changes", "line", "sentence"),
    [
        ({}, "*Not claimed yet*", "unclaimed"),
        (
            {"team": "dach"},
            "*For the team dach*: whoever presses Claim first has it",
            "unclaimed, for the team dach",
        ),
        ({"given_back_by": "ben"}, "*Back from Ben*, not claimed yet", "unclaimed"),
        (
            {"given_back_by": "ben", "team": "dach"},
            "*Back from Ben, for the team dach*: whoever presses Claim first has it",
            "unclaimed, for the team dach",
        ),
        (
            {"team": "dach", "held_until": NOW},
            "*Nobody of dach is free now*; it goes to the first one back, "
            "<!date^1795424400^{date_short_pretty} at {time}|2026-11-23 09:00 UTC>",
            "unclaimed, for the team dach",
        ),
        (
            {"team": "dach", "held_until": NOW, "given_back_by": "anna"},
            "*Nobody of dach is free now*; it goes to the first one back, "
            "<!date^1795424400^{date_short_pretty} at {time}|2026-11-23 09:00 UTC> · Back from Anna",
            "unclaimed, for the team dach",
        ),
        (
            {"state": LeadState.ASSIGNED, "owner": "anna", "team": "dach"},
            "*For <@U0ANNA>*, not claimed yet",
            "for Anna",
        ),
        (
            {"state": LeadState.ASSIGNED, "owner": "anna", "team": "dach", "is_offered": True},
            "*For <@U0ANNA>*; offered to dach as well, not claimed yet",
            "for Anna or the team dach",
        ),
        (
            {"state": LeadState.ASSIGNED, "owner": "ben", "team": "dach", "given_back_by": "anna"},
            "*For Ben*, not claimed yet · back from Anna",
            "for Ben",
        ),
    ],
)
def test_a_teams_lead_says_whose_it_is(changes: dict[str, Any], line: str, sentence: str) -> None:
    message = card(a_view(**changes), FIRST)

    assert _json(message.blocks[3])["text"]["text"] == line
    assert message.text == f"New lead: Ana Silva, Head of IT at ACME – {sentence}"


def test_nobody_is_called_about_a_lead_that_nobody_can_take_now() -> None:
    message = card(a_view(team="dach", held_until=NOW, given_back_by="anna"), FIRST)

    assert "<@" not in shown(message)
    assert offered(message) == ["lead_claim"]


def test_the_name_of_a_team_and_a_reason_are_literal_too() -> None:
    waiting = a_view(team="<!here> *x*")
    junk = a_view(LeadState.JUNK, owner="anna", junk_reason="<!channel>")

    for message in (card(waiting), card(junk)):
        assert "<!here>" not in shown(message) + message.text
        assert "<!channel>" not in shown(message) + message.text
        assert check(message) == []


def test_somebody_who_was_here_before_is_marked() -> None:
    assert "_was here before_" in shown(card(a_view(is_repeat=True)))


def test_an_erased_lead_leaves_nothing_of_the_person() -> None:
    message = compose(a_view(LeadState.ERASED), words(), FACES, EDIT)

    assert "Removed on request" in shown(message)
    assert "Ana" not in shown(message) + message.text


def test_late_test_and_possibly_repeated_cards_say_so() -> None:
    view = a_view(lead=a_lead(is_test=True), is_late=True)

    message = card(view, replace(FIRST, is_possible_repeat=True))

    assert "_test lead · late: found by the regular check · may be a repeat" in shown(message)
    assert message.text.startswith("Test lead: ")


def test_empty_words_leave_no_empty_block() -> None:
    message = compose(a_view(), words(title=" ", facts=("", " "), context=""), FACES, FIRST)

    assert check(message) == []
    assert [block["type"] for block in message.blocks] == ["section", "section", "actions"]
    assert "Ana Silva" in shown(message)


def test_words_beyond_every_limit_are_cut_to_fit() -> None:
    endless = "&amp;" * 2000 + "<https://example.com|here>"

    message = compose(a_view(), words(title=endless, facts=(endless,) * 20, context=endless), FACES, FIRST)

    assert check(message) == []


@given(HOSTILE, HOSTILE, st.sampled_from(list(LeadState)))
def test_whatever_the_lead_typed_the_card_and_its_plain_version_may_be_sent(
    name: str, company: str, state: LeadState
) -> None:
    view = a_view(state, owner="anna", lead=a_lead(first_name=name, company=company))

    for message in (compose(view, words(), FACES, EDIT), compose_plain(view, FACES, EDIT)):
        assert check(message) == []
        assert len(message.text) <= 150
        assert "<" not in message.text


def test_the_sentence_keeps_its_end_when_the_names_are_long() -> None:
    view = a_view(lead=a_lead(first_name="A" * 200, company="&" * 200))

    said = sentence(view, FACES)

    assert len(said) <= 150
    assert said.endswith("… – unclaimed")


def test_the_plain_version_is_literal_and_can_still_be_claimed() -> None:
    view = a_view(lead=a_lead(company="<!channel> & Co"))

    message = compose_plain(view, FACES, replace(FIRST, is_possible_repeat=True))

    assert _json(message.blocks[0])["text"]["type"] == "plain_text"
    assert "‹!channel› & Co" in shown(message)
    assert "may be a repeat" in shown(message)
    assert offered(message) == ["lead_claim"]


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(seconds=42), "42 s"),
        (timedelta(minutes=5, seconds=59), "5 min"),
        (timedelta(hours=3, minutes=20), "3 h 20 min"),
        (timedelta(hours=3), "3 h"),
        (timedelta(days=1, hours=3), "1 day"),
        (timedelta(days=2), "2 days"),
    ],
)
def test_spans_are_told_as_people_say_them(span: timedelta, said: str) -> None:
    assert how_long(span) == said


def test_a_clock_that_runs_behind_claims_no_negative_speed() -> None:
    view = replace(a_view(LeadState.CLAIMED, owner="anna"), claimed_at=NOW - timedelta(days=1))

    assert "after the form" not in shown(card(view))
