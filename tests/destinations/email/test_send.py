"""Mail over the wire, against a real SMTP server on loopback that goes wrong in every way."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.config.model import EmailSettings
from bot.core.delivery import DeliveryKind, Receipt, Reminder
from bot.core.errors import (
    AmbiguousError,
    Forbidden,
    OutageError,
    PermanentError,
    TemporaryError,
    UpstreamError,
)
from bot.destinations.email import EmailDestination
from bot.rendering import MailText
from bot.rendering.samples import full_lead, view_of
from bot.sandbox.faults import Fault
from bot.sandbox.mailbox import Mailbox
from tests.destinations.email.builders import (
    NOW,
    FixedWords,
    a_job,
    a_mailbox,
    destination,
    make_certificate,
    running,
    until,
)


async def test_an_alert_arrives_with_its_words() -> None:
    words = FixedWords()
    view = view_of(full_lead())
    async with a_mailbox() as mailbox:
        receipt = await destination(mailbox.url, words=words).send(a_job(view))

    (mail,) = mailbox.messages
    assert receipt == Receipt(address="ben@example.com", message="<lead.d1jrd5kz9hq2m8x@example.com>")
    assert (mail.sender, mail.recipients) == ("alerts@example.com", ("ben@example.com",))
    assert (mail.subject, mail.text, mail.html) == ("New lead: Ana Silva", "Ana Silva\n", "<p>Ana Silva</p>\n")
    assert mail.headers["Message-ID"] == receipt.message
    assert mail.headers["From"] == "Lead alerts <alerts@example.com>"
    assert words.asked == [("default", view)]


async def test_a_notice_is_plain_text_with_its_first_line_as_subject() -> None:
    async with a_mailbox() as mailbox:
        await destination(mailbox.url).send(a_job())

    (mail,) = mailbox.messages
    assert mail.subject == "Leadbell: Something needs you"
    assert mail.text == "Something needs you\nMore about it.\n"
    assert mail.html == ""


async def test_a_reminder_is_a_short_mail_of_its_own_words() -> None:
    view = view_of(full_lead())
    async with a_mailbox() as mailbox:
        job = a_job(kind=DeliveryKind.REMINDER, text=Reminder.WAITS.value, lead=view, person="anna")
        await destination(mailbox.url).send(job)

    (mail,) = mailbox.messages
    assert (mail.subject, mail.text, mail.html) == ("waits anna", f"{view.id}\n", "")


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": DeliveryKind.REMINDER, "text": "something new", "lead": view_of(full_lead())},
        {"kind": DeliveryKind.REMINDER, "text": Reminder.WAITS.value},
        {"kind": DeliveryKind.DIGEST, "text": "weekly", "leads": (view_of(full_lead()),)},
    ],
)
async def test_what_has_no_words_for_a_mail_is_given_up(changes: dict[str, Any]) -> None:
    async with a_mailbox() as mailbox:
        with pytest.raises(PermanentError):
            await destination(mailbox.url).send(a_job(**changes))

    assert mailbox.messages == []


async def test_a_repeat_has_the_same_message_id_and_date() -> None:
    first_tried = NOW - timedelta(hours=3)
    async with a_mailbox() as mailbox:
        for _ in range(2):
            await destination(mailbox.url).send(a_job(first_tried_at=first_tried))

    first, second = mailbox.messages
    assert first.headers["Message-ID"] == second.headers["Message-ID"]
    assert first.headers["Date"] == second.headers["Date"] == "Thu, 05 Nov 2026 07:00:00 +0000"


async def test_the_safe_version_has_no_html() -> None:
    async with a_mailbox() as mailbox:
        receipt = await destination(mailbox.url).send(a_job(view_of(full_lead()), is_plain=True))

    assert receipt.is_plain
    assert mailbox.messages[0].html == ""


async def test_lines_that_begin_with_a_dot_arrive_whole() -> None:
    words = FixedWords(MailText(subject="s", text=".\n..\n.hidden\n", html=""))
    async with a_mailbox() as mailbox:
        await destination(mailbox.url, words=words).send(a_job(view_of(full_lead())))

    assert mailbox.messages[0].text == ".\n..\n.hidden\n"


OUTCOMES: list[tuple[Fault, type[UpstreamError], int]] = [
    (Fault("greeting", status=421, body=b"4.3.2 busy"), TemporaryError, 0),
    (Fault("greeting", status=554, body=b"go away"), OutageError, 0),
    (Fault("greeting", drop="before"), TemporaryError, 0),
    (Fault("MAIL", status=451, body=b"4.7.1 later"), TemporaryError, 0),
    (Fault("MAIL", status=553, body=b"5.7.1 not your address"), OutageError, 0),
    (Fault("MAIL", drop="before"), TemporaryError, 0),
    (Fault("RCPT", status=451, body=b"4.7.1 greylisted"), TemporaryError, 0),
    (Fault("RCPT ben@example.com", status=550, body=b"5.1.1 unknown"), PermanentError, 0),
    (Fault("RCPT", status=552, body=b"5.2.2 full"), PermanentError, 0),
    (Fault("RCPT", drop="before"), TemporaryError, 0),
    (Fault("DATA", status=451, body=b"4.3.0 later"), TemporaryError, 0),
    (Fault("DATA", status=554, body=b"5.7.1 looks like spam"), PermanentError, 0),
    (Fault("DATA", drop="before"), AmbiguousError, 0),
    (Fault("DATA", drop="after"), AmbiguousError, 1),
]


@pytest.mark.parametrize(("fault", "kind", "arrived"), OUTCOMES, ids=range(len(OUTCOMES)))
async def test_each_refusal_has_its_meaning_and_the_next_mail_goes_through(
    fault: Fault, kind: type[UpstreamError], arrived: int
) -> None:
    async with a_mailbox() as mailbox:
        mailbox.faults.add(fault)
        with pytest.raises(UpstreamError) as caught:
            await destination(mailbox.url).send(a_job())
        seen = len(mailbox.messages)
        await destination(mailbox.url).send(a_job())

    assert type(caught.value) is kind
    assert seen == arrived
    assert len(mailbox.messages) == arrived + 1


@pytest.mark.parametrize(
    ("step", "kind"), [("greeting", TemporaryError), ("RCPT", TemporaryError), ("DATA", AmbiguousError)]
)
async def test_a_server_that_falls_silent_is_left_in_time(step: str, kind: type[UpstreamError]) -> None:
    async with a_mailbox() as mailbox:
        mailbox.faults.add(Fault(step, hang=30))
        started = time.monotonic()
        with pytest.raises(UpstreamError) as caught:
            await destination(mailbox.url, deadline=0.3).send(a_job())

    assert type(caught.value) is kind
    assert time.monotonic() - started < 3


async def test_a_silent_goodbye_does_not_make_a_sent_mail_fail() -> None:
    async with a_mailbox() as mailbox:
        mailbox.faults.add(Fault("QUIT", hang=30))
        started = time.monotonic()
        await destination(mailbox.url).send(a_job())

    assert len(mailbox.messages) == 1
    assert time.monotonic() - started < 3


async def test_nobody_listening_is_temporary() -> None:
    async with a_mailbox() as mailbox:
        url = mailbox.url

    with pytest.raises(TemporaryError) as caught:
        await destination(url).send(a_job())
    assert caught.value.code == "unreachable"


async def test_a_name_that_does_not_resolve_is_temporary() -> None:
    with pytest.raises(TemporaryError):
        await destination("smtp://no-such-host.invalid:25?tls=none").send(a_job())


async def test_an_international_domain_arrives_as_ascii() -> None:
    async with a_mailbox() as mailbox:
        receipt = await destination(mailbox.url).send(a_job(address="bob@bücher.test"))

    assert receipt.address == "bob@xn--bcher-kva.test"
    assert mailbox.messages[0].recipients == ("bob@xn--bcher-kva.test",)


async def test_letters_before_the_at_sign_need_smtputf8() -> None:
    async with a_mailbox() as plain, running(Mailbox(now=lambda: NOW, takes_utf8=True)) as modern:
        with pytest.raises(PermanentError) as caught:
            await destination(plain.url).send(a_job(address="bób@example.com"))
        await destination(modern.url).send(a_job(address="bób@example.com"))

    assert caught.value.code == "smtputf8"
    assert modern.messages[0].recipients == ("bób@example.com",)


async def test_starttls_and_login_work_with_a_trusted_certificate(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    mailbox = Mailbox(now=lambda: NOW, tls=certificate.server(), login=("bot", "hunter2"))
    async with running(mailbox):
        url = mailbox.url.replace("//", "//bot:hunter2@")
        await destination(url, trust=certificate.client()).send(a_job())

    assert (len(mailbox.messages), mailbox.logins) == (1, 1)


async def test_implicit_tls_works(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    async with running(Mailbox(now=lambda: NOW, tls=certificate.server(), is_implicit_tls=True)) as mailbox:
        await destination(mailbox.url, trust=certificate.client()).send(a_job())

    assert len(mailbox.messages) == 1


async def test_an_untrusted_certificate_stops_all_mail(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    async with running(Mailbox(now=lambda: NOW, tls=certificate.server(), login=("bot", "hunter2"))) as mailbox:
        with pytest.raises(OutageError) as caught:
            await destination(mailbox.url.replace("//", "//bot:hunter2@")).send(a_job())

    assert caught.value.code == "tls"
    assert (mailbox.messages, mailbox.logins) == ([], 0)


async def test_a_stripped_starttls_gets_neither_mail_nor_password() -> None:
    async with running(Mailbox(now=lambda: NOW, login=("bot", "hunter2"))) as mailbox:
        url = mailbox.url.replace("//", "//bot:hunter2@")
        with pytest.raises(OutageError) as caught:
            await destination(url, tls="starttls").send(a_job())

    assert caught.value.code == "not_offered"
    assert (mailbox.messages, mailbox.logins) == ([], 0)


async def test_tls_to_a_plain_port_stops_all_mail() -> None:
    async with a_mailbox() as mailbox:
        with pytest.raises(OutageError) as caught:
            await destination(mailbox.url, tls="implicit").send(a_job())

    assert caught.value.code == "tls"


async def test_a_wrong_password_stops_all_mail_and_is_not_told() -> None:
    async with running(Mailbox(now=lambda: NOW, login=("bot", "hunter2"))) as mailbox:
        with pytest.raises(OutageError) as caught:
            await destination(mailbox.url.replace("//", "//bot:wrong-pass@")).send(a_job())

    assert "wrong-pass" not in f"{caught.value} {caught.value.code} {caught.value.advice}"
    assert "SMTP_URL" in caught.value.advice


async def test_a_login_that_fails_for_now_is_temporary() -> None:
    async with running(Mailbox(now=lambda: NOW, login=("bot", "hunter2"))) as mailbox:
        mailbox.faults.add(Fault("AUTH", status=454, body=b"4.7.0 later", times=3))
        with pytest.raises(TemporaryError):
            await destination(mailbox.url.replace("//", "//bot:hunter2@")).send(a_job())


async def test_a_login_that_is_not_offered_stops_all_mail() -> None:
    async with a_mailbox() as mailbox:
        with pytest.raises(OutageError) as caught:
            await destination(mailbox.url.replace("//", "//bot:hunter2@")).send(a_job())

    assert caught.value.code == "not_offered"


async def test_a_missing_login_stops_all_mail() -> None:
    async with running(Mailbox(now=lambda: NOW, login=("bot", "hunter2"))) as mailbox:
        with pytest.raises(OutageError):
            await destination(mailbox.url).send(a_job())


async def test_without_a_server_nothing_can_be_sent() -> None:
    settings = EmailSettings(smtp=None, sender_name="", sender_address="alerts@example.com", admin="")

    with pytest.raises(OutageError) as caught:
        await EmailDestination(settings, words=FixedWords(), now=lambda: NOW).send(a_job())
    assert "SMTP_URL" in caught.value.advice


@pytest.mark.parametrize("kind", [DeliveryKind.PRIVATE, DeliveryKind.ALERT])
async def test_a_private_answer_or_an_alert_without_a_lead_is_no_mail(kind: DeliveryKind) -> None:
    async with a_mailbox() as mailbox:
        with pytest.raises(PermanentError):
            await destination(mailbox.url).send(a_job(kind=kind))

    assert mailbox.messages == []


async def test_a_mailbox_cannot_be_asked_and_a_mail_cannot_be_changed() -> None:
    mail = destination("smtp://127.0.0.1:9?tls=none")

    with pytest.raises(Forbidden):
        await mail.look_up(a_job())
    await mail.edit(a_job(), Receipt(address="ben@example.com", message="<x@y>"))


async def test_many_mails_at_once_all_arrive() -> None:
    async with a_mailbox() as mailbox:
        mail = destination(mailbox.url)
        await asyncio.gather(*(mail.send(a_job(address=f"rep{number}@example.com")) for number in range(20)))

    assert {mail.recipients[0] for mail in mailbox.messages} == {f"rep{number}@example.com" for number in range(20)}


async def test_a_cancelled_send_leaves_no_connection_behind() -> None:
    async with a_mailbox() as mailbox:
        mailbox.faults.add(Fault("RCPT", hang=30))
        task = asyncio.create_task(destination(mailbox.url).send(a_job()))
        await until(lambda: mailbox.is_waiting)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: mailbox.connections == 0)

    assert mailbox.messages == []
