"""A file of the first version is brought to today's schema with everything in it."""

from __future__ import annotations

import hashlib
import itertools
import sqlite3
from contextlib import closing, suppress
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


_STATES = ("pending", "sending", "unknown", "sent", "dead", "cancelled")


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})").fetchall()]


def a_file_before_there_were_teams(path: Path) -> list[dict[str, object]]:
    """A file of step 4 with a delivery of each kind in each state, every column filled; those rows."""
    steps = sorted(each.name for each in resources.files("bot.store").joinpath("migrations").iterdir())
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        connection.execute("CREATE TABLE migration (number INTEGER PRIMARY KEY, checksum TEXT NOT NULL) STRICT")
        for name in [each for each in steps if each.endswith(".sql") and int(each[:4]) <= 4]:
            sql = resources.files("bot.store").joinpath(f"migrations/{name}").read_text(encoding="utf-8")
            connection.executescript(sql)
            checksum = hashlib.sha256(sql.encode()).hexdigest()
            connection.execute("INSERT INTO migration (number, checksum) VALUES (?, ?)", (int(name[:4]), checksum))
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(
            """INSERT INTO lead (id, response_id, notified_at, received_at, state, owner)
               VALUES ('l1', 'r-1', 1, 1, 'assigned', 'anna')"""
        )
        connection.execute("INSERT INTO lane (lane, destination, activity) VALUES ('slack:send:#a', 'slack', 'send')")
        columns = _columns(connection, "delivery")
        for number, (kind, state) in enumerate(itertools.product(("alert", "private", "notice"), _STATES)):
            values: dict[str, object] = {each: 1000 * place + number for place, each in enumerate(columns)}
            values |= {each: number % 2 for each in columns if each.startswith("is_")}
            values |= {
                each: f"{each} {number}" for each in ("id", "address", "person", "once", "text", "error", "lease")
            }
            values |= {"receipt_address": "C1", "receipt_message": f"{number}.0", "edit_lease": None}
            values |= {"lead_id": "l1" if kind == "alert" else None, "kind": kind, "state": state}
            values |= {"destination": "slack", "lane": "slack:send:#a"}
            marks = ", ".join(f":{each}" for each in columns)
            connection.execute(f"INSERT INTO delivery ({', '.join(columns)}) VALUES ({marks})", values)
        connection.commit()
        return [dict(row) for row in connection.execute("SELECT * FROM delivery ORDER BY rowid").fetchall()]


async def test_no_delivery_is_lost_or_changed_when_the_outbox_learns_more_kinds(tmp_path: Path) -> None:
    path = tmp_path / "leads.db"
    before = a_file_before_there_were_teams(path)

    async with opened(path) as database:
        after = await every_row(database, "delivery")
        (lead,) = await every_row(database, "lead")
        broken = await database.read(lambda tx: tx.execute("PRAGMA foreign_key_check").fetchall())
        sound = await database.read(lambda tx: tx.execute("PRAGMA integrity_check").fetchone()[0])

    assert len(before) == 18
    assert [{**row, "undo": "", "thread_of": None} for row in before] == after
    assert (lead["team"], lead["offered_at"], lead["digest"], lead["escalation"]) == ("", None, "", "")
    assert (broken, sound) == ([], "ok")


async def test_the_new_outbox_is_held_to_the_same_rules(tmp_path: Path) -> None:
    path = tmp_path / "leads.db"
    a_file_before_there_were_teams(path)

    async with opened(path) as database:
        indexes = await database.read(
            lambda tx: {row["name"] for row in tx.execute("PRAGMA index_list(delivery)").fetchall()}
        )
        refused = []
        for change in (
            "UPDATE delivery SET kind = 'other'",
            "UPDATE delivery SET state = 'other'",
            "UPDATE delivery SET once = 'once 1'",
            "UPDATE delivery SET lead_id = 'nobody'",
            "UPDATE delivery SET thread_of = 'nothing'",
            "UPDATE delivery SET lane = 'none'",
        ):
            with suppress(sqlite3.IntegrityError):
                await database.write(lambda tx, change=change: tx.execute(change).rowcount)  # type: ignore[misc]
                continue
            refused.append(change)

    assert len(refused) == 6
    assert {"delivery_pending", "delivery_unknown", "delivery_leased", "delivery_edit", "delivery_lead"} <= indexes
