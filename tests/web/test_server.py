"""The HTTP side against a real server: limits, deadlines and answers that show nothing of the inside."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import re
import sqlite3
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp import web

from bot.core.errors import StoreUnavailable
from bot.pipeline.receive import Reception
from bot.ports import Posted, Stream
from bot.sources.linkedin import LinkedIn
from bot.sources.linkedin.api import Api
from bot.sources.linkedin.client import Client
from bot.store.database import Database
from bot.store.entries import Clerk
from bot.store.inbox import SqliteInbox
from bot.store.watch_book import SqliteWatchBook
from bot.web.health import Health
from bot.web.server import application, serving
from bot.web.webhooks import MAX_BODY_BYTES, LinkedInWebhook
from tests.clock import Clock

SECRET = "hush"
PATH = "/linkedin/webhook"
DEADLINE = 5.0


class FullDisk(SqliteInbox):
    """An inbox on a disk that is full."""

    async def record(self, posted: Posted, **rest: object) -> int:
        raise StoreUnavailable("the database could not store it: /var/lib/leadbell.db is full")


class Broken(SqliteInbox):
    """An inbox with a bug."""

    async def record(self, posted: Posted, **rest: object) -> int:
        raise RuntimeError("secret inside /home/leadbell")


@dataclass
class Site:
    """A running server and a client of it."""

    port: int
    client: aiohttp.ClientSession
    rings: list[int]
    stopping: list[bool] = field(default_factory=list)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def post(self, body: bytes, headers: Mapping[str, str] | None = None) -> aiohttp.ClientResponse:
        async with self.client.post(self.url(PATH), data=body, headers=headers) as response:
            await response.read()
            return response

    async def talk(self, *parts: bytes) -> bytes:
        """Write the parts as they are, then read one answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            for part in parts:
                writer.write(part)
                await writer.drain()
            async with asyncio.timeout(DEADLINE):
                answer = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"(?i)content-length: (\d+)", answer)
                return answer + await reader.readexactly(int(length[1]) if length else 0)
        finally:
            writer.close()


class Sites:
    """Starts servers on one database."""

    def __init__(self, database: Database, clerk: Clerk, clock: Clock) -> None:
        self.inbox = SqliteInbox(database, clerk)
        self.watch = SqliteWatchBook(database, clerk)
        self.database = database
        self.clock = clock

    @asynccontextmanager
    async def site(self, inbox: SqliteInbox | None = None, *, body_deadline: float = 15.0) -> AsyncIterator[Site]:
        async with AsyncExitStack() as parts:
            client = await parts.enter_async_context(aiohttp.ClientSession())
            api = Api(client, api_version="202608", access_token=lambda: "token", now=self.clock)
            source = LinkedIn(Client(api, api_url="http://127.0.0.1:9"), client_secrets=(SECRET,), now=self.clock)
            rings: list[int] = []
            reception = Reception(
                source=source,
                inbox=inbox or self.inbox,
                watch=self.watch,
                now=self.clock,
                ring=lambda _bell: rings.append(1),
            )
            stopping: list[bool] = []
            health = Health(can_store=self.database.prove, is_stopping=lambda: bool(stopping))
            webhook = LinkedInWebhook(reception=reception, body_deadline_seconds=body_deadline)
            app = application(webhook, health, None)
            port = await parts.enter_async_context(serving(app, "127.0.0.1", 0))
            yield Site(port=port, client=client, rings=rings, stopping=stopping)


@pytest.fixture
def sites(database: Database, clerk: Clerk, clock: Clock) -> Sites:
    return Sites(database, clerk, clock)


@pytest.fixture
async def site(sites: Sites) -> AsyncIterator[Site]:
    async with sites.site() as site:
        yield site


_numbers = itertools.count(1)


def a_body(*, padding: int = 0) -> bytes:
    notification = {
        "type": "LEAD_ACTION",
        "leadGenFormResponse": f"urn:li:leadGenFormResponse:{next(_numbers)}-1",
        "leadGenForm": "urn:li:versionedLeadGenForm:(urn:li:leadGenForm:3162,1)",
        "owner": {"sponsoredAccount": "urn:li:sponsoredAccount:520866471"},
        "associatedEntity": {"sponsoredCreative": "urn:li:sponsoredCreative:128811924"},
        "leadType": "SPONSORED",
        "leadAction": "CREATED",
        "occurredAt": 1_763_000_000_000,
    }
    return orjson.dumps(notification) + b" " * padding


def signed(body: bytes) -> dict[str, str]:
    signature = hmac.new(SECRET.encode(), b"hmacsha256=" + body, hashlib.sha256).hexdigest()
    return {"X-LI-Signature": signature, "Content-Type": "application/json"}


async def leads(sites: Sites) -> int:
    return int(await sites.database.read(lambda tx: tx.execute("SELECT count(*) FROM lead").fetchone()[0]))


