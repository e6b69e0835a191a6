"""The bot's words about what it is to forget."""

from __future__ import annotations

from datetime import datetime

from bot.core.work import Notice


def not_wiped(oldest: datetime, now: datetime) -> Notice:
    """Erased, but the bytes of the file may still hold traces; said once a day."""
    return Notice(
        key=f"not-wiped:{now.date().isoformat()}",
        text=f"Persons were erased on {oldest:%Y-%m-%d}, but the database file could not be written anew since, so its "
        "unused space may still hold something of them. Leadbell tries again by itself. Two things stand in its way: "
        "less free disk space than twice the file's size (in its folder, and in the folder for temporary files), or a "
        "program that keeps the file open for reading, such as a backup that hangs.",
    )
