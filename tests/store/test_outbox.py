"""The outbox: leases and their ends, pace, pauses, targets that are down, edits, and what is said only once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from bot.core.delivery import Again, Dead, Outcome, Receipt, Sent, Target, Unknown
from bot.core.work import DeliveryWork, EditWork, Leased, Notice
from bot.store.database import Database
from bot.store.entries import Clerk
from bot.store.notice_board import SqliteNoticeBoard
from bot.store.pauses import SqlitePauses
from tests.builders import MAIL_ANNA, SLACK_ALL, SUBMITTED
from tests.clock import Clock
from tests.store.builders import MINUTE, Desk, view_of

SLACK_EMEA = Target(destination="slack", address="#leads-emea")
ADMIN_MAIL = Target(destination="email", address="ops@example.com")
DOWN = Dead(error="is_archived", is_target_down=True)


@pytest.fixture
def desk(database: Database, clerk: Clerk, clock: Clock) -> Desk:
    return Desk(database, clerk, clock)


@pytest.fixture
def pauses(database: Database) -> SqlitePauses:
    return SqlitePauses(database)


async def fill(desk: Desk, count: int, *targets: Target, name: str = "r") -> list[str]:
    """Route `count` leads, a millisecond apart; their ids."""
    leads = []
    for number in range(count):
        leads.append(await desk.route(*targets, response_id=f"{name}-{number}"))
        desk.clock.advance(milliseconds=1)
    return leads


async def drain(desk: Desk, destination: str = "slack") -> list[Leased[DeliveryWork]]:
    """Lease until nothing more is handed out at this moment."""
    taken: list[Leased[DeliveryWork]] = []
    while more := await desk.lease(destination):
        taken += more
    return taken


async def settle(
    desk: Desk,
    leased: Leased[DeliveryWork],
    outcome: Outcome,
    *,
    answered: bool = True,
    fallback: Sequence[Target] = (),
    notices: Sequence[Notice] = (),
) -> bool:
    return await desk.outbox.settle(
        leased, outcome, answered=answered, fallback=fallback, notices=notices, now=desk.clock()
    )


async def state(desk: Desk, delivery: str) -> object:
    return await desk.one("SELECT state FROM delivery WHERE id = ?", delivery)


async def row(desk: Desk, delivery: str) -> dict[str, object]:
    return await desk.database.read(
        lambda tx: dict(tx.execute("SELECT * FROM delivery WHERE id = ?", (delivery,)).fetchone())
    )


async def erase(desk: Desk, response_id: str = "r-0") -> None:
    await desk.receive(response_id, action="DELETED", occurred_at=SUBMITTED + timedelta(days=1))


async def lease_edits(desk: Desk, destination: str = "slack") -> list[Leased[EditWork]]:
    return await desk.edits.lease(destination, limit=10, now=desk.clock(), keep_for=MINUTE)


async def shown(
    desk: Desk, leased: Leased[EditWork], *, is_shown: bool = True, again_in: timedelta | None = None
) -> bool:
    again = None if again_in is None else desk.clock() + again_in
    return await desk.edits.settle(leased, try_again_at=again, is_shown=is_shown, answered=True, now=desk.clock())


def leads(taken: Sequence[Leased[DeliveryWork]]) -> list[str]:
    return [view_of(each).id for each in taken if each.item.lead is not None]


# ── leases ──────────────────────────────────────────────────────────────────────────────────────


async def test_one_lease_hands_out_one_delivery_per_channel(desk: Desk) -> None:
    await fill(desk, 3, SLACK_ALL, SLACK_EMEA)

    taken = await desk.lease()

    assert sorted(each.item.target.address for each in taken) == ["#leads-all", "#leads-emea"]


async def test_what_is_leased_is_not_leased_again(desk: Desk) -> None:
    await fill(desk, 1)
    (taken,) = await desk.lease()

    desk.clock.advance(seconds=59)

    assert await desk.lease() == []
    assert await state(desk, taken.item.id) == "sending"


async def test_one_destination_does_not_hand_out_what_belongs_to_another(desk: Desk) -> None:
    await fill(desk, 1, SLACK_ALL, MAIL_ANNA)

    (mail,) = await desk.lease("email")

    assert mail.item.target == MAIL_ANNA
    assert [each.item.target for each in await desk.lease("slack")] == [SLACK_ALL]


async def test_a_lease_that_ran_out_leaves_an_unknown_end_and_is_looked_for_before_any_repeat(desk: Desk) -> None:
    await fill(desk, 1)
    (taken,) = await desk.lease()
    desk.clock.advance(seconds=61)

    (again,) = await desk.lease()

    assert again.item.id == taken.item.id
    assert again.item.is_lookup
    assert again.item.tried_at == taken.item.tried_at, "the look starts at the attempt, not at the expiry"


async def test_whoever_lost_the_lease_changes_nothing(desk: Desk) -> None:
    await fill(desk, 1)
    (late,) = await desk.lease()
    desk.clock.advance(seconds=61)
    (present,) = await desk.lease()
    before = await row(desk, late.item.id)

    outcomes: list[Outcome] = [
        Sent(receipt=Receipt(address="C1", message="1")),
        Dead(error="no", is_target_down=True),
        Again(due_at=desk.clock(), error="no"),
        Unknown(due_at=desk.clock(), error="no"),
    ]
    for outcome in outcomes:
        assert not await settle(desk, late, outcome, fallback=[SLACK_EMEA], notices=[Notice(key="k", text="t")])

    assert await row(desk, late.item.id) == before
    assert await desk.one("SELECT count(*) FROM delivery") == 1
    assert await desk.one("SELECT down_since FROM lane") is None
    assert await desk.sent(present)


async def test_a_settled_lease_cannot_be_settled_twice(desk: Desk) -> None:
    await fill(desk, 1)
    (taken,) = await desk.lease()
    assert await desk.sent(taken)

    assert not await settle(desk, taken, Again(due_at=desk.clock(), error="no"))

    assert await state(desk, taken.item.id) == "sent"


async def test_a_clock_set_back_a_little_leaves_the_lease_alone(desk: Desk) -> None:
    await fill(desk, 1)
    (taken,) = await desk.lease()

    desk.clock.advance(seconds=-50)

    assert await desk.lease() == []
    assert await desk.sent(taken)


async def test_a_clock_set_back_by_an_hour_gives_no_second_attempt_only_a_look_that_can_find_it(desk: Desk) -> None:
    await fill(desk, 1)
    (taken,) = await desk.lease()
    desk.clock.advance(hours=-1)

    again = await drain(desk)

    assert [each.item.is_lookup for each in again] == [True]
    assert again[0].item.tried_at <= desk.clock(), "a look that starts in the future finds nothing and posts twice"
    assert not await desk.sent(taken)


async def test_a_restart_makes_what_was_being_sent_unknown_and_frees_what_was_looked_for(desk: Desk) -> None:
    await fill(desk, 2)
    first, second = await drain(desk)
    await settle(desk, second, Unknown(due_at=desk.clock(), error="cut off", looks=1))
    (look,) = await desk.lease()

    unknown = await desk.outbox.recover(now=desk.clock())

    assert unknown == 1
    again = await drain(desk)
    assert {each.item.id for each in again} == {first.item.id, look.item.id}
    assert all(each.item.is_lookup for each in again)
    assert not await desk.sent(look)


async def test_a_restart_after_the_clock_was_set_back_looks_from_now_on_at_the_latest(desk: Desk) -> None:
    await fill(desk, 1)
    await desk.lease()
    desk.clock.advance(hours=-1)

    await desk.outbox.recover(now=desk.clock())

    (look,) = await desk.lease()
    assert look.item.tried_at <= desk.clock()


# ── pace and order ──────────────────────────────────────────────────────────────────────────────


async def test_a_channel_gets_three_at_once_and_then_one_a_second(desk: Desk) -> None:
    await fill(desk, 10)
    counts = [len(await drain(desk))]

    for _ in range(4):
        desk.clock.advance(seconds=1)
        counts.append(len(await drain(desk)))

    assert counts == [3, 1, 1, 1, 1]


async def test_a_channel_that_was_quiet_may_burst_again_but_never_more_than_three(desk: Desk) -> None:
    await fill(desk, 10)
    assert len(await drain(desk)) == 3
    desk.clock.advance(minutes=30)
    await desk.outbox.recover(now=desk.clock())
    await desk.database.write(lambda tx: tx.execute("UPDATE delivery SET state = 'cancelled' WHERE state = 'unknown'"))

    assert len(await drain(desk)) == 3


async def test_the_pace_holds_from_millisecond_to_millisecond(desk: Desk) -> None:
    await fill(desk, 10)
    assert len(await drain(desk)) == 3
    desk.clock.advance(milliseconds=990)
    assert await drain(desk) == []

    desk.clock.advance(milliseconds=10)

    assert len(await drain(desk)) == 1


async def test_a_clock_set_back_by_an_hour_does_not_close_a_channel_for_an_hour(desk: Desk) -> None:
    await fill(desk, 3)
    for each in await drain(desk):
        await desk.sent(each)
    desk.clock.advance(hours=-1)
    await desk.route(response_id="later")

    assert len(await drain(desk)) == 1


async def test_what_waited_while_the_clock_was_an_hour_ahead_is_due_at_once(desk: Desk) -> None:
    await fill(desk, 2)
    (tried,) = await desk.lease()
    await settle(desk, tried, Again(due_at=desk.clock() + timedelta(seconds=2), error="busy"))
    desk.clock.advance(hours=-1)

    assert len(await drain(desk)) == 2


async def test_the_oldest_go_first_in_a_channel(desk: Desk) -> None:
    wanted = await fill(desk, 3)

    assert leads(await drain(desk)) == wanted


async def test_the_oldest_go_first_across_channels_when_only_few_may_go(desk: Desk) -> None:
    targets = [Target(destination="slack", address=f"#c{number}") for number in range(5)]
    wanted = []
    for number in (3, 1, 4, 0, 2):
        wanted.append(await desk.route(targets[number], response_id=f"r-{number}"))
        desk.clock.advance(milliseconds=1)

    taken = await desk.lease(limit=2) + await desk.lease(limit=2)

    assert sorted(leads(taken[:2])) == sorted(wanted[:2])
    assert sorted(leads(taken[2:])) == sorted(wanted[2:4])


async def test_a_failing_delivery_never_holds_its_channel(desk: Desk) -> None:
    await fill(desk, 2)
    (failing,) = await desk.lease()
    await settle(desk, failing, Again(due_at=desk.clock() + timedelta(minutes=5), error="busy"))

    (next_one,) = await desk.lease()

    assert next_one.item.id != failing.item.id
    await desk.sent(next_one)
    desk.clock.advance(minutes=5)
    assert [each.item.id for each in await desk.lease()] == [failing.item.id]


async def test_a_delivery_that_met_a_pause_keeps_its_place(desk: Desk) -> None:
    wanted = await fill(desk, 3)
    (first,) = await desk.lease()
    desk.clock.advance(seconds=10)

    await settle(desk, first, Again(due_at=desk.clock(), error="ratelimited", counts=False), answered=False)

    assert leads(await drain(desk)) == wanted


async def test_a_pause_met_is_no_attempt(desk: Desk) -> None:
    await fill(desk, 1)
    (first,) = await desk.lease()
    await settle(desk, first, Again(due_at=desk.clock(), error="ratelimited", counts=False))

    (again,) = await desk.lease()

    assert again.item.attempts == 1


# ── pauses ──────────────────────────────────────────────────────────────────────────────────────


async def close(desk: Desk, pauses: SqlitePauses, scope: str, seconds: int = 30) -> None:
    await pauses.close(scope, wait=lambda _strikes: timedelta(seconds=seconds), reason="said so", now=desk.clock())


async def something_of_everything(desk: Desk, clerk: Clerk) -> None:
    """An alert to send, one to look for, a private answer and a card to edit are due."""
    await fill(desk, 3, SLACK_ALL)
    card, cut_off = (await desk.lease())[0], (await desk.lease())[0]
    await desk.sent(card)
    await settle(desk, cut_off, Unknown(due_at=desk.clock(), error="cut off"))
    await desk.database.write(
        lambda tx: clerk.queue_private(tx, "slack", "C1", "U1", "psst", key="press", now=desk.clock())
    )
    lead = card.item.lead
    assert lead is not None
    await desk.database.write(lambda tx: clerk.show_change(tx, lead.id, now=desk.clock()))


async def what_goes(desk: Desk) -> set[str]:
    taken = await drain(desk)
    found = {"look" if each.item.is_lookup else each.item.kind.value for each in taken}
    return found | ({"edit"} if await lease_edits(desk) else set())


@pytest.mark.parametrize(
    ("scope", "goes"),
    [
        ("", {"look", "private", "alert", "edit"}),
        ("slack:send", {"look", "private", "edit"}),
        ("slack:private", {"look", "alert", "edit"}),
        ("slack:look", {"private", "alert", "edit"}),
        ("slack:edit", {"look", "private", "alert"}),
        ("slack", set()),
        ("email", {"look", "private", "alert", "edit"}),
    ],
)
async def test_a_pause_holds_what_it_closes_and_nothing_else(
    desk: Desk, pauses: SqlitePauses, clerk: Clerk, scope: str, goes: set[str]
) -> None:
    await something_of_everything(desk, clerk)

    if scope:
        await close(desk, pauses, scope)

    assert await what_goes(desk) == goes


async def test_after_a_pause_exactly_one_careful_call_goes_whatever_waits(
    desk: Desk, pauses: SqlitePauses, clerk: Clerk
) -> None:
    await something_of_everything(desk, clerk)
    await fill(desk, 5, SLACK_EMEA, name="more")
    await close(desk, pauses, "slack")
    desk.clock.advance(seconds=30)

    taken = await drain(desk)

    assert len(taken) == 1
    assert await lease_edits(desk) == []
    desk.clock.advance(seconds=20)
    assert await drain(desk) == []
    assert await lease_edits(desk) == []


async def test_a_careful_call_that_is_answered_opens_again(desk: Desk, pauses: SqlitePauses) -> None:
    await fill(desk, 5)
    await close(desk, pauses, "slack")
    desk.clock.advance(seconds=30)
    (careful,) = await desk.lease()

    await desk.sent(careful)

    assert len(await drain(desk)) == 2, "the rest of the burst"
    assert not await pauses.is_closed("slack", now=desk.clock())


async def test_a_careful_call_without_an_answer_opens_nothing(desk: Desk, pauses: SqlitePauses) -> None:
    await fill(desk, 5)
    await close(desk, pauses, "slack")
    desk.clock.advance(seconds=30)
    (careful,) = await desk.lease()

    await settle(desk, careful, Again(due_at=desk.clock(), error="still out", counts=False), answered=False)

    assert await drain(desk) == []


async def test_a_careful_call_that_never_ended_is_followed_by_another(desk: Desk, pauses: SqlitePauses) -> None:
    await fill(desk, 5)
    await close(desk, pauses, "slack")
    desk.clock.advance(seconds=30)
    await desk.lease()

    desk.clock.advance(seconds=31)

    assert len(await drain(desk)) == 1


async def test_one_limit_is_no_other_and_an_answer_elsewhere_does_not_lift_it(
    desk: Desk, pauses: SqlitePauses, clerk: Clerk
) -> None:
    await something_of_everything(desk, clerk)
    await close(desk, pauses, "slack:send", seconds=60)

    for each in await drain(desk):
        await desk.sent(each)

    assert await pauses.is_closed("slack:send", now=desk.clock())


async def test_a_restart_ends_every_wait_with_one_careful_call(desk: Desk, pauses: SqlitePauses) -> None:
    await fill(desk, 5)
    await close(desk, pauses, "slack", seconds=86_400)

    await pauses.end_all_waits(now=desk.clock())

    assert len(await drain(desk)) == 1


async def test_a_pause_began_when_it_was_first_closed_and_a_late_answer_makes_it_no_shorter(
    desk: Desk, pauses: SqlitePauses
) -> None:
    began = desk.clock()
    await pauses.close("slack", wait=lambda _strikes: timedelta(hours=1), reason="a", now=began)
    desk.clock.advance(seconds=5)

    since = await pauses.close("slack", wait=lambda _strikes: timedelta(seconds=5), reason="b", now=desk.clock())

    assert since == began
    assert await pauses.is_closed("slack", now=began + timedelta(minutes=59))


async def test_what_the_careful_call_hears_counts_alone(desk: Desk, pauses: SqlitePauses) -> None:
    began = desk.clock()
    await pauses.close("slack", wait=lambda _strikes: timedelta(hours=1), reason="a", now=began)
    desk.clock.advance(hours=1)

    strikes: list[int] = []

    def wait(count: int) -> timedelta:
        strikes.append(count)
        return timedelta(seconds=5)

    for _ in range(3):
        await pauses.close("slack", wait=wait, reason="b", now=desk.clock())

    assert strikes == [2, 2, 2], "many calls under way that meet the closed door are one strike"
    assert not await pauses.is_closed("slack", now=desk.clock() + timedelta(seconds=5))


# ── targets that are down ───────────────────────────────────────────────────────────────────────


async def take_down(desk: Desk) -> None:
    (first,) = await desk.lease()
    await settle(desk, first, DOWN)


async def test_a_target_that_is_down_gets_no_further_attempts_and_its_deliveries_are_refused(desk: Desk) -> None:
    await fill(desk, 6)
    await take_down(desk)

    taken = await drain(desk)
    for each in taken:
        await settle(desk, each, Dead(error="down"), answered=False)
        taken += await drain(desk)

    assert len(taken) == 5
    assert all(each.item.is_refused for each in taken)


async def test_another_channel_does_not_mind(desk: Desk) -> None:
    await fill(desk, 2)
    await take_down(desk)
    await desk.route(SLACK_EMEA, response_id="other")

    taken = {each.item.target.address: each.item.is_refused for each in await drain(desk)}

    assert taken == {"#leads-all": True, "#leads-emea": False}


async def test_a_target_that_is_down_is_probed_by_one_delivery_in_ten_minutes(desk: Desk) -> None:
    await fill(desk, 1)
    await take_down(desk)
    desk.clock.advance(minutes=10)
    await fill(desk, 4, name="more")

    taken = await drain(desk)
    probes = [each for each in taken if not each.item.is_refused]

    assert len(probes) == 1
    await settle(desk, probes[0], DOWN)
    desk.clock.advance(minutes=9)
    await desk.route(response_id="nine")
    assert all(each.item.is_refused or each.item.is_lookup for each in await drain(desk))
    desk.clock.advance(minutes=1)
    await desk.route(response_id="ten")
    assert [each.item.is_refused for each in await drain(desk) if not each.item.is_lookup].count(False) == 1


async def test_one_incident_is_told_once_however_many_deliveries_meet_it(desk: Desk) -> None:
    await fill(desk, 3)
    taken = await drain(desk)

    for number, each in enumerate(taken):
        await settle(desk, each, DOWN, notices=[Notice(key=f"down {number}", text="…")])
    desk.clock.advance(minutes=10)
    await desk.route(response_id="probe")
    (probe,) = [each for each in await drain(desk) if each.item.target == SLACK_ALL]
    await settle(desk, probe, DOWN, notices=[Notice(key="down at the probe", text="…")])

    assert await desk.one("SELECT count(*) FROM delivery WHERE kind = 'notice'") == 1


async def test_a_probe_that_gets_through_opens_the_channel_and_the_next_incident_is_told_anew(desk: Desk) -> None:
    await fill(desk, 1)
    await take_down(desk)
    desk.clock.advance(minutes=10)
    await desk.route(response_id="probe")
    (probe,) = await desk.lease()

    await desk.sent(probe)
    await desk.route(response_id="after")
    (after,) = await desk.lease()

    assert not after.item.is_refused
    await settle(desk, after, DOWN, notices=[Notice(key="again", text="…")])
    assert await desk.one("SELECT count(*) FROM delivery WHERE kind = 'notice'") == 1


async def test_the_catch_all_gets_the_card_when_nothing_else_of_the_lead_lives(desk: Desk) -> None:
    (lead,) = await fill(desk, 1)
    (only,) = await desk.lease()

    await settle(desk, only, DOWN, fallback=[SLACK_EMEA])

    assert await desk.column("SELECT address FROM delivery WHERE lead_id = ? ORDER BY id", lead) == [
        "#leads-all",
        "#leads-emea",
    ]


@pytest.mark.parametrize("other_ends", ["pending", "sent", "dead"])
async def test_the_catch_all_stays_silent_while_another_delivery_of_the_lead_lives(desk: Desk, other_ends: str) -> None:
    await fill(desk, 1, SLACK_ALL, SLACK_EMEA)
    one, other = await desk.lease()
    if other_ends == "sent":
        await desk.sent(other)
    if other_ends == "dead":
        await settle(desk, other, Dead(error="no"))
    catch_all = Target(destination="slack", address="#catch-all")

    await settle(desk, one, DOWN, fallback=[catch_all])

    wanted = 1 if other_ends == "dead" else 0
    assert await desk.one("SELECT count(*) FROM delivery WHERE address = '#catch-all'") == wanted


async def test_a_fallback_that_dies_too_makes_no_circle(desk: Desk) -> None:
    await fill(desk, 1)
    (one,) = await desk.lease()
    await settle(desk, one, DOWN, fallback=[SLACK_EMEA])
    (two,) = await desk.lease()

    await settle(desk, two, DOWN, fallback=[SLACK_ALL])

    assert await desk.column("SELECT state FROM delivery") == ["dead", "dead"]


async def test_a_clock_set_back_does_not_keep_a_target_from_being_probed(desk: Desk) -> None:
    await fill(desk, 1)
    await take_down(desk)
    desk.clock.advance(days=-1)
    await desk.route(response_id="later")

    desk.clock.advance(minutes=11)

    assert [each.item.is_refused for each in await drain(desk)] == [False]


# ── what an attempt leaves behind ───────────────────────────────────────────────────────────────


async def test_starts_grow_with_every_crash_also_through_looks_and_end_with_a_settled_attempt(desk: Desk) -> None:
    await fill(desk, 1)
    starts = []
    for _ in range(3):
        (attempt,) = await desk.lease()
        starts.append(attempt.item.starts)
        await desk.outbox.recover(now=desk.clock())
        (look,) = await desk.lease()
        await settle(desk, look, Unknown(due_at=desk.clock(), error="not seen", looks=1))
        (look,) = await desk.lease()
        await settle(desk, look, Again(due_at=desk.clock(), error="never arrived"))
        desk.clock.advance(seconds=5)
    assert starts == [1, 2, 3]

    (attempt,) = await desk.lease()
    await settle(desk, attempt, Again(due_at=desk.clock(), error="busy"))
    (attempt,) = await desk.lease()

    assert attempt.item.starts == 1


async def test_a_look_that_ends_the_process_is_counted_too(desk: Desk) -> None:
    await fill(desk, 1)
    await desk.lease()
    seen = []
    for _ in range(4):
        await desk.outbox.recover(now=desk.clock())
        (look,) = await desk.lease()
        seen.append(look.item.starts)

    assert seen == [2, 3, 4, 5]
    await settle(desk, look, Unknown(due_at=desk.clock(), error="not seen"))
    (look,) = await desk.lease()
    assert look.item.starts == 5, "a look that ended well leaves the count as it was"


async def test_what_is_marked_stays_marked(desk: Desk) -> None:
    await fill(desk, 1)
    (one,) = await desk.lease()
    await settle(desk, one, Again(due_at=desk.clock(), error="invalid_blocks", make_plain=True))
    (two,) = await desk.lease()
    await settle(desk, two, Again(due_at=desk.clock(), error="missing_scope", is_possible_repeat=True))

    (three,) = await desk.lease()

    assert three.item.is_plain
    assert three.item.is_possible_repeat


async def test_looks_are_counted_and_begin_anew_with_the_next_unknown_attempt(desk: Desk) -> None:
    await fill(desk, 1)
    (one,) = await desk.lease()
    await settle(desk, one, Unknown(due_at=desk.clock(), error="cut off"))
    (look,) = await desk.lease()
    assert look.item.looks == 0
    await settle(desk, look, Unknown(due_at=desk.clock() + timedelta(seconds=10), error="not seen", looks=1))
    assert await desk.lease() == []
    desk.clock.advance(seconds=10)

    (look,) = await desk.lease()

    assert look.item.looks == 1
    await settle(desk, look, Again(due_at=desk.clock(), error="never arrived"))
    (two,) = await desk.lease()
    assert not two.item.is_lookup
    assert two.item.looks == 0


# ── erased meanwhile ────────────────────────────────────────────────────────────────────────────


async def test_erased_while_being_sent_the_card_is_edited_once_it_is_there(desk: Desk) -> None:
    await fill(desk, 1)
    (sending,) = await desk.lease()
    await erase(desk)

    await desk.sent(sending)

    (edit,) = await lease_edits(desk)
    assert view_of(edit).lead is None


@pytest.mark.parametrize(
    "outcome", [Again(due_at=SUBMITTED, error="busy"), Dead(error="no"), DOWN], ids=["again", "dead", "down"]
)
async def test_erased_while_being_sent_and_not_there_it_is_cancelled_for_good(desk: Desk, outcome: Outcome) -> None:
    await fill(desk, 1)
    (sending,) = await desk.lease()
    await erase(desk)

    await settle(desk, sending, outcome, fallback=[SLACK_EMEA])

    assert await state(desk, sending.item.id) == "cancelled"
    assert await desk.one("SELECT count(*) FROM delivery WHERE kind = 'alert'") == 1, "no fallback for the erased"
    assert await desk.outbox.redeliver(None, now=desk.clock()) == []


async def test_erased_while_it_is_unknown_the_channel_is_still_asked(desk: Desk) -> None:
    await fill(desk, 1)
    (sending,) = await desk.lease()
    await settle(desk, sending, Unknown(due_at=desk.clock(), error="cut off"))
    await erase(desk)

    (look,) = await desk.lease()
    await desk.sent(look)

    assert len(await lease_edits(desk)) == 1


async def test_a_mail_whose_end_was_unknown_stays_cancelled_though_a_look_was_under_way(desk: Desk) -> None:
    await fill(desk, 1, MAIL_ANNA)
    (sending,) = await desk.lease("email")
    await settle(desk, sending, Unknown(due_at=desk.clock(), error="cut off"))
    (look,) = await desk.lease("email")
    await erase(desk)

    assert not await settle(desk, look, Unknown(due_at=desk.clock(), error="too early"))

    assert await state(desk, look.item.id) == "cancelled"


# ── redeliver ───────────────────────────────────────────────────────────────────────────────────


async def test_redelivering_revives_the_dead_and_never_touches_another_state(desk: Desk) -> None:
    await fill(desk, 4)
    sent, dead, unknown = await drain(desk)
    await desk.sent(sent)
    await settle(desk, dead, Dead(error="no"))
    await settle(desk, unknown, Unknown(due_at=desk.clock() + MINUTE, error="cut off"))
    everything = [str(each) for each in await desk.column("SELECT id FROM delivery ORDER BY id")]
    before = [await row(desk, each) for each in everything if each != dead.item.id]

    assert await desk.outbox.redeliver([*everything, "nonsense"], now=desk.clock()) == [dead.item.id]

    assert [await row(desk, each) for each in everything if each != dead.item.id] == before
    assert await state(desk, dead.item.id) == "pending"


async def test_redelivering_all_starts_anew_and_opens_the_channel(desk: Desk) -> None:
    await fill(desk, 1)
    (only,) = await desk.lease()
    await settle(desk, only, DOWN)
    desk.clock.advance(days=3)

    assert await desk.outbox.redeliver(None, now=desk.clock()) == [only.item.id]

    (again,) = await desk.lease()
    assert (again.item.is_refused, again.item.attempts, again.item.starts) == (False, 1, 1)
    assert again.item.created_at == desk.clock(), "it has its 24 hours again"


async def test_an_answer_to_a_press_is_not_said_again_days_later(desk: Desk, clerk: Clerk) -> None:
    await desk.database.write(
        lambda tx: clerk.queue_private(tx, "slack", "C1", "U1", "psst", key="press", now=desk.clock())
    )
    (answer,) = await desk.lease()
    await settle(desk, answer, Dead(error="its end is unknown"))

    assert await desk.outbox.redeliver(None, now=desk.clock()) == []
    assert await desk.outbox.redeliver([answer.item.id], now=desk.clock()) == []


# ── edits ───────────────────────────────────────────────────────────────────────────────────────


async def a_card(desk: Desk) -> str:
    """A lead whose card stands in the channel; the lead's id."""
    (lead,) = await fill(desk, 1)
    (leased,) = await desk.lease()
    await desk.sent(leased)
    return lead


