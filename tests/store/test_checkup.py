"""How the database stands: on disk, and what is stuck in it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.config.model import Config, Secret
from bot.core.findings import Finding, Verdict
from bot.keys import Keyring
from bot.store.checkup import StoreCheckup
from bot.store.database import Database, opened
from bot.store.rows import to_ms
from tests.clock import Clock
from tests.config.builders import a_file, good
from tests.findings import by_name, says

OK, WARNING, FAILED, SKIPPED = Verdict.OK, Verdict.WARNING, Verdict.FAILED, Verdict.SKIPPED
MEGABYTE = 1024 * 1024

FILE = a_file(
    more="""
sources: {ads: {owner: sponsoredAccount:1, lead_types: [SPONSORED]}}
server: {public_url: "https://leads.example.com"}
database: sqlite:leadbell.db
"""
)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Its database is the one of the fixture `database`."""
    return good(tmp_path, FILE)


async def look(
    config: Config, clock: Clock, *, is_running: bool = True, free: int = 10**12, sqlite_version: str = "3.51.3"
) -> dict[str, Finding]:
    checkup = StoreCheckup(
        config=config,
        is_running=is_running,
        now=clock,
        free_bytes=lambda _folder: free,
        sqlite_version=tuple(map(int, sqlite_version.split("."))),
    )
    return await by_name(checkup.findings())


async def run(database: Database, sql: str, *values: object) -> None:
    await database.write(lambda tx: tx.execute(sql, values).rowcount)


async def test_a_fresh_database_is_well(config: Config, database: Database, clock: Clock) -> None:
    found = await look(config, clock)

    for name in (
        "folder",
        "disk space",
        "SQLite",
        "key",
        "access",
        "file",
        "dead deliveries",
        "parked leads",
        "pauses",
    ):
        says(found[name], OK, "")


@pytest.mark.parametrize(
    ("free", "verdict", "words"),
    [
        (500 * MEGABYTE, OK, "500 MB are free."),
        (499 * MEGABYTE, WARNING, "Only 499 MB"),
        (49 * MEGABYTE, FAILED, "may soon not be stored"),
    ],
)
async def test_a_disk_that_fills_up_is_said(
    config: Config, clock: Clock, free: int, verdict: Verdict, words: str
) -> None:
    says((await look(config, clock, free=free))["disk space"], verdict, words)


@pytest.mark.parametrize(
    ("version", "is_named"),
    [("3.6.23", False), ("3.7.0", True), ("3.40.1", True), ("3.51.2", True), ("3.51.3", False), ("3.52.0", False)],
)
async def test_an_sqlite_that_wants_one_writer_only_is_named(
    config: Config, clock: Clock, version: str, is_named: bool
) -> None:
    finding = (await look(config, clock, sqlite_version=version))["SQLite"]

    says(finding, OK, version)
    assert ("one writer" in finding.found) == is_named


# ── the file ──


async def test_before_the_first_start_there_is_nothing_and_nothing_is_made(tmp_path: Path, clock: Clock) -> None:
    config = replace(good(tmp_path, FILE), database=tmp_path / "data" / "leadbell.db")

    found = await look(config, clock, is_running=False)

    says(found["file"], WARNING, "first `leadbell run`")
    says(found["folder"], OK, "will be made")
    assert not config.database.parent.exists()


async def test_a_file_that_was_removed_under_the_server_is_a_disaster(config: Config, clock: Clock) -> None:
    says((await look(config, clock))["file"], FAILED, "a server still writes to it")


async def test_a_file_where_the_folder_should_be_is_said(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "data").write_text("", encoding="utf-8")
    config = replace(good(tmp_path, FILE), database=tmp_path / "data" / "leadbell.db")

    says((await look(config, clock, is_running=False))["folder"], FAILED, "is no folder")


async def test_a_folder_and_a_file_that_this_user_may_not_write_are_said(
    config: Config, database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda _path, mode: not mode & os.W_OK)  # the superuser may write anywhere

    found = await look(config, clock)

    says(found["folder"], FAILED, "cannot be written by this user")
    says(found["access"], FAILED, "Give it to the user that runs Leadbell")


async def test_a_database_that_others_may_open_is_said(config: Config, database: Database, clock: Clock) -> None:
    config.database.chmod(0o640)

    says((await look(config, clock))["access"], WARNING, "chmod 600")


@pytest.mark.parametrize(
    ("change", "verdict", "words"),
    [
        ("INSERT INTO migration VALUES (999, 'later')", FAILED, "written by a newer Leadbell"),
        ("DELETE FROM migration WHERE number = (SELECT max(number) FROM migration)", WARNING, "an older Leadbell"),
        ("DROP TABLE migration", FAILED, "not a database of Leadbell's"),
    ],
)
async def test_a_database_of_another_version_or_program_is_said(
    config: Config, clock: Clock, change: str, verdict: Verdict, words: str
) -> None:
    async with opened(config.database):
        pass
    with closing(sqlite3.connect(config.database, isolation_level=None)) as changed:
        changed.execute(change)

    says((await look(config, clock, is_running=False))["file"], verdict, words)


async def test_a_damaged_file_is_said(config: Config, clock: Clock) -> None:
    async with opened(config.database) as database:
        rows = [(str(number), "x" * 900) for number in range(200)]
        await database.write(
            lambda tx: (
                tx.executemany("INSERT INTO config_version (version, text, live_at) VALUES (?, ?, 0)", rows).rowcount
            )
        )
    content = bytearray(config.database.read_bytes())
    content[-40_000:-20_000] = b"\xff" * 20_000
    config.database.write_bytes(content)

    says((await look(config, clock, is_running=False))["file"], FAILED, "damaged")


# ── the key ──


