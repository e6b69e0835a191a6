"""Which subscriptions are ours."""

from __future__ import annotations

import dataclasses

from bot.ports import Subscription
from bot.store.database import Database
from bot.store.subscription_book import SqliteSubscriptionBook
from tests.clock import Clock

ONE = Subscription(id="7012", webhook="https://a.example/w", owner="urn:li:organization:1", lead_type="EVENT", form="f")


async def test_what_is_remembered_is_ours_until_it_is_forgotten(database: Database, clock: Clock) -> None:
    book = SqliteSubscriptionBook(database)

    await book.remember(ONE, now=clock())
    await book.remember(ONE, now=clock())
    assert await book.ours() == {"7012": ONE}

    await book.forget("7012")
    await book.forget("7012")
    assert await book.ours() == {}


async def test_remembering_again_replaces_what_was_known(database: Database, clock: Clock) -> None:
    book = SqliteSubscriptionBook(database)
    moved = dataclasses.replace(ONE, webhook="https://b.example/w", entity="urn:li:event:1")

    await book.remember(ONE, now=clock())
    await book.remember(moved, now=clock())

    assert await book.ours() == {"7012": moved}
