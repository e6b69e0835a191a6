"""How long LinkedIn serves a version of its API. Pure.

https://learn.microsoft.com/en-us/linkedin/marketing/versioning
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType

#: A newer version must be chosen, and tried, before LinkedIn switches the old one off.
WARN_BEFORE = timedelta(days=60)

_VERSION = re.compile(r"(20[0-9]{2})(0[1-9]|1[0-2])")
_USUAL_DAY = 15

#: The last days that LinkedIn has published; None = that month had no version. Where a date is not published, the
#: promise of twelve months holds. https://learn.microsoft.com/en-us/linkedin/marketing/integrations/migrations
_PUBLISHED: Mapping[str, date | None] = MappingProxyType(
    {
        "202510": date(2026, 10, 15),
        "202511": date(2026, 11, 16),
        "202512": None,
        "202601": date(2027, 1, 15),
        "202602": date(2027, 2, 15),
        "202603": date(2027, 3, 16),
        "202604": date(2027, 4, 15),
        "202605": date(2027, 5, 15),
        "202606": date(2027, 6, 15),
        "202607": date(2027, 7, 15),
    }
)


def sunset(version: str) -> date | None:
    """The day on which LinkedIn stops serving `version` ("202608"), or about that day; None = no such version."""
    match = _VERSION.fullmatch(version)
    if match is None:
        return None
    if version in _PUBLISHED:
        return _PUBLISHED[version]
    return date(int(match.group(1)) + 1, int(match.group(2)), _USUAL_DAY)


def days_left(version: str, today: date) -> int | None:
    """How many days `version` will still be served, negative when that is over; None = no such version."""
    end = sunset(version)
    return None if end is None else (end - today).days
