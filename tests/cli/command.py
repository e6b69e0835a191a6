"""Running the command as a user does, in a process of its own, or sooner: in a forked one, or on a thread here."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.cli import main
from tests.forked import ended, forked, settle_in

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


async def leadbell_here(*arguments: str | Path, folder: Path, environment: Mapping[str, str] | None = None) -> Done:
    """The same within this process, in a hundredth of the time: for commands that only answer, one at a time.

    A servant of this event loop can be asked. An exception that no command catches comes out here.
    """
    return await asyncio.to_thread(_here, list(map(str, arguments)), folder, environment or {})


async def leadbell_forked(*arguments: str | Path, folder: Path, environment: Mapping[str, str] | None = None) -> Done:
    """The same in a process that has everything imported: for what needs a main thread, as a server's start does."""
    with TemporaryDirectory() as streams:
        files = [Path(streams, name) for name in ("out", "err")]
        code = await ended(forked(_there, list(map(str, arguments)), folder, environment or {}, *files), within=30)
        return Done(code, *(file.read_text(encoding="utf-8") for file in files))


def _there(arguments: list[str], folder: Path, environment: Mapping[str, str], out: Path, err: Path) -> None:
    settle_in(environment, out=out, err=err)
    os.chdir(folder)
    sys.argv[:] = ["leadbell", *arguments]
    main()


def _here(arguments: list[str], folder: Path, environment: Mapping[str, str]) -> Done:
    out, err = StringIO(), StringIO()
    with chdir(folder), _called_with(arguments, environment), redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as ended:
            code = ended.code
        else:
            code = 0
    assert isinstance(code, int)
    return Done(code, out.getvalue(), err.getvalue())


@contextmanager
def _called_with(arguments: list[str], environment: Mapping[str, str]) -> Iterator[None]:
    before = list(sys.argv), dict(os.environ)
    sys.argv[:] = ["leadbell", *arguments]
    os.environ.clear()
    os.environ.update(environment)
    try:
        yield
    finally:
        sys.argv[:] = before[0]
        os.environ.clear()
        os.environ.update(before[1])


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
