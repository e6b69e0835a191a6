"""Who asks to be forgotten is gone for good, whoever else stays; and nobody is ever named where no person belongs."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from bot import control, logs
from bot.app import Running
from bot.sandbox.faults import Fault
from tests.cli.command import Done, leadbell_here
from tests.story.world import BEN, CAMPAIGN, FORM, RULES, Leap, World, a_world, get, rows, until

_FINDER = "/rest/leadFormResponses"
_REMOVED = "Lead removed on request"
CANARY = "canary5b1e"


@pytest.fixture
def leap() -> Leap:
    return Leap()


@pytest.fixture
async def world(tmp_path: Path, leap: Leap) -> AsyncIterator[World]:
    async with a_world(tmp_path, RULES, leap) as made:
        yield made


async def _run(world: World, *arguments: str) -> Done:
    return await leadbell_here(*arguments, folder=world.config.path.parent, environment=world.environment)


async def _arrives(world: World, server: Running, **answers: str) -> str:
    response_id = world.submit(**answers)
    assert await world.notify(server, response_id) == 200
    await until(lambda: _state(world, response_id) not in {"", "received", "waiting_for_linkedin"})
    return response_id


def _state(world: World, response_id: str) -> str:
    """The state of the newest lead of that id; "" = there is none."""
    found = rows(world, f"SELECT state FROM lead WHERE response_id = '{response_id}' ORDER BY id")
    return str(found[-1][0]) if found else ""


def _places_with(world: World, words: str) -> list[str]:
    """The files beside the database and the channels in which these words stand at this moment."""
    folder = world.config.database.parent
    files = [file for file in sorted(folder.glob("leads.db*")) if file.is_file()]
    places = [file.name for file in files if words.lower().encode() in file.read_bytes().lower()]
    return places + [
        name
        for name in ("leads-all", "leads-dach", "admin")
        if any(
            words.lower() in f"{each.text}{each.blocks}{each.metadata}".lower() for each in world.slack.messages(name)
        )
    ]


# ── who is meant ──

_SPELLINGS = (
    ("zoe@münchen.example", "ZOE@xn--mnchen-3ya.example"),
    ("zoe@xn--mnchen-3ya.example", " zoe@MÜNCHEN.example\t"),
    ("  Zoe@Acme.Example ", "zoe@acme.example"),
    ("zoe@acme.example", "ｚｏｅ＠acme.example"),
    ("z.o'e+leads@acme.example", "Z.O'E+LEADS@acme.example."),
)
_OTHERS = (
    "zo.e@acme.example",
    "zoe+x@acme.example",
    "zoe@acme.example.org",
    "azoe@acme.example",
    "zoe@strasse.example",
)


async def test_an_address_is_found_however_it_is_spelt_and_its_neighbours_stay(world: World) -> None:
    async with world.product() as server:
        others = [await _arrives(world, server, email=other) for other in _OTHERS]
        for given, asked in _SPELLINGS:
            theirs = await _arrives(world, server, email=given)

            exported = await _run(world, "export", asked, "--json")
            codes = [(await _run(world, "forget", asked)).code for _ in range(2)]

            assert (exported.code, codes) == (0, [0, 1]), asked
            assert isinstance(exported.json, dict)
            assert [lead["response_id"] for lead in exported.json["leads"]] == [theirs]
            assert _state(world, theirs) == "erased"
        assert "erased" not in [_state(world, each) for each in others]


async def test_an_export_shows_all_of_one_person_and_nothing_of_another(world: World) -> None:
    async with world.product() as server:
        mine = await _arrives(world, server, first="Zoe", email="zoe@acme.example", country="Germany")
        other = await _arrives(world, server, first="Otherfirst", last="Otherlast", email="other@acme.example")
        await until(lambda: world.texts("leads-all"))
        await world.press(BEN, "lead_claim")
        done = await _run(world, "export", "zoe@acme.example", "--json")
        for_people = await _run(world, "export", "zoe@acme.example")
        nobody = await _run(world, "export", "nobody@acme.example", "--json")
        wrong = await _run(world, "export", "not an address", "--json")
    assert (done.code, for_people.code, nobody.code, wrong.code) == (0, 0, 1, 2)
    assert all(
        word in done.out for word in ("Zoe", "Silva", "ACME", "zoe@acme.example", "Germany", mine, "Demo request")
    )
    for text in (done.out, for_people.out):
        assert [word for word in ("Otherfirst", "Otherlast", "other@acme", other) if word in text] == []


# ── it stays away ──


async def test_a_forgotten_lead_never_returns_and_a_new_submit_of_the_same_person_does(
    world: World, leap: Leap
) -> None:
    async with world.product(leap.timing()) as server:
        await until(lambda: rows(world, "SELECT 1 FROM stream"))
        first = await _arrives(world, server, first=CANARY, email=f"{CANARY}@acme.example")
        await until(lambda: world.texts("leads-all"))
        assert (await _run(world, "forget", f"{CANARY}@acme.example")).code == 0
        await until(lambda: world.texts("leads-all") == [_REMOVED])
        for seconds in (0, 1, 3600):
            assert await world.notify(server, first, occurred_at=leap() + timedelta(seconds=seconds)) == 200
        leap.by += timedelta(hours=2)
        await server.pull.pull_source(world.config.sources[0])
        assert (await _run(world, "pull", "--last", "2d")).code == 0
        assert _places_with(world, CANARY) == []
        # they register once more: LinkedIn gives the same id another time, or another id
        world.linkedin.submit(form=FORM, answers={"first": "Again", "last": "X"}, campaign=CAMPAIGN, response_id=first)
        assert await world.notify(server, first) == 200
        await _arrives(world, server, first="Anew", email=f"{CANARY}@acme.example")
        await until(lambda: len(world.texts("leads-all")) == 3)
        assert world.texts("leads-all")[0] == _REMOVED
        assert [text.split()[2] for text in world.texts("leads-all")[1:]] == ["Again", "Anew"]


async def test_who_is_forgotten_while_the_card_is_under_way_is_on_no_card(world: World) -> None:
    async with world.product() as server:
        world.slack.faults.add(Fault("chat.postMessage", hang=0.3))
        response_id = world.submit(first=CANARY, email=f"{CANARY}@acme.example")
        await world.notify(server, response_id)
        await until(lambda: any(call.method == "chat.postMessage" for call in world.slack.calls))

        assert (await _run(world, "forget", response_id)).code == 0

        await until(lambda: world.texts("leads-all") == [_REMOVED])
        assert _places_with(world, CANARY) == []


async def test_forgotten_while_no_server_runs_the_cards_change_at_the_next_start(world: World) -> None:
    async with world.product() as server:
        await _arrives(world, server, first=CANARY, email=f"{CANARY}@acme.example", country="Germany")
        await until(lambda: world.texts("leads-dach") and world.mailbox.messages)
        await until(lambda: rows(world, "SELECT count(*) FROM delivery WHERE state = 'sent'") == [(2,)])
    done = await _run(world, "forget", f"{CANARY}@acme.example", "--json")
    assert done.code == 0
    assert isinstance(done.json, dict)
    assert done.json["receipt"]["wiped"] is True
    assert CANARY not in done.out
    assert _places_with(world, CANARY) == ["leads-dach"]
    async with world.product():
        await until(lambda: world.texts("leads-dach") == [_REMOVED])
    assert _places_with(world, CANARY) == []


async def test_linkedins_deletion_takes_the_person_from_the_card_the_mail_and_the_file(world: World) -> None:
    world.mailbox.faults.add(Fault(where="RCPT", status=451, times=99))
    async with world.product() as server:
        response_id = await _arrives(world, server, first=CANARY, email=f"{CANARY}@acme.example", country="Germany")
        await until(lambda: world.texts("leads-dach"))
        world.linkedin.delete(response_id)
        assert await world.notify(server, response_id, action="DELETED") == 200
        await until(lambda: world.texts("leads-dach") == [_REMOVED])
        tidy = next(job for job in server.product.jobs() if job.name == "tidy the database")
        await tidy.run()
        assert _places_with(world, CANARY) == []
    assert world.mailbox.messages == []


async def test_after_its_time_a_lead_is_a_row_without_a_person_and_is_not_fetched_anew(
    world: World, leap: Leap
) -> None:
    async with world.product(leap.timing()) as server:
        await until(lambda: rows(world, "SELECT 1 FROM stream"))
        await _arrives(world, server, first=CANARY, email=f"{CANARY}@acme.example")
        await until(lambda: world.texts("leads-all"))
        await world.press(BEN, "lead_claim")
        await until(lambda: "claimed by Ben" in world.texts("leads-all")[0])
        leap.by += world.config.privacy.keep_leads + timedelta(hours=1)
        jobs = {job.name: job.run for job in server.product.jobs()}
        await jobs["drop what is too old"]()
        await jobs["tidy the database"]()
        source, day = world.config.sources[0], (leap() - world.config.privacy.keep_leads).date()
        again = {"source": source.name, "owner": source.owner, "lead_type": "SPONSORED", "day": f"{day}T00:00:00+00:00"}
        assert await control.ask(world.config.database, "pull-day", again) == {"entered": 0}
        await until(lambda: world.texts("leads-all") == [_REMOVED], seconds=5)
        listed = json.loads((await _run(world, "leads", "--json")).out)
        assert [(lead["state"], lead["email"]) for lead in listed] == [("erased", "")] or listed[0]["email"] is None
        assert _places_with(world, CANARY) == []


# ── nobody is named where no person belongs ──


async def test_through_every_path_at_the_finest_log_level_no_person_leaves_the_places_made_for_persons(
    world: World, caplog: pytest.LogCaptureFixture, leap: Leap
) -> None:
    caplog.set_level(logging.DEBUG)
    for name, floor in logs._PINNED.items():
        caplog.set_level(floor, name)
    person = {"first": CANARY, "last": CANARY, "email": f"{CANARY}@acme.example", "company": CANARY}
    said: list[str] = []
    echo = json.dumps({"status": 403, "code": "ACCESS_DENIED", "message": f"no {CANARY}@acme.example"}).encode()
    async with world.product(leap.timing()) as server:
        await until(lambda: rows(world, "SELECT 1 FROM stream"))
        parked = world.submit(**person)
        world.linkedin.faults.add(Fault(f"{_FINDER}/{parked}", body=f"[{CANARY}".encode(), times=1))
        world.linkedin.faults.add(Fault(f"{_FINDER}/{parked}", status=403, body=echo, times=3))
        await world.notify(server, parked)
        world.slack.faults.add(Fault("chat.postMessage", status=500, body=CANARY.encode()))
        world.mailbox.faults.add(Fault("RCPT", status=550, body=f"5.1.1 {CANARY} unknown".encode()))
        await _arrives(world, server, **person)
        claimed = await _arrives(world, server, **person, country="Germany")
        await until(lambda: world.texts("leads-all") and world.texts("leads-dach"))
        await world.press(BEN, "lead_claim")
        said.append((await get(server.port, f"/linkedin/webhook?challengeCode={CANARY}"))[1])
        said.append((await get(server.port, f"/linkedin/callback?state={CANARY}&code={CANARY}"))[1])
        async with aiohttp.ClientSession() as session:
            for body in (CANARY.encode(), json.dumps([{"type": CANARY, "x": CANARY}]).encode()):
                for signature in (world.linkedin.sign(body), CANARY, ""):
                    url = f"http://127.0.0.1:{server.port}/linkedin/webhook"
                    async with session.post(url, data=body, headers={"X-LI-Signature": signature}) as answer:
                        said.append(await answer.text())
        world.submit(**person)
        await server.pull.pull_source(world.config.sources[0])
        for command in (("doctor", "--json"), ("linkedin", "status"), ("deliveries", "--json"), ("forget", claimed)):
            done = await _run(world, *command)
            said += [done.out, done.err]
        world.linkedin.delete(claimed)
        leap.to((leap() + timedelta(days=1)).replace(hour=12))
        await server.product.linkedin.count.sweep()
        forgotten = await _run(world, "forget", f"{CANARY}@acme.example", "--json")
        said += [forgotten.out, forgotten.err]
        await asyncio.sleep(0)
    logged = [f"{record.getMessage()} {vars(record)}" for record in caplog.records]
    assert [line for line in logged if CANARY in line] == []
    assert [text for text in said if CANARY in text] == []
    assert CANARY not in "".join(world.texts("admin")).replace(f"type “{CANARY}”", "")


async def test_test_leads_that_are_dropped_ring_nobody_and_count_as_agreed(tmp_path: Path, leap: Leap) -> None:
    rules = RULES.replace("rules:", "test_leads: {post: nobody}\nrules:", 1)
    async with a_world(tmp_path, rules, leap) as world, world.product(leap.timing()) as server:
        await until(lambda: rows(world, "SELECT 1 FROM stream"))
        test = world.linkedin.submit(form=FORM, answers={"first": "Ana"}, campaign=CAMPAIGN, is_test=True)
        await world.notify(server, test)
        await _arrives(world, server, first="Zoe")
        leap.to((leap() + timedelta(days=1)).replace(hour=12))
        await server.product.linkedin.count.sweep()
        await until(lambda: world.texts("admin"))
        assert [text.split()[2] for text in world.texts("leads-all")] == ["Zoe"]
        assert "They agree." in world.texts("admin")[-1]
