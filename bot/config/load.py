"""The entry point: a rule file becomes a Config, or every problem in it."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from collections.abc import Mapping as AnyMapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot.config.assembling import assemble
from bot.config.checks import failed_checks
from bot.config.environment import read_environment
from bot.config.model import Config
from bot.config.nodes import MOST_BYTES, read_tree
from bot.config.problems import Findings, Place, Problem, TooManyProblems
from bot.config.reading import Reading
from bot.config.traps import lines_of
from bot.core.errors import ConfigError

__all__ = ["Read", "check_text", "load_config", "read_content", "read_environment", "read_file", "uncollected"]

_TOKEN = re.compile(r"xox[a-z]-[A-Za-z0-9-]{8,}|xapp-[A-Za-z0-9-]{8,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What one reading gave. `config` is None when there is an error among the problems."""

    config: Config | None
    problems: tuple[Problem, ...]


def load_config(
    path: Path, environment: AnyMapping[str, str], *, need_secrets: bool, today: date | None = None
) -> Config:
    """Read the file. Raises ConfigError with all problems, warnings included, sorted by line.

    With `need_secrets` (for `run`) every variable that is not set is among the problems, and ${file:…} is read.
    Without, such values are empty and nothing is said, so that `check`, `route`, `render` and `demo` need nothing.
    `environment` is all there is: `.env` is read by bot.config.environment. `today` is what rules with days of their
    own are held against; without it, the date where the file is.
    """
    read = read_file(path, environment, need_secrets=need_secrets, today=today)
    if read.config is None:
        raise ConfigError(read.problems)
    return read.config


def read_file(path: Path, environment: AnyMapping[str, str], *, need_secrets: bool, today: date | None = None) -> Read:
    """Like load_config, but a bad file is an answer. Raises ConfigError only when the file cannot be opened."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 4)
    except OSError as error:
        findings = Findings(str(path))
        findings.error(Place(1, 1), f"The file cannot be opened ({error.strerror})")
        raise ConfigError(findings.sorted()) from error
    return read_content(content, path, environment, need_secrets=need_secrets, today=today)


def read_content(
    content: bytes, path: Path, environment: AnyMapping[str, str], *, need_secrets: bool, today: date | None = None
) -> Read:
    """Like read_file, of bytes that were read before: as they stood in the file at `path`, or still do."""
    findings = Findings(str(path))
    try:
        text = content[:MOST_BYTES].decode("utf-8-sig") if len(content) <= MOST_BYTES else " " * (MOST_BYTES + 1)
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace").split("\n")
        findings.error(Place(len(before), len(before[-1]) + 1), "This is not UTF-8 text", "Save the file as UTF-8.")
        return Read(config=None, problems=findings.sorted())
    return _read(text, path, findings, environment, need_secrets=need_secrets, today=today)


def check_text(
    text: str, name: str, environment: AnyMapping[str, str], *, today: date | None = None
) -> tuple[Problem, ...]:
    """Every problem of a file's text, warnings included. Needs no secret; reads nothing but the folder of templates."""
    return _read(text, Path(name), Findings(name), environment, need_secrets=False, today=today).problems


def _read(
    text: str,
    path: Path,
    findings: Findings,
    environment: AnyMapping[str, str],
    *,
    need_secrets: bool,
    today: date | None = None,
) -> Read:
    config: Config | None = None
    try:
        with uncollected():
            _refuse_tokens(text, findings)
            tree = read_tree(text.removeprefix("\ufeff"), findings)
            if tree is not None:
                reading = Reading(findings, environment, need_secrets, lines_of(text.removeprefix("\ufeff")))
                config = assemble(reading, tree, text=text, path=path, today=today)
                if not findings.has_errors:
                    findings.take(failed_checks(config))
    except TooManyProblems:
        config = None
    return Read(config=None if findings.has_errors else config, problems=findings.sorted())


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the collector, for work that makes very many values of which none refers to itself.

    It would walk them again and again, for an eighth of the time, and hold every other thread meanwhile.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _refuse_tokens(text: str, findings: Findings) -> None:
    if match := _TOKEN.search(text):
        above = lines_of(text[: match.start()])
        hint = "Put it into the environment or into .env, and make a new one: this one may have been seen."
        findings.error(Place(len(above), len(above[-1]) + 1), "A Slack token must not stand in the file", hint)
