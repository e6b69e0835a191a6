"""Have LinkedIn post the leads of every source to our address: create what is missing, remove what of ours is stale.

The process may die at every await. Nothing is created before the list was read, and a subscription counts as ours only
once it is remembered; one that was made and not remembered is found in the list next time and adopted.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from bot.config.model import Config
from bot.core.errors import (
    AmbiguousError,
    BotError,
    ChallengeFailed,
    Forbidden,
    NotFound,
    OutageError,
    PermanentError,
    StoreUnavailable,
    UpstreamError,
)
from bot.core.subscribing import Wanted, does, is_about, plan
from bot.pipeline.notices.subscriptions import subscription_refused
from bot.pipeline.shift import Shift
from bot.pipeline.streams import streams_of
from bot.ports import Stream, Subscription, SubscriptionBook, Subscriptions

_log = logging.getLogger(__name__)

#: What a limit on this endpoint closes; leads come by another one.
_ACTIVITY = "subscriptions"

#: Somebody may have removed one by hand; what LinkedIn refused may be mended; what it could not do just now, it may.
_AGAIN, _AFTER_REFUSAL, _SOON = timedelta(hours=6), timedelta(minutes=30), timedelta(minutes=1)

WEBHOOK_PATH = "/linkedin/webhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one `ensure` did."""

    created: tuple[Subscription, ...] = ()
    removed: tuple[Subscription, ...] = ()
    kept: tuple[Subscription, ...] = ()  #: were there already
    refused: tuple[tuple[Stream, UpstreamError], ...] = ()  #: whose leads are not posted, or not tidied up, and why


def webhook_of(config: Config) -> str:
    """The address that LinkedIn posts to."""
    return config.server.public_url + WEBHOOK_PATH


def refusal_of(webhook: str) -> str:
    """Why LinkedIn would not take this address, in words with what to do; "" when it may. Asks nobody."""
    parts = urlsplit(webhook)
    host = parts.hostname or ""
    if parts.scheme != "https" and not _is_this_machine(host):
        return (
            f"LinkedIn posts only to an HTTPS address, and server.public_url is {parts.scheme}://{parts.netloc}. "
            "Put a proxy with a certificate in front of Leadbell and set PUBLIC_URL to its https:// address."
        )
    if any("ngrok" in label for label in host.lower().split(".")):
        return (
            f"LinkedIn refuses addresses of ngrok, and server.public_url is on {host}. "
            "Use a host name of your own, or another tunnel."
        )
    return ""


