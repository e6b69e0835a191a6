"""What a template can reach and what it may cost."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bot.rendering import Templates
from tests.rendering.builders import Failures, a_lead, a_view, asked, card_of, known, written

ESCAPES = [
    "lead.__class__",
    "lead['__class__']",
    "lead.__class__.__mro__[1].__subclasses__()",
    "lead.__init__.__globals__",
    "lead.field.__func__",
    "lead.field.__self__",
    "lead.field.__globals__['os']",
    "lead._fields",
    "lead['_fields']",
    "lead.__slots__",
    "lead.__dict__",
    "lead.name.__class__",
    "''.__class__.__base__",
    "''.format(lead)",
    "'{0.__class__}'.format(lead)",
    "'{0.__class__}'.format_map({})",
    "('%s' % lead)",
    "'%c' % 65",
    "''.join(['a'])",
    "'a'.center(10)",
    "'a'.encode()",
    "'a'.translate({})",
    "lead.submitted.__class__",
    "lead.submitted.strftime('%Y')",
    "lead.submitted.replace(year=1)",
    "lead.facts.__class__",
    "lead.facts.count(1)",
    "lead.hidden.__class__",
    "lead.hidden.pop('utm_source')",
    "{}.__class__",
    "[].append(1)",
    "[1].sort()",
    "{}.update({})",
    "().__class__",
    "(1).__class__",
    "(1).real",
    "range(3)",
    "cycler('a')",
    "lipsum()",
    "namespace()",
    "dict()",
    "joiner()",
    "self.__class__",
    "self._TemplateReference__context",
    "self.title.__globals__",
    "loop",
    "lead | attr('__class__')",
    "lead | map('upper')",
    "lead | tojson",
    "lead | pprint",
    "lead | safe",
    "lead | escape",
    "lead | xmlattr",
    "[lead] | map(attribute='__class__') | list",
    "lead",
    "lead.field",
    "lead.answers",
    "lead.hidden",
    "{'a': 1}",
    "undefined_thing",
    "lead.emial",
    "lead.name.upper",
    "(lead.email | mailto).__html__()",
    "(lead.email | mailto).unescape()",
    "(lead.email | mailto).striptags()",
    "caller()",
    "lead.name()",
    "lead.facts()",
    "lead.field(1)",
]

BOMBS = [
    "{{ 'a' * 10**8 }}",
    "{{ 'a' * 100000000 }}",
    "{{ [1] * 100000000 }}",
    "{{ 9**9**9 }}",
    "{{ 2 ** 100 }}",
    "{{ 999999999 * 999999999 * 999999999 }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ 'a' | center(1000000000) }}",
    "{{ 'a' | indent(1000000000) }}",
    "{{ 'a'.ljust(1000000000) }}",
    "{{ 'a'.zfill(1000000000) }}",
    "{{ '{:>1000000000}'.format(1) }}",
    "{% for a in range(1000000000) %}{{ a }}{% endfor %}",
    "{% set a = 'x' * 10 %}{{ a }}",
    "{% for a in W %}{% for b in W %}{% for c in W %}{% for d in W %}{% for e in W %}{% endfor %}{% endfor %}"
    "{% endfor %}{% endfor %}{% endfor %}",
    "{% for a in W %}{% for b in W %}{% for c in W %}{% for d in W %}x{% endfor %}{% endfor %}{% endfor %}{% endfor %}",
    "{% for a in W if W %}{% for b in W %}{% for c in W %}{% for d in W %}{{ a }}{% endfor %}{% endfor %}{% endfor %}"
    "{% endfor %}",
    "{% set x %}{% for a in W %}{% for b in W %}{% for c in W %}{{ W }}{% endfor %}{% endfor %}{% endfor %}"
    "{% endset %}",
    "{% set a = W ~ W ~ W ~ W ~ W ~ W ~ W ~ W ~ W ~ W %}{% set b = a ~ a ~ a ~ a ~ a ~ a ~ a ~ a ~ a ~ a %}"
    "{% set c = b ~ b ~ b ~ b ~ b ~ b ~ b ~ b ~ b ~ b %}{% set d = c ~ c ~ c ~ c ~ c ~ c ~ c ~ c ~ c ~ c %}{{ d }}",
    "{% set a = W + W + W + W + W + W + W + W + W + W %}{% set b = a + a + a + a + a + a + a + a + a + a %}"
    "{% set c = b + b + b + b + b + b + b + b + b + b %}{{ c }}",
    "{% set a = [W, W, W, W, W, W, W, W, W, W] %}{% set b = [a, a, a, a, a, a, a, a, a, a] %}{{ b }}",
    "{% set a = [W, W, W, W, W, W, W, W, W, W] | join(W) %}{% set b = [a, a, a, a] | join(a) %}"
    "{% set c = [b, b, b, b] | join(b) %}{{ c }}",
    "{% set a = W | replace('a', W) %}{% set b = a | replace('a', a) %}{% set c = b | replace('a', b) %}{{ c }}",
    "{% macro f(n) %}{{ f(n - 1) }}{{ f(n - 1) }}{% endmacro %}{{ f(40) }}",
    "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(40) }}",
    "{% macro f(n) %}{{ caller() }}{% endmacro %}{% for a in W %}{% for b in W %}{% for c in W %}"
    "{% call f(1) %}x{% endcall %}{% endfor %}{% endfor %}{% endfor %}",
    "{{ self.facts() }}",
    "{{ self.facts() }}{{ self.facts() }}",
    "{% include 'slack/mine.j2' %}",
    "{% for a in W recursive %}{{ loop(W) }}{{ loop(W) }}{% endfor %}",
    "{% for a in W %}{% for b in W %}{% for c in W %}{% include '_shared/empty.j2' %}{% endfor %}{% endfor %}"
    "{% endfor %}",
    "{% for a in W %}{% for b in W %}" + "long words " * 500 + "{% endfor %}{% endfor %}",
    "{% set x %}{% for a in W %}{% for b in W %}" + "long words " * 500 + "{% endfor %}{% endfor %}{% endset %}",
]


def _facts_with(body: str) -> str:
    return card_of("t", body, "c")


@pytest.mark.parametrize("expression", ESCAPES)
def test_a_template_reaches_nothing_but_the_lead(expression: str, tmp_path: Path) -> None:
    failures = Failures()
    templates = written(tmp_path, failures, slack=card_of("{{ " + expression + " }}"))

    card = templates.slack("mine", a_view())

    assert len(failures.told) == 1
    assert card.title == "*Ana Silva · Head of IT, ACME Robotics*"


@pytest.mark.parametrize("body", BOMBS, ids=range(len(BOMBS)))
def test_a_template_that_would_run_for_ever_is_stopped_within_a_second(body: str, tmp_path: Path) -> None:
    failures = Failures()
    templates = written(tmp_path, failures, slack=_facts_with(body.replace("W", "lead.name")), _shared__empty="")
    view = a_view(a_lead(known("first_name", "abcdefgh" * 9)))
    started = time.perf_counter()

    card = templates.slack("mine", view)

    assert time.perf_counter() - started < 1
    assert len(failures.told) == 1
    assert card.title.startswith("*abcdefgh")


def test_a_source_of_more_than_64_kib_is_refused(tmp_path: Path) -> None:
    failures = Failures()
    templates = written(tmp_path, failures, slack=card_of("{# " + "x" * 66_000 + " #}"))

    templates.slack("mine", a_view())

    assert "larger than 64 KiB" in failures.told[0][1]


def test_an_output_of_more_than_40_000_characters_is_refused(tmp_path: Path) -> None:
    failures = Failures()
    templates = written(tmp_path, failures, slack=card_of("x" * 40_001))

    templates.slack("mine", a_view())

    assert "more than 40,000 characters" in failures.told[0][1]


@pytest.mark.parametrize(
    "name", ["../secret.j2", "slack/../../secret.j2", "/etc/passwd", "email/mine.j2", "slack/.hidden", "secret.j2", ""]
)
def test_a_template_includes_only_its_own_folder_and_the_shared_one(name: str, tmp_path: Path) -> None:
    failures = Failures()
    (tmp_path / "secret.j2").write_text("secret")
    templates = written(
        tmp_path / "templates", failures, slack=card_of("{% include '" + name + "' %}"), email="{{ 'mail' }}"
    )

    card = templates.slack("mine", a_view())

    assert len(failures.told) == 1
    assert "secret" not in card.title


def _title(tmp_path: Path, text: str, **files: str) -> str:
    failures = Failures()
    templates = written(tmp_path, failures, slack=card_of(text), **files)
    title = templates.slack("mine", a_view()).title
    assert failures.told == []
    return title


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("lead.name", "Ana Silva"),
        ("lead.name | upper", "ANA SILVA"),
        ("lead.name.upper()", "ANA SILVA"),
        ("lead.name[:3]", "Ana"),
        ("lead.name[0]", "A"),
        ("lead.name | truncate(4)", "Ana…"),
        ("lead.name | replace('Ana', 'Bea')", "Bea Silva"),
        ("lead.seniority | default('unknown', true)", "unknown"),
        ("lead.facts | length", "6"),
        ("(lead.answers | first).question", "When would you like to start?"),
        ("'a' ~ 1 ~ ' & ' ~ lead.company", "a1 &amp; ACME Robotics"),
        ("'Mail: ' ~ (lead.email | mailto)", "Mail: <mailto:ana.silva@acme.example|ana.silva@acme.example>"),
        (
            "['<', lead.email | mailto] | join(' & ')",
            "&lt; &amp; <mailto:ana.silva@acme.example|ana.silva@acme.example>",
        ),
        ("(lead.email | mailto)[:9]", "&lt;mailto:a"),
        ("(lead.email | mailto)[0]", "&lt;"),
        ("lead.email | mailto | upper", "&lt;MAILTO:ANA.SILVA@ACME.EXAMPLE|ANA.SILVA@ACME.EXAMPLE&gt;"),
        ("'https://x.example' | link('Open & see')", "<https://x.example|Open &amp; see>"),
        ("lead.phone | tel", "<tel:+493023125555|+49 30 23125 555>"),
        ("lead.field('industry')", "Industrial Automation"),
        ("lead.field('hidden.utm_source')", "linkedin"),
        ("lead.field('answer.what should the demo show?')", "Routing by team, Reports"),
        ("lead.field('never asked') or 'nothing'", "nothing"),
        ("lead.hidden.utm_source", "linkedin"),
        ("lead.hidden.get('other', '-')", "-"),
        ("lead.submitted.year", "2026"),
        ("lead.is_test", "no"),
        ("'yes' if lead.phone else 'no'", "yes"),
        ("7 * 6 // 2 + 1", "22"),
        ("none", ""),
    ],
)
def test_what_a_template_may_do(expression: str, shown: str, tmp_path: Path) -> None:
    title = _title(tmp_path, "{{ " + expression + " }}.")

    assert title == shown + "."


@pytest.mark.parametrize(
    "text",
    [
        "{% autoescape false %}{{ lead.company }}{% endautoescape %}",
        "{% set escape = false %}{% autoescape escape %}{{ lead.company }}{% endautoescape %}",
    ],
)
def test_escaping_cannot_be_switched_off(text: str, tmp_path: Path) -> None:
    failures = Failures()
    templates = written(tmp_path, failures, slack=card_of(text))
    view = a_view(a_lead(known("company", "<!channel>")))

    card = templates.slack("mine", view)

    assert "<!channel>" not in card.title
    assert "cannot be switched" in failures.told[0][1]


def test_macros_set_blocks_and_filters_escape_once(tmp_path: Path) -> None:
    text = (
        "{% macro m(x) %}{{ x }}&amp;{% endmacro %}{% set s %}{{ lead.company }}{% endset %}"
        "{% macro around() %}({{ caller() }}){% endmacro %}"
        "{{ m('<') }} {{ s }} {% filter upper %}a{% endfilter %} {% call around() %}{{ '>' ~ '<' }}{% endcall %}"
    )

    assert _title(tmp_path, text.replace("&amp;", "+")) == "&lt;+ ACME Robotics A (˃&lt;)"


def test_a_template_inherits_imports_and_includes(tmp_path: Path) -> None:
    templates = written(
        tmp_path,
        slack="{% extends 'slack/parent.j2' %}{% import '_shared/words.j2' as w %}"
        "{% block title %}{{ w.hello(lead) }} {{ super() }}{% endblock %}",
        slack__parent="{% set sign = '!' %}"
        + card_of("parent{{ sign }}", "{% include '_shared/fact.j2' %}", "context"),
        _shared__words="{% macro hello(lead) %}Hello {{ lead.name }},{% endmacro %}",
        _shared__fact="*Fact:* {{ lead.company }}",
    )

    card = templates.slack("mine", a_view())

    assert (card.title, card.facts, card.context) == ("Hello Ana Silva, parent!", ("*Fact:* ACME Robotics",), "context")


def test_text_between_the_blocks_is_left_out(tmp_path: Path) -> None:
    templates = written(tmp_path, slack="before" + card_of("title") + "after {{ lead.name }}")

    card = templates.slack("mine", a_view())

    assert (card.title, card.facts, card.context) == ("title", (), "")


def test_a_rendering_leaves_no_budget_behind(tmp_path: Path) -> None:
    templates: Templates = written(
        tmp_path, slack=_facts_with("{% for a in lead.answers %}{% for b in lead.answers %}x{% endfor %}{% endfor %}")
    )
    view = a_view(a_lead(*(asked(f"Question {number}", "yes") for number in range(30))))

    cards = {templates.slack("mine", view).facts for _ in range(60)}

    assert cards == {("x" * 900,)}
