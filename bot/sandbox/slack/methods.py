"""The methods of Slack's Web API that a lead bot needs, as functions of the workspace and the call's arguments.

https://docs.slack.dev/reference/methods
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol, TypeVar

from bot.sandbox.slack.refusals import check_message
from bot.sandbox.slack.workspace import (
    APP_ID,
    BOT_ID,
    BOT_USER,
    TEAM_ID,
    Channel,
    Json,
    Message,
    Private,
    Refused,
    User,
    Workspace,
)

_UPDATE_TEXT_LIMIT = 4000
_Item = TypeVar("_Item")


class Room(Protocol):
    """What the methods work on: the workspace and what is seen outside channels."""

    workspace: Workspace
    private: list[Private]

    def changed(self) -> None:
        """Tell whoever watches that something visible changed."""
        ...


Method = Callable[[Room, Json], Json]


def auth_test(_room: Room, _arguments: Json) -> Json:
    """Who the token belongs to."""
    return {
        "url": "https://demo.slack.test/",
        "team": "Demo",
        "user": "leadbell",
        "team_id": TEAM_ID,
        "user_id": BOT_USER,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


def post_message(room: Room, arguments: Json) -> Json:
    """A new message; to a member it goes as a direct message."""
    channel = room.workspace.find(_needed(arguments, "channel", "channel_not_found"))
    _may_post(channel)
    check_message(arguments, text_limit=None)
    parent = _parent(channel, arguments.get("thread_ts"))
    message = Message(
        ts=room.workspace.stamp(),
        text=str(arguments.get("text") or ""),
        blocks=_kept_blocks(arguments.get("blocks") or []),
        metadata=arguments.get("metadata"),
        thread_ts=parent.ts if parent else None,
    )
    channel.messages.append(message)
    if parent is not None:
        parent.thread_ts = parent.ts  # Slack marks a message once it has answers
    room.changed()
    return {"channel": channel.id, "ts": message.ts, "message": shown(message, with_metadata=True)}


def update(room: Room, arguments: Json) -> Json:
    """Change a message of the bot's own."""
    channel = room.workspace.find_by_id(_needed(arguments, "channel", "channel_not_found"))
    message = _message(channel, arguments.get("ts"))
    if message.user != BOT_USER:
        raise Refused("cant_update_message")
    kept = {"text": message.text, "blocks": message.blocks, **arguments}
    check_message(kept, text_limit=_UPDATE_TEXT_LIMIT)
    message.text = str(kept["text"] or "")
    message.blocks = _kept_blocks(kept["blocks"] or [])
    message.metadata = arguments.get("metadata") or message.metadata
    message.edited, message.revision = True, message.revision + 1
    room.changed()
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": shown(message)}


def post_ephemeral(room: Room, arguments: Json) -> Json:
    """A message that one member of the channel sees."""
    channel = room.workspace.find(_needed(arguments, "channel", "channel_not_found"))
    user = _needed(arguments, "user", "user_not_in_channel")
    _may_post(channel)
    if user not in room.workspace.users or (channel.members is not None and user not in channel.members):
        raise Refused("user_not_in_channel")
    check_message(arguments, text_limit=None)
    blocks = _kept_blocks(arguments.get("blocks") or [])
    stamp = room.workspace.stamp()
    text = str(arguments.get("text") or "")
    room.private.append(Private(channel=channel.id, user=user, text=text, blocks=blocks, ts=stamp))
    room.changed()
    return {"message_ts": stamp}


def get_permalink(room: Room, arguments: Json) -> Json:
    """The address of a message."""
    channel = room.workspace.find_by_id(_needed(arguments, "channel", "channel_not_found"))
    message = _message(channel, arguments.get("message_ts"))
    link = f"https://demo.slack.test/archives/{channel.id}/p{message.ts.replace('.', '')}"
    return {"channel": channel.id, "permalink": link}


