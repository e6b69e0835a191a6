"""Only Slack's own requests of the last five minutes are genuine, and nothing in a header can raise."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.destinations.slack.signature import genuine

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
PUBLISHED = (
    1531420618,
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
    "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
)
PRESS = (
    1700000000,
    b"payload=%7B%22type%22%3A%22block_actions%22%7D",
    "v0=8db5c6935539bab0224a57d21ee2f82f5789a9624fd2b92aa4529412fe007e74",
)


def is_genuine(
    case: tuple[int, bytes, str], *, offset: float = 0, timestamp: str | None = None, signature: str | None = None
) -> bool:
    at, body, mac = case
    headers = {"X-SLACK-Request-Timestamp": str(at) if timestamp is None else timestamp}
    headers["x-slack-signature"] = mac if signature is None else signature
    return genuine(SECRET, headers, body, datetime.fromtimestamp(at + offset, UTC))


@pytest.mark.parametrize("case", [PUBLISHED, PRESS])
def test_known_vectors_are_genuine(case: tuple[int, bytes, str]) -> None:
    assert is_genuine(case)


@pytest.mark.parametrize(
    ("offset", "expected"), [(-301, False), (-300, True), (300, True), (300.9, False), (301, False)]
)
def test_five_minutes_either_way_are_allowed(offset: float, expected: bool) -> None:
    assert is_genuine(PRESS, offset=offset) is expected


@pytest.mark.parametrize("timestamp", ["", "abc", "1700000000.0", "-1700000000", "١٧٠٠٠٠٠٠٠٠", "1" * 13, " 1700000000"])
def test_a_timestamp_that_is_no_plain_number_is_refused(timestamp: str) -> None:
    assert not is_genuine(PRESS, timestamp=timestamp)


@pytest.mark.parametrize("signature", ["", "v0=", "v0=é", PRESS[2].upper(), PUBLISHED[2]])
def test_a_wrong_signature_is_refused(signature: str) -> None:
    assert not is_genuine(PRESS, signature=signature)


def test_another_body_or_no_secret_is_refused() -> None:
    at, body, mac = PRESS
    headers = {"X-Slack-Request-Timestamp": str(at), "X-Slack-Signature": mac}
    now = datetime.fromtimestamp(at, UTC)

    assert not genuine(SECRET, headers, body + b" ", now)
    assert not genuine("", headers, body, now)


@given(st.text(), st.text(), st.binary())
def test_nothing_raises(timestamp: str, signature: str, body: bytes) -> None:
    headers = {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signature}

    assert not genuine(SECRET, headers, body, datetime(2026, 1, 1, tzinfo=UTC))
