"""The command `leadbell`: what each subcommand is called and takes. What they do is imported when they are called."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot import __version__
from bot.cli.linkedin import linkedin_app

app = typer.Typer(
    name="leadbell",
    help="A LinkedIn lead becomes a Slack alert that a sales rep claims.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.add_typer(linkedin_app)

Config = Annotated[
    Path | None, typer.Option("--config", help="The rule file. Default: ./config.yaml.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text for people.")]
LeadArgument = Annotated[str, typer.Argument(metavar="LEAD", help="Our id, LinkedIn's response id, or its URN.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=1_000_000, help="How many to list at most.")]


def main() -> None:
    """The entry point. Exit codes: 0 fine, 1 the answer is "no", 2 wrong use or set-up."""
    from bot.cli.printing import complain
    from bot.core.errors import BotError

    if not all(argument.isascii() or _is_text(argument) for argument in sys.argv):
        complain("leadbell: one of the arguments holds bytes that are no text (UTF-8).")
        sys.exit(2)
    try:
        app()
    except BotError as error:
        complain(f"leadbell: {error}")
        sys.exit(2)
    except BrokenPipeError:  # whoever read our output has seen enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        complain(f"leadbell: {error.strerror or error}{where}")
        sys.exit(2)


def _is_text(argument: str) -> bool:
    try:
        argument.encode()
    except UnicodeEncodeError:
        return False
    return True


def _version(wanted: bool) -> None:
    if wanted:
        print(f"leadbell {__version__}")
        raise typer.Exit


@app.callback()
def _leadbell(
    version: Annotated[  # typer calls _version
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    pass


@app.command()
def run(config: Config = None) -> None:
    """The server: webhooks, Slack, workers, timers. Names everything that is missing or wrong at once."""
    from bot.cli.run import run_server

    raise typer.Exit(run_server(config))


@app.command()
def demo(
    config: Config = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Where the page is served; 0 = any.")] = 8099,
) -> None:
    """The whole thing on this machine, in the browser: no account, no network, nothing to set up."""
    from bot.cli.demo import run_demo

    raise typer.Exit(run_demo(config, port))


@app.command()
def check(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="The rule file to check.")] = None,
    config: Config = None,
    as_json: AsJson = False,
    online: Annotated[
        bool, typer.Option("--online", help="Ask Slack and LinkedIn whether channels, people and forms exist.")
    ] = False,
) -> None:
    """Every problem of the rule file at once, with line, column and a hint."""
    from bot.cli.check import run_check

    raise typer.Exit(run_check(file, config, as_json, online=online))


@app.command()
def schema(config: Config = None, as_json: AsJson = False) -> None:  # noqa: ARG001  # each command takes both
    """The JSON Schema of the rule file, with which an editor completes keys and marks mistakes. One for all files."""
    from bot.cli.schema import run_schema

    raise typer.Exit(run_schema())


@app.command()
def route(
    lead: Annotated[Path, typer.Argument(metavar="LEAD.json", help="Flat facts, or an answer of LinkedIn's.")],
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Where this lead would go and why, condition by condition. Sends nothing."""
    from bot.cli.route import run_route
    from bot.sources.linkedin.response import lead_from_response

    raise typer.Exit(run_route(lead, config, as_json, read_response=lead_from_response))


@app.command()
def why(lead: LeadArgument, config: Config = None, as_json: AsJson = False) -> None:
    """Why a stored lead went where it did, as it was decided then."""
    from bot.cli.reading import run_why

    raise typer.Exit(run_why(lead, config, as_json))


