"""`leadbell why`: the stored decision, with the reasons of then as far as they are still known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from bot.config.load import load_config
from bot.config.model import Config
from bot.core.facts import facts_of
from bot.core.lead import Lead
from bot.core.routing import decision_to_json
from bot.store.database import opened
from bot.store.entries import Clerk
from tests.builders import SUBMITTED, a_lead, a_routed
from tests.cli.command import Done, leadbell_here
from tests.clock import Clock
from tests.store.builders import Desk

_FILE = """
version: 1
people: {anna: {slack: U0ANNA, email: anna@example.com}, ben: {slack: U0BEN, email: ben@example.com}}
teams: {dach: {pick: take turns, members: [anna, ben], manager: anna}}
escalations: {hot: [{after: 5 min, do: remind owner}]}
rules:
  - {name: Students, when: {job_title: contains student}, post: nobody}
  - {name: Large, when: {country: DE, company_size: at least 500}, post: "#leads", owner: ben}
  - {name: DACH, when: {country: [DE, AT]}, post: "#leads", owner: dach, escalate: hot, email: owner}
  - {name: Everything else, post: "#leads"}
test_leads: {post: "#leads-test", owner: nobody}
database: sqlite:leads.db
slack: {bot_token: "${T:-}", signing_secret: "${S:-}", admin_channel: "#admin"}
email: {smtp: "smtp://localhost", from: Leads <leads@example.com>}
"""
_LEAD = a_lead(country="DE", company_size="201-500")


@dataclass(frozen=True)
class Folder:
    """A folder with a rule file and a database; the leads were decided by that file."""

    path: Path
    clock: Clock

    @property
    def rules(self) -> Config:
        return load_config(self.path / "config.yaml", {}, need_secrets=False)

    async def decide(self, lead: Lead = _LEAD) -> str:
        """Store a lead as the dispatcher would; its id."""
        rules = self.rules
        decision = rules.router.decide(facts_of(lead, rules.vocabulary), is_test=lead.is_test)
        async with opened(self.path / "leads.db") as database:
            desk = Desk(database, Clerk(), self.clock)
            await desk.receive(lead.response_id)
            (leased,) = await desk.lease_leads()
            routed = replace(a_routed(lead, decision), config_version=rules.version)
            assert await desk.queue.settle(leased, routed, answered=True, now=self.clock())
        return leased.item.id

    async def change(self, sql: str, *values: object) -> None:
        async with opened(self.path / "leads.db") as database:
            await database.write(lambda tx: tx.execute(sql, values).rowcount)

    async def keep(self, version: str = "", text: str = _FILE) -> None:
        """The text of a version, as the server stores what goes live."""
        sql = "INSERT INTO config_version (version, text, live_at) VALUES (?, ?, 0)"
        await self.change(sql, version or self.rules.version, text)

    def edit(self) -> None:
        """Somebody edits the file after the decision."""
        (self.path / "config.yaml").write_text(_FILE.replace("name: DACH", "name: Other"), encoding="utf-8")

    async def why(self, lead: str, *more: str) -> Done:
        return await leadbell_here("why", lead, *more, folder=self.path)


@pytest.fixture
def folder(tmp_path: Path, new_database: bytes, clock: Clock) -> Folder:
    (tmp_path / "config.yaml").write_text(_FILE, encoding="utf-8")
    (tmp_path / "leads.db").write_bytes(new_database)
    return Folder(tmp_path, clock)


async def test_the_rules_of_then_say_why_the_ones_above_did_not_fit(folder: Folder) -> None:
    lead = await folder.decide()
    await folder.keep()
    folder.edit()

    done = await folder.why(lead)

    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[:-1] == [
        "rule      DACH",
        "post      #leads",
        "owner     the team dach takes turns; `leadbell turns dach` tells whose it is",
        "email     whoever gets the lead",
        "escalate  hot: remind owner after 5 min",
        "template  default",
        "",
        "Why, from the top:",
        "  ✗ Students",
        "      ✗ job_title: wanted “contains student”, it was not answered: does not fit",
        "  ✗ Large",
        "      ✓ country: wanted “DE”, found “DE”: fits",
        "      ✗ company_size: wanted “at least 500”, found “201-500” (counted as 201): does not fit",
        "  ✓ DACH",
        "      ✓ country: wanted “DE” or “AT”, found “DE”: fits",
    ]
    assert done.out.splitlines()[-1].startswith("Decided 2026-11-23T09:00:00.000Z by version ")


async def test_json_has_the_rules_above_in_the_shape_of_route(folder: Folder) -> None:
    lead = await folder.decide()
    await folder.keep()

    answer = (await folder.why(lead, "--json")).json

    assert isinstance(answer, dict)
    assert (answer["lead"], answer["rule"], answer["owner"], answer["team"]) == (lead, "DACH", "dach", "dach")
    assert [(each["rule"], each["fits"], len(each["conditions"])) for each in answer["tried"]] == [
        ("Students", False, 1),
        ("Large", False, 2),
    ]


async def test_whose_turn_it_was_is_told_once_somebody_got_it(folder: Folder) -> None:
    lead = await folder.decide()
    await folder.change("DELETE FROM turn")
    await folder.change(
        "INSERT INTO turn (team, lead_id, person, taken_at) VALUES ('dach', ?, 'ben', 0), ('dach', ?, 'anna', 1)",
        lead,
        lead,
    )

    assert "owner     ben, whose turn it was in the team dach" in (await folder.why(lead)).out


@pytest.mark.parametrize(
    ("version", "text", "words"),
    [
        ("another", _FILE, "the rule file of then is no longer stored"),
        ("", "rules: [", "the rule file of then cannot be read today"),
        ("", _FILE.replace("at least 500", "at least 200"), "read today, the rules of then would choose “Large”"),
    ],
)
async def test_reasons_that_are_not_known_any_more_are_not_made_up(
    folder: Folder, version: str, text: str, words: str
) -> None:
    lead = await folder.decide()
    await folder.keep(version, text)

    done = await folder.why(lead)

    assert done.code == 0
    assert f"Why no rule above it fitted is not known any more: {words}." in done.out.splitlines()
    assert "  ✓ DACH" in done.out.splitlines()
    assert "✗" not in done.out
    assert "country: wanted “DE” or “AT”, found “DE”: fits" in done.out  # stored with the decision


async def test_of_an_erased_person_only_the_rule_is_known(folder: Folder) -> None:
    lead = await folder.decide()
    await folder.keep()
    async with opened(folder.path / "leads.db") as database:
        desk = Desk(database, Clerk(), folder.clock)
        await desk.receive(action="DELETED", occurred_at=SUBMITTED + timedelta(hours=1))

    done = await folder.why(lead)

    assert (done.code, done.out) == (1, "")
    assert "was erased, and with them why" in done.err
    assert "Still known: the rule “DACH” took it." in done.err


async def test_a_test_lead_went_its_own_way(folder: Folder) -> None:
    lead = await folder.decide(a_lead(is_test=True))
    await folder.keep()

    done = await folder.why(lead)

    assert "not known any more" not in done.out
    assert "  ✓ test_leads" in done.out.splitlines()


async def test_a_decision_that_kept_its_reasons_is_printed_with_them(folder: Folder) -> None:
    """Decisions used to be stored with the reasons of all rules."""
    lead = await folder.decide()
    rules = folder.rules
    facts = facts_of(_LEAD, rules.vocabulary)
    decision = rules.router.decide(facts, is_test=False)
    old = decision_to_json(decision, rules.router.explain(facts, decision))
    for key in ("team", "escalate", "digest"):
        del old[key]
    await folder.change("UPDATE lead SET decision = ?", orjson.dumps(old).decode())

    done = await folder.why(lead)

    assert done.code == 0
    assert "  ✗ Large" in done.out.splitlines()
    assert "not known any more" not in done.out
