"""What the operator is told about LinkedIn's subscriptions."""

from __future__ import annotations

from datetime import datetime

from bot.core.errors import UpstreamError
from bot.core.work import Notice
from bot.ports import Stream


def subscription_refused(stream: Stream, error: UpstreamError, now: datetime) -> Notice:
    """LinkedIn does not post one stream's leads to us; said once a month and cause."""
    short = stream.owner.removeprefix("urn:li:")
    cause = f"{type(error).__name__}:{error.code}"
    advice = f"{error.advice.rstrip('. ')}. " if error.advice else ""
    if not stream.source:
        text = (
            f"The subscription to the {stream.lead_type} leads of {short}, which is no longer under `sources:`, could "
            f"not be removed: {error}. {advice}It is tried again by itself."
        )
    else:
        text = (
            f"LinkedIn does not tell Leadbell of new leads of {stream.source} ({short}, {stream.lead_type}), because "
            f"subscribing failed: {error}. {advice}Until then only the regular look for missed leads finds them. "
            "It is tried again by itself; at once with `leadbell linkedin subscribe`."
        )
    return Notice(key=f"subscribe:{stream.owner}:{stream.lead_type}:{cause}:{now:%Y-%m}", text=text)
