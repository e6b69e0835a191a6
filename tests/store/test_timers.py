"""What happens to a lead on which nobody acts: each step at its time, once, whatever the clock, file or a row does."""

from __future__ import annotations

import logging
import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.assigning import Assignment
from bot.core.claiming import ClaimAction
from bot.core.delivery import Again, Unknown
from bot.core.escalation import Escalation, Step, StepAction
from bot.core.people import People, Pick, Team
from bot.core.routing import Then
from bot.store.database import Database, Transaction
from bot.store.entries import Clerk
from tests.builders import SLACK_ALL
from tests.clock import Clock
from tests.store.builders import Desk
from tests.store.office import CALM, NEVER, NINE_TO_SIX, TO_DACH, WORDS, Office, dach, dm, people, person

CLAIM, GIVE_BACK, CONTACTED = ClaimAction.CLAIM, ClaimAction.GIVE_BACK, ClaimAction.CONTACTED
HELD = replace(TO_DACH, mails_owner=True)


def step(minutes: float, action: StepAction) -> Step:
    return Step(after=timedelta(minutes=minutes), action=action)


def escalation(*steps: Step) -> dict[str, Escalation]:
    return {"hot": Escalation(name="hot", steps=steps)}


@pytest.fixture
def office(database: Database, clerk: Clerk, clock: Clock) -> Office:
    return Office(Desk(database, clerk, clock), clerk)


# ── steps ───────────────────────────────────────────────────────────────────────────────────────


async def test_each_step_comes_at_its_time_and_once(office: Office) -> None:
    lead = await office.route()
    assert await office.has(lead) == ("assigned", "anna")
    await office.send_all()

    await office.later(minutes=5)
    assert await office.said(lead) == [f"waits -> {dm('anna')}"]
    assert await office.fire() == 0
    await office.later(minutes=10)
    assert (await office.said(lead))[1:] == ["offered -> slack #leads-all"]
    await office.later(minutes=15)
    assert (await office.said(lead))[2:] == [f"nobody acts -> {dm('dora')}", "nobody acts -> email dora@example.com"]
    assert await office.to_come(lead) == ["give back to rotation"]


async def test_steps_count_in_the_open_time_of_the_owner(office: Office) -> None:
    office.edit(people=people(anna=NINE_TO_SIX, ben=NINE_TO_SIX))
    office.clock.advance(hours=8, minutes=50)  # 17:50
    lead = await office.route()

    await office.later(hours=15, minutes=14)  # 09:04 the next day: 14 open minutes
    assert await office.said(lead) == [f"waits -> {dm('anna')}"]
    await office.later(minutes=2)
    assert len(await office.said(lead)) == 2


async def test_a_lead_in_flight_keeps_the_steps_it_started_with(office: Office) -> None:
    lead = await office.route()
    office.edit(escalations={"hot": CALM})

    await office.later(minutes=6)

    assert await office.said(lead) == [f"waits -> {dm('anna')}"]


async def test_after_an_outage_only_the_last_overdue_step_is_done_but_an_offer_counts(office: Office) -> None:
    lead = await office.route()
    await office.send_all()

    await office.later(hours=3)

    assert await office.said(lead) == [f"nobody acts -> {dm('dora')}", "nobody acts -> email dora@example.com"]
    assert await office.press(CLAIM, "ben", lead) == "done"


async def test_steps_of_the_same_time_are_all_done(office: Office) -> None:
    office.edit(escalations=escalation(step(5, StepAction.GIVE_BACK), step(5, StepAction.TELL_MANAGER)))
    lead = await office.route()

    await office.later(minutes=6)

    assert await office.said(lead) == [f"nobody acts -> {dm('dora')}", f"yours now -> {dm('ben')}"]
    assert await office.has(lead) == ("assigned", "ben")


@pytest.mark.parametrize("action", [CLAIM, GIVE_BACK])
async def test_what_still_waits_to_be_said_is_not_said_once_somebody_acted(office: Office, action: ClaimAction) -> None:
    lead = await office.route()
    await office.later(minutes=16)
    assert await office.said(lead) != []

    await office.press(action, "anna", lead)

    assert await office.said(lead) == []


