"""What is wrong with a rule file, as sentences with a place; collected, so that a person sees all of it at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from enum import StrEnum
from heapq import nlargest
from itertools import islice
from operator import eq

#: Errors; then reading ends: nobody mends more in one go, and a file of rubbish must not keep the program busy.
#: Of warnings no more are kept: a file that can be used is never refused for their number.
_MOST_PROBLEMS = 200

#: For "did you mean": letters of a word, known words that are looked at, and those that are compared with care.
_LONGEST, _MOST_KNOWN, _MOST_COMPARED = 80, 500, 40


class Severity(StrEnum):
    """An error keeps the file from being used; a warning is worth reading."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Place:
    """A position in the file, both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong. Texts never hold the value of a variable, only what stands in the file."""

    file: str
    line: int
    column: int
    severity: Severity
    message: str
    hint: str = ""

    def __str__(self) -> str:
        """`FILE:LINE:COL: message. hint`."""
        ending = "" if self.message.endswith((".", "?", "!")) else "."
        warning = "warning: " if self.severity is Severity.WARNING else ""
        return f"{self.file}:{self.line}:{self.column}: {warning}{self.message}{ending} {self.hint}".rstrip()


class TooManyProblems(Exception):
    """The file has so many problems that reading on helps nobody."""


@dataclass(slots=True)
class Findings:
    """Collects problems while a file is read."""

    file: str
    problems: dict[Problem, None] = field(default_factory=dict)
    _warnings: int = 0

    def error(self, place: Place, message: str, hint: str = "") -> None:
        """Note an error; the same sentence at the same place is kept once."""
        self._add(place, Severity.ERROR, message, hint)

    def warn(self, place: Place, message: str, hint: str = "") -> None:
        """Note a warning."""
        self._add(place, Severity.WARNING, message, hint)

    def take(self, problems: Iterable[Problem]) -> None:
        """Add problems that were found elsewhere, under this file's name."""
        for problem in problems:
            self._keep(replace(problem, file=self.file))

    @property
    def has_errors(self) -> bool:
        """Whether the file cannot be used."""
        return any(problem.severity is Severity.ERROR for problem in self.problems)

    def sorted(self) -> tuple[Problem, ...]:
        """All problems from the top of the file to its end."""
        return tuple(sorted(self.problems, key=lambda problem: (problem.line, problem.column)))

    def _add(self, place: Place, severity: Severity, message: str, hint: str) -> None:
        problem = Problem(
            file=self.file,
            line=place.line,
            column=place.column,
            severity=severity,
            message=_on_one_line(message),
            hint=_on_one_line(hint),
        )
        self._keep(problem)

    def _keep(self, problem: Problem) -> None:
        is_warning = problem.severity is Severity.WARNING
        if is_warning and self._warnings >= _MOST_PROBLEMS:
            return
        self._warnings += is_warning and problem not in self.problems
        self.problems[problem] = None
        if len(self.problems) - self._warnings >= _MOST_PROBLEMS:
            raise TooManyProblems


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint that names the closest known word, else all of them when they are few, else ""."""
    choices = sorted(set(known))
    if meant := _closest(word, choices, cutoff=0.6):
        return f'Did you mean "{meant}"?'
    return f"Known here: {', '.join(choices)}." if 0 < len(choices) <= 12 else ""


def is_close(word: str, known: Iterable[str]) -> bool:
    """Whether the word looks like a slip of the pen for a known one."""
    return bool(_closest(word, known, cutoff=0.8))


def _closest(word: str, known: Iterable[str], *, cutoff: float) -> str:
    """The known word that resembles this one most; "" when none does, or it stands far down a very long list.

    Comparing takes 30 µs for each that is nearly alike, so only those are compared that agree in most places, counted
    from either end: a letter too many or too few shifts the others only on one side of it.
    """
    word = word.lower()[:_LONGEST]
    backwards = word[::-1]

    def agreement(name: str) -> int:
        agreeing: int = sum(map(eq, word, name)) + sum(map(eq, backwards, reversed(name)))
        return agreeing

    names = {name.lower(): name for name in islice(known, _MOST_KNOWN)}
    likely = nlargest(_MOST_COMPARED, names, key=agreement) if len(names) > _MOST_COMPARED else names
    close = get_close_matches(word, likely, n=1, cutoff=cutoff)
    return names[close[0]] if close else ""


def quoted(text: str) -> str:
    """A piece of the file as a message shows it: on one line, cut when long."""
    line = _on_one_line(text)
    return f'"{line[:79]}…"' if len(line) > 80 else f'"{line}"'


def _on_one_line(text: str) -> str:
    """Without line breaks and without characters that would act on a terminal: "\\e" is legal in a quoted YAML text."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
