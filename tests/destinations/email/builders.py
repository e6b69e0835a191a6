"""A mail destination, its mailbox, and certificates, for the tests of mail."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from bot.config.model import EmailSettings, Secret, SmtpSettings
from bot.core.delivery import DeliveryKind, Reminder
from bot.core.ids import DeliveryId
from bot.core.story import LeadView
from bot.destinations.email import EmailDestination
from bot.ports import Job
from bot.rendering import MailText
from bot.sandbox.mailbox import Mailbox

NOW = datetime(2026, 11, 5, 10, 0, 0, tzinfo=UTC)
WORDS = MailText(subject="New lead: Ana Silva", text="Ana Silva\n", html="<p>Ana Silva</p>")


class FixedWords:
    """The same words for every lead."""

    def __init__(self, words: MailText = WORDS) -> None:
        self.asked: list[tuple[str, LeadView]] = []
        self._words = words

    def email(self, template: str, view: LeadView) -> MailText:
        self.asked.append((template, view))
        return self._words

    def reminder(self, reminder: Reminder, view: LeadView, recipient: str) -> MailText:
        return MailText(subject=f"{reminder.value} {recipient}", text=f"{view.id}\n", html="")


def a_job(view: LeadView | None = None, **changes: object) -> Job:
    """A notice to Ben, or an alert when there is a view."""
    job = Job(
        delivery=DeliveryId("d1jrd5kz9hq2m8x"),
        kind=DeliveryKind.ALERT if view else DeliveryKind.NOTICE,
        address="ben@example.com",
        lead=view,
        text="Something needs you\nMore about it.",
    )
    return replace(job, **changes)  # type: ignore[arg-type] # the caller names fields of Job


def destination(
    url: str,
    *,
    words: FixedWords | None = None,
    deadline: float = 5.0,
    trust: ssl.SSLContext | None = None,
    tls: str = "",
) -> EmailDestination:
    """A destination that sends to the server at `url`; `tls` overrides what the address says."""
    parts = urlsplit(url)
    mode = {"smtps": "implicit"}.get(parts.scheme, "none" if "tls=none" in parts.query else "starttls")
    smtp = SmtpSettings(
        host=parts.hostname or "",
        port=parts.port or 0,
        tls=tls or mode,
        user=parts.username or "",
        password=Secret(parts.password or ""),
    )
    settings = EmailSettings(smtp=smtp, sender_name="Lead alerts", sender_address="alerts@example.com", admin="")
    return EmailDestination(settings, words=words or FixedWords(), now=lambda: NOW, trust=trust, deadline=deadline)


@asynccontextmanager
async def running(mailbox: Mailbox) -> AsyncIterator[Mailbox]:
    """The mailbox, started and stopped again."""
    await mailbox.start()
    try:
        yield mailbox
    finally:
        await mailbox.stop()


def a_mailbox() -> AbstractAsyncContextManager[Mailbox]:
    """A plain mailbox."""
    return running(Mailbox(now=lambda: NOW))


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate for 127.0.0.1 that vouches for itself."""

    path: Path

    def server(self) -> ssl.SSLContext:
        """For a server that shows it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path)
        return context

    def client(self) -> ssl.SSLContext:
        """For a client that trusts it."""
        return ssl.create_default_context(cafile=str(self.path))


def make_certificate(folder: Path) -> Certificate:
    """A fresh one, in `folder`."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        [
            *("/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
        timeout=30,
    )
    both = folder / "both.pem"
    both.write_bytes(certificate.read_bytes() + key.read_bytes())
    return Certificate(both)


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for a condition, at most five seconds."""
    async with asyncio.timeout(5):
        while not is_so():
            await asyncio.sleep(0.001)
