"""`linkedin subscriptions`, `subscribe`, `unsubscribe`, and the challenge that is tried beforehand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest

from bot import control
from bot.core.errors import BotError
from bot.ports import Subscription
from bot.store.database import opened
from bot.store.subscription_book import SqliteSubscriptionBook
from tests.cli.linkedin.world import ACCOUNT, PAGE, SECRET, World, a_listener, a_world
from tests.clock import Clock

Rows = list[dict[str, object]]


@asynccontextmanager
async def a_subscribable_world(folder: Path, secret: str = SECRET) -> AsyncIterator[World]:
    """A world whose public_url is answered, as by a running server."""
    async with a_world(folder) as world, a_listener(secret) as url:
        world.environment["PUBLIC_URL"] = url
        yield world


def _kinds(world: World) -> list[tuple[str, str]]:
    return [(one.owner, one.lead_type) for one in world.linkedin.subscriptions.values()]


# ── subscribe ──


async def test_every_source_is_subscribed_and_again_changes_nothing(tmp_path: Path) -> None:
    async with a_subscribable_world(tmp_path) as world:
        first = await world.run("subscribe")
        second = await world.run("subscribe", "--json")

    assert first.code == 0
    assert first.out.count("made") == 3
    assert "No server runs on this database" in first.err
    assert _kinds(world) == [(ACCOUNT, "SPONSORED"), (PAGE, "EVENT"), (PAGE, "COMPANY")]
    done = cast("dict[str, Rows]", second.json)
    assert (done["created"], len(done["kept"])) == ([], 3)


async def test_a_moved_server_takes_its_subscriptions_along_and_leaves_the_others(tmp_path: Path) -> None:
    async with a_subscribable_world(tmp_path) as world:
        world.linkedin.add_subscription(webhook="https://crm.example/hook", owner=ACCOUNT, lead_type="SPONSORED")
        await world.run("subscribe")
        async with a_listener() as moved:
            world.environment["PUBLIC_URL"] = moved
            planned = await world.run("subscribe", "--dry-run")
            before = [one.webhook for one in world.linkedin.subscriptions.values()]
            done = await world.run("subscribe")

    assert (done.out.count("made"), done.out.count("removed")) == (3, 3)
    assert (planned.out.count("would be made"), planned.out.count("would be removed")) == (3, 3)
    assert not any(webhook.startswith(moved) for webhook in before)
    webhooks = {one.webhook for one in world.linkedin.subscriptions.values()}
    assert webhooks == {"https://crm.example/hook", f"{moved}/linkedin/webhook"}


async def test_a_refused_owner_is_told_and_the_others_are_made(tmp_path: Path) -> None:
    async with a_subscribable_world(tmp_path) as world:
        world.linkedin.forbid(PAGE)
        told = await world.run("subscribe")

    assert told.code == 1
    assert _kinds(world) == [(ACCOUNT, "SPONSORED")]
    assert "organization:12345678 EVENT: " in told.err
    assert "role" in told.err


async def test_a_running_server_does_it(tmp_path: Path) -> None:
    asked: list[object] = []

    async def subscribe(arguments: object) -> object:
        asked.append(arguments)
        return {"created": [{"id": "1", "owner": ACCOUNT, "lead_type": "SPONSORED"}], "refused": []}

    async with (
        a_subscribable_world(tmp_path) as world,
        control.listening(tmp_path / "leads.db", {"subscribe": subscribe}),
    ):
        told = await world.run("subscribe")

    assert asked == [{}]
    assert (told.code, told.err) == (0, "")
    assert "made" in told.out
    assert world.linkedin.requests == []


async def test_a_running_server_that_refuses_is_heard(tmp_path: Path) -> None:
    async def subscribe(arguments: object) -> object:
        raise BotError("LinkedIn posts only to an HTTPS address")

    async with (
        a_subscribable_world(tmp_path) as world,
        control.listening(tmp_path / "leads.db", {"subscribe": subscribe}),
    ):
        told = await world.run("subscribe")

    assert told.code == 2
    assert "LinkedIn posts only to an HTTPS address" in told.err


@pytest.mark.parametrize(
    ("public_url", "words"),
    [
        ("http://leads.example.com", "LinkedIn posts only to an HTTPS address"),
        ("https://abc.ngrok.io", "LinkedIn refuses addresses of ngrok"),
    ],
)
async def test_an_address_that_linkedin_refuses_is_refused_before_anything(
    tmp_path: Path, public_url: str, words: str
) -> None:
    async with a_world(tmp_path) as world:
        world.environment["PUBLIC_URL"] = public_url
        told = await world.run("subscribe")

    assert told.code == 2
    assert words in told.err
    assert world.linkedin.requests == []


async def test_a_failed_challenge_is_explained_before_linkedin_is_asked_and_can_be_skipped(tmp_path: Path) -> None:
    async with a_subscribable_world(tmp_path, secret="another-secret") as world:
        checked = await world.run("subscribe")
        asked = list(world.linkedin.requests)
        unchecked = await world.run("subscribe", "--no-check")

    assert checked.code == unchecked.code == 1
    assert "has another client secret than this rule file" in checked.err
    assert asked == []
    assert "prove that it is yours" in unchecked.err
    assert world.linkedin.subscriptions == {}


# ── subscriptions, unsubscribe ──


async def test_subscriptions_tell_which_post_here(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        world.environment["PUBLIC_URL"] = "https://leads.example.com"
        world.linkedin.add_subscription(
            webhook="https://LEADS.example.com/linkedin/webhook", owner=ACCOUNT, lead_type="SPONSORED"
        )
        world.linkedin.add_subscription(webhook="https://crm.example/hook", owner=PAGE, lead_type="EVENT")
        told = await world.run("subscriptions", "--json")
        of_page = await world.run("subscriptions", "--owner", "page", "--type", "event", "--json")

    assert [row["here"] for row in cast("Rows", told.json)] == [True, False]
    assert [row["webhook"] for row in cast("Rows", of_page.json)] == ["https://crm.example/hook"]


async def test_unsubscribing_deletes_and_a_second_time_is_fine(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        number = world.linkedin.add_subscription(webhook="https://x.example/", owner=PAGE, lead_type="EVENT")
        first = await world.run("unsubscribe", number)
        second = await world.run("unsubscribe", number)

    assert (first.code, second.code) == (0, 0)
    assert world.linkedin.subscriptions == {}


async def test_a_plan_knows_what_is_ours_from_the_database(tmp_path: Path, clock: Clock) -> None:
    async with a_world(tmp_path) as world:
        number = world.linkedin.add_subscription(
            webhook="https://former.example/linkedin/webhook", owner=PAGE, lead_type="ORGANIZATION_PRODUCT"
        )
        async with opened(tmp_path / "leads.db") as database:
            ours = Subscription(
                id=number, webhook="https://former.example/", owner=PAGE, lead_type="ORGANIZATION_PRODUCT"
            )
            await SqliteSubscriptionBook(database).remember(ours, now=clock())
        told = await world.run("subscribe", "--dry-run", "--json")

    done = cast("dict[str, Rows]", told.json)
    assert [row["id"] for row in done["removed"]] == [number]
    assert len(done["created"]) == 3
    assert number in world.linkedin.subscriptions


async def test_one_form_or_one_event_can_be_subscribed_alone_and_stays(tmp_path: Path) -> None:
    async with a_subscribable_world(tmp_path) as world:
        form = next(iter(world.linkedin.forms.values()))
        source = ("--owner", form.owner.removeprefix("urn:li:"), "--type", "SPONSORED")
        of_form = await world.run("subscribe", "--form", f"{form.id},{form.version}", *source, "--json")
        of_event = await world.run("subscribe", "--entity", "event:123", "--owner", PAGE, "--type", "EVENT")
        await world.run("subscribe")
        there = list(world.linkedin.subscriptions.values())

    assert (of_form.code, of_event.code) == (0, 0)
    assert [one.form for one in there if one.form] == [f"urn:li:versionedLeadGenForm:(urn:li:leadGenForm:{form.id},1)"]
    assert [one.entity for one in there if one.entity] == ["urn:li:event:123"]
    assert len(there) == 5, "and the three for whole owners beside them"


async def test_a_dry_run_for_one_event_makes_nothing(tmp_path: Path) -> None:
    async with a_subscribable_world(tmp_path) as world:
        source = ("--owner", PAGE, "--type", "EVENT")
        done = await world.run("subscribe", "--entity", "event:123", *source, "--dry-run")

    assert (done.code, done.out) == (0, "One would be made. LinkedIn was not asked.\n")
    assert world.linkedin.subscriptions == {}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--form", "6083,1"), "Name one with --owner and --type"),
        (("--type", "SPONSORED"), "every source is subscribed to"),
        (("--form", "6083", "--type", "SPONSORED"), "names no version of a form"),
        (("--entity", "party:1", "--type", "EVENT"), "is no entity"),
    ],
)
async def test_what_names_no_one_thing_is_wrong_use(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    async with a_subscribable_world(tmp_path) as world:
        done = await world.run("subscribe", *arguments)

    assert done.code == 2
    assert words in done.err
