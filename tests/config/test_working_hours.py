"""`hours:` and when a person works: read as meant, or refused with a line and what to write."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from bot.config.nodes import Mapping, Scalar, read_tree
from bot.config.problems import Findings
from bot.config.reading import Reading
from bot.config.times.holidays import CountryHolidays
from bot.config.times.working_hours import read_days, read_hours, read_schedule
from bot.config.traps import lines_of
from bot.core.hours import Days, Hours, Schedule, Span

NINE_TO_SIX = (Span(540, 1080),)
ENVIRONMENT = {"OPEN": "09:00-18:00", "SPAN": "9am-5pm", "LAND": "Germany", "DATE": "24.12.2026"}


@dataclass
class Said:
    """What a file said: its hours, its people's schedules, and every problem as a line."""

    hours: dict[str, Hours]
    schedules: dict[str, Schedule]
    problems: list[str]


def read(text: str) -> Said:
    findings = Findings("f.yaml")
    tree = read_tree(text, findings)
    assert tree is not None, findings.sorted()
    reading = Reading(findings, ENVIRONMENT, need_secrets=False, lines=lines_of(text))
    hours = read_hours(reading, tree.get("hours"), "Europe/Vienna")
    people = tree.get("people")
    schedules = {
        entry.key.text: read_schedule(
            reading, entry.value.get("hours"), entry.value.get("away"), hours, "Europe/Vienna"
        )
        for entry in (people.entries if isinstance(people, Mapping) else ())
        if isinstance(entry.value, Mapping)
    }
    return Said(hours, schedules, [str(problem) for problem in findings.sorted()])


def entry(lines: str) -> Said:
    """A file with one entry of hours called x, whose lines begin in line 3 at column 5."""
    return read("hours:\n  x:\n" + "".join(f"    {line}\n" for line in lines.splitlines()))


def good(lines: str) -> Hours:
    said = entry(lines)
    assert said.problems == []
    return said.hours["x"]


def only_problem(said: Said) -> str:
    assert len(said.problems) == 1, said.problems
    return said.problems[0]


def test_the_hours_of_the_design() -> None:
    said = read(
        "hours:\n"
        "  berlin: {timezone: Europe/Berlin, mon-fri: 09:00-18:00, closed: [2026-12-24 to 2027-01-01], holidays: DE}\n"
        "  boston: {timezone: America/New_York, mon-thu: 08:30-17:30, fri: 08:30-15:00, holidays: US}\n"
        "people:\n"
        "  anna: {slack: anna@example.com, hours: berlin, away: [2026-12-21 to 2027-01-04]}\n"
        "  eve: {slack: eve@example.com}\n"
    )

    assert said.problems == []
    berlin, boston = said.hours["berlin"], said.hours["boston"]
    assert berlin == Hours(
        name="berlin",
        timezone="Europe/Berlin",
        week=(NINE_TO_SIX,) * 5 + ((), ()),
        closed=(Days(date(2026, 12, 24), date(2027, 1, 1)),),
        holidays=(CountryHolidays("DE"),),
    )
    assert boston.week == ((Span(510, 1050),),) * 4 + ((Span(510, 900),), (), ())
    away = (Days(date(2026, 12, 21), date(2027, 1, 4)),)
    assert said.schedules["anna"] == Schedule(hours=berlin, away=away, timezone="Europe/Vienna")
    assert said.schedules["eve"] == Schedule(timezone="Europe/Vienna")


def test_without_a_time_zone_the_files_own_is_meant() -> None:
    assert good("mon: 9-18").timezone == "Europe/Vienna"


