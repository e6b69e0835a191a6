"""A server process that is started, killed and started again on the same database."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tests.forked import ended, forked, pipe, readable
from tests.story.server import run
from tests.story.world import World

_START_DEADLINE_SECONDS = 20
_END_DEADLINE_SECONDS = 15


@dataclass
class Killable:
    """`port` is where the present process listens."""

    world: World
    log: Path
    is_hurried: bool = True
    port: int = 0
    starts: int = 0
    _process: ForkServerProcess | None = field(default=None, repr=False)

    async def start(self) -> None:
        """Start it; returns once it accepts leads."""
        environment = {**os.environ, **self.world.environment}
        ready, theirs = pipe()
        with ready:
            with theirs:
                self._process = forked(run, self.world.config.path, environment, self.log, theirs, self.is_hurried)
            await readable(ready.fileno(), within=_START_DEADLINE_SECONDS)
            try:
                self.port = ready.recv()
            except EOFError:
                raise AssertionError(f"the server did not start: {self.log.read_text()[-2000:]}") from None
        self.starts += 1
        self.world.slack.request_url = f"http://127.0.0.1:{self.port}/slack/events"

    async def kill(self) -> None:
        """SIGKILL, as power cuts and the kernel do it."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """SIGTERM; the exit code."""
        return await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        if process.exitcode is None and process.pid is not None:
            os.kill(process.pid, number)
        return await ended(process, within=_END_DEADLINE_SECONDS)


@asynccontextmanager
async def killable(world: World, folder: Path, *, is_hurried: bool = True) -> AsyncIterator[Killable]:
    """A started server that is gone when the block ends."""
    server = Killable(world, folder / "server.log", is_hurried)
    await server.start()
    try:
        yield server
    finally:
        await server.kill()
