"""Read-only questions of people: lists, stories and reasons, as plain JSON-ready values (contract §4)."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from bot.store.database import Database, Transaction
from bot.store.notice_board import SqliteDirectory
from bot.store.rows import from_ms, lead_from_content

Json = dict[str, object]

_OPEN_STATES = ("received", "waiting_for_linkedin", "parked", "unassigned", "assigned", "claimed")


@dataclass(frozen=True, slots=True)
class Reading:
    """Answers from committed data; changes nothing."""

    database: Database

    async def leads(self, *, only_open: bool, owners: Sequence[str], limit: int) -> list[Json]:
        """The newest leads first. `owners` = any of these names or ids, empty = everybody's."""

        def question(tx: Transaction) -> list[Json]:
            marks = ", ".join("?" * len(owners))
            where = [f"owner IN ({marks})"] if owners else []
            if only_open:
                where.append(f"state IN ({', '.join(repr(state) for state in _OPEN_STATES)})")
            condition = f"WHERE {' AND '.join(where)}" if where else ""
            rows = tx.execute(
                f"SELECT * FROM lead {condition} ORDER BY received_at DESC, id DESC LIMIT ?",  # noqa: S608
                (*owners, limit),
            )
            return [_lead(row) for row in rows.fetchall()]

        return await self.database.read(question)

    async def slack_users(self) -> dict[str, str]:
        """Everybody whom Slack has named so far: e-mail address -> Slack user id."""
        return await SqliteDirectory(self.database).load()

    async def lead(self, wanted: str) -> Json | None:
        """The story of one lead step by step. `wanted`: our id, LinkedIn's response id or its URN; None = unknown."""

        def question(tx: Transaction) -> Json | None:
            row = _find(tx, wanted)
            if row is None:
                return None
            milestones = tx.execute(
                "SELECT at, what, who, detail FROM milestone WHERE lead_id = ? ORDER BY id", (row["id"],)
            ).fetchall()
            deliveries = tx.execute("SELECT * FROM delivery WHERE lead_id = ? ORDER BY id", (row["id"],)).fetchall()
            timers = tx.execute(
                "SELECT due_at, action, ways FROM timer WHERE lead_id = ? ORDER BY due_at, number", (row["id"],)
            ).fetchall()
            return {
                **_lead(row),
                "repeat_of": row["repeat_of"],
                "digest": row["digest"],
                "digested_at": _time(row["digested_at"]),
                "given_back_by": row["given_back_by"],
                "next": [_timer(each) for each in timers],
                "error": row["error"],
                "answers": _answers(row),
                "steps": [{**dict(each), "at": _time(each["at"])} for each in milestones],
                "deliveries": [_delivery(each) for each in deliveries],
            }

        return await self.database.read(question)

    async def why(self, wanted: str) -> Json | None:
        """The decision about a stored lead as it was made then; None = no such lead or nothing decided (yet)."""

        def question(tx: Transaction) -> Json | None:
            row = _find(tx, wanted)
            if row is None or row["decision"] is None:
                return None
            decision: Json = orjson.loads(row["decision"])
            return {
                "lead": row["id"],
                "config_version": row["config_version"],
                "decided_at": _time(row["decided_at"]),
            } | decision

        return await self.database.read(question)

    async def deliveries(self, *, only_dead: bool, limit: int) -> list[Json]:
        """The newest deliveries first."""
        condition = "WHERE state = 'dead'" if only_dead else ""
        statement = f"SELECT * FROM delivery {condition} ORDER BY created_at DESC, id DESC LIMIT ?"  # noqa: S608
        return await self.database.read(
            lambda tx: [_delivery(row) for row in tx.execute(statement, (limit,)).fetchall()]
        )


def _find(tx: Transaction, wanted: str) -> sqlite3.Row | None:
    """The lead by any of its names; of several registrations under one response id the newest."""
    response_id = wanted.removeprefix("urn:li:leadGenFormResponse:")
    row: sqlite3.Row | None = tx.execute(
        "SELECT * FROM lead WHERE id = ? OR response_id = ? ORDER BY received_at DESC LIMIT 1", (wanted, response_id)
    ).fetchone()
    return row


def _lead(row: sqlite3.Row) -> Json:
    lead = lead_from_content(row["content"]) if row["content"] else None
    return {
        "lead": row["id"],
        "response_id": row["response_id"],
        "submitted_at": _time(row["submitted_at"]),
        "received_at": _time(row["received_at"]),
        "state": row["state"],
        "owner": row["owner"],
        "team": row["team"],
        "offered_at": _time(row["offered_at"]),
        "held_until": _time(row["held_until"]),
        "outcome_at": _time(row["outcome_at"]),
        "outcome_reason": row["outcome_reason"],
        "rule": row["rule"],
        "form": row["form"] or row["form_id"],
        "campaign": row["campaign"] or row["campaign_id"],
        "source": row["source"],
        "first_name": lead.answered("first_name") if lead else "",
        "last_name": lead.answered("last_name") if lead else "",
        "email": (lead.answered("email") or lead.answered("work_email")) if lead else "",
        "test": bool(row["is_test"]),
        "late": bool(row["is_late"]),
    }


def _timer(row: sqlite3.Row) -> Json:
    """What happens to the lead at that time if nobody acts before."""
    return {"at": _time(row["due_at"]), "what": row["action"], "by": row["ways"].split()}


def _answers(row: sqlite3.Row) -> list[Mapping[str, str]]:
    if not row["content"]:
        return []
    return [{"question": each.question, "answer": each.text} for each in lead_from_content(row["content"]).answers]


def _delivery(row: sqlite3.Row) -> Json:
    return {
        "delivery": row["id"],
        "lead": row["lead_id"],
        "kind": row["kind"],
        "says": row["text"] if row["kind"] in {"reminder", "digest"} else "",
        "destination": row["destination"],
        "target": row["address"],
        "state": row["state"],
        "attempts": row["attempts"],
        "due_at": _time(row["due_at"]) if row["state"] in {"pending", "unknown"} else None,
        "error": row["error"],
    }


def _time(milliseconds: int | None) -> str | None:
    if milliseconds is None:
        return None
    return from_ms(milliseconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")
