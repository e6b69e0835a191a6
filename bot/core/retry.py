"""What a failure leads to: age, not the count of attempts, ends a delivery; a lead not yet fetched waits for ever."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.delivery import Again, Dead, DeliveryKind, Outcome, Receipt, Sent, Unknown
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
from bot.core.lead import LeadState
from bot.core.work import DeliveryWork, LeadWork, Postponed, StillThere

_BACK_OFF = tuple(timedelta(seconds=seconds) for seconds in (2, 5, 15, 60, 300, 900))

#: Attempts of one row that ended with the process: the row itself is the likely cause.
MAX_STARTS = 5

#: A code that nobody documented may be a passing fault; so often, then a person must look.
_UNFAMILIAR_TRIES = 3


_NOT_SAID_TWICE = "an answer that only one person sees cannot be looked for, and is not said twice"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How long things are tried. The defaults are the product's; tests shorten the waits."""

    give_up_after: timedelta = timedelta(hours=24)  #: age of a delivery at which it goes dead
    private_give_up_after: timedelta = timedelta(minutes=10)  #: nobody waits longer for an answer to a press
    look_after: timedelta = timedelta(seconds=5)  #: an unknown attempt may still be on its way for so long
    look_again_after: timedelta = timedelta(seconds=10)  #: two looks that find nothing, so far apart, are enough
    looks: int = 2
    not_found_for: timedelta = timedelta(minutes=10)  #: a fresh lead may not be readable yet for so long
    parked_every: timedelta = timedelta(hours=1)  #: a parked lead is tried this often: a person may have mended it
    outage_wait: timedelta = timedelta(seconds=60)  #: the first wait for an upstream that is out; then longer ones
    breaker_failures: int = 5  #: so many failures in a row, and the upstream is left alone for a while
    breaker_wait: timedelta = timedelta(seconds=5)  #: the first such while; each in vain doubles it, up to 2 min


def back_off(tries: int, jitter: float) -> timedelta:
    """The wait after `tries` failures: 2 s … 15 min, stretched by up to a quarter (`jitter` from 0 to 1)."""
    step = _BACK_OFF[min(max(tries, 1), len(_BACK_OFF)) - 1]
    return step * (1 + jitter / 4)


def without_a_call(work: DeliveryWork, policy: RetryPolicy, *, now: datetime) -> Dead | Unknown | None:
    """What is decided before anybody outside is asked; None = make the attempt, or the look."""
    is_private = work.kind is DeliveryKind.PRIVATE
    if work.is_refused:
        return Dead(error="its target is known to be unreachable")
    if work.starts > (2 * MAX_STARTS if work.is_lookup else MAX_STARTS):  # looks are counted on top of attempts
        return Dead(error="its attempts ended the process again and again")
    if is_private and work.is_lookup:
        return Dead(error=_NOT_SAID_TWICE)
    if is_private and now - work.created_at >= policy.private_give_up_after:
        return Dead(error="nobody waits for this answer any more")
    return _too_early_to_look(work, policy, now=now) if work.is_lookup else None


def _too_early_to_look(work: DeliveryWork, policy: RetryPolicy, *, now: datetime) -> Unknown | None:
    """An attempt that was cut off a moment ago may still arrive; one from the future is from a clock set back since."""
    look_at = work.tried_at + policy.look_after
    is_early = work.tried_at <= now < look_at
    return Unknown(due_at=look_at, error="waiting before looking", looks=work.looks) if is_early else None


def after_failed_send(
    error: UpstreamError, work: DeliveryWork, policy: RetryPolicy, *, now: datetime, jitter: float
) -> Outcome:
    """What a failed attempt to send leads to."""
    if work.kind is DeliveryKind.PRIVATE and isinstance(error, AmbiguousError):
        return Dead(error=_NOT_SAID_TWICE)
    match error:
        case AmbiguousError():
            return Unknown(due_at=now + policy.look_after, error=_said(error))
        case MalformedMessage() if not work.is_plain:
            return Again(due_at=now, error=_said(error), make_plain=True)
        case TargetError():
            return Dead(error=_said(error), advice=error.advice, is_target_down=work.kind is not DeliveryKind.PRIVATE)
        case PermanentError():
            return Dead(error=_said(error), advice=error.advice)
        case UnfamiliarError() if work.attempts >= _UNFAMILIAR_TRIES:
            return Dead(error=_said(error), advice=error.advice)
    return _later(error, work, policy, now=now, jitter=jitter)


def _later(
    error: UpstreamError, work: DeliveryWork, policy: RetryPolicy, *, now: datetime, jitter: float
) -> Again | Dead:
    is_private = work.kind is DeliveryKind.PRIVATE
    if now - work.created_at >= (policy.private_give_up_after if is_private else policy.give_up_after):
        return Dead(error=f"gave up: {_said(error)}", advice=error.advice)
    if isinstance(error, OutageError | RateLimited):
        return Again(due_at=now, error=_said(error), counts=False)  # the pause of the upstream holds it
    wait = back_off(work.attempts, jitter)
    if isinstance(error, TemporaryError) and error.retry_after is not None:
        wait = max(wait, error.retry_after)
    return Again(due_at=now + wait, error=_said(error))


def after_look(found: Receipt | None, work: DeliveryWork, policy: RetryPolicy, *, now: datetime) -> Outcome:
    """What a look in the channel leads to: two that find nothing, far enough apart, and the message is sent again."""
    if found is not None:
        return Sent(receipt=found)
    looks = work.looks + 1
    if looks < policy.looks:
        return Unknown(due_at=now + policy.look_again_after, error="not seen yet in the channel", looks=looks)
    return Again(due_at=now, error="the attempt before never arrived")


