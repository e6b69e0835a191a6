"""Leads waiting to be fetched: leases, pauses, poison leads, and what one transaction writes once a lead is routed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.lead import LeadState
from bot.core.work import Deleted, LeadWork, Leased, Notice, Postponed, StillThere
from bot.store.database import Database
from bot.store.entries import Clerk
from bot.store.pauses import SqlitePauses
from tests.builders import MAIL_ANNA, SLACK_ALL, SUBMITTED, a_decision, a_lead, a_notification, a_routed, posted
from tests.clock import Clock
from tests.store.builders import Desk


@pytest.fixture
def desk(database: Database, clerk: Clerk, clock: Clock) -> Desk:
    return Desk(database, clerk, clock)


async def fill(desk: Desk, count: int) -> list[str]:
    """Receive `count` leads, a millisecond apart; their response ids."""
    for number in range(count):
        await desk.receive(f"r-{number}")
        desk.clock.advance(milliseconds=1)
    return [f"r-{number}" for number in range(count)]


async def crash(desk: Desk) -> None:
    """The process dies and the next one starts."""
    await desk.outbox.recover(now=desk.clock())


async def postpone(
    desk: Desk,
    leased: Leased[LeadWork],
    *,
    state: LeadState = LeadState.WAITING,
    due_in: timedelta | None = timedelta(0),
    counts: bool = True,
    answered: bool = False,
    notices: tuple[Notice, ...] = (),
) -> bool:
    due_at = None if due_in is None else desk.clock() + due_in
    outcome = Postponed(state=state, due_at=due_at, error="busy", counts=counts, notices=notices)
    return await desk.queue.settle(leased, outcome, answered=answered, now=desk.clock())


def names(leased: list[Leased[LeadWork]]) -> list[str]:
    return [each.item.response_id for each in leased]


async def test_the_oldest_go_first_and_nothing_goes_twice(desk: Desk) -> None:
    wanted = await fill(desk, 5)

    first, second, third = [await desk.lease_leads(limit=2) for _ in range(3)]

    assert names(first + second + third) == wanted


async def test_a_lease_that_ran_out_is_due_again_and_fences_the_first_holder(desk: Desk) -> None:
    await fill(desk, 1)
    (late,) = await desk.lease_leads()
    desk.clock.advance(seconds=61)
    (present,) = await desk.lease_leads()

    routed = a_routed(a_lead("r-0"), a_decision(SLACK_ALL))
    assert not await desk.queue.settle(late, routed, answered=True, now=desk.clock())
    assert await desk.one("SELECT count(*) FROM delivery") == 0
    assert await desk.queue.settle(present, routed, answered=True, now=desk.clock())
    assert await desk.one("SELECT count(*) FROM delivery") == 1


async def test_a_clock_set_back_a_little_leaves_the_lease_alone(desk: Desk) -> None:
    await fill(desk, 1)
    await desk.lease_leads()

    desk.clock.advance(seconds=-50)

    assert await desk.lease_leads() == []


async def test_a_clock_set_back_by_an_hour_holds_no_lead_for_an_hour(desk: Desk) -> None:
    await fill(desk, 1)
    await desk.lease_leads()
    await desk.receive("untouched")

    desk.clock.advance(hours=-1)

    assert sorted(names(await desk.lease_leads())) == ["r-0", "untouched"]


async def test_a_lead_that_met_a_pause_keeps_its_place(desk: Desk) -> None:
    wanted = await fill(desk, 3)
    (first,) = await desk.lease_leads(limit=1)
    desk.clock.advance(minutes=1)

    await postpone(desk, first, counts=False)

    leased = await desk.lease_leads()
    assert names(leased) == wanted
    assert leased[0].item.tries == 0


async def test_a_failure_counts_and_waits(desk: Desk) -> None:
    await fill(desk, 1)
    (first,) = await desk.lease_leads()

    await postpone(desk, first, due_in=timedelta(seconds=2))

    assert await desk.lease_leads() == []
    desk.clock.advance(seconds=2)
    (again,) = await desk.lease_leads()
    assert (again.item.tries, again.item.starts) == (1, 1)


async def test_while_linkedin_is_closed_nothing_goes_and_then_one_careful_call(desk: Desk) -> None:
    await fill(desk, 5)
    pauses = SqlitePauses(desk.database)
    await pauses.close("linkedin", wait=lambda _strikes: timedelta(minutes=5), reason="426", now=desk.clock())
    assert await desk.lease_leads() == []
    desk.clock.advance(minutes=5)

    (careful,) = await desk.lease_leads()

    assert await desk.lease_leads() == []
    await postpone(desk, careful, state=LeadState.PARKED, due_in=timedelta(hours=1), answered=True)
    assert len(await desk.lease_leads()) == 4


async def test_a_crash_counts_as_a_start_and_an_end_of_any_kind_forgets_it(desk: Desk) -> None:
    await fill(desk, 1)
    starts = []
    for _ in range(3):
        (leased,) = await desk.lease_leads()
        starts.append(leased.item.starts)
        await crash(desk)
    (leased,) = await desk.lease_leads()
    await postpone(desk, leased)

    (leased,) = await desk.lease_leads()

    assert starts == [1, 2, 3]
    assert leased.item.starts == 1


async def test_a_poison_lead_takes_none_of_its_neighbours_with_it(desk: Desk) -> None:
    everybody = await fill(desk, 6)
    poison, done, crashes = everybody[2], [], 0

    while crashes < 5:
        leased = await desk.lease_leads()
        assert all(each.item.starts <= 2 for each in leased if each.item.response_id != poison)
        if poison in names(leased):
            crashes += 1
            await crash(desk)
            continue
        for each in leased:
            routed = a_routed(a_lead(each.item.response_id), a_decision(SLACK_ALL))
            await desk.queue.settle(each, routed, answered=True, now=desk.clock())
            done.append(each.item.response_id)

    assert sorted(done) == sorted(set(everybody) - {poison})
    (last,) = await desk.lease_leads()
    assert last.item.starts == 6


async def test_sound_leads_do_not_wait_for_a_suspect_one(desk: Desk) -> None:
    await fill(desk, 1)
    await desk.lease_leads()
    await crash(desk)
    (suspect,) = await desk.lease_leads()
    await fill(desk, 4)

    assert len(await desk.lease_leads()) == 3, "r-0 is known; the other three go at once"
    assert suspect.item.starts == 2


async def test_a_lead_set_aside_waits_for_a_person_and_the_operator_is_told(desk: Desk) -> None:
    await fill(desk, 1)
    (leased,) = await desk.lease_leads()

    await postpone(
        desk, leased, state=LeadState.PARKED, due_in=None, notices=(Notice(key="poison:x", text="set aside"),)
    )

    desk.clock.advance(days=30)
    assert await desk.lease_leads() == []
    assert await desk.one("SELECT state FROM lead") == "parked"
    assert await desk.one("SELECT count(*) FROM delivery WHERE kind = 'notice'") == 1


async def test_a_parked_lead_is_noted_once_in_its_story_however_often_it_is_tried(desk: Desk) -> None:
    await fill(desk, 1)
    for _ in range(4):
        (leased,) = await desk.lease_leads()
        await postpone(desk, leased, state=LeadState.PARKED, due_in=timedelta(hours=1))
        desk.clock.advance(hours=1)

    assert await desk.one("SELECT count(*) FROM milestone WHERE what = 'parked'") == 1


async def test_a_claimed_lead_is_not_parked_because_a_doubt_about_it_could_not_be_settled(desk: Desk) -> None:
    lead = await desk.route(owner="anna")
    await desk.database.write(lambda tx: tx.execute("UPDATE lead SET doubted_at = 1, due_at = 1").rowcount)
    (leased,) = await desk.lease_leads()

    await postpone(desk, leased, state=LeadState.PARKED, due_in=timedelta(hours=1))

    assert await desk.one("SELECT state FROM lead WHERE id = ?", lead) == "assigned"
    assert await desk.one("SELECT count(*) FROM milestone WHERE what = 'parked'") == 0


async def test_routing_writes_the_lead_its_reason_and_one_delivery_per_target(desk: Desk) -> None:
    lead = await desk.route(SLACK_ALL, MAIL_ANNA, owner="anna")

    assert await desk.one("SELECT state FROM lead WHERE id = ?", lead) == "assigned"
    assert await desk.one("SELECT due_at FROM lead WHERE id = ?", lead) is None
    assert "Everything else" in str(await desk.one("SELECT decision FROM lead WHERE id = ?", lead))
    assert await desk.column("SELECT destination FROM delivery ORDER BY destination") == ["email", "slack"]
    assert await desk.column("SELECT what FROM milestone ORDER BY id") == ["received", "fetched", "routed"]


async def test_a_lead_erased_while_it_was_fetched_is_not_routed(desk: Desk) -> None:
    await fill(desk, 1)
    (leased,) = await desk.lease_leads()
    await desk.receive("r-0", action="DELETED", occurred_at=SUBMITTED + timedelta(hours=1))

    routed = a_routed(a_lead("r-0"), a_decision(SLACK_ALL))
    assert not await desk.queue.settle(leased, routed, answered=True, now=desk.clock())

    assert await desk.one("SELECT content FROM lead") is None
    assert await desk.one("SELECT count(*) FROM delivery") == 0


@pytest.mark.parametrize("outcome", ["routed", "still there"])
async def test_a_doubt_that_comes_during_an_attempt_is_asked_about_after_it(desk: Desk, outcome: str) -> None:
    await desk.route() if outcome == "still there" else await desk.receive()
    if outcome == "still there":
        await doubt(desk, hours=1)
    (leased,) = await desk.lease_leads()
    await doubt(desk, hours=2)
    routed = a_routed(a_lead(), a_decision(SLACK_ALL))
    ended = StillThere() if outcome == "still there" else routed
    await desk.queue.settle(leased, ended, answered=True, now=desk.clock())

    (again,) = await desk.lease_leads()
    assert again.item.doubted_deletion
    await desk.queue.settle(again, Deleted(), answered=True, now=desk.clock())

    assert await desk.one("SELECT state FROM lead") == "erased"
    assert await desk.lease_leads() == []


async def doubt(desk: Desk, *, hours: int) -> None:
    """Somebody says without a signature that the lead was deleted."""
    deletion = a_notification(action="DELETED", occurred_at=SUBMITTED + timedelta(hours=hours))
    await desk.inbox.record(posted(deletion, is_signed=False), raw=b"", notices=[], now=desk.clock())
