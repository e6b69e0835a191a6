"""A stored decision with its reasons: the rules of then look at the stored lead once more, where both are left."""

from __future__ import annotations

import os
from dataclasses import dataclass

from bot.cli.decision import in_words
from bot.config.load import read_content, read_environment
from bot.config.model import Config
from bot.core.facts import facts_of
from bot.core.routing import Decision, decision_from_json, decision_to_json
from bot.store.reading import Json
from bot.store.replay import Grounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """A stored decision, with everything about it that is still known."""

    decision: Json  #: as it is stored, `tried` filled in
    rules: Config | None  #: the file of then, None where it is gone
    turn_of: str  #: whose turn it was; "" = nobody's
    missing: str  #: why the reasons of the rules above are not known; "" = they are


def recalled(decision: Json, config: Config, grounds: Grounds) -> Recalled:
    """The stored decision with the reasons of the rules above the one that was used.

    Where the same rules would choose another one today, the stored decision stands and its reasons are not made up.
    """
    rules = _rules_of_then(grounds, config)
    if decision.get("tried"):  # kept with the decision, as it was done once
        return Recalled(decision=decision, rules=rules, turn_of=grounds.turn_of, missing="")
    tried, missing = _tried(decision_from_json(decision), rules, grounds)
    return Recalled(decision={**decision, "tried": tried}, rules=rules, turn_of=grounds.turn_of, missing=missing)


def told(whole: Recalled) -> list[str]:
    """Lines for a person."""
    stored = whole.decision
    lines = in_words(decision_from_json(stored), whole.rules, turn_of=whole.turn_of)
    if whole.missing:
        lines += ["", f"Why no rule above it fitted is not known any more: {whole.missing}."]
    return [*lines, f"Decided {stored['decided_at']} by version {stored['config_version']} of the rule file."]


def _rules_of_then(grounds: Grounds, config: Config) -> Config | None:
    if grounds.rules is None:
        return None
    environment = read_environment(config.path, os.environ)
    content = grounds.rules.encode("utf-8", "surrogatepass")
    return read_content(content, config.path, environment, need_secrets=False).config


def _tried(decision: Decision, rules: Config | None, grounds: Grounds) -> tuple[object, str]:
    """The reasons as decision_to_json writes them, and why they are not known."""
    if grounds.lead is None:
        return [], "the person was erased"
    if rules is None:
        gone = grounds.rules is None
        return [], "the rule file of then is no longer stored" if gone else "the rule file of then cannot be read today"
    facts = facts_of(grounds.lead, rules.vocabulary)
    again = rules.router.decide(facts, is_test=grounds.lead.is_test)
    if again.rule != decision.rule:
        return [], f"read today, the rules of then would choose “{again.rule}”"
    return decision_to_json(again, rules.router.explain(facts, again)).get("tried", []), ""
