"""What Slack posts to us: our own signature check, then Bolt, then the desk decides; the answer follows the commit."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import aiohttp
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse

from bot.core.claiming import JUNK_REASONS, OUTCOMES, Actor, ClaimAction
from bot.core.errors import BotError
from bot.core.ids import LeadId
from bot.destinations.slack.api import object_of, objects_of, text_of, web_client
from bot.destinations.slack.card import CLAIM, CONTACTED, GIVE_BACK, MORE, lead_of_block
from bot.destinations.slack.directory import Directory
from bot.destinations.slack.identity import Identity, Self
from bot.destinations.slack.notice import UNDO
from bot.destinations.slack.signature import genuine
from bot.ports import Desk, Press, UndoPress

_log = logging.getLogger(__name__)

BODY_DEADLINE = timedelta(seconds=15)
#: Of the three seconds that Slack gives a press, so much may pass until an unknown person is known.
ASK_WITHIN = timedelta(seconds=1)
#: Set in Bolt's context once our own code runs: whatever fails before is the payload's fault.
_DECIDING = "leadbell_is_deciding"
_COMMAND_ANSWER = "Leads are claimed with the buttons on their cards. The list of open leads: `leadbell leads --open`."
_LEAD_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_VERSION = re.compile(r"[A-Za-z0-9._:+-]{1,100}")
_ANYTHING = re.compile(r".*", re.DOTALL)

Endpoint = Callable[[web.Request], Awaitable[web.StreamResponse]]
#: A payload of Slack's. JSON from outside: every reader checks the type of what it takes.
Payload = Mapping[str, object]


def slack_endpoint(
    *,
    desk: Desk,
    directory: Directory,
    identity: Identity,
    signing_secret: str,
    bot_token: str,
    api_url: str,
    session: aiohttp.ClientSession,
    now: Callable[[], datetime],
    body_deadline: timedelta = BODY_DEADLINE,
    ask_within: timedelta = ASK_WITHIN,
) -> Endpoint:
    """The aiohttp function for `POST /slack/events`: events, buttons, menus and commands alike.

    401 not signed by Slack, 400 not readable, 408 body too slow, 500 when a press could not be stored (the person
    sees Slack's warning and presses again), else 200. The size limit is the server's.
    """
    bolt = _bolt_app(
        identity=identity, signing_secret=signing_secret, bot_token=bot_token, url=api_url, session=session
    )
    _listen(bolt, _Presses(desk=desk, directory=directory, ask_within=ask_within))

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            async with asyncio.timeout(body_deadline.total_seconds()):
                raw = await request.read()
        except TimeoutError:
            return web.Response(status=408)
        except (web.RequestPayloadError, ConnectionError):
            return _unread(request)
        if not genuine(signing_secret, request.headers, raw, now()):
            return web.Response(status=401)
        try:
            bolt_request = _parsed(request, raw)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return web.Response(status=400)
        return await _dispatch(bolt, bolt_request)

    return answer


def _unread(request: web.Request) -> web.Response:
    # called read: aiohttp would otherwise try to skip the rest, fail once more and log a stack
    request.content.feed_eof()
    response = web.Response(status=400)
    response.force_close()
    return response


async def _dispatch(bolt: AsyncApp, bolt_request: AsyncBoltRequest) -> web.StreamResponse:
    try:
        answered = await bolt.async_dispatch(bolt_request)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        # a payload so odd that Bolt fails even while it tells of its failure; ours end in `_on_failure`
        return _not_understood(error)
    if answered.status == 404:
        # Signed by Slack, but nothing that we use: events, buttons that only open an address, cards of an earlier
        # version. A 404 would show the person a warning, and an event would be sent again.
        return web.Response()
    return await to_aiohttp_response(answered)


def _not_understood(error: Exception) -> web.Response:
    _log.warning("slack payload not understood", extra={"error": type(error).__name__})
    return web.Response(status=400)


def _parsed(request: web.Request, raw: bytes) -> AsyncBoltRequest:
    # Header names may repeat; Bolt takes one value each
    headers: dict[str, str | list[str]] = dict(request.headers.items())
    parsed = AsyncBoltRequest(body=raw.decode("utf-8"), query=request.query_string, headers=headers)  # type: ignore[arg-type] # invariant Dict
    if not parsed.body or not _is_readable(parsed.body):
        raise ValueError("not a request of Slack's")
    return parsed


def _is_readable(body: Payload) -> bool:
    # Bolt takes the first action apart without looking
    actions = objects_of(body, "actions")
    return "actions" not in body or (bool(actions) and bool(text_of(actions[0], "action_id")))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pressed:
    """One action of a payload, whatever it is about."""

    action: Payload
    user: str
    channel: str

    def key(self, word: str) -> str:
        """The same request delivered twice carries the same action_ts."""
        return ":".join((text_of(self.action, "action_ts"), self.user, word))


def _pressed(payload: Payload) -> _Pressed | None:
    actions = objects_of(payload, "actions")
    user, channel = text_of(object_of(payload, "user"), "id"), text_of(object_of(payload, "channel"), "id")
    return _Pressed(action=actions[0], user=user, channel=channel) if actions and user and channel else None


def press_of(payload: Payload, directory: Directory) -> tuple[str, Press] | None:
    """What was pressed ("lead_claim", "give_back", "junk") and the press; None when it is no lead's button. Pure."""
    pressed = _pressed(payload)
    if pressed is None:
        return None
    word, lead = _word_and_lead(pressed.action)
    if not _LEAD_ID.fullmatch(lead):
        return None
    act, _, detail = word.partition(":")
    press = Press(
        lead=LeadId(lead),
        actor=_actor(payload, pressed.user, directory),
        channel=pressed.channel,
        key=pressed.key(word),
        detail=detail,
    )
    return act, press


def _word_and_lead(action: Payload) -> tuple[str, str]:
    word = text_of(action, "action_id")
    if word == MORE:
        block = lead_of_block(text_of(action, "block_id"))
        return text_of(object_of(action, "selected_option"), "value"), block
    return word, text_of(action, "value")


def _actor(payload: Payload, user: str, directory: Directory) -> Actor:
    person = directory.person_of(user)
    is_outsider = _is_of_another_company(payload) or (not person and directory.is_outsider(user))
    return Actor(user=user, person=person, is_outsider=is_outsider)


def _is_of_another_company(payload: Payload) -> bool:
    home, here = text_of(object_of(payload, "user"), "team_id"), text_of(object_of(payload, "team"), "id")
    return bool(home and here and home != here)


class _Presses:
    """The action listeners. The desk commits, then `ack()`, and nothing after it: what came after would be lost."""

    def __init__(self, *, desk: Desk, directory: Directory, ask_within: timedelta) -> None:
        self._desk = desk
        self._directory = directory
        self._ask_within = ask_within
        self._decide: dict[str, Callable[[Press], Awaitable[None]]] = {
            CLAIM: desk.claim,
            CONTACTED: desk.contacted,
            GIVE_BACK: desk.give_back,
        }

    async def on_press(self, ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        """One press; a failure leaves without `ack`, so that Slack shows the person that it did not count."""
        context[_DECIDING] = True
        pressed = press_of(body, self._directory)
        if pressed is not None:
            word, press = pressed
            decide = self._decision(word, press)
            if decide is not None:
                actor = await self._recognised(press.actor, body)
                await decide(replace(press, actor=actor))
        await ack()

    async def on_undo(self, ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        """One press of Undo below a notice; a failure leaves without `ack`, as above."""
        context[_DECIDING] = True
        pressed = _pressed(body)
        version = text_of(pressed.action, "value") if pressed else ""
        if pressed is not None and _VERSION.fullmatch(version):
            actor = await self._recognised(_actor(body, pressed.user, self._directory), body)
            await self._desk.undo(version, UndoPress(actor=actor, channel=pressed.channel, key=pressed.key(UNDO)))
        await ack()

    def _decision(self, word: str, press: Press) -> Callable[[Press], Awaitable[None]] | None:
        """Who decides about `word`; None for one that no card of ours offers."""
        if word in self._decide:
            return None if press.detail else self._decide[word]
        outcome = next((action for action in OUTCOMES if action.value == word), None)
        fits = press.detail in JUNK_REASONS if outcome is ClaimAction.JUNK else not press.detail
        return partial(self._desk.outcome, outcome) if outcome is not None and fits else None

    async def _recognised(self, actor: Actor, body: Payload) -> Actor:
        """Who pressed, after Slack was asked about somebody whom only a hiccup or a late arrival makes a stranger."""
        if _is_of_another_company(body) or not self._directory.may_learn_about(actor.user):
            return actor
        # An answer to a press can neither say "one moment" nor come after three seconds. So the call is the
        # directory's own task: we wait a little, then decide by what is known; a later answer helps the next press.
        await self._directory.ask_about(actor.user, within=self._ask_within)
        return _actor(body, actor.user, self._directory)


async def _on_command(ack: AsyncAck) -> None:
    await ack(_COMMAND_ANSWER)


async def _on_failure(error: Exception, context: AsyncBoltContext) -> BoltResponse | None:
    # Bolt's own words would carry the traceback for what is expected: a database that is busy for a moment
    if isinstance(error, BotError):
        _log.warning("slack press not stored", extra={"error": type(error).__name__})
    elif _DECIDING in context:
        _log.error("slack listener failed", exc_info=error)
    else:
        # Bolt takes payloads apart before it looks at what they are, and fell before any code of ours ran
        _log.warning("slack payload not understood", extra={"error": type(error).__name__})
        return BoltResponse(status=400)
    return None


def _listen(bolt: AsyncApp, presses: _Presses) -> None:
    for action in (CLAIM, CONTACTED, MORE):
        bolt.action(action)(presses.on_press)
    bolt.action(UNDO)(presses.on_undo)
    bolt.command(_ANYTHING)(_on_command)
    bolt.error(_on_failure)


def _bolt_app(
    *, identity: Identity, signing_secret: str, bot_token: str, url: str, session: aiohttp.ClientSession
) -> AsyncApp:
    async def authorize(team_id: str | None, enterprise_id: str | None) -> AuthorizeResult:
        # without this Bolt asks auth.test inside the first press, and loses the press when Slack is slow
        ourselves = identity.known or Self()
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_token=bot_token,
            bot_id=ourselves.bot_id or None,
            bot_user_id=ourselves.bot_user_id or None,
        )

    return AsyncApp(
        name="leadbell",
        logger=_quiet_logger(),
        client=web_client(token=None, url=url, session=session),
        signing_secret=signing_secret,
        authorize=authorize,
        # our own check comes first; Bolt's would repeat it by the wall clock, and answer ssl_check to anybody
        request_verification_enabled=False,
        ssl_check_enabled=False,
        process_before_response=True,
    )


def _quiet_logger() -> logging.Logger:
    """Bolt logs whole bodies at INFO and below, and unused environment variables as warnings."""
    for name in ("slack_bolt", "slack_sdk"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logger = logging.getLogger("slack_bolt.leadbell")
    logger.setLevel(logging.ERROR)
    return logger
