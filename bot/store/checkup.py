"""How the database stands: its folder, its file, its key, and what is stuck in it. Reads only, and makes no file."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from bot.config.model import Config, SourceEntry
from bot.core.area import Area, in_words, sentence
from bot.core.errors import BotError, StoreError
from bot.core.findings import Finding
from bot.core.listening import CHALLENGED_WITHIN
from bot.keys import Keyring, key_file
from bot.store.database import Database, Transaction, opened_to_read
from bot.store.rows import from_ms, maybe_from_ms, to_ms

T = TypeVar("T")

_AREA, _LINKEDIN = Area("database"), Area("linkedin")

_MEGABYTE = 1024 * 1024
_LITTLE_ROOM, _NO_ROOM = 500 * _MEGABYTE, 50 * _MEGABYTE
#: A larger file would keep a person waiting.
_LARGEST_PROVEN = 200 * _MEGABYTE

#: SQLite of these versions can damage a file that two connections write at the same instant; ours has one writer.
#: https://sqlite.org/wal.html
_WAL_RESET = ((3, 7, 0), (3, 51, 2))

#: A pull that comes this much later than it should is no delay any more.
_PULLS_MISSED = 3
_SHORTEST_DELAY = timedelta(minutes=30)

#: LinkedIn checks the address every two hours and blocks it after three failures in a row.
#: https://learn.microsoft.com/en-us/linkedin/shared/api-guide/webhook-validation
_BLOCKED_AFTER = timedelta(hours=6, minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreCheckup:
    """Looks at the database of `config`, beside a running server or without one."""

    config: Config
    is_running: bool  #: a server holds this database
    now: Callable[[], datetime]
    free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free
    sqlite_version: tuple[int, ...] = sqlite3.sqlite_version_info

    async def findings(self) -> AsyncIterator[Finding]:
        """Everything there is to say, one link at a time. Raises nothing for what the database does."""
        path = self.config.database
        for finding in (self._folder(path.parent), self._room(path.parent), self._sqlite(), self._key(path)):
            yield finding
        if not os.path.exists(path):  # noqa: ASYNC240, PTH110  # one stat
            yield _missing(path, is_running=self.is_running)
            return
        yield _privacy_of(path)
        try:
            async with opened_to_read(path) as database:
                async for finding in self._inside(database):
                    yield finding
        except StoreError as error:
            yield _unusable(error)

    def _folder(self, folder: Path) -> Finding:
        """Whether the file, its log and its lock can be written there, or the folder made."""
        place = _nearest(folder)
        if not place.is_dir():
            return _AREA.failed("folder", f"{place} is no folder.", "Name another place with DATABASE_URL.")
        if not os.access(place, os.W_OK | os.X_OK):
            advice = "Make it writable for the user that runs Leadbell, or name another place with DATABASE_URL."
            return _AREA.failed("folder", f"{place} cannot be written by this user.", advice)
        if place != folder:
            return _AREA.ok("folder", f"{folder} will be made at the first start.")
        return _AREA.ok("folder", f"{folder} can be written.")

    def _room(self, folder: Path) -> Finding:
        name, advice = "disk space", "Make room on that disk, or move the database (DATABASE_URL)."
        try:
            free = self.free_bytes(_nearest(folder))
        except OSError as error:
            return _AREA.skipped(name, sentence(f"the disk does not tell: {error.strerror}"))
        said = f"{free // _MEGABYTE} MB are free."
        if free < _NO_ROOM:
            return _AREA.failed(name, f"Only {said} A lead may soon not be stored.", advice)
        if free < _LITTLE_ROOM:
            return _AREA.warning(name, f"Only {said}", advice)
        return _AREA.ok(name, said)

    def _sqlite(self) -> Finding:
        version = ".".join(map(str, self.sqlite_version))
        if _WAL_RESET[0] <= self.sqlite_version[:3] <= _WAL_RESET[1]:
            return _AREA.ok(
                "SQLite",
                f"{version}. It can damage a file that two programs write at once (mended in 3.51.3). Leadbell has one "
                "writer, so let no other program write to its database.",
            )
        return _AREA.ok("SQLite", f"{version}.")

    def _key(self, path: Path) -> Finding:
        secret = self.config.secret_key.reveal()
        try:
            keys = Keyring.existing(secret, beside=path)
        except BotError as error:
            return _AREA.failed_by("key", error, "Set LEADBELL_SECRET_KEY to the key that was used before.")
        if keys is None:
            return _AREA.ok("key", "None yet: the first start of the server makes it, beside the database.")
        if secret:
            return _AREA.ok("key", "LEADBELL_SECRET_KEY is used.")
        return _AREA.ok("key", f"{key_file(path).name} is used. Keep a copy of it apart from the backups.")

    async def _inside(self, database: Database) -> AsyncIterator[Finding]:
        questions: tuple[Callable[[Transaction], Sequence[Finding]], ...] = (
            lambda tx: [_whole(tx, self.config.database)],
            _dead_deliveries,
            _parked_leads,
            lambda tx: _pauses(tx, self.now()),
            lambda tx: [self._challenge(tx)],
            lambda tx: list(self._pulls(tx)),
        )
        for question in questions:
            try:
                found = await database.read(question)
            except StoreError as error:
                found = [_unusable(error)]
            for finding in found:
                yield finding

    def _challenge(self, tx: Transaction) -> Finding:
        """When LinkedIn last asked the address to prove itself: the only sign that it still knows it."""
        name = "webhook check"
        if not self.config.server.public_url.startswith("https://"):
            return _LINKEDIN.skipped(name, "LinkedIn cannot check an address that is not https.")
        at = _optional(tx, "SELECT max(at) FROM sign WHERE what = 'challenge'")
        if not self.is_running:
            return _LINKEDIN.skipped(name, "No server is running that could answer.")
        started_at = _optional(tx, "SELECT max(started_at) FROM uptime")
        known = [each for each in (maybe_from_ms(at), maybe_from_ms(started_at)) if each is not None]
        waited = self.now() - max(known, default=self.now())
        return _challenge_after(name, waited, has_come=at is not None)

    def _pulls(self, tx: Transaction) -> Iterator[Finding]:
        for entry in self.config.sources:
            for lead_type in entry.lead_types:
                row = tx.execute(
                    "SELECT last_pull_at FROM stream WHERE owner = ? AND lead_type = ?", (entry.owner, lead_type)
                ).fetchone()
                yield self._pull(entry, lead_type, None if row is None else from_ms(row["last_pull_at"]))

    def _pull(self, entry: SourceEntry, lead_type: str, last: datetime | None) -> Finding:
        name = f"pull {entry.name} {lead_type}"
        waited = None if last is None else self.now() - last
        said = "It has never been pulled to its end." if waited is None else f"Pulled {in_words(waited)} ago."
        if not self.is_running:
            return _LINKEDIN.skipped(name, f"{said} No server is running that could pull.")
        every = self.config.linkedin.poll_every
        if waited is not None and waited <= max(_PULLS_MISSED * every, _SHORTEST_DELAY):
            return _LINKEDIN.ok(name, said)
        advice = (
            f"It is due every {in_words(every)}. If the server has been running for longer than that, look for what "
            "else is wrong with LinkedIn here, and in the server's log."
        )
        return _LINKEDIN.warning(name, said, advice)


def _challenge_after(name: str, waited: timedelta, *, has_come: bool) -> Finding:
    if waited <= CHALLENGED_WITHIN:
        said = f"LinkedIn checked the address {in_words(waited)} ago." if has_come else "LinkedIn has not checked yet."
        return _LINKEDIN.ok(name, said)
    advice = (
        "See what is said here about the public address and the subscriptions; then run `leadbell linkedin subscribe`."
    )
    if not has_come:
        return _LINKEDIN.warning(name, "LinkedIn has never checked the address.", advice)
    said = f"LinkedIn has not checked the address for {in_words(waited)}, though it does so every two hours."
    if waited <= _BLOCKED_AFTER:
        return _LINKEDIN.warning(name, said, advice)
    return _LINKEDIN.failed(
        name,
        f"{said} It has probably blocked it.",
        "Restart the check in LinkedIn's developer portal (your app, Webhooks). See the public address here as well.",
    )


def _missing(path: Path, *, is_running: bool) -> Finding:
    if is_running:  # somebody removed it under the server: what it stores now is lost at its end
        return _AREA.failed(
            "file", f"{path} is gone, but a server still writes to it.", "Restart the server, and put the file back."
        )
    return _AREA.warning("file", f"There is no database at {path} yet.", "It is made by the first `leadbell run`.")


def _unusable(error: StoreError) -> Finding:
    if "older Leadbell" in str(error):
        return _AREA.warning("file", str(error), "Run `leadbell run` with this program, after a backup.")
    return _AREA.failed_by("file", error, "Put a backup back, or name the right file with DATABASE_URL.")


def _privacy_of(path: Path) -> Finding:
    if not os.access(path, os.R_OK | os.W_OK):
        advice = "Give it to the user that runs Leadbell."
        return _AREA.failed("access", f"{path} cannot be read and written by this user.", advice)
    if path.stat().st_mode & 0o077:
        return _AREA.warning("access", f"Other users of this machine may open {path}.", f"Run chmod 600 {path}")
    return _AREA.ok("access", "Only its own user may open it.")


def _whole(tx: Transaction, path: Path) -> Finding:
    if path.stat().st_size > _LARGEST_PROVEN:
        return _AREA.ok("file", f"{path} is a database of this version. It is too large to be read through now.")
    told = tx.execute("PRAGMA quick_check(1)").fetchone()[0]
    if told != "ok":
        advice = "Stop the server, keep a copy of the file, and put the last backup back."
        return _AREA.failed("file", f"{path} is damaged.", advice)
    return _AREA.ok("file", f"{path} is whole and of this version.")


def _dead_deliveries(tx: Transaction) -> list[Finding]:
    name = "dead deliveries"
    row = tx.execute(
        "SELECT count(*) AS number, max(settled_at), error, address FROM delivery WHERE state = 'dead'"
    ).fetchone()  # with max() the other columns are those of its row
    if not row["number"]:
        return [_AREA.ok(name, "None.")]
    said = f"{row['number']} given up. The last was for {row['address']}: {row['error'] or 'no reason is known'}."
    advice = "`leadbell deliveries --dead` lists them. Mend the cause, then `leadbell redeliver --dead`."
    return [_AREA.warning(name, said, advice)]


def _parked_leads(tx: Transaction) -> list[Finding]:
    name = "parked leads"
    row = tx.execute("SELECT count(*) AS number, max(received_at), error FROM lead WHERE state = 'parked'").fetchone()
    if not row["number"]:
        return [_AREA.ok(name, "None.")]
    said = f"{row['number']} cannot be fetched. The last one: {row['error'] or 'no reason is known'}."
    advice = "Mend the cause; LinkedIn is asked for them again every hour. `leadbell leads --open` lists them."
    return [_AREA.warning(name, said, advice)]


def _pauses(tx: Transaction, now: datetime) -> list[Finding]:
    rows = tx.execute("SELECT scope, since, until, reason FROM pause ORDER BY scope").fetchall()
    if not rows:
        return [_AREA.ok("pauses", "Nothing is held back.")]
    return [_pause(row, now) for row in rows]


def _pause(row: sqlite3.Row, now: datetime) -> Finding:
    upstream, _, activity = str(row["scope"]).partition(":")
    since = in_words(now - from_ms(row["since"]))
    next_try = f"in {in_words(from_ms(row['until']) - now)}" if row["until"] > to_ms(now) else "at once"
    said = f"{upstream}{f' ({activity})' if activity else ''} has been held back for {since}: {row['reason']}."
    advice = (
        f"Nothing is lost: it waits, and is tried again {next_try}. Mend what is wrong with {upstream}, if anything."
    )
    return _AREA.warning("pauses", said.replace("..", "."), advice)


def _optional(tx: Transaction, sql: str) -> int | None:
    """One number; None also where a file has no such table yet."""
    try:
        value = tx.execute(sql).fetchone()[0]
    except sqlite3.OperationalError:
        return None
    return value if isinstance(value, int) else None


def _nearest(folder: Path) -> Path:
    """The folder, or the closest one above it that exists."""
    return next((place for place in (folder, *folder.parents) if place.exists()), folder)
