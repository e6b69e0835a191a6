"""The stand-in's server and its people: answers the Web API on loopback, presses buttons by signed requests."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import aiohttp
from aiohttp import web

from bot.sandbox.faults import Faults, apply
from bot.sandbox.slack.methods import METHODS, shown, unknown_method
from bot.sandbox.slack.workspace import APP_ID, TEAM_ID, Call, Channel, Json, Message, Private, Refused, User, Workspace

# Slack gives an app this long to answer a press
_PRESS_DEADLINE_SECONDS = 3
_MOST_BYTES = 4 * 1024 * 1024
# A channel takes a burst, then one message a second; timers are not exact to the last hundredth.
_BURST, _PER_SECOND, _TOLERANCE = 3, 1.0, 0.05


class SlackStandIn:
    """One workspace with one app installed in it. `url` is the API's address once started."""

    def __init__(self, *, signing_secret: str, bot_token: str, now: Callable[[], datetime]) -> None:
        self._signing_secret = signing_secret
        self._bot_token = bot_token
        self._now = now
        self._runner: web.AppRunner | None = None
        self._listeners: list[Callable[[], None]] = []
        self._tokens: dict[str, tuple[float, float]] = {}  # channel id -> messages it still takes, since when
        self.workspace = Workspace(now)
        self.url = ""
        self.request_url = ""
        self.faults = Faults()
        self.calls: list[Call] = []
        self.private: list[Private] = []
        self.pace_violations: list[str] = []  #: channel ids of posts that came faster than Slack wants
        self.is_strict = False  #: answer such posts with 429

    @property
    def users(self) -> dict[str, User]:
        """Everybody by id."""
        return self.workspace.users

    @property
    def channels(self) -> dict[str, Channel]:
        """Every channel by id, direct messages included."""
        return self.workspace.channels

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; port 0 takes a free one."""
        app = web.Application(client_max_size=_MOST_BYTES)
        app.router.add_route("*", "/api/{method}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        listening = self._runner.addresses[0][1]
        self.url = f"http://{host}:{listening}/api/"

    async def stop(self) -> None:
        """Stop listening. What the workspace holds stays."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def add_user(
        self,
        *,
        id: str,  # noqa: A002 - Slack's word
        name: str,
        email: str,
        is_guest: bool = False,
        team: str | None = None,
        is_deleted: bool = False,
    ) -> None:
        """A member of the workspace."""
        user = User(id=id, name=name, email=email, is_guest=is_guest, team=team or TEAM_ID, is_deleted=is_deleted)
        self.workspace.users[id] = user

    def add_channel(
        self,
        *,
        name: str,
        id: str | None = None,  # noqa: A002 - Slack's word
        is_private: bool = False,
        is_archived: bool = False,
        is_bot_member: bool = True,
    ) -> str:
        """A channel (name without #); its id is returned."""
        channel_id = id or f"C{len(self.workspace.channels):04d}DEMO"
        channel = Channel(
            id=channel_id, name=name, is_private=is_private, is_archived=is_archived, is_bot_member=is_bot_member
        )
        self.workspace.add_channel(channel)
        return channel_id

    def messages(self, channel_name: str) -> list[Message]:
        """The messages of a channel, oldest first, by name (with or without #) or id; [] for an unknown one."""
        channel = self.workspace.channels.get(channel_name) or self.workspace.named(channel_name)
        return list(channel.messages) if channel is not None else []

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every visible change."""
        self._listeners.append(listener)

    def changed(self) -> None:
        """Tell whoever watches."""
        for listener in self._listeners:
            listener()

    def sign(self, body: bytes) -> dict[str, str]:
        """The headers that prove a request to the app to be Slack's, made now."""
        timestamp = str(int(self._now().timestamp()))
        mac = hmac.new(self._signing_secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256)
        return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={mac.hexdigest()}"}

    async def press(self, *, user: str, channel: str, ts: str, action_id: str, option: str | None = None) -> int:
        """Press a button, or choose `option` (its value or its text) of a menu, as `user`.

        Returns the app's HTTP status; 0 when it did not answer within Slack's three seconds or not at all. Raises
        LookupError when the message shows no such button or option.
        """
        payload = self.press_payload(user=user, channel=channel, ts=ts, action_id=action_id, option=option)
        return await self.post_payload(payload)

    def press_payload(self, *, user: str, channel: str, ts: str, action_id: str, option: str | None = None) -> Json:
        """The block_actions payload of such a press, from the message as it is shown now."""
        place = self.workspace.channels.get(channel) or self.workspace.named(channel)
        message = next((m for m in place.messages if m.ts == ts), None) if place is not None else None
        if place is None or message is None:
            raise LookupError(f"no message {ts} in {channel}")
        action = _action(message, action_id, option) | {"action_ts": self.workspace.stamp()}
        return self._block_actions(self.workspace.users[user], place, message, action)

    async def post_payload(self, payload: Json) -> int:
        """Post an interaction to `request_url`, signed, as a form; the answer's status, 0 when none came in time."""
        body = urlencode({"payload": json.dumps(payload)}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", **self.sign(body)}
        timeout = aiohttp.ClientTimeout(total=_PRESS_DEADLINE_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(self.request_url, data=body, headers=headers) as response,
            ):
                return response.status
        except (aiohttp.ClientError, TimeoutError):
            return 0

    def _block_actions(self, user: User, channel: Channel, message: Message, action: Json) -> Json:
        shown_name = "directmessage" if channel.user else "privategroup" if channel.is_private else channel.name
        about = {"id": user.id, "username": user.name.lower(), "name": user.name.lower(), "team_id": user.team}
        return {
            "type": "block_actions",
            "user": about,
            "api_app_id": APP_ID,
            "token": "legacy",
            "container": {
                "type": "message",
                "message_ts": message.ts,
                "channel_id": channel.id,
                "is_ephemeral": False,
            },
            "trigger_id": f"{action['action_ts']}.trigger",
            "team": {"id": TEAM_ID, "domain": "demo"},
            "enterprise": None,
            "is_enterprise_install": False,
            "channel": {"id": channel.id, "name": shown_name},
            "message": shown(message),
            "state": {"values": {}},
            "response_url": f"{self.url}response",
            "actions": [action],
        }

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        arguments = await _arguments(request)
        self.calls.append(Call(method=method, arguments=arguments, at=self._now()))

        async def effect() -> web.Response:
            return self._effect(method, arguments, request)

        return await apply(self.faults.take(method), request, effect)

    def _effect(self, method: str, arguments: Json, request: web.Request) -> web.Response:
        try:
            self._check_token(request, arguments)
            if method == "chat.postMessage" and self._is_too_fast(arguments) and self.is_strict:
                headers = {"Retry-After": "1"}
                return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)
            effect = METHODS.get(method, unknown_method)
            return web.json_response({"ok": True, **effect(self, arguments)})
        except Refused as refused:
            return web.json_response({"ok": False, "error": refused.code, **refused.more})

    def _check_token(self, request: web.Request, arguments: Json) -> None:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ") or str(arguments.get("token", ""))
        if not given:
            raise Refused("not_authed")
        if not hmac.compare_digest(given.encode(), self._bot_token.encode()):
            raise Refused("invalid_auth")

    def _is_too_fast(self, arguments: Json) -> bool:
        try:
            channel = self.workspace.find(str(arguments.get("channel", ""))).id
        except Refused:
            return False
        now = self._now().timestamp()
        tokens, since = self._tokens.get(channel, (float(_BURST), now))
        tokens = min(float(_BURST), tokens + max(now - since, 0.0) * _PER_SECOND)
        is_too_fast = tokens < 1 - _TOLERANCE
        if is_too_fast:
            self.pace_violations.append(channel)
        is_refused = is_too_fast and self.is_strict
        self._tokens[channel] = (tokens if is_refused else max(tokens - 1, 0.0), now)
        return is_too_fast