def head(length: int, **headers: str) -> bytes:
    lines = [f"POST {PATH} HTTP/1.1", "Host: x", f"Content-Length: {length}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def test_a_genuine_notification_is_stored_before_the_answer_and_the_workers_are_woken(
    site: Site, sites: Sites
) -> None:
    body = a_body()

    response = await site.post(body, signed(body))

    assert response.status == 200
    assert await leads(sites) == 1
    assert site.rings == [1]


async def test_a_repeat_is_answered_kindly_and_changes_nothing(site: Site, sites: Sites) -> None:
    body = a_body()

    statuses = [(await site.post(body, signed(body))).status for _ in range(3)]

    assert statuses == [200, 200, 200]
    assert await leads(sites) == 1


@pytest.mark.parametrize("headers", [{}, {"X-LI-Signature": "0" * 64}, {"X-LI-Signature": "Ünsinn"}])
async def test_a_missing_or_wrong_signature_is_refused(site: Site, sites: Sites, headers: dict[str, str]) -> None:
    response = await site.post(a_body(), headers)

    assert response.status == 401
    assert await leads(sites) == 0
    assert site.rings == []


@pytest.mark.parametrize(
    "body", [b"", b"no json", b'{"half": ', b"[" * 10_000, b'{"type": "LEAD_ACTION"}', b"\xff\xfe"]
)
async def test_what_is_signed_but_no_notification_is_refused_without_an_error_of_ours(
    site: Site, sites: Sites, body: bytes
) -> None:
    response = await site.post(body, signed(body))

    assert response.status in {200, 400}
    assert response.status == 400 or body.startswith(b'{"type"')
    assert await leads(sites) == 0


async def test_a_body_of_exactly_the_limit_is_taken_and_one_byte_more_is_not(site: Site, sites: Sites) -> None:
    fits = a_body(padding=MAX_BODY_BYTES - len(a_body()))
    assert len(fits) == MAX_BODY_BYTES
    too_large = fits + b" "

    assert (await site.post(fits, signed(fits))).status == 200
    assert (await site.post(too_large, signed(too_large))).status == 413
    assert await leads(sites) == 1


async def test_a_body_that_grows_without_end_is_cut_off(site: Site) -> None:
    chunk = b"ffff\r\n" + b" " * 0xFFFF + b"\r\n"
    start = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()

    answer = await site.talk(start, *[chunk] * 5)

    assert b" 413 " in answer.splitlines()[0]


async def test_a_packed_body_cannot_unpack_past_the_limit(site: Site) -> None:
    bomb = zlib.compress(b" " * 50_000_000)

    response = await site.post(bomb, {"Content-Encoding": "deflate"})

    assert response.status == 413


async def test_a_body_that_drips_is_cut_off_at_the_deadline(sites: Sites) -> None:
    async with sites.site(body_deadline=0.05) as site:
        answer = await site.talk(head(1000), b'{"half": ')

    assert b" 408 " in answer.splitlines()[0]
    assert b"onnection: close" in answer


async def test_a_sender_that_hangs_up_in_the_middle_stores_nothing_and_harms_nobody(site: Site, sites: Sites) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(head(1000) + b'{"half": ')
    await writer.drain()
    writer.close()

    body = a_body()
    assert (await site.post(body, signed(body))).status == 200
    assert await leads(sites) == 1


async def test_what_could_not_be_stored_is_503_and_when_to_come_back_without_saying_why(sites: Sites) -> None:
    full = FullDisk(sites.database, sites.inbox.clerk)
    body = a_body()
    async with sites.site(full) as site, site.client.post(site.url(PATH), data=body, headers=signed(body)) as response:
        text = await response.text()

    assert response.status == 503
    assert int(response.headers["Retry-After"]) > 0
    assert "/var/lib" not in text


async def test_a_bug_is_500_and_shows_nothing_of_the_inside(sites: Sites) -> None:
    broken = Broken(sites.database, sites.inbox.clerk)
    body = a_body()
    async with (
        sites.site(broken) as site,
        site.client.post(site.url(PATH), data=body, headers=signed(body)) as response,
    ):
        text = await response.text()

    assert response.status == 500
    assert text == "something went wrong here\n"


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"NONSENSE\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: x\r\nX: " + b"canary" * 4000 + b"\r\n\r\n",
        b"POST " + PATH.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Length: canary\r\n\r\n",
        b"\x16\x03\x01canary\r\n\r\n",
    ],
    ids=["nonsense", "version", "long header", "length", "tls"],
)
async def test_no_broken_request_gets_a_stack_trace(site: Site, request_bytes: bytes) -> None:
    answer = await site.talk(request_bytes)

    assert answer.startswith(b"HTTP/1")
    assert b" 4" in answer.splitlines()[0] or b" 5" in answer.splitlines()[0]
    for word in (b"Traceback", b'File "', b"site-packages", b"/bot/"):
        assert word not in answer


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/livez", 200),
        ("HEAD", "/livez", 200),
        ("GET", "/readyz", 200),
        ("HEAD", "/readyz", 200),
        ("HEAD", PATH, 405),
        ("PUT", PATH, 405),
        ("GET", PATH, 400),
        ("GET", PATH + "?challengeCode=890e4665-4dfe-4ab1-b689-ed553bceeed0", 200),
        ("GET", PATH + "?challengeCode=hmacsha256={}", 400),
        ("GET", "/", 404),
        ("POST", "/slack/events", 404),
        ("GET", "/linkedin/webhook/../../etc/passwd", 404),
    ],
)
async def test_what_each_address_answers(site: Site, method: str, path: str, status: int) -> None:
    async with site.client.request(method, site.url(path)) as response:
        assert response.status == status


