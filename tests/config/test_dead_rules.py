"""Rules that can never be used: told in a manager's words, and never of a rule that some lead reaches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.config.dead_rules import Cover, dead_rules
from bot.config.dead_rules.sieve import Sieve
from bot.config.problems import Severity
from bot.core.choosing import Router
from bot.core.conditions import Condition
from bot.core.facts import COUNTRY, Vocabulary, facts_from_flat
from bot.core.routing import Rule
from bot.core.wanted import Wanted, parse_wanted, split_not
from tests.config.builders import a_file, problems_of

NAMES = """\
names: {forms: {demo: 6083, trial: 6120}, campaigns: {nordics: 77}}
sources: {ads: {owner: sponsoredAccount:1, lead_types: [SPONSORED]}}
fields: {land: [COUNTRY], size: [COMPANY_SIZE]}
hours: {office: {mon-fri: 09:00-18:00}}
"""


def warnings(*whens: str, more: str = NAMES) -> list[str]:
    """What is said of rules R1, R2, … with these lines, followed by one for everything."""
    rules = "".join(f"  - {{name: R{number}, {when}, post: nobody}}\n" for number, when in enumerate(whens, start=1))
    found = problems_of(a_file(rules=f"rules:\n{rules}  - {{name: All, post: nobody}}\n", more=more))
    assert all(problem.severity is Severity.WARNING for problem in found), found
    return [problem.message for problem in found]


def when(lines: str) -> str:
    return f"when: {{{lines}}}"


def test_the_sentence_names_numbers_names_and_values_and_where_to_look() -> None:
    rules = """\
rules:
  - {name: Students, when: {job_title: contains intern}, post: nobody}
  - {name: Overseas, when: {country: [US, CA, BR, MX]}, post: nobody}
  - {name: Demo, when: {form: demo}, post: nobody}
  - {name: Americas, when: {country: [US, CA, BR], form: {not: [trial]}}, post: nobody}
  - {name: All, post: nobody}
"""
    (problem,) = problems_of(a_file(rules=rules, more=NAMES))

    assert str(problem) == (
        "rules.yaml:9:5: warning: "
        "Rule 4 “Americas” can never be used: rule 2 already takes every lead from US, CA and BR. "
        "Rule 2 is “Overseas” in line 7: move this one above it, or make that one narrower."
    )


def test_several_rules_that_take_the_leads_together_are_all_named() -> None:
    rules = """\
rules:
  - {name: Germany, when: {country: DE}, post: nobody}
  - {name: Austria, when: {country: AT}, post: nobody}
  - {name: DACH, when: {country: [DE, AT], size: at least 200}, post: nobody}
  - {name: All, post: nobody}
