"""Who a lead is given to and what is to happen if nobody acts: written inside the transaction that decides it."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from bot.core.assigning import Assignment, Situation, assign
from bot.core.delivery import Reminder, Target
from bot.core.escalation import Step, Timer, TimerAction, step_timers, steps_from_json
from bot.core.hours import Schedule, is_open
from bot.core.people import People, Person, Team
from bot.core.rotation import Rotation, returned, taken
from bot.core.work import Handling
from bot.store.database import Transaction
from bot.store.entries import Clerk
from bot.store.rows import from_ms, maybe_from_ms, to_ms

_log = logging.getLogger(__name__)

# ── turns ──


def find_owner(
    tx: Transaction, lead_id: str, team: Team, people: People, *, exclude: Collection[str] = (), now: datetime
) -> Assignment:
    """Whose turn it is; the turn is taken, the ledger written. The lead's row is the caller's."""
    found = assign(team, people, situation(tx, team, people, now=now), exclude=exclude)
    if found.rotation is not None:
        _keep(tx, found.team, found.rotation)
        tx.execute(
            "INSERT INTO turn (team, lead_id, person, taken_at) VALUES (?, ?, ?, ?)",
            (found.team, lead_id, found.owner, to_ms(now)),
        )
    return found


def situation(tx: Transaction, team: Team, people: People, *, now: datetime) -> Situation:
    """How things stand for `team`, and for the teams that get its leads when nobody of it is free."""
    teams = tuple(_in_question(team, people))
    limited = [name for each in teams if each.open_leads_limit is not None for name in each.members]
    return Situation(
        rotations={each.name: _stored(tx, each.name) for each in teams},
        open_leads=count_open_leads(tx, limited) if limited else {},
        now=now,
    )


def count_open_leads(tx: Transaction, people: Collection[str]) -> dict[str, int]:
    """How many leads each of them has open: owned, not contacted, no outcome, no test."""
    rows = tx.execute(
        """SELECT owner, count(*) AS leads FROM lead
           WHERE state IN ('assigned', 'claimed') AND is_test = 0 AND owner IN (SELECT value FROM json_each(?))
           GROUP BY owner""",
        (orjson.dumps(sorted(set(people))).decode(),),
    ).fetchall()
    return {row["owner"]: row["leads"] for row in rows}


def return_turn(tx: Transaction, lead_id: str, *, now: datetime) -> None:
    """The lead is junk: whose turn it was last gets one more. Idempotent."""
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
        _keep(tx, row["team"], taken(_stored(tx, row["team"]), row["person"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One line of a team's ledger."""

    at: datetime
    person: str
    lead: str
    returned_at: datetime | None  #: the lead was junk


def ledger(tx: Transaction, team: str, limit: int) -> list[Turn]:
    """The team's last turns, the newest first."""
    rows = tx.execute("SELECT * FROM turn WHERE team = ? ORDER BY id DESC LIMIT ?", (team, limit)).fetchall()
    return [
        Turn(
            at=from_ms(row["taken_at"]),
            person=row["person"],
            lead=row["lead_id"],
            returned_at=maybe_from_ms(row["returned_at"]),
        )
        for row in rows
    ]


def had_before(tx: Transaction, lead_id: str) -> set[str]:
    """Who has had this lead already, by a turn, by the rule or by a press."""
    rows = tx.execute(
        """SELECT person AS who FROM turn WHERE lead_id = :lead
           UNION
           SELECT who FROM milestone
           WHERE lead_id = :lead AND what IN ('routed', 'assigned', 'claimed') AND who <> ''""",
        {"lead": lead_id},
    ).fetchall()
    return {row["who"] for row in rows}


def _in_question(team: Team, people: People) -> Iterator[Team]:
    """A team, and those to which `if_nobody_is_free` leads from it, each once."""
    asked: set[str] = set()
    asking: Team | None = team
    while asking is not None and asking.name not in asked:
        yield asking
        asked.add(asking.name)
        asking = people.teams.get(asking.instead)


