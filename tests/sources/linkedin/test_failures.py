"""What each refusal of LinkedIn means: the table, and the few rules behind it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import (
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
from bot.sources.linkedin.failures import classify

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


@given(st.integers(100, 999), st.binary(max_size=300), st.dictionaries(st.text(max_size=20), st.text(max_size=40)))
def test_no_answer_crashes_the_classification(status: int, body: bytes, headers: dict[str, str]) -> None:
    assert str(classify(status, headers, body, NOW))


@given(st.text(max_size=60))
def test_no_retry_after_crashes_and_none_is_below_a_second(value: str) -> None:
    limited = classify(429, {"Retry-After": value}, b"", NOW)

    assert isinstance(limited, RateLimited)
    assert timedelta(seconds=1) <= limited.pause <= timedelta(hours=24)
