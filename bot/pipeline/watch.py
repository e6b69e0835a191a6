"""Listens for the webhook's silence: a stream that is not heard is pulled more often, and somebody is told once."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from bot.core.errors import StoreUnavailable
from bot.core.listening import Sign, is_over, judge
from bot.pipeline.notices import listening
from bot.pipeline.shift import Bell, Shift
from bot.pipeline.streams import streams_of
from bot.ports import Stream, WatchBook

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Judges every stream of the file by what its webhook has brought."""

    book: WatchBook
    shift: Shift
    webhook: str  #: the address that LinkedIn posts to
    is_public: bool = True  #: LinkedIn can post there at all; otherwise only a subscription of ours expects it to

    async def sweep(self) -> None:
        """Look at every stream once. Idempotent."""
        try:
            now = self.shift.now()
            for stream in streams_of(self.shift.live().sources):
                await self._look(stream, now)
        except StoreUnavailable as error:
            _log.warning("watch not stored", extra={"error": str(error)})

    async def beat(self) -> None:
        """Note that the server runs, so that later it can be told when it did not."""
        try:
            await self.book.alive(now=self.shift.now())
        except StoreUnavailable as error:
            _log.warning("sign of life not stored", extra={"error": str(error)})

    async def _look(self, stream: Stream, now: datetime) -> None:
        heard = await self.book.heard(stream, is_public=self.is_public, now=now)
        raised = (await self.book.alarmed()).get((stream.owner, stream.lead_type))
        changed = ""
        if raised is None:
            if (alarm := judge(heard, now=now)) is not None:
                notice = listening.unheard(stream, alarm, self.webhook, self.shift.live().timezone, now)
                changed = f"not heard: {alarm.sign}"
                await self.book.raise_alarm(stream, alarm, notice, now=now)
        elif is_over(raised, heard):
            known_by = heard.challenge_at if raised.sign is Sign.UNCHALLENGED else None
            changed = "heard again"
            again = listening.heard_again(
                stream, raised.sign, self.webhook, known_by or now, is_expected=heard.expects_challenges
            )
            await self.book.end_alarm(stream, again, now=now)
        if changed:
            _log.warning("webhook " + changed, extra={"source": stream.source, "lead_type": stream.lead_type})
            self.shift.ring(Bell.DELIVERIES)
