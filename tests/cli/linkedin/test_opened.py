"""What all commands share: how a refusal and Ctrl-C end them, and the counter that only a terminal sees."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from bot.cli.linkedin.opened import STOPPED, counting, each, finished
from bot.core.errors import AmbiguousError, Forbidden, SignInNeeded, TemporaryError, UpstreamError, VersionRetired
from bot.sandbox.faults import Fault
from tests.cli.linkedin.world import a_world


async def _raises(error: BaseException) -> int:
    raise error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SignInNeeded("no token", advice="Connect."), 2),
        (VersionRetired("gone", advice="Name a newer one."), 2),
        (Forbidden("no role", advice="Ask an admin."), 1),
        (TemporaryError("503", advice="Try later."), 1),
        (AmbiguousError("no answer", advice="Look first."), 1),
    ],
)
def test_a_refusal_is_one_line_with_its_advice(
    error: UpstreamError, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert finished(_raises(error)) == code

    assert capsys.readouterr().err == f"leadbell: {error}. {error.advice}\n"


def test_ctrl_c_ends_quietly(capsys: pytest.CaptureFixture[str]) -> None:
    assert finished(_raises(KeyboardInterrupt())) == STOPPED

    assert capsys.readouterr() == ("", "Stopped.\n")


async def test_a_401_is_a_missing_role_when_linkedin_says_that_the_token_works_and_else_a_lost_token(
    tmp_path: Path,
) -> None:
    async with a_world(tmp_path) as world:
        world.linkedin.faults.add(Fault("/rest/leadForms", status=401, body=b"{}", times=2))

        role = await world.run("form", "6083")
        world.linkedin.revoke()
        token = await world.run("form", "6083")

    assert (role.code, token.code) == (1, 2)
    assert "Lead Gen Forms role on the Page" in role.err
    assert "leadbell linkedin connect" in token.err


async def test_an_outage_ends_the_round() -> None:
    asked: list[int] = []

    async def ask(item: int) -> None:
        asked.append(item)
        raise SignInNeeded("no token")

    with pytest.raises(SignInNeeded):
        await each([1, 2], ask, named=str)

    assert asked == [1]


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("stream", "is_counted"), [(_Terminal(), True), (io.StringIO(), False)])
def test_only_a_terminal_sees_the_counter(
    stream: io.StringIO, is_counted: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")

    with counting("leads") as count:
        count()
        count()

    assert ("2 leads" in stream.getvalue()) is is_counted
    assert bool(stream.getvalue()) is is_counted
    assert capsys.readouterr().out == ""
