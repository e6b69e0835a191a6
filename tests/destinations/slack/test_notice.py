"""A notice is literal; below a change of the rules it can be taken back, after one more question."""

from __future__ import annotations

from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from bot.core.ids import DeliveryId
from bot.destinations.slack.card import Occasion
from bot.destinations.slack.check_blocks import check
from bot.destinations.slack.notice import compose_notice
from tests.core.test_mrkdwn import HOSTILE

FIRST = Occasion(delivery=DeliveryId("d1"))


def test_without_anything_to_undo_it_is_text_alone() -> None:
    message = compose_notice("Something is wrong <!here>", "", FIRST)

    assert (message.text, message.blocks) == ("Something is wrong &lt;!here&gt;", [])


def test_a_change_of_the_rules_has_an_undo_button_that_asks_once_more() -> None:
    message = compose_notice("Rule 3 moved to *Ben*", "v7", FIRST)

    said, actions = cast("Any", message.blocks)
    (undo,) = actions["elements"]
    assert said["text"]["text"] == "Rule 3 moved to ∗Ben∗"
    assert (undo["action_id"], undo["value"], undo["text"]["text"]) == ("config_undo", "v7", "Undo")
    assert (undo["confirm"]["confirm"]["text"], undo["confirm"]["deny"]["text"]) == ("Undo", "Keep the change")
    assert check(message) == []


def test_the_plain_version_can_be_undone_too() -> None:
    message = compose_notice("x", "v7", FIRST, is_plain=True)

    said, actions = cast("Any", message.blocks)
    assert said["text"]["type"] == "plain_text"
    assert actions["elements"][0]["value"] == "v7"
    assert check(message) == []


@given(HOSTILE | st.text(min_size=2990, max_size=3100), st.sampled_from(["", "v7"]), st.booleans())
def test_whatever_it_says_it_may_be_sent(text: str, undo: str, is_plain: bool) -> None:
    assert check(compose_notice(text, undo, FIRST, is_plain=is_plain)) == []
