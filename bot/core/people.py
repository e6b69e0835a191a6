"""The people of the rule file: who may get a lead, and how they are reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An entry of `people:`. `slack` is a Slack user id (U…/W…) or the e-mail address they use in Slack."""

    name: str
    slack: str = ""
    email: str = ""

    @property
    def label(self) -> str:
        """The name as people see it: the file's name with a capital."""
        return self.name[:1].upper() + self.name[1:]


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Everybody the file names, and which of them are managers."""

    by_name: Mapping[str, Person] = field(default_factory=dict)
    managers: frozenset[str] = frozenset()

    def get(self, name: str) -> Person | None:
        """The person called `name`, if the file (still) knows them."""
        return self.by_name.get(name)
