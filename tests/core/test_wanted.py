"""What a manager writes becomes a word of the language, or a problem in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.conditions import WORDS, comparisons_of
from bot.core.wanted import Wanted, parse_wanted, split_not


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Nothing is wanted"),
        ("not DE", "{not: [first, second]}"),
        ("not", "{not: [first, second]}"),
        ("contains", "needs a text"),
        ("at least many", "needs a number"),
        ("at most", "needs a number"),
        ("at least 201-500", "needs a number"),
        ("between 50", "two numbers"),
        ("between jobs", "two numbers"),
        ("between 200 and 50", "smaller one first"),
        ("in hours berlin", "submitted: in hours berlin"),
        ("in hours", "asked of the time of submitting"),
        ("In Hours Ltd", "is “In Hours Ltd”"),
        ('is "at least', "closing quote"),
        ('is "', "closing quote"),
        ('is ""', "is empty"),
        ("is “ ”", "is empty"),
        ("is emtpy", "Did you mean “is empty”?"),
        (">= 200", "at least 200"),
        ("< 200", "at most 200"),
        ("atleast 200", "at least 200"),
        ("begins with chief", "starts with"),
        ("!DE", "not DE"),
        ("*.example", "ends with"),
    ],
)
def test_a_text_that_nobody_can_have_meant_is_a_problem_in_words(text: str, says: str) -> None:
    problem = parse_wanted(text, fact="job_title")

    assert isinstance(problem, str)
    assert says in problem


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("in hours", "needs a name of hours:"),
        ("weekend", "“weekend” is no weekday"),
        ("Mondays", "mon-fri"),
        ("mon-xyz", "no weekday"),
        ("2026-11-23", "active: 2026-11-01 to 2026-12-31"),
        ("at least 200", "no weekday"),
        ("contains mon", "no weekday"),
        ("is “noon”", "no weekday"),
        ("at least many", "needs a number"),
    ],
)
def test_the_time_of_submitting_has_words_of_its_own(text: str, says: str) -> None:
    problem = parse_wanted(text, fact="Submitted")

    assert isinstance(problem, str)
    assert says in problem


@pytest.mark.parametrize("text", ["Note Ltd", "nothing", "Inhouse", "atlas", "containsX", "Isabel", "10+", "A * B"])
def test_a_text_that_only_resembles_a_word_is_plain(text: str) -> None:
    assert parse_wanted(text) == Wanted(word="equals", operands=(text,), text=text)


@pytest.mark.parametrize(
    "text",
    [
        'is "not sure"',
        "is 'not sure'",
        "is “not sure”",
        "is „not sure“",
        "is „not sure”",
        "is ‘not sure’",
        "is «not sure»",
        "is »not sure«",
        'IS "not sure"',
        'is"not sure"',
        'is  " not sure "',
    ],
)
def test_any_quotes_after_is_make_plain_text_of_what_they_hold(text: str) -> None:
    assert parse_wanted(text) == Wanted(word="equals", operands=("not sure",), text=text)


def test_a_quote_inside_the_quotes_belongs_to_the_text() -> None:
    wanted = parse_wanted('is "Joe\'s "Bar""')

    assert isinstance(wanted, Wanted)
    assert wanted.operands == ('Joe\'s "Bar"',)


def test_a_country_is_its_code_whatever_the_rule_calls_it() -> None:
    for text in ("DE", "Germany", "Deutschland", 'is "Allemagne"'):
        wanted = parse_wanted(text, fact="COUNTRY")
        assert wanted == Wanted(word="country", operands=("DE",), text=text)
    assert parse_wanted("Bavaria", fact="country") == Wanted(word="equals", operands=("Bavaria",), text="Bavaria")
    assert parse_wanted("DE", fact="state") == Wanted(word="equals", operands=("DE",), text="DE")


def test_weekdays_are_plain_text_for_every_other_fact() -> None:
    days = parse_wanted("sat-mon", fact="submitted")

    assert days == Wanted(word="weekday", operands=("Saturday", "Sunday", "Monday"), text="sat-mon")
    assert parse_wanted("mon", fact="answer.best day") == Wanted(word="equals", operands=("mon",), text="mon")


def test_not_is_split_off() -> None:
    assert split_not("not  contains head") == (True, "contains head")
    assert split_not("NOT DE") == (True, "DE")
    assert split_not("notable") == (False, "notable")
    assert split_not('not is "at least"') == (True, 'is "at least"')


@given(
    st.sampled_from([*WORDS, 'is "', "not", ""]), st.text(max_size=12), st.sampled_from(["", "country", "submitted"])
)
def test_whatever_is_written_is_a_wanted_value_that_can_be_compared_or_a_sentence(
    word: str, rest: str, fact: str
) -> None:
    read = parse_wanted(f"{word} {rest}", fact=fact)

    if isinstance(read, Wanted):
        assert comparisons_of(read, fact)
    else:
        assert len(read) > len("a problem")