async def change(desk: Desk, clerk: Clerk, lead: str) -> None:
    await desk.database.write(lambda tx: clerk.show_change(tx, lead, now=desk.clock()))


async def test_several_changes_become_one_edit_to_the_newest_state(desk: Desk, clerk: Clerk) -> None:
    lead = await a_card(desk)
    assert await lease_edits(desk) == []

    for _ in range(5):
        await change(desk, clerk, lead)

    (edit,) = await lease_edits(desk)
    assert edit.item.revision == 6
    assert await shown(desk, edit)
    assert await lease_edits(desk) == []


async def test_a_change_during_an_edit_is_shown_by_another_one(desk: Desk, clerk: Clerk) -> None:
    lead = await a_card(desk)
    await change(desk, clerk, lead)
    (edit,) = await lease_edits(desk)
    await change(desk, clerk, lead)
    assert await lease_edits(desk) == [], "one message is edited by one at a time, or an old state may win"

    await shown(desk, edit)

    (second,) = await lease_edits(desk)
    assert second.item.revision == edit.item.revision + 1


async def test_an_edit_survives_a_crash(desk: Desk, clerk: Clerk) -> None:
    lead = await a_card(desk)
    await change(desk, clerk, lead)
    await lease_edits(desk)

    await desk.outbox.recover(now=desk.clock())

    assert len(await lease_edits(desk)) == 1


