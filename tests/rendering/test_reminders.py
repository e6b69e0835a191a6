"""A reminder by mail: short, plain, and nothing a lead typed can become a line or a header of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.delivery import Reminder
from bot.core.lead import LeadState
from bot.rendering.samples import bare_lead, full_lead
from tests.core.test_mrkdwn import HOSTILE
from tests.rendering.builders import a_lead, a_view, known, shipped

ASSIGNED: dict[str, Any] = {"state": LeadState.ASSIGNED, "owner": "anna", "team": "dach"}


def test_the_owner_reads_what_waits_and_how_to_reach_the_person() -> None:
    mail = shipped(timezone="Europe/Berlin").reminder(Reminder.WAITS, a_view(**ASSIGNED), "anna")

    assert mail.subject == "Ana Silva, Head of IT at ACME Robotics waits for you"
    assert mail.text == (
        "Ana Silva, Head of IT at ACME Robotics waits for you, submitted Thu 5 Nov 2026, 10:41 CET. "
        "Claim it on its card in Slack, or give it back.\n"
        "\n"
        "E-mail: ana.silva@acme.example\n"
        "Phone: +49 30 23125 555\n"
    )
    assert mail.html == ""


@pytest.mark.parametrize(
    ("reminder", "changes", "recipient", "subject"),
    [
        (Reminder.NOBODY_ACTS, ASSIGNED, "dora", "Nobody has claimed Ana Silva, Head of IT at ACME Robotics"),
        (Reminder.YOURS_NOW, ASSIGNED, "anna", "Ana Silva, Head of IT at ACME Robotics is for you now"),
        (
            Reminder.UNCONTACTED,
            {**ASSIGNED, "state": LeadState.CLAIMED},
            "anna",
            "Nobody pressed Contacted for Ana Silva, Head of IT at ACME Robotics",
        ),
        (
            Reminder.TAKEN_BACK,
            ASSIGNED,
            "ben",
            "Ana Silva, Head of IT at ACME Robotics is no longer yours: it is for Anna now",
        ),
        (
            Reminder.WAITS,
            {**ASSIGNED, "state": LeadState.CLAIMED, "owner": "U0STRANGER"},
            "anna",
            "Ana Silva, Head of IT at ACME Robotics: a colleague claimed it",
        ),
    ],
)
def test_each_reminder_has_its_subject(
    reminder: Reminder, changes: dict[str, Any], recipient: str, subject: str
) -> None:
    assert shipped().reminder(reminder, a_view(**changes), recipient).subject == subject


def test_where_nothing_is_left_to_do_no_contact_is_told() -> None:
    mail = shipped().reminder(Reminder.WAITS, a_view(state=LeadState.WON, owner="anna"), "anna")

    assert mail.text == "Ana Silva, Head of IT at ACME Robotics: the outcome is “won”.\n"


def test_somebody_who_answered_nothing_is_reminded_of_too() -> None:
    mail = shipped().reminder(Reminder.WAITS, a_view(replace(bare_lead(), is_test=False), **ASSIGNED), "anna")

    assert mail.subject == "somebody without a name waits for you"
    assert mail.text.endswith("give it back.\n")


def test_of_an_erased_lead_nothing_is_left() -> None:
    mail = shipped().reminder(Reminder.WAITS, replace(a_view(full_lead()), lead=None, state=LeadState.ERASED), "anna")

    assert mail.subject == "Lead removed on request"
    assert "Ana" not in mail.text


@given(HOSTILE, st.sampled_from(list(Reminder)), st.sampled_from(list(LeadState)))
def test_a_leads_words_make_no_line_and_no_header(typed: str, reminder: Reminder, state: LeadState) -> None:
    lead = a_lead(*(known(name, f"{typed}\r\nBcc: x@y.example\n\n") for name in ("first_name", "company", "email")))
    view = a_view(lead, state=state, owner="anna", team=typed, junk_reason=typed)

    mail = shipped().reminder(reminder, view, "anna")

    assert "\r" not in mail.subject + mail.text
    assert "\n" not in mail.subject
    assert len(mail.subject) <= 150
    said, *rest = mail.text.splitlines()
    assert said.endswith(".")
    assert [line.partition(":")[0] for line in rest] in ([], ["", "E-mail"])