async def test_the_challenge_is_answered_as_json_with_the_signed_code(site: Site) -> None:
    code = "890e4665-4dfe-4ab1-b689-ed553bceeed0"

    async with site.client.get(site.url(PATH), params={"challengeCode": code}) as response:
        answer = await response.json()

    assert answer["challengeCode"] == code
    assert answer["challengeResponse"] == hmac.new(SECRET.encode(), code.encode(), hashlib.sha256).hexdigest()


@pytest.mark.parametrize(("more", "is_noted"), [({}, True), ({"x": "1"}, True), ({"leadbell": "1"}, False)])
async def test_a_challenge_is_noted_unless_it_is_our_own(
    sites: Sites, site: Site, more: dict[str, str], is_noted: bool
) -> None:
    code = {"challengeCode": "890e4665-4dfe-4ab1-b689-ed553bceeed0"}

    async with site.client.get(site.url(PATH), params={**code, **more}) as response:
        assert response.status == 200

    stream = Stream(source="ads", owner="urn:li:sponsoredAccount:1", lead_type="SPONSORED")
    heard = await sites.watch.heard(stream, is_public=True, now=sites.clock())
    assert heard.challenge_at == (sites.clock() if is_noted else None)


async def test_a_challenge_is_answered_in_time_also_while_nothing_can_be_stored(site: Site, tmp_path: Path) -> None:
    code = "890e4665-4dfe-4ab1-b689-ed553bceeed0"
    with closing(sqlite3.connect(tmp_path / "leadbell.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        async with asyncio.timeout(3), site.client.get(site.url(PATH), params={"challengeCode": code}) as response:
            assert response.status == 200

        other.execute("ROLLBACK")


async def test_while_stopping_it_is_alive_and_not_ready(site: Site) -> None:
    site.stopping.append(True)

    async with site.client.get(site.url("/readyz")) as ready, site.client.get(site.url("/livez")) as alive:
        assert (ready.status, alive.status) == (503, 200)


async def test_a_store_that_cannot_store_is_not_ready(clock: Clock) -> None:
    async def cannot() -> None:
        raise StoreUnavailable("locked by /usr/bin/sqlite3")

    async def hangs() -> None:
        await asyncio.Event().wait()

    for prove in (cannot, hangs):
        health = Health(can_store=prove, is_stopping=lambda: False, deadline_seconds=0.01)
        app = web.Application()
        app.router.add_get("/readyz", health.ready)
        async with (
            serving(app, "127.0.0.1", 0) as port,
            aiohttp.ClientSession() as client,
            client.get(f"http://127.0.0.1:{port}/readyz") as response,
        ):
            assert response.status == 503
            assert "sqlite3" not in await response.text()


async def test_a_request_under_way_when_the_server_stops_is_still_committed_and_answered(sites: Sites) -> None:
    go, is_reached = asyncio.Event(), asyncio.Event()

    class Slow(SqliteInbox):
        async def record(self, posted: Posted, **rest: Any) -> int:
            is_reached.set()
            await go.wait()
            return await SqliteInbox.record(self, posted, **rest)

    slow = Slow(sites.database, sites.inbox.clerk)
    body = a_body()
    async with aiohttp.ClientSession() as client:
        async with sites.site(slow) as site:
            answer = asyncio.create_task(client.post(site.url(PATH), data=body, headers=signed(body)))
            await is_reached.wait()
            asyncio.get_running_loop().call_later(0.01, go.set)

        async with asyncio.timeout(DEADLINE):
            assert (await answer).status == 200
    assert await leads(sites) == 1


async def test_no_answer_names_the_software_versions(site: Site) -> None:
    async with site.client.get(site.url("/livez")) as response:
        assert "aiohttp" not in response.headers.get("Server", "").lower()


async def test_a_body_that_cannot_be_unpacked_is_refused_without_a_stack(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    headers = {"Content-Encoding": "gzip", "X-LI-Signature": "0" * 64}
    url = f"http://127.0.0.1:{site.port}/linkedin/webhook"

    async with site.client.post(url, data=b"no gzip at all", headers=headers) as response:
        status = response.status

    assert status == 400
    assert [record for record in caplog.records if record.exc_info] == []


@pytest.mark.parametrize("started", [b"", b"GET /live", b"GET /livez HTTP/1.1\r\nHost: x\r\n"])
async def test_a_head_that_never_ends_does_not_hold_a_connection(started: bytes, sites: Sites) -> None:
    app = web.Application()
    async with serving(app, "127.0.0.1", 0, head_deadline_seconds=0.2) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(started)

        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()
