"""`when:` of a rule: conditions whose facts exist and whose wanted values can be meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import lru_cache

from bot.config import values
from bot.config.audience import LEAD_TYPES
from bot.config.names import Book
from bot.config.nodes import Entry, Mapping, Node, Scalar
from bot.config.problems import did_you_mean, quoted
from bot.config.reading import Reading
from bot.config.references import has_reference
from bot.config.slips import bracketed, joining, several_in_one
from bot.core.conditions import Condition
from bot.core.countries import country_code
from bot.core.facts import COUNTRY, NO, PREFIXES, YES, compared_as, fact_key, fold
from bot.core.wanted import Wanted, parse_wanted, split_not

_WORDS = ("contains", "starts with", "ends with", "at least", "at most", "between", "is", "in hours")
_IN_HOURS, _EQUALS = "in hours", "equals"
_parse = lru_cache(maxsize=4096)(parse_wanted)  # many rules want the same countries and titles


def read_when(book: Book, node: Node | None) -> tuple[Condition, ...]:
    """`when:`; () for a rule that fits every lead."""
    if node is None:
        return ()
    entries = book.reading.entries(node, "when")
    if not entries and isinstance(node, Mapping | Scalar) and not getattr(node, "entries", ()):
        hint = "Write at least one condition, or remove when: if the rule is for every lead."
        book.reading.error(node, "There are no conditions here", hint)
    conditions = [_read_condition(book, entry) for entry in entries]
    return tuple(condition for condition in conditions if condition is not None)


def _read_condition(book: Book, entry: Entry) -> Condition | None:
    reading, fact = book.reading, entry.key.text
    if not is_known_fact(book, entry.key):
        return None
    negated, items = _wanted_items(reading, entry.value)
    if any(_is_bracketed(reading, item) for item in items):
        return None
    texts = [reading.value_of(item) for item in items]
    for item, text in zip(items, texts, strict=True) if negated or len(items) > 1 else ():
        if _begins_with_not(text):
            _explain_inner_not(reading, item, negated=negated)
            return None
    if len(texts) == 1 and not negated and _begins_with_not(texts[0]):
        negated, texts = True, [split_not(texts[0])[1]]
    read_as = compared_as(fact, book.names.vocabulary)
    wanted = [_read_wanted(book, fact, read_as, item, text) for item, text in zip(items, texts, strict=True)]
    kept = tuple(one for one in wanted if one is not None)
    if not kept or len(kept) < len(wanted):
        return None
    return Condition(fact=fact, wanted=kept, line=entry.key.place.line, negated=negated)


def _is_bracketed(reading: Reading, node: Scalar) -> bool:
    """A list after a word of the language is one long text to YAML, which no lead has and `not` always fits."""
    meant = "" if node.is_quoted else bracketed(node.text)
    if meant:
        reading.error(node, "A list cannot follow a word of the language", f"Write {meant}.")
    return bool(meant)


def _begins_with_not(text: str) -> bool:
    return text.lstrip()[:3].lower() == "not" and split_not(text)[0]


def _explain_inner_not(reading: Reading, node: Scalar, *, negated: bool) -> None:
    hint = "Remove the inner not." if negated else "Write {not: [first, second]} for the whole list."
    always = "not inside {not: …} turns itself round" if negated else "not inside a list would always fit"
    reading.error(node, always, hint)


def _wanted_items(reading: Reading, node: Node) -> tuple[bool, tuple[Scalar, ...]]:
    """Whether the list is negated, and its values."""
    if not isinstance(node, Mapping):
        return False, reading.scalars(node, "what is wanted")
    value = node.get("not")
    others = [entry for entry in node.entries if entry.key.text != "not"]
    if value is None or others:
        hint = "Only {not: [first, second]} may stand here; a list alone is [first, second]."
        if others and others[0].key.text.lower() in _WORDS and isinstance(others[0].value, Scalar):
            hint = f"Write it without the colon: {others[0].key.text} {others[0].value.text}."
        what = f"{quoted(others[0].key.text)} cannot stand in a condition" if others else "A condition is missing here"
        reading.error((others[0].key if others else node), what, hint)
        return True, ()
    if isinstance(value, Mapping):
        reading.error(value, "not needs a value or a list", "Write {not: [first, second]}.")
        return True, ()
    return True, reading.scalars(value, "what is not wanted")


def _read_wanted(book: Book, fact: str, read_as: str, node: Scalar, text: str) -> Wanted | None:
    reading = book.reading
    wanted = _parse(text, fact=read_as)
    if isinstance(wanted, str):
        is_from_outside = has_reference(node.text)
        reading.error(node, "What is filled in here is no wanted value" if is_from_outside else wanted)
        return None
    if wanted.word == _EQUALS and (meant := several_in_one(text, _is_one_of(book, fact, read_as))):
        reading.error(node, f"{quoted(node.text)} is one text, not several values", f"Write {meant}.")
        return None
    if _is_switch_fact(fact):
        return _read_switch(reading, node, wanted)
    if read_as == COUNTRY and wanted.word == _EQUALS and wanted.text == wanted.operands[0]:  # not as is "…"
        what = f"{quoted(node.text)} is no country we know, so only the very same text fits it"
        reading.warn(node, what, "Write the code of two letters, such as SE, or the usual name.")
    _check_wanted(book, fact_key(fact), node, wanted)
    return wanted


def _is_one_of(book: Book, fact: str, read_as: str) -> Callable[[str], bool]:
    """What a value of this fact is, where the file or the world has a list of them."""
    key, folded = fact_key(fact), book.names.folded
    if read_as == COUNTRY:
        return lambda part: bool(country_code(part))
    if key not in {"form", "campaign"}:
        return lambda _: False
    known = folded.forms if key == "form" else folded.campaigns
    return lambda part: fold(part) in known or values.digits(part) is not None


def _is_switch_fact(fact: str) -> bool:
    return fact_key(fact) == "test" or fact_key(fact).startswith("consent.")


def _read_switch(reading: Reading, node: Scalar, wanted: Wanted) -> Wanted | None:
    if wanted.word.startswith("is "):
        return wanted
    is_on = values.switch(wanted.text)
    if is_on is None:
        reading.error(node, f"{quoted(node.text)} is not yes or no")
        return None
    return replace(wanted, operands=(YES if is_on else NO,))


def is_known_fact(book: Book, key: Scalar) -> bool:
    """Whether some lead can have this fact; an error that proposes one when not."""
    known = book.names.folded.facts
    fact = fact_key(key.text)
    if fact in known or (fact.startswith(PREFIXES) and fact not in PREFIXES):
        return True
    hint = joining(key.text) or did_you_mean(fact, known) or "A question of your own form gets its name under fields:."
    book.reading.error(key, f"No lead has a fact called {quoted(key.text)}", hint)
    return False


def _check_wanted(book: Book, fact: str, node: Scalar, wanted: Wanted) -> None:
    if wanted.word == _IN_HOURS and fold(wanted.operands[0]) not in book.names.folded.hours:
        hint = did_you_mean(wanted.operands[0], book.names.vocabulary.hours) or "Add it under hours."
        book.reading.error(node, f"There are no hours called {quoted(wanted.operands[0])}", hint)
    elif wanted.word == _EQUALS:
        check_name(book, fact, node, wanted.operands[0])


def check_name(book: Book, fact: str, node: Scalar, wanted: str) -> None:
    """Names of the file's own must exist; a title of LinkedIn's cannot be checked and is let through."""
    reading, words, folded = book.reading, book.names.vocabulary, book.names.folded
    if fact == "source" and fold(wanted) not in folded.sources:
        hint = did_you_mean(wanted, words.sources.values()) or "Add it under sources."
        reading.error(node, f"There is no source called {quoted(node.text)}", hint)
    elif fact == "lead_type" and wanted.upper() not in LEAD_TYPES:
        reading.warn(node, f"{quoted(node.text)} is no lead type we know", did_you_mean(wanted, LEAD_TYPES))
    elif fact == "form" and fold(wanted) not in folded.forms:
        _check_title(book, node, wanted, words.forms.values(), "form")
    elif fact == "campaign" and fold(wanted) not in folded.campaigns:
        _check_title(book, node, wanted, words.campaigns.values(), "campaign")


def _check_title(book: Book, node: Scalar, wanted: str, nicknames: Collection[str], kind: str) -> None:
    """What is no nickname is an id, or a title of LinkedIn's; or a nickname with a slip in it."""
    if values.digits(wanted) or wanted.startswith("urn:li:"):
        return
    looks_like_a_nickname = re.fullmatch(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*", wanted) is not None
    if looks_like_a_nickname or book.names.folded.is_misspelt(kind, wanted):
        hint = did_you_mean(wanted, nicknames) or f"Add it under names: {kind}s:."
        book.reading.error(node, f"There is no {kind} called {quoted(node.text)}", hint)
