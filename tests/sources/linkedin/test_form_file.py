"""A form written by hand becomes the body that LinkedIn's guide shows, or every mistake in it with its place."""

from __future__ import annotations

import json
from typing import cast

import pytest

from bot.core.errors import ConfigError
from bot.sources.linkedin.form_file import read_form_part, read_new_form

Json = dict[str, object]

OWNERS = {"ads": "urn:li:sponsoredAccount:507857085", "page": "urn:li:organization:1"}

#: The request of LinkedIn's guide, "Create Lead Form".
_GUIDE = json.loads("""
{
  "owner": {"sponsoredAccount": "urn:li:sponsoredAccount:507857085"},
  "creationLocale": {"country": "US", "language": "en"},
  "name": "Product Interest Form",
  "state": "DRAFT",
  "content": {
    "headline": {"localized": {"en_US": "Learn more about our product"}},
    "description": {"localized": {"en_US": "Fill out this form and we will contact you"}},
    "questions": [
      {"question": {"localized": {"en_US": "First Name"}}, "name": "firstName", "predefinedField": "FIRST_NAME",
       "questionDetails": {"textQuestionDetails": {}}},
      {"question": {"localized": {"en_US": "Last Name"}}, "name": "lastName", "predefinedField": "LAST_NAME",
       "questionDetails": {"textQuestionDetails": {}}},
      {"question": {"localized": {"en_US": "Email"}}, "name": "email", "predefinedField": "EMAIL",
       "questionDetails": {"textQuestionDetails": {}}},
      {"question": {"localized": {"en_US": "Company"}}, "name": "company", "predefinedField": "COMPANY_NAME",
       "questionDetails": {"textQuestionDetails": {}}}
    ],
    "legalInfo": {
      "privacyPolicyUrl": "https://yourcompany.com/privacy",
      "consents": [
        {"id": 1, "checkRequired": false, "consent": {"localized": {"en_US": "I agree to be contacted via email"}}}
      ]
    }
  }
}
""")

_FRIENDLY = """
name: Product Interest Form
owner: sponsoredAccount:507857085
language: en_US
headline: Learn more about our product
description: Fill out this form and we will contact you
questions: [first_name, last_name, email, company]
privacy_policy: https://yourcompany.com/privacy
consents: [I agree to be contacted via email]
"""

_SMALL = """
name: Small
owner: ads
headline: Hello
questions: [email]
privacy_policy: https://example.com/privacy
"""


def body_of(text: str) -> Json:
    return read_new_form(text, "form.yaml", owners=OWNERS).body


def problems_of(text: str) -> str:
    with pytest.raises(ConfigError) as refused:
        read_new_form(text, "form.yaml", owners=OWNERS)
    return str(refused.value)


def content_of(text: str) -> Json:
    return cast("Json", body_of(text)["content"])


def questions_of(questions: str) -> list[Json]:
    return cast("list[Json]", content_of(_SMALL.replace("[email]", questions))["questions"])


# ── what the body is ──


def test_the_short_file_is_the_guides_request() -> None:
    assert body_of(_FRIENDLY) == _GUIDE


def test_linkedins_own_shape_is_passed_on_as_it_is() -> None:
    assert body_of(json.dumps(_GUIDE)) == _GUIDE


def test_linkedins_own_shape_in_yaml_gets_its_numbers_and_switches() -> None:
    text = """
owner: {sponsoredAccount: "urn:li:sponsoredAccount:507857085"}
creationLocale: {country: NO, language: no}
name: 2026
content:
  headline: {localized: {no_NO: Ja}}
  questions:
    - question: {localized: {no_NO: Land?}}
      questionDetails: {multipleChoiceQuestionDetails: {options: [{id: 0, text: {localized: {no_NO: NO}}}]}}
      responseRequired: yes
  legalInfo:
    privacyPolicyUrl: https://example.no
    consents: [{id: 0, checkRequired: false, consent: {localized: {no_NO: Ja}}}]
"""
    body = body_of(text)

    assert (body["name"], body["creationLocale"]) == ("2026", {"country": "NO", "language": "no"})
    content = cast("Json", body["content"])
    (question,) = cast("list[Json]", content["questions"])
    assert question["responseRequired"] is True
    details = {"options": [{"id": 0, "text": {"localized": {"no_NO": "NO"}}}]}
    assert question["questionDetails"] == {"multipleChoiceQuestionDetails": details}
    assert cast("list[Json]", cast("Json", content["legalInfo"])["consents"])[0]["checkRequired"] is False


