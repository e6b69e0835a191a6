"""How the way to the mail server stands, step by step; no mail is ever sent."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.config.model import Config
from bot.core.findings import Finding, Verdict
from bot.destinations.email.checkup import MailCheckup
from bot.sandbox.faults import Fault
from bot.sandbox.mailbox import Mailbox
from tests.config.builders import a_file, good
from tests.destinations.email.builders import NOW, Certificate, a_mailbox, make_certificate, running
from tests.findings import by_name, says

OK, WARNING, FAILED, SKIPPED = Verdict.OK, Verdict.WARNING, Verdict.FAILED, Verdict.SKIPPED
STEPS = ["server", "encryption", "log-in", "sender", "admin"]
LOG_IN = ("alerts", "p@ss word")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"))


def config_for(folder: Path, url: str, *, mails: bool = True, admin: str = "ops@example.com") -> Config:
    rule = "{name: A, post: '#all', email: carl}" if mails else "{name: A, post: '#all'}"
    admin = f"\n  admin: {admin}" if admin else ""
    text = a_file(
        rules=f"rules: [{rule}]\n", email=f"email:\n  smtp: ${{SMTP_URL:-}}\n  from: alerts@example.com{admin}\n"
    )
    return good(folder, text, {"SMTP_URL": url})


async def look(config: Config, certificate: Certificate | None = None, *, deadline: float = 2.0) -> dict[str, Finding]:
    trust = certificate.client() if certificate else None
    return await by_name(MailCheckup(config=config, trust=trust, deadline=timedelta(seconds=deadline)).findings())


def with_log_in(url: str, password: str = "p%40ss%20word") -> str:
    return url.replace("://", f"://alerts:{password}@")


async def test_a_server_with_starttls_and_a_log_in_is_tried_to_the_end_and_gets_no_mail(
    tmp_path: Path, certificate: Certificate
) -> None:
    async with running(Mailbox(now=lambda: NOW, tls=certificate.server(), login=LOG_IN)) as mailbox:
        found = await look(config_for(tmp_path, with_log_in(f"{mailbox.url}?tls=starttls")), certificate)

        assert list(found) == STEPS
        assert {finding.verdict for finding in found.values()} == {OK}
        assert mailbox.logins == 1
        assert mailbox.messages == []


async def test_implicit_tls_and_a_plain_server_work_too(tmp_path: Path, certificate: Certificate) -> None:
    implicit = Mailbox(now=lambda: NOW, tls=certificate.server(), is_implicit_tls=True)
    async with running(implicit) as mailbox, a_mailbox() as plain:
        tls = await look(config_for(tmp_path, mailbox.url), certificate)
        clear = await look(config_for(tmp_path, plain.url))

    says(tls["encryption"], OK, "first byte")
    says(tls["sender"], OK, "alerts@example.com")
    says(clear["encryption"], OK, "None, as email.smtp says.")
    says(clear["admin"], OK, "ops@example.com")


# ── what goes wrong, step by step ──


async def test_a_name_that_is_not_in_dns_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def getaddrinfo(*_of: object, **_more: object) -> list[object]:
        raise OSError("no such name")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)

    found = await look(config_for(tmp_path, "smtp://mail.example.com"))

    says(found["server"], FAILED, "There is no mail.example.com in DNS.")
    assert [found[name].verdict for name in STEPS[1:]] == [SKIPPED] * 4


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault("greeting", status=421, body=b"4.7.0 busy"), "busy"),
        (Fault("greeting", status=554, body=b"5.7.1 go away"), "refused to talk"),
        (Fault("greeting", drop="before"), "Nobody answers"),
        (Fault("greeting", hang=20), "Nobody answers"),
    ],
)
async def test_a_server_that_does_not_talk_is_said(tmp_path: Path, fault: Fault, words: str) -> None:
    async with a_mailbox() as mailbox:
        mailbox.faults.add(fault)

        found = await look(config_for(tmp_path, mailbox.url), deadline=0.3)

    says(found["server"], FAILED, words)
    says(found["sender"], SKIPPED, "The server comes first.")


async def test_a_certificate_that_nobody_vouches_for_is_said(tmp_path: Path, certificate: Certificate) -> None:
    implicit = Mailbox(now=lambda: NOW, tls=certificate.server(), is_implicit_tls=True)
    async with running(Mailbox(now=lambda: NOW, tls=certificate.server())) as upgraded, running(implicit) as mailbox:
        first = await look(config_for(tmp_path, f"{upgraded.url}?tls=starttls"))
        second = await look(config_for(tmp_path, mailbox.url))

    for found in (first, second):
        says(found["encryption"], FAILED, "cannot be trusted")
        says(found["sender"], SKIPPED, "The encryption comes first.")


async def test_tls_from_the_first_byte_where_the_server_speaks_plainly_is_said(tmp_path: Path) -> None:
    async with a_mailbox() as mailbox:
        url = mailbox.url.replace("smtp://", "smtps://").removesuffix("?tls=none")

        found = await look(config_for(tmp_path, url))

    says(found["encryption"], FAILED, "starttls is usual on port 587")


async def test_a_wrong_password_is_said_and_shown_nowhere(tmp_path: Path, certificate: Certificate) -> None:
    async with running(Mailbox(now=lambda: NOW, tls=certificate.server(), login=LOG_IN)) as mailbox:
        found = await look(config_for(tmp_path, with_log_in(f"{mailbox.url}?tls=starttls", "hunter2")), certificate)

    says(found["log-in"], FAILED, "the user and the password")
    says(found["admin"], SKIPPED, "The log-in comes first.")
    assert "hunter2" not in repr(found)


async def test_a_log_in_that_is_wanted_but_not_set_up_and_one_that_is_not_taken_are_said(tmp_path: Path) -> None:
    async with running(Mailbox(now=lambda: NOW, login=LOG_IN)) as strict, a_mailbox() as open_to_all:
        wanted = await look(config_for(tmp_path, strict.url))
        refused = await look(config_for(tmp_path, with_log_in(open_to_all.url)))

    says(refused["log-in"], FAILED, "takes no log-in")
    says(wanted["sender"], FAILED, "wants a log-in, and none is set up")


@pytest.mark.parametrize(
    ("fault", "name", "verdict", "words"),
    [
        (Fault("MAIL", status=550, body=b"5.7.1 not yours"), "sender", FAILED, "email.from"),
        (Fault("MAIL", status=451, body=b"4.3.0 later"), "sender", WARNING, "451 4.3.0"),
        (Fault("RCPT", status=550, body=b"5.1.1 unknown"), "admin", FAILED, "Correct the address"),
        (Fault("RCPT", status=450, body=b"4.7.1 greylisted"), "admin", WARNING, "again later (450 4.7.1)"),
        (Fault("RCPT", status=554, body=b"5.7.1 relay denied"), "admin", FAILED, "rules refused"),
    ],
)
async def test_a_refused_sender_or_admin_is_said(
    tmp_path: Path, fault: Fault, name: str, verdict: Verdict, words: str
) -> None:
    async with a_mailbox() as mailbox:
        mailbox.faults.add(fault)

        found = await look(config_for(tmp_path, mailbox.url))

        says(found[name], verdict, words)
        assert mailbox.messages == []


# ── what is not set up ──


async def test_a_rule_that_mails_needs_a_server_and_others_do_not(tmp_path: Path) -> None:
    needed = await look(config_for(tmp_path, ""))
    unused = await look(config_for(tmp_path, "", mails=False))

    says(needed["server"], FAILED, "SMTP_URL")
    says(unused["server"], SKIPPED, "no rule sends mail")


async def test_without_an_admin_somebody_must_hear_of_trouble(tmp_path: Path) -> None:
    async with a_mailbox() as mailbox:
        config = config_for(tmp_path, mailbox.url, admin="")
        assert config.slack is not None
        alone = await look(config)
        with_slack = await look(replace(config, slack=replace(config.slack, admin_channel="#admin")))

    says(alone["admin"], WARNING, "tell nobody of its own trouble")
    says(with_slack["admin"], WARNING, "when Slack itself is in trouble")
