"""What a failure leads to, as a table: the kind of error, the age and the kind of work decide, nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.delivery import Again, Dead, DeliveryKind, Receipt, Sent, Target, Unknown
from bot.core.errors import (
    AmbiguousError,
    Forbidden,
    MalformedMessage,
    NotFound,
    OutageError,
    PermanentError,
    RateLimited,
    TargetError,
    TemporaryError,
    UnfamiliarError,
    UpstreamError,
)
from bot.core.ids import DeliveryId, LeadId
from bot.core.lead import LeadState
from bot.core.retry import (
    MAX_STARTS,
    RetryPolicy,
    after_failed_edit,
    after_failed_fetch,
    after_failed_look,
    after_failed_send,
    after_look,
    back_off,
    pause_for,
    without_a_call,
)
from bot.core.work import DeliveryWork, LeadWork

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
POLICY = RetryPolicy()
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def work(**changes: object) -> DeliveryWork:
    fresh = DeliveryWork(
        id=DeliveryId("d1"),
        kind=DeliveryKind.ALERT,
        destination="slack",
        target=Target(destination="slack", address="#leads"),
        is_lookup=False,
        is_refused=False,
        attempts=1,
        starts=1,
        looks=0,
        created_at=NOW,
        first_tried_at=NOW,
        tried_at=NOW,
        is_plain=False,
        is_possible_repeat=False,
        lead=None,
        text="",
    )
    return replace(fresh, **changes)  # type: ignore[arg-type]  # fields by name


def lead_work(**changes: object) -> LeadWork:
    fresh = LeadWork(
        id=LeadId("l1"),
        response_id="r",
        received_at=NOW,
        first_tried_at=NOW,
        tries=0,
        starts=1,
        state=LeadState.RECEIVED,
    )
    return replace(fresh, **changes)  # type: ignore[arg-type]  # fields by name


PRIVATE = {"kind": DeliveryKind.PRIVATE}
LIMIT = RateLimited("slow", retry_after=30 * SECOND)


@pytest.mark.parametrize(
    ("error", "changes", "wanted"),
    [
        (AmbiguousError("cut"), {}, Unknown(due_at=NOW + 5 * SECOND, error="cut")),
        (MalformedMessage("bad"), {}, Again(due_at=NOW, error="bad", make_plain=True)),
        (MalformedMessage("bad"), {"is_plain": True}, Dead(error="bad")),
        (TargetError("gone", advice="mend"), {}, Dead(error="gone", advice="mend", is_target_down=True)),
        (TargetError("gone"), PRIVATE, Dead(error="gone")),
        (PermanentError("no"), {}, Dead(error="no")),
        (NotFound("no"), {}, Dead(error="no")),
        (Forbidden("no"), {}, Dead(error="no")),
        (UnfamiliarError("odd"), {"attempts": 2}, Again(due_at=NOW + 5 * SECOND, error="odd")),
        (UnfamiliarError("odd"), {"attempts": 3}, Dead(error="odd")),
        (TemporaryError("busy"), {}, Again(due_at=NOW + 2 * SECOND, error="busy")),
        (TemporaryError("busy", retry_after=HOUR), {}, Again(due_at=NOW + HOUR, error="busy")),
        (TemporaryError("busy", retry_after=SECOND), {}, Again(due_at=NOW + 2 * SECOND, error="busy")),
        (TemporaryError("busy", code="503"), {}, Again(due_at=NOW + 2 * SECOND, error="busy (503)")),
        (TemporaryError("busy: 503", code="503"), {}, Again(due_at=NOW + 2 * SECOND, error="busy: 503")),
        (LIMIT, {}, Again(due_at=NOW, error="slow", counts=False)),
        (OutageError("out"), {}, Again(due_at=NOW, error="out", counts=False)),
        (TemporaryError("busy"), {"created_at": NOW - 24 * HOUR}, Dead(error="gave up: busy")),
        (OutageError("out"), {"created_at": NOW - 24 * HOUR}, Dead(error="gave up: out")),
        (TemporaryError("busy"), {**PRIVATE, "created_at": NOW - 10 * MINUTE}, Dead(error="gave up: busy")),
    ],
)
def test_after_a_failed_attempt(error: UpstreamError, changes: dict[str, object], wanted: object) -> None:
    assert after_failed_send(error, work(**changes), POLICY, now=NOW, jitter=0) == wanted


def test_a_private_answer_with_an_unknown_end_is_over() -> None:
    assert isinstance(after_failed_send(AmbiguousError("cut"), work(**PRIVATE), POLICY, now=NOW, jitter=0), Dead)


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, None),
        ({"is_refused": True}, Dead),
        ({"starts": MAX_STARTS}, None),
        ({"starts": MAX_STARTS + 1}, Dead),
        (PRIVATE, None),
        ({**PRIVATE, "created_at": NOW - 10 * MINUTE}, Dead),
        ({**PRIVATE, "is_lookup": True, "tried_at": NOW - HOUR}, Dead),
        ({"is_lookup": True}, Unknown),
        ({"is_lookup": True, "tried_at": NOW - 5 * SECOND}, None),
        ({"is_lookup": True, "tried_at": NOW - 5 * SECOND, "starts": MAX_STARTS + 1}, None),
        ({"is_lookup": True, "tried_at": NOW - 5 * SECOND, "starts": 2 * MAX_STARTS + 1}, Dead),
        ({"is_lookup": True, "tried_at": NOW + HOUR}, None),
        ({"created_at": NOW - 48 * HOUR}, None),
    ],
    ids=[
        "an attempt",
        "refused",
        "the fifth start",
        "the sixth",
        "a private answer",
        "one nobody waits for",
        "one whose end is unknown",
        "too early to look",
        "a look",
        "a look after five starts",
        "a look that ended the process too often",
        "a look after the clock was set back",
        "an old alert is still an alert",
    ],
)
def test_before_anybody_is_asked(changes: dict[str, object], wanted: type | None) -> None:
    decided = without_a_call(work(**changes), POLICY, now=NOW)

    assert decided is None if wanted is None else isinstance(decided, wanted)


def test_too_early_says_when_and_keeps_count() -> None:
    decided = without_a_call(work(is_lookup=True, tried_at=NOW - SECOND, looks=1), POLICY, now=NOW)

    assert decided == Unknown(due_at=NOW + 4 * SECOND, error="waiting before looking", looks=1)


def test_a_look_that_finds_it_is_the_receipt() -> None:
    receipt = Receipt(address="C1", message="1.0")

    assert after_look(receipt, work(is_lookup=True), POLICY, now=NOW) == Sent(receipt=receipt)


def test_one_look_that_finds_nothing_is_followed_by_another_and_two_are_enough() -> None:
    first = after_look(None, work(is_lookup=True), POLICY, now=NOW)
    second = after_look(None, work(is_lookup=True, looks=1), POLICY, now=NOW)

    assert first == Unknown(due_at=NOW + 10 * SECOND, error="not seen yet in the channel", looks=1)
    assert isinstance(second, Again)
    assert not second.is_possible_repeat


@pytest.mark.parametrize("error", [Forbidden("no scope"), NotFound("no channel"), TargetError("archived")])
def test_where_nobody_can_ever_be_asked_it_is_a_possible_repeat(error: UpstreamError) -> None:
    outcome = after_failed_look(error, work(is_lookup=True), POLICY, now=NOW, jitter=0)

    assert isinstance(outcome, Again)
    assert outcome.is_possible_repeat


@pytest.mark.parametrize("error", [TemporaryError("busy"), LIMIT, OutageError("out")])
def test_a_look_that_fails_for_now_is_no_look_and_no_repeat(error: UpstreamError) -> None:
    outcome = after_failed_look(error, work(is_lookup=True, looks=1), POLICY, now=NOW, jitter=0)

    assert isinstance(outcome, Unknown)
    assert outcome.looks == 1
    assert outcome.due_at > NOW


def test_after_a_day_nobody_is_asked_any_more() -> None:
    old = work(is_lookup=True, created_at=NOW - 24 * HOUR)

    assert isinstance(after_failed_look(TemporaryError("busy"), old, POLICY, now=NOW, jitter=0), Dead)


@given(st.integers(0, 1000), st.floats(0, 1))
def test_the_wait_grows_and_stays_within_its_bounds(tries: int, jitter: float) -> None:
    assert 2 * SECOND <= back_off(tries, jitter) <= 15 * MINUTE * 1.25
    assert back_off(tries, jitter) <= back_off(tries + 1, jitter)
    assert back_off(tries, 0) <= back_off(tries, jitter)


@given(st.timedeltas(timedelta(0), timedelta(hours=24)), st.floats(0, 1))
def test_looks_that_fail_become_rarer_but_never_stop(waited: timedelta, jitter: float) -> None:
    failed = work(is_lookup=True, tried_at=NOW - waited)

    outcome = after_failed_look(TemporaryError("busy"), failed, POLICY, now=NOW, jitter=jitter)

    assert isinstance(outcome, Unknown)
    assert 2 * SECOND <= outcome.due_at - NOW <= 15 * MINUTE * 1.25


@pytest.mark.parametrize(
    ("error", "changes", "state", "wait", "counts"),
    [
        (NotFound("404"), {}, "waiting_for_linkedin", 2 * SECOND, True),
        (NotFound("404"), {"first_tried_at": NOW - 10 * MINUTE}, "parked", HOUR, True),
        (Forbidden("403"), {}, "parked", HOUR, True),
        (PermanentError("400"), {}, "parked", HOUR, True),
        (TemporaryError("503"), {}, "waiting_for_linkedin", 2 * SECOND, True),
        (AmbiguousError("cut"), {"tries": 1}, "waiting_for_linkedin", 5 * SECOND, True),
        (TemporaryError("503"), {"first_tried_at": NOW - 24 * HOUR}, "parked", HOUR, True),
        (LIMIT, {}, "waiting_for_linkedin", timedelta(0), False),
        (OutageError("426"), {"first_tried_at": NOW - 48 * HOUR}, "waiting_for_linkedin", timedelta(0), False),
    ],
)
def test_a_lead_that_could_not_be_fetched(
    error: UpstreamError, changes: dict[str, object], state: str, wait: timedelta, counts: bool
) -> None:
    postponed = after_failed_fetch(error, lead_work(**changes), POLICY, now=NOW, jitter=0)

    assert (postponed.state, postponed.due_at, postponed.counts) == (state, NOW + wait, counts)


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (PermanentError("gone"), None),
        (LIMIT, NOW),
        (OutageError("out"), NOW),
        (TemporaryError("busy"), NOW + 2 * SECOND),
        (AmbiguousError("cut"), NOW + 2 * SECOND),
    ],
)
def test_a_message_that_could_not_be_brought_up_to_date(error: UpstreamError, wanted: datetime | None) -> None:
    assert after_failed_edit(error, 0, now=NOW, jitter=0) == wanted


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (LIMIT, 30 * SECOND),
        (OutageError("out"), 60 * SECOND),
        (OutageError("out", retry_after=HOUR), HOUR),
        (TemporaryError("busy", retry_after=HOUR), None),
        (AmbiguousError("cut"), None),
        (TargetError("gone"), None),
    ],
)
def test_what_closes_an_upstream_and_for_how_long(error: UpstreamError, wanted: timedelta | None) -> None:
    assert pause_for(error, POLICY, strikes=1, now=NOW) == wanted
