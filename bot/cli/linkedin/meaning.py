"""What the words of a command line mean: owners, forms, entities, lead types, times. Pure; raises WrongUse."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.cli.linkedin.opened import WrongUse
from bot.config import values
from bot.config.audience import LEAD_TYPES
from bot.config.model import Config
from bot.config.problems import did_you_mean, quoted
from bot.ports import Stream
from bot.sources.linkedin.urns import form_and_version, versioned_form

_ORGANIC = tuple(kind for kind in LEAD_TYPES if kind != "SPONSORED")
_UNIT = {"min": "minutes", "h": "hours", "d": "days", "day": "days", "days": "days", "w": "weeks", "weeks": "weeks"}
_LAST = re.compile(r"([0-9]{1,5})\s*(min|h|d|days?|w|weeks)")
_LONGEST_LAST = timedelta(days=3650)


def short(urn: str) -> str:
    """A URN as people write it, and as --owner takes it: `sponsoredAccount:123`."""
    return urn.removeprefix("urn:li:")


def owners_of(config: Config, owner: str) -> list[str]:
    """URNs: the named one, or all under `sources:`. `owner` is a name there, `sponsoredAccount:1` or a URN."""
    if owner:
        return [_owner(config, owner)]
    if not config.sources:
        raise WrongUse(
            "There is nothing under sources: in the rule file. Name whose with --owner sponsoredAccount:123."
        )
    return list(dict.fromkeys(entry.owner for entry in config.sources))


def streams_of(config: Config, owner: str, lead_type: str) -> list[Stream]:
    """Owners with their lead types: those of the rule file; for one that it does not name, all that there can be."""
    kind = lead_type.strip().upper()
    if kind and kind not in LEAD_TYPES:
        raise WrongUse(f"{quoted(lead_type)} is no lead type. {did_you_mean(kind, LEAD_TYPES)}")
    urns = owners_of(config, owner)
    named = [
        Stream(source=entry.name, owner=entry.owner, lead_type=each)
        for entry in config.sources
        if entry.owner in urns and owner in {"", entry.name, *_ways(entry.owner)}
        for each in entry.lead_types
    ]
    chosen = [stream for stream in named if kind in {"", stream.lead_type}]
    if not chosen and owner:
        chosen = [Stream(source="", owner=urns[0], lead_type=each) for each in _types(urns[0]) if kind in {"", each}]
    if not chosen:
        fitting = "an ad account" if kind == "SPONSORED" else "a Page (organization)"
        raise WrongUse(f"{kind} leads belong to {fitting}, and none is meant here. Name one with --owner.")
    return chosen


def form_id(config: Config, text: str) -> str:
    """A form's number: from the number, a URN, or a nickname of the rule file."""
    bare = text.strip()
    if found := form_and_version(bare)[0] or values.digits(bare):
        return found
    return _nicknamed(config.vocabulary.forms, bare, "form")


def form_filter(config: Config, text: str) -> tuple[str, str]:
    """One version as its URN for LinkedIn to filter by, or a form's number for us to filter by; the other is ""."""
    if not text:
        return "", ""
    version = versioned_form(text)
    return (version, "") if version else ("", form_id(config, text))


def entity_urn(text: str) -> str:
    """`event:1`, `sponsoredCreative:1` or their URN as a URN."""
    if not text:
        return ""
    match = re.fullmatch(r"(?:urn:li:)?((?:event|sponsoredCreative):[0-9]{1,25})", text.strip())
    if match is None:
        raise WrongUse(f"{quoted(text)} is no entity. Write event:123 or sponsoredCreative:123.")
    return f"urn:li:{match.group(1)}"


def window(
    *, since: str, until: str, last: str, timezone: str, now: datetime, usual: timedelta
) -> tuple[datetime, datetime | None]:
    """From when to when. A date is a whole day of the rule file's time zone."""
    if since and last:
        raise WrongUse("Give --since or --last, not both.")
    end = _instant(until, timezone, is_end=True) if until else None
    usual_start = (end or now) - (span(last) if last else usual)
    start = _instant(since, timezone, is_end=False) if since else usual_start
    if end is not None and end <= start:
        raise WrongUse("--until is before the beginning, so there is no time between.")
    return start, end


def span(text: str) -> timedelta:
    """`30d`, `12h`, `2 weeks`."""
    match = _LAST.fullmatch(text.strip().lower())
    length = timedelta(**{_UNIT[match.group(2)]: int(match.group(1))}) if match else timedelta()
    if not timedelta() < length <= _LONGEST_LAST:
        raise WrongUse(f"{quoted(text)} is no length of time. Write 30d, 12h or 90min.")
    return length


def _owner(config: Config, text: str) -> str:
    named = {entry.name: entry.owner for entry in config.sources}
    found = named.get(text) or values.owner_urn(text)
    if found is None:
        hint = did_you_mean(text, named) if not text.isdigit() else ""
        example = text if text.isdigit() else "123"
        raise WrongUse(
            f"{quoted(text)} is no owner. {hint or f'Write sponsoredAccount:{example} or organization:{example}.'}"
        )
    return found


def _ways(urn: str) -> tuple[str, str]:
    return urn, short(urn)


def _types(urn: str) -> tuple[str, ...]:
    return ("SPONSORED",) if urn.startswith("urn:li:sponsoredAccount:") else _ORGANIC


def _nicknamed(nicknames: Mapping[str, str], text: str, kind: str) -> str:
    by_name = {name: number for number, name in nicknames.items()}
    if text in by_name:
        return by_name[text]
    hint = did_you_mean(text, by_name) or f"Write its number, such as 6083, or a nickname under names.{kind}s."
    raise WrongUse(f"{quoted(text)} is no {kind}. {hint}")


_FIRST_YEAR = 2003  # LinkedIn began then


def _instant(text: str, timezone: str, *, is_end: bool) -> datetime:
    try:
        at = datetime.fromisoformat(text.strip())
        if re.fullmatch(r"\d{4}-?\d{2}-?\d{2}", text.strip()) and is_end:
            at += timedelta(days=1)
        aware = at if at.tzinfo else at.replace(tzinfo=ZoneInfo(timezone))
        instant = aware.astimezone(UTC)
        if instant.year >= _FIRST_YEAR:
            return instant
    except (ValueError, OverflowError):
        pass
    raise WrongUse(f"{quoted(text)} is no time that LinkedIn knows. Write 2026-11-23 or 2026-11-23T09:00.")
