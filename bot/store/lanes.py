"""One channel's pace and health, as a row: it survives a restart and a clock that is set back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.store.database import Transaction
from bot.store.rows import to_ms


@dataclass(frozen=True, slots=True)
class Pace:
    """`burst` messages at once, then one each `every`."""

    every: timedelta
    burst: int

    @property
    def furthest(self) -> timedelta:
        """A channel that is free only later than this was used by a clock that was set back since."""
        return 2 * self.burst * self.every


#: Slack: about one message a second and channel; private answers are tier 4, edits tier 3 for the whole workspace.
PACES = {
    "send": Pace(every=timedelta(seconds=1), burst=3),
    "private": Pace(every=timedelta(milliseconds=600), burst=10),
    "edit": Pace(every=timedelta(milliseconds=1300), burst=20),
}

#: A target that is down is tried again by one delivery this often.
PROBE_EVERY = timedelta(minutes=10)


def make_lane(tx: Transaction, lane: str, destination: str, activity: str) -> None:
    """Have the row, if it is not there yet."""
    tx.execute(
        "INSERT INTO lane (lane, destination, activity) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (lane, destination, activity),
    )


def take_slot(tx: Transaction, lane: str, activity: str, *, now: datetime) -> None:
    """The generic cell rate algorithm: each message moves `free_at` on by the pace, a burst may run ahead of it."""
    pace = PACES[activity]
    tx.execute(
        """UPDATE lane SET free_at = CASE WHEN free_at BETWEEN :now AND :furthest THEN free_at ELSE :now END + :every
           WHERE lane = :lane""",
        {
            "now": to_ms(now),
            "furthest": to_ms(now + pace.furthest),
            "every": pace.every // timedelta(milliseconds=1),
            "lane": lane,
        },
    )


def slots(tx: Transaction, lane: str, activity: str, *, now: datetime) -> int:
    """How many messages are within the pace now."""
    pace = PACES[activity]
    every = pace.every // timedelta(milliseconds=1)
    free_at: int = tx.execute("SELECT free_at FROM lane WHERE lane = ?", (lane,)).fetchone()["free_at"]
    ahead = max(0, free_at - to_ms(now))
    if ahead > pace.furthest // timedelta(milliseconds=1):
        return pace.burst
    return max(0, pace.burst - -(-ahead // every))


def is_down(tx: Transaction, lane: str) -> bool:
    """Is the target known to be out of reach?"""
    row = tx.execute("SELECT down_since FROM lane WHERE lane = ?", (lane,)).fetchone()
    return row["down_since"] is not None


def went_down(tx: Transaction, lane: str, *, now: datetime) -> None:
    """The target cannot be reached; `down_since` stays that of the incident's beginning."""
    tx.execute(
        "UPDATE lane SET down_since = coalesce(down_since, ?), probe_at = ? WHERE lane = ?",
        (to_ms(now), to_ms(now + PROBE_EVERY), lane),
    )


def came_up(tx: Transaction, lane: str) -> None:
    """Something reached the target, or a person says that it is mended."""
    tx.execute("UPDATE lane SET down_since = NULL, probe_at = 0 WHERE lane = ?", (lane,))


def next_probe(tx: Transaction, lane: str, *, now: datetime) -> None:
    """A delivery is on its way to a target that is down: the next one may try only later."""
    tx.execute(
        "UPDATE lane SET probe_at = ? WHERE lane = ? AND down_since IS NOT NULL", (to_ms(now + PROBE_EVERY), lane)
    )
