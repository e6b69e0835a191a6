"""LinkedIn as a `bot.ports.Source`: the webhook read, a lead fetched with its names, a window of leads pulled."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import aiohttp
import orjson

from bot.core.errors import PermanentError, TemporaryError, UnreadableEntries, UpstreamError
from bot.ports import FetchedLead, Posted, Stream
from bot.sources.linkedin import webhook
from bot.sources.linkedin.api import Api
from bot.sources.linkedin.form import read_form
from bot.sources.linkedin.response import form_of, read_lead
from bot.sources.linkedin.restli import Value, address
from bot.sources.linkedin.urns import id_of
from bot.sources.linkedin.wire import as_id, as_list, as_milliseconds, as_object

# LinkedIn's own request after a notification, with the two plain keys for the case that a look-up of a name fails.
# `submitter` is left out on purpose: the member's id is not needed, and may not be kept longer than needed.
PROJECTION = (
    "ownerInfo,associatedEntityInfo,leadMetadataInfo,owner,leadType,versionedLeadGenFormUrn,id,submittedAt,testLead,"
    "formResponse,form:(hiddenFields,creationLocale,name,id,content),leadMetadata,associatedEntity"
)
_RESPONSES = "leadFormResponses"
_FORMS = "leadForms"
_PAGE = 100
_MAX_PAGES = 1000
_MAX_FORMS = 500
_KEEP_FORM = timedelta(days=1)
_KEEP_FAILURE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _KnownForm:
    content: object  #: None = LinkedIn would not show it
    until: datetime


class LinkedIn:
    """The source. Holds a bounded cache of forms for answers that come without theirs; safe to use from many tasks."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        client_secrets: tuple[str, ...],
        access_token: Callable[[], str],
        api_url: str,
        api_version: str,
        now: Callable[[], datetime],
        require_signature: bool = True,
        refresh: Callable[[], Awaitable[bool]] | None = None,
        deadline: timedelta = timedelta(seconds=10),
    ) -> None:
        """`session` stays the caller's to close. `client_secrets`: any may sign, the first answers challenges.

        `refresh` is awaited once when a token is refused; True = `access_token()` now returns another one.
        `deadline` is for each HTTP call.
        """
        self._client_secrets = client_secrets
        self._require_signature = require_signature
        self._api_url = api_url.rstrip("/")
        self._now = now
        self._forms: dict[tuple[str, str], _KnownForm] = {}
        self._api = Api(
            session, api_version=api_version, access_token=access_token, now=now, refresh=refresh, deadline=deadline
        )

    def answer_challenge(self, query: Mapping[str, str]) -> dict[str, str]:
        """The JSON that proves we own the address. Raises RejectedRequest(400)."""
        return webhook.answer_challenge(query, self._client_secrets[0])

    def read_notification(self, headers: Mapping[str, str], body: bytes) -> Posted:
        """Check the signature over the raw bytes and parse. Raises RejectedRequest(401 | 400)."""
        return webhook.read_notification(
            headers, body, client_secrets=self._client_secrets, require_signature=self._require_signature
        )

    async def fetch(self, response_id: str) -> FetchedLead:
        """The lead with its answers, as a rule in one call. Raises UpstreamError; NotFound when there is no such lead.

        `raw` holds what the lead was read from, the form included, and never the member's id.
        """
        response = await self._ask(_RESPONSES, key=id_of(response_id), fields=PROJECTION)
        try:
            return await self._complete(response)
        except PermanentError as error:  # every lead has an id and a time: this answer is LinkedIn's slip, not the lead
            raise TemporaryError(str(error), code=error.code) from error

    async def recent(self, stream: Stream, *, since: datetime, until: datetime) -> AsyncIterator[FetchedLead]:
        """Every lead of the stream submitted in the window, newest first as LinkedIn has it. Raises UpstreamError.

        Leads that arrive meanwhile shift LinkedIn's pages, so that a lead may come twice: it is passed on once.
        Entries that cannot be read are reported by UnreadableEntries after all the others were passed on.
        """
        passed: set[tuple[str, datetime]] = set()
        unusable = 0
        async for element in self._elements(_window(stream, since, until)):
            try:
                fetched = await self._complete(element)
            except PermanentError:
                unusable += 1
                continue
            identity = (fetched.lead.response_id, fetched.lead.submitted_at)
            if identity not in passed:
                passed.add(identity)
                yield fetched
        if unusable:
            raise UnreadableEntries(
                f"{unusable} of LinkedIn's leads for {stream.owner} could not be read", code="unusable"
            )

    async def _elements(self, query: Mapping[str, Value]) -> AsyncIterator[object]:
        """The finder's elements, page by page until a short, an empty or a repeated one."""
        start, before = 0, list[str]()
        for _ in range(_MAX_PAGES):
            page = await self._ask(_RESPONSES, query={**query, "start": start, "count": _PAGE}, fields=PROJECTION)
            if not isinstance(page.get("elements"), list):
                raise TemporaryError("LinkedIn's page of leads has no elements", code="unusable")
            elements = as_list(page["elements"])
            these = [as_id(as_object(element).get("id")) for element in elements]
            if not elements or these == before:
                return
            for element in elements:
                yield element
            if len(elements) < _page_size(page):
                return
            start, before = start + len(elements), these
        raise PermanentError(f"LinkedIn lists more than {_MAX_PAGES} pages of leads for one window", code="endless")

    async def _ask(
        self, resource: str, *, key: str = "", query: Mapping[str, Value] | None = None, fields: str
    ) -> Mapping[str, object]:
        """The answer with names, else without: a name that may not be read must not cost the lead that may."""
        try:
            return await self._api.get(resource, address(self._api_url, resource, key=key, query=query, fields=fields))
        except PermanentError:
            return await self._api.get(resource, address(self._api_url, resource, key=key, query=query))

    async def _complete(self, content: object) -> FetchedLead:
        """The lead of one response, its form looked up when the answer came without it."""
        response = {name: value for name, value in as_object(content).items() if name != "submitter"}
        if not read_form(response.get("form")).questions:
            form = await self._form(*form_of(response))
            if form is not None:
                response["form"] = form
        try:
            return FetchedLead(lead=read_lead(response), raw=orjson.dumps(response))
        except orjson.JSONEncodeError as error:
            raise PermanentError("LinkedIn's response is nested too deeply", code="unusable") from error

    async def _form(self, form_id: str, version: str) -> object:
        """The form from the cache or from LinkedIn; None when it cannot be had, which never holds a lead back."""
        if not form_id:
            return None
        known = self._forms.get((form_id, version))
        if known is not None and self._now() < known.until:
            return known.content
        content: object = None
        # A failure is kept for a minute, so that a burst of leads does not wait for one each.
        with contextlib.suppress(UpstreamError):
            content = await self._api.get(_FORMS, address(self._api_url, _FORMS, key=form_id))
        keep_for = _KEEP_FAILURE if content is None else _KEEP_FORM
        self._forms.pop((form_id, version), None)
        self._forms[form_id, version] = _KnownForm(content, self._now() + keep_for)
        while len(self._forms) > _MAX_FORMS:
            del self._forms[next(iter(self._forms))]
        return content


def _window(stream: Stream, since: datetime, until: datetime) -> dict[str, Value]:
    """The finder's parameters. LinkedIn does not say whether `end` belongs to the window, so a millisecond is added."""
    kind = stream.owner.split(":")[2] if stream.owner.count(":") > 2 else "sponsoredAccount"
    return {
        "q": "owner",
        "owner": {kind: stream.owner},
        "leadType": {"leadType": stream.lead_type},
        "limitedToTestLeads": False,
        "submittedAtTimeRange": {"start": as_milliseconds(since), "end": as_milliseconds(until) + 1},
    }


def _page_size(page: Mapping[str, object]) -> int:
    """How many elements a full page has: what LinkedIn says it used, else what we asked for."""
    count = as_id(as_object(page.get("paging")).get("count"))
    return int(count) if count.isascii() and count.isdigit() and 0 < int(count) <= _PAGE else _PAGE
