"""LinkedIn's Lead Sync API as typed calls: forms, leads, ad accounts, Page roles, subscriptions, names."""

from __future__ import annotations

from collections.abc import AsyncIterator, Hashable, Iterable, Iterator, Mapping, Sequence

import orjson

from bot.core.errors import AmbiguousError, Forbidden, NotFound, PermanentError, TemporaryError, UpstreamError
from bot.ports import Subscription
from bot.sources.linkedin import advice
from bot.sources.linkedin.api import Api, Written
from bot.sources.linkedin.batching import LEFT_OUT
from bot.sources.linkedin.paging import DEFAULT, MOST, Page, by_offset, by_token, read_page
from bot.sources.linkedin.records import (
    AdAccount,
    Campaign,
    Creative,
    FormRecord,
    LeadFilter,
    PageRole,
    read_account,
    read_campaign,
    read_creative,
    read_form_record,
    read_name,
    read_role,
    read_subscription,
)
from bot.sources.linkedin.restli import Value, address, encode
from bot.sources.linkedin.urns import id_of, kind_of, owner_union, versioned_form
from bot.sources.linkedin.wire import as_id, as_milliseconds, as_object

# LinkedIn's own request after a notification, with the two plain keys for the case that a look-up of a name fails.
# `submitter` is left out on purpose: the member's id may not be kept longer than needed. It is asked for only where
# `repeat_leads` wants it, and hashed at once (bot/sources/linkedin/source.py).
PROJECTION = (
    "ownerInfo,associatedEntityInfo,leadMetadataInfo,owner,leadType,versionedLeadGenFormUrn,id,submittedAt,testLead,"
    "formResponse,form:(hiddenFields,creationLocale,name,id,content),leadMetadata,associatedEntity"
)
_ACCOUNT_FIELDS = "id,name,status,test,reference,referenceInfo"
_RESPONSES, _FORMS, _SUBSCRIPTIONS = "leadFormResponses", "leadForms", "leadNotifications"
_ACCOUNTS, _ROLES, _PAGES, _EVENTS = "adAccounts", "organizationAcls", "organizations", "events"
_PAGES_OF_OTHERS = "organizationsLookup"
#: Longer queries would have to be sent as POST: https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/query-tunneling
_LONGEST_QUERY = 3500
_MOST_IDS = 50


