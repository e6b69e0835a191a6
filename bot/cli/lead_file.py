"""LEAD.json for `route` and `render`: flat facts as in `checks:`, or an answer of LinkedIn's."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from bot.core.errors import BotError
from bot.core.lead import Lead

_MOST_BYTES = 1024 * 1024


class UnreadableLeadError(BotError):
    """The file is missing, or neither flat facts nor an answer of LinkedIn's. The message names the place."""


def read_lead_file(path: Path, read_response: Callable[[bytes], Lead]) -> Lead | Mapping[str, tuple[str, ...]]:
    """A lead when the file is an answer of LinkedIn's, which `read_response` reads; else its flat facts.

    Raises UnreadableLeadError.
    """
    content = _read(path)
    document = _parse(path, content)
    if "formResponse" not in document:
        return {name: _values(path, name, value) for name, value in document.items()}
    try:
        return read_response(content)
    except BotError as error:
        raise UnreadableLeadError(f"{path}: {error}") from error


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise UnreadableLeadError(f"{path}: the file cannot be opened ({error.strerror})") from error
    if len(content) > _MOST_BYTES:
        raise UnreadableLeadError(f"{path}: the file is larger than 1 MiB")
    return content


def _parse(path: Path, content: bytes) -> Mapping[str, object]:
    try:
        document: object = json.loads(content)
    except (ValueError, RecursionError) as error:
        where = f":{error.lineno}:{error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise UnreadableLeadError(f"{path}{where}: this is not JSON") from error
    if not isinstance(document, dict):
        raise UnreadableLeadError(f'{path}: a lead is an object of facts, such as {{"form": "demo-request"}}')
    return document


def _values(path: Path, name: str, value: object) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(text for item in value for text in _values(path, name, item))
    if isinstance(value, bool):
        return ("yes" if value else "no",)
    if value is None:
        return ()
    if isinstance(value, str | int | float):
        return (str(value),)
    raise UnreadableLeadError(f"{path}: {name} must be a text, a number, yes/no or a list of them")
