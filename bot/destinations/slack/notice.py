"""The bot's own word to whoever runs it, in Slack; below a change of the rules, a button that takes it back."""

from __future__ import annotations

from bot.core import mrkdwn
from bot.destinations.slack.blocks import Block, Message, button, confirmation, metadata, plain_text, section
from bot.destinations.slack.card import Occasion

UNDO = "config_undo"

_LIMIT = 3000  # Slack: one section, and what chat.update takes


def compose_notice(text: str, undo: str, occasion: Occasion, *, is_plain: bool = False) -> Message:
    """Literal text that keeps its lines; with `undo` (a version) an Undo button that asks once more.

    The plain version has the button too, below a short line that nothing in `text` can break.
    """
    said = mrkdwn.cut_mrkdwn(mrkdwn.escape_lines(text, limit=_LIMIT), _LIMIT) or "(empty)"
    fingerprint = metadata(occasion.delivery)
    if not undo:
        return Message(text=said, metadata=fingerprint)
    told: Block = {"type": "section", "text": plain_text("The rule file was changed.")}
    return Message(text=said, blocks=[told if is_plain else section(said), _undo(undo)], metadata=fingerprint)


def _undo(version: str) -> Block:
    question = confirmation(
        "Undo this change?",
        "The rules from before it go live again. The file stays as it is, and is set aside until somebody changes it.",
        yes="Undo",
        no="Keep the change",
    )
    return {"type": "actions", "elements": [button(UNDO, "Undo", version, confirm=question)]}
