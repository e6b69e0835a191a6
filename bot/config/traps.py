"""The traps of YAML that people fall into, each with its own words instead of the parser's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import yaml

from bot.config.problems import Findings, Place, quoted

_TAB_INDENT = re.compile(r"^ *\t[ \t]*(?=[^\s#])")
_UNQUOTED_CHANNEL = re.compile(r"(?:^|[\[{,:\s-])(#[^\s#,\]}'\"]+)")
_QUOTED_TEXT = re.compile(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"")
_GLUED_KEY = re.compile(r"^\s*(?:- +)*([A-Za-z_][\w.-]*):(?![\s/]|$)(\S.*)")
_BRACED_REFERENCE = re.compile(r"[{\[,]\s*(?:[\w.-]+:\s*)?(\$\{[^}]*\}?)")
_SECOND_COLON = re.compile(r"^\s*(?:- +)*[^:#]+:\s+([^\s'\"\[{].*:\s.*)")
_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_HASH = 'YAML reads nothing after an unquoted #. Quote it: "{}"'


def lines_of(text: str) -> list[str]:
    """The lines as YAML counts them."""
    return _LINE_BREAK.split(text)


def is_swallowed_by_comment(lines: list[str], place: Place) -> str | None:
    """The channel name that an unquoted # turned into a comment, when that is why there is no value at `place`."""
    rest = lines[place.line - 1][place.column - 1 :].lstrip(": \t-") if place.line <= len(lines) else ""
    if not rest:
        rest = next((line.strip() for line in lines[place.line : place.line + 3] if line.strip()), "")
        rest = rest.removeprefix("- ")
    match = re.match(r"#[^\s#,\]}]+", rest)
    return match.group(0) if match else None


def swallowed(name: str) -> str:
    """What a person is told when `name` was swallowed."""
    return _HASH.format(name)


def glued_key(text: str) -> str | None:
    """The text with the missing space after its colon ("post:nobody" -> "post: nobody"), if that is what it lacks."""
    match = _GLUED_KEY.match(text)
    return f"{match.group(1)}: {match.group(2)}" if match else None


def explain_syntax_error(text: str, error: yaml.YAMLError, findings: Findings) -> None:
    """Turn the parser's complaint into at least one finding, in words that name the likely mistake."""
    lines = lines_of(text)
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        findings.error(Place(1, 1), "This text cannot be read as YAML")
        return
    here = Place(error.problem_mark.line + 1, error.problem_mark.column + 1)
    start = here
    if error.context_mark is not None:
        start = Place(error.context_mark.line + 1, error.context_mark.column + 1)
    suspects = _suspects(lines, start.line, here.line)
    for trap in _TRAPS:
        found = list(trap(suspects))
        for place, message, hint in found:
            findings.error(place, message, hint)
        if found:
            return
    _explain_in_general(error, here, start, lines, findings)


_Suspects = list[tuple[int, str]]
_Found = tuple[Place, str, str]


def _suspects(lines: list[str], first: int, last: int) -> _Suspects:
    """The lines between the two marks and the one before, never more than a screenful."""
    first = max(1, min(first, last) - 1, last - 40)
    numbered = list(enumerate(lines, start=1))
    return numbered[first - 1 : last]


def _tabs(suspects: _Suspects) -> Iterable[_Found]:
    for number, line in suspects:
        if match := _TAB_INDENT.match(line):
            place = Place(number, line.index("\t", 0, match.end()) + 1)
            yield place, "This line is indented with a tab", "YAML allows only spaces there; use two spaces per level."


def _channels(suspects: _Suspects) -> Iterable[_Found]:
    for number, line in suspects:
        if line.lstrip().startswith("#"):
            continue
        hidden = _QUOTED_TEXT.sub(lambda match: "x" * len(match.group(0)), line)
        if match := _UNQUOTED_CHANNEL.search(hidden):
            yield Place(number, match.start(1) + 1), _HASH.format(match.group(1)), ""


def _references(suspects: _Suspects) -> Iterable[_Found]:
    for number, line in suspects:
        hidden = _QUOTED_TEXT.sub(lambda match: "x" * len(match.group(0)), line)
        for match in _BRACED_REFERENCE.finditer(hidden):
            name = match.group(1)
            hint = f'Quote it: "{name}"'
            yield Place(number, match.start(1) + 1), "Inside { } or [ ] a ${…} must stand in quotes", hint


def _glued(suspects: _Suspects) -> Iterable[_Found]:
    for number, line in suspects:
        if mended := glued_key(line):
            hint = f"Write {quoted(mended)}."
            yield Place(number, line.index(":") + 1), "There must be a space after the colon", hint


def _second_colons(suspects: _Suspects) -> Iterable[_Found]:
    for number, line in suspects:
        if match := _SECOND_COLON.match(line):
            hint = f"Quote the whole text: {quoted(match.group(1))}"
            yield Place(number, match.start(1) + 1), "There is a second colon in this line", hint


_TRAPS: tuple[Callable[[_Suspects], Iterable[_Found]], ...] = (_tabs, _channels, _references, _glued)


def _explain_in_general(
    error: yaml.MarkedYAMLError, here: Place, start: Place, lines: list[str], findings: Findings
) -> None:
    context, problem = error.context or "", error.problem or "it is not YAML"
    if "mapping values" in problem and (colons := list(_second_colons(_suspects(lines, here.line, here.line)))):
        for place, message, hint in colons[-1:]:
            findings.error(place, message, hint)
    elif "quoted scalar" in context:
        findings.error(start, "The quote that opens here is never closed")
    elif "flow" in context:
        sign = "{" if "mapping" in context else "["
        hint = f"It is missing at the latest in line {here.line}; or a comma between two values is."
        findings.error(start, f"The {sign} that opens here is never closed", hint)
    elif "cannot start any token" in problem:
        sign = lines[here.line - 1][here.column - 1 : here.column] if here.line <= len(lines) else ""
        findings.error(here, f"A value cannot begin with {sign}", "Put the value in quotes.")
    elif "did not find expected" in problem or "indentation" in problem or "not allowed in this context" in problem:
        hint = "Settings of one group begin at the same column; list items begin with a dash and a space."
        findings.error(here, "This line does not line up with the ones above it", hint)
    else:
        findings.error(here, f"YAML cannot read this ({problem})", "Often a quote or a bracket is missing just above.")
