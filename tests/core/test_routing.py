"""The rules decide: laws that hold for every file and every lead."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.conditions import Condition, Wanted, parse_wanted
from bot.core.delivery import Target
from bot.core.facts import Facts, Vocabulary, facts_from_flat
from bot.core.hours import Days
from bot.core.routing import Rule, TestLeads, Then, decide, decision_from_json, decision_to_json, explain, try_rule

FACTS = st.sampled_from(["form", "country", "company_size", "email_domain", "answer.x", "test"])
VALUES = st.sampled_from(["DE", "AT", "201-500", "10,001+", "acme.example", "Head of IT", "yes", ""]) | st.text(
    max_size=8
)
WANTED = st.sampled_from(
    ["DE", "AT", "at least 200", "at most 50", "between 1 and 9", "contains e", "is empty", "is present"]
)


def wanted(text: str) -> Wanted:
    parsed = parse_wanted(text)
    assert isinstance(parsed, Wanted)
    return parsed


CONDITIONS = st.builds(
    Condition,
    fact=FACTS,
    wanted=st.lists(WANTED.map(wanted), min_size=1, max_size=3).map(tuple),
    line=st.just(1),
    negated=st.booleans(),
)
TARGETS = st.builds(
    Target,
    destination=st.sampled_from(["slack", "email"]),
    address=st.text(max_size=9),
    person=st.sampled_from(["", "a"]),
)
THENS = st.builds(
    Then,
    post=st.lists(TARGETS, max_size=2).map(tuple),
    email=st.lists(TARGETS, max_size=2).map(tuple),
    owner=st.sampled_from(["", "anna"]),
    mails_owner=st.booleans(),
    escalate=st.sampled_from(["", "hot"]),
    digest=st.sampled_from(["", "weekly"]),
    template=st.sampled_from(["default", "hot_lead"]),
) | st.builds(Then, team=st.sampled_from(["dach", "americas"]), mails_owner=st.booleans())
CATCH_ALL = Rule(name="Everything else", line=99)
LEADS: st.SearchStrategy[Facts] = st.dictionaries(FACTS, st.lists(VALUES, max_size=3).map(tuple), max_size=6)


@st.composite
def rule_lists(draw: st.DrawFn) -> tuple[Rule, ...]:
    rules = draw(
        st.lists(
            st.builds(
                Rule,
                name=st.text(min_size=1, max_size=5),
                line=st.integers(1, 99),
                conditions=st.lists(CONDITIONS, min_size=1, max_size=3).map(tuple),
                match_any=st.booleans(),
                then=THENS,
            ),
            max_size=5,
        )
    )
    return (*rules, CATCH_ALL)


@settings(max_examples=40, deadline=None)
@given(rule_lists(), LEADS)
def test_every_lead_reaches_the_first_rule_that_fits_and_none_before_it_does(
    rules: tuple[Rule, ...], facts: Facts
) -> None:
    decision = decide(facts, rules, test_leads=None, is_test=False)
    above = explain(facts, rules, decision)

    used = rules[len(above)]
    assert decision.tried == (try_rule(used, facts),)
    assert decision.tried[0].fits
    assert (decision.rule, decision.then) == (used.name, used.then)
    assert [tried.rule for tried in above] == [rule.name for rule in rules[: len(above)]]
    assert not any(tried.fits for tried in above)


@settings(max_examples=40, deadline=None)
@given(rule_lists(), LEADS, st.booleans())
def test_the_same_lead_is_always_decided_the_same_way(rules: tuple[Rule, ...], facts: Facts, is_test: bool) -> None:
    test_leads = TestLeads(then=Then(owner="anna"))

    first = decide(facts, rules, test_leads=test_leads, is_test=is_test)

    assert decide(dict(reversed(list(facts.items()))), rules, test_leads=test_leads, is_test=is_test) == first


@settings(max_examples=40, deadline=None)
@given(rule_lists(), LEADS)
def test_a_decision_survives_the_database(rules: tuple[Rule, ...], facts: Facts) -> None:
    decision = decide(facts, rules, test_leads=None, is_test=False)

    above = explain(facts, rules, decision)

    assert decision_from_json(json.loads(json.dumps(decision_to_json(decision)))) == decision
    told = decision_from_json(json.loads(json.dumps(decision_to_json(decision, above))))
    assert (told.then, told.tried) == (decision.then, (*above, *decision.tried))
    assert decision_to_json(told) == decision_to_json(decision, above)


@settings(max_examples=40, deadline=None)
@given(rule_lists(), LEADS)
def test_lines_are_and_and_match_any_turns_them_to_or(rules: tuple[Rule, ...], facts: Facts) -> None:
    for rule in rules[:-1]:
        tried = try_rule(rule, facts)
        fitting = [reason.fits for reason in tried.reasons]
        assert len(fitting) == len(rule.conditions)
        assert tried.fits is (any(fitting) if rule.match_any else all(fitting))


def test_a_test_lead_goes_where_test_leads_says() -> None:
    then = Then(post=(Target(destination="slack", address="#leads-test"),))

    decision = decide({}, [CATCH_ALL], test_leads=TestLeads(then=then), is_test=True)

    assert decision.rule == "test_leads"
    assert decision.then == then
    assert decision_from_json(decision_to_json(decision)) == decision


def test_without_that_entry_a_test_lead_is_a_lead_like_any_other() -> None:
    assert decide({}, [CATCH_ALL], test_leads=None, is_test=True).rule == "Everything else"


def test_no_rule_at_all_tells_nobody_instead_of_failing() -> None:
    decision = decide({}, [], test_leads=None, is_test=False)

    assert (decision.rule, decision.then) == ("", Then())
    assert decision_from_json(decision_to_json(decision)) == decision


def test_the_stored_shape_is_the_one_that_scripts_read() -> None:
    rule = Rule(
        name="DACH",
        line=3,
        conditions=(Condition(fact="country", wanted=(wanted("DE"),), line=4),),
        then=Then(
            post=(
                Target(destination="slack", address="#dach"),
                Target(destination="slack", address="U1", person="anna"),
            ),
            email=(Target(destination="email", address="anna@example.com", person="anna"),),
            owner="anna",
            template="hot",
        ),
    )
    earlier = Rule(name="Nordics", line=1, conditions=(Condition(fact="country", wanted=(wanted("NO"),), line=2),))
    facts, rules = {"country": ("DE",)}, [earlier, rule]
    decision = decide(facts, rules, test_leads=None, is_test=False)

    stored = decision_to_json(decision, explain(facts, rules, decision))

    why = "wanted “DE”, found “DE”: fits"
    assert list(stored)[:6] == ["rule", "owner", "post", "email", "template", "conditions"]
    assert stored["rule"] == "DACH"
    assert (stored["owner"], stored["template"]) == ("anna", "hot")
    assert (stored["post"], stored["email"]) == (["#dach", "anna"], ["anna@example.com"])
    assert stored["conditions"] == [{"fact": "country", "wanted": "DE", "found": "DE", "fits": True, "why": why}]
    tried = stored["tried"]
    assert isinstance(tried, list)
    assert [one["rule"] for one in tried] == ["Nordics"]
    assert "tried" not in decision_to_json(decision)


def test_a_team_is_the_owner_until_somebody_is_found_and_the_owner_is_mailed() -> None:
    then = Then(team="dach", mails_owner=True, escalate="hot", digest="weekly")
    rule = Rule(name="DACH", line=1, then=then)

    stored = decision_to_json(decide({}, [rule], test_leads=None, is_test=False))

    assert (stored["owner"], stored["team"], stored["email"]) == ("dach", "dach", ["owner"])
    assert (stored["escalate"], stored["digest"]) == ("hot", "weekly")
    assert decision_from_json(stored).then == then


def test_a_row_from_before_there_were_teams_can_still_be_read() -> None:
    reason = {"fact": "country", "wanted": "NO", "found": "DE", "fits": False, "why": "wanted “NO”, found “DE”: …"}
    row: dict[str, object] = {
        "rule": "Everything else",
        "owner": "anna",
        "post": ["#all"],
        "email": [],
        "template": "default",
        "conditions": [],
        "tried": [{"rule": "Nordics", "fits": False, "conditions": [reason]}],
        "targets": {"post": [{"destination": "slack", "address": "#all", "person": ""}], "email": []},
    }

    decision = decision_from_json(row)

    assert decision.then == Then(owner="anna", post=(Target(destination="slack", address="#all"),))
    assert [(tried.rule, tried.fits) for tried in decision.tried] == [("Nordics", False), ("Everything else", True)]


NOVEMBER = Days(date(2026, 11, 1), date(2026, 11, 30))


@pytest.mark.parametrize(
    ("when", "fits", "says"),
    [
        ("2026-10-31 23:59", False, "it was submitted on 2026-10-31: does not fit"),
        ("2026-10-31T23:30Z", True, "it was submitted on 2026-11-01: fits"),
        ("2026-11-30", True, "it was submitted on 2026-11-30: fits"),
        ("2026-11-30T23:00Z", False, "it was submitted on 2026-12-01: does not fit"),
        ("mon", True, "the day of submitting is not known: fits"),
        (None, True, "the day of submitting is not known: fits"),
    ],
)
def test_a_rule_for_certain_days_goes_by_the_day_of_submitting_on_the_clocks_of_the_file(
    when: str | None, fits: bool, says: str
) -> None:
    facts = facts_from_flat({"submitted": when} if when else {}, Vocabulary(timezone="Europe/Berlin"))

    for match_any in (False, True):
        tried = try_rule(Rule(name="Fair", line=1, active=NOVEMBER, match_any=match_any), facts)
        assert tried.fits is fits
        assert tried.reasons[0].fact == "active"
        assert tried.reasons[0].why == f"the rule is for leads submitted 2026-11-01 to 2026-11-30, {says}"


def test_outside_its_days_no_condition_helps_a_rule() -> None:
    line = Condition(fact="country", wanted=(wanted("DE"),), line=1)
    facts = {**facts_from_flat({"submitted": "2026-12-01"}), "country": ("DE",)}

    for match_any in (False, True):
        tried = try_rule(Rule(name="Fair", line=1, conditions=(line,), active=NOVEMBER, match_any=match_any), facts)
        assert [reason.fits for reason in tried.reasons] == [False, True]
        assert not tried.fits


@pytest.mark.parametrize("broken", [{}, {"rule": 1}, {"rule": "x", "targets": []}])
def test_a_stored_decision_of_another_shape_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError)):
        decision_from_json(broken)
