"""A person leaves every table and every byte, stays away, and whatever was under way with their lead ends well."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.core.claiming import Actor, ClaimAction, permission
from bot.core.conditions import Reason
from bot.core.delivery import Again, Dead, Sent, Unknown
from bot.core.delivery import Receipt as Posted
from bot.core.erasure import Cause, Receipt
from bot.core.errors import StoreUnavailable
from bot.core.ids import LeadId
from bot.core.lead import Answer, Lead
from bot.core.people import People, Person
from bot.core.routing import Decision, Tried
from bot.core.work import Handling
from bot.ports import Press
from bot.store import privacy
from bot.store.claims import SqliteClaimBook
from bot.store.database import Database, Transaction, opened
from bot.store.entries import Clerk
from bot.store.export import Export
from bot.store.privacy import SqliteErasing
from bot.store.rows import to_ms
from tests.builders import MAIL_ANNA, SLACK_ALL, SUBMITTED, a_decision, a_lead, a_notification, a_routed, found, posted
from tests.clock import Clock
from tests.store.builders import Desk, view_of
from tests.store.traces import bytes_of, everything_stored

CANARY = "canary7f3a"
ADDRESS = f"{CANARY}@acme.example"
_HOUR = timedelta(hours=1)


@pytest.fixture
def desk(database: Database, clerk: Clerk, clock: Clock) -> Desk:
    return Desk(database, clerk, clock)


@pytest.fixture
def erasing(database: Database, clerk: Clerk) -> SqliteErasing:
    return SqliteErasing(database, clerk)


def canary(response_id: str = "r-1", *, notes: str = "") -> Lead:
    """A lead all of whose answers can be found again."""
    lead = a_lead(
        response_id, first_name=CANARY, last_name=f"{CANARY}son", email=ADDRESS, phone=f"+34 {CANARY}", notes=notes
    )
    return replace(lead, hidden={"ref": f"{CANARY}-hidden"})


async def forget(erasing: SqliteErasing, desk: Desk, wanted: str, *, cause: Cause = Cause.FORGET) -> Receipt | None:
    """Erase what is found, in one go."""
    receipt = erasing.new_receipt(desk.clock())
    leads = (await erasing.find(wanted)).leads
    await erasing.erase(leads, receipt=receipt, cause=cause, why="asked for", now=desk.clock())
    return await erasing.receipt(receipt)


async def wiped(erasing: SqliteErasing, desk: Desk) -> bool:
    return await erasing.wipe(lambda _: True, now=desk.clock()) is None


# ── what is found ───────────────────────────────────────────────────────────────────────────────


async def test_a_person_is_found_by_an_address_in_any_question_and_in_any_spelling(
    desk: Desk, erasing: SqliteErasing
) -> None:
    work_email = a_lead("r-2", email="other@acme.example", work_email="ANA@acme.example ")
    own_question = replace(a_lead("r-3"), answers=(Answer(question="Invoice to?", values=("x", "Ana@Acme.example.")),))
    hidden = replace(a_lead("r-4", email="other@acme.example"), hidden={"known_as": "ana@acme.example"})
    mentions = a_lead("r-5", email="boss@acme.example", notes="Ask ana@acme.example, please")
    leads = [await desk.route(lead=each, response_id=each.response_id) for each in (a_lead(), work_email)]
    leads += [await desk.route(lead=each, response_id=each.response_id) for each in (own_question, hidden)]
    mentioning = await desk.route(lead=mentions, response_id="r-5")
    await desk.route(lead=a_lead("r-6", email="diana@acme.example"), response_id="r-6")
    await desk.receive("not fetched yet")

    person = await erasing.find(" ANA@ACME.example")

    assert sorted(person.leads) == sorted(leads)
    assert person.mentioned == (mentioning,)
    assert person.waiting == 1


async def test_many_leads_are_looked_through_in_parts(
    desk: Desk, erasing: SqliteErasing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(privacy, "_READ_AT_ONCE", 2)
    leads = [await desk.route(lead=a_lead(f"r-{number}"), response_id=f"r-{number}") for number in range(5)]

    assert sorted((await erasing.find("ana@acme.example")).leads) == sorted(leads)


@pytest.mark.parametrize("name", ["{ours}", "r-1", "urn:li:leadGenFormResponse:r-1"])
async def test_one_lead_is_found_by_any_of_its_names_also_when_it_is_erased(
    desk: Desk, erasing: SqliteErasing, name: str
) -> None:
    ours = await desk.route()
    await desk.route(response_id="r-2")

    assert (await erasing.find(name.format(ours=ours))).leads == (ours,)
    await forget(erasing, desk, ours)

    again = await erasing.find(name.format(ours=ours))
    assert (again.leads, again.erased) == ((), (ours,))


@pytest.mark.parametrize("nobody", ["nobody@acme.example", "@", "a@", "%", "l1", "r-1' OR 1=1 --"])
async def test_nobody_is_found_by_what_names_nobody(desk: Desk, erasing: SqliteErasing, nobody: str) -> None:
    await desk.route()

    assert (await erasing.find(nobody)).leads == ()


# ── what is left ────────────────────────────────────────────────────────────────────────────────


async def test_nothing_of_a_person_is_left_in_any_row(desk: Desk, erasing: SqliteErasing) -> None:
    lead = await _a_lead_that_left_traces(desk)
    before = await everything_stored(desk.database)
    assert before.count(CANARY) > 5

    receipt = await forget(erasing, desk, ADDRESS.upper())

    after = await everything_stored(desk.database)
    assert CANARY not in after
    assert receipt is not None
    assert (receipt.leads, receipt.cards_to_edit, receipt.mails_cancelled, receipt.mails_sent) == (1, 1, 0, 1)
    kept = await desk.database.read(lambda tx: dict(tx.execute("SELECT * FROM lead WHERE id = ?", (lead,)).fetchone()))
    assert (kept["response_id"], kept["state"], kept["state_before"]) == ("r-1", "erased", "assigned")
    assert kept["submitted_at"] is not None
    assert await desk.column("SELECT what FROM milestone WHERE lead_id = ? ORDER BY id DESC LIMIT 1", lead) == [
        "erased"
    ]


async def test_nothing_of_a_person_is_left_in_the_bytes_of_the_file_and_its_log(
    desk: Desk, erasing: SqliteErasing
) -> None:
    await _a_lead_that_left_traces(desk)
    assert CANARY.encode() in await bytes_of(desk.database)

    await forget(erasing, desk, ADDRESS)
    assert await wiped(erasing, desk)

    assert CANARY.encode() not in await bytes_of(desk.database)
    assert await desk.one("SELECT count(*) FROM erasure WHERE wiped_at IS NULL") == 0


async def test_rows_that_sqlite_had_moved_leave_nothing_behind_either(desk: Desk, erasing: SqliteErasing) -> None:
    """Full pages were divided while the leads grew: `secure_delete` alone leaves some of their old bytes."""
    leads = await desk.database.write(_rows_that_grow_one_after_the_other)

    await erasing.erase(leads, receipt="e1", cause=Cause.FORGET, why="", now=desk.clock())
    assert await desk.database.empty_log()
    assert CANARY.encode() in await bytes_of(desk.database), "else SQLite has learnt it, and `rewrite` may go"
    assert await wiped(erasing, desk)

    assert CANARY.encode() not in await bytes_of(desk.database)


async def test_what_linkedin_deleted_is_wiped_like_what_a_person_asked_for(desk: Desk, erasing: SqliteErasing) -> None:
    await _a_lead_that_left_traces(desk)

    await desk.receive(action="DELETED", occurred_at=SUBMITTED + _HOUR)

    assert await desk.column("SELECT cause FROM erasure WHERE wiped_at IS NULL") == ["LinkedIn"]
    assert await wiped(erasing, desk)
    assert CANARY.encode() not in await bytes_of(desk.database)
    assert CANARY not in await everything_stored(desk.database)


async def test_while_somebody_reads_the_log_it_is_not_wiped_and_the_next_time_it_is(
    desk: Desk, erasing: SqliteErasing
) -> None:
    await _a_lead_that_left_traces(desk)
    file = str(await desk.one("SELECT file FROM pragma_database_list WHERE name = 'main'"))
    with closing(sqlite3.connect(file, isolation_level=None)) as backup:
        backup.execute("BEGIN")
        backup.execute("SELECT count(*) FROM lead").fetchone()

        await forget(erasing, desk, ADDRESS)
        oldest = await erasing.wipe(lambda _: True, now=desk.clock())

        assert oldest == desk.clock()
        assert CANARY.encode() in await bytes_of(desk.database), "the reader holds the log"
        assert await desk.one("SELECT count(*) FROM erasure WHERE wiped_at IS NULL") == 1

    assert await erasing.wipe(lambda _: False, now=desk.clock()) is None, "written anew before: only the log is left"
    assert CANARY.encode() not in await bytes_of(desk.database)


async def test_a_large_file_stays_unwiped_until_it_may_be_written_anew(desk: Desk, erasing: SqliteErasing) -> None:
    await desk.route()
    await forget(erasing, desk, "r-1")

    assert await erasing.wipe(lambda _: False, now=desk.clock()) == desk.clock()
    assert await desk.one("SELECT count(*) FROM erasure WHERE wiped_at IS NULL") == 1

    assert await wiped(erasing, desk)


async def test_a_receipt_that_grows_is_to_be_wiped_again(desk: Desk, erasing: SqliteErasing) -> None:
    leads = [await desk.route(lead=a_lead(f"r-{number}"), response_id=f"r-{number}") for number in range(2)]
    for lead in leads:
        await erasing.erase([lead], receipt="e1", cause=Cause.FORGET, why="", now=desk.clock())
        assert await desk.one("SELECT wiped_at FROM erasure") is None
        assert await wiped(erasing, desk)

    receipt = await erasing.receipt("e1")
    assert receipt is not None
    assert (receipt.leads, receipt.is_wiped) == (2, True)


async def test_what_is_erased_while_the_file_is_written_anew_is_still_to_be_wiped(
    desk: Desk, erasing: SqliteErasing, monkeypatch: pytest.MonkeyPatch
) -> None:
    leads = [await desk.route(lead=a_lead(f"r-{number}"), response_id=f"r-{number}") for number in range(2)]
    await erasing.erase(leads[:1], receipt="e1", cause=Cause.FORGET, why="", now=desk.clock())
    rewrite = Database.rewrite

    async def overtaken(database: Database) -> bool:
        is_done = await rewrite(database)
        await erasing.erase(leads[1:], receipt="e1", cause=Cause.FORGET, why="", now=desk.clock())
        return is_done

    monkeypatch.setattr(Database, "rewrite", overtaken)

    assert not await wiped(erasing, desk)
    assert await wiped(erasing, desk)


async def test_what_was_erased_before_there_were_receipts_is_wiped_too(tmp_path: Path, clock: Clock) -> None:
    async with opened(tmp_path / "old.db") as database:
        desk = Desk(database, Clerk(), clock)
        await desk.route()
        await forget(SqliteErasing(database, Clerk()), desk, "r-1")
    _take_back_the_migration(tmp_path / "old.db")

    async with opened(tmp_path / "old.db") as database:
        receipts = await Desk(database, Clerk(), clock).column("SELECT leads FROM erasure WHERE wiped_at IS NULL")

    assert receipts == [1]


# ── again, and interrupted ──────────────────────────────────────────────────────────────────────


async def test_erasing_twice_counts_once(desk: Desk, erasing: SqliteErasing) -> None:
    lead = await desk.route()

    for _ in range(2):
        await erasing.erase([lead, lead], receipt="e1", cause=Cause.FORGET, why="", now=desk.clock())

    receipt = await erasing.receipt("e1")
    assert receipt is not None
    assert receipt.leads == 1
    assert await desk.one("SELECT count(*) FROM milestone WHERE what = 'erased'") == 1


async def test_cut_off_between_two_transactions_the_rest_goes_the_next_time(
    desk: Desk, erasing: SqliteErasing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(privacy, "ERASED_AT_ONCE", 2)
    leads = [await desk.route(lead=a_lead(f"r-{number}"), response_id=f"r-{number}") for number in range(5)]
    fails = SqliteErasing(desk.database, _FailingClerk(fails_at=leads[3]))

    with pytest.raises(StoreUnavailable):
        await fails.erase(leads, receipt="e1", cause=Cause.FORGET, why="", now=desk.clock())
    assert await desk.one("SELECT count(*) FROM lead WHERE state = 'erased'") == 2
    first = await erasing.receipt("e1")
    second = await forget(erasing, desk, "ana@acme.example")

    assert first is not None
    assert second is not None
    assert (first.leads, second.leads) == (2, 3)
    assert (await erasing.find("ana@acme.example")).leads == ()


# ── it does not come back ───────────────────────────────────────────────────────────────────────


async def test_a_forgotten_lead_does_not_come_back_by_pull_or_webhook(desk: Desk, erasing: SqliteErasing) -> None:
    await desk.route(lead=canary())
    await forget(erasing, desk, ADDRESS)

    assert await desk.inbox.missing([found(canary()).fetched]) == []
    await desk.inbox.record_found([found(canary())], now=desk.clock())
    await desk.receive()
    await desk.receive(occurred_at=SUBMITTED + timedelta(seconds=2))
    for leased in await desk.lease_leads():
        routed = a_routed(canary(), a_decision(SLACK_ALL))
        await desk.queue.settle(leased, routed, answered=True, now=desk.clock())

    assert await desk.column("SELECT state FROM lead") == ["erased"]
    assert await desk.lease() == []
    assert CANARY not in await everything_stored(desk.database)


@pytest.mark.parametrize("told", [timedelta(0), timedelta(seconds=-0.73), timedelta(seconds=-3), timedelta(seconds=2)])
async def test_a_lead_forgotten_before_it_was_fetched_does_not_come_back_whatever_time_the_webhook_told(
    desk: Desk, erasing: SqliteErasing, told: timedelta
) -> None:
    await desk.receive(occurred_at=SUBMITTED + told)
    await forget(erasing, desk, "r-1")

    for _ in range(2):
        missing = await desk.inbox.missing([found(canary()).fetched])
        assert await desk.inbox.record_found([found(each.lead) for each in missing], now=desk.clock()) == 0
    assert missing == [], "known by now"
    assert await desk.column("SELECT submitted_at FROM lead") == [to_ms(SUBMITTED)]
    await desk.receive(occurred_at=SUBMITTED + timedelta(seconds=25))
    assert CANARY.encode() not in await bytes_of(desk.database), "not even for a moment"
    for leased in await desk.lease_leads():
        await desk.queue.settle(leased, a_routed(canary(), a_decision(SLACK_ALL)), answered=True, now=desk.clock())

    assert set(await desk.column("SELECT state FROM lead")) == {"erased"}
    assert await desk.lease() == []
    assert CANARY not in await everything_stored(desk.database)


async def test_what_the_webhook_told_in_whole_seconds_and_was_forgotten_within_the_same_second_stays_away(
    desk: Desk, erasing: SqliteErasing
) -> None:
    lead = replace(canary(), submitted_at=desk.clock() + timedelta(milliseconds=730))  # our clock is a little slow
    await desk.receive(occurred_at=desk.clock())
    await forget(erasing, desk, "r-1")

    assert await desk.inbox.record_found([found(lead)], now=desk.clock()) == 0

    assert await desk.column("SELECT state FROM lead") == ["erased"]


@pytest.mark.parametrize("way", ["webhook", "pull"])
@pytest.mark.parametrize("is_seen_before", [False, True])
async def test_whoever_fills_in_the_form_again_is_a_new_lead(
    desk: Desk, erasing: SqliteErasing, way: str, is_seen_before: bool
) -> None:
    await desk.receive(occurred_at=SUBMITTED - timedelta(seconds=1))
    await forget(erasing, desk, "r-1")
    if is_seen_before:
        await desk.inbox.record_found([found(a_lead())], now=desk.clock())
    desk.clock.advance(seconds=2)
    again = a_lead(submitted_at=desk.clock() - timedelta(seconds=1))

    if way == "webhook":
        await desk.receive(occurred_at=again.submitted_at)
    else:
        assert await desk.inbox.missing([found(again).fetched]) != []
        assert await desk.inbox.record_found([found(again)], now=desk.clock()) == 1
    (leased,) = await desk.lease_leads()
    await desk.queue.settle(leased, a_routed(again, a_decision(SLACK_ALL)), answered=True, now=desk.clock())

    assert await desk.column("SELECT state FROM lead ORDER BY notified_at") == ["erased", "unassigned"]


async def test_a_late_word_of_a_deleted_lead_does_not_take_the_next_registration_with_it(desk: Desk) -> None:
    again = a_lead(submitted_at=SUBMITTED + timedelta(seconds=20))
    await desk.receive(action="DELETED", occurred_at=SUBMITTED + timedelta(seconds=10))
    await desk.receive(occurred_at=again.submitted_at)

    await desk.receive()  # LinkedIn promises no order
    (leased,) = await desk.lease_leads()
    await desk.queue.settle(leased, a_routed(again, a_decision(SLACK_ALL)), answered=True, now=desk.clock())

    assert await desk.column("SELECT state FROM lead ORDER BY notified_at") == ["erased", "unassigned"]


async def test_what_colleagues_did_stays_and_tells_nothing_of_the_person(desk: Desk, erasing: SqliteErasing) -> None:
    lead = await desk.route(lead=canary())
    anna = People(by_name={"anna": Person(name="anna")})
    book, actor = SqliteClaimBook(desk.database, Clerk()), Actor(user="U0ANNA", person="anna")
    for action in (ClaimAction.CLAIM, ClaimAction.CONTACTED):
        press = Press(lead=LeadId(lead), actor=actor, channel="C1", key=action.value)
        await book.act(
            action,
            press,
            permission(actor, anna),
            handling=Handling(people=anna),
            answer=lambda result: "",
            now=desk.clock(),
        )

    await forget(erasing, desk, ADDRESS)

    story = await desk.column("SELECT what || ':' || who FROM milestone WHERE lead_id = ? ORDER BY id", lead)
    assert story == ["received:", "fetched:", "routed:", "claimed:anna", "contacted:anna", "erased:"]
    assert await desk.column("SELECT state_before FROM lead") == ["contacted"]
    assert CANARY not in await everything_stored(desk.database)


# ── in the middle of something ──────────────────────────────────────────────────────────────────


async def test_erased_while_it_is_fetched_nothing_of_the_answer_is_stored(desk: Desk, erasing: SqliteErasing) -> None:
    await desk.receive()
    (leased,) = await desk.lease_leads()

    await forget(erasing, desk, "r-1")
    routed = a_routed(canary(), a_decision(SLACK_ALL))
    is_stored = await desk.queue.settle(leased, routed, answered=True, now=desk.clock())

    assert not is_stored
    assert await desk.lease() == []
    assert await desk.lease_leads() == []
    assert CANARY not in await everything_stored(desk.database)


@pytest.mark.parametrize(
    ("outcome", "state", "is_edited"),
    [
        (Sent(receipt=Posted(address="C1", message="1.0")), "sent", True),
        (Again(due_at=SUBMITTED, error="busy"), "cancelled", False),
        (Unknown(due_at=SUBMITTED, error="no answer"), "unknown", False),
        (Dead(error="is_archived", is_target_down=True), "cancelled", False),
    ],
)
async def test_erased_while_its_card_is_sent(
    desk: Desk, erasing: SqliteErasing, outcome: Sent | Again | Unknown | Dead, state: str, is_edited: bool
) -> None:
    await desk.route()
    (leased,) = await desk.lease()

    receipt = await forget(erasing, desk, "ana@acme.example")
    await desk.outbox.settle(leased, outcome, answered=True, fallback=[SLACK_ALL], now=desk.clock())

    assert receipt is not None
    assert receipt.cards_to_edit == 1, "it may be there"
    assert await desk.column("SELECT state FROM delivery") == [state]
    edits = await desk.edits.lease("slack", limit=5, now=desk.clock(), keep_for=_HOUR)
    assert [view_of(each).lead for each in edits] == ([None] if is_edited else [])


async def test_erased_while_its_mail_is_sent_the_mail_counts_as_sent(desk: Desk, erasing: SqliteErasing) -> None:
    await desk.route(MAIL_ANNA)
    await desk.lease("email")

    receipt = await forget(erasing, desk, "ana@acme.example")

    assert receipt is not None
    assert (receipt.cards_to_edit, receipt.mails_cancelled, receipt.mails_sent) == (0, 0, 1)


async def test_a_mail_that_waits_is_cancelled_and_one_that_may_have_arrived_counts_as_sent(
    desk: Desk, erasing: SqliteErasing
) -> None:
    await desk.route(MAIL_ANNA)
    await desk.route(MAIL_ANNA, lead=a_lead("r-2"), response_id="r-2")
    (leased, *_) = await desk.lease("email")
    await desk.outbox.settle(leased, Unknown(due_at=desk.clock(), error="no answer"), answered=False, now=desk.clock())

    receipt = await forget(erasing, desk, "ana@acme.example")

    assert receipt is not None
    assert (receipt.mails_cancelled, receipt.mails_sent) == (1, 1)
    assert await desk.column("SELECT DISTINCT state FROM delivery") == ["cancelled"]


async def test_erased_while_its_card_is_edited_the_card_is_edited_again(desk: Desk, erasing: SqliteErasing) -> None:
    lead = await desk.route()
    await desk.sent((await desk.lease())[0])
    await desk.database.write(lambda tx: Clerk().show_change(tx, lead, now=desk.clock()))
    (edit,) = await desk.edits.lease("slack", limit=5, now=desk.clock(), keep_for=_HOUR)
    assert view_of(edit).lead is not None

    await forget(erasing, desk, lead)
    await desk.edits.settle(edit, try_again_at=None, is_shown=True, answered=True, now=desk.clock())

    (again,) = await desk.edits.lease("slack", limit=5, now=desk.clock(), keep_for=_HOUR)
    assert view_of(again).lead is None


async def test_erased_while_its_card_turns_out_to_be_deleted_no_new_card_is_posted(
    desk: Desk, erasing: SqliteErasing
) -> None:
    lead = await desk.route()
    await desk.sent((await desk.lease())[0])
    await desk.database.write(lambda tx: Clerk().show_change(tx, lead, now=desk.clock()))
    (edit,) = await desk.edits.lease("slack", limit=5, now=desk.clock(), keep_for=_HOUR)

    await forget(erasing, desk, lead)
    await desk.edits.settle(edit, try_again_at=None, is_shown=False, answered=True, post_anew=True, now=desk.clock())

    assert await desk.column("SELECT state FROM delivery") == ["sent"]


async def test_a_claims_card_is_edited_before_those_of_leads_that_grew_old(desk: Desk, erasing: SqliteErasing) -> None:
    leads = [await desk.route(lead=a_lead(f"r-{number}"), response_id=f"r-{number}") for number in range(3)]
    for _ in leads:
        (leased,) = await desk.lease()
        await desk.sent(leased)
    await erasing.erase(leads[:2], receipt="e1", cause=Cause.RETENTION, why="", now=desk.clock())
    desk.clock.advance(minutes=1)
    await desk.database.write(lambda tx: Clerk().show_change(tx, leads[2], now=desk.clock()))

    edited: list[str] = []
    for _ in leads:
        (edit,) = await desk.edits.lease("slack", limit=1, now=desk.clock(), keep_for=_HOUR)
        edited.append(view_of(edit).id)

    assert edited[0] == leads[2]
    assert sorted(edited) == sorted(leads)


# ── what is known ───────────────────────────────────────────────────────────────────────────────


async def test_an_export_holds_every_trace_of_a_person_and_nothing_after_an_erasure(
    desk: Desk, erasing: SqliteErasing
) -> None:
    await _a_lead_that_left_traces(desk)
    export = Export(desk.database)

    known = await export.of_address(ADDRESS)
    text = str(known)

    stored = await everything_stored(desk.database)
    for trace in ("-hidden", "-raw", "-found", "son", "+34 "):
        assert f"{CANARY}{trace}" in text or f"{trace}{CANARY}" in text, trace
        assert f"{CANARY}{trace}" in stored or f"{trace}{CANARY}" in stored, trace
    await forget(erasing, desk, ADDRESS)
    assert (await export.of_address(ADDRESS))["leads"] == []


async def _a_lead_that_left_traces(desk: Desk) -> str:
    """One lead with the canary wherever a person may stand, a card and a mail of which are sent."""
    raw = f'{{"note": "{CANARY}-notified"}}'.encode()
    # two in one request, which is kept with the first of them
    both = posted(a_notification("r-0"), a_notification("r-1"))
    await desk.inbox.record(both, raw=raw, notices=[], now=desk.clock())
    leased = {each.item.response_id: each for each in await desk.lease_leads()}
    decision = a_decision(SLACK_ALL, MAIL_ANNA, owner="anna")
    routed = replace(
        a_routed(canary(), decision),
        raw=f'{{"submitter": "{CANARY}-raw"}}'.encode(),
        decision=_decided_by_the_person(decision),
    )
    assert await desk.queue.settle(leased["r-1"], routed, answered=True, now=desk.clock())
    for destination in ("slack", "email"):
        for each in await desk.lease(destination):
            await desk.sent(each)
    return str(leased["r-1"].item.id)


def _decided_by_the_person(decision: Decision) -> Decision:
    reason = Reason(fact="email", wanted="x", found=f"{CANARY}-found", fits=True, why=f"{CANARY} fits")
    return replace(decision, tried=(Tried(rule=decision.rule, fits=True, reasons=(reason,)),))


def _rows_that_grow_one_after_the_other(tx: Transaction) -> list[str]:
    chance = random.Random(1)
    leads = [f"l{number:06}" for number in range(300)]
    tx.executemany(
        "INSERT INTO lead (id, response_id, notified_at, received_at, state) VALUES (?, ?, 1, 1, 'received')",
        [(lead, f"r-{lead}") for lead in leads],
    )
    for lead in chance.sample(leads, len(leads)) * 2:
        tx.execute("UPDATE lead SET content = ? WHERE id = ?", (CANARY * chance.randint(20, 90), lead))
    return leads


def _take_back_the_migration(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        for index in ("lead_age", "lead_raw_age", "notification_raw_age", "delivery_text_age", "unrecognised_age"):
            old.execute(f"DROP INDEX {index}")
        old.execute("DROP TABLE erasure")
        old.execute("ALTER TABLE lead DROP COLUMN state_before")
        old.execute("DELETE FROM migration WHERE number = 3")


@dataclass(frozen=True, slots=True, kw_only=True)
class _FailingClerk(Clerk):
    """The disk is full when it comes to this lead."""

    fails_at: str

    def erase(
        self,
        tx: Transaction,
        lead_id: str,
        *,
        now: datetime,
        why: str,
        cause: Cause = Cause.LINKEDIN,
        receipt: str = "",
    ) -> bool:
        if lead_id == self.fails_at:
            raise sqlite3.OperationalError("database or disk is full")
        return Clerk.erase(self, tx, lead_id, now=now, why=why, cause=cause, receipt=receipt)
