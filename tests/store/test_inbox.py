"""Notifications enter once, deletions by state and not by order, and what the pull finds enters by the same door."""

from __future__ import annotations

import asyncio
import itertools
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.delivery import Dead, Unknown
from bot.core.lead import LeadState, Notification
from bot.core.work import Deleted, Notice, Postponed, StillThere
from bot.ports import Posted
from bot.store.database import Database
from bot.store.entries import Clerk
from tests.builders import SLACK_ALL, SUBMITTED, a_decision, a_lead, a_notification, a_routed, fetched, found, posted
from tests.clock import Clock
from tests.store.builders import Desk
from tests.store.traces import bytes_of


@pytest.fixture
def desk(database: Database, clerk: Clerk, clock: Clock) -> Desk:
    return Desk(database, clerk, clock)


async def test_the_same_notification_again_changes_nothing(desk: Desk) -> None:
    assert await desk.receive() == 1

    assert await desk.receive() == 0

    assert await desk.one("SELECT count(*) FROM lead") == 1


async def test_the_same_response_at_another_time_is_another_lead(desk: Desk) -> None:
    await desk.receive()

    await desk.receive(occurred_at=SUBMITTED + timedelta(days=1))

    assert await desk.one("SELECT count(*) FROM lead") == 2


@pytest.mark.parametrize("order", list(itertools.permutations(["created", "deleted", "created again"])))
async def test_a_deletion_covers_what_happened_before_it_in_whatever_order_they_arrive(
    desk: Desk, order: tuple[str, ...]
) -> None:
    notifications = {
        "created": a_notification(occurred_at=SUBMITTED),
        "deleted": a_notification(action="DELETED", occurred_at=SUBMITTED + timedelta(hours=1)),
        "created again": a_notification(occurred_at=SUBMITTED + timedelta(hours=2)),
    }

    for name in order:
        await desk.inbox.record(posted(notifications[name]), raw=b"{}", notices=[], now=desk.clock())

    states = await desk.column("SELECT state FROM lead ORDER BY notified_at")
    assert states == ["erased", "received"]


async def test_an_erased_lead_keeps_its_keys_and_nothing_of_the_person(desk: Desk) -> None:
    await desk.route()

    await desk.receive(action="DELETED", occurred_at=SUBMITTED + timedelta(hours=1))

    row = await desk.database.read(lambda tx: dict(tx.execute("SELECT * FROM lead").fetchone()))
    assert row["state"] == "erased"
    assert row["content"] is None
    assert row["raw"] is None
    assert row["response_id"] == "r-1"
    assert await desk.one("SELECT state FROM delivery") == "cancelled"


async def test_the_person_leaves_the_bytes_of_the_file_too(desk: Desk) -> None:
    await desk.route(lead=a_lead(email="canary-7f3a@acme.example"))

    await desk.receive(action="DELETED", occurred_at=SUBMITTED + timedelta(hours=1))
    await desk.database.write(lambda tx: None)
    await desk.database._writer.run(lambda connection: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone())

    path = await desk.one("SELECT file FROM pragma_database_list WHERE name = 'main'")
    assert b"canary-7f3a" not in await asyncio.to_thread(Path(str(path)).read_bytes)


async def test_an_unsigned_deletion_is_checked_before_it_is_believed(desk: Desk) -> None:
    await desk.route()
    deletion = a_notification(action="DELETED", occurred_at=SUBMITTED + timedelta(hours=1))
    await desk.inbox.record(posted(deletion, is_signed=False), raw=b"{}", notices=[], now=desk.clock())
    assert await desk.one("SELECT state FROM lead") == "unassigned"

    (leased,) = await desk.lease_leads()
    assert leased.item.doubted_deletion
    await desk.queue.settle(leased, StillThere(), answered=True, now=desk.clock())

    assert await desk.one("SELECT state FROM lead") == "unassigned"
    assert await desk.lease_leads() == []


async def test_an_unsigned_deletion_that_linkedin_confirms_erases(desk: Desk) -> None:
    await desk.route()
    deletion = a_notification(action="DELETED", occurred_at=SUBMITTED + timedelta(hours=1))
    await desk.inbox.record(posted(deletion, is_signed=False), raw=b"{}", notices=[], now=desk.clock())
    (leased,) = await desk.lease_leads()

    await desk.queue.settle(leased, Deleted(), answered=True, now=desk.clock())

    assert await desk.one("SELECT state FROM lead") == "erased"
    assert await desk.one("SELECT is_believed FROM notification WHERE action = 'DELETED'") == 1


async def test_an_unknown_action_and_type_are_remembered_and_told_once(desk: Desk) -> None:
    odd = Posted(notifications=(a_notification(action="MERGED"),), unknown=("SOCIAL",))
    notice = Notice(key="unknown-type:SOCIAL", text="…")

    for _ in range(3):
        await desk.inbox.record(odd, raw=b"{}", notices=[notice], now=desk.clock())

    assert await desk.one("SELECT count(*) FROM notification WHERE action = 'MERGED'") == 1
    assert await desk.one("SELECT count(*) FROM lead") == 0
    assert await desk.one("SELECT count(*) FROM delivery WHERE kind = 'notice'") == 1


async def test_the_pull_finds_only_what_the_webhook_missed(desk: Desk) -> None:
    await desk.receive("on its way")
    known = await desk.route(lead=a_lead("known"), response_id="known")
    found = [fetched(a_lead(name)) for name in ("on its way", "known", "missed")]

    missing = await desk.inbox.missing(found)

    assert [each.lead.response_id for each in missing] == ["missed"]
    assert known


