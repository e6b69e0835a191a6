"""No key of the full language is ignored in silence, whichever version of the program reads the file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from bot.config.model import Digest, RepeatLeads
from bot.config.not_yet import NOT_YET, Answer
from bot.core.delivery import Target
from bot.core.escalation import FollowUp, Step, StepAction
from bot.core.hours import Days, Schedule
from bot.core.people import Pick, Team
from tests.config.builders import (
    FULL_LANGUAGE,
    SHIPPED,
    a_file,
    a_rule,
    good,
    line_of,
    only_problem,
    problems_of,
    what_works,
)

FULL = FULL_LANGUAGE.read_text(encoding="utf-8")
#: Groups whose keys are anybody's names.
FREE = {
    *("names.forms", "names.campaigns", "fields", "templates"),
    *("people", "sources", "hours", "teams", "escalations", "digests", "teams.dach.members"),
}


def keys(node: yaml.Node | None, path: str = "") -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
    """Every key of the file: its path, its node and its value's node."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = f"{path}.{key.value}".lstrip(".")
            yield here, key, value
            yield from keys(value, here)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield from keys(value, f"{path}.{number}")


def pattern(path: str) -> str:
    parts = path.split(".")
    if len(parts) > 1 and parts[0] in {"people", "rules", "sources"}:
        parts[1] = "*"
    return ".".join(parts)


def is_refused_above(path: str) -> bool:
    parts = pattern(path).split(".")
    above = [".".join(parts[:length]) for length in range(1, len(parts))]
    return any(name in NOT_YET and NOT_YET[name].answer is Answer.REFUSED for name in above)


ALL_KEYS = [
    (path, key, value)
    for path, key, value in keys(yaml.compose(FULL, Loader=yaml.CSafeLoader))
    if not is_refused_above(path)
]


@pytest.mark.parametrize(("path", "key", "value"), ALL_KEYS, ids=[path for path, _, _ in ALL_KEYS])
def test_every_key_is_answered_by_the_table_or_read_with_care(path: str, key: yaml.Node, value: yaml.Node) -> None:
    line = key.start_mark.line + 1
    table = NOT_YET.get(pattern(path))

    if table is None:
        broken = FULL[: value.start_mark.index] + "{zz: {zz: [zz]}}" + FULL[value.end_mark.index :]
        assert set(map(str, problems_of(broken))) != set(map(str, problems_of(FULL))), f"{path} is ignored"
    elif table.answer is Answer.REFUSED and not table.harmless:
        assert any(problem.line == line and problem.severity == "error" for problem in problems_of(FULL)), path


@pytest.mark.parametrize(("path", "key", "value"), ALL_KEYS, ids=[path for path, _, _ in ALL_KEYS])
def test_every_misspelt_key_is_found(path: str, key: yaml.Node, value: yaml.Node) -> None:
    parent = path.rpartition(".")[0]
    if parent in FREE:
        return
    at = key.start_mark.index

    found = problems_of(FULL[:at] + "zzz" + FULL[at:])

    assert any(problem.line == key.start_mark.line + 1 and "zzz" in problem.message for problem in found), path


def test_the_example_has_no_other_problem_than_what_comes_later() -> None:
    for problem in problems_of(FULL):
        assert "comes with a later version" in problem.message or "no mail server is set" in problem.message


def test_the_example_without_what_comes_later_can_be_used_and_keeps_its_own_checks(tmp_path: Path) -> None:
    config = good(tmp_path, what_works(FULL), {"SMTP_URL": "smtp://mail.example:587"})

    assert config.warnings == ()
    assert len(config.checks) == 2
    assert [rule.name for rule in config.rules][-1] == "Everything else"


