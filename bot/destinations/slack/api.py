"""One call of Slack's Web API: an answer or one of our own errors, whatever the library or the network does."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.core.errors import MalformedMessage, OutageError, TemporaryError, UpstreamError
from bot.destinations.slack.errors import Refusal, classify, unclear

CALL_DEADLINE = timedelta(seconds=8)

#: An answer's fields. JSON from outside: every reader checks the type of what it takes.
Answer = Mapping[str, object]

_POINTER = re.compile(r"json-pointer:(/[\w/.\-]{0,80})")
_SCOPES = re.compile(r"[a-z_:.,]{1,80}")
_CODE = re.compile(r"[a-z0-9_.\-]{1,60}", re.IGNORECASE)


def web_client(*, token: str | None, url: str, session: aiohttp.ClientSession) -> AsyncWebClient:
    """Slack's client over our session, without its own retries (they would post twice).

    The library takes HTTPS_PROXY from the environment even for this machine's own address; a loopback address is
    always spoken to directly.
    """
    client = AsyncWebClient(token=token, base_url=url, session=session, retry_handlers=[])
    if _is_loopback(url):
        client.proxy = None
    return client


class SlackApi:
    """Calls methods by name. Every failure leaves as an UpstreamError whose text holds no value of the call."""

    def __init__(self, client: AsyncWebClient, *, deadline: timedelta = CALL_DEADLINE) -> None:
        self._client = client
        self._deadline = deadline.total_seconds()

    async def call(self, method: str, arguments: Mapping[str, object]) -> Answer:
        """Slack's answer to `method`, which said `ok`.

        Raises TemporaryError when nothing was sent, AmbiguousError when a post may have happened, others by
        bot.destinations.slack.errors.classify.
        """
        try:
            async with asyncio.timeout(self._deadline):
                return await self._ask(method, arguments)
        except SlackApiError as error:
            raise classify(_refusal(method, error)) from error
        except SlackClientError as error:
            raise MalformedMessage(f"Slack's library refused to send {method}") from error
        except aiohttp.ClientError as error:
            raise _broken(method, error) from error
        except TimeoutError as error:
            raise unclear(method, f"Slack did not answer {method} in time", code="timeout") from error
        except (AttributeError, TypeError, ValueError, LookupError) as error:
            # the library trips over answers that are no JSON object (200 text/plain: AttributeError)
            raise unclear(method, f"Slack's answer to {method} was unreadable", code="unreadable") from error

    async def _ask(self, method: str, arguments: Mapping[str, object]) -> Answer:
        if method.startswith("chat.") and method != "chat.getPermalink":
            response = await self._client.api_call(method, json=dict(arguments))
        else:
            # reading methods take forms only
            response = await self._client.api_call(method, data=_as_form(arguments))
        data = response.data
        if not isinstance(data, dict) or data.get("ok") is not True:
            # the library lets bytes pass as success
            raise ValueError("no JSON object that says ok")
        return data


def text_of(answer: Mapping[str, object], name: str) -> str:
    """The text field `name` of an answer, "" when it is missing or something else."""
    value = answer.get(name)
    return value if isinstance(value, str) else ""


def object_of(answer: Mapping[str, object], name: str) -> Answer:
    """The object field `name` of an answer, {} when it is missing or something else."""
    value = answer.get(name)
    return value if isinstance(value, dict) else {}


def objects_of(answer: Mapping[str, object], name: str) -> list[Answer]:
    """The objects in the list field `name` of an answer."""
    value = answer.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def next_page(answer: Answer) -> str:
    """The cursor of the next page, "" at the end."""
    return text_of(object_of(answer, "response_metadata"), "next_cursor")


def _as_form(arguments: Mapping[str, object]) -> dict[str, str]:
    return {name: _form_value(value) for name, value in arguments.items() if value is not None}


def _form_value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _refusal(method: str, error: SlackApiError) -> Refusal:
    # `.response` is an AsyncSlackResponse with dict, str or bytes, or a bare aiohttp ClientResponse
    response: Any = error.response
    data = getattr(response, "data", None)
    answer: Answer = data if isinstance(data, dict) else {}
    status = getattr(response, "status_code", None) or getattr(response, "status", None)
    return Refusal(
        method=method,
        code=_code(text_of(answer, "error")),
        status=status if isinstance(status, int) else 0,
        retry_after=_header(getattr(response, "headers", None), "retry-after"),
        detail=_detail(answer),
    )


def _code(text: str) -> str:
    return text if _CODE.fullmatch(text) else ("unreadable_code" if text else "")


def _header(headers: object, name: str) -> str:
    if not isinstance(headers, Mapping):
        return ""
    return next((str(value) for key, value in headers.items() if str(key).lower() == name), "")


def _detail(answer: Answer) -> str:
    needed = text_of(answer, "needed")
    if _SCOPES.fullmatch(needed):
        return f"needs {needed}"
    metadata = object_of(answer, "response_metadata")
    told = [*_texts(answer.get("errors")), *_texts(metadata.get("messages"))]
    # only the places: the sentences around them may quote what a lead wrote
    return ", ".join(dict.fromkeys(pointer for text in told for pointer in _POINTER.findall(text)))[:200]


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _broken(method: str, error: aiohttp.ClientError) -> UpstreamError:
    if isinstance(error, aiohttp.InvalidURL):
        return OutageError("SLACK_API_URL is no address", code="invalid_url", advice="Mend `slack: api_url`.")
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return TemporaryError(f"Slack could not be reached for {method}", code="unreachable")
    return unclear(method, f"the connection broke during {method}", code="disconnected")


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
