"""By what somebody is known who comes again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.config.model import RepeatLeads
from bot.keys import Keyring
from bot.pipeline.fingerprints import Fingerprints
from tests.builders import a_lead
from tests.pipeline.builders import a_config

KEYS = Keyring(["a key of thirty-two characters, or more"])


def fingerprints(*, by_email: bool = True, by_member: bool = True, is_wanted: bool = True) -> Fingerprints:
    repeats = RepeatLeads(by_email=by_email, by_member=by_member, within=timedelta(days=90)) if is_wanted else None
    config = replace(a_config(), repeat_leads=repeats)
    return Fingerprints(hash=KEYS.fingerprint, live=lambda: config)


def test_the_same_person_is_known_by_any_address_they_gave() -> None:
    made = fingerprints()
    first = made.of(a_lead(email="Zoe@ACME.example"))
    second = made.of(a_lead(email="other@acme.example", work_email=" zoe@acme.example "))

    assert len(first) == 1
    assert set(first) < set(second)


@pytest.mark.parametrize("email", ["", "n/a", "-", "none", "zoe at acme", "@"])
def test_what_is_no_address_is_nobody(email: str) -> None:
    assert fingerprints().of(a_lead(email=email)) == ()


def test_a_hash_tells_nobody_the_address_and_is_for_this_purpose_only() -> None:
    (made,) = fingerprints().of(a_lead(email="zoe@acme.example"))

    assert "zoe" not in made
    assert made != KEYS.fingerprint("another purpose", "zoe@acme.example")
    assert len(made) == 64


@pytest.mark.parametrize(
    ("by_email", "by_member", "count"), [(True, True, 2), (True, False, 1), (False, True, 1), (False, False, 0)]
)
def test_only_what_the_file_names_is_kept(by_email: bool, by_member: bool, count: int) -> None:
    made = fingerprints(by_email=by_email, by_member=by_member)

    assert len(made.of(replace(a_lead(), member="hash of the member"))) == count
    assert (made.member_print() is not None) == by_member


def test_without_the_entry_nothing_is_made() -> None:
    made = fingerprints(is_wanted=False)

    assert made.of(replace(a_lead(), member="m")) == ()
    assert made.member_print() is None
