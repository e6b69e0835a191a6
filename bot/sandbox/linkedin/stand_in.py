"""The stand-in's HTTP side: Rest.li answers for whoever asks with the right token, signed posts to whoever listens."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
import uuid
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from urllib.parse import unquote

import aiohttp
from aiohttp import web
from yarl import URL

from bot.sandbox.faults import Faults, apply
from bot.sandbox.linkedin.records import (
    Campaign,
    Form,
    Json,
    Question,
    Submission,
    checked_answers,
    decorated_json,
    form_json,
    milliseconds,
    notification_json,
    owner_json,
    response_json,
)
from bot.sandbox.linkedin.restli import MisspeltError, Projection, Value, project, read_fields, read_query

ACTIVE_VERSIONS = frozenset(f"2026{month:02}" for month in range(1, 12))
_LEAD_TYPES = frozenset({"SPONSORED", "EVENT", "COMPANY", "ORGANIZATION_PRODUCT"})
_FINDER = frozenset(
    {"q", "owner", "leadType", "limitedToTestLeads", "versionedLeadGenFormUrn", "submittedAtTimeRange"}
    | {"start", "count"}
)
_CHALLENGE_SECONDS = 3

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRequest:
    """A request as it came over the wire."""

    method: str
    raw_path: str
    headers: Mapping[str, str]  #: find names in any case


class _RefusedError(Exception):
    """An answer in LinkedIn's error shape."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body: Json = {"status": status, "code": code, "message": message}


