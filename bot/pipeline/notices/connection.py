"""The words about the account that is connected at LinkedIn: connected, ending, not renewable."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.core.connection import ACCESS_STEPS, CONSENT_STEPS, Grant, day, missing_scopes, warning_step
from bot.core.errors import UpstreamError
from bot.core.work import Notice

_CONNECT = "Run `leadbell linkedin connect` before then; it takes a minute, and no lead is lost meanwhile."


def connected(grant: Grant, *, static_token_wins: bool) -> Notice:
    """Somebody has signed in at LinkedIn."""
    return Notice(
        key=f"connected:{_key(grant)}",
        text=" ".join(("LinkedIn is connected.", *remarks(grant, static_token_wins=static_token_wins))),
    )


def remarks(grant: Grant, *, static_token_wins: bool) -> Sequence[str]:
    """What whoever has just connected should know, in sentences."""
    said = [_how_long(grant)]
    if missing := missing_scopes(grant.scopes):
        said.append(
            f"LinkedIn did not give the permission {', '.join(missing)}: ask for it under Products of your app at "
            "LinkedIn, then connect again. What needs it does not work until then."
        )
    if static_token_wins:
        said.append(
            "LINKEDIN_ACCESS_TOKEN is set and still wins: empty it and restart Leadbell to use the connected account."
        )
    return said


def _how_long(grant: Grant) -> str:
    end = grant.sign_in_by
    if grant.refresh_token:
        about = "" if grant.refresh_expires_at else "about "
        return f"Its access is renewed by itself until {about}{_day(end)}; a warning comes 30 days before."
    if end is None:
        return "LinkedIn did not say until when, and gives this app no way to renew it by itself."
    return (
        f"It lasts until {day(end)}. LinkedIn gives this app no way to renew it by itself, so somebody must sign in "
        "again before then; a warning comes 14 days before."
    )


def ends_soon(grant: Grant, now: datetime) -> Notice | None:
    """The consent ends or, where nothing renews it, the access token; once for each step of days. None = not yet."""
    if grant.refresh_token:
        step = warning_step(grant.sign_in_by, CONSENT_STEPS, now)
        return None if step is None else _consent_ends(grant, step)
    step = warning_step(grant.expires_at, ACCESS_STEPS, now)
    return None if step is None else _access_ends(grant, step)


def _access_ends(grant: Grant, step: int) -> Notice:
    return Notice(
        key=_access_key(grant, step),
        text=f"LinkedIn's access ends {_in(step)}, on {_day(grant.expires_at)}, and LinkedIn gives no way to renew it "
        f"without somebody who signs in again. {_CONNECT}",
    )


def _consent_ends(grant: Grant, step: int) -> Notice:
    return Notice(
        key=f"consent-ends:{_key(grant)}:{step}",
        text=f"The sign-in at LinkedIn ends {_in(step)}, on {_day(grant.sign_in_by)}: after a year LinkedIn wants it "
        f"anew. {_CONNECT}",
    )


def static_token_ends(expires_at: datetime | None, now: datetime) -> Notice | None:
    """LINKEDIN_ACCESS_TOKEN ends; said once for each step of days. None = not yet, or not known."""
    step = warning_step(expires_at, ACCESS_STEPS, now)
    if expires_at is None or step is None:
        return None
    return Notice(
        key=f"static-token-ends:{expires_at:%Y-%m-%d}:{step}",
        text=f"The token in LINKEDIN_ACCESS_TOKEN ends {_in(step)}, on {day(expires_at)}. Set a new one and restart "
        "Leadbell; or empty it, restart, and run `leadbell linkedin connect`.",
    )


def not_renewable(grant: Grant, error: UpstreamError, now: datetime) -> Notice:
    """The refresh token is refused for good while the access token still works; takes the place of the step reached."""
    step = warning_step(grant.expires_at, ACCESS_STEPS, now) or ACCESS_STEPS[0]
    return Notice(
        key=_access_key(grant, step),
        text=f"LinkedIn does not renew its access any more: {error}. What there is ends on {_day(grant.expires_at)} or "
        f"sooner. {_CONNECT}",
    )


def renewal_fails(grant: Grant, error: UpstreamError) -> Notice:
    """Renewing fails in a way that may pass or be mended; said once for each access token."""
    advice = f"{error.advice} " if error.advice else ""
    return Notice(
        key=f"renewal-fails:{_key(grant)}:{_second(grant.obtained_at)}",
        text=f"LinkedIn's access could not be renewed: {error}. {advice}It is tried again every hour; the access that "
        f"there is lasts until {_day(grant.expires_at)}.",
    )


def unreadable(reason: str, now: datetime) -> Notice:
    """The stored account cannot be opened; said once a day."""
    return Notice(
        key=f"connection-unreadable:{now:%Y-%m-%d}",
        text=f"The connected LinkedIn account cannot be used: {reason} "
        "Leads are received and kept, but cannot be fetched until then.",
    )


def _access_key(grant: Grant, step: int) -> str:
    return f"access-ends:{_key(grant)}:{step}"


def _key(grant: Grant) -> str:
    return _second(grant.connected_at)


def _second(instant: datetime) -> str:
    """To the second, for the store rounds: the same grant must have the same key after a restart."""
    return instant.isoformat(timespec="seconds")


def _in(days: int) -> str:
    return "within a day" if days == 1 else f"in {days} days"


def _day(instant: datetime | None) -> str:
    return day(instant) if instant else "an unknown day"
