"""`linkedin create-form` and `update-form`, against the stand-in, which checks a form as a whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import pytest

from tests.cli.linkedin.world import a_world

Json = dict[str, object]

_FORM = """
name: Product interest
owner: ads
headline: Learn more
questions:
  - first_name
  - email
  - ask: Which country?
    choices: [NO, SE]
privacy_policy: https://example.com/privacy
consents: [{text: I agree, required: yes}]
thank_you: We call you.
hidden: {utm_source: linkedin}
"""


async def test_a_form_is_made_from_a_file_and_read_back(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        made = await world.run("create-form", world.write("form.yaml", _FORM), "--json")
        number = str(cast("Json", made.json)["form"])
        shown = await world.run("form", number)

    assert (made.code, made.err) == (0, "")
    assert "Product interest" in shown.out
    assert "draft" in shown.out
    assert "NO, SE" in shown.out
    assert "hidden utm_source: linkedin" in shown.out


async def test_a_dry_run_prints_the_body_and_sends_nothing(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        told = await world.run("create-form", world.write("form.yaml", _FORM), "--dry-run")

    assert told.code == 0
    assert cast("Json", told.json)["owner"] == {"sponsoredAccount": "urn:li:sponsoredAccount:507857085"}
    assert world.linkedin.requests == []


async def test_a_wrong_file_is_explained_with_its_lines_and_sends_nothing(tmp_path: Path) -> None:
    text = _FORM.replace("headline:", "headlin:").replace("https://", "http://")
    async with a_world(tmp_path) as world:
        file = world.write("form.yaml", text)
        told = await world.run("create-form", file)

    assert (told.code, told.out) == (2, "")
    assert f'{file}:4:1: "headlin" is not a key in form. Did you mean "headline"?' in told.err
    assert f"{file}:10:17: " in told.err
    assert world.linkedin.requests == []


async def test_linkedins_own_refusal_names_the_field(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        told = await world.run("create-form", world.write("form.yaml", _FORM.replace("Learn more", "L" * 100)))

    assert (told.code, told.out) == (1, "")
    assert "headline" in told.err


async def test_a_form_that_was_fetched_makes_another_one(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        fetched = await world.run("form", "demo", "--json")
        made = await world.run("create-form", world.write("form.json", fetched.out))

    assert made.code == 0
    assert "LinkedIn sets id, versionId itself" in made.err
    assert len(world.linkedin.forms) == 3


async def test_an_update_sends_only_what_the_file_changes_and_keeps_the_ids_of_questions(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        before = (await world.run("form", "6083", "--json")).json
        part = "headline: New words\nquestions: [email, first_name, {ask: Anything else?}]\n"
        told = await world.run("update-form", "demo", world.write("part.yaml", part), "--json")
        after = (await world.run("form", "6083", "--json")).json

    assert told.json == {"form": "6083", "changed": ["content"]}
    content, old = cast("Json", cast("Json", after)["content"]), cast("Json", cast("Json", before)["content"])
    assert content["headline"] == {"localized": {"en_US": "New words"}}
    assert content["legalInfo"] == old["legalInfo"]
    questions = cast("list[Json]", content["questions"])
    assert [question["questionId"] for question in questions[:2]] == [12, 10]
    assert cast("Json", after)["name"] == "Demo request"


async def test_the_same_file_twice_changes_nothing(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        file = world.write("form.yaml", _FORM)
        number = str(cast("Json", (await world.run("create-form", file, "--json")).json)["form"])
        told = await world.run("update-form", number, file)

    assert told.out == f"Form {number} is so already; nothing was sent.\n"


async def test_archiving_needs_no_file(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        told = await world.run("update-form", "6083", "--archive")

    assert told.out == "Form 6083 is changed: state.\n"
    assert world.linkedin.forms[6083].state == "ARCHIVED"


async def test_a_dry_update_prints_what_would_be_set(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        told = await world.run("update-form", "6083", world.write("p.yaml", "name: Other"), "--dry-run")

    assert told.json == {"name": "Other"}
    assert world.linkedin.forms[6083].name == "Demo request"


@pytest.mark.parametrize(
    ("part", "words"),
    [("owner: page", "the owner of a form cannot be changed"), ("language: de_DE", "the language of a form cannot")],
)
async def test_what_cannot_be_changed_is_told(tmp_path: Path, part: str, words: str) -> None:
    async with a_world(tmp_path) as world:
        told = await world.run("update-form", "6083", world.write("part.yaml", part))

    assert told.code == 1
    assert words in told.err
    assert world.calls("POST") == []


async def test_without_the_permission_to_write_the_consent_is_named(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        world.linkedin.scopes.discard("rw_ads")
        told = await world.run("create-form", world.write("form.json", json.dumps(_friendly_json())))

    assert told.code == 1
    assert "rw_ads" in told.err


def _friendly_json() -> Json:
    """Our own keys may stand in a JSON file too."""
    return {
        "name": "Product interest",
        "owner": "ads",
        "headline": "Learn more",
        "questions": ["email", {"ask": "How many?", "choices": [1, 2]}],
        "privacy_policy": "https://example.com/privacy",
    }
