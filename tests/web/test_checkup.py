"""The server and its public address, asked as LinkedIn asks: real servers on loopback, with and without TLS."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from aiohttp import web

from bot.core.findings import Finding, Verdict
from bot.sources.linkedin.webhook import answer_challenge
from bot.web.checkup import WebCheckup, is_public
from tests.destinations.email.builders import Certificate, make_certificate
from tests.findings import by_name, says

OK, WARNING, FAILED, SKIPPED = Verdict.OK, Verdict.WARNING, Verdict.FAILED, Verdict.SKIPPED
SECRET = "our client secret"
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def ours(request: web.Request, *, secret: str = SECRET, slow: float = 0.0) -> web.Response:
    """What our own server answers."""
    if request.path == "/readyz":
        return web.Response(text="ready\n")
    if "challengeCode" not in request.query:
        return web.Response(status=400, text="challengeCode is missing or is not a UUID\n")
    await asyncio.sleep(slow)
    return web.json_response(answer_challenge(request.query, secret))


def answering(status: int, text: str = "", kind: str = "text/plain", **headers: str) -> Answer:
    """Somebody who always answers the same."""

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, text=text, content_type=kind, headers=headers)

    return answer


@asynccontextmanager
async def listening(answer: Answer, certificate: Certificate | None = None) -> AsyncIterator[int]:
    """A server that answers everything like this; its port."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=certificate.server() if certificate else None).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@asynccontextmanager
async def a_site(answer: Answer) -> AsyncIterator[str]:
    """The same without TLS; its address."""
    async with listening(answer) as port:
        yield f"http://127.0.0.1:{port}"


async def look(
    public_url: str, *, local_url: str = "", is_running: bool = True, deadline: float = 2.0, now: datetime | None = None
) -> dict[str, Finding]:
    checkup = WebCheckup(
        public_url=public_url,
        local_url=local_url or public_url,
        answer=right_answer,
        is_running=is_running,
        now=lambda: now or datetime.now(UTC),
        deadline=timedelta(seconds=deadline),
    )
    return await by_name(checkup.findings())


def right_answer(query: Mapping[str, str]) -> Mapping[str, str]:
    return answer_challenge(query, SECRET)


async def test_a_server_that_answers_right_is_well() -> None:
    async with a_site(ours) as url:
        found = await look(url)

    says(found["running"], OK, "holds the database")
    says(found["ready"], OK, "would be stored")
    says(found["challenge"], OK, "Answered right")
    says(found["public address"], WARNING, "PUBLIC_URL")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (partial(ours, secret="another one"), "another client secret"),
        (
            answering(301, Location="https://www.example.com/linkedin/webhook?challengeCode=1"),
            "redirects to https://www",
        ),
        (answering(401), "without a login"),
        (answering(403, "Forbidden"), "refuses strangers (403)"),
        (answering(502, "Bad Gateway", "text/html"), "Leadbell behind it does not (502)"),
        (answering(503), "check that the proxy points to its HOST and PORT"),
        (answering(400, "challengeCode is missing or is not a UUID\n"), "query of the address is lost"),
        (answering(200, "<h1>Sign in</h1>", "text/html"), "perhaps a login page"),
        (answering(404, "404: Not Found"), "does not know /linkedin/webhook (404)"),
        (answering(200, '{"status": "up"}', "application/json"), "Somebody else than Leadbell answers (200)"),
        (answering(200, "[" * 5000, "application/json"), "Somebody else"),
        (answering(418), "Somebody else than Leadbell answers (418)"),
    ],
)
async def test_whoever_answers_the_challenge_wrong_is_told_apart(answer: Answer, words: str) -> None:
    async with a_site(answer) as url:
        found = await look(url)

    says(found["challenge"], FAILED, words)
    assert "challengeCode=1" not in found["challenge"].found


async def test_an_answer_that_comes_too_late_for_linkedin_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.checkup._CHALLENGE_SECONDS", 0.01)
    async with a_site(partial(ours, slow=0.05)) as url:
        found = await look(url)

    says(found["challenge"], FAILED, "LinkedIn waits 3 s")


async def test_a_server_that_never_answers_is_not_waited_for() -> None:
    async with a_site(partial(ours, slow=30.0)) as url:
        async with asyncio.timeout(3):
            found = await look(url, deadline=0.1)

    says(found["challenge"], FAILED, "No answer within 0 s")


async def test_nobody_there_and_no_server_running_means_start_it() -> None:
    found = await look("http://127.0.0.1:9", is_running=False)

    says(found["running"], WARNING, "leadbell run")
    says(found["ready"], SKIPPED, "No server is running.")
    says(found["challenge"], SKIPPED, "No server is running.")


@pytest.mark.parametrize(
    ("answer", "verdict", "words"),
    [
        (answering(503, "the database cannot store\n"), FAILED, "the database cannot store."),
        (answering(503, "stopping\n"), FAILED, "stopping"),
        (answering(404, "404: Not Found"), FAILED, "not Leadbell (404)"),
    ],
)
async def test_what_keeps_the_server_from_taking_leads_is_said(answer: Answer, verdict: Verdict, words: str) -> None:
    async with a_site(ours) as public, a_site(answer) as local:
        found = await look(public, local_url=local)

    says(found["ready"], verdict, words)
    says(found["challenge"], OK, "Answered right")


