"""Is LinkedIn's webhook still alive, and if a lead came late, why? Pure functions of times."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

#: LinkedIn checks the address every two hours, and blocks it after three failures in a row.
#: https://learn.microsoft.com/en-us/linkedin/shared/api-guide/webhook-validation
CHALLENGED_WITHIN = timedelta(hours=2, minutes=30)

#: So many leads that only the pull found since the last one by webhook are no accident any more.
_MISSED_IN_A_ROW = 3

#: Silence is judged only by an owner's own habit, and only where there is one.
_HABIT = timedelta(days=28)
_LEADS_FOR_A_HABIT = 20
_SHORTEST_SILENCE = timedelta(hours=6)


class LateCause(StrEnum):
    """Why the webhook had not brought a lead, as far as we can know."""

    BLOCKED = "webhook blocked"
    TOKEN = "token dead"  # noqa: S105 - a cause, not a token
    DOWN = "server down"
    UNSUBSCRIBED = "not subscribed"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From `since` to `until`; None = it lasts."""

    since: datetime
    until: datetime | None

    def holds(self, instant: datetime) -> bool:
        """Does `instant` lie within?"""
        return self.since <= instant and (self.until is None or instant < self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Troubles:
    """What did not work, and when, for one stream."""

    blocked: Sequence[Span] = ()
    token: Sequence[Span] = ()
    down: Sequence[Span] = ()
    unsubscribed: Sequence[Span] = ()


def why_late(submitted_at: datetime, troubles: Troubles) -> LateCause:
    """The likeliest cause for a lead that only the pull found."""
    causes = (
        (LateCause.DOWN, troubles.down),
        (LateCause.BLOCKED, troubles.blocked),
        (LateCause.TOKEN, troubles.token),
        (LateCause.UNSUBSCRIBED, troubles.unsubscribed),
    )
    return next((cause for cause, spans in causes if any(span.holds(submitted_at) for span in spans)), LateCause.LOST)


class Sign(StrEnum):
    """What makes us think that the webhook is not heard."""

    UNCHALLENGED = "unchallenged"  #: LinkedIn does not check the address any more
    MISSED = "missed"  #: the pull finds what the webhook should have brought
    SILENT = "silent"  #: longer without a lead than ever lately


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What one stream's webhook has brought, as the judge needs it."""

    expects_challenges: bool  #: LinkedIn posts to us at all; otherwise all comes by the pull, and nothing is amiss
    challenge_at: datetime | None  #: the last challenge
    listening_since: datetime  #: since when this process could have answered one, and the subscription exists
    leads_at: Sequence[datetime] = ()  #: when leads came by webhook, the newest last; of the last 28 days
    missed_since: Sequence[datetime] = ()  #: submit times of the leads that only the pull found, since the last of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """The webhook is probably not heard, since when, and how we know."""

    sign: Sign
    since: datetime


def is_over(alarm: Alarm, heard: Heard) -> bool:
    """Has the webhook been heard since the alarm? No reason for a new one is no sign of life: a restart gives none."""
    if not heard.expects_challenges:
        return True
    match alarm.sign:
        case Sign.UNCHALLENGED:
            return heard.challenge_at is not None and heard.challenge_at > alarm.since
        case Sign.MISSED:
            return len(heard.missed_since) < _MISSED_IN_A_ROW
        case Sign.SILENT:
            return bool(heard.leads_at) and heard.leads_at[-1] > alarm.since


def judge(heard: Heard, *, now: datetime) -> Alarm | None:
    """Is there reason to think that this stream's webhook is not heard? None = all is well, as far as one can see."""
    quiet_since = max(heard.challenge_at or heard.listening_since, heard.listening_since)
    if not heard.expects_challenges:
        return None
    if now - quiet_since > CHALLENGED_WITHIN:
        return Alarm(sign=Sign.UNCHALLENGED, since=heard.challenge_at or heard.listening_since)
    if len(heard.missed_since) >= _MISSED_IN_A_ROW:
        return Alarm(sign=Sign.MISSED, since=min(heard.missed_since))
    return _silence(heard, now=now)


def _silence(heard: Heard, *, now: datetime) -> Alarm | None:
    """Twice the longest pause of four weeks, weekends included, is no habit any more."""
    lately = [at for at in heard.leads_at if now - _HABIT <= at <= now]
    if len(lately) < _LEADS_FOR_A_HABIT:
        return None
    longest = max(later - earlier for earlier, later in itertools.pairwise(lately))
    is_odd = now - max(lately[-1], heard.listening_since) > max(2 * longest, _SHORTEST_SILENCE)
    return Alarm(sign=Sign.SILENT, since=lately[-1]) if is_odd else None
