"""The part of whoever runs the server: secrets stay out of the file and out of every message."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.config import values
from bot.config.model import SmtpSettings
from tests.config.builders import SLACK, a_file, a_rule, good, only_problem, problems_of


@pytest.mark.parametrize(
    "line",
    [
        "linkedin: {client_secret: canary-secret}",
        "linkedin: {access_token: 'x${TOKEN}canary'}",
        "linkedin: {access_token: '${TOKEN:-canary}'}",
        "secret_key: canary-canary-canary-canary-canary",
    ],
)
def test_a_secret_written_into_the_file_is_an_error_that_does_not_repeat_it(line: str) -> None:
    problem = only_problem(a_file(more=line + "\n"))

    assert "must not stand in the file" in problem.message
    assert "canary" not in str(problem)


def test_a_mail_password_or_slack_token_in_the_file_is_found_wherever_it_stands() -> None:
    login = only_problem(a_file(email="email: {smtp: 'smtp://u:canary@h', from: a@b.example}\n"))
    token = only_problem(a_file(more="timezone: UTC # xoxb-123456789-canary\n"))

    assert "smtp is a secret" in login.message
    assert "A Slack token must not stand in the file" in token.message
    assert "canary" not in str(login) + str(token)


def test_no_value_of_a_variable_is_ever_shown() -> None:
    text = a_file(
        slack="slack: {bot_token: '${S}', signing_secret: '${S}', api_url: '${S}', admin_channel: '${S}',"
        " managers: ['${S}']}\n",
        rules="rules: [{name: A, when: {country: 'at least ${S}', form: '${S}'}, post: ['${S}', '${S}@x'],"
        " owner: '${S}', email: '${S}@', template: '${S}'}]\n",
        email="email: {smtp: '${S}', from: '${S}', admin: '${S}'}\n",
        more="server: {port: '${S}', public_url: '${S}'}\ndatabase: ${S}\ntimezone: ${S}\nsecret_key: ${S}\n"
        "linkedin: {api_version: '${S}', require_signature: '${S}', poll: {every: '${S}'}}\n",
    )

    said = "\n".join(map(str, problems_of(text, {"S": "canary"})))

    assert said.count("${S}") > 5
    assert "canary" not in said


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("smtp://mail.example", ("mail.example", 587, "starttls", "")),
        ("smtp://u%40x:p@mail.example:2525?tls=starttls", ("mail.example", 2525, "starttls", "u@x")),
        ("smtps://mail.example", ("mail.example", 465, "implicit", "")),
        ("smtp://127.0.0.1:1025", ("127.0.0.1", 1025, "none", "")),
        ("smtp://localhost:1025?tls=starttls", ("localhost", 1025, "starttls", "")),
        ("smtp://[::1]:25", ("::1", 25, "none", "")),
        ("smtp://mail.example?tls=none", ("mail.example", 587, "none", "")),
    ],
)
def test_the_mail_address_says_how_it_is_encrypted(address: str, expected: tuple[str, int, str, str]) -> None:
    settings = values.smtp(address)

    assert isinstance(settings, SmtpSettings)
    assert (settings.host, settings.port, settings.tls, settings.user) == expected


@pytest.mark.parametrize(
    "address",
    [
        *("canary", "http://canary", "smtp://", "smtp://canary:99999", "smtp://canary?tls=maybe", "smtp://canary?x=1"),
        *("smtps://canary?tls=none", "smtp://[canary"),
    ],
)
def test_another_mail_address_is_a_problem_without_its_text(address: str) -> None:
    problem = values.smtp(address)

    assert isinstance(problem, str)
    assert "canary" not in problem


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30 s", 30), ("5 min", 300), ("5min", 300), ("1.5 h", 5400), ("2 days", 172800), ("1 day", 86400)],
)
def test_durations_have_units(text: str, seconds: int) -> None:
    assert values.duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["5", "5 minutes", "min", "-5 min", "5 m", "", "1 week"])
def test_a_duration_without_a_known_unit_is_none(text: str) -> None:
    assert values.duration(text) is None


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("linkedin: {poll: {every: 5}}", "s, min, h, days"),
        ("linkedin: {poll: {every: 0 s}}", "longer than nothing"),
        ("linkedin: {poll: {every: 10 s}}", "daily quota"),
        ("linkedin: {poll: {every: 2 h, look_back: 1 h}}", "would never be found"),
        ("linkedin: {poll: {look_back: 400 days}}", "365 days at most"),
        ("linkedin: {api_version: 2026-08}", "year and month"),
        ("linkedin: {api_version: 202613}", "year and month"),
        ("linkedin: {require_signature: maybe}", "is not yes or no"),
        ("linkedin: {api_url: ftp://x}", "is not an address"),
        ("server: {port: 70000}", "is not a port"),
        ("server: {public_url: leads.example.com}", "is not an address"),
        ("database: leads.db", "must be a file"),
        ("database: 'sqlite::memory:'", "must be a file"),
        ("database: 'sqlite:'", "must be a file"),
        ("database: sqlite://x/y", "must be a file"),
        ("privacy: {keep_leads: 1 year}", "s, min, h, days"),
        ("privacy: {keep_laeds: 1 day}", 'Did you mean "keep_leads"?'),
    ],
)
def test_values_that_cannot_be_are_named(lines: str, says: str) -> None:
    problem = only_problem(a_file(more=lines + "\n"))

    assert says in f"{problem.message} {problem.hint}"


def test_a_manager_must_be_one_of_the_people() -> None:
    problem = only_problem(a_file(slack=SLACK + "  managers: [anne]\n"))

    assert 'Did you mean "anna"?' in problem.hint


def test_a_short_secret_key_is_named_without_showing_it() -> None:
    problem = only_problem(a_file(more="secret_key: ${KEY}\n"), {"KEY": "canary"})

    assert "shorter than 32" in problem.message
    assert "canary" not in str(problem)


def test_mail_without_a_server_is_a_warning_for_check() -> None:
    text = a_rule("email: anna").replace("${SMTP_URL:-smtp://localhost}", "${SMTP_URL:-}")

    problem = only_problem(text)

    assert problem.severity == "warning"
    assert "SMTP_URL" in problem.hint


def test_a_mail_server_of_this_machine_may_stand_in_the_file(tmp_path: Path) -> None:
    config = good(tmp_path, a_file(email="email: {smtp: 'smtp://localhost:1025', from: a@b.example}\n"))

    assert config.email is not None
    assert config.email.smtp is not None
    assert config.email.smtp.tls == "none"
