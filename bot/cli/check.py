"""`leadbell check`: every problem of a rule file at once, with its line."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bot.core.errors import ConfigError

if TYPE_CHECKING:
    from bot.config.load import Read
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
        print(error, file=sys.stderr)
        return 2
    if as_json:
        print(json.dumps({"problems": [_to_json(problem) for problem in read.problems]}, ensure_ascii=False, indent=2))
    else:
        _print(path, read)
    return 0 if read.config is not None else 1


def _print(path: Path, read: Read) -> None:
    for problem in read.problems:
        print(problem)
    config = read.config
    if config is None:
        errors = sum(problem.severity == "error" for problem in read.problems)
        print(f"{path}: {_count(errors, 'error')}. The file cannot be used like this.")
        return
    parts = (_count(len(config.rules), "rule"), _count(len(config.people.by_name), "person", "people"))
    print(f"{path}: fine. {', '.join((*parts, _count(len(config.sources), 'source')))}.")
    for notice in config.notices:
        print(f"  {notice}")


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
