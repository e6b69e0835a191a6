"""Finding a person's leads, erasing them, and making sure that no trace stays. Implements the ports of bot.pipeline.

The e-mail address that is looked for is compared in memory; it gets into no statement, table or log.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import cast

import orjson

from bot.core.erasure import Cause, Found, Naming, Receipt, Unwiped, canonical_address, is_address, naming
from bot.core.ids import new_erasure_id
from bot.store.database import Database, Transaction
from bot.store.entries import Clerk
from bot.store.erasure import receipt_of
from bot.store.rows import from_ms, to_ms

#: Leads read in one go: others can ask in between.
_READ_AT_ONCE = 500

#: Leads erased in one transaction: a few hundredths of a second of waiting for everybody else.
ERASED_AT_ONCE = 200

_URN = "urn:li:leadGenFormResponse:"
_UNFETCHED = "state IN ('received', 'waiting_for_linkedin', 'parked') AND content IS NULL"


@dataclass(frozen=True, slots=True)
class SqliteErasing:
    """Implements bot.pipeline.forgetting.Erasing."""

    database: Database
    clerk: Clerk

    async def find(self, wanted: str) -> Found:
        """See bot.pipeline.forgetting.Erasing."""
        if is_address(wanted):
            return await find_address(self.database, wanted)
        return await self.database.read(lambda tx: _by_name(tx, wanted))

    async def erase(self, leads: Sequence[str], *, receipt: str, cause: Cause, why: str, now: datetime) -> None:
        """See bot.pipeline.forgetting.Erasing."""

        def work(tx: Transaction, chunk: Sequence[str]) -> None:
            for lead_id in chunk:
                self.clerk.erase(tx, lead_id, now=now, why=why, cause=cause, receipt=receipt)

        for start in range(0, len(leads), ERASED_AT_ONCE):
            await self.database.write(partial(work, chunk=leads[start : start + ERASED_AT_ONCE]))

    def new_receipt(self, now: datetime) -> str:
        """See bot.pipeline.forgetting.Erasing."""
        return new_erasure_id(now, self.clerk.random_bits.getrandbits)

    async def receipt(self, receipt_id: str) -> Receipt | None:
        """See bot.pipeline.forgetting.Erasing."""

        def question(tx: Transaction) -> Receipt | None:
            row = tx.execute("SELECT * FROM erasure WHERE id = ?", (receipt_id,)).fetchone()
            return None if row is None else receipt_of(row)

        return await self.database.read(question)

    async def wipe(self, may_rewrite: Callable[[Unwiped], bool], *, now: datetime) -> datetime | None:
        """See bot.pipeline.forgetting.Erasing."""
        backlog = await self.database.read(_backlog)
        rewritten = backlog.rewritten
        if backlog.to_rewrite and may_rewrite(backlog.unwiped) and await self.database.rewrite():
            await self.database.write(lambda tx: _mark(tx, "rewritten_at", backlog.to_rewrite, now=now))
            rewritten += backlog.to_rewrite
        if await self.database.empty_log() and rewritten:
            await self.database.write(lambda tx: _mark(tx, "wiped_at", rewritten, now=now))
        left = await self.database.read(_backlog)
        return left.unwiped.oldest if left.to_rewrite or left.rewritten else None


async def find_address(database: Database, text: str) -> Found:
    """Every lead that gave this e-mail address, to whatever question, and those that mention it. Reads only."""
    address = canonical_address(text)
    leads: list[str] = []
    mentioned: list[str] = []
    last: str | None = "" if address else None
    while last is not None:
        named, last = await database.read(partial(_named_after, address=address, after=last))
        leads += [lead_id for lead_id, how in named if how is Naming.IS]
        mentioned += [lead_id for lead_id, how in named if how is Naming.WITHIN]
    waiting = await database.read(lambda tx: tx.execute(f"SELECT count(*) FROM lead WHERE {_UNFETCHED}").fetchone()[0])  # noqa: S608
    return Found(leads=tuple(leads), mentioned=tuple(mentioned), waiting=int(waiting))


def _by_name(tx: Transaction, wanted: str) -> Found:
    rows = tx.execute(
        "SELECT id, state FROM lead WHERE id = ? OR response_id = ? ORDER BY id", (wanted, wanted.removeprefix(_URN))
    ).fetchall()
    return Found(
        leads=tuple(row["id"] for row in rows if row["state"] != "erased"),
        erased=tuple(row["id"] for row in rows if row["state"] == "erased"),
    )


def _named_after(tx: Transaction, address: str, after: str) -> tuple[list[tuple[str, Naming]], str | None]:
    """How the next leads name the address, and the last id looked at; None = that was the end."""
    rows = tx.execute(
        "SELECT id, content FROM lead WHERE id > ? AND content IS NOT NULL ORDER BY id LIMIT ?", (after, _READ_AT_ONCE)
    ).fetchall()
    named = [(row["id"], naming(address, _texts(row["content"]))) for row in rows]
    return [each for each in named if each[1] is not Naming.NOT], rows[-1]["id"] if rows else None


def _texts(content: str) -> list[str]:
    """Every text that the person, or whoever filled in the form for them, gave."""
    lead = cast(Mapping[str, object], orjson.loads(content)["lead"])
    answers = cast(Sequence[Mapping[str, Sequence[str]]], lead["answers"])
    return [value for answer in answers for value in answer["values"]] + [
        *cast(Mapping[str, str], lead["hidden"]).values()
    ]


_Counted = tuple[str, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Backlog:
    """Receipts that are still to be wiped: (id, leads, texts), for one that grows meanwhile must be wiped again."""

    to_rewrite: tuple[_Counted, ...]
    rewritten: tuple[_Counted, ...]
    unwiped: Unwiped


def _backlog(tx: Transaction) -> _Backlog:
    rows = tx.execute(
        "SELECT id, at, leads, texts, rewritten_at FROM erasure WHERE wiped_at IS NULL ORDER BY at"
    ).fetchall()
    size = tx.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").fetchone()[0]
    return _Backlog(
        to_rewrite=tuple((row["id"], row["leads"], row["texts"]) for row in rows if row["rewritten_at"] is None),
        rewritten=tuple((row["id"], row["leads"], row["texts"]) for row in rows if row["rewritten_at"] is not None),
        unwiped=Unwiped(file_bytes=size, oldest=from_ms(rows[0]["at"] if rows else 0)),
    )


def _mark(tx: Transaction, what: str, receipts: Sequence[_Counted], *, now: datetime) -> None:
    tx.executemany(
        f"UPDATE erasure SET {what} = ? WHERE id = ? AND leads = ? AND texts = ?",  # noqa: S608  # one of two words
        [(to_ms(now), *each) for each in receipts],
    )
