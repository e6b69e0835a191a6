"""The seams, each with the promises that its implementations keep."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.core.claiming import Actor, ClaimAction, ClaimResult, Permission
from bot.core.connection import Grant, TokenFacts
from bot.core.counting import Comparison, Listed, OurLeads
from bot.core.delivery import DeliveryKind, Outcome, Receipt, Target
from bot.core.ids import DeliveryId, LeadId
from bot.core.lead import Lead, Notification
from bot.core.listening import Alarm, Heard, Troubles
from bot.core.story import LeadView
from bot.core.work import DeliveryWork, DispatchOutcome, EditWork, Handling, LeadWork, Leased, Notice


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


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundLead:
    """A lead that the pull found, and what is to become of it."""

    fetched: FetchedLead
    is_quiet: bool  #: listed, not rung
    cause: str = ""  #: why the webhook had not brought it; "" on a stream's first pull


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
        """Every lead submitted in the window, newest first as a rule, possibly repeated.

        Raises UpstreamError; UnreadableEntries at the end, when all but those entries were passed on.
        """
        ...

    def listed(self, stream: Stream, *, since: datetime, until: datetime) -> AsyncIterator[Listed]:
        """Who was submitted in the window, without the answers: for counting. Raises UpstreamError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """LinkedIn's promise to post an owner's leads of one type to an address."""

    id: str
    webhook: str  #: the whole address
    owner: str  #: URN
    lead_type: str
    form: str = ""  #: URN of the one form version it is for; "" = every form
    entity: str = ""  #: URN of the one event or the like it is for; "" = every one


class Subscriptions(Protocol):
    """Who is told of new leads, as the other side keeps it."""

    async def subscriptions(self, owner: str, lead_type: str) -> list[Subscription]:
        """All of this app's and member's, whatever address they name. Raises UpstreamError."""
        ...

    async def subscribe(self, webhook: str, owner: str, lead_type: str, *, form: str = "", entity: str = "") -> str:
        """Create; the new id. The other side asks the address to prove itself before it answers.

        Raises ChallengeFailed, Conflict (there is such a one), AmbiguousError (list before repeating), UpstreamError.
        """
        ...

    async def unsubscribe(self, subscription_id: str) -> None:
        """Delete; one that is gone already is fine. Raises UpstreamError."""
        ...


class SubscriptionBook(Protocol):
    """Which subscriptions we made ourselves, so that only those are ever removed. Every call is one transaction."""

    async def ours(self) -> dict[str, Subscription]:
        """All that were remembered and not forgotten, by id."""
        ...

    async def remember(self, subscription: Subscription, *, now: datetime) -> None:
        """Keep one, once the other side has it. Idempotent."""
        ...

    async def forget(self, subscription_id: str) -> None:
        """Drop one, once the other side no longer has it. Idempotent."""
        ...


class Authority(Protocol):
    """Who gives tokens (OAuth 2.0). Nothing here touches the store."""

    def consent_url(self, *, redirect_uri: str, state: str, scopes: Sequence[str]) -> str:
        """Where the member is sent to consent to all of `scopes` at once. Pure."""
        ...

    async def exchange(self, code: str, *, redirect_uri: str) -> Grant:
        """The consent's code for tokens; a code works once. Raises SignInNeeded when it does not, UpstreamError."""
        ...

    async def refresh(self, grant: Grant) -> Grant:
        """A new access token. Raises SignInNeeded when the refresh token is dead, TemporaryError when not now."""
        ...

    async def introspect(self, token: str) -> TokenFacts:
        """What the other side knows of a token. Raises UpstreamError."""
        ...


class Credentials(Protocol):
    """Where the grant is kept, encrypted. Every call is one committed transaction."""

    async def load(self) -> Grant | None:
        """The connected account's; None when nobody connected. Raises StoreError when no key opens it."""
        ...

    async def save(self, grant: Grant, *, now: datetime) -> None:
        """Replace what is stored. A new consent also ends the waits of the upstream's pauses: one careful call goes."""
        ...

    async def reseal(self) -> None:
        """Encrypt what is stored with the first key, where an older one did, so that this one can go. Idempotent.

        Raises StoreError as `load` does.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One delivery as its destination needs it."""

    delivery: DeliveryId
    kind: DeliveryKind
    address: str  #: the target's address (see Target)
    person: str = ""  #: name under `people:`; for PRIVATE: the Slack user id that shall see it
    lead: LeadView | None = None  #: for ALERT
    leads: tuple[LeadView, ...] = ()  #: for DIGEST, oldest first, without erased ones
    text: str = ""  #: for PRIVATE and NOTICE: plain text, nothing escaped yet; REMINDER: a Reminder; DIGEST: its name
    undo: str = ""  #: for NOTICE: the version that an Undo button takes back; "" = no button
    thread: Receipt | None = None  #: post as an answer to this message
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
class Press:
    """One press of a button on a lead's card."""

    lead: LeadId
    actor: Actor
    channel: str  #: where to answer privately
    key: str  #: the same press repeated carries the same key
    detail: str = ""  #: for JUNK: the reason


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoPress:
    """One press of Undo below a notice."""

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

    async def outcome(self, action: ClaimAction, press: Press) -> None:
        """Record what became of it: MEETING, WON, LOST, or JUNK with its reason in `press.detail`."""
        ...

    async def undo(self, version: str, press: UndoPress) -> None:
        """Take back the version of the rule file that went live, for managers only; others are told so privately."""
        ...


