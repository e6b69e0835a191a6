"""Leads that wait to be fetched and routed. Implements bot.ports.LeadQueue."""

from __future__ import annotations

import secrets
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson

from bot.core.ids import LeadId, first_id_since
from bot.core.lead import UNFETCHED, LeadState
from bot.core.routing import decision_to_json
from bot.core.work import Deleted, DispatchOutcome, LeadWork, Leased, Postponed, Routed, StillThere
from bot.store.database import Database, Transaction
from bot.store.entries import Clerk
from bot.store.erasure import DELETED_BEFORE, was_deleted
from bot.store.handling import begin, place
from bot.store.pauses import is_paused, may_take, probing, reopen
from bot.store.rows import content_to_json, from_ms, lead_from_content, maybe_from_ms, to_ms

#: A lease that ends later than it could have been given is one from a clock that was set back since: it has ended.
CLOCK_SLACK = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class SqliteLeadQueue:
    """`upstream` is the source's name; it and its activity "leads" are the pause scopes that hold this queue."""

    database: Database
    clerk: Clerk
    upstream: str = "linkedin"

    @property
    def _scopes(self) -> list[str]:
        return [self.upstream, f"{self.upstream}:leads"]

    async def lease(self, *, limit: int, now: datetime, keep_for: timedelta) -> list[Leased[LeadWork]]:
        """See bot.ports.LeadQueue."""

        def work(tx: Transaction) -> list[Leased[LeadWork]]:
            allowed = may_take(tx, self._scopes, limit, now=now)
            _heed_clock(tx, now=now)
            lease = {
                "token": secrets.token_hex(8),
                "now": to_ms(now),
                "until": to_ms(now + keep_for),
                "impossible": to_ms(now + keep_for + CLOCK_SLACK),
            }
            is_careful = is_paused(tx, self._scopes)
            # a pull that found thousands must not hold up what the webhook brings, nor the other way round
            rows = _take_some(tx, _IN_HAND, lease, max(1, limit // 2))
            calls = _take_some(tx, _TO_CALL, lease, min(allowed, limit - len(rows)), at_random=is_careful)
            rows += _take_some(tx, _IN_HAND, lease, limit - len(rows) - len(calls))
            if calls:
                probing(tx, self._scopes, now=now)
            rows = sorted([*rows, *calls], key=lambda row: (row["due_at"], row["id"]))
            return [Leased(item=_work(row), token=row["lease"]) for row in rows]

        return await self.database.write(work)

    async def settle(
        self, leased: Leased[LeadWork], outcome: DispatchOutcome, *, answered: bool, now: datetime
    ) -> bool:
        """See bot.ports.LeadQueue."""

        def work(tx: Transaction) -> bool:
            lead_id = leased.item.id
            held = tx.execute(
                "SELECT state, doubted_at FROM lead WHERE id = ? AND lease = ?", (lead_id, leased.token)
            ).fetchone()
            if held is None:
                return False
            match outcome:
                case Routed():
                    self._routed(tx, lead_id, outcome, now=now)
                case Postponed():
                    self._postponed(tx, lead_id, outcome, was=LeadState(held["state"]), now=now)
                case Deleted():
                    self._believe_deletion(tx, lead_id, now=now)
                case StillThere(due_at=due_at):
                    _still_there(tx, lead_id, due_at)
            is_new_doubt = maybe_from_ms(held["doubted_at"]) != leased.item.doubted_at
            if held["doubted_at"] is not None and (is_new_doubt or isinstance(outcome, Routed)):
                _doubt_again(tx, lead_id, held["doubted_at"], now=now)
            if answered:
                reopen(tx, self._scopes, now=now)
            return True

        return await self.database.write(work)

    def _routed(self, tx: Transaction, lead_id: LeadId, routed: Routed, *, now: datetime) -> None:
        self.clerk.queue_notices(tx, routed.notices, now=now)
        same = _same_lead(tx, lead_id, routed)
        if same is not None:
            _forget_row(tx, lead_id, same["id"])
            if not same["is_quiet"] or same["state"] == LeadState.ERASED:
                return
            lead_id = LeadId(same["id"])  # it was only listed so far; now the webhook rings it
        if was_deleted(tx, routed.lead.response_id, routed.lead.submitted_at):
            _write_identity(tx, lead_id, routed)  # and nothing of the person
            self.clerk.erase(tx, lead_id, now=now, why=DELETED_BEFORE)
            return
        if routed.decision is None:
            _write_lead(tx, lead_id, routed, "", now=now)
            self.clerk.note(tx, lead_id, "fetched", now=now)
            self.clerk.note(tx, lead_id, "listed", now=now, detail="nobody was rung")
            return
        then = routed.decision.then
        placed = place(tx, lead_id, routed, then, now=now)
        _write_lead(tx, lead_id, routed, placed.owner, now=now)
        self.clerk.note(tx, lead_id, "fetched", now=now)
        self.clerk.note(tx, lead_id, "routed", now=now, who=placed.owner, detail=routed.decision.rule)
        begin(tx, self.clerk, lead_id, routed, then, placed, now=now)

    def _postponed(
        self, tx: Transaction, lead_id: LeadId, postponed: Postponed, *, was: LeadState, now: datetime
    ) -> None:
        tx.execute(
            """UPDATE lead
               SET state = CASE WHEN state IN ('received', 'waiting_for_linkedin', 'parked') THEN :state ELSE state END,
                   due_at = CASE WHEN :counts THEN :due_at ELSE min(due_at, :due_at) END,
                   error = :error, tries = tries + :counts, starts = 0, lease = NULL
               WHERE id = :id""",
            {
                "state": postponed.state.value,
                "due_at": None if postponed.due_at is None else to_ms(postponed.due_at),
                "error": postponed.error,
                "counts": int(postponed.counts),
                "id": lead_id,
            },
        )
        self.clerk.queue_notices(tx, postponed.notices, now=now)
        if postponed.state is LeadState.PARKED and was in UNFETCHED - {LeadState.PARKED}:
            self.clerk.note(tx, lead_id, "parked", now=now, detail=postponed.error)

    def _believe_deletion(self, tx: Transaction, lead_id: LeadId, *, now: datetime) -> None:
        tx.execute(
            """UPDATE notification SET is_believed = 1
               WHERE action = 'DELETED' AND (response_id, occurred_at) =
                   (SELECT response_id, doubted_at FROM lead WHERE id = ?)""",
            (lead_id,),
        )
        self.clerk.erase(tx, lead_id, now=now, why="LinkedIn no longer has it")


#: The pull brought these along: nothing is asked of anybody, so no pause holds them and none is probed with them.
_IN_HAND = "(content IS NOT NULL AND state IN ('received', 'waiting_for_linkedin', 'parked'))"
_TO_CALL = f"NOT {_IN_HAND}"

#: Leads whose last attempt did not end: one of them may be what ends the process, so they go one at a time, and the
#: one that was started most often goes last. Otherwise a poison lead would take its neighbours with it.
_SUSPECT = """
    SELECT id FROM lead
    WHERE starts > 0 AND due_at <= :now AND (lease IS NULL OR lease_until < :now OR lease_until > :impossible)
      AND {kind} AND NOT EXISTS (
          SELECT 1 FROM lead WHERE starts > 1 AND lease IS NOT NULL AND lease_until BETWEEN :now AND :impossible)
    ORDER BY starts, due_at, id LIMIT :limit"""

_SOUND = "SELECT id FROM lead WHERE starts = 0 AND due_at <= :now AND {kind} ORDER BY {order} LIMIT :limit"


def _take_some(
    tx: Transaction, kind: str, lease: dict[str, object], limit: int, *, at_random: bool = False
) -> list[sqlite3.Row]:
    """Lease up to `limit` of a kind, oldest first. `at_random`: the careful call must not meet the same odd lead
    each time, which would keep everybody else waiting."""
    if limit <= 0:
        return []
    rows = _take(tx, _SUSPECT.format(kind=kind), {**lease, "limit": 1})
    order = "random()" if at_random else "due_at, id"
    return rows + _take(tx, _SOUND.format(kind=kind, order=order), {**lease, "limit": limit - len(rows)})


def _take(tx: Transaction, which: str, lease: dict[str, object]) -> list[sqlite3.Row]:
    return tx.execute(
        f"""UPDATE lead
            SET lease = :token, lease_until = :until, starts = starts + 1,
                first_tried_at = coalesce(first_tried_at, :now)
            WHERE id IN ({which})
            RETURNING *""",  # noqa: S608  # made of the constants above
        lease,
    ).fetchall()


def _heed_clock(tx: Transaction, *, now: datetime) -> None:
    """The clock was set back: what came in a future that was never there is due now."""
    tx.execute(
        "UPDATE lead SET due_at = :now WHERE id >= :from_the_future AND due_at > :now",
        {"now": to_ms(now), "from_the_future": first_id_since("l", now + CLOCK_SLACK)},
    )


def _still_there(tx: Transaction, lead_id: LeadId, due_at: datetime | None) -> None:
    if due_at is None:
        statement = "UPDATE lead SET doubted_at = NULL, due_at = ?, lease = NULL, tries = 0, starts = 0 WHERE id = ?"
    else:
        statement = "UPDATE lead SET due_at = ?, lease = NULL, tries = tries + 1, starts = 0 WHERE id = ?"
    tx.execute(statement, (None if due_at is None else to_ms(due_at), lead_id))


def _doubt_again(tx: Transaction, lead_id: LeadId, doubted_at: int, *, now: datetime) -> None:
    """The doubt came while the attempt was under way: LinkedIn's answer may be older, so it is asked once more."""
    tx.execute(
        "UPDATE lead SET doubted_at = ?, due_at = ? WHERE id = ? AND state <> 'erased'",
        (doubted_at, to_ms(now), lead_id),
    )


def _work(row: sqlite3.Row) -> LeadWork:
    state = LeadState(row["state"])
    return LeadWork(
        id=LeadId(row["id"]),
        response_id=row["response_id"],
        received_at=from_ms(row["received_at"]),
        first_tried_at=from_ms(row["first_tried_at"]),
        tries=row["tries"],
        starts=row["starts"],
        state=state,
        fetched=lead_from_content(row["content"]) if row["content"] and state in UNFETCHED else None,
        is_late=bool(row["is_late"]),
        is_quiet=bool(row["is_quiet"]),
        is_unsigned=bool(row["is_unsigned"]),
        doubted_deletion=row["doubted_at"] is not None,
        doubted_at=maybe_from_ms(row["doubted_at"]),
    )


def _same_lead(tx: Transaction, lead_id: LeadId, routed: Routed) -> sqlite3.Row | None:
    """Another row with this lead's identity: it came by webhook and by pull, or by two notifications."""
    row: sqlite3.Row | None = tx.execute(
        "SELECT id, is_quiet, state FROM lead WHERE response_id = ? AND submitted_at = ? AND id <> ?",
        (routed.lead.response_id, to_ms(routed.lead.submitted_at), lead_id),
    ).fetchone()
    return row


def _forget_row(tx: Transaction, lead_id: LeadId, same: str) -> None:
    tx.execute("UPDATE milestone SET lead_id = ? WHERE lead_id = ?", (same, lead_id))
    tx.execute("DELETE FROM lead WHERE id = ?", (lead_id,))


def _write_identity(tx: Transaction, lead_id: LeadId, routed: Routed) -> None:
    """Who the lead is, so that a pull and the nightly count know it."""
    lead = routed.lead
    tx.execute(
        "UPDATE lead SET submitted_at = ?, stream_owner = ?, lead_type = ?, is_test = ? WHERE id = ?",
        (to_ms(lead.submitted_at), lead.owner, lead.lead_type, lead.is_test, lead_id),
    )


def _write_lead(tx: Transaction, lead_id: LeadId, routed: Routed, owner: str, *, now: datetime) -> None:
    decision, lead = routed.decision, routed.lead
    tx.execute(
        """UPDATE lead
           SET submitted_at = :submitted_at, state = :state, is_test = :is_test, is_quiet = :is_quiet,
               stream_owner = :stream_owner, lead_type = :lead_type,
               content = :content, raw = coalesce(:raw, raw), source = :source, form_id = :form_id, form = :form,
               campaign_id = :campaign_id, campaign = :campaign, rule = :rule, template = :template,
               decision = :decision, config_version = :config_version, decided_at = :now,
               owner = :owner, owned_since = :owned_since, revision = revision + 1,
               due_at = NULL, lease = NULL, doubted_at = NULL, tries = 0, starts = 0, error = ''
           WHERE id = :id""",
        {
            "id": lead_id,
            "submitted_at": to_ms(lead.submitted_at),
            "state": (LeadState.ASSIGNED if owner else LeadState.UNASSIGNED).value,
            "is_test": lead.is_test,
            "is_quiet": decision is None,
            "content": content_to_json(lead, routed.facts),
            "raw": routed.raw.decode("utf-8", "replace") if routed.raw else None,
            "stream_owner": lead.owner,
            "lead_type": lead.lead_type,
            "source": routed.source,
            "form_id": lead.form.id,
            "form": routed.form_nickname,
            "campaign_id": lead.campaign.id if lead.campaign else "",
            "campaign": routed.campaign_nickname,
            "rule": decision.rule if decision else "",
            "template": decision.then.template if decision else "default",
            "decision": orjson.dumps(decision_to_json(decision)).decode() if decision else None,
            "config_version": routed.config_version,
            "owner": owner,
            "owned_since": to_ms(now) if owner else None,
            "now": to_ms(now),
        },
    )
