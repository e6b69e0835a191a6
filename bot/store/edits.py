"""Sent messages that no longer show their lead as it is. Implements bot.ports.Edits."""

from __future__ import annotations

import secrets
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.delivery import DeliveryKind, Receipt
from bot.core.ids import DeliveryId
from bot.core.work import EditWork, Leased
from bot.store.database import Database, Transaction
from bot.store.entries import Clerk
from bot.store.lanes import make_lane, slots, take_slot
from bot.store.leads import CLOCK_SLACK
from bot.store.messages import REVISION, digest_views, revision_of, thread_of
from bot.store.pauses import may_take, probing, reopen
from bot.store.rows import load_view, to_ms

#: No edit is ever put off for so long: one that is due later comes from a clock that was set back since.
_EDIT_WAIT = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class SqliteEdits:
    """Every call is one committed transaction."""

    database: Database
    clerk: Clerk

    async def lease(
        self, destination: str, *, limit: int, now: datetime, keep_for: timedelta
    ) -> list[Leased[EditWork]]:
        """See bot.ports.Edits."""

        def work(tx: Transaction) -> list[Leased[EditWork]]:
            scopes = [destination, f"{destination}:edit"]
            lane = f"{destination}:edit"
            make_lane(tx, lane, destination, "edit")
            allowed = min(may_take(tx, scopes, limit, now=now), slots(tx, lane, "edit", now=now))
            if allowed <= 0:
                return []
            token = secrets.token_hex(8)
            rows = tx.execute(
                """UPDATE delivery SET edit_lease = :token, edit_lease_until = :until
                   WHERE id IN (
                       SELECT id FROM delivery
                       WHERE destination = :destination AND state = 'sent'
                         AND (edit_due_at <= :now OR edit_due_at > :furthest)
                         AND (edit_lease IS NULL OR edit_lease_until < :now OR edit_lease_until > :impossible)
                       ORDER BY edit_due_at LIMIT :limit)
                   RETURNING *""",
                {
                    "token": token,
                    "now": to_ms(now),
                    "until": to_ms(now + keep_for),
                    "impossible": to_ms(now + keep_for + CLOCK_SLACK),
                    "furthest": to_ms(now + _EDIT_WAIT),
                    "destination": destination,
                    "limit": allowed,
                },
            ).fetchall()
            if rows:
                probing(tx, scopes, now=now)
            for _ in rows:
                take_slot(tx, lane, "edit", now=now)
            return [Leased(item=_edit(tx, row), token=token) for row in rows]

        return await self.database.write(work)

    async def settle(
        self,
        leased: Leased[EditWork],
        *,
        try_again_at: datetime | None,
        is_shown: bool,
        answered: bool,
        post_anew: bool = False,
        now: datetime,
    ) -> bool:
        """See bot.ports.Edits."""

        def work(tx: Transaction) -> bool:
            cursor = tx.execute(
                f"""UPDATE delivery
                   SET shown_revision = CASE WHEN :is_shown THEN :revision ELSE shown_revision END,
                       edit_tries = CASE WHEN :is_shown THEN 0 ELSE edit_tries + 1 END,
                       edit_due_at = CASE
                           WHEN :again IS NOT NULL THEN :again
                           WHEN {REVISION} > :revision THEN :now END,
                       edit_lease = NULL
                   WHERE id = :id AND edit_lease = :token""",  # noqa: S608  # a constant
                {
                    "is_shown": is_shown,
                    "revision": leased.item.revision,
                    "again": None if try_again_at is None else to_ms(try_again_at),
                    "now": to_ms(now),
                    "id": leased.item.id,
                    "token": leased.token,
                },
            )
            if post_anew and cursor.rowcount == 1:
                self.clerk.queue_anew(tx, leased.item.id, now=now)
            if answered:
                reopen(tx, [leased.item.destination, f"{leased.item.destination}:edit"], now=now)
            return cursor.rowcount == 1

        return await self.database.write(work)


def _edit(tx: Transaction, row: sqlite3.Row) -> EditWork:
    return EditWork(
        id=DeliveryId(row["id"]),
        destination=row["destination"],
        address=row["address"],
        receipt=Receipt(address=row["receipt_address"], message=row["receipt_message"], is_plain=bool(row["is_plain"])),
        lead=load_view(tx, row["lead_id"]) if row["lead_id"] else None,
        tries=row["edit_tries"],
        revision=revision_of(tx, row),
        kind=DeliveryKind(row["kind"]),
        text=row["text"],
        leads=digest_views(tx, row),
        thread=thread_of(tx, row),
    )
