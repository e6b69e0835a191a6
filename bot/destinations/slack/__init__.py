"""Slack: cards with a Claim button, private answers, notices; and what people press. Wired by `connect`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import aiohttp

from bot.config.model import SlackSettings
from bot.core.errors import UpstreamError
from bot.core.people import People
from bot.destinations.slack.api import SlackApi, web_client
from bot.destinations.slack.directory import Directory, Remembers
from bot.destinations.slack.endpoint import Endpoint, slack_endpoint
from bot.destinations.slack.identity import Identity, Self
from bot.destinations.slack.send import CardWords, SlackDestination, slack_destination
from bot.ports import Desk

__all__ = ["CardWords", "Endpoint", "Remembers", "Self", "Slack", "SlackDestination", "connect"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slack:
    """Everything of one workspace, sharing one client and one directory of people."""

    destination: SlackDestination
    directory: Directory
    identity: Identity
    api: SlackApi
    endpoint: Callable[[Desk], Endpoint]  #: the function for POST /slack/events, given who decides presses

    async def prepare(self) -> None:
        """Ask who we are and who everybody is; runs until it is cancelled. Never raises: Slack may be down at start."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._introduce(), name="slack identity")
            tasks.create_task(self.directory.prepare(), name="slack directory")

    async def _introduce(self) -> None:
        try:
            await self.identity.who_am_i()
        except UpstreamError as error:
            _log.warning("slack not reached at start", extra={"code": error.code, "advice": error.advice})


def connect(
    settings: SlackSettings,
    *,
    session: aiohttp.ClientSession,
    people: Callable[[], People],
    words: CardWords,
    remembers: Remembers,
    now: Callable[[], datetime],
) -> Slack:
    """Build the parts; opens nothing. `session` needs a ClientTimeout of its own: the library's is ignored with it."""
    token, secret = settings.bot_token.reveal(), settings.signing_secret.reveal()
    api = SlackApi(web_client(token=token, url=settings.api_url, session=session))
    directory = Directory(api=api, people=people, remembers=remembers, now=now)
    identity = Identity(api)

    def endpoint(desk: Desk) -> Endpoint:
        return slack_endpoint(
            desk=desk,
            directory=directory,
            identity=identity,
            signing_secret=secret,
            bot_token=token,
            api_url=settings.api_url,
            session=session,
            now=now,
        )

    destination = slack_destination(api=api, words=words, directory=directory, identity=identity, now=now)
    return Slack(destination=destination, directory=directory, identity=identity, api=api, endpoint=endpoint)
