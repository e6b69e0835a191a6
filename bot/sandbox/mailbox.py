"""A mailbox that speaks SMTP on loopback: takes any mail, shows it, and goes wrong on demand.

Faults are named by the step they spoil: "greeting", "EHLO", "AUTH", "MAIL ana@a.example", "RCPT ben@b.example", "DATA",
"QUIT". A fault's `status` and `body` are the reply; `drop="before"` cuts before the mail is taken, "after" once it is
there but not confirmed; `hang` waits first.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from typing import AnyStr

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from bot.sandbox.faults import Fault, Faults

_MOST_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail as it arrived. `text` and `html` are decoded; headers by the names they were sent with."""

    sender: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    html: str
    headers: Mapping[str, str]
    at: datetime
    raw: bytes


class Mailbox:
    """An SMTP server in the running loop. With `tls` it offers STARTTLS, with `login` it asks for user and password."""

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        tls: ssl.SSLContext | None = None,
        login: tuple[str, str] | None = None,
        takes_utf8: bool = False,
        is_implicit_tls: bool = False,
    ) -> None:
        self.url = ""
        self.faults = Faults()
        self.messages: list[Mail] = []
        self.logins = 0
        self.is_waiting = False  #: a fault is making a client wait
        self._now = now
        self._tls = tls
        self._login = login
        self._takes_utf8 = takes_utf8
        self._is_implicit_tls = is_implicit_tls
        self._server: asyncio.Server | None = None
        self._conversations: set[_Conversation] = set()
        self._listeners: list[Callable[[], None]] = []

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen. `port` 0 takes a free one; `url` says which."""
        # the library logs each command with its addresses
        logging.getLogger("mail.log").setLevel(logging.ERROR)
        server = await asyncio.get_running_loop().create_server(
            self._conversation, host, port, ssl=self._tls if self._is_implicit_tls else None
        )
        self._server = server
        scheme, ending = ("smtps", "") if self._is_implicit_tls else ("smtp", "" if self._tls else "?tls=none")
        self.url = f"{scheme}://{host}:{server.sockets[0].getsockname()[1]}{ending}"

    async def stop(self) -> None:
        """Stop listening and cut every conversation. The mails stay."""
        if self._server is None:
            return
        self._server.close()
        conversations = list(self._conversations)
        for conversation in conversations:
            conversation.cut()
        tasks = [conversation.task for conversation in conversations if conversation.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Call `listener` whenever a mail has arrived."""
        self._listeners.append(listener)

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._conversations)

    @property
    def asks_for_login(self) -> bool:
        """Whether mail is taken only after a log-in."""
        return self._login is not None

    def take(self, envelope: Envelope) -> None:
        """Keep a mail that arrived."""
        raw = envelope.original_content or b""
        self.messages.append(_mail(envelope, raw, self._now()))
        for listener in self._listeners:
            listener()

    def allow(self, user: bytes, password: bytes) -> bool:
        """Whether these are the credentials it was made with; counts the log-ins that were right."""
        is_right = self._login is not None and (user.decode(), password.decode()) == self._login
        self.logins += is_right
        return is_right

    def joined(self, conversation: _Conversation) -> None:
        """A client has connected."""
        self._conversations.add(conversation)

    def left(self, conversation: _Conversation) -> None:
        """A client is gone."""
        self._conversations.discard(conversation)

    def _conversation(self) -> _Conversation:
        return _Conversation(
            self,
            tls=None if self._is_implicit_tls else self._tls,
            takes_utf8=self._takes_utf8,
        )


