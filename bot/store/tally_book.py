"""The nightly counts: what we hold of a window, and what came of comparing it with LinkedIn's list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.counting import Identity, OurLeads
from bot.core.work import Notice
from bot.ports import Stream, Tally
from bot.store.database import Database, Transaction
from bot.store.entries import Clerk
from bot.store.rows import from_ms, to_ms


@dataclass(frozen=True, slots=True)
class SqliteTallyBook:
    """Implements bot.ports.TallyBook."""

    database: Database
    clerk: Clerk

    async def our_leads(self, stream: Stream, *, since: datetime, until: datetime) -> OurLeads:
        """See bot.ports.TallyBook."""
        return await self.database.read(lambda tx: _our_leads(tx, stream, since=since, until=until))

    async def is_counted(self, stream: Stream, night: str) -> bool:
        """See bot.ports.TallyBook."""
        row = await self.database.read(
            lambda tx: tx.execute(
                "SELECT 1 FROM tally WHERE owner = ? AND lead_type = ? AND night = ?",
                (stream.owner, stream.lead_type, night),
            ).fetchone()
        )
        return row is not None

    async def counted(self, tallies: Sequence[Tally], notice: Notice, *, now: datetime) -> None:
        """See bot.ports.TallyBook."""

        def work(tx: Transaction) -> None:
            for tally in tallies:
                _write(tx, tally, now=now)
            self.clerk.queue_notices(tx, [notice], now=now)

        await self.database.write(work)


def _write(tx: Transaction, tally: Tally, *, now: datetime) -> None:
    comparison = tally.comparison
    tx.execute(
        """INSERT INTO tally (owner, lead_type, night, counted_at, theirs, ours, missing, gone)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (owner, lead_type, night) DO NOTHING""",
        (
            tally.stream.owner,
            tally.stream.lead_type,
            tally.night,
            to_ms(now),
            comparison.theirs,
            comparison.ours,
            len(comparison.missing),
            len(comparison.gone),
        ),
    )
    if comparison.may_doubt:
        tx.executemany(
            """UPDATE lead SET doubted_at = :now, due_at = :now
               WHERE id = :id AND state <> 'erased' AND doubted_at IS NULL""",
            [{"now": to_ms(now), "id": lead_id} for lead_id in comparison.gone],
        )


def _our_leads(tx: Transaction, stream: Stream, *, since: datetime, until: datetime) -> OurLeads:
    rows = tx.execute(
        """SELECT id, response_id, submitted_at, state FROM lead
           WHERE stream_owner = ? AND lead_type = ? AND is_test = 0
             AND coalesce(submitted_at, notified_at) BETWEEN ? AND ?""",
        (stream.owner, stream.lead_type, to_ms(since), to_ms(until)),
    ).fetchall()
    whole: dict[Identity, str] = {}
    erased: set[Identity] = set()
    for row in rows:
        if row["submitted_at"] is None:
            continue
        identity = (row["response_id"], from_ms(row["submitted_at"]))
        if row["state"] == "erased":
            erased.add(identity)
        else:
            whole[identity] = row["id"]
    # a notification may name no owner, and its time is the one it tells: such leads are known by their id alone
    waiting = tx.execute(
        """SELECT id, response_id FROM lead
           WHERE submitted_at IS NULL AND state IN ('received', 'waiting_for_linkedin', 'parked')"""
    ).fetchall()
    unseen = tx.execute("SELECT response_id FROM lead WHERE submitted_at IS NULL AND state = 'erased'").fetchall()
    return OurLeads(
        whole=whole,
        erased=erased,
        on_their_way={row["response_id"]: row["id"] for row in waiting},
        erased_unseen={row["response_id"] for row in unseen},
    )
