"""The rules: read from the top, the first that fits is used; a lead becomes a decision and the reason why."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.core.conditions import Condition, Reason
from bot.core.delivery import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Then:
    """What a rule does with a lead that fits."""

    post: tuple[Target, ...] = ()  #: Slack targets; () = nobody
    email: tuple[Target, ...] = ()  #: mail targets, "owner" already resolved to the person's address
    owner: str = ""  #: a name under `people:`, "" = nobody
    template: str = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """An entry of `rules:`."""

    name: str
    line: int
    conditions: tuple[Condition, ...] = ()  #: () = fits every lead
    match_any: bool = False
    then: Then = field(default_factory=Then)


@dataclass(frozen=True, slots=True, kw_only=True)
class TestLeads:
    """`test_leads:`: where leads with LinkedIn's test flag go instead."""

    __test__ = False  # not a test class, whatever pytest makes of the name
    then: Then


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