class LinkedInStandIn:
    """LinkedIn's webhook and Lead Sync API on loopback. Imitates the documentation, not the product."""

    def __init__(self, *, client_secret: str, access_token: str, now: Callable[[], datetime]) -> None:
        self.client_secret = client_secret
        self.access_token = access_token  #: may be changed while it runs: the old one is refused then
        self.active_versions = ACTIVE_VERSIONS
        self.largest_page = 100
        self.url = ""
        self.faults = Faults()
        self.requests: list[SeenRequest] = []
        self.forms: dict[int, Form] = {}
        self.campaigns: dict[int, Campaign] = {}
        self._now = now
        self._owner_names: dict[str, str] = {}
        self._submissions: dict[str, Submission] = {}
        self._deleted: dict[str, datetime] = {}
        self._runner: web.AppRunner | None = None
        self._client: aiohttp.ClientSession | None = None

    # ── running ──

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; `url` is known afterwards."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        bound = self._runner.addresses[0][1]
        self.url = f"http://{host}:{bound}"
        self._client = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=15)
        )

    async def stop(self) -> None:
        """Stop listening and posting. May be called twice."""
        if self._client is not None:
            await self._client.close()
        if self._runner is not None:
            await self._runner.cleanup()
        self._client = self._runner = None

    # ── what people do at LinkedIn ──

    def add_owner(self, urn: str, name: str) -> None:
        """Name an ad account or a Page; unnamed ones are called after their id."""
        self._owner_names[urn] = name

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
        )

    def add_campaign(self, *, id: int, name: str, account: str) -> None:  # noqa: A002 - LinkedIn's word
        """Make a campaign of the ad account (URN)."""
        self.campaigns[id] = Campaign(id=id, name=name, account=account)

    def submit(
        self,
        *,
        form: int,
        answers: Mapping[str, str],
        campaign: int | None = None,
        lead_type: str = "SPONSORED",
        event: str | None = None,
        is_test: bool = False,
        consents: Mapping[int, bool] = {},
        submitted_at: datetime | None = None,
        response_id: str | None = None,
    ) -> str:
        """Fill in a form; returns the response id. Nobody is notified: see `notify`.

        `answers` go by the question's name; a choice is the option's text, several are joined by " | ".
        `event` is an event's id or URN, or simply its name. Raises ValueError for answers the form cannot have.
        """
        new_id = response_id or f"{uuid.uuid4()}-{secrets.randbelow(90) + 1}"
        self._submissions[new_id] = Submission(
            id=new_id,
            form=self.forms[form],
            answers=checked_answers(self.forms[form], answers),
            submitted_at=submitted_at or self._now(),
            lead_type=lead_type,
            campaign=self.campaigns[campaign] if campaign is not None else None,
            event=_event(event) if event else None,
            is_test=is_test,
            consents=dict(consents),
        )
        self._deleted.pop(new_id, None)
        return new_id

    def delete(self, response_id: str) -> None:
        """The member takes the lead back: the API no longer has it."""
        self._deleted[response_id] = self._now()

    # ── what LinkedIn posts ──

    def notification(self, response_id: str, *, action: str = "CREATED", occurred_at: datetime | None = None) -> bytes:
        """The body of a notification; the same each time, since the time is that of the submit or the deletion."""
        submission = self._submissions[response_id]
        default = submission.submitted_at if action == "CREATED" else self._deleted.get(response_id, self._now())
        content = notification_json(submission, action=action, occurred_at=occurred_at or default)
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()

    def sign(self, body: bytes) -> str:
        """The X-LI-Signature of a body."""
        return hmac.new(self.client_secret.encode(), b"hmacsha256=" + body, hashlib.sha256).hexdigest()

    async def notify(
        self, webhook_url: str, response_id: str, *, action: str = "CREATED", occurred_at: datetime | None = None
    ) -> int:
        """Post a signed notification once; returns the HTTP status. Raises aiohttp.ClientError, TimeoutError."""
        body = self.notification(response_id, action=action, occurred_at=occurred_at)
        headers = {"Content-Type": "application/json", "X-LI-Signature": self.sign(body)}
        async with self._http().post(URL(webhook_url, encoded=True), data=body, headers=headers) as response:
            await response.read()
            return response.status

    async def challenge(self, webhook_url: str) -> bool:
        """Whether the address proves, within three seconds, that it knows the client secret."""
        code = str(uuid.uuid4())
        address = f"{webhook_url}{'&' if '?' in webhook_url else '?'}challengeCode={code}"
        wanted = {
            "challengeCode": code,
            "challengeResponse": hmac.new(self.client_secret.encode(), code.encode(), hashlib.sha256).hexdigest(),
        }
        try:
            async with asyncio.timeout(_CHALLENGE_SECONDS), self._http().get(URL(address, encoded=True)) as response:
                is_json = response.status == 200 and response.content_type == "application/json"
                return is_json and bool(json.loads(await response.read()) == wanted)
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return False

    def _http(self) -> aiohttp.ClientSession:
        if self._client is None:
            raise RuntimeError("start() the stand-in first")
        return self._client

    # ── what LinkedIn answers ──

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        seen = SeenRequest(method=request.method, raw_path=request.raw_path, headers=request.headers.copy())
        self.requests.append(seen)
        fault = self.faults.take(request.raw_path.partition("?")[0])
        return await apply(fault, request, lambda: self._real_answer(seen))

    async def _real_answer(self, seen: SeenRequest) -> web.Response:
        try:
            self._check_caller(seen)
            status, body = 200, self._read(seen)
        except (MisspeltError, UnicodeDecodeError) as error:
            status, body = 400, _RefusedError(400, "ILLEGAL_ARGUMENT", str(error)).body
        except _RefusedError as refused:
            status, body = refused.status, refused.body
        headers = {"x-li-uuid": f"{secrets.token_hex(8)}==", "x-li-fabric": "prod-stand-in", "x-li-proto": "http/1.1"}
        return web.json_response(body, status=status, headers=headers)

    def _check_caller(self, seen: SeenRequest) -> None:
        """LinkedIn's order: who asks, then in which version, then what."""
        authorization = seen.headers.get("Authorization", "")
        if not authorization:
            raise _RefusedError(401, "EMPTY_ACCESS_TOKEN", "Empty oauth2_access_token")
        if authorization != f"Bearer {self.access_token}":
            raise _RefusedError(401, "INVALID_ACCESS_TOKEN", "Invalid access token")
        version = seen.headers.get("LinkedIn-Version", "")
        if not version:
            raise _RefusedError(400, "VERSION_MISSING", "A version must be present. Please specify a version.")
        if version not in self.active_versions:
            raise _RefusedError(426, "NONEXISTENT_VERSION", f"Requested version {version}01 is not active")
        if seen.headers.get("X-Restli-Protocol-Version") != "2.0.0":
            raise _RefusedError(400, "ILLEGAL_ARGUMENT", "Syntax exception in path variables")
        if seen.method != "GET":
            raise _RefusedError(405, "METHOD_NOT_ALLOWED", f"{seen.method} is not supported")

    def _read(self, seen: SeenRequest) -> Json:
        path, _, raw_query = seen.raw_path.partition("?")
        match path.split("/")[1:]:
            case ["rest", "leadFormResponses"]:
                return self._find_responses(read_query(raw_query), read_fields(raw_query))
            case ["rest", "leadFormResponses", key]:
                return self._get_response(_key(key), read_query(raw_query), read_fields(raw_query))
            case ["rest", "leadForms"]:
                return self._find_forms(read_query(raw_query), read_fields(raw_query))
            case ["rest", "leadForms", key]:
                return self._get_form(_key(key), read_query(raw_query), read_fields(raw_query))
            case _:
                raise _RefusedError(404, "RESOURCE_NOT_FOUND", f"No virtual resource found for {path}")

    def _get_response(self, key: str, parameters: Mapping[str, Value], fields: Projection | None) -> Json:
        _only(parameters, frozenset())
        submission = self._submissions.get(key)
        if submission is None or key in self._deleted:
            raise _RefusedError(404, "NOT_FOUND", "Lead form response was not found")
        return self._shown(submission, fields)

    def _find_responses(self, parameters: Mapping[str, Value], fields: Projection | None) -> Json:
        _only(parameters, _FINDER)
        fits = _filter(parameters)
        found = [one for one in self._submissions.values() if one.id not in self._deleted and fits(one)]
        found.sort(key=lambda one: one.submitted_at, reverse=True)
        return self._page(found, parameters, lambda one: self._shown(one, fields))

    def _get_form(self, key: str, parameters: Mapping[str, Value], fields: Projection | None) -> Json:
        _only(parameters, frozenset())
        form = self.forms.get(int(key)) if key.isdigit() else None
        if form is None:
            raise _RefusedError(404, "NOT_FOUND", "Lead form was not found")
        return form_json(form) if fields is None else project(form_json(form), fields)

    def _find_forms(self, parameters: Mapping[str, Value], fields: Projection | None) -> Json:
        _only(parameters, frozenset({"q", "owner", "start", "count"}))
        owner = _owner(parameters)
        found = [form_json(form) for form in self.forms.values() if form.owner == owner]
        return self._page(found, parameters, lambda form: form if fields is None else project(form, fields))

    def _shown(self, submission: Submission, fields: Projection | None) -> Json:
        if fields is None:
            return response_json(submission)
        owner = submission.form.owner
        name = self._owner_names.get(owner, f"Account {owner.split(':')[-1]}")
        return project(decorated_json(submission, name), fields)

    def _page(self, found: Sequence[T], parameters: Mapping[str, Value], shown: Callable[[T], Json]) -> Json:
        start = _number(parameters, "start", 0)
        count = min(_number(parameters, "count", 10), self.largest_page)
        page = [shown(one) for one in found[start : start + count]]
        paging: Json = {"start": start, "count": count, "links": [], "total": len(found)}
        return {"paging": paging, "elements": page}


