"""The people and teams of the rule file: who may get a lead, how they are reached, and when they work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.core.hours import Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An entry of `people:`. `slack` is a Slack user id (U…/W…) or the e-mail address they use in Slack."""

    name: str
    slack: str = ""
    email: str = ""
    schedule: Schedule = field(default_factory=Schedule)

    @property
    def label(self) -> str:
        """The name as people see it: the file's name with a capital."""
        return self.name[:1].upper() + self.name[1:]


class Pick(StrEnum):
    """How a team's lead finds its owner."""

    TURNS = "take turns"
    FIRST = "first to claim"


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """An entry of `teams:`. `members` are names under `people:` with their weights, in the order of the file."""

    name: str
    pick: Pick
    members: Mapping[str, int]
    open_leads_limit: int | None = None  #: who owns so many that nobody has contacted is skipped
    manager: str = ""  #: a name under `people:`
    instead: str = ""  #: `if_nobody_is_free`: a person (even when away) or a team; "" = wait for opening hours


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Everybody the file names, the teams, and who the managers of all are."""

    by_name: Mapping[str, Person] = field(default_factory=dict)
    managers: frozenset[str] = frozenset()  #: `slack.managers`
    teams: Mapping[str, Team] = field(default_factory=dict)  #: in the order of the file

    def get(self, name: str) -> Person | None:
        """The person called `name`, if the file (still) knows them."""
        return self.by_name.get(name)

    def team_of(self, person: str) -> Team | None:
        """A person's team: the first listed that contains them."""
        return next((team for team in self.teams.values() if person in team.members), None)

    def teams_of(self, person: str) -> frozenset[str]:
        """Every team that has this person as a member or as its manager."""
        return frozenset(name for name, team in self.teams.items() if person in team.members or person == team.manager)

    def managers_of(self, team: str) -> tuple[str, ...]:
        """Who is told about a team's lead: its manager, else all managers. Sorted; () = nobody."""
        found = self.teams.get(team)
        return (found.manager,) if found is not None and found.manager else tuple(sorted(self.managers))
