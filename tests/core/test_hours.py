"""Are they open, when do they open, and how much open time has passed? Also where the clocks change."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.hours import (
    Days,
    Hours,
    Schedule,
    Span,
    after_open,
    in_hours,
    is_away,
    is_open,
    next_open,
    open_time,
)

HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
NINE_TO_SIX = (Span(540, 1080),)
WHOLE_DAY = (Span(0, 1440),)
OFFICE = Hours(name="berlin", timezone="Europe/Berlin", week=(NINE_TO_SIX,) * 5 + ((), ()))
BOSTON = replace(OFFICE, name="boston", timezone="America/New_York")
ANNA, CARL = Schedule(hours=OFFICE), Schedule(hours=BOSTON)
NEVER = Schedule(hours=replace(OFFICE, week=((),) * 7))


def local(text: str, zone: str = "Europe/Berlin", *, fold: int = 0) -> datetime:
    """What the wall shows in `zone`, as an instant; `fold` 1 is the second time in the night of a change."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def on(first: str, last: str = "") -> Days:
    return Days(date.fromisoformat(first), date.fromisoformat(last or first))


@dataclass(frozen=True)
class Feasts:
    """Holidays that a test names."""

    code: str = "XX"
    dates: Collection[date] = field(default_factory=tuple)

    def __contains__(self, day: date) -> bool:
        return day in self.dates


CLOSED_FRIDAY = Schedule(hours=replace(OFFICE, closed=(on("2026-11-27"),)))
FEAST_ON_FRIDAY = Schedule(hours=replace(OFFICE, holidays=(Feasts(), Feasts("YY", [date(2026, 11, 27)]))))
AWAY_ON_FRIDAY = Schedule(hours=OFFICE, away=(on("2026-01-01"), on("2026-11-27", "2026-11-28")))


@pytest.mark.parametrize(
    ("schedule", "at", "expected"),
    [
        (ANNA, "2026-11-23 08:59:59.999999", False),
        (ANNA, "2026-11-23 09:00", True),
        (ANNA, "2026-11-23 17:59:59.999999", True),
        (ANNA, "2026-11-23 18:00", False),
        (ANNA, "2026-11-27 12:00", True),
        (ANNA, "2026-11-28 12:00", False),
        (CARL, "2026-11-23 14:59", False),
        (CARL, "2026-11-23 15:00", True),
        (NEVER, "2026-11-23 12:00", False),
        (CLOSED_FRIDAY, "2026-11-26 17:59", True),
        (CLOSED_FRIDAY, "2026-11-27 12:00", False),
        (FEAST_ON_FRIDAY, "2026-11-27 12:00", False),
        (FEAST_ON_FRIDAY, "2026-11-26 12:00", True),
        (AWAY_ON_FRIDAY, "2026-11-27 12:00", False),
        (AWAY_ON_FRIDAY, "2026-11-30 09:00", True),
        (Schedule(), "2026-11-29 03:00", True),
    ],
)
def test_one_person_at_one_moment(schedule: Schedule, at: str, *, expected: bool) -> None:
    assert is_open([schedule], local(at)) is expected
    assert next_open([schedule], local(at)) != local(at) or expected


def test_a_span_may_end_with_the_day_and_go_on_with_the_next() -> None:
    night = Schedule(hours=replace(OFFICE, week=((Span(1080, 1440),), (Span(0, 360),)) + ((),) * 5))

    assert is_open([night], local("2026-11-23 23:59:59"))
    assert is_open([night], local("2026-11-24 00:00"))
    assert not is_open([night], local("2026-11-24 06:00"))
    assert after_open([night], local("2026-11-23 12:00"), 7 * HOUR) == local("2026-11-24 01:00")
    assert open_time([night], local("2026-11-23 00:00"), local("2026-11-30 00:00")) == 12 * HOUR


def test_a_day_may_have_several_spans() -> None:
    with_lunch = Schedule(hours=replace(OFFICE, week=((Span(540, 720), Span(780, 1080)),) * 7))

    assert not is_open([with_lunch], local("2026-11-23 12:30"))
    assert next_open([with_lunch], local("2026-11-23 12:30")) == local("2026-11-23 13:00")
    assert after_open([with_lunch], local("2026-11-23 11:30"), HOUR) == local("2026-11-23 13:30")


