"""A lead as the facts that rules speak of: name -> values, in the words of the rule file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.core.fields import canonical_field
from bot.core.hours import Hours, in_hours
from bot.core.lead import Answer, Lead, Named
from bot.core.weekdays import WEEKDAYS, read_weekdays

#: fact name -> its values; a fact that is missing or has no value is "unanswered". The first value is the one shown.
Facts = Mapping[str, tuple[str, ...]]

COUNTRY, SUBMITTED = "country", "submitted"
#: The key, beside the facts that a rule names, of the `hours:` that were open when the lead was submitted.
HOURS = "in hours"
#: Facts that every lead has, whatever was asked.
BUILT_IN = frozenset({"form", "campaign", "source", "lead_type", "event", "test", SUBMITTED})
#: Facts whose several values are names of one and the same thing: nickname, id, URN, title.
ALIASED = frozenset({"form", "campaign", "event"})
#: Facts with a free ending, such as `hidden.utm_source`.
PREFIXES = ("hidden.", "consent.", "answer.")

YES, NO = "yes", "no"

_DAY_NAMES = 2  # `submitted` ends with the weekday in full and short; before them stands the time, where it is known

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
    #: spelling of a question, folded -> the facts under `fields:` that it fills; made of `fields`
    asked_as: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        asked_as: dict[str, tuple[str, ...]] = {}
        for name, questions in self.fields.items():
            for spelling in {fold(text) for asked in questions for text in (asked, canonical_field(asked))} - {""}:
                asked_as[spelling] = (*asked_as.get(spelling, ()), name)
        object.__setattr__(self, "asked_as", asked_as)


def fold(text: str) -> str:
    """The text without what comparison ignores: case, accents, outer spaces. Idempotent."""
    if text.isascii():
        return text.lower().strip()  # the same result as below, for most texts of most files
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = "".join(letter for letter in plain if not _FIRST_ACCENT <= letter <= _LAST_ACCENT)
    return bare.translate(_LOOKALIKES).strip()


@lru_cache(maxsize=2048)  # the questions of the forms come again with each lead
def fact_key(name: str) -> str:
    """The key of a fact in Facts, however its name was written: `answer.Which COUNTRY?` = `answer.which country?`."""
    return fold(name)


def domain(text: str) -> str:
    """A mail domain as rules compare it: without `@`, `www.`, case and final dot. Takes an address or a domain."""
    return text.strip().lower().rpartition("@")[2].rstrip(".").removeprefix("www.")


def compared_as(fact: str, vocabulary: Vocabulary) -> str:
    """How the words of a rule read this fact: "country" where it is filled by LinkedIn's country question, else itself.

    The answer is the `fact` of `parse_wanted`.
    """
    key = fact_key(fact)
    is_country = any(fact_key(name) == key for name in vocabulary.asked_as.get(COUNTRY, ()))
    return COUNTRY if is_country else key


def shown(fact: str, values: Sequence[str]) -> str:
    """What a person reads as the fact's value; "" when unanswered."""
    key = fact_key(fact)
    if key in ALIASED:
        return values[0] if values else ""
    if key == SUBMITTED and len(values) > _DAY_NAMES:
        return f"{values[1]} {values[0][:16].replace('T', ' ')}"
    if key == SUBMITTED:
        return values[0] if values else ""
    return ", ".join(values)


def facts_of(lead: Lead, vocabulary: Vocabulary) -> Facts:
    """Everything that a rule may ask of this lead. Pure; a missing answer is a missing key, never an error."""
    facts = _answered(lead, vocabulary)
    for answer in lead.answers:
        facts.setdefault(f"answer.{answer.question}", []).extend(answer.values)
    tidy = _tidy(facts)
    for name, value in lead.hidden.items():
        _set(tidy, fact_key(f"hidden.{name}"), (value,))
    for consent in lead.consents:
        tidy[fact_key(f"consent.{consent.id}")] = (_switch(consent.accepted),)
    _set(tidy, "form", _names_of("form", lead.form, vocabulary.forms))
    _set(tidy, "campaign", _names_of("campaign", lead.campaign, vocabulary.campaigns))
    _set(tidy, "event", _names_of("event", lead.event, {}))
    _set(tidy, "source", (vocabulary.sources.get((lead.owner, lead.lead_type), ""),))
    _set(tidy, "lead_type", (lead.lead_type,))
    tidy["test"] = (_switch(lead.is_test),)
    _set_submitted(tidy, lead.submitted_at, vocabulary)
    return _with_domains(tidy)


def facts_to_read(lead: Lead, vocabulary: Vocabulary) -> dict[str, str]:
    """The named answers as text for cards and lists: names under `fields:` first, then predefined fields."""
    named = _tidy(_answered(lead, vocabulary))
    return {name: shown(name, values) for name, values in named.items()}


