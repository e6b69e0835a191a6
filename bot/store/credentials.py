"""The grant by which LinkedIn lets us in, sealed. Implements bot.ports.Credentials."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

import orjson

from bot.core.connection import Grant
from bot.keys import KeyMissing, Keyring
from bot.store.database import Database, Transaction
from bot.store.rows import from_ms, maybe_from_ms, to_ms

_UPSTREAM = "linkedin"
_PURPOSE = "linkedin tokens"

_OR_CONNECT = "Or connect again with `leadbell linkedin connect`."


@dataclass(frozen=True, slots=True)
class SqliteCredentials:
    """Every call is one committed transaction. A token never reaches the file in clear."""

    database: Database
    keys: Keyring

    async def load(self) -> Grant | None:
        """See bot.ports.Credentials. Raises KeyMissing, with what to do, when no key opens the tokens."""
        return await read_grant(self.database, self.keys)

    async def reseal(self) -> None:
        """See bot.ports.Credentials."""
        row = await _stored(self.database)
        if row is None or self.keys.is_current(_PURPOSE, row["tokens"]):
            return
        anew = self.keys.seal(_PURPOSE, _opened(self.keys, row["tokens"]))
        await self.database.write(
            lambda tx: (
                tx.execute(
                    "UPDATE connection SET tokens = ? WHERE upstream = ? AND tokens = ?",
                    (anew, _UPSTREAM, row["tokens"]),
                ).rowcount
            )
        )

    async def save(self, grant: Grant, *, now: datetime) -> None:
        """See bot.ports.Credentials. A consent is new when it was given at another time than the stored one."""
        tokens = orjson.dumps({"access_token": grant.access_token, "refresh_token": grant.refresh_token})
        sealed = self.keys.seal(_PURPOSE, tokens)

        def work(tx: Transaction) -> None:
            before = tx.execute("SELECT connected_at FROM connection WHERE upstream = ?", (_UPSTREAM,)).fetchone()
            _write(tx, grant, sealed)
            if before is None or before["connected_at"] != to_ms(grant.connected_at):
                _end_waits(tx, now=now)

        await self.database.write(work)


async def read_grant(database: Database, keys: Keyring | None) -> Grant | None:
    """The stored grant, for whoever only reads; None when nobody connected.

    Raises KeyMissing, with what to do, when there is one and no key (`keys` is None), or none that opens it.
    """
    row = await _stored(database)
    if row is None:
        return None
    tokens: dict[str, str] = orjson.loads(_opened(keys, row["tokens"]))
    return Grant(
        access_token=tokens["access_token"],
        refresh_token=tokens["refresh_token"],
        scopes=tuple(row["scopes"].split()),
        connected_at=from_ms(row["connected_at"]),
        obtained_at=from_ms(row["obtained_at"]),
        expires_at=maybe_from_ms(row["expires_at"]),
        refresh_expires_at=maybe_from_ms(row["refresh_expires_at"]),
        died_at=maybe_from_ms(row["died_at"]),
    )


async def _stored(database: Database) -> sqlite3.Row | None:
    def question(tx: Transaction) -> sqlite3.Row | None:
        row: sqlite3.Row | None = tx.execute("SELECT * FROM connection WHERE upstream = ?", (_UPSTREAM,)).fetchone()
        return row

    return await database.read(question)


def _opened(keys: Keyring | None, sealed: str) -> bytes:
    if keys is None:
        raise KeyMissing(
            "LinkedIn's tokens are stored encrypted, and their key is not there. Set LEADBELL_SECRET_KEY to it, or put "
            f"the file that ends in .key back beside the database. {_OR_CONNECT}"
        )
    try:
        return keys.open(_PURPOSE, sealed)
    except KeyMissing as error:
        raise KeyMissing(f"{error} {_OR_CONNECT}") from error


def _write(tx: Transaction, grant: Grant, sealed: str) -> None:
    tx.execute(
        """INSERT OR REPLACE INTO connection
               (upstream, tokens, scopes, connected_at, obtained_at, expires_at, refresh_expires_at, died_at)
           VALUES (:upstream, :tokens, :scopes, :connected_at, :obtained_at, :expires_at, :refresh_expires_at, :died_at)
        """,
        {
            "upstream": _UPSTREAM,
            "tokens": sealed,
            "scopes": " ".join(grant.scopes),
            "connected_at": to_ms(grant.connected_at),
            "obtained_at": to_ms(grant.obtained_at),
            "expires_at": _maybe_to_ms(grant.expires_at),
            "refresh_expires_at": _maybe_to_ms(grant.refresh_expires_at),
            "died_at": _maybe_to_ms(grant.died_at),
        },
    )


def _end_waits(tx: Transaction, *, now: datetime) -> None:
    """Whatever LinkedIn was closed for may have been the old sign-in: one careful call may find out at once."""
    tx.execute(
        "UPDATE pause SET until = min(until, :now) WHERE scope = :upstream OR scope LIKE :upstream || ':%'",
        {"now": to_ms(now), "upstream": _UPSTREAM},
    )


def _maybe_to_ms(instant: datetime | None) -> int | None:
    return None if instant is None else to_ms(instant)
