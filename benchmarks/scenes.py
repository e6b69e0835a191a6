"""The scenes of a run: what is done to each system in each round, and which figures come of it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import math
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.leads import response_id
from benchmarks.load import Acks, Address, OpenLoop, Saturation
from benchmarks.processes import Running, UpstreamControl, an_upstream, started
from benchmarks.upstream import Mode

BARE, DURABLE, PIPELINE, PRODUCT, PEER = "bare", "durable", "pipeline", "product", "peer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much of everything."""

    rounds: int
    warm_up: float  #: seconds between start and the look at an idle server
    saturation: float  #: seconds
    slow: float  #: seconds at 5 leads/s
    steady: float  #: seconds at 50 leads/s
    burst: int  #: leads at once; no channel may get more than three, or its pace would be measured
    until_hung: float  #: seconds at 50/s while only Slack hangs, so that posts get stuck before LinkedIn does too
    hang: float  #: seconds at 50/s while both hang
    afterwards: float  #: seconds in which a second message for one lead would come


FULL = Size(rounds=3, warm_up=1.5, saturation=2, slow=6, steady=6, burst=400, until_hung=0.6, hang=3, afterwards=0.3)
QUICK = Size(rounds=1, warm_up=0.7, saturation=1, slow=2, steady=3, burst=300, until_hung=0.6, hang=1, afterwards=0.3)
TINY = Size(
    rounds=1, warm_up=0.05, saturation=0.1, slow=0.2, steady=0.2, burst=20, until_hung=0.1, hang=0.1, afterwards=0.05
)

_SLOW_RATE, _STEADY_RATE = 5.0, 50.0
_LAST_POST_SECONDS = 60


