"""The stand-in answers and refuses as the real Slack does, so that a test that passes means something."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import aiohttp
import pytest
from aiohttp import web

from bot.sandbox.faults import Fault
from bot.sandbox.slack import SlackStandIn

TOKEN, SECRET = "xoxb-1", "shhh"


class Slack:
    """The stand-in and a caller of its API."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.time = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
        self.session = session
        self.standin = SlackStandIn(signing_secret=SECRET, bot_token=TOKEN, now=lambda: self.time)

    async def call(self, method: str, *, is_form: bool = False, token: str = TOKEN, **arguments: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        form, document = (arguments, None) if is_form else (None, arguments)
        async with self.session.post(self.standin.url + method, headers=headers, data=form, json=document) as response:
            return await response.json()

    async def post(self, text: str = "hello", **more: Any) -> Any:
        return await self.call("chat.postMessage", **{"channel": "#leads", "text": text, **more})


@asynccontextmanager
async def running() -> AsyncIterator[Slack]:
    async with aiohttp.ClientSession() as session:
        slack = Slack(session)
        slack.standin.add_user(id="U0ANNA", name="Anna", email="anna@example.com")
        slack.standin.add_channel(name="leads", id="C0LEADS")
        await slack.standin.start()
        try:
            yield slack
        finally:
            await slack.standin.stop()


BLOCKS = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "*Ana*"}},
    {
        "type": "actions",
        "block_id": "l1.0",
        "elements": [
            {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}, "value": "l1"},
            {
                "type": "static_select",
                "action_id": "more",
                "options": [{"text": {"type": "plain_text", "text": "Back"}, "value": "back"}],
            },
        ],
    },
]


@pytest.mark.parametrize(("token", "error"), [("", "not_authed"), ("xoxb-wrong", "invalid_auth")])
async def test_a_wrong_token_is_refused(token: str, error: str) -> None:
    async with running() as slack:
        assert await slack.call("auth.test", token=token) == {"ok": False, "error": error}


async def test_a_message_is_stored_as_sent_under_a_stamp_that_never_repeats() -> None:
    async with running() as slack:
        first, second = await slack.post("a &amp; b"), await slack.post()

        assert first["ok"]
        assert first["channel"] == "C0LEADS"
        assert first["ts"] == "1795424400.000000"
        assert second["ts"] == "1795424400.000100"
        assert [message.text for message in slack.standin.messages("leads")] == ["a &amp; b", "hello"]


