"""`leadbell doctor`: the right cause for each broken set-up, whatever else is broken, and in time."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest

from bot.app import utc_now
from bot.cli.doctor import AREAS, Patience, _progress
from bot.config.model import Secret, SmtpSettings
from bot.core.findings import Verdict
from bot.sandbox.faults import Fault
from tests.cli.clinic import ALL_SCOPES, PAGE, RULES, Clinic, a_clinic, worst
from tests.cli.command import leadbell_here
from tests.story.world import AD_ACCOUNT

OK, WARNING, FAILED, SKIPPED = Verdict.OK, Verdict.WARNING, Verdict.FAILED, Verdict.SKIPPED
NOWHERE = "http://127.0.0.1:9"

Break = Callable[[Clinic], object]


def smtp(clinic: Clinic, **changes: object) -> None:
    assert clinic.config.email is not None
    assert clinic.config.email.smtp is not None
    changed: SmtpSettings = replace(clinic.config.email.smtp, **changes)  # type: ignore[arg-type]  # fields of it
    clinic.change("email", smtp=changed)


def channel(clinic: Clinic, **changes: object) -> None:
    found = clinic.world.slack.workspace.named("leads-dach")
    for name, value in changes.items():
        setattr(found, name, value)


def refuse(clinic: Clinic, step: str, status: int, body: bytes) -> None:
    clinic.world.mailbox.faults.add(Fault(step, status=status, body=body))


def without_role(clinic: Clinic, *roles: str) -> None:
    clinic.world.linkedin.roles.clear()
    for role in roles:
        clinic.world.linkedin.add_role(organization=PAGE, role=role)
    clinic.world.linkedin.forbid(PAGE)
    clinic.world.linkedin.forbid(AD_ACCOUNT)


def without_ad_account(clinic: Clinic) -> None:
    clinic.world.linkedin.accounts.clear()
    without_role(clinic)


def old_version(clinic: Clinic) -> None:
    clinic.change("linkedin", api_version="202601")
    clinic.at = lambda: datetime(2026, 12, 1, tzinfo=UTC)


def clock_off(clinic: Clinic, off: timedelta) -> None:
    clinic.at = lambda: utc_now() + off


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def kill_a_delivery(clinic: Clinic) -> None:
    database = sqlite3.connect(clinic.config.database)
    with database:
        database.execute("INSERT INTO lane (lane, destination, activity) VALUES ('x', 'slack', 'send')")
        database.execute(
            "INSERT INTO delivery (id, kind, destination, address, lane, once, state, created_at, due_at, settled_at, "
            "error) VALUES ('d1', 'alert', 'slack', '#leads-dach', 'x', 'x', 'dead', 0, 0, 0, 'is_archived')"
        )
    database.close()


BROKEN: dict[str, tuple[Break, str, str, Verdict, str]] = {
    "the client secret of another app": (
        lambda c: c.change("linkedin", client_secret=Secret("of another app")),
        *("linkedin", "app", FAILED, "LINKEDIN_CLIENT_SECRET"),
    ),
    "a client id that does not exist": (
        lambda c: c.change("linkedin", client_id="no such app"),
        *("linkedin", "app", FAILED, "LINKEDIN_CLIENT_ID"),
    ),
    "nobody has connected": (
        lambda c: c.change("linkedin", access_token=Secret("")),
        *("linkedin", "access token", FAILED, "leadbell linkedin connect"),
    ),
    "the member withdrew the token": (
        lambda c: c.world.linkedin.revoke(),
        *("linkedin", "access token", FAILED, "withdrawn"),
    ),
    "the token has ended": (
        lambda c: c.world.linkedin.expire(),
        *("linkedin", "access token", FAILED, "has ended"),
    ),
    "the token of another app": (
        lambda c: c.change("linkedin", access_token=Secret("AQX-of-another-app")),
        *("linkedin", "access token", FAILED, "another app"),
    ),
    "the token ends in five days": (
        lambda c: setattr(c.world.linkedin, "access_lifetime", timedelta(days=5, minutes=1)),
        *("linkedin", "access token", WARNING, "for 5 more days"),
    ),
    "the permission to read leads is missing": (
        lambda c: c.world.linkedin.scopes.discard("r_marketing_leadgen_automation"),
        *("linkedin", "permissions", FAILED, "product Lead Sync"),
    ),
    "the permission to read events' names is missing": (
        lambda c: c.world.linkedin.scopes.discard("r_events"),
        *("linkedin", "permissions", WARNING, "r_events (without it events have no names)"),
    ),
    "LinkedIn's API is not where it should be": (
        lambda c: c.change("linkedin", api_url=NOWHERE),
        *("linkedin", "address", FAILED, "linkedin.api_url"),
    ),
    "LinkedIn's sign-in is not where it should be": (
        lambda c: c.change("linkedin", auth_url=NOWHERE),
        *("linkedin", "app", FAILED, "linkedin.auth_url"),
    ),
    "a dead API version": (
        lambda c: setattr(c.world.linkedin, "active_versions", frozenset({"202610"})),
        *("linkedin", "API version", FAILED, "linkedin.api_version"),
    ),
    "an API version that ends soon": (
        old_version,
        *("linkedin", "API version", WARNING, "2027-01-15, 45 days from now"),
    ),
    "an ad account without a Page": (
        lambda c: c.world.linkedin.add_account(id=507857085, name="Nordwind EMEA"),
        *("linkedin", "ads SPONSORED", FAILED, "linked to no Page"),
    ),
    "no role on the ad account": (
        without_ad_account,
        *("linkedin", "ads SPONSORED", FAILED, "no role on this ad account"),
    ),
    "no role on the Page": (
        without_role,
        *("linkedin", "ads SPONSORED", FAILED, "Lead Gen Forms manager"),
    ),
    "a role that opens no events": (
        lambda c: without_role(c, "LEAD_GEN_FORMS_MANAGER"),
        *("linkedin", "page EVENT", FAILED, "stronger role"),
    ),
    "today's quota is used up": (
        lambda c: c.world.linkedin.day_quota.update({"leadFormResponses": 0}),
        *("linkedin", "ads SPONSORED", WARNING, "limit"),
    ),
    "a wrong bot token": (
        lambda c: c.change("slack", bot_token=Secret("xoxb-wrong")),
        *("slack", "token", FAILED, "SLACK_BOT_TOKEN is wrong"),
    ),
    "Slack is not where it should be": (
        lambda c: c.change("slack", api_url=f"{NOWHERE}/api/"),
        *("slack", "token", FAILED, "slack.api_url"),
    ),
    "a scope that posting needs is missing": (
        lambda c: c.tell_scopes(ALL_SCOPES.replace("chat:write,", "")),
        *("slack", "scopes", FAILED, "chat:write (without it nothing can be posted)"),
    ),
    "a token where the signing secret belongs": (
        lambda c: c.change("slack", signing_secret=Secret("xoxb-1")),
        *("slack", "signing secret", FAILED, "Basic Information"),
    ),
    "an archived channel": (
        lambda c: channel(c, is_archived=True),
        *("slack", "#leads-dach", FAILED, "archived"),
    ),
    "a channel that does not exist": (
        lambda c: channel(c, name="leads-emea"),
        *("slack", "#leads-dach", FAILED, "no such channel"),
    ),
    "a private channel without the app": (
        lambda c: channel(c, is_private=True, is_bot_member=False),
        *("slack", "#leads-dach", FAILED, "/invite"),
    ),
    "a person whom Slack does not know": (
        lambda c: c.world.slack.users.pop("U0ANNA"),
        *("slack", "anna", FAILED, "`slack:` entry under `people:`"),
    ),
    "a mail server that is not there": (
        lambda c: smtp(c, port=9),
        *("mail", "server", FAILED, "Nobody answers at 127.0.0.1, port 9."),
    ),
    "a mail server without STARTTLS": (
        lambda c: smtp(c, tls="starttls"),
        *("mail", "encryption", FAILED, "does not offer STARTTLS"),
    ),
    "a sender that the mail server refuses": (
        lambda c: refuse(c, "MAIL", 550, b"5.7.1 not yours"),
        *("mail", "sender", FAILED, "email.from"),
    ),
    "an admin without a mailbox": (
        lambda c: refuse(c, "RCPT", 550, b"5.1.1 unknown"),
        *("mail", "admin", FAILED, "does not know this mailbox"),
    ),
    "one of ngrok's addresses": (
        lambda c: c.change("server", public_url="https://abc.ngrok-free.app"),
        *("server", "public address", FAILED, "LinkedIn refuses those"),
    ),
    "an address without TLS": (
        lambda c: c.change("server", public_url="http://leads.example.com"),
        *("server", "public address", FAILED, "not https"),
    ),
    "a database of another program": (
        lambda c: setattr(c, "config", replace(c.config, database=c.config.path)),
        *("database", "file", FAILED, "DATABASE_URL"),
    ),
    "an alert that was given up": (
        kill_a_delivery,
        *("database", "dead deliveries", WARNING, "#leads-dach: is_archived."),
    ),
    "a clock that is two minutes ahead": (
        lambda c: clock_off(c, timedelta(minutes=2, seconds=5)),
        *("clock", "Slack", WARNING, "2 min ahead of Slack's"),
    ),
    "a clock that is seven minutes behind": (
        lambda c: clock_off(c, -timedelta(minutes=7)),
        *("clock", "LinkedIn", FAILED, "by NTP"),
    ),
}


async def test_an_account_whose_key_is_gone_is_told_apart_from_none_and_no_key_is_made(tmp_path: Path) -> None:
    async with a_clinic(tmp_path) as clinic:
        clinic.change("linkedin", access_token=Secret(""))
        database = sqlite3.connect(clinic.config.database)
        with database:
            database.execute(
                "INSERT INTO connection (upstream, tokens, scopes, connected_at, obtained_at) "
                "VALUES ('linkedin', 'sealed', '', 0, 0)"
            )
        database.close()

        finding = await clinic.find("linkedin", "access token")

        assert finding.verdict is FAILED
        assert "their key is not there" in finding.found
        assert "leads.db.key" not in names_in(tmp_path)


@pytest.mark.parametrize("broken", BROKEN)
async def test_it_names_the_cause_and_what_to_do(tmp_path: Path, broken: str) -> None:
    break_it, area, name, verdict, words = BROKEN[broken]
    async with a_clinic(tmp_path) as clinic:
        break_it(clinic)

        finding = await clinic.find(area, name)

        assert finding.verdict is verdict
        assert words in f"{finding.found} {finding.advice}"


async def test_where_all_is_well_nothing_failed_and_nothing_was_changed_or_sent(tmp_path: Path) -> None:
    async with a_clinic(tmp_path) as clinic:
        before = names_in(tmp_path)

        findings = await clinic.look()

        assert worst(findings) == []
        assert {finding.area for finding in findings} == set(AREAS) - {"rules"}
        assert names_in(tmp_path) == before, "no key, no lock, no socket"
        assert not clinic.world.mailbox.messages
        assert {call.method for call in clinic.world.slack.calls} == {
            *("auth.test", "conversations.list", "users.lookupByEmail", "users.info")
        }
        assert {(each.method, each.raw_path.partition("?")[0]) for each in clinic.world.linkedin.requests} == {
            ("POST", "/oauth/v2/introspectToken"),
            *(("GET", f"/rest/{name}") for name in ("leadFormResponses", "leadNotifications")),
            *(("GET", f"/rest/{name}") for name in ("adAccounts", "organizationAcls")),
        }


async def test_every_finding_says_what_to_do_exactly_when_there_is_something_to_do(tmp_path: Path) -> None:
    async with a_clinic(tmp_path) as clinic:
        clinic.change("linkedin", api_url=NOWHERE)
        clinic.change("slack", bot_token=Secret("xoxb-wrong"))
        smtp(clinic, port=9)

        findings = await clinic.look()

        assert {finding.area for finding in worst(findings)} == {"linkedin", "slack", "mail"}
        for finding in findings:
            assert bool(finding.advice) == (finding.verdict in {WARNING, FAILED}), finding
            assert finding.found.endswith((".", ")")), finding
            assert "xoxb-wrong" not in repr(finding)


async def test_what_depends_on_something_broken_is_skipped_with_the_reason(tmp_path: Path) -> None:
    async with a_clinic(tmp_path) as clinic:
        clinic.world.linkedin.revoke()
        clinic.change("slack", bot_token=Secret("xoxb-wrong"))
        smtp(clinic, port=9)

        findings = {(each.area, each.name): each for each in await clinic.look()}

        for area, name, reason in (
            ("linkedin", "ads SPONSORED", "The access token does not work."),
            ("linkedin", "subscription page EVENT", "The access token does not work."),
            ("slack", "#leads-all", "The token comes first."),
            ("slack", "people", "The token comes first."),
            ("mail", "admin", "The server comes first."),
        ):
            assert findings[area, name].verdict is SKIPPED
            assert findings[area, name].found == reason


async def test_where_everything_hangs_it_ends_in_time_and_still_tells_what_it_knows(tmp_path: Path) -> None:
    async with a_clinic(tmp_path) as clinic:
        clinic.patience = Patience(area=timedelta(seconds=3), call=timedelta(milliseconds=150))
        for faults in (clinic.world.linkedin.faults, clinic.world.slack.faults, clinic.world.mailbox.faults):
            faults.clear()
            faults.add(Fault(hang=0.6, times=99))

        async with asyncio.timeout(2):
            findings = await clinic.look()

        assert {(each.area, each.name) for each in worst(findings)} == {
            *(("linkedin", "address"), ("linkedin", "app"), ("slack", "token"), ("mail", "server"))
        }
        assert [each.name for each in findings if each.area == "clock"] == ["clock"]
        assert any(each.area == "database" and each.verdict is OK for each in findings)


async def test_a_check_that_hangs_or_breaks_hides_nothing_that_was_found_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hanging(*_arguments: object) -> None:
        await asyncio.Event().wait()

    async def breaking(*_arguments: object) -> None:
        raise LookupError("a secret")

    async with a_clinic(tmp_path) as clinic:
        clinic.patience = Patience(area=timedelta(milliseconds=300))
        monkeypatch.setattr("bot.destinations.email.checkup.MailCheckup._sender", hanging)
        monkeypatch.setattr("bot.destinations.slack.checkup.SlackCheckup._token", breaking)

        findings = await clinic.look()

        assert [each.name for each in findings if each.area == "mail"][-2:] == ["log-in", "the rest"]
        assert [each.name for each in findings if each.area == "slack"] == ["signing secret", "the rest"]
        assert "LookupError" in worst(findings)[0].found + worst(findings)[1].found
        assert "a secret" not in repr(findings)
        assert any(each.name == "ads SPONSORED" and each.verdict is OK for each in findings)


# ── the command ──


async def test_the_command_prints_the_shape_that_scripts_read(tmp_path: Path) -> None:
    async with a_clinic(tmp_path) as clinic:
        done = await leadbell_here("doctor", "--json", folder=tmp_path, environment=clinic.environment)

        assert isinstance(done.json, list)
        assert (done.code, done.err) == (0, "")
        assert all(list(row) == ["area", "name", "verdict", "found", "advice"] for row in done.json)
        areas = [row["area"] for row in done.json]
        assert areas == sorted(areas, key=AREAS.index)
        assert set(areas) == set(AREAS)


async def test_the_command_prints_marks_and_what_to_do_and_says_no_when_something_failed(tmp_path: Path) -> None:
    async with a_clinic(tmp_path) as clinic:
        channel(clinic, is_archived=True)

        done = await leadbell_here("doctor", folder=tmp_path, environment=clinic.environment)

        lines = [line.rstrip() for line in done.out.splitlines()]
        place = next(number for number, line in enumerate(lines) if "#leads-dach" in line)
        assert done.code == 1
        assert lines[place].startswith("✗ ")
        assert lines[place + 1].strip().startswith("→ Bring it back in Slack")
        assert "1 failed (✗)" in lines[-1]


async def test_variables_that_are_missing_are_named_and_the_rest_is_looked_at(tmp_path: Path) -> None:
    async with a_clinic(tmp_path) as clinic:
        environment = {**clinic.environment, "SLACK_BOT_TOKEN": "", "LINKEDIN_CLIENT_SECRET": ""}

        done = await leadbell_here("doctor", "--json", folder=tmp_path, environment=environment)

        assert done.code == 1
        assert isinstance(done.json, list)
        told = {(row["area"], row["name"]): row for row in done.json}
        failed = [row["found"] for row in done.json if row["verdict"] == "failed"]
        assert failed == ["LINKEDIN_CLIENT_SECRET is not set.", "SLACK_BOT_TOKEN is not set."]
        assert told["linkedin", "app"]["verdict"] == told["slack", "token"]["verdict"] == "skipped"
        assert told["mail", "sender"]["verdict"] == "ok"


async def test_a_file_that_cannot_be_used_is_wrong_set_up(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(RULES.replace('post: "#leads-all"', "post: #leads-all"), encoding="utf-8")

    done = await leadbell_here("doctor", folder=tmp_path)

    assert (done.code, done.out) == (2, "")
    assert "config.yaml:16:10: " in done.err


async def test_without_a_file_it_says_where_it_looked(tmp_path: Path) -> None:
    done = await leadbell_here("doctor", folder=tmp_path)

    assert (done.code, done.out) == (2, "")
    assert "config.yaml" in done.err


async def test_what_check_warns_of_and_templates_that_fail_are_among_the_findings(tmp_path: Path) -> None:
    async with a_clinic(tmp_path) as clinic:
        folder = tmp_path / "templates" / "slack"
        folder.mkdir(parents=True)
        (folder / "lead.j2").write_text("{% block title %}\n{% if %}{% endblock %}", encoding="utf-8")
        unused = RULES.replace(
            "  - name: Everything else", '  - name: Rest\n    post: "#admin"\n  - name: Everything else'
        )
        (tmp_path / "config.yaml").write_text(unused, encoding="utf-8")

        done = await leadbell_here("doctor", "--json", folder=tmp_path, environment=clinic.environment)

        assert done.code == 0
        assert isinstance(done.json, list)
        rules = {row["name"]: row for row in done.json if row["area"] == "rules"}
        assert {row["verdict"] for row in rules.values()} == {"warning"}
        assert "built-in alert" in rules["slack/lead.j2:2"]["found"]
        assert len(rules) == 2


def test_on_a_terminal_it_says_what_it_is_still_looking_at(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)

    with _progress(quiet=False) as tell:
        tell(["linkedin", "mail"])
    shown = screen.getvalue()
    with _progress(quiet=True) as tell:
        tell(["slack"])

    assert "LinkedIn, Mail…" in shown
    assert screen.getvalue() == shown


async def test_beside_a_running_server_everything_is_asked(tmp_path: Path) -> None:
    async with a_clinic(tmp_path) as clinic, clinic.world.product() as server:
        address = f"http://127.0.0.1:{server.port}"
        clinic.change("server", port=server.port, public_url=address)

        findings = {(each.area, each.name): each for each in await clinic.look()}

        for name in ("running", "ready", "challenge"):
            assert findings["server", name].verdict is OK, findings["server", name]
