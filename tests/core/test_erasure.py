"""Whose address it is, and when the file may be written anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.erasure import MIDDLING_FILE, SMALL_FILE, Naming, Unwiped, canonical_address, may_rewrite, naming

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "ana@acme.example",
        " Ana@ACME.example\n",
        "ANA@acme.example.",
        "ana @ acme.example",
        "\x00ana\t@acme.\x7fexample\r\n",
        "ana\u200b@acme.example",
        "\u202aana@acme.example\u202c",
        "ａｎａ＠ａｃｍｅ.example",
        "mailto:ana@acme.example",
    ],
)
def test_one_mailbox_has_many_spellings(written: str) -> None:
    assert naming("ana@acme.example", [written]) is Naming.IS


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("jörg@müller.example", "JO\u0308RG@xn--mller-kva.example"),
        ("ana@bücher.example", "ana@XN--BCHER-KVA.example"),
        ("ΣΑΣ@acme.example", "σας@acme.example"),
    ],
)
def test_letters_of_any_language_are_the_same_in_either_form(one: str, other: str) -> None:
    assert canonical_address(one) == canonical_address(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ana.silva@acme.example", "anasilva@acme.example"),
        ("ana+x@acme.example", "ana@acme.example"),
        ("ana@acme.example", "ana@acme.example.com"),
        ("ana@straße.example", "ana@strasse.example"),
        ("ana@acme.example", "diana@acme.example"),
    ],
)
def test_what_may_be_two_people_is_two_addresses(one: str, other: str) -> None:
    assert canonical_address(one) != canonical_address(other)


@pytest.mark.parametrize("text", ["", "ana", "@acme.example", "ana@", "r-1", "@", " "])
def test_what_is_no_address_has_no_spelling(text: str) -> None:
    assert canonical_address(text) == ""


@pytest.mark.parametrize(
    "broken", ["ana@xn--.example", "ana@xn--a\u00fc.example", "ana@xn--99999999999.example", "a@.."]
)
def test_a_broken_domain_is_compared_as_it_stands(broken: str) -> None:
    assert naming(canonical_address(broken), [broken]) is Naming.IS


@pytest.mark.parametrize(
    ("answers", "how"),
    [
        (["Spain", "ask my boss, ana@acme.example."], Naming.WITHIN),
        (["Ana <ANA@acme.example>; ben@acme.example"], Naming.WITHIN),
        (["write to ana@acme.example", "ana@acme.example"], Naming.IS),
        (["diana@acme.example", "ana@acme.example.com", "@", "@@"], Naming.NOT),
        ([], Naming.NOT),
    ],
)
def test_an_answer_is_the_address_or_only_speaks_of_it(answers: list[str], how: Naming) -> None:
    assert naming("ana@acme.example", answers) is how


@pytest.mark.parametrize(
    ("size", "age", "hour", "is_asked_for", "may"),
    [
        (SMALL_FILE, 0, 12, False, True),
        (SMALL_FILE + 1, 0, 12, False, False),
        (SMALL_FILE + 1, 0, 12, True, True),
        (MIDDLING_FILE + 1, 0, 12, True, False),
        (MIDDLING_FILE + 1, 0, 1, True, False),
        (MIDDLING_FILE + 1, 0, 3, False, True),
        (MIDDLING_FILE + 1, 36, 12, False, True),
    ],
)
def test_a_large_file_is_written_anew_at_night_or_after_a_day_and_a_half(
    size: int, age: int, hour: int, is_asked_for: bool, may: bool
) -> None:
    now = NOON.replace(hour=hour)
    unwiped = Unwiped(file_bytes=size, oldest=now - timedelta(hours=age))

    assert may_rewrite(unwiped, is_asked_for=is_asked_for, now=now) is may
