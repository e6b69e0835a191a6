"""`linkedin accounts`, `organizations`, `forms`, `form`, `leads`, `lead` and the look-ups, against the stand-in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from bot.sandbox.faults import Fault
from tests.cli.command import leadbell
from tests.cli.linkedin.world import ACCOUNT, ANSWERS, PAGE, PERSON, a_world

Rows = list[dict[str, object]]


async def test_accounts_tell_the_page_that_each_belongs_to(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        world.linkedin.add_account(id=1, name="Sandbox", is_test=True)
        told = await world.run("accounts")
        everything = await world.run("accounts", "--all", "--json")

    assert told.code == 0
    assert "Nordwind EMEA" in told.out
    assert "Sandbox" not in told.out
    assert {(row["account"], row["test"]) for row in cast("Rows", everything.json)} == {
        ("507857085", False),
        ("1", True),
    }


async def test_an_account_without_a_page_is_pointed_out(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        world.linkedin.add_account(id=7, name="Orphan")
        told = await world.run("accounts")

    assert "7 belongs to no Page, so LinkedIn gives no leads for it." in told.err


async def test_organizations_come_with_their_names(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        told = await world.run("organizations", "--json")

    assert told.json == [{"organization": PAGE, "name": "Nordwind", "role": "ADMINISTRATOR", "state": "APPROVED"}]


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (("account", "507857085"), "Nordwind EMEA"),
        (("organization", PAGE), "Nordwind"),
        (("event", "urn:li:event:789"), "Open day"),
    ],
)
async def test_a_name_is_one_line(tmp_path: Path, arguments: tuple[str, ...], name: str) -> None:
    async with a_world(tmp_path) as world:
        told = await world.run(*arguments)

    assert (told.code, told.out) == (0, f"{name}\n")


async def test_a_campaign_and_an_ad_of_it_are_looked_up(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        campaign = await world.run("campaign", "507857085", "367378525", "--json")
        creative = await world.run("creative", ACCOUNT, "367378526", "--json")

    assert campaign.json == {
        "campaign": "367378525",
        "name": "DACH enterprise",
        "account": ACCOUNT,
        "status": "ACTIVE",
    }
    assert cast("dict[str, object]", creative.json)["campaign"] == "367378525"


async def test_forms_of_every_source_are_listed_and_one_owner_can_be_named_in_three_ways(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        every = await world.run("forms", "--json")
        named = [await world.run("forms", "--json", "--owner", way) for way in ("page", PAGE, "organization:12345678")]

    assert [row["form"] for row in cast("Rows", every.json)] == ["6083", "6177"]
    assert [[row["form"] for row in cast("Rows", each.json)] for each in named] == [["6177"]] * 3


async def test_a_refused_owner_does_not_cost_the_others_and_the_exit_code_says_so(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        world.linkedin.forbid(ACCOUNT)
        told = await world.run("forms")

    assert told.code == 1
    assert "Webinar sign-up" in told.out
    assert "sponsoredAccount:507857085: " in told.err
    assert "role" in told.err


async def test_a_form_is_shown_with_its_questions_by_number_and_by_nickname(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        by_number = await world.run("form", "6083")
        by_nickname = await world.run("form", "demo")
        raw = await world.run("form", "demo", "--json")

    assert by_number.out == by_nickname.out
    assert "Demo request (6083, version 1, published, en_US)" in by_number.out
    assert "first_name" in by_number.out
    assert "hidden utm_source: li" in by_number.out
    assert cast("dict[str, object]", raw.json)["id"] == 6083


async def test_leads_of_all_sources_come_newest_first_with_what_was_typed(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    async with a_world(tmp_path) as world:
        old = world.linkedin.submit(
            form=6083, answers=ANSWERS, campaign=367378525, submitted_at=now - timedelta(days=2)
        )
        new = world.linkedin.submit(form=6177, answers=ANSWERS, lead_type="EVENT", event="789")
        told = await world.run("leads", "--json")
        table = await world.run("leads")

    rows = cast("Rows", told.json)
    assert [row["lead"] for row in rows] == [new, old]
    assert rows[0]["event"] == {"id": "789", "name": "Open day"}
    assert rows[1]["campaign"] == {"id": "367378525", "name": "DACH enterprise"}
    assert rows[1]["answers"] == [
        {"question": "First name", "field": "first_name", "values": ["Erika"]},
        {"question": "Last name", "field": "last_name", "values": ["Beispiel"]},
        {"question": "E-mail", "field": "email", "values": ["erika@firma.example"]},
    ]
    assert "Erika Beispiel" in table.out


async def test_every_filter_reaches_linkedin_in_its_own_spelling(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        world.linkedin.submit(form=6177, answers=ANSWERS, lead_type="EVENT", event="789", is_test=True)
        world.linkedin.submit(form=6177, answers=ANSWERS, lead_type="EVENT", event="789")
        filters = ("--owner", "page", "--type", "EVENT", "--form", "6177,1", "--entity", "event:789", "--test")
        told = await world.run("leads", "--json", *filters, "--since", "2026-01-01", "--until", "2027-01-01")
        (path,) = [path for path in world.calls("GET") if "leadFormResponses" in path]

    assert [row["test"] for row in cast("Rows", told.json)] == [True]
    assert "versionedLeadGenFormUrn=urn%3Ali%3AversionedLeadGenForm%3A%28urn%3Ali%3AleadGenForm%3A6177%2C1%29" in path
    assert "leadType=(leadType:EVENT)" in path
    assert "limitedToTestLeads=true" in path
    # Midnight in Berlin begins the first day; the whole last day belongs to the window, and a millisecond is added.
    assert "submittedAtTimeRange=(start:1767222000000,end:1798844400001)" in path


async def test_a_form_without_a_version_means_all_of_its_versions(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        first = world.linkedin.submit(form=6083, answers=ANSWERS)
        world.linkedin.add_form(id=6083, name="Demo request", owner=ACCOUNT, questions=PERSON, version=2)
        world.linkedin.add_form(id=6084, name="Other", owner=ACCOUNT, questions=PERSON)
        second = world.linkedin.submit(form=6083, answers=ANSWERS)
        world.linkedin.submit(form=6084, answers=ANSWERS)
        told = await world.run("leads", "--json", "--form", "demo")

    assert {row["lead"] for row in cast("Rows", told.json)} == {first, second}


async def test_a_limit_that_cuts_is_told_and_none_shows_all(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        for _ in range(3):
            world.linkedin.submit(form=6083, answers=ANSWERS)
        cut = await world.run("leads", "--json", "--limit", "2")
        whole = await world.run("leads", "--json", "--limit", "0")
        exact = await world.run("leads", "--json", "--limit", "3")

    assert len(cast("Rows", cut.json)) == 2
    assert "Only the newest 2 are shown" in cut.err
    assert (len(cast("Rows", whole.json)), whole.err) == (3, "")
    assert (len(cast("Rows", exact.json)), exact.err) == (3, "")


async def test_several_leads_are_one_call_and_a_missing_one_is_named(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        here = world.linkedin.submit(form=6083, answers=ANSWERS)
        gone = world.linkedin.submit(form=6083, answers=ANSWERS)
        world.linkedin.delete(gone)
        told = await world.run("lead", here, f"urn:li:leadGenFormResponse:{gone}", "--json")
        first, *_ = world.calls("GET")

    assert told.code == 1
    assert [row["lead"] for row in cast("Rows", told.json)] == [here]
    assert f"leadbell: {gone}: " in told.err
    assert "ids=List(" in first


async def test_one_lead_is_an_object_a_story_for_people_and_raw_what_route_takes(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        lead = world.linkedin.submit(form=6083, answers={**ANSWERS, "First name": "\x1b[2JErika"}, campaign=367378525)
        told = await world.run("lead", lead)
        raw = await world.run("lead", lead, "--raw")

    assert told.code == 0
    assert "E-mail: erika@firma.example" in told.out
    assert "\x1b" not in told.out + raw.out
    content = cast("dict[str, object]", raw.json)
    assert "formResponse" in content
    assert "submitter" not in content


async def test_the_members_id_is_not_printed_even_where_linkedin_gives_it(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        lead = world.linkedin.submit(form=6083, answers=ANSWERS)
        refused = Fault("/rest/leadFormResponses", status=400, body=b'{"status": 400}')  # the projection without it
        world.linkedin.faults.add(refused)
        one = await world.run("lead", lead, "--raw")
        world.linkedin.faults.add(refused)
        several = await world.run("leads", "--owner", "ads", "--raw")

    assert (one.code, several.code) == (0, 0)
    assert lead in one.out
    assert "submitter" not in one.out + several.out


async def test_an_unknown_lead_is_a_no(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        told = await world.run("lead", "nobody-1")

    assert (told.code, told.out) == (1, "")
    assert told.err.startswith("leadbell: LinkedIn answered 404")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("forms", "--owner", "pge"), 'Did you mean "page"?'),
        (("forms", "--owner", "507857085"), "Write sponsoredAccount:507857085 or organization:507857085."),
        (("leads", "--type", "SPONSRED"), 'Did you mean "SPONSORED"?'),
        (("leads", "--owner", "page", "--type", "SPONSORED"), "SPONSORED leads belong to an ad account"),
        (("leads", "--last", "30"), "Write 30d, 12h or 90min."),
        (("leads", "--since", "2026-13-01"), "Write 2026-11-23 or 2026-11-23T09:00."),
        (("leads", "--since", "2026-11-01", "--last", "3d"), "Give --since or --last, not both."),
        (("leads", "--since", "2026-11-02", "--until", "2026-11-01"), "--until is before the beginning"),
        (("leads", "--form", "dmo"), 'Did you mean "demo"?'),
        (("leads", "--entity", "789"), "Write event:123 or sponsoredCreative:123."),
        (("update-form", "6083"), "Name a FILE with what to change, or --archive."),
    ],
)
async def test_wrong_use_is_explained_and_asks_linkedin_nothing(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    async with a_world(tmp_path) as world:
        told = await world.run(*arguments)

    assert (told.code, told.out) == (2, "")
    assert words in told.err
    assert world.linkedin.requests == []


async def test_without_a_token_the_set_up_is_named(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        world.environment["TOKEN"] = ""
        told = await world.run("forms")

    assert (told.code, told.out) == (2, "")
    assert "leadbell linkedin connect" in told.err


async def test_a_dead_token_ends_a_list_at_once_and_is_never_shown(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        world.environment["TOKEN"] = "dead-token-canary"
        told = await world.run("forms")

    assert told.code == 2
    assert told.err.count("leadbell: ") == 1
    assert "dead-token-canary" not in told.out + told.err


async def test_the_command_answers_as_a_process_of_its_own(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        told = await leadbell("linkedin", "forms", "--json", folder=tmp_path, environment=world.environment)

    assert (told.code, told.err) == (0, "")
    assert len(cast("Rows", told.json)) == 2
