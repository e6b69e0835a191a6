"""What a workspace holds: members, channels and their messages. Knows no HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

BOT_ID, BOT_USER, APP_ID, TEAM_ID = "B0LEADBELL", "U0LEADBELL", "A0LEADBELL", "T0DEMO"

Json = dict[str, Any]


class Refused(Exception):
    """Slack says no: `code` is its word; `more` joins the answer."""

    def __init__(self, code: str, **more: object) -> None:
        super().__init__(code)
        self.code = code
        self.more = more


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A member. `team` differs from the workspace's for somebody from another company."""

    id: str
    name: str
    email: str
    is_guest: bool
    team: str
    is_deleted: bool


@dataclass(slots=True, kw_only=True)
class Message:
    """A message as the channel shows it now. `revision` counts its edits."""

    ts: str
    text: str
    user: str = BOT_USER
    blocks: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    edited: bool = False
    revision: int = 0
    thread_ts: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Private:
    """A message that only `user` sees."""

    channel: str
    user: str
    text: str
    blocks: list[Json]
    ts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call of the Web API as it arrived."""

    method: str
    arguments: Mapping[str, Any]
    at: datetime


@dataclass(slots=True, kw_only=True)
class Channel:
    """A channel, or the direct messages with `user`."""

    id: str
    name: str
    is_private: bool = False
    is_archived: bool = False
    is_bot_member: bool = True
    user: str | None = None
    messages: list[Message] = field(default_factory=list)
    members: set[str] | None = None  #: None = everybody of the workspace

    @property
    def kind(self) -> str:
        """The word in `types=` of conversations.list."""
        if self.user is not None:
            return "im"
        return "private_channel" if self.is_private else "public_channel"


class Workspace:
    """Members, channels, and stamps that never repeat."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._last_stamp = 0
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}

    def stamp(self) -> str:
        """A new ts: the time in microseconds, later than every one before."""
        self._last_stamp = max(int(self._now().timestamp() * 1_000_000) // 100 * 100, self._last_stamp + 100)
        return f"{self._last_stamp // 1_000_000}.{self._last_stamp % 1_000_000:06d}"

    def add_channel(self, channel: Channel) -> None:
        """A new channel; its name and id must be new."""
        if channel.id in self.channels or (channel.name and self.named(channel.name) is not None):
            raise ValueError(f"channel {channel.name} exists already")
        self.channels[channel.id] = channel

    def named(self, name: str) -> Channel | None:
        """The channel called `name`, with or without the #."""
        plain = name.removeprefix("#")
        return next((c for c in self.channels.values() if c.user is None and c.name == plain), None)

    def direct(self, user: str) -> Channel:
        """The bot's direct messages with `user`, opened when there are none."""
        member = self.users.get(user)
        if member is None:
            raise Refused("user_not_found")
        if member.is_deleted:
            raise Refused("user_disabled")
        if user == BOT_USER:
            raise Refused("cannot_dm_bot")
        for channel in self.channels.values():
            if channel.user == user:
                return channel
        opened = Channel(id=f"D{len(self.channels):04d}{user[1:]}", name=member.name, user=user)
        self.channels[opened.id] = opened
        return opened

    def find(self, address: str) -> Channel:
        """The channel of an id, a name or a member. A private channel without the bot does not exist for it."""
        if address in self.users:
            return self.direct(address)
        channel = self.channels.get(address) or self.named(address)
        if channel is None or (channel.is_private and not channel.is_bot_member):
            raise Refused("channel_not_found")
        return channel

    def find_by_id(self, channel_id: str) -> Channel:
        """Like `find`, for the methods that take ids only."""
        if channel_id not in self.channels:
            raise Refused("channel_not_found")
        return self.find(channel_id)