def test_absences_are_days_where_the_hours_are() -> None:
    away = Schedule(hours=BOSTON, away=(on("2026-11-24"),), timezone="Asia/Tokyo")
    evening = local("2026-11-23 16:00", "America/New_York")  # already the 24th in Tokyo

    assert is_open([away], evening)
    assert not is_away(away, evening)
    assert is_away(away, evening + DAY)
    assert not is_open([away], evening + DAY)


def test_absences_of_somebody_without_hours_are_days_in_the_files_time_zone() -> None:
    away = Schedule(away=(on("2026-11-24"),), timezone="Asia/Tokyo")
    midnight = local("2026-11-24 00:00", "Asia/Tokyo")

    assert is_open([away], midnight - timedelta(microseconds=1))
    assert is_away(away, midnight)
    assert next_open([away], midnight) == midnight + DAY
    assert after_open([away], midnight - HOUR, 2 * HOUR) == midnight + DAY + HOUR
    assert open_time([away], midnight - DAY, midnight + 2 * DAY) == 2 * DAY


def test_who_has_neither_hours_nor_absences_is_always_open_and_never_away() -> None:
    at = local("2026-11-29 03:00")

    for always in ([], [Schedule()], [NEVER, Schedule()]):
        assert is_open(always, at)
        assert next_open(always, at) == at
        assert after_open(always, at, 3 * HOUR) == at + 3 * HOUR
        assert open_time(always, at, at + 9 * DAY) == 9 * DAY
    assert not is_away(Schedule(), at)


def test_several_are_open_when_any_of_them_is_and_shared_hours_count_once() -> None:
    monday, tuesday = local("2026-11-23 00:00"), local("2026-11-24 00:00")

    assert is_open([ANNA, CARL], local("2026-11-23 20:00"))
    assert not is_open([ANNA, CARL], local("2026-11-24 00:30"))
    assert open_time([ANNA, CARL], monday, tuesday) == 15 * HOUR
    assert next_open([CARL, ANNA], local("2026-11-23 05:00")) == local("2026-11-23 09:00")
    assert after_open([CARL, ANNA], local("2026-11-23 17:00"), 8 * HOUR) == local("2026-11-24 10:00")


def test_a_timer_runs_only_while_open() -> None:
    friday = local("2026-11-20 17:50")

    assert after_open([ANNA], friday, 5 * MINUTE) == friday + 5 * MINUTE
    assert after_open([ANNA], friday, 10 * MINUTE) == local("2026-11-20 18:00")
    assert after_open([ANNA], friday, 15 * MINUTE) == local("2026-11-23 09:05")
    assert after_open([ANNA], local("2026-11-21 12:00"), timedelta()) == local("2026-11-21 12:00")
    assert after_open([ANNA], friday, -HOUR) == friday


def test_open_time_backwards_is_nothing() -> None:
    assert open_time([ANNA], local("2026-11-23 12:00"), local("2026-11-23 11:00")) == timedelta()
    assert open_time([], local("2026-11-23 12:00"), local("2026-11-23 11:00")) == timedelta()


def test_nobody_opens_within_four_hundred_days() -> None:
    at = local("2026-11-23 12:00")
    later = Schedule(hours=OFFICE, away=(Days(date(2026, 1, 1), at.date() + 399 * DAY),))
    too_late = Schedule(hours=OFFICE, away=(Days(date(2026, 1, 1), at.date() + 402 * DAY),))

    assert next_open([NEVER], at) is None
    assert next_open([later], at) is not None
    assert next_open([too_late], at) is None
    assert after_open([NEVER], at, MINUTE) is None
    assert after_open([ANNA], at, 110 * 45 * HOUR) is not None
    assert after_open([ANNA], at, 120 * 45 * HOUR) is None
    assert after_open([], at, timedelta.max) is None
    assert open_time([NEVER], at, at + 500 * DAY) == timedelta()


def test_hours_by_themselves_know_no_absences() -> None:
    assert in_hours(OFFICE, local("2026-11-23 12:00"))
    assert not in_hours(OFFICE, local("2026-11-22 12:00"))
    assert not in_hours(replace(OFFICE, closed=(on("2026-11-23"),)), local("2026-11-23 12:00"))


