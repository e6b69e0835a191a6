"""Presses on a lead's card: one owner however many press, everybody else is told, and nothing happens twice."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

import pytest

from bot.core.claiming import Actor, ClaimAction, ClaimResult, ClaimVerdict, permission, private_answer
from bot.core.ids import LeadId
from bot.core.people import People, Person
from bot.core.work import Handling
from bot.ports import Press
from bot.store.claims import SqliteClaimBook
from bot.store.database import Database
from bot.store.entries import Clerk
from tests.builders import MAIL_ANNA, SLACK_ALL, SUBMITTED
from tests.clock import Clock
from tests.store.builders import Desk

PEOPLE = People(
    by_name={name: Person(name=name) for name in ("anna", "ben", "dora")},
    managers=frozenset({"dora"}),
)
NOBODY = People()
ANNA = Actor(user="U0ANNA", person="anna")
BEN = Actor(user="U0BEN", person="ben")
DORA = Actor(user="U0DORA", person="dora")
STRANGER = Actor(user="U0STRANGER")
GUEST = Actor(user="U0GUEST", is_outsider=True)
CLAIM, CONTACTED, GIVE_BACK = ClaimAction.CLAIM, ClaimAction.CONTACTED, ClaimAction.GIVE_BACK


class Counter:
    """Where people press: the claim book with the product's own rules and words."""

    def __init__(self, desk: Desk, clerk: Clerk, people: People) -> None:
        self.desk = desk
        self.people = people
        self.book = SqliteClaimBook(desk.database, clerk)
        self.presses = 0

    async def press(self, action: ClaimAction, actor: Actor, lead: str, *, key: str = "") -> ClaimVerdict:
        self.presses += 1
        press = Press(lead=LeadId(lead), actor=actor, channel="C1", key=key or f"press-{self.presses}")
        now = self.desk.clock()

        def answer(result: ClaimResult) -> str:
            return private_answer(action, result, self.people, now)

        result = await self.book.act(
            action, press, permission(actor, self.people), handling=Handling(people=self.people), answer=answer, now=now
        )
        return result.verdict

    async def answers(self) -> list[object]:
        return await self.desk.column("SELECT text FROM delivery WHERE kind = 'private' ORDER BY rowid")

    async def lead(self, lead: str) -> tuple[object, object]:
        """State and owner."""
        return (
            await self.desk.one("SELECT state FROM lead WHERE id = ?", lead),
            await self.desk.one("SELECT owner FROM lead WHERE id = ?", lead),
        )


@pytest.fixture
def desk(database: Database, clerk: Clerk, clock: Clock) -> Desk:
    return Desk(database, clerk, clock)


@pytest.fixture
def counter(desk: Desk, clerk: Clerk) -> Counter:
    return Counter(desk, clerk, PEOPLE)


async def test_fifty_presses_at_once_give_exactly_one_owner_round_after_round(desk: Desk, counter: Counter) -> None:
    chance = random.Random(7)
    for round_number in range(20):
        lead = await desk.route(response_id=f"r-{round_number}")
        actors = [chance.choice([ANNA, BEN, DORA]) for _ in range(50)]

        verdicts = await asyncio.gather(*(counter.press(CLAIM, actor, lead) for actor in actors))

        winner = actors[verdicts.index(ClaimVerdict.DONE)]
        assert verdicts.count(ClaimVerdict.DONE) == 1
        assert await counter.lead(lead) == ("claimed", winner.person)
        for actor, verdict in zip(actors, verdicts, strict=True):
            if verdict is not ClaimVerdict.DONE:
                assert verdict is (ClaimVerdict.ALREADY if actor == winner else ClaimVerdict.TAKEN)
        assert await desk.one("SELECT count(*) FROM milestone WHERE lead_id = ? AND what = 'claimed'", lead) == 1


