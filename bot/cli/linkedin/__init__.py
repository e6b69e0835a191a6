"""The commands `leadbell linkedin …`: what each is called and takes. What they do is imported when they are called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

linkedin_app = typer.Typer(
    name="linkedin",
    help="""LinkedIn's Lead Sync API by hand: connect, look around, make forms, subscribe.

    Every command needs only the rule file and a token. Where an owner is
    meant, all under `sources:` are, unless --owner names one. Exit codes:
    0 fine, 1 LinkedIn says no or not now, 2 the set-up or the command is wrong.""",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Config = Annotated[
    Path | None, typer.Option("--config", help="The rule file. Default: ./config.yaml.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text for people.")]
Owner = Annotated[
    str,
    typer.Option(
        *("--owner", "--source"),
        metavar="OWNER",
        help="A name under `sources:`, sponsoredAccount:123, organization:123, or a URN. Default: all of `sources:`.",
        show_default=False,
    ),
]
LeadType = Annotated[
    str,
    typer.Option(
        *("--type",),
        metavar="TYPE",
        help="SPONSORED, EVENT, COMPANY or ORGANIZATION_PRODUCT. Default: those of the source.",
        show_default=False,
    ),
]
FormArgument = Annotated[str, typer.Argument(metavar="ID", help="A form's number, its URN, or a nickname of yours.")]
AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="An ad account's number or URN.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only print what would be sent; change nothing.")]
Raw = Annotated[bool, typer.Option("--raw", help="Print what LinkedIn wrote, as `leadbell route` takes it.")]


@linkedin_app.command()
def connect(
    config: Config = None,
    paste: Annotated[
        bool, typer.Option("--paste", help="On a machine without a browser: paste the address you end up at.")
    ] = False,
    without: Annotated[
        list[str] | None,
        typer.Option(metavar="PERMISSION", help="Leave out a permission that your app may not ask for: r_events."),
    ] = None,
) -> None:
    """Sign in with LinkedIn, so that Leadbell may read leads. Needed once, and when LinkedIn ends the consent."""
    from bot.cli.linkedin.connect import run_connect

    raise typer.Exit(run_connect(config, paste, without=without or ()))


@linkedin_app.command()
def status(config: Config = None, as_json: AsJson = False) -> None:
    """Who is connected, for how long, and what that lets us do."""
    from bot.cli.linkedin.status import run_status

    raise typer.Exit(run_status(config, as_json))


@linkedin_app.command()
def accounts(
    config: Config = None,
    as_json: AsJson = False,
    show_all: Annotated[bool, typer.Option("--all", help="Also test accounts and those that are not active.")] = False,
) -> None:
    """The ad accounts that the connected member may use: owners of SPONSORED leads."""
    from bot.cli.linkedin.accounts import run_accounts

    raise typer.Exit(run_accounts(config, as_json, show_all=show_all))


@linkedin_app.command()
def organizations(config: Config = None, as_json: AsJson = False) -> None:
    """The Pages on which the connected member has a role: owners of all other leads."""
    from bot.cli.linkedin.accounts import run_organizations

    raise typer.Exit(run_organizations(config, as_json))


@linkedin_app.command()
def forms(owner: Owner = "", config: Config = None, as_json: AsJson = False) -> None:
    """The forms of the owners, archived ones included."""
    from bot.cli.linkedin.forms import run_forms

    raise typer.Exit(run_forms(config, as_json, owner=owner))


@linkedin_app.command()
def form(form: FormArgument, config: Config = None, as_json: AsJson = False) -> None:
    """One form with its questions. --json prints LinkedIn's own, which create-form takes again."""
    from bot.cli.linkedin.forms import run_form

    raise typer.Exit(run_form(form, config, as_json))


@linkedin_app.command("create-form")
def create_form(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The form in YAML or JSON.")],
    config: Config = None,
    as_json: AsJson = False,
    dry_run: DryRun = False,
) -> None:
    """Make a form from a file, which is checked before anything is sent.

    The file's keys: name, owner, language (en_US), headline, description,
    questions (first_name, email, … or {ask: "…", choices: […], required: yes}),
    privacy_policy, disclaimer, consents ({text: "…", required: yes}),
    thank_you, landing_page with button, hidden ({utm_source: linkedin}), state.
    Without state (draft or published) it is a draft.
    LinkedIn's own JSON is taken as well.
    """
    from bot.cli.linkedin.forms import run_create_form

    raise typer.Exit(run_create_form(file, config, as_json, dry_run=dry_run))


@linkedin_app.command("update-form")
def update_form(
    form: FormArgument,
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="What to change, as for create-form.")] = None,
    archive: Annotated[bool, typer.Option("--archive", help="Take the form out of use.")] = False,
    config: Config = None,
    as_json: AsJson = False,
    dry_run: DryRun = False,
) -> None:
    """Change of a form what the file gives, and nothing else. Questions in the same words keep their answers."""
    from bot.cli.linkedin.forms import run_update_form

    raise typer.Exit(run_update_form(form, file, config, as_json, archive=archive, dry_run=dry_run))


