"""The pieces that our Slack messages are made of, as Block Kit wants them. Pure; knows no lead.

https://docs.slack.dev/reference/block-kit
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.core.ids import DeliveryId

Block = dict[str, object]

EVENT_TYPE = "lead_delivery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is posted. `blocks` is empty for a message of text alone."""

    text: str
    blocks: list[Block] = field(default_factory=list)
    metadata: Block = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Some entries of a menu under a heading."""

    heading: str
    options: tuple[tuple[str, str], ...]  #: (what is read, what a press carries); at least one


def metadata(delivery: DeliveryId) -> Block:
    """The fingerprint by which a message is found again. Everybody in the workspace can read it: ids only."""
    return {"event_type": EVENT_TYPE, "event_payload": {"delivery_id": str(delivery)}}


def mrkdwn_text(text: str) -> Block:
    """A text object of finished mrkdwn."""
    # verbatim: Slack turns no bare address, #name or URL of a lead's into a link
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def plain_text(text: str) -> Block:
    """A text object without any mark-up."""
    return {"type": "plain_text", "text": text, "emoji": False}


def section(text: str) -> Block:
    """A paragraph of finished mrkdwn."""
    return {"type": "section", "text": mrkdwn_text(text)}


def button(action: str, label: str, value: str, *, is_primary: bool = False, confirm: Block | None = None) -> Block:
    """A button; `confirm` is what Slack asks before it counts a press."""
    element: Block = {"type": "button", "action_id": action, "text": plain_text(label), "value": value}
    if is_primary:
        element["style"] = "primary"
    return {**element, "confirm": confirm} if confirm else element


def confirmation(title: str, text: str, *, yes: str, no: str) -> Block:
    """The question before a press. Limits: title 100, text 300, answers 30 characters."""
    return {"title": plain_text(title), "text": plain_text(text), "confirm": plain_text(yes), "deny": plain_text(no)}


def menu(action: str, placeholder: str, groups: Sequence[Group]) -> Block:
    """A menu; a single group needs no heading."""
    element: Block = {"type": "static_select", "action_id": action, "placeholder": plain_text(placeholder)}
    if len(groups) == 1:
        return {**element, "options": _options(groups[0])}
    # Slack takes either options or option_groups, never both
    shown = [{"label": plain_text(group.heading), "options": _options(group)} for group in groups]
    return {**element, "option_groups": shown}


def _options(group: Group) -> list[Block]:
    return [{"text": plain_text(label), "value": value} for label, value in group.options]
