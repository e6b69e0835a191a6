"""Identifiers that we make: short, sortable by time, and never repeated when a database is made anew."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NewType

LeadId = NewType("LeadId", str)
DeliveryId = NewType("DeliveryId", str)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no letter that reads like a digit
_TIME_CHARACTERS = 9  # 45 bits of milliseconds: until the year 3084
_RANDOM_CHARACTERS = 6  # 30 bits


def new_lead_id(now: datetime, random_bits: Callable[[int], int]) -> LeadId:
    """A new lead's id, such as `l1jrd5kz9hq2m8x`. `random_bits(n)` returns n random bits."""
    return LeadId("l" + _sortable(now, random_bits))


def new_delivery_id(now: datetime, random_bits: Callable[[int], int]) -> DeliveryId:
    """A new delivery's id, such as `d1jrd5kz9hq2m8x`."""
    return DeliveryId("d" + _sortable(now, random_bits))


def new_erasure_id(now: datetime, random_bits: Callable[[int], int]) -> str:
    """A new receipt of an erasure's id, such as `e1jrd5kz9hq2m8x`."""
    return "e" + _sortable(now, random_bits)


def first_id_since(kind: str, instant: datetime) -> str:
    """Sorts before every id made at `instant` or later, after every earlier one. `kind`: the first letter, l or d."""
    return kind + _base32(_milliseconds(instant), _TIME_CHARACTERS)


def _sortable(now: datetime, random_bits: Callable[[int], int]) -> str:
    chance = random_bits(5 * _RANDOM_CHARACTERS)
    return _base32(_milliseconds(now), _TIME_CHARACTERS) + _base32(chance, _RANDOM_CHARACTERS)


def _milliseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(milliseconds=1)  # exact, which a float is not


def _base32(number: int, length: int) -> str:
    characters = [_ALPHABET[(number >> (5 * place)) & 31] for place in range(length)]
    return "".join(reversed(characters))
