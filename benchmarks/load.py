"""The load: signed webhooks over keep-alive connections, as fast as they are acknowledged or at a fixed rate.

Written on bare sockets' protocols, because a full HTTP client would cost more than the floors it loads.
"""

from __future__ import annotations

import asyncio
import gc
import ssl
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from benchmarks.leads import CLIENT_SECRET, SIGNATURE_HEADER, notification, signature

SENDERS = 32
_MOST_CONNECTIONS = 256
_PATIENCE_SECONDS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the webhooks go, and the secret they are signed with."""

    url: str
    secret: str = CLIENT_SECRET

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or (443 if self.is_secure else 80)

    @property
    def is_secure(self) -> bool:
        return urlsplit(self.url).scheme == "https"

    def request(self, number: int) -> bytes:
        """The whole request for one lead, signed."""
        parts = urlsplit(self.url)
        body = notification(number)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {parts.netloc.rpartition('@')[2]}\r\nContent-Type: application/json\r\n"
            f"{SIGNATURE_HEADER}: {signature(body, self.secret)}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


@dataclass(slots=True)
class Acks:
    """What became of the webhooks of one scene."""

    sent_at: dict[int, float] = field(default_factory=dict)  #: lead -> when it was due to be sent (monotonic)
    seconds: dict[int, float] = field(default_factory=dict)  #: lead -> until its 2xx was there
    refused: int = 0  #: any other answer, or none
    took: float = 0.0

    def heed(self, number: int, status: int) -> None:
        """An answer came."""
        if 200 <= status < 300:
            self.seconds[number] = time.monotonic() - self.sent_at[number]
        else:
            self.refused += 1


class _Connection(asyncio.Protocol):
    """One keep-alive connection with at most one request under way."""

    def __init__(self, on_answer: Callable[[_Connection, int], None]) -> None:
        self.on_answer = on_answer
        self.number = 0
        self._transport: asyncio.Transport | None = None
        self._read = b""
        self._is_busy = False
        self._is_last = False  # the server said that it closes

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def send(self, number: int, request: bytes) -> None:
        """Write it at once; `on_answer` is called with the status, 0 when the connection broke."""
        self.number, self._is_busy = number, True
        if self._transport is None:
            self._answered(0)
        else:
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, separator, rest = self._read.partition(b"\r\n\r\n")
        if separator and self._is_whole(head, rest):
            self._read = b""
            self._answered(int(head[9:12]))

    def _is_whole(self, head: bytes, rest: bytes) -> bool:
        length = 0
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b":")
            match name.lower():
                case b"content-length":
                    length = int(value)
                case b"transfer-encoding":
                    return rest.endswith(b"0\r\n\r\n")
                case b"connection":
                    self._is_last = value.strip().lower() == b"close"
        return len(rest) >= length

    def connection_lost(self, _exc: Exception | None) -> None:
        self._transport = None
        if self._is_busy:
            self._answered(0)

    @property
    def is_usable(self) -> bool:
        """Whether another request may go over it."""
        return self._transport is not None and not self._is_last and not self._transport.is_closing()

    def close(self) -> None:
        """Drop it; nothing more is told."""
        self.on_answer = lambda _connection, _status: None
        if self._transport is not None:
            self._transport.abort()

    def _answered(self, status: int) -> None:
        self._is_busy = False
        self.on_answer(self, status)


async def _connect(address: Address, on_answer: Callable[[_Connection, int], None]) -> _Connection:
    secure = ssl.create_default_context() if address.is_secure else None
    _, connection = await asyncio.get_running_loop().create_connection(
        lambda: _Connection(on_answer), address.host, address.port, ssl=secure
    )
    return connection


class Saturation:
    """32 senders, each sending its next webhook when its last was answered."""

    def __init__(self, address: Address, numbers: Iterator[int]) -> None:
        self._address = address
        self._numbers = numbers
        self._acks = Acks()
        self._connections: list[_Connection] = []

    async def run(self, *, seconds: float, most: int | None = None) -> Acks:
        """For so long, or until `most` were sent; then wait for the last answers. Raises OSError, TimeoutError."""
        self._most = most
        try:
            async with asyncio.timeout(seconds + _PATIENCE_SECONDS), asyncio.TaskGroup() as self._opening:
                self._connections = [await _connect(self._address, self._answered) for _ in range(SENDERS)]
                self._senders, self._all_done = SENDERS, asyncio.get_running_loop().create_future()
                with _without_gc():
                    began = time.monotonic()
                    self._ends = began + seconds
                    for connection in self._connections:
                        self._next(connection)
                    self._acks.took = await self._all_done - began
        finally:
            for connection in self._connections:
                connection.close()
        return self._acks

    def _next(self, connection: _Connection) -> None:
        now = time.monotonic()
        if now >= self._ends or (self._most is not None and len(self._acks.sent_at) >= self._most):
            self._senders -= 1
            if self._senders == 0:
                self._all_done.set_result(now)
        elif connection.is_usable:
            number = next(self._numbers)
            request = self._address.request(number)
            self._acks.sent_at[number] = time.monotonic()
            connection.send(number, request)
        else:
            self._opening.create_task(self._replace(connection))

    async def _replace(self, connection: _Connection) -> None:
        self._connections.remove(connection)
        self._connections.append(await _connect(self._address, self._answered))
        self._next(self._connections[-1])

    def _answered(self, connection: _Connection, status: int) -> None:
        self._acks.heed(connection.number, status)
        self._next(connection)


class OpenLoop:
    """Webhooks at fixed times whatever the answers do; every wait counts from the time a webhook was due."""

    def __init__(self, address: Address, numbers: Iterator[int]) -> None:
        self._address = address
        self._numbers = numbers
        self._idle: deque[_Connection] = deque()
        self._queued: deque[tuple[int, bytes]] = deque()
        self._acks = Acks()
        self._opened = 0
        self._settled = asyncio.Event()

    async def run(self, *, rate: float, seconds: float) -> Acks:
        """Send for so long, then wait for the last answers."""
        acks, loop = self._acks, asyncio.get_running_loop()
        async with asyncio.TaskGroup() as opening:
            self._opening = opening
            for _ in range(8):
                self._open()
            began = loop.time() + 0.05
            with _without_gc():
                for index in range(max(1, round(rate * seconds))):
                    number = next(self._numbers)
                    request = self._address.request(number)
                    due = began + index / rate
                    await asyncio.sleep(due - loop.time())
                    acks.sent_at[number] = due
                    self._send(number, request)
                await self._answers()
        acks.took = loop.time() - began
        acks.refused += len(acks.sent_at) - len(acks.seconds) - acks.refused  # those that never got an answer
        for connection in self._idle:
            connection.close()
        return acks

    def _send(self, number: int, request: bytes) -> None:
        while self._idle:
            connection = self._idle.popleft()
            if connection.is_usable:
                connection.send(number, request)
                return
            self._opened -= 1
        self._queued.append((number, request))
        self._open()

    def _open(self) -> None:
        if self._opened < _MOST_CONNECTIONS:
            self._opened += 1
            self._opening.create_task(self._connect())

    async def _connect(self) -> None:
        self._free(await _connect(self._address, self._answered))

    def _answered(self, connection: _Connection, status: int) -> None:
        self._acks.heed(connection.number, status)
        self._settled.set()
        self._free(connection)

    def _free(self, connection: _Connection) -> None:
        if not connection.is_usable:
            self._opened -= 1
            if self._queued:
                self._open()
        elif self._queued:
            connection.send(*self._queued.popleft())
        else:
            self._idle.append(connection)

    async def _answers(self) -> None:
        acks = self._acks
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while len(acks.seconds) + acks.refused < len(acks.sent_at):
                    self._settled.clear()
                    await self._settled.wait()
        except TimeoutError:
            return


@contextmanager
def _without_gc() -> Iterator[None]:
    """A pause of our own collector would look like one of theirs."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
