"""`export`: everything that the database knows of one person, for that person. Reads only."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from bot.cli.loading import load_or_live
from bot.cli.printing import complain, print_json, say
from bot.config.model import Config
from bot.core.erasure import canonical_address
from bot.store.database import opened_to_read
from bot.store.export import Export

Json = Mapping[str, object]

_LABELS = {
    "state": "state",
    "submitted_at": "submitted",
    "received_at": "received",
    "source": "source",
    "lead_type": "lead type",
    "owner": "handled by",
    "claimed_at": "claimed",
    "contacted_at": "contacted",
}


def run_export(email: str, config: Path | None, as_json: bool) -> int:
    """0 with everything printed, 1 when nothing is known of that address, 2 for wrong use or set-up."""
    if not canonical_address(email):
        complain("That is no e-mail address. `leadbell export EMAIL` prints all that is known of a person.")
        return 2
    loaded = load_or_live(config)
    if loaded is None:
        return 2
    known = asyncio.run(_read(loaded, email))
    leads = _list(known["leads"])
    if as_json:
        print_json(known)
    else:
        for lead in leads:
            _print_lead(lead)
    _explain(known, leads)
    return 0 if leads else 1


async def _read(config: Config, email: str) -> Json:
    async with opened_to_read(config.database) as database:
        return await Export(database).of_address(email)


def _print_lead(lead: Json) -> None:
    say(f"Lead {lead['lead']} (at LinkedIn: {lead['response_id']})")
    say(*(f"  {label:14} {lead[key]}" for key, label in _LABELS.items() if lead[key]))
    for thing in ("form", "campaign", "event", "account"):
        named = cast(Json | None, lead[thing])
        if named and (named["name"] or named["id"]):
            say(f"  {thing:14} {named['name'] or named['id']}")
    say("  Answers:")
    say(*(f"    {each['question']}: {', '.join(cast(list[str], each['values']))}" for each in _list(lead["answers"])))
    hidden = cast(Mapping[str, str], lead["hidden_fields"])
    if hidden:
        say("  Hidden fields of the form:", *(f"    {name}: {value}" for name, value in hidden.items()))
    _print_steps(lead)


def _print_steps(lead: Json) -> None:
    consents = _list(lead["consents"])
    if consents:
        say("  Consents:", *(f"    {'yes' if each['accepted'] else 'no '}  {each['text']}" for each in consents))
    say("  What happened:")
    for step in _list(lead["milestones"]):
        extra = " · ".join(str(step[part]) for part in ("who", "detail") if step[part])
        say(f"    {step['at']}  {step['what']}" + (f"  ({extra})" if extra else ""))
    say("  Who was told:")
    for each in _list(lead["deliveries"]):
        whom = f"{each['destination']} {each['target']}"
        say(f"    {each['settled_at'] or each['created_at']}  {whom}  {each['state']}")
    kept = "is kept too; --json prints it" if lead["raw"] is not None else "is no longer kept"
    say(f"  LinkedIn's own answer {kept}.", "")


def _explain(known: Json, leads: list[Json]) -> None:
    """On standard error, so that the export itself stays whole."""
    if not leads:
        complain("Nothing is known of that address.")
    for lead in cast(list[str], known["mentioned_in"]):
        complain(f"Lead {lead}, perhaps somebody else's, mentions the address in a longer answer.")
    if known["waiting"]:
        complain(f"{known['waiting']} lead(s) wait to be fetched from LinkedIn; whose they are shows only then.")


def _list(value: object) -> list[Json]:
    return cast(list[Json], value)
