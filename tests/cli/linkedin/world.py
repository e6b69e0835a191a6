"""A LinkedIn on loopback, a folder with a rule file that names it, and the commands run there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from bot.sandbox.linkedin import LinkedInStandIn, Question
from bot.sources.linkedin.webhook import answer_challenge
from tests.cli.command import Done, leadbell_here

SECRET = "test_client_secret"
ACCOUNT = "urn:li:sponsoredAccount:507857085"
PAGE = "urn:li:organization:12345678"
PERSON = (
    Question(10, "First name", "First name", "FIRST_NAME"),
    Question(11, "Last name", "Last name", "LAST_NAME"),
    Question(12, "E-mail", "Email", "EMAIL"),
)
ANSWERS = {"First name": "Erika", "Last name": "Beispiel", "Email": "erika@firma.example"}

_FILE = """
timezone: Europe/Berlin
sources:
  ads:  {owner: sponsoredAccount:507857085, lead_types: [SPONSORED]}
  page: {owner: organization:12345678, lead_types: [EVENT, COMPANY]}
names: {forms: {demo: 6083}}
rules: [{name: All, post: "#leads-all"}]
server: {host: 127.0.0.1, port: 0, public_url: "${PUBLIC_URL:-http://127.0.0.1:9}"}
database: sqlite:leads.db
linkedin:
  {client_id: stand-in, client_secret: "${SECRET:-}", access_token: "${TOKEN:-}", api_url: "${API}", auth_url: "${API}"}
slack: {bot_token: "${T:-}", signing_secret: "${S:-}"}
"""


@dataclass
class World:
    """The stand-in, the folder, and how the command is called there."""

    linkedin: LinkedInStandIn
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    async def run(self, *arguments: str | Path) -> Done:
        """`leadbell linkedin …` within this process."""
        return await leadbell_here("linkedin", *arguments, folder=self.folder, environment=self.environment)

    def write(self, name: str, text: str) -> Path:
        """A file in the folder."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def calls(self, method: str) -> list[str]:
        """The paths of every request of that HTTP method so far."""
        return [request.raw_path for request in self.linkedin.requests if request.method == method]


@asynccontextmanager
async def a_world(folder: Path) -> AsyncIterator[World]:
    """Form 6083 of the ad account, form 6177 of the Page, one campaign, one event, one role."""
    linkedin = LinkedInStandIn(client_secret=SECRET, access_token="good-token", now=lambda: datetime.now(UTC))
    await linkedin.start()
    linkedin.add_account(id=507857085, name="Nordwind EMEA", organization=12345678)
    linkedin.add_organization(id=12345678, name="Nordwind")
    linkedin.add_role(organization=12345678, role="ADMINISTRATOR")
    linkedin.add_event(id=789, name="Open day", organization=12345678)
    linkedin.add_form(id=6083, name="Demo request", owner=ACCOUNT, questions=PERSON, hidden={"utm_source": "li"})
    linkedin.add_form(id=6177, name="Webinar sign-up", owner=PAGE, questions=PERSON)
    linkedin.add_campaign(id=367378525, name="DACH enterprise", account=ACCOUNT)
    (folder / "config.yaml").write_text(_FILE, encoding="utf-8")
    environment = {"API": linkedin.url, "TOKEN": "good-token", "SECRET": SECRET}
    try:
        yield World(linkedin, folder, environment)
    finally:
        await linkedin.stop()


@asynccontextmanager
async def a_listener(secret: str = SECRET) -> AsyncIterator[str]:
    """A server that answers LinkedIn's challenge and nothing else; its address, as PUBLIC_URL names it."""

    async def challenge(request: web.Request) -> web.Response:
        return web.json_response(answer_challenge(request.query, secret))

    async with serving(challenge) as url:
        yield url


@asynccontextmanager
async def serving(answer: object) -> AsyncIterator[str]:
    """A server that answers every GET with that coroutine function."""
    app = web.Application()
    app.router.add_get("/{path:.*}", answer)  # type: ignore[arg-type]  # a plain request handler
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
