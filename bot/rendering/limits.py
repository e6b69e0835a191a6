"""How much one rendering may cost. Jinja's sandbox stops access, not cost, so a template pays for what it does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

MAX_SOURCE_BYTES = 64 * 1024
MAX_OUTPUT = 40_000  #: characters of one block, and of any text made on the way to it
_MAX_STEPS = 20_000  #: rounds of loops and calls of macros
_MAX_LETTERS = 400_000  #: characters printed on the way, whatever becomes of them
_MAX_SECONDS = 0.4  #: of this thread's own work; a busy machine must not make a good template fail
_CHECK_EVERY = 16  #: charges between two looks at the clock


class TemplateLimit(Exception):
    """A template wanted more than it may have. The text names the limit and holds nothing of a lead."""


@dataclass(slots=True)
class Budget:
    """What is left for one rendering."""

    steps: int = _MAX_STEPS
    letters: int = _MAX_LETTERS
    deadline: float = field(default_factory=lambda: time.thread_time() + _MAX_SECONDS)
    charges: int = 0

    def spend(self, *, steps: int = 0, letters: int = 0) -> None:
        """Take some. Raises TemplateLimit when there is not enough, or when it took too long."""
        self.steps -= steps
        self.letters -= letters
        if self.steps < 0:
            raise TemplateLimit(f"its loops and macros took more than {_MAX_STEPS:,} steps")
        if self.letters < 0:
            raise TemplateLimit(f"it printed more than {_MAX_LETTERS:,} characters")
        self.charges += 1
        if self.charges % _CHECK_EVERY == 0 and time.thread_time() > self.deadline:
            raise TemplateLimit(f"it took longer than {_MAX_SECONDS} seconds")


_current: ContextVar[Budget | None] = ContextVar("template_budget", default=None)


@contextmanager
def limited() -> Iterator[None]:
    """Everything rendered inside shares one budget."""
    token = _current.set(Budget())
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def uncounted() -> Iterator[None]:
    """Time spent inside (compiling, once per template) is not the rendering's."""
    started = time.thread_time()
    try:
        yield
    finally:
        budget = _current.get()
        if budget is not None:
            budget.deadline += time.thread_time() - started


def spend(*, steps: int = 0, letters: int = 0) -> None:
    """Charge the rendering that is under way. Raises TemplateLimit."""
    budget = _current.get()
    if budget is None:
        raise TemplateLimit("it was used outside of a rendering")
    budget.spend(steps=steps, letters=letters)


def bounded(text: str) -> str:
    """`text`, when it is short enough to go on with. Raises TemplateLimit."""
    if len(text) > MAX_OUTPUT:
        raise TemplateLimit(f"it made a text of more than {MAX_OUTPUT:,} characters")
    return text
