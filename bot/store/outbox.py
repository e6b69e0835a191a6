"""Deliveries that wait to be sent, or to be looked for. Implements bot.ports.Outbox."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.delivery import Again, Dead, DeliveryKind, Outcome, Receipt, Reminder, Sent, Target, Unknown
from bot.core.ids import DeliveryId, first_id_since
from bot.core.work import DeliveryWork, Leased, Notice
from bot.store.database import Database, Transaction
from bot.store.entries import PRIVATE_OR_SEND, Clerk
from bot.store.lanes import PACES, PROBE_EVERY, came_up, is_down, next_probe, take_slot, went_down
from bot.store.leads import CLOCK_SLACK
from bot.store.messages import REVISION, digest_views, revision_of, thread_of
from bot.store.pauses import may_take, probing, reopen
from bot.store.rows import from_ms, load_view, to_ms


@dataclass(frozen=True, slots=True)
class SqliteOutbox:
    """Every call is one committed transaction."""

    database: Database
    clerk: Clerk

    async def lease(
        self, destination: str, *, limit: int, now: datetime, keep_for: timedelta
    ) -> list[Leased[DeliveryWork]]:
        """See bot.ports.Outbox."""

        def work(tx: Transaction) -> list[Leased[DeliveryWork]]:
            token = secrets.token_hex(8)
            lease = {
                "token": token,
                "now": to_ms(now),
                "until": to_ms(now + keep_for),
                "impossible": to_ms(now + keep_for + CLOCK_SLACK),
                "destination": destination,
            }
            _expire(tx, lease)
            _heed_clock(tx, destination, now=now)
            rows = self._lease_lookups(tx, destination, limit, lease, now=now)
            for activity in ("private", "send"):
                rows += _lease_sends(tx, destination, activity, limit - len(rows), lease, now=now)
            return [Leased(item=_work(tx, row), token=token) for row in rows]

        return await self.database.write(work)

    def _lease_lookups(
        self, tx: Transaction, destination: str, limit: int, lease: dict[str, object], *, now: datetime
    ) -> list[sqlite3.Row]:
        scopes = [destination, f"{destination}:look"]
        allowed = may_take(tx, scopes, limit, now=now)
        if allowed == 0:
            return []
        rows = tx.execute(
            """UPDATE delivery SET lease = :token, lease_until = :until, starts = starts + 1
               WHERE id IN (
                   SELECT id FROM delivery
                   WHERE destination = :destination AND state = 'unknown' AND due_at <= :now AND lease IS NULL
                   ORDER BY due_at LIMIT :limit)
               RETURNING *, 0 AS is_refused""",
            {**lease, "limit": allowed},
        ).fetchall()
        if rows:
            probing(tx, scopes, now=now)
        return rows

    async def settle(
        self,
        leased: Leased[DeliveryWork],
        outcome: Outcome,
        *,
        answered: bool,
        fallback: Sequence[Target] = (),
        notices: Sequence[Notice] = (),
        now: datetime,
    ) -> bool:
        """See bot.ports.Outbox."""

        def work(tx: Transaction) -> bool:
            row = tx.execute(
                "SELECT * FROM delivery WHERE id = ? AND lease = ?", (leased.item.id, leased.token)
            ).fetchone()
            if row is None:
                return False
            # one incident is told once, not by everything that meets it and not by each probe
            is_news = not (isinstance(outcome, Dead) and outcome.is_target_down and is_down(tx, row["lane"]))
            self._settle(tx, row, leased.item, outcome, now=now)
            if isinstance(outcome, Dead) and row["kind"] == "alert" and _needs_another_way(tx, row["lead_id"]):
                self.clerk.queue_alerts(tx, row["lead_id"], fallback, now=now)
            if is_news:
                self.clerk.queue_notices(tx, notices, now=now)
            if answered:
                activity = "look" if leased.item.is_lookup else PRIVATE_OR_SEND[leased.item.kind]
                reopen(tx, [row["destination"], f"{row['destination']}:{activity}"], now=now)
            return True

        return await self.database.write(work)

    def _settle(
        self, tx: Transaction, row: sqlite3.Row, item: DeliveryWork, outcome: Outcome, *, now: datetime
    ) -> None:
        match outcome:
            case Sent(receipt=receipt):
                self._sent(tx, row, item, receipt, now=now)
            case Unknown(due_at=due_at, error=error, looks=looks):
                tx.execute(
                    """UPDATE delivery SET state = 'unknown', due_at = ?, error = ?, looks = ?, starts = ?, lease = NULL
                       WHERE id = ?""",
                    (to_ms(due_at), error, looks, _starts_left(row, item), row["id"]),
                )
            case Again():
                _again(tx, row, outcome, starts=_starts_left(row, item), now=now)
            case Dead(error=error, is_target_down=is_target_down):
                tx.execute(
                    """UPDATE delivery
                       SET state = ?, error = ?, settled_at = ?, is_unclear = ?, starts = 0, lease = NULL
                       WHERE id = ?""",
                    ("cancelled" if _is_erased(tx, row) else "dead", error, to_ms(now), item.is_lookup, row["id"]),
                )
                if is_target_down:
                    went_down(tx, row["lane"], now=now)

    def _sent(self, tx: Transaction, row: sqlite3.Row, item: DeliveryWork, receipt: Receipt, *, now: datetime) -> None:
        shown = 0 if item.is_lookup else item.revision
        tx.execute(
            f"""UPDATE delivery
               SET state = 'sent', settled_at = :now, error = '', lease = NULL, starts = 0,
                   receipt_address = :address, receipt_message = :message, is_plain = :is_plain,
                   shown_revision = :shown,
                   edit_due_at = CASE WHEN {REVISION} > :shown THEN :now END
               WHERE id = :id""",  # noqa: S608  # a constant
            {
                "now": to_ms(now),
                "address": receipt.address,
                "message": receipt.message,
                "is_plain": receipt.is_plain,
                "shown": shown,
                "id": row["id"],
            },
        )
        came_up(tx, row["lane"])
        if row["kind"] == DeliveryKind.ALERT:
            detail = f"{row['destination']} {row['address']}"
            self.clerk.note(tx, row["lead_id"], "alerted", now=now, who=row["person"], detail=detail)

    async def redeliver(self, ids: Sequence[str] | None, *, now: datetime) -> list[str]:
        """Make dead deliveries pending again: those named, or all when None. The ids that were. Never a sent one.

        One that died without anybody knowing whether it had arrived is looked for first.
        An answer to somebody's press is not among them: nobody waits for it any more, and it may have been read.
        """

        def work(tx: Transaction) -> list[str]:
            wanted = (
                ids
                if ids is not None
                else [each["id"] for each in tx.execute("SELECT id FROM delivery WHERE state = 'dead'").fetchall()]
            )
            revived = []
            for each in wanted:
                row = tx.execute(
                    """UPDATE delivery
                       SET state = CASE WHEN is_unclear THEN 'unknown' ELSE 'pending' END, due_at = :now,
                           created_at = :now, attempts = 0, starts = 0, looks = 0, is_plain = 0,
                           error = '', settled_at = NULL
                       WHERE id = :id AND state = 'dead' AND kind <> 'private' RETURNING lane""",
                    {"now": to_ms(now), "id": each},
                ).fetchone()
                if row is not None:
                    came_up(tx, row["lane"])
                    revived.append(each)
            return revived

        return await self.database.write(work)

    async def recover(self, *, now: datetime) -> int:
        """At start, when no other process can be working: what was being sent when the last one ended is unknown."""

        def work(tx: Transaction) -> int:
            tx.execute("UPDATE lead SET lease = NULL WHERE lease IS NOT NULL")
            tx.execute("UPDATE delivery SET edit_lease = NULL WHERE edit_lease IS NOT NULL")
            tx.execute("UPDATE delivery SET lease = NULL WHERE state = 'unknown' AND lease IS NOT NULL")
            cursor = tx.execute(
                """UPDATE delivery SET state = 'unknown', due_at = :now, lease = NULL, looks = 0,
                                       error = 'the process ended during the attempt'
                   WHERE state = 'sending'""",
                {"now": to_ms(now)},
            )
            return cursor.rowcount

        return await self.database.write(work)


def _heed_clock(tx: Transaction, destination: str, *, now: datetime) -> None:
    """The clock was set back: what is due only in a future that was never there is due now.

    An attempt from there began now, as far as the new clock can tell: a look reads the channel from here.
    """
    tx.execute(
        """UPDATE delivery SET due_at = :now
           WHERE id >= :from_the_future AND destination = :destination AND state = 'pending' AND due_at > :now""",
        {"now": to_ms(now), "from_the_future": first_id_since("d", now + CLOCK_SLACK), "destination": destination},
    )
    tx.execute(
        """UPDATE delivery SET due_at = :now, tried_at = :now
           WHERE destination = :destination AND state = 'unknown' AND lease IS NULL AND tried_at > :impossible""",
        {"now": to_ms(now), "impossible": to_ms(now + CLOCK_SLACK), "destination": destination},
    )


def _expire(tx: Transaction, lease: dict[str, object]) -> None:
    """Attempts whose worker is gone: their end is unknown, and so is that of a look."""
    tx.execute(
        """UPDATE delivery SET state = 'unknown', due_at = :now, lease = NULL,
                               looks = CASE WHEN state = 'sending' THEN 0 ELSE looks END
           WHERE destination = :destination AND state IN ('sending', 'unknown') AND lease IS NOT NULL
             AND (lease_until < :now OR lease_until > :impossible)""",
        lease,
    )


def _lease_sends(
    tx: Transaction, destination: str, activity: str, limit: int, lease: dict[str, object], *, now: datetime
) -> list[sqlite3.Row]:
    """The oldest due delivery of each channel within its pace; of a channel that is down, to be refused."""
    scopes = [destination, f"{destination}:{activity}"]
    allowed = may_take(tx, scopes, limit, now=now)
    if allowed <= 0:
        return []
    pace = PACES[activity]
    candidates = tx.execute(
        """SELECT lane, down_since IS NOT NULL AND probe_at > :now AND probe_at <= :last_probe AS is_refused,
                  (SELECT id FROM delivery d WHERE d.lane = lane.lane AND d.state = 'pending' AND d.due_at <= :now
                   ORDER BY d.due_at, d.id LIMIT 1) AS id
           FROM lane
           WHERE destination = :destination AND activity = :activity AND id IS NOT NULL
             AND (free_at <= :latest OR free_at > :impossible OR is_refused)
           ORDER BY id LIMIT :limit""",
        {
            "now": to_ms(now),
            "destination": destination,
            "activity": activity,
            "latest": to_ms(now + (pace.burst - 1) * pace.every),
            "impossible": to_ms(now + pace.furthest),
            "last_probe": to_ms(now + PROBE_EVERY + CLOCK_SLACK),
            "limit": allowed,
        },
    ).fetchall()
    if candidates:
        probing(tx, scopes, now=now)
    return [_start(tx, candidate, activity, lease, now=now) for candidate in candidates]


def _start(
    tx: Transaction, candidate: sqlite3.Row, activity: str, lease: dict[str, object], *, now: datetime
) -> sqlite3.Row:
    if not candidate["is_refused"]:
        take_slot(tx, candidate["lane"], activity, now=now)
        next_probe(tx, candidate["lane"], now=now)
    row: sqlite3.Row = tx.execute(
        """UPDATE delivery
           SET state = 'sending', lease = :token, lease_until = :until, attempts = attempts + 1, starts = starts + 1,
               tried_at = :now, first_tried_at = coalesce(first_tried_at, :now)
           WHERE id = :id RETURNING *, :is_refused AS is_refused""",
        {**lease, "id": candidate["id"], "is_refused": candidate["is_refused"]},
    ).fetchone()
    return row


def _again(tx: Transaction, row: sqlite3.Row, again: Again, *, starts: int, now: datetime) -> None:
    """Pending again, or cancelled when the lead was erased while it was being sent, or a reminder has become idle.

    A pause met costs no place.
    """
    tx.execute(
        """UPDATE delivery
           SET state = CASE WHEN :is_moot THEN 'cancelled' ELSE 'pending' END,
               settled_at = CASE WHEN :is_moot THEN :now END,
               due_at = CASE WHEN :uncounted THEN min(due_at, :due_at) ELSE :due_at END,
               error = :error, attempts = attempts - :uncounted, starts = :starts, looks = 0,
               is_plain = max(is_plain, :make_plain), is_possible_repeat = max(is_possible_repeat, :repeat),
               lease = NULL
           WHERE id = :id""",
        {
            "is_moot": _is_erased(tx, row) or _has_been_acted_on(tx, row),
            "now": to_ms(now),
            "due_at": to_ms(again.due_at),
            "error": again.error,
            "uncounted": 0 if again.counts else 1,
            "starts": starts,
            "make_plain": again.make_plain,
            "repeat": again.is_possible_repeat,
            "id": row["id"],
        },
    )


def _starts_left(row: sqlite3.Row, item: DeliveryWork) -> int:
    """What is left of `starts` once this attempt or look has ended.

    A look is no end of the attempt before it: a row that kills the process must not start for ever.
    """
    return int(row["starts"]) - 1 if item.is_lookup else 0


def _needs_another_way(tx: Transaction, lead_id: str) -> bool:
    """Nothing of this lead's has reached or may reach anybody, and there still is somebody to tell of."""
    row = tx.execute(
        """SELECT 1 FROM lead l WHERE l.id = ? AND l.state <> 'erased' AND NOT EXISTS (
               SELECT 1 FROM delivery d WHERE d.lead_id = l.id AND d.kind = 'alert'
                 AND d.state IN ('pending', 'sending', 'unknown', 'sent'))""",
        (lead_id,),
    ).fetchone()
    return row is not None