def facts_from_flat(flat: Mapping[str, str | Sequence[str]], vocabulary: Vocabulary | None = None) -> Facts:
    """Facts as `checks:` and LEAD.json give them. A form or campaign may be named by nickname, id or URN alike.

    `submitted` may be a moment, a date or a weekday (see read_submitted); anything else stays a text that fits nothing.
    """
    words = vocabulary or Vocabulary()
    facts = {name: (value,) if isinstance(value, str) else tuple(value) for name, value in flat.items()}
    tidy = _tidy(facts)
    for fact, nicknames in (("form", words.forms), ("campaign", words.campaigns)):
        tidy |= {fact: _all_names(fact, tidy[fact], nicknames)} if fact in tidy else {}
    for switch in [name for name in tidy if name == "test" or name.startswith("consent.")]:
        tidy[switch] = tuple(_as_switch(value) for value in tidy[switch])
    if SUBMITTED in tidy and (submitted := read_submitted(tidy[SUBMITTED][0], words.timezone)) is not None:
        _set_submitted(tidy, submitted, words)
    return _with_domains(tidy)


def read_submitted(text: str, timezone: str) -> datetime | date | int | None:
    """A time of submitting as people write it; None when it is none.

    "2026-11-23 10:00" is a moment in `timezone`, "2026-11-23T09:00Z" one in its own; a date stays a date, and a weekday
    is a number from Monday = 0. Moments come back aware, in `timezone`.
    """
    bare = text.strip()
    if (days := read_weekdays(bare)) is not None and len(days) == 1:
        return days[0]
    if re.match(r"\d{4}-\d\d-\d\d", bare) is None:
        return None
    try:
        if len(bare) == len("2026-11-23"):
            return date.fromisoformat(bare)
        moment = datetime.fromisoformat(bare)
        zone = ZoneInfo(timezone)
        return moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)
    except (ValueError, OverflowError):
        return None


def submit_date(facts: Facts) -> date | None:
    """The day on which the lead was submitted, in the file's time zone; None when it is not known."""
    values = facts.get(SUBMITTED, ())
    try:
        return date.fromisoformat(values[0][:10]) if len(values) > _DAY_NAMES else None
    except ValueError:
        return None


def is_test(facts: Facts) -> bool:
    """Whether the facts are those of a test lead."""
    return YES in facts.get("test", ())


def _answered(lead: Lead, vocabulary: Vocabulary) -> dict[str, list[str]]:
    """Names under `fields:` in the order of the file, then predefined fields."""
    own: dict[str, list[str]] = {name: [] for name in vocabulary.fields}
    predefined: dict[str, list[str]] = {}
    for answer in lead.answers:
        for name in _named(answer, vocabulary.asked_as):
            own[name].extend(answer.values)
        if answer.field:
            predefined.setdefault(answer.field, []).extend(answer.values)
    for name, values in predefined.items():
        own.setdefault(name, []).extend(values)
    return own


def _named(answer: Answer, asked_as: Mapping[str, tuple[str, ...]]) -> Sequence[str]:
    """The facts under `fields:` that this answer fills; one may be named twice."""
    if not asked_as:
        return ()
    spellings = {fact_key(answer.field), fact_key(answer.name), fact_key(answer.question)}
    return [name for spelling in spellings for name in asked_as.get(spelling, ())]


def _set_submitted(facts: dict[str, tuple[str, ...]], submitted: datetime | date | int, vocabulary: Vocabulary) -> None:
    """`submitted`, and the hours that were open then."""
    facts.pop(HOURS, None)
    if isinstance(submitted, int):
        facts[SUBMITTED] = _names_of_day(submitted)
        return
    if not isinstance(submitted, datetime):
        facts[SUBMITTED] = (submitted.isoformat(), *_names_of_day(submitted.weekday()))
        return
    local = _local(submitted, vocabulary.timezone)
    facts[SUBMITTED] = (local.isoformat(timespec="minutes"), *_names_of_day(local.weekday()))
    if vocabulary.hours:
        _set(facts, HOURS, tuple(name for name, hours in vocabulary.hours.items() if in_hours(hours, submitted)))


def _local(moment: datetime, timezone: str) -> datetime:
    """The moment on the clocks of the file; at the very ends of the calendar, where no clock goes, as it is."""
    try:
        return moment.astimezone(ZoneInfo(timezone) if timezone != "UTC" else UTC)
    except OverflowError:
        return moment


def _names_of_day(weekday: int) -> tuple[str, str]:
    return WEEKDAYS[weekday], WEEKDAYS[weekday][:3]


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


def _tidy(facts: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Keys as rules look them up; values trimmed, without repeats and blanks."""
    tidy: dict[str, tuple[str, ...]] = {}
    for name, values in facts.items():
        key = fact_key(name)
        _set(tidy, key, (*tidy[key], *values) if key in tidy else values)
    return tidy


def _set(facts: dict[str, tuple[str, ...]], key: str, values: Sequence[str]) -> None:
    """The fact with these values, trimmed, without repeats and blanks; without any value it is no fact."""
    kept = tuple(dict.fromkeys(filter(None, map(str.strip, values))))
    if kept:
        facts[key] = kept
    else:
        facts.pop(key, None)


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
