"""Between rows and values: instants, leads as JSON, and the one way to read a stored lead as people see it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from bot.core.ids import LeadId
from bot.core.lead import Answer, Consent, Lead, LeadState, Named
from bot.core.story import LeadView

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def to_ms(instant: datetime) -> int:
    """An aware instant as milliseconds since 1970, exact."""
    return (instant - _EPOCH) // _MILLISECOND


def from_ms(milliseconds: int) -> datetime:
    """The instant, aware UTC."""
    return _EPOCH + milliseconds * _MILLISECOND


def maybe_from_ms(milliseconds: int | None) -> datetime | None:
    """The instant, or None for NULL."""
    return None if milliseconds is None else from_ms(milliseconds)


def content_to_json(lead: Lead, facts: Mapping[str, str]) -> str:
    """Everything that is erased together, as text."""
    return orjson.dumps({"lead": lead, "facts": dict(facts)}).decode()


def lead_from_content(text: str) -> Lead:
    """The lead that `content_to_json` wrote."""
    return _lead(orjson.loads(text)["lead"])


def _lead(raw: dict[str, Any]) -> Lead:
    return Lead(
        response_id=raw["response_id"],
        submitted_at=datetime.fromisoformat(raw["submitted_at"]),
        owner=raw["owner"],
        lead_type=raw["lead_type"],
        is_test=raw["is_test"],
        form=Named(**raw["form"]),
        form_version=raw["form_version"],
        campaign=_named(raw["campaign"]),
        event=_named(raw["event"]),
        account=_named(raw["account"]),
        answers=tuple(Answer(**{**answer, "values": tuple(answer["values"])}) for answer in raw["answers"]),
        hidden=raw["hidden"],
        consents=tuple(Consent(**consent) for consent in raw["consents"]),
        member=raw.get("member", ""),
    )


def _named(raw: dict[str, str] | None) -> Named | None:
    return None if raw is None else Named(**raw)


#: The columns of `lead` that a LeadView is made of; `l` is the table.
VIEW_COLUMNS = """l.id, l.state, l.received_at, l.rule, l.template, l.owner, l.owned_since, l.claimed_at,
    l.contacted_at, l.is_late, l.source, l.form, l.campaign, l.content, l.revision, l.team, l.offered_at, l.held_until,
    l.given_back_by, l.outcome_reason, l.repeat_of"""


def view(row: sqlite3.Row) -> LeadView:
    """A row with VIEW_COLUMNS (its `id` may come as `lead_id`) as people see it."""
    content = orjson.loads(row["content"]) if row["content"] else None
    return LeadView(
        id=LeadId(row["id"]),
        lead=_lead(content["lead"]) if content else None,
        state=LeadState(row["state"]),
        received_at=from_ms(row["received_at"]),
        rule=row["rule"],
        template=row["template"],
        owner=row["owner"],
        owned_since=maybe_from_ms(row["owned_since"]),
        claimed_at=maybe_from_ms(row["claimed_at"]),
        contacted_at=maybe_from_ms(row["contacted_at"]),
        is_late=bool(row["is_late"]),
        source=row["source"],
        form_nickname=row["form"],
        campaign_nickname=row["campaign"],
        facts=content["facts"] if content else {},
        team=row["team"],
        is_offered=row["offered_at"] is not None,
        held_until=maybe_from_ms(row["held_until"]),
        given_back_by=row["given_back_by"],
        junk_reason=row["outcome_reason"],
        is_repeat=row["repeat_of"] is not None,
        revision=row["revision"],
    )


def load_view(connection: sqlite3.Connection, lead_id: str) -> LeadView:
    """One lead as it is now. The lead must exist."""
    # the column list is a constant of this module
    row = connection.execute(f"SELECT {VIEW_COLUMNS} FROM lead l WHERE l.id = ?", (lead_id,)).fetchone()  # noqa: S608
    return view(row)
