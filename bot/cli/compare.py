"""`leadbell compare`: which stored leads would go elsewhere with a new rule file; sends nothing."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from bot.cli.linkedin.meaning import span
from bot.cli.live_rules import live_rules
from bot.cli.loading import load_or_live
from bot.cli.printing import complain, print_json, print_table, say
from bot.config.load import load_config, read_environment, uncollected
from bot.config.model import Config
from bot.core.comparing import Comparing, Comparison, Example, Group, Rulebook, Takeover, headline, in_words
from bot.core.errors import ConfigError
from bot.store.database import opened_to_read
from bot.store.replay import Replay

#: Shown to a person; a program gets all.
_MOST_GROUPS, _MOST_RULES = 20, 12

_NOT_REPLAYED = (
    "A team counts as one owner: whose turn it would have been, and who stays with the owner they had, is not replayed."
)


def run_compare(
    new: Path,
    config: Path | None,
    as_json: bool,
    *,
    last: str,
    with_tests: bool,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> int:
    """Print what NEW would change for the leads submitted within `last` ("30d"): 0; 2 when either file is bad.

    Raises WrongUse for another `last`.
    """
    since = now() - span(last)
    file = load_or_live(config)
    other = _new(new)
    if file is None or other is None:
        return 2
    found = asyncio.run(_compared(file, other, since, with_tests=with_tests))
    if as_json:
        print_json(_to_json(found, since))
    else:
        _print(found, last)
    return 0


def _new(path: Path) -> Config | None:
    """The file to try, or None after every problem has been printed."""
    try:
        return load_config(path, read_environment(path, os.environ), need_secrets=False)
    except ConfigError as error:
        complain(*map(str, error.problems))
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What came of it, and between what: `live` is `file`, unless what stands there now is not live."""

    comparison: Comparison
    file: Config
    live: Config
    new: Config


async def _compared(file: Config, new: Config, since: datetime, *, with_tests: bool) -> _Found:
    async with opened_to_read(file.database) as database:
        live = await live_rules(file, database)
        comparing, replay = Comparing(_rulebook(live), _rulebook(new)), Replay(database)
        with uncollected(), _progress(await replay.count(since=since, with_tests=with_tests)) as step:
            async for leads in replay.leads(since=since, with_tests=with_tests):
                for lead_id, lead in leads:
                    comparing.look(lead_id, lead)
                step(len(leads))
    return _Found(comparison=comparing.result(), file=file, live=live, new=new)


def _rulebook(config: Config) -> Rulebook:
    return Rulebook(vocabulary=config.vocabulary, rules=config.rules, router=config.router)


# ── for people ──


def _print(found: _Found, last: str) -> None:
    comparison = found.comparison
    if not comparison.leads:
        say(f"No lead of the last {last} is stored, so there is nothing to compare.")
        return
    say(headline(comparison))
    for group in comparison.groups[:_MOST_GROUPS]:
        _print_group(group)
    if left := comparison.groups[_MOST_GROUPS:]:
        say("", f"{_leads(sum(group.count for group in left))} in {len(left)} more ways; --json has them all.")
    if comparison.loads:
        say("", "Owners who get another number of leads:")
        rows = [{"owner": load.owner, "before": load.before, "now": load.now} for load in comparison.loads]
        print_table(rows, ("owner", "before", "now"), empty="")
    say("", *_remarks(found))


def _print_group(group: Group) -> None:
    leads = _leads(group.count)
    if len(group.changes) == 1:
        say("", f"{leads} {in_words(group.changes, group.count)}")
    else:
        say("", leads, *(f"  · {in_words((change,), group.count)}" for change in group.changes))
    say(*(f"  {_takeover(each, group.count)}" for each in group.rules[:_MOST_RULES]))
    if left := group.rules[_MOST_RULES:]:
        say(f"  and {sum(each.count for each in left):,} of them in {len(left)} more ways")
    say("  for example", *_examples(group.examples))


def _leads(count: int) -> str:
    return "1 lead" if count == 1 else f"{count:,} leads"


def _takeover(takeover: Takeover, of: int) -> str:
    share = f"{takeover.count:,} of them" if takeover.count < of else "it" if of == 1 else "them"
    if takeover.before == takeover.now:
        return f"{_rule(takeover.now)} took {share} and still does"
    return f"{_rule(takeover.before)} took {share}, now {_rule(takeover.now)} does"


def _rule(name: str) -> str:
    return f"“{name}”" if name else "no rule"


def _examples(examples: Sequence[Example]) -> Iterator[str]:
    """Each in a line, and below those that move for one and the same reason that reason."""
    for why, alike in groupby(examples, key=lambda example: example.why):
        yield from (f"    {example.lead}  {' · '.join(example.sketch)}" for example in alike)
        if why:
            yield f"        {why}"


def _remarks(found: _Found) -> list[str]:
    comparison, name = found.comparison, found.file.path.name
    live = name if found.live is found.file else "the live rules"
    new = found.new.path.name if found.new.path.name != name else str(found.new.path)
    lines = _unused(comparison, live, new)
    if found.live is not found.file:
        lines.append(f"“Before” is version {found.live.version}, which is live; what stands in {name} now is not.")
    if comparison.retaken:
        go = "goes where it went" if comparison.retaken == 1 else "go where they went"
        lines.append(f"{_leads(comparison.retaken)} {go}, by a rule of another name.")
    return [*lines, f"{_NOT_REPLAYED} Nothing was sent."]


def _unused(comparison: Comparison, live: str, new: str) -> list[str]:
    before, now = comparison.unused_before, comparison.unused_now
    places = {
        "under either file": [name for name in before if name in now],
        f"under {live}": [name for name in before if name not in now],
        f"under {new}": [name for name in now if name not in before],
    }
    return [f"Took no lead {where}: {_listed(names)}." for where, names in places.items() if names]


def _listed(rules: Sequence[str]) -> str:
    left = len(rules) - _MOST_RULES
    return ", ".join(map(_rule, rules[:_MOST_RULES])) + (f" and {left} more" if left > 0 else "")


# ── for programs ──


def _to_json(found: _Found, since: datetime) -> dict[str, object]:
    comparison, live, new = found.comparison, found.live, found.new
    return {
        "since": since.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "live": {"file": str(live.path), "version": live.version},
        "new": {"file": str(new.path), "version": new.version},
        "leads": comparison.leads,
        "moved": comparison.moved,
        "groups": [_group_to_json(group) for group in comparison.groups],
        "owners": [{"owner": load.owner, "before": load.before, "now": load.now} for load in comparison.loads],
        "retaken": comparison.retaken,
        "unused_rules": {"live": comparison.unused_before, "new": comparison.unused_now},
    }


def _group_to_json(group: Group) -> dict[str, object]:
    return {
        "leads": group.count,
        "words": in_words(group.changes, group.count),
        "changes": [{"what": each.aspect.value, "before": each.before, "now": each.now} for each in group.changes],
        "rules": [{"before": each.before, "now": each.now, "leads": each.count} for each in group.rules],
        "examples": [example.lead for example in group.examples],
    }


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, else nothing; call the result with how many more leads are done."""
    if not sys.stderr.isatty() or not total:
        yield lambda _leads: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("leads compared"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=total)
        yield lambda leads: progress.update(task, advance=leads)
