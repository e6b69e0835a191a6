"""Many single questions become few: while enough calls are under way, what else is asked waits and goes together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from bot.core.errors import PermanentError, TemporaryError, UpstreamError

_OFF_FOR = timedelta(hours=1)

#: The code of an error that stands for an id which the answer for many does not mention.
LEFT_OUT = "left_out"

Answer = TypeVar("Answer")


class Batcher(Generic[Answer]):
    """Asks for single things alone while there is time, and for many at once when there is not.

    Safe to use from many tasks. Owns the tasks that it starts: `close` it in the end.
    """

    def __init__(
        self,
        fetch_one: Callable[[str], Awaitable[Answer]],
        fetch_many: Callable[[Sequence[str]], Awaitable[Mapping[str, Answer | UpstreamError]]],
        *,
        now: Callable[[], datetime],
        single_at_once: int = 4,
        most: int = 50,
    ) -> None:
        """Both ask within a deadline of their own and raise UpstreamError. `most` ids go in one batch; an id that its
        answer leaves out is asked for alone.

        While fewer than `single_at_once` calls are under way, an id is asked for alone, without waiting.
        """
        self._fetch_one = fetch_one
        self._fetch_many = fetch_many
        self._now = now
        self._at_once = single_at_once
        self._most = most
        self._answers: dict[str, asyncio.Future[Answer]] = {}  #: of every id that is asked for now
        self._waiting: dict[str, None] = {}  #: those not asked for yet, oldest first
        self._left_out: set[str] = set()  #: those that an answer for many did not hold: they go alone
        self._calls: set[asyncio.Task[None]] = set()
        self._off_until: datetime | None = None
        self._is_closed = False

    async def fetch(self, key: str) -> Answer:
        """The answer for `key`. Raises its own UpstreamError; TemporaryError when closed meanwhile.

        Whoever asks for the same id meanwhile shares the call; a caller that is cancelled disturbs nobody.
        """
        answer = self._answers.get(key)
        if answer is None:
            if self._is_closed:
                raise _closing()
            answer = self._answers[key] = asyncio.get_running_loop().create_future()
            answer.add_done_callback(_look_at)
            self._waiting[key] = None
            self._start_calls()
        return await asyncio.shield(answer)

    async def close(self) -> None:
        """End every call under way; whoever waits gets TemporaryError. May be called twice."""
        self._is_closed = True
        self._waiting.clear()
        calls = list(self._calls)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        for key in list(self._answers):
            self._settle(key, _closing())

    def _start_calls(self) -> None:
        while self._waiting and len(self._calls) < self._at_once:
            keys = self._next()
            for key in keys:
                del self._waiting[key]
            call = asyncio.create_task(self._alone(keys[0]) if len(keys) == 1 else self._together(keys))
            self._calls.add(call)
            call.add_done_callback(self._ended)

    def _next(self) -> list[str]:
        """What to ask for now: many that may go together, or one."""
        together = [key for key in self._waiting if key not in self._left_out]
        first = next(iter(self._waiting))
        return together[: self._most] if first in together[:1] and self._may_batch() else [first]

    def _may_batch(self) -> bool:
        return self._off_until is None or self._now() >= self._off_until

    def _ended(self, call: asyncio.Task[None]) -> None:
        self._calls.discard(call)
        if not self._is_closed:
            self._start_calls()

    async def _alone(self, key: str) -> None:
        try:
            self._settle(key, await self._fetch_one(key))
        except Exception as error:  # a bug as well belongs to whoever asked, not to this task
            self._settle(key, error)

    async def _together(self, keys: list[str]) -> None:
        try:
            answers = await self._fetch_many(keys)
        except PermanentError:  # LinkedIn may not offer it: these go one by one, and so do the next ones for a while
            self._off_until = self._now() + _OFF_FOR
            self._waiting = dict.fromkeys(keys) | self._waiting
        except Exception as error:  # as above
            for key in keys:
                self._settle(key, error)
        else:
            left_out = [key for key in keys if _leaves_out(answers, key)]
            for key in set(keys).difference(left_out):
                self._settle(key, answers[key])
            self._left_out.update(left_out)
            self._waiting = dict.fromkeys(left_out) | self._waiting

    def _settle(self, key: str, outcome: Answer | Exception) -> None:
        self._left_out.discard(key)
        answer = self._answers.pop(key, None)
        if answer is None or answer.done():
            return
        if isinstance(outcome, Exception):
            answer.set_exception(outcome)
        else:
            answer.set_result(outcome)


def _closing() -> TemporaryError:
    return TemporaryError("Leadbell is stopping", code="closed")


def _leaves_out(answers: Mapping[str, object], key: str) -> bool:
    answer = answers.get(key)
    return answer is None or (isinstance(answer, UpstreamError) and answer.code == LEFT_OUT)


def _look_at(answer: asyncio.Future[Answer]) -> None:
    """Asked for by nobody any more, a failure must not be reported as forgotten."""
    if not answer.cancelled():
        answer.exception()
