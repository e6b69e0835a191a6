"""What an update sends: the keys that a file gives and that differ, laid over the form as LinkedIn has it. Pure.

LinkedIn's partial update sets whole top-level fields, so a new headline is sent with the rest of `content` as it is;
and what answers point at - ids of questions, options and consents - stays with whatever is asked in the same words.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.core.errors import PermanentError
from bot.sources.linkedin.wire import as_list, as_object

Json = dict[str, object]

#: Groups of which a file may give a part.
_GROUPS = frozenset({"content", "legalInfo", "postSubmissionInfo", "callToAction"})


def changes(current: Mapping[str, object], wanted: Mapping[str, object]) -> Json:
    """The fields to `$set`; {} when the form is already so. Raises PermanentError for what cannot be changed."""
    for key, what in (("owner", "owner"), ("creationLocale", "language")):
        if key in wanted and as_object(wanted[key]) != as_object(current.get(key)):
            raise PermanentError(f"the {what} of a form cannot be changed", advice="Make a new form instead.")
    merged = {
        key: _merged(key, current.get(key), value)
        for key, value in wanted.items()
        if key not in {"owner", "creationLocale"}
    }
    return {key: value for key, value in merged.items() if value != current.get(key)}


def _merged(key: str, current: object, wanted: object) -> object:
    if key in _GROUPS and isinstance(current, dict) and isinstance(wanted, dict):
        return {**current, **{name: _merged(name, current.get(name), value) for name, value in wanted.items()}}
    if key == "questions":
        known = [_asked_before(question, as_list(current)) for question in as_list(wanted)]
        return _named_apart([_question(*pair) for pair in zip(known, as_list(wanted), strict=True)])
    if key in {"consents", "options"}:
        return _with_ids(as_list(wanted), as_list(current), "consent" if key == "consents" else "text")
    if isinstance(current, dict) and isinstance(wanted, dict) and "localized" in current and "localized" in wanted:
        return {**current, "localized": {**as_object(current["localized"]), **as_object(wanted["localized"])}}
    return wanted


def _question(current: object, wanted: object) -> object:
    if current is None:
        return wanted
    known, new = as_object(current), as_object(wanted)
    details, new_details = as_object(known.get("questionDetails")), as_object(new.get("questionDetails"))
    kept: Json = {**known, **new, "name": known.get("name", new.get("name"))}
    if set(details) == set(new_details):
        kept["questionDetails"] = {
            kind: {**as_object(details[kind]), **_options(as_object(details[kind]), as_object(value))}
            for kind, value in new_details.items()
        }
    return kept


def _named_apart(questions: list[object]) -> list[object]:
    """A new question of the form's own gets a name that no other one has."""
    kept = {as_object(each).get("name") for each in questions if "questionId" in as_object(each)}
    tries = (f"Custom question {number}" for number in range(len(kept) + len(questions)))
    free = (name for name in tries if name not in kept)
    return [{**as_object(each), "name": next(free)} if _is_new_and_own(each) else each for each in questions]


def _is_new_and_own(question: object) -> bool:
    asked = as_object(question)
    return not {"questionId", "predefinedField"} & set(asked) and str(asked.get("name")).startswith("Custom question ")


def _options(current: Mapping[str, object], wanted: Mapping[str, object]) -> Json:
    return {key: _merged(key, current.get(key), value) for key, value in wanted.items()}


def _with_ids(wanted: list[object], current: list[object], text: str) -> list[object]:
    """Entries in the same words keep their id; new ones get the next that was never used here."""
    used = [number for each in current if isinstance(number := as_object(each).get("id"), int)]
    following = max(used, default=-1) + 1
    entries: list[object] = []
    for each in wanted:
        known = next((one for one in current if _same_words(as_object(one).get(text), as_object(each).get(text))), None)
        number = as_object(known).get("id")
        if not isinstance(number, int):
            number = following if current else as_object(each).get("id")
            following += 1
        entries.append({**as_object(each), "id": number})
    return entries


def _asked_before(question: object, current: list[object]) -> object:
    """The current question that asks the same - the field that LinkedIn fills in, else the words - or None."""
    asked = as_object(question)
    field = asked.get("predefinedField")
    if field:
        return next((each for each in current if as_object(each).get("predefinedField") == field), None)
    own = [each for each in current if not as_object(each).get("predefinedField")]
    return next((each for each in own if _same_words(as_object(each).get("question"), asked.get("question"))), None)


def _same_words(current: object, wanted: object) -> bool:
    """Whether every language that is given reads as it did. The form may have more languages than the file."""
    texts, given = as_object(as_object(current).get("localized")), as_object(as_object(wanted).get("localized"))
    return bool(given) and all(texts.get(locale) == text for locale, text in given.items())
