"""A digest in Slack: one list of leads as they stand now, within what one message holds."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core import mrkdwn
from bot.core.story import LeadView
from bot.destinations.slack.blocks import Block, Message, metadata, section
from bot.destinations.slack.card import Faces, Occasion
from bot.rendering.standing import Speech, headline, stands

#: More lines are no list that anybody reads; the rest is counted.
MOST_LEADS = 40
_ROOM = 7000  # characters of all lines: Slack refuses some 11 000 in all, and our own check 8000
_SECTION = 2800  # of the 3000 that Slack allows
_PART = 40
_NAME = 80


def compose_digest(
    name: str, leads: Sequence[LeadView], faces: Faces, occasion: Occasion, *, is_plain: bool = False
) -> Message:
    """The list called `name` (a key of `digests:`), oldest lead first; `is_plain` is its number alone."""
    title = mrkdwn.escape_text(name, limit=_NAME)
    number = _number(len(leads))
    repeat = " (may be a repeat)" if occasion.is_possible_repeat else ""
    text = f"{title}: {number}{repeat}"
    if is_plain:
        return Message(text=f"{text}. leadbell leads shows them.", metadata=metadata(occasion.delivery))
    lines = _lines(leads, faces.speech())
    if len(lines) < len(leads):
        lines.append(f"and {len(leads) - len(lines)} more: `leadbell leads`")
    blocks = [section(f"*{title}*: {number}{repeat}"), *_sections(lines)]
    return Message(text=text, blocks=blocks, metadata=metadata(occasion.delivery))


def _number(count: int) -> str:
    return f"{count} lead{'' if count == 1 else 's'}" if count else "no lead is left on this list"


def _lines(leads: Sequence[LeadView], speech: Speech) -> list[str]:
    lines: list[str] = []
    room = _ROOM
    for view in leads[:MOST_LEADS]:
        line = _line(view, speech)
        room -= len(line) + 1
        if room < 0:
            break
        lines.append(line)
    return lines


def _line(view: LeadView, speech: Speech) -> str:
    lead = view.lead
    form = speech.literal(view.form_nickname or (lead.form.name or lead.form.id if lead else ""), _PART)
    marks = [
        "test lead" if lead is not None and lead.is_test else "",
        "was here before" if view.is_repeat else "",
    ]
    parts = (f"*{headline(view, speech)}*", form, stands(view, speech), *marks)
    return "• " + " · ".join(part for part in parts if part)


def _sections(lines: Sequence[str]) -> list[Block]:
    """As few sections as hold the lines."""
    blocks: list[Block] = []
    kept: list[str] = []
    size = 0
    for line in lines:
        if kept and size + len(line) + 1 > _SECTION:
            blocks.append(section("\n".join(kept)))
            kept, size = [], 0
        kept.append(line)
        size += len(line) + 1
    return [*blocks, section("\n".join(kept))] if kept else blocks