"""
    (problem,) = problems_of(a_file(rules=rules, more=NAMES))

    assert problem.message == (
        "Rule 3 “DACH” can never be used: rules 1 and 2 together already take every lead from DE and AT"
    )
    assert problem.hint == (
        "Move it above them, or make one of them narrower: 1 “Germany” (line 6) and 2 “Austria” (line 7)."
    )


@pytest.mark.parametrize(
    ("earlier", "later", "what"),
    [
        ("country: [DE, AT]", "country: Deutschland", "from Deutschland"),
        ("land: Germany", "land: de", "from de"),
        ("country: DE", "country: DE, company: Acme", "from DE"),
        ("country: {not: [US]}", "country: {not: [US, CA]}", "whose country is not US or CA"),
        ("country: {not: [US, CA]}", "country: [DE, AT]", "from DE and AT"),
        ("country: is present", "country: [DE, AT]", "from DE and AT"),
        ("country: not DE", "country: is empty", "whose country is empty"),
        ("form: demo", "form: 6083", "whose form is 6083"),
        ("form: contains dem", "form: '6083'", "whose form is 6083"),
        ("form: {not: trial}", "form: demo", "whose form is demo"),
        ("campaign: urn:li:sponsoredCampaign:77", "campaign: nordics", "whose campaign is nordics"),
        ("size: at least 200", "size: at least 500", "whose size is at least 500"),
        (
            "size: at least 200",
            "size: [between 300 and 400, at least 900]",
            "whose size is between 300 and 400 or is at",
        ),
        ("size: at least 200", "size: '1,000-5,000'", "whose size is 1,000-5,000"),
        ("size: {not: [at least 200]}", "size: at most 100", "whose size is at most 100"),
        (
            "job_title: contains head",
            "job_title: [head of IT, starts with Head]",
            "whose job_title is head of IT or st",
        ),
        ("job_title: starts with chief", "job_title: starts with chief of", "whose job_title starts with chief of"),
        ("job_title: ends with officer", "job_title: ends with first officer", "whose job_title ends with first"),
        ("email_domain: acme.com", "email_domain: www.Acme.com", "whose email_domain is www.Acme.com"),
        ("submitted: mon-fri", "submitted: [monday, tue]", "whose submitted is monday or tue"),
        ("submitted: in hours office", "submitted: in hours Office", "whose submitted in hours Office"),
    ],
)
def test_a_rule_whose_leads_an_earlier_one_takes_is_named_with_its_values(earlier: str, later: str, what: str) -> None:
    (said,) = warnings(when(earlier), when(later))

    assert said.startswith(f"Rule 2 “R2” can never be used: rule 1 already takes every lead {what}")


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("country: DE", "country: [DE, AT]"),
        ("country: DE, company: Acme", "country: DE"),
        ("country: DE", "country: not DE"),
        ("country: {not: [US, CA]}", "country: {not: [US]}"),
        ("country: {not: [US, CA]}", "country: [DE, US]"),
        ("country: contains germ", "country: Germany"),
        ("form: {not: A title of LinkedIn's}", "form: demo"),
        ("form: demo", "form: contains demo"),
        ("size: at least 500", "size: at least 200"),
        ("size: {not: [at least 200]}", "size: at most 200"),
        ("job_title: contains head", "job_title: [contains head, contains chief]"),
        ("job_title: starts with head", "job_title: contains head"),
        ("submitted: mon-fri", "submitted: in hours office"),
        ("submitted: mon-fri", "submitted: [fri, sat]"),
    ],
)
def test_a_rule_that_has_leads_of_its_own_is_not_named(earlier: str, later: str) -> None:
    assert warnings(when(earlier), when(later)) == []


@pytest.mark.parametrize(
    ("first", "second", "third", "is_dead"),
    [
        ("size: at most 200", "size: at least 200", "size: between 50 and 900", True),
        ("size: at most 100", "size: at least 200", "size: between 50 and 900", False),
        ("country: {not: [US, CA]}", "country: [US, CA]", "form: demo", True),
        ("country: {not: [US, CA]}", "country: [US]", "form: demo", False),
        ("phone: is empty", "phone: is present", "form: demo", True),
        ("phone: is empty", "form: demo", "phone: is present", False),
        ("country: DE, form: demo", "country: AT, form: demo", "country: [DE, AT], form: demo", True),
        ("country: DE, form: demo", "country: AT, form: trial", "country: [DE, AT], form: demo", False),
    ],
)
def test_two_rules_may_leave_nothing_between_them(first: str, second: str, third: str, is_dead: bool) -> None:
    said = warnings(when(first), when(second), when(third))

    assert [sentence.partition(" already")[0] for sentence in said] == (
        ["Rule 3 “R3” can never be used: rules 1 and 2 together"] * is_dead
    )


@pytest.mark.parametrize(
    ("earlier", "later", "is_dead"),
    [
        ("when: {country: DE, form: demo}, match: any", "when: {form: demo, country: AT}", True),
        ("when: {country: DE, form: demo}", "when: {form: demo, country: DE}, match: any", False),
        ("when: {country: [DE, AT]}", "when: {country: DE, land: AT}, match: any", False),
        ("when: {country: DE, form: demo}, match: any", "when: {form: demo, country: DE}, match: any", True),
        ("when: {country: DE}, active: 2026-11-01 to 2026-12-31", "when: {country: DE}", False),
        ("when: {country: DE}", "when: {country: DE}, active: 2026-11-01 to 2026-12-31", True),
        (
            "when: {country: DE}, active: 2026-11-01 to 2026-12-31",
            "when: {country: DE}, active: 2026-12-01 to 2026-12-31",
            True,
        ),
        (
            "when: {country: DE}, active: 2026-11-01 to 2026-12-31",
            "when: {country: DE}, active: 2026-12-01 to 2027-01-31",
            False,
        ),
        ("active: 2026-11-01 to 2026-12-31", "when: {country: DE}", False),
    ],
)
def test_any_line_and_days_are_understood(earlier: str, later: str, is_dead: bool) -> None:
    assert bool(warnings(earlier, later)) is is_dead


def test_whatever_comes_after_a_rule_for_all_is_named() -> None:
    text = a_file(rules="rules:\n  - {name: All, post: nobody}\n  - {name: Late, post: nobody}\n")

    (problem,) = problems_of(text)

    assert problem.message == "Rule 2 “Late” can never be used: rule 1 already takes every lead"
    assert problem.hint == "Rule 1 is “All” in line 6 and has no when: move it to the end."


def test_the_last_rule_may_be_left_without_leads() -> None:
    assert warnings(when("phone: is empty"), when("phone: is present")) == []


def test_test_leads_never_reach_the_rules_when_they_have_an_entry_of_their_own() -> None:
    more = f"{NAMES}test_leads: {{post: nobody}}\n"

    assert warnings(when("test: yes, country: DE"), more=more) == [
        "Rule 1 “R1” can never be used: test_leads already takes every test lead"
    ]
    assert warnings(when("test: yes, country: DE")) == []


def test_many_values_are_cut() -> None:
    countries = "[DE, AT, CH, FR, ES, IT, PT, NL, BE]"

    (said,) = warnings(when(f"country: {countries}"), when(f"country: {countries}"))

    assert said.endswith("every lead from DE, AT, CH, FR, ES, IT and 3 more")


def test_a_rule_with_an_error_is_not_said_to_take_leads() -> None:
    rules = """\
