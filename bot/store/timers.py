"""What happens to a lead when nobody acts. Implements bot.ports.Timers.

Everything a timer does is rows: the change, the messages to be sent, the next timers. So the transaction that takes a
due timer also does it, and there is no lease: a process that dies before the commit has done nothing.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from bot.core.delivery import Reminder, Target
from bot.core.escalation import TimerAction
from bot.core.work import Handling
from bot.store.assignment import (
    end_timers,
    find_owner,
    had_before,
    hold,
    mail_owners,
    remind,
    start_steps,
    steps_of,
)
from bot.store.database import Database, Transaction
from bot.store.entries import Clerk
from bot.store.rows import to_ms

#: A card's thread is where a channel is told that the lead is anybody's now.
_CARDS = """
    SELECT id, destination, address, person FROM delivery
    WHERE lead_id = ? AND kind = 'alert' AND destination <> 'email' AND person = '' AND state = 'sent'"""


@dataclass(frozen=True, slots=True)
class SqliteTimers:
    """Every call is one committed transaction."""

    database: Database
    clerk: Clerk

    async def fire(self, handling: Handling, *, limit: int, now: datetime) -> int:
        """See bot.ports.Timers."""
        if not await self.database.read(lambda tx: _due(tx, 1, now=now)):
            return 0

        def work(tx: Transaction) -> int:
            leads = _due(tx, limit, now=now)
            for lead_id in leads:
                _Lead(tx, self.clerk, handling, now).fire(lead_id)
            return len(leads)

        return await self.database.write(work)


def _due(tx: Transaction, limit: int, *, now: datetime) -> list[str]:
    rows = tx.execute(
        "SELECT lead_id FROM timer WHERE due_at <= ? GROUP BY lead_id ORDER BY min(due_at), lead_id LIMIT ?",
        (to_ms(now), limit),
    ).fetchall()
    return [row["lead_id"] for row in rows]


@dataclass(frozen=True, slots=True)
class _Lead:
    """One lead's due timers, inside a transaction."""

    tx: Transaction
    clerk: Clerk
    handling: Handling
    now: datetime

    def fire(self, lead_id: str) -> None:
        """After an outage several are due: only the last of them is done, but a lead once offered stays so."""
        due = self.tx.execute(
            "DELETE FROM timer WHERE lead_id = ? AND due_at <= ? RETURNING *", (lead_id, to_ms(self.now))
        ).fetchall()
        row = self.tx.execute("SELECT * FROM lead WHERE id = ?", (lead_id,)).fetchone()
        due.sort(key=lambda each: (each["due_at"], each["number"]))
        *skipped, last = due
        if any(each["action"] == TimerAction.OFFER_TO_TEAM for each in skipped):
            self._offer(row)
        self._act(TimerAction(last["action"]), row, last)

    def _act(self, action: TimerAction, row: sqlite3.Row, timer: sqlite3.Row) -> None:
        is_waiting, is_claimed = row["state"] in {"unassigned", "assigned"}, row["state"] == "claimed"
        match action:
            case TimerAction.FIND_OWNER if row["state"] == "unassigned" and row["held_until"] is not None:
                self._find_owner(row)
            case TimerAction.REMIND_OWNER if is_waiting and row["owner"]:
                self._remind_owner(row, Reminder.WAITS, timer)
            case TimerAction.OFFER_TO_TEAM if is_waiting:
                self._offer(row)
                self._tell_channels(row, timer)
            case TimerAction.TELL_MANAGER if is_waiting:
                self._tell_managers(row, timer)
            case TimerAction.GIVE_BACK if is_waiting and row["owner"]:
                self._pass_on(row, "nobody claimed it")
            case TimerAction.REMIND_CONTACT if is_claimed:
                self._remind_owner(row, Reminder.UNCONTACTED, timer)
            case TimerAction.TAKE_BACK if is_claimed:
                self._pass_on(row, "nobody was contacted")
            case _:
                return

    def _remind_owner(self, row: sqlite3.Row, reminder: Reminder, timer: sqlite3.Row) -> None:
        person = self.handling.people.get(row["owner"])
        self.clerk.note(self.tx, row["id"], "reminded", now=self.now, who=row["owner"])
        ways = timer["ways"].split()
        remind(
            self.tx, self.clerk, row["id"], reminder, person, ways=ways, occasion=self._occasion(timer), now=self.now
        )

    def _offer(self, row: sqlite3.Row) -> None:
        changed = self.tx.execute(
            "UPDATE lead SET offered_at = ? WHERE id = ? AND offered_at IS NULL AND team <> ''",
            (to_ms(self.now), row["id"]),
        )
        if changed.rowcount:
            self.clerk.note(self.tx, row["id"], "offered", now=self.now, detail=row["team"])
            self.clerk.show_change(self.tx, row["id"], now=self.now)

    def _tell_channels(self, row: sqlite3.Row, timer: sqlite3.Row) -> None:
        """In the thread of each card; where no channel has one, each member hears of it."""
        cards = self.tx.execute(_CARDS, (row["id"],)).fetchall()
        for card in cards:
            self.clerk.queue_reminder(
                self.tx,
                row["id"],
                Reminder.OFFERED,
                Target(destination=card["destination"], address=card["address"]),
                occasion=self._occasion(timer),
                thread_of=card["id"],
                now=self.now,
            )
        team = self.handling.people.teams.get(row["team"])
        if cards or team is None:
            return
        for name in team.members:
            if name != row["owner"]:
                person = self.handling.people.get(name)
                occasion = self._occasion(timer)
                remind(self.tx, self.clerk, row["id"], Reminder.OFFERED, person, occasion=occasion, now=self.now)

    def _tell_managers(self, row: sqlite3.Row, timer: sqlite3.Row) -> None:
        people = self.handling.people
        managers = people.managers_of(row["team"])
        self.clerk.note(self.tx, row["id"], "manager told", now=self.now, who=", ".join(managers))
        for name in managers:
            remind(
                self.tx,
                self.clerk,
                row["id"],
                Reminder.NOBODY_ACTS,
                people.get(name),
                ways=timer["ways"].split(),
                occasion=self._occasion(timer),
                now=self.now,
            )

    def _find_owner(self, row: sqlite3.Row) -> None:
        """Somebody should be free by now: the turn is taken and the clock starts."""
        people = self.handling.people
        team = people.teams.get(row["team"])
        found = find_owner(self.tx, row["id"], team, people, now=self.now) if team is not None else None
        if found is not None and found.held_until is not None:
            self.tx.execute("UPDATE lead SET held_until = ? WHERE id = ?", (to_ms(found.held_until), row["id"]))
            self.clerk.show_change(self.tx, row["id"], now=self.now)
            hold(self.tx, row["id"], found.held_until)
            return
        self._give_to(row, found.owner if found else "", found.team if found else row["team"], Reminder.YOURS_NOW)

    def _pass_on(self, row: sqlite3.Row, why: str) -> None:
        """To the next whose turn it is and who has not had it yet; with nobody left, the whole team may claim it."""
        people, former = self.handling.people, row["owner"]
        self.clerk.note(self.tx, row["id"], "given back", now=self.now, who=former, detail=why)
        self.tx.execute(
            """UPDATE lead SET state = 'unassigned', owner = '', owned_since = NULL, claimed_at = NULL,
                               given_back_by = :former, offered_at = coalesce(offered_at, :now)
               WHERE id = :id""",
            {"former": former, "now": to_ms(self.now), "id": row["id"]},
        )
        if row["state"] == "claimed":
            person = people.get(former)
            occasion = f"taken:{to_ms(self.now)}"
            remind(self.tx, self.clerk, row["id"], Reminder.TAKEN_BACK, person, occasion=occasion, now=self.now)
        team = people.teams.get(row["team"])
        exclude = had_before(self.tx, row["id"]) | {former}
        has_others = team is not None and not exclude.issuperset(team.members)
        found = (
            find_owner(self.tx, row["id"], team, people, exclude=exclude, now=self.now)
            if team is not None and has_others
            else None
        )
        is_found = found is not None and found.owner not in {"", former}
        self._give_to(row, found.owner if found and is_found else "", row["team"], Reminder.YOURS_NOW)

    def _give_to(self, row: sqlite3.Row, owner: str, team: str, reminder: Reminder) -> None:
        people = self.handling.people
        self.tx.execute(
            """UPDATE lead SET owner = :owner, team = :team, held_until = NULL,
                               state = CASE WHEN :owner = '' THEN 'unassigned' ELSE 'assigned' END,
                               owned_since = CASE WHEN :owner <> '' THEN :now END
               WHERE id = :id""",
            {"owner": owner, "team": team, "now": to_ms(self.now), "id": row["id"]},
        )
        self.clerk.show_change(self.tx, row["id"], now=self.now)
        if owner:
            self.clerk.note(self.tx, row["id"], "assigned", now=self.now, who=owner)
            occasion = f"yours:{to_ms(self.now)}"
            remind(self.tx, self.clerk, row["id"], reminder, people.get(owner), occasion=occasion, now=self.now)
        if row["mails_owner"]:
            mail_owners(self.tx, self.clerk, row["id"], self.handling, owner=owner, team=team, now=self.now)
        end_timers(self.tx, row["id"])
        start_steps(self.tx, row["id"], steps_of(row), people, owner=owner, team=team, now=self.now)

    def _occasion(self, timer: sqlite3.Row) -> str:
        return f"{timer['action']}:{timer['due_at']}"
