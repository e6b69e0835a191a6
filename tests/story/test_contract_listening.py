"""Subscribed, challenged, blocked and heard again; pulled, counted and limited: what no webhook brings is found."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.app import Running, alone, utc_now
from bot.ports import Stream
from bot.sandbox.faults import Fault
from tests.cli.command import Done, leadbell_here, start
from tests.story.killable import killable
from tests.story.world import (
    ACCESS_TOKEN,
    AD_ACCOUNT,
    ANNA,
    CAMPAIGN,
    FORM,
    ONE_CHANNEL,
    RULES,
    Leap,
    World,
    a_world,
    free_port,
    rows,
    until,
)

_FINDER, _SUBSCRIPTIONS = "/rest/leadFormResponses", "/rest/leadNotifications"
_PERSON = {"first": "Ana", "last": "Silva", "email": "ana@acme.example"}
_QUIETLY = ONE_CHANNEL.replace('post: "#leads-all"', "post: nobody")
STREAM = Stream(source="ads", owner=AD_ACCOUNT, lead_type="SPONSORED")


def _settings() -> dict[str, str]:
    port = str(free_port())
    return {"PUBLIC_URL": f"http://127.0.0.1:{port}", "PORT": port, "LINKEDIN_ACCESS_TOKEN": ACCESS_TOKEN}


@pytest.fixture
def leap() -> Leap:
    return Leap()


@pytest.fixture
async def world(tmp_path: Path, leap: Leap) -> AsyncIterator[World]:
    async with a_world(tmp_path, _QUIETLY, leap, **_settings()) as made:
        yield made


async def _run(world: World, *arguments: str) -> Done:
    return await leadbell_here(*arguments, folder=world.config.path.parent, environment=world.environment)


def _webhook(world: World) -> str:
    return f"{world.environment['PUBLIC_URL']}/linkedin/webhook"


def _subscribed(world: World) -> list[str]:
    """The addresses that LinkedIn posts to."""
    return sorted(one.webhook for one in world.linkedin.subscriptions.values())


def _submit(world: World, at: datetime, **more: object) -> str:
    return world.linkedin.submit(form=FORM, answers=_PERSON, campaign=CAMPAIGN, submitted_at=at, **more)  # type: ignore[arg-type]


def _leads(world: World) -> dict[str, tuple[object, ...]]:
    """(state, is late, is quiet, cause) by response id."""
    found = rows(world, "SELECT response_id, state, is_late, is_quiet, late_cause FROM lead")
    return {str(row[0]): row[1:] for row in found}


async def _settled(world: World) -> None:
    """Nothing waits to be fetched or said."""
    await until(
        lambda: (
            not rows(world, "SELECT 1 FROM lead WHERE state IN ('received', 'waiting_for_linkedin')")
            and not rows(world, "SELECT 1 FROM delivery WHERE state IN ('pending', 'sending')")
        ),
        seconds=20,
    )


async def _pulled(server: Running, world: World) -> None:
    await server.pull.pull_source(world.config.sources[0])


async def _look(server: Running, world: World) -> list[str]:
    """Let the webhook be judged; everything the admin has read by then."""
    await server.product.linkedin.watch.sweep()
    await _settled(world)
    return world.texts("admin")


# ── subscribing ──


async def test_subscribing_twice_makes_one_removes_what_was_ours_and_touches_nobody_elses(world: World) -> None:
    others = [
        world.linkedin.add_subscription(webhook=f"https://other{number}.example/hook", owner=AD_ACCOUNT)
        for number in range(120)  # more than a page
    ]
    async with world.product():
        first = await _run(world, "linkedin", "subscribe", "--json")
        again = await _run(world, "linkedin", "subscribe", "--json")
    assert (first.code, again.code) == (0, 0)
    assert isinstance(first.json, dict)
    assert isinstance(again.json, dict)
    assert [len(first.json[what]) for what in ("created", "removed", "kept")] == [1, 0, 0]
    assert [len(again.json[what]) for what in ("created", "removed", "kept")] == [0, 0, 1]
    former = _webhook(world)

    moved = replace(world, environment={**world.environment, **_settings()})
    config = replace(world.config.server, public_url=moved.environment["PUBLIC_URL"])
    moved = replace(moved, config=replace(world.config, server=replace(config, port=int(moved.environment["PORT"]))))
    async with moved.product():
        assert (await _run(moved, "linkedin", "subscribe")).code == 0
    assert former not in _subscribed(world)
    assert _subscribed(world).count(_webhook(moved)) == 1
    assert set(others) <= world.linkedin.subscriptions.keys()


@pytest.mark.parametrize(
    "fault",
    [
        Fault(_SUBSCRIPTIONS, drop="after"),
        Fault(_SUBSCRIPTIONS, status=504, body=b"<html>", headers={"Content-Type": "text/html"}),
        Fault(_SUBSCRIPTIONS, status=409, body=b'{"status": 409, "code": "CONFLICT"}'),
        Fault(_SUBSCRIPTIONS, drop="midway"),
    ],
    ids=["answer lost", "gateway", "conflict", "half"],
)
async def test_an_unclear_answer_to_a_subscription_never_makes_two(world: World, fault: Fault) -> None:
    async with world.product():
        world.linkedin.faults.add(Fault(_SUBSCRIPTIONS, hang=0.0))  # the list, as it is
        world.linkedin.faults.add(fault)
        await _run(world, "linkedin", "subscribe")
        assert (await _run(world, "linkedin", "subscribe")).code == 0
    assert _subscribed(world) == [_webhook(world)]


async def test_killed_between_linkedins_subscription_and_its_remembering_there_is_one(tmp_path: Path) -> None:
    async with a_world(tmp_path, _QUIETLY, **_settings()) as world, killable(world, tmp_path) as server:
        world.linkedin.faults.add(Fault(_SUBSCRIPTIONS, hang=0.0))
        world.linkedin.faults.add(Fault(_SUBSCRIPTIONS, hang=30))
        asking = asyncio.create_task(_run(world, "linkedin", "subscribe"))
        await until(lambda: world.linkedin.subscriptions)

        await server.kill()
        assert (await asking).code == 2
        done = await _run(world, "linkedin", "subscribe", "--no-check", "--json")

        assert done.code == 0
        assert _subscribed(world) == [_webhook(world)]
        assert len(rows(world, "SELECT id FROM subscription")) == 1


async def test_what_linkedin_refuses_is_explained_and_nothing_is_removed(world: World) -> None:
    stranger = world.linkedin.add_subscription(webhook="https://other.example/hook", owner=AD_ACCOUNT)
    async with world.product():
        world.linkedin.subscription_limit = 1
        limit = await _run(world, "linkedin", "subscribe")
        world.linkedin.subscription_limit = 1500
        world.linkedin.client_secret = "of another app"
        challenge = await _run(world, "linkedin", "subscribe", "--no-check")
        world.linkedin.forbid(AD_ACCOUNT)
        forbidden = await _run(world, "linkedin", "subscribe", "--json")
    assert (limit.code, "limit" in limit.err) == (1, True)
    assert (challenge.code, "challenge" in challenge.err) == (1, True)
    assert (forbidden.code, "role" in forbidden.err) == (1, True)
    assert list(world.linkedin.subscriptions) == [stranger]


async def test_an_address_that_linkedin_would_refuse_is_not_even_asked_for(tmp_path: Path) -> None:
    for address in ("http://leads.example.com", "https://me.ngrok.io", "http://10.0.0.1:8080"):
        async with a_world(tmp_path, _QUIETLY, PUBLIC_URL=address) as world:
            done = await _run(world, "linkedin", "subscribe", "--json")
            assert (done.code, done.out) == (2, ""), address
            assert world.linkedin.requests == []


# ── heard, blocked, heard again ──


async def test_an_address_that_linkedin_blocks_is_told_once_pulled_more_often_and_told_when_it_is_back(
    world: World, leap: Leap
) -> None:
    async with world.product(leap.timing()) as server:
        assert (await _run(world, "linkedin", "subscribe")).code == 0
        await until(lambda: rows(world, "SELECT 1 FROM stream"))
        (one,) = world.linkedin.subscriptions.values()
        here, one.webhook = one.webhook, "http://127.0.0.1:9/linkedin/webhook"  # the proxy in front is down
        assert await _look(server, world) == []
        for _ in range(3):
            leap.by += timedelta(minutes=50, seconds=1)
            await world.linkedin.recheck()
        assert one.is_blocked

        told = [await _look(server, world) for _ in range(3)]
        assert [len(texts) for texts in told] == [1, 1, 1]
        assert all(word in told[0][0] for word in ("developer portal", "leadbell doctor", "asked more often"))
        calls = len(world.linkedin.requests)
        for _ in range(3):
            leap.by += timedelta(minutes=13)
            await server.pull.pull_when_due(world.config.sources[0])
        assert len(world.linkedin.requests) - calls == 3, "an hour's pace would have been none"
        blocked = _submit(world, leap() - timedelta(minutes=5))
        await _pulled(server, world)

        one.webhook = here
        assert await world.linkedin.restart_validation(here)
        assert [len(await _look(server, world)) for _ in range(2)] == [2, 2]
        assert "usual pace" in world.texts("admin")[1]
        assert _leads(world)[blocked] == ("unassigned", 1, 0, "webhook blocked")
        calls = len(world.linkedin.requests)
        leap.by += timedelta(minutes=13)
        await server.pull.pull_when_due(world.config.sources[0])
        assert len(world.linkedin.requests) == calls


async def test_our_own_check_of_the_address_is_no_sign_that_linkedin_is_there(world: World, leap: Leap) -> None:
    async with world.product(leap.timing()) as server:
        assert (await _run(world, "linkedin", "subscribe")).code == 0
        leap.by += timedelta(hours=2, minutes=31)
        assert len(await _look(server, world)) == 1

        await _run(world, "doctor", "--json")

        assert len(await _look(server, world)) == 1


async def test_what_was_there_before_us_is_no_reason_to_doubt_the_webhook(world: World, leap: Leap) -> None:
    old = [_submit(world, leap() - timedelta(hours=hours)) for hours in range(1, 60, 5)]
    async with world.product(leap.timing()) as server:
        await until(lambda: rows(world, "SELECT 1 FROM stream"))
        done = await _run(world, "pull", "--last", "5d", "--json")
        assert done.code == 0
        texts = await _look(server, world)
    assert set(_leads(world)) == set(old)
    assert {row[1:3] for row in _leads(world).values()} == {(0, 1)}, "all of them are quiet, none is late"
    assert not any("came only by asking" in text for text in texts)


# ── pulls ──


async def test_a_list_that_shifts_while_it_is_read_is_read_whole(world: World, leap: Leap) -> None:
    async with world.product(leap.timing()) as server:
        await until(lambda: rows(world, "SELECT 1 FROM stream"))
        now = leap()
        ids = [_submit(world, now - timedelta(seconds=number)) for number in range(1, 161)]
        gone = ids[5:25]
        for _ in range(2):
            world.linkedin.faults.add(Fault(_FINDER, hang=0.15))
        pulling = asyncio.create_task(_pulled(server, world))
        before = len(world.linkedin.requests)
        await until(lambda: len(world.linkedin.requests) > before)
        await asyncio.sleep(0)
        for each in gone:
            world.linkedin.delete(each)
        new = [_submit(world, now - timedelta(milliseconds=number)) for number in range(3)]
        await pulling
        await _settled(world)
        await _pulled(server, world)
        await _settled(world)

    stored = [str(row[0]) for row in rows(world, "SELECT response_id FROM lead")]
    assert len(stored) == len(set(stored))
    assert set(ids) - set(gone) <= set(stored)
    assert set(new) <= set(stored)


async def test_after_days_without_us_the_young_ring_late_and_the_old_are_listed_once(world: World, leap: Leap) -> None:
    async with world.product(leap.timing()):
        await until(lambda: rows(world, "SELECT 1 FROM stream"))
    leap.by += timedelta(days=3)
    boundary = leap() - timedelta(hours=24)
    young = [_submit(world, boundary + timedelta(minutes=1)), _submit(world, leap() - timedelta(minutes=5))]
    old = [_submit(world, boundary - timedelta(seconds=1)), _submit(world, leap() - timedelta(days=2, hours=20))]
    for _ in range(3):
        async with world.product(leap.timing()) as server:
            await _pulled(server, world)
            await _settled(world)
    leads = _leads(world)
    assert [leads[each][1:] for each in young] == [(1, 0, "server down")] * 2
    assert [leads[each][1:3] for each in old] == [(0, 1)] * 2
    lists = [text for text in world.texts("admin") if "too long ago to ring" in text]
    assert len(lists) == 1
    assert "2 leads were found" in lists[0]


@pytest.mark.parametrize("told_at", [timedelta(milliseconds=-999), timedelta(seconds=2)], ids=["earlier", "later"])
async def test_pull_and_webhook_meet_in_one_lead_although_they_tell_different_times(
    world: World, leap: Leap, told_at: timedelta
) -> None:
    """LinkedIn may tell the time of a notification in whole seconds, and need not tell the submit's."""
    async with world.product(leap.timing()) as server:
        await until(lambda: rows(world, "SELECT 1 FROM stream"))
        times = [(leap() - timedelta(minutes=number)).replace(microsecond=999_000) for number in (5, 6)]
        pulled_first, told_first = _submit(world, times[0]), _submit(world, times[1])
        await world.notify(server, told_first, occurred_at=times[1] + told_at)
        await _settled(world)
        await _pulled(server, world)
        await _settled(world)
        await world.notify(server, pulled_first, occurred_at=times[0] + told_at)
        await _settled(world)
        await _pulled(server, world)
        assert len(rows(world, "SELECT 1 FROM lead WHERE state = 'unassigned'")) == 2
        for each, at in ((pulled_first, times[0]), (told_first, times[1])):
            world.linkedin.delete(each)
            await world.notify(server, each, action="DELETED", occurred_at=at + timedelta(minutes=1))
        await until(lambda: not rows(world, "SELECT 1 FROM lead WHERE content IS NOT NULL"))


