"""Shared values and a running workspace for the tests of everything Slack."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import aiohttp
from aiohttp import web
from yarl import URL

from bot.config.model import Secret, SlackSettings
from bot.core.claiming import ClaimAction
from bot.core.delivery import DeliveryKind
from bot.core.ids import DeliveryId, LeadId
from bot.core.lead import Answer, Lead, LeadState, Named
from bot.core.people import People, Person, Pick, Team
from bot.core.story import LeadView
from bot.destinations.slack import Endpoint, Slack, connect
from bot.destinations.slack.directory import Directory
from bot.ports import Job, Press, UndoPress
from bot.rendering import CardText
from bot.sandbox.slack import SlackStandIn

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TOKEN = "xoxb-stand-in"
PEOPLE = People(
    by_name={
        "anna": Person(name="anna", slack="anna@example.com"),
        "ben": Person(name="ben", slack="U0BEN"),
    },
    managers=frozenset({"ben"}),
    teams={"dach": Team(name="dach", pick=Pick.TURNS, members={"anna": 2, "ben": 1})},
)


def a_lead(*, first_name: str = "Ana", company: str = "ACME", is_test: bool = False) -> Lead:
    answers = {
        "first_name": first_name,
        "last_name": "Silva",
        "job_title": "Head of IT",
        "company": company,
        "email": "ana@acme.example",
    }
    return Lead(
        response_id="r-1",
        submitted_at=NOW - timedelta(seconds=42),
        owner="urn:li:sponsoredAccount:1",
        lead_type="SPONSORED",
        is_test=is_test,
        form=Named(id="1", name="Demo"),
        answers=tuple(Answer(question=name, values=(text,), field=name) for name, text in answers.items()),
    )


def a_view(
    state: LeadState = LeadState.UNASSIGNED,
    *,
    owner: str = "",
    lead: Lead | None = None,
    is_late: bool = False,
    revision: int = 0,
    **more: object,
) -> LeadView:
    """`more` names further fields of LeadView."""
    claimed_at = NOW if state in {LeadState.CLAIMED, LeadState.CONTACTED} else None
    view = LeadView(
        id=LeadId("l1jrd5kz9hq2m8x"),
        lead=None if state is LeadState.ERASED else lead or a_lead(),
        state=state,
        received_at=NOW,
        owner=owner,
        owned_since=claimed_at,
        claimed_at=claimed_at,
        contacted_at=NOW if state is LeadState.CONTACTED else None,
        is_late=is_late,
        revision=revision,
    )
    return replace(view, **more)  # type: ignore[arg-type] # callers name fields of LeadView


def words(title: str = "*Ana Silva*", facts: tuple[str, ...] = ("*E-mail* ana",), context: str = "Demo") -> CardText:
    return CardText(title=title, facts=facts, context=context)


def a_job(
    kind: DeliveryKind = DeliveryKind.ALERT,
    *,
    delivery: str = "d1",
    address: str = "#leads",
    view: LeadView | None = None,
    person: str = "",
    text: str = "",
    tried_at: datetime | None = NOW,
    is_plain: bool = False,
    is_possible_repeat: bool = False,
    **more: object,
) -> Job:
    """An alert, unless `kind` says otherwise; `more` names further fields of Job."""
    job = Job(
        delivery=DeliveryId(delivery),
        kind=kind,
        address=address,
        person=person,
        lead=(view or a_view()) if kind in {DeliveryKind.ALERT, DeliveryKind.REMINDER} else None,
        text=text,
        first_tried_at=tried_at,
        tried_at=tried_at,
        is_plain=is_plain,
        is_possible_repeat=is_possible_repeat,
    )
    return replace(job, **more)  # type: ignore[arg-type] # callers name fields of Job


class FixedWords:
    """Words a card with whatever text the test gives."""

    def __init__(self) -> None:
        self.text = words()

    def slack(self, template: str, view: LeadView) -> CardText:
        return self.text


class Memory:
    """Remembers addresses for as long as the test runs."""

    def __init__(self, known: dict[str, str] | None = None) -> None:
        self.known = known or {}

    async def load(self) -> dict[str, str]:
        return dict(self.known)

    async def remember(self, email: str, user_id: str) -> None:
        self.known[email] = user_id


@dataclass
class RecordingDesk:
    """Writes down every press; `failure` is raised instead, when there is one."""

    presses: list[tuple[str, Press]] = field(default_factory=list)
    undone: list[tuple[str, UndoPress]] = field(default_factory=list)
    failure: Exception | None = None

    async def claim(self, press: Press) -> None:
        self._note("claim", press)

    async def contacted(self, press: Press) -> None:
        self._note("contacted", press)

    async def give_back(self, press: Press) -> None:
        self._note("give_back", press)

    async def outcome(self, action: ClaimAction, press: Press) -> None:
        self._note(action.value, press)

    async def undo(self, version: str, press: UndoPress) -> None:
        if self.failure is not None:
            raise self.failure
        self.undone.append((version, press))

    def _note(self, word: str, press: Press) -> None:
        if self.failure is not None:
            raise self.failure
        self.presses.append((word, press))


class Clock:
    """A time that moves only when told."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time


