"""The stand-in's HTTP side: who asks is checked, then the resource answers; signed posts go to whoever listens."""

from __future__ import annotations

import inspect
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import aiohttp
from aiohttp import web

from bot.sandbox.faults import Faults, apply
from bot.sandbox.linkedin import directory, forms, responses, subscriptions
from bot.sandbox.linkedin.calls import Answer, Call, SeenRequest, read_call
from bot.sandbox.linkedin.holdings import Holdings
from bot.sandbox.linkedin.oauth import answer_oauth
from bot.sandbox.linkedin.posting import FAILURES_TO_BLOCK, passes_challenge, post, signature
from bot.sandbox.linkedin.records import notification_json
from bot.sandbox.linkedin.refusals import RefusedError, no_permission
from bot.sandbox.linkedin.restli import MisspeltError

_LARGEST_BODY = 1024 * 1024

_LEADS = frozenset({"r_marketing_leadgen_automation"})
_WRITE_ADS = frozenset({"rw_ads"})
_ADS = frozenset({"r_ads", "rw_ads"})
_PAGES = frozenset({"r_organization_admin", "rw_organization_admin"})
_EVENTS = frozenset({"r_events"})


@dataclass(frozen=True, slots=True)
class _Endpoint:
    """What answers one method of a resource, and the scopes of which the token needs at least one."""

    scopes: frozenset[str]
    answer: Callable[[Holdings, Call], Answer | Awaitable[Answer]]


_ENDPOINTS: Mapping[str, Mapping[str, _Endpoint]] = {
    "leadFormResponses": {
        "GET": _Endpoint(_LEADS, responses.get_response),
        "BATCH_GET": _Endpoint(_LEADS, responses.get_responses),
        "FINDER": _Endpoint(_LEADS, responses.find_responses),
    },
    "leadForms": {
        "GET": _Endpoint(_LEADS, forms.get_form),
        "BATCH_GET": _Endpoint(_LEADS, forms.get_forms),
        "FINDER": _Endpoint(_LEADS, forms.find_forms),
        "CREATE": _Endpoint(_WRITE_ADS, forms.create_form),
        "PARTIAL_UPDATE": _Endpoint(_WRITE_ADS, forms.update_form),
    },
    "leadNotifications": {
        "GET": _Endpoint(_LEADS, subscriptions.get_subscription),
        "FINDER": _Endpoint(_LEADS, subscriptions.find_subscriptions),
        "CREATE": _Endpoint(_LEADS, subscriptions.create_subscription),
        "DELETE": _Endpoint(_LEADS, subscriptions.delete_subscription),
    },
    "adAccounts": {
        "GET": _Endpoint(_ADS, directory.get_account),
        "FINDER": _Endpoint(_ADS, directory.find_accounts),
    },
    "adAccounts/adCampaigns": {"GET": _Endpoint(_ADS, directory.get_campaign)},
    "adAccounts/creatives": {
        "GET": _Endpoint(_ADS, directory.get_creative),
        "FINDER": _Endpoint(_ADS, directory.find_creatives),
    },
    "organizations": {"GET": _Endpoint(_PAGES, directory.get_organization)},
    "organizationsLookup": {"BATCH_GET": _Endpoint(_PAGES, directory.look_up_organizations)},
    "organizationAcls": {"FINDER": _Endpoint(_PAGES, directory.find_roles)},
    "events": {"GET": _Endpoint(_EVENTS, directory.get_event)},
}


