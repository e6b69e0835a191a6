"""The documentation of the rule file is complete, says each thing once, and what it shows works."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
import yaml

from bot.config.load import read_content
from bot.config.not_yet import NOT_YET
from bot.config.schema import every_key
from bot.config.schema.keys import FACTS
from bot.core.facts import PREFIXES
from bot.core.wanted import parse_wanted
from tests.config.builders import ROOT, SHIPPED

RULES, CONFIGURATION = (
    (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8") for name in ("rules", "configuration")
)
DOCS = RULES + CONFIGURATION
BLOCK = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
ROW = re.compile(r"^\| `([^`|]+)` \| (.*) \|$", re.MULTILINE)
#: What the recipes leave out.
ONCE = """
names: {forms: {demo-request: 6083, webinar-signup: 6177}, campaigns: {nordics-trial: 367378777}}
people:
  anna: {slack: anna@example.com, email: anna@example.com}
  ben:  {slack: ben@example.com,  email: ben@example.com}
  dora: {slack: dora@example.com, email: dora@example.com}
slack: {bot_token: "${SLACK_BOT_TOKEN}", signing_secret: "${SLACK_SIGNING_SECRET}"}
email: {smtp: "${SMTP_URL:-smtp://localhost}", from: Lead alerts <alerts@example.com>}
"""
RECIPES = (
    "country",
    "size",
    "campaign",
    "turns",
    "holiday",
    "ill",
    "students",
    "mail to",
    "list a day",
    "try a change",
)


def completed(block: str) -> str:
    """The piece with the sections that it leaves out."""
    return block + "".join(
        f"{name}: {yaml.safe_dump(value, default_flow_style=True, width=1000)}\n"
        for name, value in yaml.load(ONCE, yaml.BaseLoader).items()
        if not re.search(rf"^{name}:", block, re.MULTILINE)
    )


@pytest.mark.parametrize("block", BLOCK.findall(DOCS))
def test_every_block_of_the_file_loads_without_a_problem(tmp_path: Path, block: str) -> None:
    read = read_content(
        completed(block).encode(), tmp_path / "config.yaml", {}, need_secrets=False, today=date(2026, 11, 23)
    )

    assert not read.problems, "\n".join(map(str, read.problems))


def test_the_page_begins_with_the_ten_recipes_that_a_manager_looks_for() -> None:
    headings = re.findall(r"^##+ (.*)$", RULES, re.MULTILINE)
    recipes = headings[1:11]

    assert headings[0] == "Ten recipes"
    assert [heading.partition(".")[0] for heading in recipes] == [str(number) for number in range(1, 11)]
    assert all(words in heading.lower() for words, heading in zip(RECIPES, recipes, strict=True))
    assert len(BLOCK.findall(RULES)) == 10


def test_every_key_stands_once_with_the_sentence_that_an_editor_shows() -> None:
    rows = [(name, says) for name, says in ROW.findall(DOCS) if name not in FACTS or says != FACTS[name]]
    told = Counter(name for name, _ in rows)

    for path, key in every_key().items():
        assert (path, key.says) in rows, f"| `{path}` | {key.says} |"
        assert told[path] == 1, path
    paths = {name for name in told if re.match(r"(?:[a-z_]+\.)+[a-z_*]", name) and "<" not in name}
    assert paths <= every_key().keys()


def test_rules_and_the_server_s_part_have_a_page_each_and_name_each_other() -> None:
    of_the_server = {"server", "database", "linkedin", "slack", "email", "privacy", "secret_key"}
    for path in every_key():
        page = CONFIGURATION if path.partition(".")[0] in of_the_server else RULES
        assert f"| `{path}` |" in page
    assert "(configuration.md)" in RULES
    assert "(rules.md)" in CONFIGURATION


def test_every_fact_is_explained() -> None:
    for fact, says in FACTS.items():
        assert f"| `{fact}` | {says} |" in RULES
    for prefix in PREFIXES:
        assert f"`{prefix}<" in RULES


def test_every_word_of_when_is_explained_and_means_what_the_table_says() -> None:
    table = RULES[RULES.index("## The words of `when`") : RULES.index("## Units")]
    words = [
        word for row in re.findall(r"^\| (`.*?`) \|", table, re.MULTILINE) for word in re.findall("`([^`]+)`", row)
    ]
    read = [
        parse_wanted(word, fact="submitted" if word in {"monday", "mon-fri", "in hours berlin"} else "")
        for word in words
    ]

    assert {one.word for one in read if not isinstance(one, str)} == {
        *("equals", "contains", "starts with", "ends with", "at least", "at most", "between"),
        *("is empty", "is present", "weekday", "in hours"),
    }
    assert [word for word, one in zip(words, read, strict=True) if isinstance(one, str)] == ["not DE"]


@pytest.mark.parametrize("key", sorted({path.replace("rules.*.", "") for path in NOT_YET}))
def test_every_key_of_a_later_version_is_named(key: str) -> None:
    assert f"`{key}`" in CONFIGURATION[CONFIGURATION.index("## What comes later") :]


def test_no_sentence_stands_on_both_pages() -> None:
    def sentences(page: str) -> set[str]:
        words = re.sub(r"```.*?```", "", page, flags=re.DOTALL).replace("|", ".")
        return {one for each in re.split(r"[.:;]\s", words) if len((one := " ".join(each.split())).split()) > 4}

    assert sentences(RULES) & sentences(CONFIGURATION) == set()


def test_the_shipped_file_points_to_the_documentation() -> None:
    assert "docs/rules.md" in SHIPPED.read_text(encoding="utf-8").splitlines()[1]
