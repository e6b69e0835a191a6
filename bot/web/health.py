"""Is it alive, and can it take leads? For load balancers, HEALTHCHECK and `leadbell health`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from bot.core.errors import StoreError

_STORE_DEADLINE_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """`can_store` commits a nothing; `is_stopping` says that the process is on its way out."""

    can_store: Callable[[], Awaitable[None]]
    is_stopping: Callable[[], bool]
    deadline_seconds: float = _STORE_DEADLINE_SECONDS

    async def alive(self, _request: web.Request) -> web.Response:
        """`GET /livez`: the loop turns."""
        return web.Response(text="alive\n")

    async def ready(self, _request: web.Request) -> web.Response:
        """`GET /readyz`: a lead that came now would be stored."""
        if self.is_stopping():
            return web.Response(status=503, text="stopping\n")
        try:
            async with asyncio.timeout(self.deadline_seconds):
                await self.can_store()
        except (StoreError, TimeoutError):
            return web.Response(status=503, text="the database cannot store\n")
        return web.Response(text="ready\n")
