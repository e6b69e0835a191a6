"""One small function per word of the rule language; what is wanted, what was found, whether it fits and why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One wanted value: a word of the language and its operands ("contains", ("head",))."""

    word: str
    operands: tuple[str, ...]
    text: str  #: as the manager wrote it


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One line of `when`: a fact, and the list of what is wanted (any one is enough). `negated` turns the list round."""

    fact: str
    wanted: tuple[Wanted, ...]
    line: int
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why one condition fits or does not, in words that a manager reads."""

    fact: str
    wanted: str
    found: str  #: "" = unanswered
    fits: bool
    why: str
