"""Puts the sections of the file together: from its tree to the Config, in the order in which they need each other."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping as AnyMapping
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.config.audience import read_people, read_sources, read_templates, read_vocabulary
from bot.config.digests import read_digests
from bot.config.escalations import Escalations, read_escalations, read_follow_up
from bot.config.files import packaged_templates
from bot.config.model import Config
from bot.config.names import Book, Channels, Names
from bot.config.nodes import Mapping, Node
from bot.config.problems import Severity
from bot.config.promises import read_checks
from bot.config.reach import check_reach, warn_of_unused
from bot.config.reading import Reading
from bot.config.rules import ReadRules, read_rules
from bot.config.rules.special_leads import read_repeat_leads, read_test_leads
from bot.config.running import (
    Slack,
    check_channels,
    read_database,
    read_email,
    read_linkedin,
    read_privacy,
    read_secret_key,
    read_server,
    read_slack,
)
from bot.config.teams import read_teams
from bot.config.times.timezones import read_timezone
from bot.config.times.working_hours import read_hours
from bot.core.choosing import Router
from bot.core.hours import Hours
from bot.core.people import People

#: Every key at the top of the file that works, in the order in which the file is best read.
TOP_KEYS = (
    *("version", "timezone", "sources", "names", "fields", "hours", "people", "teams", "escalations", "follow_up"),
    *("rules", "test_leads", "repeat_leads", "digests", "templates", "checks"),
    *("server", "database", "linkedin", "slack", "email", "privacy", "secret_key"),
)

Sections = AnyMapping[str, Node]


def assemble(reading: Reading, tree: Mapping, *, text: str, path: Path, today: date | None) -> Config:
    """The whole file, however many errors are among the findings: only then all of them are there."""
    top = reading.group(tree, "", TOP_KEYS)
    _check_version(reading, top.get("version"))
    timezone = read_timezone(reading, top.get("timezone")) or "UTC"
    hours = read_hours(reading, top.get("hours"), timezone)
    sources = read_sources(reading, top.get("sources"))
    people, slack = _read_people(reading, top, hours, timezone)
    channels = Channels()
    escalations = read_escalations(
        reading, top.get("escalations"), channels, usual="slack" if "slack" in top else "email"
    )
    names = Names(
        people=people,
        vocabulary=read_vocabulary(
            reading, top.get("names"), top.get("fields"), sources=sources, timezone=timezone, hours=hours
        ),
        templates=_read_templates(reading, top.get("templates"), path.parent),
        escalations=escalations.by_name,
        digests=read_digests(reading, top.get("digests"), people, channels),
    )
    book = Book(reading, names, channels)
    rules = _read_rules(book, top, escalations, today or datetime.now(UTC).astimezone(ZoneInfo(timezone)).date())
    used = tuple(rule for _, rule in rules)
    test_leads = read_test_leads(book, top.get("test_leads"))
    privacy = read_privacy(reading, top.get("privacy"))
    check_channels(reading, channels, slack=top.get("slack"), email=top.get("email"))
    return Config(
        path=path.absolute(),
        text=text,
        version=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12],
        timezone=timezone,
        sources=sources,
        vocabulary=names.vocabulary,
        people=people,
        rules=used,
        test_leads=test_leads,
        router=Router(used, test_leads),
        templates=names.templates,
        hours=hours,
        escalations=names.escalations,
        follow_up=read_follow_up(reading, top.get("follow_up")),
        repeat_leads=read_repeat_leads(reading, top.get("repeat_leads"), keep_leads=privacy.keep_leads),
        digests=names.digests,
        checks=read_checks(book, top.get("checks"), used),
        server=read_server(reading, top.get("server")),
        database=read_database(reading, top.get("database"), path.absolute().parent),
        linkedin=read_linkedin(reading, top.get("linkedin")),
        slack=slack.settings if slack else None,
        email=read_email(reading, top.get("email"), is_used=channels.mails is not None),
        secret_key=read_secret_key(reading, top.get("secret_key")),
        privacy=privacy,
        warnings=tuple(str(problem) for problem in reading.findings.sorted() if problem.severity is Severity.WARNING),
    )


def _check_version(reading: Reading, node: Node | None) -> None:
    version = reading.text(node, "1")
    if node is not None and version not in {None, "1"}:
        reading.error(node, "This program reads files of version 1")


def _read_people(
    reading: Reading, top: Sections, hours: AnyMapping[str, Hours], timezone: str
) -> tuple[People, Slack | None]:
    """The people with their teams and managers; `slack:` says who the managers are."""
    by_name = read_people(reading, top.get("people"), hours=hours, timezone=timezone)
    slack = read_slack(reading, top.get("slack"), frozenset(by_name))
    teams = read_teams(reading, top.get("teams"), by_name)
    managers = slack.managers if slack else frozenset()
    return People(by_name=by_name, managers=managers, teams=teams), slack


def _read_rules(book: Book, top: Sections, escalations: Escalations, today: date) -> ReadRules:
    rules = read_rules(book, top.get("rules"), has_test_leads="test_leads" in top, today=today)
    check_reach(book, escalations, rules)
    warn_of_unused(book.reading, top.get("escalations"), book.names.escalations, rules, "escalate")
    warn_of_unused(book.reading, top.get("digests"), book.names.digests, rules, "digest")
    return rules


def _read_templates(reading: Reading, node: Node | None, folder: Path) -> dict[str, str]:
    """`templates:`. A template that no folder has is only a warning: the built-in alert goes out instead."""
    templates = read_templates(reading, node)
    roots = (folder / "templates", packaged_templates())
    if not any(root.is_dir() for root in roots):
        return templates
    for entry in reading.entries(node, "templates"):
        text = getattr(entry.value, "text", "")
        names = [root / kind / f"{text}.j2" for root in roots for kind in ("slack", "email")]
        if re.fullmatch(r"[\w-]+", text) and not any(name.is_file() for name in names):
            hint = "Until it is there, the built-in alert goes out."
            reading.warn(entry.value, f"There is no templates/slack/{text}.j2 and no templates/email/{text}.j2", hint)
    return templates