class Inbox(Protocol):
    """Where notifications enter. Every call is one committed transaction."""

    async def record(self, posted: Posted, *, raw: bytes, notices: Sequence[Notice], now: datetime) -> int:
        """Store what a webhook brought; the number of notifications not seen before.

        A repeat changes nothing. A believed DELETED erases what it covers, whether or not that has arrived yet.
        Raises StoreUnavailable: then nothing at all was stored.
        """
        ...

    async def missing(self, found: Sequence[FetchedLead]) -> list[FetchedLead]:
        """Those of `found` that never entered: neither known nor on their way by webhook."""
        ...

    async def record_found(self, found: Sequence[FoundLead], *, now: datetime) -> int:
        """Enter leads that the pull found, by the same door; wakes parked ones. The number newly entered."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamProgress:
    """How far one stream has been pulled."""

    first_pull_at: datetime
    last_pull_at: datetime  #: everything submitted until then was asked for
    full_pull_at: datetime  #: and then the whole `look_back` was


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietLead:
    """A lead that is listed instead of rung; nothing of the person."""

    id: LeadId
    submitted_at: datetime
    form: str
    campaign: str


class PullBook(Protocol):
    """What the pull remembers. Every call is one committed transaction."""

    async def progress(self, stream: Stream) -> StreamProgress | None:
        """None = this stream was never pulled to the end."""
        ...

    async def pulled(self, stream: Stream, *, until: datetime, is_full: bool) -> None:
        """Remember that this stream was pulled to the end of its window."""
        ...

    async def list_quiet(
        self, stream: Stream, words: Callable[[Sequence[QuietLead], int], Notice], *, now: datetime
    ) -> int:
        """Queue one notice about the stream's quiet leads that no list has named yet; how many those were.

        `words` gets the oldest of them and their number; it runs inside the transaction and must be pure.
        """
        ...

    async def days_pulled(self, stream: Stream, *, since: datetime) -> set[datetime]:
        """The beginnings of the days that were pulled to the end by hand at `since` or later."""
        ...

    async def day_pulled(self, stream: Stream, day: datetime, *, now: datetime) -> None:
        """Remember that the day that begins at `day` was pulled to the end."""
        ...


class WatchBook(Protocol):
    """What tells whether the webhook is heard. Every call is one committed transaction."""

    async def began(self, *, now: datetime) -> None:
        """A server started."""
        ...

    async def alive(self, *, now: datetime) -> None:
        """It still runs."""
        ...

    async def challenged(self, *, now: datetime) -> None:
        """LinkedIn checked the address and got its answer."""
        ...

    async def heard(self, stream: Stream, *, is_public: bool, now: datetime) -> Heard:
        """What the stream's webhook has brought lately. `is_public`: LinkedIn can post to our address at all."""
        ...

    async def troubles(self, stream: Stream, *, since: datetime) -> Troubles:
        """What did not work since then."""
        ...

    async def alarmed(self) -> Mapping[tuple[str, str], Alarm]:
        """(owner, lead type) of the streams whose webhook is thought not to be heard, and how we know."""
        ...

    async def raise_alarm(self, stream: Stream, alarm: Alarm, notice: Notice, *, now: datetime) -> bool:
        """Remember it and queue the notice; False, and nothing done, when it was raised already."""
        ...

    async def end_alarm(self, stream: Stream, notice: Notice, *, now: datetime) -> bool:
        """The webhook is heard again: end the alarm and queue the notice; False when there was none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """One night's comparison of one stream."""

    stream: Stream
    night: str  #: the local date on which it was counted
    comparison: Comparison
    entered: int = 0  #: how many of the missing were fetched


class TallyBook(Protocol):
    """The nightly counts. Every call is one committed transaction."""

    async def our_leads(self, stream: Stream, *, since: datetime, until: datetime) -> OurLeads:
        """What we hold of the window."""
        ...

    async def is_counted(self, stream: Stream, night: str) -> bool:
        """Was this stream counted on that night?"""
        ...

    async def counted(self, tallies: Sequence[Tally], notice: Notice, *, now: datetime) -> None:
        """Keep one source's results and queue the word about them.

        Where so few are gone that it may be (`may_doubt`), LinkedIn is asked for each, and what it has not is erased.
        """
        ...


