"""A stage over the real stand-ins, with a small server in the product's place that only writes down what it gets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

import aiohttp
from aiohttp import web

from bot.sandbox.linkedin import LinkedInStandIn, Question
from bot.sandbox.mailbox import Mailbox
from bot.sandbox.slack import SlackStandIn
from bot.sandbox.stage import Rep, Stage, World

DEMO, EBOOK, CAMPAIGN = 6955637458260688897, 6120, 367378525
ACCOUNT = "urn:li:sponsoredAccount:507857085"
CONSENT = 7
TOKEN = "xoxb-stage"
ANNA, BEN = "U0ANNA", "U0BEN"

QUESTIONS = (
    Question(1, "First name", "firstName", "FIRST_NAME"),
    Question(2, "Last name", "lastName", "LAST_NAME"),
    Question(3, "Work email", "workEmail", "WORK_EMAIL"),
    Question(4, "Country", "country", "COUNTRY", ("Germany", "Norge")),
    Question(5, "When do you start?", "Custom question 0", "", ("Now", "Later")),
)
JANE = {
    "firstName": "Jane",
    "lastName": "Roe",
    "workEmail": "jane@roe.example",
    "country": "Germany",
    "Custom question 0": "Now",
}
JANES_LEAD = {"form": str(DEMO), "campaign": str(CAMPAIGN), "answers": JANE, "consent": True, "test": False}


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that reached the product's place."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Receiver:
    """Stands where Leadbell would: takes notifications and presses, and answers `status`."""

    url: str = ""
    status: int = 200
    seen: list[Seen] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        """Write the request down."""
        self.seen.append(Seen(request.path, dict(request.headers), await request.read()))
        return web.Response(status=self.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everything a test of the stage plays with."""

    linkedin: LinkedInStandIn
    slack: SlackStandIn
    mailbox: Mailbox
    receiver: Receiver
    stage: Stage
    browser: aiohttp.ClientSession

    async def get(self, path: str, **headers: str) -> tuple[int, dict[str, object]]:
        """Status and JSON of a GET."""
        async with self.browser.get(self.stage.url + path, headers=headers) as response:
            return response.status, await response.json()

    async def post(self, path: str, fields: object, **headers: str) -> tuple[int, dict[str, object]]:
        """Status and JSON of a POST."""
        async with self.browser.post(self.stage.url + path, json=fields, headers=headers) as response:
            return response.status, await response.json()

    async def steps_done(self) -> set[str]:
        """The steps ticked on the page."""
        _, state = await self.get("api/state")
        steps = state["steps"]
        assert isinstance(steps, list)
        return {step["key"] for step in steps if step["done"]}

    async def call_slack(self, method: str, **arguments: object) -> str:
        """A call of Slack's Web API as the bot; the `ts` it answers."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with self.browser.post(self.slack.url + method, json=arguments, headers=headers) as response:
            answer = await response.json()
        assert answer["ok"], answer
        return str(answer.get("ts", ""))


def a_card(title: str, *, button: str = "Claim") -> list[dict[str, object]]:
    """The blocks of a card with one button and one menu."""
    option = {"text": {"type": "plain_text", "text": "Give back"}, "value": "give_back"}
    return [
        {"type": "section", "text": {"type": "mrkdwn", "text": title}},
        {
            "type": "actions",
            "elements": [
                {
                    "type": "button",
                    "action_id": "the_button",
                    "style": "primary",
                    "text": {"type": "plain_text", "text": button},
                    "value": "1",
                },
                {
                    "type": "static_select",
                    "action_id": "the_menu",
                    "placeholder": {"type": "plain_text", "text": "More…"},
                    "options": [option],
                },
            ],
        },
    ]


@asynccontextmanager
async def a_scene() -> AsyncIterator[Scene]:
    """Stand-ins, receiver and stage, all listening; stopped in the order in which the demo stops."""
    linkedin, slack, mailbox = _stand_ins()
    receiver = Receiver()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(_listening(receiver))
        for stand_in in (linkedin, slack, mailbox):
            await stand_in.start()
            stack.push_async_callback(stand_in.stop)
        slack.request_url = receiver.url + "/slack/events"
        stage = Stage(
            linkedin=linkedin,
            slack=slack,
            mailbox=mailbox,
            webhook_url=receiver.url + "/linkedin/webhook",
            world=_world(),
            random=Random(7),
        )
        browser = await stack.enter_async_context(aiohttp.ClientSession())
        await stage.start()
        stack.push_async_callback(stage.stop)
        yield Scene(linkedin=linkedin, slack=slack, mailbox=mailbox, receiver=receiver, stage=stage, browser=browser)


def _now() -> datetime:
    return datetime.now(UTC)


def _stand_ins() -> tuple[LinkedInStandIn, SlackStandIn, Mailbox]:
    linkedin = LinkedInStandIn(client_secret="secret", access_token="token", now=_now)
    consents = [(CONSENT, "I agree to be called.", True)]
    linkedin.add_form(id=DEMO, name="Request a demo", owner=ACCOUNT, questions=QUESTIONS, consents=consents)
    linkedin.add_form(id=EBOOK, name="E-book", owner=ACCOUNT, questions=QUESTIONS[:3])
    linkedin.add_campaign(id=CAMPAIGN, name="DACH enterprise", account=ACCOUNT)
    slack = SlackStandIn(signing_secret="signing", bot_token=TOKEN, now=_now)
    slack.add_user(id=ANNA, name="Anna", email="anna@example.com")
    slack.add_user(id=BEN, name="Ben", email="ben@example.com")
    slack.add_channel(name="leads-dach", id="C0DACH")
    slack.add_channel(name="leads-all", id="C0ALL")
    return linkedin, slack, Mailbox(now=_now)


def _world() -> World:
    return World(
        reps=(Rep(name="Anna", user=ANNA), Rep(name="Ben", user=BEN)), forms=(DEMO, EBOOK), campaigns=(CAMPAIGN,)
    )


@asynccontextmanager
async def _listening(receiver: Receiver) -> AsyncIterator[None]:
    app = web.Application()
    app.router.add_post("/{path:.*}", receiver.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield
    finally:
        await runner.cleanup()