@dataclass(kw_only=True)
class World:
    """A workspace, our Slack parts against it, and the address that presses are posted to."""

    workspace: SlackStandIn
    slack: Slack
    desk: RecordingDesk
    words: FixedWords
    memory: Memory
    clock: Clock
    session: aiohttp.ClientSession
    url: str

    def methods(self) -> list[str]:
        return [call.method for call in self.workspace.calls]


@asynccontextmanager
async def a_world(
    *, people: People = PEOPLE, memory: Memory | None = None, call_seconds: float = 5
) -> AsyncIterator[World]:
    """Everything running on loopback: the channel #leads, Anna and Ben as members."""
    clock, memory = Clock(), memory or Memory()
    workspace = SlackStandIn(signing_secret=SECRET, bot_token=TOKEN, now=clock)
    workspace.add_user(id="U0ANNA", name="Anna", email="anna@example.com")
    workspace.add_user(id="U0BEN", name="Ben", email="ben@example.com")
    workspace.add_channel(name="leads", id="C0LEADS")
    await workspace.start()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=call_seconds, connect=2)) as session:
        settings = SlackSettings(
            bot_token=Secret(TOKEN), signing_secret=Secret(SECRET), api_url=workspace.url, admin_channel="#leads"
        )
        texts, desk = FixedWords(), RecordingDesk()
        slack = connect(settings, session=session, people=lambda: people, words=texts, remembers=memory, now=clock)
        try:
            async with serving(slack.endpoint(desk)) as url:
                workspace.request_url = str(url)
                yield World(
                    workspace=workspace,
                    slack=slack,
                    desk=desk,
                    words=texts,
                    memory=memory,
                    clock=clock,
                    session=session,
                    url=workspace.request_url,
                )
        finally:
            await workspace.stop()


@asynccontextmanager
async def serving(endpoint: Endpoint) -> AsyncIterator[URL]:
    """A server whose /slack/events is `endpoint`; its address."""
    app = web.Application()
    app.router.add_post("/slack/events", endpoint)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield URL(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
    finally:
        await runner.cleanup()


@asynccontextmanager
async def preparing(part: Slack | Directory) -> AsyncIterator[None]:
    """`part.prepare()` running beside the block, cancelled at its end; whatever failed in it fails the block."""
    task = asyncio.create_task(part.prepare())
    try:
        yield
        assert not task.done(), "it runs until it is cancelled"
    finally:
        task.cancel()
        async with asyncio.timeout(1):
            await asyncio.wait({task})
        if not task.cancelled():
            task.result()


@asynccontextmanager
async def prepared(world: World) -> AsyncIterator[None]:
    """The same, once Anna is known."""
    async with preparing(world.slack):
        await until(lambda: world.slack.directory.person_of("U0ANNA"))
        yield


async def until(condition: Callable[[], object]) -> None:
    """Wait for a condition; fails when it does not come true in time."""
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)
