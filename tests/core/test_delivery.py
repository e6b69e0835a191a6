"""The allowed moves between a delivery's states (contract §9)."""

from __future__ import annotations

import pytest

from bot.core.delivery import MOVES, DeliveryState


def test_every_state_says_where_it_may_go() -> None:
    assert set(MOVES) == set(DeliveryState)


@pytest.mark.parametrize("state", [DeliveryState.SENT, DeliveryState.CANCELLED])
def test_nothing_leaves_an_end(state: DeliveryState) -> None:
    assert MOVES[state] == frozenset()


def test_only_a_person_or_an_erasure_moves_the_dead() -> None:
    assert MOVES[DeliveryState.DEAD] == {DeliveryState.PENDING, DeliveryState.UNKNOWN, DeliveryState.CANCELLED}


def test_only_what_is_pending_is_sent_so_an_unknown_end_is_never_repeated_directly() -> None:
    assert [state for state, moves in MOVES.items() if DeliveryState.SENDING in moves] == [DeliveryState.PENDING]


def test_every_unsettled_state_can_end() -> None:
    for state in (DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.UNKNOWN):
        assert {DeliveryState.DEAD, DeliveryState.CANCELLED} <= MOVES[state]
