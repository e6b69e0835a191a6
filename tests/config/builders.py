"""Rule files for tests: a small good one, and pieces put into it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from bot.config.load import Read, check_text, read_file
from bot.config.model import Config
from bot.config.problems import Problem

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "config.yaml"
FULL_LANGUAGE = Path(__file__).with_name("full_language.yaml")

#: What rules with days of their own are held against.
TODAY = date(2026, 11, 24)

#: Everything that `run` needs from outside, for the shipped file.
SECRETS = {
    "LINKEDIN_CLIENT_ID": "id-1",
    "LINKEDIN_CLIENT_SECRET": "client-canary",
    "LINKEDIN_ACCESS_TOKEN": "token-canary",
    "SLACK_BOT_TOKEN": "bot-canary",
    "SLACK_SIGNING_SECRET": "signing-canary",
    "SMTP_URL": "smtp://alerts:p%40ss-canary@mail.example:2525",
}

RULES = """\
rules:
  - name: All
    post: "#leads-all"
"""
PEOPLE = """\
people:
  anna: {slack: U0ANNA, email: anna@example.com}
  ben: {slack: ben@example.com}
  carl: {email: carl@example.com}
"""
SLACK = """\
slack:
  bot_token: ${SLACK_BOT_TOKEN}
  signing_secret: ${SLACK_SIGNING_SECRET}
"""
EMAIL = """\
email:
  smtp: ${SMTP_URL:-smtp://localhost}
  from: Leads <leads@example.com>
"""


def a_file(*, rules: str = RULES, people: str = PEOPLE, slack: str = SLACK, email: str = EMAIL, more: str = "") -> str:
    """A file without problems, unless a piece of it has some."""
    return people + rules + slack + email + more


def a_rule(lines: str, *, more: str = "") -> str:
    """A file whose first rule holds these lines (indented by four), followed by one for everything else."""
    lines = lines if "when:" in lines else f"when: {{company: Acme}}\n{lines}"
    body = "".join(f"    {line}\n" for line in lines.splitlines())
    return a_file(rules=f'rules:\n  - name: First\n{body}  - name: All\n    post: "#leads-all"\n', more=more)


def problems_of(text: str, environment: Mapping[str, str] | None = None) -> tuple[Problem, ...]:
    """Every problem of a text."""
    return check_text(text, "rules.yaml", environment or {}, today=TODAY)


def read(folder: Path, text: str, environment: Mapping[str, str] | None = None, *, need_secrets: bool = False) -> Read:
    """The text read as a file in `folder`."""
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return read_file(path, environment or {}, need_secrets=need_secrets, today=TODAY)


def good(
    folder: Path, text: str, environment: Mapping[str, str] | None = None, *, need_secrets: bool = False
) -> Config:
    """The Config of a text that must be fine."""
    result = read(folder, text, environment, need_secrets=need_secrets)
    assert result.config is not None, "\n".join(map(str, result.problems))
    return result.config


def only_problem(text: str, environment: Mapping[str, str] | None = None) -> Problem:
    """The one problem that a text must have."""
    found = problems_of(text, environment)
    assert len(found) == 1, "\n".join(map(str, found)) or "no problem was found"
    return found[0]


def line_of(text: str, piece: str) -> int:
    """The line in which `piece` stands first, counted from 1."""
    return text[: text.index(piece)].count("\n") + 1


def what_works(text: str) -> str:
    """The full language without the sections and keys that come with a later version; lines keep their numbers."""
    without_sections = re.sub(
        r"^(?:enrich|sync):\n(?:[ ].*\n)+", lambda match: "\n" * match.group(0).count("\n"), text, flags=re.MULTILINE
    )
    return re.sub(r"^ +(?:enrich|sync): .*$", "", without_sections, flags=re.MULTILINE)
