"""What the webhook promises to LinkedIn, and what it refuses to everybody else: over raw sockets, as it comes."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import sqlite3
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.app import Running, utc_now
from bot.sandbox.faults import Fault
from bot.store.database import opened_to_read
from bot.store.reading import Json, Reading
from tests.story.world import CLIENT_SECRET, QUICK, RULES, World, a_world, until

_KIB_256 = 256 * 1024
_UUID = "890e4665-4dfe-4ab1-b689-ed553bceeed0"
_UNSIGNED = RULES.replace("  poll:", "  require_signature: no\n  poll:")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as made:
        yield made


@pytest.fixture
async def server(world: World) -> AsyncIterator[Running]:
    async with world.product() as running:
        yield running


@pytest.fixture
async def trusting(tmp_path: Path) -> AsyncIterator[World]:
    """A world whose file says `require_signature: no`."""
    async with a_world(tmp_path, _UNSIGNED) as made:
        yield made


def _notification(response_id: str = "r-1", **more: object) -> bytes:
    content = {
        "type": "LEAD_ACTION",
        "leadGenFormResponse": f"urn:li:leadGenFormResponse:{response_id}",
        "leadAction": "CREATED",
        "occurredAt": 1686182358881,
    }
    return json.dumps({**content, **more}).encode()


def _signature(body: bytes) -> str:
    return hmac.new(CLIENT_SECRET.encode(), b"hmacsha256=" + body, hashlib.sha256).hexdigest()


def _post(body: bytes, signature: bytes | None, *, method: str = "POST", closes: bool = True) -> bytes:
    head = f"{method} /linkedin/webhook HTTP/1.1\r\nHost: leads.example\r\nContent-Length: {len(body)}\r\n".encode()
    if signature is not None:
        head += b"X-LI-Signature: " + signature + b"\r\n"
    return head + (b"Connection: close\r\n" if closes else b"") + b"\r\n" + body


def _chunked(body: bytes) -> bytes:
    head = f"POST /linkedin/webhook HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-LI-Signature: {_signature(body)}\r\n"
    pieces = [body[at : at + 7000] for at in range(0, len(body), 7000)]
    chunks = b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces)
    return head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"


async def _statuses(port: int, data: bytes) -> list[int]:
    """Send bytes over a socket of their own; the status of each answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(10):
            writer.write(data)
            answer = await reader.read(-1)
    finally:
        writer.close()
    return [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]


async def _unsigned(server: Running, body: bytes, headers: Mapping[str, str] | None = None) -> int:
    url = f"http://127.0.0.1:{server.port}/linkedin/webhook"
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers or {}) as response:
        return response.status


async def _leads(world: World) -> list[Json]:
    async with opened_to_read(world.config.database) as database:
        return await Reading(database).leads(only_open=False, owners=(), limit=100)


_BODY = _notification()
_GOOD = _signature(_BODY).encode()
_OVER_THE_BODY_ALONE = hmac.new(CLIENT_SECRET.encode(), _BODY, hashlib.sha256).hexdigest().encode()


_SIGNATURES: list[tuple[bytes | None, int]] = [
    (_GOOD, 200),
    (b"hmacsha256=" + _GOOD, 200),
    (b"   " + _GOOD.upper() + b"  ", 200),
    (None, 401),
    (b"", 401),
    (b"0" * 64, 401),
    (_GOOD[:-1], 401),
    (b"sha256=" + _GOOD, 401),
    (b"hmacsha256=hmacsha256=" + _GOOD, 401),
    (_OVER_THE_BODY_ALONE, 401),
    (b"\xff\xe9" * 32, 401),
    ("é".encode() * 32, 401),
]


async def test_only_the_right_signature_opens_the_door(server: Running) -> None:
    answers = [(signature, *await _statuses(server.port, _post(_BODY, signature))) for signature, _ in _SIGNATURES]

    assert answers == _SIGNATURES