async def _arguments(request: web.Request) -> Json:
    body = await request.read()
    arguments: Json = dict(request.query)
    if request.content_type == "application/json":
        parsed: Any = _json(body)
        return arguments | parsed if isinstance(parsed, dict) else arguments
    for name, value in parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True):
        # blocks, metadata and attachments are JSON inside the form
        arguments[name] = _json(value.encode()) if name in {"blocks", "metadata", "attachments"} else value
    return arguments


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _action(message: Message, action_id: str, option: str | None) -> Json:
    for block, element in _elements(message):
        if element.get("action_id") != action_id:
            continue
        told = {"action_id": action_id, "block_id": block["block_id"], "type": element["type"]}
        if element["type"] == "button":
            told |= {"text": element["text"]}
            return told | ({"value": element["value"]} if "value" in element else {})
        chosen = next((o for o in _options(element) if option in {o["value"], o["text"]["text"]}), None)
        if chosen is None:
            raise LookupError(f"the menu {action_id} offers no {option}")
        return told | {"selected_option": chosen, "placeholder": element.get("placeholder")}
    raise LookupError(f"the message shows no {action_id}")


def _options(element: Json) -> Iterator[Json]:
    yield from element.get("options", [])
    for group in element.get("option_groups", []):
        yield from group["options"]


def _elements(message: Message) -> Iterator[tuple[Json, Json]]:
    for block in message.blocks:
        for element in block.get("elements", []) if block.get("type") == "actions" else []:
            yield block, element
