"""The rules that are live: a good edit of the file replaces them, a bad one does not, a manager can take one back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.config.model import SETTINGS, Config
from bot.core.rule_files import (
    Files,
    How,
    LiveEntry,
    Refusal,
    Standing,
    TakingBack,
    UnusedFile,
    template_changes,
)
from bot.core.work import Notice
from bot.pipeline.notices import rules as notices
from bot.pipeline.shift import Bell
from bot.ports import UndoPress

_log = logging.getLogger(__name__)

#: An editor takes the file away for a moment; whoever deletes it, for longer.
_GONE_AFTER = timedelta(seconds=10)

_LONGEST_CHANGE = 160


class RuleFile(Protocol):
    """The file on the disk."""

    async def other_than(self, version: str) -> Files | None:
        """What stands there, once two looks agree on it. None: it is `version`, is not there, or is being written."""
        ...

    async def read(self, files: Files) -> Config | Refusal:
        """`files` as a Config of that version, checked in every way, or why they cannot go live."""
        ...

    async def can_be_read(self) -> bool:
        """Whether there is such a file at this moment, and something comes of reading it."""
        ...

    async def changes(self, old: Config, new: Config) -> list[str]:
        """What is other in `new`, in sentences for people that hold no value of a variable."""
        ...


class VersionBook(Protocol):
    """What is remembered of the rule file. Every call is one committed transaction."""

    async def standing(self) -> Standing:
        """Which version is live, and what stands in the file and must not be."""
        ...

    async def kept(self, version: str) -> Files | None:
        """A version that was live once, as it was written."""
        ...

    async def began(
        self, files: Files, entry: LiveEntry, notices: Sequence[Notice], *, unused: UnusedFile | None
    ) -> None:
        """A server starts with a version, logged where another one was live; `unused`: what the file holds instead."""
        ...

    async def went_live(self, files: Files, entry: LiveEntry, notices: Sequence[Notice]) -> None:
        """Somebody saved a good file."""
        ...

    async def refused(self, version: str, notice: Notice, *, now: datetime) -> None:
        """Somebody saved a bad one."""
        ...

    async def in_order(self, notice: Notice, *, now: datetime) -> None:
        """The file holds what is live: nothing is refused or set aside any more."""
        ...

    async def tell(self, notice: Notice, *, now: datetime) -> None:
        """Queue a notice."""
        ...

    async def weigh(self, version: str, press: UndoPress) -> TakingBack:
        """What an Undo of the change to `version` would meet."""
        ...

    async def took_back(
        self, version: str, entry: LiveEntry, press: UndoPress, notices: Sequence[Notice], *, set_aside: str
    ) -> None:
        """The change to `version` is taken back; what the file holds (`set_aside`) is not to go live."""
        ...

    async def answer(self, press: UndoPress, text: str, *, now: datetime) -> None:
        """Queue a word that only this person sees, once per press."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """One version at work."""

    config: Config  #: with the settings that the server started with
    written: Config  #: as the file has it
    files: Files


class LiveRules:
    """Which version is live. Changes come one after the other; each is stored before it is used."""

    def __init__(
        self,
        live: Live,
        *,
        rule_file: RuleFile | None,
        book: VersionBook,
        now: Callable[[], datetime],
        ring: Callable[[Bell], None],
        on_change: Callable[[Live, Live], None],
    ) -> None:
        """`rule_file`: None = it is not looked at again. `on_change` is told of the old and the new version at once."""
        self._live = self._start = live
        self._rule_file = rule_file
        self._book = book
        self._now = now
        self._ring = ring
        self._on_change = on_change
        self._seen = live.files.version  # what the file held when we last made up our mind about it
        self._missing_since: datetime | None = None
        self._is_gone = False  # and that was told
        self._turn = asyncio.Lock()

    @property
    def config(self) -> Config:
        """The live rules. Take them once for one decision: the next look may see others."""
        return self._live.config

    async def begin(self, unused: UnusedFile | None = None, refusal: Refusal | None = None) -> None:
        """Remember what this server starts with, and tell of it where it is news.

        `unused`: what the file holds instead. `refusal`: why that cannot be used, where it is not set aside.
        """
        now, live = self._now(), self._live
        before = (await self._book.standing()).live
        entry = _entry(live.files.version, How.START, now, [])
        told: list[Notice] = []
        if refusal is not None:
            _log.error("rule file not used", extra={"config_version": entry.version})
            told.append(notices.started_without_the_file(refusal, entry.version, now))
        elif unused is not None:
            _log.warning("rule file set aside", extra={"config_version": entry.version})
        elif before is not None and before.version != entry.version and self._rule_file is not None:
            changes = await self._changes_since(self._rule_file, before.version)
            entry, warnings = _entry(entry.version, How.START, now, changes), _warnings(live.written)
            told.append(
                notices.rules_changed(entry, changes, replaced=before.version, warnings=warnings, at_start=True)
            )
        await self._book.began(live.files, entry, told, unused=unused)
        self._seen = unused.version if unused is not None else live.files.version
        self._ring(Bell.DELIVERIES)

    async def look(self) -> None:
        """Has the file changed? A good one goes live, a bad one is told. Raises StoreError: then nothing changed."""
        if self._rule_file is None:
            return
        async with self._turn:
            files = await self._rule_file.other_than(self._seen)
            if files is not None:
                await self._consider(self._rule_file, files)
            await self._note_absence(self._rule_file)

    async def undo(self, version: str, press: UndoPress) -> None:
        """Take back the change to `version`. Raises StoreError: then nothing changed."""
        async with self._turn:
            words = self._refusal_of(press) or await self._take_back(version, press)
            if words:
                await self._book.answer(press, words, now=self._now())
        self._ring(Bell.DELIVERIES)

    # ── a changed file ──

    async def _consider(self, rule_file: RuleFile, files: Files) -> None:
        unused, now = (await self._book.standing()).unused, self._now()
        if files.version == self._live.files.version:
            if unused is not None or self._is_gone:
                await self._book.in_order(notices.rules_in_order(files.version, now), now=now)
                self._ring(Bell.DELIVERIES)
        elif unused is None or unused.version != files.version:
            read = await self._read(rule_file, files)
            if isinstance(read, Refusal):
                await self._refuse(files.version, read)
            else:
                await self._accept(rule_file, read, files)
        self._seen = files.version

    async def _read(self, rule_file: RuleFile, files: Files) -> Config | Refusal:
        """What can go live on this server, or why it cannot."""
        try:
            read = await rule_file.read(files)
        except Exception:  # whatever a file does to its reader, the old rules stay and the next edit is looked at
            _log.exception("rule file could not be read")
            return Refusal(
                problems=("Reading it failed by a mistake of Leadbell's. The server's log has the details.",)
            )
        return read if isinstance(read, Refusal) else self._lacks(read) or read

    async def _refuse(self, version: str, refusal: Refusal) -> None:
        now, live = self._now(), self._live.files.version
        await self._book.refused(version, notices.rules_refused(refusal, live, now), now=now)
        _log.warning("rule file refused", extra={"config_version": live, "problems": len(refusal.problems)})
        self._ring(Bell.DELIVERIES)

    async def _accept(self, rule_file: RuleFile, written: Config, files: Files) -> None:
        old, new = self._live, self._as_live(written, files)
        changes = await _changes(rule_file, old, new)
        entry = _entry(files.version, How.FILE, self._now(), changes)
        notice = notices.rules_changed(
            entry,
            changes,
            replaced=old.files.version,
            waiting=self._waiting(old.written, written),
            warnings=_warnings(written),
        )
        await self._book.went_live(files, entry, [notice])
        self._switch(new)

    def _switch(self, new: Live) -> None:
        old, self._live = self._live, new
        _log.info("rules went live", extra={"config_version": new.files.version})
        self._on_change(old, new)
        self._ring(Bell.LEADS | Bell.DELIVERIES)

    def _as_live(self, written: Config, files: Files) -> Live:
        kept = {key: getattr(self._start.config, key) for key in SETTINGS}
        return Live(config=replace(written, **kept), written=written, files=files)

    def _waiting(self, old: Config, new: Config) -> list[str]:
        """Which settings this change touches that are not what the server started with."""
        start = self._start.written
        changed = [key for key in SETTINGS if getattr(old, key) != getattr(new, key)]
        return [key for key in changed if getattr(new, key) != getattr(start, key)]

    def _lacks(self, new: Config) -> Refusal | None:
        """Its messages would wait for ever where this server has nobody to send them."""
        config = self._start.config
        there = {"slack": config.slack is not None, "email": config.email is not None and config.email.smtp is not None}
        lacking = sorted(name for name in _used(new) if not there.get(name, False))
        words = {"slack": "post to Slack", "email": "send mail"}
        problems = [
            f"The rules {words.get(name, name)}, and this server started without `{name}:`. Restart it to use them."
            for name in lacking
        ]
        return Refusal(problems=tuple(problems)) if problems else None

    async def _note_absence(self, rule_file: RuleFile) -> None:
        """A file that is gone keeps the old rules live; somebody should know before the next start."""
        now = self._now()
        if await rule_file.can_be_read():
            self._missing_since, self._is_gone = None, False
        elif self._missing_since is None:
            self._missing_since = now
        elif not self._is_gone and now - self._missing_since >= _GONE_AFTER:
            gone = notices.rules_gone(self._live.config.path.name, self._live.files.version, now)
            await self._book.tell(gone, now=now)
            self._is_gone, self._seen = True, ""
            self._ring(Bell.DELIVERIES)

    async def _changes_since(self, rule_file: RuleFile, version: str) -> list[str]:
        """What is other than in a version that was live before this start; never empty."""
        kept = await self._book.kept(version)
        read = await self._read(rule_file, kept) if kept is not None else None
        if kept is None or read is None or isinstance(read, Refusal):
            return ["What changed cannot be told: the version before cannot be read any more."]
        before = Live(config=read, written=read, files=kept)
        return await _changes(rule_file, before, self._live) or ["Nothing that a lead would notice."]

    # ── Undo ──

    def _refusal_of(self, press: UndoPress) -> str:
        people, actor = self.config.people, press.actor
        if actor.person in people.managers and not actor.is_outsider:
            return ""
        found = (people.get(name) for name in sorted(people.managers))
        return notices.only_managers([person.label for person in found if person is not None])

    async def _take_back(self, version: str, press: UndoPress) -> str:
        """What to tell the person; "" where the notice to all says it, or the press is an old one."""
        found = await self._book.weigh(version, press)
        live = self._live.files.version
        if found.is_repeat:
            return ""
        if version != live:
            if found.undone is not None:
                return notices.taken_back_before(found.undone, self._label(found.undone.who), live)
            return notices.not_live(version, live)
        kept = await self._book.kept(found.replaced) if found.replaced else None
        if kept is None or self._rule_file is None:
            return notices.nothing_before(version)
        read = await self._read(self._rule_file, kept)
        if isinstance(read, Refusal):
            return notices.cannot_go_back(kept.version, read.problems)
        await self._go_back(self._rule_file, self._as_live(read, kept), press)
        return ""

    async def _go_back(self, rule_file: RuleFile, new: Live, press: UndoPress) -> None:
        old, now = self._live, self._now()
        changes = await _changes(rule_file, old, new)
        taken = f"{old.files.version} was taken back"
        entry = LiveEntry(version=new.files.version, how=How.UNDO, at=now, who=press.actor.person, change=taken)
        set_aside = self._seen or old.files.version
        set_aside = "" if set_aside == new.files.version else set_aside
        notice = notices.rules_taken_back(
            entry,
            changes,
            undone=old.files.version,
            who=self._label(press.actor.person),
            is_set_aside=bool(set_aside),
            waiting=self._waiting(old.written, new.written),
        )
        await self._book.took_back(old.files.version, entry, press, [notice], set_aside=set_aside)
        self._seen = set_aside or new.files.version
        self._switch(new)

    def _label(self, name: str) -> str:
        person = self.config.people.get(name)
        return person.label if person is not None else name


async def _changes(rule_file: RuleFile, old: Live, new: Live) -> list[str]:
    return [*await rule_file.changes(old.written, new.written), *template_changes(old.files, new.files)]


def _warnings(written: Config) -> list[str]:
    """With the place as somebody knows it who edits in that folder."""
    return [warning.removeprefix(f"{written.path.parent}/") for warning in written.warnings]


def _entry(version: str, how: How, now: datetime, changes: Sequence[str]) -> LiveEntry:
    first = changes[0] if changes else ""
    more = f" And {len(changes) - 1} more." if len(changes) > 1 else ""
    return LiveEntry(version=version, how=how, at=now, change=(first + more)[:_LONGEST_CHANGE])


def _used(config: Config) -> set[str]:
    """The destinations that rules, test leads and digests name."""
    thens = [rule.then for rule in config.rules] + ([config.test_leads.then] if config.test_leads else [])
    targets = [target for then in thens for target in (*then.post, *then.email)]
    targets += [target for digest in config.digests.values() for target in digest.post]
    mails = {"email"} if any(then.mails_owner for then in thens) else set()
    return {target.destination for target in targets} | mails
