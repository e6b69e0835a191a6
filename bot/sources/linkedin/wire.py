"""What LinkedIn puts on the wire, read tolerantly: headers in any case, JSON of any shape, times in two units."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import cast

import orjson

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_VALUE_READ_AS_MILLISECONDS = 100_000_000_000
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def read_json(body: bytes) -> object:
    """The JSON value in `body`. Raises ValueError for anything that is not JSON, however deep or long."""
    try:
        return cast(object, orjson.loads(body))
    except orjson.JSONDecodeError:
        pass
    # orjson refuses "\ud83d", which is what a text field with a length limit makes of the emoji at its end.
    # One such answer must not cost the lead, so the slower reader has a second look.
    try:
        return _without_lone_surrogates(json.loads(body, parse_constant=_refuse, parse_int=_int))
    except (ValueError, RecursionError) as error:
        raise ValueError("not JSON") from error


def header(headers: Mapping[str, str], name: str) -> str | None:
    """The first header called `name` in any case; None = not sent."""
    wanted = name.lower()
    return next((value for key, value in headers.items() if key.lower() == wanted), None)


def as_object(value: object) -> Mapping[str, object]:
    """`value` if it is a JSON object, else an empty one."""
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def as_list(value: object) -> list[object]:
    """`value` if it is a JSON array, else an empty one."""
    return cast("list[object]", value) if isinstance(value, list) else []


def as_text(value: object) -> str:
    """A text, or a number as text; "" for anything else. NUL, which no database likes, is left out."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def as_id(value: object) -> str:
    """An id, which LinkedIn writes as a number in one place and as text in the next. 0 is an id; "" = none."""
    return as_text(value).strip()


def as_time(value: object) -> datetime | None:
    """An instant from milliseconds or seconds since 1970 (docs show both); None = not a time that can be."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value) if len(value) < 20 else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e18:
        return None
    milliseconds = value * 1000 if value < _FIRST_VALUE_READ_AS_MILLISECONDS else value
    try:
        return _EPOCH + timedelta(milliseconds=int(milliseconds))
    except OverflowError:
        return None


def as_milliseconds(at: datetime) -> int:
    """Milliseconds since 1970, rounded down; exact, unlike `timestamp()`."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def members(value: object) -> Iterator[tuple[str, object]]:
    """The members of an object, without those that hold a failed look-up instead of data.

    LinkedIn puts the error of a look-up into an answer with status 200, under the key with "!" at its end:
    https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/decoration
    """
    return ((key, member) for key, member in as_object(value).items() if not key.endswith("!"))


def _int(digits: str) -> int | str:
    """The number, or its text when it is longer than what can be written as JSON again."""
    number = int(digits)
    return number if -(2**63) <= number < 2**63 else digits


def _refuse(word: str) -> object:
    raise ValueError(f"{word} is not JSON")


def _without_lone_surrogates(value: object) -> object:
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, list):
        return [_without_lone_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {str(_without_lone_surrogates(key)): _without_lone_surrogates(item) for key, item in value.items()}
    return value
