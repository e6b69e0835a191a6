"""Lists that come in pages, read to their end although they change meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass

from bot.core.errors import PermanentError, TemporaryError
from bot.sources.linkedin.wire import as_id, as_list, as_object, as_text

MOST = 100  #: elements asked for in one page; the largest that LinkedIn takes is not documented
DEFAULT = 10  #: elements in a page when none were asked for
_MAX_PAGES = 1000
_MAX_FRUITLESS = 5  # a list that is empty or strange beyond some place makes the reader step back for nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a list."""

    elements: list[object]
    size: int  #: how many elements a full page has: what LinkedIn says it used, else what was asked for
    start: int | None  #: where LinkedIn says it begins; None = not told
    next_token: str = ""  #: what asks for the next one; "" = this is the last, or the list has no tokens


def read_page(content: Mapping[str, object], *, asked: int = MOST) -> Page:
    """The page in an answer. Raises TemporaryError when it has no elements, which is no sign of the end."""
    if not isinstance(content.get("elements"), list):
        raise TemporaryError("LinkedIn's page has no elements", code="unusable")
    paging = as_object(content.get("paging"))
    count, start = _number(paging.get("count")), _number(paging.get("start"))
    return Page(
        elements=as_list(content["elements"]),
        size=count if count is not None and 0 < count <= asked else asked,
        start=start,
        next_token=as_text(as_object(content.get("metadata")).get("nextPageToken")).strip(),
    )


async def by_offset(
    ask: Callable[[int], Awaitable[Page]], *, key: Callable[[object], Hashable]
) -> AsyncIterator[object]:
    """Every element of a list that is asked for by offset (`ask(start)`), each key once. Raises what `ask` raises.

    New elements push the list to the right, so that a page repeats some: those are left out. Deleted ones pull it to
    the left, so that the next page would begin too late: therefore each page must show an element that was seen
    before, and where it does not, the reader steps back until one does. Ends for every list, however it behaves.
    """
    reader = _Reader(key)
    for _ in range(_MAX_PAGES):
        page = await ask(reader.start)
        for element in reader.take(page):
            yield element
        if reader.is_done:
            return
    raise PermanentError(f"LinkedIn lists more than {_MAX_PAGES} pages", code="endless")


async def by_token(ask: Callable[[str], Awaitable[Page]]) -> AsyncIterator[Page]:
    """Every page of a list that is asked for by the token of the page before (`ask("")` first).

    Raises what `ask` raises, and TemporaryError when the tokens go round in a circle.
    """
    token, used = "", set[str]()
    for _ in range(_MAX_PAGES):
        page = await ask(token)
        yield page
        token = page.next_token
        if not token:
            return
        if token in used:
            raise TemporaryError("LinkedIn's pages go round in a circle", code="circle")
        used.add(token)
    raise PermanentError(f"LinkedIn lists more than {_MAX_PAGES} pages", code="endless")


class _Reader:
    """Where the reading of one list by offset stands."""

    def __init__(self, key: Callable[[object], Hashable]) -> None:
        self.start = 0  #: where the next page shall begin
        self.is_done = False
        self._key = key
        self._seen: set[Hashable] = set()
        self._before: list[Hashable] = []
        self._repeats = 0
        self._is_going_back = False
        self._fruitless = 0  #: how often the reader had to step back since something new turned up

    def take(self, page: Page) -> list[object]:
        """The elements of `page` that are new; afterwards `start` and `is_done` say how it goes on."""
        keys = [self._key(element) for element in page.elements]
        if self._has_gap(page, keys) and (self._is_going_back or self._fruitless < _MAX_FRUITLESS):
            self._fruitless += not self._is_going_back
            self._is_going_back, self._before = True, []
            self.start = max(0, self.start - page.size)
            return []
        self._is_going_back = False
        new = self._unseen(page.elements, keys)
        self._fruitless = 0 if new else self._fruitless
        self._go_on(page, keys)
        return new

    def _has_gap(self, page: Page, keys: list[Hashable]) -> bool:
        """Whether something may stand between this page and what was read before. Pages of one cannot tell."""
        return self.start > 0 and page.size > 1 and self._seen.isdisjoint(keys)

    def _unseen(self, elements: list[object], keys: list[Hashable]) -> list[object]:
        new = []
        for element, key in zip(elements, keys, strict=True):
            if key not in self._seen:
                self._seen.add(key)
                new.append(element)
        return new

    def _go_on(self, page: Page, keys: list[Hashable]) -> None:
        """Past this page, but for its last element; or to the end, which is a page that is not full."""
        # As many new elements as a page holds show the same page again; so does a list that ignores where to begin.
        self._repeats = self._repeats + 1 if keys == self._before else 0
        is_stuck = bool(self._repeats) and (page.start != self.start or self._repeats > 1)
        self.is_done = len(keys) < page.size or is_stuck
        self._before = keys
        self.start += max(1, len(keys) - 1)


def _number(value: object) -> int | None:
    digits = as_id(value)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None
