"""What LinkedIn refuses one lead is that lead's alone; and no lead waits at the door for LinkedIn's sign-in server."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from bot import control
from bot.app import Running
from bot.sandbox.faults import Fault
from tests.story.world import ONE_CHANNEL, Leap, World, a_world, free_port, rows, until

_TOKENS = "/oauth/v2/accessToken"


def _settings(**more: str) -> dict[str, str]:
    port = str(free_port())
    return {"PUBLIC_URL": f"http://127.0.0.1:{port}", "PORT": port, "LINKEDIN_ACCESS_TOKEN": "", **more}


async def _connect(world: World) -> None:
    await until(lambda: rows(world, "SELECT 1 FROM pause"))  # the first pull, which has no token yet, is over
    """A member goes the whole way in the browser."""
    begun = await control.ask(world.config.database, "linkedin-connect", {})
    assert isinstance(begun, dict)
    async with aiohttp.ClientSession() as browser, browser.get(str(begun["url"])) as page:
        assert page.status == 200, await page.text()


async def _told(world: World) -> list[str]:
    """What the admin channel has heard, once nothing is on its way there."""
    await until(lambda: not rows(world, "SELECT 1 FROM delivery WHERE state IN ('pending', 'sending')"))
    return world.texts("admin")


def _state(world: World, response_id: str) -> object:
    found = rows(world, f"SELECT state FROM lead WHERE response_id = '{response_id}'")
    return found[0][0] if found else None


async def _arrives(world: World, server: Running, response_id: str) -> None:
    assert await world.notify(server, response_id) == 200
    await until(lambda: _state(world, response_id) == "unassigned")


@pytest.mark.parametrize("by", ["refresh token", "access token only", "variable"])
async def test_a_lead_that_linkedin_refuses_with_401_for_ever_is_parked_and_holds_nobody_up(
    tmp_path: Path, by: str
) -> None:
    given = {"LINKEDIN_ACCESS_TOKEN": "access-token-of-the-story"} if by == "variable" else {}
    async with a_world(tmp_path, ONE_CHANNEL, **_settings(**given)) as world, world.product() as server:
        world.linkedin.gives_refresh_tokens = by == "refresh token"
        if not given:
            await _connect(world)
        await server.pull.pull_source(world.config.sources[0])  # a later one does not find the leads first
        told = await _told(world)
        refused = [world.submit(first="Eve") for _ in range(3)]
        for each in refused:
            world.linkedin.faults.add(Fault(f"/rest/leadFormResponses/{each}", status=401, body=b"{}", times=100))
        for each in refused:
            assert await world.notify(server, each) == 200
        await until(lambda: [_state(world, each) for each in refused] == ["parked"] * 3)

        for number in range(3):
            await _arrives(world, server, world.submit(first=f"Ana{number}"))

        assert rows(world, "SELECT count(*) FROM pause WHERE scope = 'linkedin'") == [(0,)]
        new = (await _told(world))[len(told) :]
        assert new
        assert all("no Lead Gen Forms role on the Page" in text for text in new)
        asked = [request.raw_path for request in world.linkedin.requests if "/oauth/v2/" in request.raw_path]
        assert sum("accessToken" in path for path in asked) <= 2, "a code, and one renewal"
        assert sum("introspect" in path for path in asked) <= 2


async def test_a_server_whose_token_ended_takes_leads_before_the_sign_in_server_answers(tmp_path: Path) -> None:
    leap = Leap()
    async with a_world(tmp_path, ONE_CHANNEL, leap, **_settings()) as world:
        async with world.product(leap.timing()):
            await _connect(world)
            told = await _told(world)
        leap.by += timedelta(days=100)
        world.linkedin.faults.add(Fault(_TOKENS, hang=0.7))

        async with world.product(leap.timing()) as server:
            assert server.product.linkedin.connection.token() == "", "it was not waited for"
            await _arrives(world, server, world.submit())
            assert await _told(world) == told
