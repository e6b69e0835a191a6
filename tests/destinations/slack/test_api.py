"""Whatever comes back, or does not, leaves the wrapper as one of our own errors."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import aiohttp
import pytest

from bot.core.errors import (
    AmbiguousError,
    MalformedMessage,
    OutageError,
    RateLimited,
    TemporaryError,
    UpstreamError,
)
from bot.destinations.slack.api import SlackApi, objects_of, text_of, web_client
from bot.sandbox.faults import Fault
from tests.destinations.slack.builders import TOKEN, World, a_world

HTML = b"<html>Bad gateway</html>"
POST: tuple[str, dict[str, object]] = ("chat.postMessage", {"channel": "C0LEADS", "text": "x"})
READ: tuple[str, dict[str, object]] = ("auth.test", {})


def answering(status: int, body: bytes, content_type: str = "application/json", **headers: str) -> Fault:
    return Fault("", status=status, body=body, headers={"Content-Type": content_type, **headers})


async def failure(world: World, call: tuple[str, dict[str, object]], fault: Fault) -> UpstreamError:
    world.workspace.faults.add(fault)
    with pytest.raises(UpstreamError) as caught:
        await world.slack.api.call(*call)
    return caught.value


ODD_ANSWERS = {
    "500 HTML": answering(500, HTML, "text/html"),
    "502 HTML": answering(502, HTML, "text/html"),
    "500 text": answering(500, b"oops", "text/plain"),
    "200 text": answering(200, b"oops", "text/plain"),
    "200 JSON that is HTML": answering(200, HTML),
    "200 JSON list": answering(200, b"[]"),
    "200 JSON null": answering(200, b"null"),
    "200 JSON text": answering(200, b'"ok"'),
    "200 nothing": answering(200, b""),
    "200 no UTF-8": answering(200, b"\xff\xfe"),
    "200 without ok": answering(200, b"{}"),
    "ok false without a word": answering(200, b'{"ok":false}'),
    "ok false, error null": answering(200, b'{"ok":false,"error":null}'),
    "ok false, error list": answering(200, b'{"ok":false,"error":["x"]}'),
    "503 JSON list": answering(503, b"[]"),
    "gzip that is none": answering(200, b"oops", "application/gzip"),
    "connection cut after the request": Fault("", drop="after"),
    "connection cut midway": Fault("", drop="midway"),
    "fatal_error": answering(200, b'{"ok":false,"error":"fatal_error"}'),
}


@pytest.mark.parametrize("fault", ODD_ANSWERS.values(), ids=ODD_ANSWERS.keys())
async def test_an_unclear_end_of_a_post_is_ambiguous_and_of_a_reading_call_temporary(fault: Fault) -> None:
    async with a_world() as world:
        posting = await failure(world, POST, fault)
        reading = await failure(world, READ, fault)

        assert type(posting) is AmbiguousError
        assert type(reading) is TemporaryError
        assert world.methods() == ["chat.postMessage", "auth.test"], "nothing is repeated behind our back"


async def test_an_error_with_a_word_that_is_no_word_is_not_repeated_to_anybody() -> None:
    async with a_world() as world:
        error = await failure(world, READ, answering(200, b'{"ok":false,"error":"hello <b>Ana Silva</b>"}'))

        assert error.code == "unreadable_code"
        assert "Ana" not in str(error)


@pytest.mark.parametrize(("header", "seconds"), [("2", 2), ("1.5", 1.5), ("-1", 1), ("soon", 30), ("86400", 3600)])
async def test_a_limit_is_told_with_its_wait_whatever_the_header_looks_like(header: str, seconds: float) -> None:
    async with a_world() as world:
        fault = answering(429, b'{"ok":false,"error":"ratelimited"}', **{"Retry-After": header})
        error = await failure(world, POST, fault)

        assert isinstance(error, RateLimited)
        assert (error.method, error.pause) == ("chat.postMessage", timedelta(seconds=seconds))


async def test_a_limit_without_header_or_json_is_a_limit() -> None:
    async with a_world() as world:
        error = await failure(world, POST, answering(429, HTML, "text/html"))

        assert isinstance(error, RateLimited)
        assert error.pause == timedelta(seconds=30)


async def test_a_post_that_hangs_is_ambiguous_and_a_read_that_hangs_is_temporary() -> None:
    async with a_world(call_seconds=0.2) as world:
        assert type(await failure(world, POST, Fault("", hang=5))) is AmbiguousError
        assert type(await failure(world, READ, Fault("", hang=5))) is TemporaryError


async def test_a_call_has_its_own_deadline_whatever_the_sessions_is() -> None:
    async with a_world(call_seconds=60) as world:
        client = web_client(token=TOKEN, url=world.workspace.url, session=world.session)
        world.workspace.faults.add(Fault("", hang=60))

        with pytest.raises(AmbiguousError):
            await SlackApi(client, deadline=timedelta(seconds=0.2)).call(*POST)


async def test_what_never_reached_slack_is_temporary_even_for_a_post() -> None:
    async with a_world() as world:
        await world.workspace.stop()

        with pytest.raises(TemporaryError) as caught:
            await world.slack.api.call(*POST)

    assert caught.value.code == "unreachable"


async def test_an_address_that_is_none_is_an_outage_with_advice() -> None:
    async with aiohttp.ClientSession() as session:
        api = SlackApi(web_client(token=TOKEN, url="http://:x/", session=session))

        with pytest.raises(UpstreamError) as caught:
            await api.call(*POST)

    assert isinstance(caught.value, OutageError)


async def test_refused_blocks_are_told_by_their_place_and_never_by_their_content() -> None:
    async with a_world() as world:
        blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "Ana Silva" * 400}}]

        with pytest.raises(MalformedMessage) as caught:
            await world.slack.api.call("chat.postMessage", {"channel": "C0LEADS", "text": "x", "blocks": blocks})

    assert "/blocks/0/text/text" in str(caught.value)
    assert "Ana" not in str(caught.value)


async def test_a_missing_scope_names_the_scope() -> None:
    async with a_world() as world:
        body = b'{"ok":false,"error":"missing_scope","needed":"groups:read","provided":"chat:write"}'
        error = await failure(world, READ, answering(200, body))

    assert isinstance(error, OutageError)
    assert "needs groups:read" in str(error)


async def test_a_cancelled_call_stays_cancelled() -> None:
    async with a_world() as world:
        posted = asyncio.Event()
        world.workspace.subscribe(posted.set)
        world.workspace.faults.add(Fault("", hang=5))
        task = asyncio.ensure_future(world.slack.api.call(*POST))
        await asyncio.wait_for(posted.wait(), timeout=5)
        task.cancel()

        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_proxy_of_the_environment_does_not_catch_calls_to_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    async with a_world() as world:
        assert text_of(await world.slack.api.call(*READ), "user_id") == "U0LEADBELL"
        assert web_client(token=None, url="https://slack.com/api/", session=world.session).proxy


def test_fields_of_the_wrong_type_are_read_as_missing() -> None:
    assert text_of({"a": 1}, "a") == ""
    assert objects_of({"a": [1, {"b": 2}]}, "a") == [{"b": 2}]
    assert objects_of({"a": {}}, "a") == []
