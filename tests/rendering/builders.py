"""Leads, views and template folders for the tests of rendering."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bot.core.lead import Answer, Lead
from bot.core.people import People, Person
from bot.core.story import LeadView
from bot.rendering import Templates
from bot.rendering.samples import bare_lead, full_lead, view_of

SHIPPED = Path(__file__).parents[2] / "templates"
PEOPLE = People(by_name={"anna": Person(name="anna", slack="U0ANNA", email="anna@example.com")})


def known(field: str, text: str) -> Answer:
    """A predefined answer."""
    return Answer(question=field, values=(text,), field=field, name=field)


def asked(question: str, text: str) -> Answer:
    """An answer to one of the form's own questions."""
    return Answer(question=question, values=(text,))


def a_lead(*answers: Answer) -> Lead:
    """A lead with these answers and nothing else."""
    return replace(bare_lead(), is_test=False, answers=answers)


def a_view(lead: Lead | None = None, **changes: object) -> LeadView:
    """The view of `lead` (by default of one who answered everything)."""
    return replace(view_of(lead or full_lead()), **changes)  # type: ignore[arg-type] # callers name fields of LeadView


def shipped(on_failure: Callable[[str, str], None] | None = None, timezone: str = "UTC") -> Templates:
    """The templates as they ship."""
    return Templates(
        folders=[SHIPPED],
        names={"default": "lead", "hot_lead": "hot_lead"},
        people=PEOPLE,
        on_failure=on_failure or _never,
        timezone=timezone,
    )


class Failures:
    """What on_failure was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def __call__(self, template: str, detail: str) -> None:
        self.told.append((template, detail))


def written(folder: Path, failures: Failures | None = None, **files: str) -> Templates:
    """Templates from files: `slack="…"` is slack/mine.j2, `_shared__words="…"` is _shared/words.j2."""
    for name, text in files.items():
        kind, _, stem = name.partition("__")
        path = folder / kind / f"{stem or 'mine'}.j2"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Templates(
        folders=[folder], names={"mine": "mine"}, people=PEOPLE, on_failure=failures or Failures(), timezone="UTC"
    )


def card_of(title: str, facts: str = "", context: str = "") -> str:
    """A Slack template with these blocks."""
    return (
        f"{{% block title %}}{title}{{% endblock %}}\n{{% block facts %}}{facts}{{% endblock %}}\n"
        f"{{% block context %}}{context}{{% endblock %}}\n"
    )


def _never(template: str, detail: str) -> None:
    raise AssertionError(f"{template}: {detail}")
