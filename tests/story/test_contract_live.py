"""What the contract promises of a file that is edited while leads come in, seen from outside."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import cast

import aiohttp
import pytest

from bot.app import Running, utc_now
from bot.core.rule_files import Files
from tests.cli.command import Done, leadbell_here
from tests.story.desk import HOT, TEAM, Desk, a_desk, rules
from tests.story.killable import killable
from tests.story.world import DORA, RULES, Leap, World, a_world, rows, until

TO_DACH = RULES.replace('post: "#leads-all"', 'post: "#leads-dach"')


def _live(server: Running) -> str:
    return server.product.rules.config.version


def _version(text: str) -> str:
    return Files.of(text.encode(), {}).version


def _admin(world: World) -> list[str]:
    return [text.replace("\u200b", "").replace("ˋ", "`") for text in world.texts("#admin")]


async def _told(world: World, words: str) -> str:
    await until(lambda: any(words in text for text in _admin(world)))
    return next(text for text in _admin(world) if words in text)


async def _save(server: Running, world: World, text: str) -> str:
    world.config.path.write_text(text, encoding="utf-8")
    await until(lambda: _live(server) == _version(text))
    return _version(text)


async def _command(world: World, *arguments: str) -> Done:
    return await leadbell_here(*arguments, folder=world.config.path.parent, environment=world.environment)


# ── the file goes away ──


async def test_a_file_that_is_deleted_leaves_the_rules_as_they_were_and_is_told(tmp_path: Path) -> None:
    async with a_desk(tmp_path, RULES, follows_file=True) as desk:
        before = _live(desk.server)
        desk.world.config.path.unlink()
        await asyncio.sleep(0.3)  # two looks
        desk.leap.by += timedelta(seconds=11)
        assert before in await _told(desk.world, "The rule file is gone")
        assert _live(desk.server) == before
        await desk.world.notify(desk.server, desk.world.submit())
        await until(lambda: desk.world.texts("#leads-all"))

        await _save(desk.server, desk.world, TO_DACH)


async def test_a_file_that_cannot_be_read_any_more_is_told(tmp_path: Path) -> None:
    """As after an edit by somebody else who keeps the file to themselves."""
    async with a_desk(tmp_path, RULES, follows_file=True) as desk:
        before = _live(desk.server)
        desk.world.config.path.unlink()
        desk.world.config.path.symlink_to("/proc/self/mem")  # there, and every read of it fails
        await asyncio.sleep(0.3)
        desk.leap.by += timedelta(minutes=10)
        await until(lambda: any("config.yaml" in text for text in _admin(desk.world)), seconds=3)
        assert _live(desk.server) == before


async def test_bytes_that_are_no_text_leave_the_rules_as_they_were(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world, world.product(follows_file=True) as server:
        before = _live(server)
        world.config.path.write_bytes(RULES.encode("utf-16"))
        told = await _told(world, "cannot be used")
        assert "UTF-8" in told
        assert _live(server) == before


async def test_saving_the_same_again_says_nothing(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world, world.product(follows_file=True) as server:
        for _ in range(3):
            world.config.path.write_text(RULES, encoding="utf-8")
        version = await _save(server, world, TO_DACH)
        await _told(world, version)
        assert len(_admin(world)) == 1


# ── versions, why, and what was decided then ──


async def test_why_tells_a_decision_by_the_rules_of_then_and_versions_who_took_back(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world, world.product(follows_file=True) as server:
        first = _live(server)
        response_id = world.submit(country="Germany")
        await world.notify(server, response_id)
        await until(lambda: world.texts("#leads-dach"))
        second = await _save(
            server, world, RULES.replace("{country: Germany}", "{country: France}").replace("owner: anna", "owner: ben")
        )
        why = cast("dict[str, object]", (await _command(world, "why", response_id, "--json")).json)
        assert (why["rule"], why["owner"]) == ("Germany", "anna")
        (condition,) = cast("list[dict[str, object]]", why["conditions"])
        assert condition["wanted"] == "Germany"
        assert set(condition) == {"fact", "wanted", "found", "fits", "why"}

        await _told(world, f"version {second} is live now")
        await world.press(DORA, "config_undo", "#admin", 0)
        await until(lambda: _live(server) == first)
        listed = await _command(world, "versions", "--json")
        assert first in listed.out
        assert second in listed.out
        assert "Dora" in listed.out or "dora" in listed.out


async def test_a_lead_can_be_asked_about_by_each_of_its_names(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world, world.product() as server:
        response_id = world.submit()
        await world.notify(server, response_id)
        await until(lambda: world.texts("#leads-all"))
        ours = str(rows(world, "SELECT id FROM lead")[0][0])
        told = [
            (await _command(world, "why", name, "--json")).json
            for name in (ours, response_id, f"urn:li:leadGenFormResponse:{response_id}")
        ]
        assert told[0] == told[1] == told[2]
        unknown = await _command(world, "why", "nonesuch")
        assert unknown.code == 1
        assert unknown.err


# ── compare ──


async def test_compare_finds_exactly_the_leads_that_move_and_sends_and_writes_nothing(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world, world.product() as server:
        for number, country in enumerate(["Germany", "Germany", "France", "Spain", "Germany", "France"]):
            await world.notify(server, world.submit(country=country, email=f"p{number}@acme.example"))
        await until(lambda: rows(world, "SELECT count(*) FROM delivery WHERE state = 'sent'") == [(9,)])
        new = RULES.replace("{country: Germany}", "{country: France}")
        (tmp_path / "new.yaml").write_text(new, encoding="utf-8")
        calls, mails = len(world.slack.calls), len(world.mailbox.messages)
        before = "\n".join(sqlite3.connect(world.config.database).iterdump())

        same = await _command(world, "compare", "config.yaml")
        moved = await _command(world, "compare", "new.yaml", "--json")
        spoken = await _command(world, "compare", "new.yaml")

        assert (same.code, moved.code, spoken.code) == (0, 0, 0)
        assert "5 of 6" in spoken.out
        told = cast("dict[str, object]", moved.json)
        assert (told["leads"], told["moved"]) == (6, 5)
        groups = cast("list[dict[str, list[str]]]", told["groups"])
        examples = {lead for group in groups for lead in group["examples"]}
        stays = rows(world, "SELECT id FROM lead WHERE rule = 'Everything else' ORDER BY received_at")
        assert len(examples) == 5
        assert len({str(lead) for (lead,) in stays} - examples) == 1
        assert "\n".join(sqlite3.connect(world.config.database).iterdump()) == before
        assert (len(world.slack.calls), len(world.mailbox.messages)) == (calls, mails)


async def test_compare_with_a_bad_file_names_its_mistakes(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world, world.product():
        (tmp_path / "new.yaml").write_text(RULES.replace("owner: anna", "owner: ana"), encoding="utf-8")
        done = await _command(world, "compare", "new.yaml")
        assert done.code == 2
        assert "new.yaml:" in done.err + done.out
        assert 'Did you mean "anna"?' in done.err + done.out
        assert (await _command(world, "compare", "nonesuch.yaml")).code == 2


# ── turns ──


async def test_whoever_turns_names_next_gets_the_next_lead(tmp_path: Path) -> None:
    text = rules(
        more=TEAM.replace("{anna: 1, ben: 1}", "{anna: 3, ben: 1, dora: 2}"), then="    owner: dach\n    email: owner\n"
    )
    text = text.replace('    post: "#leads-dach"\n', "    post: nobody\n")
    async with a_desk(tmp_path, text, utc_now()) as desk:
        told, got = [], []
        for _ in range(6):
            turns = (await _command(desk.world, "turns", "dach", "--json")).json
            told.append(_next(turns))
            got.append(desk.owner(await desk.lead())[1])
        assert told == got
        assert (await _command(desk.world, "turns", "nonesuch")).code == 1


def _next(turns: object) -> object:
    assert isinstance(turns, dict)
    value = turns["next"]
    return value[0] if isinstance(value, list) else value


# ── a form that nobody mapped ──


async def test_a_form_that_no_rule_knows_is_told_once_with_a_snippet_that_can_be_pasted(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world, world.product() as server:
        world.linkedin.add_form(
            id=7777,
            name="Spring offer: 20% #now",
            owner="urn:li:sponsoredAccount:507857085",
            questions=world.linkedin.forms[6083].questions,
        )
        for number in range(3):
            answers = {"first": "A", "last": f"B{number}", "email": f"p{number}@acme.example", "country": "Spain"}
            response_id = world.linkedin.submit(form=7777, answers={**answers, "company": "ACME"}, campaign=367378525)
            await world.notify(server, response_id)
        await until(lambda: len(world.texts("#leads-all")) == 3)
        told = await _told(world, "7777")
        assert len([text for text in _admin(world) if "7777" in text]) == 1
        assert "forms:" in told
        assert "names:" in told


# ── killed in the middle ──


async def test_killed_during_a_burst_turns_stay_fair_and_each_lead_is_assigned_once(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(10**6)
    chance = random.Random(seed)
    text = rules(more=TEAM.replace("{anna: 1, ben: 1}", "{anna: 2, ben: 1}") + HOT).replace(
        '    post: "#leads-dach"\n', "    post: [ben, dora]\n"
    )
    async with a_world(tmp_path, text) as world, killable(world, tmp_path) as server:
        leads = 18
        for number in range(leads):
            response_id = world.submit(country="Germany", email=f"p{number}@acme.example")
            await _until_acknowledged(world, server.port, response_id)
            if chance.random() < 0.15:
                await server.kill()
                await server.start()
        await until(
            lambda: rows(world, "SELECT count(*) FROM lead WHERE decided_at IS NOT NULL") == [(leads,)], seconds=20
        )
        owners = [owner for (owner,) in rows(world, "SELECT owner FROM lead ORDER BY decided_at")]
        assert (owners.count("anna"), owners.count("ben")) == (12, 6), f"seed {seed}"
        turns = rows(world, "SELECT lead_id, person FROM turn")
        assert sorted(turns) == sorted(rows(world, "SELECT id, owner FROM lead")), f"seed {seed}"


async def _until_acknowledged(world: World, port: int, response_id: str) -> None:
    try:
        url = f"http://127.0.0.1:{port}/linkedin/webhook"
        assert await world.linkedin.notify(url, response_id) == 200
    except (aiohttp.ClientError, TimeoutError):
        pytest.fail("the server answers between two kills")


# ── commands beside a file that is not live ──


async def _taken_back(desk: Desk, text: str) -> None:
    """Somebody saves `text`, and Dora takes it back: it stands in the file and is not live."""
    before = _live(desk.server)
    version = await _save(desk.server, desk.world, text)
    await _told(desk.world, f"version {version} is live now")
    index = max(at for at, told in enumerate(_admin(desk.world)) if f"version {version} is live now" in told)
    assert await desk.world.press(DORA, "config_undo", "#admin", index) == 200
    await until(lambda: _live(desk.server) == before)
    await desk.settle()


async def test_after_an_undo_compare_measures_by_what_is_live_and_not_by_what_stands_in_the_file(
    tmp_path: Path,
) -> None:
    async with a_desk(tmp_path, RULES, utc_now(), follows_file=True) as desk:
        await desk.lead()
        other = RULES.replace("{country: Germany}", "{country: France}")
        await _taken_back(desk, other)
        (tmp_path / "new.yaml").write_text(other, encoding="utf-8")

        done = await _command(desk.world, "compare", "new.yaml")

        assert "1 of 1" in done.out, done


async def test_after_an_undo_turns_tells_of_the_team_that_is_live(tmp_path: Path) -> None:
    text = rules(then="    owner: dach\n")
    async with a_desk(tmp_path, text, utc_now(), follows_file=True) as desk:
        await _taken_back(desk, text.replace("{anna: 1, ben: 1}", "{ben: 1}"))

        told = _next((await _command(desk.world, "turns", "dach", "--json")).json)

        assert told == desk.owner(await desk.lead())[1] == "anna"


@pytest.mark.parametrize("command", [("turns", "dach"), ("leads",), ("why", "LEAD")])
async def test_a_bad_edit_keeps_nobody_from_asking_what_the_server_did(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    async with a_desk(tmp_path, rules(), utc_now(), follows_file=True) as desk:
        lead = await desk.lead()
        desk.world.config.path.write_text(rules().replace("owner: dach", "owner: dahc"), encoding="utf-8")
        await _told(desk.world, "cannot be used")

        done = await _command(desk.world, *(lead if word == "LEAD" else word for word in command))

        assert done.code == 0, done.err


# ── check and the running server are of one mind ──

_EDITS = {
    "another channel": ('post: "#leads-all"', 'post: "#leads-dach"', True),
    "an unknown owner": ("owner: anna", "owner: ana", False),
    "a rule that is never used": (
        "  - name: Everything else\n",
        '  - {name: Again, when: {country: DE}, post: "#admin"}\n  - name: Everything else\n',
        True,
    ),
    "a window in the past": ("    owner: anna\n", "    owner: anna\n    active: 2020-01-01 to 2020-02-01\n", True),
    "a literal secret": ("${SLACK_BOT_TOKEN}", "xoxb-1-2", False),
    "a last rule with a condition": ("- name: Everything else\n", "- name: Else\n    when: {country: DE}\n", False),
    "nothing but a comment": ("version: 1\n", "# by Dora\nversion: 1\n", True),
    "windows line ends": ("\n", "\r\n", True),
    "a check that fails": ("templates:", "checks: [{lead: {}, expect: {rule: Germany}}]\ntemplates:", False),
}


async def test_what_check_calls_fine_goes_live_and_what_it_refuses_does_not(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world, world.product(follows_file=True) as server:
        for name, (old, new, is_fine) in _EDITS.items():
            await _save(server, world, RULES)
            assert await _check_and_server(server, world, RULES.replace(old, new)) == (is_fine, is_fine), name


async def test_check_and_the_server_agree_about_a_template_file_that_is_not_there(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world, world.product(follows_file=True) as server:
        text = RULES.replace("{default: lead}", "{default: nonesuch}")
        by_check, by_server = await _check_and_server(server, world, text)
        assert by_check == by_server


async def _check_and_server(server: Running, world: World, text: str) -> tuple[bool, bool]:
    """Whether `leadbell check` calls this file fine, and whether the server takes it."""
    world.config.path.write_text(text, encoding="utf-8", newline="")
    done = await _command(world, "check", "config.yaml")
    refused = f"SELECT 1 FROM unused_file WHERE version = '{_version(text)}'"
    await until(lambda: rows(world, refused) or _live(server) == _version(text))
    return done.code == 0, _live(server) == _version(text)


async def test_taken_back_and_then_edited_badly_the_previous_version_stays_also_over_a_restart(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        async with world.product(follows_file=True) as server:
            before = _live(server)
            await _taken_back(Desk(world, server, Leap()), TO_DACH)
            world.config.path.write_text(TO_DACH.replace("owner: anna", "owner: ana"), encoding="utf-8")
            await _told(world, "cannot be used")
            assert _live(server) == before
        async with world.product(follows_file=True) as server:
            assert _live(server) == before


async def test_a_file_behind_links_as_kubernetes_mounts_it_is_followed(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        file = world.config.path
        for name, text in (("one", RULES), ("two", TO_DACH)):
            (tmp_path / name).mkdir()
            (tmp_path / name / "config.yaml").write_text(text, encoding="utf-8")
        (tmp_path / "..data").symlink_to("one")
        file.unlink()
        file.symlink_to("..data/config.yaml")
        async with world.product(follows_file=True) as server:
            assert _live(server) == _version(RULES)
            (tmp_path / "..new").symlink_to("two")
            (tmp_path / "..new").replace(tmp_path / "..data")
            await until(lambda: _live(server) == _version(TO_DACH), seconds=2)


async def test_two_presses_of_undo_at_once_take_back_one_change(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world, world.product(follows_file=True) as server:
        first = await _save(server, world, TO_DACH)
        await _told(world, f"version {first} is live now")
        second = await _save(server, world, TO_DACH.replace("owner: anna", "owner: ben"))
        await _told(world, f"version {second} is live now")

        await asyncio.gather(*(world.press(DORA, "config_undo", "#admin", 1) for _ in range(2)))

        await until(lambda: _live(server) == first)
        assert (await _command(world, "versions", "--json")).code == 0
        assert _live(server) == first
        assert rows(world, "SELECT count(*) FROM live_log WHERE how = 'undo'") == [(1,)]


async def test_a_campaign_that_no_rule_knows_is_told_once_with_a_snippet(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world, world.product() as server:
        world.linkedin.add_campaign(id=9999, name="Autumn", account="urn:li:sponsoredAccount:507857085")
        for number in range(2):
            answers = {"first": "A", "last": f"B{number}", "email": f"p{number}@acme.example", "country": "Spain"}
            response_id = world.linkedin.submit(form=6083, answers={**answers, "company": "ACME"}, campaign=9999)
            await world.notify(server, response_id)
        await until(lambda: len(world.texts("#leads-all")) == 2)
        told = await _told(world, "9999")
        assert len([text for text in _admin(world) if "9999" in text]) == 1
        assert "campaigns:" in told
