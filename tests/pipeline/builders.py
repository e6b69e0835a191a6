"""A small outside world for the pipeline: a source and a destination that do as they are told, and a shift."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from bot.config.model import Config, LinkedInSettings, Secret, ServerSettings, SourceEntry
from bot.core.choosing import Router
from bot.core.counting import Listed
from bot.core.delivery import Receipt, Target
from bot.core.errors import NotFound, UpstreamError
from bot.core.facts import Vocabulary
from bot.core.people import People, Person
from bot.core.retry import RetryPolicy
from bot.core.routing import Rule, Then
from bot.pipeline.breaker import Breaker
from bot.pipeline.deliver import Deliverer
from bot.pipeline.dispatch import Dispatcher
from bot.pipeline.fingerprints import Fingerprints
from bot.pipeline.pull import Pull
from bot.pipeline.refresh import Refresher
from bot.pipeline.shift import Bell, Shift
from bot.ports import FetchedLead, Job, Posted, Stream
from bot.store.database import Database
from bot.store.entries import Clerk
from bot.store.notice_board import SqliteNoticeBoard
from bot.store.pauses import SqlitePauses
from bot.store.pull_book import SqlitePullBook
from bot.store.tally_book import SqliteTallyBook
from bot.store.watch_book import SqliteWatchBook
from tests.builders import SLACK_ALL, a_lead
from tests.clock import Clock
from tests.store.builders import Desk

Work = TypeVar("Work")

OWNER = "urn:li:sponsoredAccount:507857085"
PEOPLE = People(by_name={name: Person(name=name) for name in ("anna", "ben", "dora")}, managers=frozenset({"dora"}))


def a_config(*post: Target, last: Sequence[Target] = (), look_back: timedelta = timedelta(hours=24)) -> Config:
    """A rule file whose only rule posts to `post`; with `last`, that is the catch-all behind it."""
    rules = [Rule(name="Everything", line=1, then=Then(post=post or (SLACK_ALL,)))]
    if last:
        rules.append(Rule(name="The rest", line=2, then=Then(post=tuple(last))))
    return Config(
        path=Path("config.yaml"),
        text="",
        version="v1",
        timezone="Europe/Berlin",
        sources=(SourceEntry(name="ads", owner=OWNER, lead_types=("SPONSORED",)),),
        vocabulary=Vocabulary(
            sources={(OWNER, "SPONSORED"): "ads"},
            forms={"6083": "demo-request"},
            campaigns={"367378525": "dach-enterprise"},
        ),
        people=PEOPLE,
        rules=tuple(rules),
        test_leads=None,
        router=Router(rules, None),
        templates={"default": "lead"},
        server=ServerSettings(host="127.0.0.1", port=0, public_url="http://localhost"),
        database=Path("leadbell.db"),
        linkedin=LinkedInSettings(
            client_id="id",
            client_secret=Secret("secret"),
            access_token=Secret("token"),
            api_url="http://localhost",
            auth_url="http://localhost",
            api_version="202608",
            require_signature=True,
            poll_every=timedelta(minutes=5),
            look_back=look_back,
        ),
        slack=None,
        email=None,
    )


Trouble = UpstreamError | Exception | None


@dataclass
class Door:
    """What shall go wrong at the next calls, in order; afterwards all is well. `hang` waits for ever instead."""

    troubles: list[Trouble] = field(default_factory=list)
    hangs: bool = False

    def add(self, *troubles: Trouble) -> None:
        self.troubles += troubles

    async def pass_through(self) -> None:
        if self.hangs:
            await asyncio.Event().wait()
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble is not None:
            raise trouble


@dataclass
class Channel:
    """A destination that keeps what it was sent. `lose_answer`: the message arrives, its sender never hears of it."""

    name: str = "slack"
    sending: Door = field(default_factory=Door)
    looking: Door = field(default_factory=Door)
    editing: Door = field(default_factory=Door)
    lose_answer: list[Exception] = field(default_factory=list)
    sent: list[Job] = field(default_factory=list)
    looked: list[Job] = field(default_factory=list)
    edited: list[Job] = field(default_factory=list)

    async def send(self, job: Job) -> Receipt:
        await self.sending.pass_through()
        self.sent.append(job)
        if self.lose_answer:
            raise self.lose_answer.pop(0)
        return self._receipt(job, len(self.sent))

    async def look_up(self, job: Job) -> Receipt | None:
        self.looked.append(job)
        await self.looking.pass_through()
        there = [number for number, each in enumerate(self.sent, 1) if each.delivery == job.delivery]
        return self._receipt(job, there[0]) if there else None

    async def edit(self, job: Job, receipt: Receipt) -> None:
        await self.editing.pass_through()
        self.edited.append(job)

    def _receipt(self, job: Job, number: int) -> Receipt:
        return Receipt(address=job.address, message=f"{number}.0", is_plain=job.is_plain)


@dataclass
class Leads:
    """A source that has the leads it was given."""

    known: dict[str, FetchedLead] = field(default_factory=dict)
    fetching: Door = field(default_factory=Door)
    listing: Door = field(default_factory=Door)
    fetched: list[str] = field(default_factory=list)
    asked: list[tuple[Stream, datetime, datetime]] = field(default_factory=list)

    def add(self, *response_ids: str, submitted_at: datetime | None = None) -> None:
        for each in response_ids:
            lead = a_lead(each) if submitted_at is None else a_lead(each, submitted_at=submitted_at)
            self.known[each] = FetchedLead(lead=lead, raw=b"{}")

    def answer_challenge(self, query: Mapping[str, str]) -> dict[str, str]:
        return dict(query)

    def read_notification(self, headers: Mapping[str, str], body: bytes) -> Posted:
        return Posted(notifications=())

    async def fetch(self, response_id: str) -> FetchedLead:
        self.fetched.append(response_id)
        await self.fetching.pass_through()
        if response_id not in self.known:
            raise NotFound("LinkedIn does not have it", code="404")
        return self.known[response_id]

    async def recent(self, stream: Stream, *, since: datetime, until: datetime) -> AsyncIterator[FetchedLead]:
        self.asked.append((stream, since, until))
        for each in sorted(self.known.values(), key=lambda each: each.lead.submitted_at, reverse=True):
            if since <= each.lead.submitted_at <= until:
                await self.listing.pass_through()
                yield each

    async def listed(self, stream: Stream, *, since: datetime, until: datetime) -> AsyncIterator[Listed]:
        async for each in self.recent(stream, since=since, until=until):
            yield Listed(response_id=each.lead.response_id, submitted_at=each.lead.submitted_at)


class Floor:
    """The whole pipeline on a real store, with one channel, one source and a clock that only the test moves."""

    def __init__(self, database: Database, clerk: Clerk, clock: Clock) -> None:
        self.clock = clock
        self.config = a_config()
        self.desk = Desk(database, clerk, clock)
        self.channel = Channel()
        self.leads = Leads()
        self.rings = Bell(0)
        self.pauses = SqlitePauses(database)
        self.shift = Shift(
            live=lambda: self.config,
            now=clock,
            policy=RetryPolicy(),
            ring=self._ring,
            pauses=self.pauses,
            notice_board=SqliteNoticeBoard(database, clerk),
            chance=random.Random(3),
        )
        self.breaker = Breaker("linkedin", self.shift)
        self.pull_book = SqlitePullBook(database, clerk)
        self.watch_book = SqliteWatchBook(database, clerk)
        self.tally_book = SqliteTallyBook(database, clerk)
        self.pull = Pull(
            source=self.leads,
            inbox=self.desk.inbox,
            book=self.pull_book,
            watch=self.watch_book,
            breaker=self.breaker,
            shift=self.shift,
        )
        self.use(self.channel)

    def use(self, channel: Channel) -> None:
        """Deliver through this channel from now on."""
        self.channel = channel
        self.deliverer = Deliverer(destination=channel, outbox=self.desk.outbox, shift=self.shift)
        self.refresher = Refresher(destination=channel, edits=self.desk.edits, shift=self.shift)
        self.dispatcher = Dispatcher(
            source=self.leads,
            queue=self.desk.queue,
            shift=self.shift,
            breaker=self.breaker,
            fingerprints=Fingerprints(hash=lambda purpose, text: f"{purpose}: {text}", live=self.shift.live),
        )

    def _ring(self, bell: Bell) -> None:
        self.rings |= bell

    async def deliver(self) -> int:
        """Work all deliveries that are due at this moment; how many pieces of work that were."""
        return await _drain(lambda: self.deliverer.lease(20), self.deliverer.run)

    async def refresh(self) -> int:
        return await _drain(lambda: self.refresher.lease(20), self.refresher.run)

    async def dispatch(self) -> int:
        return await _drain(lambda: self.dispatcher.lease(20), self.dispatcher.run)

    async def deliver_until(self, *, hours: float, step_seconds: float) -> None:
        """Let time pass in steps, working what becomes due."""
        for _ in range(int(hours * 3600 / step_seconds)):
            self.clock.advance(seconds=step_seconds)
            await self.deliver()

    async def notices(self) -> list[str]:
        """What the operator was told, in order."""
        return [
            str(each)
            for each in await self.desk.column("SELECT text FROM delivery WHERE kind = 'notice' ORDER BY rowid")
        ]

    async def states(self, kind: str = "alert") -> list[object]:
        return await self.desk.column("SELECT state FROM delivery WHERE kind = ? ORDER BY rowid", kind)


async def _drain(lease: Callable[[], Awaitable[list[Work]]], run: Callable[[Work], Awaitable[None]]) -> int:
    done = 0
    while due := await lease():
        await asyncio.gather(*(run(each) for each in due))
        done += len(due)
        assert done < 1000, "the same work comes again and again"
    return done
