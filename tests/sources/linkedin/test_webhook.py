"""The challenge, the signature and the notification."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import RejectedRequest
from bot.core.lead import Notification
from bot.ports import Posted
from bot.sources.linkedin.webhook import answer_challenge, read_notification
from tests.sources.linkedin.builders import SECRET, sample

BODY = sample("notification_sponsored.json")
GOOD = "69665f2f585316d364bd27e70ab2152a2f8af84dbbba07bffc6799092dffc13f"
WITHOUT_PREFIX = "deaa447b3995dae99fa1eace5ba9985cdc2402bb75d4f060178c3894f0221b29"
UUID = "890e4665-4dfe-4ab1-b689-ed553bceeed0"

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def read(
    body: bytes, signature: str | None = GOOD, *, secrets: tuple[str, ...] = (SECRET,), require: bool = True
) -> Posted:
    headers = {} if signature is None else {"x-li-signature": signature}
    return read_notification(headers, body, client_secrets=secrets, require_signature=require)


def signed(body: bytes) -> str:
    return hmac.new(SECRET.encode(), b"hmacsha256=" + body, hashlib.sha256).hexdigest()


def read_signed(content: object) -> Posted:
    body = json.dumps(content).encode()
    return read(body, signed(body))


def refusal(body: bytes, signature: str | None, *, require: bool = True) -> int:
    with pytest.raises(RejectedRequest) as caught:
        read(body, signature, require=require)
    return caught.value.status


# ── the challenge ──


def test_a_challenge_is_answered_as_in_the_worked_vector() -> None:
    answer = answer_challenge({"challengeCode": UUID, "applicationId": "7"}, SECRET)

    assert answer == {
        "challengeCode": UUID,
        "challengeResponse": "2f02d4233a0396d6b4632fc7be62fd3ab68183421f688efcda0c1fcb2615273e",
    }


def test_a_challenge_in_capitals_is_answered_byte_for_byte() -> None:
    answer = answer_challenge({"challengeCode": UUID.upper()}, SECRET)

    assert answer["challengeCode"] == UUID.upper()
    assert answer["challengeResponse"] == hmac.new(SECRET.encode(), UUID.upper().encode(), hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    "code",
    [
        "",
        f"{UUID}\n",
        f" {UUID}",
        f"{UUID}0",
        UUID.replace("-", ""),
        UUID.replace("0", "٠"),
        f"hmacsha256={BODY.decode()}",
        f"{UUID}\x00",
    ],
)
def test_only_a_uuid_is_answered_for_anything_else_could_be_a_forged_notification(code: str) -> None:
    with pytest.raises(RejectedRequest) as caught:
        answer_challenge({"challengeCode": code}, SECRET)

    assert caught.value.status == 400


def test_a_challenge_without_a_code_is_refused() -> None:
    with pytest.raises(RejectedRequest) as caught:
        answer_challenge({}, SECRET)

    assert caught.value.status == 400


# ── the signature ──


@pytest.mark.parametrize("signature", [GOOD, GOOD.upper(), f"  {GOOD}\t", f"hmacsha256={GOOD}"])
def test_the_worked_vector_is_accepted_in_its_spellings(signature: str) -> None:
    posted = read(BODY, signature)

    assert posted.is_signed
    assert len(posted.notifications) == 1


def test_the_vector_with_letters_beyond_ascii_is_accepted() -> None:
    body = '{"type":"LEAD_ACTION","leadAction":"CREATED","note":"Förnamn ñ"}'.encode()

    posted = read(body, "34b21b9413b599781959101f03369f1599f2b0addc7ff1553739c3addfa766fb")

    assert len(body) == 66
    assert posted.unknown == ("LEAD_ACTION without a usable leadGenFormResponse",)


@pytest.mark.parametrize(
    "signature",
    [
        WITHOUT_PREFIX,
        f"hmacsha256={WITHOUT_PREFIX}",
        "",
        "hmacsha256=",
        GOOD[:-1],
        GOOD + "0",
        GOOD[:-1] + "g",
        GOOD[:-1] + "é",
        "٠" * 64,
        f"{GOOD}, {GOOD}",
        f"sha256={GOOD}",
    ],
)
@pytest.mark.parametrize("require", [True, False])
def test_a_wrong_signature_is_refused_always(signature: str, require: bool) -> None:
    assert refusal(BODY, signature, require=require) == 401


def test_a_missing_signature_is_refused_when_one_is_required() -> None:
    assert refusal(BODY, None) == 401


def test_an_unsigned_notification_may_ring_the_door_when_none_is_required() -> None:
    posted = read(BODY, None, require=False)

    assert not posted.is_signed
    assert len(posted.notifications) == 1


def test_a_signature_over_other_spacing_does_not_count() -> None:
    assert refusal(BODY.replace(b", 1", b",1"), GOOD) == 401


def test_during_a_rotation_either_secret_may_have_signed() -> None:
    posted = read(BODY, secrets=("the_new_one", SECRET))

    assert posted.is_signed


@pytest.mark.parametrize("secrets", [(), ("",), ("another",)])
def test_an_empty_or_another_secret_signs_nothing(secrets: tuple[str, ...]) -> None:
    by_empty_key = hmac.new(b"", b"hmacsha256=" + BODY, hashlib.sha256).hexdigest()

    for signature in (GOOD, by_empty_key):
        with pytest.raises(RejectedRequest) as caught:
            read(BODY, signature, secrets=secrets)
        assert caught.value.status == 401


@given(st.text(max_size=80) | st.text(alphabet="0123456789abcdefABCDEF", min_size=64, max_size=64))
def test_no_other_signature_is_ever_accepted_and_none_crashes(signature: str) -> None:
    if signature.strip().removeprefix("hmacsha256=").lower() != GOOD:
        assert refusal(BODY, signature, require=False) == 401


@given(st.integers(0, 63), st.sampled_from("0123456789abcdef"))
def test_no_signature_with_one_changed_digit_is_accepted(place: int, digit: str) -> None:
    changed = GOOD[:place] + digit + GOOD[place + 1 :]

    if changed != GOOD:
        assert refusal(BODY, changed) == 401


@given(st.integers(0, 8 * len(BODY) - 1))
def test_no_body_with_one_changed_bit_is_accepted(bit: int) -> None:
    changed = bytearray(BODY)
    changed[bit // 8] ^= 1 << (bit % 8)

    assert refusal(bytes(changed), GOOD) == 401


# ── the notification ──


def test_the_published_notification_is_read_whole() -> None:
    (notification,) = read(BODY).notifications

    assert notification == Notification(
        response_id="1a2b3c-4",
        action="CREATED",
        occurred_at=datetime(2023, 6, 7, 23, 59, 18, 881000, tzinfo=UTC),
        lead_type="SPONSORED",
        owner="urn:li:sponsoredAccount:123",
        form="1",
        form_version="1",
    )


def test_a_time_in_seconds_is_understood_as_such() -> None:
    body = sample("notification_event_deleted.json")

    (notification,) = read(body, signed(body)).notifications

    assert notification.occurred_at == datetime(2025, 11, 23, 8, 40, tzinfo=UTC)
    assert notification.action == "DELETED"
    assert notification.owner == "urn:li:organization:5622087"
    assert (notification.form, notification.form_version) == ("6955637458260688897", "3")


def test_a_notification_without_an_entity_is_read() -> None:
    body = sample("notification_company.json")

    (notification,) = read(body, signed(body)).notifications

    assert (notification.lead_type, notification.form) == ("COMPANY", "818")


def test_a_batch_is_read_entry_by_entry_and_the_unknown_ones_are_named_once() -> None:
    good = json.loads(BODY)
    social = {"type": "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS", "notifications": []}

    posted = read_signed([good, social, social, 7, {**good, "leadGenFormResponse": "urn:li:leadGenFormResponse:x-1"}])

    assert [notification.response_id for notification in posted.notifications] == ["1a2b3c-4", "x-1"]
    assert posted.unknown == ("ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS", "no type")


def test_words_that_are_new_to_us_are_kept() -> None:
    posted = read_signed(
        {**json.loads(BODY), "leadAction": "UPDATED", "leadType": "MESSAGE", "owner": {"page": "urn:li:page:1"}}
    )

    (notification,) = posted.notifications
    assert (notification.action, notification.lead_type, notification.owner) == ("UPDATED", "MESSAGE", "urn:li:page:1")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"leadGenFormResponse": ""}, "LEAD_ACTION without a usable leadGenFormResponse"),
        ({"leadGenFormResponse": "urn:li:leadGenFormResponse:a b"}, "LEAD_ACTION without a usable leadGenFormResponse"),
        ({"leadGenFormResponse": "x" * 201}, "LEAD_ACTION without a usable leadGenFormResponse"),
        ({"leadAction": None}, "LEAD_ACTION without a usable leadAction"),
        ({"occurredAt": None}, "LEAD_ACTION without a usable occurredAt"),
        ({"occurredAt": True}, "LEAD_ACTION without a usable occurredAt"),
        ({"occurredAt": -5}, "LEAD_ACTION without a usable occurredAt"),
        ({"occurredAt": 10**17}, "LEAD_ACTION without a usable occurredAt"),
        ({"occurredAt": 10**400}, "LEAD_ACTION without a usable occurredAt"),
        ({"type": "x" * 500}, "x" * 120),
        ({"type": "A\nB\x1b"}, "AB"),
    ],
)
def test_an_entry_that_cannot_be_worked_on_is_recorded_by_a_word(change: dict[str, object], word: str) -> None:
    posted = read_signed({**json.loads(BODY), **change})

    assert posted.notifications == ()
    assert posted.unknown == (word,)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"{",
        b"\xff\xfe{}",
        b"NaN",
        b'{"a": NaN}',
        b"5",
        b'"text"',
        b"null",
        b"[" * 100_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b'{"a": ' + b"9" * 10_000 + b"x}",
    ],
)
def test_what_is_not_json_or_no_object_is_refused(body: bytes) -> None:
    assert refusal(body, signed(body)) == 400


@pytest.mark.parametrize(
    "body",
    [b'{"type": "\\ud800"}', b'{"a": ' + b"9" * 4000 + b"}", b'{"a": 1e999}', b'{"type": ["\\udfff", {"\\ud83d": 1}]}'],
)
def test_odd_but_readable_json_is_tolerated(body: bytes) -> None:
    posted = read(body, signed(body))

    assert posted.notifications == ()
    posted.unknown[0].encode()  # can be stored: no half of a surrogate pair is left


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_reader(body: bytes) -> None:
    try:
        posted = read(body, signed(body))
    except RejectedRequest as refused:
        status = refused.status
    else:
        status = 200 if posted.is_signed else 401

    assert status in {200, 400}


@given(st.dictionaries(st.sampled_from(list(json.loads(BODY))), json_values))
def test_no_json_crashes_the_reader(change: dict[str, object]) -> None:
    posted = read_signed({**json.loads(BODY), **change})

    assert len(posted.notifications) + len(posted.unknown) == 1
