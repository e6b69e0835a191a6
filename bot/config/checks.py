"""`checks:`: the promises of the file, held against its own rules; what is not kept, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from bot.config.model import Check, Config
from bot.config.problems import Problem, Severity, did_you_mean
from bot.core.conditions import Reason
from bot.core.delivery import Target
from bot.core.facts import Facts, facts_from_flat, fold, is_test
from bot.core.routing import TEST_LEADS, Decision, Rule, Then, try_rule

#: What `expect:` may speak of, in the order in which failures are told.
EXPECTED = ("rule", "owner", "post", "email", "template", "escalate", "digest")

_NOBODY, _OWNER = "nobody", "owner"
_MOST_REASONS = 3  #: conditions in one sentence
_LONGEST = 60  #: characters of what one condition wants
_MEND = "Mend the rules; or the check, if this is what you want now."


def failed_checks(config: Config, *, file: str = "") -> list[Problem]:
    """An error for each promise that the rules do not keep, at the place of its check, in the order of the file.

    Where another rule than the expected one takes the lead, that alone is told: the rest follows from it. `file` is
    what the problems call the file; without it, its absolute path.
    """
    rules = {fold(rule.name): rule for rule in config.rules}
    found = (problem for check in config.checks for problem in _failures(config, rules, check))
    return [replace(problem, file=file) if file else problem for problem in found]


def _failures(config: Config, rules: dict[str, Rule], check: Check) -> Iterator[Problem]:
    facts = facts_from_flat(check.lead, config.vocabulary)
    decision = config.router.decide(facts, is_test=is_test(facts))
    for key in EXPECTED:
        wanted = check.expect.get(key)
        if wanted is None:
            continue
        said = _of_rule(rules, facts, decision, wanted) if key == "rule" else _of_rest(config, decision, key, wanted)
        if said is not None:
            message, hint = said
            yield _problem(config, check, message, hint)
            if key == "rule":
                return


def _problem(config: Config, check: Check, message: str, hint: str) -> Problem:
    return Problem(
        file=str(config.path),
        line=check.line,
        column=check.column,
        severity=Severity.ERROR,
        message=message,
        hint=hint,
    )


# ── which rule ──


def _of_rule(rules: dict[str, Rule], facts: Facts, decision: Decision, wanted: Sequence[str]) -> tuple[str, str] | None:
    """What is to be said of the rule that takes the lead; None when it is the expected one."""
    name = wanted[0] if wanted else ""
    if fold(name) == fold(decision.rule):
        return None
    if fold(name) == TEST_LEADS:
        return f"Expected {TEST_LEADS}, but “{decision.rule}” takes it: the lead does not say test: yes", _MEND
    expected = rules.get(fold(name))
    if expected is None:
        known = [rule.name for rule in rules.values()]
        return f"There is no rule called “{name}” to expect", did_you_mean(name, known) or _MEND
    return f"Expected rule “{expected.name}”, but {_taker(rules, decision, expected, facts)}", _MEND


def _taker(rules: dict[str, Rule], decision: Decision, expected: Rule, facts: Facts) -> str:
    """Which rule takes the lead instead, and the condition that decided."""
    taker = rules.get(fold(decision.rule))
    if taker is None:
        is_test = decision.rule == TEST_LEADS
        return (
            f"{TEST_LEADS} takes it: it is a test lead" if is_test else f"no rule takes it: {_missed(expected, facts)}"
        )
    order = list(rules)
    if order.index(fold(taker.name)) > order.index(fold(expected.name)):
        return f"“{taker.name}” takes it: {_missed(expected, facts)}"
    return f"“{taker.name}” (line {taker.line}) stands above it and takes it: {_met(decision)}"


def _missed(rule: Rule, facts: Facts) -> str:
    """Why the rule does not take the lead."""
    return _told(reason for reason in try_rule(rule, facts).reasons if not reason.fits)


def _met(decision: Decision) -> str:
    """Why the rule that was used does."""
    reasons = decision.tried[-1].reasons if decision.tried else ()
    return _told(reason for reason in reasons if reason.fits) or "it has no conditions"


def _told(reasons: Iterable[Reason]) -> str:
    told = [f"{one.fact} wanted {_short(one.wanted)}, found {_short(one.found) or 'no answer'}" for one in reasons]
    more = [f"and {len(told) - _MOST_REASONS} more"] if len(told) > _MOST_REASONS else []
    return "; ".join([*told[:_MOST_REASONS], *more])


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


# ── what the rule does ──


def _of_rest(config: Config, decision: Decision, key: str, wanted: Sequence[str]) -> tuple[str, str] | None:
    """What is to be said of the owner, the targets and so on; None when they are as expected."""
    expected = [name for name in wanted if name and fold(name) != _NOBODY]
    then = decision.then
    if _are_the_same(config, then, key, expected):
        return None
    rule = f"“{decision.rule}”" if decision.rule != TEST_LEADS else TEST_LEADS
    found = _listed(_found(then, key))
    message = f"Expected {key} {_listed(expected)}, but {rule} says {key} {found}"
    return f"{message}; it takes the lead: {_met(decision)}", _MEND


def _are_the_same(config: Config, then: Then, key: str, expected: Sequence[str]) -> bool:
    if key in {"post", "email"}:
        addresses = {address for name in expected for address in _addresses(config, then, key, name)}
        found = {target.address.lower() for target in _targets(then, key)}
        return addresses == found | ({_OWNER} if key == "email" and then.mails_owner else set())
    return [fold(name) for name in expected] == [fold(name) for name in _found(then, key)]


def _addresses(config: Config, then: Then, key: str, name: str) -> Iterator[str]:
    """What an expected name stands for: a person and a team are reached where `people:` says."""
    if name == _OWNER:
        name = then.owner if then.owner else name
    team = config.people.teams.get(name)
    for each in team.members if team is not None else (name,):
        person = config.people.get(each)
        reached = (person.slack if key == "post" else person.email) if person is not None else ""
        yield (reached or each).lower()


def _found(then: Then, key: str) -> list[str]:
    """What the rule says, in the words in which a check may expect it."""
    if key in {"post", "email"}:
        names = [target.person or target.address for target in _targets(then, key)]
        return [*names, *([_OWNER] if key == "email" and then.mails_owner else [])]
    single = {
        "owner": then.team or then.owner,
        "template": then.template,
        "escalate": then.escalate,
        "digest": then.digest,
    }
    return [name for name in (single[key],) if name]


def _targets(then: Then, key: str) -> tuple[Target, ...]:
    return then.post if key == "post" else then.email


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or _NOBODY
