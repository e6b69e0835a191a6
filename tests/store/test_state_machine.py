"""Laws of the outbox under any order of leases, outcomes, crashes, clock jumps, erasures, claims and redeliveries."""

from __future__ import annotations

import asyncio
import random
import shutil
import tempfile
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.core.claiming import Actor, ClaimAction, ClaimVerdict, permission
from bot.core.delivery import MOVES, Again, Dead, DeliveryState, Outcome, Receipt, Sent, Target, Unknown
from bot.core.ids import LeadId
from bot.core.people import People, Person
from bot.core.work import DeliveryWork, EditWork, Handling, Leased
from bot.ports import Press
from bot.store.claims import SqliteClaimBook
from bot.store.database import Database, opened
from bot.store.entries import Clerk
from bot.store.lanes import PACES
from bot.store.rows import to_ms
from tests.builders import SUBMITTED
from tests.clock import Clock
from tests.store.builders import MINUTE, Desk

Result = TypeVar("Result")
Row = dict[str, Any]

TARGETS = [Target(destination="slack", address=f"#c{number}") for number in range(3)]
CATCH_ALL = Target(destination="slack", address="#catch-all")
PEOPLE = People(by_name={"anna": Person(name="anna"), "ben": Person(name="ben")})
SETTLED = {"sent", "dead", "cancelled"}
LEASABLE_FOR = timedelta(minutes=2)
BURST = PACES["send"].burst

OUTCOMES: dict[str, Callable[[Clock], Outcome]] = {
    "sent": lambda clock: Sent(receipt=Receipt(address="C1", message="1.0")),
    "again": lambda clock: Again(due_at=clock() + timedelta(seconds=5), error="busy"),
    "paused": lambda clock: Again(due_at=clock(), error="ratelimited", counts=False),
    "plain": lambda clock: Again(due_at=clock(), error="invalid_blocks", make_plain=True),
    "unknown": lambda clock: Unknown(due_at=clock() + timedelta(seconds=5), error="cut off"),
    "dead": lambda clock: Dead(error="no"),
    "down": lambda clock: Dead(error="is_archived", is_target_down=True),
}


