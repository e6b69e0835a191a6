"""The consent by which LinkedIn lets us in: its tokens, how long they live, when to renew and when to warn. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

#: Asked for once and all together: asking for another set later makes every earlier token of that member invalid.
#: https://learn.microsoft.com/en-us/linkedin/shared/authentication/authorization-code-flow
SCOPES = ("r_marketing_leadgen_automation", "r_ads", "rw_ads", "r_organization_admin", "r_events")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFacts:
    """What LinkedIn says of a token when asked (introspection)."""

    is_active: bool
    status: str  #: "active", "expired", "revoked"; "" = not told (the token of another app)
    expires_at: datetime | None = None
    scopes: tuple[str, ...] = ()


#: An access token is renewed this long before it ends, so that days of failing leave time for a person.
RENEW_BEFORE = timedelta(days=5)
