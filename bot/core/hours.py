"""When somebody works: weekly hours, closed days, holidays and absences; and open time as a measure. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol


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
    """When one person works: their hours (None = always), less their absences (whole days in `timezone`)."""

    hours: Hours | None = None
    away: tuple[Days, ...] = ()
    timezone: str = "UTC"
