"""Tables for people and JSON for programs."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

import orjson


def print_json(value: object) -> None:
    """One JSON value, indented, with a line end."""
    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n")


def print_table(rows: Sequence[Mapping[str, object]], columns: Sequence[str], *, empty: str) -> None:
    """The columns of each row, or one line saying that there is nothing."""
    if not rows:
        print(empty)
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
    """A lead's text on a terminal: control characters could move the cursor or change its colours."""
    return "".join(character if character.isprintable() else "�" for character in text)
