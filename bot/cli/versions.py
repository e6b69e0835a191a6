"""`versions`: which version of the rule file is live, what was before, and what the file holds instead."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TypeVar

from bot.cli.printing import complain, print_json, print_table, say
from bot.config.live.rescue import database_for
from bot.core.errors import ConfigError
from bot.core.rule_files import Files, How, LiveEntry, Standing, Unused
from bot.store.database import opened_to_read
from bot.store.entries import Clerk
from bot.store.versions import SqliteVersionBook

T = TypeVar("T")

_COLUMNS = ("version", "live", "at", "how", "by", "change")
_HOW = {How.START: "start", How.FILE: "edit", How.UNDO: "undo"}
_UNUSED = {
    Unused.REFUSED: "The rule file cannot be used as it stands: `leadbell check` tells why.",
    Unused.SET_ASIDE: "What the rule file says was taken back and is set aside until somebody edits it.",
}


def run_versions(config: Path | None, as_json: bool, *, limit: int) -> int:
    """What went live, the last first; none yet is fine (0)."""
    database = _database(config)
    if database is None:
        return 2
    standing, entries = _ask(database, lambda book: _history(book, limit))
    rows = [_row(entry, is_live=index == 0) for index, entry in enumerate(entries)]
    if as_json:
        print_json(rows)
        return 0
    print_table(rows, _COLUMNS, empty="No server has run yet, so no version was live.")
    if standing.unused is not None:
        say(_UNUSED[standing.unused.why])
    return 0


def run_show(version: str, config: Path | None, as_json: bool) -> int:
    """The rule file of a version as it was written; 1 when there is no such version."""
    database = _database(config)
    if database is None:
        return 2
    files = _ask(database, lambda book: book.kept(version))
    if files is None:
        complain(f"There is no version {version}. `leadbell versions` lists them.")
        return 1
    if as_json:
        print_json({"version": version, "text": _text(files.content), "templates": _texts(files)})
    else:
        say(*_text(files.content).splitlines())
    return 0


async def _history(book: SqliteVersionBook, limit: int) -> tuple[Standing, list[LiveEntry]]:
    return await book.standing(), await book.newest(limit)


def _database(config: Path | None) -> Path | None:
    """Found in a file that cannot be used as well: then above all somebody wants to know what is live."""
    try:
        return database_for(config, os.environ)
    except ConfigError as error:
        complain(*map(str, error.problems))
        return None


def _ask(path: Path, question: Callable[[SqliteVersionBook], Awaitable[T]]) -> T:
    async def asked() -> T:
        async with opened_to_read(path) as database:
            return await question(SqliteVersionBook(database, Clerk()))

    return asyncio.run(asked())


def _row(entry: LiveEntry, *, is_live: bool) -> Mapping[str, object]:
    return {
        "version": entry.version,
        "live": is_live,
        "at": entry.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "how": _HOW[entry.how],
        "by": entry.who,
        "change": entry.change,
    }


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _texts(files: Files) -> dict[str, str]:
    return {name: _text(content) for name, content in files.templates.items()}
