"""Whether an earlier rule takes every lead of a later one. Says yes only when that is certain. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.conditions import Condition, Wanted
from bot.core.facts import fact_key, fold
from bot.core.routing import Rule


@dataclass(frozen=True, slots=True)
class _Line:
    """One condition, ready to be compared many times."""

    fact: str
    negated: bool
    wanted: frozenset[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Outline:
    """The conditions of one rule, ready to be compared with those of all others."""

    lines: tuple[_Line, ...]
    match_any: bool


def outline(rule: Rule) -> Outline:
    """What of a rule decides which leads it takes."""
    return Outline(tuple(_line(condition) for condition in rule.conditions), rule.match_any)


def covers(earlier: Outline, later: Outline) -> bool:
    """True when every lead that fits `later` surely fits `earlier`. A rule without conditions covers nothing here."""
    if not earlier.lines or not later.lines:
        return False
    if later.match_any:
        return all(_implies((line,), earlier) for line in later.lines)
    return _implies(later.lines, earlier)


def _implies(given: tuple[_Line, ...], rule: Outline) -> bool:
    """Whether leads that fit all of `given` fit the rule."""
    hits = (any(_is_narrower(line, wanted) for line in given) for wanted in rule.lines)
    return any(hits) if rule.match_any else all(hits)


def _is_narrower(narrow: _Line, wide: _Line) -> bool:
    if narrow.fact != wide.fact or narrow.negated != wide.negated:
        return False
    return wide.wanted <= narrow.wanted if narrow.negated else narrow.wanted <= wide.wanted


def _line(condition: Condition) -> _Line:
    return _Line(fact_key(condition.fact), condition.negated, frozenset(_key(wanted) for wanted in condition.wanted))


def _key(wanted: Wanted) -> tuple[str, ...]:
    return (wanted.word, *(fold(operand) for operand in wanted.operands))
