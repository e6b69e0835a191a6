"""The rules that are live by the database, for a command: the rule file may hold others by now, or none at all."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path

from bot.config.files import which_config
from bot.config.live.rescue import database_for
from bot.config.load import read_content, read_environment
from bot.config.model import Config
from bot.core.errors import ConfigError
from bot.core.rule_files import Files
from bot.store.database import Database, opened_to_read
from bot.store.entries import Clerk
from bot.store.versions import SqliteVersionBook


async def live_rules(file: Config, database: Database) -> Config:
    """What went live last; `file` where it is that, or no server has run yet, or the stored text cannot be read today.

    They differ where a change was refused, was taken back, or is not looked at because no server runs.
    """
    files = await _live_files(database)
    if files is None or files.content.decode("utf-8-sig") == file.text:
        return file
    return _read(files, file.path) or file


def rules_beside_a_bad_file(explicit: Path | None) -> Config | None:
    """What went live last, where the file itself cannot be used; None when nothing is stored, or it is not found."""
    try:
        path, place = which_config(explicit, may_fall_back=False), database_for(explicit, os.environ)
    except ConfigError:
        return None
    if not place.exists():
        return None
    config = asyncio.run(_stored(path, place))
    return None if config is None else replace(config, database=place)


async def _stored(path: Path, place: Path) -> Config | None:
    async with opened_to_read(place) as database:
        files = await _live_files(database)
    return None if files is None else _read(files, path)


async def _live_files(database: Database) -> Files | None:
    book = SqliteVersionBook(database, Clerk())
    entry = (await book.standing()).live
    return None if entry is None else await book.kept(entry.version)


def _read(files: Files, path: Path) -> Config | None:
    config = read_content(files.content, path, read_environment(path, os.environ), need_secrets=False).config
    return None if config is None else replace(config, version=files.version)
