"""Words about the webhook that is not heard, late leads, the nightly count, the API version. Ids, no persons."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.core.errors import UpstreamError
from bot.core.listening import Alarm, Sign
from bot.core.work import Notice
from bot.ports import QuietLead, Stream, Tally

_NAMES = 100


def first_pull(stream: Stream, quiet: Sequence[QuietLead], count: int) -> Notice:
    """What a stream's first pull found: listed, not rung."""
    were = "1 lead was" if count == 1 else f"{count} leads were"
    return Notice(
        key=f"first-pull:{stream.owner}:{stream.lead_type}:{quiet[0].id}",
        text=f"First look at {_short(stream)}: {were} already there. They are stored and listed by `leadbell leads`; "
        f"nobody was rung for them.\n{_list(quiet, count)}",
    )


def listed(stream: Stream, quiet: Sequence[QuietLead], count: int) -> Notice:
    """Old leads that a pull found: listed, not rung."""
    were = "1 lead was" if count == 1 else f"{count} leads were"
    return Notice(
        key=f"listed:{stream.owner}:{stream.lead_type}:{quiet[0].id}",
        text=f"{were} found for {_short(stream)} that came too long ago to ring anybody. They have no owner; "
        f"`leadbell lead ID` shows who it is.\n{_list(quiet, count)}",
    )


def unheard(stream: Stream, alarm: Alarm, webhook: str, timezone: str, now: datetime) -> Notice:
    """The webhook is thought not to be heard. LinkedIn checks the address, so that is told once for all streams."""
    about = webhook if alarm.sign is Sign.UNCHALLENGED else f"{stream.owner}:{stream.lead_type}"
    return Notice(
        key=f"unheard:{about}:{alarm.sign}:{now.isoformat()}",
        text=f"{_sign(stream, alarm, timezone)} {_advice(alarm, webhook)} "
        "Until then LinkedIn is asked more often, so leads come some minutes late and none is lost.",
    )


def heard_again(stream: Stream, sign: Sign, webhook: str, since: datetime, *, is_expected: bool) -> Notice:
    """The webhook works again, or nothing is expected of it any more; `since` is what it is known by."""
    if not is_expected:
        return Notice(
            key=f"not-expected:{stream.owner}:{stream.lead_type}:{since.isoformat()}",
            text=f"LinkedIn does not post leads of {_short(stream)} here any more, so no webhook is waited for. "
            "They are fetched at the usual pace.",
        )
    if sign is Sign.UNCHALLENGED:
        text, about = f"LinkedIn checks our address {webhook} again.", webhook
    else:
        text, about = f"New leads of {_short(stream)} come by webhook again.", f"{stream.owner}:{stream.lead_type}"
    return Notice(
        key=f"heard-again:{about}:{since.isoformat()}",
        text=f"{text} They arrive at once, and LinkedIn is asked at the usual pace.",
    )


def version_ends(version: str, end: date, step: int) -> Notice:
    """LinkedIn will switch our version of its API off; said once for each step of days."""
    return Notice(
        key=f"version:{version}:{step}",
        text=f"LinkedIn serves its API version {version} until about {end}. After that leads are received and kept, "
        "but cannot be fetched. Set linkedin.api_version in config.yaml to a newer month that LinkedIn's documentation "
        "names, and restart Leadbell.",
    )


def counted(night: str, source: str, tallies: Sequence[Tally]) -> Notice:
    """One night's count of one source: one line, when both sides agree."""
    types = "; ".join(f"{each.stream.lead_type} {_compared(each)}" for each in tallies)
    agree = " They agree." if all(each.comparison.agrees for each in tallies) else ""
    return Notice(key=f"count:{night}:{source}", text=f"Leads of {source} in the last days: {types}.{agree}")


def not_counted(night: str, source: str, error: UpstreamError) -> Notice:
    """The night's count did not come about until morning; said once a night for each source."""
    return Notice(
        key=f"not-counted:{night}:{source}",
        text=f"Tonight's count of the leads of {source} did not come about: {error}. {error.advice} "
        "It is tried again every hour.",
    )


def _compared(tally: Tally) -> str:
    comparison = tally.comparison
    parts = [f"{comparison.theirs} at LinkedIn, {comparison.ours} here"]
    if comparison.missing:
        were = "was missing" if len(comparison.missing) == 1 else "were missing"
        fetched = "fetched now" if tally.entered >= len(comparison.missing) else f"{tally.entered} fetched now"
        names = _some([response_id for response_id, _ in comparison.missing])
        parts.append(f"{len(comparison.missing)} {were} ({fetched}): {names}")
    if comparison.waiting:
        parts.append(f"{len(comparison.waiting)} announced and not fetched yet: {_some(comparison.waiting)}")
    if comparison.gone:
        then = (
            "asked for now; what LinkedIn no longer has is erased here too"
            if comparison.may_doubt
            else "too many to be people who took their lead back, so nothing was done; check the member's role"
        )
        parts.append(f"{len(comparison.gone)} no longer at LinkedIn ({then}): {_some(comparison.gone)}")
    return ". ".join(parts)


def _sign(stream: Stream, alarm: Alarm, timezone: str) -> str:
    since = alarm.since.astimezone(ZoneInfo(timezone)).strftime("%Y-%m-%d %H:%M")
    match alarm.sign:
        case Sign.UNCHALLENGED:
            return f"LinkedIn has not checked our address since {since}; it does so every 2 hours."
        case Sign.MISSED:
            return f"Leads of {_short(stream)} came only by asking LinkedIn, and none by webhook, since {since}."
        case Sign.SILENT:
            return f"No lead of {_short(stream)} has come by webhook since {since}, which is unusually long."


def _advice(alarm: Alarm, webhook: str) -> str:
    if alarm.sign is Sign.SILENT:
        return "Perhaps nobody filled in the form, perhaps a campaign ended; `leadbell doctor` checks the way here."
    return (
        f"Probably {webhook} cannot be reached from outside, or LinkedIn has blocked it after three failed checks. "
        "`leadbell doctor` says which; a blocked address is started again in LinkedIn's developer portal, on the page "
        "Webhooks of your app."
    )


def _short(stream: Stream) -> str:
    return f"{stream.source} ({stream.owner.removeprefix('urn:li:')}, {stream.lead_type})"


def _list(quiet: Sequence[QuietLead], count: int) -> str:
    lines = [f"• {each.submitted_at:%Y-%m-%d %H:%M} UTC · {_from(each)} · {each.id}" for each in quiet]
    return "\n".join(lines + ([f"… and {count - len(lines)} more"] if count > len(lines) else []))


def _from(lead: QuietLead) -> str:
    return " · ".join(part for part in (lead.form, lead.campaign) if part) or "no form named"


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMES
    return ", ".join(names[:_NAMES]) + (f" and {more} more" if more > 0 else "")
