"""Who a lead is given to and what is to happen if nobody acts: written inside the transaction that decides it."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import orjson

from bot.core.assigning import Assignment, Situation, assign
from bot.core.delivery import Reminder, Target
from bot.core.escalation import Step, Timer, TimerAction, step_timers, steps_from_json
from bot.core.hours import Schedule, is_open
from bot.core.people import People, Person, Pick, Team
from bot.core.rotation import Rotation, kept, returned
from bot.core.work import Handling
from bot.store.database import Transaction
from bot.store.entries import Clerk
from bot.store.rows import from_ms, maybe_from_ms, to_ms

# ── turns ──


def find_owner(
    tx: Transaction, lead_id: str, team: Team, people: People, *, exclude: Collection[str] = (), now: datetime
) -> Assignment:
    """Whose turn it is; the turn is taken, the ledger written. The lead's row is the caller's."""
    found = assign(team, people, situation(tx, now=now), exclude=exclude)
    if found.rotation is not None:
        _keep(tx, found.team, found.rotation)
        tx.execute(
            "INSERT INTO turn (team, lead_id, person, taken_at) VALUES (?, ?, ?, ?)",
            (found.team, lead_id, found.owner, to_ms(now)),
        )
    return found


def situation(tx: Transaction, *, now: datetime) -> Situation:
    """Where everybody's turns stand, and how many open leads each has: owned, not contacted, no outcome, no test."""
    rotations = {row["team"]: _rotation(row["state"]) for row in tx.execute("SELECT * FROM rotation").fetchall()}
    counted = tx.execute(
        """SELECT owner, count(*) AS leads FROM lead
           WHERE state IN ('assigned', 'claimed') AND owner <> '' AND is_test = 0 GROUP BY owner"""
    ).fetchall()
    return Situation(rotations=rotations, open_leads={row["owner"]: row["leads"] for row in counted}, now=now)


def return_turn(tx: Transaction, lead_id: str, *, now: datetime) -> None:
    """The lead is junk: whose turn it was gets one more. Idempotent."""
    row = tx.execute(
        """UPDATE turn SET returned_at = ? WHERE id = (
               SELECT id FROM turn WHERE lead_id = ? ORDER BY id DESC LIMIT 1) AND returned_at IS NULL RETURNING *""",
        (to_ms(now), lead_id),
    ).fetchone()
    if row is not None:
        _keep(tx, row["team"], returned(_stored(tx, row["team"]), row["person"]))


def take_turn_again(tx: Transaction, lead_id: str) -> None:
    """It was no junk after all. Idempotent."""
    row = tx.execute(
        "UPDATE turn SET returned_at = NULL WHERE lead_id = ? AND returned_at IS NOT NULL RETURNING *", (lead_id,)
    ).fetchone()
    if row is not None:
        _keep(tx, row["team"], kept(_stored(tx, row["team"]), row["person"]))


def ledger(tx: Transaction, team: str, limit: int) -> list[dict[str, object]]:
    """The team's last turns, the newest first."""
    rows = tx.execute("SELECT * FROM turn WHERE team = ? ORDER BY id DESC LIMIT ?", (team, limit)).fetchall()
    return [
        {
            "at": from_ms(row["taken_at"]),
            "person": row["person"],
            "lead": row["lead_id"],
            "returned_at": maybe_from_ms(row["returned_at"]),
        }
        for row in rows
    ]


def had_before(tx: Transaction, lead_id: str) -> set[str]:
    """Whose turn this lead has already been."""
    return {row["person"] for row in tx.execute("SELECT person FROM turn WHERE lead_id = ?", (lead_id,)).fetchall()}


def _stored(tx: Transaction, team: str) -> Rotation:
    row = tx.execute("SELECT state FROM rotation WHERE team = ?", (team,)).fetchone()
    return Rotation.empty() if row is None else _rotation(row["state"])


def _rotation(text: str) -> Rotation:
    return Rotation.from_json(orjson.loads(text))


