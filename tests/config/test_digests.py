"""Digests: when they are sent, and to whom."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config.problems import Severity
from tests.config.builders import a_file, good, only_problem

RULES = "rules:\n  - {name: All, post: nobody, digest: daily}\n"


def digest(lines: str) -> str:
    return a_file(rules=RULES, more=f"digests:\n  daily: {lines}\n")


@pytest.mark.parametrize(
    ("days", "numbers"),
    [("mon-fri", {0, 1, 2, 3, 4}), ("Mon", {0}), ("[sat, Sunday]", {5, 6}), ("fri-mon", {4, 5, 6, 0})],
)
def test_days_are_read(tmp_path: Path, days: str, numbers: set[int]) -> None:
    found = good(tmp_path, digest(f'{{at: 08:45, days: {days}, post: ["#x", anna]}}')).digests["daily"]

    assert found.at == 525
    assert found.days == numbers
    assert [target.address for target in found.post] == ["#x", "U0ANNA"]


def test_without_days_it_comes_every_day(tmp_path: Path) -> None:
    assert good(tmp_path, digest("{at: '00:00', post: '#x'}")).digests["daily"].days == set(range(7))


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("{days: mon, post: '#x'}", 'daily has no time. Add at: "09:00".'),
        ("{at: 09:00}", "daily would reach nobody. Add post:"),
        ("{at: 09:00, post: nobody}", "daily would reach nobody. Add post:"),
        ("{at: 25:00, post: '#x'}", '"25:00" is not a time of the day such as "09:00"'),
        ("{at: 24:00, post: '#x'}", '"24:00" is not a time of the day'),
        ("{at: noon, post: '#x'}", '"noon" is not a time of the day'),
        (
            "{at: 09:00, days: weekdays, post: '#x'}",
            '"weekdays" is no weekday. Write mon-fri, mon, or [mon, wed, fri].',
        ),
        ("{at: 09:00, post: ana}", 'There is no person called "ana". Did you mean "anna"?'),
        ("{at: 09:00, post: carl}", "carl has no slack, so nothing can be posted to them"),
        ("{at: 09:00, post: '#x', zone: UTC}", '"zone" is not a key in digests'),
    ],
)
def test_each_mistake_is_named_at_its_line(lines: str, says: str) -> None:
    text = digest(lines)
    problem = only_problem(text)

    assert says in str(problem)
    assert problem.severity is Severity.ERROR
    assert problem.line == text[: text.index("  daily:")].count("\n") + 1
