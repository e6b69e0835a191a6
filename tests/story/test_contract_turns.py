"""What the contract promises of teams, seen from outside: whose lead it is, who is told when, who may claim."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.app import utc_now
from tests.cli.command import leadbell_here
from tests.story.desk import HOT, MONDAY, TEAM, Desk, a_desk, in_the_office, rules
from tests.story.world import ANNA, BEN, DORA, STRANGER, rows, until

_MINUTE = timedelta(minutes=1)


# ── whom a lead mails ──


async def test_email_owner_mails_whose_turn_it_is_and_a_shared_mailbox_gets_the_facts(tmp_path: Path) -> None:
    async with a_desk(tmp_path, rules(then="    owner: dach\n    email: [owner, shared@example.com]\n")) as desk:
        lead = await desk.lead()

        _, owner = desk.owner(lead)
        (mail,) = desk.mails(f"{owner}@example.com")
        assert "ACME" in mail
        (shared,) = desk.mails("shared@example.com")
        assert "ACME" in shared
        assert "/lead/" not in shared
        assert len(desk.world.mailbox.messages) == 2


async def test_first_to_claim_mails_each_member_who_is_there_and_nobody_else(tmp_path: Path) -> None:
    text = rules(
        more=TEAM.replace("take turns", "first to claim").replace("{anna: 1, ben: 1}", "[anna, ben, dora]") + HOT,
        then="    owner: dach\n    email: owner\n",
    ).replace("email: ben@example.com}", "email: ben@example.com, away: [2026-11-23]}")
    async with a_desk(tmp_path, text) as desk:
        lead = await desk.lead()

        assert desk.owner(lead) == ("unassigned", "")
        assert [len(desk.mails(f"{name}@example.com")) for name in ("anna", "ben", "dora")] == [1, 0, 1]


async def test_a_held_lead_is_posted_without_a_ping_and_mailed_when_its_turn_is_taken(tmp_path: Path) -> None:
    text = in_the_office(rules(then="    owner: dach\n    escalate: hot\n    email: owner\n"))
    async with a_desk(tmp_path, text, MONDAY.replace(hour=2)) as desk:
        lead = await desk.lead()

        assert desk.owner(lead) == ("unassigned", "")
        (card,) = desk.world.slack.messages("#leads-dach")
        assert "<@" not in card.text + str(card.blocks)
        assert desk.world.mailbox.messages == []
        await desk.to(MONDAY.replace(hour=8) - _MINUTE)
        assert desk.owner(lead) == ("unassigned", "")
        await desk.to(MONDAY.replace(hour=8) + timedelta(seconds=2))

        assert desk.owner(lead) == ("assigned", "anna")
        assert len(desk.mails("anna@example.com")) == 1
        assert desk.mails("ben@example.com") == []
        await desk.to(MONDAY.replace(hour=8, minute=4))
        assert [text for text in desk.direct(ANNA) if "waits for you" in text] == [], "the clock began at opening"
        await desk.to(MONDAY.replace(hour=8, minute=5, second=4))
        assert len([text for text in desk.direct(ANNA) if "waits for you" in text]) == 1, desk.direct(ANNA)


async def test_a_held_lead_may_be_claimed_at_night_by_its_team_and_takes_no_turn(tmp_path: Path) -> None:
    async with a_desk(tmp_path, in_the_office(rules()), MONDAY.replace(hour=2)) as desk:
        lead = await desk.lead()
        await desk.press(BEN, "lead_claim")
        assert desk.owner(lead) == ("claimed", "ben")
        await desk.to(MONDAY.replace(hour=8, minute=1))

        assert desk.owner(lead) == ("claimed", "ben")
        assert rows(desk.world, "SELECT * FROM turn") == []


# ── who is skipped ──


async def test_the_limit_counts_leads_that_are_owned_and_not_contacted_and_no_test_leads(tmp_path: Path) -> None:
    more = TEAM + "    open_leads_limit: 1\n    if_nobody_is_free: dora\n"
    text = rules(more=more, then="    owner: dach\n").replace(
        "templates:", 'test_leads: {post: "#leads-test", owner: anna}\ntemplates:'
    )
    async with a_desk(tmp_path, text) as desk:
        await desk.lead(of_test=True)
        owners = [desk.owner(await desk.lead())[1] for _ in range(3)]
        assert sorted(map(str, owners[:2])) == ["anna", "ben"], "Anna's test lead does not count"
        assert owners[2] == "dora"

        at = owners.index("anna")
        await desk.press(ANNA, "lead_claim", index=at)
        assert desk.owner(await desk.lead())[1] == "dora", "a claimed one is still open"
        await desk.press(ANNA, "lead_contacted", index=at)
        assert desk.owner(await desk.lead())[1] == "anna"


async def test_the_person_for_when_nobody_is_free_gets_it_even_when_away(tmp_path: Path) -> None:
    text = in_the_office(rules(more=TEAM + "    if_nobody_is_free: dora\n", then="    owner: dach\n")).replace(
        "email: dora@example.com}", "email: dora@example.com, away: [2026-11-23]}"
    )
    async with a_desk(tmp_path, text, MONDAY.replace(hour=2)) as desk:
        assert desk.owner(await desk.lead()) == ("assigned", "dora")


async def test_public_holidays_and_closed_days_are_nobodys_turn(tmp_path: Path) -> None:
    text = in_the_office(rules()).replace("09:00-18:00}", "09:00-18:00, holidays: DE, closed: [2028-10-04]}")
    async with a_desk(tmp_path, text, datetime(2028, 10, 3, 9, 0, tzinfo=UTC)) as desk:
        lead = await desk.lead()
        assert desk.owner(lead) == ("unassigned", ""), "German Unity Day, a Tuesday"
        await desk.to(datetime(2028, 10, 4, 12, 0, tzinfo=UTC))
        assert desk.owner(lead) == ("unassigned", "")
        await desk.to(datetime(2028, 10, 5, 7, 0, 2, tzinfo=UTC))
        assert desk.owner(lead)[0] == "assigned"


async def test_turns_go_by_each_persons_own_zone(tmp_path: Path) -> None:
    text = in_the_office(rules()).replace(
        "hours: {office: {mon-fri: 09:00-18:00}}",
        "hours: {office: {mon-fri: 09:00-18:00}, boston: {timezone: America/New_York, mon-fri: 09:00-18:00}}",
    )
    text = text.replace("ben@example.com, hours: office", "ben@example.com, hours: boston")
    async with a_desk(tmp_path, text, MONDAY.replace(hour=9)) as desk:
        assert [desk.owner(await desk.lead())[1] for _ in range(2)] == ["anna", "anna"], "4 o'clock in Boston"
        await desk.to(MONDAY.replace(hour=17, minute=30))
        assert [desk.owner(await desk.lead())[1] for _ in range(2)] == ["ben", "ben"], "18:30 in Berlin"


# ── who may claim ──


async def test_a_manager_may_claim_before_the_offer_and_a_colleague_is_told_until_when_it_is_kept(
    tmp_path: Path,
) -> None:
    async with a_desk(tmp_path, rules()) as desk:
        lead = await desk.lead()
        owner, colleague = (ANNA, BEN) if desk.owner(lead)[1] == "anna" else (BEN, ANNA)
        await desk.press(colleague, "lead_claim")
        await until(lambda: desk.private(colleague))
        offered_at = int((MONDAY + 15 * _MINUTE).timestamp())
        assert str(offered_at)[:8] in desk.private(colleague)[0], desk.private(colleague)
        assert desk.owner(lead)[0] == "assigned"

        await desk.press(STRANGER, "lead_claim")
        await until(lambda: desk.private(STRANGER))
        assert "Dora" in desk.private(STRANGER)[0]
        assert desk.owner(lead)[0] == "assigned"

        await desk.press(DORA, "lead_claim")
        assert desk.owner(lead) == ("claimed", "dora")
        assert owner


@pytest.mark.parametrize("then", ["    owner: anna\n", "    owner: dach\n    escalate: calm\n"])
async def test_where_no_step_offers_it_a_colleague_may_claim_at_once(tmp_path: Path, then: str) -> None:
    calm = "escalations: {calm: [{after: 4 h, do: remind owner}]}\n"
    async with a_desk(tmp_path, rules(more=TEAM + calm, then=then)) as desk:
        lead = await desk.lead()
        assert desk.owner(lead) == ("assigned", "anna")

        await desk.press(BEN, "lead_claim")

        assert desk.owner(lead) == ("claimed", "ben")


async def test_who_is_in_another_team_is_refused_and_told_who_can(tmp_path: Path) -> None:
    more = TEAM.replace("{anna: 1, ben: 1}", "[anna]") + "  other: {pick: first to claim, members: [ben]}\n"
    text = rules(more=more, then="    owner: dach\n").replace("  managers: [dora]\n", "  managers: []\n")
    async with a_desk(tmp_path, text.replace("    manager: dora\n", "")) as desk:
        lead = await desk.lead()
        await desk.press(BEN, "lead_claim")
        await until(lambda: desk.private(BEN))
        assert "Anna" in desk.private(BEN)[0]
        assert desk.owner(lead) == ("assigned", "anna")


async def test_somebody_of_another_company_in_a_shared_channel_is_refused_although_the_file_names_nobody_else(
    tmp_path: Path,
) -> None:
    async with a_desk(tmp_path, rules()) as desk:
        desk.world.slack.add_user(id="U0FAR", name="Far", email="anna@example.com", team="T0OTHER")
        lead = await desk.lead()
        await desk.press("U0FAR", "lead_claim")
        await until(lambda: desk.private("U0FAR"))
        assert desk.owner(lead)[0] == "assigned"


# ── steps ──


async def test_steps_count_open_minutes_over_a_weekend_on_which_the_clock_changes(tmp_path: Path) -> None:
    friday = datetime(2027, 3, 26, 16, 50, tzinfo=UTC)  # 17:50 in Berlin; on Sunday summer time begins
    async with a_desk(tmp_path, in_the_office(rules()), friday) as desk:
        await desk.lead()
        await desk.to(friday + 5 * _MINUTE + timedelta(seconds=3))
        assert len(desk.direct(ANNA)) == 1
        monday = datetime(2027, 3, 29, 7, 0, tzinfo=UTC)
        await desk.to(monday + 4 * _MINUTE)
        assert len(desk.world.texts("#leads-dach")) == 1
        await desk.to(monday + 5 * _MINUTE + timedelta(seconds=3))
        assert len(desk.world.texts("#leads-dach")) == 2, "offered at 9:05"
        await desk.to(monday + 19 * _MINUTE + timedelta(seconds=30))
        assert desk.direct(DORA) == []
        await desk.to(monday + 20 * _MINUTE + timedelta(seconds=3))
        assert len(desk.direct(DORA)) == 1
        assert len(desk.mails("dora@example.com")) == 1


async def test_a_claim_ends_the_steps_at_once_and_for_ever(tmp_path: Path) -> None:
    async with a_desk(tmp_path, rules()) as desk:
        await desk.lead()
        await desk.press(ANNA, "lead_claim")
        await desk.later(timedelta(days=3))

        assert desk.direct(ANNA) == desk.direct(DORA) == []
        assert desk.mails("dora@example.com") == []
        assert len(desk.world.texts("#leads-dach")) == 1


async def test_a_lead_in_flight_keeps_its_steps_when_the_file_changes(tmp_path: Path) -> None:
    text = rules()
    async with a_desk(tmp_path, text, follows_file=True) as desk:
        await desk.lead()
        before = desk.server.product.rules.config.version
        desk.world.config.path.write_text(text.replace(HOT, "").replace("    escalate: hot\n", ""), encoding="utf-8")
        await until(lambda: desk.server.product.rules.config.version != before)
        await desk.later(5 * _MINUTE + timedelta(seconds=5))
        assert len(desk.direct(ANNA)) == 1

        await desk.lead()
        await desk.later(timedelta(minutes=30))
        assert len(desk.direct(ANNA)) + len(desk.direct(BEN)) == 1, "the second has no steps"
        assert len(desk.direct(DORA)) == 1


async def test_after_an_outage_of_a_day_only_the_last_step_is_done(tmp_path: Path) -> None:
    async with a_desk(tmp_path, rules()) as desk:
        lead = await desk.lead()
        await desk.later(timedelta(days=1))

        assert desk.owner(lead) == ("assigned", "ben")
        assert desk.direct(DORA) == []
        assert len(desk.world.texts("#leads-dach")) == 1, "no offer any more"
        assert not any("waits for you" in text for text in desk.direct(ANNA))


async def test_given_back_to_rotation_the_next_one_gets_it_with_a_turn(tmp_path: Path) -> None:
    async with a_desk(tmp_path, rules()) as desk:
        lead = await desk.lead()
        await desk.later(timedelta(hours=4, seconds=5))
        assert desk.owner(lead) == ("assigned", "ben")
        (card, *_) = desk.world.slack.messages("#leads-dach")
        assert "U0BEN" in str(card.blocks)
        assert "back from Anna" in str(card.blocks)


async def test_contacted_ends_the_follow_up(tmp_path: Path) -> None:
    more = TEAM + HOT + "follow_up: {remind_after: 4 h, give_back_after: 2 days}\n"
    async with a_desk(tmp_path, rules(more=more)) as desk:
        lead = await desk.lead()
        await desk.press(ANNA, "lead_claim")
        await desk.press(ANNA, "lead_contacted")
        await desk.later(timedelta(days=5))

        assert desk.owner(lead) == ("contacted", "anna")
        assert desk.direct(ANNA) == []


async def test_follow_up_counts_the_owners_open_time(tmp_path: Path) -> None:
    more = TEAM + HOT + "follow_up: {remind_after: 4 h, give_back_after: 2 days}\n"
    async with a_desk(tmp_path, in_the_office(rules(more=more)), MONDAY.replace(hour=15)) as desk:  # 16:00
        lead = await desk.lead()
        await desk.press(ANNA, "lead_claim")
        await desk.to(MONDAY.replace(hour=15) + timedelta(hours=10))
        assert desk.direct(ANNA) == []
        await desk.to(MONDAY.replace(day=24, hour=10, minute=0, second=10))  # 2 h + 2 h: 11:00 in Berlin
        assert len(desk.direct(ANNA)) == 1
        assert desk.owner(lead) == ("claimed", "anna")


# ── outcome, give back, here before ──

_BEFORE = "repeat_leads: {same_if: [email, linkedin_member], within: 90 days, do: same owner and same thread}\n"


async def test_who_comes_again_within_ninety_days_meets_the_owner_of_then_even_on_holiday_and_after_it_somebody_new(
    tmp_path: Path,
) -> None:
    async with a_desk(tmp_path, rules(more=TEAM + HOT + _BEFORE)) as desk:
        first = await desk.lead(email="zoe@acme.example")
        await desk.press(ANNA, "lead_claim")
        await desk.later(timedelta(days=89))
        second = await desk.lead(email="ZOE@acme.example ")
        assert desk.owner(second) == ("assigned", "anna")
        assert desk.world.slack.messages("#leads-dach")[1].thread_ts == desk.world.slack.messages("#leads-dach")[0].ts
        await desk.later(timedelta(days=91))
        third = await desk.lead(email="zoe@acme.example")
        assert desk.world.slack.messages("#leads-dach")[-1].thread_ts is None
        assert first != second != third


async def test_a_turn_given_back_for_junk_is_the_next_one_and_not_given_back_twice(tmp_path: Path) -> None:
    async with a_desk(tmp_path, rules(then="    owner: dach\n")) as desk:
        await desk.lead()
        await desk.press(ANNA, "lead_claim")
        for reason in ("junk:spam or test", "lost", "junk:competitor"):
            await desk.choose(ANNA, reason)

        assert [desk.owner(await desk.lead())[1] for _ in range(2)] == ["anna", "ben"]


async def test_given_back_by_its_owner_a_lead_is_free_for_the_team_and_its_steps_begin_again(tmp_path: Path) -> None:
    async with a_desk(tmp_path, rules()) as desk:
        lead = await desk.lead()
        await desk.press(ANNA, "lead_claim")
        await desk.choose(ANNA, "give_back")
        assert desk.owner(lead) != ("claimed", "anna")
        state = desk.owner(lead)
        assert rows(desk.world, "SELECT count(*) FROM timer") != [(0,)], (state, "nobody would be told any more")


# ── lists, tests, unknown forms ──


async def _lists(desk: Desk) -> None:
    await desk.server.product.waiting.sweep_digests()
    await desk.settle()


async def test_who_is_erased_leaves_a_list_that_was_posted(tmp_path: Path) -> None:
    more = TEAM + HOT + 'digests: {daily: {at: "17:00", days: mon-fri, post: "#leads-all"}}\n'
    async with a_desk(tmp_path, rules(more=more, then="    digest: daily\n    owner: dach\n")) as desk:
        await desk.lead(first="Zoe")
        gone = await desk.lead(first="Eve")
        await desk.to(MONDAY.replace(hour=15, minute=59))
        await _lists(desk)
        assert desk.world.texts("#leads-all") == []
        await desk.to(MONDAY.replace(hour=16, minute=1))
        await _lists(desk)
        (message,) = desk.world.slack.messages("#leads-all")
        assert "Zoe" in str(message)
        assert "Eve" in str(message)

        response_id = rows(desk.world, f"SELECT response_id FROM lead WHERE id = '{gone}'")[0][0]
        await desk.world.notify(desk.server, str(response_id), action="DELETED")
        await until(lambda: "Eve" not in str(desk.world.slack.messages("#leads-all")[0]))
        assert "Zoe" in str(desk.world.slack.messages("#leads-all")[0])


async def test_a_list_without_leads_is_not_posted_and_one_of_an_outage_comes_once(tmp_path: Path) -> None:
    more = TEAM + HOT + 'digests: {daily: {at: "17:00", days: mon-fri, post: "#leads-all"}}\n'
    async with a_desk(tmp_path, rules(more=more, then="    digest: daily\n    owner: dach\n")) as desk:
        await desk.to(MONDAY.replace(hour=16, minute=1))
        await _lists(desk)
        assert desk.world.texts("#leads-all") == []
        await desk.lead(first="Zoe")
        await desk.to(MONDAY.replace(day=26, hour=16, minute=1))
        await _lists(desk)
        await _lists(desk)
        assert len(desk.world.texts("#leads-all")) == 1
        await desk.to(MONDAY.replace(day=27, hour=16, minute=1))
        await _lists(desk)
        assert len(desk.world.texts("#leads-all")) == 1, "listed once"


async def test_a_test_lead_goes_only_where_test_leads_go(tmp_path: Path) -> None:
    text = rules().replace("templates:", 'test_leads: {post: "#leads-test", owner: nobody}\ntemplates:')
    async with a_desk(tmp_path, text) as desk:
        lead = await desk.lead(of_test=True)
        assert desk.owner(lead) == ("unassigned", "")
        assert len(desk.world.texts("#leads-test")) == 1
        assert desk.world.texts("#leads-dach") == []
        assert rows(desk.world, "SELECT * FROM turn") == []
        await desk.press(BEN, "lead_claim", "#leads-test")
        assert desk.owner(lead) == ("claimed", "ben")


# ── steps, at their edges ──

_TELL = "escalations: {hot: [{after: 30 min, do: tell manager, by: [email]%s}]}\n"


async def test_a_step_for_any_time_counts_at_night_too(tmp_path: Path) -> None:
    friday = datetime(2026, 11, 27, 16, 50, tzinfo=UTC)  # 17:50 in Berlin
    async with a_desk(tmp_path, in_the_office(rules(more=TEAM + _TELL % ", any_time: yes")), friday) as desk:
        await desk.lead()
        await desk.to(friday + 29 * _MINUTE)
        assert desk.mails("dora@example.com") == []
        await desk.to(friday + 30 * _MINUTE + timedelta(seconds=3))
        assert len(desk.mails("dora@example.com")) == 1
        assert desk.direct(DORA) == [], "by mail only"


async def test_where_the_team_has_no_manager_all_managers_are_told(tmp_path: Path) -> None:
    text = rules(more=TEAM.replace("    manager: dora\n", "") + _TELL % "")
    async with a_desk(tmp_path, text.replace("managers: [dora]", "managers: [dora, ben]")) as desk:
        await desk.lead()
        await desk.later(31 * _MINUTE)
        assert [len(desk.mails(f"{name}@example.com")) for name in ("anna", "ben", "dora")] == [0, 1, 1]


async def test_a_lead_of_nobody_is_told_to_all_managers_by_the_clock_on_the_wall(tmp_path: Path) -> None:
    async with a_desk(tmp_path, in_the_office(rules(more=TEAM + _TELL % "", then="    escalate: hot\n"))) as desk:
        await desk.to(MONDAY.replace(hour=2) + timedelta(days=1))
        await desk.lead()
        await desk.later(31 * _MINUTE)
        assert len(desk.mails("dora@example.com")) == 1


async def test_given_back_while_only_its_owner_is_there_it_is_nobodys_loss(tmp_path: Path) -> None:
    text = rules(more=TEAM.replace("{anna: 1, ben: 1}", "[anna]") + HOT)
    async with a_desk(tmp_path, text) as desk:
        lead = await desk.lead()
        await desk.later(timedelta(hours=4, minutes=1))
        state, owner = desk.owner(lead)
        (team,) = rows(desk.world, "SELECT team FROM lead")[0]
        assert (state, owner) in {("assigned", "anna"), ("unassigned", "")}
        assert team == "dach"
        await desk.press(DORA, "lead_claim")
        assert desk.owner(lead) == ("claimed", "dora")


async def test_given_back_when_nobody_else_is_free_it_goes_where_such_leads_go(tmp_path: Path) -> None:
    text = rules(more=TEAM + "    if_nobody_is_free: dora\n" + HOT).replace(
        "email: ben@example.com}", "email: ben@example.com, away: [2026-11-23]}"
    )
    async with a_desk(tmp_path, text) as desk:
        lead = await desk.lead()
        assert desk.owner(lead) == ("assigned", "anna")
        await desk.later(timedelta(hours=4, minutes=1))
        assert desk.owner(lead) == ("assigned", "dora")


async def test_a_claimed_lead_of_no_team_that_nobody_contacts_is_free_again_and_the_managers_hear_of_it(
    tmp_path: Path,
) -> None:
    more = TEAM + HOT + "follow_up: {remind_after: 4 h, give_back_after: 2 days}\n"
    async with a_desk(tmp_path, rules(more=more, then="").replace("{anna: 1, ben: 1}", "[anna]")) as desk:
        lead = await desk.lead()
        await desk.press(BEN, "lead_claim")
        assert desk.owner(lead) == ("claimed", "ben")
        await desk.later(timedelta(days=2, minutes=1))
        assert desk.owner(lead) == ("unassigned", "")
        assert any("Ana Silva" in text for text in desk.direct(BEN))
        await desk.press(ANNA, "lead_claim")
        assert desk.owner(lead) == ("claimed", "anna")


async def test_targets_named_twice_get_one_message(tmp_path: Path) -> None:
    text = rules(then="    owner: dach\n    email: [owner, anna, ben, anna@example.com, ANNA@example.com]\n").replace(
        'post: "#leads-dach"', 'post: ["#leads-dach", anna, "#leads-dach"]'
    )
    async with a_desk(tmp_path, text) as desk:
        await desk.lead()
        assert len(desk.world.texts("#leads-dach")) == len(desk.direct(ANNA)) == 1
        assert len(desk.mails("anna@example.com") + desk.mails("ANNA@example.com")) == 1
        assert len(desk.mails("ben@example.com")) == 1


async def test_all_cards_of_a_lead_are_edited_together(tmp_path: Path) -> None:
    text = rules().replace('post: "#leads-dach"', 'post: ["#leads-dach", "#leads-all", dora]')
    async with a_desk(tmp_path, text) as desk:
        await desk.lead()
        await desk.press(ANNA, "lead_claim", "#leads-all")
        for texts in (desk.world.texts("#leads-dach"), desk.world.texts("#leads-all"), desk.direct(DORA)):
            assert ["claimed by Anna" in text for text in texts] == [True]


async def test_after_the_file_drops_somebody_turns_go_on_and_their_leads_can_still_be_claimed(tmp_path: Path) -> None:
    text = rules(then="    owner: dach\n    escalate: hot\n")
    async with a_desk(tmp_path, text, follows_file=True) as desk:
        lead = await desk.lead()
        assert desk.owner(lead) == ("assigned", "anna")
        before = desk.server.product.rules.config.version
        without = text.replace("{anna: 1, ben: 1}", "{ben: 1}").replace(
            "  anna: {slack: anna@example.com, email: anna@example.com}\n", ""
        )
        desk.world.config.path.write_text(without, encoding="utf-8")
        await until(lambda: desk.server.product.rules.config.version != before)

        assert desk.owner(await desk.lead()) == ("assigned", "ben")
        await desk.later(16 * _MINUTE)
        await desk.press(BEN, "lead_claim")
        assert desk.owner(lead) == ("claimed", "ben")


async def test_a_team_that_the_file_drops_leaves_its_leads_to_the_managers_and_nobody_crashes(tmp_path: Path) -> None:
    text = rules()
    async with a_desk(tmp_path, text, follows_file=True) as desk:
        lead = await desk.lead()
        before = desk.server.product.rules.config.version
        without = text.replace(TEAM, "").replace(HOT, "").replace("    owner: dach\n    escalate: hot\n", "")
        desk.world.config.path.write_text(without, encoding="utf-8")
        await until(lambda: desk.server.product.rules.config.version != before)
        await desk.later(timedelta(hours=5))

        state, _ = desk.owner(lead)
        assert state in {"assigned", "unassigned"}
        await desk.press(DORA, "lead_claim")
        assert desk.owner(lead) == ("claimed", "dora")


async def test_contacted_by_a_manager_counts_and_a_colleague_is_refused_privately(tmp_path: Path) -> None:
    async with a_desk(tmp_path, rules()) as desk:
        lead = await desk.lead()
        await desk.press(ANNA, "lead_claim")
        await desk.press(BEN, "lead_contacted")
        await until(lambda: desk.private(BEN))
        assert desk.owner(lead) == ("claimed", "anna")
        await desk.press(DORA, "lead_contacted")
        assert desk.owner(lead)[0] == "contacted"
        await desk.choose(BEN, "won")
        await until(lambda: len(desk.private(BEN)) == 2)
        assert desk.owner(lead)[0] == "contacted"


async def test_an_old_offer_in_the_thread_is_as_good_as_the_card(tmp_path: Path) -> None:
    async with a_desk(tmp_path, rules()) as desk:
        lead = await desk.lead()
        await desk.later(16 * _MINUTE)
        offer = desk.world.slack.messages("#leads-dach")[1]
        assert offer.thread_ts == desk.world.slack.messages("#leads-dach")[0].ts
        assert f"<@{BEN}>" in str(offer.blocks)
        await desk.press(BEN, "lead_claim", index=1)
        assert desk.owner(lead) == ("claimed", "ben")
        assert "lead_claim" not in str(desk.world.slack.messages("#leads-dach")[1].blocks)


async def test_who_was_erased_can_come_again_as_somebody_new(tmp_path: Path) -> None:
    async with a_desk(tmp_path, rules(more=TEAM + HOT + _BEFORE)) as desk:
        first = await desk.lead(email="zoe@acme.example")
        response_id = rows(desk.world, f"SELECT response_id FROM lead WHERE id = '{first}'")[0][0]
        await desk.world.notify(desk.server, str(response_id), action="DELETED")
        await until(lambda: desk.owner(first)[0] == "erased")
        assert rows(desk.world, "SELECT * FROM fingerprint") == []
        second = await desk.lead(email="zoe@acme.example")
        assert desk.world.slack.messages("#leads-dach")[-1].thread_ts is None
        assert desk.owner(second)[0] == "assigned"


async def test_six_blocks_and_two_buttons_at_most_whatever_the_state(tmp_path: Path) -> None:
    async with a_desk(tmp_path, rules()) as desk:
        await desk.lead()
        states = [lambda: desk.press(ANNA, "lead_claim"), lambda: desk.press(ANNA, "lead_contacted")]
        for go in (None, *states, lambda: desk.choose(ANNA, "won")):
            if go is not None:
                await go()
            (card,) = desk.world.slack.messages("#leads-dach")
            assert len(card.blocks) <= 6
            (actions,) = [block for block in card.blocks if block["type"] == "actions"]
            assert [each["type"] for each in actions["elements"]].count("button") <= 1
            assert card.metadata is not None
            assert card.metadata["event_type"] == "lead_delivery"
            assert list(card.metadata["event_payload"]) == ["delivery_id"]


# ── held leads, late leads ──


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("mon-fri: 09:00-18:00", "mon-fri: 00:00-24:00"),
        ("pick: take turns", "if_nobody_is_free: dora\n    pick: take turns"),
    ],
    ids=["longer hours", "somebody for when nobody is free"],
)
async def test_a_held_lead_goes_out_as_soon_as_an_edit_makes_somebody_free(tmp_path: Path, old: str, new: str) -> None:
    text = in_the_office(rules())
    async with a_desk(tmp_path, text, MONDAY.replace(hour=2), follows_file=True) as desk:
        lead = await desk.lead()
        assert desk.owner(lead) == ("unassigned", "")
        before = desk.server.product.rules.config.version
        desk.world.config.path.write_text(text.replace(old, new), encoding="utf-8")
        await until(lambda: desk.server.product.rules.config.version != before)
        await desk.later(20 * _MINUTE)

        await until(lambda: desk.owner(lead)[0] == "assigned", seconds=2)


async def test_old_leads_that_only_a_pull_finds_take_no_turn_and_ring_nobody(tmp_path: Path) -> None:
    async with a_desk(tmp_path, rules(), utc_now()) as desk:
        answers = {"first": "Ana", "last": "Old", "email": "old@acme.example", "company": "A", "country": "Germany"}
        desk.world.linkedin.submit(
            form=6083, answers=answers, campaign=367378525, submitted_at=utc_now() - timedelta(days=9)
        )
        done = await leadbell_here("pull", "--last", "30d", folder=tmp_path, environment=desk.world.environment)
        assert done.code == 0
        await until(lambda: rows(desk.world, "SELECT 1 FROM lead WHERE decided_at IS NOT NULL"))
        await desk.settle()
        assert rows(desk.world, "SELECT owner FROM lead") == [("",)]
        assert rows(desk.world, "SELECT * FROM turn") == rows(desk.world, "SELECT * FROM timer") == []
        assert desk.world.texts("#leads-dach") == []


async def test_a_test_lead_is_nobody_to_come_again(tmp_path: Path) -> None:
    async with a_desk(tmp_path, rules(more=TEAM + HOT + _BEFORE)) as desk:
        await desk.lead(email="zoe@acme.example", of_test=True)
        await desk.lead(email="zoe@acme.example")
        assert desk.world.slack.messages("#leads-dach")[-1].thread_ts is None


async def test_after_junk_the_same_person_is_new(tmp_path: Path) -> None:
    async with a_desk(tmp_path, rules(more=TEAM + HOT + _BEFORE)) as desk:
        await desk.lead(email="zoe@acme.example")
        await desk.press(ANNA, "lead_claim")
        await desk.choose(ANNA, "junk:spam or test")
        await desk.lead(email="zoe@acme.example")
        assert desk.world.slack.messages("#leads-dach")[-1].thread_ts is None


async def test_given_back_by_a_step_the_lead_is_kept_for_the_next_one_and_not_open_to_the_team(
    tmp_path: Path,
) -> None:
    steps = "escalations: {hot: [{after: 5 min, do: give back to rotation}, {after: 2 h, do: offer to team}]}\n"
    async with a_desk(tmp_path, rules(more=TEAM.replace("ben: 1", "ben: 1, dora: 1") + steps)) as desk:
        lead = await desk.lead()
        await desk.later(6 * _MINUTE)
        assert desk.owner(lead) == ("assigned", "ben")
        await desk.press(ANNA, "lead_claim")
        await until(lambda: desk.private(ANNA))
        assert desk.owner(lead) == ("assigned", "ben")
