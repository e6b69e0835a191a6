"""What grows too old goes, in parts, and what must stay for the program to know what it did stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from bot.config.model import Privacy
from bot.core.delivery import Dead
from bot.core.erasure import SMALL_FILE, Unwiped
from bot.core.errors import StoreUnavailable
from bot.core.work import Notice
from bot.pipeline.retention import Retention
from bot.pipeline.shift import Bell
from bot.ports import Posted
from bot.store.database import Database
from bot.store.entries import Clerk
from bot.store.privacy import SqliteErasing
from bot.store.retention import SqliteAgeing
from tests.builders import SUBMITTED, a_lead, a_notification, found
from tests.clock import Clock
from tests.pipeline.builders import Floor
from tests.store.traces import bytes_of, everything_stored

_NO_PAUSE = timedelta(0)
_KEEP = Privacy(keep_leads=timedelta(days=365), keep_raw_answers=timedelta(days=90), keep_log=timedelta(days=30))


@pytest.fixture
def floor(database: Database, clerk: Clerk, clock: Clock) -> Floor:
    floor = Floor(database, clerk, clock)
    floor.config = replace(floor.config, privacy=_KEEP)
    return floor


@pytest.fixture
def retention(floor: Floor) -> Retention:
    return a_retention(floor)


def a_retention(floor: Floor, *, at_once: int = 200) -> Retention:
    """The sweeps on the floor's store."""
    database, clerk = floor.desk.database, Clerk()
    return Retention(
        erasing=SqliteErasing(database, clerk),
        ageing=SqliteAgeing(database, clerk, at_once),
        shift=floor.shift,
        pause=_NO_PAUSE,
    )


async def test_a_person_goes_a_year_after_they_wrote_and_the_rest_of_the_lead_stays(
    floor: Floor, retention: Retention
) -> None:
    floor.clock.at = SUBMITTED
    await floor.desk.route(owner="anna")
    floor.clock.at = SUBMITTED + _KEEP.keep_leads
    await retention.sweep()
    assert await floor.desk.one("SELECT content IS NOT NULL FROM lead") == 1

    floor.clock.advance(seconds=1)
    await retention.sweep()

    row = await floor.desk.database.read(lambda tx: dict(tx.execute("SELECT * FROM lead").fetchone()))
    assert (row["state"], row["state_before"], row["content"], row["raw"]) == ("erased", "assigned", None, None)
    assert (row["response_id"], row["rule"], row["form"]) == ("r-1", "Everything else", "demo-request")
    assert "Silva" not in await everything_stored(floor.desk.database)
    assert await floor.desk.column("SELECT cause FROM erasure WHERE leads = 1") == ["retention"]


@pytest.mark.parametrize("state", ["parked", "claimed", "contacted"])
async def test_a_lead_that_somebody_still_works_on_is_erased_too(
    floor: Floor, retention: Retention, state: str
) -> None:
    await floor.desk.route()
    await floor.desk.database.write(lambda tx: tx.execute("UPDATE lead SET state = ?", (state,)).rowcount)
    floor.clock.advance(days=366)

    await retention.sweep()

    assert await floor.desk.column("SELECT state FROM lead") == ["erased"]


async def test_a_lead_that_was_never_fetched_counts_from_when_it_came(floor: Floor, retention: Retention) -> None:
    await floor.desk.receive(occurred_at=SUBMITTED - timedelta(days=300))
    floor.clock.advance(days=364)
    await retention.sweep()
    assert await floor.desk.column("SELECT state FROM lead") == ["received"]

    floor.clock.advance(days=2)
    await retention.sweep()

    assert await floor.desk.column("SELECT state FROM lead") == ["erased"]


async def test_a_lead_that_was_never_fetched_takes_no_later_one_of_the_same_person_with_it(
    floor: Floor, retention: Retention
) -> None:
    await floor.desk.receive()
    floor.clock.advance(days=364)
    floor.leads.add("r-1", submitted_at=floor.clock())
    await floor.desk.receive(occurred_at=floor.clock())
    floor.clock.advance(days=2)

    await retention.sweep()
    await floor.dispatch()

    assert await floor.desk.column("SELECT state FROM lead ORDER BY notified_at") == ["erased", "unassigned"]


