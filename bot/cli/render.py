"""`leadbell render`: an alert as it will look, for an invented lead or one from a file. Sends nothing."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.lead_file import read_lead_file
from bot.cli.printing import complain, json_text, print_json, say
from bot.core.errors import BotError

if TYPE_CHECKING:
    from bot.config.model import Config
    from bot.core.lead import Answer, Lead, Named
    from bot.core.story import LeadView
    from bot.rendering import CardText, MailText, TemplateProblem

    ComposeBlocks = Callable[[LeadView, CardText], list[dict[str, object]]]

_SEPARATE_FACTS = frozenset({"form", "campaign", "event", "lead_type", "source", "test", "submitted", "email_domain"})


def run_render(
    template: str,
    lead: Path | None,
    config: Path | None,
    as_json: bool,
    *,
    read_response: Callable[[bytes], Lead],
    compose_blocks: ComposeBlocks | None = None,
) -> int:
    """Print the alert of `template`. `read_response` reads a file that is LinkedIn's own answer.

    Exit code 0; 1 when the template is broken and the built-in alert is shown; 2 for an unknown template or lead.
    """
    from bot.cli.loading import load

    rules = load(config, need_secrets=False, may_fall_back=True)
    if rules is None:
        return 2
    if template not in rules.templates:
        complain(_unknown(template, rules.templates))
        return 2
    try:
        shown = _lead_to_show(lead, rules, read_response)
    except BotError as error:
        complain(str(error))
        return 2
    view = _as_decided(shown, template, rules)
    card, mail, problems = _rendered(view, rules)
    blocks = compose_blocks(view, card) if compose_blocks else None
    if as_json:
        print_json(_to_json(template, card, mail, blocks))
    else:
        say(*_in_words(card, mail, blocks))
    complain(*map(str, problems))
    return 1 if problems else 0


def lead_from_facts(facts: Mapping[str, str | tuple[str, ...]]) -> Lead:
    """A lead that would have these flat facts, as in `checks:`; an unknown name is shown as a question of the form."""
    from bot.core.lead import Consent, Named
    from bot.rendering.samples import bare_lead

    told = {name: (value,) if isinstance(value, str) else value for name, value in facts.items()}
    first = {name: values[0] for name, values in told.items() if values}
    return replace(
        bare_lead(),
        is_test=first.get("test") in {"yes", "true"},
        lead_type=first.get("lead_type", "SPONSORED"),
        form=Named(id="", name=first.get("form", "")),
        campaign=Named(id="", name=first["campaign"]) if "campaign" in first else None,
        event=Named(id="", name=first["event"]) if "event" in first else None,
        answers=tuple(_answers(told)),
        hidden={name.removeprefix("hidden."): text for name, text in first.items() if name.startswith("hidden.")},
        consents=tuple(
            Consent(id=name.removeprefix("consent."), text=name, accepted=text in {"yes", "true"})
            for name, text in first.items()
            if name.startswith("consent.")
        ),
    )


def _answers(facts: Mapping[str, tuple[str, ...]]) -> Iterator[Answer]:
    from bot.core.fields import PREDEFINED, label
    from bot.core.lead import Answer

    for name, values in facts.items():
        if name in _SEPARATE_FACTS or name.startswith(("hidden.", "consent.")) or not values:
            continue
        if name in PREDEFINED:
            yield Answer(question=label(name), values=values, field=name, name=name)
        else:
            question = name.removeprefix("answer.") if name.startswith("answer.") else label(name)
            yield Answer(question=question, values=values, name=name)


def _lead_to_show(path: Path | None, config: Config, read_response: Callable[[bytes], Lead]) -> Lead:
    from bot.core.lead import Lead
    from bot.rendering.samples import full_lead

    if path is None:
        return full_lead()
    read = read_lead_file(path, read_response)
    if isinstance(read, Lead):
        return read
    lead = lead_from_facts(read)
    return replace(lead, form=_by_nickname(lead, config))


def _by_nickname(lead: Lead, config: Config) -> Named:
    from bot.core.lead import Named

    number = next((number for number, nickname in config.vocabulary.forms.items() if nickname == lead.form.name), "")
    return Named(id=number, name=lead.form.name)


def _as_decided(lead: Lead, template: str, config: Config) -> LeadView:
    """The lead as its card would show it: with the rule that fits and the person it names."""
    from bot.core.facts import facts_of, facts_to_read
    from bot.core.lead import LeadState
    from bot.core.routing import decide
    from bot.rendering.samples import view_of

    facts = facts_of(lead, config.vocabulary)
    decision = decide(facts, config.rules, test_leads=config.test_leads, is_test=lead.is_test)
    owner = decision.then.owner
    return replace(
        view_of(lead, rule=decision.rule, owner=owner),
        template=template,
        state=LeadState.ASSIGNED if owner else LeadState.UNASSIGNED,
        form_nickname=config.vocabulary.forms.get(lead.form.id, ""),
        campaign_nickname=config.vocabulary.campaigns.get(lead.campaign.id, "") if lead.campaign else "",
        facts=facts_to_read(lead, config.vocabulary),
    )


def _rendered(view: LeadView, config: Config) -> tuple[CardText, MailText, list[TemplateProblem]]:
    from bot.config.files import packaged_templates
    from bot.rendering import Templates

    templates = Templates(
        folders=[config.path.parent / "templates", packaged_templates()],
        names={view.template: config.templates[view.template]},
        people=config.people,
        on_failure=lambda _template, _detail: None,  # problems() says it better
        timezone=config.timezone,
    )
    return templates.slack(view.template, view), templates.email(view.template, view), templates.problems()


def _in_words(card: CardText, mail: MailText, blocks: list[dict[str, object]] | None) -> list[str]:
    lines = ["── Slack " + "─" * 60, card.title, *(f"  {fact}" for fact in card.facts), f"  {card.context}"]
    if blocks is not None:
        lines += ["", "── Slack blocks " + "─" * 53, *json_text(blocks).split("\n")]
    lines += ["", "── Mail " + "─" * 61, f"Subject: {mail.subject}", "", *mail.text.rstrip("\n").split("\n")]
    return [*lines, "", "── Mail, HTML " + "─" * 55, *mail.html.rstrip("\n").split("\n")]


def _to_json(
    template: str, card: CardText, mail: MailText, blocks: list[dict[str, object]] | None
) -> dict[str, object]:
    slack: dict[str, object] = {"title": card.title, "facts": list(card.facts), "context": card.context}
    if blocks is not None:
        slack["blocks"] = blocks
    email = {"subject": mail.subject, "text": mail.text, "html": mail.html}
    return {"template": template, "slack": slack, "email": email}


def _unknown(template: str, known: Mapping[str, str]) -> str:
    near = difflib.get_close_matches(template, known, n=1)
    advice = f'Did you mean "{near[0]}"?' if near else f"There are: {', '.join(sorted(known))}."
    return f'There is no template "{template}" under templates: in the rule file. {advice}'
