"""`leadbell compare`: what a new rule file would change for the leads of a real database."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from bot.cli.compare import run_compare
from bot.core.rule_files import Files, How, LiveEntry
from bot.store.database import opened
from bot.store.entries import Clerk
from bot.store.versions import SqliteVersionBook
from tests.builders import SUBMITTED, a_lead
from tests.cli.command import Done, leadbell_here
from tests.clock import Clock
from tests.store.builders import Desk

NOW = SUBMITTED + timedelta(hours=1)
_FILE = """
version: 1
people: {anna: {slack: U0ANNA, email: anna@example.com}, ben: {slack: U0BEN, email: ben@example.com}}
teams: {dach: {pick: take turns, members: [anna, ben]}}
rules:
  - name: DACH
    when: {country: [DE, AT]}
    post: "#leads-dach"
    owner: anna
    email: [owner, dach-leads@example.com]
  - {name: Nordics, when: {country: "NO"}, post: "#leads-all", owner: anna}
  - {name: Iceland, when: {country: IS}, post: "#leads-all"}
  - {name: Everything else, post: "#leads-all"}
database: sqlite:leads.db
slack: {bot_token: "${T:-}", signing_secret: "${S:-}", admin_channel: "#admin"}
email: {smtp: "smtp://localhost", from: Leads <leads@example.com>}
"""


@dataclass(frozen=True)
class Folder:
    """A folder with a live rule file and a database."""

    path: Path

    def new(self, *changes: tuple[str, str], name: str = "new.yaml") -> Path:
        """The live file with some texts replaced, as another file."""
        text = _FILE
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = self.path / name
        path.write_text(text, encoding="utf-8")
        return path

    async def compare(self, new: Path, *more: str) -> Done:
        return await leadbell_here("compare", new, "--last", "3650d", *more, folder=self.path)


@pytest.fixture
async def folder(tmp_path: Path, new_database: bytes, clock: Clock) -> Folder:
    (tmp_path / "config.yaml").write_text(_FILE, encoding="utf-8")
    (tmp_path / "leads.db").write_bytes(new_database)
    async with opened(tmp_path / "leads.db") as database:
        desk = Desk(database, Clerk(), clock)
        for number, country in enumerate(["NO"] * 3 + ["DE"] * 2 + ["US"] * 5):
            lead = a_lead(f"r-{number}", company=f"Acme {number}", country=country, submitted_at=SUBMITTED)
            await desk.route(lead=lead, response_id=lead.response_id)
        test = a_lead("test", country="DE", is_test=True)
        await desk.route(lead=test, response_id="test")
    return Folder(tmp_path)


CHANGED = (('#leads-all", owner: anna', '#leads-all", owner: ben'), (", dach-leads@example.com", ""))


async def test_what_moves_is_told_in_one_sentence_then_in_groups_with_examples(folder: Folder) -> None:
    done = await folder.compare(folder.new(*CHANGED))

    assert done.code == 0
    assert done.err == ""
    lines = done.out.splitlines()
    assert lines[0] == "5 of 10 leads move: 3 from Anna to Ben, 2 lose the mail to dach-leads@example.com."
    assert "3 leads from Anna to Ben" in lines
    assert "  “Nordics” took them and still does" in lines
    assert "Ana · Acme 2 · Demo request · NO" in done.out
    assert "Took no lead under either file: “Iceland”." in lines
    assert "Nothing was sent." in lines[-1]
    for private in ("Silva", "ana@"):
        assert private not in done.out


async def test_json_has_ids_of_leads_and_nothing_of_persons(folder: Folder) -> None:
    done = await folder.compare(folder.new(*CHANGED), "--json")

    answer = done.json
    assert isinstance(answer, dict)
    assert (answer["leads"], answer["moved"], answer["retaken"]) == (10, 5, 0)
    assert answer["since"].endswith("Z")
    first = answer["groups"][0]
    assert first["changes"] == [{"what": "owner", "before": ["Anna"], "now": ["Ben"]}]
    assert first["rules"] == [{"before": "Nordics", "now": "Nordics", "leads": 3}]
    assert len(first["examples"]) == 3
    assert all(each.startswith("l") and each.isalnum() for each in first["examples"])
    assert answer["unused_rules"] == {"live": ["Iceland"], "new": ["Iceland"]}
    assert {"owner": "Ben", "before": 0, "now": 3} in answer["owners"]
    for private in ("Ana", "Acme", "Silva"):
        assert private not in done.out


async def test_a_reason_stands_below_the_examples_that_share_it(folder: Folder) -> None:
    done = await folder.compare(folder.new(("[DE, AT]", "AT")))

    lines = done.out.splitlines()
    assert lines[0].startswith("2 of 10 leads move: 2 from Anna to nobody and more")
    assert "  “DACH” took them, now “Everything else” does" in lines
    assert done.out.count("“DACH” does not fit any more: country “AT”") == 1
    assert lines[lines.index("        “DACH” does not fit any more: country “AT”") - 1].startswith("    l")


async def test_a_team_is_an_owner_of_its_own(folder: Folder) -> None:
    done = await folder.compare(folder.new(('#leads-all", owner: anna', '#leads-all", owner: dach')))

    assert done.out.startswith("3 of 10 leads move: 3 from Anna to the team dach.")
    assert "A team counts as one owner" in done.out


async def test_a_file_that_changes_nothing_says_so(folder: Folder) -> None:
    done = await folder.compare(folder.new(("name: Nordics", "name: North"), ("[anna, ben]", "{anna: 3, ben: 1}")))

    assert done.code == 0
    assert done.out.startswith("Nothing changes: all 10 leads go where they go now.")
    assert "3 leads go where they went, by a rule of another name." in done.out


async def test_two_files_of_one_name_are_told_apart(folder: Folder) -> None:
    (folder.path / "other").mkdir()
    new = folder.new(("country: IS", "country: FR"), ("name: Iceland", "name: France"), name="other/config.yaml")

    done = await folder.compare(new)

    assert "Took no lead under config.yaml: “Iceland”." in done.out.splitlines()
    assert f"Took no lead under {new}: “France”." in done.out.splitlines()


async def test_test_leads_are_compared_only_when_asked_for(folder: Folder) -> None:
    done = await folder.compare(folder.new(*CHANGED), "--with-tests", "--json")

    assert isinstance(done.json, dict)
    assert (done.json["leads"], done.json["moved"]) == (11, 6)


async def test_only_leads_of_the_time_asked_for_are_compared(
    folder: Folder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.path)
    new = folder.new(*CHANGED)

    def told(last: str) -> str:
        assert run_compare(new, None, False, last=last, with_tests=False, now=lambda: NOW) == 0
        return capsys.readouterr().out

    assert (await asyncio.to_thread(told, "1h")).startswith("5 of 10 leads move")
    assert (await asyncio.to_thread(told, "59min")) == (
        "No lead of the last 59min is stored, so there is nothing to compare.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("bad.yaml",), "bad.yaml:11:"),
        (("none.yaml",), "none.yaml:1:1: The file cannot be opened"),
        (("new.yaml", "--config", "bad.yaml"), "bad.yaml:11:"),
        (("new.yaml", "--last", "soon"), "no length of time"),
    ],
)
async def test_a_bad_file_or_time_is_wrong_use(folder: Folder, arguments: tuple[str, ...], words: str) -> None:
    folder.new()
    folder.new(("owner: anna}", "owner: anja}"), ("[DE, AT]", "[DE, not AT]"), name="bad.yaml")

    done = await leadbell_here("compare", *arguments, folder=folder.path)

    assert (done.code, done.out) == (2, "")
    assert words in done.err


async def test_every_problem_of_the_new_file_is_printed_a_broken_promise_too(folder: Folder) -> None:
    bad = folder.new(("owner: anna}", "owner: anja}"), ("[DE, AT]", "[DE, not AT]"))
    broken = folder.new(
        ("database:", "checks: [{lead: {country: DE}, expect: {owner: ben}}]\ndatabase:"), name="broken.yaml"
    )

    done = await folder.compare(bad)

    assert len(done.err.splitlines()) == 2
    assert "Expected owner ben" in (await folder.compare(broken)).err


async def test_nothing_is_written(folder: Folder) -> None:
    before = {path.name: path.read_bytes() for path in folder.path.iterdir() if path.suffix == ".db"}

    await folder.compare(folder.new(*CHANGED))

    assert {path.name: path.read_bytes() for path in folder.path.iterdir() if path.suffix == ".db"} == before


async def test_before_is_what_is_live_also_when_the_file_says_something_else(folder: Folder, clock: Clock) -> None:
    """The file was edited, and the edit was taken back (or refused): the leads go by the version that is live."""
    live = folder.new(("owner: anna}", "owner: ben}")).read_bytes()
    async with opened(folder.path / "leads.db") as database:
        files = Files.of(live, {"slack/lead.j2": b"its template makes it another version"})
        entry = LiveEntry(version=files.version, how=How.UNDO, at=clock())
        await SqliteVersionBook(database, Clerk()).went_live(files, entry, [])

    done = await folder.compare(folder.path / "config.yaml")
    as_json = await folder.compare(folder.path / "config.yaml", "--json")

    assert done.out.startswith("3 of 10 leads move: 3 from Ben to Anna.")
    assert f"“Before” is version {files.version}, which is live; what stands in config.yaml now is not." in done.out
    assert isinstance(as_json.json, dict)
    assert as_json.json["live"]["version"] == files.version


async def test_a_person_at_a_terminal_sees_how_far_it_is(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.chdir(folder.path)
    new = folder.new(*CHANGED)

    await asyncio.to_thread(lambda: run_compare(new, None, True, last="3650d", with_tests=False))

    assert "leads compared" in screen.getvalue()
    assert json.loads(capsys.readouterr().out)["moved"] == 5


async def test_however_much_changes_a_person_can_read_it_and_a_program_gets_it_all(
    tmp_path: Path, new_database: bytes, clock: Clock
) -> None:
    head, tail = _FILE.split("rules:")[0], "database:" + _FILE.split("database:")[1]
    rules = [f'  - {{name: R{number}, when: {{company: "C{number}"}}, post: "#c{number}"}}\n' for number in range(40)]
    last = '  - {name: Rest, post: "#rest"}\n'
    (tmp_path / "config.yaml").write_text(f"{head}rules:\n{''.join(rules)}{last}{tail}", encoding="utf-8")
    (tmp_path / "new.yaml").write_text(f"{head}rules:\n{last}{tail}", encoding="utf-8")
    (tmp_path / "leads.db").write_bytes(new_database)
    async with opened(tmp_path / "leads.db") as database:
        desk = Desk(database, Clerk(), clock)
        for number in range(25):
            await desk.route(lead=a_lead(f"r-{number}", company=f"C{number}"), response_id=f"r-{number}")

    (tmp_path / "alike.yaml").write_text(
        f"{head}rules:\n{''.join(rules)}{last}{tail}".replace('"}\n  - {name: R', '", owner: ben}\n  - {name: R'),
        encoding="utf-8",
    )
    alike = await Folder(tmp_path).compare(tmp_path / "alike.yaml")
    text = await Folder(tmp_path).compare(tmp_path / "new.yaml")
    program = await Folder(tmp_path).compare(tmp_path / "new.yaml", "--json")

    assert "  and 13 of them in 13 more ways" in alike.out.splitlines()
    assert "5 leads in 5 more ways; --json has them all." in text.out.splitlines()
    assert "“R36” and 4 more." in text.out  # of R25 to R39 and Rest, by the live file
    assert isinstance(program.json, dict)
    assert (len(program.json["groups"]), len(program.json["unused_rules"]["live"])) == (25, 16)
