"""What every test stands on: a clock that only the test moves, and a database in a folder of its own."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.delivery import Target
from bot.store.database import Database, opened
from bot.store.entries import Clerk
from tests.clock import Clock

# the Slack library sends even loopback calls through a proxy that the environment names
for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
    os.environ.pop(name, None)

# without compiled files every worker, and every process that a test starts, would compile all modules again
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

gc.disable()  # until the tests are collected: nothing that collecting makes is ever thrown away

ADMIN = Target(destination="slack", address="#admin")


def pytest_collection_finish() -> None:
    """Thousands of collected tests are a large heap, which the collector would walk again and again."""
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(tmp_path / "leadbell.db") as open_database:
        yield open_database


@pytest.fixture
def clerk() -> Clerk:
    return Clerk(notices_to=(ADMIN,))
