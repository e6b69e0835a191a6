"""The private door beside the database: only for its owner, and it says plainly when nobody is behind it."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.control import NoServer, ask, listening, socket_path, words
from bot.core.errors import BotError


async def echo(arguments: Mapping[str, object]) -> object:
    return {"got": arguments}


async def refuse(arguments: Mapping[str, object]) -> object:
    raise BotError("that cannot be done")


async def fail(arguments: Mapping[str, object]) -> object:
    raise ValueError("/secret/path")


async def test_a_command_is_done_and_its_result_comes_back(tmp_path: Path) -> None:
    database = tmp_path / "leadbell.db"
    async with listening(database, {"echo": echo}):
        assert await ask(database, "echo", {"ids": ["d1"]}) == {"got": {"ids": ["d1"]}}


async def test_a_refusal_comes_back_in_its_own_words(tmp_path: Path) -> None:
    database = tmp_path / "leadbell.db"
    async with listening(database, {"refuse": refuse}):
        with pytest.raises(BotError, match="that cannot be done"):
            await ask(database, "refuse", {})


async def test_a_failure_shows_nothing_of_the_inside(tmp_path: Path) -> None:
    database = tmp_path / "leadbell.db"
    async with listening(database, {"fail": fail}):
        with pytest.raises(BotError) as failure:
            await ask(database, "fail", {})

    assert "secret" not in str(failure.value)
    assert "Traceback" not in str(failure.value)


async def test_only_the_owner_may_knock(tmp_path: Path) -> None:
    database = tmp_path / "leadbell.db"
    async with listening(database, {}):
        assert stat.S_IMODE(socket_path(database).stat().st_mode) == 0o600


async def test_without_a_server_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(NoServer):
        await ask(tmp_path / "leadbell.db", "echo", {})


@pytest.mark.parametrize("name", ["leadbell.db", "a" * 60 + "/" + "b" * 60 + "/leadbell.db"])
async def test_without_a_folder_it_says_so_too(tmp_path: Path, name: str) -> None:
    for folder in (tmp_path / "missing", tmp_path / "file"):
        (tmp_path / "file").touch()

        with pytest.raises(NoServer):
            await ask(folder / name, "echo", {})


async def test_the_door_is_gone_after_the_end_and_a_dead_one_is_replaced(tmp_path: Path) -> None:
    database = tmp_path / "leadbell.db"
    left_behind = socket.socket(socket.AF_UNIX)
    left_behind.bind(str(socket_path(database)))
    left_behind.close()
    with pytest.raises(NoServer):
        await ask(database, "echo", {})

    async with listening(database, {"echo": echo}):
        await ask(database, "echo", {})

    assert not socket_path(database).exists()


async def test_a_long_path_gets_a_private_folder_of_its_own(tmp_path: Path) -> None:
    database = tmp_path / ("deep" * 20) / ("er" * 20) / "leadbell.db"
    database.parent.mkdir(parents=True)
    path = socket_path(database)
    assert len(os.fsencode(path)) <= 100

    async with listening(database, {"echo": echo}):
        assert await ask(database, "echo", {"a": 1}) == {"got": {"a": 1}}
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700

    path.parent.rmdir()


async def test_a_folder_that_others_may_enter_is_not_used(tmp_path: Path) -> None:
    database = tmp_path / ("deep" * 20) / ("er" * 20) / "leadbell.db"
    database.parent.mkdir(parents=True)
    folder = socket_path(database).parent
    folder.mkdir()
    folder.chmod(0o777)
    try:
        with pytest.raises(BotError, match="belongs to somebody else or is open to others"):
            async with listening(database, {}):
                pass
    finally:
        folder.rmdir()


async def test_several_ask_at_once(tmp_path: Path) -> None:
    database = tmp_path / "leadbell.db"
    async with listening(database, {"echo": echo}):
        answers = await asyncio.gather(*(ask(database, "echo", {"n": number}) for number in range(10)))

    assert answers == [{"got": {"n": number}} for number in range(10)]


@pytest.mark.parametrize(("value", "wanted"), [(None, None), ([], []), (["a", "b"], ["a", "b"])])
def test_a_list_of_words(value: object, wanted: object) -> None:
    assert words(value) == wanted


@pytest.mark.parametrize("value", ["a", [1], {"a": 1}, 3])
def test_anything_else_is_refused(value: object) -> None:
    with pytest.raises(BotError):
        words(value)
