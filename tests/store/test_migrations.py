"""A file of the first version is brought to today's schema with everything in it."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from importlib import resources
from pathlib import Path

from bot.store.database import Database, opened
from bot.store.entries import Clerk
from bot.store.inbox import SqliteInbox
from bot.store.rows import content_to_json
from tests.builders import a_lead, fetched


def a_file_of_the_first_version(path: Path) -> None:
    sql = resources.files("bot.store").joinpath("migrations/0001_initial.sql").read_text(encoding="utf-8")
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TABLE migration (number INTEGER PRIMARY KEY, checksum TEXT NOT NULL) STRICT;" + sql
        )
        checksum = hashlib.sha256(sql.encode()).hexdigest()
        connection.execute("INSERT INTO migration (number, checksum) VALUES (1, ?)", (checksum,))
        connection.execute(
            """INSERT INTO lead (id, response_id, submitted_at, notified_at, received_at, state, is_quiet, content)
               VALUES ('l1', 'r-1', 1795424370000, 1795424370000, 1795424371000, 'unassigned', 1, ?)""",
            (content_to_json(a_lead("r-1"), {}),),
        )
        connection.execute("INSERT INTO pause (scope, since, until, reason) VALUES ('linkedin', 1, 2, 'out')")
        connection.execute("INSERT INTO stream VALUES ('urn:li:sponsoredAccount:507857085', 'SPONSORED', 1, 2)")
        connection.commit()


async def every_row(database: Database, table: str) -> list[dict[str, object]]:
    return await database.read(lambda tx: [dict(row) for row in tx.execute(f"SELECT * FROM {table}").fetchall()])


async def test_what_the_first_version_wrote_is_there_and_belongs_to_its_stream(tmp_path: Path, clerk: Clerk) -> None:
    path = tmp_path / "leads.db"
    a_file_of_the_first_version(path)

    async with opened(path) as database:
        (lead,) = await every_row(database, "lead")
        (pause,) = await every_row(database, "pause")
        (stream,) = await every_row(database, "stream")
        known = await SqliteInbox(database, clerk).missing([fetched(a_lead("other"))])

    assert (lead["stream_owner"], lead["lead_type"]) == ("urn:li:sponsoredAccount:507857085", "SPONSORED")
    assert lead["is_listed"] == 1, "it was listed by the version that found it"
    assert pause["strikes"] == 1
    assert stream["full_pull_at"] == 0
    assert len(known) == 1


async def test_opening_it_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "leads.db"
    a_file_of_the_first_version(path)
    async with opened(path) as database:
        before = await every_row(database, "migration")

    async with opened(path) as database:
        assert await every_row(database, "migration") == before
