"""Who gets a team's lead now, and why the others do not: absence, hours, limits and turns together. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from bot.core.hours import Schedule, is_away, is_open, next_open
from bot.core.people import People, Person, Pick, Team
from bot.core.rotation import Rotation, next_turn

#: Whoever has too many open leads may contact one at any moment.
_WHILE_FULL = timedelta(minutes=15)

#: Where nobody opens for more than a year, only an edit of the file can help.
_WHILE_NOBODY_OPENS = timedelta(days=1)

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What the decision depends on, beside the file."""

    rotations: Mapping[str, Rotation]  #: by team; a team that is missing never had a lead
    open_leads: Mapping[str, int]  #: by person: owned, not contacted, without outcome, no test lead
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Who gets the lead, or when to look again."""

    owner: str  #: a name under `people:`; "" = nobody yet
    team: str  #: whose turn was taken, else whose lead it is
    rotation: Rotation | None = None  #: what to store as that team's turns; None = no turn was taken
    held_until: datetime | None = None  #: nobody is free: assign again then; None = the lead is assigned or claimable
    why: Mapping[str, str] = field(default_factory=dict)  #: each member that was skipped -> the reason in words


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """Why a member gets no lead now."""

    why: str  #: for people: "Ben works again on Tue 09:00"
    again: datetime | None  #: when that may change by itself; None = it does not, or not within 400 days
    is_excluded: bool = False
    is_full: bool = False  #: has as many open leads as the limit allows
    is_open: bool = False  #: at work


def assign(team: Team, people: People, situation: Situation, *, exclude: Collection[str] = ()) -> Assignment:
    """Who gets a lead of `team` now; total, deterministic. `exclude`: people who must not get it (gave it back).

    Where nobody is free the lead goes where `if_nobody_is_free` points: to a person even when away, or on to another
    team, whose own turns count then. Otherwise it is held until the first member opens; a member who is at work but
    has too many open leads is looked at again after 15 minutes. `first to claim` never finds an owner among its
    members, knows no limit, and is held only while none of them is at work. Where everybody is excluded there is
    nothing to wait for: no owner, not held.
    """
    asked: set[str] = set()
    waited_for: list[Skipped] = []
    why: dict[str, str] = {}
    asking: Team | None = team
    while asking is not None and asking.name not in asked:
        skipped = skipped_members(asking, people, situation, exclude=exclude)
        found = _within(asking, situation, skipped)
        if found is not None:
            elsewhere = {name: words for name, words in why.items() if name not in asking.members}
            return replace(found, why={**elsewhere, **_words(skipped)})
        asked.add(asking.name)
        waited_for += skipped.values()
        why |= _words(skipped)
        if asking.instead in people.by_name and asking.instead not in exclude:
            return Assignment(owner=asking.instead, team=team.name, why=why)
        asking = people.teams.get(asking.instead)
    return Assignment(owner="", team=team.name, held_until=_look_again(waited_for, situation.now), why=why)


def skipped_members(
    team: Team, people: People, situation: Situation, *, exclude: Collection[str] = ()
) -> dict[str, Skipped]:
    """The members who get no lead now, in the order of the file; all others are free."""
    found = {name: _why_skipped(name, team, people, situation, exclude) for name in team.members}
    return {name: skipped for name, skipped in found.items() if skipped is not None}


def owed_in_words(balance: Fraction) -> str:
    """A balance of rotation.py for people: "owed 0.67", "0.33 ahead", "even"."""
    leads = f"{abs(float(balance)):.2f}"
    if leads == "0.00":
        return "even"
    return f"owed {leads}" if balance > 0 else f"{leads} ahead"


def _within(team: Team, situation: Situation, skipped: Collection[str]) -> Assignment | None:
    """What this team can do with the lead by itself; None when nobody is free."""
    free = [name for name in team.members if name not in skipped]
    if team.pick is Pick.FIRST:
        return Assignment(owner="", team=team.name) if free else None
    turn = next_turn(situation.rotations.get(team.name, Rotation.empty()), team.members, free)
    if turn is None:
        return None
    owner, rotation = turn
    return Assignment(owner=owner, team=team.name, rotation=rotation)


def _words(skipped: Mapping[str, Skipped]) -> dict[str, str]:
    return {name: each.why for name, each in skipped.items()}


def _look_again(skipped: Sequence[Skipped], now: datetime) -> datetime | None:
    """When somebody may be free: those below the limit as they open, those at work as they finish something."""
    waited_for = [each for each in skipped if not each.is_excluded]
    if not waited_for:
        return None
    hopeful = [each.again for each in waited_for if each.again is not None and (each.is_open or not each.is_full)]
    others = [each.again for each in waited_for if each.again is not None]
    return min(hopeful or others, default=now + _WHILE_NOBODY_OPENS)


def _why_skipped(
    name: str, team: Team, people: People, situation: Situation, exclude: Collection[str]
) -> Skipped | None:
    person = people.get(name) or Person(name=name)
    open_leads = situation.open_leads.get(name, 0)
    limit = team.open_leads_limit if team.pick is Pick.TURNS else None
    is_full = limit is not None and open_leads >= limit
    if name in exclude:
        return Skipped(why=f"{person.label} had this lead before", again=None, is_excluded=True)
    if not is_open((person.schedule,), situation.now):
        again = next_open((person.schedule,), situation.now)
        return Skipped(why=_why_closed(person, again, situation.now), again=again, is_full=is_full)
    if is_full:
        leads = "1 open lead" if open_leads == 1 else f"{open_leads} open leads"
        why = f"{person.label} has {leads}, the limit is {limit}"
        return Skipped(why=why, again=situation.now + _WHILE_FULL, is_full=True, is_open=True)
    return None


def _why_closed(person: Person, again: datetime | None, now: datetime) -> str:
    """In the person's own time zone; the date of a return is the first day on which they work."""
    away = is_away(person.schedule, now)
    if again is None:
        return f"{person.label} is away for more than a year" if away else f"{person.label} has no working hours"
    today, back = (moment.astimezone(_zone(person.schedule)) for moment in (now, again))
    if away:
        return f"{person.label} is away until {_day(back)}"
    if back.date() == today.date():
        return f"{person.label} works again at {back:%H:%M}"
    if back.date() - today.date() < timedelta(days=7):
        return f"{person.label} works again on {_WEEKDAYS[back.weekday()]} {back:%H:%M}"
    return f"{person.label} works again on {_WEEKDAYS[back.weekday()]} {_day(back)}, {back:%H:%M}"


def _day(moment: datetime) -> str:
    return f"{moment.day} {_MONTHS[moment.month - 1]}"


def _zone(schedule: Schedule) -> ZoneInfo:
    return ZoneInfo(schedule.hours.timezone if schedule.hours is not None else schedule.timezone)
