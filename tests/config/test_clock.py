"""Times of day, weekdays and dates: what is read, and what is proposed instead."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.times.clock import (
    clock_time,
    days,
    impossible_date,
    meant_days,
    meant_span,
    span_ends,
    span_words,
    week_words,
    weekdays,
)
from bot.core.hours import Days


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        *(("09:00", 540), ("9:00", 540), ("00:00", 0), ("23:59", 1439), (" 08:45 ", 525)),
        *((text, None) for text in ("24:00", "09:60", "9", "0900", "09:0", "-1:00", "９:00", "09:00:00", "", "noon")),
    ],
)
def test_a_time_of_day(text: str, minutes: int | None) -> None:
    assert clock_time(text) == minutes


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("09:00-18:00", (540, 1080)),
        ("9:00 - 18:00", (540, 1080)),
        ("09:00–18:00", (540, 1080)),
        ("09:00 to 18:00", (540, 1080)),
        ("9-18", (540, 1080)),
        ("8:30-17", (510, 1020)),
        ("00:00-24:00", (0, 1440)),
        ("18:00-00:00", (1080, 1440)),
        ("22:00-06:00", (1320, 360)),
        ("00:00-00:00", (0, 0)),
        *((text, None) for text in ("9", "09:00", "24:00-25:00", "9-18-20", "9-24:01", "9am-5pm", "9to18", "")),
    ],
)
def test_a_span_of_hours(text: str, ends: tuple[int, int] | None) -> None:
    assert span_ends(text) == ends


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("9am-5pm", "09:00-17:00"),
        ("9 a.m. to 5:30 p.m.", "09:00-17:30"),
        ("12am-12pm", "00:00-12:00"),
        ("9.00-18.00", "09:00-18:00"),
        ("9h-18h30", "09:00-18:30"),
        ("9 Uhr bis 18 Uhr", "09:00-18:00"),
        ("09:00 until 18:00", "09:00-18:00"),
        *((text, "") for text in ("13pm-5pm", "5pm-9am", "morning", "9", "25h-26h")),
    ],
)
def test_another_way_to_write_a_span_is_understood_well_enough_to_propose_it(text: str, meant: str) -> None:
    assert meant_span(text) == meant


@given(st.integers(0, 1438).flatmap(lambda start: st.tuples(st.just(start), st.integers(start + 1, 1440))))
def test_a_span_in_words_is_that_span(ends: tuple[int, int]) -> None:
    assert span_ends(span_words(*ends)) == ends
    assert meant_span(span_words(*ends)) == span_words(*ends)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("mon", {0}),
        ("Sunday", {6}),
        ("mon-fri", {0, 1, 2, 3, 4}),
        ("MON – Wednesday", {0, 1, 2}),
        ("mon to wed", {0, 1, 2}),
        ("sun-thu", {6, 0, 1, 2, 3}),
        ("fri-mon", {4, 5, 6, 0}),
        ("mon-sun", set(range(7))),
        ("mon-mon", {0}),
        ("mon, wed,fri-sat", {0, 2, 4, 5}),
        *((text, None) for text in ("", "mo", "mon-", "-fri", "mon-tue-wed", "mon fri", "mon,", "mon-fry", "1-5")),
    ],
)
def test_weekdays(text: str, numbers: set[int] | None) -> None:
    assert weekdays(text) == (None if numbers is None else frozenset(numbers))


@given(st.sets(st.integers(0, 6), min_size=1))
def test_weekdays_in_words_are_those_weekdays(numbers: set[int]) -> None:
    assert weekdays(week_words(numbers)) == frozenset(numbers)


def test_weekdays_that_follow_each_other_are_one_range() -> None:
    assert week_words({0, 1, 2, 3, 4}) == "mon-fri"
    assert week_words({6, 0, 2, 3}) == "mon, wed-thu, sun"


@pytest.mark.parametrize(
    ("text", "range_"),
    [
        ("2026-12-24", Days(date(2026, 12, 24), date(2026, 12, 24))),
        ("2026-12-24 to 2027-01-01", Days(date(2026, 12, 24), date(2027, 1, 1))),
        (" 2024-02-29  to  2024-02-29 ", Days(date(2024, 2, 29), date(2024, 2, 29))),
        ("2027-01-01 to 2026-12-24", None),
        *((text, None) for text in ("2026-02-30", "2025-02-29", "24.12.2026", "2026-12-24 - 2027-01-01", "2026-12")),
        *((text, None) for text in ("", "2026-1-1", "2026-12-24 to", "20261224", "２026-12-24", "2026-W01-1")),
    ],
)
def test_days(text: str, range_: Days | None) -> None:
    assert days(text) == range_


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("24.12.2026", "2026-12-24"),
        ("24.12.2026 - 1.1.2027", "2026-12-24 to 2027-01-01"),
        ("2026-12-24 - 2027-01-01", "2026-12-24 to 2027-01-01"),
        ("2026-12-24..2027-01-01", "2026-12-24 to 2027-01-01"),
        ("2026/12/24 until 2027/1/1", "2026-12-24 to 2027-01-01"),
        ("2027-01-01 – 2026-12-24", "2026-12-24 to 2027-01-01"),
        *((text, "") for text in ("12/24/2026", "31.2.2026", "christmas", "24.12.", "2026-12-24 or so", "")),
        ("2026-12-01 2026-12-02 2026-12-03", ""),
    ],
)
def test_another_way_to_write_dates_is_understood_well_enough_to_propose_it(text: str, meant: str) -> None:
    assert meant_days(text) == meant


def test_a_date_that_no_calendar_has_is_found() -> None:
    assert impossible_date("2026-02-01 to 2026-02-30") == "2026-02-30"
    assert impossible_date("2026-02-01 to soon") == ""
