"""A good file becomes a Config; a bad one shows everything at once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.config.environment import read_environment
from bot.config.files import packaged_config, packaged_templates, which_config
from bot.config.load import load_config
from bot.config.model import Privacy
from bot.core.delivery import Target
from bot.core.errors import ConfigError
from bot.core.facts import facts_from_flat
from bot.core.routing import decide
from tests.config.builders import SECRETS, SHIPPED, a_file, a_rule, good, line_of, problems_of, read


def test_the_shipped_file_loads_with_no_environment_at_all() -> None:
    config = load_config(SHIPPED, {}, need_secrets=False)

    assert [rule.name for rule in config.rules][-1] == "Everything else"
    assert set(config.people.by_name) == {"anna", "ben", "dora"}
    assert config.people.managers == {"dora"}
    assert config.vocabulary.forms["6083"] == "demo-request"
    assert config.vocabulary.sources["urn:li:organization:12345678", "EVENT"] == "company-page"
    assert config.database == SHIPPED.parent / "data" / "leadbell.db"
    assert config.linkedin.poll_every == timedelta(minutes=5)
    assert config.privacy == Privacy(
        keep_leads=timedelta(days=365), keep_raw_answers=timedelta(days=90), keep_log=timedelta(days=30)
    )


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"form": "demo-request", "country": "Österreich", "company_size": "201-500"}, "Enterprise demo, DACH"),
        ({"form": "demo-request", "country": "DE", "company_size": "51-200"}, "Everything else"),
        ({"campaign": "nordics-trial", "country": "NO"}, "Nordics trial campaign"),
        ({"lead_type": "EVENT"}, "Events and webinars"),
        ({"form": "webinar-signup", "job_title": "Student"}, "Students and competitors"),
        ({"form": "whitepaper", "job_title": "International Sales Director"}, "Everything else"),
        ({"email": "spy@www.rival.example"}, "Students and competitors"),
        ({}, "Everything else"),
        ({"test": "yes"}, "test_leads"),
    ],
)
def test_the_shipped_rules_tell_their_story(facts: dict[str, str], rule: str) -> None:
    config = load_config(SHIPPED, {}, need_secrets=False)
    known = facts_from_flat(facts, config.vocabulary)

    decision = decide(known, config.rules, test_leads=config.test_leads, is_test="test" in facts)

    assert decision.rule == rule


def test_run_names_everything_that_is_missing_in_one_go() -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(SHIPPED, {}, need_secrets=True)

    text = str(caught.value)
    needed = SECRETS.keys() - {"LINKEDIN_ACCESS_TOKEN"}  # an account can be connected later
    assert all(f"{name} is not set" in text for name in needed)
    assert text.count("is not set") == len(needed)
    lines = [getattr(problem, "line", 0) for problem in caught.value.problems]
    assert lines == sorted(lines)


def test_a_variable_that_is_set_but_empty_is_missing() -> None:
    with pytest.raises(ConfigError, match="LINKEDIN_CLIENT_SECRET is not set"):
        load_config(SHIPPED, {**SECRETS, "LINKEDIN_CLIENT_SECRET": ""}, need_secrets=True)


def test_missing_variables_stand_together_with_other_problems(tmp_path: Path) -> None:
    text = SHIPPED.read_text(encoding="utf-8").replace("owner: ben", "owner: bem")

    problems = read(tmp_path, text, need_secrets=True).problems

    said = "\n".join(map(str, problems))
    assert "SLACK_BOT_TOKEN is not set" in said
    assert 'Did you mean "ben"?' in said


def test_with_everything_set_the_values_arrive_and_stay_hidden() -> None:
    config = load_config(SHIPPED, SECRETS, need_secrets=True)

    assert config.slack is not None
    assert config.slack.bot_token.reveal() == "bot-canary"
    assert config.email is not None
    assert config.email.smtp is not None
    assert config.email.smtp.password.reveal() == "p@ss-canary"
    assert (config.email.smtp.host, config.email.smtp.port, config.email.smtp.tls) == ("mail.example", 2525, "starttls")
    assert (config.email.sender_name, config.email.sender_address) == ("Lead alerts", "alerts@example.com")
    assert config.linkedin.access_token.reveal() == "token-canary"
    assert "canary" not in repr(config)


def test_a_file_without_the_sections_names_what_run_needs(tmp_path: Path) -> None:
    problems = read(tmp_path, a_file(slack="", email="", rules=NO_CHANNEL), need_secrets=True).problems

    said = "\n".join(map(str, problems))
    assert "LINKEDIN_CLIENT_ID is not set" in said
    assert "LINKEDIN_ACCESS_TOKEN" not in said
    assert "SLACK" not in said


NO_CHANNEL = "rules: [{name: All, post: nobody}]\n"


def test_values_are_typed_by_their_field(tmp_path: Path) -> None:
    text = a_rule(
        "when: {country: NO, answer.when: 09:00, form: 010, company: yes, test: yes, consent.0: false}\npost: nobody"
    )

    config = good(tmp_path, text)

    operands = {one.fact: one.wanted[0].operands for one in config.rules[0].conditions}
    assert operands == {
        "country": ("NO",),
        "answer.when": ("09:00",),
        "form": ("010",),
        "company": ("yes",),
        "test": ("yes",),
        "consent.0": ("no",),
    }


def test_targets_are_resolved_and_doubles_collapse(tmp_path: Path) -> None:
    lines = (
        'post: ["#leads-x", anna, "#leads-x", C0123]\nowner: anna\nemail: [owner, anna, ANNA@example.com, x@y.example]'
    )

    then = good(tmp_path, a_rule(lines)).rules[0].then

    assert then.post == (
        Target(destination="slack", address="#leads-x"),
        Target(destination="slack", address="U0ANNA", person="anna"),
        Target(destination="slack", address="C0123"),
    )
    assert {target.address.lower() for target in then.email} == {"anna@example.com", "x@y.example"}
    assert then.email[0].person == "anna"
    assert then.owner == "anna"


def test_the_version_follows_the_text_and_not_the_environment(tmp_path: Path) -> None:
    one = good(tmp_path, a_file(), {"A": "1"})
    two = good(tmp_path, a_file(), {"A": "2"})
    three = good(tmp_path, a_file() + "# changed\n")

    assert one.version == two.version != three.version
    assert len(one.version) == 12


def test_host_and_port_of_the_environment_win(tmp_path: Path) -> None:
    config = good(tmp_path, a_file(more="server: {host: 0.0.0.0, port: 8080}\n"), {"HOST": "127.0.0.1", "PORT": "9000"})

    assert (config.server.host, config.server.port) == ("127.0.0.1", 9000)
    assert "PORT is no port" in str(problems_of(a_file(), {"PORT": "http"})[0])


def test_references_fill_in_variables_defaults_and_files(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("from-file\n", encoding="utf-8")
    slack = f"slack: {{bot_token: '${{file:{secret}}}', signing_secret: '${{S}}', admin_channel: '#${{C:-ops}}'}}\n"
    linkedin = "linkedin: {client_id: a, client_secret: '${S}', access_token: '${S}'}\n"

    config = good(tmp_path, a_file(slack=slack, more=linkedin), {"S": "s"}, need_secrets=True)

    assert config.slack is not None
    assert config.slack.bot_token.reveal() == "from-file"
    assert config.slack.admin_channel == "#ops"


@pytest.mark.parametrize("value", ["${file:/nowhere/at/all}", "${1A}", "${A", "${A:-${B}}"])
def test_a_broken_reference_is_a_problem_at_its_line(tmp_path: Path, value: str) -> None:
    text = a_file(more=f"server:\n  public_url: {value}\n")

    problems = read(tmp_path, text, SECRETS, need_secrets=True).problems

    assert any(problem.line == line_of(text, "public_url") for problem in problems)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("sqlite:rel/x.db", "HERE/rel/x.db"),
        ("sqlite:/abs/x.db", "/abs/x.db"),
        ("sqlite:///abs/x.db", "/abs/x.db"),
    ],
)
def test_the_database_is_found_from_the_files_folder(tmp_path: Path, text: str, path: str) -> None:
    config = good(tmp_path, a_file(more=f"database: {text}\n"))

    assert config.database == Path(path.replace("HERE", str(tmp_path)))


def test_warnings_of_a_good_file_are_kept(tmp_path: Path) -> None:
    config = good(tmp_path, a_file(people="people: {anna: {email: a@x.example}}\n", rules=OWNED))

    assert any("cannot press Claim" in warning for warning in config.warnings)


OWNED = 'rules: [{name: All, post: "#leads-all", owner: anna}]\n'


def test_dot_env_is_read_and_real_variables_win(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "# secrets\nA=1\nexport B='two words'\nC = \"x#y\" # note\nD=plain # note\nE=\n\nF=a=b\n", encoding="utf-8"
    )

    variables = read_environment(tmp_path / "config.yaml", {"A": "real"})

    assert variables == {"A": "real", "B": "two words", "C": "x#y", "D": "plain", "E": "", "F": "a=b"}
    assert read_environment(tmp_path / "sub" / "config.yaml", {}) == {}


def test_bad_lines_of_dot_env_are_named_without_what_they_hold(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A=1\ncanary secret\n2B=canary\n", encoding="utf-8")

    with pytest.raises(ConfigError) as caught:
        read_environment(tmp_path / "config.yaml", {})

    assert [getattr(problem, "line", 0) for problem in caught.value.problems] == [2, 3]
    assert "canary" not in str(caught.value)


def test_the_file_is_named_or_here_or_packaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert which_config(None, may_fall_back=True) == packaged_config()
    with pytest.raises(ConfigError, match="There is no such file"):
        which_config(None, may_fall_back=False)
    with pytest.raises(ConfigError, match="There is no such file"):
        which_config(Path("other.yaml"), may_fall_back=True)
    (tmp_path / "config.yaml").write_text(a_file(), encoding="utf-8")
    assert which_config(None, may_fall_back=False) == Path("config.yaml")


def test_the_packaged_files_are_there() -> None:
    assert packaged_config().is_file()
    assert packaged_templates().name == "templates"
