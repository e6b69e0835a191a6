"""Accounts, campaigns, ads, Pages, roles and events: the look-ups for names."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.sandbox.linkedin import LinkedInStandIn
from tests.sandbox.linkedin_builders import ACCOUNT, FINDER, PAGE, a_linkedin, get

SEARCH = "/rest/adAccounts?q=search&search=(status:(values:List(ACTIVE)),test:false)"
CREATIVES = "/rest/adAccounts/507857085/creatives"


@asynccontextmanager
async def a_company() -> AsyncIterator[LinkedInStandIn]:
    """Three accounts of which one is a test and one is no longer used, a Page with two roles, an event and two ads."""
    async with a_linkedin() as linkedin:
        linkedin.add_organization(id=PAGE, name="Nordwind", vanity="nordwind")
        linkedin.add_account(id=507857085, name="Nordwind EMEA", organization=12345)
        linkedin.add_account(id=2, name="Try-outs", is_test=True)
        linkedin.add_account(id=3, name="Old", status="CANCELED")
        linkedin.add_role(organization=12345, role="LEAD_GEN_FORMS_MANAGER")
        linkedin.add_role(organization=PAGE, role="ADMINISTRATOR", state="REQUESTED")
        linkedin.add_event(id=77, name="Webinar", organization=12345)
        linkedin.add_creative(id=99, campaign=7, name="Blue ad", form=6083)
        yield linkedin


async def test_accounts_are_searched_by_state_and_kind_and_name_their_page_when_asked() -> None:
    async with a_company() as linkedin:
        active = await get(linkedin, f"{SEARCH}&fields=id,name,test,referenceInfo&count=10&start=0")
        plain = await get(linkedin, f"{SEARCH}&count=10&start=0")
        every = await get(linkedin, "/rest/adAccounts?q=search&search=(status:(values:List(ACTIVE,CANCELED)))")

    organization = {"id": 12345, "localizedName": "Nordwind", "vanityName": "nordwind"}
    wanted = {"id": 507857085, "name": "Nordwind EMEA", "test": False, "referenceInfo": {"organization": organization}}
    assert active.elements == [wanted]
    assert active.content["paging"]["total"] == 1
    assert "referenceInfo" not in plain.elements[0]
    assert plain.elements[0]["reference"] == PAGE
    assert [one["id"] for one in every.elements] == [2, 3, 507857085]


async def test_accounts_are_paged_by_cursor_until_there_is_no_next_token() -> None:
    async with a_company() as linkedin:
        path = "/rest/adAccounts?q=search&pageSize=2"
        first = await get(linkedin, path)
        second = await get(linkedin, f"{path}&pageToken={first.content['metadata']['nextPageToken']}")

        whole = await get(linkedin, path.replace("=2", "=3"))

    assert [one["id"] for one in (*first.elements, *second.elements)] == [2, 3, 507857085]
    assert second.content["metadata"] == whole.content["metadata"] == {}
    assert "paging" not in first.content


@pytest.mark.parametrize(
    "path",
    [
        "/rest/adAccounts?q=owner",
        "/rest/adAccounts?q=search&search=(status:List(ACTIVE))",
        "/rest/adAccounts?q=search&search=(status:(values:ACTIVE))",
        "/rest/adAccounts?q=search&search=(test:(values:List(false)))",
        "/rest/adAccounts?q=search&search=(state:(values:List(ACTIVE)))",
        "/rest/adAccounts?q=search&search.status.values[0]=ACTIVE",
        "/rest/adAccounts?q=search&pageSize=2&start=0",
        "/rest/adAccounts?q=search&pageSize=0",
        "/rest/adAccounts?q=search&pageToken=nonsense",
        "/rest/adAccounts/urn%3Ali%3AsponsoredAccount%3A507857085",
        f"{CREATIVES}/99",
        f"{CREATIVES}/urn:li:sponsoredCreative:99",
        f"{CREATIVES}?q=criteria&campaigns=List(7)",
        f"{CREATIVES}?q=criteria&campaigns=List(urn:li:sponsoredCampaign:7)",
        f"{CREATIVES}?q=criteria&start=0",
        "/rest/organizationsLookup?ids=12345",
        "/rest/organizationAcls?q=roleAssignee&pageSize=2",
        "/rest/events/urn%3Ali%3Aevent%3A77",
    ],
)
async def test_a_look_up_that_is_spelt_differently_is_refused(path: str) -> None:
    async with a_company() as linkedin:
        assert (await get(linkedin, path)).status == 400


async def test_an_account_a_campaign_and_an_ad_are_read() -> None:
    async with a_company() as linkedin:
        account = await get(linkedin, "/rest/adAccounts/507857085")
        campaign = await get(linkedin, "/rest/adAccounts/507857085/adCampaigns/7?fields=id,name,account,status")
        named = await get(linkedin, f"{CREATIVES}/urn%3Ali%3AsponsoredCreative%3A99")
        unnamed = await get(linkedin, f"{CREATIVES}/urn%3Ali%3AsponsoredCreative%3A8")

    assert account.content["name"] == "Nordwind EMEA"
    assert campaign.content == {"id": 7, "name": "Autumn", "account": ACCOUNT, "status": "ACTIVE"}
    assert (named.content["id"], named.content["name"]) == ("urn:li:sponsoredCreative:99", "Blue ad")
    assert named.content["leadgenCallToAction"]["destination"] == "urn:li:adForm:6083"
    assert unnamed.content["campaign"] == "urn:li:sponsoredCampaign:7"
    assert "name" not in unnamed.content


async def test_the_ads_of_campaigns_are_found() -> None:
    async with a_company() as linkedin:
        of_seven = await get(linkedin, f"{CREATIVES}?q=criteria&campaigns=List(urn%3Ali%3AsponsoredCampaign%3A7)")
        of_none = await get(linkedin, f"{CREATIVES}?q=criteria&campaigns=List(urn%3Ali%3AsponsoredCampaign%3A6)")
        last = await get(linkedin, f"{CREATIVES}?q=criteria&sortOrder=DESCENDING&pageSize=1")

    ids = ["urn:li:sponsoredCreative:8", "urn:li:sponsoredCreative:99"]
    assert [one["id"] for one in of_seven.elements] == ids
    assert of_none.elements == []
    assert [one["id"] for one in last.elements] == ids[1:]


async def test_what_belongs_to_another_account_or_does_not_exist_is_not_found() -> None:
    async with a_company() as linkedin:
        paths = (
            *("/rest/adAccounts/9", "/rest/adAccounts/2/adCampaigns/7", "/rest/organizations/9", "/rest/events/9"),
            "/rest/adAccounts/2/creatives/urn%3Ali%3AsponsoredCreative%3A99",
        )
        assert [(await get(linkedin, path)).status for path in paths] == [404] * 5


async def test_pages_are_read_by_their_administrator_and_looked_up_by_others() -> None:
    async with a_company() as linkedin:
        page = await get(linkedin, "/rest/organizations/12345")
        found = await get(linkedin, "/rest/organizationsLookup?ids=List(12345,9)")

    assert page.content["name"]["localized"] == {"en_US": "Nordwind"}
    brief = {"id": 12345, "localizedName": "Nordwind", "vanityName": "nordwind"}
    assert brief.items() <= page.content.items()
    assert found.content["results"] == {"12345": brief}
    assert found.content["statuses"] == {"12345": 200, "9": 404}
    assert set(found.content["errors"]) == {"9"}


async def test_the_members_roles_are_found_by_state_and_role() -> None:
    async with a_company() as linkedin:
        approved = await get(linkedin, "/rest/organizationAcls?q=roleAssignee&state=APPROVED&count=10&start=0")
        every = await get(linkedin, "/rest/organizationAcls?q=roleAssignee")
        admin = await get(linkedin, "/rest/organizationAcls?q=roleAssignee&role=ADMINISTRATOR")

    assert [(one["organization"], one["role"]) for one in approved.elements] == [(PAGE, "LEAD_GEN_FORMS_MANAGER")]
    assert len(every.elements) == 2
    assert [one["state"] for one in admin.elements] == ["REQUESTED"]


async def test_events_are_read_also_those_that_only_leads_have_named() -> None:
    async with a_company() as linkedin:
        linkedin.submit(form=818, answers={}, lead_type="EVENT", event="77")
        linkedin.submit(form=818, answers={}, lead_type="EVENT", event="78")

        named = await get(linkedin, "/rest/events/77")
        unnamed = await get(linkedin, "/rest/events/78")

    assert (named.content["name"], unnamed.content["name"]) == ("Webinar", "Event 78")


async def test_an_owner_is_named_without_losing_what_is_known_of_it() -> None:
    async with a_company() as linkedin:
        linkedin.add_owner(ACCOUNT, "Nordwind Europe")
        linkedin.submit(form=6083, answers={})

        account = await get(linkedin, "/rest/adAccounts/507857085")
        lead = await get(linkedin, f"{FINDER}&fields=ownerInfo")

    assert (account.content["name"], account.content["reference"]) == ("Nordwind Europe", PAGE)
    assert lead.elements == [{"ownerInfo": {"sponsoredAccountInfo": {"name": "Nordwind Europe"}}}]
