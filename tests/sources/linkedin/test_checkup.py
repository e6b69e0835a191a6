"""How the link to LinkedIn stands, asked of a stand-in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from bot.config.model import LinkedInSettings, Secret, SourceEntry
from bot.core.findings import Finding, Verdict
from bot.sandbox.faults import Fault
from bot.sandbox.linkedin import LinkedInStandIn
from bot.sources.linkedin.checkup import LinkedInCheckup
from bot.sources.linkedin.sign_in import SignIn
from tests.findings import by_name, says

OK, WARNING, FAILED, SKIPPED = Verdict.OK, Verdict.WARNING, Verdict.FAILED, Verdict.SKIPPED
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ACCOUNT, PAGE = "urn:li:sponsoredAccount:1", "urn:li:organization:2"
WEBHOOK = "https://leads.example.com/linkedin/webhook"
LEADS, LISTED = "/rest/leadFormResponses", "/rest/leadNotifications"
ADS, HERE = "ads SPONSORED", "subscription ads SPONSORED"


@dataclass
class World:
    """A LinkedIn in which all is well."""

    linkedin: LinkedInStandIn
    session: aiohttp.ClientSession
    token: str = "good-token"
    api_version: str = "202608"
    is_public: bool = True
    lead_types: tuple[str, ...] = ("SPONSORED",)

    async def look(self, *, deadline: float = 2.0) -> dict[str, Finding]:
        checkup = LinkedInCheckup(
            settings=LinkedInSettings(
                client_id="stand-in",
                client_secret=Secret("hush"),
                access_token=Secret(self.token),
                api_url=self.linkedin.url,
                auth_url=self.linkedin.url,
                api_version=self.api_version,
                require_signature=True,
                poll_every=timedelta(minutes=5),
                look_back=timedelta(hours=24),
            ),
            sources=(SourceEntry(name="ads", owner=ACCOUNT, lead_types=self.lead_types),) if self.lead_types else (),
            webhook=WEBHOOK,
            is_public=self.is_public,
            session=self.session,
            sign_in=SignIn(token=self.token, why_not="", grant=None),
            now=lambda: NOW,
            deadline=timedelta(seconds=deadline),
        )
        return await by_name(checkup.findings())

    def subscribe(self, webhook: str = WEBHOOK, *, form: str = "") -> str:
        return self.linkedin.add_subscription(webhook=webhook, owner=ACCOUNT, form=form)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    linkedin = LinkedInStandIn(client_secret="hush", access_token="good-token", now=lambda: NOW)
    linkedin.add_organization(id=2, name="Nordwind")
    linkedin.add_account(id=1, name="Nordwind EMEA", organization=PAGE)
    linkedin.add_role(organization=PAGE, role="LEAD_GEN_FORMS_MANAGER")
    await linkedin.start()
    try:
        async with aiohttp.ClientSession() as session:
            yield World(linkedin, session)
    finally:
        await linkedin.stop()


async def test_where_all_is_well_each_link_says_so_and_no_person_is_fetched(world: World) -> None:
    world.subscribe()

    found = await world.look()

    assert {finding.verdict for finding in found.values()} == {OK}
    assert list(found) == ["address", "app", "access token", "permissions", "API version", ADS, HERE]
    asked = [
        each.raw_path for each in world.linkedin.requests if each.raw_path.startswith(LEADS) and "?" in each.raw_path
    ]
    assert asked
    assert all("count=1&" in path and path.endswith("fields=id") for path in asked)


# ── what everything stands on ──


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(LEADS, status=302, headers={"Location": "https://proxy.example.com/login"}), "not LinkedIn's API (302)"),
        (Fault(LEADS, status=404), "not LinkedIn's API (404)"),
        (Fault(LEADS, drop="before", times=9), "cannot be reached"),
        (Fault(LEADS, hang=20, times=9), "did not answer within"),
    ],
)
async def test_an_address_where_linkedin_is_not_is_said_and_nothing_else_is_asked_there(
    world: World, fault: Fault, words: str
) -> None:
    world.linkedin.faults.add(fault)

    found = await world.look(deadline=0.3)

    says(found["address"], FAILED, words)
    says(found["access token"], OK, "It works")
    says(found[ADS], SKIPPED, "LinkedIn's API cannot be reached.")
    says(found[HERE], SKIPPED, "LinkedIn's API cannot be reached.")


async def test_a_dead_token_is_not_tried_on_every_source(world: World) -> None:
    world.linkedin.revoke()

    found = await world.look()

    says(found["access token"], FAILED, "withdrawn")
    says(found[ADS], SKIPPED, "The access token does not work.")
    assert not any("Authorization" in each.headers for each in world.linkedin.requests)


async def test_a_token_that_works_and_is_refused_for_leads_lacks_a_role_and_needs_no_new_sign_in(world: World) -> None:
    world.linkedin.faults.add(Fault(f"{LEADS}", times=1))  # the question without a token
    world.linkedin.faults.add(Fault(LEADS, status=401, body=b"{}", times=2))

    found = await world.look()

    says(found["access token"], OK, "")
    says(found[ADS], FAILED, "no Lead Gen Forms role on the Page")
    assert "linkedin connect" not in " ".join(each.advice for each in found.values())


async def test_trouble_at_linkedins_is_a_finding_of_its_own(world: World) -> None:
    world.linkedin.faults.add(Fault(LEADS, times=1))
    world.linkedin.faults.add(Fault(LEADS, status=503))

    found = await world.look()

    says(found["API"], FAILED, "Try again in some minutes")
    assert found[ADS].verdict is found[HERE].verdict is SKIPPED


# ── the version ──


async def test_a_version_that_is_not_served_is_said_and_no_source_is_blamed(world: World) -> None:
    world.api_version = "202510"

    found = await world.look()

    says(found["API version"], FAILED, "LinkedIn does not serve 202510")
    says(found[ADS], SKIPPED, "does not serve the API version")
    assert "API" not in found


@pytest.mark.parametrize(
    ("version", "verdict", "words"),
    [
        ("202601", WARNING, "2027-01-15, 53 days from now"),
        ("202602", OK, "2027-02-15"),
        ("202511", WARNING, "may stop at any moment"),
        ("202512", FAILED, "never published"),
    ],
)
async def test_the_life_of_a_version_is_told(world: World, version: str, verdict: Verdict, words: str) -> None:
    world.api_version = version
    world.linkedin.active_versions = frozenset({version})

    says((await world.look())["API version"], verdict, words)


async def test_even_where_the_api_cannot_be_asked_the_version_is_looked_at(world: World) -> None:
    world.linkedin.revoke()
    world.api_version = "202601"

    says((await world.look())["API version"], WARNING, "53 days")


# ── sources ──


async def test_without_sources_the_token_is_tried_all_the_same(world: World) -> None:
    world.lead_types = ()
    world.api_version = "202510"

    found = await world.look()

    says(found["sources"], WARNING, "names no source")
    says(found["API version"], FAILED, "does not serve")


async def test_a_role_that_is_missing_is_only_suspected_while_linkedin_answers(world: World) -> None:
    world.linkedin.roles.clear()
    suspected = await world.look()
    world.linkedin.forbid(ACCOUNT)
    certain = await world.look()

    says(suspected[ADS], WARNING, "perhaps without all leads: the connected member has no role on the Page 2")
    says(certain[ADS], FAILED, "The connected member has no role on the Page 2")
    says(certain[HERE], FAILED, "Lead Gen Forms role")


async def test_a_refusal_that_no_role_explains_is_told_in_linkedins_words(world: World) -> None:
    world.linkedin.scopes -= {"r_organization_admin", "r_ads"}
    world.linkedin.forbid(ACCOUNT)

    says((await world.look())[ADS], FAILED, "LinkedIn answered 403")


async def test_a_quota_that_is_used_up_is_no_fault_of_the_set_up(world: World) -> None:
    world.linkedin.day_quota["leadFormResponses"] = 0

    found = await world.look()

    says(found[ADS], WARNING, "goes on by itself, in 15 h at the latest")
    says(found[HERE], FAILED, "There is none")


# ── subscriptions ──


async def test_without_a_subscription_leads_come_late(world: World) -> None:
    says((await world.look())[HERE], FAILED, "leadbell linkedin subscribe")


async def test_a_subscription_elsewhere_is_named_without_the_secrets_in_its_address(world: World) -> None:
    world.subscribe("https://old.example.com:8443/hook?key=secret")

    finding = (await world.look())[HERE]

    says(finding, FAILED, "posts these leads to old.example.com:8443, not here")
    assert "secret" not in repr(finding)


async def test_a_subscription_here_and_elsewhere_is_worth_a_look(world: World) -> None:
    world.subscribe()
    other = world.subscribe("https://old.example.com/hook")

    says((await world.look())[HERE], WARNING, f"leadbell linkedin unsubscribe {other}")


async def test_two_subscriptions_for_the_same_leads_are_one_too_many(world: World) -> None:
    world.subscribe()
    second = world.subscribe()
    third = world.subscribe(form="urn:li:versionedLeadGenForm:(urn:li:leadGenForm:6083,1)")

    says((await world.look())[HERE], WARNING, f"`leadbell linkedin unsubscribe` {second}, {third}")


async def test_a_subscription_for_one_form_leaves_the_others_out(world: World) -> None:
    world.subscribe(form="urn:li:versionedLeadGenForm:(urn:li:leadGenForm:6083,1)")

    says((await world.look())[HERE], WARNING, "only the leads of some forms")


async def test_an_address_that_linkedin_cannot_reach_needs_no_subscription(world: World) -> None:
    world.is_public = False
    nothing = await world.look()
    world.subscribe()
    there = await world.look()

    says(nothing[HERE], SKIPPED, "see the public address")
    says(there[HERE], OK, "posts here")


async def test_a_list_of_subscriptions_that_does_not_come_is_said(world: World) -> None:
    world.linkedin.faults.add(Fault(LISTED, status=500))

    found = await world.look()

    says(found[ADS], OK, "can be read")
    says(found[HERE], FAILED, "LinkedIn answered 500")
