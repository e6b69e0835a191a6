"""Who may take, finish and give back a lead, and the words that tell a person why not. The store decides by these."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.core.lead import LeadState
from bot.core.people import People


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who pressed a button, as the channel vouches for them."""

    user: str  #: the channel's own id of them (Slack user id)
    person: str = ""  #: their name under `people:`, "" when the file does not know them
    is_outsider: bool = False  #: guest, bot, or from another company: may never act


class ClaimAction(StrEnum):
    """What a person can do to a lead with a press."""

    CLAIM = "claim"
    CONTACTED = "contacted"
    GIVE_BACK = "give_back"
    MEETING = "meeting"
    WON = "won"
    LOST = "lost"
    JUNK = "junk"


class ClaimVerdict(StrEnum):
    """How a press was decided."""

    DONE = "done"
    ALREADY = "already"  #: the same person did the same before: fine, nothing new
    TAKEN = "taken"  #: somebody else has it
    REFUSED = "refused"  #: this person may not
    NOT_NOW = "not_now"  #: the lead is not in a state for it (nobody has claimed it yet)
    GONE = "gone"  #: erased on request, or not ours


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimResult:
    """The verdict and what is needed to tell it kindly."""

    verdict: ClaimVerdict
    owner: str = ""  #: who has the lead, or for whom it is kept
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """What the deciding statement compares with the lead's row."""

    owner: str  #: the name this person owns leads under
    is_manager: bool
    may_take_unowned: bool  #: may claim a lead that no rule gave to anybody
    teams: frozenset[str] = frozenset()  #: whose leads this person may claim when nobody owns them, or once offered


#: What each action needs the lead to be in.
FROM_STATES: dict[ClaimAction, frozenset[LeadState]] = {
    ClaimAction.CLAIM: frozenset({LeadState.UNASSIGNED, LeadState.ASSIGNED}),
    ClaimAction.CONTACTED: frozenset({LeadState.CLAIMED}),
    ClaimAction.GIVE_BACK: frozenset({LeadState.ASSIGNED, LeadState.CLAIMED, LeadState.CONTACTED}),
}


def permission(actor: Actor, people: People) -> Permission:
    """What `actor` may do (contract §8): managers everything; people of the file; in a file without people, anybody."""
    if actor.is_outsider:
        return Permission(owner=actor.user, is_manager=False, may_take_unowned=False)
    owner = actor.person or actor.user
    return Permission(
        owner=owner,
        is_manager=bool(actor.person) and actor.person in people.managers,
        may_take_unowned=bool(actor.person) or not people.by_name,
    )


def private_answer(action: ClaimAction, result: ClaimResult, people: People, now: datetime) -> str:
    """What the person who pressed reads, only they; "" = nothing, the card itself tells."""
    match result.verdict:
        case ClaimVerdict.DONE | ClaimVerdict.ALREADY:
            return ""
        case ClaimVerdict.GONE:
            return "This lead was removed on request, so there is nothing left to do here."
        case ClaimVerdict.TAKEN:
            who = _capital(_label(result.owner, people))
            return f"{who} took this lead{_ago(result.since, now)}. There is nothing left for you to do."
        case ClaimVerdict.NOT_NOW:
            return _not_now(action, result, people)
        case ClaimVerdict.REFUSED:
            return _refusal(action, result, people)


def _not_now(action: ClaimAction, result: ClaimResult, people: People) -> str:
    if action is ClaimAction.CONTACTED and not result.owner:
        return "Nobody has claimed this lead yet. Press Claim first, then Contacted."
    if action is ClaimAction.CONTACTED:
        kept_for = _label(result.owner, people)
        return f"This lead is kept for {kept_for} and not claimed yet. Press Claim first, then Contacted."
    if result.owner:
        return "This lead has moved on since, so it can no longer be given back."
    return "Nobody has this lead, so there is nothing to give back."


def _refusal(action: ClaimAction, result: ClaimResult, people: People) -> str:
    managers = _one_of(sorted(people.managers), people)
    if action is ClaimAction.CLAIM and result.owner:
        return f"This lead is kept for {_label(result.owner, people)}, so only they can claim it{_or(managers)}."
    if action is ClaimAction.CLAIM and not people.by_name:
        return "Only full members of this Slack workspace can claim leads."
    if action is ClaimAction.CLAIM:
        return f"Only the people named in the lead rules can claim leads.{_ask(managers)}"
    verb = "mark it as contacted" if action is ClaimAction.CONTACTED else "give it back"
    return f"{_capital(_label(result.owner, people))} has this lead, so only they can {verb}{_or(managers)}."


def _or(managers: str) -> str:
    return f", or {managers} as a manager" if managers else ""


def _ask(managers: str) -> str:
    return f" Ask {managers} to add you." if managers else ""


def _one_of(names: list[str], people: People) -> str:
    return " or ".join(_label(name, people) for name in names)


def _label(owner: str, people: People) -> str:
    person = people.get(owner)
    return "a colleague" if person is None else person.label


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _ago(since: datetime | None, now: datetime) -> str:
    if since is None:
        return ""
    seconds = int((now - since).total_seconds())
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= size:
            count = seconds // size
            return f" {count} {unit}{'s' if count > 1 else ''} ago"
    return " a moment ago"
