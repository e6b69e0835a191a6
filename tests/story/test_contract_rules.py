"""What the contract promises of the rule language and its commands, seen from outside."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from bot.sandbox.linkedin import Question
from tests.cli.command import Done, leadbell_here
from tests.story.desk import Desk, a_desk
from tests.story.world import QUESTIONS, rows

#: The design's file of every key, less what comes later.
_EVERY_KEY = (Path(__file__).parents[1] / "config" / "full_language.yaml").read_text(encoding="utf-8")
_LATER = _EVERY_KEY[_EVERY_KEY.index("\nenrich:") : _EVERY_KEY.index("\nchecks:")]
EXAMPLE = _EVERY_KEY.replace(_LATER, "").replace("    enrich: company-lookup\n    sync: [hubspot, warehouse]\n", "")

_SMALL = """\
version: 1
timezone: Europe/Berlin
sources: {ads: {owner: sponsoredAccount:507857085, lead_types: [SPONSORED]}}
names: {forms: {demo-request: 6083}, campaigns: {spring: 367378525}}
fields: {size: [COMPANY_SIZE, "How many employees?"]}
hours: {office: {mon-fri: 09:00-18:00, closed: [2026-12-24], holidays: DE}}
people: {anna: {slack: U0ANNA, email: anna@example.com}}
rules:
  - {name: Wanted, when: WHEN, post: "#yes"}
  - {name: Else, post: "#else"}
linkedin: {client_id: "${A:-}", client_secret: "${B:-}"}
slack: {bot_token: "${C}", signing_secret: "${D}", admin_channel: "#admin"}
"""


async def _route(folder: Path, text: str, lead: Mapping[str, object]) -> dict[str, object]:
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    (folder / "lead.json").write_text(json.dumps(lead), encoding="utf-8")
    done = await leadbell_here("route", "lead.json", "--json", folder=folder)
    assert done.code == 0, done.err
    return cast("dict[str, object]", done.json)


async def _check(folder: Path, text: str) -> Done:
    (folder / "new.yaml").write_text(text, encoding="utf-8")
    return await leadbell_here("check", "new.yaml", folder=folder, environment={"SMTP_URL": "smtp://localhost"})


def _changed(old: str, new: str) -> str:
    assert EXAMPLE.count(old) >= 1, old
    return EXAMPLE.replace(old, new, 1)


def _line_of(text: str, words: str) -> int:
    return text[: text.index(words)].count("\n") + 1


# ── the design's file behaves as its comments say ──

_HEAD = {"form": "demo-request", "company_size": 500, "job_title": "Head of IT"}


@pytest.mark.parametrize(
    ("lead", "rule"),
    [
        ({**_HEAD, "country": "DE", "job_title": "Working Student"}, "Students and competitors"),
        ({**_HEAD, "country": "DE", "email": "eve@www.Rival.example"}, "Students and competitors"),
        (
            {**_HEAD, "country": "Österreich", "job_title": "Chief of Staff", "company_size": "201-500"},
            "Enterprise demo, DACH",
        ),
        ({**_HEAD, "country": "Suisse", "job_title": "vp sales", "company_size": "10,001+"}, "Enterprise demo, DACH"),
        ({**_HEAD, "country": "CH", "job_title": "My chief", "company_size": "1.000–5.000"}, "Everything else"),
        ({**_HEAD, "country": "CH", "company_size": "1.000–5.000"}, "Enterprise demo, DACH"),
        ({"campaign": "nordics-trial", "country": "NO", "submitted": "2026-10-31T23:00Z"}, "Nordics trial campaign"),
        ({"campaign": "nordics-trial", "country": "NO", "submitted": "2026-10-31T22:59Z"}, "Everything else"),
        ({"campaign": "367378777", "country": "Norwegen", "submitted": "2026-12-31T22:59Z"}, "Nordics trial campaign"),
        ({"campaign": "nordics-trial", "country": "Norge", "submitted": "2026-12-31T23:00Z"}, "Everything else"),
        ({"country": "Brasilien", "form": "demo-request"}, "Americas"),
        ({"country": "USA", "form": "webinar-signup"}, "Everything else"),
        ({"lead_type": "event", "country": "FR"}, "Webinar and event sign-ups"),
    ],
)
async def test_the_designs_file_routes_as_its_comments_say(tmp_path: Path, lead: dict[str, object], rule: str) -> None:
    assert (await _route(tmp_path, EXAMPLE, lead))["rule"] == rule


@asynccontextmanager
async def _design(folder: Path, at: datetime) -> AsyncIterator[Desk]:
    """The design's file at work."""
    text = EXAMPLE.replace("port: 8080", "port: 0").replace("host: 0.0.0.0", "host: 127.0.0.1")
    async with a_desk(folder, text, at) as desk:
        desk.world.slack.add_user(id="U0CARL", name="Carl", email="carl@example.com")
        asked = [Question(id=6, text="Job title", name="title", predefined="JOB_TITLE")]
        forms = desk.world.linkedin.forms
        forms[6083] = replace(forms[6083], questions=(*QUESTIONS, *asked))
        yield desk


