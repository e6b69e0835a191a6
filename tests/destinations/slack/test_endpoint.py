"""A press counts when it is stored and never otherwise; nobody but Slack gets in; nothing makes a traceback."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from bot.core.delivery import DeliveryKind
from bot.core.errors import StoreUnavailable
from bot.core.lead import LeadState
from bot.core.people import People
from bot.destinations.slack.endpoint import slack_endpoint
from bot.sandbox.faults import Fault
from bot.sandbox.slack.workspace import TEAM_ID
from tests.destinations.slack.builders import (
    PEOPLE,
    SECRET,
    TOKEN,
    World,
    a_job,
    a_view,
    a_world,
    prepared,
    preparing,
    serving,
    until,
)

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


async def post(
    world: World,
    body: bytes,
    *,
    content_type: str = FORM,
    is_signed: bool = True,
    headers: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    sent = {"Content-Type": content_type, **(world.workspace.sign(body) if is_signed else {}), **(headers or {})}
    async with world.session.post(world.url, data=body, headers=sent) as response:
        return response.status, await response.text()


async def post_json(world: World, payload: object) -> tuple[int, str]:
    return await post(world, json.dumps(payload).encode(), content_type=JSON)


async def a_posted_card(world: World, state: LeadState = LeadState.ASSIGNED) -> str:
    receipt = await world.slack.destination.send(a_job(view=a_view(state, owner="anna")))
    return receipt.message


def payload(world: World, ts: str, **changes: Any) -> dict[str, Any]:
    made = world.workspace.press_payload(user="U0ANNA", channel="#leads", ts=ts, action_id="lead_claim")
    return {**made, **changes}


@pytest.mark.parametrize(
    ("state", "action", "option", "word"),
    [
        (LeadState.UNASSIGNED, "lead_claim", None, "claim"),
        (LeadState.CLAIMED, "lead_contacted", None, "contacted"),
        (LeadState.CONTACTED, "lead_more", "give_back", "give_back"),
        (LeadState.CONTACTED, "lead_more", "Give back", "give_back"),
    ],
)
async def test_each_button_reaches_the_desk_with_who_pressed_what(
    state: LeadState, action: str, option: str | None, word: str
) -> None:
    async with a_world() as world:
        ts = await a_posted_card(world, state)

        async with prepared(world):
            status = await world.workspace.press(
                user="U0ANNA", channel="#leads", ts=ts, action_id=action, option=option
            )

        ((pressed, press),) = world.desk.presses
        assert (status, pressed, press.lead, press.channel) == (200, word, "l1jrd5kz9hq2m8x", "C0LEADS")
        assert (press.actor.user, press.actor.person, press.actor.is_outsider) == ("U0ANNA", "anna", False)


@pytest.mark.parametrize(
    ("option", "word", "detail"),
    [
        ("meeting", "meeting", ""),
        ("won", "won", ""),
        ("Lost", "lost", ""),
        ("junk:competitor", "junk", "competitor"),
        ("Junk: student or job seeker", "junk", "student or job seeker"),
    ],
)
async def test_an_outcome_reaches_the_desk_with_its_reason(option: str, word: str, detail: str) -> None:
    async with a_world() as world:
        ts = await a_posted_card(world, LeadState.CLAIMED)

        status = await world.workspace.press(
            user="U0ANNA", channel="#leads", ts=ts, action_id="lead_more", option=option
        )

        ((pressed, press),) = world.desk.presses
        assert (status, pressed, press.detail, press.lead) == (200, word, detail, "l1jrd5kz9hq2m8x")


async def test_two_reasons_for_junk_are_two_presses() -> None:
    async with a_world() as world:
        ts = await a_posted_card(world)
        chosen = {"action_id": "lead_more", "type": "static_select", "block_id": "l1.0", "action_ts": "1.0"}

        for reason in ("competitor", "not a buyer"):
            action = {**chosen, "selected_option": {"value": f"junk:{reason}"}}
            await world.workspace.post_payload(payload(world, ts, actions=[action]))

        first, second = (press.key for _, press in world.desk.presses)
        assert first != second


async def test_undo_reaches_the_desk_with_the_version_and_who_pressed() -> None:
    async with a_world() as world, prepared(world):
        notice = a_job(DeliveryKind.NOTICE, text="Ben gets DACH now.", undo="v7")
        ts = (await world.slack.destination.send(notice)).message

        status = await world.workspace.press(user="U0BEN", channel="#leads", ts=ts, action_id="config_undo")

        ((version, press),) = world.desk.undone
        assert (status, version, press.channel) == (200, "v7", "C0LEADS")
        assert (press.actor.user, press.actor.person) == ("U0BEN", "ben")
        assert press.key.endswith(":U0BEN:config_undo")
        assert world.desk.presses == []


async def test_a_manager_who_is_not_known_yet_is_recognised_before_an_undo_is_decided() -> None:
    async with a_world() as world:
        ts = (await world.slack.destination.send(a_job(DeliveryKind.NOTICE, text="x", undo="v7"))).message
        world.workspace.faults.add(Fault("users.lookupByEmail", status=503))
        async with preparing(world.slack):
            await until(lambda: "users.lookupByEmail" in world.methods())

            await world.workspace.press(user="U0ANNA", channel="#leads", ts=ts, action_id="config_undo")

        assert world.desk.undone[0][1].actor.person == "anna"


async def test_an_undo_that_was_not_stored_is_answered_with_500() -> None:
    async with a_world() as world:
        ts = (await world.slack.destination.send(a_job(DeliveryKind.NOTICE, text="x", undo="v7"))).message
        world.desk.failure = StoreUnavailable("busy")

        assert await world.workspace.press(user="U0BEN", channel="#leads", ts=ts, action_id="config_undo") == 500


@pytest.mark.parametrize("value", ["", "a b", "<v7>", "v" * 101, {"not": "text"}, None])
async def test_an_undo_of_no_version_is_acknowledged_and_does_nothing(value: object) -> None:
    async with a_world() as world:
        ts = await a_posted_card(world)
        action = {"action_id": "config_undo", "type": "button", "value": value, "block_id": "b", "action_ts": "1.0"}

        assert await world.workspace.post_payload(payload(world, ts, actions=[action])) == 200
        assert world.desk.undone == []


async def test_a_person_of_another_company_is_an_outsider() -> None:
    async with a_world() as world:
        world.workspace.add_user(id="U0ELSE", name="Else", email="else@other.example", team="T0OTHER")
        ts = await a_posted_card(world)

        await world.workspace.press(user="U0ELSE", channel="#leads", ts=ts, action_id="lead_claim")

        assert world.desk.presses[0][1].actor.is_outsider


@pytest.mark.parametrize(("people", "is_outsider"), [(People(), True), (PEOPLE, False)])
async def test_a_guest_is_an_outsider_where_the_file_names_nobody(people: People, is_outsider: bool) -> None:
    async with a_world(people=people) as world:
        world.workspace.add_user(id="U0GUEST", name="Guest", email="guest@example.com", is_guest=True)
        ts = await a_posted_card(world)

        async with preparing(world.slack):
            await world.workspace.press(user="U0GUEST", channel="#leads", ts=ts, action_id="lead_claim")

        assert world.desk.presses[0][1].actor.is_outsider is is_outsider


async def test_who_joined_a_moment_ago_is_recognised_at_their_first_press() -> None:
    async with a_world(people=People()) as world, preparing(world.slack):
        ts = await a_posted_card(world)
        await until(lambda: not world.slack.directory.is_outsider("U0ANNA"))
        world.workspace.add_user(id="U0NEW", name="New", email="new@example.com")

        await world.workspace.press(user="U0NEW", channel="#leads", ts=ts, action_id="lead_claim")

        assert not world.desk.presses[0][1].actor.is_outsider


@pytest.mark.parametrize("status", [503, 429])
async def test_a_person_whom_slack_would_not_name_at_the_start_is_recognised_at_their_first_press(status: int) -> None:
    async with a_world() as world:
        world.workspace.faults.add(Fault("users.lookupByEmail", status=status))
        ts = await a_posted_card(world)
        async with preparing(world.slack):
            await until(lambda: "users.lookupByEmail" in world.methods())

            await world.workspace.press(user="U0ANNA", channel="#leads", ts=ts, action_id="lead_claim")

        assert world.desk.presses[0][1].actor.person == "anna"


async def test_a_press_does_not_wait_for_a_slack_that_hangs() -> None:
    async with a_world() as world:
        world.workspace.faults.add(Fault("users.", hang=60, times=9))
        ts = await a_posted_card(world)
        async with preparing(world.slack):
            await until(lambda: "users.lookupByEmail" in world.methods())

            status = await world.workspace.press(user="U0ANNA", channel="#leads", ts=ts, action_id="lead_claim")

        assert (status, world.desk.presses[0][1].actor.person) == (200, "")


async def test_slack_is_not_asked_about_a_stranger_where_everybody_is_known() -> None:
    async with a_world() as world, prepared(world):
        world.workspace.add_user(id="U0SAM", name="Sam", email="sam@example.com")
        ts = await a_posted_card(world)

        await world.workspace.press(user="U0SAM", channel="#leads", ts=ts, action_id="lead_claim")

        assert world.desk.presses[0][1].actor.person == ""
        assert "users.info" not in world.methods()


async def test_slack_is_not_asked_about_a_person_of_another_company() -> None:
    async with a_world(people=People()) as world, preparing(world.slack):
        ts = await a_posted_card(world)
        await until(lambda: not world.slack.directory.is_outsider("U0ANNA"))
        world.workspace.add_user(id="U0LATE", name="Late", email="late@other.example", team="T0OTHER")

        await world.workspace.press(user="U0LATE", channel="#leads", ts=ts, action_id="lead_claim")

        assert world.desk.presses[0][1].actor.is_outsider
        assert "users.info" not in world.methods()


async def test_the_same_press_carries_the_same_key_and_another_press_another() -> None:
    async with a_world() as world:
        ts = await a_posted_card(world)
        first, second = payload(world, ts), payload(world, ts)

        for sent in (first, first, second):
            assert await world.workspace.post_payload(sent) == 200

        keys = [press.key for _, press in world.desk.presses]
        assert keys[0] == keys[1] != keys[2]


@pytest.mark.parametrize("failure", [StoreUnavailable("busy"), RuntimeError("a bug")])
async def test_a_press_that_was_not_stored_is_answered_with_500(failure: Exception) -> None:
    async with a_world() as world:
        ts = await a_posted_card(world)
        world.desk.failure = failure

        assert await world.workspace.post_payload(payload(world, ts)) == 500

        world.desk.failure = None
        assert await world.workspace.post_payload(payload(world, ts)) == 200


async def test_a_press_asks_slack_nothing() -> None:
    async with a_world() as world:
        ts = await a_posted_card(world)
        before = world.methods()
        world.workspace.faults.add(Fault("", hang=60))

        assert await world.workspace.post_payload(payload(world, ts)) == 200
        assert world.methods() == before


@pytest.mark.parametrize(
    "action",
    [
        {"action_id": "open_in_crm", "type": "button", "url": "https://crm.example"},
        {"action_id": "lead_handover", "type": "button", "value": "l1"},
        {"action_id": "lead_claim", "type": "button"},
        {"action_id": "lead_claim", "type": "button", "value": "no lead's id <script>"},
        {"action_id": "lead_claim", "type": "button", "value": {"not": "text"}},
        {"action_id": "lead_more", "type": "static_select", "selected_option": None},
        {"action_id": "lead_more", "type": "static_select", "selected_option": {"value": "delete_all"}},
        {"action_id": "lead_more", "type": "static_select", "selected_option": {"value": "junk"}},
        {"action_id": "lead_more", "type": "static_select", "selected_option": {"value": "junk:"}},
        {"action_id": "lead_more", "type": "static_select", "selected_option": {"value": "junk:<!channel>"}},
        {"action_id": "lead_more", "type": "static_select", "selected_option": {"value": "won:competitor"}},
        {"action_id": "lead_more", "type": "static_select", "selected_option": {"value": "give_back:x"}},
    ],
)
async def test_other_and_old_buttons_are_acknowledged_and_do_nothing(action: dict[str, Any]) -> None:
    async with a_world() as world:
        ts = await a_posted_card(world)
        sent = payload(world, ts, actions=[{"block_id": "l1.0", "action_ts": "1.0", **action}])

        assert await world.workspace.post_payload(sent) == 200
        assert world.desk.presses == []


async def test_the_card_in_the_payload_is_not_believed() -> None:
    async with a_world() as world:
        ts = await a_posted_card(world)
        sent = payload(world, ts)
        sent["message"]["blocks"] = [{"type": "actions", "elements": [{"value": "l-forged"}]}]

        await world.workspace.post_payload(sent)

        assert world.desk.presses[0][1].lead == "l1jrd5kz9hq2m8x"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"payload=notjson", FORM),
        (b"payload=%7B%7D", FORM),
        (b"ssl_check=1&token=x", FORM),
        (b"\xff\xfe", FORM),
        (b"", FORM),
        (b'{"type":"url_verification","challenge":"x"}', JSON),
    ],
)
async def test_without_a_signature_everything_is_refused_before_it_is_read(body: bytes, content_type: str) -> None:
    async with a_world() as world:
        assert (await post(world, body, content_type=content_type, is_signed=False))[0] == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Slack-Request-Timestamp": "soon"},
        {"X-Slack-Request-Timestamp": "1"},
        {"X-Slack-Signature": "v0=00"},
        {"X-Slack-Signature": "v0=\u00e9"},
    ],
)
async def test_a_broken_signature_is_401_and_never_500(headers: dict[str, str]) -> None:
    async with a_world() as world:
        assert (await post(world, b"payload={}", headers=headers))[0] == 401


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"payload=notjson", FORM),
        (b"payload=%5B%5D", FORM),
        (b"payload=null", FORM),
        (b"payload=1", FORM),
        (b"\xff\xfe", FORM),
        (b"", FORM),
        (b"{", JSON),
        (b"[]", JSON),
        (b"null", JSON),
        (b"{}", JSON),
        (b'payload={"user":7,"team":7}', FORM),
    ],
)
async def test_signed_junk_is_400(body: bytes, content_type: str) -> None:
    async with a_world() as world:
        assert (await post(world, body, content_type=content_type))[0] == 400


async def test_a_charset_that_nobody_knows_does_not_matter() -> None:
    async with a_world() as world:
        ts = await a_posted_card(world)
        body = urlencode({"payload": json.dumps(payload(world, ts))}).encode()

        assert (await post(world, body, content_type=FORM + "; charset=klingon"))[0] == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"user": None},
        {"user": "U0ANNA"},
        {"channel": None},
        {"actions": []},
        {"actions": None},
        {"actions": "lead_claim"},
        {"type": "view_submission"},
        {"type": "something_new"},
    ],
)
async def test_a_signed_payload_of_an_odd_shape_is_no_press_and_no_traceback(changes: dict[str, Any]) -> None:
    async with a_world() as world:
        ts = await a_posted_card(world)

        status = await world.workspace.post_payload(payload(world, ts, **changes))

        assert status in {200, 400}
        assert world.desk.presses == []


ODD: list[object] = [
    None,
    7,
    "x",
    True,
    [],
    [7],
    [[]],
    {},
    {"id": 7},
    {"type": 7},
    {"callback_id": 7},
    {"callback_id": "x"},
]
KINDS: list[object] = [
    "block_actions",
    "view_submission",
    "view_closed",
    "event_callback",
    "message_action",
    "workflow_step_edit",
    "block_suggestion",
    None,
    [],
]
PLACES = ["view", "event", "command", "callback_id", "action_id", "authorizations", "message", "enterprise"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", KINDS)
async def test_signed_junk_of_every_kind_is_the_senders_fault_and_leaves_no_stack(
    kind: object, place: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with a_world() as world:
        for odd in ODD:
            sent = {"type": kind, "user": {"id": "U0ANNA"}, "team": {"id": TEAM_ID}, place: odd}

            assert await world.workspace.post_payload(sent) in {200, 400}

        assert world.desk.presses == []
    assert not [record for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR]


@pytest.mark.parametrize("view", [None, 7, "x", [], {"callback_id": "x"}])
async def test_a_modal_that_is_none_is_400(view: object) -> None:
    async with a_world() as world:
        assert await world.workspace.post_payload({"type": "view_submission", "view": view}) == 400


async def test_a_bug_of_ours_is_500_with_its_stack_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async with a_world() as world:
        ts = await a_posted_card(world)
        world.desk.failure = TypeError("a bug")

        assert await world.workspace.post_payload(payload(world, ts)) == 500

    assert [record.message for record in caplog.records if record.exc_info] == ["slack listener failed"]


@pytest.mark.parametrize("is_signed", [False, True])
@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_body_that_cannot_be_unpacked_is_400_without_a_stack(
    is_signed: bool, encoding: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with a_world() as world:
        headers = {"Content-Encoding": encoding}

        assert (await post(world, b"hello" * 99, is_signed=is_signed, headers=headers))[0] == 400

        ts = await a_posted_card(world)
        assert await world.workspace.post_payload(payload(world, ts)) == 200
    assert not [record for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR]


async def test_the_address_is_verified() -> None:
    async with a_world() as world:
        status, text = await post_json(world, {"type": "url_verification", "token": "x", "challenge": "3eZbrw1a"})

        assert (status, json.loads(text)) == (200, {"challenge": "3eZbrw1a"})


@pytest.mark.parametrize("kind", ["app_home_opened", "channel_rename", "app_uninstalled", "tokens_revoked", "message"])
async def test_events_are_acknowledged(kind: str) -> None:
    async with a_world() as world:
        event = {"type": kind, "user": "U0ANNA", "channel": "C0LEADS", "tab": "home", "event_ts": "1.0"}
        body = {"type": "event_callback", "team_id": TEAM_ID, "event": event, "event_id": "Ev1", "event_time": 1}

        assert (await post_json(world, body))[0] == 200


async def test_the_notice_of_too_many_events_is_acknowledged() -> None:
    async with a_world() as world:
        body = {"type": "app_rate_limited", "team_id": TEAM_ID, "minute_rate_limited": 1, "api_app_id": "A1"}

        assert (await post_json(world, body))[0] == 200


async def test_a_command_gets_a_short_answer() -> None:
    async with a_world() as world:
        form = {"command": "/leads", "text": "", "team_id": TEAM_ID, "user_id": "U0ANNA", "channel_id": "C0LEADS"}

        status, text = await post(world, urlencode(form).encode())

        assert status == 200
        assert "leadbell leads" in text


async def test_variables_that_bolt_reads_by_itself_change_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET", "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"):
        monkeypatch.setenv(name, "from-the-environment")

    async with a_world() as world:
        ts = await a_posted_card(world)

        assert await world.workspace.post_payload(payload(world, ts)) == 200
        assert world.methods() == ["chat.postMessage"]


async def test_no_log_line_holds_what_slack_sent(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with a_world() as world:
        ts = await a_posted_card(world)
        sent = payload(world, ts, response_url="https://hooks.slack.com/actions/very-secret")
        await world.workspace.post_payload(sent)
        await world.workspace.post_payload({**sent, "type": "something_new"})
        world.desk.failure = StoreUnavailable("busy")
        await world.workspace.post_payload(sent)

        ours = [record for record in caplog.records if not record.name.startswith("asyncio")]
        logged = " ".join(f"{record.getMessage()} {record.__dict__}" for record in ours)
        assert "very-secret" not in logged
        assert "Ana" not in logged


async def test_a_body_that_never_comes_does_not_hold_the_connection() -> None:
    async with a_world() as world:
        endpoint = slack_endpoint(
            desk=world.desk,
            directory=world.slack.directory,
            identity=world.slack.identity,
            signing_secret=SECRET,
            bot_token=TOKEN,
            api_url=world.workspace.url,
            session=world.session,
            now=world.clock,
            body_deadline=timedelta(seconds=0.1),
        )
        async with serving(endpoint) as url:
            reader, writer = await asyncio.open_connection(url.host, url.port)
            writer.write(b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")

            async with asyncio.timeout(5):
                answer = await reader.readline()

            assert b"408" in answer
            writer.close()
