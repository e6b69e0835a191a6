"""Which leads one condition surely includes of another's. Pure; says yes only when that is certain.

A question counts as answered once, as on nearly all forms: whoever answers "DE" to one and "US" to another question of
the same name is the exception for which this is good for a warning and never for an error.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable
from dataclasses import dataclass

from bot.core.conditions import Comparison, Condition, Manner, NumberRange, TextComparison, comparisons_of
from bot.core.facts import ALIASED, Vocabulary, fact_key, facts_from_flat, fold
from bot.core.numbers import count

PRESENT = TextComparison(Manner.PRESENCE, operator.eq, "is present")
EMPTY = TextComparison(Manner.PRESENCE, operator.eq, "is empty")


@dataclass(frozen=True, slots=True)
class Piece:
    """One wanted value: its test, and texts that the fact surely has when it fits (the names of one form, say)."""

    test: Comparison
    texts: tuple[str, ...] = ()

    @property
    def is_one_thing(self) -> bool:
        """Whether it is a plain value, so that equal pieces are found by looking them up."""
        return isinstance(self.test, TextComparison) and self.test.compare is operator.eq


@dataclass(frozen=True, slots=True)
class Line:
    """One condition: any of the pieces; turned round when negated. "is empty" is kept as not "is present"."""

    fact: str
    negated: bool
    pieces: tuple[Piece, ...]
    condition: Condition


class Aliases:
    """The names that one form or campaign goes by, as the file knows them."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._names: dict[tuple[str, str], tuple[str, ...]] = {}
        for number, nickname in vocabulary.forms.items():
            self._add("form", number, Vocabulary(forms={number: nickname}))
        for number, nickname in vocabulary.campaigns.items():
            self._add("campaign", number, Vocabulary(campaigns={number: nickname}))

    def _add(self, fact: str, number: str, alone: Vocabulary) -> None:
        names = tuple(sorted(fold(name) for name in facts_from_flat({fact: number}, alone)[fact]))
        self._names |= {(fact, name): names for name in names}

    def of(self, fact: str, text: str) -> tuple[str, ...]:
        """Every name of what `text` names, always in the same order; `text` alone when the file does not know it."""
        return self._names.get((fact, text), (text,))


def line_of(condition: Condition, aliases: Aliases) -> Line:
    """The condition, ready to be compared many times."""
    fact = fact_key(condition.fact)
    tests = [test for wanted in condition.wanted for test in comparisons_of(wanted, condition.fact)]
    if tests == [EMPTY]:
        return Line(fact, not condition.negated, (Piece(PRESENT),), condition)
    return Line(fact, condition.negated, tuple(_piece(fact, test, aliases) for test in tests), condition)


def _piece(fact: str, test: Comparison, aliases: Aliases) -> Piece:
    if not isinstance(test, TextComparison) or test.manner is not Manner.TEXT or test.compare is not operator.eq:
        return Piece(test)
    names = aliases.of(fact, test.operand)
    return Piece(TextComparison(Manner.TEXT, operator.eq, names[0]), names)  # one and the same, however it is named


def includes(wide: Line, narrow: Line) -> bool:
    """Whether every lead that fits `narrow` fits `wide`."""
    if wide.fact != narrow.fact:
        return False
    if wide.negated and narrow.negated:
        return all(any(holds(mine, other) for mine in narrow.pieces) for other in wide.pieces)
    return not narrow.negated and all(includes_piece(wide, piece) for piece in narrow.pieces)


def includes_piece(wide: Line, piece: Piece) -> bool:
    """Whether every lead that fits the piece fits the line on the same fact."""
    if wide.negated:
        return all(_excludes(other, piece, is_aliased=wide.fact in ALIASED) for other in wide.pieces)
    return any(holds(other, piece) for other in wide.pieces)


def holds(wide: Piece, narrow: Piece) -> bool:
    """Whether an answer that fits `narrow` fits `wide`."""
    if wide.test == narrow.test:
        return True
    if wide.test == PRESENT:
        return narrow.test != EMPTY
    if isinstance(wide.test, NumberRange):
        return _counts_within(wide.test, narrow)
    if wide.test.manner is not Manner.TEXT or not isinstance(narrow.test, TextComparison):
        return False
    if narrow.texts:
        return any(wide.test.compare(text, wide.test.operand) for text in narrow.texts)
    return narrow.test.manner is Manner.TEXT and _is_part(wide.test, narrow.test)


def _is_part(wide: TextComparison, narrow: TextComparison) -> bool:
    """Of "contains", "starts with" and "ends with": whatever contains "head of" contains "head"."""
    if wide.compare in {narrow.compare, operator.contains}:
        return wide.compare(narrow.operand, wide.operand)
    return False


def _counts_within(wide: NumberRange, narrow: Piece) -> bool:
    if isinstance(narrow.test, NumberRange):
        return wide.low <= narrow.test.low and narrow.test.high <= wide.high
    counted = [found.value for text in narrow.texts if (found := count(text)) is not None]
    return any(wide.low <= value <= wide.high for value in counted)


def _excludes(one: Piece, other: Piece, *, is_aliased: bool) -> bool:
    """Whether no answer fits both."""
    if one.test in {EMPTY, PRESENT} or other.test in {EMPTY, PRESENT}:
        return one.test != other.test and EMPTY in {one.test, other.test}
    if isinstance(one.test, NumberRange) and isinstance(other.test, NumberRange):
        return one.test.high < other.test.low or other.test.high < one.test.low
    if not isinstance(other.test, TextComparison) or not other.is_one_thing:
        return False
    if is_aliased:  # a title of LinkedIn's may belong to any form; two that the file names are two
        return len(one.texts) > 1 and len(other.texts) > 1 and one.test != other.test
    is_alike = isinstance(one.test, NumberRange) or one.test.manner is other.test.manner
    return is_alike and other.test.manner is not Manner.OPEN_HOURS and not _fits(one.test, other)


def _fits(test: Comparison, thing: Piece) -> bool:
    if isinstance(test, TextComparison) and isinstance(thing.test, TextComparison):
        return test.compare(thing.test.operand, test.operand)
    return isinstance(test, NumberRange) and _counts_within(test, thing)


def joined(pieces: Iterable[Piece], wanted: Piece) -> tuple[Piece, ...]:
    """Pieces whose numbers together leave no gap in those of `wanted`, and no more than it takes; else ()."""
    if not isinstance(wanted.test, NumberRange):
        return ()
    spans = [(piece.test, piece) for piece in pieces if isinstance(piece.test, NumberRange)]
    chain: list[Piece] = []
    reached, is_begun = wanted.test.low, False
    while not is_begun or reached < wanted.test.high:
        following = [(span.high, piece) for span, piece in spans if span.low <= reached <= span.high]
        end, piece = max(following, key=lambda one: one[0], default=(reached, None))
        if piece is None or (is_begun and end <= reached):
            return ()
        chain.append(piece)
        reached, is_begun = end, True
    return tuple(chain)
