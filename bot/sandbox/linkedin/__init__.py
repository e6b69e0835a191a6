"""A LinkedIn on loopback: forms that people fill in, signed notifications, and the Lead Sync API in real Rest.li."""

from bot.sandbox.linkedin.records import Campaign, Form, Question
from bot.sandbox.linkedin.stand_in import LinkedInStandIn, SeenRequest

__all__ = ["Campaign", "Form", "LinkedInStandIn", "Question", "SeenRequest"]
