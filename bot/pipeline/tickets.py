"""Words that nobody can guess, each good for one use within a while. Kept in memory: a restart voids all of them."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

#: A flood of new ones must not fill the memory; the oldest goes first.
_MOST = 50


class Tickets:
    """Makes and takes back one kind of ticket."""

    def __init__(self, *, keep_for: timedelta, now: Callable[[], datetime]) -> None:
        self._keep_for = keep_for
        self._now = now
        self._ends: dict[str, datetime] = {}

    def make(self) -> str:
        """A new ticket, 43 characters that need no encoding in an address."""
        self._drop_old()
        while len(self._ends) >= _MOST:
            del self._ends[next(iter(self._ends))]
        ticket = secrets.token_urlsafe(32)
        self._ends[ticket] = self._now() + self._keep_for
        return ticket

    def take(self, given: str) -> bool:
        """Is it one of ours, not used and not too old? It is used up by this."""
        self._drop_old()
        words = given.encode("utf-8", "replace")
        # all are compared, in constant time: how long the answer takes tells nothing
        fitting = [ticket for ticket in self._ends if hmac.compare_digest(ticket.encode(), words)]
        for ticket in fitting:
            del self._ends[ticket]
        return bool(fitting)

    def _drop_old(self) -> None:
        now = self._now()
        self._ends = {ticket: end for ticket, end in self._ends.items() if now < end}
