"""A lead goes from one to the next, or finds somebody at last: the part of a transaction that follows a due timer."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.delivery import Reminder
from bot.core.work import Handling
from bot.ports import TimerWords
from bot.store.assignment import find_owner, had_before, hold, mail_owners, remind, start_steps, steps_of
from bot.store.database import Transaction
from bot.store.entries import Clerk
from bot.store.rows import to_ms

#: Nobody is looked for sooner again, whatever the hours say, so that one lead cannot keep the timers busy.
_NOT_BEFORE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One transaction and what everything in it goes by."""

    tx: Transaction
    clerk: Clerk
    handling: Handling
    words: TimerWords
    now: datetime

    def lead(self, lead_id: str) -> sqlite3.Row:
        """The lead's row as it is now. It must exist."""
        row: sqlite3.Row = self.tx.execute("SELECT * FROM lead WHERE id = ?", (lead_id,)).fetchone()
        return row

    def note(self, row: sqlite3.Row, what: str, *, who: str = "", detail: str = "") -> None:
        """Add a milestone."""
        self.clerk.note(self.tx, row["id"], what, now=self.now, who=who, detail=detail)

    def tell_operator(self, row: sqlite3.Row, whom: str) -> None:
        """A word to `whom` ("" = any manager) reached nobody."""
        self.clerk.queue_notices(self.tx, [self.words.unreached(row["id"], whom, self.now)], now=self.now)


def pass_on(moment: Moment, row: sqlite3.Row, why: str) -> None:
    """Take the lead from its owner, for the next whose turn it is; with nobody left, the whole team may claim it."""
    tx, now, former = moment.tx, moment.now, row["owner"]
    moment.note(row, "given back", who=former, detail=why)
    moment.clerk.cancel_reminders(tx, row["id"], only_to=former, now=now)
    tx.execute(
        """UPDATE lead SET state = 'unassigned', owner = '', owned_since = NULL, claimed_at = NULL,
                           given_back_by = ?
           WHERE id = ?""",
        (former, row["id"]),
    )
    if row["state"] == "claimed":
        _remind(moment, row, Reminder.TAKEN_BACK, former, f"taken:{to_ms(now)}")
    assign_next(moment, row)


def assign_next(moment: Moment, row: sqlite3.Row) -> None:
    """Whoever's turn it is of those who have not had this lead; held while none of them is free.

    Nobody left: the whole team may claim it. The row must be unowned by now; `row` may be from before.
    """
    people = moment.handling.people
    team, had = people.teams.get(row["team"]), had_before(moment.tx, row["id"])
    if team is None or had.issuperset(team.members):
        _give_to(moment, row, "", row["team"])
        return
    found = find_owner(moment.tx, row["id"], team, people, exclude=had, now=moment.now)
    if found.held_until is None:
        _give_to(moment, row, found.owner, found.team)
        return
    until = max(found.held_until, moment.now + _NOT_BEFORE)
    if row["held_until"] != to_ms(until):
        moment.tx.execute("UPDATE lead SET held_until = ? WHERE id = ?", (to_ms(until), row["id"]))
        moment.clerk.show_change(moment.tx, row["id"], now=moment.now)
    hold(moment.tx, row["id"], until, now=moment.now)


def _give_to(moment: Moment, row: sqlite3.Row, owner: str, team: str) -> None:
    """The steps begin anew; without an owner it is the whole team's."""
    tx, now, handling = moment.tx, moment.now, moment.handling
    tx.execute(
        """UPDATE lead SET owner = :owner, team = :team, held_until = NULL,
                           state = CASE WHEN :owner = '' THEN 'unassigned' ELSE 'assigned' END,
                           owned_since = CASE WHEN :owner <> '' THEN :now END,
                           offered_at = CASE WHEN :owner = '' AND :team <> '' THEN coalesce(offered_at, :now)
                                             ELSE offered_at END
           WHERE id = :id""",
        {"owner": owner, "team": team, "now": to_ms(now), "id": row["id"]},
    )
    moment.clerk.show_change(tx, row["id"], now=now)
    if owner:
        moment.note(row, "assigned", who=owner)
        if not _remind(moment, row, Reminder.YOURS_NOW, owner, f"yours:{to_ms(now)}"):
            moment.tell_operator(row, owner)
    if row["mails_owner"]:
        mail_owners(tx, moment.clerk, row["id"], handling, owner=owner, team=team, now=now)
    start_steps(tx, row["id"], steps_of(row), handling.people, owner=owner, team=team, now=now)


def _remind(moment: Moment, row: sqlite3.Row, reminder: Reminder, name: str, occasion: str) -> bool:
    return remind(
        moment.tx, moment.clerk, row["id"], reminder, name, moment.handling, occasion=occasion, now=moment.now
    )
