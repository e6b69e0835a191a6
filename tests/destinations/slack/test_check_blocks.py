"""Our check knows every limit that Slack's own library forgets."""

from __future__ import annotations

from typing import Any

import pytest

from bot.destinations.slack.blocks import Message
from bot.destinations.slack.check_blocks import check


def plain(text: str = "x") -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str = "x") -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def section(text: str = "x", **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": mrkdwn(text), **more}


def button(action_id: str = "a", **more: Any) -> dict[str, Any]:
    return {"type": "button", "action_id": action_id, "text": plain(), **more}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def menu(**more: Any) -> dict[str, Any]:
    option = {"text": plain(), "value": "v"}
    return {"type": "static_select", "action_id": "m", "placeholder": plain(), "options": [option], **more}


OPTION = {"text": plain(), "value": "v"}
GROUP = {"label": plain(), "options": [OPTION]}
DIALOG = {name: plain() for name in ("title", "text", "confirm", "deny")}


def grouped(*groups: dict[str, Any]) -> dict[str, Any]:
    return {"type": "static_select", "action_id": "m", "placeholder": plain(), "option_groups": list(groups)}


def problems(*blocks: dict[str, Any], text: str = "x") -> list[str]:
    return check(Message(text=text, blocks=list(blocks)))


def test_a_good_message_has_no_problem() -> None:
    header, context = {"type": "header", "text": plain()}, {"type": "context", "elements": [mrkdwn()]}

    pressed = actions(button(value="v", confirm=DIALOG), menu(), {**grouped(GROUP, GROUP), "action_id": "n"})
    assert problems(header, section(), context, {"type": "divider"}, pressed) == []


@pytest.mark.parametrize(
    ("blocks", "place"),
    [
        ([section()] * 51, "blocks: 51"),
        ([section("x" * 3001)], "blocks/0/text/text: 3001"),
        ([section("")], "blocks/0/text/text: empty"),
        ([section(" ")], "blocks/0/text/text: empty"),
        ([section("\ud800")], "blocks/0/text/text: half"),
        ([{"type": "section"}], "blocks/0: neither"),
        ([{"type": "section", "text": "x"}], "blocks/0/text: no text object"),
        ([{"type": "section", "fields": [mrkdwn()] * 11}], "blocks/0/fields: 11"),
        ([{"type": "section", "fields": []}], "blocks/0/fields: 0"),
        ([{"type": "section", "fields": [mrkdwn("x" * 2001)]}], "blocks/0/fields/0/text: 2001"),
        ([{"type": "header", "text": plain("x" * 151)}], "blocks/0/text/text: 151"),
        ([{"type": "header", "text": mrkdwn()}], "blocks/0/text/type"),
        ([{"type": "context", "elements": [mrkdwn()] * 11}], "blocks/0/elements: 11"),
        ([{"type": "context", "elements": [mrkdwn("")]}], "blocks/0/elements/0/text: empty"),
        ([actions(*(button(str(n)) for n in range(26)))], "blocks/0/elements: 26"),
        ([actions()], "blocks/0/elements: 0"),
        ([actions(button(), button())], "blocks/0: action_id used twice"),
        ([actions(button("x" * 256))], "blocks/0/elements/0/action_id: 256"),
        ([actions({**button(), "text": plain("x" * 76)})], "blocks/0/elements/0/text/text: 76"),
        ([actions({**button(), "text": mrkdwn()})], "blocks/0/elements/0/text/type"),
        ([actions(button(value="x" * 2001))], "blocks/0/elements/0/value: 2001"),
        ([actions(menu(options=[]))], "blocks/0/elements/0/options: 0"),
        ([actions(menu(options=[{"text": plain(), "value": "v"}] * 101))], "blocks/0/elements/0/options: 101"),
        ([actions(menu(options=[{"text": plain("x" * 76), "value": "v"}]))], "options/0/text/text: 76"),
        ([actions(menu(options=[{"text": plain(), "value": "x" * 151}]))], "options/0/value: 151"),
        ([actions(menu(placeholder=plain("x" * 151)))], "placeholder/text: 151"),
        ([actions(menu(option_groups=[GROUP]))], "blocks/0/elements/0: either"),
        ([actions(grouped())], "option_groups: 0"),
        ([actions(grouped(*[GROUP] * 101))], "option_groups: 101"),
        ([actions(grouped({**GROUP, "label": plain("x" * 76)}))], "option_groups/0/label/text: 76"),
        ([actions(grouped({**GROUP, "options": []}))], "option_groups/0/options: 0"),
        ([actions(grouped({**GROUP, "options": [{"text": plain(), "value": ""}]}))], "options/0/value: empty"),
        ([actions({"type": "static_select", "action_id": "m", "placeholder": plain()})], "elements/0: either"),
        ([actions(button(confirm="sure?"))], "blocks/0/elements/0/confirm: no dialog"),
        ([actions(button(confirm={**DIALOG, "title": plain("x" * 101)}))], "confirm/title/text: 101"),
        ([actions(button(confirm={**DIALOG, "text": plain("x" * 301)}))], "confirm/text/text: 301"),
        ([actions(button(confirm={**DIALOG, "confirm": plain("x" * 31)}))], "confirm/confirm/text: 31"),
        ([actions(button(confirm={**DIALOG, "deny": mrkdwn()}))], "confirm/deny/type"),
        ([actions({"type": "datepicker", "action_id": "d"})], "blocks/0/elements/0/type"),
        ([section(block_id="b"), section(block_id="b")], "blocks: block_id used twice"),
        ([section(block_id="b" * 256)], "blocks/0/block_id: 256"),
        ([{"type": "markdown", "text": "x"}], "blocks/0/type"),
        ([section("x" * 2900)] * 3, "blocks: 8700 of 8000"),
    ],
)
def test_each_limit_is_known(blocks: list[dict[str, Any]], place: str) -> None:
    found = problems(*blocks)

    assert any(place in problem for problem in found), found


@pytest.mark.parametrize("text", ["", " ", "x" * 3001])
def test_the_text_itself_has_limits(text: str) -> None:
    assert problems(text=text)


def test_metadata_stays_small() -> None:
    assert check(Message(text="x", metadata={"event_payload": {"x": "y" * 1024}})) == ["metadata: too large"]


def test_a_problem_never_quotes_the_content() -> None:
    assert "secret" not in " ".join(problems(section("secret" * 600)))
