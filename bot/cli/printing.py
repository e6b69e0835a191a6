"""Everything that the commands print: lines and tables for people, JSON for programs, and nothing a terminal obeys.

A lead is a stranger's text, and so is much of what a message quotes: control characters could move the cursor, change
the title or turn the direction of what follows.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence


def say(*lines: str) -> None:
    """Lines on standard output; a line break within one becomes a space, so that nothing quoted can look like ours."""
    sys.stdout.writelines(printable(line) + "\n" for line in lines)
    sys.stdout.flush()  # what waits for somebody must be seen through a pipe too


def complain(*lines: str) -> None:
    """The same on standard error."""
    sys.stderr.writelines(printable(line) + "\n" for line in lines)


def print_json(value: object) -> None:
    """One JSON value, indented, with a line end."""
    sys.stdout.write(json_text(value) + "\n")


def json_text(value: object) -> str:
    """A JSON value, indented. What a terminal could obey is escaped, so a program reads the very same text."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return "".join(sign if sign.isprintable() or sign == "\n" else json.dumps(sign)[1:-1] for sign in text)


def print_table(rows: Sequence[Mapping[str, object]], columns: Sequence[str], *, empty: str) -> None:
    """The columns of each row, or one line saying that there is nothing; "" = nothing is to be said."""
    if not rows:
        say(*filter(None, [empty]))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(row.get(column))) for column in columns))
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 200  # a file or a pipe has no width; do not fold there
    console.print(table)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else ""
    return printable(str(value))


def printable(text: str) -> str:
    """One line without characters that act on a terminal; white space of any kind becomes a space."""
    return "".join(sign if sign.isprintable() else " " if sign.isspace() else "�" for sign in text)
