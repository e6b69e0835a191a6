"""Who may talk to the demo's page: this machine's own browser, and no web page from elsewhere through it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import ClientError, web

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_BODY_DEADLINE = 15.0  # seconds


class Refused(Exception):
    """What was asked for cannot be done; the text is for the visitor."""

    def __init__(self, text: str, *, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


def is_loopback(host: str) -> bool:
    """Whether `host` (a name or an address, no port) means this machine and nothing else."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _is_own(authority: str, port: int) -> bool:
    """Whether `authority` ("127.0.0.1:8000") is this server. A name that merely resolves to loopback is not."""
    try:
        parts = urlsplit(f"//{authority}")
        return is_loopback(parts.hostname or "") and (parts.port or 80) == port
    except ValueError:
        return False


def _check(request: web.Request) -> None:
    """Raise Refused(403) for a rebound name or a foreign page, 415 for a body a foreign form could send."""
    address = request.transport.get_extra_info("sockname") if request.transport else None
    port = int(address[1]) if address else 0
    if not _is_own(request.headers.get("Host", ""), port):
        raise Refused("This page is only for the browser of this machine.", status=403)
    if request.method in ("GET", "HEAD"):
        return
    scheme, _, authority = request.headers.get("Origin", "http://localhost:" + str(port)).partition("://")
    if scheme != "http" or not _is_own(authority, port):
        raise Refused("Only the demo's own page may do this.", status=403)
    if request.content_type != "application/json":
        raise Refused("Please send JSON.", status=415)


@web.middleware
async def only_this_machine(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Refuse strangers, and answer every refusal as JSON `{"error": text}` without a trace of the inside."""
    try:
        _check(request)
        return await handler(request)
    except Refused as refusal:
        return web.json_response({"error": str(refusal)}, status=refusal.status)
    except web.HTTPException as refusal:
        return web.json_response({"error": refusal.reason}, status=refusal.status)
    except (ClientError, TimeoutError):
        return web.json_response({"error": "Leadbell did not answer. Is it still running?"}, status=502)


class Order:
    """The JSON object a page sent, read field by field. Every reading raises Refused for a wrong shape."""

    def __init__(self, fields: Mapping[str, object]) -> None:
        self._fields = fields

    @classmethod
    async def read(cls, request: web.Request) -> Order:
        """The request's body. Raises Refused(400 | 408) or web.HTTPRequestEntityTooLarge."""
        try:
            async with asyncio.timeout(_BODY_DEADLINE):
                fields = json.loads(await request.read())
        except TimeoutError:
            raise Refused("The request came too slowly.", status=408) from None
        except (ValueError, RecursionError):
            raise Refused("That is not JSON.") from None
        if not isinstance(fields, dict):
            raise Refused("A JSON object was expected.")
        return cls(fields)

    def text(self, name: str, default: str = "") -> str:
        """A text, `default` when absent or null."""
        value = self._fields.get(name)
        if value is None:
            return default
        if not isinstance(value, str) or len(value) > 2000:
            raise Refused(f"“{name}” must be a text.")
        return value

    def number(self, name: str) -> int | None:
        """A whole number, written as digits: LinkedIn's ids do not fit into JavaScript's numbers. None when absent."""
        value = self._fields.get(name)
        if value is None or value == "":
            return None
        digits = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 19):
            raise Refused(f"“{name}” must be a whole number.")
        return int(digits)

    def switch(self, name: str, *, default: bool = False) -> bool:
        """True or false, `default` when absent."""
        value = self._fields.get(name, default)
        if not isinstance(value, bool):
            raise Refused(f"“{name}” must be true or false.")
        return value

    def texts(self, name: str) -> dict[str, str]:
        """Texts by name, {} when absent."""
        value = self._fields.get(name) or {}
        if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
            raise Refused(f"“{name}” must be texts by name.")
        return dict(value)
