"""Whether each step of an escalation reaches somebody, whichever owner a rule gives it; and what no rule uses."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass

from bot.config.escalations import Escalations
from bot.config.names import Book
from bot.config.nodes import Mapping, Node, Scalar
from bot.config.reading import Reading
from bot.config.rules import ReadRules
from bot.config.rules.targets import is_nobody
from bot.core.escalation import Escalation, Step, StepAction
from bot.core.people import People
from bot.core.routing import Rule

_TO_A_TEAM = {StepAction.OFFER_TO_TEAM: "offer it to the team", StepAction.GIVE_BACK: "give it back to the team"}


@dataclass(frozen=True, slots=True)
class _Use:
    """Whose leads a rule escalates: a person's, a team's, or nobody's."""

    escalation: Escalation
    owner: str
    team: str

    @property
    def whose(self) -> str:
        """The leads, in words."""
        return f"leads of {self.owner or self.team}" if self.owner or self.team else "leads without an owner"

    def responsible_team(self, people: People) -> str:
        """The team that its steps speak of; "" = there is none."""
        found = people.team_of(self.owner) if self.owner else None
        return self.team or (found.name if found else "")


def check_reach(book: Book, escalations: Escalations, rules: ReadRules) -> None:
    """Say of each step that it would reach nobody. What is wrong with many rules is said once, at the first."""
    uses: dict[_Use, Node] = {}
    for group, rule in rules:
        found = escalations.by_name.get(rule.then.escalate)
        if found is not None and not _is_owner_misread(book.reading, group, rule):
            use = _Use(found, rule.then.owner, rule.then.team)
            uses.setdefault(use, group.get("escalate") or group)
    for use, node in uses.items():
        if use.owner or use.team:
            _check_team(book, node, use)
            _check_owner_is_reached(book, escalations, use)
        else:
            _explain_no_owner(book.reading, node, use)
        _check_manager_is_reached(book, escalations, node, use)


def _is_owner_misread(reading: Reading, group: Mapping, rule: Rule) -> bool:
    """Whether there is an owner that could not be read: that is told already, and whom it meant is not known."""
    owner = group.get("owner")
    return owner is not None and not (rule.then.owner or rule.then.team) and not is_nobody(reading, owner)


def _explain_no_owner(reading: Reading, node: Node, use: _Use) -> None:
    """Of a lead that nobody owns, only the managers can be told."""
    idle = [step.action for step in use.escalation.steps if step.action is not StepAction.TELL_MANAGER]
    hint = "Add owner: with a person or a team."
    if idle and len(idle) == len(use.escalation.steps):
        reading.error(node, f"“{use.escalation.name}” can do nothing here: this rule has no owner", hint)
    elif idle:
        words = _listed(f"“{action}”" for action in dict.fromkeys(idle))
        reading.warn(node, f"This rule has no owner, so {words} of “{use.escalation.name}” can do nothing here", hint)


def _check_team(book: Book, node: Node, use: _Use) -> None:
    words = dict.fromkeys(_TO_A_TEAM[step.action] for step in use.escalation.steps if step.action in _TO_A_TEAM)
    if words and not use.responsible_team(book.names.people):
        what = f"“{use.escalation.name}” would {_listed(words)}, but {use.owner} is in no team"
        book.reading.warn(node, what, f"Name {use.owner} as a member under teams.")


def _check_owner_is_reached(book: Book, escalations: Escalations, use: _Use) -> None:
    people = book.names.people
    team = people.teams.get(use.team)
    owners = (use.owner,) if use.owner else tuple(team.members) if team else ()
    for step in use.escalation.steps:
        if step.action is StepAction.REMIND_OWNER and "email" in step.by:  # without Slack they cannot claim: told above
            _check_addresses(book, escalations, use, step, owners, ways=("email",))


def _check_manager_is_reached(book: Book, escalations: Escalations, node: Node, use: _Use) -> None:
    people = book.names.people
    managers = people.managers_of(use.responsible_team(people))
    for step in use.escalation.steps:
        if step.action is not StepAction.TELL_MANAGER:
            continue
        _check_addresses(book, escalations, use, step, managers, ways=step.by)
        if not managers:
            what = f"“{use.escalation.name}” tells the manager, but {use.whose} have none"
            book.reading.warn(node, what, "Add manager: under teams, or managers: under slack.")


def _check_addresses(
    book: Book, escalations: Escalations, use: _Use, step: Step, names: Iterable[str], *, ways: Iterable[str]
) -> None:
    place = escalations.nodes[use.escalation.name, step]
    for person in (book.names.people.by_name[name] for name in names):
        for way in ways:
            if not (person.slack if way == "slack" else person.email):
                what = f"This step tells {person.name} by {way}, but {person.name} has no {way}"
                book.reading.error(place, what, f"Add {way}: under people, or write by: with another way.")


def warn_of_unused(
    reading: Reading, node: Node | None, known: AnyMapping[str, object], rules: ReadRules, key: str
) -> None:
    """Say which entries of `escalations:` or `digests:` no rule names with `key`."""
    named = {value.text for rule, _ in rules if isinstance(value := rule.get(key), Scalar)}
    if not named <= known.keys():  # a misspelt name may be the missing use, and is an error already
        return
    for entry in reading.entries(node, f"{key}s"):
        if entry.key.text not in named:
            hint = f"Write {key}: {entry.key.text} in a rule, or remove it."
            reading.warn(entry.key, f"No rule uses {reading.as_written(entry.key)}", hint)


def _listed(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
