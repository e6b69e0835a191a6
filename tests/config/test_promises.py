"""`checks:` as they are read: every name in them exists. Whether the rules keep them: test_checks.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config.problems import Severity
from tests.config.builders import a_file, good, only_problem

MORE = """\
names: {forms: {demo: 6083}}
fields: {size: [COMPANY_SIZE]}
templates: {default: lead, hot_lead: hot_lead}
teams: {dach: {pick: take turns, members: [anna]}}
escalations: {hot: [{after: 5 min, do: remind owner}]}
digests: {daily: {at: 09:00, post: "#list"}}
"""
RULES = """\
rules:
  - {name: Demo, when: {form: demo}, post: ["#demo", anna], owner: dach, email: owner, escalate: hot, digest: daily}
  - {name: Everything else, post: "#leads"}
"""


def checks(*items: str) -> str:
    return a_file(rules=RULES, more=MORE + "checks:\n" + "".join(f"  - {item}\n" for item in items))


def test_a_check_is_read_with_its_place(tmp_path: Path) -> None:
    text = checks(
        "{lead: {form: demo, Size: 500, hidden.x: [a, b]}, expect: {rule: demo, owner: dach, post: ['#demo', anna]}}",
        "{lead: {}, expect: {rule: Everything else, owner: nobody, email: nobody, escalate: nobody, digest: nobody}}",
    )

    first, second = good(tmp_path, text).checks

    assert (first.line, first.column) == (text[: text.index("{lead")].count("\n") + 1, 5)
    assert first.lead == {"form": ("demo",), "Size": ("500",), "hidden.x": ("a", "b")}
    assert first.expect == {"rule": ("demo",), "owner": ("dach",), "post": ("#demo", "anna")}
    assert second.lead == {}


@pytest.mark.parametrize(
    ("item", "at", "says"),
    [
        ("{lead: {form: demo}}", "{lead", "This check has no expect. A check is written - {lead:"),
        ("{expect: {rule: Demo}}", "{expect", "This check has no lead."),
        ("{lead: {form: demo}, expect: {}}", "{}", "This check expects nothing."),
        ("demo is for dach", "demo is", "A check must be a group with lead and expect."),
        ("{lead: {countri: DE}, expect: {rule: Demo}}", "countri", 'No lead has a fact called "countri". Did you mean'),
        ("{lead: {form: dmo}, expect: {rule: Demo}}", "dmo", 'There is no form called "dmo"'),
        ("{lead: {test: maybe}, expect: {rule: Demo}}", "maybe", '"maybe" is not yes or no'),
        ("{lead: {submitted: tomorow}, expect: {rule: Demo}}", "tomorow", '"tomorow" is no time of submitting'),
        ("{lead: {form: demo}, expect: {rule: Dmeo}}", "Dmeo", 'There is no rule called "Dmeo". Did you mean "Demo"?'),
        (
            "{lead: {form: demo}, expect: {owner: ana}}",
            "ana",
            'no person and no team called "ana". Did you mean "anna"?',
        ),
        ("{lead: {form: demo}, expect: {post: dach}}", "dach", 'There is no person called "dach"'),
        ("{lead: {form: demo}, expect: {email: daxh}}", "daxh", 'There is no person and no team called "daxh"'),
        ("{lead: {form: demo}, expect: {template: hot}}", "hot", 'There is no template called "hot"'),
        ("{lead: {form: demo}, expect: {escalate: hto}}", "hto", 'There is no escalation called "hto"'),
        ("{lead: {form: demo}, expect: {digest: weekly}}", "weekly", 'There is no digest called "weekly"'),
        ("{lead: {form: demo}, expect: {owner: [anna, dach]}}", "dach]", "A lead has one owner"),
        ("{lead: {form: demo}, expect: {own: dach}}", "own", '"own" is not a key in expect. Did you mean "owner"?'),
    ],
)
def test_each_mistake_is_named_at_its_place(item: str, at: str, says: str) -> None:
    text = checks(item)
    start = text.index(at, text.index("checks:") + len("checks:\n"))

    found = str(only_problem(text))

    assert says in found
    line, column = text[:start].count("\n") + 1, start - text.rindex("\n", 0, start)
    assert found.startswith(f"rules.yaml:{line}:{column}: ")


def test_a_promise_that_the_rules_do_not_keep_keeps_the_file_from_being_used() -> None:
    problem = only_problem(checks("{lead: {form: demo}, expect: {rule: Everything else}}"))

    assert problem.severity is Severity.ERROR
    assert "Expected rule “Everything else”, but “Demo”" in problem.message


def test_rules_with_errors_are_not_held_against_the_checks() -> None:
    text = checks("{lead: {form: demo}, expect: {rule: Everything else}}").replace('post: "#leads"', "post: lead s")

    assert "There is no person" in only_problem(text).message


@pytest.mark.parametrize("value", ["hello", "{a: b}"])
def test_checks_must_be_a_list(value: str) -> None:
    problem = only_problem(a_file(more=f"checks: {value}\n"))

    assert problem.message == "checks must be a list"
