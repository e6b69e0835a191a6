"""Forms are read, made, changed and archived, and a body with a wrong field is refused with its name."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.sandbox.linkedin_builders import ACCOUNT, OWNER, WRITES, Reply, a_linkedin, get, send

CHOICE = "content/questions/1/questionDetails/multipleChoiceQuestionDetails/options"
LANDING = "content/postSubmissionInfo/callToAction/callToActionTarget/landingPageUrl"
UPDATES = WRITES | {"X-RestLi-Method": "PARTIAL_UPDATE"}


def text(words: str) -> dict[str, object]:
    """A text in the form's language."""
    return {"localized": {"en_US": words}}


def a_form() -> dict[str, Any]:
    """The form of the guide, with one choice more."""
    return {
        "owner": {"sponsoredAccount": ACCOUNT},
        "creationLocale": {"country": "US", "language": "en"},
        "name": "Product Interest Form",
        "state": "DRAFT",
        "content": {
            "headline": text("Learn more about our product"),
            "description": text("Fill out this form and we will contact you"),
            "questions": [
                {
                    "question": text("First Name"),
                    "name": "firstName",
                    "predefinedField": "FIRST_NAME",
                    "questionDetails": {"textQuestionDetails": {}},
                },
                {
                    "question": text("Which?"),
                    "questionDetails": {
                        "multipleChoiceQuestionDetails": {"options": [{"text": text("Red")}, {"text": text("Green")}]}
                    },
                },
            ],
            "legalInfo": {
                "privacyPolicyUrl": "https://example.com/privacy",
                "consents": [{"id": 1, "checkRequired": False, "consent": text("I agree to be contacted")}],
            },
            "postSubmissionInfo": {
                "message": text("Thanks"),
                "callToAction": {
                    "callToActionLabel": "VIEW_NOW",
                    "callToActionTarget": {"landingPageUrl": "https://example.com"},
                },
            },
        },
    }


def wrong_paths(answer: Reply) -> list[str]:
    """The fields that the answer names."""
    return [one["input"]["inputPath"]["fieldPath"] for one in answer.content["errorDetails"]["inputErrors"]]


async def test_forms_are_read_by_id_by_ids_and_by_owner() -> None:
    async with a_linkedin() as linkedin:
        form = await get(linkedin, "/rest/leadForms/6083")
        found = await get(linkedin, f"/rest/leadForms?q=owner&{OWNER}&start=0&count=10")
        batch = await get(linkedin, "/rest/leadForms?ids=List(6083,1)&fields=name")

    assert (form.content["id"], form.content["versionId"], form.content["name"]) == (6083, 1, "Demo")
    assert found.elements == [form.content]
    assert batch.content["results"] == {"6083": {"name": "Demo"}}
    assert batch.content["statuses"] == {"6083": 200, "1": 404}


async def test_a_form_is_made_and_can_be_filled_in() -> None:
    async with a_linkedin() as linkedin:
        made = await send(linkedin, "POST", "/rest/leadForms", body=a_form())
        new_id = made.headers["x-restli-id"]
        form = await get(linkedin, f"/rest/leadForms/{new_id}")
        linkedin.submit(form=int(new_id), answers={"firstName": "Ana", "Custom question 1": "Green"})

    assert (made.status, made.content) == (201, None)
    assert (form.content["state"], form.content["versionId"]) == ("DRAFT", 1)
    assert form.content["content"]["description"] == text("Fill out this form and we will contact you")
    choice = form.content["content"]["questions"][1]
    assert choice["questionDetails"]["multipleChoiceQuestionDetails"]["options"][1] == {"id": 1, "text": text("Green")}


