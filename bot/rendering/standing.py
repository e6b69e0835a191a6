"""Who a lead is and how it stands, in a few words that cards, lists, reminders and mails share. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.core.lead import LeadState
from bot.core.story import LeadView

#: How much of each of a lead's own words a line has room for.
PART_LIMIT = 60

_OUTCOMES = {
    LeadState.MEETING: "meeting agreed",
    LeadState.WON: "won",
    LeadState.LOST: "lost",
    LeadState.JUNK: "junk",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """How a destination writes what a sentence names. Every function returns text that may be printed there."""

    literal: Callable[[str, int], str]  #: any text as one literal line, cut to so many characters
    person: Callable[[str], str]  #: an owner
    moment: Callable[[datetime], str]


def headline(view: LeadView, speech: Speech) -> str:
    """Who and what: "Ana Silva, Head of IT at ACME", as far as it is known."""
    if view.lead is None:
        return "somebody"
    name = speech.literal(view.lead.full_name, PART_LIMIT) or "somebody without a name"
    job, company = (speech.literal(view.lead.answered(field), PART_LIMIT) for field in ("job_title", "company"))
    work = " at ".join(part for part in (job, company) if part)
    return f"{name}{', ' if job else ' at '}{work}" if work else name


def team_of(view: LeadView, speech: Speech) -> str:
    """The team's name, ready to print; "" where the lead has none."""
    return speech.literal(view.team, PART_LIMIT)


def outcome(view: LeadView, speech: Speech) -> str:
    """What became of it: "won", "junk (competitor)"; "" before anybody said."""
    reason = speech.literal(view.junk_reason, PART_LIMIT) if view.state is LeadState.JUNK else ""
    word = _OUTCOMES.get(view.state, "")
    return f"{word} ({reason})" if reason else word


def stands(view: LeadView, speech: Speech) -> str:
    """Who has it, as the end of a line: "for Anna", "unclaimed, for the team dach", "won"."""
    match view.state:
        case LeadState.ASSIGNED if view.is_offered and view.team:
            return f"for {speech.person(view.owner)} or the team {team_of(view, speech)}"
        case LeadState.ASSIGNED:
            return f"for {speech.person(view.owner)}"
        case LeadState.CLAIMED | LeadState.CONTACTED:
            return f"{view.state.value} by {speech.person(view.owner)}"
        case LeadState.MEETING | LeadState.WON | LeadState.LOST | LeadState.JUNK:
            return outcome(view, speech)
        case _ if view.team:
            return f"unclaimed, for the team {team_of(view, speech)}"
        case _:
            return "unclaimed"