def test_a_choice_stays_the_text_that_was_written() -> None:
    (question,) = questions_of('[{ask: "Which country?", choices: [NO, SE, 010, yes, "10,001+"]}]')

    assert question == {
        "question": {"localized": {"en_US": "Which country?"}},
        "name": "Custom question 0",
        "questionDetails": {
            "multipleChoiceQuestionDetails": {
                "options": [
                    {"id": number, "text": {"localized": {"en_US": text}}}
                    for number, text in enumerate(["NO", "SE", "010", "yes", "10,001+"])
                ]
            }
        },
    }


def test_questions_of_ones_own_are_counted_and_predefined_ones_may_have_words_of_their_own() -> None:
    first, second, third = questions_of(
        "[{ask: Budget?, max_length: 50}, {field: work_phone, ask: Direct line, required: yes}, {ask: Other?}]"
    )

    assert (first["name"], third["name"]) == ("Custom question 0", "Custom question 1")
    assert first["questionDetails"] == {"textQuestionDetails": {"maxResponseLength": 50}}
    assert second == {
        "question": {"localized": {"en_US": "Direct line"}},
        "name": "workPhone",
        "predefinedField": "WORK_PHONE_NUMBER",
        "questionDetails": {"textQuestionDetails": {}},
        "responseRequired": True,
    }


def test_a_predefined_field_that_we_do_not_know_is_passed_on_in_capitals() -> None:
    (question,) = questions_of("[YEARS_OF_EXPERIENCE]")

    assert (question["predefinedField"], question["name"]) == ("YEARS_OF_EXPERIENCE", "yearsOfExperience")


def test_what_follows_the_form_and_what_is_hidden() -> None:
    more = """
thank_you: We call you.
button: learn more
landing_page: https://example.com/thanks
disclaimer: Small print
hidden: {utm_source: linkedin, empty: ""}
consents: [{text: First, required: yes}, Second]
state: published
"""
    body = body_of(_SMALL + more)
    content = cast("Json", body["content"])

    assert content["postSubmissionInfo"] == {
        "message": {"localized": {"en_US": "We call you."}},
        "callToAction": {
            "callToActionLabel": "LEARN_MORE",
            "callToActionTarget": {"landingPageUrl": "https://example.com/thanks"},
        },
    }
    legal = cast("Json", content["legalInfo"])
    assert legal["legalDisclaimer"] == {"localized": {"en_US": "Small print"}}
    assert [(each["id"], each["checkRequired"]) for each in cast("list[Json]", legal["consents"])] == [
        (1, True),
        (2, False),
    ]
    assert body["hiddenFields"] == [{"name": "utm_source", "value": "linkedin"}, {"name": "empty", "value": ""}]
    assert body["state"] == "PUBLISHED"


def test_the_language_is_the_key_of_every_text_and_an_english_label_is_pointed_out() -> None:
    form = read_new_form(_SMALL + "language: de-CH\n", "form.yaml", owners=OWNERS)

    assert form.body["creationLocale"] == {"country": "CH", "language": "de"}
    assert '"de_CH": "Hello"' in json.dumps(form.body)
    assert "en_US" not in json.dumps(form.body)
    assert "questions[0]: email is labelled in English" in form.notes[0]


