"""The name of a time zone: which there are, and which one a person meant."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from bot.config.nodes import Node, Scalar
from bot.config.problems import did_you_mean
from bot.config.reading import Reading

_HOW = "Time zones are written by a city, like Europe/Berlin."
#: Abbreviations are no time zones: they name half a year of one, or several at once.
_MEANT = {
    **dict.fromkeys(("pst", "pdt", "pt", "pacific"), "America/Los_Angeles"),
    **dict.fromkeys(("mdt", "mt", "mountain"), "America/Denver"),
    **dict.fromkeys(("cdt", "ct", "central"), "America/Chicago"),
    **dict.fromkeys(("edt", "et", "eastern"), "America/New_York"),
    **dict.fromkeys(("cest", "mez", "mesz", "germany"), "Europe/Berlin"),
    **dict.fromkeys(("bst", "uk", "england"), "Europe/London"),
    **dict.fromkeys(("jst",), "Asia/Tokyo"),
    **dict.fromkeys(("aest", "aedt"), "Australia/Sydney"),
}
#: These exist, but are the same all year.
_WITHOUT_SUMMER = {"EST": "America/New_York", "MST": "America/Denver"}


def read_timezone(reading: Reading, node: Node | None) -> str | None:
    """A time zone that exists; None when there is none here (nothing is said), or no such zone (that is an error)."""
    name = reading.text(node, "a time zone such as Europe/Berlin")
    if not isinstance(node, Scalar) or name is None:
        return None
    if not _exists(name):
        reading.error(node, f"There is no time zone called {reading.as_written(node)}", _hint(node.text))
        return None
    if name in _WITHOUT_SUMMER:
        meant = _WITHOUT_SUMMER[name]
        reading.warn(node, f"{name} has no summer time", f"If the clocks change where you are, write {meant}.")
    elif name.startswith("Etc/GMT") and name[7:8] in {"+", "-"}:
        sign = "behind" if name[7] == "+" else "ahead of"
        reading.warn(node, f"{name} is {name[8:]} hours {sign} UTC, all year", _HOW)
    return name


def _exists(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # not found is a KeyError, an odd path one of the others
        return False
    return name in _names()


@lru_cache(maxsize=256)
def _hint(text: str) -> str:
    wanted = text.strip().lower().replace(" ", "_")
    if wanted in _MEANT:
        return f"Write {_MEANT[wanted]}."
    cities = sorted(name for name in _names() if not name.startswith("Etc/"))  # Etc/GMT+1 is the zone west of UTC
    for name in cities:
        if wanted in {name.lower(), name.lower().rpartition("/")[2]}:
            return f"Write {name}."
    return (did_you_mean(text, cities) if "/" in text else "") or _HOW


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    return frozenset(available_timezones()) - {"localtime", "posixrules", "Factory"}  # each machine's own, or none