def history(room: Room, arguments: Json) -> Json:
    """The channel's own messages, newest first, without answers in threads."""
    channel = room.workspace.find_by_id(_needed(arguments, "channel", "channel_not_found"))
    if not channel.is_bot_member:
        raise Refused("not_in_channel")
    top = [m for m in reversed(channel.messages) if m.thread_ts in {None, m.ts} and _is_within(m, arguments)]
    return _messages_page(top, arguments)


def replies(room: Room, arguments: Json) -> Json:
    """A message and the answers in its thread, oldest first."""
    channel = room.workspace.find_by_id(_needed(arguments, "channel", "channel_not_found"))
    if not channel.is_bot_member:
        raise Refused("not_in_channel")
    parent = _message(channel, arguments.get("ts"), code="thread_not_found")
    answers = [m for m in channel.messages if m.thread_ts == parent.ts and m is not parent and _is_within(m, arguments)]
    return _messages_page([parent, *answers], arguments)


def list_channels(room: Room, arguments: Json) -> Json:
    """The channels that the bot may see."""
    wanted = str(arguments.get("types") or "public_channel").split(",")
    channels = [
        channel
        for channel in room.workspace.channels.values()
        if channel.kind in wanted
        and not (_is_true(arguments.get("exclude_archived")) and channel.is_archived)
        and (channel.kind == "public_channel" or channel.is_bot_member)
    ]
    page, cursor = _page(channels, arguments)
    return {"channels": [_about_channel(channel) for channel in page], "response_metadata": {"next_cursor": cursor}}


def list_own_channels(room: Room, arguments: Json) -> Json:
    """The channels that the bot is a member of."""
    answer = list_channels(room, arguments)
    return {**answer, "channels": [channel for channel in answer["channels"] if channel["is_member"]]}


def channel_info(room: Room, arguments: Json) -> Json:
    """About one channel."""
    return {"channel": _about_channel(room.workspace.find_by_id(_needed(arguments, "channel", "channel_not_found")))}


