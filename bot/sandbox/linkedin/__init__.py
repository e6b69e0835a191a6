"""A LinkedIn on loopback: consent, forms that people fill in, signed notifications, and the API in real Rest.li."""

from bot.sandbox.linkedin.calls import SeenRequest
from bot.sandbox.linkedin.posting import Subscribed
from bot.sandbox.linkedin.records import Campaign, Form, Question
from bot.sandbox.linkedin.stand_in import LinkedInStandIn

__all__ = ["Campaign", "Form", "LinkedInStandIn", "Question", "SeenRequest", "Subscribed"]
