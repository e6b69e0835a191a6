"""Numbered .sql files, forward only: each runs in one transaction together with the row that remembers it."""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass
from importlib import resources

from bot.core.errors import UnusableDatabase


@dataclass(frozen=True, slots=True)
class _Migration:
    number: int
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the file to this program's schema. Killed in the middle, it starts the same step again.

    Raises UnusableDatabase when the file was written by a newer program, or by one whose steps were other ones.
    """
    refuse_strangers(connection)
    known = {migration.number: migration for migration in _migrations()}
    done = _done(connection)
    for number, checksum in done.items():
        _check(number, checksum, known)
    for number in sorted(known.keys() - done.keys()):
        _apply(connection, known[number])


def _migrations() -> list[_Migration]:
    files = resources.files("bot.store").joinpath("migrations").iterdir()
    return [
        _Migration(int(file.name[:4]), file.read_text(encoding="utf-8")) for file in files if file.name.endswith(".sql")
    ]


def refuse_strangers(connection: sqlite3.Connection) -> None:
    """Raises UnusableDatabase when the file holds tables and none of them is ours; changes nothing."""
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()}
    if tables and "migration" not in tables:
        raise UnusableDatabase(
            "This is a database of another program. Leadbell needs a file of its own: set DATABASE_URL. "
            "The file has not been touched."
        )


def _done(connection: sqlite3.Connection) -> dict[int, str]:
    connection.execute(
        "CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, checksum TEXT NOT NULL) STRICT"
    )
    return dict(connection.execute("SELECT number, checksum FROM migration").fetchall())


def _check(number: int, checksum: str, known: dict[int, _Migration]) -> None:
    if number not in known:
        raise UnusableDatabase(
            f"This database was written by a newer Leadbell (its schema is at step {number}, this program knows "
            f"{max(known)}). Install the newer version again; the file has not been touched."
        )
    if known[number].checksum != checksum:
        raise UnusableDatabase(
            f"Step {number} of this database's schema is not the one this program knows. The file has not been touched."
        )


def _apply(connection: sqlite3.Connection, migration: _Migration) -> None:
    # executescript commits what is open and opens nothing itself, so the transaction is written into the script
    script = (
        f"BEGIN IMMEDIATE;\n{migration.sql}\n"
        f"INSERT INTO migration (number, checksum) VALUES ({migration.number}, '{migration.checksum}');\nCOMMIT;"
    )
    try:
        connection.executescript(script)
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
