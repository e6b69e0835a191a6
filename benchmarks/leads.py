"""The one kind of lead that every system gets: its signed notification, LinkedIn's answer, its mark in Slack."""

from __future__ import annotations

import hmac
import json
import re
import time
from collections.abc import Mapping

CLIENT_SECRET = "client-secret-of-the-benchmark"  # noqa: S105  # stand-ins on loopback know it
ACCESS_TOKEN = "access-token-of-the-benchmark"  # noqa: S105
SIGNING_SECRET = "signing-secret-of-the-benchmark"  # noqa: S105
BOT_TOKEN = "xoxb-token-of-the-benchmark"  # noqa: S105

SIGNATURE_HEADER = "X-LI-Signature"
SIGNED_PREFIX = b"hmacsha256="
CHANNELS = 200
FORM, CAMPAIGN, ACCOUNT = 6083, 367378525, 507857085

_MARK = re.compile(rb"Lead(\d{12})")
_NUMBER = re.compile(r"249592fc-d272-44ba-a7db-(\d{12})-6")
# written once: the load generator must be far cheaper than what it loads
_NOTIFICATION = json.dumps(
    {
        "type": "LEAD_ACTION",
        "leadGenFormResponse": "urn:li:leadGenFormResponse:@response",
        "leadGenForm": f"urn:li:versionedLeadGenForm:(urn:li:leadGenForm:{FORM},1)",
        "owner": {"sponsoredAccount": f"urn:li:sponsoredAccount:{ACCOUNT}"},
        "associatedEntity": {"sponsoredCreative": "urn:li:sponsoredCreative:241257736"},
        "leadType": "SPONSORED",
        "leadAction": "CREATED",
        "occurredAt": "@now",
    },
    separators=(",", ":"),
).replace('"@now"', "@now")


def country_of(number: int) -> str:
    """The answer that decides the lead's channel: numbers in a row go to different channels."""
    return f"Land {number % CHANNELS}"


def response_id(number: int) -> str:
    """LinkedIn's id of lead `number`."""
    return f"249592fc-d272-44ba-a7db-{number:012d}-6"


def notification(number: int) -> bytes:
    """The body of lead `number`'s webhook, as LinkedIn would post it now."""
    text = _NOTIFICATION.replace("@response", response_id(number)).replace("@now", str(time.time_ns() // 1_000_000))
    return text.encode()


def signature(body: bytes, secret: str = CLIENT_SECRET) -> str:
    """The value of X-LI-Signature."""
    return hmac.digest(secret.encode(), SIGNED_PREFIX + body, "sha256").hex()


def number_in(path: str) -> int | None:
    """The lead that a response id in an URL's path, or anywhere in a text, belongs to."""
    found = _NUMBER.search(path)
    return int(found[1]) if found else None


def number_posted(body: bytes) -> int | None:
    """The lead that a message to Slack is about; None for the bot's own words."""
    found = _MARK.search(body)
    return int(found[1]) if found else None


def response(number: int) -> bytes:
    """LinkedIn's answer for lead `number`, decorated with form, campaign and account."""
    return (
        _ANSWER.replace(b"@response", (response_id(number)).encode())
        .replace(b"@country", country_of(number).encode())
        .replace(b"@mark", b"Lead%012d" % number)
        .replace(b'"@now"', b"%d" % (time.time_ns() // 1_000_000))
    )


def responses(path: str) -> bytes:
    """LinkedIn's answer for all leads that the URL of a batch names."""
    numbers = dict.fromkeys(map(int, _NUMBER.findall(path)))
    entries = (b'"%s":%s' % (response_id(number).encode(), response(number)) for number in numbers)
    return b'{"results":{%s}}' % b",".join(entries)


def _question(number: int, text: str, field: str = "") -> Mapping[str, object]:
    question: dict[str, object] = {"questionId": number, "name": text, "question": {"localized": {"en_US": text}}}
    return question | ({"predefinedField": field} if field else {})


def _answer(number: int, text: str) -> Mapping[str, object]:
    return {"questionId": number, "answerDetails": {"textQuestionAnswer": {"answer": text}}}


_ANSWER = json.dumps(
    {
        "owner": {"sponsoredAccount": f"urn:li:sponsoredAccount:{ACCOUNT}"},
        "ownerInfo": {"sponsoredAccountInfo": {"name": "Nordwind EMEA"}},
        "leadType": "SPONSORED",
        "leadMetadata": {"sponsoredLeadMetadata": {"campaign": f"urn:li:sponsoredCampaign:{CAMPAIGN}"}},
        "leadMetadataInfo": {"sponsoredLeadMetadataInfo": {"campaign": {"id": CAMPAIGN, "name": "Spring"}}},
        "versionedLeadGenFormUrn": f"urn:li:versionedLeadGenForm:(urn:li:leadGenForm:{FORM},1)",
        "id": "@response",
        "submittedAt": "@now",
        "testLead": False,
        "associatedEntity": {"associatedCreative": "urn:li:sponsoredCreative:241257736"},
        "formResponse": {
            "consentResponses": [{"accepted": True, "consentId": 0}],
            "answers": [
                _answer(1, "Ana"),
                _answer(2, "@mark"),
                _answer(3, "ana@acme.example"),
                _answer(4, "ACME Industries"),
                _answer(5, "@country"),
                _answer(6, "Head of IT"),
                _answer(7, "We would like to see it before the end of the quarter."),
            ],
        },
        "form": {
            "id": FORM,
            "name": "Demo request",
            "creationLocale": {"country": "US", "language": "en"},
            "hiddenFields": [{"name": "utm_source", "value": "linkedin"}],
            "content": {
                "questions": [
                    _question(1, "First name", "FIRST_NAME"),
                    _question(2, "Last name", "LAST_NAME"),
                    _question(3, "Email", "EMAIL"),
                    _question(4, "Company", "COMPANY_NAME"),
                    _question(5, "Country", "COUNTRY"),
                    _question(6, "Job title", "JOB_TITLE"),
                    _question(7, "What would you like to see?"),
                ],
                "legalInfo": {
                    "consents": [
                        {"id": 0, "checkRequired": True, "consent": {"localized": {"en_US": "I agree to be called."}}}
                    ]
                },
            },
        },
    },
    separators=(",", ":"),
).encode()
