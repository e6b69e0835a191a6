"""The JSON Schema for editors: current, complete, and of one mind with the reader of the file."""

from __future__ import annotations

import re
from collections.abc import Collection

import pytest

from bot.config.nodes import Node
from bot.config.not_yet import NOT_YET, Answer
from bot.config.reading import Reading
from bot.config.schema import every_key, json_schema, schema_text
from bot.config.schema.keys import FACTS
from bot.config.times import working_hours
from bot.core.facts import BUILT_IN
from bot.core.fields import PREDEFINED
from tests.config.builders import FULL_LANGUAGE, ROOT, SHIPPED, problems_of
from tests.config.json_schema import faults, yaml_value

COMMITTED = ROOT / "config.schema.json"
SCHEMA = json_schema()
FULL = FULL_LANGUAGE.read_text(encoding="utf-8")
#: Keys that a file may already have, though they do not work yet.
ACCEPTED = {path for path, later in NOT_YET.items() if later.answer is not Answer.REFUSED or later.harmless}


def without_later(text: str) -> str:
    """The full language less the two parts of a later version."""
    text = re.sub(r"^(?:enrich|sync):\n(?:[ #].*\n)*", "", text, flags=re.MULTILINE)
    return re.sub(r"^    (?:enrich|sync): .*\n", "", text, flags=re.MULTILINE)


def faults_of(text: str) -> list[str]:
    return faults(yaml_value(text), SCHEMA, SCHEMA)


def test_the_committed_schema_is_what_the_command_prints() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == schema_text(), "leadbell schema > config.schema.json"


def test_the_shipped_file_names_the_schema_in_its_first_line() -> None:
    first = SHIPPED.read_text(encoding="utf-8").splitlines()[0]

    assert first == "# yaml-language-server: $schema=./config.schema.json"
    assert (SHIPPED.parent / "config.schema.json").is_file()


@pytest.mark.parametrize("text", [SHIPPED.read_text(encoding="utf-8"), without_later(FULL)], ids=["shipped", "full"])
def test_good_files_keep_to_it(text: str) -> None:
    assert faults_of(text) == []


RULE = "rules: [{{name: All, post: nobody, {}}}]"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("version: 1", "rules is missing"),
        ("rules: []", "fewer than 1"),
        ("rule: [{name: All}]\nrules: [{name: All}]", "rule is not a key"),
        ("rules: [{post: nobody}]", "name is missing"),
        (RULE.format("owners: anna"), "owners is not a key"),
        (RULE.format("match: some"), "'some' is none of"),
        (RULE.format("active: next month"), "does not look like"),
        (RULE.format("when: {country: {no: [DE]}}"), "no is not a key"),
        (RULE.format("when: {country: []}"), "fewer than 1"),
        ("rules: [{name: All, post: #leads\n}]", "None is not string"),
        (RULE.format("") + "\nversion: 2", "2 is none of"),
        (RULE.format("") + "\nnames: {forms: {demo: six}}", "does not look like"),
        (RULE.format("") + "\nsources: {ads: {owner: 507857085, lead_types: [SPONSORED]}}", "is not string"),
        (RULE.format("") + "\nsources: {ads: {owner: sponsoredAccount:1, lead_types: [ADS]}}", "'ADS' is none of"),
        (RULE.format("") + "\nhours: {berlin: {mon-fri: nine to five}}", "does not look like"),
        (RULE.format("") + "\nhours: {berlin: {workdays: 09:00-18:00}}", "workdays is not a key"),
        (RULE.format("") + "\npeople: {anna: {slack: anna}}", "does not look like"),
        (RULE.format("") + "\npeople: {anna: {away: tomorrow}}", "does not look like"),
        (RULE.format("") + "\nteams: {dach: {pick: random, members: [anna]}}", "'random' is none of"),
        (RULE.format("") + "\nteams: {dach: {pick: take turns, members: []}}", "fewer than 1"),
        (RULE.format("") + "\nteams: {dach: {pick: take turns, members: {anna: 0}}}", "less than 1"),
        (RULE.format("") + "\nescalations: {hot: [{after: 5, do: remind owner}]}", "is not string"),
        (RULE.format("") + "\nescalations: {hot: [{after: 5 min, do: call owner}]}", "'call owner' is none of"),
        (RULE.format("") + "\nfollow_up: {remind_after: soon}", "does not look like"),
        (RULE.format("") + "\nrepeat_leads: {same_if: [phone], within: 90 days}", "'phone' is none of"),
        (RULE.format("") + "\ndigests: {daily: {at: morning, post: anna}}", "does not look like"),
        (RULE.format("") + "\nchecks: [{lead: {country: DE}, expect: {rules: All}}]", "rules is not a key"),
        (RULE.format("") + "\nslack: {bot_token: xoxb-1, signing_secret: '${S}'}", "does not look like"),
        (RULE.format("") + "\nlinkedin: {poll: {every: 5}}", "is not string"),
        (RULE.format("") + "\nprivacy: {keep_leads: forever}", "does not look like"),
    ],
)  # fmt: skip
def test_what_the_reader_refuses_is_underlined_already_in_the_editor(text: str, fault: str) -> None:
    assert fault in "\n".join(faults_of(text))
    assert any(problem.severity == "error" for problem in problems_of(text))


def test_every_example_keeps_to_its_own_key() -> None:
    for path, key in every_key().items():
        for example in key.examples:
            assert faults(example, key.schema(), SCHEMA, path) == []


def test_every_key_is_explained_in_whole_sentences() -> None:
    for path, key in every_key().items():
        assert key.says.endswith((".", "`:", ")")), path
        assert len(key.says) <= 240, path


def test_the_facts_are_those_that_a_rule_may_ask_for() -> None:
    assert set(FACTS) == BUILT_IN | PREDEFINED | {"submitted"}


# ── one mind with the reader ──


@pytest.fixture
def read_keys(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """The keys that the reader accepts in each group, noted while it reads."""
    noted: dict[str, set[str]] = {}
    original = Reading.group

    def group(self: Reading, node: Node | None, path: str, keys: Collection[str]) -> dict[str, Node]:
        noted.setdefault(path, set()).update(keys)
        return original(self, node, path, keys)

    monkeypatch.setattr(Reading, "group", group)
    return noted


def test_the_reader_accepts_exactly_the_keys_of_the_schema(read_keys: dict[str, set[str]]) -> None:
    assert not [problem for problem in problems_of(without_later(FULL)) if problem.severity == "error"]

    # Weekdays are keys of a form, so that `hours:` has a reader of its own.
    read = {f"{path}.{key}".lstrip(".") for path, keys in read_keys.items() for key in keys}
    read |= {f"hours.*.{key}" for key in (*working_hours._KEYS, "mon-fri")}
    assert read | ACCEPTED == set(every_key())


@pytest.mark.parametrize("days", ["mon", "Tuesday", "mon-fri", "sat-sun", "mon, wed", "Mon - Thu", "fri to sun"])
@pytest.mark.parametrize(
    "span", ["09:00-18:00", "9-18", "09:00 - 12:00, 13:00-18:00", "closed", "[08:00-12:00, 13-18]"]
)
def test_hours_are_written_as_the_reader_reads_them(days: str, span: str) -> None:
    text = f'rules: [{{name: All, post: nobody}}]\nhours:\n  berlin:\n    "{days}": {span}\n    wed-thu: 10-11\n'
    text = text if days in {"mon", "Tuesday", "sat-sun", "fri to sun"} else text.replace("    wed-thu: 10-11\n", "")

    assert faults_of(text) == []
    if span != "closed":
        assert [str(problem) for problem in problems_of(text) if problem.severity == "error"] == []