async def test_a_reminder_that_was_on_its_way_is_not_repeated_once_somebody_acted(office: Office) -> None:
    lead = await office.route(replace(TO_DACH, post=()))
    await office.later(minutes=5)
    (leased,) = await office.desk.lease()
    office.clock.advance(seconds=1)
    await office.press(CLAIM, "anna", lead)

    outcome = Again(due_at=office.clock(), error="busy")
    assert await office.desk.outbox.settle(leased, outcome, answered=False, now=office.clock())

    assert await office.said(lead, state="cancelled") == [f"waits -> {dm('anna')}"]


async def test_a_reminder_whose_lead_is_erased_on_the_way_is_looked_for_and_never_repeated(office: Office) -> None:
    lead = await office.route(replace(TO_DACH, post=()))
    await office.later(minutes=5)
    (leased,) = await office.desk.lease()
    await office.desk.receive("r-1", action="DELETED", occurred_at=office.clock())
    await office.desk.outbox.settle(
        leased, Unknown(due_at=office.clock(), error="cut off"), answered=False, now=office.clock()
    )

    (look,) = await office.desk.lease()
    outcome = Again(due_at=office.clock(), error="not there")
    await office.desk.outbox.settle(look, outcome, answered=True, now=office.clock())

    assert await office.said(lead, state="cancelled") == [f"waits -> {dm('anna')}"]


async def test_a_claim_ends_the_steps_and_begins_the_follow_up(office: Office) -> None:
    lead = await office.route()

    await office.press(CLAIM, "anna", lead)

    assert await office.to_come(lead) == ["remind to contact", "take back"]
    await office.press(CONTACTED, "anna", lead)
    assert await office.to_come(lead) == []


@pytest.mark.parametrize("action", [ClaimAction.MEETING, ClaimAction.JUNK])
async def test_an_outcome_ends_the_follow_up(office: Office, action: ClaimAction) -> None:
    lead = await office.route()
    await office.press(CLAIM, "anna", lead)

    await office.press(action, "anna", lead)

    assert await office.to_come(lead) == []


async def test_an_erasure_ends_everything(office: Office) -> None:
    office.edit(people=people(anna=NEVER, ben=NEVER))
    held = await office.route(prints=("p",))
    office.edit(people=people())
    lead = await office.route(prints=("p",))
    await office.later(minutes=6)

    for number in (1, 2):
        await office.desk.receive(f"r-{number}", action="DELETED", occurred_at=office.clock())

    assert await office.desk.one("SELECT count(*) FROM timer") == 0
    assert await office.desk.one("SELECT count(*) FROM fingerprint") == 0
    assert (await office.lead(held))["held_until"] is None
    assert (await office.said(lead), await office.said(lead, state="cancelled")) == ([], [f"waits -> {dm('anna')}"])


async def test_no_erased_lead_tells_whose_another_one_was(office: Office) -> None:
    first, second, third = [await office.route(prints=("p",)) for _ in range(3)]
    assert (await office.lead(second))["repeat_of"] == first

    await office.desk.receive("r-2", action="DELETED", occurred_at=office.clock())

    assert [(await office.lead(each))["repeat_of"] for each in (first, second, third)] == [None, None, None]


# ── offers ──────────────────────────────────────────────────────────────────────────────────────


async def test_where_no_channel_has_a_card_each_other_member_hears_of_an_offer(office: Office) -> None:
    lead = await office.route(replace(TO_DACH, post=()))

    await office.later(minutes=15)

    assert await office.said(lead) == [f"offered -> {dm('ben')}"]


async def test_an_offer_answers_the_card_and_not_an_answer_below_it(office: Office) -> None:
    first = await office.route(prints=("p",))
    await office.send_all()
    lead = await office.route(prints=("p",))
    await office.send_all()

    await office.later(minutes=15)

    card = await office.desk.one("SELECT id FROM delivery WHERE lead_id = ? AND kind = 'alert'", first)
    told = "SELECT thread_of FROM delivery WHERE text = 'offered' AND lead_id = ?"
    assert await office.desk.one(told, lead) == card


async def test_a_lead_without_a_team_is_offered_to_nobody(office: Office) -> None:
    lead = await office.route(Then(post=(SLACK_ALL,), owner="carl", escalate="hot"))
    await office.send_all()

    await office.later(minutes=15)

    assert await office.said(lead) == []
    assert (await office.lead(lead))["offered_at"] is None


async def test_a_team_that_left_the_file_is_offered_nothing(office: Office) -> None:
    lead = await office.route()
    await office.send_all()
    everybody = office.handling.people
    office.edit(people=replace(everybody, teams={}))

    await office.later(minutes=15)

    assert await office.said(lead) == []
    assert await office.press(CLAIM, "ben", lead) == "refused"


