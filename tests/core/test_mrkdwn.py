"""Whatever somebody types, Slack shows it and does nothing with it."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.mrkdwn import (
    clean,
    clean_lines,
    cut,
    cut_mrkdwn,
    date_token,
    escape_lines,
    escape_text,
    link,
    mailto,
    tel,
)

# any text, with the dangerous characters much more often than chance would have them
HOSTILE = st.text(
    st.one_of(st.sampled_from("*_~`:<>&|@!# \n\u200b\u202e\ud800abcé1"), st.characters(codec=None)), max_size=80
)
FORMATTED = re.compile(r"(?<![A-Za-z0-9])([*_~])(?=\S).*?(?<=\S)\1(?![A-Za-z0-9])|`")


@given(HOSTILE)
def test_no_text_keeps_an_active_angle_bracket_or_a_bare_ampersand(text: str) -> None:
    escaped = escape_text(text)

    assert "<" not in escaped
    assert ">" not in escaped
    assert re.sub(r"&(amp|lt|gt);", "", escaped).count("&") == 0


@given(HOSTILE)
def test_no_formatting_pair_no_emoji_code_and_no_quotation_survives(text: str) -> None:
    escaped = escape_text(text)

    assert FORMATTED.search(escaped) is None
    assert re.search(r":[^\s:\u200b]+:", escaped) is None
    assert not escaped.startswith("&gt;")


@given(HOSTILE)
def test_formatting_around_a_text_is_never_ended_by_the_text(text: str) -> None:
    escaped = escape_text(text)

    inside = f"*{escaped}*"[1:-1]

    assert re.search(r"\S\*(?![A-Za-z0-9])", inside) is None


@given(HOSTILE)
def test_nothing_invisible_or_broken_survives_but_our_own_zero_width_space(text: str) -> None:
    kinds = {unicodedata.category(character) for character in escape_text(text).replace("\u200b", "")}

    assert not kinds & {"Cc", "Cf", "Cs"}


@given(HOSTILE)
def test_a_text_is_one_line_and_is_encodable(text: str) -> None:
    escaped = escape_text(text)

    assert "\n" not in escaped
    escaped.encode("utf-8")


@given(HOSTILE, HOSTILE)
def test_a_link_never_leaves_its_brackets(url: str, label: str) -> None:
    made = link("https://example.com/" + url, label)

    assert re.fullmatch(r"<https://example\.com/[^<>|\s`]*\|[^<>|]*>", made)


@given(HOSTILE)
def test_mail_and_telephone_links_are_one_link_or_literal_text(text: str) -> None:
    for made in (mailto(text), tel(text)):
        assert re.fullmatch(r"<(mailto|tel):[^<>|\s]+\|[^<>|]*>|[^<>]*", made)


@given(HOSTILE, st.integers(min_value=1, max_value=60))
def test_a_cut_never_goes_through_an_entity_or_a_link(text: str, limit: int) -> None:
    finished = f"{escape_text(text)} <https://example.com|{escape_text(text).replace('|', '')}> &amp;"

    shortened = cut_mrkdwn(finished, limit)

    assert len(shortened) <= limit
    assert not set(re.sub(r"<[^<>]*>|&(amp|lt|gt);", "", shortened)) & set("<>&")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("john_smith@x.com", "john_smith@x.com"),
        ("2*3*4", "2*3*4"),
        ("5 * 3", "5 * 3"),
        ("*bold*", "∗bold∗"),
        ("_it_ ~gone~", "ˍitˍ ∼gone∼"),
        ("a`b`c", "aˋbˋc"),
        (":smile:", ":\u200bsmile:"),
        ("> 500", "˃ 500"),
        ("<!channel>", "&lt;!channel&gt;"),
        ("R&D", "R&amp;D"),
        ("Ana\u202e\u200bSilva", "AnaSilva"),
        ("two\r\n  lines", "two lines"),
        ("half \ud83d smile", "half smile"),
    ],
)
def test_what_slack_would_read_is_made_literal_and_the_rest_is_left(typed: str, shown: str) -> None:
    assert escape_text(typed) == shown


def test_a_long_answer_is_cut_before_it_is_escaped() -> None:
    assert escape_text("&" * 10, limit=3) == "&amp;&amp;…"


def test_lines_stay_lines_and_gaps_shrink() -> None:
    assert escape_lines("a\r\n\n\n\n> b\u2028*c*") == "a\n\n˃ b\n∗c∗"
    assert clean_lines("\n\nx\n") == "x"


@pytest.mark.parametrize(
    ("url", "made"),
    [
        ("https://a.example/x?b=1&c=2", "<https://a.example/x?b=1&amp;c=2|site>"),
        ("https://a.example/a b|c>", "<https://a.example/a%20b%7Cc%3E|site>"),
        ("javascript:alert(1)", "site"),
        ("ftp://a.example", "site"),
        ("https://", "site"),
        ("https://[broken", "site"),
    ],
)
def test_only_web_addresses_become_links(url: str, made: str) -> None:
    assert link(url, "site") == made


def test_an_address_and_a_number_become_links_only_when_they_are_such() -> None:
    assert mailto("john_smith@x.com") == "<mailto:john_smith@x.com|john_smith@x.com>"
    assert mailto("a@b.example?bcc=c@d.example") == "a@b.example?bcc=c@d.example"
    assert tel("+49 (30) 123-456") == "<tel:+4930123456|+49 (30) 123-456>"
    assert tel("call me") == "call me"


def test_a_date_is_told_in_the_readers_own_time() -> None:
    moment = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    assert date_token(moment, "9 | ^") == "<!date^1795424400^{date_short_pretty} at {time}|9 ¦ ˆ>"


def test_cutting_keeps_short_texts_and_marks_long_ones() -> None:
    assert cut("abc", 3) == "abc"
    assert cut("abcd", 3) == "ab…"
    assert cut("abcd", 0) == ""
    assert clean(" \x00a\tb ") == "a b"
