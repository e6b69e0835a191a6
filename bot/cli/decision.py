"""A decision in words for a person: what the rule does with the lead, and why it was this rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.core.people import Pick
from bot.core.routing import Decision, Then, Tried

if TYPE_CHECKING:
    from bot.config.model import Config
    from bot.core.escalation import Step

_UNITS = ((timedelta(days=1), "day", "days"), (timedelta(hours=1), "h", "h"), (timedelta(minutes=1), "min", "min"))


def in_words(decision: Decision, config: Config | None, *, above: Sequence[Tried] = (), turn_of: str = "") -> list[str]:
    """Lines for a person. `config`: the file that decided, None where it is not known any more.

    `above`: the rules that did not fit. `turn_of`: whose turn it was, where a team's lead was given to somebody.
    """
    lines = [f"rule      {decision.rule or 'none fits'}", *_then_in_words(decision.then, config, turn_of)]
    lines += ["", "Why, from the top:"]
    for tried in (*above, *decision.tried):
        lines += _tried_in_words(tried)
    return lines


def _then_in_words(then: Then, config: Config | None, turn_of: str) -> Iterator[str]:
    yield f"post      {', '.join(target.person or target.address for target in then.post) or 'nobody'}"
    yield f"owner     {_owner(then, config, turn_of)}"
    mails = [target.address for target in then.email] + (["whoever gets the lead"] if then.mails_owner else [])
    yield f"email     {', '.join(mails) or 'nobody'}"
    if then.escalate:
        yield f"escalate  {_escalation(then.escalate, config)}"
    if then.digest:
        yield f"digest    {then.digest}"
    yield f"template  {then.template}"


def _owner(then: Then, config: Config | None, turn_of: str) -> str:
    if not then.team:
        return then.owner or "nobody"
    team = config.people.teams.get(then.team) if config is not None else None
    if turn_of:
        return f"{turn_of}, whose turn it was in the team {then.team}"
    if team is None:
        return f"the team {then.team}"
    if team.pick is Pick.FIRST:
        return f"whoever of the team {then.team} presses Claim first"
    return f"the team {then.team} takes turns; `leadbell turns {then.team}` tells whose it is"


def _escalation(name: str, config: Config | None) -> str:
    found = config.escalations.get(name) if config is not None else None
    steps = [f"{step.action.value} after {_duration(step)}" for step in found.steps] if found is not None else []
    return f"{name}: {', '.join(steps)}" if steps else name


def _duration(step: Step) -> str:
    for unit, one, many in _UNITS:
        if step.after >= unit and not step.after % unit:
            number = step.after // unit
            return f"{number} {one if number == 1 else many}"
    return f"{step.after.total_seconds():g} s"


def _tried_in_words(tried: Tried) -> list[str]:
    lines = [f"  {'✓' if tried.fits else '✗'} {tried.rule}{'' if tried.reasons else ': fits every lead'}"]
    lines += [f"      {'✓' if reason.fits else '✗'} {reason.fact}: {reason.why}" for reason in tried.reasons]
    return lines