class Outbox(RuleBasedStateMachine):
    """The store, and what must be true of it whatever happens."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.runner = asyncio.Runner()
        self.clock = Clock()
        self.stop = asyncio.Event()
        self.database = self.run(self.open())
        clerk = Clerk(random_bits=random.Random(5))
        self.desk = Desk(self.database, clerk, self.clock)
        self.book = SqliteClaimBook(self.database, clerk)
        self.before: dict[str, Row] = {}
        self.held: list[Leased[DeliveryWork]] = []  #: every lease ever handed out and not settled, stale ones too
        self.edits: list[Leased[EditWork]] = []
        self.newest: dict[str, str] = {}  #: the last token handed out per delivery
        self.in_doubt: set[str] = set()  #: attempts begun whose end nobody has recorded
        self.sends: dict[str, list[int]] = {}  #: when each channel was posted to, since the clock last went back
        self.leads: list[str] = []
        self.owners: dict[str, str] = {}
        self.erased: set[str] = set()
        self.presses = 0

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.runner.run(work)

    async def open(self) -> Database:
        ready: asyncio.Future[Database] = asyncio.get_running_loop().create_future()

        async def hold() -> None:
            async with opened(self.folder / "outbox.db") as database:
                ready.set_result(database)
                await self.stop.wait()

        self.holder = asyncio.create_task(hold())
        database = await ready
        # no power fails here, and a flush for each step would take most of the time
        await database.write(lambda tx: None)
        await database._writer.run(lambda connection: connection.execute("PRAGMA synchronous = OFF").fetchone())
        return database

    def teardown(self) -> None:
        try:
            self.everything_comes_to_an_end()
        finally:
            self.run(self.close())
            self.runner.close()
            shutil.rmtree(self.folder)

    async def close(self) -> None:
        self.stop.set()
        await self.holder

    def rows(self) -> dict[str, Row]:
        found = self.run(self.database.read(lambda tx: tx.execute("SELECT * FROM delivery").fetchall()))
        return {row["id"]: dict(row) for row in found}

    # ── what may happen ─────────────────────────────────────────────────────────────────────────

    @initialize()
    def begin(self) -> None:
        self.arrive([0])

    @rule(channels=st.lists(st.integers(0, 2), min_size=1, max_size=3, unique=True))
    def arrive(self, channels: list[int]) -> None:
        name = f"r-{len(self.leads)}"
        self.leads.append(self.run(self.desk.route(*(TARGETS[each] for each in channels), response_id=name)))

    @rule(limit=st.integers(1, 5))
    def lease(self, limit: int) -> None:
        before = self.rows()
        leased = self.run(self.desk.lease(limit=limit))
        assert len(leased) <= limit
        assert len({each.item.id for each in leased}) == len(leased)
        lanes = [before[each.item.id]["lane"] for each in leased if not each.item.is_lookup]
        assert len(set(lanes)) == len(lanes), "one per channel"
        for each in leased:
            self.took(each, before[each.item.id])

    def took(self, leased: Leased[DeliveryWork], row: Row) -> None:
        work = leased.item
        self.held.append(leased)
        self.newest[work.id] = leased.token
        if work.is_lookup:
            assert work.id in self.in_doubt
            assert work.tried_at <= self.clock() + timedelta(minutes=1), "a look must be able to find the message"
            return
        assert work.id not in self.in_doubt, "an attempt with an unknown end was repeated without a look"
        assert row["lead_id"] not in self.erased
        self.in_doubt.add(work.id)
        if not work.is_refused:
            self.sends.setdefault(row["lane"], []).append(to_ms(self.clock()))

    @precondition(lambda self: self.held)
    @rule(data=st.data(), name=st.sampled_from(sorted(OUTCOMES)), answered=st.booleans())
    def settle(self, data: st.DataObject, name: str, answered: bool) -> None:
        leased = data.draw(st.sampled_from(self.held))
        before = self.rows()
        fallback = [CATCH_ALL] if name in {"dead", "down"} else []
        settled = self.run(
            self.desk.outbox.settle(
                leased, OUTCOMES[name](self.clock), answered=answered, fallback=fallback, now=self.clock()
            )
        )
        self.held.remove(leased)
        if not settled:
            assert self.rows() == before, "whoever lost the lease changes nothing"
            return
        assert leased.token == self.newest[leased.item.id], "only the last holder writes"
        stays_in_doubt = name == "unknown" or (leased.item.is_lookup and name in {"dead", "down"})  # a look given up
        if not stays_in_doubt:
            self.in_doubt.discard(leased.item.id)

    @rule()
    def crash(self) -> None:
        """The process dies and the next one starts: what was held is forgotten, or comes late after all."""
        self.run(self.desk.outbox.recover(now=self.clock()))

    @rule(seconds=st.sampled_from([0.001, 0.5, 1, 3, 20, 61, 700, 3600, -0.5, -30, -61, -3600, -86_400]))
    def move_clock(self, seconds: float) -> None:
        self.clock.advance(seconds=seconds)
        if seconds < 0:
            self.sends.clear()

    @precondition(lambda self: self.leads)
    @rule(data=st.data())
    def erase(self, data: st.DataObject) -> None:
        lead = data.draw(st.sampled_from(self.leads))
        name = f"r-{self.leads.index(lead)}"
        self.run(self.desk.receive(name, action="DELETED", occurred_at=SUBMITTED + timedelta(days=9)))
        self.erased.add(lead)

    @precondition(lambda self: self.leads)
    @rule(data=st.data(), person=st.sampled_from(["anna", "ben"]))
    def claim(self, data: st.DataObject, person: str) -> None:
        lead = data.draw(st.sampled_from(self.leads))
        actor = Actor(user=person.upper(), person=person)
        self.presses += 1
        press = Press(lead=LeadId(lead), actor=actor, channel="C1", key=str(self.presses))
        result = self.run(
            self.book.act(
                ClaimAction.CLAIM,
                press,
                permission(actor, PEOPLE),
                handling=Handling(people=PEOPLE),
                answer=lambda result: "",
                now=self.clock(),
            )
        )
        if lead in self.erased:
            assert result.verdict is ClaimVerdict.GONE
        elif lead not in self.owners:
            assert result.verdict is ClaimVerdict.DONE
            self.owners[lead] = person
        else:
            mine = self.owners[lead] == person
            assert result.verdict is (ClaimVerdict.ALREADY if mine else ClaimVerdict.TAKEN)

    @rule()
    def redeliver(self) -> None:
        dead = {each for each, row in self.rows().items() if row["state"] == "dead"}
        assert set(self.run(self.desk.outbox.redeliver(None, now=self.clock()))) == dead

    @rule()
    def lease_edits(self) -> None:
        self.edits += self.run(self.desk.edits.lease("slack", limit=3, now=self.clock(), keep_for=MINUTE))

    @precondition(lambda self: self.edits)
    @rule(data=st.data(), is_shown=st.booleans())
    def settle_edit(self, data: st.DataObject, is_shown: bool) -> None:
        leased = data.draw(st.sampled_from(self.edits))
        again = None if is_shown else self.clock() + timedelta(seconds=2)
        self.edits.remove(leased)
        self.run(self.desk.edits.settle(leased, try_again_at=again, is_shown=is_shown, answered=True, now=self.clock()))

    # ── what must be true ───────────────────────────────────────────────────────────────────────

    @invariant()
    def the_laws_of_rows(self) -> None:
        now = self.rows()
        self.only_allowed_moves_and_nothing_disappears(now)
        self.every_delivery_is_settled_leased_or_due(now)
        self.before = now

    def only_allowed_moves_and_nothing_disappears(self, now: dict[str, Row]) -> None:
        assert self.before.keys() <= now.keys()
        for each, row in now.items():
            was = DeliveryState(self.before[each]["state"]) if each in self.before else DeliveryState.PENDING
            became = DeliveryState(row["state"])
            assert became is was or became in MOVES[was], (was, became)

    def every_delivery_is_settled_leased_or_due(self, now: dict[str, Row]) -> None:
        for row in now.values():
            assert (row["state"] in SETTLED) == (row["settled_at"] is not None)
            if row["state"] == "sending":
                assert row["lease"] is not None
                assert row["lease_until"] is not None
            if row["state"] in SETTLED | {"pending"}:
                assert row["lease"] is None
            if row["lead_id"] in self.erased:
                assert row["state"] not in {"pending", "dead"}

    @invariant()
    def no_channel_gets_more_than_its_pace(self) -> None:
        for times in self.sends.values():
            for first, start in enumerate(times):
                for last in range(first, len(times)):
                    assert last - first + 1 <= BURST + (times[last] - start) / 1000

    def everything_comes_to_an_end(self) -> None:
        """Left alone with a patient outside world, every delivery is settled and every card shows the newest state."""
        self.held.clear()
        for _ in range(60):
            self.clock.advance(minutes=20)
            while leased := self.run(self.desk.lease()):
                for each in leased:
                    dead = each.item.is_refused
                    self.run(
                        self.desk.outbox.settle(
                            each, OUTCOMES["dead" if dead else "sent"](self.clock), answered=True, now=self.clock()
                        )
                    )
            while edits := self.run(self.desk.edits.lease("slack", limit=9, now=self.clock(), keep_for=MINUTE)):
                for edit in edits:
                    self.run(
                        self.desk.edits.settle(edit, try_again_at=None, is_shown=True, answered=True, now=self.clock())
                    )
            if self.is_at_rest():
                return
        pytest.fail(f"never came to an end: {self.rows()}")

    def is_at_rest(self) -> bool:
        revisions = dict(
            self.run(self.database.read(lambda tx: tx.execute("SELECT id, revision FROM lead").fetchall()))
        )
        return all(
            row["state"] in SETTLED
            and row["edit_due_at"] is None
            and (row["state"] != "sent" or row["shown_revision"] == revisions[row["lead_id"]])
            for row in self.rows().values()
        )


TestOutbox = Outbox.TestCase
TestOutbox.settings = settings(max_examples=15, stateful_step_count=40, deadline=None)
