"""A server with the pages that connect LinkedIn, the stand-in behind them, and a browser."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime

import aiohttp
from aiohttp import web

from bot.core.connection import CALLBACK_PATH, CONNECT_PATH
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
from tests.pipeline.builders import a_config

CLIENT_ID, CLIENT_SECRET, KEY = "app-1", "hush+/==", "k" * 32


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


@asynccontextmanager
async def a_site(database: Database, clerk: Clerk, now: Callable[[], datetime]) -> AsyncIterator[Site]:
    """Everything started, nobody connected."""
    async with AsyncExitStack() as parts:
        client = await parts.enter_async_context(aiohttp.ClientSession())
        browser = await parts.enter_async_context(aiohttp.ClientSession())
        linkedin = LinkedInStandIn(client_secret=CLIENT_SECRET, access_token="given", now=now, client_id=CLIENT_ID)
        await linkedin.start()
        parts.push_async_callback(linkedin.stop)
        config = a_config()
        connection = Connection(
            authority=OAuth(client, auth_url=linkedin.url, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, now=now),
            credentials=SqliteCredentials(database, Keyring([KEY])),
            shift=Shift(
                live=lambda: config,
                now=now,
                policy=RetryPolicy(),
                ring=lambda _bell: None,
                pauses=SqlitePauses(database),
                notice_board=SqliteNoticeBoard(database, clerk),
            ),
            static_token="",
            redirect_uri="",
            connect_url="",
        )
        pages, app = ConnectPages(connection), web.Application()
        app.router.add_get(CONNECT_PATH, pages.start, allow_head=False)
        app.router.add_get(CALLBACK_PATH, pages.callback, allow_head=False)
        port = await parts.enter_async_context(serving(app, "127.0.0.1", 0))
        connection.redirect_uri = f"http://127.0.0.1:{port}{CALLBACK_PATH}"
        connection.connect_url = f"http://127.0.0.1:{port}{CONNECT_PATH}"
        linkedin.redirect_uris = {connection.redirect_uri}
        yield Site(connection, linkedin, browser)