@pytest.mark.parametrize(
    ("lines", "week"),
    [
        ("Mon-Friday: 9-18", dict.fromkeys(range(5), NINE_TO_SIX)),
        ("sun-mon: 9-18", {6: NINE_TO_SIX, 0: NINE_TO_SIX}),
        ("mon, wed: 9-18", {0: NINE_TO_SIX, 2: NINE_TO_SIX}),
        ("mon: [09:00-12:00, 13:00-18:00]", {0: (Span(540, 720), Span(780, 1080))}),
        ("mon: 13:00-18:00, 09:00-12:00", {0: (Span(540, 720), Span(780, 1080))}),
        ("mon: [09:00-12:00, 12:00-18:00]", {0: NINE_TO_SIX}),
        ("mon: ${OPEN}", {0: NINE_TO_SIX}),
        ("mon: 00:00-24:00", {0: (Span(0, 1440),)}),
        ("mon: 18:00-00:00", {0: (Span(1080, 1440),)}),
        ("mon: 9-18\ntue: closed\nwed: []\nthu: Closed", {0: NINE_TO_SIX}),
    ],
)
def test_a_week_is_read_as_meant(lines: str, week: dict[int, tuple[Span, ...]]) -> None:
    assert good(lines).week == tuple(week.get(day, ()) for day in range(7))


def test_hours_may_be_taken_over_and_changed_on_some_days() -> None:
    said = read(
        "hours:\n"
        "  base: &base {mon-fri: 9-18, holidays: DE}\n"
        "  other:\n"
        "    <<: *base\n"
        "    fri: 9-12\n"
        "  same: *base\n"
        "  braced: {<<: *base, thu-fri: closed}\n"
    )

    assert said.problems == []
    assert said.hours["other"].week == (NINE_TO_SIX,) * 4 + ((Span(540, 720),), (), ())
    assert said.hours["other"].holidays == (CountryHolidays("DE"),)
    assert said.hours["same"].week == said.hours["base"].week
    assert said.hours["braced"].week == (NINE_TO_SIX,) * 3 + ((),) * 4


@pytest.mark.parametrize(
    ("written", "closed"),
    [
        ("2026-12-24", [("2026-12-24", "2026-12-24")]),
        ("2020-12-24 to 2021-01-01", [("2020-12-24", "2021-01-01")]),
        ("[2027-05-01, 2026-12-24 to 2027-01-01, 2027-05-01]", [("2026-12-24", "2027-01-01"), ("2027-05-01",) * 2]),
        ("[]", []),
    ],
)
def test_closed_is_a_date_a_range_or_a_list(written: str, closed: list[tuple[str, str]]) -> None:
    expected = tuple(Days(date.fromisoformat(first), date.fromisoformat(last)) for first, last in closed)

    assert good(f"mon: 9-18\nclosed: {written}").closed == expected
    said = read(f"people:\n  anna: {{away: {written}}}\n")
    assert said.problems == []
    assert said.schedules["anna"].away == expected


