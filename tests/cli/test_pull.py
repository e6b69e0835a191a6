"""`pull`, beside a running server and without one: older leads by hand, once, and in one list."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import utc_now
from tests.cli.command import leadbell_here
from tests.story.world import FORM, World, a_world, until

RULES = """
version: 1
sources: {ads: {owner: sponsoredAccount:507857085, lead_types: [SPONSORED]}}
rules: [{name: Everything, post: nobody}]
server: {host: 127.0.0.1, port: 0}
database: ${DATABASE_URL}
linkedin:
  client_id: ${LINKEDIN_CLIENT_ID}
  client_secret: ${LINKEDIN_CLIENT_SECRET}
  access_token: ${LINKEDIN_ACCESS_TOKEN}
  api_url: ${LINKEDIN_API_URL}
  poll: {every: 1 h, look_back: 24 h}
slack:
  bot_token: ${SLACK_BOT_TOKEN}
  signing_secret: ${SLACK_SIGNING_SECRET}
  api_url: ${SLACK_API_URL}
  admin_channel: "#admin"
"""


def submit(world: World, *days_ago: int) -> None:
    answers = {"first": "Ana", "last": "Silva", "email": "ana@acme.example"}
    for number in days_ago:
        world.linkedin.submit(form=FORM, answers=answers, submitted_at=utc_now() - timedelta(days=number, hours=1))


async def test_beside_a_server_older_leads_are_fetched_once_and_listed_once(tmp_path: Path) -> None:
    async with a_world(tmp_path, RULES) as world:
        submit(world, 5, 9, 40)
        async with world.product():
            first = await leadbell_here(
                "pull", "--last", "30d", "--json", folder=tmp_path, environment=world.environment
            )
            second = await leadbell_here("pull", "--last", "30d", folder=tmp_path, environment=world.environment)
            await until(lambda: any("already there" in text or "found for" in text for text in world.texts("admin")))

    assert (first.code, second.code) == (0, 0)
    assert json.loads(first.out) == {"entered": {"ads SPONSORED": 2}, "complete": True, "problem": ""}
    assert second.out == "ads SPONSORED: 0 leads that had not come before\n"
    lists = [text for text in world.texts("admin") if "already there" in text or "found for" in text]
    assert len(lists) == 1
    assert lists[0].count("Demo request") == 2


async def test_a_file_without_sources_names_nobody_to_fetch_from(tmp_path: Path) -> None:
    async with a_world(tmp_path, RULES.replace("sources:", "#")) as world:
        done = await leadbell_here("pull", folder=tmp_path, environment=world.environment)

    assert done.code == 2
    assert "nobody to fetch leads of" in done.err


async def test_without_a_server_it_works_alone_and_the_next_start_does_the_rest(tmp_path: Path) -> None:
    async with a_world(tmp_path, RULES) as world:
        submit(world, 2)

        done = await leadbell_here("pull", "--last", "7d", folder=tmp_path, environment=world.environment)
        listed = await leadbell_here("leads", "--json", folder=tmp_path, environment=world.environment)

    assert (done.code, done.out) == (0, "ads SPONSORED: 1 lead that had not come before\n")
    assert [lead["late"] for lead in json.loads(listed.out)] == [False]


async def test_a_refusal_is_told_and_the_rest_comes_with_the_same_command(tmp_path: Path) -> None:
    async with a_world(tmp_path, RULES) as world:
        submit(world, 2)
        world.linkedin.forbid("urn:li:sponsoredAccount:507857085")
        refused = await leadbell_here("pull", "--last", "3d", folder=tmp_path, environment=world.environment)
        world.linkedin.allow("urn:li:sponsoredAccount:507857085")
        done = await leadbell_here("pull", "--last", "3d", folder=tmp_path, environment=world.environment)

    assert refused.code == 1
    assert "role on the Page" in refused.err
    assert "goes on where it stopped" in refused.err
    assert (done.code, done.out) == (0, "ads SPONSORED: 1 lead that had not come before\n")


@pytest.mark.parametrize("last", ["", "soon", "30", "-3d"])
async def test_a_time_that_is_none_is_wrong_use(tmp_path: Path, last: str) -> None:
    async with a_world(tmp_path, RULES) as world:
        done = await leadbell_here("pull", "--last", last, folder=tmp_path, environment=world.environment)

    assert done.code == 2
    assert "no length of time" in done.err
