"""`leadbell route`: where a lead would go and why, condition by condition; sends nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.lead_file import read_lead_file
from bot.cli.printing import complain, print_json, say
from bot.core.errors import BotError

if TYPE_CHECKING:
    from bot.config.model import Config
    from bot.core.facts import Facts
    from bot.core.lead import Lead
    from bot.core.routing import Decision, Tried


def run_route(lead_json: Path, config: Path | None, as_json: bool, *, read_response: Callable[[bytes], Lead]) -> int:
    """Print where the lead of LEAD.json would go. `read_response` reads a file that is LinkedIn's own answer.

    Answers the exit code: 0, or 2 when the lead or the rule file cannot be read.
    """
    from bot.config.environment import read_environment
    from bot.config.files import which_config
    from bot.config.load import load_config
    from bot.core.facts import is_test
    from bot.core.routing import decide, decision_to_json

    try:
        path = which_config(config, may_fall_back=True)
        rules = load_config(path, read_environment(path, os.environ), need_secrets=False)
        facts = _facts(lead_json, rules, read_response)
    except BotError as error:
        complain(*str(error).split("\n"))
        return 2
    decision = decide(facts, rules.rules, test_leads=rules.test_leads, is_test=is_test(facts))
    if as_json:
        print_json(decision_to_json(decision))
    else:
        print_decision(decision_to_json(decision))
    _note_unused(facts, rules)
    return 0


def print_decision(stored: Mapping[str, object]) -> None:
    """Print a decision in the shape that the database keeps, for a person."""
    from bot.core.routing import decision_from_json

    say(*in_words(decision_from_json(stored)))


def in_words(decision: Decision) -> list[str]:
    """A decision as lines for a person."""
    then = decision.then
    posts = ", ".join(target.person or target.address for target in then.post) or "nobody"
    mails = ", ".join(target.address for target in then.email) or "nobody"
    lines = [f"rule      {decision.rule or 'none fits'}", f"post      {posts}", f"owner     {then.owner or 'nobody'}"]
    lines += [f"email     {mails}", f"template  {then.template}", "", "Why, from the top:"]
    for tried in decision.tried:
        lines += _tried_in_words(tried)
    return lines


def _tried_in_words(tried: Tried) -> list[str]:
    lines = [f"  {'✓' if tried.fits else '✗'} {tried.rule}{'' if tried.reasons else ': fits every lead'}"]
    lines += [f"      {'✓' if reason.fits else '✗'} {reason.fact}: {reason.why}" for reason in tried.reasons]
    return lines


def _facts(path: Path, config: Config, read_response: Callable[[bytes], Lead]) -> Facts:
    from bot.core.facts import facts_from_flat, facts_of
    from bot.core.lead import Lead

    read = read_lead_file(path, read_response)
    return facts_of(read, config.vocabulary) if isinstance(read, Lead) else facts_from_flat(read, config.vocabulary)


def _note_unused(facts: Facts, config: Config) -> None:
    """A misspelt fact would silently be unanswered: say so, beside the answer."""
    from bot.core.facts import BUILT_IN, PREFIXES, fact_key
    from bot.core.fields import PREDEFINED

    known = BUILT_IN | PREDEFINED | {fact_key(name) for name in config.vocabulary.fields}
    for name in facts:
        if name not in known and not name.startswith(PREFIXES):
            complain(f'note: no rule can ask for "{name}"; perhaps it is misspelt')
