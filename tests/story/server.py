"""The product as a process of its own that a story can kill: `python -m tests.story.server CONFIG [--unhurried]`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from bot import logs
from bot.app import Timing, running
from bot.config.load import load_config
from tests.story.world import QUICK


async def serve(config: Path, timing: Timing) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with running(load_config(config, os.environ, need_secrets=True), timing) as server:
        print(server.port, flush=True)
        await stop.wait()


if __name__ == "__main__":
    logs.set_up("WARNING")
    asyncio.run(serve(Path(sys.argv[1]), Timing() if "--unhurried" in sys.argv else QUICK))
