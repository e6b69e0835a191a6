"""The benchmark runs to its end and measures everything. Nothing here depends on how fast it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.__main__ import BEGIN, END, renewed, shortcomings
from benchmarks.load import Acks, Address, OpenLoop, Saturation
from benchmarks.processes import started
from benchmarks.rules import a_lead, measure_rules, rules_table, rules_text
from benchmarks.scenes import BARE, DURABLE, PEER, PIPELINE, PRODUCT, TINY, Figures
from benchmarks.table import ROWS, markdown
from bot.config.load import load_config
from bot.core.facts import facts_of

DOCS = Path(__file__).parent.parent / "docs" / "performance.md"


def test_a_run_that_left_a_row_empty_or_lost_or_doubled_a_lead_is_a_failure() -> None:
    full = {row.name: [1.0] for row in ROWS}
    good = {name: Figures(values=full) for name in (BARE, DURABLE, PIPELINE, PRODUCT)}

    assert shortcomings(good) == []
    assert shortcomings({**good, PRODUCT: Figures(values=full, doubled=1)}) == ["product: 0 lost, 1 doubled, 0 refused"]
    assert shortcomings({**good, PRODUCT: Figures(values={})}) == [row.label for row in ROWS]


def test_the_rule_file_is_loaded_and_a_lead_routed_by_it_beside_their_floors() -> None:
    lines = rules_table(measure_rules(count=20, rounds=2)).splitlines()

    assert [line.split("|")[1].strip() for line in lines[2:]] == [
        "load of 20 rules",
        "routing of a lead by 20 rules",
        "a lead with 12 answers becomes facts",
    ]
    assert all(line.count("–") == 1 for line in lines[2:])


def test_the_measured_file_has_no_problem_and_its_lead_passes_every_rule_but_the_last(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(rules_text(60), encoding="utf-8")

    config = load_config(file, {}, need_secrets=False)
    decision = config.router.decide(facts_of(a_lead(), config.vocabulary), is_test=False)

    assert config.warnings == ()
    assert (len(config.rules), decision.rule) == (60, "Everything else")


async def test_another_system_gets_the_same_webhooks_and_a_column_of_its_own(tmp_path: Path) -> None:
    numbers = iter(range(1, 10_000))
    async with started("bare", tmp_path / "peer.log") as peer:
        address = Address(url=f"http://127.0.0.1:{peer.port}/linkedin/webhook")
        flood = await Saturation(address, numbers).run(seconds=10, most=64)
        stream = await OpenLoop(address, numbers).run(rate=200, seconds=0.1)
    figures = Figures(values={"saturation ack rate": [640.0]})

    assert [_outcome(acks) for acks in (flood, stream)] == [(64, 64, 0), (20, 20, 0)]
    assert "peer" in markdown({PEER: figures}, TINY, "the machine").splitlines()[0]
    assert "640/s" in markdown({PEER: figures}, TINY, "the machine")


async def test_a_webhook_without_a_2xx_is_counted_as_refused(tmp_path: Path) -> None:
    async with started("durable", tmp_path / "durable.log", str(tmp_path / "leads.db")) as server:
        address = Address(url=f"http://127.0.0.1:{server.port}/linkedin/webhook", secret="another")
        acks = await OpenLoop(address, iter(range(1, 10))).run(rate=200, seconds=0.02)

    assert _outcome(acks) == (4, 0, 4)


def test_the_table_is_renewed_between_its_markers_and_nothing_else_is_touched() -> None:
    document = f"before\n{BEGIN}\nold\n{END}\nafter\n"

    assert renewed(document, "| new |\n") == f"before\n{BEGIN}\n\n| new |\n\n{END}\nafter\n"


def test_a_document_without_markers_is_refused() -> None:
    with pytest.raises(SystemExit, match="nothing was written"):
        renewed("no table here", "| new |\n")


def test_the_documentation_holds_a_table_with_every_row() -> None:
    table = DOCS.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]

    assert [row.label for row in ROWS if f"| {row.label} " not in table] == []


def _outcome(acks: Acks) -> tuple[int, int, int]:
    """Sent, acknowledged, refused."""
    return len(acks.sent_at), len(acks.seconds), acks.refused
