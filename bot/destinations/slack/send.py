"""Slack as a destination: post, look up, edit. Decides nothing about when; keeps nothing that matters between calls."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from bot.core import mrkdwn
from bot.core.delivery import DeliveryKind, Receipt, Reminder
from bot.core.errors import (
    AmbiguousError,
    Forbidden,
    MalformedMessage,
    NotFound,
    OutageError,
    PermanentError,
    TargetError,
    TemporaryError,
)
from bot.core.story import LeadView
from bot.destinations.slack.api import Answer, SlackApi, next_page, object_of, objects_of, text_of
from bot.destinations.slack.blocks import EVENT_TYPE, Message
from bot.destinations.slack.card import Faces, Occasion, compose, compose_plain
from bot.destinations.slack.channels import Channels, joined
from bot.destinations.slack.check_blocks import check
from bot.destinations.slack.digest import compose_digest
from bot.destinations.slack.directory import Directory
from bot.destinations.slack.identity import Identity, Self
from bot.destinations.slack.notice import compose_notice
from bot.destinations.slack.reminder import compose_reminder
from bot.ports import Job
from bot.rendering import CardText

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")

#: For a whole send, whatever it has to look up first; the lease is longer.
SEND_DEADLINE = timedelta(seconds=19)
#: Clocks differ: how much earlier than our own record a message may seem to be.
CLOCK_SKEW = timedelta(seconds=60)
_PAGES, _PAGE = 3, 200
_EDITABLE = frozenset({DeliveryKind.ALERT, DeliveryKind.REMINDER, DeliveryKind.DIGEST})
_PRIVATE_LIMIT = 3000
# the desk mentions a colleague whom the file does not name, and tells a time; an ephemeral message pings nobody
_TOKEN = re.compile(r"&lt;(@[UW][A-Z0-9]{1,20}|!date\^\d{1,12}\^[a-z{}_ ]{1,40}\|[0-9A-Z:\- ]{1,30})&gt;")
#: Slack's words for a message that cannot be answered (any more): the answer is posted on its own.
_NO_THREAD = frozenset(
    {
        *("thread_not_found", "cannot_reply_to_message", "message_not_found"),
        *("restricted_action_non_threadable_channel", "restricted_action_thread_locked"),
    }
)


class CardWords(Protocol):
    """Who words a card: the templates."""

    def slack(self, template: str, view: LeadView) -> CardText:
        """Title, facts and context as escaped mrkdwn. Never raises: falls back to built-in words by itself."""
        ...


class SlackDestination:
    """Cards, reminders, digests, private answers and notices in Slack (see bot.ports.Destination)."""

    name = "slack"

    def __init__(
        self,
        *,
        api: SlackApi,
        words: CardWords,
        directory: Directory,
        channels: Channels,
        identity: Identity,
        now: Callable[[], datetime],
    ) -> None:
        self._api = api
        self._words = words
        self._directory = directory
        self._channels = channels
        self._identity = identity
        self._now = now

    async def send(self, job: Job) -> Receipt:
        """Deliver once; see bot.ports.Destination. What is refused is not tried plain unless `job.is_plain` says so."""
        if job.kind is DeliveryKind.PRIVATE:
            return await self._within(AmbiguousError, self._send_private(job))
        message, is_plain = self._composed(job, is_edit=False, is_plain=job.is_plain)
        return await self._within(AmbiguousError, self._send_message(job, message, is_plain=is_plain))

    async def look_up(self, job: Job) -> Receipt | None:
        """Search the channel, and the thread, since the attempt for this delivery's metadata; the oldest match counts.

        Raises Forbidden when the history cannot be read: a scope or the membership is missing, or the answer was one
        that Slack does not keep.
        """
        if job.kind is DeliveryKind.PRIVATE:
            raise Forbidden("Slack keeps no history of private answers", code="ephemeral")
        try:
            return await self._within(TemporaryError, self._find(job))
        except (TargetError, OutageError) as error:
            if isinstance(error, OutageError) and error.code != "missing_scope":
                raise
            raise Forbidden(str(error), code=error.code, advice=error.advice) from error

    async def edit(self, job: Job, receipt: Receipt) -> None:
        """Make the message show `job.lead` or `job.leads` as they are now. A private answer or a notice stays."""
        if job.kind in _EDITABLE:
            await self._within(TemporaryError, self._edit_message(job, receipt))

    async def _edit_message(self, job: Job, receipt: Receipt) -> None:
        message, is_plain = self._composed(job, is_edit=True, is_plain=receipt.is_plain)
        try:
            await self._update(receipt, message)
        except MalformedMessage:
            if is_plain:
                await self._update(receipt, _text_only(message))
            else:
                await self._update(receipt, self._composed(job, is_edit=True, is_plain=True)[0])

    async def _update(self, receipt: Receipt, message: Message) -> None:
        # metadata is sent each time: whether an update without it keeps it is not documented
        # and `blocks: []` takes the blocks away where leaving them out would keep them
        place = {"channel": receipt.address, "ts": receipt.message}
        await self._api.call("chat.update", {**place, "blocks": [], **_content(message)})

    def _composed(self, job: Job, *, is_edit: bool, is_plain: bool) -> tuple[Message, bool]:
        """The message and whether it is the plain one, which it becomes when our own check finds fault."""
        faces = self._directory.faces()
        occasion = Occasion(
            delivery=job.delivery, is_edit=is_edit, is_possible_repeat=job.is_possible_repeat, at=self._now()
        )
        if not is_plain:
            message = self._worded(job, faces, occasion, is_plain=False)
            problems = check(message)
            if not problems:
                return message, False
            _log.error("slack message outside the limits", extra={"delivery": job.delivery, "problems": problems})
        return self._worded(job, faces, occasion, is_plain=True), True

    def _worded(self, job: Job, faces: Faces, occasion: Occasion, *, is_plain: bool) -> Message:
        if job.kind is DeliveryKind.NOTICE:
            return compose_notice(job.text, job.undo, occasion, is_plain=is_plain)
        if job.kind is DeliveryKind.DIGEST:
            return compose_digest(job.text, job.leads, faces, occasion, is_plain=is_plain)
        if job.lead is None:
            raise MalformedMessage(f"{job.kind.value} without its lead", code="no_lead")
        if job.kind is DeliveryKind.REMINDER:
            recipient = job.person or faces.name_of(job.address)
            return compose_reminder(_reminder(job.text), job.lead, recipient, faces, occasion, is_plain=is_plain)
        if is_plain:
            return compose_plain(job.lead, faces, occasion)
        return compose(job.lead, self._words.slack(job.lead.template, job.lead), faces, occasion)

    async def _send_message(self, job: Job, message: Message, *, is_plain: bool) -> Receipt:
        try:
            return await self._post(job, message, is_plain=is_plain)
        except MalformedMessage:
            if not is_plain:
                raise
            # refused means not posted, so that this second call cannot double the message
            return await self._post(job, _text_only(message), is_plain=True)

    async def _post(self, job: Job, message: Message, *, is_plain: bool) -> Receipt:
        if job.thread is not None:
            try:
                thread = job.thread.message
                return await self._post_at(job.thread.address, message, thread=thread, is_plain=is_plain)
            except PermanentError as error:
                if error.code not in _NO_THREAD:
                    raise
        return await self._post_at(job.address, message, is_plain=is_plain)

    async def _post_at(self, address: str, message: Message, *, thread: str = "", is_plain: bool) -> Receipt:
        channel = await self._channels.to_post(address)
        try:
            answer = await self._post_to(channel, message, thread=thread)
        except TargetError as error:
            if error.code != "not_in_channel":
                raise
            channel = await joined(self._api, self._channels, address, error)
            answer = await self._post_to(channel, message, thread=thread)
        posted_in = text_of(answer, "channel")
        self._channels.learn(address, posted_in)
        return Receipt(address=posted_in or channel, message=_stamp(answer), is_plain=is_plain)

    async def _post_to(self, channel: str, message: Message, *, thread: str = "") -> Answer:
        place = {"channel": channel, "thread_ts": thread} if thread else {"channel": channel}
        quiet = {"unfurl_links": False, "unfurl_media": False}
        return await self._api.call("chat.postMessage", {**place, **_content(message), **quiet})

    async def _send_private(self, job: Job) -> Receipt:
        user = await self._directory.user_id(job.person)
        text = _TOKEN.sub(r"<\1>", mrkdwn.escape_lines(job.text, limit=_PRIVATE_LIMIT // 2))
        channel = await self._channels.id_of(job.address)
        answer = await self._api.call(
            "chat.postEphemeral", {"channel": channel, "user": user, "text": mrkdwn.cut_mrkdwn(text, _PRIVATE_LIMIT)}
        )
        return Receipt(address=channel, message=text_of(answer, "message_ts"))

    async def _find(self, job: Job) -> Receipt | None:
        if job.thread is not None:
            with suppress(NotFound):  # the message that should have been answered is gone
                found = await self._find_in(job, job.thread.address, thread=job.thread.message)
                if found is not None:
                    return found
        # an answer to a message that is gone stands in the channel itself
        return await self._find_in(job, await self._channels.id_of(job.address))

    async def _find_in(self, job: Job, channel: str, *, thread: str = "") -> Receipt | None:
        ourselves = await self._identity.who_am_i()
        tried_at = job.tried_at or job.first_tried_at
        oldest = f"{(tried_at - CLOCK_SKEW).timestamp():.6f}" if tried_at else "0"
        found: list[Answer] = []
        cursor = ""
        for _ in range(_PAGES):
            page = await self._messages(channel, oldest, cursor, thread=thread)
            found += [message for message in objects_of(page, "messages") if _is_ours(message, job, ourselves)]
            cursor = next_page(page)
            if not cursor:
                break
        if found:
            oldest_found = min(found, key=_moment)
            return Receipt(address=channel, message=text_of(oldest_found, "ts"), is_plain=_is_plain(oldest_found))
        if cursor:
            raise Forbidden("the channel's history since the attempt is too long to search", code="history_too_long")
        return None

    async def _messages(self, channel: str, oldest: str, cursor: str, *, thread: str) -> Answer:
        arguments = {
            "channel": channel,
            "oldest": oldest,
            "inclusive": True,
            "include_all_metadata": True,
            "limit": _PAGE,
            "cursor": cursor or None,
        }
        if thread:
            return await self._api.call("conversations.replies", {**arguments, "ts": thread})
        return await self._api.call("conversations.history", arguments)

    async def _within(
        self, when_late: type[AmbiguousError] | type[TemporaryError], work: Awaitable[_Result]
    ) -> _Result:
        try:
            async with asyncio.timeout(SEND_DEADLINE.total_seconds()):
                return await work
        except TimeoutError as error:
            raise when_late("Slack took too long", code="timeout") from error


def slack_destination(
    *,
    api: SlackApi,
    words: CardWords,
    directory: Directory,
    identity: Identity,
    now: Callable[[], datetime],
) -> SlackDestination:
    """The destination with its own cache of channels."""
    channels = Channels(api=api, directory=directory, now=now)
    return SlackDestination(api=api, words=words, directory=directory, channels=channels, identity=identity, now=now)


def _reminder(text: str) -> Reminder:
    try:
        return Reminder(text)
    except ValueError as error:
        raise PermanentError("a reminder of a kind that this version does not know", code="reminder") from error


def _content(message: Message) -> dict[str, object]:
    content: dict[str, object] = {"text": message.text, "metadata": message.metadata}
    return {**content, "blocks": message.blocks} if message.blocks else content


def _text_only(message: Message) -> Message:
    return Message(text=message.text, metadata=message.metadata)


def _stamp(answer: Answer) -> str:
    stamp = text_of(answer, "ts")
    if not stamp:
        raise AmbiguousError("Slack accepted the message without saying where it is", code="no_ts")
    return stamp


def _is_ours(message: Answer, job: Job, ourselves: Self) -> bool:
    fingerprint = object_of(message, "metadata")
    payload = object_of(fingerprint, "event_payload")
    if text_of(fingerprint, "event_type") != EVENT_TYPE or text_of(payload, "delivery_id") != job.delivery:
        return False
    # any member of the workspace can post metadata; only our own bot's counts
    return bool(ourselves.bot_id and text_of(message, "bot_id") == ourselves.bot_id) or bool(
        ourselves.bot_user_id and text_of(message, "user") == ourselves.bot_user_id
    )


def _moment(message: Answer) -> tuple[int, ...]:
    # a ts has six decimals: as a float it would lose some
    return tuple(int(part) for part in text_of(message, "ts").split(".") if part.isdigit())


def _is_plain(message: Answer) -> bool:
    blocks = objects_of(message, "blocks")
    return not blocks or text_of(object_of(blocks[0], "text"), "type") == "plain_text"
