"""How the link to LinkedIn stands: its address, the app, the token, the API version, each source and its subscriptions.

Reads only: nothing is created, renewed or fetched that belongs to a person.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from bot.config.model import LinkedInSettings, SourceEntry
from bot.core.area import Area, in_words, sentence
from bot.core.connection import Renewal, TokenFacts
from bot.core.errors import (
    Forbidden,
    NotFound,
    OutageError,
    RateLimited,
    SignInNeeded,
    TemporaryError,
    UpstreamError,
    VersionRetired,
)
from bot.core.findings import Finding
from bot.core.subscribing import Wanted, does, same_address
from bot.core.versions import WARN_BEFORE, days_left, sunset
from bot.ports import Subscription
from bot.sources.linkedin.api import Api
from bot.sources.linkedin.client import Client
from bot.sources.linkedin.oauth import OAuth
from bot.sources.linkedin.restli import Value, address
from bot.sources.linkedin.roles import Access
from bot.sources.linkedin.sign_in import SignIn
from bot.sources.linkedin.urns import owner_union

T = TypeVar("T")

_AREA = Area("linkedin")

_RESPONSES = "leadFormResponses"
_AT_ONCE = 12

#: Asked about when there is no token, so that the app's id and secret are tried all the same.
_NO_TOKEN = "none"  # noqa: S105 - it is none

_ADDRESS = "Check linkedin.api_url (usually https://api.linkedin.com), DNS, and any proxy or firewall on the way."
_SUBSCRIBE = "Run `leadbell linkedin subscribe` while the server is running."
_LATER = "Try again in some minutes. Leads that come meanwhile are kept."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stream:
    """One lead type of one source."""

    source: str
    owner: str
    lead_type: str

    @property
    def name(self) -> str:
        return f"{self.source} {self.lead_type}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedInCheckup:
    """Asks LinkedIn about everything that Leadbell needs of it. `session` stays the caller's."""

    settings: LinkedInSettings
    sources: tuple[SourceEntry, ...]
    webhook: str  #: the whole address that LinkedIn should post to
    is_public: bool  #: LinkedIn can post there: it is https and not of this machine
    session: aiohttp.ClientSession
    sign_in: SignIn
    now: Callable[[], datetime]
    deadline: timedelta = timedelta(seconds=5)  #: of each call
    _few: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE), init=False, repr=False)

    async def findings(self) -> AsyncIterator[Finding]:
        """Everything there is to say. Raises nothing for what LinkedIn does."""
        reached, told = await asyncio.gather(self._reach(), _outcome(self._introspect()))
        yield reached
        for finding in self.sign_in.findings(told, self.now()):
            yield finding
        obstacle = self._obstacle(reached, told)
        probe = None if obstacle else await _outcome(self._probe())
        yield self._version(probe)
        if probe is not None and not isinstance(probe, VersionRetired) and _obstacle_of(probe):
            yield _AREA.failed_by("API", probe, _LATER)
        for finding in await self._of_sources(obstacle or _obstacle_of(probe)):
            yield finding

    # ── what everything else stands on ──

    async def _reach(self) -> Finding:
        """Any answer at all will do: without a token LinkedIn says no more than that it is there."""
        name, url = "address", self.settings.api_url
        try:
            async with (
                asyncio.timeout(self.deadline.total_seconds()),
                self.session.get(URL(f"{url}/rest/{_RESPONSES}", encoded=True), allow_redirects=False) as answer,
            ):
                status = answer.status
        except TimeoutError:
            return _AREA.failed(name, f"{url} did not answer within {in_words(self.deadline)}.", _ADDRESS)
        except aiohttp.ClientConnectorCertificateError:
            advice = "A proxy may open the encryption: its certificate must be trusted by this machine."
            return _AREA.failed(name, f"The certificate of {url} is not to be trusted.", advice)
        except (aiohttp.ClientError, OSError):
            return _AREA.failed(name, f"{url} cannot be reached.", _ADDRESS)
        if 300 <= status < 400 or status == 404:
            return _AREA.failed(name, f"What answers at {url} is not LinkedIn's API ({status}).", _ADDRESS)
        return _AREA.ok(name, f"{url} answers.")

    async def _introspect(self) -> TokenFacts:
        authority = OAuth(
            self.session,
            auth_url=self.settings.auth_url,
            client_id=self.settings.client_id,
            client_secret=self.settings.client_secret.reveal(),
            now=self.now,
            deadline=self.deadline,
        )
        return await authority.introspect(self.sign_in.token or _NO_TOKEN)

    def _obstacle(self, reached: Finding, told: TokenFacts | UpstreamError) -> str:
        """Why LinkedIn's API cannot be asked; "" = it can."""
        if not self.sign_in.token:
            return "There is no access token."
        if reached.advice:
            return "LinkedIn's API cannot be reached."
        return "The access token does not work." if self.sign_in.is_dead(told) else ""

    # ── the API ──

    def _api(self) -> Api:
        return Api(
            self.session,
            api_version=self.settings.api_version,
            access_token=lambda: self.sign_in.token,
            now=self.now,
            refresh=self._worth,
            deadline=self.deadline,
        )

    async def _worth(self) -> Renewal:
        """What LinkedIn says of a token that its API refused; nothing is renewed."""
        told = await _outcome(self._introspect())
        return told.renewal if isinstance(told, TokenFacts) else Renewal.NONE

    def _client(self) -> Client:
        return Client(self._api(), api_url=self.settings.api_url)

    async def _probe(self) -> None:
        """One careful call first: what it meets, every other call would meet."""
        streams = list(self._streams())
        if streams:
            await self._one_lead(streams[0])
        else:
            async for _ in self._client().roles():
                break

    async def _one_lead(self, stream: _Stream) -> None:
        """Ask for the id of the newest lead: enough to know that leads may be read, and nothing of the person."""
        query: dict[str, Value] = {
            "q": "owner",
            "owner": owner_union(stream.owner),
            "leadType": {"leadType": stream.lead_type},
            "limitedToTestLeads": False,
            "start": 0,
            "count": 1,
        }
        url = address(self.settings.api_url, _RESPONSES, query=query, fields="id")
        async with self._few:
            await self._api().get(_RESPONSES, url, lead_type=stream.lead_type)

    def _version(self, probe: UpstreamError | None) -> Finding:
        name, version = "API version", self.settings.api_version
        today = self.now().date()
        end, left = sunset(version), days_left(version, today)
        if isinstance(probe, VersionRetired):
            return _AREA.failed(name, f"LinkedIn does not serve {version} (any more).", probe.advice)
        newer = "Set linkedin.api_version to a newer month, try it with `leadbell doctor`, and restart Leadbell."
        if end is None or left is None:
            return _AREA.failed(name, f"LinkedIn has never published a version {version}.", newer)
        if left < 0:
            return _AREA.warning(name, f"{version} was to end on {end:%Y-%m-%d}: it may stop at any moment.", newer)
        said = f"{version} is served until about {end:%Y-%m-%d}, {left} days from now."
        return _AREA.warning(name, said, newer) if left <= WARN_BEFORE.days else _AREA.ok(name, said)

    # ── sources and subscriptions ──

    def _streams(self) -> Iterator[_Stream]:
        for entry in self.sources:
            for lead_type in entry.lead_types:
                yield _Stream(source=entry.name, owner=entry.owner, lead_type=lead_type)

    async def _of_sources(self, obstacle: str) -> list[Finding]:
        streams = list(self._streams())
        if not streams:
            advice = "Add the ad account or the Page under `sources:`; without, nothing is pulled."
            return [_AREA.warning("sources", "The rule file names no source.", advice)]
        if obstacle:
            names = (name for stream in streams for name in (stream.name, f"subscription {stream.name}"))
            return [_AREA.skipped(name, obstacle) for name in names]
        asked = asyncio.gather(*(self._asked(stream) for stream in streams))
        access, answers = await asyncio.gather(self._access(), asked)
        found: list[Finding] = []
        for stream, (readable, there) in zip(streams, answers, strict=True):
            found += (_readable(stream, readable, access), self._subscribed(stream, there))
        return found

    async def _asked(self, stream: _Stream) -> tuple[UpstreamError | None, list[Subscription] | UpstreamError]:
        """Whether its leads may be read, and where they are posted."""
        return await asyncio.gather(_outcome(self._one_lead(stream)), _outcome(self._subscriptions(stream)))

    async def _access(self) -> Access:
        client = self._client()

        async def listed(entries: AsyncIterator[T]) -> list[T] | None:
            try:
                async with asyncio.timeout(self.deadline.total_seconds()):
                    return [entry async for entry in entries]
            except (UpstreamError, TimeoutError):
                return None

        accounts, roles = await asyncio.gather(listed(client.accounts(only_active=False)), listed(client.roles()))
        return Access(accounts=accounts, roles=roles)

    async def _subscriptions(self, stream: _Stream) -> list[Subscription]:
        async with self._few, asyncio.timeout(self.deadline.total_seconds()):
            return await self._client().subscriptions(stream.owner, stream.lead_type)

    def _subscribed(self, stream: _Stream, there: Sequence[Subscription] | UpstreamError) -> Finding:
        """Whether LinkedIn posts this stream's leads to us, once, and to whom else."""
        name = f"subscription {stream.name}"
        if isinstance(there, UpstreamError):
            return _AREA.failed_by(name, there, _LATER)
        wanted = Wanted(owner=stream.owner, lead_type=stream.lead_type)
        whole = [each for each in there if does(each, wanted, self.webhook)]
        narrow = [each for each in there if each not in whole and self._is_ours(each)]
        others = [each for each in there if not self._is_ours(each)]
        if not whole:
            return self._unsubscribed(name, narrow, others)
        if len(whole) > 1 or narrow:
            ids = ", ".join(each.id for each in (*whole[1:], *narrow))
            advice = f"Nobody is alerted twice. Remove what is too much: `leadbell linkedin unsubscribe` {ids}"
            return _AREA.warning(name, f"{len(whole) + len(narrow)} subscriptions post the same leads here.", advice)
        if others:
            said = f"LinkedIn posts here ({whole[0].id}), and to {_hosts(others)} as well."
            advice = f"If that is an address of old: `leadbell linkedin unsubscribe {others[0].id}`"
            return _AREA.warning(name, said, advice)
        return _AREA.ok(name, f"LinkedIn posts here ({whole[0].id}).")

    def _unsubscribed(self, name: str, narrow: Sequence[Subscription], others: Sequence[Subscription]) -> Finding:
        if narrow:
            said = "LinkedIn posts only the leads of some forms or events here; the others are found late by the pull."
            return _AREA.warning(name, said, _SUBSCRIBE)
        if not self.is_public:
            return _AREA.skipped(name, "LinkedIn could not post to this address: see the public address.")
        if others:
            return _AREA.failed(name, f"LinkedIn posts these leads to {_hosts(others)}, not here.", _SUBSCRIBE)
        return _AREA.failed(name, "There is none, so these leads are found late, by the pull.", _SUBSCRIBE)

    def _is_ours(self, each: Subscription) -> bool:
        return same_address(each.webhook) == same_address(self.webhook)


