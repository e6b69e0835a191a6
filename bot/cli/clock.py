"""How far this machine's clock is off, heard from the Date of answers that are asked for anyway."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import SimpleNamespace
from urllib.parse import urlsplit

import aiohttp

from bot.core.area import Area, in_words
from bot.core.findings import Finding

_AREA = Area("clock")

#: Slack's requests are refused when they seem this old or this far ahead.
#: https://docs.slack.dev/authentication/verifying-requests-from-slack
_REFUSED = timedelta(minutes=5)
_ODD = timedelta(seconds=60)

_ADVICE = "Set the clock by NTP (timedatectl set-ntp true): Slack's requests are refused once it is five minutes off."


class Clock:
    """Listens to the answers of those hosts whose clock is worth believing."""

    def __init__(self, hosts: Mapping[str, str], *, now: Callable[[], datetime]) -> None:
        """`hosts`: who is asked ("Slack") -> an address of theirs."""
        self._names = {urlsplit(address).netloc: name for name, address in hosts.items()}
        self._now = now
        self._off: dict[str, timedelta] = {}

    def trace(self) -> aiohttp.TraceConfig:
        """For each session whose answers are heard."""
        trace = aiohttp.TraceConfig()
        trace.on_request_end.append(self._hear)
        return trace

    async def _hear(
        self, _session: aiohttp.ClientSession, _context: SimpleNamespace, heard: aiohttp.TraceRequestEndParams
    ) -> None:
        name = self._names.get(heard.url.authority)
        told = _time(heard.response.headers.get("Date", ""))
        if name is None or told is None:
            return
        off = self._now() - told
        if abs(off) <= abs(self._off.get(name, off)):  # an answer that took long looks more wrong than we are
            self._off[name] = off

    def findings(self) -> Iterator[Finding]:
        """One for each host that answered, or why there is none."""
        for name, off in sorted(self._off.items()):
            said = f"It is {in_words(off)} {'ahead of' if off > timedelta(0) else 'behind'} {name}'s."
            if abs(off) > _REFUSED:
                yield _AREA.failed(name, said, _ADVICE)
            elif abs(off) > _ODD:
                yield _AREA.warning(name, said, _ADVICE)
            else:
                yield _AREA.ok(name, f"It agrees with {name}'s.")
        if not self._off:
            yield _AREA.skipped("clock", "Nobody answered whose clock it could be compared with.")


def _time(date: str) -> datetime | None:
    """The instant in a Date header; None = there is none."""
    try:
        told = parsedate_to_datetime(date)
    except (TypeError, ValueError):
        return None
    return told if told.tzinfo is not None else told.replace(tzinfo=UTC)