async def test_a_pull_by_hand_that_is_killed_goes_on_and_finds_each_lead_once(tmp_path: Path) -> None:
    async with a_world(tmp_path, _QUIETLY, **_settings()) as world:
        ids = [_submit(world, utc_now() - timedelta(hours=3 + 8 * number)) for number in range(9)]
        world.linkedin.faults.add(Fault(_FINDER, hang=0.0))
        world.linkedin.faults.add(Fault(_FINDER, hang=30))
        process = await start("pull", "--last", "3d", folder=tmp_path, environment=world.environment)
        await until(lambda: len(world.linkedin.requests) >= 2)
        process.kill()
        await process.communicate()
        world.linkedin.faults.clear()

        again = await _run(world, "pull", "--last", "3d", "--json")
        done = await _run(world, "pull", "--last", "3d", "--json")

        assert (again.code, done.code) == (0, 0)
        assert isinstance(done.json, dict)
        assert (done.json["complete"], sum(done.json["entered"].values())) == (True, 0)
        assert sorted(_leads(world)) == sorted(ids)
        async with world.product():
            await _settled(world)
            named = "\n".join(world.texts("admin"))
        assert all(str(row[0]) in named for row in rows(world, "SELECT id FROM lead"))


async def test_a_pull_by_hand_that_meets_the_days_limit_says_so_and_goes_on_later(world: World, leap: Leap) -> None:
    async with world.product(leap.timing()) as server:
        await until(lambda: rows(world, "SELECT 1 FROM stream"))
        ids = [_submit(world, leap() - timedelta(days=number, minutes=5)) for number in range(5)]
        world.linkedin.day_quota["leadFormResponses"] = 2
        limited = await _run(world, "pull", "--last", "4d", "--json")
        assert limited.code == 1
        assert isinstance(limited.json, dict)
        assert limited.json["complete"] is False
        assert await world.notify(server, ids[0]) == 200
        leap.by += timedelta(days=1)
        await _pulled(server, world)
        assert (await _run(world, "pull", "--last", "6d", "--json")).code == 0
        await _settled(world)
    assert sorted(_leads(world)) == sorted(ids)


