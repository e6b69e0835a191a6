"""Somebody asks to be forgotten while the server runs: the database, the cards, the mails, and LinkedIn's next word."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import utc_now
from bot.sandbox.faults import Fault
from tests.cli.command import Done, leadbell_here
from tests.story.world import BEN, World, a_world, until

CANARY = "canary7f3a"
ADDRESS = f"{CANARY}@acme.example"
_REMOVED = "Lead removed on request"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as made:
        yield made


async def forget(world: World, wanted: str) -> Done:
    """As the operator does it, beside the running server."""
    return await leadbell_here(
        "forget", wanted, "--json", folder=world.config.path.parent, environment=world.environment
    )


async def test_a_person_is_forgotten_everywhere_and_stays_away(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "bot")
    async with world.product() as server:
        response_ids = [world.submit(first=CANARY, email=ADDRESS, country=country) for country in ("Germany", "Spain")]
        for response_id in response_ids:
            assert await world.notify(server, response_id) == 200
        await until(lambda: world.texts("#leads-dach") and world.texts("#leads-all") and world.mailbox.messages)
        assert await world.press(BEN, "lead_claim") == 200
        await until(lambda: "claimed by Ben" in world.texts("#leads-all")[0])

        done = await forget(world, ADDRESS.upper())

        assert (done.code, done.err) == (0, "")
        assert isinstance(done.json, dict)
        assert (done.json["before"], done.json["after"]) == (2, 0)
        receipt = done.json["receipt"]
        assert (receipt["cards_to_edit"], receipt["mails_sent"], receipt["wiped"]) == (2, 1, True)
        await until(lambda: world.texts("#leads-all") + world.texts("#leads-dach") == [_REMOVED, _REMOVED])
        for channel in ("#leads-all", "#leads-dach"):
            assert CANARY not in str(world.slack.messages(channel)[0].blocks)

        for response_id in response_ids:  # LinkedIn still has them: it tells them again, and lists them
            assert await world.notify(server, response_id, occurred_at=utc_now() + timedelta(seconds=2)) == 200
        await server.pull.pull_source(world.config.sources[0])
        after = world.submit(first="Zoe")
        await world.notify(server, after)
        await until(lambda: len(world.texts("#leads-all")) == 2)
        assert world.texts("#leads-all") == [_REMOVED, "New lead: Zoe Silva at ACME – unclaimed"]
        assert len(world.texts("#leads-dach")) == 1
        assert await _traces(world) == []
    assert CANARY not in caplog.text.lower()


async def test_a_person_whose_card_is_on_its_way_is_removed_from_it(world: World) -> None:
    world.slack.faults.add(Fault(where="chat.postMessage", drop="after"))  # it arrives, and we are not told
    async with world.product() as server:
        response_id = world.submit(first=CANARY, email=ADDRESS)
        await world.notify(server, response_id)
        await until(lambda: world.texts("#leads-all"))

        assert (await forget(world, response_id)).code == 0

        await until(lambda: world.texts("#leads-all") == [_REMOVED])


async def test_a_person_who_waits_to_be_fetched_is_forgotten_by_the_lead(world: World) -> None:
    async with world.product() as server:
        world.linkedin.faults.add(Fault(where="leadFormResponses", status=503, times=3))
        response_id = world.submit(first=CANARY, email=ADDRESS)
        await world.notify(server, response_id)

        by_address = await forget(world, ADDRESS)
        by_lead = await forget(world, response_id)

        assert by_address.code in {0, 1}
        assert by_lead.code == 0
        await world.notify(server, world.submit(first="Zoe"))
        await until(lambda: any("Zoe" in text for text in world.texts("#leads-all")))
        await until(lambda: not any(CANARY in text for text in world.texts("#leads-all")))
        assert await _traces(world) == []


async def test_a_mail_that_waits_is_never_sent(world: World) -> None:
    async with world.product() as server:
        world.mailbox.faults.add(Fault(where="RCPT", status=451, times=99))
        response_id = world.submit(first=CANARY, email=ADDRESS, country="Germany")
        await world.notify(server, response_id)
        await until(lambda: world.texts("#leads-dach"))

        done = await forget(world, ADDRESS)

        assert isinstance(done.json, dict)
        receipt = done.json["receipt"]
        assert receipt["mails_cancelled"] + receipt["mails_sent"] == 1
        await until(lambda: world.texts("#leads-dach") == [_REMOVED])
    assert world.mailbox.messages == []


async def _traces(world: World) -> list[str]:
    """The files beside the database that hold the canary, as they are on disk at this moment."""
    path = world.config.database
    files = [path.with_name(path.name + ending) for ending in ("", "-wal", "-shm")]
    held = [await asyncio.to_thread(file.read_bytes) for file in files]
    return [file.name for file, content in zip(files, held, strict=True) if CANARY.encode() in content]
