"""What a file promises is possible: names exist, every lead is told to somebody, every rule can fire."""

from __future__ import annotations

from datetime import date

import pytest

from bot.config.load import check_text
from bot.config.problems import Severity
from tests.config.builders import RULES, a_file, a_rule, line_of, only_problem, problems_of

NAMES = """\
names: {forms: {demo-request: 6083, whitepaper: 6120}, campaigns: {nordics: 77}}
sources:
  ads: {owner: sponsoredAccount:1, lead_types: [SPONSORED]}
templates: {default: lead, hot_lead: hot_lead}
"""


def test_a_good_file_has_no_problem() -> None:
    assert problems_of(a_file(more=NAMES)) == ()


@pytest.mark.parametrize(
    ("lines", "piece", "says"),
    [
        ("post: nobody\nowner: ana", "ana", 'Did you mean "anna"?'),
        ("post: ana", "ana", 'Did you mean "anna"?'),
        ("post: leads-x", "leads-x", 'A channel is written "#leads-x"'),
        ('post: "#Leads DACH"', '"#Leads', "small letters"),
        ("post: x@y.example", "x@y", "Write it under email"),
        ("email: [anan]", "anan", 'Did you mean "anna"?'),
        ("email: a@b@c", "a@b@c", "is not an e-mail address"),
        ("post: nobody\ntemplate: hot_laed", "hot_laed", 'Did you mean "hot_lead"?'),
        ("post: nobody\nwhen: {form: demo-reqest}", "demo-reqest", 'Did you mean "demo-request"?'),
        ("post: nobody\nwhen: {form: brochure}", "brochure", "Known here: demo-request, whitepaper."),
        ("post: nobody\nwhen: {campaign: nordic}", "nordic", 'Did you mean "nordics"?'),
        ("post: nobody\nwhen: {source: adds}", "adds", 'Did you mean "ads"?'),
        ("post: nobody\nwhen: {countri: DE}", "countri", 'Did you mean "country"?'),
        ("post: nobody\nwhen: {lead_type: SPONSERED}", "SPONSERED", 'Did you mean "SPONSORED"?'),
        ("post: nobody\nwhen: {test: maybe}", "maybe", "is not yes or no"),
        ("post: nobody\nmatch: some", "some", 'match cannot be "some"'),
        ("post: nobody\nowner: '#leads'", "'#leads'", "owner cannot be a channel"),
        ("post: nobody\nown: anna", "own:", 'Did you mean "owner"?'),
        ("post: nobody\nwhen: {country: [DE, not AT]}", "not AT", "{not: [first, second]}"),
        ("post: nobody\nwhen: {country: {not: [not AT]}}", "not AT", "turns itself round"),
        ("post: nobody\nwhen: {country: {nto: [AT]}}", "nto", "{not: [first, second]}"),
        ("post: nobody\nwhen: {company_size: at least many}", "at least", "needs a number"),
        ("post: nobody\nwhen: {}", "{}", "at least one condition"),
        ("post: [nobody, anna]", "nobody", "cannot stand together"),
        ("post: nobody\nowner: ben", "nobody", "never hear of it"),
        ("owner: ben", "name: First", "This rule tells nobody"),
        ("email: owner", "owner", "email: owner needs an owner"),
        ("post: carl", "carl", "carl has no slack"),
        ("owner: ben\nemail: owner", "owner\n", "ben has no email"),
        ("email: ben", "ben\n", "ben has no email"),
    ],
)
def test_each_mistake_is_named_at_its_line(lines: str, piece: str, says: str) -> None:
    text = a_rule(lines, more=NAMES)

    problem = only_problem(text)

    first_rule = text.index("rules:")
    assert says in f"{problem.message} {problem.hint}"
    assert problem.line == text[: text.index(piece, first_rule)].count("\n") + 1
    assert problem.severity is Severity.ERROR or "SPONSERED" in lines


@pytest.mark.parametrize(
    "when",
    [
        "{form: 6083}",
        "{form: urn:li:leadGenForm:6083}",
        "{form: A title of LinkedIn's}",
        "{form: [Demo-Request, whitepaper]}",
        "{form: contains demo}",
        "{country: not DE}",
        "{country: {not: [US, CA]}}",
        "{country: {not: US}}",
        "{answer.How many?: at least 3}",
        "{hidden.utm_source: newsletter}",
        "{consent.0: yes}",
        "{test: no}",
        "{phone: is present}",
        "{company_size: [at most 10, between 50 and 200, is empty]}",
    ],
)
def test_conditions_of_every_form_are_fine(when: str) -> None:
    assert problems_of(a_rule(f"post: nobody\nwhen: {when}", more=NAMES)) == ()


def test_all_mistakes_are_named_at_once() -> None:
    text = a_rule("post: ana\nowner: bne\ntemplate: x\nwhen: {countri: DE, form: dmo-request}", more=NAMES)

    found = problems_of(text)

    assert len(found) == 5
    assert [problem.line for problem in found] == sorted(problem.line for problem in found)


def test_the_last_rule_must_have_no_when() -> None:
    problem = only_problem(a_file(rules="rules: [{name: A, when: {country: DE}, post: nobody}]\n"))

    assert "The last rule must have no when" in problem.message


