"""The source against a LinkedIn on loopback: what reaches the wire, what comes back, what goes wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.core.connection import Renewal
from bot.core.errors import (
    Forbidden,
    NotFound,
    OutageError,
    PermanentError,
    RateLimited,
    RejectedRequest,
    TemporaryError,
    UpstreamError,
    VersionRetired,
)
from bot.core.lead import Named
from bot.ports import Stream
from bot.sandbox.faults import Fault
from bot.sources.linkedin import lead_from_response
from tests.sources.linkedin.builders import ACCOUNT, ADS, ANSWERS, EVENTS, NOON, PAGE, World, a_world, all_recent

PROJECTION = (
    "?fields=ownerInfo,associatedEntityInfo,leadMetadataInfo,owner,leadType,versionedLeadGenFormUrn,id,submittedAt,"
    "testLead,formResponse,form:(hiddenFields,creationLocale,name,id,content),leadMetadata,associatedEntity"
)


def refuse_projection(world: World, status: int = 400) -> None:
    """LinkedIn answers `status` to the next request for a lead, which is the one with names."""
    world.linkedin.faults.add(Fault("/rest/leadFormResponses", status=status, body=b'{"status": %d}' % status))


async def collect(
    world: World, found: list[str], *, on_first: Callable[[], None] = lambda: None
) -> UpstreamError | None:
    """Fill `found` with the ids of the last day's leads; returns what ended the pull early."""
    try:
        async for fetched in world.source.recent(ADS, since=NOON - timedelta(days=1), until=NOON):
            if not found:
                on_first()
            found.append(fetched.lead.response_id)
    except UpstreamError as error:
        return error
    return None


# ── one lead ──


async def test_a_lead_comes_with_its_names_in_one_call() -> None:
    async with a_world() as world:
        response_id = world.linkedin.submit(form=6083, answers=ANSWERS, campaign=367378525, consents={3: False})

        fetched = await world.source.fetch(response_id)

    lead = fetched.lead
    assert world.paths() == [f"/rest/leadFormResponses/{response_id}{PROJECTION}"]
    assert [(answer.question, answer.text, answer.field) for answer in lead.answers] == [
        ("Vorname", "Erika", "first_name"),
        ("Nachname", "Beispiel", "last_name"),
        ("E-Mail", "erika@firma.example", "email"),
        ("Welche Produkte?", "Sensors", ""),
    ]
    assert (lead.response_id, lead.submitted_at, lead.owner) == (response_id, NOON, ACCOUNT)
    assert lead.form == Named(id="6083", name="Demo request")
    assert lead.campaign == Named(id="367378525", name="DACH enterprise")
    assert lead.account == Named(id="507857085", name="Nordwind EMEA")
    assert lead.hidden == {"utm_source": "linkedin"}
    assert [(consent.id, consent.accepted) for consent in lead.consents] == [("0", True), ("3", False)]


async def test_every_call_names_its_version_and_its_protocol() -> None:
    async with a_world() as world:
        await world.source.fetch(world.linkedin.submit(form=6083, answers=ANSWERS))

        (request,) = world.linkedin.requests

    assert request.headers["LinkedIn-Version"] == "202608"
    assert request.headers["X-Restli-Protocol-Version"] == "2.0.0"
    assert request.headers["Authorization"] == "Bearer good-token"


@pytest.mark.parametrize("lead_type", ["SPONSORED", "EVENT", "COMPANY", "ORGANIZATION_PRODUCT"])
async def test_a_lead_of_each_type_is_fetched(lead_type: str) -> None:
    form = 6083 if lead_type == "SPONSORED" else 6955637458260688897
    event = "Autumn webinar" if lead_type == "EVENT" else None
    async with a_world() as world:
        response_id = world.linkedin.submit(
            form=form, answers={"Email": "e@firma.example"}, lead_type=lead_type, event=event, is_test=True
        )

        lead = (await world.source.fetch(response_id)).lead

    assert (lead.lead_type, lead.form.id, lead.is_test) == (lead_type, str(form), True)
    assert lead.owner == (ACCOUNT if lead_type == "SPONSORED" else PAGE)
    assert (lead.event.name if lead.event else None) == event


