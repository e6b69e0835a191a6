"""Rule files as a careless hand leaves them: read or refused, never a crash. For ten thousand see mutations.py."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.config.mutations import MOST_TIME, Fate, fate_of, main, mutated, prepare, seeds

SEED, FILES = 20261124, 150


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mutations")
    prepare(folder)
    return folder


def test_every_file_is_used_or_refused_soon_at_a_place_and_check_says_the_same(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in set(os.environ) - {"PATH", "HOME", "TZ"}:
        monkeypatch.delenv(variable)

    fates = [fate_of(*mutated(SEED, number), folder, number) for number in range(FILES)]

    assert not [told(fate, fault) for fate in fates for fault in fate.faults]
    assert not [told(fate, "slow") for fate in fates if fate.seconds > MOST_TIME.total_seconds()]
    used = [fate for fate in fates if fate.is_used]
    assert len(used) >= FILES / 10
    assert sum(fate.means_something_else for fate in used) >= FILES / 50
    assert len(fates) - len(used) >= FILES / 3


def told(fate: Fate, what: str) -> str:
    return f"--seed {SEED} --only {fate.number}: {what} ({fate.seconds * 1000:.0f} ms)"


@pytest.mark.parametrize("number", [0, 1])
def test_the_files_it_begins_with_can_be_used(folder: Path, number: int) -> None:
    text = seeds()[number]

    fate = fate_of(text, text, folder)

    assert fate.is_used
    assert not fate.means_something_else
    assert not fate.faults


def test_a_fault_is_told_with_its_number(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object, **__: object) -> None:
        raise RecursionError

    monkeypatch.setattr("tests.config.mutations.read_file", crash)

    code = main(["--count", "2"])

    told = capsys.readouterr()
    assert code == 1
    assert "crashes: 2" in told.out
    assert "1: crash: Traceback" in told.err


def test_the_same_number_is_the_same_file() -> None:
    assert mutated(1, 7) == mutated(1, 7)
    assert mutated(1, 7) != mutated(1, 8)
