"""The commands beside a server that has worked: shapes, exit codes, names, and what no lead can do to them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox.faults import Fault
from tests.cli.command import Done, leadbell_forked, leadbell_here
from tests.story.world import ANNA, RULES, World, a_world, until

#: What a terminal would obey: clear the screen, change the title, an eight-bit escape, turn the direction of text.
_HOSTILE = "\x1b[2J\x1b]0;pwned\x07Sp\u202eain\x9b31m"
_OBEYED = ("\x1b", "\x07", "\x9b", "\u202e")


_LEAD_KEYS = {
    *("lead", "response_id", "submitted_at", "received_at", "state", "owner", "rule", "form", "campaign", "source"),
    *("first_name", "last_name", "email", "test", "late"),
}
_DELIVERY_KEYS = {"delivery", "lead", "destination", "target", "state", "attempts", "due_at", "error"}
_DECISION_KEYS = {"rule", "owner", "post", "email", "template", "conditions"}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as made:
        yield made


async def _ask(world: World, *arguments: str | Path, **environment: str) -> Done:
    folder = world.config.path.parent
    return await leadbell_here(*arguments, folder=folder, environment={**world.environment, **environment})


async def _ask_a_process(world: World, *arguments: str | Path, **environment: str) -> Done:
    """For what a thread cannot show: a server that does not start, and the real streams."""
    folder = world.config.path.parent
    return await leadbell_forked(*arguments, folder=folder, environment={**world.environment, **environment})


async def _one_lead(world: World, **answers: str) -> str:
    """A lead of Germany that Anna has claimed; its response id."""
    async with world.product() as server:
        response_id = world.submit(**{"country": "Germany", **answers})
        await world.notify(server, response_id)
        await until(lambda: world.texts("#leads-dach"))
        await until(lambda: [call.method for call in world.slack.calls].count("users.lookupByEmail") >= 3)
        await world.press(ANNA, "lead_claim", "#leads-dach")
        await until(lambda: "claimed by Anna" in world.texts("#leads-dach")[0])
    return response_id


async def test_a_lead_is_found_by_our_id_linkedins_id_and_its_urn_and_no_other_name(world: World) -> None:
    response_id = await _one_lead(world)
    listed = json.loads((await _ask(world, "leads", "--json")).out)
    ours = str(listed[0]["lead"])

    for name in (ours, response_id, f"urn:li:leadGenFormResponse:{response_id}"):
        for command in ("lead", "why"):
            answer = await _ask(world, command, name, "--json")
            assert (answer.code, json.loads(answer.out)["lead"]) == (0, ours)
    for command in ("lead", "why"):
        answer = await _ask(world, command, "nobody")
        assert (answer.code, answer.out) == (1, "")


async def test_the_keys_of_every_list_are_those_that_scripts_rely_on(world: World) -> None:
    response_id = await _one_lead(world)

    leads = json.loads((await _ask(world, "leads", "--json")).out)
    deliveries = json.loads((await _ask(world, "deliveries", "--json")).out)
    why = json.loads((await _ask(world, "why", response_id, "--json")).out)

    assert leads[0].keys() >= _LEAD_KEYS
    assert leads[0]["submitted_at"].endswith("Z")
    assert deliveries[0].keys() >= _DELIVERY_KEYS
    assert why.keys() >= _DECISION_KEYS
    assert why["conditions"][0].keys() == {"fact", "wanted", "found", "fits", "why"}


async def test_open_leads_are_those_that_nobody_has_contacted_and_mine_goes_by_any_of_my_names(world: World) -> None:
    await _one_lead(world)

    for name in ("anna", "anna@example.com", ANNA):
        mine = await _ask(world, "leads", "--open", "--mine", name, "--json")
        assert [lead["owner"] for lead in json.loads(mine.out)] == ["anna"], name
    assert json.loads((await _ask(world, "leads", "--mine", "ben", "--json")).out) == []


async def test_no_command_for_people_lets_a_lead_steer_the_terminal(world: World) -> None:
    async with world.product() as server:
        response_id = world.submit(first=_HOSTILE, company=_HOSTILE, country=_HOSTILE)
        await world.notify(server, response_id)
        await until(lambda: world.texts("#leads-all"))

    commands = (("leads",), ("lead", response_id), ("why", response_id), ("deliveries",), ("lead", _HOSTILE))
    for command in commands + tuple((*each, "--json") for each in commands):
        answer = await _ask(world, *command)
        assert [sign for sign in _OBEYED if sign in answer.out + answer.err] == [], command
    on_the_stream = await _ask_a_process(world, "why", response_id)
    assert "Germany" in on_the_stream.out
    assert [sign for sign in _OBEYED if sign in on_the_stream.out + on_the_stream.err] == []


async def test_neither_does_a_lead_in_a_file(world: World) -> None:
    file = world.config.path.parent / "lead.json"
    file.write_text(json.dumps({"country": _HOSTILE, "form": _HOSTILE, _HOSTILE: "x"}), encoding="utf-8")

    commands = (("route", file), ("render", "default", "--lead", file))
    for command in commands + tuple((*each, "--json") for each in commands):
        answer = await _ask(world, *command)
        assert (answer.code, [sign for sign in _OBEYED if sign in answer.out + answer.err]) == (0, []), command


async def test_neither_does_a_file_that_is_no_lead(world: World) -> None:
    file = world.config.path.parent / "lead.json"
    file.write_text(json.dumps({_HOSTILE: {"a": 1}}), encoding="utf-8")

    for command in (("route", file), ("render", "default", "--lead", file)):
        answer = await _ask(world, *command)
        assert "must be a text, a number, yes/no or a list of them" in answer.err
        assert (answer.code, [sign for sign in _OBEYED if sign in answer.out + answer.err]) == (2, []), command


async def test_health_asks_this_machine_whatever_proxy_is_set(world: World) -> None:
    async with world.product() as server:
        proxies = {"http_proxy": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
        assert (await _ask(world, "health", PORT=str(server.port))).code == 0
        assert (await _ask(world, "health", PORT=str(server.port), **proxies)).code == 0


async def test_health_tells_programs_in_json(world: World) -> None:
    async with world.product() as server:
        well = await _ask(world, "health", "--json", PORT=str(server.port))
    gone = await _ask(world, "health", "--json", PORT=str(server.port))
    stranger = await _ask(world, "health", "--json", PORT=world.mailbox.url.rpartition(":")[2].partition("?")[0])

    assert (well.code, well.json) == (0, {"ready": True, "detail": "ready"})
    for answer in (gone, stranger):
        assert isinstance(answer.json, dict)
        assert (answer.code, answer.err) == (1, "")
        assert (answer.json["ready"], answer.json["detail"].startswith("no answer from http://127.0.0.1:")) == (
            False,
            True,
        )


async def test_redeliver_sends_what_was_given_up_with_and_without_a_server(world: World) -> None:
    world.mailbox.faults.add(Fault(where="RCPT", status=550, body=b"5.1.1 no such user"))
    async with world.product() as server:
        await world.notify(server, world.submit(country="Germany"))
        await until(lambda: world.texts("#admin"))
        dead = json.loads((await _ask(world, "deliveries", "--dead", "--json")).out)

        again = await _ask(world, "redeliver", str(dead[0]["delivery"]), "--json")

        assert (again.code, json.loads(again.out)) == (0, [dead[0]["delivery"]])
        await until(lambda: world.mailbox.messages)
    assert (await _ask(world, "redeliver", str(dead[0]["delivery"]))).code == 1
    assert (await _ask(world, "redeliver", "--dead")).code == 0


async def test_redeliver_where_nothing_ever_ran_says_so_and_makes_nothing(world: World) -> None:
    for place in ("new/leads.db", f"{'a' * 60}/{'b' * 60}/leads.db"):
        database = world.config.path.parent / place

        answer = await _ask(world, "redeliver", "--dead", DATABASE_URL=f"sqlite:{database}")

        assert (answer.code, answer.out) == (2, "")
        assert "Traceback" not in answer.err
        assert f"There is no database at {database} yet." in answer.err
        assert not database.exists(), "a command that finds nothing to do leaves no database behind"
        assert not database.parent.exists()


async def test_a_file_that_is_no_database_is_said_in_words(world: World) -> None:
    file = world.config.path.parent / "other.db"
    for content in (b"", b"no database at all" * 100):
        for command in ("leads", "deliveries"):
            file.write_bytes(content)

            answer = await _ask(world, command, DATABASE_URL=f"sqlite:{file}")

            assert answer.code == 2
            assert "Traceback" not in answer.err
            assert "could not store" not in answer.err, "reading stores nothing"
            assert "other.db is not a database of Leadbell's." in answer.err
            assert (file.read_bytes(), answer.out) == (content, "")


async def test_a_database_that_cannot_be_made_is_not_called_a_port(world: World) -> None:
    folder = world.config.path.parent / "folder"
    folder.mkdir()
    for url in (f"sqlite:{folder}", f"sqlite:{world.config.path}/leads.db"):
        answer = await _ask_a_process(world, "run", DATABASE_URL=url)

        assert answer.code == 2
        assert "listen" not in answer.err


async def test_a_place_for_the_database_never_shows_its_password_and_other_schemes_are_refused(world: World) -> None:
    for url in ("postgresql://leadbell:hunter2@db/leads", "mysql://leadbell:hunter2@db/leads", "sqlite::memory:"):
        answer = await _ask(world, "run", DATABASE_URL=url)

        assert answer.code == 2
        assert "hunter2" not in answer.out + answer.err


async def test_env_beside_the_named_file_is_read_and_real_variables_win(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "config.yaml").write_text(RULES, encoding="utf-8")
    lines = [f'export {name}="{value}"  # from .env' for name, value in world.environment.items()]
    (folder / ".env").write_text("\n".join([*lines, "DATABASE_URL=sqlite:data/from-env.db"]), encoding="utf-8")

    from_env = await leadbell_here("leads", "--config", folder / "config.yaml", folder=tmp_path)
    real = await leadbell_here(
        "leads", "--config", folder / "config.yaml", folder=tmp_path, environment={"DATABASE_URL": "sqlite:real.db"}
    )

    assert str(folder / "data" / "from-env.db") in from_env.err
    assert str(folder / "real.db") in real.err
    assert (from_env.code, real.code) == (2, 2)


async def test_a_secret_in_a_bad_env_file_is_not_repeated(world: World) -> None:
    (world.config.path.parent / ".env").write_text("SLACK_BOT_TOKEN xoxb-hunter2\n", encoding="utf-8")

    answer = await _ask(world, "run")

    assert answer.code == 2
    assert "hunter2" not in answer.out + answer.err