async def test_a_urn_and_an_odd_id_are_encoded_as_one_value() -> None:
    async with a_world() as world:
        world.linkedin.submit(form=6083, answers=ANSWERS, response_id="a/b:(c),d-4")

        fetched = await world.source.fetch("urn:li:leadGenFormResponse:a/b:(c),d-4")

    assert fetched.lead.response_id == "a/b:(c),d-4"
    assert world.paths()[0].startswith("/rest/leadFormResponses/a%2Fb%3A%28c%29%2Cd-4?")


async def test_the_raw_answer_can_be_read_again_and_never_names_the_member() -> None:
    async with a_world() as world:
        response_id = world.linkedin.submit(form=6083, answers=ANSWERS, campaign=367378525)

        with_names = await world.source.fetch(response_id)
        refuse_projection(world)
        without = await world.source.fetch(response_id)

    assert lead_from_response(with_names.raw) == with_names.lead
    again = lead_from_response(without.raw)
    assert (again.form, again.answers, again.consents) == (
        without.lead.form,
        without.lead.answers,
        without.lead.consents,
    )
    assert b"urn:li:person" not in with_names.raw + without.raw


# ── without the projection ──


@pytest.mark.parametrize("status", [400, 403, 404])
async def test_a_refused_projection_is_asked_for_plainly_and_the_form_apart(status: int) -> None:
    async with a_world() as world:
        response_id = world.linkedin.submit(form=6083, answers=ANSWERS, campaign=367378525)
        refuse_projection(world, status)

        lead = (await world.source.fetch(response_id)).lead

    assert world.paths()[1:3] == [f"/rest/leadFormResponses/{response_id}", "/rest/leadForms/6083"]
    assert sorted(world.paths()[3:]) == [
        "/rest/adAccounts/507857085",
        "/rest/adAccounts/507857085/adCampaigns/367378525",
    ]
    assert lead.form == Named(id="6083", name="Demo request")
    assert lead.campaign == Named(id="367378525", name="DACH enterprise")
    assert lead.account == Named(id="507857085", name="Nordwind EMEA")
    assert [answer.question for answer in lead.answers] == ["Vorname", "Nachname", "E-Mail", "Welche Produkte?"]
    assert lead.answers[-1].values == ("Sensors",)


async def test_a_form_is_looked_up_once_a_day() -> None:
    async with a_world() as world:
        response_id = world.linkedin.submit(form=6083, answers=ANSWERS)

        for _ in range(3):
            refuse_projection(world)
            await world.source.fetch(response_id)
        asked_once = world.paths().count("/rest/leadForms/6083")
        world.now = NOON + timedelta(days=1)
        refuse_projection(world)
        await world.source.fetch(response_id)

    assert asked_once == 1
    assert world.paths().count("/rest/leadForms/6083") == 2


async def test_a_form_that_cannot_be_had_never_holds_the_lead() -> None:
    async with a_world() as world:
        response_id = world.linkedin.submit(form=6083, answers=ANSWERS)
        world.linkedin.faults.add(Fault("/rest/leadForms", status=500))

        refuse_projection(world)
        first = (await world.source.fetch(response_id)).lead
        refuse_projection(world)
        await world.source.fetch(response_id)
        world.now = NOON + timedelta(minutes=1)
        refuse_projection(world)
        later = (await world.source.fetch(response_id)).lead

    assert sorted(answer.question for answer in first.answers) == [
        "question 10",
        "question 11",
        "question 12",
        "question 13",
    ]
    assert {answer.text for answer in first.answers} >= {"Erika", "option 0"}
    assert later.answers[0].question == "Vorname"
    assert world.paths().count("/rest/leadForms/6083") == 2


async def test_the_memory_of_forms_is_bounded() -> None:
    urn = "urn:li:versionedLeadGenForm:(urn:li:leadGenForm:{},1)"
    elements = [
        {"id": f"a-{n}", "submittedAt": 1763887200123, "versionedLeadGenFormUrn": urn.format(n)} for n in range(501)
    ]
    async with a_world() as world:
        for page in (elements, elements[-1:], elements[:1]):
            body = json.dumps({"elements": page}).encode()
            world.linkedin.faults.add(Fault("/rest/leadFormResponses", body=body))
            await all_recent(world)

    assert world.paths().count("/rest/leadForms/500") == 1
    assert world.paths().count("/rest/leadForms/0") == 2


async def test_options_of_a_later_version_of_the_form_are_not_used() -> None:
    async with a_world() as world:
        response_id = world.linkedin.submit(form=6083, answers=ANSWERS)
        form = world.linkedin.forms[6083]
        world.linkedin.add_form(
            id=6083, name=form.name, owner=form.owner, questions=form.questions, version=form.version + 1
        )
        refuse_projection(world)

        lead = (await world.source.fetch(response_id)).lead

    assert lead.answers[-1].values == ("option 0",)


