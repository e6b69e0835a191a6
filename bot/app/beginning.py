"""What a server begins with: the rule file, or the stored version where the file cannot be used or is set aside."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

from bot.config.live.rescue import database_of, with_settings
from bot.config.live.rule_file import RuleFile
from bot.config.model import Config
from bot.core.errors import UnusableDatabase
from bot.core.rule_files import Files, Refusal, Unused, UnusedFile
from bot.store.database import opened
from bot.store.entries import Clerk
from bot.store.versions import SqliteVersionBook


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """The version to begin with, and the file that is followed from then on."""

    config: Config
    files: Files
    rule_file: RuleFile
    unused: UnusedFile | None = None  #: what the file holds instead
    refusal: Refusal | None = None  #: why that cannot be used; None where it is set aside


@dataclass(frozen=True, slots=True)
class _Stored:
    files: Files
    unused: UnusedFile | None


async def beginning(rule_file: RuleFile) -> Beginning | Refusal:
    """Read the file; where that will not do, the version that was live last. Refusal: there is nothing to begin with.

    Where the stored version stands in for a bad file, the server's own settings are those of the file, as
    far as they can be read. What was set aside is not used at all. Sends nothing. Raises StoreError.
    """
    files = await asyncio.to_thread(rule_file.look)
    if files is None:
        return Refusal(problems=(f"{rule_file.path}: The file cannot be read.",))
    read = rule_file.read_now(files)
    if isinstance(read, Refusal):
        return await _without_the_file(rule_file, files, read)
    stored = await _stored(read.database)
    is_set_aside = stored is not None and stored.unused == UnusedFile(version=files.version, why=Unused.SET_ASIDE)
    if stored is None or not is_set_aside:
        return Beginning(config=read, files=files, rule_file=rule_file)
    before = rule_file.read_now(stored.files, with_templates=False)
    if isinstance(before, Refusal):
        return _unusable_by_now(rule_file, stored.files.version, before)
    return Beginning(config=before, files=stored.files, rule_file=rule_file, unused=stored.unused)


def _unusable_by_now(rule_file: RuleFile, version: str, refusal: Refusal) -> Refusal:
    """The file was taken back, and a newer program, or other variables, refuse the version that was to be live."""
    what = f"What this file says was taken back by a manager, and version {version}, live since then, is refused now"
    told = f"{rule_file.path}: {what}. Edit the file, so that it says what you want, and start again."
    return Refusal(problems=(told, *(f"version {version}: {problem}" for problem in refusal.problems)))


async def _without_the_file(rule_file: RuleFile, files: Files, refusal: Refusal) -> Beginning | Refusal:
    database = database_of(rule_file.path, files.content, rule_file.environment)
    try:
        stored = await _stored(database) if database is not None else None
    except UnusableDatabase:  # the file's own problems come first
        stored = None
    if stored is None or stored.files.version == files.version:
        # a template that fails keeps nobody from starting: the built-in alert goes out in its place
        config = rule_file.read_now(files, with_templates=False)
        return Beginning(config=config, files=files, rule_file=rule_file) if isinstance(config, Config) else refusal
    rescued = _rescued(rule_file, stored.files, files)
    if rescued is None:
        return refusal
    unused = UnusedFile(version=files.version, why=Unused.REFUSED)
    return Beginning(config=rescued, files=stored.files, rule_file=rule_file, unused=unused, refusal=refusal)


def _rescued(rule_file: RuleFile, stored: Files, found: Files) -> Config | None:
    """The stored version with the settings of the file; None when even those cannot be used."""
    text = with_settings(stored.content.decode(), found.content.decode("utf-8", "replace"))
    read = rule_file.read_now(replace(stored, content=text.encode()), with_templates=False)
    return None if isinstance(read, Refusal) else replace(read, text=stored.content.decode("utf-8-sig"))


async def _stored(database: Path) -> _Stored | None:
    """The version that was live last, with its files; None where nothing of the kind is stored.

    Opened as the server does, so that one which an older program wrote is brought up to date first.
    """
    if not await asyncio.to_thread(database.exists):
        return None
    async with opened(database) as store:
        book = SqliteVersionBook(store, Clerk())
        standing = await book.standing()
        files = await book.kept(standing.live.version) if standing.live is not None else None
    return _Stored(files, standing.unused) if files is not None else None
