"""People are found by their address once, remembered, and recognised while Slack is away."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.errors import OutageError, StoreUnavailable, TargetError, TemporaryError
from bot.core.people import People, Person
from bot.sandbox.faults import Fault
from tests.destinations.slack.builders import Memory, a_world


class ForgetfulMemory(Memory):
    """A database that is closed."""

    async def load(self) -> dict[str, str]:
        raise StoreUnavailable("closed")

    async def remember(self, email: str, user_id: str) -> None:
        raise StoreUnavailable("closed")


async def test_at_start_everybody_of_the_file_is_found_and_remembered() -> None:
    async with a_world() as world:
        await world.slack.prepare()

        assert world.slack.directory.person_of("U0ANNA") == "anna"
        assert world.slack.directory.person_of("U0BEN") == "ben"
        assert world.slack.directory.person_of("U0OTHER") == ""
        assert world.memory.known == {"anna@example.com": "U0ANNA"}


async def test_who_was_remembered_is_known_while_slack_is_down() -> None:
    async with a_world(memory=Memory({"anna@example.com": "U0ANNA"})) as world:
        await world.workspace.stop()

        await world.slack.prepare()

        assert world.slack.directory.person_of("U0ANNA") == "anna"
        assert world.slack.identity.known is None


async def test_a_database_that_is_busy_only_makes_the_next_start_slower() -> None:
    async with a_world(memory=ForgetfulMemory()) as world:
        await world.slack.prepare()

        assert world.slack.directory.person_of("U0ANNA") == "anna"


async def test_who_could_not_be_found_at_start_is_found_when_needed() -> None:
    async with a_world() as world:
        world.workspace.faults.add(Fault("users.lookupByEmail", status=503))
        await world.slack.prepare()
        assert world.slack.directory.person_of("U0ANNA") == ""

        assert await world.slack.directory.user_id("anna@example.com") == "U0ANNA"
        assert world.slack.directory.person_of("U0ANNA") == "anna"


async def test_an_unknown_address_is_not_asked_about_again_for_a_while() -> None:
    async with a_world() as world:
        for _ in range(3):
            with pytest.raises(TargetError):
                await world.slack.directory.user_id("late@example.com")
        assert world.methods() == ["users.lookupByEmail"]

        world.workspace.add_user(id="U0LATE", name="Late", email="late@example.com")
        world.clock.time += timedelta(minutes=10)

        assert await world.slack.directory.user_id("late@example.com") == "U0LATE"


async def test_an_id_needs_no_question() -> None:
    async with a_world() as world:
        assert await world.slack.directory.user_id("W012A3CDE") == "W012A3CDE"
        assert world.methods() == []


async def test_a_missing_scope_says_what_to_do_instead() -> None:
    async with a_world() as world:
        world.workspace.faults.add(Fault("users.lookupByEmail", body=b'{"ok":false,"error":"missing_scope"}'))

        with pytest.raises(TargetError) as caught:
            await world.slack.directory.user_id("anna@example.com")

        assert "users:read.email" in caught.value.advice


async def test_other_failures_stay_what_they_are() -> None:
    async with a_world() as world:
        world.workspace.faults.add(Fault("users.lookupByEmail", body=b'{"ok":false,"error":"invalid_auth"}'))
        world.workspace.faults.add(Fault("users.lookupByEmail", drop="after"))

        with pytest.raises(OutageError):
            await world.slack.directory.user_id("anna@example.com")
        with pytest.raises(TemporaryError):
            await world.slack.directory.user_id("anna@example.com")


async def test_where_the_file_names_nobody_guests_are_known_from_the_start() -> None:
    async with a_world(people=People()) as world:
        world.workspace.add_user(id="U0GUEST", name="Guest", email="guest@example.com", is_guest=True)

        await world.slack.prepare()

        assert world.slack.directory.is_guest("U0GUEST")
        assert not world.slack.directory.is_guest("U0ANNA")


async def test_who_am_i_is_asked_until_it_is_known_and_then_no_more() -> None:
    async with a_world() as world:
        world.workspace.faults.add(Fault("auth.test", status=503))
        with pytest.raises(TemporaryError):
            await world.slack.identity.who_am_i()

        ourselves = [await world.slack.identity.who_am_i() for _ in range(2)]

        assert {(o.bot_id, o.bot_user_id, o.team_id) for o in ourselves} == {("B0LEADBELL", "U0LEADBELL", "T0DEMO")}
        assert world.methods() == ["auth.test", "auth.test"]


async def test_a_person_without_slack_is_left_alone() -> None:
    async with a_world(people=People(by_name={"eva": Person(name="eva")})) as world:
        await world.slack.prepare()

        assert world.methods() == ["auth.test"]
        assert world.slack.directory.person_of("") == ""
