"""`leadbell turns TEAM`: whose turn is next and why, and who was given what."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.app import utc_now
from bot.cli.loading import load
from bot.cli.printing import complain, print_json, print_table, say
from bot.config.model import Config
from bot.config.problems import did_you_mean
from bot.core.assigning import assign
from bot.core.people import Pick, Team
from bot.core.rotation import Rotation, standings, upcoming
from bot.store.assignment import ledger, situation
from bot.store.database import opened_to_read
from bot.store.reading import Json

_NEXT_SHOWN = 10


def run_turns(team: str, config: Path | None, as_json: bool, *, limit: int) -> int:
    """0, or 1 when there is no such team."""
    loaded = load(config, need_secrets=False)
    if loaded is None:
        return 2
    found = loaded.people.teams.get(team)
    if found is None:
        hint = did_you_mean(team, loaded.people.teams)
        complain(f"There is no team called {team}. {hint}".rstrip())
        return 1
    told = asyncio.run(_tell(loaded, found, limit))
    if as_json:
        print_json(told)
    else:
        _print(found, told)
    return 0


async def _tell(config: Config, team: Team, limit: int) -> Json:
    people, now = config.people, utc_now()
    async with opened_to_read(config.database) as database:
        stand, past = await database.read(lambda tx: (situation(tx, now=now), ledger(tx, team.name, limit)))
    found = assign(team, people, stand)
    rotation = stand.rotations.get(team.name, Rotation.empty())
    free = [name for name in team.members if name not in found.why]
    shares = {each.person: each for each in standings(rotation, team.members, free)}
    members = [
        {
            "person": name,
            "weight": weight,
            "free": name in free,
            "why": found.why.get(name, ""),
            "open_leads": stand.open_leads.get(name, 0),
            "owed": float(shares[name].balance) if name in shares else 0.0,
        }
        for name, weight in team.members.items()
    ]
    return {
        "team": team.name,
        "pick": team.pick.value,
        "next": found.owner,
        "held_until": found.held_until,
        "upcoming": upcoming(rotation, team.members, free, _NEXT_SHOWN) if team.pick is Pick.TURNS else [],
        "members": members,
        "turns": past,
    }


def _print(team: Team, told: Json) -> None:
    say(_headline(team, told))
    members = told["members"] if isinstance(told["members"], list) else []
    for each in members:
        each["why"] = each["why"] or "free"
        each["owed"] = f"{each['owed']:+.2f}"
    print_table(members, ("person", "weight", "open_leads", "owed", "why"), empty="The team has no members.")
    if isinstance(told["upcoming"], list) and told["upcoming"]:
        say(f"If nothing changes, the next ones go to: {', '.join(told['upcoming'])}.")
    if team.pick is Pick.TURNS:
        say("“owed” is how many leads somebody is behind (+) or ahead (-) of the exact share.")
        turns = told["turns"] if isinstance(told["turns"], list) else []
        print_table(turns, ("at", "person", "lead", "returned_at"), empty="Nobody has had a turn yet.")


def _headline(team: Team, told: Json) -> str:
    if team.pick is Pick.FIRST:
        return f"{team.name}: first to claim. Nobody's turn; whoever presses Claim first has the lead."
    if told["next"]:
        return f"{team.name} takes turns. Next: {told['next']}."
    return f"{team.name} takes turns. Nobody is free now; a lead would be held until {told['held_until']}."
