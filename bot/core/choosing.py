"""The rules made ready: which rule takes a lead, at the price of a few look-ups, and on demand the reasons.

What the answers to one question mean for all rules at once is a whole number whose bit n stands for rule n. Each
distinct wanted value is compared once, however many rules want it; equality is one look-up for all of them.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

from bot.core.conditions import Comparison, Condition, Manner, NumberRange, comparisons_of, seen, seen_numbers
from bot.core.facts import Facts, fact_key, submit_date
from bot.core.hours import Days
from bot.core.routing import (
    TEST_LEADS,
    Decision,
    Rule,
    TestLeads,
    Then,
    Tried,
    decided_as_test,
    explain,
    is_active,
    try_rule,
)

_NONE_FITS = Decision(rule="", then=Then(), tried=())


class Router:
    """The rules of one file. Immutable; safe to share."""

    def __init__(self, rules: Sequence[Rule], test_leads: TestLeads | None) -> None:
        self._rules = tuple(rules)
        self._test_leads = test_leads
        self._questions = tuple(sorted(_questions(self._rules), key=lambda question: question.cost))
        self._every = (1 << len(self._rules)) - 1
        self._any = _either(1 << number for number, rule in enumerate(rules) if rule.match_any and rule.conditions)
        self._days = _days(self._rules)

    def decide(self, facts: Facts, *, is_test: bool) -> Decision:
        """See bot.core.routing.decide: the same answer."""
        if is_test and self._test_leads is not None:
            return decided_as_test(self._test_leads)
        rule = self._first_that_fits(facts)
        if rule is None:
            return _NONE_FITS
        return Decision(rule=rule.name, then=rule.then, tried=(try_rule(rule, facts),))

    def choose(self, facts: Facts, *, is_test: bool) -> Decision:
        """Like decide, without the reasons (`tried` is empty), which take longer to word than the rule to find."""
        if is_test and self._test_leads is not None:
            return Decision(rule=TEST_LEADS, then=self._test_leads.then, tried=())
        rule = self._first_that_fits(facts)
        return _NONE_FITS if rule is None else Decision(rule=rule.name, then=rule.then, tried=())

    def explain(self, facts: Facts, decision: Decision) -> tuple[Tried, ...]:
        """See bot.core.routing.explain: why the rules above the one that was used did not fit."""
        return explain(facts, self._rules, decision)

    def _first_that_fits(self, facts: Facts) -> Rule | None:
        fitting = self._fitting(facts)
        return self._rules[(fitting & -fitting).bit_length() - 1] if fitting else None

    def _fitting(self, facts: Facts) -> int:
        """Every rule that fits, as bits."""
        active = self._active(facts)
        all_fit, any_fits = active & ~self._any, 0
        for question in self._questions:
            if question.asked_by & (all_fit | self._any):
                fitting = question.fitting(facts)
                all_fit &= fitting | ~question.asked_by
                any_fits |= fitting
        return all_fit | (any_fits & self._any & active)

    def _active(self, facts: Facts) -> int:
        if not self._days:
            return self._every
        day = submit_date(facts)
        return self._every & ~_either(rules for days, rules in self._days.items() if not is_active(days, day))


@dataclass(slots=True)
class _Question:
    """Everything that the rules want of one fact. Of a rule that asks twice, the second line is another question."""

    fact: str
    asked_by: int = 0
    negated_by: int = 0
    equal: dict[Manner, dict[str, int]] = field(default_factory=dict)
    compared: dict[tuple[Manner, Callable[[str, str], bool]], dict[str, int]] = field(default_factory=dict)
    ranges: dict[NumberRange, int] = field(default_factory=dict)

    @property
    def cost(self) -> int:
        """How many comparisons an answer takes: the cheap questions come first and leave less to the others."""
        return len(self.ranges) + sum(len(operands) for operands in self.compared.values())

    def add(self, rule: int, condition: Condition, comparisons: Iterator[Comparison]) -> None:
        """One rule's line about this fact."""
        bit = 1 << rule
        self.asked_by |= bit
        self.negated_by |= bit if condition.negated else 0
        for one in comparisons:
            if isinstance(one, NumberRange):
                self.ranges[one] = self.ranges.get(one, 0) | bit
            elif one.compare is operator.eq:
                _add(self.equal.setdefault(one.manner, {}), one.operand, bit)
            else:
                _add(self.compared.setdefault((one.manner, one.compare), {}), one.operand, bit)

    def fitting(self, facts: Facts) -> int:
        """The rules whose line about this fact fits, as bits."""
        return _either(self._hits(facts)) ^ self.negated_by

    def _hits(self, facts: Facts) -> Iterator[int]:
        for manner, rules_by_text in self.equal.items():
            for _, text in seen(manner, self.fact, facts):
                yield rules_by_text.get(text, 0)
        for (manner, compare), rules_by_operand in self.compared.items():
            for _, text in seen(manner, self.fact, facts):
                yield _either([rules for operand, rules in rules_by_operand.items() if compare(text, operand)])
        if self.ranges:
            for _, number, _ in seen_numbers(self.fact, facts):
                yield _either([rules for numbers, rules in self.ranges.items() if number in numbers])


def _add(rules_by_text: dict[str, int], text: str, bit: int) -> None:
    rules_by_text[text] = rules_by_text.get(text, 0) | bit


def _questions(rules: Sequence[Rule]) -> list[_Question]:
    ready: dict[tuple[str, str, tuple[str, ...]], tuple[Comparison, ...]] = {}

    def comparisons(condition: Condition, key: str) -> Iterator[Comparison]:
        for wanted in condition.wanted:
            same = (key, wanted.word, wanted.operands)
            if same not in ready:
                ready[same] = comparisons_of(wanted, key)
            yield from ready[same]

    questions: dict[tuple[str, int], _Question] = {}
    for number, rule in enumerate(rules):
        asked: dict[str, int] = {}
        for condition in rule.conditions:
            key = fact_key(condition.fact)
            asked[key] = asked.get(key, 0) + 1
            question = questions.setdefault((key, asked[key]), _Question(key))
            question.add(number, condition, comparisons(condition, key))
    return list(questions.values())


def _days(rules: Sequence[Rule]) -> Mapping[Days, int]:
    """The rules that are switched on for certain days only, as bits, by their days."""
    days: dict[Days, int] = {}
    for number, rule in enumerate(rules):
        if rule.active is not None:
            days[rule.active] = days.get(rule.active, 0) | 1 << number
    return days


def _either(masks: Iterable[int]) -> int:
    """The bits that are set in any of them."""
    return reduce(operator.or_, masks, 0)
