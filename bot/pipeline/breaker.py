"""The breaker of one upstream: after several failures in a row it is left alone for a while, then asked carefully."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.errors import RateLimited, TemporaryError, UpstreamError
from bot.core.retry import breaker_wait
from bot.pipeline.shift import Shift


@dataclass(slots=True)
class Breaker:
    """Counts the failures of everybody who calls the upstream. What it closes is a pause like any other."""

    upstream: str
    shift: Shift
    failures: int = 0

    def answered(self) -> None:
        """The upstream gave a sane answer, a refusal included."""
        self.failures = 0

    async def failed(self, error: UpstreamError) -> None:
        """A call failed. Limits and outages close things themselves and are not counted."""
        if not isinstance(error, TemporaryError) or isinstance(error, RateLimited):
            return
        self.failures += 1
        if self.failures < self.shift.policy.breaker_failures:
            return
        await self.shift.pauses.close(
            self.upstream,
            wait=lambda strikes: breaker_wait(self.shift.policy, strikes=strikes),
            reason=f"{self.failures} calls in a row failed, the last one: {error}",
            now=self.shift.now(),
        )
