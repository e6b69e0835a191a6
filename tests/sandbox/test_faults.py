"""Faults are used up in order, and spoil an answer as told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from bot.sandbox.faults import Fault, Faults, apply


class Counter:
    """A server whose one effect is to count."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.count = 0
        self.url = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        return await apply(self.faults.take(request.path), request, self.add_one)

    async def add_one(self) -> web.Response:
        self.count += 1
        return web.json_response({"count": self.count})


@asynccontextmanager
async def a_counter() -> AsyncIterator[tuple[Counter, aiohttp.ClientSession]]:
    counter = Counter()
    app = web.Application()
    app.router.add_post("/{path}", counter.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    counter.url = f"http://127.0.0.1:{runner.addresses[0][1]}/count"
    try:
        async with aiohttp.ClientSession() as session:
            yield counter, session
    finally:
        await runner.cleanup()


def test_faults_are_used_in_order_and_only_where_they_belong() -> None:
    faults = Faults()
    faults.add(Fault("chat.post", status=500))
    faults.add(Fault("chat.postMessage", status=501, times=2))
    faults.add(Fault(status=502))

    taken = [
        faults.take(where) for where in ("chat.postMessage", "chat.postMessage", "auth.test", "chat.postMessage", "x")
    ]

    assert [fault.status if fault else None for fault in taken] == [500, 501, 502, 501, None]


def test_cleared_faults_are_gone() -> None:
    faults = Faults()
    faults.add(Fault(status=500, times=9))

    faults.clear()

    assert faults.take("") is None


@pytest.mark.parametrize(
    ("fault", "status", "body", "count"),
    [
        (Fault(), 200, b'{"count": 1}', 1),
        (Fault(hang=0.0), 200, b'{"count": 1}', 1),
        (Fault(status=503, body=b"busy", headers={"Retry-After": "3"}), 503, b"busy", 0),
        (Fault(status=500), 500, b"", 0),
        (Fault(body=b'{"cou'), 200, b'{"cou', 0),
        (Fault("/other", status=500), 200, b'{"count": 1}', 1),
    ],
)
async def test_an_answer_is_replaced_without_the_effect(fault: Fault, status: int, body: bytes, count: int) -> None:
    async with a_counter() as (counter, session):
        counter.faults.add(fault)

        async with session.post(counter.url) as response:
            answer = response.status, await response.read(), response.headers.get("Retry-After")

    assert answer == (status, body, fault.headers.get("Retry-After"))
    assert counter.count == count


@pytest.mark.parametrize(
    ("fault", "count"), [(Fault(drop="before"), 0), (Fault(drop="after"), 1), (Fault(drop="midway"), 1)]
)
async def test_a_cut_connection_is_an_error_before_or_after_the_effect(fault: Fault, count: int) -> None:
    async with a_counter() as (counter, session):
        counter.faults.add(fault)

        with pytest.raises(aiohttp.ClientError):
            await (await session.post(counter.url)).read()

    assert counter.count == count


async def test_an_answer_that_hangs_comes_after_the_effect() -> None:
    async with a_counter() as (counter, session):
        counter.faults.add(Fault(hang=30))

        with pytest.raises(TimeoutError):
            await session.post(counter.url, timeout=aiohttp.ClientTimeout(total=0.05))

    assert counter.count == 1
