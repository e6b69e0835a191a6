"""The text of the file as a small tree in which everything is text and knows its line and column.

Nothing is typed here: `NO`, `09:00` and `010` stay what was written. Limits stand before the work they bound, so a
file made to exhaust memory is refused after a few thousand steps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn, Protocol

import yaml

from bot.config.complaints import explain_syntax_error
from bot.config.problems import Findings, Place, quoted
from bot.config.traps import lines_of, odd_item, oddity

MOST_BYTES = 1024 * 1024
DEEPEST = 50
MOST_NODES = 50_000  #: every alias counted with everything it stands for


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """One value as it was written, without its quotes. `is_quoted` texts are never empty by accident."""

    place: Place
    text: str
    is_quoted: bool = False

    @property
    def is_nothing(self) -> bool:
        """Whether YAML found no value here: nothing at all, `~` or `null`."""
        return not self.is_quoted and self.text in {"", "~", "null", "Null", "NULL"}


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One `key: value` of a mapping."""

    key: Scalar
    value: Node


@dataclass(frozen=True, slots=True, eq=False)
class Mapping:
    """`key: value` pairs, in the order of the file, every key once."""

    place: Place
    entries: tuple[Entry, ...]
    is_braced: bool = False  #: written as {…}

    def get(self, key: str) -> Node | None:
        """The value of `key`, if it is there."""
        return next((entry.value for entry in self.entries if entry.key.text == key), None)


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """A list."""

    place: Place
    items: tuple[Node, ...]


Node = Scalar | Mapping | Sequence


class _Mark(Protocol):
    line: int
    column: int


class _Refused(Exception):
    """The tree cannot be built any further."""


@dataclass(slots=True)
class _Open:
    """A list or mapping that is being read."""

    place: Place
    is_mapping: bool
    is_flow: bool
    anchor: str | None
    children: list[Node] = field(default_factory=list)
    size: int = 1


def read_tree(text: str, findings: Findings) -> Mapping | None:
    """The file's tree, or None with the reason among the findings. Takes well under a second whatever the text is."""
    if not _is_readable(text, findings):
        return None
    try:
        return _Builder(text, findings).build()
    except _Refused:
        return None
    except yaml.YAMLError as error:
        explain_syntax_error(text, error, findings)
        return None


_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_LINE_BREAKS = "\x85\u2028\u2029"  #: to YAML; an editor shows none, so that a comment may end where nobody sees it
_MARKUP = re.compile(r"\s*<(?:!|\?|/?[A-Za-z])")


def _is_readable(text: str, findings: Findings) -> bool:
    if len(text.encode("utf-8", "replace")) > MOST_BYTES:
        findings.error(Place(1, 1), "The file is larger than 1 MiB", "A rule file of thousands of rules is smaller.")
        return False
    if _MARKUP.match(text):
        hint = "Fetch the file itself, not the page that shows it."
        findings.error(Place(1, 1), "This is a web page or XML, not a rule file", hint)
        return False
    if match := _NO_TEXT.search(text):
        above = lines_of(text[: match.start()])
        findings.error(Place(len(above), len(above[-1]) + 1), *_what_is_no_text(match.group(0)))
        return False
    return True


def _what_is_no_text(sign: str) -> tuple[str, str]:
    number = f"U+{ord(sign):04X}"
    if sign in _LINE_BREAKS:
        return f"There is a line break here that editors do not show ({number})", "Delete it, or press Enter instead."
    hint = (
        "Save the file as UTF-8 text."
        if sign in "\x00\ufffe\uffff"
        else "Delete it. Are there many of them, this is no text file."
    )
    return f"There is a character here that is no text ({number})", hint


