"""A LinkedIn on loopback with a form of each kind, and the source that talks to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp

from bot.core.connection import Renewal
from bot.ports import FetchedLead, Stream
from bot.sandbox.linkedin import LinkedInStandIn, Question
from bot.sources.linkedin import LinkedIn
from bot.sources.linkedin.api import Api
from bot.sources.linkedin.client import Client

SAMPLES = Path(__file__).parents[2] / "samples" / "linkedin"
SECRET = "test_client_secret"
ACCOUNT = "urn:li:sponsoredAccount:507857085"
PAGE = "urn:li:organization:12345678"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)

ADS = Stream(source="ads", owner=ACCOUNT, lead_type="SPONSORED")
EVENTS = Stream(source="page", owner=PAGE, lead_type="EVENT")

ANSWERS = {"First name": "Erika", "Last name": "Beispiel", "Email": "erika@firma.example", "Products": "Sensors"}

_PERSON = (
    Question(10, "Vorname", "First name", "FIRST_NAME"),
    Question(11, "Nachname", "Last name", "LAST_NAME"),
    Question(12, "E-Mail", "Email", "EMAIL"),
)


def sample(name: str) -> bytes:
    """A file of tests/samples/linkedin."""
    return (SAMPLES / name).read_bytes()


@dataclass
class World:
    """The stand-in, the source under test, and the token it uses."""

    linkedin: LinkedInStandIn
    source: LinkedIn = field(init=False)
    token: str = "good-token"
    refreshed: int = 0
    refresh_to: str | None = None  #: None = there is no other token
    verdict: Renewal = Renewal.NONE  #: on the old one, when there is no other
    now: datetime = NOON

    async def refresh(self) -> Renewal:
        self.refreshed += 1
        await asyncio.sleep(0)  # as a real refresh, it lets others run
        if self.refresh_to is None:
            return self.verdict
        self.token = self.refresh_to
        return Renewal.RENEWED

    def paths(self) -> list[str]:
        return [request.raw_path for request in self.linkedin.requests]

    def submit_many(self, number: int, *, first_at: datetime = NOON - timedelta(hours=2)) -> list[str]:
        """`number` leads, a second apart."""
        return [
            self.linkedin.submit(form=6083, answers=ANSWERS, submitted_at=first_at + timedelta(seconds=place))
            for place in range(number)
        ]


@asynccontextmanager
async def a_world(
    *, deadline: timedelta = timedelta(seconds=10), can_refresh: bool = True, api_version: str = "202608"
) -> AsyncIterator[World]:
    """Everything up and running, with forms 6083 (ads) and 6955637458260688897 (Page)."""
    linkedin = LinkedInStandIn(client_secret=SECRET, access_token="good-token", now=lambda: NOON)
    await linkedin.start()
    _fill(linkedin)
    world = World(linkedin)
    try:
        async with aiohttp.ClientSession() as session:
            api = Api(
                session,
                api_version=api_version,
                access_token=lambda: world.token,
                now=lambda: world.now,
                refresh=world.refresh if can_refresh else None,
                deadline=deadline,
            )
            client = Client(api, api_url=linkedin.url)
            world.source = LinkedIn(client, client_secrets=(SECRET,), now=lambda: world.now)
            yield world
            await world.source.close()
    finally:
        await linkedin.stop()


async def all_recent(world: World, stream: Stream = ADS, *, hours: int = 24) -> list[FetchedLead]:
    """What the pull finds in the last hours."""
    return [lead async for lead in world.source.recent(stream, since=NOON - timedelta(hours=hours), until=NOON)]


def _fill(linkedin: LinkedInStandIn) -> None:
    products = Question(13, "Welche Produkte?", "Products", options=("Sensors", "Controls", "Advice"))
    linkedin.add_owner(ACCOUNT, "Nordwind EMEA")
    linkedin.add_owner(PAGE, "Nordwind")
    linkedin.add_form(
        id=6083,
        name="Demo request",
        owner=ACCOUNT,
        questions=[*_PERSON, products],
        hidden={"utm_source": "linkedin"},
        consents=[(0, "I agree.", True), (3, "Send me news.", False)],
        locale=("de", "CH"),
        version=2,
    )
    linkedin.add_form(id=6955637458260688897, name="Webinar sign-up", owner=PAGE, questions=_PERSON)
    linkedin.add_campaign(id=367378525, name="DACH enterprise", account=ACCOUNT)
