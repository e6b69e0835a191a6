"""What the commands print: the same text for programs, and nothing that a terminal obeys."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cli.printing import complain, json_text, printable, say

_ANY_TEXT = st.text(st.characters())


@given(_ANY_TEXT)
def test_a_printed_text_is_one_line_of_printable_characters(text: str) -> None:
    shown = printable(text)

    assert shown.isprintable()
    assert len(shown) == len(text)


@given(st.dictionaries(_ANY_TEXT, st.lists(_ANY_TEXT)))
def test_json_is_printable_and_reads_back_as_the_same_value(value: dict[str, list[str]]) -> None:
    text = json_text(value)

    assert json.loads(text) == value
    assert text.replace("\n", "").isprintable()


def test_words_of_any_script_stay_as_they_are() -> None:
    assert json_text("Größe 大 😀") == '"Größe 大 😀"'
    assert printable("Größe 大 😀") == "Größe 大 😀"
    assert printable("10\u00a0000\u00a0€") == "10 000 €"


def test_a_line_break_in_a_quoted_text_makes_no_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    say("one\nfake", "two")
    complain("three\r\nfake")

    printed = capsys.readouterr()
    assert printed.out == "one fake\ntwo\n"
    assert printed.err == "three  fake\n"
