"""Signs of life of the webhook and of the server, and the incidents that explain late leads."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.listening import Alarm, Heard, LateCause, Sign, Span, Troubles
from bot.core.work import Notice
from bot.ports import Stream
from bot.store.database import Database, Transaction
from bot.store.entries import Clerk
from bot.store.rows import from_ms, maybe_from_ms, to_ms

_CHALLENGE = "challenge"
_LOOK_AT = timedelta(days=28)
_MOST_LEADS = 5000
_KEEP = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class SqliteWatchBook:
    """Implements bot.ports.WatchBook. `upstream` is the pause scope whose incidents tell of a dead token."""

    database: Database
    clerk: Clerk
    upstream: str = "linkedin"

    async def began(self, *, now: datetime) -> None:
        """See bot.ports.WatchBook."""

        def work(tx: Transaction) -> None:
            at, forgotten = to_ms(now), to_ms(now - _KEEP)
            tx.execute("INSERT INTO uptime (started_at, seen_at) VALUES (?, ?) ON CONFLICT DO NOTHING", (at, at))
            tx.execute("DELETE FROM uptime WHERE seen_at < ?", (forgotten,))
            tx.execute("DELETE FROM incident WHERE until < ?", (forgotten,))

        await self.database.write(work)

    async def alive(self, *, now: datetime) -> None:
        """See bot.ports.WatchBook."""
        await self.database.write(
            lambda tx: (
                tx.execute(
                    "UPDATE uptime SET seen_at = ? WHERE started_at = (SELECT max(started_at) FROM uptime)",
                    (to_ms(now),),
                ).rowcount
            )
        )

    async def challenged(self, *, now: datetime) -> None:
        """See bot.ports.WatchBook."""
        await self.database.write(
            lambda tx: (
                tx.execute(
                    "INSERT INTO sign (what, at) VALUES (?, ?) ON CONFLICT (what) DO UPDATE SET at = excluded.at",
                    (_CHALLENGE, to_ms(now)),
                ).rowcount
            )
        )

    async def heard(self, stream: Stream, *, is_public: bool, now: datetime) -> Heard:
        """See bot.ports.WatchBook."""
        return await self.database.read(lambda tx: _heard(tx, stream, is_public=is_public, now=now))

    async def troubles(self, stream: Stream, *, since: datetime) -> Troubles:
        """See bot.ports.WatchBook."""

        def question(tx: Transaction) -> Troubles:
            return Troubles(
                blocked=_incidents(tx, "alarm", _about(stream), since=since),
                token=_incidents(tx, "pause", self.upstream, cause=LateCause.TOKEN, since=since),
                down=_gaps(tx, since=since),
                unsubscribed=_before_subscribing(tx, stream, since=since),
            )

        return await self.database.read(question)

    async def alarmed(self) -> Mapping[tuple[str, str], Alarm]:
        """See bot.ports.WatchBook."""
        rows = await self.database.read(
            lambda tx: tx.execute(
                "SELECT about, cause, since FROM incident WHERE what = 'alarm' AND until IS NULL"
            ).fetchall()
        )
        found = {}
        for row in rows:
            owner, _, lead_type = row["about"].partition(" ")
            found[owner, lead_type] = Alarm(sign=Sign(row["cause"]), since=from_ms(row["since"]))
        return found

    async def raise_alarm(self, stream: Stream, alarm: Alarm, notice: Notice, *, now: datetime) -> bool:
        """See bot.ports.WatchBook."""

        def work(tx: Transaction) -> bool:
            raised = tx.execute(
                """INSERT INTO incident (what, about, cause, since) VALUES ('alarm', ?, ?, ?)
                   ON CONFLICT (what, about) WHERE until IS NULL DO NOTHING""",
                (_about(stream), alarm.sign.value, to_ms(alarm.since)),
            ).rowcount
            if raised:
                self.clerk.queue_notices(tx, [notice], now=now)
            return raised > 0

        return await self.database.write(work)

    async def end_alarm(self, stream: Stream, notice: Notice, *, now: datetime) -> bool:
        """See bot.ports.WatchBook."""

        def work(tx: Transaction) -> bool:
            ended = tx.execute(
                "UPDATE incident SET until = ? WHERE what = 'alarm' AND about = ? AND until IS NULL",
                (to_ms(now), _about(stream)),
            ).rowcount
            if ended:
                self.clerk.queue_notices(tx, [notice], now=now)
            return ended > 0

        return await self.database.write(work)


def _about(stream: Stream) -> str:
    return f"{stream.owner} {stream.lead_type}"


def _heard(tx: Transaction, stream: Stream, *, is_public: bool, now: datetime) -> Heard:
    key = (stream.owner, stream.lead_type)
    challenge = tx.execute("SELECT at FROM sign WHERE what = ?", (_CHALLENGE,)).fetchone()
    started = tx.execute("SELECT max(started_at) AS at FROM uptime").fetchone()["at"]
    subscribed = tx.execute(
        "SELECT min(created_at) AS at FROM subscription WHERE owner = ? AND lead_type = ?", key
    ).fetchone()["at"]
    leads_at = [
        row["received_at"]
        for row in tx.execute(
            """SELECT received_at FROM lead
               WHERE stream_owner = ? AND lead_type = ? AND is_late = 0 AND is_quiet = 0 AND is_test = 0
                 AND coalesce(submitted_at, notified_at) >= ?
               ORDER BY coalesce(submitted_at, notified_at) DESC LIMIT ?""",
            (*key, to_ms(now - _LOOK_AT), _MOST_LEADS),
        ).fetchall()
    ]
    leads_at.sort()
    missed = tx.execute(
        """SELECT submitted_at FROM lead
           WHERE stream_owner = ? AND lead_type = ? AND is_late = 1 AND late_cause NOT IN (?, ?)
             AND received_at > ? AND coalesce(submitted_at, notified_at) >= ?
           ORDER BY submitted_at""",
        (
            *key,
            LateCause.DOWN.value,
            LateCause.UNSUBSCRIBED.value,
            leads_at[-1] if leads_at else 0,
            to_ms(now - _LOOK_AT),
        ),
    ).fetchall()
    return Heard(
        expects_challenges=subscribed is not None or (is_public and challenge is not None),
        challenge_at=from_ms(challenge["at"]) if challenge else None,
        listening_since=from_ms(max(started or to_ms(now), subscribed or 0)),
        leads_at=[from_ms(at) for at in leads_at],
        missed_since=[from_ms(row["submitted_at"]) for row in missed],
    )


def _incidents(tx: Transaction, what: str, about: str, *, since: datetime, cause: str = "") -> Sequence[Span]:
    rows = tx.execute(
        """SELECT since, until FROM incident
           WHERE what = ? AND about = ? AND (? = '' OR cause = ?) AND (until IS NULL OR until > ?) ORDER BY since""",
        (what, about, cause, cause, to_ms(since)),
    ).fetchall()
    return [_span(row) for row in rows]


def _gaps(tx: Transaction, *, since: datetime) -> Sequence[Span]:
    """When no server ran. Before the very first one nobody was there to miss anything."""
    rows = tx.execute("SELECT started_at, seen_at FROM uptime ORDER BY started_at").fetchall()
    pairs = itertools.pairwise(rows)
    return [
        Span(since=from_ms(before["seen_at"]), until=from_ms(after["started_at"]))
        for before, after in pairs
        if before["seen_at"] < after["started_at"] and after["started_at"] > to_ms(since)
    ]


def _before_subscribing(tx: Transaction, stream: Stream, *, since: datetime) -> Sequence[Span]:
    """Before our own subscription was made; unknown, and therefore never, where we made none."""
    made = tx.execute(
        "SELECT min(created_at) AS at FROM subscription WHERE owner = ? AND lead_type = ?",
        (stream.owner, stream.lead_type),
    ).fetchone()["at"]
    return [] if made is None or made <= to_ms(since) else [Span(since=since, until=from_ms(made))]


def _span(row: sqlite3.Row) -> Span:
    return Span(since=from_ms(row["since"]), until=maybe_from_ms(row["until"]))