# ── what goes wrong ──


async def test_a_lead_that_is_not_there_is_not_found_after_one_plain_question() -> None:
    async with a_world() as world:
        with pytest.raises(NotFound):
            await world.source.fetch("nowhere-1")

    assert world.paths() == [f"/rest/leadFormResponses/nowhere-1{PROJECTION}", "/rest/leadFormResponses/nowhere-1"]


async def test_a_deleted_lead_is_not_found() -> None:
    async with a_world() as world:
        response_id = world.linkedin.submit(form=6083, answers=ANSWERS)
        world.linkedin.delete(response_id)

        with pytest.raises(NotFound):
            await world.source.fetch(response_id)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(status=403, times=2), Forbidden),
        (Fault(status=400, times=2), PermanentError),
        (Fault(status=408), TemporaryError),
        (Fault(status=429), RateLimited),
        (Fault(status=500), TemporaryError),
        (Fault(status=503, headers={"Retry-After": "30"}), TemporaryError),
        (Fault(status=502, body=b"<html>Bad Gateway</html>", headers={"Content-Type": "text/html"}), TemporaryError),
        (Fault(status=404, body=b"<html>Not here</html>", headers={"Content-Type": "text/html"}), TemporaryError),
        (Fault(status=302, headers={"Location": "http://127.0.0.1:9/"}), OutageError),
        (Fault(status=426), VersionRetired),
        (Fault(status=204), TemporaryError),
        (Fault(body=b'{"id": "trunc'), TemporaryError),
        (Fault(body=b"<html>welcome</html>"), TemporaryError),
        (Fault(body=b"[]"), TemporaryError),
        (Fault(body=b"{}"), TemporaryError),
        (Fault(body=b'{"id":"a","submittedAt":1,"x":' + b"[" * 500 + b"]" * 500 + b"}"), TemporaryError),
        (Fault(drop="before", times=2), TemporaryError),  # aiohttp itself repeats a GET once
        (Fault(drop="after", times=2), TemporaryError),
        (Fault(drop="midway"), TemporaryError),
        (Fault(body=b"{}", headers={"Content-Encoding": "gzip"}), TemporaryError),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else None,
)
async def test_each_failure_has_its_class_and_the_next_call_works(fault: Fault, kind: type[UpstreamError]) -> None:
    async with a_world() as world:
        response_id = world.linkedin.submit(form=6083, answers=ANSWERS)
        world.linkedin.faults.add(fault)

        with pytest.raises(kind) as caught:
            await world.source.fetch(response_id)
        fetched = await world.source.fetch(response_id)

    assert type(caught.value) is kind
    assert fetched.lead.answered("first_name") == "Erika"


async def test_a_call_that_hangs_ends_at_its_deadline() -> None:
    async with a_world(deadline=timedelta(milliseconds=50)) as world:
        world.linkedin.faults.add(Fault(hang=30))

        async with asyncio.timeout(3):
            with pytest.raises(TemporaryError) as caught:
                await world.source.fetch("any-1")

    assert caught.value.code == "timeout"


async def test_nobody_listening_is_a_temporary_failure() -> None:
    async with a_world() as world:
        await world.linkedin.stop()

        with pytest.raises(TemporaryError) as caught:
            await world.source.fetch("any-1")

    assert caught.value.code == "ClientConnectorError"


async def test_a_version_that_was_switched_off_asks_for_a_newer_one() -> None:
    async with a_world(api_version="202511") as world:
        with pytest.raises(OutageError) as caught:
            await world.source.fetch("any-1")

    assert caught.value.code == "NONEXISTENT_VERSION"
    assert "api_version" in caught.value.advice
    assert len(world.linkedin.requests) == 1


# ── the token ──


async def test_a_refused_token_is_refreshed_once_and_the_call_repeated() -> None:
    async with a_world() as world:
        response_id = world.linkedin.submit(form=6083, answers=ANSWERS)
        world.token, world.refresh_to = "old-token", "good-token"

        fetched = await world.source.fetch(response_id)

    assert fetched.lead.response_id == response_id
    assert world.refreshed == 1
    assert len(world.linkedin.requests) == 2


