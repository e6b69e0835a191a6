"""The days of the week as the rule file writes them: `mon`, `Monday`, `mon-fri`, `fri-mon`. Pure."""

from __future__ import annotations

import re

#: In full, Monday first, as `datetime.weekday()` counts.
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_RANGE = re.compile(r"([a-z]+)(?:\s*[-–—]\s*([a-z]+))?")
_NUMBER = {name: number for number, day in enumerate(WEEKDAYS) for name in (day.lower(), day.lower()[:3])}


def read_weekdays(text: str) -> tuple[int, ...] | None:
    """The days, Monday = 0, in the order of the range; a range may run over the week's end. None when it is no day."""
    match = _RANGE.fullmatch(text.strip().lower())
    if match is None:
        return None
    first, last = _NUMBER.get(match.group(1)), _NUMBER.get(match.group(2) or match.group(1))
    if first is None or last is None:
        return None
    return tuple((first + step) % 7 for step in range((last - first) % 7 + 1))
