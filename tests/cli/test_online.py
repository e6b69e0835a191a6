"""`leadbell check --online`: what the file names outside exists, or is told with its line."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.cli.online import online_problems
from bot.sandbox.faults import Fault
from bot.sandbox.linkedin import Question
from tests.cli.clinic import ALL_SCOPES, PAGE
from tests.cli.command import Done, leadbell_here
from tests.config.builders import line_of
from tests.story.world import AD_ACCOUNT, World, a_world

RULES = """
version: 1
sources:
  ads: {owner: sponsoredAccount:507857085, lead_types: [SPONSORED]}
  page: {owner: organization:12345678, lead_types: [EVENT]}
names:
  forms: {demo-request: 6083, webinar: 6177}
  campaigns: {spring: 367378525}
people:
  anna: {slack: anna@example.com}
  ben: {slack: U0BEN}
rules:
  - name: Germany
    when: {country: DE}
    post: ["#leads-dach", anna]
    owner: anna
  - name: Events
    when: {lead_type: EVENT}
    post: nobody
    digest: daily
  - name: Everything else
    post: "#leads-all"
server: {host: 127.0.0.1, port: 0}
database: ${DATABASE_URL}
linkedin:
  client_id: ${LINKEDIN_CLIENT_ID}
  client_secret: ${LINKEDIN_CLIENT_SECRET}
  access_token: ${LINKEDIN_ACCESS_TOKEN:-}
  api_url: ${LINKEDIN_API_URL}
  auth_url: ${LINKEDIN_API_URL}
slack:
  bot_token: ${SLACK_BOT_TOKEN:-}
  signing_secret: ${SLACK_SIGNING_SECRET}
  api_url: ${SLACK_API_URL}
  admin_channel: "#admin"
digests: {daily: {at: 09:00, post: "#leads-list"}}
"""
QUESTION = (Question(10, "E-mail", "Email", "EMAIL"),)
NOWHERE = "http://127.0.0.1:9"


@asynccontextmanager
async def everything(folder: Path, rules: str = RULES) -> AsyncIterator[World]:
    """All that RULES names exists."""
    async with a_world(folder, rules) as world:
        world.linkedin.add_account(id=507857085, name="Nordwind EMEA", organization=PAGE)
        world.linkedin.add_organization(id=12345678, name="Nordwind")
        world.linkedin.add_role(organization=PAGE, role="ADMINISTRATOR")
        world.slack.add_channel(name="leads-list")
        world.linkedin.add_form(id=6177, name="Webinar", owner=PAGE, questions=QUESTION)
        yield world


async def check(world: World, folder: Path, **environment: str) -> Done:
    """`leadbell check --online` of the file, with these variables in place of the world's."""
    return await leadbell_here("check", "--online", folder=folder, environment={**world.environment, **environment})


def places(done: Done) -> list[str]:
    """`LINE: what` of each problem that was printed."""
    lines = [line.removeprefix("config.yaml:") for line in done.out.splitlines() if ": " in line]
    return [f"{line.partition(':')[0]}:{line.partition(': ')[2]}" for line in lines if line[0].isdigit()]


async def test_where_everything_exists_nothing_is_said_and_nothing_is_changed(tmp_path: Path) -> None:
    async with everything(tmp_path) as world:
        done = await check(world, tmp_path)

        assert (done.code, done.err) == (0, "")
        assert done.out == "config.yaml: fine. 3 rules, 2 people, 2 sources.\n"
        assert {request.method for request in world.linkedin.requests} == {"GET"}
        assert {call.method for call in world.slack.calls} <= {
            *("auth.test", "conversations.list", "users.lookupByEmail", "users.info")
        }


async def test_without_the_option_nobody_is_asked(tmp_path: Path) -> None:
    async with everything(tmp_path, RULES.replace("#leads-all", "#no-such")) as world:
        done = await leadbell_here("check", folder=tmp_path, environment=world.environment)

        assert done.code == 0
        assert not world.slack.calls
        assert not world.linkedin.requests


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("#leads-dach", "#leads-dahc", "#leads-dahc: Slack shows no such channel to the app"),
        ('"#leads-all"', '"#no-such"', "#no-such: Slack shows no such channel to the app"),
        ('"#leads-list"', '"#no-such"', "#no-such: Slack shows no such channel to the app"),
        ('"#admin"', '"#no-such"', "#no-such: Slack shows no such channel to the app"),
        ("{slack: anna@example.com}", "{slack: ana@example.com}", "anna: Slack knows nobody by that address or id."),
        ("U0BEN", "U0BERT", "ben: Slack knows nobody by that address or id."),
        ("webinar: 6177", "webinar: 6178", "LinkedIn has no form 6178 (webinar)"),
        ("spring: 367378525", "spring: 99", "LinkedIn has no campaign 99 (spring) in the ad accounts under sources"),
        ("sponsoredAccount:507857085", "sponsoredAccount:1", "LinkedIn has no ad account 1, or does not show it"),
        ("organization:12345678", "organization:2", "LinkedIn has no Page 2, or does not show it"),
    ],
)
async def test_what_does_not_exist_is_an_error_with_its_line_and_what_to_do(
    tmp_path: Path, good: str, bad: str, said: str
) -> None:
    rules = RULES.replace(good, bad, 1)
    async with everything(tmp_path, rules) as world:
        done = await check(world, tmp_path)

    found = [line for line in places(done) if said in line]
    assert done.code == 1, done.out
    assert [line.partition(":")[0] for line in found] == [str(line_of(rules, bad))], done.out
    assert found[0].count(".") >= 2, "a hint follows"
    assert "well written, but" in done.out


