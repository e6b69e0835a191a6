"""The statements that remove one person from every table, and the receipt that says so without naming anybody."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.erasure import Cause, Receipt
from bot.store.database import Transaction
from bot.store.rows import from_ms, to_ms

#: A card that may wait is edited when nobody else's is due: one that is due so far ahead is taken too (the clock may
#: have been set back), but after all others (bot/store/edits.py). Thousands of old leads must not hold up a claim.
_AT_LEISURE = timedelta(days=3650)

_END_OF_SECOND = 999_000

#: Why a lead is erased that comes in when its deletion is known already.
DELETED_BEFORE = "it had been deleted or forgotten before"


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What the erasure of one lead changed, or how many texts were dropped for their age."""

    leads: int = 0
    texts: int = 0
    cards_to_edit: int = 0
    mails_cancelled: int = 0
    mails_sent: int = 0


def remove_person(tx: Transaction, lead_id: str, *, at_leisure: bool, now: datetime) -> Removed | None:
    """Empty everything that holds, or might hold, something of a lead's person. None = there was nothing left.

    What stays: ids, times, the state it was in, the names of its form, campaign and rule, what colleagues did.
    `at_leisure`: its cards may wait for everybody else's edits.
    """
    lead = tx.execute(
        """UPDATE lead
           SET state_before = state, state = 'erased', content = NULL, raw = NULL, decision = NULL, owner = '',
               error = '', due_at = NULL, lease = NULL, doubted_at = NULL, held_until = NULL, given_back_by = '',
               revision = revision + 1
           WHERE id = ? AND state <> 'erased' RETURNING response_id, submitted_at, notified_at, received_at""",
        (lead_id,),
    ).fetchone()
    if lead is None:
        return None
    if lead["submitted_at"] is None:
        _remember_deletion(tx, lead, now=now)
    # the only detail that another side had a part in wording
    tx.execute("UPDATE milestone SET detail = '' WHERE lead_id = ? AND what = 'parked'", (lead_id,))
    tx.execute("DELETE FROM timer WHERE lead_id = ?", (lead_id,))
    # nor may another lead of the same person tell whose this one was
    tx.execute("UPDATE lead SET repeat_of = NULL WHERE id = ? AND repeat_of IS NOT NULL", (lead_id,))
    tx.execute("UPDATE lead SET repeat_of = NULL WHERE repeat_of = ?", (lead_id,))
    tx.execute("DELETE FROM fingerprint WHERE lead_id = ?", (lead_id,))
    _drop_notifications(tx, lead["response_id"])
    mails = _cancel_deliveries(tx, lead_id, now=now)
    return Removed(
        leads=1,
        cards_to_edit=_have_cards_edited(tx, lead_id, edit_at=now + _AT_LEISURE if at_leisure else now),
        mails_cancelled=mails["cancelled"],
        mails_sent=mails["sent"],
    )


def _remember_deletion(tx: Transaction, lead: sqlite3.Row, *, now: datetime) -> None:
    """Never fetched, so its submit time is not known, by which it would be recognised when LinkedIn speaks of it again.

    What LinkedIn deleted is kept away by the deletion's own key; such a key keeps this one away too. It covers what
    was submitted by the time at which we heard of it: the notification's own time may be whole seconds, or another
    than the submit's. It reaches no further, for later comes what the person submits anew with the same response id.
    """
    notified_at = from_ms(lead["notified_at"])
    if was_deleted(tx, lead["response_id"], notified_at):
        return
    heard_at = min(from_ms(lead["received_at"]), now)  # later than now: from a clock that was set back since
    submitted_by = max(heard_at, notified_at.replace(microsecond=_END_OF_SECOND))
    tx.execute(
        """INSERT INTO notification (response_id, action, occurred_at, via, is_believed, received_at)
           VALUES (?, 'DELETED', ?, 'pull', 1, ?)
           ON CONFLICT (response_id, action, occurred_at) DO UPDATE SET is_believed = 1""",
        (lead["response_id"], to_ms(submitted_by), to_ms(now)),
    )


def was_deleted(tx: Transaction, response_id: str, happened_at: datetime) -> bool:
    """Is a deletion believed that covers what was submitted (or else notified) then, whoever it came from?"""
    row = tx.execute(
        """SELECT 1 FROM notification
           WHERE response_id = ? AND action = 'DELETED' AND is_believed = 1 AND occurred_at >= ? LIMIT 1""",
        (response_id, to_ms(happened_at)),
    ).fetchone()
    return row is not None


