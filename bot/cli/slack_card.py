"""A card's blocks for `leadbell render`: the only command line that knows Slack's layout."""

from __future__ import annotations

from bot.core.ids import DeliveryId
from bot.core.people import People
from bot.core.story import LeadView
from bot.destinations.slack.card import Faces, Occasion, compose
from bot.rendering import CardText


def card_blocks(view: LeadView, text: CardText) -> list[dict[str, object]]:
    """The blocks as they would be posted; people are shown by name, because nobody is asked who they are in Slack."""
    return compose(view, text, Faces(people=People()), Occasion(delivery=DeliveryId("preview"))).blocks
