"""The whole product between the stand-ins, for stories: real sockets, real SQLite, waits shortened."""

from __future__ import annotations

import asyncio
import random
import socket
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp

from bot.app import Beginning, Running, Timing, beginning, running, utc_now
from bot.config.live.rule_file import RuleFile
from bot.config.live.watching import Pace
from bot.config.load import load_config
from bot.config.model import Config
from bot.core.retry import RetryPolicy
from bot.sandbox.linkedin import LinkedInStandIn, Question
from bot.sandbox.mailbox import Mailbox
from bot.sandbox.slack import SlackStandIn

CLIENT_SECRET = "client-secret-of-the-story"
ACCESS_TOKEN = "access-token-of-the-story"
SIGNING_SECRET = "signing-secret-of-the-story"
BOT_TOKEN = "xoxb-token-of-the-story"

ANNA, BEN, DORA, STRANGER = "U0ANNA", "U0BEN", "U0DORA", "U0STRANGER"

FORM, CAMPAIGN, AD_ACCOUNT = 6083, 367378525, "urn:li:sponsoredAccount:507857085"

RULES = """
version: 1
sources:
  ads: {owner: sponsoredAccount:507857085, lead_types: [SPONSORED]}
names:
  forms: {demo-request: 6083}
  campaigns: {spring: 367378525}
people:
  anna: {slack: anna@example.com, email: anna@example.com}
  ben:  {slack: ben@example.com,  email: ben@example.com}
  dora: {slack: dora@example.com, email: dora@example.com}
rules:
  - name: Germany
    when: {country: Germany}
    post: "#leads-dach"
    owner: anna
    email: owner
  - name: Everything else
    post: "#leads-all"
templates: {default: lead}
server: {host: 127.0.0.1, port: 0}
database: ${DATABASE_URL}
linkedin:
  client_id: ${LINKEDIN_CLIENT_ID}
  client_secret: ${LINKEDIN_CLIENT_SECRET}
  access_token: ${LINKEDIN_ACCESS_TOKEN}
  api_url: ${LINKEDIN_API_URL}
  auth_url: ${LINKEDIN_API_URL}
  poll: {every: 1 h, look_back: 24 h}
slack:
  bot_token: ${SLACK_BOT_TOKEN}
  signing_secret: ${SLACK_SIGNING_SECRET}
  api_url: ${SLACK_API_URL}
  admin_channel: "#admin"
  managers: [dora]
email:
  smtp: ${SMTP_URL}
  from: Lead alerts <alerts@example.com>
"""

#: A file that routes to one channel, for what is about LinkedIn: its account is connected by the consent.
ONE_CHANNEL = """
version: 1
sources:
  ads: {owner: sponsoredAccount:507857085, lead_types: [SPONSORED]}
names: {forms: {demo-request: 6083}, campaigns: {spring: 367378525}}
rules: [{name: Everything, post: "#leads-all"}]
server: {host: 127.0.0.1, port: 0, public_url: "${PUBLIC_URL}"}
database: ${DATABASE_URL}
secret_key: ${LEADBELL_SECRET_KEY:-}
linkedin:
  client_id: ${LINKEDIN_CLIENT_ID}
  client_secret: ${LINKEDIN_CLIENT_SECRET}
  access_token: ${LINKEDIN_ACCESS_TOKEN:-}
  api_url: ${LINKEDIN_API_URL}
  auth_url: ${LINKEDIN_API_URL}
  poll: {every: 1 h, look_back: 24 h}
slack:
  bot_token: ${SLACK_BOT_TOKEN}
  signing_secret: ${SLACK_SIGNING_SECRET}
  api_url: ${SLACK_API_URL}
  admin_channel: "#admin"
"""

#: The same laws as the product's, sooner.
QUICK = Timing(
    timers=timedelta(milliseconds=100),
    retry=RetryPolicy(
        look_after=timedelta(milliseconds=50),
        look_again_after=timedelta(milliseconds=100),
        outage_wait=timedelta(milliseconds=200),
    ),
    webhook_time=timedelta(0),
    watching=Pace(poll=timedelta(milliseconds=200), gather=timedelta(milliseconds=10)),
)

QUESTIONS = (
    Question(id=1, text="First name", name="first", predefined="FIRST_NAME"),
    Question(id=2, text="Last name", name="last", predefined="LAST_NAME"),
    Question(id=3, text="Email", name="email", predefined="EMAIL"),
    Question(id=4, text="Company", name="company", predefined="COMPANY_NAME"),
    Question(id=5, text="Country", name="country", predefined="COUNTRY"),
)


