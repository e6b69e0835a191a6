"""The pull finds what the webhook missed, rings nobody at first, and one stream's trouble is not another's."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.config.model import SourceEntry
from bot.core.errors import OutageError, RateLimited, TemporaryError
from bot.pipeline.pull import Pull
from bot.ports import Stream
from bot.store.database import Database
from bot.store.entries import Clerk
from tests.builders import SUBMITTED
from tests.clock import Clock
from tests.pipeline.builders import OWNER, Floor

STREAM = Stream(source="ads", owner=OWNER, lead_type="SPONSORED")


@pytest.fixture
def floor(database: Database, clerk: Clerk, clock: Clock) -> Floor:
    clock.advance(minutes=10)
    return Floor(database, clerk, clock)


@pytest.fixture
def pull(floor: Floor) -> Pull:
    return Pull(source=floor.leads, inbox=floor.desk.inbox, shift=floor.shift)


async def test_the_first_pull_lists_what_is_there_and_rings_nobody(floor: Floor, pull: Pull) -> None:
    floor.leads.add("one", "two", "three")

    assert await pull.pull(STREAM) == 3
    await floor.dispatch()

    assert await floor.states() == []
    (notice,) = await floor.notices()
    assert notice == (
        "First look at ads (sponsoredAccount:507857085, SPONSORED): 3 leads were already there from the last 24 hours. "
        "They are stored and listed by `leadbell leads`; nobody was rung for them."
    )


async def test_many_old_leads_are_told_in_one_notice(floor: Floor, pull: Pull) -> None:
    floor.leads.add(*[f"r-{number}" for number in range(250)])

    assert await pull.pull(STREAM) == 250

    (notice,) = await floor.notices()
    assert "250 leads were" in notice


async def test_a_first_pull_that_finds_nothing_says_nothing_and_is_done(floor: Floor, pull: Pull) -> None:
    assert await pull.pull(STREAM) == 0

    assert await floor.notices() == []
    assert await floor.desk.inbox.first_pull_done(STREAM)


async def test_what_a_later_pull_finds_rings_marked_late_and_only_once(floor: Floor, pull: Pull) -> None:
    await pull.pull(STREAM)
    floor.leads.add("missed")

    assert await pull.pull(STREAM) == 1
    assert await pull.pull(STREAM) == 0
    await floor.dispatch()
    await floor.deliver()

    (job,) = floor.channel.sent
    assert job.lead is not None
    assert job.lead.is_late
    assert floor.leads.fetched == [], "the pull brought it along"


async def test_a_lead_the_webhook_told_is_not_called_missed(floor: Floor, pull: Pull) -> None:
    await pull.pull(STREAM)
    floor.leads.add("told")
    await floor.desk.receive("told")

    assert await pull.pull(STREAM) == 0

    await floor.dispatch()
    assert await pull.pull(STREAM) == 0
    assert await floor.desk.one("SELECT count(*) FROM lead") == 1


async def test_the_webhook_gets_a_moment_and_the_window_is_the_files(floor: Floor, pull: Pull) -> None:
    await pull.pull(STREAM)
    floor.leads.add("just now", submitted_at=floor.clock() - timedelta(seconds=30))

    assert await pull.pull(STREAM) == 0

    _, since, until = floor.leads.asked[-1]
    assert until == floor.clock() - timedelta(minutes=2)
    assert since == floor.clock() - timedelta(hours=24)


async def test_a_first_pull_that_was_cut_off_is_still_the_first_and_rings_nobody(floor: Floor, pull: Pull) -> None:
    floor.leads.add(*[f"r-{number}" for number in range(150)])
    floor.leads.listing.add(*[None] * 120, TemporaryError("cut off"))
    await pull.pull_source(floor.config.sources[0])
    assert await floor.desk.one("SELECT count(*) FROM lead") == 120
    assert not await floor.desk.inbox.first_pull_done(STREAM)

    await pull.pull_source(floor.config.sources[0])
    for _ in range(10):
        await floor.dispatch()

    assert await floor.desk.one("SELECT count(*) FROM lead") == 150
    assert await floor.states() == []


async def test_one_streams_trouble_does_not_stop_the_others(floor: Floor, pull: Pull) -> None:
    entry = SourceEntry(name="ads", owner=OWNER, lead_types=("A", "B", "C"))
    floor.leads.add("one")
    floor.leads.listing.add(TemporaryError("busy"))

    await pull.pull_source(entry)

    assert [stream.lead_type for stream, _, _ in floor.leads.asked] == ["A", "B", "C"]
    assert await floor.desk.column("SELECT lead_type FROM stream ORDER BY lead_type") == ["B", "C"]


async def test_an_outage_closes_linkedin_for_the_pull_too_and_is_told(floor: Floor, pull: Pull) -> None:
    floor.leads.add("one")
    floor.leads.listing.add(OutageError("401", advice="Connect again"))
    await pull.pull_source(floor.config.sources[0])
    asked = len(floor.leads.asked)

    await pull.pull_source(floor.config.sources[0])

    assert len(floor.leads.asked) == asked
    assert len(await floor.notices()) == 1


async def test_a_parked_lead_that_the_pull_sees_is_woken(floor: Floor, pull: Pull) -> None:
    await pull.pull(STREAM)
    await floor.desk.receive("late", occurred_at=SUBMITTED)
    for _ in range(8):
        await floor.dispatch()
        floor.clock.advance(minutes=2)
    assert await floor.desk.one("SELECT state FROM lead") == "parked"
    floor.leads.add("late")

    await pull.pull(STREAM)
    await floor.dispatch()

    assert await floor.desk.one("SELECT state FROM lead") == "unassigned"
    assert await floor.desk.one("SELECT count(*) FROM lead") == 1


async def test_a_store_that_cannot_store_costs_only_this_pull(floor: Floor, pull: Pull) -> None:
    await pull.pull(STREAM)
    floor.leads.add("missed")
    database = floor.desk.database
    pages = await database.write(lambda tx: tx.execute("PRAGMA page_count").fetchone()[0])
    await database.write(lambda tx: tx.execute(f"PRAGMA max_page_count = {pages}").fetchone()[0])
    floor.leads.add(*[f"big-{number}" for number in range(90)])

    await pull.pull_source(floor.config.sources[0])

    assert await floor.desk.one("SELECT count(*) FROM lead") == 0
    await database.write(lambda tx: tx.execute("PRAGMA max_page_count = 1000000").fetchone()[0])
    await pull.pull_source(floor.config.sources[0])
    assert await floor.desk.one("SELECT count(*) FROM lead") == 91


async def test_a_day_quota_that_the_pull_meets_is_told_for_leads_wait_behind_it(floor: Floor, pull: Pull) -> None:
    floor.leads.add("r-1")
    floor.leads.listing.add(RateLimited("spent", retry_after=timedelta(hours=9), code="429"))

    await pull.pull_source(floor.config.sources[0])

    (notice,) = await floor.notices()
    assert "Leads wait to be fetched" in notice
