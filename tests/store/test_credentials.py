"""The stored grant: sealed in the file, and a new consent ends LinkedIn's waits."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.core.connection import Grant
from bot.keys import KeyMissing, Keyring
from bot.store.credentials import SqliteCredentials, read_grant
from bot.store.database import Database, opened
from bot.store.rows import to_ms
from tests.clock import Clock

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
KEYS = Keyring(["k" * 32])

GRANT = Grant(
    access_token="ACCESS-CANARY-" + "a" * 1200,
    expires_at=NOW + timedelta(days=60),
    refresh_token="REFRESH-CANARY-" + "r" * 1200,
    refresh_expires_at=NOW + timedelta(days=365),
    scopes=("r_ads", "rw_ads"),
    connected_at=NOW,
    obtained_at=NOW,
)


@pytest.fixture
def credentials(database: Database) -> SqliteCredentials:
    return SqliteCredentials(database, KEYS)


async def test_before_anybody_connected_there_is_none(credentials: SqliteCredentials) -> None:
    assert await credentials.load() is None


@pytest.mark.parametrize(
    "grant",
    [
        GRANT,
        replace(GRANT, died_at=NOW),
        replace(GRANT, refresh_token="", refresh_expires_at=None, expires_at=None, scopes=()),
    ],
    ids=["whole", "dead", "nothing told"],
)
async def test_what_was_saved_is_loaded(credentials: SqliteCredentials, grant: Grant) -> None:
    await credentials.save(grant, now=NOW)

    assert await credentials.load() == grant


async def test_a_renewed_grant_replaces_the_old_one(credentials: SqliteCredentials) -> None:
    await credentials.save(GRANT, now=NOW)
    renewed = replace(GRANT, access_token="another", obtained_at=NOW + timedelta(days=55))

    await credentials.save(renewed, now=NOW)

    assert await credentials.load() == renewed


def bytes_of(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


async def test_no_token_is_in_the_bytes_of_the_file_or_its_log(tmp_path: Path) -> None:
    path = tmp_path / "leads.db"
    async with opened(path) as database:
        await SqliteCredentials(database, KEYS).save(GRANT, now=NOW)
        while_open = bytes_of(tmp_path)
    after = bytes_of(tmp_path)

    assert b"rw_ads" in while_open, "the bytes that were looked at hold the row"
    for kept in (while_open, after):
        assert b"CANARY" not in kept
        assert GRANT.access_token.encode()[:20] not in kept


async def test_with_another_key_it_says_what_to_do(database: Database, credentials: SqliteCredentials) -> None:
    await credentials.save(GRANT, now=NOW)

    with pytest.raises(KeyMissing, match=r"old key second in the list.*leadbell linkedin connect") as missing:
        await SqliteCredentials(database, Keyring(["another" * 6])).load()

    assert "CANARY" not in str(missing.value)


async def test_whoever_reads_without_any_key_is_told_what_to_do(
    database: Database, credentials: SqliteCredentials
) -> None:
    assert await read_grant(database, None) is None
    await credentials.save(GRANT, now=NOW)

    with pytest.raises(KeyMissing, match=r"LEADBELL_SECRET_KEY.*leadbell linkedin connect") as missing:
        await read_grant(database, None)

    assert "CANARY" not in str(missing.value)


async def sealed(database: Database) -> str:
    return await database.read(lambda tx: str(tx.execute("SELECT tokens FROM connection").fetchone()[0]))


async def test_after_a_rotation_it_is_sealed_anew_so_that_the_old_key_can_go(
    database: Database, credentials: SqliteCredentials, clock: Clock
) -> None:
    await credentials.save(GRANT, now=NOW)
    await close(database, clock, "linkedin")

    await SqliteCredentials(database, Keyring(["n" * 32, "k" * 32])).reseal()

    assert await SqliteCredentials(database, Keyring(["n" * 32])).load() == GRANT
    with pytest.raises(KeyMissing):
        await credentials.load()
    assert await closed(database, clock()) == {"linkedin"}


async def test_without_a_rotation_nothing_is_written(database: Database, credentials: SqliteCredentials) -> None:
    await credentials.reseal()
    await credentials.save(GRANT, now=NOW)
    before = await sealed(database)

    await SqliteCredentials(database, Keyring(["k" * 32, "n" * 32])).reseal()

    assert await sealed(database) == before


async def test_what_no_key_opens_is_not_sealed_anew(database: Database, credentials: SqliteCredentials) -> None:
    await credentials.save(GRANT, now=NOW)

    with pytest.raises(KeyMissing):
        await SqliteCredentials(database, Keyring(["another" * 6])).reseal()

    assert await credentials.load() == GRANT


async def close(database: Database, clock: Clock, *scopes: str, minutes: int = 60) -> None:
    until = to_ms(clock() + timedelta(minutes=minutes))
    for scope in scopes:
        await database.write(
            lambda tx, scope=scope: (  # type: ignore[misc]  # mypy does not infer a lambda with a default
                tx.execute(
                    "INSERT INTO pause (scope, since, until, reason) VALUES (?, ?, ?, '')",
                    (scope, to_ms(clock()), until),
                ).rowcount
            )
        )


async def closed(database: Database, now: datetime) -> set[str]:
    def question(tx: sqlite3.Connection) -> set[str]:
        return {row["scope"] for row in tx.execute("SELECT scope FROM pause WHERE until > ?", (to_ms(now),)).fetchall()}

    return await database.read(question)


async def test_a_new_consent_ends_linkedins_waits_and_nobody_elses(
    database: Database, credentials: SqliteCredentials, clock: Clock
) -> None:
    await close(database, clock, "linkedin", "linkedin:leads", "linkedin_x", "slack", "slack:send")

    await credentials.save(GRANT, now=clock())

    assert await closed(database, clock()) == {"linkedin_x", "slack", "slack:send"}


async def test_a_renewal_and_a_death_end_no_wait(
    database: Database, credentials: SqliteCredentials, clock: Clock
) -> None:
    await credentials.save(GRANT, now=clock())
    await close(database, clock, "linkedin")

    await credentials.save(replace(GRANT, access_token="another"), now=clock())
    await credentials.save(replace(GRANT, died_at=clock()), now=clock())

    assert await closed(database, clock()) == {"linkedin"}


async def test_connecting_again_ends_the_wait(database: Database, credentials: SqliteCredentials, clock: Clock) -> None:
    await credentials.save(replace(GRANT, died_at=clock()), now=clock())
    await close(database, clock, "linkedin")

    await credentials.save(replace(GRANT, connected_at=clock.advance(minutes=5)), now=clock())

    assert await closed(database, clock()) == set()


async def test_a_wait_that_is_over_is_not_made_longer(
    database: Database, credentials: SqliteCredentials, clock: Clock
) -> None:
    await close(database, clock, "linkedin", minutes=-5)
    before = await database.read(lambda tx: tx.execute("SELECT until FROM pause").fetchone()[0])

    await credentials.save(GRANT, now=clock())

    assert await database.read(lambda tx: tx.execute("SELECT until FROM pause").fetchone()[0]) == before
