"""`leadbell check`: every problem of a rule file at once, with its line; on demand also what outside does not exist."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.printing import complain, print_json, say
from bot.core.errors import ConfigError

if TYPE_CHECKING:
    from bot.config.model import Config
    from bot.config.problems import Problem


def run_check(file: Path | None, config: Path | None, as_json: bool, *, online: bool = False) -> int:
    """Print every problem of FILE (else `--config`, else ./config.yaml, else the packaged file).

    Answers the exit code: 0 when the file can be used, 1 when it cannot, 2 when there is no file to read.
    Asks nobody outside and needs no variable to be set; with `online`, Slack and LinkedIn are asked whether what the
    file names exists, and what does not exist is an error too.
    """
    from bot.config.environment import read_environment
    from bot.config.files import which_config
    from bot.config.load import read_file

    try:
        path = which_config(file or config, may_fall_back=True)
        environment = read_environment(path, os.environ)
        read = read_file(path, environment, need_secrets=False)
        outside = _outside(path, environment, read.config) if online else []
    except ConfigError as error:
        complain(*map(str, error.problems))
        return 2
    inside = [*read.problems, *_in_templates(read.config)]
    if as_json:
        print_json({"problems": [_to_json(problem) for problem in (*inside, *outside)]})
    else:
        _print(path, read.config, inside, outside)
    return 1 if _errors(inside) + _errors(outside) else 0


def _outside(path: Path, environment: Mapping[str, str], config: Config | None) -> list[Problem]:
    """What Slack and LinkedIn say. Nothing of a file that cannot be used: its problems come first."""
    if config is None:
        return []
    import asyncio

    from bot.cli.online import online_problems
    from bot.config.load import read_file

    # Secrets that stand in files are read only where they are needed; a missing one keeps nothing else unasked.
    strict = read_file(path, environment, need_secrets=True).config if "${file:" in config.text else None
    with _waiting():
        return [
            replace(problem, file=str(path)) for problem in asyncio.run(online_problems(strict or config, environment))
        ]


@contextmanager
def _waiting() -> Iterator[None]:
    """A line on a terminal while others are asked."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status("Asking Slack and LinkedIn…"):
        yield


def _in_templates(config: Config | None) -> list[Problem]:
    if config is None:
        return []
    from bot.config.template_check import template_problems

    return template_problems(config)


def _print(path: Path, config: Config | None, inside: list[Problem], outside: list[Problem]) -> None:
    say(*map(str, (*inside, *outside)))
    if config is None:
        say(f"{path}: {_count(_errors(inside), 'error')}. The file cannot be used like this.")
        return
    if errors := _errors(inside):
        say(f"{path}: fine, but its templates have {_count(errors, 'error')}: the built-in alert would go out instead.")
    if errors := _errors(outside):
        are_not = f"{_count(errors, 'name')} in it {'does' if errors == 1 else 'do'} not exist or cannot be used"
        say(f"{path}: well written, but {are_not}.")
    if _errors(inside) + _errors(outside):
        return
    parts = (_count(len(config.rules), "rule"), _count(len(config.people.by_name), "person", "people"))
    say(f"{path}: fine. {', '.join((*parts, _count(len(config.sources), 'source')))}.")


def _errors(problems: list[Problem]) -> int:
    return sum(problem.severity == "error" for problem in problems)


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _to_json(problem: Problem) -> dict[str, object]:
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "severity": problem.severity.value,
        "message": problem.message,
        "hint": problem.hint,
    }
