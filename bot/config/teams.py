"""`teams:`: who is in, how a lead finds its owner, and who steps in when nobody is free."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence as AnySequence

from bot.config import values
from bot.config.audience import check_person_or_team_name
from bot.config.nodes import Entry, Mapping, Node, Scalar
from bot.config.problems import did_you_mean, quoted
from bot.config.reading import Reading, read_choice
from bot.core.people import Person, Pick, Team

#: `if_nobody_is_free` for a lead that is kept until a member's hours begin; also what happens without the key.
WAIT = "wait for opening hours"
TEAM_KEYS = ("pick", "members", "open_leads_limit", "manager", "if_nobody_is_free")
PICKS = {str(pick): pick for pick in Pick}


def read_teams(reading: Reading, node: Node | None, people: AnyMapping[str, Person]) -> dict[str, Team]:
    """`teams:`. A team with faults is there all the same, so that its name is not called unknown as well."""
    entries = reading.entries(node, "teams")
    names = [entry.key.text for entry in entries]
    teams = {entry.key.text: _read_team(reading, entry, people, names) for entry in entries}
    _check_stand_ins(reading, entries, teams)
    return teams


def _read_team(reading: Reading, entry: Entry, people: AnyMapping[str, Person], teams: Collection[str]) -> Team:
    name = entry.key.text
    check_person_or_team_name(reading, entry.key, "team")
    if name in people:
        hint = "A rule could not tell which one owns a lead; choose another name for one of them."
        reading.error(entry.key, f"{name} is a person and a team", hint)
    group = reading.group(entry.value, "teams.*", TEAM_KEYS)
    if "members" not in group:
        reading.error(entry.key, f"{name} has no members", "Add members: [anna, ben], or {anna: 2, ben: 1}.")
    if "pick" not in group:
        reading.error(entry.key, f"{name} has no pick", "Add pick: take turns, or pick: first to claim.")
    pick = read_choice(reading, group.get("pick"), "pick", PICKS) or Pick.TURNS
    if pick is Pick.FIRST:
        _warn_of_what_needs_turns(reading, group)
    return Team(
        name=name,
        pick=pick,
        members=_read_members(reading, group.get("members"), people),
        open_leads_limit=_read_limit(reading, group.get("open_leads_limit")),
        manager=_read_manager(reading, group.get("manager"), people),
        instead=_read_stand_in(reading, group.get("if_nobody_is_free"), people, teams),
    )


def _warn_of_what_needs_turns(reading: Reading, group: AnyMapping[str, Node]) -> None:
    hint = 'Whoever presses Claim first has the lead. Write pick: "take turns", or remove this.'
    if isinstance(group.get("members"), Mapping):
        reading.warn(group["members"], "Shares count only where a team takes turns", hint)
    if "open_leads_limit" in group:
        reading.warn(group["open_leads_limit"], "open_leads_limit counts only where a team takes turns", hint)


def _read_members(reading: Reading, node: Node | None, people: AnyMapping[str, Person]) -> dict[str, int]:
    members: dict[str, int] = {}
    for key, weight in _weighted(reading, node):
        name = reading.one_of(key, people, "person", "people")
        if name is None:
            continue
        if name in members:
            hint = "For more leads than the others write {anna: 2, ben: 1}."
            reading.error(key, f"{name} is in this team twice", hint)
        elif not people[name].slack:
            reading.warn(key, f"{name} has no slack, so they cannot press Claim", "Add slack: under people.")
        members[name] = weight
    return members


def _weighted(reading: Reading, node: Node | None) -> list[tuple[Scalar, int]]:
    """Each member's name with their share, whichever way the members are written."""
    if not isinstance(node, Mapping):
        return [(item, 1) for item in reading.scalars(node, "the members' names")]
    entries = reading.entries(node, "members")
    if not node.entries:
        reading.error(node, "There are no members here", "Write {anna: 2, ben: 1}, or [anna, ben].")
    return [(entry.key, _read_weight(reading, entry)) for entry in entries]


def _read_weight(reading: Reading, entry: Entry) -> int:
    name, what = entry.key.text, "a share: a whole number from 1 to 1000"
    weight = reading.typed(entry.value, values.whole, what)
    if weight == 0:
        hint = f"Remove {name} from the team, or write away: under people for a while."
        reading.error(entry.value, f"With a share of 0 {name} would never get a lead", hint)
    elif weight is not None and weight > 1000:
        reading.error(entry.value, f"{weight} is not {what}", "Two shares to one are {anna: 2, ben: 1}.")
    return weight or 1


def _read_limit(reading: Reading, node: Node | None) -> int | None:
    limit = reading.typed(node, values.whole, "a number of leads, such as 15")
    if node is not None and limit == 0:
        reading.error(node, "With a limit of 0 nobody would ever get a lead", "Write 1 or more, or remove the key.")
    return limit or None


def _read_manager(reading: Reading, node: Node | None, people: AnyMapping[str, Person]) -> str:
    if reading.text(node, "a person's name") is None or not isinstance(node, Scalar):
        return ""
    return reading.one_of(node, people, "person", "people") or ""


def _read_stand_in(reading: Reading, node: Node | None, people: AnyMapping[str, Person], teams: Collection[str]) -> str:
    text = reading.text(node, f"a person, a team, or {WAIT}")
    if text is None or not isinstance(node, Scalar) or values.words(text) == WAIT:
        return ""
    if text in people and not people[text].slack:
        reading.warn(node, f"{text} has no slack, so they cannot press Claim", "Add slack: under people.")
    if text in people or text in teams:
        return text
    hint = did_you_mean(text, [*people, *teams, WAIT]) or f"Name a person or a team, or write {WAIT}."
    reading.error(node, f"There is no person and no team called {quoted(node.text)}", hint)
    return ""


def _check_stand_ins(reading: Reading, entries: AnySequence[Entry], teams: AnyMapping[str, Team]) -> None:
    """Teams must not send a lead round in a circle; each circle is named once, at its first team."""
    nodes = {entry.key.text: entry.value for entry in entries}
    for circle in _circles(teams):
        value = nodes[circle[0]]
        node = value.get("if_nobody_is_free") if isinstance(value, Mapping) else None
        if node is None:
            continue
        if len(circle) == 1:
            hint = f"Name a person or another team, or write {WAIT}."
            reading.error(node, f"{circle[0]} cannot step in for itself", hint)
        else:
            way = ", ".join((*circle[1:], circle[0]))
            hint = f"Let one of them name a person, or write {WAIT}."
            reading.error(node, f"When nobody is free, leads of {circle[0]} would go round for ever: {way}", hint)


def _circles(teams: AnyMapping[str, Team]) -> Iterator[list[str]]:
    """Each circle once, from its first team in the file on. Each team is passed once, however long the ways are."""
    place = {name: number for number, name in enumerate(teams)}
    passed: dict[str, str] = {}  # the team -> where the way began on which it was passed
    for start in teams:
        name, way = start, dict[str, None]()
        while name in teams and name not in passed:
            passed[name] = start
            way[name] = None
            name = teams[name].instead
        if name in way:
            circle = list(way)[list(way).index(name) :]
            first = circle.index(min(circle, key=place.__getitem__))
            yield [*circle[first:], *circle[:first]]