def _event(event: str) -> Json:
    number = event.rpartition(":")[2]
    if number.isdigit():
        return {"id": int(number), "name": f"Event {number}"}
    return {"id": 7_000_000_000_000_000_000 + zlib.crc32(event.encode()), "name": event}


def _key(raw: str) -> str:
    """An entity's key in the path: a value like any other, so everything but letters, digits and -._~ is encoded."""
    if not raw or not all(character.isalnum() or character in "-._~%" for character in raw):
        raise MisspeltError("Syntax exception in path variables")
    return unquote(raw, errors="strict")


def _only(parameters: Mapping[str, Value], known: frozenset[str]) -> None:
    if unknown := sorted(set(parameters) - known):
        raise _RefusedError(400, "QUERY_PARAM_NOT_ALLOWED", f"Query parameters are not allowed: {', '.join(unknown)}")


def _owner(parameters: Mapping[str, Value]) -> str:
    """The owner of the finder `q=owner`, whose union key must fit the URN's kind."""
    if parameters.get("q") != "owner":
        raise _RefusedError(400, "ILLEGAL_ARGUMENT", "No such finder")
    match parameters.get("owner"):
        case {"sponsoredAccount": str(urn)} | {"organization": str(urn)} as union if (
            union == owner_json(urn) and urn.count(":") == 3
        ):
            return urn
        case _:
            raise _RefusedError(400, "PARAM_INVALID", "Parameter 'owner' is invalid")


def _filter(parameters: Mapping[str, Value]) -> Callable[[Submission], bool]:
    """The finder's conditions on one lead. `limitedToTestLeads=false` does not keep test leads out, as at LinkedIn."""
    owner = _owner(parameters)
    lead_type = _lead_type(parameters.get("leadType"))
    form = parameters.get("versionedLeadGenFormUrn")
    start, end = _time_range(parameters.get("submittedAtTimeRange", {}))
    only_tests = parameters.get("limitedToTestLeads", "false")
    if only_tests not in {"true", "false"}:
        raise _RefusedError(400, "PARAM_INVALID", "Parameter 'limitedToTestLeads' is invalid")

    def fits(one: Submission) -> bool:
        is_meant = one.form.owner == owner and one.lead_type == lead_type and form in {None, one.form.urn}
        return is_meant and start <= milliseconds(one.submitted_at) < end and (only_tests == "false" or one.is_test)

    return fits


def _lead_type(value: Value | None) -> str:
    match value:
        case {"leadType": str(lead_type)} if lead_type in _LEAD_TYPES:
            return lead_type
        case _:
            raise _RefusedError(400, "PARAM_INVALID", "Parameter 'leadType' is invalid")


def _time_range(value: Value) -> tuple[int, int]:
    """Milliseconds from `start`, without `end` itself: the harsher reading of what LinkedIn leaves open."""
    if not isinstance(value, dict) or not set(value) <= {"start", "end"}:
        raise _RefusedError(400, "PARAM_INVALID", "Parameter 'submittedAtTimeRange' is invalid")
    return _number(value, "start", 0), _number(value, "end", 2**62)


def _number(parameters: Mapping[str, Value], name: str, default: int) -> int:
    value = parameters.get(name, str(default))
    if not (isinstance(value, str) and value.isascii() and value.isdigit()):
        raise _RefusedError(400, "PARAM_INVALID", f"Parameter '{name}' is invalid")
    return int(value)
