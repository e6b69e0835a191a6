"""The stand-in is as strict as LinkedIn, so that what passes here passes there."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from bot.sandbox.faults import Fault
from bot.sandbox.linkedin import LinkedInStandIn, Question
from bot.sandbox.linkedin.restli import MisspeltError, Value, read_fields, read_value

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ACCOUNT = "urn:li:sponsoredAccount:507857085"
GOOD = {"Authorization": "Bearer token", "LinkedIn-Version": "202608", "X-Restli-Protocol-Version": "2.0.0"}
OWNER = "owner=(sponsoredAccount:urn%3Ali%3AsponsoredAccount%3A507857085)"
FINDER = f"/rest/leadFormResponses?q=owner&{OWNER}&leadType=(leadType:SPONSORED)"


@asynccontextmanager
async def a_linkedin() -> AsyncIterator[LinkedInStandIn]:
    linkedin = LinkedInStandIn(client_secret="secret", access_token="token", now=lambda: NOON)
    linkedin.add_form(
        id=6083,
        name="Demo",
        owner=ACCOUNT,
        questions=[
            Question(1, "First name", "First name", "FIRST_NAME"),
            Question(2, "E-mail", "Email", "EMAIL"),
            Question(3, "Which?", "Which", options=("Red", "Green")),
        ],
    )
    linkedin.add_campaign(id=7, name="Autumn", account=ACCOUNT)
    await linkedin.start()
    try:
        yield linkedin
    finally:
        await linkedin.stop()


async def ask(linkedin: LinkedInStandIn, path: str, headers: dict[str, str] = GOOD) -> tuple[int, dict[str, object]]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(URL(linkedin.url + path, encoded=True), headers=headers) as response,
    ):
        assert "x-li-uuid" in response.headers
        return response.status, dict(json.loads(await response.read()))


def elements(answer: dict[str, object]) -> list[dict[str, object]]:
    found = answer["elements"]
    assert isinstance(found, list)
    return found


# ── the API ──


async def test_without_a_projection_there_is_no_form_and_there_are_no_names() -> None:
    async with a_linkedin() as linkedin:
        response_id = linkedin.submit(form=6083, answers={"Email": "e@x.example"}, campaign=7)

        status, plain = await ask(linkedin, f"/rest/leadFormResponses/{response_id}")

    assert status == 200
    assert plain["leadMetadata"] == {"sponsoredLeadMetadata": {"campaign": "urn:li:sponsoredCampaign:7"}}
    assert not {"form", "ownerInfo", "leadMetadataInfo", "associatedEntityInfo"} & set(plain)


async def test_with_a_projection_only_what_it_lists_is_returned() -> None:
    async with a_linkedin() as linkedin:
        response_id = linkedin.submit(form=6083, answers={}, campaign=7)

        _, shown = await ask(linkedin, f"/rest/leadFormResponses/{response_id}?fields=id,leadMetadataInfo,form:(name)")

    campaign = {"id": 7, "name": "Autumn", "type": "SPONSORED_UPDATES"}
    assert shown == {
        "id": response_id,
        "leadMetadataInfo": {"sponsoredLeadMetadataInfo": {"campaign": campaign}},
        "form": {"name": "Demo"},
    }


async def test_answers_come_by_question_id_in_another_order_than_the_forms() -> None:
    async with a_linkedin() as linkedin:
        response_id = linkedin.submit(form=6083, answers={"First name": "E", "Email": "e@x.example", "Which": "Green"})

        _, plain = await ask(linkedin, f"/rest/leadFormResponses/{response_id}?fields=formResponse")
        _, again = await ask(linkedin, f"/rest/leadFormResponses/{response_id}?fields=formResponse")

    answers = json.loads(json.dumps(plain))["formResponse"]["answers"]
    assert [answer["questionId"] for answer in answers] != [1, 2, 3]
    assert {"questionId": 3, "answerDetails": {"multipleChoiceAnswer": {"options": [1]}}} in answers
    assert plain == again


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 401, "EMPTY_ACCESS_TOKEN"),
        (GOOD | {"Authorization": "Bearer other"}, 401, "INVALID_ACCESS_TOKEN"),
        ({name: value for name, value in GOOD.items() if name != "LinkedIn-Version"}, 400, "VERSION_MISSING"),
        (GOOD | {"LinkedIn-Version": "202511"}, 426, "NONEXISTENT_VERSION"),
        (GOOD | {"X-Restli-Protocol-Version": "1.0"}, 400, "ILLEGAL_ARGUMENT"),
        ({name: value for name, value in GOOD.items() if "Restli" not in name}, 400, "ILLEGAL_ARGUMENT"),
    ],
)
async def test_who_asks_wrongly_is_refused(headers: dict[str, str], status: int, code: str) -> None:
    async with a_linkedin() as linkedin:
        answer = await ask(linkedin, FINDER, headers)

    assert answer[0] == status
    assert answer[1]["code"] == code


async def test_a_version_that_is_gone_is_answered_in_linkedins_words() -> None:
    async with a_linkedin() as linkedin:
        _, answer = await ask(linkedin, FINDER, GOOD | {"LinkedIn-Version": "202411"})

    assert answer == {
        "status": 426,
        "code": "NONEXISTENT_VERSION",
        "message": "Requested version 20241101 is not active",
    }


@pytest.mark.parametrize(
    "path",
    [
        FINDER.replace("%3A", ":"),
        FINDER.replace("(sponsored", "%28sponsored").replace("5085)", "5085%29"),
        FINDER.replace("sponsoredAccount:urn", "sponsoredAccount%3Aurn"),
        FINDER.replace("%3A", "%253A"),
        FINDER.replace("sponsoredAccount:", "organization:"),
        FINDER.replace("(leadType:SPONSORED)", "SPONSORED"),
        FINDER.replace("SPONSORED", "NONSENSE"),
        FINDER.replace("q=owner", "q=criteria"),
        FINDER + "&submittedAtTimeRange=(start:x)",
        FINDER + "&submittedAt=(start:1)",
        FINDER + "&start=-1",
        FINDER + "&fields=a,b:(c",
        FINDER + "&fields=a%2Cb",
        FINDER + "&versionedLeadGenFormUrn=urn%3Ali%3AversionedLeadGenForm%3A(urn%3Ali%3AleadGenForm%3A6083,1)",
        "/rest/leadFormResponses/urn:li:leadGenFormResponse:1",
        "/rest/leadFormResponses/a?x=1",
    ],
)
async def test_what_is_not_encoded_exactly_is_refused(path: str) -> None:
    async with a_linkedin() as linkedin:
        status, answer = await ask(linkedin, path)

    assert (status, answer["status"]) == (400, 400)


async def test_unknown_things_are_not_found() -> None:
    async with a_linkedin() as linkedin:
        gone = linkedin.submit(form=6083, answers={})
        linkedin.delete(gone)

        statuses = [
            (await ask(linkedin, path))[0]
            for path in (f"/rest/leadFormResponses/{gone}", "/rest/leadForms/1", "/rest/nothing", "/v2/leadForms")
        ]

    assert statuses == [404, 404, 404, 404]


async def test_the_finder_pages_newest_first_and_filters() -> None:
    async with a_linkedin() as linkedin:
        linkedin.largest_page = 2
        ids = [
            linkedin.submit(form=6083, answers={}, submitted_at=NOON + timedelta(seconds=n), is_test=n == 1)
            for n in range(4)
        ]
        form = "&versionedLeadGenFormUrn=urn%3Ali%3AversionedLeadGenForm%3A%28urn%3Ali%3AleadGenForm%3A6083%2C1%29"
        start = int(NOON.timestamp() * 1000)

        _, page = await ask(linkedin, FINDER + "&start=1&count=100&limitedToTestLeads=false" + form)
        _, tests = await ask(linkedin, FINDER + "&limitedToTestLeads=true")
        _, window = await ask(linkedin, FINDER + f"&submittedAtTimeRange=(start:{start},end:{start + 1000})")
        _, other = await ask(linkedin, FINDER.replace("SPONSORED", "EVENT"))

    assert [element["id"] for element in elements(page)] == [ids[2], ids[1]]
    assert page["paging"] == {"start": 1, "count": 2, "links": [], "total": 4}
    assert [element["id"] for element in elements(tests)] == [ids[1]]
    assert [element["id"] for element in elements(window)] == [ids[0]]
    assert elements(other) == []


async def test_forms_are_read_by_id_and_by_owner() -> None:
    async with a_linkedin() as linkedin:
        _, form = await ask(linkedin, "/rest/leadForms/6083")
        _, found = await ask(linkedin, f"/rest/leadForms?q=owner&{OWNER}&start=0&count=10")

    assert (form["id"], form["versionId"], form["name"]) == (6083, 1, "Demo")
    assert elements(found) == [form]


async def test_every_request_is_remembered_as_it_came_also_a_failing_one() -> None:
    async with a_linkedin() as linkedin:
        linkedin.faults.add(Fault("/rest/leadFormResponses", status=500, body=b"{}", headers={"x-li-uuid": "a"}))

        statuses = [(await ask(linkedin, FINDER))[0] for _ in range(2)]

    assert statuses == [500, 200]
    assert [request.raw_path for request in linkedin.requests] == [FINDER, FINDER]


def test_answers_that_the_form_cannot_have_are_refused() -> None:
    linkedin = LinkedInStandIn(client_secret="secret", access_token="token", now=lambda: NOON)
    linkedin.add_form(
        id=1, name="F", owner=ACCOUNT, questions=[Question(1, "Which?", "Which", options=("Red", "Green"))]
    )

    linkedin.submit(form=1, answers={"Which": "Red | Green"})

    with pytest.raises(ValueError, match="no question named"):
        linkedin.submit(form=1, answers={"Colour": "Red"})
    with pytest.raises(ValueError, match="no option of"):
        linkedin.submit(form=1, answers={"Which": "Blue"})


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("(k1:v1,k3:List(1,2),k4:(k41:a%3Ab))", {"k1": "v1", "k3": ["1", "2"], "k4": {"k41": "a:b"}}),
        ("List()", []),
        ("''", ""),
        ("a%20b", "a b"),
    ],
)
def test_rest_li_values_are_read(raw: str, value: Value) -> None:
    assert read_value(raw) == value


@pytest.mark.parametrize("raw", ["", "a:b", "(a)", "(a:b", "(a:b,)", "List(a", "List(,)", "a+b", "%4", "(a:b))", "*"])
def test_misspelt_rest_li_is_refused(raw: str) -> None:
    with pytest.raises(MisspeltError):
        read_value(raw)


def test_a_projection_is_read_with_its_nesting() -> None:
    assert read_fields("q=x&fields=a,b:(c,d:(e))") == {"a": None, "b": {"c": None, "d": {"e": None}}}
    assert read_fields("q=x") is None


# ── the webhook ──


@asynccontextmanager
async def a_receiver(*, knows: str = "secret") -> AsyncIterator[tuple[str, list[web.Request]]]:
    """A webhook receiver that keeps what it gets and answers challenges with the secret it knows."""
    got: list[web.Request] = []

    async def post(request: web.Request) -> web.Response:
        got.append(request)
        body = await request.read()
        expected = hmac.new(b"secret", b"hmacsha256=" + body, hashlib.sha256).hexdigest()
        return web.Response(status=200 if request.headers["X-LI-Signature"] == expected else 401)

    async def get(request: web.Request) -> web.Response:
        code = request.query["challengeCode"]
        digest = hmac.new(knows.encode(), code.encode(), hashlib.sha256).hexdigest()
        return web.json_response({"challengeCode": code, "challengeResponse": digest})

    app = web.Application()
    app.router.add_post("/hook", post)
    app.router.add_get("/hook", get)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook", got
    finally:
        await runner.cleanup()


async def test_a_notification_is_signed_and_connections_are_reused() -> None:
    async with a_linkedin() as linkedin, a_receiver() as (url, got):
        response_id = linkedin.submit(form=6083, answers={})

        statuses = [await linkedin.notify(url, response_id) for _ in range(3)]

        peers = {request.transport.get_extra_info("peername") for request in got if request.transport}
    assert statuses == [200, 200, 200]
    assert len(got) == 3
    assert len(peers) == 1


async def test_the_same_notification_is_the_same_bytes_and_a_deletion_has_its_own_time() -> None:
    async with a_linkedin() as linkedin:
        response_id = linkedin.submit(form=6083, answers={}, campaign=7, submitted_at=NOON - timedelta(days=1))
        created = linkedin.notification(response_id)
        linkedin.delete(response_id)

        deleted = json.loads(linkedin.notification(response_id, action="DELETED"))

    assert linkedin.notification(response_id) == created
    assert json.loads(created) == {
        "type": "LEAD_ACTION",
        "leadGenFormResponse": f"urn:li:leadGenFormResponse:{response_id}",
        "leadGenForm": "urn:li:versionedLeadGenForm:(urn:li:leadGenForm:6083, 1)",
        "owner": {"sponsoredAccount": ACCOUNT},
        "leadType": "SPONSORED",
        "leadAction": "CREATED",
        "occurredAt": int((NOON - timedelta(days=1)).timestamp() * 1000),
        "associatedEntity": {"sponsoredCreative": "urn:li:sponsoredCreative:8"},
    }
    assert (deleted["leadAction"], deleted["occurredAt"]) == ("DELETED", int(NOON.timestamp() * 1000))


@pytest.mark.parametrize(("knows", "passes"), [("secret", True), ("another", False)])
async def test_the_challenge_passes_only_with_the_right_secret(knows: str, passes: bool) -> None:
    async with a_linkedin() as linkedin, a_receiver(knows=knows) as (url, _):
        answers = [await linkedin.challenge(url), await linkedin.challenge(url + "?tenant=7")]

    assert answers == [passes, passes]


async def test_the_challenge_fails_where_nobody_listens() -> None:
    async with a_linkedin() as linkedin:
        assert not await linkedin.challenge("http://127.0.0.1:9/hook")
