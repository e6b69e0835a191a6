"""`pull`: older leads, day by day, through the running server or alone; interrupted, it goes on where it stopped."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bot import control
from bot.app import alone
from bot.cli.linkedin.meaning import span
from bot.cli.linkedin.token import load_to_call
from bot.cli.printing import complain, print_json, say
from bot.config.model import Config
from bot.control import NoServer, ask
from bot.core.errors import BotError
from bot.pipeline.backfill import LONGEST

#: A day with thousands of leads takes a while.
_DAY_SECONDS = 600.0

Do = Callable[[str, dict[str, object]], Awaitable[object]]
Day = dict[str, object]


@dataclass(slots=True)
class _Done:
    """What came of it so far."""

    entered: dict[str, int]
    problem: str = ""


def run_pull(config: Path | None, as_json: bool, *, last: str) -> int:
    """0 when every day was fetched, 1 when LinkedIn refused or somebody stopped it, 2 for wrong use or set-up."""
    loaded = load_to_call(config)
    if loaded is None:
        return 2
    if not loaded.sources:
        complain("leadbell: there is nothing under `sources:` in the rule file, so there is nobody to fetch leads of.")
        return 2
    length = span(last)
    if length > LONGEST:
        complain("LinkedIn keeps leads for 365 days at most, so there is nothing before that.")
        length = LONGEST
    done = _Done(entered={})
    try:
        asyncio.run(_pull(loaded, length, done))
    except KeyboardInterrupt:
        done.problem = "Stopped."
    _tell(done, as_json)
    return 1 if done.problem else 0


async def _pull(config: Config, length: timedelta, done: _Done) -> None:
    async with _doing(config) as do:
        days = _days(await do("pull-days", {"last_seconds": length.total_seconds()}))
        with _progress(len(days)) as step:
            try:
                for day in days:
                    step(f"{day['source']} {day['lead_type']} {str(day['day'])[:10]}")
                    await _fetch(do, day, done)
            except NoServer:
                raise
            except BotError as error:
                done.problem = str(error)
        if any(done.entered.values()):
            await do("pull-end", {})


async def _fetch(do: Do, day: Day, done: _Done) -> None:
    answer = await do("pull-day", day)
    found = answer.get("entered") if isinstance(answer, dict) else 0
    name = f"{day['source']} {day['lead_type']}"
    done.entered[name] = done.entered.get(name, 0) + (found if isinstance(found, int) else 0)


@asynccontextmanager
async def _doing(config: Config) -> AsyncIterator[Do]:
    """The commands of a running server, or the same ones here."""
    try:
        await ask(config.database, "linkedin-status", {})
    except NoServer:
        async with alone(config) as product:
            here = product.commands()

            async def do_here(command: str, arguments: dict[str, object]) -> object:
                return await here[command](arguments)

            yield do_here
        return

    async def do_there(command: str, arguments: dict[str, object]) -> object:
        return await control.ask(config.database, command, arguments, seconds=_DAY_SECONDS)

    yield do_there


def _days(answer: object) -> Sequence[Day]:
    return [each for each in answer if isinstance(each, dict)] if isinstance(answer, list) else []


def _tell(done: _Done, as_json: bool) -> None:
    if as_json:
        print_json({"entered": done.entered, "complete": not done.problem, "problem": done.problem})
    else:
        for name, count in done.entered.items():
            say(f"{name}: {count} {'lead' if count == 1 else 'leads'} that had not come before")
    if done.problem:
        complain(f"leadbell: {done.problem}", "What was fetched is kept; the same command goes on where it stopped.")


@contextmanager
def _progress(total: int) -> Iterator[Callable[[str], None]]:
    """A bar on a terminal, else nothing; call the result before each step."""
    if not sys.stderr.isatty() or not total:
        yield lambda _what: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=total)
        is_first = True

        def step(what: str) -> None:
            nonlocal is_first
            progress.update(task, description=what, advance=0 if is_first else 1)
            is_first = False

        yield step