# ── whom a word reaches ─────────────────────────────────────────────────────────────────────────


async def test_who_cannot_be_reached_is_told_to_the_operator_and_no_reminder_is_in_the_story(office: Office) -> None:
    lead = await office.route()
    office.edit(people=people(without="anna"))

    await office.later(minutes=5)

    assert await office.notices() == ["unreached: anna"]
    assert await office.desk.one("SELECT count(*) FROM milestone WHERE lead_id = ? AND what = 'reminded'", lead) == 0


async def test_without_any_manager_the_operator_is_told(office: Office) -> None:
    office.edit(people=people(replace(dach(), manager="")))
    lead = await office.route()

    await office.later(minutes=30)

    assert await office.notices() == ["unreached: managers"]
    assert await office.said(lead) == []


async def test_a_word_goes_by_a_destination_that_there_is(office: Office) -> None:
    office.edit(destinations=frozenset({"email"}))
    lead = await office.route(replace(TO_DACH, post=()))

    await office.later(minutes=5)
    await office.later(minutes=25)

    reminders = [each for each in await office.said(lead) if not each.startswith("offered")]
    assert reminders == ["waits -> email anna@example.com", "nobody acts -> email dora@example.com"]


async def test_nobody_is_mailed_where_no_mail_is_sent(office: Office) -> None:
    office.edit(destinations=frozenset({"slack"}))

    lead = await office.route(HELD)

    assert await office.mailed(lead) == []


async def test_a_person_with_an_address_only_is_reminded_by_mail(office: Office) -> None:
    office.edit(people=replace(people(), by_name={"anna": person("anna", email="anna@example.com")}))
    lead = await office.route(replace(TO_DACH, post=()))

    await office.later(minutes=5)

    assert await office.said(lead) == ["waits -> email anna@example.com"]


async def test_in_a_file_without_people_the_one_who_claimed_is_reminded(office: Office) -> None:
    office.edit(people=People())
    lead = await office.route(Then(post=(SLACK_ALL,)))
    assert await office.press(CLAIM, "", lead) == "done"

    await office.later(hours=4)

    assert await office.said(lead) == [f"uncontacted -> {dm('stranger')}"]


# ── passing on ──────────────────────────────────────────────────────────────────────────────────


async def test_a_lead_goes_from_one_to_the_next_each_once_and_then_to_all(office: Office) -> None:
    office.edit(people=people(dach(anna=1, ben=1, carl=1)))
    lead = await office.route(HELD)
    owners = [await office.has(lead)]

    for _ in range(4):
        await office.later(hours=4)
        owners.append(await office.has(lead))

    assert owners == [
        ("assigned", "anna"),
        ("assigned", "ben"),
        ("assigned", "carl"),
        ("unassigned", ""),
        ("unassigned", ""),
    ]
    assert await office.turns() == ["anna", "ben", "carl"]
    assert await office.mailed(lead) == ["anna@example.com", "ben@example.com", "carl@example.com"]
    assert await office.to_come(lead) == []
    assert await office.press(CLAIM, "anna", lead) == "done"


async def test_whoever_had_it_by_a_press_does_not_get_it_again_in_turn(office: Office) -> None:
    office.edit(people=people(dach(anna=1, ben=1, carl=1)))
    lead = await office.route()
    await office.later(minutes=15)
    assert await office.press(CLAIM, "ben", lead) == "done"

    await office.later(days=2)
    assert await office.has(lead) == ("assigned", "carl")
    await office.later(hours=4)

    assert await office.has(lead) == ("unassigned", "")
    assert await office.turns() == ["anna", "carl"]


async def test_a_lead_that_was_given_back_by_hand_goes_on_in_turn_when_nobody_takes_it(office: Office) -> None:
    lead = await office.route()
    await office.press(GIVE_BACK, "anna", lead)
    assert await office.has(lead) == ("unassigned", "")

    await office.later(hours=4)

    assert await office.has(lead) == ("assigned", "ben")


