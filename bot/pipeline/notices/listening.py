"""Words about the webhook that is not heard, late leads, the nightly count, the API version. Ids, no persons."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.core.counting import Comparison
from bot.core.listening import Alarm, Sign
from bot.core.work import Notice
from bot.ports import QuietLead, Stream, Tally

_LINES = 20
_NAMES = 40


def first_pull(stream: Stream, quiet: Sequence[QuietLead], now: datetime) -> Notice:
    """What a stream's first pull found: listed, not rung."""
    were = "1 lead was" if len(quiet) == 1 else f"{len(quiet)} leads were"
    return Notice(
        key=f"first-pull:{stream.owner}:{stream.lead_type}:{now.isoformat()}",
        text=f"First look at {_short(stream)}: {were} already there. They are stored and listed by `leadbell leads`; "
        f"nobody was rung for them.\n{_list(quiet)}",
    )


def listed(stream: Stream, quiet: Sequence[QuietLead], now: datetime) -> Notice:
    """Old leads that a pull found: listed, not rung."""
    were = "1 lead was" if len(quiet) == 1 else f"{len(quiet)} leads were"
    return Notice(
        key=f"listed:{stream.owner}:{stream.lead_type}:{now.isoformat()}",
        text=f"{were} found for {_short(stream)} that came too long ago to ring anybody. They have no owner; "
        f"`leadbell lead ID` shows who it is.\n{_list(quiet)}",
    )


def unheard(stream: Stream, alarm: Alarm, webhook: str, timezone: str) -> Notice:
    """The webhook of one stream is thought not to be heard."""
    return Notice(
        key=f"unheard:{stream.owner}:{stream.lead_type}:{alarm.since.isoformat()}:{alarm.sign}",
        text=f"{_sign(stream, alarm, timezone)} {_advice(alarm, webhook)} "
        "Until then LinkedIn is asked more often, so leads come some minutes late and none is lost.",
    )


def heard_again(stream: Stream, now: datetime) -> Notice:
    """The webhook works again."""
    return Notice(
        key=f"heard-again:{stream.owner}:{stream.lead_type}:{now.isoformat()}",
        text=f"LinkedIn's webhook for {_short(stream)} is heard again; LinkedIn is asked at the usual pace.",
    )


def version_ends(version: str, end: date, step: int) -> Notice:
    """LinkedIn will switch our version of its API off; said once for each step of days."""
    return Notice(
        key=f"version:{version}:{step}",
        text=f"LinkedIn serves its API version {version} until about {end}. After that leads are received and kept, "
        "but cannot be fetched. Set linkedin.api_version in config.yaml to a newer month that LinkedIn's documentation "
        "names, and restart Leadbell.",
    )


def counted(night: str, tallies: Sequence[Tally], failures: Sequence[tuple[Stream, str]]) -> Notice:
    """One night's count: a line for each stream."""
    lines = [f"• {_short(each.stream)}: {_compared(each.comparison)}" for each in tallies]
    lines += [f"• {_short(stream)}: could not be counted ({error})" for stream, error in failures]
    streams = ",".join(f"{each.stream.owner} {each.stream.lead_type}" for each in tallies)
    return Notice(
        key=f"count:{night}:{streams}", text="Leads of the last days, LinkedIn's and ours:\n" + "\n".join(lines)
    )


def _compared(comparison: Comparison) -> str:
    if comparison.agrees:
        return f"{comparison.theirs} there, {comparison.ours} here. They agree."
    parts = [f"{comparison.theirs} there, {comparison.ours} here."]
    if comparison.missing:
        names = _some([response_id for response_id, _ in comparison.missing])
        parts.append(f"{len(comparison.missing)} had not come and are fetched now: {names}.")
    if comparison.waiting:
        parts.append(f"{len(comparison.waiting)} announced and not fetched yet: {_some(comparison.waiting)}.")
    if comparison.gone:
        then = (
            "LinkedIn is asked for each; what it no longer has is erased here too"
            if comparison.may_doubt
            else "these are too many to be people who took a lead back, so nothing was done about them; "
            "check the connected member's role"
        )
        parts.append(f"{len(comparison.gone)} no longer there ({then}): {_some(comparison.gone)}.")
    return " ".join(parts)


def _sign(stream: Stream, alarm: Alarm, timezone: str) -> str:
    since = alarm.since.astimezone(ZoneInfo(timezone)).strftime("%Y-%m-%d %H:%M")
    match alarm.sign:
        case Sign.UNCHALLENGED:
            return f"LinkedIn has not checked our address for {_short(stream)} since {since}; it does so every 2 hours."
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


def _list(quiet: Sequence[QuietLead]) -> str:
    lines = [f"• {each.submitted_at:%Y-%m-%d %H:%M} UTC · {_from(each)} · {each.id}" for each in quiet[:_LINES]]
    more = len(quiet) - len(lines)
    return "\n".join(lines + ([f"… and {more} more"] if more else []))


def _from(lead: QuietLead) -> str:
    return " · ".join(part for part in (lead.form, lead.campaign) if part) or "no form named"


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMES
    return ", ".join(names[:_NAMES]) + (f" and {more} more" if more > 0 else "")
