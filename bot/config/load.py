"""The entry point: a rule file becomes a Config, or every problem in it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from bot.config.audience import read_people, read_sources, read_templates, read_vocabulary
from bot.config.environment import read_environment
from bot.config.files import packaged_templates
from bot.config.model import Config
from bot.config.nodes import MOST_BYTES, Mapping, Node, Scalar, read_tree
from bot.config.problems import Findings, Place, Problem, Severity, TooManyProblems, did_you_mean, quoted
from bot.config.reading import Reading
from bot.config.rules import Channels, Names, read_rules, read_test_leads
from bot.config.running import (
    check_channels,
    read_database,
    read_email,
    read_linkedin,
    read_privacy,
    read_secret_key,
    read_server,
    read_slack,
)
from bot.config.traps import lines_of
from bot.core.choosing import Router
from bot.core.errors import ConfigError
from bot.core.people import People

__all__ = ["TOP_KEYS", "Read", "check_text", "load_config", "read_environment", "read_file"]

#: Every key at the top of the file that works, in the order in which the file is best read.
TOP_KEYS = (
    *("version", "timezone", "sources", "names", "fields", "people", "rules", "test_leads", "templates"),
    *("server", "database", "linkedin", "slack", "email"),
)

_TOKEN = re.compile(r"xox[a-z]-[A-Za-z0-9-]{8,}|xapp-[A-Za-z0-9-]{8,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What one reading gave. `config` is None when there is an error among the problems."""

    config: Config | None
    problems: tuple[Problem, ...]


def load_config(path: Path, environment: AnyMapping[str, str], *, need_secrets: bool) -> Config:
    """Read the file. Raises ConfigError with all problems, warnings included, sorted by line.

    With `need_secrets` (for `run`) every variable that is not set is among the problems, and ${file:…} is read.
    Without, such values are empty and nothing is said, so that `check`, `route`, `render` and `demo` need nothing.
    `environment` is all there is: `.env` is read by bot.config.environment.
    """
    read = read_file(path, environment, need_secrets=need_secrets)
    if read.config is None:
        raise ConfigError(read.problems)
    return read.config


def read_file(path: Path, environment: AnyMapping[str, str], *, need_secrets: bool) -> Read:
    """Like load_config, but a bad file is an answer. Raises ConfigError only when the file cannot be opened."""
    findings = Findings(str(path))
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 4)
        text = content[:MOST_BYTES].decode("utf-8-sig") if len(content) <= MOST_BYTES else " " * (MOST_BYTES + 1)
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace").split("\n")
        findings.error(Place(len(before), len(before[-1]) + 1), "This is not UTF-8 text", "Save the file as UTF-8.")
        return Read(config=None, problems=findings.sorted())
    except OSError as error:
        findings.error(Place(1, 1), f"The file cannot be opened ({error.strerror})")
        raise ConfigError(findings.sorted()) from error
    return _read(text, path, findings, environment, need_secrets=need_secrets)


def check_text(text: str, name: str, environment: AnyMapping[str, str]) -> tuple[Problem, ...]:
    """Every problem of a file's text, warnings included. Needs no secret; reads nothing but the folder of templates."""
    return _read(text, Path(name), Findings(name), environment, need_secrets=False).problems


def _read(text: str, path: Path, findings: Findings, environment: AnyMapping[str, str], *, need_secrets: bool) -> Read:
    config: Config | None = None
    try:
        _refuse_tokens(text, findings)
        tree = read_tree(text.removeprefix("\ufeff"), findings)
        if tree is not None:
            reading = Reading(findings, environment, need_secrets, lines_of(text.removeprefix("\ufeff")))
            config = _build(reading, tree, text, path)
    except TooManyProblems:
        config = None
    return Read(config=None if findings.has_errors else config, problems=findings.sorted())


def _build(reading: Reading, tree: Mapping, text: str, path: Path) -> Config:
    top = reading.group(tree, "", (*TOP_KEYS, "privacy", "secret_key"))
    _check_version(reading, top.get("version"))
    sources = read_sources(reading, top.get("sources"))
    vocabulary = read_vocabulary(reading, top.get("names"), top.get("fields"), sources)
    people, templates = read_people(reading, top.get("people")), read_templates(reading, top.get("templates"))
    _check_template_files(reading, top.get("templates"), path.parent)
    teams = tree.get("teams")
    team_names = frozenset(entry.key.text for entry in teams.entries) if isinstance(teams, Mapping) else frozenset()
    names = Names(people=people, vocabulary=vocabulary, templates=templates, teams=team_names)
    channels = Channels()
    rules = read_rules(reading, top.get("rules"), names, channels)
    test_leads = read_test_leads(reading, top.get("test_leads"), names, channels)
    check_channels(reading, channels, slack=top.get("slack"), email=top.get("email"))
    slack = read_slack(reading, top.get("slack"), frozenset(people))
    return Config(
        path=path.absolute(),
        text=text,
        version=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12],
        timezone=_read_timezone(reading, top.get("timezone")),
        sources=sources,
        vocabulary=vocabulary,
        people=People(by_name=people, managers=slack.managers if slack else frozenset()),
        rules=rules,
        test_leads=test_leads,
        router=Router(rules, test_leads),
        templates=templates,
        server=read_server(reading, top.get("server")),
        database=read_database(reading, top.get("database"), path.absolute().parent),
        linkedin=read_linkedin(reading, top.get("linkedin")),
        slack=slack.settings if slack else None,
        email=read_email(reading, top.get("email"), is_used=channels.mails is not None),
        secret_key=read_secret_key(reading, top.get("secret_key")),
        privacy=read_privacy(reading, top.get("privacy")),
        notices=tuple(reading.findings.notices),
        warnings=tuple(str(problem) for problem in reading.findings.sorted() if problem.severity is Severity.WARNING),
    )


def _refuse_tokens(text: str, findings: Findings) -> None:
    if match := _TOKEN.search(text):
        above = lines_of(text[: match.start()])
        hint = "Put it into the environment or into .env, and make a new one: this one may have been seen."
        findings.error(Place(len(above), len(above[-1]) + 1), "A Slack token must not stand in the file", hint)


def _check_version(reading: Reading, node: Node | None) -> None:
    version = reading.text(node, "1")
    if node is not None and version not in {None, "1"}:
        reading.error(node, "This program reads files of version 1")


def _read_timezone(reading: Reading, node: Node | None) -> str:
    name = reading.text(node, "a time zone such as Europe/Berlin")
    if not isinstance(node, Scalar) or not name:
        return "UTC"
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # not found is a KeyError, an odd path one of the others
        hint = did_you_mean(name, available_timezones()) or "Time zones are written like Europe/Berlin."
        reading.error(node, f"There is no time zone called {quoted(node.text)}", hint)
        return "UTC"
    return name


def _check_template_files(reading: Reading, node: Node | None, folder: Path) -> None:
    """A template that no folder has is only a warning: the built-in alert goes out instead."""
    roots = (folder / "templates", packaged_templates())
    if not any(root.is_dir() for root in roots):
        return
    for entry in reading.entries(node, "templates"):
        text = getattr(entry.value, "text", "")
        names = [root / kind / f"{text}.j2" for root in roots for kind in ("slack", "email")]
        if re.fullmatch(r"[\w-]+", text) and not any(name.is_file() for name in names):
            hint = "Until it is there, the built-in alert goes out."
            reading.warn(entry.value, f"There is no templates/slack/{text}.j2 and no templates/email/{text}.j2", hint)
