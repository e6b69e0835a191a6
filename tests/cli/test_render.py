"""`leadbell render`: the alert as it will look."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.cli.render import lead_from_facts, run_render
from bot.core.lead import Lead
from bot.core.story import LeadView
from bot.rendering import CardText
from bot.rendering.samples import bare_lead, full_lead

SHIPPED = Path(__file__).parents[2] / "config.yaml"


def _no_response(_body: bytes) -> Lead:
    raise AssertionError("not a response")


def _render(
    template: str = "default", lead: Path | None = None, config: Path | None = SHIPPED, as_json: bool = False
) -> int:
    return run_render(template, lead, config, as_json, read_response=_no_response)


def _lead_file(folder: Path, facts: object) -> Path:
    path = folder / "lead.json"
    path.write_text(json.dumps(facts), encoding="utf-8")
    return path


def test_an_invented_lead_is_shown_in_every_form(capsys: pytest.CaptureFixture[str]) -> None:
    code = _render("hot_lead")

    shown = capsys.readouterr().out
    assert code == 0
    assert ":fire: *Ana Silva* · Head of IT at *ACME Robotics*" in shown
    assert "Subject: Hot lead: Ana Silva, Head of IT at ACME Robotics" in shown
    assert "\nE-mail: ana.silva@acme.example\n" in shown
    assert "<!DOCTYPE html>" in shown


def test_json_has_a_part_for_slack_and_one_for_mail(capsys: pytest.CaptureFixture[str]) -> None:
    code = _render(as_json=True)

    shown = json.loads(capsys.readouterr().out)
    assert code == 0
    assert set(shown) == {"template", "slack", "email"}
    assert set(shown["slack"]) == {"title", "facts", "context"}
    assert set(shown["email"]) == {"subject", "text", "html"}


def test_slack_blocks_are_made_by_whoever_knows_them(capsys: pytest.CaptureFixture[str]) -> None:
    def compose(view: LeadView, text: CardText) -> list[dict[str, object]]:
        return [{"type": "section", "text": text.title, "rule": view.rule}]

    run_render("default", None, SHIPPED, True, read_response=_no_response, compose_blocks=compose)

    blocks = json.loads(capsys.readouterr().out)["slack"]["blocks"]
    assert blocks[0]["text"].startswith("*Ana Silva*")
    assert blocks[0]["rule"]


def test_flat_facts_are_a_lead(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts = {"first_name": "Bea", "company": "Umbrella & Sons", "form": "demo-request", "answer.Budget?": "10k"}

    code = _render(lead=_lead_file(tmp_path, facts), as_json=True)

    slack = json.loads(capsys.readouterr().out)["slack"]
    assert code == 0
    assert slack["title"] == "*Bea* · *Umbrella &amp; Sons*"
    assert slack["facts"] == ["*Budget?* 10k"]
    assert slack["context"].startswith("demo-request · ")


def test_a_response_of_linkedins_is_read_by_its_reader(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _lead_file(tmp_path, {"formResponse": {}, "id": "1"})
    seen: list[bytes] = []

    def read(body: bytes) -> Lead:
        seen.append(body)
        return full_lead()

    code = run_render("default", path, SHIPPED, False, read_response=read)

    assert code == 0
    assert seen == [path.read_bytes()]
    assert "*Ana Silva*" in capsys.readouterr().out


def test_an_unknown_template_is_wrong_use_with_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    code = _render("hot_laed")

    captured = capsys.readouterr()
    assert code == 2
    assert captured.out == ""
    assert 'There is no template "hot_laed"' in captured.err
    assert 'Did you mean "hot_lead"?' in captured.err


def test_a_missing_config_is_wrong_set_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _render(config=tmp_path / "none.yaml") == 2
    assert "There is no such file" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": {"b": 1}}', "[" * 100_000, '"text"'])
def test_a_lead_file_that_is_none_is_wrong_use(
    content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "lead.json"
    path.write_text(content)

    assert _render(lead=path) == 2
    assert str(path) in capsys.readouterr().err


def test_a_missing_lead_file_is_wrong_use(tmp_path: Path) -> None:
    assert _render(lead=tmp_path / "none.json") == 2


def test_a_broken_template_shows_the_built_in_alert_and_what_to_mend(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(SHIPPED.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "templates" / "slack").mkdir(parents=True)
    (tmp_path / "templates" / "slack" / "lead.j2").write_text("{% block title %}{{ lead.emial }}{% endblock %}")

    code = _render(config=config)

    captured = capsys.readouterr()
    assert code == 1
    assert "*Ana Silva · Head of IT, ACME Robotics*" in captured.out
    assert "lead.j2:1: There is no lead.emial. Did you mean lead.email?" in captured.err


def test_flat_facts_reach_every_part_of_a_lead() -> None:
    lead = lead_from_facts(
        {
            "test": "yes",
            "lead_type": "EVENT",
            "event": "Autumn webinar",
            "campaign": "dach",
            "hidden.utm_source": "linkedin",
            "consent.1": "yes",
            "consent.2": "no",
            "email": "bea@b.example",
            "use_case": ("a", "b"),
        }
    )

    assert (lead.is_test, lead.lead_type) == (True, "EVENT")
    assert lead.event is not None
    assert lead.campaign is not None
    assert (lead.event.name, lead.campaign.name) == ("Autumn webinar", "dach")
    assert lead.hidden == {"utm_source": "linkedin"}
    assert [consent.accepted for consent in lead.consents] == [True, False]
    assert lead.answered("email") == "bea@b.example"
    assert lead.answers[-1].values == ("a", "b")
    assert lead_from_facts({}).submitted_at == bare_lead().submitted_at
