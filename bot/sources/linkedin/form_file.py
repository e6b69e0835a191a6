"""A form that somebody wrote down, in our short YAML or in LinkedIn's own JSON, checked and turned into the API's body.

Every value is read as text first and typed by its key, so that the choice NO stays Norway. Whatever is wrong becomes a
problem with its line, all at once, before anything is sent.
https://learn.microsoft.com/en-us/linkedin/marketing/lead-sync/lead-sync-schema
"""

from __future__ import annotations

import contextlib
import json
import re
from collections import Counter
from collections.abc import Collection
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bot.config import values
from bot.config.nodes import DEEPEST, MOST_BYTES, Entry, Mapping, Node, Scalar, Sequence, read_tree
from bot.config.problems import Findings, Place, Severity, TooManyProblems, did_you_mean, quoted
from bot.config.reading import Reading
from bot.config.traps import lines_of
from bot.core.errors import ConfigError
from bot.core.fields import PREDEFINED
from bot.sources.linkedin.form_shape import check_complete, check_shape, typed

Json = dict[str, object]

_KEYS = (
    *("name", "owner", "language", "state", "headline", "description", "questions", "privacy_policy", "disclaimer"),
    *("consents", "thank_you", "landing_page", "button", "hidden"),
)
_QUESTION_KEYS = ("ask", "field", "choices", "required", "max_length")
_CONSENT_KEYS = ("text", "required")
_STATES = {state.lower(): state for state in ("DRAFT", "PUBLISHED", "ARCHIVED")}

#: What only LinkedIn's own shape has at its top.
_LINKEDINS_KEYS = frozenset({"content", "creationLocale", "hiddenFields"})
#: LinkedIn sets these itself; a form that was fetched has them.
_READ_ONLY = ("id", "versionId", "versionTag", "created", "lastModified", "reviewInfo")

#: LinkedIn's word where it is not simply ours in capitals.
_LINKEDINS_WORD = {
    "company": "COMPANY_NAME",
    "phone": "PHONE_NUMBER",
    "work_phone": "WORK_PHONE_NUMBER",
    "linkedin_url": "LINKEDIN_PROFILE_LINK",
}
_LABEL = {"linkedin_url": "LinkedIn Profile"}
_FIELDS = frozenset(PREDEFINED - {"email_domain"})  # a fact that we make of the address

