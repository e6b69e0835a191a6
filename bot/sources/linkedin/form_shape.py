"""LinkedIn's own shape of a form: which keys it has, which a new form needs, and what is plainly wrong. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from bot.config import values
from bot.config.nodes import Mapping as Group
from bot.config.nodes import Node, Scalar, Sequence
from bot.config.problems import Findings, Place, did_you_mean, quoted
from bot.sources.linkedin.wire import as_list, as_object, as_text

Json = dict[str, object]

_TOP = Place(1, 1)

#: By path; what is not listed is not looked into.
_KEYS = {
    "": ("owner", "creationLocale", "name", "state", "content", "hiddenFields"),
    "owner": ("sponsoredAccount", "organization"),
    "creationLocale": ("country", "language", "variant"),
    "content": ("headline", "description", "questions", "legalInfo", "postSubmissionInfo"),
    "content.questions[]": (
        *("questionId", "question", "name", "predefinedField", "responseRequired", "responseEditable"),
        "questionDetails",
    ),
    "content.questions[].questionDetails": ("textQuestionDetails", "multipleChoiceQuestionDetails"),
    "content.legalInfo": ("legalInfoId", "privacyPolicyUrl", "legalDisclaimer", "consents"),
    "content.legalInfo.consents[]": ("id", "checkRequired", "consent"),
    "content.postSubmissionInfo": ("message", "callToAction"),
    "hiddenFields[]": ("name", "value"),
}
#: In YAML `1` and `true` are texts until their key says otherwise.
_NUMBERS = frozenset({"id", "questionId", "legalInfoId", "maxResponseLength"})
_SWITCHES = frozenset({"checkRequired", "responseRequired", "responseEditable"})

_NEEDED = (
    ("owner", "Whose form is it? Write sponsoredAccount:123, or organization:123 for a Page's form."),
    ("name", "It is what you find the form by; people do not see it."),
    ("creationLocale", "It is the language of the form's texts, such as en_US."),
    ("content.headline", "It is what people read first."),
    ("content.questions", "At least one question is needed, such as email."),
    ("content.legalInfo.privacyPolicyUrl", "LinkedIn demands the https:// address of your privacy policy."),
)


def typed(node: Node, key: str = "") -> Json:
    """The tree of a YAML file in LinkedIn's shape as JSON: numbers and switches where the key asks for them."""
    value = _typed(node, key)
    return value if isinstance(value, dict) else {}


def _typed(node: Node, key: str) -> object:
    if isinstance(node, Group):
        return {entry.key.text: _typed(entry.value, entry.key.text) for entry in node.entries if _is_there(entry.value)}
    if isinstance(node, Sequence):
        return [_typed(item, key) for item in node.items]
    if key in _NUMBERS and re.fullmatch(r"[0-9]{1,30}", node.text):
        return int(node.text)
    if key in _SWITCHES and (switch := values.switch(node.text)) is not None:
        return switch
    return node.text


def _is_there(node: Node) -> bool:
    return not (isinstance(node, Scalar) and node.is_nothing)


def check_shape(body: Mapping[str, object], findings: Findings) -> None:
    """Note what is wrong with what the file gives: unknown keys, and values LinkedIn cannot take."""
    for path, shown, value in _walk(body):
        for key in as_object(value):
            if key not in _KEYS[path]:
                where = f" in {shown}" if shown else ""
                findings.error(_TOP, f"{quoted(str(key))} is not a key{where}", did_you_mean(str(key), _KEYS[path]))
    content = as_object(body.get("content"))
    _check_url(as_object(content.get("legalInfo")).get("privacyPolicyUrl"), findings)
    _check_owner(body.get("owner"), findings)
    for number, question in enumerate(as_list(content.get("questions"))):
        _check_question(f"content.questions[{number}]", as_object(question), findings)
    _check_ids("content.legalInfo.consents", as_list(as_object(content.get("legalInfo")).get("consents")), findings)


def check_complete(
    body: Mapping[str, object], findings: Findings, our_keys: Mapping[str, str], told: Collection[str]
) -> None:
    """Note what a new form lacks, but for the keys in `told`, of which something else was said already.

    `our_keys` says how a path is called in the file, where it is called otherwise.
    """
    for path, why in _NEEDED:
        value: object = body
        for step in path.split("."):
            value = as_object(value).get(step)
        key = our_keys.get(path, path)
        if not value and key.partition(".")[0] not in told:
            findings.error(_TOP, f"The form has no {key}", why)


def _walk(body: Mapping[str, object]) -> Iterator[tuple[str, str, object]]:
    """Every group whose keys are known: its path, the path with numbers, and the group."""
    yield "", "", body
    for path in filter(None, _KEYS):
        for shown, value in _at(path, body):
            yield path, shown, value


def _at(path: str, body: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    found: list[tuple[str, object]] = [("", body)]
    for step in path.split("."):
        name, is_list = step.removesuffix("[]"), step.endswith("[]")
        inner = [(f"{shown}.{name}".lstrip("."), as_object(value).get(name)) for shown, value in found]
        if is_list:
            inner = [(f"{shown}[{at}]", each) for shown, value in inner for at, each in enumerate(as_list(value))]
        found = inner
    return iter(found)


def _check_url(url: object, findings: Findings) -> None:
    if url is not None and not re.fullmatch(r"https://[^\s/]+\S*", as_text(url)):
        hint = "LinkedIn takes only an https:// address."
        findings.error(_TOP, f"content.legalInfo.privacyPolicyUrl is {quoted(as_text(url))}", hint)


def _check_owner(owner: object, findings: Findings) -> None:
    if owner is None:
        return
    union = as_object(owner)
    kind = next(iter(union), "")
    if len(union) != 1 or not re.fullmatch(rf"urn:li:{re.escape(kind)}:[0-9]{{1,25}}", as_text(union.get(kind))):
        hint = 'Write {"sponsoredAccount": "urn:li:sponsoredAccount:123"}, or the same with organization.'
        findings.error(_TOP, "owner must name one ad account or one Page", hint)


def _check_question(path: str, question: Mapping[str, object], findings: Findings) -> None:
    if not as_object(as_object(question.get("question")).get("localized")):
        findings.error(_TOP, f"{path} has no text", 'Write "question": {"localized": {"en_US": "…"}}.')
    details = as_object(question.get("questionDetails"))
    if len(details) != 1:
        hint = "Give textQuestionDetails or multipleChoiceQuestionDetails."
        findings.error(_TOP, f"{path}.questionDetails must say what kind of question it is", hint)
    if "multipleChoiceQuestionDetails" in details:
        options = as_list(as_object(details["multipleChoiceQuestionDetails"]).get("options"))
        if not options:
            findings.error(_TOP, f"{path} has no options", "Give two or more.")
        _check_ids(f"{path}.questionDetails.multipleChoiceQuestionDetails.options", options, findings)


def _check_ids(path: str, entries: list[object], findings: Findings) -> None:
    """Answers name options and consents by these ids, of which 0 is one."""
    ids = [as_object(entry).get("id") for entry in entries]
    if any(isinstance(each, bool) or not isinstance(each, int) for each in ids):
        findings.error(_TOP, f"Each entry of {path} needs an id that is a number", "Count them 0, 1, 2, …")
    elif len(set(map(str, ids))) != len(ids):
        findings.error(_TOP, f"Two entries of {path} have the same id", "Count them 0, 1, 2, …")
