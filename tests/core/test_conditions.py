"""The words of the rule language."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.conditions import WORDS, Condition, Wanted, matches, parse_wanted, split_not
from bot.core.facts import facts_from_flat, fold
from bot.core.numbers import count, exact, written


def condition(*texts: str, fact: str = "answer.size", negated: bool = False) -> Condition:
    wanted = [parse_wanted(text) for text in texts]
    assert all(isinstance(one, Wanted) for one in wanted), wanted
    return Condition(fact=fact, wanted=tuple(one for one in wanted if isinstance(one, Wanted)), line=1, negated=negated)


def fits(wanted: str, found: str | list[str] | None, *, fact: str = "answer.size", negated: bool = False) -> bool:
    facts = facts_from_flat({} if found is None else {fact: found})
    return matches(condition(wanted, fact=fact, negated=negated), facts).fits


@pytest.mark.parametrize(
    ("wanted", "found", "expected"),
    [
        ("Österreich", "  osterreich ", True),
        ("DE", "de", True),
        ("DE", "DEU", False),
        ("København", "Kobenhavn", True),
        ("Côte d'Ivoire", "cote d’ivoire", True),
        ("Straße", "STRASSE", True),
        ("が", "か", False),
        ("NO", "no", True),
        ("010", "10", False),
        ("contains head", "Global HEAD of Sales", True),
        ("contains head", "Director", False),
        ("Contains  head", "Ahead", True),
        ("starts with chief", "Chief of Staff", True),
        ("starts with chief", "The Chief", False),
        ("ends with officer", "Chief Technical Officer", True),
        ("ends with officer", "Officer in charge", False),
        ("at least 200", "200", True),
        ("at least 200", "199", False),
        ("at least 200", "201-500", True),
        ("at least 202", "201-500", False),
        ("at least 10,000", "10,001+", True),
        ("at least 1000", "1.000–5.000", True),
        ("at least 1001", "1.000–5.000", False),
        ("at least 5k", "5.000 Mitarbeiter", True),
        ("at most 50", "11-50 employees", True),
        ("at most 50", "less than 50", True),
        ("at most 50", "51-200", False),
        ("at least 1", "self-employed", False),
        ("between 50 and 200", "51-200", True),
        ("between 50 and 200", "50", True),
        ("between 50 and 200", "200", True),
        ("between 50 and 200", "201", False),
        ("is empty", "x", False),
        ("is empty", None, True),
        ("is empty", "   ", True),
        ("is present", "x", True),
        ("is present", None, False),
        ("is present", " ", False),
        ("DE", None, False),
    ],
)
def test_each_word_fits_what_it_says(wanted: str, found: str | None, expected: bool) -> None:
    assert fits(wanted, found) is expected
    assert fits(wanted, found, negated=True) is not expected


def test_every_word_is_in_the_table_above() -> None:
    assert set(WORDS) == {
        *("equals", "contains", "starts with", "ends with"),
        *("at least", "at most", "between", "is empty", "is present"),
    }


def test_a_list_is_or_and_a_negated_list_is_none_of_them() -> None:
    facts = facts_from_flat({"country": "AT"})

    assert matches(condition("DE", "AT", fact="country"), facts).fits
    assert not matches(condition("US", "CA", fact="country"), facts).fits
    assert matches(condition("US", "CA", fact="country", negated=True), facts).fits
    assert not matches(condition("US", "AT", fact="country", negated=True), facts).fits


def test_an_unanswered_question_fits_only_what_is_not_wanted() -> None:
    assert not fits("at least 1", None)
    assert fits("at least 1", None, negated=True)


def test_any_of_several_values_is_enough() -> None:
    assert fits("contains cloud", ["Storage", "Cloud backup"])
    assert not fits("contains cloud", ["Storage", "Cloud backup"], negated=True)


def test_mail_domains_compare_without_www_and_case() -> None:
    assert fits("www.Rival.example", "RIVAL.example", fact="email_domain")
    assert fits("@rival.example", "www.rival.example", fact="email_domain")
    assert not fits("rival.example", "mail.rival.example", fact="email_domain")
    assert fits("ends with rival.example", "mail.rival.example", fact="email_domain")


def test_the_reason_of_a_band_says_what_it_counts_as() -> None:
    reason = matches(condition("at least 200", fact="company_size"), facts_from_flat({"company_size": "201-500"}))

    assert reason.why == "wanted “at least 200”, found “201-500” (counted as 201): fits"
    assert (reason.fact, reason.wanted, reason.found) == ("company_size", "at least 200", "201-500")


def test_the_reason_names_what_was_not_answered_or_no_number() -> None:
    wanted = condition("at least 200", "at most 3", fact="company_size")

    assert matches(wanted, {}).why == "wanted “at least 200” or “at most 3”, it was not answered: does not fit"
    assert "found “many” (not a number): does not fit" in matches(wanted, {"company_size": ("many",)}).why


def test_the_reason_of_a_negated_list_reads_like_the_file() -> None:
    reason = matches(condition("US", "CA", fact="country", negated=True), {"country": ("DE",)})

    assert reason.wanted == "not US, CA"
    assert reason.why == "wanted not “US” or “CA”, found “DE”: fits"


def test_a_form_shows_its_first_name_unless_another_one_fitted() -> None:
    facts = {"form": ("demo-request", "Demo 2026", "6083", "urn:li:leadGenForm:6083")}

    assert matches(condition("whitepaper", fact="form"), facts).found == "demo-request"
    assert "found “6083”: fits" in matches(condition("6083", fact="form"), facts).why


def test_a_long_answer_is_cut_in_the_reason() -> None:
    reason = matches(condition("x"), {"answer.size": ("y" * 5000,)})

    assert len(reason.found) == 200
    assert len(reason.why) < 400


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
        ("in hours berlin", "later version"),
        ('is "at least"', "later version"),
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
    problem = parse_wanted(text)

    assert isinstance(problem, str)
    assert says in problem


@pytest.mark.parametrize("text", ["Note Ltd", "nothing", "Inhouse", "atlas", "containsX", "Isabel", "10+", "A * B"])
def test_a_text_that_only_resembles_a_word_is_plain(text: str) -> None:
    wanted = parse_wanted(text)

    assert isinstance(wanted, Wanted)
    assert (wanted.word, wanted.operands) == ("equals", (text,))


def test_not_is_split_off() -> None:
    assert split_not("not  contains head") == (True, "contains head")
    assert split_not("NOT DE") == (True, "DE")
    assert split_not("notable") == (False, "notable")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("201-500", "201"),
        ("10,001+", "10001"),
        ("1 000", "1000"),
        ("1'000'000", "1000000"),
        ("1-5k", "1000"),
        ("500-1k", "500"),
        ("5 Mio", "5000000"),
        ("2.5", "2.5"),
        ("Mehr als 10.000", "10000"),
        ("501 to 1000 employees", "501"),
        ("< 10", "0"),
        ("€ 5.000", "5000"),
    ],
)
def test_bands_count_by_their_lower_bound(text: str, value: str) -> None:
    counted = count(text)

    assert counted is not None
    assert written(counted.value) == value


@pytest.mark.parametrize("text", ["", "many", "12a4", "1,2,3", "call 030 1234 now", "9" * 200])
def test_other_texts_are_no_number(text: str) -> None:
    assert count(text) is None


@given(st.integers(min_value=0, max_value=10**12))
def test_every_whole_number_counts_as_itself(number: int) -> None:
    for text in (str(number), f"{number:,}", f"{number:,}".replace(",", "."), f"{number:,}+"):
        counted = count(text)
        assert counted is not None
        assert counted.value == number
    assert exact(str(number)) == number


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(), st.text())
def test_any_two_texts_can_be_compared_and_not_turns_the_answer_round(wanted: str, found: str) -> None:
    parsed = parse_wanted(wanted)
    if isinstance(parsed, str):
        return
    facts = facts_from_flat({"email_domain": found, "answer.x": found})

    for fact in ("email_domain", "answer.x"):
        plain = matches(Condition(fact=fact, wanted=(parsed,), line=1), facts)
        negated = matches(Condition(fact=fact, wanted=(parsed,), line=1, negated=True), facts)
        assert plain.fits is not negated.fits


@given(st.text(min_size=1))
def test_plain_text_equals_itself(text: str) -> None:
    parsed = parse_wanted(text)
    if isinstance(parsed, str) or parsed.word != "equals":
        return

    assert matches(Condition(fact="answer.x", wanted=(parsed,), line=1), {"answer.x": (text,)}).fits