async def test_an_edit_whose_lease_ran_out_is_due_again_and_the_late_one_changes_nothing(
    desk: Desk, clerk: Clerk
) -> None:
    lead = await a_card(desk)
    await change(desk, clerk, lead)
    (late,) = await lease_edits(desk)
    desk.clock.advance(seconds=61)
    (present,) = await lease_edits(desk)

    assert not await shown(desk, late)
    assert await shown(desk, present)
    assert await lease_edits(desk) == []


async def test_an_edit_that_failed_for_now_comes_again_and_one_that_never_works_does_not(
    desk: Desk, clerk: Clerk
) -> None:
    lead = await a_card(desk)
    await change(desk, clerk, lead)
    (edit,) = await lease_edits(desk)
    await shown(desk, edit, is_shown=False, again_in=timedelta(seconds=5))
    assert await lease_edits(desk) == []
    desk.clock.advance(seconds=5)
    (edit,) = await lease_edits(desk)
    assert edit.item.tries == 1

    await shown(desk, edit, is_shown=False)

    desk.clock.advance(days=1)
    assert await lease_edits(desk) == []


async def test_a_lead_changed_while_its_card_was_being_sent_is_edited_afterwards(desk: Desk, clerk: Clerk) -> None:
    (lead,) = await fill(desk, 1)
    (sending,) = await desk.lease()
    await change(desk, clerk, lead)

    await desk.sent(sending)

    assert len(await lease_edits(desk)) == 1


