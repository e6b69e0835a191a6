"""Teams: members and shares, turns, who steps in; each slip is answered at its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config.problems import Severity
from bot.core.people import Pick, Team
from tests.config.builders import PEOPLE, a_file, good, only_problem, problems_of


def teams(lines: str) -> str:
    body = "".join(f"  {line}\n" for line in lines.splitlines())
    return a_file(more=f"teams:\n{body}")


@pytest.mark.parametrize(
    ("lines", "team"),
    [
        (
            "dach: {pick: take turns, members: {anna: 2, ben: 1}}",
            Team(name="dach", pick=Pick.TURNS, members={"anna": 2, "ben": 1}),
        ),
        ("dach: {pick: take turns, members: anna}", Team(name="dach", pick=Pick.TURNS, members={"anna": 1})),
        (
            "dach: {pick: First To  Claim, members: [anna, ben], if_nobody_is_free: wait for opening hours}",
            Team(name="dach", pick=Pick.FIRST, members={"anna": 1, "ben": 1}),
        ),
        (
            "dach: {pick: take turns, members: [ben], open_leads_limit: 15, manager: carl, if_nobody_is_free: anna}",
            Team(name="dach", pick=Pick.TURNS, members={"ben": 1}, open_leads_limit=15, manager="carl", instead="anna"),
        ),
    ],
)
def test_a_team_is_read(tmp_path: Path, lines: str, team: Team) -> None:
    config = good(tmp_path, teams(lines))

    assert config.people.teams == {"dach": team}
    assert config.warnings == ()


@pytest.mark.parametrize(
    ("lines", "at", "says"),
    [
        ("dach: {pick: take turns, members: [anna, bne]}", "bne", 'no person called "bne". Did you mean "ben"?'),
        ("dach: {pick: take turns, members: {ana: 2}}", "ana", 'Did you mean "anna"?'),
        ("dach: {pick: take turns, members: [anna, anna]}", "anna]", "anna is in this team twice"),
        ("dach: {pick: take turns, members: []}", "[]", "The list is empty, but the members' names"),
        ("dach: {pick: take turns, members: {}}", "{}", "There are no members here. Write {anna: 2, ben: 1}"),
        ("dach: {pick: take turns}", "dach", "dach has no members. Add members: [anna, ben]"),
        ("dach: {members: [anna]}", "dach", "dach has no pick. Add pick: take turns"),
        (
            "dach: {pick: takes turns, members: [anna]}",
            "takes",
            'pick cannot be "takes turns". Did you mean "take turns"',
        ),
        ("dach: {pick: take turns, members: {anna: 0}}", "0}", "anna would never get a lead. Remove anna"),
        (
            "dach: {pick: take turns, members: {anna: 1.5}}",
            "1.5",
            '"1.5" is not a share: a whole number from 1 to 1000',
        ),
        ("dach: {pick: take turns, members: {anna: twice}}", "twice", "is not a share"),
        ("dach: {pick: take turns, members: {anna: 5000}}", "5000", "5000 is not a share"),
        ("dach: {pick: take turns, members: [anna], open_leads_limit: 0}", "0}", "nobody would ever get a lead"),
        ("dach: {pick: take turns, members: [anna], open_leads_limit: few}", "few", "is not a number of leads"),
        ("dach: {pick: take turns, members: [anna], manager: dora}", "dora", 'There is no person called "dora"'),
        (
            "dach: {pick: take turns, members: [anna], if_nobody_is_free: dora}",
            "dora",
            'There is no person and no team called "dora"',
        ),
        (
            "dach: {pick: take turns, members: [anna], if_nobody_is_free: wait for opening hour}",
            "wait",
            'Did you mean "wait for opening hours"?',
        ),
        (
            "dach: {pick: take turns, members: [anna], if_nobody_is_free: dach}",
            "dach}",
            "dach cannot step in for itself. Name a person or another team",
        ),
        ("anna: {pick: take turns, members: [anna]}", "anna:", "anna is a person and a team"),
        ("owner: {pick: take turns, members: [anna]}", "owner:", '"owner" cannot be the name of a team'),
        ("the best: {pick: take turns, members: [anna]}", "the best", "A short name in one word, such as dach."),
        ("dach: {pick: take turns, members: [anna], limit: 3}", "limit", '"limit" is not a key in teams'),
    ],
)
def test_each_mistake_is_named_at_its_place(lines: str, at: str, says: str) -> None:
    text = teams(lines)
    problem = only_problem(text)
    start = text.index(at, text.index("teams:"))

    assert says in str(problem)
    assert problem.severity is Severity.ERROR
    assert (problem.line, problem.column) == (text[:start].count("\n") + 1, start - text.rindex("\n", 0, start))


def test_a_team_that_sends_leads_in_a_circle_is_named_once() -> None:
    text = teams(
        "a: {pick: take turns, members: [anna], if_nobody_is_free: b}\n"
        "b: {pick: take turns, members: [ben], if_nobody_is_free: c}\n"
        "c: {pick: take turns, members: [anna], if_nobody_is_free: b}"
    )

    problem = only_problem(text)

    assert "leads of b would go round for ever: c, b" in problem.message
    assert "wait for opening hours" in problem.hint


def test_a_chain_of_teams_that_ends_is_fine() -> None:
    chain = (
        "a: {pick: take turns, members: [anna], if_nobody_is_free: b}\n"
        "b: {pick: take turns, members: [ben], if_nobody_is_free: anna}"
    )

    assert problems_of(teams(chain)) == ()


def test_a_member_without_slack_is_a_warning() -> None:
    problem = only_problem(teams("dach: {pick: take turns, members: [anna, carl]}"))

    assert problem.severity is Severity.WARNING
    assert problem.message == "carl has no slack, so they cannot press Claim"


def test_somebody_who_steps_in_and_has_no_slack_is_a_warning() -> None:
    problem = only_problem(teams("dach: {pick: take turns, members: [anna], if_nobody_is_free: carl}"))

    assert problem.message == "carl has no slack, so they cannot press Claim"


@pytest.mark.parametrize("more", ["members: {anna: 2, ben: 1}", "members: [anna], open_leads_limit: 3"])
def test_what_only_turns_need_is_a_warning_where_the_first_one_claims(more: str) -> None:
    problem = only_problem(teams(f"dach: {{pick: first to claim, {more}}}"))

    assert problem.severity is Severity.WARNING
    assert "only where a team takes turns" in problem.message


def test_a_team_with_faults_is_not_called_unknown_as_well() -> None:
    text = a_file(
        people=PEOPLE,
        rules='rules: [{name: All, post: "#leads", owner: dach}]\n',
        more="teams: {dach: {pick: take turns, members: [bne]}}\n",
    )

    assert "bne" in only_problem(text).message


def test_a_team_of_people_who_are_always_there_may_wait_for_opening_hours() -> None:
    assert (
        problems_of(teams("dach: {pick: take turns, members: [anna], if_nobody_is_free: wait for opening hours}")) == ()
    )
