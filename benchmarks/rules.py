"""The rule file: how long 500 rules take to load, and how long a lead takes to find its own among them.

Both are divided by a floor measured in turns with it: PyYAML composing the same text, and one dict look-up per rule.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import yaml

from benchmarks.table import aligned, shown
from bot.config.load import load_config
from bot.config.model import Config
from bot.core.facts import Facts, facts_of
from bot.core.lead import Answer, Consent, Lead, Named

RULES = 500
_ROUTED = 200  #: leads per round: one alone is too short for the clock

_UNITS = {"ms": 1e3, "µs": 1e6}  #: of them in a second
_FORMS = {f"form-{number}": 6000 + number for number in range(50)}
_TITLES = ("head", "director", "VP", "chief", "manager", "owner", "founder", "partner", "president")
_COUNTRIES = (("DE", "AT", "CH"), ("US", "CA", "BR"), ("NO", "SE", "DK", "FI"), ("France", "Belgique"), ("ES", "PT"))
_HEAD = f"""
version: 1
timezone: Europe/Berlin
sources:
  ads: {{owner: "sponsoredAccount:507857085", lead_types: [SPONSORED]}}
names:
  forms: {{{", ".join(f"{name}: {number}" for name, number in _FORMS.items())}}}
fields:
  country: [COUNTRY, country, "Which country are you in?"]
  job_title: [JOB_TITLE, jobTitle]
  company_size: [COMPANY_SIZE, companySize, "How many employees?"]
people:
  anna: {{slack: U0ANNA, email: anna@example.com}}
  ben: {{slack: ben@example.com}}
rules:
"""
_TAIL = """
  - name: Everything else
    post: "#leads-all"
slack: {bot_token: "${SLACK_BOT_TOKEN}", signing_secret: "${SLACK_SIGNING_SECRET}", admin_channel: "#admin"}
email: {smtp: "${SMTP_URL}", from: alerts@example.com}
"""


@dataclass(slots=True)
class Measured:
    """One thing that was measured in rounds, beside its floor. Seconds."""

    label: str
    floor_label: str
    unit: str = "µs"
    product: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)


def rules_text(count: int) -> str:
    """A rule file in which every rule asks for form, country, size and title; the last asks nothing."""
    lines = []
    for number in range(count - 1):
        countries = ", ".join(_COUNTRIES[number % len(_COUNTRIES)])
        titles = f"contains {_TITLES[number % len(_TITLES)]}, starts with {_TITLES[number % 7]} {number % 20}"
        when = (
            f"{{form: form-{number % len(_FORMS)}, country: [{countries}], "
            f"company_size: at least {(count - number) * 10}, job_title: [{titles}]}}"
        )
        then = f'post: ["#leads-{number}", anna], owner: {"anna" if number % 2 else "ben"}'
        lines.append(f"  - {{name: Rule {number}, when: {when}, {then}}}\n")
    return _HEAD + "".join(lines) + _TAIL


def a_lead() -> Lead:
    """A lead with twelve answers that no rule takes but the last."""
    asked = (
        *(("first_name", "Kim"), ("last_name", "Müller"), ("email", "kim@acme.example"), ("company", "Acme GmbH")),
        *(("country", "Deutschland"), ("job_title", "Operations"), ("company_size", "10,001+")),
        *(("", "Nächstes Quartal"), ("", "Berlin"), ("", "Ja"), ("", "Empfehlung"), ("", "3")),
    )
    return Lead(
        response_id="249592fc-d272-44ba-a7db-000000000001-6",
        submitted_at=datetime(2026, 11, 23, 9, tzinfo=UTC),
        owner="urn:li:sponsoredAccount:507857085",
        lead_type="SPONSORED",
        form=Named(id="6045", name="Demo 2026"),
        campaign=Named(id="367378525", name="Spring"),
        answers=tuple(
            Answer(question=f"Frage {number}: {name or 'Wann möchten Sie beginnen?'}", values=(value,), field=name)
            for number, (name, value) in enumerate(asked)
        ),
        hidden={"utm_source": "linkedin"},
        consents=(Consent(id="1", text="Mail me", accepted=True),),
    )


def measure_rules(*, count: int = RULES, rounds: int) -> list[Measured]:
    """Load and route `rounds` times, product and floor in turn, after one round that is not counted."""
    text, lead = rules_text(count), a_lead()
    measured = [
        Measured(label=f"load of {count} rules", floor_label="PyYAML composes the text", unit="ms"),
        Measured(label=f"routing of a lead by {count} rules", floor_label="one dict look-up per rule"),
        Measured(label="a lead with 12 answers becomes facts", floor_label="its answers in one dict"),
    ]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "config.yaml"
        file.write_text(text, encoding="utf-8")
        config = _loaded(file)
        facts, plain = facts_of(lead, config.vocabulary), _plain(lead)
        pairs = (
            (lambda: _loaded(file), lambda: yaml.compose(text, Loader=yaml.CSafeLoader)),
            (_often(lambda: _route(config, facts)), _often(lambda: _look_up(count, plain))),
            (_often(lambda: facts_of(lead, config.vocabulary)), _often(lambda: _plain(lead))),
        )
        for number in range(rounds + 1):
            for each, (product, floor) in zip(measured, pairs, strict=True):
                took = _seconds(product), _seconds(floor)
                if number:
                    each.product.append(took[0])
                    each.floor.append(took[1])
    for each in measured[1:]:
        each.product = [seconds / _ROUTED for seconds in each.product]
        each.floor = [seconds / _ROUTED for seconds in each.floor]
    return measured


def rules_table(measured: list[Measured]) -> str:
    """A small table like the large one: medians, the ratio to the floor, and the lowest and highest of any round."""
    rows = [["", "floor", "Leadbell", "Leadbell ÷ floor", "rounds"], ["---", "---:", "---:", "---:", "---:"]]
    for each in measured:
        ratios = [product / floor for product, floor in zip(each.product, each.floor, strict=True)]
        product, floor = statistics.median(each.product), statistics.median(each.floor)
        rows.append(
            [
                each.label,
                f"{each.floor_label}: {shown(floor * _UNITS[each.unit], each.unit)}",
                shown(product * _UNITS[each.unit], each.unit),
                f"{product / floor:.2f}",
                f"{min(ratios):.2f}–{max(ratios):.2f}",
            ]
        )
    return "\n".join(aligned(rows)) + "\n"


def _loaded(file: Path) -> Config:
    return load_config(file, {}, need_secrets=False)


def _route(config: Config, facts: Facts) -> None:
    config.router.decide(facts, is_test=False)


def _plain(lead: Lead) -> Mapping[str, str]:
    return {answer.question: answer.values[0] for answer in lead.answers}


def _look_up(count: int, answers: Mapping[str, str]) -> int:
    """The least that reading the rules one by one could cost: one answer of each is looked up and compared."""
    return sum(answers.get("country") == "DE" for _ in range(count))


def _often(work: Callable[[], object]) -> Callable[[], None]:
    def repeated() -> None:
        for _ in range(_ROUTED):
            work()

    return repeated


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
