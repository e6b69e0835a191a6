"""Keeping our address subscribed: once each, whatever LinkedIn answers and whenever the process dies."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.core.errors import (
    AmbiguousError,
    ChallengeFailed,
    Conflict,
    Forbidden,
    PermanentError,
    RateLimited,
    SignInNeeded,
    TemporaryError,
    UpstreamError,
)
from bot.pipeline.streams import streams_of
from bot.pipeline.subscribe import Outcome, Subscriber, as_json, refusal_of, webhook_of
from bot.ports import Stream, Subscription
from bot.store.database import Database
from bot.store.entries import Clerk
from bot.store.subscription_book import SqliteSubscriptionBook
from tests.clock import Clock
from tests.pipeline.builders import OWNER, Floor

HERE = "https://leads.example.com/linkedin/webhook"
FORMER = "https://former.example/linkedin/webhook"
ADS = Stream(source="ads", owner=OWNER, lead_type="SPONSORED")
EVENTS = Stream(source="page", owner="urn:li:organization:1", lead_type="EVENT")


class Killed(BaseException):
    """The process ends here."""


@dataclass
class LinkedIn:
    """The other side's subscriptions. `trouble` may raise before a call, `lost` after it was carried out."""

    there: dict[str, Subscription] = field(default_factory=dict)
    trouble: Callable[[str, str], None] = lambda _what, _owner: None
    lost: Callable[[str], None] = lambda _what: None
    calls: list[str] = field(default_factory=list)
    number: int = 7011

    async def subscriptions(self, owner: str, lead_type: str) -> list[Subscription]:
        self._enter("list", owner)
        return [each for each in self.there.values() if (each.owner, each.lead_type) == (owner, lead_type)]

    async def subscribe(self, webhook: str, owner: str, lead_type: str, *, form: str = "", entity: str = "") -> str:
        self._enter("create", owner)
        await asyncio.sleep(0)
        self.number += 1
        new_id = str(self.number)
        self.there[new_id] = Subscription(
            id=new_id, webhook=webhook, owner=owner, lead_type=lead_type, form=form, entity=entity
        )
        self.lost("create")
        return new_id

    async def unsubscribe(self, subscription_id: str) -> None:
        self._enter("delete", subscription_id)
        self.there.pop(subscription_id, None)
        self.lost("delete")

    def _enter(self, what: str, owner: str) -> None:
        self.calls.append(what)
        self.trouble(what, owner)

    def add(self, number: str, webhook: str = HERE, owner: str = OWNER, lead_type: str = "SPONSORED") -> Subscription:
        self.there[number] = Subscription(id=number, webhook=webhook, owner=owner, lead_type=lead_type)
        return self.there[number]


@dataclass
class Home:
    """The subscriber on a real store."""

    linkedin: LinkedIn
    floor: Floor
    book: SqliteSubscriptionBook
    subscriber: Subscriber

    async def ensure(self, *streams: Stream) -> Outcome:
        return await self.subscriber.ensure(streams)

    async def remember(self, one: Subscription) -> None:
        await self.book.remember(one, now=self.floor.clock())


@pytest.fixture
def home(database: Database, clerk: Clerk, clock: Clock) -> Home:
    floor, linkedin, book = Floor(database, clerk, clock), LinkedIn(), SqliteSubscriptionBook(database)
    subscriber = Subscriber(subscriptions=linkedin, book=book, webhook=HERE, now=clock, shift=floor.shift)
    return Home(linkedin, floor, book, subscriber)


def once(what: str, error: BaseException, owner: str = "") -> Callable[[str, str], None]:
    """Raise it at the first such call."""
    left = [error]

    def trouble(called: str, of: str) -> None:
        if called == what and owner in {"", of} and left:
            raise left.pop()

    return trouble


async def test_every_stream_is_subscribed_once_and_a_second_time_changes_nothing(home: Home) -> None:
    first = await home.ensure(ADS, EVENTS)
    home.linkedin.calls.clear()
    second = await home.ensure(ADS, EVENTS)

    assert [each.lead_type for each in first.created] == ["SPONSORED", "EVENT"]
    assert set(await home.book.ours()) == set(home.linkedin.there) == {"7012", "7013"}
    assert (len(second.kept), second.created, second.removed) == (2, (), ())
    assert home.linkedin.calls == ["list", "list"]


