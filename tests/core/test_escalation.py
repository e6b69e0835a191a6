"""When each step of an escalation is due, and what a lead keeps of the steps it started with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.escalation import (
    Escalation,
    FollowUp,
    Step,
    StepAction,
    TimerAction,
    follow_up_timers,
    step_timers,
    steps_from_json,
    steps_to_json,
)
from bot.core.hours import Hours, Schedule, Span

OFFICE = Schedule(hours=Hours(name="o", timezone="Europe/Berlin", week=((Span(540, 1080),),) * 5 + ((), ())))
NEVER = Schedule(hours=Hours(name="n", timezone="UTC", week=((),) * 7))
FRIDAY = datetime(2026, 11, 27, 16, 50, tzinfo=UTC)  # 17:50 in Berlin
MONDAY = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)  # 09:00 there


def step(minutes: float, action: StepAction = StepAction.REMIND_OWNER, *, any_time: bool = False) -> Step:
    return Step(after=timedelta(minutes=minutes), action=action, any_time=any_time)


@pytest.mark.parametrize(
    ("a_step", "schedules", "due"),
    [
        (step(5), (OFFICE,), FRIDAY + timedelta(minutes=5)),
        (step(15), (OFFICE,), MONDAY + timedelta(minutes=5)),
        (step(15), (), FRIDAY + timedelta(minutes=15)),
        (step(15, any_time=True), (OFFICE,), FRIDAY + timedelta(minutes=15)),
        (step(15), (OFFICE, Schedule()), FRIDAY + timedelta(minutes=15)),
        (step(15), (NEVER,), FRIDAY + timedelta(minutes=15)),  # better at night than never
        (step(0), (OFFICE,), FRIDAY),
    ],
)
def test_a_step_is_due_after_so_much_open_time(a_step: Step, schedules: tuple[Schedule, ...], due: datetime) -> None:
    (timer,) = step_timers([a_step], FRIDAY, schedules)

    assert timer.due_at == due


@pytest.mark.parametrize(
    ("follow_up", "due"),
    [
        (FollowUp(), []),
        (FollowUp(remind_after=timedelta(hours=4)), [(TimerAction.REMIND_CONTACT, 4)]),
        (FollowUp(give_back_after=timedelta(days=2)), [(TimerAction.TAKE_BACK, 48)]),
    ],
)
def test_a_claimed_lead_is_asked_after_and_taken_back(follow_up: FollowUp, due: list[tuple[TimerAction, int]]) -> None:
    timers = follow_up_timers(follow_up, FRIDAY, ())

    assert [(each.action, (each.due_at - FRIDAY) / timedelta(hours=1)) for each in timers] == due


def test_only_an_escalation_with_an_offer_keeps_a_lead_for_its_owner() -> None:
    assert Escalation(name="a", steps=(step(1), step(2, StepAction.OFFER_TO_TEAM))).offers
    assert not Escalation(name="b", steps=(step(1), step(2, StepAction.GIVE_BACK))).offers


def test_every_action_of_a_step_is_one_of_a_timer() -> None:
    assert {action.value for action in StepAction} <= {action.value for action in TimerAction}


_steps = st.builds(
    Step,
    after=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=400)).map(
        lambda span: timedelta(seconds=int(span.total_seconds()))
    ),
    action=st.sampled_from(StepAction),
    by=st.lists(st.sampled_from(["slack", "email"]), min_size=1, unique=True).map(tuple),
    any_time=st.booleans(),
)


@given(st.lists(_steps, max_size=6).map(tuple))
def test_a_lead_keeps_its_steps_as_they_are(steps: tuple[Step, ...]) -> None:
    assert steps_from_json(steps_to_json(steps)) == steps
