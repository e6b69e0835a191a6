"""How the commands find and read the rule file, and what a person sees when that fails."""

from __future__ import annotations

import os
from pathlib import Path

from bot.cli.printing import complain
from bot.config.files import which_config
from bot.config.load import load_config, read_environment
from bot.config.model import Config
from bot.core.errors import ConfigError


def load(explicit: Path | None, *, need_secrets: bool, may_fall_back: bool = False) -> Config | None:
    """The file as a Config, or None after every problem has been printed to standard error."""
    try:
        path = which_config(explicit, may_fall_back=may_fall_back)
        return load_config(path, read_environment(path, os.environ), need_secrets=need_secrets)
    except ConfigError as error:
        complain(*map(str, error.problems))
        return None


def load_or_live(explicit: Path | None) -> Config | None:
    """Like `load`, for what is asked of a running server: where the file cannot be used, the rules that are live.

    A slip in the file must not keep anybody from seeing the leads, or have the server called ill.
    """
    try:
        path = which_config(explicit, may_fall_back=False)
        return load_config(path, read_environment(path, os.environ), need_secrets=False)
    except ConfigError as error:
        from bot.cli.live_rules import rules_beside_a_bad_file

        live = rules_beside_a_bad_file(explicit)
        if live is None:
            complain(*map(str, error.problems))
        else:
            told = "cannot be used as it stands; `leadbell check` tells why"
            complain(f"leadbell: {live.path.name} {told}. Going by version {live.version}, which is live.")
        return live