async def test_two_at_once_do_it_once(home: Home) -> None:
    await asyncio.gather(home.ensure(ADS), home.ensure(ADS))

    assert home.linkedin.calls.count("create") == 1


async def test_a_moved_address_is_made_anew_before_the_former_one_goes(home: Home) -> None:
    await home.remember(home.linkedin.add("5", FORMER))

    done = await home.ensure(ADS)

    assert home.linkedin.calls == ["list", "create", "delete"]
    assert [each.webhook for each in home.linkedin.there.values()] == [HERE]
    assert [each.id for each in done.removed] == ["5"]


async def test_somebody_elses_stay(home: Home) -> None:
    home.linkedin.add("5", "https://crm.example/hook")

    await home.ensure(ADS)

    assert "5" in home.linkedin.there


async def test_a_stream_that_left_the_file_is_unsubscribed(home: Home) -> None:
    await home.ensure(ADS, EVENTS)

    done = await home.ensure(ADS)

    assert [each.lead_type for each in done.removed] == ["EVENT"]
    assert [each.lead_type for each in home.linkedin.there.values()] == ["SPONSORED"]
    assert len(await home.book.ours()) == 1


async def test_what_linkedin_no_longer_has_is_forgotten_and_made_again(home: Home) -> None:
    await home.ensure(ADS)
    home.linkedin.there.clear()

    await home.ensure(ADS)

    assert set(await home.book.ours()) == set(home.linkedin.there) == {"7013"}


@pytest.mark.parametrize("what", ["list", "create", "delete"])
@pytest.mark.parametrize("is_after", [False, True])
async def test_a_process_that_dies_anywhere_leaves_nothing_double(home: Home, what: str, is_after: bool) -> None:
    await home.remember(home.linkedin.add("5", FORMER))
    if is_after:
        died = once(what, Killed())
        home.linkedin.lost = lambda called: died(called, "")
    else:
        home.linkedin.trouble = once(what, Killed())
    with contextlib.suppress(Killed):
        await home.ensure(ADS)

    await home.ensure(ADS)

    assert [each.webhook for each in home.linkedin.there.values()] == [HERE]
    assert set(await home.book.ours()) == set(home.linkedin.there)


async def test_an_answer_that_was_lost_is_looked_for_and_not_repeated(home: Home) -> None:
    lost = once("create", AmbiguousError("timed out"))
    home.linkedin.lost = lambda called: lost(called, "")

    done = await home.ensure(ADS)

    assert home.linkedin.calls == ["list", "create", "list"]
    assert [each.id for each in done.created] == list(home.linkedin.there) == list(await home.book.ours())


async def test_an_unknown_end_that_made_nothing_is_tried_once_more(home: Home) -> None:
    home.linkedin.trouble = once("create", AmbiguousError("timed out"))

    done = await home.ensure(ADS)

    assert home.linkedin.calls == ["list", "create", "list", "create"]
    assert len(done.created) == 1


@pytest.mark.parametrize("error", [Conflict("there is one"), PermanentError("bad request", code="400")])
async def test_a_refusal_that_may_mean_there_is_one_looks_again(home: Home, error: UpstreamError) -> None:
    def trouble(what: str, owner: str) -> None:
        if what == "create":
            home.linkedin.add("6")
            raise error

    home.linkedin.trouble = trouble

    done = await home.ensure(ADS)

    assert [each.id for each in done.created] == ["6"]
    assert list(await home.book.ours()) == ["6"]


async def test_our_former_address_makes_room_where_linkedin_allows_only_one(home: Home) -> None:
    await home.remember(home.linkedin.add("5", FORMER))

    def trouble(what: str, owner: str) -> None:
        if what == "create" and home.linkedin.there:
            raise Conflict("one for each owner and type")

    home.linkedin.trouble = trouble

    done = await home.ensure(ADS)

    assert [each.webhook for each in home.linkedin.there.values()] == [HERE]
    assert ([each.id for each in done.removed], len(done.created)) == (["5"], 1)


