"""What an update of a form sends, and which ids survive it."""

from __future__ import annotations

from typing import cast

import pytest

from bot.core.errors import PermanentError
from bot.sources.linkedin.form_changes import changes

Json = dict[str, object]


def words(text: str, locale: str = "en_US") -> Json:
    return {"localized": {locale: text}}


def question(number: int, text: str, name: str, field: str = "", choices: tuple[str, ...] = ()) -> Json:
    details: Json = {"textQuestionDetails": {"maxResponseLength": 300}}
    if choices:
        options = [{"id": place, "text": words(choice)} for place, choice in enumerate(choices)]
        details = {"multipleChoiceQuestionDetails": {"options": options}}
    asked: Json = {"questionId": number, "question": words(text), "name": name, "questionDetails": details}
    return {**asked, "predefinedField": field} if field else asked


FORM: Json = {
    "id": 1,
    "name": "Demo",
    "state": "PUBLISHED",
    "owner": {"organization": "urn:li:organization:1"},
    "creationLocale": {"country": "US", "language": "en"},
    "content": {
        "headline": {"localized": {"en_US": "Hello", "de_DE": "Hallo"}},
        "questions": [
            question(10, "E-mail address", "E-mail", "EMAIL"),
            question(11, "Size?", "Custom question 0", choices=("small", "large")),
        ],
        "legalInfo": {
            "legalInfoId": 5,
            "privacyPolicyUrl": "https://a.example",
            "consents": [{"id": 4, "checkRequired": True, "consent": words("Mail")}],
        },
    },
}


def content_after(content: Json) -> Json:
    return cast("Json", changes(FORM, {"content": content})["content"])


def questions_after(*questions: Json) -> list[Json]:
    return cast("list[Json]", content_after({"questions": list(questions)})["questions"])


def test_nothing_is_sent_for_what_is_so_already() -> None:
    assert changes(FORM, {"name": "Demo", "owner": FORM["owner"], "content": {"headline": words("Hello")}}) == {}


def test_a_field_that_differs_goes_alone() -> None:
    assert changes(FORM, {"name": "New", "state": "PUBLISHED"}) == {"name": "New"}


def test_new_words_in_one_language_leave_the_rest_of_the_content() -> None:
    after = content_after({"headline": words("Welcome")})

    assert after["headline"] == {"localized": {"en_US": "Welcome", "de_DE": "Hallo"}}
    assert after["questions"] == cast("Json", FORM["content"])["questions"]
    assert after["legalInfo"] == cast("Json", FORM["content"])["legalInfo"]


def test_questions_that_ask_the_same_keep_their_ids_and_names() -> None:
    email: Json = {
        "question": words("Email"),
        "name": "email",
        "predefinedField": "EMAIL",
        "questionDetails": {"textQuestionDetails": {}},
    }
    own: Json = {
        "question": words("Other?"),
        "name": "Custom question 0",
        "questionDetails": {"textQuestionDetails": {}},
    }
    size: Json = {
        "question": words("Size?"),
        "name": "Custom question 1",
        "questionDetails": {
            "multipleChoiceQuestionDetails": {
                "options": [{"id": place, "text": words(text)} for place, text in enumerate(("large", "huge"))]
            }
        },
    }

    after = questions_after(own, size, email)

    assert [each.get("questionId") for each in after] == [None, 11, 10]
    assert after[2]["question"] == words("Email")
    assert after[2]["questionDetails"] == {"textQuestionDetails": {"maxResponseLength": 300}}
    options = cast("Json", cast("Json", after[1]["questionDetails"])["multipleChoiceQuestionDetails"])["options"]
    assert [(each["id"], each["text"]) for each in cast("list[Json]", options)] == [
        (1, words("large")),
        (2, words("huge")),
    ]
    names = [each["name"] for each in after]
    assert (names[1:], len(set(map(str, names)))) == (["Custom question 0", "E-mail"], 3)


def test_a_question_that_becomes_a_choice_is_sent_as_it_is_written() -> None:
    choice = question(0, "E-mail address", "x", "EMAIL", choices=("a", "b"))
    del choice["questionId"]

    (after,) = questions_after(choice)

    assert after["questionId"] == 10
    assert after["questionDetails"] == choice["questionDetails"]


def test_consents_keep_their_ids_and_new_ones_get_the_next() -> None:
    wanted = [{"id": 1, "checkRequired": False, "consent": words("Phone")}, {"id": 2, "consent": words("Mail")}]

    legal = cast("Json", content_after({"legalInfo": {"consents": wanted}})["legalInfo"])

    assert legal["privacyPolicyUrl"] == "https://a.example"
    assert [(each["id"], each["consent"]) for each in cast("list[Json]", legal["consents"])] == [
        (5, words("Phone")),
        (4, words("Mail")),
    ]


@pytest.mark.parametrize("part", [{"owner": {"organization": "urn:li:organization:2"}}, {"creationLocale": {}}])
def test_owner_and_language_are_for_ever(part: Json) -> None:
    with pytest.raises(PermanentError, match="cannot be changed"):
        changes(FORM, part)


def test_a_form_of_which_linkedin_tells_nothing_takes_what_is_given() -> None:
    wanted = {"content": {"questions": [question(1, "A?", "a")], "legalInfo": {"consents": [{"id": 4}]}}}

    assert changes({}, wanted) == wanted
