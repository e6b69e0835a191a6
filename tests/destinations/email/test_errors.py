"""What each end of an SMTP conversation means (a table)."""

from __future__ import annotations

import ssl
from datetime import timedelta

import aiosmtplib
import pytest

from bot.core.errors import AmbiguousError, OutageError, PermanentError, TemporaryError, UpstreamError
from bot.destinations.email.errors import Stage, classify

C, S, R, D = Stage.CONNECT, Stage.SENDER, Stage.RECIPIENT, Stage.CONTENT
GREY, FULL = timedelta(minutes=5), timedelta(minutes=30)


def _rcpt(code: int, words: str = "") -> Exception:
    return aiosmtplib.SMTPRecipientRefused(code, words, "ben@example.com")


def _sender(code: int, words: str = "") -> Exception:
    return aiosmtplib.SMTPSenderRefused(code, words, "alerts@example.com")


TABLE: list[tuple[Exception, Stage, type[UpstreamError], str, timedelta | None]] = [
    (aiosmtplib.errors.SMTPConnectResponseError(421, "4.3.2 busy"), C, TemporaryError, "421 4.3.2", None),
    (aiosmtplib.errors.SMTPConnectResponseError(554, "no"), C, OutageError, "554", None),
    (aiosmtplib.SMTPConnectError("refused"), C, TemporaryError, "unreachable", None),
    (ConnectionRefusedError("refused"), C, TemporaryError, "unreachable", None),
    (aiosmtplib.SMTPConnectTimeoutError("slow"), C, TemporaryError, "timeout", None),
    (aiosmtplib.SMTPReadTimeoutError("slow"), C, TemporaryError, "timeout", None),
    (aiosmtplib.SMTPHeloError(501, "no"), C, OutageError, "501", None),
    (aiosmtplib.SMTPAuthenticationError(535, "5.7.8 no"), C, OutageError, "535 5.7.8", None),
    (aiosmtplib.SMTPAuthenticationError(454, "4.7.0 later"), C, TemporaryError, "454 4.7.0", None),
    (aiosmtplib.SMTPException("The SMTP AUTH extension is not supported"), C, OutageError, "not_offered", None),
    (aiosmtplib.SMTPException("SMTP STARTTLS extension not supported"), C, OutageError, "not_offered", None),
    (ssl.SSLCertVerificationError("self-signed"), C, OutageError, "tls", None),
    (aiosmtplib.SMTPConnectError("[SSL: WRONG_VERSION_NUMBER]"), C, OutageError, "tls", None),
    (aiosmtplib.SMTPServerDisconnected("lost"), C, TemporaryError, "unreachable", None),
    (_sender(421), S, TemporaryError, "421", None),
    (_sender(451, "4.7.1"), S, TemporaryError, "451 4.7.1", GREY),
    (_sender(530, "5.7.0 log in"), S, OutageError, "530 5.7.0", None),
    (_sender(553, "5.7.1 not yours"), S, OutageError, "553 5.7.1", None),
    (_sender(550), S, OutageError, "550", None),
    (_sender(552, "5.3.4 too big"), S, PermanentError, "552 5.3.4", None),
    (aiosmtplib.SMTPServerDisconnected("lost"), S, TemporaryError, "unreachable", None),
    (aiosmtplib.SMTPNotSupported("SMTPUTF8"), S, PermanentError, "smtputf8", None),
    (ValueError("control character"), R, PermanentError, "bad_address", None),
    (_rcpt(450, "4.2.0"), R, TemporaryError, "450 4.2.0", GREY),
    (_rcpt(451, "4.7.1 greylisted"), R, TemporaryError, "451 4.7.1", GREY),
    (_rcpt(452, "4.2.2 full"), R, TemporaryError, "452 4.2.2", FULL),
    (_rcpt(452, "too many"), R, TemporaryError, "452", None),
    (_rcpt(421), R, TemporaryError, "421", None),
    (_rcpt(550, "5.1.1 unknown"), R, PermanentError, "550 5.1.1", None),
    (_rcpt(550, "5.1.2"), R, PermanentError, "550 5.1.2", None),
    (_rcpt(556, "5.1.10"), R, PermanentError, "556 5.1.10", None),
    (_rcpt(550, "unknown"), R, PermanentError, "550", None),
    (_rcpt(552, "5.2.2 full"), R, PermanentError, "552 5.2.2", None),
    (_rcpt(554, "5.7.1 relay"), R, PermanentError, "554 5.7.1", None),
    (_rcpt(530, "log in"), R, OutageError, "530", None),
    (TimeoutError(), R, TemporaryError, "timeout", None),
    (aiosmtplib.SMTPServerDisconnected("lost"), R, TemporaryError, "unreachable", None),
    (aiosmtplib.SMTPDataError(451, "4.3.0"), D, TemporaryError, "451 4.3.0", GREY),
    (aiosmtplib.SMTPDataError(421, ""), D, TemporaryError, "421", None),
    (aiosmtplib.SMTPDataError(554, "5.7.1 spam"), D, PermanentError, "554 5.7.1", None),
    (aiosmtplib.SMTPDataError(552, ""), D, PermanentError, "552", None),
    (aiosmtplib.errors.SMTPResponseException(-1, "junk"), D, AmbiguousError, "-1", None),
    (aiosmtplib.errors.SMTPResponseException(-1, "junk"), R, TemporaryError, "-1", None),
    (aiosmtplib.SMTPServerDisconnected("Unexpected EOF received"), D, AmbiguousError, "lost", None),
    (aiosmtplib.SMTPReadTimeoutError("slow"), D, AmbiguousError, "lost", None),
    (TimeoutError(), D, AmbiguousError, "lost", None),
    (ConnectionResetError(), D, AmbiguousError, "lost", None),
]


@pytest.mark.parametrize(("error", "stage", "kind", "code", "wait"), TABLE, ids=range(len(TABLE)))
def test_each_end_of_a_conversation_has_its_meaning(
    error: Exception, stage: Stage, kind: type[UpstreamError], code: str, wait: timedelta | None
) -> None:
    meant = classify(error, stage)

    assert type(meant) is kind
    assert meant.code == code
    assert getattr(meant, "retry_after", None) == wait


@pytest.mark.parametrize("stage", list(Stage))
def test_what_a_server_said_is_never_passed_on(stage: Stage) -> None:
    told = classify(_rcpt(550, "5.1.1 <ben@example.com>: user secret-name unknown"), stage)

    assert "ben" not in f"{told} {told.code} {told.advice}"
    assert "secret" not in f"{told} {told.code} {told.advice}"


@pytest.mark.parametrize(("error", "stage", "kind", "code", "wait"), TABLE, ids=range(len(TABLE)))
def test_an_outage_says_what_to_do(
    error: Exception, stage: Stage, kind: type[UpstreamError], code: str, wait: timedelta | None
) -> None:
    if kind is OutageError:
        assert classify(error, stage).advice.startswith("Check ")
