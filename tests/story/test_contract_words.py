"""No traceback for wrong input, and no sentence that is not true."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.sandbox.faults import Fault
from tests.cli.command import leadbell_here
from tests.story.test_contract_connect import _TOKENS, _connect, _settings
from tests.story.world import ACCESS_TOKEN, AD_ACCOUNT, ONE_CHANNEL, a_world, rows, until

_NO_TEXT = "\udcff\udcfe"  # what a shell hands over for bytes that are no UTF-8

_WRONG = [
    *[(command, _NO_TEXT) for command in ("lead", "why", "forget", "redeliver")],
    ("leads", "--mine", _NO_TEXT),
    ("linkedin", "lead", _NO_TEXT),
    ("linkedin", "unsubscribe", _NO_TEXT),
    ("leads", "--limit", "9" * 26),
    ("deliveries", "--limit", "9" * 26),
    ("linkedin", "leads", "--until", "0001-01-01"),
    ("linkedin", "leads", "--since", "0001-01-01"),
    ("check", "é" * 300),
    ("doctor", "--config", "1" * 5000),
    ("linkedin", "status", "--config", "1" * 5000),
    ("leads", "--config", "a\x00b"),
]


async def test_wrong_input_is_answered_in_words(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world, world.product() as server:
        await world.notify(server, world.submit())
        await until(lambda: world.texts("leads-all"))

        for call in _WRONG:
            for more in ((), ("--json",)):
                # an exception that no command catches would come out here
                done = await leadbell_here(*call, *more, folder=tmp_path, environment=world.environment)
                assert done.code == 2, call
                assert done.err, call


@pytest.mark.parametrize("command", ["leads", "forms", "subscriptions"])
async def test_who_was_refused_is_not_told_that_there_is_nothing(tmp_path: Path, command: str) -> None:
    settings = {"PUBLIC_URL": "http://127.0.0.1:9", "LINKEDIN_ACCESS_TOKEN": ACCESS_TOKEN}
    async with a_world(tmp_path, ONE_CHANNEL, **settings) as world:
        world.submit()
        world.linkedin.forbid(AD_ACCOUNT)

        done = await leadbell_here("linkedin", command, folder=tmp_path, environment=world.environment)

    assert (done.code, done.out) == (1, "")


async def test_a_renewal_that_fails_for_a_moment_is_not_called_the_end_of_the_consent(tmp_path: Path) -> None:
    async with a_world(tmp_path, ONE_CHANNEL, **_settings()) as world, world.product() as server:
        await until(lambda: rows(world, "SELECT 1 FROM pause"))  # the first pull, which has no token yet, is over
        await _connect(world)
        await server.pull.pull_source(world.config.sources[0])
        before = len(world.texts("admin"))
        world.linkedin.expire()
        world.linkedin.faults.add(Fault(_TOKENS, status=503))

        await world.notify(server, world.submit())
        await until(lambda: len(world.texts("admin")) > before or world.texts("leads-all"))

        assert not any("Connect again" in text for text in world.texts("admin")[before:])
        await until(lambda: world.texts("leads-all"))