def _keep(tx: Transaction, team: str, rotation: Rotation) -> None:
    tx.execute(
        "INSERT INTO rotation (team, state) VALUES (?, ?) ON CONFLICT (team) DO UPDATE SET state = excluded.state",
        (team, orjson.dumps(rotation.to_json()).decode()),
    )


# ── timers ──


def start_steps(
    tx: Transaction, lead_id: str, steps: Sequence[Step], people: People, *, owner: str, team: str, now: datetime
) -> None:
    """The escalation begins (anew): whatever was to happen before is replaced."""
    set_timers(tx, lead_id, step_timers(steps, now, schedules_of(people, owner=owner, team=team)))


def set_timers(tx: Transaction, lead_id: str, timers: Iterable[Timer]) -> None:
    """Replace the lead's timers."""
    end_timers(tx, lead_id)
    tx.executemany(
        "INSERT INTO timer (lead_id, number, due_at, action, ways) VALUES (?, ?, ?, ?, ?)",
        [
            (lead_id, number, to_ms(timer.due_at), timer.action.value, " ".join(timer.ways))
            for number, timer in enumerate(timers)
        ],
    )


def end_timers(tx: Transaction, lead_id: str) -> None:
    """Somebody has acted."""
    tx.execute("DELETE FROM timer WHERE lead_id = ?", (lead_id,))


def hold(tx: Transaction, lead_id: str, until: datetime) -> None:
    """Nobody is free: an owner is looked for then."""
    set_timers(tx, lead_id, [Timer(due_at=until, action=TimerAction.FIND_OWNER)])


def steps_of(row: sqlite3.Row) -> tuple[Step, ...]:
    """The steps that a lead started with."""
    return steps_from_json(orjson.loads(row["escalation"])) if row["escalation"] else ()


def schedules_of(people: People, *, owner: str, team: str) -> tuple[Schedule, ...]:
    """In whose open time a lead's minutes count: the owner's, else the team's, else () = always."""
    person, found = people.get(owner), people.teams.get(team)
    if person is not None:
        return (person.schedule,)
    return tuple(each.schedule for each in _members(people, found)) if found is not None else ()


# ── whom to tell ──


def remind(
    tx: Transaction,
    clerk: Clerk,
    lead_id: str,
    reminder: Reminder,
    person: Person | None,
    *,
    ways: Sequence[str] = ("slack",),
    occasion: str,
    now: datetime,
) -> None:
    """A word to one person, by each of the ways in which they can be reached; by mail where no other way is open."""
    if person is None:
        return
    addresses = {"slack": person.slack, "email": person.email}
    chosen = [way for way in ways if addresses.get(way)] or [way for way, address in addresses.items() if address][:1]
    for way in chosen:
        target = Target(destination=way, address=addresses[way], person=person.name)
        clerk.queue_reminder(tx, lead_id, reminder, target, occasion=occasion, now=now)


def mail_owners(
    tx: Transaction, clerk: Clerk, lead_id: str, handling: Handling, *, owner: str, team: str, now: datetime
) -> None:
    """`email: owner` of a team: the owner, or while nobody owns it each member who is free to take it."""
    people, found = handling.people, handling.people.teams.get(team)
    person = people.get(owner)
    if person is not None:
        mailed = [person]
    else:
        mailed = [each for each in _members(people, found) if is_open((each.schedule,), now)] if found else []
    targets = [Target(destination="email", address=each.email, person=each.name) for each in mailed if each.email]
    clerk.queue_alerts(tx, lead_id, targets, now=now)


def is_first_to_claim(people: People, team: str) -> bool:
    """Whether a team's lead is anybody's of the team until somebody presses Claim."""
    found = people.teams.get(team)
    return found is not None and found.pick is Pick.FIRST


def _members(people: People, team: Team | None) -> list[Person]:
    return [] if team is None else [person for name in team.members if (person := people.get(name)) is not None]