class _Conversation(SMTP):
    """One client's connection, with faults taken from the mailbox."""

    def __init__(self, mailbox: Mailbox, *, tls: ssl.SSLContext | None, takes_utf8: bool) -> None:
        self.mailbox = mailbox
        self._has_greeted = False
        super().__init__(
            _Steps(mailbox),
            hostname="mailbox.localhost",
            ident="SMTP",
            data_size_limit=_MOST_BYTES,
            enable_SMTPUTF8=takes_utf8,
            tls_context=tls,
            require_starttls=tls is not None,
            # a log-in is asked for at MAIL instead: the library warns about AUTH without TLS, even on loopback
            auth_require_tls=tls is not None,
            authenticator=_authenticator(mailbox),
            loop=asyncio.get_running_loop(),
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client connects, or comes back inside TLS."""
        self.mailbox.joined(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """The client is gone."""
        self.mailbox.left(self)
        super().connection_lost(error)

    @property
    def task(self) -> asyncio.Task[None] | None:
        """Where the conversation runs."""
        return self._handler_coroutine

    def cut(self) -> None:
        """Close without a word."""
        # after a failed handshake only the plain connection under TLS can still be closed
        for transport in (self.transport, self._original_transport):
            if isinstance(transport, asyncio.WriteTransport):
                transport.abort()

    async def push(self, status: AnyStr) -> None:
        """Reply; the first reply of all is the greeting, which a fault may replace."""
        if self._has_greeted:
            await super().push(status)
            return
        self._has_greeted = True
        reply = await spoilt(self, "greeting", self.mailbox.faults)
        if reply:
            await super().push(reply)
        else:
            await super().push(status)


class _Steps:
    """What aiosmtpd calls at each step of a mail; each returns the reply. The arguments are the library's."""

    # ruff: noqa: ARG002

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's naming
        self, server: _Conversation, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        reply = await spoilt(server, "EHLO", self._mailbox.faults)
        if reply:
            return [reply]
        return [line for line in responses if self._mailbox.asks_for_login or not line.startswith("250-AUTH")]

    async def handle_MAIL(  # noqa: N802
        self, server: _Conversation, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if reply := await spoilt(server, f"MAIL {address}", self._mailbox.faults):
            return reply
        if self._mailbox.asks_for_login and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: _Conversation, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if reply := await spoilt(server, f"RCPT {address}", self._mailbox.faults):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_QUIT(self, server: _Conversation, session: Session, envelope: Envelope) -> str:  # noqa: N802
        return await spoilt(server, "QUIT", self._mailbox.faults) or "221 2.0.0 Bye"

    async def handle_DATA(self, server: _Conversation, session: Session, envelope: Envelope) -> str:  # noqa: N802
        fault = self._mailbox.faults.take("DATA")
        if fault is None or not (fault.is_answer or fault.drop == "before"):
            self._mailbox.take(envelope)
        return await _applied(server, fault) or "250 2.0.0 OK: taken"


async def spoilt(conversation: _Conversation, step: str, faults: Faults) -> str:
    """The reply that a waiting fault puts in place of the usual one, "" = none."""
    return await _applied(conversation, faults.take(step))


async def _applied(conversation: _Conversation, fault: Fault | None) -> str:
    if fault is None:
        return ""
    if fault.hang is not None:
        conversation.mailbox.is_waiting = True
        try:
            await asyncio.sleep(fault.hang)
        finally:
            conversation.mailbox.is_waiting = False
    if fault.drop is not None:
        conversation.cut()
    if not fault.is_answer:
        return ""
    return f"{fault.status or 451} {(fault.body or b'refused on demand').decode('ascii', 'replace')}"


def _authenticator(
    mailbox: Mailbox,
) -> Callable[[SMTP, Session, Envelope, str, LoginPassword], AuthResult]:
    def authenticate(
        _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: LoginPassword
    ) -> AuthResult:
        fault = mailbox.faults.take("AUTH")
        if fault is not None:
            words = (fault.body or b"refused on demand").decode("ascii", "replace")
            return AuthResult(success=False, handled=False, message=f"{fault.status or 535} {words}")
        return AuthResult(success=mailbox.allow(given.login, given.password), handled=False, auth_data=given)

    return authenticate


def _mail(envelope: Envelope, raw: bytes, at: datetime) -> Mail:
    message = message_from_bytes(raw, policy=modern)
    return Mail(
        sender=envelope.mail_from or "",
        recipients=tuple(envelope.rcpt_tos),
        subject=str(message["Subject"] or ""),
        text=_part(message, "plain"),
        html=_part(message, "html"),
        headers={name: str(value) for name, value in message.items()},
        at=at,
        raw=raw,
    )


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    if part is None:
        return ""
    content = part.get_content()
    return content.replace("\r\n", "\n") if isinstance(content, str) else ""
