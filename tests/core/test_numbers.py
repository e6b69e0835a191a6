"""Numbers and bands as forms and people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.numbers import count, exact, written


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("201-500", "201"),
        ("10,001+", "10001"),
        ("1 000", "1000"),
        ("1'000'000", "1000000"),
        ("1-5k", "1000"),
        ("500-1k", "500"),
        ("5 Mio", "5000000"),
        ("2.5", "2.5"),
        ("Mehr als 10.000", "10000"),
        ("501 to 1000 employees", "501"),
        ("< 10", "0"),
        ("€ 5.000", "5000"),
    ],
)
def test_bands_count_by_their_lower_bound(text: str, value: str) -> None:
    counted = count(text)

    assert counted is not None
    assert written(counted.value) == value


@pytest.mark.parametrize("text", ["", "many", "12a4", "1,2,3", "call 030 1234 now", "9" * 200])
def test_other_texts_are_no_number(text: str) -> None:
    assert count(text) is None


@given(st.integers(min_value=0, max_value=10**12))
def test_every_whole_number_counts_as_itself(number: int) -> None:
    for text in (str(number), f"{number:,}", f"{number:,}".replace(",", "."), f"{number:,}+"):
        counted = count(text)
        assert counted is not None
        assert counted.value == number
    assert exact(str(number)) == number
