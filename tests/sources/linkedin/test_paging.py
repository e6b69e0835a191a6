"""Lists that change while they are read."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import PermanentError, TemporaryError
from bot.sources.linkedin.paging import Page, by_offset, by_token, read_page


class Changing:
    """A list of numbers on the other side, newest (highest) first, to which things happen between two requests."""

    def __init__(self, length: int, size: int) -> None:
        self.elements = list(range(length, 0, -1))
        self.size = size
        self.starts: list[int] = []
        self.before: dict[int, Callable[[], None]] = {}  #: by the number of the request

    def add(self, number: int) -> None:
        top = max(self.elements, default=0)
        self.elements[:0] = range(max(top, 1000) + number, max(top, 1000), -1)

    def drop(self, first: int, number: int) -> None:
        del self.elements[first : first + number]

    async def ask(self, start: int) -> Page:
        self.before.get(len(self.starts), lambda: None)()
        self.starts.append(start)
        return Page(elements=list(self.elements[start : start + self.size]), size=self.size, start=start)

    async def read(self) -> list[object]:
        return [element async for element in by_offset(self.ask, key=str)]


async def test_a_quiet_list_is_read_once_with_one_element_of_overlap() -> None:
    changing = Changing(70, 30)

    assert await changing.read() == list(range(70, 0, -1))
    assert changing.starts == [0, 29, 58]


@pytest.mark.parametrize("length", [0, 1, 29, 30, 31, 59, 60, 88])
async def test_the_end_is_found_at_any_length(length: int) -> None:
    changing = Changing(length, 30)

    assert await changing.read() == list(range(length, 0, -1))
    assert len(changing.starts) <= length // 29 + 1


@pytest.mark.parametrize("number", [1, 9, 10, 11, 35])
async def test_leads_that_arrive_between_two_pages_double_nothing(number: int) -> None:
    changing = Changing(50, 10)
    changing.before = {1: lambda: changing.add(number)}

    found = await changing.read()

    assert set(range(1, 51)) <= set(found)
    assert len(found) == len(set(found))


@pytest.mark.parametrize("number", [1, 2, 9, 10, 11, 28])
async def test_leads_that_are_deleted_between_two_pages_hide_no_other(number: int) -> None:
    changing = Changing(60, 10)
    changing.before = {3: lambda: changing.drop(0, number)}

    found = await changing.read()

    assert found == list(range(60, 0, -1))


async def test_a_list_that_shrinks_below_the_next_page_is_still_read_to_its_end() -> None:
    changing = Changing(15, 10)
    changing.before = {1: lambda: changing.drop(0, 9)}

    assert await changing.read() == list(range(15, 0, -1))


async def test_the_very_element_that_joins_two_pages_may_be_deleted() -> None:
    changing = Changing(40, 10)
    changing.before = {1: lambda: changing.drop(9, 1)}

    assert set(await changing.read()) == set(range(1, 41))


changes = st.lists(st.tuples(st.integers(1, 12), st.booleans(), st.integers(0, 60), st.integers(1, 40)), max_size=5)


@given(st.integers(0, 90), st.integers(2, 15), changes)
async def test_whatever_changes_nothing_that_stays_is_missed_and_nothing_comes_twice(
    length: int, size: int, disturbances: list[tuple[int, bool, int, int]]
) -> None:
    changing = Changing(length, size)
    original = set(changing.elements)
    for request, is_arrival, place, number in disturbances:
        changing.before[request] = (
            partial(changing.add, number) if is_arrival else partial(changing.drop, place, number)
        )

    found = await changing.read()

    assert original & set(changing.elements) <= set(found)
    assert len(found) == len(set(found))
    assert len(changing.starts) < 400


async def test_pages_of_one_are_read_without_overlap() -> None:
    changing = Changing(4, 1)

    assert await changing.read() == [4, 3, 2, 1]
    assert changing.starts == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("start", [None, 0])
async def test_a_list_that_shows_one_page_for_ever_is_left(start: int | None) -> None:
    asked = []

    async def ask(place: int) -> Page:
        asked.append(place)
        return Page(elements=[1, 2], size=2, start=start)

    assert [element async for element in by_offset(ask, key=str)] == [1, 2]
    assert len(asked) == 2


async def test_a_list_that_goes_dark_after_its_first_page_is_left_soon() -> None:
    asked = []

    async def ask(place: int) -> Page:
        asked.append(place)
        return Page(elements=[] if place else [1, 2, 3], size=3, start=place)

    assert [element async for element in by_offset(ask, key=str)] == [1, 2, 3]
    assert len(asked) <= 12


async def test_a_list_without_end_is_given_up() -> None:
    async def ask(place: int) -> Page:
        return Page(elements=list(range(place, place + 3)), size=3, start=place)

    with pytest.raises(PermanentError, match="1000 pages"):
        [element async for element in by_offset(ask, key=str)]


# ── by token ──


async def test_pages_are_joined_by_their_tokens() -> None:
    pages = {"": ("a", "t1"), "t1": ("b", "t2"), "t2": ("c", "")}

    async def ask(token: str) -> Page:
        element, following = pages[token]
        return Page(elements=[element], size=1, start=None, next_token=following)

    assert [page.elements[0] async for page in by_token(ask)] == ["a", "b", "c"]


async def test_tokens_that_go_in_a_circle_are_noticed() -> None:
    async def ask(token: str) -> Page:
        return Page(elements=[token], size=1, start=None, next_token="t1" if token != "t1" else "t2")

    with pytest.raises(TemporaryError, match="circle"):
        [page async for page in by_token(ask)]


# ── reading a page ──


@pytest.mark.parametrize(
    ("paging", "size", "start"),
    [
        ({"start": 20, "count": 30}, 30, 20),
        ({"start": "0", "count": "30"}, 30, 0),
        ({"count": 0}, 100, None),
        ({"count": 5000}, 100, None),
        ({"count": -1, "start": -1}, 100, None),
        ({"count": "many", "start": None}, 100, None),
        (None, 100, None),
    ],
)
def test_the_size_that_linkedin_used_counts(paging: object, size: int, start: int | None) -> None:
    page = read_page({"paging": paging, "elements": [1]})

    assert (page.size, page.start, page.elements, page.next_token) == (size, start, [1], "")


def test_the_next_token_is_in_the_metadata() -> None:
    assert read_page({"metadata": {"nextPageToken": "DgG="}, "elements": []}).next_token == "DgG="


@pytest.mark.parametrize("content", [{}, {"elements": None}, {"elements": {}}])
def test_a_page_without_elements_is_no_end(content: dict[str, object]) -> None:
    with pytest.raises(TemporaryError):
        read_page(content)
