"""What happens when nobody acts on a lead: the steps of `escalations:` and `follow_up:`, and when each is due. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class StepAction(StrEnum):
    """What a step does."""

    REMIND_OWNER = "remind owner"
    OFFER_TO_TEAM = "offer to team"
    TELL_MANAGER = "tell manager"
    GIVE_BACK = "give back to rotation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of an escalation: so long after the decision, counted in open time, unless `any_time`."""

    after: timedelta
    action: StepAction
    by: tuple[str, ...] = ("slack",)  #: destinations, for a word to a person
    any_time: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """An entry of `escalations:`; steps by their time."""

    name: str
    steps: tuple[Step, ...]

    @property
    def offers(self) -> bool:
        """Whether a step offers the lead to the team: until then only its owner may claim it."""
        return any(step.action is StepAction.OFFER_TO_TEAM for step in self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """`follow_up:`: a claimed lead on which nobody pressed "Contacted", in open time since the claim; None = never."""

    remind_after: timedelta | None = None
    give_back_after: timedelta | None = None
