"""`leadbell check`: every problem of a rule file at once, with its line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.printing import complain, print_json, say
from bot.core.errors import ConfigError

if TYPE_CHECKING:
    from bot.config.model import Config
    from bot.config.problems import Problem


def run_check(file: Path | None, config: Path | None, as_json: bool) -> int:
    """Print every problem of FILE (else `--config`, else ./config.yaml, else the packaged file).

    Answers the exit code: 0 when the file can be used, 1 when it cannot, 2 when there is no file to read.
    Asks nobody outside and needs no variable to be set.
    """
    from bot.config.environment import read_environment
    from bot.config.files import which_config
    from bot.config.load import read_file

    try:
        path = which_config(file or config, may_fall_back=True)
        environment = read_environment(path, os.environ)
        read = read_file(path, environment, need_secrets=False)
    except ConfigError as error:
        complain(*map(str, error.problems))
        return 2
    problems = [*read.problems, *_in_templates(read.config)]
    if as_json:
        print_json({"problems": [_to_json(problem) for problem in problems]})
    else:
        _print(path, read.config, problems)
    return 1 if any(problem.severity == "error" for problem in problems) else 0


def _in_templates(config: Config | None) -> list[Problem]:
    if config is None:
        return []
    from bot.cli.template_check import template_problems

    return template_problems(config)


def _print(path: Path, config: Config | None, problems: list[Problem]) -> None:
    say(*map(str, problems))
    errors = sum(problem.severity == "error" for problem in problems)
    if config is None:
        say(f"{path}: {_count(errors, 'error')}. The file cannot be used like this.")
        return
    if errors:
        say(f"{path}: fine, but its templates have {_count(errors, 'error')}: the built-in alert would go out instead.")
        return
    parts = (_count(len(config.rules), "rule"), _count(len(config.people.by_name), "person", "people"))
    say(f"{path}: fine. {', '.join((*parts, _count(len(config.sources), 'source')))}.")
    say(*(f"  {notice}" for notice in config.notices))


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
