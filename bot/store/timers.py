"""What happens to a lead when nobody acts. Implements bot.ports.Timers.

Everything a timer does is rows: the change, the messages to be sent, the next timers. So the transaction that takes a
due timer also does it, and there is no lease: a process that dies before the commit has done nothing.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.delivery import Reminder, Target
from bot.core.escalation import TimerAction
from bot.core.people import Pick, Team
from bot.core.work import Handling
from bot.ports import TimerWords
from bot.store.assignment import had_before, members_of, remind
from bot.store.database import Database, Transaction
from bot.store.entries import Clerk
from bot.store.leads import CLOCK_SLACK
from bot.store.passing_on import Moment, assign_next, pass_on
from bot.store.rows import to_ms

_log = logging.getLogger(__name__)

#: What fails is a mistake of ours or a damaged row: it stays, and is no reason to do nothing else.
_AGAIN_AFTER = timedelta(hours=1)

#: A card's thread is where a channel is told that the lead is anybody's now; an answer in a thread is no root of one.
_CARDS = """
    SELECT destination, address, coalesce(thread_of, id) AS root FROM delivery
    WHERE lead_id = ? AND kind = 'alert' AND destination <> 'email' AND person = ''
      AND state IN ('pending', 'sending', 'unknown', 'sent')
    ORDER BY id"""


@dataclass(frozen=True, slots=True)
class SqliteTimers:
    """Every call is one committed transaction."""

    database: Database
    clerk: Clerk

    async def fire(self, handling: Handling, words: TimerWords, *, limit: int, now: datetime) -> int:
        """See bot.ports.Timers."""
        if not await self.database.read(lambda tx: _due(tx, 1, now=now) or _is_ahead(tx, now=now)):
            return 0

        def work(tx: Transaction) -> int:
            _heed_clock(tx, now=now)
            leads = _due(tx, limit, now=now)
            for lead_id in leads:
                _fire_alone(Moment(tx=tx, clerk=self.clerk, handling=handling, words=words, now=now), lead_id)
            return len(leads)

        return await self.database.write(work)

    async def look_for_owners(self, *, now: datetime) -> None:
        """See bot.ports.Timers."""

        held = {"now": to_ms(now), "action": TimerAction.FIND_OWNER.value}
        which = "action = :action AND due_at > :now"

        def there_are(tx: Transaction) -> bool:
            return tx.execute(f"SELECT 1 FROM timer WHERE {which} LIMIT 1", held).fetchone() is not None  # noqa: S608

        def work(tx: Transaction) -> None:
            tx.execute(f"UPDATE timer SET due_at = :now WHERE {which}", held)  # noqa: S608  # made of a constant

        if await self.database.read(there_are):
            await self.database.write(work)


def _due(tx: Transaction, limit: int, *, now: datetime) -> list[str]:
    """The leads of the timers that have waited longest; the limit counts timers, so that after an outage each look
    costs the same."""
    rows = tx.execute(
        "SELECT lead_id FROM timer WHERE due_at <= ? ORDER BY due_at LIMIT ?", (to_ms(now), limit)
    ).fetchall()
    return list(dict.fromkeys(row["lead_id"] for row in rows))


def _is_ahead(tx: Transaction, *, now: datetime) -> bool:
    latest = to_ms(now + CLOCK_SLACK)
    return tx.execute("SELECT 1 FROM timer WHERE set_at > ? LIMIT 1", (latest,)).fetchone() is not None


def _heed_clock(tx: Transaction, *, now: datetime) -> None:
    """The clock was set back: what was set in a future that was never there is due as long after now as after then."""
    tx.execute(
        "UPDATE timer SET due_at = due_at - (set_at - :now), set_at = :now WHERE set_at > :latest",
        {"now": to_ms(now), "latest": to_ms(now + CLOCK_SLACK)},
    )


def _fire_alone(moment: Moment, lead_id: str) -> None:
    """Fire one lead's timers; when that fails, nothing of it stays but the timers, and everybody else's go on."""
    tx = moment.tx
    tx.execute("SAVEPOINT lead")
    try:
        _fire(moment, lead_id)
    except sqlite3.OperationalError:
        raise  # a full disk or the like is nobody's own
    except Exception:
        _log.exception("timer failed", extra={"lead": lead_id})
        tx.execute("ROLLBACK TO lead")
        tx.execute(  # a millisecond apart: they stay in their order, and only the last counts
            "UPDATE timer SET due_at = ? + number WHERE lead_id = ? AND due_at <= ?",
            (to_ms(moment.now + _AGAIN_AFTER), lead_id, to_ms(moment.now)),
        )
        moment.clerk.queue_notices(tx, [moment.words.stuck(lead_id, moment.now)], now=moment.now)
    tx.execute("RELEASE lead")


def _fire(moment: Moment, lead_id: str) -> None:
    """After an outage steps of several times are due: only those of the last are done, but an offer always counts."""
    due = moment.tx.execute(
        "DELETE FROM timer WHERE lead_id = ? AND due_at <= ? RETURNING *", (lead_id, to_ms(moment.now))
    ).fetchall()
    due.sort(key=lambda each: (each["due_at"], each["action"] == TimerAction.GIVE_BACK, each["number"]))
    for timer in due:
        row = moment.lead(lead_id)
        if timer["due_at"] == due[-1]["due_at"]:
            _act(moment, TimerAction(timer["action"]), row, timer)
        elif timer["action"] == TimerAction.OFFER_TO_TEAM and row["state"] in _WAITING:
            _offer(moment, row)


_WAITING = frozenset({"unassigned", "assigned"})


def _act(moment: Moment, action: TimerAction, row: sqlite3.Row, timer: sqlite3.Row) -> None:
    is_held = row["held_until"] is not None
    is_waiting, is_claimed = row["state"] in _WAITING and not is_held, row["state"] == "claimed"
    match action:
        case TimerAction.FIND_OWNER if row["state"] == "unassigned" and is_held:
            assign_next(moment, row)
        case TimerAction.REMIND_OWNER if is_waiting and row["owner"]:
            _remind_owner(moment, row, Reminder.WAITS, timer)
        case TimerAction.OFFER_TO_TEAM if is_waiting:
            _offer_aloud(moment, row, timer)
        case TimerAction.TELL_MANAGER if is_waiting:
            _tell_managers(moment, row, timer)
        case TimerAction.GIVE_BACK if is_waiting and row["owner"]:
            pass_on(moment, row, "nobody claimed it")
        case TimerAction.GIVE_BACK if is_waiting and _is_for_somebody_else(moment, row):
            assign_next(moment, row)
        case TimerAction.REMIND_CONTACT if is_claimed:
            _remind_owner(moment, row, Reminder.UNCONTACTED, timer)
        case TimerAction.TAKE_BACK if is_claimed:
            pass_on(moment, row, "nobody was contacted")
        case _:
            return


def _is_for_somebody_else(moment: Moment, row: sqlite3.Row) -> bool:
    """Somebody gave it back and nobody took it: is there a member whose turn it could be?"""
    team = _team(moment, row)
    is_in_turn = team is not None and team.pick is Pick.TURNS and bool(row["given_back_by"])
    return is_in_turn and not had_before(moment.tx, row["id"]).issuperset(team.members if team else ())


def _remind_owner(moment: Moment, row: sqlite3.Row, reminder: Reminder, timer: sqlite3.Row) -> None:
    owner = row["owner"]
    if _remind(moment, row, reminder, owner, timer):
        moment.note(row, "reminded", who=owner)
    else:
        moment.tell_operator(row, owner)


def _offer_aloud(moment: Moment, row: sqlite3.Row, timer: sqlite3.Row) -> None:
    """In the thread of each card; where no channel has one, each member hears of it."""
    team = _team(moment, row)
    if team is None:
        return
    _offer(moment, row)
    cards = moment.tx.execute(_CARDS, (row["id"],)).fetchall()
    for card in cards:
        moment.clerk.queue_reminder(
            moment.tx,
            row["id"],
            Reminder.OFFERED,
            Target(destination=card["destination"], address=card["address"]),
            occasion=_occasion(timer),
            thread_of=card["root"],
            now=moment.now,
        )
    if not cards:
        for member in members_of(moment.handling.people, team):
            if member.name != row["owner"]:
                _remind(moment, row, Reminder.OFFERED, member.name, timer)


def _offer(moment: Moment, row: sqlite3.Row) -> None:
    if _team(moment, row) is None:
        return
    changed = moment.tx.execute(
        "UPDATE lead SET offered_at = ? WHERE id = ? AND offered_at IS NULL", (to_ms(moment.now), row["id"])
    )
    if changed.rowcount:
        moment.note(row, "offered", detail=row["team"])
        moment.clerk.show_change(moment.tx, row["id"], now=moment.now)


def _tell_managers(moment: Moment, row: sqlite3.Row, timer: sqlite3.Row) -> None:
    managers = moment.handling.people.managers_of(row["team"])
    told = [name for name in managers if _remind(moment, row, Reminder.NOBODY_ACTS, name, timer)]
    if told:
        moment.note(row, "manager told", who=", ".join(told))
    else:
        moment.tell_operator(row, "")


def _remind(moment: Moment, row: sqlite3.Row, reminder: Reminder, name: str, timer: sqlite3.Row) -> bool:
    ways: Sequence[str] = timer["ways"].split()
    return remind(
        moment.tx,
        moment.clerk,
        row["id"],
        reminder,
        name,
        moment.handling,
        ways=ways,
        occasion=_occasion(timer),
        now=moment.now,
    )


def _team(moment: Moment, row: sqlite3.Row) -> Team | None:
    """Whose lead it is, if the file still has that team."""
    return moment.handling.people.teams.get(row["team"])


def _occasion(timer: sqlite3.Row) -> str:
    return f"{timer['action']}:{timer['due_at']}"
