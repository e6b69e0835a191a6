"""What happens when nobody acts on a lead: the steps of `escalations:` and `follow_up:`, and when each is due. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.core import hours
from bot.core.hours import Schedule


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


class TimerAction(StrEnum):
    """What happens to a lead when a timer is due."""

    REMIND_OWNER = StepAction.REMIND_OWNER.value
    OFFER_TO_TEAM = StepAction.OFFER_TO_TEAM.value
    TELL_MANAGER = StepAction.TELL_MANAGER.value
    GIVE_BACK = StepAction.GIVE_BACK.value
    FIND_OWNER = "find owner"  #: held until somebody is free
    REMIND_CONTACT = "remind to contact"  #: claimed, and nobody pressed Contacted
    TAKE_BACK = "take back"  #: claimed, and nobody pressed Contacted for too long


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """One thing that is to happen to a lead when nobody acts."""

    due_at: datetime
    action: TimerAction
    ways: tuple[str, ...] = ("slack",)  #: destinations of a word to a person


def step_timers(steps: Sequence[Step], start: datetime, schedules: Sequence[Schedule]) -> tuple[Timer, ...]:
    """When each step is due, counted from `start` in the open time of `schedules` (() = always open)."""
    return tuple(
        Timer(
            due_at=_due(step.after, start, () if step.any_time else schedules),
            action=TimerAction(step.action.value),
            ways=step.by,
        )
        for step in steps
    )


def follow_up_timers(follow_up: FollowUp, claimed_at: datetime, schedules: Sequence[Schedule]) -> tuple[Timer, ...]:
    """When a claimed lead is asked after, and when it is taken back."""
    planned = (
        (follow_up.remind_after, TimerAction.REMIND_CONTACT),
        (follow_up.give_back_after, TimerAction.TAKE_BACK),
    )
    return tuple(
        Timer(due_at=_due(after, claimed_at, schedules), action=action)
        for after, action in planned
        if after is not None
    )


def _due(after: timedelta, start: datetime, schedules: Sequence[Schedule]) -> datetime:
    """Where nobody ever opens, time counts as it passes: better a word at night than none."""
    return hours.after_open(schedules, start, after) or start + after


def steps_to_json(steps: Sequence[Step]) -> list[dict[str, object]]:
    """What a lead keeps of the steps it started with: JSON values only."""
    return [
        {
            "after": step.after.total_seconds(),
            "action": step.action.value,
            "by": list(step.by),
            "any_time": step.any_time,
        }
        for step in steps
    ]


def steps_from_json(stored: Sequence[Mapping[str, object]]) -> tuple[Step, ...]:
    """The steps that steps_to_json wrote."""
    return tuple(
        Step(
            after=timedelta(seconds=float(str(step["after"]))),
            action=StepAction(str(step["action"])),
            by=tuple(map(str, _list(step["by"]))),
            any_time=step["any_time"] is True,
        )
        for step in stored
    )


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