@pytest.mark.parametrize(
    ("actor", "owner", "verdict", "then"),
    [
        (ANNA, "anna", "done", ("claimed", "anna")),
        (DORA, "anna", "done", ("claimed", "dora")),
        (BEN, "anna", "refused", ("assigned", "anna")),
        (STRANGER, "anna", "refused", ("assigned", "anna")),
        (GUEST, "anna", "refused", ("assigned", "anna")),
        (ANNA, "", "done", ("claimed", "anna")),
        (DORA, "", "done", ("claimed", "dora")),
        (STRANGER, "", "refused", ("unassigned", "")),
        (GUEST, "", "refused", ("unassigned", "")),
    ],
)
async def test_who_may_claim(
    desk: Desk, counter: Counter, actor: Actor, owner: str, verdict: str, then: tuple[str, str]
) -> None:
    lead = await desk.route(owner=owner)

    assert await counter.press(CLAIM, actor, lead) == verdict

    assert await counter.lead(lead) == then
    assert len(await counter.answers()) == (1 if verdict == "refused" else 0), "a refusal says why"


@pytest.mark.parametrize(("actor", "verdict"), [(STRANGER, "done"), (GUEST, "refused")])
async def test_in_a_file_without_people_any_member_may_claim_but_no_outsider(
    desk: Desk, clerk: Clerk, actor: Actor, verdict: str
) -> None:
    counter = Counter(desk, clerk, NOBODY)
    lead = await desk.route()

    assert await counter.press(CLAIM, actor, lead) == verdict

    if verdict == "done":
        assert await counter.lead(lead) == ("claimed", "U0STRANGER")
        assert await counter.press(CONTACTED, actor, lead) == "done"


async def test_a_refusal_says_who_can(desk: Desk, counter: Counter) -> None:
    lead = await desk.route(owner="anna")

    await counter.press(CLAIM, BEN, lead)

    assert await counter.answers() == ["This lead is kept for Anna, so only they can claim it, or Dora as a manager."]
    assert await desk.column("SELECT person FROM delivery WHERE kind = 'private'") == ["U0BEN"]


async def test_who_comes_second_hears_who_was_first(desk: Desk, counter: Counter) -> None:
    lead = await desk.route()
    await counter.press(CLAIM, ANNA, lead)
    desk.clock.advance(seconds=42)

    assert await counter.press(CLAIM, BEN, lead) == "taken"

    assert await counter.answers() == ["Anna took this lead 42 seconds ago. There is nothing left for you to do."]
    assert await counter.lead(lead) == ("claimed", "anna")


async def test_not_even_a_manager_takes_a_claimed_lead_by_pressing_claim(desk: Desk, counter: Counter) -> None:
    lead = await desk.route()
    await counter.press(CLAIM, ANNA, lead)

    assert await counter.press(CLAIM, DORA, lead) == "taken"

    assert await counter.lead(lead) == ("claimed", "anna")


@pytest.mark.parametrize("action", [CLAIM, CONTACTED, GIVE_BACK])
async def test_a_press_that_comes_twice_changes_and_says_nothing_more(
    desk: Desk, counter: Counter, action: ClaimAction
) -> None:
    lead = await desk.route()
    if action is not CLAIM:
        await counter.press(CLAIM, ANNA, lead)
    assert await counter.press(action, ANNA, lead, key="same") == "done"
    revision = await desk.one("SELECT revision FROM lead")
    story = await desk.one("SELECT count(*) FROM milestone")

    assert await counter.press(action, ANNA, lead, key="same") == "already"

    assert await desk.one("SELECT revision FROM lead") == revision
    assert await desk.one("SELECT count(*) FROM milestone") == story
    assert await counter.answers() == []


async def test_a_repeated_refusal_is_said_once_and_another_press_is_answered_anew(desk: Desk, counter: Counter) -> None:
    lead = await desk.route(owner="anna")

    for key in ("one", "one", "two"):
        await counter.press(CLAIM, BEN, lead, key=key)

    assert len(await counter.answers()) == 2