rules:
  - {name: A, when: {country: DE, form: dmo}, post: nobody}
  - {name: B, when: {country: DE}, post: nobody}
  - {name: C, when: {company: X}, active: soon, post: nobody}
  - {name: D, when: {company: X}, post: nobody}
  - {name: All, post: nobody}
"""
    found = problems_of(a_file(rules=rules, more=NAMES))

    assert [problem.severity for problem in found] == [Severity.ERROR, Severity.ERROR]


# ── against every lead there is ──

FACTS: Mapping[str, Sequence[str]] = {
    COUNTRY: ("DE", "US", "Canada", "Atlantis"),
    "size": ("5", "50-60", "500", "many"),
    "title": ("head", "head of it", "chief of it"),
}
WANTED = {
    COUNTRY: ("DE", "United States", "CA", "FR", "is empty", "is present", "contains ger", "Atlantis"),
    "size": ("at least 50", "at most 50", "between 5 and 500", "at least 400", "500", "is empty"),
    "title": ("head", "contains head", "starts with head", "ends with it", "contains head of", "is present"),
}
LEADS = [
    facts_from_flat({fact: value for fact, value in zip(FACTS, values, strict=True) if value is not None})
    for values in product(*((None, *values) for values in FACTS.values()))
]


def condition(fact: str, texts: Sequence[str], negated: bool) -> Condition:
    wanted = [parse_wanted(split_not(text)[1], fact=fact) for text in texts]
    return Condition(fact=fact, wanted=tuple(one for one in wanted if isinstance(one, Wanted)), line=1, negated=negated)


CONDITIONS = st.sampled_from(list(FACTS)).flatmap(
    lambda fact: st.builds(
        condition, st.just(fact), st.lists(st.sampled_from(WANTED[fact]), min_size=1, max_size=3), st.booleans()
    )
)
RULES = st.lists(
    st.tuples(st.lists(CONDITIONS, min_size=0, max_size=3, unique_by=lambda one: one.fact), st.booleans()),
    min_size=2,
    max_size=7,
).map(
    lambda given: [
        Rule(name=f"R{index}", line=index, conditions=tuple(lines), match_any=match_any)
        for index, (lines, match_any) in enumerate(given)
    ]
)


@given(RULES)
@settings(max_examples=25, deadline=None)
def test_no_lead_ever_reaches_a_rule_that_is_called_dead(rules: list[Rule]) -> None:
    dead = {rules[cover.rule].name for cover in dead_rules(rules, Vocabulary())}

    router = Router(rules, None)
    used = {router.decide(lead, is_test=False).rule for lead in LEADS}

    assert not dead & used


@given(RULES)
@settings(max_examples=25, deadline=None)
def test_the_sieve_hides_no_dead_rule(rules: list[Rule]) -> None:
    sifted = [(cover.rule, cover.by) for cover in dead_rules(rules, Vocabulary())]

    compared = [(cover.rule, cover.by) for cover in covers_without_the_sieve(rules)]

    assert [rule for rule, _ in sifted] == [rule for rule, _ in compared]


def covers_without_the_sieve(rules: Sequence[Rule]) -> list[Cover]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Sieve, "rivals", lambda _self, _lines, earlier: earlier)
        return list(dead_rules(rules, Vocabulary()))
