"""Single questions that become one when there are many."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from bot.core.errors import NotFound, PermanentError, TemporaryError, UpstreamError
from bot.sources.linkedin.batching import Batcher
from tests.sources.linkedin.loopback import NOON, Reply, a_loopback


@dataclass
class Other:
    """Who is asked. Calls wait at the gate; what fails is laid down."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    singles: list[str] = field(default_factory=list)
    batches: list[list[str]] = field(default_factory=list)
    failures: dict[str, Exception] = field(default_factory=dict)
    batch_failure: Exception | None = None
    left_out: set[str] = field(default_factory=set)
    under_way: int = 0
    most_under_way: int = 0
    now: datetime = NOON

    async def one(self, key: str) -> str:
        self.singles.append(key)
        await self._wait()
        if key in self.failures:
            raise self.failures[key]
        return f"answer {key}"

    async def many(self, keys: Sequence[str]) -> Mapping[str, str | UpstreamError]:
        self.batches.append(list(keys))
        await self._wait()
        if self.batch_failure is not None:
            raise self.batch_failure
        found: dict[str, str | UpstreamError] = {}
        for key in keys:
            failure = self.failures.get(key)
            if key not in self.left_out:
                found[key] = failure if isinstance(failure, UpstreamError) else f"answer {key}"
        return found

    async def _wait(self) -> None:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await self.gate.wait()
        finally:
            self.under_way -= 1


@asynccontextmanager
async def a_batcher(*, single_at_once: int = 2, most: int = 5) -> AsyncIterator[tuple[Other, Batcher[str]]]:
    other = Other()
    batcher = Batcher(other.one, other.many, now=lambda: other.now, single_at_once=single_at_once, most=most)
    try:
        yield other, batcher
    finally:
        await batcher.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(3):
        while not condition():
            await asyncio.sleep(0)


def ask(batcher: Batcher[str], keys: Sequence[str]) -> list[asyncio.Task[str]]:
    return [asyncio.create_task(batcher.fetch(key)) for key in keys]


async def outcomes(asked: Sequence[asyncio.Task[str]]) -> list[object]:
    async with asyncio.timeout(3):
        return list(await asyncio.gather(*asked, return_exceptions=True))


async def test_while_there_is_time_each_is_asked_alone_and_at_once() -> None:
    async with a_batcher() as (other, batcher):
        asked = ask(batcher, "ab")
        await until(lambda: other.singles == ["a", "b"])
        other.gate.set()

        assert await outcomes(asked) == ["answer a", "answer b"]
    assert other.batches == []


async def test_what_comes_while_enough_is_under_way_goes_together_in_order() -> None:
    async with a_batcher() as (other, batcher):
        asked = ask(batcher, "abcdefghi")
        await until(lambda: len(other.singles) == 2)
        await asyncio.sleep(0)
        assert other.batches == []
        other.gate.set()

        assert await outcomes(asked) == [f"answer {key}" for key in "abcdefghi"]
    assert other.singles == ["a", "b"]
    assert other.batches == [["c", "d", "e", "f", "g"], ["h", "i"]]
    assert other.most_under_way == 2


async def test_a_single_one_that_waited_is_asked_alone() -> None:
    async with a_batcher() as (other, batcher):
        asked = ask(batcher, "abc")
        await until(lambda: len(other.singles) == 2)
        other.gate.set()
        await outcomes(asked)

    assert (other.singles, other.batches) == (["a", "b", "c"], [])


async def test_the_same_one_asked_for_by_many_costs_one_call() -> None:
    async with a_batcher() as (other, batcher):
        asked = ask(batcher, "aaaa")
        await until(lambda: bool(other.singles))
        other.gate.set()

        assert await outcomes(asked) == ["answer a"] * 4
        assert other.singles == ["a"]
        assert await batcher.fetch("a") == "answer a"
    assert other.singles == ["a", "a"]  # nothing is remembered


async def test_each_gets_its_own_failure() -> None:
    async with a_batcher() as (other, batcher):
        gone, later = NotFound("gone"), TemporaryError("later")
        other.failures = {"a": gone, "c": later}
        asked = ask(batcher, "abcde")
        await until(lambda: len(other.singles) == 2)
        other.gate.set()
        found = await outcomes(asked)

    assert found == [gone, "answer b", later, "answer d", "answer e"]


async def test_whom_the_answer_for_many_leaves_out_is_asked_for_alone() -> None:
    async with a_batcher() as (other, batcher):
        other.left_out = {"c", "d", "e"}
        asked = ask(batcher, "abcde")
        await until(lambda: len(other.singles) == 2)
        other.gate.set()

        assert await outcomes(asked) == [f"answer {key}" for key in "abcde"]
    assert other.batches == [["c", "d", "e"]]
    assert sorted(other.singles) == list("abcde")


