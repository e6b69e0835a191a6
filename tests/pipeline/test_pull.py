"""The pull finds what the webhook missed, rings nobody at first, and one stream's trouble is not another's."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.config.model import SourceEntry
from bot.core.errors import OutageError, RateLimited, SignInNeeded, TemporaryError
from bot.core.listening import Alarm, Sign
from bot.core.work import Notice
from bot.pipeline.pull import Pull
from bot.ports import Stream
from bot.store.database import Database
from bot.store.entries import Clerk
from tests.builders import SUBMITTED, a_lead, found
from tests.clock import Clock
from tests.pipeline.builders import OWNER, Floor

STREAM = Stream(source="ads", owner=OWNER, lead_type="SPONSORED")


@pytest.fixture
def floor(database: Database, clerk: Clerk, clock: Clock) -> Floor:
    clock.advance(minutes=10)
    return Floor(database, clerk, clock)


@pytest.fixture
def pull(floor: Floor) -> Pull:
    return floor.pull


async def test_the_first_pull_lists_what_is_there_and_rings_nobody(floor: Floor, pull: Pull) -> None:
    floor.leads.add("one", "two", "three")

    assert await pull.pull(STREAM) == 3
    await floor.dispatch()

    assert await floor.states() == []
    (notice,) = await floor.notices()
    said, *lines = notice.splitlines()
    assert said == (
        "First look at ads (sponsoredAccount:507857085, SPONSORED): 3 leads were already there. "
        "They are stored and listed by `leadbell leads`; nobody was rung for them."
    )
    assert [line.rpartition(" · ")[0] for line in lines] == [
        "• 2026-11-23 08:59 UTC · Demo request · DACH enterprise"
    ] * 3


async def test_many_old_leads_are_told_in_one_notice(floor: Floor, pull: Pull) -> None:
    floor.leads.add(*[f"r-{number}" for number in range(250)])

    assert await pull.pull(STREAM) == 250

    (notice,) = await floor.notices()
    assert "250 leads were" in notice


async def test_a_first_pull_that_finds_nothing_says_nothing_and_is_done(floor: Floor, pull: Pull) -> None:
    assert await pull.pull(STREAM) == 0

    assert await floor.notices() == []
    assert await floor.pull_book.progress(STREAM)


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

    (_, since, until), (_, again_since, again_until) = floor.leads.asked
    assert until == again_until == floor.clock() - timedelta(minutes=2)
    assert since == floor.clock() - timedelta(hours=24)
    assert again_since == until - timedelta(hours=1), "the next pull asks for what is new, and an hour before"


async def test_a_first_pull_that_was_cut_off_is_still_the_first_and_rings_nobody(floor: Floor, pull: Pull) -> None:
    floor.leads.add(*[f"r-{number}" for number in range(150)])
    floor.leads.listing.add(*[None] * 120, TemporaryError("cut off"))
    await pull.pull_source(floor.config.sources[0])
    assert await floor.desk.one("SELECT count(*) FROM lead") == 120
    assert not await floor.pull_book.progress(STREAM)

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


async def test_once_an_hour_the_whole_window_is_asked_for(floor: Floor, pull: Pull) -> None:
    await pull.pull(STREAM)
    floor.clock.advance(minutes=62)
    floor.leads.add("seen only now", submitted_at=floor.clock() - timedelta(hours=20))

    assert await pull.pull(STREAM) == 1

    _, since, _ = floor.leads.asked[-1]
    assert since == floor.clock() - timedelta(hours=24)


async def test_after_three_days_off_what_is_old_is_listed_and_what_is_new_rings(floor: Floor, pull: Pull) -> None:
    await pull.pull(STREAM)
    floor.clock.advance(hours=72)
    floor.leads.add("old", submitted_at=floor.clock() - timedelta(hours=30))
    floor.leads.add("new", submitted_at=floor.clock() - timedelta(hours=3))

    assert await pull.pull(STREAM) == 2
    await floor.dispatch()
    await floor.deliver()

    assert [job.lead.lead.response_id for job in floor.channel.sent if job.lead and job.lead.lead] == ["new"]
    listed = [notice for notice in await floor.notices() if "too long ago to ring anybody" in notice]
    assert len(listed) == 1
    assert await floor.desk.one("SELECT owner FROM lead WHERE response_id = 'old'") == ""


async def test_a_crash_between_the_leads_and_their_list_costs_neither(floor: Floor, pull: Pull) -> None:
    """The list is made of rows that no list has named, so the next pull makes it."""
    floor.leads.add("one")
    (entered,) = [await floor.desk.inbox.record_found([found(a_lead("one"), is_quiet=True)], now=floor.clock())]

    await pull.pull(STREAM)
    await pull.pull(STREAM)

    assert entered == 1
    assert len(await floor.notices()) == 1


@pytest.mark.parametrize(
    ("trouble", "cause"),
    [("none", "lost"), ("down", "server down"), ("token", "token dead"), ("alarm", "webhook blocked")],
)
async def test_each_late_lead_says_why_the_webhook_had_not_brought_it(
    floor: Floor, pull: Pull, trouble: str, cause: str
) -> None:
    await floor.watch_book.began(now=floor.clock())
    await pull.pull(STREAM)
    began = floor.clock()
    if trouble == "token":
        await floor.shift.heed(SignInNeeded("dead"), "linkedin")
    if trouble == "alarm":
        alarm = Alarm(sign=Sign.UNCHALLENGED, since=began)
        await floor.watch_book.raise_alarm(STREAM, alarm, Notice(key="k", text="t"), now=began)
    floor.clock.advance(minutes=10)
    floor.leads.add("missed", submitted_at=floor.clock() - timedelta(minutes=5))
    if trouble == "down":
        await floor.watch_book.began(now=floor.clock())

    assert await pull.pull(STREAM) == 1

    assert await floor.desk.one("SELECT late_cause FROM lead") == cause
    assert await floor.desk.one("SELECT detail FROM milestone WHERE what = 'found by the pull'") == cause


async def test_an_alarmed_source_is_pulled_at_the_quicker_pace_and_others_are_not(floor: Floor, pull: Pull) -> None:
    entry = floor.config.sources[0]
    other = SourceEntry(name="page", owner="urn:li:organization:1", lead_types=("EVENT",))
    alarm = Alarm(sign=Sign.UNCHALLENGED, since=floor.clock())
    await floor.watch_book.raise_alarm(STREAM, alarm, Notice(key="k", text="t"), now=floor.clock())

    for _ in range(5):
        await pull.pull_when_due(entry)
        await pull.pull_when_due(other)
        floor.clock.advance(seconds=60)

    assert pull.pace() == timedelta(minutes=1)
    assert [stream.source for stream, _, _ in floor.leads.asked].count("ads") == 5
    assert [stream.source for stream, _, _ in floor.leads.asked].count("page") == 1


async def test_a_pull_that_works_opens_what_was_closed(floor: Floor, pull: Pull) -> None:
    """After a new connection the pull may be the careful call; nobody waits for another one."""
    await floor.shift.heed(SignInNeeded("dead"), "linkedin")
    floor.clock.advance(seconds=60)
    floor.leads.add("one")

    await pull.pull_when_due(floor.config.sources[0])

    assert await floor.desk.one("SELECT count(*) FROM pause") == 0
    assert await floor.desk.one("SELECT count(*) FROM incident WHERE until IS NULL") == 0


async def test_a_pull_that_was_held_is_due_as_soon_as_it_may(floor: Floor, pull: Pull) -> None:
    entry = floor.config.sources[0]
    floor.leads.listing.add(SignInNeeded("dead"))
    floor.leads.add("one")
    await pull.pull_when_due(entry)
    await pull.pull_when_due(entry)
    assert len(floor.leads.asked) == 1, "held"

    floor.clock.advance(seconds=60)
    await pull.pull_when_due(entry)

    assert len(floor.leads.asked) == 2, "and not only after five minutes"
