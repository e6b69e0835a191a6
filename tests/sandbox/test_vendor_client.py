"""LinkedIn's own Python client, pointed at the stand-in, gets sensible answers: neither was written for the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import requests
from linkedin_api.clients.auth.client import AuthClient  # type: ignore[import-untyped]
from linkedin_api.clients.restli.client import RestliClient  # type: ignore[import-untyped]
from requests.adapters import HTTPAdapter

from bot.sandbox.linkedin import LinkedInStandIn
from tests.sandbox.linkedin_builders import ACCOUNT, a_linkedin, a_receiver, send
from tests.sandbox.test_linkedin_forms import a_form

T = TypeVar("T")

OWNER = {"sponsoredAccount": ACCOUNT}
PROJECTION = "id,ownerInfo,leadMetadataInfo,form:(name)"
BACK = "https://leads.example.com/linkedin/callback"
SCOPES = ["r_marketing_leadgen_automation", "r_ads", "rw_ads", "r_organization_admin", "r_events"]


class _ToStandIn(HTTPAdapter):
    """Sends to the stand-in what is meant for LinkedIn, path and query untouched."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: dict[str, str] | None = None,
    ) -> requests.Response:
        _, _, path = (request.url or "").partition("linkedin.com")
        request.url = self._url + path
        return super().send(request, stream=stream, timeout=10, verify=verify, cert=cert, proxies=proxies)


@dataclass(frozen=True, slots=True)
class Vendor:
    """The vendor's two clients and the stand-in they talk to. They block, so each call goes in a thread."""

    linkedin: LinkedInStandIn
    restli: Any
    auth: Any

    async def call(self, method: Callable[..., T], **arguments: object) -> T:
        """A call of the versioned API."""
        return await asyncio.to_thread(method, access_token="token", version_string="202608", **arguments)


@asynccontextmanager
async def a_vendor() -> AsyncIterator[Vendor]:
    """The clients, with connections that are closed at the end."""
    async with a_linkedin() as linkedin:
        restli, auth = RestliClient(), AuthClient("stand-in", "secret", BACK)
        sessions: list[requests.Session] = [restli.session, auth.session]
        for session in sessions:
            session.trust_env = False
            for base in ("https://api.linkedin.com", "https://www.linkedin.com"):
                session.mount(base, _ToStandIn(linkedin.url))
        try:
            yield Vendor(linkedin, restli, auth)
        finally:
            for session in sessions:
                session.close()


async def test_it_gets_a_lead_with_names() -> None:
    async with a_vendor() as vendor:
        response_id = vendor.linkedin.submit(form=6083, answers={"Email": "e@x.example"}, campaign=7)

        answer = await vendor.call(
            vendor.restli.get,
            resource_path="/leadFormResponses/{id}",
            path_keys={"id": response_id},
            query_params={"fields": PROJECTION},
        )

    assert answer.status_code == 200
    assert answer.entity["id"] == response_id
    assert answer.entity["form"] == {"name": "Demo"}


async def test_its_spelling_of_the_finder_is_understood() -> None:
    async with a_vendor() as vendor:
        ids = [vendor.linkedin.submit(form=6083, answers={}) for _ in range(3)]
        query = {
            "owner": OWNER,
            "leadType": {"leadType": "SPONSORED"},
            "versionedLeadGenFormUrn": "urn:li:versionedLeadGenForm:(urn:li:leadGenForm:6083,1)",
            "submittedAtTimeRange": {"start": 0, "end": 2**45},
            "limitedToTestLeads": False,
            "count": 2,
            "fields": "id",
        }

        page = await vendor.call(
            vendor.restli.finder, resource_path="/leadFormResponses", finder_name="owner", query_params=query
        )

    assert (page.paging.start, page.paging.count, page.paging.total) == (0, 2, 3)
    assert len(page.elements) == 2
    assert {one["id"] for one in page.elements} <= set(ids)


async def test_it_gets_many_leads_at_once_through_the_tunnel() -> None:
    async with a_vendor() as vendor:
        ids = [vendor.linkedin.submit(form=6083, answers={}) for _ in range(120)]

        few = await vendor.call(vendor.restli.batch_get, resource_path="/leadFormResponses", ids=[ids[0], "gone-1"])
        many = await vendor.call(vendor.restli.batch_get, resource_path="/leadFormResponses", ids=ids)

    assert (set(few.results), few.statuses["gone-1"], set(few.errors)) == ({ids[0]}, 404, {"gone-1"})
    assert set(many.results) == set(ids)
    assert [request.method for request in vendor.linkedin.requests] == ["GET", "POST"]


