"""`hours:`, and when a person works: weekdays, closed days, holidays and absences, with every slip named."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as AnyMapping
from datetime import timedelta

from bot.config.nodes import Entry, Mapping, Node, Scalar
from bot.config.problems import did_you_mean, quoted
from bot.config.reading import Reading
from bot.config.references import has_reference
from bot.config.times.clock import (
    WEEKDAYS,
    clock_time,
    day_ends,
    days,
    impossible_date,
    meant_days,
    meant_span,
    span_ends,
    span_words,
    week_words,
    weekdays,
)
from bot.config.times.holidays import CountryHolidays, closest_code, holidays_of
from bot.config.times.timezones import read_timezone
from bot.core.hours import Days, Hours, Schedule, Span

__all__ = ["clock_time", "days", "read_days", "read_hours", "read_schedule", "weekdays"]

_KEYS = ("timezone", "closed", "holidays")
_A_SPAN = "a span such as 09:00-18:00"
_A_DATE = "a date such as 2026-12-24, or 2026-12-24 to 2027-01-01"
#: What else people write for a day; each is answered with what to write.
_NOT_A_SPAN = {
    **dict.fromkeys(("no", "off", "none", "free", "never", "-", "false"), "Write closed."),
    **dict.fromkeys(("yes", "open", "always", "all day", "24h", "24/7", "true"), "A whole day is 00:00-24:00."),
    "closed": "closed stands alone, without hours beside it.",
}
_NOT_A_DAY = {
    **dict.fromkeys(("weekdays", "workdays", "weekday", "workday", "week"), "Write mon-fri."),
    **dict.fromkeys(("weekend", "weekends"), "Write sat-sun."),
    **dict.fromkeys(("daily", "everyday", "every day", "all", "all days", "days"), "Write mon-sun."),
    **dict.fromkeys(("holiday", "public_holidays"), 'Did you mean "holidays"?'),
    **dict.fromkeys(("away", "vacation"), "That of one person is away: under people; of all, closed: here."),
    **dict.fromkeys(("zone", "tz", "time zone", "time_zone"), 'Did you mean "timezone"?'),
}
_NO_HOLIDAYS = "Without holidays leave the key out; Norway is NO."
_LONG = timedelta(days=3 * 366)


def read_hours(reading: Reading, node: Node | None, timezone: str) -> dict[str, Hours]:
    """`hours:`. An entry without a time zone takes the file's. A name stays known even when its entry has errors."""
    return {entry.key.text: _read_entry(reading, entry, timezone) for entry in reading.entries(node, "hours")}


def read_schedule(
    reading: Reading, hours_node: Node | None, away_node: Node | None, hours: AnyMapping[str, Hours], timezone: str
) -> Schedule:
    """`hours` and `away` of a person. `timezone` (the file's) is where the absences of somebody without hours are."""
    away = tuple(_read_ranges(reading, away_node))
    return Schedule(hours=_read_name(reading, hours_node, hours), away=away, timezone=timezone)


def read_days(reading: Reading, node: Scalar) -> Days | None:
    """One date or range of dates; a slip is an error that shows how it is written."""
    text = reading.text(node, _A_DATE)
    if text is None:
        return None
    ends = day_ends(text)
    if ends is None:
        _refuse_days(reading, node)
        return None
    first, last = ends
    if last < first:
        reading.error(node, f"{reading.as_written(node)} ends before it begins", f'Write "{last} to {first}"?')
        return None
    return Days(first, last)


def _refuse_days(reading: Reading, node: Scalar) -> None:
    written = "" if has_reference(node.text) else node.text
    if missing := impossible_date(written):
        reading.error(node, f"There is no {missing} in the calendar")
        return
    meant = meant_days(written)
    hint = f'Write "{meant}".' if meant else "Dates are written like 2026-12-24, or 2026-12-24 to 2027-01-01."
    reading.error(node, f"{reading.as_written(node)} is not a date or a range of dates", hint)


