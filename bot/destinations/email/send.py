"""Mail as a destination: words from the templates, one connection and one recipient per mail, every end told apart."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import aiosmtplib
from aiosmtplib import SMTPException, SMTPNotSupported

from bot.config.model import EmailSettings, SmtpSettings
from bot.core.delivery import DeliveryKind, Receipt, Reminder
from bot.core.errors import Forbidden, OutageError, PermanentError
from bot.core.story import LeadView
from bot.destinations.email.errors import Stage, classify
from bot.destinations.email.message import Letter, build_letter
from bot.ports import Job
from bot.rendering import MailText

_DEADLINE = 18.0  #: seconds for one mail, connection included
_GOODBYE = 1.0  #: seconds for QUIT, whose outcome changes nothing
_REMINDERS = frozenset(reminder.value for reminder in Reminder)


class MailWords(Protocol):
    """Who words a mail: the templates."""

    def email(self, template: str, view: LeadView) -> MailText:
        """Subject, text and HTML. Never raises: falls back to built-in words by itself."""
        ...

    def reminder(self, reminder: Reminder, view: LeadView, recipient: str) -> MailText:
        """A short mail to `recipient` (a name under `people:`), text alone. Never raises."""
        ...


class EmailDestination:
    """Sends over SMTP. A mail cannot be looked up or edited, so it goes at least once, with a stable Message-ID."""

    name = "email"

    def __init__(
        self,
        settings: EmailSettings,
        *,
        words: MailWords,
        now: Callable[[], datetime],
        trust: ssl.SSLContext | None = None,
        deadline: float = _DEADLINE,
    ) -> None:
        """`trust` is who vouches for the server's certificate; None = the system's authorities."""
        self._settings = settings
        self._words = words
        self._now = now
        self._trust = trust
        self._deadline = deadline

    async def send(self, job: Job) -> Receipt:
        """Deliver once; see bot.ports.Destination. ALERT, REMINDER and NOTICE only."""
        smtp = self._settings.smtp
        if smtp is None:
            raise OutageError("no mail server is set up", code="no_smtp", advice="Set email.smtp (SMTP_URL).")
        letter = build_letter(
            delivery=job.delivery,
            sender_name=self._settings.sender_name,
            sender_address=self._settings.sender_address,
            recipient=job.address,
            words=self._written(job),
            sent_at=job.first_tried_at or self._now(),
            is_plain=job.is_plain,
        )
        await self._hand_over(letter, smtp)
        return Receipt(address=letter.recipient, message=letter.message_id, is_plain=job.is_plain)

    async def look_up(self, job: Job) -> Receipt | None:  # noqa: ARG002 - the port's signature
        """Always raises Forbidden: nobody can look into somebody's mailbox."""
        raise Forbidden("a mailbox cannot be asked", code="no_look_up")

    async def edit(self, job: Job, receipt: Receipt) -> None:
        """Nothing: a mail that is out stays as it is."""

    def _written(self, job: Job) -> MailText:
        if job.kind is DeliveryKind.ALERT and job.lead is not None:
            return self._words.email(job.lead.template, job.lead)
        if job.kind is DeliveryKind.REMINDER and job.lead is not None and job.text in _REMINDERS:
            return self._words.reminder(Reminder(job.text), job.lead, job.person)
        if job.kind is DeliveryKind.NOTICE:
            subject = job.text.strip().partition("\n")[0]
            return MailText(subject=f"Leadbell: {subject}", text=job.text.strip() + "\n", html="")
        raise PermanentError(f"a mail cannot carry this kind of message ({job.kind.value})", code="kind")

    async def _hand_over(self, letter: Letter, smtp: SmtpSettings) -> None:
        client, stage = self._client(smtp), Stage.CONNECT
        try:
            async with asyncio.timeout(self._deadline):
                await client.connect()
                stage = Stage.SENDER
                encoding = "utf-8" if letter.needs_utf8 else "ascii"
                await client.mail(letter.sender, options=await _options(client, letter), encoding=encoding)
                stage = Stage.RECIPIENT
                await client.rcpt(letter.recipient, encoding=encoding)
                stage = Stage.CONTENT
                await client.data(letter.as_bytes())
            await _say_goodbye(client)
        except (SMTPException, OSError, ValueError) as error:  # OSError: sockets, TLS and every timeout
            raise classify(error, stage) from error
        finally:
            client.close()

    def _client(self, smtp: SmtpSettings) -> aiosmtplib.SMTP:
        # start_tls is told explicitly: left to itself the client would go on in clear when STARTTLS is stripped
        return aiosmtplib.SMTP(
            hostname=smtp.host,
            port=smtp.port,
            username=smtp.user or None,
            password=smtp.password.reveal() if smtp.user else None,
            use_tls=smtp.tls == "implicit",
            start_tls=smtp.tls == "starttls",
            tls_context=self._trust,
            local_hostname=_own_name(),
            timeout=self._deadline,
        )


def _own_name() -> str:
    # getfqdn would ask DNS
    name = socket.gethostname()
    return name if name.isascii() and name.replace("-", "").replace(".", "").isalnum() else "localhost"


async def _options(client: aiosmtplib.SMTP, letter: Letter) -> list[str]:
    if not letter.needs_utf8:
        return []
    await client.ehlo()  # after STARTTLS what was offered before is void
    if not client.supports_extension("smtputf8"):
        raise SMTPNotSupported("SMTPUTF8")
    return ["SMTPUTF8"]


async def _say_goodbye(client: aiosmtplib.SMTP) -> None:
    """QUIT, if that is quick; the mail is already taken, so nothing that happens here matters."""
    with contextlib.suppress(SMTPException, OSError):
        async with asyncio.timeout(_GOODBYE):
            await client.quit()