async def test_the_limit_is_256_kib_to_the_byte_however_the_body_is_sent(server: Running) -> None:
    bodies = [_BODY.ljust(size) for size in (_KIB_256 - 1, _KIB_256, _KIB_256 + 1)]

    whole = [await _statuses(server.port, _post(body, _signature(body).encode())) for body in bodies]
    in_chunks = [await _statuses(server.port, _chunked(body)) for body in bodies]

    assert whole == in_chunks == [[200], [200], [413]]


_BODIES = [
    (b"", 400),
    (b"hello", 400),
    (b"7", 400),
    (b"null", 400),
    (b"\xff\xfe{}", 400),
    (b"[" * 100_000, 400),
    (b'{"a":' * 40_000 + b"1" + b"}" * 40_000, 400),
    (b"[]", 200),
    (b'[1, null, "x", [], {}]', 200),
    (b'{"type": "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS", "notifications": []}', 200),
    (_notification(leadAction="UPDATED"), 200),
    (_notification(occurredAt=10**30), 200),
    (_notification(occurredAt=-1), 200),
    (_notification("../../x?y=1#z"), 200),
    (_notification("x" * 5000), 200),
]


async def test_whatever_is_signed_is_answered_without_a_fault_of_ours(server: Running) -> None:
    answers = [(body, *await _statuses(server.port, _post(body, _signature(body).encode()))) for body, _ in _BODIES]

    assert answers == _BODIES


async def test_other_methods_are_not_allowed(server: Running) -> None:
    for method in ("HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"):
        assert await _statuses(server.port, _post(_BODY, _GOOD, method=method)) == [405], method


async def test_requests_in_one_go_on_one_connection_are_answered_each_by_itself(server: Running) -> None:
    sent = _post(_BODY, _GOOD, closes=False) + _post(_BODY, b"0" * 64, closes=False) + _post(_BODY, _GOOD)

    assert await _statuses(server.port, sent) == [200, 401, 200]


_QUERIES = [
    (f"?challengeCode={_UUID}", 200),
    (f"?challengeCode={_UUID.upper()}&applicationId=12", 200),
    ("", 400),
    (f"?challengeCode={_UUID}%0A", 400),
    (f"?challengeCode=%20{_UUID}", 400),
    (f"?challengeCode={_UUID.replace('-', '')}", 400),
    (f"?challengeCode=%D9%A1{_UUID[1:]}", 400),
    ("?challengeCode=hmacsha256%3D%7B%22type%22%3A%22LEAD_ACTION%22%7D", 400),
    (f"?challengeCode=x&challengeCode={_UUID}", 400),
]


async def test_the_challenge_signs_nothing_but_a_uuid(server: Running) -> None:
    for query, status in _QUERIES:
        request = f"GET /linkedin/webhook{query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        assert await _statuses(server.port, request.encode()) == [status], query


async def test_a_time_in_seconds_and_in_milliseconds_are_one_notification(world: World, server: Running) -> None:
    for at in (1686182358, 1686182358000):
        body = _notification(occurredAt=at)
        assert await _statuses(server.port, _post(body, _signature(body).encode())) == [200]

    assert len(await _leads(world)) == 1


async def test_a_lead_that_was_taken_back_may_register_again_and_rings_again(world: World, server: Running) -> None:
    first = world.submit(first="Ana")
    await world.notify(server, first)
    await until(lambda: world.texts("#leads-all"))
    await world.notify(server, first, "DELETED", occurred_at=utc_now())
    await until(lambda: world.texts("#leads-all") == ["Lead removed on request"])

    world.linkedin.submit(form=6083, answers={"first": "Ana", "last": "Again"}, response_id=first)
    await world.notify(server, first)

    await until(lambda: len(world.texts("#leads-all")) == 2)
    assert world.texts("#leads-all") == ["Lead removed on request", "New lead: Ana Again – unclaimed"]


