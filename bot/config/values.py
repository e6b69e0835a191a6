"""From the text of one value to what its field means by it. Pure; None answers a text that is no such value."""

from __future__ import annotations

import ipaddress
import re
from datetime import timedelta
from email.utils import parseaddr
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from bot.config.model import Secret, SmtpSettings

_SECONDS = {"s": 1, "min": 60, "h": 3600, "day": 86400, "days": 86400}
_OTHER_UNITS = {
    "s": ("sec", "secs", "second", "seconds"),
    "min": ("m", "mins", "minute", "minutes"),
    "h": ("hr", "hrs", "hour", "hours"),
    "days": ("d",),
}
_DURATION = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*(s|min|h|days?)")
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+")
_CHANNEL = re.compile(r"#[^\s#@,.:;<>&A-Z]{1,80}")


def switch(text: str) -> bool | None:
    """yes, no, true, false."""
    return {"yes": True, "true": True, "no": False, "false": False}.get(text.strip().lower())


def duration(text: str) -> timedelta | None:
    """A number with its unit: `30 s`, `5 min`, `4 h`, `2 days`. A number alone is none."""
    match = _DURATION.fullmatch(text.strip().lower())
    return timedelta(seconds=float(match.group(1)) * _SECONDS[match.group(2)]) if match else None


def mended_duration(text: str) -> str:
    """How a time is written that somebody wrote otherwise: `5` -> `5 min, 5 h or 5 days`, `2 hours` -> `2 h`."""
    match = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)\s*([a-z]*)\.?", text.strip().lower())
    if match is None:
        return ""
    number, unit = match.groups()
    if not unit:
        return f"{number} min, {number} h or {number} days"
    return next((f"{number} {right}" for right, others in _OTHER_UNITS.items() if unit in others), "")


def whole(text: str) -> int | None:
    """A whole number of at most six digits, without a sign."""
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else None


def words(text: str) -> str:
    """A phrase as the language knows it: small letters, single spaces."""
    return " ".join(text.lower().split())


def port(text: str) -> int | None:
    """A TCP port; 0 lets the system choose."""
    return int(text) if re.fullmatch(r"[0-9]{1,5}", text) and int(text) <= 65535 else None


def digits(text: str) -> str | None:
    """An id of LinkedIn's as bare digits, also out of its URN. Stays text: `010` is not 8."""
    match = re.fullmatch(r"(?:urn:li:\w+:)?([0-9]{1,25})", text.strip())
    return match.group(1) if match else None


def owner_urn(text: str) -> str | None:
    """`sponsoredAccount:1` or `organization:1`, with or without `urn:li:`, as a full URN."""
    match = re.fullmatch(r"(?:urn:li:)?((?:sponsoredAccount|organization):[0-9]{1,25})", text.strip())
    return f"urn:li:{match.group(1)}" if match else None


def api_version(text: str) -> str | None:
    """LinkedIn's YYYYMM."""
    return text if re.fullmatch(r"20[2-9][0-9](?:0[1-9]|1[0-2])", text) else None


def mail_address(text: str) -> str | None:
    """One bare mail address."""
    bare = text.strip()
    return bare if _ADDRESS.fullmatch(bare) and len(bare) <= 254 else None


def sender(text: str) -> tuple[str, str] | None:
    """`Lead alerts <alerts@example.com>` as name and address; the name may be missing."""
    name, address = parseaddr(text.strip())
    return (name, address) if mail_address(address) and "\n" not in text else None


def channel(text: str) -> str | None:
    """A Slack channel: `#name`, or its id."""
    return text if _CHANNEL.fullmatch(text) or re.fullmatch(r"[CG][A-Z0-9]{3,}", text) else None


def slack_user(text: str) -> str | None:
    """Somebody in Slack: a user id, or the mail address they use there."""
    return text if re.fullmatch(r"[UW][A-Z0-9]{2,}", text) else mail_address(text)


def url(text: str) -> str | None:
    """An http(s) address without a slash at the end."""
    try:
        parts = urlsplit(text)
        is_good = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return None
    return text.rstrip("/") if is_good and not re.search(r"\s", text) else None


def smtp(text: str) -> SmtpSettings | str:
    """The mail server, or what is wrong with its address in words that hold none of it (it may hold a password).

    `smtp://` demands STARTTLS, except to this machine; `?tls=none` goes without; `smtps://` is TLS from the start.
    """
    try:
        parts = urlsplit(text)
        number = parts.port
    except ValueError:
        return "The address of the mail server cannot be read; a password with special signs must be percent-encoded"
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        return "The address of the mail server must look like smtp://user:password@host:587"
    tls = _tls(parts)
    if tls is None:
        return "tls= of the mail server must be starttls or none; for TLS from the start write smtps://"
    return SmtpSettings(
        host=parts.hostname,
        port=number or (465 if tls == "implicit" else 587),
        tls=tls,
        user=unquote(parts.username or ""),
        password=Secret(unquote(parts.password or "")),
    )


def _tls(parts: SplitResult) -> str | None:
    query = parse_qs(parts.query, keep_blank_values=True)
    asked = query.pop("tls", [""])[-1]
    if query:
        return None
    if parts.scheme == "smtps":
        return "implicit" if asked in {"", "implicit"} else None
    if not asked:
        return "none" if is_loopback(parts.hostname or "") else "starttls"
    return asked if asked in {"starttls", "none"} else None


def is_loopback(host: str) -> bool:
    """Whether the host is this very machine, so that nothing travels in the open."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
