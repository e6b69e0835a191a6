"""Noticing that files changed, however they are written: real folders, real editors' ways."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.config.live.rule_file import RuleFile
from bot.config.live.watching import Pace, watch
from bot.config.model import Config
from bot.core.rule_files import Files

_SLOW = timedelta(hours=1)
_TOLD = Pace(poll=_SLOW, gather=timedelta(milliseconds=10))


@pytest.fixture
def rule_file(tmp_path: Path) -> RuleFile:
    (tmp_path / "config.yaml").write_text("one", encoding="utf-8")
    return RuleFile(path=tmp_path / "config.yaml", environment={}, settle=timedelta(milliseconds=20))


@asynccontextmanager
async def watched(rule_file: RuleFile, pace: Pace) -> AsyncIterator[tuple[Callable[[], str], asyncio.Event]]:
    """What the last look saw, and the nudge."""
    seen, nudge = [""], asyncio.Event()

    async def look() -> None:
        files = rule_file.look()
        seen.append(files.content.decode() if files else "gone")

    task = asyncio.create_task(watch(rule_file.folders, look, nudge=nudge, pace=pace))
    await until(lambda: len(seen) > 1)
    await told_of(rule_file.path.parent, lambda: len(seen) > 2)
    try:
        yield lambda: seen[-1], nudge
    finally:
        task.cancel()
        await asyncio.wait({task})


async def told_of(folder: Path, is_told: Callable[[], bool]) -> None:
    """Wait until the system tells of changes in a folder, which nothing says."""
    probe = folder / ".probe"
    async with asyncio.timeout(5):
        while not is_told():
            probe.write_text("", encoding="utf-8")
            await asyncio.sleep(0.01)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


async def test_a_file_written_in_place_is_noticed_without_a_look_at_the_clock(rule_file: RuleFile) -> None:
    async with watched(rule_file, _TOLD) as (seen, _):
        rule_file.path.write_text("two", encoding="utf-8")
        await until(lambda: seen() == "two")


async def test_a_file_that_an_editor_replaces_is_noticed_every_time(rule_file: RuleFile) -> None:
    async with watched(rule_file, _TOLD) as (seen, _):
        for text in ("two", "three", "four"):
            beside = rule_file.path.with_suffix(".swp")
            beside.write_text(text, encoding="utf-8")
            beside.replace(rule_file.path)
            await until(lambda wanted=text: seen() == wanted)  # type: ignore[misc]


async def test_the_swap_of_a_mounted_config_map_is_noticed(tmp_path: Path) -> None:
    for name, text in (("..v1", "one"), ("..v2", "two")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "..data").symlink_to("..v1")
    (tmp_path / "config.yaml").symlink_to(Path("..data", "config.yaml"))
    rule_file = RuleFile(path=tmp_path / "config.yaml", environment={})
    async with watched(rule_file, _TOLD) as (seen, _):
        assert seen() == "one"
        (tmp_path / "..data_tmp").symlink_to("..v2")
        (tmp_path / "..data_tmp").replace(tmp_path / "..data")
        await until(lambda: seen() == "two")


async def test_a_template_is_noticed_also_in_a_folder_that_came_later(rule_file: RuleFile) -> None:
    folder = rule_file.path.parent / "templates" / "slack"
    pace = Pace(poll=timedelta(milliseconds=50), gather=timedelta(milliseconds=10))
    versions = []

    async def look() -> None:
        files = rule_file.look()
        assert files is not None
        versions.append(files.version)

    task = asyncio.create_task(watch(rule_file.folders, look, nudge=asyncio.Event(), pace=pace))
    await until(lambda: versions)
    folder.mkdir(parents=True)
    for text in ("first", "second"):
        (folder / "lead.j2").write_text(text, encoding="utf-8")
        known = len(set(versions))
        await until(lambda before=known: len(set(versions)) > before)  # type: ignore[misc]
    task.cancel()
    await asyncio.wait({task})


async def test_where_the_system_tells_nothing_the_regular_look_finds_it(rule_file: RuleFile, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "real.yaml").write_text("one", encoding="utf-8")
    rule_file.path.unlink()
    rule_file.path.symlink_to(elsewhere / "real.yaml")
    async with watched(rule_file, Pace(poll=timedelta(milliseconds=30))) as (seen, _):
        (elsewhere / "real.yaml").write_text("two", encoding="utf-8")
        await until(lambda: seen() == "two")


async def test_a_folder_that_is_replaced_is_followed(tmp_path: Path) -> None:
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "config.yaml").write_text("one", encoding="utf-8")
    rule_file = RuleFile(path=folder / "config.yaml", environment={})
    async with watched(rule_file, Pace(poll=timedelta(milliseconds=50), gather=timedelta(milliseconds=10))) as (
        seen,
        _,
    ):
        folder.rename(tmp_path / "old")
        await until(lambda: seen() == "gone")
        folder.mkdir()
        (folder / "config.yaml").write_text("two", encoding="utf-8")
        await until(lambda: seen() == "two")


async def test_a_nudge_looks_at_once_and_a_look_that_fails_does_not_end_the_watching(tmp_path: Path) -> None:
    looks, nudge = 0, asyncio.Event()

    async def look() -> None:
        nonlocal looks
        looks += 1
        raise OSError("the disk is full")

    task = asyncio.create_task(watch(lambda: [tmp_path], look, nudge=nudge, pace=_TOLD))
    await until(lambda: looks == 1)
    nudge.set()
    await until(lambda: looks == 2)
    assert not task.done()
    task.cancel()
    await asyncio.wait({task})


# ── what stands there ──


class Growing(RuleFile):
    """A file that somebody is writing: each look finds more of it."""

    def look(self) -> Files | None:
        content = self.path.read_bytes()
        self.path.write_bytes(content + b"+" if len(content) < 5 else content)
        return Files.of(content, {})


async def test_a_file_that_is_being_written_is_waited_for(rule_file: RuleFile) -> None:
    growing = Growing(path=rule_file.path, environment={}, settle=timedelta(milliseconds=1))

    found = await growing.other_than("")

    assert found is not None
    assert found.content == b"one++"


async def test_what_is_known_already_is_not_waited_for_and_what_is_gone_is_nothing(rule_file: RuleFile) -> None:
    assert await rule_file.other_than(Files.of(b"one", {}).version) is None
    rule_file.path.unlink()
    assert await rule_file.other_than("") is None
    assert not await rule_file.can_be_read()


def test_a_version_is_named_by_every_byte_of_the_file_and_its_templates(rule_file: RuleFile) -> None:
    plain = rule_file.look()
    folder = rule_file.path.parent / "templates" / "email"
    folder.mkdir(parents=True)
    (folder / "lead.j2").write_bytes(b"\xff")
    with_template = rule_file.look()
    (folder / "lead.j2").rename(folder / "other.j2")
    renamed = rule_file.look()

    assert plain is not None
    assert with_template is not None
    assert renamed is not None
    assert with_template.templates == {"email/lead.j2": b"\xff"}
    assert len({plain.version, with_template.version, renamed.version}) == 3


def test_a_pipe_in_place_of_the_file_holds_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "config.yaml")

    assert RuleFile(path=tmp_path / "config.yaml", environment={}).look() is None


async def test_the_words_about_a_change_never_hold_what_a_variable_or_a_file_holds(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from-a-file-canary\n", encoding="utf-8")
    environment = {"ANNA_MAIL": "anna-canary@example.com", "TOKEN": "token-canary"}
    file = tmp_path / "config.yaml"
    reader = RuleFile(path=file, environment=environment, need_secrets=True)
    old, new = (
        _read(reader, file, text)
        for text in (
            "people: {anna: {slack: U0ANNA, email: anna@example.com}}\nrules: [{name: All, post: nobody}]\n",
            "people: {anna: {slack: U0ANNA, email: '${ANNA_MAIL}'}}\n"
            f"rules: [{{name: 'x${{TOKEN}}y ${{file:{secret}}}', post: nobody}}]\n",
        )
    )

    told = await reader.changes(old, new)

    assert "Anna now has the e-mail address ${ANNA_MAIL} instead of anna@example.com." in told
    assert any("x${TOKEN}y" in line and f"${{file:{secret}}}" in line for line in told)
    assert "canary" not in "".join(told)


def _read(reader: RuleFile, file: Path, text: str) -> Config:
    file.write_text(f"version: 1\nlinkedin: {{client_id: a, client_secret: '${{TOKEN}}'}}\n{text}", encoding="utf-8")
    files = reader.look()
    assert files is not None
    read = reader.read_now(files, with_templates=False)
    assert isinstance(read, Config), read
    return read
