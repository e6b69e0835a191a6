"""Mail as a destination: one message to one mailbox."""

from __future__ import annotations

from bot.destinations.email.send import EmailDestination

__all__ = ["EmailDestination"]
