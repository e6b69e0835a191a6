"""Accounts, Pages, roles, events and ads: what leads are asked about besides their answers, and the JSON of each."""

from __future__ import annotations

from dataclasses import dataclass

from bot.sandbox.linkedin.records import Campaign, Json

MEMBER = "urn:li:person:BcLKblgopR"  #: who signed in

_EN = {"country": "US", "language": "en"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """A Page."""

    id: int
    name: str
    vanity: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An ad account."""

    id: int
    name: str
    organization: str = ""  #: URN of the Page it is tied to; without one LinkedIn has no leads for it
    status: str = "ACTIVE"
    is_test: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What the member may do on a Page."""

    organization: str  #: URN
    role: str  #: "ADMINISTRATOR", "LEAD_GEN_FORMS_MANAGER", …
    state: str = "APPROVED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event of a Page."""

    id: int
    name: str
    organization: str = ""  #: URN


@dataclass(frozen=True, slots=True, kw_only=True)
class Creative:
    """An ad."""

    id: int
    campaign: int
    name: str = ""  #: often nobody named it
    form: int | None = None


def urn_of(kind: str, named: int | str) -> str:
    """The URN of something named by its id or by its URN already; "" stays ""."""
    return str(named) if named == "" or str(named).startswith("urn:") else f"urn:li:{kind}:{named}"


def number_in(named: int | str) -> int:
    """The id of something named by its id or by its URN. Raises ValueError for anything else."""
    return int(str(named).rpartition(":")[2])


def organization_json(organization: Organization) -> Json:
    """A Page as `/rest/organizations` shows it."""
    return brief_organization_json(organization) | {
        "name": {"localized": {"en_US": organization.name}, "preferredLocale": _EN},
        "primaryOrganizationType": "NONE",
    }


def brief_organization_json(organization: Organization) -> Json:
    """A Page as strangers and other things see it."""
    shown: Json = {"id": organization.id, "localizedName": organization.name}
    return shown | ({"vanityName": organization.vanity} if organization.vanity else {})


def account_json(account: Account, organization: Organization | None) -> Json:
    """An ad account, with the `referenceInfo` that only a projection brings."""
    shown: Json = {
        "id": account.id,
        "name": account.name,
        "status": account.status,
        "type": "BUSINESS",
        "currency": "EUR",
        "test": account.is_test,
    }
    if account.organization:
        known = organization or Organization(id=number_in(account.organization), name="")
        shown["reference"] = account.organization
        shown["referenceInfo"] = {"organization": brief_organization_json(known)}
    return shown


def role_json(role: Role) -> Json:
    """A role as `/rest/organizationAcls` shows it."""
    return {"organization": role.organization, "role": role.role, "state": role.state, "roleAssignee": MEMBER}


def event_json(event: Event) -> Json:
    """An event as `/rest/events` shows it: its name is a plain text here."""
    shown: Json = {"id": event.id, "name": event.name}
    return shown | ({"organizer": event.organization} if event.organization else {})


def campaign_json(campaign: Campaign) -> Json:
    """A campaign as `/rest/adAccounts/{id}/adCampaigns` shows it."""
    return {
        "id": campaign.id,
        "name": campaign.name,
        "account": campaign.account,
        "campaignGroup": f"urn:li:sponsoredCampaignGroup:{campaign.id + 2}",
        "status": campaign.status,
        "type": "SPONSORED_UPDATES",
    }


def creative_json(creative: Creative, account: str) -> Json:
    """An ad as `/rest/adAccounts/{id}/creatives` shows it; its id is a URN."""
    shown: Json = {
        "id": f"urn:li:sponsoredCreative:{creative.id}",
        "campaign": f"urn:li:sponsoredCampaign:{creative.campaign}",
        "account": account,
        "intendedStatus": "ACTIVE",
        "content": {"reference": f"urn:li:share:{creative.id}"},
    }
    if creative.name:
        shown["name"] = creative.name
    if creative.form is not None:
        shown["leadgenCallToAction"] = {"destination": f"urn:li:adForm:{creative.form}", "label": "LEARN_MORE"}
    return shown
