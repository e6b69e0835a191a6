"""Running the command as a user does: a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> object:
        value: object = json.loads(self.out)
        return value


async def leadbell(*arguments: str | Path, folder: Path, environment: Mapping[str, str] | None = None) -> Done:
    """Run `leadbell` in `folder` with only these variables set, and wait for its end."""
    process = await start(*arguments, folder=folder, environment=environment)
    async with asyncio.timeout(30):
        out, err = await process.communicate()
    assert process.returncode is not None
    return Done(process.returncode, out.decode(), err.decode())


async def start(
    *arguments: str | Path, folder: Path, environment: Mapping[str, str] | None = None
) -> asyncio.subprocess.Process:
    """Start `leadbell` and return at once."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *map(str, arguments)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(_ROOT), **(environment or {})},
    )
