"""The real product, started as it is: rules, templates, metadata and pacing spread over 200 channels."""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.leads import (
    ACCESS_TOKEN,
    ACCOUNT,
    BOT_TOKEN,
    CAMPAIGN,
    CHANNELS,
    CLIENT_SECRET,
    FORM,
    SIGNING_SECRET,
    country_of,
)
from benchmarks.serving import until_told
from bot import logs
from bot.app import running
from bot.config.load import load_config

_HEAD = f"""
version: 1
timezone: Europe/Berlin
sources:
  ads: {{owner: "sponsoredAccount:{ACCOUNT}", lead_types: [SPONSORED]}}
names:
  forms: {{demo-request: {FORM}}}
  campaigns: {{spring: {CAMPAIGN}}}
fields:
  country: [COUNTRY, country]
  job_title: [JOB_TITLE, jobTitle]
people:
  anna: {{slack: U0ANNA}}
  ben: {{slack: ben@example.com}}
rules:
"""
_TAIL = """
  - name: Everything else
    post: "#leads-all"
templates: {default: lead, hot_lead: hot_lead}
server: {host: 127.0.0.1, port: 0}
database: ${DATABASE_URL}
linkedin:
  client_id: benchmark
  client_secret: ${LINKEDIN_CLIENT_SECRET}
  access_token: ${LINKEDIN_ACCESS_TOKEN}
  api_url: ${LINKEDIN_API_URL}
  poll: {every: 1 h, look_back: 24 h}
slack:
  bot_token: ${SLACK_BOT_TOKEN}
  signing_secret: ${SLACK_SIGNING_SECRET}
  api_url: ${SLACK_API_URL}
  admin_channel: "#admin"
"""


def rules() -> str:
    """A rule file with one rule and one channel per country; half of the rules name an owner and a template."""
    lines = []
    for number in range(CHANNELS):
        then = "owner: anna, template: hot_lead" if number % 2 else "owner: nobody"
        when = f'{{form: demo-request, country: "{country_of(number)}"}}'
        lines.append(f'  - {{name: Rule {number}, when: {when}, post: "#leads-{number}", {then}}}\n')
    return _HEAD + "".join(lines) + _TAIL


def settings(database: Path, upstream: str) -> dict[str, str]:
    """The environment that the rule file refers to."""
    return {
        "DATABASE_URL": f"sqlite:{database}",
        "LINKEDIN_CLIENT_SECRET": CLIENT_SECRET,
        "LINKEDIN_ACCESS_TOKEN": ACCESS_TOKEN,
        "LINKEDIN_API_URL": upstream,
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_API_URL": f"{upstream}/api/",
    }


async def serve_product(database: Path, upstream: str) -> None:
    """The server of `leadbell run`, on a free port, with all its log lines."""
    file = database.parent / "config.yaml"
    file.write_text(rules(), encoding="utf-8")
    logs.set_up()
    config = load_config(file, {**os.environ, **settings(database, upstream)}, need_secrets=True)
    async with running(config) as server:
        await until_told(server.port)
