"""Whether a request really comes from Slack, decided over its raw bytes before anything parses them."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

MAX_AGE_SECONDS = 300
_MAX_DIGITS = 12


def genuine(secret: str, headers: Mapping[str, str], raw: bytes, now: datetime) -> bool:
    """True for a body signed with `secret` within the last five minutes. Never raises, whatever the headers hold.

    `headers` are looked up without regard to case.
    https://docs.slack.dev/authentication/verifying-requests-from-slack
    """
    timestamp = _header(headers, "x-slack-request-timestamp")
    signature = _header(headers, "x-slack-signature")
    if not secret or not signature.isascii() or not _is_recent(timestamp, now):
        return False
    signed = b"v0:" + timestamp.encode("ascii") + b":" + raw
    expected = "v0=" + hmac.new(secret.encode("utf-8"), signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, signature)


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name), "")


def _is_recent(timestamp: str, now: datetime) -> bool:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= _MAX_DIGITS):
        return False
    return abs(now.timestamp() - int(timestamp)) <= MAX_AGE_SECONDS
