"""LinkedIn's OAuth 2.0: where the member consents, a code for tokens, a new access token, what a token is worth.

https://learn.microsoft.com/en-us/linkedin/shared/authentication/authorization-code-flow
https://learn.microsoft.com/en-us/linkedin/shared/authentication/programmatic-refresh-tokens
https://learn.microsoft.com/en-us/linkedin/shared/authentication/token-introspection
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

import aiohttp

from bot.core.connection import ADVICE_CONNECT, SCOPES, Grant, TokenFacts
from bot.core.errors import OutageError, RateLimited, SignInNeeded, TemporaryError, UpstreamError
from bot.sources.linkedin.wire import as_object, as_text, read_json

_log = logging.getLogger(__name__)

_PATH = "/oauth/v2"
_MAX_BODY_BYTES = 256 * 1024
_LONGEST_TOKEN = 16_384  # LinkedIn: about 500 characters, plan for 1000 and more
_LONGEST_LIFE_SECONDS = 10 * 365 * 86_400
_USUAL_PAUSE, _LONGEST_PAUSE_SECONDS = timedelta(seconds=60), 86_400

#: LinkedIn documents seconds, but its samples of a refresh token's life show 525600 and 439200: the minutes of a year
#: and of 305 days. A number below this may be either, so it says nothing.
_SHORTEST_REFRESH_LIFE_SECONDS = 1_000_000

#: LinkedIn's words for a code or refresh token that will never work (again); their sentences may change, these not.
_SPENT = frozenset({"invalid_grant", "invalid_request", "invalid_redirect_uri"})
#: Its words for an app that is not the one it says it is.
_WRONG_APP = frozenset({"invalid_client", "invalid_client_id", "unauthorized_client"})

_ADVICE_CONSENT = (
    "Begin again with `leadbell linkedin connect` and finish within 30 minutes. The redirect address that is "
    "registered at LinkedIn (Auth tab of your app) must be exactly the one that the command shows."
)
_ADVICE_APP = (
    "Check LINKEDIN_CLIENT_ID and LINKEDIN_CLIENT_SECRET against the Auth tab of your app at LinkedIn, then restart "
    "Leadbell."
)
_ADVICE_ADDRESS = "Check LINKEDIN_AUTH_URL (usually https://www.linkedin.com), and any proxy on the way."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    status: int
    retry_after: str
    content: Mapping[str, object]  #: empty when the body is no JSON object


class OAuth:
    """Implements bot.ports.Authority. Follows no redirect, which would carry the client secret to wherever it points.

    Raises OutageError when the app's own id or secret is refused: no token changes that, a person must.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        auth_url: str,
        client_id: str,
        client_secret: str,
        now: Callable[[], datetime],
        deadline: timedelta = timedelta(seconds=10),
    ) -> None:
        """`auth_url`: such as https://www.linkedin.com, without a slash at the end."""
        self._session = session
        self._auth_url = auth_url
        self._client_id = client_id
        self._client_secret = client_secret
        self._now = now
        self._deadline = deadline

    def consent_url(self, *, redirect_uri: str, state: str, scopes: Sequence[str] = SCOPES) -> str:
        """See bot.ports.Authority."""
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": redirect_uri,
            "state": state,
            "scope": " ".join(scopes),
        }
        return f"{self._auth_url}{_PATH}/authorization?{urlencode(query, quote_via=quote, safe='')}"

    async def exchange(self, code: str, *, redirect_uri: str) -> Grant:
        """See bot.ports.Authority. `redirect_uri` must be the very one of the consent."""
        asked_at = self._now()
        answer = await self._post(
            "accessToken",
            {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri},
            if_spent="the code of this sign-in has ended, was used already, or belongs to another redirect address",
            advice=_ADVICE_CONSENT,
        )
        return _grant(answer.content, asked_at, before=None)

    async def refresh(self, grant: Grant) -> Grant:
        """See bot.ports.Authority. The new grant keeps the refresh token where LinkedIn sends none back."""
        asked_at = self._now()
        answer = await self._post(
            "accessToken",
            {"grant_type": "refresh_token", "refresh_token": grant.refresh_token},
            if_spent="the sign-in of the connected account has ended or was withdrawn",
            advice=ADVICE_CONNECT,
        )
        return _grant(answer.content, asked_at, before=grant)

    async def introspect(self, token: str) -> TokenFacts:
        """See bot.ports.Authority. The token of another app is not active, and nothing else is said of it."""
        content = (await self._post("introspectToken", {"token": token})).content
        if not isinstance(content.get("active"), bool):
            raise TemporaryError("LinkedIn's answer about the token cannot be read", code="not_json")
        ends = _seconds(content.get("expires_at"))
        return TokenFacts(
            is_active=content["active"] is True,
            status=as_text(content.get("status")).lower()[:20],
            expires_at=None if ends is None else datetime.fromtimestamp(ends, UTC),
            scopes=_scopes(content.get("scope")),
        )

    async def _post(self, endpoint: str, form: Mapping[str, str], *, if_spent: str = "", advice: str = "") -> _Answer:
        """A 200 with a JSON object, else the error that the answer stands for."""
        if not (self._client_id and self._client_secret):
            # LinkedIn's word for a lacking parameter is the one for a dead refresh token
            raise OutageError("the id or the secret of the LinkedIn app is not set", code="no_app", advice=_ADVICE_APP)
        # encoded once, by the client: a secret may hold "=="
        answer = await self._send(
            endpoint, {**form, "client_id": self._client_id, "client_secret": self._client_secret}
        )
        if answer.status != 200 or not answer.content:
            raise classify(answer.status, answer.content, answer.retry_after, if_spent=if_spent, advice=advice)
        return answer

    async def _send(self, endpoint: str, form: Mapping[str, str]) -> _Answer:
        url = f"{self._auth_url}{_PATH}/{endpoint}"
        try:
            async with (
                asyncio.timeout(self._deadline.total_seconds()),
                self._session.post(
                    url, data=form, headers={"Accept": "application/json"}, allow_redirects=False
                ) as response,
            ):
                return _Answer(
                    status=response.status,
                    retry_after=response.headers.get("Retry-After", ""),
                    content=await _content(response),
                )
        except TimeoutError as error:
            raise TemporaryError("LinkedIn's sign-in server did not answer in time", code="timeout") from error
        except (aiohttp.ClientError, OSError) as error:
            kind = type(error).__name__  # its own text may hold the address
            raise TemporaryError(f"the connection to LinkedIn's sign-in server failed ({kind})", code=kind) from error


