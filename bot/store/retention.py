"""What is dropped for its age, some hundred rows in a transaction. Implements bot.pipeline.retention.Ageing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.core.erasure import Cause
from bot.store.database import Database, Transaction
from bot.store.entries import Clerk
from bot.store.erasure import Removed, add_to_receipt
from bot.store.privacy import ERASED_AT_ONCE
from bot.store.rows import to_ms

_WHY = "it was older than privacy.keep_leads"

#: Each is answered from an index that holds nothing else (migrations 0003 and 0005): none costs anything in vain.
_OLD_PERSONS = """
    SELECT id FROM lead
    WHERE coalesce(submitted_at, received_at) < :before AND state <> 'erased'
    ORDER BY coalesce(submitted_at, received_at) LIMIT :limit"""
_OLD_ANSWERS = """
    SELECT rowid FROM lead
    WHERE coalesce(submitted_at, received_at) < :before AND raw IS NOT NULL LIMIT :limit"""
_OLD_NOTIFICATIONS = "SELECT rowid FROM notification WHERE received_at < :before AND raw IS NOT NULL LIMIT :limit"
_OLD_UNKNOWN = "SELECT id FROM unrecognised WHERE received_at < :before LIMIT :limit"
_OLD_WORDS = """
    SELECT rowid FROM delivery
    WHERE settled_at < :before AND kind IN ('private', 'notice') AND (text <> '' OR error <> '')
      AND state IN ('sent', 'dead', 'cancelled')
    LIMIT :limit"""


@dataclass(frozen=True, slots=True)
class SqliteAgeing:
    """Looks first on the reading connection: a sweep that finds nothing does not bother the writer."""

    database: Database
    clerk: Clerk
    at_once: int = ERASED_AT_ONCE

    async def erase_persons(self, *, before: datetime, receipt: str, now: datetime) -> int:
        """See bot.pipeline.retention.Ageing."""

        def work(tx: Transaction, old: Mapping[str, int]) -> int:
            leads = tx.execute(_OLD_PERSONS, old).fetchall()
            for lead in leads:
                self.clerk.erase(tx, lead["id"], now=now, why=_WHY, cause=Cause.RETENTION, receipt=receipt)
            return len(leads)

        return await self._where_any(_OLD_PERSONS, work, before=before)

    async def drop_raw_answers(self, *, before: datetime, receipt: str, now: datetime) -> int:
        """See bot.pipeline.retention.Ageing."""

        def work(tx: Transaction, old: Mapping[str, int]) -> int:
            dropped = tx.execute(f"UPDATE lead SET raw = NULL WHERE rowid IN ({_OLD_ANSWERS})", old).rowcount  # noqa: S608
            return _counted(tx, receipt, dropped, now=now)

        return await self._where_any(_OLD_ANSWERS, work, before=before)

    async def drop_raw_notifications(self, *, before: datetime, receipt: str, now: datetime) -> int:
        """See bot.pipeline.retention.Ageing."""

        def work(tx: Transaction, old: Mapping[str, int]) -> int:
            dropped = tx.execute(
                f"UPDATE notification SET raw = NULL WHERE rowid IN ({_OLD_NOTIFICATIONS})",  # noqa: S608
                old,
            ).rowcount
            return _counted(tx, receipt, dropped, now=now)

        def forget_unknown(tx: Transaction, old: Mapping[str, int]) -> int:
            return tx.execute(f"DELETE FROM unrecognised WHERE id IN ({_OLD_UNKNOWN})", old).rowcount  # noqa: S608

        return await self._where_any(_OLD_NOTIFICATIONS, work, before=before) + await self._where_any(
            _OLD_UNKNOWN, forget_unknown, before=before
        )

    async def drop_words(self, *, before: datetime, receipt: str, now: datetime) -> int:
        """See bot.pipeline.retention.Ageing."""

        def work(tx: Transaction, old: Mapping[str, int]) -> int:
            # one that nobody could deliver must not come back by `redeliver` with nothing to say
            dropped = tx.execute(
                f"""UPDATE delivery
                    SET text = '', error = '', state = CASE state WHEN 'dead' THEN 'cancelled' ELSE state END
                    WHERE rowid IN ({_OLD_WORDS})""",  # noqa: S608
                old,
            ).rowcount
            return _counted(tx, receipt, dropped, now=now)

        return await self._where_any(_OLD_WORDS, work, before=before)

    async def _where_any(
        self, which: str, work: Callable[[Transaction, Mapping[str, int]], int], *, before: datetime
    ) -> int:
        old = {"before": to_ms(before), "limit": self.at_once}
        if await self.database.read(lambda tx: tx.execute(which, {**old, "limit": 1}).fetchone()) is None:
            return 0
        return await self.database.write(lambda tx: work(tx, old))


def _counted(tx: Transaction, receipt: str, dropped: int, *, now: datetime) -> int:
    add_to_receipt(tx, receipt, Cause.RETENTION, Removed(texts=dropped), now=now)
    return dropped
