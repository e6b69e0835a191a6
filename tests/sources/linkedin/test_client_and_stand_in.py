"""The client against the whole stand-in, which refuses what LinkedIn refuses: not one request may be refused here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import aiohttp
import pytest
from aiohttp import web

from bot.core.errors import ChallengeFailed, Conflict, Forbidden, NotFound, PermanentError, RateLimited, SignInNeeded
from bot.core.lead import Named
from bot.sandbox.linkedin import LinkedInStandIn, Question
from bot.sources.linkedin import webhook
from bot.sources.linkedin.api import Api
from bot.sources.linkedin.client import Client
from bot.sources.linkedin.names import Names
from bot.sources.linkedin.records import AdAccount, Campaign, Creative, LeadFilter, PageRole
from bot.sources.linkedin.response import read_lead
from tests.sources.linkedin.builders import ACCOUNT, NOON, PAGE, SECRET

EMAIL = Question(12, "E-Mail", "Email", "EMAIL")
EVENT = "urn:li:event:7000000000000000009"
ANSWERS = {"Email": "erika@firma.example"}


@dataclass
class World:
    linkedin: LinkedInStandIn
    client: Client
    token: str = "good-token"

    def submit(self, **what: object) -> str:
        defaults: Mapping[str, object] = {"form": 6083, "answers": ANSWERS, "submitted_at": NOON}
        return self.linkedin.submit(**{**defaults, **what})  # type: ignore[arg-type]  # the keywords of `submit`


@asynccontextmanager
async def a_world() -> AsyncIterator[World]:
    linkedin = LinkedInStandIn(client_secret=SECRET, access_token="good-token", now=lambda: NOON)
    await linkedin.start()
    linkedin.add_organization(id=12345678, name="Nordwind", vanity="nordwind")
    linkedin.add_account(id=507857085, name="Nordwind EMEA", organization=12345678)
    linkedin.add_account(id=2, name="Try-out", is_test=True)
    linkedin.add_role(organization=12345678, role="LEAD_GEN_FORMS_MANAGER")
    linkedin.add_role(organization=12345678, role="ADMINISTRATOR", state="REQUESTED")
    linkedin.add_event(id=EVENT, name="Autumn webinar", organization=12345678)
    linkedin.add_campaign(id=367378525, name="DACH enterprise", account=ACCOUNT)
    linkedin.add_creative(id=77, campaign=367378525, name="Blue one", form=6083)
    linkedin.add_form(id=6083, name="Demo", owner=ACCOUNT, questions=[EMAIL], locale=("de", "CH"), version=2)
    linkedin.add_form(id=6955637458260688897, name="Webinar", owner=PAGE, questions=[EMAIL])
    try:
        async with aiohttp.ClientSession() as session:
            api = Api(session, api_version="202608", access_token=lambda: world.token, now=lambda: NOON)
            world = World(linkedin, Client(api, api_url=linkedin.url))
            yield world
    finally:
        await linkedin.stop()


@asynccontextmanager
async def a_webhook(secret: str = SECRET) -> AsyncIterator[str]:
    """An address that proves itself; as one with another app's secret would, it then fails."""

    async def answer(request: web.Request) -> web.Response:
        return web.json_response(webhook.answer_challenge(request.query, secret))

    app = web.Application()
    app.router.add_get("/linkedin/webhook", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/linkedin/webhook"
    finally:
        await runner.cleanup()


async def test_forms_are_listed_shown_made_changed_and_archived() -> None:
    question = {
        "question": {"localized": {"en_US": "Email"}},
        "name": "email",
        "predefinedField": "EMAIL",
        "questionDetails": {"textQuestionDetails": {}},
    }
    body = {
        "owner": {"sponsoredAccount": ACCOUNT},
        "creationLocale": {"country": "US", "language": "en"},
        "name": "Product interest",
        "state": "DRAFT",
        "content": {
            "headline": {"localized": {"en_US": "Learn more"}},
            "description": {"localized": {"en_US": "We will contact you"}},
            "questions": [question],
            "legalInfo": {"privacyPolicyUrl": "https://nordwind.example/privacy"},
        },
    }
    async with a_world() as world:
        new_id = await world.client.create_form(body)
        await world.client.update_form(new_id, {"name": "Product interest 2", "state": "PUBLISHED"})
        published = await world.client.form(new_id)
        await world.client.update_form(new_id, {"state": "ARCHIVED"})
        forms = [form async for form in world.client.forms(ACCOUNT)]

        assert (published.name, published.state, published.questions) == ("Product interest 2", "PUBLISHED", 1)
        assert {(form.id, form.state, form.locale) for form in forms} == {
            ("6083", "PUBLISHED", "de_CH"),
            (new_id, "ARCHIVED", "en_US"),
        }
        with pytest.raises(PermanentError, match=r"name: .*MULTIPLE|MULTIPLE.*: .*name"):
            await world.client.create_form({key: value for key, value in body.items() if key != "name"})


async def test_leads_are_found_by_every_filter() -> None:
    async with a_world() as world:
        early = world.submit(submitted_at=NOON - timedelta(days=2), campaign=367378525, creative=77)
        late = world.submit(is_test=True)
        world.submit(form=6955637458260688897, lead_type="EVENT", event=EVENT)

        async def found(owner: str, lead_type: str, wanted: LeadFilter | None = None) -> list[object]:
            return [lead["id"] async for lead in world.client.leads(owner, lead_type, wanted)]

        assert await found(ACCOUNT, "SPONSORED") == [late, early]
        assert await found(ACCOUNT, "SPONSORED", LeadFilter(only_tests=True)) == [late]
        assert await found(ACCOUNT, "SPONSORED", LeadFilter(since=NOON)) == [late]
        assert await found(ACCOUNT, "SPONSORED", LeadFilter(until=NOON - timedelta(days=2))) == [early]
        assert await found(ACCOUNT, "SPONSORED", LeadFilter(form="6083,2")) == [late, early]
        assert await found(ACCOUNT, "SPONSORED", LeadFilter(form="6083,1")) == []
        assert await found(ACCOUNT, "SPONSORED", LeadFilter(entity="urn:li:sponsoredCreative:77")) == [early]
        assert len(await found(PAGE, "EVENT", LeadFilter(entity=EVENT))) == 1
        assert await found(PAGE, "EVENT", LeadFilter(entity="urn:li:event:1")) == []


async def test_one_lead_and_many_are_fetched_with_their_names() -> None:
    async with a_world() as world:
        ids = [world.submit(campaign=367378525) for _ in range(60)]

        one = read_lead(await world.client.lead(ids[0]))
        many = await world.client.leads_by_id([*ids, "nowhere-1"])

        assert one.campaign == Named(id="367378525", name="DACH enterprise")
        assert [key for key, answer in many.items() if not isinstance(answer, Exception)] == ids
        assert isinstance(many["nowhere-1"], NotFound)
        assert len(world.linkedin.requests) == 4  # one, fifty, eleven, and the missing one again without names


async def test_accounts_roles_and_names_are_read() -> None:
    async with a_world() as world:
        client = world.client
        active = [account async for account in client.accounts()]
        everything = [account.id async for account in client.accounts(only_active=False)]
        roles = [role async for role in client.roles()]

        assert active == [
            AdAccount(
                id="507857085",
                name="Nordwind EMEA",
                status="ACTIVE",
                is_test=False,
                organization=PAGE,
                organization_name="Nordwind",
            )
        ]
        assert everything == ["2", "507857085"]
        assert roles == [PageRole(organization=PAGE, role="LEAD_GEN_FORMS_MANAGER", state="APPROVED")]
        assert await client.account_name("507857085") == "Nordwind EMEA"
        assert await client.campaign("507857085", "367378525") == Campaign(
            id="367378525", name="DACH enterprise", account=ACCOUNT, status="ACTIVE"
        )
        assert await client.creative("507857085", "77") == Creative(
            id="77", name="Blue one", campaign="367378525", form="6083"
        )
        assert await client.organization_name("12345678") == "Nordwind"
        assert await client.event_name(EVENT) == "Autumn webinar"
        assert len(world.linkedin.requests) == 8


async def test_accounts_on_several_pages_are_joined_by_token() -> None:
    async with a_world() as world:
        world.linkedin.largest_page = 3
        for number in range(10, 18):
            world.linkedin.add_account(id=number, name=f"Account {number}")

        found = [account.id async for account in world.client.accounts()]

        assert found == [*map(str, range(10, 18)), "507857085"]
        assert len(world.linkedin.requests) == 3


async def test_a_lead_without_names_gets_them_one_by_one() -> None:
    async with a_world() as world:
        world.linkedin.names_in_answers = False
        plain = read_lead(await world.client.lead(world.submit(campaign=367378525)))
        event = read_lead(
            await world.client.lead(world.submit(form=6955637458260688897, lead_type="EVENT", event=EVENT))
        )
        names = Names(world.client, lambda: NOON)

        ads_lead, events_lead = await names.complete(plain), await names.complete(event)

    assert (plain.campaign, plain.account) == (Named(id="367378525"), None)
    assert ads_lead.campaign == Named(id="367378525", name="DACH enterprise")
    assert ads_lead.account == Named(id="507857085", name="Nordwind EMEA")
    assert events_lead.event == Named(id="7000000000000000009", name="Autumn webinar")
    assert events_lead.account == Named(id="12345678", name="Nordwind")


async def test_an_address_is_subscribed_listed_and_removed() -> None:
    async with a_world() as world, a_webhook() as address:
        new_id = await world.client.subscribe(address, ACCOUNT, "SPONSORED")
        for_one = await world.client.subscribe(address, PAGE, "EVENT", form="6955637458260688897,1", entity=EVENT)
        (listed,) = await world.client.subscriptions(ACCOUNT, "SPONSORED")
        (narrow,) = await world.client.subscriptions(PAGE, "EVENT")
        with pytest.raises(Conflict):
            await world.client.subscribe(address, ACCOUNT, "SPONSORED")
        await world.client.unsubscribe(new_id)
        await world.client.unsubscribe(new_id)

        assert (listed.id, listed.webhook, listed.owner, listed.form) == (new_id, address, ACCOUNT, "")
        assert (narrow.id, narrow.entity) == (for_one, EVENT)
        assert narrow.form == "urn:li:versionedLeadGenForm:(urn:li:leadGenForm:6955637458260688897,1)"
        assert await world.client.subscriptions(ACCOUNT, "SPONSORED") == []


async def test_many_subscriptions_are_listed_and_one_too_many_is_explained() -> None:
    async with a_world() as world, a_webhook() as address:
        world.linkedin.subscription_limit = 130
        for number in range(130):
            world.linkedin.add_subscription(webhook=f"https://x.example/{number}", owner=ACCOUNT)

        listed = await world.client.subscriptions(ACCOUNT, "SPONSORED")
        with pytest.raises(PermanentError) as caught:
            await world.client.subscribe(address, ACCOUNT, "SPONSORED")

    assert len({one.id for one in listed}) == 130
    assert "1500" in caught.value.advice


async def test_an_address_with_another_apps_secret_does_not_pass() -> None:
    async with a_world() as world, a_webhook("other-secret") as address:
        with pytest.raises(ChallengeFailed) as caught:
            await world.client.subscribe(address, ACCOUNT, "SPONSORED")

    assert "client_secret" in caught.value.advice


@pytest.mark.parametrize(
    ("scope", "word"),
    [
        ("r_marketing_leadgen_automation", "Lead Gen Forms"),
        ("rw_ads", "rw_ads"),
        ("r_organization_admin", "r_organization_admin"),
        ("r_events", "r_events"),
    ],
)
async def test_a_missing_permission_is_named(scope: str, word: str) -> None:
    async with a_world() as world:
        world.linkedin.scopes.discard(scope)
        calls: Mapping[str, Callable[[], Awaitable[object]]] = {
            "r_marketing_leadgen_automation": lambda: world.client.form("6083"),
            "rw_ads": lambda: world.client.update_form("6083", {"state": "ARCHIVED"}),
            "r_organization_admin": lambda: world.client.organization_name("12345678"),
            "r_events": lambda: world.client.event_name(EVENT),
        }

        with pytest.raises(Forbidden) as caught:
            await calls[scope]()

    assert word in caught.value.advice


async def test_an_owner_that_the_member_may_not_see_a_dead_token_and_a_spent_day_are_told_apart() -> None:
    async with a_world() as world:
        world.linkedin.forbid(ACCOUNT)
        with pytest.raises(Forbidden) as caught:
            [lead async for lead in world.client.leads(ACCOUNT, "SPONSORED")]
        world.linkedin.day_quota["leadForms"] = 0
        with pytest.raises(RateLimited) as limited:
            await world.client.form("6083")
        world.token = "withdrawn"
        with pytest.raises(SignInNeeded):
            await world.client.form("6083")

    assert "no Lead Gen Forms role on the Page" in caught.value.advice
    assert (limited.value.method, limited.value.pause) == ("leadForms", timedelta(hours=12, minutes=2))
