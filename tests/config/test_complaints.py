"""What is said of text that is no YAML: soon, and always at a place inside the file, however odd the text is."""

from __future__ import annotations

import time

import pytest

from bot.config.traps import lines_of
from tests.config.builders import only_problem

N = 200_000
LONG = {
    "spaces before a key": "a: b\n" + " " * N + "d: e\n",
    "dashes": "a: b\n  " + "- " * (N // 2) + ": x\n",
    "spaces after a word": "a: {b: contains" + " " * N + ": x}\n",
    "not": "a: {b: " + "not " * (N // 4) + "[x]}\n",
    "escaped quotes": 'a: "' + '\\"' * (N // 2) + '\nb: {c: "x" "y"\n',
    "single quotes": "a: 'b' " + "'" * N + "\n",
    "equal signs": "a: b\n  c" + "=" * N + "\nd\ne: f\n",
    "tabs": "a:\n" + "\t" * N + "\nb: c\n",
    "non-breaking spaces": "a: " + "\u00a0" * (N // 2) + "\n",
    "an alias": "a: *" + "x" * N + "\n",
    "an anchor": "a: &" + "x" * N + "\n",
    "a channel": "a: [#" + "x" * N + "\n",
    "references": "a: {b: " + "${" * (N // 2) + "\n",
    "brackets": "a: {b: c" + "[]" * (N // 2) + "\n  d: e: {\n",
    "commas": "a: [" + "," * N + "\n",
    "colons": "a: b" + ": " * (N // 2) + "\n",
    "a key": "x" * N + ": y\n",
    "slashes": "a: b\n" + "/" * N + "\nc: d\n",
}
UNFINISHED = [
    "a: [",
    "a: {",
    "a: b\nc",
    "a: 'b",
    'a: "b\\',
    "a: &",
    "a: *",
    "a: [b, ",
    "- a\nb",
    "? a\nb",
    "a: !<",
    "%",
]


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_a_long_line_is_refused_soon(text: str) -> None:
    started = time.process_time()

    problem = only_problem(text)

    assert time.process_time() - started < 1
    assert len(str(problem)) < 1000


@pytest.mark.parametrize("end", ["", "\n", "\n\n", "\r\n"])
@pytest.mark.parametrize("text", UNFINISHED)
def test_what_breaks_off_is_pointed_at_inside_the_file(text: str, end: str) -> None:
    lines = lines_of(text + end)

    problem = only_problem(text + end)

    assert 1 <= problem.line <= len(lines)
    assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1
    assert problem.hint
