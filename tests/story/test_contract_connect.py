"""Connecting LinkedIn beside a server that works: strangers, failing sign-ins, kills, keys, and the calendar."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import aiohttp
import pytest
from yarl import URL

from bot import control
from bot.app import Running
from bot.sandbox.faults import Fault
from tests.cli.command import leadbell_here
from tests.story.killable import killable
from tests.story.world import ONE_CHANNEL, Leap, World, a_world, free_port, rows, until

OLD_KEY, NEW_KEY = "old-key-of-the-story-" * 2, "new-key-of-the-story-" * 2
_TOKENS = "/oauth/v2/accessToken"
_HTML = {"Content-Type": "text/html"}


@pytest.fixture
def leap() -> Leap:
    return Leap()


@pytest.fixture
async def world(tmp_path: Path, leap: Leap) -> AsyncIterator[World]:
    async with a_world(tmp_path, ONE_CHANNEL, leap, **_settings()) as made:
        yield made


def _settings(**more: str) -> dict[str, str]:
    port = str(free_port())
    settings = {"PUBLIC_URL": f"http://127.0.0.1:{port}", "PORT": port, "LINKEDIN_ACCESS_TOKEN": ""}
    return {**settings, "LEADBELL_SECRET_KEY": OLD_KEY, **more}


async def _ask(world: World, path: str, *, method: str = "GET", follow: bool = False) -> tuple[int, str, str]:
    """Status, text and Location of an answer of the server."""
    url = URL(path if "://" in path else f"{world.environment['PUBLIC_URL']}{path}", encoded=True)
    async with aiohttp.ClientSession() as browser, browser.request(method, url, allow_redirects=follow) as answer:
        return answer.status, await answer.text(), answer.headers.get("Location", "")


async def _link(world: World) -> str:
    """What `leadbell linkedin connect` prints, with its one-time ticket."""
    begun = await control.ask(world.config.database, "linkedin-connect", {})
    assert isinstance(begun, dict)
    return str(begun["url"])


async def _connect(world: World) -> tuple[int, str]:
    """A member goes the whole way in the browser."""
    status, page, _ = await _ask(world, await _link(world), follow=True)
    return status, page


async def _way_back(world: World) -> str:
    """The address, with state and code, that LinkedIn sends the browser back to."""
    _, _, at_linkedin = await _ask(world, await _link(world))
    _, _, back = await _ask(world, at_linkedin)
    return back


async def _status(world: World) -> tuple[int, dict[str, object]]:
    done = await leadbell_here(
        "linkedin", "status", "--json", folder=world.config.path.parent, environment=world.environment
    )
    assert isinstance(done.json, dict)
    return done.code, done.json


async def _arrives(world: World, server: Running, first: str) -> None:
    """A lead of that name gets from the webhook to its channel's queue."""
    response_id = world.submit(first=first)
    assert await world.notify(server, response_id) == 200
    await until(lambda: rows(world, f"SELECT 1 FROM lead WHERE response_id = '{response_id}' AND state = 'unassigned'"))


def _asked(world: World, grant_type: str) -> int:
    """How often LinkedIn was asked for tokens in that way."""
    return sum(f"grant_type={grant_type}" in request.body.decode() for request in world.linkedin.requests)


def _secrets(world: World) -> list[str]:
    given = [token.text for token in world.linkedin.tokens]
    return [*given, *(quote(token, safe="") for token in given), OLD_KEY, world.environment["LINKEDIN_CLIENT_SECRET"]]


def _held(world: World) -> list[str]:
    """What the files of the database hold at this moment; its own key is elsewhere here."""
    files = [file for file in world.config.database.parent.glob("leads.db*") if file.is_file()]
    return [file.read_bytes().decode("latin-1") for file in files]


# ── strangers ──

_STRANGE = (
    *("", "<script>alert(1)</script>", "%00", "%ED%A0%80", "%FF%FE", "%25%30%30", "..%2F..%2F", "%F0%9F%92%A9" * 50),
    *("x" * 1000, "a%0D%0ASet-Cookie:%20a=b", "%E2%80%AE"),
)


