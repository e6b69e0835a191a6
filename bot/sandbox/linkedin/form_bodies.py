"""Forms as they are written through the API: checked as a whole, with every wrong field named."""

from __future__ import annotations

import re

from bot.sandbox.linkedin.body_fields import BodyFields
from bot.sandbox.linkedin.parameters import read_owner
from bot.sandbox.linkedin.records import Form, Json, Question
from bot.sandbox.linkedin.refusals import RefusedError, wrong_fields

_STATES = ("DRAFT", "PUBLISHED", "ARCHIVED")
_MOST_QUESTIONS = 12
_NAME, _HEADLINE, _TEXT, _OPTION, _LEGAL = 256, 60, 300, 100, 2000  # characters
_PREDEFINED = re.compile(r"[A-Z][A-Z_]*")

_FORM = ({"owner", "creationLocale", "name", "content"}, {"state", "hiddenFields"})
_CONTENT = ({"headline", "questions", "legalInfo"}, {"description", "postSubmissionInfo"})
_QUESTION = (
    {"question", "questionDetails"},
    {"name", "questionId", "predefinedField", "responseRequired", "responseEditable"},
)
_DETAILS = {"textQuestionDetails", "multipleChoiceQuestionDetails"}


def written_form(body: Json, *, form_id: int, version: int = 1) -> Form:
    """The form that a body describes, with ids for its questions and options.

    Raises RefusedError(400) that names every wrong field.
    """
    fields = BodyFields()
    form = _form(fields, body, form_id, version)
    if fields.problems:
        raise wrong_fields(fields.problems)
    return form


def _form(fields: BodyFields, body: Json, form_id: int, version: int) -> Form:
    fields.record(body, "", *_FORM)
    language, country = _locale(fields, body.get("creationLocale"))
    locale = f"{language}_{country}"
    content = fields.record(body.get("content"), "content", *_CONTENT)
    fields.localized(content.get("headline"), "content/headline", locale, _HEADLINE)
    if "description" in content:
        fields.localized(content["description"], "content/description", locale, _TEXT)
    if "postSubmissionInfo" in content:
        _check_ending(fields, content["postSubmissionInfo"], locale)
    questions, shown = _questions(fields, content.get("questions"), form_id, locale)
    state = str(body.get("state", "DRAFT"))
    if state not in _STATES:
        fields.wrong("state", f"must be one of {', '.join(_STATES)}")
    changed: Json = {"state": state, "content": content | {"questions": shown}}
    return Form(
        id=form_id,
        name=fields.text(body.get("name"), "name", _NAME),
        owner=_owner(fields, body.get("owner")),
        questions=questions,
        hidden=_hidden(fields, body.get("hiddenFields", [])),
        consents=_legal(fields, content.get("legalInfo"), locale),
        locale=(language, country),
        version=version,
        state=state,
        written={"hiddenFields": []} | body | changed,
    )


def _locale(fields: BodyFields, value: object) -> tuple[str, str]:
    """Language and country."""
    locale = fields.record(value, "creationLocale", {"country", "language"})
    language, country = str(locale.get("language")), str(locale.get("country"))
    if not re.fullmatch(r"[a-z]{2}_[A-Z]{2}", f"{language}_{country}"):
        fields.wrong("creationLocale", "must be a language and a country")
    return language, country


def _owner(fields: BodyFields, value: object) -> str:
    try:
        return read_owner(value)
    except RefusedError:
        fields.wrong("owner", "must be a sponsoredAccount or an organization")
        return ""


def _hidden(fields: BodyFields, value: object) -> dict[str, str]:
    found: dict[str, str] = {}
    for item, path in fields.items(value, "hiddenFields"):
        hidden = fields.record(item, path, {"name", "value"})
        found[fields.text(hidden.get("name"), f"{path}/name", _NAME)] = str(hidden.get("value", ""))
    return found


def _legal(fields: BodyFields, value: object, locale: str) -> tuple[tuple[int, str, bool], ...]:
    """The consents: id, text, whether it must be given."""
    path = "content/legalInfo"
    legal = fields.record(value, path, {"privacyPolicyUrl"}, {"consents", "legalDisclaimer", "legalInfoId"})
    fields.address(legal.get("privacyPolicyUrl"), f"{path}/privacyPolicyUrl")
    if "legalDisclaimer" in legal:
        fields.localized(legal["legalDisclaimer"], f"{path}/legalDisclaimer", locale, _LEGAL)
    found: list[tuple[int, str, bool]] = []
    listed = fields.items(legal.get("consents", []), f"{path}/consents")
    for place, (item, path) in enumerate(listed):
        consent = fields.record(item, path, {"consent"}, {"id", "checkRequired"})
        number = fields.number(consent.get("id", place), f"{path}/id")
        text = fields.localized(consent.get("consent"), f"{path}/consent", locale, _LEGAL)
        found.append((number, text, fields.flag(consent.get("checkRequired", False), f"{path}/checkRequired")))
    return tuple(found)