async def test_many_calls_with_a_refused_token_refresh_it_once() -> None:
    async with a_world() as world:
        ids = world.submit_many(10)
        world.token, world.refresh_to = "old-token", "good-token"

        await asyncio.gather(*(world.source.fetch(response_id) for response_id in ids))

    assert world.refreshed == 1


async def test_a_refused_token_without_another_is_an_outage_with_advice() -> None:
    async with a_world() as world:
        world.token = "old-token"

        with pytest.raises(OutageError) as caught:
            await world.source.fetch("any-1")

    assert "LINKEDIN_ACCESS_TOKEN" in caught.value.advice
    assert world.refreshed == 1
    assert len(world.linkedin.requests) == 1


@pytest.mark.parametrize("refresh_to", [None, "renewed-and-refused-as-well"])
async def test_a_lead_that_is_refused_with_a_good_token_is_no_outage(refresh_to: str | None) -> None:
    async with a_world() as world:
        world.token, world.refresh_to, world.verdict = "old-token", refresh_to, Renewal.ALIVE

        with pytest.raises(Forbidden) as caught:
            await world.source.fetch("any-1")

    assert "no Lead Gen Forms role on the Page" in caught.value.advice


async def test_without_a_way_to_refresh_a_refused_token_is_an_outage_at_once() -> None:
    async with a_world(can_refresh=False) as world:
        world.token = "old-token"

        with pytest.raises(OutageError):
            await world.source.fetch("any-1")

    assert len(world.linkedin.requests) == 1


@pytest.mark.parametrize("token", ["", "  ", "a\nb", "naïve"])
async def test_a_token_that_cannot_be_one_is_never_sent(token: str) -> None:
    async with a_world() as world:
        world.token = token

        with pytest.raises(OutageError):
            await world.source.fetch("any-1")

    assert world.linkedin.requests == []


# ── a window of leads ──


async def test_the_finder_reaches_linkedin_encoded_as_rest_li_wants_it() -> None:
    async with a_world() as world:
        await all_recent(world)
        await all_recent(world, EVENTS)

    start = int((NOON - timedelta(hours=24)).timestamp() * 1000)
    end = int(NOON.timestamp() * 1000) + 1
    rest = f"&limitedToTestLeads=false&submittedAtTimeRange=(start:{start},end:{end})&start=0&count=100&"
    assert world.paths() == [
        "/rest/leadFormResponses?q=owner&owner=(sponsoredAccount:urn%3Ali%3AsponsoredAccount%3A507857085)"
        "&leadType=(leadType:SPONSORED)" + rest + PROJECTION[1:],
        "/rest/leadFormResponses?q=owner&owner=(organization:urn%3Ali%3Aorganization%3A12345678)"
        "&leadType=(leadType:EVENT)" + rest + PROJECTION[1:],
    ]


async def test_more_leads_than_a_page_holds_come_newest_first_and_once() -> None:
    async with a_world() as world:
        ids = world.submit_many(250)

        found = await all_recent(world)

    assert [fetched.lead.response_id for fetched in found] == ids[::-1]
    assert len(world.linkedin.requests) == 3
    assert lead_from_response(found[0].raw) == found[0].lead


async def test_a_full_last_page_is_followed_by_an_empty_one() -> None:
    async with a_world() as world:
        world.submit_many(200)

        found = await all_recent(world)

    assert len(found) == 200
    assert len(world.linkedin.requests) == 3


async def test_the_page_size_that_linkedin_uses_is_followed() -> None:
    async with a_world() as world:
        world.linkedin.largest_page = 30
        ids = world.submit_many(70)

        found = await all_recent(world)

    assert {fetched.lead.response_id for fetched in found} == set(ids)
    assert [path.partition("&start=")[2].partition("&")[0] for path in world.paths()] == ["0", "29", "58"], (
        "with an overlap, so that a lead that goes meanwhile hides no other"
    )


async def test_leads_that_arrive_between_two_pages_lose_and_double_nothing() -> None:
    async with a_world() as world:
        ids = world.submit_many(150)
        found: list[str] = []

        async for fetched in world.source.recent(ADS, since=NOON - timedelta(days=1), until=NOON + timedelta(hours=1)):
            if not found:
                world.submit_many(7, first_at=NOON - timedelta(minutes=1))
            found.append(fetched.lead.response_id)

    assert sorted(found) == sorted(ids)


