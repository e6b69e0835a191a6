"""The demo's server: what it shows, what it sets going, and whom it refuses."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.sandbox.stage import Stage
from tests.sandbox.stage_builders import ANNA, BEN, CAMPAIGN, DEMO, JANE, JANES_LEAD, Scene, a_card, a_scene


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with a_scene() as ready:
        yield ready


async def test_a_submitted_form_becomes_one_signed_notification(scene: Scene) -> None:
    status, answer = await scene.post("api/leads", JANES_LEAD)

    assert (status, answer) == (200, {"statuses": [200], "names": ["Jane Roe"]})
    [seen] = scene.receiver.seen
    assert seen.path == "/linkedin/webhook"
    assert seen.headers["X-LI-Signature"] == scene.linkedin.sign(seen.body)
    assert json.loads(seen.body)["leadAction"] == "CREATED"
    assert await scene.steps_done() == {"submit"}


async def test_ids_that_javascript_would_round_travel_as_text(scene: Scene) -> None:
    _, state = await scene.get("api/state")

    world = state["world"]
    assert isinstance(world, dict)
    assert [form["id"] for form in world["forms"]] == [str(DEMO), "6120"]
    assert world["campaigns"] == [{"id": str(CAMPAIGN), "name": "DACH enterprise"}]


async def test_again_repeats_the_last_notification_to_the_byte(scene: Scene) -> None:
    await scene.post("api/leads", JANES_LEAD)

    status, _ = await scene.post("api/again", {})

    assert status == 200
    first, second = scene.receiver.seen
    assert first.body == second.body


async def test_a_burst_sends_different_people(scene: Scene) -> None:
    status, answer = await scene.post("api/burst", {"count": 10})

    assert status == 200
    assert answer["statuses"] == [200] * 10
    responses = {json.loads(seen.body)["leadGenFormResponse"] for seen in scene.receiver.seen}
    assert len(responses) == 10


async def test_delete_takes_back_the_newest_lead_first(scene: Scene) -> None:
    await scene.post("api/leads", JANES_LEAD)
    await scene.post("api/leads", {**JANES_LEAD, "answers": {**JANE, "firstName": "Joan"}})

    _, newest = await scene.post("api/delete", {})
    _, older = await scene.post("api/delete", {})
    status, nothing = await scene.post("api/delete", {})

    assert (newest["names"], older["names"]) == (["Joan Roe"], ["Jane Roe"])
    assert json.loads(scene.receiver.seen[-1].body)["leadAction"] == "DELETED"
    assert (status, nothing["error"]) == (409, "There is no lead to delete: submit one first.")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"form": "1"}, "This form does not exist here."),
        ({"form": 10**30}, "“form” must be a whole number."),
        ({"campaign": "1"}, "This campaign does not exist here."),
        ({"consent": False}, "LinkedIn sends this form only with the consent ticked."),
        ({"consent": "yes"}, "“consent” must be true or false."),
        ({"answers": {"shoe size": "42"}}, "This form has no such question."),
        ({"answers": {"country": "Atlantis"}}, "“Country” has no such choice."),
        ({"answers": {"country": 5}}, "“answers” must be texts by name."),
        ({"answers": ["Jane"]}, "“answers” must be texts by name."),
    ],
)
async def test_a_form_that_linkedin_would_not_send_is_refused_in_words(
    scene: Scene, change: dict[str, object], words: str
) -> None:
    status, answer = await scene.post("api/leads", JANES_LEAD | change)

    assert (status, answer) == (400, {"error": words})
    assert scene.receiver.seen == []


async def test_a_dead_product_is_told_and_not_a_server_error(scene: Scene) -> None:
    scene.receiver.status = 503

    status, answer = await scene.post("api/leads", JANES_LEAD)

    assert (status, answer["statuses"]) == (200, [503])


async def test_a_press_goes_through_the_stand_in_signed(scene: Scene) -> None:
    ts = await scene.call_slack("chat.postMessage", channel="C0DACH", text="Jane Roe", blocks=a_card("Jane"))

    press = {"user": BEN, "channel": "C0DACH", "ts": ts, "action_id": "the_menu", "option": "give_back"}
    status, answer = await scene.post("api/press", press)

    assert (status, answer) == (200, {"status": 200})
    [seen] = scene.receiver.seen
    assert seen.path == "/slack/events"
    assert seen.headers["X-Slack-Signature"].startswith("v0=")


async def test_a_button_that_is_gone_is_a_conflict(scene: Scene) -> None:
    press = {"user": BEN, "channel": "C0DACH", "ts": "1.000000", "action_id": "the_button"}

    status, answer = await scene.post("api/press", press)

    assert (status, answer) == (409, {"error": "This button is not there any more."})


async def test_a_claim_is_ticked_when_the_card_changes_and_not_before(scene: Scene) -> None:
    ts = await scene.call_slack("chat.postMessage", channel="C0DACH", text="Jane", blocks=a_card("Jane"))
    await scene.post("api/press", {"user": ANNA, "channel": "C0DACH", "ts": ts, "action_id": "the_button"})
    before = await scene.steps_done()

    taken = a_card("Jane", button="Contacted")
    await scene.call_slack("chat.update", channel="C0DACH", ts=ts, text="Jane", blocks=taken)

    assert before == set()
    assert await scene.steps_done() == {"claim"}


async def test_a_refusal_belongs_to_the_card_that_was_pressed(scene: Scene) -> None:
    ts = await scene.call_slack("chat.postMessage", channel="C0DACH", text="Jane", blocks=a_card("Jane"))
    await scene.call_slack("chat.postMessage", channel="C0DACH", text="Joan", blocks=a_card("Joan"))
    await scene.post("api/press", {"user": BEN, "channel": "C0DACH", "ts": ts, "action_id": "the_button"})

    await scene.call_slack("chat.postEphemeral", channel="C0DACH", user=BEN, text="Anna has it.")

    _, state = await scene.get("api/state")
    slack = state["slack"]
    assert isinstance(slack, dict)
    assert [(answer["user"], answer["under"]) for answer in slack["private"]] == [(BEN, ts)]
    assert await scene.steps_done() == {"refused"}


async def test_the_event_stream_tells_of_a_change_and_ends_with_the_stage(scene: Scene) -> None:
    async with scene.browser.get(scene.stage.url + "api/events") as stream:
        first = await stream.content.readuntil(b"\n\n")
        await scene.call_slack("chat.postMessage", channel="C0DACH", text="Jane")
        second = await stream.content.readuntil(b"\n\n")

        began = time.monotonic()
        await scene.stage.stop()
        rest = await asyncio.wait_for(stream.content.read(), timeout=5)

    assert int(second.removeprefix(b"data: ")) > int(first.removeprefix(b"data: "))
    assert rest == b""
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    "host", ["leadbell.example", "leadbell.example:{port}", "127.0.0.1:1", "127.0.0.1", "", "[::1"]
)
async def test_a_name_that_was_bent_to_this_machine_is_refused(scene: Scene, host: str) -> None:
    port = scene.stage.url.rstrip("/").rpartition(":")[2]

    status, answer = await scene.get("api/state", Host=host.format(port=port))

    assert status == 403
    assert set(answer) == {"error"}


async def test_localhost_is_this_machine(scene: Scene) -> None:
    port = scene.stage.url.rstrip("/").rpartition(":")[2]

    status, _ = await scene.get("api/state", Host=f"localhost:{port}")

    assert status == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost.evil.example"]
)
async def test_a_foreign_page_can_set_nothing_going(scene: Scene, origin: str) -> None:
    status, _ = await scene.post("api/leads", JANES_LEAD, Origin=origin)

    assert status == 403
    assert scene.receiver.seen == []


async def test_the_own_page_may(scene: Scene) -> None:
    status, _ = await scene.post("api/leads", JANES_LEAD, Origin=scene.stage.url.rstrip("/"))

    assert status == 200


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{}", "text/plain", 415),
        (b"answers=1", "application/x-www-form-urlencoded", 415),
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"[" * 60_000, "application/json", 400),
        (b'"' + b"x" * 70_000 + b'"', "application/json", 413),
    ],
)
async def test_junk_is_refused_without_a_trace(scene: Scene, body: bytes, kind: str, status: int) -> None:
    async with scene.browser.post(scene.stage.url + "api/leads", data=body, headers={"Content-Type": kind}) as response:
        answer = await response.json()

    assert response.status == status
    assert set(answer) == {"error"}


async def test_the_page_may_load_nothing_from_elsewhere(scene: Scene) -> None:
    async with scene.browser.get(scene.stage.url) as response:
        page = await response.text()

    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy
    assert "://" not in page.replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize("path", ["nothing.js", "..%2fstage.py", "%2e%2e/stage.py", "mail/0", "mail/-1", "mail/%D9%A3"])
async def test_what_is_not_there_is_not_found(scene: Scene, path: str) -> None:
    status, answer = await scene.get(path)

    assert (status, answer) == (404, {"error": "Not Found"})


async def test_another_person_answers_every_question_of_the_form(scene: Scene) -> None:
    _, answer = await scene.get(f"api/person?form={DEMO}")

    assert isinstance(answer["answers"], dict)
    assert set(answer["answers"]) == set(JANE)
    assert all(answer["answers"].values())


async def test_the_stage_listens_on_this_machine_only(scene: Scene) -> None:
    stage: Stage = scene.stage

    with pytest.raises(ValueError, match="for this machine only"):
        await stage.start("0.0.0.0")


async def test_the_port_is_closed_after_stop(scene: Scene) -> None:
    await scene.stage.stop()

    with pytest.raises(aiohttp.ClientConnectorError):
        await scene.browser.get(scene.stage.url)
