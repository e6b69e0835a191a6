"""Whether the file speaks of a form or campaign at all: by nickname, id, URN or title. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from bot.core.facts import fold
from bot.core.lead import Named
from bot.core.routing import Rule

_URN = {"form": "urn:li:leadGenForm:", "campaign": "urn:li:sponsoredCampaign:"}


def names_in(rules: Iterable[Rule]) -> frozenset[tuple[str, str]]:
    """What the conditions of the rules say of forms and campaigns: (fact, text), folded."""
    return frozenset(
        (condition.fact, fold(operand))
        for rule in rules
        for condition in rule.conditions
        if condition.fact in _URN
        for wanted in condition.wanted
        for operand in wanted.operands
    )


class Spoken:
    """What the rules that are live speak of: worked out once for each set of rules, not for each lead."""

    def __init__(self) -> None:
        self._rules: Iterable[Rule] = ()
        self._names: frozenset[tuple[str, str]] = frozenset()

    def of(self, rules: tuple[Rule, ...]) -> frozenset[tuple[str, str]]:
        """`names_in` of these rules."""
        if rules is not self._rules:
            self._rules, self._names = rules, names_in(rules)
        return self._names


def is_named(kind: str, thing: Named, spoken_of: frozenset[tuple[str, str]]) -> bool:
    """Whether a rule names this form or campaign without a nickname."""
    names = (thing.id, thing.name, _URN[kind] + thing.id)
    return any((kind, fold(name)) in spoken_of for name in names if name)