async def test_a_lead_at_the_very_end_of_the_window_is_found_and_one_outside_is_not() -> None:
    async with a_world() as world:
        inside = world.linkedin.submit(form=6083, answers=ANSWERS, submitted_at=NOON)
        world.linkedin.submit(form=6083, answers=ANSWERS, submitted_at=NOON - timedelta(hours=25))
        world.linkedin.submit(form=6083, answers=ANSWERS, submitted_at=NOON + timedelta(hours=1))

        found = await all_recent(world)

    assert [fetched.lead.response_id for fetched in found] == [inside]


async def test_a_linkedin_that_repeats_its_page_for_ever_is_left_after_the_second() -> None:
    page = {
        "paging": {"count": 1},
        "elements": [
            {"id": "a-1", "submittedAt": 1763887200123, "form": {"content": {"questions": [{"questionId": 1}]}}}
        ],
    }
    async with a_world() as world:
        world.linkedin.faults.add(Fault("/rest/leadFormResponses", body=json.dumps(page).encode(), times=50))

        found = await all_recent(world)

    assert len(found) == 1
    assert len(world.linkedin.requests) == 2


async def test_a_refused_projection_does_not_stop_the_pull() -> None:
    async with a_world() as world:
        world.submit_many(3)
        refuse_projection(world)

        found = await all_recent(world)

    assert [fetched.lead.answered("first_name") for fetched in found] == ["Erika"] * 3
    assert world.paths().count("/rest/leadForms/6083") == 1


async def test_a_page_with_nothing_but_an_unreadable_entry_is_reported() -> None:
    async with a_world() as world:
        world.linkedin.faults.add(Fault("/rest/leadFormResponses", body=b'{"elements": [{}]}'))

        with pytest.raises(PermanentError, match="1 of LinkedIn's leads"):
            await all_recent(world)


async def test_an_unreadable_entry_is_reported_after_the_others_were_passed_on() -> None:
    good = {"id": "a-1", "submittedAt": 1763887200123, "owner": {"sponsoredAccount": ACCOUNT}}
    page = {"elements": [{"submittedAt": 1763887200123}, "nonsense", good]}
    found: list[str] = []
    async with a_world() as world:
        world.linkedin.faults.add(Fault("/rest/leadFormResponses", body=json.dumps(page).encode()))

        failure = await collect(world, found)

    assert found == ["a-1"]
    assert isinstance(failure, PermanentError)
    assert str(failure).startswith("2 of LinkedIn's leads")


@pytest.mark.parametrize("body", [b"{}", b'{"elements": null}', b'{"elements": {}}'])
async def test_a_page_without_elements_is_not_mistaken_for_the_end(body: bytes) -> None:
    async with a_world() as world:
        world.linkedin.faults.add(Fault("/rest/leadFormResponses", body=body))

        with pytest.raises(TemporaryError):
            await all_recent(world)


async def test_a_failure_on_the_second_page_is_raised() -> None:
    async with a_world() as world:
        world.submit_many(150)
        found: list[str] = []
        second = Fault("/rest/leadFormResponses", status=429)

        failure = await collect(world, found, on_first=lambda: world.linkedin.faults.add(second))

    assert isinstance(failure, RateLimited)
    assert len(found) == 100


async def test_an_owner_without_a_urn_is_taken_for_an_ad_account() -> None:
    async with a_world() as world:
        with pytest.raises(PermanentError):
            await all_recent(world, Stream(source="x", owner="5", lead_type="SPONSORED"))

    assert "&owner=(sponsoredAccount:5)&" in world.paths()[0]


# ── the webhook's side ──


async def test_the_source_understands_what_the_stand_in_posts() -> None:
    async with a_world() as world:
        response_id = world.linkedin.submit(form=6083, answers=ANSWERS)
        body = world.linkedin.notification(response_id)

        posted = world.source.read_notification({"X-LI-Signature": world.linkedin.sign(body)}, body)

        with pytest.raises(RejectedRequest):
            world.source.read_notification({}, body)
        with pytest.raises(RejectedRequest):
            world.source.answer_challenge({"challengeCode": "x"})
        answer = world.source.answer_challenge({"challengeCode": "890e4665-4dfe-4ab1-b689-ed553bceeed0"})
    assert answer["challengeResponse"].startswith("2f02d4233a03")
    (notification,) = posted.notifications
    assert (notification.response_id, notification.occurred_at) == (response_id, NOON)
    assert (notification.form, notification.form_version, notification.owner) == ("6083", "2", ACCOUNT)
