"""What moves when the rules change: found, grouped, told in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from bot.core.choosing import Router
from bot.core.comparing import (
    Aspect,
    Change,
    Comparing,
    Comparison,
    Load,
    Rulebook,
    Takeover,
    changes,
    headline,
    in_words,
)
from bot.core.conditions import Condition
from bot.core.delivery import Target
from bot.core.facts import Vocabulary
from bot.core.lead import Answer, Lead, Named
from bot.core.routing import Rule, TestLeads, Then
from bot.core.wanted import Wanted, parse_wanted

DACH, ALL = Target(destination="slack", address="#leads-dach"), Target(destination="slack", address="#leads-all")
DIRECT_ANNA = Target(destination="slack", address="U0ANNA", person="anna")
MAIL_ANNA = Target(destination="email", address="anna@example.com", person="anna")
MAIL_BEN = Target(destination="email", address="ben@example.com", person="ben")
MAIL_TEAM = Target(destination="email", address="dach-leads@example.com")


def a_rule(name: str, then: Then | None = None, *, line: int = 1, **when: str) -> Rule:
    conditions = []
    for fact, text in when.items():
        wanted = parse_wanted(text)
        assert isinstance(wanted, Wanted)
        conditions.append(Condition(fact=fact, wanted=(wanted,), line=line + 1))
    return Rule(name=name, line=line, conditions=tuple(conditions), then=then or Then(post=(ALL,)))


def a_book(*rules: Rule, vocabulary: Vocabulary | None = None, test_leads: TestLeads | None = None) -> Rulebook:
    return Rulebook(vocabulary=vocabulary or Vocabulary(), rules=rules, router=Router(rules, test_leads))


def a_lead(*, is_test: bool = False, **answers: str) -> Lead:
    return Lead(
        response_id="r-1",
        submitted_at=datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
        owner="urn:li:sponsoredAccount:1",
        lead_type="SPONSORED",
        is_test=is_test,
        form=Named(id="6083", name="Demo request"),
        answers=tuple(Answer(question=name, values=(value,), field=name) for name, value in answers.items()),
    )


def compared(before: Rulebook, now: Rulebook, leads: Sequence[Lead]) -> Comparison:
    comparing = Comparing(before, now)
    for number, lead in enumerate(leads):
        comparing.look(f"l{number}", lead)
    return comparing.result()


REST = a_rule("Everything else")


@pytest.mark.parametrize(
    ("before", "now", "words"),
    [
        (Then(owner="anna"), Then(owner="ben"), "from Anna to Ben"),
        (Then(owner="anna"), Then(), "from Anna to nobody"),
        (Then(), Then(team="dach"), "from nobody to the team dach"),
        (Then(team="dach"), Then(team="americas"), "from the team dach to the team americas"),
        (Then(post=(DACH,)), Then(post=(ALL,)), "from #leads-dach to #leads-all"),
        (Then(post=(DACH, ALL)), Then(post=(ALL,)), "leave #leads-dach"),
        (Then(post=(ALL,)), Then(post=(ALL, DACH)), "appear in #leads-dach"),
        (Then(post=(ALL,)), Then(post=(ALL, DIRECT_ANNA)), "get a direct message to Anna"),
        (Then(email=(MAIL_TEAM,)), Then(), "lose the mail to dach-leads@example.com"),
        (Then(email=(MAIL_TEAM, MAIL_ANNA)), Then(), "lose the mail to dach-leads@example.com and Anna"),
        (Then(), Then(email=(MAIL_BEN,)), "get a mail to Ben"),
        (Then(email=(MAIL_ANNA,)), Then(email=(MAIL_BEN,)), "are mailed to Ben instead of Anna"),
        (Then(team="dach", mails_owner=True), Then(team="dach"), "lose the mail to their owner"),
        (Then(digest="daily"), Then(), "leave the digest daily"),
        (Then(), Then(digest="daily"), "are listed in the digest daily"),
        (Then(digest="daily"), Then(digest="weekly"), "are listed in the digest weekly instead of daily"),
        (Then(), Then(escalate="hot"), "get the escalation hot"),
        (Then(escalate="hot"), Then(), "lose the escalation hot"),
        (Then(escalate="hot"), Then(escalate="calm"), "are escalated by calm instead of hot"),
        (Then(), Then(template="hot"), "use the template hot instead of default"),
        (
            Then(owner="anna", post=(DACH,)),
            Then(owner="ben", post=(ALL,)),
            "from Anna to Ben and from #leads-dach to #leads-all",
        ),
        (Then(owner="anna", email=(MAIL_ANNA,)), Then(), "from Anna to nobody and lose the mail to Anna"),
        (Then(), Then(owner="ben", email=(MAIL_BEN,)), "from nobody to Ben and get a mail to Ben"),
    ],
)
def test_each_change_has_its_words(before: Then, now: Then, words: str) -> None:
    assert in_words(changes(before, now), 5) == words


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (Then(post=(DACH, ALL)), Then(post=(ALL, DACH))),
        (
            Then(post=(DIRECT_ANNA,)),
            Then(post=(Target(destination="slack", address="anna@example.com", person="anna"),)),
        ),
        (Then(email=(MAIL_TEAM,)), Then(email=(Target(destination="email", address="DACH-leads@example.com"),))),
    ],
)
def test_an_order_an_account_or_a_spelling_is_no_change(before: Then, now: Then) -> None:
    assert changes(before, now) == ()


def test_what_goes_to_the_owner_follows_the_owner() -> None:
    annas, bens = Then(owner="anna", email=(MAIL_ANNA,)), Then(owner="ben", email=(MAIL_BEN,))

    assert changes(annas, bens) == (Change(Aspect.OWNER, ("Anna",), ("Ben",)),)
    assert changes(annas, Then(owner="ben", email=(MAIL_ANNA,))) == changes(annas, bens)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Change(Aspect.MAIL, ("x@example.com",), ()), "loses the mail to x@example.com"),
        (Change(Aspect.POST, (), ("#a", "#b", "#c")), "appears in #a, #b and #c"),
        (Change(Aspect.DIGEST, (), ("daily",)), "is listed in the digest daily"),
    ],
)
def test_one_lead_is_spoken_of_as_one(change: Change, words: str) -> None:
    assert in_words([change], 1) == words


def test_the_sentence_counts_what_moves_and_the_groups_add_up() -> None:
    before = a_book(
        a_rule("DACH", Then(owner="anna", email=(MAIL_TEAM,)), country="DE"),
        a_rule("Nordics", Then(owner="anna"), country="NO"),
        REST,
    )
    now = a_book(
        a_rule("DACH", Then(owner="anna"), country="DE"), a_rule("Nordics", Then(owner="ben"), country="NO"), REST
    )
    leads = [a_lead(country=country) for country in ["NO"] * 3 + ["DE"] * 2 + ["US"] * 5]

    result = compared(before, now, leads)

    assert headline(result) == "5 of 10 leads move: 3 from Anna to Ben, 2 lose the mail to dach-leads@example.com."
    assert (result.leads, result.moved, [group.count for group in result.groups]) == (10, 5, [3, 2])
    assert result.loads == (Load(owner="Anna", before=5, now=2), Load(owner="Ben", before=0, now=3))


@pytest.mark.parametrize(
    ("leads", "sentence"),
    [
        ([], "Nothing changes: all 0 leads go where they go now."),
        ([a_lead()], "Nothing changes: the one lead goes where it goes now."),
        ([a_lead()] * 1200, "Nothing changes: all 1,200 leads go where they go now."),
        ([a_lead(country="DE")], "1 of 1 lead moves: 1 from Anna to Ben."),
    ],
)
def test_the_sentence_fits_any_number(leads: list[Lead], sentence: str) -> None:
    before = a_book(a_rule("DACH", Then(owner="anna"), country="DE"), REST)
    now = a_book(a_rule("DACH", Then(owner="ben"), country="DE"), REST)

    assert headline(compared(before, now, leads)) == sentence


def test_the_sentence_stays_short_however_much_changes() -> None:
    countries = [f"C{number}" for number in range(6)]
    before = a_book(*(a_rule(each, Then(owner="anna", escalate=each, digest=each), country=each) for each in countries))
    now = a_book(*(a_rule(each, Then(owner="ben"), country=each) for each in countries))

    sentence = headline(compared(before, now, [a_lead(country=each) for each in countries]))

    assert sentence == "6 of 6 leads move: " + "1 from Anna to Ben and more, " * 3 + "3 in 3 other ways."


def test_leads_that_move_alike_are_one_group_whichever_rules_take_them() -> None:
    annas, bens = Then(owner="anna"), Then(owner="ben")
    before = a_book(a_rule("DE", annas, country="DE"), a_rule("AT", annas, country="AT"), REST)
    now = a_book(a_rule("DACH", bens, country="DE"), a_rule("AT", bens, country="AT"), REST)
    leads = [a_lead(country=country) for country in ("DE", "DE", "AT", "DE", "DE")]

    (group,) = compared(before, now, leads).groups

    assert group.rules == (Takeover(before="DE", now="DACH", count=4), Takeover(before="AT", now="AT", count=1))
    assert [example.lead for example in group.examples] == ["l0", "l2", "l1"]  # each pair of rules is shown first


def test_an_example_shows_how_to_recognise_the_lead_and_no_way_to_reach_the_person() -> None:
    lead = a_lead(
        first_name="Ana", last_name="Silva", email="ana@acme.example", company="Acme", country="DE", phone="0123456"
    )
    now = a_book(a_rule("New", Then(owner="ben"), email="contains acme"), REST)

    (group,) = compared(a_book(REST), now, [lead]).groups

    assert group.examples[0].sketch == ("Ana", "Acme", "Demo request", "DE")
    for private in ("Silva", "ana@", "0123456"):
        assert private not in repr(group)


@pytest.mark.parametrize(
    ("before", "now", "why"),
    [
        (
            [a_rule("Big", Then(owner="anna"), country="DE", company_size="at least 200"), REST],
            [a_rule("Big", Then(owner="anna"), country="DE", company_size="at least 500"), REST],
            "“Big” does not fit any more: company_size “at least 500”",
        ),
        (
            [a_rule("Big", Then(owner="anna"), country="DE"), REST],
            [REST],
            "“Big” is not in the new file",
        ),
        (
            [REST],
            [a_rule("Big", Then(owner="anna"), country="DE"), REST],
            "“Big” comes first and fits: country “DE”",
        ),
        (
            [a_rule("First", Then(owner="anna")), a_rule("Second", Then(owner="ben"))],
            [a_rule("Second", Then(owner="ben")), a_rule("First", Then(owner="anna"))],
            "“Second” comes first and fits",
        ),
        (
            [a_rule("Big", Then(owner="anna"), country="DE"), REST],
            [a_rule("big", Then(owner="ben"), country="DE"), REST],
            "",
        ),
        (
            [REST],
            [
                a_rule("Long", Then(owner="anna"), country=f"not {'x' * 500}".replace("not ", "starts with D")[:13]),
                REST,
            ],
            "“Long” comes first and fits: country “starts with D”",
        ),
    ],
)
def test_an_example_says_why_it_moves(before: list[Rule], now: list[Rule], why: str) -> None:
    (group,) = compared(a_book(*before), a_book(*now), [a_lead(country="DE", company_size="201-500")]).groups

    assert group.examples[0].why == why


def test_a_rule_of_another_name_with_the_same_effect_moves_nobody_and_is_counted() -> None:
    result = compared(
        a_book(a_rule("Old", country="DE"), REST), a_book(a_rule("New", country="DE"), REST), [a_lead(country="DE")]
    )

    assert (result.moved, result.retaken, result.groups) == (0, 1, ())


def test_rules_that_took_nobody_are_named_for_each_file() -> None:
    before = a_book(a_rule("A", country="DE"), a_rule("B", country="NO"), REST)
    now = a_book(a_rule("B", country="NO"), a_rule("C", country="DE"), REST)

    result = compared(before, now, [a_lead(country="DE")])

    assert result.unused_before == ("B", "Everything else")
    assert result.unused_now == ("B", "Everything else")
    assert compared(before, now, []).unused_now == ("B", "C", "Everything else")


def test_each_file_reads_the_lead_in_its_own_words() -> None:
    words = Vocabulary(fields={"land": ("country",)})
    before = a_book(a_rule("DACH", Then(owner="anna"), land="DE"), REST, vocabulary=words)
    now = a_book(a_rule("DACH", Then(owner="anna"), land="DE"), REST)

    result = compared(before, now, [a_lead(country="DE")])

    assert headline(result) == "1 of 1 lead moves: 1 from Anna to nobody and appears in #leads-all."


def test_a_test_lead_goes_by_the_entry_for_tests_of_each_file() -> None:
    tests = TestLeads(then=Then(post=(DACH,)))

    result = compared(a_book(REST), a_book(REST, test_leads=tests), [a_lead(is_test=True), a_lead()])

    assert headline(result) == "1 of 2 leads moves: 1 from #leads-all to #leads-dach."


def test_a_rule_that_only_stands_in_another_line_is_the_same_rule() -> None:
    """Whoever is taken by the untouched top of the file is not decided twice: both must give the same answer."""
    top = [a_rule(f"R{number}", Then(owner=f"p{number}"), line=number, country=f"C{number}") for number in range(5)]
    moved = [
        a_rule(f"R{number}", Then(owner=f"p{number}"), line=number + 9, country=f"C{number}") for number in range(5)
    ]
    changed = [*moved[:3], a_rule("R3", Then(owner="x"), line=9, country="C2"), *moved[4:]]
    leads = [a_lead(country=f"C{number}") for number in range(7)]

    result = compared(a_book(*top, REST), a_book(*changed, REST), leads)

    assert [(group.rules[0].before, group.rules[0].now) for group in result.groups] == [("R3", "Everything else")]