def _stored(tx: Transaction, team: str) -> Rotation:
    """A team's turns so far. What nobody can read is a team that begins anew: leads must not wait for a repair."""
    row = tx.execute("SELECT state FROM rotation WHERE team = ?", (team,)).fetchone()
    try:
        return Rotation.empty() if row is None else Rotation.from_json(orjson.loads(row["state"]))
    except (KeyError, TypeError, ValueError):
        _log.exception("the turns of a team cannot be read, so they begin anew", extra={"team": team})
        return Rotation.empty()


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
    set_timers(tx, lead_id, step_timers(steps, now, schedules_of(people, owner=owner, team=team)), now=now)


def set_timers(tx: Transaction, lead_id: str, timers: Iterable[Timer], *, now: datetime) -> None:
    """Replace the lead's timers."""
    end_timers(tx, lead_id)
    tx.executemany(
        "INSERT INTO timer (lead_id, number, due_at, action, ways, set_at) VALUES (?, ?, ?, ?, ?, ?)",
        [
            (lead_id, number, to_ms(timer.due_at), timer.action.value, " ".join(timer.ways), to_ms(now))
            for number, timer in enumerate(timers)
        ],
    )


def end_timers(tx: Transaction, lead_id: str) -> None:
    """Somebody has acted."""
    tx.execute("DELETE FROM timer WHERE lead_id = ?", (lead_id,))


def hold(tx: Transaction, lead_id: str, until: datetime, *, now: datetime) -> None:
    """Nobody is free: an owner is looked for then."""
    set_timers(tx, lead_id, [Timer(due_at=until, action=TimerAction.FIND_OWNER)], now=now)


def steps_of(row: sqlite3.Row) -> tuple[Step, ...]:
    """The steps that a lead started with."""
    return steps_from_json(orjson.loads(row["escalation"])) if row["escalation"] else ()


def schedules_of(people: People, *, owner: str, team: str) -> tuple[Schedule, ...]:
    """In whose open time a lead's minutes count: the owner's, else the team's, else () = always."""
    person, found = people.get(owner), people.teams.get(team)
    if person is not None:
        return (person.schedule,)
    return tuple(each.schedule for each in members_of(people, found)) if found is not None else ()


# ── whom to tell ──


def remind(
    tx: Transaction,
    clerk: Clerk,
    lead_id: str,
    reminder: Reminder,
    name: str,
    handling: Handling,
    *,
    ways: Sequence[str] = ("slack",),
    occasion: str,
    now: datetime,
) -> bool:
    """A word to one person by each of the ways that reach them, or where none does by another; False: nothing does."""
    addresses = _addresses(name, handling)
    chosen = [way for way in ways if way in addresses] or list(addresses)[:1]
    for way in chosen:
        target = Target(destination=way, address=addresses[way], person=name)
        clerk.queue_reminder(tx, lead_id, reminder, target, occasion=occasion, now=now)
    return bool(chosen)


def _addresses(name: str, handling: Handling) -> dict[str, str]:
    """Where a person can be reached, by destination, the first choice first."""
    person = handling.people.get(name)
    if person is None and not handling.people.by_name:
        person = Person(name=name, slack=name)  # a file without people knows owners by their Slack id only
    if person is None:
        return {}
    addresses = {"slack": person.slack, "email": person.email}
    return {way: address for way, address in addresses.items() if address and way in handling.destinations}


def mail_owners(
    tx: Transaction, clerk: Clerk, lead_id: str, handling: Handling, *, owner: str, team: str, now: datetime
) -> None:
    """`email: owner` of a team: the owner, or while nobody owns it each member who is free to take it."""
    if "email" not in handling.destinations:
        return
    people, found = handling.people, handling.people.teams.get(team)
    person = people.get(owner)
    if person is not None:
        mailed = [person]
    else:
        mailed = [each for each in members_of(people, found) if is_open((each.schedule,), now)] if found else []
    targets = [Target(destination="email", address=each.email, person=each.name) for each in mailed if each.email]
    clerk.queue_alerts(tx, lead_id, targets, now=now)


def members_of(people: People, team: Team) -> list[Person]:
    """Those members whom the file describes."""
    return [person for name in team.members if (person := people.get(name)) is not None]