def _is_erased(tx: Transaction, row: sqlite3.Row) -> bool:
    """Was the delivery's lead erased meanwhile?"""
    if row["lead_id"] is None:
        return False
    return bool(tx.execute("SELECT state = 'erased' FROM lead WHERE id = ?", (row["lead_id"],)).fetchone()[0])


def _has_been_acted_on(tx: Transaction, row: sqlite3.Row) -> bool:
    """Has somebody done what this reminder was to ask for, while it was on its way?"""
    if row["kind"] != DeliveryKind.REMINDER or row["text"] == Reminder.TAKEN_BACK:
        return False
    found = tx.execute(
        """SELECT 1 FROM milestone
           WHERE lead_id = ? AND at > ? AND (press IS NOT NULL OR (what = 'given back' AND who = ?)) LIMIT 1""",
        (row["lead_id"], row["created_at"], row["person"]),
    ).fetchone()
    return found is not None


def _work(tx: Transaction, row: sqlite3.Row) -> DeliveryWork:
    return DeliveryWork(
        id=DeliveryId(row["id"]),
        kind=DeliveryKind(row["kind"]),
        destination=row["destination"],
        target=Target(destination=row["destination"], address=row["address"], person=row["person"]),
        is_lookup=row["state"] == "unknown",
        is_refused=bool(row["is_refused"]),
        attempts=row["attempts"],
        starts=row["starts"],
        looks=row["looks"],
        created_at=from_ms(row["created_at"]),
        first_tried_at=from_ms(row["first_tried_at"]),
        tried_at=from_ms(row["tried_at"]),
        is_plain=bool(row["is_plain"]),
        is_possible_repeat=bool(row["is_possible_repeat"]),
        lead=load_view(tx, row["lead_id"]) if row["lead_id"] else None,
        text=row["text"],
        leads=digest_views(tx, row),
        revision=revision_of(tx, row),
        undo=row["undo"],
        thread=thread_of(tx, row),
    )
