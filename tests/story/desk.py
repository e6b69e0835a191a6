"""Leads of a team between the stand-ins, seen from outside: they come, time passes, people press."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.app import Running
from tests.story.world import RULES, Leap, World, a_world, rows, until

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  #: 10:00 in Berlin

_ON_ITS_WAY = "SELECT 1 FROM delivery WHERE state IN ('pending', 'sending', 'unknown') OR edit_due_at IS NOT NULL"

TEAM = """\
teams:
  dach:
    pick: take turns
    members: {anna: 1, ben: 1}
    manager: dora
"""
HOT = """\
escalations:
  hot:
    - {after: 5 min,  do: remind owner}
    - {after: 15 min, do: offer to team}
    - {after: 30 min, do: tell manager, by: [slack, email]}
    - {after: 4 h,    do: give back to rotation}
"""
OFFICE = "hours: {office: {mon-fri: 09:00-18:00}}\n"


def rules(*, more: str = TEAM + HOT, then: str = "    owner: dach\n    escalate: hot\n", people: str = "") -> str:
    """The file of the stories: Germany goes to a team, the rest to nobody. `people` takes the place of the three."""
    text = RULES.replace("version: 1\n", "version: 1\ntimezone: Europe/Berlin\n")
    text = text.replace("rules:\n", f"{more}rules:\n").replace("    owner: anna\n    email: owner\n", then)
    if people:
        text = text[: text.index("people:")] + people + text[text.index(more + "rules:") :]
    return text


def in_the_office(text: str) -> str:
    """The file with Anna and Ben there from nine to six only."""
    text = text.replace("people:\n", f"{OFFICE}people:\n")
    for person in ("anna", "ben"):
        text = text.replace(f"email: {person}@example.com}}", f"email: {person}@example.com, hours: office}}")
    return text


@dataclass
class Desk:
    """A running product with its clock."""

    world: World
    server: Running
    leap: Leap

    async def lead(self, *, of_test: bool = False, submitted_at: datetime | None = None, **answers: str) -> str:
        """A German lead has come and is settled; its id."""
        number = len(rows(self.world, "SELECT id FROM lead"))
        given = {"first": "Ana", "last": "Silva", "email": f"person{number}@acme.example", "company": "ACME"}
        response_id = self.world.linkedin.submit(
            form=6083,
            answers={**given, "country": "Germany", **answers},
            campaign=367378525,
            is_test=of_test,
            submitted_at=submitted_at,
        )
        assert await self.world.notify(self.server, response_id) == 200
        known = f"SELECT id FROM lead WHERE response_id = '{response_id}' AND decided_at IS NOT NULL"
        await until(lambda: rows(self.world, known))
        await self.settle()
        return str(rows(self.world, known)[0][0])

    async def settle(self) -> None:
        """Nothing is on its way any more."""
        await until(lambda: not rows(self.world, _ON_ITS_WAY))

    async def to(self, instant: datetime) -> None:
        """It is `instant` now, and what is due is done."""
        self.leap.to(instant)
        due = int((instant - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))
        await until(lambda: not rows(self.world, f"SELECT 1 FROM timer WHERE due_at <= {due}"))
        await until(lambda: not rows(self.world, f"SELECT 1 FROM lead WHERE held_until <= {due}"))
        await self.settle()

    async def later(self, by: timedelta) -> None:
        """Time passes, and what is due is done."""
        await self.to(self.leap() + by)

    async def press(self, user: str, action: str, channel: str = "#leads-dach", index: int = 0) -> None:
        """A button is pressed, and what comes of it is settled."""
        assert await self.world.press(user, action, channel, index) == 200
        await self.settle()

    async def choose(self, user: str, option: str, channel: str = "#leads-dach", index: int = 0) -> None:
        """An entry of the menu is chosen, and what comes of it is settled."""
        assert await self.world.choose(user, option, channel, index) == 200
        await self.settle()

    def owner(self, lead: str) -> tuple[object, ...]:
        """State and owner."""
        return rows(self.world, f"SELECT state, owner FROM lead WHERE id = '{lead}'")[0]

    def direct(self, user: str) -> list[str]:
        """What one person has read in direct messages."""
        return [message.text for message in self.world.slack.messages(self.world.slack.workspace.direct(user).id)]

    def private(self, user: str) -> list[str]:
        """What only one person was told."""
        return [answer.text for answer in self.world.slack.private if answer.user == user]

    def mails(self, address: str) -> list[str]:
        """The text of each mail to one address."""
        return [mail.text for mail in self.world.mailbox.messages if address in mail.recipients]


@asynccontextmanager
async def a_desk(folder: Path, text: str, at: datetime = MONDAY, *, follows_file: bool = False) -> AsyncIterator[Desk]:
    """The product, started with this file at this instant."""
    leap = Leap()
    leap.to(at)
    async with a_world(folder, text, leap) as world:
        for channel in ("leads-test", "leads-nordics", "leads-americas", "marketing-events", "leadbell-admin"):
            world.slack.add_channel(name=channel)
        async with world.product(leap.timing(), follows_file=follows_file) as server:
            yield Desk(world, server, leap)
