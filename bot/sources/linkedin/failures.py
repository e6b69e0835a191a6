"""What a refusal of LinkedIn's API means for us: one pure function from the answer to our family of errors.

Statuses: https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/error-handling
Limits: https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/rate-limits
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal

from bot.core.errors import (
    AmbiguousError,
    ChallengeFailed,
    Conflict,
    Forbidden,
    NotFound,
    OutageError,
    PermanentError,
    RateLimited,
    SignInNeeded,
    TemporaryError,
    UpstreamError,
    VersionRetired,
)
from bot.core.retry import until_quota_returns
from bot.sources.linkedin import advice
from bot.sources.linkedin.wire import as_list, as_object, as_text, header, members, read_json

#: What a call was about to do. A "create" repeated makes two; a "change" repeated changes nothing more.
Doing = Literal["read", "create", "change"]

_USUAL_PAUSE = timedelta(seconds=60)
_LONGEST_WAIT = timedelta(hours=24)
_INPUT_ERRORS_SHOWN = 8

_SUPPORT_HEADERS = ("x-li-uuid", "x-li-fabric", "x-li-request-id")
_NOT_FOR_LOGS = re.compile(r"urn:li:(?:person|member):\S+|\S+@\S+|\S{80,}|[^\x20-\x7e]")
_VERSION_IS_GONE = re.compile(r"\bversion\b.*\bis not active\b", re.IGNORECASE)
_TOKEN_LOST = re.compile(r"\bempty oauth2_access_token\b", re.IGNORECASE)
_CHALLENGE = re.compile(r"\bsecurity challenge\b", re.IGNORECASE)
_IS_THERE = re.compile(r"\balready (?:exists?|subscribed|registered)\b|\bduplicate\b", re.IGNORECASE)
_TOO_MANY = re.compile(r"\b(?:limit|maximum|exceed\w*|too many)\b", re.IGNORECASE)
_OUR_MISTAKES = frozenset({405, 411, 412, 413, 414, 415})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refusal:
    status: int
    headers: Mapping[str, str]
    code: str  #: LinkedIn's own word, or the status
    message: str  #: LinkedIn's own sentence, safe to log
    said: str  #: everything LinkedIn said, to look for words in; not safe to log
    inputs: tuple[str, ...]  #: what LinkedIn finds wrong with which field, safe to log
    is_html: bool
    method: str
    doing: Doing
    lead_type: str
    is_token_good: bool

    @property
    def text(self) -> str:
        what = f"LinkedIn answered {self.status}"
        words = [word for word in (self.code if self.code != str(self.status) else "", self.message) if word]
        more = len(self.inputs) - _INPUT_ERRORS_SHOWN
        wrong = "; ".join([*self.inputs[:_INPUT_ERRORS_SHOWN], *([f"and {more} more"] if more > 0 else [])])
        traces = [
            f"{name} {trace}" for name in _SUPPORT_HEADERS if (trace := _harmless(header(self.headers, name) or ""))
        ]
        about = f" for {self.method}" if self.method else ""
        return (
            f"{what}{about}"
            + (": " + ", ".join(words) if words else "")
            + (f": {wrong}" if wrong else "")
            + (f" ({', '.join(traces)})" if traces else "")
        )


def classify(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
    *,
    method: str = "",
    doing: Doing = "read",
    lead_type: str = "",
    is_token_good: bool = False,
) -> UpstreamError:
    """The error that an answer other than a good one stands for. Never raises, whatever the body holds.

    `method` is the endpoint's name, which LinkedIn counts quotas by. What was asked for (`doing`, `lead_type`)
    decides whether it may have happened all the same, and which role the advice names. `is_token_good`: a 401 is not
    the token's fault; it is also said of a missing role (https://github.com/api-evangelist/linkedin, lead sync skill).
    """
    refusal = _read(status, headers, body, method=method, doing=doing, lead_type=lead_type, is_token_good=is_token_good)
    return _credential_or_limit(refusal, now) or _passing(refusal, now) or _of_subscription(refusal) or _final(refusal)


def _credential_or_limit(refusal: _Refusal, now: datetime) -> UpstreamError | None:
    """Statuses that speak of more than this one call."""
    text, code = refusal.text, refusal.code
    if (
        refusal.status == 426
        or code in {"NONEXISTENT_VERSION", "VERSION_MISSING"}
        or _VERSION_IS_GONE.search(refusal.message)
    ):
        return VersionRetired(text, code=code, advice=advice.VERSION)
    if code == "EMPTY_ACCESS_TOKEN" or _TOKEN_LOST.search(refusal.message):
        return SignInNeeded(text, code=code, advice=advice.NOT_SIGNED)
    if refusal.status == 401 and not refusal.is_token_good:
        return SignInNeeded(text, code=code, advice=advice.SIGN_IN)
    if refusal.status == 429:
        return _limit(refusal, now)
    if 300 <= refusal.status < 400:
        return OutageError(text, code=code, advice=advice.ADDRESS)
    return None


def _passing(refusal: _Refusal, now: datetime) -> UpstreamError | None:
    """Statuses that may be another one in a minute. A page of HTML is a gateway's, whatever its status says.

    A write that reached LinkedIn and then failed there may have been carried out; one refused as too early was not.
    """
    status, is_write = refusal.status, refusal.doing != "read"
    if is_write and status != 501 and (status >= 500 or status == 408):
        return AmbiguousError(refusal.text, code=refusal.code, advice=advice.LOOK_FIRST)
    is_in_the_way = status == 409 and refusal.doing != "create"
    if status >= 500 or status < 300 or status in {408, 425} or is_in_the_way or refusal.is_html:
        return TemporaryError(refusal.text, code=refusal.code, retry_after=_asked_wait(refusal.headers, now))
    return None


def _of_subscription(refusal: _Refusal) -> PermanentError | None:
    """What goes wrong when something is created, and a subscription above all. Told by words as much as by status."""
    if refusal.doing != "create":
        return None
    if _CHALLENGE.search(refusal.said):
        return ChallengeFailed(refusal.text, code=refusal.code, advice=advice.CHALLENGE)
    if refusal.status == 409 or _IS_THERE.search(refusal.said):
        return Conflict(refusal.text, code=refusal.code, advice=advice.CONFLICT)
    if refusal.method == "leadNotifications" and refusal.status in {400, 403, 422} and _TOO_MANY.search(refusal.said):
        return PermanentError(refusal.text, code=refusal.code, advice=advice.TOO_MANY_SUBSCRIPTIONS)
    return None


def _final(refusal: _Refusal) -> PermanentError:
    if refusal.status in {401, 403}:
        missing = advice.for_forbidden(refusal.method, is_write=refusal.doing != "read", lead_type=refusal.lead_type)
        known = f"{advice.IS_SIGNED_IN} " if refusal.status == 401 else ""
        return Forbidden(refusal.text, code=refusal.code, advice=known + missing)
    if refusal.status in {404, 410} or refusal.code == "RESOURCE_NOT_FOUND":
        return NotFound(refusal.text, code=refusal.code, advice=advice.for_not_found(refusal.method))
    mend = advice.OURS if refusal.status in _OUR_MISTAKES else advice.VALUES
    return PermanentError(refusal.text, code=refusal.code, advice=mend)


def _read(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    method: str,
    doing: Doing,
    lead_type: str,
    is_token_good: bool,
) -> _Refusal:
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
        said=body[:20_000].decode(errors="replace") if content else "",
        inputs=tuple(_input_errors(content)),
        is_html="html" in kind or body.lstrip()[:1] == b"<",
        method=method,
        doing=doing,
        lead_type=lead_type,
        is_token_good=is_token_good,
    )


def _input_errors(content: Mapping[str, object]) -> Iterator[str]:
    """What LinkedIn finds wrong with each input, as "content.name: too long (TOO_LONG)", as far as it tells."""
    details = as_object(content.get("errorDetails"))
    for name in ("inputErrors", "conditionalInputErrors"):
        for entry in map(as_object, as_list(details.get(name))):
            said = _harmless(as_text(entry.get("description")))[:120]
            code = _harmless(as_text(entry.get("code")))[:60]
            what = f"{said} ({code})" if said and code else said or code
            if where := _field_path(entry):
                what = f"{where}: {what}" if what else where
            if what:
                yield what


def _field_path(value: object, *, depth: int = 4) -> str:
    """The nearest `fieldPath` inside; LinkedIn nests it as `input.inputPath.fieldPath`."""
    if found := _harmless(as_text(as_object(value).get("fieldPath")))[:120]:
        return found
    deeper = (_field_path(member, depth=depth - 1) for _, member in members(value)) if depth else iter(())
    return next(filter(None, deeper), "")


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


def _limit(refusal: _Refusal, now: datetime) -> RateLimited:
    """As long as LinkedIn asks for, else until a day's quota returns, else a guess."""
    wait = _asked_wait(refusal.headers, now)
    is_day = re.search(r"\bDAY\b", refusal.message) is not None
    return RateLimited(
        refusal.text,
        code=refusal.code,
        advice=advice.DAY_QUOTA if is_day else "",
        method=refusal.method,
        retry_after=wait or (until_quota_returns(now) if is_day else _USUAL_PAUSE),
        is_guess=wait is None and not is_day,
    )
