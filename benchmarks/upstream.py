"""LinkedIn and Slack in one process that answers at once, hangs or refuses; it notes when each lead's message arrived.

Far cheaper than the stand-ins of the demo, which check what they are asked: here the time belongs to who asks.
`POST /control/MODE` sets how it answers; `GET /control/posts` gives and forgets what arrived as [lead, nanoseconds].
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from enum import StrEnum

from aiohttp import web

from benchmarks.leads import number_in, number_posted, response, responses
from benchmarks.serving import until_told

_HANG_SECONDS = 3600
_JSON = "application/json"
_NO_LEADS = b'{"elements":[],"paging":{"start":0,"count":100,"links":[]}}'


class Mode(StrEnum):
    """How it answers."""

    INSTANT = "instant"
    SLACK_HANGS = "slack-hangs"
    ALL_HANG = "all-hang"
    LINKEDIN_REFUSES = "linkedin-refuses"  #: 429 with a long Retry-After


class Upstream:
    """One handler for every path; the low-level server has no router whose time would count."""

    def __init__(self) -> None:
        self._mode = Mode.INSTANT
        self._posts: list[tuple[int, int]] = []
        self._stamps = itertools.count(1)
        self._released = asyncio.Event()

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Whatever was asked of LinkedIn, of Slack, or of the benchmark's own control."""
        arrived = time.monotonic_ns()
        path = request.raw_path
        if path.startswith("/rest/"):
            return await self._linkedin(path)
        if path.startswith("/api/"):
            return await self._slack(path, await request.read(), arrived)
        return self._control(path)

    async def _linkedin(self, path: str) -> web.Response:
        if self._mode is Mode.LINKEDIN_REFUSES:
            return web.Response(status=429, headers={"Retry-After": "3600"}, body=b"{}", content_type=_JSON)
        if self._mode is Mode.ALL_HANG:
            await self._hang()
        if "?ids=List(" in path:
            return web.Response(body=responses(path), content_type=_JSON)
        number = number_in(path)
        return web.Response(body=_NO_LEADS if number is None else response(number), content_type=_JSON)

    async def _slack(self, path: str, body: bytes, arrived: int) -> web.Response:
        if self._mode in {Mode.SLACK_HANGS, Mode.ALL_HANG}:
            await self._hang()
        method = path.removeprefix("/api/").partition("?")[0]
        if method == "chat.postMessage":
            number = number_posted(body)
            if number is not None:
                self._posts.append((number, arrived))
            stamp = f"1763900000.{next(self._stamps):06d}"
            answer: dict[str, object] = {"ok": True, "channel": "C0BENCH", "ts": stamp}
        else:
            answer = {"ok": True, **_SLACK.get(method, {})}
        return web.Response(body=json.dumps(answer).encode(), content_type=_JSON)

    def _control(self, path: str) -> web.Response:
        wanted = path.removeprefix("/control/")
        if wanted == "posts":
            posts, self._posts = self._posts, []
            return web.Response(body=json.dumps(posts).encode(), content_type=_JSON)
        self._mode = Mode(wanted)
        self._released.set()
        self._released = asyncio.Event()
        return web.Response(body=b"{}", content_type=_JSON)

    async def _hang(self) -> None:
        """Until the mode is changed."""
        try:
            async with asyncio.timeout(_HANG_SECONDS):
                await self._released.wait()
        except TimeoutError:
            return


_SLACK: dict[str, dict[str, object]] = {
    "auth.test": {"team_id": "T0BENCH", "user_id": "U0BOT", "bot_id": "B0BOT", "user": "leadbell", "team": "Bench"},
    "users.lookupByEmail": {"user": {"id": "U0ANNA", "name": "anna", "team_id": "T0BENCH"}},
    "users.list": {"members": []},
    "conversations.list": {"channels": []},
    "conversations.history": {"messages": []},
    "conversations.open": {"channel": {"id": "D0BENCH"}},
}


async def serve() -> None:
    """Listen on a free port, say which, answer until standard input ends."""
    runner = web.ServerRunner(web.Server(Upstream().answer, access_log=None))
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        await until_told(int(runner.addresses[0][1]))
    finally:
        await runner.cleanup()