async def test_a_card_found_by_a_look_is_brought_up_to_date_whatever_it_shows(desk: Desk) -> None:
    await fill(desk, 1)
    (sending,) = await desk.lease()
    await settle(desk, sending, Unknown(due_at=desk.clock(), error="cut off"))
    (look,) = await desk.lease()

    await desk.sent(look)

    assert len(await lease_edits(desk)) == 1


async def test_edits_are_paced_for_the_whole_workspace(desk: Desk, clerk: Clerk) -> None:
    for number in range(25):
        target = Target(destination="slack", address=f"#c{number}")
        lead = await desk.route(target, response_id=f"r-{number}")
        (leased,) = await desk.lease()
        await desk.sent(leased)
        await change(desk, clerk, lead)

    taken = await lease_edits(desk) + await lease_edits(desk) + await lease_edits(desk)

    assert len(taken) == 20
    desk.clock.advance(milliseconds=1300)
    assert len(await lease_edits(desk)) == 1
    desk.clock.advance(hours=-1)
    assert len(await lease_edits(desk)) >= 1, "a clock set back does not stop the edits for an hour"


# ── said once ───────────────────────────────────────────────────────────────────────────────────


async def test_a_notice_is_said_once_per_key(desk: Desk, clerk: Clerk, database: Database) -> None:
    board = SqliteNoticeBoard(database, clerk)

    for text in ("first", "second"):
        await board.post(Notice(key="k", text=text), now=desk.clock())

    assert await desk.column("SELECT text FROM delivery") == ["first"]


