"""The product as a process of its own that a story can kill."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path

from bot import logs
from bot.app import Timing, running
from bot.config.load import load_config
from tests.forked import settle_in
from tests.story.world import QUICK


def run(config: Path, environment: Mapping[str, str], log: Path, ready: Connection, is_hurried: bool) -> None:
    """Serve until SIGTERM. Standard error goes to `log`; the port is sent to `ready` once leads are accepted."""
    settle_in(environment, err=log)
    logs.set_up("WARNING")
    asyncio.run(_serve(config, QUICK if is_hurried else Timing(), ready))


async def _serve(config: Path, timing: Timing, ready: Connection) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with running(load_config(config, os.environ, need_secrets=True), timing) as server:
        ready.send(server.port)
        await stop.wait()
