"""The days of the week as the rule file writes them."""

from __future__ import annotations

import pytest

from bot.core.weekdays import WEEKDAYS, read_weekdays


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon", (0,)),
        (" Sunday ", (6,)),
        ("MON-FRI", (0, 1, 2, 3, 4)),
        ("monday - wednesday", (0, 1, 2)),
        ("mon–tue", (0, 1)),
        ("sat-mon", (5, 6, 0)),
        ("sun-sun", (6,)),
        ("tue-mon", (1, 2, 3, 4, 5, 6, 0)),
        ("", None),
        ("mo", None),
        ("mon-", None),
        ("mon,tue", None),
        ("weekday", None),
        ("mon-fri-sun", None),
    ],
)
def test_days_and_ranges_are_read_in_order(text: str, days: tuple[int, ...] | None) -> None:
    assert read_weekdays(text) == days


def test_every_day_is_known_in_full_and_short() -> None:
    for number, day in enumerate(WEEKDAYS):
        assert read_weekdays(day) == read_weekdays(day[:3]) == (number,)
