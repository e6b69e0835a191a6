"""Finds the rules to which earlier ones surely leave no lead. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.config.dead_rules.covering import Aliases, Line, Piece, includes, includes_piece, joined, line_of
from bot.config.dead_rules.sieve import Sieve, places
from bot.core.conditions import Condition
from bot.core.facts import YES, Vocabulary
from bot.core.hours import Days
from bot.core.routing import Rule
from bot.core.wanted import Wanted

#: Comparisons of one branch with another, some microseconds each: a check must stay well under a second.
_MOST_COMPARED = 5_000


#: The index that stands for `test_leads:` among the rules that take leads.
TEST_LEADS = -1
_TEST = Condition(fact="test", wanted=(Wanted(word="equals", operands=(YES,), text=YES),), line=0)
_TEST_LEADS = Rule(name="test_leads", line=0, conditions=(_TEST,))


@dataclass(frozen=True, slots=True)
class Branch:
    """Conditions that are enough for a rule to take a lead: all lines, or with `match: any` each line by itself."""

    rule: int  #: its index
    lines: tuple[Line, ...]
    active: Days | None
    facts: frozenset[str]


@dataclass(frozen=True, slots=True)
class Cover:
    """A rule that can never be used: which earlier ones take its leads, and by which of its own lines that is seen."""

    rule: int
    by: tuple[int, ...]  #: indexes, in order
    lines: tuple[tuple[Line, ...], ...]  #: for each branch of the rule; () = whatever is asked


def dead_rules(
    rules: Sequence[Rule | None], vocabulary: Vocabulary, *, has_test_leads: bool = False
) -> Iterator[Cover]:
    """Each rule that can never be used. None stands for a rule that cannot be judged.

    With `has_test_leads`, test leads never reach the rules: they go where `test_leads:` says. In a file in which very
    many rules take leads from each other, those beyond a number of comparisons are let go unseen.
    """
    aliases = Aliases(vocabulary)
    branches = _branches(TEST_LEADS, _TEST_LEADS, aliases) if has_test_leads else []
    first = {}
    for index, rule in enumerate(rules):
        first[index] = len(branches)
        branches += _branches(index, rule, aliases) if rule is not None else []
    search = _Search(branches)
    for index, rule in enumerate(rules):
        found = search.covers(first[index], first.get(index + 1, len(branches))) if rule is not None else []
        if found:
            by = tuple(sorted({taker for takers, _ in found for taker in takers}))
            yield Cover(index, by, tuple(lines for _, lines in found))


def _branches(index: int, rule: Rule, aliases: Aliases) -> list[Branch]:
    lines = tuple(line_of(condition, aliases) for condition in rule.conditions)
    parts = [(line,) for line in lines] if rule.match_any and lines else [lines]
    return [Branch(index, part, rule.active, frozenset(line.fact for line in part)) for part in parts]


#: What takes a branch's leads, and the branch's lines by which that is seen.
_Found = tuple[tuple[int, ...], tuple[Line, ...]]


class _Search:
    """Compares each branch with those above it."""

    def __init__(self, branches: Sequence[Branch]) -> None:
        self._branches = branches
        self._sieve = Sieve([branch.lines for branch in branches])
        self._compared = 0

    def covers(self, first: int, end: int) -> list[_Found]:
        """What takes the leads of the branches from `first` to `end`, all of one rule; [] when one of them is alive."""
        found: list[_Found] = []
        for branch in self._branches[first:end]:
            rivals = self._sieve.rivals(branch.lines, (1 << first) - 1)
            self._compared += rivals.bit_count()
            if not rivals or self._compared > _MOST_COMPARED:
                return []
            cover = _cover(branch, [self._branches[place] for place in places(rivals)])
            if cover is None:
                return []
            found.append(cover)
        return found


def _cover(branch: Branch, rivals: Sequence[Branch]) -> _Found | None:
    """Which rules take every lead of the branch: one alone, or several whose last open line is on the same fact."""
    open_lines: dict[str, list[tuple[Branch, Line]]] = defaultdict(list)
    for rival in rivals:
        missing = _missing(branch, rival)
        if missing == ():
            return (rival.rule,), _seen_by(branch, (rival,))
        if missing is not None:
            open_lines[missing[0].fact].append((rival, missing[0]))
    for fact, parts in open_lines.items():
        if together := _together(branch, fact, parts):
            return tuple(sorted({rival.rule for rival in together})), _seen_by(branch, together)
    return None


def _missing(branch: Branch, rival: Branch) -> tuple[Line, ...] | None:
    """The one line that the rival asks beyond the branch; () = none, None = several, or it is not always active."""
    if len(rival.facts - branch.facts) > 1 or not _is_active_throughout(rival.active, branch.active):
        return None
    missing: tuple[Line, ...] = ()
    for wide in rival.lines:
        if not any(includes(wide, narrow) for narrow in branch.lines):
            if missing:
                return None
            missing = (wide,)
    return missing


def _is_active_throughout(wide: Days | None, narrow: Days | None) -> bool:
    return wide is None or (narrow is not None and narrow.first in wide and narrow.last in wide)


def _together(branch: Branch, fact: str, parts: list[tuple[Branch, Line]]) -> tuple[Branch, ...]:
    """Those of `parts` that leave nothing open between them; () when something stays open."""
    for line in branch.lines:
        if line.fact == fact and not line.negated and (found := _share(line.pieces, parts)):
            return found
    positive = [(one, line) for one, line in parts if not line.negated]
    for one, line in parts:
        if line.negated and branch.lines and (found := _share(line.pieces, positive)):
            return (one, *found)
    return ()


def _share(pieces: Iterable[Piece], parts: list[tuple[Branch, Line]]) -> tuple[Branch, ...]:
    """Branches that take one piece after the other; () when one is left over."""
    taking: dict[int, Branch] = {}
    for piece in pieces:
        takers = [one for one, line in parts if includes_piece(line, piece)][:1] or _joint_takers(piece, parts)
        if not takers:
            return ()
        taking |= {taker.rule: taker for taker in takers}
    return tuple(taking.values())


def _joint_takers(piece: Piece, parts: list[tuple[Branch, Line]]) -> list[Branch]:
    """Branches whose numbers together hold all of the piece's."""
    owners = {mine: one for one, line in parts if not line.negated for mine in line.pieces}
    return [owners[mine] for mine in joined(owners, piece)]


def _seen_by(branch: Branch, takers: Iterable[Branch]) -> tuple[Line, ...]:
    asked = {fact for taker in takers for fact in taker.facts}
    return tuple(line for line in branch.lines if line.fact in asked)
