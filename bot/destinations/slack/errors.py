"""Slack's refusals in the words of our own error family; pure, one table.

Codes: https://docs.slack.dev/reference/methods/chat.postMessage#errors and the pages of the other methods.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto

from bot.core.errors import (
    AmbiguousError,
    MalformedMessage,
    NotFound,
    OutageError,
    PermanentError,
    RateLimited,
    TargetError,
    TemporaryError,
    UnfamiliarError,
    UpstreamError,
)

DEFAULT_PAUSE = timedelta(seconds=30)
_SHORTEST_PAUSE, _LONGEST_PAUSE = 1.0, 3600.0
_WORKSPACE_FULL_PAUSE = timedelta(hours=1)

#: Calls that make a new message each time: their unknown end must be looked up before they are repeated.
_POSTS = frozenset({"chat.postMessage", "chat.postEphemeral"})


class _Kind(Enum):
    LIMITED = auto()
    TEMPORARY = auto()
    WORKSPACE_FULL = auto()
    UNCLEAR = auto()
    TARGET = auto()
    PERSON = auto()
    OUTAGE = auto()
    MALFORMED = auto()
    GONE = auto()
    FINAL = auto()
    UNFAMILIAR = auto()


_CODES: dict[_Kind, str] = {
    _Kind.LIMITED: "ratelimited rate_limited",
    _Kind.TEMPORARY: """
        service_unavailable team_added_to_org org_login_required external_channel_migrating request_timeout""",
    _Kind.WORKSPACE_FULL: "message_limit_exceeded",
    _Kind.UNCLEAR: """
        fatal_error internal_error update_failed duplicate_channel_not_found duplicate_message_not_found""",
    _Kind.TARGET: """
        channel_not_found team_not_found not_in_channel is_archived is_inactive ekm_access_denied no_permission
        access_denied app_access_restricted messages_tab_disabled""",
    _Kind.PERSON: "cannot_dm_bot user_not_found user_disabled user_not_visible users_not_found user_not_in_channel",
    _Kind.OUTAGE: """
        missing_scope not_allowed_token_type invalid_auth not_authed token_revoked token_expired account_inactive
        two_factor_setup_required accesslimited enterprise_is_restricted metadata_must_be_sent_from_app
        method_deprecated deprecated_endpoint unknown_method""",
    _Kind.MALFORMED: """
        invalid_blocks invalid_blocks_format msg_blocks_too_long msg_too_long no_text invalid_attachments
        too_many_attachments attachment_payload_limit_exceeded markdown_text_conflict metadata_too_large
        invalid_arguments invalid_arg_name invalid_array_arg invalid_charset invalid_form_data invalid_post_type
        missing_post_type""",
    _Kind.GONE: "message_not_found thread_not_found",
    _Kind.FINAL: """
        cannot_reply_to_message cant_update_message edit_window_closed block_mismatch streaming_state_conflict""",
}
_KINDS = {code: kind for kind, codes in _CODES.items() for code in codes.split()}
_FAMILIES = (
    (re.compile(r"restricted_action.*"), _Kind.TARGET),
    (re.compile(r"slack_connect_.*_blocked"), _Kind.TARGET),
    (re.compile(r"invalid_metadata_.*"), _Kind.MALFORMED),
)

_INVITE = "In Slack, open the channel and type /invite followed by the app's name."
_ADVICE = {
    "channel_not_found": "Either there is no such channel, or it is private and the app was not invited. " + _INVITE,
    "team_not_found": "Write the channel's id (C…) instead of its name: an organization-wide token needs it.",
    "not_in_channel": _INVITE,
    "is_archived": "The channel is archived: bring it back, or name another one in the rules.",
    "is_inactive": "The channel is archived: bring it back, or name another one in the rules.",
    "messages_tab_disabled": "Turn on the Messages tab of the app (App Home), then reinstall it.",
    "no_permission": "A workspace setting keeps the app from posting there: ask a workspace admin.",
    "user_disabled": "This person's Slack account is switched off: name somebody else in the rules.",
    "user_not_found": "Slack knows no such person: check their `slack:` entry under `people:`.",
    "users_not_found": "Nobody in this workspace has that address: check their `slack:` entry under `people:`.",
    "missing_scope": "Reinstall the Slack app with all scopes of `leadbell manifest`.",
    "invalid_auth": "SLACK_BOT_TOKEN is wrong: copy it again from the app's page (OAuth & Permissions).",
    "not_authed": "SLACK_BOT_TOKEN is empty: copy it from the app's page (OAuth & Permissions).",
    "token_revoked": "The Slack app was removed or its token revoked: install it again and set SLACK_BOT_TOKEN.",
    "token_expired": "The bot token has expired: switch token rotation off for the app and set a new SLACK_BOT_TOKEN.",
    "account_inactive": "The Slack app or the workspace is switched off: install the app again.",
    "accesslimited": "Slack refuses this computer's address: ask a workspace admin about the IP allow list.",
    "message_limit_exceeded": "The workspace is over its plan's message limit.",
}
_DEFAULT_ADVICE = {
    _Kind.TARGET: "A setting of the workspace or the channel keeps the app from posting there: ask a workspace admin.",
    _Kind.PERSON: "Check this person's `slack:` entry under `people:`.",
    _Kind.OUTAGE: "Check the Slack app and SLACK_BOT_TOKEN; `leadbell doctor` says more.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One answer of Slack that is no success, reduced to what may be logged."""

    method: str
    code: str = ""  #: Slack's word; "" when the answer was no JSON of Slack's
    status: int = 0  #: HTTP status, 0 = unknown
    retry_after: str = ""  #: the header as it came
    detail: str = ""  #: the missing scope, or where the blocks are wrong; never a value