def test_the_example_is_read_as_it_is_meant(tmp_path: Path) -> None:
    config = good(tmp_path, what_works(FULL))
    people, rules = config.people, {rule.name: rule for rule in config.rules}

    assert people.teams["dach"] == Team(
        name="dach",
        pick=Pick.TURNS,
        members={"anna": 2, "ben": 1},
        open_leads_limit=15,
        manager="dora",
        instead="dora",
    )
    assert people.teams["americas"] == Team(
        name="americas", pick=Pick.FIRST, members={"carl": 1, "dora": 1}, manager="dora"
    )
    assert people.by_name["anna"].schedule == Schedule(
        hours=config.hours["berlin"],
        away=(Days(date(2026, 12, 21), date(2027, 1, 4)),),
        timezone="Europe/Berlin",
    )
    assert people.managers == {"dora"}
    assert config.escalations["hot"].steps == (
        Step(after=timedelta(minutes=5), action=StepAction.REMIND_OWNER),
        Step(after=timedelta(minutes=15), action=StepAction.OFFER_TO_TEAM),
        Step(after=timedelta(minutes=30), action=StepAction.TELL_MANAGER, by=("slack", "email")),
        Step(after=timedelta(hours=4), action=StepAction.GIVE_BACK),
    )
    assert config.escalations["calm"].steps[1].by == ("email",)
    assert config.follow_up == FollowUp(remind_after=timedelta(hours=4), give_back_after=timedelta(days=2))
    assert config.repeat_leads == RepeatLeads(by_email=True, by_member=True, within=timedelta(days=90))
    assert config.digests["daily-events"] == Digest(
        name="daily-events",
        at=8 * 60 + 45,
        days=frozenset(range(5)),
        post=(Target(destination="slack", address="#marketing-events"),),
    )
    assert config.digests["weekly-rest"].days == {0}
    assert config.digests["weekly-rest"].post[0].person == "dora"
    assert config.test_leads is not None
    assert not config.test_leads.count_in_reports
    assert config.vocabulary.timezone == "Europe/Berlin"
    assert set(config.vocabulary.hours) == {"berlin", "boston"}
    demo = rules["Enterprise demo, DACH"].then
    assert (demo.owner, demo.team, demo.mails_owner, demo.escalate) == ("", "dach", True, "hot")
    assert [target.address for target in demo.email] == ["dach-leads@example.com"]
    nordics = rules["Nordics trial campaign"]
    assert nordics.active == Days(date(2026, 11, 1), date(2026, 12, 31))
    assert [target.person for target in nordics.then.post] == ["", "anna"]
    assert (nordics.then.owner, nordics.then.team) == ("ben", "")
    assert rules["Webinar and event sign-ups"].then.digest == "daily-events"


def test_every_entry_of_the_table_is_answered_when_it_stands_in_a_file() -> None:
    for path, later in NOT_YET.items():
        first, _, name = path.rpartition(".")
        text = {
            "": a_file(more=f"{name}: {{x: y}}\n"),
            "people.*": a_file(people=f"people: {{anna: {{slack: U0ANNA, {name}: x}}}}\n"),
            "rules.*": a_rule(f"post: nobody\n{name}: x"),
            "test_leads": a_file(more=f"test_leads: {{post: nobody, {name}: x}}\n"),
            "slack": a_file().replace("slack:\n", f"slack:\n  {name}: ${{TOKEN}}\n"),
        }[first]
        found = problems_of(text, {"TOKEN": "x"})
        if later.answer in (Answer.REFUSED, Answer.REFUSED_WHEN_SET):
            assert any(later.why in problem.hint for problem in found), path


def test_a_socket_mode_token_is_refused_only_when_it_is_set() -> None:
    shipped = SHIPPED.read_text(encoding="utf-8")

    found = problems_of(shipped, {"SLACK_APP_TOKEN": "token-canary"})

    problem = next(problem for problem in found if problem.severity == "error")
    assert "every button would be dead" in problem.hint
    assert problem.line == line_of(shipped, "app_token")
    assert "token-canary" not in "".join(map(str, found))
    assert not any(problem.severity == "error" for problem in problems_of(shipped, {}))


def test_test_leads_that_are_synced_nowhere_are_what_happens_anyway() -> None:
    assert not problems_of(a_file(more="test_leads: {post: nobody, sync: nowhere}\n"))
    assert "later version" in only_problem(a_file(more="test_leads: {post: nobody, sync: crm}\n")).message


def test_other_databases_come_later_and_their_password_is_not_shown() -> None:
    problem = only_problem(a_file(more="database: postgresql://u:canary@db/x\n"))

    assert "PostgreSQL comes with a later version" in problem.message
    assert "canary" not in str(problem)