async def test_passed_on_while_nobody_else_is_there_it_waits_for_the_next_to_open_and_anybody_may_take_it(
    office: Office,
) -> None:
    office.edit(people=people(ben=NINE_TO_SIX))
    office.clock.advance(hours=8)  # 17:00
    lead = await office.route()

    await office.later(hours=4)  # 21:00
    assert await office.has(lead) == ("unassigned", "")
    assert await office.to_come(lead) == ["find owner"]
    await office.later(hours=12)  # 09:00

    assert await office.has(lead) == ("assigned", "ben")


async def test_a_lead_that_goes_to_another_team_belongs_to_it(office: Office) -> None:
    other = Team(name="reserve", pick=Pick.TURNS, members={"carl": 1})
    office.edit(people=people(dach(instead="reserve"), other, ben=NEVER))
    lead = await office.route()

    await office.later(hours=4)

    row = await office.lead(lead)
    assert (row["owner"], row["team"]) == ("carl", "reserve")
    assert await office.desk.column("SELECT team FROM turn ORDER BY id") == ["dach", "reserve"]


async def test_who_lost_a_claimed_lead_hears_of_it_even_if_somebody_acts_at_once(office: Office) -> None:
    lead = await office.route()
    await office.press(CLAIM, "anna", lead)

    await office.later(days=2)
    await office.press(CLAIM, "ben", lead)

    assert await office.said(lead) == [f"taken back -> {dm('anna')}"]


async def test_what_was_still_to_be_said_to_a_former_owner_is_not_said_but_the_manager_hears(office: Office) -> None:
    lead = await office.route()
    for minutes in (5, 25, 210):
        await office.later(minutes=minutes)

    assert await office.said(lead) == [
        f"nobody acts -> {dm('dora')}",
        "nobody acts -> email dora@example.com",
        f"yours now -> {dm('ben')}",
    ]


async def test_a_premature_pass_offers_nothing_before_its_time(office: Office) -> None:
    office.edit(
        people=people(dach(anna=1, ben=1, carl=1)),
        escalations=escalation(step(10, StepAction.GIVE_BACK), step(15, StepAction.OFFER_TO_TEAM)),
    )
    lead = await office.route()

    await office.later(minutes=10)

    assert await office.has(lead) == ("assigned", "ben")
    assert await office.press(CLAIM, "carl", lead) == "refused"


# ── held ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("pick", list(Pick))
async def test_a_held_lead_takes_its_turn_and_starts_its_clock_when_somebody_opens(office: Office, pick: Pick) -> None:
    office.edit(people=people(dach(pick), anna=NINE_TO_SIX, ben=NINE_TO_SIX))
    office.clock.advance(hours=-4)  # 05:00
    lead = await office.route(HELD)
    assert (await office.to_come(lead), await office.turns(), await office.mailed(lead)) == (["find owner"], [], [])

    await office.later(hours=4)

    is_turns = pick is Pick.TURNS
    assert await office.has(lead) == (("assigned", "anna") if is_turns else ("unassigned", ""))
    assert await office.mailed(lead) == (["anna@example.com"] if is_turns else ["anna@example.com", "ben@example.com"])
    assert len(await office.to_come(lead)) == 4
    assert (await office.lead(lead))["held_until"] is None


async def test_a_held_lead_may_be_claimed_by_any_member_and_then_nobodys_turn_is_taken(office: Office) -> None:
    office.edit(people=people(anna=NINE_TO_SIX, ben=NINE_TO_SIX))
    office.clock.advance(hours=-4)
    lead = await office.route()

    assert await office.press(CLAIM, "carl", lead) == "refused"
    assert await office.press(CLAIM, "ben", lead) == "done"
    await office.later(hours=4)

    assert await office.has(lead) == ("claimed", "ben")
    assert await office.turns() == []
    assert (await office.lead(lead))["held_until"] is None


async def test_a_held_lead_whose_team_left_the_file_is_anybodys(office: Office) -> None:
    office.edit(people=people(anna=NINE_TO_SIX, ben=NINE_TO_SIX))
    office.clock.advance(hours=-4)
    lead = await office.route()
    office.edit(people=replace(office.handling.people, teams={}))

    await office.later(hours=4)

    assert await office.has(lead) == ("unassigned", "")
    assert await office.press(CLAIM, "carl", lead) == "done"


async def test_a_lead_that_waits_for_a_free_hand_goes_to_whoever_has_finished_something(office: Office) -> None:
    office.edit(people=people(dach(limit=1)))
    first, second, third = [await office.route() for _ in range(3)]
    assert [(await office.has(each))[1] for each in (first, second, third)] == ["anna", "ben", ""]

    await office.press(CLAIM, "ben", second)
    await office.press(CONTACTED, "ben", second)
    await office.later(minutes=15)

    assert await office.has(third) == ("assigned", "ben")


