"""The least that any program built on aiohttp and SQLite must do: what the product's figures are divided by.

1. bare: a POST is read and answered. 2. durable: signature, JSON, a committed row, then the answer.
3. pipeline: durable, then one GET to LinkedIn, one POST to Slack and a committed mark, so that a restart could go on;
no rules, templates, pacing, metadata, retries or look-ups.
"""

from __future__ import annotations

import asyncio
import hmac
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar, cast

import aiohttp
import aiosqlite
import orjson
from aiohttp import web

from benchmarks.leads import ACCESS_TOKEN, BOT_TOKEN, CLIENT_SECRET, SIGNATURE_HEADER, SIGNED_PREFIX
from benchmarks.serving import until_told

T = TypeVar("T")
Statement = tuple[str, tuple[object, ...]]

AT_ONCE = 20  #: as many fetches and posts under way as the product allows itself


class _Connection(aiosqlite.Connection):
    async def run(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """A whole function on the connection's thread in one hop: the fastest way to commit through aiosqlite."""
        return cast("T", await self._execute(lambda: function(self._conn)))  # type: ignore[no-untyped-call]


class GroupCommit:
    """Rows that wait are committed together, `synchronous=FULL`."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self._waiting: list[tuple[Statement, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()

    async def write(self, sql: str, *values: object) -> None:
        """Return once it is on disk."""
        committed = asyncio.get_running_loop().create_future()
        self._waiting.append(((sql, values), committed))
        self._wake.set()
        await committed

    async def work(self) -> None:
        """Commit for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            group, self._waiting = self._waiting, []
            statements = [statement for statement, _ in group]
            await self._connection.run(lambda connection, these=statements: _commit(connection, these))  # type: ignore[misc]
            for _, committed in group:
                committed.set_result(None)


def _commit(connection: sqlite3.Connection, statements: list[Statement]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for sql, values in statements:
        connection.execute(sql, values)
    connection.execute("COMMIT")


@asynccontextmanager
async def _opened(path: Path) -> AsyncIterator[GroupCommit]:
    connection = _Connection(lambda: sqlite3.connect(path, isolation_level=None), iter_chunk_size=64)
    async with connection:
        await connection.execute("PRAGMA journal_mode = WAL")
        await connection.execute("PRAGMA synchronous = FULL")
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS notification (response_id TEXT PRIMARY KEY, raw TEXT, sent INTEGER) STRICT"
        )
        group_commit = GroupCommit(connection)
        committing = asyncio.create_task(group_commit.work())
        try:
            yield group_commit
        finally:
            committing.cancel()


def _read(request: web.Request, body: bytes) -> str | None:
    """The response id of a genuine notification; None when the signature is not LinkedIn's."""
    expected = hmac.digest(CLIENT_SECRET.encode(), SIGNED_PREFIX + body, "sha256").hex()
    if not hmac.compare_digest(expected, request.headers.get(SIGNATURE_HEADER, "")):
        return None
    return str(orjson.loads(body)["leadGenFormResponse"].rpartition(":")[2])


async def serve_bare() -> None:
    """Floor 1."""

    async def post(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(text="ok\n")

    await _serve(post)


async def serve_durable(database: Path) -> None:
    """Floor 2."""
    async with _opened(database) as rows:
        await _serve(lambda request: _receive(request, rows, lambda _response_id: None))


async def serve_pipeline(database: Path, upstream: str) -> None:
    """Floor 3."""
    due: asyncio.Queue[str] = asyncio.Queue()
    async with _opened(database) as rows, aiohttp.ClientSession() as session, asyncio.TaskGroup() as tasks:
        workers = [tasks.create_task(_carry(due, rows, session, upstream)) for _ in range(AT_ONCE)]
        await _serve(lambda request: _receive(request, rows, due.put_nowait))
        for worker in workers:
            worker.cancel()


async def _receive(request: web.Request, rows: GroupCommit, then: Callable[[str], None]) -> web.Response:
    body = await request.read()
    response_id = _read(request, body)
    if response_id is None:
        return web.Response(status=401, text="wrong signature\n")
    await rows.write("INSERT OR IGNORE INTO notification VALUES (?, ?, 0)", response_id, body.decode())
    then(response_id)
    return web.Response(text="ok\n")


async def _carry(due: asyncio.Queue[str], rows: GroupCommit, session: aiohttp.ClientSession, upstream: str) -> None:
    to_linkedin = {"Authorization": f"Bearer {ACCESS_TOKEN}", "LinkedIn-Version": "202608"}
    to_slack = {"Authorization": f"Bearer {BOT_TOKEN}"}
    while True:
        response_id = await due.get()
        url = f"{upstream}/rest/leadFormResponses/{response_id}?fields=id,submittedAt,formResponse,form"
        async with session.get(url, headers=to_linkedin) as answer:
            lead = orjson.loads(await answer.read())
        message = {"channel": "#leads", "text": f"New lead: {_answers(lead)}"}
        async with session.post(f"{upstream}/api/chat.postMessage", headers=to_slack, json=message) as answer:
            sent = orjson.loads(await answer.read())["ok"]
        await rows.write("UPDATE notification SET sent = ? WHERE response_id = ?", int(sent), response_id)


def _answers(lead: dict[str, dict[str, list[dict[str, dict[str, dict[str, str]]]]]]) -> str:
    answers = lead["formResponse"]["answers"]
    return ", ".join(each["answerDetails"]["textQuestionAnswer"]["answer"] for each in answers)


async def _serve(post: Callable[[web.Request], object]) -> None:
    app = web.Application()
    app.router.add_post("/linkedin/webhook", post)  # type: ignore[arg-type]
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        await until_told(int(runner.addresses[0][1]))
    finally:
        await runner.cleanup()