async def test_whatever_a_stranger_asks_is_refused_in_words_and_repeats_nothing_of_it(world: World) -> None:
    async with world.product():
        good = parse_qs(urlsplit(await _link(world)).query)["ticket"][0]
        for strange in _STRANGE:
            asked = [
                (403, f"/linkedin/connect?ticket={strange}"),
                (403, f"/linkedin/connect?ticket={strange}&ticket={strange}x"),
                (403, f"/linkedin/connect?{strange}={strange}&Ticket={good}"),
                (401, f"/linkedin/callback?state={strange}&code={strange}"),
                (401, f"/linkedin/callback?state={good}&code={strange}"),
                (401, f"/linkedin/callback?error={strange}&error_description={strange}&state={strange}"),
            ]
            for wanted, path in asked:
                status, page, location = await _ask(world, path)
                assert (status, location) == (wanted, ""), path
                assert "leadbell linkedin connect" in page
                assert not any(sign in page for sign in ("alert(1)", "Traceback", "Set-Cookie", "xxxx", good))
        status, _, _ = await _ask(world, f"/linkedin/connect?ticket={'y' * 20_000}")
        assert status in {400, 414}

        assert (await _ask(world, f"/linkedin/connect?ticket={good}"))[0] == 302
        assert rows(world, "SELECT count(*) FROM connection") == [(0,)]
        assert world.linkedin.requests == []


async def test_only_a_get_uses_a_ticket_or_a_state_up(world: World) -> None:
    async with world.product():
        link, back = await _link(world), await _way_back(world)
        for path in (link, back):
            for method in ("HEAD", "OPTIONS", "POST", "PUT", "DELETE"):
                assert (await _ask(world, path, method=method))[0] in {404, 405}, method

        assert (await _ask(world, back))[0] == 200
        assert (await _ask(world, link, follow=True))[0] == 200


async def test_a_ticket_and_a_state_end_by_the_clock_and_with_the_process(world: World, leap: Leap) -> None:
    async with world.product(leap.timing()):
        late_link, late_back = await _link(world), await _way_back(world)
        leap.by += timedelta(minutes=15, seconds=1)
        assert (await _ask(world, late_link))[0] == 403
        leap.by += timedelta(minutes=15)
        assert (await _ask(world, late_back))[0] == 401
        link, back = await _link(world), await _way_back(world)
    async with world.product(leap.timing()):
        assert (await _ask(world, link))[0] == 403
        assert (await _ask(world, back))[0] == 401
    assert _asked(world, "authorization_code") == 0


async def test_a_code_brought_with_anothers_state_or_a_state_used_before_connects_nobody(world: World) -> None:
    async with world.product():
        first, second = await _way_back(world), await _way_back(world)
        code = parse_qs(urlsplit(second).query)["code"][0]
        replayed = [first.replace(parse_qs(urlsplit(first).query)["code"][0], "")]
        assert (await _ask(world, replayed[0]))[0] == 400  # no code: the state is used up all the same
        assert (await _ask(world, first))[0] == 401
        assert (await _ask(world, f"/linkedin/callback?code={code}"))[0] == 401
        assert (await _ask(world, second))[0] == 200
        assert (await _ask(world, second))[0] == 401
    assert _asked(world, "authorization_code") == 1


async def test_two_members_who_connect_at_the_same_moment_leave_one_working_account(world: World) -> None:
    async with world.product() as server:
        backs = [await _way_back(world), await _way_back(world)]

        answers = await asyncio.gather(*(_ask(world, back) for back in backs))

        assert [status for status, _, _ in answers] == [200, 200]
        assert rows(world, "SELECT count(*), max(died_at) FROM connection") == [(1, None)]
        await server.pull.pull_source(world.config.sources[0])
        await _arrives(world, server, "Zoe")
        assert (await _status(world))[0] == 0


# ── a sign-in that fails ──

_NO_GOOD: Mapping[str, Fault] = {
    "down": Fault(_TOKENS, status=503, body=b"<html>Down</html>", headers=_HTML),
    "error": Fault(_TOKENS, status=500, body=b""),
    "html": Fault(_TOKENS, body=b"<html>sign in</html>", headers=_HTML),
    "nothing": Fault(_TOKENS, body=b"{}"),
    "list": Fault(_TOKENS, body=b"[]"),
    "a number": Fault(_TOKENS, body=b'{"access_token": 5, "expires_in": 60}'),
    "two lines": Fault(_TOKENS, body=b'{"access_token": "a\\r\\nX-Evil: 1", "expires_in": 60}'),
    "no words": Fault(_TOKENS, body=b'{"access_token": "\\ud800", "expires_in": 60}'),
    "deep": Fault(_TOKENS, body=b'{"access_token": ' + b"[" * 50_000 + b"]" * 50_000 + b"}"),
    "long": Fault(_TOKENS, body=b'{"access_token": "' + b"t" * 2_000_000 + b'"}'),
    "half": Fault(_TOKENS, drop="midway"),
    "cut": Fault(_TOKENS, drop="before"),
    "spent": Fault(_TOKENS, status=400, body=b'{"error": "invalid_redirect_uri", "error_description": "hush-7 <b>"}'),
    "unknown code": Fault(_TOKENS, status=401, body=b'{"error": "invalid_request", "error_description": "hush-7"}'),
    "limited": Fault(_TOKENS, status=429, body=b'{"error": "hush-7 <b>"}', headers={"Retry-After": "9" * 40}),
    "elsewhere": Fault(_TOKENS, status=302, headers={"Location": "http://127.0.0.1:9/hush-7"}),
}


