"""Starting, stopping, a disk that is full, a database that is locked, and who may read the files."""

from __future__ import annotations

import asyncio
import resource
import signal
import sqlite3
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest

from bot import control
from bot.app import Running
from bot.sandbox.faults import Fault
from bot.store.database import opened_to_read
from bot.store.reading import Reading
from tests.story.killable import killable
from tests.story.world import BEN, QUESTIONS, RULES, World, a_world, get, until

#: What whoever runs the server allows a stop to take, before the kernel is asked to kill.
_STOP_SECONDS = 8


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as made:
        yield made


@contextmanager
def _locked(database: Path) -> Iterator[None]:
    """Another program holds the database for writing."""
    connection = sqlite3.connect(database, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
    finally:
        connection.close()


@contextmanager
def _full_disk(database: Path) -> Iterator[None]:
    """No file may grow: the kernel refuses as it does when the disk is full."""
    grown = max(file.stat().st_size for file in database.parent.glob(f"{database.name}*") if file.is_file())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (grown, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


async def _post(world: World, server: Running, response_id: str) -> tuple[int, str]:
    """Status and Retry-After of a signed notification."""
    body = world.linkedin.notification(response_id)
    url = f"http://127.0.0.1:{server.port}/linkedin/webhook"
    headers = {"X-LI-Signature": world.linkedin.sign(body)}
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as response:
        return response.status, response.headers.get("Retry-After", "")


async def _until_tidied(world: World, server: Running) -> None:
    """The sweep of the start has emptied the log into the file; done later, it would make room on a full disk."""
    one_page = 4096
    await until(lambda: world.config.database.stat().st_size > one_page)
    assert (await get(server.port, "/readyz"))[0] == 200, "it writes, so after that the sweep is over"


async def _until_full(world: World, server: Running) -> None:
    """What room there is in the files that are there is used up by notifications nobody needs."""
    for number in range(100):
        if (await _post(world, server, world.submit(last=f"Filler{number}", country="Germany")))[0] == 503:
            return
    raise AssertionError("the disk never got full")


async def test_while_the_database_is_locked_nothing_is_acknowledged_and_afterwards_all_goes_on(world: World) -> None:
    async with world.product() as server:
        await world.notify(server, world.submit())
        await until(lambda: world.texts("#leads-all"))
        response_id = world.submit(first="Zoe")

        with _locked(world.config.database):
            status, retry_after = await _post(world, server, response_id)
            press = await world.press(BEN, "lead_claim")
            assert (await get(server.port, "/livez"))[0] == 200
            assert (await get(server.port, "/readyz"))[0] == 503

        assert (status, press) == (503, 500)
        assert retry_after.isdigit()
        assert await _post(world, server, response_id) == (200, "")
        assert await world.press(BEN, "lead_claim") == 200
        await until(lambda: len(world.texts("#leads-all")) == 2 and "– claimed by Ben" in world.texts("#leads-all")[0])


async def test_a_full_disk_is_503_and_goes_on_by_itself_when_there_is_room(world: World) -> None:
    async with world.product() as server:
        await world.notify(server, world.submit())
        await until(lambda: world.texts("#leads-all"))
        response_id = world.submit(first="Zoe")
        await _until_tidied(world, server)

        with _full_disk(world.config.database):
            await _until_full(world, server)
            status, retry_after = await _post(world, server, response_id)

        assert status == 503
        assert retry_after.isdigit()
        assert await _post(world, server, response_id) == (200, "")
        await until(lambda: any("Zoe" in text for text in world.texts("#leads-all")), seconds=20)


async def test_a_server_whose_disk_is_full_does_not_say_that_it_is_ready(world: World) -> None:
    async with world.product() as server:
        await _until_tidied(world, server)

        with _full_disk(world.config.database):
            await _until_full(world, server)

            status, _ = await get(server.port, "/readyz")

        assert status == 503


async def test_a_stop_is_quick_and_clean_while_everybody_outside_is_silent(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world, killable(world, tmp_path) as server:
        world.slack.faults.add(Fault(where="chat.postMessage", hang=60, times=99))
        world.linkedin.faults.add(Fault(where="/rest/leadFormResponses", hang=60, times=3))
        for number in range(20):
            webhook = f"http://127.0.0.1:{server.port}/linkedin/webhook"
            await world.linkedin.notify(webhook, world.submit(last=f"Lead{number}"))
        _, half_a_request = await asyncio.open_connection("127.0.0.1", server.port)
        half_a_request.write(b"POST /linkedin/webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        await until(lambda: any(call.method == "chat.postMessage" for call in world.slack.calls))

        async with asyncio.timeout(_STOP_SECONDS):
            assert await server.stop() == 0

        half_a_request.close()


async def test_a_stop_right_after_the_start_is_quick_although_slack_does_not_answer(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        world.slack.faults.add(Fault(where="", hang=60, times=99))
        async with killable(world, tmp_path) as server:
            async with asyncio.timeout(_STOP_SECONDS):
                assert await server.stop() == 0


async def test_stopping_in_the_middle_of_a_pull_is_no_error(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        world.linkedin.faults.add(Fault(where="/rest/leadFormResponses", hang=60))
        async with killable(world, tmp_path) as server:
            await until(lambda: world.linkedin.requests)

            assert await server.stop() == 0

            assert '"level": "error"' not in server.log.read_text()


async def test_killed_between_a_claim_and_its_card_the_card_shows_the_claim_after_the_restart(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world, killable(world, tmp_path) as server:
        webhook = f"http://127.0.0.1:{server.port}/linkedin/webhook"
        await world.linkedin.notify(webhook, world.submit())
        await until(lambda: world.texts("#leads-all"))
        await until(lambda: [call.method for call in world.slack.calls].count("users.lookupByEmail") >= 3)
        world.slack.faults.add(Fault(where="chat.update", drop="before", hang=30))

        assert await world.press(BEN, "lead_claim") == 200
        await until(lambda: any(call.method == "chat.update" for call in world.slack.calls))
        await server.kill()
        await server.start()

        await until(lambda: world.texts("#leads-all") == ["New lead: Ana Silva at ACME – claimed by Ben"])


async def test_nobody_else_on_the_machine_can_read_the_leads(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    async with a_world(tmp_path, DATABASE_URL=f"sqlite:{folder / 'leads.db'}") as world, world.product() as server:
        await world.notify(server, world.submit())
        await until(lambda: world.texts("#leads-all"))

        modes = {file.name: oct(stat.S_IMODE(file.stat().st_mode)) for file in (folder, *folder.iterdir())}

    assert modes.pop("data") == "0o700"
    assert {"leads.db", "leads.db-wal", "leads.db.lock", "leads.db.sock"} <= modes.keys()
    assert set(modes.values()) == {"0o600"}


async def test_a_path_too_long_for_a_socket_still_takes_commands(tmp_path: Path) -> None:
    deep = tmp_path / ("a" * 60) / ("b" * 60) / "leads.db"
    async with a_world(tmp_path, DATABASE_URL=f"sqlite:{deep}") as world, world.product():
        socket = control.socket_path(world.config.database)

        assert await control.ask(world.config.database, "redeliver", {"ids": None}) == []

        assert stat.S_IMODE(socket.stat().st_mode) == 0o600
        assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700


async def test_a_lead_that_was_taken_back_is_nowhere_in_the_files_once_the_server_has_stopped(world: World) -> None:
    async with world.product() as server:
        response_id = world.submit(email="ana@canary.example")
        await world.notify(server, response_id)
        await until(lambda: world.texts("#leads-all"))
        await world.notify(server, response_id, "DELETED")
        await until(lambda: world.texts("#leads-all") == ["Lead removed on request"])

    for file in world.config.database.parent.glob("leads.db*"):
        assert b"canary.example" not in file.read_bytes(), file.name


async def test_a_template_that_fails_costs_no_lead(tmp_path: Path) -> None:
    folder = tmp_path / "templates" / "slack"
    folder.mkdir(parents=True)
    (folder / "lead.j2").write_text("{% block title %}{{ lead.nonsense }}{% endblock %}", encoding="utf-8")
    async with a_world(tmp_path) as world, world.product() as server:
        await world.notify(server, world.submit())

        await until(lambda: world.texts("#leads-all") == ["New lead: Ana Silva at ACME – unclaimed"])

        assert "Ana Silva" in str(world.slack.messages("#leads-all")[0].blocks)


async def test_without_slack_the_alerts_go_by_mail_and_so_do_the_words_to_the_admin(tmp_path: Path) -> None:
    slack = RULES[RULES.index("slack:\n  bot_token") : RULES.index("email:\n  smtp")]
    rules = RULES.replace(slack, "").replace('    post: "#leads-dach"\n', "    post: nobody\n")
    rules = rules.replace('    post: "#leads-all"\n', "    post: nobody\n    email: sales@example.com\n")
    async with a_world(tmp_path, rules + "  admin: ops@example.com\n") as world:
        elsewhere = "urn:li:sponsoredAccount:999"
        world.linkedin.add_form(id=1, name="Other", owner=elsewhere, questions=QUESTIONS)
        async with world.product() as server:
            await world.notify(server, world.linkedin.submit(form=1, answers={"first": "Ana"}))

            await until(lambda: len(world.mailbox.messages) == 3)

    told = {(mail.recipients[0], mail.text) for mail in world.mailbox.messages}
    words = "".join(text for who, text in told if who == "ops@example.com")
    assert any("Ana" in text for who, text in told if who == "sales@example.com")
    assert "sponsoredAccount:999" in words, "no source"
    assert "other: 1" in words, "and no nickname"
    assert "Ana" not in words


async def test_all_cards_of_a_lead_show_who_has_it_wherever_it_was_claimed(tmp_path: Path) -> None:
    rules = RULES.replace('    post: "#leads-all"\n', '    post: ["#leads-all", "#leads-dach", "#leads-all"]\n')
    async with a_world(tmp_path, rules) as world, world.product() as server:
        await world.notify(server, world.submit())
        await until(lambda: world.texts("#leads-all") and world.texts("#leads-dach"))
        await until(lambda: [call.method for call in world.slack.calls].count("users.lookupByEmail") >= 3)

        await world.press(BEN, "lead_claim", "#leads-dach")

        for channel in ("#leads-all", "#leads-dach"):
            await until(
                lambda channel=channel: (
                    world.texts(channel)  # type: ignore[misc]
                    == ["New lead: Ana Silva at ACME – claimed by Ben"]
                )
            )


async def test_what_reading_commands_see_is_what_was_committed_and_nothing_is_changed(world: World) -> None:
    async with world.product() as server:
        await world.notify(server, world.submit())
        await until(lambda: world.texts("#leads-all"))

        async with opened_to_read(world.config.database) as database:
            assert len(await Reading(database).leads(only_open=True, owners=(), limit=10)) == 1
            with pytest.raises(Exception, match="readonly"):
                await database.read(lambda tx: tx.execute("DELETE FROM lead"))
