"""`python -m benchmarks`: start floors and product, load them in turn, print one table with the ratios."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import os
import platform
import selectors
import sqlite3
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from benchmarks.leads import CLIENT_SECRET
from benchmarks.load import Address
from benchmarks.rules import Measured, measure_rules, rules_table
from benchmarks.scenes import FULL, PRODUCT, QUICK, Figures, measure
from benchmarks.table import ROWS, markdown

BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"


def main(arguments: list[str] | None = None) -> int:
    """0 when every row has its figure and nothing was lost or doubled, 1 otherwise, 2 for wrong use."""
    wanted = _wanted(arguments)
    size = QUICK if wanted.quick else FULL
    peer = Address(url=wanted.peer, secret=wanted.peer_secret) if wanted.peer else None
    if wanted.profile:
        wanted.profile.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner(loop_factory=_exact_loop) as runner:
        figures = runner.run(measure(size, Path(folder), peer=peer, profile=wanted.profile, say=_say))
    _say("the rule file")
    rules = measure_rules(rounds=size.rounds * 5)
    table = f"{rules_table(rules)}\n{markdown(figures, size, machine())}"
    sys.stdout.write(table)
    if wanted.json:
        wanted.json.write_text(_as_json(figures, rules, size), encoding="utf-8")
    if wanted.write:
        wanted.write.write_text(renewed(wanted.write.read_text(encoding="utf-8"), table), encoding="utf-8")
    wrong = shortcomings(figures)
    for each in wrong:
        _say(f"benchmarks: {each}")
    return 1 if wrong else 0


def shortcomings(figures: Mapping[str, Figures]) -> list[str]:
    """What makes a run a failure, whatever its speed: a row without a figure, a lead lost, doubled or refused."""
    empty = [row.label for row in ROWS if row.name not in figures[PRODUCT].values]
    harm = [
        f"{name}: {each.lost} lost, {each.doubled} doubled, {each.refused} refused"
        for name, each in figures.items()
        if each.lost or each.doubled or (each.refused and name == PRODUCT)
    ]
    return empty + harm


def machine() -> str:
    """One line that says where and when it was measured."""
    cpu = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor() or "unknown CPU",
    )
    return (
        f"{cpu}, {os.cpu_count()} cores; {platform.system()} {platform.release().partition('-')[0]}; "
        f"Python {platform.python_version()}, aiohttp {aiohttp.__version__}, SQLite {sqlite3.sqlite_version}; "
        f"load average {os.getloadavg()[2]:.1f} (15 min); {datetime.now(UTC):%Y-%m-%d}."
    )


def renewed(document: str, table: str) -> str:
    """`document` with the table between its two markers. Raises SystemExit when it has none."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"benchmarks: the file needs the lines {BEGIN} and {END}; nothing was written")
    return f"{before}{BEGIN}\n\n{table}\n{END}{after}"


def _wanted(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round, to see that it works")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every round's figures")
    parser.add_argument("--write", type=Path, metavar="FILE", help="also renew the table between FILE's two markers")
    parser.add_argument("--peer", metavar="URL", help="also post the same signed webhooks to this address")
    parser.add_argument("--peer-secret", default=CLIENT_SECRET, metavar="TEXT", help="what the peer's are signed with")
    parser.add_argument(
        "--profile",
        type=Path,
        metavar="FOLDER",
        help="write cProfile files of the product's event loop; the figures of such a run are worthless",
    )
    wanted = parser.parse_args(arguments)
    if wanted.peer and not wanted.peer.startswith(("http://", "https://")):
        parser.error("--peer needs an address that begins with http:// or https://")
    return wanted


def _exact_loop() -> asyncio.SelectorEventLoop:
    """select() keeps microseconds where epoll rounds up to the next millisecond: the open loop's clock."""
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


def _as_json(figures: Mapping[str, Figures], rules: Sequence[Measured], size: object) -> str:
    content = {
        "machine": machine(),
        "size": dataclasses.asdict(size),  # type: ignore[call-overload]
        "figures": {system: dataclasses.asdict(each) for system, each in figures.items()},
        "rules": [dataclasses.asdict(each) for each in rules],
    }
    return json.dumps(content, indent=2) + "\n"


def _lines(path: str) -> list[str]:
    file = Path(path)
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
