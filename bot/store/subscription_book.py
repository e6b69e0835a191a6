"""Which subscriptions we made at LinkedIn. Implements bot.ports.SubscriptionBook."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.ports import Subscription
from bot.store.database import Database, Transaction
from bot.store.rows import to_ms


@dataclass(frozen=True, slots=True)
class SqliteSubscriptionBook:
    """Every call is one committed transaction."""

    database: Database

    async def ours(self) -> dict[str, Subscription]:
        """See bot.ports.SubscriptionBook."""

        def question(tx: Transaction) -> dict[str, Subscription]:
            rows = tx.execute(
                "SELECT id, owner, lead_type, webhook, form, entity FROM subscription ORDER BY created_at"
            )
            return {row["id"]: Subscription(**row) for row in rows.fetchall()}

        return await self.database.read(question)

    async def remember(self, subscription: Subscription, *, now: datetime) -> None:
        """See bot.ports.SubscriptionBook."""
        values = {
            "id": subscription.id,
            "owner": subscription.owner,
            "lead_type": subscription.lead_type,
            "webhook": subscription.webhook,
            "form": subscription.form,
            "entity": subscription.entity,
            "now": to_ms(now),
        }
        await self.database.write(
            lambda tx: (
                tx.execute(
                    """INSERT INTO subscription (id, owner, lead_type, webhook, form, entity, created_at)
                       VALUES (:id, :owner, :lead_type, :webhook, :form, :entity, :now)
                       ON CONFLICT (id) DO UPDATE SET
                           owner = excluded.owner, lead_type = excluded.lead_type, webhook = excluded.webhook,
                           form = excluded.form, entity = excluded.entity""",
                    values,
                ).rowcount
            )
        )

    async def forget(self, subscription_id: str) -> None:
        """See bot.ports.SubscriptionBook."""
        await self.database.write(
            lambda tx: tx.execute("DELETE FROM subscription WHERE id = ?", (subscription_id,)).rowcount
        )
