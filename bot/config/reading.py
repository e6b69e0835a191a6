"""Walks the tree of the file: known keys, typed values, names that exist; whatever is wrong becomes a finding."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from bot.config import values
from bot.config.model import Secret
from bot.config.nodes import Entry, Mapping, Node, Scalar, Sequence
from bot.config.not_yet import NOT_YET, Answer, Later, later
from bot.config.problems import Findings, Place, did_you_mean, quoted
from bot.config.references import Expanded, expand, has_reference, is_one_reference, variable_of
from bot.config.slips import meant_key
from bot.config.traps import glued_key, is_swallowed_by_comment, swallowed

Value = TypeVar("Value")

#: Where a person finds the value of a variable that is not set.
_WHERE = {
    "LINKEDIN_CLIENT_ID": "It stands in LinkedIn's developer portal, on the Auth page of your app.",
    "LINKEDIN_CLIENT_SECRET": "It stands in LinkedIn's developer portal, on the Auth page of your app.",
    "SLACK_BOT_TOKEN": "It begins with xoxb- and stands on the page OAuth & Permissions of your Slack app.",
    "SLACK_SIGNING_SECRET": "It stands on the page Basic Information of your Slack app.",
    "SMTP_URL": "A rule sends mail, so a mail server is needed: smtp://user:password@host:587",
}


@dataclass(slots=True)
class Reading:
    """One pass over one file."""

    findings: Findings
    environment: AnyMapping[str, str]
    need_secrets: bool
    lines: list[str]
    missing: set[str] = field(default_factory=set)

    def error(self, node: Node, message: str, hint: str = "") -> None:
        """Note an error at a node."""
        self.findings.error(node.place, message, hint)

    def warn(self, node: Node, message: str, hint: str = "") -> None:
        """Note a warning at a node."""
        self.findings.warn(node.place, message, hint)

    def group(self, node: Node | None, path: str, keys: Collection[str]) -> dict[str, Node]:
        """The values of a group with fixed keys; unknown keys and keys of later versions are errors."""
        found: dict[str, Node] = {}
        for entry in self.entries(node, path):
            key = entry.key.text
            if key in keys:
                found[key] = entry.value
            elif (answer := later(f"{path}.{key}".lstrip("."))) is not None:
                self._answer_later(entry, answer)
            else:
                self._unknown_key(entry, path, keys)
        return found

    def entries(self, node: Node | None, path: str) -> tuple[Entry, ...]:
        """The entries of a group; an empty one is nothing, anything else is an error."""
        if node is None:
            return ()
        if isinstance(node, Mapping):
            return tuple(entry for entry in node.entries if not self._is_cut_by_comma(entry, node))
        if isinstance(node, Scalar) and node.is_nothing:
            self._is_swallowed(node)
            return ()
        mended = glued_key(node.text) if isinstance(node, Scalar) else None
        if mended:
            self.error(node, "There must be a space after the colon", f"Write {quoted(mended)}.")
        else:
            what = path.rpartition(".")[2].replace("*", "an entry") or "the file"
            hint = ""
            if isinstance(node, Sequence) and all(isinstance(item, Mapping) for item in node.items):
                hint = "Remove the dashes: the lines stand one below the other."
            elif isinstance(node, Scalar) and "=" in node.text:
                hint = "A key and its value are joined by a colon, not by =."
            self.error(node, f"{what} must be a group of key: value lines", hint)
        return ()

    def text(self, node: Node | None, what: str = "one value") -> str | None:
        """The text of one value with its references filled in; None when there is none or a variable is not set."""
        if node is None:
            return None
        if not isinstance(node, Scalar):
            self.error(node, f"Here stands a list or a group, but {what} is expected")
            return None
        if node.is_nothing:
            if not self._is_swallowed(node):
                self.error(node, f"There is no value here, but {what} is expected", "Write it, or remove the key.")
            return None
        return self._filled(node)

    def typed(self, node: Node | None, parse: Callable[[str], Value | None], what: str, hint: str = "") -> Value | None:
        """One value of a type. The finding quotes the file, never what a variable holds."""
        text = self.text(node, what)
        if text is None or node is None or not isinstance(node, Scalar):
            return None
        value = parse(text)
        if value is None and not (has_reference(node.text) and not text):
            self.error(node, f"{self.as_written(node)} is not {what}", hint)
        return value

    def scalars(
        self, node: Node | None, what: str = "one value or a list", *, may_be_empty: bool = False
    ) -> tuple[Scalar, ...]:
        """One value or a list of values, each present."""
        if node is None:
            return ()
        if isinstance(node, Scalar):
            return (node,) if self.text(node, what) is not None else ()
        if isinstance(node, Mapping):
            self.error(node, f"Here stands a group, but {what} is expected", "A list is written [one, two].")
            return ()
        if not node.items and not may_be_empty:
            self.error(node, f"The list is empty, but {what} is expected")
        self._warn_of_split_numbers(node)
        return tuple(item for item in node.items if self.text(item) is not None and isinstance(item, Scalar))

    def value_of(self, node: Scalar) -> str:
        """The filled-in text of a value that `scalars` has already looked at."""
        return self._expanded(node).text if has_reference(node.text) else node.text

    def secret(self, node: Node | None, *, name: str, is_required: bool, variable: str) -> Secret:
        """A secret field. Written into the file it is an error that does not repeat it; missing, it is named."""
        if node is None:
            if is_required:
                self.lacks(Place(1, 1), variable, f"Add {name}: ${{{variable}}}.")
            return Secret("")
        if isinstance(node, Scalar) and not node.is_nothing and not is_one_reference(node.text):
            hint = f"Write {name}: ${{{variable}}} and put the value into the environment or into .env."
            self.error(node, f"{name} is a secret and must not stand in the file", hint)
            return Secret("")
        if isinstance(node, Scalar) and node.text == "" and node.is_quoted:
            text: str | None = ""
        else:
            text = self.text(node, f"${{{variable}}}")
        if not text and is_required:
            self.lacks(node.place, (variable_of(node.text) if isinstance(node, Scalar) else "") or variable)
        return Secret(text or "")

    def lacks(self, place: Place, variable: str, hint: str = "") -> None:
        """A variable that `run` needs is not set; each is named once. Nothing when the secrets are not needed."""
        if self.need_secrets and variable not in self.missing:
            self.missing.add(variable)
            self.findings.error(place, f"{variable} is not set", " ".join((hint, _WHERE.get(variable, ""))).strip())

    def one_of(self, node: Scalar, known: Iterable[str], kind: str, where: str) -> str | None:
        """A name that must exist; otherwise an error that proposes the closest one."""
        name, names = self.value_of(node), list(known)
        if name in names:
            return name
        hint = did_you_mean(name, names) or f"Add it under {where}."
        self.error(node, f"There is no {kind} called {self.as_written(node)}", hint)
        return None

    def as_written(self, node: Scalar) -> str:
        """What a finding shows of a value: the file's own text."""
        return quoted(node.text)

    def _expanded(self, node: Scalar) -> Expanded:
        return expand(node.text, self.environment, read_files=self.need_secrets)

    def _filled(self, node: Scalar) -> str | None:
        if not has_reference(node.text):
            return node.text
        expanded = self._expanded(node)
        for fault in expanded.faults:
            self.error(node, fault)
        for variable in expanded.missing:
            self.lacks(node.place, variable)
        return None if expanded.missing or expanded.faults else expanded.text

    def _is_swallowed(self, node: Scalar) -> bool:
        name = is_swallowed_by_comment(self.lines, node.place) if not node.text else None
        if name:
            self.error(node, swallowed(name))
        return name is not None

    def _is_cut_by_comma(self, entry: Entry, group: Mapping) -> bool:
        value = entry.value
        if not (isinstance(value, Scalar) and value.is_nothing and value.text == ""):
            return False
        if mended := glued_key(entry.key.text):
            self.error(entry.key, "There must be a space after the colon", f"Write {quoted(mended)}.")
            return True
        if group.is_braced and "=" in entry.key.text:
            self.error(entry.key, "A key and its value are joined by a colon, not by =", "Write key: value.")
            return True
        if group.is_braced and value.place.line == entry.key.place.line and not self._is_colon_after(entry.key):
            hint = 'Put the whole text in quotes, like name: "Enterprise demo, DACH"; several values go in [ ].'
            self.error(
                entry.key, f"Inside {{ }} a comma ends the value, so {quoted(entry.key.text)} stands alone", hint
            )
            return True
        return False

    def _is_colon_after(self, key: Scalar) -> bool:
        line = self.lines[key.place.line - 1] if key.place.line <= len(self.lines) else ""
        rest = line[key.place.column - 1 + len(key.text) :]
        return rest.lstrip("'\" ").startswith(":")

    def _unknown_key(self, entry: Entry, path: str, keys: Collection[str]) -> None:
        where = f" in {[part for part in path.split('.') if part != '*'][-1]}" if path else ""
        known = [*keys, *(name for name in _later_keys(path))]
        meant = meant_key(entry.key.text, path)
        hint = f'Did you mean "{meant}"?' if meant else did_you_mean(entry.key.text, known)
        self.error(entry.key, f"{quoted(entry.key.text)} is not a key{where}", hint)

    def _answer_later(self, entry: Entry, answer: Later) -> None:
        value = entry.value
        text = expand(value.text, self.environment, read_files=False).text if isinstance(value, Scalar) else None
        is_set = text is None or (text != "" and not (isinstance(value, Scalar) and value.is_nothing))
        if answer.harmless and text == answer.harmless:
            return
        if answer.answer is Answer.REFUSED or is_set:
            self.error(entry.key, f"{entry.key.text} comes with a later version", f"{answer.why}.")

    def _warn_of_split_numbers(self, node: Sequence) -> None:
        for before, after in zip(node.items, node.items[1:], strict=False):
            if not (isinstance(before, Scalar) and isinstance(after, Scalar)) or after.is_quoted or before.is_quoted:
                continue
            is_glued = after.place == Place(before.place.line, before.place.column + len(before.text) + 1)
            if is_glued and re.fullmatch(r"\d{3}\+?", after.text) and before.text[-1:].isdigit():
                number = f"{before.text},{after.text}"
                self.warn(before, f"The comma makes two values of {quoted(number)}", f"Quote it: {quoted(number)}")


