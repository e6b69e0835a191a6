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
