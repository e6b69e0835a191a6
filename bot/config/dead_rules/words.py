"""What a manager is told of a rule that can never be used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.config.dead_rules import TEST_LEADS, Cover
from bot.config.dead_rules.covering import Line
from bot.core.facts import fact_key
from bot.core.routing import Rule

_MOST_SHOWN = 6  #: values in a sentence
_VERBS = {
    "equals": "is",
    "country": "is",
    "weekday": "is",
    "contains": "contains",
    "starts with": "starts with",
    "ends with": "ends with",
    "at least": "is at least",
    "at most": "is at most",
    "between": "is between",
}


def dead_rule_in_words(cover: Cover, rules: Sequence[Rule]) -> tuple[str, str]:
    """The sentence and the hint: `Rule 4 “Americas” can never be used: rule 2 already takes every lead from US.`"""
    what = " and ".join(dict.fromkeys(_leads(lines) for lines in cover.lines))
    what = "every test lead" if cover.by == (TEST_LEADS,) else what
    name = rules[cover.rule].name
    return f"Rule {cover.rule + 1} “{name}” can never be used: {_takers(cover.by)} {what}", _hint(cover, rules)


def _takers(by: Sequence[int]) -> str:
    if by == (TEST_LEADS,):
        return "test_leads already takes"
    numbers = [str(index + 1) for index in by if index != TEST_LEADS]
    if len(by) == 1:
        return f"rule {numbers[0]} already takes"
    plural = "rules" if len(numbers) > 1 else "rule"
    joint = " and test_leads" if TEST_LEADS in by else ""
    return f"{plural} {_all(numbers)}{joint} together already take"


def _hint(cover: Cover, rules: Sequence[Rule]) -> str:
    takers = [(index + 1, rules[index]) for index in cover.by if index != TEST_LEADS]
    if not takers:
        return "Remove it, or remove test_leads:, and the rules see test leads too."
    if len(takers) > 1:
        named = [f"{number} “{rule.name}” (line {rule.line})" for number, rule in takers]
        return f"Move it above them, or make one of them narrower: {_all(named)}."
    number, first = takers[0]
    said = f"Rule {number} is “{first.name}” in line {first.line}"
    if not first.conditions:
        return f"{said} and has no when: move it to the end."
    return f"{said}: move this one above it, or make that one narrower."


def _leads(lines: Sequence[Line]) -> str:
    if not lines:
        return "every lead"
    places = [_from(line) for line in lines if _is_place(line)]
    others = [_whose(line) for line in lines if not _is_place(line)]
    return " ".join(("every lead", *places, " and ".join(others))).strip()


def _is_place(line: Line) -> bool:
    """Whether all the line names are countries: then a lead is *from* them."""
    words = {wanted.word for wanted in line.condition.wanted}
    return "country" in words and words <= {"country", "equals"} and not line.condition.negated


def _from(line: Line) -> str:
    return f"from {_all([wanted.text for wanted in line.condition.wanted])}"


def _whose(line: Line) -> str:
    condition = line.condition
    words: dict[str, list[str]] = {}
    for wanted in condition.wanted:
        verb = _VERBS.get(wanted.word, "")
        words.setdefault(verb, []).append(_operand(wanted.text, verb))
    parts = [f"{verb} {_any(values)}".strip() for verb, values in words.items()]
    wanted_words = " or ".join(parts)
    if condition.negated:
        wanted_words = f"is not {_any([wanted.text for wanted in condition.wanted])}"
    return f"whose {condition.fact} {wanted_words}"


def _operand(text: str, verb: str) -> str:
    """`contains head` without the word that the verb says already."""
    word = verb.removeprefix("is ")
    return text[len(word) :].strip() if verb not in {"", "is"} and fact_key(text).startswith(word) else text


def _all(words: Sequence[str]) -> str:
    return _listed(words, "and")


def _any(words: Sequence[str]) -> str:
    return _listed(words, "or")


def _listed(words: Sequence[str], last: str) -> str:
    shown: Iterable[str] = words[:_MOST_SHOWN] if len(words) > _MOST_SHOWN + 1 else words[:-1]
    end = f"{len(words) - _MOST_SHOWN} more" if len(words) > _MOST_SHOWN + 1 else words[-1]
    return f"{', '.join(shown)} {last} {end}" if len(words) > 1 else end