def after_failed_look(
    error: UpstreamError, work: DeliveryWork, policy: RetryPolicy, *, now: datetime, jitter: float
) -> Outcome:
    """What it leads to when the channel could not be asked."""
    if isinstance(error, PermanentError):
        # nobody can ever say whether it is there: a lost lead is worse than a double card, which is marked as such
        return Again(due_at=now, error=_said(error), is_possible_repeat=True)
    if now - work.created_at >= policy.give_up_after:
        return Dead(error=f"gave up asking whether it arrived: {_said(error)}", advice=error.advice)
    return Unknown(due_at=now + _look_back_off(now - work.tried_at, jitter), error=_said(error), looks=work.looks)


def _look_back_off(waited: timedelta, jitter: float) -> timedelta:
    """Half as long again as has been waited already, so that many unknown ends do not storm an upstream that is out."""
    return min(max(waited / 2, _BACK_OFF[0]), _BACK_OFF[-1]) * (1 + jitter / 4)


def after_failed_edit(error: UpstreamError, tries: int, *, now: datetime, jitter: float) -> datetime | None:
    """When a message that could not be brought up to date is tried again; None = never by itself."""
    if isinstance(error, PermanentError):
        return None
    if isinstance(error, OutageError | RateLimited):
        return now  # the pause of the upstream holds it
    return now + back_off(tries + 1, jitter)


def after_failed_fetch(
    error: UpstreamError, work: LeadWork, policy: RetryPolicy, *, now: datetime, jitter: float
) -> Postponed:
    """When a lead that could not be fetched is tried again. It is never given up while LinkedIn may have it."""
    said = _said(error)
    if isinstance(error, OutageError | RateLimited):
        return Postponed(state=LeadState.WAITING, due_at=now, error=said, counts=False)
    if isinstance(error, NotFound) and now - work.first_tried_at < policy.not_found_for:
        return Postponed(state=LeadState.WAITING, due_at=now + back_off(work.tries + 1, jitter), error=said)
    if work.is_unsigned and isinstance(error, PermanentError):
        return Postponed(state=LeadState.PARKED, due_at=None, error=f"nobody vouches for it: {said}")
    if isinstance(error, NotFound | Forbidden):
        return Postponed(state=LeadState.PARKED, due_at=now + policy.parked_every, error=said)
    if isinstance(error, PermanentError) or now - work.first_tried_at >= policy.give_up_after:
        return Postponed(state=LeadState.PARKED, due_at=now + policy.parked_every, error=said)
    return Postponed(state=LeadState.WAITING, due_at=now + back_off(work.tries + 1, jitter), error=said)


#: An unsigned deletion may come before LinkedIn's own API shows it: when to ask again, counted in failures so far.
_ASK_AGAIN = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))


def still_there(work: LeadWork, *, now: datetime) -> StillThere:
    """LinkedIn has the lead although somebody said that it was deleted: ask a few more times, then leave it."""
    if work.tries >= len(_ASK_AGAIN):
        return StillThere()
    return StillThere(due_at=now + _ASK_AGAIN[work.tries])


def is_worth_telling(error: UpstreamError, waiting_since: datetime, *, now: datetime) -> bool:
    """Waits are everyday; a pause or a wait of a quarter of an hour is one that a person should know of."""
    if isinstance(error, RateLimited) and not error.is_guess:
        return error.pause >= _WORTH_TELLING
    return isinstance(error, TemporaryError) and now - waiting_since >= _WORTH_TELLING


_WORTH_TELLING = timedelta(minutes=15)


def pause_for(error: UpstreamError, policy: RetryPolicy, *, strikes: int, now: datetime) -> timedelta | None:
    """How long the upstream, or one activity of it, is left alone after this error; None = it goes on.

    `strikes` counts the careful calls in a row that met the closed door, this one included.
    """
    if isinstance(error, RateLimited):
        return _wait_for_limit(error.pause, strikes, now) if error.is_guess else error.pause
    if isinstance(error, OutageError):
        return error.retry_after or policy.outage_wait * min(1 << min(strikes - 1, 10), _LONGEST_OUTAGE_WAIT)
    return None


#: An upstream that is out is asked carefully after 1, 2, 4, 8 and then every 10 minutes.
_LONGEST_OUTAGE_WAIT = 10

#: So many limits in a row that did not say how long mean that the day's quota is spent. It returns at 00:00 UTC.
#: https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/rate-limits
_LIMITS_IN_A_ROW = 5


def _wait_for_limit(first: timedelta, strikes: int, now: datetime) -> timedelta:
    return first * (1 << (strikes - 1)) if strikes < _LIMITS_IN_A_ROW else until_quota_returns(now)


def until_quota_returns(now: datetime) -> timedelta:
    """The wait for a day's quota: until shortly after 00:00 UTC, which is the other side's clock and not ours."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return midnight + timedelta(minutes=2) - now


def breaker_wait(policy: RetryPolicy, *, strikes: int) -> timedelta:
    """How long an upstream that failed again and again is left alone before one careful call."""
    return policy.breaker_wait * min(1 << min(strikes - 1, 10), 24)


def _said(error: UpstreamError) -> str:
    return f"{error} ({error.code})" if error.code and error.code not in str(error) else str(error)
