"""One SQLite file: one writing connection that commits everything waiting in one transaction, and readers.

Why group commit: with `synchronous=FULL` a commit costs a flush to disk, so thirty waiting requests share one.
A unit of work is a plain function of the open transaction. It runs on the connection's own thread, so nothing but SQL
can be awaited inside a transaction, and one hop to that thread serves the whole group.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import aiosqlite

from bot.core.errors import StoreUnavailable, UnusableDatabase
from bot.store import lock
from bot.store.migrate import migrate, refuse_strangers
from bot.tasks import task_group

T = TypeVar("T")
Transaction = sqlite3.Connection

#: A lock held by another program (a backup, a curious person) is waited for this long, then the caller is told 503.
_BUSY_SECONDS = 0.8

#: On a full disk a row of some bytes may still find room in a page that is there; this much does not.
_PROOF_BYTES = 64 * 1024

logging.getLogger("aiosqlite").setLevel(logging.WARNING)  # its debug lines would show the parameters


@dataclass(slots=True)
class _Unit(Generic[T]):
    """One unit of work and the caller that waits for its commit."""

    work: Callable[[Transaction], T]
    committed: asyncio.Future[T]


class _Connection(aiosqlite.Connection):
    """aiosqlite's connection, which can also run a whole function on its thread in one hop."""

    async def run(self, function: Callable[[sqlite3.Connection], T]) -> T:
        result: T = await self._execute(lambda: function(self._conn))  # type: ignore[no-untyped-call]
        return result

    async def ended(self) -> None:
        """Wait for the thread of a connection that could not be opened; it still speaks to the loop at its end."""
        await asyncio.to_thread(self._thread.join)


