"""`leadbell turns TEAM`, as a sales manager reads it and as a script does."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import utc_now
from bot.core.claiming import ClaimAction
from bot.core.people import People
from bot.core.rule_files import Files, How, LiveEntry
from bot.store.database import opened
from bot.store.entries import Clerk
from bot.store.versions import SqliteVersionBook
from tests.cli.command import Done, leadbell_here
from tests.clock import Clock
from tests.store.builders import Desk
from tests.store.office import Office, dach, people

_FILE = """
version: 1
timezone: Europe/Berlin
hours:
  today: {mon-sun: 00:00-24:00}
  never: {mon: 09:00-09:01, closed: [2000-01-01 to 2060-01-01]}
people:
  anna: {slack: U0ANNA, HOURS}
  ben: {slack: U0BEN, HOURS}
  carl: {slack: U0CARL}
teams:
  dach: {pick: take turns, members: {anna: 2, ben: 1}LIMIT, if_nobody_is_free: INSTEAD}
  first: {pick: first to claim, members: [carl]}
  reserve: {pick: take turns, members: [carl]}
rules: [{name: Everything else, post: "#leads-all", owner: dach}]
database: sqlite:leads.db
slack: {bot_token: "${T:-}", signing_secret: "${S:-}", admin_channel: "#admin"}
"""


@dataclass(frozen=True)
class Folder:
    """A folder with a rule file and a database in which leads have gone round."""

    path: Path

    def write(self, *, hours: str = "today", instead: str = "wait for opening hours", limit: str = "") -> None:
        text = _FILE.replace("HOURS", f"hours: {hours}").replace("INSTEAD", instead).replace("LIMIT", limit)
        (self.path / "config.yaml").write_text(text, encoding="utf-8")

    async def went_live(self, text: str) -> None:
        """As if a server had taken this text over."""
        async with opened(self.path / "leads.db") as database:
            files = Files.of(text.encode(), {})
            entry = LiveEntry(version=files.version, how=How.UNDO, at=utc_now())
            await SqliteVersionBook(database, Clerk()).went_live(files, entry, [])

    async def run(self, *arguments: str) -> Done:
        return await leadbell_here("turns", *arguments, folder=self.path)

    async def told(self, *arguments: str) -> dict[str, object]:
        done = await self.run(*arguments, "--json")
        assert (done.code, done.err) == (0, "")
        assert isinstance(done.json, dict)
        return done.json


@pytest.fixture
async def folder(tmp_path: Path) -> Folder:
    async with opened(tmp_path / "leads.db") as database:
        clerk = Clerk()
        office = Office(Desk(database, clerk, Clock(utc_now() - timedelta(minutes=5))), clerk)
        office.edit(people=_two_to_one())
        leads = [await office.route() for _ in range(3)]
        for action in (ClaimAction.CLAIM, ClaimAction.JUNK):
            await office.press(action, "anna", leads[0])
    made = Folder(tmp_path)
    made.write()
    return made


def _two_to_one() -> People:
    return people(dach(anna=2, ben=1))


async def test_it_says_who_is_next_and_how_everybody_stands(folder: Folder) -> None:
    done = await folder.run("dach")

    assert done.code == 0
    assert "dach takes turns. Next: Anna." in done.out
    assert "If nothing changes, the next leads go to: Anna, " in done.out
    assert "given back: the lead was junk" in done.out
    assert "1 of it for junk" in done.out
    assert "Traceback" not in done.err


async def test_a_script_reads_the_same_in_a_shape_that_stays(folder: Folder) -> None:
    told = await folder.told("dach")

    assert list(told) == ["team", "pick", "next", "next_team", "held_until", "upcoming", "members", "turns"]
    assert (told["team"], told["pick"], told["next"], told["held_until"]) == ("dach", "take turns", "anna", None)
    members, turns = told["members"], told["turns"]
    assert isinstance(members, list)
    assert isinstance(turns, list)
    keys = {"person", "weight", "free", "why", "open_leads", "given", "owed", "to_make_good"}
    assert [set(each) for each in members] == [keys, keys]
    assert [(each["person"], each["weight"], each["open_leads"]) for each in members] == [("anna", 2, 1), ("ben", 1, 1)]
    assert [set(each) for each in turns] == [{"at", "person", "lead", "returned_at"}] * 3
    assert turns[0]["at"].endswith("Z")
    assert turns[-1]["returned_at"] is not None
    json.dumps(told)


async def test_the_ledger_can_be_cut(folder: Folder) -> None:
    turns = (await folder.told("dach", "--limit", "1"))["turns"]

    assert isinstance(turns, list)
    assert len(turns) == 1


@pytest.mark.parametrize(
    ("hours", "instead", "says"),
    [
        ("never", "carl", "dach: nobody is free now, so a lead goes to Carl."),
        ("never", "reserve", "dach: nobody is free now, so a lead goes to the team reserve. Next there: Carl."),
        ("never", "first", "so a lead goes to the team first (first to claim:"),
        ("never", "wait for opening hours", "A lead is posted at once and kept for the team until "),
    ],
)
async def test_when_nobody_is_free_it_says_where_a_lead_goes(
    folder: Folder, hours: str, instead: str, says: str
) -> None:
    folder.write(hours=hours, instead=instead)

    done = await folder.run("dach")

    assert done.code == 0
    assert says in done.out


async def test_whoever_has_too_much_is_named_with_the_reason(folder: Folder) -> None:
    folder.write(limit=", open_leads_limit: 1")

    assert "has 1 open lead, the limit is 1" in (await folder.run("dach")).out


async def test_a_team_without_turns_says_that_nobody_is_next(folder: Folder) -> None:
    done = await folder.run("first")

    assert "first is first to claim: nobody's turn, whoever presses Claim first has the lead." in done.out
    assert "weight" not in done.out
    assert (await folder.told("first"))["upcoming"] == []


@pytest.mark.parametrize(("team", "hint"), [("dahc", "dach"), ("xyz", "dach, first, reserve")])
async def test_a_team_that_is_not_there_is_no(folder: Folder, team: str, hint: str) -> None:
    done = await folder.run(team)

    assert (done.code, done.out) == (1, "")
    assert hint in done.err


async def test_turns_go_by_the_rules_that_are_live_also_when_the_file_says_something_else(folder: Folder) -> None:
    """The file was edited, and a manager took the edit back: the live teams hand out the leads."""
    folder.write()
    live = (folder.path / "config.yaml").read_text(encoding="utf-8")
    await folder.went_live(live)
    (folder.path / "config.yaml").write_text(live.replace("ben: 1", "ben: 5"), encoding="utf-8")

    done = await folder.run("dach")
    members = (await folder.told("dach"))["members"]

    assert "which is live; what config.yaml says now is not." in done.out
    assert isinstance(members, list)
    assert [(each["person"], each["weight"]) for each in members] == [("anna", 2), ("ben", 1)]