async def test_json_lists_them_in_the_order_of_the_file_beside_the_file_s_own_problems(tmp_path: Path) -> None:
    rules = RULES.replace("#leads-all", "#no-such").replace("6177", "6178")
    async with everything(tmp_path, rules) as world:
        done = await leadbell_here("check", "--online", "--json", folder=tmp_path, environment=world.environment)

    assert isinstance(done.json, dict)
    found = [(each["file"], each["line"], each["severity"]) for each in done.json["problems"]]
    assert found == [
        ("config.yaml", line_of(rules, "6178"), "error"),
        ("config.yaml", line_of(rules, "#no-such"), "error"),
    ]


@pytest.mark.parametrize(
    ("changes", "line", "said"),
    [
        ({"is_archived": True}, '"#leads-dach"', "#leads-dach: It is archived"),
        ({"is_private": True, "is_bot_member": False}, '"#leads-dach"', "#leads-dach: Slack shows no such channel"),
    ],
)
async def test_a_channel_where_nothing_can_be_posted_is_an_error(
    tmp_path: Path, changes: dict[str, bool], line: str, said: str
) -> None:
    async with everything(tmp_path) as world:
        channel = world.slack.workspace.named("leads-dach")
        for name, value in changes.items():
            setattr(channel, name, value)
        done = await check(world, tmp_path)

    assert done.code == 1
    assert next(each for each in places(done) if said in each).startswith(f"{line_of(RULES, line)}:")


async def test_a_public_channel_that_the_app_can_join_is_fine(tmp_path: Path) -> None:
    async with everything(tmp_path) as world:
        channel = world.slack.workspace.named("leads-dach")
        assert channel is not None
        channel.is_bot_member = False
        world.slack.faults.add(Fault("auth.test", headers={"x-oauth-scopes": ALL_SCOPES}, times=99))
        done = await check(world, tmp_path)

    assert done.code == 0, done.out


# ── what could not be asked ──


async def test_without_tokens_it_says_what_was_not_asked_and_the_file_is_fine(tmp_path: Path) -> None:
    async with everything(tmp_path) as world:
        done = await check(world, tmp_path, SLACK_BOT_TOKEN="", LINKEDIN_ACCESS_TOKEN="")

    assert done.code == 0
    assert done.out.count("warning: ") == 2
    assert "Slack was not asked whether channels and people exist: SLACK_BOT_TOKEN is not set." in done.out
    assert "LinkedIn was not asked whether owners, forms and campaigns exist: there is no access token." in done.out
    assert "leadbell linkedin connect" in done.out


async def test_a_refused_token_is_one_warning_for_each_side(tmp_path: Path) -> None:
    async with everything(tmp_path) as world:
        done = await check(world, tmp_path, SLACK_BOT_TOKEN="xoxb-canary", LINKEDIN_ACCESS_TOKEN="AQX-canary")

    assert done.code == 0, done.out
    assert done.out.count("warning: ") == 2
    assert "canary" not in done.out + done.err


async def test_nobody_there_is_one_warning_for_each_side(tmp_path: Path) -> None:
    async with everything(tmp_path) as world:
        done = await check(world, tmp_path, SLACK_API_URL=f"{NOWHERE}/api/", LINKEDIN_API_URL=NOWHERE)

    assert done.code == 0, done.out
    assert done.out.count("warning: ") == 2, done.out


async def test_what_a_role_hides_is_a_warning_and_no_lie(tmp_path: Path) -> None:
    async with everything(tmp_path) as world:
        world.linkedin.forbid(AD_ACCOUNT)
        world.linkedin.forbid(PAGE)
        done = await check(world, tmp_path)

    said = "whether these owners and forms exist: ad account 507857085, Page 12345678, "
    assert done.code == 0, done.out
    assert done.out.count("warning: ") == 1
    assert said in done.out
    assert "leadbell doctor" in done.out


async def test_campaigns_without_an_ad_account_cannot_be_asked_for(tmp_path: Path) -> None:
    rules = RULES.replace("  ads: {owner: sponsoredAccount:507857085, lead_types: [SPONSORED]}\n", "")
    async with everything(tmp_path, rules) as world:
        done = await check(world, tmp_path)

    assert done.code == 0
    assert "whether these campaigns exist: spring; no ad account stands under sources" in done.out


async def test_it_ends_in_time_when_both_sides_hang(tmp_path: Path) -> None:
    async with everything(tmp_path) as world:
        for faults in (world.linkedin.faults, world.slack.faults):
            faults.add(Fault(hang=0.6, times=99))

        problems = await online_problems(world.config, world.environment, patience=timedelta(milliseconds=200))

    assert [problem.severity for problem in problems] == ["warning", "warning"]
    assert all("in time" in problem.message for problem in problems)


async def test_a_file_with_errors_is_mended_first(tmp_path: Path) -> None:
    async with everything(tmp_path) as world:
        (tmp_path / "config.yaml").write_text(RULES.replace("owner: anna", "owner: ana"), encoding="utf-8")
        done = await check(world, tmp_path)

        assert done.code == 1
        assert "Did you mean" in done.out
        assert not world.slack.calls


async def test_few_calls_are_spent_on_forms_that_the_owners_list(tmp_path: Path) -> None:
    async with everything(tmp_path) as world:
        await check(world, tmp_path)

        paths = [request.raw_path.partition("?")[0] for request in world.linkedin.requests]
        assert paths.count("/rest/leadForms") == 2, "one for each owner, none for each form"
        assert not [path for path in paths if path.startswith("/rest/leadForms/")]
