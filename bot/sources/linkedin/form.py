"""A LinkedIn form as far as a lead needs it: questions, options, consents and hidden fields by their ids."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from bot.core.fields import canonical_field
from bot.sources.linkedin.wire import as_id, as_list, as_object, as_text, members


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question; `options` are texts by option id."""

    text: str
    field: str = ""  #: snake_case predefined field, "" for the form's own questions
    name: str = ""
    options: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form in one version. All empty when LinkedIn did not show it."""

    name: str = ""
    version: str = ""  #: "" = not told, which is so inside a lead's own answer
    questions: Mapping[str, Question] = dataclasses.field(default_factory=dict)  #: by question id, in the form's order
    consents: Mapping[str, str] = dataclasses.field(default_factory=dict)  #: text by consent id
    hidden: Mapping[str, str] = dataclasses.field(default_factory=dict)


def read_form(value: object) -> Form:
    """The form in a `leadForms` answer, or in the `form` of a lead. Never raises: what is not there stays empty."""
    form = as_object(value)
    content = as_object(form.get("content"))
    locale = _locale(form.get("creationLocale"))
    questions = [as_object(question) for question in as_list(content.get("questions"))]
    consents = [as_object(consent) for consent in as_list(as_object(content.get("legalInfo")).get("consents"))]
    hidden = [as_object(hidden) for hidden in as_list(form.get("hiddenFields"))]
    return Form(
        name=localized(form.get("name"), locale),
        version=as_id(form.get("versionId")),
        questions={as_id(question.get("questionId")): _question(question, locale) for question in questions},
        consents={as_id(consent.get("id")): localized(consent.get("consent"), locale) for consent in consents},
        hidden={name: as_text(entry.get("value")) for entry in hidden if (name := as_text(entry.get("name")))},
    )


def localized(value: object, locale: str = "") -> str:
    """A text of LinkedIn's, plain or `{"localized": {"sv_SE": "…"}}`: in `locale`, else its language, else any."""
    if not isinstance(value, dict):
        return as_text(value).strip()
    texts = {key: text.strip() for key, text in members(as_object(value).get("localized")) if isinstance(text, str)}
    language = locale.split("_")[0]
    same_language = (text for key, text in texts.items() if key.split("_")[0] == language)
    return texts.get(locale) or next(same_language, "") or next(iter(texts.values()), "")


def first_name_in(value: object, *, depth: int = 4) -> str:
    """The name nearest to the top of an object whose shape is not documented; "" when there is none.

    Organic leads' look-ups (pages, products, events) are such objects.
    """
    for key, member in members(value):
        if key in {"name", "localizedName"} and (name := localized(member)):
            return name
    deeper = (first_name_in(member, depth=depth - 1) for _, member in members(value)) if depth else iter(())
    return next((name for name in deeper if name), "")


def _locale(value: object) -> str:
    locale = as_object(value)
    return "_".join(part for part in (as_text(locale.get("language")), as_text(locale.get("country"))) if part)


def _question(question: Mapping[str, object], locale: str) -> Question:
    details = as_object(as_object(question.get("questionDetails")).get("multipleChoiceQuestionDetails"))
    options = [as_object(option) for option in as_list(details.get("options"))]
    return Question(
        text=localized(question.get("question"), locale),
        field=canonical_field(as_text(question.get("predefinedField"))),
        name=as_text(question.get("name")).strip(),
        options={as_id(option.get("id")): localized(option.get("text"), locale) for option in options},
    )
