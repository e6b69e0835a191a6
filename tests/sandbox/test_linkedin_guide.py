"""Every request of the Lead Sync guide, spelt as it stands there, works here; what is out of date there does not."""

from __future__ import annotations

import json

import pytest

from tests.sandbox.linkedin_builders import ACCOUNT, NOON, PAGE, a_linkedin, a_receiver, get, send
from tests.sandbox.test_linkedin_forms import a_form

ADS = "owner=(sponsoredAccount:urn%3Ali%3AsponsoredAccount%3A507857085)"
ORGANIC = "owner=(organization:urn%3Ali%3Aorganization%3A12345)"
LAST_WEEK = f"(start:{int(NOON.timestamp() - 604800)}000,end:{int(NOON.timestamp())}000)"
HEADERS = {
    "Authorization": "Bearer token",
    "Content-Type": "application/json",
    "LinkedIn-Version": "202601",
    "X-Restli-Protocol-Version": "2.0.0",
}


@pytest.mark.parametrize(
    "path",
    [
        f"/rest/leadForms?{ADS}&q=owner&count=10&start=0",
        f"/rest/leadForms?{ORGANIC}&q=owner&count=10&start=0",
        "/rest/leadForms/6083",
        f"/rest/leadFormResponses?{ADS}&leadType=(leadType:SPONSORED)&q=owner",
        f"/rest/leadFormResponses?{ORGANIC}&leadType=(leadType:EVENT)&q=owner",
        f"/rest/leadFormResponses?{ADS}&leadType=(leadType:SPONSORED)&q=owner&submittedAtTimeRange={LAST_WEEK}",
        f"/rest/leadFormResponses?{ADS}&leadType=(leadType:SPONSORED)&q=owner&limitedToTestLeads=true",
        "/rest/leadFormResponses/1a2b3c-4",
        "/rest/adAccounts?q=search",
        "/rest/organizationAcls?q=roleAssignee&role=ADMINISTRATOR",
        "/rest/leadNotifications?q=criteria&owner=(value:(sponsoredAccount:urn%3Ali%3AsponsoredAccount%3A507857085))"
        "&leadType=(leadType:SPONSORED)",
    ],
)
async def test_what_the_guide_reads_is_there(path: str) -> None:
    async with a_linkedin() as linkedin:
        linkedin.submit(form=6083, answers={}, is_test=True, submitted_at=NOON.replace(hour=1), response_id="1a2b3c-4")
        linkedin.submit(form=818, answers={}, lead_type="EVENT", event="789")
        linkedin.add_account(id=507857085, name="My Company Ads")
        linkedin.add_role(organization=12345, role="ADMINISTRATOR")
        linkedin.add_subscription(webhook="https://yourdomain.com/linkedin/webhook", owner=ACCOUNT)

        answer = await get(linkedin, path, HEADERS)

    assert answer.status == 200
    assert len(answer.content.get("elements", [answer.content])) == 1


async def test_what_the_guide_makes_and_deletes_comes_and_goes() -> None:
    async with a_linkedin() as linkedin, a_receiver() as receiver:
        whole = {"webhook": receiver.url, "owner": {"sponsoredAccount": ACCOUNT}, "leadType": "SPONSORED"}
        one_form = {
            "webhook": receiver.url,
            "owner": {"organization": PAGE},
            "versionedForm": "urn:li:versionedLeadGenForm:(urn:li:leadGenForm:818,1)",
            "leadType": "EVENT",
        }

        form = await send(linkedin, "POST", "/rest/leadForms", body=a_form(), headers=HEADERS)
        made = [
            await send(linkedin, "POST", "/rest/leadNotifications", body=body, headers=HEADERS)
            for body in (whole, one_form)
        ]
        path = f"/rest/leadNotifications/{made[0].headers['x-restli-id']}"
        gone = await send(linkedin, "DELETE", path, headers=HEADERS)

    assert [one.status for one in (form, *made, gone)] == [201, 201, 201, 204]
    assert [one.owner for one in linkedin.subscriptions.values()] == [PAGE]


async def test_both_notifications_of_the_guide_are_posted_in_their_shape() -> None:
    async with a_linkedin() as linkedin:
        sponsored = linkedin.submit(form=6083, answers={}, campaign=7, response_id="1a2b3c-4")
        event = linkedin.submit(form=818, answers={}, lead_type="EVENT", event="789", response_id="1a2b3c-5")
        linkedin.delete(event)

        created = json.loads(linkedin.notification(sponsored))
        deleted = json.loads(linkedin.notification(event, action="DELETED"))

    fields = {"type", "leadGenFormResponse", "leadGenForm", "owner", "associatedEntity", "leadType", "leadAction"}
    assert set(created) == set(deleted) == fields | {"occurredAt"}
    assert (deleted["owner"], deleted["associatedEntity"]) == ({"organization": PAGE}, {"event": "urn:li:event:789"})


@pytest.mark.parametrize(
    ("path", "version", "status"),
    [
        ("/v2/adAccountsV2?q=search", "202601", 404),
        ("/rest/adAccounts?q=search", "202401", 426),
        (f"/rest/leadForms?{ADS.replace('%3A', ':')}&q=owner", "202601", 400),
    ],
)
async def test_what_is_out_of_date_or_wrong_in_the_guide_is_refused(path: str, version: str, status: int) -> None:
    async with a_linkedin() as linkedin:
        assert (await get(linkedin, path, HEADERS | {"LinkedIn-Version": version})).status == status