class LeadQueue(Protocol):
    """Leads that wait to be fetched and routed."""

    async def lease(self, *, limit: int, now: datetime, keep_for: timedelta) -> list[Leased[LeadWork]]:
        """Take up to `limit` due leads, oldest first, atomically.

        Empty while the source is paused; one when it may be up again.
        """
        ...

    async def settle(
        self, leased: Leased[LeadWork], outcome: DispatchOutcome, *, answered: bool, now: datetime
    ) -> bool:
        """Write the outcome in one transaction; False, and nothing written, if the lease had passed to someone else.

        `answered`: the upstream gave a sane answer, so its pause, if any, is over.
        """
        ...


class Outbox(Protocol):
    """Deliveries that wait to be sent, looked for, or brought up to date."""

    async def lease(
        self, destination: str, *, limit: int, now: datetime, keep_for: timedelta
    ) -> list[Leased[DeliveryWork]]:
        """Take up to `limit` due deliveries atomically: at most one per channel, within its pace, oldest first."""
        ...

    async def settle(
        self,
        leased: Leased[DeliveryWork],
        outcome: Outcome,
        *,
        answered: bool,
        fallback: Sequence[Target] = (),
        notices: Sequence[Notice] = (),
        now: datetime,
    ) -> bool:
        """Write the outcome in one transaction; False if the lease had passed to someone else.

        `answered`: the destination gave a sane answer, so its pause, if any, is over.

        `fallback` gets the lead when the outcome is Dead and nothing else of it has reached or may reach anybody.
        """
        ...


class Edits(Protocol):
    """Sent messages whose lead has changed since."""

    async def lease(
        self, destination: str, *, limit: int, now: datetime, keep_for: timedelta
    ) -> list[Leased[EditWork]]:
        """Take sent messages whose lead has changed since; only the newest state is shown."""
        ...

    async def settle(
        self,
        leased: Leased[EditWork],
        *,
        try_again_at: datetime | None,
        is_shown: bool,
        answered: bool,
        post_anew: bool = False,
        now: datetime,
    ) -> bool:
        """Record what the message shows now. Stays due when the lead has changed meanwhile.

        `post_anew`: the message can never be changed again, so a new one is queued for the same target, once.
        """
        ...


class Pauses(Protocol):
    """What is closed for a while: an upstream ("linkedin", "slack") or one activity of it ("slack:send").

    The end of a pause lets one careful call through; an answered call opens the scope again (see `settle`).
    """

    async def close(
        self, scope: str, *, wait: Callable[[int], timedelta], reason: str, cause: str = "", now: datetime
    ) -> datetime:
        """Close `scope`; when this began (the same instant for as long as it stays closed).

        `wait` says how long, given how often in a row a careful call has met the closed door, this time included; it
        runs inside the transaction and must be pure. `cause` is a word for the causes of late leads.
        """
        ...

    async def answered(self, scopes: Sequence[str], *, now: datetime) -> None:
        """A call that no queue handed out got a sane answer: these scopes are open again."""
        ...

    async def is_closed(self, scope: str, *, now: datetime) -> bool:
        """Is `scope` closed at this moment?"""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerWords:
    """What the operator is told of timers. Each runs inside the transaction and must be pure."""

    stuck: Callable[[str, datetime], Notice]  #: of a lead whose timer fails
    unreached: Callable[[str, str, datetime], Notice]  #: of a lead, and who hears nothing of it; "" = any manager


class Timers(Protocol):
    """What is to happen to leads on which nobody acts."""

    async def fire(self, handling: Handling, words: TimerWords, *, limit: int, now: datetime) -> int:
        """Do what is due for up to `limit` leads, in one transaction; how many there were.

        Where steps of different times are due, as after an outage, only the last is done. A lead whose timer fails is
        left as it was, told once and tried again after an hour; the others are not held up.
        """
        ...

    async def look_for_owners(self, *, now: datetime) -> None:
        """Held leads are due now: somebody may be free whom nobody knew of when they were held."""
        ...


class Digests(Protocol):
    """Lists of leads at a set hour."""

    async def last_made(self, name: str) -> datetime | None:
        """When the digest was made last, or begun; None = neither."""
        ...

    async def begin(self, name: str, *, now: datetime) -> None:
        """Remember since when there is this digest, so that its first list comes at its hour. Idempotent."""
        ...

    async def make(self, name: str, targets: Sequence[Target], *, now: datetime) -> int:
        """Queue one list of everything that it has not listed yet, in one transaction; how many leads. Empty: none."""
        ...


class NoticeBoard(Protocol):
    """Where the bot's own words to the operator are queued."""

    async def post(self, notice: Notice, *, now: datetime) -> None:
        """Queue a notice once per key."""
        ...


class ClaimBook(Protocol):
    """Who has which lead. Every call is one committed transaction and idempotent."""

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
        """Decide a press by one conditional update; end or start its timers, queue the edited cards and the answer.

        `answer` words the result ("" = nothing to say); it runs inside the transaction and must be pure.
        """
        ...
