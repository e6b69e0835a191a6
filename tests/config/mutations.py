"""Rule files as a careless hand, a broken editor or a wicked one leaves them, and what the program makes of each.

`python -m tests.config.mutations --count 10000 --seed 1` tries that many and tells; a file is made of the seed and its
number alone, so `--only NUMBER` makes it again.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import random
import re
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path

from bot.cli.check import run_check
from bot.cli.printing import printable
from bot.config.environment import read_environment
from bot.config.load import read_file
from bot.config.model import Config
from bot.config.problems import Problem
from bot.config.traps import lines_of
from bot.core.facts import facts_from_flat, is_test
from bot.core.routing import decide
from tests.config.builders import FULL_LANGUAGE, SHIPPED, what_works

#: What reading one file may cost of a processor's time, whatever stands in it.
MOST_TIME = timedelta(milliseconds=300)

SIGNS = (
    *("\t", "#", ":", ": ", "- ", "-", "[", "]", "{", "}", ",", "'", '"', "|", ">", "%", "@", "`", "*", "&", "!", "?"),
    *(" ", "  ", "\n", "\r", "\r\n", "\x00", "\x07", "\x1b[2J", "\x7f", "\x85", "\u2028", "\u2029", "\ufeff", "\u200b"),
    *("\u00a0", "\u202e", "“", "”", "é", "😀", "\U0010ffff", "\ud800", "\ufffe", "İ", "ß", "٣", "²", "\u0301"),
    *("---\n", "...\n", "%YAML 1.2\n", "<<: *a", "&a ", "*a", "? ", "!!python/object:os.system ", "!!str ", "${", "}"),
)
VALUES = (
    *("NO", "on", "09:00", "010", "0x1F", "1e999", "1_000", ".5", "~", "null", '""', "yes", "2026-02-30", "9999-12-31"),
    *("not DE", "not", "contains", "at least", "between 9 and 1", "in hours", "is empty", 'is "x', "between 1 and"),
    *("[]", "{}", "[[]]", "{not: []}", "[a, {b: c}]", "nobody", "owner", "5 min", "0 s", "999999 days", "00:00-24:00"),
    *("mon-sun", "0001-01-01 to 9999-12-31", "${NOT_SET}", "${", "${file:/dev/zero}", "xoxb-1234567890ab", "#leads"),
)
#: Leads that every file that can be used must route somewhere.
LEADS: Sequence[dict[str, str]] = (
    {},
    {"form": "demo-request", "country": "AT", "company_size": "201-500", "job_title": "Head of IT"},
    {"form": "6120", "country": "Vereinigte Staaten", "submitted": "2026-11-23 10:00", "company_size": "10,001+"},
    {"campaign": "nordics-trial", "country": "NO", "submitted": "sunday", "email": "a@rival.example"},
    {"lead_type": "EVENT", "test": "yes", "source": "company-page", "consent.1": "yes", "hidden.utm": "\u202ex"},
)

_TOKEN = re.compile(r"[\w@.#$-]+|\"[^\"\n]*\"|[^\w\s]")
_VALUE = re.compile(r"(?<=: )[^\s,{}\[\]#][^,{}\[\]#\n]*")

Mutation = Callable[[str, random.Random], str]


# ── one slip of the hand ──


def _line(change: Callable[[list[str], int, random.Random], Sequence[str]]) -> Mutation:
    """A mutation of one line: what stands in its place afterwards."""

    def mutate(text: str, chance: random.Random) -> str:
        lines = text.split("\n")
        at = chance.randrange(len(lines))
        return "\n".join([*lines[:at], *change(lines, at, chance), *lines[at + 1 :]])

    return mutate


def _another_indentation(lines: list[str], at: int, chance: random.Random) -> Sequence[str]:
    bare = lines[at].lstrip(" ")
    was = len(lines[at]) - len(bare)
    tab = ["\t" + bare]
    return chance.choice([[" " * max(0, was + chance.choice([-2, -1, 1, 2, 40])) + bare], tab])


def _another_line(lines: list[str], at: int, chance: random.Random) -> Sequence[str]:
    return [lines[at], chance.choice(lines)]


def _swapped_lines(text: str, chance: random.Random) -> str:
    lines = text.split("\n")
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return "\n".join(lines)


def _swapped_tokens(text: str, chance: random.Random) -> str:
    one, other = sorted((_found(_TOKEN, text, chance), _found(_TOKEN, text, chance)))
    if one[1] > other[0]:
        return text
    return text[: one[0]] + text[slice(*other)] + text[one[1] : other[0]] + text[slice(*one)] + text[other[1] :]


def _found(pattern: re.Pattern[str], text: str, chance: random.Random) -> tuple[int, int]:
    """Where something of the pattern begins and ends, from a place drawn at random on."""
    match = pattern.search(text, chance.randrange(len(text) + 1)) or pattern.search(text)
    return match.span() if match else (len(text), len(text))


def _part(pattern: re.Pattern[str], change: Callable[[str, str, random.Random], str]) -> Mutation:
    """A mutation of one part of the text: what stands in its place, made of the part, the whole text and chance."""

    def mutate(text: str, chance: random.Random) -> str:
        first, last = _found(pattern, text, chance)
        return text[:first] + change(text[first:last], text, chance) + text[last:]

    return mutate


def _value_of_the_file(_: str, text: str, chance: random.Random) -> str:
    return text[slice(*_found(_VALUE, text, chance))]


def _nested(part: str, _: str, chance: random.Random) -> str:
    opening, closing = chance.choice([("[", "]"), ("{a: ", "}"), ("{not: ", "}"), ("- ", "")])
    levels = chance.choice([1, 2, 49, 1000])
    return opening * levels + part + closing * levels


def _repeated_line(lines: list[str], at: int, chance: random.Random) -> Sequence[str]:
    return [lines[at]] * chance.choice([2, 1000])


def _repeated_entries(lines: list[str], at: int, _: random.Random) -> Sequence[str]:
    """A thousand of the same with other names."""
    name = re.search(r"\w*$", lines[at].partition(":")[0])
    end = name.end() if name else 0
    return [f"{lines[at][:end]}{number}{lines[at][end:]}" for number in range(1000)]


def _shortened(text: str, chance: random.Random) -> str:
    return text[: chance.randrange(len(text) + 1)]


def _sign_somewhere(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice(SIGNS) + text[at:]


_CHARACTER = re.compile(r"[\s\S]")

#: Each as likely as its number says: what a person does often, and what makes a file long or deep more rarely.
_MUTATIONS: dict[Mutation, int] = {
    _line(lambda lines, at, chance: []): 4,
    _line(lambda lines, at, chance: [lines[at]] * 2): 3,
    _line(_another_indentation): 6,
    _line(_another_line): 3,
    _line(lambda lines, at, chance: [f"# {lines[at]}"]): 2,
    _line(_repeated_line): 1,
    _line(_repeated_entries): 1,
    _swapped_lines: 2,
    _swapped_tokens: 4,
    _part(_TOKEN, lambda part, text, chance: ""): 6,
    _part(_TOKEN, lambda part, text, chance: part + " " + part): 3,
    _part(_TOKEN, lambda part, text, chance: chance.choice("'\"[{(“*&!`@%|>#") + part): 5,
    _part(_TOKEN, lambda part, text, chance: part.swapcase()): 3,
    _part(_CHARACTER, lambda part, text, chance: ""): 6,
    _part(_CHARACTER, lambda part, text, chance: part * 2): 4,
    _part(_CHARACTER, lambda part, text, chance: chance.choice(SIGNS)): 4,
    _part(_VALUE, _value_of_the_file): 10,
    _part(_VALUE, lambda part, text, chance: chance.choice(VALUES)): 10,
    _part(_VALUE, lambda part, text, chance: f"[{part}, {part}]"): 2,
    _part(_VALUE, _nested): 3,
    _sign_somewhere: 10,
    _shortened: 1,
}


@cache
def seeds() -> tuple[str, ...]:
    """Two files in which every key that works stands; both can be used."""
    return SHIPPED.read_text(encoding="utf-8"), what_works(FULL_LANGUAGE.read_text(encoding="utf-8"))


def mutated(seed: int, number: int) -> tuple[str, str]:
    """A file of the series, and the good one that it was: one to four slips, mostly one."""
    chance = random.Random(f"{seed}:{number}")
    before = text = chance.choice(seeds())
    for _ in range(chance.choice([1, 1, 1, 2, 3, 4])):
        text = chance.choices(list(_MUTATIONS), list(_MUTATIONS.values()))[0](text, chance)
    return text, before


# ── what becomes of a file ──


_TEMPLATE = "".join(
    f"{{% block {name} %}}A lead{{% endblock %}}\n" for name in ("title", "facts", "context", "subject", "text", "html")
)


def prepare(folder: Path) -> None:
    """Put templates into the folder that are tried sooner than the shipped ones: `leadbell check` tries each."""
    for kind in ("slack", "email"):
        (folder / "templates" / kind).mkdir(parents=True)
        for name in ("lead", "hot_lead"):
            (folder / "templates" / kind / f"{name}.j2").write_text(_TEMPLATE, encoding="utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What the program made of one file; `faults` are what it must never do."""

    number: int
    seconds: float  #: of the processor, for reading it once
    problems: tuple[Problem, ...]
    is_used: bool
    means_something_else: bool  #: it is used and is not the file it was
    faults: tuple[str, ...]


