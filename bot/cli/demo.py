"""`demo`: the product with a stand-in LinkedIn, Slack workspace and mailbox round it, all on loopback."""

from __future__ import annotations

import asyncio
import secrets
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bot import logs
from bot.app import Timing, running, utc_now
from bot.cli.demo_world import opening, world
from bot.cli.printing import complain
from bot.config.files import which_config
from bot.config.load import load_config
from bot.config.model import Config, EmailSettings, Secret, SlackSettings, SmtpSettings
from bot.core.errors import ConfigError
from bot.core.hours import Schedule
from bot.core.people import People
from bot.sandbox.linkedin import LinkedInStandIn
from bot.sandbox.mailbox import Mailbox
from bot.sandbox.slack import SlackStandIn
from bot.sandbox.stage import Stage

_LOOPBACK = "127.0.0.1"

_WELCOME = """
  Leadbell's demo is running. Open this page:

      {url}

  1. Press “Submit” on the left: a card appears in the right channel.
  2. Press “Claim” as Anna; then look as Ben, and try to claim it too.
  3. Press “Ten leads at once”, and “Same notification twice”: still one card each.

  It uses the rules of {config}
  Everybody is at work round the clock here, whatever the file says of hours and absences.
  Nothing leaves this machine. Ctrl-C stops it; nothing is kept.
"""


def run_demo(explicit: Path | None, port: int) -> int:
    """0 after Ctrl-C, 2 when the rule file cannot be used or the port is taken."""
    try:
        path = which_config(explicit, may_fall_back=True)
        config = load_config(path, {}, need_secrets=False)
    except ConfigError as error:
        complain(*map(str, error.problems))
        return 2
    logs.set_up("ERROR")
    try:
        asyncio.run(_until_stopped(config, port))
    except OSError as error:
        complain(f"leadbell: cannot serve the page on port {port}: {error.strerror or error}")
        return 2
    return 0


async def _until_stopped(config: Config, port: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with demo(config, port) as playing:
        print(_WELCOME.format(url=playing.stage.url, config=config.path), flush=True)
        await stop.wait()
        print("Stopping …", flush=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Playing:
    """A running demo."""

    linkedin: LinkedInStandIn
    slack: SlackStandIn
    mailbox: Mailbox
    stage: Stage
    webhook_url: str


@asynccontextmanager
async def demo(config: Config, port: int = 0, timing: Timing | None = None) -> AsyncIterator[Playing]:
    """The product and its stand-ins until the block ends. Raises OSError when `port` is taken.

    Every address and secret of `config` is replaced by one made up for the occasion, and so is the database.
    """
    made_up = _Secrets()
    linkedin = LinkedInStandIn(client_secret=made_up.client_secret, access_token=made_up.access_token, now=utc_now)
    slack = SlackStandIn(signing_secret=made_up.signing_secret, bot_token=made_up.bot_token, now=utc_now)
    mailbox = Mailbox(now=utc_now)
    stage_world = world(config, linkedin, slack)
    async with AsyncExitStack() as parts:
        folder = parts.enter_context(tempfile.TemporaryDirectory(prefix="leadbell-demo-"))
        for stand_in in (linkedin, slack, mailbox):
            await stand_in.start()
            parts.push_async_callback(stand_in.stop)
        playing = _playing(config, made_up, Path(folder), linkedin, slack, mailbox)
        server = await parts.enter_async_context(running(playing, timing))
        slack.request_url = f"http://{_LOOPBACK}:{server.port}/slack/events"
        webhook_url = f"http://{_LOOPBACK}:{server.port}/linkedin/webhook"
        stage = Stage(
            linkedin=linkedin,
            slack=slack,
            mailbox=mailbox,
            webhook_url=webhook_url,
            world=stage_world,
            random=opening(config, linkedin, stage_world.forms[0]),
        )
        await stage.start(_LOOPBACK, port)
        parts.push_async_callback(stage.stop)
        yield Playing(linkedin=linkedin, slack=slack, mailbox=mailbox, stage=stage, webhook_url=webhook_url)


class _Secrets:
    """Made up for one demo."""

    def __init__(self) -> None:
        self.client_secret = secrets.token_hex(16)
        self.access_token = secrets.token_hex(16)
        self.signing_secret = secrets.token_hex(16)
        self.bot_token = f"xoxb-{secrets.token_hex(16)}"


def _playing(
    config: Config, made_up: _Secrets, folder: Path, linkedin: LinkedInStandIn, slack: SlackStandIn, mailbox: Mailbox
) -> Config:
    """The file's rules with the stand-ins' addresses."""
    host, _, smtp_port = mailbox.url.removeprefix("smtp://").partition("?")[0].rpartition(":")
    admin_channel = config.slack.admin_channel if config.slack else ""
    return replace(
        config,
        people=_at_work(config.people),
        database=folder / "leadbell.db",
        server=replace(config.server, host=_LOOPBACK, port=0),
        linkedin=replace(
            config.linkedin,
            client_secret=Secret(made_up.client_secret),
            access_token=Secret(made_up.access_token),
            api_url=linkedin.url,
            auth_url=linkedin.url,
            require_signature=True,
        ),
        slack=SlackSettings(
            bot_token=Secret(made_up.bot_token),
            signing_secret=Secret(made_up.signing_secret),
            api_url=slack.url,
            admin_channel=admin_channel,
        ),
        email=_mailing(config.email, SmtpSettings(host=host, port=int(smtp_port), tls="none")),
    )


def _at_work(people: People) -> People:
    """Everybody, round the clock: whoever tries the demo at night wants to see what a lead does by day."""
    return replace(
        people, by_name={name: replace(person, schedule=Schedule()) for name, person in people.by_name.items()}
    )


def _mailing(email: EmailSettings | None, smtp: SmtpSettings) -> EmailSettings:
    if email is not None:
        return replace(email, smtp=smtp)
    return EmailSettings(smtp=smtp, sender_name="Lead alerts", sender_address="alerts@example.com", admin="")
