"""The sweeps over what nobody acts on, and over the lists of the day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.config.model import Config, Digest, EmailSettings, RepeatLeads, Secret, SlackSettings, SmtpSettings
from bot.core.delivery import Target
from bot.core.errors import StoreUnavailable, TargetError
from bot.core.routing import Then
from bot.core.work import Handling
from bot.pipeline.notices import timers as notices
from bot.pipeline.shift import Bell
from bot.pipeline.timers import Waiting, handling_of, last_hour
from bot.ports import TimerWords
from bot.store.database import Database
from bot.store.digests import SqliteDigests
from bot.store.entries import Clerk
from bot.store.timers import SqliteTimers
from tests.builders import SLACK_ALL
from tests.clock import Clock
from tests.pipeline.builders import Floor, a_config
from tests.store.office import HOT, Office, people

WORKDAYS = frozenset(range(5))


def a_digest(at: int = 17 * 60, days: frozenset[int] = WORKDAYS) -> Digest:
    return Digest(name="daily", at=at, days=days, post=(Target(destination="slack", address="#list"),))


@pytest.fixture
def floor(database: Database, clerk: Clerk, clock: Clock) -> Floor:
    return Floor(database, clerk, clock)


@pytest.fixture
def waiting(floor: Floor, clerk: Clerk) -> Waiting:
    database = floor.desk.database
    return Waiting(timers=SqliteTimers(database, clerk), digests=SqliteDigests(database, clerk), shift=floor.shift)


@pytest.fixture
def office(floor: Floor, clerk: Clerk) -> Office:
    return Office(floor.desk, clerk)


def with_slack(config: Config) -> Config:
    slack = SlackSettings(bot_token=Secret(""), signing_secret=Secret(""), api_url="", admin_channel="#admin")
    return replace(config, slack=slack, people=people(), escalations={"hot": HOT})


# ── what is due ─────────────────────────────────────────────────────────────────────────────────


async def test_a_sweep_does_what_is_due_and_rings(floor: Floor, waiting: Waiting, office: Office) -> None:
    floor.config = with_slack(floor.config)
    lead = await office.route()
    floor.clock.advance(minutes=5)

    await waiting.sweep()
    await waiting.sweep()

    assert await office.said(lead) == ["waits -> slack U0ANNA"]
    assert floor.rings & (Bell.DELIVERIES | Bell.EDITS)


async def test_a_sweep_does_more_than_fits_into_one_transaction(
    floor: Floor, waiting: Waiting, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor.config = with_slack(floor.config)
    monkeypatch.setattr("bot.pipeline.timers._AT_ONCE", 2)
    for _ in range(7):
        await office.route()
    floor.clock.advance(minutes=5)

    await waiting.sweep()

    assert await office.desk.one("SELECT count(*) FROM delivery WHERE kind = 'reminder'") == 7


@dataclass
class Shut:
    """Timers and digests of a database that cannot store."""

    asked: list[str] = field(default_factory=list)

    async def look_for_owners(self, *, now: datetime) -> None:
        pass

    async def fire(self, handling: Handling, words: TimerWords, *, limit: int, now: datetime) -> int:
        self.asked.append("fire")
        raise StoreUnavailable("full")

    async def last_made(self, name: str) -> datetime | None:
        self.asked.append("last made")
        raise StoreUnavailable("full")

    async def begin(self, name: str, *, now: datetime) -> None:
        raise AssertionError

    async def make(self, name: str, targets: object, *, now: datetime) -> int:
        raise AssertionError


async def test_what_cannot_be_stored_is_left_to_the_next_sweep(floor: Floor) -> None:
    floor.config = replace(floor.config, digests={"daily": a_digest()})
    shut = Shut()
    waiting = Waiting(timers=shut, digests=shut, shift=floor.shift)

    await waiting.sweep()
    await waiting.sweep_digests()

    assert shut.asked == ["fire", "last made"]


@pytest.mark.parametrize(("whom", "word"), [("anna", "Give anna a"), ("", "no manager could be told")])
def test_whoever_cannot_be_reached_is_told_once_a_day_with_what_to_do(whom: str, word: str) -> None:
    at = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    first, later, tomorrow = (
        notices.unreached(lead, whom, at + timedelta(hours=hours)) for lead, hours in (("l1", 0), ("l2", 3), ("l3", 24))
    )

    assert word in first.text
    assert first.key == later.key != tomorrow.key


# ── what of the file it needs ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("slack", "smtp", "destinations"),
    [(True, True, {"slack", "email"}), (True, False, {"slack"}), (False, True, {"email"}), (False, False, set())],
)
def test_a_word_goes_only_where_somebody_sends_it(slack: bool, smtp: bool, destinations: set[str]) -> None:
    server = SmtpSettings(host="localhost", port=25, user="", password=Secret(""), tls="none")
    email = EmailSettings(smtp=server if smtp else None, sender_name="", sender_address="a@b.example", admin="")
    config = replace(with_slack(a_config()), email=email)

    assert handling_of(config if slack else replace(config, slack=None)).destinations == destinations


@pytest.mark.parametrize("within", [None, timedelta(days=9)])
def test_repeat_leads_are_known_where_the_file_says_so(within: timedelta | None) -> None:
    repeats = RepeatLeads(by_email=True, by_member=True, within=within) if within else None

    assert handling_of(replace(a_config(), repeat_leads=repeats)).repeat_within == within


# ── lists ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-24T16:01+00:00", "2026-11-24T16:00+00:00"),  # Tuesday, 17:01 in Berlin
        ("2026-11-24T16:00+00:00", "2026-11-24T16:00+00:00"),
        ("2026-11-24T15:59+00:00", "2026-11-23T16:00+00:00"),
        ("2026-11-29T20:00+00:00", "2026-11-27T16:00+00:00"),  # Sunday: the last was on Friday
        ("2026-07-20T20:00+00:00", "2026-07-20T15:00+00:00"),  # summer
    ],
)
def test_a_list_is_due_at_its_hour_on_its_days_in_the_files_zone(now: str, due: str) -> None:
    found = last_hour(a_digest(), "Europe/Berlin", datetime.fromisoformat(now))

    assert found is not None
    assert found.astimezone(UTC) == datetime.fromisoformat(due)


def test_an_hour_that_comes_twice_is_one_hour() -> None:
    """02:30 on the night on which the clock goes back: the second one is none of its own."""
    sundays = a_digest(at=150, days=frozenset({6}))
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)

    for minutes in (0, 30, 60, 90):
        assert last_hour(sundays, "Europe/Berlin", first + timedelta(minutes=minutes)) == first


def test_a_list_without_days_is_never_due() -> None:
    assert last_hour(a_digest(days=frozenset()), "UTC", datetime(2026, 11, 24, tzinfo=UTC)) is None


async def listed(office: Office) -> list[int]:
    """How many leads each list has had so far."""
    rows = await office.desk.column(
        """SELECT count(*) FROM digest_entry e JOIN delivery d ON d.id = e.delivery_id
           GROUP BY d.id ORDER BY d.created_at"""
    )
    return [int(str(each)) for each in rows]


async def a_listed_lead(office: Office) -> None:
    await office.route(Then(digest="daily"))


async def test_a_list_comes_at_its_hour_and_not_when_it_is_first_heard_of(
    floor: Floor, waiting: Waiting, office: Office
) -> None:
    floor.config = replace(floor.config, digests={"daily": a_digest()})  # at 10:00 in Berlin
    await a_listed_lead(office)
    await waiting.sweep_digests()
    await waiting.sweep_digests()
    assert await listed(office) == []

    floor.clock.advance(hours=7)
    await waiting.sweep_digests()
    await waiting.sweep_digests()

    assert await listed(office) == [1]


async def test_after_an_outage_one_list_has_everything(floor: Floor, waiting: Waiting, office: Office) -> None:
    floor.config = replace(floor.config, digests={"daily": a_digest()})
    await waiting.sweep_digests()
    for _ in range(3):
        await a_listed_lead(office)
        floor.clock.advance(days=1)

    await waiting.sweep_digests()
    await waiting.sweep_digests()

    assert await listed(office) == [3]


@pytest.mark.parametrize("back", [{"seconds": 5}, {"days": 300}])
async def test_a_clock_that_was_set_back_stops_no_list(
    floor: Floor, waiting: Waiting, office: Office, back: Mapping[str, float]
) -> None:
    floor.config = replace(floor.config, digests={"daily": a_digest()})
    await waiting.sweep_digests()
    floor.clock.advance(days=1)
    await waiting.sweep_digests()
    floor.clock.advance(**{unit: -amount for unit, amount in back.items()})
    await waiting.sweep_digests()
    await a_listed_lead(office)

    floor.clock.advance(days=1)
    await waiting.sweep_digests()

    assert await listed(office) == [1]


async def test_a_list_that_was_taken_from_the_file_and_put_back_goes_on(
    floor: Floor, waiting: Waiting, office: Office
) -> None:
    with_it = replace(floor.config, digests={"daily": a_digest()})
    for config in (with_it, floor.config, with_it):
        floor.config = config
        await waiting.sweep_digests()
    await a_listed_lead(office)

    floor.clock.advance(days=1)
    await waiting.sweep_digests()

    assert await listed(office) == [1]


async def test_a_list_that_nobody_can_deliver_is_told(floor: Floor, waiting: Waiting, office: Office) -> None:
    floor.config = replace(floor.config, digests={"daily": replace(a_digest(), post=(SLACK_ALL,))})
    await waiting.sweep_digests()
    await a_listed_lead(office)
    floor.clock.advance(days=1)
    await waiting.sweep_digests()

    floor.channel.sending.add(TargetError("is archived", code="is_archived"))
    await floor.deliver()

    assert any("#leads-all" in text for text in await floor.notices())
