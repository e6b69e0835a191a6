"""How many calls of each resource are left today."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from datetime import date, datetime

from bot.sandbox.linkedin.refusals import RefusedError


class DayQuota(MutableMapping[str, int]):
    """Calls left today by resource ("leadFormResponses"); one that is not listed has plenty.

    What is set counts until 00:00 UTC of `now()`; then there is plenty again.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._left: dict[str, tuple[date, int]] = {}

    def spend(self, resource: str) -> None:
        """One call. Raises RefusedError(429) in LinkedIn's words when none is left."""
        left = self.get(resource)
        if left is None:
            return
        if left <= 0:
            text = "Resource level throttle APPLICATION DAY limit for calls to this resource is reached."
            raise RefusedError(429, "TOO_MANY_REQUESTS", text, serviceErrorCode=101)
        self[resource] = left - 1

    def __getitem__(self, resource: str) -> int:
        day, left = self._left[resource]
        if day != self._now().date():
            raise KeyError(resource)
        return left

    def __setitem__(self, resource: str, left: int) -> None:
        self._left[resource] = (self._now().date(), left)

    def __delitem__(self, resource: str) -> None:
        del self._left[resource]

    def __iter__(self) -> Iterator[str]:
        return (resource for resource, (day, _) in self._left.items() if day == self._now().date())

    def __len__(self) -> int:
        return sum(1 for _ in self)
