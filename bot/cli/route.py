"""`leadbell route`: where a lead would go and why, condition by condition; sends nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.lead_file import read_lead_file
from bot.cli.printing import complain, print_json, say
from bot.core.errors import BotError

if TYPE_CHECKING:
    from bot.config.model import Config
    from bot.core.facts import Facts
    from bot.core.lead import Lead


def run_route(
    lead_json: Path,
    config: Path | None,
    as_json: bool,
    *,
    read_response: Callable[[bytes], Lead],
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> int:
    """Print where the lead of LEAD.json would go. `read_response` reads a file that is LinkedIn's own answer.

    A lead that does not say when it was submitted is one of `now`. Answers the exit code: 0, or 2 when the lead or the
    rule file cannot be read.
    """
    from bot.cli.decision import in_words
    from bot.config.environment import read_environment
    from bot.config.files import which_config
    from bot.config.load import load_config
    from bot.core.facts import is_test
    from bot.core.routing import decision_to_json

    try:
        path = which_config(config, may_fall_back=True)
        rules = load_config(path, read_environment(path, os.environ), need_secrets=False)
        read = read_lead_file(lead_json, read_response)
    except BotError as error:
        complain(*str(error).split("\n"))
        return 2
    facts = _facts(read, rules, now())
    decision = rules.router.decide(facts, is_test=is_test(facts))
    above = rules.router.explain(facts, decision)
    if as_json:
        print_json(decision_to_json(decision, above))
    else:
        say(*in_words(decision, rules, above=above))
    _note_unused(facts, rules)
    if "submitted" not in _told(read) and _asks_for_time(rules):
        complain("note: the lead does not say when it was submitted, so it is judged as one of now")
    return 0


def _facts(read: Lead | Mapping[str, tuple[str, ...]], config: Config, now: datetime) -> Facts:
    from bot.core.facts import facts_from_flat, facts_of

    if isinstance(read, Mapping):
        told = {} if "submitted" in _told(read) else {"submitted": (now.isoformat(),)}
        return facts_from_flat({**read, **told}, config.vocabulary)
    return facts_of(read, config.vocabulary)


def _told(read: Lead | Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """The facts that the file states with a value; an answer of LinkedIn's always tells when."""
    from bot.core.facts import fact_key

    if not isinstance(read, Mapping):
        return frozenset({"submitted"})
    return frozenset(fact_key(name) for name, values in read.items() if any(value.strip() for value in values))


def _asks_for_time(config: Config) -> bool:
    from bot.core.facts import fact_key

    conditions = (condition for rule in config.rules for condition in rule.conditions)
    return any(rule.active is not None for rule in config.rules) or any(
        fact_key(condition.fact) == "submitted" for condition in conditions
    )


def _note_unused(facts: Facts, config: Config) -> None:
    """A misspelt fact would silently be unanswered: say so, beside the answer."""
    from bot.core.facts import BUILT_IN, HOURS, PREFIXES, fact_key
    from bot.core.fields import PREDEFINED

    known = BUILT_IN | PREDEFINED | {HOURS} | {fact_key(name) for name in config.vocabulary.fields}
    for name in facts:
        if name not in known and not name.startswith(PREFIXES):
            complain(f'note: no rule can ask for "{name}"; perhaps it is misspelt')