@pytest.mark.parametrize(
    ("targets", "about", "goes_to"),
    [
        ((SLACK_ALL, ADMIN_MAIL), "", "slack"),
        ((SLACK_ALL, ADMIN_MAIL), "slack", "email"),
        ((SLACK_ALL, ADMIN_MAIL), "email", "slack"),
        ((SLACK_ALL,), "slack", "slack"),
        ((ADMIN_MAIL,), "slack", "email"),
        ((), "slack", None),
    ],
)
async def test_a_notice_goes_through_another_channel_than_the_one_it_is_about(
    desk: Desk, database: Database, targets: tuple[Target, ...], about: str, goes_to: str | None
) -> None:
    board = SqliteNoticeBoard(database, Clerk(notices_to=targets))

    await board.post(Notice(key="k", text="…", about=about), now=desk.clock())

    assert await desk.one("SELECT destination FROM delivery") == goes_to


async def test_a_lead_reaches_a_target_once_however_often_it_is_queued(desk: Desk, clerk: Clerk) -> None:
    (lead,) = await fill(desk, 1)

    new = await desk.database.write(
        lambda tx: clerk.queue_alerts(tx, lead, [SLACK_ALL, SLACK_EMEA, SLACK_EMEA], now=desk.clock())
    )

    assert new == 1


async def test_no_lease_reads_through_a_whole_table_however_long_its_history(desk: Desk, clerk: Clerk) -> None:
    await something_of_everything(desk, clerk)
    statements: list[str] = []
    writer = desk.database._writer
    await writer.run(lambda connection: connection.set_trace_callback(statements.append))
    await desk.lease()
    await lease_edits(desk)
    await desk.receive("new")
    await desk.lease_leads()
    await writer.run(lambda connection: connection.set_trace_callback(None))

    asked = [each for each in statements if each.lstrip().startswith(("SELECT", "UPDATE", "WITH"))]
    plans = {each: await explained(desk, each) for each in asked}

    assert len(asked) > 8
    for statement, steps in plans.items():
        scans = [step for step in steps if step.startswith(("SCAN delivery", "SCAN lead", "SCAN d ", "SCAN l "))]
        assert scans == [] or "USING INDEX" in scans[0], statement


async def explained(desk: Desk, statement: str) -> list[str]:
    """The steps by which SQLite answers the statement."""
    return await desk.database.read(
        lambda tx: [row["detail"] for row in tx.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()]
    )
