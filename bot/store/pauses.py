"""What is closed for a while. Implements bot.ports.Pauses; the queues ask `may_take` before they lease."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.store.database import Database, Transaction
from bot.store.rows import from_ms, to_ms

#: After a pause one careful call goes first; if it never ends, the next may be tried this much later.
_PROBE_TIME = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class SqlitePauses:
    """Every call is one committed transaction."""

    database: Database

    async def close(
        self, scope: str, *, wait: Callable[[int], timedelta], reason: str, cause: str = "", now: datetime
    ) -> datetime:
        """See bot.ports.Pauses."""

        def work(tx: Transaction) -> datetime:
            row = tx.execute("SELECT since, until, strikes, is_probing FROM pause WHERE scope = ?", (scope,)).fetchone()
            since, strikes, at_least = to_ms(now), 1, 0
            if row is None:
                _begin_incident(tx, scope, cause, now=now)
            elif row["is_probing"] or row["until"] <= to_ms(now):
                since, strikes = row["since"], row["strikes"] + 1
            else:  # one of many calls under way that meet the closed door: no strike, and it opens no sooner
                since, strikes, at_least = row["since"], row["strikes"], row["until"]
            tx.execute(
                """INSERT INTO pause (scope, since, until, reason, strikes)
                   VALUES (:scope, :since, :until, :reason, :strikes)
                   ON CONFLICT (scope)
                   DO UPDATE SET until = excluded.until, reason = excluded.reason, strikes = excluded.strikes,
                                 is_probing = 0""",
                {
                    "scope": scope,
                    "since": since,
                    "until": max(to_ms(now + wait(strikes)), at_least),
                    "reason": reason,
                    "strikes": strikes,
                },
            )
            return from_ms(since)

        return await self.database.write(work)

    async def answered(self, scopes: Sequence[str], *, now: datetime) -> None:
        """See bot.ports.Pauses."""
        await self.database.write(lambda tx: reopen(tx, scopes, now=now))

    async def is_closed(self, scope: str, *, now: datetime) -> bool:
        """See bot.ports.Pauses."""
        return await self.database.read(
            lambda tx: (
                tx.execute("SELECT 1 FROM pause WHERE scope = ? AND until > ?", (scope, to_ms(now))).fetchone()
                is not None
            )
        )

    async def end_all_waits(self, *, now: datetime) -> None:
        """A restart: every closed upstream may be asked carefully at once."""
        await self.database.write(
            lambda tx: tx.execute("UPDATE pause SET until = min(until, ?)", (to_ms(now),)).rowcount
        )


def may_take(tx: Transaction, scopes: Sequence[str], limit: int, *, now: datetime) -> int:
    """How many rows may be leased: none while a scope is closed, one when it may be open again, else `limit`."""
    marks = ", ".join("?" * len(scopes))
    row = tx.execute(f"SELECT max(until) AS until FROM pause WHERE scope IN ({marks})", tuple(scopes)).fetchone()  # noqa: S608
    if row["until"] is None:
        return limit
    return 0 if row["until"] > to_ms(now) else min(1, limit)


def is_paused(tx: Transaction, scopes: Sequence[str]) -> bool:
    """Is one of these scopes closed, or open for no more than a careful call?"""
    marks = ", ".join("?" * len(scopes))
    return tx.execute(f"SELECT 1 FROM pause WHERE scope IN ({marks})", tuple(scopes)).fetchone() is not None  # noqa: S608


def probing(tx: Transaction, scopes: Sequence[str], *, now: datetime) -> None:
    """A row was leased: while a scope's end is being tried, nobody else tries."""
    marks = ", ".join("?" * len(scopes))
    tx.execute(
        f"UPDATE pause SET until = ?, is_probing = 1 WHERE scope IN ({marks})",  # noqa: S608
        (to_ms(now + _PROBE_TIME), *scopes),
    )


def reopen(tx: Transaction, scopes: Sequence[str], *, now: datetime) -> None:
    """The upstream answered: these scopes are open again."""
    marks = ", ".join("?" * len(scopes))
    ended = tx.execute(f"DELETE FROM pause WHERE scope IN ({marks})", tuple(scopes)).rowcount  # noqa: S608
    if ended:
        tx.execute(
            f"UPDATE incident SET until = ? WHERE what = 'pause' AND until IS NULL AND about IN ({marks})",  # noqa: S608
            (to_ms(now), *scopes),
        )


def _begin_incident(tx: Transaction, scope: str, cause: str, *, now: datetime) -> None:
    tx.execute(
        """INSERT INTO incident (what, about, cause, since) VALUES ('pause', ?, ?, ?)
           ON CONFLICT (what, about) WHERE until IS NULL DO NOTHING""",
        (scope, cause, to_ms(now)),
    )
