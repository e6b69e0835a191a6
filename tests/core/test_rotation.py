"""The promise of turns: the exact share at every moment; when things change, no flood and nobody forgotten."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Collection, Mapping
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.rotation import Rotation, Standing, balance, next_turn, returned, standings, taken, upcoming

NAMES = [f"p{number}" for number in range(12)]
WHOLE = 1_000_000
MILLIONTH = Fraction(1, WHOLE)

a_team = st.dictionaries(st.sampled_from(NAMES), st.integers(1, 20), min_size=1, max_size=12)
some = st.sets(st.sampled_from(NAMES), min_size=1)
#: what happens to a team: members and weights, who is free, and how many leads come before the next change
changes = st.lists(st.tuples(a_team, some, st.integers(0, 40)), min_size=2, max_size=8)


def turn(state: Rotation, weights: Mapping[str, int], free: Collection[str]) -> tuple[str, Rotation]:
    found = next_turn(state, weights, free)
    assert found is not None
    return found


def after(state: Rotation, weights: Mapping[str, int], free: Collection[str], count: int) -> Rotation:
    for _ in range(count):
        _, state = turn(state, weights, free)
    return state


def distance(given_so_far: Mapping[str, int], weights: Mapping[str, int], turns: int) -> Fraction:
    """How far from the exact share somebody is."""
    total = sum(weights.values())
    return max(abs(given_so_far[name] - Fraction(turns * weight, total)) for name, weight in weights.items())


def furthest(weights: Mapping[str, int], turns: int) -> Fraction:
    """How far from the exact share anybody ever is in a team that begins."""
    state, so_far, worst = Rotation.empty(), Counter[str](), Fraction()
    for count in range(1, turns + 1):
        person, state = turn(state, weights, weights)
        so_far[person] += 1
        worst = max(worst, distance(so_far, weights, count))
    return worst


# ── while nothing changes ──


@given(weights=a_team)
def test_nobody_is_ever_a_lead_away_from_the_exact_share(weights: dict[str, int]) -> None:
    assert furthest(weights, min(200, 2 * sum(weights.values()))) < 1


@pytest.mark.parametrize("weights", [[20] * 4 + [1] * 8, [20, 1, 3, 1, 20, 20, 20, 1, 1], [10] * 5 + [1] * 5])
def test_teams_in_which_the_largest_balance_alone_strays_keep_the_promise(weights: list[int]) -> None:
    assert furthest(dict(zip(NAMES, weights, strict=False)), 200) < 1


def test_weights_far_apart_keep_the_promise_too() -> None:
    weights = dict(zip(NAMES, [1000, 1000, 1, 1, 1, 1, 1, 1], strict=False))

    assert furthest(weights, sum(weights.values())) < 1


def test_after_a_whole_round_everybody_has_exactly_their_weight() -> None:
    weights = {"anna": 3, "ben": 2, "carl": 1}

    people = upcoming(Rotation.empty(), weights, weights, 60)

    assert Counter(people) == {"anna": 30, "ben": 20, "carl": 10}
    assert balance(after(Rotation.empty(), weights, weights, 6), weights, weights) == dict.fromkeys(weights, 0)


@pytest.mark.parametrize(
    ("weights", "people"),
    [
        ({"anna": 2, "ben": 1}, "anna ben anna anna ben anna"),
        ({"anna": 1, "ben": 1, "carl": 1}, "anna ben carl anna ben carl"),
        ({"carl": 1, "ben": 1, "anna": 1}, "carl ben anna carl ben anna"),
        ({"anna": 3, "ben": 1}, "anna anna ben anna anna anna"),
        ({"anna": 5}, "anna anna anna anna anna anna"),
    ],
)
def test_turns_alternate_and_the_order_of_the_file_decides_between_equals(weights: dict[str, int], people: str) -> None:
    assert upcoming(Rotation.empty(), weights, weights, 6) == people.split()


def test_nobody_free_is_nobodys_turn() -> None:
    assert next_turn(Rotation.empty(), {"anna": 1}, ()) is None
    assert next_turn(Rotation.empty(), {"anna": 1}, {"a stranger"}) is None
    assert next_turn(Rotation.empty(), {"anna": 0}, {"anna"}) is None
    assert upcoming(Rotation.empty(), {"anna": 1}, (), 5) == []


# ── when something changes ──


@given(changes=changes)
def test_after_any_changes_balances_begin_within_one_and_the_stretch_keeps_its_bound(
    changes: list[tuple[dict[str, int], set[str], int]],
) -> None:
    state = Rotation.empty()
    for weights, free, turns in changes:
        here = {name: weight for name, weight in weights.items() if name in free}
        start = balance(state, weights, free)
        assert all(abs(owed) <= 1 for owed in start.values())

        so_far = Counter[str]()
        for count in range(1, turns + 1 if here else 1):
            person, state = turn(state, weights, free)
            so_far[person] += 1

            assert distance(so_far, here, count) < 2
            if not any(start[name] for name in here):
                assert distance(so_far, here, count) < 1
        now = balance(state, weights, free)
        for name, weight in here.items():
            share = Fraction(so_far.total() * weight, sum(here.values()))
            assert abs(now[name] - (start[name] + share - so_far[name])) <= MILLIONTH


def course(start: Mapping[str, Fraction], weights: Mapping[str, int], name: str, turns: int) -> Fraction:
    """What a member should have after so many turns: the ahead wait, the owed get what these leave."""
    total = sum(weights.values())
    by_weight = {each: Fraction(turns * weight, total) for each, weight in weights.items()}
    if start[name] <= 0:
        return max(Fraction(), by_weight[name] + start[name])
    debts = {each: -owed for each, owed in start.items() if owed < 0}
    repaid = sum(min(by_weight[each], debt) for each, debt in debts.items())
    return by_weight[name] + start[name] * repaid / sum(debts.values())


@given(weights=a_team, chosen=st.randoms(use_true_random=False), is_wide=st.booleans())
def test_whatever_balances_are_brought_along_nobody_is_a_lead_away_from_their_course(
    weights: dict[str, int], chosen: random.Random, is_wide: bool
) -> None:
    brought = {name: chosen.choice([-WHOLE, WHOLE]) if is_wide else chosen.randint(-WHOLE, WHOLE) for name in weights}

    assert furthest_from_course(brought, weights, 40) < 1


def test_many_who_are_owed_a_lead_do_not_starve_whoever_has_the_largest_share() -> None:
    weights = dict(zip(NAMES, [20] + [1] * 10, strict=False))
    brought = dict(zip(NAMES, [0] + [WHOLE] * 5 + [-WHOLE] * 5, strict=False))

    assert furthest_from_course(brought, weights, 60) < 1


def furthest_from_course(brought: Mapping[str, int], weights: Mapping[str, int], turns: int) -> Fraction:
    """How far anybody ever is from their course, when all return with balances in millionths."""
    state = Rotation.from_json({"stretch": {}, "absent": dict(brought), "to_make_good": {}, "made_good": False})
    start, so_far, worst = balance(state, weights, weights), Counter[str](), Fraction()
    for count in range(1, turns + 1):
        person, state = turn(state, weights, weights)
        so_far[person] += 1
        worst = max(worst, *(abs(so_far[name] - course(start, weights, name, count)) for name in weights))
    return worst


@given(weights=a_team, missed=st.integers(1, 120), following=st.integers(1, 60), before=st.integers(0, 30))
def test_an_absence_brings_no_flood(weights: dict[str, int], missed: int, following: int, before: int) -> None:
    absent, *others = weights
    state = after(Rotation.empty(), weights, weights, before)
    if others:
        state = after(state, weights, others, missed)

    people = upcoming(state, weights, weights, following)

    share = Fraction(following * weights[absent], sum(weights.values()))
    assert people.count(absent) <= share + 2


@pytest.mark.parametrize("chance", [0.5, 0.8, 0.97])
def test_availability_that_changes_with_every_lead_costs_nobody_their_share(chance: float) -> None:
    chosen = random.Random(7)
    weights = {"anna": 9, "ben": 5, "carl": 3, "dora": 2, "emil": 1, "fay": 1}
    state, so_far, deserved = Rotation.empty(), Counter[str](), dict.fromkeys(weights, Fraction())
    for _ in range(400):
        free = [name for name in weights if chosen.random() < chance] or ["emil"]
        total = sum(weights[name] for name in free)
        deserved = {name: owed + Fraction(weights[name] * (name in free), total) for name, owed in deserved.items()}
        person, state = turn(state, weights, free)
        so_far[person] += 1

        assert all(abs(so_far[name] - deserved[name]) < 2 for name in weights)


@given(before=a_team, turns=st.integers(0, 60), chosen=st.randoms(use_true_random=False))
def test_editing_weights_resets_nothing(before: dict[str, int], turns: int, chosen: random.Random) -> None:
    state = after(Rotation.empty(), before, before, turns)
    edited = {name: chosen.randint(1, 20) for name in before}

    kept, now = balance(state, before, before), balance(state, edited, edited)

    assert all(abs(now[name] - kept[name]) <= 12 * MILLIONTH for name in before)


def test_whoever_was_next_is_next_after_an_edit() -> None:
    weights = {"anna": 1, "ben": 1, "carl": 1}
    state = after(Rotation.empty(), weights, weights, 2)

    assert upcoming(state, {"anna": 2, "ben": 2, "carl": 1}, weights, 1) == ["carl"]


def test_an_absent_member_finds_the_balance_they_left() -> None:
    weights = {"anna": 1, "ben": 1, "carl": 1}
    state = after(Rotation.empty(), weights, weights, 1)
    kept = balance(state, weights, weights)["carl"]

    state = after(state, weights, {"anna", "ben"}, 40)

    assert abs(balance(state, weights, {"anna", "ben"})["carl"] - kept) <= MILLIONTH
    assert abs(balance(state, weights, weights)["carl"] - kept) <= MILLIONTH


def test_whoever_is_new_begins_at_zero_and_whoever_left_is_forgotten() -> None:
    old, new = {"anna": 1, "ben": 1}, {"anna": 1, "carl": 1}
    state = returned(after(Rotation.empty(), old, old, 1), "ben")

    assert balance(state, {**old, "carl": 1}, old)["carl"] == 0

    state = after(state, new, new, 1)

    assert "ben" not in json.dumps(state.to_json())
    assert balance(state, {**new, "ben": 1}, new)["ben"] == 0


def test_when_the_whole_team_is_there_balances_sum_to_zero_again() -> None:
    old = {"anna": 1, "ben": 1, "carl": 1}
    state = after(Rotation.empty(), old, old, 1)
    rest = {"ben": 2, "carl": 1}

    now = balance(state, rest, rest)

    assert sum(now.values()) == 0
    assert now["ben"] < now["carl"]  # the lead that anna had too many would have been shared out by weight


def test_a_removed_member_is_forgotten_even_while_nothing_changes_for_the_others() -> None:
    weights = {"anna": 1, "ben": 1, "carl": 1}
    state = after(after(Rotation.empty(), weights, weights, 1), weights, {"anna", "ben"}, 2)
    assert "carl" in state.absent

    state = after(state, {"anna": 1, "ben": 1}, {"anna", "ben"}, 1)

    assert "carl" not in state.absent


def test_a_balance_beyond_one_is_brought_to_one_by_the_next_change() -> None:
    free = {"anna", "ben"}
    weights = {"anna": 1, "ben": 1, "carl": 1}
    state = after(Rotation.empty(), weights, free, 2)
    for _ in range(6):
        state = taken(state, "anna")
    assert balance(state, weights, free) == {"anna": -3, "ben": 3, "carl": 0}

    edited = {"anna": 3, "ben": 2, "carl": 1}

    assert balance(state, edited, free) == {"anna": -1, "ben": 1, "carl": 0}


def test_balances_are_levelled_within_one() -> None:
    stored = {name: {"weight": weight, "start": start, "given": 0} for name, weight, start in WIDE}
    state = Rotation.from_json({"stretch": stored, "absent": {}, "to_make_good": {}, "made_good": False})
    weights = {name: weight + 1 for name, weight, _ in WIDE}

    now = balance(state, weights, weights)

    assert sum(now.values()) == 0
    assert all(abs(owed) <= 1 for owed in now.values())


WIDE = [("anna", 40, -1_000_000), ("ben", 1, 900_000), ("carl", 1, 900_000), ("dora", 1, 900_001), ("emil", 7, -5)]


# ── turns given back ──


def test_a_turn_given_back_is_made_good_at_once() -> None:
    weights = {"anna": 1, "ben": 1, "carl": 1}
    state = returned(after(Rotation.empty(), weights, weights, 2), "anna")

    assert upcoming(state, weights, weights, 4) == ["anna", "carl", "anna", "ben"]


def test_whoever_gave_back_most_comes_first() -> None:
    weights = {"anna": 1, "ben": 1, "carl": 1}
    state = after(Rotation.empty(), weights, weights, 6)
    for person in ("anna", "carl", "carl"):
        state = returned(state, person)

    assert upcoming(state, weights, weights, 1) == ["carl"]


@given(weights=a_team, turns=st.integers(1, 40), junk=st.integers(1, 6), chosen=st.randoms(use_true_random=False))
def test_turns_given_back_are_all_made_good_and_then_the_share_is_exact(
    weights: dict[str, int], turns: int, junk: int, chosen: random.Random
) -> None:
    state, so_far = Rotation.empty(), Counter[str]()
    for _ in range(turns):
        person, state = turn(state, weights, weights)
        so_far[person] += 1
    unlucky = chosen.choices(list(so_far), k=min(junk, turns))
    for person in unlucky:
        state, so_far[person] = returned(state, person), so_far[person] - 1

    for _ in range(2 * len(unlucky)):
        person, state = turn(state, weights, weights)
        so_far[person] += 1

    assert distance(so_far, weights, so_far.total()) < 1
    assert not any(each.to_make_good for each in standings(state, weights, weights))


def test_twenty_turns_given_back_at_once_leave_others_half_of_the_next_ones() -> None:
    weights = {"anna": 1, "ben": 1, "carl": 1}
    state = after(Rotation.empty(), weights, weights, 60)
    for _ in range(20):
        state = returned(state, "anna")

    people = upcoming(state, weights, weights, 40)

    assert people.count("anna") == 20 + 7
    assert {tuple(people[at : at + 4]) for at in range(37)}.isdisjoint({("anna",) * 4})


def test_a_turn_given_back_waits_for_its_person() -> None:
    weights = {"anna": 1, "ben": 1}
    state = returned(after(Rotation.empty(), weights, weights, 2), "anna")

    state = after(state, weights, {"ben"}, 5)

    assert upcoming(state, weights, weights, 3).count("anna") == 2
    assert upcoming(state, weights, weights, 1) == ["anna"]


def test_a_turn_given_back_in_an_earlier_stretch_counts_as_well() -> None:
    weights = {"anna": 1, "ben": 1}
    state = after(Rotation.empty(), weights, weights, 2)
    state = after(state, {"anna": 1, "ben": 3}, weights, 1)
    for _ in range(3):
        state = returned(state, "anna")

    assert balance(state, weights, weights)["anna"] > 2
    assert upcoming(state, weights, weights, 6).count("anna") >= 4


@given(weights=a_team, turns=st.integers(1, 40))
def test_a_turn_that_counts_after_all_leaves_no_trace(weights: dict[str, int], turns: int) -> None:
    state = after(Rotation.empty(), weights, weights, turns)
    person = next(iter(weights))

    assert taken(returned(state, person), person) == state


def test_a_turn_that_counts_after_all_when_it_was_made_good_already_is_paid_back() -> None:
    weights = {"anna": 1, "ben": 1}
    state = returned(after(Rotation.empty(), weights, weights, 2), "anna")
    state = taken(after(state, weights, weights, 1), "anna")

    assert upcoming(state, weights, weights, 1) == ["ben"]
    assert Counter(upcoming(state, weights, weights, 21)) == {"anna": 10, "ben": 11}


def test_a_turn_of_somebody_absent_or_gone_can_count_after_all() -> None:
    weights = {"anna": 1, "ben": 1}
    away = after(after(Rotation.empty(), weights, weights, 2), weights, {"ben"}, 1)

    assert balance(taken(away, "anna"), weights, weights)["anna"] < 0
    assert taken(away, "a stranger") == away


# ── the ledger ──


def test_the_ledger_tells_of_each_member_in_the_order_of_the_file() -> None:
    weights = {"carl": 1, "anna": 2, "ben": 1}
    state = after(Rotation.empty(), weights, {"anna", "ben"}, 4)

    carl, anna, ben = standings(returned(state, "ben"), weights, {"anna", "ben"})

    nothing = Fraction()
    assert carl == Standing(
        person="carl", weight=1, is_free=False, given=0, share=nothing, balance=nothing, to_make_good=0
    )
    assert anna == Standing(
        person="anna",
        weight=2,
        is_free=True,
        given=3,
        share=Fraction(8, 3),
        balance=Fraction(-1, 3),
        to_make_good=0,
    )
    assert (ben.given, ben.share) == (1, Fraction(4, 3))
    assert (ben.to_make_good, ben.balance) == (1, Fraction(4, 3))


def test_what_comes_is_what_was_announced_and_looking_changes_nothing() -> None:
    weights = {"anna": 5, "ben": 3, "carl": 1}
    state = returned(after(Rotation.empty(), weights, {"anna", "carl"}, 7), "carl")
    before = json.dumps(state.to_json())

    announced = upcoming(state, weights, weights, 9)

    came = []
    for _ in range(9):
        person, state = turn(state, weights, weights)
        came.append(person)
    assert came == announced
    assert before != json.dumps(state.to_json())


# ── stored and read again ──


@given(changes=changes)
def test_a_stored_state_goes_on_as_if_it_had_never_been_stored(
    changes: list[tuple[dict[str, int], set[str], int]],
) -> None:
    state = Rotation.empty()
    for weights, free, turns in changes:
        if next_turn(state, weights, free) is not None:
            state = after(state, weights, free, turns)
        state = returned(state, next(iter(weights)))

        again = Rotation.from_json(json.loads(json.dumps(state.to_json(), sort_keys=True)))

        assert again == state
        assert upcoming(again, weights, weights, 10) == upcoming(state, weights, weights, 10)


def test_an_empty_state_is_stored_as_well() -> None:
    assert Rotation.from_json(Rotation.empty().to_json()) == Rotation.empty()


WELL = {
    "stretch": {"anna": {"weight": 1, "start": 0, "given": 3}},
    "absent": {"ben": 5},
    "to_make_good": {"ben": 1},
    "made_good": False,
}


def _with(**changed: object) -> dict[str, object]:
    return {**WELL, **changed}


def _without(key: str) -> dict[str, object]:
    return {name: value for name, value in WELL.items() if name != key}


@pytest.mark.parametrize(
    "stored",
    [
        None,
        [],
        _without("stretch"),
        _without("made_good"),
        _with(stretch=[]),
        _with(stretch={"anna": 3}),
        _with(stretch={"anna": {"weight": 1, "start": 0}}),
        _with(stretch={"anna": {"weight": 0, "start": 0, "given": 0}}),
        _with(stretch={"anna": {"weight": 1, "start": 0.5, "given": 0}}),
        _with(stretch={"anna": {"weight": 1, "start": 0, "given": -1}}),
        _with(stretch={"anna": {"weight": 10**30, "start": 0, "given": 0}}),
        _with(absent={"ben": 1_000_001}),
        _with(absent={"ben": True}),
        _with(to_make_good={"ben": 0}),
        _with(made_good="no"),
    ],
)
def test_what_is_no_state_is_refused(stored: object) -> None:
    Rotation.from_json(WELL)

    with pytest.raises((KeyError, TypeError, ValueError)):
        Rotation.from_json(stored)