@dataclass(slots=True)
class _Done:
    created: list[Subscription] = field(default_factory=list)
    removed: list[Subscription] = field(default_factory=list)
    kept: list[Subscription] = field(default_factory=list)
    refused: list[tuple[Stream, UpstreamError]] = field(default_factory=list)

    def outcome(self) -> Outcome:
        return Outcome(
            created=tuple(self.created),
            removed=tuple(self.removed),
            kept=tuple(self.kept),
            refused=tuple(self.refused),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """Keeps one address subscribed."""

    subscriptions: Subscriptions
    book: SubscriptionBook
    webhook: str
    now: Callable[[], datetime]
    shift: Shift | None = None  #: None: only the caller hears of what was refused
    upstream: str = "linkedin"
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)
    _due_at: list[datetime] = field(default_factory=list)  #: when to look again; empty = now

    async def keep(self, streams: Sequence[Stream]) -> None:
        """The sweep of every minute: ensure every 6 hours, and sooner again what was refused or not to be had."""
        now = self.now()
        if (self._due_at and now < self._due_at[0] <= now + _AGAIN) or await self._is_held(now):
            return
        try:
            outcome = await self.ensure(streams)
        except StoreUnavailable as error:
            _log.warning("subscriptions not stored", extra={"error": str(error)})
            return
        if self.shift is not None and not outcome.refused:
            await self.shift.pauses.answered([f"{self.upstream}:{_ACTIVITY}"], now=now)
        waits = [_AFTER_REFUSAL if isinstance(error, PermanentError) else _SOON for _, error in outcome.refused]
        self._due_at[:] = [now + min(waits, default=_AGAIN)]

    async def ensure(self, streams: Sequence[Stream]) -> Outcome:
        """Make LinkedIn's subscriptions those of `streams`, and of no others of ours. Idempotent.

        The server must be up: creating one makes LinkedIn challenge the address. One stream's refusal does not keep
        the others; it is in the outcome, and told once per cause. Raises StoreUnavailable.
        """
        async with self._one_at_a_time:
            done = _Done()
            waiting = [*dict.fromkeys(streams), *_former(streams, (await self.book.ours()).values())]
            while waiting:
                stream = waiting.pop(0)
                try:
                    await self._settle(stream, done, is_wanted=stream in streams)
                except UpstreamError as error:
                    done.refused.append((stream, error))
                    await self._tell(stream, error)
                    if isinstance(error, OutageError):  # the others would only hear the same
                        done.refused += [(each, error) for each in waiting]
                        waiting = []
            return done.outcome()

    async def _is_held(self, now: datetime) -> bool:
        scopes = (self.upstream, f"{self.upstream}:{_ACTIVITY}")
        pauses = self.shift.pauses if self.shift is not None else None
        return pauses is not None and any([await pauses.is_closed(scope, now=now) for scope in scopes])

    async def on_command(self, arguments: Mapping[str, object]) -> object:  # noqa: ARG002 - the socket's signature
        """`leadbell linkedin subscribe` through the private socket: the live file's sources; what was done as JSON."""
        if self.shift is None:
            raise BotError("nobody told this server which sources there are")
        if refusal := refusal_of(self.webhook):
            raise BotError(refusal)
        return as_json(await self.ensure(streams_of(self.shift.live().sources)))

    async def _settle(self, stream: Stream, done: _Done, *, is_wanted: bool) -> None:
        existing = await self.subscriptions.subscriptions(stream.owner, stream.lead_type)
        ours = await self._still_ours(stream, existing)
        wanted = [Wanted(owner=stream.owner, lead_type=stream.lead_type)] if is_wanted else []
        todo = plan(wanted, existing, self.webhook, ours)
        for each in todo.keep:
            await self.book.remember(each, now=self.now())
            done.kept.append(each)
        remove = list(todo.remove)
        for missing in todo.create:
            done.created.append(await self._create(missing, remove, done))
        for stale in remove:
            await self._remove(stale, done)

    async def _still_ours(self, stream: Stream, existing: Sequence[Subscription]) -> set[str]:
        """The ids we made, after forgetting those of this stream that LinkedIn no longer has."""
        ours, there = await self.book.ours(), {each.id for each in existing}
        for each in ours.values():
            if (each.owner, each.lead_type) == (stream.owner, stream.lead_type) and each.id not in there:
                await self.book.forget(each.id)
        return set(ours) & there

    async def _create(self, wanted: Wanted, stale: list[Subscription], done: _Done) -> Subscription:
        """Create and remember; when that may or cannot have worked, look first, then try once more."""
        try:
            return await self._created(wanted)
        except AmbiguousError:
            found = await self._find(wanted)
        except PermanentError as error:
            if isinstance(error, ChallengeFailed | Forbidden | NotFound):
                raise
            found = await self._find(wanted)
            # LinkedIn does not say whether an owner may have two: ours with the former address may be in the way.
            in_the_way = [each for each in stale if is_about(each, wanted)]
            if found is None and not in_the_way:
                raise
            for each in in_the_way if found is None else ():
                await self._remove(each, done)
                stale.remove(each)
        if found is None:
            return await self._created(wanted)
        await self.book.remember(found, now=self.now())
        return found

    async def _find(self, wanted: Wanted) -> Subscription | None:
        listed = await self.subscriptions.subscriptions(wanted.owner, wanted.lead_type)
        return next((each for each in listed if does(each, wanted, self.webhook)), None)

    async def _created(self, wanted: Wanted) -> Subscription:
        new_id = await self.subscriptions.subscribe(
            self.webhook, wanted.owner, wanted.lead_type, form=wanted.form, entity=wanted.entity
        )
        created = Subscription(
            id=new_id,
            webhook=self.webhook,
            owner=wanted.owner,
            lead_type=wanted.lead_type,
            form=wanted.form,
            entity=wanted.entity,
        )
        await self.book.remember(created, now=self.now())
        return created

    async def _remove(self, stale: Subscription, done: _Done) -> None:
        await self.subscriptions.unsubscribe(stale.id)
        await self.book.forget(stale.id)
        done.removed.append(stale)

    async def _tell(self, stream: Stream, error: UpstreamError) -> None:
        what = {"source": stream.source, "lead_type": stream.lead_type, "error": str(error)}
        _log.warning("subscribing failed", extra=what)
        if self.shift is None:
            return
        await self.shift.heed(error, self.upstream, _ACTIVITY, holds_work=False)
        if isinstance(error, PermanentError):  # whatever is temporary is tried again before anybody need act
            await self.shift.tell(subscription_refused(stream, error, self.now()))


def as_json(outcome: Outcome) -> dict[str, object]:
    """For the private socket and for `--json`."""
    return {
        "created": [_shown(each) for each in outcome.created],
        "removed": [_shown(each) for each in outcome.removed],
        "kept": [_shown(each) for each in outcome.kept],
        "refused": [
            {
                "source": stream.source,
                "owner": stream.owner,
                "lead_type": stream.lead_type,
                "error": str(error),
                "advice": error.advice,
                "is_setup": isinstance(error, OutageError),
            }
            for stream, error in outcome.refused
        ],
    }


def _shown(one: Subscription) -> dict[str, object]:
    return {
        "id": one.id,
        "owner": one.owner,
        "lead_type": one.lead_type,
        "form": one.form,
        "entity": one.entity,
        "webhook": one.webhook,
    }


def _former(streams: Sequence[Stream], ours: Iterable[Subscription]) -> list[Stream]:
    """What we subscribed to and the rule file no longer names."""
    live = {(stream.owner, stream.lead_type) for stream in streams}
    former = dict.fromkeys((each.owner, each.lead_type) for each in ours)
    return [Stream(source="", owner=owner, lead_type=kind) for owner, kind in former if (owner, kind) not in live]


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
