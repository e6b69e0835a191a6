"""How lists are answered: pages by offset or by cursor, batches, projections."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import TypeVar

from bot.sandbox.linkedin.calls import Answer, Call
from bot.sandbox.linkedin.holdings import Holdings
from bot.sandbox.linkedin.records import Json
from bot.sandbox.linkedin.refusals import RefusedError, invalid
from bot.sandbox.linkedin.restli import Projection, project

T = TypeVar("T")


def page(holdings: Holdings, call: Call, found: Sequence[T], shown: Callable[[T], Json]) -> Answer:
    """A page by `start` and `count`. Raises RefusedError(400)."""
    start = call.number("start", 0)
    count = min(call.number("count", 10), holdings.largest_page)
    paging: Json = {"start": start, "count": count, "links": []}
    if holdings.tells_totals:
        paging["total"] = len(found)
    return Answer(content={"paging": paging, "elements": [shown(one) for one in found[start : start + count]]})


def cursor_page(holdings: Holdings, call: Call, found: Sequence[T], shown: Callable[[T], Json]) -> Answer:
    """A page by `pageSize` and `pageToken`; `metadata` has the next token until the end. Raises RefusedError(400)."""
    size = min(call.number("pageSize", 100), holdings.largest_page)
    if not size:
        raise invalid("pageSize")
    start = _place(call.word("pageToken"))
    metadata: Json = {}
    if start + size < len(found):
        metadata["nextPageToken"] = base64.urlsafe_b64encode(f"after {start + size}".encode()).decode().rstrip("=")
    return Answer(content={"metadata": metadata, "elements": [shown(one) for one in found[start : start + size]]})


def batch(keys: Sequence[str], shown: Callable[[str], Json]) -> Answer:
    """A batch get: what `shown` refuses stands under `errors`, and the whole is a 200 all the same."""
    results: Json = {}
    statuses: Json = {}
    errors: Json = {}
    for key in keys:
        try:
            results[key], statuses[key] = shown(key), 200
        except RefusedError as refused:
            errors[key], statuses[key] = refused.body, refused.status
    return Answer(content={"results": results, "statuses": statuses, "errors": errors})


def projected(entity: Json, fields: Projection | None, *, decorations: frozenset[str] = frozenset()) -> Json:
    """What `fields` lists; without it all but the decorations, which only a projection brings."""
    if fields is not None:
        return project(entity, fields)
    return {name: value for name, value in entity.items() if name not in decorations}


def _place(token: str) -> int:
    """Where the page behind a token starts. Raises RefusedError(400) for a token that we never gave."""
    if not token:
        return 0
    try:
        word, _, place = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode().partition(" ")
    except (binascii.Error, UnicodeDecodeError):
        word = place = ""
    if word != "after" or not place.isdigit():
        raise invalid("pageToken")
    return int(place)