async def test_an_old_lead_that_linkedin_lists_again_stays_away(floor: Floor, retention: Retention) -> None:
    await floor.desk.route()
    floor.clock.advance(days=366)
    await retention.sweep()

    assert await floor.desk.inbox.missing([found(a_lead()).fetched]) == []
    assert await floor.desk.inbox.record_found([found(a_lead())], now=floor.clock()) == 0


async def test_the_card_of_a_person_who_went_is_edited(floor: Floor, retention: Retention) -> None:
    floor.leads.add("r-1")
    await floor.desk.receive()
    await floor.dispatch()
    await floor.deliver()
    floor.clock.advance(days=366)
    floor.rings = Bell(0)

    await retention.sweep()

    assert Bell.EDITS in floor.rings
    assert await floor.refresh() == 1
    (edited,) = floor.channel.edited
    assert edited.lead is not None
    assert edited.lead.lead is None


async def test_the_raw_answer_goes_earlier_than_the_person(floor: Floor, retention: Retention) -> None:
    await floor.desk.route()
    floor.clock.advance(days=89)
    await retention.sweep()
    assert await floor.desk.one("SELECT raw IS NOT NULL FROM lead") == 1

    floor.clock.advance(days=2)
    await retention.sweep()

    assert await floor.desk.one("SELECT raw IS NULL AND content IS NOT NULL FROM lead") == 1
    assert await floor.desk.column("SELECT leads || ' ' || texts FROM erasure ORDER BY id DESC LIMIT 1") == ["0 1"]


async def test_the_log_goes_and_its_keys_stay(floor: Floor, retention: Retention) -> None:
    desk = floor.desk
    notice = Notice(key="once", text="canary-notice")
    odd = Posted(notifications=(a_notification(),), unknown=("SOCIAL",))
    await desk.inbox.record(odd, raw=b"canary-raw", notices=[notice], now=floor.clock())
    await desk.database.write(
        lambda tx: Clerk().queue_private(tx, "slack", "C1", "U1", "canary-private", key="p", now=floor.clock())
    )
    await floor.deliver()
    floor.clock.advance(days=29)
    await retention.sweep()
    assert (await everything_stored(desk.database)).count("canary") == 3

    floor.clock.advance(days=2)
    await retention.sweep()

    assert "canary" not in await everything_stored(desk.database)
    assert await desk.one("SELECT count(*) FROM unrecognised") == 0
    await desk.database.write(lambda tx: Clerk().queue_notices(tx, [notice], now=floor.clock()))
    assert await floor.states("notice") == ["sent"], "said once for ever"
    assert await desk.receive() == 0, "known for ever"


async def test_what_still_waits_to_be_said_keeps_its_words(floor: Floor, retention: Retention) -> None:
    await floor.shift.tell(Notice(key="waits", text="still to be said"))
    floor.clock.advance(days=60)

    await retention.sweep()

    assert await floor.notices() == ["still to be said"]


async def test_what_was_given_up_is_not_sent_later_without_its_words(floor: Floor, retention: Retention) -> None:
    await floor.shift.tell(Notice(key="dead", text="nobody heard it"))
    (leased,) = await floor.desk.lease()
    await floor.desk.outbox.settle(leased, Dead(error="no"), answered=True, now=floor.clock())
    floor.clock.advance(days=31)

    await retention.sweep()

    assert await floor.states("notice") == ["cancelled"]
    assert await floor.desk.outbox.redeliver(None, now=floor.clock()) == []


async def test_why_an_alert_was_given_up_stays(floor: Floor, retention: Retention) -> None:
    await floor.desk.route()
    (leased,) = await floor.desk.lease()
    await floor.desk.outbox.settle(leased, Dead(error="is_archived"), answered=True, now=floor.clock())
    floor.clock.advance(days=31)

    await retention.sweep()

    assert await floor.desk.column("SELECT state || ' ' || error FROM delivery") == ["dead is_archived"]


