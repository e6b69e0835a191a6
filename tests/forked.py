"""Processes of their own that start at once: forked from one that has done nothing but import the product.

Importing is most of a start. What a start itself takes and loads is seen where `python -m bot` is run.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["bot.app", "bot.cli.run", "tests.story.server"])


def pipe() -> tuple[Connection, Connection]:
    """What a process may tell: the end that reads, and the end to hand over."""
    return _CONTEXT.Pipe(duplex=False)


def forked(target: Callable[..., None], *arguments: object) -> ForkServerProcess:
    """Start `target` of a module; it ends with this process at the latest."""
    process = _CONTEXT.Process(target=target, args=arguments, daemon=True)
    process.start()
    return process


def settle_in(environment: Mapping[str, str], *, out: Path | None = None, err: Path) -> None:
    """In the new process: only these variables, and files in place of the streams."""
    os.environ.clear()
    os.environ.update(environment)
    for stream, file in ((1, out), (2, err)):
        if file is not None:
            written = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            os.dup2(written, stream)
            os.close(written)


async def ended(process: ForkServerProcess, *, within: float) -> int:
    """Wait for its end, at most this many seconds; the exit code, negative after a signal."""
    await readable(process.sentinel, within=within)
    process.join()
    code = process.exitcode
    assert code is not None
    process.close()
    return code


async def readable(descriptor: int, *, within: float) -> None:
    """Wait until there is something to read, or nobody who could write any more."""
    loop, is_readable = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(descriptor, is_readable.set)
    try:
        async with asyncio.timeout(within):
            await is_readable.wait()
    finally:
        loop.remove_reader(descriptor)
