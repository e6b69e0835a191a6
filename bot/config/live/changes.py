"""What is other in a newer version of the rule file, in sentences that a manager reads. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TypeVar

from bot.config.live.rule_changes import days_in_words, label, rule_changes, turned
from bot.config.model import Config, Digest, SourceEntry
from bot.core.escalation import Escalation
from bot.core.hours import Hours, Schedule
from bot.core.people import People, Person, Team

Entry = TypeVar("Entry")

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def changes(old: Config, new: Config) -> list[str]:
    """One sentence for each thing that leads or people would notice; the rules first. [] = nothing of the kind."""
    return [
        *rule_changes(old, new),
        *_teams(old.people, new.people),
        *_people(old.people, new.people),
        *_named("Hours", old.hours, new.hours, _hours),
        *_named("Escalation", old.escalations, new.escalations, _escalation),
        *_follow_up(old, new),
        *_named("Digest", old.digests, new.digests, _digest),
        *_named("Template", old.templates, new.templates, _template),
        *_rest(old, new),
    ]


def _named(
    kind: str,
    old: Mapping[str, Entry],
    new: Mapping[str, Entry],
    within: Callable[[str, Entry, Entry], Iterator[str]],
) -> Iterator[str]:
    """Entries that came, went, or are other now."""
    yield from (f"{kind} “{name}” is gone." for name in old if name not in new)
    for name, entry in new.items():
        if name not in old:
            yield f"{kind} “{name}” is new."
        elif old[name] != entry:
            yield from list(within(f"{kind} “{name}”", old[name], entry)) or [f"{kind} “{name}” is different now."]


# ── people and teams ──


def _teams(old: People, new: People) -> Iterator[str]:
    yield from (f"Team {name} is gone." for name in old.teams if name not in new.teams)
    for name, team in new.teams.items():
        before = old.teams.get(name)
        if before is None:
            members = ", ".join(f"{label(new, member)} {weight}" for member, weight in team.members.items())
            yield f"Team {name} is new: {members}; {team.pick.value}."
        elif before != team:
            yield from list(_team(before, team, old, new)) or [f"Team {name} lists its members in another order."]


def _team(old: Team, new: Team, was: People, now: People) -> Iterator[str]:
    yield from (f"{label(was, name)} leaves {new.name}." for name in old.members if name not in new.members)
    for name, weight in new.members.items():
        before = old.members.get(name)
        if before is None:
            yield f"{label(now, name)} joins {new.name} (weight {weight})."
        elif before != weight:
            yield f"{label(now, name)} has the weight {weight} in {new.name} instead of {before}."
    subject = f"Team {new.name}"
    yield from turned(subject, "picks by", old.pick.value, new.pick.value)
    yield from turned(subject, "has the manager", label(was, old.manager), label(now, new.manager))
    limits = [f"{team.open_leads_limit} open leads" if team.open_leads_limit else "" for team in (old, new)]
    yield from turned(subject, "passes over whoever has", *limits)
    if old.instead != new.instead:
        instead = f"its leads go to {label(now, new.instead)}" if new.instead else "its leads wait for opening hours"
        yield f"When nobody of {new.name} is free, {instead}."


def _people(old: People, new: People) -> Iterator[str]:
    yield from (
        f"{person.label} is no longer under people." for name, person in old.by_name.items() if name not in new.by_name
    )
    for name, person in new.by_name.items():
        before = old.by_name.get(name)
        if before is None:
            yield f"{person.label} is new under people."
        elif before != person:
            yield from _person(before, person)
    if old.managers != new.managers:
        names = [", ".join(sorted(label(people, name) for name in people.managers)) for people in (old, new)]
        yield f"Managers are now {names[1] or 'nobody'} (before: {names[0] or 'nobody'})."


def _person(old: Person, new: Person) -> Iterator[str]:
    yield from turned(new.label, "has the Slack name", old.slack, new.slack)
    yield from turned(new.label, "has the e-mail address", old.email, new.email)
    hours = [_hours_of(person.schedule) for person in (old, new)]
    if hours[0] != hours[1]:
        yield f"{new.label} now works {hours[1] or 'at any time'} (before: {hours[0] or 'at any time'})."
    away = [", ".join(map(days_in_words, person.schedule.away)) for person in (old, new)]
    yield from turned(new.label, "is away", *away)


def _hours_of(schedule: Schedule) -> str:
    return f"the hours {schedule.hours.name}" if schedule.hours is not None else ""


# ── named entries ──


def _hours(subject: str, old: Hours, new: Hours) -> Iterator[str]:
    yield from turned(subject, "have the time zone", old.timezone, new.timezone)
    for day, before, after in zip(_WEEKDAYS, old.week, new.week, strict=True):
        spans = [", ".join(f"{_clock(span.start)}-{_clock(span.end)}" for span in day_) for day_ in (before, after)]
        yield from turned(subject, f"open on {day}", *spans)
    closed = [", ".join(map(days_in_words, hours.closed)) for hours in (old, new)]
    yield from turned(subject, "close", *closed)
    holidays = [", ".join(each.code for each in hours.holidays) for hours in (old, new)]
    yield from turned(subject, "keep the holidays of", *holidays)


def _escalation(subject: str, _old: Escalation, new: Escalation) -> Iterator[str]:
    steps = [f"{step.action.value} after {_span(step.after)}" for step in new.steps]
    yield f"{subject} is now: {', '.join(steps)}. Leads under way keep the steps they began with."


def _follow_up(old: Config, new: Config) -> Iterator[str]:
    before, after = old.follow_up, new.follow_up
    yield from turned(
        "A lead that nobody contacts", "is reminded of after", *map(_span, (before.remind_after, after.remind_after))
    )
    yield from turned(
        "A lead that nobody contacts",
        "is given back after",
        *map(_span, (before.give_back_after, after.give_back_after)),
    )


def _digest(subject: str, old: Digest, new: Digest) -> Iterator[str]:
    yield from turned(subject, "goes out at", _clock(old.at), _clock(new.at))
    days = [", ".join(_WEEKDAYS[day] for day in sorted(digest.days)) for digest in (old, new)]
    yield from turned(subject, "goes out on", *days)
    places = [", ".join(target.person or target.address for target in digest.post) for digest in (old, new)]
    yield from turned(subject, "goes to", *places)


def _template(subject: str, old: str, new: str) -> Iterator[str]:
    yield from turned(subject, "is the file", f"{old}.j2", f"{new}.j2")


# ── the rest ──


def _rest(old: Config, new: Config) -> Iterator[str]:
    yield from _named("Source", _by_source(old.sources), _by_source(new.sources), _source)
    yield from _nicknames("Form", old.vocabulary.forms, new.vocabulary.forms)
    yield from _nicknames("Campaign", old.vocabulary.campaigns, new.vocabulary.campaigns)
    yield from _named("Field", old.vocabulary.fields, new.vocabulary.fields, _field)
    yield from turned("The file", "has the time zone", old.timezone, new.timezone)
    if old.repeat_leads != new.repeat_leads:
        within = new.repeat_leads and _span(new.repeat_leads.within)
        yield (
            f"Whoever was here within {within} is a repeat lead."
            if within
            else "Repeat leads are no longer looked for."
        )
    for key in ("keep_leads", "keep_raw_answers", "keep_log"):
        spans = [_span(getattr(config.privacy, key)) for config in (old, new)]
        yield from turned("privacy", f"has {key}:", *spans)
    if [(each.lead, each.expect) for each in old.checks] != [(each.lead, each.expect) for each in new.checks]:
        yield "The checks have changed; all pass."


def _by_source(sources: Sequence[SourceEntry]) -> dict[str, SourceEntry]:
    return {source.name: source for source in sources}


def _source(subject: str, old: SourceEntry, new: SourceEntry) -> Iterator[str]:
    yield from turned(subject, "is", old.owner, new.owner)
    yield from turned(subject, "has the lead types", ", ".join(old.lead_types), ", ".join(new.lead_types))


def _nicknames(kind: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for number in dict.fromkeys([*new, *old]):
        yield from turned(f"{kind} {number}", "is called", old.get(number, ""), new.get(number, ""))


def _field(subject: str, old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    yield from turned(subject, "is filled by", ", ".join(old), ", ".join(new))


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _span(span: timedelta | None) -> str:
    """A time as the file writes it, in the largest unit that fits: "4 h", "2 days"."""
    if span is None:
        return ""
    for unit, name in ((timedelta(days=1), "days"), (timedelta(hours=1), "h"), (timedelta(minutes=1), "min")):
        if span and span % unit == timedelta(0):
            return f"{span // unit} {name}"
    return f"{span.total_seconds():g} s"