def test_the_last_rule_must_be_there_on_every_day() -> None:
    problem = only_problem(a_file(rules="rules: [{name: A, active: 2026-11-01 to 2099-12-31, post: nobody}]\n"))

    assert "The last rule must be active always" in problem.message
    assert "so that no lead is lost" in problem.hint


def test_two_rules_of_one_name_are_an_error() -> None:
    rules = "rules:\n  - {name: A, when: {country: DE}, post: nobody}\n  - {name: a, post: nobody}\n"

    assert 'Two rules are called "a"' in only_problem(a_file(rules=rules)).message


def test_a_file_without_rules_or_with_a_nameless_one_is_an_error() -> None:
    assert "There are no rules" in only_problem(a_file(rules="")).message
    assert "at least one rule" in only_problem(a_file(rules="rules: []\n")).message
    assert "no name" in only_problem(a_file(rules="rules: [{post: nobody}]\n")).message


def test_posting_needs_slack_and_mailing_needs_email() -> None:
    without_slack = a_file(slack="")
    without_email = a_file(email="", rules="rules: [{name: A, email: anna}]\n")
    without_both = a_file(slack="", email="", rules="rules: [{name: A, post: nobody}]\n")

    assert "the file has no slack:" in only_problem(without_slack).message
    assert only_problem(without_slack).line == line_of(without_slack, '"#leads-all"')
    assert "the file has no email:" in only_problem(without_email).message
    assert problems_of(without_both) == ()


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("sources: {a: {owner: sponsoredAccount:1, lead_types: [EVENT]}}", "EVENT leads belong to an organization"),
        ("sources: {a: {owner: organization:1, lead_types: [SPONSORED]}}", "belong to a sponsoredAccount"),
        ("sources: {a: {owner: organisation:1, lead_types: [EVENT]}}", "is not an owner like"),
        ("sources: {a: {owner: organization:1, lead_types: [EVENTS]}}", 'Did you mean "EVENT"?'),
        ("sources: {a: {owner: organization:1}}", "a has no lead_types"),
        ("names: {forms: {a: 1, b: 1}}", "form 1 is already called a"),
        ("names: {forms: {a: x1}}", "is not the id of a form"),
        ("names: {form: {a: 1}}", 'Did you mean "forms"?'),
        ("fields: {form: [X]}", "already a fact of every lead"),
        ("fields: {size: []}", "The list is empty"),
        ("templates: {x: ../secrets}", "is not the name of a template file"),
        ("templates: {x: no_such_template}", "no templates/slack/no_such_template.j2"),
        ("test_leads: {owner: anna}", "test_leads tells nobody"),
        ("timezone: Europe/Berln", 'Did you mean "Europe/Berlin"?'),
        ("timezone: ../../etc/passwd", "There is no time zone"),
        ("version: 2", "files of version 1"),
        ("colour: red", '"colour" is not a key'),
        ("servr: {port: 1}", 'Did you mean "server"?'),
    ],
)
def test_the_other_sections_are_checked_as_well(lines: str, says: str) -> None:
    problem = only_problem(a_file(more=lines + "\n"))

    assert says in f"{problem.message} {problem.hint}"


def test_a_message_stays_on_its_line_and_cannot_act_on_a_terminal() -> None:
    problem = only_problem(a_rule('post: "red\\e[31m\\nrules.yaml:1:1: all is well@x.example"'))

    assert str(problem).isprintable()


def test_people_are_reached_by_what_slack_and_mail_know() -> None:
    found = problems_of("people: {anna: {slack: '@anna', email: anna}, nobody: {slack: U1}}\n" + RULES)

    said = "\n".join(map(str, found))
    assert '"@anna" is not a Slack user id' in said
    assert '"anna" is not an e-mail address' in said
    assert '"nobody" cannot be the name' in said


def test_a_rule_whose_days_are_over_is_a_warning() -> None:
    problem = only_problem(a_rule("post: nobody\nactive: 2026-10-01 to 2026-11-23"))

    assert problem.severity is Severity.WARNING
    assert problem.message == "These days are over since 2026-11-23, so the rule takes no new lead"
    assert problems_of(a_rule("post: nobody\nactive: 2026-10-01 to 2026-11-24")) == ()


def test_without_a_day_given_it_is_today() -> None:
    text = a_rule("post: nobody\nactive: 2000-01-01", more="timezone: Pacific/Kiritimati\n")

    assert len(check_text(text, "rules.yaml", {})) == 1
    assert check_text(text, "rules.yaml", {}, today=date(2000, 1, 1)) == ()


@pytest.mark.parametrize(
    ("days", "says"),
    [
        ("2026-12-31 to 2026-11-01", "ends before it begins"),
        ("next month", "is not a date or a range of dates"),
        ("[2026-11-01 to 2026-11-02]", "Here stands a list or a group, but days such as"),
    ],
)
def test_days_that_cannot_be_are_an_error(days: str, says: str) -> None:
    assert says in only_problem(a_rule(f"post: nobody\nactive: {days}")).message


def test_hours_in_a_condition_must_exist() -> None:
    hours = "hours: {berlin: {mon-fri: 09:00-18:00}}\n"
    problem = only_problem(a_rule("post: nobody\nwhen: {submitted: not in hours berln}", more=hours))

    assert str(problem).endswith('There are no hours called "berln". Did you mean "berlin"?')
    assert problems_of(a_rule("post: nobody\nwhen: {submitted: [sat, in hours Berlin]}", more=hours)) == ()
