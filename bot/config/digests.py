"""`digests:`: one list of leads at a set hour, instead of a ping for each."""

from __future__ import annotations

from bot.config import values
from bot.config.model import Digest
from bot.config.names import Channels
from bot.config.nodes import Entry, Node
from bot.config.problems import quoted
from bot.config.reading import Reading
from bot.config.rules.targets import is_nobody, read_post
from bot.config.times.working_hours import clock_time, weekdays
from bot.core.people import People

DIGEST_KEYS = ("at", "days", "post")
_EVERY_DAY = frozenset(range(7))
_MIDNIGHT = 24 * 60  #: minutes


def read_digests(reading: Reading, node: Node | None, people: People, channels: Channels) -> dict[str, Digest]:
    """`digests:`. One with faults is there all the same, so that its name is not called unknown as well."""
    return {
        entry.key.text: _read_digest(reading, entry, people, channels) for entry in reading.entries(node, "digests")
    }


def _read_digest(reading: Reading, entry: Entry, people: People, channels: Channels) -> Digest:
    name = entry.key.text
    group = reading.group(entry.value, "digests.*", DIGEST_KEYS)
    if "at" not in group:
        reading.error(entry.key, f"{name} has no time", 'Add at: "09:00".')
    if "post" not in group or is_nobody(reading, group["post"]):
        reading.error(entry.key, f"{name} would reach nobody", 'Add post: "#channel", or a person.')
    at = reading.typed(group.get("at"), _time_of_day, 'a time of the day such as "09:00"')
    return Digest(
        name=name,
        at=at or 0,
        days=_read_days(reading, group.get("days")),
        post=read_post(reading, group.get("post"), people, channels),
    )


def _time_of_day(text: str) -> int | None:
    minutes = clock_time(text)
    return minutes if minutes is not None and minutes < _MIDNIGHT else None


def _read_days(reading: Reading, node: Node | None) -> frozenset[int]:
    if node is None:
        return _EVERY_DAY
    days: set[int] = set()
    for item in reading.scalars(node, "weekdays such as mon-fri"):
        found = weekdays(values.words(reading.value_of(item)))
        if found is None:
            reading.error(item, f"{quoted(item.text)} is no weekday", "Write mon-fri, mon, or [mon, wed, fri].")
        days |= found or frozenset()
    return frozenset(days)
