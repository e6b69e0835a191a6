"""Leads of a team under any order of arrivals, presses, hours, edits of the file, outages, erasures and clock jumps."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.claiming import ClaimAction
from bot.core.people import Pick, Team
from bot.core.routing import Then
from bot.store.database import Database
from bot.store.entries import Clerk
from tests.clock import Clock
from tests.store.builders import Desk
from tests.store.office import CALM, HOT, NEVER, NINE_TO_SIX, TO_DACH, Office, dach, people

_STEPS = 120
_ACTIONS = list(ClaimAction)
_RULES = (
    TO_DACH,
    replace(TO_DACH, escalate="calm", mails_owner=True),
    replace(TO_DACH, team="first"),
    Then(owner="anna", escalate="hot", digest="daily"),
    Then(),
)
_FIRST = Team(name="first", pick=Pick.FIRST, members={"carl": 1, "anna": 1})
_FILES = (
    people(dach(anna=2, ben=1, carl=1), _FIRST),
    people(dach(limit=2, instead="first"), _FIRST, anna=NINE_TO_SIX, ben=NINE_TO_SIX, carl=NINE_TO_SIX),
    people(dach(instead="dora"), _FIRST, anna=NEVER, ben=NINE_TO_SIX),
    people(dach(ben=1), _FIRST, without="anna"),
    people(_FIRST),
)


class Walk:
    """One walk, which is the same for the same seed."""

    def __init__(self, office: Office, seed: int) -> None:
        self.office = office
        self.chance = random.Random(seed)
        self.leads: list[str] = []
        self.erased: set[str] = set()

    async def step(self) -> None:
        kind = self.chance.choices(["arrive", "press", "wait", "edit", "erase", "jump"], [4, 6, 6, 1, 0.4, 0.4])[0]
        await getattr(self, kind)()

    async def arrive(self) -> None:
        prints = (f"p{self.chance.randrange(6)}",)
        then, is_test = self.chance.choice(_RULES), self.chance.random() < 0.1
        self.leads.append(await self.office.route(then, prints=prints, is_test=is_test))

    async def press(self) -> None:
        if self.leads:
            who = self.chance.choice(["anna", "ben", "carl", "dora"])
            await self.office.press(self.chance.choice(_ACTIONS), who, self.chance.choice(self.leads))

    async def wait(self) -> None:
        await self.office.later(minutes=self.chance.choice([1, 5, 15, 60, 300, 1440, 4000]))

    async def edit(self) -> None:
        steps = self.chance.choice([{"hot": HOT, "calm": CALM}, {"calm": HOT}])
        self.office.edit(people=self.chance.choice(_FILES), escalations=steps)

    async def erase(self) -> None:
        if self.leads:
            number = self.chance.randrange(len(self.leads))
            await self.office.desk.receive(
                f"r-{number + 1}", action="DELETED", occurred_at=self.office.clock() + timedelta(days=900)
            )
            self.erased.add(self.leads[number])

    async def jump(self) -> None:
        self.office.clock.advance(hours=self.chance.choice([-30, -5, 50]))

    async def check(self) -> None:
        """The laws."""

        def everything(tx: Any) -> dict[str, list[dict[str, Any]]]:
            tables = ("lead", "timer", "turn", "delivery", "fingerprint")
            return {each: [dict(row) for row in tx.execute(f"SELECT * FROM {each}").fetchall()] for each in tables}

        rows = await self.office.desk.database.read(everything)
        actions: dict[str, set[str]] = {}
        for timer in rows["timer"]:
            actions.setdefault(timer["lead_id"], set()).add(timer["action"])
        for lead in rows["lead"]:
            _the_laws_of_a_lead(lead, actions.get(lead["id"], set()))
        turns = Counter((turn["lead_id"], turn["person"]) for turn in rows["turn"])
        assert set(turns.values()) <= {1}, "nobody gets the same lead in turn twice"
        reminded = [row for row in rows["delivery"] if row["kind"] == "reminder" and row["state"] == "pending"]
        assert not {row["lead_id"] for row in reminded} & self.erased
        assert not {row["lead_id"] for row in rows["fingerprint"]} & self.erased


def _the_laws_of_a_lead(lead: dict[str, Any], timers: set[str]) -> None:
    state, is_held = lead["state"], lead["held_until"] is not None
    if is_held:
        assert (state, lead["owner"], timers) == ("unassigned", "", {"find owner"})
    assert (state == "unassigned") == (lead["owner"] == "") or state == "erased"
    assert (lead["claimed_at"] is not None) == (state not in {"unassigned", "assigned", "erased"}) or state == "erased"
    if state == "claimed":
        assert timers <= {"remind to contact", "take back"}
    elif state in {"unassigned", "assigned"}:
        assert not timers & {"remind to contact", "take back"}
    else:
        assert timers == set()


@pytest.mark.parametrize("seed", range(6))
async def test_the_laws_hold_whatever_happens(database: Database, clerk: Clerk, clock: Clock, seed: int) -> None:
    office = Office(Desk(database, clerk, clock), clerk)
    walk = Walk(office, seed)

    for _ in range(_STEPS):
        await walk.step()
        await walk.check()

    assert [text for text in await office.notices() if text.startswith("stuck")] == []
    office.edit(people=_FILES[0])
    for _ in range(40):  # left alone, every lead comes to rest
        await office.later(days=3)
    await walk.check()
    assert await office.desk.one("SELECT count(*) FROM timer") == 0
