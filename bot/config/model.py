"""What a good rule file says, as frozen values. Built by bot.config.load; nothing else makes a Config."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from bot.core.choosing import Router
from bot.core.delivery import Target
from bot.core.escalation import Escalation, FollowUp
from bot.core.facts import Vocabulary
from bot.core.hours import Hours
from bot.core.people import People
from bot.core.routing import Rule, TestLeads

#: The top keys of whoever runs the server. A running server keeps what it began with, whatever the file says by now.
SETTINGS = ("server", "database", "linkedin", "slack", "email", "secret_key")


class Secret:
    """A value that no log, page or traceback shows."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceEntry:
    """An entry of `sources:`."""

    name: str
    owner: str  #: "urn:li:sponsoredAccount:507857085"
    lead_types: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    host: str
    port: int
    public_url: str  #: without a slash at the end


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedInSettings:
    client_id: str
    client_secret: Secret
    access_token: Secret  #: empty: the account connected with `leadbell linkedin connect`
    api_url: str  #: without a slash at the end
    auth_url: str
    api_version: str  #: "202608"
    require_signature: bool
    poll_every: timedelta
    look_back: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackSettings:
    bot_token: Secret
    signing_secret: Secret
    api_url: str  #: with a slash at the end
    admin_channel: str  #: "#leadbell-admin"; "" = none


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """`smtp:` taken apart. `tls` is "starttls", "implicit" or "none"."""

    host: str
    port: int
    tls: str
    user: str = ""
    password: Secret = field(default_factory=lambda: Secret(""))


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailSettings:
    smtp: SmtpSettings | None  #: None = no mail is sent
    sender_name: str
    sender_address: str
    admin: str  #: where notices go when there is no Slack; "" = nowhere


@dataclass(frozen=True, slots=True, kw_only=True)
class Privacy:
    """`privacy:`: how long what is kept; counted from a lead's submit, or from when a row was settled."""

    keep_leads: timedelta = timedelta(days=365)  #: then the person is erased
    keep_raw_answers: timedelta = timedelta(days=90)  #: then LinkedIn's raw response is dropped
    keep_log: timedelta = timedelta(days=30)  #: then raw notifications and the texts of settled messages are dropped


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatLeads:
    """`repeat_leads:`: somebody who was here within this time is the same lead's owner's again, in the same thread."""

    by_email: bool
    by_member: bool
    within: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """An entry of `digests:`: one list at a set hour."""

    name: str
    at: int  #: minutes since midnight, in the file's time zone
    days: frozenset[int]  #: 0 = Monday
    post: tuple[Target, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """An entry of `checks:`: flat facts, and what the rules must make of them."""

    line: int
    column: int
    lead: Mapping[str, tuple[str, ...]]
    expect: Mapping[str, tuple[str, ...]]  #: rule, owner, post, email, template, escalate, digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole file."""

    path: Path
    text: str  #: the file's own text: holds references to secrets, never a secret
    version: str  #: first 12 hex digits of the text's SHA-256; every decision records it
    timezone: str
    sources: tuple[SourceEntry, ...]
    vocabulary: Vocabulary  #: `names:`, `fields:` and `sources:` as the facts need them
    people: People
    rules: tuple[Rule, ...]  #: read from the top; the last one fits every lead
    test_leads: TestLeads | None
    router: Router = field(compare=False, repr=False)  #: `rules` and `test_leads`, made ready
    templates: Mapping[str, str]  #: `templates:`; always holds "default"
    server: ServerSettings
    database: Path  #: absolute
    linkedin: LinkedInSettings
    slack: SlackSettings | None
    email: EmailSettings | None
    hours: Mapping[str, Hours] = field(default_factory=dict)
    escalations: Mapping[str, Escalation] = field(default_factory=dict)
    follow_up: FollowUp = field(default_factory=FollowUp)
    repeat_leads: RepeatLeads | None = None
    digests: Mapping[str, Digest] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    secret_key: Secret = field(default_factory=lambda: Secret(""))  #: "" = made once, kept beside the database
    privacy: Privacy = field(default_factory=Privacy)
    warnings: tuple[str, ...] = ()  #: what is worth reading in a file that can be used, one `FILE:LINE:COL: …` each
