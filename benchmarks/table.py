"""The table: a row per figure, a column per system, medians of the rounds, and the product's ratio to its floor."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.scenes import BARE, DURABLE, PEER, PIPELINE, PRODUCT, Figures, Size

_COLUMNS = {
    BARE: "bare POST",
    DURABLE: "durable receive",
    PIPELINE: "featureless pipeline",
    PRODUCT: "Leadbell",
    PEER: "peer",
}


#: How a floor is called in a ratio.
_SHORT = {DURABLE: "durable", PIPELINE: "pipeline"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure; `floor` is the system the product is divided by."""

    label: str
    name: str  #: as in Figures.values
    unit: str
    floor: str


ROWS = (
    Row(label="ingest at saturation, 32 senders", name="saturation ack rate", unit="/s", floor=DURABLE),
    Row(label="– ack p50", name="saturation ack p50", unit="ms", floor=DURABLE),
    Row(label="– ack p99", name="saturation ack p99", unit="ms", floor=DURABLE),
    Row(label="– event loop stall p99.9", name="saturation stall", unit="ms", floor=DURABLE),
    Row(label="webhook → Slack at 5/s, p50", name="way 5/s p50", unit="ms", floor=PIPELINE),
    Row(label="– p99", name="way 5/s p99", unit="ms", floor=PIPELINE),
    Row(label="webhook → Slack at 50/s, p50", name="way 50/s p50", unit="ms", floor=PIPELINE),
    Row(label="– p99", name="way 50/s p99", unit="ms", floor=PIPELINE),
    Row(label="– CPU per lead", name="way 50/s cpu", unit="ms", floor=PIPELINE),
    Row(label="– event loop stall p99.9", name="way 50/s stall", unit="ms", floor=PIPELINE),
    Row(label="– ack p50", name="way 50/s ack p50", unit="ms", floor=PIPELINE),
    Row(label="– ack p99", name="way 50/s ack p99", unit="ms", floor=PIPELINE),
    Row(label="– ack p99 while LinkedIn and Slack hang", name="hang ack p99", unit="ms", floor=PIPELINE),
    Row(label="burst: leads posted", name="burst rate", unit="/s", floor=PIPELINE),
    Row(label="– ack p99", name="burst ack p99", unit="ms", floor=PIPELINE),
    Row(label="start to ready", name="start", unit="s", floor=PIPELINE),
    Row(label="idle memory", name="idle memory", unit="MB", floor=PIPELINE),
    Row(label="idle CPU", name="idle cpu", unit="% of a core", floor=PIPELINE),
)

#: name in Figures, what it counts
COUNTS = (("lost", "lost"), ("doubled", "doubled"), ("refused", "without a 2xx"))


def markdown(figures: Mapping[str, Figures], size: Size, machine: str) -> str:
    """The table, the machine line and how much was done, as GitHub shows it."""
    systems = [system for system in _COLUMNS if system in figures]
    head = ["", *(_COLUMNS[system] for system in systems), "Leadbell ÷ floor", "rounds"]
    rows = [head, ["---", *("---:" for _ in head[1:])]]
    rows += [_cells(row, figures, systems) for row in ROWS]
    rows += [_count_cells(name, label, figures, systems) for name, label in COUNTS]
    return "\n".join([*aligned(rows), "", _scale(size), "", machine]) + "\n"


def ratio(row: Row, figures: Mapping[str, Figures]) -> float | None:
    """Product ÷ floor, of the medians; None when one of them was not measured or is 0."""
    product, floor = (_median(figures, system, row.name) for system in (PRODUCT, row.floor))
    return product / floor if product is not None and floor else None


def _cells(row: Row, figures: Mapping[str, Figures], systems: list[str]) -> list[str]:
    values = [shown(_median(figures, system, row.name), row.unit) for system in systems]
    found = ratio(row, figures)
    divided = f"{found:.2f} × {_SHORT[row.floor]}" if found is not None else ""
    return [row.label, *values, divided, _range(row, figures)]


def _range(row: Row, figures: Mapping[str, Figures]) -> str:
    """The lowest and the highest ratio of any round: how far noise reaches."""
    if PRODUCT not in figures or row.floor not in figures:
        return ""
    pairs = zip(figures[PRODUCT].values.get(row.name, []), figures[row.floor].values.get(row.name, []), strict=False)
    ratios = [product / floor for product, floor in pairs if floor]
    return f"{min(ratios):.2f}–{max(ratios):.2f}" if len(ratios) > 1 else ""


def _count_cells(name: str, label: str, figures: Mapping[str, Figures], systems: list[str]) -> list[str]:
    return [label, *(str(getattr(figures[system], name)) for system in systems), "", ""]


def _median(figures: Mapping[str, Figures], system: str, name: str) -> float | None:
    values = figures[system].values.get(name) if system in figures else None
    return statistics.median(values) if values else None


def shown(value: float | None, unit: str) -> str:
    """A figure with three digits or so; "" of nothing."""
    if value is None:
        return ""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f} {unit}".replace(" /s", "/s")


def aligned(rows: list[list[str]]) -> list[str]:
    """The rows as the lines of a table; the second row holds the dashes."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width, "-" if set(cell) <= set("-:") and cell else " ") if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _scale(size: Size) -> str:
    return (
        f"{size.rounds} round(s), each with fresh processes and empty databases, medians shown; per round "
        f"{size.saturation:g} s at saturation, {size.slow * 5:g} leads at 5/s, {size.steady * 50:g} at 50/s, "
        f"{size.burst} in the burst, {size.hang * 50:g} webhooks while the upstreams hang."
    )
