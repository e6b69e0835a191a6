"""The versions of the rule file: what was live when, how it came to be so, and what is not to go live."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from bot.core.rule_files import Files, How, LiveEntry, Standing, TakingBack, Unused, UnusedFile
from bot.core.work import Notice
from bot.ports import UndoPress
from bot.store.database import Database, Transaction
from bot.store.entries import Clerk
from bot.store.rows import from_ms, to_ms

_NEWEST = "SELECT * FROM live_log ORDER BY id DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class SqliteVersionBook:
    """Implements bot.pipeline.live.VersionBook. `destination` is where private answers go."""

    database: Database
    clerk: Clerk
    destination: str = "slack"

    async def standing(self) -> Standing:
        """See bot.pipeline.live.VersionBook."""

        def question(tx: Transaction) -> Standing:
            row = tx.execute("SELECT version, why FROM unused_file").fetchone()
            unused = None if row is None else UnusedFile(version=row["version"], why=Unused(row["why"]))
            return Standing(live=_maybe_entry(tx.execute(_NEWEST).fetchone()), unused=unused)

        return await self.database.read(question)

    async def kept(self, version: str) -> Files | None:
        """See bot.pipeline.live.VersionBook."""

        def question(tx: Transaction) -> Files | None:
            row = tx.execute("SELECT * FROM config_version WHERE version = ?", (version,)).fetchone()
            if row is None:
                return None
            templates: dict[str, str] = orjson.loads(row["templates"])
            return Files(
                version=version,
                content=row["text"].encode(),
                templates={name: text.encode() for name, text in templates.items()},
            )

        return await self.database.read(question)

    async def newest(self, limit: int) -> list[LiveEntry]:
        """What went live, the last first."""
        return await self.database.read(
            lambda tx: [
                _entry(row)
                for row in tx.execute("SELECT * FROM live_log ORDER BY id DESC LIMIT ?", (limit,)).fetchall()
            ]
        )

    async def went_live(self, files: Files, entry: LiveEntry, notices: Sequence[Notice]) -> None:
        """See bot.pipeline.live.VersionBook."""

        def work(tx: Transaction) -> None:
            _keep(tx, files, entry.at)
            _log(tx, entry)
            _leave_unused(tx, None, entry.at)
            self.clerk.queue_notices(tx, notices, now=entry.at)

        await self.database.write(work)

    async def began(
        self, files: Files, entry: LiveEntry, notices: Sequence[Notice], *, unused: UnusedFile | None
    ) -> None:
        """See bot.pipeline.live.VersionBook."""

        def work(tx: Transaction) -> None:
            _keep(tx, files, entry.at)
            newest = tx.execute(_NEWEST).fetchone()
            if newest is None or newest["version"] != entry.version:
                _log(tx, entry)
            _leave_unused(tx, unused, entry.at)
            self.clerk.queue_notices(tx, notices, now=entry.at)

        await self.database.write(work)

    async def refused(self, version: str, notice: Notice, *, now: datetime) -> None:
        """See bot.pipeline.live.VersionBook."""

        def work(tx: Transaction) -> None:
            _leave_unused(tx, UnusedFile(version=version, why=Unused.REFUSED), now)
            self.clerk.queue_notices(tx, [notice], now=now)

        await self.database.write(work)

    async def in_order(self, notice: Notice, *, now: datetime) -> None:
        """See bot.pipeline.live.VersionBook."""

        def work(tx: Transaction) -> None:
            _leave_unused(tx, None, now)
            self.clerk.queue_notices(tx, [notice], now=now)

        await self.database.write(work)

    async def tell(self, notice: Notice, *, now: datetime) -> None:
        """See bot.pipeline.live.VersionBook."""
        await self.database.write(lambda tx: self.clerk.queue_notices(tx, [notice], now=now))

    async def weigh(self, version: str, press: UndoPress) -> TakingBack:
        """See bot.pipeline.live.VersionBook."""

        def question(tx: Transaction) -> TakingBack:
            live = _maybe_entry(tx.execute(_NEWEST).fetchone())
            change = _change_to(tx, version)
            if change is None:
                return TakingBack(live=live)
            replaced = tx.execute(
                "SELECT version FROM live_log WHERE id < ? ORDER BY id DESC LIMIT 1", (change["id"],)
            ).fetchone()
            undone = tx.execute("SELECT * FROM live_log WHERE undone = ?", (change["id"],)).fetchone()
            pressed = tx.execute("SELECT 1 FROM live_log WHERE press = ?", (press.key,)).fetchone()
            return TakingBack(
                live=live,
                replaced="" if replaced is None else replaced["version"],
                undone=_maybe_entry(undone),
                is_repeat=pressed is not None,
            )

        return await self.database.read(question)

    async def took_back(
        self, version: str, entry: LiveEntry, press: UndoPress, notices: Sequence[Notice], *, set_aside: str
    ) -> None:
        """See bot.pipeline.live.VersionBook."""

        def work(tx: Transaction) -> None:
            change = _change_to(tx, version)
            _log(tx, entry, undone=None if change is None else change["id"], press=press.key)
            aside = UnusedFile(version=set_aside, why=Unused.SET_ASIDE) if set_aside else None
            _leave_unused(tx, aside, entry.at)
            self.clerk.queue_notices(tx, notices, now=entry.at)

        await self.database.write(work)

    async def answer(self, press: UndoPress, text: str, *, now: datetime) -> None:
        """See bot.pipeline.live.VersionBook."""
        await self.database.write(
            lambda tx: self.clerk.queue_private(
                tx, self.destination, press.channel, press.actor.user, text, key=press.key, now=now
            )
        )


def _keep(tx: Transaction, files: Files, now: datetime) -> None:
    templates = {name: content.decode("utf-8", "replace") for name, content in files.templates.items()}
    tx.execute(
        """INSERT INTO config_version (version, text, templates, live_at) VALUES (?, ?, ?, ?)
           ON CONFLICT (version) DO NOTHING""",
        (files.version, files.content.decode(), orjson.dumps(templates).decode(), to_ms(now)),
    )


def _log(tx: Transaction, entry: LiveEntry, *, undone: int | None = None, press: str | None = None) -> None:
    tx.execute(
        "INSERT INTO live_log (at, version, how, who, change, undone, press) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (to_ms(entry.at), entry.version, entry.how.value, entry.who, entry.change, undone, press),
    )


def _leave_unused(tx: Transaction, unused: UnusedFile | None, now: datetime) -> None:
    """Keep that what the file holds is not live; None = it is."""
    if unused is None:
        tx.execute("DELETE FROM unused_file")
        return
    tx.execute(
        """INSERT INTO unused_file (id, version, why, since) VALUES (1, ?, ?, ?)
           ON CONFLICT (id) DO UPDATE SET version = excluded.version, why = excluded.why, since = excluded.since
           WHERE (version, why) <> (excluded.version, excluded.why)""",
        (unused.version, unused.why.value, to_ms(now)),
    )


def _change_to(tx: Transaction, version: str) -> sqlite3.Row | None:
    """The last time that somebody's edit made it live: what an Undo below its notice is about."""
    row: sqlite3.Row | None = tx.execute(
        "SELECT * FROM live_log WHERE version = ? AND how <> 'undo' ORDER BY id DESC LIMIT 1", (version,)
    ).fetchone()
    return row


def _maybe_entry(row: sqlite3.Row | None) -> LiveEntry | None:
    return None if row is None else _entry(row)


def _entry(row: sqlite3.Row) -> LiveEntry:
    return LiveEntry(
        version=row["version"], how=How(row["how"]), at=from_ms(row["at"]), who=row["who"], change=row["change"]
    )
