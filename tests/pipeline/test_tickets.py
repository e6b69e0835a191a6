"""Words of one use: nobody guesses them, they end, and a flood of them ends too."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.pipeline.tickets import Tickets
from tests.clock import Clock


@pytest.fixture
def tickets(clock: Clock) -> Tickets[str]:
    return Tickets[str](keep_for=timedelta(minutes=15), now=clock)


def test_a_ticket_is_good_once(tickets: Tickets[str]) -> None:
    ticket = tickets.make("what it is for")

    assert tickets.take(ticket) == "what it is for"
    assert tickets.take(ticket) is None


def test_each_is_good_by_itself(tickets: Tickets[str]) -> None:
    first, second = tickets.make("what it is for"), tickets.make("what it is for")

    assert tickets.take(first)
    assert tickets.take(second)


@pytest.mark.parametrize("given", ["", "x", "ü", "\udc80", "a" * 100_000])
def test_anything_else_is_not(tickets: Tickets[str], given: str) -> None:
    ticket = tickets.make("what it is for")

    assert not tickets.take(given)
    assert not tickets.take(ticket[:-1])
    assert tickets.take(ticket), "a wrong guess uses nothing up"


def test_it_ends(tickets: Tickets[str], clock: Clock) -> None:
    late, timely = tickets.make("what it is for"), tickets.make("what it is for")
    clock.advance(minutes=14, seconds=59)
    assert tickets.take(timely)

    clock.advance(seconds=1)

    assert not tickets.take(late)


def test_of_very_many_the_oldest_goes_first(tickets: Tickets[str]) -> None:
    made = [tickets.make("what it is for") for _ in range(51)]

    assert not tickets.take(made[0])
    assert all(tickets.take(each) for each in made[1:])


def test_it_is_long_and_needs_no_encoding(tickets: Tickets[str]) -> None:
    made = {tickets.make("what it is for") for _ in range(50)}

    assert len(made) == 50
    for each in made:
        assert len(each) >= 43
        assert each.replace("-", "").replace("_", "").isalnum()