async def test_it_makes_and_changes_a_form() -> None:
    async with a_vendor() as vendor:
        made = await vendor.call(vendor.restli.create, resource_path="/leadForms", entity=a_form())
        changed = await vendor.call(
            vendor.restli.partial_update,
            resource_path="/leadForms/{id}",
            path_keys={"id": made.decoded_entity_id},
            patch_set_object={"name": "Renamed", "state": "PUBLISHED"},
        )
        form = await vendor.call(
            vendor.restli.get, resource_path="/leadForms/{id}", path_keys={"id": made.decoded_entity_id}
        )

    assert (made.status_code, changed.status_code) == (201, 204)
    assert (form.entity["name"], form.entity["state"]) == ("Renamed", "PUBLISHED")


async def test_it_subscribes_lists_and_unsubscribes() -> None:
    async with a_vendor() as vendor, a_receiver() as receiver:
        wish = {"webhook": receiver.url, "owner": OWNER, "leadType": "SPONSORED"}
        criteria = {"owner": {"value": OWNER}, "leadType": {"leadType": "SPONSORED"}}
        finder = {"resource_path": "/leadNotifications", "finder_name": "criteria", "query_params": criteria}

        made = await vendor.call(vendor.restli.create, resource_path="/leadNotifications", entity=wish)
        listed = await vendor.call(vendor.restli.finder, **finder)
        gone = await vendor.call(
            vendor.restli.delete, resource_path="/leadNotifications/{id}", path_keys={"id": made.entity_id}
        )
        empty = await vendor.call(vendor.restli.finder, **finder)

    assert (made.status_code, gone.status_code) == (201, 204)
    assert [str(one["id"]) for one in listed.elements] == [made.entity_id]
    assert empty.elements == []


async def test_it_looks_names_up() -> None:
    async with a_vendor() as vendor:
        vendor.linkedin.add_account(id=507857085, name="Nordwind EMEA", organization=12345)
        vendor.linkedin.add_role(organization=12345, role="ADMINISTRATOR")
        search = {"search": {"status": {"values": ["ACTIVE"]}, "test": False}}

        accounts = await vendor.call(
            vendor.restli.finder, resource_path="/adAccounts", finder_name="search", query_params=search
        )
        roles = await vendor.call(
            vendor.restli.finder,
            resource_path="/organizationAcls",
            finder_name="roleAssignee",
            query_params={"state": "APPROVED"},
        )
        creative = await vendor.call(
            vendor.restli.get,
            resource_path="/adAccounts/{account}/creatives/{creative}",
            path_keys={"account": 507857085, "creative": "urn:li:sponsoredCreative:8"},
        )

    assert [one["name"] for one in accounts.elements] == ["Nordwind EMEA"]
    assert [one["role"] for one in roles.elements] == ["ADMINISTRATOR"]
    assert creative.entity["campaign"] == "urn:li:sponsoredCampaign:7"


async def test_it_goes_from_consent_to_a_refreshed_token() -> None:
    async with a_vendor() as vendor:
        asked = vendor.auth.generate_member_auth_url(scopes=SCOPES, state="abc").partition("linkedin.com")[2]
        back = await send(vendor.linkedin, "GET", asked, headers={})
        told = parse_qs(urlsplit(back.headers["Location"]).query)

        first = await asyncio.to_thread(vendor.auth.exchange_auth_code_for_access_token, told["code"][0])
        second = await asyncio.to_thread(vendor.auth.exchange_refresh_token_for_access_token, first.refresh_token)
        facts = await asyncio.to_thread(vendor.auth.introspect_access_token, second.access_token)

    assert told["state"] == ["abc"]
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.expires_in == 60 * 86400
    assert (facts.active, facts.status) == (True, "active")
    assert set(facts.scope.split(",")) == set(SCOPES)


async def test_it_is_told_no_in_a_shape_it_understands() -> None:
    async with a_vendor() as vendor:
        vendor.linkedin.scopes.clear()

        answer = await vendor.call(vendor.restli.get, resource_path="/leadForms/{id}", path_keys={"id": 6083})

    assert (answer.status_code, answer.entity["code"]) == (403, "ACCESS_DENIED")
