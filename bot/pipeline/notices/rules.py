"""The bot's words about the rule file: what changed, what was refused, what was taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.core.mrkdwn import cut
from bot.core.rule_files import LiveEntry, Refusal
from bot.core.work import Notice

_MOST_LINES = 12
_MOST_PROBLEMS = 8
_MOST_WARNINGS = 3
_LONGEST_LINE = 180


def rules_changed(
    entry: LiveEntry,
    changes: Sequence[str],
    *,
    replaced: str,
    waiting: Sequence[str] = (),
    warnings: Sequence[str] = (),
    at_start: bool = False,
) -> Notice:
    """A good change went live; where there is a button below, it takes it back. `waiting`: keys for the next start."""
    told = changes or ([] if waiting else ["Nothing that a lead would notice: comments, order or spelling."])
    occasion = "Leadbell started with a changed rule file" if at_start else "The rule file changed"
    lines = [
        f"{occasion}: version {entry.version} is live now, in place of {replaced}.",
        *_listed(told, _MOST_LINES),
        *_waiting(waiting),
        *(["Worth reading:", *_listed(warnings, _MOST_WARNINGS)] if warnings else []),
    ]
    return Notice(key=f"rules:{entry.version}:{_stamp(entry.at)}", text="\n".join(lines), undo=entry.version)


def rules_refused(refusal: Refusal, live: str, now: datetime) -> Notice:
    """The file was changed into one that cannot be used; said once for each content."""
    number = len(refusal.problems)
    lines = [
        f"The changed rule file cannot be used: {number} {'problem' if number == 1 else 'problems'}. Nothing was taken "
        f"over; version {live} stays live.",
        *_listed(refusal.problems, _MOST_PROBLEMS),
        "Once the file is mended it goes live by itself. `leadbell check` tells all that is wrong with it.",
    ]
    return Notice(key=f"rules-refused:{_stamp(now)}", text="\n".join(lines))


def rules_in_order(live: str, now: datetime) -> Notice:
    """After a refusal the file is what is live again."""
    text = f"The rule file is in order again. It is version {live}, which was live all the time: nothing changed."
    return Notice(key=f"rules-in-order:{_stamp(now)}", text=text)


def rules_gone(file: str, live: str, now: datetime) -> Notice:
    """The file is no longer where it was, or is kept from the server."""
    text = (
        f"The rule file is gone: the server cannot read {file} any more. Version {live} stays live while this server "
        f"runs, but the next start needs the file: `leadbell versions --show {live}` prints it."
    )
    return Notice(key=f"rules-gone:{_stamp(now)}", text=text)


def started_without_the_file(refusal: Refusal, live: str, now: datetime) -> Notice:
    """The start had to do with the stored version."""
    number = len(refusal.problems)
    lines = [
        f"Leadbell started with the stored version {live} of the rules, because the rule file cannot be used: "
        f"{number} {'problem' if number == 1 else 'problems'}.",
        *_listed(refusal.problems, _MOST_PROBLEMS),
        "Once the file is mended it goes live by itself. `leadbell check` tells all that is wrong with it.",
    ]
    return Notice(key=f"rules-start:{_stamp(now)}", text="\n".join(lines))


def rules_taken_back(
    entry: LiveEntry,
    changes: Sequence[str],
    *,
    undone: str,
    who: str,
    is_set_aside: bool,
    waiting: Sequence[str] = (),
) -> Notice:
    """A manager pressed Undo. `changes`: what is other again."""
    aside = (
        "The file itself was not touched: what it says now is set aside, also after a restart, until somebody edits it."
        if is_set_aside
        else "The file says the same."
    )
    told = changes or ["Nothing that a lead would notice."]
    lines = [
        f"{who} took version {undone} back: version {entry.version} is live again.",
        *_listed(told, _MOST_LINES),
        *_waiting(waiting),
        aside,
    ]
    return Notice(key=f"rules-undo:{entry.version}:{_stamp(entry.at)}", text="\n".join(lines))


def only_managers(names: Sequence[str]) -> str:
    """To somebody who may not press Undo."""
    if not names:
        return (
            "Only a manager can take back a change of the rules, and the rule file names none under slack: managers. "
            "Whoever edits the file can put the old words back."
        )
    return f"Only a manager can take back a change of the rules. Please ask {_either(names)}."


def taken_back_before(undone: LiveEntry, who: str, live: str) -> str:
    """To somebody who presses Undo for a change that was taken back already."""
    by = f"{who} took" if undone.who else "Somebody took"
    return f"{by} this change back already, on {_moment(undone.at)}. Version {live} is live."


def not_live(version: str, live: str) -> str:
    """To somebody who presses Undo for a version that a later one has replaced."""
    return (
        f"Version {version} is no longer live: version {live} is. Nothing was changed. "
        "To take the latest change back, press the button below its message."
    )


def nothing_before(version: str) -> str:
    """To somebody who presses Undo where there is no earlier version."""
    return f"There is no version before {version} to go back to. Nothing was changed."


def cannot_go_back(version: str, problems: Sequence[str]) -> str:
    """To somebody who presses Undo where the earlier version cannot be used any more."""
    lines = _listed(problems, _MOST_WARNINGS)
    return "\n".join([f"Version {version} cannot be used any more, so nothing was changed:", *lines])


def _listed(lines: Sequence[str], most: int) -> list[str]:
    told = [f"• {cut(line, _LONGEST_LINE)}" for line in lines[:most]]
    left = len(lines) - most
    return [*told, f"… and {left} more."] if left > 0 else told


def _waiting(keys: Sequence[str]) -> list[str]:
    return [f"Changed too, but only from the next start on: {', '.join(keys)}."] if keys else []


def _either(names: Sequence[str]) -> str:
    return " or ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def _moment(instant: datetime) -> str:
    return f"{instant.day} {instant:%b at %H:%M} UTC"


def _stamp(instant: datetime) -> str:
    return instant.isoformat()