def _read_entry(reading: Reading, entry: Entry, timezone: str) -> Hours:
    name, known = entry.key.text, len(reading.findings.problems)
    if not name.strip():
        reading.error(entry.key, "These hours need a name", "A short one, such as berlin.")
    others: dict[str, Node] = {}
    of_days: list[Entry] = []
    for part in _parts(reading, entry):
        if part.key.text in _KEYS:
            others[part.key.text] = part.value
        elif weekdays(part.key.text) is not None:
            of_days.append(part)
        else:
            _refuse_key(reading, part.key)
    week = _read_week(reading, of_days, entry.value)
    if not any(week) and len(reading.findings.problems) == known:
        what = f"{name} is closed on every day" if of_days else f"{name} names no weekday"
        reading.error(entry.key, what, "Add the days on which it is open, such as mon-fri: 09:00-18:00.")
    return Hours(
        name=name,
        timezone=read_timezone(reading, others.get("timezone")) or timezone,
        week=week,
        closed=tuple(_read_ranges(reading, others.get("closed"))),
        holidays=tuple(_read_holidays(reading, others.get("holidays"))),
    )


def _parts(reading: Reading, entry: Entry) -> tuple[Entry, ...]:
    node = entry.value
    if isinstance(node, Scalar) and span_ends(node.text) is not None:
        hint = f"Write {entry.key.text}: {{mon-fri: {node.text}}}."
        reading.error(node, f"{quoted(node.text)} says no weekdays", hint)
        return ()
    if isinstance(node, Mapping):
        cut = [part for part in node.entries if _is_cut_span(part)]
        for part in cut:
            hint = "Write the hours of one day as a list: [09:00-12:00, 13:00-18:00]."
            reading.error(part.key, f"The comma ends the value, so {quoted(part.key.text)} stands alone", hint)
        node = Mapping(node.place, tuple(part for part in node.entries if part not in cut), is_braced=node.is_braced)
    return reading.entries(node, "hours.*")


def _is_cut_span(part: Entry) -> bool:
    return span_ends(part.key.text) is not None and isinstance(part.value, Scalar) and part.value.is_nothing


def _refuse_key(reading: Reading, key: Scalar) -> None:
    known = (*_KEYS, *WEEKDAYS, *(day[:3] for day in WEEKDAYS), "mon-fri", "sat-sun")
    hint = _NOT_A_DAY.get(key.text.strip().lower()) or did_you_mean(key.text, known)
    hint = hint or "Days are written mon, tue … sun, or mon-fri."
    reading.error(key, f"{quoted(key.text)} is neither a weekday nor a key of hours", hint)


def _read_week(reading: Reading, entries: Iterable[Entry], group: Node) -> tuple[tuple[Span, ...], ...]:
    """Own lines come first in `entries`; days that were taken over with << give way to them."""
    week: list[tuple[Span, ...]] = [()] * 7
    taken: dict[int, Entry] = {}
    for entry in entries:
        own, spans = weekdays(entry.key.text) or frozenset(), _read_day(reading, entry.value)
        if not _is_taken_over(entry, group):
            for other in dict.fromkeys(taken[day] for day in sorted(own) if day in taken):
                _refuse_doubled(reading, other, entry)
        for day in own - taken.keys():
            taken[day], week[day] = entry, spans
    return tuple(week)


def _is_taken_over(entry: Entry, group: Node) -> bool:
    return (entry.key.place.line, entry.key.place.column) < (group.place.line, group.place.column)


def _refuse_doubled(reading: Reading, first: Entry, second: Entry) -> None:
    few, wide = sorted((first, second), key=lambda entry: len(weekdays(entry.key.text) or ()))
    fewer, more = weekdays(few.key.text) or frozenset(), weekdays(wide.key.text) or frozenset()
    rest = week_words(more - fewer)
    hint = f'Write "{rest}" instead of "{wide.key.text}".' if rest else "Keep one of the two."
    where = f"in {quoted(first.key.text)} (line {first.key.place.line}) and in {quoted(second.key.text)}"
    reading.error(second.key, f"{week_words(more & fewer)} stands {where}", hint)