def classify(refusal: Refusal) -> UpstreamError:
    """What a refusal means for the delivery. Whoever repeats an unfamiliar code counts its tries."""
    code, kind = _code(refusal), _kind(refusal)
    message = _message(refusal, code)
    advice = _ADVICE.get(code) or _DEFAULT_ADVICE.get(kind, "")
    match kind:
        case _Kind.LIMITED:
            return RateLimited(message, retry_after=pause(refusal.retry_after), method=refusal.method, code=code)
        case _Kind.TEMPORARY | _Kind.WORKSPACE_FULL:
            return TemporaryError(message, code=code, advice=advice, retry_after=_asked_for(refusal, kind))
        case _Kind.UNCLEAR:
            return unclear(refusal.method, message, code=code)
        case _Kind.TARGET:
            return TargetError(message, code=code, advice=advice)
        case _Kind.PERSON:
            return _person_error(refusal.method, message, code=code, advice=advice)
        case _Kind.OUTAGE:
            return OutageError(message, code=code, advice=advice)
        case _Kind.MALFORMED:
            return MalformedMessage(message, code=code)
        case _Kind.GONE:
            return NotFound(message, code=code)
        case _Kind.FINAL:
            return PermanentError(message, code=code)
        case _Kind.UNFAMILIAR:
            return UnfamiliarError(message, code=code)


def unclear(method: str, message: str, *, code: str = "") -> UpstreamError:
    """The call's end is unknown: ambiguous where a repeat would post again, only temporary everywhere else."""
    if method in _POSTS:
        return AmbiguousError(message, code=code)
    return TemporaryError(message, code=code)


def pause(retry_after: str) -> timedelta:
    """The wait that a Retry-After header asks for: any number from 1 s to 1 h, 30 s when it is missing or no number."""
    try:
        seconds = float(retry_after)
    except ValueError:
        return DEFAULT_PAUSE
    if seconds != seconds:  # NaN, which no comparison would clamp
        return DEFAULT_PAUSE
    return timedelta(seconds=min(max(seconds, _SHORTEST_PAUSE), _LONGEST_PAUSE))


def _kind(refusal: Refusal) -> _Kind:
    if refusal.status == 429:
        return _Kind.LIMITED
    known = _KINDS.get(refusal.code) or next((k for shape, k in _FAMILIES if shape.fullmatch(refusal.code)), None)
    if known is not None:
        return known
    if refusal.status >= 500 or (not refusal.code and not 400 <= refusal.status < 500):
        return _Kind.UNCLEAR
    return _Kind.UNFAMILIAR


def _code(refusal: Refusal) -> str:
    return refusal.code or ("ratelimited" if refusal.status == 429 else str(refusal.status or "no_answer"))


def _message(refusal: Refusal, code: str) -> str:
    detail = f" ({refusal.detail})" if refusal.detail else ""
    return f"Slack refused {refusal.method}: {code}{detail}"


def _asked_for(refusal: Refusal, kind: _Kind) -> timedelta | None:
    if kind is _Kind.WORKSPACE_FULL:
        return _WORKSPACE_FULL_PAUSE
    return pause(refusal.retry_after) if refusal.retry_after else None


def _person_error(method: str, message: str, *, code: str, advice: str) -> PermanentError:
    # A private answer's person is not its target: the channel that they pressed in goes on working
    if method == "chat.postEphemeral" or code == "user_not_in_channel":
        return PermanentError(message, code=code, advice=advice)
    return TargetError(message, code=code, advice=advice)
