"""Start and stop, in order: the running server, and a command that works alone with the database's lock."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import aiohttp

from bot import control, schedule
from bot.app.beginning import Beginning
from bot.app.clock import Timing
from bot.app.product import Product
from bot.config.model import Config
from bot.pipeline.pull import Pull
from bot.store import database as sqlite
from bot.tasks import task_group
from bot.web.server import serving

_log = logging.getLogger(__name__)

#: Every call outside; each adapter has a shorter deadline of its own.
_SESSION_TIMEOUT = aiohttp.ClientTimeout(total=10, connect=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A server that accepts leads."""

    port: int
    pull: Pull
    product: Product


@asynccontextmanager
async def running(
    config: Config,
    timing: Timing | None = None,
    *,
    beginning: Beginning | None = None,
    look_again: asyncio.Event | None = None,
) -> AsyncIterator[Running]:
    """Start everything; yields once leads are accepted. On leaving: refuse, stop leasing, let attempts end, close.

    `config` is what the server works with; `beginning`, the file it comes from, which is followed. None = it is not.
    Set `look_again` to have the file looked at now.
    Raises AlreadyRunning, UnusableDatabase, OSError when the port is taken. A bug in a worker ends the block with it.
    """
    async with AsyncExitStack() as parts:  # left from the last to the first
        database = await parts.enter_async_context(sqlite.opened(config.database))
        session = await parts.enter_async_context(aiohttp.ClientSession(timeout=_SESSION_TIMEOUT))
        product = Product(config, timing or Timing(), database, session, beginning=beginning, look_again=look_again)
        parts.push_async_callback(product.close)
        await product.recover()
        tasks = await parts.enter_async_context(task_group())
        parts.callback(product.stop)
        product.start(tasks)
        await parts.enter_async_context(control.listening(config.database, product.commands()))
        port = await parts.enter_async_context(serving(product.web(), config.server.host, config.server.port))
        parts.enter_context(schedule.ticking(product.jobs()))  # after the server: LinkedIn asks it while we subscribe
        parts.callback(product.stop)  # the first thing on leaving: /readyz says so while handlers still finish
        gc.collect()
        gc.freeze()  # what was built so far stays: going through it again and again would hold the loop for 20 ms
        _log.info("ready", extra={"port": port, "config_version": product.rules.config.version})
        yield Running(port=port, pull=product.linkedin.pull, product=product)


@asynccontextmanager
async def alone(config: Config, timing: Timing | None = None) -> AsyncIterator[Product]:
    """All parts with the database's lock, and nothing of them at work: for a command while no server runs.

    What such a command leaves to do is done by the next `leadbell run`. Raises AlreadyRunning, UnusableDatabase.
    """
    async with (
        sqlite.opened(config.database) as database,
        aiohttp.ClientSession(timeout=_SESSION_TIMEOUT) as session,
    ):
        product = Product(config, timing or Timing(), database, session, is_alone=True)
        await product.linkedin.connection.load()
        await product.linkedin.connection.keep()
        try:
            yield product
        finally:
            await product.close()
