"""Looking for what must be gone: in every row of every table, and in the bytes of the file and its log."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.store.database import Database, Transaction


async def everything_stored(database: Database) -> str:
    """Every value of every table, as one text."""

    def dump(tx: Transaction) -> str:
        tables = [row[0] for row in tx.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()]
        rows = (row for table in tables for row in tx.execute(f"SELECT * FROM {table}").fetchall())
        return "\n".join(repr(tuple(row)) for row in rows)

    return await database.read(dump)


async def bytes_of(database: Database) -> bytes:
    """The file, its write-ahead log and the log's index, as they are on disk at this moment."""
    path = Path(await database.read(lambda tx: tx.execute("PRAGMA database_list").fetchone()["file"]))
    parts = (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm"))
    return b"".join([await asyncio.to_thread(part.read_bytes) for part in parts if part.exists()])
