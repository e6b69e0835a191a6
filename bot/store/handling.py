"""A routed lead finds its owner, its thread and its timers: the part of one transaction that follows the decision."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson

from bot.core.delivery import Target
from bot.core.escalation import Escalation, steps_to_json
from bot.core.lead import LeadState
from bot.core.people import People
from bot.core.routing import Then
from bot.core.work import Handling, Routed
from bot.store.assignment import find_owner, hold, mail_owners, start_steps
from bot.store.database import Transaction
from bot.store.entries import Clerk
from bot.store.rows import to_ms

_NO_STEPS = Escalation(name="", steps=())
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """With whom a lead begins."""

    owner: str = ""
    team: str = ""
    held_until: datetime | None = None
    repeat_of: sqlite3.Row | None = None


def place(tx: Transaction, lead_id: str, routed: Routed, then: Then, *, now: datetime) -> Placed:
    """The owner: the same as before for somebody who comes again, else whom the rule names, else whose turn it is."""
    people = routed.handling.people
    before = _same_person(tx, lead_id, routed, wants_owner=bool(then.owner or then.team))
    if before is not None and (then.owner or then.team) and people.get(before["owner"]) is not None:
        team_of_rule = people.teams.get(then.team)
        is_of_team = team_of_rule is not None and before["owner"] in team_of_rule.members
        team_name = then.team if is_of_team else _team_of(people, before["owner"]) or then.team
        return Placed(owner=before["owner"], team=team_name, repeat_of=before)
    team = people.teams.get(then.team)
    if team is None:
        return Placed(owner=then.owner, team=_team_of(people, then.owner), repeat_of=before)
    found = find_owner(tx, lead_id, team, people, now=now)
    return Placed(owner=found.owner, team=found.team or team.name, held_until=found.held_until, repeat_of=before)


def begin(
    tx: Transaction, clerk: Clerk, lead_id: str, routed: Routed, then: Then, placed: Placed, *, now: datetime
) -> None:
    """What the lead's row keeps of that, who hears of it, and what happens if nobody acts."""
    handling = routed.handling
    escalation = handling.escalations.get(then.escalate, _NO_STEPS)
    if placed != Placed(owner=placed.owner) or escalation.steps or then.digest:
        _keep(tx, lead_id, then, escalation, placed, now=now)
    _remember_person(tx, lead_id, routed)
    targets = (*then.post, *_mailed(then, placed, handling))
    clerk.queue_alerts(tx, lead_id, targets, threads=_threads(tx, placed.repeat_of, then.post), now=now)
    if placed.held_until is not None:
        clerk.note(tx, lead_id, "held", now=now, detail="nobody is free")
        hold(tx, lead_id, placed.held_until, now=now)
        return
    if then.mails_owner:
        mail_owners(tx, clerk, lead_id, handling, owner=placed.owner, team=placed.team, now=now)
    if escalation.steps:
        start_steps(tx, lead_id, escalation.steps, handling.people, owner=placed.owner, team=placed.team, now=now)


def _keep(tx: Transaction, lead_id: str, then: Then, escalation: Escalation, placed: Placed, *, now: datetime) -> None:
    is_open_to_all = bool(placed.team) and not escalation.offers
    tx.execute(
        """UPDATE lead SET team = :team, held_until = :held_until, offered_at = :offered_at, repeat_of = :repeat_of,
                           escalation = :escalation, mails_owner = :mails_owner, digest = :digest
           WHERE id = :id""",
        {
            "id": lead_id,
            "team": placed.team,
            "held_until": None if placed.held_until is None else to_ms(placed.held_until),
            "offered_at": to_ms(now) if is_open_to_all else None,
            "repeat_of": placed.repeat_of["id"] if placed.repeat_of is not None else None,
            "escalation": orjson.dumps(steps_to_json(escalation.steps)).decode() if escalation.steps else "",
            "mails_owner": then.mails_owner,
            "digest": then.digest,
        },
    )


def _mailed(then: Then, placed: Placed, handling: Handling) -> tuple[Target, ...]:
    """Who is mailed. Where the rule names its owner, `email: owner` means whoever got the lead for them."""
    if not then.owner or placed.owner == then.owner:
        return then.email
    person = handling.people.get(placed.owner)
    theirs = Target(destination="email", address=person.email, person=person.name) if person and person.email else None
    mailed = [theirs if each.person == then.owner else each for each in then.email]
    return tuple(each for each in mailed if each is not None)


def _team_of(people: People, owner: str) -> str:
    found = people.team_of(owner) if owner else None
    return found.name if found is not None else ""


def _same_person(tx: Transaction, lead_id: str, routed: Routed, *, wants_owner: bool) -> sqlite3.Row | None:
    """The newest lead of the same person within the time, whoever it was routed to; junk is none, nor is a test lead,
    which leaves no fingerprint.

    `wants_owner`: one that somebody of the file owns goes first, so that they stay with the same colleague.
    """
    within, lead = routed.handling.repeat_within, routed.lead
    if within is None or not routed.fingerprints or lead.is_test:
        return None
    row: sqlite3.Row | None = tx.execute(
        """SELECT l.id, l.owner FROM fingerprint f JOIN lead l ON l.id = f.lead_id
           WHERE f.print IN (SELECT value FROM json_each(:prints)) AND l.id <> :id
             AND l.state NOT IN (:junk, :erased) AND l.submitted_at BETWEEN :since AND :until
           ORDER BY :wants_owner AND l.owner IN (SELECT value FROM json_each(:people)) DESC,
                    l.submitted_at DESC, l.id DESC LIMIT 1""",
        {
            "prints": orjson.dumps(list(routed.fingerprints)).decode(),
            "id": lead_id,
            "junk": LeadState.JUNK.value,
            "erased": LeadState.ERASED.value,
            "since": to_ms(lead.submitted_at) - within // _MILLISECOND,
            "until": to_ms(lead.submitted_at) + within // _MILLISECOND,
            "wants_owner": wants_owner,
            "people": orjson.dumps(list(routed.handling.people.by_name)).decode(),
        },
    ).fetchone()
    return row


def _remember_person(tx: Transaction, lead_id: str, routed: Routed) -> None:
    if routed.lead.is_test or not routed.fingerprints:
        return
    tx.executemany(
        "INSERT INTO fingerprint (print, lead_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(each, lead_id) for each in routed.fingerprints],
    )


def _threads(tx: Transaction, before: sqlite3.Row | None, targets: tuple[Target, ...]) -> dict[tuple[str, str], str]:
    """The card of the earlier lead in each of the channels that hear of this one, also while it is on its way."""
    if before is None or not targets:
        return {}
    rows = tx.execute(
        """SELECT destination, address, coalesce(thread_of, id) AS root FROM delivery
           WHERE lead_id = ? AND kind = 'alert' AND destination <> 'email'
             AND state IN ('pending', 'sending', 'unknown', 'sent')
           ORDER BY id""",
        (before["id"],),
    ).fetchall()
    return {(row["destination"], row["address"]): row["root"] for row in rows}
