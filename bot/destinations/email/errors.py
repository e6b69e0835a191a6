"""What a failed SMTP conversation means: a pure table from the client's exception and the stage to our errors.

Reply codes: https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1, enhanced codes: https://www.rfc-editor.org/rfc/rfc3463.
A server's own words are never passed on: they may quote an address.
"""

from __future__ import annotations

import re
import ssl
from datetime import timedelta
from enum import StrEnum

from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPConnectTimeoutError,
    SMTPException,
    SMTPNotSupported,
    SMTPResponseException,
)

from bot.core.errors import AmbiguousError, OutageError, PermanentError, TemporaryError, UpstreamError


class Stage(StrEnum):
    """How far the conversation had come."""

    CONNECT = "connect"  #: greeting, TLS, log-in
    SENDER = "sender"  #: MAIL FROM
    RECIPIENT = "recipient"  #: RCPT TO
    CONTENT = "content"  #: DATA: from here on the server may have the mail although we were not told


#: Greylisting servers want to see a second attempt, but not at once.
GREYLIST_WAIT = timedelta(minutes=5)
_FULL_MAILBOX_WAIT = timedelta(minutes=30)
_ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")

_CHECK_SMTP = "Check the address, the user and the password in email.smtp (SMTP_URL)."
_CHECK_TLS = "Check ?tls= in email.smtp (SMTP_URL): starttls is usual on port 587, smtps:// on 465."
_CHECK_FROM = "Check email.from in the rule file, and that this mail account may send with it."


def classify(error: BaseException, stage: Stage) -> UpstreamError:
    """What `error`, raised at `stage` of one mail to one recipient, means for the delivery."""
    if isinstance(error, SMTPResponseException):
        return _refused(error, stage)
    if isinstance(error, ssl.SSLError) or "SSL" in str(error):
        return OutageError("the mail server's encryption cannot be trusted", code="tls", advice=_CHECK_TLS)
    if isinstance(error, SMTPNotSupported):
        return PermanentError(
            "the mail server cannot send to an address with such letters",
            code="smtputf8",
            advice="Use a plain address.",
        )
    if isinstance(error, TimeoutError | OSError):  # SMTPServerDisconnected and SMTPConnectError are OSErrors too
        return _lost(error, stage)
    if isinstance(error, SMTPException):
        # without a code: the server does not offer what we were told to use, STARTTLS or AUTH
        return OutageError(
            "the mail server does not offer the encryption or log-in that is set up",
            code="not_offered",
            advice=_CHECK_TLS,
        )
    if isinstance(error, ValueError | UnicodeError):
        return PermanentError("that address cannot be used for mail", code="bad_address")
    return TemporaryError(f"the mail could not be sent ({type(error).__name__})", code="unexpected")


def _lost(error: BaseException, stage: Stage) -> UpstreamError:
    if stage is Stage.CONTENT:
        return AmbiguousError("the mail server fell silent before it confirmed the mail", code="lost")
    if isinstance(error, SMTPConnectTimeoutError):
        return TemporaryError("the mail server did not answer in time", code="timeout", advice=_CHECK_TLS)
    if isinstance(error, TimeoutError):
        return TemporaryError("the mail server did not answer in time", code="timeout")
    return TemporaryError("the mail server could not be reached", code="unreachable", advice=_CHECK_SMTP)


def _refused(error: SMTPResponseException, stage: Stage) -> UpstreamError:
    code, enhanced = error.code, _enhanced(error)
    told = f"{code} {enhanced}".strip()
    if code < 400:  # -1 and the like: not an answer of SMTP
        return AmbiguousError("the mail server gave no sense", code=told) if stage is Stage.CONTENT else _odd(told)
    if code < 500:
        return _temporary(told, enhanced, stage, code)
    if isinstance(error, SMTPAuthenticationError) or code in {530, 534, 535, 538}:
        return OutageError("the mail server refused our log-in", code=told, advice=_CHECK_SMTP)
    if stage is Stage.CONNECT:
        return OutageError("the mail server refused to talk to us", code=told, advice=_CHECK_SMTP)
    if stage is Stage.SENDER and code != 552 and enhanced != "5.3.4":  # 552: this one mail is too big
        return OutageError("the mail server refused our sender address", code=told, advice=_CHECK_FROM)
    return _permanent(told, enhanced, stage)


def _temporary(told: str, enhanced: str, stage: Stage, code: int) -> TemporaryError:
    if stage is Stage.CONNECT or code == 421:
        return TemporaryError("the mail server is busy", code=told)
    if enhanced == "4.2.2":
        return TemporaryError("the mailbox is full", code=told, retry_after=_FULL_MAILBOX_WAIT)
    return TemporaryError("the mail server asked us to try later", code=told, retry_after=_wait(code))


def _wait(code: int) -> timedelta | None:
    return GREYLIST_WAIT if code in {450, 451} else None


def _permanent(told: str, enhanced: str, stage: Stage) -> PermanentError:
    if enhanced == "5.2.2":
        return PermanentError("the mailbox is full", code=told, advice="Ask its owner to make room, then redeliver.")
    if enhanced.startswith("5.7"):
        return PermanentError(
            "the mail server's rules refused the mail",
            code=told,
            advice="Ask whoever runs the mail server to let mail from email.from through.",
        )
    if stage is Stage.RECIPIENT:
        return PermanentError(
            "the mail server does not know this mailbox", code=told, advice="Correct the address in the rule file."
        )
    return PermanentError("the mail server refused the mail", code=told)


def _odd(told: str) -> TemporaryError:
    return TemporaryError("the mail server gave no sense", code=told)


def _enhanced(error: SMTPResponseException) -> str:
    found = _ENHANCED.search(str(error.message))
    return found.group(1) if found else ""
