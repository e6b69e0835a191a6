"""A notification (ids only) and a lead (a person and their answers), as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class LeadState(StrEnum):
    """Where a lead stands (contract §2). `assigned` is the rules' doing, `claimed` is a person's."""

    RECEIVED = "received"
    WAITING = "waiting_for_linkedin"
    PARKED = "parked"
    UNASSIGNED = "unassigned"
    ASSIGNED = "assigned"
    CLAIMED = "claimed"
    CONTACTED = "contacted"
    MEETING = "meeting"
    WON = "won"
    LOST = "lost"
    JUNK = "junk"
    ERASED = "erased"


#: Not yet fetched: there is no person and no decision.
UNFETCHED = frozenset({LeadState.RECEIVED, LeadState.WAITING, LeadState.PARKED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What a source posts: which response, what happened to it, when. Identity: (response_id, action, occurred_at)."""

    response_id: str
    action: str  #: "CREATED", "DELETED", or a word we do not know yet
    occurred_at: datetime  #: aware UTC, exact to the millisecond
    lead_type: str = ""  #: "SPONSORED", "EVENT", …; open list
    owner: str = ""  #: URN of the ad account or the organization
    form: str = ""  #: form id, digits; "" = not told
    form_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A thing of LinkedIn's with an id and, when we were told, a name."""

    id: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One question's reply, ready to read."""

    question: str  #: the question's text in the form's language, or a readable stand-in
    values: tuple[str, ...]  #: one entry for text, one per chosen option
    field: str = ""  #: snake_case predefined field ("email", "company"), "" for the form's own questions
    name: str = ""  #: the question's internal name; not a stable identifier

    @property
    def text(self) -> str:
        """What a person reads."""
        return ", ".join(self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One consent line of the form and whether it was ticked."""

    id: str
    text: str
    accepted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """A person, what they answered, and where it came from. Identity: (response_id, submitted_at)."""

    response_id: str
    submitted_at: datetime  #: aware UTC, exact to the millisecond
    owner: str  #: URN of the ad account or organization
    lead_type: str
    is_test: bool = False
    form: Named = Named(id="")
    form_version: str = ""
    campaign: Named | None = None  #: the API's campaign (the screen may call it "ad set")
    event: Named | None = None
    account: Named | None = None  #: the owner with its name, when told
    answers: tuple[Answer, ...] = ()
    hidden: Mapping[str, str] = field(default_factory=dict)  #: the form's fixed hidden fields
    consents: tuple[Consent, ...] = ()
    member: str = ""  #: a keyed hash of LinkedIn's id of the member, never the id itself; "" = not told

    def answered(self, name: str) -> str:
        """The text of the predefined answer `name` ("email"), or ""."""
        return next((answer.text for answer in self.answers if answer.field == name), "")

    @property
    def full_name(self) -> str:
        """First and last name as far as given, or ""."""
        return " ".join(part for part in (self.answered("first_name"), self.answered("last_name")) if part)
