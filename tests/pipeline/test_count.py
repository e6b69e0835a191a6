"""The nightly count names each difference, repairs it, and says one line."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.core.errors import Forbidden, NotFound, RateLimited, StoreUnavailable, TemporaryError
from bot.core.work import Notice
from bot.pipeline.count import Count
from bot.ports import Stream
from bot.store.database import Database
from bot.store.entries import Clerk
from bot.store.notice_board import SqliteNoticeBoard
from tests.clock import Clock
from tests.pipeline.builders import OWNER, Floor

STREAM = Stream(source="ads", owner=OWNER, lead_type="SPONSORED")


@pytest.fixture
async def floor(database: Database, clerk: Clerk, clock: Clock) -> Floor:
    """A stream that was pulled two days ago for the first time; it is 03:30 in Berlin."""
    floor = Floor(database, clerk, clock)
    await floor.pull.pull(STREAM)
    clock.advance(hours=41, minutes=30)
    return floor


@pytest.fixture
def count(floor: Floor) -> Count:
    return Count(source=floor.leads, book=floor.tally_book, pull=floor.pull, shift=floor.shift)


async def by_webhook(floor: Floor, *names: str) -> None:
    for name in names:
        floor.leads.add(name, submitted_at=floor.clock() - timedelta(hours=5))
        await floor.desk.receive(name, occurred_at=floor.clock() - timedelta(hours=5))
    await floor.dispatch()


async def test_equal_numbers_are_one_line(floor: Floor, count: Count) -> None:
    await by_webhook(floor, "a", "b")

    await count.sweep()

    assert await floor.notices() == ["Leads of ads in the last days: SPONSORED 2 at LinkedIn, 2 here. They agree."]


async def test_it_is_done_once_a_night_and_again_the_next(floor: Floor, count: Count) -> None:
    for _ in range(3):
        await count.sweep()
    assert len(await floor.notices()) == 1

    floor.clock.advance(hours=24)
    await count.sweep()
    assert len(await floor.notices()) == 2


async def test_before_three_in_the_morning_nothing_is_counted(floor: Floor, count: Count) -> None:
    floor.clock.advance(hours=-1)

    await count.sweep()

    assert await floor.notices() == []


async def test_what_is_missing_is_named_fetched_and_rings_late(floor: Floor, count: Count) -> None:
    await by_webhook(floor, "a")
    floor.leads.add("missed", submitted_at=floor.clock() - timedelta(hours=6))

    await count.sweep()
    await floor.dispatch()

    assert "2 at LinkedIn, 1 here. 1 was missing (fetched now): missed." in (await floor.notices())[0]
    assert await floor.desk.one("SELECT is_late FROM lead WHERE response_id = 'missed'") == 1
    assert await floor.states() == ["pending", "pending"]


async def test_what_is_gone_there_is_asked_for_and_erased_here(floor: Floor, count: Count) -> None:
    await by_webhook(floor, "a", "taken back")
    del floor.leads.known["taken back"]

    await count.sweep()
    await floor.dispatch()

    lead = await floor.desk.one("SELECT id FROM lead WHERE response_id = 'taken back'")
    said = f"1 no longer at LinkedIn (asked for now; what LinkedIn no longer has is erased here too): {lead}."
    assert said in (await floor.notices())[0]
    assert await floor.desk.one("SELECT state FROM lead WHERE id = ?", lead) == "erased"


async def test_what_the_list_lacks_and_linkedin_still_has_is_kept(floor: Floor, count: Count) -> None:
    await by_webhook(floor, "a", "odd")
    odd = floor.leads.known.pop("odd")

    await count.sweep()
    floor.leads.known["odd"] = odd
    await floor.dispatch()

    assert await floor.desk.column("SELECT state FROM lead") == ["unassigned", "unassigned"]


async def test_many_gone_at_once_are_named_and_left_alone(floor: Floor, count: Count) -> None:
    await by_webhook(floor, *"abcdef")
    floor.leads.known.clear()

    await count.sweep()
    await floor.dispatch()

    assert "6 no longer at LinkedIn (too many" in (await floor.notices())[0]
    assert await floor.desk.column("SELECT DISTINCT state FROM lead") == ["unassigned"]


async def test_announced_and_not_fetched_is_named_as_that(floor: Floor, count: Count) -> None:
    floor.leads.add("waits", submitted_at=floor.clock() - timedelta(hours=5))
    floor.leads.fetching.add(TemporaryError("busy"))
    await floor.desk.receive("waits", occurred_at=floor.clock() - timedelta(hours=5))
    await floor.dispatcher.run((await floor.dispatcher.lease(1))[0])

    await count.sweep()

    assert "1 announced and not fetched yet: l" in (await floor.notices())[0]


async def test_an_erased_lead_is_no_difference_and_does_not_come_back(floor: Floor, count: Count) -> None:
    await by_webhook(floor, "a")
    await floor.desk.receive("a", action="DELETED", occurred_at=floor.clock())

    await count.sweep()
    await floor.dispatch()

    assert "They agree" in (await floor.notices())[0]
    assert await floor.desk.column("SELECT state FROM lead") == ["erased"]


async def test_a_refused_list_is_tried_again_and_hides_no_other(floor: Floor, count: Count) -> None:
    await by_webhook(floor, "a")
    floor.leads.listing.add(Forbidden("no role"))

    await count.sweep()
    await count.sweep()
    assert await floor.notices() == [], "at night nobody is woken, and LinkedIn is asked hourly"

    floor.clock.advance(hours=1)
    await count.sweep()
    assert "They agree" in (await floor.notices())[0]


async def test_what_could_not_be_counted_by_morning_is_told_once(floor: Floor, count: Count) -> None:
    await by_webhook(floor, "a")
    floor.leads.listing.add(*[Forbidden("LinkedIn answered 403", advice="Ask for the role.") for _ in range(100)])

    for _ in range(60):
        await count.sweep()
        floor.clock.advance(minutes=10)

    assert await floor.notices() == [
        "Tonight's count of the leads of ads did not come about: LinkedIn answered 403. Ask for the role. "
        "It is tried again every hour."
    ]


async def test_a_spent_quota_is_asked_no_more_until_it_returns(floor: Floor, count: Count) -> None:
    await by_webhook(floor, "a")
    floor.leads.listing.add(*[RateLimited("DAY", retry_after=timedelta(hours=20)) for _ in range(100)])
    before = len(floor.leads.asked)

    for _ in range(60):
        await count.sweep()
        floor.clock.advance(minutes=10)

    assert len(floor.leads.asked) == before + 1


async def test_the_members_lost_role_erases_nobody(floor: Floor, count: Count) -> None:
    """Then LinkedIn's list is empty, and each lead a 404."""
    await by_webhook(floor, "a", "b", "c")
    floor.leads.known.clear()

    await count.sweep()
    await floor.dispatch()

    assert await floor.desk.column("SELECT DISTINCT state FROM lead") == ["unassigned"]


async def test_the_result_and_the_word_about_it_are_one_transaction(
    floor: Floor, count: Count, clerk: Clerk, database: Database
) -> None:
    class Cut(SqliteNoticeBoard):
        async def post(self, notice: Notice, *, now: datetime) -> None:
            raise StoreUnavailable("the process is gone")

    await by_webhook(floor, "a")
    cut = replace(floor.shift, notice_board=Cut(database, clerk))

    await replace(count, shift=cut).sweep()

    assert await floor.desk.one("SELECT count(*) FROM tally") == 1
    assert "They agree" in (await floor.notices())[0]


async def test_a_lead_that_is_gone_while_it_is_asked_for_is_not_erased_on_another_error(
    floor: Floor, count: Count
) -> None:
    await by_webhook(floor, "a", "b")
    kept = floor.leads.known.pop("a")
    await count.sweep()
    floor.leads.known["a"] = kept
    floor.leads.fetching.add(Forbidden("no role"), NotFound("odd"))

    (leased,) = await floor.dispatcher.lease(1)
    await floor.dispatcher.run(leased)

    assert await floor.desk.column("SELECT state FROM lead") == ["unassigned", "unassigned"]
