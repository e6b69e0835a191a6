"""Consent, tokens and their ends, as LinkedIn documents them."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from bot.sandbox.linkedin import LinkedInStandIn
from tests.sandbox.linkedin_builders import FINDER, GOOD, NOON, Clock, Reply, a_linkedin, get, post_form, send

BACK = "https://leads.example.com/linkedin/callback"
SCOPES = "r_ads r_events r_marketing_leadgen_automation r_organization_admin rw_ads"
CLIENT = {"client_id": "stand-in", "client_secret": "secret"}


async def ask_consent(linkedin: LinkedInStandIn, **change: str) -> Reply:
    """Send the member to LinkedIn. A change to "" leaves the parameter out."""
    asked = {
        "response_type": "code",
        "client_id": "stand-in",
        "redirect_uri": BACK,
        "scope": SCOPES,
        "state": "s t&te",
    } | change
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in asked.items() if value)
    return await send(linkedin, "GET", f"/oauth/v2/authorization?{query}", headers={})


def told(reply: Reply) -> dict[str, str]:
    """What the redirect tells."""
    assert reply.status == 302
    return {name: values[0] for name, values in parse_qs(urlsplit(reply.headers["Location"]).query).items()}


async def a_code(linkedin: LinkedInStandIn, **change: str) -> str:
    """The code of a consent."""
    return told(await ask_consent(linkedin, **change))["code"]


async def exchange(linkedin: LinkedInStandIn, code: str, /, **change: str) -> Reply:
    """A code for tokens."""
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, **CLIENT} | change
    return await post_form(linkedin, "/oauth/v2/accessToken", **fields)


async def refresh(linkedin: LinkedInStandIn, token: str, /, **change: str) -> Reply:
    """A new access token."""
    fields = {"grant_type": "refresh_token", "refresh_token": token, **CLIENT} | change
    return await post_form(linkedin, "/oauth/v2/accessToken", **fields)


async def introspect(linkedin: LinkedInStandIn, token: str, /, **change: str) -> Reply:
    """What is known of a token."""
    return await post_form(linkedin, "/oauth/v2/introspectToken", **({"token": token, **CLIENT} | change))


async def use(linkedin: LinkedInStandIn, token: str) -> Reply:
    """A call with the token."""
    return await get(linkedin, FINDER, GOOD | {"Authorization": f"Bearer {token}"})


def refusal(reply: Reply) -> tuple[int, str]:
    """Status and error of an OAuth answer."""
    assert set(reply.content) == {"error", "error_description"}
    return reply.status, reply.content["error"]


# ── consent ──


async def test_a_consent_sends_the_member_back_with_a_code_and_the_state() -> None:
    async with a_linkedin() as linkedin:
        reply = await ask_consent(linkedin, redirect_uri=f"{BACK}?tenant=7")

    assert reply.headers["Location"].startswith(f"{BACK}?tenant=7&code=")
    assert told(reply)["state"] == "s t&te"


async def test_who_cancels_is_sent_back_with_the_error() -> None:
    async with a_linkedin() as linkedin:
        linkedin.member_consents = False

        back = told(await ask_consent(linkedin))

    assert (back["error"], back["state"]) == ("user_cancelled_authorize", "s t&te")
    assert back["error_description"]
    assert "code" not in back


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": ""},
        {"client_id": "other"},
        {"redirect_uri": ""},
        {"redirect_uri": "http://leads.example.com/linkedin/callback"},
        {"redirect_uri": "/linkedin/callback"},
        {"redirect_uri": f"{BACK}#part"},
    ],
)
async def test_nobody_is_sent_back_to_an_address_that_cannot_be_trusted(change: dict[str, str]) -> None:
    async with a_linkedin() as linkedin:
        assert (await ask_consent(linkedin, **change)).status == 400


async def test_an_address_must_be_registered_once_any_is() -> None:
    async with a_linkedin() as linkedin:
        linkedin.redirect_uris = {BACK}

        statuses = [
            (await ask_consent(linkedin, redirect_uri=uri)).status
            for uri in (BACK, f"{BACK}?tenant=7", f"{BACK}/more", "http://127.0.0.1:8080/linkedin/callback")
        ]
        linkedin.redirect_uris = set()
        loopback = await ask_consent(linkedin, redirect_uri="http://127.0.0.1:8080/linkedin/callback")

    assert (*statuses, loopback.status) == (302, 302, 400, 400, 302)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": ""}, "invalid_scope"),
        ({"scope": "r_ads w_everything"}, "unauthorized_scope_error"),
        ({"scope": "r_ads,rw_ads"}, "unauthorized_scope_error"),
    ],
)
async def test_a_wrong_question_is_told_at_the_address(change: dict[str, str], error: str) -> None:
    async with a_linkedin() as linkedin:
        assert told(await ask_consent(linkedin, **change))["error"] == error


async def test_a_space_between_scopes_is_percent_encoded() -> None:
    async with a_linkedin() as linkedin:
        asked = f"response_type=code&client_id=stand-in&redirect_uri={quote(BACK, safe='')}&scope="

        answers = [
            told(await send(linkedin, "GET", f"/oauth/v2/authorization?{asked}{scope}", headers={}))
            for scope in ("r_ads+rw_ads", "r_ads%20rw_ads")
        ]

    assert [set(answer) for answer in answers] == [{"error", "error_description"}, {"code"}]


# ── codes ──


async def test_a_code_brings_tokens_that_work_for_sixty_days() -> None:
    clock = Clock()
    async with a_linkedin(clock) as linkedin:
        got = (await exchange(linkedin, await a_code(linkedin))).content
        fresh = await use(linkedin, got["access_token"])
        clock.go(days=60)
        stale = await use(linkedin, got["access_token"])
        given = await use(linkedin, "token")

    assert got["token_type"] == "Bearer"
    assert (got["expires_in"], got["refresh_token_expires_in"]) == (60 * 86400, 365 * 86400)
    assert got["scope"] == SCOPES
    assert len(got["access_token"]) > 400
    assert (fresh.status, stale.status, given.status) == (200, 401, 200)
    assert stale.content["code"] == "EXPIRED_ACCESS_TOKEN"


async def test_a_code_works_once_and_for_thirty_minutes_and_with_its_own_address() -> None:
    clock = Clock()
    async with a_linkedin(clock) as linkedin:
        code = await a_code(linkedin)
        elsewhere = await exchange(linkedin, code, redirect_uri=f"{BACK}?x=1")
        first = await exchange(linkedin, code)
        again = await exchange(linkedin, code)
        late = await a_code(linkedin)
        clock.go(minutes=30)
        too_late = await exchange(linkedin, late)

    assert first.status == 200
    assert refusal(elsewhere) == refusal(too_late) == (400, "invalid_redirect_uri")
    assert refusal(again) == (401, "invalid_request")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"grant_type": ""}, (400, "invalid_request")),
        ({"grant_type": "password"}, (400, "unsupported_grant_type")),
        ({"grant_type": "client_credentials"}, (401, "access_denied")),
        ({"code": ""}, (400, "invalid_request")),
        ({"redirect_uri": ""}, (400, "invalid_request")),
        ({"client_id": "other"}, (400, "invalid_request")),
        ({"client_secret": ""}, (400, "invalid_request")),
        ({"client_secret": "other"}, (401, "invalid_client")),
    ],
)
async def test_a_wrong_exchange_is_refused_and_spends_no_code(
    change: dict[str, str], expected: tuple[int, str]
) -> None:
    async with a_linkedin() as linkedin:
        code = await a_code(linkedin)

        wrong = await exchange(linkedin, code, **change)
        right = await exchange(linkedin, code)

    assert refusal(wrong) == expected
    assert right.status == 200


async def test_a_secret_is_encoded_once_and_not_twice() -> None:
    async with a_linkedin() as linkedin:
        linkedin.client_secret = "secret=="
        code = await a_code(linkedin)

        twice = await exchange(linkedin, code, client_secret=quote("secret=="))
        once = await exchange(linkedin, code, client_secret="secret==")

    assert refusal(twice) == (401, "invalid_client")
    assert once.status == 200


async def test_the_token_endpoint_takes_posted_forms_only() -> None:
    async with a_linkedin() as linkedin:
        as_json = await send(linkedin, "POST", "/oauth/v2/accessToken", body={"grant_type": "refresh_token"})
        as_query = await send(linkedin, "GET", "/oauth/v2/accessToken?grant_type=refresh_token", headers={})
        elsewhere = await send(linkedin, "GET", "/oauth/v2/token", headers={})

    assert [one.status for one in (as_json, as_query, elsewhere)] == [400, 405, 404]


# ── refreshing ──


async def test_refreshing_never_moves_the_year_and_cuts_the_last_access_token() -> None:
    clock = Clock()
    async with a_linkedin(clock) as linkedin:
        code = await a_code(linkedin)
        clock.go(minutes=5)
        first = (await exchange(linkedin, code)).content
        as_access = await use(linkedin, first["refresh_token"])
        clock.now = NOON + timedelta(days=59)
        second = (await refresh(linkedin, first["refresh_token"])).content
        clock.now = NOON + timedelta(days=355)
        third = (await refresh(linkedin, second["refresh_token"])).content
        clock.now = NOON + timedelta(days=365)
        end = await refresh(linkedin, third["refresh_token"])
        used = await use(linkedin, third["access_token"])

    assert as_access.status == 401
    assert second["access_token"] != first["access_token"]
    assert second["refresh_token"] == first["refresh_token"]
    assert (second["expires_in"], second["refresh_token_expires_in"]) == (60 * 86400, 306 * 86400)
    assert (third["expires_in"], third["refresh_token_expires_in"]) == (10 * 86400, 10 * 86400)
    assert refusal(end) == (400, "invalid_request")
    assert used.status == 401


async def test_an_app_without_refresh_tokens_gets_none() -> None:
    async with a_linkedin() as linkedin:
        linkedin.gives_refresh_tokens = False

        got = (await exchange(linkedin, await a_code(linkedin))).content

    assert set(got) == {"access_token", "expires_in", "scope", "token_type"}


async def test_a_revoked_refresh_token_is_an_invalid_grant_and_others_live_on() -> None:
    async with a_linkedin() as linkedin:
        first = (await exchange(linkedin, await a_code(linkedin))).content
        second = (await exchange(linkedin, await a_code(linkedin))).content

        linkedin.revoke(first["refresh_token"])
        dead = await refresh(linkedin, first["refresh_token"])
        alive = await refresh(linkedin, second["refresh_token"])
        unknown = await refresh(linkedin, first["access_token"])
        linkedin.revoke()
        all_dead = [await use(linkedin, token) for token in ("token", second["access_token"])]

    assert refusal(dead) == (400, "invalid_grant")
    assert alive.status == 200
    assert refusal(unknown) == (400, "invalid_request")
    assert [one.content["code"] for one in all_dead] == ["REVOKED_ACCESS_TOKEN"] * 2


async def test_after_their_time_access_tokens_are_dead_and_refreshing_helps() -> None:
    async with a_linkedin() as linkedin:
        got = (await exchange(linkedin, await a_code(linkedin))).content

        linkedin.expire()
        dead = [await use(linkedin, token) for token in ("token", got["access_token"])]
        anew = (await refresh(linkedin, got["refresh_token"])).content
        alive = await use(linkedin, anew["access_token"])

    assert [one.content["code"] for one in dead] == ["EXPIRED_ACCESS_TOKEN"] * 2
    assert alive.status == 200


# ── scopes ──


async def test_a_token_may_do_what_was_consented_to() -> None:
    async with a_linkedin() as linkedin:
        got = (await exchange(linkedin, await a_code(linkedin, scope="r_ads"))).content

        leads = await use(linkedin, got["access_token"])
        headers = GOOD | {"Authorization": f"Bearer {got['access_token']}"}
        accounts = await get(linkedin, "/rest/adAccounts?q=search", headers)

    assert (leads.status, accounts.status) == (403, 200)


async def test_asking_for_other_scopes_kills_every_earlier_token_of_the_member() -> None:
    async with a_linkedin() as linkedin:
        first = (await exchange(linkedin, await a_code(linkedin))).content
        await a_code(linkedin)
        same = [(await use(linkedin, token)).status for token in ("token", first["access_token"])]

        await a_code(linkedin, scope=f"{SCOPES} openid")
        other = [(await use(linkedin, token)).status for token in ("token", first["access_token"])]
        dead = await refresh(linkedin, first["refresh_token"])

    assert (same, other) == ([200, 200], [401, 401])
    assert refusal(dead) == (400, "invalid_grant")


# ── introspection ──


async def test_introspection_tells_state_end_and_scopes_in_seconds() -> None:
    clock = Clock()
    async with a_linkedin(clock) as linkedin:
        token = (await exchange(linkedin, await a_code(linkedin))).content["access_token"]
        active = (await introspect(linkedin, token)).content
        clock.go(days=61)
        expired = (await introspect(linkedin, token)).content
        linkedin.revoke(token)
        revoked = (await introspect(linkedin, token)).content

    noon = int(NOON.timestamp())
    assert (active["active"], active["status"], active["auth_type"]) == (True, "active", "3L")
    assert (active["authorized_at"], active["expires_at"]) == (noon, noon + 60 * 86400)
    assert active["scope"] == SCOPES.replace(" ", ",")
    assert (expired["active"], expired["status"]) == (False, "expired")
    assert (revoked["active"], revoked["status"]) == (False, "revoked")


async def test_the_given_token_is_known_too_and_a_strangers_is_not_active() -> None:
    async with a_linkedin() as linkedin:
        given = [(await introspect(linkedin, "token")).content["status"]]
        linkedin.expire()
        given.append((await introspect(linkedin, "token")).content["status"])
        linkedin.revoke()
        given.append((await introspect(linkedin, "token")).content["status"])
        stranger = await introspect(linkedin, "a stranger's")

    assert given == ["active", "expired", "revoked"]
    assert (stranger.status, stranger.content) == (200, {"active": False})


@pytest.mark.parametrize(
    ("change", "status"), [({"token": ""}, 400), ({"client_id": "other"}, 400), ({"client_secret": "other"}, 401)]
)
async def test_introspection_is_for_the_app_itself(change: dict[str, str], status: int) -> None:
    async with a_linkedin() as linkedin:
        assert (await introspect(linkedin, "token", **change)).status == status


async def test_a_stand_in_without_a_given_token_lets_nobody_in_with_none() -> None:
    async with a_linkedin() as linkedin:
        linkedin.access_token = ""

        answer = await use(linkedin, "")

    assert answer.status == 401
