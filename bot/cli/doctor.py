"""`leadbell doctor`: every link looked at, side by side, and what to do about each. Changes nothing, tells nobody."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp

from bot.app import utc_now
from bot.cli.clock import Clock
from bot.cli.health import local_address
from bot.cli.linkedin.token import stored_grant
from bot.cli.printing import complain, print_json, printable, say
from bot.config.environment import read_environment
from bot.config.files import which_config
from bot.config.load import Read, read_file
from bot.config.model import Config
from bot.config.problems import Problem, Severity
from bot.config.template_check import template_problems
from bot.control import socket_path
from bot.core.area import Area, sentence
from bot.core.errors import ConfigError, StoreError
from bot.core.findings import Finding, Verdict
from bot.destinations.email.checkup import MailCheckup
from bot.destinations.slack.checkup import SlackCheckup
from bot.pipeline.subscribe import webhook_of
from bot.sources.linkedin.checkup import LinkedInCheckup
from bot.sources.linkedin.sign_in import SignIn
from bot.sources.linkedin.webhook import answer_challenge
from bot.store.checkup import StoreCheckup
from bot.web.checkup import WebCheckup, is_public

_RULES = Area("rules")

#: In the order in which they are printed.
AREAS = ("rules", "database", "server", "linkedin", "slack", "mail", "clock")
_TITLES = {
    "rules": "Rule file",
    "database": "Database",
    "server": "Server",
    "linkedin": "LinkedIn",
    "slack": "Slack",
    "mail": "Mail",
    "clock": "Clock",
}
_MARKS = {Verdict.OK: "ok", Verdict.WARNING: "!", Verdict.FAILED: "✗", Verdict.SKIPPED: "-"}
_COLOURS = {Verdict.OK: "green", Verdict.WARNING: "yellow", Verdict.FAILED: "bold red", Verdict.SKIPPED: "dim"}

#: Every call has a shorter deadline of its own; this one is for what nobody thought of.
_AREA_DEADLINE = timedelta(seconds=18)

#: A name server that is silent would hold the end of the program: threads that ask the C library cannot be stopped.
_DNS_PATIENCE = "timeout:2 attempts:2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long is waited: for an area as a whole, and for each call."""

    area: timedelta = _AREA_DEADLINE
    call: timedelta = timedelta(seconds=5)


def run_doctor(config: Path | None, as_json: bool) -> int:
    """0 when nothing failed, 1 when something did, 2 when the rule file cannot be used at all."""
    read = _read(config)
    if read is None:
        return 2
    loaded, rules = read
    os.environ.setdefault("RES_OPTIONS", _DNS_PATIENCE)
    with _progress(quiet=as_json) as tell:
        found = asyncio.run(examine(loaded, tell=tell))
    findings = sorted([*rules, *found], key=lambda finding: AREAS.index(finding.area))
    if as_json:
        print_json([_to_json(finding) for finding in findings])
    else:
        _print(findings)
    return 1 if any(finding.verdict is Verdict.FAILED for finding in findings) else 0


async def examine(
    config: Config,
    *,
    tell: Callable[[Sequence[str]], None] = lambda _areas: None,
    now: Callable[[], datetime] = utc_now,
    patience: Patience | None = None,
) -> list[Finding]:
    """Look at everything but the rule file, the areas side by side; `tell` hears which are still being looked at.

    Takes at most `patience.area`, whatever hangs. The findings of one area stand in the order in which they are read.
    """
    patience = patience or Patience()
    clock = Clock(_believed(config), now=now)
    waiting = ["database", "server", "linkedin", "slack", "mail"]

    async def looked(area: str, findings: AsyncIterator[Finding]) -> list[Finding]:
        found = await _collect(area, findings, patience.area)
        waiting.remove(area)
        tell(waiting)
        return found

    tell(waiting)
    is_running = await _is_running(config.database)
    timeout = aiohttp.ClientTimeout(total=patience.call.total_seconds())
    async with aiohttp.ClientSession(timeout=timeout, trace_configs=[clock.trace()]) as session:
        lists = await asyncio.gather(
            looked("server", _web(config, is_running=is_running, now=now, patience=patience).findings()),
            looked("linkedin", _linkedin(config, session, now, patience)),
            looked("slack", SlackCheckup(config=config, traces=[clock.trace()], deadline=patience.call).findings()),
            looked("mail", MailCheckup(config=config, deadline=patience.call).findings()),
            looked("database", StoreCheckup(config=config, is_running=is_running, now=now).findings()),
        )
    return [*(finding for found in lists for finding in found), *clock.findings()]


async def _collect(area: str, findings: AsyncIterator[Finding], deadline: timedelta) -> list[Finding]:
    """Everything that came in time. Neither a hanging check nor a mistake of ours hides what was found before it."""
    found: list[Finding] = []
    try:
        async with asyncio.timeout(deadline.total_seconds()):
            async for finding in findings:
                found.append(finding)  # noqa: PERF401  # what came before the deadline must stay
    except TimeoutError:
        advice = "Try again; if it stays so, look into the network between here and there."
        found.append(Area(area).failed("the rest", "It did not end in time.", advice))
    except Exception as error:  # the other areas are still worth reading
        said = f"The check itself broke ({type(error).__name__})."
        found.append(Area(area).failed("the rest", said, "This is a mistake of Leadbell's: please report it."))
    return found


