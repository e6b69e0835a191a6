"""The seams, each with the promises its implementations keep. A second implementation of each is likely in this field."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.core.delivery import DeliveryKind, Receipt
from bot.core.ids import DeliveryId, LeadId
from bot.core.lead import Lead, Notification
from bot.core.story import LeadView


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedLead:
    """A lead with the answer it was read from, kept for as long as `keep_raw_answers` says."""

    lead: Lead
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One entry of `sources:` and one of its lead types: what the pull asks for in one go."""

    source: str  #: name under `sources:`
    owner: str  #: URN
    lead_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What a genuine or unsigned notification request said. `unknown` are entries of a type we do not know yet."""

    notifications: tuple[Notification, ...]
    unknown: tuple[str, ...] = ()  #: their `type` words, cut short, for the record
    is_signed: bool = True  #: False only where unsigned notifications are allowed to ring the door


class Source(Protocol):
    """Who tells us that a lead exists, and what the person answered. LinkedIn now; Meta and Google forms are likely."""

    def answer_challenge(self, query: Mapping[str, str]) -> dict[str, str]:
        """The JSON that proves we own the address. Raises RejectedRequest(400). Pure."""
        ...

    def read_notification(self, headers: Mapping[str, str], body: bytes) -> Posted:
        """Check the signature over the raw bytes and parse. Raises RejectedRequest(401 | 400). Pure."""
        ...

    async def fetch(self, response_id: str) -> FetchedLead:
        """The lead with its answers. Raises UpstreamError; NotFound when the other side has no such lead (yet)."""
        ...

    def recent(self, stream: Stream, *, since: datetime, until: datetime) -> AsyncIterator[FetchedLead]:
        """Every lead submitted in the window, newest first as a rule, possibly repeated. Raises UpstreamError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One delivery as its destination needs it."""

    delivery: DeliveryId
    kind: DeliveryKind
    address: str  #: the target's address (see Target)
    person: str = ""  #: name under `people:`; for PRIVATE: the Slack user id that shall see it
    lead: LeadView | None = None  #: for ALERT
    text: str = ""  #: for PRIVATE and NOTICE: plain text, nothing escaped yet
    first_tried_at: datetime | None = None  #: when the first attempt of all started
    tried_at: datetime | None = None  #: when the attempt whose end is unknown started
    is_plain: bool = False  #: send the safe plain version
    is_possible_repeat: bool = False  #: say that this may be a repeat


class Destination(Protocol):
    """Who is told: a kind of channel. Composes (pure) and sends; keeps nothing between calls that matters."""

    #: "slack", "email": the word in `Target.destination`
    name: str

    async def send(self, job: Job) -> Receipt:
        """Deliver once. Raises UpstreamError: AmbiguousError when the end is unknown, never a bare client error.

        Carries `job.delivery` in the message so that `look_up` can find it. Has its own deadline (under 20 s).
        """
        ...

    async def look_up(self, job: Job) -> Receipt | None:
        """Is the message of this delivery there? None = no.

        Raises Forbidden when the channel cannot be asked (or never can), other UpstreamErrors when not now.
        """
        ...

    async def edit(self, job: Job, receipt: Receipt) -> None:
        """Make the sent message show `job.lead` as it is now. Idempotent. Raises UpstreamError.

        A destination whose messages cannot be changed does nothing.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who pressed a button, as the channel vouches for them."""

    user: str  #: the channel's own id of them (Slack user id)
    person: str = ""  #: their name under `people:`, "" when the file does not know them
    is_outsider: bool = False  #: guest, bot, or from another company: may never act


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """One press of a button on a lead's card."""

    lead: LeadId
    actor: Actor
    channel: str  #: where to answer privately
    key: str  #: the same press repeated carries the same key


class Desk(Protocol):
    """Where people's presses are decided. Every call is one committed transaction, idempotent, and queues its answers.

    A call returns after the commit; whatever the person shall read (a refusal, a kind word) is a queued PRIVATE
    delivery, and the edited cards are queued too. Raises StoreUnavailable when nothing could be stored.
    """

    async def claim(self, press: Press) -> None:
        """Take the lead."""
        ...

    async def contacted(self, press: Press) -> None:
        """Record that the owner has talked to the person."""
        ...

    async def give_back(self, press: Press) -> None:
        """Let go of the lead."""
        ...
