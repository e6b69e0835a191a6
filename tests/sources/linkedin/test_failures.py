"""What each refusal of LinkedIn means: the table, and the few rules behind it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import (
    AmbiguousError,
    ChallengeFailed,
    Conflict,
    Forbidden,
    NotFound,
    OutageError,
    PermanentError,
    RateLimited,
    SignInNeeded,
    TemporaryError,
    UpstreamError,
    VersionRetired,
)
from bot.sources.linkedin.failures import Doing, classify

NOW = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)
HTML = b"<html><body>502 Bad Gateway</body></html>"


def error(status: int, body: object = b"", **headers: str) -> UpstreamError:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return classify(
        status, {name.replace("_", "-"): value for name, value in headers.items()}, raw, NOW, method="leadForms"
    )


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (204, b"", TemporaryError),
        (302, b"", OutageError),
        (400, {"status": 400, "code": "ILLEGAL_ARGUMENT"}, PermanentError),
        (400, {"status": 400, "code": "VERSION_MISSING"}, VersionRetired),
        (400, {"status": 400, "message": "Requested version 20241101 is not active"}, VersionRetired),
        (400, {"status": 400, "message": "The form is not active"}, PermanentError),
        (400, {"status": 400, "code": "NONEXISTENT_VERSION"}, VersionRetired),
        (401, {"message": "Empty oauth2_access_token", "serviceErrorCode": 401, "status": 401}, SignInNeeded),
        (401, HTML, SignInNeeded),
        (403, {"status": 403, "serviceErrorCode": 100, "code": "ACCESS_DENIED"}, Forbidden),
        (403, b"", Forbidden),
        (403, HTML, TemporaryError),
        (404, {"status": 404}, NotFound),
        (404, b"", NotFound),
        (404, HTML, TemporaryError),
        (405, b"", PermanentError),
        (408, b"", TemporaryError),
        (409, b"", TemporaryError),
        (410, b"", NotFound),
        (411, b"", PermanentError),
        (412, b"", PermanentError),
        (426, {"status": 426, "code": "NONEXISTENT_VERSION"}, VersionRetired),
        (426, HTML, VersionRetired),
        (429, {"serviceErrorCode": 101, "status": 429}, RateLimited),
        (429, HTML, RateLimited),
        (500, {"status": 500}, TemporaryError),
        (501, b"", TemporaryError),
        (502, HTML, TemporaryError),
        (503, b"{trunc", TemporaryError),
        (504, b"", TemporaryError),
        (999, HTML, TemporaryError),
    ],
)
def test_each_answer_has_its_class(status: int, body: object, kind: type[UpstreamError]) -> None:
    assert type(error(status, body)) is kind


@pytest.mark.parametrize("status", [401, 403, 426, 302])
def test_what_a_person_can_mend_comes_with_advice(status: int) -> None:
    advice = error(status).advice

    assert {401: "LINKEDIN_ACCESS_TOKEN", 403: "Page", 426: "api_version", 302: "api_url"}[status] in advice


@pytest.mark.parametrize(
    ("doing", "status", "body", "kind"),
    [
        ("create", 200, HTML, TemporaryError),
        ("create", 400, {"message": "This URL did not pass the security challenge check"}, ChallengeFailed),
        ("create", 400, {"errorDetails": {"inputErrors": [{"description": "Security challenge"}]}}, ChallengeFailed),
        ("create", 400, {"message": "Duplicate subscription"}, Conflict),
        ("create", 422, {"code": "ALREADY", "message": "Webhook is already registered"}, Conflict),
        ("create", 400, {"message": "owner is required"}, PermanentError),
        ("create", 401, b"", SignInNeeded),
        ("create", 403, b"", Forbidden),
        ("create", 404, {"code": "RESOURCE_NOT_FOUND"}, NotFound),
        ("create", 400, {"code": "RESOURCE_NOT_FOUND"}, NotFound),
        ("create", 409, b"", Conflict),
        ("create", 425, b"", TemporaryError),
        ("create", 426, b"", VersionRetired),
        ("create", 429, b"", RateLimited),
        ("create", 302, b"", OutageError),
        ("create", 400, {"code": "EMPTY_ACCESS_TOKEN"}, SignInNeeded),
        ("change", 409, b"", TemporaryError),
        ("change", 400, {"message": "Duplicate"}, PermanentError),
        ("change", 404, b"", NotFound),
        *((doing, status, body, AmbiguousError)
          for doing in ("create", "change") for status in (408, 500, 502, 503, 504, 520) for body in (b"", HTML)),
        ("create", 501, b"", TemporaryError),
    ],
)  # fmt: skip
def test_each_answer_to_a_write_has_its_class(
    doing: Doing, status: int, body: object, kind: type[UpstreamError]
) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()

    assert type(classify(status, {}, raw, NOW, method="leadNotifications", doing=doing)) is kind


@pytest.mark.parametrize(
    ("method", "doing", "lead_type", "words"),
    [
        ("leadFormResponses", "read", "SPONSORED", ["no Lead Gen Forms role on the Page", "role on the ad account"]),
        ("leadFormResponses", "read", "", ["no Lead Gen Forms role on the Page", "for ads"]),
        ("leadFormResponses", "read", "EVENT", ["Content admin", "not enough for events"]),
        ("leadNotifications", "create", "COMPANY", ["no Lead Gen Forms role on the Page", "r_marketing_leadgen"]),
        ("leadForms", "read", "", ["no Lead Gen Forms role on the Page"]),
        ("leadForms", "create", "", ["rw_ads"]),
        ("leadForms", "change", "", ["rw_ads"]),
        ("adAccounts", "read", "", ["r_ads", "Campaign Manager"]),
        ("creatives", "read", "", ["r_ads"]),
        ("organizationAcls", "read", "", ["r_organization_admin"]),
        ("events", "read", "", ["r_events"]),
    ],
)
def test_a_missing_role_is_named_by_what_was_asked_for(
    method: str, doing: Doing, lead_type: str, words: list[str]
) -> None:
    advice = classify(403, {}, b"", NOW, method=method, doing=doing, lead_type=lead_type).advice

    assert all(word in advice for word in words)
    assert ("ad account" in advice) == (
        lead_type not in {"EVENT", "COMPANY"} and method not in {"organizationAcls", "events"}
    )


@pytest.mark.parametrize(
    ("status", "body", "method", "word"),
    [
        (404, {}, "adCampaigns", "r_ads"),
        (404, {}, "leadFormResponses", "may not see"),
        (405, {}, "leadForms", "report"),
        (411, {}, "leadForms", "report"),
        (400, {"code": "ILLEGAL_ARGUMENT"}, "leadForms", "Check the ids"),
        (400, {"message": "Empty oauth2_access_token"}, "leadForms", "Authorization header"),
        (401, {"message": "Empty oauth2_access_token"}, "leadForms", "Authorization header"),
        (401, {}, "leadForms", "`leadbell linkedin connect`"),
    ],
)
def test_other_refusals_say_what_to_do_too(status: int, body: object, method: str, word: str) -> None:
    assert word in classify(status, {}, json.dumps(body).encode(), NOW, method=method).advice


def test_the_fields_that_linkedin_refuses_are_listed() -> None:
    entries = [
        {
            "code": "FIELD_LENGTH_TOO_LONG",
            "description": "longer than 256",
            "input": {"inputPath": {"fieldPath": "content/headline"}},
        },
        {"code": "PARAM_INVALID", "input": {"inputPath": {"fieldPath": "owner"}}},
        {"description": "urn:li:person:BcLK wrote to erika@firma.example"},
        {"input": {"inputPath": {"fieldPath": "name"}}},
        {},
        "nonsense",
    ]
    body = {"code": "MULTIPLE_VALIDATIONS_FAILED", "errorDetails": {"inputErrors": entries}}

    assert str(error(400, body)) == (
        "LinkedIn answered 400 for leadForms: MULTIPLE_VALIDATIONS_FAILED: "
        "content/headline: longer than 256 (FIELD_LENGTH_TOO_LONG); owner: PARAM_INVALID; … wrote to …; name"
    )


def test_very_many_wrong_fields_are_cut_short() -> None:
    entries = [{"code": f"WRONG_{number}"} for number in range(20)]
    details = {"inputErrors": entries[:10], "conditionalInputErrors": entries[10:]}

    text = str(error(400, {"errorDetails": details}))

    assert "WRONG_7; and 12 more" in text
    assert "WRONG_8" not in text


DAY = "Resource level throttle APPLICATION DAY limit for calls to this resource is reached."
SHORT = "Resource level throttle limit for calls to this resource is reached."


@pytest.mark.parametrize(
    ("message", "retry_after", "wait"),
    [
        (SHORT, None, timedelta(seconds=60)),
        (SHORT, "7", timedelta(seconds=7)),
        (SHORT, "0", timedelta(seconds=1)),
        (SHORT, "-3", timedelta(seconds=60)),
        (SHORT, "soon", timedelta(seconds=60)),
        (SHORT, "99999999999999999999", timedelta(hours=24)),
        (SHORT, "Mon, 23 Nov 2026 22:35:00 GMT", timedelta(minutes=5)),
        (SHORT, "Mon, 23 Nov 2026 22:00:00 GMT", timedelta(seconds=1)),
        (SHORT, "Mon, 23 Nov 2026 22:35:00", timedelta(seconds=60)),
        (DAY, None, timedelta(hours=1, minutes=32)),
        (DAY.replace("APPLICATION", "MEMBER"), None, timedelta(hours=1, minutes=32)),
        (DAY, "30", timedelta(seconds=30)),
    ],
)
def test_a_limit_says_how_long_to_wait(message: str, retry_after: str | None, wait: timedelta) -> None:
    headers = {} if retry_after is None else {"Retry_After": retry_after}

    limited = error(429, {"status": 429, "message": message}, **headers)

    assert isinstance(limited, RateLimited)
    assert (limited.pause, limited.method) == (wait, "leadForms")
    assert limited.is_guess == (wait == timedelta(seconds=60)), "where nobody tells, the next wait may be longer"
    assert ("returns at 00:00 UTC" in limited.advice) == ("DAY" in message)


def test_a_server_that_is_busy_may_ask_for_a_wait_too() -> None:
    busy = error(503, b"", retry_after="120")

    assert isinstance(busy, TemporaryError)
    assert busy.retry_after == timedelta(minutes=2)


def test_the_text_keeps_what_linkedins_support_asks_for() -> None:
    text = str(error(500, {"code": "OOPS", "message": "Internal"}, X_LI_UUID="AAV+x/1==", x_li_request_id="r-7"))

    assert text == "LinkedIn answered 500 for leadForms: OOPS, Internal (x-li-uuid AAV+x/1==, x-li-request-id r-7)"


def test_the_text_names_nobody_and_holds_no_secret() -> None:
    token = "AQX" + "k" * 200
    message = f"urn:li:person:BcLKblgopR (erika@firma.example) used {token}\nline two"

    text = str(error(400, {"code": "a@b.example", "message": message}, x_li_uuid="evil\r\nline"))

    assert not any(word in text for word in ("BcLK", "erika", "a@b", "kkkk", "\n", "\r"))


@given(
    st.integers(100, 999),
    st.binary(max_size=300),
    st.dictionaries(st.text(max_size=20), st.text(max_size=40)),
    st.sampled_from(["read", "create", "change"]),
)
def test_no_answer_crashes_the_classification(status: int, body: bytes, headers: dict[str, str], doing: Doing) -> None:
    assert str(classify(status, headers, body, NOW, doing=doing))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


@given(json_values, json_values, json_values)
def test_no_shape_of_the_details_crashes_the_classification(one: object, other: object, third: object) -> None:
    body = {"errorDetails": {"inputErrors": [one, {"input": other}], "conditionalInputErrors": third}}

    assert str(error(400, body))


@given(st.text(max_size=60))
def test_no_retry_after_crashes_and_none_is_below_a_second(value: str) -> None:
    limited = classify(429, {"Retry-After": value}, b"", NOW)

    assert isinstance(limited, RateLimited)
    assert timedelta(seconds=1) <= limited.pause <= timedelta(hours=24)
