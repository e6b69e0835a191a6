"""`forget` and `export` on a database that no server holds: what they print, and that it names nobody."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest

from bot.control import listening
from bot.core.errors import StoreUnavailable
from bot.store.database import opened
from bot.store.entries import Clerk
from tests.builders import MAIL_ANNA, SLACK_ALL, a_lead
from tests.cli.command import Done, leadbell_here
from tests.clock import Clock
from tests.store.builders import Desk

CANARY = "canary7f3a"
ADDRESS = f"{CANARY}@acme.example"
_FILE = """
version: 1
people: {anna: {slack: U0ANNA, email: anna@example.com}}
rules: [{name: Everything else, post: "#leads-all"}]
database: sqlite:leads.db
slack: {bot_token: "${T:-}", signing_secret: "${S:-}", admin_channel: "#admin"}
"""


@dataclass(frozen=True)
class Folder:
    """A folder with a rule file and a database that holds two leads of one person and one of another."""

    path: Path
    leads: tuple[str, ...]

    async def run(self, *arguments: str) -> Done:
        return await leadbell_here(*arguments, folder=self.path)


@pytest.fixture
async def folder(tmp_path: Path, clock: Clock) -> Folder:
    (tmp_path / "config.yaml").write_text(_FILE, encoding="utf-8")
    async with opened(tmp_path / "leads.db") as database:
        desk = Desk(database, Clerk(), clock)
        theirs = [a_lead("r-1", email=ADDRESS, company="\x1b[31mACME\nX"), a_lead("r-2", work_email=ADDRESS.upper())]
        leads = [await desk.route(SLACK_ALL, MAIL_ANNA, lead=each, response_id=each.response_id) for each in theirs]
        for destination in ("slack", "email"):
            for leased in await desk.lease(destination):
                await desk.sent(leased)
        await desk.route(lead=a_lead("r-3", email="other@acme.example"), response_id="r-3")
        await desk.receive("not fetched yet")
    return Folder(tmp_path, tuple(sorted(leads)))


async def test_forget_erases_a_person_and_prints_a_receipt_that_names_nobody(folder: Folder) -> None:
    done = await folder.run("forget", f" {ADDRESS.title()}")

    assert done.code == 0
    assert "leads before        2" in done.out
    assert "leads after         0" in done.out
    assert "No trace is left" in done.out
    assert all(lead in done.out for lead in folder.leads)
    assert "1 lead(s) wait to be fetched" in done.err
    assert CANARY not in (done.out + done.err).lower()
    assert CANARY.encode() not in await asyncio.to_thread((folder.path / "leads.db").read_bytes)


async def test_forget_prints_the_receipt_as_json(folder: Folder) -> None:
    done = await folder.run("forget", ADDRESS, "--json")

    assert isinstance(done.json, dict)
    assert set(done.json) == {
        *("receipt", "wiped_tonight", "leads", "before", "after", "erased_before", "mentioned_in", "waiting")
    }
    receipt = done.json["receipt"]
    assert receipt["id"].startswith("e1")
    assert receipt["at"].endswith("Z")
    told = {key: receipt[key] for key in ("cause", "leads", "cards_to_edit", "mails_sent", "mails_cancelled", "wiped")}
    assert told == {
        "cause": "forget",
        "leads": 2,
        "cards_to_edit": 1,
        "mails_sent": 1,
        "mails_cancelled": 1,
        "wiped": True,
    }


@pytest.mark.parametrize("wanted", ["r-1", "urn:li:leadGenFormResponse:r-1"])
async def test_forget_takes_one_lead_and_leaves_the_persons_others(folder: Folder, wanted: str) -> None:
    done = await folder.run("forget", wanted, "--json")

    assert (done.code, done.json["before"]) == (0, 1)  # type: ignore[index]  # an object, as the test above shows
    again = await folder.run("forget", wanted)
    assert (again.code, again.out) == (0, "")
    assert "was erased before" in again.err
    assert (await folder.run("export", ADDRESS)).code == 0


async def test_nobody_matched_is_no_and_the_address_is_not_repeated(folder: Folder) -> None:
    done = await folder.run("forget", "nobody@nowhere.example")

    assert (done.code, done.out) == (1, "")
    assert "nothing was erased" in done.err
    assert "nowhere" not in done.err
    assert (await folder.run("forget", "nobody@nowhere.example", "--json")).json["receipt"] is None  # type: ignore[index]
    assert (await folder.run("forget", " ")).code == 2


async def test_a_reader_in_the_way_of_wiping_is_said(folder: Folder) -> None:
    with closing(sqlite3.connect(folder.path / "leads.db", isolation_level=None)) as backup:
        backup.execute("BEGIN")
        backup.execute("SELECT count(*) FROM lead").fetchone()

        done = await folder.run("forget", "r-3")

    assert done.code == 0
    assert "could not be wiped just now" in done.out


async def test_that_a_large_file_is_wiped_at_night_is_said(folder: Folder) -> None:
    receipt = {"id": "e1", "at": "2026-11-23T09:00:00.000Z", "cards_to_edit": 0, "mails_cancelled": 0, "mails_sent": 0}
    none: list[str] = []

    async def forget(_: Mapping[str, object]) -> object:
        rest = {"before": 1, "after": 0, "erased_before": none, "mentioned_in": none, "waiting": 0}
        return {"receipt": {**receipt, "wiped": False}, "wiped_tonight": True, "leads": ["l1"], **rest}

    async with listening(folder.path / "leads.db", {"forget": forget}):
        done = await folder.run("forget", ADDRESS)

    assert (done.code, done.err) == (0, "")
    assert "wiped tonight, between 02:00 and 05:00 (UTC)" in done.out


async def test_an_answer_that_does_not_come_is_not_called_a_failure(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module("bot.cli.forget"), "_PATIENCE_SECONDS", 0.05)  # `forget` is also a command
    is_over = asyncio.Event()

    async def takes_its_time(_: Mapping[str, object]) -> object:
        await is_over.wait()
        return {}

    async def cannot_go_on(_: Mapping[str, object]) -> object:
        raise StoreUnavailable("the disk is full")

    for command in (takes_its_time, cannot_go_on):
        async with listening(folder.path / "leads.db", {"forget": command}), asyncio.timeout(10):
            done = await folder.run("forget", ADDRESS)
            is_over.set()

        assert (done.code, done.out) == (2, "")
        assert "may be erased already, wholly or in part" in done.err
        assert "Run the same command again" in done.err
        assert CANARY not in done.err
    assert "the disk is full" in done.err


async def test_export_prints_what_is_known_and_nothing_that_a_terminal_obeys(folder: Folder) -> None:
    done = await folder.run("export", ADDRESS.upper())

    assert done.code == 0
    assert "\x1b" not in done.out
    for known in (ADDRESS, "Demo request", "ads-emea", "DACH enterprise", "email anna@example.com", "routed"):
        assert known in done.out
    assert "other@acme.example" not in done.out


async def test_export_prints_json_for_programs(folder: Folder) -> None:
    done = await folder.run("export", ADDRESS, "--json")

    assert isinstance(done.json, dict)
    assert done.json["waiting"] == 1
    first = next(each for each in done.json["leads"] if each["response_id"] == "r-1")
    assert first["submitted_at"] == "2026-11-23T08:59:30.000Z"
    assert {"question": "Company", "field": "company", "values": ["\x1b[31mACME\nX"]} in first["answers"]
    assert first["raw"] == {"raw": True}
    assert {each["target"] for each in first["deliveries"]} == {"#leads-all", "anna@example.com"}
    assert [each["what"] for each in first["milestones"]][:3] == ["received", "fetched", "routed"]
    assert [each["action"] for each in first["notifications"]] == ["CREATED"]


async def test_export_knows_nobody_and_takes_only_addresses(folder: Folder) -> None:
    nobody = await folder.run("export", "nobody@nowhere.example")
    assert (nobody.code, nobody.out) == (1, "")
    assert "Nothing is known" in nobody.err

    assert (await folder.run("export", "r-1")).code == 2


async def test_export_changes_nothing(folder: Folder) -> None:
    before = await asyncio.to_thread((folder.path / "leads.db").read_bytes)

    await folder.run("export", ADDRESS)

    assert await asyncio.to_thread((folder.path / "leads.db").read_bytes) == before


async def test_without_a_database_nothing_is_made(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(_FILE, encoding="utf-8")

    for command in ("forget", "export"):
        done = await leadbell_here(command, ADDRESS, folder=tmp_path)
        assert done.code == 2
        assert "no database" in done.err
        assert CANARY not in done.err
    assert not (tmp_path / "leads.db").exists()
