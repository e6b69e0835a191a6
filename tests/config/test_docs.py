"""The documentation of the rule file is complete, and what it shows works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.config.load import TOP_KEYS
from bot.config.not_yet import NOT_YET
from bot.core.conditions import WORDS
from bot.core.facts import BUILT_IN, PREFIXES
from tests.config.builders import ROOT, SHIPPED, good

DOCS = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", DOCS, re.DOTALL)
WORKING = {
    *TOP_KEYS,
    *("sources.*.owner", "sources.*.lead_types", "names.forms", "names.campaigns", "people.*.slack", "people.*.email"),
    *("name", "when", "match", "post", "owner", "email", "template", "test_leads.post", "test_leads.owner"),
    *(f"server.{key}" for key in ("host", "port", "public_url")),
    *(f"linkedin.{key}" for key in ("client_id", "client_secret", "access_token", "api_url", "auth_url")),
    *(f"linkedin.{key}" for key in ("api_version", "require_signature", "poll", "poll.every", "poll.look_back")),
    *(f"slack.{key}" for key in ("bot_token", "signing_secret", "api_url", "admin_channel", "managers")),
    *(f"email.{key}" for key in ("smtp", "from", "admin")),
    *(f"privacy.{key}" for key in ("keep_leads", "keep_raw_answers", "keep_log")),
}


@pytest.mark.parametrize("key", sorted(WORKING))
def test_every_working_key_is_documented(key: str) -> None:
    section = key.partition(".")[0]

    assert (
        f"`{key}`" in DOCS or (key == section and f"`{section}." in DOCS) or (key in {"rules"} and "## Rules" in DOCS)
    )


@pytest.mark.parametrize("key", sorted({path.rpartition(".")[2] for path in NOT_YET}))
def test_every_key_of_a_later_version_is_documented(key: str) -> None:
    later = DOCS[DOCS.index("## What comes later") :]

    assert re.search(rf"[`.]{key}`", later)


@pytest.mark.parametrize("word", sorted(set(WORDS) - {"equals"}))
def test_every_word_is_documented(word: str) -> None:
    assert re.search(rf"`{word}(?: [^`]+)?`", DOCS)


@pytest.mark.parametrize("fact", sorted([*BUILT_IN, *PREFIXES]))
def test_every_fact_is_documented(fact: str) -> None:
    assert f"`{fact}`" in DOCS or f"`{fact}<" in DOCS


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_every_example_loads_without_a_problem(tmp_path: Path, example: str) -> None:
    config = good(tmp_path, example)

    assert config.warnings == ()


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 4


def test_the_shipped_file_points_to_the_documentation() -> None:
    assert "docs/configuration.md" in SHIPPED.read_text(encoding="utf-8")
