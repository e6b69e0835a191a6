"""Public holidays by country and part, and what is said of a code that does not exist."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import pytest

from bot.config.times.holidays import CountryHolidays, closest_code, holidays_of
from bot.core.hours import Holidays
from tests.config.builders import ROOT


@pytest.mark.parametrize(
    ("code", "day", "is_holiday"),
    [
        ("DE", "2026-10-03", True),
        ("DE", "2026-12-26", True),
        ("DE", "2026-11-23", False),
        ("DE", "2026-01-06", False),
        ("DE-BY", "2026-01-06", True),
        ("DE-BE", "2026-01-06", False),
        ("US", "2026-11-26", True),
        ("US", "2026-07-03", True),  # the day in lieu of a Saturday
        ("US", "2021-12-31", True),  # in lieu of a day of the next year
        ("GB", "2026-04-06", False),
        ("GB-ENG", "2026-04-06", True),
        ("NO", "2026-05-17", True),
        ("IN", "2090-01-26", True),  # the calendar warns that it ends in 2035
        ("DE", "0001-01-01", False),
        ("DE", "9999-12-25", False),  # beyond the library's calendars
    ],
)
def test_a_day_is_a_holiday_there_or_not(code: str, day: str, *, is_holiday: bool) -> None:
    holidays: Holidays | None = holidays_of(code)

    assert holidays is not None
    assert holidays.code == code
    assert (date.fromisoformat(day) in holidays) is is_holiday


def test_those_with_the_same_code_are_equal() -> None:
    assert holidays_of("DE") == holidays_of("DE") == CountryHolidays("DE")
    assert holidays_of("DE") != holidays_of("DE-BY")
    assert len({holidays_of("DE"), holidays_of("DE")}) == 1


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("de", 'Write "DE".'),
        ("de-by", 'Write "DE-BY".'),
        ("UK", 'Write "GB".'),
        ("DEU", 'Write "DE".'),
        ("Germany", 'Write "DE".'),
        ("Österreich", 'Write "AT".'),
        ("Guinea-Bissau", 'Write "GW".'),
        ("Germany-Bavaria", "Known here: DE-BB, "),
        ("United States", 'Write "US".'),
        ("DE-Bayern", 'Write "DE-BY".'),
        ("DE-augsburg", 'Write "DE-Augsburg".'),
        ("DE-", 'Write "DE".'),
        ("US-CAL", 'Did you mean "US-CA"?'),
        ("SE-AB", "The calendar of SE knows no parts: write SE."),
        ("AT-99", "Known here: AT-1, AT-2, AT-3"),
        ("US-QQQQQQ", "Write a country by its two letters"),
        *((code, "Write a country by its two letters") for code in ("XX", "", "-BY", "ECB", "MON", "XX-YY")),
        *((code, "Write a country by its two letters") for code in ("country_holidays", "__doc__", "x" * 9000)),
    ],
)
def test_a_code_that_no_calendar_has_is_answered_with_the_one_that_was_meant(code: str, hint: str) -> None:
    assert holidays_of(code) is None
    assert closest_code(code).startswith(hint)


def test_a_program_that_asks_for_no_holidays_does_not_import_them() -> None:
    program = "import sys, bot.config.times.working_hours; print('holidays' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"
