"""`linkedin connect`: in the browser through the running server, or by pasting the address that LinkedIn leads to."""

from __future__ import annotations

import asyncio
import hmac
import secrets
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from bot.app import utc_now
from bot.cli.linkedin.opened import STOPPED
from bot.cli.linkedin.token import authority, credentials_alone, load_to_call
from bot.cli.printing import complain, say
from bot.config.model import Config
from bot.config.values import is_loopback
from bot.control import NoServer, ask
from bot.core.connection import CALLBACK_PATH, SCOPES
from bot.core.errors import BotError, RejectedRequest
from bot.pipeline.consent import code_of, exchanged
from bot.pipeline.notices.connection import remarks

#: As long as the link is good, and then as long as LinkedIn's page may stay open.
_WAIT_SECONDS = 15 * 60.0
_POLL_SECONDS = 1.0
_SAY_EVERY_SECONDS = 60.0


def run_connect(
    config: Path | None,
    paste: bool,
    *,
    without: Sequence[str] = (),
    wait_seconds: float = _WAIT_SECONDS,
    poll_seconds: float = _POLL_SECONDS,
) -> int:
    """0 when LinkedIn is connected, 1 when it came to nothing, 2 when it could not begin, STOPPED after Ctrl-C."""
    loaded = load_to_call(config)
    if loaded is None:
        return 2
    if wrong := [each for each in without if each not in SCOPES or each == SCOPES[0]]:
        complain(f"--without {wrong[0]}: what can be left out is {', '.join(SCOPES[1:])}.")
        return 2
    try:
        if paste:
            return _by_pasting(loaded, without)
        return asyncio.run(_in_browser(loaded, without, wait_seconds, poll_seconds))
    except KeyboardInterrupt:
        complain("", "Stopped waiting. A sign-in that is under way still counts: `leadbell linkedin status` tells.")
        return STOPPED


# ── in the browser ──


async def _in_browser(config: Config, without: Sequence[str], wait_seconds: float, poll_seconds: float) -> int:
    try:
        begun = _answer(await ask(config.database, "linkedin-connect", {"without": list(without)}))
    except NoServer:
        complain(
            "No server is running on this database, so no browser could come back to it.",
            "Start it with `leadbell run` and try again, or use `leadbell linkedin connect --paste`.",
        )
        return 2
    _say_what_to_register(config, begun)
    say(
        "Then open this address in a browser and sign in as a member who has a role on the Page and the ad account:",
        "",
        f"  {begun['url']}",
        "",
        "It works once, for 15 minutes. Waiting until you are done (Ctrl-C stops waiting) …",
    )
    return await _wait(config, before=begun.get("connected_at"), seconds=wait_seconds, poll_seconds=poll_seconds)


async def _wait(config: Config, *, before: object, seconds: float, poll_seconds: float) -> int:
    end = time.monotonic() + seconds
    say_at = time.monotonic() + _SAY_EVERY_SECONDS
    while (now := time.monotonic()) < end:
        status = _answer(await ask(config.database, "linkedin-status", {}))
        if status["connected_at"] and status["connected_at"] != before:
            return _say_connected(_remarks(status))
        if status["refusal"]:
            complain(str(status["refusal"]))
            return 1
        if now >= say_at:
            say(f"Still waiting; {max(round((end - now) / 60), 1)} min left …")
            say_at += _SAY_EVERY_SECONDS
        await asyncio.sleep(poll_seconds)
    complain("Nobody finished the sign-in in time. Run `leadbell linkedin connect` again for a new address.")
    return 1


# ── by pasting ──


@dataclass(frozen=True, slots=True)
class _Begun:
    """A consent under way. `state` is "" when the server keeps it."""

    url: str
    redirect_uri: str
    state: str = ""


