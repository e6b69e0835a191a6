"""What strangers read is true: links lead somewhere, and whatever is named exists."""

from __future__ import annotations

import ast
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
import typer

from bot.cli import app
from bot.cli.linkedin import linkedin_app
from tests.cli.linkedin.world import ANSWERS, World, a_listener, a_world

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
SETTINGS = [
    *PAGES,
    *(ROOT / name for name in (".env.example", "compose.yaml", "Dockerfile", "deploy/leadbell.service")),
]

FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
COMMAND = re.compile(r"(?<![\w@/.-])leadbell(?= ([a-z]+)\b)")
LINKEDIN_COMMAND = re.compile(r"\bleadbell linkedin ([a-z-]+)")
VARIABLE = re.compile(r"\b(?:(?:LINKEDIN|SLACK|SMTP|DATABASE|PUBLIC|LEADBELL)_[A-Z_]+|HOST|PORT|CHROMIUM)\b")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
PLACE = re.compile(r"`((?:bot|tests|docs|templates|deploy|benchmarks)/[\w/.-]*)`")

#: Named in order to warn of them: the Slack library reads these two by itself.
WARNED_OF = {"SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET"}
#: Read by the tests only.
OF_THE_TESTS = {"CHROMIUM"}
LINKEDIN = ROOT / "docs" / "linkedin.md"
#: They need somebody who signs in: tests/cli/test_connect.py
TRIED_ELSEWHERE = {"connect", "status"}
GUIDES_FORM = {
    "owner": {"sponsoredAccount": "urn:li:sponsoredAccount:507857085"},
    "creationLocale": {"country": "US", "language": "en"},
    "name": "Product Interest Form",
    "state": "DRAFT",
    "content": {
        "headline": {"localized": {"en_US": "Learn more about our product"}},
        "description": {"localized": {"en_US": "Fill out this form and we will contact you"}},
        "questions": [
            {
                "question": {"localized": {"en_US": "First Name"}},
                "name": "firstName",
                "predefinedField": "FIRST_NAME",
                "questionDetails": {"textQuestionDetails": {}},
            }
        ],
        "legalInfo": {
            "privacyPolicyUrl": "https://yourcompany.com/privacy",
            "consents": [
                {
                    "id": 1,
                    "checkRequired": False,
                    "consent": {"localized": {"en_US": "I agree to be contacted via email"}},
                }
            ],
        },
    },
}
#: Folders and files that a page names as an example of what a reader would make.
EXAMPLES = {"bot/destinations/teams/", "templates/teams/", "bot/store/migrations/000N_what.sql"}


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def anchors_of(page: Path) -> set[str]:
    """The headings as GitHub turns them into anchors."""
    headings = (heading.lower().replace("`", "") for heading in HEADING.findall(FENCE.sub("", text_of(page))))
    return {re.sub(r"[^\w\- ]", "", heading).strip().replace(" ", "-") for heading in headings}


def known_variables() -> set[str]:
    """Those that the shipped rule file refers to, and those that the code asks for by name."""
    in_file = re.findall(r"\$\{([A-Z_]+)", text_of(ROOT / "config.yaml"))
    code = "".join(text_of(module) for module in (ROOT / "bot").rglob("*.py"))
    return {*in_file, *re.findall(r"environment\.get\(\"([A-Z_]+)\"", code)}


def commands() -> set[str]:
    return {*names_in(app), str(linkedin_app.info.name)}


def names_in(group: typer.Typer) -> set[str]:
    return {each.name or (each.callback.__name__ if each.callback else "") for each in group.registered_commands}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere_inside_the_project(page: Path) -> None:
    for link in LINK.findall(FENCE.sub("", text_of(page))):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page

        assert target.is_relative_to(ROOT), link
        assert target.exists(), link
        assert not anchor or anchor in anchors_of(target), link


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    code = "\n".join(CODE.findall(text_of(page)))

    named = {match[1] for match in COMMAND.finditer(code)} - {"leadbell"}

    assert named <= commands()


def test_every_command_is_documented() -> None:
    read = "\n".join(text_of(page) for page in PAGES)

    assert {command for command in commands() if f"leadbell {command}" not in read} == set()


@pytest.mark.parametrize("page", SETTINGS, ids=name_of)
def test_every_linkedin_command_that_a_page_names_exists(page: Path) -> None:
    assert set(LINKEDIN_COMMAND.findall(text_of(page))) <= names_in(linkedin_app)


def test_every_linkedin_command_is_in_its_page() -> None:
    assert set(LINKEDIN_COMMAND.findall(text_of(LINKEDIN))) == names_in(linkedin_app)


async def test_every_command_beside_a_request_of_the_guide_works_against_the_stand_in(tmp_path: Path) -> None:
    tried = [arguments for arguments in guides_commands() if arguments[0] not in TRIED_ELSEWHERE]

    async with a_world(tmp_path) as world, a_listener() as url:
        furnish(world, url)
        done = {" ".join(arguments): await world.run(*arguments) for arguments in tried}

    assert {command: each.err for command, each in done.items() if each.code} == {}
    assert len(done) > 25


def guides_commands() -> list[list[str]]:
    """What `leadbell linkedin` is given in the table of the guide's requests and in the paragraph under it."""
    part = text_of(LINKEDIN).partition("## The API by hand")[2].partition("**A subscription for one form**")[0]
    return [words.split() for words in re.findall(r"`leadbell linkedin ([a-z][^`…]*)`", " ".join(part.split()))]


