"""Slack at its worst: down when we start, refusing in every way, silent about what became of a message."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from bot import control
from bot.app import Running
from bot.sandbox.faults import Fault
from bot.store.database import opened_to_read
from bot.store.reading import Json, Reading
from tests.story.world import ANNA, BEN, DORA, QUICK, RULES, STRANGER, World, a_world, until

GUEST = "U0GUEST"

_PEOPLE = RULES[RULES.index("people:") : RULES.index("rules:")]
#: Nobody is named, so any full member may claim.
_WITHOUT_PEOPLE = (
    RULES.replace(_PEOPLE, "").replace("    owner: anna\n    email: owner\n", "").replace("  managers: [dora]\n", "")
)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """The admin has a mailbox of their own, so that words about Slack reach them while Slack does not."""
    async with a_world(tmp_path, RULES + "  admin: ops@example.com\n") as made:
        yield made


def _says(code: str, **more: object) -> bytes:
    return json.dumps({"ok": False, "error": code, **more}).encode()


def _admin_mails(world: World) -> list[str]:
    return [mail.text for mail in world.mailbox.messages if "ops@example.com" in mail.recipients]


async def _deliveries(world: World) -> list[Json]:
    async with opened_to_read(world.config.database) as database:
        return await Reading(database).deliveries(only_dead=False, limit=100)


async def _people_are_known(world: World) -> None:
    await until(lambda: [call.method for call in world.slack.calls].count("users.lookupByEmail") >= 3)


# ── who may press ──


async def test_people_whom_slack_would_not_name_at_the_start_can_claim_once_it_does(world: World) -> None:
    world.slack.faults.add(Fault(where="users.lookupByEmail", status=503, times=3))
    async with world.product() as server:
        await world.notify(server, world.submit())
        await until(lambda: world.texts("#leads-all"))

        for press in range(3):  # whoever is told to wait presses again, as people do
            if _is_claimed(world):
                break
            await world.press(BEN, "lead_claim")
            await until(lambda press=press: _is_claimed(world) or len(world.slack.private) > press)  # type: ignore[misc]

        await until(lambda: _is_claimed(world), seconds=5)


def _is_claimed(world: World) -> bool:
    return "– claimed by" in world.texts("#leads-all")[0]


async def _pressed_by_a_guest(world: World, server: Running) -> None:
    await world.notify(server, world.submit())
    await until(lambda: world.texts("#leads-all"))
    if GUEST not in world.slack.users:
        world.slack.add_user(id=GUEST, name="Gus", email="gus@guest.example", is_guest=True)
    assert await world.press(GUEST, "lead_claim") == 200
    await until(lambda: world.slack.private or _is_claimed(world))


async def test_in_a_file_without_people_a_member_claims_and_a_guest_is_refused(tmp_path: Path) -> None:
    async with a_world(tmp_path, _WITHOUT_PEOPLE) as world:
        world.slack.add_user(id=GUEST, name="Gus", email="gus@guest.example", is_guest=True)
        async with world.product() as server:
            await until(lambda: any(call.method == "users.list" for call in world.slack.calls))
            await _pressed_by_a_guest(world, server)
            assert world.texts("#leads-all") == ["New lead: Ana Silva at ACME – unclaimed"]

            await world.press(STRANGER, "lead_claim")

            await until(lambda: "claimed by" in world.texts("#leads-all")[0])


async def test_a_guest_is_refused_although_slack_could_not_list_its_members_at_the_start(tmp_path: Path) -> None:
    async with a_world(tmp_path, _WITHOUT_PEOPLE) as world:
        world.slack.add_user(id=GUEST, name="Gus", email="gus@guest.example", is_guest=True)
        world.slack.faults.add(Fault(where="users.list", status=503))
        async with world.product() as server:
            await until(lambda: any(call.method == "users.list" for call in world.slack.calls))

            await _pressed_by_a_guest(world, server)

            assert world.texts("#leads-all") == ["New lead: Ana Silva at ACME – unclaimed"]


async def test_a_guest_who_joined_after_the_start_is_refused(tmp_path: Path) -> None:
    async with a_world(tmp_path, _WITHOUT_PEOPLE) as world, world.product() as server:
        await until(lambda: any(call.method == "users.list" for call in world.slack.calls))

        await _pressed_by_a_guest(world, server)

        assert world.texts("#leads-all") == ["New lead: Ana Silva at ACME – unclaimed"]


async def test_owner_and_managers_finish_and_give_back_and_others_are_told_privately(world: World) -> None:
    async with world.product() as server:
        await _people_are_known(world)
        await world.notify(server, world.submit(country="Germany"))
        await until(lambda: world.texts("#leads-dach"))

        await world.press(DORA, "lead_claim", "#leads-dach")
        await until(lambda: "claimed by Dora" in world.texts("#leads-dach")[0])
        await world.press(ANNA, "lead_contacted", "#leads-dach")
        await until(lambda: len(world.slack.private) == 1)
        await world.press(STRANGER, "give_back", "#leads-dach")
        await until(lambda: len(world.slack.private) == 2)

        assert [answer.user for answer in world.slack.private] == [ANNA, STRANGER]
        assert all("Dora has this lead" in answer.text for answer in world.slack.private)
        assert "claimed by Dora" in world.texts("#leads-dach")[0]


async def test_an_old_button_of_a_removed_lead_says_so_and_brings_nothing_back(world: World) -> None:
    async with world.product() as server:
        await _people_are_known(world)
        response_id = world.submit()
        await world.notify(server, response_id)
        await until(lambda: world.texts("#leads-all"))
        message = world.slack.messages("#leads-all")[0]
        blocks = message.blocks
        await world.notify(server, response_id, "DELETED")
        await until(lambda: world.texts("#leads-all") == ["Lead removed on request"])
        message.blocks = blocks  # a phone that was offline still shows the button

        assert await world.press(BEN, "lead_claim") == 200

        await until(lambda: world.slack.private)
        assert "removed on request" in world.slack.private[0].text


# ── what Slack refuses ──


@pytest.mark.parametrize("code", ["channel_not_found", "is_archived", "restricted_action_read_only_channel"])
async def test_a_channel_that_refuses_is_told_once_and_its_leads_go_to_the_last_rule(tmp_path: Path, code: str) -> None:
    only_slack = RULES.replace("    email: owner\n", "") + "  admin: ops@example.com\n"
    async with a_world(tmp_path, only_slack) as world, world.product() as server:
        world.slack.faults.add(Fault(where="chat.postMessage", body=_says(code)))
        await world.notify(server, world.submit(country="Germany"))
        await until(lambda: world.texts("#leads-all"))
        await world.notify(server, world.submit(first="Zoe", country="Germany"))

        await until(lambda: len(world.texts("#leads-all")) == 2 and _admin_mails(world))

        assert world.texts("#leads-dach") == []
        assert len(_admin_mails(world)) == 1
        assert code in _admin_mails(world)[0]


async def test_the_bot_joins_a_public_channel_by_itself(world: World) -> None:
    channel = next(each for each in world.slack.channels.values() if each.name == "leads-all")
    channel.is_bot_member = False
    async with world.product() as server:
        await world.notify(server, world.submit())

        await until(lambda: world.texts("#leads-all"))

    assert _admin_mails(world) == []


@pytest.mark.parametrize("code", ["token_revoked", "missing_scope", "not_authed"])
async def test_a_dead_token_holds_the_alerts_and_the_admin_hears_of_it_by_mail(world: World, code: str) -> None:
    world.slack.faults.add(Fault(where="chat.postMessage", body=_says(code), times=2))
    async with world.product() as server:
        for _ in range(3):
            await world.notify(server, world.submit())

        await until(lambda: len(world.texts("#leads-all")) == 3)

    assert len(_admin_mails(world)) == 1
    assert code in _admin_mails(world)[0]
    assert all(row["state"] == "sent" for row in await _deliveries(world))


async def test_refused_blocks_become_a_plain_card_with_its_button(world: World) -> None:
    refusal = _says("invalid_blocks", errors=["too long: Ana Silva [json-pointer:/blocks/0/text]"])
    world.slack.faults.add(Fault(where="chat.postMessage", body=refusal))
    async with world.product() as server:
        await _people_are_known(world)
        await world.notify(server, world.submit())
        await until(lambda: world.texts("#leads-all") and _admin_mails(world))

        await world.press(BEN, "lead_claim")

        await until(lambda: "claimed by Ben" in world.texts("#leads-all")[0])
    assert "/blocks/0/text" in _admin_mails(world)[0]
    assert "Silva" not in _admin_mails(world)[0]


async def test_any_retry_after_is_understood_and_one_card_comes_of_it(world: World) -> None:
    for asked in ("1.5", "0", "-3"):
        world.slack.faults.add(Fault(where="chat.postMessage", status=429, headers={"Retry-After": asked}))
    async with world.product() as server:
        await world.notify(server, world.submit())

        await until(lambda: world.texts("#leads-all"))

    assert len(world.texts("#leads-all")) == 1
    assert [row["attempts"] for row in await _deliveries(world)] == [1], "waiting when asked to is no attempt"


async def test_a_history_that_may_not_be_read_means_a_marked_repeat_and_a_word_to_the_admin(world: World) -> None:
    world.slack.faults.add(Fault(where="chat.postMessage", drop="after"))
    refusal = _says("missing_scope", needed="channels:history", provided="chat:write")
    world.slack.faults.add(Fault(where="conversations.history", body=refusal, times=9))
    async with world.product() as server:
        await world.notify(server, world.submit())

        await until(lambda: len(world.texts("#leads-all")) == 2 and _admin_mails(world))

    first, second = world.slack.messages("#leads-all")
    assert "may be a repeat" not in str(first.blocks)
    assert "may be a repeat" in str(second.blocks)
    assert "channels:history" in _admin_mails(world)[0]


async def test_a_card_that_can_no_longer_be_edited_does_not_leave_the_channel_with_the_old_state(
    world: World,
) -> None:
    async with world.product() as server:
        await _people_are_known(world)
        await world.notify(server, world.submit())
        await until(lambda: world.texts("#leads-all"))
        world.slack.faults.add(Fault(where="chat.update", body=_says("edit_window_closed"), times=99))

        await world.press(BEN, "lead_claim")

        await until(lambda: any("claimed by Ben" in text for text in world.texts("#leads-all")), seconds=5)


# ── what is known to be there is never posted again ──


async def test_redeliver_looks_before_it_repeats_what_may_have_arrived(world: World) -> None:
    impatient = replace(QUICK, retry=replace(QUICK.retry, give_up_after=timedelta(milliseconds=300)))
    world.slack.faults.add(Fault(where="chat.postMessage", drop="after"))
    world.slack.faults.add(Fault(where="conversations.history", status=503, times=99))
    async with world.product(impatient) as server:
        await world.notify(server, world.submit())
        await until(lambda: _admin_mails(world))
        (dead,) = [row for row in await _deliveries(world) if row["state"] == "dead"]
        world.slack.faults.clear()

        assert await control.ask(world.config.database, "redeliver", {"ids": [dead["delivery"]]}) == [dead["delivery"]]
        await world.notify(server, world.submit(first="Zoe"))

        await until(lambda: any("Zoe" in text for text in world.texts("#leads-all")))
        await until(lambda: any(call.method == "conversations.history" for call in world.slack.calls))
    assert [text for text in world.texts("#leads-all") if "Ana" in text] == ["New lead: Ana Silva at ACME – unclaimed"]


# ── the door for Slack ──


async def test_an_unsigned_body_that_cannot_be_unpacked_is_refused_and_is_no_fault_of_ours(world: World) -> None:
    async with world.product() as server:
        url = f"http://127.0.0.1:{server.port}/slack/events"
        headers = {"Content-Encoding": "gzip"}
        async with aiohttp.ClientSession() as session, session.post(url, data=b"hello", headers=headers) as answer:
            assert answer.status in {400, 401}
