"""The stand-in is as strict as LinkedIn, so that what passes here passes there: who asks, how, and for which leads."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.sandbox.faults import Fault
from bot.sandbox.linkedin import LinkedInStandIn, Question
from bot.sandbox.linkedin.restli import MisspeltError, Value, read_fields, read_value
from tests.sandbox.linkedin_builders import (
    ACCOUNT,
    FINDER,
    GOOD,
    NOON,
    OWNER,
    PAGE,
    PAGE_OWNER,
    Clock,
    a_linkedin,
    get,
    send,
)

FORM = "urn%3Ali%3AversionedLeadGenForm%3A%28urn%3Ali%3AleadGenForm%3A6083%2C1%29"
EVENTS = f"/rest/leadFormResponses?q=owner&{PAGE_OWNER}&leadType=(leadType:EVENT)"

# ── who asks, and how ──


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 401, "EMPTY_ACCESS_TOKEN"),
        (GOOD | {"Authorization": "Bearer other"}, 401, "INVALID_ACCESS_TOKEN"),
        (GOOD | {"Authorization": "Basic token"}, 401, "INVALID_ACCESS_TOKEN"),
        ({name: value for name, value in GOOD.items() if name != "LinkedIn-Version"}, 400, "VERSION_MISSING"),
        (GOOD | {"LinkedIn-Version": "202511"}, 426, "NONEXISTENT_VERSION"),
        (GOOD | {"X-Restli-Protocol-Version": "1.0"}, 400, "ILLEGAL_ARGUMENT"),
        ({name: value for name, value in GOOD.items() if "Restli" not in name}, 400, "ILLEGAL_ARGUMENT"),
        (GOOD | {"X-RestLi-Method": "GET"}, 400, "ILLEGAL_ARGUMENT"),
    ],
)
async def test_who_asks_wrongly_is_refused(headers: dict[str, str], status: int, code: str) -> None:
    async with a_linkedin() as linkedin:
        answer = await get(linkedin, FINDER, headers)

    assert (answer.status, answer.content["code"]) == (status, code)


async def test_a_version_that_is_gone_is_answered_in_linkedins_words() -> None:
    async with a_linkedin() as linkedin:
        answer = await get(linkedin, FINDER, GOOD | {"LinkedIn-Version": "202411"})

    assert answer.content == {
        "status": 426,
        "code": "NONEXISTENT_VERSION",
        "message": "Requested version 20241101 is not active",
    }


async def test_the_token_may_be_changed_revoked_and_run_out() -> None:
    async with a_linkedin() as linkedin:
        linkedin.expire()
        expired = await get(linkedin, FINDER)
        linkedin.access_token = "second"
        replaced = await get(linkedin, FINDER)
        second = GOOD | {"Authorization": "Bearer second"}
        fine = await get(linkedin, FINDER, second)
        linkedin.revoke("somebody else's")
        still_fine = await get(linkedin, FINDER, second)
        linkedin.revoke()
        revoked = await get(linkedin, FINDER, second)

    assert [fine.status, still_fine.status] == [200, 200]
    assert [one.content["code"] for one in (expired, replaced, revoked)] == [
        "EXPIRED_ACCESS_TOKEN",
        "INVALID_ACCESS_TOKEN",
        "REVOKED_ACCESS_TOKEN",
    ]


@pytest.mark.parametrize(
    ("lacking", "method", "path"),
    [
        ("r_marketing_leadgen_automation", "GET", FINDER),
        ("r_marketing_leadgen_automation", "GET", f"/rest/leadForms?q=owner&{OWNER}"),
        ("r_marketing_leadgen_automation", "POST", "/rest/leadNotifications"),
        ("rw_ads", "POST", "/rest/leadForms"),
        ("r_organization_admin", "GET", "/rest/organizationAcls?q=roleAssignee"),
        ("r_events", "GET", "/rest/events/1"),
    ],
)
async def test_without_the_scope_nothing_is_read_or_written(lacking: str, method: str, path: str) -> None:
    async with a_linkedin() as linkedin:
        linkedin.scopes.discard(lacking)

        answer = await send(linkedin, method, path, body=None if method == "GET" else {})

    assert (answer.status, answer.content["code"]) == (403, "ACCESS_DENIED")
    assert answer.content["message"].startswith("Not enough permissions to access: ")


async def test_either_of_the_two_ads_scopes_is_enough_to_read() -> None:
    async with a_linkedin() as linkedin:
        linkedin.scopes.discard("rw_ads")
        reading = await get(linkedin, "/rest/adAccounts?q=search")
        linkedin.scopes ^= {"rw_ads", "r_ads"}
        writing = await get(linkedin, "/rest/adAccounts?q=search")

    assert (reading.status, writing.status) == (200, 200)


@pytest.mark.parametrize(
    "path",
    [
        FINDER.replace("%3A", ":"),
        FINDER.replace("(sponsored", "%28sponsored").replace("5085)", "5085%29"),
        FINDER.replace("sponsoredAccount:urn", "sponsoredAccount%3Aurn"),
        FINDER.replace("%3A", "%253A"),
        FINDER.replace("sponsoredAccount:", "organization:"),
        FINDER.replace(OWNER, "owner=urn%3Ali%3AsponsoredAccount%3A507857085"),
        FINDER.replace(OWNER, f"owner=(value:{OWNER.removeprefix('owner=')})"),
        FINDER.replace(f"&{OWNER}", ""),
        FINDER.replace("(leadType:SPONSORED)", "SPONSORED"),
        FINDER.replace("&leadType=(leadType:SPONSORED)", ""),
        FINDER.replace("SPONSORED", "NONSENSE"),
        FINDER.replace("SPONSORED", "EVENT"),
        EVENTS.replace("EVENT", "SPONSORED"),
        FINDER.replace("q=owner", "q=criteria"),
        FINDER.replace("q=owner&", ""),
        FINDER + "&submittedAtTimeRange=(start:x)",
        FINDER + "&submittedAtTimeRange=(from:1)",
        FINDER + "&submittedAt=(start:1)",
        FINDER + "&limitedToTestLeads=yes",
        FINDER + "&start=-1",
        FINDER + "&start=0&start=1",
        FINDER + "&fields=a,b:(c",
        FINDER + "&fields=a%2Cb",
        FINDER + f"&versionedLeadGenFormUrn={FORM.replace('%28', '(').replace('%29', ')').replace('%2C', ',')}",
        FINDER + f"&versionedLeadGenFormUrn={FORM.replace('%2C1', '')}",
        FINDER + "&versionedLeadGenFormUrn=(form:6083)",
        FINDER + "&associatedEntity=(event:7)",
        FINDER + "&associatedEntity=urn:li:event:7",
        "/rest/leadFormResponses/urn:li:leadGenFormResponse:1",
        "/rest/leadFormResponses/a?x=1",
        "/rest/leadFormResponses?ids=a,b",
        "/rest/leadFormResponses?ids=List()",
        "/rest/leadFormResponses?ids=List((a:b))",
        "/rest/leadFormResponses?ids=List(a)&start=0",
        "/rest/leadForms/abc",
    ],
)
async def test_what_is_not_spelt_exactly_is_refused(path: str) -> None:
    async with a_linkedin() as linkedin:
        answer = await get(linkedin, path)

    assert (answer.status, answer.content["status"]) == (400, 400)


async def test_unknown_things_are_not_found() -> None:
    async with a_linkedin() as linkedin:
        gone = linkedin.submit(form=6083, answers={})
        linkedin.delete(gone)
        paths = (f"/rest/leadFormResponses/{gone}", "/rest/leadForms/1", "/rest/nothing", "/v2/adAccountsV2?q=search")

        statuses = [(await get(linkedin, path)).status for path in (*paths, "/rest", "/rest//1")]

    assert statuses == [404] * 6


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/rest/leadForms/6083"),
        ("PUT", "/rest/leadForms/6083"),
        ("POST", "/rest/leadFormResponses"),
        ("DELETE", "/rest/leadFormResponses"),
        ("GET", "/rest/organizations"),
    ],
)
async def test_what_a_resource_cannot_do_is_refused(method: str, path: str) -> None:
    async with a_linkedin() as linkedin:
        answer = await send(linkedin, method, path, body={} if method in {"POST", "PUT"} else None)

    assert answer.status == 405


async def test_a_write_must_be_json_and_name_what_it_updates() -> None:
    async with a_linkedin() as linkedin:
        as_text = await send(linkedin, "POST", "/rest/leadForms", raw=b"{}", headers=GOOD)
        broken = await send(linkedin, "POST", "/rest/leadForms", raw=b"{")
        a_list = await send(linkedin, "POST", "/rest/leadForms", body=[])
        unnamed = await send(linkedin, "POST", "/rest/leadForms/6083", body={"patch": {"$set": {"name": "New"}}})

    assert [one.status for one in (as_text, broken, a_list, unnamed)] == [415, 400, 400, 400]
    assert linkedin.requests[0].body == b"{}"


async def test_a_long_query_must_come_through_the_tunnel() -> None:
    async with a_linkedin() as linkedin:
        response_id = linkedin.submit(form=6083, answers={})
        query = f"ids=List({response_id},{','.join(f'unknown-{number}' for number in range(400))})"
        tunnel = GOOD | {"X-HTTP-Method-Override": "GET", "Content-Type": "application/x-www-form-urlencoded"}

        plain = await get(linkedin, f"/rest/leadFormResponses?{query}")
        tunnelled = await send(linkedin, "POST", "/rest/leadFormResponses", raw=query.encode(), headers=tunnel)

        with_query = await send(linkedin, "POST", "/rest/leadFormResponses?a=b", raw=query.encode(), headers=tunnel)

    assert (plain.status, with_query.status) == (414, 400)
    assert tunnelled.status == 200
    assert list(tunnelled.content["results"]) == [response_id]


async def test_a_spent_quota_lasts_until_midnight_in_greenwich() -> None:
    clock = Clock()
    async with a_linkedin(clock) as linkedin:
        linkedin.day_quota["leadFormResponses"] = 1

        first = await get(linkedin, FINDER)
        second = await get(linkedin, FINDER)
        forms = await get(linkedin, f"/rest/leadForms?q=owner&{OWNER}")
        clock.go(hours=11, minutes=59)
        before = await get(linkedin, FINDER)
        clock.go(minutes=1)
        after = await get(linkedin, FINDER)

    assert [one.status for one in (first, second, forms, before, after)] == [200, 429, 200, 429, 200]
    assert "APPLICATION DAY limit" in second.content["message"]
    assert "Retry-After" not in second.headers
    assert dict(linkedin.day_quota) == {}


async def test_a_quota_can_be_lifted_before_midnight() -> None:
    async with a_linkedin() as linkedin:
        linkedin.day_quota["leadFormResponses"] = 0
        spent = await get(linkedin, FINDER)
        linkedin.day_quota.clear()
        lifted = await get(linkedin, FINDER)

    assert (spent.status, lifted.status, len(linkedin.day_quota)) == (429, 200, 0)


async def test_every_request_is_remembered_as_it_came_also_a_failing_one() -> None:
    async with a_linkedin() as linkedin:
        linkedin.faults.add(Fault("/rest/leadFormResponses", status=500, body=b"{}", headers={"x-li-uuid": "a"}))

        statuses = [(await get(linkedin, FINDER)).status for _ in range(2)]

    assert statuses == [500, 200]
    assert [request.raw_path for request in linkedin.requests] == [FINDER, FINDER]


# ── leads ──


async def test_without_a_projection_there_is_no_form_and_there_are_no_names() -> None:
    async with a_linkedin() as linkedin:
        response_id = linkedin.submit(form=6083, answers={"Email": "e@x.example"}, campaign=7)

        plain = await get(linkedin, f"/rest/leadFormResponses/{response_id}")

    assert plain.status == 200
    assert plain.content["leadMetadata"] == {"sponsoredLeadMetadata": {"campaign": "urn:li:sponsoredCampaign:7"}}
    assert not {"form", "ownerInfo", "leadMetadataInfo", "associatedEntityInfo"} & set(plain.content)


async def test_with_a_projection_only_what_it_lists_is_returned() -> None:
    async with a_linkedin() as linkedin:
        response_id = linkedin.submit(form=6083, answers={}, campaign=7)

        shown = await get(linkedin, f"/rest/leadFormResponses/{response_id}?fields=id,leadMetadataInfo,form:(name)")

    campaign = {"id": 7, "name": "Autumn", "type": "SPONSORED_UPDATES"}
    assert shown.content == {
        "id": response_id,
        "leadMetadataInfo": {"sponsoredLeadMetadataInfo": {"campaign": campaign}},
        "form": {"name": "Demo"},
    }


async def test_a_projection_of_a_pages_lead_names_the_page_and_the_event() -> None:
    async with a_linkedin() as linkedin:
        linkedin.add_organization(id=12345, name="Nordwind")
        response_id = linkedin.submit(form=818, answers={}, lead_type="EVENT", event="Open day")

        path = f"/rest/leadFormResponses/{response_id}?fields=ownerInfo,associatedEntityInfo,leadMetadataInfo"
        shown = (await get(linkedin, path)).content
        event_id = shown["associatedEntityInfo"]["event"]["id"]
        event = await get(linkedin, f"/rest/events/{event_id}")

    assert shown["ownerInfo"] == {"organizationInfo": {"localizedName": "Nordwind"}}
    assert shown["associatedEntityInfo"]["event"]["name"] == {"localized": {"en_US": "Open day"}}
    assert event.content["name"] == "Open day"
    assert "leadMetadataInfo" not in shown


async def test_names_can_be_left_out_of_a_projection_but_not_the_form() -> None:
    async with a_linkedin() as linkedin:
        linkedin.names_in_answers = False
        response_id = linkedin.submit(form=6083, answers={}, campaign=7)
        fields = "id,ownerInfo,leadMetadataInfo,associatedEntityInfo,form:(name)"

        shown = await get(linkedin, f"/rest/leadFormResponses/{response_id}?fields={fields}")

    assert shown.content == {"id": response_id, "form": {"name": "Demo"}}


async def test_answers_come_by_question_id_in_another_order_than_the_forms() -> None:
    async with a_linkedin() as linkedin:
        response_id = linkedin.submit(form=6083, answers={"First name": "E", "Email": "e@x.example", "Which": "Green"})

        plain = await get(linkedin, f"/rest/leadFormResponses/{response_id}?fields=formResponse")
        again = await get(linkedin, f"/rest/leadFormResponses/{response_id}?fields=formResponse")

    answers = plain.content["formResponse"]["answers"]
    assert [answer["questionId"] for answer in answers] != [1, 2, 3]
    assert {"questionId": 3, "answerDetails": {"multipleChoiceAnswer": {"options": [1]}}} in answers
    assert plain.content == again.content


async def test_the_finder_pages_newest_first_and_filters() -> None:
    async with a_linkedin() as linkedin:
        linkedin.largest_page = 2
        ids = [
            linkedin.submit(form=6083, answers={}, submitted_at=NOON + timedelta(seconds=n), is_test=n == 1)
            for n in range(4)
        ]
        start = int(NOON.timestamp() * 1000)

        filters = f"&start=1&count=100&limitedToTestLeads=false&versionedLeadGenFormUrn={FORM}"
        page = await get(linkedin, FINDER + filters)
        other_form = await get(linkedin, FINDER + filters.replace("6083%2C1", "6083%2C2"))
        tests = await get(linkedin, FINDER + "&limitedToTestLeads=true")
        window = await get(linkedin, FINDER + f"&submittedAtTimeRange=(start:{start},end:{start + 1000})")
        others = await get(linkedin, EVENTS)

    assert [element["id"] for element in page.elements] == [ids[2], ids[1]]
    assert page.content["paging"] == {"start": 1, "count": 2, "links": [], "total": 4}
    assert [element["id"] for element in tests.elements] == [ids[1]]
    assert [element["id"] for element in window.elements] == [ids[0]]
    assert other_form.elements == others.elements == []


async def test_leads_are_found_by_event_or_ad_in_either_spelling() -> None:
    async with a_linkedin() as linkedin:
        wanted = linkedin.submit(form=818, answers={}, lead_type="EVENT", event="77")
        linkedin.submit(form=818, answers={}, lead_type="EVENT", event="78")
        by_ad = linkedin.submit(form=6083, answers={}, campaign=7, creative=99)
        linkedin.submit(form=6083, answers={}, campaign=7)

        found = [
            await get(linkedin, f"{finder}&associatedEntity={entity}")
            for finder, entity in (
                (EVENTS, "(event:urn%3Ali%3Aevent%3A77)"),
                (EVENTS, "urn%3Ali%3Aevent%3A77"),
                (FINDER, "(associatedCreative:urn%3Ali%3AsponsoredCreative%3A99)"),
            )
        ]

    assert [[one["id"] for one in answer.elements] for answer in found] == [[wanted], [wanted], [by_ad]]


async def test_pages_need_not_tell_their_total() -> None:
    async with a_linkedin() as linkedin:
        linkedin.tells_totals = False

        page = await get(linkedin, FINDER)

    assert page.content["paging"] == {"start": 0, "count": 10, "links": []}


async def test_several_leads_come_at_once_and_a_missing_one_is_an_error_inside_the_200() -> None:
    async with a_linkedin() as linkedin:
        first, second, gone = (linkedin.submit(form=6083, answers={}) for _ in range(3))
        elsewhere = linkedin.submit(form=818, answers={}, lead_type="COMPANY")
        linkedin.delete(gone)
        linkedin.forbid(PAGE)

        ids = f"ids=List({first},{gone},{second},{elsewhere})"
        batch = await get(linkedin, f"/rest/leadFormResponses?{ids}&fields=id,form:(name)")

    assert batch.status == 200
    assert batch.content["results"] == {one: {"id": one, "form": {"name": "Demo"}} for one in (first, second)}
    assert batch.content["statuses"] == {first: 200, second: 200, gone: 404, elsewhere: 403}
    assert {one: error["code"] for one, error in batch.content["errors"].items()} == {
        gone: "NOT_FOUND",
        elsewhere: "ACCESS_DENIED",
    }


async def test_a_forbidden_owner_is_refused_everywhere_until_it_is_allowed() -> None:
    async with a_linkedin() as linkedin:
        response_id = linkedin.submit(form=6083, answers={})
        linkedin.forbid(ACCOUNT)
        paths = (FINDER, f"/rest/leadFormResponses/{response_id}", f"/rest/leadForms?q=owner&{OWNER}")

        refused = [(await get(linkedin, path)).status for path in (*paths, "/rest/leadForms/6083", EVENTS)]
        linkedin.allow(ACCOUNT)
        allowed = [(await get(linkedin, path)).status for path in paths]

    assert refused == [403, 403, 403, 403, 200]
    assert allowed == [200, 200, 200]


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


# ── Rest.li ──


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
