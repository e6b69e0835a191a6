"""The bot's own words to the operator, and who is who in Slack."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.core.work import Notice
from bot.store.database import Database
from bot.store.entries import Clerk


@dataclass(frozen=True, slots=True)
class SqliteNoticeBoard:
    """Implements bot.ports.NoticeBoard."""

    database: Database
    clerk: Clerk

    async def post(self, notice: Notice, *, now: datetime) -> None:
        """See bot.ports.NoticeBoard."""
        await self.database.write(lambda tx: self.clerk.queue_notices(tx, [notice], now=now))


@dataclass(frozen=True, slots=True)
class SqliteDirectory:
    """Who an e-mail address belongs to in Slack, so that a restart while Slack is away knows everybody."""

    database: Database

    async def load(self) -> dict[str, str]:
        """Everything remembered: e-mail address -> Slack user id."""
        return await self.database.read(
            lambda tx: {
                row["email"]: row["user_id"] for row in tx.execute("SELECT email, user_id FROM known_user").fetchall()
            }
        )

    async def remember(self, email: str, user_id: str) -> None:
        """Store or replace one. Idempotent."""
        await self.database.write(
            lambda tx: (
                tx.execute(
                    """INSERT INTO known_user (email, user_id) VALUES (?, ?)
                   ON CONFLICT (email) DO UPDATE SET user_id = excluded.user_id""",
                    (email, user_id),
                ).rowcount
            )
        )
