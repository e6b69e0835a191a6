"""A card that no longer shows the truth is edited until it does, and only the newest state is ever shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.errors import NotFound, OutageError, PermanentError, RateLimited, TemporaryError
from bot.store.database import Database
from bot.store.entries import Clerk
from tests.builders import SUBMITTED, a_lead
from tests.clock import Clock
from tests.pipeline.builders import Floor


@pytest.fixture
async def floor(database: Database, clerk: Clerk, clock: Clock) -> Floor:
    """A floor where one card stands in the channel."""
    floor = Floor(database, clerk, clock)
    await floor.desk.route()
    await floor.deliver()
    return floor


async def change(floor: Floor) -> None:
    lead = str(await floor.desk.one("SELECT id FROM lead"))
    await floor.desk.database.write(lambda tx: floor.desk.outbox.clerk.show_change(tx, lead, now=floor.clock()))


def shown(floor: Floor) -> list[int]:
    return [job.lead.revision for job in floor.channel.edited if job.lead is not None]


async def test_a_card_that_shows_the_truth_is_left_alone(floor: Floor) -> None:
    assert await floor.refresh() == 0


async def test_many_changes_are_shown_by_one_edit(floor: Floor) -> None:
    for _ in range(4):
        await change(floor)

    await floor.refresh()

    assert shown(floor) == [5]


async def test_a_change_while_the_card_is_edited_is_shown_next(floor: Floor) -> None:
    await change(floor)
    (leased,) = await floor.refresher.lease(5)
    await change(floor)
    await floor.refresher.run(leased)

    await floor.refresh()

    assert shown(floor) == [2, 3]


async def test_a_failed_edit_is_repeated_until_it_is_shown(floor: Floor) -> None:
    floor.channel.editing.add(TemporaryError("busy"), ZeroDivisionError("ours"))
    await change(floor)
    for _ in range(10):
        await floor.refresh()
        floor.clock.advance(seconds=3)

    assert shown(floor) == [2]


async def test_an_edit_that_can_never_work_is_given_up_until_the_lead_changes_again(floor: Floor) -> None:
    floor.channel.editing.add(PermanentError("message_not_found"))
    await change(floor)
    await floor.refresh()
    floor.clock.advance(days=1)
    assert await floor.refresh() == 0

    await change(floor)
    await floor.refresh()

    assert shown(floor) == [3]


@pytest.mark.parametrize(
    ("error", "scope"),
    [
        (RateLimited("ratelimited", retry_after=timedelta(seconds=30), method="chat.update"), "slack:edit"),
        (OutageError("invalid_auth", retry_after=timedelta(seconds=30)), "slack"),
    ],
)
async def test_a_limit_holds_edits_and_they_go_on_as_soon_as_it_ends(
    floor: Floor, error: RateLimited | OutageError, scope: str
) -> None:
    floor.channel.editing.add(error)
    await change(floor)
    await floor.refresh()
    assert await floor.pauses.is_closed(scope, now=floor.clock())

    floor.clock.advance(seconds=29)
    assert await floor.refresh() == 0
    floor.clock.advance(seconds=1)
    await floor.refresh()

    assert shown(floor) == [2]
    assert await floor.desk.one("SELECT count(*) FROM pause") == 0, "an answered call opens again"


async def test_an_edit_that_hangs_is_cut_off_and_repeated(floor: Floor) -> None:
    await change(floor)
    floor.channel.editing.hangs = True
    hasty = replace(floor.refresher, deadline_seconds=0.01)
    (leased,) = await hasty.lease(5)
    await hasty.run(leased)
    floor.channel.editing.hangs = False

    floor.clock.advance(seconds=3)
    await floor.refresh()

    assert shown(floor) == [2]


async def test_a_crash_in_the_middle_of_an_edit_loses_nothing(floor: Floor) -> None:
    await change(floor)
    await floor.refresher.lease(5)
    await floor.desk.outbox.recover(now=floor.clock())

    await floor.refresh()

    assert shown(floor) == [2]


async def test_an_erased_lead_leaves_the_card_too(floor: Floor) -> None:
    await floor.desk.receive(action="DELETED", occurred_at=SUBMITTED + timedelta(hours=1))

    await floor.refresh()

    (job,) = floor.channel.edited
    assert job.lead is not None
    assert job.lead.lead is None


async def test_a_card_of_an_erased_lead_that_cannot_be_changed_is_told_to_the_operator(floor: Floor) -> None:
    await floor.desk.receive(action="DELETED", occurred_at=SUBMITTED + timedelta(hours=1))
    floor.channel.editing.add(PermanentError("too old to edit", code="edit_window_closed"))

    await floor.refresh()

    (notice,) = await floor.notices()
    assert "still shows a person who was removed" in notice
    assert "Ana" not in notice


async def test_a_card_of_an_erased_lead_that_is_gone_shows_nobody_and_is_nobodys_concern(floor: Floor) -> None:
    await floor.desk.receive(action="DELETED", occurred_at=SUBMITTED + timedelta(hours=1))
    floor.channel.editing.add(NotFound("deleted by somebody", code="message_not_found"))

    await floor.refresh()

    assert await floor.notices() == []


async def test_many_old_cards_that_cannot_be_changed_are_one_word_a_day(floor: Floor) -> None:
    for number in range(5):
        await floor.desk.route(response_id=f"r-more-{number}", lead=a_lead(f"r-more-{number}"))
    await floor.deliver_until(hours=0.01, step_seconds=2)
    floor.channel.editing.add(*[PermanentError("too old to edit", code="edit_window_closed") for _ in range(6)])
    for number in range(5):
        await floor.desk.receive(f"r-more-{number}", action="DELETED", occurred_at=SUBMITTED + timedelta(hours=1))

    for _ in range(30):
        floor.clock.advance(seconds=2)
        await floor.refresh()

    assert len(await floor.notices()) == 1
