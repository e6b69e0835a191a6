"""What a refusal of LinkedIn's API means for us: one pure function from the answer to our family of errors.

Statuses: https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/error-handling
Limits: https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/rate-limits
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from bot.core.errors import Forbidden, NotFound, OutageError, PermanentError, RateLimited, TemporaryError, UpstreamError
from bot.sources.linkedin.wire import as_object, as_text, header, read_json

_USUAL_PAUSE = timedelta(seconds=60)
_LONGEST_WAIT = timedelta(hours=24)
_AFTER_MIDNIGHT = timedelta(minutes=2)  # the day's quota returns at 00:00 UTC by LinkedIn's clock, not by ours

_SUPPORT_HEADERS = ("x-li-uuid", "x-li-fabric", "x-li-request-id")
_NOT_FOR_LOGS = re.compile(r"urn:li:(?:person|member):\S+|\S+@\S+|\S{80,}|[^\x20-\x7e]")
_VERSION_IS_GONE = re.compile(r"\bversion\b.*\bis not active\b", re.IGNORECASE)

ADVICE_SIGN_IN = (
    "LinkedIn does not accept the access token. Make a new one for your app and set LINKEDIN_ACCESS_TOKEN to it, "
    "then restart Leadbell. If the token is new, check that its member still has a role on the Page."
)
ADVICE_VERSION = (
    "LinkedIn has switched this API version off. Set linkedin.api_version in config.yaml to a newer one, "
    "such as the newest month named in LinkedIn's documentation, and restart Leadbell."
)
ADVICE_ROLE = (
    "Ask an admin of the LinkedIn Page to give the connected member a role there (Lead Gen Forms manager is enough "
    "for ads, Content admin for events) and, for ads, a role on the ad account. "
    "The app needs the permission r_marketing_leadgen_automation."
)
ADVICE_ADDRESS = "LinkedIn's API did not answer from linkedin.api_url. Check that address, and any proxy on the way."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refusal:
    status: int
    headers: Mapping[str, str]
    code: str  #: LinkedIn's own word, or the status
    message: str  #: LinkedIn's own sentence, safe to log
    is_html: bool
    method: str

    @property
    def text(self) -> str:
        what = f"LinkedIn answered {self.status}"
        words = [word for word in (self.code if self.code != str(self.status) else "", self.message) if word]
        traces = [
            f"{name} {trace}" for name in _SUPPORT_HEADERS if (trace := _harmless(header(self.headers, name) or ""))
        ]
        about = f" for {self.method}" if self.method else ""
        return (
            f"{what}{about}"
            + (": " + ", ".join(words) if words else "")
            + (f" ({', '.join(traces)})" if traces else "")
        )


def classify(status: int, headers: Mapping[str, str], body: bytes, now: datetime, *, method: str = "") -> UpstreamError:
    """The error that an answer other than a good 200 stands for. Never raises, whatever the body holds.

    `method` is the endpoint's name, which LinkedIn counts quotas by. Reads are all we do, so nothing is ambiguous.
    """
    refusal = _read(status, headers, body, method)
    return _credential_or_limit(refusal, now) or _passing(refusal, now) or _final(refusal)


def _credential_or_limit(refusal: _Refusal, now: datetime) -> UpstreamError | None:
    """Statuses that speak of more than this one call."""
    text, code = refusal.text, refusal.code
    if (
        refusal.status == 426
        or code in {"NONEXISTENT_VERSION", "VERSION_MISSING"}
        or _VERSION_IS_GONE.search(refusal.message)
    ):
        return OutageError(text, code=code, advice=ADVICE_VERSION)
    if refusal.status == 401:
        return OutageError(text, code=code, advice=ADVICE_SIGN_IN)
    if refusal.status == 429:
        wait = _asked_wait(refusal.headers, now) or _wait_for_quota(refusal.message, now)
        return RateLimited(text, code=code, retry_after=wait, method=refusal.method)
    if 300 <= refusal.status < 400:
        return OutageError(text, code=code, advice=ADVICE_ADDRESS)
    return None


def _passing(refusal: _Refusal, now: datetime) -> TemporaryError | None:
    """Statuses that may be another one in a minute. A page of HTML is a gateway's, whatever its status says."""
    if refusal.status >= 500 or refusal.status < 300 or refusal.status in {408, 409, 425} or refusal.is_html:
        return TemporaryError(refusal.text, code=refusal.code, retry_after=_asked_wait(refusal.headers, now))
    return None


def _final(refusal: _Refusal) -> PermanentError:
    if refusal.status == 403:
        return Forbidden(refusal.text, code=refusal.code, advice=ADVICE_ROLE)
    if refusal.status in {404, 410}:
        return NotFound(refusal.text, code=refusal.code)
    return PermanentError(refusal.text, code=refusal.code)


def _read(status: int, headers: Mapping[str, str], body: bytes, method: str) -> _Refusal:
    try:
        content = as_object(read_json(body))
    except ValueError:
        content = {}
    kind = (header(headers, "Content-Type") or "").lower()
    return _Refusal(
        status=status,
        headers=headers,
        code=_harmless(as_text(content.get("code")))[:80] or str(status),
        message=_harmless(as_text(content.get("message")))[:200],
        is_html="html" in kind or body.lstrip()[:1] == b"<",
        method=method,
    )


def _harmless(text: str) -> str:
    """Text of the other side without what may name a person, hold a token or break a log line."""
    return _NOT_FOR_LOGS.sub("…", text[:2000]).strip()[:300]


def _asked_wait(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """What Retry-After asks for, in seconds or as a date, between a second and a day; None = nothing readable."""
    asked = (header(headers, "Retry-After") or "").strip()
    if asked.isascii() and asked.isdigit():
        wait = timedelta(seconds=int(asked[:9]))
    else:
        try:
            wait = parsedate_to_datetime(asked) - now
        except (TypeError, ValueError, OverflowError):  # no date, or one without a time zone
            return None
    return min(max(wait, timedelta(seconds=1)), _LONGEST_WAIT)


def _wait_for_quota(message: str, now: datetime) -> timedelta:
    """A spent day quota returns at 00:00 UTC; any other limit is tried again after the usual pause."""
    if not re.search(r"\bDAY\b", message):
        return _USUAL_PAUSE
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return midnight + _AFTER_MIDNIGHT - now
