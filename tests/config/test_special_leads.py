"""Test leads and repeat leads."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.config.model import RepeatLeads
from bot.config.problems import Severity
from tests.config.builders import a_file, good, only_problem, problems_of


def test_test_leads_may_have_a_team_and_count(tmp_path: Path) -> None:
    text = a_file(
        more="teams: {dach: {pick: take turns, members: [anna]}}\n"
        'test_leads: {post: "#tests", owner: dach, sync: nowhere, count_in_reports: yes}\n'
    )

    found = good(tmp_path, text).test_leads

    assert found is not None
    assert (found.then.team, found.then.owner, found.count_in_reports) == ("dach", "", True)
    assert found.then.post[0].address == "#tests"


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("{owner: anna}", "test_leads tells nobody"),
        ("{post: nobody, owner: ana}", 'Did you mean "anna"?'),
        ("{post: nobody, count_in_reports: maybe}", '"maybe" is not yes or no'),
        ("{post: nobody, sync: hubspot}", "sync comes with a later version"),
        ("{post: nobody, email: owner}", '"email" is not a key in test_leads'),
    ],
)
def test_each_slip_of_test_leads_is_named(lines: str, says: str) -> None:
    assert says in str(only_problem(a_file(more=f"test_leads: {lines}\n")))


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (
            "{same_if: email, within: 90 days}",
            RepeatLeads(by_email=True, by_member=False, within=timedelta(days=90)),
        ),
        (
            "{same_if: [linkedin_member], within: 12 h, do: same owner and same thread}",
            RepeatLeads(by_email=False, by_member=True, within=timedelta(hours=12)),
        ),
    ],
)
def test_repeat_leads_are_read(tmp_path: Path, lines: str, found: RepeatLeads) -> None:
    assert good(tmp_path, a_file(more=f"repeat_leads: {lines}\n")).repeat_leads == found


def test_without_the_key_each_lead_is_a_new_one(tmp_path: Path) -> None:
    assert good(tmp_path, a_file()).repeat_leads is None


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("{within: 90 days}", "repeat_leads has no same_if. Add same_if: [email, linkedin_member]."),
        ("{same_if: email}", "repeat_leads has no within. Add within: 90 days."),
        ("{same_if: emial, within: 90 days}", '"emial" does not show who somebody is. Did you mean "email"?'),
        ("{same_if: [], within: 90 days}", "The list is empty"),
        ("{same_if: email, within: 90}", "Write 90 min, 90 h or 90 days."),
        ("{same_if: email, within: 0 days}", "within must be longer than nothing"),
        (
            "{same_if: email, within: 9 days, do: same owner}",
            'do cannot be "same owner". Write same owner and same thread.',
        ),
        ("{same_if: email, within: 9 days, then: x}", '"then" is not a key in repeat_leads'),
    ],
)
def test_each_slip_of_repeat_leads_is_named(lines: str, says: str) -> None:
    problem = only_problem(a_file(more=f"repeat_leads: {lines}\n"))

    assert says in str(problem)
    assert problem.severity is Severity.ERROR


def test_nobody_is_recognised_for_longer_than_they_are_kept() -> None:
    text = a_file(more="repeat_leads: {same_if: email, within: 90 days}\nprivacy: {keep_leads: 30 days}\n")

    problem = only_problem(text)

    assert problem.severity is Severity.WARNING
    assert problem.message == "Nobody is remembered so long: keep_leads (under privacy) erases them sooner"
    assert problem.hint == "Write 30 days, or keep leads for longer."
    assert problems_of(text.replace("within: 90", "within: 30")) == ()
