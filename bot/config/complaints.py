"""What the parser of YAML complains of, in words that name the likely mistake and a place where it can be seen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import yaml

from bot.config.problems import Findings, Place, quoted
from bot.config.traps import Found, Suspects, lines_of, trapped, without_quoted

_SECOND_COLON = re.compile(r"^\s*+(?:- ++)*+[^:#]++:\s++([^'\"\[{].*:\s.*)")
_WORD_WITH_COLON = re.compile(
    r"(?:^|.*[\s{,])((?:contains|starts with|ends with|at least|at most|between|not|is|in hours)\s*):\s*(.*)",
    re.IGNORECASE,
)
_WORD_BEFORE_BRACKET = re.compile(r".*[\s:{,](not|contains|is)\s*$", re.IGNORECASE)
_BRACKET, _COMMENT = re.compile(r"[\[\]{}]"), re.compile(r"(^|\s)#.*")
_CLOSED_BY = {"{": "}", "[": "]"}
_LONGEST_KEY = 1000
_MOST_LINES = 40  #: looked at before the place where the parser gave up

_LINE_UP = "Settings of one group begin at the same column; list items begin with a dash and a space."
_WITHOUT_COLON = "Every setting is written key: value. A comment begins with #."
_TAG = "A word with ! in front means something else in YAML"
_FOR_SIGNS = {
    "@": "A person is written without @, like anna; any other text that begins with @ goes in quotes.",
    ">": "For a number write at least 200; a text that begins with > goes in quotes.",
    "!": "For everything but DE write not DE; a text that begins with ! goes in quotes.",
    "*": 'List items begin with "- "; a text that begins with * goes in quotes.',
}


def explain_syntax_error(text: str, error: yaml.YAMLError, findings: Findings) -> None:
    """Note at least one finding, inside the file."""
    lines = lines_of(text)
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        findings.error(Place(1, 1), "This text cannot be read as YAML")
        return
    here = _inside(lines, error.problem_mark.line, error.problem_mark.column)
    mark = error.context_mark
    start = _inside(lines, mark.line, mark.column) if mark is not None else here
    slip = _Slip(error.problem or "it is not YAML", error.context or "", here, start, lines)
    found = trapped(slip.suspects) or [next(filter(None, (explain(slip) for explain in _EXPLANATIONS)), _unknown(slip))]
    for place, message, hint in found:
        findings.error(place, message, hint)


def _inside(lines: list[str], line: int, column: int) -> Place:
    """The place of a mark, counted from 1; the end of the last line for a mark behind it."""
    if line < len(lines):
        return Place(line + 1, min(column, len(lines[line])) + 1)
    return Place(len(lines), len(lines[-1]) + 1)


@dataclass(frozen=True, slots=True)
class _Slip:
    """The complaint: `problem` was met `here`, while what `context` says, begun at `start`, was being read."""

    problem: str
    context: str
    here: Place
    start: Place
    lines: list[str]

    @property
    def suspects(self) -> Suspects:
        """The lines between the two places and the one before, never more than a screenful."""
        first = max(1, min(self.start.line, self.here.line) - 1, self.here.line - _MOST_LINES)
        return list(enumerate(self.lines, start=1))[first - 1 : self.here.line]

    @property
    def suspects_above(self) -> Suspects:
        """A screenful of lines above the one in which the parser gave up."""
        first = max(1, self.here.line - _MOST_LINES)
        return list(enumerate(self.lines, start=1))[first - 1 : self.here.line - 1]

    @property
    def line(self) -> str:
        """The line in which the parser gave up."""
        return self.lines[self.here.line - 1]

    @property
    def before(self) -> str:
        """What stands in that line before the place."""
        return self.line[: self.here.column - 1]

    @property
    def sign(self) -> str:
        """The character at the place; "" at the end of a line."""
        return self.line[self.here.column - 1 : self.here.column]

    def sign_at(self, place: Place) -> str:
        """The character at another place."""
        return self.lines[place.line - 1][place.column - 1 : place.column]


# ── one thing that the parser complains of, each; None when it is something else ──


def _tab(slip: _Slip) -> Found | None:
    if "tab character" not in slip.problem and slip.sign != "\t":
        return None
    return slip.here, "There is a tab at the beginning of this line", "YAML allows only spaces there; remove the tab."


def _directive(slip: _Slip) -> Found | None:
    if "directive" not in slip.context + slip.problem and "incompatible" not in slip.problem:
        return None
    hint = "Remove this line, or put the text in quotes if it belongs to one."
    return slip.start, "A line that begins with % is an order to YAML that means nothing here", hint


def _quoted(slip: _Slip) -> Found | None:
    if "quoted scalar" not in slip.context:
        return None
    if "escape" in slip.problem or "hexdecimal" in slip.problem:
        hint = r"Use single quotes, in which \ is a sign like any other: 'C:\data'."
        return slip.here, r"A \ inside double quotes changes the letters after it, and not these", hint
    return slip.start, "The quote that opens here is never closed", "Close it, or put other quotes around."


def _sign_in_front(slip: _Slip) -> Found | None:
    is_scanned = any(
        word in slip.context for word in ("scanning an anchor", "scanning an alias", "a tag", "block scalar")
    )
    if not is_scanned and "cannot start any token" not in slip.problem:
        return None
    place = slip.start if is_scanned else slip.here
    sign = slip.sign_at(place)
    if sign == "!":
        return place, _TAG, _FOR_SIGNS["!"]
    return place, f"A value cannot begin with {sign}", _FOR_SIGNS.get(sign, "Put the value in quotes.")


def _unknown_tag(slip: _Slip) -> Found | None:
    if "tag handle" not in slip.problem:
        return None
    return slip.here, _TAG, _FOR_SIGNS["!"]


def _dash_in_front(slip: _Slip) -> Found | None:
    is_about_one = "sequence entries are not allowed" in slip.problem or "mapping keys are not allowed" in slip.problem
    if not is_about_one or not slip.before.strip():
        return None
    hint = "A list begins in a line of its own; a text that begins like this goes in quotes."
    return slip.here, f"A value cannot begin with {slip.sign} and a space", hint


def _no_colon(slip: _Slip) -> Found | None:
    if "could not find expected ':'" not in slip.problem:
        return None
    if len(slip.lines[slip.start.line - 1]) > _LONGEST_KEY:
        return _too_long(slip)
    return slip.start, "There is no colon in this line", _WITHOUT_COLON


def _too_long(slip: _Slip) -> Found:
    line = slip.start.line
    return Place(line, _indent(slip.lines[line - 1]) + 1), "This key is too long", "A key has at most 1,000 letters."


def _colon_too_many(slip: _Slip) -> Found | None:
    if "mapping values" not in slip.problem:
        return None
    if len(slip.before) > _LONGEST_KEY and ":" not in slip.before:
        return _too_long(slip)
    if match := _SECOND_COLON.match(slip.line):
        return (
            Place(slip.here.line, match.start(1) + 1),
            "There is a second colon in this line",
            _uncolon(match.group(1)),
        )
    above = slip.here.line - 1
    while above > 0 and re.match(r"\s*(#|$)", slip.lines[above - 1]):
        above -= 1
    text = slip.lines[above - 1] if above else ""
    if text and ":" not in text and not text.lstrip().startswith("-") and _indent(text) == _indent(slip.line):
        return Place(above, _indent(text) + 1), "There is no colon in this line", _WITHOUT_COLON
    return _out_of_line(slip.lines, slip.here.line)


def _uncolon(text: str) -> str:
    """How a text with a colon of its own is written; a word of the language needs none."""
    if match := _WORD_WITH_COLON.match(text):
        return f"Write {quoted(f'{match.group(1).strip()} {match.group(2)}')} without a second colon."
    return f"Quote the whole text: {quoted(text)}"


def _in_brackets(slip: _Slip) -> Found | None:
    if "flow" not in slip.context:
        return None
    start = slip.start if slip.sign_at(slip.start) in _CLOSED_BY else _last_opened(slip)
    opened = slip.sign_at(start)
    if slip.sign == "," and "flow node" in slip.context:
        return slip.here, "There is a comma too many here", "Two values stand between two commas, nothing else."
    if slip.sign in {"]", "}"} and opened in _CLOSED_BY and slip.sign != _CLOSED_BY[opened]:
        what = f"This {slip.sign} does not close the {opened} of line {start.line}, column {start.column}"
        return slip.here, what, f"Write {_CLOSED_BY[opened]} before it, or instead of it."
    if opened not in _CLOSED_BY or not _is_closed(slip, start):
        hint = f"It is missing at the latest in line {slip.here.line}; or a comma between two values is."
        return start, f"The {opened or 'bracket'} that opens here is never closed", hint
    return _two_values_in_one(slip)


def _two_values_in_one(slip: _Slip) -> Found:
    """Inside closed brackets something follows a value without a comma."""
    if slip.sign == ":":
        value = re.split(r"[,{\[]", slip.before)[-1]
        hint = "Put the text in quotes, or a comma before the next key."
        if match := _WORD_WITH_COLON.match(f" {slip.line[len(slip.before) - len(value) :]}"):
            hint = f"Write {quoted(f'{match.group(1).strip()} {_first_value(match.group(2))}')} without a second colon."
        return slip.here, "There is a second colon in this value", hint
    if slip.sign == "[" and (match := _WORD_BEFORE_BRACKET.match(slip.before)):
        word = match.group(1).lower()
        hint = "Write {not: [US, CA]}." if word == "not" else f"Write [{word} head, {word} chief]."
        return slip.here, f"A list cannot follow the word {word}", hint
    return (
        slip.here,
        "A comma is missing before this",
        "Values are divided by commas; a text with signs goes in quotes.",
    )


def _first_value(text: str) -> str:
    return re.split(r"[,}\]]", text, maxsplit=1)[0].strip()


def _opened_above(slip: _Slip) -> Found | None:
    """A quote that ends a text begun lines above: there the closing one was forgotten."""
    mark = slip.before.rstrip()[-1:]
    if mark not in {'"', "'"} or slip.before.count(mark) % 2 == 0:
        return None
    for number, line in reversed(slip.suspects_above):
        if line.count(mark) % 2:
            place = Place(number, line.rindex(mark) + 1)
            return place, "The quotes that open here are not closed on this line", f"Add the closing {mark}."
    return None


def _leftover(slip: _Slip) -> Found | None:
    """Something after a value that was complete: a quoted text, a list, a group."""
    if "did not find expected key" not in slip.problem or not slip.before.strip():
        return None
    last = slip.before.rstrip()[-1]
    if slip.sign in {"]", "}"}:
        return slip.here, f"This {slip.sign} closes nothing", "Remove it, or add the one that opens."
    if last in "'\"":
        other = "single quotes: 'The \"best\" one'" if last == '"' else 'double quotes: "Joe\'s"'
        return slip.here, "The quotes end before the text does", f"Put the whole text in {other}."
    if last in "]}":
        hint = f"A text that begins with {'[' if last == ']' else '{'} goes in quotes."
        return slip.here, f"Something stands behind the {last} that ends the value", hint
    return None


def _end_of_document(slip: _Slip) -> Found | None:
    if "<document start>" not in slip.problem:
        return None
    return slip.here, "A line of ... ends the file, and something follows it", "Remove the line with the three dots."


def _misaligned(slip: _Slip) -> Found | None:
    is_meant = ("did not find expected", "indentation", "not allowed in this context")
    return _out_of_line(slip.lines, slip.here.line) if any(words in slip.problem for words in is_meant) else None


def _unknown(slip: _Slip) -> Found:
    hint = "Often a quote or a bracket is missing just above."
    return slip.here, f"YAML cannot read this ({slip.problem})", hint


_EXPLANATIONS: tuple[Callable[[_Slip], Found | None], ...] = (
    *(_tab, _directive, _quoted, _unknown_tag, _sign_in_front, _dash_in_front, _no_colon, _colon_too_many),
    *(_in_brackets, _opened_above, _leftover, _end_of_document, _misaligned),
)


# ── where things begin ──


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _out_of_line(lines: list[str], number: int) -> Found:
    return Place(number, _indent(lines[number - 1]) + 1), "This line does not line up with the ones above it", _LINE_UP


def _brackets(slip: _Slip, first: Place, last: int) -> Iterator[tuple[Place, str]]:
    """The brackets from a place on to the end of a line, without those in quoted texts and comments."""
    for number in range(first.line, min(last, len(slip.lines)) + 1):
        line = _COMMENT.sub("", without_quoted(slip.lines[number - 1]))
        begin = first.column - 1 if number == first.line else 0
        for match in _BRACKET.finditer(line, begin):
            yield Place(number, match.start() + 1), match.group(0)


def _is_closed(slip: _Slip, start: Place) -> bool:
    """Whether the bracket that opens at `start` is closed by its own kind within a screenful."""
    opened: list[str] = []
    for _, sign in _brackets(slip, start, start.line + _MOST_LINES):
        if sign in _CLOSED_BY:
            opened.append(sign)
        elif opened and _CLOSED_BY[opened.pop()] != sign:
            return False
        if not opened:
            return True
    return False


def _last_opened(slip: _Slip) -> Place:
    """Where the bracket opens in which the parser gave up; that very place when none is in sight."""
    opened: list[Place] = []
    for place, sign in _brackets(slip, Place(max(1, slip.here.line - _MOST_LINES), 1), slip.here.line):
        if (place.line, place.column) >= (slip.here.line, slip.here.column):
            break
        if sign in _CLOSED_BY:
            opened.append(place)
        elif opened:
            opened.pop()
    return opened[-1] if opened else slip.here
