"""A team at work on a real store: leads are routed to it, time passes, people press buttons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.core.claiming import Actor, ClaimAction, ClaimResult, ClaimVerdict, permission
from bot.core.delivery import Target
from bot.core.escalation import Escalation, FollowUp, Step, StepAction
from bot.core.hours import Hours, Schedule, Span
from bot.core.ids import LeadId
from bot.core.lead import Lead
from bot.core.people import People, Person, Pick, Team
from bot.core.routing import Decision, Then
from bot.core.work import Handling, Notice, Routed
from bot.ports import Press, TimerWords
from bot.store.claims import SqliteClaimBook
from bot.store.digests import SqliteDigests
from bot.store.entries import Clerk
from bot.store.timers import SqliteTimers
from tests.builders import SLACK_ALL, a_lead, a_routed
from tests.store.builders import Desk

NINE_TO_SIX = Schedule(hours=Hours(name="office", timezone="UTC", week=((Span(540, 1080),),) * 5 + ((), ())))
NEVER = Schedule(hours=Hours(name="never", timezone="UTC", week=((),) * 7))

HOT = Escalation(
    name="hot",
    steps=(
        Step(after=timedelta(minutes=5), action=StepAction.REMIND_OWNER),
        Step(after=timedelta(minutes=15), action=StepAction.OFFER_TO_TEAM),
        Step(after=timedelta(minutes=30), action=StepAction.TELL_MANAGER, by=("slack", "email")),
        Step(after=timedelta(hours=4), action=StepAction.GIVE_BACK),
    ),
)
CALM = Escalation(name="calm", steps=(Step(after=timedelta(hours=4), action=StepAction.REMIND_OWNER),))
FOLLOW_UP = FollowUp(remind_after=timedelta(hours=4), give_back_after=timedelta(days=2))

TO_DACH = Then(post=(SLACK_ALL,), team="dach", escalate="hot")

WORDS = TimerWords(
    stuck=lambda lead, now: Notice(key=f"stuck:{lead}", text=f"stuck: {lead}"),
    unreached=lambda lead, whom, now: Notice(key=f"unreached:{lead}:{whom}", text=f"unreached: {whom or 'managers'}"),
)


def person(name: str, schedule: Schedule | None = None, **reached: str) -> Person:
    """Somebody who can be reached in Slack and by mail, or only as given."""
    ways = reached or {"slack": f"U0{name.upper()}", "email": f"{name}@example.com"}
    return Person(name=name, schedule=schedule or Schedule(), **ways)


def dach(pick: Pick = Pick.TURNS, *, limit: int | None = None, instead: str = "", **members: int) -> Team:
    """The team that most tests are about; dora manages it."""
    weights = members or {"anna": 1, "ben": 1}
    return Team(name="dach", pick=pick, members=weights, open_leads_limit=limit, manager="dora", instead=instead)


def people(*teams: Team, without: str = "", managers: frozenset[str] = frozenset(), **schedules: Schedule) -> People:
    """Anna, Ben, Carl and Dora, and their teams."""
    names = [name for name in ("anna", "ben", "carl", "dora") if name != without]
    return People(
        by_name={name: person(name, schedules.get(name)) for name in names},
        managers=managers,
        teams={team.name: team for team in teams or (dach(),)},
    )


class Office:
    """The store's parts round one handling, which a test may replace at any time: an edit of the file."""

    def __init__(self, desk: Desk, clerk: Clerk, handling: Handling | None = None) -> None:
        self.desk = desk
        self.clock = desk.clock
        self.handling = handling or Handling(
            people=people(),
            escalations={"hot": HOT, "calm": CALM},
            follow_up=FOLLOW_UP,
            repeat_within=timedelta(days=90),
        )
        self.book = SqliteClaimBook(desk.database, clerk)
        self.timers = SqliteTimers(desk.database, clerk)
        self.digests = SqliteDigests(desk.database, clerk)
        self.leads = self.presses = 0

    def edit(self, **changes: Any) -> None:
        """The file is edited."""
        self.handling = replace(self.handling, **changes)

    def routed(self, lead: Lead, then: Then, *, prints: tuple[str, ...] = ()) -> Routed:
        """What dispatching `lead` comes to."""
        decision = Decision(rule="Hot", then=then, tried=())
        return replace(a_routed(lead, decision), handling=self.handling, fingerprints=prints)

    async def route(
        self,
        then: Then = TO_DACH,
        *,
        prints: tuple[str, ...] = (),
        is_test: bool = False,
        submitted_at: datetime | None = None,
    ) -> str:
        """A lead arrives and is routed; its id."""
        self.leads += 1
        name = f"r-{self.leads}"
        await self.desk.receive(name)
        (leased,) = await self.desk.lease_leads()
        lead = a_lead(name, is_test=is_test, submitted_at=submitted_at or self.clock())
        routed = self.routed(lead, then, prints=prints)
        assert await self.desk.queue.settle(leased, routed, answered=True, now=self.clock())
        self.clock.advance(milliseconds=1)  # so that ids tell which lead came first
        return leased.item.id

    async def fire(self) -> int:
        """What is due is done, all of it; how many leads that were."""
        done = 0
        while now := await self.timers.fire(self.handling, WORDS, limit=50, now=self.clock()):
            done += now
            assert done < 1000, "the same timers come again and again"
        return done

    async def later(self, **duration: float) -> None:
        """Time passes, and what is due is done."""
        self.clock.advance(**duration)
        await self.fire()

    async def press(self, action: ClaimAction, name: str, lead: str, *, detail: str = "") -> ClaimVerdict:
        """Somebody of the file presses a button; "" = a member of the workspace whom the file does not know."""
        self.presses += 1
        actor = Actor(user=f"U0{name.upper() or 'STRANGER'}", person=name)
        press = Press(lead=LeadId(lead), actor=actor, channel="C1", key=f"p{self.presses}", detail=detail)
        allowed = permission(actor, self.handling.people)

        def nothing(_: ClaimResult) -> str:
            return ""

        result = await self.book.act(action, press, allowed, handling=self.handling, answer=nothing, now=self.clock())
        return result.verdict

    async def send_all(self) -> None:
        """Everything that waits to be sent arrives."""
        for destination in ("slack", "email"):
            while leased := await self.desk.lease(destination):
                for each in leased:
                    await self.desk.sent(each, each.item.id)
                self.clock.advance(seconds=2)

    async def lead(self, lead: str) -> Mapping[str, Any]:
        """The row."""

        def question(tx: Any) -> dict[str, Any]:
            return dict(tx.execute("SELECT * FROM lead WHERE id = ?", (lead,)).fetchone())

        return await self.desk.database.read(question)

    async def has(self, lead: str) -> tuple[str, str]:
        """State and owner."""
        row = await self.lead(lead)
        return row["state"], row["owner"]

    async def to_come(self, lead: str) -> list[str]:
        """What is to happen to a lead if nobody acts, in order."""
        rows = await self.desk.column("SELECT action FROM timer WHERE lead_id = ? ORDER BY due_at, number", lead)
        return [str(each) for each in rows]

    async def said(self, lead: str, *, state: str = "pending") -> list[str]:
        """The reminders about a lead in this state, as "what -> whom"."""
        rows = await self.desk.column(
            """SELECT text || ' -> ' || destination || ' ' || address FROM delivery
               WHERE lead_id = ? AND kind = 'reminder' AND state = ? ORDER BY rowid""",
            lead,
            state,
        )
        return [str(each) for each in rows]

    async def mailed(self, lead: str) -> list[str]:
        """Who was sent the lead itself by mail."""
        rows = await self.desk.column(
            """SELECT address FROM delivery WHERE lead_id = ? AND kind = 'alert' AND destination = 'email'
               ORDER BY rowid""",
            lead,
        )
        return [str(each) for each in rows]

    async def notices(self) -> list[str]:
        """What the operator was told."""
        return [str(each) for each in await self.desk.column("SELECT text FROM delivery WHERE kind = 'notice'")]

    async def turns(self) -> list[str]:
        """Whose turns were taken, in order."""
        return [str(each) for each in await self.desk.column("SELECT person FROM turn ORDER BY id")]


def dm(name: str) -> str:
    """A person's own Slack address."""
    return f"slack U0{name.upper()}"


def mail(name: str) -> Target:
    """A person's mailbox."""
    return Target(destination="email", address=f"{name}@example.com", person=name)