class Database:
    """The open file. Made by `opened`; every method may raise StoreUnavailable."""

    def __init__(self, writer: _Connection, reader: _Connection) -> None:
        self._writer = writer
        self._reader = reader
        self._waiting: list[_Unit[object]] = []
        self._wake = asyncio.Event()
        self._closing = False

    async def write(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in a transaction and return its result once that is safely on disk.

        Atomic: when `work` raises, its changes are undone, others of the same group are not touched, and the exception
        comes back here. When the commit fails nothing of the group is stored and StoreUnavailable is raised.
        """
        if self._closing:
            raise StoreUnavailable("the database is closing")
        unit = _Unit(work, asyncio.get_running_loop().create_future())
        self._waiting.append(unit)
        self._wake.set()
        return await asyncio.shield(unit.committed)

    async def read(self, question: Callable[[Transaction], T]) -> T:
        """Answer a question from committed data, on a connection that cannot write."""
        try:
            return await self._reader.run(question)
        except sqlite3.Error as error:
            raise _translated(error, "answer") from error

    async def prove(self) -> None:
        """Really write as much as a notification may need: returns when the database can store. Raises StoreError."""
        await self.write(
            lambda tx: (
                tx.execute(
                    """INSERT INTO proof (id, body) VALUES (1, randomblob(:size))
                   ON CONFLICT (id) DO UPDATE SET body = excluded.body""",
                    {"size": _PROOF_BYTES},
                ).rowcount
            )
        )

    async def empty_log(self) -> bool:
        """Move everything from the write-ahead log into the file; False when a reader or a lock is in the way.

        True: the log has no bytes, so nothing of what was replaced is left in it.
        """
        try:
            answer = await self._writer.run(
                lambda connection: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            )
        except sqlite3.OperationalError:
            return False
        return bool(answer["busy"] == 0)

    async def rewrite(self) -> bool:
        """Write the file anew without its unused space; False when it could not be done now.

        Whoever wants to write waits meanwhile: a second for each 100 to 150 MiB, several times that on a slow machine.

        `secure_delete` overwrites what is deleted where it stands. But while SQLite divides a full page it moves rows
        and leaves their old bytes in the gap, where a later deletion does not find them. Those go only this way.
        Needs free disk space of about twice the file's size.
        """
        try:
            await self._writer.run(lambda connection: connection.execute("VACUUM").fetchone())
        except sqlite3.OperationalError:
            return False
        return True

    async def _commit_groups(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            group, self._waiting = self._waiting, []
            if group:
                await self._commit(group)
            if self._closing and not self._waiting:
                return

    async def _commit(self, group: list[_Unit[object]]) -> None:
        try:
            results = await self._writer.run(lambda connection: _run_group(connection, [unit.work for unit in group]))
        except sqlite3.Error as error:
            results = [_Failed(_translated(error, "store it"))] * len(group)
        for unit, result in zip(group, results, strict=True):
            if unit.committed.done():
                continue
            if isinstance(result, _Failed):
                unit.committed.set_exception(result.error)
            else:
                unit.committed.set_result(result)

    def _close(self) -> None:
        self._closing = True
        self._wake.set()


@dataclass(frozen=True, slots=True)
class _Failed:
    error: Exception


def _run_group(connection: sqlite3.Connection, works: list[Callable[[Transaction], object]]) -> list[object]:
    """All units in one transaction, each undone alone when it raises. sqlite3.Error: nothing was committed."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        results = [_run_unit(connection, work) for work in works]
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return results


def _run_unit(connection: sqlite3.Connection, work: Callable[[Transaction], object]) -> object:
    connection.execute("SAVEPOINT unit")
    try:
        result = work(connection)
    except sqlite3.OperationalError:
        raise  # a full disk or the like ends the whole transaction: no unit of the group can be kept
    except Exception as error:  # whatever a unit raises belongs to its caller, not to the group
        connection.execute("ROLLBACK TO unit")
        connection.execute("RELEASE unit")
        return _Failed(error)
    connection.execute("RELEASE unit")
    return result


def _translated(error: sqlite3.Error, task: str) -> Exception:
    if isinstance(error, sqlite3.OperationalError):
        return StoreUnavailable(f"the database could not {task}: {error}")
    if isinstance(error, sqlite3.DatabaseError) and ("malformed" in str(error) or "not a database" in str(error)):
        return UnusableDatabase(f"the database file is damaged: {error}")
    return error


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[Database]:
    """Hold the file alone, bring it to this program's schema, and serve it until the block ends.

    Everything handed to `write` before the end is committed. Raises AlreadyRunning, UnusableDatabase.
    """
    _make_room(path)
    with lock.exclusive(path):
        async with _connected(path, read_only=False) as writer:
            await writer.run(migrate)
            async with _connected(path, read_only=True) as reader:
                database = Database(writer, reader)
                async with task_group() as tasks:
                    tasks.create_task(database._commit_groups(), name="group commit")
                    try:
                        yield database
                    finally:
                        database._close()


@asynccontextmanager
async def opened_to_read(path: Path) -> AsyncIterator[Database]:
    """The file for reading only, beside a running server or without one. `write` must not be called.

    Makes nothing. Raises UnusableDatabase when there is no such file, or it is not of this program's schema;
    StoreUnavailable while another program holds it.
    """
    if not os.path.exists(path):  # noqa: ASYNC240, PTH110  # one stat before anything is served
        raise UnusableDatabase(f"There is no database at {path} yet. It is made by the first `leadbell run`.")
    async with _connected(path, read_only=True) as reader:
        await _recognise(path, reader)
        yield Database(reader, reader)


async def _recognise(path: Path, reader: _Connection) -> None:
    try:
        await reader.run(lambda connection: _must_be_ours(path, connection))
    except sqlite3.OperationalError as error:
        raise StoreUnavailable(f"The database {path} cannot be read: {error}.") from error
    except sqlite3.DatabaseError as error:
        raise _not_ours(path) from error


def _must_be_ours(path: Path, connection: sqlite3.Connection) -> None:
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'migration'").fetchone() is None:
        raise _not_ours(path)
    try:
        migrate(connection)  # on a connection that cannot write it only compares, and fails where a step is missing
    except sqlite3.OperationalError as error:
        if "readonly" not in str(error):
            raise
        raise UnusableDatabase(
            f"The database {path} was written by an older Leadbell. The next `leadbell run` brings it up to date."
        ) from error


def _not_ours(path: Path) -> UnusableDatabase:
    return UnusableDatabase(f"{path} is not a database of Leadbell's. Name the right file with DATABASE_URL.")


def _make_room(path: Path) -> None:
    """The folder (0700) and the file (0600), so that nobody else on the machine can read them for a moment."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise UnusableDatabase(
            f"The database {path} cannot be opened for writing: {error.strerror}. "
            "Make its folder writable for the user that runs Leadbell, or set DATABASE_URL."
        ) from error


@asynccontextmanager
async def _connected(path: Path, *, read_only: bool) -> AsyncIterator[_Connection]:
    connection = _Connection(lambda: _connect(path, read_only), iter_chunk_size=64)
    try:
        await connection
    except UnusableDatabase:
        await connection.ended()
        raise
    except sqlite3.DatabaseError as error:
        await connection.ended()
        raise UnusableDatabase(f"{path} is not a database that can be used: {error}") from error
    try:
        yield connection
    finally:
        await connection.close()


def _connect(path: Path, read_only: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_SECONDS, check_same_thread=False)
    try:
        connection.row_factory = sqlite3.Row
        if read_only:
            connection.execute("PRAGMA query_only = ON")
        else:
            refuse_strangers(connection)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")  # our 200 promises that the row survives a power cut
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")  # what is erased is overwritten in the file
    except BaseException:
        connection.close()
        raise
    return connection
