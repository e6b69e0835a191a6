"""`linkedin status`: who is connected, for how long, with which permissions, and what LinkedIn itself says of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.app import utc_now
from bot.cli.linkedin.token import authority, load_to_call, stored_grant
from bot.cli.printing import print_json, say
from bot.config.model import Config
from bot.core.connection import Grant, TokenFacts, day, days_left, missing_scopes
from bot.core.errors import StoreError, UpstreamError
from bot.core.versions import sunset


@dataclass(frozen=True, slots=True, kw_only=True)
class _Status:
    """Everything that is told. `by` is "access_token" (LINKEDIN_ACCESS_TOKEN), "consent", or "" for nobody."""

    by: str
    now: datetime
    api_version: str
    grant: Grant | None = None
    facts: TokenFacts | None = None
    problem: str = ""  #: why LinkedIn, or the store, could not be asked

    @property
    def expires_at(self) -> datetime | None:
        told = self.grant.expires_at if self.grant else None
        return told or (self.facts.expires_at if self.facts else None)

    @property
    def scopes(self) -> Sequence[str]:
        told = self.grant.scopes if self.grant else ()
        return told or (self.facts.scopes if self.facts else ())

    @property
    def is_alive(self) -> bool:
        if not self.by or (self.facts is not None and self.facts.is_over):
            return False
        return self.grant is None or self.grant.is_alive(self.now)


def run_status(config: Path | None, as_json: bool) -> int:
    """0 when there is a token that is alive as far as can be known, 1 when not, 2 for a wrong set-up."""
    loaded = load_to_call(config)
    if loaded is None:
        return 2
    status = asyncio.run(_status(loaded))
    if as_json:
        print_json(_json(status))
    else:
        say(*_lines(status))
    return 0 if status.is_alive else 1


async def _status(config: Config) -> _Status:
    now, version = utc_now(), config.linkedin.api_version
    token, grant = config.linkedin.access_token.reveal().strip(), None
    by = "access_token" if token else ""
    if not token:
        try:
            grant = await stored_grant(config)
        except StoreError as error:
            return _Status(by="", now=now, api_version=version, problem=str(error))
        token, by = (grant.access_token, "consent") if grant else ("", "")
    facts, problem = await _asked(config, token) if token else (None, "")
    return _Status(by=by, now=now, api_version=version, grant=grant, facts=facts, problem=problem)


async def _asked(config: Config, token: str) -> tuple[TokenFacts | None, str]:
    """What LinkedIn says of the token, or why it could not be asked."""
    try:
        async with authority(config) as linkedin:
            return await linkedin.introspect(token), ""
    except UpstreamError as error:
        return None, " ".join(part for part in (f"{error}.", error.advice) if part)


def _json(status: _Status) -> dict[str, object]:
    grant, facts = status.grant, status.facts
    refresh_end = grant.sign_in_by if grant and grant.refresh_token else None
    return {
        "alive": status.is_alive,
        "by": status.by or None,
        "connected_at": _iso(grant.connected_at if grant else None),
        "died_at": _iso(grant.died_at if grant else None),
        "access_ends_at": _iso(status.expires_at),
        "access_days_left": _days(status.expires_at, status.now),
        "refresh_ends_at": _iso(refresh_end),
        "refresh_days_left": _days(refresh_end, status.now),
        "scopes": list(status.scopes),
        "missing_scopes": list(missing_scopes(status.scopes)),
        "linkedin_says": None
        if facts is None
        else {"active": facts.is_active, "status": facts.status or None, "expires_at": _iso(facts.expires_at)},
        "problem": status.problem or None,
        "api_version": status.api_version,
        "api_version_ends_on": None if (end := sunset(status.api_version)) is None else end.isoformat(),
    }


def _lines(status: _Status) -> list[str]:
    lines = [*_who(status), *_how_long(status), *_said_by_linkedin(status)]
    if status.scopes:
        lines.append(f"Permissions: {', '.join(status.scopes)}.")
    if missing := missing_scopes(status.scopes):
        lines.append(
            f"Missing permissions: {', '.join(missing)}. Ask for them under Products of your app at LinkedIn, then "
            "connect again."
        )
    return [*lines, _version(status.api_version)]


def _version(version: str) -> str:
    end = sunset(version)
    if end is None:
        return f"API version {version} is none that LinkedIn has. Set linkedin.api_version to one that it lists."
    return f"API version {version} is served until about {end.day} {end:%b %Y}."


def _who(status: _Status) -> list[str]:
    if status.by == "access_token":
        return ["LinkedIn is called with the token in LINKEDIN_ACCESS_TOKEN."]
    if status.grant is None:
        problem = [status.problem] if status.problem else []
        return [*problem, "LinkedIn is not connected. Run `leadbell linkedin connect`."]
    lines = [f"Connected since {day(status.grant.connected_at)}."]
    if status.grant.died_at:
        lines.append(
            f"LinkedIn has refused the account since {day(status.grant.died_at)}, so nothing is called; leads are "
            "received and kept. Run `leadbell linkedin connect`."
        )
    return lines


def _how_long(status: _Status) -> list[str]:
    lines, grant = [], status.grant
    if status.expires_at is not None:
        lines.append(_left("Access", status.expires_at, status.now))
    if grant is not None and grant.refresh_token and grant.sign_in_by:
        lines.append(_left("The sign-in, which renews the access by itself,", grant.sign_in_by, status.now))
    elif grant is not None and not grant.died_at:
        lines.append("LinkedIn gives this app no way to renew it: somebody must sign in again before it ends.")
    return lines


def _left(what: str, end: datetime, now: datetime) -> str:
    if now >= end:
        return f"{what} ended on {day(end)}."
    count = days_left(end, now)
    return f"{what} ends on {day(end)}, in {count} {'day' if count == 1 else 'days'}."


def _said_by_linkedin(status: _Status) -> list[str]:
    facts = status.facts
    if facts is None:
        return [f"LinkedIn itself could not be asked: {status.problem}"] if status.problem and status.by else []
    if facts.is_active:
        return ["LinkedIn says that the token is active."]
    if facts.is_over:
        return [f"LinkedIn says that the token is {facts.status}. Run `leadbell linkedin connect`."]
    return ["LinkedIn says that it does not know this token for this app. Check LINKEDIN_CLIENT_ID."]


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat(timespec="seconds").replace("+00:00", "Z")


def _days(end: datetime | None, now: datetime) -> int | None:
    return None if end is None else days_left(end, now)
