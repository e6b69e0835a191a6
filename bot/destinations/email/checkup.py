"""How the way to the mail server stands: name, connection, encryption, log-in, sender, admin. No mail is sent.

The conversation ends before DATA: RFC 5321 lets a client take back what it began with RSET.
https://www.rfc-editor.org/rfc/rfc5321#section-4.1.1.5
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import aiosmtplib
from aiosmtplib import SMTPException

from bot.config.model import Config, EmailSettings, SmtpSettings
from bot.core.area import Area
from bot.core.errors import TemporaryError, UpstreamError
from bot.core.findings import Finding, Verdict
from bot.destinations.email.errors import Stage, classify

_AREA = Area("mail")

SERVER, ENCRYPTION, LOG_IN, SENDER, ADMIN = "server", "encryption", "log-in", "sender", "admin"

_CHECK_SMTP = "Check the host and the port in email.smtp (SMTP_URL), and any firewall on the way."
_CHECK_TLS = "Check ?tls= in email.smtp (SMTP_URL): starttls is usual on port 587, smtps:// on 465."
_CHECK_LOG_IN = "Check the user and the password in email.smtp (SMTP_URL)."
_CHECK_FROM = "Check email.from in the rule file, and that this mail account may send with it."
_CHECK_ADMIN = "Check email.admin in the rule file, and that this mail account may send to it."
_LATER = "Try again in some minutes; if it stays so, ask whoever runs the mail server."

#: aiosmtplib would ask DNS for our own full name; any name will do for a conversation that sends nothing.
_OWN_NAME = "localhost"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailCheckup:
    """Talks to the mail server as far as a mail would, without one."""

    config: Config
    trust: ssl.SSLContext | None = None  #: who vouches for the server's certificate; None = the system's authorities
    deadline: timedelta = timedelta(seconds=5)  #: of each step

    async def findings(self) -> AsyncIterator[Finding]:
        """Everything there is to say. Raises nothing for what the server does."""
        email = self.config.email
        if email is None or email.smtp is None:
            yield self._no_server()
            return
        async for finding in self._conversation(email, email.smtp):
            yield finding
        if not email.admin:
            yield self._no_admin()

    def _no_server(self) -> Finding:
        mails = any(rule.then.email for rule in self.config.rules)
        if mails:
            return _AREA.failed(SERVER, "A rule sends mail, but no mail server is set.", "Set SMTP_URL.")
        return _AREA.skipped(SERVER, "No mail server is set, and no rule sends mail.")

    def _no_admin(self) -> Finding:
        slack = self.config.slack
        if slack is not None and slack.admin_channel:
            said = "Nobody is told when Slack itself is in trouble."
            return _AREA.warning(ADMIN, said, "Name a mailbox: email.admin in the rule file.")
        return _AREA.warning(ADMIN, "The bot can tell nobody of its own trouble.", "Set email.admin in the rule file.")

    async def _conversation(self, email: EmailSettings, smtp: SmtpSettings) -> AsyncIterator[Finding]:
        client = aiosmtplib.SMTP(
            hostname=smtp.host,
            port=smtp.port,
            use_tls=smtp.tls == "implicit",
            start_tls=False,  # asked for below, so that what fails has a name
            tls_context=self.trust,
            local_hostname=_OWN_NAME,
            timeout=self.deadline.total_seconds(),
        )
        steps: tuple[tuple[str, Callable[[], Awaitable[Finding]]], ...] = (
            (SERVER, lambda: self._connect(client, smtp)),
            (ENCRYPTION, lambda: self._encrypt(client, smtp)),
            (LOG_IN, lambda: self._log_in(client, smtp)),
            (SENDER, lambda: self._sender(client, email)),
            *([(ADMIN, lambda: self._admin(client, email))] if email.admin else []),
        )
        blocked_by = ""
        try:
            for name, step in steps:
                if not blocked_by:
                    finding = await step()
                    yield finding
                    blocked_by = finding.name if finding.verdict is Verdict.FAILED else ""
                elif name != blocked_by:
                    yield _AREA.skipped(name, f"The {blocked_by} comes first.")
            await _take_back(client)
        finally:
            client.close()

    async def _connect(self, client: aiosmtplib.SMTP, smtp: SmtpSettings) -> Finding:
        place = f"{smtp.host}, port {smtp.port}"
        try:
            async with asyncio.timeout(self.deadline.total_seconds()):
                await asyncio.get_running_loop().getaddrinfo(smtp.host, smtp.port, type=socket.SOCK_STREAM)
        except TimeoutError:
            return _AREA.failed(SERVER, f"DNS did not answer in time where {smtp.host} is.", _CHECK_SMTP)
        except (OSError, UnicodeError):
            return _AREA.failed(SERVER, f"There is no {smtp.host} in DNS.", _CHECK_SMTP)
        error = await _outcome(client.connect(), Stage.CONNECT)
        if error is None:
            return _AREA.ok(SERVER, f"{place} answers.")
        if error.code == "tls":
            return _AREA.failed_by(ENCRYPTION, error, _CHECK_TLS)
        if error.code in {"timeout", "unreachable"}:
            return _AREA.failed(SERVER, f"Nobody answers at {place}.", error.advice or _CHECK_SMTP)
        return _AREA.failed_by(SERVER, error, _LATER)

    async def _encrypt(self, client: aiosmtplib.SMTP, smtp: SmtpSettings) -> Finding:
        if smtp.tls == "none":
            return _AREA.ok(ENCRYPTION, "None, as email.smtp says.")
        if smtp.tls == "implicit":
            return _AREA.ok(ENCRYPTION, "TLS from the first byte, and the certificate is trusted.")
        error = await _outcome(client.starttls(), Stage.CONNECT)
        if error is None:
            return _AREA.ok(ENCRYPTION, "STARTTLS, and the certificate is trusted.")
        if error.code == "not_offered":
            said = "The mail server does not offer STARTTLS, and nothing is sent in clear."
            return _AREA.failed(ENCRYPTION, said, _CHECK_TLS)
        return _AREA.failed_by(ENCRYPTION, error, _CHECK_TLS)

    async def _log_in(self, client: aiosmtplib.SMTP, smtp: SmtpSettings) -> Finding:
        if not smtp.user:
            return _AREA.ok(LOG_IN, "None is set up.")
        error = await _outcome(client.login(smtp.user, smtp.password.reveal()), Stage.CONNECT)
        if error is None:
            return _AREA.ok(LOG_IN, "The user and the password are accepted.")
        if error.code == "not_offered":
            advice = "Remove the user from email.smtp (SMTP_URL), or use the server's port for mail programs (587)."
            return _AREA.failed(LOG_IN, "The mail server takes no log-in.", advice)
        return _AREA.failed_by(LOG_IN, error, _CHECK_LOG_IN)

    async def _sender(self, client: aiosmtplib.SMTP, email: EmailSettings) -> Finding:
        error = await _outcome(client.mail(email.sender_address), Stage.SENDER)
        if error is None:
            return _AREA.ok(SENDER, f"The server takes mail from {email.sender_address}.")
        if isinstance(error, TemporaryError):
            return _AREA.warning(SENDER, f"The server does not take mail now ({error.code}).", _LATER)
        if error.code.startswith("530"):
            said = "The mail server wants a log-in, and none is set up."
            return _AREA.failed(SENDER, said, "Write the user and the password into email.smtp (SMTP_URL).")
        return _AREA.failed_by(SENDER, error, _CHECK_FROM)

    async def _admin(self, client: aiosmtplib.SMTP, email: EmailSettings) -> Finding:
        error = await _outcome(client.rcpt(email.admin), Stage.RECIPIENT)
        if error is None:
            return _AREA.ok(ADMIN, f"The server takes mail to {email.admin}.")
        if isinstance(error, TemporaryError):
            said = f"The server wants mail to {email.admin} to come again later ({error.code})."
            return _AREA.warning(ADMIN, said, _LATER)
        return _AREA.failed_by(ADMIN, error, _CHECK_ADMIN)


async def _take_back(client: aiosmtplib.SMTP) -> None:
    """RSET and QUIT; whatever happens here, nothing was sent."""
    with contextlib.suppress(SMTPException, OSError):
        async with asyncio.timeout(1):
            await client.rset()
            await client.quit()


async def _outcome(step: Awaitable[object], stage: Stage) -> UpstreamError | None:
    """None when the step went well, else what its failure means."""
    try:
        await step
    except (SMTPException, OSError, ValueError) as error:  # OSError: sockets, TLS and every timeout
        return classify(error, stage)
    return None
