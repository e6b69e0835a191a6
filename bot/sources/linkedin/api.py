"""LinkedIn's REST API: one call with the right headers and deadline, once more with a renewed token."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import aiohttp
import orjson
from multidict import CIMultiDict
from yarl import URL

from bot.core.connection import Renewal
from bot.core.errors import AmbiguousError, SignInNeeded, TemporaryError, UpstreamError
from bot.sources.linkedin import advice
from bot.sources.linkedin.failures import Doing, classify
from bot.sources.linkedin.wire import as_object, header, read_json

_MAX_BODY_BYTES = 32 * 1024 * 1024  # a page of 100 leads with their forms is about 2 MB

#: These say that no connection came about, so that nothing was sent.
_NEVER_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)


_NOT_RENEWED = "LinkedIn wants another access token, and did not give one just now"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What LinkedIn answered to a write that it carried out. As a rule there is no body."""

    id: str = ""  #: of what was created, from the header x-restli-id; "" = not told
    content: Mapping[str, object] = field(default_factory=dict)  #: the JSON object, empty when there was none


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    method: str  #: the resource's name, for errors and limits
    verb: str
    url: URL
    doing: Doing = "read"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    lead_type: str = ""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: CIMultiDict[str]
    body: bytes


class Api:
    """Calls `/rest/…`. Safe to use from many tasks at once; keeps nothing but the session it was given."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        api_version: str,
        access_token: Callable[[], str],
        now: Callable[[], datetime],
        refresh: Callable[[], Awaitable[Renewal]] | None = None,
        deadline: timedelta = timedelta(seconds=10),
    ) -> None:
        """`refresh` has `access_token()` return another token, or tells what the old one is worth; see Renewal.

        It is asked when a call is answered 401 and when `access_token()` returns "", and has its own deadline. A call
        for which it finds no token raises SignInNeeded, and nothing is sent.
        """
        self._session = session
        self._api_version = api_version
        self._access_token = access_token
        self._now = now
        self._refresh = refresh
        self._refreshing = asyncio.Lock()
        self._deadline = deadline

    async def get(self, method: str, url: URL, *, lead_type: str = "") -> Mapping[str, object]:
        """The JSON object at `url`, which must be encoded already. Raises UpstreamError; harmless to repeat.

        `method` is the endpoint's name for errors and limits; `lead_type` makes the advice in an error exact.
        A 401 is tried once more with a renewed token. With a token that is known to be good it is Forbidden, of this
        call alone: LinkedIn says it as well where the member lacks a role.
        """
        call = _Call(method=method, verb="GET", url=url, lead_type=lead_type)
        answer = await self._answer(call)
        if answer.status != 200:
            raise self._refusal(call, answer)
        try:
            content = read_json(answer.body)
        except ValueError as error:
            raise TemporaryError(f"LinkedIn's answer for {method} is not JSON", code="not_json") from error
        if not isinstance(content, dict):
            raise TemporaryError(f"LinkedIn's answer for {method} is not a JSON object", code="not_json")
        return as_object(content)

    async def post(
        self,
        method: str,
        url: URL,
        body: Mapping[str, object] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        doing: Doing = "create",
        lead_type: str = "",
    ) -> Written:
        """Send `body` as JSON, or no body at all. Never repeated, but for a 401, which did nothing.

        Raises AmbiguousError when LinkedIn may have carried it out: look before repeating. Other UpstreamErrors mean
        that it did not; TemporaryError, that the same call may be repeated.
        """
        content = None if body is None else json.dumps(body).encode()
        extra = {**(headers or {}), "Content-Type": "application/json"}
        call = _Call(method=method, verb="POST", url=url, doing=doing, headers=extra, body=content, lead_type=lead_type)
        answer = await self._carried_out(call)
        try:
            told = as_object(read_json(answer.body))
        except ValueError:  # no body is the rule
            told = {}
        return Written(id=(header(answer.headers, "x-restli-id") or "").strip(), content=told)

    async def delete(self, method: str, url: URL) -> None:
        """Delete what is at `url`. Raises as `post`; NotFound when it is gone already."""
        await self._carried_out(_Call(method=method, verb="DELETE", url=url, doing="change"))

    def failure(self, method: str, status: int, content: object) -> UpstreamError:
        """The error that one entry of a batch answer stands for: its status and its JSON, inside a 200."""
        try:
            body = orjson.dumps(content)
        except orjson.JSONEncodeError:  # nested too deeply
            body = b""
        return classify(status, {}, body, self._now(), method=method, is_token_good=True)  # else all were refused

    async def _carried_out(self, call: _Call) -> _Answer:
        """The answer to a write that LinkedIn says it did. A page for people is not LinkedIn's, whatever its status."""
        answer = await self._answer(call)
        if not 200 <= answer.status < 300:
            raise self._refusal(call, answer)
        if "html" in (header(answer.headers, "Content-Type") or "").lower():
            said = f"a web page came instead of LinkedIn's answer for {call.method}"
            raise AmbiguousError(said, code="not_json", advice=f"{advice.ADDRESS} {advice.LOOK_FIRST}")
        return answer

    async def _answer(self, call: _Call) -> _Answer:
        if not self._access_token().strip() and await self._renewal("") is Renewal.LATER:
            raise TemporaryError(_NOT_RENEWED, code="not_renewed")
        token = self._token()
        answer = await self._ask(call, token)
        if answer.status != 401:
            return answer
        renewal = await self._renewal(token)
        if renewal is Renewal.RENEWED:
            answer = await self._ask(call, self._token())
        if renewal is Renewal.LATER:
            raise TemporaryError(_NOT_RENEWED, code="not_renewed")
        if answer.status == 401 and renewal is not Renewal.NONE:
            raise self._refusal(call, answer, is_token_good=True)
        return answer

    def _refusal(self, call: _Call, answer: _Answer, *, is_token_good: bool = False) -> UpstreamError:
        return classify(
            answer.status,
            answer.headers,
            answer.body,
            self._now(),
            method=call.method,
            doing=call.doing,
            lead_type=call.lead_type,
            is_token_good=is_token_good,
        )

    def _token(self) -> str:
        token = self._access_token().strip()
        if not token:
            raise SignInNeeded("there is no LinkedIn access token that works", code="no_token", advice=advice.CONNECT)
        if not (token.isascii() and token.isprintable()):
            problem = "LinkedIn's access token holds a character that no token has"
            raise SignInNeeded(problem, code="no_token", advice=advice.SIGN_IN)
        return token

    async def _renewal(self, refused: str) -> Renewal:
        """What became of the refused token; "" = there was none. Many calls refused at once ask once."""
        async with self._refreshing:
            token = self._access_token().strip()
            if token and token != refused:
                return Renewal.RENEWED
            return Renewal.NONE if self._refresh is None else await self._refresh()

    async def _ask(self, call: _Call, token: str) -> _Answer:
        started: _Answer | None = None
        try:
            async with (
                asyncio.timeout(self._deadline.total_seconds()),
                self._session.request(
                    call.verb,
                    call.url,
                    data=call.body,
                    headers=self._headers(call, token),
                    # A redirect would carry the token and the query to wherever it points.
                    allow_redirects=False,
                ) as response,
            ):
                started = _Answer(response.status, CIMultiDict(response.headers), b"")
                return replace(started, body=await _read(call.method, response))
        except (TimeoutError, aiohttp.ClientError, OSError, TemporaryError) as error:
            if started is not None and call.doing != "read":
                return started  # status and id are there, so it is known how the write ended
            raise self._broken(call, error) from error

    def _headers(self, call: _Call, token: str) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {token}",
            "LinkedIn-Version": self._api_version,
            "X-Restli-Protocol-Version": "2.0.0",
            "Accept": "application/json",
            **call.headers,
        }

    def _broken(self, call: _Call, error: Exception) -> UpstreamError:
        """What a call without an answer means: a read did nothing, a write that may have left us has no known end."""
        if isinstance(error, UpstreamError):
            return error
        # The error's own text may hold the URL; its kind says enough.
        code = kind = type(error).__name__
        said = f"the connection to LinkedIn failed for {call.method} ({kind})"
        if isinstance(error, TimeoutError):
            code, said = "timeout", f"LinkedIn did not answer {call.method} within {self._deadline.total_seconds():g} s"
        if call.doing == "read" or isinstance(error, _NEVER_SENT):
            return TemporaryError(said, code=code)
        return AmbiguousError(said, code=code, advice=advice.LOOK_FIRST)


async def _read(method: str, response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > _MAX_BODY_BYTES:
            raise TemporaryError(f"LinkedIn's answer for {method} is larger than 32 MiB", code="too_large")
    return bytes(body)
