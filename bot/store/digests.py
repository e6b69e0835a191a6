"""Lists of leads at a set hour. Implements bot.ports.Digests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.delivery import Target
from bot.store.database import Database, Transaction
from bot.store.entries import Clerk
from bot.store.rows import maybe_from_ms, to_ms


@dataclass(frozen=True, slots=True)
class SqliteDigests:
    """Every call is one committed transaction."""

    database: Database
    clerk: Clerk

    async def last_made(self, name: str) -> datetime | None:
        """See bot.ports.Digests."""

        def question(tx: Transaction) -> datetime | None:
            row = tx.execute("SELECT made_at FROM digest WHERE name = ?", (name,)).fetchone()
            return maybe_from_ms(row["made_at"]) if row is not None else None

        return await self.database.read(question)

    async def begin(self, name: str, *, now: datetime) -> None:
        """See bot.ports.Digests."""
        statement = "INSERT INTO digest (name, made_at) VALUES (?, ?) ON CONFLICT (name) DO NOTHING"
        await self.database.write(lambda tx: tx.execute(statement, (name, to_ms(now))).rowcount)

    async def make(self, name: str, targets: Sequence[Target], *, now: datetime) -> int:
        """See bot.ports.Digests."""

        def work(tx: Transaction) -> int:
            tx.execute(
                """INSERT INTO digest (name, made_at) VALUES (?, ?)
                   ON CONFLICT (name) DO UPDATE SET made_at = excluded.made_at""",
                (name, to_ms(now)),
            )
            rows = tx.execute(
                """UPDATE lead SET digested_at = ?
                   WHERE digest = ? AND digest <> '' AND digested_at IS NULL AND state <> 'erased'
                   RETURNING id""",
                (to_ms(now), name),
            ).fetchall()
            leads = [row["id"] for row in rows]
            if leads:
                self.clerk.queue_digest(tx, name, leads, targets, now=now)
            return len(leads)

        return await self.database.write(work)