def _by_pasting(config: Config, without: Sequence[str]) -> int:
    begun = asyncio.run(_begin(config, without))
    if begun is None:
        return 2
    _say_what_to_register(config, {"redirect_uri": begun.redirect_uri})
    say(
        "Then open this address in any browser, on any machine, and sign in as a member who has a role on the Page "
        "and the ad account:",
        "",
        f"  {begun.url}",
        "",
        f"LinkedIn leads on to an address that begins with {begun.redirect_uri}. It does not matter whether that page",
        "loads: copy the whole address out of the browser's address bar, paste it here, and press Enter.",
        "",
    )
    query = _query_of(sys.stdin.readline())
    if query is None:
        complain(
            "That is not the address that LinkedIn leads to: it holds no state= with a code= or an error=. "
            "Run `leadbell linkedin connect --paste` again and paste the whole address."
        )
        return 2
    try:
        return _say_connected(asyncio.run(_finish(config, begun, query)))
    except BotError as error:
        complain(str(error))
        return 1


async def _begin(config: Config, without: Sequence[str]) -> _Begun | None:
    """The consent's address, by the running server or made here; None after it was said what is missing."""
    try:
        begun = _answer(await ask(config.database, "linkedin-consent-url", {"without": list(without)}))
        return _Begun(str(begun["url"]), str(begun["redirect_uri"]))
    except NoServer:
        pass
    if not (config.linkedin.client_id and config.linkedin.client_secret):
        complain("LINKEDIN_CLIENT_ID and LINKEDIN_CLIENT_SECRET must be set: see the Auth tab of your LinkedIn app.")
        return None
    redirect_uri, state = config.server.public_url + CALLBACK_PATH, secrets.token_urlsafe(32)
    async with authority(config) as linkedin:
        scopes = tuple(scope for scope in SCOPES if scope not in without)
        url = linkedin.consent_url(redirect_uri=redirect_uri, state=state, scopes=scopes)
        return _Begun(url, redirect_uri, state)


async def _finish(config: Config, begun: _Begun, query: Mapping[str, str]) -> Sequence[str]:
    """Connect with LinkedIn's answer; what is worth knowing then. Raises BotError with a reason for people."""
    if not begun.state:
        return _remarks(_answer(await ask(config.database, "linkedin-finish", {"query": query})))
    if not hmac.compare_digest(query["state"].encode("utf-8", "replace"), begun.state.encode()):
        raise RejectedRequest(401, "That address belongs to another sign-in. Use the newest one that was printed here.")
    async with credentials_alone(config) as credentials, authority(config) as linkedin:
        grant = await exchanged(linkedin, code_of(query), redirect_uri=begun.redirect_uri)
        await credentials.save(grant, now=utc_now())
    return remarks(grant, static_token_wins=bool(config.linkedin.access_token))


def _query_of(line: str) -> dict[str, str] | None:
    """The parameters of a pasted address, or of its part behind the question mark; None = it is not LinkedIn's."""
    text = line.strip().strip("'\"<>")
    try:
        query = dict(parse_qsl(urlsplit(text).query if "?" in text else text))
    except ValueError:
        return None
    return query if "state" in query and ("code" in query or "error" in query) else None


# ── both ──


def _say_what_to_register(config: Config, begun: Mapping[str, object]) -> None:
    say(
        "Once: at LinkedIn, on the Auth tab of your app, this must be among the redirect addresses, exactly as here:",
        "",
        f"  {begun['redirect_uri']}",
        "",
    )
    parts = urlsplit(config.server.public_url)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        say("LinkedIn accepts only addresses with https://. Set PUBLIC_URL to one, then restart Leadbell.", "")


def _say_connected(said: Sequence[str]) -> int:
    say("LinkedIn is connected.", *said)
    return 0


def _remarks(status: Mapping[str, object]) -> Sequence[str]:
    said = status.get("remarks")
    return [str(each) for each in said] if isinstance(said, list) else []


def _answer(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise BotError("the running server gave an answer that this program does not know; are both of one version?")
    return value
