"""When a grant is renewed, when it is over, and when somebody is warned."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.connection import (
    ACCESS_STEPS,
    CONSENT_STEPS,
    SCOPES,
    Grant,
    TokenFacts,
    days_left,
    missing_scopes,
    warning_step,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def a_grant(
    *,
    days: float | None = 60,
    refresh_days: float | None = 365,
    refresh_token: str = "refresh",
    died_at: datetime | None = None,
) -> Grant:
    return Grant(
        access_token="access",
        expires_at=None if days is None else NOW + timedelta(days=days),
        refresh_token=refresh_token,
        refresh_expires_at=None if refresh_days is None else NOW + timedelta(days=refresh_days),
        connected_at=NOW,
        obtained_at=NOW,
        died_at=died_at,
    )


@pytest.mark.parametrize(("day", "wanted"), [(0, False), (54.9, False), (55, True), (60, True), (90, True)])
def test_a_grant_is_renewed_five_days_before_its_end(day: float, wanted: bool) -> None:
    assert a_grant().is_due(NOW + timedelta(days=day)) is wanted


def test_a_short_life_is_renewed_halfway() -> None:
    grant = a_grant(days=2)

    assert not grant.is_due(NOW + timedelta(hours=23))
    assert grant.is_due(NOW + timedelta(hours=24))


@pytest.mark.parametrize(
    "grant",
    [
        a_grant(refresh_token=""),
        a_grant(died_at=NOW),
        a_grant(days=None),
        a_grant(days=60, refresh_days=59),
        a_grant(days=3, refresh_days=3),
    ],
    ids=["no refresh token", "dead", "end not told", "refresh token is over first", "cut to the consent's rest"],
)
def test_nothing_is_renewed_where_that_cannot_help(grant: Grant) -> None:
    assert not grant.is_due(NOW + timedelta(days=59, hours=1))


def test_an_access_token_cut_to_the_rest_of_the_consent_is_not_asked_for_again_and_again() -> None:
    grant = a_grant(days=4, refresh_days=4)

    assert not any(grant.is_due(NOW + timedelta(hours=hour)) for hour in range(4 * 24))


def test_a_token_is_alive_until_its_end_and_without_a_known_end_until_it_is_refused() -> None:
    assert a_grant().is_alive(NOW + timedelta(days=59))
    assert not a_grant().is_alive(NOW + timedelta(days=60))
    assert a_grant(days=None).is_alive(NOW + timedelta(days=400))
    assert not a_grant(died_at=NOW).is_alive(NOW)


def test_where_the_refresh_tokens_end_is_not_known_a_year_from_the_consent_is_counted() -> None:
    assert a_grant(refresh_days=None).sign_in_by == NOW + timedelta(days=365)
    assert a_grant(refresh_days=100).sign_in_by == NOW + timedelta(days=100)
    assert a_grant(refresh_token="").sign_in_by == NOW + timedelta(days=60)


@pytest.mark.parametrize(
    ("days", "access", "consent"),
    [
        (31, None, None),
        (30, None, 30),
        (14.1, None, 30),
        (14, 14, 14),
        (8, 14, 14),
        (7, 7, 7),
        (3, 3, 3),
        (1.5, 3, 3),
        (1, 1, 1),
        (0.1, 1, 1),
        (0, None, None),
        (-5, None, None),
    ],
)
def test_each_step_of_warning_begins_when_it_is_reached(days: float, access: int | None, consent: int | None) -> None:
    end = NOW + timedelta(days=days)

    assert warning_step(end, ACCESS_STEPS, NOW) == access
    assert warning_step(end, CONSENT_STEPS, NOW) == consent


def test_of_an_unknown_end_nobody_is_warned() -> None:
    assert warning_step(None, ACCESS_STEPS, NOW) is None


def test_missing_scopes_are_named_and_an_unknown_set_lacks_nothing() -> None:
    assert missing_scopes(()) == ()
    assert missing_scopes((*SCOPES, "openid")) == ()
    assert missing_scopes(("r_ads", "rw_ads")) == ("r_marketing_leadgen_automation", "r_organization_admin", "r_events")


def test_days_left_are_whole_and_never_negative() -> None:
    assert days_left(NOW + timedelta(days=2, hours=23), NOW) == 2
    assert days_left(NOW - timedelta(days=2), NOW) == 0


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        (TokenFacts(is_active=True, status="active"), False),
        (TokenFacts(is_active=False, status=""), False),
        (TokenFacts(is_active=False, status="revoked"), True),
        (TokenFacts(is_active=False, status="expired"), True),
    ],
)
def test_only_a_plain_word_of_linkedin_makes_a_token_dead(facts: TokenFacts, wanted: bool) -> None:
    assert facts.is_over is wanted


def test_a_token_shows_in_no_repr() -> None:
    assert "access'" not in repr(a_grant())
    assert "'refresh'" not in repr(a_grant())
