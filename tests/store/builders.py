"""Bringing rows of the store into the state that a test starts from."""

from __future__ import annotations

from datetime import timedelta

from bot.core.delivery import Receipt, Sent, Target
from bot.core.lead import Lead
from bot.core.story import LeadView
from bot.core.work import DeliveryWork, EditWork, LeadWork, Leased
from bot.store.database import Database
from bot.store.edits import SqliteEdits
from bot.store.entries import Clerk
from bot.store.inbox import SqliteInbox
from bot.store.leads import SqliteLeadQueue
from bot.store.outbox import SqliteOutbox
from tests.builders import SLACK_ALL, a_decision, a_lead, a_notification, a_routed, posted
from tests.clock import Clock

MINUTE = timedelta(minutes=1)


class Desk:
    """The store's parts round one database and one clock."""

    def __init__(self, database: Database, clerk: Clerk, clock: Clock) -> None:
        self.database = database
        self.clock = clock
        self.inbox = SqliteInbox(database, clerk)
        self.queue = SqliteLeadQueue(database, clerk)
        self.outbox = SqliteOutbox(database, clerk)
        self.edits = SqliteEdits(database, clerk)

    async def receive(self, response_id: str = "r-1", **of_notification: object) -> int:
        """A signed webhook with one notification; how many were new."""
        notification = a_notification(response_id, **of_notification)  # type: ignore[arg-type]  # passed on as they are
        return await self.inbox.record(posted(notification), raw=b"{}", notices=[], now=self.clock())

    async def lease_leads(self, limit: int = 10) -> list[Leased[LeadWork]]:
        return await self.queue.lease(limit=limit, now=self.clock(), keep_for=MINUTE)

    async def route(self, *targets: Target, lead: Lead | None = None, owner: str = "", response_id: str = "r-1") -> str:
        """Receive, lease and route one lead; its id."""
        await self.receive(response_id)
        (leased,) = [each for each in await self.lease_leads() if each.item.response_id == response_id]
        decision = a_decision(*(targets or (SLACK_ALL,)), owner=owner)
        routed = a_routed(lead or a_lead(response_id), decision)
        assert await self.queue.settle(leased, routed, answered=True, now=self.clock())
        return leased.item.id

    async def lease(self, destination: str = "slack", limit: int = 10) -> list[Leased[DeliveryWork]]:
        return await self.outbox.lease(destination, limit=limit, now=self.clock(), keep_for=MINUTE)

    async def sent(self, leased: Leased[DeliveryWork], message: str = "1.0") -> bool:
        outcome = Sent(receipt=Receipt(address="C1", message=message))
        return await self.outbox.settle(leased, outcome, answered=True, now=self.clock())

    async def one(self, sql: str, *values: object) -> object:
        """The first column of the first row."""
        row = await self.database.read(lambda tx: tx.execute(sql, values).fetchone())
        return None if row is None else row[0]

    async def column(self, sql: str, *values: object) -> list[object]:
        """The first column of every row."""
        return await self.database.read(lambda tx: [row[0] for row in tx.execute(sql, values).fetchall()])


def view_of(leased: Leased[EditWork] | Leased[DeliveryWork]) -> LeadView:
    """The lead that an edit or a delivery is about."""
    assert leased.item.lead is not None
    return leased.item.lead
