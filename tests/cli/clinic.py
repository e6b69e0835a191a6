"""A set-up in which every link is well, and which a test breaks in one place."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from bot.app import utc_now
from bot.cli.doctor import Patience, examine
from bot.config.model import Config
from bot.core.findings import Finding, Verdict
from bot.sandbox.faults import Fault
from bot.store.database import opened
from tests.story.world import AD_ACCOUNT, World, a_world

PAGE = "urn:li:organization:12345678"

RULES = """
version: 1
sources:
  ads: {owner: sponsoredAccount:507857085, lead_types: [SPONSORED]}
  page: {owner: organization:12345678, lead_types: [EVENT]}
people:
  anna: {slack: anna@example.com, email: anna@example.com}
  ben:  {slack: U0BEN,            email: ben@example.com}
rules:
  - name: Germany
    when: {country: Germany}
    post: "#leads-dach"
    owner: anna
    email: owner
  - name: Everything else
    post: "#leads-all"
templates: {default: lead}
server: {host: 127.0.0.1, port: 9, public_url: "${PUBLIC_URL:-http://127.0.0.1:9}"}
database: ${DATABASE_URL}
linkedin:
  client_id: ${LINKEDIN_CLIENT_ID}
  client_secret: ${LINKEDIN_CLIENT_SECRET}
  access_token: ${LINKEDIN_ACCESS_TOKEN:-}
  api_url: ${LINKEDIN_API_URL}
  auth_url: ${LINKEDIN_AUTH_URL:-https://www.linkedin.com}
slack:
  bot_token: ${SLACK_BOT_TOKEN}
  signing_secret: ${SLACK_SIGNING_SECRET}
  api_url: ${SLACK_API_URL}
  admin_channel: "#admin"
  managers: [ben]
email:
  smtp: ${SMTP_URL}
  from: Lead alerts <alerts@example.com>
  admin: ops@example.com
secret_key: ${LEADBELL_SECRET_KEY:-}
"""

#: As the app's page in docs/slack.md asks for them.
ALL_SCOPES = (
    "chat:write,users:read,users:read.email,channels:read,channels:join,channels:history,groups:read,groups:history,"
    "im:write,im:history"
)


@dataclass
class Clinic:
    """The stand-ins and the file that points at them; `config` and `at` may be changed."""

    world: World
    config: Config
    at: Callable[[], datetime] = utc_now
    patience: Patience = field(default_factory=lambda: Patience(call=timedelta(seconds=2)))

    @property
    def webhook(self) -> str:
        return f"{self.config.server.public_url}/linkedin/webhook"

    @property
    def environment(self) -> Mapping[str, str]:
        return {**self.world.environment, "LINKEDIN_AUTH_URL": self.world.linkedin.url}

    def change(self, section: str, **values: object) -> None:
        """Change settings of one section of the file."""
        changed = replace(getattr(self.config, section), **values)
        self.config = replace(self.config, **{section: changed})

    def tell_scopes(self, scopes: str) -> None:
        """Slack says that the token has these scopes."""
        self.world.slack.faults.clear()
        self.world.slack.faults.add(Fault("auth.test", headers={"x-oauth-scopes": scopes}, times=99))

    async def look(self) -> list[Finding]:
        return await examine(self.config, now=self.at, patience=self.patience)

    async def find(self, area: str, name: str) -> Finding:
        """The one finding of that area and name."""
        findings = await self.look()
        found = [each for each in findings if (each.area, each.name) == (area, name)]
        assert len(found) == 1, "\n".join(map(str, findings))
        return found[0]


@asynccontextmanager
async def a_clinic(folder: Path, rules: str = RULES) -> AsyncIterator[Clinic]:
    """Everything well; no server runs."""
    async with a_world(folder, rules) as world:
        linkedin = world.linkedin
        linkedin.add_account(id=507857085, name="Nordwind EMEA", organization=PAGE)
        linkedin.add_organization(id=12345678, name="Nordwind")
        linkedin.add_role(organization=PAGE, role="ADMINISTRATOR")
        async with opened(folder / "leads.db"):
            pass
        clinic = Clinic(world, replace(world.config, linkedin=replace(world.config.linkedin, auth_url=linkedin.url)))
        linkedin.client_id = clinic.config.linkedin.client_id
        for owner, lead_type in ((AD_ACCOUNT, "SPONSORED"), (PAGE, "EVENT")):
            linkedin.add_subscription(webhook=clinic.webhook, owner=owner, lead_type=lead_type)
        clinic.tell_scopes(ALL_SCOPES)
        yield clinic


def worst(findings: list[Finding]) -> list[Finding]:
    """Those that failed."""
    return [finding for finding in findings if finding.verdict is Verdict.FAILED]