class LinkedInStandIn(Holdings):
    """LinkedIn on loopback: consent, the Lead Sync API and the webhook. Imitates the documentation, not the product.

    `url` serves `/rest/…` as well as `/oauth/v2/…`.
    """

    def __init__(
        self, *, client_secret: str, access_token: str, now: Callable[[], datetime], client_id: str = "stand-in"
    ) -> None:
        super().__init__(client_secret=client_secret, access_token=access_token, now=now, client_id=client_id)
        self.url = ""
        self.faults = Faults()
        self.requests: list[SeenRequest] = []
        self._runner: web.AppRunner | None = None

    # ── running ──

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; `url` is known afterwards."""
        app = web.Application(client_max_size=_LARGEST_BODY)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        bound = self._runner.addresses[0][1]
        self.url = f"http://{host}:{bound}"
        self.http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=15)
        )

    async def stop(self) -> None:
        """Stop listening and posting. May be called twice."""
        if self.http is not None:
            await self.http.close()
        if self._runner is not None:
            await self._runner.cleanup()
        self._runner = self.http = None

    # ── what LinkedIn posts ──

    def notification(self, response_id: str, *, action: str = "CREATED", occurred_at: datetime | None = None) -> bytes:
        """The body of a notification; the same each time, since the time is that of the submit or the deletion."""
        submission = self.submissions[response_id]
        default = submission.submitted_at if action == "CREATED" else self.deleted.get(response_id, self.now())
        content = notification_json(submission, action=action, occurred_at=occurred_at or default)
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()

    def sign(self, body: bytes) -> str:
        """The X-LI-Signature of a body."""
        return signature(self.client_secret, body)

    async def notify(
        self, webhook_url: str, response_id: str, *, action: str = "CREATED", occurred_at: datetime | None = None
    ) -> int:
        """Post a signed notification once; returns the HTTP status. Raises aiohttp.ClientError, TimeoutError."""
        body = self.notification(response_id, action=action, occurred_at=occurred_at)
        return await post(self._client(), self.client_secret, webhook_url, body)

    async def announce(self, response_id: str, *, action: str = "CREATED") -> list[int]:
        """Post it once to every subscription that wants it and is not blocked; the HTTP statuses, 0 = no answer."""
        statuses = []
        wanted = [one for one in self.subscriptions.values() if one.wants(self.submissions[response_id])]
        for one in wanted:
            if not one.is_blocked:
                try:
                    statuses.append(await self.notify(one.webhook, response_id, action=action))
                except (aiohttp.ClientError, TimeoutError):
                    statuses.append(0)
        return statuses

    async def challenge(self, webhook_url: str) -> bool:
        """Whether the address proves, within three seconds, that it knows the client secret."""
        return await passes_challenge(self._client(), self.client_secret, webhook_url)

    async def recheck(self) -> None:
        """The challenge that every subscribed address gets each two hours; the third failure in a row blocks it."""
        for webhook in dict.fromkeys(one.webhook for one in self.subscriptions.values() if not one.is_blocked):
            has_passed = await self.challenge(webhook)
            for one in self.subscriptions.values():
                if one.webhook == webhook:
                    one.failures = 0 if has_passed else one.failures + 1
                    one.is_blocked = one.failures >= FAILURES_TO_BLOCK

    async def restart_validation(self, webhook_url: str) -> bool:
        """What a person does in the developer portal to have a blocked address checked and, when it passes, used."""
        has_passed = await self.challenge(webhook_url)
        for one in self.subscriptions.values():
            if one.webhook == webhook_url and has_passed:
                one.failures, one.is_blocked = 0, False
        return has_passed

    def _client(self) -> aiohttp.ClientSession:
        if self.http is None:
            raise RuntimeError("start() the stand-in first")
        return self.http

    # ── what LinkedIn answers ──

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        seen = SeenRequest(method=request.method, raw_path=request.raw_path, headers=request.headers.copy(), body=body)
        self.requests.append(seen)
        fault = self.faults.take(request.raw_path.partition("?")[0])
        return await apply(fault, request, lambda: self._real_answer(seen))

    async def _real_answer(self, seen: SeenRequest) -> web.Response:
        if seen.raw_path.startswith("/oauth/"):
            return _response(answer_oauth(self, seen))
        try:
            answer = await self._rest(seen)
        except (MisspeltError, UnicodeDecodeError) as error:
            answer = _refusal(RefusedError(400, "ILLEGAL_ARGUMENT", str(error)))
        except RefusedError as refused:
            answer = _refusal(refused)
        return _response(answer)

    async def _rest(self, seen: SeenRequest) -> Answer:
        """LinkedIn's order: who asks, then in which version, then what, then whether they may."""
        scopes = self._admit(seen.headers.get("Authorization", ""))
        self._check_version(seen)
        call = read_call(seen)
        methods = _ENDPOINTS.get(call.resource)
        if methods is None:
            path = seen.raw_path.partition("?")[0]
            raise RefusedError(404, "RESOURCE_NOT_FOUND", f"No virtual resource found for {path}")
        endpoint = methods.get(call.method)
        if endpoint is None:
            raise RefusedError(405, "METHOD_NOT_ALLOWED", f"{call.method} is not supported")
        self.day_quota.spend(call.resource)
        if not scopes & endpoint.scopes:
            raise no_permission(call.resource, call.method, call.version)
        answer = endpoint.answer(self, call)
        return await answer if inspect.isawaitable(answer) else answer

    def _admit(self, authorization: str) -> frozenset[str]:
        """The scopes of the token. Raises RefusedError(401)."""
        if not authorization:
            raise RefusedError(401, "EMPTY_ACCESS_TOKEN", "Empty oauth2_access_token", serviceErrorCode=401)
        kind, _, text = authorization.partition(" ")
        issued = self.tokens.find(text)
        if kind == "Bearer" and text and text == self.access_token:
            status, scopes = self.ended.get(text, "active"), frozenset(self.scopes)
        elif kind == "Bearer" and issued is not None and issued.is_access:
            status, scopes = issued.status(self.now()), issued.scopes
        else:
            raise RefusedError(401, "INVALID_ACCESS_TOKEN", "Invalid access token", serviceErrorCode=65600)
        if status == "revoked":
            text = "The token used in the request has been revoked by the user"
            raise RefusedError(401, "REVOKED_ACCESS_TOKEN", text, serviceErrorCode=65601)
        if status == "expired":
            text = "The token used in the request has expired"
            raise RefusedError(401, "EXPIRED_ACCESS_TOKEN", text, serviceErrorCode=65602)
        return scopes

    def _check_version(self, seen: SeenRequest) -> None:
        version = seen.headers.get("LinkedIn-Version", "")
        if not version:
            raise RefusedError(400, "VERSION_MISSING", "A version must be present. Please specify a version.")
        if version not in self.active_versions:
            raise RefusedError(426, "NONEXISTENT_VERSION", f"Requested version {version}01 is not active")
        if seen.headers.get("X-Restli-Protocol-Version") != "2.0.0":
            raise RefusedError(400, "ILLEGAL_ARGUMENT", "Syntax exception in path variables")


def _refusal(refused: RefusedError) -> Answer:
    return Answer(status=refused.status, content=refused.body)


def _response(answer: Answer) -> web.Response:
    headers = {"x-li-uuid": f"{secrets.token_hex(8)}==", "x-li-fabric": "prod-stand-in", "x-li-proto": "http/1.1"}
    headers |= answer.headers
    if answer.content is None:
        return web.Response(status=answer.status, headers=headers)
    return web.json_response(answer.content, status=answer.status, headers=headers)