async def test_a_wrong_signature_is_refused_even_where_none_is_required(trusting: World) -> None:
    async with trusting.product() as server:
        assert await _unsigned(server, _BODY) == 200
        assert await _unsigned(server, _BODY, {"X-LI-Signature": "0" * 64}) == 401


async def test_an_unsigned_deletion_is_believed_once_linkedin_no_longer_has_the_lead(trusting: World) -> None:
    async with trusting.product() as server:
        response_id = trusting.submit()
        await trusting.notify(server, response_id)
        await until(lambda: trusting.texts("#leads-all"))
        trusting.linkedin.delete(response_id)

        taken_back = trusting.linkedin.notification(
            response_id, action="DELETED", occurred_at=utc_now() + timedelta(seconds=5)
        )
        assert await _unsigned(server, taken_back) == 200

        await until(lambda: trusting.texts("#leads-all") == ["Lead removed on request"])


async def test_an_unsigned_deletion_that_comes_while_the_lead_is_being_fetched_is_not_forgotten(
    trusting: World,
) -> None:
    async with trusting.product() as server:
        response_id = trusting.submit()
        trusting.linkedin.faults.add(Fault(where=f"/rest/leadFormResponses/{response_id}", hang=0.5))
        await trusting.notify(server, response_id)
        await until(lambda: any(response_id in request.raw_path for request in trusting.linkedin.requests))
        trusting.linkedin.delete(response_id)

        taken_back = trusting.linkedin.notification(
            response_id, action="DELETED", occurred_at=utc_now() + timedelta(seconds=5)
        )
        assert await _unsigned(server, taken_back) == 200

        await until(lambda: trusting.texts("#leads-all") == ["Lead removed on request"], seconds=5)


async def test_an_unsigned_deletion_said_again_is_looked_into_again(trusting: World) -> None:
    async with trusting.product() as server:
        response_id = trusting.submit()
        await trusting.notify(server, response_id)
        await until(lambda: trusting.texts("#leads-all"))
        taken_back = trusting.linkedin.notification(
            response_id, action="DELETED", occurred_at=utc_now() + timedelta(seconds=5)
        )
        asked = len(trusting.linkedin.requests)
        await _unsigned(server, taken_back)  # LinkedIn's API still shows the lead for a moment
        await until(lambda: len(trusting.linkedin.requests) > asked)
        trusting.linkedin.delete(response_id)

        await _unsigned(server, taken_back)

        await until(lambda: trusting.texts("#leads-all") == ["Lead removed on request"], seconds=5)


async def test_a_stranger_who_makes_leads_up_cannot_make_the_bot_speak(trusting: World) -> None:
    impatient = replace(QUICK, retry=replace(QUICK.retry, not_found_for=timedelta(0)))
    async with trusting.product(impatient) as server:
        for number in range(3):
            assert await _unsigned(server, _notification(f"made-up-{number}")) == 200
        await until(lambda: sum("made-up" in request.raw_path for request in trusting.linkedin.requests) >= 3)

        vanished = trusting.submit()
        trusting.linkedin.delete(vanished)
        await trusting.notify(server, vanished)  # signed: this one is worth a word

        await until(lambda: any(_lead_of(trusting, vanished) in text for text in trusting.texts("#admin")))
        assert len(trusting.texts("#admin")) == 1


def _lead_of(world: World, response_id: str) -> str:
    with sqlite3.connect(world.config.database) as connection:
        row = connection.execute("SELECT id FROM lead WHERE response_id = ?", (response_id,)).fetchone()
    connection.close()
    return str(row[0])


async def test_a_small_request_never_fills_the_disk(world: World, server: Running) -> None:
    body = b"[" + b",".join(_notification(f"r-{number}", leadAction="X") for number in range(500)) + b"]"
    assert len(body) < 100_000

    assert await _statuses(server.port, _post(body, _signature(body).encode())) == [200]

    files = world.config.database.parent.glob(f"{world.config.database.name}*")
    assert sum(file.stat().st_size for file in files if file.is_file()) < 20 * len(body)
