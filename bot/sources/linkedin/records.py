"""What LinkedIn's API tells of forms, ad accounts, roles, campaigns and creatives, as values. Pure; never raises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.ports import Subscription
from bot.sources.linkedin.form import localized, read_form
from bot.sources.linkedin.urns import form_and_version, id_of, owner_of, versioned_form
from bot.sources.linkedin.wire import as_id, as_object, as_text, members


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadFilter:
    """Which of an owner's leads are wanted; everything when nothing is set."""

    form: str = ""  #: one version of a form: its URN, or "6083,1"
    entity: str = ""  #: URN of the event or creative that the lead came by
    since: datetime | None = None  #: aware; leads submitted at this instant belong to it
    until: datetime | None = None  #: aware; leads submitted at this instant belong to it
    only_tests: bool = False  #: False = all of them, test leads included


@dataclass(frozen=True, slots=True, kw_only=True)
class FormRecord:
    """A form as its owner sees it."""

    id: str
    name: str
    state: str  #: "DRAFT", "PUBLISHED", "ARCHIVED"; open list
    version: str  #: its newest one, digits
    owner: str  #: URN
    locale: str  #: "sv_SE"; "" = not told
    questions: int
    hidden: Mapping[str, str]
    raw: Mapping[str, object] = field(repr=False)  #: all that LinkedIn told

    @property
    def urn(self) -> str:
        """The URN of the newest version, which filters and subscriptions name; "" when that is not known."""
        return versioned_form(f"{self.id},{self.version}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdAccount:
    """An ad account that the connected member may use."""

    id: str
    name: str
    status: str  #: "ACTIVE", "DRAFT", …; "" = not told
    is_test: bool
    organization: str  #: URN of the Page it belongs to; "" = none, and then it yields no leads
    organization_name: str

    @property
    def urn(self) -> str:
        """Its name as an owner of forms and leads."""
        return f"urn:li:sponsoredAccount:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRole:
    """A role of the connected member on a Page."""

    organization: str  #: URN
    role: str  #: "ADMINISTRATOR", "LEAD_GEN_FORMS_MANAGER", …; open list
    state: str  #: "APPROVED", "REQUESTED", …


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """The API's campaign, which the screen may call an ad set."""

    id: str
    name: str
    account: str  #: URN
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Creative:
    """An ad: the link from a lead to its campaign when nothing nearer tells it."""

    id: str
    name: str  #: often ""
    campaign: str  #: id; "" = not told
    form: str  #: id of the form it opens; "" = none


def read_form_record(content: Mapping[str, object]) -> FormRecord:
    """One entity of `leadForms`."""
    form = read_form(content)
    locale = as_object(content.get("creationLocale"))
    language, country = as_text(locale.get("language")), as_text(locale.get("country"))
    return FormRecord(
        id=id_of(as_id(content.get("id"))),
        name=form.name,
        state=as_text(content.get("state")),
        version=form.version,
        owner=owner_of(content.get("owner")),
        locale="_".join(filter(None, [language, country])),
        questions=len(form.questions),
        hidden=form.hidden,
        raw=content,
    )


def read_account(content: Mapping[str, object]) -> AdAccount:
    """One entity of `adAccounts`, with or without the look-up of its Page."""
    page = as_object(as_object(content.get("referenceInfo")).get("organization"))
    page_id = id_of(as_id(page.get("id")))
    reference = as_text(content.get("reference"))
    return AdAccount(
        id=id_of(as_id(content.get("id"))),
        name=localized(content.get("name")),
        status=as_text(content.get("status")),
        is_test=content.get("test") is True,
        organization=f"urn:li:organization:{page_id}" if page_id else reference,
        organization_name=read_name(page),
    )


def read_role(content: Mapping[str, object]) -> PageRole:
    """One entity of `organizationAcls`. The member it belongs to is not kept."""
    return PageRole(
        organization=as_text(content.get("organization")) or as_text(content.get("organizationTarget")),
        role=as_text(content.get("role")),
        state=as_text(content.get("state")),
    )


def read_campaign(content: Mapping[str, object]) -> Campaign:
    """One entity of `adCampaigns`."""
    return Campaign(
        id=id_of(as_id(content.get("id"))),
        name=localized(content.get("name")),
        account=as_text(content.get("account")),
        status=as_text(content.get("status")),
    )


def read_creative(content: Mapping[str, object]) -> Creative:
    """One entity of `creatives`."""
    destination = as_text(as_object(content.get("leadgenCallToAction")).get("destination"))
    return Creative(
        id=id_of(as_id(content.get("id"))),
        name=localized(content.get("name")),
        campaign=id_of(as_id(content.get("campaign"))),
        form=form_and_version(destination)[0],
    )


def read_subscription(content: Mapping[str, object], *, lead_type: str) -> Subscription:
    """One entity of `leadNotifications`, of the lead type that was asked for unless it names its own."""
    entity = (as_text(urn).strip() for _, urn in members(content.get("associatedEntity")))
    form = as_text(content.get("versionedForm"))
    return Subscription(
        id=as_id(content.get("id")),
        webhook=as_text(content.get("webhook")),
        owner=owner_of(content.get("owner")),
        lead_type=_plain_type(content.get("leadType")) or lead_type,
        form=versioned_form(form) or form,
        entity=next(filter(None, entity), ""),
    )


def read_name(content: Mapping[str, object]) -> str:
    """The name of a Page or an event, which is a text here and `{"localized": …}` there; "" when there is none."""
    names = (localized(content.get(key)) for key in ("localizedName", "name", "title", "eventName"))
    return next(filter(None, names), "")


def _plain_type(value: object) -> str:
    """A lead type, plain or in the union that the finder writes it as."""
    return as_text(value) or as_text(as_object(value).get("leadType"))
