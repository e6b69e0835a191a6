"""Our own check of a message against Slack's limits, run before each send; the library's models let much through.

Limits: https://docs.slack.dev/reference/block-kit/blocks
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from bot.destinations.slack.blocks import Message

# Slack refuses a chat.update above 4000 and, undocumented, blocks above some 11 000 characters in all
MAX_TEXT = 3000
MAX_ALL_TEXT = 8000
MAX_METADATA_BYTES = 1024

Problem = str


def check(message: Message) -> list[Problem]:
    """Everything that Slack would refuse, as `place: what`; [] = it may be sent. Quotes no content."""
    return [
        *_check_text(message),
        *_check_blocks(message.blocks),
        *_check_metadata(message.metadata),
    ]


def _check_text(message: Message) -> Iterator[Problem]:
    if not message.text.strip():
        yield "text: empty"
    elif len(message.text) > MAX_TEXT:
        yield f"text: {len(message.text)} of {MAX_TEXT} characters"


def _check_metadata(metadata: Mapping[str, object]) -> Iterator[Problem]:
    if len(json.dumps(metadata).encode()) > MAX_METADATA_BYTES:
        yield "metadata: too large"


def _check_blocks(blocks: list[dict[str, object]]) -> Iterator[Problem]:
    if len(blocks) > 50:
        yield f"blocks: {len(blocks)} of 50"
    yield from _repeated("block_id", blocks, "blocks")
    for number, block in enumerate(blocks):
        yield from _check_block(block, f"blocks/{number}")
    total = sum(len(text) for text in _texts(blocks))
    if total > MAX_ALL_TEXT:
        yield f"blocks: {total} of {MAX_ALL_TEXT} characters in all"


def _check_block(block: Mapping[str, object], place: str) -> Iterator[Problem]:
    yield from _length(block.get("block_id"), 255, f"{place}/block_id", is_required=False)
    match block.get("type"):
        case "section":
            yield from _check_section(block, place)
        case "header":
            yield from _text_object(block.get("text"), 150, f"{place}/text", kinds=("plain_text",))
        case "context":
            elements = _objects(block.get("elements"))
            yield from _count(elements, 10, f"{place}/elements")
            for number, element in enumerate(elements):
                yield from _text_object(element, MAX_TEXT, f"{place}/elements/{number}")
        case "actions":
            yield from _check_actions(_objects(block.get("elements")), place)
        case "divider":
            pass
        case _:
            yield f"{place}/type: not one that we send"


def _check_section(block: Mapping[str, object], place: str) -> Iterator[Problem]:
    if "text" not in block and "fields" not in block:
        yield f"{place}: neither text nor fields"
    if "text" in block:
        yield from _text_object(block["text"], MAX_TEXT, f"{place}/text")
    if "fields" in block:
        fields = _objects(block["fields"])
        yield from _count(fields, 10, f"{place}/fields")
        for number, shown in enumerate(fields):
            yield from _text_object(shown, 2000, f"{place}/fields/{number}")


def _check_actions(elements: list[Mapping[str, object]], place: str) -> Iterator[Problem]:
    yield from _count(elements, 25, f"{place}/elements")
    yield from _repeated("action_id", elements, place)
    for number, element in enumerate(elements):
        where = f"{place}/elements/{number}"
        yield from _length(element.get("action_id"), 255, f"{where}/action_id")
        if element.get("type") == "button":
            yield from _text_object(element.get("text"), 75, f"{where}/text", kinds=("plain_text",))
            yield from _length(element.get("value"), 2000, f"{where}/value", is_required=False)
            yield from _check_confirmation(element.get("confirm"), f"{where}/confirm")
        elif element.get("type") == "static_select":
            yield from _check_select(element, where)
        else:
            yield f"{where}/type: not one that we send"


def _check_select(element: Mapping[str, object], place: str) -> Iterator[Problem]:
    yield from _text_object(element.get("placeholder"), 150, f"{place}/placeholder", kinds=("plain_text",))
    if ("options" in element) == ("option_groups" in element):
        yield f"{place}: either options or option_groups"
    elif "options" in element:
        yield from _check_options(_objects(element["options"]), f"{place}/options")
    else:
        groups = _objects(element["option_groups"])
        yield from _count(groups, 100, f"{place}/option_groups")
        for number, group in enumerate(groups):
            where = f"{place}/option_groups/{number}"
            yield from _text_object(group.get("label"), 75, f"{where}/label", kinds=("plain_text",))
            yield from _check_options(_objects(group.get("options")), f"{where}/options")


def _check_options(options: list[Mapping[str, object]], place: str) -> Iterator[Problem]:
    yield from _count(options, 100, place)
    for number, option in enumerate(options):
        yield from _text_object(option.get("text"), 75, f"{place}/{number}/text", kinds=("plain_text",))
        yield from _length(option.get("value"), 150, f"{place}/{number}/value")


def _check_confirmation(dialog: object, place: str) -> Iterator[Problem]:
    if not isinstance(dialog, Mapping):
        if dialog is not None:
            yield f"{place}: no dialog"
        return
    for name, limit in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
        yield from _text_object(dialog.get(name), limit, f"{place}/{name}", kinds=("plain_text",))


def _text_object(
    value: object, limit: int, place: str, *, kinds: tuple[str, ...] = ("mrkdwn", "plain_text")
) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield f"{place}: no text object"
        return
    if value.get("type") not in kinds:
        yield f"{place}/type: must be {' or '.join(kinds)}"
    yield from _length(value.get("text"), limit, f"{place}/text")


def _length(value: object, limit: int, place: str, *, is_required: bool = True) -> Iterator[Problem]:
    if value is None and not is_required:
        return
    if not isinstance(value, str) or not value.strip():
        yield f"{place}: empty"
    elif len(value) > limit:
        yield f"{place}: {len(value)} of {limit} characters"
    elif any("\ud800" <= character <= "\udfff" for character in value):
        yield f"{place}: half a character"


def _count(items: list[Mapping[str, object]], limit: int, place: str) -> Iterator[Problem]:
    if not 1 <= len(items) <= limit:
        yield f"{place}: {len(items)} entries, 1 to {limit} are allowed"


def _repeated(name: str, items: Iterable[Mapping[str, object]], place: str) -> Iterator[Problem]:
    seen: set[object] = set()
    for item in items:
        value = item.get(name)
        if value is not None and value in seen:
            yield f"{place}: {name} used twice"
        seen.add(value)


def _objects(value: object) -> list[Mapping[str, object]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name == "text" and isinstance(inner, str):
                yield inner
            else:
                yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
