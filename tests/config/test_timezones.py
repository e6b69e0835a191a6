"""A time zone exists, or the answer names the one that was meant."""

from __future__ import annotations

import pytest

from bot.config.nodes import Node, Scalar
from bot.config.problems import Findings, Place, Severity
from bot.config.reading import Reading
from bot.config.times.timezones import read_timezone


def read(node: Node | None) -> tuple[str | None, list[tuple[Severity, str, str]]]:
    reading = Reading(Findings("f.yaml"), {"ZONE": "Nowhere/Secret"}, need_secrets=False, lines=["timezone: it"])
    name = read_timezone(reading, node)
    return name, [(found.severity, found.message, found.hint) for found in reading.findings.sorted()]


def scalar(text: str) -> Scalar:
    return Scalar(Place(1, 11), text, is_quoted=True)


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/New_York", "UTC", "Pacific/Apia", "CET", "Etc/UTC"])
def test_a_zone_that_exists(name: str) -> None:
    assert read(scalar(name)) == (name, [])


def test_none_at_all_is_nothing_to_say() -> None:
    assert read(None) == (None, [])


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Europe/Berln", 'Did you mean "Europe/Berlin"?'),
        ("europe/berlin", "Write Europe/Berlin."),
        ("Berlin", "Write Europe/Berlin."),
        ("new york", "Write America/New_York."),
        ("PST", "Write America/Los_Angeles."),
        ("MEZ", "Write Europe/Berlin."),
        *((name, "Time zones are written by a city") for name in ("GMT+1", "UTC+02:00", "+01:00", "", "../etc/passwd")),
        *((name, "Time zones are written by a city") for name in ("localtime", "/etc/passwd", "a\0b", "x" * 9000)),
        *((name, "Time zones are written by a city") for name in ("America", "${ZONE}")),
    ],
)
def test_one_that_does_not_exist_is_an_error_with_what_to_write(name: str, hint: str) -> None:
    found, problems = read(scalar(name))

    assert found is None
    assert len(problems) == 1
    assert problems[0][0] is Severity.ERROR
    assert problems[0][1].startswith("There is no time zone called")
    assert problems[0][2].startswith(hint)
    assert "Secret" not in "".join(problems[0])


@pytest.mark.parametrize(
    ("name", "message"),
    [("EST", "EST has no summer time"), ("Etc/GMT+5", "Etc/GMT+5 is 5 hours behind UTC, all year")],
)
def test_one_that_is_the_same_all_year_is_a_warning(name: str, message: str) -> None:
    found, problems = read(scalar(name))

    assert found == name
    assert [(severity, said) for severity, said, _ in problems] == [(Severity.WARNING, message)]
