"""Cards are posted once, found again by their metadata, edited in place; a refused one goes out plain."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.delivery import DeliveryKind, Receipt, Reminder
from bot.core.errors import (
    AmbiguousError,
    Forbidden,
    MalformedMessage,
    NotFound,
    OutageError,
    PermanentError,
    RateLimited,
    TargetError,
    TemporaryError,
)
from bot.core.lead import LeadState
from bot.ports import Destination, Job
from bot.sandbox.faults import Fault
from bot.sandbox.slack import Message
from tests.destinations.slack.builders import NOW, World, a_job, a_lead, a_view, a_world, prepared, words


def refusing(where: str, code: str, times: int = 1) -> Fault:
    return Fault(where, body=b'{"ok":false,"error":"%s"}' % code.encode(), times=times)


def arguments(world: World, method: str) -> dict[str, Any]:
    return dict(next(call.arguments for call in reversed(world.workspace.calls) if call.method == method))


def only(world: World, channel: str = "#leads") -> Message:
    (message,) = world.workspace.messages(channel)
    return message


async def test_a_card_is_posted_with_its_delivery_inside_and_no_previews() -> None:
    async with a_world() as world:
        receipt = await world.slack.destination.send(a_job())

        message = only(world)
        assert receipt == Receipt(address="C0LEADS", message=message.ts)
        assert message.metadata == {"event_type": "lead_delivery", "event_payload": {"delivery_id": "d1"}}
        assert message.text == "New lead: Ana Silva, Head of IT at ACME – unclaimed"
        sent = arguments(world, "chat.postMessage")
        assert (sent["unfurl_links"], sent["unfurl_media"]) == (False, False)


async def test_it_keeps_the_promises_of_a_destination() -> None:
    async with a_world() as world:
        destination: Destination = world.slack.destination

        assert destination.name == "slack"


@pytest.mark.parametrize("address", ["C0LEADS", "#leads"])
async def test_a_channel_is_addressed_by_name_or_id(address: str) -> None:
    async with a_world() as world:
        await world.slack.destination.send(a_job(address=address))

        assert len(world.workspace.messages("#leads")) == 1


@pytest.mark.parametrize("address", ["U0ANNA", "anna@example.com", "Anna@Example.com"])
async def test_a_person_gets_it_as_a_direct_message(address: str) -> None:
    async with a_world() as world:
        receipt = await world.slack.destination.send(a_job(address=address, person="anna"))

        assert receipt.address.startswith("D")
        assert world.workspace.channels[receipt.address].user == "U0ANNA"


async def test_a_public_channel_is_joined_once() -> None:
    async with a_world() as world:
        world.workspace.add_channel(name="other", id="C0OTHER", is_bot_member=False)

        receipt = await world.slack.destination.send(a_job(address="#other"))

        assert receipt.address == "C0OTHER"
        assert world.methods().count("conversations.join") == 1
        assert len(world.workspace.messages("#other")) == 1


async def test_when_joining_does_not_help_the_channel_is_given_up_with_advice() -> None:
    async with a_world() as world:
        world.workspace.faults.add(refusing("chat.postMessage", "not_in_channel", times=9))

        with pytest.raises(TargetError) as caught:
            await world.slack.destination.send(a_job())

        assert world.methods().count("conversations.join") == 1
        assert world.methods().count("chat.postMessage") == 2
        assert "/invite" in caught.value.advice


@pytest.mark.parametrize("code", ["missing_scope", "method_not_supported_for_channel_type", "is_archived"])
async def test_a_channel_that_cannot_be_joined_is_refused_for_what_it_is(code: str) -> None:
    async with a_world() as world:
        world.workspace.add_channel(name="other", is_bot_member=False)
        world.workspace.faults.add(refusing("conversations.join", code))

        expected = TemporaryError if code.startswith("method") else TargetError
        with pytest.raises(expected):
            await world.slack.destination.send(a_job(address="#other"))


async def test_a_join_while_slack_is_busy_waits() -> None:
    async with a_world() as world:
        world.workspace.add_channel(name="other", is_bot_member=False)
        world.workspace.faults.add(Fault("conversations.join", status=429, headers={"Retry-After": "9"}))

        with pytest.raises(RateLimited):
            await world.slack.destination.send(a_job(address="#other"))


@pytest.mark.parametrize("name", ["archived", "secret", "nowhere"])
async def test_a_channel_that_cannot_be_posted_to_is_a_target_error(name: str) -> None:
    async with a_world() as world:
        world.workspace.add_channel(name="archived", is_archived=True)
        world.workspace.add_channel(name="secret", is_private=True, is_bot_member=False)

        with pytest.raises(TargetError) as caught:
            await world.slack.destination.send(a_job(address=f"#{name}"))

        assert caught.value.advice


async def test_a_person_whom_slack_does_not_know_is_a_target_error() -> None:
    async with a_world() as world:
        with pytest.raises(TargetError):
            await world.slack.destination.send(a_job(address="nobody@example.com"))


async def test_a_dead_token_is_an_outage() -> None:
    async with a_world() as world:
        world.workspace.faults.add(refusing("chat.postMessage", "token_revoked"))

        with pytest.raises(OutageError):
            await world.slack.destination.send(a_job())


async def test_a_card_that_slack_refuses_is_left_to_the_pipeline_to_send_plain() -> None:
    async with a_world() as world:
        world.workspace.faults.add(refusing("chat.postMessage", "invalid_blocks"))

        with pytest.raises(MalformedMessage):
            await world.slack.destination.send(a_job())

        receipt = await world.slack.destination.send(a_job(is_plain=True))
        assert receipt.is_plain
        assert only(world).blocks[0]["text"]["type"] == "plain_text"
        assert only(world).blocks[1]["elements"][0]["action_id"] == "lead_claim"


async def test_when_even_the_plain_card_is_refused_bare_text_goes_out() -> None:
    async with a_world() as world:
        world.workspace.faults.add(refusing("chat.postMessage", "invalid_blocks"))

        receipt = await world.slack.destination.send(a_job(is_plain=True))

        assert receipt.is_plain
        assert only(world).blocks == []
        assert only(world).metadata is not None


async def test_a_card_that_our_own_check_refuses_goes_out_plain_at_once() -> None:
    async with a_world() as world:
        world.words.text = words(title="\ud800")

        receipt = await world.slack.destination.send(a_job())

        assert receipt.is_plain
        assert len(only(world).blocks) == 2


async def test_a_possible_repeat_is_marked() -> None:
    async with a_world() as world:
        await world.slack.destination.send(a_job(is_possible_repeat=True))

        assert "may be a repeat" in only(world).blocks[0]["text"]["text"]


async def test_a_private_answer_reaches_one_person_and_pings_only_by_id() -> None:
    async with a_world() as world:
        text = "<@U0BEN> has this lead, <!channel> & *all*."
        job = a_job(DeliveryKind.PRIVATE, address="C0LEADS", person="U0ANNA", text=text)

        await world.slack.destination.send(job)

        (private,) = world.workspace.private
        assert (private.channel, private.user) == ("C0LEADS", "U0ANNA")
        assert private.text == "<@U0BEN> has this lead, &lt;!channel&gt; &amp; ∗all∗."


async def test_somebody_who_left_the_channel_does_not_take_the_channel_down() -> None:
    async with a_world() as world:
        job = a_job(DeliveryKind.PRIVATE, address="C0LEADS", person="U0GONE", text="x")

        with pytest.raises(PermanentError) as caught:
            await world.slack.destination.send(job)

        assert not isinstance(caught.value, TargetError)


async def test_a_notice_is_literal_text_that_can_be_looked_up() -> None:
    async with a_world() as world:
        job = a_job(DeliveryKind.NOTICE, text="Line one <!here>\n\n\n> two " + "&" * 5000)

        receipt = await world.slack.destination.send(job)

        assert only(world).text.startswith("Line one &lt;!here&gt;\n\n˃ two &amp;")
        assert len(only(world).text) <= 3000
        assert await world.slack.destination.look_up(job) == Receipt(
            address=receipt.address, message=receipt.message, is_plain=True
        )


@pytest.mark.parametrize("drop", ["after", "midway"])
async def test_a_post_whose_end_is_unknown_is_found_again(drop: Any) -> None:
    async with a_world() as world:
        world.workspace.faults.add(Fault("chat.postMessage", drop=drop))

        with pytest.raises(AmbiguousError):
            await world.slack.destination.send(a_job())

        found = await world.slack.destination.look_up(a_job())
        assert found == Receipt(address="C0LEADS", message=only(world).ts)


async def test_a_post_that_did_not_happen_is_not_found() -> None:
    async with a_world() as world:
        world.workspace.faults.add(Fault("chat.postMessage", drop="before"))
        with pytest.raises(AmbiguousError):
            await world.slack.destination.send(a_job())
        await world.slack.destination.send(a_job(delivery="d-other"))

        assert await world.slack.destination.look_up(a_job()) is None


@pytest.mark.parametrize("address", ["anna@example.com", "U0ANNA", "C0LEADS"])
async def test_every_kind_of_address_can_be_looked_up(address: str) -> None:
    async with a_world() as world:
        receipt = await world.slack.destination.send(a_job(address=address))

        assert await world.slack.destination.look_up(a_job(address=address)) == receipt


async def test_the_oldest_of_two_is_the_one() -> None:
    async with a_world() as world:
        first = await world.slack.destination.send(a_job())
        await world.slack.destination.send(a_job())

        assert await world.slack.destination.look_up(a_job()) == first


async def test_a_plain_card_is_recognised_as_plain() -> None:
    async with a_world() as world:
        await world.slack.destination.send(a_job(is_plain=True))

        found = await world.slack.destination.look_up(a_job())

        assert found is not None
        assert found.is_plain


async def test_somebody_elses_message_with_our_metadata_does_not_count() -> None:
    async with a_world() as world:
        forged = {"event_type": "lead_delivery", "event_payload": {"delivery_id": "d1"}}
        channel = world.workspace.channels["C0LEADS"]
        channel.messages.append(Message(ts=f"{NOW.timestamp():.6f}", text="x", user="U0BEN", metadata=forged))

        assert await world.slack.destination.look_up(a_job()) is None


async def test_the_search_goes_a_minute_back_and_through_pages() -> None:
    async with a_world() as world:
        world.clock.time = NOW - timedelta(seconds=59)
        receipt = await world.slack.destination.send(a_job())
        world.clock.time = NOW
        _fill(world, 450)

        assert await world.slack.destination.look_up(a_job()) == receipt
        assert world.methods().count("conversations.history") == 3
        assert await world.slack.destination.look_up(a_job(tried_at=NOW + timedelta(minutes=5))) is None


async def test_a_history_too_long_to_search_is_no_answer() -> None:
    async with a_world() as world:
        _fill(world, 700)

        with pytest.raises(Forbidden):
            await world.slack.destination.look_up(a_job())

        assert world.methods().count("conversations.history") == 3


def _fill(world: World, count: int) -> None:
    stamps = [world.workspace.workspace.stamp() for _ in range(count)]
    world.workspace.channels["C0LEADS"].messages.extend(Message(ts=ts, text="x", user="U0BEN") for ts in stamps)


@pytest.mark.parametrize("code", ["missing_scope", "not_in_channel", "channel_not_found"])
@pytest.mark.parametrize("method", ["conversations.history", "conversations.list"])
async def test_a_history_that_may_not_be_read_says_so(method: str, code: str) -> None:
    async with a_world() as world:
        world.workspace.faults.add(refusing(method, code, times=9))

        with pytest.raises(Forbidden):
            await world.slack.destination.look_up(a_job())


async def test_a_direct_message_that_may_not_be_opened_says_so() -> None:
    async with a_world() as world:
        world.workspace.faults.add(refusing("conversations.open", "missing_scope"))

        with pytest.raises(Forbidden):
            await world.slack.destination.look_up(a_job(address="U0ANNA"))


@pytest.mark.parametrize("method", ["auth.test", "conversations.list", "conversations.history"])
async def test_a_slack_that_cannot_be_asked_now_is_asked_later(method: str) -> None:
    async with a_world() as world:
        world.workspace.faults.add(Fault(method, status=503))

        with pytest.raises(TemporaryError):
            await world.slack.destination.look_up(a_job())


async def test_a_dead_token_is_no_missing_history() -> None:
    async with a_world() as world:
        world.workspace.faults.add(refusing("conversations.history", "invalid_auth"))

        with pytest.raises(OutageError):
            await world.slack.destination.look_up(a_job())


async def test_without_the_right_to_see_private_channels_public_ones_are_still_found() -> None:
    async with a_world() as world:
        receipt = await world.slack.destination.send(a_job(address="C0LEADS"))
        world.workspace.faults.add(refusing("conversations.list", "missing_scope"))

        assert await world.slack.destination.look_up(a_job()) == receipt


async def test_a_private_answer_can_never_be_looked_up() -> None:
    async with a_world() as world:
        with pytest.raises(Forbidden):
            await world.slack.destination.look_up(a_job(DeliveryKind.PRIVATE, address="C0LEADS", person="U0ANNA"))


async def test_a_renamed_channel_is_noticed() -> None:
    async with a_world() as world:
        await world.slack.destination.look_up(a_job())
        world.workspace.channels["C0LEADS"].name = "leads-old"
        world.workspace.add_channel(name="leads", id="C0NEW")
        world.clock.time += timedelta(minutes=11)

        receipt = await world.slack.destination.send(a_job(address="C0NEW"))

        assert await world.slack.destination.look_up(a_job(tried_at=world.clock.time)) == receipt


async def test_an_edit_shows_the_claim_and_keeps_the_fingerprint() -> None:
    async with a_world() as world:
        receipt = await world.slack.destination.send(a_job())
        claimed = a_job(view=a_view(LeadState.CLAIMED, owner="anna", revision=1))

        async with prepared(world):
            await world.slack.destination.edit(claimed, receipt)
            await world.slack.destination.edit(claimed, receipt)

        message = only(world)
        assert message.text.endswith("claimed by Anna")
        assert "Claimed by <@U0ANNA>" in message.blocks[3]["text"]["text"]
        assert [e["action_id"] for e in message.blocks[-1]["elements"]] == ["lead_contacted", "lead_more"]
        assert await world.slack.destination.look_up(a_job()) == receipt


async def test_an_erased_lead_disappears_from_its_card() -> None:
    async with a_world() as world:
        receipt = await world.slack.destination.send(a_job(view=a_view(lead=a_lead(first_name="Zoe"))))

        await world.slack.destination.edit(a_job(view=a_view(LeadState.ERASED)), receipt)

        assert "Zoe" not in str(only(world))
        assert only(world).text == "Lead removed on request"


async def test_an_edit_that_is_refused_is_made_plain_and_then_bare() -> None:
    async with a_world() as world:
        receipt = await world.slack.destination.send(a_job())
        world.workspace.faults.add(refusing("chat.update", "invalid_blocks"))

        await world.slack.destination.edit(a_job(), receipt)

        assert only(world).blocks[0]["text"]["type"] == "plain_text"

        world.workspace.faults.add(refusing("chat.update", "invalid_blocks"))
        await world.slack.destination.edit(a_job(), Receipt(address="C0LEADS", message=receipt.message, is_plain=True))

        assert only(world).blocks == []


async def test_an_edit_of_a_message_that_is_gone_is_final() -> None:
    async with a_world() as world:
        with pytest.raises(NotFound):
            await world.slack.destination.edit(a_job(), Receipt(address="C0LEADS", message="1.000000"))


async def test_an_edit_whose_end_is_unknown_may_simply_be_repeated() -> None:
    async with a_world() as world:
        receipt = await world.slack.destination.send(a_job())
        world.workspace.faults.add(Fault("chat.update", drop="after"))

        with pytest.raises(TemporaryError):
            await world.slack.destination.edit(a_job(), receipt)


async def test_a_time_in_a_private_answer_is_shown_in_the_readers_own_zone_and_no_other_token_is() -> None:
    async with a_world() as world:
        token = "<!date^1795428000^{date_short_pretty} at {time}|10:00 UTC>"
        forged = "<!date^1^{time}^https://evil.example|X> <!channel>"
        job = a_job(DeliveryKind.PRIVATE, address="C0LEADS", person="U0ANNA", text=f"kept until {token}; {forged}")

        await world.slack.destination.send(job)

        (private,) = world.workspace.private
        assert private.text.startswith(f"kept until {token}; &lt;!date^1^")
        assert private.text.count("<") == 1


async def test_a_notice_of_a_change_has_an_undo_button() -> None:
    async with a_world() as world:
        await world.slack.destination.send(a_job(DeliveryKind.NOTICE, text="Ben gets DACH now.", undo="v7"))

        (undo,) = only(world).blocks[1]["elements"]
        assert (undo["action_id"], undo["value"]) == ("config_undo", "v7")
        assert only(world).text == "Ben gets DACH now."


REMINDED: dict[str, Any] = {"text": Reminder.WAITS.value, "address": "U0ANNA", "person": "anna"}


async def test_a_reminder_is_a_direct_message_that_can_be_found_and_changed() -> None:
    async with a_world() as world, prepared(world):
        job = a_job(DeliveryKind.REMINDER, **REMINDED, view=a_view(LeadState.ASSIGNED, owner="anna"))
        receipt = await world.slack.destination.send(job)
        (message,) = world.workspace.messages(receipt.address)
        assert "waits for you" in message.blocks[0]["text"]["text"]
        assert message.blocks[1]["elements"][0]["action_id"] == "lead_claim"
        assert await world.slack.destination.look_up(job) == receipt

        claimed = replace(job, person="", address="anna@example.com", lead=a_view(LeadState.CLAIMED, owner="anna"))
        await world.slack.destination.edit(claimed, receipt)

        assert message.blocks[0]["text"]["text"].endswith("you claimed it.")
        assert len(message.blocks) == 1


async def test_a_reminder_of_a_kind_that_nobody_knows_is_given_up() -> None:
    async with a_world() as world:
        with pytest.raises(PermanentError):
            await world.slack.destination.send(a_job(DeliveryKind.REMINDER, text="something new"))


async def test_a_digest_is_one_list_from_which_the_erased_disappear() -> None:
    async with a_world() as world:
        leads = (a_view(lead=a_lead(first_name="Zoe")), a_view())
        job = a_job(DeliveryKind.DIGEST, text="daily-events", leads=leads)
        receipt = await world.slack.destination.send(job)
        assert "Zoe" in str(only(world).blocks)
        assert await world.slack.destination.look_up(job) == receipt

        await world.slack.destination.edit(replace(job, leads=leads[1:]), receipt)

        assert "Zoe" not in str(only(world))
        assert only(world).text == "daily-events: 1 lead"


async def an_offer(world: World, **more: Any) -> tuple[Receipt, Job]:
    """A card and what is to be said in its thread."""
    card = await world.slack.destination.send(a_job())
    view = a_view(LeadState.ASSIGNED, owner="anna", team="dach", is_offered=True)
    kind = DeliveryKind.REMINDER
    return card, a_job(kind, delivery="d2", text=Reminder.OFFERED.value, view=view, thread=card, **more)


async def test_an_offer_is_posted_in_the_cards_thread_and_found_there() -> None:
    async with a_world() as world, prepared(world):
        card, offer = await an_offer(world)

        receipt = await world.slack.destination.send(offer)

        _, answer = world.workspace.messages("#leads")
        assert (answer.ts, answer.thread_ts) == (receipt.message, card.message)
        assert answer.blocks[0]["text"]["text"].startswith("<@U0BEN> *Ana")
        assert "reply_broadcast" not in arguments(world, "chat.postMessage")
        assert await world.slack.destination.look_up(offer) == receipt
        assert "conversations.history" not in world.methods()

        await world.slack.destination.edit(replace(offer, lead=a_view(LeadState.CLAIMED, owner="ben")), receipt)

        assert "<@U0BEN> claimed it" in answer.blocks[0]["text"]["text"]
        assert len(answer.blocks) == 1


async def test_what_never_arrived_is_looked_for_in_the_thread_and_in_the_channel() -> None:
    async with a_world() as world:
        _, offer = await an_offer(world)

        assert await world.slack.destination.look_up(offer) is None
        assert {"conversations.replies", "conversations.history"} <= set(world.methods())


@pytest.mark.parametrize("code", ["thread_not_found", "cannot_reply_to_message"])
async def test_where_the_thread_is_gone_the_channel_is_told_and_asked(code: str) -> None:
    async with a_world() as world:
        card, offer = await an_offer(world)
        world.workspace.channels["C0LEADS"].messages.clear()
        world.workspace.faults.add(refusing("chat.postMessage", code))

        receipt = await world.slack.destination.send(offer)

        assert only(world).thread_ts is None
        assert only(world).blocks[1]["elements"][0]["action_id"] == "lead_claim"
        assert receipt == Receipt(address=card.address, message=only(world).ts)
        assert await world.slack.destination.look_up(offer) == receipt


async def test_an_answer_that_is_refused_for_itself_is_not_posted_elsewhere() -> None:
    async with a_world() as world:
        _, offer = await an_offer(world)
        world.workspace.faults.add(refusing("chat.postMessage", "invalid_blocks"))

        with pytest.raises(MalformedMessage):
            await world.slack.destination.send(offer)

        assert len(world.workspace.messages("#leads")) == 1


async def test_a_channel_that_the_app_was_taken_out_of_is_joined_again_for_an_answer() -> None:
    async with a_world() as world:
        card, offer = await an_offer(world)
        world.workspace.channels["C0LEADS"].is_bot_member = False

        await world.slack.destination.send(offer)

        assert world.methods().count("conversations.join") == 1
        assert world.workspace.messages("#leads")[1].thread_ts == card.message


async def test_an_answer_whose_end_is_unknown_is_not_posted_anew() -> None:
    async with a_world() as world:
        _, offer = await an_offer(world)
        world.workspace.faults.add(Fault("chat.postMessage", drop="after"))

        with pytest.raises(AmbiguousError):
            await world.slack.destination.send(offer)

        assert len(world.workspace.messages("#leads")) == 2


async def test_the_card_of_somebody_who_came_again_stands_in_the_earlier_thread() -> None:
    async with a_world() as world:
        card = await world.slack.destination.send(a_job())
        again = a_job(delivery="d2", view=a_view(is_repeat=True), thread=card)

        receipt = await world.slack.destination.send(again)

        _, answer = world.workspace.messages("#leads")
        assert answer.thread_ts == card.message
        assert "was here before" in answer.blocks[0]["text"]["text"]
        assert await world.slack.destination.look_up(again) == receipt


async def test_a_thread_that_may_not_be_read_says_so() -> None:
    async with a_world() as world:
        _, offer = await an_offer(world)
        world.workspace.faults.add(refusing("conversations.replies", "missing_scope"))

        with pytest.raises(Forbidden):
            await world.slack.destination.look_up(offer)


async def test_notices_and_private_answers_are_never_edited() -> None:
    async with a_world() as world:
        await world.slack.destination.edit(a_job(DeliveryKind.NOTICE), Receipt(address="C0LEADS", message="1.0"))

        assert world.methods() == []
