"""The rules that are live by the database, for a command: the rule file may hold others by now."""

from __future__ import annotations

import os
from dataclasses import replace

from bot.config.load import read_content, read_environment
from bot.config.model import Config
from bot.store.database import Database
from bot.store.entries import Clerk
from bot.store.versions import SqliteVersionBook


async def live_rules(file: Config, database: Database) -> Config:
    """What went live last; `file` where it is that, or no server has run yet, or the stored text cannot be read today.

    They differ where a change was refused, was taken back, or is not looked at because no server runs.
    """
    book = SqliteVersionBook(database, Clerk())
    entry = (await book.standing()).live
    kept = await book.kept(entry.version) if entry is not None else None
    if entry is None or kept is None or kept.content.decode("utf-8-sig") == file.text:
        return file
    environment = read_environment(file.path, os.environ)
    config = read_content(kept.content, file.path, environment, need_secrets=False).config
    return file if config is None else replace(config, version=entry.version)
