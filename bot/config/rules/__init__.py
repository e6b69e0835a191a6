"""`rules:`: read one after the other, then looked at together: names, order, rules that can never be used."""

from __future__ import annotations

from collections.abc import Sequence as AnySequence
from datetime import date

from bot.config.dead_rules import dead_rules
from bot.config.dead_rules.words import dead_rule_in_words
from bot.config.names import Book
from bot.config.nodes import Mapping, Node, Scalar, Sequence
from bot.config.problems import Place, quoted
from bot.config.reading import Reading, read_choice
from bot.config.rules.then import THEN_KEYS, read_then
from bot.config.rules.when import read_when
from bot.config.times.working_hours import read_days
from bot.core.facts import fold
from bot.core.hours import Days
from bot.core.routing import Rule

RULE_KEYS = ("name", "when", "match", "active", *THEN_KEYS)
_MATCHES = {"any": True, "all": False}

#: The rules, each with where it stands.
ReadRules = AnySequence[tuple[Mapping, Rule]]


def read_rules(book: Book, node: Node | None, *, has_test_leads: bool, today: date) -> ReadRules:
    """`rules:`; the findings include rules that can never be used. `today` is where the file is."""
    if not isinstance(node, Sequence) or not node.items:
        _explain_no_rules(book.reading, node)
        return ()
    rules = [(item, _read_rule(book, item, today)) for item in node.items if isinstance(item, Mapping)]
    for item in node.items:
        if not isinstance(item, Mapping):
            book.reading.error(item, "A rule must be a group that begins with - name:")
    _check_names(book.reading, rules)
    _check_last(book.reading, rules)
    _warn_of_dead_rules(book, rules, has_test_leads=has_test_leads)
    return rules


def _explain_no_rules(reading: Reading, node: Node | None) -> None:
    hint = 'A rule for all begins with "- name: Everything else".'
    if node is None:
        reading.findings.error(Place(1, 1), "There are no rules, so nobody would be told of a lead", hint)
    else:
        reading.error(node, "rules must be a list with at least one rule", hint)


def _read_rule(book: Book, node: Mapping, today: date) -> Rule:
    reading = book.reading
    group = reading.group(node, "rules.*", RULE_KEYS)
    name = reading.text(group.get("name"), "the rule's name")
    if "name" not in group:
        reading.error(node, "This rule has no name", "Begin it with - name: and a few words.")
    return Rule(
        name=(name or "").strip() or f"rule in line {node.place.line}",
        line=node.place.line,
        conditions=read_when(book, group.get("when")),
        match_any=read_choice(reading, group.get("match"), "match", _MATCHES) or False,
        active=_read_active(reading, group.get("active"), today),
        then=read_then(book, node, group),
    )


def _read_active(reading: Reading, node: Node | None, today: date) -> Days | None:
    if reading.text(node, "days such as 2026-11-01 to 2026-12-31") is None or not isinstance(node, Scalar):
        return None
    active = read_days(reading, node)
    if active is not None and active.last < today:
        hint = "Remove the rule, or give it new days."
        reading.warn(node, f"These days are over since {active.last}, so the rule takes no new lead", hint)
    return active


# ── the rules together ──


def _check_names(reading: Reading, rules: ReadRules) -> None:
    first: dict[str, Rule] = {}
    for node, rule in rules:
        other = first.setdefault(fold(rule.name), rule)
        if other is not rule:
            hint = f"The other one stands in line {other.line}; a decision names its rule, so each needs its own."
            reading.error(node, f"Two rules are called {quoted(rule.name)}", hint)


def _check_last(reading: Reading, rules: ReadRules) -> None:
    """The last rule takes what is left, so that no lead is lost: whatever it asks, on whatever day."""
    if not rules:
        return
    node = rules[-1][0]
    hint = "Add a last rule for everything else, so that no lead is lost."
    if node.get("when") is not None:
        reading.error(node, "The last rule must have no when", hint)
    elif node.get("active") is not None:
        reading.error(node, "The last rule must be active always", hint)


def _warn_of_dead_rules(book: Book, rules: ReadRules, *, has_test_leads: bool) -> None:
    all_rules = [rule for _, rule in rules]
    judged = [rule if _is_sound(node, rule) else None for node, rule in rules]
    for cover in dead_rules(judged, book.names.vocabulary, has_test_leads=has_test_leads):
        message, hint = dead_rule_in_words(cover, all_rules)
        book.reading.warn(rules[cover.rule][0], message, hint)


def _is_sound(node: Mapping, rule: Rule) -> bool:
    """Whether every condition could be read: a rule that lost one seems to take more than it does."""
    when, has_lost_days = node.get("when"), node.get("active") is not None and rule.active is None
    asked = len(when.entries) if isinstance(when, Mapping) else 0
    return not has_lost_days and len(rule.conditions) == asked and (when is None or asked > 0)
