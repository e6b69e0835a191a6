"""Where notifications enter: by webhook, or found by the pull. Implements bot.ports.Inbox."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.ids import new_lead_id
from bot.core.lead import Lead, Notification
from bot.core.work import Notice
from bot.ports import FetchedLead, FoundLead, Posted
from bot.store.database import Database, Transaction
from bot.store.entries import Clerk
from bot.store.erasure import DELETED_BEFORE, was_deleted
from bot.store.rows import content_to_json, to_ms

_CREATED = "CREATED"
_DELETED = "DELETED"


@dataclass(frozen=True, slots=True)
class SqliteInbox:
    """Every call is one committed transaction."""

    database: Database
    clerk: Clerk

    async def record(self, posted: Posted, *, raw: bytes, notices: Sequence[Notice], now: datetime) -> int:
        """See bot.ports.Inbox."""
        text = raw.decode("utf-8", "replace")

        def work(tx: Transaction) -> int:
            tx.executemany(
                "INSERT INTO unrecognised (received_at, type) VALUES (?, ?)",
                [(to_ms(now), kind) for kind in posted.unknown],
            )
            self.clerk.queue_notices(tx, notices, now=now)
            # the request is kept once, with its first notification: a small one must not fill the disk
            texts = itertools.chain([text], itertools.repeat(None))
            return sum(
                self._enter(tx, each, is_signed=posted.is_signed, raw=kept, now=now)
                for each, kept in zip(posted.notifications, texts, strict=False)
            )

        return await self.database.write(work)

    def _enter(
        self, tx: Transaction, notification: Notification, *, is_signed: bool, raw: str | None, now: datetime
    ) -> bool:
        if not _remember(tx, notification, via="webhook", is_believed=is_signed, raw=raw, now=now):
            return False
        if notification.action == _CREATED:
            self._enter_lead(tx, notification, is_signed=is_signed, now=now)
        elif notification.action == _DELETED and is_signed:
            self._erase_covered(tx, notification, now=now)
        elif notification.action == _DELETED:
            _doubt_covered(tx, notification, now=now)
        return True

    def _enter_lead(self, tx: Transaction, notification: Notification, *, is_signed: bool, now: datetime) -> None:
        if is_signed and _vouch_for(tx, notification, now=now):
            return
        lead_id = new_lead_id(now, self.clerk.random_bits.getrandbits)
        tx.execute(
            """INSERT INTO lead (id, response_id, notified_at, received_at, state, stream_owner, lead_type, form_id,
                                 is_unsigned, due_at)
               VALUES (?, ?, ?, ?, 'received', ?, ?, ?, ?, ?)""",
            (
                lead_id,
                notification.response_id,
                to_ms(notification.occurred_at),
                to_ms(now),
                notification.owner,
                notification.lead_type,
                notification.form,
                not is_signed,
                to_ms(now),
            ),
        )
        self.clerk.note(tx, lead_id, "received", now=now)
        if was_deleted(tx, notification.response_id, notification.occurred_at):
            self.clerk.erase(tx, lead_id, now=now, why=DELETED_BEFORE)

    def _erase_covered(self, tx: Transaction, deletion: Notification, *, now: datetime) -> None:
        rows = tx.execute(
            """SELECT id FROM lead
               WHERE response_id = ? AND coalesce(submitted_at, notified_at) <= ? AND state <> 'erased'""",
            (deletion.response_id, to_ms(deletion.occurred_at)),
        ).fetchall()
        for row in rows:
            self.clerk.erase(tx, row["id"], now=now, why="LinkedIn said that it was deleted")

    async def missing(self, found: Sequence[FetchedLead]) -> list[FetchedLead]:
        """See bot.ports.Inbox."""
        return await self.database.read(lambda tx: [each for each in found if _is_missing(tx, each)])

    async def record_found(self, found: Sequence[FoundLead], *, now: datetime) -> int:
        """See bot.ports.Inbox."""

        def work(tx: Transaction) -> int:
            return sum(self._enter_found(tx, each, now=now) for each in found if _is_missing(tx, each.fetched))

        return await self.database.write(work)

    def _enter_found(self, tx: Transaction, found: FoundLead, *, now: datetime) -> bool:
        lead = found.fetched.lead
        is_deleted = was_deleted(tx, lead.response_id, lead.submitted_at)
        if not is_deleted and _wake_parked(tx, found.fetched, now=now):
            return False
        notification = Notification(response_id=lead.response_id, action=_CREATED, occurred_at=lead.submitted_at)
        _remember(tx, notification, via="pull", is_believed=True, raw=None, now=now)
        if is_deleted:
            self._enter_tombstone(tx, lead, now=now)
            return False
        lead_id = new_lead_id(now, self.clerk.random_bits.getrandbits)
        tx.execute(
            """INSERT INTO lead (id, response_id, submitted_at, notified_at, received_at, state,
                                 is_late, late_cause, is_quiet, is_test, stream_owner, lead_type, form_id,
                                 content, raw, due_at)
               VALUES (:id, :response_id, :submitted_at, :submitted_at, :now, 'received',
                       :is_late, :cause, :is_quiet, :is_test, :owner, :lead_type, :form_id, :content, :raw, :now)""",
            {
                "id": lead_id,
                "response_id": lead.response_id,
                "submitted_at": to_ms(lead.submitted_at),
                "now": to_ms(now),
                "is_late": not found.is_quiet,
                "cause": found.cause,
                "is_quiet": found.is_quiet,
                "owner": lead.owner,
                "lead_type": lead.lead_type,
                "is_test": lead.is_test,
                "form_id": lead.form.id,
                "content": content_to_json(lead, {}),
                "raw": found.fetched.raw.decode("utf-8", "replace"),
            },
        )
        self.clerk.note(tx, lead_id, "found by the pull", now=now, detail=found.cause)
        return True

    def _enter_tombstone(self, tx: Transaction, lead: Lead, *, now: datetime) -> None:
        """Remember whose identity it is that is gone: nothing of the person is written, not even for a moment.

        One that was erased before it was fetched learns its identity at last.
        """
        keys = {
            "response_id": lead.response_id,
            "submitted_at": to_ms(lead.submitted_at),
            "is_test": lead.is_test,
            "owner": lead.owner,
            "lead_type": lead.lead_type,
            "form_id": lead.form.id,
            "now": to_ms(now),
        }
        known = tx.execute(
            """UPDATE lead SET submitted_at = :submitted_at, is_test = :is_test,
                               stream_owner = :owner, lead_type = :lead_type, form_id = :form_id
               WHERE id = (SELECT id FROM lead
                           WHERE response_id = :response_id AND submitted_at IS NULL AND state = 'erased'
                           ORDER BY abs(notified_at - :submitted_at), id LIMIT 1)""",
            keys,
        )
        if known.rowcount:
            return
        lead_id = new_lead_id(now, self.clerk.random_bits.getrandbits)
        tx.execute(
            """INSERT INTO lead (id, response_id, submitted_at, notified_at, received_at, state, state_before,
                                 is_test, stream_owner, lead_type, form_id)
               VALUES (:id, :response_id, :submitted_at, :submitted_at, :now, 'erased', 'received',
                       :is_test, :owner, :lead_type, :form_id)""",
            {"id": lead_id, **keys},
        )
        self.clerk.note(tx, lead_id, "found by the pull", now=now)
        self.clerk.note(tx, lead_id, "erased", now=now, detail=DELETED_BEFORE)


def _remember(
    tx: Transaction, notification: Notification, *, via: str, is_believed: bool, raw: str | None, now: datetime
) -> bool:
    """Store the notification's key; is there something in it that is not known yet?

    A repeat brings nothing new, with three exceptions: the webhook tells what only the pull had found, which may have
    been listed without ringing; a signed one vouches for an unsigned one; and an unsigned deletion may be true by now.
    """
    key = (notification.response_id, notification.action, to_ms(notification.occurred_at))
    known = tx.execute(
        "SELECT via, is_believed FROM notification WHERE response_id = ? AND action = ? AND occurred_at = ?", key
    ).fetchone()
    if known is None:
        tx.execute(
            """INSERT INTO notification (response_id, action, occurred_at, via, is_believed, received_at, raw)
               VALUES (?, ?, ?, ?, ?, ?, ?)""",
            (*key, via, is_believed, to_ms(now), raw),
        )
        return True
    is_vouched_for = is_believed and not known["is_believed"]
    is_told_at_last = via == "webhook" and known["via"] == "pull"
    if is_vouched_for or is_told_at_last:
        tx.execute(
            """UPDATE notification SET is_believed = max(is_believed, ?), via = ?
               WHERE response_id = ? AND action = ? AND occurred_at = ?""",
            (is_believed, via, *key),
        )
        return True
    return notification.action == _DELETED and not known["is_believed"]


def _vouch_for(tx: Transaction, notification: Notification, *, now: datetime) -> bool:
    """A signed notification of a lead that had come unsigned: it counts from now on, and is tried again."""
    cursor = tx.execute(
        """UPDATE lead SET is_unsigned = 0, due_at = CASE WHEN state = 'parked' THEN :now ELSE due_at END
           WHERE response_id = :response_id AND notified_at = :occurred_at AND is_unsigned = 1""",
        {
            "now": to_ms(now),
            "response_id": notification.response_id,
            "occurred_at": to_ms(notification.occurred_at),
        },
    )
    return cursor.rowcount > 0


def _doubt_covered(tx: Transaction, deletion: Notification, *, now: datetime) -> None:
    """An unsigned DELETED: have LinkedIn asked before anything is erased."""
    tx.execute(
        """UPDATE lead SET doubted_at = :occurred_at, due_at = :now
           WHERE response_id = :response_id AND coalesce(submitted_at, notified_at) <= :occurred_at
             AND state <> 'erased'""",
        {"occurred_at": to_ms(deletion.occurred_at), "now": to_ms(now), "response_id": deletion.response_id},
    )


def _is_missing(tx: Transaction, found: FetchedLead) -> bool:
    """Neither known by its identity nor on its way by webhook, nor set aside because its handling ended the process.

    One that is parked counts as missing: what the pull holds in hand helps it on. So does one that was erased before it
    was fetched: which of LinkedIn's it is shows only then (`_enter_tombstone`).
    """
    row = tx.execute(
        """SELECT 1 FROM lead
           WHERE response_id = :response_id
             AND (submitted_at = :submitted_at
                  OR (submitted_at IS NULL AND state IN ('received', 'waiting_for_linkedin'))
                  OR (submitted_at IS NULL AND state = 'parked' AND due_at IS NULL AND is_unsigned = 0))
           LIMIT 1""",
        {"response_id": found.lead.response_id, "submitted_at": to_ms(found.lead.submitted_at)},
    ).fetchone()
    return row is None


def _wake_parked(tx: Transaction, found: FetchedLead, *, now: datetime) -> bool:
    """Give a parked lead what the pull holds in hand, so that nothing is left to fetch; False when none is parked."""
    row = tx.execute(
        "SELECT id FROM lead WHERE response_id = ? AND submitted_at IS NULL AND state = 'parked' ORDER BY id LIMIT 1",
        (found.lead.response_id,),
    ).fetchone()
    if row is None:
        return False
    tx.execute(
        """UPDATE lead SET due_at = :now, state = 'waiting_for_linkedin', tries = 0, starts = 0, is_unsigned = 0,
                           submitted_at = :submitted_at, is_test = :is_test, content = :content, raw = :raw
           WHERE id = :id""",
        {
            "now": to_ms(now),
            "submitted_at": to_ms(found.lead.submitted_at),
            "is_test": found.lead.is_test,
            "content": content_to_json(found.lead, {}),
            "raw": found.raw.decode("utf-8", "replace"),
            "id": row["id"],
        },
    )
    return True