class Client:
    """The API by hand and as a library; a `bot.ports.Subscriptions`. Keeps nothing; safe to use from many tasks.

    Every call raises UpstreamError (see bot.core.errors) with advice in plain words. Lists come page by page while
    they are read, so that an error may come after some entries.
    """

    def __init__(self, api: Api, *, api_url: str) -> None:
        self._api = api
        self._api_url = api_url.rstrip("/")

    # ── forms ──

    async def forms(self, owner: str) -> AsyncIterator[FormRecord]:
        """Every form of the ad account or Page (URN), whatever its state, once."""

        async def ask(start: int) -> Page:
            query: dict[str, Value] = {"q": "owner", "owner": owner_union(owner), "start": start, "count": MOST}
            return read_page(await self._get(_FORMS, query=query))

        async for element in by_offset(ask, key=_by_id):
            yield read_form_record(as_object(element))

    async def form(self, form_id: str) -> FormRecord:
        """One form in its newest version, by its number or URN. Raises NotFound."""
        return read_form_record(await self._get(_FORMS, key=_id(form_id)))

    async def create_form(self, body: Mapping[str, object]) -> str:
        """Create a form as LinkedIn's schema has it; its id. Nothing is checked here.

        Raises AmbiguousError when it may have been made all the same: list the owner's forms before repeating.
        """
        url = address(self._api_url, _FORMS)
        return _new_id(_FORMS, await self._api.post(_FORMS, url, body))

    async def update_form(self, form_id: str, changes: Mapping[str, object]) -> None:
        """Set these top-level fields, and no other, of a form: `{"state": "ARCHIVED"}`. The same twice does no harm."""
        url = address(self._api_url, _FORMS, key=_id(form_id))
        method = {"X-RestLi-Method": "PARTIAL_UPDATE"}
        await self._api.post(_FORMS, url, {"patch": {"$set": dict(changes)}}, headers=method, doing="change")

    # ── leads ──

    async def leads(
        self, owner: str, lead_type: str, wanted: LeadFilter | None = None, *, fields: str = PROJECTION
    ) -> AsyncIterator[Mapping[str, object]]:
        """The responses of an owner (URN) that `wanted` names, as LinkedIn writes them, each once.

        Newest first as a rule. Survives leads that arrive or go meanwhile. An entry that is no object comes as an
        empty one. `fields` is a projection; where LinkedIn refuses it, the plain answer comes.
        """
        finder = _Finder(owner, lead_type, wanted or LeadFilter())

        async def ask(start: int) -> Page:
            while True:
                query: dict[str, Value] = {**finder.query(), "start": start, "count": MOST}
                try:
                    return read_page(await self._decorated(query=query, fields=fields, lead_type=lead_type))
                except PermanentError as error:
                    if start or isinstance(error, Forbidden | NotFound) or not finder.spell_anew():
                        raise

        async for element in by_offset(ask, key=_by_submission):
            yield as_object(element)

    async def lead(self, response_id: str, *, fields: str = PROJECTION) -> Mapping[str, object]:
        """One response, by its id or URN. Raises NotFound when LinkedIn has none (yet).

        Where LinkedIn refuses the projection, the plain answer comes: a name that may not be read must not cost the
        lead that may.
        """
        return await self._decorated(key=_id(response_id), fields=fields)

    async def leads_by_id(
        self, ids: Sequence[str], *, fields: str = PROJECTION
    ) -> dict[str, Mapping[str, object] | UpstreamError]:
        """Many responses in few calls: for each of `ids`, as given, its answer or why there is none.

        Raises UpstreamError only when a whole call fails. The ids are asked for again without the projection where
        it was refused for them.
        """
        answers: dict[str, Mapping[str, object] | UpstreamError] = {}
        for some in _portions(ids):
            answers |= await self._batch(some, fields)
        return answers

    async def _batch(self, ids: Sequence[str], fields: str) -> dict[str, Mapping[str, object] | UpstreamError]:
        query: dict[str, Value] = {"ids": [id_of(response_id) for response_id in ids]}
        content = await self._decorated(query=query, fields=fields)
        answers = {response_id: self._entry(_RESPONSES, content, id_of(response_id)) for response_id in ids}
        refused = [response_id for response_id, answer in answers.items() if isinstance(answer, PermanentError)]
        if refused and fields:
            answers |= await self._batch(refused, "")
        return answers

    def _entry(self, method: str, content: Mapping[str, object], key: str) -> Mapping[str, object] | UpstreamError:
        """What a batch answer says of one key: its entity, or the error that stands for it inside a 200."""
        entity = as_object(content.get("results")).get(key)
        if isinstance(entity, dict):
            return as_object(entity)
        error = as_object(as_object(content.get("errors")).get(key))
        status = as_id(as_object(content.get("statuses")).get(key)) or as_id(error.get("status"))
        if status.isascii() and status.isdigit() and len(status) == 3:
            return self._api.failure(method, int(status), dict(error))
        return TemporaryError(f"LinkedIn's batch answer for {method} leaves one out", code=LEFT_OUT)

    async def _decorated(
        self, *, key: str = "", query: Mapping[str, Value] | None = None, fields: str, lead_type: str = ""
    ) -> Mapping[str, object]:
        """The answer with names, else without."""
        if fields:
            try:
                return await self._get(_RESPONSES, key=key, query=query, fields=fields, lead_type=lead_type)
            except PermanentError:
                pass
        return await self._get(_RESPONSES, key=key, query=query, lead_type=lead_type)

    # ── ad accounts and roles ──

    async def accounts(self, *, only_active: bool = True) -> AsyncIterator[AdAccount]:
        """The ad accounts that the connected member may use; `only_active` leaves test accounts out as well."""
        query: dict[str, Value] = {"q": "search"}
        if only_active:
            query["search"] = {"status": {"values": ["ACTIVE"]}, "test": False}
        async for element in self._search(_ACCOUNTS, query, fields=_ACCOUNT_FIELDS):
            yield read_account(as_object(element))

    async def roles(self) -> AsyncIterator[PageRole]:
        """The connected member's approved roles on Pages."""

        async def ask(start: int) -> Page:
            query: dict[str, Value] = {"q": "roleAssignee", "state": "APPROVED", "start": start, "count": MOST}
            return read_page(await self._get(_ROLES, query=query))

        async for element in by_offset(ask, key=_by_content):
            yield read_role(as_object(element))

    async def _search(self, method: str, query: Mapping[str, Value], *, fields: str) -> AsyncIterator[object]:
        """A search finder's elements: by token since version 202401, by offset where LinkedIn does not take that.

        https://learn.microsoft.com/en-us/linkedin/marketing/integrations/ads/cursor-based-pagination
        """
        seen = set[Hashable]()
        last: Page | None = None

        async def by_size(token: str) -> Page:
            paged = {**query, "pageSize": MOST} | ({"pageToken": token} if token else {})
            return read_page(await self._get(method, query=paged, fields=fields))

        async def by_start(start: int) -> Page:
            return read_page(await self._get(method, query={**query, "start": start, "count": MOST}, fields=fields))

        try:
            async for page in by_token(by_size):
                last = page
                for element in _unseen(page.elements, seen):
                    yield element
        except PermanentError as error:
            if last is not None or isinstance(error, Forbidden | NotFound):
                raise
        # A full page without a token, but with an offset: LinkedIn counts here after all.
        if last is None or (not last.next_token and last.start is not None and len(last.elements) >= last.size):
            async for element in by_offset(by_start, key=_by_id):
                for new in _unseen([element], seen):
                    yield new

    # ── subscriptions ──

    async def subscriptions(self, owner: str, lead_type: str) -> list[Subscription]:
        """All of this app's and member's for the owner (URN) and lead type, whatever address they name."""
        query: dict[str, Value] = {
            "q": "criteria",
            "owner": {"value": dict(owner_union(owner))},
            "leadType": {"leadType": lead_type},
        }

        async def ask(start: int) -> Page:
            # LinkedIn's own request names no page. Whether it takes one is seen when the first answer looks full.
            paged = {**query, "start": start, "count": MOST} if start else query
            try:
                content = await self._get(_SUBSCRIPTIONS, query=paged, lead_type=lead_type)
            except PermanentError:
                if not start:
                    raise
                return Page(elements=[], size=MOST, start=start)
            return read_page(content, asked=MOST if start or "paging" in content else DEFAULT)

        found = by_offset(ask, key=_by_id)
        return [read_subscription(as_object(element), lead_type=lead_type) async for element in found]

    async def subscribe(self, webhook: str, owner: str, lead_type: str, *, form: str = "", entity: str = "") -> str:
        """Have LinkedIn post the owner's (URN) leads of a type to `webhook`; the new subscription's id.

        Before it answers, LinkedIn asks that address to prove itself. `form` narrows it to one version of a form,
        `entity` to one event. Raises ChallengeFailed, Conflict, AmbiguousError (list before repeating).
        """
        body: dict[str, object] = {"webhook": webhook, "owner": owner_union(owner), "leadType": lead_type}
        if form:
            body["versionedForm"] = _form_urn(form)
        if entity:
            body["associatedEntity"] = {kind_of(entity) or "event": entity}
        url = address(self._api_url, _SUBSCRIPTIONS)
        return _new_id(_SUBSCRIPTIONS, await self._api.post(_SUBSCRIPTIONS, url, body, lead_type=lead_type))

    async def unsubscribe(self, subscription_id: str) -> None:
        """Delete a subscription; one that is gone already is fine."""
        try:
            await self._api.delete(_SUBSCRIPTIONS, address(self._api_url, _SUBSCRIPTIONS, key=_id(subscription_id)))
        except NotFound:
            return

    # ── names ──

    async def account_name(self, account_id: str) -> str:
        """An ad account's name, by its number or URN; "" when LinkedIn tells none."""
        return read_account(await self._get(_ACCOUNTS, key=_id(account_id))).name

    async def campaign(self, account_id: str, campaign_id: str) -> Campaign:
        """A campaign of an ad account."""
        return read_campaign(await self._in_account(account_id, "adCampaigns", _id(campaign_id)))

    async def creative(self, account_id: str, creative_id: str) -> Creative:
        """A creative of an ad account, by its number or URN."""
        urn = f"urn:li:sponsoredCreative:{_id(creative_id)}"
        return read_creative(await self._in_account(account_id, "creatives", urn))

    async def organization_name(self, organization_id: str) -> str:
        """A Page's name, by its number or URN, whether or not the member administers it; "" when there is none."""
        number = _id(organization_id)
        try:
            return read_name(await self._get(_PAGES, key=number))
        except (Forbidden, NotFound):
            content = await self._get(_PAGES_OF_OTHERS, query={"ids": [number]})
        entry = self._entry(_PAGES_OF_OTHERS, content, number)
        if isinstance(entry, UpstreamError):
            raise entry
        return read_name(entry)

    async def event_name(self, event_id: str) -> str:
        """An event's name, by its number or URN; "" when LinkedIn tells none."""
        return read_name(await self._get(_EVENTS, key=_id(event_id)))

    # ── asking ──

    async def _in_account(self, account_id: str, method: str, key: str) -> Mapping[str, object]:
        resource = f"{_ACCOUNTS}/{encode(_id(account_id))}/{method}"
        return await self._api.get(method, address(self._api_url, resource, key=key))

    async def _get(
        self,
        method: str,
        *,
        key: str = "",
        query: Mapping[str, Value] | None = None,
        fields: str = "",
        lead_type: str = "",
    ) -> Mapping[str, object]:
        url = address(self._api_url, method, key=key, query=query, fields=fields)
        return await self._api.get(method, url, lead_type=lead_type)


