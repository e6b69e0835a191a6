"""A lead's card: from the lead as it stands now to Slack's blocks and one plain sentence. Pure; sends nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.core import mrkdwn
from bot.core.claiming import JUNK_REASONS, ClaimAction
from bot.core.ids import DeliveryId, LeadId
from bot.core.lead import LeadState
from bot.core.people import People
from bot.core.story import LeadView
from bot.destinations.slack.blocks import (
    Block,
    Group,
    Message,
    button,
    menu,
    metadata,
    mrkdwn_text,
    plain_text,
    section,
)
from bot.rendering import CardText
from bot.rendering.standing import Speech, headline, outcome, stands, team_of

CLAIM, CONTACTED, MORE = "lead_claim", "lead_contacted", "lead_more"
GIVE_BACK = ClaimAction.GIVE_BACK.value

# A phone shows this much of a notification; Slack's own limit is far above.
SENTENCE_LIMIT = 150
_TITLE_LIMIT, _FACT_LIMIT, _CONTEXT_LIMIT, _STATE_LIMIT = 1000, 500, 1000, 500
_MOST_FACTS = 10  # Slack: fields of one section

_GIVE_BACK = Group(heading="This lead", options=(("Give back", GIVE_BACK),))
_OUTCOMES = Group(
    heading="What became of it",
    options=(
        ("Meeting agreed", ClaimAction.MEETING.value),
        ("Won", ClaimAction.WON.value),
        ("Lost", ClaimAction.LOST.value),
    ),
)
_JUNK = Group(
    heading="It is no lead at all",
    options=tuple((f"Junk: {reason}", f"{ClaimAction.JUNK.value}:{reason}") for reason in JUNK_REASONS),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Faces:
    """How owners are shown: their name, and as a mention where their Slack id is known."""

    people: People
    ids: Mapping[str, str] = field(default_factory=dict)  #: name under `people:` -> Slack user id

    def label(self, owner: str) -> str:
        """The owner's name as literal text; somebody outside the file is "a colleague"."""
        person = self.people.get(owner)
        return mrkdwn.escape_text(person.label) if person else "a colleague"

    def mention(self, owner: str) -> str:
        """`<@U…>` where the id is known, else the name."""
        user = self.ids.get(owner, "" if self.people.get(owner) else owner)
        return f"<@{user}>" if is_user_id(user) else self.label(owner)

    def name_of(self, address: str) -> str:
        """Whose Slack address (a user id, or an e-mail address there) it is: a name under `people:`, or ""."""
        people = self.people.by_name.values()
        found = (each.name for each in people if each.slack and each.slack.casefold() == address.casefold())
        return next(found, next((name for name, user in self.ids.items() if user == address), ""))

    def speech(self, *, may_mention: bool = False) -> Speech:
        """How sentences are written; `may_mention` where a name may ring, or link to the person."""
        person = self.mention if may_mention else self.label
        return Speech(literal=_literal_line, person=person, moment=mrkdwn.date_token)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Why a message is made: for which delivery, when, as a first post or an edit, and what must be said about that."""

    delivery: DeliveryId
    is_edit: bool = False  #: an edit notifies nobody, so it may mention whoever acted
    is_possible_repeat: bool = False
    at: datetime | None = None  #: the time now, where it matters who works


def is_user_id(text: str) -> bool:
    """True for `U…` and `W…` ids as Slack makes them."""
    return len(text) >= 2 and text[0] in "UW" and text.isascii() and text.isalnum() and text == text.upper()


def compose(view: LeadView, text: CardText, faces: Faces, occasion: Occasion) -> Message:
    """The card of contract §8: who and what, facts, where from, state, and only the buttons that work now."""
    blocks = erased() if view.state is LeadState.ERASED else _body(view, text, faces, occasion)
    return Message(text=sentence(view, faces), blocks=blocks + buttons(view), metadata=metadata(occasion.delivery))


def compose_plain(view: LeadView, faces: Faces, occasion: Occasion) -> Message:
    """The safe version: one literal text and the same buttons; nothing a template or a lead wrote can break it."""
    return plain_version(sentence(view, faces), buttons(view), occasion)


def plain_version(said: str, actions: list[Block], occasion: Occasion) -> Message:
    """One sentence of ours as literal text above `actions`."""
    repeat = " (may be a repeat)" if occasion.is_possible_repeat else ""
    blocks: list[Block] = [{"type": "section", "text": plain_text(_unescaped(said) + repeat)}]
    return Message(text=said + repeat, blocks=blocks + actions, metadata=metadata(occasion.delivery))


def sentence(view: LeadView, faces: Faces) -> str:
    """One sentence for phones, screen readers and lists, at most 150 characters."""
    if view.state is LeadState.ERASED:
        return "Lead removed on request"
    speech = faces.speech()
    kind = "Test lead" if view.lead is not None and view.lead.is_test else "New lead"
    ending = f" – {mrkdwn.cut_mrkdwn(stands(view, speech), SENTENCE_LIMIT // 2)}"
    return mrkdwn.cut_mrkdwn(f"{kind}: {headline(view, speech)}", SENTENCE_LIMIT - len(ending)) + ending


def buttons(view: LeadView) -> list[Block]:
    """The actions block of this state; [] when nothing can be done. Which buttons: contract §8."""
    elements: list[Block] = []
    match view.state:
        case LeadState.UNASSIGNED:
            elements = [_claim(view)]
        case LeadState.ASSIGNED:
            elements = [_claim(view), _more(_GIVE_BACK)]
        case LeadState.CLAIMED:
            elements = [button(CONTACTED, "Contacted", view.id), _more(_GIVE_BACK, _OUTCOMES, _JUNK)]
        case LeadState.CONTACTED:
            elements = [_more(_GIVE_BACK, _OUTCOMES, _JUNK)]
        case LeadState.MEETING | LeadState.WON | LeadState.LOST | LeadState.JUNK:
            elements = [_more(_without(view, _OUTCOMES), _without(view, _JUNK))]
        case _:
            return []
    return [_actions(view, elements)]


def claim_button(view: LeadView) -> list[Block]:
    """Nothing but Claim, where the card itself is close by."""
    return [_actions(view, [_claim(view)])]


def lead_of_block(block_id: str) -> LeadId:
    """The lead that an actions block of ours belongs to."""
    return LeadId(block_id.split(".", 1)[0])


def erased() -> list[Block]:
    """What stays of a message about somebody who was erased."""
    line = "This person's data was removed: they asked for it, or it had been kept long enough. The thread stays."
    return [section("*Removed on request*"), section(line)]


def _body(view: LeadView, text: CardText, faces: Faces, occasion: Occasion) -> list[Block]:
    marks = _marks(view, occasion)
    title = mrkdwn.cut_mrkdwn(text.title.strip() or headline(view, faces.speech()), _TITLE_LIMIT)
    blocks = [section(f"{title}\n_{marks}_" if marks else title)]
    facts = [mrkdwn.cut_mrkdwn(fact, _FACT_LIMIT) for fact in text.facts if fact.strip()]
    if facts:
        blocks.append({"type": "section", "fields": [mrkdwn_text(fact) for fact in facts[:_MOST_FACTS]]})
    if text.context.strip():
        context = mrkdwn.cut_mrkdwn(text.context.strip(), _CONTEXT_LIMIT)
        blocks.append({"type": "context", "elements": [mrkdwn_text(context)]})
    blocks.append(section(mrkdwn.cut_mrkdwn(_state_line(view, faces, occasion), _STATE_LIMIT)))
    return blocks


def _marks(view: LeadView, occasion: Occasion) -> str:
    marks = [
        "test lead" if view.lead is not None and view.lead.is_test else "",
        "was here before" if view.is_repeat else "",
        "late: found by the regular check" if view.is_late else "",
        "may be a repeat: Slack could not say whether the first card arrived" if occasion.is_possible_repeat else "",
    ]
    return " · ".join(mark for mark in marks if mark)


def _state_line(view: LeadView, faces: Faces, occasion: Occasion) -> str:
    # Whoever pressed is not pinged for it by a card that is posted later
    doer = faces.mention(view.owner) if occasion.is_edit else faces.label(view.owner)
    match view.state:
        case LeadState.ASSIGNED:
            return _assigned_line(view, faces)
        case LeadState.CLAIMED:
            return f"*Claimed by {doer}*" + _when(view, view.claimed_at or view.owned_since)
        case LeadState.CONTACTED:
            return f"*Contacted by {doer}*" + _when(view, view.contacted_at)
        case LeadState.MEETING | LeadState.WON | LeadState.LOST | LeadState.JUNK:
            return f"*Outcome: {outcome(view, faces.speech())}*" + (f" · {doer}" if view.owner else "")
        case _:
            return _unassigned_line(view, faces)


def _assigned_line(view: LeadView, faces: Faces) -> str:
    team = team_of(view, faces.speech())
    offered = f"; offered to {team} as well, not claimed yet" if view.is_offered and team else ", not claimed yet"
    back = f" · back from {faces.label(view.given_back_by)}" if view.given_back_by else ""
    return f"*For {faces.mention(view.owner)}*{offered}{back}"


def _unassigned_line(view: LeadView, faces: Faces) -> str:
    team = team_of(view, faces.speech())
    back = f"Back from {faces.label(view.given_back_by)}" if view.given_back_by else ""
    if team and view.held_until is not None:
        free = f"*Nobody of {team} is free now*; it goes to the first one back, {mrkdwn.date_token(view.held_until)}"
        return f"{free} · {back}" if back else free
    if team:
        return f"*{back + ', for' if back else 'For'} the team {team}*: whoever presses Claim first has it"
    return f"*{back}*, not claimed yet" if back else "*Not claimed yet*"


def _when(view: LeadView, moment: datetime | None) -> str:
    if moment is None:
        return ""
    told = f" · {mrkdwn.date_token(moment)}"
    if view.lead is None or moment < view.lead.submitted_at:
        return told
    return f"{told} · {how_long(moment - view.lead.submitted_at)} after the form"


def how_long(span: timedelta) -> str:
    """A span as people say it: "42 s", "5 min", "3 h 20 min", "2 days"."""
    seconds = int(span.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min"
    if seconds < 86_400:
        minutes = seconds % 3600 // 60
        return f"{seconds // 3600} h" + (f" {minutes} min" if minutes else "")
    return f"{seconds // 86_400} day" + ("s" if seconds >= 172_800 else "")


def _literal_line(text: str, limit: int) -> str:
    return mrkdwn.escape_text(text, limit=limit)


def _unescaped(text: str) -> str:
    # plain_text knows no mark-up and, as far as documented, no entities; angle brackets are left out to be sure
    shown = text.replace("&lt;", "‹").replace("&gt;", "›").replace("&amp;", "&")
    return mrkdwn.cut(mrkdwn.clean(shown), SENTENCE_LIMIT)


def _actions(view: LeadView, elements: list[Block]) -> Block:
    # A new block_id for each revision resets the menu's chosen entry on the reader's screen
    return {"type": "actions", "block_id": f"{view.id}.{view.revision}", "elements": elements}


def _claim(view: LeadView) -> Block:
    return button(CLAIM, "Claim", view.id, is_primary=True)


def _more(*groups: Group) -> Block:
    return menu(MORE, "More…", groups)


def _without(view: LeadView, group: Group) -> Group:
    """The group without the outcome that the lead has already: choosing it would change nothing."""
    now = f"{view.state.value}:{view.junk_reason}" if view.state is LeadState.JUNK else view.state.value
    return Group(heading=group.heading, options=tuple(option for option in group.options if option[1] != now))