async def test_what_the_pull_found_rings_late_once_even_if_the_webhook_comes_after_all(desk: Desk) -> None:
    await desk.inbox.record_found([found(a_lead())], now=desk.clock())
    (leased,) = await desk.lease_leads()
    assert leased.item.is_late
    assert leased.item.fetched == a_lead()
    await desk.queue.settle(leased, a_routed(a_lead(), a_decision(SLACK_ALL)), answered=True, now=desk.clock())

    await desk.receive(occurred_at=SUBMITTED + timedelta(seconds=2))
    (again,) = await desk.lease_leads()
    await desk.queue.settle(again, a_routed(a_lead(), a_decision(SLACK_ALL)), answered=True, now=desk.clock())

    assert await desk.one("SELECT count(*) FROM lead") == 1
    assert await desk.one("SELECT count(*) FROM delivery") == 1


async def test_a_quiet_lead_rings_when_its_webhook_comes(desk: Desk) -> None:
    await desk.inbox.record_found([found(a_lead(), is_quiet=True)], now=desk.clock())
    (leased,) = await desk.lease_leads()
    await desk.queue.settle(leased, a_routed(a_lead(), None), answered=True, now=desk.clock())
    assert await desk.one("SELECT count(*) FROM delivery") == 0
    quiet = await desk.one("SELECT id FROM lead")

    await desk.receive(occurred_at=SUBMITTED + timedelta(seconds=2))
    (again,) = await desk.lease_leads()
    await desk.queue.settle(again, a_routed(a_lead(), a_decision(SLACK_ALL)), answered=True, now=desk.clock())

    assert await desk.column("SELECT id FROM lead") == [quiet]
    assert await desk.one("SELECT count(*) FROM delivery") == 1


async def test_the_pull_wakes_a_parked_lead_instead_of_entering_it_twice(desk: Desk) -> None:
    await desk.receive()
    (leased,) = await desk.lease_leads()
    parked = Postponed(state=LeadState.PARKED, due_at=desk.clock() + timedelta(hours=1), error="not found")
    await desk.queue.settle(leased, parked, answered=True, now=desk.clock())

    missing = await desk.inbox.missing([fetched(a_lead())])
    entered = await desk.inbox.record_found([found(each.lead) for each in missing], now=desk.clock())

    assert entered == 0
    assert [each.item.response_id for each in await desk.lease_leads()] == ["r-1"]


async def test_a_lead_deleted_before_the_pull_found_it_is_not_rung(desk: Desk) -> None:
    await desk.receive(action="DELETED", occurred_at=SUBMITTED + timedelta(hours=1))

    entered = await desk.inbox.record_found([found(a_lead(email="canary@acme.example"))], now=desk.clock())

    assert entered == 0
    assert await desk.column("SELECT state FROM lead WHERE submitted_at IS NOT NULL") == ["erased"]
    assert await desk.lease_leads() == []
    assert await desk.inbox.missing([fetched(a_lead())]) == []
    assert b"canary" not in await bytes_of(desk.database)
    assert await desk.one("SELECT count(*) FROM erasure") == 0, "nothing was there to erase"


async def test_a_parked_registration_is_not_woken_with_the_answers_of_one_that_was_deleted(desk: Desk) -> None:
    await desk.receive(action="DELETED", occurred_at=SUBMITTED + timedelta(hours=1))
    await desk.receive(occurred_at=SUBMITTED + timedelta(hours=2))
    (leased,) = await desk.lease_leads()
    parked = Postponed(state=LeadState.PARKED, due_at=desk.clock() + timedelta(hours=1), error="not found")
    await desk.queue.settle(leased, parked, answered=True, now=desk.clock())

    await desk.inbox.record_found([found(a_lead())], now=desk.clock())

    assert await desk.column("SELECT state FROM lead ORDER BY notified_at") == ["erased", "parked"]
    assert await desk.column("SELECT content FROM lead WHERE content IS NOT NULL") == []


async def test_a_broken_character_in_an_id_is_refused_for_itself_alone(desk: Desk) -> None:
    bad = Notification(response_id="\ud800", action="CREATED", occurred_at=SUBMITTED)

    with pytest.raises(UnicodeEncodeError):
        await desk.inbox.record(posted(bad), raw=b"{}", notices=[], now=desk.clock())

    assert await desk.receive() == 1


async def test_a_dead_card_that_may_be_in_the_channel_is_looked_for_when_its_lead_is_erased(desk: Desk) -> None:
    await desk.route()
    (leased,) = await desk.lease()
    unclear = Unknown(due_at=desk.clock(), error="no answer")
    await desk.outbox.settle(leased, unclear, answered=False, now=desk.clock())
    (look,) = await desk.lease()
    await desk.outbox.settle(look, Dead(error="nobody could be asked"), answered=False, now=desk.clock())

    await desk.receive(action="DELETED", occurred_at=SUBMITTED + timedelta(hours=1))

    (again,) = await desk.lease()
    assert again.item.is_lookup
    await desk.sent(again)
    assert await desk.one("SELECT edit_due_at IS NOT NULL FROM delivery") == 1, "to say that it was removed"


async def test_an_unsigned_deletion_before_the_fetch_is_asked_about_again_after_it(desk: Desk) -> None:
    await desk.receive()
    deletion = a_notification(action="DELETED", occurred_at=SUBMITTED + timedelta(hours=1))
    await desk.inbox.record(posted(deletion, is_signed=False), raw=b"{}", notices=[], now=desk.clock())
    (leased,) = await desk.lease_leads()

    await desk.queue.settle(leased, a_routed(a_lead(), a_decision(SLACK_ALL)), answered=True, now=desk.clock())

    (again,) = await desk.lease_leads()
    assert again.item.doubted_deletion
