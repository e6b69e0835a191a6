"""Whose turn it is in a team: fair by weight at every moment, whoever comes, goes or changes weight. Pure and exact.

While the free members and their weights stay the same, that is a *stretch*. In it a member with the share r (weight
divided by all weights) should have n*r of its first n leads. The *balance* is what a member is short of that, added
up over all stretches and brought within ±1 where one ends; whoever is absent keeps theirs.

Each member of a stretch follows a *course*, what they should have been given after n turns. Where nobody brought a
balance it is n*r. Otherwise whoever is ahead waits until their share has made up for it, and what they leave goes to
those who are behind, by what each is owed. (For the course only, balances are first shifted by weight so that they sum
to zero; the absent may hold the rest.) Courses never fall and sum to n, so there are turns that keep every member less
than one lead from their course at every n, and serving the earliest deadline first finds them: a lead is due before
the course rounded down would be broken, and not allowed before the course rounded up has room for it (R. Tijdeman,
"The chairman assignment problem", Discrete Mathematics 32, 1980; Baruah et al., "Proportionate progress",
Algorithmica 15, 1996). Hence the rule: the largest balance first, as long as all deadlines can still be met. The
largest balance alone strays further with many members of different weights; deadlines alone are less even where
availability changes with almost every lead.

What follows, for every n of a stretch:
- where nobody brought a balance, everybody is less than one lead from the exact share;
- else everybody is less than one lead from a course that differs from the exact share by one at most, so never two
  leads from it. One cannot be promised then: several members may be owed a lead at the same time.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

#: Balances are kept in millionths of a lead.
_WHOLE = 1_000_000

#: So many turns are looked ahead, some milliseconds. Twelve members with weights of 1 to 20 need fewer than 500.
_FORESIGHT = 2_000

#: No team has had more turns, nor a greater weight: beyond that, what was stored is not ours.
_MOST = 10**12


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One member's part in the present stretch."""

    weight: int  #: 1 or more
    start: int = 0  #: the balance brought along, in millionths; positive = owed
    given: int = 0  #: turns taken since


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """The turns of one team so far. Each change makes a new value; the default is a team that never had a lead."""

    stretch: Mapping[str, Part] = field(default_factory=dict)
    absent: Mapping[str, int] = field(default_factory=dict)  #: balances kept for those who take no part, in millionths
    to_make_good: Mapping[str, int] = field(default_factory=dict)  #: turns given back and not replaced yet
    made_good: bool = False  #: was the last turn such a replacement? then the next is not

    @classmethod
    def empty(cls) -> Rotation:
        """The turns of a team that never had a lead."""
        return cls()

    def to_json(self) -> dict[str, object]:
        """JSON values only; `from_json` gives an equal value, in whichever order the keys come back."""
        return {
            "stretch": {
                name: {"weight": part.weight, "start": part.start, "given": part.given}
                for name, part in self.stretch.items()
            },
            "absent": dict(self.absent),
            "to_make_good": dict(self.to_make_good),
            "made_good": self.made_good,
        }

    @classmethod
    def from_json(cls, stored: object) -> Rotation:
        """What `to_json` wrote. Raises KeyError, TypeError or ValueError for anything else."""
        found = _mapping(stored)
        return cls(
            stretch={name: _part(part) for name, part in _mapping(found["stretch"]).items()},
            absent={name: _whole(balance, -_WHOLE, _WHOLE) for name, balance in _mapping(found["absent"]).items()},
            to_make_good={name: _whole(turns, 1, _MOST) for name, turns in _mapping(found["to_make_good"]).items()},
            made_good=_switch(found["made_good"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One line of a team's ledger."""

    person: str
    weight: int
    is_free: bool
    given: int  #: since members, weights or availability last changed; 0 for whoever takes no part
    share: Fraction  #: what it would be by weight alone
    balance: Fraction  #: leads owed to this person, turns to make good among them; negative = ahead
    to_make_good: int  #: turns given back and not replaced yet


def next_turn(state: Rotation, weights: Mapping[str, int], free: Collection[str]) -> tuple[str, Rotation] | None:
    """Who gets the next lead, and the turns after it; None when no member is free.

    `weights` are all members in the order of the file, which decides between equals; whoever has no positive weight
    takes no turns. A turn that was given back is replaced first, but at most every second turn is such a replacement,
    so that somebody who tidies up twenty old leads does not get the next twenty.
    """
    taking_part = _taking_part(weights, free)
    if not taking_part:
        return None
    state = _continued(state, weights, taking_part)
    owed = [] if state.made_good else [name for name in taking_part if name in state.to_make_good]
    if owed:
        person = max(owed, key=state.to_make_good.__getitem__)
        return person, replace(state, to_make_good=_one_less(state.to_make_good, person), made_good=True)
    person = _due(state.stretch, taking_part)
    part = state.stretch[person]
    stretch = {**state.stretch, person: replace(part, given=part.given + 1)}
    return person, replace(state, stretch=stretch, made_good=False)


def returned(state: Rotation, person: str) -> Rotation:
    """The turns after `person` gave one back: they get a lead more, as soon as they are free. Once for each lead."""
    turns = state.to_make_good.get(person, 0) + 1
    return replace(state, to_make_good={**state.to_make_good, person: turns})


def taken(state: Rotation, person: str) -> Rotation:
    """The turns after one that was given back counts after all: the inverse of `returned`.

    Where it has been made good already, that lead counts as a turn of now.
    """
    if person in state.to_make_good:
        return replace(state, to_make_good=_one_less(state.to_make_good, person))
    if person in state.stretch:
        part = state.stretch[person]
        return replace(state, stretch={**state.stretch, person: replace(part, given=part.given + 1)})
    if person in state.absent:
        return replace(state, absent={**state.absent, person: max(-_WHOLE, state.absent[person] - _WHOLE)})
    return state


def upcoming(state: Rotation, weights: Mapping[str, int], free: Collection[str], count: int) -> list[str]:
    """Whose the next `count` turns are, if nothing changes; [] when no member is free."""
    people: list[str] = []
    while len(people) < count and (turn := next_turn(state, weights, free)) is not None:
        person, state = turn
        people.append(person)
    return people


def balance(state: Rotation, weights: Mapping[str, int], free: Collection[str]) -> Mapping[str, Fraction]:
    """The leads owed to each member (negative = ahead), turns to make good among them, as the next turn will see it."""
    return {each.person: each.balance for each in standings(state, weights, free)}


def standings(state: Rotation, weights: Mapping[str, int], free: Collection[str]) -> tuple[Standing, ...]:
    """The ledger: one line for each member, in the order of the file, as the next turn will see it."""
    taking_part = _taking_part(weights, free)
    state = _continued(state, weights, taking_part)
    turns, total = _turns(state.stretch), sum(taking_part.values())
    return tuple(
        Standing(
            person=name,
            weight=weight,
            is_free=name in taking_part,
            given=state.stretch[name].given if name in taking_part else 0,
            share=Fraction(turns * weight, total) if name in taking_part else Fraction(),
            balance=_owed(state, name),
            to_make_good=state.to_make_good.get(name, 0),
        )
        for name, weight in weights.items()
    )


def _taking_part(weights: Mapping[str, int], free: Collection[str]) -> dict[str, int]:
    return {name: weight for name, weight in weights.items() if weight > 0 and name in free}


def _turns(stretch: Mapping[str, Part]) -> int:
    return sum(part.given for part in stretch.values())


def _owed(state: Rotation, name: str) -> Fraction:
    part = state.stretch.get(name)
    kept = _exact(state.stretch, part) if part is not None else Fraction(state.absent.get(name, 0), _WHOLE)
    return kept + state.to_make_good.get(name, 0)


def _exact(stretch: Mapping[str, Part], part: Part) -> Fraction:
    total = sum(each.weight for each in stretch.values())
    return Fraction(part.start, _WHOLE) + Fraction(_turns(stretch) * part.weight, total) - part.given


# A change begins a new stretch.


def _continued(state: Rotation, weights: Mapping[str, int], taking_part: Mapping[str, int]) -> Rotation:
    """The state for those who take part now: as it is while nothing changed, else at the begin of a new stretch.

    Members keep their balances, within ±1: those who return, those who go, those whose weight changed. Whoever is new
    begins at zero; whoever left the team is forgotten.
    """
    if taking_part == {name: part.weight for name, part in state.stretch.items()}:
        return _without_strangers(state, weights)
    kept = {**state.absent, **_closing(state.stretch)}
    start = {name: kept.get(name, 0) for name in taking_part}
    if taking_part.keys() == weights.keys():  # nobody holds the rest: what clamping, joining and leaving made is gone
        start = _levelled(start, taking_part)
    absent = {name: kept[name] for name in weights if name in kept and name not in taking_part}
    stretch = {name: Part(weight=weight, start=start[name]) for name, weight in taking_part.items()}
    return _without_strangers(replace(state, stretch=stretch, absent=absent), weights)


def _without_strangers(state: Rotation, weights: Mapping[str, int]) -> Rotation:
    if state.absent.keys() <= weights.keys() and state.to_make_good.keys() <= weights.keys():
        return state
    return replace(
        state,
        absent={name: kept for name, kept in state.absent.items() if name in weights},
        to_make_good={name: turns for name, turns in state.to_make_good.items() if name in weights},
    )


def _closing(stretch: Mapping[str, Part]) -> dict[str, int]:
    """Everybody's balance at the end of a stretch, in millionths within ±1."""
    balances = {name: round(_exact(stretch, part) * _WHOLE) for name, part in stretch.items()}
    return {name: max(-_WHOLE, min(_WHOLE, owed)) for name, owed in balances.items()}


# Who is next within a stretch.


def _due(stretch: Mapping[str, Part], order: Collection[str]) -> str:
    """The largest balance among those whose turn keeps everybody near their course; between equals the file decides."""
    course = _Course({name: stretch[name] for name in order})
    turn = _turns(stretch) + 1
    may_take = [name for name in order if course.allows(name, turn)]
    most_urgent = min(may_take, key=course.next_deadline)
    by_balance = sorted(may_take, key=lambda name: course.owed(name, turn), reverse=True)
    return next(name for name in by_balance if name == most_urgent or course.leaves_time(name, turn))


class _Course:
    """What each member should have been given after so many turns of a stretch, in whole numbers of 1/`scale`."""

    def __init__(self, stretch: Mapping[str, Part]) -> None:
        self.stretch = stretch
        weights = {name: part.weight for name, part in stretch.items()}
        self.total = sum(weights.values())
        self.start = _levelled({name: part.start for name, part in stretch.items()}, weights)
        #: how fast each member who is ahead makes up for it, and until what; in 1/(total * millionths)
        self.repaying = [
            (weights[name] * _WHOLE, -start * self.total) for name, start in self.start.items() if start < 0
        ]
        self.debt = -sum(start for start in self.start.values() if start < 0) or 1
        self.repaid_at = max((_up(owed, speed) for speed, owed in self.repaying), default=0)
        self.scale = self.total * _WHOLE * self.debt

    def at(self, name: str, turn: int) -> int:
        """A member's course after `turn` turns."""
        by_weight, start = turn * self.stretch[name].weight * _WHOLE, self.start[name]
        if start <= 0:
            return max(0, by_weight + start * self.total) * self.debt
        repaid = sum(min(turn * speed, owed) for speed, owed in self.repaying)
        return by_weight * self.debt + start * repaid

    def allows(self, name: str, turn: int) -> bool:
        """Is there room for one more lead at this turn below the course rounded up? True for one member at least."""
        return self.at(name, turn) > self.stretch[name].given * self.scale

    def owed(self, name: str, turn: int) -> int:
        """The balance at this turn, before it is given."""
        part = self.stretch[name]
        return (turn * part.weight - part.given * self.total) * _WHOLE + part.start * self.total

    def next_deadline(self, name: str) -> int:
        """The turn by which this member's next lead is due."""
        return self.deadline(name, self.stretch[name].given + 1)

    def deadline(self, name: str, count: int) -> int:
        """The first turn after which the course is `count` or more."""
        weight, start = self.stretch[name].weight, self.start[name]
        soonest = max(0, _up((count * _WHOLE - start) * self.total, weight * _WHOLE))
        if start <= 0 or soonest >= self.repaid_at:
            return soonest
        turns = range(_up(count * self.total, weight) + 1)
        return bisect_left(turns, count * self.scale, lo=soonest, key=lambda turn: self.at(name, turn))

    def leaves_time(self, name: str, turn: int) -> bool:
        """Can everybody else still be served in time when this member takes this turn?

        After everybody's next deadline they cannot crowd, since the courses sum to the turns. Where that is very far,
        with weights that differ by thousands, the answer is no without looking.
        """
        horizon = max(map(self.next_deadline, self.stretch))
        if horizon > turn + _FORESIGHT:
            return False
        due = sorted(at for each in self.stretch for at in self.deadlines(each, horizon, without_next=each == name))
        return all(turn + place <= at for place, at in enumerate(due, start=1))

    def deadlines(self, name: str, horizon: int, *, without_next: bool) -> Iterator[int]:
        """When this member's leads are due, up to `horizon`."""
        for count in itertools.count(self.stretch[name].given + 1 + without_next):
            if (at := self.deadline(name, count)) > horizon:
                return
            yield at


def _levelled(balances: Mapping[str, int], weights: Mapping[str, int]) -> dict[str, int]:
    """The balances shifted until they sum to zero, none beyond ±1.

    What is too much is taken by weight, as if that part of a lead had been shared out: so it is made up for soon.
    """
    sign = 1 if sum(balances.values()) >= 0 else -1
    moving, settled = {name: sign * owed for name, owed in balances.items()}, dict[str, int]()
    while True:
        too_much = sum(moving.values()) - _WHOLE * len(settled)
        parts = _divided(too_much, {name: weights[name] for name in moving})
        shifted = {name: owed - parts[name] for name, owed in moving.items()}
        beyond = [name for name, owed in shifted.items() if owed < -_WHOLE]
        if not beyond:
            return {name: sign * owed for name, owed in {**shifted, **settled}.items()}
        settled.update(dict.fromkeys(beyond, -_WHOLE))
        moving = {name: owed for name, owed in moving.items() if name not in settled}


def _divided(amount: int, weights: Mapping[str, int]) -> dict[str, int]:
    """An amount of 0 or more in whole parts by weight, which sum to it; the first get what does not divide."""
    total = sum(weights.values())
    parts = {name: amount * weight // total for name, weight in weights.items()}
    rest = amount - sum(parts.values())
    return {name: part + (place < rest) for place, (name, part) in enumerate(parts.items())}


def _up(amount: int, by: int) -> int:
    """The quotient, rounded up."""
    return -(-amount // by)


def _one_less(counts: Mapping[str, int], name: str) -> dict[str, int]:
    return {each: count - (each == name) for each, count in counts.items() if count > 1 or each != name}


# Reading what was stored.


def _part(stored: object) -> Part:
    found = _mapping(stored)
    return Part(
        weight=_whole(found["weight"], 1, _MOST),
        start=_whole(found["start"], -_WHOLE, _WHOLE),
        given=_whole(found["given"], 0, _MOST),
    )


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError(f"an object was expected, not {type(value).__name__}")
    return value


def _whole(value: object, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"a whole number was expected, not {type(value).__name__}")
    if not least <= value <= most:
        raise ValueError(f"{value} is out of range")
    return value


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"true or false was expected, not {type(value).__name__}")
    return value