# ── people and teams that leave the file ────────────────────────────────────────────────────────


async def test_what_is_kept_for_somebody_who_left_the_file_may_be_claimed_by_the_team(office: Office) -> None:
    lead = await office.route()
    office.edit(people=people(without="anna"))

    assert await office.press(CLAIM, "carl", lead) == "refused"
    assert await office.press(CLAIM, "ben", lead) == "done"


async def test_what_is_kept_for_somebody_who_left_and_has_no_team_may_be_claimed_by_anybody(office: Office) -> None:
    lead = await office.route(Then(post=(SLACK_ALL,), owner="carl"))
    office.edit(people=people(without="carl"))

    assert await office.press(CLAIM, "", lead) == "refused"
    assert await office.press(CLAIM, "ben", lead) == "done"


async def test_the_steps_of_somebody_who_left_the_file_go_on(office: Office) -> None:
    lead = await office.route()
    office.edit(people=people(dach(ben=1), without="anna"))

    await office.later(hours=4)

    assert await office.has(lead) == ("assigned", "ben")


async def test_a_claimed_lead_of_somebody_who_left_the_file_is_taken_back(office: Office) -> None:
    lead = await office.route()
    await office.press(CLAIM, "anna", lead)
    office.edit(people=people(dach(ben=1), without="anna"))

    await office.later(days=2)

    assert await office.has(lead) == ("assigned", "ben")


# ── what goes wrong ─────────────────────────────────────────────────────────────────────────────