@pytest.mark.parametrize("offset", [-14, 0, 14])
@pytest.mark.parametrize("edge", ["0001-01-01", "0001-01-05", "9999-12-25", "9999-12-31 23:59:59.999999"])
def test_no_date_is_too_far_away(edge: str, offset: int) -> None:
    at = datetime.fromisoformat(edge).replace(tzinfo=timezone(offset * HOUR))
    with_absence = Schedule(hours=BOSTON, away=(on("2026-11-24"),), timezone="Pacific/Kiritimati")

    for schedules in ([], [with_absence], [NEVER, replace(with_absence, hours=None)]):
        is_open(schedules, at)
        next_open(schedules, at)
        after_open(schedules, at, HOUR)
        after_open(schedules, at, timedelta.max)
        open_time(schedules, at, at)
    assert not is_away(with_absence, at)


def test_a_year_is_measured_at_once() -> None:
    at = local("2026-01-01 00:00")
    started = time.perf_counter()

    assert open_time([ANNA], at, at + 364 * DAY) == 52 * 45 * HOUR
    assert after_open([ANNA], at, 52 * 45 * HOUR) == local("2026-12-30 18:00")
    assert time.perf_counter() - started < 0.5


#: A day on which the clocks change, and how long it is.
CHANGES = [
    ("Europe/Berlin", "2026-03-29", 23.0),
    ("Europe/Berlin", "2026-10-25", 25.0),
    ("Europe/London", "2026-03-29", 23.0),
    ("Europe/London", "2026-10-25", 25.0),
    ("America/New_York", "2026-03-08", 23.0),
    ("America/New_York", "2026-11-01", 25.0),
    ("America/Los_Angeles", "2026-03-08", 23.0),
    ("America/Los_Angeles", "2026-11-01", 25.0),
    ("America/St_Johns", "2010-03-14", 23.0),  # at one minute past midnight
    ("America/St_Johns", "2026-11-01", 25.0),
    ("America/Santiago", "2026-09-06", 23.0),  # midnight itself is skipped
    ("America/Santiago", "2026-04-04", 25.0),  # the hour before midnight comes twice
    ("America/Havana", "2026-03-08", 23.0),
    ("Australia/Sydney", "2026-10-04", 23.0),
    ("Australia/Sydney", "2026-04-05", 25.0),
    ("Australia/Lord_Howe", "2026-10-04", 23.5),
    ("Australia/Lord_Howe", "2026-04-05", 24.5),
    ("Pacific/Chatham", "2026-09-27", 23.0),
    ("Pacific/Chatham", "2026-04-05", 25.0),
    ("Africa/Cairo", "2026-04-24", 23.0),
    ("Africa/Cairo", "2026-10-29", 25.0),
    ("Asia/Kathmandu", "2026-03-29", 24.0),
    ("Asia/Kathmandu", "1986-01-01", 23.75),
    ("Pacific/Apia", "2011-12-29", 24.0),
    ("Pacific/Apia", "2011-12-31", 24.0),
    ("Pacific/Apia", "2026-04-05", 24.0),
]


def only_on(day: date, zone: str, spans: tuple[Span, ...]) -> list[Schedule]:
    """Open on this one day."""
    around = (Days(day - 9 * DAY, day - DAY), Days(day + DAY, day + 9 * DAY))
    return [Schedule(hours=Hours(name="it", timezone=zone, week=(spans,) * 7, closed=around))]


@pytest.mark.parametrize(("zone", "day", "length"), CHANGES)
def test_a_whole_day_is_as_long_as_the_clocks_make_it(zone: str, day: str, length: float) -> None:
    noon = local(f"{day} 12:00", zone)
    schedules = only_on(date.fromisoformat(day), zone, WHOLE_DAY)

    assert open_time(schedules, noon - 3 * DAY, noon + 3 * DAY) == length * HOUR


