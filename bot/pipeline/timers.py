"""What happens when nobody acts: reminders, offers, hand-backs, held leads, and the lists of the day. Sweeps."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.config.model import Config, Digest
from bot.core.errors import StoreUnavailable
from bot.core.work import Handling
from bot.pipeline.shift import Bell, Shift
from bot.ports import Digests, Timers

_log = logging.getLogger(__name__)

#: Leads in one transaction: a few hundredths of a second for everybody else.
_AT_ONCE = 50


def handling_of(config: Config) -> Handling:
    """What of the file decides about a lead after the rules have chosen."""
    return Handling(
        people=config.people,
        escalations=config.escalations,
        follow_up=config.follow_up,
        repeat_within=config.repeat_leads.within if config.repeat_leads else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Leads on which nobody acts, and leads that wait for a list."""

    timers: Timers
    digests: Digests
    shift: Shift

    async def sweep(self) -> None:
        """Do everything that is due. Idempotent; what cannot be stored now is done by the next sweep."""
        try:
            while await self.timers.fire(handling_of(self.shift.live()), limit=_AT_ONCE, now=self.shift.now()):
                self.shift.ring(Bell.DELIVERIES | Bell.EDITS)
        except StoreUnavailable as error:
            _log.warning("timers not stored", extra={"error": str(error)})

    async def sweep_digests(self) -> None:
        """Make every list whose hour has come since it was made last. Idempotent."""
        config, now = self.shift.live(), self.shift.now()
        try:
            for digest in config.digests.values():
                due = last_hour(digest, config.timezone, now)
                made = await self.digests.last_made(digest.name)
                if due is not None and (made is None or made < due):
                    count = await self.digests.make(digest.name, digest.post, now=now)
                    _log.info("digest made", extra={"digest": digest.name, "leads": count})
                    self.shift.ring(Bell.DELIVERIES)
        except StoreUnavailable as error:
            _log.warning("digest not stored", extra={"error": str(error)})


def last_hour(digest: Digest, timezone: str, now: datetime) -> datetime | None:
    """When this list was due last, at `now` or before; None when not within a week. Pure."""
    zone = ZoneInfo(timezone)
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    for back in range(8):
        day = today - timedelta(days=back)  # wall time: the day before, whatever the clock did
        due = day.replace(hour=digest.at // 60, minute=digest.at % 60)
        if due.astimezone(now.tzinfo) <= now and due.weekday() in digest.days:
            return due
    return None