async def test_a_lead_whose_timer_fails_holds_nobody_up_and_is_told_once(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    broken, sound = await office.route(), await office.route()
    await office.desk.database.write(
        lambda tx: tx.execute("UPDATE timer SET action = 'dance' WHERE lead_id = ? AND number = 0", (broken,)).rowcount
    )

    await office.later(minutes=6)

    assert await office.notices() == [f"stuck: {broken}"]
    assert await office.said(sound) == [f"waits -> {dm('ben')}"]
    assert len(await office.to_come(broken)) == 4, "nothing of it is lost"
    for _ in range(3):
        await office.later(hours=1)
    assert await office.notices() == [f"stuck: {broken}"]
    assert await office.press(CLAIM, "anna", broken) == "done"


async def test_a_full_disk_is_nobodys_own_fault(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    await office.route()
    office.clock.advance(minutes=6)

    def full(tx: Transaction, *_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("bot.store.timers._fire", full)
    with pytest.raises(Exception, match="disk is full"):
        await office.fire()
    monkeypatch.undo()

    assert await office.fire() == 1
    assert await office.notices() == []


async def test_turns_that_nobody_can_read_begin_anew(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    await office.route()
    await office.desk.database.write(lambda tx: tx.execute("UPDATE rotation SET state = '{}'").rowcount)

    lead = await office.route()

    assert await office.has(lead) == ("assigned", "anna")


async def test_a_process_that_dies_before_the_commit_has_done_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = await office.route()
    office.clock.advance(minutes=6)

    def dies(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("bot.store.timers._fire_alone", dies)
    with pytest.raises(MemoryError):
        await office.fire()
    monkeypatch.undo()

    assert await office.said(lead) == []
    assert await office.fire() == 1


@pytest.mark.parametrize("ahead", [{"hours": 5}, {"days": 400}])
async def test_a_clock_that_was_set_back_puts_no_step_off(office: Office, ahead: dict[str, float]) -> None:
    office.clock.advance(**ahead)
    lead = await office.route()
    office.clock.advance(**{unit: -amount for unit, amount in ahead.items()})
    await office.fire()

    await office.later(minutes=4)
    assert await office.said(lead) == []
    await office.later(minutes=1)
    assert await office.said(lead) == [f"waits -> {dm('anna')}"]


async def test_a_second_that_the_clock_is_set_back_changes_nothing(office: Office) -> None:
    await office.route()
    before = await office.desk.column("SELECT due_at FROM timer ORDER BY due_at")
    office.clock.advance(seconds=-1)

    await office.fire()

    assert await office.desk.column("SELECT due_at FROM timer ORDER BY due_at") == before


async def test_a_team_with_nobody_in_it_keeps_its_lead_for_its_manager(office: Office) -> None:
    office.edit(people=people(replace(dach(), members={})))
    lead = await office.route()

    await office.later(hours=4)

    assert await office.has(lead) == ("unassigned", "")
    assert await office.press(CLAIM, "dora", lead) == "done"


async def test_no_order_of_hours_keeps_the_timers_busy(office: Office) -> None:
    office.edit(escalations=escalation(step(0, StepAction.GIVE_BACK), step(0, StepAction.REMIND_OWNER)))
    lead = await office.route()

    assert await office.fire() < 10

    assert await office.has(lead) == ("unassigned", "")


async def test_a_moment_that_has_passed_is_no_time_to_look_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.edit(people=people(anna=NINE_TO_SIX, ben=NINE_TO_SIX))
    office.clock.advance(hours=-4)
    lead = await office.route()
    before = office.clock()
    office.clock.advance(hours=2)

    def still_nobody(*_: object, **__: object) -> Assignment:
        return Assignment(owner="", team="dach", held_until=before)

    monkeypatch.setattr("bot.store.passing_on.find_owner", still_nobody)
    await office.desk.database.write(lambda tx: tx.execute("UPDATE timer SET due_at = 1").rowcount)

    assert await office.fire() == 1
    assert await office.to_come(lead) == ["find owner"]


# ── how fast ────────────────────────────────────────────────────────────────────────────────────


async def test_whatever_is_asked_while_leads_come_and_go_is_answered_from_an_index(office: Office) -> None:
    """Every statement of a lead's whole way, explained: none reads a table that grows with the leads."""
    asked: list[str] = []
    office.edit(people=people(dach(limit=9)))
    writer = office.desk.database._writer
    await writer.run(lambda connection: connection.set_trace_callback(asked.append))

    lead = await office.route(replace(TO_DACH, digest="daily"), prints=("p",))
    await office.route(prints=("p",))
    for minutes in (5, 25, 210):
        await office.later(minutes=minutes)
    for action in (CLAIM, ClaimAction.JUNK, ClaimAction.LOST):
        await office.press(action, "ben", lead)
    await office.digests.make("daily", [SLACK_ALL], now=office.clock())
    await office.desk.receive("r-1", action="DELETED", occurred_at=office.clock())
    await writer.run(lambda connection: connection.set_trace_callback(None))

    statements = {each for each in asked if each.split(None, 1)[0] in {"SELECT", "UPDATE", "DELETE"}}
    plans = [line for each in statements for line in await plan_of(office.desk.database, each)]
    assert len(plans) > 50
    growing = ("lead", "timer", "turn", "fingerprint", "digest_entry", "milestone", "delivery", "notification")
    assert [line for line in plans if line.split()[:2] in [["SCAN", each] for each in growing]] == []


async def plan_of(database: Database, statement: str) -> list[str]:
    return await database.read(
        lambda tx: [row["detail"] for row in tx.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()]
    )


@pytest.mark.parametrize(
    ("sql", "index"),
    [
        ("SELECT lead_id FROM timer WHERE due_at <= 1 ORDER BY due_at LIMIT 50", "timer_due"),
        ("SELECT 1 FROM timer WHERE set_at > 1 LIMIT 1", "timer_set"),
        (
            """SELECT owner, count(*) FROM lead WHERE state IN ('assigned', 'claimed') AND is_test = 0
               AND owner IN (SELECT value FROM json_each('["a"]')) GROUP BY owner""",
            "COVERING INDEX lead_open",
        ),
        ("SELECT 1 FROM lead WHERE repeat_of = 'l'", "lead_repeat"),
        (
            """SELECT rowid FROM delivery WHERE settled_at < 1 AND kind IN ('private', 'notice')
               AND (text <> '' OR error <> '') AND state IN ('sent', 'dead', 'cancelled') LIMIT 9""",
            "delivery_text_age",
        ),
    ],
)
async def test_what_is_asked_often_is_answered_from_an_index_made_for_it(office: Office, sql: str, index: str) -> None:
    plan = await plan_of(office.desk.database, sql)

    assert any(index in line for line in plan), plan


async def test_nothing_due_writes_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    await office.route()

    def write(_: object) -> None:
        raise AssertionError("the writer was asked in vain")

    monkeypatch.setattr(office.desk.database, "write", write)

    assert await office.timers.fire(office.handling, WORDS, limit=50, now=office.clock()) == 0
