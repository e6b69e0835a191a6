"""`leadbell turns TEAM`: whose turn is next and why, and who was given what."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.app import utc_now
from bot.cli.live_rules import live_rules
from bot.cli.loading import load_or_live
from bot.cli.printing import complain, print_json, print_table, say
from bot.config.model import Config
from bot.config.problems import did_you_mean
from bot.core.assigning import Assignment, Situation, Skipped, assign, owed_in_words, skipped_members
from bot.core.people import People, Pick, Team
from bot.core.rotation import Rotation, Standing, standings, upcoming
from bot.store.assignment import Turn, count_open_leads, ledger, situation
from bot.store.database import opened_to_read

_NEXT_SHOWN = 10


def run_turns(team: str, config: Path | None, as_json: bool, *, limit: int) -> int:
    """0, or 1 when the rules that are live have no such team."""
    file = load_or_live(config)
    if file is None:
        return 2
    told = asyncio.run(_look(file, team, limit, utc_now()))
    if isinstance(told, str):
        complain(told)
        return 1
    if as_json:
        print_json(_as_json(told))
    else:
        _print(told)
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    name: str
    standing: Standing
    open_leads: int
    why: str  #: why they get no lead now; "" = they are free


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    rules: Config
    is_in_file: bool  #: whether these rules are what the file says now
    team: Team
    next: Assignment
    members: tuple[_Member, ...]
    upcoming: list[str]
    turns: list[Turn]


async def _look(file: Config, name: str, limit: int, now: datetime) -> _Told | str:
    """How the team stands by the rules that are live; or that they have none of this name, in words."""
    async with opened_to_read(file.database) as database:
        rules = await live_rules(file, database)
        people, team = rules.people, rules.people.teams.get(name)
        if team is None:
            return _no_such_team(name, people)
        stand = await database.read(lambda tx: situation(tx, team, people, now=now))
        counts = await database.read(lambda tx: count_open_leads(tx, team.members))
        turns = await database.read(lambda tx: ledger(tx, team.name, limit))
    stand = Situation(rotations=stand.rotations, open_leads={**stand.open_leads, **counts}, now=now)
    skipped = skipped_members(team, people, stand)
    free = [name for name in team.members if name not in skipped]
    rotation = stand.rotations.get(team.name, Rotation.empty())
    return _Told(
        rules=rules,
        is_in_file=rules is file,
        team=team,
        next=assign(team, people, stand),
        members=tuple(_member(each, counts, skipped) for each in standings(rotation, team.members, free)),
        upcoming=upcoming(rotation, team.members, free, _NEXT_SHOWN) if team.pick is Pick.TURNS else [],
        turns=turns,
    )


def _member(standing: Standing, open_leads: Mapping[str, int], skipped: Mapping[str, Skipped]) -> _Member:
    name = standing.person
    why = skipped[name].why if name in skipped else ""
    return _Member(name=name, standing=standing, open_leads=open_leads.get(name, 0), why=why)


def _no_such_team(team: str, people: People) -> str:
    hint = did_you_mean(team, people.teams)
    teams = f"The live rules have {', '.join(people.teams)}." if people.teams else "The live rules have no teams."
    return f"There is no team called {team}. {hint or teams}"


# ── for programs ──


def _as_json(told: _Told) -> dict[str, object]:
    return {
        "team": told.team.name,
        "pick": told.team.pick.value,
        "next": told.next.owner,
        "next_team": told.next.team,
        "held_until": _time(told.next.held_until),
        "upcoming": told.upcoming,
        "members": [
            {
                "person": each.name,
                "weight": each.standing.weight,
                "free": not each.why,
                "why": each.why,
                "open_leads": each.open_leads,
                "given": each.standing.given,
                "owed": round(float(each.standing.balance), 6),
                "to_make_good": each.standing.to_make_good,
            }
            for each in told.members
        ],
        "turns": [
            {"at": _time(each.at), "person": each.person, "lead": each.lead, "returned_at": _time(each.returned_at)}
            for each in told.turns
        ],
    }


def _time(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


# ── for people ──


def _print(told: _Told) -> None:
    zone = ZoneInfo(told.rules.timezone)
    say(_headline(told, zone))
    if not told.is_in_file:
        say(f"By version {told.rules.version}, which is live; what {told.rules.path.name} says now is not.")
    is_turns = told.team.pick is Pick.TURNS
    columns = ("member", "weight", "turns", "open leads", "now") if is_turns else ("member", "open leads", "now")
    print_table([_row(told, each) for each in told.members], columns, empty="The team has no members.")
    if not is_turns:
        return
    if len(told.upcoming) > 1:
        say(f"If nothing changes, the next leads go to: {', '.join(_label(told, name) for name in told.upcoming)}.")
    say('"turns" compares with the exact share by weight: "owed 0.67" is due two thirds of a lead more, "ahead" less.')
    if told.turns:
        say("The last turns:")
    rows = [
        {
            "when": _moment(each.at, zone),
            "member": _label(told, each.person),
            "lead": each.lead,
            "": "given back: the lead was junk" if each.returned_at else "",
        }
        for each in told.turns
    ]
    print_table(rows, ("when", "member", "lead", ""), empty="Nobody has had a turn yet.")


def _row(told: _Told, member: _Member) -> dict[str, object]:
    back = member.standing.to_make_good
    owed = owed_in_words(member.standing.balance)
    return {
        "member": _label(told, member.name),
        "weight": member.standing.weight,
        "turns": f"{owed}, {back} of it for junk" if back else owed,
        "open leads": member.open_leads,
        "now": member.why or "free",
    }


def _headline(told: _Told, zone: ZoneInfo) -> str:
    team, found = told.team, told.next
    who = _label(told, found.owner)
    first = "first to claim: nobody's turn, whoever presses Claim first has the lead"
    if found.held_until is not None:
        begins = f"{team.name}: nobody is free now. A lead is posted at once and kept for the team"
        return f"{begins} until {_moment(found.held_until, zone)}."
    if found.team != team.name and found.owner:
        return f"{team.name}: nobody is free now, so a lead goes to the team {found.team}. Next there: {who}."
    if found.team != team.name:
        return f"{team.name}: nobody is free now, so a lead goes to the team {found.team} ({first})."
    if found.owner and found.rotation is None:
        return f"{team.name}: nobody is free now, so a lead goes to {who}."
    if found.owner:
        return f"{team.name} takes turns. Next: {who}."
    return f"{team.name} is {first}."


def _label(told: _Told, name: str) -> str:
    person = told.rules.people.get(name)
    return person.label if person is not None else name


def _moment(instant: datetime, zone: ZoneInfo) -> str:
    """In the file's time zone, as it is read aloud: "Tue 24 Nov, 09:00"."""
    local = instant.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b}, {local:%H:%M}"
