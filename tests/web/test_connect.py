"""The browser's way to LinkedIn's consent and back, over real sockets and against the stand-in."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from bot import control
from bot.core.connection import SCOPES, Renewal
from bot.core.errors import BotError
from bot.store.database import Database
from bot.store.entries import Clerk
from bot.web.connect import connection_commands
from tests.clock import Clock
from tests.web.builders import Site, a_site


@pytest.fixture
async def site(database: Database, clerk: Clerk, clock: Clock) -> AsyncIterator[Site]:
    async with a_site(database, clerk, clock) as started:
        yield started


# ── the whole way ──


async def test_the_printed_link_leads_through_linkedin_to_a_token_that_works(site: Site) -> None:
    status, page, _ = await site.get(await site.link())

    assert status == 200
    assert "LinkedIn is connected" in page
    assert "renewed by itself until 23 Nov 2027" in page
    assert "did not give" not in page
    assert [request.method for request in site.linkedin.requests] == ["GET", "POST"]
    facts = await site.connection._authority.introspect(site.connection.token())
    assert facts.is_active
    assert set(facts.scopes) == set(SCOPES)
    assert (await site.status())["alive"] is True


async def test_the_token_is_renewed_and_a_withdrawn_consent_is_found_out(site: Site, clock: Clock) -> None:
    await site.get(await site.link())
    first = site.connection.token()
    clock.advance(days=56)
    assert await site.commands["linkedin-renew"]({})
    second = site.connection.token()
    assert second not in {"", first}

    site.linkedin.revoke()
    clock.advance(seconds=30)

    assert await site.connection.renew() is Renewal.NONE
    assert site.connection.token() == ""
    await site.get(await site.link())
    assert site.connection.token() not in {"", first, second}


async def test_an_app_without_refresh_tokens_reads_so_on_the_page(site: Site, clock: Clock) -> None:
    site.linkedin.gives_refresh_tokens = False

    _, page, _ = await site.get(await site.link())

    assert "It lasts until 22 Jan 2027" in page
    clock.advance(days=61)
    assert site.connection.token() == ""


async def test_who_cancels_reads_so_and_whoever_waits_is_told(site: Site) -> None:
    site.linkedin.member_consents = False

    status, page, _ = await site.get(await site.link())

    assert status == 400
    assert "You cancelled at LinkedIn" in page
    assert "You cancelled at LinkedIn" in str((await site.status())["refusal"])


async def test_an_app_without_all_permissions_reads_what_to_ask_for(site: Site) -> None:
    site.linkedin.app_scopes.discard("r_events")

    status, page, _ = await site.get(await site.link())

    assert status == 400
    assert "under Products of the app" in page


async def test_a_wrong_secret_reads_what_to_check(site: Site) -> None:
    site.linkedin.client_secret = "another"

    status, page, _ = await site.get(await site.link())

    assert status == 502
    assert "LINKEDIN_CLIENT_SECRET" in page


async def test_a_refresh_that_is_refused_for_a_wrong_client_id_gives_nothing_up(site: Site, clock: Clock) -> None:
    await site.get(await site.link())
    clock.advance(days=56)
    site.linkedin.client_id = "another app"

    await site.connection.keep()
    assert site.connection.token()

    site.linkedin.client_id = "app-1"
    await site.connection.keep()
    assert len([request for request in site.linkedin.requests if request.raw_path.endswith("accessToken")]) == 3
    assert (await site.connection._authority.introspect(site.connection.token())).is_active


# ── the doors ──


@pytest.mark.parametrize(
    "query", ["", "?ticket=", "?ticket=made-up", "?Ticket=x", "?ticket=%00%ff", "?ticket=" + "x" * 5000]
)
async def test_without_a_good_ticket_there_is_no_way_to_linkedin(site: Site, query: str) -> None:
    status, page, headers = await site.get(site.connection.connect_url + query, follow=False)

    assert status == 403
    assert "leadbell linkedin connect" in page
    assert "Location" not in headers


async def test_a_link_is_good_once(site: Site) -> None:
    link = await site.link()
    assert (await site.get(link, follow=False))[0] == 302

    assert (await site.get(link, follow=False))[0] == 403


async def test_a_head_request_uses_nothing_up(site: Site) -> None:
    link = await site.link()
    assert (await site.get(link, method="HEAD", follow=False))[0] == 405

    assert (await site.get(link, follow=False))[0] == 302


@pytest.mark.parametrize(
    "query", ["", "?code=x", "?state=x&code=y", "?state=&error=user_cancelled_login", "?state=x&state=y", "?%ff=%ff"]
)
async def test_an_answer_to_no_question_of_ours_is_refused(site: Site, query: str) -> None:
    status, _, _ = await site.get(site.connection.redirect_uri + query)

    assert status == 401
    assert (await site.status())["refusal"] == ""
    assert site.linkedin.requests == []


async def test_the_way_back_is_good_once(site: Site) -> None:
    consent = site.connection.consent_url()
    _, _, headers = await site.get(consent, follow=False)
    assert (await site.get(headers["Location"]))[0] == 200

    assert (await site.get(headers["Location"]))[0] == 401


async def test_nothing_of_a_query_is_shown_or_logged(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    state = site.connection.consent_url().rpartition("state=")[2].partition("&")[0]
    hostile = quote("<script>alert('x')</script>CANARY")
    pages = [
        await site.get(f"{site.connection.connect_url}?ticket={hostile}"),
        await site.get(f"{site.connection.redirect_uri}?state={hostile}&code={hostile}"),
        await site.get(f"{site.connection.redirect_uri}?state={state}&error={hostile}&error_description={hostile}"),
    ]

    logged = " ".join(str(vars(record)) for record in caplog.records if record.name.startswith("bot"))
    for status, page, _ in pages:
        assert status in {400, 401, 403}
        assert "CANARY" not in page
        assert "<script" not in page
    assert "CANARY" not in logged
    assert state not in logged


async def test_every_answer_forbids_keeping_referring_and_loading(site: Site) -> None:
    link = await site.link()
    answers = [
        await site.get(link, follow=False),
        await site.get(link),
        await site.get(site.connection.redirect_uri),
        await site.get(await site.link()),
    ]

    assert [status for status, _, _ in answers] == [302, 403, 401, 200]
    for _, page, headers in answers:
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'unsafe-inline'")
        assert not re.search(r"https?:|src=|<script|<link", page), "the pages stand alone"
    assert all('name="viewport"' in page for _, page, _ in answers[1:])


# ── the private socket ──


async def test_through_the_private_socket_a_pasted_address_connects(
    site: Site, tmp_path_factory: pytest.TempPathFactory
) -> None:
    database = tmp_path_factory.mktemp("d") / "leads.db"
    async with control.listening(database, site.commands):
        begun = await control.ask(database, "linkedin-consent-url", {})
        assert isinstance(begun, dict)
        _, _, headers = await site.get(begun["url"], follow=False)
        back = dict(pair.split("=", 1) for pair in headers["Location"].partition("?")[2].split("&"))

        done = await control.ask(database, "linkedin-finish", {"query": back})

        assert isinstance(done, dict)
        assert done["alive"] is True
        assert done["connected_at"] == "2026-11-23T09:00:00+00:00"
        assert site.connection.token() not in str(done), "no token passes through the socket"
        with pytest.raises(BotError, match="was not begun here, was finished already"):
            await control.ask(database, "linkedin-finish", {"query": back})
        for odd in ({}, {"query": None}, {"query": ["x"]}, {"query": {"state": 5}}):
            with pytest.raises(BotError, match="LinkedIn's answer were expected"):
                await control.ask(database, "linkedin-finish", odd)


async def test_connecting_again_shows_by_another_time(site: Site, clock: Clock) -> None:
    begun = await site.commands["linkedin-connect"]({})
    assert isinstance(begun, dict)
    assert begun["connected_at"] is None
    await site.get(begun["url"])
    clock.advance(hours=1)

    again = await site.commands["linkedin-connect"]({})
    assert isinstance(again, dict)
    assert again["connected_at"] == (await site.status())["connected_at"]
    await site.get(again["url"])

    assert (await site.status())["connected_at"] == "2026-11-23T10:00:00+00:00"


async def test_a_permission_that_the_app_may_not_ask_for_can_be_left_out(site: Site) -> None:
    begun = await connection_commands(site.connection)["linkedin-consent-url"]({"without": ["r_events", "rw_ads"]})

    assert isinstance(begun, dict)
    asked = parse_qs(urlsplit(str(begun["url"])).query)["scope"][0].split()
    assert asked == [scope for scope in SCOPES if scope not in {"r_events", "rw_ads"}]
