"""Who is told: from a channel, a person, a team or an address in the file to the targets of messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.config import values
from bot.config.names import NOBODY, Channels
from bot.config.nodes import Node, Scalar
from bot.config.problems import did_you_mean, is_close, quoted
from bot.config.reading import Reading
from bot.core.delivery import Target
from bot.core.people import People, Person, Team

_ADD_EMAIL = "Add email: under people."


def read_post(reading: Reading, node: Node | None, people: People, channels: Channels) -> tuple[Target, ...]:
    """`post:` of a rule, of test leads or of a digest; () for nobody."""
    items = reading.scalars(node, "a channel, a person or nobody")
    if any(reading.value_of(item) == NOBODY for item in items):
        if len(items) > 1:
            reading.error(items[0], "nobody cannot stand together with others", "Remove nobody, or all the others.")
        return ()
    targets = [_post_target(reading, item, people) for item in items]
    if targets:
        channels.note_post(items[0].place)
    return tuple(dict.fromkeys(target for target in targets if target is not None))


def is_nobody(reading: Reading, node: Node | None) -> bool:
    """Whether `nobody` alone stands here."""
    return isinstance(node, Scalar) and reading.value_of(node) == NOBODY


def _post_target(reading: Reading, node: Scalar, people: People) -> Target | None:
    text = reading.value_of(node)
    if values.channel(text):
        return Target(destination="slack", address=text)
    person = people.get(text)
    if person is None:
        _explain_no_target(reading, node, people)
    elif not person.slack:
        reading.error(node, f"{person.name} has no slack, so nothing can be posted to them", "Add slack: under people.")
    else:
        return Target(destination="slack", address=person.slack, person=person.name)
    return None


def _explain_no_target(reading: Reading, node: Scalar, people: People) -> None:
    text = reading.value_of(node)
    if text.startswith("#"):
        hint = "Slack's channel names are small letters, digits, - and _, such as #leads-dach."
        reading.error(node, f"{quoted(node.text)} cannot be a channel", hint)
    elif values.mail_address(text):
        reading.error(node, f"{quoted(node.text)} is a mail address", f"Write it under email: {node.text}.")
    elif text in people.teams:
        hint = f"Name a channel, or the persons: [{', '.join(people.teams[text].members)}]."
        reading.error(node, f"{text} is a team, and a team has no place in Slack", hint)
    elif text.lower() in {NOBODY, "none", "no one", "no-one", "nowhere"}:
        reading.error(node, f"There is no person called {quoted(node.text)}", f'Did you mean "{NOBODY}"?')
    else:
        close = did_you_mean(text, people.by_name) if is_close(text, people.by_name) else ""
        channel = values.channel(f"#{node.text.strip().lower()}") or "#leads"
        hint = close or f'A channel is written "{channel}", a person must stand under people.'
        reading.error(node, f"There is no person called {quoted(node.text)}", hint)


def read_person(reading: Reading, node: Scalar, people: People, key: str) -> Person | Team | None:
    """The person or team that a value names, for `owner:` and `email:`; None for nobody and for unknown names."""
    name = reading.value_of(node)
    if name.startswith("#"):
        reading.error(node, f"{key} cannot be a channel", "Name a person, a team, or nobody.")
        return None
    found = people.get(name) or people.teams.get(name)
    if found is None and name != NOBODY:
        known = [*people.by_name, *people.teams]
        kind = "person and no team" if people.teams else "person"
        hint = did_you_mean(name, [*known, NOBODY]) or "Add it under people or teams."
        reading.error(node, f"There is no {kind} called {quoted(node.text)}", hint)
    return found


class Mails:
    """`email:` of a rule: each mailbox once, a person's known as theirs; and whether it names the team's owner."""

    def __init__(self, reading: Reading, people: People, owner: Person | Team | None) -> None:
        self._reading = reading
        self._people = people
        self._owner = owner
        self._targets: dict[str, Target] = {}
        self.mails_owner = False  #: `email: owner` where a team finds the owner

    def read(self, node: Node | None, channels: Channels) -> tuple[Target, ...]:
        """Every address that is mailed whoever gets the lead; () for nobody."""
        items = self._reading.scalars(node, "an address, a person, a team or owner")
        if [self._reading.value_of(item) for item in items] == [NOBODY]:
            return ()
        for item in items:
            channels.note_mail(item.place)
            self._take(item)
        return tuple(self._targets.values())

    def _take(self, node: Scalar) -> None:
        text = self._reading.value_of(node)
        if text == "owner":
            self._take_owner(node)
        elif "@" in text:
            self._take_address(node, text)
        elif text == NOBODY:
            self._reading.error(node, "nobody cannot stand together with others", "Remove it, or all the others.")
        else:
            found = read_person(self._reading, node, self._people, "email")
            if isinstance(found, Team):
                self._take_team(node, found)
            elif found is not None:
                self._take_person(node, found)

    def _take_owner(self, node: Scalar) -> None:
        if self._owner is None:
            hint = "Name an owner, or write an address or a person here."
            self._reading.error(node, "email: owner needs an owner, and this rule has none", hint)
        elif isinstance(self._owner, Person):
            self._take_person(node, self._owner)
        else:
            self.mails_owner = True
            for person in _without_email(self._owner, self._people):
                what = f"{person.name} of {self._owner.name} has no email, so as owner they would get no mail"
                self._reading.error(node, what, _ADD_EMAIL)

    def _take_address(self, node: Scalar, text: str) -> None:
        if values.mail_address(text) is None:
            self._reading.error(node, f"{quoted(node.text)} is not an e-mail address")
            return
        known = next((one for one in self._people.by_name.values() if one.email.lower() == text.lower()), None)
        self._add(text, known.name if known else "")

    def _take_person(self, node: Scalar, person: Person) -> None:
        if not person.email:
            self._reading.error(node, f"{person.name} has no email, so nothing can be mailed to them", _ADD_EMAIL)
        else:
            self._add(person.email, person.name)

    def _take_team(self, node: Scalar, team: Team) -> None:
        for person in _without_email(team, self._people):
            self._reading.error(node, f"{person.name} of {team.name} has no email", _ADD_EMAIL)
        for person in _people_of(team, self._people):
            if person.email:
                self._add(person.email, person.name)

    def _add(self, address: str, person: str) -> None:
        if address.lower() not in self._targets or person:
            self._targets[address.lower()] = Target(destination="email", address=address, person=person)


def _people_of(team: Team, people: People) -> Sequence[Person]:
    return [people.by_name[name] for name in team.members]


def _without_email(team: Team, people: People) -> Iterable[Person]:
    return [person for person in _people_of(team, people) if not person.email]
