"""One process writes: an exclusive lock beside the database, which the kernel lets go when the process dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.core.errors import AlreadyRunning


def lock_path(database: Path) -> Path:
    """The lock file of a database."""
    return database.with_name(database.name + ".lock")


def is_locked(database: Path) -> bool:
    """Does a process hold the database now?"""
    try:
        with exclusive(database):
            return False
    except AlreadyRunning:
        return True


@contextmanager
def exclusive(database: Path) -> Iterator[None]:
    """Hold the database for this process; AlreadyRunning when another does. The file itself stays: it is harmless."""
    descriptor = os.open(lock_path(database), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
            raise AlreadyRunning(
                f"Another Leadbell (process {holder or 'unknown'}) is already using {database}. "
                "Stop it first, or give this one a database of its own with DATABASE_URL."
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)