@dataclass(slots=True)
class Figures:
    """Figures by scene, one per round, for one system."""

    values: dict[str, list[float]] = field(default_factory=dict)
    lost: int = 0  #: acknowledged webhooks that are not on disk after SIGKILL, or leads that never reached Slack
    doubled: int = 0  #: messages beyond the first for one lead
    refused: int = 0  #: webhooks without a 2xx

    def add(self, name: str, value: float) -> None:
        """One round's figure."""
        self.values.setdefault(name, []).append(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One run's surroundings."""

    size: Size
    folder: Path
    upstream: UpstreamControl
    numbers: Iterator[int]
    profile: Path | None = None
    figures: dict[str, Figures] = field(default_factory=dict)

    def of(self, system: str) -> Figures:
        """The figures of one system."""
        return self.figures.setdefault(system, Figures())


async def measure(
    size: Size, folder: Path, *, peer: Address | None = None, profile: Path | None = None, say: Callable[[str], None]
) -> dict[str, Figures]:
    """Run all rounds, floors and product in turn; figures by system. `folder` takes the databases and logs."""
    async with an_upstream(folder / "upstream.log") as upstream:
        bench = Bench(size=size, folder=folder, upstream=upstream, numbers=itertools.count(1), profile=profile)
        for number in range(1, size.rounds + 1):
            for system in (BARE, DURABLE, PRODUCT):
                say(f"round {number} of {size.rounds}: ingest, {system}")
                await _ingest(bench, system, number)
            for system in (PIPELINE, PRODUCT):
                say(f"round {number} of {size.rounds}: webhook to Slack, {system}")
                await _way_of_a_lead(bench, system, number)
            if peer is not None:
                say(f"round {number} of {size.rounds}: ingest, peer")
                await _peer(bench, peer)
        return bench.figures


async def _ingest(bench: Bench, system: str, number: int) -> None:
    """Webhooks as fast as they are acknowledged, while LinkedIn asks to be left alone: receiving and nothing else."""
    await bench.upstream.be(Mode.LINKEDIN_REFUSES)
    figures = bench.of(system)
    async with _system(bench, system, f"ingest-{number}") as (running, address, database):
        await asyncio.sleep(bench.size.warm_up / 3)
        await running.stalls()
        acks = await Saturation(address, bench.numbers).run(seconds=bench.size.saturation)
        _add_acks(figures, "saturation", acks)
        figures.add("saturation stall", _percentile(await running.stalls(), 99.9) * 1000)
    if system != BARE and bench.profile is None:
        figures.lost += _missing(database, acks)
    await bench.upstream.be(Mode.INSTANT)


async def _way_of_a_lead(bench: Bench, system: str, number: int) -> None:
    """One process: idle, 5 leads/s, 50 leads/s, a burst, and webhooks while LinkedIn and Slack hang."""
    figures = bench.of(system)
    async with _system(bench, system, f"way-{number}") as (running, address, database):
        figures.add("start", running.start_seconds)
        await _idle(bench, figures, running)
        slow = await _steadily(bench, figures, running, address, rate=_SLOW_RATE, seconds=bench.size.slow)
        steady = await _steadily(bench, figures, running, address, rate=_STEADY_RATE, seconds=bench.size.steady)
        burst = await _burst(bench, figures, address)
        hung = await _while_all_hang(bench, figures, address)
    if bench.profile is None:
        figures.lost += sum(_missing(database, acks) for acks in (slow, steady, burst, *hung))
    await bench.upstream.be(Mode.INSTANT)
    await bench.upstream.posts()


async def _idle(bench: Bench, figures: Figures, running: Running) -> None:
    await asyncio.sleep(bench.size.warm_up / 2)
    before = running.cpu_seconds()
    await asyncio.sleep(bench.size.warm_up)
    figures.add("idle cpu", (running.cpu_seconds() - before) / bench.size.warm_up * 100)
    figures.add("idle memory", running.resident_mb())


async def _steadily(
    bench: Bench, figures: Figures, running: Running, address: Address, *, rate: float, seconds: float
) -> Acks:
    await running.stalls()
    cpu_before = running.cpu_seconds()
    acks = await OpenLoop(address, bench.numbers).run(rate=rate, seconds=seconds)
    ways = list((await _ways(bench, figures, acks)).values())
    name = f"way {rate:g}/s"
    figures.add(f"{name} p50", _percentile(ways, 50) * 1000)
    figures.add(f"{name} p99", _percentile(ways, 99) * 1000)
    figures.add(f"{name} cpu", (running.cpu_seconds() - cpu_before) / len(acks.sent_at) * 1000)
    figures.add(f"{name} stall", _percentile(await running.stalls(), 99.9) * 1000)
    _add_acks(figures, name, acks)
    return acks


async def _burst(bench: Bench, figures: Figures, address: Address) -> Acks:
    """All at once through 32 senders; the channels' own pace allows three messages each without a wait."""
    acks = await Saturation(address, bench.numbers).run(seconds=_LAST_POST_SECONDS, most=bench.size.burst)
    ways = await _ways(bench, figures, acks)
    if ways:
        last = max(acks.sent_at[number] + way for number, way in ways.items())
        figures.add("burst rate", len(ways) / (last - min(acks.sent_at.values())))
    _add_acks(figures, "burst", acks)
    return acks


async def _while_all_hang(bench: Bench, figures: Figures, address: Address) -> tuple[Acks, Acks]:
    await bench.upstream.be(Mode.SLACK_HANGS)
    before = await OpenLoop(address, bench.numbers).run(rate=_STEADY_RATE, seconds=bench.size.until_hung)
    await bench.upstream.be(Mode.ALL_HANG)
    acks = await OpenLoop(address, bench.numbers).run(rate=_STEADY_RATE, seconds=bench.size.hang)
    _add_acks(figures, "hang", acks)
    return before, acks


async def _peer(bench: Bench, address: Address) -> None:
    figures = bench.of(PEER)
    _add_acks(figures, "saturation", await Saturation(address, bench.numbers).run(seconds=bench.size.saturation))
    acks = await OpenLoop(address, bench.numbers).run(rate=_STEADY_RATE, seconds=bench.size.steady)
    _add_acks(figures, f"way {_STEADY_RATE:g}/s", acks)


@contextlib.asynccontextmanager
async def _system(bench: Bench, system: str, scene: str) -> AsyncIterator[tuple[Running, Address, Path]]:
    """A fresh process with an empty database."""
    folder = bench.folder / f"{system}-{scene}"
    folder.mkdir()
    database = folder / "leads.db"
    needs = {BARE: (), DURABLE: (str(database),)}.get(system, (str(database), bench.upstream.url))
    profile = bench.profile / f"{system}-{scene}.prof" if bench.profile and system == PRODUCT else None
    async with started(system, folder / "server.log", *needs, profile=profile) as running:
        address = Address(url=f"http://127.0.0.1:{running.port}/linkedin/webhook")
        yield running, address, database


async def _ways(bench: Bench, figures: Figures, acks: Acks) -> dict[int, float]:
    """Seconds from webhook to Slack by lead, of those that arrived; waits for the last, counts what is wrong."""
    first: dict[int, int] = {}
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LAST_POST_SECONDS):
            while not acks.seconds.keys() <= first.keys():
                await asyncio.sleep(0.05)
                await _note(bench, figures, first)
    await asyncio.sleep(bench.size.afterwards)
    await _note(bench, figures, first)
    figures.lost += len(acks.seconds.keys() - first.keys())
    return {number: first[number] / 1e9 - due for number, due in acks.sent_at.items() if number in first}


async def _note(bench: Bench, figures: Figures, first: dict[int, int]) -> None:
    for number, at in await bench.upstream.posts():
        figures.doubled += number in first
        first.setdefault(number, at)


def _add_acks(figures: Figures, scene: str, acks: Acks) -> None:
    waits = list(acks.seconds.values())
    figures.refused += acks.refused
    figures.add(f"{scene} ack rate", len(waits) / acks.took if acks.took else 0.0)
    figures.add(f"{scene} ack p50", _percentile(waits, 50) * 1000)
    figures.add(f"{scene} ack p99", _percentile(waits, 99) * 1000)


def _percentile(values: list[float], percent: float) -> float:
    """The smallest value that `percent` of all do not exceed; 0 of nothing."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)] if ordered else 0.0


def _missing(database: Path, acks: Acks) -> int:
    """How many acknowledged webhooks the file does not hold, read after the process was killed."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        stored = {row[0] for row in connection.execute("SELECT response_id FROM notification")}
    return sum(response_id(number) not in stored for number in acks.seconds)
