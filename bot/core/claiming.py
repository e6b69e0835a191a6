"""Who may take, finish and give back a lead, and the words that tell a person why not. The store decides by these."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.core import mrkdwn
from bot.core.lead import LeadState
from bot.core.people import People, Team


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


#: The actions that say what became of a lead; they may be corrected by one another.
OUTCOMES = frozenset({ClaimAction.MEETING, ClaimAction.WON, ClaimAction.LOST, ClaimAction.JUNK})

#: Why a lead is junk: what a menu offers, a press carries in `detail`, and the lead's row keeps.
JUNK_REASONS = ("not a buyer", "student or job seeker", "competitor", "wrong contact data", "spam or test")


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
    team: str = ""  #: whose lead it is: a name under `teams:`
    is_offered: bool = False  #: anybody of the team may claim it by now
    kept_until: datetime | None = None  #: when it will be offered; only where whoever pressed belongs to the team


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """What the deciding statement compares with the lead's row."""

    owner: str  #: the name this person owns leads under
    is_manager: bool
    may_take_unowned: bool  #: may claim a lead that no rule gave to anybody
    teams: frozenset[str] = frozenset()  #: whose leads this person may claim when nobody owns them, or once offered
    manages: frozenset[str] = frozenset()  #: whose leads this person may do everything with, whoever owns them


_TAKEN_ON = frozenset(
    {LeadState.CLAIMED, LeadState.CONTACTED, LeadState.MEETING, LeadState.WON, LeadState.LOST, LeadState.JUNK}
)

#: What each action needs the lead to be in.
FROM_STATES: dict[ClaimAction, frozenset[LeadState]] = {
    ClaimAction.CLAIM: frozenset({LeadState.UNASSIGNED, LeadState.ASSIGNED}),
    ClaimAction.CONTACTED: frozenset({LeadState.CLAIMED}),
    ClaimAction.GIVE_BACK: frozenset({LeadState.ASSIGNED, LeadState.CLAIMED, LeadState.CONTACTED}),
    **dict.fromkeys(OUTCOMES, _TAKEN_ON),
}

_PRESS_CLAIM_FIRST = {
    ClaimAction.CONTACTED: "Press Claim first, then Contacted.",
    **dict.fromkeys(OUTCOMES, "Press Claim first, then choose the outcome."),
}
_MOST_NAMES = 5  # a longer list of names says less than "anybody of"


def permission(actor: Actor, people: People) -> Permission:
    """What `actor` may do (contract §8): managers everything, a team's manager everything with its leads; members what
    is their team's; what is nobody's, people of the file; in a file without people, anybody."""
    if actor.is_outsider:
        return Permission(owner=actor.user, is_manager=False, may_take_unowned=False)
    owner = actor.person or actor.user
    return Permission(
        owner=owner,
        is_manager=bool(actor.person) and actor.person in people.managers,
        may_take_unowned=bool(actor.person) or not people.by_name,
        # a stranger's "" would be the manager of every team that names none
        teams=people.teams_of(owner) if actor.person else frozenset(),
        manages=frozenset(name for name, team in people.teams.items() if actor.person and team.manager == owner),
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
        case ClaimVerdict.REFUSED if action is ClaimAction.CLAIM:
            return _may_not_claim(result, people, now)
        case ClaimVerdict.REFUSED:
            return _may_not_act(action, result, people)


def _not_now(action: ClaimAction, result: ClaimResult, people: People) -> str:
    first = _PRESS_CLAIM_FIRST.get(action, "")
    if first and not result.owner:
        return f"Nobody has claimed this lead yet. {first}"
    if first:
        return f"This lead is kept for {_label(result.owner, people)} and not claimed yet. {first}"
    if result.owner:
        return "This lead has moved on since, so it can no longer be given back."
    return "Nobody has this lead, so there is nothing to give back."


def _may_not_claim(result: ClaimResult, people: People, now: datetime) -> str:
    team, managers = people.teams.get(result.team), _managers(result.team, people)
    kept_for = f"This lead is kept for {_label(result.owner, people)}"
    if result.owner and result.kept_until is not None and result.kept_until > now:
        anybody = f"anybody of {result.team}" if team else "the whole team"
        return f"{kept_for} until {_moment(result.kept_until, now)}; then {anybody} can claim it."
    if team is not None and (result.is_offered or not result.owner):
        others = _or(managers - set(team.members), people)
        return f"This lead belongs to {team.name}: {_members(team, people)} can claim it{others}."
    if result.owner:
        return f"{kept_for}, so only they can claim it{_or(managers - {result.owner}, people)}."
    if not people.by_name:
        return "Only full members of this Slack workspace can claim leads."
    return f"Only the people named in the lead rules can claim leads.{_ask(managers, people)}"


def _may_not_act(action: ClaimAction, result: ClaimResult, people: People) -> str:
    verb = {ClaimAction.CONTACTED: "mark it as contacted", ClaimAction.GIVE_BACK: "give it back"}.get(
        action, "say what became of it"
    )
    managers = _managers(result.team, people) - {result.owner}
    who = _capital(_label(result.owner, people))
    return f"{who} has this lead, so only they can {verb}{_or(managers, people)}."


def _managers(team: str, people: People) -> frozenset[str]:
    """Who may do everything with a lead of `team`: its own manager, and the managers of all."""
    found = people.teams.get(team)
    return people.managers | ({found.manager} if found is not None and found.manager else frozenset())


def _members(team: Team, people: People) -> str:
    members = list(team.members)
    return _one_of(members, people) if len(members) <= _MOST_NAMES else "anybody of the team"


def _or(managers: frozenset[str], people: People) -> str:
    return f", or {_one_of(sorted(managers), people)} as a manager" if managers else ""


def _ask(managers: frozenset[str], people: People) -> str:
    return f" Ask {_one_of(sorted(managers), people)} to add you." if managers else ""


def _one_of(names: list[str], people: People) -> str:
    labels = [_label(name, people) for name in names] or ["nobody"]
    others = ", ".join(labels[:-1])
    return f"{others} or {labels[-1]}" if others else labels[-1]


def _moment(moment: datetime, now: datetime) -> str:
    """A moment that the reader's Slack shows in their own time zone, with its day where the hour could mislead."""
    fallback = moment.strftime("%H:%M UTC")
    if moment - now <= timedelta(hours=12):
        return mrkdwn.date_token(moment, fallback, form="{time}")
    return mrkdwn.date_token(moment)


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