async def test_a_sign_in_that_linkedin_does_not_finish_is_told_and_leaves_the_account_as_it_was(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with world.product() as server:
        assert (await _connect(world))[0] == 200
        await server.pull.pull_source(world.config.sources[0])
        for name, fault in _NO_GOOD.items():
            back = await _way_back(world)
            world.linkedin.faults.add(fault)

            status, page, _ = await _ask(world, back)

            assert status in {400, 502}, name
            assert "LinkedIn was not connected" in page, name
            assert not any(word in page for word in ("hush-7", "Traceback", "<b>", "X-Evil")), name
            assert (await _ask(world, back))[0] == 401, name
            assert (await _status(world))[0] == 0, name
        await _arrives(world, server, "Zoe")
        assert (await _connect(world))[0] == 200
        await _arrives(world, server, "Ida")
    assert not any(word in caplog.text for word in ("hush-7", "X-Evil", "Traceback"))


_ODD_LIVES = (
    *(b'"expires_in": 0', b'"expires_in": -5', b'"expires_in": 1e300', b'"expires_in": "soon"'),
    *(b'"expires_in": ' + b"9" * 400, b'"expires_in": true', b'"scope": 7'),
    b'"expires_in": 5184000, "refresh_token": "r", "refresh_token_expires_in": 525600',
    b'"expires_in": 5184000, "refresh_token": ["r"], "refresh_token_expires_in": {}, "scope": null',
)


async def test_an_odd_life_of_a_token_makes_no_good_token_look_dead(world: World) -> None:
    token = b'"access_token": "' + world.linkedin.access_token.encode() + b'"'
    async with world.product() as server:
        for number, life in enumerate(_ODD_LIVES):
            world.linkedin.faults.add(Fault(_TOKENS, body=b"{" + token + b", " + life + b"}"))

            assert (await _connect(world))[0] == 200, life
            await server.product.linkedin.connection.keep()

            await server.pull.pull_source(world.config.sources[0])
            await _arrives(world, server, f"Ana{number}")
            assert (await _status(world))[0] == 0, life


async def test_killed_before_the_tokens_are_stored_the_member_connects_again_and_nothing_is_lost(
    tmp_path: Path,
) -> None:
    async with a_world(tmp_path, ONE_CHANNEL, **_settings()) as world, killable(world, tmp_path) as server:
        world.linkedin.faults.add(Fault(_TOKENS, hang=30))
        back = await _way_back(world)
        waiting = asyncio.create_task(_ask(world, back))
        await until(lambda: list(world.linkedin.tokens))
        assert await world.linkedin.notify(f"http://127.0.0.1:{server.port}/linkedin/webhook", world.submit()) == 200

        await server.kill()
        with pytest.raises(aiohttp.ClientError):
            await waiting
        await server.start()

        assert (await _ask(world, back))[0] == 401
        assert (await _connect(world))[0] == 200
        await until(lambda: world.texts("leads-all") == ["New lead: Ana Silva at ACME – unclaimed"])
        assert "Traceback" not in server.log.read_text()


# ── the life of the tokens ──


async def test_an_access_token_that_ends_in_the_middle_of_a_burst_is_renewed_once_and_nobody_notices(
    world: World,
) -> None:
    async with world.product() as server:
        await _connect(world)
        await _arrives(world, server, "First")
        told = world.texts("admin")
        ids = [world.submit(first=f"Ana{number}") for number in range(30)]
        for number, each in enumerate(ids):
            if number == 10:
                world.linkedin.expire()
            assert await world.notify(server, each) == 200

        await until(lambda: rows(world, "SELECT count(*) FROM lead WHERE state = 'unassigned'") == [(31,)], seconds=20)

        assert _asked(world, "refresh_token") == 1
        assert world.texts("admin") == told


async def test_a_refresh_token_that_is_replaced_by_its_renewal_is_the_one_used_next(world: World, leap: Leap) -> None:
    async with world.product(leap.timing()) as server:
        await _connect(world)
        renewed = {"access_token": world.linkedin.access_token, "expires_in": 5184000, "refresh_token": "the-next-one"}
        world.linkedin.faults.add(Fault(_TOKENS, body=json.dumps(renewed).encode()))
        leap.by += timedelta(days=56)
        await server.product.linkedin.connection.keep()
    leap.by += timedelta(days=56)
    async with world.product(leap.timing()) as server:
        await server.product.linkedin.connection.keep()
        assert any("refresh_token=the-next-one" in request.body.decode() for request in world.linkedin.requests)


async def test_an_app_without_refresh_tokens_is_warned_at_each_step_once_whatever_is_restarted(
    world: World, leap: Leap
) -> None:
    world.linkedin.gives_refresh_tokens = False
    async with world.product(leap.timing()):
        assert (await _connect(world))[0] == 200
        await until(lambda: world.texts("admin"))
    before = len(world.texts("admin"))
    told = []
    for day in (45.9, 46, 53, 57, 59.5):
        leap.by = timedelta(days=day, minutes=1)
        async with world.product(leap.timing()) as server:
            for _ in range(2):
                await server.product.linkedin.connection.keep()
            await until(lambda: not rows(world, "SELECT 1 FROM delivery WHERE state IN ('pending', 'sending')"))
            warnings = [text for text in world.texts("admin")[before:] if "leadbell linkedin connect" in text]
        told.append(len(warnings))
    assert told == [0, 1, 2, 3, 4]
    leap.by = timedelta(days=60, minutes=1)
    async with world.product(leap.timing()) as server:
        await server.product.linkedin.connection.keep()
        await until(lambda: "cannot be fetched" in world.texts("admin")[-1])
        assert await world.notify(server, world.submit()) == 200
        calls = len(world.linkedin.requests)
        await server.pull.pull_source(world.config.sources[0])
        assert len(world.linkedin.requests) == calls, "nobody is asked with a token that has ended"
        world.linkedin.gives_refresh_tokens = True
        assert (await _connect(world))[0] == 200
        await until(lambda: world.texts("leads-all"))


async def test_the_variables_token_wins_over_a_connected_account_until_it_is_taken_away(tmp_path: Path) -> None:
    settings = _settings()
    given = {**settings, "LINKEDIN_ACCESS_TOKEN": "access-token-of-the-story"}
    async with a_world(tmp_path, ONE_CHANNEL, **given) as world, world.product() as server:
        status, page = await _connect(world)
        assert (status, "LINKEDIN_ACCESS_TOKEN" in page) == (200, True)
        await _arrives(world, server, "Zoe")
        used = {request.headers["Authorization"] for request in world.linkedin.requests if "/rest/" in request.raw_path}
        assert used == {"Bearer access-token-of-the-story"}


# ── keys and secrets ──


async def test_the_key_rotates_and_a_lost_one_costs_a_sign_in_and_no_lead(tmp_path: Path) -> None:
    settings = _settings()
    async with a_world(tmp_path, ONE_CHANNEL, **settings) as world, world.product():
        await _connect(world)
    settings["LEADBELL_SECRET_KEY"] = f"{NEW_KEY},{OLD_KEY}"
    async with a_world(tmp_path, ONE_CHANNEL, **settings) as world, world.product() as server:
        assert server.product.linkedin.connection.token()
        assert (await _connect(world))[0] == 200
    settings["LEADBELL_SECRET_KEY"] = OLD_KEY
    async with a_world(tmp_path, ONE_CHANNEL, **settings) as world, world.product() as server:
        assert await world.notify(server, world.submit()) == 200
        await until(lambda: any("LEADBELL_SECRET_KEY" in text for text in world.texts("admin")))
        assert (await _status(world))[0] in {1, 2}
        assert (await _connect(world))[0] == 200
        await until(lambda: world.texts("leads-all"))


async def test_no_token_key_or_secret_is_in_a_log_a_page_an_answer_or_the_database(
    world: World, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    said = []
    async with world.product() as server:
        said.append((await _connect(world))[1])
        await _arrives(world, server, "Zoe")
        world.linkedin.expire()
        await _arrives(world, server, "Ida")
        world.linkedin.revoke()
        await server.product.linkedin.connection.keep()
        assert await world.notify(server, world.submit(first="Eve")) == 200
        await until(lambda: any("cannot be fetched" in text for text in world.texts("admin")))
        for command in (("linkedin", "status"), ("linkedin", "status", "--json"), ("doctor", "--json"), ("doctor",)):
            done = await leadbell_here(*command, folder=tmp_path, environment=world.environment)
            said += [done.out, done.err]
        said.append((await _connect(world))[1])
        await until(lambda: "New lead: Eve Silva at ACME – unclaimed" in world.texts("leads-all"))
        held = _held(world)
    everywhere = "\n".join([caplog.text, *said, *world.texts("admin"), *held])
    assert len(list(world.linkedin.tokens)) >= 5
    assert [secret for secret in _secrets(world) if secret in everywhere] == []
