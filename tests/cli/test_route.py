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

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday

LANGUAGE = """\
timezone: Europe/Berlin
hours: {berlin: {timezone: Europe/Berlin, mon-fri: 09:00-18:00}}
people: {anna: {slack: U0ANNA, email: anna@example.com}, ben: {slack: U0BEN, email: ben@example.com}}
teams:
  dach: {pick: take turns, members: [anna, ben], manager: anna}
  rest: {pick: first to claim, members: [anna, ben], manager: anna}
escalations:
  hot:
    - {after: 5 min, do: remind owner}
    - {after: 90 min, do: offer to team}
    - {after: 2 h, do: tell manager}
    - {after: 1 days, do: give back to rotation}
digests: {daily: {at: 08:45, days: mon-fri, post: "#digest"}}
rules:
  - name: Campaign
    when: {country: DE}
    active: 2026-11-01 to 2026-11-22
    post: "#leads"
  - name: At work
    when: {submitted: in hours berlin, country: [DE, AT]}
    post: "#leads"
    owner: dach
    escalate: hot
    email: [owner, dach@example.com]
  - name: Students
    when: {job_title: contains student}
    post: nobody
    digest: daily
  - {name: Everything else, post: "#leads", owner: rest}
slack: {bot_token: "${T:-}", signing_secret: "${S:-}"}
email: {smtp: "smtp://localhost", from: Leads <leads@example.com>}
"""


def route(
    lead: Path, config: Path, *, as_json: bool, read_response: Callable[[bytes], Lead] = lead_from_response
) -> int:
    return run_route(lead, config, as_json, read_response=read_response, now=lambda: NOW)


@pytest.fixture
def language(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(LANGUAGE, encoding="utf-8")
    return path


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
    assert "whoever gets the lead" in out
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


def test_a_teams_lead_is_told_with_its_turns_its_mails_and_its_steps(
    language: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lead = lead_file(language.parent, {"country": "AT", "submitted": "2026-11-23 10:00"})

    code = route(lead, language, as_json=False)

    captured = capsys.readouterr()
    assert (code, captured.err) == (0, "")
    assert captured.out.splitlines()[:6] == [
        "rule      At work",
        "post      #leads",
        "owner     the team dach takes turns; `leadbell turns dach` tells whose it is",
        "email     dach@example.com, whoever gets the lead",
        "escalate  hot: remind owner after 5 min, offer to team after 90 min, tell manager after 2 h, "
        "give back to rotation after 1 day",
        "template  default",
    ]


@pytest.mark.parametrize(
    ("lead", "line"),
    [
        ({"country": "US", "submitted": "monday"}, "owner     whoever of the team rest presses Claim first"),
        ({"job_title": "Student", "submitted": "monday"}, "digest    daily"),
        ({"job_title": "Student", "submitted": "monday"}, "post      nobody"),
    ],
)
def test_what_else_a_rule_does_has_its_line(
    language: Path, capsys: pytest.CaptureFixture[str], lead: dict[str, str], line: str
) -> None:
    route(lead_file(language.parent, lead), language, as_json=False)

    assert line in capsys.readouterr().out.splitlines()


def test_days_and_hours_are_conditions_with_reasons(language: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lead = lead_file(language.parent, {"country": "DE", "submitted": "2026-11-23T17:30Z"})

    route(lead, language, as_json=True)

    tried = {rule["rule"]: rule["conditions"] for rule in json.loads(capsys.readouterr().out)["tried"]}
    assert (tried["Campaign"][0]["fact"], tried["Campaign"][0]["fits"]) == ("active", False)
    assert "2026-11-01 to 2026-11-22, it was submitted on 2026-11-23" in tried["Campaign"][0]["why"]
    assert tried["At work"][0]["wanted"] == "in hours berlin"
    assert "Monday 2026-11-23 18:30" in tried["At work"][0]["why"]


@pytest.mark.parametrize("told", [{}, {"submitted": ""}, {"submitted": None}])
def test_a_lead_without_a_time_is_judged_as_one_of_now_and_that_is_said(
    language: Path, capsys: pytest.CaptureFixture[str], told: dict[str, str | None]
) -> None:
    route(lead_file(language.parent, {"country": "DE", **told}), language, as_json=True)

    captured = capsys.readouterr()
    assert json.loads(captured.out)["rule"] == "At work"
    assert captured.err == "note: the lead does not say when it was submitted, so it is judged as one of now\n"


def test_a_rule_for_certain_days_asks_for_the_time_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config.yaml"
    rules = "[{name: A, active: 2026-11-01 to 2026-11-30, post: nobody}, {name: All, post: nobody}]"
    config.write_text(f"rules: {rules}\n", encoding="utf-8")

    route(lead_file(tmp_path, {"country": "DE"}), config, as_json=True)

    captured = capsys.readouterr()
    assert json.loads(captured.out)["rule"] == "A"
    assert "judged as one of now" in captured.err


def test_nothing_is_said_of_the_time_where_no_rule_asks_for_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text('rules: [{name: All, post: "#leads"}]\nslack: {bot_token: "${T:-}", signing_secret: "${S:-}"}\n')

    assert route(lead_file(tmp_path, {"country": "DE"}), config, as_json=True) == 0
    assert capsys.readouterr().err == ""


def test_an_answer_of_linkedins_tells_its_own_time(language: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = route(lead_file(language.parent, {"formResponse": {}}), language, as_json=True, read_response=a_response)

    captured = capsys.readouterr()
    assert (code, captured.err) == (0, "")
    assert json.loads(captured.out)["rule"] == "Everything else"  # submitted at one in the morning
