"""A routed lead finds its owner, its thread and its timers in one transaction; somebody who comes again is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.claiming import ClaimAction
from bot.core.erasure import Cause
from bot.core.escalation import TimerAction
from bot.core.people import Pick
from bot.core.routing import Then
from bot.store.database import Database
from bot.store.entries import Clerk
from bot.store.export import Export
from bot.store.privacy import SqliteErasing
from tests.builders import MAIL_ANNA, SLACK_ALL, a_lead, a_notification, found, posted
from tests.clock import Clock
from tests.store.builders import Desk
from tests.store.office import NEVER, NINE_TO_SIX, TO_DACH, Office, dach, mail, people

CLAIM, JUNK = ClaimAction.CLAIM, ClaimAction.JUNK


@pytest.fixture
def office(database: Database, clerk: Clerk, clock: Clock) -> Office:
    return Office(Desk(database, clerk, clock), clerk)


# ── who may claim ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("then", "who", "verdict"),
    [
        (TO_DACH, "anna", "done"),
        (TO_DACH, "ben", "refused"),  # until a step offers it
        (TO_DACH, "carl", "refused"),
        (TO_DACH, "dora", "done"),  # the team's manager
        (replace(TO_DACH, escalate="calm"), "ben", "done"),  # no step offers it
        (replace(TO_DACH, escalate="calm"), "carl", "refused"),
        (replace(TO_DACH, escalate=""), "ben", "done"),
        (Then(owner="anna", escalate="hot"), "ben", "refused"),
        (Then(owner="anna"), "ben", "done"),  # her team's, from the start
        (Then(owner="carl"), "ben", "refused"),
        (Then(owner="carl"), "dora", "refused"),  # not a manager of his
        (Then(), "carl", "done"),
        (Then(), "", "refused"),
    ],
)
async def test_who_may_claim_at_first(office: Office, then: Then, who: str, verdict: str) -> None:
    lead = await office.route(then)

    assert await office.press(CLAIM, who, lead) == verdict


@pytest.mark.parametrize(("who", "verdict"), [("anna", "done"), ("ben", "done"), ("carl", "refused"), ("dora", "done")])
@pytest.mark.parametrize("pick", list(Pick))
async def test_once_it_is_offered_or_nobodys_the_team_may_claim(
    office: Office, pick: Pick, who: str, verdict: str
) -> None:
    office.edit(people=people(dach(pick)))
    lead = await office.route()
    if pick is Pick.TURNS:
        await office.later(minutes=15)

    assert await office.press(CLAIM, who, lead) == verdict


async def test_managers_of_all_may_claim_anything(office: Office) -> None:
    office.edit(people=people(managers=frozenset({"carl"})))

    assert await office.press(CLAIM, "carl", await office.route()) == "done"


# ── turns ───────────────────────────────────────────────────────────────────────────────────────


async def test_a_lead_takes_one_turn_however_often_it_is_heard_of(office: Office) -> None:
    submitted = office.clock()
    lead = await office.route(submitted_at=submitted)
    again = a_notification("r-1", occurred_at=submitted + timedelta(seconds=1))

    await office.desk.receive("r-1")
    await office.desk.inbox.record(posted(again), raw=b"{}", notices=[], now=office.clock())
    (leased,) = await office.desk.lease_leads()
    same = office.routed(a_lead("r-1", submitted_at=submitted), TO_DACH)
    await office.desk.queue.settle(leased, same, answered=True, now=office.clock())

    assert await office.turns() == ["anna"]
    assert await office.desk.column("SELECT DISTINCT lead_id FROM timer") == [lead]
    assert await office.desk.one("SELECT count(*) FROM timer") == 4


async def test_a_listed_lead_takes_no_turn_until_a_webhook_rings_it(office: Office) -> None:
    old = a_lead("r-9", submitted_at=office.clock())
    await office.desk.inbox.record_found([found(old, is_quiet=True)], now=office.clock())
    (leased,) = await office.desk.lease_leads()
    routed = replace(office.routed(old, TO_DACH), decision=None)
    await office.desk.queue.settle(leased, routed, answered=True, now=office.clock())
    assert (await office.turns(), await office.desk.one("SELECT count(*) FROM timer")) == ([], 0)

    await office.desk.receive("r-9", occurred_at=office.clock())
    (leased,) = await office.desk.lease_leads()
    await office.desk.queue.settle(leased, office.routed(old, TO_DACH), answered=True, now=office.clock())

    assert await office.turns() == ["anna"]
    assert await office.has(str(await office.desk.one("SELECT id FROM lead"))) == ("assigned", "anna")
    assert await office.desk.one("SELECT count(*) FROM timer") == 4


async def test_nothing_is_left_of_a_routing_that_could_not_be_stored(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise ValueError("no")

    with monkeypatch.context() as broken:
        broken.setattr("bot.store.handling.start_steps", fails)
        with pytest.raises(ValueError, match="no"):
            await office.route()

    assert (await office.turns(), await office.desk.one("SELECT count(*) FROM rotation")) == ([], 0)


# ── somebody comes again ────────────────────────────────────────────────────────────────────────


async def test_somebody_who_comes_again_stays_with_their_owner_and_no_turn_is_taken(office: Office) -> None:
    first = await office.route(prints=("p",))
    again = await office.route(prints=("q", "p"))

    assert await office.has(again) == ("assigned", "anna")
    assert (await office.lead(again))["repeat_of"] == first
    assert await office.turns() == ["anna"]
    assert len(await office.to_come(again)) == 4


async def test_a_repeat_stays_with_the_owner_though_a_later_visit_was_nobodys(office: Office) -> None:
    await office.route(prints=("p",))
    office.clock.advance(minutes=1)
    await office.route(Then(digest="daily"), prints=("p",))
    office.clock.advance(minutes=1)

    assert await office.has(await office.route(prints=("p",))) == ("assigned", "anna")


@pytest.mark.parametrize("what", ["junk", "test", "too old", "erased", "left", "given back"])
async def test_who_is_no_repeat_lead(office: Office, what: str) -> None:
    submitted = office.clock() - timedelta(days=91) if what == "too old" else None
    first = await office.route(prints=("p",), is_test=what == "test", submitted_at=submitted)
    if what == "junk":
        await office.press(CLAIM, "anna", first)
        await office.press(JUNK, "anna", first)
    if what == "erased":
        await office.desk.receive("r-1", action="DELETED", occurred_at=office.clock())
    if what == "left":
        office.edit(people=people(dach(ben=1), without="anna"))
    if what == "given back":
        await office.press(ClaimAction.GIVE_BACK, "anna", first)

    again = await office.route(prints=("p",))

    assert len(await office.turns()) == 2, "it was somebody's turn"
    assert ((await office.lead(again))["repeat_of"] is not None) == (what in {"left", "given back"})


async def test_a_test_lead_is_nobody_who_was_here_and_leaves_no_hash(office: Office) -> None:
    await office.route(prints=("p",))

    test = await office.route(prints=("p",), is_test=True)

    assert await office.has(test) == ("assigned", "ben")
    assert await office.desk.column("SELECT DISTINCT lead_id FROM fingerprint WHERE lead_id = ?", test) == []


async def test_a_rule_that_names_nobody_gives_a_repeat_to_nobody(office: Office) -> None:
    first = await office.route(prints=("p",))

    again = await office.route(Then(post=(SLACK_ALL,)), prints=("p",))

    assert await office.has(again) == ("unassigned", "")
    assert (await office.lead(again))["repeat_of"] == first


async def test_a_repeat_answers_the_first_card_in_its_channel_also_while_that_is_on_its_way(office: Office) -> None:
    await office.route(prints=("p",))
    office.clock.advance(seconds=1)
    await office.route(prints=("p",))
    await office.send_all()
    await office.route(prints=("p",))

    cards = await office.desk.column("SELECT id FROM delivery WHERE kind = 'alert' ORDER BY id")
    roots = await office.desk.column("SELECT thread_of FROM delivery WHERE kind = 'alert' ORDER BY id")
    assert roots == [None, cards[0], cards[0]]


async def test_the_mail_to_the_owner_follows_a_repeat_to_its_owner(office: Office) -> None:
    await office.route(Then(owner="ben"), prints=("p",))

    again = await office.route(Then(owner="anna", email=(MAIL_ANNA, mail("dora"))), prints=("p",))

    assert await office.has(again) == ("assigned", "ben")
    assert await office.mailed(again) == ["ben@example.com", "dora@example.com"]


async def test_a_repeat_within_any_time_that_the_file_may_name_is_found(office: Office) -> None:
    office.edit(repeat_within=timedelta(days=999_999_999))
    await office.route(prints=("p",))

    assert await office.has(await office.route(prints=("p",))) == ("assigned", "anna")


# ── mails ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("pick", "ben", "mailed"),
    [
        (Pick.TURNS, NINE_TO_SIX, ["anna@example.com"]),
        (Pick.FIRST, NINE_TO_SIX, ["anna@example.com", "ben@example.com"]),
        (Pick.FIRST, NEVER, ["anna@example.com"]),
    ],
)
async def test_whoever_gets_the_lead_is_mailed(office: Office, pick: Pick, ben: object, mailed: list[str]) -> None:
    office.edit(people=people(dach(pick), ben=ben))  # type: ignore[arg-type]

    lead = await office.route(replace(TO_DACH, mails_owner=True))

    assert await office.mailed(lead) == mailed


async def test_a_mailbox_that_is_named_twice_gets_one_mail(office: Office) -> None:
    shouted = replace(MAIL_ANNA, address="ANNA@example.com", person="")

    lead = await office.route(replace(TO_DACH, email=(shouted, MAIL_ANNA), mails_owner=True))

    assert await office.mailed(lead) == ["ANNA@example.com"]


async def test_a_lead_without_steps_keeps_none(office: Office) -> None:
    lead = await office.route(replace(TO_DACH, escalate=""))

    assert (await office.lead(lead))["escalation"] == ""
    assert await office.to_come(lead) == []


# ── what is told of it ──────────────────────────────────────────────────────────────────────────


async def test_everything_that_is_known_of_a_person_is_exported(office: Office) -> None:
    first = await office.route(prints=("p",))
    lead = await office.route(replace(TO_DACH, digest="daily"), prints=("p",))
    await office.digests.make("daily", [SLACK_ALL], now=office.clock())

    told = await Export(office.desk.database).of_address("ana@acme.example")

    exported = {each["lead"]: each for each in told["leads"]}  # type: ignore[attr-defined]
    assert exported[lead]["recognised_by"] == ["p"]
    assert exported[lead]["repeat_of"] == first
    assert exported[first]["turns"][0]["person"] == "anna"
    assert exported[lead]["next"][0]["action"] == TimerAction.REMIND_OWNER
    assert {each["kind"] for each in exported[lead]["deliveries"]} == {"alert", "digest"}
    assert exported[lead]["team"] == "dach"


async def test_whoever_is_forgotten_is_in_none_of_the_new_tables(office: Office, clerk: Clerk) -> None:
    lead = await office.route(replace(TO_DACH, digest="daily"), prints=("p",))
    erasing = SqliteErasing(office.desk.database, clerk)

    await erasing.erase([lead], receipt="e", cause=Cause.FORGET, why="asked", now=office.clock())

    for table in ("timer", "fingerprint"):
        assert await office.desk.one(f"SELECT count(*) FROM {table}") == 0
    assert await office.digests.make("daily", [SLACK_ALL], now=office.clock()) == 0
