"""A lead as the facts that rules speak of: name -> values, in the words of the rule file."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.core.fields import canonical_field
from bot.core.hours import Hours
from bot.core.lead import Answer, Lead, Named

#: fact name -> its values; a fact that is missing or has no value is "unanswered". The first value is the one shown.
Facts = Mapping[str, tuple[str, ...]]

#: Facts that every lead has, whatever was asked. `submitted` comes with working hours.
BUILT_IN = frozenset({"form", "campaign", "source", "lead_type", "event", "test"})
#: Facts whose several values are names of one and the same thing: nickname, id, URN, title.
ALIASED = frozenset({"form", "campaign", "event"})
#: Facts with a free ending, such as `hidden.utm_source`.
PREFIXES = ("hidden.", "consent.", "answer.")

YES, NO = "yes", "no"

_URN = {"form": "urn:li:leadGenForm:", "campaign": "urn:li:sponsoredCampaign:", "event": "urn:li:event:"}

#: Letters that look accented to a person but do not come apart in Unicode, and the quotes and dashes phones type.
_LOOKALIKES = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "’": "'", "‘": "'", "‐": "-", "–": "-", "—": "-"}
)
_FIRST_ACCENT, _LAST_ACCENT = "\u0300", "\u036f"  # Latin, Greek and Cyrillic marks; Japanese and Indic ones are letters


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The file's own names for LinkedIn's ids and questions."""

    forms: Mapping[str, str] = field(default_factory=dict)  #: form id -> nickname
    campaigns: Mapping[str, str] = field(default_factory=dict)  #: campaign id -> nickname
    sources: Mapping[tuple[str, str], str] = field(default_factory=dict)  #: (owner URN, lead type) -> source name
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  #: fact -> questions that fill it
    timezone: str = "UTC"  #: of the file: what day and weekday a lead was submitted on
    hours: Mapping[str, Hours] = field(default_factory=dict)  #: `hours:`, for `submitted: in hours NAME`


def fold(text: str) -> str:
    """The text without what comparison ignores: case, accents, outer spaces. Idempotent."""
    if text.isascii():
        return text.lower().strip()  # the same result as below, for most texts of most files
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = "".join(letter for letter in plain if not _FIRST_ACCENT <= letter <= _LAST_ACCENT)
    return bare.translate(_LOOKALIKES).strip()


def fact_key(name: str) -> str:
    """The key of a fact in Facts, however its name was written: `answer.Which COUNTRY?` = `answer.which country?`."""
    return fold(name)


def domain(text: str) -> str:
    """A mail domain as rules compare it: without `@`, `www.`, case and final dot. Takes an address or a domain."""
    return text.strip().lower().rpartition("@")[2].rstrip(".").removeprefix("www.")


def shown(fact: str, values: Sequence[str]) -> str:
    """What a person reads as the fact's value; "" when unanswered."""
    if fact_key(fact) in ALIASED:
        return values[0] if values else ""
    return ", ".join(values)


def facts_of(lead: Lead, vocabulary: Vocabulary) -> Facts:
    """Everything that a rule may ask of this lead. Pure; a missing answer is a missing key, never an error."""
    facts = _answered(lead, vocabulary)
    facts |= {f"hidden.{name}": (value,) for name, value in lead.hidden.items()}
    facts |= {f"consent.{consent.id}": (_switch(consent.accepted),) for consent in lead.consents}
    for answer in lead.answers:
        facts = _with(facts, f"answer.{answer.question}", answer.values)
    facts |= {
        "form": _names_of("form", lead.form, vocabulary.forms),
        "campaign": _names_of("campaign", lead.campaign, vocabulary.campaigns),
        "event": _names_of("event", lead.event, {}),
        "source": (vocabulary.sources.get((lead.owner, lead.lead_type), ""),),
        "lead_type": (lead.lead_type,),
        "test": (_switch(lead.is_test),),
    }
    return _with_domains(_tidy(facts))


def facts_to_read(lead: Lead, vocabulary: Vocabulary) -> dict[str, str]:
    """The named answers as text for cards and lists: names under `fields:` first, then predefined fields."""
    named = _tidy(_answered(lead, vocabulary))
    return {name: shown(name, values) for name, values in named.items()}


def facts_from_flat(flat: Mapping[str, str | Sequence[str]], vocabulary: Vocabulary | None = None) -> Facts:
    """Facts as `checks:` and LEAD.json give them. A form or campaign may be named by nickname, id or URN alike."""
    words = vocabulary or Vocabulary()
    facts = {name: (value,) if isinstance(value, str) else tuple(value) for name, value in flat.items()}
    tidy = _tidy(facts)
    for fact, nicknames in (("form", words.forms), ("campaign", words.campaigns)):
        tidy |= {fact: _all_names(fact, tidy[fact], nicknames)} if fact in tidy else {}
    for switch in [name for name in tidy if name == "test" or name.startswith("consent.")]:
        tidy[switch] = tuple(_as_switch(value) for value in tidy[switch])
    return _with_domains(tidy)


def is_test(facts: Facts) -> bool:
    """Whether the facts are those of a test lead."""
    return YES in facts.get("test", ())


def _answered(lead: Lead, vocabulary: Vocabulary) -> dict[str, tuple[str, ...]]:
    facts: dict[str, tuple[str, ...]] = {}
    for name, questions in vocabulary.fields.items():
        wanted = {fold(spelling) for question in questions for spelling in (question, canonical_field(question))}
        for answer in lead.answers:
            if wanted & _names_of_question(answer):
                facts = _with(facts, name, answer.values)
    for answer in lead.answers:
        if answer.field:
            facts = _with(facts, answer.field, answer.values)
    return facts


def _names_of_question(answer: Answer) -> set[str]:
    names = {fold(answer.field), fold(answer.name), fold(answer.question)}
    return names - {""}


def _names_of(fact: str, thing: Named | None, nicknames: Mapping[str, str]) -> tuple[str, ...]:
    if thing is None:
        return ()
    number = thing.id.rpartition(":")[2]
    names = (nicknames.get(number, ""), thing.name, number, _URN[fact] + number if number else "")
    return tuple(name for name in names if name)


def _all_names(fact: str, given: tuple[str, ...], nicknames: Mapping[str, str]) -> tuple[str, ...]:
    first = fold(given[0])
    for number, nickname in nicknames.items():
        if first in {number, fold(nickname), fold(_URN[fact] + number)}:
            return tuple(dict.fromkeys((nickname, number, _URN[fact] + number, *given)))
    return given


def _with(facts: Mapping[str, tuple[str, ...]], name: str, values: Iterable[str]) -> dict[str, tuple[str, ...]]:
    key = fact_key(name)
    return {**facts, key: (*facts.get(key, ()), *values)}


def _tidy(facts: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Keys as rules look them up; values trimmed, without repeats and blanks."""
    tidy: dict[str, tuple[str, ...]] = {}
    for name, values in facts.items():
        trimmed = dict.fromkeys(value.strip() for value in values)
        kept = tuple(value for value in trimmed if value)
        if kept:
            tidy[fact_key(name)] = kept
    return tidy


def _with_domains(facts: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    addresses = (*facts.get("email", ()), *facts.get("work_email", ()))
    found = [domain(address) for address in addresses if "@" in address]
    told = [domain(value) for value in facts.get("email_domain", ())]
    domains = tuple(dict.fromkeys(name for name in (*told, *found) if name))
    return {**facts, "email_domain": domains} if domains else facts


def _switch(is_on: bool) -> str:
    return YES if is_on else NO


def _as_switch(text: str) -> str:
    return {"true": YES, "false": NO}.get(fold(text), fold(text))
