"""Signed notifications, the challenge, and subscriptions that live and are blocked by it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.sandbox.linkedin_builders import (
    ACCOUNT,
    GOOD,
    NOON,
    PAGE,
    WRITES,
    a_linkedin,
    a_receiver,
    get,
    nobody,
    send,
)

FORM = "urn:li:versionedLeadGenForm:(urn:li:leadGenForm:6083,1)"
CRITERIA = "owner=(value:(sponsoredAccount:urn%3Ali%3AsponsoredAccount%3A507857085))&leadType=(leadType:SPONSORED)"
LISTED = f"/rest/leadNotifications?q=criteria&{CRITERIA}"
REFUSED_CHALLENGE = "This URL did not pass the security challenge check"


def a_wish(webhook: str, **more: object) -> dict[str, object]:
    """The body of a create."""
    return {"webhook": webhook, "owner": {"sponsoredAccount": ACCOUNT}, "leadType": "SPONSORED", **more}


# ── notifications and the challenge ──


async def test_a_notification_is_signed_and_connections_are_reused() -> None:
    async with a_linkedin() as linkedin, a_receiver() as receiver:
        response_id = linkedin.submit(form=6083, answers={})

        statuses = [await linkedin.notify(receiver.url, response_id) for _ in range(3)]

        peers = {request.transport.get_extra_info("peername") for request in receiver.posts if request.transport}
    assert statuses == [200, 200, 200]
    assert len(receiver.posts) == 3
    assert len(peers) == 1


async def test_the_same_notification_is_the_same_bytes_and_a_deletion_has_its_own_time() -> None:
    async with a_linkedin() as linkedin:
        response_id = linkedin.submit(form=6083, answers={}, campaign=7, submitted_at=NOON - timedelta(days=1))
        created = linkedin.notification(response_id)
        linkedin.delete(response_id)

        deleted = json.loads(linkedin.notification(response_id, action="DELETED"))

    assert linkedin.notification(response_id) == created
    assert json.loads(created) == {
        "type": "LEAD_ACTION",
        "leadGenFormResponse": f"urn:li:leadGenFormResponse:{response_id}",
        "leadGenForm": "urn:li:versionedLeadGenForm:(urn:li:leadGenForm:6083, 1)",
        "owner": {"sponsoredAccount": ACCOUNT},
        "leadType": "SPONSORED",
        "leadAction": "CREATED",
        "occurredAt": int((NOON - timedelta(days=1)).timestamp() * 1000),
        "associatedEntity": {"sponsoredCreative": "urn:li:sponsoredCreative:8"},
    }
    assert (deleted["leadAction"], deleted["occurredAt"]) == ("DELETED", int(NOON.timestamp() * 1000))


@pytest.mark.parametrize(("knows", "passes"), [("secret", True), ("another", False)])
async def test_the_challenge_passes_only_with_the_right_secret(knows: str, passes: bool) -> None:
    async with a_linkedin() as linkedin, a_receiver(knows=knows) as receiver:
        answers = [await linkedin.challenge(receiver.url), await linkedin.challenge(receiver.url + "?tenant=7")]

    assert answers == [passes, passes]


async def test_the_challenge_fails_where_nobody_listens() -> None:
    with nobody() as address:
        async with a_linkedin() as linkedin:
            assert not await linkedin.challenge(address)


# ── subscribing ──


async def test_subscribing_asks_the_address_to_prove_itself_and_tells_the_id_in_a_header() -> None:
    async with a_linkedin() as linkedin, a_receiver() as receiver:
        made = await send(linkedin, "POST", "/rest/leadNotifications", body=a_wish(receiver.url))
        new_id = made.headers["x-restli-id"]
        listed = await get(linkedin, LISTED)
        one = await get(linkedin, f"/rest/leadNotifications/{new_id}")

    assert (made.status, made.content, receiver.challenges) == (201, None, 1)
    assert one.content == {
        "id": int(new_id),
        "webhook": receiver.url,
        "owner": {"sponsoredAccount": ACCOUNT},
        "leadType": "SPONSORED",
    }
    assert listed.elements == [one.content]
    assert linkedin.subscriptions[new_id].webhook == receiver.url


async def test_an_address_that_fails_the_challenge_is_not_subscribed() -> None:
    async with a_linkedin() as linkedin, a_receiver(knows="another") as receiver:
        made = await send(linkedin, "POST", "/rest/leadNotifications", body=a_wish(receiver.url))

    assert made.status == 400
    assert made.content["message"] == REFUSED_CHALLENGE
    assert not linkedin.subscriptions


async def test_a_subscription_can_be_for_one_form_or_one_event() -> None:
    async with a_linkedin() as linkedin, a_receiver() as receiver:
        for_event = a_wish(receiver.url, associatedEntity={"event": "urn:li:event:77"})
        for_event |= {"owner": {"organization": PAGE}, "leadType": "EVENT"}
        bodies = [a_wish(receiver.url), a_wish(receiver.url, versionedForm=FORM), for_event]

        made = [await send(linkedin, "POST", "/rest/leadNotifications", body=body) for body in bodies]
        form = FORM.replace(":", "%3A").replace("(", "%28").replace(")", "%29").replace(",", "%2C")
        by_form = await get(linkedin, f"{LISTED}&versionedForm={form}")
        by_wrapped_form = await get(linkedin, f"{LISTED}&versionedForm=(value:{form})")
        criteria = "owner=(value:(organization:urn%3Ali%3Aorganization%3A12345))&leadType=(leadType:EVENT)"
        events = await get(linkedin, f"/rest/leadNotifications?q=criteria&{criteria}")

    assert [one.status for one in made] == [201, 201, 201]
    assert [one["versionedForm"] for one in by_form.elements] == [FORM]
    assert by_wrapped_form.elements == by_form.elements
    assert [one["associatedEntity"] for one in events.elements] == [{"event": "urn:li:event:77"}]


@pytest.mark.parametrize(
    "change",
    [
        {"webhook": "http://leads.example.com/hook"},
        {"webhook": "https://leads.example.com/hook#part"},
        {"webhook": "https://abc.ngrok-free.app/hook"},
        {"webhook": 7},
        {"webhook": "https://[leads/hook"},
        {"webhook": "https://me:secret@leads.example.com/hook"},
        {"owner": ACCOUNT},
        {"owner": {"organization": ACCOUNT}},
        {"owner": {"organization": PAGE}},
        {"leadType": "EVENT"},
        {"leadType": {"leadType": "SPONSORED"}},
        {"versionedForm": "urn:li:leadGenForm:6083"},
        {"versionedForm": FORM.replace(",1", ",2")},
        {"versionedForm": FORM.replace("6083", "818")},
        {"associatedEntity": "urn:li:event:77"},
        {"form": FORM},
    ],
)
async def test_a_wish_with_a_wrong_field_is_refused_before_anybody_is_asked(change: dict[str, object]) -> None:
    async with a_linkedin() as linkedin, a_receiver() as receiver:
        made = await send(linkedin, "POST", "/rest/leadNotifications", body=a_wish(receiver.url) | change)

    assert (made.status, receiver.challenges) == (400, 0)
    assert made.content["message"] != REFUSED_CHALLENGE


async def test_missing_fields_are_all_named() -> None:
    async with a_linkedin() as linkedin:
        made = await send(linkedin, "POST", "/rest/leadNotifications", body={"leadType": "SPONSORED"})

    wrong = [one["input"]["inputPath"]["fieldPath"] for one in made.content["errorDetails"]["inputErrors"]]
    assert (made.status, made.content["code"], wrong) == (400, "MULTIPLE_VALIDATIONS_FAILED", ["owner", "webhook"])


async def test_a_duplicate_a_full_owner_and_a_forbidden_one_are_refused() -> None:
    async with a_linkedin() as linkedin, a_receiver() as receiver:
        linkedin.subscription_limit = 1
        linkedin.add_subscription(webhook=receiver.url, owner=ACCOUNT)

        same = await send(linkedin, "POST", "/rest/leadNotifications", body=a_wish(receiver.url))
        other = await send(linkedin, "POST", "/rest/leadNotifications", body=a_wish(receiver.url + "2"))
        linkedin.forbid(ACCOUNT)
        forbidden = await send(linkedin, "POST", "/rest/leadNotifications", body=a_wish(receiver.url + "3"))
        unlisted = await get(linkedin, LISTED)

    assert [one.status for one in (same, other, forbidden, unlisted)] == [409, 400, 403, 403]
    assert "limit" in other.content["message"]


@pytest.mark.parametrize(
    "path",
    [
        LISTED.replace("q=criteria", "q=owner"),
        LISTED.replace("(value:(", "(").replace("))", ")"),
        LISTED.replace("&leadType=(leadType:SPONSORED)", ""),
        LISTED.replace("SPONSORED", "COMPANY"),
        LISTED + "&webhook=x",
        "/rest/leadNotifications/abc",
    ],
)
async def test_the_list_of_subscriptions_has_its_own_spelling(path: str) -> None:
    async with a_linkedin() as linkedin:
        assert (await get(linkedin, path)).status == 400


async def test_a_deleted_subscription_is_gone() -> None:
    async with a_linkedin() as linkedin:
        path = f"/rest/leadNotifications/{linkedin.add_subscription(webhook='https://a.example', owner=ACCOUNT)}"

        first, second = await send(linkedin, "DELETE", path), await send(linkedin, "DELETE", path)
        read = await get(linkedin, path)

    assert (first.status, first.content) == (204, None)
    assert (second.status, read.status) == (404, 404)


# ── announcing and re-checking ──


async def test_a_lead_is_announced_to_those_who_subscribed_to_it() -> None:
    with nobody() as address:
        async with a_linkedin() as linkedin, a_receiver() as receiver:
            base = receiver.url.removesuffix("hook")
            linkedin.add_subscription(webhook=f"{base}all", owner=ACCOUNT)
            linkedin.add_subscription(webhook=f"{base}form", owner=ACCOUNT, form=FORM)
            linkedin.add_subscription(webhook=f"{base}other", owner=ACCOUNT, form=FORM.replace("6083", "6084"))
            linkedin.add_subscription(webhook=f"{base}ad", owner=ACCOUNT, entity="urn:li:sponsoredCreative:99")
            linkedin.add_subscription(webhook=f"{base}page", owner=PAGE, lead_type="EVENT")
            linkedin.add_subscription(webhook=address, owner=ACCOUNT)

            statuses = await linkedin.announce(linkedin.submit(form=6083, answers={}, campaign=7))

    assert statuses == [200, 200, 0]
    assert [request.path for request in receiver.posts] == ["/all", "/form"]


async def test_three_failed_checks_in_a_row_block_an_address_until_somebody_restarts_it() -> None:
    async with a_linkedin() as linkedin, a_receiver() as receiver:
        subscribed = linkedin.subscriptions[linkedin.add_subscription(webhook=receiver.url, owner=ACCOUNT)]
        response_id = linkedin.submit(form=6083, answers={})

        receiver.knows = "another"
        for _ in range(2):
            await linkedin.recheck()
        receiver.knows = "secret"
        await linkedin.recheck()
        assert (subscribed.failures, subscribed.is_blocked) == (0, False)

        receiver.knows = "another"
        for _ in range(3):
            await linkedin.recheck()
        before = await linkedin.announce(response_id)
        asked = receiver.challenges
        await linkedin.recheck()
        assert (subscribed.is_blocked, before, receiver.challenges) == (True, [], asked)

        assert not await linkedin.restart_validation(receiver.url)
        assert subscribed.is_blocked
        receiver.knows = "secret"
        assert await linkedin.restart_validation(receiver.url)
        assert await linkedin.announce(response_id) == [200]


async def test_an_address_with_several_subscriptions_is_asked_once() -> None:
    async with a_linkedin() as linkedin, a_receiver(knows="another") as receiver:
        ids = [linkedin.add_subscription(webhook=receiver.url, owner=owner) for owner in (ACCOUNT, PAGE)]

        await linkedin.recheck()

    assert receiver.challenges == 1
    assert [linkedin.subscriptions[one].failures for one in ids] == [1, 1]


async def test_a_write_needs_the_protocol_header_like_a_read() -> None:
    async with a_linkedin() as linkedin:
        headers = {name: value for name, value in WRITES.items() if "Restli" not in name}

        answer = await send(linkedin, "POST", "/rest/leadNotifications", body={}, headers=headers)

    assert answer.status == 400
    assert "Content-Type" not in GOOD
