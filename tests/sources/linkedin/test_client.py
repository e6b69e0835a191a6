"""Every call of the client, as it reaches the wire and as it comes back."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from bot.core.errors import (
    AmbiguousError,
    ChallengeFailed,
    Conflict,
    Forbidden,
    NotFound,
    PermanentError,
    RateLimited,
    TemporaryError,
    UpstreamError,
)
from bot.ports import Subscription, Subscriptions
from bot.sandbox.faults import Fault
from bot.sources.linkedin.client import PROJECTION
from bot.sources.linkedin.records import AdAccount, Campaign, Creative, FormRecord, LeadFilter, PageRole
from tests.sources.linkedin.loopback import Reply, Seen, a_loopback

ACCOUNT = "urn:li:sponsoredAccount:522529623"
PAGE = "urn:li:organization:5622087"
FIELDS = f"&fields={PROJECTION}"
REFUSED = Reply({"status": 400, "code": "ILLEGAL_ARGUMENT", "message": "no"}, 400)

Thing = TypeVar("Thing")


async def every(things: AsyncIterator[Thing]) -> list[Thing]:
    return [thing async for thing in things]


def page(*elements: object, start: int = 0, count: int = 100) -> Reply:
    return Reply({"paging": {"start": start, "count": count, "links": []}, "elements": list(elements)})


def is_asked_by(path: str, parameter: str) -> bool:
    return re.search(rf"[?&]{parameter}=", path) is not None


# ── forms ──


async def test_the_forms_of_an_owner_are_asked_for_by_its_kind() -> None:
    async with a_loopback() as world:
        assert await every(world.client.forms(ACCOUNT)) == []
        assert await every(world.client.forms(PAGE)) == []

    assert world.paths == [
        "/rest/leadForms?q=owner&owner=(sponsoredAccount:urn%3Ali%3AsponsoredAccount%3A522529623)&start=0&count=100",
        "/rest/leadForms?q=owner&owner=(organization:urn%3Ali%3Aorganization%3A5622087)&start=0&count=100",
    ]


FORM = {
    "id": 6955637458260688897,
    "versionId": 3,
    "name": "Demo",
    "state": "PUBLISHED",
    "owner": {"organization": PAGE},
    "creationLocale": {"country": "SE", "language": "sv"},
    "hiddenFields": [{"name": "utm_source", "value": "linkedin"}],
    "content": {"questions": [{"questionId": 1}, {"questionId": 2}]},
}


async def test_a_form_is_read_with_what_people_ask_about() -> None:
    async with a_loopback(FORM) as world:
        form = await world.client.form("6955637458260688897")
        same = await world.client.form("urn:li:leadGenForm:6955637458260688897")

    assert world.paths == ["/rest/leadForms/6955637458260688897"] * 2
    assert form == same
    assert form == FormRecord(
        id="6955637458260688897",
        name="Demo",
        state="PUBLISHED",
        version="3",
        owner=PAGE,
        locale="sv_SE",
        questions=2,
        hidden={"utm_source": "linkedin"},
        raw=FORM,
    )
    assert form.urn == "urn:li:versionedLeadGenForm:(urn:li:leadGenForm:6955637458260688897,3)"


async def test_many_forms_come_page_by_page() -> None:
    def answers(seen: Seen) -> Reply:
        start = int(seen.path.partition("start=")[2].partition("&")[0])
        return page(*[{"id": number} for number in range(25)][start : start + 10], start=start, count=10)

    async with a_loopback(answers) as world:
        forms = await every(world.client.forms(ACCOUNT))

    assert [form.id for form in forms] == [str(number) for number in range(25)]
    assert len(world.seen) == 3


async def test_a_form_is_created_and_its_id_read_from_the_header() -> None:
    async with a_loopback(Reply(None, 201, {"x-restli-id": "818"})) as world:
        assert await world.client.create_form({"name": "Demo", "state": "DRAFT"}) == "818"

        (seen,) = world.seen

    assert (seen.verb, seen.path) == ("POST", "/rest/leadForms")
    assert seen.json == {"name": "Demo", "state": "DRAFT"}
    assert "X-RestLi-Method" not in seen.headers


async def test_a_created_thing_without_an_id_is_to_be_looked_for() -> None:
    async with a_loopback(Reply(None, 201)) as world:
        with pytest.raises(AmbiguousError, match="new id"):
            await world.client.create_form({})


async def test_an_id_in_the_body_is_taken_when_the_header_lacks_it() -> None:
    async with a_loopback(Reply({"id": 818}, 201)) as world:
        assert await world.client.create_form({}) == "818"


async def test_a_form_is_changed_by_a_partial_update() -> None:
    async with a_loopback(Reply(None, 204)) as world:
        await world.client.update_form("818", {"state": "ARCHIVED"})

        (seen,) = world.seen

    assert (seen.verb, seen.path) == ("POST", "/rest/leadForms/818")
    assert seen.headers["X-RestLi-Method"] == "PARTIAL_UPDATE"
    assert seen.json == {"patch": {"$set": {"state": "ARCHIVED"}}}


async def test_who_may_not_write_forms_reads_which_permission_is_missing() -> None:
    async with a_loopback(Reply({"status": 403, "code": "ACCESS_DENIED"}, 403)) as world:
        with pytest.raises(Forbidden) as creating:
            await world.client.create_form({})
        with pytest.raises(Forbidden) as reading:
            await world.client.form("1")

    assert "rw_ads" in creating.value.advice
    assert "rw_ads" not in reading.value.advice


# ── leads ──


async def test_the_finder_of_leads_is_spelt_as_linkedin_has_it() -> None:
    since = datetime(2023, 6, 7, 1, 6, 40, tzinfo=UTC)
    wanted = LeadFilter(
        form="urn:li:versionedLeadGenForm:(urn:li:leadGenForm:3162, 1)",
        since=since,
        until=since + timedelta(milliseconds=99_999_999),
    )
    async with a_loopback() as world:
        await every(world.client.leads(ACCOUNT, "SPONSORED", wanted, fields=""))
        await every(world.client.leads(PAGE, "EVENT"))

    assert world.paths == [
        "/rest/leadFormResponses?q=owner"
        "&owner=(sponsoredAccount:urn%3Ali%3AsponsoredAccount%3A522529623)"
        "&leadType=(leadType:SPONSORED)"
        "&limitedToTestLeads=false"
        "&versionedLeadGenFormUrn=urn%3Ali%3AversionedLeadGenForm%3A%28urn%3Ali%3AleadGenForm%3A3162%2C1%29"
        "&submittedAtTimeRange=(start:1686100000000,end:1686200000000)"
        "&start=0&count=100",
        "/rest/leadFormResponses?q=owner&owner=(organization:urn%3Ali%3Aorganization%3A5622087)"
        f"&leadType=(leadType:EVENT)&limitedToTestLeads=false&start=0&count=100{FIELDS}",
    ]


@pytest.mark.parametrize(
    ("wanted", "written"),
    [
        (LeadFilter(only_tests=True), "&limitedToTestLeads=true&start"),
        (LeadFilter(since=datetime(2023, 6, 7, 1, 6, 40, tzinfo=UTC)), "&submittedAtTimeRange=(start:1686100000000)&"),
        (
            LeadFilter(until=datetime(2023, 6, 7, 1, 6, 40, tzinfo=UTC)),
            "&submittedAtTimeRange=(start:0,end:1686100000001)&",
        ),
        (
            LeadFilter(form="818,1"),
            "&versionedLeadGenFormUrn=urn%3Ali%3AversionedLeadGenForm%3A%28urn%3Ali%3AleadGenForm%3A818%2C1%29&",
        ),
        (LeadFilter(entity="urn:li:event:123"), "&associatedEntity=urn%3Ali%3Aevent%3A123&"),
    ],
)
async def test_each_filter_has_its_spelling(wanted: LeadFilter, written: str) -> None:
    async with a_loopback() as world:
        await every(world.client.leads(ACCOUNT, "SPONSORED", wanted))

    assert len(world.paths) == 1
    assert written in world.paths[0]


@pytest.mark.parametrize(
    ("entity", "union"),
    [
        ("urn:li:event:123", "(event:urn%3Ali%3Aevent%3A123)"),
        ("urn:li:sponsoredCreative:4", "(associatedCreative:urn%3Ali%3AsponsoredCreative%3A4)"),
    ],
)
async def test_the_other_spelling_of_an_entity_is_tried_where_the_first_is_refused(entity: str, union: str) -> None:
    def answers(seen: Seen) -> Reply:
        return page({"id": "a-1", "submittedAt": 1}) if f"associatedEntity={union}&" in seen.path else REFUSED

    async with a_loopback(answers) as world:
        leads = await every(world.client.leads(ACCOUNT, "SPONSORED", LeadFilter(entity=entity)))

    assert [lead["id"] for lead in leads] == ["a-1"]
    assert len(world.paths) == 3  # with names, plain, then in the other spelling


async def test_a_filter_that_no_spelling_helps_is_refused() -> None:
    async with a_loopback(REFUSED) as world:
        with pytest.raises(PermanentError):
            await every(world.client.leads(ACCOUNT, "SPONSORED", LeadFilter(entity="urn:li:event:1")))

    assert len(world.paths) == 4


async def test_a_form_without_its_version_cannot_be_filtered_by() -> None:
    async with a_loopback() as world:
        with pytest.raises(PermanentError) as caught:
            await every(world.client.leads(ACCOUNT, "SPONSORED", LeadFilter(form="818")))

        assert world.seen == []
    assert "6083,1" in caught.value.advice


async def test_leads_come_once_although_the_list_shifts_both_ways() -> None:
    stored = [{"id": f"r-{number}", "submittedAt": 1686182358881 + number} for number in range(45, 0, -1)]

    def answers(seen: Seen) -> Reply:
        if len(world.seen) == 2:
            del stored[:7]
        if len(world.seen) == 4:
            stored.insert(0, {"id": "r-99", "submittedAt": 1686182359881})
        start = int(seen.path.partition("&start=")[2].partition("&")[0])
        return page(*stored[start : start + 10], start=start, count=10)

    async with a_loopback(answers) as world:
        leads = await every(world.client.leads(ACCOUNT, "SPONSORED"))

    assert [lead["id"] for lead in leads] == [f"r-{number}" for number in range(45, 0, -1)]


async def test_a_member_who_registered_anew_has_two_leads_of_one_id() -> None:
    async with a_loopback(page({"id": "r-1", "submittedAt": 1}, {"id": "r-1", "submittedAt": 2})) as world:
        assert len(await every(world.client.leads(PAGE, "EVENT"))) == 2


async def test_entries_that_cannot_be_read_come_too_so_that_they_can_be_counted() -> None:
    async with a_loopback(page("nonsense", {"submittedAt": 1}, {"id": "r-1", "submittedAt": 1})) as world:
        assert await every(world.client.leads(PAGE, "EVENT")) == [
            {},
            {"submittedAt": 1},
            {"id": "r-1", "submittedAt": 1},
        ]


async def test_a_lead_is_asked_for_by_its_bare_id_with_its_names() -> None:
    async with a_loopback({"id": "249592fc-d272-44ba-a7db-c2bdce579507-6"}) as world:
        await world.client.lead("249592fc-d272-44ba-a7db-c2bdce579507-6")
        await world.client.lead("urn:li:leadGenFormResponse:a/b:(c),d-4", fields="")

    assert world.paths == [
        f"/rest/leadFormResponses/249592fc-d272-44ba-a7db-c2bdce579507-6?fields={PROJECTION}",
        "/rest/leadFormResponses/a%2Fb%3A%28c%29%2Cd-4",
    ]


async def test_a_lead_whose_names_are_refused_comes_without_them() -> None:
    def answers(seen: Seen) -> Reply:
        return REFUSED if "fields=" in seen.path else Reply({"id": "r-1"})

    async with a_loopback(answers) as world:
        assert await world.client.lead("r-1") == {"id": "r-1"}


async def test_a_lead_that_is_not_there_is_not_found() -> None:
    async with a_loopback(Reply({"status": 404, "code": "NOT_FOUND"}, 404)) as world:
        with pytest.raises(NotFound):
            await world.client.lead("r-1")


async def test_what_goes_wrong_for_a_while_is_not_asked_for_twice() -> None:
    async with a_loopback(Reply({"status": 429}, 429)) as world:
        with pytest.raises(RateLimited):
            await world.client.lead("r-1")

    assert len(world.seen) == 1


@pytest.mark.parametrize("nothing", ["", " ", "urn:li:leadGenFormResponse:"])
async def test_without_an_id_nothing_is_asked(nothing: str) -> None:
    async with a_loopback() as world:
        for call in (world.client.lead(nothing), world.client.form(nothing), world.client.unsubscribe(nothing)):
            with pytest.raises(PermanentError):
                await call

    assert world.seen == []


# ── many leads at once ──


async def test_many_leads_are_asked_for_in_one_list() -> None:
    async with a_loopback({"results": {"a-1": {"id": "a-1"}, "b:2": {"id": "b:2"}}, "statuses": {}}) as world:
        found = await world.client.leads_by_id(["a-1", "urn:li:leadGenFormResponse:b:2", "a-1"])

    assert world.paths == [f"/rest/leadFormResponses?ids=List(a-1,b%3A2){FIELDS}"]
    assert found == {"a-1": {"id": "a-1"}, "urn:li:leadGenFormResponse:b:2": {"id": "b:2"}}


async def test_each_lead_of_a_batch_has_its_own_end() -> None:
    content = {
        "results": {"a-1": {"id": "a-1"}},
        "statuses": {"a-1": 200, "b-2": 404, "c-3": 429, "d-4": 500},
        "errors": {
            "b-2": {"status": 404, "message": "gone"},
            "c-3": {"status": 429, "message": "Resource level throttle APPLICATION DAY limit reached."},
            "d-4": {},
            "e-5": {"status": 403},
        },
    }
    async with a_loopback(content) as world:
        found = await world.client.leads_by_id(["a-1", "b-2", "c-3", "d-4", "e-5", "f-6"])

    kinds = {key: type(answer) for key, answer in found.items() if isinstance(answer, UpstreamError)}
    assert found["a-1"] == {"id": "a-1"}
    assert kinds == {
        "b-2": NotFound,
        "c-3": RateLimited,
        "d-4": TemporaryError,
        "e-5": Forbidden,
        "f-6": TemporaryError,
    }
    limited = found["c-3"]
    assert isinstance(limited, RateLimited)
    assert limited.pause == timedelta(hours=12, minutes=2)


async def test_those_of_a_batch_whose_names_are_refused_are_asked_for_plainly() -> None:
    def answers(seen: Seen) -> Reply:
        if "fields=" in seen.path:
            return Reply({"results": {"a-1": {"id": "a-1"}}, "errors": {"b-2": {"status": 403}}})
        return Reply({"results": {"b-2": {"id": "b-2"}}})

    async with a_loopback(answers) as world:
        found = await world.client.leads_by_id(["a-1", "b-2"])

    assert found == {"a-1": {"id": "a-1"}, "b-2": {"id": "b-2"}}
    assert world.paths[1:] == ["/rest/leadFormResponses?ids=List(b-2)"]


async def test_a_batch_that_linkedin_refuses_altogether_is_refused() -> None:
    async with a_loopback(REFUSED) as world:
        with pytest.raises(PermanentError):
            await world.client.leads_by_id(["a-1"])


async def test_more_leads_than_a_query_may_hold_go_in_several() -> None:
    ids = [f"{number:03}-" + "%" * 60 for number in range(60)]
    plain = [f"{number:03}-2495" for number in range(120)]
    async with a_loopback({"results": {}}) as world:
        await world.client.leads_by_id(ids)
        lots_of_long = len(world.seen)
        await world.client.leads_by_id(plain)

    assert all(len(path) < 4000 for path in world.paths)
    assert lots_of_long > 3
    assert len(world.seen) - lots_of_long == 3
    assert await world.client.leads_by_id([]) == {}


# ── ad accounts and roles ──

HAS_PAGE = {
    "id": 1234567,
    "name": "Ad Account A",
    "test": False,
    "status": "ACTIVE",
    "referenceInfo": {"organization": {"id": 11223344, "localizedName": "Highlander", "vanityName": "highlander"}},
}
SEARCH = "search=(status:(values:List(ACTIVE)),test:false)"
ACCOUNT_FIELDS = "fields=id,name,status,test,reference,referenceInfo"


async def test_the_members_ad_accounts_are_searched_by_token() -> None:
    def answers(seen: Seen) -> Reply:
        if "pageToken=DgG%3D" in seen.path:
            return Reply({"metadata": {}, "elements": [{"id": 2, "reference": PAGE, "test": True}]})
        return Reply({"metadata": {"nextPageToken": "DgG="}, "elements": [HAS_PAGE]})

    async with a_loopback(answers) as world:
        accounts = await every(world.client.accounts())

    assert world.paths == [
        f"/rest/adAccounts?q=search&{SEARCH}&pageSize=100&{ACCOUNT_FIELDS}",
        f"/rest/adAccounts?q=search&{SEARCH}&pageSize=100&pageToken=DgG%3D&{ACCOUNT_FIELDS}",
    ]
    assert accounts == [
        AdAccount(
            id="1234567",
            name="Ad Account A",
            status="ACTIVE",
            is_test=False,
            organization="urn:li:organization:11223344",
            organization_name="Highlander",
        ),
        AdAccount(id="2", name="", status="", is_test=True, organization=PAGE, organization_name=""),
    ]
    assert accounts[0].urn == "urn:li:sponsoredAccount:1234567"


async def test_every_ad_account_is_searched_without_conditions() -> None:
    async with a_loopback() as world:
        await every(world.client.accounts(only_active=False))

    assert world.paths == [f"/rest/adAccounts?q=search&pageSize=100&{ACCOUNT_FIELDS}"]


async def test_where_tokens_are_not_taken_accounts_are_counted_as_linkedins_older_sample_does() -> None:
    def answers(seen: Seen) -> Reply:
        return REFUSED if "pageSize=" in seen.path else page(HAS_PAGE)

    async with a_loopback(answers) as world:
        accounts = await every(world.client.accounts())

    assert [account.id for account in accounts] == ["1234567"]
    assert world.paths[1:] == [f"/rest/adAccounts?q=search&{SEARCH}&start=0&count=100&{ACCOUNT_FIELDS}"]


async def test_a_full_page_without_a_token_is_followed_by_counting() -> None:
    stored = [{"id": number} for number in range(25)]

    def answers(seen: Seen) -> Reply:
        start = int(seen.path.partition("start=")[2].partition("&")[0] or 0)
        return page(*stored[start : start + 10], start=start, count=10)

    async with a_loopback(answers) as world:
        accounts = await every(world.client.accounts())

    assert [account.id for account in accounts] == [str(number) for number in range(25)]


@pytest.mark.parametrize(("status", "kind"), [(403, Forbidden), (404, NotFound)])
async def test_who_may_not_see_ad_accounts_reads_why(status: int, kind: type[UpstreamError]) -> None:
    async with a_loopback(Reply({"status": status}, status)) as world:
        with pytest.raises(kind) as caught:
            await every(world.client.accounts())

    assert "r_ads" in caught.value.advice
    assert len(world.seen) == 1


async def test_a_failure_on_a_later_page_of_accounts_is_raised() -> None:
    def answers(seen: Seen) -> Reply:
        return REFUSED if "pageToken" in seen.path else Reply({"metadata": {"nextPageToken": "t"}, "elements": []})

    async with a_loopback(answers) as world:
        with pytest.raises(PermanentError):
            await every(world.client.accounts())


async def test_the_members_roles_are_those_that_are_approved() -> None:
    role = {
        "organization": PAGE,
        "role": "LEAD_GEN_FORMS_MANAGER",
        "state": "APPROVED",
        "roleAssignee": "urn:li:person:x",
    }
    async with a_loopback(page(role, role | {"role": "ANALYST"})) as world:
        roles = await every(world.client.roles())

    assert world.paths == ["/rest/organizationAcls?q=roleAssignee&state=APPROVED&start=0&count=100"]
    assert roles == [
        PageRole(organization=PAGE, role="LEAD_GEN_FORMS_MANAGER", state="APPROVED"),
        PageRole(organization=PAGE, role="ANALYST", state="APPROVED"),
    ]


# ── subscriptions ──

HOOK = "https://leads.example.com/linkedin/webhook"


async def test_subscriptions_are_listed_by_criteria() -> None:
    element = {
        "owner": {"organization": PAGE},
        "id": 7012,
        "leadType": "EVENT",
        "versionedForm": "urn:li:versionedLeadGenForm:(urn:li:leadGenForm:818, 1)",
        "associatedEntity": {"event": "urn:li:event:123"},
        "webhook": HOOK,
    }
    async with a_loopback({"elements": [element, {"id": "7013", "webhook": HOOK}]}) as world:
        port: Subscriptions = world.client
        found = await port.subscriptions(PAGE, "EVENT")
        await port.subscriptions("urn:li:sponsoredAccount:511849581", "SPONSORED")

    assert world.paths == [
        "/rest/leadNotifications?q=criteria&owner=(value:(organization:urn%3Ali%3Aorganization%3A5622087))"
        "&leadType=(leadType:EVENT)",
        "/rest/leadNotifications?q=criteria&owner=(value:(sponsoredAccount:urn%3Ali%3AsponsoredAccount%3A511849581))"
        "&leadType=(leadType:SPONSORED)",
    ]
    assert found == [
        Subscription(
            id="7012",
            webhook=HOOK,
            owner=PAGE,
            lead_type="EVENT",
            form="urn:li:versionedLeadGenForm:(urn:li:leadGenForm:818,1)",
            entity="urn:li:event:123",
        ),
        Subscription(id="7013", webhook=HOOK, owner="", lead_type="EVENT"),
    ]


@pytest.mark.parametrize("tells_size", [True, False])
async def test_more_subscriptions_than_a_page_holds_are_all_listed(tells_size: bool) -> None:
    stored = [{"id": number, "webhook": HOOK} for number in range(23)]

    def answers(seen: Seen) -> Reply:
        start = int(seen.path.partition("start=")[2].partition("&")[0] or 0)
        count = 100 if "count=100" in seen.path else 10
        paging = {"paging": {"start": start, "count": count}} if tells_size else {}
        return Reply({"elements": stored[start : start + count], **paging})

    async with a_loopback(answers) as world:
        found = await world.client.subscriptions(ACCOUNT, "SPONSORED")

    assert [one.id for one in found] == [str(number) for number in range(23)]
    assert world.paths[1].endswith("&leadType=(leadType:SPONSORED)&start=9&count=100")


async def test_a_linkedin_that_takes_no_page_for_subscriptions_shows_what_it_shows() -> None:
    def answers(seen: Seen) -> Reply:
        return REFUSED if "start=" in seen.path else Reply({"elements": [{"id": n} for n in range(10)]})

    async with a_loopback(answers) as world:
        assert len(await world.client.subscriptions(ACCOUNT, "SPONSORED")) == 10

    assert len(world.seen) < 15


async def test_a_subscription_is_made_for_an_owner() -> None:
    async with a_loopback(Reply(None, 201, {"x-restli-id": "7012"})) as world:
        port: Subscriptions = world.client
        assert await port.subscribe(HOOK, ACCOUNT, "SPONSORED") == "7012"

        (seen,) = world.seen

    assert (seen.verb, seen.path) == ("POST", "/rest/leadNotifications")
    assert seen.json == {"webhook": HOOK, "owner": {"sponsoredAccount": ACCOUNT}, "leadType": "SPONSORED"}


async def test_a_subscription_is_made_for_one_form_and_one_event() -> None:
    async with a_loopback(Reply(None, 201, {"x-restli-id": "7012"})) as world:
        await world.client.subscribe(HOOK, PAGE, "EVENT", form="818,1", entity="urn:li:event:789")

        (seen,) = world.seen

    assert seen.json == {
        "webhook": HOOK,
        "owner": {"organization": PAGE},
        "leadType": "EVENT",
        "versionedForm": "urn:li:versionedLeadGenForm:(urn:li:leadGenForm:818,1)",
        "associatedEntity": {"event": "urn:li:event:789"},
    }


@pytest.mark.parametrize(
    ("status", "message", "kind", "word"),
    [
        (400, "This URL did not pass the security challenge check", ChallengeFailed, "public HTTPS"),
        (409, "", Conflict, "already"),
        (400, "Subscription already exists", Conflict, "already"),
        (400, "Maximum number of subscriptions reached for owner", PermanentError, "1500"),
        (400, "Parameter 'owner' is required", PermanentError, "ids"),
        (403, "Not enough permissions", Forbidden, "no Lead Gen Forms role on the Page"),
    ],
)
async def test_a_refused_subscription_says_what_to_do(
    status: int, message: str, kind: type[UpstreamError], word: str
) -> None:
    async with a_loopback(Reply({"status": status, "message": message}, status)) as world:
        with pytest.raises(kind) as caught:
            await world.client.subscribe(HOOK, ACCOUNT, "SPONSORED")

    assert type(caught.value) is kind
    assert word in caught.value.advice


async def test_a_subscription_is_deleted_and_one_that_is_gone_is_fine() -> None:
    async with a_loopback(Reply(None, 204)) as world:
        await world.client.unsubscribe("7012")
        world.faults.add(Fault(status=404, body=b'{"status": 404}'))
        await world.client.unsubscribe("7013")

        assert [(seen.verb, seen.path) for seen in world.seen] == [
            ("DELETE", "/rest/leadNotifications/7012"),
            ("DELETE", "/rest/leadNotifications/7013"),
        ]
        world.faults.add(Fault(status=403, body=b'{"status": 403}'))
        with pytest.raises(Forbidden):
            await world.client.unsubscribe("7014")


# ── names ──


async def test_names_are_asked_for_where_linkedin_keeps_them() -> None:
    contents = {
        "/rest/adAccounts/5": {"id": 5, "name": "Nordwind EMEA"},
        "/rest/adAccounts/5/adCampaigns/444555666": {
            "id": 444555666,
            "name": "DACH",
            "account": "urn:li:sponsoredAccount:5",
            "status": "ACTIVE",
        },
        "/rest/adAccounts/5/creatives/urn%3Ali%3AsponsoredCreative%3A77": {
            "id": "urn:li:sponsoredCreative:77",
            "campaign": "urn:li:sponsoredCampaign:444555666",
            "leadgenCallToAction": {"destination": "urn:li:adForm:6083", "label": "APPLY"},
        },
        "/rest/organizations/8": {"id": 8, "localizedName": "Nordwind", "vanityName": "nordwind"},
        "/rest/events/9": {"name": {"localized": {"de_DE": "Herbst"}}},
    }
    async with a_loopback(lambda seen: Reply(contents[seen.path])) as world:
        client = world.client
        assert await client.account_name("urn:li:sponsoredAccount:5") == "Nordwind EMEA"
        assert await client.campaign("5", "urn:li:sponsoredCampaign:444555666") == Campaign(
            id="444555666", name="DACH", account="urn:li:sponsoredAccount:5", status="ACTIVE"
        )
        assert await client.creative("5", "77") == Creative(id="77", name="", campaign="444555666", form="6083")
        assert await client.organization_name("8") == "Nordwind"
        assert await client.event_name("urn:li:event:9") == "Herbst"

    assert world.paths == list(contents)


@pytest.mark.parametrize("status", [403, 404])
async def test_a_page_that_the_member_does_not_administer_is_looked_up(status: int) -> None:
    def answers(seen: Seen) -> Reply:
        if seen.path == "/rest/organizations/8":
            return Reply({"status": status}, status)
        return Reply({"results": {"8": {"id": 8, "localizedName": "Nordwind"}}, "statuses": {"8": 200}, "errors": {}})

    async with a_loopback(answers) as world:
        assert await world.client.organization_name("urn:li:organization:8") == "Nordwind"

    assert world.paths[1] == "/rest/organizationsLookup?ids=List(8)"


async def test_a_page_that_nobody_shows_is_not_found() -> None:
    def answers(seen: Seen) -> Reply:
        if "ids=" in seen.path:
            return Reply({"results": {}, "statuses": {"8": 404}, "errors": {"8": {"status": 404}}})
        return Reply({"status": 403}, 403)

    async with a_loopback(answers) as world:
        with pytest.raises(NotFound):
            await world.client.organization_name("8")


@pytest.mark.parametrize("content", [{}, {"name": None}, {"name": {"localized": {}}}, {"name": ["x"]}])
async def test_a_thing_without_a_name_has_none(content: object) -> None:
    async with a_loopback(content) as world:
        assert await world.client.event_name("9") == ""
        assert await world.client.account_name("9") == ""
