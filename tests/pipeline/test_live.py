"""Which rules are live: what happens at the edges, with a real file and a real database and no server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.config.live.rule_file import RuleFile
from bot.config.model import Config
from bot.core.claiming import Actor
from bot.core.errors import StoreUnavailable
from bot.core.rule_files import Files, How, Refusal, Unused, UnusedFile
from bot.pipeline.live import Live, LiveRules
from bot.ports import UndoPress
from bot.store.database import Database
from bot.store.entries import Clerk
from bot.store.versions import SqliteVersionBook
from tests.clock import Clock

TEXT = """
version: 1
people: {dora: {slack: U0DORA}, ben: {slack: U0BEN}}
rules: [{name: Everything, post: "#one"}]
slack: {bot_token: "${T:-}", signing_secret: "${S:-}", admin_channel: "#admin", managers: [dora]}
"""
TWO, THREE = TEXT.replace("#one", "#two"), TEXT.replace("#one", "#three")
DORA = UndoPress(actor=Actor(user="U0DORA", person="dora"), channel="C1", key="press-1")


@dataclass
class Rig:
    """A file, its live rules, and what went live after what."""

    database: Database
    clerk: Clerk
    clock: Clock
    file: Path
    reader: RuleFile
    rules: LiveRules
    switched: list[tuple[str, str]] = field(default_factory=list)

    async def save(self, text: str) -> str:
        """Write the file and have it looked at; what is live then."""
        self.file.write_text(text, encoding="utf-8")
        await self.rules.look()
        return self.rules.config.version

    async def told(self, kind: str = "notice") -> list[str]:
        rows = await self.database.read(
            lambda tx: tx.execute("SELECT text FROM delivery WHERE kind = ? ORDER BY rowid", (kind,)).fetchall()
        )
        return [row["text"] for row in rows]

    def restarted(self) -> LiveRules:
        """As another start would begin, with whatever the file holds."""
        files = self.reader.look()
        assert files is not None
        return live_rules(self.reader, files, self.database, self.clerk, self.clock, lambda _old, _new: None)


def live_rules(
    reader: RuleFile,
    files: Files,
    database: Database,
    clerk: Clerk,
    clock: Clock,
    on_change: Callable[[Live, Live], None],
) -> LiveRules:
    config = reader.read_now(files)
    assert isinstance(config, Config)
    return LiveRules(
        Live(config=config, written=config, files=files),
        rule_file=reader,
        book=SqliteVersionBook(database, clerk),
        now=clock,
        ring=lambda _bell: None,
        on_change=on_change,
    )


def version_of(text: str) -> str:
    return Files.of(text.encode(), {}).version


@pytest.fixture
async def rig(tmp_path: Path, database: Database, clerk: Clerk, clock: Clock) -> Rig:
    file = tmp_path / "config.yaml"
    file.write_text(TEXT, encoding="utf-8")
    reader = RuleFile(path=file, environment={}, need_secrets=False, settle=timedelta(0))
    files = reader.look()
    assert files is not None
    switched: list[tuple[str, str]] = []
    rules = live_rules(
        reader,
        files,
        database,
        clerk,
        clock,
        lambda old, new: switched.append((old.config.version, new.config.version)),
    )
    await rules.begin()
    return Rig(database, clerk, clock, file, reader, rules, switched)


async def test_the_first_start_is_remembered_and_told_to_nobody(rig: Rig) -> None:
    book = SqliteVersionBook(rig.database, rig.clerk)

    entries = await book.newest(10)

    assert [(entry.version, entry.how) for entry in entries] == [(version_of(TEXT), How.START)]
    assert await rig.told() == []
    assert await book.kept(version_of(TEXT)) == rig.reader.look()


async def test_where_nothing_can_be_stored_the_old_rules_stay_until_it_can(rig: Rig) -> None:
    class Full(SqliteVersionBook):
        async def went_live(self, *_: object) -> None:
            raise StoreUnavailable("the disk is full")

    working = rig.rules._book
    rig.rules._book = Full(rig.database, rig.clerk)
    with pytest.raises(StoreUnavailable):
        await rig.save(TWO)
    assert rig.rules.config.version == version_of(TEXT)
    rig.rules._book = working

    await rig.rules.look()

    assert rig.rules.config.version == version_of(TWO)
    assert rig.switched == [(version_of(TEXT), version_of(TWO))]


async def test_a_version_its_notice_and_its_line_in_the_log_are_one_transaction(rig: Rig) -> None:
    class Failing(Clerk):
        def queue_notices(self, *_: object, **__: object) -> None:
            raise RuntimeError("no notice")

    rig.rules._book = SqliteVersionBook(rig.database, Failing())
    with pytest.raises(RuntimeError):
        await rig.save(TWO)

    book = SqliteVersionBook(rig.database, rig.clerk)
    assert await book.kept(version_of(TWO)) is None
    assert [entry.version for entry in await book.newest(10)] == [version_of(TEXT)]


async def test_a_reader_that_breaks_costs_the_edit_and_nothing_else(rig: Rig) -> None:
    class Breaking(RuleFile):
        def read_now(self, files: Files, *, with_templates: bool = True) -> Config | Refusal:
            raise RecursionError

    rig.rules._rule_file = Breaking(path=rig.file, environment={}, settle=timedelta(0))
    assert await rig.save(TWO) == version_of(TEXT)
    assert "a mistake of Leadbell's" in (await rig.told())[0]
    rig.rules._rule_file = rig.reader

    assert await rig.save(THREE) == version_of(THREE)


async def test_the_same_press_takes_back_once_whatever_is_live_by_then(rig: Rig) -> None:
    second = await rig.save(TWO)
    await rig.rules.undo(second, DORA)
    assert rig.rules.config.version == version_of(TEXT)
    await rig.save(THREE)
    assert await rig.save(TWO) == second

    await rig.rules.undo(second, DORA)

    assert rig.rules.config.version == second
    assert await rig.told("private") == []


@pytest.mark.parametrize(
    ("actor", "words"),
    [
        (Actor(user="U0BEN", person="ben"), "Please ask Dora"),
        (Actor(user="U0X"), "Please ask Dora"),
        (Actor(user="U0DORA", person="dora", is_outsider=True), "Please ask Dora"),
    ],
)
async def test_nobody_but_a_manager_takes_a_change_back(rig: Rig, actor: Actor, words: str) -> None:
    second = await rig.save(TWO)

    await rig.rules.undo(second, replace(DORA, actor=actor))

    assert rig.rules.config.version == second
    assert words in (await rig.told("private"))[0]


async def test_who_is_no_manager_any_more_takes_nothing_back(rig: Rig) -> None:
    second = await rig.save(TWO.replace("managers: [dora]", "managers: [ben]"))

    await rig.rules.undo(second, DORA)

    assert rig.rules.config.version == second
    assert "Please ask Ben" in (await rig.told("private"))[0]


async def test_before_the_first_version_there_is_nothing_to_go_back_to(rig: Rig) -> None:
    await rig.rules.undo(version_of(TEXT), DORA)
    await rig.rules.undo("unheard-of", replace(DORA, key="press-2"))

    first, second = await rig.told("private")
    assert "no version before" in first
    assert "no longer live" in second


async def test_a_version_that_cannot_be_used_any_more_is_not_gone_back_to(rig: Rig) -> None:
    second = await rig.save(TWO)
    broken = b"rules: nonsense"
    await rig.database.write(
        lambda tx: tx.execute(
            "UPDATE config_version SET text = ? WHERE version = ?", (broken.decode(), version_of(TEXT))
        )
    )

    await rig.rules.undo(second, DORA)

    assert rig.rules.config.version == second
    assert "cannot be used any more" in (await rig.told("private"))[0]


async def test_undo_beside_a_refused_edit_keeps_that_out_too(rig: Rig) -> None:
    second = await rig.save(TWO)
    await rig.save("rules: nonsense")

    await rig.rules.undo(second, DORA)
    await rig.rules.look()

    assert rig.rules.config.version == version_of(TEXT)
    standing = await SqliteVersionBook(rig.database, rig.clerk).standing()
    assert standing.unused == UnusedFile(version=version_of("rules: nonsense"), why=Unused.SET_ASIDE)
    assert await rig.save(TWO) == second, "the file was edited: what it says goes live"


async def test_what_was_set_aside_and_is_edited_back_to_the_live_version_is_in_order(rig: Rig) -> None:
    second = await rig.save(TWO)
    await rig.rules.undo(second, DORA)

    assert await rig.save(TEXT) == version_of(TEXT)

    assert "in order again" in (await rig.told())[-1]
    assert await rig.save(TWO) == second


async def test_a_file_that_is_gone_for_a_moment_is_no_news_and_for_longer_it_is_told_once(rig: Rig) -> None:
    rig.file.unlink()
    await rig.rules.look()
    rig.file.write_text(TEXT, encoding="utf-8")
    await rig.rules.look()
    rig.clock.advance(minutes=1)
    await rig.rules.look()
    assert await rig.told() == []

    rig.file.unlink()
    for _ in range(3):
        await rig.rules.look()
        rig.clock.advance(seconds=20)

    assert len(await rig.told()) == 1
    assert f"leadbell versions --show {version_of(TEXT)}" in (await rig.told())[0]
    assert await rig.save(TEXT) == version_of(TEXT)
    assert "in order again" in (await rig.told())[1]


async def test_a_restart_with_the_same_file_is_no_news(rig: Rig) -> None:
    again = rig.restarted()
    await again.begin()

    assert await rig.told() == []
    assert len(await SqliteVersionBook(rig.database, rig.clerk).newest(10)) == 1


async def test_a_start_with_the_stored_version_is_told_at_each_start_and_the_bad_file_not_once_more(rig: Rig) -> None:
    rig.file.write_text("rules: nonsense", encoding="utf-8")
    bad = UnusedFile(version=version_of("rules: nonsense"), why=Unused.REFUSED)
    for _ in range(2):
        await rig.rules.begin(bad, Refusal(problems=("config.yaml:1:8: What is this?",)))
        await rig.rules.look()
        rig.clock.advance(minutes=1)

    told = await rig.told()
    assert len(told) == 2
    assert all("config.yaml:1:8: What is this?" in text for text in told)


async def test_many_changes_are_cut_and_counted(rig: Rig) -> None:
    rules = ", ".join(
        f'{{name: R{number}, when: {{country: DE, company: C{number}}}, post: "#c"}}' for number in range(17)
    )
    await rig.save(TEXT.replace("rules: [", f"rules: [{rules}, "))

    lines = (await rig.told())[0].splitlines()

    assert len([line for line in lines if line.startswith("• ")]) == 12
    assert "… and 5 more." in lines


async def test_warnings_of_a_good_file_are_told_with_the_change(rig: Rig) -> None:
    dead = 'rules: [{name: A, when: {country: DE}, post: "#a"}, {name: B, when: {country: DE}, post: "#b"}, '

    await rig.save(TEXT.replace("rules: [", dead))

    assert "Worth reading:" in (await rig.told())[0]
    assert "B" in (await rig.told())[0].partition("Worth reading:")[2]
