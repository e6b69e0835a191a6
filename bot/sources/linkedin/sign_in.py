"""How the sign-in at LinkedIn stands: the app's secret, the token, its permissions, and how long they last. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from bot.core.area import Area
from bot.core.connection import (
    ACCESS_STEPS,
    CONSENT_STEPS,
    RENEW_BEFORE,
    Grant,
    TokenFacts,
    day,
    days_left,
    missing_scopes,
    warning_step,
)
from bot.core.errors import OutageError, RateLimited, UpstreamError
from bot.core.findings import Finding

_AREA = Area("linkedin")

APP, TOKEN, PERMISSIONS, CONSENT = "app", "access token", "permissions", "consent"

_CONNECT = "Run `leadbell linkedin connect` and sign in."
_REPLACE = "Connect the account with `leadbell linkedin connect` and empty LINKEDIN_ACCESS_TOKEN, or set a new one."
_RESTART = " Then restart Leadbell."
_AUTH = "Check linkedin.auth_url (usually https://www.linkedin.com), and any proxy or firewall on the way."
_SET_APP = (
    "Copy LINKEDIN_CLIENT_ID and LINKEDIN_CLIENT_SECRET again from your app at LinkedIn (Auth tab), then restart "
    "Leadbell. Until then every notification is refused and the webhook fails LinkedIn's check."
)
_LEADS = "r_marketing_leadgen_automation"

#: What each permission is for, in words that follow "without it".
_WITHOUT: Mapping[str, str] = MappingProxyType(
    {
        _LEADS: "no lead can be read",
        "r_ads": "ad accounts and campaigns have no names",
        "rw_ads": "forms cannot be written",
        "r_organization_admin": "roles on Pages cannot be checked",
        "r_events": "events have no names",
    }
)

#: Its refresher has had so many days to renew a token that has only this much left.
_OVERDUE = RENEW_BEFORE - timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """What is known of the sign-in."""

    token: str = field(repr=False)  #: the access token; "" = there is none
    why_not: str  #: why there is none, one sentence; "" when there is one
    grant: Grant | None  #: None = the token is LINKEDIN_ACCESS_TOKEN's, or there is none

    @property
    def remedy(self) -> str:
        """How a person gets a token that works."""
        return _REPLACE + _RESTART if self.token and self.grant is None else _CONNECT

    def findings(self, told: TokenFacts | UpstreamError, now: datetime) -> Iterator[Finding]:
        """What LinkedIn `told` about the token (or about anything, when there is none) and what we know ourselves."""
        yield self._app(told)
        if not self.token:
            yield _AREA.failed(TOKEN, self.why_not, self.remedy)
            yield _AREA.skipped(PERMISSIONS, "There is no access token.")
            return
        if isinstance(told, TokenFacts):
            yield self._token(told, now)
            yield self._permissions(told)
        else:
            yield _AREA.skipped(TOKEN, "LinkedIn could not be asked about it.")
            yield _AREA.skipped(PERMISSIONS, "LinkedIn could not be asked about them.")
        yield from self._consent(now)

    def is_dead(self, told: TokenFacts | UpstreamError) -> bool:
        """Whether a call with the token can only be refused."""
        return not self.token or (isinstance(told, TokenFacts) and not told.is_active)

    def _app(self, told: TokenFacts | UpstreamError) -> Finding:
        """Asking about a token takes the app's id and secret, so the answer tells whether they are right."""
        if isinstance(told, TokenFacts):
            return _AREA.ok(APP, "LinkedIn accepts the client id and the client secret.")
        if told.code == "no_app":
            return _AREA.skipped(APP, "The client id or the client secret is not set.")
        if told.code in {"invalid_client", "invalid_client_id", "unauthorized_client", "401"}:
            return _AREA.failed(APP, "LinkedIn does not accept the client secret of this client id.", _SET_APP)
        if isinstance(told, RateLimited):
            return _AREA.skipped(APP, "LinkedIn wants no more questions about tokens for now.")
        if isinstance(told, OutageError) and not self.token:
            # without a token something else was asked about, which LinkedIn may refuse for itself
            return _AREA.skipped(APP, "Whether LinkedIn accepts the client secret can be seen with a token only.")
        if told.code == "invalid_request":
            return _AREA.failed(APP, "LinkedIn knows no app with this client id, or cannot read the token.", _SET_APP)
        if isinstance(told, OutageError):
            return _AREA.failed_by(APP, told, _SET_APP)
        return _AREA.failed_by(APP, told, _AUTH)

    def _token(self, told: TokenFacts, now: datetime) -> Finding:
        if not told.is_active:
            return self._dead(told, now)
        end = told.expires_at or (self.grant.expires_at if self.grant else None)
        if end is None:
            return _AREA.ok(TOKEN, "It works; LinkedIn does not say for how long.")
        said = f"It works, for {days_left(end, now)} more days (until {day(end)})."
        if self.grant is not None and self.grant.can_renew(now):
            if end - now > _OVERDUE or self.grant.ends_with_consent:
                return _AREA.ok(TOKEN, f"{said} It is renewed by itself.")
            advice = "It should have been renewed by now: start the server, or look into its log for the reason."
            return _AREA.warning(TOKEN, said, advice)
        if warning_step(end, ACCESS_STEPS, now) is not None:
            return _AREA.warning(TOKEN, f"{said} It cannot be renewed by itself.", self.remedy)
        return _AREA.ok(TOKEN, said)

    def _dead(self, told: TokenFacts, now: datetime) -> Finding:
        if told.status == "expired" and self.grant is not None and self.grant.can_renew(now):
            advice = "Start the server, which renews it by itself; if it is running, its log says why it could not."
            return _AREA.failed(TOKEN, "It has ended, and was not renewed in time.", advice)
        if told.status == "revoked":
            said = "It was withdrawn: by the member, by a change of password, or by a consent to other permissions."
        elif told.status == "expired":
            said = "It has ended."
        else:
            said = "It belongs to another app than LINKEDIN_CLIENT_ID, or LinkedIn never gave it."
        return _AREA.failed(TOKEN, said, self.remedy)

    def _permissions(self, told: TokenFacts) -> Finding:
        granted = told.scopes or (self.grant.scopes if self.grant else ())
        if not told.is_active or not granted:
            return _AREA.skipped(PERMISSIONS, "LinkedIn does not say what this token may do.")
        missing = missing_scopes(granted)
        if not missing:
            return _AREA.ok(PERMISSIONS, "All that Leadbell asks for were given.")
        said = f"Missing: {'; '.join(f'{scope} (without it {_WITHOUT[scope]})' for scope in missing)}."
        advice = (
            "Check that your app at LinkedIn has the product Lead Sync (Products tab), then connect again with "
            "`leadbell linkedin connect`, which asks for all of them at once."
        )
        return (
            _AREA.failed(PERMISSIONS, said, advice) if _LEADS in missing else _AREA.warning(PERMISSIONS, said, advice)
        )

    def _consent(self, now: datetime) -> Iterator[Finding]:
        """When a person must sign in again, where that is later than the access token's own end."""
        grant = self.grant
        if grant is None or not grant.refresh_token or grant.sign_in_by is None:
            return
        end = grant.sign_in_by
        said = f"The sign-in lasts for {days_left(end, now)} more days (until {day(end)})."
        if now >= end or warning_step(end, CONSENT_STEPS, now) is not None:
            yield _AREA.warning(CONSENT, f"{said} Renewing does not lengthen it.", _CONNECT)
        else:
            yield _AREA.ok(CONSENT, said)
