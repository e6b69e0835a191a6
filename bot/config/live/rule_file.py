"""The rule file on the disk together with the templates beside it: what stands there, and whether it can go live."""

from __future__ import annotations

import asyncio
import gc
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from bot.config.live.changes import changes
from bot.config.load import read_content, uncollected
from bot.config.model import Config
from bot.config.nodes import MOST_BYTES
from bot.config.problems import Problem, Severity
from bot.config.references import unfilled
from bot.config.template_check import template_problems
from bot.core.rule_files import Files, Refusal
from bot.rendering.limits import MAX_SOURCE_BYTES
from bot.rendering.sources import KeptFolder

#: Between two looks that must agree: whoever writes for longer without a pause is waited for.
SETTLE = timedelta(milliseconds=250)

_KINDS = ("slack", "email", "_shared")
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")
_MOST_LOOKS = 4
_MOST_TEMPLATES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """The file at `path`. `environment` is that of the start: what a variable holds changes with a restart only."""

    path: Path
    environment: Mapping[str, str]
    need_secrets: bool = True
    settle: timedelta = SETTLE

    def folders(self) -> list[Path]:
        """The folders in which something may change; those that exist."""
        templates = self.path.parent / "templates"
        return [folder for folder in (self.path.parent, *(templates / kind for kind in _KINDS)) if folder.is_dir()]

    async def can_be_read(self) -> bool:
        """Whether there is such a file at this moment, and something comes of reading it."""
        return await asyncio.to_thread(self._can_be_read)

    def _can_be_read(self) -> bool:
        try:
            if not self.path.is_file():
                return False
            with self.path.open("rb") as file:
                file.read(1)
        except OSError:
            return False
        return True

    def look(self) -> Files | None:
        """What stands there now; None where there is no such file, or it cannot be read at this moment. Blocks."""
        try:
            if not self.path.is_file():  # whatever else it is, opening it could wait for ever
                return None
            with self.path.open("rb") as file:
                content = file.read(MOST_BYTES + 4)
            return Files.of(content, templates_in(self.path.parent))
        except OSError:
            return None

    async def other_than(self, version: str) -> Files | None:
        """What stands there, once two looks agree on it. None: it is `version`, is not there, or is being written."""
        before = await asyncio.to_thread(self.look)
        for _ in range(_MOST_LOOKS):
            if before is None or before.version == version:
                return None
            await asyncio.sleep(self.settle.total_seconds())
            after = await asyncio.to_thread(self.look)
            if after == before:
                return after
            before = after
        return None

    async def read(self, files: Files) -> Config | Refusal:
        """`files` as a Config of that version, or why they cannot go live. On a thread: a large file takes seconds."""
        return await asyncio.to_thread(self._read_aside, files)

    def _read_aside(self, files: Files) -> Config | Refusal:
        """Until all that was made on the way is gone again: the collector holds every thread while it walks it."""
        with uncollected():
            found = self.read_now(files)
            if isinstance(found, Config):
                gc.freeze()  # what a good file became stays for long, so the collector need not walk it later either
            return found

    def read_now(self, files: Files, *, with_templates: bool = True) -> Config | Refusal:
        """The same at once. Reading, the file's own checks, and the templates that its rules use must all pass."""
        found = read_content(files.content, self.path, self.environment, need_secrets=self.need_secrets)
        problems: Sequence[Problem] = found.problems
        if found.config is not None:
            problems = self._of_templates(found.config, files) if with_templates else ()
            if not problems:
                return replace(found.config, version=files.version)
        text = files.content.decode("utf-8", "replace")
        return Refusal(problems=tuple(self._unfilled(map(self._line, _errors(problems)), text)))

    async def changes(self, old: Config, new: Config) -> list[str]:
        """What is other in `new`, in sentences for people, the rules first. On a thread: thousands of rules take long.

        What a variable holds is told as the reference to it: the words are kept, and many people read them.
        """
        return await asyncio.to_thread(lambda: self._unfilled(changes(old, new), f"{old.text}\n{new.text}"))

    def _of_templates(self, config: Config, files: Files) -> list[Problem]:
        """What keeps a template that is there from working; for one that is missing the built-in alert goes out."""
        return template_problems(config, KeptFolder(self.path.parent / "templates", files.templates))

    def _unfilled(self, lines: Iterable[str], text: str) -> list[str]:
        return unfilled(lines, text, self.environment, read_files=self.need_secrets)

    def _line(self, problem: Problem) -> str:
        """The problem with the place as somebody knows it who edits in this folder."""
        folder = self.path.parent
        return str(problem).removeprefix(f"{folder}/").removeprefix(f"{folder.absolute()}/")


def templates_in(folder: Path) -> dict[str, bytes]:
    """The templates beside the rule file in `folder`, by kind and name; each read as far as it may be long."""
    return dict(_templates(folder / "templates"))


def _templates(root: Path) -> Iterator[tuple[str, bytes]]:
    names = [f"{kind}/{file.name}" for kind in _KINDS for file in _files(root / kind)]
    for name in sorted(names)[:_MOST_TEMPLATES]:
        with (root / name).open("rb") as file:
            yield name, file.read(MAX_SOURCE_BYTES + 1)


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (file for file in folder.iterdir() if _NAME.fullmatch(file.name) and file.is_file())


def _errors(problems: Sequence[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.severity is Severity.ERROR]