def _check_ending(fields: BodyFields, value: object, locale: str) -> None:
    """What is shown after the form was sent."""
    path = "content/postSubmissionInfo"
    ending = fields.record(value, path, {"message"}, {"callToAction"})
    fields.localized(ending.get("message"), f"{path}/message", locale, _TEXT)
    if "callToAction" in ending:
        path += "/callToAction"
        action = fields.record(ending["callToAction"], path, {"callToActionLabel", "callToActionTarget"})
        path += "/callToActionTarget"
        target = fields.record(action.get("callToActionTarget"), path, {"landingPageUrl"})
        fields.address(target.get("landingPageUrl"), f"{path}/landingPageUrl")


def _questions(fields: BodyFields, value: object, form_id: int, locale: str) -> tuple[tuple[Question, ...], list[Json]]:
    """The questions, and how they are shown from now on."""
    listed = fields.items(value, "content/questions")
    if not 1 <= len(listed) <= _MOST_QUESTIONS:
        fields.wrong("content/questions", f"must have 1 to {_MOST_QUESTIONS} items")
    read: list[tuple[Question, Json]] = []
    for place, (item, path) in enumerate(listed):
        question, shown = _question(fields, item, path, place, form_id, locale)
        if any(question.name == other.name or question.id == other.id for other, _ in read):
            fields.wrong(path, "questions must have different names and ids")
        read.append((question, shown))
    return tuple(question for question, _ in read), [shown for _, shown in read]


def _question(
    fields: BodyFields, value: object, path: str, place: int, form_id: int, locale: str
) -> tuple[Question, Json]:
    given = fields.record(value, path, *_QUESTION)
    number = fields.number(given.get("questionId", (place + 1) * 10**8 + form_id % 10**8), f"{path}/questionId")
    predefined = given.get("predefinedField", "")
    if "predefinedField" in given and not (isinstance(predefined, str) and _PREDEFINED.fullmatch(predefined)):
        fields.wrong(f"{path}/predefinedField", "is not an enum symbol")
    for name in ("responseRequired", "responseEditable"):
        fields.flag(given.get(name, True), f"{path}/{name}")
    text = fields.localized(given.get("question"), f"{path}/question", locale, _TEXT)
    options, details = _details(fields, given.get("questionDetails"), f"{path}/questionDetails", locale)
    name = fields.text(given.get("name", f"Custom question {place}"), f"{path}/name", _NAME)
    shown: Json = {"responseRequired": False, "responseEditable": True} | given
    shown |= {"questionId": number, "name": name, "questionDetails": details}
    return Question(number, text, name, str(predefined), options), shown


def _details(fields: BodyFields, value: object, path: str, locale: str) -> tuple[tuple[str, ...], Json]:
    """The options of a choice, none for a text; and how the details are shown from now on."""
    details = fields.record(value, path, optional=_DETAILS)
    if len(details) != 1:
        fields.wrong(path, f"must be one of {', '.join(sorted(_DETAILS))}")
        return (), {}
    kind, within = next(iter(details.items()))
    path = f"{path}/{kind}"
    if kind == "textQuestionDetails":
        longest = fields.record(within, path, optional={"maxResponseLength"}).get("maxResponseLength", _TEXT)
        return (), {kind: {"maxResponseLength": fields.number(longest, f"{path}/maxResponseLength")}}
    listed = fields.items(fields.record(within, path, {"options"}).get("options"), f"{path}/options")
    if not listed:
        fields.wrong(f"{path}/options", "must have at least one item")
    read = [_option(fields, item, path, place, locale) for place, (item, path) in enumerate(listed)]
    options = [{"id": place, "text": shown} for place, (_, shown) in enumerate(read)]
    return tuple(text for text, _ in read), {kind: {"options": options}}


def _option(fields: BodyFields, value: object, path: str, place: int, locale: str) -> tuple[str, object]:
    """The text of an option, and how it is shown. Options are numbered from 0 by their place."""
    option = fields.record(value, path, {"text"}, {"id"})
    if option.get("id", place) != place:
        fields.wrong(f"{path}/id", f"must be {place}")
    return fields.localized(option.get("text"), f"{path}/text", locale, _OPTION), option.get("text")
