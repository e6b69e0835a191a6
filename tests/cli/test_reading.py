"""`leads`, `lead`, `why`, `deliveries`, `redeliver` on a database that no server holds.

A few run as processes, to see what only a process shows: exit codes and streams. The others only read what is said.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.store.database import opened
from bot.store.entries import Clerk
from bot.store.notice_board import SqliteDirectory
from tests.builders import SLACK_ALL, a_lead
from tests.cli.command import Done, leadbell, leadbell_here
from tests.clock import Clock
from tests.store.builders import Desk
from tests.store.office import Office

_FILE = """
version: 1
people: {anna: {slack: U0ANNA, email: anna@example.com}, ben: {slack: Ben@example.com}}
rules: [{name: Everything else, post: "#leads-all"}]
database: sqlite:leads.db
slack: {bot_token: "${T:-}", signing_secret: "${S:-}", admin_channel: "#admin"}
"""


_LEAD_KEYS = {
    *("lead", "response_id", "submitted_at", "received_at", "state", "owner", "rule", "form", "campaign", "source"),
    *("first_name", "last_name", "email", "test", "late"),
    *("team", "offered_at", "held_until", "outcome_at", "outcome_reason"),
}
_COMMANDS = (
    *("run", "demo", "check", "route", "why", "compare"),
    *("leads", "lead", "deliveries", "redeliver", "render", "health"),
)


@dataclass(frozen=True)
class Folder:
    """A folder with a rule file and a database that holds one lead."""

    path: Path
    lead: str

    async def run(self, *arguments: str) -> Done:
        return await leadbell_here(*arguments, folder=self.path)

    async def run_as_process(self, *arguments: str) -> Done:
        return await leadbell(*arguments, folder=self.path)


@pytest.fixture
async def folder(tmp_path: Path, clock: Clock) -> Folder:
    (tmp_path / "config.yaml").write_text(_FILE, encoding="utf-8")
    async with opened(tmp_path / "leads.db") as database:
        desk = Desk(database, Clerk(), clock)
        lead = await desk.route(SLACK_ALL, lead=a_lead(first_name="\x1b[31mAna"), owner="anna")
        (leased,) = await desk.lease()
        await desk.sent(leased)
    return Folder(tmp_path, lead)


async def test_leads_lists_in_the_shape_of_the_contract(folder: Folder) -> None:
    done = await folder.run("leads", "--json")

    assert done.code == 0
    assert isinstance(done.json, list)
    assert set(done.json[0]) == _LEAD_KEYS
    assert done.json[0]["submitted_at"] == "2026-11-23T08:59:30.000Z"
    assert done.json[0]["state"] == "assigned"


async def test_a_table_shows_no_control_characters_of_a_lead(folder: Folder) -> None:
    done = await folder.run_as_process("leads")

    assert "\x1b[31m" not in done.out
    assert "Silva" in done.out


@pytest.mark.parametrize(("who", "count"), [("anna", 1), ("U0ANNA", 1), ("ben", 0)])
async def test_leads_can_be_one_persons(folder: Folder, who: str, count: int) -> None:
    done = await folder.run("leads", "--open", "--json", "--mine", who)

    assert done.code == 0
    assert isinstance(done.json, list)
    assert len(done.json) == count


@pytest.mark.parametrize(
    ("who", "owners"),
    [
        ("ben", ["U0BEN", "ben"]),
        ("BEN@example.com", ["U0BEN", "ben"]),
        ("U0BEN", ["U0BEN", "ben"]),
        ("sam@example.com", ["U0SAM"]),
        ("U0SAM", ["U0SAM"]),
        ("U0NOBODY", []),
    ],
)
async def test_a_person_goes_by_their_name_their_address_and_the_slack_id_that_was_found(
    folder: Folder, clock: Clock, who: str, owners: list[str]
) -> None:
    async with opened(folder.path / "leads.db") as database:
        await SqliteDirectory(database).remember("ben@example.com", "U0BEN")
        await SqliteDirectory(database).remember("sam@example.com", "U0SAM")
        for owner in ("ben", "U0BEN", "U0SAM"):
            await Desk(database, Clerk(), clock).route(response_id=owner, owner=owner)

    done = await folder.run("leads", "--json", "--mine", who)

    assert isinstance(done.json, list)
    assert sorted(row["owner"] for row in done.json) == owners


@pytest.mark.parametrize("name", ["{lead}", "r-1", "urn:li:leadGenFormResponse:r-1"])
async def test_a_lead_is_found_by_any_of_its_names_and_tells_its_story(folder: Folder, name: str) -> None:
    done = await folder.run("lead", name.format(lead=folder.lead), "--json")

    assert done.code == 0
    assert isinstance(done.json, dict)
    assert [step["what"] for step in done.json["steps"]] == ["received", "fetched", "routed", "alerted"]
    assert done.json["deliveries"][0]["target"] == "#leads-all"


async def test_a_lead_that_is_not_there_is_no(folder: Folder) -> None:
    done = await folder.run_as_process("lead", "nobody")

    assert done.code == 1
    assert done.out == ""
    assert "no lead nobody" in done.err


async def test_why_prints_the_decision_as_it_was_made(folder: Folder) -> None:
    done = await folder.run("why", folder.lead, "--json")

    assert done.code == 0
    assert isinstance(done.json, dict)
    assert done.json["rule"] == "Everything else"
    assert done.json["owner"] == "anna"
    assert (await folder.run("why", folder.lead)).code == 0


async def test_deliveries_lists_in_the_shape_of_the_contract(folder: Folder) -> None:
    done = await folder.run("deliveries", "--json")

    assert isinstance(done.json, list)
    assert {"delivery", "lead", "destination", "target", "state", "attempts", "due_at", "error"} <= set(done.json[0])
    assert (await folder.run("deliveries", "--dead", "--json")).json == []


async def test_redeliver_never_touches_what_was_sent(folder: Folder) -> None:
    sent = (await folder.run("deliveries", "--json")).json
    assert isinstance(sent, list)

    done = await folder.run("redeliver", sent[0]["delivery"])

    assert done.code == 1
    assert "left alone" in done.err


@pytest.mark.parametrize("arguments", [(), ("d1", "--dead")])
async def test_redeliver_wants_to_know_which(folder: Folder, arguments: tuple[str, ...]) -> None:
    assert (await folder.run("redeliver", *arguments)).code == 2


async def test_without_a_database_the_commands_say_how_one_comes_about(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(_FILE, encoding="utf-8")

    done = await leadbell_here("leads", folder=tmp_path)

    assert done.code == 2
    assert "no database" in done.err
    assert "Traceback" not in done.err


async def test_a_database_of_another_program_is_not_read_nor_written(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(_FILE, encoding="utf-8")
    other = sqlite3.connect(tmp_path / "leads.db")
    other.execute("CREATE TABLE lead (id TEXT)")
    other.close()
    before = (tmp_path / "leads.db").read_bytes()

    for command in (("leads",), ("redeliver", "--dead")):
        done = await leadbell_here(*command, folder=tmp_path)

        assert (done.code, done.out) == (2, "")
        assert "leads.db is not a database of Leadbell's." in done.err
    assert (tmp_path / "leads.db").read_bytes() == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("INSERT INTO migration VALUES (999, 'later')", "written by a newer Leadbell"),
        ("DELETE FROM migration WHERE number = (SELECT max(number) FROM migration)", "written by an older Leadbell"),
    ],
)
async def test_a_database_of_another_version_is_not_read(folder: Folder, change: str, words: str) -> None:
    changed = sqlite3.connect(folder.path / "leads.db", isolation_level=None)
    changed.execute(change)
    changed.close()

    done = await folder.run("leads")

    assert (done.code, done.out) == (2, "")
    assert words in done.err


async def test_help_names_every_command(tmp_path: Path) -> None:
    done = await leadbell_here("--help", folder=tmp_path)

    assert done.code == 0
    for command in _COMMANDS:
        assert command in done.out


async def test_an_unknown_command_is_wrong_use(tmp_path: Path) -> None:
    assert (await leadbell_here("dance", folder=tmp_path)).code == 2


async def test_a_lead_of_a_team_tells_whose_it_is_and_what_happens_if_nobody_acts(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "config.yaml").write_text(_FILE, encoding="utf-8")
    async with opened(tmp_path / "leads.db") as database:
        clerk = Clerk()
        office = Office(Desk(database, clerk, clock), clerk)
        lead = await office.route()
        await office.later(minutes=20)
    folder = Folder(tmp_path, lead)

    told = (await folder.run("lead", lead, "--json")).json
    printed = (await folder.run("lead", lead)).out
    listed = (await folder.run("leads", "--json")).json

    assert isinstance(told, dict)
    assert isinstance(listed, list)
    assert told["team"] == listed[0]["team"] == "dach"
    assert told["offered_at"] == "2026-11-23T09:20:00.001Z"
    assert told["next"] == [
        {"at": "2026-11-23T09:30:00.000Z", "what": "tell manager", "by": ["slack", "email"]},
        {"at": "2026-11-23T13:00:00.000Z", "what": "give back to rotation", "by": ["slack"]},
    ]
    assert "What happens next if nobody acts:\n  2026-11-23T09:30:00.000Z  tell manager\n" in printed
    assert "  team           dach\n" in printed
    assert "dach" in (await folder.run("leads")).out


async def test_once_somebody_acted_for_good_nothing_is_to_come(folder: Folder) -> None:
    assert "if nobody acts" not in (await folder.run("lead", folder.lead)).out
