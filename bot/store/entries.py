"""What several tables' changes have in common: milestones, queued deliveries, erasure. All inside a transaction."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

import orjson

from bot.core.delivery import DeliveryKind, Reminder, Target
from bot.core.erasure import Cause
from bot.core.ids import new_delivery_id, new_erasure_id
from bot.core.work import Notice
from bot.store.database import Transaction
from bot.store.erasure import add_to_receipt, remove_person
from bot.store.lanes import make_lane
from bot.store.rows import to_ms

#: Each kind's activity: what its lane is paced by and which pause holds it.
PRIVATE_OR_SEND = {kind: "private" if kind is DeliveryKind.PRIVATE else "send" for kind in DeliveryKind}


def _same_for(target: Target) -> str:
    """What two targets have in common that are one: a mailbox is the same in capitals."""
    return target.address.lower() if target.destination == "email" else target.address


@dataclass(frozen=True, slots=True, kw_only=True)
class Clerk:
    """Writes the rows that belong to every change. `notices_to` says where notices go, the first choice first."""

    notices_to: Sequence[Target] = ()
    random_bits: random.Random = field(default_factory=random.SystemRandom)

    def note(
        self,
        tx: Transaction,
        lead_id: str,
        what: str,
        *,
        now: datetime,
        who: str = "",
        detail: str = "",
        press: str | None = None,
    ) -> None:
        """Add a milestone to a lead's story; `press` is the press that did it, which never does anything again."""
        tx.execute(
            "INSERT INTO milestone (lead_id, at, what, who, detail, press) VALUES (?, ?, ?, ?, ?, ?)",
            (lead_id, to_ms(now), what, who, detail, press),
        )

    def queue_alerts(
        self,
        tx: Transaction,
        lead_id: str,
        targets: Iterable[Target],
        *,
        threads: Mapping[tuple[str, str], str] = MappingProxyType({}),
        now: datetime,
    ) -> int:
        """One delivery per target, once for ever per lead and target; how many are new.

        `threads`: for a destination and address the delivery whose message is answered.
        """
        return sum(
            self._queue(
                tx,
                DeliveryKind.ALERT,
                target,
                lead_id=lead_id,
                once=f"alert:{lead_id}:{target.destination}:{_same_for(target)}",
                thread_of=threads.get((target.destination, target.address)),
                now=now,
            )
            for target in targets
        )

    def queue_reminder(
        self,
        tx: Transaction,
        lead_id: str,
        reminder: Reminder,
        target: Target,
        *,
        occasion: str,
        thread_of: str | None = None,
        now: datetime,
    ) -> None:
        """A word to a person about a lead, once per occasion and target."""
        once = f"reminder:{lead_id}:{occasion}:{target.destination}:{target.address}"
        self._queue(
            tx,
            DeliveryKind.REMINDER,
            target,
            lead_id=lead_id,
            text=reminder.value,
            once=once,
            thread_of=thread_of,
            now=now,
        )

    def queue_digest(
        self, tx: Transaction, name: str, leads: Sequence[str], targets: Iterable[Target], *, now: datetime
    ) -> None:
        """One list for each target."""
        for target in targets:
            once = f"digest:{name}:{to_ms(now)}:{target.destination}:{target.address}"
            if self._queue(tx, DeliveryKind.DIGEST, target, text=name, once=once, now=now):
                tx.execute(
                    """INSERT INTO digest_entry (delivery_id, lead_id)
                       SELECT d.id, l.value FROM delivery d, json_each(?) l WHERE d.once = ?""",
                    (orjson.dumps(list(leads)).decode(), once),
                )

    def queue_anew(self, tx: Transaction, delivery_id: str, *, now: datetime) -> None:
        """Another delivery to the same target in place of a message that nobody can change any more; once for each.

        Not for a lead that was erased meanwhile: there is nothing left to show.
        """
        tx.execute(
            """INSERT INTO delivery
                   (id, lead_id, kind, destination, address, person, lane, once, text, undo, thread_of, state,
                    created_at, due_at)
               SELECT :id, lead_id, kind, destination, address, person, lane, once || ':anew', text, undo, thread_of,
                      'pending', :now, :now
               FROM delivery
               WHERE id = :old AND NOT EXISTS (SELECT 1 FROM lead WHERE id = delivery.lead_id AND state = 'erased')
               ON CONFLICT (once) DO NOTHING""",
            {"id": new_delivery_id(now, self.random_bits.getrandbits), "old": delivery_id, "now": to_ms(now)},
        )

    def queue_private(
        self, tx: Transaction, destination: str, channel: str, user: str, text: str, *, key: str, now: datetime
    ) -> None:
        """An answer that only `user` sees, once per press."""
        target = Target(destination=destination, address=channel, person=user)
        self._queue(tx, DeliveryKind.PRIVATE, target, text=text, once=f"private:{key}", now=now)

    def queue_notices(self, tx: Transaction, notices: Iterable[Notice], *, now: datetime) -> None:
        """The bot's word to the operator, once per key; through another channel than the one it is about, if it can."""
        for notice in notices:
            target = next((each for each in self.notices_to if each.destination != notice.about), None)
            if not notice.only_elsewhere:
                target = target or next(iter(self.notices_to), None)
            if target is not None:
                once = f"notice:{notice.key}"
                self._queue(tx, DeliveryKind.NOTICE, target, text=notice.text, undo=notice.undo, once=once, now=now)

    def _queue(
        self,
        tx: Transaction,
        kind: DeliveryKind,
        target: Target,
        *,
        once: str,
        now: datetime,
        lead_id: str | None = None,
        text: str = "",
        undo: str = "",
        thread_of: str | None = None,
    ) -> bool:
        activity = PRIVATE_OR_SEND[kind]
        lane = f"{target.destination}:{activity}:{target.address}"
        make_lane(tx, lane, target.destination, activity)
        cursor = tx.execute(
            """INSERT INTO delivery
                   (id, lead_id, kind, destination, address, person, lane, once, text, undo, thread_of,
                    state, created_at, due_at)
               VALUES
                   (:id, :lead_id, :kind, :destination, :address, :person, :lane, :once, :text, :undo, :thread_of,
                    'pending', :now, :now)
               ON CONFLICT (once) DO NOTHING""",
            {
                "id": new_delivery_id(now, self.random_bits.getrandbits),
                "lead_id": lead_id,
                "kind": kind.value,
                "destination": target.destination,
                "address": target.address,
                "person": target.person,
                "lane": lane,
                "once": once,
                "text": text,
                "undo": undo,
                "thread_of": thread_of,
                "now": to_ms(now),
            },
        )
        return cursor.rowcount == 1

    def show_change(self, tx: Transaction, lead_id: str, *, now: datetime) -> None:
        """The lead changed: every message already sent about it is due to be brought up to date."""
        tx.execute("UPDATE lead SET revision = revision + 1 WHERE id = ?", (lead_id,))
        tx.execute(
            """UPDATE delivery SET edit_due_at = ?, edit_tries = 0
               WHERE lead_id = ? AND kind IN ('alert', 'reminder') AND state = 'sent'""",
            (to_ms(now), lead_id),
        )

    def cancel_reminders(self, tx: Transaction, lead_id: str, *, only_to: str = "", now: datetime) -> None:
        """Somebody has acted: what was still to be said about it is not said, but that it was taken from somebody.

        `only_to`: the one person whom it no longer concerns; "" = everybody.
        """
        tx.execute(
            """UPDATE delivery SET state = 'cancelled', settled_at = :now, error = 'somebody acted before'
               WHERE lead_id = :lead AND kind = 'reminder' AND text <> :taken AND state IN ('pending', 'dead')
                 AND :person IN ('', person)""",
            {"now": to_ms(now), "lead": lead_id, "taken": Reminder.TAKEN_BACK.value, "person": only_to},
        )

    def erase(
        self,
        tx: Transaction,
        lead_id: str,
        *,
        now: datetime,
        why: str,
        cause: Cause = Cause.LINKEDIN,
        receipt: str = "",
    ) -> bool:
        """Remove the person from a lead; keep its keys, times and milestones. Idempotent: False when nothing was left.

        What is not sent yet is cancelled. What is sent, or may be, will be edited to say that it was removed.
        It is counted on `receipt`, or on one of its own when that is "".
        """
        removed = remove_person(tx, lead_id, at_leisure=cause is Cause.RETENTION, now=now)
        if removed is None:
            return False
        receipt = receipt or new_erasure_id(now, self.random_bits.getrandbits)
        add_to_receipt(tx, receipt, cause, removed, now=now)
        self.note(tx, lead_id, "erased", now=now, detail=why)
        return True
