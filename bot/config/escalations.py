"""`escalations:` and `follow_up:`: what happens when nobody acts on a lead."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.config.names import Channels
from bot.config.nodes import Entry, Mapping, Node, Sequence
from bot.config.problems import did_you_mean, quoted
from bot.config.reading import Reading, read_choice, read_duration, read_switch
from bot.core.escalation import Escalation, FollowUp, Step, StepAction

STEP_KEYS = ("after", "do", "by", "any_time")
FOLLOW_UP_KEYS = ("remind_after", "give_back_after")
ACTIONS = {str(action): action for action in StepAction}
#: How a person can be told.
WAYS = ("slack", "email")
_TELLS_A_PERSON = frozenset({StepAction.REMIND_OWNER, StepAction.TELL_MANAGER})
_EXAMPLE = "A step is written - {after: 15 min, do: remind owner}."


@dataclass(slots=True)
class Escalations:
    """The escalations, and where each step stands."""

    by_name: dict[str, Escalation] = field(default_factory=dict)
    nodes: dict[tuple[str, Step], Node] = field(default_factory=dict)


def read_escalations(reading: Reading, node: Node | None, channels: Channels, *, usual: str) -> Escalations:
    """`escalations:`. `usual` is the way a person is told where a step has no `by`."""
    found = Escalations()
    for entry in reading.entries(node, "escalations"):
        found.by_name[entry.key.text] = _read_escalation(reading, entry, channels, usual, found)
    return found


def _read_escalation(reading: Reading, entry: Entry, channels: Channels, usual: str, found: Escalations) -> Escalation:
    name, steps = entry.key.text, dict[Step, Node]()
    if not isinstance(entry.value, Sequence) or not entry.value.items:
        reading.error(entry.value, f"{name} must be a list of steps", _EXAMPLE)
        return Escalation(name=name, steps=())
    for item in entry.value.items:
        step = _read_step(reading, item, channels, usual)
        if step is None:
            continue
        twin = next((node for other, node in steps.items() if _is_same(other, step)), None)
        if twin is not None:
            reading.error(item, f"This step stands twice: see line {twin.place.line}", "Remove one of the two.")
        steps[step] = item
    found.nodes |= {(name, step): node for step, node in steps.items()}
    return Escalation(name=name, steps=tuple(sorted(steps, key=lambda step: step.after)))


def _is_same(one: Step, other: Step) -> bool:
    return (one.after, one.action, one.any_time) == (other.after, other.action, other.any_time)


def _read_step(reading: Reading, node: Node, channels: Channels, usual: str) -> Step | None:
    if not isinstance(node, Mapping):
        reading.error(node, "A step must be a group with after and do", _EXAMPLE)
        return None
    group = reading.group(node, "escalations.*.*", STEP_KEYS)
    for key in ("after", "do"):
        if key not in group:
            reading.error(node, f"This step has no {key}", _EXAMPLE)
    after = read_duration(reading, group.get("after"))
    action = read_choice(reading, group.get("do"), "do", ACTIONS)
    by = _read_by(reading, group.get("by"), action, channels) or (usual,)
    any_time = read_switch(reading, group.get("any_time"), default=False)
    return Step(after=after, action=action, by=by, any_time=any_time) if after is not None and action else None


def _read_by(reading: Reading, node: Node | None, action: StepAction | None, channels: Channels) -> tuple[str, ...]:
    items = reading.scalars(node, "slack, email or both")
    for item in items:
        way = reading.value_of(item)
        if way not in WAYS:
            reading.error(item, f"Nobody can be told by {quoted(item.text)}", did_you_mean(way, WAYS))
        elif way == "slack":
            channels.note_post(item.place)
        else:
            channels.note_mail(item.place)
    if node is not None and action is not None and action not in _TELLS_A_PERSON:
        reading.warn(node, f"by means nothing here: “{action}” speaks in the card's own channel", "Remove by.")
    return tuple(dict.fromkeys(reading.value_of(item) for item in items))


def read_follow_up(reading: Reading, node: Node | None) -> FollowUp:
    """`follow_up:`; without it nobody is reminded of a lead that they claimed."""
    group = reading.group(node, "follow_up", FOLLOW_UP_KEYS)
    times = {key: read_duration(reading, value) for key, value in group.items()}
    for key, time in times.items():
        if time is not None and not time:
            reading.error(group[key], f"{key} must be longer than nothing", "4 h is a good value.")
    remind, give_back = times.get("remind_after"), times.get("give_back_after")
    if remind and give_back and give_back <= remind:
        hint = "Make give_back_after longer than remind_after."
        reading.warn(group["give_back_after"], "The lead would be given back before anybody is reminded", hint)
    return FollowUp(remind_after=remind, give_back_after=give_back)
