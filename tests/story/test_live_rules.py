"""A sales manager edits the rules while leads come in: what is good goes live, what is bad does not, and back again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from bot.app import Running
from bot.core.rule_files import Files
from tests.story.world import BEN, DORA, QUICK, RULES, STRANGER, World, a_world, rows, until

TO_DACH = RULES.replace('post: "#leads-all"', 'post: "#leads-dach"')
TO_ADMIN = RULES.replace('post: "#leads-all"', 'post: "#admin"')
BAD = RULES.replace("owner: anna", "owner: ana")
BROKEN = RULES.replace("rules:\n", "rules:\n\t- oh\n")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as world:
        yield world


@dataclass(frozen=True)
class Editor:
    """Somebody who edits the file of a world."""

    world: World

    @property
    def file(self) -> Path:
        return self.world.config.path

    def save(self, text: str) -> str:
        """Write it as editors do, beside the file and then in its place; its version."""
        beside = self.file.with_suffix(".new")
        beside.write_text(text, encoding="utf-8")
        beside.replace(self.file)
        return version_of(text)

    def told(self, words: str) -> str:
        """The last notice with these words; "" while there is none."""
        return next((text for text in reversed(self.notices()) if words in text), "")

    def notices(self) -> list[str]:
        """What the admin channel was told, without what keeps Slack from reading marks into it."""
        return [text.replace("\u200b", "").replace("ˋ", "`") for text in self.world.texts("#admin")]

    async def hears(self, words: str) -> str:
        await until(lambda: self.told(words))
        return self.told(words)

    async def undo(self, user: str, version: str) -> int:
        """Press the button below the notice about a version."""
        texts = self.world.texts("#admin")
        index = max(at for at, text in enumerate(texts) if f"version {version} is live now" in text)
        return await self.world.press(user, "config_undo", "#admin", index)


@pytest.fixture
def editor(world: World) -> Editor:
    return Editor(world)


def version_of(text: str) -> str:
    return Files.of(text.encode(), {}).version


def live(server: Running) -> str:
    return server.product.rules.config.version


# ── good and bad edits ──


async def test_a_good_edit_is_live_within_two_seconds_and_told_in_words_with_a_button(
    world: World, editor: Editor
) -> None:
    real = replace(QUICK, watching=type(QUICK.watching)())
    async with world.product(real, follows_file=True) as server:
        began = time.monotonic()
        version = editor.save(TO_DACH)
        await until(lambda: live(server) == version, seconds=2)
        assert time.monotonic() - began < 2

        await world.notify(server, world.submit())
        await until(lambda: world.texts("#leads-dach"))

        told = await editor.hears(f"version {version} is live now")
        assert f"in place of {version_of(RULES)}" in told
        assert "Rule “Everything else” now posts to #leads-dach instead of #leads-all." in told
        assert rows(world, "SELECT config_version FROM lead") == [(version,)]


async def test_a_bad_edit_stays_out_and_is_told_once_with_line_and_hint(world: World, editor: Editor) -> None:
    async with world.product(follows_file=True) as server:
        before = live(server)
        editor.save(BAD)
        told = await editor.hears("cannot be used")

        line = BAD[: BAD.index("owner: ana")].count("\n") + 1
        assert f"config.yaml:{line}:12: " in told
        assert 'Did you mean "anna"?' in told
        assert f"version {before} stays live" in told
        assert live(server) == before

        editor.save(BROKEN)
        await until(lambda: len(world.texts("#admin")) == 2)
        version = editor.save(TO_DACH)
        await until(lambda: live(server) == version)
        await editor.hears(f"version {version} is live now")
        assert len(world.texts("#admin")) == 3


async def test_a_bad_edit_that_is_put_back_is_told_as_in_order(world: World, editor: Editor) -> None:
    async with world.product(follows_file=True) as server:
        before = live(server)
        editor.save(BROKEN)
        await editor.hears("cannot be used")
        editor.save(RULES)

        await editor.hears("in order again")
        assert live(server) == before


async def test_a_failing_check_of_the_file_keeps_it_out(world: World, editor: Editor) -> None:
    async with world.product(follows_file=True) as server:
        before = live(server)
        editor.save(RULES + "checks:\n  - {lead: {country: Spain}, expect: {rule: Germany}}\n")

        told = await editor.hears("cannot be used")
        assert "Expected rule “Germany”" in told
        assert live(server) == before


async def test_settings_wait_for_the_next_start_and_the_message_says_so(world: World, editor: Editor) -> None:
    changed = TO_DACH.replace('admin_channel: "#admin"', 'admin_channel: "#leads-all"').replace(
        "1 h, look", "2 h, look"
    )
    async with world.product(follows_file=True) as server:
        editor.save(changed)

        assert "only from the next start on: linkedin, slack." in await editor.hears("is live now")
        assert server.product.rules.config.slack == world.config.slack
        assert server.product.rules.config.linkedin == world.config.linkedin


async def test_rules_that_need_what_this_server_has_not_stay_out(tmp_path: Path) -> None:
    without = RULES[: RULES.index("email:\n  smtp")].replace("    email: owner\n", "")
    async with a_world(tmp_path, without) as world, world.product(follows_file=True) as server:
        editor, before = Editor(world), live(server)
        editor.save(RULES)

        assert "this server started without `email:`" in await editor.hears("cannot be used")
        assert live(server) == before


async def test_two_hundred_leads_while_the_file_flips_are_all_routed_by_good_versions(
    world: World, editor: Editor
) -> None:
    good = {version_of(text): channel for text, channel in ((RULES, "#leads-all"), (TO_DACH, "#leads-dach"))}
    half = TO_ADMIN[: len(TO_ADMIN) // 2]
    timing = replace(QUICK, watching=replace(QUICK.watching, poll=timedelta(milliseconds=50)))
    async with world.product(timing, follows_file=True) as server:

        async def leads() -> None:
            for _ in range(20):
                responses = [world.submit() for _ in range(10)]
                await asyncio.gather(*(world.notify(server, response) for response in responses))
                await asyncio.sleep(0.05)

        async def edits() -> None:
            for text in (BAD, TO_DACH, half, BROKEN, RULES, "", TO_DACH, BAD, RULES):
                version = editor.save(text)
                if version in good:
                    await until(partial(_is_live, server, version))
                else:
                    await until(partial(_is_unused, world, version))

        await asyncio.gather(leads(), edits())
        await until(
            lambda: rows(world, "SELECT count(*) FROM lead WHERE decided_at IS NOT NULL") == [(200,)], seconds=20
        )

        decided = rows(world, "SELECT config_version, d.address FROM lead l JOIN delivery d ON d.lead_id = l.id")
    assert len(decided) == 200
    assert {version for version, _ in decided} == set(good)
    assert all(good[str(version)] == address for version, address in decided)


def _is_live(server: Running, version: str) -> bool:
    return live(server) == version


def _is_unused(world: World, version: str) -> bool:
    return rows(world, "SELECT version FROM unused_file") == [(version,)]


async def test_somebody_new_in_the_file_is_known_to_slack_at_once(world: World, editor: Editor) -> None:
    with_sam = RULES.replace("rules:\n", "  sam: {slack: sam@example.com}\nrules:\n").replace(
        'post: "#leads-all"', 'post: "#leads-all"\n    owner: sam'
    )
    async with world.product(follows_file=True) as server:
        version = editor.save(with_sam)
        await until(lambda: live(server) == version)
        await until(lambda: rows(world, "SELECT 1 FROM known_user WHERE email = 'sam@example.com'"))
        await world.notify(server, world.submit())
        await until(lambda: world.texts("#leads-all"))

        assert await world.press(STRANGER, "lead_claim") == 200
        await until(lambda: "claimed by Sam" in world.texts("#leads-all")[0])


# ── Undo ──


async def test_a_manager_takes_a_change_back_and_the_file_is_set_aside_until_it_is_edited(
    world: World, editor: Editor
) -> None:
    async with world.product(follows_file=True) as server:
        before, version = live(server), editor.save(TO_DACH)
        await editor.hears(f"version {version} is live now")

        assert await editor.undo(DORA, version) == 200

        await until(lambda: live(server) == before)
        told = await editor.hears("Dora took version")
        assert f"version {before} is live again" in told
        assert "now posts to #leads-all instead of #leads-dach" in told
        assert "set aside" in told
        assert editor.file.read_text(encoding="utf-8") == TO_DACH, "Undo never writes the file"
        await world.notify(server, world.submit())
        await until(lambda: world.texts("#leads-all"))

    async with world.product(follows_file=True) as server:
        assert live(server) == before, "set aside across a restart"
    async with world.product(follows_file=True) as server:
        assert live(server) == before, "and the next one"
        await world.notify(server, world.submit())
        await until(lambda: len(world.texts("#leads-all")) == 2)

        again = editor.save(TO_DACH + "# mended\n")
        await until(lambda: live(server) == again)
    assert world.texts("#leads-dach") == []


async def test_only_managers_take_back_and_others_are_told_who_can(world: World, editor: Editor) -> None:
    async with world.product(follows_file=True) as server:
        version = editor.save(TO_DACH)
        await editor.hears(f"version {version} is live now")

        assert await editor.undo(BEN, version) == 200

        await until(lambda: world.slack.private)
        assert world.slack.private[0].user == BEN
        assert "Please ask Dora" in world.slack.private[0].text
        assert live(server) == version


async def test_undoing_twice_steps_no_further_back(world: World, editor: Editor) -> None:
    async with world.product(follows_file=True) as server:
        first, second = live(server), editor.save(TO_DACH)
        await editor.hears(f"version {second} is live now")
        third = editor.save(TO_ADMIN)
        await editor.hears(f"version {third} is live now")

        await editor.undo(DORA, second)
        await until(lambda: len(world.slack.private) == 1)
        assert f"version {third} is" in world.slack.private[0].text
        assert live(server) == third

        await editor.undo(DORA, third)
        await until(lambda: live(server) == second)
        await editor.undo(DORA, third)
        await until(lambda: len(world.slack.private) == 2)
        assert "back already" in world.slack.private[1].text
        assert f"Version {second} is live" in world.slack.private[1].text

        await editor.undo(DORA, second)
        await until(lambda: live(server) == first)


# ── starts ──


async def test_a_start_with_a_bad_file_runs_the_stored_version_and_alarms(world: World, editor: Editor) -> None:
    async with world.product(follows_file=True) as server:
        version = editor.save(TO_DACH)
        await until(lambda: live(server) == version)
    for bad in (BAD, BROKEN, TO_DACH[: TO_DACH.index("server:")], ""):
        editor.save(bad)
        async with world.product(follows_file=True) as server:
            assert live(server) == version
            told = await editor.hears(f"started with the stored version {version}")
            assert "config.yaml:" in told
            await world.notify(server, world.submit())
            await until(lambda: world.texts("#leads-dach"))


async def test_a_file_that_changed_while_no_server_ran_is_told_at_the_start_and_can_be_taken_back(
    world: World, editor: Editor
) -> None:
    async with world.product(follows_file=True) as server:
        before = live(server)
    version = editor.save(TO_DACH)
    async with world.product(follows_file=True) as server:
        assert "now posts to #leads-dach" in await editor.hears("started with a changed rule file")

        await editor.undo(DORA, version)

        await until(lambda: live(server) == before)


# ── templates ──

_CARD = (
    "{% block title %}NEW {{ lead.name }}{% endblock %}{% block facts %}{% endblock %}{% block context %}{% endblock %}"
)


async def test_an_edited_template_goes_live_a_broken_one_does_not_and_undo_takes_it_back(
    world: World, editor: Editor
) -> None:
    template = editor.file.parent / "templates" / "slack" / "lead.j2"
    async with world.product(follows_file=True) as server:
        before = live(server)
        template.parent.mkdir(parents=True)
        template.write_text(_CARD, encoding="utf-8")
        told = await editor.hears("templates/slack/lead.j2 is new")
        version = live(server)
        assert version != before
        assert version in told
        template.write_text(_CARD.replace("lead.name", "lead.nmae"), encoding="utf-8")
        assert "templates/slack/lead.j2:1" in await editor.hears("cannot be used")

        await world.notify(server, world.submit())
        await until(lambda: world.slack.messages("#leads-all"))
        assert "NEW Ana" in str(world.slack.messages("#leads-all")[0].blocks)

        await editor.undo(DORA, version)
        await until(lambda: live(server) == before)
        await world.notify(server, world.submit())
        await until(lambda: len(world.slack.messages("#leads-all")) == 2)
        assert "NEW" not in str(world.slack.messages("#leads-all")[1].blocks)
