"""Where template files are, and which of them one kind may see: its own folder and `_shared`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, Self

from jinja2 import BaseLoader, Environment, TemplateNotFound

from bot.rendering.limits import MAX_SOURCE_BYTES, TemplateLimit

SHARED = "_shared"
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")


class Folder(Protocol):
    """What is asked of a place where templates are: as much as a Path can, in words that both read."""

    def __truediv__(self, name: str, /) -> Self: ...

    def is_file(self) -> bool: ...

    def read_bytes(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class KeptFolder:
    """A folder of templates as it was once ("slack/lead.j2" -> its bytes), shown as the one on the disk at `path`."""

    path: Path
    files: Mapping[str, bytes]
    name: str = ""

    def __truediv__(self, name: str, /) -> Self:
        return replace(self, name=f"{self.name}/{name}".lstrip("/"))

    def is_file(self) -> bool:
        """Whether there was such a file."""
        return self.name in self.files

    def read_bytes(self) -> bytes:
        """Raises KeyError when there was none."""
        return self.files[self.name]

    def __str__(self) -> str:
        return str(self.path / self.name)


class FolderLoader(BaseLoader):
    """Reads `<folder>/<kind>/<name>` and `<folder>/_shared/<name>`; the first folder that has the file wins."""

    def __init__(self, folders: Sequence[Folder], kind: str) -> None:
        self._folders = tuple(folders)
        self._kinds = (kind, SHARED)

    def get_source(
        self,
        environment: Environment,  # noqa: ARG002 - Jinja's signature
        template: str,
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        """The file's text. Raises TemplateNotFound, also for names that lead elsewhere; TemplateLimit when too big."""
        path = self.find(template)
        if path is None:
            raise TemplateNotFound(template)
        source = path.read_bytes()
        if len(source) > MAX_SOURCE_BYTES:
            raise TemplateLimit(f"the file is larger than {MAX_SOURCE_BYTES // 1024} KiB")
        return source.decode("utf-8"), str(path), None

    def find(self, template: str) -> Folder | None:
        """The file behind a template's name, or None."""
        kind, _, name = template.partition("/")
        if kind not in self._kinds or not _NAME.fullmatch(name):
            return None
        candidates = (folder / kind / name for folder in self._folders)
        return next((path for path in candidates if path.is_file()), None)
