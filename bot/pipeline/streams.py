"""What there is to pull, count and subscribe to: each owner under `sources:` with each of its lead types."""

from __future__ import annotations

from collections.abc import Iterable

from bot.config.model import SourceEntry
from bot.ports import Stream


def streams_of(sources: Iterable[SourceEntry]) -> list[Stream]:
    """The streams of these entries of `sources:`."""
    return [
        Stream(source=entry.name, owner=entry.owner, lead_type=lead_type)
        for entry in sources
        for lead_type in entry.lead_types
    ]
