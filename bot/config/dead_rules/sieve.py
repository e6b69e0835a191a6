"""Sifts out, quickly, the rules that surely have leads of their own, so that only few must be compared with care.

Made-up leads stand for a branch: when no earlier branch may take one of them, the branch is alive. A set of branches is
a whole number with a bit for each, so that hundreds are compared at once. What is uncertain counts as "may take it".
"""

from __future__ import annotations

import operator
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import accumulate

from bot.config.dead_rules.covering import EMPTY, PRESENT, Line, Piece
from bot.core.conditions import NumberRange, TextComparison
from bot.core.numbers import count

#: Made-up leads for one branch: the first has the first wanted value of each line, the second the second, and so on.
_MOST_SAMPLES = 8
#: Facts that are asked of made-up leads in one file: half a second. Beyond, every rule counts as alive.
_MOST_ASKED = 1_000_000
_ALL = -1  #: as a set: every bit
_LONGEST = 200  #: characters of a text whose parts are looked up


class Sieve:
    """Which branches may take a made-up lead. A branch is known by its place in `branches`."""

    def __init__(self, branches: Sequence[Sequence[Line]]) -> None:
        asked: dict[str, list[tuple[int, Line]]] = defaultdict(list)
        for place, lines in enumerate(branches):
            for line in lines:
                asked[line.fact].append((1 << place, line))
        self._asked = {fact: _Asked(lines) for fact, lines in asked.items()}
        self._of_no_fact = {fact: one.without_answer() for fact, one in self._asked.items()}
        self._left = _MOST_ASKED

    def rivals(self, lines: Sequence[Line], earlier: int) -> int:
        """Of the `earlier` branches, those that alone or with others may take every lead of these lines; 0 = alive."""
        rivals = earlier
        for sample in _samples(lines):
            self._left -= len(self._asked)
            taking, nearly = self._takers(sample, earlier) if self._left >= 0 else (0, 0)
            if not taking:
                return 0
            rivals &= taking | nearly
        return rivals

    def _takers(self, sample: Mapping[str, Piece | None], earlier: int) -> tuple[int, int]:
        """Which branches may take the lead, and which ones may but for the lines on one fact."""
        taking, nearly = earlier, 0
        for fact, asked in self._asked.items():
            fitting = asked.fitting(sample[fact]) if fact in sample else self._of_no_fact[fact]
            nearly = (nearly & fitting) | (taking & ~fitting)
            taking &= fitting
        return taking, nearly


def places(branches: int) -> Iterator[int]:
    """The members of a set, in order."""
    while branches:
        lowest = branches & -branches
        yield lowest.bit_length() - 1
        branches ^= lowest


def _samples(lines: Sequence[Line]) -> Iterator[Mapping[str, Piece | None]]:
    """Leads that fit the lines. What is only unwanted has no answer; None is an answer of which nothing is known."""
    wanted = {line.fact: line.pieces for line in lines if not line.negated}
    unknown = {line.fact: None for line in lines if line.negated and Piece(EMPTY) in line.pieces}
    longest = max(map(len, wanted.values()), default=1)
    for number in range(min(longest, _MOST_SAMPLES)):
        yield unknown | {fact: _at_its_edge(pieces[number % len(pieces)]) for fact, pieces in wanted.items()}


def _at_its_edge(piece: Piece) -> Piece:
    """One number for a range of them: two ranges that share it are not yet enough for a third."""
    if not isinstance(piece.test, NumberRange):
        return piece
    edge = piece.test.low if piece.test.low.is_finite() else piece.test.high
    return Piece(NumberRange(edge, edge))


class _Asked:
    """What the branches ask of one fact."""

    def __init__(self, lines: Iterable[tuple[int, Line]]) -> None:
        asking = self._negated = 0
        self._same: dict[Piece, int] = defaultdict(int)
        self._unwanted: dict[Piece, int] = defaultdict(int)
        self._parts: dict[Callable[[str, str], bool], dict[str, int]] = {}
        ranges: list[tuple[NumberRange, int]] = []
        for branch, line in lines:
            asking |= branch
            self._negated |= branch if line.negated else 0
            for piece in line.pieces:
                same = self._unwanted if line.negated else self._same
                same[piece] |= branch
                if line.negated or piece.is_one_thing:
                    continue
                if isinstance(piece.test, NumberRange):
                    ranges.append((piece.test, branch))
                elif isinstance(piece.test, TextComparison):
                    operands = self._parts.setdefault(piece.test.compare, defaultdict(int))
                    operands[piece.test.operand] |= branch
        self._not_asking = ~asking
        self._fitting: dict[Piece, int] = {}  # many branches want the same pieces
        self._lengths = {compare: set(map(len, operands)) for compare, operands in self._parts.items()}
        self._lows = _Bounds((one.low, branch) for one, branch in ranges)
        self._highs = _Bounds((-one.high, branch) for one, branch in ranges)

    def without_answer(self) -> int:
        """The branches that may take a lead without this fact."""
        unwanted = self._unwanted.get(Piece(EMPTY), 0)
        return self._not_asking | (self._negated & ~unwanted) | self._same.get(Piece(EMPTY), 0)

    def fitting(self, piece: Piece | None) -> int:
        """The branches that may take a lead whose answer fits the piece; all of them when nothing is known of it."""
        if piece is None:
            return _ALL
        known = self._fitting.get(piece)
        if known is None:
            known = self._fitting[piece] = self._find_fitting(piece)
        return known

    def _find_fitting(self, piece: Piece) -> int:
        if piece.test == EMPTY:
            return self.without_answer()
        fitting = self._not_asking | self._same.get(piece, 0) | self._same.get(Piece(PRESENT), 0)
        fitting |= self._negated & ~self._unwanted.get(piece, 0)
        if isinstance(piece.test, NumberRange):
            return fitting | self._counting(piece.test.low)
        for text in piece.texts or (piece.test.operand,):
            fitting |= self._holding(text)
            if piece.texts and (found := count(text)) is not None:
                fitting |= self._counting(found.value)
        return fitting

    def _counting(self, number: Decimal) -> int:
        return self._lows.up_to(number) & self._highs.up_to(-number)

    def _holding(self, text: str) -> int:
        """The branches that ask for a part of the text."""
        found = 0
        for compare, operands in self._parts.items():
            parts = operands if len(text) > _LONGEST else _parts_of(text, compare, self._lengths[compare])
            for part in parts:
                found |= operands.get(part, 0)
        return found


def _parts_of(text: str, compare: Callable[[str, str], bool], lengths: Iterable[int]) -> Iterator[str]:
    for length in lengths:
        if length > len(text):
            continue
        if compare is operator.contains:
            yield from (text[start : start + length] for start in range(len(text) - length + 1))
        else:
            yield text[:length] if compare is str.startswith else text[len(text) - length :]


class _Bounds:
    """Lower bounds of ranges, each with the set that has it."""

    def __init__(self, bounds: Iterable[tuple[Decimal, int]]) -> None:
        ordered = sorted(bounds)
        self._bounds = [bound for bound, _ in ordered]
        self._sets: list[int] = [0, *accumulate((branch for _, branch in ordered), operator.or_)]

    def up_to(self, number: Decimal) -> int:
        """The sets with a bound at or below the number, together."""
        return self._sets[bisect_right(self._bounds, number)]