class _Builder:
    """Builds the tree from the parser's events, so that every limit is met before memory is used."""

    def __init__(self, text: str, findings: Findings) -> None:
        self._text = text
        self._findings = findings
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int] | None] = {}
        self._lines: list[str] = []
        self._nodes = 0
        self._is_odd = False  # somewhere stands what nobody can have meant: what follows from it would only confuse
        self._root: Node | None = None

    def build(self) -> Mapping | None:
        """Run through the events once."""
        documents = 0
        for event in self._events():
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._refuse(event.start_mark, "A second document starts here", "Remove the line with ---.")
            self._take(event)
        return None if self._is_odd else self._checked_root()

    def _events(self) -> Iterator[yaml.Event]:
        events: Iterator[yaml.Event] = yaml.parse(self._text, Loader=yaml.CSafeLoader)
        return events

    def _checked_root(self) -> Mapping | None:
        if isinstance(self._root, Mapping):
            return self._root
        place = self._root.place if self._root else Place(1, 1)
        if self._root is None or (isinstance(self._root, Scalar) and self._root.is_nothing):
            self._findings.error(place, "The file is empty", "The shipped config.yaml is a good start.")
        else:
            hint = "Every line starts with a key, a colon and a space, like timezone: Europe/Berlin."
            self._findings.error(place, "This is not a list of settings", hint)
        return None

    def _take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._refuse_tag(event)
            self._refuse_oddities(event)
            text = event.value.rstrip("\n") if event.style in {"|", ">"} else event.value
            scalar = Scalar(_place(event.start_mark), text, is_quoted=bool(event.style))
            self._finish(scalar, 1, event.anchor)
        elif isinstance(event, yaml.AliasEvent):
            self._take_alias(event)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._start(event)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._end()

    def _start(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        self._refuse_tag(event)
        if len(self._open) >= DEEPEST:
            hint = "A rule file needs six; a bracket or many spaces are too much."
            self._refuse(event.start_mark, f"This is nested more than {DEEPEST} levels deep", hint)
        if event.anchor:
            self._anchors[event.anchor] = None
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        self._open.append(_Open(_place(event.start_mark), is_mapping, bool(event.flow_style), event.anchor))

    def _end(self) -> None:
        done = self._open.pop()
        node: Node = self._mapping(done) if done.is_mapping else Sequence(done.place, tuple(done.children))
        self._finish(node, done.size, done.anchor)

    def _finish(self, node: Node, size: int, anchor: str | None) -> None:
        if anchor:
            self._anchors[anchor] = (node, size)
        self._nodes += 1
        if self._open:
            self._open[-1].children.append(node)
            self._open[-1].size += size
            size = self._open[-1].size
        else:
            self._root = node
        if max(size, self._nodes) > MOST_NODES:
            what = f"The file holds more than {MOST_NODES:,} values, aliases included"
            self._findings.error(node.place, what, "A rule file of thousands of rules holds fewer.")
            raise _Refused

    def _take_alias(self, event: yaml.AliasEvent) -> None:
        name = event.anchor or ""
        shown = name[:40]
        if name not in self._anchors:
            hint = f'A text that begins with * needs quotes: "*{shown}". Otherwise name a value with &{shown} first.'
            self._refuse(event.start_mark, f"*{shown} stands for a value that the file does not have", hint)
        known = self._anchors[name]
        if known is None:
            what = f"*{shown} stands for something that contains itself"
            self._refuse(event.start_mark, what, f"Remove *{shown} here.")
        self._finish(known[0], known[1], None)

    def _mapping(self, done: _Open) -> Mapping:
        own: dict[str, Entry] = {}
        merged: list[Entry] = []
        for key, value in zip(done.children[::2], done.children[1::2], strict=True):
            if not isinstance(key, Scalar):
                self._findings.error(key.place, "A key must be one word, not a list or a group", _BRACES)
            elif key.text == "<<" and not key.is_quoted:
                merged += self._merged(value)
            elif key.text in own:
                first = own[key.text].key.place.line
                or_else = ', or begin the next one with "- name:"' if key.text == "name" else ""
                hint = f"It already stands in line {first}; keep one of the two{or_else}."
                self._findings.error(key.place, f"{quoted(key.text)} is given twice", hint)
            else:
                own[key.text] = Entry(key, value)
        for entry in merged:
            own.setdefault(entry.key.text, entry)
        return Mapping(done.place, tuple(own.values()), is_braced=done.is_flow)

    def _merged(self, value: Node) -> list[Entry]:
        parts = value.items if isinstance(value, Sequence) else (value,)
        if not all(isinstance(part, Mapping) for part in parts):
            self._findings.error(value.place, "<< can only take over a group of settings", "Write <<: *name.")
        return [entry for part in parts if isinstance(part, Mapping) for entry in part.entries]

    def _refuse_tag(self, event: yaml.ScalarEvent | yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        if event.tag is not None and event.tag != "!":
            hint = "For everything but DE write not DE; a text that begins with ! goes in quotes."
            self._odd(_place(event.start_mark), "A word with ! in front means something else in YAML", hint)

    def _refuse_oddities(self, event: yaml.ScalarEvent) -> None:
        """What the eye takes for something else than YAML does."""
        start, end, is_plain = event.start_mark, event.end_mark, not event.style
        if start is None or end is None:
            return
        if event.anchor and is_plain and not event.value:
            what = "A word with & in front means something else in YAML"
            self._odd(_place(start), what, f'A text that begins with & goes in quotes: "&{event.anchor[:40]}".')
        elif is_plain and event.value[:1] in _ITEM_SIGNS and self._begins_its_line(start):
            if found := odd_item(self._lines[start.line]):
                self._odd(_place(start), *found)
        elif found_at := oddity(event.value, is_plain=is_plain):
            offset, what, hint = found_at
            is_as_written = self._text.startswith(event.value, start.index)
            at = start.index + offset if is_as_written else self._text.find(event.value[offset], start.index, end.index)
            if at >= 0:  # otherwise it is written as an escape, so on purpose
                above = lines_of(self._text[:at])
                self._odd(Place(len(above), len(above[-1]) + 1), what, hint)

    def _begins_its_line(self, mark: _Mark) -> bool:
        self._lines = self._lines or lines_of(self._text)
        is_in_brackets = bool(self._open) and self._open[-1].is_flow
        return not is_in_brackets and not self._lines[mark.line][: mark.column].strip()

    def _odd(self, place: Place, message: str, hint: str) -> None:
        self._findings.error(place, message, hint)
        self._is_odd = True

    def _refuse(self, mark: _Mark | None, message: str, hint: str = "") -> NoReturn:
        self._findings.error(_place(mark), message, hint)
        raise _Refused


_ITEM_SIGNS = tuple("-*•·‣–—")
_BRACES = "If you meant ${NAME}, put it in quotes."


def _place(mark: _Mark | None) -> Place:
    return Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