@pytest.mark.parametrize("owner", ["page", "organization:1", "urn:li:organization:1"])
def test_an_owner_is_named_in_any_way(owner: str) -> None:
    assert body_of(_SMALL.replace("ads", owner))["owner"] == {"organization": "urn:li:organization:1"}


def test_json_with_our_keys_and_any_character_is_read() -> None:
    text = json.dumps({"name": "\U0001f600 ja/nein\t", "owner": "ads", "headline": "H", "questions": ["email"]})
    text = text[:-1] + ', "privacy_policy": "https:\\/\\/example.com"}'

    body = body_of(text)

    assert body["name"] == "\U0001f600 ja/nein\t"
    assert '"https://example.com"' in json.dumps(body)


def test_a_quoted_null_is_a_text_in_json_too() -> None:
    text = json.dumps({"name": "null", "owner": "ads", "headline": "~", "questions": ["email"]})

    assert body_of(text[:-1] + ', "privacy_policy": "https://example.com"}')["name"] == "null"


def test_what_linkedin_sets_itself_is_left_out_and_told() -> None:
    fetched = {**_GUIDE, "id": 6955637458260688897, "versionId": 3, "reviewInfo": {"reviewStatus": "NEEDS_REVIEW"}}

    form = read_new_form(json.dumps(fetched), "form.json", owners={})

    assert form.body == _GUIDE
    assert form.notes == ("LinkedIn sets id, versionId, reviewInfo itself, so that was left out.",)


def test_a_part_has_only_what_is_given_in_the_forms_own_language() -> None:
    part = read_form_part("headline: Neu\nconsents: []", "part.yaml", owners={}, locale="de_CH")

    assert part.body == {
        "content": {"headline": {"localized": {"de_CH": "Neu"}}, "legalInfo": {"consents": []}},
    }


# ── what is wrong ──


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "The file is empty"),
        ("[1]", "This is not a list of settings"),
        ("name: [", "is never closed"),
        ("name: a\nname: b", '"name" is given twice'),
        ('{"name": "a", "name": "b"}', '"name" is given twice in one group'),
        (_SMALL + "headlin: x", '"headlin" is not a key in form. Did you mean "headline"?'),
        (_SMALL.replace("owner: ads", ""), "The form has no owner"),
        (_SMALL.replace("name: Small", ""), "The form has no name"),
        (_SMALL.replace("headline: Hello", ""), "The form has no headline"),
        (_SMALL.replace("questions: [email]", ""), "The form has no questions"),
        (_SMALL.replace("[email]", "[]"), "The form has no questions"),
        (_SMALL.replace("privacy_policy: https://example.com/privacy", ""), "The form has no privacy_policy"),
        (_SMALL.replace("https:", "http:"), "form.yaml:6:17: "),
        (_SMALL.replace("ads", "asd"), 'Did you mean "ads"?'),
        (_SMALL + "language: english", "is not a language with its country, such as en_US"),
        (_SMALL + "state: live", "is not draft, published or archived"),
        (_SMALL + "landing_page: example.com", "is not an address such as https://example.com/thanks"),
        (_SMALL.replace("[email]", "[e_mail]"), 'Did you mean "email"?'),
        (_SMALL.replace("[email]", "[How many employees?]"), '- ask: "How many employees?"'),
        (_SMALL.replace("[email]", "email"), "questions must be a list"),
        (_SMALL.replace("[email]", "[email, email]"), "email is asked twice"),
        (_SMALL.replace("[email]", "[{ask: A}, {ask: A}]"), "The same question is asked twice"),
        (_SMALL.replace("[email]", "[{required: yes}]"), "questions[0] asks nothing"),
        (_SMALL.replace("[email]", "[{ask: A, choices: [x]}]"), "questions[0] has only one choice"),
        (_SMALL.replace("[email]", "[{ask: A, choices: [x, x]}]"), 'questions[0] has the choice "x" twice'),
        (_SMALL.replace("[email]", "[{ask: A, choices: [x, y], max_length: 3}]"), "so it has no max_length"),
        (_SMALL.replace("[email]", "[{ask: A, max_length: -3}]"), "is not a number of characters"),
        (_SMALL.replace("[email]", "[{ask: A, requird: yes}]"), 'Did you mean "required"?'),
        (_SMALL + "button: learn more", "button needs landing_page too"),
        (_SMALL + "consents: [{required: yes}]", "consents[0] has no text"),
        (_SMALL + "thank_you: ${LINKEDIN_CLIENT_SECRET}", "A form cannot hold ${…}"),
        (_SMALL + "thank_you: !!python/object:os.system x", "A word with ! in front"),
    ],
)
def test_each_mistake_has_its_own_words(text: str, words: str) -> None:
    assert words in problems_of(text)


