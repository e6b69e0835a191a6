"""The shipped templates, the fall-back to the built-in alert, and what an author is told."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.core.lead import LeadState
from bot.rendering import Fact, TemplateLead, Templates
from bot.rendering.filters import filters_for
from bot.rendering.formats import SLACK
from bot.rendering.lead import Answer, Consent
from bot.rendering.samples import bare_lead, full_lead, long_lead
from tests.rendering.builders import PEOPLE, Failures, a_lead, a_view, asked, card_of, known, shipped, written

DOCS = Path(__file__).parents[2] / "docs" / "templates.md"

MAIL = "{% block subject %}s{% endblock %}{% block text %}t{% endblock %}{% block html %}<p>h</p>{% endblock %}"


def test_the_shipped_card_reads_like_this() -> None:
    card = shipped().slack("default", a_view())

    assert card.title == "*Ana Silva* · Head of IT at *ACME Robotics*"
    assert card.facts == (
        "*E-mail:* <mailto:ana.silva@acme.example|ana.silva@acme.example>",
        "*Phone:* <tel:+493023125555|+49 30 23125 555>",
        "*Company size:* 201-500",
        "*Country:* Germany",
        "*Industry:* Industrial Automation",
        "*When would you like to start?* Within 3 months",
    )
    assert card.context == (
        "Demo request · DACH Enterprise · <!date^1793871672^{date_short_pretty} at {time}|Thu 5 Nov 2026, 09:41 UTC>"
        " · Rule: Enterprise demo, DACH · + 1 more answer"
    )


def test_the_shipped_mail_reads_like_this() -> None:
    mail = shipped(timezone="Europe/Berlin").email("default", a_view())

    assert mail.subject == "New lead: Ana Silva, Head of IT at ACME Robotics"
    assert mail.text == (
        "Ana Silva\n"
        "Head of IT at ACME Robotics\n"
        "\n"
        "E-mail: ana.silva@acme.example\n"
        "Phone: +49 30 23125 555\n"
        "Company size: 201-500\n"
        "Country: Germany\n"
        "Industry: Industrial Automation\n"
        "When would you like to start? Within 3 months\n"
        "What should the demo show? Routing by team, Reports\n"
        "\n"
        "--\n"
        "Demo request · DACH Enterprise\n"
        "Submitted Thu 5 Nov 2026, 10:41 CET\n"
        "You get this because of the rule “Enterprise demo, DACH”.\n"
    )


def test_text_and_page_of_a_mail_say_the_same() -> None:
    mail = shipped().email("default", a_view())

    for fact in (
        "ana.silva@acme.example",
        "+49 30 23125 555",
        "201-500",
        "Within 3 months",
        "Routing by team, Reports",
    ):
        assert fact in mail.text
        assert fact in mail.html


def test_the_page_is_inlined_and_keeps_its_dark_mode() -> None:
    mail = shipped().email("hot_lead", a_view())

    assert "@media (prefers-color-scheme: dark)" in mail.html
    assert "@media (max-width: 480px)" in mail.html
    assert '<meta name="color-scheme" content="light dark">' in mail.html
    assert '<h1 style="' in mail.html
    assert "http" not in mail.html
    assert "<img" not in mail.html
    assert len(mail.html) < 100_000


def test_a_hot_lead_says_so() -> None:
    templates = shipped()

    assert templates.slack("hot_lead", a_view()).title == ":fire: *Ana Silva* · Head of IT at *ACME Robotics*"
    assert templates.email("hot_lead", a_view()).subject == "Hot lead: Ana Silva, Head of IT at ACME Robotics"
    assert templates.email("hot_lead", a_view()).text == templates.email("default", a_view()).text


def test_a_test_lead_says_so_in_a_mail() -> None:
    mail = shipped().email("default", a_view(bare_lead()))

    assert mail.subject == "Test lead: Somebody"


def test_a_lead_that_answered_nothing_still_makes_an_alert() -> None:
    templates = shipped()

    card, mail = templates.slack("default", a_view(a_lead())), templates.email("default", a_view(a_lead()))

    assert (card.title, card.facts) == ("*Somebody*", ())
    assert mail.subject == "New lead: Somebody"


def test_a_lead_with_essays_still_fits() -> None:
    templates = shipped()

    card, mail = templates.slack("default", a_view(long_lead())), templates.email("default", a_view(long_lead()))

    assert sum(len(fact) for fact in card.facts) < 6000
    assert len(card.facts) == 6
    assert card.context.endswith("+ 25 more answers")
    assert 140 < len(mail.subject) <= 150
    assert len(mail.html) < 100_000


def test_known_fields_come_first_and_the_rest_is_counted() -> None:
    lead = a_lead(
        asked("First own question", "1"),
        known("linkedin_url", "https://linkedin.example/in/ana"),
        known("degree", "MSc"),
        known("phone", "+49 30 23125 555"),
        known("email", "ana@acme.example"),
        asked("Second own question?", "2"),
        asked("Third own question", "3"),
        asked("Unanswered", ""),
    )

    card = shipped().slack("default", a_view(lead))

    assert card.context.endswith("+ 1 more answer")
    assert card.facts == (
        "*E-mail:* <mailto:ana@acme.example|ana@acme.example>",
        "*Phone:* <tel:+493023125555|+49 30 23125 555>",
        "*LinkedIn profile:* <https://linkedin.example/in/ana|https://linkedin.example/in/ana>",
        "*Degree:* MSc",
        "*First own question:* 1",
        "*Second own question?* 2",
    )


def test_a_question_that_fills_a_known_field_is_shown_once() -> None:
    lead = a_lead(asked("Which country are you in?", "Austria"), asked("Team?", "Sales"))

    facts = shipped().slack("default", a_view(lead, facts={"country": "Austria", "team": "Sales"})).facts

    assert facts == ("*Country:* Austria", "*Team?* Sales")


@pytest.mark.parametrize("kind", ["slack", "email"])
def test_an_erased_lead_leaves_nothing_but_a_word(kind: str) -> None:
    view = replace(a_view(), state=LeadState.ERASED, lead=None)
    templates = shipped()

    words = templates.slack("default", view).title if kind == "slack" else templates.email("default", view).subject

    assert "Lead removed on request" in words


def test_an_owner_is_called_by_name(tmp_path: Path) -> None:
    templates = written(tmp_path, slack=card_of("for {{ lead.owner or 'nobody' }}"))

    titles = [templates.slack("mine", a_view(owner=owner)).title for owner in ("anna", "U0GONE", "")]

    assert titles == ["for Anna", "for nobody", "for nobody"]


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        (card_of("{{ lead.emial }}"), 1, "There is no lead.emial. Did you mean lead.email?"),
        (card_of("a", "\n\n{{ lead.xyzzy }}"), 4, "There is no lead.xyzzy. There are: "),
        (card_of("a", "\n{% for fact in lead.facts %}\n{{ fact.value }}{% endfor %}"), 4, "There is no fact.value."),
        (card_of("{{ led.name }}"), 1, "'led' is undefined."),
        (card_of("{{ lead.name }"), 1, "Unexpected '}'."),
        (card_of("{% if lead.name %}"), 1, "Encountered unknown tag 'endblock'."),
        (card_of("a", "b", "\n{{ lead.name | shout }}"), 4, "No filter named 'shout'."),
        (card_of("{{ lead.answers[0].text }}"), 1, ""),
        (card_of("{{ lead.facts }}"), 1, "A tuple cannot be printed as it is; loop over it or use the join filter."),
        (card_of("{% include 'slack/gone.j2' %}"), 0, "Slack/gone.j2."),
        (
            "{% block title %}t{% endblock %}",
            0,
            "It has no block 'facts'; it needs the blocks title, facts and context.",
        ),
        ("{{", 1, ""),
    ],
)
def test_an_author_is_told_file_line_and_what_to_do(source: str, line: int, words: str, tmp_path: Path) -> None:
    templates = written(tmp_path, slack=source, email=MAIL)

    problems = templates.problems()

    assert len(problems) == 1
    assert problems[0].file == str(tmp_path / "slack" / "mine.j2")
    assert problems[0].line == line
    assert words in problems[0].message


def test_the_shipped_templates_have_no_problem() -> None:
    assert shipped().problems() == []


def test_a_missing_file_is_a_problem_of_its_kind_only(tmp_path: Path) -> None:
    templates = written(tmp_path, slack=card_of("t"))

    assert templates.problems(kinds=("slack",)) == []
    (problem,) = templates.problems()
    assert str(problem).startswith("templates/email/mine.j2: There is no such file. Copy templates/email/lead.j2 ")


def test_a_failing_template_falls_back_and_tells_once_for_each_kind(tmp_path: Path) -> None:
    failures = Failures()
    templates = written(tmp_path, failures, slack=card_of("{{ lead.nope }}"), email="{{ broken")
    view = a_view(full_lead())

    cards = [templates.slack("mine", view) for _ in range(3)]
    mails = [templates.email("mine", view) for _ in range(3)]

    assert [name for name, _ in failures.told] == ["mine", "mine"]
    assert cards[2].title == "*Ana Silva · Head of IT, ACME Robotics*"
    assert cards[2].facts[0] == "*E-mail:* <mailto:ana.silva@acme.example|ana.silva@acme.example>"
    assert mails[2].subject == "New lead: Ana Silva · Head of IT, ACME Robotics"
    assert "E-mail: ana.silva@acme.example" in mails[2].text
    assert "<b>E-mail:</b>" in mails[2].html


def test_an_alarm_about_a_template_holds_nothing_of_the_lead(tmp_path: Path) -> None:
    failures = Failures()
    templates = written(tmp_path, failures, slack=card_of("{{ {'a': 1}[lead.name] }}"))

    templates.slack("mine", a_view())

    assert "Ana" not in failures.told[0][1]
    assert failures.told[0][1] == f"{tmp_path}/slack/mine.j2:1: It failed with UndefinedError."


@pytest.mark.parametrize(
    "source",
    [
        "{% include lead.company %}",
        "{% include ['slack/gone.j2', lead.company] %}",
        "{% include [lead.nope, lead.company] %}",
        "{% import lead.company as macros %}",
        "{% from lead.company import macro %}",
        "{% include 'slack/' ~ lead.company %}",
    ],
)
def test_an_alarm_does_not_name_a_file_that_a_lead_was_asked_for(source: str, tmp_path: Path) -> None:
    failures = Failures()
    templates = written(tmp_path, failures, slack=card_of(source), _shared__w="{% extends 'slack/gone.j2' %}")

    templates.slack("mine", a_view())

    ((_, detail),) = failures.told
    assert "ACME" not in detail
    assert "It failed with " in detail


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{% include 'slack/gone.j2' %}", "Slack/gone.j2."),
        ("{% include '_shared/w.j2' %}", "Slack/lost.j2."),
        ("{% include ['slack/gone.j2', 'slack/lost.j2'] %}", "None of the templates given were found"),
    ],
)
def test_an_alarm_names_a_missing_file_that_a_template_names(source: str, words: str, tmp_path: Path) -> None:
    failures = Failures()
    templates = written(tmp_path, failures, slack=card_of(source), _shared__w="{% include 'slack/lost.j2' %}")

    templates.slack("mine", a_view())

    ((_, detail),) = failures.told
    assert words in detail


def test_an_alarm_names_the_file_of_a_template_that_is_missing(tmp_path: Path) -> None:
    failures = Failures()

    written(tmp_path, failures).slack("mine", a_view())

    ((_, detail),) = failures.told
    assert detail.startswith("templates/slack/mine.j2: There is no such file.")


def test_an_unknown_name_falls_back_too() -> None:
    failures = Failures()

    card = shipped(on_failure=failures).slack("gone", a_view())

    assert card.title == "*Ana Silva · Head of IT, ACME Robotics*"
    assert len(failures.told) == 1


def test_the_folder_beside_the_config_wins_over_the_package(tmp_path: Path) -> None:
    own, packaged = tmp_path / "own", tmp_path / "packaged"
    written(packaged, slack=card_of("packaged {% include '_shared/w.j2' %}"), _shared__w="words", email=MAIL)
    written(own, slack=card_of("own {% include '_shared/w.j2' %}"))
    both = Templates(folders=[own, packaged], names={"mine": "mine"}, people=PEOPLE, on_failure=Failures())

    assert both.slack("mine", a_view()).title == "own words"
    assert both.email("mine", a_view()).subject == "s"


def _listed(heading: str) -> set[str]:
    """The first column of the table under a heading of docs/templates.md."""
    section = DOCS.read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    return {row.split("`")[1] for row in rows}


def test_the_docs_list_everything_a_template_may_use() -> None:
    ours = {f"lead.{entry.name}" for entry in fields(TemplateLead) if not entry.name.startswith("_")}
    ours |= {"lead.field(name)"}
    ours |= {f"fact.{entry.name}" for entry in fields(Fact)} | {"fact.heading"}
    ours |= {f"answer.{entry.name}" for entry in fields(Answer)}
    ours |= {f"consent.{entry.name}" for entry in fields(Consent)}

    assert _listed("What you can say about a lead") == ours


def test_the_docs_list_every_filter() -> None:
    ours = set(filters_for(SLACK, ZoneInfo("UTC"))) - {"concat", "d", "count"}

    assert _listed("Filters") == ours