# ── the nightly count ──

_BERLIN = _QUIETLY.replace("version: 1", "version: 1\ntimezone: Europe/Berlin")


@pytest.mark.parametrize(
    ("before", "due", "window"),
    [
        # the night in which 02:00 to 03:00 comes twice, and the one in which it does not come
        ("2026-10-24T10:00", "2026-10-25T02:30", ("2026-10-21T22:00", "2026-10-24T22:00")),
        ("2027-03-27T10:00", "2027-03-28T01:30", ("2027-03-24T23:00", "2027-03-27T23:00")),
    ],
    ids=["autumn", "spring"],
)
async def test_a_night_of_the_change_of_clocks_is_counted_once_and_names_each_difference(
    tmp_path: Path, leap: Leap, before: str, due: str, window: tuple[str, str]
) -> None:
    def at(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)

    leap.to(at(before) - timedelta(days=5))
    async with a_world(tmp_path, _BERLIN, leap, **_settings()) as world:
        async with world.product(leap.timing()) as server:
            await until(lambda: rows(world, "SELECT 1 FROM stream"))
            leap.to(at(before) - timedelta(minutes=5))
            await _pulled(server, world)
            first, last = (at(text) for text in window)
            outside = [_submit(world, first - timedelta(seconds=1)), _submit(world, last + timedelta(seconds=1))]
            inside = [_submit(world, first + timedelta(minutes=number)) for number in range(4)]
            missed, test = _submit(world, last - timedelta(milliseconds=1)), _submit(world, first, is_test=True)
            for each in [*outside, *inside]:
                assert await world.notify(server, each) == 200
            await _settled(world)
            world.linkedin.delete(inside[0])
            assert (await _run(world, "forget", inside[1])).code == 0
            told = len(world.texts("admin"))
            leap.to(at(due) - timedelta(minutes=40))
            await server.product.linkedin.count.sweep()
            assert len(world.texts("admin")) == told
            for _ in range(3):
                leap.to(at(due))
                await server.product.linkedin.count.sweep()
                await _settled(world)
            night = [text for text in world.texts("admin")[told:] if "in the last days" in text]
        assert len(night) == 1
        assert "4 at LinkedIn, 4 here" in night[0], "test leads count on neither side"
        assert missed in night[0]
        assert not any(each in night[0] for each in (*outside, *inside, test))
        leads = _leads(world)
        assert (leads[inside[0]][0], leads[inside[1]][0]) == ("erased", "erased")
        assert missed in leads


