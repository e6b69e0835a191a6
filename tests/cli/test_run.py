"""`leadbell run`: names everything that is missing at once; with everything set, a lead goes the whole way."""

from __future__ import annotations

import asyncio
import re
import shutil
import signal
from pathlib import Path

from tests.cli.command import leadbell_forked, leadbell_here, start
from tests.story.world import BEN, a_world, until

_ROOT = Path(__file__).parents[2]


async def test_without_any_variable_it_names_all_of_them_and_exits_2(tmp_path: Path) -> None:
    shutil.copy(_ROOT / "config.yaml", tmp_path)

    done = await leadbell_here("run", folder=tmp_path)

    assert done.code == 2
    for name in (
        "LINKEDIN_CLIENT_ID",
        "LINKEDIN_CLIENT_SECRET",
        "SLACK_BOT_TOKEN",
        "SLACK_SIGNING_SECRET",
        "SMTP_URL",
    ):
        assert name in done.err
    assert re.search(r"^config\.yaml:\d+:\d+: ", done.err, re.MULTILINE)
    assert not (tmp_path / "data").exists(), "nothing may be made by a start that failed"


async def test_without_a_rule_file_it_says_where_it_looked_and_exits_2(tmp_path: Path) -> None:
    done = await leadbell_here("run", folder=tmp_path)

    assert done.code == 2
    assert "config.yaml" in done.err


async def test_a_port_that_is_taken_is_said_and_exits_2(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        taken = world.linkedin.url.rpartition(":")[2]

        done = await leadbell_forked("run", folder=tmp_path, environment={**world.environment, "PORT": taken})

        assert done.code == 2
        assert f"cannot listen on 127.0.0.1:{taken}" in done.err


async def test_a_lead_goes_the_whole_way_and_a_signal_ends_it_cleanly(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        server = await start("run", folder=tmp_path, environment=world.environment)
        try:
            port = await ready(server)
            world.slack.request_url = f"http://127.0.0.1:{port}/slack/events"
            response_id = world.submit(country="Germany")

            assert await world.linkedin.notify(f"http://127.0.0.1:{port}/linkedin/webhook", response_id) == 200

            await until(lambda: world.texts("#leads-dach") and world.mailbox.messages)
            assert await world.press("U0ANNA", "lead_claim", "#leads-dach") == 200
            await until(lambda: "claimed by Anna" in world.texts("#leads-dach")[0])
            environment = {**world.environment, "PORT": str(port)}
            health = await leadbell_here("health", folder=tmp_path, environment=environment)
            assert (health.code, health.out) == (0, "ready\n")

            server.terminate()
            async with asyncio.timeout(8):
                _, err = await server.communicate()

            assert server.returncode == 0
            logged = err.decode()
            for person in ("Ana", "Silva", "ana@acme.example", "ACME", "xoxb-", "signing-secret", "access-token"):
                assert person not in logged
        finally:
            if server.returncode is None:
                server.kill()
                await server.communicate()


async def test_health_without_a_server_is_no(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        done = await leadbell_here("health", folder=tmp_path, environment={**world.environment, "PORT": "9"})

    assert done.code == 1
    assert "no answer" in done.err


async def test_beside_a_running_server_commands_read_and_redeliver_but_no_second_one_starts(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        gone = next(channel for channel in world.slack.channels.values() if channel.name == "leads-all")
        gone.is_archived = True
        server = await start("run", folder=tmp_path, environment=world.environment)
        try:
            port = await ready(server)
            await world.linkedin.notify(f"http://127.0.0.1:{port}/linkedin/webhook", world.submit())
            await until(lambda: any("leads-all" in text for text in world.texts("#admin")))
            dead = await leadbell_here("deliveries", "--dead", "--json", folder=tmp_path, environment=world.environment)
            assert isinstance(dead.json, list)
            assert [(row["target"], row["state"]) for row in dead.json] == [("#leads-all", "dead")]

            gone.is_archived = False
            done = await leadbell_here("redeliver", "--dead", folder=tmp_path, environment=world.environment)

            assert (done.code, done.out) == (0, "1 delivery is on the way again.\n")
            await until(lambda: world.texts("#leads-all"))
            world.slack.request_url = f"http://127.0.0.1:{port}/slack/events"
            assert await world.press(BEN, "lead_claim") == 200

            second = await leadbell_forked("run", folder=tmp_path, environment=world.environment)

            assert second.code == 2
            assert f"process {server.pid}" in second.err
        finally:
            server.terminate()
            await server.communicate()


async def ready(server: asyncio.subprocess.Process, says: str = "") -> int:
    """The port, once the server says that it is ready; and `says` before."""
    assert server.stderr is not None
    said = b""
    async with asyncio.timeout(20):
        while not (found := re.search(rb"ready on port (\d+)", said)):
            line = await server.stderr.readline()
            assert line, said.decode()
            said += line
    assert says in said.decode()
    return int(found[1])


async def test_the_shipped_rules_work_against_any_addresses_and_ctrl_c_ends_it_cleanly(tmp_path: Path) -> None:
    shipped = (_ROOT / "config.yaml").read_text(encoding="utf-8")
    async with a_world(tmp_path, shipped, PUBLIC_URL="https://leads.example.com", PORT="0", HOST="127.0.0.1") as world:
        world.slack.add_channel(name="leadbell-admin")
        server = await start("run", folder=tmp_path, environment=world.environment)
        try:
            port = await ready(server)

            await world.linkedin.notify(f"http://127.0.0.1:{port}/linkedin/webhook", world.submit())

            await until(lambda: world.texts("#leads-all"))
            server.send_signal(signal.SIGINT)
            async with asyncio.timeout(8):
                await server.communicate()

            assert server.returncode == 0
        finally:
            if server.returncode is None:
                server.kill()
                await server.communicate()
