"""Words that nobody can guess, each good for one use within a while. Kept in memory: a restart voids all of them."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

#: A flood of new ones must not fill the memory; the oldest goes first.
_MOST = 50


What = TypeVar("What")


class Tickets(Generic[What]):
    """Makes and takes back one kind of ticket, each with what it is for."""

    def __init__(self, *, keep_for: timedelta, now: Callable[[], datetime]) -> None:
        self._keep_for = keep_for
        self._now = now
        self._open: dict[str, tuple[datetime, What]] = {}

    def make(self, what: What) -> str:
        """A new ticket for `what`, 43 characters that need no encoding in an address."""
        self._drop_old()
        while len(self._open) >= _MOST:
            del self._open[next(iter(self._open))]
        ticket = secrets.token_urlsafe(32)
        self._open[ticket] = (self._now() + self._keep_for, what)
        return ticket

    def take(self, given: str) -> What | None:
        """What it is for; None when it is not one of ours, was used, or is too old. It is used up by this."""
        self._drop_old()
        words = given.encode("utf-8", "replace")
        # all are compared, in constant time: how long the answer takes tells nothing
        fitting = [ticket for ticket in self._open if hmac.compare_digest(ticket.encode(), words)]
        return self._open.pop(fitting[0])[1] if fitting else None

    def _drop_old(self) -> None:
        now = self._now()
        self._open = {ticket: (end, what) for ticket, (end, what) in self._open.items() if now < end}
