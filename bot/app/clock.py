"""The clock and the waits of the whole product."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.config.live.watching import Pace
from bot.core.retry import RetryPolicy
from bot.pipeline.pull import WEBHOOK_TIME


def utc_now() -> datetime:
    """The clock of the product: aware UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The waits of the whole product. The defaults are the product's; tests shorten them."""

    retry: RetryPolicy = field(default_factory=RetryPolicy)
    webhook_time: timedelta = WEBHOOK_TIME  #: a lead younger than this is not called missed
    timers: timedelta = timedelta(seconds=2)  #: how often leads on which nobody acts are looked for
    watching: Pace = field(default_factory=Pace)  #: of the rule file
    now: Callable[[], datetime] = utc_now
