"""`leadbell versions`, and `leadbell run` with a file that cannot be used: as processes, beside each other."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from pathlib import Path

from tests.cli.command import leadbell_here, start
from tests.cli.test_run import ready
from tests.story.test_live_rules import BAD, TO_DACH, version_of
from tests.story.world import RULES, World, a_world, until


async def test_before_any_server_ran_there_is_no_database_to_ask(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        done = await leadbell_here("versions", folder=tmp_path, environment=world.environment)

    assert done.code == 2
    assert "made by the first `leadbell run`" in done.err


async def test_the_versions_are_listed_also_beside_a_bad_file_and_each_can_be_shown(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        async with world.product(follows_file=True) as server:
            world.config.path.write_text(TO_DACH, encoding="utf-8")
            await until(lambda: server.product.rules.config.version == version_of(TO_DACH))
        world.config.path.write_text(BAD, encoding="utf-8")
        async with world.product(follows_file=True):
            listed = await leadbell_here("versions", folder=tmp_path, environment=world.environment)
            as_json = await leadbell_here("versions", "--json", folder=tmp_path, environment=world.environment)
            first = version_of(RULES)
            shown = await leadbell_here("versions", "--show", first, folder=tmp_path, environment=world.environment)
            unknown = await leadbell_here("versions", "--show", "nope", folder=tmp_path, environment=world.environment)

    assert listed.code == 0
    assert "cannot be used as it stands" in listed.out
    assert isinstance(as_json.json, list)
    assert [(row["version"], row["live"], row["how"], row["by"]) for row in as_json.json] == [
        (version_of(TO_DACH), True, "edit", ""),
        (version_of(RULES), False, "start", ""),
    ]
    assert as_json.json[0]["change"] == "Rule “Everything else” now posts to #leads-dach instead of #leads-all."
    assert as_json.json[0]["at"].endswith("Z")
    assert shown.out.strip() == RULES.strip()
    assert unknown.code == 1
    assert "There is no version nope" in unknown.err


async def test_run_starts_with_the_stored_version_and_a_hangup_makes_it_look(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        await _ran_once(world)
        world.config.path.write_text(BAD.replace("#admin", "#leads-dach"), encoding="utf-8")
        server = await start("run", folder=tmp_path, environment=world.environment)
        try:
            await ready(server, says="this file cannot be used; starting with the stored version")
            await until(lambda: any("started with the stored version" in text for text in world.texts("#leads-dach")))

            world.config.path.write_text(TO_DACH, encoding="utf-8")
            server.send_signal(signal.SIGHUP)

            await until(lambda: any(version_of(TO_DACH) in text for text in world.texts("#leads-dach")))
            assert server.returncode is None
        finally:
            with suppress(ProcessLookupError):
                server.terminate()
            async with asyncio.timeout(10):
                await server.communicate()
        assert server.returncode == 0


async def test_run_exits_2_where_the_settings_of_the_server_are_what_is_bad(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        await _ran_once(world)
        bad = RULES.replace("signing_secret: ${", "signing_sekret: ${")
        world.config.path.write_text(bad, encoding="utf-8")

        done = await leadbell_here("run", folder=tmp_path, environment=world.environment)

    assert done.code == 2
    assert "signing_sekret" in done.err
    assert "not started" in done.err


async def _ran_once(world: World) -> None:
    async with world.product(follows_file=True):
        pass
