"""The traps of YAML that people fall into, as they look in a line or in a single text, each with its own words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator

from bot.config.problems import Place, quoted

_TAB_INDENT = re.compile(r"^ *\t[ \t]*(?=[^\s#])")
_UNQUOTED_CHANNEL = re.compile(r"(?:^|[\[{,:\s-])(#[^\s#,\]}'\"]+)")
#: A quote behind a backslash begins nothing: else each of them would be tried to the end of the line.
_QUOTED_TEXT = re.compile(r"'[^']*'|(?<!\\)\"(?:[^\"\\]++|\\.)*+\"")
_START = r"^\s*(?:- +)*"
_GLUED_KEY = re.compile(_START + r"([A-Za-z_][\w.-]*)(?::(?![ \t\r\n/]|$)|：)\s*(\S.*)")
_BRACED_REFERENCE = re.compile(r"[{\[,]\s*(?:[\w.-]+:\s*)?(\$\{[^}]*\}?)")
_EQUALS = re.compile(_START + r"([A-Za-z_][\w.-]*)\s*=\s*(\S.*)")
_MERGE_LEFT = re.compile(r"^(?:<{7}|={7}|>{7}|\|{7})(?: |$)")
_OTHER_COMMENT = re.compile(r"^\s*(//|/\*|;|--(?!-)|<!--)")
_GLUED_DASH = re.compile(r"""^\s*(-(?:[^\W\d]|["'\[{#@]).*)""")
_BULLET = re.compile(r"^\s*([*•·‣–—])\s+\S")
_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_HASH = "YAML reads nothing after an unquoted #. Quote it: {}"

#: Soft hyphen, zero-width signs and marks of direction. Joiners are not among them: emoji and Persian need them.
_INVISIBLE = re.compile("[\xad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\uffa0]")
_MARKS_OF_DIRECTION = "\u061c\u200e\u200f"
_OPENING_QUOTES, _CLOSING_QUOTES = "“„”«‘‚’‹", "”“»’‘›"

#: Where in a text something is wrong, what, and what to do.
Oddity = tuple[int, str, str]
Suspects = list[tuple[int, str]]
Found = tuple[Place, str, str]


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
    return _HASH.format(quoted(name))


def glued_key(text: str) -> str | None:
    """The text with the missing space after its colon ("post:nobody" -> "post: nobody"), if that is what it lacks.

    A non-breaking space and the wide colon of other keyboards count as missing ones.
    """
    match = _GLUED_KEY.match(text)
    return f"{match.group(1)}: {match.group(2)}" if match else None


# ── one text ──


def oddity(text: str, *, is_plain: bool) -> Oddity | None:
    """The first thing in a value or key that its author cannot see or cannot have meant. `is_plain`: without quotes."""
    if text.isascii():
        return None
    return _invisible(text) or (_odd_space(text) or _typographic_quotes(text) if is_plain else None)


def _invisible(text: str) -> Oddity | None:
    is_right_to_left = any(unicodedata.bidirectional(sign) in {"R", "AL"} for sign in text if sign.isalpha())
    for match in _INVISIBLE.finditer(text):
        if not (is_right_to_left and match.group(0) in _MARKS_OF_DIRECTION):
            what = f"There is an invisible character in this text ({_named(match.group(0))})"
            return match.start(), what, "Delete it, or type the text again."
    return None


def _odd_space(text: str) -> Oddity | None:
    """A space at an end of the text that is none to YAML, for that strips the ordinary ones."""
    if text == text.strip():
        return None
    at = 0 if text[0].isspace() else len(text.rstrip())
    what = f"There is a space here that YAML takes for a letter ({_named(text[at])})"
    return at, what, "Put an ordinary space in its place."


def _typographic_quotes(text: str) -> Oddity | None:
    bare, is_closed = text.strip(), text.strip()[-1] in _CLOSING_QUOTES
    is_cut = not is_closed and not any(sign in _CLOSING_QUOTES for sign in bare[1:])
    if bare[0] not in _OPENING_QUOTES or not (is_closed or is_cut) or len(bare) < 2:
        return None
    what = f"These are typographic quotes ({bare[0]}), which YAML takes for letters of the text"
    hint = f'Use straight ones: "{bare[1:-1]}"' if is_closed else 'Use straight ones: "like this"'
    return 0, what, hint


def _named(sign: str) -> str:
    return f"U+{ord(sign):04X}, {unicodedata.name(sign, 'nameless').lower()}"


def odd_item(line: str) -> tuple[str, str] | None:
    """What is wrong with a line that was meant as an item of a list and is none."""
    if match := _GLUED_DASH.match(line):
        return "There must be a space after the dash", f"Write {quoted(f'- {match.group(1)[1:]}')}."
    if match := _BULLET.match(line):
        what = f"A list item begins with an ordinary dash, not with {match.group(1)}"
        return what, 'Write "- " in front of it; a text that begins like this needs quotes.'
    return None


# ── lines near the place where the parser gave up ──


def trapped(suspects: Suspects) -> list[Found]:
    """The likeliest trap in these lines, wherever it stands in them; [] when there is none."""
    return next(filter(None, (list(trap(suspects)) for trap in _TRAPS)), [])


def _tabs(suspects: Suspects) -> Iterator[Found]:
    for number, line in suspects:
        if match := _TAB_INDENT.match(line):
            place = Place(number, line.index("\t", 0, match.end()) + 1)
            yield place, "This line is indented with a tab", "YAML allows only spaces there; use two spaces per level."


def _left_by_a_merge(suspects: Suspects) -> Iterator[Found]:
    for number, line in suspects:
        if _MERGE_LEFT.match(line):
            hint = "Keep one of the two versions, and remove the lines with <<<<<<<, ======= and >>>>>>>."
            yield Place(number, 1), "This line was left by a merge of two versions of the file", hint
            return


def _channels(suspects: Suspects) -> Iterator[Found]:
    for number, line in suspects:
        if line.lstrip().startswith("#"):
            continue
        hidden = without_quoted(line)
        if match := _UNQUOTED_CHANNEL.search(hidden):
            yield Place(number, match.start(1) + 1), swallowed(match.group(1)), ""


def _references(suspects: Suspects) -> Iterator[Found]:
    for number, line in suspects:
        for match in _BRACED_REFERENCE.finditer(without_quoted(line)):
            hint = f"Quote it: {quoted(match.group(1))}"
            yield Place(number, match.start(1) + 1), "Inside { } or [ ] a ${…} must stand in quotes", hint


def _glued(suspects: Suspects) -> Iterator[Found]:
    for number, line in suspects:
        if mended := glued_key(line):
            hint = f"Write {quoted(mended)}."
            column = re.search("[:：]", line)
            yield Place(number, column.start() + 1 if column else 1), "There must be a space after the colon", hint


def _comments(suspects: Suspects) -> Iterator[Found]:
    for number, line in suspects:
        if match := _OTHER_COMMENT.match(line):
            yield (
                Place(number, match.start(1) + 1),
                f"A comment begins with #, not with {match.group(1)}",
                "Put # in front.",
            )


def _equals(suspects: Suspects) -> Iterator[Found]:
    for number, line in suspects:
        if match := _EQUALS.match(line):
            hint = f"Write {quoted(f'{match.group(1)}: {match.group(2)}')}."
            yield Place(number, match.start(1) + 1), "A key and its value are joined by a colon, not by =", hint


def _items(suspects: Suspects) -> Iterator[Found]:
    for number, line in suspects:
        if found := odd_item(line):
            yield Place(number, len(line) - len(line.lstrip()) + 1), *found


_TRAPS: tuple[Callable[[Suspects], Iterable[Found]], ...] = (
    *(_tabs, _left_by_a_merge, _channels, _references, _glued),
    *(_comments, _equals, _items),
)


def without_quoted(line: str) -> str:
    """The line with every quoted text replaced by as many letters, so that what stands outside can be looked for."""
    return _QUOTED_TEXT.sub(lambda match: "x" * len(match.group(0)), line)
