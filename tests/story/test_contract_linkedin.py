"""What happens to leads while LinkedIn refuses, limits, or shows a lead in one place and not in the other."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import Running, utc_now
from bot.sandbox.faults import Fault
from tests.story.killable import killable
from tests.story.world import QUICK, World, a_world, until

_FINDER = "/rest/leadFormResponses"
_FORBIDDEN = b'{"status": 403, "code": "ACCESS_DENIED", "message": "Not enough permissions"}'
_DAY_QUOTA = (
    b'{"serviceErrorCode": 101, "status": 429, "message": '
    b'"Resource level throttle APPLICATION DAY limit for calls to this resource is reached."}'
)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as made:
        yield made


async def _looked_once(world: World) -> None:
    """Wait until the first pull, which rings nobody, has been asked and answered."""
    await until(lambda: any("q=owner" in request.raw_path for request in world.linkedin.requests))
    await asyncio.sleep(0)


async def _pull(world: World, server: Running) -> None:
    await server.pull.pull_source(world.config.sources[0])


async def test_a_lead_that_the_pull_has_in_hand_rings_although_it_cannot_be_fetched_by_its_id(world: World) -> None:
    async with world.product() as server:
        await _pull(world, server)
        response_id = world.submit()
        only_by_id = f"{_FINDER}/{response_id}"
        world.linkedin.faults.add(Fault(where=only_by_id, status=403, body=_FORBIDDEN, times=99))
        await world.notify(server, response_id)
        await until(lambda: world.texts("#admin"))

        await _pull(world, server)

        await until(lambda: world.texts("#leads-all"), seconds=5)


async def test_a_spent_day_quota_is_told_because_leads_wait_for_hours(world: World) -> None:
    hours_before_midnight = timedelta(hours=utc_now().hour)
    timing = replace(QUICK, now=lambda: utc_now() - hours_before_midnight)
    async with world.product(timing) as server:
        await _pull(world, server)
        world.linkedin.faults.add(Fault(where=_FINDER, status=429, body=_DAY_QUOTA, times=99))

        await world.notify(server, world.submit())

        await until(lambda: world.texts("#admin"), seconds=5)
    assert len(world.texts("#admin")) == 1


async def test_a_pull_that_linkedin_forbids_is_told_once(world: World) -> None:
    world.linkedin.faults.add(Fault(where=_FINDER, status=403, body=_FORBIDDEN, times=99))
    async with world.product() as server:
        await _pull(world, server)
        await _pull(world, server)

        await until(lambda: world.texts("#admin"), seconds=5)
    assert len(world.texts("#admin")) == 1


async def test_an_entry_that_cannot_be_read_does_not_keep_the_first_pull_going_for_ever(world: World) -> None:
    broken = json.dumps({"paging": {"start": 0, "count": 100}, "elements": [{"id": "no-time"}]}).encode()
    world.linkedin.faults.add(Fault(where=_FINDER, body=broken, times=2))
    async with world.product() as server:
        await _looked_once(world)
        await _pull(world, server)
        world.linkedin.faults.clear()
        world.submit()  # the webhook misses it

        await _pull(world, server)

        await until(lambda: world.texts("#leads-all"), seconds=5)


async def test_a_lead_that_ends_the_process_is_started_five_times_although_every_start_pulls(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world, killable(world, tmp_path) as server:
        response_id = world.submit()
        by_id = f"{_FINDER}/{response_id}"
        world.linkedin.faults.add(Fault(where=by_id, hang=60, times=99))
        await world.linkedin.notify(f"http://127.0.0.1:{server.port}/linkedin/webhook", response_id)

        def starts() -> int:
            return sum(by_id in request.raw_path for request in world.linkedin.requests)

        for number in range(1, 6):
            await until(lambda number=number: starts() == number)  # type: ignore[misc]
            await server.kill()
            await server.start()
        await until(lambda: world.texts("#admin"))
        await server.kill()
        await server.start()

        await world.linkedin.notify(f"http://127.0.0.1:{server.port}/linkedin/webhook", world.submit(first="Zoe"))
        await until(lambda: world.texts("#leads-all") == ["New lead: Zoe Silva at ACME – unclaimed"])
        assert starts() == 5


async def test_an_api_version_that_was_switched_off_holds_the_leads_and_is_told_once(world: World) -> None:
    world.linkedin.active_versions = frozenset({"202612"})
    async with world.product() as server:
        for _ in range(3):
            await world.notify(server, world.submit())
        await until(lambda: world.texts("#admin"))
        assert "linkedin.api_version" in world.texts("#admin")[0]
        assert world.texts("#leads-all") == []

        world.linkedin.active_versions = frozenset({"202608"})

        await until(lambda: len(world.texts("#leads-all")) == 3)
    assert len(world.texts("#admin")) == 1


_HTML = {"Content-Type": "text/html"}
_PASSING = {
    "Gateway": Fault(status=502, body=b"<html>Bad gateway</html>", headers=_HTML),
    "Lost": Fault(status=404, body=b"<html>Not here</html>", headers=_HTML),
    "Portal": Fault(body=b"<html>Please sign in</html>", headers=_HTML),
    "Half": Fault(drop="midway"),
    "Early": Fault(status=404, body=b'{"status": 404, "code": "NOT_FOUND", "message": "not yet"}', times=2),
    "Limited": Fault(status=429, headers={"Retry-After": "1"}),
}


async def test_a_passing_trouble_costs_a_lead_nothing_but_a_moment(world: World) -> None:
    async with world.product() as server:
        await _pull(world, server)
        for name, fault in _PASSING.items():
            response_id = world.submit(first=name)
            world.linkedin.faults.add(replace(fault, where=f"{_FINDER}/{response_id}"))
            await world.notify(server, response_id)

        await until(lambda: len(world.texts("#leads-all")) == len(_PASSING))

    assert sorted(text.split()[2] for text in world.texts("#leads-all")) == sorted(_PASSING)
    assert world.texts("#admin") == []


async def test_a_names_look_up_that_is_refused_does_not_cost_the_lead(world: World) -> None:
    async with world.product() as server:
        await _pull(world, server)
        response_id = world.submit()
        world.linkedin.faults.add(Fault(where=f"{_FINDER}/{response_id}", status=403, body=_FORBIDDEN))

        await world.notify(server, response_id)

        await until(lambda: world.texts("#leads-all") == ["New lead: Ana Silva at ACME – unclaimed"])


async def test_webhook_and_pull_meet_in_one_card_whoever_comes_first(world: World) -> None:
    async with world.product() as server:
        await _pull(world, server)
        pulled_first, pushed_first = world.submit(first="Pulled"), world.submit(first="Pushed")
        world.linkedin.faults.add(Fault(where=f"{_FINDER}/{pushed_first}", hang=0.3))

        await world.notify(server, pushed_first)
        await _pull(world, server)
        await world.notify(server, pulled_first)
        last = world.submit(first="Last")
        await world.notify(server, last)

        await until(lambda: len(world.texts("#leads-all")) == 3)
        await _pull(world, server)
        assert sorted(world.texts("#leads-all")) == [
            f"New lead: {name} Silva at ACME – unclaimed" for name in ("Last", "Pulled", "Pushed")
        ]


async def test_a_lead_that_the_first_pull_only_listed_rings_when_its_webhook_comes_after_all(world: World) -> None:
    response_id = world.submit()
    async with world.product() as server:
        await until(lambda: world.texts("#admin"))
        assert world.texts("#leads-all") == []

        await world.notify(server, response_id)

        await until(lambda: world.texts("#leads-all") == ["New lead: Ana Silva at ACME – unclaimed"], seconds=5)