async def test_the_weekly_list_of_the_design_is_a_direct_message_to_dora_on_monday_at_nine(tmp_path: Path) -> None:
    async with _design(tmp_path, datetime(2026, 11, 20, 12, 0, tzinfo=UTC)) as desk:
        lead = await desk.lead(title="Student of law", first="Stu")
        assert desk.owner(lead) == ("unassigned", "")
        assert rows(desk.world, "SELECT 1 FROM delivery WHERE kind = 'alert'") == []
        for moment, lists in (((20, 23), 0), ((23, 7), 0), ((23, 8), 1), ((24, 9), 1)):
            await desk.to(datetime(2026, 11, moment[0], moment[1], 0, 1, tzinfo=UTC))
            await desk.server.product.waiting.sweep_digests()
            await desk.settle()
            assert len(desk.direct("U0DORA")) == lists, moment


# ── wanted words ──


@pytest.mark.parametrize(
    ("when", "lead", "fits"),
    [
        ("{job_title: not contains student}", {}, True),
        ("{job_title: {not: [contains student, contains intern]}}", {}, True),
        ("{job_title: contains student}", {}, False),
        ("{job_title: is empty}", {"job_title": "  "}, True),
        ('{job_title: is "contains"}', {"job_title": "Contains"}, True),
        ("{size: between 1 and 10}", {"size": "2-10 employees"}, True),
        ("{size: at least 10000}", {"size": "10\u202f000+"}, True),
        ("{country: NO}", {"country": "Norvège"}, True),
        ("{country: Elfenbeinküste}", {"country": "CI"}, True),
        ("{country: not DE}", {"country": "Allemagne"}, False),
        ("{company: acme}", {"company": " ACMÉ  "}, True),
        ("{email_domain: www.acme.example}", {"email": "a@ACME.example"}, True),
        ("{submitted: sat}", {"submitted": "2026-11-27T23:30Z"}, True),
        ("{submitted: in hours office}", {"submitted": "2026-11-27 17:59"}, True),
        ("{submitted: in hours office}", {"submitted": "2028-10-03 10:00"}, False),
        ("{submitted: not in hours office}", {"submitted": "2026-12-24 10:00"}, True),
        ("{consent.11: yes}", {"consent.11": True}, True),
        ("{hidden.flag: yes}", {"hidden.flag": "Yes"}, True),
        ("{company: 010}", {"company": "10"}, False),
        ("{company: 1e3}", {"company": "1000"}, False),
    ],
)
async def test_wanted_words_mean_what_the_contract_says(
    tmp_path: Path, when: str, lead: dict[str, object], fits: bool
) -> None:
    told = await _route(tmp_path, _SMALL.replace("WHEN", when), lead)
    assert told["rule"] == ("Wanted" if fits else "Else")