#: How our keys are called in a complaint about what is missing.
_OUR_KEY = {
    "content.headline": "headline",
    "content.questions": "questions",
    "content.legalInfo.privacyPolicyUrl": "privacy_policy",
    "creationLocale": "language",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FormFile:
    """What the file says, in the API's shape."""

    body: Json  #: only what the file gives; for a new form everything that LinkedIn needs is there
    notes: tuple[str, ...] = ()  #: worth reading, and no reason not to send it


@dataclass(slots=True)
class _Form:
    """Reads one file in our own shape."""

    reading: Reading
    owners: AnyMapping[str, str]
    locale: str = "en_US"
    notes: list[str] = field(default_factory=list)

    def localized(self, text: str) -> Json:
        return {"localized": {self.locale: text}}


def read_new_form(text: str, name: str, *, owners: AnyMapping[str, str]) -> FormFile:
    """The body of `POST /rest/leadForms`. Raises ConfigError with every problem.

    `name` is the file's, for the problems. `owners` are URNs by their names under `sources:`.
    """
    return _read(text, name, owners, locale="en_US", is_new=True)


def read_form_part(text: str, name: str, *, owners: AnyMapping[str, str], locale: str) -> FormFile:
    """Only what the file gives, for an update of a form in `locale`. Raises ConfigError with every problem."""
    return _read(text, name, owners, locale=locale, is_new=False)


def _read(text: str, name: str, owners: AnyMapping[str, str], *, locale: str, is_new: bool) -> FormFile:
    findings = Findings(name)
    form = _Form(Reading(findings, {}, need_secrets=False, lines=[]), owners, locale)
    body: Json = {}
    with contextlib.suppress(TooManyProblems):
        body = _body(text.removeprefix("\ufeff"), form, is_new=is_new)
    if findings.has_errors:
        raise ConfigError(findings.sorted())
    warnings = [str(problem) for problem in findings.sorted() if problem.severity is Severity.WARNING]
    return FormFile(body=body, notes=(*warnings, *form.notes))


def _body(text: str, form: _Form, *, is_new: bool) -> Json:
    findings = form.reading.findings
    content = _json_in(text, findings)
    if findings.has_errors:
        return {}
    tree = _tree_of(content) if content is not None else read_tree(text, findings)
    if content is None:
        form.reading.lines[:] = lines_of(text)
    if tree is None or _has_reference(text, findings):
        return {}
    given = {entry.key.text for entry in tree.entries}
    if _LINKEDINS_KEYS & given:
        body = _without_read_only(content if content is not None else typed(tree), form)
        check_shape(body, findings)
        return _completed(body, findings, {}, given) if is_new else body
    body = _our_shape(form, tree, is_new=is_new)
    return _completed(body, findings, _OUR_KEY, given) if is_new else body


def _completed(body: Json, findings: Findings, our_keys: AnyMapping[str, str], given: Collection[str]) -> Json:
    """A new form is a draft unless the file says otherwise. What is there and wrong is not called missing as well."""
    complete = {**body, "state": body.get("state", "DRAFT")}
    check_complete(complete, findings, our_keys, given if findings.has_errors else ())
    return complete


def _json_in(text: str, findings: Findings) -> Json | None:
    """The object when the file is JSON; None when it is not, and then it may be YAML."""
    if len(text.encode("utf-8", "replace")) > MOST_BYTES or not text.lstrip().startswith("{"):
        return None  # read_tree says what it thinks of the size
    doubled: list[str] = []

    def once(pairs: list[tuple[str, object]]) -> Json:
        doubled.extend(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        return dict(pairs)

    try:
        content: object = json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError):
        return None  # {name: …} is YAML too
    for key in dict.fromkeys(doubled):
        findings.error(Place(1, 1), f"{quoted(key)} is given twice in one group", "Keep one of the two.")
    if not isinstance(content, dict):
        return None
    if _is_deep(content):
        findings.error(Place(1, 1), f"This is nested more than {DEEPEST} levels deep")
    return content


def _is_deep(content: Json) -> bool:
    level: list[object] = [content]
    for _ in range(DEEPEST):
        inner = [list(each.values()) if isinstance(each, dict) else each for each in level]
        level = [value for values in inner if isinstance(values, list) for value in values]
    return any(isinstance(each, dict | list) for each in level)


def _tree_of(content: Json) -> Mapping:
    """JSON as the tree that YAML is read into; without lines, so that every problem is at the top and names its key."""
    top = Place(1, 1)

    def node(value: object) -> Node:
        if isinstance(value, dict):
            entries = tuple(Entry(Scalar(top, str(key), is_quoted=True), node(each)) for key, each in value.items())
            return Mapping(top, entries)
        if isinstance(value, list):
            return Sequence(top, tuple(node(each) for each in value))
        if value is None or isinstance(value, bool):
            return Scalar(top, {None: "null", True: "true", False: "false"}[value])
        return Scalar(top, str(value), is_quoted=isinstance(value, str))

    return Mapping(top, tuple(Entry(Scalar(top, key, is_quoted=True), node(each)) for key, each in content.items()))


def _has_reference(text: str, findings: Findings) -> bool:
    """A form is shown to the world: nothing of the environment gets into it."""
    at = text.find("${")
    if at >= 0:
        above = lines_of(text[:at])
        findings.error(Place(len(above), len(above[-1]) + 1), "A form cannot hold ${…}", "Write the text itself.")
    return at >= 0


def _without_read_only(content: Json, form: _Form) -> Json:
    dropped = [key for key in _READ_ONLY if key in content]
    if dropped:
        form.notes.append(f"LinkedIn sets {', '.join(dropped)} itself, so that was left out.")
    return {key: value for key, value in content.items() if key not in dropped}


# ── our own shape ──


def _our_shape(form: _Form, tree: Mapping, *, is_new: bool) -> Json:
    """The file's keys in the API's shape, in the order of LinkedIn's own example. Only those that it gives."""
    reading = form.reading
    group = reading.group(tree, "form", _KEYS)
    language = reading.typed(group.get("language"), _language, "a language with its country, such as en_US")
    form.locale = language or form.locale
    body: Json = {}
    if "owner" in group:
        body["owner"] = _owner(form, group["owner"])
    if is_new or language:
        small, _, large = form.locale.partition("_")
        body["creationLocale"] = {"country": large, "language": small}
    if name := reading.text(group.get("name"), "the name that only you see"):
        body["name"] = name
    if state := reading.typed(group.get("state"), lambda text: _STATES.get(text.lower()), _one_of(_STATES)):
        body["state"] = state
    if content := _content(form, group):
        body["content"] = content
    if is_new:
        _refuse_half_a_button(form, group)
    if "hidden" in group:
        entries = reading.entries(group["hidden"], "hidden")
        hidden = [(entry.key.text, reading.text(entry.value, "the field's value")) for entry in entries]
        body["hiddenFields"] = [{"name": name, "value": value} for name, value in hidden if value is not None]
    return body


def _content(form: _Form, group: AnyMapping[str, Node]) -> Json:
    reading = form.reading
    content: Json = {}
    for key in ("headline", "description"):
        if text := reading.text(group.get(key), f"the {key}"):
            content[key] = form.localized(text)
    if "questions" in group:
        content["questions"] = _questions(form, group["questions"])
    legal: Json = {}
    if url := reading.typed(group.get("privacy_policy"), https, "an address such as https://example.com/privacy"):
        legal["privacyPolicyUrl"] = url
    if text := reading.text(group.get("disclaimer"), "the disclaimer"):
        legal["legalDisclaimer"] = form.localized(text)
    if "consents" in group:
        legal["consents"] = _consents(form, group["consents"])
    if legal:
        content["legalInfo"] = legal
    if after := _after(form, group):
        content["postSubmissionInfo"] = after
    return content


def _refuse_half_a_button(form: _Form, group: AnyMapping[str, Node]) -> None:
    for one, other, example in (("landing_page", "button", "learn more"), ("button", "landing_page", "https://…")):
        if one in group and other not in group:
            form.reading.error(group[one], f"{one} needs {other} too", f"Add {other}: {example}")


def _after(form: _Form, group: AnyMapping[str, Node]) -> Json:
    """What is shown once the form was sent."""
    reading, after, button = form.reading, Json(), Json()
    if text := reading.text(group.get("thank_you"), "the words of thanks"):
        after["message"] = form.localized(text)
    if label := reading.text(group.get("button"), "the label of the button, such as learn more"):
        button["callToActionLabel"] = re.sub(r"[^A-Za-z0-9]+", "_", label).strip("_").upper()
    if url := reading.typed(group.get("landing_page"), https, "an address such as https://example.com/thanks"):
        button["callToActionTarget"] = {"landingPageUrl": url}
    if button:
        after["callToAction"] = button
    return after


def _owner(form: _Form, node: Node) -> Json:
    reading = form.reading
    text = reading.text(node, "an owner like sponsoredAccount:123, or a name under sources")
    urn = values.owner_urn(text or "") or form.owners.get(text or "")
    if text and urn is None:
        hint = did_you_mean(text, form.owners) or "Write sponsoredAccount:123, or organization:123 for a Page's form."
        reading.error(node, f"{quoted(text)} is no owner", hint)
    return {urn.split(":")[2]: urn} if urn else {}


# ── questions ──


def _questions(form: _Form, node: Node) -> list[Json]:
    items = node.items if isinstance(node, Sequence) else ()
    if not isinstance(node, Sequence):
        hint = "Begin each question with a dash: - first_name"
        form.reading.error(node, "questions must be a list", hint)
    questions: list[Json] = []
    own = 0
    for number, item in enumerate(items):
        question = _question(form, item, f"questions[{number}]", own)
        if question is None:
            continue
        own += "predefinedField" not in question
        questions.append(question)
    _refuse_doubles(form, items, questions)
    return questions


def _question(form: _Form, node: Node, path: str, own: int) -> Json | None:
    """One question. `own` counts the file's own questions before it: LinkedIn calls them Custom question 0, 1, …"""
    reading = form.reading
    if isinstance(node, Scalar):
        field_name = _field(form, node, path)
        if field_name and not form.locale.startswith("en"):
            form.notes.append(
                f"{path}: {node.text} is labelled in English; for other words write "
                f"{{field: {node.text}, ask: …}}. LinkedIn may show its own translation."
            )
        return _asked(form, field_name, "", {"textQuestionDetails": {}}, own) if field_name else None
    group = reading.group(node, "form.question", _QUESTION_KEYS)
    named = group.get("field")
    field_name = _field(form, named, path) if isinstance(named, Scalar) else ""
    ask = reading.text(group.get("ask"), "the question's words") or ""
    if not ask and not field_name:
        if isinstance(node, Mapping) and not {"ask", "field"} & set(group):
            reading.error(node, f"{path} asks nothing", 'Write - ask: "How many employees?", or - first_name.')
        return None
    question = _asked(form, field_name, ask, _details(form, group, path), own)
    required = reading.typed(group.get("required"), values.switch, "yes or no")
    return question if required is None else {**question, "responseRequired": required}


def _asked(form: _Form, field_name: str, ask: str, details: Json, own: int) -> Json:
    """The question in the API's shape. `field_name` is LinkedIn's word; "" = the form's own question."""
    if not field_name:
        return {"question": form.localized(ask), "name": f"Custom question {own}", "questionDetails": details}
    word = next((ours for ours, theirs in _LINKEDINS_WORD.items() if theirs == field_name), field_name.lower())
    first, *others = word.split("_")
    return {
        "question": form.localized(ask or _LABEL.get(word) or word.replace("_", " ").title()),
        "name": first + "".join(other.capitalize() for other in others),
        "predefinedField": field_name,
        "questionDetails": details,
    }


def _field(form: _Form, node: Scalar, path: str) -> str:
    """LinkedIn's word for a predefined question; its own list is open, so a word in capitals is passed on."""
    text = form.reading.text(node, "a question") or ""
    if text in _FIELDS:
        return _LINKEDINS_WORD.get(text, text.upper())
    if re.fullmatch(r"[A-Z][A-Z_]{1,60}", text):
        return text
    if text:
        hint = did_you_mean(text, _FIELDS) or 'A question of your own is written - ask: "How many employees?"'
        form.reading.error(node, f"{path}: {quoted(text)} is no question that LinkedIn fills in", hint)
    return ""


def _details(form: _Form, group: AnyMapping[str, Node], path: str) -> Json:
    reading = form.reading
    if "choices" not in group:
        longest = reading.typed(group.get("max_length"), _length, "a number of characters, such as 300")
        return {"textQuestionDetails": {"maxResponseLength": longest} if longest else {}}
    if "max_length" in group:
        reading.error(group["max_length"], f"{path} has choices, so it has no max_length", "Remove one of the two.")
    choices = [reading.value_of(item) for item in reading.scalars(group["choices"], "a list of choices")]
    if len(choices) == 1:
        reading.error(group["choices"], f"{path} has only one choice", "Give two or more, or leave choices out.")
    if doubled := [choice for choice, count in Counter(choices).items() if count > 1]:
        reading.error(group["choices"], f"{path} has the choice {quoted(doubled[0])} twice", "Keep one of the two.")
    options = [{"id": number, "text": form.localized(choice)} for number, choice in enumerate(choices)]
    return {"multipleChoiceQuestionDetails": {"options": options}}


def _refuse_doubles(form: _Form, items: tuple[Node, ...], questions: list[Json]) -> None:
    seen: set[str] = set()
    for question in questions:
        what = str(question.get("predefinedField") or question["question"])
        if what in seen and items:
            asked = str(question.get("predefinedField", "")).lower() or "The same question"
            form.reading.error(items[0], f"{asked} is asked twice", "Keep one of the two.")
        seen.add(what)


def _consents(form: _Form, node: Node) -> list[Json]:
    items = node.items if isinstance(node, Sequence) else (node,)
    found = [_consent(form, item, number) for number, item in enumerate(items)]
    given = [each for each in found if each is not None]
    return [
        {"id": number, "checkRequired": required, "consent": form.localized(text)}
        for number, (text, required) in enumerate(given, start=1)
    ]


def _consent(form: _Form, node: Node, number: int) -> tuple[str, bool] | None:
    reading = form.reading
    if isinstance(node, Scalar):
        text = reading.text(node, "the words of the consent")
        return (text, False) if text else None
    group = reading.group(node, "form.consent", _CONSENT_KEYS)
    text = reading.text(group.get("text"), "the words of the consent")
    if isinstance(node, Mapping) and "text" not in group:
        reading.error(node, f"consents[{number}] has no text", 'Write - text: "I agree to be contacted."')
    required = reading.typed(group.get("required"), values.switch, "yes or no")
    return (text, bool(required)) if text else None


# ── one value ──


def https(text: str) -> str | None:
    """An https address without white space, as it stands."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    return text if parts.scheme == "https" and parts.hostname and not re.search(r"\s", text) else None


def _language(text: str) -> str | None:
    match = re.fullmatch(r"([a-z]{2,3})[_-]([A-Z]{2})", text.strip())
    return f"{match.group(1)}_{match.group(2)}" if match else None


def _length(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[1-9][0-9]{0,3}", text) else None


def _one_of(words: AnyMapping[str, object]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}"
