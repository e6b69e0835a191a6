"""The rules: read from the top, the first that fits is used; a lead becomes a decision and the reason why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from bot.core.conditions import Condition, Reason, matches
from bot.core.delivery import Target
from bot.core.facts import Facts, submit_date
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
    """One rule that was looked at, with each condition's reason; the days of `active` come first."""

    rule: str
    fits: bool
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Where a lead goes and why. `tried` is the rule that was used, () when none fits.

    Decisions that were stored before may have the rules above it too; it is the last.
    """

    rule: str
    then: Then
    tried: tuple[Tried, ...]


#: What decisions call the entry `test_leads:`.
TEST_LEADS = "test_leads"


def decide(facts: Facts, rules: Sequence[Rule], *, test_leads: TestLeads | None, is_test: bool) -> Decision:
    """The first rule that fits, and why. Pure, total, deterministic; bot.core.choosing says the same sooner.

    A test lead goes where `test_leads` says, whatever the rules want; without that entry it is a lead like any other.
    Where no rule fits (the reader of the file refuses such a file), nobody is told: the decision has no rule name.
    """
    if is_test and test_leads is not None:
        return decided_as_test(test_leads)
    for rule in rules:
        tried = try_rule(rule, facts)
        if tried.fits:
            return Decision(rule=rule.name, then=rule.then, tried=(tried,))
    return Decision(rule="", then=Then(), tried=())


def decided_as_test(test_leads: TestLeads) -> Decision:
    """The decision about a test lead where the file says what to do with them."""
    reason = Reason(fact="test", wanted="yes", found="yes", fits=True, why="LinkedIn marks it as a test lead: fits")
    tried = Tried(rule=TEST_LEADS, fits=True, reasons=(reason,))
    return Decision(rule=TEST_LEADS, then=test_leads.then, tried=(tried,))


def explain(facts: Facts, rules: Sequence[Rule], decision: Decision) -> tuple[Tried, ...]:
    """Why the rules above the one that was used did not fit, in order; nothing for a test lead that went its own way.

    Asked about a decision that these rules would not make, it tells of every rule up to the one of that name.
    """
    if decision == decided_as_test(TestLeads(then=decision.then)):
        return ()
    above: list[Tried] = []
    for rule in rules:
        tried = try_rule(rule, facts)
        if tried.fits and rule.name == decision.rule:
            break
        above.append(tried)
    return tuple(above)


def try_rule(rule: Rule, facts: Facts) -> Tried:
    """Look at every condition of one rule, also after the first that fails, so that the reason is complete."""
    reasons = tuple(matches(condition, facts) for condition in rule.conditions)
    fitting = [reason.fits for reason in reasons]
    fits = any(fitting) if rule.match_any and fitting else all(fitting)
    if rule.active is None:
        return Tried(rule=rule.name, fits=fits, reasons=reasons)
    day = submit_date(facts)
    return Tried(
        rule=rule.name,
        fits=fits and is_active(rule.active, day),
        reasons=(_because_of_the_days(rule.active, day), *reasons),
    )


def is_active(active: Days, day: date | None) -> bool:
    """Whether a rule for these days takes a lead submitted on `day`; where that is not known the days are ignored."""
    return day is None or day in active


def _because_of_the_days(active: Days, day: date | None) -> Reason:
    wanted, fits = f"{active.first} to {active.last}", is_active(active, day)
    when = "the day of submitting is not known" if day is None else f"it was submitted on {day}"
    why = f"the rule is for leads submitted {wanted}, {when}: {'fits' if fits else 'does not fit'}"
    return Reason(fact="active", wanted=wanted, found=str(day or ""), fits=fits, why=why)


def decision_to_json(decision: Decision, earlier: Sequence[Tried] = ()) -> dict[str, object]:
    """The shape that `route` and `why` print and the database keeps: JSON values only (contract §4).

    `owner` is the person, or the team that finds one. `tried` tells of the rules above, where explain() gave them.
    `post` and `email` are what a person reads; `targets` is exact, so that decision_from_json gives the same value.
    """
    then, used = decision.then, decision.tried[-1:] if decision.rule else ()
    above = [*decision.tried[: len(decision.tried) - len(used)], *earlier]
    return {
        "rule": decision.rule,
        "owner": then.owner or then.team,
        "post": [target.person or target.address for target in then.post],
        "email": [*(target.address for target in then.email), *(("owner",) if then.mails_owner else ())],
        "template": then.template,
        "conditions": [_reason_to_json(reason) for tried in used for reason in tried.reasons],
        "team": then.team,
        "escalate": then.escalate,
        "digest": then.digest,
        **({"tried": [_tried_to_json(tried) for tried in above]} if above else {}),
        "targets": {
            "post": [_target_to_json(target) for target in then.post],
            "email": [_target_to_json(target) for target in then.email],
            "owner": then.mails_owner,
        },
    }


def decision_from_json(stored: Mapping[str, object]) -> Decision:
    """The decision that decision_to_json wrote, in this version or before there were teams.

    Raises KeyError, TypeError or ValueError for anything else.
    """
    rule, targets = _text(stored["rule"]), _mapping(stored["targets"])
    owner, team = _text(stored["owner"]), _text(stored.get("team", ""))
    then = Then(
        post=tuple(_target_from_json(target) for target in _list(targets["post"])),
        email=tuple(_target_from_json(target) for target in _list(targets["email"])),
        owner="" if owner == team else owner,
        team=team,
        mails_owner=targets.get("owner") is True,
        escalate=_text(stored.get("escalate", "")),
        digest=_text(stored.get("digest", "")),
        template=_text(stored["template"]),
    )
    tried = [_tried_from_json(_mapping(earlier)) for earlier in _list(stored.get("tried", []))]
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
