"""What is shipped works away from the checkout: the wheel, the lock files, the image, the proxy."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import aiohttp
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bot import __version__

ROOT = Path(__file__).parents[1]
LOCKS = ["requirements.lock", "requirements-dev.lock"]
PIN = re.compile(r"([A-Za-z0-9._-]+)==([^\s;\\]+)")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(build, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel unpacked, far from the checkout."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def environment(installed: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(installed)}


def leadbell(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`python -m bot` out of the unpacked wheel, in another folder."""
    command = [sys.executable, "-m", "bot", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment(installed), capture_output=True, text=True, timeout=30, check=False
    )


def names_in(folder: Path) -> set[str]:
    return {place.name for place in folder.iterdir()}


def files_under(folder: str, pattern: str) -> set[str]:
    return {str(file.relative_to(ROOT / folder)) for file in (ROOT / folder).rglob(pattern) if file.is_file()}


def test_the_wheel_carries_everything_that_is_not_python(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        carried = set(archive.namelist())

    assert "bot/defaults/config.yaml" in carried
    assert {f"bot/defaults/templates/{name}" for name in files_under("templates", "*.j2")} <= carried
    assert {f"bot/store/migrations/{name}" for name in files_under("bot/store/migrations", "*.sql")} <= carried
    assert {f"bot/sandbox/page/{name}" for name in files_under("bot/sandbox/page", "*")} <= carried
    assert {f"bot/{name}" for name in files_under("bot", "*.py")} <= carried
    assert not [name for name in carried if name.startswith(("tests/", "benchmarks/")) or ".env" in name]


def test_check_route_and_render_work_away_from_the_checkout(installed: Path, tmp_path: Path) -> None:
    lead = tmp_path / "lead.json"
    lead.write_text('{"form": "demo-request", "country": "Germany", "company_size": "201-500"}', encoding="utf-8")

    checked = leadbell(installed, tmp_path, "check")
    routed = leadbell(installed, tmp_path, "route", str(lead))
    rendered = leadbell(installed, tmp_path, "render", "default")

    assert checked.returncode == 0, checked.stderr
    assert str(installed / "bot" / "defaults" / "config.yaml") in checked.stdout
    assert routed.returncode == 0, routed.stderr
    assert "Enterprise demo, DACH" in routed.stdout
    assert rendered.returncode == 0, rendered.stderr
    assert "Claim" in rendered.stdout


def test_run_asks_for_a_rule_file_of_its_own(installed: Path, tmp_path: Path) -> None:
    done = leadbell(installed, tmp_path, "run")

    assert done.returncode == 2
    assert "config.yaml" in done.stderr


async def test_the_demo_plays_away_from_the_checkout_and_ends_with_ctrl_c(installed: Path, tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo", "--port", "0"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=tmp_path,
        env=environment(installed),
    )
    try:
        said = await said_until(process, r"Ctrl-C")
        address = re.search(r"http://\S+", said)
        assert address is not None, said
        assert str(installed / "bot" / "defaults" / "config.yaml") in said
        async with aiohttp.ClientSession() as session:
            for path, expected in (("", "<title>Leadbell"), ("style.css", "{"), ("app.js", "import")):
                async with session.get(address[0] + path) as response:
                    assert response.status == 200
                    assert expected in await response.text()

        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(10):
            _, complaints = await process.communicate()

        assert process.returncode == 0
        assert complaints == b""
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
    assert names_in(tmp_path) == set(), "a demo leaves nothing behind"


async def said_until(process: asyncio.subprocess.Process, pattern: str) -> str:
    """What the process prints, up to the line that matches."""
    assert process.stdout is not None
    said = ""
    async with asyncio.timeout(20):
        while not re.search(pattern, said):
            line = await process.stdout.readline()
            assert line, said
            said += line.decode()
    return said


def requirements(lock: str) -> list[str]:
    """A lock file's entries, each on one line."""
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def pins(lock: str) -> dict[str, str]:
    found = [PIN.match(entry) for entry in requirements(lock)]
    return {canonicalize_name(pin[1]): pin[2] for pin in found if pin}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_file_names_no_place_and_pins_every_entry_by_version_and_hash(lock: str) -> None:
    entries = requirements(lock)

    assert entries
    for entry in entries:
        assert re.match(PIN, entry), entry
        assert re.search(r" --hash=sha256:[0-9a-f]{64}(\s|$)", entry), entry
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"--(?!hash=)", text)


def test_every_dependency_is_locked_within_its_range() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    locked, with_tools = pins("requirements.lock"), pins("requirements-dev.lock")

    for text in project["dependencies"]:
        wanted = Requirement(text)
        assert wanted.specifier.contains(locked[canonicalize_name(wanted.name)]), text
    for text in project["optional-dependencies"]["dev"]:
        wanted = Requirement(text)
        assert wanted.specifier.contains(with_tools[canonicalize_name(wanted.name)]), text


def test_what_is_tested_is_what_is_shipped() -> None:
    assert pins("requirements.lock").items() <= pins("requirements-dev.lock").items()


def test_there_is_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert project["version"] == __version__
    assert f"\n## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"leadbell-{__version__}-py3" in (ROOT / "docs" / "quickstart-production.md").read_text(encoding="utf-8")


def dockerfile() -> str:
    return (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")


def test_the_image_is_built_from_files_that_are_there_and_let_through() -> None:
    copied = [
        source
        for arguments in re.findall(r"^COPY (?!--from)(.+)$", dockerfile(), re.MULTILINE)
        for source in arguments.split()[:-1]
    ]
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()

    assert "requirements.lock" in copied
    for source in copied:
        assert (ROOT / source).exists(), source
    assert ignored[1] == "*"
    assert {f"!{source}" for source in copied} == {line for line in ignored if line.startswith("!")}


def test_the_image_runs_python_itself_as_nobody_special() -> None:
    last = dockerfile().rpartition("\nFROM ")[2]

    assert '\nENTRYPOINT ["leadbell"]\nCMD ["run"]\n' in last
    assert re.search(r"^USER [1-9]\d+:[1-9]\d+$", last, re.MULTILINE)
    assert re.search(r'^HEALTHCHECK .*CMD \["leadbell", "health"\]$', last, re.MULTILINE)
    assert re.search(r"^VOLUME /data$", last, re.MULTILINE)
    assert "DATABASE_URL=sqlite:/data/" in last


def test_only_the_proxy_is_reachable_and_it_keeps_the_inside_inside() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    caddyfile = (ROOT / "deploy" / "Caddyfile").read_text(encoding="utf-8")

    assert {name for name, service in services.items() if "ports" in service} == {"caddy"}
    assert re.findall(r"^\s*@public path (.+)$", caddyfile, re.MULTILINE) == ["/linkedin/* /slack/*"]
    assert caddyfile.count("reverse_proxy") == 1
    assert re.search(r"handle @public \{\s+reverse_proxy leadbell:8080\s+\}\s+handle \{\s+respond 404\s+\}", caddyfile)
