"""Who has which lead: each press is decided by one conditional update. Implements bot.ports.ClaimBook."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import orjson

from bot.core.claiming import FROM_STATES, OUTCOMES, ClaimAction, ClaimResult, ClaimVerdict, Permission
from bot.core.escalation import TimerAction, follow_up_timers
from bot.core.lead import LeadState
from bot.core.work import Handling
from bot.ports import Press
from bot.store.assignment import (
    end_timers,
    return_turn,
    schedules_of,
    set_timers,
    start_steps,
    steps_of,
    take_turn_again,
)
from bot.store.database import Database, Transaction
from bot.store.entries import Clerk
from bot.store.rows import maybe_from_ms, to_ms

_MILESTONES = {
    ClaimAction.CLAIM: "claimed",
    ClaimAction.CONTACTED: "contacted",
    ClaimAction.GIVE_BACK: "given back",
    ClaimAction.MEETING: "meeting",
    ClaimAction.WON: "won",
    ClaimAction.LOST: "lost",
    ClaimAction.JUNK: "junk",
}

_IS_THEIRS = "(:is_manager OR team IN (SELECT value FROM json_each(:manages)) OR owner = :owner)"
_IS_IN_STATE = "state IN (SELECT value FROM json_each(:from_states))"

#: Permission and "not yet" are tested by the same statement that changes the row: of two presses one changes nothing.
#: An owner or a team that the file no longer has is none: nobody could claim what was kept for them.
_IS_NOBODYS = "(owner = '' OR owner NOT IN (SELECT value FROM json_each(:known_people)))"
_HAS_NO_TEAM = "(team = '' OR team NOT IN (SELECT value FROM json_each(:known_teams)))"
_CLAIM = f"""
    UPDATE lead SET state = 'claimed', owner = :owner, owned_since = :now, claimed_at = :now, held_until = NULL
    WHERE id = :lead AND claimed_at IS NULL AND {_IS_IN_STATE}
      AND ({_IS_THEIRS}
           OR ({_IS_NOBODYS} AND :may_take_unowned AND {_HAS_NO_TEAM})
           OR (({_IS_NOBODYS} OR offered_at IS NOT NULL) AND team IN (SELECT value FROM json_each(:teams))))"""  # noqa: S608  # made of the constants above
_CONTACTED = f"""
    UPDATE lead SET state = 'contacted', contacted_at = :now
    WHERE id = :lead AND {_IS_IN_STATE} AND {_IS_THEIRS}"""  # noqa: S608  # made of the constants above
_GIVE_BACK = f"""
    UPDATE lead SET state = 'unassigned', given_back_by = owner, owner = '', owned_since = NULL, claimed_at = NULL,
                    contacted_at = NULL, offered_at = CASE WHEN team <> '' THEN coalesce(offered_at, :now) END
    WHERE id = :lead AND {_IS_IN_STATE} AND {_IS_THEIRS}"""  # noqa: S608  # made of the constants above
_OUTCOME = f"""
    UPDATE lead SET state = :outcome, outcome_at = :now, outcome_reason = :detail,
                    contacted_at = CASE WHEN :outcome = 'junk' THEN contacted_at ELSE coalesce(contacted_at, :now) END
    WHERE id = :lead AND (state <> :outcome OR outcome_reason <> :detail) AND {_IS_IN_STATE} AND {_IS_THEIRS}"""  # noqa: S608  # made of the constants above
_DECIDE = {
    ClaimAction.CLAIM: _CLAIM,
    ClaimAction.CONTACTED: _CONTACTED,
    ClaimAction.GIVE_BACK: _GIVE_BACK,
    **dict.fromkeys(OUTCOMES, _OUTCOME),
}


@dataclass(frozen=True, slots=True)
class SqliteClaimBook:
    """Every call is one committed transaction. `destination` is where private answers go."""

    database: Database
    clerk: Clerk
    destination: str = "slack"

    async def act(
        self,
        action: ClaimAction,
        press: Press,
        permission: Permission,
        *,
        handling: Handling,
        answer: Callable[[ClaimResult], str],
        now: datetime,
    ) -> ClaimResult:
        """See bot.ports.ClaimBook."""

        def work(tx: Transaction) -> ClaimResult:
            result = self._decide(tx, action, press, permission, handling, now=now)
            text = answer(result)
            if text:
                self.clerk.queue_private(
                    tx, self.destination, press.channel, press.actor.user, text, key=press.key, now=now
                )
            return result

        return await self.database.write(work)

    def _decide(
        self,
        tx: Transaction,
        action: ClaimAction,
        press: Press,
        permission: Permission,
        handling: Handling,
        *,
        now: datetime,
    ) -> ClaimResult:
        key = f"{action.value}:{press.key}"
        if tx.execute("SELECT 1 FROM milestone WHERE press = ?", (key,)).fetchone() is not None:
            return ClaimResult(verdict=ClaimVerdict.ALREADY)  # the same press once more, or replayed by somebody
        before = tx.execute("SELECT * FROM lead WHERE id = ?", (press.lead,)).fetchone()
        changed = tx.execute(_DECIDE[action], _facts(action, press, permission, handling, now=now)).rowcount
        if changed == 0:
            if action is ClaimAction.GIVE_BACK and _gave_it_back(tx, press.lead, permission.owner):
                return ClaimResult(verdict=ClaimVerdict.ALREADY)
            return _explain(tx, before, action, press, permission)
        note = _MILESTONES[action]
        self.clerk.note(tx, press.lead, note, now=now, who=permission.owner, detail=press.detail, press=key)
        self.clerk.cancel_reminders(tx, press.lead, now=now)
        self.clerk.show_change(tx, press.lead, now=now)
        _go_on(tx, action, before, handling, owner=permission.owner, now=now)
        return ClaimResult(verdict=ClaimVerdict.DONE, owner=permission.owner, since=now)


def _facts(
    action: ClaimAction, press: Press, permission: Permission, handling: Handling, *, now: datetime
) -> dict[str, object]:
    return {
        "lead": press.lead,
        "owner": permission.owner,
        "is_manager": permission.is_manager,
        "may_take_unowned": permission.may_take_unowned,
        "teams": _json(permission.teams),
        "manages": _json(permission.manages),
        "known_people": _json(frozenset(handling.people.by_name)),
        "known_teams": _json(frozenset(handling.people.teams)),
        "from_states": _json(FROM_STATES[action]),
        "outcome": action.value,
        "detail": press.detail,
        "now": to_ms(now),
    }


def _json(texts: frozenset[str] | frozenset[LeadState]) -> str:
    return orjson.dumps(sorted(map(str, texts))).decode()


def _go_on(
    tx: Transaction, action: ClaimAction, before: sqlite3.Row, handling: Handling, *, owner: str, now: datetime
) -> None:
    """What waited for somebody to act ends with the press; what comes after it begins."""
    lead_id, people = before["id"], handling.people
    end_timers(tx, lead_id)
    if action is ClaimAction.CLAIM:
        schedules = schedules_of(people, owner=owner, team=before["team"])
        set_timers(tx, lead_id, follow_up_timers(handling.follow_up, now, schedules), now=now)
    elif action is ClaimAction.GIVE_BACK:
        start_steps(tx, lead_id, steps_of(before), people, owner="", team=before["team"], now=now)
    elif action is ClaimAction.JUNK:
        return_turn(tx, lead_id, now=now)
    elif before["state"] == LeadState.JUNK:
        take_turn_again(tx, lead_id)


def _gave_it_back(tx: Transaction, lead: str, owner: str) -> bool:
    """Was the last thing that happened to this lead that `owner` gave it back? Then the press came twice."""
    row = tx.execute("SELECT what, who FROM milestone WHERE lead_id = ? ORDER BY id DESC LIMIT 1", (lead,)).fetchone()
    return row is not None and (row["what"], row["who"]) == (_MILESTONES[ClaimAction.GIVE_BACK], owner)


def _explain(
    tx: Transaction, row: sqlite3.Row | None, action: ClaimAction, press: Press, permission: Permission
) -> ClaimResult:
    """Why a press changed nothing."""
    if row is None or row["state"] == LeadState.ERASED:
        return ClaimResult(verdict=ClaimVerdict.GONE)
    state = LeadState(row["state"])
    is_owner = row["owner"] == permission.owner
    is_manager = permission.is_manager or row["team"] in permission.manages
    verdict = ClaimVerdict.REFUSED
    if (
        action in OUTCOMES
        and (state, row["outcome_reason"]) == (action.value, press.detail)
        and (is_owner or is_manager)
    ):
        verdict = ClaimVerdict.ALREADY
    elif state in FROM_STATES[action]:
        pass
    elif _is_done(action, state) and (is_owner or (action is not ClaimAction.CLAIM and is_manager)):
        verdict = ClaimVerdict.ALREADY
    elif action is ClaimAction.CLAIM:
        verdict = ClaimVerdict.TAKEN
    elif is_owner or is_manager or not row["owner"]:
        verdict = ClaimVerdict.NOT_NOW
    return ClaimResult(
        verdict=verdict,
        owner=row["owner"],
        since=maybe_from_ms(row["owned_since"]),
        team=row["team"],
        is_offered=row["offered_at"] is not None,
        kept_until=_kept_until(tx, row) if row["team"] in permission.teams else None,
    )


def _kept_until(tx: Transaction, row: sqlite3.Row) -> datetime | None:
    found = tx.execute(
        "SELECT min(due_at) AS due_at FROM timer WHERE lead_id = ? AND action = ?",
        (row["id"], TimerAction.OFFER_TO_TEAM.value),
    ).fetchone()
    return maybe_from_ms(found["due_at"])


def _is_done(action: ClaimAction, state: LeadState) -> bool:
    if action is ClaimAction.CLAIM:
        return state not in {LeadState.UNASSIGNED, LeadState.ASSIGNED}
    if action is ClaimAction.CONTACTED:
        return state is not LeadState.CLAIMED and state not in {LeadState.UNASSIGNED, LeadState.ASSIGNED}
    return action is ClaimAction.GIVE_BACK and state is LeadState.UNASSIGNED
