"""`linkedin accounts`, `organizations` and the look-ups of one name: ad account, Page, campaign, creative, event."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from bot.cli.linkedin.meaning import short
from bot.cli.linkedin.opened import counting, run_with_client
from bot.cli.printing import complain, print_json, print_table, say
from bot.config.model import Config
from bot.core.errors import PermanentError
from bot.sources.linkedin.client import Client

Row = dict[str, object]


def run_accounts(config: Path | None, as_json: bool, *, show_all: bool) -> int:
    """The ad accounts that the connected member may use."""

    async def work(_config: Config, client: Client) -> int:
        rows: list[Row] = []
        with counting("ad accounts") as count:
            async for account in client.accounts(only_active=not show_all):
                rows.append(
                    {
                        "account": account.id,
                        "name": account.name,
                        "status": account.status,
                        "test": account.is_test,
                        "organization": account.organization,
                        "organization_name": account.organization_name,
                    }
                )
                count()
        columns = ("account", "name", "status", "test", "organization", "organization_name")
        _show(rows, columns, as_json, empty="The connected member has no role on any ad account.")
        for row in rows if not as_json else ():
            if not row["organization"]:
                complain(f"{row['account']} belongs to no Page, so LinkedIn gives no leads for it.")
        return 0

    return run_with_client(config, work)


def run_organizations(config: Path | None, as_json: bool) -> int:
    """The Pages on which the connected member has a role."""

    async def work(_config: Config, client: Client) -> int:
        rows: list[Row] = []
        names: dict[str, str] = {}
        with counting("roles on Pages") as count:
            async for role in client.roles():
                if role.organization not in names:
                    names[role.organization] = await _name(client, role.organization)
                rows.append(
                    {
                        "organization": role.organization,
                        "name": names[role.organization],
                        "role": role.role,
                        "state": role.state,
                    }
                )
                count()
        columns = ("organization", "name", "role", "state")
        _show(rows, columns, as_json, empty="The connected member has no role on any Page.")
        return 0

    return run_with_client(config, work)


def run_account(account: str, config: Path | None, as_json: bool) -> int:
    """One ad account's name."""
    return _run_name("account", account, config, as_json, lambda client: client.account_name(account))


def run_organization(organization: str, config: Path | None, as_json: bool) -> int:
    """One Page's name, administered or not."""
    return _run_name(
        "organization", organization, config, as_json, lambda client: client.organization_name(organization)
    )


def run_event(event: str, config: Path | None, as_json: bool) -> int:
    """One event's name."""
    return _run_name("event", event, config, as_json, lambda client: client.event_name(event))


def run_campaign(account: str, campaign: str, config: Path | None, as_json: bool) -> int:
    """One campaign of an ad account."""

    async def work(_config: Config, client: Client) -> int:
        found = await client.campaign(account, campaign)
        row: Row = {"campaign": found.id, "name": found.name, "account": found.account, "status": found.status}
        return _show_one(row, as_json)

    return run_with_client(config, work)


def run_creative(account: str, creative: str, config: Path | None, as_json: bool) -> int:
    """One creative of an ad account."""

    async def work(_config: Config, client: Client) -> int:
        found = await client.creative(account, creative)
        row: Row = {"creative": found.id, "name": found.name, "campaign": found.campaign, "form": found.form}
        return _show_one(row, as_json)

    return run_with_client(config, work)


def _run_name(
    kind: str, wanted: str, config: Path | None, as_json: bool, ask: Callable[[Client], Awaitable[str]]
) -> int:
    async def work(_config: Config, client: Client) -> int:
        name = await ask(client)
        if as_json:
            print_json({kind: wanted, "name": name})
        elif name:
            say(name)
        else:
            complain(f"LinkedIn has this {kind} and tells no name of it.")
        return 0 if name else 1

    return run_with_client(config, work)


async def _name(client: Client, organization: str) -> str:
    """A name is a kindness: the role is shown without it."""
    try:
        return await client.organization_name(organization)
    except PermanentError:
        return ""


def _show(rows: list[Row], columns: tuple[str, ...], as_json: bool, *, empty: str) -> None:
    if as_json:
        print_json(rows)
    else:
        shown = [{**row, "organization": short(str(row["organization"]))} for row in rows]
        print_table(shown, columns, empty=empty)


def _show_one(row: Row, as_json: bool) -> int:
    if as_json:
        print_json(row)
    else:
        print_table([row], tuple(row), empty="")
    return 0
