"""`leads`, `lead`, `why`, `deliveries`: answered from the database, beside a running server or without one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TypeVar

from bot.cli.loading import load_or_live
from bot.cli.printing import complain, print_json, print_table, say
from bot.config.model import Config
from bot.store.database import opened_to_read
from bot.store.reading import Json, Reading
from bot.store.replay import Grounds, Replay

T = TypeVar("T")


def run_leads(config: Path | None, as_json: bool, *, only_open: bool, mine: str, limit: int) -> int:
    """List leads; an empty list is fine (0)."""
    loaded = load_or_live(config)
    if loaded is None:
        return 2

    async def listed(reading: Reading) -> list[Json]:
        owners = _owners(loaded, mine, await reading.slack_users()) if mine else []
        return await reading.leads(only_open=only_open, owners=owners, limit=limit)

    rows = _ask(loaded, listed)
    if as_json:
        print_json(rows)
    else:
        columns = (
            "lead",
            "state",
            "owner",
            "team",
            "first_name",
            "last_name",
            "form",
            "campaign",
            "rule",
            "received_at",
        )
        print_table(rows, columns, empty="No leads yet.")
    return 0


def run_lead(lead: str, config: Path | None, as_json: bool) -> int:
    """One lead's story; 1 when there is no such lead."""
    loaded = load_or_live(config)
    if loaded is None:
        return 2
    story = _ask(loaded, lambda reading: reading.lead(lead))
    if story is None:
        return _unknown(lead)
    if as_json:
        print_json(story)
    else:
        _print_story(story)
    return 0


def run_why(lead: str, config: Path | None, as_json: bool) -> int:
    """The stored decision with the reasons of then; 1 when there is none."""
    loaded = load_or_live(config)
    if loaded is None:
        return 2
    decision = _ask(loaded, lambda reading: reading.why(lead))
    if decision is None:
        return _undecided(loaded, lead)
    from bot.cli.hindsight import recalled, told

    whole = recalled(decision, loaded, _grounds(loaded, decision))
    if as_json:
        print_json(whole.decision)
    else:
        say(*told(whole))
    return 0


def run_deliveries(config: Path | None, as_json: bool, *, only_dead: bool, limit: int) -> int:
    """List deliveries; an empty list is fine (0)."""
    loaded = load_or_live(config)
    if loaded is None:
        return 2
    rows = _ask(loaded, lambda reading: reading.deliveries(only_dead=only_dead, limit=limit))
    if as_json:
        print_json(rows)
    else:
        columns = ("delivery", "lead", "destination", "target", "state", "attempts", "due_at", "error")
        print_table(rows, columns, empty="No dead deliveries." if only_dead else "No deliveries yet.")
    return 0


def _ask(config: Config, question: Callable[[Reading], Awaitable[T]]) -> T:
    async def asked() -> T:
        async with opened_to_read(config.database) as database:
            return await question(Reading(database))

    return asyncio.run(asked())


def _grounds(config: Config, decision: Json) -> Grounds:
    async def asked() -> Grounds:
        async with opened_to_read(config.database) as database:
            return await Replay(database).grounds(str(decision["lead"]), str(decision["config_version"]))

    return asyncio.run(asked())


def _owners(config: Config, mine: str, slack_users: Mapping[str, str]) -> list[str]:
    """What the leads of one person may have as their owner: the name under `people:`, and the Slack id."""
    wanted = mine.lower()
    owners = {mine, slack_users.get(wanted, mine)}
    for person in config.people.by_name.values():
        slack_id = slack_users.get(person.slack.lower(), person.slack)
        if wanted in {each.lower() for each in (person.name, person.slack, person.email, slack_id)}:
            owners |= {person.name, slack_id}
    return sorted(owners)


def _unknown(lead: str) -> int:
    complain(f"There is no lead {lead} in this database. `leadbell leads` lists them.")
    return 1


def _undecided(config: Config, lead: str) -> int:
    story = _ask(config, lambda reading: reading.lead(lead))
    if story is None:
        return _unknown(lead)
    if story["state"] == "erased" and story["rule"]:
        gone = f"The person of {story['lead']} was erased, and with them why it went where it went"
        complain(f"{gone}. Still known: the rule “{story['rule']}” took it.")
        return 1
    why = f": {story['error']}" if story["error"] else ""
    complain(f"Nothing has been decided about {story['lead']}; it is {story['state']}{why}.")
    return 1


_FACTS = (
    *("response_id", "submitted_at", "owner", "team", "held_until", "offered_at", "given_back_by", "outcome_reason"),
    *("repeat_of", "digest", "digested_at", "rule", "form", "campaign", "source", "error"),
)


def _print_story(story: Json) -> None:
    name = " ".join(str(story[part]) for part in ("first_name", "last_name") if story[part])
    say(f"Lead {story['lead']} · {story['state']}" + (f" · {name}" if name else ""))
    for label in _FACTS:
        if story[label]:
            say(f"  {label.replace('_', ' '):14} {story[label]}")
    for each in _rows(story["answers"]):
        say(f"  · {each['question']}: {each['answer']}")
    say("What happened:")
    for step in _rows(story["steps"]):
        extra = " · ".join(str(step[part]) for part in ("who", "detail") if step[part])
        say(f"  {step['at']}  {step['what']}" + (f"  ({extra})" if extra else ""))
    if story["next"]:
        say("What happens next if nobody acts:", *(f"  {each['at']}  {each['what']}" for each in _rows(story["next"])))
    print_table(
        _rows(story["deliveries"]),
        ("delivery", "kind", "says", "destination", "target", "state", "attempts", "error"),
        empty="Nobody has been told about it.",
    )


def _rows(value: object) -> list[Json]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
