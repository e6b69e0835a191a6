"""When somebody works: weekly hours, closed days, holidays and absences; and open time as a measure. Pure.

A place is open at every instant at which the clock on its wall shows a time within a span of that day. So 09:00-18:00
stays 09:00-18:00 on the day of a clock change; of an hour that the change skips nothing is open, of one that it repeats
both passes are, and open time is the time that really passes.

Several schedules are open when any of them is; none at all means always open. Instants are aware, results are UTC.
Nothing here raises, whatever the date. The measures walk day by day, a few microseconds each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, order=True)
class Days:
    """A closed range of dates: both `first` and `last` belong to it."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A piece of a day in local wall time, in minutes since midnight: `start` belongs to it, `end` (up to 1440) not."""

    start: int
    end: int


class Holidays(Protocol):
    """The public holidays of a country or a part of it. Two with the same code are equal."""

    @property
    def code(self) -> str:
        """ "DE", "DE-BY"."""
        ...

    def __contains__(self, day: date) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """An entry of `hours:`."""

    name: str
    timezone: str
    week: tuple[tuple[Span, ...], ...]  #: seven entries, Monday first; () = closed that day
    closed: tuple[Days, ...] = ()
    holidays: tuple[Holidays, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When one person works: their hours (None = always), less their absences.

    Absences are whole days where the hours are; without hours, in `timezone`.
    """

    hours: Hours | None = None
    away: tuple[Days, ...] = ()
    timezone: str = "UTC"


#: How far `next_open` and `after_open` look.
FURTHEST_OPENING = timedelta(days=400)
FURTHEST_END = timedelta(days=800)

_DAY = timedelta(days=1)
_WHOLE_DAY = (Span(0, 1440),)
#: Beyond these, local time may fall outside the calendar that Python knows.
_FIRST, _LAST = datetime(1, 1, 3, tzinfo=UTC), datetime(9999, 12, 29, tzinfo=UTC)

_Stretch = tuple[datetime, datetime]


def is_open(schedules: Sequence[Schedule], at: datetime) -> bool:
    """Whether somebody works at this instant."""
    return not schedules or any(_is_open(schedule, at) for schedule in schedules)


def in_hours(hours: Hours, at: datetime) -> bool:
    """Whether this entry of `hours:` is open at this instant."""
    return _is_open(Schedule(hours=hours), at)


def is_away(schedule: Schedule, at: datetime) -> bool:
    """Whether the day of this instant, where the person is, belongs to an absence."""
    return bool(schedule.away) and _is_within(schedule.away, _wall(at, _zone_of(schedule)).date())


def next_open(schedules: Sequence[Schedule], at: datetime) -> datetime | None:
    """The first open instant from `at` on: `at` itself when open, None when nobody opens within 400 days."""
    start = _inside(at)
    if is_open(schedules, start):
        return start
    return next((begin for begin, _ in _open_stretches(schedules, start, _later(start, FURTHEST_OPENING))), None)


def after_open(schedules: Sequence[Schedule], start: datetime, span: timedelta) -> datetime | None:
    """The first instant at which `span` of open time has passed since `start`; None when not within 800 days.

    The inverse of `open_time`. A span of nothing has passed at `start` itself.
    """
    start, left = _inside(start), max(span, timedelta())
    if not left:
        return start
    for begin, end in _open_stretches(schedules, start, _later(start, FURTHEST_END)):
        if end - begin >= left:
            return begin + left
        left -= end - begin
    return None


def open_time(schedules: Sequence[Schedule], start: datetime, end: datetime) -> timedelta:
    """How much open time passes from `start` to `end`; nothing when `end` is the earlier one."""
    pieces = _open_stretches(schedules, _inside(start), _inside(end))
    return sum((until - begin for begin, until in pieces), timedelta())


def _is_open(schedule: Schedule, at: datetime) -> bool:
    wall = _wall(at, _zone_of(schedule))
    minute = wall.hour * 60 + wall.minute
    return any(span.start <= minute < span.end for span in _spans_on(schedule, wall.date()))


def _spans_on(schedule: Schedule, day: date) -> tuple[Span, ...]:
    hours = schedule.hours
    spans = hours.week[day.weekday()] if hours is not None else _WHOLE_DAY
    if not spans or _is_within(schedule.away, day):
        return ()
    if hours is not None and (_is_within(hours.closed, day) or any(day in holidays for holidays in hours.holidays)):
        return ()
    return spans


def _is_within(ranges: tuple[Days, ...], day: date) -> bool:
    return any(day in days for days in ranges)


def _open_stretches(schedules: Sequence[Schedule], start: datetime, end: datetime) -> Iterator[_Stretch]:
    """The open time from `start` to `end` (UTC) as stretches that follow each other and never overlap."""
    if start >= end:
        return
    if not schedules or any(schedule.hours is None and not schedule.away for schedule in schedules):
        yield start, end
        return
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    while midnight < end:
        pieces = [piece for schedule in schedules for piece in _pieces(schedule, midnight)]
        for begin, until in pieces if len(schedules) == 1 else _joined(pieces):
            if begin < end and until > start:
                yield max(begin, start), min(until, end)
        midnight += _DAY


def _joined(pieces: Iterable[_Stretch]) -> list[_Stretch]:
    """The same time without overlaps, in order."""
    joined: list[_Stretch] = []
    for begin, end in sorted(pieces):
        if joined and begin <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((begin, end))
    return joined


def _pieces(schedule: Schedule, midnight: datetime) -> Iterator[_Stretch]:
    """The open pieces of one UTC day, in order."""
    for offset, first, last in _offsets(_zone_of(schedule), midnight):
        day = first.date()
        while day <= last.date():
            local_midnight = datetime.combine(day, time())
            for span in _spans_on(schedule, day):
                begin = max(local_midnight + timedelta(minutes=span.start), first)
                end = min(local_midnight + timedelta(minutes=span.end), last)
                if begin < end:
                    yield (begin - offset).replace(tzinfo=UTC), (end - offset).replace(tzinfo=UTC)
            day += _DAY


@lru_cache(maxsize=4096)
def _offsets(zone: ZoneInfo, midnight: datetime) -> tuple[tuple[timedelta, datetime, datetime], ...]:
    """The UTC day that begins at `midnight` in parts of one offset each, from and to in wall time.

    A zone changes its offset at most once on any UTC day (true of every zone of the database since 1970).
    """
    start, end = midnight.replace(tzinfo=None), midnight.replace(tzinfo=None) + _DAY
    before, after = _offset(zone, start), _offset(zone, end)
    if before == after:
        return ((before, start + before, end + before),)
    same, changed = 0, 86400
    while changed - same > 1:
        middle = (same + changed) // 2
        if _offset(zone, start + timedelta(seconds=middle)) == before:
            same = middle
        else:
            changed = middle
    change = start + timedelta(seconds=changed)
    return (before, start + before, change + before), (after, change + after, end + after)


def _offset(zone: ZoneInfo, utc: datetime) -> timedelta:
    return zone.fromutc(utc.replace(tzinfo=zone)).replace(tzinfo=None) - utc


def _zone_of(schedule: Schedule) -> ZoneInfo:
    return _zone(schedule.hours.timezone if schedule.hours is not None else schedule.timezone)


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _wall(at: datetime, zone: ZoneInfo) -> datetime:
    try:
        return at.astimezone(zone)
    except OverflowError:
        return _inside(at).astimezone(zone)


def _inside(at: datetime) -> datetime:
    """In UTC, and at least two days away from the ends of the calendar."""
    try:
        return min(max(at.astimezone(UTC), _FIRST), _LAST)
    except OverflowError:
        return _FIRST if at.year == 1 else _LAST


def _later(start: datetime, span: timedelta) -> datetime:
    return start + min(span, _LAST - start)
