"""The manager's nouns: sources, nicknames, fields, people, templates."""

from __future__ import annotations

import re
from collections.abc import Mapping as AnyMapping

from bot.config import values
from bot.config.model import SourceEntry
from bot.config.nodes import Entry, Mapping, Node, Scalar
from bot.config.problems import did_you_mean, quoted
from bot.config.reading import Reading
from bot.config.times.working_hours import read_schedule
from bot.core.facts import BUILT_IN, PREFIXES, Vocabulary, fact_key
from bot.core.hours import Hours
from bot.core.people import Person

LEAD_TYPES = ("SPONSORED", "EVENT", "COMPANY", "ORGANIZATION_PRODUCT")
#: Words that mean something else where a person's name may stand.
RESERVED = frozenset({"nobody", "owner", "team", "manager", "nowhere", "yes", "no"})
PERSON_KEYS = ("slack", "email", "hours", "away")


def read_sources(reading: Reading, node: Node | None) -> tuple[SourceEntry, ...]:
    """`sources:`. SPONSORED belongs to an ad account, the other types to an organization (linkedin.md §2)."""
    found = [_read_source(reading, entry) for entry in reading.entries(node, "sources")]
    sources = tuple(source for source in found if source is not None)
    seen: dict[tuple[str, str], str] = {}
    for source in sources:
        for lead_type in source.lead_types:
            other = seen.setdefault((source.owner, lead_type), source.name)
            if other != source.name and node is not None:
                place = next(entry.key for entry in reading.entries(node, "sources") if entry.key.text == source.name)
                reading.error(place, f"{source.name} asks for the same {lead_type} leads as {other}", "Remove one.")
    return sources


def _read_source(reading: Reading, entry: Entry) -> SourceEntry | None:
    group = reading.group(entry.value, "sources.*", ("owner", "lead_types"))
    owner = reading.typed(
        group.get("owner"), values.owner_urn, "an owner like sponsoredAccount:123 or organization:123"
    )
    types = [_read_lead_type(reading, item, owner) for item in reading.scalars(group.get("lead_types"))]
    for key in ("owner", "lead_types"):
        if key not in group:
            example = "sponsoredAccount:123" if key == "owner" else "[SPONSORED]"
            reading.error(entry.key, f"{entry.key.text} has no {key}", f"Add {key}: {example}.")
    lead_types = tuple(dict.fromkeys(lead_type for lead_type in types if lead_type))
    return SourceEntry(name=entry.key.text, owner=owner, lead_types=lead_types) if owner and lead_types else None


def _read_lead_type(reading: Reading, node: Scalar, owner: str | None) -> str:
    lead_type = reading.value_of(node)
    if lead_type not in LEAD_TYPES:
        hint = did_you_mean(lead_type, LEAD_TYPES)
        reading.error(node, f"{quoted(node.text)} is not a lead type of LinkedIn", hint)
        return ""
    is_account = owner is not None and "sponsoredAccount" in owner
    if owner is not None and is_account != (lead_type == "SPONSORED"):
        fitting = "a sponsoredAccount" if lead_type == "SPONSORED" else "an organization"
        reading.error(node, f"{lead_type} leads belong to {fitting}, not to this owner", "Make it a source of its own.")
    return lead_type


def read_vocabulary(
    reading: Reading,
    names: Node | None,
    fields: Node | None,
    *,
    sources: tuple[SourceEntry, ...],
    timezone: str,
    hours: AnyMapping[str, Hours],
) -> Vocabulary:
    """`names:` and `fields:`, turned the way facts look them up, with what else the facts need of the file."""
    group = reading.group(names, "names", ("forms", "campaigns"))
    return Vocabulary(
        forms=_read_nicknames(reading, group.get("forms"), "form"),
        campaigns=_read_nicknames(reading, group.get("campaigns"), "campaign"),
        sources={(source.owner, kind): source.name for source in sources for kind in source.lead_types},
        fields=_read_fields(reading, fields),
        timezone=timezone,
        hours=hours,
    )


def _read_nicknames(reading: Reading, node: Node | None, kind: str) -> AnyMapping[str, str]:
    nicknames: dict[str, str] = {}
    for entry in reading.entries(node, f"names.{kind}s"):
        number = reading.typed(entry.value, values.digits, f"the id of a {kind}, such as 6083")
        if number is None:
            continue
        other = nicknames.setdefault(number, entry.key.text)
        if other != entry.key.text:
            hint = "One nickname for each; keep the one your rules use."
            reading.error(entry.key, f"{kind} {number} is already called {other}", hint)
    return nicknames


def _read_fields(reading: Reading, node: Node | None) -> AnyMapping[str, tuple[str, ...]]:
    fields: dict[str, tuple[str, ...]] = {}
    for entry in reading.entries(node, "fields"):
        name, key = entry.key.text, fact_key(entry.key.text)
        if key in BUILT_IN or key == "submitted" or key.startswith(PREFIXES):
            reading.error(entry.key, f"{quoted(name)} is already a fact of every lead", "Choose another name.")
            continue
        items = reading.scalars(entry.value, "the questions that ask it")
        fields[name] = tuple(dict.fromkeys(reading.value_of(item) for item in items))
    return fields


def read_people(
    reading: Reading, node: Node | None, *, hours: AnyMapping[str, Hours], timezone: str
) -> dict[str, Person]:
    """`people:`. `timezone` is the file's, for whoever has no hours."""
    return {entry.key.text: _read_person(reading, entry, hours, timezone) for entry in reading.entries(node, "people")}


def _read_person(reading: Reading, entry: Entry, hours: AnyMapping[str, Hours], timezone: str) -> Person:
    name = entry.key.text
    check_person_or_team_name(reading, entry.key, "person")
    group = reading.group(entry.value, "people.*", PERSON_KEYS)
    slack = reading.typed(group.get("slack"), values.slack_user, "a Slack user id (U…) or an e-mail address")
    email = reading.typed(group.get("email"), values.mail_address, "an e-mail address")
    is_reached = "slack" in group or "email" in group
    if isinstance(entry.value, Mapping | Scalar) and not is_reached and not reading.findings.has_errors:
        reading.warn(entry.key, f"{name} has neither slack nor email, so nothing can reach them")
    return Person(
        name=name,
        slack=slack or "",
        email=email or "",
        schedule=read_schedule(reading, group.get("hours"), group.get("away"), hours, timezone),
    )


def check_person_or_team_name(reading: Reading, node: Scalar, kind: str) -> None:
    """A name that stands for itself wherever persons and teams are named."""
    name = node.text
    if name in RESERVED or re.search(r"[\s@#,]", name) or not name:
        hint = f"A short name in one word, such as {'anna' if kind == 'person' else 'dach'}."
        reading.error(node, f"{quoted(name)} cannot be the name of a {kind}", hint)


def read_templates(reading: Reading, node: Node | None) -> dict[str, str]:
    """`templates:`; `default` is always there."""
    templates = {"default": "lead"}
    for entry in reading.entries(node, "templates"):
        name = reading.typed(
            entry.value, _template_file, "the name of a template file without its ending, such as lead"
        )
        if name is not None:
            templates[entry.key.text] = name
    return templates


def _template_file(text: str) -> str | None:
    return text if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", text) else None
