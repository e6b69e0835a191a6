"""The invented people: believable, and nobody's."""

from __future__ import annotations

import re
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.invented import COUNTRIES, an_invented_person, invented_answers
from bot.sandbox.linkedin import Question

SEEDS = st.integers(min_value=0, max_value=2**32)
#: Ranges kept free for fiction: NANP 555-01xx, Ofcom, Bundesnetzagentur, ARCEP, PTS.
FREE_RANGES = re.compile(
    r"\+1 \d{3} 555 01\d\d|\+44 7700 900\d{3}|\+49 (30 23125|89 99998|69 90009) \d{3}"
    r"|\+33 1 99 00 \d\d \d\d|\+46 8 465 004 \d\d"
)


@given(SEEDS)
def test_nobody_can_be_reached(seed: int) -> None:
    person = an_invented_person(Random(seed))

    assert re.fullmatch(r"[a-z0-9]+\.[a-z0-9]+@[a-z0-9]+-[a-z0-9]+\.example", person.email)
    assert FREE_RANGES.fullmatch(person.phone)


@given(SEEDS)
def test_the_same_seed_invents_the_same_person(seed: int) -> None:
    assert an_invented_person(Random(seed)) == an_invented_person(Random(seed))


@given(SEEDS)
def test_a_choice_is_always_one_of_the_questions_options(seed: int) -> None:
    options = ("1-10", "201-500", "Something else")
    question = Question(1, "How many employees?", "Custom question 0", "", options)

    assert invented_answers([question], Random(seed))["Custom question 0"] in options


@given(SEEDS)
def test_people_come_from_the_countries_a_form_offers_whatever_its_language(seed: int) -> None:
    questions = [
        Question(1, "Vorname", "firstName", "FIRST_NAME"),
        Question(2, "Land", "country", "COUNTRY", ("Deutschland", "Österreich", "Mars")),
    ]

    answers = invented_answers(questions, Random(seed))

    allowed = {country.name: country.first_names for country in COUNTRIES}
    named = {"Deutschland": "Germany", "Österreich": "Austria"}[answers["country"]]
    assert answers["firstName"] in allowed[named]


def test_every_predefined_answer_belongs_to_the_same_person() -> None:
    questions = [
        Question(1, "First name", "first", "FIRST_NAME"),
        Question(2, "Work email", "email", "WORK_EMAIL"),
        Question(3, "Something", "free"),
    ]

    answers = invented_answers(questions, Random(3))

    person = an_invented_person(Random(3))
    assert (answers["first"], answers["email"]) == (person.first_name, person.email)
    assert answers["free"]
