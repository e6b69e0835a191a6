"""What the pull remembers: how far each stream has come, and which quiet leads were listed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from bot.core.ids import LeadId
from bot.core.work import Notice
from bot.ports import QuietLead, Stream, StreamProgress
from bot.store.database import Database, Transaction
from bot.store.entries import Clerk
from bot.store.rows import from_ms, to_ms

_TO_LIST = "stream_owner = ? AND lead_type = ? AND is_quiet = 1 AND is_listed = 0 AND state <> 'erased'"
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class SqlitePullBook:
    """Implements bot.ports.PullBook."""

    database: Database
    clerk: Clerk

    async def progress(self, stream: Stream) -> StreamProgress | None:
        """See bot.ports.PullBook."""
        row = await self.database.read(
            lambda tx: tx.execute(
                "SELECT * FROM stream WHERE owner = ? AND lead_type = ?", (stream.owner, stream.lead_type)
            ).fetchone()
        )
        if row is None:
            return None
        return StreamProgress(
            first_pull_at=from_ms(row["first_pull_at"]),
            last_pull_at=from_ms(row["last_pull_at"]),
            full_pull_at=from_ms(row["full_pull_at"]),
        )

    async def pulled(self, stream: Stream, *, until: datetime, is_full: bool) -> None:
        """See bot.ports.PullBook."""
        values = {"owner": stream.owner, "lead_type": stream.lead_type, "until": to_ms(until), "is_full": is_full}
        await self.database.write(
            lambda tx: (
                tx.execute(
                    """INSERT INTO stream (owner, lead_type, first_pull_at, last_pull_at, full_pull_at)
                       VALUES (:owner, :lead_type, :until, :until, :until)
                       ON CONFLICT (owner, lead_type) DO UPDATE
                       SET last_pull_at = excluded.last_pull_at,
                           full_pull_at = CASE WHEN :is_full THEN excluded.full_pull_at ELSE full_pull_at END""",
                    values,
                ).rowcount
            )
        )

    async def list_quiet(
        self, stream: Stream, words: Callable[[Sequence[QuietLead], int], Notice], *, now: datetime
    ) -> int:
        """See bot.ports.PullBook."""
        key = (stream.owner, stream.lead_type)

        def work(tx: Transaction) -> int:
            count = int(tx.execute(f"SELECT count(*) FROM lead WHERE {_TO_LIST}", key).fetchone()[0])  # noqa: S608
            if count:
                oldest = tx.execute(
                    f"""SELECT id, submitted_at, content FROM lead WHERE {_TO_LIST}
                        ORDER BY submitted_at, id LIMIT {_SHOWN}""",  # noqa: S608  # constants of this module
                    key,
                ).fetchall()
                self.clerk.queue_notices(tx, [words([_quiet(row) for row in oldest], count)], now=now)
                tx.execute(f"UPDATE lead SET is_listed = 1 WHERE {_TO_LIST}", key)  # noqa: S608
            return count

        return await self.database.write(work)

    async def days_pulled(self, stream: Stream, *, since: datetime) -> set[datetime]:
        """See bot.ports.PullBook."""
        rows = await self.database.read(
            lambda tx: tx.execute(
                "SELECT day FROM pulled_day WHERE owner = ? AND lead_type = ? AND pulled_at >= ?",
                (stream.owner, stream.lead_type, to_ms(since)),
            ).fetchall()
        )
        return {from_ms(row["day"]) for row in rows}

    async def day_pulled(self, stream: Stream, day: datetime, *, now: datetime) -> None:
        """See bot.ports.PullBook."""
        await self.database.write(
            lambda tx: (
                tx.execute(
                    """INSERT INTO pulled_day (owner, lead_type, day, pulled_at) VALUES (?, ?, ?, ?)
                       ON CONFLICT (owner, lead_type, day) DO UPDATE SET pulled_at = excluded.pulled_at""",
                    (stream.owner, stream.lead_type, to_ms(day), to_ms(now)),
                ).rowcount
            )
        )


def _quiet(row: sqlite3.Row) -> QuietLead:
    lead = orjson.loads(row["content"])["lead"] if row["content"] else {"form": {}, "campaign": None}
    return QuietLead(
        id=LeadId(row["id"]),
        submitted_at=from_ms(row["submitted_at"]),
        form=_title(lead["form"]),
        campaign=_title(lead["campaign"]),
    )


def _title(named: dict[str, str] | None) -> str:
    return (named.get("name") or named.get("id") or "") if named else ""
