"""Mail as it goes wrong: refused for now, refused for good, lost after the last dot, and servers that cannot TLS."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.config.load import load_config
from bot.sandbox.faults import Fault
from bot.store.database import opened_to_read
from bot.store.reading import Json, Reading
from tests.story.world import World, a_world, until


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as made:
        yield made


async def _mail_delivery(world: World) -> Json:
    async with opened_to_read(world.config.database) as database:
        rows = await Reading(database).deliveries(only_dead=False, limit=10)
    return next(row for row in rows if row["destination"] == "email")


def _with_smtp(world: World, url: str) -> World:
    config = load_config(world.config.path, {**world.environment, "SMTP_URL": url}, need_secrets=True)
    return replace(world, config=config)


async def test_a_mailbox_that_does_not_exist_is_told_without_the_servers_own_words(world: World) -> None:
    world.mailbox.faults.add(Fault(where="RCPT", status=550, body=b"5.1.1 canary says no"))
    async with world.product() as server:
        await world.notify(server, world.submit(country="Germany"))

        await until(lambda: world.texts("#admin"))

        delivery = await _mail_delivery(world)
    assert delivery["state"] == "dead"
    assert "canary" not in world.texts("#admin")[0] + str(delivery["error"])
    assert world.texts("#leads-dach") == ["New lead: Ana Silva at ACME – for Anna"], "one target's end is its own"


async def test_greylisting_is_waited_for_and_holds_nothing_else(world: World) -> None:
    world.mailbox.faults.add(Fault(where="RCPT", status=451, body=b"4.7.1 come back later"))
    async with world.product() as server:
        await world.notify(server, world.submit(first="Grey", country="Germany"))
        await until(lambda: world.texts("#leads-dach"))
        await world.notify(server, world.submit(first="Zoe", country="Germany"))

        await until(lambda: any("Zoe" in mail.subject for mail in world.mailbox.messages))

    assert world.texts("#admin") == []


async def test_a_mail_whose_receipt_was_lost_is_sent_again_under_the_same_message_id(world: World) -> None:
    world.mailbox.faults.add(Fault(where="DATA", drop="after"))
    async with world.product() as server:
        await world.notify(server, world.submit(country="Germany"))

        await until(lambda: len(world.mailbox.messages) == 2)

    first, second = world.mailbox.messages
    assert first.headers["Message-ID"] == second.headers["Message-ID"]
    assert first.headers["Date"] == second.headers["Date"]


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_no_mail_goes_in_clear_when_encryption_was_demanded(world: World, scheme: str) -> None:
    place = world.mailbox.url.removeprefix("smtp://").partition("?")[0]
    strict = _with_smtp(world, f"{scheme}://{place}" + ("?tls=starttls" if scheme == "smtp" else ""))
    async with strict.product() as server:
        await strict.notify(server, strict.submit(country="Germany"))

        await until(lambda: world.texts("#admin"))

        assert (await _mail_delivery(strict))["state"] == "pending"
    assert world.mailbox.messages == []


async def test_a_refused_log_in_or_sender_holds_all_mails_and_is_told_once(world: World) -> None:
    world.mailbox.faults.add(Fault(where="MAIL", status=550, body=b"5.7.1 not you", times=2))
    async with world.product() as server:
        for _ in range(3):
            await world.notify(server, world.submit(country="Germany"))

        await until(lambda: len(world.mailbox.messages) == 3)

    assert len(world.texts("#admin")) == 1
    assert "email.from" in world.texts("#admin")[0]
