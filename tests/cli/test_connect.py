"""`linkedin connect` and `linkedin status`, beside a server and alone, against the stand-in."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot import control
from bot.app import alone, utc_now
from bot.cli.linkedin.connect import run_connect
from bot.cli.linkedin.status import run_status
from bot.cli.linkedin.token import access_token, credentials_alone, load_to_call, stored_grant
from bot.config.files import packaged_config
from bot.config.model import Config
from bot.core.connection import SCOPES, Grant
from bot.core.errors import SignInNeeded, StoreError
from bot.keys import key_file
from bot.sandbox.linkedin import LinkedInStandIn
from bot.store.database import opened
from bot.store.entries import Clerk
from tests.story.world import RULES
from tests.web.builders import CLIENT_ID, CLIENT_SECRET, KEY, Site, a_site

Captured = pytest.CaptureFixture[str]
MAIN_PARTS = "server: {host: 127.0.0.1, port: 0, public_url: '${PUBLIC_URL}'}\nsecret_key: ${LEADBELL_SECRET_KEY:-}\n"


def write_config(folder: Path, linkedin: str, **variables: str) -> Path:
    """A rule file with its .env; Slack's and mail's variables are not set."""
    rules = RULES.replace("server: {host: 127.0.0.1, port: 0}\n", MAIN_PARTS)
    rules = rules.replace("${LINKEDIN_ACCESS_TOKEN}", "${LINKEDIN_ACCESS_TOKEN:-}")
    environment = {
        "DATABASE_URL": "sqlite:leads.db",
        "PUBLIC_URL": "http://127.0.0.1:8080",
        "LINKEDIN_CLIENT_ID": CLIENT_ID,
        "LINKEDIN_CLIENT_SECRET": CLIENT_SECRET,
        "LINKEDIN_API_URL": linkedin,
        "LEADBELL_SECRET_KEY": KEY,
        **variables,
    }
    (folder / ".env").write_text("".join(f"{name}='{value}'\n" for name, value in environment.items()))
    file = folder / "config.yaml"
    file.write_text(rules)
    return file


def config_of(file: Path) -> Config:
    config = load_to_call(file)
    assert config is not None
    return config


@pytest.fixture
async def linkedin() -> AsyncIterator[LinkedInStandIn]:
    stand_in = LinkedInStandIn(client_secret=CLIENT_SECRET, access_token="given", now=utc_now, client_id=CLIENT_ID)
    await stand_in.start()
    yield stand_in
    await stand_in.stop()


@asynccontextmanager
async def a_server(folder: Path) -> AsyncIterator[tuple[Site, Path]]:
    """A server with its private socket; the site, and the rule file that names its database."""
    async with opened(folder / "leads.db") as database, a_site(database, Clerk(), utc_now) as site:
        file = write_config(folder, site.linkedin.url)
        async with control.listening(folder / "leads.db", site.commands):
            yield site, file


def made_in(folder: Path) -> list[Path]:
    """The database and whatever belongs to it."""
    return list(folder.glob("leads*"))


class Member:
    """Standard input of somebody who opens the printed address, consents, and pastes where that leads."""

    def __init__(self, capsys: Captured, change: Callable[[str], str] = lambda line: line) -> None:
        self.capsys = capsys
        self.change = change
        self.seen = ""

    def readline(self) -> str:
        self.seen += self.capsys.readouterr().out
        (address,) = re.findall(r"^  (http\S+/oauth/\S+)$", self.seen, re.MULTILINE)
        return self.change(where_it_leads(address)) + "\n"


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def where_it_leads(address: str) -> str:
    try:
        urllib.request.build_opener(_Stay).open(address, timeout=5)
    except urllib.error.HTTPError as redirect:
        redirect.close()
        return redirect.headers["Location"]
    raise AssertionError("LinkedIn did not lead anywhere")


# ── in the browser ──


async def test_the_command_prints_the_link_and_waits_until_somebody_has_connected(
    tmp_path: Path, capsys: Captured
) -> None:
    async with a_server(tmp_path) as (site, file):
        waiting = asyncio.create_task(asyncio.to_thread(run_connect, file, False, poll_seconds=0.01))
        said = ""
        async with asyncio.timeout(10):
            while not (link := re.search(r"^  (http\S+ticket=\S+)$", said, re.MULTILINE)):
                await asyncio.sleep(0.01)
                said += capsys.readouterr().out

        assert (await site.get(link[1]))[0] == 200

        assert await waiting == 0
        out = capsys.readouterr().out
        assert "LinkedIn is connected." in out
        assert "renewed by itself until" in out
        assert f"  {site.connection.redirect_uri}\n" in said
        assert "Auth tab" in said
        assert "exactly" in said


async def test_who_cancels_ends_the_waiting(tmp_path: Path, capsys: Captured) -> None:
    async with a_server(tmp_path) as (site, file):
        site.linkedin.member_consents = False
        waiting = asyncio.create_task(asyncio.to_thread(run_connect, file, False, poll_seconds=0.01))
        said = ""
        async with asyncio.timeout(10):
            while not (link := re.search(r"^  (http\S+ticket=\S+)$", said, re.MULTILINE)):
                await asyncio.sleep(0.01)
                said += capsys.readouterr().out

        await site.get(link[1])

        assert await waiting == 1
        assert "You cancelled at LinkedIn" in capsys.readouterr().err


async def test_an_account_that_was_connected_before_does_not_end_the_waiting(tmp_path: Path, capsys: Captured) -> None:
    async with a_server(tmp_path) as (site, file):
        await site.get(await site.link())

        code = await asyncio.to_thread(run_connect, file, False, wait_seconds=0.1, poll_seconds=0.01)

        assert code == 1
        assert "Nobody finished the sign-in in time" in capsys.readouterr().err


async def test_without_a_server_it_says_what_to_do_and_exits_2(tmp_path: Path, capsys: Captured) -> None:
    file = write_config(tmp_path, "http://127.0.0.1:9")

    assert await asyncio.to_thread(run_connect, file, False) == 2

    said = capsys.readouterr().err
    assert "leadbell run" in said
    assert "--paste" in said
    assert not (tmp_path / "leads.db").exists()


async def test_ctrl_c_ends_the_waiting_kindly(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def interrupted(*_: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr("bot.cli.linkedin.connect._in_browser", interrupted)

    assert await asyncio.to_thread(run_connect, write_config(tmp_path, "http://127.0.0.1:9"), False) == 130
    assert "Stopped waiting" in capsys.readouterr().err


# ── by pasting ──


async def paste(file: Path, member: Member, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "stdin", member)
    return await asyncio.to_thread(run_connect, file, True)


async def test_pasting_works_without_a_server_and_without_slack(
    tmp_path: Path, linkedin: LinkedInStandIn, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_config(tmp_path, linkedin.url)
    member = Member(capsys)

    assert await paste(file, member, monkeypatch) == 0

    assert "  http://127.0.0.1:8080/linkedin/callback\n" in member.seen
    done = capsys.readouterr()
    assert "LinkedIn is connected." in done.out
    grant = await stored_grant(config_of(file))
    assert grant is not None
    assert set(grant.scopes) == set(SCOPES)
    assert await access_token(config_of(file)) == grant.access_token
    for secret in (grant.access_token, grant.refresh_token, "code="):
        assert secret not in member.seen + done.out + done.err
        assert secret.encode() not in (tmp_path / "leads.db").read_bytes()


async def test_pasting_beside_a_server_goes_through_it(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_server(tmp_path) as (site, file):
        assert await paste(file, Member(capsys), monkeypatch) == 0

        assert "LinkedIn is connected." in capsys.readouterr().out
        assert site.connection.token()
        assert await access_token(config_of(file)) == site.connection.token()


@pytest.mark.parametrize(
    "change",
    [lambda line: f"  '{line}' ", lambda line: line.partition("?")[2], lambda line: f"<{line}>"],
    ids=["quoted", "only the query", "in brackets"],
)
async def test_a_paste_may_be_untidy(
    tmp_path: Path,
    linkedin: LinkedInStandIn,
    capsys: Captured,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[str], str],
) -> None:
    assert await paste(write_config(tmp_path, linkedin.url), Member(capsys, change), monkeypatch) == 0


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (lambda _line: "", 2, "That is not the address"),
        (lambda _line: "https://example.com/?code=x", 2, "That is not the address"),
        (lambda _line: "http://[", 2, "That is not the address"),
        (lambda line: re.sub(r"state=[^&]+", "state=x%F0", line), 1, "belongs to another sign-in"),
        (lambda line: re.sub(r"code=[^&]+", "code=made-up", line), 1, "LinkedIn gave no access"),
        (lambda line: re.sub(r"code=[^&]+", "error=user_cancelled_login", line), 1, "You cancelled at LinkedIn"),
    ],
    ids=["nothing", "no state", "no address", "another state", "another code", "cancelled"],
)
async def test_a_wrong_paste_is_told_and_stores_nothing(
    tmp_path: Path,
    linkedin: LinkedInStandIn,
    capsys: Captured,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[str], str],
    code: int,
    words: str,
) -> None:
    file = write_config(tmp_path, linkedin.url)

    assert await paste(file, Member(capsys, change), monkeypatch) == code

    assert words in capsys.readouterr().err
    assert await stored_grant(config_of(file)) is None


async def test_without_the_apps_id_and_secret_it_says_so(tmp_path: Path, capsys: Captured) -> None:
    file = write_config(tmp_path, "http://127.0.0.1:9", LINKEDIN_CLIENT_SECRET="")

    assert await asyncio.to_thread(run_connect, file, True) == 2
    assert "LINKEDIN_CLIENT_SECRET must be set" in capsys.readouterr().err


async def test_an_address_that_linkedin_will_not_take_is_told(
    tmp_path: Path, linkedin: LinkedInStandIn, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_config(tmp_path, linkedin.url, PUBLIC_URL="http://leads.example.com")
    member = Member(capsys, lambda line: "")
    monkeypatch.setattr(member, "readline", lambda: "\n")

    assert await paste(file, member, monkeypatch) == 2
    assert "LinkedIn accepts only addresses with https://" in capsys.readouterr().out


async def test_a_secret_that_is_read_from_a_file_is_read(tmp_path: Path, capsys: Captured) -> None:
    file = write_config(tmp_path, "http://127.0.0.1:9")
    (tmp_path / "key").write_text("f" * 40)
    file.write_text(file.read_text().replace("${LEADBELL_SECRET_KEY:-}", f"${{file:{tmp_path / 'key'}}}"))
    assert load_to_call(file) is None, "then everything is needed, as for the server"

    with (tmp_path / ".env").open("a") as env:
        env.write(
            "SLACK_BOT_TOKEN=xoxb-1\nSLACK_SIGNING_SECRET=s\nSLACK_API_URL=http://127.0.0.1:9\nSMTP_URL=smtp://127.0.0.1:9\n"
        )

    assert config_of(file).secret_key.reveal() == "f" * 40


# ── which token ──


async def keep(config: Config, **changed: object) -> Grant:
    """A stored grant, alive for a month unless changed."""
    now = utc_now()
    grant = Grant(
        access_token="stored-access",
        expires_at=now + timedelta(days=30, hours=1),
        scopes=SCOPES,
        connected_at=now - timedelta(days=30),
        obtained_at=now - timedelta(days=30),
    )
    grant = replace(grant, **changed)  # type: ignore[arg-type]  # passed on as they are
    async with credentials_alone(config) as credentials:
        await credentials.save(grant, now=now)
    return grant


async def test_the_variable_wins(tmp_path: Path) -> None:
    config = config_of(write_config(tmp_path, "http://127.0.0.1:9", LINKEDIN_ACCESS_TOKEN=" mine "))

    assert await access_token(config) == "mine"


async def test_without_any_token_it_says_what_to_do(tmp_path: Path) -> None:
    config = config_of(write_config(tmp_path, "http://127.0.0.1:9"))

    with pytest.raises(SignInNeeded) as needed:
        await access_token(config)

    assert "leadbell linkedin connect" in needed.value.advice
    assert not made_in(tmp_path)


async def test_a_token_that_ran_out_is_renewed_alone(tmp_path: Path, linkedin: LinkedInStandIn) -> None:
    config = config_of(write_config(tmp_path, linkedin.url))
    refresh = linkedin.tokens.new_token(
        frozenset(SCOPES), authorized_at=utc_now(), expires_at=utc_now() + timedelta(days=9), is_access=False
    )
    await keep(config, expires_at=utc_now(), refresh_token=refresh.text)

    token = await access_token(config)

    assert token != "stored-access"
    assert (await stored_grant(config)) is not None
    assert await access_token(config) == token
    assert len(linkedin.requests) == 1


async def test_a_command_that_has_all_parts_to_itself_keeps_the_connection_as_a_server_does(
    tmp_path: Path, linkedin: LinkedInStandIn
) -> None:
    config = config_of(write_config(tmp_path, linkedin.url))
    refresh = linkedin.tokens.new_token(
        frozenset(SCOPES), authorized_at=utc_now(), expires_at=utc_now() + timedelta(days=300), is_access=False
    )
    await keep(config, expires_at=utc_now() + timedelta(days=1), refresh_token=refresh.text)

    async with alone(config) as product:
        assert product.linkedin.connection.token() not in {"", "stored-access"}


async def test_a_token_that_ran_out_is_renewed_by_the_server_beside_it(tmp_path: Path) -> None:
    async with a_server(tmp_path) as (site, file):
        await site.get(await site.link())
        first = site.connection.token()
        grant = site.connection._grant
        assert grant is not None
        site.connection._grant = replace(grant, expires_at=utc_now())
        await site.connection._save(site.connection._grant)

        token = await access_token(config_of(file))

        assert token == site.connection.token() != first


@pytest.mark.parametrize("changed", [{"expires_at": utc_now()}, {"died_at": utc_now(), "refresh_token": "r"}])
async def test_a_dead_account_needs_a_new_sign_in(tmp_path: Path, changed: Mapping[str, object]) -> None:
    config = config_of(write_config(tmp_path, "http://127.0.0.1:9"))
    await keep(config, **changed)

    with pytest.raises(SignInNeeded, match="has ended"):
        await access_token(config)


async def test_a_token_that_no_key_opens_says_what_to_do(tmp_path: Path) -> None:
    await keep(config_of(write_config(tmp_path, "http://127.0.0.1:9")))
    config = config_of(write_config(tmp_path, "http://127.0.0.1:9", LEADBELL_SECRET_KEY="n" * 40))

    with pytest.raises(StoreError, match="old key second"):
        await access_token(config)


@pytest.mark.parametrize("key", ["", KEY], ids=["a key file", "a key in the variable"])
async def test_reading_makes_no_key_file_and_a_lost_key_is_told(tmp_path: Path, capsys: Captured, key: str) -> None:
    file = write_config(tmp_path, "http://127.0.0.1:9", LEADBELL_SECRET_KEY=key)
    await keep(config_of(file))
    file = write_config(tmp_path, "http://127.0.0.1:9", LEADBELL_SECRET_KEY="")
    key_file(tmp_path / "leads.db").unlink(missing_ok=True)

    with pytest.raises(StoreError, match=r"key.*is not there.*leadbell linkedin connect"):
        await access_token(config_of(file))
    code, told, text = await status(file, capsys)

    assert (code, told["alive"]) == (1, False)
    assert "is not there" in str(told["problem"])
    assert "is not there" in text
    assert not key_file(tmp_path / "leads.db").exists()


async def test_a_database_without_an_account_is_read_without_making_a_key(tmp_path: Path, capsys: Captured) -> None:
    file = write_config(tmp_path, "http://127.0.0.1:9", LEADBELL_SECRET_KEY="")
    async with opened(tmp_path / "leads.db"):
        pass

    code, _, text = await status(file, capsys)

    assert code == 1
    assert "not connected" in text
    assert not key_file(tmp_path / "leads.db").exists()


# ── status ──


async def status(file: Path, capsys: Captured) -> tuple[int, dict[str, object], str]:
    """Exit code, the JSON, and the text for people."""
    code = await asyncio.to_thread(run_status, file, True)
    told = json.loads(capsys.readouterr().out)
    assert await asyncio.to_thread(run_status, file, False) == code
    return code, told, capsys.readouterr().out


async def test_status_of_a_connected_account(tmp_path: Path, capsys: Captured) -> None:
    async with a_server(tmp_path) as (site, file):
        await site.get(await site.link())

        code, told, text = await status(file, capsys)

    assert code == 0
    assert told["alive"] is True
    assert told["by"] == "consent"
    assert told["access_days_left"] == 59
    assert told["refresh_days_left"] == 364
    assert told["missing_scopes"] == []
    assert isinstance(told["linkedin_says"], dict)
    assert told["linkedin_says"]["active"] is True
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", str(told["connected_at"]))
    assert told["api_version"] == "202608"
    assert told["api_version_ends_on"] == "2027-08-15"
    assert "in 59 days" in text
    assert "LinkedIn says that the token is active." in text
    assert "served until about 15 Aug 2027" in text


async def test_status_without_anything_is_no(tmp_path: Path, capsys: Captured) -> None:
    code, told, text = await status(write_config(tmp_path, "http://127.0.0.1:9"), capsys)

    assert code == 1
    assert (told["alive"], told["by"]) == (False, None)
    assert "not connected. Run `leadbell linkedin connect`." in text
    assert not made_in(tmp_path), "looking makes nothing"


async def test_status_of_the_variables_token(tmp_path: Path, linkedin: LinkedInStandIn, capsys: Captured) -> None:
    linkedin.scopes = {"r_ads", "r_marketing_leadgen_automation"}
    file = write_config(tmp_path, linkedin.url, LINKEDIN_ACCESS_TOKEN="given")

    code, told, text = await status(file, capsys)

    assert code == 0
    assert told["by"] == "access_token"
    assert told["missing_scopes"] == ["rw_ads", "r_organization_admin", "r_events"]
    assert "LINKEDIN_ACCESS_TOKEN" in text
    assert "Missing permissions: rw_ads, r_organization_admin, r_events." in text
    linkedin.revoke()
    assert (await status(file, capsys))[0] == 1


async def test_status_of_the_token_of_another_app_says_so(
    tmp_path: Path, linkedin: LinkedInStandIn, capsys: Captured
) -> None:
    code, _, text = await status(write_config(tmp_path, linkedin.url, LINKEDIN_ACCESS_TOKEN="other"), capsys)

    assert code == 0, "it may work all the same"
    assert "does not know this token for this app" in text


async def test_status_while_linkedin_is_away_tells_what_is_stored(tmp_path: Path, capsys: Captured) -> None:
    file = write_config(tmp_path, "http://127.0.0.1:9")
    await keep(config_of(file))

    code, told, text = await status(file, capsys)

    assert code == 0
    assert told["access_days_left"] == 30
    assert told["linkedin_says"] is None
    assert "could not be asked" in text
    assert "somebody must sign in again before it ends" in text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"expires_at": utc_now() - timedelta(days=1)}, "Access ended on"),
        ({"died_at": utc_now()}, "has refused the account since"),
    ],
)
async def test_status_of_a_dead_account_is_no(
    tmp_path: Path, capsys: Captured, changed: Mapping[str, object], words: str
) -> None:
    file = write_config(tmp_path, "http://127.0.0.1:9")
    await keep(config_of(file), **changed)

    code, told, text = await status(file, capsys)

    assert code == 1
    assert told["alive"] is False
    assert words in text


async def test_status_with_another_key_says_what_to_do(tmp_path: Path, capsys: Captured) -> None:
    await keep(config_of(write_config(tmp_path, "http://127.0.0.1:9")))
    file = write_config(tmp_path, "http://127.0.0.1:9", LEADBELL_SECRET_KEY="n" * 40)

    code, told, text = await status(file, capsys)

    assert code == 1
    assert "old key second" in str(told["problem"])
    assert "old key second" in text


async def test_status_shows_no_token(tmp_path: Path, capsys: Captured) -> None:
    file = write_config(tmp_path, "http://127.0.0.1:9")
    await keep(config_of(file), refresh_token="stored-refresh")

    _, told, text = await status(file, capsys)

    assert "stored-" not in str(told) + text


def test_only_what_can_be_left_out_can_be_left_out(tmp_path: Path, capsys: Captured) -> None:
    file = tmp_path / "config.yaml"
    shutil.copy(packaged_config(), file)

    assert run_connect(file, False, without=["r_marketing_leadgen_automation"]) == 2

    assert "what can be left out is r_ads, rw_ads, r_organization_admin, r_events" in capsys.readouterr().err
