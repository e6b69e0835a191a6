"""A LinkedIn with an account, a Page and forms; calls to it as they go over the wire; somebody who listens."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web
from yarl import URL

from bot.sandbox.linkedin import LinkedInStandIn, Question

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ACCOUNT = "urn:li:sponsoredAccount:507857085"
PAGE = "urn:li:organization:12345"
GOOD = {"Authorization": "Bearer token", "LinkedIn-Version": "202608", "X-Restli-Protocol-Version": "2.0.0"}
WRITES = GOOD | {"Content-Type": "application/json"}
OWNER = "owner=(sponsoredAccount:urn%3Ali%3AsponsoredAccount%3A507857085)"
PAGE_OWNER = "owner=(organization:urn%3Ali%3Aorganization%3A12345)"
FINDER = f"/rest/leadFormResponses?q=owner&{OWNER}&leadType=(leadType:SPONSORED)"


class Clock:
    """Noon, until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def go(self, **by: float) -> None:
        """Move on."""
        self.now += timedelta(**by)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. `content` is whatever JSON it was, None for an empty body."""

    status: int
    content: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def elements(self) -> list[dict[str, Any]]:
        """What a finder found."""
        found: list[dict[str, Any]] = self.content["elements"]
        return found


@asynccontextmanager
async def a_linkedin(clock: Clock | None = None) -> AsyncIterator[LinkedInStandIn]:
    """A running stand-in; its token is "token", its secret "secret"."""
    linkedin = LinkedInStandIn(client_secret="secret", access_token="token", now=clock or Clock())
    linkedin.add_form(
        id=6083,
        name="Demo",
        owner=ACCOUNT,
        questions=[
            Question(1, "First name", "First name", "FIRST_NAME"),
            Question(2, "E-mail", "Email", "EMAIL"),
            Question(3, "Which?", "Which", options=("Red", "Green")),
        ],
    )
    linkedin.add_form(id=818, name="Webinar", owner=PAGE, questions=[Question(1, "First name", "First name")])
    linkedin.add_campaign(id=7, name="Autumn", account=ACCOUNT)
    await linkedin.start()
    try:
        yield linkedin
    finally:
        await linkedin.stop()


async def send(
    linkedin: LinkedInStandIn,
    method: str,
    path: str,
    *,
    body: object = None,
    raw: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """One request, as it is spelt here. `body` goes as JSON; redirects are not followed."""
    raw = json.dumps(body).encode() if body is not None else raw
    sent = dict(headers if headers is not None else GOOD if raw is None else WRITES)
    async with (
        aiohttp.ClientSession() as session,
        session.request(
            method, URL(linkedin.url + path, encoded=True), data=raw, headers=sent, allow_redirects=False
        ) as response,
    ):
        assert "x-li-uuid" in response.headers
        content = await response.read()
        return Reply(response.status, json.loads(content) if content else None, response.headers.copy())


async def get(linkedin: LinkedInStandIn, path: str, headers: Mapping[str, str] = GOOD) -> Reply:
    """A GET of the API."""
    return await send(linkedin, "GET", path, headers=headers)


async def post_form(linkedin: LinkedInStandIn, path: str, **fields: str) -> Reply:
    """A form-encoded POST, as OAuth wants it."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return await send(linkedin, "POST", path, raw=urlencode(fields).encode(), headers=headers)


class Receiver:
    """A webhook receiver that keeps what it gets and answers challenges with the secret it `knows`."""

    def __init__(self) -> None:
        self.url = ""
        self.knows = "secret"
        self.posts: list[web.Request] = []
        self.challenges = 0

    async def post(self, request: web.Request) -> web.Response:
        """200 for a genuine notification."""
        self.posts.append(request)
        expected = hmac.new(b"secret", b"hmacsha256=" + await request.read(), hashlib.sha256).hexdigest()
        return web.Response(status=200 if request.headers["X-LI-Signature"] == expected else 401)

    async def get(self, request: web.Request) -> web.Response:
        """The answer to a challenge."""
        self.challenges += 1
        code = request.query["challengeCode"]
        digest = hmac.new(self.knows.encode(), code.encode(), hashlib.sha256).hexdigest()
        return web.json_response({"challengeCode": code, "challengeResponse": digest})


@contextmanager
def nobody() -> Iterator[str]:
    """An address of this machine where nobody listens, and nobody can begin to."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}/nobody"


@asynccontextmanager
async def a_receiver(*, knows: str = "secret") -> AsyncIterator[Receiver]:
    """Somebody who listens."""
    receiver = Receiver()
    receiver.knows = knows
    app = web.Application()
    app.router.add_post("/{name}", receiver.post)
    app.router.add_get("/{name}", receiver.get)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield receiver
    finally:
        await runner.cleanup()
