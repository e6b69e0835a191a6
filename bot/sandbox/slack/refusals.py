"""What the real Slack refuses in a message, checked from its published limits and nobody else's code.

https://docs.slack.dev/reference/block-kit/blocks
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from bot.sandbox.slack.workspace import Json, Refused

_BLOCK_TYPES = frozenset({"section", "header", "context", "actions", "divider", "image", "rich_text", "input"})
# not published; reports of msg_blocks_too_long start here
_ALL_TEXT = 12_000


def check_message(arguments: Json, *, text_limit: int | None) -> None:
    """Raise Refused as Slack would for this text, these blocks, this metadata. `text_limit`: chat.update has one."""
    text, blocks = arguments.get("text") or "", arguments.get("blocks") or []
    if not text and not blocks and not arguments.get("attachments"):
        raise Refused("no_text")
    if text_limit is not None and len(text) > text_limit:
        raise Refused("msg_too_long")
    if not isinstance(blocks, list):
        raise Refused("invalid_blocks_format")
    errors = list(_block_errors(blocks))
    if errors:
        raise Refused("invalid_blocks", errors=errors, response_metadata={"messages": [f"[ERROR] {e}" for e in errors]})
    if sum(_sizes(blocks)) > _ALL_TEXT:
        raise Refused("msg_blocks_too_long")
    _check_metadata(arguments.get("metadata"))


def _check_metadata(metadata: Any) -> None:
    if metadata is None:
        return
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_type"), str):
        raise Refused("invalid_metadata_format")
    if not isinstance(metadata.get("event_payload"), dict):
        raise Refused("invalid_metadata_schema")
    if len(json.dumps(metadata)) > 8000:
        raise Refused("metadata_too_large")


def _block_errors(blocks: list[Any]) -> Iterator[str]:
    if len(blocks) > 50:
        yield _at("no more than 50 items allowed", "/blocks")
    ids = [block.get("block_id") for block in blocks if isinstance(block, dict) and block.get("block_id")]
    if len(ids) != len(set(ids)):
        yield _at("block_id must be unique", "/blocks")
    for number, block in enumerate(blocks):
        place = f"/blocks/{number}"
        if not isinstance(block, dict) or block.get("type") not in _BLOCK_TYPES:
            yield _at("unsupported type", place + "/type")
        else:
            yield from _limited(block.get("block_id", "x"), 255, place + "/block_id")
            yield from _one_block(block, place)


def _one_block(block: Json, place: str) -> Iterator[str]:
    match block["type"]:
        case "section":
            if block.get("text") is None and not block.get("fields"):
                yield _at("missing required field: text", place)
            if block.get("text") is not None:
                yield from _text(block["text"], 3000, place + "/text")
            yield from _texts(block.get("fields", [None]), 10, 2000, place + "/fields")
        case "header":
            yield from _text(block.get("text"), 150, place + "/text", only_plain=True)
        case "context":
            yield from _texts(block.get("elements", []), 10, 3000, place + "/elements")
        case "actions":
            yield from _actions(block.get("elements", []), place + "/elements")


def _texts(items: Any, most: int, limit: int, place: str) -> Iterator[str]:
    if items == [None]:
        return
    if not isinstance(items, list) or not 1 <= len(items) <= most:
        yield _at(f"must have 1 to {most} items", place)
        return
    for number, item in enumerate(items):
        yield from _text(item, limit, f"{place}/{number}")


def _actions(elements: Any, place: str) -> Iterator[str]:
    if not isinstance(elements, list) or not 1 <= len(elements) <= 25:
        yield _at("must have 1 to 25 items", place)
        return
    names = [element.get("action_id") for element in elements if isinstance(element, dict)]
    if len(names) != len(set(names)):
        yield _at("action_id must be unique within the block", place)
    for number, element in enumerate(elements):
        yield from _element(element, f"{place}/{number}")


def _element(element: Any, place: str) -> Iterator[str]:
    kind = element.get("type") if isinstance(element, dict) else None
    if kind == "button":
        yield from _text(element.get("text"), 75, place + "/text", only_plain=True)
        yield from _limited(element.get("value", "x"), 2000, place + "/value")
        if element.get("style", "primary") not in {"primary", "danger"}:
            yield _at("must be primary or danger", place + "/style")
        yield from _confirm(element.get("confirm"), place + "/confirm")
    elif kind in {"static_select", "overflow"}:
        if kind == "static_select" and element.get("placeholder") is not None:
            yield from _text(element["placeholder"], 150, place + "/placeholder", only_plain=True)
        yield from _confirm(element.get("confirm"), place + "/confirm")
        yield from _choices(element, place, most=100 if kind == "static_select" else 5)
    else:
        yield _at("unsupported type", place + "/type")


def _choices(element: Json, place: str, *, most: int) -> Iterator[str]:
    """A menu has either options or, for a select, groups of them; both at once are refused."""
    if "option_groups" not in element:
        yield from _options(element.get("options"), most, place + "/options")
        return
    groups = element["option_groups"]
    if "options" in element or element["type"] != "static_select":
        yield _at("no additional property allowed: option_groups", place)
    if not isinstance(groups, list) or not 1 <= len(groups) <= most:
        yield _at(f"must have 1 to {most} items", place + "/option_groups")
        return
    for number, group in enumerate(groups):
        where = f"{place}/option_groups/{number}"
        if not isinstance(group, dict):
            yield _at("must be an object", where)
            continue
        yield from _text(group.get("label"), 75, where + "/label", only_plain=True)
        yield from _options(group.get("options"), most, where + "/options")


def _confirm(dialog: Any, place: str) -> Iterator[str]:
    if dialog is None:
        return
    if not isinstance(dialog, dict):
        yield _at("must be an object", place)
        return
    for name, limit in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
        yield from _text(dialog.get(name), limit, f"{place}/{name}", only_plain=name != "text")


def _options(options: Any, most: int, place: str) -> Iterator[str]:
    if not isinstance(options, list) or not 1 <= len(options) <= most:
        yield _at(f"must have 1 to {most} items", place)
        return
    for number, option in enumerate(options):
        if not isinstance(option, dict):
            yield _at("must be an object", f"{place}/{number}")
            continue
        yield from _text(option.get("text"), 75, f"{place}/{number}/text")
        yield from _limited(option.get("value"), 150, f"{place}/{number}/value")


def _text(item: Any, limit: int, place: str, *, only_plain: bool = False) -> Iterator[str]:
    if not isinstance(item, dict):
        yield _at("must be an object", place)
        return
    if item.get("type") not in ({"plain_text"} if only_plain else {"plain_text", "mrkdwn"}):
        yield _at("failed to match all allowed schemas", place)
    if item.get("type") == "mrkdwn" and "emoji" in item:
        yield _at("no additional property allowed: emoji", place)
    if item.get("type") == "plain_text" and "verbatim" in item:
        yield _at("no additional property allowed: verbatim", place)
    yield from _limited(item.get("text"), limit, place + "/text")


def _limited(value: Any, limit: int, place: str) -> Iterator[str]:
    if not isinstance(value, str) or not value:
        yield _at("must be more than 0 characters", place)
    elif len(value) > limit:
        yield _at(f"must be less than {limit + 1} characters", place)


def _sizes(value: Any) -> Iterator[int]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "text" and isinstance(inner, str):
                yield len(inner)
            else:
                yield from _sizes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _sizes(inner)


def _at(what: str, place: str) -> str:
    return f"{what} [json-pointer:{place}]"
