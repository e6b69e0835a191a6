"""Who gets a team's lead: whose turn it is among those who are there, and what happens when nobody is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.assigning import Assignment, Situation, assign, owed_in_words, skipped_members
from bot.core.hours import Days, Hours, Schedule, Span
from bot.core.people import People, Person, Pick, Team
from bot.core.rotation import Rotation, returned

BERLIN = Hours(name="berlin", timezone="Europe/Berlin", week=((Span(540, 1080),),) * 5 + ((), ()))
BOSTON = Hours(name="boston", timezone="America/New_York", week=((Span(510, 1050),),) * 5 + ((), ()))
TUESDAYS = Hours(name="tuesdays", timezone="Europe/Berlin", week=((), (Span(540, 1080),), (), (), (), (), ()))
NEVER = Hours(name="never", timezone="UTC", week=((),) * 7)
ALWAYS = Schedule()
NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)  # a Tuesday: open in Berlin, not yet in Boston
NIGHT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
FRIDAY_NIGHT = datetime(2026, 11, 27, 23, 0, tzinfo=UTC)
CHRISTMAS = (Days(date(2026, 12, 21), date(2027, 1, 4)),)


def people(*teams: Team, **schedules: Schedule) -> People:
    by_name = {name: Person(name=name, schedule=schedule) for name, schedule in schedules.items()}
    return People(by_name=by_name, teams={team.name: team for team in teams})


def dach(pick: Pick = Pick.TURNS, *, instead: str = "", limit: int | None = None, **members: int) -> Team:
    weights = members or {"anna": 2, "ben": 1}
    return Team(name="dach", pick=pick, members=weights, instead=instead, open_leads_limit=limit)


def at(
    now: datetime, open_leads: Mapping[str, int] | None = None, rotations: Mapping[str, Rotation] | None = None
) -> Situation:
    return Situation(rotations=rotations or {}, open_leads=open_leads or {}, now=now)


def owners(team: Team, everybody: People, count: int, now: datetime = NOON) -> list[str]:
    rotations: dict[str, Rotation] = {}
    found = []
    for _ in range(count):
        assignment = assign(team, everybody, at(now, rotations=rotations))
        found.append(assignment.owner)
        if assignment.rotation is not None:
            rotations[assignment.team] = assignment.rotation
    return found


# ── somebody is free ──


def test_members_take_turns_by_weight() -> None:
    team = dach()

    assert owners(team, people(team, anna=ALWAYS, ben=ALWAYS), 6) == ["anna", "ben", "anna"] * 2


def test_whose_turn_it_is_gets_the_lead_and_the_turn_is_handed_out_to_be_stored() -> None:
    team = dach()

    found = assign(team, people(team, anna=ALWAYS, ben=ALWAYS), at(NOON))

    assert (found.owner, found.team, found.held_until, found.why) == ("anna", "dach", None, {})
    assert found.rotation is not None
    assert found.rotation.stretch["anna"].given == 1


def test_a_junk_leads_turn_comes_back() -> None:
    team = dach(anna=1, ben=1)
    everybody = people(team, anna=ALWAYS, ben=ALWAYS)
    first = assign(team, everybody, at(NOON))
    assert first.rotation is not None

    found = assign(team, everybody, at(NOON, rotations={"dach": returned(first.rotation, "anna")}))

    assert found.owner == "anna"


def test_a_team_of_first_to_claim_has_no_owner_and_no_turns() -> None:
    team = dach(Pick.FIRST, instead="dora")
    everybody = people(team, anna=Schedule(hours=BOSTON), ben=ALWAYS, dora=ALWAYS)

    found = assign(team, everybody, at(NOON))

    assert found == Assignment(owner="", team="dach", why={"anna": "Anna works again at 08:30"})


def test_the_limit_is_for_turns_only() -> None:
    team = dach(Pick.FIRST, limit=3)

    found = assign(team, people(team, anna=ALWAYS, ben=ALWAYS), at(NOON, {"anna": 9, "ben": 9}))

    assert found == Assignment(owner="", team="dach")


# ── who is skipped, and why ──


@pytest.mark.parametrize(
    ("schedule", "now", "why"),
    [
        (Schedule(away=CHRISTMAS), datetime(2026, 12, 22, 9, tzinfo=UTC), "Anna is away until 5 Jan"),
        (Schedule(hours=BERLIN, away=CHRISTMAS), datetime(2026, 12, 22, 9, tzinfo=UTC), "Anna is away until 5 Jan"),
        (
            Schedule(hours=BERLIN, away=(Days(date(2026, 11, 24), date(2026, 11, 27)),)),
            NOON,
            "Anna is away until 30 Nov",
        ),
        (Schedule(away=(Days(date(2026, 1, 1), date(2029, 1, 1)),)), NOON, "Anna is away for more than a year"),
        (Schedule(hours=BERLIN), NIGHT, "Anna works again at 09:00"),
        (Schedule(hours=BERLIN), NOON + timedelta(hours=9), "Anna works again on Wed 09:00"),
        (Schedule(hours=BERLIN), FRIDAY_NIGHT, "Anna works again on Mon 09:00"),
        (Schedule(hours=BOSTON), FRIDAY_NIGHT, "Anna works again on Mon 08:30"),
        (
            Schedule(hours=BERLIN, away=CHRISTMAS),
            datetime(2026, 12, 18, 18, tzinfo=UTC),
            "Anna works again on Tue 5 Jan, 09:00",
        ),
        (Schedule(hours=TUESDAYS), NOON + timedelta(days=1), "Anna works again on Tue 09:00"),
        (Schedule(hours=TUESDAYS), NOON + timedelta(hours=9), "Anna works again on Tue 1 Dec, 09:00"),
        (Schedule(hours=NEVER), NOON, "Anna has no working hours"),
    ],
)
def test_absences_and_hours_are_told_in_the_persons_own_time(schedule: Schedule, now: datetime, why: str) -> None:
    team = dach(anna=1, ben=1)

    found = assign(team, people(team, anna=schedule, ben=ALWAYS), at(now))

    assert (found.owner, found.why) == ("ben", {"anna": why})


@pytest.mark.parametrize(
    ("limit", "leads", "why"),
    [
        (15, 15, "Anna has 15 open leads, the limit is 15"),
        (15, 21, "Anna has 21 open leads, the limit is 15"),
        (1, 1, "Anna has 1 open lead, the limit is 1"),
    ],
)
def test_whoever_has_too_many_open_leads_is_skipped(limit: int, leads: int, why: str) -> None:
    team = dach(limit=limit)

    found = assign(team, people(team, anna=ALWAYS, ben=ALWAYS), at(NOON, {"anna": leads}))

    assert (found.owner, found.why) == ("ben", {"anna": why})


def test_one_below_the_limit_is_free() -> None:
    team = dach(limit=15)

    assert assign(team, people(team, anna=ALWAYS, ben=ALWAYS), at(NOON, {"anna": 14})).owner == "anna"


def test_whoever_is_excluded_is_skipped() -> None:
    team = dach()

    found = assign(team, people(team, anna=ALWAYS, ben=ALWAYS), at(NOON), exclude={"anna"})

    assert (found.owner, found.why) == ("ben", {"anna": "Anna had this lead before"})


def test_skipped_members_are_told_in_the_order_of_the_file() -> None:
    team = dach(limit=2, carl=1, anna=1, ben=1, dora=1)
    everybody = people(
        team,
        anna=Schedule(away=(Days(NOON.date(), NOON.date()),)),
        ben=ALWAYS,
        carl=ALWAYS,
        dora=Schedule(hours=BOSTON),
    )

    skipped = skipped_members(team, everybody, at(NOON, {"carl": 2, "dora": 2}))

    assert list(skipped) == ["carl", "anna", "dora"]
    assert (skipped["carl"].is_full, skipped["carl"].is_open) == (True, True)
    assert (skipped["dora"].is_full, skipped["dora"].is_open) == (True, False)


def test_an_absence_costs_a_member_nothing_and_brings_them_no_flood() -> None:
    team = dach(anna=1, ben=1)
    away = people(team, anna=Schedule(away=(Days(NOON.date(), NOON.date()),)), ben=ALWAYS)
    rotations: dict[str, Rotation] = {}
    for _ in range(50):
        found = assign(team, away, at(NOON, rotations=rotations))
        assert found.rotation is not None
        rotations["dach"] = found.rotation

    later = []
    for _ in range(10):
        found = assign(team, away, at(NOON + timedelta(days=1), rotations=rotations))
        assert found.rotation is not None
        rotations["dach"] = found.rotation
        later.append(found.owner)

    assert Counter(later) == {"anna": 5, "ben": 5}


# ── nobody is free ──


@pytest.mark.parametrize("pick", list(Pick))
def test_where_nobody_is_free_a_named_person_gets_the_lead_even_when_away(pick: Pick) -> None:
    team = dach(pick, instead="dora")
    closed = Schedule(hours=BERLIN)

    found = assign(team, people(team, anna=closed, ben=closed, dora=Schedule(hours=NEVER)), at(NIGHT))

    assert (found.owner, found.team, found.rotation, found.held_until) == ("dora", "dach", None, None)
    assert list(found.why) == ["anna", "ben"]


def test_a_named_person_who_gave_the_lead_back_does_not_get_it_again() -> None:
    team = dach(instead="dora")
    closed = Schedule(hours=BERLIN)

    found = assign(team, people(team, anna=closed, ben=closed, dora=ALWAYS), at(NIGHT), exclude={"dora"})

    assert (found.owner, found.held_until) == ("", datetime(2026, 11, 24, 8, tzinfo=UTC))


@pytest.mark.parametrize("pick", list(Pick))
def test_a_lead_is_held_until_the_first_member_opens(pick: Pick) -> None:
    team = dach(pick, anna=1, carl=1)
    everybody = people(team, carl=Schedule(hours=BOSTON), anna=Schedule(hours=BERLIN))

    found = assign(team, everybody, at(FRIDAY_NIGHT))

    assert (found.owner, found.team, found.rotation) == ("", "dach", None)
    assert found.held_until == datetime(2026, 11, 30, 8, tzinfo=UTC)
    assert list(found.why) == ["anna", "carl"]

    opened = assign(team, everybody, at(found.held_until))

    assert opened.held_until is None
    assert opened.owner == ("anna" if pick is Pick.TURNS else "")


def test_where_only_limits_stand_in_the_way_it_is_looked_at_again_soon() -> None:
    team = dach(limit=1)
    everybody = people(team, anna=ALWAYS, ben=Schedule(hours=BERLIN))

    now, late = at(NOON, {"anna": 1, "ben": 1}), at(NIGHT, {"anna": 1, "ben": 0})

    assert assign(team, everybody, now).held_until == NOON + timedelta(minutes=15)
    assert assign(team, everybody, late).held_until == NIGHT + timedelta(minutes=15)


def test_whoever_is_closed_and_full_is_waited_for_only_when_nobody_else_comes() -> None:
    team = dach(limit=1, anna=1, carl=1)
    everybody = people(team, anna=Schedule(hours=BERLIN), carl=Schedule(hours=BOSTON))
    berlin_opens, boston_opens = datetime(2026, 11, 24, 8, tzinfo=UTC), datetime(2026, 11, 24, 13, 30, tzinfo=UTC)

    assert assign(team, everybody, at(NIGHT, {"anna": 1})).held_until == boston_opens
    assert assign(team, everybody, at(NIGHT, {"anna": 1, "carl": 1})).held_until == berlin_opens


def test_where_nobody_ever_opens_it_is_looked_at_again_each_day() -> None:
    team = dach(anna=1)

    found = assign(team, people(team, anna=Schedule(hours=NEVER)), at(NOON))

    assert (found.owner, found.held_until) == ("", NOON + timedelta(days=1))


def test_where_everybody_had_the_lead_before_there_is_nothing_to_wait_for() -> None:
    team = dach()

    found = assign(team, people(team, anna=ALWAYS, ben=Schedule(hours=NEVER)), at(NOON), exclude={"anna", "ben"})

    assert (found.owner, found.team, found.held_until) == ("", "dach", None)


# ── another team steps in ──


def test_another_team_steps_in_with_its_own_turns() -> None:
    team = dach(instead="americas")
    other = Team(name="americas", pick=Pick.TURNS, members={"carl": 1, "dora": 1})
    closed = Schedule(hours=BERLIN)
    everybody = people(team, other, anna=closed, ben=closed, carl=ALWAYS, dora=ALWAYS)

    found = assign(team, everybody, at(NIGHT))

    assert (found.owner, found.team, found.held_until) == ("carl", "americas", None)
    assert found.rotation is not None
    assert set(found.rotation.stretch) == {"carl", "dora"}
    assert found.why == {"anna": "Anna works again at 09:00", "ben": "Ben works again at 09:00"}
    assert owners(team, everybody, 4, NIGHT) == ["carl", "dora", "carl", "dora"]


def test_another_team_of_first_to_claim_may_claim_it() -> None:
    team = dach(instead="americas", anna=1)
    other = Team(name="americas", pick=Pick.FIRST, members={"carl": 1})

    found = assign(team, people(team, other, anna=Schedule(hours=BERLIN), carl=ALWAYS), at(NIGHT))

    assert (found.owner, found.team, found.held_until) == ("", "americas", None)


def test_whoever_is_full_in_one_team_may_step_in_for_it_in_another() -> None:
    team = dach(instead="all", limit=1, anna=1)
    other = Team(name="all", pick=Pick.TURNS, members={"anna": 1})

    found = assign(team, people(team, other, anna=ALWAYS), at(NOON, {"anna": 1}))

    assert (found.owner, found.team, found.why) == ("anna", "all", {})


def test_the_second_teams_stand_in_gets_the_first_teams_lead() -> None:
    team = dach(instead="americas", anna=1)
    other = Team(name="americas", pick=Pick.TURNS, members={"carl": 1}, instead="dora")
    closed = Schedule(hours=BERLIN)

    found = assign(team, people(team, other, anna=closed, carl=closed, dora=closed), at(NIGHT))

    assert (found.owner, found.team) == ("dora", "dach")


@pytest.mark.parametrize(
    ("ours", "instead", "theirs", "opens"),
    [
        (BOSTON, "americas", BERLIN, datetime(2026, 11, 24, 8, tzinfo=UTC)),
        (BERLIN, "americas", BOSTON, datetime(2026, 11, 24, 8, tzinfo=UTC)),
        (BOSTON, "dach", BERLIN, datetime(2026, 11, 24, 13, 30, tzinfo=UTC)),
    ],
)
def test_teams_that_send_a_lead_round_in_a_circle_hold_it_until_one_of_them_opens(
    ours: Hours, instead: str, theirs: Hours, opens: datetime
) -> None:
    team = dach(instead=instead, anna=1)
    other = Team(name="americas", pick=Pick.TURNS, members={"carl": 1}, instead="dach")
    everybody = people(team, other, anna=Schedule(hours=ours), carl=Schedule(hours=theirs))

    found = assign(team, everybody, at(NIGHT))

    assert (found.owner, found.team, found.held_until) == ("", "dach", opens)


# ── laws ──

schedules = st.sampled_from(
    [ALWAYS, Schedule(hours=BERLIN), Schedule(hours=BOSTON), Schedule(hours=NEVER), Schedule(away=CHRISTMAS)]
)
NAMES = ("anna", "ben", "carl", "dora")


@given(
    pick=st.sampled_from(Pick),
    working=st.tuples(*[schedules] * 4),
    open_leads=st.dictionaries(st.sampled_from(NAMES), st.integers(0, 4)),
    exclude=st.sets(st.sampled_from(NAMES)),
    instead=st.sampled_from(["", "dora", "dach", "americas", "gone"]),
    now=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis adds it
)
def test_a_lead_is_given_claimable_or_held_and_every_skipped_member_has_a_reason(
    pick: Pick,
    working: tuple[Schedule, ...],
    open_leads: dict[str, int],
    exclude: set[str],
    instead: str,
    now: datetime,
) -> None:
    team = dach(pick, instead=instead, limit=2, anna=2, ben=1, carl=1)
    other = Team(name="americas", pick=Pick.TURNS, members={"carl": 1, "dora": 3}, instead="dach")
    everybody = people(team, other, **dict(zip(NAMES, working, strict=True)))

    found = assign(team, everybody, at(now, open_leads), exclude=exclude)

    assert found.owner not in exclude
    assert all(found.why.values())
    if found.rotation is not None:
        assert found.owner in everybody.teams[found.team].members
        assert found.owner not in found.why
    if found.held_until is not None:
        assert found.owner == ""
        assert found.held_until > now
        assert set(found.why) >= {"anna", "ben", "carl"}


# ── words ──


@pytest.mark.parametrize(
    ("balance", "words"),
    [
        (Fraction(2, 3), "owed 0.67"),
        (Fraction(-1, 3), "0.33 ahead"),
        (Fraction(), "even"),
        (Fraction(-1, 1000), "even"),
        (Fraction(3), "owed 3.00"),
    ],
)
def test_balances_in_words(balance: Fraction, words: str) -> None:
    assert owed_in_words(balance) == words
