"""`leadbell linkedin …`, `pull`, `doctor`: shapes, exit codes, and that no input brings a stack or a secret."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.app import utc_now
from bot.sandbox.faults import Fault
from tests.cli.command import Done, leadbell_here
from tests.story.world import ACCESS_TOKEN, AD_ACCOUNT, CAMPAIGN, CLIENT_SECRET, FORM, ONE_CHANNEL, World, a_world

_PAGE = "urn:li:organization:5622087"
_HOSTILE = "\x1b[2JAna\u202e\x07"
_FORM_FILE = """
name: Newsletter
owner: ads
headline: Stay in touch
questions: [first_name, last_name, email]
privacy_policy: https://example.com/privacy
thank_you: Thanks!
landing_page: https://example.com
button: learn more
"""


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    settings = {"PUBLIC_URL": "http://127.0.0.1:9", "LINKEDIN_ACCESS_TOKEN": ACCESS_TOKEN}
    async with a_world(tmp_path, ONE_CHANNEL, **settings) as made:
        made.linkedin.add_account(id=507857085, name="Ads", organization=_PAGE)
        made.linkedin.add_organization(id=5622087, name="ACME", vanity="acme")
        made.linkedin.add_role(organization=_PAGE, role="LEAD_GEN_FORMS_MANAGER")
        made.linkedin.add_creative(id=77, campaign=CAMPAIGN, name="Ad", form=FORM)
        made.linkedin.add_subscription(webhook="https://other.example/hook", owner=AD_ACCOUNT)
        yield made


async def _ask(world: World, *arguments: str | Path) -> Done:
    return await leadbell_here(*arguments, folder=world.config.path.parent, environment=world.environment)


def _every(lead: str) -> list[tuple[str, ...]]:
    """Each command that only asks LinkedIn, as it is meant to be called."""
    return [
        ("linkedin", "status"),
        ("linkedin", "accounts"),
        ("linkedin", "organizations"),
        ("linkedin", "forms"),
        ("linkedin", "form", str(FORM)),
        ("linkedin", "leads"),
        ("linkedin", "leads", "--raw"),
        ("linkedin", "lead", lead),
        ("linkedin", "lead", f"urn:li:leadGenFormResponse:{lead}"),
        ("linkedin", "names"),
        ("linkedin", "subscriptions"),
        ("linkedin", "account", "507857085"),
        ("linkedin", "organization", "5622087"),
        ("linkedin", "campaign", "507857085", str(CAMPAIGN)),
        ("linkedin", "creative", "507857085", "77"),
        ("linkedin", "subscribe", "--dry-run"),
    ]


def _instants(value: object, key: str = "") -> list[str]:
    """Every text that stands where a time is told."""
    if isinstance(value, dict):
        return [found for name, each in value.items() for found in _instants(each, name)]
    if isinstance(value, list):
        return [found for each in value for found in _instants(each, key)]
    return [value] if isinstance(value, str) and key.endswith("_at") else []


async def test_every_question_is_answered_in_json_and_for_people_with_nothing_else_on_standard_output(
    world: World,
) -> None:
    lead = world.submit(first=_HOSTILE)
    for command in _every(lead):
        programs, people = await _ask(world, *command, "--json"), await _ask(world, *command)
        assert (programs.code, people.code) == (0, 0), (command, programs.err, people.err)
        assert isinstance(programs.json, dict | list), command
        assert people.out.strip(), command
        for text in (programs.out, people.out, people.err):
            assert not any(sign in text for sign in ("\x1b[2J", "\u202e", "\x07", ACCESS_TOKEN, CLIENT_SECRET)), command
        for instant in _instants(programs.json):
            assert datetime.fromisoformat(instant).utcoffset() is not None, (command, instant)


_ENDS: Mapping[str, tuple[Callable[[World], object], str]] = {
    "no role": (lambda world: world.linkedin.forbid(AD_ACCOUNT), "role"),
    "withdrawn": (lambda world: world.linkedin.revoke(), "leadbell linkedin connect"),
    "limited": (lambda world: world.linkedin.day_quota.update(leadFormResponses=0), "DAY limit"),
    "down": (lambda world: world.linkedin.faults.add(Fault("/rest/", status=503, times=99)), "503"),
    "a page": (
        lambda world: world.linkedin.faults.add(
            Fault("/rest/", body=b"<html>hush-9</html>", headers={"Content-Type": "text/html"}, times=99)
        ),
        "JSON",
    ),
    "version": (lambda world: setattr(world.linkedin, "active_versions", frozenset()), "linkedin.api_version"),
}


@pytest.mark.parametrize("name", _ENDS)
async def test_what_linkedin_refuses_is_an_answer_in_words_and_no_lead(world: World, name: str) -> None:
    end, words = _ENDS[name]
    lead = world.submit()
    end(world)
    for command in (("linkedin", "leads"), ("linkedin", "lead", lead), ("linkedin", "leads", "--json")):
        done = await _ask(world, *command)
        assert done.code in {1, 2}, command
        assert words in done.err, (command, done.err)
        assert not any(word in done.out for word in ("Ana", "Silva", "hush-9")), command
        assert not any(word in done.err for word in ("Traceback", "hush-9", ACCESS_TOKEN)), command


async def test_without_an_account_every_command_says_to_connect(tmp_path: Path) -> None:
    async with a_world(tmp_path, ONE_CHANNEL, PUBLIC_URL="http://127.0.0.1:9", LINKEDIN_ACCESS_TOKEN="") as world:
        for command in [*_every("x-1"), ("linkedin", "unsubscribe", "1"), ("pull",)]:
            done = await _ask(world, *command)
            assert done.code in {1, 2}, command
            assert "leadbell linkedin connect" in done.err + done.out, command
        assert world.linkedin.requests == []


async def test_a_form_is_made_changed_and_archived_and_a_dry_run_does_none_of_it(world: World, tmp_path: Path) -> None:
    file = tmp_path / "form.yaml"
    file.write_text(_FORM_FILE)
    before = dict(world.linkedin.forms)
    dry = await _ask(world, "linkedin", "create-form", file, "--dry-run", "--json")
    assert (dry.code, world.linkedin.forms) == (0, before)
    made = await _ask(world, "linkedin", "create-form", file, "--json")
    assert made.code == 0, made.err
    (new,) = set(world.linkedin.forms) - set(before)
    assert str(new) in made.out
    file.write_text("name: Another name\n")
    assert (await _ask(world, "linkedin", "update-form", str(new), file)).code == 0
    assert world.linkedin.forms[new].name == "Another name"
    assert [question.predefined for question in world.linkedin.forms[new].questions] == [
        "FIRST_NAME",
        "LAST_NAME",
        "EMAIL",
    ]
    assert (await _ask(world, "linkedin", "update-form", str(new), "--archive")).code == 0
    assert world.linkedin.forms[new].state == "ARCHIVED"
    again = await _ask(world, "linkedin", "form", str(new), "--json")
    file.write_text(again.out)
    assert (await _ask(world, "linkedin", "create-form", file, "--dry-run")).code == 0, (
        "what one prints, the other takes"
    )


async def test_an_answer_to_a_new_form_that_is_lost_is_not_repeated(world: World, tmp_path: Path) -> None:
    file = tmp_path / "form.yaml"
    file.write_text(_FORM_FILE)
    world.linkedin.faults.add(Fault("/rest/leadForms", drop="after"))
    done = await _ask(world, "linkedin", "create-form", file)
    assert done.code == 1
    assert len(world.linkedin.forms) == 2
    assert "look at what is there" in done.err


_BAD_FILES = {
    "bombs": "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(f"b{n}: &b{n} [*a,*a]\n" for n in range(3)) + "name: *b2\n",
    "deep": "[" * 3000,
    "a list": "[1, 2]",
    "nothing": "",
    "bytes": "\x00\x01",
    "json": '{"name": "x", "name": "y"}',
    "unknown": "nmae: x\nowner: ads\n",
    "question": "name: x\nowner: ads\nquestions: [{ask: null, choices: 5}]\n",
    "number": "name: 5\nowner: 6\nquestions: 7\nhidden: 8\nconsents: 9\n",
    "huge": "name: " + "x" * 2_000_000,
}


@pytest.mark.parametrize("name", _BAD_FILES)
async def test_a_file_that_is_no_form_is_refused_in_words_before_anything_is_sent(
    world: World, tmp_path: Path, name: str
) -> None:
    file = tmp_path / "form.yaml"
    file.write_text(_BAD_FILES[name])
    for command in (("create-form", file), ("create-form", file, "--dry-run"), ("update-form", str(FORM), file)):
        done = await _ask(world, "linkedin", *command)
        assert (done.code, done.out) == (2, ""), command
        assert done.err.strip()
        assert len(done.err) < 5000
    assert all(request.method == "GET" for request in world.linkedin.requests)


_STRANGE = (
    *("", " ", "a\x00b", "é" * 300, "../../etc/passwd", "%00", "-", "9" * 26, "1e400", "nan", "1" * 2000),
    *("urn:li:leadGenFormResponse:", "List(1)", "(a:b)", "$(id)", "9999-12-31", "0001-01-01T00:00:00+14:00", "99999d"),
    *("²d", "6083,٣", "sponsoredAccount:²", "organization:" + "9" * 30, "\u202eevil", "@", "a@xn--99999999999", "＠"),
)
_TAKERS = (
    *(("lead",), ("why",), ("forget",), ("export",), ("pull", "--last"), ("linkedin", "lead"), ("linkedin", "form")),
    *(("linkedin", "forms", "--owner"), ("linkedin", "leads", "--owner"), ("linkedin", "leads", "--type")),
    *(("linkedin", "leads", "--form"), ("linkedin", "leads", "--entity"), ("linkedin", "leads", "--since")),
    *(("linkedin", "leads", "--last"), ("linkedin", "names", "--last"), ("linkedin", "create-form")),
    *(
        ("linkedin", "update-form", "6083"),
        ("linkedin", "subscriptions", "--owner"),
        ("linkedin", "connect", "--without"),
    ),
    *(("linkedin", "campaign", "1"), ("linkedin", "creative", "1"), ("linkedin", "account")),
)


async def test_whatever_is_typed_there_is_no_stack_and_json_stays_json(world: World) -> None:
    async with world.product():
        for number, taker in enumerate(_TAKERS):
            for strange in _STRANGE[number % 13 :: 13]:  # each command meets some, each of them some commands
                done = await _ask(world, *taker, strange, "--json")  # an exception that nobody catches comes out here
                assert done.code in {0, 1, 2}, (taker, strange)
                assert done.code != 2 or done.out == "", (taker, strange)
                if done.out:
                    json.loads(done.out)


async def test_doctor_says_in_json_what_is_wrong_without_a_secret_and_with_the_right_exit_code(world: World) -> None:
    world.linkedin.revoke()
    done, people = await _ask(world, "doctor", "--json"), await _ask(world, "doctor")
    assert (done.code, people.code) == (1, 1)
    assert isinstance(done.json, list | dict)
    secrets = [value for name, value in world.environment.items() if "SECRET" in name or "TOKEN" in name]
    for text in (done.out, done.err, people.out, people.err):
        assert [secret for secret in secrets if secret in text] == []
        assert "Traceback" not in text


async def test_a_pull_tells_programs_what_entered_and_a_second_one_finds_nothing(world: World) -> None:
    world.linkedin.submit(form=FORM, answers={"first": "Ana"}, submitted_at=utc_now() - timedelta(hours=1))
    first, second = await _ask(world, "pull", "--json"), await _ask(world, "pull", "--last", "2d", "--json")
    assert (first.code, second.code) == (0, 0)
    assert first.json == {"entered": {"ads SPONSORED": 1}, "complete": True, "problem": ""}
    assert isinstance(second.json, dict)
    assert sum(second.json["entered"].values()) == 0
    assert (await _ask(world, "pull", "--last", "soon")).code == 2


async def test_a_subscription_for_one_form_stays_when_the_sources_are_subscribed(world: World) -> None:
    await _ask(world, "linkedin", "subscribe", "--no-check", "--form", f"{FORM},1")
    kept = set(world.linkedin.subscriptions)
    dry = await _ask(world, "linkedin", "subscribe", "--dry-run", "--json")
    assert isinstance(dry.json, dict)
    assert dry.json["removed"] == []
    assert set(world.linkedin.subscriptions) == kept