def _read_day(reading: Reading, node: Node) -> tuple[Span, ...]:
    items = reading.scalars(node, _A_SPAN, may_be_empty=True)
    if len(items) == 1 and reading.value_of(items[0]).strip().lower() == "closed":
        return ()
    found = [span for item in items for span in _read_spans(reading, item)]
    joined: list[Span] = []
    for span in sorted(found):
        if joined and span.start < joined[-1].end:
            both = f"{span_words(joined[-1].start, joined[-1].end)} and {span_words(span.start, span.end)}"
            reading.error(node, f"{both} overlap", "Write them as one, or part them.")
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return tuple(joined)


def _read_spans(reading: Reading, node: Scalar) -> Iterable[Span]:
    """The spans of one value: one, or several with commas between them."""
    for text in reading.value_of(node).split(","):
        ends = span_ends(text)
        if ends is None:
            raw = "" if has_reference(node.text) else text.strip()
            meant = meant_span(raw)
            hint = f"Write {meant}." if meant else _NOT_A_SPAN.get(raw.lower(), "Write it like 09:00-18:00, or closed.")
            reading.error(node, f"{reading.as_written(node)} is not a span of hours", hint)
        elif ends[0] == ends[1]:
            reading.error(node, f"{reading.as_written(node)} has no length", "A whole day is 00:00-24:00.")
        elif ends[0] > ends[1]:
            _refuse_midnight(reading, node, *ends)
        else:
            yield Span(*ends)


def _refuse_midnight(reading: Reading, node: Scalar, start: int, end: int) -> None:
    hint = f"Write {span_words(start, 1440)} for the evening, and {span_words(0, end)} for the day after."
    if start < end + 720 <= 1440:
        hint = f"Did you mean {span_words(start, end + 720)}? Otherwise: {hint[0].lower()}{hint[1:]}"
    reading.error(node, f"Hours over midnight are not possible: {reading.as_written(node)}", hint)


def _read_ranges(reading: Reading, node: Node | None) -> Iterable[Days]:
    """In the order of the calendar, each once."""
    found: set[Days] = set()
    for item in reading.scalars(node, _A_DATE, may_be_empty=True):
        if (read := read_days(reading, item)) is None:
            continue
        found.add(read)
        if read.last - read.first > _LONG:
            years = (read.last - read.first).days // 365
            reading.warn(item, f"{reading.as_written(item)} is {years} years long", "Is the year right?")
    return sorted(found)


def _read_holidays(reading: Reading, node: Node | None) -> Iterable[CountryHolidays]:
    """In the order of the file, each once."""
    found: dict[CountryHolidays, None] = {}
    for item in reading.scalars(node, "a country such as DE, or DE-BY", may_be_empty=True):
        code = reading.value_of(item).strip()
        holidays = holidays_of(code)
        if holidays is None:
            is_no = code.lower() in {"no", "none", "off", "false", "nobody"}
            hint = _NO_HOLIDAYS if is_no else "" if has_reference(item.text) else closest_code(code)
            reading.error(item, f"There is no calendar of holidays called {reading.as_written(item)}", hint)
        else:
            found[holidays] = None
    return found


def _read_name(reading: Reading, node: Node | None, hours: AnyMapping[str, Hours]) -> Hours | None:
    name = reading.text(node, "the name of an entry under hours")
    if name is None or not isinstance(node, Scalar):
        return None
    if name not in hours and span_ends(name) is not None:
        hint = f"Put them under hours, such as office: {{mon-fri: {node.text}}}, and write hours: office."
        reading.error(node, f"A person names hours; {reading.as_written(node)} has no name", hint)
        return None
    known = reading.one_of(node, hours, "entry of hours", "hours")
    return hours[known] if known is not None else None
