"""The one table of what the full language has and this version does not do yet; nothing of it is ignored in silence.

Going on without it would send a lead elsewhere or break a promise, so a file that has it is not used.
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


@dataclass(frozen=True, slots=True)
class Later:
    """One key, and why it is answered so. `harmless` is the value that already means what happens anyway."""

    answer: Answer
    why: str
    harmless: str = ""


_NO_ENRICH = "Look-ups are not made yet: the alert would lack what they add"
_NO_SYNC = "Nothing is written to other systems yet"

#: Path of the key (`*` is any name or list item) -> what happens.
NOT_YET: Mapping[str, Later] = MappingProxyType(
    {
        "enrich": Later(Answer.REFUSED, _NO_ENRICH),
        "sync": Later(Answer.REFUSED, _NO_SYNC),
        "rules.*.enrich": Later(Answer.REFUSED, _NO_ENRICH),
        "rules.*.sync": Later(Answer.REFUSED, _NO_SYNC),
        "test_leads.sync": Later(Answer.REFUSED, _NO_SYNC, harmless="nowhere"),
        "slack.app_token": Later(
            Answer.REFUSED_WHEN_SET, "Socket Mode does not run yet, so every button would be dead: leave it empty"
        ),
    }
)


def later(path: str) -> Later | None:
    """The table's entry for a key's path, such as `people.*.hours`."""
    return NOT_YET.get(path)
