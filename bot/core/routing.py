"""The rules: read from the top, the first that fits is used; a lead becomes a decision and the reason why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.core.conditions import Condition, Reason, matches
from bot.core.delivery import Target
from bot.core.facts import Facts
from bot.core.hours import Days


@dataclass(frozen=True, slots=True, kw_only=True)
class Then:
    """What a rule does with a lead that fits."""

    post: tuple[Target, ...] = ()  #: Slack targets; () = nobody
    email: tuple[Target, ...] = ()  #: mail targets, "owner" already resolved where the rule names a person
    owner: str = ""  #: a name under `people:`, "" = nobody, or whoever the team finds
    team: str = ""  #: a name under `teams:` that finds the owner
    mails_owner: bool = False  #: `email: owner` of a team: whoever gets the lead is mailed too
    escalate: str = ""  #: a name under `escalations:`
    digest: str = ""  #: a name under `digests:`: listed there
    template: str = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """An entry of `rules:`."""

    name: str
    line: int
    conditions: tuple[Condition, ...] = ()  #: () = fits every lead
    match_any: bool = False
    active: Days | None = None  #: only for leads submitted on these days, in the file's time zone
    then: Then = field(default_factory=Then)


@dataclass(frozen=True, slots=True, kw_only=True)
class TestLeads:
    """`test_leads:`: where leads with LinkedIn's test flag go instead."""

    __test__ = False  # not a test class, whatever pytest makes of the name
    then: Then
    count_in_reports: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One rule that was looked at, with each condition's reason."""

    rule: str
    fits: bool
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Where a lead goes and why. `tried` ends with the rule that was used."""

    rule: str
    then: Then
    tried: tuple[Tried, ...]


#: What decisions call the entry `test_leads:`.
TEST_LEADS = "test_leads"


def decide(facts: Facts, rules: Sequence[Rule], *, test_leads: TestLeads | None, is_test: bool) -> Decision:
    """The first rule that fits, and why the ones before it did not. Pure, total, deterministic.

    A test lead goes where `test_leads` says, whatever the rules want; without that entry it is a lead like any other.
    Where no rule fits (the reader of the file refuses such a file), nobody is told: the decision has no rule name.
    """
    if is_test and test_leads is not None:
        return Decision(rule=TEST_LEADS, then=test_leads.then, tried=(_because_it_is_a_test(),))
    tried: list[Tried] = []
    for rule in rules:
        tried.append(try_rule(rule, facts))
        if tried[-1].fits:
            return Decision(rule=rule.name, then=rule.then, tried=tuple(tried))
    return Decision(rule="", then=Then(), tried=tuple(tried))


def try_rule(rule: Rule, facts: Facts) -> Tried:
    """Look at every condition of one rule, also after the first that fails, so that the reason is complete."""
    reasons = tuple(matches(condition, facts) for condition in rule.conditions)
    fitting = [reason.fits for reason in reasons]
    fits = any(fitting) if rule.match_any and fitting else all(fitting)
    return Tried(rule=rule.name, fits=fits, reasons=reasons)


def _because_it_is_a_test() -> Tried:
    reason = Reason(fact="test", wanted="yes", found="yes", fits=True, why="LinkedIn marks it as a test lead: fits")
    return Tried(rule=TEST_LEADS, fits=True, reasons=(reason,))


def decision_to_json(decision: Decision) -> dict[str, object]:
    """The shape that `route` and `why` print and the database keeps: JSON values only (contract §4).

    `post` and `email` are what a person reads; `targets` is exact, so that decision_from_json gives the same value.
    """
    chosen = decision.tried[-1] if decision.tried and decision.tried[-1].fits else None
    earlier = decision.tried[:-1] if chosen else decision.tried
    then = decision.then
    return {
        "rule": decision.rule,
        "owner": then.owner,
        "post": [target.person or target.address for target in then.post],
        "email": [target.address for target in then.email],
        "template": then.template,
        "conditions": [_reason_to_json(reason) for reason in chosen.reasons] if chosen else [],
        "tried": [_tried_to_json(tried) for tried in earlier],
        "targets": {
            "post": [_target_to_json(target) for target in then.post],
            "email": [_target_to_json(target) for target in then.email],
        },
    }


def decision_from_json(stored: Mapping[str, object]) -> Decision:
    """The decision that decision_to_json wrote. Raises KeyError, TypeError or ValueError for anything else."""
    rule, targets = _text(stored["rule"]), _mapping(stored["targets"])
    then = Then(
        post=tuple(_target_from_json(target) for target in _list(targets["post"])),
        email=tuple(_target_from_json(target) for target in _list(targets["email"])),
        owner=_text(stored["owner"]),
        template=_text(stored["template"]),
    )
    tried = [_tried_from_json(_mapping(earlier)) for earlier in _list(stored["tried"])]
    if rule:
        tried.append(Tried(rule=rule, fits=True, reasons=_reasons_from_json(stored["conditions"])))
    return Decision(rule=rule, then=then, tried=tuple(tried))


def _reason_to_json(reason: Reason) -> dict[str, object]:
    return {
        "fact": reason.fact,
        "wanted": reason.wanted,
        "found": reason.found,
        "fits": reason.fits,
        "why": reason.why,
    }


def _tried_to_json(tried: Tried) -> dict[str, object]:
    reasons = [_reason_to_json(reason) for reason in tried.reasons]
    return {"rule": tried.rule, "fits": tried.fits, "conditions": reasons}


def _target_to_json(target: Target) -> dict[str, object]:
    return {"destination": target.destination, "address": target.address, "person": target.person}


def _tried_from_json(stored: Mapping[str, object]) -> Tried:
    reasons = _reasons_from_json(stored["conditions"])
    return Tried(rule=_text(stored["rule"]), fits=stored["fits"] is True, reasons=reasons)


def _reasons_from_json(stored: object) -> tuple[Reason, ...]:
    return tuple(_reason_from_json(_mapping(reason)) for reason in _list(stored))


def _reason_from_json(stored: Mapping[str, object]) -> Reason:
    return Reason(
        fact=_text(stored["fact"]),
        wanted=_text(stored["wanted"]),
        found=_text(stored["found"]),
        fits=stored["fits"] is True,
        why=_text(stored["why"]),
    )


def _target_from_json(stored: object) -> Target:
    target = _mapping(stored)
    return Target(
        destination=_text(target["destination"]), address=_text(target["address"]), person=_text(target["person"])
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a text was expected, not {type(value).__name__}")
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError(f"a list was expected, not {type(value).__name__}")
    return value


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError(f"an object was expected, not {type(value).__name__}")
    return value
