"""What LinkedIn answers to a member's consent: a code, or a refusal in words; and the tokens for a code."""

from __future__ import annotations

from collections.abc import Mapping

from bot.core.connection import Grant
from bot.core.errors import RejectedRequest, SignInNeeded, UpstreamError
from bot.ports import Authority


def code_of(query: Mapping[str, str]) -> str:
    """The code in LinkedIn's answer, whose state has been checked. Raises RejectedRequest(400), friendly."""
    error = query.get("error", "")
    if error in {"user_cancelled_login", "user_cancelled_authorize"}:
        raise RejectedRequest(
            400, "You cancelled at LinkedIn, so nothing was changed. To connect, run `leadbell linkedin connect` again."
        )
    if error == "unauthorized_scope_error":
        raise RejectedRequest(
            400,
            "Your LinkedIn app may not ask for all the permissions that Leadbell can use. Add Lead Sync, Advertising "
            "and Events under Products of the app, wait until LinkedIn has approved them, then connect again; or do it "
            "without one of them, such as `leadbell linkedin connect --without r_events`.",
        )
    if error:
        raise RejectedRequest(400, "LinkedIn refused the sign-in. Run `leadbell linkedin connect` again.")
    code = query.get("code", "")
    if not code:
        raise RejectedRequest(400, "LinkedIn's answer holds no code. Run `leadbell linkedin connect` again.")
    return code


async def exchanged(authority: Authority, code: str, *, redirect_uri: str) -> Grant:
    """The tokens for a code. Raises RejectedRequest, its reason for people: 400 start again, 502 LinkedIn failed."""
    try:
        return await authority.exchange(code, redirect_uri=redirect_uri)
    except UpstreamError as error:
        status = 400 if isinstance(error, SignInNeeded) else 502
        advice = error.advice or "Try again in a few minutes with `leadbell linkedin connect`."
        raise RejectedRequest(status, f"LinkedIn gave no access: {error}. {advice}") from error
