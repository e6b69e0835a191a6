"""`checks:`: what the manager promises of the rules, read and typed; bot.config.checks holds the rules against it."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence as AnySequence
from typing import NamedTuple

from bot.config import values
from bot.config.checks import EXPECTED
from bot.config.model import Check
from bot.config.names import NOBODY, Book
from bot.config.nodes import Entry, Mapping, Node, Scalar, Sequence
from bot.config.problems import did_you_mean, quoted
from bot.config.rules.when import check_name, is_known_fact
from bot.core.facts import SUBMITTED, fact_key, fold, read_submitted
from bot.core.routing import TEST_LEADS, Rule

CHECK_KEYS = ("lead", "expect")
_EXAMPLE = "A check is written - {lead: {country: AT}, expect: {owner: dach}}."
_SEVERAL = frozenset({"post", "email"})


def read_checks(book: Book, node: Node | None, rules: AnySequence[Rule]) -> tuple[Check, ...]:
    """`checks:`; every name in them must exist."""
    reading = book.reading
    if node is None or (isinstance(node, Scalar) and node.is_nothing and not reading.entries(node, "checks")):
        return ()
    if not isinstance(node, Sequence):
        reading.error(node, "checks must be a list", _EXAMPLE)
        return ()
    known = _known_names(book, rules)
    checks = [_read_check(book, item, known) for item in node.items]
    return tuple(check for check in checks if check is not None)


class _Known(NamedTuple):
    """What a key of `expect` names: the word for it, and all names of the file."""

    kind: str
    names: tuple[str, ...]
    folded: frozenset[str]


def _known_names(book: Book, rules: AnySequence[Rule]) -> AnyMapping[str, _Known]:
    names = book.names
    people = (*names.people.by_name, *names.people.teams)
    known = {
        "rule": ("rule", (*(rule.name for rule in rules), TEST_LEADS)),
        "owner": ("person and no team", (*people, NOBODY)),
        "post": ("person", (*names.people.by_name, NOBODY)),
        "email": ("person and no team", (*people, "owner", NOBODY)),
        "template": ("template", tuple(names.templates)),
        "escalate": ("escalation", (*names.escalations, NOBODY)),
        "digest": ("digest", (*names.digests, NOBODY)),
    }
    return {key: _Known(kind, each, frozenset(map(fold, each))) for key, (kind, each) in known.items()}


def _read_check(book: Book, node: Node, known: AnyMapping[str, _Known]) -> Check | None:
    reading = book.reading
    if not isinstance(node, Mapping):
        reading.error(node, "A check must be a group with lead and expect", _EXAMPLE)
        return None
    group = reading.group(node, "checks.*", CHECK_KEYS)
    for key in CHECK_KEYS:
        if key not in group:
            reading.error(node, f"This check has no {key}", _EXAMPLE)
    expect = reading.group(group.get("expect"), "checks.*.expect", EXPECTED)
    if "expect" in group and isinstance(group["expect"], Mapping) and not group["expect"].entries:
        reading.error(group["expect"], "This check expects nothing", _EXAMPLE)
    lead = dict(_read_fact(book, entry) for entry in reading.entries(group.get("lead"), "checks.*.lead"))
    wanted = {key: _read_expected(book, key, value, known[key]) for key, value in expect.items()}
    return Check(line=node.place.line, column=node.place.column, lead=lead, expect=wanted)


def _read_fact(book: Book, entry: Entry) -> tuple[str, tuple[str, ...]]:
    reading, fact = book.reading, fact_key(entry.key.text)
    is_known_fact(book, entry.key)
    items = reading.scalars(entry.value, "an answer or a list of answers", may_be_empty=True)
    for item in items:
        answer = reading.value_of(item)
        if fact == "test" and values.switch(answer) is None:
            reading.error(item, f"{quoted(item.text)} is not yes or no")
        if fact == SUBMITTED and read_submitted(answer, book.names.vocabulary.timezone) is None:
            hint = 'Write a weekday such as monday, a date, or "2026-11-23 10:00".'
            reading.error(item, f"{quoted(item.text)} is no time of submitting", hint)
        check_name(book, fact, item, answer)
    return entry.key.text, tuple(reading.value_of(item) for item in items)


def _read_expected(book: Book, key: str, node: Node, known: _Known) -> tuple[str, ...]:
    reading = book.reading
    items = reading.scalars(node, f"what {key} must be")
    if len(items) > 1 and key not in _SEVERAL:
        reading.error(items[1], f"A lead has one {key}", "Write one name.")
    for item in items:
        text = reading.value_of(item)
        is_address = key in _SEVERAL and ("@" in text or values.channel(text) is not None)
        if is_address or fold(text) in known.folded:
            continue
        hint = did_you_mean(text, known.names)
        reading.error(item, f"There is no {known.kind} called {quoted(item.text)}", hint)
    return tuple(reading.value_of(item) for item in items)
