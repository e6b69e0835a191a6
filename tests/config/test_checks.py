"""`checks:`: promises that are held against the rules, and what a person reads when one is broken."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot.config.checks import failed_checks
from bot.config.model import Check, Config
from bot.core.choosing import Router
from bot.core.conditions import Condition
from bot.core.delivery import Target
from bot.core.hours import Days
from bot.core.people import Pick, Team
from bot.core.routing import Rule, Then
from bot.core.wanted import Wanted
from tests.config.builders import a_file, good

RULES = """\
rules:
  - name: Students
    when: {job_title: contains student, email_domain: rival.example}
    match: any
    post: nobody
  - name: Enterprise demo, DACH
    when: {form: demo-request, country: [DE, AT, CH], company_size: at least 200}
    post: ["#leads-dach", ben]
    owner: anna
    email: [owner, dach@example.com]
    template: hot
  - name: Everything else
    post: "#leads-all"
test_leads: {post: "#leads-test", owner: nobody}
templates: {hot: hot_lead}
names: {forms: {demo-request: 6083}}
"""
DACH = {"form": "demo-request", "country": "AT", "company_size": "500"}

Flat = Mapping[str, str | tuple[str, ...]]


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    return good(tmp_path_factory.mktemp("rules"), a_file(rules=RULES))


def a_check(lead: Flat, expect: Flat, *, line: int = 120) -> Check:
    return Check(line=line, column=5, lead=as_tuples(lead), expect=as_tuples(expect))


def as_tuples(flat: Flat) -> dict[str, tuple[str, ...]]:
    return {key: (value,) if isinstance(value, str) else value for key, value in flat.items()}


def said(config: Config, lead: Flat, expect: Flat) -> list[str]:
    """What is said of one check."""
    return [problem.message for problem in failed_checks(replace(config, checks=(a_check(lead, expect),)))]


def with_rules(config: Config, *rules: Rule) -> Config:
    return replace(config, rules=rules, router=Router(rules, config.test_leads))


@pytest.mark.parametrize(
    "expect",
    [
        {"rule": "Enterprise demo, DACH"},
        {"rule": "enterprise DEMO, dach"},
        {"owner": "anna", "template": "hot", "escalate": "nobody"},
        {"post": ("ben", "#leads-dach")},
        {"post": ("#leads-dach", "ben@example.com")},
        {"email": ("owner", "dach@example.com")},
        {"email": ("DACH@example.com", "anna")},
    ],
)
def test_a_promise_that_is_kept_is_not_mentioned(config: Config, expect: Flat) -> None:
    assert said(config, DACH, expect) == []


def test_a_lead_that_its_rule_lets_pass_names_the_condition_that_decided(config: Config) -> None:
    assert said(config, {**DACH, "company_size": "50"}, {"rule": "Enterprise demo, DACH", "owner": "anna"}) == [
        "Expected rule “Enterprise demo, DACH”, but “Everything else” takes it: "
        "company_size wanted at least 200, found 50"
    ]


def test_a_lead_that_a_rule_above_takes_names_that_rule_its_line_and_why(config: Config) -> None:
    assert said(config, {**DACH, "job_title": "PhD Student"}, {"rule": "Enterprise demo, DACH"}) == [
        "Expected rule “Enterprise demo, DACH”, but “Students” (line 6) stands above it and takes it: "
        "job_title wanted contains student, found PhD Student"
    ]


def test_an_unanswered_question_and_many_conditions_are_told_in_short(config: Config) -> None:
    (message,) = said(config, {"country": "FR"}, {"rule": "Enterprise demo, DACH"})

    assert "form wanted demo-request, found no answer; country wanted DE, AT, CH, found FR; company_size" in message


def test_a_test_lead_that_a_rule_was_expected_to_take_is_explained(config: Config) -> None:
    assert said(config, {**DACH, "test": "yes"}, {"rule": "Enterprise demo, DACH"}) == [
        "Expected rule “Enterprise demo, DACH”, but test_leads takes it: it is a test lead"
    ]
    assert said(config, DACH, {"rule": "test_leads"}) == [
        "Expected test_leads, but “Enterprise demo, DACH” takes it: the lead does not say test: yes"
    ]
    assert said(config, {"test": "yes"}, {"rule": "test_leads", "post": "#leads-test", "owner": "nobody"}) == []


def test_each_other_promise_is_told_with_what_the_rule_says(config: Config) -> None:
    lead = {"country": "US"}

    assert said(config, lead, {"owner": "ben", "post": "#leads-dach", "email": "owner", "template": "hot"}) == [
        f"Expected {key}, but “Everything else” says {found}; it takes the lead: it has no conditions"
        for key, found in (
            ("owner ben", "owner nobody"),
            ("post #leads-dach", "post #leads-all"),
            ("email owner", "email nobody"),
            ("template hot", "template default"),
        )
    ]


def test_nobody_more_and_nobody_less_than_expected_is_told(config: Config) -> None:
    (message,) = said(config, DACH, {"post": "#leads-dach"})

    assert message.startswith(
        "Expected post #leads-dach, but “Enterprise demo, DACH” says post #leads-dach, ben; it takes"
    )
    assert said(config, {"job_title": "student"}, {"post": "nobody", "email": "nobody"}) == []


def test_an_expected_rule_that_does_not_exist_gets_the_closest_one(config: Config) -> None:
    check = a_check(DACH, {"rule": "Enterprise demo DACH"})

    (problem,) = failed_checks(replace(config, checks=(check,)))

    assert problem.message == "There is no rule called “Enterprise demo DACH” to expect"
    assert problem.hint == 'Did you mean "Enterprise demo, DACH"?'


def test_the_place_is_the_check_s(config: Config) -> None:
    checks = tuple(a_check({}, {"rule": "Students"}, line=line) for line in (7, 9))

    found = failed_checks(replace(config, checks=checks))

    assert [str(problem).partition(" ")[0] for problem in found] == [f"{config.path}:7:5:", f"{config.path}:9:5:"]
    assert all(problem.severity == "error" and problem.hint for problem in found)
    assert {problem.file for problem in failed_checks(replace(config, checks=checks), file="rules.yaml")} == {
        "rules.yaml"
    }


def test_a_long_list_of_what_is_wanted_is_cut(config: Config) -> None:
    wanted = [f"Country {number}" for number in range(50)]
    countries = tuple(Wanted(word="equals", operands=(one,), text=one) for one in wanted)
    rule = Rule(name="Many", line=1, conditions=(Condition(fact="country", wanted=countries, line=2),))
    config = with_rules(config, rule, Rule(name="All", line=9))

    (message,) = said(config, {"country": "Atlantis" * 20}, {"rule": "Many"})

    assert len(message) < 250
    assert "Country 1" in message


def test_a_team_is_expected_by_its_name_also_where_mail_goes(config: Config) -> None:
    team = Team(name="dach", pick=Pick.TURNS, members={"anna": 1, "carl": 1})
    mails = tuple(Target(destination="email", address=f"{one}@example.com", person=one) for one in team.members)
    rule = Rule(name="All", line=1, then=Then(team="dach", mails_owner=True, email=mails, escalate="hot", digest="d"))
    people = replace(config.people, teams={"dach": team})
    config = replace(with_rules(config, rule), people=people)

    assert said(config, {}, {"owner": "dach", "email": ("owner", "dach"), "escalate": "hot", "digest": "d"}) == []
    assert said(config, {}, {"owner": "anna", "email": "dach"}) == [
        "Expected owner anna, but “All” says owner dach; it takes the lead: it has no conditions",
        "Expected email dach, but “All” says email anna, carl, owner; it takes the lead: it has no conditions",
    ]


def test_a_rule_out_of_its_days_says_so(config: Config) -> None:
    days = Days(date(2026, 11, 1), date(2026, 12, 31))
    config = with_rules(config, Rule(name="Campaign", line=3, active=days), Rule(name="All", line=9))

    (message,) = said(config, {"submitted": "2027-01-05 10:00"}, {"rule": "Campaign"})

    assert message.startswith("Expected rule “Campaign”, but “All” takes it: ")
    assert "2026-12-31" in message
    assert said(config, {"submitted": "2026-12-05 10:00"}, {"rule": "Campaign"}) == []


def test_a_hundred_broken_promises_over_five_hundred_rules_are_found_at_once(tmp_path: Path) -> None:
    when = "{{country: DE, company_size: at least {0}, job_title: contains j{0}}}"
    rules = "".join(f'  - {{name: Rule {n}, when: {when.format(n)}, post: "#x"}}\n' for n in range(499))
    config = good(tmp_path, a_file(rules=f'rules:\n{rules}  - {{name: Everything else, post: "#x"}}\n'))
    lead = {"country": "DE", "company_size": "1000", "job_title": "none"}
    config = replace(config, checks=tuple(a_check(lead, {"rule": f"Rule {n}"}) for n in range(100)))

    def seconds() -> float:
        began = time.process_time()
        assert len(failed_checks(config)) == 100
        return time.process_time() - began

    assert min(seconds() for _ in range(3)) < 0.05