@pytest.mark.parametrize(
    ("path", "value", "wrong"),
    [
        ("name", None, "name"),
        ("owner", ACCOUNT, "owner"),
        ("owner/organization", "urn:li:organization:1", "owner"),
        ("creationLocale/language", "english", "creationLocale"),
        ("state", "LIVE", "state"),
        ("state", "ARCHIVED", "state"),
        ("colour", "red", "colour"),
        ("content/headline", "Learn more", "content/headline"),
        ("content/headline/localized", {"de_DE": "Mehr"}, "content/headline/localized/en_US"),
        ("content/headline/localized/en_US", "x" * 61, "content/headline/localized/en_US"),
        ("content/questions", [], "content/questions"),
        ("content/questions/0/questionDetails", {}, "content/questions/0/questionDetails"),
        ("content/questions/0/predefinedField", "first name", "content/questions/0/predefinedField"),
        ("content/questions/1/name", "firstName", "content/questions/1"),
        ("content/questions/0/responseRequired", "yes", "content/questions/0/responseRequired"),
        ("content/legalInfo/privacyPolicyUrl", "example.com", "content/legalInfo/privacyPolicyUrl"),
        ("content/legalInfo/privacyPolicyUrl", None, "content/legalInfo/privacyPolicyUrl"),
        ("content/legalInfo/legalDisclaimer", text(""), "content/legalInfo/legalDisclaimer/localized/en_US"),
        ("content/questions/1/questionDetails/multipleChoiceQuestionDetails/options", [], CHOICE),
        ("content/questions/1/questionDetails/multipleChoiceQuestionDetails/options/1/id", 5, f"{CHOICE}/1/id"),
        ("content/postSubmissionInfo/callToAction/callToActionTarget/landingPageUrl", "x", LANDING),
        ("content/legalInfo/consents/0/id", "1", "content/legalInfo/consents/0/id"),
        ("hiddenFields", {"utm": "x"}, "hiddenFields"),
        ("hiddenFields", [{"name": "utm"}], "hiddenFields/0/value"),
        ("id", 7, "id"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_made(path: str, value: object, wrong: str) -> None:
    body: Any = copy.deepcopy(a_form())
    *above, last = (int(part) if part.isdigit() else part for part in path.split("/"))
    inner = body
    for part in above:
        inner = inner[part]
    inner[last] = value
    if value is None:
        del inner[last]
    async with a_linkedin() as linkedin:
        made = await send(linkedin, "POST", "/rest/leadForms", body=body)

    assert (made.status, made.content["code"]) == (400, "MULTIPLE_VALIDATIONS_FAILED")
    assert wrong in wrong_paths(made)
    assert set(linkedin.forms) == {6083, 818}


async def test_every_wrong_field_is_named_at_once() -> None:
    async with a_linkedin() as linkedin:
        made = await send(linkedin, "POST", "/rest/leadForms", body={"name": "", "content": {}, "id": 1})

    assert {"owner", "creationLocale", "name", "id", "content/headline", "content/questions"} <= set(wrong_paths(made))


async def test_a_partial_update_changes_what_it_sets_and_archives() -> None:
    async with a_linkedin() as linkedin:
        changes = {"name": "Demo 2", "state": "ARCHIVED", "hiddenFields": [{"name": "utm_source", "value": "li"}]}
        answer = await send(
            linkedin, "POST", "/rest/leadForms/6083", body={"patch": {"$set": changes}}, headers=UPDATES
        )
        form = (await get(linkedin, "/rest/leadForms/6083")).content
        back = {"patch": {"$set": {"state": "DRAFT"}}}
        refused = await send(linkedin, "POST", "/rest/leadForms/6083", body=back, headers=UPDATES)

    assert (answer.status, answer.content) == (204, None)
    assert {name: form[name] for name in changes} == changes
    assert (form["versionId"], len(form["content"]["questions"])) == (1, 3)
    assert (refused.status, wrong_paths(refused)) == (400, ["state"])


async def test_new_content_of_a_published_form_is_a_new_version_and_old_leads_keep_theirs() -> None:
    async with a_linkedin() as linkedin:
        response_id = linkedin.submit(form=6083, answers={"Which": "Red"})
        content = (await get(linkedin, "/rest/leadForms/6083")).content["content"]
        content["questions"] = content["questions"][:1]

        answer = await send(
            linkedin, "POST", "/rest/leadForms/6083", body={"patch": {"$set": {"content": content}}}, headers=UPDATES
        )
        linkedin.add_form(id=9, name="Plan", owner=ACCOUNT, questions=linkedin.forms[6083].questions, state="DRAFT")
        draft = await send(
            linkedin, "POST", "/rest/leadForms/9", body={"patch": {"$set": {"content": content}}}, headers=UPDATES
        )
        form = (await get(linkedin, "/rest/leadForms/6083")).content
        lead = (await get(linkedin, f"/rest/leadFormResponses/{response_id}")).content

    assert (answer.status, draft.status) == (204, 204)
    assert linkedin.forms[9].version == 1
    assert (form["versionId"], [one["questionId"] for one in form["content"]["questions"]]) == (2, [1])
    assert lead["versionedLeadGenFormUrn"].endswith(":6083,1)")


@pytest.mark.parametrize(
    "body",
    [
        {"name": "New"},
        {"patch": {"name": "New"}},
        {"patch": {"$set": {}}},
        {"patch": {"$set": {"name": "New"}, "$delete": ["state"]}},
        {"patch": {"$set": {"owner": {"sponsoredAccount": ACCOUNT}}}},
        {"patch": {"$set": {"versionId": 3}}},
        {"patch": {"$set": {"name": ""}}},
        {"patch": {"$set": {"name": "New"}}, "name": "New"},
    ],
)
async def test_a_patch_that_is_none_is_refused_and_changes_nothing(body: dict[str, object]) -> None:
    async with a_linkedin() as linkedin:
        answer = await send(linkedin, "POST", "/rest/leadForms/6083", body=body, headers=UPDATES)

    assert answer.status == 400
    assert linkedin.forms[6083].name == "Demo"


async def test_an_archived_form_keeps_its_content_and_a_forbidden_owners_is_out_of_reach() -> None:
    async with a_linkedin() as linkedin:
        linkedin.add_form(id=9, name="Old", owner=ACCOUNT, questions=linkedin.forms[6083].questions, state="ARCHIVED")
        content = (await get(linkedin, "/rest/leadForms/9")).content["content"]
        patch = {"patch": {"$set": {"content": content}}}

        archived = await send(linkedin, "POST", "/rest/leadForms/9", body=patch, headers=UPDATES)
        linkedin.forbid(ACCOUNT)
        forbidden = await send(linkedin, "POST", "/rest/leadForms/6083", body=patch, headers=UPDATES)
        made = await send(linkedin, "POST", "/rest/leadForms", body=a_form())

    assert [one.status for one in (archived, forbidden, made)] == [400, 403, 403]
