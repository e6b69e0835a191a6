"""From text to times of day, weekdays and dates, and what a person meant who wrote them otherwise. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date

from bot.core.hours import Days

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_NUMBERS = {name: number for number, day in enumerate(WEEKDAYS) for name in (day, day[:3])}
_NUMBERS |= {"tues": 1, "weds": 2, "thur": 3, "thurs": 3}
_TO = r"\s*(?:-|–|—|\bto\b)\s*"
_SPAN = re.compile(rf"(\d{{1,2}})(?::(\d\d))?{_TO}(\d{{1,2}})(?::(\d\d))?", re.ASCII)
_MOMENT = r"(\d{1,2})(?:[:.h](\d\d))?\s*(?:h|uhr|o'clock)?\s*([ap])?(?:\.?m\.?)?"
_LOOSE_SPAN = re.compile(rf"{_MOMENT}\s*(?:-|–|—|\bto\b|\btill?\b|\buntil\b|\bbis\b)\s*{_MOMENT}\.?", re.ASCII)
_DAYS = re.compile(r"(\d{4}-\d\d-\d\d)(?:\s+to\s+(\d{4}-\d\d-\d\d))?", re.ASCII)
_LOOSE_DATE = re.compile(
    r"(?<!\d)(?:(\d{4})[-./](\d{1,2})[-./](\d{1,2})|(\d{1,2})\.(\d{1,2})\.(\d{4}))(?!\d)", re.ASCII
)


def clock_time(text: str) -> int | None:
    """ "09:00" as minutes since midnight, up to 23:59."""
    match = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})", text.strip())
    return _minutes(match.group(1), match.group(2), most=1439) if match else None


def span_ends(text: str) -> tuple[int, int] | None:
    """ "09:00-18:00" or "9-18" as minutes since midnight; the end may be 24:00, and may lie before the start.

    An end of 00:00 is the midnight that ends the day.
    """
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        return None
    start = _minutes(match.group(1), match.group(2), most=1439)
    end = _minutes(match.group(3), match.group(4), most=1440)
    return (start, end or (1440 if start else 0)) if start is not None and end is not None else None


def meant_span(text: str) -> str:
    """What "9am-5pm", "9.00-18.00" or "9h-18h" should have been, or ""."""
    match = _LOOSE_SPAN.fullmatch(text.strip().lower())
    if match is None:
        return ""
    start, end = _moment(*match.group(1, 2, 3)), _moment(*match.group(4, 5, 6))
    if start is None or end is None or start >= end:
        return ""
    return span_words(start, end)


def span_words(start: int, end: int) -> str:
    """(540, 1080) as "09:00-18:00"."""
    return f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"


def weekdays(text: str) -> frozenset[int] | None:
    """ "mon", "mon-fri", "sun-thu", "mon, wed" (full names too) as numbers, 0 = Monday."""
    found: set[int] = set()
    for part in text.strip().lower().split(","):
        ends = [_NUMBERS.get(word) for word in re.split(_TO, part.strip())]
        first, last = ends[0], ends[-1]
        if first is None or last is None or len(ends) > 2:
            return None
        found.update((first + step) % 7 for step in range((last - first) % 7 + 1))
    return frozenset(found)


def week_words(days: Collection[int]) -> str:
    """{0, 1, 2, 5} as "mon-wed, sat"."""
    runs: list[list[int]] = []
    for day in sorted(set(days)):
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join("-".join(WEEKDAYS[day][:3] for day in sorted({run[0], run[-1]})) for run in runs)


def days(text: str) -> Days | None:
    """ "2026-11-01 to 2026-12-31", or one date; the last is not before the first."""
    ends = day_ends(text)
    return Days(*ends) if ends is not None and ends[0] <= ends[1] else None


def day_ends(text: str) -> tuple[date, date] | None:
    """Like `days`, but the end may lie before the beginning."""
    match = _DAYS.fullmatch(text.strip())
    if match is None:
        return None
    first, last = _date(match.group(1)), _date(match.group(2) or match.group(1))
    return (first, last) if first is not None and last is not None else None


def impossible_date(text: str) -> str:
    """The first date in the text that no calendar has, such as 2026-02-30, or ""."""
    return next((found for found in re.findall(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}\b", text) if _date(found) is None), "")


def meant_days(text: str) -> str:
    """What "24.12.2026 - 26.12.2026" should have been, or "". 12/24/2026 is left alone: which is the month?"""
    found = [match.group(1, 2, 3) if match.group(1) else match.group(6, 5, 4) for match in _LOOSE_DATE.finditer(text)]
    dates = [_date(f"{year}-{month:0>2}-{day:0>2}") for year, month, day in found]
    rest = re.sub(r"[\s.–—-]|to|until|till|bis|and", "", _LOOSE_DATE.sub("", text.lower()))
    if rest or len(dates) not in {1, 2} or None in dates:
        return ""
    return " to ".join(str(day) for day in sorted(day for day in dates if day is not None))


def _minutes(hour: str, minute: str | None, *, most: int) -> int | None:
    minutes = int(hour) * 60 + int(minute or 0)
    return minutes if minutes <= most and int(minute or 0) < 60 else None


def _moment(hour: str, minute: str | None, half: str | None) -> int | None:
    if half and not 1 <= int(hour) <= 12:
        return None
    shift = {"a": 0, "p": 12}
    return _minutes(str(int(hour) % 12 + shift[half]) if half else hour, minute, most=1440)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
