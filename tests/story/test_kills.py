"""The process is killed at the worst moments, and every lead still has one card."""

from __future__ import annotations

import random
from pathlib import Path

from bot.sandbox.faults import Fault
from tests.story.burst import burst
from tests.story.killable import killable
from tests.story.world import BEN, a_world, until


async def test_killed_between_slacks_answer_and_the_receipt_there_is_one_card_and_it_can_be_claimed(
    tmp_path: Path,
) -> None:
    async with a_world(tmp_path) as world, killable(world, tmp_path) as server:
        world.slack.faults.add(Fault(where="chat.postMessage", hang=30))
        webhook = f"http://127.0.0.1:{server.port}/linkedin/webhook"
        assert await world.linkedin.notify(webhook, world.submit()) == 200
        await until(lambda: world.texts("#leads-all"))

        await server.kill()
        await server.start()

        await until(lambda: any(call.method == "conversations.history" for call in world.slack.calls))
        assert await world.press(BEN, "lead_claim") == 200
        await until(lambda: "claimed by Ben" in world.texts("#leads-all")[0])
        assert len(world.texts("#leads-all")) == 1


async def test_killed_before_slack_got_anything_the_card_is_posted_after_the_restart(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world, killable(world, tmp_path) as server:
        world.slack.faults.add(Fault(where="chat.postMessage", drop="before", hang=30))
        webhook = f"http://127.0.0.1:{server.port}/linkedin/webhook"
        await world.linkedin.notify(webhook, world.submit())
        await until(lambda: any(call.method == "chat.postMessage" for call in world.slack.calls))

        await server.kill()
        await server.start()

        await until(lambda: world.texts("#leads-all"))
        assert len(world.texts("#leads-all")) == 1


async def test_stopping_under_load_is_clean_and_loses_nothing(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world, killable(world, tmp_path) as server:
        webhook = f"http://127.0.0.1:{server.port}/linkedin/webhook"
        for number in range(5):
            assert await world.linkedin.notify(webhook, world.submit(last=f"Lead{number}")) == 200

        assert await server.stop() == 0
        await server.start()

        await until(lambda: len(world.texts("#leads-all")) >= 5, seconds=15)
        assert len(set(world.texts("#leads-all"))) == len(world.texts("#leads-all")) == 5


async def test_a_burst_with_kills_at_random_moments_is_one_card_for_each_lead(tmp_path: Path) -> None:
    """The short form of `make burst`, which takes 300 leads and five kills."""
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}: python -m tests.story.burst --leads 60 --kills 2 --seed {seed}")

    figures = await burst(tmp_path, leads=60, kills=2, seed=seed)

    assert (figures.lost, figures.doubled) == (0, 0), f"seed {seed}"