def furnish(world: World, url: str) -> None:
    """The leads, the ad and the files that the commands name, and an address that answers LinkedIn's question."""
    world.environment["PUBLIC_URL"] = url
    lately = datetime.now(UTC) - timedelta(hours=1)
    world.linkedin.submit(
        form=6083, answers=ANSWERS, campaign=367378525, response_id="1a2b3c-4", submitted_at=lately, is_test=True
    )
    world.linkedin.submit(
        form=6177, answers=ANSWERS, lead_type="EVENT", event="789", response_id="1a2b3c-5", submitted_at=lately
    )
    world.write("form.json", orjson.dumps(GUIDES_FORM).decode())
    world.write("change.yaml", "headline: Talk to us\n")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_target_of_make_that_a_page_names_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of(ROOT / "Makefile"), re.MULTILINE))

    named = {word for code in CODE.findall(text_of(page)) for word in re.findall(r"\bmake ([a-z]+)", code)}

    assert named <= targets


def test_what_the_operator_reads_of_a_notice_is_what_the_notice_says() -> None:
    table = text_of(ROOT / "docs" / "operations.md").partition("## The notices")[2].partition("\n## ")[0]
    words = {
        part.strip()
        for line in table.splitlines()
        if line.startswith("|")
        for quoted in re.findall(r'"([^"]+)"', line.split("|")[1])
        for part in quoted.split("…")
        if part.strip(" .,")
    }
    said = [
        node.value
        for module in (ROOT / "bot" / "pipeline" / "notices").glob("*.py")
        for node in ast.walk(ast.parse(text_of(module)))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]

    assert {each for each in words if not any(each in text for text in said)} == set()
    assert len(words) > 30


@pytest.mark.parametrize("page", SETTINGS, ids=name_of)
def test_every_variable_that_is_named_exists(page: Path) -> None:
    named = set(VARIABLE.findall(text_of(page)))

    assert named - WARNED_OF - OF_THE_TESTS <= known_variables()


@pytest.mark.parametrize("page", [".env.example", "docs/quickstart-production.md"])
def test_every_variable_that_exists_is_named(page: str) -> None:
    assert known_variables() <= set(VARIABLE.findall(text_of(ROOT / page)))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_test_that_a_page_calls_as_a_witness_exists(page: Path) -> None:
    for module, test in TEST.findall(text_of(page)):
        assert re.search(rf"^(?:async )?def {test}\(", text_of(ROOT / module), re.MULTILINE), test


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_file_and_folder_that_a_page_names_exists(page: Path) -> None:
    named = set(PLACE.findall(text_of(page))) - EXAMPLES

    assert {place for place in named if not (ROOT / place).exists()} == set()


def test_the_tree_of_the_readme_is_the_tree() -> None:
    tree = text_of(ROOT / "README.md").partition("## The tree")[2].partition("```\n")[2].partition("```")[0]
    inside = {line.split()[0] for line in tree.splitlines() if line.startswith("  ")}
    outside = {
        word for line in tree.splitlines() if not line.startswith("  ") for word in re.findall(r"[\w./-]+", line)
    }
    modules = (ROOT / "bot").glob("[!_]*")

    assert inside == {f"{place.name}/" if place.is_dir() else place.name for place in modules if place.suffix != ".pyc"}
    assert {f"{place.name}/" for place in visible_folders()} <= outside
    for word in outside & {"Dockerfile", "compose.yaml", ".env.example", "Makefile", "requirements.lock"}:
        assert (ROOT / word).is_file()


def visible_folders() -> set[Path]:
    return {
        place
        for place in ROOT.iterdir()
        if (place / "__init__.py").exists() or place.name in {"docs", "templates", "deploy"}
    }


def test_every_page_is_in_the_index() -> None:
    index = ROOT / "docs" / "README.md"
    decisions = ROOT / "docs" / "adr"

    linked = {(index.parent / link).resolve() for link in LINK.findall(text_of(index))}
    decided = {(decisions / link).resolve() for link in LINK.findall(text_of(decisions / "README.md"))}

    assert {page for page in PAGES if page != index and page.parent != decisions} <= linked
    assert set(decisions.glob("0*.md")) == decided


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.parent.name == "adr" and page.name != "README.md"], ids=name_of
)
def test_a_decision_has_its_three_parts_and_fits_on_a_page(page: Path) -> None:
    text = text_of(page)

    assert HEADING.findall(text)[1:] == ["Context", "Decision", "Consequences"]
    assert len(text.split()) < 500


@pytest.mark.parametrize("page", SETTINGS, ids=name_of)
def test_no_page_knows_where_it_was_written(page: Path) -> None:
    text = text_of(page)

    assert str(ROOT) not in text
    assert not re.search(r"/(?:home|Users)/\w|index-url|/simple/", text)


def test_the_pipeline_knows_only_ports_as_the_architecture_says() -> None:
    allowed = ("bot.core", "bot.config.model", "bot.ports", "bot.pipeline")

    imported = {
        name
        for module in (ROOT / "bot" / "pipeline").rglob("*.py")
        for node in ast.walk(ast.parse(text_of(module)))
        for name in modules_of(node)
    }

    assert {name for name in imported if name.startswith("bot.") and not name.startswith(allowed)} == set()
    assert imported & {"aiohttp", "aiosqlite", "slack_sdk", "slack_bolt", "sqlite3"} == set()


def modules_of(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