async def test_a_server_in_another_container_is_perhaps_well() -> None:
    async with a_site(ours) as public:
        found = await look(public, local_url="http://127.0.0.1:9")

    says(found["ready"], WARNING, "in the container, on which it runs")


@pytest.mark.parametrize(
    ("url", "verdict", "words"),
    [
        ("https://abc.ngrok.io", FAILED, "ngrok"),
        ("https://abc.eu.ngrok-free.app:443", FAILED, "ngrok"),
        ("http://leads.example.com", FAILED, "not https"),
        ("http://localhost:8080", WARNING, "LinkedIn cannot reach"),
        ("https://192.168.1.7", WARNING, "LinkedIn cannot reach"),
        ("https://leadbell.internal", WARNING, "LinkedIn cannot reach"),
    ],
)
async def test_the_address_alone_tells_much(url: str, verdict: Verdict, words: str) -> None:
    checkup = WebCheckup(
        public_url=url, local_url=url, answer=right_answer, is_running=False, now=lambda: datetime.now(UTC)
    )

    says(checkup._shape(), verdict, words)
    assert not is_public(url)


@pytest.mark.parametrize("url", ["https://leads.example.com", "https://ngrok-notes.example.com:8443"])
async def test_an_https_address_of_the_internet_is_public(url: str) -> None:
    assert is_public(url)


async def test_what_an_unusable_address_would_need_is_skipped() -> None:
    found = await look("https://abc.ngrok.io", is_running=False)

    says(found["name"], SKIPPED, "The public address comes first.")
    says(found["certificate"], SKIPPED, "comes first")
    says(found["challenge"], SKIPPED, "comes first")


@pytest.mark.parametrize(
    ("answers", "verdict", "words"),
    [
        (socket.gaierror(socket.EAI_NONAME, "no such name"), FAILED, "There is no leads.example.com in DNS."),
        (TimeoutError(), WARNING, "DNS did not answer in time"),
        (["10.0.0.7", "fd00::7"], WARNING, "nobody outside can reach"),
        (["93.184.216.34", "10.0.0.7"], OK, "leads.example.com is 93.184.216.34, 10.0.0.7."),
    ],
)
async def test_dns_is_asked_for_the_name(
    monkeypatch: pytest.MonkeyPatch, answers: list[str] | Exception, verdict: Verdict, words: str
) -> None:
    async def getaddrinfo(*_of: object, **_more: object) -> list[tuple[object, ...]]:
        if isinstance(answers, Exception):
            raise answers
        return [(0, 0, 0, "", (address, 0)) for address in answers]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    checkup = WebCheckup(
        public_url="https://leads.example.com",
        local_url="",
        answer=right_answer,
        is_running=False,
        now=lambda: datetime.now(UTC),
    )

    finding = await checkup._name()

    assert finding is not None
    says(finding, verdict, words)


# ── certificates ──


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """For 127.0.0.1, good for two days."""
    return make_certificate(tmp_path_factory.mktemp("tls"))


def checkup_of(url: str, certificate: Certificate | None, now: datetime | None = None) -> WebCheckup:
    return WebCheckup(
        public_url=url,
        local_url="http://127.0.0.1:9",
        answer=right_answer,
        is_running=True,
        now=lambda: now or datetime.now(UTC),
        trust=certificate.client() if certificate else None,
        deadline=timedelta(seconds=2),
    )


async def test_a_trusted_certificate_and_the_challenge_behind_it_are_asked(certificate: Certificate) -> None:
    async with listening(ours, certificate) as port:
        url = f"https://127.0.0.1:{port}"
        soon = await by_name(checkup_of(url, certificate).findings())
        early = await by_name(checkup_of(url, certificate, datetime.now(UTC) - timedelta(days=30)).findings())

    says(soon["certificate"], WARNING, "Renew it")
    says(early["certificate"], OK, "It is trusted, until 20")
    says(soon["challenge"], OK, "Answered right")


async def test_a_certificate_that_nobody_vouches_for_is_said_and_the_challenge_waits(certificate: Certificate) -> None:
    async with listening(ours, certificate) as port:
        found = await by_name(checkup_of(f"https://127.0.0.1:{port}", None).findings())

    says(found["certificate"], FAILED, "self-signed certificate")
    says(found["challenge"], SKIPPED, "The certificate comes first.")


async def test_a_certificate_for_another_name_is_said(certificate: Certificate) -> None:
    async with listening(ours, certificate) as port:
        found = await by_name(checkup_of(f"https://localhost:{port}", certificate).findings())

    says(found["certificate"], FAILED, "mismatch")


async def test_where_https_is_not_spoken_or_nobody_listens_that_is_said() -> None:
    async with a_site(ours) as url:
        plain = await by_name(checkup_of(url.replace("http:", "https:"), None).findings())
    nobody = await by_name(checkup_of("https://127.0.0.1:9", None).findings())

    says(plain["certificate"], FAILED, "does not speak https")
    says(nobody["certificate"], FAILED, "Nobody answers at 127.0.0.1, port 9.")
