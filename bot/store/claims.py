"""Who has which lead: each press is decided by one conditional update. Implements bot.ports.ClaimBook."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.core.claiming import FROM_STATES, ClaimAction, ClaimResult, ClaimVerdict, Permission
from bot.core.lead import LeadState
from bot.ports import Press
from bot.store.database import Database, Transaction
from bot.store.entries import Clerk
from bot.store.rows import maybe_from_ms, to_ms

_MILESTONES = {
    ClaimAction.CLAIM: "claimed",
    ClaimAction.CONTACTED: "contacted",
    ClaimAction.GIVE_BACK: "given back",
}

#: Permission and "not yet" are tested by the same statement that changes the row: of two presses one changes nothing.
_DECIDE = {
    ClaimAction.CLAIM: """
        UPDATE lead SET state = 'claimed', owner = :owner, owned_since = :now, claimed_at = :now
        WHERE id = :lead AND claimed_at IS NULL AND state IN ('unassigned', 'assigned')
          AND (:is_manager OR owner = :owner OR (owner = '' AND :may_take_unowned))""",
    ClaimAction.CONTACTED: """
        UPDATE lead SET state = 'contacted', contacted_at = :now
        WHERE id = :lead AND state = 'claimed' AND (:is_manager OR owner = :owner)""",
    ClaimAction.GIVE_BACK: """
        UPDATE lead SET state = 'unassigned', owner = '', owned_since = NULL, claimed_at = NULL, contacted_at = NULL
        WHERE id = :lead AND state IN ('assigned', 'claimed', 'contacted') AND (:is_manager OR owner = :owner)""",
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
        answer: Callable[[ClaimResult], str],
        now: datetime,
    ) -> ClaimResult:
        """See bot.ports.ClaimBook."""

        def work(tx: Transaction) -> ClaimResult:
            result = self._decide(tx, action, press, permission, now=now)
            text = answer(result)
            if text:
                self.clerk.queue_private(
                    tx, self.destination, press.channel, press.actor.user, text, key=press.key, now=now
                )
            return result

        return await self.database.write(work)

    def _decide(
        self, tx: Transaction, action: ClaimAction, press: Press, permission: Permission, *, now: datetime
    ) -> ClaimResult:
        key = f"{action.value}:{press.key}"
        if tx.execute("SELECT 1 FROM milestone WHERE press = ?", (key,)).fetchone() is not None:
            return ClaimResult(verdict=ClaimVerdict.ALREADY)  # the same press once more, or replayed by somebody
        before = tx.execute("SELECT state, owner, owned_since FROM lead WHERE id = ?", (press.lead,)).fetchone()
        changed = tx.execute(
            _DECIDE[action],
            {
                "lead": press.lead,
                "owner": permission.owner,
                "is_manager": permission.is_manager,
                "may_take_unowned": permission.may_take_unowned,
                "now": to_ms(now),
            },
        ).rowcount
        if changed == 0:
            if action is ClaimAction.GIVE_BACK and _gave_it_back(tx, press.lead, permission.owner):
                return ClaimResult(verdict=ClaimVerdict.ALREADY)
            return _explain(before, action, permission)
        self.clerk.note(tx, press.lead, _MILESTONES[action], now=now, who=permission.owner, press=key)
        self.clerk.show_change(tx, press.lead, now=now)
        return ClaimResult(verdict=ClaimVerdict.DONE, owner=permission.owner, since=now)


def _gave_it_back(tx: Transaction, lead: str, owner: str) -> bool:
    """Was the last thing that happened to this lead that `owner` gave it back? Then the press came twice."""
    row = tx.execute("SELECT what, who FROM milestone WHERE lead_id = ? ORDER BY id DESC LIMIT 1", (lead,)).fetchone()
    return row is not None and (row["what"], row["who"]) == (_MILESTONES[ClaimAction.GIVE_BACK], owner)


def _explain(row: sqlite3.Row | None, action: ClaimAction, permission: Permission) -> ClaimResult:
    """Why a press changed nothing."""
    if row is None or row["state"] == LeadState.ERASED:
        return ClaimResult(verdict=ClaimVerdict.GONE)
    state = LeadState(row["state"])
    is_owner = row["owner"] == permission.owner
    verdict = ClaimVerdict.REFUSED
    if state in FROM_STATES[action]:
        pass
    elif _is_done(action, state) and (is_owner or (action is not ClaimAction.CLAIM and permission.is_manager)):
        verdict = ClaimVerdict.ALREADY
    elif action is ClaimAction.CLAIM:
        verdict = ClaimVerdict.TAKEN
    elif is_owner or permission.is_manager or not row["owner"]:
        verdict = ClaimVerdict.NOT_NOW
    return ClaimResult(verdict=verdict, owner=row["owner"], since=maybe_from_ms(row["owned_since"]))


def _is_done(action: ClaimAction, state: LeadState) -> bool:
    if action is ClaimAction.CLAIM:
        return state not in {LeadState.UNASSIGNED, LeadState.ASSIGNED}
    if action is ClaimAction.CONTACTED:
        return state is not LeadState.CLAIMED and state not in {LeadState.UNASSIGNED, LeadState.ASSIGNED}
    return state is LeadState.UNASSIGNED
