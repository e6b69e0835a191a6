"""What every process of the benchmark's own does besides serving: say its port, measure its loop's stalls, obey a word.

On standard input one word a line: `stalls` prints the lateness of the ticks since the last `stalls`, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
from array import array

#: Coarse enough to cost nothing that shows, fine enough for a p99.9 over a few seconds.
TICK_SECONDS = 0.004


class Ticker:
    """A tick each 4 ms; how late each came is how long something kept the loop. epoll itself rounds up to 1 ms."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._lateness = array("d")

    def start(self) -> None:
        """Tick until the loop ends."""
        self._due = self._loop.time() + TICK_SECONDS
        self._loop.call_at(self._due, self._tick)

    def _tick(self) -> None:
        now = self._loop.time()
        self._lateness.append(now - self._due)
        self._due = now + TICK_SECONDS
        self._loop.call_at(self._due, self._tick)

    def take(self) -> list[float]:
        """The lateness of each tick since the last time, in seconds."""
        taken, self._lateness = self._lateness, array("d")
        return taken.tolist()


async def until_told(port: int) -> None:
    """Say the port, then obey standard input until it ends: the parent is gone or has had enough."""
    loop = asyncio.get_running_loop()
    ticker = Ticker()
    ticker.start()
    words = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(words), sys.stdin)
    _say(port)
    while word := (await words.readline()).strip():
        if word == b"stalls":
            _say(ticker.take())


def _say(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()
