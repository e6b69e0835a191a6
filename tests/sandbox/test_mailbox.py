"""The stand-in mailbox speaks SMTP as a strict client expects it."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from email.message import EmailMessage

import aiosmtplib
import pytest

from bot.sandbox.faults import Fault
from bot.sandbox.mailbox import Mailbox

NOW = datetime(2026, 11, 5, 10, 0, 0, tzinfo=UTC)


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    box = Mailbox(now=lambda: NOW)
    await box.start()
    yield box
    await box.stop()


def _port(mailbox: Mailbox) -> int:
    return int(mailbox.url.partition("?")[0].rpartition(":")[2])


def _message(text: str = "Grüße\n") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@a.example", "b@b.example", "Grüße"
    message["X-Own"] = "kept"
    message.set_content(text)
    message.add_alternative("<p>Grüße</p>", subtype="html")
    return message


def test_the_address_says_that_there_is_no_tls() -> None:
    async def told() -> str:
        box = Mailbox(now=lambda: NOW)
        await box.start()
        await box.stop()
        return box.url

    url = asyncio.run(told())

    assert url.startswith("smtp://127.0.0.1:")
    assert url.endswith("?tls=none")


async def test_a_mail_is_kept_with_both_texts_and_its_headers(mailbox: Mailbox) -> None:
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=_port(mailbox), start_tls=False) as client:
        await client.send_message(_message())

    (mail,) = mailbox.messages
    assert (mail.sender, mail.recipients, mail.subject) == ("a@a.example", ("b@b.example",), "Grüße")
    assert (mail.text, mail.html, mail.at) == ("Grüße\n", "<p>Grüße</p>\n", NOW)
    assert mail.headers["X-Own"] == "kept"


async def test_the_standard_librarys_client_is_understood_too(mailbox: Mailbox) -> None:
    def send() -> dict[str, tuple[int, bytes]]:
        with smtplib.SMTP("127.0.0.1", _port(mailbox), timeout=5) as client:
            return client.send_message(_message())

    refused = await asyncio.to_thread(send)

    assert refused == {}
    assert len(mailbox.messages) == 1


async def test_whoever_subscribed_is_told_of_each_mail(mailbox: Mailbox) -> None:
    told: list[int] = []
    mailbox.subscribe(lambda: told.append(len(mailbox.messages)))

    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=_port(mailbox), start_tls=False) as client:
        await client.send_message(_message())
        await client.send_message(_message())

    assert told == [1, 2]


async def test_one_recipient_can_be_refused_while_others_are_served(mailbox: Mailbox) -> None:
    mailbox.faults.add(Fault("RCPT no@b.example", status=550, body=b"5.1.1 unknown"))

    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=_port(mailbox), start_tls=False) as client:
        refused, _ = await client.sendmail("a@a.example", ["no@b.example", "yes@b.example"], _message().as_bytes())

    assert refused["no@b.example"].code == 550
    assert mailbox.messages[0].recipients == ("yes@b.example",)


@pytest.mark.parametrize(
    ("fault", "error", "kept"),
    [
        (Fault("greeting", status=421), aiosmtplib.errors.SMTPConnectResponseError, 0),
        (Fault("RCPT", status=550), aiosmtplib.SMTPRecipientRefused, 0),
        (Fault("MAIL", status=451), aiosmtplib.SMTPSenderRefused, 0),
        (Fault("DATA", status=554, body=b"no"), aiosmtplib.SMTPDataError, 0),
        (Fault("DATA", drop="before"), aiosmtplib.SMTPServerDisconnected, 0),
        (Fault("DATA", drop="after"), aiosmtplib.SMTPServerDisconnected, 1),
    ],
    ids=range(6),
)
async def test_each_fault_is_what_a_client_sees(
    mailbox: Mailbox, fault: Fault, error: type[Exception], kept: int
) -> None:
    mailbox.faults.add(fault)
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=_port(mailbox), start_tls=False, timeout=5)

    async def hand_over() -> None:
        await client.connect()
        await client.mail("a@a.example")
        await client.rcpt("b@b.example")
        await client.data(_message().as_bytes())

    with pytest.raises(error):
        await hand_over()

    client.close()
    assert len(mailbox.messages) == kept


async def test_without_a_login_none_is_offered(mailbox: Mailbox) -> None:
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=_port(mailbox), start_tls=False) as client:
        await client.ehlo()

        assert client.server_auth_methods == []


async def test_stopping_cuts_whoever_waits() -> None:
    box = Mailbox(now=lambda: NOW)
    await box.start()
    box.faults.add(Fault("MAIL", hang=60))
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=_port(box), start_tls=False, timeout=10)
    await client.connect()
    waiting = asyncio.create_task(client.mail("a@a.example"))
    await _until(lambda: box.is_waiting)

    await box.stop()

    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await waiting
    assert box.connections == 0


async def test_it_can_be_started_again(mailbox: Mailbox) -> None:
    await mailbox.stop()
    await mailbox.start()

    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=_port(mailbox), start_tls=False) as client:
        await client.send_message(_message())

    assert len(mailbox.messages) == 1


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not is_so():
            await asyncio.sleep(0.001)
