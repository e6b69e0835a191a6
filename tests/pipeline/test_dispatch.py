"""A received lead is fetched and routed, waits while LinkedIn may have it, and never takes the process down."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.errors import Forbidden, NotFound, OutageError, PermanentError, RateLimited, TemporaryError, UpstreamError
from bot.core.retry import MAX_STARTS
from bot.pipeline.shift import Bell
from bot.ports import FetchedLead
from bot.store.database import Database
from bot.store.entries import Clerk
from tests.builders import SUBMITTED, a_lead, a_notification, fetched, found, posted
from tests.clock import Clock
from tests.pipeline.builders import Floor


@pytest.fixture
def floor(database: Database, clerk: Clerk, clock: Clock) -> Floor:
    return Floor(database, clerk, clock)


async def state(floor: Floor) -> object:
    return await floor.desk.one("SELECT state FROM lead")


async def test_a_lead_is_fetched_routed_and_its_reason_kept(floor: Floor) -> None:
    floor.leads.add("r-1")
    await floor.desk.receive("r-1")

    await floor.dispatch()

    assert await state(floor) == "unassigned"
    assert await floor.desk.one("SELECT rule FROM lead") == "Everything"
    assert await floor.desk.one("SELECT form FROM lead") == "demo-request"
    assert await floor.desk.one("SELECT source FROM lead") == "ads"
    assert await floor.states() == ["pending"]
    assert floor.rings == Bell.DELIVERIES


async def test_a_lead_that_is_not_readable_yet_is_asked_for_again(floor: Floor) -> None:
    await floor.desk.receive("r-1")
    await floor.dispatch()
    assert await state(floor) == "waiting_for_linkedin"
    assert await floor.notices() == []
    floor.leads.add("r-1")

    floor.clock.advance(seconds=3)
    await floor.dispatch()

    assert await floor.states() == ["pending"]


async def test_a_lead_that_stays_away_is_parked_told_once_and_asked_for_every_hour(floor: Floor) -> None:
    await floor.desk.receive("r-1")
    for _ in range(400):
        await floor.dispatch()
        floor.clock.advance(minutes=1)

    assert await state(floor) == "parked"
    assert len(await floor.notices()) == 1
    assert len(floor.leads.fetched) < 20

    floor.leads.add("r-1")
    floor.clock.advance(hours=1)
    await floor.dispatch()
    assert await floor.states() == ["pending"]


@pytest.mark.parametrize("error", [Forbidden("no role", advice="Give it the role"), PermanentError("nonsense")])
async def test_what_a_person_must_mend_is_parked_and_told(floor: Floor, error: UpstreamError) -> None:
    floor.leads.add("r-1")
    floor.leads.fetching.add(error)
    await floor.desk.receive("r-1")

    await floor.dispatch()

    assert await state(floor) == "parked"
    (notice,) = await floor.notices()
    assert str(error) in notice


async def test_a_cause_that_many_leads_meet_is_told_once_a_day(floor: Floor) -> None:
    for number in range(5):
        floor.leads.add(f"r-{number}")
        await floor.desk.receive(f"r-{number}")
    floor.leads.fetching.add(*[Forbidden("no role", code="403") for _ in range(20)])

    await floor.dispatch()
    (notice,) = await floor.notices()
    floor.clock.advance(hours=24)
    await floor.dispatch()

    assert await floor.desk.one("SELECT count(*) FROM lead WHERE state = 'parked'") == 5
    assert "Others" in notice
    assert len(await floor.notices()) == 2


async def test_an_outage_holds_everything_costs_no_tries_and_is_told_once(floor: Floor) -> None:
    floor.leads.add(*[f"r-{number}" for number in range(5)])
    floor.leads.fetching.add(*[OutageError("426", advice="Update Leadbell") for _ in range(4)])
    for number in range(5):
        await floor.desk.receive(f"r-{number}")
    (first, *_) = await floor.dispatcher.lease(1)
    await floor.dispatcher.run(first)
    assert await floor.dispatch() == 0
    assert await floor.desk.one("SELECT max(tries) FROM lead") == 0

    for minutes in (1, 2, 4, 8):  # each careful call in vain is followed by a longer wait
        floor.clock.advance(minutes=minutes, seconds=-1)
        assert await floor.dispatch() == 0
        floor.clock.advance(seconds=1)
        await floor.dispatch()

    assert await floor.states() == ["pending"] * 5
    assert len(await floor.notices()) == 1
    assert len(floor.leads.fetched) == 9, "four that failed, one after the other, and five that did not"


async def test_a_limit_is_kept_to_the_second(floor: Floor) -> None:
    floor.leads.add("r-1")
    floor.leads.fetching.add(RateLimited("429", retry_after=timedelta(seconds=90)))
    await floor.desk.receive("r-1")
    await floor.dispatch()

    floor.clock.advance(seconds=89)
    assert await floor.dispatch() == 0
    floor.clock.advance(seconds=1)
    assert await floor.dispatch() == 1
    assert await floor.notices() == []


async def test_a_lead_we_cannot_understand_delays_no_other_and_ends_parked_not_lost(floor: Floor) -> None:
    floor.leads.add("good", "bad")
    floor.leads.known["bad"] = replace(floor.leads.known["bad"], lead=replace(a_lead("bad"), form=None))  # type: ignore[arg-type]
    await floor.desk.receive("bad")
    await floor.desk.receive("good")

    await floor.dispatch()
    assert await floor.states() == ["pending"]
    for _ in range(120):
        floor.clock.advance(minutes=15)
        await floor.dispatch()

    assert await floor.desk.one("SELECT state FROM lead WHERE response_id = 'bad'") == "parked"
    assert len(await floor.notices()) == 1


async def test_a_lead_that_ends_the_process_five_times_is_set_aside_and_told(floor: Floor) -> None:
    floor.leads.add("r-1")
    await floor.desk.receive("r-1")
    for _ in range(MAX_STARTS):
        assert len(await floor.dispatcher.lease(20)) == 1
        await floor.desk.outbox.recover(now=floor.clock())

    await floor.dispatch()

    assert floor.leads.fetched == []
    assert await state(floor) == "parked"
    (notice,) = await floor.notices()
    assert "started 5 times and never finished" in notice
    lead = await floor.desk.one("SELECT id FROM lead")
    assert f"`leadbell lead {lead}`" in notice


async def test_a_source_that_hangs_is_cut_off_and_asked_again(floor: Floor) -> None:
    floor.leads.fetching.hangs = True
    floor.leads.add("r-1")
    await floor.desk.receive("r-1")
    hasty = replace(floor.dispatcher, deadline_seconds=0.01)
    (leased,) = await hasty.lease(20)

    await hasty.run(leased)

    assert await state(floor) == "waiting_for_linkedin"
    assert await floor.desk.one("SELECT error FROM lead") == "LinkedIn did not answer in time (timeout)"


async def test_what_the_pull_brought_along_is_not_fetched_again_and_is_late(floor: Floor) -> None:
    await floor.desk.inbox.record_found([found(a_lead())], now=floor.clock())

    await floor.dispatch()

    assert floor.leads.fetched == []
    assert await floor.states() == ["pending"]
    assert await floor.desk.one("SELECT is_late FROM lead") == 1


async def test_a_quiet_lead_is_kept_and_rings_nobody(floor: Floor) -> None:
    await floor.desk.inbox.record_found([found(a_lead(), is_quiet=True)], now=floor.clock())

    await floor.dispatch()

    assert await floor.states() == []
    assert await state(floor) == "unassigned"


@pytest.mark.parametrize("linkedin_has_it", [True, False])
async def test_an_unsigned_deletion_is_believed_only_once_linkedin_no_longer_has_the_lead(
    floor: Floor, linkedin_has_it: bool
) -> None:
    floor.leads.add("r-1")
    await floor.desk.receive("r-1")
    await floor.dispatch()
    if not linkedin_has_it:
        floor.leads.known.clear()
    deletion = a_notification("r-1", action="DELETED", occurred_at=SUBMITTED + timedelta(hours=1))
    await floor.desk.inbox.record(posted(deletion, is_signed=False), raw=b"", notices=[], now=floor.clock())

    await floor.dispatch()

    assert await state(floor) == ("unassigned" if linkedin_has_it else "erased")


async def test_a_doubt_that_cannot_be_settled_for_now_changes_nothing_and_is_asked_again(floor: Floor) -> None:
    floor.leads.add("r-1")
    await floor.desk.receive("r-1")
    await floor.dispatch()
    floor.leads.known.clear()
    floor.leads.fetching.add(TemporaryError("busy"))
    deletion = a_notification("r-1", action="DELETED", occurred_at=SUBMITTED + timedelta(hours=1))
    await floor.desk.inbox.record(posted(deletion, is_signed=False), raw=b"", notices=[], now=floor.clock())
    await floor.dispatch()
    assert await state(floor) == "unassigned"

    floor.clock.advance(seconds=3)
    await floor.dispatch()

    assert await state(floor) == "erased"


async def test_a_lead_of_a_source_the_file_does_not_know_is_routed_and_told_once(floor: Floor) -> None:
    for name in ("one", "two"):
        floor.leads.add(name)
        strange = replace(a_lead(name), owner="urn:li:sponsoredAccount:999")
        floor.leads.known[name] = fetched(strange)
        await floor.desk.receive(name)

    await floor.dispatch()

    assert await floor.states() == ["pending", "pending"]
    (notice,) = await floor.notices()
    assert "my-source: {owner: sponsoredAccount:999, lead_types: [SPONSORED]}" in notice


async def test_not_found_after_the_first_ten_minutes_is_parked_at_once(floor: Floor) -> None:
    floor.leads.fetching.add(TemporaryError("busy"))
    await floor.desk.receive("r-1")
    await floor.dispatch()
    floor.clock.advance(minutes=10)
    floor.leads.fetching.add(NotFound("gone"))

    await floor.dispatch()

    assert await state(floor) == "parked"


async def test_leads_that_the_pull_brought_along_wait_for_no_pause_and_are_no_careful_call(floor: Floor) -> None:
    in_hand = [found(a_lead(f"r-{number}")) for number in range(30)]
    await floor.desk.inbox.record_found(in_hand, now=floor.clock())
    floor.leads.add("by webhook")
    await floor.desk.receive("by webhook")
    await floor.shift.heed(RateLimited("429", retry_after=timedelta(hours=5)), "linkedin", "leads")

    await floor.dispatch()

    assert await floor.desk.one("SELECT count(*) FROM lead WHERE state = 'unassigned'") == 30
    assert floor.leads.fetched == []
    floor.clock.advance(hours=5)
    await floor.dispatch()
    assert floor.leads.fetched == ["by webhook"], "the pause ended when it was said to end"


async def test_a_lead_that_always_meets_an_outage_keeps_nobody_waiting_for_ever(floor: Floor) -> None:
    floor.leads.add(*[f"r-{number}" for number in range(5)])
    for name in ("odd", *[f"r-{number}" for number in range(5)]):
        await floor.desk.receive(name)
        floor.clock.advance(seconds=1)
    fetch = floor.leads.fetch

    async def fetch_unless_odd(response_id: str) -> FetchedLead:
        if response_id == "odd":
            raise OutageError("odd")
        return await fetch(response_id)

    floor.leads.fetch = fetch_unless_odd  # type: ignore[method-assign]
    for _ in range(24 * 60):
        floor.clock.advance(seconds=60)
        await floor.dispatch()

    assert await floor.desk.one("SELECT count(*) FROM lead WHERE state = 'unassigned'") == 5


async def test_a_pull_of_thousands_does_not_hold_up_what_the_webhook_brings(floor: Floor) -> None:
    in_hand = [found(a_lead(f"r-{number}")) for number in range(100)]
    await floor.desk.inbox.record_found(in_hand, now=floor.clock())
    floor.leads.add("by webhook")
    floor.clock.advance(seconds=1)
    await floor.desk.receive("by webhook")

    leased = await floor.dispatcher.lease(20)

    assert len(leased) == 20
    assert "by webhook" in {each.item.response_id for each in leased}
