"""Commands beside a rule file that cannot be used: what the server does is asked of the rules that are live."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.app import beginning, utc_now
from bot.config.live.rule_file import RuleFile
from bot.core.rule_files import Files, How, LiveEntry, Refusal, Unused, UnusedFile
from bot.store.database import opened
from bot.store.entries import Clerk
from bot.store.versions import SqliteVersionBook
from tests.cli.command import leadbell_here

_GOOD = """version: 1
rules: [{name: Everything, post: nobody}]
database: sqlite:leads.db
server: {port: 9}
"""
_BAD = _GOOD.replace("post: nobody", "pots: nobody")


async def _went_live(folder: Path, text: str) -> None:
    async with opened(folder / "leads.db") as database:
        files = Files.of(text.encode(), {})
        entry = LiveEntry(version=files.version, how=How.FILE, at=utc_now())
        await SqliteVersionBook(database, Clerk()).went_live(files, entry, [])


@pytest.mark.parametrize("command", ["leads", "deliveries"])
async def test_a_slip_in_the_file_keeps_nobody_from_seeing_the_leads(tmp_path: Path, command: str) -> None:
    await _went_live(tmp_path, _GOOD)
    (tmp_path / "config.yaml").write_text(_BAD, encoding="utf-8")

    done = await leadbell_here(command, "--json", folder=tmp_path)

    assert (done.code, done.json) == (0, [])
    assert "config.yaml cannot be used as it stands" in done.err
    assert f"version {Files.of(_GOOD.encode(), {}).version}, which is live" in done.err


async def test_a_slip_in_the_file_does_not_make_a_server_ill(tmp_path: Path) -> None:
    """A container whose health check fails is started anew, and again, for one wrong letter of a manager's."""
    await _went_live(tmp_path, _GOOD)
    (tmp_path / "config.yaml").write_text(_BAD, encoding="utf-8")

    done = await leadbell_here("health", folder=tmp_path)

    assert done.code == 1
    assert "no answer from http://127.0.0.1:9" in done.err


@pytest.mark.parametrize("has_run", [True, False])
async def test_where_no_version_was_ever_live_the_problems_of_the_file_are_told(tmp_path: Path, has_run: bool) -> None:
    if has_run:
        async with opened(tmp_path / "leads.db"):
            pass
    (tmp_path / "config.yaml").write_text(_BAD, encoding="utf-8")

    done = await leadbell_here("leads", folder=tmp_path)

    assert done.code == 2
    assert 'Did you mean "post"?' in done.err


async def test_a_file_that_was_taken_back_says_so_where_the_version_before_is_refused_by_now(tmp_path: Path) -> None:
    """As after an update of the program: nobody could guess it from problems of a text that is not in the file."""
    file = tmp_path / "config.yaml"
    file.write_text(_GOOD, encoding="utf-8")
    before = Files.of(_BAD.encode(), {})
    aside = UnusedFile(version=Files.of(_GOOD.encode(), {}).version, why=Unused.SET_ASIDE)
    async with opened(tmp_path / "leads.db") as database:
        entry = LiveEntry(version=before.version, how=How.UNDO, at=utc_now())
        await SqliteVersionBook(database, Clerk()).began(before, entry, [], unused=aside)

    found = await beginning(RuleFile(path=file, environment={}, need_secrets=False))

    assert isinstance(found, Refusal)
    first, *others = found.problems
    assert "was taken back by a manager" in first
    assert f"version {before.version}, live since then, is refused now" in first
    assert others
    assert all(each.startswith(f"version {before.version}: ") for each in others)
