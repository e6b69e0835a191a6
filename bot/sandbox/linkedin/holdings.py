"""What this LinkedIn holds and how it is set to behave; what people do there changes it."""

from __future__ import annotations

import secrets
import uuid
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import aiohttp

from bot.sandbox.linkedin.names import Account, Creative, Event, Organization, Role, number_in, urn_of
from bot.sandbox.linkedin.posting import Subscribed
from bot.sandbox.linkedin.quota import DayQuota
from bot.sandbox.linkedin.records import Campaign, Form, Question, Submission, checked_answers
from bot.sandbox.linkedin.tokens import TokenBook

ACTIVE_VERSIONS = frozenset(f"2026{month:02}" for month in range(1, 12))
MEMBER_SCOPES = frozenset({"r_marketing_leadgen_automation", "r_ads", "rw_ads", "r_organization_admin", "r_events"})
APP_SCOPES = MEMBER_SCOPES | {"rw_organization_admin", "openid", "profile", "email"}

_ACCOUNT = "urn:li:sponsoredAccount:"


class Holdings:
    """Everything the API shows, and the switches, which may be turned at any time."""

    def __init__(
        self, *, client_secret: str, access_token: str, now: Callable[[], datetime], client_id: str = "stand-in"
    ) -> None:
        self.client_id = client_id
        self.client_secret = client_secret
        self.now = now

        self.access_token = access_token  #: never expires by itself; when it is changed, the old one is refused
        self.scopes = set(MEMBER_SCOPES)  #: of that token
        self.app_scopes = set(APP_SCOPES)  #: what the app may ask members for
        self.redirect_uris: set[str] = set()  #: registered ones; empty = any that LinkedIn could accept
        self.member_consents = True  #: False: who is asked cancels
        self.gives_refresh_tokens = True
        self.access_lifetime = timedelta(days=60)
        self.refresh_lifetime = timedelta(days=365)  #: from the consent, whatever is refreshed

        self.active_versions = ACTIVE_VERSIONS
        self.largest_page = 100
        self.tells_totals = True  #: False: pages without `total`, which LinkedIn does not promise
        self.names_in_answers = (
            True  #: False: a projection of a lead brings no ownerInfo, leadMetadataInfo and the like
        )
        self.subscription_limit = 1500  #: for each owner
        self.day_quota = DayQuota(now)

        self.forms: dict[int, Form] = {}
        self.campaigns: dict[int, Campaign] = {}
        self.creatives: dict[int, Creative] = {}
        self.accounts: dict[int, Account] = {}
        self.organizations: dict[int, Organization] = {}
        self.roles: list[Role] = []
        self.events: dict[int, Event] = {}
        self.submissions: dict[str, Submission] = {}
        self.deleted: dict[str, datetime] = {}
        self.subscriptions: dict[str, Subscribed] = {}
        self.forbidden: set[str] = set()
        self.tokens = TokenBook(now)
        self.ended: dict[str, str] = {}  #: the given access token, when it is dead -> "revoked" or "expired"
        self._last_subscription = 7011
        self.http: aiohttp.ClientSession | None = None  #: while it runs

    # ── the account and the Page ──

    def add_owner(self, urn: str, name: str) -> None:
        """Name an ad account or a Page; unnamed ones are called after their id."""
        number = number_in(urn)
        if urn.startswith(_ACCOUNT):
            self.accounts[number] = replace(self.accounts.get(number, Account(id=number, name=name)), name=name)
        else:
            known = self.organizations.get(number, Organization(id=number, name=name))
            self.organizations[number] = replace(known, name=name)

    def add_account(
        self,
        *,
        id: int | str,  # noqa: A002 - LinkedIn's word
        name: str,
        organization: int | str = "",
        status: str = "ACTIVE",
        is_test: bool = False,
    ) -> None:
        """Make an ad account, or change it; `organization` is the id or URN of its Page."""
        page = urn_of("organization", organization)
        number = number_in(id)
        self.accounts[number] = Account(id=number, name=name, organization=page, status=status, is_test=is_test)

    def add_organization(self, *, id: int | str, name: str, vanity: str = "") -> None:  # noqa: A002 - LinkedIn's word
        """Make a Page, or change it."""
        self.organizations[number_in(id)] = Organization(id=number_in(id), name=name, vanity=vanity)

    def add_role(self, *, organization: int | str, role: str, state: str = "APPROVED") -> None:
        """Give the member a role on a Page (id or URN)."""
        self.roles.append(Role(organization=urn_of("organization", organization), role=role, state=state))

    def add_event(self, *, id: int | str, name: str, organization: int | str = "") -> None:  # noqa: A002 - LinkedIn's word
        """Make an event of a Page."""
        page = urn_of("organization", organization)
        self.events[number_in(id)] = Event(id=number_in(id), name=name, organization=page)

    def owner_name(self, urn: str) -> str:
        """What an ad account or a Page is called."""
        number = number_in(urn)
        known = self.accounts.get(number) if urn.startswith(_ACCOUNT) else self.organizations.get(number)
        return known.name if known is not None else f"Account {number}"

    def forbid(self, owner: str) -> None:
        """From now on the member may not see this owner's (URN) leads, forms and subscriptions."""
        self.forbidden.add(owner)

    def allow(self, owner: str) -> None:
        """The member may see them (again)."""
        self.forbidden.discard(owner)

    # ── ads and forms ──

    def add_form(
        self,
        *,
        id: int,  # noqa: A002 - LinkedIn's word
        name: str,
        owner: str,
        questions: Sequence[Question],
        hidden: Mapping[str, str] = {},
        consents: Sequence[tuple[int, str, bool]] = (),
        locale: tuple[str, str] = ("en", "US"),
        version: int = 1,
        state: str = "PUBLISHED",
    ) -> None:
        """Make a form, or a new version of one: what was submitted before keeps the old version."""
        self.forms[id] = Form(
            id=id,
            name=name,
            owner=owner,
            questions=tuple(questions),
            hidden=dict(hidden),
            consents=tuple(consents),
            locale=locale,
            version=version,
            state=state,
        )

    def add_campaign(self, *, id: int, name: str, account: str) -> None:  # noqa: A002 - LinkedIn's word
        """Make a campaign of the ad account (URN). It has one ad without a name already."""
        self.campaigns[id] = Campaign(id=id, name=name, account=account)

    def add_creative(
        self,
        *,
        id: int | str,  # noqa: A002 - LinkedIn's word
        campaign: int,
        name: str = "",
        form: int | None = None,
    ) -> None:
        """Make an ad of the campaign that opens the form."""
        self.creatives[number_in(id)] = Creative(id=number_in(id), campaign=campaign, name=name, form=form)

    # ── subscriptions ──

    def add_subscription(
        self, *, webhook: str, owner: str, lead_type: str = "SPONSORED", form: str = "", entity: str = ""
    ) -> str:
        """Subscribe an address without asking it to prove anything; returns the id."""
        new_id = self.new_subscription_id()
        self.subscriptions[new_id] = Subscribed(
            id=new_id, webhook=webhook, owner=owner, lead_type=lead_type, form=form, entity=entity
        )
        return new_id

    def new_subscription_id(self) -> str:
        """The number of the next subscription."""
        self._last_subscription += 1
        return str(self._last_subscription)

    # ── leads ──

    def submit(
        self,
        *,
        form: int,
        answers: Mapping[str, str],
        campaign: int | None = None,
        creative: int | None = None,
        lead_type: str = "SPONSORED",
        event: str | None = None,
        is_test: bool = False,
        consents: Mapping[int, bool] = {},
        submitted_at: datetime | None = None,
        response_id: str | None = None,
    ) -> str:
        """Fill in a form; returns the response id. Nobody is notified: see `notify` and `announce`.

        `answers` go by the question's name; a choice is the option's text, several are joined by " | ".
        `event` is an event's id or URN, or simply its name. Raises ValueError for answers the form cannot have.
        """
        new_id = response_id or f"{uuid.uuid4()}-{secrets.randbelow(90) + 1}"
        happened_at = self._event(event) if event else None
        self.submissions[new_id] = Submission(
            id=new_id,
            form=self.forms[form],
            answers=checked_answers(self.forms[form], answers),
            submitted_at=submitted_at or self.now(),
            lead_type=lead_type,
            campaign=self.campaigns[campaign] if campaign is not None else None,
            creative=creative,
            event={"id": happened_at.id, "name": happened_at.name} if happened_at else None,
            is_test=is_test,
            consents=dict(consents),
        )
        self.deleted.pop(new_id, None)
        return new_id

    def delete(self, response_id: str) -> None:
        """The member takes the lead back: the API no longer has it."""
        self.deleted[response_id] = self.now()

    def _event(self, named: str) -> Event:
        """The event of that id, URN or name; made when there is none."""
        number = named.rpartition(":")[2]
        if number.isdigit():
            found = Event(id=int(number), name=f"Event {number}")
        else:
            found = Event(id=7_000_000_000_000_000_000 + zlib.crc32(named.encode()), name=named)
        return self.events.setdefault(found.id, found)

    # ── tokens ──

    def revoke(self, token: str | None = None) -> None:
        """The member takes a token back; None = every access and refresh token there is, the given one too."""
        if token in {None, self.access_token}:
            self.ended[self.access_token] = "revoked"
        for one in self.tokens:
            one.is_revoked = one.is_revoked or token in {None, one.text}

    def expire(self) -> None:
        """Every access token there is has had its time, the given one too; refresh tokens live on."""
        self.ended.setdefault(self.access_token, "expired")
        for one in self.tokens:
            if one.is_access:
                one.expires_at = min(one.expires_at, self.now())