async def test_a_failed_batch_is_everybodys_failure() -> None:
    async with a_batcher() as (other, batcher):
        other.batch_failure = TemporaryError("busy")
        asked = ask(batcher, "abcd")
        await until(lambda: len(other.singles) == 2)
        other.gate.set()

        assert await outcomes(asked) == ["answer a", "answer b", other.batch_failure, other.batch_failure]
    assert len(other.batches) == 1


async def test_where_batches_are_refused_all_go_one_by_one_for_an_hour() -> None:
    async with a_batcher() as (other, batcher):
        other.batch_failure = PermanentError("no such thing")
        other.gate.set()
        first = await outcomes(ask(batcher, "abcdefgh"))
        batches_at_first = len(other.batches)
        other.now = NOON + timedelta(minutes=59)
        second = await outcomes(ask(batcher, "ijklm"))
        batches_within_the_hour = len(other.batches)
        other.now, other.batch_failure = NOON + timedelta(hours=1), None
        third = await outcomes(ask(batcher, "nopqr"))

    assert first == [f"answer {key}" for key in "abcdefgh"]
    assert second == [f"answer {key}" for key in "ijklm"]
    assert third == [f"answer {key}" for key in "nopqr"]
    assert batches_at_first in {1, 2}  # two may have been under way
    assert batches_within_the_hour == batches_at_first
    assert len(other.batches) > batches_at_first
    assert sorted(other.singles[:8]) == list("abcdefgh")


async def test_who_is_cancelled_disturbs_nobody() -> None:
    async with a_batcher() as (other, batcher):
        asked = ask(batcher, "aabcdd")
        await until(lambda: len(other.singles) == 2)
        for number in (0, 3, 4):
            asked[number].cancel()
        await asyncio.sleep(0)
        other.gate.set()
        found = await outcomes(asked)

    assert [found[number] for number in (1, 2, 5)] == ["answer a", "answer b", "answer d"]
    assert all(isinstance(found[number], asyncio.CancelledError) for number in (0, 3, 4))


async def test_a_failure_that_nobody_waits_for_any_more_is_no_noise() -> None:
    noise: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: noise.append(context))
    async with a_batcher() as (other, batcher):
        other.failures = {"a": NotFound("gone")}
        (asked,) = ask(batcher, "a")
        await until(lambda: bool(other.singles))
        asked.cancel()
        await asyncio.sleep(0)
        other.gate.set()
        await until(lambda: other.under_way == 0)
    del batcher, asked

    assert noise == []


async def test_a_bug_reaches_who_asked_and_the_next_one_is_served() -> None:
    async with a_batcher() as (other, batcher):
        other.failures = {"a": ZeroDivisionError()}
        other.gate.set()
        with pytest.raises(ZeroDivisionError):
            await batcher.fetch("a")

        assert await batcher.fetch("b") == "answer b"
        other.batch_failure = ZeroDivisionError()
        found = await outcomes(ask(batcher, "cdef"))

    assert found[:2] == ["answer c", "answer d"]
    assert all(isinstance(failure, ZeroDivisionError) for failure in found[2:])


async def test_closing_ends_what_is_under_way_and_what_waits() -> None:
    async with a_batcher() as (other, batcher):
        asked = ask(batcher, "abcd")
        await until(lambda: len(other.singles) == 2)

        await batcher.close()
        found = await outcomes(asked)
        with pytest.raises(TemporaryError):
            await batcher.fetch("e")
        await batcher.close()

    assert all(isinstance(failure, TemporaryError) for failure in found)
    assert other.under_way == 0
    assert len(other.singles) == 2


async def test_leads_by_the_client_go_in_one_call_when_many_wait() -> None:
    def answers(seen: object) -> Reply:
        path = world.paths[-1]
        if "ids=List(" in path:
            ids = path.partition("List(")[2].partition(")")[0].split(",")
            return Reply(
                {"results": {key: {"id": key} for key in ids if key != "r-7"}, "errors": {"r-7": {"status": 404}}}
            )
        return Reply({"id": path.partition("?")[0].rpartition("/")[2]})

    async with a_loopback(answers) as world:
        batcher = Batcher(world.client.lead, world.client.leads_by_id, now=lambda: NOON)
        found = await asyncio.gather(*(batcher.fetch(f"r-{number}") for number in range(20)), return_exceptions=True)
        await batcher.close()

    assert isinstance(found[7], NotFound)
    assert [lead for lead in found if isinstance(lead, dict)] == [{"id": f"r-{n}"} for n in range(20) if n != 7]
    assert len(world.seen) == 6  # four alone, one for sixteen, and the missing one again without names
