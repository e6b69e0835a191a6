"""Whether something a lead typed is an address that may become a link, and which link. Pure; refuses by saying ""."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from bot.core.mrkdwn import clean

_MAIL = re.compile(r"[\w.!#$%&'*+/=?^`{}~-]{1,64}@(?:[\w-]{1,63}\.)+[\w-]{2,63}")
_PHONE = re.compile(r"[+(]{0,2}[0-9][0-9 ()./-]{4,30}")
_URL_SAFE = "/:?#[]@!$&'()*+,;=%~-._"


def web_target(text: str) -> str:
    """The address for `href`: http and https only, percent-encoded, so that it ends no attribute; else ""."""
    address = clean(text)
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return ""
    if parts.scheme.lower() not in {"http", "https"} or not host or " " in address or "\\" in address:
        return ""
    return quote(address, safe=_URL_SAFE)


def mail_target(text: str) -> str:
    """`mailto:…` for what looks like exactly one mailbox; else ""."""
    address = clean(text)
    if len(address) > 254 or not _MAIL.fullmatch(address):
        return ""
    return "mailto:" + quote(address, safe="@._-+~")


def dial_target(text: str) -> str:
    """`tel:…` for what looks like a telephone number (5 to 15 digits); else ""."""
    number = clean(text)
    digits = re.sub(r"[^0-9]", "", number)
    if not _PHONE.fullmatch(number) or not 5 <= len(digits) <= 15:
        return ""
    return f"tel:{'+' if '+' in number[:2] else ''}{digits}"
