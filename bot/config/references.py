"""`${NAME}`, `${NAME:-default}` and `${file:/path}` inside a value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

_REFERENCE = re.compile(r"\$\{([^}]*)\}")
_NAME = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.DOTALL)
_ONE = re.compile(r"\$\{(?:([A-Za-z_][A-Za-z0-9_]*)(?::-)?|file:/[^}]+)\}")
_MOST_FILE_BYTES = 64 * 1024
_SHORTEST_VALUE = 8  # a shorter one is no secret, and words have it by accident


@dataclass(frozen=True, slots=True)
class Expanded:
    """A value with its references filled in. `missing` names variables that are not set, `faults` are sentences."""

    text: str
    missing: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


def expand(text: str, environment: Mapping[str, str], *, read_files: bool) -> Expanded:
    """Fill in every reference. A variable that is set but empty counts as not set, like in a shell's `:-`.

    With `read_files` off a file reference is empty. Reads files of at most 64 KiB; raises nothing.
    """
    missing: list[str] = []
    faults: list[str] = []

    def fill(match: re.Match[str]) -> str:
        inner = match.group(1)
        if inner.startswith("file:"):
            return _file(inner.removeprefix("file:"), faults) if read_files else ""
        named = _NAME.fullmatch(inner)
        if named is None or "${" in inner:
            faults.append("A reference is written ${NAME}, ${NAME:-default} or ${file:/path}, and not inside another")
            return ""
        value = environment.get(named.group(1), "") or named.group(2)
        if value is None:
            missing.append(named.group(1))
        return value or ""

    filled = _REFERENCE.sub(fill, text)
    if "${" in _REFERENCE.sub("", text):
        faults.append("A ${ is never closed with }")
    return Expanded(filled, tuple(missing), tuple(faults))


def unfilled(lines: Iterable[str], text: str, environment: Mapping[str, str], *, read_files: bool) -> list[str]:
    """The lines with the references of the file `text` in place of what they stand for.

    Words about the file are stored and read by many; they must not tell what a variable holds.
    """
    references = [match for match in _REFERENCE.finditer(text) if environment.get(match[1].partition(":-")[0])]
    references += [match for match in _REFERENCE.finditer(text) if match[1].startswith("file:")]
    held = {expand(match[0], environment, read_files=read_files).text: match[0] for match in references}
    longest_first = sorted((value for value in held if len(value) >= _SHORTEST_VALUE), key=len, reverse=True)
    if not longest_first:
        return list(lines)
    any_of_them = re.compile("|".join(map(re.escape, longest_first)))
    return [any_of_them.sub(lambda found: held[found[0]], line) for line in lines]


def is_one_reference(text: str) -> bool:
    """Whether the text is exactly one reference without a default of its own: the only way to write a secret."""
    return _ONE.fullmatch(text.strip()) is not None


def variable_of(text: str) -> str:
    """The variable that the text refers to first, or ""."""
    match = re.search(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-|\})", text)
    return match.group(1) if match else ""


def has_reference(text: str) -> bool:
    """Whether anything is to be filled in."""
    return "${" in text


def _file(path: str, faults: list[str]) -> str:
    try:
        with Path(path).open("rb") as file:
            content = file.read(_MOST_FILE_BYTES + 1)
        if len(content) > _MOST_FILE_BYTES:
            faults.append("The file of this ${file:…} is larger than 64 KiB")
            return ""
        return content.decode("utf-8").strip()
    except (OSError, ValueError):
        faults.append("The file of this ${file:…} cannot be read")
        return ""