def fate_of(text: str, before: str, folder: Path, number: int = 0) -> Fate:
    """Read the file; when it can be used, route leads by it; and have `leadbell check` tell of it."""
    path = folder / "config.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    started = time.process_time()
    try:
        read = read_file(path, read_environment(path, os.environ), need_secrets=False)
        seconds = time.process_time() - started
        faults = [*_misplaced(read.problems, text), *_badly_told(path, read.problems, read.config)]
        if read.config is not None:
            faults += _badly_routed(read.config)
        elif not any(problem.severity == "error" for problem in read.problems):
            faults.append("it is refused without a reason")
    except Exception:
        faults = [f"crash: {traceback.format_exc()}"]
        return Fate(
            number=number,
            seconds=time.process_time() - started,
            problems=(),
            is_used=False,
            means_something_else=False,
            faults=tuple(faults),
        )
    return Fate(
        number=number,
        seconds=seconds,
        problems=read.problems,
        is_used=read.config is not None,
        means_something_else=read.config is not None and _meaning(read.config) != _meaning_of(before, folder),
        faults=tuple(faults),
    )


def _misplaced(problems: Sequence[Problem], text: str) -> list[str]:
    """Problems that do not point into the file: a line that it has, a column of that line or the one after it."""
    lines = lines_of(text)
    faults = []
    for problem in problems:
        is_inside = 1 <= problem.line <= len(lines) and 1 <= problem.column <= len(lines[problem.line - 1]) + 1
        if not is_inside:
            faults.append(f"misplaced: {problem}")
        if not problem.message or "\n" in str(problem):
            faults.append(f"no sentence: {problem!r}")
    return faults