def _readable(stream: _Stream, asked: UpstreamError | None, access: Access) -> Finding:
    """Whether this stream's leads may be read, and if not, which role is missing."""
    lack = access.lack(stream.owner, stream.lead_type)
    if asked is None:
        if lack is None:
            return _AREA.ok(stream.name, "Its leads can be read.")
        if lack.is_certain:
            return _AREA.failed(stream.name, sentence(lack.what), lack.advice)
        said = sentence(f"LinkedIn answers, but perhaps without all leads: {lack.what}")
        return _AREA.warning(stream.name, said, lack.advice)
    if isinstance(asked, Forbidden | NotFound) and lack is not None:
        return _AREA.failed(stream.name, sentence(lack.what), lack.advice)
    if isinstance(asked, RateLimited):
        advice = f"Nothing is lost: Leadbell goes on by itself, in {in_words(asked.pause)} at the latest."
        return _AREA.warning(stream.name, "LinkedIn's limit for such calls is used up.", advice)
    return _AREA.failed_by(stream.name, asked, _LATER)


def _obstacle_of(probe: UpstreamError | None) -> str:
    """Why no other call is worth making after the first; "" = it is."""
    if isinstance(probe, VersionRetired):
        return "LinkedIn does not serve the API version."
    if isinstance(probe, SignInNeeded):
        return "LinkedIn does not accept the access token."
    if isinstance(probe, OutageError):
        return sentence(str(probe))
    if isinstance(probe, TemporaryError) and not isinstance(probe, RateLimited):
        return sentence(str(probe))
    return ""


async def _outcome(call: Awaitable[T]) -> T | UpstreamError:
    """What the call gives, or the error that it raises."""
    try:
        return await call
    except UpstreamError as error:
        return error
    except TimeoutError:
        return TemporaryError("LinkedIn did not answer in time", code="timeout")


def _hosts(subscriptions: Sequence[Subscription]) -> str:
    """Where they point, without paths and queries: those may be a secret of somebody's."""
    return ", ".join(dict.fromkeys(urlsplit(each.webhook).netloc.rpartition("@")[2] or "?" for each in subscriptions))