@pytest.mark.parametrize(
    ("written", "codes"),
    [("DE", ["DE"]), ("NO", ["NO"]), ("DE-BY", ["DE-BY"]), ("[US, DE-BY, US]", ["US", "DE-BY"]), ("[]", [])],
)
def test_holidays_are_a_country_a_part_of_one_or_a_list(written: str, codes: list[str]) -> None:
    assert [each.code for each in good(f"mon: 9-18\nholidays: {written}").holidays] == codes


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ("mon: 9-5", '3:10: Hours over midnight are not possible: "9-5". Did you mean 09:00-17:00? Otherwise: write 0'),
        (
            "mon: 22:00-06:00",
            '3:10: Hours over midnight are not possible: "22:00-06:00". '
            "Write 22:00-24:00 for the evening, and 00:00-06:00 for the day after.",
        ),
        ("mon: 09:00-09:00", '3:10: "09:00-09:00" has no length. A whole day is 00:00-24:00.'),
        ("mon: 9am-5pm", '3:10: "9am-5pm" is not a span of hours. Write 09:00-17:00.'),
        ("mon: 9.30-18.00", '3:10: "9.30-18.00" is not a span of hours. Write 09:30-18:00.'),
        ("mon: 25:00-26:00", '3:10: "25:00-26:00" is not a span of hours. Write it like 09:00-18:00, or closed.'),
        ("mon: 9", '3:10: "9" is not a span of hours. Write it like 09:00-18:00, or closed.'),
        ("mon: no", '3:10: "no" is not a span of hours. Write closed.'),
        ("mon: always", '3:10: "always" is not a span of hours. A whole day is 00:00-24:00.'),
        ("mon: [9-12, closed]", '3:17: "closed" is not a span of hours. closed stands alone, without hours beside it.'),
        ("mon: ${SPAN}", '3:10: "${SPAN}" is not a span of hours. Write it like 09:00-18:00, or closed.'),
        ("mon: [9-13, 12-18]", "3:10: 09:00-13:00 and 12:00-18:00 overlap. Write them as one, or part them."),
        ("mon:", "3:9: There is no value here, but a span such as 09:00-18:00 is expected."),
        ("mon: {from: 9}", "3:10: Here stands a group, but a span such as 09:00-18:00 is expected."),
        ("mon: [[9-12]]", "3:11: Here stands a list or a group, but one value is expected."),
        ("fry: 9-18", '3:5: "fry" is neither a weekday nor a key of hours. Did you mean "friday"?'),
        ("Mo-Fr: 9-18", '3:5: "Mo-Fr" is neither a weekday nor a key of hours. Did you mean "mon-fri"?'),
        ("weekdays: 9-18", '3:5: "weekdays" is neither a weekday nor a key of hours. Write mon-fri.'),
        ("mon: 9-18\nholiday: DE", '4:5: "holiday" is neither a weekday nor a key of hours. Did you mean "holidays"?'),
        ("mon: 9-18\nxyz: 1", '4:5: "xyz" is neither a weekday nor a key of hours. Days are written mon, tue … sun'),
        ("timezone: Berlin\nmon: 9-18", '3:15: There is no time zone called "Berlin". Write Europe/Berlin.'),
        ("mon: 9-18\nholidays: no", '4:15: There is no calendar of holidays called "no". Without holidays leave the'),
        ("mon: 9-18\nholidays: [DE, UK]", '4:20: There is no calendar of holidays called "UK". Write "GB".'),
        ("mon: 9-18\nholidays: ${LAND}", '4:15: There is no calendar of holidays called "${LAND}".'),
        ("mon: 9-18\nclosed: 2026-02-30", "4:13: There is no 2026-02-30 in the calendar."),
        (
            "mon: 9-18\nclosed: 24.12.2026 - 1.1.2027",
            '4:13: "24.12.2026 - 1.1.2027" is not a date or a range of dates. Write "2026-12-24 to 2027-01-01".',
        ),
        (
            "mon: 9-18\nclosed: [2027-01-01 to 2026-12-24]",
            '4:14: "2027-01-01 to 2026-12-24" ends before it begins. Write "2026-12-24 to 2027-01-01"?',
        ),
        (
            "mon: 9-18\nclosed: ${DATE}",
            '4:13: "${DATE}" is not a date or a range of dates. Dates are written like 2026-12-24, or',
        ),
        (
            "mon: 9-18\nclosed: 2026-12-24 to 2072-01-01",
            '4:13: warning: "2026-12-24 to 2072-01-01" is 45 years long. Is the year right?',
        ),
        ("holidays: DE", "2:3: x names no weekday. Add the days on which it is open, such as mon-fri: 09:00-18:00."),
        ("mon-sun: closed", "2:3: x is closed on every day. Add the days on which it is open"),
        ("", "2:3: x names no weekday."),
    ],
)
def test_a_slip_is_answered_in_words_at_its_place(lines: str, problem: str) -> None:
    said = entry(lines)

    assert only_problem(said).startswith(f"f.yaml:{problem}")
    assert "x" in said.hours


def test_no_problem_tells_what_a_variable_holds() -> None:
    said = entry("mon: ${SPAN}\nholidays: ${LAND}\nclosed: ${DATE}")

    assert len(said.problems) == 3
    assert not any(
        told in "".join(said.problems) for told in ("17:00", "5pm", '"DE"', "Germany", '2026-12-24"', "24.12")
    )


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ("mon-fri: 9-18\nfri: 9-12", '4:5: fri stands in "mon-fri" (line 3) and in "fri". Write "mon-thu" instead of'),
        ("wed: 9-12\nMon-Fri: 9-18", '4:5: wed stands in "wed" (line 3) and in "Mon-Fri". Write "mon-tue, thu-fri"'),
        ("mon: 9-12\nmonday: 9-18", '4:5: mon stands in "mon" (line 3) and in "monday". Keep one of the two.'),
    ],
)
def test_a_day_that_stands_twice_is_an_error_that_names_both(lines: str, problem: str) -> None:
    assert only_problem(entry(lines)).startswith(f"f.yaml:{problem}")


