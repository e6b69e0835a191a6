"""One call on the wire: headers, writes and how they end, the token."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from yarl import URL

from bot.core.connection import Renewal
from bot.core.errors import (
    AmbiguousError,
    Conflict,
    Forbidden,
    NotFound,
    OutageError,
    PermanentError,
    RateLimited,
    SignInNeeded,
    TemporaryError,
    UpstreamError,
)
from bot.sandbox.faults import Fault
from bot.sources.linkedin.api import Written
from tests.sources.linkedin.loopback import Loopback, Reply, a_loopback

HTML = {"Content-Type": "text/html"}


def there(world: Loopback) -> URL:
    return URL(f"{world.url}/rest/leadForms", encoded=True)


async def create(world: Loopback) -> Written:
    return await world.api.post("leadForms", there(world), {"name": "Grüße"})


# ── what is sent ──


async def test_a_write_names_version_protocol_and_kind_and_sends_its_json() -> None:
    async with a_loopback(Reply(None, 201, {"x-restli-id": "7"})) as world:
        written = await create(world)

        (seen,) = world.seen

    assert written == Written(id="7")
    assert (seen.verb, seen.path, seen.json) == ("POST", "/rest/leadForms", {"name": "Grüße"})
    assert seen.headers["Content-Type"] == "application/json"
    assert seen.headers["LinkedIn-Version"] == "202608"
    assert seen.headers["X-Restli-Protocol-Version"] == "2.0.0"
    assert seen.headers["Authorization"] == "Bearer good-token"


async def test_a_write_without_a_body_says_that_it_is_empty() -> None:
    async with a_loopback(Reply(None, 204)) as world:
        await world.api.post("leadForms", there(world), headers={"X-RestLi-Method": "ACTION"})

        (seen,) = world.seen

    assert seen.headers["Content-Length"] == "0"
    assert seen.headers["Content-Type"] == "application/json"
    assert seen.headers["X-RestLi-Method"] == "ACTION"


async def test_a_deletion_sends_nothing_but_its_address() -> None:
    async with a_loopback(Reply(None, 204)) as world:
        await world.api.delete("leadForms", there(world))

        (seen,) = world.seen

    assert (seen.verb, seen.path, seen.body) == ("DELETE", "/rest/leadForms", b"")


# ── how a write ends ──


@pytest.mark.parametrize(
    "reply",
    [
        Reply(None, 201, {"X-RestLi-Id": " 7 "}),
        Reply(None, 200, {"x-restli-id": "7"}),
        Reply({"id": 7}, 201, {"x-restli-id": "7"}),
    ],
)
async def test_the_new_id_is_in_the_header(reply: Reply) -> None:
    async with a_loopback(reply) as world:
        assert (await create(world)).id == "7"


@pytest.mark.parametrize("body", [b"", b"<html>fine</html>", b"[1]", b"{trunc", b"\xff"])
async def test_whatever_the_body_of_a_write_that_worked_is_it_does_no_harm(body: bytes) -> None:
    async with a_loopback() as world:
        world.faults.add(Fault(status=201, body=body))

        assert await create(world) == Written()


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(drop="before"), AmbiguousError),
        (Fault(drop="after"), AmbiguousError),
        (Fault(status=500), AmbiguousError),
        (Fault(status=502, body=b"<html>", headers=HTML), AmbiguousError),
        (Fault(status=503, headers={"Retry-After": "5"}), AmbiguousError),
        (Fault(status=504), AmbiguousError),
        (Fault(status=408), AmbiguousError),
        (Fault(status=501), TemporaryError),
        (Fault(status=403, body=b"<html>", headers=HTML), TemporaryError),
        (Fault(status=409), Conflict),
        (Fault(status=400), PermanentError),
        (Fault(status=411), PermanentError),
        (Fault(status=429), RateLimited),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else None,
)
async def test_a_write_that_fails_is_sent_once_and_says_whether_it_may_have_happened(
    fault: Fault, kind: type[UpstreamError]
) -> None:
    async with a_loopback(Reply(None, 201, {"x-restli-id": "7"})) as world:
        world.faults.add(fault)

        with pytest.raises(kind) as caught:
            await create(world)

        assert type(caught.value) is kind
        assert len(world.seen) == 1
        assert (await create(world)).id == "7"


async def test_a_write_that_is_not_answered_in_time_may_have_happened() -> None:
    async with a_loopback(deadline=timedelta(milliseconds=50)) as world:
        world.gate.clear()

        with pytest.raises(AmbiguousError) as caught:
            await create(world)

    assert caught.value.code == "timeout"
    assert "look at what is there" in caught.value.advice


async def test_a_write_that_found_nobody_listening_did_not_happen() -> None:
    async with a_loopback() as world:
        nowhere = URL("http://127.0.0.1:9/rest/leadForms", encoded=True)

        with pytest.raises(TemporaryError) as caught:
            await world.api.post("leadForms", nowhere, {})

    assert caught.value.code == "ClientConnectorError"


async def test_a_write_whose_answer_breaks_off_after_its_status_did_happen() -> None:
    async with a_loopback() as world:
        world.faults.add(Fault(status=200, body=b'{"id": 7, "name": "x"}', drop="midway"))

        assert await create(world) == Written()


async def test_a_refused_write_whose_answer_breaks_off_is_still_a_refusal() -> None:
    async with a_loopback() as world:
        world.faults.add(Fault(status=400, body=b'{"status": 400}', drop="midway"))

        with pytest.raises(PermanentError):
            await create(world)


async def test_what_is_gone_already_is_not_found_when_it_is_deleted() -> None:
    async with a_loopback(Reply({"status": 404}, 404)) as world:
        with pytest.raises(NotFound):
            await world.api.delete("leadNotifications", there(world))


@pytest.mark.parametrize(("status", "kind"), [(409, TemporaryError), (503, AmbiguousError), (302, UpstreamError)])
async def test_a_deletion_that_fails_says_so(status: int, kind: type[UpstreamError]) -> None:
    async with a_loopback(Reply(None, status)) as world:
        with pytest.raises(kind):
            await world.api.delete("leadNotifications", there(world))


async def test_a_page_for_people_is_no_success_of_a_write() -> None:
    async with a_loopback() as world:
        world.faults.add(Fault(status=200, body=b"<html>Please log in</html>", headers=HTML, times=2))

        with pytest.raises(AmbiguousError) as caught:
            await create(world)
        with pytest.raises(AmbiguousError):
            await world.api.delete("leadNotifications", there(world))

    assert "proxy" in caught.value.advice


async def test_half_an_emoji_in_what_is_written_breaks_nothing() -> None:
    async with a_loopback(Reply(None, 201, {"x-restli-id": "7"})) as world:
        assert (await world.api.post("leadForms", there(world), {"name": "\ud83d"})).id == "7"


@pytest.mark.parametrize("status", [302, 303, 307])
async def test_no_write_follows_to_another_address(status: int) -> None:
    async with a_loopback(Reply(None, 201, {"x-restli-id": "7"})) as world:
        world.faults.add(Fault("/rest/leadForms", status=status, headers={"Location": f"{world.url}/elsewhere"}))

        with pytest.raises(OutageError) as caught:
            await create(world)

        assert world.paths == ["/rest/leadForms"]
    assert "api_url" in caught.value.advice


# ── the token ──


async def test_a_refused_token_is_refreshed_once_and_the_write_repeated() -> None:
    def answers(seen: object) -> Reply:
        return Reply({"status": 401}, 401) if world.token == "old" else Reply(None, 201, {"x-restli-id": "7"})

    async with a_loopback(answers) as world:
        world.token, world.new_token = "old", "new"

        assert (await create(world)).id == "7"

        assert [seen.headers["Authorization"] for seen in world.seen] == ["Bearer old", "Bearer new"]
    assert world.refreshed == 1


async def test_a_refused_token_that_nobody_vouches_for_asks_for_a_new_connection() -> None:
    async with a_loopback(Reply({"status": 401}, 401)) as world:
        with pytest.raises(SignInNeeded) as caught:
            await create(world)

        assert (len(world.seen), world.refreshed) == (1, 1)
    assert "`leadbell linkedin connect`" in caught.value.advice
    assert "LINKEDIN_ACCESS_TOKEN" in caught.value.advice


@pytest.mark.parametrize(
    ("new_token", "verdict", "calls"), [("new", Renewal.NONE, 2), ("", Renewal.ALIVE, 1)], ids=["renewed", "alive"]
)
async def test_a_refusal_with_a_token_that_is_good_is_this_calls_alone_and_names_the_role(
    new_token: str, verdict: Renewal, calls: int
) -> None:
    traces = {"x-li-uuid": "uuid-7", "x-li-request-id": "request-7"}
    async with a_loopback(Reply({"status": 401, "message": "Not for you"}, 401, traces)) as world:
        world.new_token, world.verdict = new_token, verdict

        with pytest.raises(Forbidden) as caught:
            await world.api.get("leadFormResponses", there(world), lead_type="EVENT")

        assert (len(world.seen), world.refreshed) == (calls, 1)
    assert "The access token itself works" in caught.value.advice
    assert "Content admin" in caught.value.advice
    for word in ("401", "Not for you", "x-li-uuid uuid-7", "x-li-request-id request-7"):
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(status=401, body=b"<html>Sign in to the proxy", headers=HTML), TemporaryError),
        (Fault(status=401, body=b'{"message": "Empty oauth2_access_token"}'), SignInNeeded),
    ],
    ids=["a gateway's page", "the token was lost on the way"],
)
async def test_not_every_401_with_a_good_token_speaks_of_a_role(fault: Fault, kind: type[UpstreamError]) -> None:
    async with a_loopback() as world:
        world.verdict = Renewal.ALIVE
        world.faults.add(fault)

        with pytest.raises(kind):
            await world.api.get("leadFormResponses", there(world))


async def test_a_401_for_one_of_a_batch_is_this_ones_alone() -> None:
    async with a_loopback() as world:
        assert type(world.api.failure("leadFormResponses", 401, {"status": 401})) is Forbidden


async def test_without_a_token_another_one_is_asked_for_before_anything_is_sent() -> None:
    async with a_loopback() as world:
        world.token, world.new_token = "", "new"

        await asyncio.gather(*(world.api.get("leadForms", there(world)) for _ in range(5)))

        assert {seen.headers["Authorization"] for seen in world.seen} == {"Bearer new"}
    assert world.refreshed == 1


async def test_many_writes_with_a_refused_token_refresh_it_once() -> None:
    def answers(seen: object) -> Reply:
        return Reply({"status": 401}, 401) if world.token == "old" else Reply(None, 201, {"x-restli-id": "7"})

    async with a_loopback(answers) as world:
        world.token, world.new_token = "old", "new"

        await asyncio.gather(*(create(world) for _ in range(8)))

    assert world.refreshed == 1


@pytest.mark.parametrize("token", ["", "  ", "a\nb", "naïve"])
async def test_without_a_token_that_can_be_one_nothing_is_sent(token: str) -> None:
    async with a_loopback() as world:
        world.token = token

        for call in (create(world), world.api.get("x", there(world)), world.api.delete("x", there(world))):
            with pytest.raises(SignInNeeded) as caught:
                await call

        assert world.seen == []
    assert caught.value.code == "no_token"
    assert token.strip() == "" or token not in str(caught.value)


async def test_a_token_that_is_gone_while_a_call_was_refused_asks_for_a_new_connection() -> None:
    def answers(seen: object) -> Reply:
        world.token = ""
        return Reply({"status": 401}, 401)

    async with a_loopback(answers) as world:
        with pytest.raises(SignInNeeded):
            await world.api.get("leadForms", there(world))

        assert len(world.seen) == 1
    assert world.refreshed == 1
