"""`/rest/adAccounts` with its campaigns and ads, `/rest/organizations`, the member's roles, and `/rest/events`."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

from bot.sandbox.linkedin.calls import Answer, Call, texts
from bot.sandbox.linkedin.holdings import Holdings
from bot.sandbox.linkedin.lists import batch, cursor_page, page, projected
from bot.sandbox.linkedin.names import (
    Account,
    Creative,
    account_json,
    brief_organization_json,
    campaign_json,
    creative_json,
    event_json,
    number_in,
    organization_json,
    role_json,
)
from bot.sandbox.linkedin.parameters import inside, read_key
from bot.sandbox.linkedin.records import Json, only_creative
from bot.sandbox.linkedin.refusals import RefusedError, invalid, not_found
from bot.sandbox.linkedin.restli import Value

T = TypeVar("T")

_CREATIVE = "urn:li:sponsoredCreative:"
_CAMPAIGN = "urn:li:sponsoredCampaign:"
_DECORATIONS = frozenset({"referenceInfo"})


def find_accounts(holdings: Holdings, call: Call) -> Answer:
    """The member's ad accounts, by `search=(status:(values:List(…)),test:false)`; paged either way."""
    call.finder("search")
    call.only("q", "search", "start", "count", "pageSize", "pageToken")
    fits = _account_filter(call.parameters.get("search", {}))
    found = [one for _, one in sorted(holdings.accounts.items()) if fits(one)]
    is_by_offset = bool({"start", "count"} & set(call.parameters))
    if is_by_offset and {"pageSize", "pageToken"} & set(call.parameters):
        raise RefusedError(400, "ILLEGAL_ARGUMENT", "Offset and cursor paging cannot be combined")
    paged = page if is_by_offset else cursor_page
    return paged(holdings, call, found, lambda one: _account(holdings, call, one))


def get_account(holdings: Holdings, call: Call) -> Answer:
    """One ad account."""
    call.only()
    return Answer(content=_account(holdings, call, _by_number(call.keys[0], holdings.accounts.get, "Ad account")))


def get_campaign(holdings: Holdings, call: Call) -> Answer:
    """One campaign of an ad account."""
    call.only()
    campaign = _by_number(call.keys[1], holdings.campaigns.get, "Campaign")
    if campaign.account != f"urn:li:sponsoredAccount:{call.keys[0]}":
        raise not_found("Campaign")
    return Answer(content=projected(campaign_json(campaign), call.fields))


def get_creative(holdings: Holdings, call: Call) -> Answer:
    """One ad of an ad account, by its URN."""
    call.only()
    account, urn = call.keys
    if not urn.startswith(_CREATIVE):
        raise RefusedError(400, "ILLEGAL_ARGUMENT", "Invalid creative URN")
    creative = _by_number(urn.removeprefix(_CREATIVE), _all_creatives(holdings, account).get, "Creative")
    return Answer(content=_creative(call, creative))


def find_creatives(holdings: Holdings, call: Call) -> Answer:
    """The ads of an ad account, of some campaigns only or not; paged by cursor."""
    call.finder("criteria")
    call.only("q", "campaigns", "creatives", "pageSize", "pageToken", "sortOrder")
    campaigns = _urns(call, "campaigns", _CAMPAIGN)
    creatives = _urns(call, "creatives", _CREATIVE)
    found = [
        one
        for one in _all_creatives(holdings, call.keys[0]).values()
        if (not campaigns or one.campaign in campaigns) and (not creatives or one.id in creatives)
    ]
    is_descending = call.word("sortOrder", "ASCENDING", among=("ASCENDING", "DESCENDING")) == "DESCENDING"
    found.sort(key=lambda one: one.id, reverse=is_descending)
    return cursor_page(holdings, call, found, lambda one: _creative(call, one))


def get_organization(holdings: Holdings, call: Call) -> Answer:
    """One Page that the member administers."""
    call.only()
    found = _by_number(call.keys[0], holdings.organizations.get, "Organization")
    return Answer(content=projected(organization_json(found), call.fields))


def look_up_organizations(holdings: Holdings, call: Call) -> Answer:
    """Pages that the member need not administer."""
    call.only("ids")

    def shown(key: str) -> Json:
        found = _by_number(key, holdings.organizations.get, "Organization")
        return projected(brief_organization_json(found), call.fields)

    return batch(call.ids(), shown)


def find_roles(holdings: Holdings, call: Call) -> Answer:
    """The member's roles on Pages."""
    call.finder("roleAssignee")
    call.only("q", "role", "state", "start", "count")
    role, state = call.word("role"), call.word("state")
    found = [one for one in holdings.roles if role in {"", one.role} and state in {"", one.state}]
    return page(holdings, call, found, lambda one: projected(role_json(one), call.fields))


def get_event(holdings: Holdings, call: Call) -> Answer:
    """One event."""
    call.only()
    return Answer(content=projected(event_json(_by_number(call.keys[0], holdings.events.get, "Event")), call.fields))


def _by_number(key: str, find: Callable[[int], T | None], what: str) -> T:
    """The thing of that id. Raises RefusedError: 400 for a key that is no number, 404."""
    found = find(read_key(key))
    if found is None:
        raise not_found(what)
    return found


def _account(holdings: Holdings, call: Call, account: Account) -> Json:
    organization = holdings.organizations.get(number_in(account.organization)) if account.organization else None
    return projected(account_json(account, organization), call.fields, decorations=_DECORATIONS)


def _account_filter(search: Value) -> Callable[[Account], bool]:
    """What `search` says. Raises RefusedError(400) for what LinkedIn does not search by."""
    if not isinstance(search, dict) or not set(search) <= {"status", "test", "id", "name", "reference", "type"}:
        raise invalid("search")
    test = search.get("test", "")
    if test not in ("", "true", "false"):
        raise invalid("search")
    wanted = {name: texts(inside(value, "values"), "search") for name, value in search.items() if name != "test"}

    def fits(account: Account) -> bool:
        shown = account_json(account, None) | {"id": f"urn:li:sponsoredAccount:{account.id}"}
        is_kind = test in ("", str(account.is_test).lower())
        return is_kind and all(shown.get(name) in values for name, values in wanted.items())

    return fits


def _all_creatives(holdings: Holdings, account: str) -> dict[int, Creative]:
    """The account's ads by id: those that were added, and the one that each campaign has anyway."""
    urn = f"urn:li:sponsoredAccount:{read_key(account)}"
    theirs = {one.id for one in holdings.campaigns.values() if one.account == urn}
    given = {only_creative(campaign): Creative(id=only_creative(campaign), campaign=campaign) for campaign in theirs}
    return given | {one.id: one for one in holdings.creatives.values() if one.campaign in theirs}


def _creative(call: Call, creative: Creative) -> Json:
    return projected(creative_json(creative, f"urn:li:sponsoredAccount:{call.keys[0]}"), call.fields)


def _urns(call: Call, name: str, prefix: str) -> Collection[int]:
    """The ids of the URNs in a list parameter, empty when it is absent. Raises RefusedError(400)."""
    if name not in call.parameters:
        return ()
    listed = texts(call.parameters[name], name)
    if not all(urn.startswith(prefix) and urn.removeprefix(prefix).isdigit() for urn in listed):
        raise invalid(name)
    return {number_in(urn) for urn in listed}
