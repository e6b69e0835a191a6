"""People are found by their address once, remembered, and recognised while Slack is away."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest

from bot.core.errors import OutageError, StoreUnavailable, TargetError, TemporaryError
from bot.core.people import People, Person
from bot.destinations.slack.directory import LONGEST_WAIT, Directory, wait_after
from bot.sandbox.faults import Fault
from tests.destinations.slack.builders import PEOPLE, Memory, World, a_world, prepared, preparing, until


class ForgetfulMemory(Memory):
    """A database that is closed."""

    async def load(self) -> dict[str, str]:
        raise StoreUnavailable("closed")

    async def remember(self, email: str, user_id: str) -> None:
        raise StoreUnavailable("closed")


ANNA_ONLY = People(by_name={"anna": PEOPLE.by_name["anna"]})
LOOK_UP = "users.lookupByEmail"


def an_impatient_directory(world: World, people: People = PEOPLE) -> Directory:
    """The same parts, with a first wait of nothing to speak of."""
    return Directory(
        api=world.slack.api,
        people=lambda: people,
        remembers=world.memory,
        now=world.clock,
        shortest_wait=timedelta(milliseconds=1),
        look_again_every=timedelta(milliseconds=50),
    )


async def ask(directory: Directory, user: str) -> None:
    await directory.ask_about(user, within=timedelta(seconds=5))


async def test_at_start_everybody_of_the_file_is_found_and_remembered() -> None:
    async with a_world() as world, prepared(world):
        assert world.slack.directory.person_of("U0ANNA") == "anna"
        assert world.slack.directory.person_of("U0BEN") == "ben"
        assert world.slack.directory.person_of("U0OTHER") == ""
        assert world.memory.known == {"anna@example.com": "U0ANNA"}


async def test_who_was_remembered_is_known_while_slack_is_down() -> None:
    async with a_world(memory=Memory({"anna@example.com": "U0ANNA"})) as world:
        await world.workspace.stop()

        async with prepared(world):
            assert world.slack.identity.known is None


async def test_who_was_remembered_is_known_while_slack_hangs() -> None:
    async with a_world(memory=Memory({"anna@example.com": "U0ANNA"})) as world:
        world.workspace.faults.add(Fault("", hang=60, times=9))

        async with prepared(world):
            assert world.slack.identity.known is None


async def test_a_database_that_is_busy_only_makes_the_next_start_slower() -> None:
    async with a_world(memory=ForgetfulMemory()) as world, prepared(world):
        assert world.memory.known == {}


async def test_who_could_not_be_found_at_start_is_found_when_needed() -> None:
    async with a_world() as world, preparing(world.slack):
        world.workspace.faults.add(Fault(LOOK_UP, status=503))
        await until(lambda: LOOK_UP in world.methods())
        assert world.slack.directory.person_of("U0ANNA") == ""

        assert await world.slack.directory.user_id("anna@example.com") == "U0ANNA"
        assert world.slack.directory.person_of("U0ANNA") == "anna"


@pytest.mark.parametrize(
    "fault",
    [
        Fault(LOOK_UP, status=503, times=3),
        Fault(LOOK_UP, status=429, headers={"Retry-After": "1"}),
        Fault(LOOK_UP, drop="before", times=3),
        Fault(LOOK_UP, body=b'{"ok":false,"error":"missing_scope"}', times=3),
        Fault(LOOK_UP, body=b'{"ok":false,"error":"invalid_auth"}', times=3),
        Fault(LOOK_UP, body=b'{"ok":true}', times=3),
    ],
)
async def test_whom_slack_would_not_name_is_asked_about_again_by_itself(fault: Fault) -> None:
    async with a_world() as world:
        world.workspace.faults.add(fault)
        directory = an_impatient_directory(world)

        async with preparing(directory):
            await until(lambda: directory.person_of("U0ANNA"))

        assert world.methods() == [LOOK_UP] * (fault.times + 1)


async def test_one_person_who_cannot_be_found_does_not_keep_the_others_unknown() -> None:
    people = People(by_name={name: Person(name=name, slack=f"{name}@example.com") for name in ("gone", "anna", "ben")})
    async with a_world(people=people) as world:
        world.workspace.faults.add(Fault(LOOK_UP, status=500))

        async with preparing(world.slack):
            await until(lambda: world.slack.directory.person_of("U0BEN"))

        assert world.methods().count(LOOK_UP) == 3


async def test_a_method_that_is_closed_is_left_alone_until_it_opens() -> None:
    people = People(by_name={name: Person(name=name, slack=f"{name}@example.com") for name in ("anna", "ben")})
    async with a_world(people=people) as world:
        world.workspace.faults.add(Fault(LOOK_UP, status=429, headers={"Retry-After": "600"}))
        directory = an_impatient_directory(world, people)
        async with preparing(directory):
            await until(lambda: world.methods() == [LOOK_UP])

            await ask(directory, "U0ANNA")

            assert directory.person_of("U0ANNA") == "anna"
            assert world.methods() == [LOOK_UP, "users.info"]


async def test_whom_slack_does_not_know_is_not_asked_or_told_about_in_every_round(
    caplog: pytest.LogCaptureFixture,
) -> None:
    people = People(by_name={name: Person(name=name, slack=f"{name}@example.com") for name in ("typo", "anna")})
    async with a_world(people=people) as world:
        world.workspace.faults.add(Fault(LOOK_UP, body=b'{"ok":false,"error":"users_not_found"}'))
        world.workspace.faults.add(Fault(LOOK_UP, status=503, times=3))
        directory = an_impatient_directory(world, people)

        async with preparing(directory):
            await until(lambda: directory.person_of("U0ANNA"))

        asked = [call.arguments["email"] for call in world.workspace.calls]
        assert asked == ["typo@example.com"] + ["anna@example.com"] * 4
        assert [record.message for record in caplog.records].count("slack person not found") == 1


@pytest.mark.parametrize(("failures", "seconds"), [(1, 2), (2, 4), (5, 32), (6, 60), (1_000_000, 60)])
def test_the_waits_between_rounds_grow_to_a_minute(failures: int, seconds: int) -> None:
    assert wait_after(failures, timedelta(seconds=2)) == timedelta(seconds=seconds) <= LONGEST_WAIT


async def test_somebody_who_presses_is_recognised_by_their_own_address() -> None:
    async with a_world() as world:
        world.workspace.faults.add(Fault(LOOK_UP, status=503, times=99))
        async with preparing(world.slack):
            await until(lambda: LOOK_UP in world.methods())
            assert world.slack.directory.may_learn_about("U0ANNA")

            await ask(world.slack.directory, "U0ANNA")

            assert world.slack.directory.person_of("U0ANNA") == "anna"
            assert not world.slack.directory.may_learn_about("U0OTHER"), "everybody is known: others are strangers"
            assert world.memory.known == {"anna@example.com": "U0ANNA"}


async def test_an_answer_about_anybody_starts_a_new_round_at_once() -> None:
    async with a_world() as world:
        world.workspace.faults.add(Fault(LOOK_UP, status=503))
        async with preparing(world.slack):
            await until(lambda: LOOK_UP in world.methods())

            await ask(world.slack.directory, "U0BEN")

            # far sooner than the two seconds of the first wait
            async with asyncio.timeout(1):
                await until(lambda: world.slack.directory.person_of("U0ANNA"))


@pytest.mark.parametrize("flag", ["is_bot", "is_stranger", "deleted"])
async def test_an_account_that_is_nobodys_here_is_nobody_of_the_file_whatever_its_address(flag: str) -> None:
    async with a_world(people=ANNA_ONLY) as world:
        answer = {"ok": True, "user": {"id": "U0EVIL", flag: True, "profile": {"email": "anna@example.com"}}}
        world.workspace.faults.add(Fault(LOOK_UP, status=503, times=99))
        world.workspace.faults.add(Fault("users.info", body=json.dumps(answer).encode()))
        async with preparing(world.slack):
            await until(world.methods)

            await ask(world.slack.directory, "U0EVIL")

            assert "users.info" in world.methods()
            assert world.slack.directory.person_of("U0EVIL") == ""
            assert world.memory.known == {}


async def test_several_presses_of_one_person_ask_once() -> None:
    async with a_world(people=People()) as world, preparing(world.slack):
        await until(world.methods)

        await asyncio.gather(*(ask(world.slack.directory, "U0ANNA") for _ in range(5)))

        assert world.methods().count("users.info") == 1


async def test_whoever_waits_for_an_answer_waits_no_longer_than_they_said_and_it_still_counts() -> None:
    async with a_world(people=People()) as world:
        world.workspace.faults.add(Fault("users.list", status=503))
        world.workspace.faults.add(Fault("users.info", hang=0.3))
        async with preparing(world.slack):
            await until(lambda: "users.list" in world.methods())

            await world.slack.directory.ask_about("U0ANNA", within=timedelta(milliseconds=10))

            assert world.slack.directory.is_outsider("U0ANNA")
            await until(lambda: not world.slack.directory.is_outsider("U0ANNA"))


async def test_before_the_start_and_after_the_end_nobody_is_asked_about() -> None:
    async with a_world() as world:
        await ask(world.slack.directory, "U0ANNA")
        async with prepared(world):
            pass
        before = world.methods()

        await ask(world.slack.directory, "U0OTHER")

        assert "users.info" not in world.methods() == before


async def test_stopping_does_not_wait_for_a_slack_that_hangs() -> None:
    async with a_world() as world:
        world.workspace.faults.add(Fault("", hang=60, times=9))

        async with preparing(world.slack):
            await until(lambda: len(world.methods()) == 2)


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


async def test_where_the_file_names_nobody_full_members_are_known_from_the_start_and_nobody_else() -> None:
    async with a_world(people=People()) as world:
        world.workspace.add_user(id="U0GUEST", name="Guest", email="guest@example.com", is_guest=True)
        world.workspace.add_user(id="U0LEFT", name="Left", email="left@example.com", is_deleted=True)

        async with preparing(world.slack):
            await until(lambda: not world.slack.directory.is_outsider("U0ANNA"))

            for outsider in ("U0GUEST", "U0LEFT", "U0NOBODY"):
                assert world.slack.directory.is_outsider(outsider)


async def test_who_joined_later_is_asked_about() -> None:
    async with a_world(people=People()) as world, preparing(world.slack):
        await until(lambda: not world.slack.directory.is_outsider("U0ANNA"))
        world.workspace.add_user(id="U0NEW", name="New", email="new@example.com")
        world.workspace.add_user(id="U0GUEST", name="Guest", email="guest@example.com", is_guest=True)

        for user in ("U0NEW", "U0GUEST"):
            assert world.slack.directory.may_learn_about(user)
            await ask(world.slack.directory, user)

        assert not world.slack.directory.is_outsider("U0NEW")
        assert world.slack.directory.is_outsider("U0GUEST")


async def test_who_became_a_guest_since_is_an_outsider_after_the_next_round() -> None:
    async with a_world(people=People()) as world:
        directory = an_impatient_directory(world, People())
        async with preparing(directory):
            await until(lambda: not directory.is_outsider("U0ANNA"))
            world.workspace.add_user(id="U0ANNA", name="Anna", email="anna@example.com", is_guest=True)

            await until(lambda: directory.is_outsider("U0ANNA"))


async def test_a_guest_who_presses_again_and_again_does_not_make_the_whole_list_be_read() -> None:
    async with a_world(people=People()) as world, preparing(world.slack):
        world.workspace.add_user(id="U0GUEST", name="Guest", email="guest@example.com", is_guest=True)
        await until(lambda: not world.slack.directory.is_outsider("U0ANNA"))

        for _ in range(3):
            await ask(world.slack.directory, "U0GUEST")

        assert world.methods().count("users.info") == 3
        assert world.methods().count("users.list") == 1


async def test_a_list_of_members_that_breaks_off_is_read_again() -> None:
    async with a_world(people=People()) as world:
        world.workspace.faults.add(Fault("users.list", status=503, times=3))
        directory = an_impatient_directory(world, People())

        async with preparing(directory):
            await until(lambda: not directory.is_outsider("U0ANNA"))

        assert world.methods()[:4] == ["users.list"] * 4


async def test_a_long_list_of_members_is_read_to_its_end() -> None:
    async with a_world(people=People()) as world:
        for number in range(450):
            world.workspace.add_user(id=f"U{number:05}", name=f"N{number}", email=f"n{number}@example.com")

        async with preparing(world.slack):
            await until(lambda: not world.slack.directory.is_outsider("U00449"))

        assert world.methods().count("users.list") == 3


async def test_who_am_i_is_asked_until_it_is_known_and_then_no_more() -> None:
    async with a_world() as world:
        world.workspace.faults.add(Fault("auth.test", status=503))
        with pytest.raises(TemporaryError):
            await world.slack.identity.who_am_i()

        ourselves = [await world.slack.identity.who_am_i() for _ in range(2)]

        assert {(o.bot_id, o.bot_user_id, o.team_id) for o in ourselves} == {("B0LEADBELL", "U0LEADBELL", "T0DEMO")}
        assert world.methods() == ["auth.test", "auth.test"]


async def test_a_person_without_slack_is_left_alone() -> None:
    async with a_world(people=People(by_name={"eva": Person(name="eva")})) as world, preparing(world.slack):
        await until(lambda: world.slack.identity.known)

        assert world.methods() == ["auth.test"]
        assert world.slack.directory.person_of("") == ""