def _badly_told(path: Path, problems: Sequence[Problem], config: Config | None) -> list[str]:
    """Where `leadbell check` says something else than the reading."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = run_check(path, None, as_json=False)
    lines = printed.getvalue().splitlines()
    told = [printable(str(problem)) for problem in problems]
    faults = [] if lines[: len(told)] == told else [f"check says otherwise: {lines[:3]} instead of {told[:3]}"]
    if config is None and code != 1:
        faults.append(f"check answers {code} for a file that cannot be used")
    return faults


def _badly_routed(config: Config) -> list[str]:
    """Leads of which the ready rules say something else than the rules read one by one."""
    faults = []
    for lead in LEADS:
        facts = facts_from_flat(lead, config.vocabulary)
        quick = config.router.decide(facts, is_test=is_test(facts))
        slow = decide(facts, config.rules, test_leads=config.test_leads, is_test=is_test(facts))
        if quick != slow:
            faults.append(f"{lead} is routed to {quick.rule!r} and {slow.rule!r}")
        if not quick.rule:
            faults.append(f"no rule takes {lead}")
    return faults


def _meaning(config: Config) -> Config:
    """The file without what changes when nothing that is meant does: its text and its line numbers."""
    rules = tuple(replace(rule, line=0, conditions=()) for rule in config.rules)
    conditions = tuple(replace(each, line=0) for rule in config.rules for each in rule.conditions)
    return replace(config, text=repr(conditions), version="", rules=rules, warnings=(), checks=())


@cache
def _meaning_of(before: str, folder: Path) -> Config:
    path = folder / "before.yaml"
    path.write_text(before, encoding="utf-8")
    config = read_file(path, read_environment(path, os.environ), need_secrets=False).config
    assert config is not None
    return _meaning(replace(config, path=(folder / "config.yaml").absolute()))


# ── many of them ──


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the files and tell; 1 when one of them has a fault or took too long."""
    parser = argparse.ArgumentParser(prog="python -m tests.config.mutations", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="the number of one file: print it and what becomes of it")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        if chosen.only is not None:
            text, before = mutated(chosen.seed, chosen.only)
            fate = fate_of(text, before, folder, chosen.only)
            print(text, *map(str, fate.problems), *fate.faults, f"{fate.seconds * 1000:.0f} ms", sep="\n")
            return 1 if fate.faults else 0
        fates = [_tried(chosen.seed, number, folder) for number in range(chosen.count)]
    return _tell(fates)


def _tried(seed: int, number: int, folder: Path) -> Fate:
    text, before = mutated(seed, number)
    fate = fate_of(text, before, folder, number)
    for fault in fate.faults:
        print(f"{number}: {fault}", file=sys.stderr, flush=True)
    return fate


def _tell(fates: Sequence[Fate]) -> int:
    slowest = sorted(fates, key=lambda fate: fate.seconds, reverse=True)
    kinds = Counter(fault.split(":")[0] for fate in fates for fault in fate.faults)
    used = [fate for fate in fates if fate.is_used]
    slow = sum(timedelta(seconds=fate.seconds) > MOST_TIME for fate in fates)
    print(f"{len(fates)} files: {len(fates) - len(used)} refused, {len(used)} used")
    print(f"crashes: {kinds['crash']}")
    print(f"problems without a line and column of the file: {kinds['misplaced']}")
    print(f"other faults: {sum(kinds.values()) - kinds['crash'] - kinds['misplaced']}")
    print(f"used in spite of another meaning: {sum(fate.means_something_else for fate in used)}")
    print(f"more than {MOST_TIME.total_seconds() * 1000:.0f} ms: {slow}; the slowest:")
    for fate in slowest[:5]:
        print(f"  number {fate.number}: {fate.seconds * 1000:.0f} ms")
    return 1 if kinds or slow else 0


if __name__ == "__main__":
    sys.exit(main())
