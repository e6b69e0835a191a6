"""What every `linkedin` command stands on: the client with its token, refusals in plain words, progress, Ctrl-C."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypeVar

import aiohttp

from bot.app import utc_now
from bot.cli.linkedin.token import access_token, load_to_call, worth
from bot.cli.printing import complain
from bot.config.model import Config
from bot.core.connection import Renewal
from bot.core.errors import BotError, OutageError, UpstreamError
from bot.sources.linkedin.api import Api
from bot.sources.linkedin.client import Client

T = TypeVar("T")
Ask = Callable[[T], Awaitable[None]]

#: What a shell expects of a command that Ctrl-C ended.
STOPPED = 130

_SESSION_TIMEOUT = aiohttp.ClientTimeout(total=30, connect=5)


class WrongUse(BotError):
    """The command line asks for something that cannot be; the message says what to write instead."""


def run_with_client(config: Path | None, work: Callable[[Config, Client], Awaitable[int]]) -> int:
    """Load the file, get the token, do `work`; its exit code, or the one that its refusal stands for."""
    loaded = load_to_call(config)
    if loaded is None:
        return 2

    async def worked() -> int:
        async with client_of(loaded) as client:
            return await work(loaded, client)

    return finished(worked())


def finished(work: Coroutine[object, object, int]) -> int:
    """Run to the end. A refusal of LinkedIn's is one line with its advice: 2 for the set-up, 1 for anything else."""
    try:
        return asyncio.run(work)
    except UpstreamError as error:
        tell(error)
        return code_of(error)
    except KeyboardInterrupt:
        complain("Stopped.")
        return STOPPED


@asynccontextmanager
async def client_of(config: Config) -> AsyncIterator[Client]:
    """The API with the configured or the connected account's token. Raises SignInNeeded when there is none."""
    token = await access_token(config)

    async def renewed() -> Renewal:
        """Somebody may have renewed it meanwhile, as the running server does: a long pull outlives a token."""
        nonlocal token
        refused, token = token, await access_token(config)
        return Renewal.RENEWED if token != refused else await worth(config, token)

    async with aiohttp.ClientSession(timeout=_SESSION_TIMEOUT) as session:
        api = Api(
            session, api_version=config.linkedin.api_version, access_token=lambda: token, now=utc_now, refresh=renewed
        )
        yield Client(api, api_url=config.linkedin.api_url)


async def each(items: Iterable[T], ask: Ask[T], *, named: Callable[[T], str]) -> int:
    """Ask for one after the other; the exit code. One refusal is told and does not keep the others.

    Raises OutageError: the others would only hear the same.
    """
    code = 0
    for item in items:
        try:
            await ask(item)
        except OutageError:
            raise
        except UpstreamError as error:
            tell(error, about=named(item))
            code = 1
    return code


def tell(error: UpstreamError, *, about: str = "") -> None:
    """A refusal and what to do about it, on one line of standard error."""
    advice = f" {error.advice}" if error.advice else ""
    complain(f"leadbell: {about}{': ' if about else ''}{str(error).rstrip('.')}.{advice}")


def code_of(error: UpstreamError) -> int:
    """2: nothing works before the set-up is mended. 1: this is refused, or not possible now."""
    return 2 if isinstance(error, OutageError) else 1


@contextmanager
def counting(what: str) -> Iterator[Callable[[], None]]:
    """Count on a terminal's standard error while something long is read; call the result once for each."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.completed:.0f} {task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda: progress.advance(task)
