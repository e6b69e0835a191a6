"""The templates of a good rule file, each tried with sample leads for the channels that its rules use."""

from __future__ import annotations

from collections.abc import Iterator

from bot.config.files import packaged_templates
from bot.config.model import Config
from bot.config.problems import Problem, Severity
from bot.core.routing import Then
from bot.rendering import TemplateProblem, Templates
from bot.rendering.sources import Folder


def template_problems(config: Config, folder: Folder | None = None) -> list[Problem]:
    """What keeps a template from working where a rule uses it. The built-in alert would go out instead.

    `folder` stands for the templates beside the rule file. One that is no file at all is the reader's warning.
    """
    folders = [folder or config.path.parent / "templates", packaged_templates()]
    found: dict[TemplateProblem, None] = {}
    for kind in ("slack", "email"):
        names = {then.template for then in _outcomes(config) if _is_told(then, kind)}
        files = {name: f"{config.templates[name]}.j2" for name in sorted(names)}
        there = [name for name, file in files.items() if any((each / kind / file).is_file() for each in folders)]
        templates = Templates(
            folders=folders,
            names={name: config.templates[name] for name in there},
            people=config.people,
            on_failure=lambda _template, _detail: None,  # nothing is rendered here but by problems()
            timezone=config.timezone,
        )
        found |= dict.fromkeys(templates.problems([kind]))
    return [_problem(each) for each in found]


def _is_told(then: Then, kind: str) -> bool:
    return bool(then.post) if kind == "slack" else bool(then.email) or then.mails_owner


def _outcomes(config: Config) -> Iterator[Then]:
    yield from (rule.then for rule in config.rules)
    if config.test_leads is not None:
        yield config.test_leads.then


def _problem(found: TemplateProblem) -> Problem:
    return Problem(
        file=found.file,
        line=max(found.line, 1),
        column=1,
        severity=Severity.ERROR,
        message=found.message,
        hint="`leadbell render` shows what a template makes.",
    )
