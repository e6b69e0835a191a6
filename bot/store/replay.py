"""Stored leads read once more for rules to choose again: all of a time in portions, or what one was decided on."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from bot.core.lead import Lead
from bot.store.database import Database, Transaction
from bot.store.rows import lead_from_content, to_ms

#: Leads in one portion: a few MB, read within some hundredths of a second.
_PORTION = 1_000

#: Leads that rules have chosen for, or are about to. Erased ones hold no person; quiet ones were listed, not routed.
_ROUTED = """state <> 'erased' AND coalesce(submitted_at, received_at) >= :since
    AND content IS NOT NULL AND is_quiet = 0 AND is_test <= :with_tests"""

#: The newest first, by the index over the leads' ages; (:before, :id) is where the last portion ended.
NEXT = f"""SELECT id, content, coalesce(submitted_at, received_at) AS at FROM lead
    WHERE {_ROUTED} AND coalesce(submitted_at, received_at) <= :before
      AND (coalesce(submitted_at, received_at) < :before OR id < :id)
    ORDER BY coalesce(submitted_at, received_at) DESC, id DESC LIMIT :limit"""  # noqa: S608  # made of the constant above

_END_OF_TIME = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What a stored decision rested on, so that its reasons can be seen again."""

    rules: str | None  #: the text of the rule file that was live then; None = no longer stored
    lead: Lead | None  #: None = erased
    turn_of: str  #: whose turn was taken for it first; "" = nobody's


@dataclass(frozen=True, slots=True)
class Replay:
    """Answers from committed data; changes nothing."""

    database: Database

    async def count(self, *, since: datetime, with_tests: bool = False) -> int:
        """How many leads `leads` will give."""
        values = {"since": to_ms(since), "with_tests": with_tests}
        statement = f"SELECT count(*) FROM lead WHERE {_ROUTED}"  # noqa: S608  # a constant of this module

        def question(tx: Transaction) -> int:
            return int(tx.execute(statement, values).fetchone()[0])

        return await self.database.read(question)

    async def leads(
        self, *, since: datetime, with_tests: bool = False, portion: int = _PORTION
    ) -> AsyncIterator[list[tuple[str, Lead]]]:
        """Every routed lead submitted since then, with our id, the newest first, `portion` at a time.

        Each portion is a reading of its own, so that a server beside it can tidy its file; what comes in meanwhile is
        newer and is not met, what is erased meanwhile is left out.
        """
        values: dict[str, object] = {"since": to_ms(since), "with_tests": with_tests, "limit": portion}
        values |= {"before": _END_OF_TIME, "id": ""}

        def question(tx: Transaction) -> list[sqlite3.Row]:
            return tx.execute(NEXT, values).fetchall()

        while rows := await self.database.read(question):
            yield [(row["id"], lead_from_content(row["content"])) for row in rows]
            values |= {"before": rows[-1]["at"], "id": rows[-1]["id"]}

    async def grounds(self, lead_id: str, version: str) -> Grounds:
        """What a decision about this lead by this version of the rule file rested on, as far as it is still stored."""

        def question(tx: Transaction) -> Grounds:
            text = tx.execute("SELECT text FROM config_version WHERE version = ?", (version,)).fetchone()
            row = tx.execute("SELECT content FROM lead WHERE id = ?", (lead_id,)).fetchone()
            turn = tx.execute("SELECT person FROM turn WHERE lead_id = ? ORDER BY id LIMIT 1", (lead_id,)).fetchone()
            content = row["content"] if row is not None else None
            return Grounds(
                rules=None if text is None else text["text"],
                lead=lead_from_content(content) if content else None,
                turn_of="" if turn is None else turn["person"],
            )

        return await self.database.read(question)
