"""Group commit, the lock, migrations and what happens to a file that cannot be used."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.core.errors import AlreadyRunning, StoreUnavailable, UnusableDatabase
from bot.store.database import Database, Transaction, opened, opened_to_read


def add(number: int) -> Callable[[Transaction], int]:
    return lambda tx: tx.execute("INSERT INTO unrecognised (received_at, type) VALUES (?, 'x')", (number,)).rowcount


def count(tx: Transaction) -> int:
    return int(tx.execute("SELECT count(*) FROM unrecognised").fetchone()[0])


async def test_everything_waiting_is_committed_in_one_transaction(database: Database) -> None:
    commits: list[str] = []
    watch = lambda text: commits.append(text) if text.startswith("COMMIT") else None  # noqa: E731
    await database._writer.run(lambda connection: connection.set_trace_callback(watch))

    await asyncio.gather(*(database.write(add(number)) for number in range(200)))

    assert await database.read(count) == 200
    assert len(commits) == 1


async def test_a_unit_that_fails_undoes_only_itself(database: Database) -> None:
    def fails(tx: Transaction) -> None:
        tx.execute("INSERT INTO unrecognised (received_at, type) VALUES (1, 'half')")
        raise ValueError("no")

    results = await asyncio.gather(
        database.write(add(1)),
        database.write(fails),
        database.write(add(2)),
        return_exceptions=True,
    )

    assert isinstance(results[1], ValueError)
    assert await database.read(count) == 2


async def test_what_was_written_is_there_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "leads.db"
    async with opened(path) as database:
        await database.write(add(1))

    async with opened(path) as database:
        assert await database.read(count) == 1

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_a_writer_waiting_when_the_block_ends_is_still_committed(tmp_path: Path) -> None:
    async with opened(tmp_path / "leads.db") as database:
        waiting = asyncio.ensure_future(database.write(add(1)))
        await asyncio.sleep(0)

    assert await waiting == 1


async def test_a_caller_that_gives_up_does_not_undo_its_write(database: Database) -> None:
    waiting = asyncio.ensure_future(database.write(add(1)))
    await asyncio.sleep(0)
    waiting.cancel()

    await database.prove()

    assert await database.read(count) == 1


async def test_after_closing_nothing_is_accepted(tmp_path: Path) -> None:
    async with opened(tmp_path / "leads.db") as database:
        pass

    with pytest.raises(StoreUnavailable):
        await database.write(add(1))


async def test_a_second_process_is_refused_with_the_number_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "leads.db"
    async with opened(path):
        script = (
            "import asyncio, sys\nfrom pathlib import Path\nfrom bot.store.database import opened\n"
            "async def main():\n    async with opened(Path(sys.argv[1])): pass\nasyncio.run(main())"
        )
        second = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", script, str(path)], capture_output=True, text=True, timeout=30
        )

    assert second.returncode != 0
    assert f"process {os.getpid()}" in second.stderr


async def test_the_lock_is_free_again_after_closing(tmp_path: Path) -> None:
    path = tmp_path / "leads.db"
    async with opened(path):
        with pytest.raises(AlreadyRunning):
            async with opened(path):
                pass

    async with opened(path):
        pass


async def test_a_file_locked_by_somebody_else_is_unavailable_and_recovers_without_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "leads.db"
    async with opened(path) as database:
        stranger = sqlite3.connect(path, isolation_level=None)
        stranger.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable):
            await database.write(add(1))
        stranger.execute("ROLLBACK")
        stranger.close()

        await database.write(add(2))

        assert await database.read(count) == 1


async def test_a_full_disk_stores_nothing_of_the_group_and_recovers(database: Database) -> None:
    pages = await database.write(lambda tx: tx.execute("PRAGMA page_count").fetchone()[0])
    await database.write(lambda tx: tx.execute(f"PRAGMA max_page_count = {pages}").fetchone()[0])
    big = "x" * 50_000
    with pytest.raises(StoreUnavailable):
        await database.write(
            lambda tx: tx.execute("INSERT INTO unrecognised (received_at, type) VALUES (1, ?)", (big,)).rowcount
        )
    await database.write(lambda tx: tx.execute("PRAGMA max_page_count = 1000000").fetchone()[0])

    await database.write(add(2))

    assert await database.read(count) == 1


async def test_a_file_of_a_newer_program_is_refused_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "leads.db"
    async with opened(path) as database:
        await database.write(lambda tx: tx.execute("INSERT INTO migration VALUES (999, 'later')").rowcount)
    before = path.read_bytes()

    with pytest.raises(UnusableDatabase, match="newer Leadbell"):
        async with opened(path):
            pass

    assert path.read_bytes() == before


async def test_a_file_that_is_no_database_is_refused_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "leads.db"
    path.write_bytes(b"holiday pictures, not a database" * 100)

    with pytest.raises(UnusableDatabase):
        async with opened(path):
            pass

    assert path.read_bytes().startswith(b"holiday pictures")


async def test_reading_beside_the_server_cannot_write(tmp_path: Path) -> None:
    path = tmp_path / "leads.db"
    async with opened(path) as server:
        await server.write(add(1))
        async with opened_to_read(path) as reader:
            assert await reader.read(count) == 1
            with pytest.raises(StoreUnavailable):
                await reader.read(lambda tx: tx.execute("DELETE FROM unrecognised").rowcount)


async def test_reading_where_no_database_is_says_how_one_comes_about(tmp_path: Path) -> None:
    with pytest.raises(UnusableDatabase, match="leadbell run"):
        async with opened_to_read(tmp_path / "nothing.db"):
            pass


async def test_a_folder_that_cannot_be_made_is_said_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(UnusableDatabase, match="DATABASE_URL"):
        async with opened(tmp_path / "file" / "leads.db"):
            pass


async def test_a_database_of_another_program_is_refused_and_gets_no_tables_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "theirs.db"
    theirs = sqlite3.connect(path)
    theirs.execute("CREATE TABLE invoice (number INTEGER)")
    theirs.close()

    with pytest.raises(UnusableDatabase, match="another program"):
        async with opened(path):
            pass

    theirs = sqlite3.connect(path)
    assert theirs.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert theirs.execute("SELECT name FROM sqlite_master").fetchall() == [("invoice",)]
    theirs.close()
