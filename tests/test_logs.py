"""Log lines: one line of JSON each, ids as fields, and nothing of a person or a secret."""

from __future__ import annotations

import json
import logging
import subprocess
import sys

from bot.logs import JsonLines


def line(message: str, *arguments: object, failure: BaseException | None = None, **facts: object) -> dict[str, object]:
    record = logging.LogRecord(
        "bot.pipeline.deliver",
        logging.WARNING,
        __file__,
        1,
        message,
        arguments,
        None if failure is None else (type(failure), failure, failure.__traceback__),
    )
    vars(record).update(facts)
    text = JsonLines().format(record)
    assert "\n" not in text
    return json.loads(text)  # type: ignore[no-any-return]  # JSON of our own


def test_a_line_says_what_when_and_where_with_its_facts() -> None:
    said = line("delivery dead", delivery="d1", attempts=3)

    assert said["event"] == "delivery dead"
    assert said["level"] == "warning"
    assert said["where"] == "bot.pipeline.deliver"
    assert (said["delivery"], said["attempts"]) == ("d1", 3)
    assert str(said["at"]).endswith("+00:00")


def test_an_exception_shows_its_type_and_place_and_not_its_text() -> None:
    try:
        raise ValueError("ana@acme.example typed this")
    except ValueError as error:
        said = line("lead could not be handled", failure=error)

    assert said["exception"] == "ValueError"
    assert "test_logs.py" in str(said["stack"])
    assert "acme" not in json.dumps(said)


def test_a_chain_of_exceptions_does_not_show_the_inner_text_either() -> None:
    try:
        try:
            raise KeyError("ana@acme.example")
        except KeyError as inner:
            raise ValueError("outer ana@acme.example") from inner
    except ValueError as error:
        said = line("failed", failure=error)

    assert "acme" not in json.dumps(said)


def test_hostile_text_stays_on_its_line() -> None:
    said = line("refused", path='/x\n{"level": "error"}\r\u2028"', lone="\ud800")

    assert str(said["path"]).startswith("/x\n")


def test_whatever_is_given_as_a_fact_can_be_written() -> None:
    said = line("odd", value={1, 2} & {1}, error=RuntimeError("x"))

    assert said["value"] == "{1}"


def test_set_up_writes_to_standard_error_and_keeps_libraries_quiet() -> None:
    script = (
        "import logging\nfrom bot.logs import set_up\nset_up('DEBUG')\n"
        "logging.getLogger('bot.x').info('ready', extra={'port': 1, 'name_of': '\\ud800'})\n"
        "for name in ('slack_bolt.App', 'slack_sdk.web', 'aiosqlite', 'aiohttp.access', 'apscheduler.scheduler'):\n"
        "    logging.getLogger(name).info('a body with ana@acme.example')\n"
        "logging.getLogger('aiohttp.server').error('bytes of ana@acme.example')\n"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True)

    assert done.stdout == ""
    (only,) = done.stderr.splitlines()
    assert json.loads(only)["event"] == "ready"