async def test_many_leads_gone_at_once_are_named_and_none_is_erased(world: World, leap: Leap) -> None:
    async with world.product(leap.timing()) as server:
        await until(lambda: rows(world, "SELECT 1 FROM stream"))
        ids = [_submit(world, leap() - timedelta(minutes=number)) for number in range(1, 9)]
        await _pulled(server, world)
        await _settled(world)
        for each in ids[:4]:
            world.linkedin.delete(each)
        leap.to((leap() + timedelta(days=1)).replace(hour=12))
        for _ in range(2):
            await server.product.linkedin.count.sweep()
            await _settled(world)
        assert [row[0] for row in _leads(world).values()] == ["unassigned"] * 8
        assert any("nothing was done" in text for text in world.texts("admin"))


async def test_a_source_that_may_not_be_read_is_named_in_the_count_of_the_other(tmp_path: Path, leap: Leap) -> None:
    other = "urn:li:sponsoredAccount:2"
    rules = _QUIETLY.replace("names:", "  more: {owner: sponsoredAccount:2, lead_types: [SPONSORED]}\nnames:")
    async with a_world(tmp_path, rules, leap, **_settings()) as world:
        world.linkedin.add_form(id=2, name="Other", owner=other, questions=world.linkedin.forms[FORM].questions)
        async with world.product(leap.timing()) as server:
            await until(lambda: len(rows(world, "SELECT 1 FROM stream")) == 2)
            world.linkedin.forbid(other)
            leap.to((leap() + timedelta(days=1)).replace(hour=12))
            for _ in range(2):
                await server.product.linkedin.count.sweep()
                await _settled(world)
            assert sum("They agree." in text for text in world.texts("admin")) == 1
            assert sum("count of the leads of more" in text for text in world.texts("admin")) == 1


