"""What a message shows beside its own row: the leads of a digest, the message that it answers, how new it is."""

from __future__ import annotations

import sqlite3

from bot.core.delivery import Receipt
from bot.core.story import LeadView
from bot.store.database import Transaction
from bot.store.rows import VIEW_COLUMNS, view

#: What a row of `delivery` ought to show: its lead's revision, or how many leads of a digest are erased by now.
REVISION = """CASE delivery.kind
    WHEN 'digest' THEN (SELECT count(*) FROM digest_entry e JOIN lead l ON l.id = e.lead_id
                        WHERE e.delivery_id = delivery.id AND l.state = 'erased')
    ELSE coalesce((SELECT revision FROM lead WHERE id = delivery.lead_id), 0) END"""


def revision_of(tx: Transaction, row: sqlite3.Row) -> int:
    """REVISION as it is now."""
    found = tx.execute(f"SELECT {REVISION} FROM delivery WHERE id = ?", (row["id"],)).fetchone()  # noqa: S608
    return int(found[0])


def digest_views(tx: Transaction, row: sqlite3.Row) -> tuple[LeadView, ...]:
    """The leads that a digest lists, as they stand now, oldest first, without erased ones; () for other kinds."""
    if row["kind"] != "digest":
        return ()
    found = tx.execute(
        f"""SELECT {VIEW_COLUMNS} FROM digest_entry e JOIN lead l ON l.id = e.lead_id
            WHERE e.delivery_id = ? AND l.state <> 'erased' ORDER BY l.submitted_at, l.id""",  # noqa: S608
        (row["id"],),
    ).fetchall()
    return tuple(map(view, found))


def thread_of(tx: Transaction, row: sqlite3.Row) -> Receipt | None:
    """The message that a delivery answers; None when it answers none, or one that is not there (yet)."""
    if row["thread_of"] is None:
        return None
    found = tx.execute(
        "SELECT receipt_address, receipt_message FROM delivery WHERE id = ? AND state = 'sent'", (row["thread_of"],)
    ).fetchone()
    return None if found is None else Receipt(address=found["receipt_address"], message=found["receipt_message"])