async def test_one_streams_refusal_is_told_once_and_does_not_keep_the_others(home: Home) -> None:
    refusal = ChallengeFailed("This URL did not pass", code="400", advice="Start the server first.")

    for _ in range(2):
        home.linkedin.trouble = once("create", refusal, OWNER)
        done = await home.ensure(ADS, EVENTS)

    assert [(stream, str(error)) for stream, error in done.refused] == [(ADS, "This URL did not pass")]
    assert [each.lead_type for each in home.linkedin.there.values()] == ["EVENT"]
    (told,) = await home.floor.notices()
    assert "ads (sponsoredAccount:507857085, SPONSORED)" in told
    assert "Start the server first." in told


@pytest.mark.parametrize("error", [Forbidden("no role", code="403"), ChallengeFailed("no", code="400")])
async def test_a_plain_no_is_not_asked_twice(home: Home, error: UpstreamError) -> None:
    home.linkedin.trouble = once("create", error)

    await home.ensure(ADS)

    assert home.linkedin.calls == ["list", "create"]


async def test_a_passing_trouble_is_nobodys_business(home: Home) -> None:
    home.linkedin.trouble = once("list", TemporaryError("503", code="503"))

    done = await home.ensure(ADS)

    assert len(done.refused) == 1
    assert await home.floor.notices() == []


async def test_a_dead_token_ends_it_and_closes_linkedin(home: Home) -> None:
    home.linkedin.trouble = once("list", SignInNeeded("no token", code="401"))

    done = await home.ensure(ADS, EVENTS)

    assert home.linkedin.calls == ["list"]
    assert [stream for stream, _ in done.refused] == [ADS, EVENTS]
    assert await home.floor.pauses.is_closed("linkedin", now=home.floor.clock())
    assert as_json(done)["refused"] == [
        {
            "source": stream.source,
            "owner": stream.owner,
            "lead_type": stream.lead_type,
            "error": "no token",
            "advice": "",
            "is_setup": True,
        }
        for stream in (ADS, EVENTS)
    ]


@pytest.mark.parametrize(
    ("error", "minutes"),
    [(None, 360), (ChallengeFailed("no answer"), 30), (TemporaryError("503"), 1), (SignInNeeded("no token"), 1)],
)
async def test_the_sweep_looks_again_the_sooner_the_likelier_it_helps(
    home: Home, clock: Clock, error: UpstreamError | None, minutes: int
) -> None:
    def trouble(what: str, _owner: str) -> None:
        if error is not None and what == "create":
            raise error

    home.linkedin.trouble = trouble
    await home.subscriber.keep([ADS])
    before = len(home.linkedin.calls)

    clock.advance(minutes=minutes, seconds=-1)
    await home.subscriber.keep([ADS])
    assert len(home.linkedin.calls) == before

    clock.advance(seconds=1)
    await home.subscriber.keep([ADS])
    assert len(home.linkedin.calls) > before


async def test_a_spent_quota_of_subscriptions_is_not_hammered_and_holds_no_lead(home: Home, clock: Clock) -> None:
    def trouble(_what: str, _owner: str) -> None:
        raise RateLimited("DAY", retry_after=timedelta(hours=15))

    home.linkedin.trouble = trouble
    for _ in range(14 * 60):
        await home.subscriber.keep([ADS, EVENTS])
        clock.advance(minutes=1)

    assert len(home.linkedin.calls) <= 2
    assert not await home.floor.pull.is_held()
    assert await home.floor.notices() == [], "nothing waits for it"


async def test_the_command_of_the_socket_subscribes_what_the_live_file_names(home: Home) -> None:
    done = await home.subscriber.on_command({})

    assert isinstance(done, dict)
    assert [each["owner"] for each in done["created"]] == [OWNER]
    assert streams_of(home.floor.config.sources) == [ADS]
    assert webhook_of(home.floor.config) == "http://localhost/linkedin/webhook"


@pytest.mark.parametrize(
    ("webhook", "words"),
    [
        ("https://leads.example.com/linkedin/webhook", ""),
        ("http://127.0.0.1:8080/linkedin/webhook", ""),
        ("http://localhost/linkedin/webhook", ""),
        ("http://leads.example.com/linkedin/webhook", "only to an HTTPS address"),
        ("https://abc.ngrok-free.app/linkedin/webhook", "refuses addresses of ngrok"),
        ("https://ngrok.io/linkedin/webhook", "refuses addresses of ngrok"),
    ],
)
def test_an_address_that_linkedin_would_refuse_is_refused_here(webhook: str, words: str) -> None:
    refusal = refusal_of(webhook)

    assert words in refusal
    assert bool(words) == bool(refusal)