def _guide_with(path: str, value: object) -> str:
    """The guide's request with one value changed, `path` being its keys with dots; None removes it."""
    body = json.loads(json.dumps(_GUIDE))
    *steps, last = path.split(".")
    inner = body
    for step in steps:
        inner = inner[int(step)] if step.isdigit() else inner[step]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return json.dumps(body)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("owner", None, "The form has no owner"),
        ("owner", {"organization": "urn:li:sponsoredAccount:1"}, "owner must name one ad account or one Page"),
        ("owner", {}, "owner must name one ad account or one Page"),
        ("creationLocale", None, "The form has no creationLocale"),
        ("content.headline", None, "The form has no content.headline"),
        ("content.questions", [], "The form has no content.questions"),
        ("content.legalInfo.privacyPolicyUrl", "http://x.example", "LinkedIn takes only an https:// address"),
        ("content.headlin", {}, '"headlin" is not a key in content. Did you mean "headline"?'),
        ("content.questions.1.questions", 1, '"questions" is not a key in content.questions[1]'),
        ("content.questions.2.question", None, "content.questions[2] has no text"),
        ("content.questions.0.questionDetails", {}, "must say what kind of question it is"),
        (
            "content.questions.0.questionDetails",
            {"multipleChoiceQuestionDetails": {}},
            "content.questions[0] has no options",
        ),
        (
            "content.questions.0.questionDetails",
            {"multipleChoiceQuestionDetails": {"options": [{"id": 0}, {"id": 0}]}},
            "have the same id",
        ),
        ("content.legalInfo.consents.0.id", None, "needs an id that is a number"),
        ("content.legalInfo.consents.0.id", True, "needs an id that is a number"),
    ],
)
def test_mistakes_in_linkedins_own_shape_name_their_path(path: str, value: object, words: str) -> None:
    assert words in problems_of(_guide_with(path, value))


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file_and_none_twice() -> None:
    lines = problems_of("nam: x\nheadline:\nquestions: [fone]\nowner: ads\n").splitlines()

    assert [line.partition(" ")[0].removeprefix("form.yaml:") for line in lines] == [
        "1:1:",
        "1:1:",
        "1:1:",
        "2:10:",
        "3:13:",
    ]
    assert "The form has no name" in lines[1]
    assert "The form has no privacy_policy" in lines[2]


@pytest.mark.parametrize(
    "text",
    [
        "x: " + "[" * 5000,
        '{"content": ' + "[" * 200 + "]" * 200 + "}",
        '{"a":' * 100_000,
        '{"content": ' + '{"a":' * 5000 + "1" + "}" * 5000 + "}",
        "a: &a [x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(9)),
        "#" * (1024 * 1024 + 1),
        '{"name": "' + "x" * (1024 * 1024) + '"}',
        "\x00",
        '{"content": null}',
        '{"content": {"questions": [null, 7, "x"]}, "owner": [1]}',
        "content: [1]\nowner: x",
    ],
    ids=lambda text: text[:20],
)
def test_a_file_made_to_break_us_is_a_list_of_problems(text: str) -> None:
    assert problems_of(text)
