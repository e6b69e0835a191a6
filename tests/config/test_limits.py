"""Files made to hurt: refused quickly, with a place, never a crash."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.config.load import read_file
from bot.config.problems import Problem, Severity, did_you_mean
from tests.config.builders import SLACK, a_file, only_problem, problems_of

SEED = 20261123
COUNTRIES = [
    "DE",
    "AT",
    "CH",
    "US",
    "CA",
    "BR",
    "FR",
    "ES",
    "IT",
    "NL",
    "BE",
    "SE",
    "NO",
    "DK",
    "FI",
    "PL",
    "CZ",
    "HU",
    "RO",
    "BG",
]


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines)


def assert_placed(found: tuple[Problem, ...], text: str) -> None:
    lines = text.count("\n") + text.count("\r") + text.count("\x85") + text.count("\u2028") + text.count("\u2029")
    for problem in found:
        assert 1 <= problem.line <= lines + 2, problem
        assert problem.column >= 1
        assert problem.message
        assert "\n" not in str(problem)
        assert str(problem).startswith(f"rules.yaml:{problem.line}:{problem.column}: ")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (bomb(9), "more than 50,000 values"),
        ("a: &a [*a]", "contains itself"),
        ("[" * 5000, "levels deep"),
        ("a: " + "[" * 60 + "]" * 60, "levels deep"),
        ("".join(" " * n + "a:\n" for n in range(200)), "levels deep"),
        ("x: " + "y" * 1024 * 1024, "larger than 1 MiB"),
        ("a: [" + "x," * 60_000 + "x]", "more than 50,000 values"),
        ("a: b\x00c", "no text (U+0000)"),
    ],
)
def test_bombs_are_refused_quickly_with_a_place(text: str, says: str) -> None:
    started = time.perf_counter()

    problem = only_problem(text)

    assert says in problem.message
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize(
    "text",
    [
        "{" * 1000,
        "? " * 2000,
        "- " * 2000,
        "a: &x b\n" + "*x : c\n" * 5000,
        "k: v\n" * 100_000,
        "\n".join(f"k{n}: v" for n in range(40_000)),
        "rules:\n" + "  - {post: x}\n" * 10_000,
        "rules:\n" + "".join(f"  - {{name: r{n}, when: {{country: c{n}}}, post: nobody}}\n" for n in range(5000)),
        "a: '" + "x" * 900_000,
        "#" * 900_000,
        "a: " + "${A" * 100_000,
        "timezone: " + "é" * 200_000,
        "rules: [{name: x, when: {company_size: at least " + "9" * 100_000 + "}, post: nobody}]",
        "people: {" + ", ".join(f"p{n}: {{slack: x{n}}}" for n in range(5000)) + "}",
    ],
    ids=range(14),
)
def test_large_rubbish_ends_soon(text: str) -> None:
    started = time.perf_counter()

    found = problems_of(text)

    assert found
    assert all(sum(problem.severity == severity for problem in found) <= 200 for severity in Severity)
    assert time.perf_counter() - started < 4


def test_five_hundred_rules_are_read_in_a_moment() -> None:
    rules = "".join(
        f"  - {{name: r{n}, when: {{company: c{n}, country: [DE, AT]}}, post: nobody}}\n" for n in range(500)
    )
    started = time.perf_counter()

    found = problems_of("rules:\n" + rules + "  - {name: all, post: nobody}\n")

    assert not found
    assert time.perf_counter() - started < 3


@settings(max_examples=40, deadline=None)
@given(st.text())
def test_any_text_gives_problems_with_a_place(text: str) -> None:
    found = problems_of(text)

    assert found
    assert_placed(found, text)


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_give_problems(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "junk.yaml"
    path.write_bytes(content)

    read = read_file(Path(path), {}, need_secrets=False)

    assert read.config is None
    assert all(problem.line >= 1 and problem.column >= 1 for problem in read.problems)


def test_a_file_is_never_refused_for_the_number_of_its_warnings() -> None:
    people = "".join(f"  p{number}: {{email: p{number}@example.com}}\n" for number in range(300))
    rules = "".join(
        f'  - {{name: R{number}, when: {{company: C{number}}}, post: "#x", owner: p{number}}}\n'
        for number in range(300)
    )
    text = f"people:\n{people}rules:\n{rules}  - {{name: All, post: nobody}}\n{SLACK}"

    found = problems_of(text + "colour: red\n")

    assert len([problem for problem in found if problem.severity == "warning"]) == 200
    assert [problem.message for problem in found if problem.severity == "error"] == ['"colour" is not a key']


@pytest.mark.parametrize("kind", ["alike", "apart", "overlapping"])
def test_five_hundred_rules_are_read_at_once(kind: str) -> None:
    draw = random.Random(SEED)
    whens = {
        "alike": [
            f"form: demo, country: [{', '.join(draw.sample(COUNTRIES, 3))}], job_title: contains t{n}x"
            for n in range(499)
        ],
        "apart": [f"email_domain: [a{n}.example, b{n}.example]" for n in range(499)],
        "overlapping": [
            f"country: {{not: [{', '.join(draw.sample(COUNTRIES, 5))}]}}, company: contains c{n}" for n in range(499)
        ],
    }
    rules = "".join(f'  - {{name: R{n}, when: {{{when}}}, post: "#x{n}"}}\n' for n, when in enumerate(whens[kind]))
    text = f"names: {{forms: {{demo: 6083}}}}\nrules:\n{rules}  - {{name: All, post: nobody}}\n{SLACK}"
    spent = []
    for _ in range(3):
        started = time.process_time()
        assert not any(problem.severity == "error" for problem in problems_of(text))
        spent.append(time.process_time() - started)

    assert min(spent) < 0.4  # a quarter of that on a machine that does nothing else


def _forms(count: int, wanted: str) -> str:
    """A file with this many forms, and as many rules, each for the form that `wanted` makes of its number."""
    forms = ", ".join(f"form-number-{number}: {6000 + number}" for number in range(count))
    rules = "".join(
        f'  - {{name: R{number}, when: {{form: {wanted.format(number)}}}, post: "#x"}}\n' for number in range(count)
    )
    return f"names: {{forms: {{{forms}}}}}\nrules:\n{rules}  - {{name: All, post: nobody}}\n{SLACK}"


@pytest.mark.parametrize("wanted", ["form-numbex-{}", "Title of LinkedIn {}"])
def test_many_names_that_are_nearly_right_are_answered_soon(wanted: str) -> None:
    """Comparing each with each took a minute, and while a file is read nobody can take a change back."""
    started = time.process_time()

    problems_of(_forms(1_500, wanted))

    assert time.process_time() - started < 2.5  # a quarter of that on a machine that does nothing else


def test_the_closest_of_very_many_names_is_still_found() -> None:
    names = [f"form-{number}" for number in range(400)]

    assert did_you_mean("form-399x", names) == 'Did you mean "form-399"?'
    assert did_you_mean("frm-123", names) == 'Did you mean "form-123"?'


def test_a_fact_of_its_own_for_each_of_very_many_rules_is_read_soon() -> None:
    fields = "".join(f"  f{number}: [Question {number}]\n" for number in range(2_500))
    rules = "".join(f'  - {{name: R{number}, when: {{f{number}: x}}, post: "#x"}}\n' for number in range(2_500))
    text = f"fields:\n{fields}rules:\n{rules}  - {{name: All, post: nobody}}\n{SLACK}"
    started = time.process_time()

    assert problems_of(text) == ()

    assert time.process_time() - started < 2.5


def test_of_checks_that_fail_no_more_are_told_than_of_other_problems() -> None:
    checks = ", ".join("{lead: {country: DE}, expect: {rule: Germany}}" for _ in range(300))
    lines = [f"checks: [{checks}]".replace("}}, ", "}},\n  ")]

    found = problems_of(
        f"rules: [{{name: Germany, when: {{country: AT}}, post: nobody}}, {{name: All, post: nobody}}]\n{lines[0]}"
    )

    assert len(found) == 200


def test_a_long_chain_of_teams_that_step_in_for_each_other_is_followed_once() -> None:
    """Followed anew from each team, and sought in a list, a circle of a thousand would take minutes."""
    count = 1_000
    teams = "".join(
        f"  t{number}: {{pick: take turns, members: [anna], if_nobody_is_free: t{(number + 1) % count}}}\n"
        for number in range(count)
    )
    started = time.process_time()

    problem = only_problem(a_file(more=f"teams:\n{teams}"))

    assert "leads of t0 would go round for ever: t1, t2" in problem.message
    assert time.process_time() - started < 2
