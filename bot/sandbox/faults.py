"""What a stand-in shall do wrong, in order: refuse, answer late, answer nonsense, cut the connection."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from aiohttp import web

Drop = Literal["before", "midway", "after"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong. Without `status`, `body` and `drop` the call works, only late (`hang`)."""

    where: str = ""  #: the method's name or the path begins with this; "" = any
    status: int | None = field(default=None, kw_only=True)  #: answer with this instead; the call has no effect
    body: bytes | None = field(default=None, kw_only=True)  #: answer with this (200 unless `status`); no effect
    headers: Mapping[str, str] = field(default_factory=dict, kw_only=True)  #: of that answer, or added to the real one
    hang: float | None = field(default=None, kw_only=True)  #: seconds until the answer; the effect takes place first
    drop: Drop | None = field(default=None, kw_only=True)  #: cut the connection: before or after the effect, or midway
    times: int = field(default=1, kw_only=True)

    @property
    def is_answer(self) -> bool:
        """Whether the fault replaces the real answer, so that the call has no effect."""
        return self.status is not None or self.body is not None


class Faults:
    """The faults that are waiting, oldest first. Each is used `times` times, then forgotten."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Fault, int]] = []

    def add(self, fault: Fault) -> None:
        """Let the next matching calls go wrong like this, after those already waiting."""
        self._waiting.append((fault, fault.times))

    def take(self, where: str) -> Fault | None:
        """The fault for a call of `where`, used up once; None = the call works."""
        for place, (fault, left) in enumerate(self._waiting):
            if where.startswith(fault.where):
                if left <= 1:
                    del self._waiting[place]
                else:
                    self._waiting[place] = (fault, left - 1)
                return fault
        return None

    def clear(self) -> None:
        """Everything works again."""
        self._waiting.clear()


async def apply(
    fault: Fault | None, request: web.Request, effect: Callable[[], Awaitable[web.Response]]
) -> web.StreamResponse:
    """Answer `request` by `effect`, spoilt by `fault`. `effect` runs at most once, and before any hanging."""
    if fault is None:
        return await effect()
    if fault.drop == "before":
        await _wait(fault)
        return cut(request)
    response = _replacement(fault) if fault.is_answer else await effect()
    if not fault.is_answer:
        response.headers.update(fault.headers)
    await _wait(fault)
    if fault.drop == "midway":
        return await _half(request, response)
    return cut(request) if fault.drop == "after" else response


def cut(request: web.Request) -> web.Response:
    """Close the connection under `request`; what is returned reaches nobody."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _replacement(fault: Fault) -> web.Response:
    headers = dict(fault.headers)
    if not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = "application/json"
    return web.Response(status=fault.status or 200, body=fault.body or b"", headers=headers)


async def _wait(fault: Fault) -> None:
    if fault.hang is not None:
        await asyncio.sleep(fault.hang)


async def _half(request: web.Request, response: web.Response) -> web.StreamResponse:
    """Promise the whole body, send half of it, cut."""
    body = response.body if isinstance(response.body, bytes) else b"{}"
    started = web.StreamResponse(status=response.status, headers={"Content-Type": "application/json"})
    started.content_length = max(len(body), 2)
    await started.prepare(request)
    await started.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.abort()
    return started
