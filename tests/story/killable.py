"""A server process that is started, killed and started again on the same database."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.story.world import World

_START_DEADLINE_SECONDS = 20


@dataclass
class Killable:
    """`port` is where the present process listens."""

    world: World
    log: Path
    arguments: tuple[str, ...] = ()
    port: int = 0
    starts: int = 0
    _process: asyncio.subprocess.Process | None = field(default=None, repr=False)

    async def start(self) -> None:
        """Start it; returns once it accepts leads."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.story.server", str(self.world.config.path), *self.arguments),
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env={**os.environ, **self.world.environment},
            )
        assert self._process.stdout is not None
        async with asyncio.timeout(_START_DEADLINE_SECONDS):
            line = await self._process.stdout.readline()
        assert line, f"the server did not start: {self.log.read_text()[-2000:]}"
        self.port = int(line)
        self.starts += 1
        self.world.slack.request_url = f"http://127.0.0.1:{self.port}/slack/events"

    async def kill(self) -> None:
        """SIGKILL, as power cuts and the kernel do it."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """SIGTERM; the exit code."""
        return await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> int:
        if self._process is None:
            return 0
        if self._process.returncode is None:
            self._process.send_signal(number)
        async with asyncio.timeout(15):
            await self._process.communicate()
        code, self._process = self._process.returncode, None
        return code or 0


@asynccontextmanager
async def killable(world: World, folder: Path, *arguments: str) -> AsyncIterator[Killable]:
    """A started server that is gone when the block ends."""
    server = Killable(world, folder / "server.log", arguments)
    await server.start()
    try:
        yield server
    finally:
        await server.kill()
