"""`run`: the server until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

from bot import logs
from bot.app import Beginning, beginning, running
from bot.cli.loading import load
from bot.cli.printing import complain
from bot.config.files import which_config
from bot.config.live.rule_file import RuleFile
from bot.config.load import read_environment
from bot.config.template_check import template_problems
from bot.core.errors import ConfigError, StoreError
from bot.core.rule_files import Refusal


def run_server(explicit: Path | None) -> int:
    """0 after SIGTERM or Ctrl-C, 1 when a bug ended it, 2 when it could not start."""
    try:
        path = which_config(explicit, may_fall_back=False)
        begun = asyncio.run(beginning(RuleFile(path=path, environment=read_environment(path, os.environ))))
    except ConfigError as error:
        return _not_started(*map(str, error.problems))
    except StoreError as error:
        complain(f"leadbell: {error}")
        return 2
    if isinstance(begun, Refusal):
        # every problem as `check` prints it; the file's own promises and templates are looked at after those
        return _not_started(*(begun.problems if load(path, need_secrets=True) else ()))
    _tell(begun)
    return _run(begun)


def _not_started(*problems: str) -> int:
    complain(*problems, "leadbell: not started; nothing was changed.")
    return 2


def _tell(begun: Beginning) -> None:
    """What whoever starts the server should know before it runs."""
    if begun.refusal is not None:
        complain(
            *begun.refusal.problems,
            f"leadbell: this file cannot be used; starting with the stored version {begun.files.version}.",
        )
    elif begun.unused is not None:
        complain(
            "leadbell: what the rule file says was taken back by a manager and is set aside until it is edited; "
            f"starting with version {begun.files.version}."
        )
    else:
        for problem in template_problems(begun.config):
            complain(str(problem), "  The built-in alert goes out instead until it is mended.")


def _run(begun: Beginning) -> int:
    logs.set_up()
    try:
        asyncio.run(serve(begun))
    except StoreError as error:
        complain(f"leadbell: {error}")
        return 2
    except OSError as error:
        address = f"{begun.config.server.host}:{begun.config.server.port}"
        complain(f"leadbell: cannot listen on {address}: {error.strerror or error}")
        return 2
    return 0


async def serve(begun: Beginning) -> None:
    """Serve until SIGTERM or SIGINT; then stop in order. SIGHUP: look at the rule file now."""
    stop, look_again = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, look_again.set)
    async with running(begun.config, beginning=begun, look_again=look_again) as server:
        complain(*(f"leadbell: {warning}" for warning in begun.config.warnings))
        complain(f"leadbell: ready on port {server.port}")
        await stop.wait()
