"""A lead arrives, the right channel rings, somebody presses Claim, everybody sees it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import utc_now
from bot.sandbox.faults import Fault
from tests.story.world import ANNA, BEN, DORA, STRANGER, World, a_world, get, until


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as made:
        yield made


async def test_a_lead_arrives_and_is_claimed_contacted_and_given_back(world: World) -> None:
    async with world.product() as server:
        assert await world.notify(server, world.submit()) == 200
        await until(lambda: world.texts("#leads-all"))
        assert world.texts("#leads-all") == ["New lead: Ana Silva at ACME – unclaimed"]

        assert await world.press(BEN, "lead_claim") == 200
        await until(lambda: world.texts("#leads-all") == ["New lead: Ana Silva at ACME – claimed by Ben"])

        assert await world.press(BEN, "lead_contacted") == 200
        await until(lambda: world.texts("#leads-all") == ["New lead: Ana Silva at ACME – contacted by Ben"])

        assert await world.press(BEN, "give_back") == 200
        await until(lambda: world.texts("#leads-all") == ["New lead: Ana Silva at ACME – unclaimed"])
    assert world.slack.private == []


async def test_an_assigned_lead_is_kept_for_its_owner_who_also_gets_a_mail(world: World) -> None:
    async with world.product() as server:
        await world.notify(server, world.submit(country="Germany"))
        await until(lambda: world.texts("#leads-dach") and world.mailbox.messages)
        assert world.mailbox.messages[0].recipients == ("anna@example.com",)

        assert await world.press(BEN, "lead_claim", "#leads-dach") == 200
        await until(lambda: world.slack.private)
        assert world.slack.private[0].user == BEN
        assert "kept for Anna" in world.slack.private[0].text

        assert await world.press(ANNA, "lead_claim", "#leads-dach") == 200
        await until(lambda: "claimed by Anna" in world.texts("#leads-dach")[0])


async def test_two_people_press_at_once_and_one_of_them_gets_it(world: World) -> None:
    async with world.product() as server:
        await world.notify(server, world.submit())
        await until(lambda: world.texts("#leads-all"))

        statuses = await asyncio.gather(*(world.press(user, "lead_claim") for user in (ANNA, BEN, DORA)))

        assert statuses == [200, 200, 200]
        await until(lambda: "claimed by" in world.texts("#leads-all")[0] and len(world.slack.private) == 2)
        winner = world.texts("#leads-all")[0].rpartition(" ")[2]
        assert all(f"{winner} took this lead" in answer.text for answer in world.slack.private)


async def test_a_stranger_is_told_who_can_claim(world: World) -> None:
    async with world.product() as server:
        await world.notify(server, world.submit())
        await until(lambda: world.texts("#leads-all"))

        assert await world.press(STRANGER, "lead_claim") == 200

        await until(lambda: world.slack.private)
        assert "Dora" in world.slack.private[0].text
        assert "unclaimed" in world.texts("#leads-all")[0]


async def test_the_same_notification_twenty_times_in_parallel_is_one_card(world: World) -> None:
    async with world.product() as server:
        response_id, at = world.submit(), utc_now()

        statuses = await asyncio.gather(*(world.notify(server, response_id, occurred_at=at) for _ in range(20)))

        assert set(statuses) == {200}
        second = world.submit(first="Zoe")
        await world.notify(server, second)
        await until(lambda: len(world.texts("#leads-all")) >= 2)
        assert sorted(world.texts("#leads-all")) == [
            "New lead: Ana Silva at ACME – unclaimed",
            "New lead: Zoe Silva at ACME – unclaimed",
        ]


async def test_slack_is_down_and_comes_back_and_there_is_one_card(world: World) -> None:
    world.slack.faults.add(Fault(where="chat.postMessage", status=503, times=2))
    async with world.product() as server:
        await world.notify(server, world.submit())

        await until(lambda: world.texts("#leads-all"), seconds=20)

        assert [call.method for call in world.slack.calls].count("conversations.history") >= 1
    assert len(world.texts("#leads-all")) == 1


async def test_the_answer_to_a_post_is_lost_and_there_is_still_one_card(world: World) -> None:
    world.slack.faults.add(Fault(where="chat.postMessage", drop="after"))
    async with world.product() as server:
        await world.notify(server, world.submit())
        await until(lambda: world.texts("#leads-all"))

        assert await world.press(BEN, "lead_claim") == 200

        await until(lambda: "claimed by Ben" in world.texts("#leads-all")[0])
    assert len(world.texts("#leads-all")) == 1


async def test_a_lead_deleted_before_it_was_fetched_makes_no_card(world: World) -> None:
    async with world.product() as server:
        response_id = world.submit()
        await world.notify(server, response_id, action="DELETED", occurred_at=utc_now() + timedelta(seconds=5))
        world.linkedin.delete(response_id)

        await world.notify(server, response_id, occurred_at=utc_now())
        await world.notify(server, world.submit(first="Zoe"))

        await until(lambda: world.texts("#leads-all"))
        assert world.texts("#leads-all") == ["New lead: Zoe Silva at ACME – unclaimed"]


async def test_a_lead_deleted_after_its_card_is_removed_from_the_card(world: World) -> None:
    async with world.product() as server:
        response_id = world.submit()
        await world.notify(server, response_id)
        await until(lambda: world.texts("#leads-all"))

        await world.notify(server, response_id, action="DELETED", occurred_at=utc_now() + timedelta(seconds=5))

        await until(lambda: world.texts("#leads-all") == ["Lead removed on request"])
        message = world.slack.messages("#leads-all")[0]
        assert "Ana" not in str(message.blocks)
        assert "actions" not in {block["type"] for block in message.blocks}


async def test_what_the_webhook_missed_is_found_by_the_pull_and_marked_late(world: World) -> None:
    async with world.product() as server:
        await server.pull.pull_source(world.config.sources[0])  # the first one, which rings nobody
        world.submit()

        await server.pull.pull_source(world.config.sources[0])

        await until(lambda: world.texts("#leads-all"))
        assert "late" in str(world.slack.messages("#leads-all")[0].blocks)


async def test_the_first_pull_of_a_source_rings_nobody_and_tells_the_admin_once(world: World) -> None:
    for _ in range(3):
        world.submit()
    async with world.product():
        await until(lambda: world.texts("#admin"))

        assert "3 leads" in world.texts("#admin")[0]
    assert world.texts("#leads-all") == []


async def test_linkedin_refuses_the_token_and_everything_goes_on_once_it_is_mended(world: World) -> None:
    world.linkedin.access_token = "another one"
    async with world.product() as server:
        await world.notify(server, world.submit())
        await until(lambda: world.texts("#admin"))
        assert "cannot be fetched" in world.texts("#admin")[0]
        assert world.texts("#leads-all") == []

        world.linkedin.access_token = "access-token-of-the-story"

        await until(lambda: world.texts("#leads-all"))
    assert len(world.texts("#admin")) == 1, "one outage, one notice"


async def test_a_channel_that_is_gone_sends_its_leads_to_the_last_rules_channel(world: World) -> None:
    world.slack.channels[_id(world, "leads-dach")].is_archived = True
    async with world.product() as server:
        world.mailbox.faults.add(Fault(where="RCPT", status=550, times=9))
        await world.notify(server, world.submit(country="Germany"))

        await until(lambda: world.texts("#leads-all"))

        await until(lambda: any("leads-dach" in text for text in world.texts("#admin")))


async def test_health_speaks_and_unknown_paths_say_nothing(world: World) -> None:
    async with world.product() as server:
        assert (await get(server.port, "/livez"))[0] == 200
        assert (await get(server.port, "/readyz"))[0] == 200
        assert (await get(server.port, "/nothing"))[0] == 404
        assert await world.linkedin.challenge(f"http://127.0.0.1:{server.port}/linkedin/webhook")
        status, _ = await get(server.port, "/linkedin/webhook?challengeCode=hmacsha256=%7B%7D")
        assert status == 400


def _id(world: World, name: str) -> str:
    return next(channel.id for channel in world.slack.channels.values() if channel.name == name)
