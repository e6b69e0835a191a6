"""`leadbell route`."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.cli.route import run_route
from bot.core.lead import Answer, Lead, Named
from bot.sources.linkedin import lead_from_response
from tests.config.builders import SHIPPED


def route(
    lead: Path, config: Path, *, as_json: bool, read_response: Callable[[bytes], Lead] = lead_from_response
) -> int:
    return run_route(lead, config, as_json, read_response=read_response)


def lead_file(folder: Path, content: object) -> Path:
    path = folder / "lead.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def a_response(_: bytes) -> Lead:
    return Lead(
        response_id="r-1",
        submitted_at=datetime(2026, 11, 23, tzinfo=UTC),
        owner="urn:li:sponsoredAccount:507857085",
        lead_type="SPONSORED",
        form=Named(id="6083"),
        answers=(
            Answer(question="Land", values=("Österreich",), field="country"),
            Answer(question="Größe", values=("201-500",), field="company_size"),
        ),
    )


def test_the_answer_names_rule_targets_and_every_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lead = lead_file(tmp_path, {"form": "demo-request", "country": "AT", "company_size": 500})

    code = route(lead, SHIPPED, as_json=False)

    out = capsys.readouterr().out
    assert code == 0
    assert "Enterprise demo, DACH" in out
    assert "#leads-dach" in out
    assert "anna@example.com" in out
    assert "wanted “at least 200”, found “500”: fits" in out
    assert "✗ Students and competitors" in out


def test_json_has_the_shape_that_scripts_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = route(
        lead_file(tmp_path, {"campaign": "nordics-trial", "country": ["NO"]}),
        SHIPPED,
        as_json=True,
        read_response=lead_from_response,
    )

    answer = json.loads(capsys.readouterr().out)
    assert code == 0
    assert list(answer)[:6] == ["rule", "owner", "post", "email", "template", "conditions"]
    assert (answer["rule"], answer["owner"], answer["post"]) == ("Nordics trial campaign", "ben", ["#leads-nordics"])
    assert {"fact", "wanted", "found", "fits", "why"} == set(answer["conditions"][0])


def test_an_answer_of_linkedins_is_read_by_the_given_reader(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = route(lead_file(tmp_path, {"formResponse": {}}), SHIPPED, as_json=True, read_response=a_response)

    assert code == 0
    assert json.loads(capsys.readouterr().out)["rule"] == "Enterprise demo, DACH"


def test_a_test_lead_goes_to_the_test_channel(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    route(
        lead_file(tmp_path, {"form": "demo-request", "test": True}),
        SHIPPED,
        as_json=True,
        read_response=lead_from_response,
    )

    assert json.loads(capsys.readouterr().out)["post"] == ["#leads-test"]


def test_a_fact_that_nothing_asks_for_is_noted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = route(
        lead_file(tmp_path, {"countri": "DE", "company": None}), SHIPPED, as_json=True, read_response=lead_from_response
    )

    captured = capsys.readouterr()
    assert code == 0
    assert '"countri"' in captured.err
    assert json.loads(captured.out)["rule"] == "Everything else"


@pytest.mark.parametrize(
    "content", ["", "{", "[1]", '"x"', '{"country": {"a": 1}}', '{"formResponse": {}}', "[" * 100_000]
)
def test_a_file_that_is_no_lead_is_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str) -> None:
    code = route(lead_file(tmp_path, content), SHIPPED, as_json=True)

    captured = capsys.readouterr()
    assert code == 2
    assert captured.out == ""
    assert "lead.json" in captured.err


def test_a_missing_lead_or_a_bad_rule_file_is_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("rules: []\n", encoding="utf-8")

    assert route(tmp_path / "none.json", SHIPPED, as_json=False) == 2
    assert route(lead_file(tmp_path, {}), bad, as_json=False) == 2
    assert "bad.yaml:1:8" in capsys.readouterr().err
