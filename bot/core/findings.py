"""What a check of a set-up found: one line for a person, with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How it stands with one link."""

    OK = "ok"
    WARNING = "warning"  #: works now, will not for ever, or not for everything
    FAILED = "failed"  #: leads are lost, late or unseen until somebody acts
    SKIPPED = "skipped"  #: could not be asked, because something before it failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One checked link. Neither text ever holds a secret or a person who is no colleague."""

    area: str  #: "database", "linkedin", "slack", "mail", "server", "clock"
    name: str  #: what was checked: "access token", "#leads-dach"
    verdict: Verdict
    found: str  #: what is the case, one plain sentence
    advice: str = ""  #: what to do; empty exactly when the verdict is OK or SKIPPED
