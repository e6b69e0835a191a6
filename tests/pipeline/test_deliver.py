"""A delivery becomes a message that is there, once, whatever the channel does to us."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.delivery import DeliveryKind, Receipt, Target
from bot.core.errors import (
    AmbiguousError,
    Forbidden,
    MalformedMessage,
    OutageError,
    PermanentError,
    RateLimited,
    TargetError,
    TemporaryError,
    UnfamiliarError,
    UpstreamError,
)
from bot.core.retry import MAX_STARTS
from bot.core.routing import TestLeads, Then
from bot.core.work import Notice
from bot.ports import Job
from bot.store.database import Database
from bot.store.entries import Clerk
from tests.builders import SLACK_ALL, SUBMITTED, a_lead
from tests.clock import Clock
from tests.pipeline.builders import Channel, Floor, a_config

CATCH_ALL = Target(destination="slack", address="#catch-all")
CUT_OFF = AmbiguousError("the connection was cut off")


@pytest.fixture
def floor(database: Database, clerk: Clerk, clock: Clock) -> Floor:
    return Floor(database, clerk, clock)


async def crash_while_sending(floor: Floor) -> None:
    await floor.deliverer.lease(20)
    await floor.desk.outbox.recover(now=floor.clock())


async def test_a_delivery_is_sent_with_its_id_and_its_lead(floor: Floor) -> None:
    lead = await floor.desk.route()

    await floor.deliver()

    (job,) = floor.channel.sent
    assert job.lead is not None
    assert job.lead.id == lead
    assert await floor.desk.one("SELECT id FROM delivery") == job.delivery
    assert await floor.states() == ["sent"]


async def test_a_temporary_failure_is_repeated_and_others_of_the_channel_go_ahead(floor: Floor) -> None:
    floor.channel.sending.add(TemporaryError("busy"))
    first = await floor.desk.route(response_id="one")
    floor.clock.advance(milliseconds=1)
    second = await floor.desk.route(response_id="two")

    await floor.deliver()
    assert [job.lead.id for job in floor.channel.sent if job.lead] == [second]
    floor.clock.advance(seconds=3)
    await floor.deliver()

    assert [job.lead.id for job in floor.channel.sent if job.lead] == [second, first]


async def test_a_lost_answer_is_looked_for_and_found_not_repeated(floor: Floor) -> None:
    floor.channel.lose_answer.append(CUT_OFF)
    await floor.desk.route()

    await floor.deliver()
    assert await floor.states() == ["unknown"]
    floor.clock.advance(seconds=5)
    await floor.deliver()

    assert await floor.states() == ["sent"]
    assert len(floor.channel.sent) == 1
    assert await floor.desk.one("SELECT receipt_message FROM delivery") == "1.0"


async def test_what_never_arrived_is_sent_again_after_two_looks_ten_seconds_apart(floor: Floor) -> None:
    floor.channel.sending.add(CUT_OFF)
    await floor.desk.route()
    await floor.deliver()
    floor.clock.advance(seconds=5)
    await floor.deliver()
    assert (len(floor.channel.looked), len(floor.channel.sent)) == (1, 0)
    floor.clock.advance(seconds=9)
    await floor.deliver()
    assert (len(floor.channel.looked), len(floor.channel.sent)) == (1, 0)

    floor.clock.advance(seconds=1)
    await floor.deliver()

    assert (len(floor.channel.looked), len(floor.channel.sent)) == (2, 1)
    assert not floor.channel.sent[0].is_possible_repeat, "it was not there: no repeat"


async def test_killed_between_the_answer_and_the_receipt_it_is_still_one_message(floor: Floor) -> None:
    await floor.desk.route()
    (leased,) = await floor.deliverer.lease(20)
    await floor.deliverer._send(leased.item)
    await floor.desk.outbox.recover(now=floor.clock())

    await floor.deliver()
    assert floor.channel.looked == [], "it may still be on its way: looking at once proves nothing"
    floor.clock.advance(seconds=5)
    await floor.deliver()

    assert len(floor.channel.sent) == 1
    assert await floor.states() == ["sent"]


async def test_a_history_nobody_can_read_gives_a_marked_repeat_and_a_word_to_the_operator(floor: Floor) -> None:
    floor.channel.lose_answer.append(CUT_OFF)
    floor.channel.looking.add(Forbidden("missing_scope", code="missing_scope", advice="Reinstall the app"))
    await floor.desk.route()
    await floor.deliver()

    floor.clock.advance(seconds=5)
    await floor.deliver()

    assert [job.is_possible_repeat for job in floor.channel.sent if job.lead] == [False, True]
    (notice,) = await floor.notices()
    assert "may stand there twice" in notice
    assert "Reinstall the app." in notice


async def test_a_look_that_fails_for_now_is_repeated_more_and_more_rarely_and_nothing_is_sent(floor: Floor) -> None:
    floor.channel.lose_answer.append(CUT_OFF)
    floor.channel.looking.add(*[TemporaryError("busy") for _ in range(10_000)])
    await floor.desk.route()
    await floor.deliver()

    await floor.deliver_until(hours=3, step_seconds=10)

    assert [job.kind for job in floor.channel.sent] == [DeliveryKind.ALERT, DeliveryKind.NOTICE], (
        "and one word about it"
    )
    assert 5 < len(floor.channel.looked) < 40


async def test_a_look_never_ends_in_a_repeat_because_its_own_answer_was_lost(floor: Floor) -> None:
    floor.channel.lose_answer.append(CUT_OFF)
    floor.channel.looking.add(CUT_OFF, CUT_OFF, CUT_OFF)
    await floor.desk.route()
    await floor.deliver()

    await floor.deliver_until(hours=0.1, step_seconds=5)

    assert len(floor.channel.sent) == 1
    assert await floor.states() == ["sent"]


async def test_a_refused_form_is_sent_once_as_plain_text_and_told(floor: Floor) -> None:
    floor.channel.sending.add(MalformedMessage("invalid_blocks", code="invalid_blocks"))
    await floor.desk.route()

    await floor.deliver()

    assert [job.is_plain for job in floor.channel.sent if job.lead] == [True]
    assert await floor.desk.one("SELECT is_plain FROM delivery WHERE kind = 'alert'") == 1
    (notice,) = await floor.notices()
    assert "plain version" in notice


async def test_a_refused_plain_version_is_dead(floor: Floor) -> None:
    floor.channel.sending.add(*[MalformedMessage("no") for _ in range(3)])  # one of them meets the notice about it
    await floor.desk.route()

    await floor.deliver()

    assert (await floor.states())[0] == "dead"


async def test_a_permanent_failure_is_dead_listed_and_told_and_can_be_redelivered(floor: Floor) -> None:
    floor.channel.sending.add(PermanentError("user_disabled", advice="Ask for another person"))
    await floor.desk.route()
    await floor.deliver()
    assert await floor.states() == ["dead"]
    (notice,) = await floor.notices()
    assert "user_disabled. Ask for another person. To try again: `leadbell redeliver d" in notice

    await floor.desk.outbox.redeliver(None, now=floor.clock())
    floor.clock.advance(seconds=1)
    await floor.deliver()

    assert await floor.states() == ["sent"]


async def test_a_code_that_nobody_knows_gets_three_tries(floor: Floor) -> None:
    floor.channel.sending.add(*[UnfamiliarError("strange") for _ in range(9)])
    await floor.desk.route()

    await floor.deliver_until(hours=0.1, step_seconds=5)

    assert (await floor.states())[0] == "dead"
    assert len(floor.channel.sending.troubles) <= 6


async def test_a_mistake_of_ours_is_treated_like_a_lost_answer(floor: Floor) -> None:
    floor.channel.lose_answer.append(ZeroDivisionError("ours"))
    await floor.desk.route()

    await floor.deliver()
    assert await floor.states() == ["unknown"]
    floor.clock.advance(seconds=5)
    await floor.deliver()

    assert len(floor.channel.sent) == 1
    assert await floor.states() == ["sent"]


async def test_after_a_day_of_failures_it_is_given_up_and_told(floor: Floor) -> None:
    floor.channel.sending.add(*[TemporaryError("busy") for _ in range(10_000)])
    await floor.desk.route()

    await floor.deliver_until(hours=23.9, step_seconds=300)
    assert await floor.states() == ["pending"]
    await floor.deliver_until(hours=0.6, step_seconds=300)

    assert await floor.states() == ["dead"]
    assert "gave up: busy" in (await floor.notices())[-1]


# ── pauses ──────────────────────────────────────────────────────────────────────────────────────


async def test_a_limit_holds_sending_and_nothing_is_called_before_it_ends(floor: Floor) -> None:
    limit = RateLimited("ratelimited", retry_after=timedelta(seconds=30), method="chat.postMessage")
    floor.channel.sending.add(limit)
    for number in range(5):
        await floor.desk.route(Target(destination="slack", address=f"#c{number}"), response_id=f"r-{number}")
    (first, *rest) = await floor.deliverer.lease(1)
    assert rest == []
    await floor.deliverer.run(first)

    assert await floor.deliver() == 0
    floor.clock.advance(seconds=29)
    assert await floor.deliver() == 0
    floor.clock.advance(seconds=1)
    assert len(await floor.deliverer.lease(20)) == 1, "one careful call"


async def test_an_outage_is_told_once_and_ends_with_the_first_answer(floor: Floor) -> None:
    floor.channel.sending.add(*[OutageError("invalid_auth", advice="Put in a new token") for _ in range(3)])
    for number in range(4):
        await floor.desk.route(response_id=f"r-{number}")
        floor.clock.advance(milliseconds=1)

    await floor.deliver()
    await floor.deliver_until(hours=0.2, step_seconds=5)

    assert (await floor.states())[:4] == ["sent"] * 4
    told = [each for each in await floor.notices() if "cannot be posted" in each]
    assert len(told) == 1
    assert "Put in a new token." in told[0]
    assert not await floor.pauses.is_closed("slack", now=floor.clock())


async def test_the_operator_is_told_of_an_outage_again_when_it_is_another_one(floor: Floor) -> None:
    for number in range(2):
        floor.channel.sending.add(OutageError("invalid_auth"))
        await floor.desk.route(response_id=f"r-{number}")
        await floor.deliver_until(hours=0.1, step_seconds=5)

    assert len([each for each in await floor.notices() if "cannot be posted" in each]) == 2


async def test_a_pause_is_not_lifted_by_what_asked_nobody(floor: Floor) -> None:
    floor.channel.sending.add(CUT_OFF)
    await floor.desk.route()
    await floor.deliver()
    floor.clock.advance(seconds=1)
    await floor.pauses.close("slack", wait=lambda _strikes: timedelta(0), reason="out", now=floor.clock())
    await floor.desk.database.write(lambda tx: tx.execute("UPDATE delivery SET due_at = 0").rowcount)

    await floor.deliver()

    assert floor.channel.looked == [], "too early to look"
    assert await floor.desk.one("SELECT count(*) FROM pause") == 1


# ── targets that are down ───────────────────────────────────────────────────────────────────────


async def test_a_dead_channel_is_told_once_its_leads_go_to_the_catch_all_and_it_is_probed_rarely(floor: Floor) -> None:
    floor.config = a_config(SLACK_ALL, last=[CATCH_ALL])
    archived = TargetError("is_archived", code="is_archived", advice="Unarchive it")
    calls: list[str] = []

    class Archived(Channel):
        async def send(self, job: Job) -> Receipt:
            calls.append(job.address)
            if job.address == "#leads-all":
                raise archived
            return await super().send(job)

    floor.use(Archived())
    for number in range(6):
        await floor.desk.route(response_id=f"r-{number}")
    await floor.deliver_until(hours=0.1, step_seconds=1)

    assert calls.count("#leads-all") == 1, "the others are refused without a call"
    assert calls.count("#catch-all") == 6
    assert len([each for each in await floor.notices() if "cannot be reached" in each]) == 1

    floor.clock.advance(minutes=10)
    for number in range(6, 12):
        await floor.desk.route(response_id=f"r-{number}")
    await floor.deliver_until(hours=0.1, step_seconds=1)

    assert calls.count("#leads-all") == 2, "one probe"
    assert calls.count("#catch-all") == 12
    assert len([each for each in await floor.notices() if "cannot be reached" in each]) == 1, "one incident"


async def test_once_mended_the_channel_gets_its_leads_again(floor: Floor) -> None:
    floor.channel.sending.add(TargetError("not_in_channel"))
    await floor.desk.route(response_id="lost")
    await floor.deliver()
    floor.clock.advance(minutes=10)
    for number in range(3):
        await floor.desk.route(response_id=f"r-{number}")

    await floor.deliver_until(hours=0.01, step_seconds=1)

    assert (await floor.states()).count("sent") >= 1
    await floor.desk.route(response_id="after")
    await floor.deliver()
    assert (await floor.states())[-1] == "sent"


# ── poison ──────────────────────────────────────────────────────────────────────────────────────


async def test_what_ends_the_process_five_times_is_dead_and_told(floor: Floor) -> None:
    await floor.desk.route()
    attempts = 0
    while (await floor.states())[0] != "dead":
        leased = await floor.deliverer.lease(20)
        fresh = [each for each in leased if not each.item.is_lookup and each.item.starts <= MAX_STARTS]
        attempts += len(fresh)
        if fresh:
            await floor.desk.outbox.recover(now=floor.clock())
        else:
            for each in leased:
                await floor.deliverer.run(each)
        floor.clock.advance(seconds=11)

    assert attempts == MAX_STARTS
    assert (await floor.states())[0] == "dead"
    assert "its attempts ended the process again and again" in (await floor.notices())[0]


async def test_what_ends_the_process_when_it_is_looked_for_does_not_do_so_for_ever(floor: Floor) -> None:
    await floor.desk.route()
    await crash_while_sending(floor)
    floor.clock.advance(seconds=6)
    crashes = 0
    while crashes < 50:
        (leased,) = await floor.deliverer.lease(20)
        if leased.item.starts > 2 * MAX_STARTS:
            await floor.deliverer.run(leased)
            break
        crashes += 1
        await floor.desk.outbox.recover(now=floor.clock())
        floor.clock.advance(seconds=6)

    assert crashes < 50
    assert floor.channel.looked == []
    assert (await floor.states())[0] == "dead"


# ── private answers ─────────────────────────────────────────────────────────────────────────────


async def whisper(floor: Floor, clerk: Clerk) -> None:
    await floor.desk.database.write(
        lambda tx: clerk.queue_private(tx, "slack", "C1", "U1", "psst", key="press", now=floor.clock())
    )


async def test_a_private_answer_is_said(floor: Floor, clerk: Clerk) -> None:
    await whisper(floor, clerk)

    await floor.deliver()

    assert [(job.text, job.person) for job in floor.channel.sent] == [("psst", "U1")]


@pytest.mark.parametrize("how", ["lost answer", "crash", "lease ran out"])
async def test_a_private_answer_whose_end_is_unknown_is_never_said_twice(floor: Floor, clerk: Clerk, how: str) -> None:
    await whisper(floor, clerk)
    if how == "lost answer":
        floor.channel.lose_answer.append(CUT_OFF)
        await floor.deliver()
    else:
        (leased,) = await floor.deliverer.lease(20)
        await floor.deliverer._send(leased.item)
    if how == "crash":
        await floor.desk.outbox.recover(now=floor.clock())

    await floor.deliver_until(hours=0.1, step_seconds=10)

    assert len(floor.channel.sent) == 1
    assert floor.channel.looked == []
    assert await floor.states("private") == ["dead"]
    assert await floor.notices() == []


async def test_nobody_gets_an_answer_to_a_press_of_an_hour_ago(floor: Floor, clerk: Clerk) -> None:
    await whisper(floor, clerk)
    await floor.pauses.close("slack", wait=lambda _strikes: timedelta(hours=1), reason="out", now=floor.clock())
    floor.clock.advance(hours=1)

    await floor.deliver()

    assert floor.channel.sent == []
    assert await floor.states("private") == ["dead"]


# ── erased meanwhile, notices ───────────────────────────────────────────────────────────────────


async def test_erased_while_being_sent_the_message_is_edited_afterwards(floor: Floor) -> None:
    await floor.desk.route()
    (leased,) = await floor.deliverer.lease(20)
    await floor.desk.receive(action="DELETED", occurred_at=SUBMITTED + timedelta(hours=1))
    await floor.deliverer.run(leased)

    await floor.refresh()

    (edit,) = floor.channel.edited
    assert edit.lead is not None
    assert edit.lead.lead is None
    assert (edit.delivery, await floor.states()) == (leased.item.id, ["sent"])


async def test_erased_while_its_end_is_unknown_it_is_looked_for_and_not_sent_again(floor: Floor) -> None:
    floor.channel.sending.add(CUT_OFF)
    await floor.desk.route()
    await floor.deliver()
    await floor.desk.receive(action="DELETED", occurred_at=SUBMITTED + timedelta(hours=1))

    await floor.deliver_until(hours=0.1, step_seconds=5)

    assert floor.channel.sent == []
    assert len(floor.channel.looked) == 2
    assert await floor.states() == ["cancelled"]


async def test_a_card_of_an_erased_person_that_nobody_could_look_for_is_told_to_the_operator(floor: Floor) -> None:
    floor.channel.sending.add(CUT_OFF)
    await floor.desk.route()
    await floor.deliver()
    await floor.desk.receive(action="DELETED", occurred_at=SUBMITTED + timedelta(hours=1))
    floor.channel.looking.add(*[TemporaryError("Slack is away") for _ in range(500)])

    await floor.deliver_until(hours=26, step_seconds=600)

    assert await floor.states() == ["cancelled"]
    told = [notice for notice in await floor.notices() if "may show a person who was removed" in notice]
    assert len(told) == 1
    assert not any("redeliver" in notice for notice in await floor.notices())


@pytest.mark.parametrize("error", [PermanentError("no"), TargetError("no"), MalformedMessage("no")])
async def test_trouble_with_a_notice_makes_no_further_notice(floor: Floor, clerk: Clerk, error: UpstreamError) -> None:
    floor.channel.sending.add(error, error)
    await floor.shift.notice_board.post(Notice(key="k", text="…"), now=floor.clock())

    await floor.deliver()

    assert len(await floor.notices()) == 1


async def test_a_channel_that_hangs_is_cut_off_and_its_end_is_unknown(floor: Floor) -> None:
    floor.channel.sending.hangs = True
    floor.deliverer = replace(floor.deliverer, deadline_seconds=0.01)
    await floor.desk.route()

    await floor.deliver()

    assert await floor.states() == ["unknown"]


async def test_a_notice_that_its_place_cannot_take_goes_to_the_other_place_and_no_further(
    database: Database, clock: Clock
) -> None:
    places = (Target(destination="slack", address="#admin"), Target(destination="email", address="ops@example.com"))
    floor = Floor(database, Clerk(notices_to=places), clock)
    await floor.shift.notice_board.post(Notice(key="k", text="listen"), now=clock())
    floor.channel.sending.add(TargetError("gone", code="is_archived"))

    await floor.deliver()

    assert await floor.desk.column("SELECT destination FROM delivery ORDER BY rowid") == ["slack", "email"]
    mail = Channel(name="email")
    mail.sending.add(PermanentError("no such mailbox", code="550"))
    floor.use(mail)
    await floor.deliver()
    assert await floor.states("notice") == ["dead", "dead"]


async def test_a_test_lead_whose_channel_is_gone_does_not_ring_the_real_ones(floor: Floor) -> None:
    tests = Target(destination="slack", address="#leads-test")
    floor.config = replace(floor.config, test_leads=TestLeads(then=Then(post=(tests,))))
    await floor.desk.route(tests, lead=a_lead(is_test=True))
    floor.channel.sending.add(TargetError("gone", code="is_archived"))

    await floor.deliver()

    assert await floor.states() == ["dead"]