async def test_forms_and_json_mean_the_same() -> None:
    async with running() as slack:
        answer = await slack.call(
            "chat.postMessage", is_form=True, channel="C0LEADS", text="x", blocks=json.dumps(BLOCKS)
        )

        assert answer["ok"]
        assert slack.standin.messages("#leads")[0].blocks[1]["block_id"] == "l1.0"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"text": ""}, "no_text"),
        ({"channel": "#nowhere"}, "channel_not_found"),
        ({"channel": ""}, "channel_not_found"),
        ({"channel": "#old"}, "is_archived"),
        ({"channel": "#other"}, "not_in_channel"),
        ({"channel": "#secret"}, "channel_not_found"),
        ({"channel": "U0GONE"}, "user_disabled"),
        ({"blocks": {}, "text": "x"}, None),
        ({"blocks": {"type": "section"}}, "invalid_blocks_format"),
        ({"blocks": [{"type": "nonsense"}]}, "invalid_blocks"),
        ({"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": ""}}]}, "invalid_blocks"),
        ({"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}]}, "invalid_blocks"),
        ({"blocks": [{"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}] * 11}]}, "invalid_blocks"),
        ({"blocks": [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}]}, "invalid_blocks"),
        ({"blocks": [{"type": "actions", "elements": []}]}, "invalid_blocks"),
        ({"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2900}}] * 5}, "msg_blocks_too_long"),
        ({"blocks": [{"type": "divider", "block_id": "a"}] * 2}, "invalid_blocks"),
        ({"metadata": {"event_type": "x"}}, "invalid_metadata_schema"),
        ({"metadata": "x"}, "invalid_metadata_format"),
    ],
)
async def test_what_slack_refuses_is_refused(arguments: dict[str, Any], error: str | None) -> None:
    async with running() as slack:
        slack.standin.add_channel(name="old", is_archived=True)
        slack.standin.add_channel(name="other", is_bot_member=False)
        slack.standin.add_channel(name="secret", is_private=True, is_bot_member=False)
        slack.standin.add_user(id="U0GONE", name="Gone", email="gone@example.com", is_deleted=True)

        answer = await slack.post(**arguments)

        assert answer.get("error") == error
        if error == "invalid_blocks":
            assert "[json-pointer:/blocks" in answer["errors"][0]


async def test_an_edit_changes_the_message_and_keeps_what_it_does_not_name() -> None:
    async with running() as slack:
        metadata = {"event_type": "x", "event_payload": {"id": "1"}}
        posted = await slack.post(blocks=BLOCKS, metadata=metadata)

        answer = await slack.call("chat.update", channel="C0LEADS", ts=posted["ts"], text="after")

        (message,) = slack.standin.messages("leads")
        assert answer["ok"]
        assert (message.text, message.edited, message.revision, len(message.blocks)) == ("after", True, 1, 2)
        assert message.metadata == metadata


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"text": "x" * 4001}, "msg_too_long"),
        ({"ts": "1.000000"}, "message_not_found"),
        ({"channel": "#leads"}, "channel_not_found"),
    ],
)
async def test_an_edit_is_refused_where_slack_would(arguments: dict[str, Any], error: str) -> None:
    async with running() as slack:
        posted = await slack.post()

        answer = await slack.call("chat.update", **{"channel": "C0LEADS", "ts": posted["ts"], "text": "x", **arguments})

        assert answer["error"] == error


async def test_history_is_newest_first_in_pages_and_shows_metadata_only_when_asked() -> None:
    async with running() as slack:
        for number in range(5):
            await slack.post(str(number), metadata={"event_type": "x", "event_payload": {"n": number}})

        first = await slack.call("conversations.history", is_form=True, channel="C0LEADS", limit=3)
        cursor = first["response_metadata"]["next_cursor"]
        rest = await slack.call(
            "conversations.history",
            is_form=True,
            channel="C0LEADS",
            limit=3,
            cursor=cursor,
            include_all_metadata="true",
        )

        assert [message["text"] for message in first["messages"]] == ["4", "3", "2"]
        assert first["has_more"]
        assert first["messages"][0]["metadata"] == {"event_type": "x"}
        assert [message["metadata"]["event_payload"]["n"] for message in rest["messages"]] == [1, 0]
        assert rest["response_metadata"]["next_cursor"] == ""


async def test_history_is_bounded_by_stamps() -> None:
    async with running() as slack:
        stamps = [(await slack.post())["ts"] for _ in range(3)]

        async def count(**bounds: str) -> int:
            answer = await slack.call("conversations.history", is_form=True, channel="C0LEADS", **bounds)
            return len(answer["messages"])

        assert await count(oldest=stamps[0]) == 2
        assert await count(oldest=stamps[0], inclusive="1") == 3
        assert await count(oldest=stamps[1], latest=stamps[1], inclusive="true") == 1
        assert await count(latest=stamps[2]) == 2


async def test_threads_are_apart_from_the_channel() -> None:
    async with running() as slack:
        parent = (await slack.post("parent"))["ts"]
        await slack.post("answer", thread_ts=parent)

        top = await slack.call("conversations.history", channel="C0LEADS")
        thread = await slack.call("conversations.replies", channel="C0LEADS", ts=parent)

        assert [message["text"] for message in top["messages"]] == ["parent"]
        assert [message["text"] for message in thread["messages"]] == ["parent", "answer"]


async def test_a_message_with_answers_is_marked_and_they_can_be_bounded() -> None:
    async with running() as slack:
        parent = (await slack.post("parent"))["ts"]
        stamps = [(await slack.post(f"answer {number}", thread_ts=parent))["ts"] for number in range(2)]

        thread = await slack.call("conversations.replies", is_form=True, channel="C0LEADS", ts=parent, oldest=stamps[0])
        top = await slack.call("conversations.history", channel="C0LEADS")

        assert [message["text"] for message in thread["messages"]] == ["parent", "answer 1"]
        assert [message["thread_ts"] for message in top["messages"]] == [parent]


@pytest.mark.parametrize(("which", "error"), [("gone", "thread_not_found"), ("answer", "cannot_reply_to_message")])
async def test_only_a_message_of_the_channel_itself_can_be_answered(which: str, error: str) -> None:
    async with running() as slack:
        parent = (await slack.post("parent"))["ts"]
        answer = (await slack.post("answer", thread_ts=parent))["ts"]

        refused = await slack.post("x", thread_ts=answer if which == "answer" else "1.000000")

        assert refused["error"] == error
        assert len(slack.standin.messages("leads")) == 2


async def test_a_thread_of_a_channel_without_the_app_is_not_shown() -> None:
    async with running() as slack:
        parent = (await slack.post("parent"))["ts"]
        slack.standin.channels["C0LEADS"].is_bot_member = False

        answer = await slack.call("conversations.replies", channel="C0LEADS", ts=parent)

        assert answer["error"] == "not_in_channel"


def _text(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


ENTRY = {"text": _text("Won"), "value": "won"}
GROUP = {"label": _text("Ends"), "options": [ENTRY]}
DIALOG = {name: _text("Sure?") for name in ("title", "text", "confirm", "deny")}


@pytest.mark.parametrize(
    ("element", "is_fine"),
    [
        ({"type": "static_select", "option_groups": [GROUP, GROUP]}, True),
        ({"type": "static_select", "option_groups": [GROUP], "options": [ENTRY]}, False),
        ({"type": "static_select", "option_groups": []}, False),
        ({"type": "static_select", "option_groups": [GROUP] * 101}, False),
        ({"type": "static_select", "option_groups": ["x"]}, False),
        ({"type": "static_select", "option_groups": [{**GROUP, "options": []}]}, False),
        ({"type": "static_select", "option_groups": [{**GROUP, "label": _text("x" * 76)}]}, False),
        ({"type": "static_select", "option_groups": [{"options": [ENTRY]}]}, False),
        ({"type": "overflow", "option_groups": [GROUP]}, False),
        ({"type": "static_select", "options": [ENTRY], "confirm": DIALOG}, True),
        ({"type": "button", "text": _text("Undo"), "confirm": DIALOG}, True),
        ({"type": "button", "text": _text("Undo"), "confirm": "sure?"}, False),
        ({"type": "button", "text": _text("Undo"), "confirm": {**DIALOG, "title": _text("x" * 101)}}, False),
        ({"type": "button", "text": _text("Undo"), "confirm": {**DIALOG, "text": _text("x" * 301)}}, False),
        ({"type": "button", "text": _text("Undo"), "confirm": {**DIALOG, "deny": _text("x" * 31)}}, False),
        ({"type": "button", "text": _text("Undo"), "confirm": {"title": _text("Sure?")}}, False),
    ],
)
async def test_menus_with_groups_and_questions_have_their_limits(element: dict[str, Any], is_fine: bool) -> None:
    async with running() as slack:
        answer = await slack.post(blocks=[{"type": "actions", "elements": [{"action_id": "a", **element}]}])

        assert answer.get("error") == (None if is_fine else "invalid_blocks")


async def test_channels_are_listed_joined_and_described() -> None:
    async with running() as slack:
        slack.standin.add_channel(name="other", id="C0OTHER", is_bot_member=False)
        slack.standin.add_channel(name="secret", id="G0SECRET", is_private=True)
        slack.standin.add_channel(name="old", is_archived=True)

        public = await slack.call("conversations.list", is_form=True, exclude_archived="true")
        every = await slack.call("conversations.list", is_form=True, types="public_channel,private_channel")
        joined = await slack.call("conversations.join", is_form=True, channel="C0OTHER")
        again = await slack.call("conversations.join", is_form=True, channel="C0OTHER")
        private = await slack.call("conversations.join", is_form=True, channel="G0SECRET")
        about = await slack.call("conversations.info", is_form=True, channel="C0OTHER")

        assert [channel["name"] for channel in public["channels"]] == ["leads", "other"]
        assert [channel["name"] for channel in every["channels"]] == ["leads", "other", "secret", "old"]
        assert joined["channel"]["is_member"]
        assert again["warning"] == "already_in_channel"
        assert private["error"] == "method_not_supported_for_channel_type"
        assert about["channel"]["name"] == "other"


async def test_members_are_found_and_written_to() -> None:
    async with running() as slack:
        slack.standin.add_user(id="U0GUEST", name="Guest", email="g@example.com", is_guest=True)

        found = await slack.call("users.lookupByEmail", is_form=True, email="ANNA@example.com")
        missing = await slack.call("users.lookupByEmail", is_form=True, email="x@example.com")
        listed = await slack.call("users.list", is_form=True)
        opened = await slack.call("conversations.open", is_form=True, users="U0ANNA")
        posted = await slack.post(channel="U0ANNA")

        assert found["user"]["id"] == "U0ANNA"
        assert missing["error"] == "users_not_found"
        assert [member["is_restricted"] for member in listed["members"]] == [False, True]
        assert posted["channel"] == opened["channel"]["id"]
        assert slack.standin.channels[posted["channel"]].user == "U0ANNA"


async def test_a_private_answer_is_seen_by_one_member_only() -> None:
    async with running() as slack:
        told = await slack.call("chat.postEphemeral", channel="C0LEADS", user="U0ANNA", text="psst")
        stranger = await slack.call("chat.postEphemeral", channel="C0LEADS", user="U0X", text="psst")

        assert told["message_ts"] == slack.standin.private[0].ts
        assert slack.standin.private[0].user == "U0ANNA"
        assert stranger["error"] == "user_not_in_channel"
        assert slack.standin.messages("leads") == []


async def test_a_method_that_does_not_exist_is_refused_and_every_call_is_kept() -> None:
    async with running() as slack:
        answer = await slack.call("chat.shout", text="x")

        assert answer["error"] == "unknown_method"
        assert (slack.standin.calls[0].method, slack.standin.calls[0].arguments) == ("chat.shout", {"text": "x"})


async def test_whoever_watches_hears_of_every_visible_change() -> None:
    async with running() as slack:
        heard: list[int] = []
        slack.standin.subscribe(lambda: heard.append(1))

        posted = await slack.post()
        await slack.call("chat.update", channel="C0LEADS", ts=posted["ts"], text="x")
        await slack.call("chat.postEphemeral", channel="C0LEADS", user="U0ANNA", text="x")
        await slack.call("conversations.history", channel="C0LEADS")

        assert len(heard) == 3


async def test_a_burst_of_three_and_then_one_a_second_is_the_pace() -> None:
    async with running() as slack:
        for _ in range(3):
            await slack.post()
        for _ in range(2):
            slack.time += timedelta(seconds=1)
            await slack.post()
        assert slack.standin.pace_violations == []

        await slack.post()

        assert slack.standin.pace_violations == ["C0LEADS"]


async def test_in_strict_mode_what_comes_too_fast_is_limited() -> None:
    async with running() as slack:
        slack.standin.is_strict = True
        for _ in range(3):
            await slack.post()

        assert (await slack.post())["error"] == "ratelimited"
        assert len(slack.standin.messages("leads")) == 3

        slack.time += timedelta(seconds=1)
        assert (await slack.post())["ok"]


async def test_faults_come_by_method_and_a_cut_connection_may_have_had_its_effect() -> None:
    async with running() as slack:
        slack.standin.faults.add(Fault("chat.postMessage", drop="before"))
        slack.standin.faults.add(Fault("chat.postMessage", drop="after"))
        assert (await slack.call("auth.test"))["ok"]

        for seen in (0, 1):
            with pytest.raises(aiohttp.ClientError):
                await slack.post()
            assert len(slack.standin.messages("leads")) == seen


class App:
    """An app that answers presses with `status` and keeps them."""

    def __init__(self) -> None:
        self.status = 200
        self.requests: list[tuple[dict[str, str], bytes]] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.requests.append((dict(request.headers), await request.read()))
        return web.Response(status=self.status)


@asynccontextmanager
async def an_app(slack: Slack) -> AsyncIterator[App]:
    app, server = App(), web.Application()
    server.router.add_post("/slack/events", app.answer)
    runner = web.AppRunner(server, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.standin.request_url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    try:
        yield app
    finally:
        await runner.cleanup()


async def test_a_press_is_a_signed_form_made_from_the_message_that_is_shown() -> None:
    async with running() as slack, an_app(slack) as app:
        ts = (await slack.post(blocks=BLOCKS))["ts"]

        status = await slack.standin.press(user="U0ANNA", channel="C0LEADS", ts=ts, action_id="go")

        headers, body = app.requests[0]
        base = f"v0:{headers['X-Slack-Request-Timestamp']}:".encode() + body
        assert headers["X-Slack-Signature"] == "v0=" + hmac.new(SECRET.encode(), base, hashlib.sha256).hexdigest()
        told = json.loads(parse_qs(body.decode())["payload"][0])
        assert status == 200
        assert (told["type"], told["user"]["id"], told["channel"]["id"]) == ("block_actions", "U0ANNA", "C0LEADS")
        assert (told["actions"][0]["value"], told["actions"][0]["block_id"]) == ("l1", "l1.0")


async def test_a_menu_tells_the_chosen_option() -> None:
    async with running() as slack, an_app(slack) as app:
        ts = (await slack.post(blocks=BLOCKS))["ts"]

        for option in ("back", "Back"):
            await slack.standin.press(user="U0ANNA", channel="leads", ts=ts, action_id="more", option=option)

        for _, body in app.requests:
            told = json.loads(parse_qs(body.decode())["payload"][0])
            assert told["actions"][0]["selected_option"]["value"] == "back"


async def test_an_entry_of_a_group_can_be_chosen() -> None:
    async with running() as slack, an_app(slack) as app:
        menu = {"type": "static_select", "action_id": "more", "option_groups": [GROUP]}
        ts = (await slack.post(blocks=[{"type": "actions", "elements": [menu]}]))["ts"]

        await slack.standin.press(user="U0ANNA", channel="leads", ts=ts, action_id="more", option="Won")

        told = json.loads(parse_qs(app.requests[0][1].decode())["payload"][0])
        assert told["actions"][0]["selected_option"] == ENTRY


@pytest.mark.parametrize(("action", "option"), [("gone", None), ("more", "never")])
async def test_nobody_can_press_what_is_not_shown(action: str, option: str | None) -> None:
    async with running() as slack:
        ts = (await slack.post(blocks=BLOCKS))["ts"]

        with pytest.raises(LookupError):
            await slack.standin.press(user="U0ANNA", channel="leads", ts=ts, action_id=action, option=option)


async def test_an_app_that_is_away_is_told_as_no_answer() -> None:
    async with running() as slack:
        ts = (await slack.post(blocks=BLOCKS))["ts"]
        async with an_app(slack) as app:
            app.status = 500
            assert await slack.standin.press(user="U0ANNA", channel="leads", ts=ts, action_id="go") == 500

        assert await slack.standin.press(user="U0ANNA", channel="leads", ts=ts, action_id="go") == 0
