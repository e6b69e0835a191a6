"""The words of the rule language."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.conditions import WORDS, Condition, Wanted, matches, parse_wanted
from bot.core.facts import Facts, Vocabulary, facts_from_flat, fold
from bot.core.hours import Hours, Span


def condition(*texts: str, fact: str = "answer.size", negated: bool = False) -> Condition:
    wanted = [parse_wanted(text, fact=fact) for text in texts]
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


def test_every_word_is_tried_in_this_file() -> None:
    assert set(WORDS) == {
        *("equals", "contains", "starts with", "ends with"),
        *("at least", "at most", "between", "is empty", "is present", "in hours"),
    }


@pytest.mark.parametrize(
    ("wanted", "found", "expected"),
    [
        ("DE", "Deutschland", True),
        ("DE", "allemagne", True),
        ("deu", "Alemania", True),
        ("Österreich", "AT", True),
        ("Osterreich", "Oesterreich", True),
        ("UK", "Great Britain", True),
        ("USA", "U.S.A.", True),
        ("NO", "Norge", True),
        ("DE", "Austria", False),
        ("DE", "Deutschland (Bayern)", False),
        ("Bavaria", "bavaria", True),
        ("Bavaria", "DE", False),
        ("contains land", "Finland", True),
        ("contains land", "FI", False),
        ('is "Brasil"', "Brazil", True),
        ("DE", None, False),
    ],
)
def test_countries_compare_by_code_and_by_name(wanted: str, found: str | None, expected: bool) -> None:
    assert fits(wanted, found, fact="country") is expected
    assert fits(wanted, found, fact="country", negated=True) is not expected


def test_only_a_question_for_the_country_compares_by_country() -> None:
    assert not fits("IT", "Italy", fact="job_function")
    assert fits("IT", "it", fact="job_function")


def test_the_reason_of_a_country_says_when_another_name_was_meant() -> None:
    wanted = condition("DE", "AT", fact="Country")

    assert matches(wanted, {"country": ("Autriche",)}).why.endswith("found “Autriche” (the same country): fits")
    assert matches(wanted, {"country": ("at",)}).why.endswith("found “at”: fits")
    assert matches(wanted, {"country": ("Narnia",)}).why.endswith("found “Narnia” (no country we know): does not fit")


WEEK = ((Span(540, 1080),),) * 5 + ((), ())
BERLIN = Vocabulary(
    timezone="Europe/Berlin", hours={"Berlin": Hours(name="Berlin", timezone="Europe/Berlin", week=WEEK)}
)


def submitted(text: str) -> Facts:
    return facts_from_flat({"submitted": text}, BERLIN)


@pytest.mark.parametrize(
    ("wanted", "when", "expected"),
    [
        ("mon", "2026-11-23 10:00", True),
        ("Monday", "2026-11-23", True),
        ("mon-fri", "2026-11-27 23:59", True),
        ("mon-fri", "2026-11-28 00:00", False),
        ("fri - mon", "2026-11-29 12:00", True),
        ("fri-mon", "2026-11-24 12:00", False),
        ("sat", "Saturday", True),
        ("sun", "sat", False),
        ("tue", "2026-11-23T23:30Z", True),
        ("in hours berlin", "2026-11-23 09:00", True),
        ("in hours  BERLIN", "2026-11-23T16:59:59Z", True),
        ("in hours berlin", "2026-11-23 18:00", False),
        ("in hours berlin", "2026-11-28 10:00", False),
        ("in hours boston", "2026-11-23 10:00", False),
        ("in hours berlin", "mon", False),
        ("is present", "mon", True),
        ("is empty", "mon", False),
        ('is "sat"', "sat", True),
    ],
)
def test_the_time_of_submitting_is_asked_by_weekday_and_hours(wanted: str, when: str, expected: bool) -> None:
    for negated in (False, True):
        line = condition(wanted, fact="submitted", negated=negated)
        assert matches(line, submitted(when)).fits is (expected is not negated)


@pytest.mark.parametrize("wanted", ["mon", "in hours berlin"])
def test_where_no_time_of_submitting_is_known_only_not_fits(wanted: str) -> None:
    assert not matches(condition(wanted, fact="submitted"), {}).fits
    assert matches(condition(wanted, fact="submitted", negated=True), {}).fits


def test_the_reason_of_a_time_shows_the_day_and_the_time() -> None:
    days = condition("sat", "sun", fact="submitted")
    hours = condition("in hours berlin", fact="submitted")

    why = "wanted “sat” or “sun”, found “Saturday 2026-11-28 10:00”: fits"
    assert matches(days, submitted("2026-11-28 10:00")).why == why
    assert "found “Monday 2026-11-23 09:30”: fits" in matches(hours, submitted("2026-11-23 09:30")).why
    assert "found “Monday 2026-11-23” (without a time of day)" in matches(hours, submitted("2026-11-23")).why
    assert matches(days, submitted("sun")).found == "Sunday"


def test_a_text_in_quotes_is_just_that_text() -> None:
    assert fits('is "at least"', "At Least")
    assert fits("is „not sure“", "not sure")
    assert not fits('is "at least 200"', "201")


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


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(), st.text())
def test_any_two_texts_can_be_compared_and_not_turns_the_answer_round(wanted: str, found: str) -> None:
    facts = facts_from_flat({"email_domain": found, "answer.x": found, "country": found, "submitted": found})

    for fact in facts:
        parsed = parse_wanted(wanted, fact=fact)
        if isinstance(parsed, str):
            continue
        plain = matches(Condition(fact=fact, wanted=(parsed,), line=1), facts)
        negated = matches(Condition(fact=fact, wanted=(parsed,), line=1, negated=True), facts)
        assert plain.fits is not negated.fits


@given(st.text(min_size=1))
def test_plain_text_equals_itself(text: str) -> None:
    parsed = parse_wanted(text)
    if isinstance(parsed, str) or parsed.word != "equals":
        return

    assert matches(Condition(fact="answer.x", wanted=(parsed,), line=1), {"answer.x": (text,)}).fits
