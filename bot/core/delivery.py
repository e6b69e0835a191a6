"""A delivery's states, the only allowed moves between them, and what one attempt may lead to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DeliveryState(StrEnum):
    """Contract §9."""

    PENDING = "pending"
    SENDING = "sending"
    UNKNOWN = "unknown"
    SENT = "sent"
    DEAD = "dead"
    CANCELLED = "cancelled"


#: Every move there is; the store refuses others by comparing the state in the same statement.
MOVES: dict[DeliveryState, frozenset[DeliveryState]] = {
    DeliveryState.PENDING: frozenset({DeliveryState.SENDING, DeliveryState.DEAD, DeliveryState.CANCELLED}),
    DeliveryState.SENDING: frozenset(
        {DeliveryState.SENT, DeliveryState.UNKNOWN, DeliveryState.PENDING, DeliveryState.DEAD, DeliveryState.CANCELLED}
    ),
    DeliveryState.UNKNOWN: frozenset(
        {DeliveryState.SENT, DeliveryState.UNKNOWN, DeliveryState.PENDING, DeliveryState.DEAD, DeliveryState.CANCELLED}
    ),
    DeliveryState.SENT: frozenset(),
    DeliveryState.DEAD: frozenset({DeliveryState.PENDING, DeliveryState.UNKNOWN, DeliveryState.CANCELLED}),
    DeliveryState.CANCELLED: frozenset(),
}


class DeliveryKind(StrEnum):
    """What is delivered."""

    ALERT = "alert"  #: a lead's card or mail
    PRIVATE = "private"  #: an answer that only one person sees, to something they pressed
    NOTICE = "notice"  #: the bot's word to whoever runs it
    REMINDER = "reminder"  #: a word to a person about a lead that waits; its text is a Reminder
    DIGEST = "digest"  #: one list of leads


class Reminder(StrEnum):
    """What a reminder says; the words are made when it is sent, from the lead as it stands then."""

    WAITS = "waits"  #: to the owner: your lead waits for a claim
    OFFERED = "offered"  #: to the channel, in the card's thread: anybody of the team may claim it now
    NOBODY_ACTS = "nobody acts"  #: to the manager
    YOURS_NOW = "yours now"  #: to the new owner: it came back from somebody else, or opening hours have begun
    UNCONTACTED = "uncontacted"  #: to the owner: claimed, and nobody pressed Contacted
    TAKEN_BACK = "taken back"  #: to the former owner: it went to somebody else


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One address that a rule names."""

    destination: str  #: a key of the registry of destinations: "slack", "email"
    address: str  #: "#leads-dach", "C0123", a Slack user ("U0BEN" or their e-mail there), or a mailbox
    person: str = ""  #: the name under `people:` when the target is a person


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the channel returned: where the message is. `address` may be more exact than the target was."""

    address: str  #: Slack: channel id. Mail: the mailbox
    message: str  #: Slack: ts, a string for ever. Mail: the Message-ID
    is_plain: bool = False  #: the safe plain version went out


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The message is there."""

    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """It is not there; due again at `due_at`. `counts` is False when only a pause was met."""

    due_at: datetime
    error: str
    counts: bool = True
    make_plain: bool = False  #: next time send the safe plain version
    is_possible_repeat: bool = False  #: nobody could be asked whether it is there: mark it


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """It may be there; look at `due_at`. `looks` counts the looks that found nothing so far."""

    due_at: datetime
    error: str
    looks: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dead:
    """It will not be sent until a person asks for it. `is_target_down` takes the whole target out."""

    error: str
    advice: str = ""
    is_target_down: bool = False


Outcome = Sent | Again | Unknown | Dead
