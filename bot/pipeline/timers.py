"""What happens when nobody acts: reminders, offers, hand-backs, held leads, and the lists of the day. Sweeps."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.config.model import Config, Digest
from bot.core.errors import StoreUnavailable
from bot.core.people import People
from bot.core.work import Handling
from bot.pipeline.notices import timers as notices
from bot.pipeline.shift import Bell, Shift
from bot.ports import Digests, Timers, TimerWords

_log = logging.getLogger(__name__)

#: Timers in one transaction: a hundredth of a second for everybody else.
_AT_ONCE = 50

#: A list that was made later than this from now comes from a clock that was set back since.
_CLOCK_SLACK = timedelta(minutes=1)

_WORDS = TimerWords(stuck=notices.stuck, unreached=notices.unreached)


def handling_of(config: Config) -> Handling:
    """What of the file decides about a lead after the rules have chosen."""
    return Handling(
        people=config.people,
        escalations=config.escalations,
        follow_up=config.follow_up,
        repeat_within=config.repeat_leads.within if config.repeat_leads else None,
        destinations=frozenset(_destinations(config)),
    )


def _destinations(config: Config) -> Iterator[str]:
    if config.slack is not None:
        yield "slack"
    if config.email is not None and config.email.smtp is not None:
        yield "email"


@dataclass(slots=True, kw_only=True)
class Waiting:
    """Leads on which nobody acts, and leads that wait for a list."""

    timers: Timers
    digests: Digests
    shift: Shift
    _people: People | None = field(default=None, init=False)  #: among whom owners of held leads were looked for last

    async def sweep(self) -> None:
        """Do everything that is due. Idempotent; what cannot be stored now is done by the next sweep."""
        try:
            await self._look_for_owners()
            while await self._fire():
                self.shift.ring(Bell.DELIVERIES | Bell.EDITS)
        except StoreUnavailable as error:
            _log.warning("timers not stored", extra={"error": str(error)})

    async def _look_for_owners(self) -> None:
        """At the start and after a change of the people: who was held may have somebody now."""
        people = self.shift.live().people
        if people != self._people:
            await self.timers.look_for_owners(now=self.shift.now())
            self._people = people

    async def _fire(self) -> int:
        handling = handling_of(self.shift.live())
        return await self.timers.fire(handling, _WORDS, limit=_AT_ONCE, now=self.shift.now())

    async def sweep_digests(self) -> None:
        """Make every list whose hour has come since it was made last. Idempotent."""
        config = self.shift.live()
        try:
            for digest in config.digests.values():
                await self._make_if_due(digest, config.timezone)
        except StoreUnavailable as error:
            _log.warning("digest not stored", extra={"error": str(error)})

    async def _make_if_due(self, digest: Digest, timezone: str) -> None:
        now = self.shift.now()
        made = await self.digests.last_made(digest.name)
        if made is None:
            await self.digests.begin(digest.name, now=now)  # an hour before there was this list is none of its hours
            return
        due = last_hour(digest, timezone, now)
        if (due is not None and made < due) or made > now + _CLOCK_SLACK:
            count = await self.digests.make(digest.name, digest.post, now=now)
            _log.info("digest made", extra={"digest": digest.name, "leads": count})
            self.shift.ring(Bell.DELIVERIES)


def last_hour(digest: Digest, timezone: str, now: datetime) -> datetime | None:
    """When this list was due last, at `now` or before; None when not within a week. Pure.

    An hour that a clock change repeats is the first of the two, one that it skips comes an hour later.
    """
    zone = ZoneInfo(timezone)
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    for back in range(8):
        day = today - timedelta(days=back)  # wall time: the day before, whatever the clock did
        due = day.replace(hour=digest.at // 60, minute=digest.at % 60).astimezone(now.tzinfo)
        if due <= now and day.weekday() in digest.days:
            return due
    return None
