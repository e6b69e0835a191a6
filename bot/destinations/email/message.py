"""A mail as RFC 5322 wants it, built from ready words. Pure; a retry carries the same Message-ID and Date."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8

import idna

from bot.core.errors import PermanentError
from bot.core.ids import DeliveryId
from bot.core.mrkdwn import clean, cut
from bot.rendering import MailText

# 7bit: bodies go quoted-printable or base64, so the server need not offer 8BITMIME
_PLAIN, _WITH_UTF8 = SMTP.clone(cte_type="7bit"), SMTPUTF8.clone(cte_type="7bit")
_MAX_SUBJECT = 150
_MAX_NAME = 70
#: A longer Message-ID would be encoded when it is referred to, and the thread would break.
_MAX_MESSAGE_ID = 70
_LONGEST_ADDRESS = 254
_DOMAIN = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One mail with its envelope."""

    message: EmailMessage
    sender: str
    recipient: str
    needs_utf8: bool  #: the part before an @ is not ASCII, so the server must offer SMTPUTF8

    @property
    def message_id(self) -> str:
        """The stable `<…>` of this delivery."""
        return str(self.message["Message-ID"])

    def as_bytes(self) -> bytes:
        """What goes over the wire after DATA, lines ended by CR LF."""
        return self.message.as_bytes(policy=_WITH_UTF8 if self.needs_utf8 else _PLAIN)


def build_letter(
    *,
    delivery: DeliveryId,
    sender_name: str,
    sender_address: str,
    recipient: str,
    words: MailText,
    sent_at: datetime,
    is_plain: bool = False,
) -> Letter:
    """The mail of one delivery. The same arguments give the same Message-ID and Date, so a repeat can be seen as one.

    `words.subject` may hold anything; `is_plain` leaves the HTML out. Raises PermanentError for a wrong address.
    """
    sender, target = read_address(sender_address, sender_name), read_address(recipient)
    message = EmailMessage(policy=_PLAIN)
    message["From"] = sender
    message["To"] = target
    message["Subject"] = _header_text(words.subject, _MAX_SUBJECT) or "New lead"
    message["Date"] = sent_at
    message["Message-ID"] = message_id(delivery, sender.domain)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office reply, please
    message["X-Auto-Response-Suppress"] = "All"  # the same for Exchange
    message.set_content(_sendable(words.text))
    if words.html and not is_plain:
        message.add_alternative(_sendable(words.html), subtype="html")
    addresses = sender.addr_spec, target.addr_spec
    return Letter(
        message=message,
        sender=addresses[0],
        recipient=addresses[1],
        needs_utf8=not all(address.isascii() for address in addresses),
    )


def message_id(delivery: DeliveryId, domain: str) -> str:
    """`<lead.{delivery}@{domain}>`, at most 70 characters; a domain too long for that loses its first labels."""
    local = f"<lead.{delivery}@"
    while len(local) + len(domain) + 1 > _MAX_MESSAGE_ID and "." in domain:
        domain = domain.partition(".")[2]
    return f"{local}{domain}>"


def read_address(address: str, display_name: str = "") -> Address:
    """One mailbox, its domain as A-labels (SMTP libraries do not convert it). Raises PermanentError."""
    local, at, domain = address.strip().rpartition("@")
    if not at or not local or len(address) > _LONGEST_ADDRESS or any(_is_unfit(character) for character in address):
        raise _no_address()
    try:
        return Address(_header_text(display_name, _MAX_NAME), local, _a_labels(domain))
    except (ValueError, UnicodeError) as error:
        raise _no_address() from error


def _no_address() -> PermanentError:
    advice = "Correct the address in the rule file."
    return PermanentError("that is not a mail address", code="bad_address", advice=advice)


def _a_labels(domain: str) -> str:
    """The domain as DNS writes it. Raises ValueError (idna's error is one) when it is none."""
    written = domain.lower() if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")
    if not _DOMAIN.fullmatch(written):
        raise ValueError("no domain")
    return written


def _is_unfit(character: str) -> bool:
    return character.isspace() or not character.isprintable() or character in '<>()[]\\,;:"'


def _header_text(text: str, limit: int) -> str:
    # EmailMessage decodes what looks like an RFC 2047 word and would write the line break inside it as one
    return cut(clean(text).replace("=?", "= ?"), limit)


def _sendable(text: str) -> str:
    """Without halves of surrogate pairs, which no encoding can carry, and without NUL."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")
