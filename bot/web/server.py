"""The one HTTP server: routes, limits, and answers that show nothing of the inside."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from bot.core.connection import CALLBACK_PATH, CONNECT_PATH
from bot.pipeline.subscribe import WEBHOOK_PATH
from bot.web.connect import ConnectPages
from bot.web.health import Health
from bot.web.webhooks import MAX_BODY_BYTES, LinkedInWebhook

_log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

#: aiohttp has no deadline for a request's head, only this one for idle sockets and heads.
_KEEP_ALIVE_SECONDS = 15.0

_SHUTDOWN_SECONDS = 3.0

#: After a refusal the rest of a body is read for so long that the sender can read why; aiohttp's default is 10 s.
_LINGERING_SECONDS = 1.0


def application(
    webhook: LinkedInWebhook, health: Health, slack: Handler | None, connect: ConnectPages | None = None
) -> web.Application:
    """The routes of contract §5 that this version serves."""
    app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[_no_inside])
    app.on_response_prepare.append(_without_versions)
    app.router.add_get(WEBHOOK_PATH, webhook.challenge, allow_head=False)
    app.router.add_post(WEBHOOK_PATH, webhook.notification)
    app.router.add_get("/livez", health.alive)
    app.router.add_get("/readyz", health.ready)
    if connect is not None:
        app.router.add_get(CONNECT_PATH, connect.start, allow_head=False)
        app.router.add_get(CALLBACK_PATH, connect.callback, allow_head=False)
    if slack is not None:
        app.router.add_post("/slack/events", slack)
    return app


@asynccontextmanager
async def serving(
    app: web.Application, host: str, port: int, *, head_deadline_seconds: float = _KEEP_ALIVE_SECONDS
) -> AsyncIterator[int]:
    """Serve until the block ends; yields the port that is listened on. On the way out running handlers may finish."""
    runner = web.AppRunner(
        app,
        keepalive_timeout=head_deadline_seconds,
        lingering_time=_LINGERING_SECONDS,
        shutdown_timeout=_SHUTDOWN_SECONDS,
        access_log=None,
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


async def _without_versions(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Server"] = "leadbell"


@web.middleware
async def _no_inside(request: web.Request, handler: Handler) -> web.StreamResponse:
    """An unexpected failure is logged without the request's content and answered without a word about the inside."""
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except Exception:
        _log.exception("request failed", extra={"path": request.path})
        return web.Response(status=500, text="something went wrong here\n")
