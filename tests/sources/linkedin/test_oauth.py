"""LinkedIn's sign-in server, played by a small one on loopback that answers what it is told to."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from aiohttp import web

from bot.core.connection import SCOPES, Grant
from bot.core.errors import OutageError, RateLimited, SignInNeeded, TemporaryError, UpstreamError
from bot.sources.linkedin.oauth import OAuth, classify
from tests.clock import Clock

REDIRECT = "https://leads.example.com/linkedin/callback"
SECRET = "hush-secret-with/+signs=="
TOKENS = {
    "access_token": "a" * 1500,
    "expires_in": 5_184_000,
    "refresh_token": "r" * 1500,
    "refresh_token_expires_in": 31_536_000,
    "scope": "r_ads r_marketing_leadgen_automation",
    "token_type": "Bearer",
}
BEFORE = Grant(
    access_token="old-access",
    expires_at=datetime(2026, 11, 28, tzinfo=UTC),
    refresh_token="old-refresh",
    refresh_expires_at=datetime(2027, 5, 1, tzinfo=UTC),
    scopes=("r_ads",),
    connected_at=datetime(2026, 5, 1, tzinfo=UTC),
    obtained_at=datetime(2026, 9, 29, tzinfo=UTC),
)


@dataclass
class SignInServer:
    """Answers every request with `status` and `body` and keeps what it was asked."""

    url: str = ""
    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def say(self, content: Mapping[str, object] | str, status: int = 200, **headers: str) -> None:
        self.status, self.headers = status, {name.replace("_", "-"): value for name, value in headers.items()}
        self.body = content.encode() if isinstance(content, str) else json.dumps(content).encode()

    async def answer(self, request: web.Request) -> web.Response:
        raw = (await request.read()).decode()
        form = {name: values[0] for name, values in parse_qs(raw, strict_parsing=True, keep_blank_values=True).items()}
        self.asked.append((f"{request.method} {request.raw_path}", form))
        if self.hangs:
            await asyncio.Event().wait()
        kind = "text/html" if self.body[:1] == b"<" else "application/json"
        return web.Response(status=self.status, body=self.body, content_type=kind, headers=self.headers)


@pytest.fixture
async def server() -> AsyncIterator[SignInServer]:
    played = SignInServer()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", played.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    played.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield played
    await runner.cleanup()


@pytest.fixture
async def oauth(server: SignInServer, clock: Clock) -> AsyncIterator[OAuth]:
    async with aiohttp.ClientSession() as session:
        yield an_oauth(session, server.url, clock)


def an_oauth(
    session: aiohttp.ClientSession, url: str, clock: Clock, *, secret: str = SECRET, seconds: float = 5
) -> OAuth:
    return OAuth(
        session,
        auth_url=url,
        client_id="app-1",
        client_secret=secret,
        now=clock,
        deadline=timedelta(seconds=seconds),
    )


# ── the consent's address ──


def test_the_consent_asks_for_all_scopes_at_once(clock: Clock) -> None:
    oauth = an_oauth(None, "https://www.linkedin.com", clock)  # type: ignore[arg-type]  # nothing is asked

    url = oauth.consent_url(redirect_uri=REDIRECT, state="st-_ate")

    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "www.linkedin.com", "/oauth/v2/authorization")
    assert parse_qs(parts.query, strict_parsing=True) == {
        "response_type": ["code"],
        "client_id": ["app-1"],
        "redirect_uri": [REDIRECT],
        "state": ["st-_ate"],
        "scope": [" ".join(SCOPES)],
    }
    assert "+" not in parts.query, "LinkedIn wants %20 between scopes"
    assert SECRET not in url


# ── tokens ──


async def test_a_code_becomes_tokens(oauth: OAuth, server: SignInServer, clock: Clock) -> None:
    server.say(TOKENS)

    grant = await oauth.exchange("c/o+d=e", redirect_uri=REDIRECT)

    assert server.asked == [
        (
            "POST /oauth/v2/accessToken",
            {
                "grant_type": "authorization_code",
                "code": "c/o+d=e",
                "redirect_uri": REDIRECT,
                "client_id": "app-1",
                "client_secret": SECRET,
            },
        )
    ]
    assert grant == Grant(
        access_token="a" * 1500,
        expires_at=clock() + timedelta(days=60),
        refresh_token="r" * 1500,
        refresh_expires_at=clock() + timedelta(days=365),
        scopes=("r_ads", "r_marketing_leadgen_automation"),
        connected_at=clock(),
        obtained_at=clock(),
    )


async def test_an_app_without_refresh_tokens_gets_none(oauth: OAuth, server: SignInServer) -> None:
    server.say({"access_token": "a", "expires_in": 5_184_000})

    grant = await oauth.exchange("code", redirect_uri=REDIRECT)

    assert (grant.refresh_token, grant.refresh_expires_at, grant.scopes) == ("", None, ())


@pytest.mark.parametrize(
    "scope",
    ["r_ads,rw_ads", "r_ads rw_ads", "r_ads, rw_ads", " r_ads  rw_ads "],
    ids=["commas", "spaces", "both", "more"],
)
async def test_scopes_are_split_at_commas_and_spaces(oauth: OAuth, server: SignInServer, scope: str) -> None:
    server.say({**TOKENS, "scope": scope})

    assert (await oauth.exchange("code", redirect_uri=REDIRECT)).scopes == ("r_ads", "rw_ads")


@pytest.mark.parametrize(
    ("told", "days"),
    [
        *((5_184_000, 60), ("5184000", 60), (5_184_000.0, 60), (None, None), (0, None), (-5, None), ("soon", None)),
        *((True, None), (10**15, None), ("9" * 400, None), ([1], None)),
    ],
    ids=lambda value: str(value)[:12],
)
async def test_a_life_that_cannot_be_read_is_unknown(
    oauth: OAuth, server: SignInServer, clock: Clock, told: object, days: int | None
) -> None:
    server.say({**TOKENS, "expires_in": told})

    expires_at = (await oauth.exchange("code", redirect_uri=REDIRECT)).expires_at

    assert expires_at == (None if days is None else clock() + timedelta(days=days))


@pytest.mark.parametrize("told", [525_600, 439_200, 999_999, "525600"])
async def test_a_refresh_tokens_life_that_looks_like_minutes_is_unknown_and_logged(
    oauth: OAuth, server: SignInServer, caplog: pytest.LogCaptureFixture, told: object
) -> None:
    server.say({**TOKENS, "refresh_token_expires_in": told})

    with caplog.at_level(logging.WARNING):
        grant = await oauth.exchange("code", redirect_uri=REDIRECT)

    assert grant.refresh_token
    assert grant.refresh_expires_at is None
    assert [record.message for record in caplog.records] == ["doubtful life of a refresh token"]


async def test_a_refresh_token_becomes_a_new_access_token(oauth: OAuth, server: SignInServer, clock: Clock) -> None:
    server.say({**TOKENS, "refresh_token_expires_in": 13_737_600})

    grant = await oauth.refresh(BEFORE)

    assert server.asked[0][1] == {
        "grant_type": "refresh_token",
        "refresh_token": "old-refresh",
        "client_id": "app-1",
        "client_secret": SECRET,
    }
    assert grant == replace(
        BEFORE,
        access_token="a" * 1500,
        expires_at=clock() + timedelta(days=60),
        refresh_token="r" * 1500,
        refresh_expires_at=clock() + timedelta(seconds=13_737_600),
        scopes=("r_ads", "r_marketing_leadgen_automation"),
        obtained_at=clock(),
    )


async def test_what_a_renewal_does_not_tell_stays_as_it_was(oauth: OAuth, server: SignInServer, clock: Clock) -> None:
    server.say({"access_token": "new", "expires_in": 3600})

    grant = await oauth.refresh(BEFORE)

    expected = replace(BEFORE, access_token="new", expires_at=clock() + timedelta(hours=1), obtained_at=clock())
    assert grant == expected


async def test_near_the_years_end_a_short_rest_does_not_replace_the_end_that_is_known(
    oauth: OAuth, server: SignInServer
) -> None:
    server.say({**TOKENS, "refresh_token_expires_in": 439_200})

    assert (await oauth.refresh(BEFORE)).refresh_expires_at == BEFORE.refresh_expires_at


async def test_the_life_is_counted_from_the_question(oauth: OAuth, server: SignInServer, clock: Clock) -> None:
    server.say(TOKENS)
    asked_at = clock()
    asking = asyncio.ensure_future(oauth.exchange("code", redirect_uri=REDIRECT))
    while not server.asked:
        await asyncio.sleep(0.001)

    clock.advance(seconds=9)

    assert (await asking).obtained_at == asked_at


# ── refusals ──


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, "invalid_request"), (400, "invalid_grant"), (400, "invalid_redirect_uri"), (401, "invalid_request")],
)
async def test_a_spent_code_wants_a_new_sign_in(oauth: OAuth, server: SignInServer, status: int, error: str) -> None:
    server.say({"error": error, "error_description": "any words"}, status)

    with pytest.raises(SignInNeeded, match=error) as refused:
        await oauth.exchange("code", redirect_uri=REDIRECT)

    assert "must be exactly the one" in refused.value.advice


@pytest.mark.parametrize("error", ["invalid_request", "invalid_grant"])
async def test_a_dead_refresh_token_wants_a_new_sign_in(oauth: OAuth, server: SignInServer, error: str) -> None:
    server.say({"error": error, "error_description": "Token has been expired or revoked."}, 400)

    with pytest.raises(SignInNeeded) as refused:
        await oauth.refresh(BEFORE)

    assert "leadbell linkedin connect" in refused.value.advice


async def test_a_wrong_secret_is_said_and_kills_no_token(oauth: OAuth, server: SignInServer) -> None:
    server.say({"error": "invalid_client", "error_description": "Client authentication failed"}, 401)

    for call in (oauth.refresh(BEFORE), oauth.exchange("code", redirect_uri=REDIRECT), oauth.introspect("token")):
        with pytest.raises(OutageError, match="does not accept the client secret") as refused:
            await call
        assert not isinstance(refused.value, SignInNeeded)
        assert "LINKEDIN_CLIENT_SECRET" in refused.value.advice


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, '{"error":"server_error"}'),
        (503, "<html>busy</html>"),
        (400, "<html>a proxy's page</html>"),
        (401, ""),
        (403, "<html>no</html>"),
        (200, ""),
        (200, "<html>hello</html>"),
        (200, '{"access_token":"abc'),
        (200, "[]"),
        (200, "{}"),
        (200, '{"expires_in":3600}'),
        (200, '{"access_token":""}'),
        (200, '{"access_token":5}'),
        (200, '{"access_token":"with a\\nbreak"}'),
        (200, '{"access_token":"' + "x" * 300_000 + '"}'),
        (202, '{"access_token":"abc"}'),
        (400, '{"error":"<script>"}'),
        (400, '{"error":{"message":"x"}}'),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_what_is_no_answer_of_theirs_may_pass(oauth: OAuth, server: SignInServer, status: int, body: str) -> None:
    server.say(body, status)

    with pytest.raises(TemporaryError):
        await oauth.refresh(BEFORE)


async def test_a_limit_is_a_limit(oauth: OAuth, server: SignInServer) -> None:
    server.say({"error": "slow_down"}, 429, Retry_After="7")

    with pytest.raises(RateLimited) as limited:
        await oauth.refresh(BEFORE)

    assert limited.value.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize(("asked", "seconds"), [("", 60), ("soon", 60), ("0", 1), ("999999999999", 86_400), ("١", 60)])
def test_an_odd_wait_is_bounded(asked: str, seconds: int) -> None:
    error = classify(429, {}, asked)

    assert isinstance(error, RateLimited)
    assert error.retry_after == timedelta(seconds=seconds)


async def test_a_redirect_is_not_followed_with_the_secret(oauth: OAuth, server: SignInServer) -> None:
    server.say("", 307, Location=f"{server.url}/elsewhere")

    with pytest.raises(OutageError) as refused:
        await oauth.refresh(BEFORE)

    assert len(server.asked) == 1
    assert "LINKEDIN_AUTH_URL" in refused.value.advice


async def test_an_address_without_a_sign_in_server_is_said(oauth: OAuth, server: SignInServer) -> None:
    server.say("<html>not found</html>", 404)

    with pytest.raises(OutageError) as refused:
        await oauth.refresh(BEFORE)

    assert "LINKEDIN_AUTH_URL" in refused.value.advice


async def test_silence_ends_with_the_deadline(server: SignInServer, clock: Clock) -> None:
    server.hangs = True
    async with aiohttp.ClientSession() as session:
        with pytest.raises(TemporaryError, match="in time"):
            await an_oauth(session, server.url, clock, seconds=0.05).refresh(BEFORE)


async def test_nobody_there_may_pass(clock: Clock) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(TemporaryError, match="connection"):
            await an_oauth(session, "http://127.0.0.1:9", clock).refresh(BEFORE)


async def test_without_a_secret_nothing_is_asked(server: SignInServer, clock: Clock) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(OutageError, match="not set") as refused:
            await an_oauth(session, server.url, clock, secret="").refresh(BEFORE)

    assert not isinstance(refused.value, SignInNeeded)
    assert server.asked == []


async def test_no_error_shows_a_token_a_code_or_the_secret(oauth: OAuth, server: SignInServer) -> None:
    said: list[UpstreamError] = []
    for status in (200, 302, 400, 401, 403, 404, 429, 500):
        for body in ({"error": "invalid_grant", "error_description": "old-refresh c0de"}, {"error": f"x {SECRET}"}):
            server.say(body, status)
            for call in (oauth.refresh(BEFORE), oauth.exchange("c0de", redirect_uri=REDIRECT)):
                with pytest.raises(UpstreamError) as refused:
                    await call
                said.append(refused.value)

    text = " ".join(f"{each} {each.code} {each.advice}" for each in said)
    assert len(said) == 32
    for secret in ("old-refresh", "old-access", "c0de", SECRET):
        assert secret not in text


# ── introspection ──


async def test_a_live_token_is_told_with_its_end_in_seconds(oauth: OAuth, server: SignInServer) -> None:
    server.say({"active": True, "status": "active", "expires_at": 1_800_000_000, "scope": "r_ads,rw_ads"})

    facts = await oauth.introspect("token")

    assert server.asked[0] == (
        "POST /oauth/v2/introspectToken",
        {"token": "token", "client_id": "app-1", "client_secret": SECRET},
    )
    assert (facts.is_active, facts.status, facts.scopes) == (True, "active", ("r_ads", "rw_ads"))
    assert facts.expires_at == datetime(2027, 1, 15, 8, 0, tzinfo=UTC)


async def test_the_token_of_another_app_is_not_active_and_not_called_dead(oauth: OAuth, server: SignInServer) -> None:
    server.say({"active": False})

    facts = await oauth.introspect("token")

    assert not facts.is_active
    assert not facts.is_over


async def test_a_revoked_token_is_over(oauth: OAuth, server: SignInServer) -> None:
    server.say({"active": False, "status": "REVOKED"})

    assert (await oauth.introspect("token")).is_over


@pytest.mark.parametrize("body", ['{"active":"yes"}', '{"status":"revoked"}', "<html>"])
async def test_an_answer_about_a_token_that_cannot_be_read_is_none(
    oauth: OAuth, server: SignInServer, body: str
) -> None:
    server.say(body)

    with pytest.raises(TemporaryError):
        await oauth.introspect("token")


async def test_a_refused_question_about_a_token_is_no_word_about_its_life(oauth: OAuth, server: SignInServer) -> None:
    server.say({"error": "invalid_request"}, 400)

    with pytest.raises(OutageError) as refused:
        await oauth.introspect("token")

    assert not isinstance(refused.value, SignInNeeded)