async def test_route_names_what_the_contract_names(tmp_path: Path) -> None:
    told = await _route(tmp_path, EXAMPLE, {**_HEAD, "country": "Autriche"})
    assert {"rule", "owner", "post", "email", "template", "conditions"} <= set(told)
    for condition in cast("list[dict[str, object]]", told["conditions"]):
        assert set(condition) == {"fact", "wanted", "found", "fits", "why"}
        assert condition["fits"] is True


# ── what check says ──


async def test_the_kinds_of_a_lead_are_known_so_another_one_is_pointed_out(tmp_path: Path) -> None:
    done = await _check(tmp_path, _changed("lead_type: EVENT", "lead_type: EVNT"))
    assert f"new.yaml:{_line_of(EXAMPLE, 'lead_type: EVENT')}:" in done.out, done.out
    assert 'Did you mean "EVENT"?' in done.out


async def test_a_country_that_is_none_is_pointed_out(tmp_path: Path) -> None:
    done = await _check(tmp_path, _changed("[NO, SE, DK, FI]", "[NO, Schwedn, DK, FI]"))
    assert "Schwedn" in done.out, done.out


async def test_a_misspelt_owner_brings_no_word_about_an_owner_that_is_left_out(tmp_path: Path) -> None:
    done = await _check(tmp_path, _changed("    owner: ben\n", "    owner: bne\n"))
    assert 'Did you mean "ben"?' in done.out
    assert "has no owner" not in done.out


async def test_quotes_that_are_never_closed_are_found_where_they_open(tmp_path: Path) -> None:
    text = _changed('post: "#leads-americas"', 'post: "#leads-americas')
    done = await _check(tmp_path, text)
    assert str(_line_of(text, '"#leads-americas')) in done.out, done.out


async def test_quotes_inside_a_word_of_the_language_are_no_letters_to_look_for(tmp_path: Path) -> None:
    """`contains "head of"` looks right and finds nothing in silence: it must work, or be pointed out."""
    text = _SMALL.replace("WHEN", '{job_title: contains "head of"}')
    done = await _check(tmp_path, text)
    told = await _route(tmp_path, text, {"job_title": "Head of IT"})
    assert told["rule"] == "Wanted" or '"' in done.out.partition("fine")[0]


async def test_each_line_of_check_is_a_place_and_a_sentence(tmp_path: Path) -> None:
    text = EXAMPLE.replace("owner: ben", "owner: bne").replace("5 min,", "5 mins,").replace("calm\n", "clam\n", 1)
    done = await _check(tmp_path, text)
    *problems, _ = done.out.strip().splitlines()
    assert len(problems) >= 3
    for line in problems:
        assert re.fullmatch(r"new\.yaml:\d+:\d+: (warning: )?[A-Z“\"].*[.?]", line), line
    places = [tuple(map(int, line.split(":")[1:3])) for line in problems]
    assert places == sorted(places)


async def test_check_as_json_names_what_the_contract_names(tmp_path: Path) -> None:
    (tmp_path / "new.yaml").write_text(_changed("owner: ben", "owner: bne"), encoding="utf-8")
    done = await leadbell_here("check", "new.yaml", "--json", folder=tmp_path)
    problems = cast("dict[str, list[dict[str, object]]]", done.json)["problems"]
    assert done.code == 1
    for problem in problems:
        assert set(problem) == {"file", "line", "column", "severity", "message", "hint"}


async def test_what_is_wrong_with_a_command_is_exit_2_and_an_empty_list_is_fine(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(EXAMPLE, encoding="utf-8")
    (tmp_path / "lead.json").write_text('{"country":', encoding="utf-8")
    for command in (["route", "lead.json"], ["route", "none.json"], ["check", "none.yaml"], ["compare", "none.yaml"]):
        done = await leadbell_here(*command, folder=tmp_path)
        assert done.code == 2, command
        assert done.err
        assert "Traceback" not in done.err
