"""What every test stands on: a clock that only the test moves, and a database in a folder of its own."""

from __future__ import annotations

import gc
import os
import shutil
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import settings

from bot.core.delivery import Target
from bot.store.database import Database, opened
from bot.store.entries import Clerk
from bot.store.migrate import migrate
from tests.clock import Clock

# the Slack library sends even loopback calls through a proxy that the environment names
for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
    os.environ.pop(name, None)

# without compiled files every worker would compile and rewrite all tests again
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# a thousand databases that nobody will look at need no disk: where memory can be had as a folder, they live there
_MEMORY = Path("/dev/shm")
if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > 2**29:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))

# `--hypothesis-profile=thorough` tries more
settings.register_profile("quick", max_examples=30, deadline=None)
settings.register_profile("thorough", max_examples=300, deadline=None)
settings.load_profile("quick")

gc.disable()  # until the tests are collected: nothing that collecting makes is ever thrown away

ADMIN = Target(destination="slack", address="#admin")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With several workers, give each some stories all the time: stories mostly wait, other tests mostly calculate."""
    if hasattr(config, "workerinput"):
        items[:] = _mixed(items)


def _mixed(items: list[pytest.Item]) -> Iterator[pytest.Item]:
    """The stories spread evenly between the other files, whose own tests stay together and share their fixtures."""
    folder = Path(__file__).parent / "story"
    stories = [item for item in items if item.path.parent == folder]
    others = [item for item in items if item.path.parent != folder]
    passed = given = 0
    for _, tests in groupby(others, key=lambda item: item.path):
        file = list(tests)
        yield from file
        passed += len(file)
        due = len(stories) * passed // len(others)
        yield from stories[given:due]
        given = due
    yield from stories[given:]


def pytest_collection_finish() -> None:
    """Thousands of collected tests are a large heap, which the collector would walk again and again."""
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of a database that holds nothing yet, to be copied; what makes it is tested in tests/store."""
    path = tmp_path_factory.mktemp("new") / "leadbell.db"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    migrate(connection)
    connection.close()
    return path.read_bytes()


@pytest.fixture
async def database(tmp_path: Path, new_database: bytes) -> AsyncIterator[Database]:
    file = tmp_path / "leadbell.db"
    file.touch(mode=0o600)
    file.write_bytes(new_database)
    async with opened(file) as open_database:
        yield open_database


@pytest.fixture
def clerk() -> Clerk:
    return Clerk(notices_to=(ADMIN,))
