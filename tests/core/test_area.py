"""Findings made in few words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.area import Area, in_words, sentence
from bot.core.errors import StoreUnavailable, TemporaryError
from bot.core.findings import Verdict

SLACK = Area("slack")


def test_an_error_brings_its_own_advice_or_takes_the_one_that_is_given() -> None:
    told = SLACK.failed_by("token", TemporaryError("refused", advice="Copy it again."), "Try later.")
    silent = SLACK.failed_by("token", StoreUnavailable("the disk is full"), "Make room.")

    assert (told.verdict, told.found, told.advice) == (Verdict.FAILED, "Refused.", "Copy it again.")
    assert (silent.found, silent.advice) == ("The disk is full.", "Make room.")


def test_only_what_a_person_must_mend_has_advice() -> None:
    assert SLACK.ok("token", "It works.").advice == ""
    assert SLACK.skipped("token", "Nobody answers.").advice == ""


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=119), "119 s"),
        (timedelta(minutes=2), "2 min"),
        (timedelta(minutes=119), "119 min"),
        (timedelta(hours=2), "2 h"),
        (timedelta(hours=47), "47 h"),
        (timedelta(days=2), "2 days"),
        (-timedelta(minutes=7), "7 min"),
    ],
)
def test_a_length_of_time_is_said_as_people_say_it(length: timedelta, words: str) -> None:
    assert in_words(length) == words


@pytest.mark.parametrize(
    ("text", "said"), [("it broke", "It broke."), ("Why?", "Why?"), ("It broke (403)", "It broke (403).")]
)
def test_a_sentence_begins_and_ends_like_one(text: str, said: str) -> None:
    assert sentence(text) == said
