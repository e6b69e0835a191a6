"""What the queues hand out and take back: work under a lease, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from bot.core.delivery import DeliveryKind, Receipt, Target
from bot.core.escalation import Escalation, FollowUp
from bot.core.ids import DeliveryId, LeadId
from bot.core.lead import Lead, LeadState
from bot.core.people import People
from bot.core.routing import Decision
from bot.core.story import LeadView

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leased(Generic[Item]):
    """A row that is ours until the lease ends. `token` fences: a settle with an old token changes nothing."""

    item: Item
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """The bot's word to whoever runs it. The same `key` is said once for ever; put an incident's start into it."""

    key: str
    text: str
    about: str = ""  #: the destination this is about, to be told through another one if there is one
    only_elsewhere: bool = False  #: and if there is none, not at all
    undo: str = ""  #: the version of the rule file that an Undo button below it takes back; "" = no button


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadWork:
    """A lead that waits to be fetched and routed."""

    id: LeadId
    response_id: str
    received_at: datetime
    first_tried_at: datetime  #: start of the first attempt to fetch it
    tries: int  #: attempts that ended in a failure so far
    starts: int  #: attempts started and not settled, this one included
    state: LeadState
    fetched: Lead | None = None  #: the pull brought it along: nothing to fetch
    is_late: bool = False
    is_quiet: bool = False  #: listed, not rung
    is_unsigned: bool = False  #: nobody vouches for it: worth a fetch, not a word to the operator
    doubted_deletion: bool = False  #: an unsigned DELETED came: does LinkedIn still have it?
    doubted_at: datetime | None = None  #: when that DELETED says it happened


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """What of the rule file decides what happens to a lead after the rules have chosen."""

    people: People = field(default_factory=People)
    escalations: Mapping[str, Escalation] = field(default_factory=dict)
    follow_up: FollowUp = field(default_factory=FollowUp)
    repeat_within: timedelta | None = None  #: None = repeat leads are leads like any other
    destinations: frozenset[str] = frozenset(
        {"slack", "email"}
    )  #: those that work: a word by another would wait for ever


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """Fetched and decided: what one transaction writes."""

    lead: Lead
    raw: bytes
    decision: Decision | None  #: None = quiet: kept and listed, nobody is told
    source: str
    form_nickname: str
    campaign_nickname: str
    facts: dict[str, str]
    config_version: str
    handling: Handling = field(default_factory=Handling)
    fingerprints: tuple[str, ...] = ()  #: keyed hashes by which the person is known when they come again
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Postponed:
    """Not fetched; due again at `due_at`, or never by itself when None."""

    state: LeadState  #: WAITING or PARKED
    due_at: datetime | None
    error: str
    counts: bool = True  #: False when only a pause was met
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """LinkedIn no longer has it, as an unsigned DELETED said: erase."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StillThere:
    """LinkedIn has it, whatever an unsigned DELETED says; asked again at `due_at`, left alone when None."""

    due_at: datetime | None = None


DispatchOutcome = Routed | Postponed | Deleted | StillThere


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryWork:
    """A delivery that is due: to be sent, or (`is_lookup`) to be looked for after an attempt with an unknown end."""

    id: DeliveryId
    kind: DeliveryKind
    destination: str
    target: Target
    is_lookup: bool
    is_refused: bool  #: its target is known to be down: do not try, go dead
    attempts: int  #: attempts that count, this one included
    starts: int  #: attempts started and not settled, this one included
    looks: int
    created_at: datetime
    first_tried_at: datetime
    tried_at: datetime
    is_plain: bool
    is_possible_repeat: bool
    lead: LeadView | None
    text: str
    revision: int = 0  #: of what the message will show
    leads: tuple[LeadView, ...] = ()  #: of a digest
    undo: str = ""
    thread: Receipt | None = None  #: the message that it answers


@dataclass(frozen=True, slots=True, kw_only=True)
class EditWork:
    """A sent message that no longer shows the lead as it is."""

    id: DeliveryId
    destination: str
    address: str
    receipt: Receipt
    lead: LeadView | None  #: None for a digest
    tries: int
    revision: int  #: of what the message shows once this edit is done
    kind: DeliveryKind = DeliveryKind.ALERT
    text: str = ""
    leads: tuple[LeadView, ...] = ()
    thread: Receipt | None = None
