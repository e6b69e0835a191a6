"""Our own ids: sortable by time, readable, and what sorts before them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.core.ids import first_id_since, new_delivery_id, new_lead_id

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
INSTANTS = st.integers(0, 10**13).map(lambda after: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(milliseconds=after))
BITS = st.integers(0, 2**30 - 1)


def test_an_id_tells_what_it_names() -> None:
    assert new_lead_id(NOW, lambda bits: 0).startswith("l")
    assert new_delivery_id(NOW, lambda bits: 0).startswith("d")
    assert len(new_lead_id(NOW, lambda bits: 2**bits - 1)) == 16


@given(INSTANTS, INSTANTS, BITS, BITS)
def test_ids_sort_by_time(one: datetime, other: datetime, one_bits: int, other_bits: int) -> None:
    first, second = new_lead_id(one, lambda bits: one_bits), new_lead_id(other, lambda bits: other_bits)

    if one != other:
        assert (first < second) == (one < other)
    else:
        assert (first < second) == (one_bits < other_bits)


@given(INSTANTS, BITS)
def test_what_was_made_since_an_instant_sorts_behind_its_mark_and_what_was_made_before_does_not(
    made: datetime, bits: int
) -> None:
    made_id = new_delivery_id(made, lambda count: bits)

    assert made_id >= first_id_since("d", made)
    assert made_id < first_id_since("d", made + timedelta(milliseconds=1))
