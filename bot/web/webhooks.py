"""LinkedIn's address: the ownership challenge and the notifications. Reads bytes, hands them over, answers a status."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from aiohttp import web

from bot.core.errors import RejectedRequest, StoreUnavailable
from bot.pipeline.receive import Reception

_log = logging.getLogger(__name__)

MAX_BODY_BYTES = 256 * 1024
BODY_DEADLINE_SECONDS = 15.0

_RETRY_AFTER_SECONDS = "5"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedInWebhook:
    """`GET` and `POST /linkedin/webhook` (contract §5)."""

    reception: Reception
    body_deadline_seconds: float = BODY_DEADLINE_SECONDS

    async def challenge(self, request: web.Request) -> web.Response:
        """Prove that the address is ours; answers UUIDs only, because the same key signs the notifications."""
        try:
            answer = await self.reception.challenge(request.query)
        except RejectedRequest as rejected:
            return refusal(rejected)
        return web.json_response(answer)

    async def notification(self, request: web.Request) -> web.Response:
        """200 once everything in the request is committed, and not before."""
        try:
            body = await read_body(request, self.body_deadline_seconds)
            await self.reception.receive(request.headers, body)
        except RejectedRequest as rejected:
            _log.warning("webhook refused", extra={"status": rejected.status, "reason": rejected.reason})
            return refusal(rejected)
        except StoreUnavailable as error:
            _log.error("webhook not stored", extra={"error": str(error)})  # the stack says nothing more
            return web.Response(status=503, text="could not be stored\n", headers={"Retry-After": _RETRY_AFTER_SECONDS})
        return web.Response(text="ok\n")


async def read_body(request: web.Request, deadline_seconds: float) -> bytes:
    """The raw bytes. Raises RejectedRequest: 413 over the server's limit, 408 when they drip in, 400 when cut off."""
    try:
        async with asyncio.timeout(deadline_seconds):
            return await request.read()
    except TimeoutError as error:
        raise RejectedRequest(408, "the body came too slowly") from error
    except web.HTTPRequestEntityTooLarge as error:
        raise RejectedRequest(413, "the body is too large") from error
    except (web.RequestPayloadError, ConnectionError) as error:
        request.content.feed_eof()  # called read: aiohttp would try to skip the rest, fail once more and log a stack
        raise RejectedRequest(400, "the body was cut off") from error


def refusal(rejected: RejectedRequest) -> web.Response:
    """A refusal as an answer; after half a body the connection cannot be used any further."""
    response = web.Response(status=rejected.status, text=f"{rejected.reason}\n")
    if rejected.status in {400, 408, 413}:
        response.force_close()
    return response
