"""The public holidays of a country or a part of it, from the calendars of the library `holidays`.

The library is imported when a file first asks for holidays: a file without them does not pay for it.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.config.problems import did_you_mean
from bot.core.countries import country_code

if TYPE_CHECKING:
    from holidays import HolidayBase

_HOW = "Write a country by its two letters, such as DE, and a part of it after a hyphen, such as DE-BY."
_MOST_PARTS_NAMED = 20


@dataclass(frozen=True, slots=True)
class CountryHolidays:
    """Keeps `bot.core.hours.Holidays`; make it with `holidays_of`, which knows which codes there are.

    Days in lieu count ("observed"); what only banks or schools keep does not.
    """

    code: str

    def __contains__(self, day: date) -> bool:
        return day in _of_year(self.code, day.year)


def holidays_of(code: str) -> CountryHolidays | None:
    """The holidays of "DE" or "DE-BY", written exactly so; None when no calendar has this code."""
    country, _, part = code.partition("-")
    calendar = _calendar(country)
    if calendar is None or calendar.country != country:  # the library also answers to UK and DEU: one code, one name
        return None
    return CountryHolidays(code) if code == country or part in calendar.subdivisions else None


def closest_code(code: str) -> str:
    """What to write instead of a code that has no calendar, as a hint."""
    named = country_code(code) if code[:1].isalpha() else ""
    country, part = (named, "") if named else (country_code(code.partition("-")[0]), code.partition("-")[2])
    calendar = _calendar(country)
    if calendar is None:
        return _HOW
    return _closest_part(country, part, calendar) if part else f'Write "{country}".'


def _closest_part(country: str, part: str, calendar: HolidayBase) -> str:
    codes = {name.casefold(): code for name, code in calendar.subdivisions_aliases.items()}
    codes |= {code.casefold(): code for code in calendar.subdivisions}
    if found := codes.get(part.casefold()):
        return f'Write "{country}-{found}".'
    known = [f"{country}-{code}" for code in calendar.subdivisions]
    if not known:
        return f"The calendar of {country} knows no parts: write {country}."
    if len(known) <= _MOST_PARTS_NAMED:
        return f"Known here: {', '.join(known)}."
    return did_you_mean(f"{country}-{part}", known) or _HOW


@lru_cache(maxsize=512)
def _calendar(country: str) -> HolidayBase | None:
    if not re.fullmatch("[A-Z]{2}", country):  # the library calls whatever has the name, stock exchanges and months too
        return None
    from holidays import country_holidays

    try:
        return country_holidays(country)
    except NotImplementedError:
        return None


@lru_cache(maxsize=2048)
def _of_year(code: str, year: int) -> frozenset[date]:
    from holidays import country_holidays

    country, _, part = code.partition("-")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some calendars say that they end in 2035; later years have what is certain
        return frozenset(country_holidays(country, subdiv=part or None, years=year, expand=False))