class _Finder:
    """The finder of leads. Which of two spellings of `associatedEntity` LinkedIn takes is not documented."""

    def __init__(self, owner: str, lead_type: str, wanted: LeadFilter) -> None:
        self._owner = owner
        self._lead_type = lead_type
        self._wanted = wanted
        self._as_union = False

    def spell_anew(self) -> bool:
        """Take the other spelling from now on; False when there is none left."""
        is_other_left = bool(self._wanted.entity) and not self._as_union
        self._as_union = True
        return is_other_left

    def query(self) -> dict[str, Value]:
        """The parameters without those of the page. LinkedIn does not say whether `end` belongs: a ms is added."""
        wanted = self._wanted
        query: dict[str, Value] = {
            "q": "owner",
            "owner": dict(owner_union(self._owner)),
            "leadType": {"leadType": self._lead_type},
            "limitedToTestLeads": wanted.only_tests,
        }
        if wanted.form:
            query["versionedLeadGenFormUrn"] = _form_urn(wanted.form)
        if wanted.entity:
            query["associatedEntity"] = _entity_union(wanted.entity) if self._as_union else wanted.entity
        if wanted.since or wanted.until:
            # Only `end` without `start` is unproven, so that a start is always named.
            window: dict[str, Value] = {"start": as_milliseconds(wanted.since) if wanted.since else 0}
            query["submittedAtTimeRange"] = window | (
                {"end": as_milliseconds(wanted.until) + 1} if wanted.until else {}
            )
        return query


