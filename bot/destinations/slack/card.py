"""A lead's card: from the lead as it stands now to Slack's blocks and one plain sentence. Pure; sends nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.core import mrkdwn
from bot.core.ids import DeliveryId, LeadId
from bot.core.lead import LeadState
from bot.core.people import People
from bot.core.story import LeadView
from bot.rendering import CardText

Block = dict[str, object]

CLAIM, CONTACTED, MORE = "lead_claim", "lead_contacted", "lead_more"
GIVE_BACK = "give_back"
EVENT_TYPE = "lead_delivery"

# A phone shows this much of a notification; Slack's own limit is far above.
SENTENCE_LIMIT = 150
_TITLE_LIMIT, _FACT_LIMIT, _CONTEXT_LIMIT, _STATE_LIMIT = 1000, 500, 1000, 500
_MOST_FACTS = 10  # Slack: fields of one section

_OUTCOMES = {
    LeadState.MEETING: "meeting agreed",
    LeadState.WON: "won",
    LeadState.LOST: "lost",
    LeadState.JUNK: "junk",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is posted. `blocks` is empty for a message of text alone."""

    text: str
    blocks: list[Block] = field(default_factory=list)
    metadata: Block = field(default_factory=dict)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Why the card is made: for which delivery, as a first post or an edit, and what must be said about that."""

    delivery: DeliveryId
    is_edit: bool = False  #: an edit notifies nobody, so it may mention whoever acted
    is_possible_repeat: bool = False


def is_user_id(text: str) -> bool:
    """True for `U…` and `W…` ids as Slack makes them."""
    return len(text) >= 2 and text[0] in "UW" and text.isascii() and text.isalnum() and text == text.upper()


def compose(view: LeadView, text: CardText, faces: Faces, occasion: Occasion) -> Message:
    """The card of contract §8: who and what, facts, where from, state, and only the buttons that work now."""
    blocks = _erased() if view.state is LeadState.ERASED else _body(view, text, faces, occasion)
    return Message(text=sentence(view, faces), blocks=blocks + buttons(view), metadata=metadata(occasion.delivery))


def compose_plain(view: LeadView, faces: Faces, occasion: Occasion) -> Message:
    """The safe version: one literal text and the same buttons; nothing a template or a lead wrote can break it."""
    said = sentence(view, faces)
    repeat = " (may be a repeat)" if occasion.is_possible_repeat else ""
    shown = {"type": "plain_text", "text": _literal(said) + repeat, "emoji": False}
    blocks: list[Block] = [{"type": "section", "text": shown}]
    return Message(text=said + repeat, blocks=blocks + buttons(view), metadata=metadata(occasion.delivery))


def metadata(delivery: DeliveryId) -> Block:
    """The fingerprint by which a message is found again. Everybody in the workspace can read it: ids only."""
    return {"event_type": EVENT_TYPE, "event_payload": {"delivery_id": str(delivery)}}


def sentence(view: LeadView, faces: Faces) -> str:
    """One sentence for phones, screen readers and lists, at most 150 characters."""
    if view.state is LeadState.ERASED:
        return "Lead removed on request"
    kind = "Test lead" if view.lead is not None and view.lead.is_test else "New lead"
    ending = f" – {_stands(view, faces)}"
    return mrkdwn.cut_mrkdwn(f"{kind}: {_headline(view)}", SENTENCE_LIMIT - len(ending)) + ending


def buttons(view: LeadView) -> list[Block]:
    """The actions block of this state; [] when nothing can be done. Which buttons: contract §8."""
    elements: list[Block] = []
    match view.state:
        case LeadState.UNASSIGNED:
            elements = [_button(CLAIM, "Claim", view.id, is_primary=True)]
        case LeadState.ASSIGNED:
            elements = [_button(CLAIM, "Claim", view.id, is_primary=True), _more()]
        case LeadState.CLAIMED:
            elements = [_button(CONTACTED, "Contacted", view.id), _more()]
        case LeadState.CONTACTED:
            elements = [_more()]
        case _:
            return []
    # A new block_id for each revision resets the menu's chosen entry on the reader's screen
    return [{"type": "actions", "block_id": f"{view.id}.{view.revision}", "elements": elements}]


def lead_of_block(block_id: str) -> LeadId:
    """The lead that an actions block of ours belongs to."""
    return LeadId(block_id.split(".", 1)[0])


def _body(view: LeadView, text: CardText, faces: Faces, occasion: Occasion) -> list[Block]:
    marks = _marks(view, occasion)
    title = mrkdwn.cut_mrkdwn(text.title.strip() or _headline(view), _TITLE_LIMIT)
    blocks = [_section(f"{title}\n_{marks}_" if marks else title)]
    facts = [mrkdwn.cut_mrkdwn(fact, _FACT_LIMIT) for fact in text.facts if fact.strip()]
    if facts:
        blocks.append({"type": "section", "fields": [_mrkdwn(fact) for fact in facts[:_MOST_FACTS]]})
    if text.context.strip():
        context = mrkdwn.cut_mrkdwn(text.context.strip(), _CONTEXT_LIMIT)
        blocks.append({"type": "context", "elements": [_mrkdwn(context)]})
    blocks.append(_section(mrkdwn.cut_mrkdwn(_state_line(view, faces, occasion), _STATE_LIMIT)))
    return blocks


def _erased() -> list[Block]:
    line = "This person's data was removed: they asked for it, or it had been kept long enough. The thread stays."
    return [_section("*Removed on request*"), _section(line)]


def _marks(view: LeadView, occasion: Occasion) -> str:
    marks = [
        "test lead" if view.lead is not None and view.lead.is_test else "",
        "late: found by the regular check" if view.is_late else "",
        "may be a repeat: Slack could not say whether the first card arrived" if occasion.is_possible_repeat else "",
    ]
    return " · ".join(mark for mark in marks if mark)


def _state_line(view: LeadView, faces: Faces, occasion: Occasion) -> str:
    # Whoever pressed is not pinged for it by a card that is posted later
    doer = faces.mention(view.owner) if occasion.is_edit else faces.label(view.owner)
    match view.state:
        case LeadState.ASSIGNED:
            return f"*For {faces.mention(view.owner)}*, not claimed yet"
        case LeadState.CLAIMED:
            return f"*Claimed by {doer}*" + _when(view, view.claimed_at or view.owned_since)
        case LeadState.CONTACTED:
            return f"*Contacted by {doer}*" + _when(view, view.contacted_at)
        case LeadState.MEETING | LeadState.WON | LeadState.LOST | LeadState.JUNK:
            return f"*Outcome: {_OUTCOMES[view.state]}*" + (f" · {doer}" if view.owner else "")
        case _:
            return "*Not claimed yet*"


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


def _stands(view: LeadView, faces: Faces) -> str:
    match view.state:
        case LeadState.ASSIGNED:
            return f"for {faces.label(view.owner)}"
        case LeadState.CLAIMED | LeadState.CONTACTED:
            return f"{view.state.value} by {faces.label(view.owner)}"
        case LeadState.MEETING | LeadState.WON | LeadState.LOST | LeadState.JUNK:
            return _OUTCOMES[view.state]
        case _:
            return "unclaimed"


def _headline(view: LeadView) -> str:
    if view.lead is None:
        return "somebody"
    parts = {name: mrkdwn.escape_text(view.lead.answered(name), limit=60) for name in ("job_title", "company")}
    who = mrkdwn.escape_text(view.lead.full_name, limit=60) or "somebody without a name"
    what = " at ".join(part for part in parts.values() if part)
    joint = ", " if parts["job_title"] else " at "
    return f"{who}{joint}{what}" if what else who


def _literal(text: str) -> str:
    # plain_text knows no mark-up and, as far as documented, no entities; angle brackets are left out to be sure
    shown = text.replace("&lt;", "‹").replace("&gt;", "›").replace("&amp;", "&")
    return mrkdwn.cut(mrkdwn.clean(shown), SENTENCE_LIMIT)


def _section(text: str) -> Block:
    return {"type": "section", "text": _mrkdwn(text)}


def _mrkdwn(text: str) -> Block:
    # verbatim: Slack turns no bare address, #name or URL of a lead's into a link
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _button(action: str, label: str, lead: LeadId, *, is_primary: bool = False) -> Block:
    text = {"type": "plain_text", "text": label, "emoji": False}
    button: Block = {"type": "button", "action_id": action, "text": text, "value": str(lead)}
    return {**button, "style": "primary"} if is_primary else button


def _more() -> Block:
    option = {"text": {"type": "plain_text", "text": "Give back", "emoji": False}, "value": GIVE_BACK}
    placeholder = {"type": "plain_text", "text": "More…", "emoji": False}
    return {"type": "static_select", "action_id": MORE, "placeholder": placeholder, "options": [option]}