# ── limits ──


async def test_a_spent_day_quota_stops_neither_webhooks_nor_slack_and_is_told_once(tmp_path: Path, leap: Leap) -> None:
    leap.to(utc_now().replace(hour=12, minute=0))
    async with a_world(tmp_path, RULES, leap) as world, world.product(leap.timing()) as server:
        await until(lambda: rows(world, "SELECT 1 FROM stream"))
        await world.notify(server, world.submit(country="Germany"))
        await until(lambda: world.texts("leads-dach"))
        world.linkedin.day_quota["leadFormResponses"] = 0
        ids = [world.submit(first=f"Ana{number}") for number in range(3)]
        for each in ids:
            assert await world.notify(server, each) == 200
        await until(lambda: world.texts("admin"))
        for minutes in range(1, 600, 100):
            leap.by = leap.by + timedelta(minutes=minutes) if leap().hour < 22 else leap.by
            await _pulled(server, world)
        assert await world.press(ANNA, "lead_claim", "leads-dach") == 200
        await until(lambda: "claimed by Anna" in world.texts("leads-dach")[0])
        spent = sum(_FINDER in request.raw_path for request in world.linkedin.requests)

        leap.to((leap() + timedelta(days=1)).replace(hour=0, minute=3))
        await until(lambda: len(world.texts("leads-all")) == 3)

        assert spent <= 6, "no hammering"
        assert len(world.texts("admin")) == 1


