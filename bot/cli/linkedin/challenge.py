"""Ask our own webhook address LinkedIn's question before LinkedIn does, and say what is wrong with the answer.

https://learn.microsoft.com/en-us/linkedin/shared/api-guide/webhook-validation
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import uuid
from dataclasses import dataclass

import aiohttp
from yarl import URL

from bot.core.findings import Finding, Verdict

#: LinkedIn waits so long for the answer.
SECONDS = 3.0

_MOST_BYTES = 64 * 1024

_WHO_LISTENS = "Start `leadbell run`, and check that its proxy passes this address on to it."


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    kind: str
    location: str
    body: bytes


async def check_challenge(webhook: str, client_secret: str, *, seconds: float = SECONDS) -> Finding:
    """Whether the address proves within three seconds that it knows the client secret. Never raises.

    Asked from this machine: an address that only the outside reaches may fail here and work for LinkedIn.
    """
    code = str(uuid.uuid4())
    url = URL(f"{webhook}{'&' if '?' in webhook else '?'}challengeCode={code}", encoded=True)
    try:
        async with asyncio.timeout(seconds), aiohttp.ClientSession() as session:
            answer = await _get(session, url)
    except TimeoutError:
        return _failed(
            f"{webhook} did not answer within {seconds:g} seconds, which is all the time that LinkedIn gives",
            "See whether the server is overloaded, and whether a firewall drops what comes from outside.",
        )
    except aiohttp.ClientConnectorCertificateError:
        return _failed(
            f"the certificate of {webhook} is not valid",
            "Renew it, or have the proxy send the whole chain. LinkedIn takes no self-signed certificate.",
        )
    except aiohttp.ClientConnectorDNSError:
        return _failed(f"the host of {webhook} is not known", "Check PUBLIC_URL and the name's DNS entry.")
    except (aiohttp.ClientConnectorSSLError, aiohttp.ClientSSLError):
        return _failed(f"{webhook} does not speak TLS", "Put a proxy with a certificate in front of Leadbell.")
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return _failed(f"nobody answers at {webhook} ({type(error).__name__})", _WHO_LISTENS)
    return _judged(webhook, code, client_secret, answer)


async def _get(session: aiohttp.ClientSession, url: URL) -> _Answer:
    async with session.get(url, allow_redirects=False) as response:
        body = await response.content.read(_MOST_BYTES)
        return _Answer(response.status, response.content_type, response.headers.get("Location", ""), body)


def _judged(webhook: str, code: str, client_secret: str, answer: _Answer) -> Finding:
    expected = hmac.new(client_secret.encode(), code.encode(), hashlib.sha256).hexdigest()
    if 300 <= answer.status < 400:
        return _failed(
            f"{webhook} redirects ({answer.status}), and LinkedIn follows no redirect",
            "Set PUBLIC_URL to the address at the end of it, and let no login stand in front.",
        )
    if answer.status in {401, 403, 407}:
        return _failed(
            f"{webhook} asks for a password or a login ({answer.status})",
            "Let the proxy pass this address on without one: LinkedIn's signature is the protection.",
        )
    if answer.status == 200 and answer.kind != "application/json":
        return _failed(
            f"{webhook} answers with a page ({answer.kind}), such as a login, not with Leadbell's answer", _WHO_LISTENS
        )
    if answer.status != 200:
        return _failed(f"{webhook} answers {answer.status}, which is not Leadbell's answer", _WHO_LISTENS)
    content = _object(answer.body)
    if content.get("challengeCode") != code:
        return _failed(f"{webhook} answers, but not with Leadbell's answer", _WHO_LISTENS)
    if content.get("challengeResponse") != expected:
        return _failed(
            f"the server at {webhook} uses another client secret than this rule file",
            "Set LINKEDIN_CLIENT_SECRET to the secret of this LinkedIn app in both places, and restart the server.",
        )
    return Finding(area="server", name="webhook", verdict=Verdict.OK, found=f"{webhook} passes LinkedIn's challenge")


def _object(body: bytes) -> dict[str, object]:
    try:
        content: object = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _failed(found: str, advice: str) -> Finding:
    return Finding(area="server", name="webhook", verdict=Verdict.FAILED, found=found, advice=advice)
