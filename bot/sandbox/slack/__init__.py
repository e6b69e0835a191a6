"""A stand-in Slack workspace on loopback: the Web API, and people who press buttons by signed requests."""

from bot.sandbox.slack.standin import SlackStandIn
from bot.sandbox.slack.workspace import Call, Channel, Message, Private, User

__all__ = ["Call", "Channel", "Message", "Private", "SlackStandIn", "User"]