@linkedin_app.command()
def leads(
    owner: Owner = "",
    lead_type: LeadType = "",
    form: Annotated[
        str, typer.Option("--form", metavar="FORM", help="A form in all its versions, or one version as 6083,2.")
    ] = "",
    entity: Annotated[
        str, typer.Option("--entity", metavar="URN", help="What they came by: event:1 or sponsoredCreative:1.")
    ] = "",
    since: Annotated[
        str, typer.Option("--since", metavar="TIME", help="2026-11-01 or 2026-11-01T09:00, in your time zone.")
    ] = "",
    until: Annotated[str, typer.Option("--until", metavar="TIME", help="The same; a date is included.")] = "",
    last: Annotated[
        str, typer.Option("--last", metavar="TIME", help="30d, 12h. Default: 30d. LinkedIn keeps 90 to 365 days.")
    ] = "",
    only_tests: Annotated[bool, typer.Option("--test", help="Only test leads.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=0, help="How many to list at most; 0 = all.")] = 100,
    config: Config = None,
    as_json: AsJson = False,
    raw: Raw = False,
) -> None:
    """The leads as LinkedIn has them, the newest first. Prints personal data; stores and sends nothing."""
    from bot.cli.linkedin.leads import Asked, run_leads

    asked = Asked(
        owner=owner,
        lead_type=lead_type,
        form=form,
        entity=entity,
        since=since,
        until=until,
        last=last,
        only_tests=only_tests,
        limit=limit,
    )
    raise typer.Exit(run_leads(config, as_json, asked=asked, raw=raw))


@linkedin_app.command()
def lead(
    ids: Annotated[list[str], typer.Argument(metavar="ID…", help="Response ids or URNs; several are one call.")],
    config: Config = None,
    as_json: AsJson = False,
    raw: Raw = False,
) -> None:
    """One lead or several as LinkedIn has them. Prints personal data; stores and sends nothing."""
    from bot.cli.linkedin.leads import run_lead

    raise typer.Exit(run_lead(ids, config, as_json, raw=raw))


@linkedin_app.command()
def names(
    config: Config = None,
    as_json: AsJson = False,
    last: Annotated[
        str, typer.Option("--last", metavar="TIME", help="How far back campaigns are looked for. Default: 90d.")
    ] = "",
) -> None:
    """The `names:` block for the rule file, ready to paste.

    Forms that are not archived, and campaigns that brought leads lately.
    Nicknames that the file has already are kept, new ones are made of the
    title; the title stands behind each.
    """
    from bot.cli.linkedin.names import run_names

    raise typer.Exit(run_names(config, as_json, last=last))


@linkedin_app.command()
def subscriptions(owner: Owner = "", lead_type: LeadType = "", config: Config = None, as_json: AsJson = False) -> None:
    """Whom LinkedIn tells of new leads. "here" marks those that post to this server's public_url."""
    from bot.cli.linkedin.subscriptions import run_subscriptions

    raise typer.Exit(run_subscriptions(config, as_json, owner=owner, lead_type=lead_type))


@linkedin_app.command()
def subscribe(
    config: Config = None,
    as_json: AsJson = False,
    no_check: Annotated[
        bool, typer.Option("--no-check", help="Do not try LinkedIn's challenge from here beforehand.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print what would be done.")] = False,
    form: Annotated[
        str, typer.Option("--form", metavar="ID,VERSION", help="Only this version of a form, such as 818,1.")
    ] = "",
    entity: Annotated[str, typer.Option("--entity", metavar="URN", help="Only this event: event:123.")] = "",
    owner: Owner = "",
    lead_type: LeadType = "",
) -> None:
    """Have LinkedIn post the leads of every source to public_url; the server must be running.

    With --form or --entity one more is made for that alone, with --owner and
    --type where `sources:` names several; it stays until `unsubscribe`.

    Makes what is missing, and removes what Leadbell made and nobody needs any
    more. Subscriptions that others made stay. `leadbell run` does the same at
    its start when public_url is HTTPS.
    """
    from bot.cli.linkedin.subscriptions import run_subscribe, run_subscribe_to

    if form or entity or owner or lead_type:
        about = {"owner": owner, "lead_type": lead_type, "form": form, "entity": entity}
        raise typer.Exit(run_subscribe_to(config, as_json, check=not no_check, dry_run=dry_run, **about))
    raise typer.Exit(run_subscribe(config, as_json, check=not no_check, dry_run=dry_run))


@linkedin_app.command()
def unsubscribe(
    subscription: Annotated[str, typer.Argument(metavar="ID", help="As `linkedin subscriptions` lists it.")],
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Delete one subscription, whoever made it. One that is gone already is fine."""
    from bot.cli.linkedin.subscriptions import run_unsubscribe

    raise typer.Exit(run_unsubscribe(subscription, config, as_json))


@linkedin_app.command()
def account(account: AccountArgument, config: Config = None, as_json: AsJson = False) -> None:
    """The name of an ad account."""
    from bot.cli.linkedin.accounts import run_account

    raise typer.Exit(run_account(account, config, as_json))


@linkedin_app.command()
def organization(
    organization: Annotated[str, typer.Argument(metavar="ID", help="A Page's number or URN.")],
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """The name of a Page, also of one that the member does not administer."""
    from bot.cli.linkedin.accounts import run_organization

    raise typer.Exit(run_organization(organization, config, as_json))


@linkedin_app.command()
def campaign(
    account: AccountArgument,
    campaign: Annotated[str, typer.Argument(metavar="ID", help="A campaign's number or URN.")],
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """A campaign of an ad account. Campaign Manager's screen calls it an ad set."""
    from bot.cli.linkedin.accounts import run_campaign

    raise typer.Exit(run_campaign(account, campaign, config, as_json))


@linkedin_app.command()
def creative(
    account: AccountArgument,
    creative: Annotated[str, typer.Argument(metavar="ID", help="A creative's number or URN.")],
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """An ad of an ad account, with its campaign and form."""
    from bot.cli.linkedin.accounts import run_creative

    raise typer.Exit(run_creative(account, creative, config, as_json))


@linkedin_app.command()
def event(
    event: Annotated[str, typer.Argument(metavar="ID", help="An event's number or URN.")],
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """The name of an event."""
    from bot.cli.linkedin.accounts import run_event

    raise typer.Exit(run_event(event, config, as_json))
