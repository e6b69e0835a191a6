"""Older leads, fetched by hand day by day, newest day first: an interrupted run goes on where it stopped."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.errors import PermanentError, UpstreamError
from bot.pipeline.pull import Pull, Window
from bot.ports import PullBook, Stream

DAY = timedelta(days=1)

#: LinkedIn keeps leads for 365 days at most (linkedin.md §3.3 of the notes: for some lead types for 90).
LONGEST = timedelta(days=365)

#: A day that was fetched so recently is not fetched again.
_STILL_KNOWN = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """Pulls single days of single streams."""

    pull: Pull
    book: PullBook
    patience: timedelta = timedelta(seconds=60)  #: a short pause is waited for, a long one is told

    async def _wait_while_held(self) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + self.patience.total_seconds()
        while await self.pull.is_held():
            if loop.time() >= end:
                raise PermanentError(
                    "LinkedIn is not to be called at the moment",
                    code="held",
                    advice="`leadbell doctor` says why. The same command fetches the rest later.",
                )
            await asyncio.sleep(min(1.0, self.patience.total_seconds()))

    async def days_left(self, stream: Stream, last: timedelta) -> list[datetime]:
        """The days of the last `last` that are still to be fetched, the newest first. Days are UTC's."""
        now = self.pull.shift.now()
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        count = -(-last // DAY)
        done = await self.book.days_pulled(stream, since=now - _STILL_KNOWN)
        days = [today - DAY * number for number in range(count + 1) if today - DAY * (number - 1) > now - last]
        return [day for day in days if day not in done]

    async def fetch_day(self, stream: Stream, day: datetime) -> int:
        """Enter what is missing of one day; the number of leads entered. Raises UpstreamError, StoreUnavailable.

        Harmless to repeat. What is older than `look_back` rings nobody; `end` lists it once for all days.
        """
        await self._wait_while_held()
        now = self.pull.shift.now()
        is_first = await self.book.progress(stream) is None
        end = day + DAY - timedelta(milliseconds=1)
        until = min(end, now - self.pull.webhook_time)  # the webhook has its moment with the newest leads
        if until < day:
            return 0
        try:
            entered = await self.pull.pull_window(stream, Window(since=day, until=until, is_first=is_first))
        except UpstreamError as error:
            await self.pull.heed(error)
            raise
        if until == end:
            await self.book.day_pulled(stream, day, now=now)
        return entered

    async def end(self, stream: Stream) -> None:
        """One list of what was found and rang nobody. Where it is never called, the stream's next pull makes it."""
        await self.pull.list_quiet(stream)
