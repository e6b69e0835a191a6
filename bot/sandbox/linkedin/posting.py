"""What LinkedIn sends of its own accord: signed notifications and the challenge of an address."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import uuid
from dataclasses import dataclass

import aiohttp
from yarl import URL

from bot.sandbox.linkedin.records import Submission, entity_urn

FAILURES_TO_BLOCK = 3  #: in a row

_CHALLENGE_SECONDS = 3


@dataclass(slots=True, kw_only=True)
class Subscribed:
    """Somebody's wish to be told of an owner's leads of one type."""

    id: str
    webhook: str
    owner: str  #: URN
    lead_type: str
    form: str = ""  #: URN of one version of one form; "" = every form
    entity: str = ""  #: URN; "" = every one
    failures: int = 0  #: challenges failed in a row
    is_blocked: bool = False  #: nothing is posted any more until a person restarts the validation

    def wants(self, submission: Submission) -> bool:
        """Whether a lead is one of those."""
        is_theirs = (self.owner, self.lead_type) == (submission.form.owner, submission.lead_type)
        return is_theirs and self.form in {"", submission.form.urn} and self.entity in {"", entity_urn(submission)}


def signature(secret: str, body: bytes) -> str:
    """The X-LI-Signature of a body."""
    return hmac.new(secret.encode(), b"hmacsha256=" + body, hashlib.sha256).hexdigest()


async def post(client: aiohttp.ClientSession, secret: str, webhook: str, body: bytes) -> int:
    """Post a signed body once; the HTTP status. Raises aiohttp.ClientError, TimeoutError."""
    headers = {"Content-Type": "application/json", "X-LI-Signature": signature(secret, body)}
    async with client.post(URL(webhook, encoded=True), data=body, headers=headers) as response:
        await response.read()
        return response.status


async def passes_challenge(client: aiohttp.ClientSession, secret: str, webhook: str) -> bool:
    """Whether the address proves, within three seconds, that it knows the client secret."""
    code = str(uuid.uuid4())
    address = f"{webhook}{'&' if '?' in webhook else '?'}challengeCode={code}"
    digest = hmac.new(secret.encode(), code.encode(), hashlib.sha256).hexdigest()
    try:
        async with asyncio.timeout(_CHALLENGE_SECONDS), client.get(URL(address, encoded=True)) as response:
            is_json = response.status == 200 and response.content_type == "application/json"
            wanted = {"challengeCode": code, "challengeResponse": digest}
            return is_json and bool(json.loads(await response.read()) == wanted)
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return False
