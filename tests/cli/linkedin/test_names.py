"""`linkedin names`: what it prints can be pasted, whatever people called their forms."""

from __future__ import annotations

import re
from pathlib import Path
from typing import cast

import pytest

from bot.cli.linkedin.names import block, nicknames
from bot.config.load import read_file
from tests.cli.linkedin.world import ACCOUNT, ANSWERS, PERSON, a_world

Json = dict[str, object]


def _pasted(folder: Path, lines: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """What a rule file with these lines knows: id -> nickname, of forms and of campaigns."""
    path = folder / "pasted.yaml"
    text = "\n".join(
        [*lines, 'rules: [{name: All, post: "#a"}]', 'slack: {bot_token: "${T:-}", signing_secret: "${S:-}"}']
    )
    path.write_text(text, encoding="utf-8")
    read = read_file(path, {}, need_secrets=False)
    assert read.config is not None, "\n".join(map(str, read.problems))
    return dict(read.config.vocabulary.forms), dict(read.config.vocabulary.campaigns)


async def test_the_block_names_forms_and_recent_campaigns_and_keeps_known_nicknames(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        world.linkedin.submit(form=6083, answers=ANSWERS, campaign=367378525)
        world.linkedin.add_form(id=6955637458260688897, name="Demo", owner=ACCOUNT, questions=PERSON)
        told = await world.run("names")

    assert told.code == 0
    forms, campaigns = _pasted(tmp_path, told.out.splitlines())
    assert forms == {"6083": "demo", "6955637458260688897": "demo-2", "6177": "webinar-sign-up"}
    assert campaigns == {"367378525": "dach-enterprise"}
    assert "# Demo request\n" in told.out
    assert "# Webinar sign-up  (new)\n" in told.out


async def test_a_campaign_that_the_lead_does_not_name_is_looked_up_and_else_gets_its_number(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        world.linkedin.submit(form=6083, answers=ANSWERS, campaign=367378525)
        world.linkedin.names_in_answers = False
        looked_up = await world.run("names", "--json")
        world.linkedin.scopes.discard("r_ads")
        world.linkedin.scopes.discard("rw_ads")
        refused = await world.run("names", "--json")

    by_name = cast("list[Json]", cast("Json", looked_up.json)["campaigns"])
    by_number = cast("list[Json]", cast("Json", refused.json)["campaigns"])
    assert [each["nickname"] for each in by_name] == ["dach-enterprise"]
    assert [each["nickname"] for each in by_number] == ["campaign-367378525"]
    assert refused.code == 0


async def test_archived_forms_are_left_out_unless_they_have_a_nickname(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        for number in ("6083", "6177"):
            await world.run("update-form", number, "--archive")
        told = await world.run("names", "--json")

    assert [each["id"] for each in cast("list[Json]", cast("Json", told.json)["forms"])] == ["6083"]


@pytest.mark.parametrize(
    "title",
    [
        "",
        "  ",
        "日本語",
        "2026",
        "not",
        "no",
        "is empty",
        "at least 5",
        "# hash: colon",
        "a\nb: 7",
        "{x}",
        "*",
        "é" * 200,
        "contains",
        "\x1b]0;title\x07",
        "'quotes\"",
        "- list",
        "\u202eright to left",
        "&anchor",
        "!tag",
        "%",
    ],
)
def test_any_title_becomes_a_nickname_that_the_rule_file_takes(tmp_path: Path, title: str) -> None:
    made = nicknames("form", {"1": title, "2": title}, {})

    forms, _ = _pasted(tmp_path, block(made, []))

    assert set(forms) == {"1", "2"}
    assert len(set(forms.values())) == 2
    assert all(re.fullmatch("(?=.*[a-z])[a-z0-9][a-z0-9-]*", name) for name in forms.values())


def test_a_nickname_is_never_another_ones_title() -> None:
    made = nicknames("form", {"1": "Demo!", "2": "demo"}, {})

    assert [(each.id, each.nickname) for each in made] == [("1", "demo-2"), ("2", "demo")]


def test_own_nicknames_survive_even_when_odd_and_gone(tmp_path: Path) -> None:
    known = {"1": "it's odd: #1", "2": "plain"}

    forms, _ = _pasted(tmp_path, block(nicknames("form", {}, known), []))

    assert forms == known
