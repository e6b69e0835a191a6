"""Keys: one for each purpose, rotated by a list, made once when none is named."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.keys import KeyMissing, Keyring, key_file

OLD, NEW = "old-key-" + "o" * 32, "new-key-" + "n" * 32


def ring(secret: str, folder: Path = Path("/nowhere")) -> Keyring:
    return Keyring.of(secret, beside=folder / "leads.db")


@given(st.binary(max_size=3000), st.text(min_size=1, max_size=20))
def test_what_is_sealed_opens_again(plain: bytes, purpose: str) -> None:
    assert ring(OLD).open(purpose, ring(OLD).seal(purpose, plain)) == plain


def test_a_sealed_text_shows_nothing_and_differs_each_time() -> None:
    sealed = ring(OLD).seal("tokens", b"CANARY" * 3)

    assert "CANARY" not in sealed
    assert sealed.isascii()
    assert sealed != ring(OLD).seal("tokens", b"CANARY" * 3)


def test_the_first_key_seals_and_all_of_them_open() -> None:
    both = ring(f"{NEW}, {OLD}")

    assert both.open("tokens", ring(OLD).seal("tokens", b"x")) == b"x"
    assert both.open("tokens", ring(NEW).seal("tokens", b"x")) == b"x"
    assert ring(NEW).open("tokens", both.seal("tokens", b"x")) == b"x"
    with pytest.raises(KeyMissing):
        ring(OLD).open("tokens", both.seal("tokens", b"x"))


def test_without_the_right_key_it_says_what_to_do_and_shows_none() -> None:
    sealed = ring(OLD).seal("tokens", b"x")

    with pytest.raises(KeyMissing, match="Put the old key second in the list") as missing:
        ring(NEW).open("tokens", sealed)

    assert NEW not in str(missing.value)


def test_what_is_sealed_for_one_purpose_opens_for_no_other() -> None:
    with pytest.raises(KeyMissing):
        ring(OLD).open("other", ring(OLD).seal("tokens", b"x"))


@pytest.mark.parametrize("sealed", ["", "x", "gAAAA", "gAAAAA==", "🙂", "a" * 10_000])
def test_rubbish_does_not_open(sealed: str) -> None:
    with pytest.raises(KeyMissing):
        ring(OLD).open("tokens", sealed)


def test_a_changed_text_does_not_open() -> None:
    sealed = ring(OLD).seal("tokens", b"access granted")
    changed = sealed[:-10] + ("A" if sealed[-10] != "A" else "B") + sealed[-9:]

    with pytest.raises(KeyMissing):
        ring(OLD).open("tokens", changed)


def test_a_fingerprint_is_the_same_each_time_and_depends_on_text_purpose_and_first_key() -> None:
    mark = ring(OLD).fingerprint("receipt", "ana@acme.example")

    assert mark == ring(f"{OLD},{NEW}").fingerprint("receipt", "ana@acme.example")
    assert len(mark) == 64
    others = {
        ring(OLD).fingerprint("receipt", "ana@acme.exampl"),
        ring(OLD).fingerprint("repeat", "ana@acme.example"),
        ring(f"{NEW},{OLD}").fingerprint("receipt", "ana@acme.example"),
    }
    assert len(others - {mark}) == 3


def test_a_key_in_the_environment_makes_no_file(tmp_path: Path) -> None:
    ring(OLD, tmp_path)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("secret", ["", "  ", " , "])
def test_without_a_key_one_is_made_for_its_owner_only_and_kept(tmp_path: Path, secret: str) -> None:
    sealed = ring(secret, tmp_path).seal("tokens", b"x")

    assert ring(secret, tmp_path).open("tokens", sealed) == b"x"
    assert [file.name for file in tmp_path.iterdir()] == ["leads.db.key"], "no draft is left behind"
    assert stat.S_IMODE(key_file(tmp_path / "leads.db").stat().st_mode) == 0o600


def existing(secret: str, folder: Path) -> Keyring | None:
    return Keyring.existing(secret, beside=folder / "leads.db")


@pytest.mark.parametrize("secret", ["", "  ", " , "])
def test_whoever_only_reads_makes_no_key_and_finds_the_one_that_is_there(tmp_path: Path, secret: str) -> None:
    assert existing(secret, tmp_path) is None
    assert existing(secret, tmp_path / "no such folder") is None
    assert list(tmp_path.iterdir()) == []

    sealed = ring(secret, tmp_path).seal("tokens", b"x")

    found = existing(secret, tmp_path)
    assert found is not None
    assert found.open("tokens", sealed) == b"x"


def test_whoever_only_reads_takes_the_given_key_and_refuses_a_broken_file(tmp_path: Path) -> None:
    given = existing(OLD, tmp_path)
    assert given is not None
    assert given.open("tokens", ring(OLD).seal("tokens", b"x")) == b"x"

    key_file(tmp_path / "leads.db").write_text("short")

    with pytest.raises(KeyMissing, match="does not hold a key"):
        existing("", tmp_path)


def test_only_what_the_first_key_sealed_is_current() -> None:
    assert ring(f"{NEW},{OLD}").is_current("tokens", ring(NEW).seal("tokens", b"x"))
    assert not ring(f"{NEW},{OLD}").is_current("tokens", ring(OLD).seal("tokens", b"x"))
    assert not ring(NEW).is_current("other", ring(NEW).seal("tokens", b"x"))


def test_two_databases_get_two_keys(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()

    with pytest.raises(KeyMissing):
        ring("", tmp_path / "a").open("tokens", ring("", tmp_path / "b").seal("tokens", b"x"))


def test_the_made_key_may_move_into_the_environment_and_be_rotated_there(tmp_path: Path) -> None:
    sealed = ring("", tmp_path).seal("tokens", b"x")
    made = key_file(tmp_path / "leads.db").read_text()

    assert ring(made).open("tokens", sealed) == b"x"
    assert ring(f"{NEW},{made}").open("tokens", sealed) == b"x"


def test_many_who_make_the_key_at_once_end_up_with_one(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        rings = list(threads.map(lambda _: ring("", tmp_path), range(24)))

    assert len({each.fingerprint("x", "y") for each in rings}) == 1


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"short", b"\xff" * 40, b"a" * 40 + b"\n" + b"b" * 40, b"a" * 40 + b",b"]
)
def test_a_file_that_holds_no_key_is_said_and_left_alone(tmp_path: Path, content: bytes) -> None:
    file = key_file(tmp_path / "leads.db")
    file.write_bytes(content)

    with pytest.raises(KeyMissing, match="does not hold a key"):
        ring("", tmp_path)

    assert file.read_bytes() == content


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    key_file(tmp_path / "leads.db").mkdir()

    with pytest.raises(KeyMissing, match=r"leads\.db\.key cannot be read: Is a directory"):
        ring("", tmp_path)


def test_a_folder_that_does_not_take_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(KeyMissing, match=r"cannot be made: No such file or directory.*LEADBELL_SECRET_KEY"):
        ring("", tmp_path / "missing")


def test_a_process_that_dies_while_making_it_leaves_no_half_key(tmp_path: Path) -> None:
    script = (
        "import os, sys\nfrom pathlib import Path\nfrom bot.keys import Keyring\n"
        "os.fsync = lambda _: os._exit(9)\nKeyring.of('', beside=Path(sys.argv[1]))"
    )
    file = tmp_path / "leads.db"

    died = subprocess.run([sys.executable, "-c", script, str(file)], env={**os.environ, "PYTHONPATH": "."}, check=False)

    assert died.returncode == 9
    assert not key_file(file).exists()
    ring("", tmp_path)


def test_no_key_shows_in_a_repr() -> None:
    assert OLD not in repr(ring(OLD))
