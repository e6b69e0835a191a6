"""What a new rule file changes for leads that are known: which of them move, from where to where, and why. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import chain, takewhile, zip_longest

from bot.core.choosing import Router
from bot.core.facts import Facts, Vocabulary, facts_of, fold
from bot.core.lead import Lead
from bot.core.routing import Decision, Rule, Then

_MOST_EXAMPLES = 3
_MOST_IN_HEADLINE = 3  # kinds of change; the groups below it name them all
_MOST_CHANGES_IN_HEADLINE = 2  # of one group
_LONGEST_WANTED = 80  # characters of a condition in a reason
#: The facts by which a manager recognises a lead. No way to reach the person is among them.
_SKETCH = ("first_name", "company", "form", "country", "company_size")

_NOBODY = "nobody"
_THEIR_OWNER = "their owner"


class Aspect(StrEnum):
    """One of the things that a rule decides about a lead, in the order in which they are told."""

    OWNER = "owner"
    POST = "post"
    DIRECT = "direct message"
    MAIL = "email"
    DIGEST = "digest"
    ESCALATION = "escalate"
    TEMPLATE = "template"


@dataclass(frozen=True, slots=True)
class Change:
    """What of one aspect is no longer so, and what is so instead; names in words for people."""

    aspect: Aspect
    before: tuple[str, ...]
    now: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """What of a rule file decides where a lead goes."""

    vocabulary: Vocabulary
    rules: Sequence[Rule]
    router: Router  #: of these rules, and of `test_leads:`


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One lead that moves: how a manager recognises it, and why it moves ("" = the same rule, changed)."""

    lead: str
    sketch: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Takeover:
    """How many leads one rule took before and another one (or the same) takes now."""

    before: str
    now: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The leads that move in the same way."""

    changes: tuple[Change, ...]
    count: int
    rules: tuple[Takeover, ...]  #: most leads first
    examples: tuple[Example, ...]  #: at most three


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How many leads an owner gets under either file."""

    owner: str
    before: int
    now: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What came of it. Groups and loads: the largest first."""

    leads: int
    moved: int
    groups: tuple[Group, ...]
    loads: tuple[Load, ...]  #: only of owners who get another number
    retaken: int  #: leads that go where they went, but by a rule of another name
    unused_before: tuple[str, ...]  #: rules that took none of the leads, in the order of their file
    unused_now: tuple[str, ...]


@dataclass(slots=True)
class _Met:
    """What is known of the leads that one rule took before and one takes now: they all change alike."""

    changes: tuple[Change, ...]
    owners: tuple[str, str]
    count: int = 0
    examples: list[Example] = field(default_factory=list)


class Comparing:
    """Takes one known lead after the other; holds counts and a few examples, never the leads."""

    def __init__(self, before: Rulebook, now: Rulebook) -> None:
        self._before, self._now = before, now
        self._is_one_language = before.vocabulary == now.vocabulary
        self._untouched = _untouched(before.rules, now.rules) if self._is_one_language else frozenset[str]()
        self._met: dict[tuple[str, str], _Met] = {}

    def look(self, lead_id: str, lead: Lead) -> bool:
        """Decide about the lead by both files; whether it moves. The first ones met become the examples."""
        facts = facts_of(lead, self._before.vocabulary)
        before = self._before.router.choose(facts, is_test=lead.is_test)
        if before.rule in self._untouched and not lead.is_test:  # a new file may have found another place for tests
            now, facts_now = before, facts
        else:
            facts_now = facts if self._is_one_language else facts_of(lead, self._now.vocabulary)
            now = self._now.router.choose(facts_now, is_test=lead.is_test)
        met = self._met.get((before.rule, now.rule)) or self._meet(before, now)
        met.count += 1
        if met.changes and len(met.examples) < _MOST_EXAMPLES:
            sketch = tuple(facts_now[fact][0] for fact in _SKETCH if fact in facts_now)
            why = self._why(before, self._now.router.decide(facts_now, is_test=lead.is_test), facts_now)
            met.examples.append(Example(lead=lead_id, sketch=sketch, why=why))
        return bool(met.changes)

    def result(self) -> Comparison:
        """What the leads so far have shown."""
        kinds: dict[tuple[Change, ...], list[tuple[Takeover, _Met]]] = {}
        for (before, now), met in self._met.items():
            kinds.setdefault(met.changes, []).append((Takeover(before=before, now=now, count=met.count), met))
        same = kinds.pop((), [])
        groups = sorted((_group(changes, found) for changes, found in kinds.items()), key=_largest_first)
        return Comparison(
            leads=sum(met.count for met in self._met.values()),
            moved=sum(group.count for group in groups),
            groups=tuple(groups),
            loads=_loads(self._met.values()),
            retaken=sum(each.count for each, _ in same if each.before != each.now),
            unused_before=_unused(self._before.rules, (before for before, _ in self._met)),
            unused_now=_unused(self._now.rules, (now for _, now in self._met)),
        )

    def _meet(self, before: Decision, now: Decision) -> _Met:
        owners = _owner(before.then), _owner(now.then)
        met = self._met[before.rule, now.rule] = _Met(changes=changes(before.then, now.then), owners=owners)
        return met

    def _why(self, before: Decision, now: Decision, facts: Facts) -> str:
        old = fold(before.rule)
        if old == fold(now.rule):
            return ""
        for tried in self._now.router.explain(facts, now):
            if fold(tried.rule) == old:
                missed = [reason for reason in tried.reasons if not reason.fits]
                return f"“{before.rule}” does not fit any more" + _conditions((r.fact, r.wanted) for r in missed)
        if old not in {fold(rule.name) for rule in self._now.rules}:
            return f"“{before.rule}” is not in the new file" if before.rule else ""
        fitting = [reason for tried in now.tried[-1:] for reason in tried.reasons if reason.fits]
        return f"“{now.rule}” comes first and fits" + _conditions((r.fact, r.wanted) for r in fitting)


def changes(before: Then, now: Then) -> tuple[Change, ...]:
    """What a lead loses and gets when `now` is done with it instead of `before`; () = it goes where it went.

    People count as themselves, however they are reached; what goes to whoever owns the lead follows the owner.
    """
    old, new = _reached(before), _reached(now)
    found = (_change(aspect, old[aspect], new[aspect], before, now) for aspect in Aspect)
    return tuple(change for change in found if change.before or change.now)


def _change(aspect: Aspect, old: tuple[str, ...], new: tuple[str, ...], before: Then, now: Then) -> Change:
    lost = tuple(_named(name, before) for name in old if name not in new)
    gained = tuple(_named(name, now) for name in new if name not in old)
    return Change(
        aspect,
        before=tuple(name for name in lost if name not in gained),
        now=tuple(name for name in gained if name not in lost),
    )


def _named(name: str, then: Then) -> str:
    """Whoever owns the lead by their name, where the rule names a person."""
    return _label(then.owner) if name == _THEIR_OWNER and then.owner else name


def headline(comparison: Comparison) -> str:
    """The whole result in one sentence: "14 of 212 leads move: 9 from Anna to Ben, 5 lose the mail to …."."""
    if not comparison.moved:
        return (
            f"Nothing changes: {_all(comparison.leads)} where {'it goes' if comparison.leads == 1 else 'they go'} now."
        )
    groups = comparison.groups[:_MOST_IN_HEADLINE]
    parts = [f"{group.count:,} {_briefly(group)}" for group in groups]
    others = len(comparison.groups) - len(groups)
    if others:
        left = comparison.moved - sum(group.count for group in groups)
        parts.append(f"{left:,} in {others} other way{'' if others == 1 else 's'}")
    verb = "moves" if comparison.moved == 1 else "move"
    leads = "lead" if comparison.leads == 1 else "leads"
    return f"{comparison.moved:,} of {comparison.leads:,} {leads} {verb}: {', '.join(parts)}."


def in_words(what: Sequence[Change], count: int) -> str:
    """Changes as they follow a number of leads: "from Anna to Ben and lose the mail to x@example.com"."""
    return _joined([_in_words(change, count) for change in what])


def _briefly(group: Group) -> str:
    if len(group.changes) <= _MOST_CHANGES_IN_HEADLINE:
        return in_words(group.changes, group.count)
    return f"{in_words(group.changes[:1], group.count)} and more"


def _in_words(change: Change, count: int) -> str:
    lost, gained = _joined(change.before), _joined(change.now)
    one, many = _PHRASES[change.aspect][(bool(lost), bool(gained))]
    return (one if count == 1 else many).format(lost=lost, gained=gained)


_Phrases = dict[tuple[bool, bool], tuple[str, str]]

#: (something is lost, something is gained) -> (of one lead, of several)
_PHRASES: dict[Aspect, _Phrases] = {
    Aspect.OWNER: {(True, True): ("from {lost} to {gained}",) * 2},
    Aspect.POST: {
        (True, True): ("from {lost} to {gained}",) * 2,
        (True, False): ("leaves {lost}", "leave {lost}"),
        (False, True): ("appears in {gained}", "appear in {gained}"),
    },
    Aspect.DIRECT: {
        (True, True): (
            "goes as a direct message to {gained} instead of {lost}",
            "go as a direct message to {gained} instead of {lost}",
        ),
        (True, False): ("loses the direct message to {lost}", "lose the direct message to {lost}"),
        (False, True): ("gets a direct message to {gained}", "get a direct message to {gained}"),
    },
    Aspect.MAIL: {
        (True, True): ("is mailed to {gained} instead of {lost}", "are mailed to {gained} instead of {lost}"),
        (True, False): ("loses the mail to {lost}", "lose the mail to {lost}"),
        (False, True): ("gets a mail to {gained}", "get a mail to {gained}"),
    },
    Aspect.DIGEST: {
        (True, True): (
            "is listed in the digest {gained} instead of {lost}",
            "are listed in the digest {gained} instead of {lost}",
        ),
        (True, False): ("leaves the digest {lost}", "leave the digest {lost}"),
        (False, True): ("is listed in the digest {gained}", "are listed in the digest {gained}"),
    },
    Aspect.ESCALATION: {
        (True, True): ("is escalated by {gained} instead of {lost}", "are escalated by {gained} instead of {lost}"),
        (True, False): ("loses the escalation {lost}", "lose the escalation {lost}"),
        (False, True): ("gets the escalation {gained}", "get the escalation {gained}"),
    },
    Aspect.TEMPLATE: {
        (True, True): (
            "uses the template {gained} instead of {lost}",
            "use the template {gained} instead of {lost}",
        ),
    },
}


def _reached(then: Then) -> dict[Aspect, tuple[str, ...]]:
    posts = tuple(target.address for target in then.post if not target.person)
    direct = tuple(_person(then, target.person) for target in then.post if target.person)
    mails = tuple(_person(then, target.person) if target.person else target.address.lower() for target in then.email)
    return {
        Aspect.OWNER: (_owner(then),),
        Aspect.POST: posts,
        Aspect.DIRECT: direct,
        Aspect.MAIL: (*mails, *((_THEIR_OWNER,) if then.mails_owner else ())),
        Aspect.DIGEST: (then.digest,) if then.digest else (),
        Aspect.ESCALATION: (then.escalate,) if then.escalate else (),
        Aspect.TEMPLATE: (then.template,),
    }


def _owner(then: Then) -> str:
    if then.team:
        return f"the team {then.team}"
    return _label(then.owner) if then.owner else _NOBODY


def _person(then: Then, name: str) -> str:
    return _THEIR_OWNER if name == then.owner else _label(name)


def _label(name: str) -> str:
    return name[:1].upper() + name[1:]


def _group(what: tuple[Change, ...], found: list[tuple[Takeover, _Met]]) -> Group:
    found = sorted(found, key=lambda each: -each[0].count)
    by_turns = chain.from_iterable(zip_longest(*(met.examples for _, met in found)))  # first one of each pair of rules
    return Group(
        changes=what,
        count=sum(takeover.count for takeover, _ in found),
        rules=tuple(takeover for takeover, _ in found),
        examples=tuple(example for example in by_turns if example is not None)[:_MOST_EXAMPLES],
    )


def _largest_first(group: Group) -> tuple[int, str]:
    return -group.count, in_words(group.changes, group.count)


def _loads(found: Iterable[_Met]) -> tuple[Load, ...]:
    before: Counter[str] = Counter()
    now: Counter[str] = Counter()
    for met in found:
        before[met.owners[0]] += met.count
        now[met.owners[1]] += met.count
    owners = [owner for owner in before.keys() | now.keys() if before[owner] != now[owner]]
    loads = [Load(owner=owner, before=before[owner], now=now[owner]) for owner in owners]
    return tuple(sorted(loads, key=lambda load: (-max(load.before, load.now), load.owner)))


def _untouched(before: Sequence[Rule], now: Sequence[Rule]) -> frozenset[str]:
    """The rules at the top that are the same in both files: whatever one of them takes, it takes in both."""
    pairs = takewhile(lambda pair: _meaning(pair[0]) == _meaning(pair[1]), zip(before, now, strict=False))
    return frozenset(rule.name for rule, _ in pairs)


def _meaning(rule: Rule) -> Rule:
    """The rule, wherever in the file it stands."""
    return replace(rule, line=0, conditions=tuple(replace(condition, line=0) for condition in rule.conditions))


def _unused(rules: Sequence[Rule], used: Iterable[str]) -> tuple[str, ...]:
    names = set(used)
    return tuple(rule.name for rule in rules if rule.name not in names)


def _conditions(wanted: Iterable[tuple[str, str]]) -> str:
    parts = [
        f"{fact} “{text if len(text) <= _LONGEST_WANTED else text[:_LONGEST_WANTED] + '…'}”" for fact, text in wanted
    ]
    return f": {_joined(parts)}" if parts else ""


def _joined(parts: Sequence[str]) -> str:
    return " and ".join((", ".join(parts[:-1]), parts[-1])) if len(parts) > 1 else "".join(parts)


def _all(count: int) -> str:
    return "the one lead goes" if count == 1 else f"all {count:,} leads go"
