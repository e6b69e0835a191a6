"""`python -m benchmarks.comparing`: how long `leadbell compare` takes over many stored leads, start to end."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from bot.store.database import opened
from tests.store.many_leads import write_leads

_SHIPPED = Path(__file__).parent.parent / "config.yaml"
#: One edit near the top, so that most leads are decided twice; the other also makes every lead be read twice.
_EDITS = {
    "a rule changed": ("at least 200", "at least 500"),
    "the time zone changed": ("timezone: Europe/Berlin", "timezone: Europe/Lisbon"),
}


def measure(leads: int, folder: Path) -> dict[str, float]:
    """Seconds of the whole command for each kind of edit, over that many leads. Raises RuntimeError when one fails."""
    live = folder / "config.yaml"
    live.write_text(_SHIPPED.read_text(encoding="utf-8"), encoding="utf-8")
    asyncio.run(_fill(folder / "leads.db", leads))
    return {name: _compared(live, edit, leads, folder) for name, edit in _EDITS.items()}


def _compared(live: Path, edit: tuple[str, str], leads: int, folder: Path) -> float:
    text = live.read_text(encoding="utf-8")
    if edit[0] not in text:
        raise RuntimeError(f"the shipped rule file no longer holds {edit[0]!r}")
    new = folder / "new.yaml"
    new.write_text(text.replace(*edit), encoding="utf-8")
    began = time.perf_counter()
    done = subprocess.run(  # noqa: S603  # our own command
        [sys.executable, "-m", "bot", "compare", str(new), "--config", str(live), "--json"],
        env={**os.environ, "DATABASE_URL": f"sqlite:{folder / 'leads.db'}"},
        capture_output=True,
        check=False,
    )
    seconds = time.perf_counter() - began
    if done.returncode != 0 or json.loads(done.stdout)["leads"] != leads:
        raise RuntimeError(f"compare failed: {done.stderr.decode()}")
    return seconds


async def _fill(path: Path, leads: int) -> None:
    async with opened(path) as database:
        await write_leads(database, leads, newest=datetime.now(UTC))


def main() -> None:
    """Print one line for each kind of edit."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.comparing", description=__doc__)
    parser.add_argument("--leads", type=int, default=100_000, metavar="COUNT")
    leads = parser.parse_args().leads
    with tempfile.TemporaryDirectory() as folder:
        for name, seconds in measure(leads, Path(folder)).items():
            sys.stdout.write(f"compare, {leads:,} stored leads, {name}: {seconds:.1f} s\n")


if __name__ == "__main__":
    main()
