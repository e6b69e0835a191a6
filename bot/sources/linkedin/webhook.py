"""LinkedIn's webhook, bytes in and values out: the ownership challenge, the signature, the notification. No I/O.

https://learn.microsoft.com/en-us/linkedin/shared/api-guide/webhook-validation
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping

from bot.core.errors import RejectedRequest
from bot.core.lead import Notification
from bot.ports import Posted
from bot.sources.linkedin.urns import form_and_version, id_of, owner_of
from bot.sources.linkedin.wire import as_object, as_text, as_time, header, read_json

_SIGNED_PREFIX = b"hmacsha256="
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_HEX_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_RESPONSE_ID = re.compile(r"[!-~]{1,200}")  # opaque, but visible ASCII: it becomes a key, a path and a log field
_WORD_LENGTH = 120
_UNKNOWN_WORDS = 20


def answer_challenge(query: Mapping[str, str], client_secret: str) -> dict[str, str]:
    """The JSON that proves we know the client secret. Raises RejectedRequest(400).

    Only UUIDs are answered: the answer is made with the key that signs notifications, so answering any text would
    let a stranger have a forged notification signed by us.
    """
    code = query.get("challengeCode", "")
    if not _UUID.fullmatch(code):
        raise RejectedRequest(400, "challengeCode is missing or is not a UUID")
    answer = hmac.new(client_secret.encode(), code.encode(), hashlib.sha256).hexdigest()
    return {"challengeCode": code, "challengeResponse": answer}


def read_notification(
    headers: Mapping[str, str], body: bytes, *, client_secrets: tuple[str, ...], require_signature: bool = True
) -> Posted:
    """Check the signature over the raw bytes and parse. Raises RejectedRequest(401 | 400).

    Any of `client_secrets` may have signed (two during a rotation). Without `require_signature` a request with no
    signature at all is read too, with `is_signed` False; a wrong signature is refused always.
    """
    signature = header(headers, "X-LI-Signature")
    if signature is None and require_signature:
        raise RejectedRequest(401, "the X-LI-Signature header is missing")
    if signature is not None and not _is_genuine(signature, body, client_secrets):
        raise RejectedRequest(401, "the X-LI-Signature header does not fit the body")
    return _parse(body, is_signed=signature is not None)


def _is_genuine(signature: str, body: bytes, client_secrets: tuple[str, ...]) -> bool:
    given = signature.strip().removeprefix(_SIGNED_PREFIX.decode())
    if not _HEX_SHA256.fullmatch(given):  # also keeps non-ASCII out of compare_digest, which would raise
        return False
    expected = [hmac.new(secret.encode(), _SIGNED_PREFIX + body, hashlib.sha256) for secret in client_secrets if secret]
    return any(hmac.compare_digest(digest.hexdigest(), given.lower()) for digest in expected)


def _parse(body: bytes, *, is_signed: bool) -> Posted:
    try:
        content = read_json(body)
    except ValueError as error:
        raise RejectedRequest(400, "the body is not JSON") from error
    if not isinstance(content, dict | list):
        raise RejectedRequest(400, "the body is neither a JSON object nor an array of them")
    # LinkedIn posts one object; other families of its events come in batches.
    read = [_read_entry(entry) for entry in (content if isinstance(content, list) else [content])]
    unknown = dict.fromkeys(entry for entry in read if isinstance(entry, str))
    return Posted(
        notifications=tuple(entry for entry in read if isinstance(entry, Notification)),
        unknown=tuple(unknown)[:_UNKNOWN_WORDS],
        is_signed=is_signed,
    )


def _read_entry(content: object) -> Notification | str:
    """The notification, or a word for the record that says what else it was."""
    entry = as_object(content)
    kind = _word(entry.get("type", "LEAD_ACTION" if "leadGenFormResponse" in entry else ""))
    if kind != "LEAD_ACTION":
        return kind or "no type"
    response_id = id_of(as_text(entry.get("leadGenFormResponse")))
    action = _word(entry.get("leadAction"))
    occurred_at = as_time(entry.get("occurredAt"))
    if not _RESPONSE_ID.fullmatch(response_id):
        return "LEAD_ACTION without a usable leadGenFormResponse"
    if not action:
        return "LEAD_ACTION without a usable leadAction"
    if occurred_at is None:
        return "LEAD_ACTION without a usable occurredAt"
    form, version = form_and_version(as_text(entry.get("leadGenForm")))
    return Notification(
        response_id=response_id,
        action=action,
        occurred_at=occurred_at,
        lead_type=_word(entry.get("leadType")),
        owner=_word(owner_of(entry.get("owner"))),
        form=form,
        form_version=version,
    )


def _word(value: object) -> str:
    """An enum's value, harmless to store and to log whoever wrote it."""
    return "".join(character for character in as_text(value) if character.isprintable()).strip()[:_WORD_LENGTH]