def classify(
    status: int, content: Mapping[str, object], retry_after: str = "", *, if_spent: str = "", advice: str = ""
) -> UpstreamError:
    """The error that an answer other than a good 200 stands for, by its status and its word `error`. Pure.

    `if_spent` says what has ended when LinkedIn refuses the code or refresh token itself, `advice` what to do then.
    """
    word = _word(content.get("error"))
    said = f"LinkedIn's sign-in server answered {status}" + (f" ({word})" if word else "")
    code = word or str(status)
    if status == 429:
        return RateLimited(said, code=code, retry_after=_wait(retry_after), method="oauth")
    if 300 <= status < 400 or (status == 404 and not word):
        return OutageError(said, code=code, advice=_ADVICE_ADDRESS)
    if status < 300:
        return TemporaryError("LinkedIn's sign-in server sent an answer that cannot be read", code="not_json")
    if status >= 500 or not word:  # a page of HTML or half an answer is a gateway's
        return TemporaryError(said, code=code)
    if word in _WRONG_APP:
        return OutageError(
            f"LinkedIn does not accept the client secret of your app ({word})", code=code, advice=_ADVICE_APP
        )
    if word in _SPENT and status in {400, 401} and if_spent:
        return SignInNeeded(f"{if_spent} ({word})", code=code, advice=advice)
    return OutageError(said, code=code, advice=_ADVICE_APP)


async def _content(response: aiohttp.ClientResponse) -> Mapping[str, object]:
    """The JSON object in the body; an empty one for HTML, half an answer, or more than any answer of theirs is."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > _MAX_BODY_BYTES:
            return {}
    try:
        return as_object(read_json(bytes(body)))
    except ValueError:
        return {}


def _word(value: object) -> str:
    """LinkedIn's word for what is wrong; anything that is no such word is left out of our own texts."""
    return value if isinstance(value, str) and re.fullmatch(r"[A-Za-z_]{1,60}", value) else ""


def _wait(retry_after: str) -> timedelta:
    asked = retry_after.strip()
    if not (asked.isascii() and asked.isdigit()):
        return _USUAL_PAUSE
    return timedelta(seconds=min(max(int(asked[:9]), 1), _LONGEST_PAUSE_SECONDS))


def _grant(content: Mapping[str, object], asked_at: datetime, *, before: Grant | None) -> Grant:
    """The tokens in an answer. Their lives are counted from when we asked, which is never too late."""
    access_token = _token(content.get("access_token"))
    if not access_token:
        raise TemporaryError("LinkedIn's answer holds no access token", code="no_token")
    told = _life(content.get("expires_in"))
    return Grant(
        access_token=access_token,
        expires_at=None if told is None else asked_at + told,
        refresh_token=_token(content.get("refresh_token")) or (before.refresh_token if before else ""),
        refresh_expires_at=_refresh_end(content.get("refresh_token_expires_in"), asked_at, before),
        scopes=_scopes(content.get("scope")) or (before.scopes if before else ()),
        connected_at=before.connected_at if before else asked_at,
        obtained_at=asked_at,
    )


def _token(value: object) -> str:
    is_token = isinstance(value, str) and value.isascii() and value.isprintable() and len(value) <= _LONGEST_TOKEN
    return str(value).strip() if is_token else ""


def _refresh_end(value: object, asked_at: datetime, before: Grant | None) -> datetime | None:
    """When the refresh token ends; None = not known. A doubtful number never makes a good token look dead."""
    told = _life(value)
    if told is not None and told.total_seconds() >= _SHORTEST_REFRESH_LIFE_SECONDS:
        return asked_at + told
    if told is not None:
        _log.warning("doubtful life of a refresh token", extra={"seconds": told.total_seconds()})
    return before.refresh_expires_at if before else None


def _life(value: object) -> timedelta | None:
    seconds = _seconds(value)
    return None if seconds is None or seconds > _LONGEST_LIFE_SECONDS else timedelta(seconds=seconds)


def _seconds(value: object) -> int | None:
    """A positive number of seconds, also as text; None = no such number."""
    text = as_text(value).strip().partition(".")[0]
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 and int(text) > 0 else None


def _scopes(value: object) -> tuple[str, ...]:
    """LinkedIn puts spaces between scopes in one place and commas in the next."""
    return tuple(word for word in re.split(r"[\s,]+", as_text(value)[:4000]) if word)
