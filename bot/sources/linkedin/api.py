"""LinkedIn's REST API: one GET with the right headers and deadline, once more after a refreshed token."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from bot.core.errors import OutageError, TemporaryError
from bot.sources.linkedin.failures import ADVICE_SIGN_IN, classify
from bot.sources.linkedin.wire import as_object, read_json

_MAX_BODY_BYTES = 32 * 1024 * 1024  # a page of 100 leads with their forms is about 2 MB


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: CIMultiDict[str]
    body: bytes


class Api:
    """Reads from `/rest/…`. Safe to use from many tasks at once; keeps nothing but the session it was given."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        api_version: str,
        access_token: Callable[[], str],
        now: Callable[[], datetime],
        refresh: Callable[[], Awaitable[bool]] | None = None,
        deadline: timedelta = timedelta(seconds=10),
    ) -> None:
        """`refresh` makes `access_token()` return a new token and tells whether it did; it has its own deadline."""
        self._session = session
        self._api_version = api_version
        self._access_token = access_token
        self._now = now
        self._refresh = refresh
        self._refreshing = asyncio.Lock()
        self._deadline = deadline

    async def get(self, method: str, url: URL) -> Mapping[str, object]:
        """The JSON object at `url`, which must be encoded already. Raises UpstreamError; harmless to repeat.

        `method` is the endpoint's name for errors and limits. A 401 is tried once more with a refreshed token.
        """
        token = self._token()
        answer = await self._ask(method, url, token)
        if answer.status == 401 and await self._renewed(token):
            answer = await self._ask(method, url, self._token())
        if answer.status != 200:
            raise classify(answer.status, answer.headers, answer.body, self._now(), method=method)
        try:
            content = read_json(answer.body)
        except ValueError as error:
            raise TemporaryError(f"LinkedIn's answer for {method} is not JSON", code="not_json") from error
        if not isinstance(content, dict):
            raise TemporaryError(f"LinkedIn's answer for {method} is not a JSON object", code="not_json")
        return as_object(content)

    def _token(self) -> str:
        token = self._access_token().strip()
        if not (token and token.isascii() and token.isprintable()):
            problem = "is empty" if not token else "holds a character that no token has"
            raise OutageError(f"LinkedIn's access token {problem}", code="no_token", advice=ADVICE_SIGN_IN)
        return token

    async def _renewed(self, refused: str) -> bool:
        """Whether there is another token than the refused one. Many calls refused at once refresh once."""
        async with self._refreshing:
            if self._token() != refused:
                return True
            return self._refresh is not None and await self._refresh()

    async def _ask(self, method: str, url: URL, token: str) -> _Answer:
        headers = {
            "Authorization": f"Bearer {token}",
            "LinkedIn-Version": self._api_version,
            "X-Restli-Protocol-Version": "2.0.0",
            "Accept": "application/json",
        }
        try:
            async with (
                asyncio.timeout(self._deadline.total_seconds()),
                # A redirect would carry the token and the query to wherever it points.
                self._session.get(url, headers=headers, allow_redirects=False) as response,
            ):
                return _Answer(response.status, CIMultiDict(response.headers), await _read(method, response))
        except TimeoutError as error:
            seconds = f"{self._deadline.total_seconds():g} s"
            raise TemporaryError(f"LinkedIn did not answer {method} within {seconds}", code="timeout") from error
        except (aiohttp.ClientError, OSError) as error:
            # The error's own text may hold the URL; its kind says enough.
            kind = type(error).__name__
            raise TemporaryError(f"the connection to LinkedIn failed for {method} ({kind})", code=kind) from error


async def _read(method: str, response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > _MAX_BODY_BYTES:
            raise TemporaryError(f"LinkedIn's answer for {method} is larger than 32 MiB", code="too_large")
    return bytes(body)