def _entity_union(urn: str) -> dict[str, Value]:
    """The union of what leads come by, in the words of the response: a creative is `associatedCreative` there."""
    kind = kind_of(urn)
    return {"associatedCreative" if kind == "sponsoredCreative" else kind or "event": urn}


def _form_urn(form: str) -> str:
    urn = versioned_form(form)
    if not urn:
        raise PermanentError(
            "this names no version of a form", code="form", advice='Name form and version as "6083,1".'
        )
    return urn


def _new_id(method: str, written: Written) -> str:
    """The id of what was created: from the header, or from a body that LinkedIn does not promise."""
    new_id = written.id or as_id(written.content.get("id"))
    if not new_id:
        said = f"LinkedIn did what was asked of {method} but did not tell the new id"
        raise AmbiguousError(said, code="no_id", advice=advice.LOOK_FIRST)
    return id_of(new_id)


def _unseen(elements: Iterable[object], seen: set[Hashable]) -> Iterator[object]:
    """Those whose id is not in `seen`, which learns of them."""
    for element in elements:
        if (key := _by_id(element)) not in seen:
            seen.add(key)
            yield element


def _id(text: str) -> str:
    """The id in `text`, an id or a URN. Raises PermanentError when there is none: without one, a list would answer."""
    if not (found := id_of(text)):
        raise PermanentError("no id was given", code="no_id", advice="Name the id: digits, or the whole URN.")
    return found


def _by_id(element: object) -> Hashable:
    return as_id(as_object(element).get("id")) or _by_content(element)


def _by_submission(element: object) -> Hashable:
    """A lead's identity: the same id comes back when a member registers anew."""
    response = as_object(element)
    response_id, submitted_at = as_id(response.get("id")), as_id(response.get("submittedAt"))
    return (response_id, submitted_at) if response_id and submitted_at else _by_content(element)


def _by_content(element: object) -> Hashable:
    try:
        return orjson.dumps(element, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:  # nested too deeply
        return repr(element)[:10_000]


def _portions(ids: Sequence[str]) -> list[list[str]]:
    """`ids` without repeats, in lots whose query is not too long for a GET."""
    lots: list[list[str]] = []
    length = 0
    for response_id in dict.fromkeys(ids):
        more = len(encode(id_of(response_id))) + 1
        if not lots or len(lots[-1]) >= _MOST_IDS or length + more > _LONGEST_QUERY - len(PROJECTION):
            lots.append([])
            length = 0
        lots[-1].append(response_id)
        length += more
    return lots
