"""A webhook that is not heard is noticed, told once, and its end is told too."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.config.model import SourceEntry
from bot.core.listening import Sign
from bot.pipeline.watch import Watch
from bot.ports import Stream
from bot.store.database import Database
from bot.store.entries import Clerk
from tests.builders import a_lead, found
from tests.clock import Clock
from tests.pipeline.builders import OWNER, Floor

STREAM = Stream(source="ads", owner=OWNER, lead_type="SPONSORED")


@pytest.fixture
def floor(database: Database, clerk: Clerk, clock: Clock) -> Floor:
    return Floor(database, clerk, clock)


@pytest.fixture
def watch(floor: Floor) -> Watch:
    return Watch(book=floor.watch_book, shift=floor.shift, webhook="https://leads.example/linkedin/webhook")


async def test_without_challenges_for_two_and_a_half_hours_it_is_told_once_with_the_likely_cause(
    floor: Floor, watch: Watch
) -> None:
    await floor.watch_book.began(now=floor.clock())
    await floor.watch_book.challenged(now=floor.clock())

    for _ in range(20):
        floor.clock.advance(minutes=10)
        await watch.sweep()

    (notice,) = await floor.notices()
    assert "has not checked our address since 2026-11-23 10:00" in notice, "in the file's time zone"
    assert "https://leads.example/linkedin/webhook" in notice
    assert "developer portal" in notice
    (alarm,) = (await floor.watch_book.alarmed()).values()
    assert alarm.sign is Sign.UNCHALLENGED


async def test_a_challenge_ends_the_alarm_and_that_is_told_too(floor: Floor, watch: Watch) -> None:
    await floor.watch_book.began(now=floor.clock())
    await floor.watch_book.challenged(now=floor.clock())
    floor.clock.advance(hours=3)
    await watch.sweep()

    await floor.watch_book.challenged(now=floor.clock())
    await watch.sweep()
    await watch.sweep()

    assert not await floor.watch_book.alarmed()
    assert "checks our address https://leads.example/linkedin/webhook again" in (await floor.notices())[-1]
    assert len(await floor.notices()) == 2


async def test_a_restart_is_no_sign_of_life(floor: Floor, watch: Watch) -> None:
    await floor.watch_book.began(now=floor.clock())
    await floor.watch_book.challenged(now=floor.clock())
    floor.clock.advance(hours=3)
    await watch.sweep()

    await floor.watch_book.began(now=floor.clock())
    for _ in range(30):
        floor.clock.advance(minutes=10)
        await watch.sweep()

    assert len(await floor.notices()) == 1
    assert await floor.watch_book.alarmed(), "and LinkedIn is asked at the quicker pace"


async def test_who_was_never_challenged_and_never_subscribed_gets_no_alarm(floor: Floor, watch: Watch) -> None:
    await floor.watch_book.began(now=floor.clock())
    floor.clock.advance(hours=48)

    await watch.sweep()

    assert await floor.notices() == []


async def test_leads_that_only_the_pull_finds_raise_it_and_one_by_webhook_ends_it(floor: Floor, watch: Watch) -> None:
    await floor.watch_book.began(now=floor.clock())
    await floor.watch_book.challenged(now=floor.clock())
    missed = [found(a_lead(f"r-{number}"), cause="lost") for number in range(3)]
    await floor.desk.inbox.record_found(missed, now=floor.clock())

    await watch.sweep()
    assert "came only by asking LinkedIn" in (await floor.notices())[0]

    floor.clock.advance(minutes=1)
    floor.leads.add("by webhook")
    await floor.desk.receive("by webhook", occurred_at=floor.clock())
    await floor.dispatch()
    await watch.sweep()
    assert "come by webhook again" in (await floor.notices())[1]


async def test_leads_missed_while_no_server_ran_are_no_reason_to_doubt_the_webhook(floor: Floor, watch: Watch) -> None:
    await floor.watch_book.began(now=floor.clock())
    await floor.watch_book.challenged(now=floor.clock())
    missed = [found(a_lead(f"r-{number}"), cause="server down") for number in range(5)]
    missed += [found(a_lead(f"r-{number}"), cause="not subscribed") for number in range(5, 9)]
    await floor.desk.inbox.record_found(missed, now=floor.clock())

    await watch.sweep()

    assert await floor.notices() == []


async def test_where_linkedin_cannot_post_to_us_nothing_is_amiss(floor: Floor, watch: Watch) -> None:
    """Without a public address everything comes by the pull."""
    inside = replace(watch, webhook="http://localhost:8080/linkedin/webhook", is_public=False)
    await floor.watch_book.began(now=floor.clock())
    await floor.watch_book.challenged(now=floor.clock())
    await floor.desk.inbox.record_found([found(a_lead(f"r-{number}")) for number in range(5)], now=floor.clock())
    floor.clock.advance(hours=10)

    await inside.sweep()

    assert await floor.notices() == []


async def test_an_alarm_ends_in_true_words_when_linkedin_is_no_longer_to_post_to_us(floor: Floor, watch: Watch) -> None:
    await floor.watch_book.began(now=floor.clock())
    await floor.watch_book.challenged(now=floor.clock())
    floor.clock.advance(hours=3)
    await watch.sweep()

    await replace(watch, is_public=False).sweep()

    (_, told) = await floor.notices()
    assert "no webhook is waited for" in told
    assert "again" not in told


async def test_one_address_that_is_not_checked_is_one_word_however_many_streams_there_are(
    floor: Floor, watch: Watch
) -> None:
    sources = tuple(
        SourceEntry(name=f"page-{number}", owner=f"urn:li:organization:{number}", lead_types=("EVENT", "COMPANY"))
        for number in range(5)
    )
    floor.config = replace(floor.config, sources=sources)
    await floor.watch_book.began(now=floor.clock())
    await floor.watch_book.challenged(now=floor.clock())

    floor.clock.advance(hours=3)
    await watch.sweep()
    assert len(await floor.notices()) == 1
    assert len(await floor.watch_book.alarmed()) == 10

    await floor.watch_book.challenged(now=floor.clock())
    await watch.sweep()
    assert len(await floor.notices()) == 2
    assert not await floor.watch_book.alarmed()


async def test_the_beat_tells_later_when_no_server_ran(floor: Floor, watch: Watch) -> None:
    began = floor.clock()
    await floor.watch_book.began(now=began)
    floor.clock.advance(minutes=5)
    await watch.beat()
    floor.clock.advance(minutes=55)
    await floor.watch_book.began(now=floor.clock())

    (span,) = (await floor.watch_book.troubles(STREAM, since=began)).down

    assert (span.since, span.until) == (began + timedelta(minutes=5), began + timedelta(minutes=60))
