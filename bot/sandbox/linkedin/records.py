"""What the stand-in keeps - forms, campaigns, filled-in forms - and the JSON in which LinkedIn shows it."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

Json = dict[str, object]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SEVERAL = " | "  #: between the texts of several chosen options of one question


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a form. With `options` it is multiple choice, and an answer is the text of an option."""

    id: int
    text: str
    name: str
    predefined: str = ""  #: "FIRST_NAME", "COUNTRY", …; "" = the form's own question
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form in its latest version."""

    id: int
    name: str
    owner: str  #: URN
    questions: tuple[Question, ...]
    hidden: Mapping[str, str] = field(default_factory=dict)
    consents: tuple[tuple[int, str, bool], ...] = ()  #: id, text, required
    locale: tuple[str, str] = ("en", "US")  #: language, country
    version: int = 1
    state: str = "PUBLISHED"
    written: Json = field(default_factory=dict)  #: what was written through the API; shown as it was written

    @property
    def urn(self) -> str:
        """The versioned URN, as the API prints it."""
        return self.urns[-1]

    @property
    def urns(self) -> list[str]:
        """The URNs of every version so far, the latest one last."""
        form = f"urn:li:leadGenForm:{self.id}"
        return [f"urn:li:versionedLeadGenForm:({form},{version})" for version in range(1, self.version + 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A campaign of an ad account."""

    id: int
    name: str
    account: str  #: URN
    status: str = "ACTIVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One filled-in form."""

    id: str
    form: Form
    answers: Mapping[str, str]  #: by question name
    submitted_at: datetime
    lead_type: str
    campaign: Campaign | None = None
    creative: int | None = None  #: the ad; None = the campaign's only one
    event: Json | None = None  #: {"id": …, "name": …}
    is_test: bool = False
    consents: Mapping[int, bool] = field(default_factory=dict)


def entity_urn(submission: Submission) -> str:
    """What the form was filled in at: an ad or an event; "" = nothing that we know."""
    if submission.event is not None:
        return f"urn:li:event:{submission.event['id']}"
    return _creative_urn(submission) if submission.campaign is not None else ""