@pytest.mark.parametrize(("zone", "day", "length"), CHANGES)
def test_nine_to_six_is_nine_to_six_when_the_clocks_change(zone: str, day: str, length: float) -> None:
    opening, closing = local(f"{day} 09:00", zone), local(f"{day} 18:00", zone)
    schedules = only_on(date.fromisoformat(day), zone, NINE_TO_SIX)

    assert next_open(schedules, opening - 2 * DAY) == opening
    assert after_open(schedules, opening - 2 * DAY, 9 * HOUR) == closing
    assert open_time(schedules, opening - 2 * DAY, closing + 2 * DAY) == 9 * HOUR
    assert not is_open(schedules, opening - timedelta(microseconds=1))
    assert not is_open(schedules, closing)


def test_a_day_that_a_zone_leaves_out_is_no_time_at_all() -> None:
    schedules = only_on(date(2011, 12, 30), "Pacific/Apia", WHOLE_DAY)  # Samoa went from the 29th to the 31st
    before = local("2011-12-29 12:00", "Pacific/Apia")

    assert open_time(schedules, before, before + 3 * DAY) == timedelta()
    assert not is_open(schedules, local("2011-12-31 00:00", "Pacific/Apia"))


SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


def test_hours_within_the_skipped_hour_do_not_happen() -> None:
    schedules = only_on(SPRING, "Europe/Berlin", (Span(135, 165),))

    assert open_time(schedules, local("2026-03-28 12:00"), local("2026-03-30 12:00")) == timedelta()
    assert (
        open_time(
            only_on(SPRING, "Europe/Berlin", (Span(90, 210),)), local("2026-03-28 12:00"), local("2026-03-30 12:00")
        )
        == HOUR
    )


def test_hours_within_the_repeated_hour_happen_twice() -> None:
    schedules = only_on(AUTUMN, "Europe/Berlin", (Span(135, 165),))
    first, second = local("2026-10-25 02:15"), local("2026-10-25 02:15", fold=1)

    assert second - first == HOUR
    assert next_open(schedules, first - HOUR) == first
    assert next_open(schedules, first + 30 * MINUTE) == second
    assert after_open(schedules, first - HOUR, 45 * MINUTE) == second + 15 * MINUTE
    assert not is_open(schedules, local("2026-10-25 02:45"))
    assert is_open(schedules, local("2026-10-25 02:44", fold=1))


def test_hours_around_the_repeated_hour_are_as_long_as_they_really_are() -> None:
    schedules = only_on(AUTUMN, "Europe/Berlin", (Span(90, 210),))
    opening = local("2026-10-25 01:30")

    assert after_open(schedules, opening, 3 * HOUR) == local("2026-10-25 03:30") == opening + 3 * HOUR
    assert open_time(schedules, opening - DAY, opening + DAY) == 3 * HOUR


ZONES = sorted({zone for zone, _, _ in CHANGES} | {"UTC", "Asia/Kolkata"})


@st.composite
def spans(draw: st.DrawFn) -> tuple[Span, ...]:
    edges = sorted(draw(st.sets(st.sampled_from([*range(0, 1441, 30), 1, 61, 119, 125, 1439]), max_size=6)))
    return tuple(Span(start, end) for start, end in zip(edges[::2], edges[1::2], strict=False))


@st.composite
def schedules_around(draw: st.DrawFn, day: date, zone: str) -> Schedule:
    near = st.integers(-3, 3).map(lambda number: day + number * DAY)
    ranges = st.lists(st.tuples(near, st.integers(0, 1)).map(lambda it: Days(it[0], it[0] + it[1] * DAY)), max_size=2)
    away = tuple(draw(ranges))
    if draw(st.integers(0, 9)) == 0:
        return Schedule(away=away, timezone=zone)
    hours = Hours(
        name="it",
        timezone=zone,
        week=tuple(draw(st.lists(spans(), min_size=7, max_size=7))),
        closed=tuple(draw(ranges)),
        holidays=(Feasts("XX", draw(st.sets(near, max_size=1))),),
    )
    return Schedule(hours=hours, away=away, timezone="UTC")


