"""A burst of leads with SIGKILLs at random moments: every lead gets one card, no more, no fewer.

`python -m tests.story.burst [--leads 300] [--kills 5] [--seed N] [--unhurried]` prints its seed and its figures.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bot.app import utc_now
from tests.story.killable import Killable, killable
from tests.story.world import RULES, World, a_world

_CHANNELS = 60
_DEADLINE_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of it."""

    seed: int
    leads: int
    kills: int
    cards: Counter[str]  #: last name of the lead -> cards
    seconds: float

    @property
    def lost(self) -> int:
        return self.leads - len(self.cards)

    @property
    def doubled(self) -> int:
        return sum(count - 1 for count in self.cards.values())


async def burst(folder: Path, *, leads: int, kills: int, seed: int, unhurried: bool = False) -> Figures:
    """Post `leads` notifications and kill the server `kills` times meanwhile; wait for the last card."""
    chance = random.Random(seed)
    started = time.monotonic()
    async with a_world(folder, _rules()) as world:
        for number in range(_CHANNELS):
            world.slack.add_channel(name=f"c{number}")
        async with killable(world, folder, is_hurried=not unhurried) as server:
            async with asyncio.TaskGroup() as both:
                both.create_task(_post_all(world, server, leads, chance))
                both.create_task(_kill_often(world, server, leads, kills, chance))
            await _all_shown(world, leads)
            assert await server.stop() == 0
        return Figures(seed, leads, kills, _cards(world), time.monotonic() - started)


def _rules() -> str:
    """One channel per country, so that the pace of a channel does not set the length of the burst."""
    rules = "".join(f'  - {{name: R{n}, when: {{country: Land{n}}}, post: "#c{n}"}}\n' for n in range(_CHANNELS))
    return RULES.replace("rules:\n", f"rules:\n{rules}")


async def _post_all(world: World, server: Killable, leads: int, chance: random.Random) -> None:
    for number in range(leads):
        response_id = world.submit(last=f"Lead{number:04}", country=f"Land{number % _CHANNELS}")
        await _post_until_acknowledged(world, server, response_id)
        await asyncio.sleep(chance.expovariate(200))


async def _post_until_acknowledged(world: World, server: Killable, response_id: str) -> None:
    """As a sender that repeats what was not acknowledged; the repeat is what the product must not double."""
    at = utc_now()
    while True:
        try:
            url = f"http://127.0.0.1:{server.port}/linkedin/webhook"
            if await world.linkedin.notify(url, response_id, occurred_at=at) == 200:
                return
        except (aiohttp.ClientError, TimeoutError):
            pass
        await asyncio.sleep(0.02)


async def _kill_often(world: World, server: Killable, leads: int, kills: int, chance: random.Random) -> None:
    """Each kill comes at a random number of cards and then at a random moment of what happens next."""
    for at_cards in sorted(chance.randrange(1, leads) for _ in range(kills)):
        while sum(_cards(world).values()) < at_cards:
            await asyncio.sleep(0.005)
        await asyncio.sleep(chance.uniform(0, 0.05))
        await server.kill()
        await server.start()


async def _all_shown(world: World, leads: int) -> None:
    async with asyncio.timeout(_DEADLINE_SECONDS):
        while len(_cards(world)) < leads:
            await asyncio.sleep(0.05)
    await asyncio.sleep(1.5)  # a double that is still to come would come now


def _cards(world: World) -> Counter[str]:
    names: Counter[str] = Counter()
    for channel in world.slack.channels.values():
        for message in channel.messages:
            names.update(word for word in message.text.split() if word.startswith("Lead0"))
    return names


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=300)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--unhurried", action="store_true", help="with the product's own waits before a repeat")
    wanted = parser.parse_args()
    print(f"seed {wanted.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(
            burst(
                Path(folder),
                leads=wanted.leads,
                kills=wanted.kills,
                seed=wanted.seed,
                unhurried=wanted.unhurried,
            )
        )
    print(
        f"{figures.leads} leads, {figures.kills} SIGKILLs: {sum(figures.cards.values())} cards, "
        f"{figures.lost} lost, {figures.doubled} doubled, {figures.seconds:.1f} s"
    )
    return 1 if figures.lost or figures.doubled else 0


if __name__ == "__main__":
    sys.exit(main())
