"""The built-in alert, for when a template fails: plain Python, no Jinja, so that an alert is never lost to a typo."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from bot.rendering.formats import HTML, SLACK, TEXT, Format
from bot.rendering.lead import TemplateLead
from bot.rendering.texts import CardText, MailText

REMOVED = "Lead removed on request"
_REMOVED_WHY = "The person asked for their data to be removed, or it had been kept long enough; it is no longer here."


def removed_card() -> CardText:
    """What stays of an erased lead."""
    return CardText(title=f"*{REMOVED}*", facts=(), context=_REMOVED_WHY)


def removed_mail() -> MailText:
    """A mail about a lead that was erased before it was sent."""
    return MailText(subject=REMOVED, text=_REMOVED_WHY + "\n", html=f"<p>{_REMOVED_WHY}</p>")


def builtin_card(lead: TemplateLead, zone: ZoneInfo) -> CardText:
    """The card in its plainest form, with every fact that fits."""
    facts = tuple(f"*{SLACK.escape(fact.heading)}* {SLACK.show(fact)}" for fact in lead.facts)
    return CardText(
        title=f"*{SLACK.escape(_who(lead))}*",
        facts=facts,
        context=" · ".join([*_origin(lead, SLACK, zone), *_more(lead)]),
    )


def builtin_mail(lead: TemplateLead, zone: ZoneInfo) -> MailText:
    """The mail in its plainest form; text and HTML say the same."""
    subject = f"New lead: {_who(lead)}"
    text = [subject, "", *(f"{fact.heading} {fact.text}" for fact in lead.facts), *_more(lead)]
    rows = "".join(f"<p><b>{HTML.escape(fact.heading)}</b> {HTML.show(fact)}</p>" for fact in lead.facts)
    more = "".join(f"<p>{line}</p>" for line in _more(lead))
    origin = " · ".join(_origin(lead, HTML, zone))
    return MailText(
        subject=subject,
        text="\n".join([*text, "", " · ".join(_origin(lead, TEXT, zone))]) + "\n",
        html=f"<h1>{HTML.escape(subject)}</h1>{rows}{more}<p>{origin}</p>",
    )


def _who(lead: TemplateLead) -> str:
    work = ", ".join(part for part in (lead.job_title, lead.company) if part)
    mark = " (test lead)" if lead.is_test else ""
    return f"{lead.name} · {work}{mark}" if work else lead.name + mark


def _more(lead: TemplateLead) -> tuple[str, ...]:
    return (f"+ {lead.more} more answer{'s' if lead.more > 1 else ''}",) if lead.more else ()


def _origin(lead: TemplateLead, form: Format, zone: ZoneInfo) -> list[str]:
    names = [form.escape(name) for name in (lead.form, lead.campaign) if name]
    rule = [form.escape(f"Rule: {lead.rule}")] if lead.rule else []
    return [*names, form.moment(lead.submitted, zone), *rule]
