"""`run`: the server until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

from bot import logs
from bot.app import running
from bot.cli.loading import load
from bot.cli.printing import complain
from bot.cli.template_check import template_problems
from bot.config.model import Config
from bot.core.errors import StoreError


def run_server(config: Path | None) -> int:
    """0 after SIGTERM or Ctrl-C, 1 when a bug ended it, 2 when it could not start."""
    loaded = load(config, need_secrets=True)
    if loaded is None:
        complain("leadbell: not started; nothing was changed.")
        return 2
    for problem in template_problems(loaded):
        complain(str(problem), "  The built-in alert goes out instead until it is mended.")
    logs.set_up()
    try:
        asyncio.run(serve(loaded))
    except StoreError as error:
        complain(f"leadbell: {error}")
        return 2
    except OSError as error:
        address = f"{loaded.server.host}:{loaded.server.port}"
        complain(f"leadbell: cannot listen on {address}: {error.strerror or error}")
        return 2
    return 0


async def serve(config: Config) -> None:
    """Serve until SIGTERM or SIGINT; then stop in order."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with running(config) as server:
        complain(*(f"leadbell: {notice}" for notice in (*config.warnings, *config.notices)))
        complain(f"leadbell: ready on port {server.port}")
        await stop.wait()