async def test_a_version_that_was_switched_off_ends_with_a_newer_one_and_a_restart(world: World) -> None:
    world.linkedin.active_versions = frozenset({"202611"})
    async with world.product() as server:
        ids = [world.submit(first=f"Ana{number}") for number in range(3)]
        for each in ids:
            assert await world.notify(server, each) == 200
        await until(lambda: any("api_version" in text for text in world.texts("admin")))
        assert _leads(world)[ids[0]][0] == "waiting_for_linkedin"
    newer = replace(world, config=replace(world.config, linkedin=replace(world.config.linkedin, api_version="202611")))
    async with newer.product():
        await until(lambda: {row[0] for row in _leads(world).values()} == {"unassigned"})
    assert sum("cannot be fetched" in text for text in world.texts("admin")) == 1


async def test_in_a_batch_each_lead_has_its_own_fate(world: World) -> None:
    async with world.product() as server:
        await until(lambda: rows(world, "SELECT 1 FROM stream"))
        ids = [world.submit(first=f"Ana{number}") for number in range(40)]
        world.linkedin.delete(ids[20])
        world.linkedin.faults.add(Fault(_FINDER, hang=0.1, times=4))  # meanwhile the others queue up
        await asyncio.gather(*(world.notify(server, each) for each in ids))
        await until(lambda: sum(row[0] == "unassigned" for row in _leads(world).values()) == 39)
        assert any("ids=List(" in request.raw_path for request in world.linkedin.requests)
        assert _leads(world)[ids[20]][0] == "waiting_for_linkedin"
        assert sum("ids=List(" in request.raw_path for request in world.linkedin.requests) < 10
    assert world.texts("admin") == []


async def test_a_linkedin_that_offers_no_batches_is_asked_one_by_one(world: World) -> None:
    async with world.product() as server:
        await until(lambda: rows(world, "SELECT 1 FROM stream"))
        world.linkedin.faults.add(Fault(_FINDER, hang=0.05, times=4))
        ids = [world.submit(first=f"Ana{number}") for number in range(30)]
        posting = asyncio.gather(*(world.notify(server, each) for each in ids))
        await until(lambda: sum(f"{_FINDER}/" in request.raw_path for request in world.linkedin.requests) == 4)
        refused = b'{"status": 400, "code": "ILLEGAL_ARGUMENT", "message": "no batches"}'
        world.linkedin.faults.add(Fault(f"{_FINDER}", status=400, body=refused, times=1))
        await posting
        await _settled(world)
        assert {row[0] for row in _leads(world).values()} == {"unassigned"}
    assert world.texts("admin") == []


async def test_names_that_hang_hold_no_alert_for_more_than_two_seconds(tmp_path: Path) -> None:
    async with a_world(tmp_path, ONE_CHANNEL, **_settings()) as world:
        world.linkedin.names_in_answers = False
        world.linkedin.faults.add(Fault("/rest/adAccounts", hang=30, times=99))
        async with world.product() as server:
            await world.notify(server, world.submit())
            await until(lambda: world.texts("leads-all"), seconds=3.5)


async def test_a_pull_alone_leaves_its_work_to_the_next_start(tmp_path: Path) -> None:
    async with a_world(tmp_path, ONE_CHANNEL, **_settings()) as world:
        async with world.product() as server:
            await _pulled(server, world)
        response_id = world.submit()
        async with alone(world.config, Leap().timing()) as product:
            assert await product.linkedin.pull.pull(STREAM) == 1
        assert world.texts("leads-all") == []
        async with world.product():
            await until(lambda: world.texts("leads-all"))
        assert list(_leads(world)) == [response_id]
