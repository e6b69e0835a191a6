"""Names that a lead came without: looked up in time, once, and remembered."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.lead import Lead, Named
from bot.sources.linkedin.names import Names
from tests.sources.linkedin.loopback import NOON, Loopback, Reply, Seen, a_loopback

ACCOUNT = "/rest/adAccounts/5"
CAMPAIGN = "/rest/adAccounts/5/adCampaigns/44"
CREATIVE = "/rest/adAccounts/5/creatives/urn%3Ali%3AsponsoredCreative%3A77"
PAGE = "/rest/organizations/8"
EVENT = "/rest/events/9"

CONTENTS: Mapping[str, object] = {
    ACCOUNT: {"id": 5, "name": "Nordwind EMEA"},
    CAMPAIGN: {"id": 44, "name": "DACH enterprise"},
    CREATIVE: {"id": "urn:li:sponsoredCreative:77", "campaign": "urn:li:sponsoredCampaign:44"},
    PAGE: {"id": 8, "localizedName": "Nordwind"},
    EVENT: {"name": "Autumn webinar"},
}


def answers(seen: Seen) -> Reply:
    return Reply(CONTENTS[seen.path]) if seen.path in CONTENTS else Reply({"status": 404}, 404)


def names_of(world: Loopback) -> Names:
    return Names(world.client, lambda: world.now)


def of_ad(campaign: str = "44", *, name: str = "") -> Lead:
    return Lead(
        response_id="r-1",
        submitted_at=NOON,
        owner="urn:li:sponsoredAccount:5",
        lead_type="SPONSORED",
        campaign=Named(id=campaign, name=name) if campaign else None,
    )


def of_event() -> Lead:
    return Lead(
        response_id="r-2",
        submitted_at=NOON,
        owner="urn:li:organization:8",
        lead_type="EVENT",
        event=Named(id="9"),
    )


async def test_an_ads_lead_gets_the_names_of_its_campaign_and_account() -> None:
    async with a_loopback(answers) as world:
        lead = await names_of(world).complete(of_ad())

    assert lead.campaign == Named(id="44", name="DACH enterprise")
    assert lead.account == Named(id="5", name="Nordwind EMEA")
    assert sorted(world.paths) == [ACCOUNT, CAMPAIGN]


async def test_an_events_lead_gets_the_names_of_its_event_and_page() -> None:
    async with a_loopback(answers) as world:
        lead = await names_of(world).complete(of_event(), creative="77")

    assert lead.event == Named(id="9", name="Autumn webinar")
    assert lead.account == Named(id="8", name="Nordwind")
    assert lead.campaign is None
    assert sorted(world.paths) == [EVENT, PAGE]


@pytest.mark.parametrize("creative", ["77", "urn:li:sponsoredCreative:77"])
async def test_a_lead_without_a_campaign_finds_it_through_its_creative(creative: str) -> None:
    async with a_loopback(answers) as world:
        names = names_of(world)
        lead = await names.complete(of_ad(""), creative=creative)
        await names.complete(of_ad(""), creative=creative)

    assert lead.campaign == Named(id="44", name="DACH enterprise")
    assert sorted(world.paths) == [ACCOUNT, CAMPAIGN, CREATIVE]


async def test_without_campaign_and_creative_there_is_none() -> None:
    async with a_loopback(answers) as world:
        lead = await names_of(world).complete(of_ad(""))

    assert lead.campaign is None
    assert world.paths == [ACCOUNT]


async def test_a_campaign_whose_name_is_not_told_is_known_by_its_number() -> None:
    async with a_loopback(lambda seen: answers(seen) if seen.path != CAMPAIGN else Reply(None, 500)) as world:
        lead = await names_of(world).complete(of_ad(""), creative="77")

    assert lead.campaign == Named(id="44")


async def test_a_name_that_the_lead_has_is_never_replaced() -> None:
    async with a_loopback(answers) as world:
        lead = await names_of(world).complete(of_ad(name="As LinkedIn had it"))

    assert lead.campaign == Named(id="44", name="As LinkedIn had it")
    assert world.paths == [ACCOUNT]


async def test_a_name_is_asked_for_once_a_day() -> None:
    async with a_loopback(answers) as world:
        names = names_of(world)
        for _ in range(3):
            await names.complete(of_ad())
        world.now = NOON + timedelta(hours=23, minutes=59)
        await names.complete(of_ad())
        on_the_first_day = len(world.seen)
        world.now = NOON + timedelta(days=1)
        await names.complete(of_ad())

    assert on_the_first_day == 2
    assert len(world.seen) == 4


async def test_many_leads_at_once_ask_once_and_all_get_the_name() -> None:
    async with a_loopback(answers) as world:
        names = names_of(world)
        leads = await asyncio.gather(*(names.complete(of_ad()) for _ in range(30)))

    assert {lead.campaign for lead in leads} == {Named(id="44", name="DACH enterprise")}
    assert len(world.seen) == 2


async def test_a_failure_is_remembered_for_ten_minutes() -> None:
    async with a_loopback(lambda seen: Reply(None, 500)) as world:
        names = names_of(world)
        failed = await names.complete(of_ad())
        await names.complete(of_ad())
        asked_at_first = len(world.seen)
        world.answers = answers
        world.now = NOON + timedelta(minutes=10)
        lead = await names.complete(of_ad())

    assert failed == of_ad()
    assert asked_at_first == 2
    assert lead.campaign == Named(id="44", name="DACH enterprise")


async def test_a_refusal_for_one_campaign_closes_all_campaigns_but_nothing_else() -> None:
    async with a_loopback(lambda seen: Reply(None, 403) if "adCampaigns" in seen.path else answers(seen)) as world:
        names = names_of(world)
        await names.complete(of_ad("44"))
        lead = await names.complete(of_ad("45"))
        world.now = NOON + timedelta(minutes=10)
        await names.complete(of_ad("46"))

    assert lead.account == Named(id="5", name="Nordwind EMEA")
    assert sorted(world.paths) == [ACCOUNT, CAMPAIGN, "/rest/adAccounts/5/adCampaigns/46"]


async def test_a_limit_closes_its_kind_for_as_long_as_it_says() -> None:
    def limited(seen: Seen) -> Reply:
        return Reply(None, 429, {"Retry-After": "3600"}) if "adCampaigns" in seen.path else answers(seen)

    async with a_loopback(limited) as world:
        names = names_of(world)
        await names.complete(of_ad("44"))
        world.now = NOON + timedelta(minutes=59)
        await names.complete(of_ad("45"))
        asked_within_the_hour = len(world.seen)
        world.now = NOON + timedelta(minutes=60)
        await names.complete(of_ad("46"))

    assert asked_within_the_hour == 2
    assert len(world.seen) == 3


async def test_one_missing_campaign_does_not_close_the_others() -> None:
    async with a_loopback(answers) as world:
        names = names_of(world)
        await names.complete(of_ad("45"))
        lead = await names.complete(of_ad("44"))

    assert lead.campaign == Named(id="44", name="DACH enterprise")


async def test_a_lead_waits_no_longer_than_it_was_told_to() -> None:
    async with a_loopback(answers) as world:
        names = names_of(world)
        world.gate.clear()
        async with asyncio.timeout(3):
            leads = await asyncio.gather(
                *(names.complete(of_ad(), within=timedelta(milliseconds=50)) for _ in range(5))
            )
            asked = len(world.seen)
            world.gate.set()
            await names.complete(of_ad())

    assert leads == [of_ad()] * 5
    assert len(world.seen) == asked  # a slow name counts as a failure: the next lead is not held up by it


async def test_what_was_learnt_before_the_time_ran_out_is_kept() -> None:
    def slow(seen: Seen) -> Reply:
        if seen.path == CREATIVE:
            world.gate.clear()
        return answers(seen)

    async with a_loopback(slow) as world:
        lead = await names_of(world).complete(of_ad(""), creative="77", within=timedelta(milliseconds=300))

    assert lead.campaign == Named(id="44")


async def test_who_waits_for_anothers_question_gets_its_answer_though_that_one_is_cancelled() -> None:
    async with a_loopback(answers) as world:
        names = names_of(world)
        world.gate.clear()
        first = asyncio.create_task(names.complete(of_ad()))
        await world.until_seen(2)
        second = asyncio.create_task(names.complete(of_ad()))
        await asyncio.sleep(0)

        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        async with asyncio.timeout(1):
            lead = await second

    assert lead == of_ad()


async def test_the_memory_is_bounded_and_forgets_the_oldest() -> None:
    async with a_loopback(lambda seen: Reply({"name": seen.path})) as world:
        names = Names(world.client, lambda: world.now, most=5)
        leads = [replace(of_ad(str(number)), account=Named(id="5", name="Nordwind EMEA")) for number in range(6)]
        for lead in leads:
            await names.complete(lead)
        await names.complete(leads[5])
        await names.complete(leads[1])
        asked = len(world.seen)
        await names.complete(leads[0])

    assert asked == 6
    assert world.paths[-1].endswith("/0")


@pytest.mark.parametrize("status", [400, 401, 404, 409, 426, 500, 302])
async def test_no_failure_reaches_the_lead(status: int) -> None:
    async with a_loopback(Reply(None, status)) as world:
        assert await names_of(world).complete(of_ad(), creative="77") == of_ad()


@pytest.mark.parametrize("owner", ["", "5", "urn:li:person:5", "urn:li:sponsoredAccount:"])
async def test_an_owner_that_is_neither_account_nor_page_costs_no_call(owner: str) -> None:
    lead = Lead(response_id="r", submitted_at=NOON, owner=owner, lead_type="X", campaign=Named(id="1"))
    async with a_loopback(answers) as world:
        assert await names_of(world).complete(lead) == lead

    assert world.paths == []
