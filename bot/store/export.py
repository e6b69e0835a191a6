"""Everything that is known of one person, read from every table that may hold something of theirs."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from bot.core.lead import Lead, Named
from bot.store.database import Database, Transaction
from bot.store.privacy import find_address
from bot.store.rows import from_ms, lead_from_content

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Export:
    """Answers from committed data; changes nothing."""

    database: Database

    async def of_address(self, address: str) -> Json:
        """All leads that gave this e-mail address; what they hold is as the person typed it. JSON values only."""
        found = await find_address(self.database, address)
        leads = await self.database.read(lambda tx: _leads(tx, found.leads))
        return {"leads": leads, "mentioned_in": list(found.mentioned), "waiting": found.waiting}


def _leads(tx: Transaction, ids: Sequence[str]) -> list[Json]:
    rows = (tx.execute("SELECT * FROM lead WHERE id = ?", (lead_id,)).fetchone() for lead_id in ids)
    return [_lead(tx, row) for row in rows if row["content"]]  # one may have been erased a moment ago


def _lead(tx: Transaction, row: sqlite3.Row) -> Json:
    lead = lead_from_content(row["content"])
    return {
        "lead": row["id"],
        "response_id": row["response_id"],
        "state": row["state"],
        **_times(row, ("submitted_at", "notified_at", "received_at", "claimed_at", "contacted_at", "outcome_at")),
        "owner": row["owner"],
        "team": row["team"],
        **_times(row, ("offered_at", "held_until")),
        "given_back_by": row["given_back_by"],
        "outcome_reason": row["outcome_reason"],
        "repeat_of": row["repeat_of"],
        "digest": row["digest"],
        **_times(row, ("digested_at",)),
        "test": bool(row["is_test"]),
        "late": bool(row["is_late"]),
        **_origin(row, lead),
        "answers": [
            {"question": each.question, "field": each.field, "values": list(each.values)} for each in lead.answers
        ],
        "hidden_fields": dict(lead.hidden),
        "consents": [{"id": each.id, "text": each.text, "accepted": each.accepted} for each in lead.consents],
        "facts": orjson.loads(row["content"])["facts"],
        "decision": orjson.loads(row["decision"]) if row["decision"] else None,
        "config_version": row["config_version"],
        "raw": _raw(row["raw"]),
        "recognised_by": _fingerprints(tx, row["id"]),
        "turns": _turns(tx, row["id"]),
        "next": _timers(tx, row["id"]),
        "milestones": _milestones(tx, row["id"]),
        "deliveries": _deliveries(tx, row["id"]),
        "notifications": _notifications(tx, row["response_id"]),
    }


def _origin(row: sqlite3.Row, lead: Lead) -> Json:
    return {
        "source": row["source"],
        "lead_type": lead.lead_type,
        "owner_urn": lead.owner,
        "account": _named(lead.account),
        "form": {**(_named(lead.form) or {}), "version": lead.form_version, "nickname": row["form"]},
        "campaign": _named(lead.campaign),
        "event": _named(lead.event),
    }


def _fingerprints(tx: Transaction, lead_id: str) -> list[str]:
    """Keyed hashes of the e-mail address and of LinkedIn's id, by which the person is known when they come again."""
    rows = tx.execute("SELECT print FROM fingerprint WHERE lead_id = ? ORDER BY print", (lead_id,)).fetchall()
    return [row["print"] for row in rows]


def _turns(tx: Transaction, lead_id: str) -> list[Json]:
    rows = tx.execute("SELECT * FROM turn WHERE lead_id = ? ORDER BY id", (lead_id,)).fetchall()
    return [{"team": row["team"], "person": row["person"], **_times(row, ("taken_at", "returned_at"))} for row in rows]


def _timers(tx: Transaction, lead_id: str) -> list[Json]:
    rows = tx.execute("SELECT * FROM timer WHERE lead_id = ? ORDER BY due_at, number", (lead_id,)).fetchall()
    return [{**_times(row, ("due_at",)), "action": row["action"]} for row in rows]


def _milestones(tx: Transaction, lead_id: str) -> list[Json]:
    rows = tx.execute(
        "SELECT at, what, who, detail FROM milestone WHERE lead_id = ? ORDER BY id", (lead_id,)
    ).fetchall()
    return [{**_times(row, ("at",)), "what": row["what"], "who": row["who"], "detail": row["detail"]} for row in rows]


def _deliveries(tx: Transaction, lead_id: str) -> list[Json]:
    rows = tx.execute(
        """SELECT * FROM delivery WHERE lead_id = :lead
           UNION ALL
           SELECT d.* FROM digest_entry e JOIN delivery d ON d.id = e.delivery_id WHERE e.lead_id = :lead
           ORDER BY 1""",
        {"lead": lead_id},
    ).fetchall()
    return [
        {
            "delivery": row["id"],
            "kind": row["kind"],
            "destination": row["destination"],
            "target": row["address"],
            "person": row["person"],
            "state": row["state"],
            **_times(row, ("created_at", "settled_at")),
        }
        for row in rows
    ]


def _notifications(tx: Transaction, response_id: str) -> list[Json]:
    rows = tx.execute(
        "SELECT * FROM notification WHERE response_id = ? ORDER BY occurred_at", (response_id,)
    ).fetchall()
    return [
        {
            "action": row["action"],
            **_times(row, ("occurred_at", "received_at")),
            "via": row["via"],
            "raw": _raw(row["raw"]),
        }
        for row in rows
    ]


def _named(thing: Named | None) -> Json | None:
    return None if thing is None else {"id": thing.id, "name": thing.name}


def _raw(text: str | None) -> object:
    """As JSON where it is JSON, which it is from LinkedIn; None when it is no longer kept."""
    try:
        return None if text is None else orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _times(row: sqlite3.Row, columns: Sequence[str]) -> Json:
    return {column: _time(row[column]) for column in columns}


def _time(milliseconds: int | None) -> str | None:
    if milliseconds is None:
        return None
    return from_ms(milliseconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")