async def test_many_go_in_parts_between_which_others_write(floor: Floor) -> None:
    for number in range(5):
        await floor.desk.route(lead=a_lead(f"r-{number}"), response_id=f"r-{number}")
    floor.clock.advance(days=366)
    sizes: list[int] = []
    watched = replace(a_retention(floor, at_once=2), ageing=_Watched(floor.desk.database, Clerk(), 2, sizes.append))

    await watched.sweep()

    assert sizes == [2, 2, 1, 0]
    assert await floor.desk.column("SELECT leads FROM erasure") == [5]


async def test_a_sweep_that_finds_nothing_writes_nothing(floor: Floor, retention: Retention) -> None:
    await floor.desk.route()
    written: list[str] = []
    await floor.desk.database._writer.run(lambda connection: connection.set_trace_callback(written.append))

    await retention.sweep()

    assert written == []


async def test_cut_off_in_the_middle_the_next_sweep_goes_on(
    floor: Floor, retention: Retention, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(4):
        await floor.desk.route(lead=a_lead(f"r-{number}"), response_id=f"r-{number}")
    floor.clock.advance(days=366)
    fails = replace(retention, ageing=_Watched(floor.desk.database, Clerk(), 1, _fail_at_the_second()))

    await fails.sweep()

    assert "retention not done yet" in caplog.text
    assert await floor.desk.one("SELECT count(*) FROM lead WHERE state = 'erased'") == 2
    await retention.sweep()
    assert await floor.desk.column("SELECT DISTINCT state FROM lead") == ["erased"]


async def test_what_went_is_wiped_from_the_file_by_the_next_tidying(floor: Floor, retention: Retention) -> None:
    await floor.desk.route(lead=a_lead(email="canary@acme.example"))
    floor.clock.advance(days=366)
    await retention.sweep()
    assert await floor.desk.one("SELECT count(*) FROM erasure WHERE wiped_at IS NULL") == 1

    await retention.tidy()

    assert b"canary" not in await bytes_of(floor.desk.database)
    assert await floor.desk.one("SELECT count(*) FROM erasure WHERE wiped_at IS NULL") == 0


async def test_a_large_file_is_wiped_in_the_night_of_the_rule_files_time_zone(
    floor: Floor, retention: Retention, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []

    async def wipe(_: SqliteErasing, may_rewrite: Callable[[Unwiped], bool], *, now: datetime) -> datetime:
        asked.append(may_rewrite(Unwiped(file_bytes=SMALL_FILE + 1, oldest=now)))
        return now

    monkeypatch.setattr(SqliteErasing, "wipe", wipe)
    for hour in (0, 1, 2, 3, 4):  # in Berlin it is an hour later
        floor.clock.at = floor.clock.at.replace(hour=hour)
        await retention.tidy()

    assert asked == [False, True, True, True, False]
    assert await floor.notices() == []


async def test_what_cannot_be_wiped_for_two_days_is_told_once_a_day(
    floor: Floor, retention: Retention, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no(_: Database) -> bool:
        return False

    await floor.desk.route()
    await floor.desk.receive(action="DELETED", occurred_at=SUBMITTED + timedelta(minutes=1))
    monkeypatch.setattr(Database, "rewrite", no)

    for _ in range(12):
        await retention.tidy()
        floor.clock.advance(hours=6)

    told = await floor.notices()
    assert len(told) == 2, "on the 25th and on the 26th"
    assert "erased on 2026-11-23" in told[0]


def _fail_at_the_second() -> Callable[[int], None]:
    sizes: list[int] = []

    def fail(size: int) -> None:
        sizes.append(size)
        if len(sizes) == 2:
            raise StoreUnavailable("the disk is full")

    return fail


@dataclass(frozen=True, slots=True)
class _Watched(SqliteAgeing):
    """Tells how many persons each transaction erased; what it tells may fail."""

    heard: Callable[[int], None] = print

    async def erase_persons(self, *, before: datetime, receipt: str, now: datetime) -> int:
        erased = await SqliteAgeing.erase_persons(self, before=before, receipt=receipt, now=now)
        self.heard(erased)
        return erased