def _later_keys(path: str) -> Iterable[str]:
    prefix = f"{path}." if path else ""
    return (
        key.removeprefix(prefix) for key in NOT_YET if key.startswith(prefix) and "." not in key.removeprefix(prefix)
    )


def read_switch(reading: Reading, node: Node | None, *, default: bool) -> bool:
    """A yes or no."""
    value = reading.typed(node, values.switch, "yes or no")
    return default if value is None else value


def read_duration(reading: Reading, node: Node | None, *, example: str = "5 min") -> timedelta | None:
    """A time with its unit; a number alone, or a unit written otherwise, is answered with how it is meant."""
    meant = values.mended_duration(node.text) if isinstance(node, Scalar) else ""
    hint = f"Write {meant}." if meant else ""
    return reading.typed(node, values.duration, f"a time with its unit (s, min, h, days), such as {example}", hint)


def read_choice(reading: Reading, node: Node | None, key: str, choices: AnyMapping[str, Value]) -> Value | None:
    """One of the phrases that a key may have; case and further spaces do not matter."""
    text = reading.text(node, " or ".join(choices))
    if text is None or node is None or not isinstance(node, Scalar):
        return None
    phrase = values.words(text)
    if phrase not in choices:
        hint = did_you_mean(phrase, choices) if len(choices) > 1 else f"Write {next(iter(choices))}."
        reading.error(node, f"{key} cannot be {reading.as_written(node)}", hint)
        return None
    return choices[phrase]


def read_name(
    reading: Reading, node: Node | None, known: Iterable[str], kind: str, where: str, *, what: str = ""
) -> str | None:
    """One name that must exist; None when there is no key, or nothing of that name."""
    if reading.text(node, what or f"a name of {where}:") is None or not isinstance(node, Scalar):
        return None
    return reading.one_of(node, known, kind, where)
