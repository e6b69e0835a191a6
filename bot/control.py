"""The private door for writing commands: a Unix socket (0600) beside the database, used by `leadbell redeliver`."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path

import aiohttp
import orjson
from aiohttp import web

from bot.core.errors import BotError

#: What a socket's path may be long in bytes on Linux and macOS, with a margin.
_LONGEST_PATH = 100

_DEADLINE_SECONDS = 30.0

Command = Callable[[Mapping[str, object]], Awaitable[object]]


class NoServer(BotError):
    """Nobody listens at the socket."""


def socket_path(database: Path) -> Path:
    """Where the server of this database listens; in a private temporary folder when the path is too long."""
    beside = database.with_name(database.name + ".sock")
    if len(os.fsencode(beside)) <= _LONGEST_PATH:
        return beside
    folder = database.parent.stat()
    return Path(tempfile.gettempdir()) / f"leadbell-{os.getuid()}-{folder.st_dev}-{folder.st_ino}" / "leadbell.sock"


@asynccontextmanager
async def listening(database: Path, commands: Mapping[str, Command]) -> AsyncIterator[None]:
    """Serve `commands` by name until the block ends. The caller must hold the database's lock."""
    path = socket_path(database)
    _make_private(path.parent)
    _clear(path)
    app = web.Application()
    for name, command in commands.items():
        app.router.add_post(f"/{name}", _answering(command))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        previous = os.umask(0o177)  # the socket is made 0600, not changed to it a moment later
        try:
            await web.UnixSite(runner, str(path)).start()
        finally:
            os.umask(previous)
        yield
    finally:
        await runner.cleanup()
        _clear(path)


def _make_private(folder: Path) -> None:
    """The folder under the temporary one may have been made by somebody else, who could then read what we are told."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.stat()
    if folder.parent == Path(tempfile.gettempdir()) and (found.st_uid != os.getuid() or found.st_mode & 0o077):
        raise BotError(f"{folder} belongs to somebody else or is open to others. Remove it and start again.")


def _clear(path: Path) -> None:
    with suppress(FileNotFoundError):
        path.unlink()


def _answering(command: Command) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        try:
            result = await command(orjson.loads(await request.read()))
        except BotError as error:
            return web.Response(status=409, text=str(error))
        return web.Response(body=orjson.dumps(result), content_type="application/json")

    return answer


async def ask(
    database: Path, command: str, arguments: Mapping[str, object], *, seconds: float = _DEADLINE_SECONDS
) -> object:
    """Have the running server do `command`, within `seconds`.

    Raises NoServer when none runs, BotError with its words when it refuses.
    """
    try:
        path = socket_path(database)
    except OSError as error:  # the folder is missing, or no folder
        raise NoServer("no server is running on this database") from error
    connector = aiohttp.UnixConnector(path=str(path))
    try:
        async with (
            aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=seconds)) as session,
            session.post(f"http://leadbell/{command}", data=orjson.dumps(arguments)) as response,
        ):
            body = await response.read()
            if response.status != 200:
                raise BotError(body.decode("utf-8", "replace"))
            result: object = orjson.loads(body)
            return result
    except (aiohttp.ClientConnectorError, FileNotFoundError) as error:
        raise NoServer("no server is running on this database") from error
    except (TimeoutError, aiohttp.ClientError) as error:
        raise BotError("the running server did not answer; its log may tell why") from error


def text(value: object) -> str:
    """A text from JSON. Raises BotError for anything else."""
    if isinstance(value, str):
        return value
    raise BotError("a text was expected")


def number(value: object) -> float:
    """A number from JSON. Raises BotError for anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise BotError("a number was expected")


def instant(value: object) -> datetime:
    """An instant with its offset, as ISO-8601 text. Raises BotError for anything else."""
    with suppress(ValueError):
        found = datetime.fromisoformat(text(value))
        if found.tzinfo is not None:
            return found
    raise BotError("a time with its offset was expected")


def words(value: object) -> Sequence[str] | None:
    """A list of texts from JSON; None for null. Raises BotError for anything else."""
    if value is None:
        return None
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return value
    raise BotError("a list of delivery ids was expected")