@dataclass(frozen=True, slots=True)
class World:
    """The stand-ins and the file that points at them."""

    linkedin: LinkedInStandIn
    slack: SlackStandIn
    mailbox: Mailbox
    config: Config
    environment: Mapping[str, str]

    @asynccontextmanager
    async def product(self, timing: Timing = QUICK, *, follows_file: bool = False) -> AsyncIterator[Running]:
        """The product, started in this process; buttons and webhooks reach it. Edits of the file do when it follows."""
        begun = await self.begun() if follows_file else None
        config = begun.config if begun is not None else self.config
        async with running(config, timing, beginning=begun) as server:
            self.slack.request_url = f"http://127.0.0.1:{server.port}/slack/events"
            yield server

    async def begun(self) -> Beginning:
        """What `leadbell run` would begin with now."""
        settle = timedelta(milliseconds=30)
        begun = await beginning(RuleFile(path=self.config.path, environment=self.environment, settle=settle))
        assert isinstance(begun, Beginning), begun.problems
        return begun

    def submit(self, **answers: str) -> str:
        """Somebody fills in the form; the response id."""
        given = {"first": "Ana", "last": "Silva", "email": "ana@acme.example", "company": "ACME", "country": "Spain"}
        return self.linkedin.submit(form=FORM, answers={**given, **answers}, campaign=CAMPAIGN)

    async def notify(self, server: Running, response_id: str, action: str = "CREATED", **more: object) -> int:
        """LinkedIn posts its notification; the HTTP status."""
        url = f"http://127.0.0.1:{server.port}/linkedin/webhook"
        return await self.linkedin.notify(url, response_id, action=action, **more)  # type: ignore[arg-type]

    def texts(self, channel: str) -> list[str]:
        """The sentence of each message in a channel."""
        return [message.text for message in self.slack.messages(channel)]

    async def press(self, user: str, action: str, channel: str = "#leads-all", index: int = 0) -> int:
        """Press a button on a card, or choose an entry of its menu; the HTTP status that Slack got."""
        message = self.slack.messages(channel)[index]
        channel_id = next(each.id for each in self.slack.channels.values() if message in each.messages)
        if action == "give_back":
            return await self.slack.press(
                user=user, channel=channel_id, ts=message.ts, action_id="lead_more", option="give_back"
            )
        return await self.slack.press(user=user, channel=channel_id, ts=message.ts, action_id=action)

    async def choose(self, user: str, option: str, channel: str = "#leads-all", index: int = 0) -> int:
        """Choose an entry of a card's menu; the HTTP status that Slack got."""
        message = self.slack.messages(channel)[index]
        channel_id = next(each.id for each in self.slack.channels.values() if message in each.messages)
        return await self.slack.press(
            user=user, channel=channel_id, ts=message.ts, action_id="lead_more", option=option
        )


@asynccontextmanager
async def a_world(
    folder: Path, rules: str = RULES, now: Callable[[], datetime] = utc_now, /, **environment: str
) -> AsyncIterator[World]:
    """The stand-ins, started, and a rule file in `folder`. `now` is the clock of LinkedIn and Slack."""
    linkedin = LinkedInStandIn(client_secret=CLIENT_SECRET, access_token=ACCESS_TOKEN, client_id="story", now=now)
    linkedin.add_form(id=FORM, name="Demo request", owner=AD_ACCOUNT, questions=QUESTIONS)
    linkedin.add_campaign(id=CAMPAIGN, name="Spring", account=AD_ACCOUNT)
    slack = SlackStandIn(signing_secret=SIGNING_SECRET, bot_token=BOT_TOKEN, now=now)
    for user, name in ((ANNA, "Anna"), (BEN, "Ben"), (DORA, "Dora"), (STRANGER, "Sam")):
        slack.add_user(id=user, name=name, email=f"{name.lower()}@example.com")
    for channel in ("leads-all", "leads-dach", "admin"):
        slack.add_channel(name=channel)
    mailbox = Mailbox(now=utc_now)
    try:
        for stand_in in (linkedin, slack, mailbox):
            await stand_in.start()
        settings = {**_environment(linkedin, slack, mailbox, folder), **environment}
        file = folder / "config.yaml"
        file.write_text(rules, encoding="utf-8")
        config = load_config(file, settings, need_secrets=True)
        yield World(linkedin, slack, mailbox, replace(config), settings)
    finally:
        for stand_in in (linkedin, slack, mailbox):
            await stand_in.stop()


def _environment(linkedin: LinkedInStandIn, slack: SlackStandIn, mailbox: Mailbox, folder: Path) -> dict[str, str]:
    return {
        "DATABASE_URL": f"sqlite:{folder / 'leads.db'}",
        "LINKEDIN_CLIENT_ID": "story",
        "LINKEDIN_CLIENT_SECRET": CLIENT_SECRET,
        "LINKEDIN_ACCESS_TOKEN": ACCESS_TOKEN,
        "LINKEDIN_API_URL": linkedin.url,
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_API_URL": slack.url,
        "SMTP_URL": mailbox.url,
    }


class Leap:
    """The product's clock: the real one, and whatever it was set forward by."""

    def __init__(self, by: timedelta = timedelta()) -> None:
        self.by = by

    def __call__(self) -> datetime:
        return utc_now() + self.by

    def to(self, instant: datetime) -> None:
        """Set it to `instant`; it goes on from there."""
        self.by = instant - utc_now()

    def timing(self) -> Timing:
        """The waits of the stories, by this clock."""
        return replace(QUICK, now=self)


def free_port() -> int:
    """A port that nobody listens on, and that no connection of a test beside this one is given by the system."""
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)  # below the range of such ports on Linux
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def rows(world: World, sql: str) -> list[tuple[object, ...]]:
    """What the database answers, asked from outside."""
    connection = sqlite3.connect(world.config.database)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


async def until(condition: Callable[[], object], *, seconds: float = 10.0) -> None:
    """Wait for a condition; fails when it does not come true in time."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def get(port: int, path: str) -> tuple[int, str]:
    """Status and text of a GET."""
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as response:
        return response.status, await response.text()
