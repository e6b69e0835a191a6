"""Notices that a file may have changed: told by the system, asked regularly where it does not tell, or nudged."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from watchfiles import awatch

_log = logging.getLogger(__name__)

logging.getLogger("watchfiles").setLevel(logging.WARNING)  # it would log each file that is touched


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How soon a change is seen."""

    poll: timedelta = timedelta(seconds=1)  #: where nobody tells, as on a bind mount
    gather: timedelta = timedelta(milliseconds=100)  #: changes that come together are one
    again: timedelta = timedelta(seconds=30)  #: after watching failed


async def watch(
    folders: Callable[[], Sequence[Path]],
    look: Callable[[], Awaitable[None]],
    *,
    nudge: asyncio.Event,
    pace: Pace | None = None,
) -> None:
    """Call `look` whenever something in `folders` may have changed, when nudged, and regularly; until cancelled.

    It costs little to look in vain. Whatever `look` raises is logged, and it is called again.
    """
    pace = pace or Pace()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_listen(folders, nudge, pace), name="listen for changed files")
        while True:
            await _look(look)
            with suppress(TimeoutError):
                async with asyncio.timeout(pace.poll.total_seconds()):
                    await nudge.wait()
            nudge.clear()


async def _look(look: Callable[[], Awaitable[None]]) -> None:
    try:
        await look()
    except Exception:  # a disk that is full for a moment must not end the watching for ever
        _log.exception("looking at the rule file failed")


async def _listen(folders: Callable[[], Sequence[Path]], nudge: asyncio.Event, pace: Pace) -> None:
    """Nudge at each change that the system tells of. Without it, there is still the regular look."""
    last = ""
    while True:
        try:
            await _listen_to(await asyncio.to_thread(folders), folders, nudge, pace)
        except Exception as error:  # the system's limits, a folder that went away
            if str(error) != last:  # once, and not twice a minute for ever
                _log.warning("changes of files are not told", extra={"error": str(error)})
            last = str(error)
            await asyncio.sleep(pace.again.total_seconds())


async def _listen_to(
    watched: Sequence[Path], folders: Callable[[], Sequence[Path]], nudge: asyncio.Event, pace: Pace
) -> None:
    """Until a folder is another one: editors and Kubernetes replace files, and sometimes the folder around them.

    The folders are watched and not the files, for a watched file that is replaced is never heard of again.
    """
    before = await asyncio.to_thread(_identities, watched)
    changes = awatch(
        *watched,
        watch_filter=None,
        debounce=_milliseconds(pace.gather),
        step=min(50, _milliseconds(pace.gather)),
        rust_timeout=_milliseconds(pace.poll),
        yield_on_timeout=True,
        recursive=False,
    )
    async with aclosing(changes):
        async for told in changes:
            if told:
                nudge.set()
            if await asyncio.to_thread(lambda: _identities(folders())) != before:
                nudge.set()
                return


def _identities(folders: Sequence[Path]) -> list[tuple[str, int, int]]:
    found = []
    for folder in folders:
        with suppress(OSError):
            status = folder.stat()
            found.append((str(folder), status.st_dev, status.st_ino))
    return found


def _milliseconds(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)
