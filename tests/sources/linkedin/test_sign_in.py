"""How the sign-in at LinkedIn stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.connection import SCOPES, Grant, TokenFacts
from bot.core.errors import OutageError, RateLimited, TemporaryError, UpstreamError
from bot.core.findings import Finding, Verdict
from bot.sources.linkedin.sign_in import SignIn
from tests.findings import says

OK, WARNING, FAILED, SKIPPED = Verdict.OK, Verdict.WARNING, Verdict.FAILED, Verdict.SKIPPED
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
STATIC = SignIn(token="AQX", why_not="", grant=None)
LONG = timedelta(days=40)
NOBODY = SignIn(token="", why_not="No LinkedIn account is connected.", grant=None)


def days(number: float) -> timedelta:
    return timedelta(days=number)


def facts(*, left: timedelta | None = LONG, status: str = "active", scopes: tuple[str, ...] = SCOPES) -> TokenFacts:
    ends = None if left is None else NOW + left
    return TokenFacts(is_active=status == "active", status=status, expires_at=ends, scopes=scopes)


def connected(*, left: timedelta, consent: timedelta | None) -> SignIn:
    """A connected account; `consent` None = LinkedIn gives this app no refresh token."""
    grant = Grant(
        access_token="AQX",
        expires_at=NOW + left,
        refresh_token="" if consent is None else "AQW",
        refresh_expires_at=None if consent is None else NOW + consent,
        connected_at=NOW - days(300),
        obtained_at=NOW - days(20),
    )
    return SignIn(token="AQX", why_not="", grant=grant)


def look(sign_in: SignIn, told: TokenFacts | UpstreamError) -> dict[str, Finding]:
    return {finding.name: finding for finding in sign_in.findings(told, NOW)}


@pytest.mark.parametrize(
    ("told", "verdict", "words"),
    [
        (facts(), OK, "accepts the client id"),
        (facts(status="revoked"), OK, "accepts the client id"),
        (OutageError("401", code="invalid_client"), FAILED, "LINKEDIN_CLIENT_SECRET"),
        (OutageError("400", code="invalid_request"), FAILED, "no app with this client id"),
        (OutageError("no id", code="no_app"), SKIPPED, "not set"),
        (OutageError("LinkedIn answered 301", code="301", advice="Mend the address."), FAILED, "Mend the address."),
        (TemporaryError("no answer", code="timeout"), FAILED, "linkedin.auth_url"),
        (RateLimited("429", retry_after=days(1)), SKIPPED, "no more questions"),
    ],
)
def test_asking_about_a_token_tells_whether_the_apps_secret_is_right(
    told: TokenFacts | UpstreamError, verdict: Verdict, words: str
) -> None:
    says(look(STATIC, told)["app"], verdict, words)


def test_without_a_token_the_app_is_blamed_for_nothing_but_its_secret() -> None:
    says(look(NOBODY, OutageError("400", code="invalid_request"))["app"], SKIPPED, "with a token only")
    says(look(NOBODY, OutageError("401", code="invalid_client"))["app"], FAILED, "LINKEDIN_CLIENT_SECRET")
    says(look(NOBODY, facts(status=""))["app"], OK, "accepts")


def test_nobody_connected_is_said_and_its_permissions_are_not_asked_about() -> None:
    found = look(NOBODY, facts(status=""))

    says(found["access token"], FAILED, "Run `leadbell linkedin connect`")
    says(found["permissions"], SKIPPED, "no access token")
    assert NOBODY.is_dead(facts())


@pytest.mark.parametrize(
    ("status", "words"), [("revoked", "withdrawn"), ("expired", "has ended"), ("", "belongs to another app")]
)
def test_a_dead_token_is_told_with_its_cause_and_the_remedy_that_fits(status: str, words: str) -> None:
    told = facts(status=status)

    says(look(STATIC, told)["access token"], FAILED, words)
    assert "LINKEDIN_ACCESS_TOKEN" in look(STATIC, told)["access token"].advice
    connected_once = connected(left=days(40), consent=None)
    assert look(connected_once, told)["access token"].advice == "Run `leadbell linkedin connect` and sign in."
    assert STATIC.is_dead(told)
    assert not STATIC.is_dead(facts())
    assert not STATIC.is_dead(TemporaryError("no answer"))


def test_a_token_that_ended_while_nobody_ran_needs_no_new_sign_in() -> None:
    found = look(connected(left=-days(1), consent=days(200)), facts(left=-days(1), status="expired"))

    says(found["access token"], FAILED, "Start the server, which renews it by itself")


@pytest.mark.parametrize(
    ("sign_in", "left", "verdict", "words"),
    [
        (STATIC, days(40), OK, "for 40 more days (until 2 Jan 2027)"),
        (STATIC, None, OK, "does not say for how long"),
        (STATIC, days(14), WARNING, "cannot be renewed by itself"),
        (connected(left=days(14), consent=None), days(14), WARNING, "Run `leadbell linkedin connect`"),
        (connected(left=days(14), consent=days(100)), days(14), OK, "renewed by itself"),
        (connected(left=days(3), consent=days(100)), days(3), WARNING, "should have been renewed"),
        (connected(left=days(3), consent=days(3)), days(3), OK, "renewed by itself"),
    ],
)
def test_how_long_a_token_lasts_worries_only_where_nobody_renews_it(
    sign_in: SignIn, left: timedelta | None, verdict: Verdict, words: str
) -> None:
    says(look(sign_in, facts(left=left))["access token"], verdict, words)


@pytest.mark.parametrize(
    ("consent", "verdict", "words"),
    [(days(31), OK, "31 more days"), (days(29), WARNING, "does not lengthen it"), (-days(1), WARNING, "connect")],
)
def test_the_end_of_the_sign_in_itself_is_told_in_time(consent: timedelta, verdict: Verdict, words: str) -> None:
    says(look(connected(left=days(40), consent=consent), facts())["consent"], verdict, words)


def test_without_a_refresh_token_there_is_no_second_end() -> None:
    assert "consent" not in look(connected(left=days(40), consent=None), facts())
    assert "consent" not in look(STATIC, facts())


@pytest.mark.parametrize(
    ("missing", "verdict"), [("r_marketing_leadgen_automation", FAILED), ("r_ads", WARNING), ("rw_ads", WARNING)]
)
def test_a_missing_permission_is_named_with_what_is_lost(missing: str, verdict: Verdict) -> None:
    finding = look(STATIC, facts(scopes=tuple(scope for scope in SCOPES if scope != missing)))["permissions"]

    says(finding, verdict, f"Missing: {missing} (without it ")
    assert "leadbell linkedin connect" in finding.advice


def test_permissions_that_nobody_tells_are_not_called_missing() -> None:
    says(look(STATIC, facts(scopes=()))["permissions"], SKIPPED, "does not say")
    says(look(STATIC, TemporaryError("no answer"))["permissions"], SKIPPED, "could not be asked")


def test_no_repr_shows_the_token() -> None:
    assert "AQX" not in repr(STATIC)
    assert "AQX" not in repr(connected(left=days(1), consent=days(1)))
