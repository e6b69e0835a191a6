"""The processes of a run and what the kernel says of them: CPU seconds, memory, time from start to ready."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from benchmarks.server import PROFILE
from benchmarks.upstream import Mode

_READY_SECONDS = 30
_ANSWER_SECONDS = 10
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_LINE_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A process that accepts requests on `port`."""

    process: asyncio.subprocess.Process
    port: int
    start_seconds: float  #: from its start to its first word, imports included

    @property
    def pid(self) -> int:
        return self.process.pid

    def cpu_seconds(self) -> float:
        """User and system time of all its threads so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND

    def resident_mb(self) -> float:
        """Resident memory now, in MB (10^6)."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    async def stalls(self) -> list[float]:
        """How late each tick of its loop came since the last question, in seconds."""
        if self.process.stdin is None or self.process.stdout is None:
            return []
        self.process.stdin.write(b"stalls\n")
        async with asyncio.timeout(_ANSWER_SECONDS):
            line = await self.process.stdout.readline()
        return [float(each) for each in json.loads(line)]


@asynccontextmanager
async def started(kind: str, log: Path, *arguments: str, profile: Path | None = None) -> AsyncIterator[Running]:
    """Start one kind of server; killed with SIGKILL when the block ends, so that only what is on disk counts.

    With `profile` it ends politely instead and leaves its profile there. Raises RuntimeError when it does not start.
    """
    began = time.monotonic()
    environment = {**os.environ, **({PROFILE: str(profile)} if profile else {})}
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.server", kind, *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            limit=_LINE_BYTES,
            cwd=Path(__file__).parent.parent,
            env=environment,
        )
    try:
        port = await _port(process)
        if port is None:
            raise RuntimeError(f"{kind} did not start:\n{_last_words(log)}")
        yield Running(process=process, port=port, start_seconds=time.monotonic() - began)
    finally:
        await _end(process, signal.SIGTERM if profile else signal.SIGKILL)


def _last_words(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-2000:]


async def _port(process: asyncio.subprocess.Process) -> int | None:
    if process.stdout is None:
        return None
    async with asyncio.timeout(_READY_SECONDS):
        line = await process.stdout.readline()
    return int(line) if line.strip() else None


async def _end(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    if process.returncode is None and number is signal.SIGKILL:
        process.kill()
    if process.stdin is not None:
        process.stdin.close()
    await process.wait()


class UpstreamControl:
    """The stand-in LinkedIn and Slack as the benchmark steers them."""

    def __init__(self, session: aiohttp.ClientSession, port: int) -> None:
        self._session = session
        self.url = f"http://127.0.0.1:{port}"

    async def be(self, mode: Mode) -> None:
        """Answer like that from now on."""
        async with self._session.post(f"{self.url}/control/{mode}") as answer:
            answer.raise_for_status()

    async def posts(self) -> list[tuple[int, int]]:
        """Which lead's message arrived in Slack when (monotonic nanoseconds), since the last question."""
        async with self._session.get(f"{self.url}/control/posts") as answer:
            return [(int(number), int(at)) for number, at in await answer.json()]


@asynccontextmanager
async def an_upstream(log: Path) -> AsyncIterator[UpstreamControl]:
    """Start the upstream."""
    async with started("upstream", log) as running, aiohttp.ClientSession() as session:
        yield UpstreamControl(session, running.port)
