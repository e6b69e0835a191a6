"""A rule file that cannot be used, taken apart: the settings of the server are separate from what a manager writes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from bot.config.files import which_config
from bot.config.load import load_config, read_content, read_environment
from bot.config.model import SETTINGS
from bot.core.errors import ConfigError

#: The entry with a list in brackets, one line for each, or a single name.
_MANAGERS = re.compile(r"\bmanagers:(?:\s*\[[^\]]*\]|(?:\s*\n\s+- [^\n]*)+|[^\n,}]*)")
_TOP_KEY = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\s*:(?:\s|$)")
_USUAL_DATABASE = "database: ${DATABASE_URL:-}\n"
_SMALLEST = "version: 1\nrules: [{name: Everything, post: nobody}]\n"


def with_settings(good: str, bad: str) -> str:
    """The text `good` with the settings of the server as `bad` has them, where it has them at all.

    The managers under `slack:` belong to the people, so they stay those of `good`.
    """
    ours, theirs = dict(_sections(good)), dict(_sections(bad))
    taken = {key: theirs[key] for key in SETTINGS if key in theirs}
    if "slack" in taken:
        managers = _MANAGERS.search(ours.get("slack", ""))
        taken["slack"] = _MANAGERS.sub(lambda _: managers[0] if managers else "", taken["slack"], count=1)
    return "".join({**ours, **taken}.values())


def database_of(path: Path, content: bytes, environment: Mapping[str, str]) -> Path | None:
    """Where a bad file keeps its database, or where shipped files have it; None when it cannot be read either."""
    sections = dict(_sections(content.decode("utf-8", "replace")))
    entry = sections.get("database", _USUAL_DATABASE)
    found = read_content((_SMALLEST + entry).encode(), path, environment, need_secrets=False)
    return found.config.database if found.config is not None else None


def database_for(explicit: Path | None, environ: Mapping[str, str]) -> Path:
    """The database of the rule file, for a command that has to work while the file is a bad one.

    Raises ConfigError when there is no file, or its `database:` cannot be read.
    """
    path = which_config(explicit, may_fall_back=False)
    environment = read_environment(path, environ)
    try:
        return load_config(path, environment, need_secrets=False).database
    except ConfigError:
        found = database_of(path, path.read_bytes(), environment) if path.is_file() else None
        if found is None:
            raise
        return found


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """The text cut before each line that begins with a key; the name of what stands before the first one is ""."""
    name, lines = "", list[str]()
    for line in text.removeprefix("\ufeff").splitlines(keepends=True):
        if found := _TOP_KEY.match(line):
            yield name, _ended("".join(lines))
            name, lines = found[1], []
        lines.append(line)
    yield name, _ended("".join(lines))


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"