def test_a_key_that_clashes_with_several_is_told_of_each() -> None:
    said = entry("mon-wed: 9-18\nthu-fri: 9-18\nmon-sun: closed")

    assert [problem.partition(". ")[0] for problem in said.problems] == [
        'f.yaml:5:5: mon-wed stands in "mon-wed" (line 3) and in "mon-sun"',
        'f.yaml:5:5: thu-fri stands in "thu-fri" (line 4) and in "mon-sun"',
    ]


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (
            "{mon: 9:00-12:00, 13:00-18:00}",
            '2:24: The comma ends the value, so "13:00-18:00" stands alone. Write the h',
        ),
        ("{mon-fri:09:00-18:00}", '2:7: There must be a space after the colon. Write "mon-fri: 09:00-18:00".'),
        ("09:00-18:00", '2:6: "09:00-18:00" says no weekdays. Write x: {mon-fri: 09:00-18:00}.'),
        ("office", "2:6: an entry must be a group of key: value lines."),
        ("[mon]", "2:6: an entry must be a group of key: value lines."),
        ("", "2:3: x names no weekday."),
    ],
)
def test_an_entry_that_is_not_a_group_of_days_is_answered_once(value: str, problem: str) -> None:
    assert only_problem(read(f"hours:\n  x: {value}\n")).startswith(f"f.yaml:{problem}")


def test_hours_need_a_name() -> None:
    assert only_problem(read('hours:\n  "": {mon: 9-18}\n')).startswith("f.yaml:2:3: These hours need a name.")


@pytest.mark.parametrize(
    ("person", "problem"),
    [
        ("{hours: berlni}", '4:17: There is no entry of hours called "berlni". Did you mean "berlin"?'),
        ("{hours: zzz}", '4:17: There is no entry of hours called "zzz". Known here: berlin.'),
        ("{hours: 9-18}", '4:17: A person names hours; "9-18" has no name. Put them under hours, such as office: {mon'),
        ("{hours: {mon: 9-18}}", "4:17: Here stands a list or a group, but the name of an entry under hours is expec"),
        ("{away: 2027-01-04 to 2026-12-21}", '4:16: "2027-01-04 to 2026-12-21" ends before it begins. Write "2026-12-'),
        ("{away: [2026-12-24, soon]}", '4:29: "soon" is not a date or a range of dates. Dates are written like 2026-'),
        ("{away: yes}", '4:16: "yes" is not a date or a range of dates. Dates are written like 2026-12-24, or'),
    ],
)
def test_a_slip_in_a_persons_times_is_answered_at_its_place(person: str, problem: str) -> None:
    said = read(f"hours:\n  berlin: {{mon: 9-18}}\npeople:\n  anna: {person}\n")

    assert only_problem(said).startswith(f"f.yaml:{problem}")


def test_hours_with_an_error_are_still_known_by_name() -> None:
    said = read("hours:\n  berlin: {mon: late}\npeople:\n  anna: {hours: berlin}\n")

    assert only_problem(said).startswith('f.yaml:2:17: "late" is not a span of hours')


def test_one_range_of_dates_may_be_read_by_itself() -> None:
    def days_of(text: str) -> Days | None:
        tree = read_tree(f"active: {text}", Findings("f.yaml"))
        node = tree.get("active") if tree else None
        assert isinstance(node, Scalar)
        return read_days(Reading(Findings("f.yaml"), {}, need_secrets=False, lines=[f"active: {text}"]), node)

    assert days_of("2026-11-01 to 2026-12-31") == Days(date(2026, 11, 1), date(2026, 12, 31))
    assert days_of("${MISSING}") is None
    assert days_of("tomorrow") is None
