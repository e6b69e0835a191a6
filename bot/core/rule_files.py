"""The rule file and its templates as written: one version, whose name is made of the content; and what came of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

#: Hex digits of a version's name.
_DIGITS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The rule file's bytes and those of the templates beside it ("slack/lead.j2"), which go live together."""

    version: str
    content: bytes
    templates: Mapping[str, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, content: bytes, templates: Mapping[str, bytes]) -> Files:
        """Named by what they hold; a file without templates of its own is named by its bytes alone."""
        digest = hashlib.sha256(content)
        for name, template in sorted(templates.items()):
            digest.update(b"\0%b\0%d\0%b" % (name.encode(), len(template), template))
        return cls(version=digest.hexdigest()[:_DIGITS], content=content, templates=dict(templates))


class How(StrEnum):
    """By what a version came to be live."""

    START = "start"  #: the server began with it
    FILE = "file"  #: somebody saved the file
    UNDO = "undo"  #: somebody took a change back


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveEntry:
    """That a version went live: a line of the log."""

    version: str
    how: How
    at: datetime
    who: str = ""  #: a name under `people:`, where it is known
    change: str = ""  #: what changed, in one line


class Unused(StrEnum):
    """Why what stands in the file is not live."""

    REFUSED = "refused"  #: it has errors, and somebody was told
    SET_ASIDE = "set aside"  #: somebody took it back


@dataclass(frozen=True, slots=True, kw_only=True)
class UnusedFile:
    """The content that is not to go live while the file holds it."""

    version: str
    why: Unused


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is remembered of the rule file."""

    live: LiveEntry | None = None  #: None = no server has run yet
    unused: UnusedFile | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a content cannot go live: each problem one line with its place, errors only; never empty."""

    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TakingBack:
    """What a press of Undo meets: the change that it is about, and what is live by now."""

    live: LiveEntry | None
    replaced: str = ""  #: the version that was live before the change; "" = none, or the change is not known
    undone: LiveEntry | None = None  #: how it was taken back, if it was
    is_repeat: bool = False  #: this very press took it back before


def template_changes(old: Files, new: Files) -> list[str]:
    """Which templates beside the file are other in `new`, in sentences."""
    names = sorted({*old.templates, *new.templates})
    verbs = {name: _verb(old.templates.get(name), new.templates.get(name)) for name in names}
    return [f"templates/{name} {verb}." for name, verb in verbs.items() if verb]


def _verb(old: bytes | None, new: bytes | None) -> str:
    if old == new:
        return ""
    if old is None:
        return "is new"
    return "is gone" if new is None else "says something else"
