"""What is other in a newer list of rules, in sentences that a manager reads. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from bot.config.model import Config
from bot.core.conditions import Condition
from bot.core.delivery import Target
from bot.core.hours import Days
from bot.core.people import People
from bot.core.routing import Rule, Then


def rule_changes(old: Config, new: Config) -> Iterator[str]:
    """New, gone, renamed and moved rules, then what became other within one; test leads last."""
    before, after = _by_name(old.rules), _by_name(new.rules)
    renamed = _renamed(before, after)
    yield from (f"Rule “{then}” is the former “{name}” under a new name." for name, then in renamed.items())
    known_as = {renamed.get(name, name): rule for name, rule in before.items()}
    yield from (f"Rule “{name}” is gone." for name in known_as if name not in after)
    yield from (_new_rule(rule, new) for name, rule in after.items() if name not in known_as)
    yield from _moved([name for name in known_as if name in after], [name for name in after if name in known_as])
    for name, rule in after.items():
        if name in known_as:
            yield from _within(f"Rule “{name}”", known_as[name], rule, old.people, new.people)
    yield from _test_leads(old, new)


def turned(subject: str, verb: str, old: str, new: str) -> Iterator[str]:
    """One sentence about something that has other words now: "Rule “A” now posts to #x instead of #y."."""
    if old == new:
        return
    before, now = "no longer", "now"
    if verb.startswith("is "):
        before, now, verb = "is no longer", "is now", verb.removeprefix("is ")
    if not new:
        yield f"{subject} {before} {verb} {old}."
    else:
        yield f"{subject} {now} {verb} {new}{f' instead of {old}' if old else ''}."


def days_in_words(days: Days | None) -> str:
    """ "2026-11-01 to 2026-12-31"."""
    if days is None:
        return ""
    return str(days.first) if days.first == days.last else f"{days.first} to {days.last}"


# ── which rules ──


def _by_name(rules: Sequence[Rule]) -> dict[str, Rule]:
    found: dict[str, Rule] = {}
    for rule in rules:
        name, number = rule.name, 1
        while name in found:
            number += 1
            name = f"{rule.name} ({number})"
        found[name] = rule
    return found


def _renamed(before: Mapping[str, Rule], after: Mapping[str, Rule]) -> dict[str, str]:
    """Old name -> new one, of rules that do the very same."""
    gone = {_meaning(rule): name for name, rule in before.items() if name not in after}
    came = {_meaning(rule): name for name, rule in after.items() if name not in before}
    return {gone[meaning]: name for meaning, name in came.items() if meaning in gone}


def _meaning(rule: Rule) -> str:
    conditions = [_wanted(each) for each in rule.conditions]
    return repr((conditions, rule.match_any, rule.active, rule.then))


def _new_rule(rule: Rule, config: Config) -> str:
    names = [each.name for each in config.rules]
    place = names.index(rule.name)
    where = f", above “{names[place + 1]}”" if place + 1 < len(names) else ", at the end"
    does = "; ".join(f"{verb} {words}" for verb, words in _deeds(rule.then, config.people) if words)
    return f"Rule “{rule.name}” is new{where}: it {does or 'tells nobody'}."


def _moved(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    """The fewest moves that explain the new order."""
    place = {name: index for index, name in enumerate(before)}
    stayed = _longest_rise([place[name] for name in after])
    for index, name in enumerate(after):
        if index not in stayed:
            below = next((other for at, other in enumerate(after) if at > index and at in stayed), "")
            yield f"Rule “{name}” moved above “{below}”." if below else f"Rule “{name}” moved to the end."


def _longest_rise(numbers: Sequence[int]) -> set[int]:
    """The indexes of a longest rising subsequence."""
    ends: list[int] = []  # the smallest last number of a rise of each length
    ends_at: list[int] = []
    before: list[int] = []
    for index, number in enumerate(numbers):
        length = bisect_left(ends, number)
        ends[length : length + 1] = [number]
        ends_at[length : length + 1] = [index]
        before.append(ends_at[length - 1] if length else -1)
    found: set[int] = set()
    at = ends_at[-1] if ends_at else -1
    while at >= 0:
        found.add(at)
        at = before[at]
    return found


# ── within a rule ──


def _within(subject: str, old: Rule, new: Rule, was: People, now: People) -> Iterator[str]:
    before, after = _by_fact(old.conditions), _by_fact(new.conditions)
    for fact in dict.fromkeys([*after, *before]):
        yield from turned(subject, f"wants {fact}", before.get(fact, ""), after.get(fact, ""))
    if old.match_any != new.match_any:
        yield f"{subject} now fits when {'any one line does' if new.match_any else 'all of its lines do'}."
    if old.active != new.active:
        active = days_in_words(new.active)
        yield f"{subject} is now active {active}." if active else f"{subject} is active on all days again."
    yield from _then(subject, old.then, new.then, was, now)


def _then(subject: str, old: Then, new: Then, was: People, now: People) -> Iterator[str]:
    for (verb, before), (_, after) in zip(_deeds(old, was), _deeds(new, now), strict=True):
        yield from turned(subject, verb, before, after)


def _deeds(then: Then, people: People) -> list[tuple[str, str]]:
    """What a rule does: the verb, and its object in words."""
    mails = [*_places(then.email, people), *(["the owner"] if then.mails_owner else [])]
    return [
        ("posts to", ", ".join(_places(then.post, people))),
        ("gives its leads to", then.team or label(people, then.owner)),
        ("mails", ", ".join(mails)),
        ("escalates by", then.escalate and f"“{then.escalate}”"),
        ("is listed in the digest", then.digest and f"“{then.digest}”"),
        ("uses the template", "" if then.template == "default" else f"“{then.template}”"),
    ]


def _places(targets: Sequence[Target], people: People) -> list[str]:
    return [label(people, target.person) if target.person else target.address for target in targets]


def label(people: People, name: str) -> str:
    """A person's name as people see it."""
    person = people.get(name)
    return person.label if person is not None else name


def _by_fact(conditions: Sequence[Condition]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for condition in conditions:
        fact, wanted = _wanted(condition)
        found.setdefault(fact, []).append(wanted)
    return {fact: "; ".join(wanted) for fact, wanted in found.items()}


def _wanted(condition: Condition) -> tuple[str, str]:
    words = ", ".join(one.text for one in condition.wanted)
    return condition.fact, f"not {words}" if condition.negated else words


def _test_leads(old: Config, new: Config) -> Iterator[str]:
    before, after = old.test_leads, new.test_leads
    if before is None or after is None:
        if before is not after:
            yield "Test leads now go where test_leads says." if after else "Test leads are now leads like any other."
        return
    yield from _then("A test lead", before.then, after.then, old.people, new.people)
    if before.count_in_reports != after.count_in_reports:
        yield f"Test leads {'now count' if after.count_in_reports else 'no longer count'} in reports."
