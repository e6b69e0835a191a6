"""A LinkedIn of a few lines on loopback: answers what a test lays down, and keeps what came over the wire."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import aiohttp
from aiohttp import web

from bot.core.connection import Renewal
from bot.sandbox.faults import Faults, apply
from bot.sources.linkedin.api import Api
from bot.sources.linkedin.client import Client

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Seen:
    """A request as it came."""

    verb: str
    path: str  #: raw, with its query
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> object:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What is answered."""

    content: object = None  #: None = an empty body
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Answers = Callable[[Seen], Reply]


@dataclass
class Loopback:
    """The server, and a client that talks to it."""

    answers: Answers = lambda seen: Reply({"elements": []})
    seen: list[Seen] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    gate: asyncio.Event = field(default_factory=asyncio.Event)  #: while it is not set, answers are held back
    token: str = "good-token"
    new_token: str = ""  #: what a refresh brings; "" = there is no other
    verdict: Renewal = Renewal.NONE  #: on the old one, when there is no other
    refreshed: int = 0
    now: datetime = NOON
    url: str = ""
    api: Api = field(init=False)
    client: Client = field(init=False)

    @property
    def paths(self) -> list[str]:
        return [seen.path for seen in self.seen]

    async def refresh(self) -> Renewal:
        self.refreshed += 1
        await asyncio.sleep(0)
        self.token = self.new_token or self.token
        return Renewal.RENEWED if self.new_token else self.verdict

    async def until_seen(self, number: int) -> None:
        """Wait until so many requests have come."""
        async with asyncio.timeout(3):
            while len(self.seen) < number:
                await asyncio.sleep(0.001)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        seen = Seen(request.method, request.raw_path, request.headers.copy(), await request.read())
        self.seen.append(seen)
        await self.gate.wait()

        async def effect() -> web.Response:
            reply = self.answers(seen)
            body = b"" if reply.content is None else json.dumps(reply.content).encode()
            return web.Response(
                status=reply.status, body=body, headers=dict(reply.headers), content_type="application/json"
            )

        return await apply(self.faults.take(seen.path.partition("?")[0]), request, effect)


@asynccontextmanager
async def a_loopback(
    answers: Answers | object = None, *, deadline: timedelta = timedelta(seconds=5)
) -> AsyncIterator[Loopback]:
    """Up and running. `answers` is what each request is answered with, or a function of the request."""
    world = Loopback()
    world.gate.set()
    if callable(answers):
        world.answers = answers
    elif answers is not None:
        world.answers = lambda seen: answers if isinstance(answers, Reply) else Reply(answers)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", world._answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    world.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with aiohttp.ClientSession() as session:
            world.api = Api(
                session,
                api_version="202608",
                access_token=lambda: world.token,
                now=lambda: world.now,
                refresh=world.refresh,
                deadline=deadline,
            )
            world.client = Client(world.api, api_url=world.url)
            yield world
    finally:
        world.gate.set()
        await runner.cleanup()