@pytest.mark.parametrize(
    ("actor", "verdict"),
    [(ANNA, "done"), (DORA, "done"), (BEN, "refused"), (STRANGER, "refused"), (GUEST, "refused")],
)
@pytest.mark.parametrize("action", [CONTACTED, GIVE_BACK])
async def test_contacted_and_give_back_belong_to_the_owner_and_to_managers(
    desk: Desk, counter: Counter, actor: Actor, action: ClaimAction, verdict: str
) -> None:
    lead = await desk.route()
    await counter.press(CLAIM, ANNA, lead)

    assert await counter.press(action, actor, lead) == verdict

    if verdict == "refused":
        assert await counter.lead(lead) == ("claimed", "anna")
    elif action is CONTACTED:
        assert await counter.lead(lead) == ("contacted", "anna"), "a manager's press does not make it theirs"
    else:
        assert await counter.lead(lead) == ("unassigned", "")


@pytest.mark.parametrize("owner", ["", "anna"])
async def test_contacted_before_claim_tells_what_comes_first(desk: Desk, counter: Counter, owner: str) -> None:
    lead = await desk.route(owner=owner)

    assert await counter.press(CONTACTED, ANNA, lead) == "not_now"

    (text,) = await counter.answers()
    assert str(text).endswith("Press Claim first, then Contacted.")


async def test_giving_back_what_nobody_has_says_so(desk: Desk, counter: Counter) -> None:
    lead = await desk.route()

    assert await counter.press(GIVE_BACK, BEN, lead) == "not_now"

    assert await counter.answers() == ["Nobody has this lead, so there is nothing to give back."]


async def test_a_lead_given_back_can_be_claimed_again_and_counts_from_then(desk: Desk, counter: Counter) -> None:
    lead = await desk.route(owner="anna")
    await counter.press(CLAIM, ANNA, lead)
    await counter.press(CONTACTED, ANNA, lead)
    desk.clock.advance(hours=1)

    assert await counter.press(GIVE_BACK, ANNA, lead) == "done"
    assert await desk.one("SELECT contacted_at FROM lead") is None
    desk.clock.advance(hours=1)
    assert await counter.press(CLAIM, BEN, lead) == "done"

    assert await counter.lead(lead) == ("claimed", "ben")
    assert await desk.column("SELECT what FROM milestone ORDER BY id") == [
        "received",
        "fetched",
        "routed",
        "claimed",
        "contacted",
        "given back",
        "claimed",
    ]


@pytest.mark.parametrize("action", list(ClaimAction))
async def test_an_erased_lead_is_gone_for_everybody(desk: Desk, counter: Counter, action: ClaimAction) -> None:
    lead = await desk.route(owner="anna")
    await desk.receive(action="DELETED", occurred_at=SUBMITTED + timedelta(hours=1))

    assert await counter.press(action, ANNA, lead) == "gone"

    assert await counter.answers() == ["This lead was removed on request, so there is nothing left to do here."]
    assert await counter.lead(lead) == ("erased", "")


async def test_a_lead_that_never_was_is_gone(counter: Counter) -> None:
    assert await counter.press(CLAIM, ANNA, "l-nonsense") == "gone"


async def test_a_claim_queues_the_edit_of_every_message_in_the_same_transaction(desk: Desk, counter: Counter) -> None:
    lead = await desk.route(SLACK_ALL, MAIL_ANNA)
    for destination in ("slack", "email"):
        (leased,) = await desk.lease(destination)
        await desk.sent(leased)

    await counter.press(CLAIM, ANNA, lead)

    due = await desk.one("SELECT count(*) FROM delivery WHERE edit_due_at IS NOT NULL")
    assert due == 2


async def test_a_press_whose_answer_cannot_be_worded_changes_nothing(desk: Desk, counter: Counter) -> None:
    lead = await desk.route()
    press = Press(lead=LeadId(lead), actor=ANNA, channel="C1", key="k")

    def fails(_: ClaimResult) -> str:
        raise ValueError("no words")

    with pytest.raises(ValueError, match="no words"):
        await counter.book.act(
            CLAIM, press, permission(ANNA, PEOPLE), handling=Handling(people=PEOPLE), answer=fails, now=desk.clock()
        )

    assert await counter.lead(lead) == ("unassigned", "")
