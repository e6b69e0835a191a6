"""What the webhook loses is found, what LinkedIn refuses for a while is waited for, and somebody is told once."""

from __future__ import annotations

import asyncio
import random
import socket
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp

from bot.app import Running, Timing, utc_now
from bot.pipeline.notices import listening
from bot.ports import Stream
from tests.story.world import AD_ACCOUNT, FORM, QUICK, World, a_world, until

SEED = 20261123
STREAM = Stream(source="ads", owner=AD_ACCOUNT, lead_type="SPONSORED")

RULES = """
version: 1
sources:
  ads: {owner: sponsoredAccount:507857085, lead_types: [SPONSORED]}
rules: [{name: Everything, post: nobody}]
server: {host: 127.0.0.1, port: 0, public_url: "${PUBLIC_URL}"}
database: ${DATABASE_URL}
linkedin:
  client_id: ${LINKEDIN_CLIENT_ID}
  client_secret: ${LINKEDIN_CLIENT_SECRET}
  access_token: ${LINKEDIN_ACCESS_TOKEN:-}
  api_url: ${LINKEDIN_API_URL}
  auth_url: ${LINKEDIN_API_URL}
  poll: {every: 1 h, look_back: 24 h}
slack:
  bot_token: ${SLACK_BOT_TOKEN}
  signing_secret: ${SLACK_SIGNING_SECRET}
  api_url: ${SLACK_API_URL}
  admin_channel: "#admin"
"""


class Leap:
    """The product's clock: the real one, and whatever it was set forward by."""

    def __init__(self) -> None:
        self.by = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.by


def rows(world: World, sql: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(world.config.database) as connection:
        return connection.execute(sql).fetchall()


def submit_many(world: World, count: int, *, ago: timedelta) -> list[str]:
    answers = {"first": "Ana", "last": "Silva", "email": "ana@acme.example"}
    first = utc_now() - ago
    return [
        world.linkedin.submit(form=FORM, answers=answers, submitted_at=first + timedelta(milliseconds=20 * number))
        for number in range(count)
    ]


def in_state(world: World, count: int, state: str = "unassigned") -> bool:
    return rows(world, f"SELECT count(*) FROM lead WHERE state = '{state}'") == [(count,)]


async def lossy(world: World, server: Running, ids: list[str], chance: random.Random) -> set[str]:
    """Post the notifications of `ids` shuffled, 5 % of them never and 3 % twice; the ids of those never posted."""
    dropped = set(chance.sample(ids, len(ids) // 20))
    posts = [each for each in ids if each not in dropped]
    posts += chance.sample(posts, len(ids) * 3 // 100)
    chance.shuffle(posts)
    url = f"http://127.0.0.1:{server.port}/linkedin/webhook"
    for start in range(0, len(posts), 50):
        statuses = await asyncio.gather(*(world.linkedin.notify(url, each) for each in posts[start : start + 50]))
        assert set(statuses) == {200}
    return dropped


async def test_of_two_thousand_leads_one_pull_finds_every_one_that_the_webhook_lost(tmp_path: Path) -> None:
    async with a_world(tmp_path, RULES, PUBLIC_URL="http://localhost") as world, world.product() as server:
        await until(lambda: rows(world, "SELECT 1 FROM stream"))
        ids = submit_many(world, 2000, ago=timedelta(hours=1))
        dropped = await lossy(world, server, ids, random.Random(SEED))

        found = await server.pull.pull(STREAM)
        await until(lambda: in_state(world, 2000), seconds=40)

        assert found == len(dropped) == 100
        assert {response_id for (response_id,) in rows(world, "SELECT response_id FROM lead")} == set(ids)
        assert rows(world, "SELECT count(*) FROM lead") == [(2000,)]
        late = rows(world, "SELECT response_id, late_cause FROM lead WHERE is_late = 1")
        assert {response_id for response_id, _ in late} == dropped
        assert {cause for _, cause in late} == {"lost"}
        assert await server.pull.pull(STREAM) == 0
        calls = sum("/rest/leadFormResponses" in request.raw_path for request in world.linkedin.requests)
        assert calls < 1000, "leads that wait go together"


async def test_the_nightly_count_names_each_lead_that_the_webhook_lost(tmp_path: Path) -> None:
    async with a_world(tmp_path, RULES, PUBLIC_URL="http://localhost") as world, world.product() as server:
        await until(lambda: rows(world, "SELECT 1 FROM stream"))
        ids = submit_many(world, 400, ago=timedelta(hours=1))
        dropped = await lossy(world, server, ids, random.Random(SEED))
        await until(lambda: in_state(world, 380), seconds=30)
        count, day = server.product.linkedin.count, timedelta(days=1)

        tally = await count.count(STREAM, since=utc_now() - day, until=utc_now(), night="2026-11-23")
        await until(lambda: in_state(world, 400), seconds=30)
        again = await count.count(STREAM, since=utc_now() - day, until=utc_now(), night="2026-11-24")

        assert (tally.comparison.theirs, tally.comparison.ours) == (400, 380)
        assert {response_id for response_id, _ in tally.comparison.missing} == dropped
        said = listening.counted("2026-11-23", "ads", [tally]).text
        assert "400 at LinkedIn, 380 here. 20 were missing (fetched now)" in said
        assert all(each in said for each in dropped)
        assert again.comparison.agrees
        assert again.comparison.ours == 400


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def connect(server: Running) -> str:
    """A member consents in the browser; what the page says."""
    ticket = server.product.linkedin.connection.ticket()
    address = f"{server.product.linkedin.connection.connect_url}?ticket={ticket}"
    async with aiohttp.ClientSession() as browser, browser.get(address) as page:
        assert page.status == 200, await page.text()
        return await page.text()


async def test_a_token_that_is_dead_for_an_hour_in_a_burst_costs_one_word_and_no_lead(tmp_path: Path) -> None:
    port, leap = free_port(), Leap()
    settings = {"PUBLIC_URL": f"http://127.0.0.1:{port}", "PORT": str(port), "LINKEDIN_ACCESS_TOKEN": ""}
    timing = Timing(retry=QUICK.retry, webhook_time=timedelta(0), now=leap)
    async with a_world(tmp_path, RULES, **settings) as world, world.product(timing) as server:
        await until(lambda: rows(world, "SELECT 1 FROM pause"))  # the first pull, which has no token yet, takes no lead
        assert "LinkedIn is connected" in await connect(server)
        ids = submit_many(world, 60, ago=timedelta(minutes=5))
        url = f"http://127.0.0.1:{port}/linkedin/webhook"
        for each in ids[:20]:
            assert await world.linkedin.notify(url, each) == 200
        await until(lambda: in_state(world, 20))
        told_before = len(world.texts("admin"))

        world.linkedin.revoke()
        for each in ids[20:40]:
            assert await world.linkedin.notify(url, each) == 200
        await until(lambda: len(world.texts("admin")) > told_before)
        before = len(world.linkedin.requests)
        for _ in range(60):
            leap.by += timedelta(minutes=1)
            await asyncio.sleep(0.02)
        for each in ids[40:]:
            assert await world.linkedin.notify(url, each) == 200
        asked = len(world.linkedin.requests) - before
        await connect(server)
        await until(lambda: in_state(world, 60), seconds=20)

        alerts = [text for text in world.texts("admin")[told_before:] if "cannot be fetched" in text]
        assert len(alerts) == 1
        assert "leadbell linkedin connect" in alerts[0]
        assert asked == 0, "nobody is asked with a token that is known to be dead"
        assert in_state(world, 0, "parked")
