"""Numbers and bands as forms and people write them: "201-500", "10,001+", "1.000–5.000 Mitarbeiter"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

_LONGEST = 80  # a number is short; what a stranger typed may not be

_THOUSANDS = r"\d{1,3}(?:[.,'’ \u00a0\u2009\u202f]\d{3})+(?![\d])"
_NUMBER = rf"(?:{_THOUSANDS}|\d+)(?:[.,]\d{{1,2}}(?!\d))?"
_MAGNITUDES = {
    **dict.fromkeys(("k", "tsd", "thousand"), Decimal(1000)),
    **dict.fromkeys(("m", "mn", "mio", "million", "millions", "millionen"), Decimal(10) ** 6),
    **dict.fromkeys(("b", "bn", "mrd", "billion", "billions"), Decimal(10) ** 9),
}
_MAGNITUDE = rf"(?:\s*({'|'.join(sorted(_MAGNITUDES, key=len, reverse=True))})\b\.?)?"
_BELOW = r"<|≤|less than|fewer than|under|up to|bis zu|bis|unter|weniger als|moins de|menos de"
_ABOVE = r">|≥|more than|over|from|mehr als|über|ab|plus de|más de"
_BAND = re.compile(
    rf"(?:({_BELOW})|{_ABOVE})?\s*[€$£]?\s*(-?{_NUMBER}){_MAGNITUDE}"
    rf"(?:(?:\s*[-–—]\s*|\s+(?:to|bis|and|und|à|a)\s+)[€$£]?\s*({_NUMBER}){_MAGNITUDE})?"
    r"\s*\+?\s*[^\d]*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What a text counts as when it is compared as a number. `is_band`: it was not simply that number."""

    value: Decimal
    is_band: bool


def count(text: str) -> Counted | None:
    """The number, or the lower bound of the band, that the text says; None when it says none. "less than 50" is 0."""
    trimmed = text.strip()
    if len(trimmed) > _LONGEST or (match := _BAND.fullmatch(trimmed)) is None:
        return None
    below, low, low_magnitude, high, high_magnitude = match.groups()
    if below and not high:
        return Counted(value=Decimal(0), is_band=True)
    value = _number(low)
    if low_magnitude:
        value *= _MAGNITUDES[low_magnitude.lower()]
    elif high_magnitude and value < _number(high):  # "1-5k" is from one thousand, "500-1k" from five hundred
        value *= _MAGNITUDES[high_magnitude.lower()]
    return Counted(value=value, is_band=trimmed != str(value))


def exact(text: str) -> Decimal | None:
    """The number that a rule names ("200", "1,000", "5k"); None for anything else, a band included."""
    counted = count(text)
    is_plain = re.fullmatch(rf"-?{_NUMBER}{_MAGNITUDE}", text.strip(), re.IGNORECASE) is not None
    return counted.value if counted is not None and is_plain else None


def written(value: Decimal) -> str:
    """The number without an exponent and without trailing zeros."""
    return f"{value.normalize():f}"


def _number(text: str) -> Decimal:
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    decimals = re.search(r"[.,](\d{1,2})$", digits)
    whole = digits[: decimals.start()] if decimals else digits
    return Decimal(sign + re.sub(r"\D", "", whole) + (f".{decimals.group(1)}" if decimals else ""))
