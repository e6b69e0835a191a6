"""The consent by which LinkedIn lets us in: its tokens, how long they live, when to renew and when to warn. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto

#: Asked for once and all together: asking for another set later makes every earlier token of that member invalid.
#: https://learn.microsoft.com/en-us/linkedin/shared/authentication/authorization-code-flow
SCOPES = ("r_marketing_leadgen_automation", "r_ads", "rw_ads", "r_organization_admin", "r_events")

#: Where our own server begins the consent and gets its answer, under `server.public_url`.
CONNECT_PATH, CALLBACK_PATH = "/linkedin/connect", "/linkedin/callback"

ADVICE_CONNECT = "Run `leadbell linkedin connect` and sign in to LinkedIn again."

#: An access token is renewed this long before it ends, so that days of failing leave time for a person.
RENEW_BEFORE = timedelta(days=5)

#: Days before an end at which a person is told, once each.
ACCESS_STEPS, CONSENT_STEPS = (14, 7, 3, 1), (30, 14, 7, 3, 1)

#: A refresh token lives for so long from the first consent; refreshing never extends it.
#: https://learn.microsoft.com/en-us/linkedin/shared/authentication/programmatic-refresh-tokens
_CONSENT_LIFE = timedelta(days=365)

#: Access that ends no earlier before the consent than this cannot be had for longer: LinkedIn cuts it to the rest.
_CUT = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a member's consent gave us. The tokens show in no repr."""

    access_token: str = field(repr=False)
    expires_at: datetime | None  #: None = not told
    refresh_token: str = field(default="", repr=False)  #: "" = LinkedIn gives this app none: sign in every 60 days
    refresh_expires_at: datetime | None = None  #: counted from the first consent; refreshing never extends it
    scopes: tuple[str, ...] = ()
    connected_at: datetime  #: when the member consented
    obtained_at: datetime  #: when this access token was issued
    died_at: datetime | None = None  #: when LinkedIn refused it for good

    def is_alive(self, now: datetime) -> bool:
        """Whether the access token may be used, as far as we know."""
        return self.died_at is None and (self.expires_at is None or now < self.expires_at)

    def can_renew(self, now: datetime) -> bool:
        """Whether asking for another access token can help."""
        is_over = self.refresh_expires_at is not None and now >= self.refresh_expires_at
        return self.died_at is None and bool(self.refresh_token) and not is_over

    def is_due(self, now: datetime) -> bool:
        """Whether it is time to renew: RENEW_BEFORE the end, or halfway through a life that is short."""
        if self.expires_at is None or not self.can_renew(now) or self.ends_with_consent:
            return False
        return self.expires_at - now <= min(RENEW_BEFORE, (self.expires_at - self.obtained_at) / 2)

    @property
    def ends_with_consent(self) -> bool:
        """Whether the access token lives as long as its refresh token does, so that renewing gains nothing."""
        ends = self.expires_at, self.refresh_expires_at
        return ends[0] is not None and ends[1] is not None and ends[0] >= ends[1] - _CUT

    @property
    def sign_in_by(self) -> datetime | None:
        """When a person must have signed in again; None = not known.

        Where LinkedIn did not tell the refresh token's end, its documented life is counted from the consent.
        """
        if self.refresh_token:
            return self.refresh_expires_at or self.connected_at + _CONSENT_LIFE
        return self.expires_at


class Renewal(Enum):
    """What became of an access token that LinkedIn's API refused."""

    RENEWED = auto()  #: there is another one now
    ALIVE = auto()  #: LinkedIn itself says that it works: something else is amiss, such as a role
    LATER = auto()  #: there may be another one in a moment: asking for it failed in passing
    NONE = auto()  #: it is dead, or nobody could find out


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFacts:
    """What LinkedIn says of a token when asked (introspection)."""

    is_active: bool
    status: str  #: "active", "expired", "revoked"; "" = not told (the token of another app)
    expires_at: datetime | None = None
    scopes: tuple[str, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether LinkedIn says for certain that this token will never work again."""
        return not self.is_active and self.status in {"expired", "revoked"}

    @property
    def renewal(self) -> Renewal:
        """What this makes of a token that the API refused."""
        return Renewal.ALIVE if self.is_active else Renewal.NONE


def warning_step(end: datetime | None, steps: Sequence[int], now: datetime) -> int | None:
    """The smallest of `steps` (days) that is reached before `end`; None = none yet, or it is over, or not known."""
    if end is None or now >= end:
        return None
    return min((step for step in steps if end - now <= timedelta(days=step)), default=None)


def missing_scopes(granted: Sequence[str]) -> tuple[str, ...]:
    """Which permissions the member or the app did not give. None of them when LinkedIn did not say what was given."""
    return tuple(scope for scope in SCOPES if scope not in granted) if granted else ()


def days_left(end: datetime, now: datetime) -> int:
    """Whole days until `end`, 0 when it is over."""
    return max((end - now) // timedelta(days=1), 0)


def day(instant: datetime) -> str:
    """`22 Jan 2027`."""
    return f"{instant.day} {instant:%b %Y}"
