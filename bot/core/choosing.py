"""The rules made ready: which rule takes a lead, at the price of a few look-ups, and on demand the reasons."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.facts import Facts
from bot.core.routing import Decision, Rule, TestLeads, Tried, decide


class Router:
    """The rules of one file. Immutable; safe to share."""

    def __init__(self, rules: Sequence[Rule], test_leads: TestLeads | None) -> None:
        self._rules = tuple(rules)
        self._test_leads = test_leads

    def decide(self, facts: Facts, *, is_test: bool) -> Decision:
        """See bot.core.routing.decide; `tried` holds only the rule that was used."""
        decision = decide(facts, self._rules, test_leads=self._test_leads, is_test=is_test)
        return Decision(rule=decision.rule, then=decision.then, tried=decision.tried[-1:] if decision.rule else ())

    def explain(self, facts: Facts, decision: Decision) -> tuple[Tried, ...]:
        """Why the rules above the one that was used did not fit, in order."""
        is_test = decision.tried[-1:] != () and decision.rule not in {rule.name for rule in self._rules}
        found = decide(facts, self._rules, test_leads=self._test_leads, is_test=is_test)
        return found.tried[:-1] if found.rule else found.tried
