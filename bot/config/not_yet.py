"""The one table of what the full language has and this version does not do yet; nothing of it is ignored in silence.

*Refused*: going on without it would send a lead elsewhere or break a promise, so the file is not used.
*Accepted*: the file may already say it; a notice at start says that it works later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType


class Answer(Enum):
    """What happens to a file that has the key."""

    REFUSED = "refused"
    REFUSED_WHEN_SET = "refused when it has a value"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class Later:
    """One key, and why it is answered so. `harmless` is the value that already means what happens anyway."""

    answer: Answer
    why: str
    harmless: str = ""


_NO_HOURS = "Working hours are not kept yet: alerts would come at any time"
_NO_TIMERS = "Reminders and escalations do not run yet: nobody would be reminded"
_NO_DIGEST = "Digests are not sent yet: these leads would reach nobody"
_NO_ENRICH = "Look-ups are not made yet: the alert would lack what they add"
_NO_SYNC = "Nothing is written to other systems yet"

#: Path of the key (`*` is any name or list item) -> what happens.
NOT_YET: Mapping[str, Later] = MappingProxyType(
    {
        "hours": Later(Answer.REFUSED, _NO_HOURS),
        "teams": Later(
            Answer.REFUSED, "Teams do not take turns yet: name a person, or nobody so that anybody may claim"
        ),
        "escalations": Later(Answer.REFUSED, _NO_TIMERS),
        "follow_up": Later(Answer.REFUSED, _NO_TIMERS),
        "repeat_leads": Later(Answer.REFUSED, "Repeat leads are not recognised yet: each would ring like a new one"),
        "digests": Later(Answer.REFUSED, _NO_DIGEST),
        "enrich": Later(Answer.REFUSED, _NO_ENRICH),
        "sync": Later(Answer.REFUSED, _NO_SYNC),
        "checks": Later(Answer.REFUSED, "Checks are not run yet: use leadbell route LEAD.json to try a lead"),
        "people.*.hours": Later(Answer.REFUSED, _NO_HOURS),
        "people.*.away": Later(Answer.REFUSED, "Absences are not kept yet: leads would still go to this person"),
        "rules.*.active": Later(
            Answer.REFUSED, "Rules cannot be switched on by date yet: this one would fit every day"
        ),
        "rules.*.escalate": Later(Answer.REFUSED, _NO_TIMERS),
        "rules.*.digest": Later(Answer.REFUSED, _NO_DIGEST),
        "rules.*.enrich": Later(Answer.REFUSED, _NO_ENRICH),
        "rules.*.sync": Later(Answer.REFUSED, _NO_SYNC),
        "rules.*.when.submitted": Later(Answer.REFUSED, "Rules cannot ask for the day or hour yet"),
        "test_leads.sync": Later(Answer.REFUSED, _NO_SYNC, harmless="nowhere"),
        "test_leads.count_in_reports": Later(Answer.ACCEPTED, "there are no reports yet"),
        "slack.app_token": Later(
            Answer.REFUSED_WHEN_SET, "Socket Mode does not run yet, so every button would be dead: leave it empty"
        ),
    }
)


def later(path: str) -> Later | None:
    """The table's entry for a key's path, such as `people.*.hours`."""
    return NOT_YET.get(path)
