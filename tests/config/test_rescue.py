"""A file that cannot be used still tells where the database is and what the server's own settings are."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config.live.rescue import database_for, database_of, with_settings
from bot.config.load import read_content
from bot.core.errors import ConfigError

GOOD = """# the rules
version: 1
rules:
  - {name: Everything, post: "#old"}
server: {port: 8080}
slack:
  bot_token: ${T:-}
  signing_secret: ${S:-}
  admin_channel: "#old-admin"
database: sqlite:old.db
"""
BAD = """version: 1
rules:
\t- {name: Everything
database: sqlite:new.db
slack:
  # the new one
  bot_token: ${T:-}
  signing_secret: ${S:-}
  admin_channel: "#new-admin"
"""


def test_the_settings_are_those_of_the_bad_file_and_the_rest_of_the_good_one() -> None:
    read = read_content(with_settings(GOOD, BAD).encode(), Path("config.yaml"), {}, need_secrets=False)

    assert read.config is not None, read.problems
    assert read.config.slack is not None
    assert read.config.slack.admin_channel == "#new-admin"
    assert read.config.database.name == "new.db"
    assert read.config.server.port == 8080, "what the bad file leaves out is that of the good one"
    assert read.config.rules[0].then.post[0].address == "#old"


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("slack: {admin_channel: x, managers: [dora]}\n", "slack: {managers: [eve, dora], admin_channel: y}\n"),
        ("slack:\n  managers:\n    - dora\n", "slack:\n  managers:\n    - eve\n    - dora\n  admin_channel: y\n"),
        ("slack: {managers: dora}\n", "slack:\n  managers: eve\n  admin_channel: y\n"),
    ],
)
def test_the_managers_are_people_and_so_those_of_the_good_file(good: str, bad: str) -> None:
    text = with_settings(good, bad)

    assert "eve" not in text
    assert "dora" in text
    assert "admin_channel: y" in text


@pytest.mark.parametrize("ending", ["\r\n", "\n"])
def test_the_database_of_a_bad_file_is_found(tmp_path: Path, ending: str) -> None:
    content = BAD.replace("\n", ending).encode()

    assert database_of(tmp_path / "config.yaml", content, {}) == tmp_path / "new.db"


def test_a_file_that_lost_its_end_has_the_database_of_the_environment_or_the_usual_one(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"

    assert database_of(path, b"\xff\xfe", {"DATABASE_URL": "sqlite:/var/leads.db"}) == Path("/var/leads.db")
    assert database_of(path, b"rules: [", {}) == tmp_path / "data" / "leadbell.db"


def test_a_database_that_is_none_is_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("rules: [\ndatabase: mysql://elsewhere\n", encoding="utf-8")

    assert database_of(path, path.read_bytes(), {}) is None
    with pytest.raises(ConfigError):
        database_for(path, {})
