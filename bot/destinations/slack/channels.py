"""From an address of the rule file ("#leads", "C0123", a person) to the channel id that Slack's other methods want."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.core.errors import OutageError, TargetError, UpstreamError
from bot.destinations.slack.api import SlackApi, next_page, object_of, objects_of, text_of
from bot.destinations.slack.card import is_user_id
from bot.destinations.slack.directory import Directory

#: A renamed channel is noticed after this long.
FORGET_NAMES_AFTER = timedelta(minutes=10)
_PAGE = 200
_MOST_PAGES = 50


class Channels:
    """Resolves addresses. Names are cached, and learnt from what Slack answers to posts."""

    def __init__(self, *, api: SlackApi, directory: Directory, now: Callable[[], datetime]) -> None:
        self._api = api
        self._directory = directory
        self._now = now
        self._ids: dict[str, str] = {}
        self._listed_at: datetime | None = None

    async def to_post(self, address: str) -> str:
        """What chat.postMessage takes for `address`: a channel's name or id, or a user id for a direct message."""
        return await self._directory.user_id(address) if _is_person(address) else address

    async def id_of(self, address: str) -> str:
        """The channel id of `address`; for a person, of the direct messages with them. Raises UpstreamError."""
        if _is_person(address):
            return await self._direct(await self._directory.user_id(address))
        if not address.startswith("#"):
            return address
        name = address[1:]
        if name not in self._ids or self._is_stale():
            await self._list()
        if name not in self._ids:
            raise TargetError("no channel of that name is visible to the app", code="channel_not_found")
        return self._ids[name]

    def learn(self, address: str, channel: str) -> None:
        """Slack said that `address` is `channel`."""
        if address.startswith("#") and channel:
            self._ids[address[1:]] = channel

    def _is_stale(self) -> bool:
        return self._listed_at is not None and self._now() - self._listed_at > FORGET_NAMES_AFTER

    async def _direct(self, user: str) -> str:
        answer = await self._api.call("conversations.open", {"users": user})
        return text_of(object_of(answer, "channel"), "id")

    async def _list(self) -> None:
        try:
            found = await self._visible("public_channel,private_channel")
        except OutageError as error:
            if error.code != "missing_scope":
                raise
            found = await self._visible("public_channel")  # without groups:read Slack refuses the whole question
        self._ids, self._listed_at = found, self._now()

    async def _visible(self, types: str) -> dict[str, str]:
        found: dict[str, str] = {}
        cursor = ""
        for _ in range(_MOST_PAGES):
            arguments = {"types": types, "limit": _PAGE, "exclude_archived": True, "cursor": cursor or None}
            answer = await self._api.call("conversations.list", arguments)
            found |= {text_of(channel, "name"): text_of(channel, "id") for channel in objects_of(answer, "channels")}
            cursor = next_page(answer)
            if not cursor:
                break
        return found


async def joined(api: SlackApi, channels: Channels, address: str, refused: UpstreamError) -> str:
    """Join the public channel `address` and return its id. Raises `refused` when it cannot be joined.

    A join that may work later (Slack busy) raises its own error instead, so that the delivery stays waiting.
    """
    try:
        channel = await channels.id_of(address)
        await api.call("conversations.join", {"channel": channel})
    except (TargetError, OutageError) as error:
        raise refused from error
    return channel


def _is_person(address: str) -> bool:
    return "@" in address or is_user_id(address)
