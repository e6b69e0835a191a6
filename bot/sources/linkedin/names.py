"""Names of campaigns, accounts, Pages and events, looked up one by one where a lead came without them, and remembered.

A name is a nicety: nothing here raises UpstreamError, and nothing holds a lead back for longer than it was told to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.core.errors import Forbidden, OutageError, RateLimited, UpstreamError
from bot.core.lead import Lead, Named
from bot.sources.linkedin.client import Client
from bot.sources.linkedin.urns import id_of, kind_of
from bot.tasks import task_group

_KEEP_NAME = timedelta(days=1)
_KEEP_FAILURE = timedelta(minutes=10)
_ACCOUNT, _PAGE, _EVENT = "sponsoredAccount", "organization", "event"
_CAMPAIGN, _CREATIVE = "sponsoredCampaign", "sponsoredCreative"


@dataclass(frozen=True, slots=True)
class _Known:
    text: str  #: "" = LinkedIn did not tell
    until: datetime


class Names:
    """Looks names up and remembers them, the youngest `most`. Safe to use from many tasks: each is asked for once."""

    def __init__(self, client: Client, now: Callable[[], datetime], *, most: int = 2000) -> None:
        self._client = client
        self._most = most
        self._now = now
        self._known: dict[str, _Known] = {}
        self._asking: dict[str, asyncio.Future[str]] = {}
        self._closed: dict[str, datetime] = {}  #: kinds of look-up that are left alone until then

    async def complete(self, lead: Lead, *, creative: str = "", within: timedelta = timedelta(seconds=2)) -> Lead:
        """The lead with the names it lacks, as far as LinkedIn tells them `within` this time altogether.

        `creative` (id or URN) leads to the campaign where an ad's lead does not name it. Never raises UpstreamError.
        A lead that lacks nothing costs no call.
        """
        if not _lacks_a_name(lead, creative):
            return lead
        until = asyncio.get_running_loop().time() + within.total_seconds()
        async with task_group() as tasks:
            account = tasks.create_task(self._account(lead, until))
            campaign = tasks.create_task(self._campaign(lead, creative, until))
            event = tasks.create_task(self._event(lead.event, until))
        return replace(lead, account=account.result(), campaign=campaign.result(), event=event.result())

    async def _account(self, lead: Lead, until: float) -> Named | None:
        kind, owner_id = kind_of(lead.owner), id_of(lead.owner)
        if _is_named(lead.account) or not owner_id or kind not in {_ACCOUNT, _PAGE}:
            return lead.account
        ask = self._client.account_name if kind == _ACCOUNT else self._client.organization_name
        name = await self._told(kind, owner_id, lambda: ask(owner_id), until)
        return Named(id=owner_id, name=name) if name else lead.account

    async def _campaign(self, lead: Lead, creative: str, until: float) -> Named | None:
        account_id, known = id_of(lead.owner), lead.campaign
        if _is_named(known) or kind_of(lead.owner) != _ACCOUNT:
            return known
        campaign_id = id_of(known.id) if known is not None else ""
        if not campaign_id and (creative_id := id_of(creative)):
            campaign_id = await self._told(
                _CREATIVE, creative_id, lambda: self._campaign_of(account_id, creative_id), until
            )
        if not campaign_id:
            return known
        name = await self._told(_CAMPAIGN, campaign_id, lambda: self._campaign_name(account_id, campaign_id), until)
        return Named(id=campaign_id, name=name)

    async def _event(self, known: Named | None, until: float) -> Named | None:
        if known is None or known.name or not known.id:
            return known
        event_id = id_of(known.id)
        name = await self._told(_EVENT, event_id, lambda: self._client.event_name(event_id), until)
        return replace(known, name=name)

    async def _campaign_of(self, account_id: str, creative_id: str) -> str:
        return (await self._client.creative(account_id, creative_id)).campaign

    async def _campaign_name(self, account_id: str, campaign_id: str) -> str:
        return (await self._client.campaign(account_id, campaign_id)).name

    async def _told(self, kind: str, key: str, ask: Callable[[], Awaitable[str]], until: float) -> str:
        """What LinkedIn tells of the thing `key`, now or a while ago; "" when it does not, or not until then."""
        urn, now = f"urn:li:{kind}:{key}", self._now()
        known = self._known.get(urn)
        if known is not None and now < known.until:
            return known.text
        if now < self._closed.get(kind, now):
            return ""
        try:
            async with asyncio.timeout_at(until):
                if (asking := self._asking.get(urn)) is not None:
                    return await asyncio.shield(asking)
                return await self._ask(urn, kind, ask)
        except TimeoutError:
            return ""

    async def _ask(self, urn: str, kind: str, ask: Callable[[], Awaitable[str]]) -> str:
        asking = self._asking[urn] = asyncio.get_running_loop().create_future()
        text = ""
        try:
            text = await ask()
        except UpstreamError as error:
            self._heed(kind, error)
        finally:  # also when the deadline ends it: whoever waits for the answer must not wait for ever
            self._remember(urn, text)
            del self._asking[urn]
            asking.set_result(text)
        return text

    def _heed(self, kind: str, error: UpstreamError) -> None:
        """What is refused for one thing is refused for all of its kind, for a while."""
        if isinstance(error, RateLimited):
            self._closed[kind] = self._now() + error.pause
        elif isinstance(error, Forbidden | OutageError):
            self._closed[kind] = self._now() + _KEEP_FAILURE

    def _remember(self, urn: str, text: str) -> None:
        self._known.pop(urn, None)
        self._known[urn] = _Known(text, self._now() + (_KEEP_NAME if text else _KEEP_FAILURE))
        while len(self._known) > self._most:
            del self._known[next(iter(self._known))]


def _lacks_a_name(lead: Lead, creative: str) -> bool:
    kind = kind_of(lead.owner)
    is_of_ad = kind == _ACCOUNT and (lead.campaign is not None or bool(creative))
    return (
        (kind in {_ACCOUNT, _PAGE} and not _is_named(lead.account))
        or (is_of_ad and not _is_named(lead.campaign))
        or (lead.event is not None and not lead.event.name)
    )


def _is_named(thing: Named | None) -> bool:
    return thing is not None and bool(thing.name)
