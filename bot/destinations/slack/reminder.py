"""A reminder in Slack: one sentence about the lead as it stands now, with its buttons while something is to be done."""

from __future__ import annotations

from datetime import datetime

from bot.core import mrkdwn
from bot.core.delivery import Reminder
from bot.core.hours import is_open
from bot.core.lead import LeadState
from bot.core.people import Person
from bot.core.story import LeadView
from bot.destinations.slack.blocks import Block, Message, metadata, section
from bot.destinations.slack.card import (
    SENTENCE_LIMIT,
    Faces,
    Occasion,
    buttons,
    claim_button,
    erased,
    plain_version,
    sentence,
)
from bot.rendering.reminders import reminder_words
from bot.rendering.standing import headline

_MOST_MENTIONS = 20


def compose_reminder(
    reminder: Reminder, view: LeadView, recipient: str, faces: Faces, occasion: Occasion, *, is_plain: bool = False
) -> Message:
    """The message to `recipient` (a name under `people:`); without one it is for a channel, and OFFERED calls the team.

    Once there is nothing left to do it says what became of the lead, without buttons.
    """
    if view.state is LeadState.ERASED:
        return Message(text=sentence(view, faces), blocks=erased(), metadata=metadata(occasion.delivery))
    quiet = faces.speech()
    words = reminder_words(reminder, view, recipient, lead=headline(view, quiet), speech=quiet)
    said = mrkdwn.cut_mrkdwn(words.what, SENTENCE_LIMIT)
    actions = _actions(reminder, view) if words.to_do else []
    if is_plain:
        return plain_version(said, actions, occasion)
    blocks = [section(_line(reminder, view, recipient, faces, occasion)), *actions]
    return Message(text=said, blocks=blocks, metadata=metadata(occasion.delivery))


def _line(reminder: Reminder, view: LeadView, recipient: str, faces: Faces, occasion: Occasion) -> str:
    # a mention in a direct message, or in an edit, rings for nobody
    speech = faces.speech(may_mention=reminder is not Reminder.OFFERED or occasion.is_edit)
    lead = f"*{headline(view, speech)}*"
    words = reminder_words(reminder, view, recipient, lead=lead, speech=speech)
    is_call = reminder is Reminder.OFFERED and bool(words.to_do) and not recipient
    called = _called(view, faces, occasion.at) if is_call else ""
    repeat = "_(may be a repeat)_" if occasion.is_possible_repeat else ""
    return " ".join(part for part in (called, words.text, repeat) if part)


def _actions(reminder: Reminder, view: LeadView) -> list[Block]:
    # the thread hangs below the card with all its buttons
    return claim_button(view) if reminder is Reminder.OFFERED else buttons(view)


def _called(view: LeadView, faces: Faces, at: datetime | None) -> str:
    """Who works now of the team, but the owner, who knows already; without a mention nobody would hear of a thread."""
    team = faces.people.teams.get(view.team)
    members = [name for name in team.members if name != view.owner] if team else []
    working = [name for name in members if at is None or _works(faces.people.get(name), at)]
    return " ".join(faces.mention(name) for name in (working or members)[:_MOST_MENTIONS])


def _works(person: Person | None, at: datetime) -> bool:
    return person is not None and is_open((person.schedule,), at)