def join(room: Room, arguments: Json) -> Json:
    """Make the bot a member of a public channel."""
    channel = room.workspace.find_by_id(_needed(arguments, "channel", "channel_not_found"))
    if channel.kind != "public_channel":
        raise Refused("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise Refused("is_archived")
    more: Json = {"warning": "already_in_channel"} if channel.is_bot_member else {}
    channel.is_bot_member = True
    return {"channel": _about_channel(channel), **more}


def open_direct(room: Room, arguments: Json) -> Json:
    """The direct messages with one member."""
    return {"channel": {"id": room.workspace.direct(_needed(arguments, "users", "users_list_not_supplied")).id}}


def lookup_by_email(room: Room, arguments: Json) -> Json:
    """The member with an address; one who left is not found."""
    email = _needed(arguments, "email", "users_not_found").lower()
    for user in room.workspace.users.values():
        if user.email.lower() == email and not user.is_deleted:
            return {"user": _about_user(user)}
    raise Refused("users_not_found")


def user_info(room: Room, arguments: Json) -> Json:
    """About one member."""
    user = room.workspace.users.get(str(arguments.get("user")))
    if user is None:
        raise Refused("user_not_found")
    return {"user": _about_user(user)}


def list_users(room: Room, arguments: Json) -> Json:
    """Everybody, those who left included."""
    page, cursor = _page(list(room.workspace.users.values()), arguments)
    return {"members": [_about_user(user) for user in page], "response_metadata": {"next_cursor": cursor}}


def unknown_method(_room: Room, _arguments: Json) -> Json:
    """What Slack says to a method that it does not have."""
    raise Refused("unknown_method")


METHODS: dict[str, Method] = {
    "auth.test": auth_test,
    "chat.postMessage": post_message,
    "chat.update": update,
    "chat.postEphemeral": post_ephemeral,
    "chat.getPermalink": get_permalink,
    "conversations.history": history,
    "conversations.replies": replies,
    "conversations.list": list_channels,
    "conversations.info": channel_info,
    "conversations.join": join,
    "conversations.open": open_direct,
    "users.conversations": list_own_channels,
    "users.lookupByEmail": lookup_by_email,
    "users.info": user_info,
    "users.list": list_users,
}


def shown(message: Message, *, with_metadata: bool = False) -> Json:
    """A message as the API tells it."""
    told: Json = {
        "type": "message",
        "ts": message.ts,
        "text": message.text,
        "user": message.user,
        "blocks": message.blocks,
        "team": TEAM_ID,
    }
    if message.user == BOT_USER:
        told |= {"bot_id": BOT_ID, "app_id": APP_ID}
    if message.thread_ts is not None:
        told["thread_ts"] = message.thread_ts
    if message.edited:
        told["edited"] = {"user": message.user, "ts": message.ts}
    if message.metadata is not None:
        told["metadata"] = message.metadata if with_metadata else {"event_type": message.metadata["event_type"]}
    return told


def _messages_page(messages: list[Message], arguments: Json) -> Json:
    page, cursor = _page(messages, arguments)
    with_metadata = _is_true(arguments.get("include_all_metadata"))
    return {
        "messages": [shown(message, with_metadata=with_metadata) for message in page],
        "has_more": bool(cursor),
        "response_metadata": {"next_cursor": cursor},
    }


def _may_post(channel: Channel) -> None:
    if channel.is_archived:
        raise Refused("is_archived")
    if not channel.is_bot_member:
        raise Refused("not_in_channel")


def _message(channel: Channel, stamp: Any, code: str = "message_not_found") -> Message:
    for message in channel.messages:
        if message.ts == stamp:
            return message
    raise Refused(code)


def _parent(channel: Channel, stamp: Any) -> Message | None:
    """The message that a new one answers. An answer cannot be answered: its thread is its parent's."""
    if stamp is None:
        return None
    found = _message(channel, stamp, code="thread_not_found")
    if found.thread_ts not in {None, found.ts}:
        raise Refused("cannot_reply_to_message")
    return found


def _kept_blocks(blocks: list[Json]) -> list[Json]:
    """Slack gives every block an id that has none."""
    return [{"block_id": f"b{number}", **block} for number, block in enumerate(blocks)]


def _is_within(message: Message, arguments: Json) -> bool:
    try:
        at = Decimal(message.ts)
        oldest, latest = Decimal(str(arguments.get("oldest") or 0)), Decimal(str(arguments.get("latest") or "Infinity"))
    except InvalidOperation:
        raise Refused("invalid_ts_oldest") from None
    if _is_true(arguments.get("inclusive")):
        return oldest <= at <= latest
    return oldest < at < latest


def _page(items: Sequence[_Item], arguments: Json) -> tuple[Sequence[_Item], str]:
    try:
        limit = min(max(int(arguments.get("limit") or 100), 1), 999)
        start = int(base64.b64decode(str(arguments.get("cursor") or ""))) if arguments.get("cursor") else 0
    except ValueError:
        raise Refused("invalid_cursor") from None
    following = start + limit
    return items[start:following], base64.b64encode(str(following).encode()).decode() if following < len(items) else ""


def _is_true(value: Any) -> bool:
    return value is True or str(value).lower() in {"true", "1"}


def _needed(arguments: Json, name: str, code: str) -> str:
    value = arguments.get(name)
    if not isinstance(value, str) or not value:
        raise Refused(code)
    return value


def _about_channel(channel: Channel) -> Json:
    return {
        "id": channel.id,
        "name": channel.name,
        "is_channel": not channel.is_private,
        "is_private": channel.is_private,
        "is_archived": channel.is_archived,
        "is_member": channel.is_bot_member,
        "is_ext_shared": False,
    }


def _about_user(user: User) -> Json:
    return {
        "id": user.id,
        "team_id": user.team,
        "name": user.name.lower().replace(" ", "."),
        "real_name": user.name,
        "deleted": user.is_deleted,
        "is_bot": False,
        "is_restricted": user.is_guest,
        "is_ultra_restricted": False,
        "profile": {"email": user.email, "real_name": user.name, "display_name": user.name},
    }