# ── the areas ──


def _read(explicit: Path | None) -> tuple[Config, list[Finding]] | None:
    """The rule file and what is to be said of it; None after its problems were printed.

    A variable that is not set keeps `run` from starting, but not the doctor from looking at everything else.
    """
    try:
        path = which_config(explicit, may_fall_back=False)
        environment = read_environment(path, os.environ)
        strict = read_file(path, environment, need_secrets=True)
        loose = strict if strict.config else read_file(path, environment, need_secrets=False)
    except ConfigError as error:
        complain(*map(str, error.problems))
        return None
    if loose.config is None:
        complain(*map(str, strict.problems))
        return None
    return loose.config, list(_of_rules(loose.config, strict))


def _of_rules(config: Config, strict: Read) -> Iterator[Finding]:
    problems = strict.problems
    for problem in problems:
        yield _problem(problem)
    for problem in template_problems(config):
        said = f"{problem.message.rstrip('.')}: the built-in alert goes out instead."
        file = Path(problem.file)
        yield _RULES.warning(f"{file.parent.name}/{file.name}:{problem.line}", said, problem.hint)
    if not problems:
        yield _RULES.ok("rules", f"{config.path.name} can be used: {len(config.rules)} rules.")


def _problem(problem: Problem) -> Finding:
    make = _RULES.warning if problem.severity is Severity.WARNING else _RULES.failed
    advice = problem.hint or "Mend this line; `leadbell check` says whether it is right."
    return make(f"line {problem.line}", sentence(problem.message), advice)


def _web(config: Config, *, is_running: bool, now: Callable[[], datetime], patience: Patience) -> WebCheckup:
    secret = config.linkedin.client_secret.reveal()
    return WebCheckup(
        public_url=config.server.public_url,
        local_url=local_address(config),
        answer=lambda query: answer_challenge(query, secret),
        is_running=is_running,
        now=now,
        deadline=patience.call,
    )


async def _linkedin(
    config: Config, session: aiohttp.ClientSession, now: Callable[[], datetime], patience: Patience
) -> AsyncIterator[Finding]:
    checkup = LinkedInCheckup(
        settings=config.linkedin,
        sources=config.sources,
        webhook=webhook_of(config),
        is_public=is_public(config.server.public_url),
        session=session,
        sign_in=await _sign_in(config),
        now=now,
        deadline=patience.call,
    )
    async for finding in checkup.findings():
        yield finding


async def _sign_in(config: Config) -> SignIn:
    """Which token is called with. None is renewed, as other commands do."""
    if static := config.linkedin.access_token.reveal().strip():
        return SignIn(token=static, why_not="", grant=None)
    try:
        grant = await stored_grant(config)
    except StoreError as error:
        return SignIn(token="", why_not=sentence(str(error)), grant=None)
    if grant is None:
        return SignIn(token="", why_not="No LinkedIn account is connected.", grant=None)
    return SignIn(token=grant.access_token, why_not="", grant=grant)


def _believed(config: Config) -> dict[str, str]:
    slack = {"Slack": config.slack.api_url} if config.slack is not None else {}
    return {"LinkedIn": config.linkedin.api_url, **slack}


async def _is_running(database: Path) -> bool:
    """Does a server hold the database? Its socket is asked: trying the lock would keep one that starts from it."""
    try:
        async with asyncio.timeout(1):
            _, writer = await asyncio.open_unix_connection(str(socket_path(database)))
    except (OSError, TimeoutError):
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True


# ── what a person sees ──


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[Sequence[str]], None]]:
    """A line on a terminal that says what is still being looked at."""
    if quiet or not sys.stderr.isatty():
        yield lambda _areas: None
        return
    from rich.console import Console

    with Console(stderr=True).status("Looking…") as status:
        yield lambda areas: status.update(f"Looking at {', '.join(_TITLES[area] for area in areas)}…")


def _print(findings: Sequence[Finding]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 120  # a file or a pipe has no width; advice is long
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True, min_width=2)
    table.add_column(overflow="fold", max_width=34)
    table.add_column(overflow="fold")
    before = ""
    for finding in findings:
        if finding.area != before:
            if before:
                table.add_row()
            table.add_row(Text(""), Text(_TITLES[finding.area], style="bold"))
        before = finding.area
        said = [finding.found, *([f"→ {finding.advice}"] if finding.advice else [])]
        mark = Text(_MARKS[finding.verdict], style=_COLOURS[finding.verdict])
        table.add_row(mark, Text(printable(finding.name)), Text("\n".join(map(printable, said))))
    console.print(table)
    say("", _summary(findings))


def _summary(findings: Sequence[Finding]) -> str:
    counts = {verdict: sum(finding.verdict is verdict for finding in findings) for verdict in Verdict}
    parts = [
        f"{counts[Verdict.FAILED]} failed (✗)",
        f"{counts[Verdict.WARNING]} to look at (!)",
        f"{counts[Verdict.OK]} fine",
        f"{counts[Verdict.SKIPPED]} not asked (-)",
    ]
    return ", ".join(parts) + "."


def _to_json(finding: Finding) -> dict[str, object]:
    return {
        "area": finding.area,
        "name": finding.name,
        "verdict": finding.verdict.value,
        "found": finding.found,
        "advice": finding.advice,
    }
