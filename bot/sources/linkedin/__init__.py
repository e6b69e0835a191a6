"""LinkedIn Lead Sync: its webhook in, its API out, both read into the core's values."""

from bot.sources.linkedin.response import lead_from_response
from bot.sources.linkedin.source import LinkedIn

__all__ = ["LinkedIn", "lead_from_response"]
