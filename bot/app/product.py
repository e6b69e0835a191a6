"""All parts of one process, built from a Config. No container, no globals, no side effects of an import."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aiohttp
from aiohttp import web

from bot import control, schedule
from bot.app.beginning import Beginning
from bot.app.clock import Timing
from bot.app.linkedin import LinkedInParts
from bot.app.words import Words
from bot.config.live.rule_file import templates_in
from bot.config.live.watching import watch
from bot.config.model import Config
from bot.core.delivery import Target
from bot.core.people import People
from bot.core.rule_files import Files
from bot.destinations.email import EmailDestination
from bot.destinations.slack import Slack, connect
from bot.pipeline import notices
from bot.pipeline.claim import ClaimDesk
from bot.pipeline.deliver import Deliverer
from bot.pipeline.dispatch import Dispatcher
from bot.pipeline.forgetting import Forgetting
from bot.pipeline.live import Live, LiveRules
from bot.pipeline.receive import Reception
from bot.pipeline.refresh import Refresher
from bot.pipeline.retention import Retention
from bot.pipeline.shift import Bell, Shift
from bot.pipeline.timers import Waiting
from bot.pipeline.worker import Worker
from bot.ports import Destination
from bot.store.claims import SqliteClaimBook
from bot.store.database import Database
from bot.store.digests import SqliteDigests
from bot.store.edits import SqliteEdits
from bot.store.entries import Clerk
from bot.store.inbox import SqliteInbox
from bot.store.leads import SqliteLeadQueue
from bot.store.notice_board import SqliteDirectory, SqliteNoticeBoard
from bot.store.outbox import SqliteOutbox
from bot.store.pauses import SqlitePauses
from bot.store.privacy import SqliteErasing
from bot.store.retention import SqliteAgeing
from bot.store.timers import SqliteTimers
from bot.store.versions import SqliteVersionBook
from bot.web.health import Health
from bot.web.server import application
from bot.web.webhooks import LinkedInWebhook

_log = logging.getLogger(__name__)

#: More than the source's single calls at once: the rest of a burst goes in batches.
_FETCHES_AT_ONCE = 60
_SENDS_AT_ONCE = 20
_EDITS_AT_ONCE = 5
_TEMPLATE_CHECK = timedelta(seconds=30)
_TIDY = timedelta(minutes=5)
_DIGESTS = timedelta(seconds=30)
_AGE = timedelta(hours=1)


class Product:
    """The parts and how they reach each other. Only `start` sets anything to work."""

    def __init__(
        self,
        config: Config,
        timing: Timing,
        database: Database,
        session: aiohttp.ClientSession,
        *,
        is_alone: bool = False,
        beginning: Beginning | None = None,
        look_again: asyncio.Event | None = None,
    ) -> None:
        """`is_alone`: for one command, beside which nobody works. `beginning`: the file that is followed, at once when
        `look_again` is set.
        """
        self.stopping = asyncio.Event()
        self._tasks: asyncio.TaskGroup | None = None
        self._preparing: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None
        self._look_again = look_again or asyncio.Event()
        self._pace = timing.watching
        self._workers: list[tuple[Bell, Worker[Any]]] = []
        self._config = config  # of the start: its settings hold until the next one
        self._beginning = beginning
        self._database = database
        self._clerk = clerk = Clerk(notices_to=_notice_targets(config))
        live = _first(config, beginning)
        self._words = Words(live)
        self.rules = LiveRules(
            live,
            rule_file=beginning.rule_file if beginning is not None else None,
            book=SqliteVersionBook(database, clerk),
            now=timing.now,
            ring=self._ring,
            on_change=self._follow,
        )
        self._shift = Shift(
            live=lambda: self.rules.config,
            now=timing.now,
            policy=timing.retry,
            ring=self._ring,
            pauses=SqlitePauses(database),
            notice_board=SqliteNoticeBoard(database, clerk),
        )
        self._inbox = SqliteInbox(database, clerk)
        self._outbox = SqliteOutbox(database, clerk)
        self._queue = SqliteLeadQueue(database, clerk)
        self._desk = ClaimDesk(book=SqliteClaimBook(database, clerk), shift=self._shift, take_back=self.rules.undo)
        self.linkedin = LinkedInParts(config, timing, database, clerk, session, shift=self._shift, inbox=self._inbox)
        erasing = SqliteErasing(database, clerk)
        self.forgetting = Forgetting(
            erasing=erasing, live=self._shift.live, now=timing.now, ring=self._ring, is_alone=is_alone
        )
        self._retention = Retention(erasing=erasing, ageing=SqliteAgeing(database, clerk), shift=self._shift)
        self.waiting = Waiting(
            timers=SqliteTimers(database, clerk), digests=SqliteDigests(database, clerk), shift=self._shift
        )
        self._timers_every = timing.timers
        self._slack = self._connect_slack(session)
        self._workers = self._make_workers()

    def _ring(self, bell: Bell) -> None:
        for heard, worker in self._workers:
            if heard & bell:
                worker.wake.set()

    def _connect_slack(self, session: aiohttp.ClientSession) -> Slack | None:
        if self._config.slack is None:
            return None
        return connect(
            self._config.slack,
            session=session,
            people=lambda: self.rules.config.people,
            words=self._words,
            remembers=SqliteDirectory(self._database),
            now=self._shift.now,
        )

    def _destinations(self) -> list[Destination]:
        found: list[Destination] = []
        if self._slack is not None:
            found.append(self._slack.destination)
        email = self._config.email
        if email is not None and email.smtp is not None:
            found.append(EmailDestination(email, words=self._words, now=self._shift.now))
        return found

    def _make_workers(self) -> list[tuple[Bell, Worker[Any]]]:
        """Everybody who works, with the bell that wakes them."""
        dispatcher = Dispatcher(
            source=self.linkedin.source,
            queue=self._queue,
            shift=self._shift,
            breaker=self.linkedin.breaker,
            fingerprints=self.linkedin.fingerprints,
        )
        dispatch = Worker("dispatch", lease=dispatcher.lease, run=dispatcher.run, concurrency=_FETCHES_AT_ONCE)
        workers: list[tuple[Bell, Worker[Any]]] = [(Bell.LEADS, dispatch)]
        for each in self._destinations():
            deliverer = Deliverer(destination=each, outbox=self._outbox, shift=self._shift)
            refresher = Refresher(destination=each, edits=SqliteEdits(self._database, self._clerk), shift=self._shift)
            deliver: Worker[Any] = Worker(
                f"deliver {each.name}",
                lease=deliverer.lease,
                run=deliverer.run,
                concurrency=_SENDS_AT_ONCE,
                takes_all=False,  # one of each channel at a time
            )
            refresh: Worker[Any] = Worker(
                f"refresh {each.name}", lease=refresher.lease, run=refresher.run, concurrency=_EDITS_AT_ONCE
            )
            workers += [(Bell.DELIVERIES, deliver), (Bell.EDITS, refresh)]
        return workers

    async def recover(self) -> None:
        """What only this process may do before it works: take over what the last one left."""
        now = self._shift.now()
        begun = self._beginning
        await self.rules.begin(begun.unused if begun else None, begun.refusal if begun else None)
        await SqlitePauses(self._database).end_all_waits(now=now)
        await self.linkedin.watch_book.began(now=now)
        await self.linkedin.connection.load()
        unknown = await self._outbox.recover(now=now)
        if unknown:
            _log.warning("attempts of the last run have an unknown end", extra={"deliveries": unknown})

    def start(self, tasks: asyncio.TaskGroup) -> None:
        """Start the workers, what prepares Slack and what watches the rule file, all owned by `tasks`."""
        self._tasks = tasks
        for _, worker in self._workers:
            tasks.create_task(worker.work(self.stopping), name=worker.name)
        self._prepare_slack()
        if self._beginning is not None:
            watching = watch(
                self._beginning.rule_file.folders, self.rules.look, nudge=self._look_again, pace=self._pace
            )
            self._watching = tasks.create_task(watching, name="watch the rule file")

    def _prepare_slack(self) -> None:
        """Have Slack asked who everybody is; once more when the file names other people."""
        if self._preparing is not None:
            self._preparing.cancel()
        if self._slack is not None and self._tasks is not None and not self.stopping.is_set():
            self._preparing = self._tasks.create_task(self._slack.prepare(), name="prepare slack")

    def _follow(self, old: Live, new: Live) -> None:
        """Other rules are live."""
        self._words.follow(new)
        if _in_slack(old.config.people) != _in_slack(new.config.people):
            self._prepare_slack()

    def stop(self) -> None:
        """Refuse new work; what is under way may end. Idempotent."""
        self.stopping.set()
        for task in (self._preparing, self._watching):
            if task is not None:
                task.cancel()

    async def close(self) -> None:
        """End the calls that nobody waits for any more. Idempotent."""
        await self.linkedin.source.close()

    def jobs(self) -> list[schedule.Job]:
        """The periodic sweeps."""
        return [
            *self.linkedin.jobs(),
            schedule.Job(name="timers", every=self._timers_every, run=self.waiting.sweep),
            schedule.Job(name="digests", every=_DIGESTS, run=self.waiting.sweep_digests),
            schedule.Job(name="templates", every=_TEMPLATE_CHECK, run=self._tell_of_templates),
            schedule.Job(name="drop what is too old", every=_AGE, run=self._retention.sweep),
            schedule.Job(name="tidy the database", every=_TIDY, run=self._retention.tidy),
        ]

    async def _tell_of_templates(self) -> None:
        for template, detail in self._words.take_failures():
            _log.error("template failed", extra={"template": template, "detail": detail})
            await self._shift.notice_board.post(notices.template_failed(template, detail), now=self._shift.now())
            self._ring(Bell.DELIVERIES)

    def commands(self) -> dict[str, control.Command]:
        """What the private socket does."""
        return {
            **self.linkedin.commands(),
            "redeliver": self._redeliver,
            "forget": self.forgetting.answer,
        }

    async def _redeliver(self, arguments: Mapping[str, object]) -> object:
        revived = await self._outbox.redeliver(control.words(arguments.get("ids")), now=self._shift.now())
        self._ring(Bell.DELIVERIES)
        return revived

    def web(self) -> web.Application:
        """The HTTP side."""
        reception = Reception(
            source=self.linkedin.source,
            inbox=self._inbox,
            watch=self.linkedin.watch_book,
            now=self._shift.now,
            ring=self._ring,
        )
        health = Health(can_store=self._database.prove, is_stopping=self.stopping.is_set)
        slack = self._slack.endpoint(self._desk) if self._slack is not None else None
        return application(LinkedInWebhook(reception=reception), health, slack, self.linkedin.pages)


def _first(config: Config, beginning: Beginning | None) -> Live:
    """The version that the server starts with."""
    if beginning is not None:
        return Live(
            config=replace(config, version=beginning.files.version), written=beginning.config, files=beginning.files
        )
    files = Files.of(config.text.encode(), templates_in(config.path.parent))
    config = replace(config, version=files.version)
    return Live(config=config, written=config, files=files)


def _in_slack(people: People) -> set[str]:
    return {person.slack for person in people.by_name.values()}


def _notice_targets(config: Config) -> tuple[Target, ...]:
    """Where the bot's own words go: the admin channel first, else the admin's mailbox."""
    targets = []
    if config.slack is not None and config.slack.admin_channel:
        targets.append(Target(destination="slack", address=config.slack.admin_channel))
    if config.email is not None and config.email.smtp is not None and config.email.admin:
        targets.append(Target(destination="email", address=config.email.admin))
    return tuple(targets)
