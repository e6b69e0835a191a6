"""`/linkedin/connect` and `/linkedin/callback`: the member's browser on its way to LinkedIn's consent and back.

What comes in a query is neither logged nor shown: it holds a ticket, a code, or a stranger's text.
"""

from __future__ import annotations

import html
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from bot.core.connection import SCOPES
from bot.core.errors import BotError, RejectedRequest
from bot.pipeline.connection import Connection

_log = logging.getLogger(__name__)

#: The addresses of these pages hold secrets of one use: nobody keeps them, and no other page is told of them.
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} - Leadbell</title>
<style>
  body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 12vh auto; padding: 0 1.25rem }}
  h1 {{ font-size: 1.6rem; line-height: 1.2 }}
</style>
<h1>{title}</h1>
{paragraphs}
</html>
"""

Command = Callable[[Mapping[str, object]], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class ConnectPages:
    """The two pages. To be routed for GET only: a HEAD would use a ticket up."""

    connection: Connection

    async def start(self, request: web.Request) -> web.Response:
        """`GET /linkedin/connect?ticket=`: on to LinkedIn; 403 for any but a good ticket."""
        try:
            address = self.connection.consent(request.query.get("ticket", ""))
        except RejectedRequest as rejected:
            return _refusal(rejected)
        return web.Response(status=302, headers={**_HEADERS, "Location": address})

    async def callback(self, request: web.Request) -> web.Response:
        """`GET /linkedin/callback`: LinkedIn sends the browser back, with a code or with a refusal."""
        try:
            await self.connection.finish(dict(request.query))
        except RejectedRequest as rejected:
            return _refusal(rejected)
        return _page(200, "LinkedIn is connected", [*self.connection.remarks(), "You can close this page."])


def connection_commands(connection: Connection) -> dict[str, Command]:
    """What the private socket does for `leadbell linkedin`. No token passes through it."""

    async def connect(arguments: Mapping[str, object]) -> object:
        address = f"{connection.connect_url}?ticket={connection.ticket(_scopes(arguments))}"
        return {"url": address, "redirect_uri": connection.redirect_uri, "connected_at": _iso(connection.connected_at)}

    async def consent_url(arguments: Mapping[str, object]) -> object:
        return {"url": connection.consent_url(_scopes(arguments)), "redirect_uri": connection.redirect_uri}

    async def finish(arguments: Mapping[str, object]) -> object:
        await connection.finish(_texts(arguments.get("query")))
        return await status({})

    async def renew(_arguments: Mapping[str, object]) -> object:
        await connection.keep()
        return await status({})

    async def status(_arguments: Mapping[str, object]) -> object:
        return {
            "alive": bool(connection.token()),
            "connected_at": _iso(connection.connected_at),
            "refusal": connection.refusal,
            "remarks": list(connection.remarks()),
        }

    return {
        "linkedin-connect": connect,
        "linkedin-consent-url": consent_url,
        "linkedin-finish": finish,
        "linkedin-renew": renew,
        "linkedin-status": status,
    }


def _scopes(arguments: Mapping[str, object]) -> Sequence[str]:
    """All permissions, without those that the app may not ask for."""
    without = arguments.get("without", [])
    return tuple(scope for scope in SCOPES if not isinstance(without, list) or scope not in without)


def _texts(value: object) -> dict[str, str]:
    if isinstance(value, dict) and all(isinstance(each, str) for pair in value.items() for each in pair):
        return value
    raise BotError("the parts of LinkedIn's answer were expected")


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None


def _refusal(rejected: RejectedRequest) -> web.Response:
    _log.warning("connecting refused", extra={"status": rejected.status, "reason": rejected.reason})
    return _page(rejected.status, "LinkedIn was not connected", [rejected.reason])


def _page(status: int, title: str, paragraphs: Sequence[str]) -> web.Response:
    body = "\n".join(f"<p>{html.escape(each)}</p>" for each in paragraphs)
    text = _PAGE.format(title=html.escape(title), paragraphs=body)
    return web.Response(status=status, text=text, content_type="text/html", headers=_HEADERS)
