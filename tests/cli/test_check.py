"""`leadbell check`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli.check import run_check
from tests.config.builders import ROOT, SHIPPED, a_file, a_rule


def write(folder: Path, text: str) -> Path:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_file_is_fine(capsys: pytest.CaptureFixture[str]) -> None:
    code = run_check(SHIPPED, None, as_json=False)

    assert code == 0
    assert "fine. 5 rules, 3 people, 2 sources." in capsys.readouterr().out


def test_every_problem_is_printed_with_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, a_rule("post: #leads-x\nowner: ana"))

    code = run_check(None, path, as_json=False)

    out = capsys.readouterr().out
    assert code == 1
    assert f"{path}:8:10: " in out
    assert f"{path}:9:12: " in out
    assert "2 errors" in out


def test_json_has_the_shape_that_scripts_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, a_rule("post: nobody\nowner: ana\nemail: anna"))

    code = run_check(path, None, as_json=True)

    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert code == 1
    assert list(problem) == ["file", "line", "column", "severity", "message", "hint"]
    assert (problem["file"], problem["line"], problem["severity"]) == (str(path), 9, "error")


def test_a_file_with_only_warnings_is_fine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, a_file(rules="rules: [{name: A, post: nobody}, {name: B, post: nobody}]\n"))

    code = run_check(path, None, as_json=True)

    assert code == 0
    assert [one["severity"] for one in json.loads(capsys.readouterr().out)["problems"]] == ["warning"]


def test_a_missing_file_is_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run_check(tmp_path / "none.yaml", None, as_json=False)

    captured = capsys.readouterr()
    assert code == 2
    assert "There is no such file" in captured.err
    assert captured.out == ""


def test_checking_loads_nothing_heavy() -> None:
    heavy = ("aiohttp", "slack_sdk", "slack_bolt", "rich", "aiosqlite")
    program = (
        "import sys; from pathlib import Path; from bot.cli.check import run_check; "
        "run_check(Path('config.yaml'), None, True); "
        f"print([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    )

    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stderr.strip() == "[]"


def test_a_broken_template_is_named_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "templates" / "slack"
    folder.mkdir(parents=True)
    (folder / "lead.j2").write_text("{% block title %}\n{% if %}{% endblock %}", encoding="utf-8")
    shutil.copy(SHIPPED, tmp_path / "config.yaml")

    code = run_check(tmp_path / "config.yaml", None, as_json=True)

    problems = json.loads(capsys.readouterr().out)["problems"]
    assert code == 1
    assert [(problem["line"], problem["severity"]) for problem in problems if "lead.j2" in problem["file"]] == [
        (2, "error")
    ]


_ONLY_SLACK = """
version: 1
rules: [{name: All, post: "#all", template: short}]
templates: {default: lead, short: short}
slack: {bot_token: "${T}", signing_secret: "${S}"}
"""


def test_a_template_may_lack_the_kind_that_no_rule_uses(tmp_path: Path) -> None:
    folder = tmp_path / "templates" / "slack"
    folder.mkdir(parents=True)
    blocks = "".join(f"{{% block {name} %}}x{{% endblock %}}" for name in ("title", "facts", "context"))
    (folder / "short.j2").write_text(blocks, encoding="utf-8")

    assert run_check(write(tmp_path, _ONLY_SLACK), None, as_json=False) == 0
