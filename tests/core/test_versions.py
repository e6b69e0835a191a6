"""How long LinkedIn serves a version of its API."""

from __future__ import annotations

from datetime import date

import pytest

from bot.core.versions import WARN_BEFORE, days_left, sunset


@pytest.mark.parametrize(
    ("version", "end"),
    [
        ("202511", date(2026, 11, 16)),
        ("202601", date(2027, 1, 15)),
        ("202603", date(2027, 3, 16)),
        ("202608", date(2027, 8, 15)),
        ("202712", date(2028, 12, 15)),
    ],
)
def test_a_version_ends_on_its_published_day_or_a_year_after_its_month(version: str, end: date) -> None:
    assert sunset(version) == end


@pytest.mark.parametrize("version", ["202512", "202613", "202600", "2026-08", "", "v2"])
def test_what_is_no_version_has_no_end(version: str) -> None:
    assert sunset(version) is None
    assert days_left(version, date(2026, 11, 23)) is None


@pytest.mark.parametrize(("today", "days"), [(date(2026, 11, 16), 60), (date(2027, 1, 15), 0), (date(2027, 1, 20), -5)])
def test_the_days_left_are_counted_to_the_day_and_beyond_it(today: date, days: int) -> None:
    assert days_left("202601", today) == days
    assert days <= WARN_BEFORE.days
