"""How the link to Slack stands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.config.model import Config, Secret
from bot.core.findings import Finding, Verdict
from bot.destinations.slack.checkup import SlackCheckup
from bot.sandbox.faults import Fault
from bot.sandbox.slack import SlackStandIn
from tests.config.builders import a_file, good
from tests.findings import by_name, says

OK, WARNING, FAILED, SKIPPED = Verdict.OK, Verdict.WARNING, Verdict.FAILED, Verdict.SKIPPED

SCOPES = (
    *("chat:write", "users:read", "users:read.email", "channels:read", "channels:join", "channels:history"),
    *("groups:read", "groups:history", "im:write", "im:history"),
)
PEOPLE = "people: {anna: {slack: anna@example.com}, ben: {slack: U0BEN}}\n"
RULES = """
rules:
  - {name: A, when: {country: DE}, post: "#leads-dach", owner: anna}
  - {name: B, when: {country: NO}, post: [C0NORTH, ben]}
  - {name: C, post: "#leads-all"}
test_leads: {post: "#leads-test", owner: nobody}
"""
SLACK = "slack: {bot_token: '${T}', signing_secret: '${S}', admin_channel: '#admin'}\n"


@dataclass
class Workspace:
    """A workspace in which everything is as the file wants it."""

    slack: SlackStandIn
    config: Config

    def tell_scopes(self, *scopes: str) -> None:
        self.slack.faults.add(Fault("auth.test", headers={"x-oauth-scopes": ",".join(scopes)}))

    def change(self, **settings: object) -> None:
        assert self.config.slack is not None
        self.config = replace(self.config, slack=replace(self.config.slack, **settings))  # type: ignore[arg-type]

    async def look(self, **more: timedelta) -> dict[str, Finding]:
        return await by_name(SlackCheckup(config=self.config, **more).findings())  # type: ignore[arg-type]


@pytest.fixture
async def workspace(tmp_path: Path) -> AsyncIterator[Workspace]:
    slack = SlackStandIn(signing_secret="s", bot_token="xoxb-1", now=lambda: datetime.now(UTC))
    for name in ("leads-dach", "leads-all", "leads-test", "admin"):
        slack.add_channel(name=name)
    slack.add_channel(name="leads-nordics", id="C0NORTH")
    slack.add_user(id="U0ANNA", name="Anna", email="anna@example.com")
    slack.add_user(id="U0BEN", name="Ben", email="ben@example.com")
    await slack.start()
    config = good(tmp_path, a_file(people=PEOPLE, rules=RULES, slack=SLACK), {"T": "xoxb-1", "S": "0f" * 16})
    workspace = Workspace(slack, config)
    workspace.change(api_url=slack.url)
    try:
        yield workspace
    finally:
        await slack.stop()


async def test_where_all_is_well_each_link_says_so(workspace: Workspace) -> None:
    workspace.tell_scopes(*SCOPES)

    found = await workspace.look()

    assert {finding.verdict for finding in found.values()} == {OK}
    assert list(found) == [
        *("signing secret", "token", "scopes"),
        *("#leads-dach", "C0NORTH", "#leads-all", "#leads-test", "#admin"),
        "people",
    ]
    assert "anna, ben are found" in found["people"].found


async def test_a_file_without_slack_says_only_that(tmp_path: Path) -> None:
    config = good(tmp_path, a_file(rules="rules: [{name: A, post: nobody}]\n", slack=""))

    found = await by_name(SlackCheckup(config=config).findings())

    assert list(found) == ["slack"]
    says(found["slack"], SKIPPED, "no slack:")


# ── token and scopes ──


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("invalid_auth", "SLACK_BOT_TOKEN is wrong"),
        ("token_revoked", "install it again"),
        ("account_inactive", "install the app again"),
        ("not_allowed_token_type", "xoxb-"),
    ],
)
async def test_why_a_token_does_not_work_is_said(workspace: Workspace, code: str, words: str) -> None:
    workspace.slack.faults.add(Fault("auth.test", body=b'{"ok": false, "error": "%b"}' % code.encode()))

    found = await workspace.look()

    assert found["token"].verdict is FAILED
    assert words in found["token"].advice or "doctor" in found["token"].advice
    for name in ("scopes", "#leads-dach", "people"):
        says(found[name], SKIPPED, "The token comes first.")


async def test_a_persons_token_is_no_bots(workspace: Workspace) -> None:
    workspace.slack.faults.add(Fault("auth.test", body=b'{"ok": true, "user_id": "U0ANNA", "team": "Demo"}'))

    says((await workspace.look())["token"], FAILED, "It is a person's token")


async def test_a_slack_that_cannot_be_reached_is_said(workspace: Workspace) -> None:
    workspace.change(api_url="http://127.0.0.1:9/api/")

    says((await workspace.look())["token"], FAILED, "slack.api_url")


async def test_secrets_that_are_not_set_are_not_asked_about(workspace: Workspace) -> None:
    workspace.change(bot_token=Secret(""), signing_secret=Secret(""))

    found = await workspace.look()

    says(found["token"], SKIPPED, "SLACK_BOT_TOKEN is not set.")
    says(found["signing secret"], SKIPPED, "SLACK_SIGNING_SECRET is not set.")
    assert workspace.slack.calls == []


@pytest.mark.parametrize("secret", ["xoxb-1", "xapp-1", "0f0f 0f0f", "0f0f\n"])
async def test_what_cannot_be_a_signing_secret_is_said(workspace: Workspace, secret: str) -> None:
    workspace.change(signing_secret=Secret(secret))

    says((await workspace.look())["signing secret"], FAILED, "every button would be dead")


@pytest.mark.parametrize(
    ("missing", "verdict", "words"),
    [
        ("chat:write", FAILED, "nothing can be posted"),
        ("users:read.email", FAILED, "nobody is found by e-mail address"),
        ("channels:history", WARNING, "a card in doubt is posted twice"),
        ("im:history", WARNING, "Reinstall"),
    ],
)
async def test_a_missing_scope_is_named_with_what_is_lost(
    workspace: Workspace, missing: str, verdict: Verdict, words: str
) -> None:
    workspace.tell_scopes(*(scope for scope in SCOPES if scope != missing))

    finding = (await workspace.look())["scopes"]

    says(finding, verdict, words)
    assert f"Missing: {missing} " in finding.found


async def test_a_slack_that_tells_no_scopes_is_no_trouble(workspace: Workspace) -> None:
    says((await workspace.look())["scopes"], SKIPPED, "does not say which scopes")


# ── channels ──


async def test_a_public_channel_is_joined_by_itself_only_with_the_scope_for_it(workspace: Workspace) -> None:
    channel = workspace.slack.workspace.named("leads-all")
    assert channel is not None
    channel.is_bot_member = False

    workspace.tell_scopes(*SCOPES)
    may_join = await workspace.look()
    workspace.tell_scopes(*(scope for scope in SCOPES if scope != "channels:join"))
    may_not = await workspace.look()

    says(may_join["#leads-all"], OK, "joins it with its first lead")
    says(may_not["#leads-all"], FAILED, "/invite")
    assert not channel.is_bot_member, "looking joins nothing"


async def test_a_channel_known_by_its_id_is_looked_at_like_any_other(workspace: Workspace) -> None:
    workspace.slack.channels["C0NORTH"].is_archived = True
    archived = await workspace.look()
    del workspace.slack.channels["C0NORTH"]
    gone = await workspace.look()

    says(archived["C0NORTH"], FAILED, "archived")
    says(gone["C0NORTH"], FAILED, "no such channel")


async def test_without_the_scope_for_private_channels_the_public_ones_are_told_all_the_same(
    workspace: Workspace,
) -> None:
    refusal = b'{"ok": false, "error": "missing_scope", "needed": "groups:read"}'
    workspace.tell_scopes(*(scope for scope in SCOPES if scope != "groups:read"))
    workspace.slack.faults.add(Fault("conversations.list", body=refusal))
    workspace.slack.channels.pop(workspace.slack.workspace.named("leads-dach").id)  # type: ignore[union-attr]

    found = await workspace.look()

    says(found["#leads-all"], OK, "The app is in it.")
    says(found["#leads-dach"], WARNING, "If it is a private one")


async def test_channels_on_a_later_page_are_found(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.destinations.slack.checkup._PAGE", 2)

    says((await workspace.look())["#admin"], OK, "The app is in it.")


async def test_without_an_admin_channel_somebody_must_hear_of_trouble(workspace: Workspace) -> None:
    workspace.change(admin_channel="")

    says((await workspace.look())["admin channel"], WARNING, "tell nobody")


async def test_a_list_that_does_not_come_keeps_nobody_waiting(workspace: Workspace) -> None:
    workspace.slack.faults.add(Fault("conversations.list", hang=0.5))
    workspace.slack.faults.add(Fault("users.lookupByEmail", hang=0.5))

    async with asyncio.timeout(3):
        found = await workspace.look(most=timedelta(milliseconds=200))

    says(found["#leads-all"], SKIPPED, "Slack did not list its channels in time.")
    says(found["people"], SKIPPED, "did not tell in time")


# ── people ──


async def test_somebody_who_left_is_said_and_matters_more_where_a_rule_needs_them(workspace: Workspace) -> None:
    users = workspace.slack.users
    users["U0BEN"] = replace(users["U0BEN"], is_deleted=True)
    needed = await workspace.look()
    without_posts = tuple(replace(rule, then=replace(rule.then, post=(), owner="")) for rule in workspace.config.rules)
    workspace.config = replace(workspace.config, rules=without_posts)
    not_needed = await workspace.look()

    says(needed["ben"], FAILED, "switched off")
    says(needed["people"], OK, "anna is found.")
    says(not_needed["ben"], WARNING, "switched off")


async def test_many_people_are_one_line(workspace: Workspace) -> None:
    person = workspace.config.people.by_name["ben"]
    many = {f"p{number}": replace(person, name=f"p{number}") for number in range(9)}
    workspace.config = replace(workspace.config, people=replace(workspace.config.people, by_name=many))

    says((await workspace.look())["people"], OK, "p0, p1, p2 and 6 more are found.")


async def test_whom_slack_will_not_tell_of_is_skipped_with_its_reason(workspace: Workspace) -> None:
    workspace.slack.faults.add(Fault("users.lookupByEmail", status=429, headers={"Retry-After": "9"}))

    checkup = SlackCheckup(config=workspace.config)
    people = [finding async for finding in checkup.findings() if finding.name == "people"]

    assert [finding.verdict for finding in people] == [SKIPPED, OK]
    assert "ratelimited" in people[0].found