@st.composite
def situations(draw: st.DrawFn, most: int = 2) -> tuple[list[Schedule], datetime]:
    """Some schedules, and a moment near a change of the clocks."""
    zone, day, _ = draw(st.sampled_from(CHANGES))
    window = draw(st.sampled_from([date.fromisoformat(day), date.fromisoformat(day), date(2011, 12, 30)]))
    zones = [zone, *draw(st.lists(st.sampled_from(ZONES), max_size=most - 1))]
    schedules = [draw(schedules_around(window, each)) for each in zones]
    start = datetime(window.year, window.month, window.day, tzinfo=UTC) + draw(st.integers(-2880, 2880)) * MINUTE
    return schedules, start


def as_a_clock_says(schedules: Sequence[Schedule], at: datetime) -> bool:
    """The slow and obvious answer: look at the wall."""
    for schedule in schedules:
        hours = schedule.hours
        wall = at.astimezone(ZoneInfo(hours.timezone if hours else schedule.timezone))
        today = wall.date()
        if any(days.first <= today <= days.last for days in schedule.away):
            continue
        if hours is None:
            return True
        is_closed = any(days.first <= today <= days.last for days in hours.closed)
        minute = wall.hour * 60 + wall.minute
        if not is_closed and not any(today in feasts for feasts in hours.holidays):
            for span in hours.week[wall.weekday()]:
                if span.start <= minute < span.end:
                    return True
    return False


@settings(max_examples=20, deadline=None)
@given(situations(), st.integers(0, 600))
def test_minute_by_minute_a_clock_says_the_same(situation: tuple[list[Schedule], datetime], wanted: int) -> None:
    schedules, start = situation
    clock = [as_a_clock_says(schedules, start + number * MINUTE) for number in range(2000)]
    ends = [number + 1 for number, is_on in enumerate(clock) if is_on]

    assert open_time(schedules, start, start + 2000 * MINUTE) == len(ends) * MINUTE
    assert all(is_open(schedules, start + number * MINUTE) == clock[number] for number in range(0, 2000, 7))
    opening = next_open(schedules, start)
    if ends:
        assert opening == start + (ends[0] - 1) * MINUTE
    else:
        assert opening is None or opening >= start + 2000 * MINUTE
    finish = after_open(schedules, start, wanted * MINUTE)
    if wanted <= len(ends):
        assert finish == start + (ends[wanted - 1] if wanted else 0) * MINUTE
    else:
        assert finish is None or finish > start + 2000 * MINUTE


@settings(max_examples=20, deadline=None)
@given(situations(most=3), st.timedeltas(timedelta(microseconds=1), timedelta(days=9)))
def test_after_open_and_open_time_undo_each_other(situation: tuple[list[Schedule], datetime], span: timedelta) -> None:
    schedules, start = situation
    finish = after_open(schedules, start, span)

    if finish is not None:
        assert open_time(schedules, start, finish) == span
        assert open_time(schedules, start, finish - timedelta(microseconds=1)) < span
    passed = open_time(schedules, start, start + span)
    back = after_open(schedules, start, passed)
    assert back is not None
    assert back <= start + span


@settings(max_examples=20, deadline=None)
@given(situations(most=3), st.timedeltas(timedelta(), timedelta(days=9)))
def test_the_next_opening_is_open_and_none_is_before_it(
    situation: tuple[list[Schedule], datetime], step: timedelta
) -> None:
    schedules, start = situation
    opening, later = next_open(schedules, start), next_open(schedules, start + step)

    if opening is None:
        assert later is None or later > start + step
        assert not is_open(schedules, start)
        return
    assert opening >= start
    assert opening.tzinfo is UTC
    assert is_open(schedules, opening)
    assert open_time(schedules, start, opening) == timedelta()
    assert later is None or later >= opening


@settings(max_examples=20, deadline=None)
@given(situations(most=3), st.tuples(*[st.timedeltas(timedelta(), timedelta(days=5))] * 2))
def test_open_time_adds_up_and_more_people_are_never_less(
    situation: tuple[list[Schedule], datetime], steps: tuple[timedelta, timedelta]
) -> None:
    schedules, start = situation
    middle, end = start + steps[0], start + steps[0] + steps[1]
    whole = open_time(schedules, start, end)

    assert open_time(schedules, start, middle) + open_time(schedules, middle, end) == whole
    assert timedelta() <= whole <= end - start
    alone = [open_time([schedule], start, end) for schedule in schedules]
    assert max(alone) <= whole <= sum(alone, timedelta())
