"""LinkedIn's JSON becomes a lead."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import PermanentError
from bot.core.lead import Answer, Consent, Lead, Named
from bot.sources.linkedin import lead_from_response
from bot.sources.linkedin.form import first_name_in, localized
from tests.sources.linkedin.builders import sample

Json = dict[str, object]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def sponsored(**changes: object) -> Lead:
    return lead_from_response(json.dumps(json.loads(sample("response_sponsored.json")) | changes).encode())


def answered(details: object, **more: object) -> tuple[Answer, ...]:
    answer = {"questionId": 10, "answerDetails": details, **more}
    return sponsored(formResponse={"answers": [answer]}).answers


def test_linkedins_published_response_is_read_without_its_form() -> None:
    lead = lead_from_response(sample("response_published.json"))

    assert lead == Lead(
        response_id="249592fc-d272-44ba-a7db-c2bdce579507-6",
        submitted_at=datetime(2023, 7, 20, 23, 9, 59, 288000, tzinfo=UTC),
        owner="urn:li:sponsoredAccount:1234567",
        lead_type="SPONSORED",
        is_test=True,
        form=Named(id="7234246"),
        form_version="1",
        campaign=Named(id="198356826"),
        answers=(
            Answer(question="question 307234246", values=("kev@email.com",)),
            Answer(question="question 707234246", values=("option 0",)),
        ),
        consents=(Consent(id="0", text="consent 0", accepted=True),),
    )


def test_a_response_with_its_form_and_names_is_read_in_the_forms_order() -> None:
    lead = sponsored()

    assert lead.form == Named(id="6083", name="Demo request")
    assert lead.form_version == "2"
    assert lead.campaign == Named(id="367378525", name="DACH enterprise")
    assert lead.account == Named(id="507857085", name="Nordwind EMEA")
    assert lead.event is None
    assert not lead.is_test
    assert lead.hidden == {"utm_source": "linkedin"}
    assert lead.consents == (
        Consent(id="0", text="Ich stimme zu.", accepted=True),
        Consent(id="3", text="Schickt mir Neuigkeiten.", accepted=False),
    )
    assert lead.answers == (
        Answer(question="Vorname", values=("Erika",), field="first_name", name="First name"),
        Answer(question="Nachname", values=("Beispiel",), field="last_name", name="Last name"),
        Answer(question="E-Mail-Adresse", values=("erika@kantonsspital.example",), field="email", name="Email"),
        Answer(question="Firma", values=("Kantonsspital Zürich",), field="company", name="Company name"),
        Answer(question="Welche Produkte?", values=("Sensoren", "Beratung", "option 7"), name="Custom question 0"),
    )


def test_an_events_name_is_found_wherever_it_stands() -> None:
    lead = lead_from_response(sample("response_event.json"))

    assert lead.event == Named(id="7012345678901234567", name="Autumn webinar")
    assert lead.account == Named(id="12345678", name="Nordwind")
    assert lead.form == Named(id="6955637458260688897", name="Webinar sign-up")
    assert lead.campaign is None


def test_failed_lookups_are_never_taken_for_answers_or_names() -> None:
    lead = lead_from_response(sample("response_failed_lookups.json"))

    assert lead.account is None
    assert lead.campaign == Named(id="367378525")
    assert lead.form == Named(id="6083")
    assert lead.answers == (
        Answer(question="question 10", values=("Erika",)),
        Answer(question="Last name", values=("Beispiel",), name="Last name"),
        Answer(question="question 12", values=("2026, 11",)),
        Answer(question="question 13", values=("an answer of a kind not known yet (fileAnswer)",)),
        Answer(question="question 14", values=("option 0",)),
    )


@pytest.mark.parametrize("lead_type", ["SPONSORED", "EVENT", "COMPANY", "ORGANIZATION_PRODUCT", "SOMETHING_NEW"])
def test_a_lead_of_any_type_is_read(lead_type: str) -> None:
    lead = sponsored(leadType=lead_type, owner={"organization": "urn:li:organization:1"}, leadMetadata={"x": 1})

    assert (lead.lead_type, lead.owner) == (lead_type, "urn:li:organization:1")


def test_options_of_another_version_of_the_form_are_not_guessed() -> None:
    form = json.loads(sample("response_sponsored.json"))["form"]

    lead = sponsored(form={**form, "versionId": 3})

    assert lead.answers[-1].values == ("option 0", "option 2", "option 7")
    assert lead.consents[0].text == "consent 0"
    assert lead.answers[0].question == "Vorname"


def test_an_answer_may_be_joined_by_the_questions_name() -> None:
    (answer,) = answered({"textQuestionAnswer": {"answer": "x"}}, questionId=None, name="first NAME")

    assert (answer.question, answer.field) == ("Vorname", "first_name")


@pytest.mark.parametrize("text", ["", "   ", None, {}, True])
def test_an_empty_answer_is_no_answer(text: object) -> None:
    assert answered({"textQuestionAnswer": {"answer": text}}) == ()


@pytest.mark.parametrize(("flag", "is_test"), [(True, True), (False, False), ("false", False), (None, False)])
def test_only_the_flag_itself_makes_a_test_lead(flag: object, is_test: bool) -> None:
    assert sponsored(testLead=flag).is_test is is_test


def test_a_boolean_accepted_is_no_answer() -> None:
    assert answered(None, accepted=True) == ()


def test_half_an_emoji_at_the_end_of_an_answer_does_not_cost_the_lead() -> None:
    body = sample("response_sponsored.json").replace(b'"Erika"', b'"Erika \\ud83d"')

    lead = lead_from_response(body)

    assert lead.answered("first_name") == "Erika \N{REPLACEMENT CHARACTER}"


def test_a_time_in_seconds_and_a_urn_for_an_id_are_understood() -> None:
    lead = sponsored(submittedAt=1763887200, id="urn:li:leadGenFormResponse:a-1")

    assert lead.submitted_at == datetime(2025, 11, 23, 8, 40, tzinfo=UTC)
    assert lead.response_id == "a-1"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b"{}",
        b'{"id": "a"}',
        b'{"submittedAt": 1763887200123}',
        b'{"id": "a", "submittedAt": "x"}',
        b'{"id": "a", "submittedAt": 0}',
        b'{"id": {}, "submittedAt": 1763887200123}',
    ],
)
def test_what_has_no_identity_is_refused(body: bytes) -> None:
    with pytest.raises(PermanentError):
        lead_from_response(body)


@pytest.mark.parametrize(
    ("value", "locale", "text"),
    [
        ({"localized": {"en_US": "Red", "es_ES": "Rojo"}}, "es_ES", "Rojo"),
        ({"localized": {"en_US": "Red", "es_MX": "Rojo"}}, "es_ES", "Rojo"),
        ({"localized": {"es_MX": "Colorado", "es_ES": "Rojo"}}, "es_ES", "Rojo"),
        ({"localized": {"sv_SE": "Röd"}}, "es_ES", "Röd"),
        ({"localized": {"es_ES!": "no", "sv_SE": "Röd"}}, "es_ES", "Röd"),
        ({"localized": {"es_ES": 5, "sv_SE": "Röd"}}, "es_ES", "Röd"),
        ({"localized": {}}, "es_ES", ""),
        ({}, "", ""),
        ("plain", "es_ES", "plain"),
        (None, "es_ES", ""),
    ],
)
def test_a_text_is_read_in_the_nearest_language(value: object, locale: str, text: str) -> None:
    assert localized(value, locale) == text


def test_the_name_nearest_to_the_top_is_taken() -> None:
    looked_up = {"logo": {"name": "logo.png"}, "page!": {"name": "error"}, "name": {"localized": {"en_US": "Nordwind"}}}

    assert first_name_in({"organizationInfo": looked_up}) == "Nordwind"
    assert first_name_in({"a": {"b": {"c": {"d": {"e": {"name": "too deep"}}}}}}) == ""


def paths(value: object, at: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at] * bool(at) + [path for key, member in inner for path in paths(member, (*at, key))]


SPONSORED: Json = json.loads(sample("response_sponsored.json"))


@given(st.sampled_from(paths(SPONSORED)), json_values)
def test_any_part_may_be_any_json_and_the_lead_is_read_or_politely_refused(
    path: tuple[str | int, ...], value: object
) -> None:
    changed = json.loads(json.dumps(SPONSORED))
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value

    try:
        lead = lead_from_response(json.dumps(changed).encode())
    except PermanentError:
        lead = None

    assert lead is not None or path[0] in {"id", "submittedAt"}


@given(st.binary(max_size=300) | json_values.map(lambda value: json.dumps(value).encode()))
def test_no_body_crashes_the_reader(body: bytes) -> None:
    with pytest.raises(PermanentError):
        lead_from_response(body)
