"""Where the rule file and the templates are: named, in this folder, in a checkout, or packaged with the program."""

from __future__ import annotations

from pathlib import Path

from bot.config.problems import Findings, Place
from bot.core.errors import ConfigError

_PACKAGE = Path(__file__).resolve().parent.parent
_IN_WHEEL = _PACKAGE / "defaults"


def packaged_config() -> Path:
    """The rule file that ships with the program."""
    return _packaged("config.yaml")


def packaged_templates() -> Path:
    """The folder of templates that ships with the program."""
    return _packaged("templates")


def which_config(explicit: Path | None, *, may_fall_back: bool) -> Path:
    """The file to use: the named one, else ./config.yaml, else (where allowed) the packaged one.

    Raises ConfigError when there is none.
    """
    wanted = explicit if explicit is not None else Path("config.yaml")
    if wanted.is_file():
        return wanted
    if explicit is None and may_fall_back:
        return packaged_config()
    findings = Findings(str(wanted))
    what = "This is a folder, not a file" if wanted.is_dir() else "There is no such file"
    findings.error(Place(1, 1), what, "Name one with --config FILE.")
    raise ConfigError(findings.sorted())


def _packaged(name: str) -> Path:
    in_wheel = _IN_WHEEL / name
    return in_wheel if in_wheel.exists() else _PACKAGE.parent / name
