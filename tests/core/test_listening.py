"""When is silence odd, and what is the likeliest cause of a late lead?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.listening import Alarm, Heard, LateCause, Sign, Span, Troubles, judge, why_late

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)

WELL = Heard(expects_challenges=True, challenge_at=NOW - HOUR, listening_since=NOW - 30 * HOUR)


def test_a_challenge_within_two_and_a_half_hours_is_well() -> None:
    assert judge(replace(WELL, challenge_at=NOW - 150 * MINUTE), now=NOW) is None


def test_no_challenge_for_longer_is_an_alarm_since_the_last_one() -> None:
    heard = replace(WELL, challenge_at=NOW - 151 * MINUTE)

    assert judge(heard, now=NOW) == Alarm(sign=Sign.UNCHALLENGED, since=heard.challenge_at or NOW)


def test_after_a_restart_linkedin_has_its_two_and_a_half_hours_again() -> None:
    heard = replace(WELL, challenge_at=NOW - 9 * HOUR, listening_since=NOW - 2 * HOUR)

    assert judge(heard, now=NOW) is None
    assert judge(heard, now=NOW + HOUR) is not None


def test_who_never_subscribed_misses_no_challenge() -> None:
    heard = replace(WELL, challenge_at=None, expects_challenges=False)

    assert judge(heard, now=NOW) is None


def test_who_is_not_posted_to_misses_nothing() -> None:
    missed = [NOW - 30 * MINUTE, NOW - 20 * MINUTE, NOW - 10 * MINUTE]
    lately = leads_every(HOUR, last=NOW - 99 * HOUR)

    assert judge(replace(WELL, expects_challenges=False, missed_since=missed, leads_at=lately), now=NOW) is None


def test_three_leads_that_only_the_pull_found_are_no_accident() -> None:
    missed = [NOW - 30 * MINUTE, NOW - 20 * MINUTE, NOW - 10 * MINUTE]

    assert judge(replace(WELL, missed_since=missed[:2]), now=NOW) is None
    assert judge(replace(WELL, missed_since=missed), now=NOW) == Alarm(sign=Sign.MISSED, since=missed[0])


def leads_every(gap: timedelta, *, last: datetime, count: int = 30) -> list[datetime]:
    return sorted(last - gap * number for number in range(count))


def test_twice_the_longest_pause_is_odd_where_leads_are_frequent() -> None:
    heard = replace(WELL, leads_at=leads_every(4 * HOUR, last=NOW - 9 * HOUR))

    assert judge(heard, now=NOW) == Alarm(sign=Sign.SILENT, since=NOW - 9 * HOUR)
    assert judge(heard, now=NOW - 2 * HOUR) is None


def test_a_night_without_leads_is_not_odd_even_for_a_busy_form() -> None:
    heard = replace(WELL, leads_at=leads_every(MINUTE, last=NOW - 6 * HOUR))

    assert judge(heard, now=NOW) is None


def test_few_leads_make_no_habit() -> None:
    heard = replace(WELL, leads_at=leads_every(HOUR, last=NOW - 27 * HOUR, count=19))

    assert judge(heard, now=NOW) is None


def test_a_weekend_is_part_of_the_habit() -> None:
    week = [NOW - timedelta(days=day, hours=hour) for day in (3, 4, 5, 6, 7, 10, 11, 12) for hour in (0, 2, 4)]

    assert judge(replace(WELL, leads_at=sorted(week)), now=NOW) is None


@pytest.mark.parametrize(
    ("troubles", "cause"),
    [
        (Troubles(), LateCause.LOST),
        (Troubles(token=[Span(since=NOW - HOUR, until=None)]), LateCause.TOKEN),
        (Troubles(blocked=[Span(since=NOW - HOUR, until=NOW + HOUR)]), LateCause.BLOCKED),
        (Troubles(blocked=[Span(since=NOW - HOUR, until=NOW)]), LateCause.LOST),
        (Troubles(unsubscribed=[Span(since=NOW - HOUR, until=NOW + HOUR)]), LateCause.UNSUBSCRIBED),
        (
            Troubles(down=[Span(since=NOW, until=NOW + MINUTE)], token=[Span(since=NOW - HOUR, until=None)]),
            LateCause.DOWN,
        ),
    ],
)
def test_the_cause_is_what_did_not_work_when_the_form_was_sent(troubles: Troubles, cause: LateCause) -> None:
    assert why_late(NOW, troubles) is cause


@given(st.lists(st.integers(0, 60 * 24 * 40), max_size=60), st.integers(0, 60 * 24))
def test_a_lead_that_comes_now_ends_every_silence(ages: list[int], quiet: int) -> None:
    leads = sorted([*(NOW - MINUTE * age for age in ages), NOW - MINUTE * min(quiet, 359)])

    assert judge(replace(WELL, leads_at=leads), now=NOW) is None
