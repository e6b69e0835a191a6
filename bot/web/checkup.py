"""How the server stands: whether it runs, takes leads, and can be reached and recognised from outside."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from bot.core.area import Area, in_words
from bot.core.findings import Finding, Verdict
from bot.pipeline.receive import OUR_OWN_CHALLENGE
from bot.pipeline.subscribe import WEBHOOK_PATH

_AREA = Area("server")

#: LinkedIn waits so long for the answer to a challenge, and takes nothing but a plain 200.
#: https://learn.microsoft.com/en-us/linkedin/shared/api-guide/webhook-validation
_CHALLENGE_SECONDS = 3.0
_CERTIFICATE_WARNING = timedelta(days=10)
_MOST_BYTES = 64 * 1024

_START = "Start it with `leadbell run`."
_PROXY = "Check the proxy in front of Leadbell: it must pass /linkedin/webhook on, with its query and unchanged."
_UNREACHED = (
    "Check that the server runs, that the proxy and the firewall let https in, and that the name points here. If it "
    "does answer from elsewhere, this network only does not let its own machines in by that address."
)
_PUBLIC = "Set PUBLIC_URL to the https address under which the internet reaches this server."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reply:
    """What an address answered."""

    status: int
    kind: str  #: content type
    location: str  #: where a redirect leads, without its query
    body: bytes
    seconds: float

    @property
    def fields(self) -> Mapping[str, object]:
        """The JSON object in the body, {} when there is none."""
        try:
            content = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return content if isinstance(content, dict) else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class WebCheckup:
    """Asks the server on this machine, and itself through its public address as LinkedIn does."""

    public_url: str
    local_url: str  #: where the server listens on this machine
    answer: Callable[[Mapping[str, str]], Mapping[str, str]]  #: what the right answer to a challenge is
    is_running: bool  #: a server holds the database
    now: Callable[[], datetime]
    trust: ssl.SSLContext | None = None  #: who vouches for certificates; None = the system's authorities
    deadline: timedelta = timedelta(seconds=5)  #: of each call

    async def findings(self) -> AsyncIterator[Finding]:
        """Everything there is to say. Raises nothing for what the other side does."""
        if self.is_running:
            yield _AREA.ok("running", "A server holds the database.")
        else:
            yield _AREA.warning("running", "No server is running: leads are not taken now.", _START)
        ready, public = await asyncio.gather(self._ready(), self.public())
        for finding in (*ready, *public):
            yield finding

    async def _ready(self) -> list[Finding]:
        name, place = "ready", self.local_url
        if not self.is_running:
            return [_AREA.skipped(name, "No server is running.")]
        try:
            reply = await self._get(f"{place}/readyz")
        except (TimeoutError, OSError, aiohttp.ClientError):
            advice = (
                "Ask on the machine, or in the container, on which it runs; and check that HOST and PORT are the ones "
                "that it was started with."
            )
            return [_AREA.warning(name, f"A server holds the database, but nobody answers at {place}.", advice)]
        if reply.status == 200 and reply.body.strip() == b"ready":
            return [_AREA.ok(name, "A lead that came now would be stored.")]
        if reply.status == 503:
            said = reply.body.decode("utf-8", "replace").strip()[:100]
            advice = "See what is said here about the database, and in the server's log."
            return [_AREA.failed(name, f"The server takes no leads: {said}.", advice)]
        advice = "Another program has that port: set PORT, for Leadbell and for the proxy in front of it."
        return [_AREA.failed(name, f"What answers at {place} is not Leadbell ({reply.status}).", advice)]

    async def public(self) -> list[Finding]:
        """The links on LinkedIn's way to us, each asked only when those before it hold."""
        found = [self._shape()]
        for name, step in (("name", self._name), ("certificate", self._certificate), ("challenge", self._challenge)):
            if found[-1].verdict in {Verdict.FAILED, Verdict.SKIPPED}:
                found.append(_AREA.skipped(name, f"The {found[-1].name} comes first."))
            elif (finding := await step()) is not None:
                found.append(finding)
        return found

    @property
    def _host(self) -> str:
        return urlsplit(self.public_url).hostname or ""

    @property
    def _is_local(self) -> bool:
        return _is_private([self._host])

    @property
    def _is_https(self) -> bool:
        return self.public_url.startswith("https://")

    def _shape(self) -> Finding:
        """What the address alone tells."""
        name, told = "public address", self.public_url
        if _is_ngrok(self._host):
            return _AREA.failed(name, f"{told} is one of ngrok's, and LinkedIn refuses those.", _PUBLIC)
        if self._is_local:
            return _AREA.warning(
                name,
                f"LinkedIn cannot reach {told}: leads are only found by the regular pull, so they come late.",
                _PUBLIC,
            )
        if not self._is_https:
            return _AREA.failed(name, f"{told} is not https, and LinkedIn posts to nothing else.", _PUBLIC)
        return _AREA.ok(name, f"{told}{WEBHOOK_PATH} is what LinkedIn should post to.")

    async def _name(self) -> Finding | None:
        """What DNS says."""
        name, host = "name", self._host
        if self._is_local or _is_literal(host):
            return None
        try:
            async with asyncio.timeout(self.deadline.total_seconds()):
                answers = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except TimeoutError:
            advice = "Check the DNS server of this machine."
            return _AREA.warning(name, f"DNS did not answer in time whether there is a {host}.", advice)
        except (OSError, UnicodeError):
            advice = f"Make a DNS entry for {host} that points to this server, or mend PUBLIC_URL."
            return _AREA.failed(name, f"There is no {host} in DNS.", advice)
        places = list(dict.fromkeys(str(answer[4][0]) for answer in answers))
        if _is_private(places):
            advice = (
                "If the internet's DNS says something else, all is well; otherwise point the name to a public address."
            )
            return _AREA.warning(name, f"{host} is {places[0]} here, which nobody outside can reach.", advice)
        return _AREA.ok(name, f"{host} is {', '.join(places[:3])}.")

    async def _certificate(self) -> Finding | None:
        """Whether strangers trust it, and for how long."""
        if not self._is_https:
            return None
        name, context = "certificate", self.trust or ssl.create_default_context()
        port = urlsplit(self.public_url).port or 443
        try:
            async with asyncio.timeout(self.deadline.total_seconds()):
                _, writer = await asyncio.open_connection(self._host, port, ssl=context)
                shown = writer.get_extra_info("peercert") or {}
                writer.transport.abort()
        except ssl.SSLCertVerificationError as error:
            advice = "Renew or replace it at the proxy: it must be valid for this name, with all its intermediates."
            return _AREA.failed(name, f"It is not to be trusted: {error.verify_message or 'unknown reason'}.", advice)
        except ssl.SSLError:
            return _AREA.failed(name, "What answers there does not speak https.", _PROXY)
        except (TimeoutError, OSError):
            return _AREA.failed(name, f"Nobody answers at {self._host}, port {port}.", _UNREACHED)
        return self._lasting(name, str(shown.get("notAfter", "")))

    def _lasting(self, name: str, not_after: str) -> Finding:
        if not not_after:
            return _AREA.ok(name, "It is trusted.")
        end = datetime.fromtimestamp(ssl.cert_time_to_seconds(not_after), UTC)
        said = f"It is trusted, until {end:%Y-%m-%d}."
        if end - self.now() < _CERTIFICATE_WARNING:
            return _AREA.warning(name, said, "Renew it: whatever renews it by itself has not done so yet.")
        return _AREA.ok(name, said)

    async def _challenge(self) -> Finding | None:
        """Ask ourselves what LinkedIn asks every two hours."""
        name = "challenge"
        if self._is_local and not self.is_running:
            return _AREA.skipped(name, "No server is running.")
        code = str(uuid.uuid4())
        try:
            query = f"challengeCode={code}&{OUR_OWN_CHALLENGE}=1"
            reply = await self._get(f"{self.public_url}{WEBHOOK_PATH}?{query}")
        except TimeoutError:
            return _AREA.failed(name, f"No answer within {in_words(self.deadline)}; LinkedIn waits 3 s.", _UNREACHED)
        except (OSError, aiohttp.ClientError):
            advice = _UNREACHED if self.is_running else _START
            return _AREA.failed(name, f"Nobody answers at {self.public_url}.", advice)
        return _judged(name, reply, self.answer({"challengeCode": code}))

    async def _get(self, url: str) -> _Reply:
        """One GET that follows no redirect. Raises TimeoutError, OSError, aiohttp.ClientError."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        context = self.trust or True
        async with (
            asyncio.timeout(self.deadline.total_seconds()),
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context, force_close=True)) as session,
            session.get(URL(url, encoded=True), allow_redirects=False) as response,
        ):
            body = bytearray()
            async for chunk in response.content.iter_any():
                body += chunk
                if len(body) > _MOST_BYTES:
                    break
            return _Reply(
                status=response.status,
                kind=response.content_type,
                location=response.headers.get("Location", "").partition("?")[0][:200],
                body=bytes(body),
                seconds=loop.time() - started,
            )


def is_public(url: str) -> bool:
    """Whether LinkedIn could post to this address, as far as the address itself tells."""
    host = urlsplit(url).hostname or ""
    return url.startswith("https://") and not _is_inside(host) and not _is_ngrok(host)


def _judged(name: str, reply: _Reply, wanted: Mapping[str, str]) -> Finding:
    """What an answer to the challenge says about who gave it."""
    if reply.status == 200 and reply.fields == dict(wanted):
        if reply.seconds > _CHALLENGE_SECONDS:
            said = f"The answer is right but took {reply.seconds:.1f} s, and LinkedIn waits 3 s."
            return _AREA.failed(
                name, said, "Look for what is slow: the proxy, the network, or a machine with too much to do."
            )
        return _AREA.ok(name, f"Answered right, in {reply.seconds * 1000:.0f} ms.")
    if reply.status == 200 and reply.fields.get("challengeCode") == wanted["challengeCode"]:
        return _AREA.failed(
            name,
            "The server that answers has another client secret than this rule file.",
            "Restart it if LINKEDIN_CLIENT_SECRET was changed; otherwise the address leads to another Leadbell.",
        )
    said, advice = _stranger(reply)
    return _AREA.failed(name, said, advice)


def _stranger(reply: _Reply) -> tuple[str, str]:
    """Who it may be that does not answer like us, and what to do."""
    status = reply.status
    if 300 <= status < 400:
        advice = "LinkedIn follows no redirect: set PUBLIC_URL to where it leads, or switch it off for this path."
        return f"The address redirects to {reply.location or 'somewhere else'} ({status}).", advice
    if status in {401, 403, 407, 511}:
        return f"Something in front of Leadbell asks for a login or refuses strangers ({status}).", (
            "Let /linkedin/webhook through without a login; its requests are signed."
        )
    if status in {502, 503, 504}:
        return f"The proxy answers, but Leadbell behind it does not ({status}).", (
            "Start `leadbell run`, and check that the proxy points to its HOST and PORT."
        )
    if status == 400 and b"challengeCode" in reply.body:
        return "Leadbell answers, but the query of the address is lost on the way.", _PROXY
    if status == 200 and "html" in reply.kind:
        return "A web page answers instead of Leadbell, perhaps a login page.", _PROXY
    if status == 404:
        return "Whoever answers there does not know /linkedin/webhook (404).", _PROXY
    return f"Somebody else than Leadbell answers ({status}).", _PROXY


def _is_ngrok(host: str) -> bool:
    """LinkedIn refuses its addresses: https://learn.microsoft.com/en-us/linkedin/shared/api-guide/webhook-validation"""
    return bool({"ngrok", "ngrok-free"} & set(host.lower().split(".")))


def _is_private(hosts: Sequence[str]) -> bool:
    """Whether all of these names or addresses are of this machine or its own network."""
    return bool(hosts) and all(_is_inside(host) for host in hosts)


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_inside(host: str) -> bool:
    if host.lower() == "localhost" or host.lower().endswith((".localhost", ".local", ".internal")):
        return True
    try:
        return not ip_address(host.partition("%")[0]).is_global
    except ValueError:
        return False
