"""Escalations and follow-up: what is written, what is meant, and whether somebody is reached."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.config.problems import Problem, Severity
from bot.core.escalation import FollowUp, Step, StepAction
from tests.config.builders import EMAIL, SLACK, a_file, a_rule, good, only_problem, problems_of

PEOPLE = """\
people:
  anna: {slack: U0ANNA, email: anna@example.com}
  ben: {slack: U0BEN}
  carl: {email: carl@example.com}
  dora: {slack: U0DORA, email: dora@example.com}
"""
TEAMS = """\
teams:
  dach: {pick: take turns, members: [anna], manager: dora}
  loose: {pick: first to claim, members: [anna, ben]}
"""


def escalating(steps: str, *, owner: str = "dach", teams: str = TEAMS, slack: str = SLACK, email: str = EMAIL) -> str:
    """A file whose only rule escalates so."""
    rules = f'rules: [{{name: All, post: "#leads", escalate: hot, owner: {owner}}}]\n'
    return a_file(people=PEOPLE, rules=rules, slack=slack, email=email, more=f"{teams}escalations:\n  hot: {steps}\n")


def said(text: str) -> list[str]:
    return [f"{problem.message}. {problem.hint}" for problem in problems_of(text)]


def place(text: str, piece: str, after: str = "escalations:") -> tuple[int, int]:
    start = text.index(piece, text.index(after))
    return text[:start].count("\n") + 1, start - text.rindex("\n", 0, start)


def test_steps_are_read_and_stand_by_their_time(tmp_path: Path) -> None:
    text = escalating(
        "[{after: 30 min, do: Tell  manager, by: [slack, email], any_time: yes}, {after: 90 s, do: remind owner},"
        " {after: 2 h, do: offer to team}, {after: 1.5 days, do: give back to rotation}]"
    )

    steps = good(tmp_path, text).escalations["hot"].steps

    assert steps == (
        Step(after=timedelta(seconds=90), action=StepAction.REMIND_OWNER),
        Step(after=timedelta(minutes=30), action=StepAction.TELL_MANAGER, by=("slack", "email"), any_time=True),
        Step(after=timedelta(hours=2), action=StepAction.OFFER_TO_TEAM),
        Step(after=timedelta(hours=36), action=StepAction.GIVE_BACK),
    )


def test_without_slack_people_are_told_by_mail(tmp_path: Path) -> None:
    text = escalating("[{after: 5 min, do: remind owner}]", slack="").replace('post: "#leads"', "email: owner")

    assert good(tmp_path, text).escalations["hot"].steps[0].by == ("email",)


@pytest.mark.parametrize(
    ("steps", "at", "says"),
    [
        ("[{after: 5, do: remind owner}]", "5", '"5" is not a time with its unit (s, min, h, days)'),
        ("[{after: 5, do: remind owner}]", "5", "Write 5 min, 5 h or 5 days."),
        ("[{after: 5 minutes, do: remind owner}]", "5 min", "Write 5 min."),
        ("[{after: 2d, do: remind owner}]", "2d", "Write 2 days."),
        ("[{after: 2 weeks, do: remind owner}]", "2 weeks", '"2 weeks" is not a time with its unit'),
        (
            "[{after: 5 min, do: remind the owner}]",
            "remind",
            'do cannot be "remind the owner". Did you mean "remind owner"?',
        ),
        ("[{after: 5 min, do: shout}]", "shout", "Known here: give back to rotation, offer to team, remind owner"),
        ("[{after: 5 min}]", "{after", "This step has no do. A step is written - {after: 15 min, do: remind owner}."),
        ("[{do: remind owner}]", "{do", "This step has no after."),
        ("[remind owner]", "remind", "A step must be a group with after and do."),
        ("{after: 5 min, do: remind owner}", "{after", "hot must be a list of steps."),
        ("[]", "[]", "hot must be a list of steps."),
        ("[{after: 5 min, do: remind owner, by: [sms]}]", "sms", 'Nobody can be told by "sms"'),
        ("[{after: 5 min, do: remind owner, any_time: always}]", "always", '"always" is not yes or no'),
        ("[{after: 5 min, do: remind owner, who: ben}]", "who", '"who" is not a key in escalations'),
        (
            "[{after: 5 min, do: remind owner}, {after: 300 s, do: remind owner}]",
            "{after: 300",
            "This step stands twice: see line",
        ),
    ],
)
def test_each_mistake_is_named_at_its_place(steps: str, at: str, says: str) -> None:
    text = escalating(steps)

    problem = only_problem(text)

    assert says in str(problem)
    assert problem.severity is Severity.ERROR
    assert (problem.line, problem.column) == place(text, at, "hot: ")


def test_the_same_step_at_two_times_is_fine() -> None:
    assert said(escalating("[{after: 5 min, do: remind owner}, {after: 15 min, do: remind owner}]")) == []


def test_by_means_nothing_where_the_card_speaks() -> None:
    problem = only_problem(escalating("[{after: 5 min, do: offer to team, by: slack}]"))

    assert problem.severity is Severity.WARNING
    assert problem.message == "by means nothing here: “offer to team” speaks in the card's own channel"


# ── whether a step reaches somebody ──


def test_a_manager_whom_nobody_named_is_a_warning() -> None:
    text = escalating("[{after: 5 min, do: tell manager}]", owner="loose")

    problem = only_problem(text)

    assert problem.severity is Severity.WARNING
    assert problem.message == "“hot” tells the manager, but leads of loose have none"
    assert problem.hint == "Add manager: under teams, or managers: under slack."
    assert (problem.line, problem.column) == place(text, "hot", "rules:")


def test_the_managers_of_all_step_in_for_a_team_without_one() -> None:
    text = escalating("[{after: 5 min, do: tell manager}]", owner="loose", slack=f"{SLACK}  managers: [dora]\n")

    assert said(text) == []


@pytest.mark.parametrize(
    ("manager", "by", "says"),
    [
        ("ben", "email", "This step tells ben by email, but ben has no email. Add email: under people"),
        ("ben", "[slack, email]", "This step tells ben by email, but ben has no email."),
        ("carl", "slack", "This step tells carl by slack, but carl has no slack."),
    ],
)
def test_a_manager_who_cannot_be_reached_is_an_error_at_the_step(manager: str, by: str, says: str) -> None:
    text = escalating(
        f"[{{after: 5 min, do: tell manager, by: {by}}}]", teams=TEAMS.replace("manager: dora", f"manager: {manager}")
    )

    problem = only_problem(text)

    assert says in str(problem)
    assert problem.severity is Severity.ERROR
    assert problem.line == place(text, "{after")[0]


def test_an_owner_who_is_reminded_by_mail_needs_an_address() -> None:
    for owner in ("loose", "ben"):
        text = escalating("[{after: 5 min, do: remind owner, by: email}]", owner=owner)

        assert "This step tells ben by email, but ben has no email" in only_problem(text).message


def test_an_owner_without_a_team_has_nobody_to_offer_to() -> None:
    text = escalating("[{after: 5 min, do: offer to team}, {after: 1 h, do: give back to rotation}]", owner="dora")

    problem = only_problem(text)

    assert problem.severity is Severity.WARNING
    assert problem.message == ("“hot” would offer it to the team and give it back to the team, but dora is in no team")
    assert problem.hint == "Name dora as a member under teams."


def test_a_persons_team_is_the_one_that_contains_them() -> None:
    assert said(escalating("[{after: 5 min, do: offer to team}, {after: 1 h, do: tell manager}]", owner="anna")) == []


def test_without_an_owner_only_the_managers_can_be_told() -> None:
    slack = f"{SLACK}  managers: [dora]\n"
    idle = only_problem(escalating("[{after: 5 min, do: remind owner}]", owner="nobody", slack=slack))
    half = only_problem(
        escalating("[{after: 5 min, do: remind owner}, {after: 1 h, do: tell manager}]", owner="nobody", slack=slack)
    )

    assert (idle.severity, half.severity) == (Severity.ERROR, Severity.WARNING)
    assert idle.message == "“hot” can do nothing here: this rule has no owner"
    assert half.message == "This rule has no owner, so “remind owner” of “hot” can do nothing here"
    assert said(escalating("[{after: 1 h, do: tell manager}]", owner="nobody", slack=slack)) == []


def test_what_is_wrong_for_many_rules_is_said_once() -> None:
    text = escalating("[{after: 5 min, do: tell manager}]", owner="loose").replace(
        "rules: [", 'rules: [{name: A, when: {company: X}, post: "#leads", owner: loose, escalate: hot}, '
    )

    assert "have none" in only_problem(text).message


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ("escalations:\n  calm: [{after: 5 min, do: remind owner}]\n", "escalate"),
        ("digests:\n  calm: {at: 09:00, post: '#x'}\n", "digest"),
    ],
)
def test_what_no_rule_uses_is_a_warning(more: str, key: str) -> None:
    text = a_file(more=more)
    problem = only_problem(text)

    assert problem.severity is Severity.WARNING
    assert problem.message == 'No rule uses "calm"'
    assert problem.hint == f"Write {key}: calm in a rule, or remove it."
    assert (problem.line, problem.column) == place(text, "calm", more[:6])


def test_a_misspelt_use_is_not_called_unused_as_well() -> None:
    problem = only_problem(escalating("[{after: 5 min, do: remind owner}]").replace("escalate: hot", "escalate: hto"))

    assert problem.message == 'There is no escalation called "hto"'


def test_telling_by_mail_needs_email_in_the_file() -> None:
    problem = only_problem(escalating("[{after: 5 min, do: remind owner, by: email}]", email=""))

    assert "the file has no email:" in problem.message


# ── follow_up ──


def follow_up(lines: str) -> str:
    return a_rule("post: nobody", more=f"follow_up: {lines}\n")


def test_follow_up_is_read_and_may_be_half(tmp_path: Path) -> None:
    whole = good(tmp_path, follow_up("{remind_after: 4 h, give_back_after: 2 days}")).follow_up
    half = good(tmp_path, follow_up("{remind_after: 4 h}")).follow_up

    assert whole == FollowUp(remind_after=timedelta(hours=4), give_back_after=timedelta(days=2))
    assert half == FollowUp(remind_after=timedelta(hours=4))
    assert good(tmp_path, a_file()).follow_up == FollowUp()


@pytest.mark.parametrize(
    ("lines", "severity", "says"),
    [
        ("{remind_after: 4}", Severity.ERROR, "Write 4 min, 4 h or 4 days."),
        ("{remind_after: 0 h}", Severity.ERROR, "remind_after must be longer than nothing"),
        ("{reminder: 4 h}", Severity.ERROR, '"reminder" is not a key in follow_up'),
        ("{remind_after: 2 days, give_back_after: 4 h}", Severity.WARNING, "given back before anybody is reminded"),
    ],
)
def test_each_slip_of_follow_up_is_named(lines: str, severity: Severity, says: str) -> None:
    problem: Problem = only_problem(follow_up(lines))

    assert says in str(problem)
    assert problem.severity is severity
