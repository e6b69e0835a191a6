"""LinkedIn as a `bot.ports.Source`: the webhook read, a lead fetched with its names, a window of leads pulled."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import orjson

from bot.core.counting import Listed
from bot.core.errors import PermanentError, TemporaryError, UnreadableEntries, UpstreamError
from bot.ports import FetchedLead, Posted, Stream
from bot.sources.linkedin import webhook
from bot.sources.linkedin.batching import Batcher
from bot.sources.linkedin.client import PROJECTION, Client
from bot.sources.linkedin.form import read_form
from bot.sources.linkedin.names import Names
from bot.sources.linkedin.records import LeadFilter
from bot.sources.linkedin.response import creative_of, form_of, read_lead
from bot.sources.linkedin.urns import id_of
from bot.sources.linkedin.wire import as_id, as_object, as_time

_MAX_FORMS = 500
_KEEP_FORM = timedelta(days=1)
_KEEP_FAILURE = timedelta(minutes=1)
_FOR_COUNTING = "id,submittedAt,testLead"


@dataclass(frozen=True, slots=True)
class _KnownForm:
    content: object  #: None = LinkedIn would not show it
    until: datetime


class LinkedIn:
    """The source. Holds bounded caches of forms and names for answers that come without theirs; safe for many tasks.

    Owns the calls of a burst, which go together: `close` it in the end.
    """

    def __init__(
        self,
        client: Client,
        *,
        client_secrets: tuple[str, ...],
        now: Callable[[], datetime],
        require_signature: bool = True,
        member_print: Callable[[], Callable[[str], str] | None] = lambda: None,
    ) -> None:
        """`client_secrets`: any may sign, the first answers challenges.

        `member_print`: the keyed hash by which a member is known who comes again; None = LinkedIn is not asked who.
        """
        self._client = client
        self._client_secrets = client_secrets
        self._require_signature = require_signature
        self._now = now
        self._forms: dict[tuple[str, str], _KnownForm] = {}
        self._names = Names(client, now)
        self._member_print = member_print
        self._responses: Batcher[Mapping[str, object]] = Batcher(self._one, self._many, now=now)

    async def close(self) -> None:
        """End the calls under way."""
        await self._responses.close()

    def answer_challenge(self, query: Mapping[str, str]) -> dict[str, str]:
        """The JSON that proves we own the address. Raises RejectedRequest(400)."""
        return webhook.answer_challenge(query, self._client_secrets[0])

    def read_notification(self, headers: Mapping[str, str], body: bytes) -> Posted:
        """Check the signature over the raw bytes and parse. Raises RejectedRequest(401 | 400)."""
        return webhook.read_notification(
            headers, body, client_secrets=self._client_secrets, require_signature=self._require_signature
        )

    async def fetch(self, response_id: str) -> FetchedLead:
        """The lead with its answers, as a rule in one call, and in one for many when many are asked for at once.

        Raises UpstreamError; NotFound when there is no such lead. `raw` holds what the lead was read from, the form
        included, and never the member's id.
        """
        response = await self._responses.fetch(id_of(response_id))
        try:
            return await self._complete(response)
        except PermanentError as error:  # every lead has an id and a time: this answer is LinkedIn's slip, not the lead
            raise TemporaryError(str(error), code=error.code) from error

    def _fields(self) -> str:
        return PROJECTION if self._member_print() is None else f"{PROJECTION},submitter"

    async def _one(self, response_id: str) -> Mapping[str, object]:
        return await self._client.lead(response_id, fields=self._fields())

    async def _many(self, ids: Sequence[str]) -> Mapping[str, Mapping[str, object] | UpstreamError]:
        return await self._client.leads_by_id(ids, fields=self._fields())

    async def recent(self, stream: Stream, *, since: datetime, until: datetime) -> AsyncIterator[FetchedLead]:
        """Every lead of the stream submitted in the window, newest first as LinkedIn has it. Raises UpstreamError.

        Entries that cannot be read are reported by UnreadableEntries after all the others were passed on.
        """
        unusable = 0
        window = LeadFilter(since=since, until=until)
        async for element in self._client.leads(stream.owner, stream.lead_type, window, fields=self._fields()):
            try:
                fetched = await self._complete(element)
            except PermanentError:
                unusable += 1
                continue
            yield fetched
        if unusable:
            raise UnreadableEntries(
                f"{unusable} of LinkedIn's leads for {stream.owner} could not be read", code="unusable"
            )

    async def listed(self, stream: Stream, *, since: datetime, until: datetime) -> AsyncIterator[Listed]:
        """Who was submitted in the window, without the answers. Raises UpstreamError.

        An entry without an id or a time is nobody's lead and is left out.
        """
        window = LeadFilter(since=since, until=until)
        async for element in self._client.leads(stream.owner, stream.lead_type, window, fields=_FOR_COUNTING):
            response_id, submitted_at = id_of(as_id(element.get("id"))), as_time(element.get("submittedAt"))
            if response_id and submitted_at is not None:
                is_test = element.get("testLead") is True
                yield Listed(response_id=response_id, submitted_at=submitted_at, is_test=is_test)

    async def _complete(self, content: object) -> FetchedLead:
        """The lead of one response, its form and names looked up when the answer came without them."""
        response = {name: value for name, value in as_object(content).items() if name != "submitter"}
        if not read_form(response.get("form")).questions:
            form = await self._form(*form_of(response))
            if form is not None:
                response["form"] = form
        lead = replace(read_lead(response), member=self._member(as_id(as_object(content).get("submitter"))))
        try:
            raw = orjson.dumps(response)
        except orjson.JSONEncodeError as error:
            raise PermanentError("LinkedIn's response is nested too deeply", code="unusable") from error
        return FetchedLead(lead=await self._names.complete(lead, creative=creative_of(response)), raw=raw)

    def _member(self, urn: str) -> str:
        """The hash of the member's id, which itself is kept nowhere; LinkedIn's own test leads have the id 0."""
        known_by = self._member_print()
        return "" if known_by is None or not urn or urn.endswith(":0") else known_by(urn)

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
            content = (await self._client.form(form_id)).raw
        keep_for = _KEEP_FAILURE if content is None else _KEEP_FORM
        self._forms.pop((form_id, version), None)
        self._forms[form_id, version] = _KnownForm(content, self._now() + keep_for)
        while len(self._forms) > _MAX_FORMS:
            del self._forms[next(iter(self._forms))]
        return content
