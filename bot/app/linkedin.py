"""The parts that have to do with LinkedIn: its client, the connected account, listening, catching up, counting."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from functools import partial

import aiohttp

from bot import control
from bot.app.clock import Timing
from bot.config.model import Config
from bot.core.connection import CALLBACK_PATH, CONNECT_PATH
from bot.core.errors import BotError, UpstreamError
from bot.keys import Keyring
from bot.pipeline.backfill import Backfill
from bot.pipeline.breaker import Breaker
from bot.pipeline.connection import Connection
from bot.pipeline.count import Count
from bot.pipeline.fingerprints import Fingerprints
from bot.pipeline.pull import Pull
from bot.pipeline.shift import Shift
from bot.pipeline.streams import streams_of
from bot.pipeline.subscribe import Subscriber, refusal_of, webhook_of
from bot.pipeline.version import VersionWatch
from bot.pipeline.watch import Watch
from bot.ports import Inbox, Stream
from bot.schedule import Job
from bot.sources.linkedin import LinkedIn
from bot.sources.linkedin.api import Api
from bot.sources.linkedin.client import Client
from bot.sources.linkedin.oauth import OAuth
from bot.store.credentials import SqliteCredentials
from bot.store.database import Database
from bot.store.entries import Clerk
from bot.store.pull_book import SqlitePullBook
from bot.store.subscription_book import SqliteSubscriptionBook
from bot.store.tally_book import SqliteTallyBook
from bot.store.watch_book import SqliteWatchBook
from bot.web.connect import ConnectPages, connection_commands

_KEEP_CONNECTION = timedelta(hours=1)
_SUBSCRIBE = timedelta(minutes=1)
_LOOK = timedelta(minutes=1)
_BEAT = timedelta(seconds=30)
_COUNT = timedelta(minutes=10)
_VERSION = timedelta(hours=12)


class LinkedInParts:
    """Everything between the pipeline and LinkedIn's API."""

    def __init__(
        self,
        config: Config,
        timing: Timing,
        database: Database,
        clerk: Clerk,
        session: aiohttp.ClientSession,
        *,
        shift: Shift,
        inbox: Inbox,
    ) -> None:
        settings, public_url = config.linkedin, config.server.public_url
        self._config = config  # of the start: its settings hold until the next one
        self._live = shift.live
        keyring = Keyring.of(config.secret_key.reveal(), beside=config.database)
        self.fingerprints = Fingerprints(hash=keyring.fingerprint, live=shift.live)
        self.connection = Connection(
            authority=OAuth(
                session,
                auth_url=settings.auth_url,
                client_id=settings.client_id,
                client_secret=settings.client_secret.reveal(),
                now=timing.now,
            ),
            credentials=SqliteCredentials(database, keyring),
            shift=shift,
            static_token=settings.access_token.reveal(),
            redirect_uri=public_url + CALLBACK_PATH,
            connect_url=public_url + CONNECT_PATH,
        )
        api = Api(
            session,
            api_version=settings.api_version,
            access_token=self.connection.token,
            refresh=self.connection.renew,
            now=timing.now,
        )
        self.client = Client(api, api_url=settings.api_url)
        self.source = LinkedIn(
            self.client,
            client_secrets=(settings.client_secret.reveal(),),
            now=timing.now,
            require_signature=settings.require_signature,
            member_print=self.fingerprints.member_print,
        )
        self.breaker = Breaker("linkedin", shift)
        self.watch_book = SqliteWatchBook(database, clerk)
        pull_book = SqlitePullBook(database, clerk)
        self.pull = Pull(
            source=self.source,
            inbox=inbox,
            book=pull_book,
            watch=self.watch_book,
            breaker=self.breaker,
            shift=shift,
            webhook_time=timing.webhook_time,
        )
        self.watch = Watch(book=self.watch_book, shift=shift, webhook=webhook_of(config), is_public=self._is_public())
        self.count = Count(source=self.source, book=SqliteTallyBook(database, clerk), pull=self.pull, shift=shift)
        self.backfill = Backfill(pull=self.pull, book=pull_book)
        self.subscriber = Subscriber(
            subscriptions=self.client,
            book=SqliteSubscriptionBook(database),
            webhook=webhook_of(config),
            now=timing.now,
            shift=shift,
        )
        self.version = VersionWatch(shift=shift, version=settings.api_version)
        self.pages = ConnectPages(self.connection)

    def jobs(self) -> list[Job]:
        """The periodic sweeps: one pull per source, so that a slow one does not hold the others."""
        pace, names = self.pull.pace(), [entry.name for entry in self._config.sources]
        pulls = [Job(name=f"pull {name}", every=pace, run=partial(self._pull, name)) for name in names]
        later = Job(name="pull what the file has named since", every=pace, run=partial(self._pull_others, names))
        listens = [Job(name="subscribe", every=_SUBSCRIBE, run=self._subscribe)] if self._is_public() else []
        return [
            Job(name="keep the connection", every=_KEEP_CONNECTION, run=self.connection.keep),
            *pulls,
            later,
            *listens,
            Job(name="watch the webhook", every=_LOOK, run=self.watch.sweep),
            Job(name="note that we run", every=_BEAT, run=self.watch.beat),
            Job(name="count", every=_COUNT, run=self.count.sweep),
            Job(name="look at the API version", every=_VERSION, run=self.version.sweep),
        ]

    def _is_public(self) -> bool:
        """Can LinkedIn post to us at all? Otherwise everything comes by the pull, and nothing is amiss."""
        return self._config.server.public_url.startswith("https://") and not refusal_of(webhook_of(self._config))

    async def _pull(self, name: str) -> None:
        for entry in self._live().sources:
            if entry.name == name:
                await self.pull.pull_when_due(entry)

    async def _pull_others(self, names: Collection[str]) -> None:
        for entry in self._live().sources:
            if entry.name not in names:
                await self.pull.pull_when_due(entry)

    async def _subscribe(self) -> None:
        await self.subscriber.keep(streams_of(self._live().sources))

    def commands(self) -> dict[str, control.Command]:
        """What the private socket does for `leadbell linkedin` and `leadbell pull`."""
        return {
            **connection_commands(self.connection),
            "subscribe": self.subscriber.on_command,
            "pull-days": self._pull_days,
            "pull-day": self._pull_day,
            "pull-end": self._pull_end,
        }

    async def _pull_days(self, arguments: Mapping[str, object]) -> object:
        last = timedelta(seconds=control.number(arguments.get("last_seconds")))
        return [
            {"source": stream.source, "owner": stream.owner, "lead_type": stream.lead_type, "day": day.isoformat()}
            for stream in streams_of(self._live().sources)
            for day in await self.backfill.days_left(stream, last)
        ]

    async def _pull_end(self, _arguments: Mapping[str, object]) -> object:
        for stream in streams_of(self._live().sources):
            await self.backfill.end(stream)
        return None

    async def _pull_day(self, arguments: Mapping[str, object]) -> object:
        source, owner, lead_type = (control.text(arguments.get(key)) for key in ("source", "owner", "lead_type"))
        stream = Stream(source=source, owner=owner, lead_type=lead_type)
        try:
            return {"entered": await self.backfill.fetch_day(stream, control.instant(arguments.get("day")))}
        except UpstreamError as error:
            raise BotError(f"{error}. {error.advice}".rstrip()) from error
