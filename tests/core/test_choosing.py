"""The router says what the plain reading of the rules says, for every file and every lead."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date
from itertools import combinations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.core.choosing import Router
from bot.core.conditions import Condition, Wanted, parse_wanted
from bot.core.delivery import Target
from bot.core.facts import Facts, Vocabulary, facts_from_flat
from bot.core.hours import Days, Hours, Span
from bot.core.routing import Rule, TestLeads, Then, decide, explain, try_rule

WORDS = {
    "form": ["demo", "6083", "contains demo"],
    "country": ["DE", "Austria", "USA", "starts with U", "Bavaria"],
    "company_size": ["at least 200", "at least 50", "at most 50", "between 10 and 300", "201-500"],
    "job_title": ["contains head", "contains e", "starts with chief", "ends with it", 'is "at least"', "Head of IT"],
    "email_domain": ["acme.example", "www.acme.example", "ends with .example"],
    "submitted": ["mon", "sat-sun", "mon-fri", "in hours berlin", "in hours night"],
    "test": ["yes", "no"],
}
EVERYWHERE = ["is empty", "is present"]
VALUES = {
    "form": ["demo", "6083", "Other"],
    "country": ["DE", "Deutschland", "austria", "U.S.A.", "Bavaria", "Narnia", " "],
    "company_size": ["201-500", "10,001+", "50", "many", "less than 50"],
    "job_title": ["Head of IT", "Chief of Staff", "at least", "IT"],
    "email_domain": ["acme.example", "mail.acme.example", "ACME.example"],
    "submitted": ["2026-11-23 10:00", "2026-11-28 03:00", "2026-12-31", "sat", "whenever"],
    "test": ["yes", "no"],
}
WEEK = ((Span(540, 1080),),) * 5 + ((), ())
NIGHT = ((Span(0, 360),),) * 7
VOCABULARY = Vocabulary(
    timezone="Europe/Berlin",
    hours={
        "berlin": Hours(name="berlin", timezone="Europe/Berlin", week=WEEK),
        "night": Hours(name="night", timezone="Europe/Berlin", week=NIGHT),
    },
)
DAYS = st.sampled_from(
    [None, None, Days(date(2026, 11, 1), date(2026, 11, 23)), Days(date(2026, 11, 28), date(2026, 12, 31))]
)


def wanted(text: str, fact: str) -> Wanted:
    read = parse_wanted(text, fact=fact)
    assert isinstance(read, Wanted), read
    return read


#: Every word for every fact, alone, in pairs and negated; drawn as one choice each, which keeps the tests fast.
CONDITIONS = [
    Condition(fact=name, wanted=tuple(wanted(text, fact) for text in texts), line=1, negated=negated)
    for fact, words in WORDS.items()
    for name in (fact, fact.upper())
    for texts in [(word,) for word in [*words, *EVERYWHERE]] + list(combinations([*words, *EVERYWHERE], 2))
    for negated in (False, True)
]
RULES = st.lists(
    st.builds(
        Rule,
        name=st.sampled_from(["a", "b", "c", "test_leads"]),
        line=st.integers(1, 9),
        conditions=st.lists(st.sampled_from(CONDITIONS), max_size=3).map(tuple),
        match_any=st.booleans(),
        active=DAYS,
        then=st.builds(Then, owner=st.sampled_from(["", "anna", "ben"])),
    ),
    max_size=6,
).map(tuple)
LEADS: st.SearchStrategy[Facts] = st.fixed_dictionaries(
    {}, optional={fact: st.lists(st.sampled_from(values), min_size=1, max_size=2) for fact, values in VALUES.items()}
).map(lambda flat: facts_from_flat(flat, VOCABULARY))
TEST_LEADS = st.none() | st.just(TestLeads(then=Then(owner="anna")))


@settings(max_examples=60, deadline=None)
@given(RULES, LEADS, TEST_LEADS, st.booleans())
def test_the_router_decides_and_explains_like_reading_the_rules_from_the_top(
    rules: tuple[Rule, ...], facts: Facts, test_leads: TestLeads | None, is_test: bool
) -> None:
    router = Router(rules, test_leads)

    decision = router.decide(facts, is_test=is_test)

    assert decision == decide(facts, rules, test_leads=test_leads, is_test=is_test)
    assert router.explain(facts, decision) == explain(facts, rules, decision)
    assert router.choose(facts, is_test=is_test) == replace(decision, tried=())


@settings(max_examples=20, deadline=None)
@given(RULES, st.dictionaries(st.sampled_from([*WORDS, "in hours"]), st.lists(st.text(max_size=6)).map(tuple)))
@example((Rule(name="a", line=1, active=Days(date(2026, 1, 1), date(2026, 1, 2))),), {"submitted": ("x", "y", "z")})
def test_whatever_the_facts_hold_the_router_agrees(rules: tuple[Rule, ...], facts: Facts) -> None:
    decision = Router(rules, None).decide(facts, is_test=False)

    assert decision == decide(facts, rules, test_leads=None, is_test=False)


@settings(max_examples=20, deadline=None)
@given(RULES, LEADS)
def test_the_explanation_is_every_rule_above_with_none_that_fits(rules: tuple[Rule, ...], facts: Facts) -> None:
    router = Router(rules, None)
    decision = router.decide(facts, is_test=False)

    above = router.explain(facts, decision)

    assert list(above) == [try_rule(rule, facts) for rule in rules[: len(above)]]
    assert not any(tried.fits for tried in above)
    used = rules[len(above) :][:1]
    assert tuple(try_rule(rule, facts) for rule in used) == decision.tried


def test_wanted_values_that_begin_alike_are_not_mixed_up() -> None:
    texts = ["between 10 and 20", "between 10 and 300"], ["mon", "mon-fri"]
    for fact, (narrow, wide), flat in zip(("company_size", "submitted"), texts, ("50", "2026-11-24"), strict=True):
        rules = [
            Rule(name=text, line=1, conditions=(Condition(fact=fact, wanted=(wanted(text, fact),), line=1),))
            for text in (narrow, wide)
        ]
        assert Router(rules, None).decide(facts_from_flat({fact: flat}), is_test=False).rule == wide


def test_a_test_lead_has_no_rules_above_it_even_if_a_rule_has_that_name() -> None:
    rules = [Rule(name="other", line=1), Rule(name="test_leads", line=2)]
    router = Router(rules, TestLeads(then=Then()))

    assert router.explain({}, router.decide({}, is_test=True)) == ()
    assert [tried.rule for tried in router.explain({}, decide({}, rules[1:], test_leads=None, is_test=False))] == [
        "other"
    ]


def test_of_two_rules_with_one_name_the_one_that_fits_was_used() -> None:
    line = Condition(fact="country", wanted=(wanted("DE", "country"),), line=1)
    router = Router([Rule(name="a", line=1, conditions=(line,)), Rule(name="a", line=2)], None)

    assert [tried.fits for tried in router.explain({}, router.decide({}, is_test=False))] == [False]


def test_a_decision_of_another_file_is_explained_by_every_rule_up_to_its_name() -> None:
    rules = [Rule(name=name, line=1) for name in "abc"]
    then = Then(post=(Target(destination="slack", address="#c"),))
    stored = decide({}, [Rule(name="c", line=1, then=then)], test_leads=None, is_test=False)

    assert [tried.rule for tried in Router(rules, None).explain({}, stored)] == ["a", "b"]


@pytest.mark.parametrize("count", [50, 800])
def test_a_lead_costs_a_few_steps_however_many_rules_there_are(count: int) -> None:
    rules = [
        Rule(
            name=f"rule {number}",
            line=number,
            conditions=(
                Condition(fact="form", wanted=(wanted(f"form-{number}", "form"),), line=1),
                Condition(fact="job_title", wanted=(wanted("contains head", "job_title"),), line=1),
                Condition(fact="company_size", wanted=(wanted("at least 200", "company_size"),), line=1),
            ),
        )
        for number in range(count)
    ]
    router = Router(rules, None)
    facts = {"form": (f"form-{count - 1}",), "job_title": ("Head of IT",), "company_size": ("500",)}

    assert router.decide(facts, is_test=False).rule == f"rule {count - 1}"
    assert calls(lambda: router.decide(facts, is_test=False)) < 250


def calls(work: object) -> int:
    """How many functions were entered, which unlike time is the same on every machine."""
    entered = 0

    def note(_frame: object, event: str, _argument: object) -> None:
        nonlocal entered
        entered += event in {"call", "c_call"}

    assert callable(work)
    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return entered
