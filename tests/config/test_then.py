"""Who hears of a lead and who owns it: persons, teams, channels, addresses."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config.problems import Severity
from bot.core.delivery import Target
from bot.core.routing import Then
from tests.config.builders import a_file, a_rule, good, only_problem, problems_of

TEAMS = """\
teams:
  both: {pick: take turns, members: [anna, ben]}
  solo: {pick: first to claim, members: [anna]}
"""
DIGESTS = 'digests: {daily: {at: "09:00", post: "#list"}}\n'
ANNA = Target(destination="email", address="anna@example.com", person="anna")


def then_of(folder: Path, lines: str) -> Then:
    return good(folder, a_rule(lines, more=TEAMS)).rules[0].then


def test_a_person_owns_and_is_mailed(tmp_path: Path) -> None:
    then = then_of(tmp_path, 'post: "#x"\nowner: anna\nemail: [owner, ANNA@example.com, x@y.example]')

    assert (then.owner, then.team, then.mails_owner) == ("anna", "", False)
    assert then.email == (
        Target(destination="email", address="ANNA@example.com", person="anna"),
        Target(destination="email", address="x@y.example"),
    )


def test_a_team_owns_and_whoever_gets_the_lead_is_mailed(tmp_path: Path) -> None:
    then = then_of(tmp_path, 'post: "#x"\nowner: solo\nemail: [owner, anna]')

    assert (then.owner, then.team, then.mails_owner, then.email) == ("", "solo", True, (ANNA,))


def test_a_team_is_mailed_at_each_of_its_members(tmp_path: Path) -> None:
    assert then_of(tmp_path, 'post: "#x"\nemail: [solo, list@example.com]').email == (
        ANNA,
        Target(destination="email", address="list@example.com"),
    )


@pytest.mark.parametrize(
    ("lines", "at", "says"),
    [
        (
            "post: both",
            "both\n",
            "both is a team, and a team has no place in Slack. Name a channel, or the persons: [anna",
        ),
        ('post: "#x"\nowner: bott', "bott", 'There is no person and no team called "bott". Did you mean "both"?'),
        ('post: "#x"\nowner: both\nemail: owner', "owner\n", "ben of both has no email, so as owner they would get no"),
        ('post: "#x"\nemail: both', "both", "ben of both has no email"),
        ('post: "#x"\nemail: [nobody, anna]', "nobody", "nobody cannot stand together with others"),
        ('post: "#x"\nemail: owner', "owner\n", "email: owner needs an owner, and this rule has none"),
        ('post: "#x"\nowner: nobody\nemail: owner', "owner\n", "email: owner needs an owner, and this rule has none"),
        ("post: nobody\nowner: solo", "nobody", "solo would own the lead and never hear of it"),
        ("post: nobody\nemail: nobody\nowner: anna", "nobody", "anna would own the lead and never hear of it"),
        ("post: nobody\nowner: anna\ndigest: daily", "nobody", "anna would own the lead and never hear of it"),
        ("owner: anna\ndigest: daily", "anna", "anna would own the lead and never hear of it"),
        ('post: "#x"\ndigest: dayli', "dayli", 'There is no digest called "dayli". Did you mean "daily"?'),
        ('post: "#x"\nescalate: hot', "hot", 'There is no escalation called "hot". Add it under escalations.'),
        ("owner: anna", "name: First", "This rule tells nobody. Add post:"),
    ],
)
def test_each_mistake_is_named_at_its_line(lines: str, at: str, says: str) -> None:
    uses = "rules:\n  - {name: Listed, when: {company: Other}, digest: daily}\n"
    text = a_rule(lines, more=TEAMS + DIGESTS).replace("rules:\n", uses)

    problem = only_problem(text)

    assert says in str(problem)
    assert problem.severity is Severity.ERROR
    assert problem.line == text[: text.index(at, text.index("name: First"))].count("\n") + 1


@pytest.mark.parametrize(
    "lines",
    [
        'post: "#x"\nowner: solo\nemail: owner',
        "post: nobody\nowner: solo\nemail: owner",
        "post: nobody\ndigest: daily",
        "digest: daily",
        'post: "#x"\ndigest: daily\nowner: both',
        "post: [anna, ben]\nowner: nobody",
    ],
)
def test_what_reaches_somebody_is_fine(lines: str) -> None:
    digests = DIGESTS if "digest" in lines else ""

    assert problems_of(a_rule(lines, more=TEAMS + digests)) == ()


def test_a_digest_posts_to_slack_and_an_address_needs_mail() -> None:
    text = a_file(slack="", rules="rules: [{name: All, digest: daily}]\n", more=DIGESTS)

    assert "the file has no slack:" in only_problem(text).message