@app.command()
def compare(
    new: Annotated[Path, typer.Argument(metavar="NEW.yaml", help="The rule file to try.")],
    last: Annotated[str, typer.Option("--last", help="How far back, such as 30d or 12h.")] = "30d",
    with_tests: Annotated[bool, typer.Option("--with-tests", help="LinkedIn's test leads as well.")] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Which stored leads would go elsewhere with NEW.yaml, and why. Sends nothing."""
    from bot.cli.compare import run_compare

    raise typer.Exit(run_compare(new, config, as_json, last=last, with_tests=with_tests))


@app.command()
def leads(
    config: Config = None,
    as_json: AsJson = False,
    only_open: Annotated[bool, typer.Option("--open", help="Only those that nobody has contacted yet.")] = False,
    mine: Annotated[str, typer.Option("--mine", metavar="WHO", help="Only those of this person.")] = "",
    limit: Limit = 100,
) -> None:
    """List the leads, the newest first."""
    from bot.cli.reading import run_leads

    raise typer.Exit(run_leads(config, as_json, only_open=only_open, mine=mine, limit=limit))


@app.command()
def lead(lead: LeadArgument, config: Config = None, as_json: AsJson = False) -> None:
    """The story of one lead, step by step."""
    from bot.cli.reading import run_lead

    raise typer.Exit(run_lead(lead, config, as_json))


@app.command()
def deliveries(
    config: Config = None,
    as_json: AsJson = False,
    dead: Annotated[bool, typer.Option("--dead", help="Only those that were given up.")] = False,
    limit: Limit = 100,
) -> None:
    """What was sent where, what failed and why."""
    from bot.cli.reading import run_deliveries

    raise typer.Exit(run_deliveries(config, as_json, only_dead=dead, limit=limit))


@app.command()
def redeliver(
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID…", help="As `deliveries --dead` lists them.")] = None,
    dead: Annotated[bool, typer.Option("--dead", help="All that were given up.")] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Try dead deliveries again; never one that its target already has."""
    from bot.cli.redeliver import run_redeliver

    raise typer.Exit(run_redeliver(ids or [], config, as_json, all_dead=dead))


@app.command()
def render(
    template: Annotated[str, typer.Argument(metavar="TEMPLATE", help="A name under `templates:`.")],
    lead: Annotated[Path | None, typer.Option("--lead", metavar="LEAD.json", help="Whose alert to show.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """The alert as it will look, in Slack and by mail. Sends nothing."""
    from bot.cli.render import run_render
    from bot.cli.slack_card import card_blocks
    from bot.sources.linkedin.response import lead_from_response

    raise typer.Exit(
        run_render(template, lead, config, as_json, read_response=lead_from_response, compose_blocks=card_blocks)
    )


@app.command()
def forget(
    wanted: Annotated[str, typer.Argument(metavar="EMAIL|LEAD", help="A person's e-mail address, or one lead.")],
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Erase a person everywhere: rows, messages still to be sent, posted cards. Prints a receipt without the person."""
    from bot.cli.forget import run_forget

    raise typer.Exit(run_forget(wanted, config, as_json))


@app.command()
def export(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="The person's e-mail address.")],
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Everything that is known of a person, for that person. Changes nothing."""
    from bot.cli.export import run_export

    raise typer.Exit(run_export(email, config, as_json))


@app.command()
def pull(
    last: Annotated[str, typer.Option("--last", help="How far back, such as 90d or 12h.")] = "30d",
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Fetch older leads from LinkedIn. New ones ring; older ones than `look_back` are listed quietly."""
    from bot.cli.pull import run_pull

    raise typer.Exit(run_pull(config, as_json, last=last))


@app.command()
def turns(
    team: Annotated[str, typer.Argument(metavar="TEAM", help="A name under `teams:`.")],
    config: Config = None,
    as_json: AsJson = False,
    limit: Limit = 20,
) -> None:
    """Whose turn is next in a team and why, and who was given what."""
    from bot.cli.turns import run_turns

    raise typer.Exit(run_turns(team, config, as_json, limit=limit))


@app.command()
def versions(
    config: Config = None,
    as_json: AsJson = False,
    show: Annotated[str, typer.Option("--show", metavar="VERSION", help="Print the file of this version.")] = "",
    limit: Limit = 20,
) -> None:
    """Which version of the rule file is live, what was before, how and by whom."""
    from bot.cli.versions import run_show, run_versions

    raise typer.Exit(run_show(show, config, as_json) if show else run_versions(config, as_json, limit=limit))


@app.command()
def health(config: Config = None, as_json: AsJson = False) -> None:
    """Is the server on this machine ready for leads? For HEALTHCHECK."""
    from bot.cli.health import run_health

    raise typer.Exit(run_health(config, as_json))


@app.command()
def doctor(config: Config = None, as_json: AsJson = False) -> None:
    """Look at every link (LinkedIn, Slack, mail, database, clock, public address) and say what to do about each."""
    from bot.cli.doctor import run_doctor

    raise typer.Exit(run_doctor(config, as_json))
