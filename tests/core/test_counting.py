"""Each difference between two lists of leads has a name, and exactly one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.core.counting import Comparison, Listed, OurLeads, compare

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def listed(*names: str) -> list[Listed]:
    return [Listed(response_id=name, submitted_at=NOW) for name in names]


def ours(*names: str, erased: Sequence[str] = (), on_their_way: Sequence[str] = ()) -> OurLeads:
    return OurLeads(
        whole={(name, NOW): f"l-{name}" for name in names},
        erased={(name, NOW) for name in erased},
        on_their_way={name: f"l-{name}" for name in on_their_way},
    )


def test_the_same_leads_agree_whatever_their_order() -> None:
    comparison = compare(listed("b", "a"), ours("a", "b"))

    assert comparison.agrees
    assert (comparison.theirs, comparison.ours) == (2, 2)


def test_each_difference_has_its_name() -> None:
    comparison = compare(
        listed("a", "new", "way", "forgotten"), ours("a", "gone", erased=["forgotten"], on_their_way=["way"])
    )

    assert comparison == Comparison(
        theirs=4, ours=3, missing=(("new", NOW),), waiting=("l-way",), gone=("l-gone",), common=1
    )


def test_whoever_was_erased_here_and_is_gone_there_is_no_difference() -> None:
    assert compare([], ours(erased=["a"])).agrees


def test_whoever_was_erased_before_being_fetched_is_no_difference() -> None:
    here = OurLeads(whole={}, erased=(), on_their_way={}, erased_unseen={"a"})

    comparison = compare(listed("a"), here)

    assert comparison.agrees
    assert (comparison.theirs, comparison.ours) == (1, 1)


def test_the_same_response_id_at_another_time_is_another_lead() -> None:
    again = [*listed("a"), Listed(response_id="a", submitted_at=NOW + timedelta(hours=1))]

    assert compare(again, ours("a")).missing == (("a", NOW + timedelta(hours=1)),)


def test_one_gone_among_others_may_be_doubted() -> None:
    assert compare(listed("a"), ours("a", "b")).may_doubt
    assert not compare(listed("a"), ours("a", "b", "c")).may_doubt
    assert compare(listed(*map(str, range(100))), ours(*map(str, range(105)))).may_doubt
    assert not compare(listed(*map(str, range(100))), ours(*map(str, range(106)))).may_doubt


def test_an_empty_list_may_only_mean_that_the_member_lost_a_role() -> None:
    assert not compare(listed(), ours("a")).may_doubt


def test_test_leads_count_on_neither_side() -> None:
    test = Listed(response_id="t", submitted_at=NOW, is_test=True)

    comparison = compare([*listed("a"), test], ours("a"))

    assert comparison.agrees
    assert (comparison.theirs, comparison.ours) == (1, 1)


@given(st.sets(st.integers(0, 40)), st.sets(st.integers(0, 40)), st.sets(st.integers(0, 40)))
def test_what_is_missing_or_gone_is_the_whole_difference(there: set[int], here: set[int], erased: set[int]) -> None:
    erased -= here
    comparison = compare(listed(*map(str, there)), ours(*map(str, here), erased=list(map(str, erased))))

    assert {name for name, _ in comparison.missing} == {str(each) for each in there - here - erased}
    assert set(comparison.gone) == {f"l-{each}" for each in here - there}