def _drop_notifications(tx: Transaction, response_id: str) -> None:
    """The requests that spoke of the lead. Each is kept with its first notification only, so those of the same moment
    may be the same request."""
    tx.execute(
        """UPDATE notification SET raw = NULL
           WHERE raw IS NOT NULL AND received_at IN (SELECT received_at FROM notification WHERE response_id = ?)""",
        (response_id,),
    )


def _cancel_deliveries(tx: Transaction, lead_id: str, *, now: datetime) -> sqlite3.Row:
    mails: sqlite3.Row = tx.execute(
        """SELECT coalesce(sum(state = 'pending' OR (state = 'dead' AND NOT is_unclear)), 0) AS cancelled,
                  coalesce(sum(state IN ('sending', 'unknown', 'sent') OR (state = 'dead' AND is_unclear)), 0) AS sent
           FROM delivery WHERE lead_id = ? AND destination = 'email'""",
        (lead_id,),
    ).fetchone()
    tx.execute(  # given up without knowing whether it is there: it must be found, to be edited
        """UPDATE delivery SET state = 'unknown', due_at = ?, settled_at = NULL, looks = 0, error = ''
           WHERE lead_id = ? AND state = 'dead' AND is_unclear = 1 AND destination <> 'email'""",
        (to_ms(now), lead_id),
    )
    tx.execute(
        """UPDATE delivery SET state = 'cancelled', settled_at = ?, error = 'the lead was erased', lease = NULL
           WHERE lead_id = ? AND (state IN ('pending', 'dead') OR (state = 'unknown' AND destination = 'email'))""",
        (to_ms(now), lead_id),
    )
    return mails


def _have_cards_edited(tx: Transaction, lead_id: str, *, edit_at: datetime) -> int:
    """Every card that is there is due to be edited; how many are there, or may be."""
    tx.execute(
        """UPDATE delivery SET edit_due_at = :at, edit_tries = 0
           WHERE state = 'sent'
             AND ((lead_id = :lead AND kind IN ('alert', 'reminder'))
                  OR id IN (SELECT delivery_id FROM digest_entry WHERE lead_id = :lead))""",
        {"at": to_ms(edit_at), "lead": lead_id},
    )
    row = tx.execute(
        """SELECT count(*) FROM delivery
           WHERE destination <> 'email' AND state IN ('sending', 'unknown', 'sent')
             AND ((lead_id = :lead AND kind IN ('alert', 'reminder'))
                  OR id IN (SELECT delivery_id FROM digest_entry WHERE lead_id = :lead))""",
        {"lead": lead_id},
    ).fetchone()
    return int(row[0])


def add_to_receipt(tx: Transaction, receipt_id: str, cause: Cause, removed: Removed, *, now: datetime) -> None:
    """Count what was removed on this receipt, which is made when it is not there yet; it is to be wiped (again)."""
    tx.execute(
        """INSERT INTO erasure (id, at, cause, leads, texts, cards_to_edit, mails_cancelled, mails_sent)
           VALUES (:id, :at, :cause, :leads, :texts, :cards_to_edit, :mails_cancelled, :mails_sent)
           ON CONFLICT (id) DO UPDATE SET
               leads = leads + excluded.leads, texts = texts + excluded.texts,
               cards_to_edit = cards_to_edit + excluded.cards_to_edit,
               mails_cancelled = mails_cancelled + excluded.mails_cancelled,
               mails_sent = mails_sent + excluded.mails_sent,
               rewritten_at = NULL, wiped_at = NULL""",
        {
            "id": receipt_id,
            "at": to_ms(now),
            "cause": cause.value,
            "leads": removed.leads,
            "texts": removed.texts,
            "cards_to_edit": removed.cards_to_edit,
            "mails_cancelled": removed.mails_cancelled,
            "mails_sent": removed.mails_sent,
        },
    )


def receipt_of(row: sqlite3.Row) -> Receipt:
    """A row of `erasure`."""
    return Receipt(
        id=row["id"],
        at=from_ms(row["at"]),
        cause=Cause(row["cause"]),
        leads=row["leads"],
        texts=row["texts"],
        cards_to_edit=row["cards_to_edit"],
        mails_cancelled=row["mails_cancelled"],
        mails_sent=row["mails_sent"],
        is_wiped=row["wiped_at"] is not None,
    )
