"""Rest.li 2.0's URL syntax, read as strictly as LinkedIn does: what is encoded wrongly is refused, never guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

Value = str | list["Value"] | dict[str, "Value"]

_TOKEN = re.compile(r"(?:[A-Za-z0-9\-._~]|%[0-9A-Fa-f]{2})+|''")
_FIELDS = re.compile(r"\s*([A-Za-z0-9_]+)")

Projection = Mapping[str, "Projection | None"]


class MisspeltError(ValueError):
    """The raw query is not Rest.li 2.0."""


def read_query(raw_query: str) -> dict[str, Value]:
    """The parameters of a raw query string, without `fields` (see `read_fields`). Raises MisspeltError."""
    parameters: dict[str, Value] = {}
    for pair in filter(None, raw_query.split("&")):
        name, equals, raw = pair.partition("=")
        if not equals or name in parameters:
            raise MisspeltError(f"Invalid query parameters: {name}")
        if name != "fields":
            parameters[name] = read_value(raw)
    return parameters


def read_value(raw: str) -> Value:
    """One value: a percent-encoded text, `(key:value,…)` or `List(value,…)`. Raises MisspeltError."""
    value, rest = _value(raw)
    if rest:
        raise MisspeltError(f"Unexpected character at '{rest[:20]}'")
    return value


def read_fields(raw_query: str) -> Projection | None:
    """The projection in `fields=a,b:(c,d)`; None = everything plain. Raises MisspeltError."""
    for pair in raw_query.split("&"):
        name, _, raw = pair.partition("=")
        if name == "fields":
            projection, rest = _fields(raw)
            if rest:
                raise MisspeltError(f"Invalid projection at '{rest[:20]}'")
            return projection
    return None


def project(entity: Mapping[str, object], projection: Projection) -> dict[str, object]:
    """Only what the projection lists."""
    chosen: dict[str, object] = {}
    for name, inner in projection.items():
        if name in entity:
            value = entity[name]
            chosen[name] = project(value, inner) if inner is not None and isinstance(value, dict) else value
    return chosen


def _value(raw: str) -> tuple[Value, str]:
    if raw.startswith("List("):
        return _list(raw.removeprefix("List("))
    if raw.startswith("("):
        return _record(raw[1:])
    return _token(raw)


def _token(raw: str) -> tuple[str, str]:
    match = _TOKEN.match(raw)
    if match is None:
        raise MisspeltError(f"Expected a value at '{raw[:20]}'")
    text = match.group()
    return ("" if text == "''" else unquote(text, errors="strict")), raw[match.end() :]


def _list(raw: str) -> tuple[Value, str]:
    items: list[Value] = []
    while not raw.startswith(")"):
        item, raw = _value(raw)
        items.append(item)
        raw = _next(raw)
    return items, raw[1:]


def _record(raw: str) -> tuple[Value, str]:
    record: dict[str, Value] = {}
    while not raw.startswith(")"):
        key, raw = _token(raw)
        if not raw.startswith(":"):
            raise MisspeltError(f"Expected ':' after '{key}'")
        record[key], raw = _value(raw[1:])
        raw = _next(raw)
    return record, raw[1:]


def _next(raw: str) -> str:
    """Past a comma that something follows, or at the closing parenthesis."""
    if raw.startswith(",") and not raw.startswith(",)"):
        return raw[1:]
    if raw.startswith(")"):
        return raw
    raise MisspeltError(f"Expected ',' or ')' at '{raw[:20]}'")


def _fields(raw: str) -> tuple[Projection, str]:
    chosen: dict[str, Projection | None] = {}
    while match := _FIELDS.match(raw):
        raw = raw[match.end() :]
        inner: Projection | None = None
        if raw.startswith(":("):
            inner, raw = _fields(raw[2:])
            if not raw.startswith(")"):
                raise MisspeltError(f"Expected ')' at '{raw[:20]}'")
            raw = raw[1:]
        chosen[match.group(1)] = inner
        if not raw.startswith(","):
            break
        raw = raw[1:]
    if not chosen:
        raise MisspeltError("Empty projection")
    return chosen, raw
