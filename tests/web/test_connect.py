"""The browser's way to LinkedIn's consent and back, over real sockets and against the stand-in."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from urllib.parse import quote

import aiohttp
import pytest
from aiohttp import web

from bot import control
from bot.core.connection import CALLBACK_PATH, CONNECT_PATH, SCOPES
from bot.core.errors import BotError, SignInNeeded
from bot.core.retry import RetryPolicy
from bot.keys import Keyring
from bot.pipeline.connection import Connection
from bot.pipeline.shift import Shift
from bot.sandbox.linkedin import LinkedInStandIn
from bot.sources.linkedin.oauth import OAuth
from bot.store.credentials import SqliteCredentials
from bot.store.database import Database
from bot.store.entries import Clerk
from bot.store.notice_board import SqliteNoticeBoard
from bot.store.pauses import SqlitePauses
from bot.web.connect import ConnectPages, connection_commands
from bot.web.server import serving
from tests.clock import Clock
from tests.pipeline.builders import a_config


class Site:
    """A server with the two pages, LinkedIn behind them, and a browser."""

    def __init__(self, connection: Connection, linkedin: LinkedInStandIn, browser: aiohttp.ClientSession) -> None:
        self.connection = connection
        self.linkedin = linkedin
        self.browser = browser
        self.commands = connection_commands(connection)

    async def get(self, url: str, *, follow: bool = True, method: str = "GET") -> tuple[int, str, Mapping[str, str]]:
        async with self.browser.request(method, url, allow_redirects=follow) as response:
            return response.status, await response.text(), response.headers

    async def link(self) -> str:
        begun = await self.commands["linkedin-connect"]({})
        assert isinstance(begun, dict)
        return str(begun["url"])

    async def status(self) -> dict[str, object]:
        status = await self.commands["linkedin-status"]({})
        assert isinstance(status, dict)
        return status


@pytest.fixture
async def site(database: Database, clerk: Clerk, clock: Clock) -> AsyncIterator[Site]:
    async with AsyncExitStack() as parts:
        client = await parts.enter_async_context(aiohttp.ClientSession())
        browser = await parts.enter_async_context(aiohttp.ClientSession())
        linkedin = LinkedInStandIn(client_secret="hush+=", access_token="given", now=clock, client_id="app-1")
        await linkedin.start()
        parts.push_async_callback(linkedin.stop)
        app = web.Application()
        port = await parts.enter_async_context(serving_later(app, parts))
        config = a_config()
        connection = Connection(
            authority=OAuth(client, auth_url=linkedin.url, client_id="app-1", client_secret="hush+=", now=clock),
            credentials=SqliteCredentials(database, Keyring(["k" * 32])),
            shift=Shift(
                live=lambda: config,
                now=clock,
                policy=RetryPolicy(),
                ring=lambda _bell: None,
                pauses=SqlitePauses(database),
                notice_board=SqliteNoticeBoard(database, clerk),
            ),
            static_token="",
            redirect_uri=f"http://127.0.0.1:{port}{CALLBACK_PATH}",
            connect_url=f"http://127.0.0.1:{port}{CONNECT_PATH}",
        )
        app["pages"].append(ConnectPages(connection))
        yield Site(connection, linkedin, browser)