async def test_a_key_that_can_be_read_is_well_and_one_that_cannot_is_not(config: Config, clock: Clock) -> None:
    file = config.database.with_name("leadbell.db.key")
    says((await look(config, clock))["key"], OK, "None yet")
    assert not file.exists(), "looking makes none"
    Keyring.of("", beside=config.database)
    says((await look(config, clock))["key"], OK, "leadbell.db.key is used")

    file.write_text("short", encoding="utf-8")
    says((await look(config, clock))["key"], FAILED, "does not hold a key")

    given = replace(config, secret_key=Secret("k" * 32))
    says((await look(given, clock))["key"], OK, "LEADBELL_SECRET_KEY is used.")


# ── what is stuck ──


async def test_dead_deliveries_are_counted_with_the_reason_of_the_last(
    config: Config, database: Database, clock: Clock
) -> None:
    await run(database, "INSERT INTO lane (lane, destination, activity) VALUES ('x', 'slack', 'send')")
    for number, error in enumerate(("channel_not_found", "is_archived")):
        await run(
            database,
            """INSERT INTO delivery
                   (id, kind, destination, address, lane, once, state, created_at, due_at, settled_at, error)
               VALUES (?, 'alert', 'slack', '#leads', 'x', ?, 'dead', 0, 0, ?, ?)""",
            *(f"d{number}", f"d{number}", number, error),
        )

    says((await look(config, clock))["dead deliveries"], WARNING, "2 given up. The last was for #leads: is_archived.")


async def test_parked_leads_are_counted_with_their_reason(config: Config, database: Database, clock: Clock) -> None:
    await run(
        database,
        """INSERT INTO lead (id, response_id, notified_at, received_at, state, error)
           VALUES ('l1', 'r-1', 0, 0, 'parked', 'LinkedIn answered 403')""",
    )

    says(
        (await look(config, clock))["parked leads"],
        WARNING,
        "1 cannot be fetched. The last one: LinkedIn answered 403.",
    )


async def test_what_is_held_back_is_said_with_its_reason_and_when_it_is_tried_again(
    config: Config, database: Database, clock: Clock
) -> None:
    await run(
        database,
        "INSERT INTO pause (scope, since, until, reason) VALUES ('slack:send', ?, ?, 'Slack refused: invalid_auth')",
        *(to_ms(clock() - timedelta(hours=3)), to_ms(clock() + timedelta(minutes=5))),
    )

    finding = (await look(config, clock))["pauses"]

    says(finding, WARNING, "slack (send) has been held back for 3 h: Slack refused: invalid_auth.")
    assert "tried again in 5 min" in finding.advice


# ── signs of life from LinkedIn ──


@pytest.mark.parametrize(
    ("minutes", "verdict", "words"),
    [
        (119, OK, "checked the address 119 min ago"),
        (151, WARNING, "though it does so every two hours"),
        (400, FAILED, "probably blocked"),
    ],
)
async def test_how_long_ago_linkedin_checked_the_address_is_judged(
    config: Config, database: Database, clock: Clock, minutes: int, verdict: Verdict, words: str
) -> None:
    await run(database, "INSERT INTO sign VALUES ('challenge', ?)", to_ms(clock() - timedelta(minutes=minutes)))

    says((await look(config, clock))["webhook check"], verdict, words)


async def test_a_server_that_started_a_moment_ago_has_time_to_be_checked(
    config: Config, database: Database, clock: Clock
) -> None:
    await run(database, "INSERT INTO sign VALUES ('challenge', ?)", to_ms(clock() - timedelta(days=2)))
    await run(database, "INSERT INTO uptime VALUES (?, ?)", to_ms(clock() - timedelta(minutes=9)), to_ms(clock()))

    assert (await look(config, clock))["webhook check"].verdict is OK


async def test_an_address_that_was_never_checked_is_said_once_the_server_has_run_for_long(
    config: Config, database: Database, clock: Clock
) -> None:
    await run(database, "INSERT INTO uptime VALUES (?, ?)", to_ms(clock() - timedelta(hours=3)), to_ms(clock()))

    says((await look(config, clock))["webhook check"], WARNING, "never checked")


async def test_a_file_without_the_table_of_signs_is_no_trouble(
    config: Config, database: Database, clock: Clock
) -> None:
    await run(database, "DROP TABLE sign")

    assert (await look(config, clock))["webhook check"].verdict is OK


async def test_no_check_is_expected_where_none_can_come(config: Config, database: Database, clock: Clock) -> None:
    at_home = replace(config, server=replace(config.server, public_url="http://localhost:8080"))

    says((await look(at_home, clock))["webhook check"], SKIPPED, "not https")
    says((await look(config, clock, is_running=False))["webhook check"], SKIPPED, "No server is running")


@pytest.mark.parametrize(
    ("minutes", "verdict", "words"), [(29, OK, "Pulled 29 min ago."), (31, WARNING, "due every 5 min")]
)
async def test_a_pull_that_is_overdue_is_said(
    config: Config, database: Database, clock: Clock, minutes: int, verdict: Verdict, words: str
) -> None:
    await run(
        database,
        """INSERT INTO stream (owner, lead_type, first_pull_at, last_pull_at)
           VALUES ('urn:li:sponsoredAccount:1', 'SPONSORED', 0, ?)""",
        to_ms(clock() - timedelta(minutes=minutes)),
    )

    says((await look(config, clock))["pull ads SPONSORED"], verdict, words)
    says((await look(config, clock, is_running=False))["pull ads SPONSORED"], SKIPPED, "No server is running")


async def test_a_source_that_was_never_pulled_is_said(config: Config, database: Database, clock: Clock) -> None:
    says((await look(config, clock))["pull ads SPONSORED"], WARNING, "never been pulled")
