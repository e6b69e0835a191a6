"""The variables of the process, and of a `.env` file beside the rule file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from bot.config.problems import Findings, Place
from bot.core.errors import ConfigError

_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)", re.DOTALL)
_QUOTED = re.compile(r"(['\"])(.*)\1\s*(?:#.*)?", re.DOTALL)
_MOST_BYTES = 64 * 1024


def read_environment(path: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` together with the `.env` beside the rule file at `path`; a variable that is really set wins.

    Lines are NAME=value; quotes round the value, `export` in front, and comments are fine; nothing is filled in.
    Raises ConfigError with every unreadable line. The problems never show what a line holds.
    """
    file = path.parent / ".env"
    findings = Findings(str(file))
    variables = {**_read_lines(_text_of(file, findings), findings), **environ}
    if findings.has_errors:
        raise ConfigError(findings.sorted())
    return variables


def _text_of(file: Path, findings: Findings) -> str:
    if not file.is_file():
        return ""
    try:
        with file.open("rb") as opened:
            content = opened.read(_MOST_BYTES + 1)
        if len(content) <= _MOST_BYTES:
            return content.decode("utf-8-sig")
        findings.error(Place(1, 1), "This file is larger than 64 KiB")
    except (OSError, UnicodeDecodeError):
        findings.error(Place(1, 1), "This file cannot be read", "It must be UTF-8 text that this user may read.")
    return ""


def _read_lines(text: str, findings: Findings) -> dict[str, str]:
    variables: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        match = _LINE.fullmatch(bare)
        if match is None:
            findings.error(Place(number, 1), "This line is not NAME=value", "A comment begins with #.")
            continue
        variables[match.group(1)] = _value(match.group(2))
    return variables


def _value(text: str) -> str:
    quoted = _QUOTED.fullmatch(text)
    return quoted.group(2) if quoted else re.split(r"\s+#", text, maxsplit=1)[0].strip()