def milliseconds(at: datetime) -> int:
    """Milliseconds since 1970."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def owner_json(urn: str) -> Json:
    """`{"sponsoredAccount": urn}` or `{"organization": urn}`."""
    kind = "sponsoredAccount" if urn.startswith("urn:li:sponsoredAccount:") else "organization"
    return {kind: urn}


def checked_answers(form: Form, answers: Mapping[str, str]) -> dict[str, str]:
    """The answers, if the form can have been filled in with them. Raises ValueError."""
    questions = {question.name: question for question in form.questions}
    for name, text in answers.items():
        if name not in questions:
            raise ValueError(f"form {form.id} has no question named {name!r}; it has {sorted(questions)}")
        options = questions[name].options
        if options and text and not set(_chosen(options, text)) <= set(options):
            raise ValueError(f"{text!r} is no option of {name!r}; the options are {list(options)}")
    return dict(answers)


def form_json(form: Form) -> Json:
    """The form as `/rest/leadForms` shows it."""
    language, country = form.locale
    locale = f"{language}_{country}"
    return {
        "id": form.id,
        "versionId": form.version,
        "name": form.name,
        "state": form.state,
        "owner": owner_json(form.owner),
        "creationLocale": {"country": country, "language": language},
        "hiddenFields": [{"name": name, "value": value} for name, value in form.hidden.items()],
        "content": {
            "headline": {"localized": {locale: form.name}},
            "questions": [_question_json(question, locale) for question in form.questions],
            "legalInfo": {
                "privacyPolicyUrl": "https://example.com/privacy",
                "consents": [
                    {"id": number, "checkRequired": required, "consent": {"localized": {locale: text}}}
                    for number, text, required in form.consents
                ],
            },
            "postSubmissionInfo": {"message": {"localized": {locale: "Thank you."}}},
        },
    } | form.written


def response_json(submission: Submission) -> Json:
    """The filled-in form as `/rest/leadFormResponses` shows it when no projection asks for more."""
    shown: Json = {
        "owner": owner_json(submission.form.owner),
        "submitter": "urn:li:person:BcLKblgopR",
        "leadType": submission.lead_type,
        "versionedLeadGenFormUrn": submission.form.urn,
        "id": submission.id,
        "submittedAt": milliseconds(submission.submitted_at),
        "testLead": submission.is_test,
        "formResponse": {
            "consentResponses": [
                {"accepted": submission.consents.get(number, required), "consentId": number}
                for number, _, required in submission.form.consents
            ],
            "answers": _answers_json(submission),
        },
    }
    if submission.campaign is not None:
        campaign = f"urn:li:sponsoredCampaign:{submission.campaign.id}"
        shown["leadMetadata"] = {"sponsoredLeadMetadata": {"campaign": campaign}}
        shown["associatedEntity"] = {"associatedCreative": _creative_urn(submission)}
    if submission.event is not None:
        shown["associatedEntity"] = {"event": f"urn:li:event:{submission.event['id']}"}
    return shown


def decorated_json(submission: Submission, owner_name: str) -> Json:
    """The same with what only a projection brings: the form, and names."""
    shown = response_json(submission) | {"form": form_json(submission.form)}
    if submission.form.owner.startswith("urn:li:sponsoredAccount:"):
        shown["ownerInfo"] = {"sponsoredAccountInfo": {"name": owner_name}}
    else:
        shown["ownerInfo"] = {"organizationInfo": {"localizedName": owner_name}}
    if submission.campaign is not None:
        campaign = {"id": submission.campaign.id, "name": submission.campaign.name, "type": "SPONSORED_UPDATES"}
        shown["leadMetadataInfo"] = {"sponsoredLeadMetadataInfo": {"campaign": campaign}}
        shown["associatedEntityInfo"] = {"associatedCreative": {"id": _creative_urn(submission)}}
    if submission.event is not None:
        name = {"localized": {"en_US": submission.event["name"]}}
        shown["associatedEntityInfo"] = {"event": {"id": submission.event["id"], "name": name}}
    return shown


def notification_json(submission: Submission, *, action: str, occurred_at: datetime) -> Json:
    """What the webhook is told: ids only. The form's URN is printed with a space here, as in LinkedIn's samples."""
    shown: Json = {
        "type": "LEAD_ACTION",
        "leadGenFormResponse": f"urn:li:leadGenFormResponse:{submission.id}",
        "leadGenForm": submission.form.urn.replace(",", ", "),
        "owner": owner_json(submission.form.owner),
        "leadType": submission.lead_type,
        "leadAction": action,
        "occurredAt": milliseconds(occurred_at),
    }
    if submission.campaign is not None:
        shown["associatedEntity"] = {"sponsoredCreative": _creative_urn(submission)}
    if submission.event is not None:
        shown["associatedEntity"] = {"event": f"urn:li:event:{submission.event['id']}"}
    return shown


def only_creative(campaign: int) -> int:
    """The ad that every campaign has, besides those that were added."""
    return campaign + 1


def _creative_urn(submission: Submission) -> str:
    campaign = submission.campaign
    creative = submission.creative or (only_creative(campaign.id) if campaign is not None else 0)
    return f"urn:li:sponsoredCreative:{creative}"


def _question_json(question: Question, locale: str) -> Json:
    shown: Json = {
        "questionId": question.id,
        "question": {"localized": {locale: question.text}},
        "name": question.name,
        "responseRequired": False,
        "responseEditable": True,
        "questionDetails": {"textQuestionDetails": {"maxResponseLength": 300}},
    }
    if question.predefined:
        shown["predefinedField"] = question.predefined
    if question.options:
        options = [{"id": place, "text": {"localized": {locale: text}}} for place, text in enumerate(question.options)]
        shown["questionDetails"] = {"multipleChoiceQuestionDetails": {"options": options}}
    return shown


def _answers_json(submission: Submission) -> list[Json]:
    """The answers in an order that is not the form's, the same one each time this response is asked for."""
    answered = [question for question in submission.form.questions if submission.answers.get(question.name)]
    shown = [_answer_json(question, submission.answers[question.name]) for question in answered]
    mixed = random.Random(submission.id).sample(shown, len(shown))  # noqa: S311 - an order, no secret
    return shown[::-1] if mixed == shown else mixed


def _answer_json(question: Question, text: str) -> Json:
    if question.options:
        chosen = [question.options.index(option) for option in _chosen(question.options, text)]
        return {"questionId": question.id, "answerDetails": {"multipleChoiceAnswer": {"options": chosen}}}
    return {"questionId": question.id, "answerDetails": {"textQuestionAnswer": {"answer": text}}}


def _chosen(options: Sequence[str], text: str) -> list[str]:
    return [text] if text in options else text.split(SEVERAL)
