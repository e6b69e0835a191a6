"""What people read: a lead becomes the words of a card or a mail. Knows formats and templates; sends nothing."""

from __future__ import annotations

from bot.rendering.formats import Format
from bot.rendering.lead import Fact, TemplateLead
from bot.rendering.templates import TemplateProblem, Templates
from bot.rendering.texts import CardText, MailText

__all__ = ["CardText", "Fact", "Format", "MailText", "TemplateLead", "TemplateProblem", "Templates"]
