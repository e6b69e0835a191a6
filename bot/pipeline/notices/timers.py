"""The words about leads on which nobody acts, and whom no word reaches. Ids and names of colleagues only."""

from __future__ import annotations

from datetime import datetime

from bot.core.work import Notice


def stuck(lead: str, now: datetime) -> Notice:
    """What was to happen to a lead fails again and again; said once for each."""
    return Notice(
        key=f"stuck-timer:{lead}",
        text=f"{_at(now)}What was to happen next to lead {lead} could not be done, and is tried again every hour. The "
        f"lead is safe, and everybody can go on with it. `leadbell lead {lead}` tells its story; please report this "
        "with the server's log.",
    )


def unreached(lead: str, whom: str, now: datetime) -> Notice:
    """A word about a lead that waits reached nobody; said once a day for each person, `whom` = "" for all managers."""
    if whom:
        what = f"{whom} could not be told about lead {lead}"
        advice = f"Give {whom} a `slack:` or an `email:` under `people:` in the rule file"
    else:
        what = f"Nobody acts on lead {lead}, and no manager could be told"
        advice = "Name a `manager:` of the team or `slack: managers:` in the rule file, each with a way to reach them"
    return Notice(
        key=f"unreached:{whom}:{now.date().isoformat()}",
        text=f"{_at(now)}{what}: the rule file has no way to reach them. {advice}. `leadbell leads --open` shows who "
        "waits.",
    )


def _at(instant: datetime) -> str:
    return f"{instant.day} {instant:%b %H:%M} UTC: "
