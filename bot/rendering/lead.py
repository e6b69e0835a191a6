"""TemplateLead: everything a template may say about a lead. docs/templates.md lists it; a test compares the two.

Texts in it are raw but tidy: one line, no control or invisible characters, cut to a length that fits the format.
A question that was not asked or not answered is "", so `{% if lead.phone %}` works; an unknown name is an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.core import lead as core
from bot.core.facts import fold
from bot.core.fields import label
from bot.core.mrkdwn import clean, cut
from bot.core.people import People
from bot.core.story import LeadView

NOBODY_KNOWN = "Somebody"  #: the name of a person whom the form did not ask for one

#: Said by the title, so not repeated below it.
_IN_TITLE = ("first_name", "last_name", "job_title", "company")
#: What a rep needs to call or write comes first; predefined answers that are not named here follow.
_ORDER = (
    *("email", "work_email", "phone", "work_phone"),
    *("company_size", "country", "industry", "city", "seniority", "job_function", "linkedin_url"),
)


class FactKind(StrEnum):
    """What a fact's text is, so that each format can make the right link of it."""

    TEXT = "text"
    EMAIL = "email"
    PHONE = "phone"
    URL = "url"


_KINDS = {
    "email": FactKind.EMAIL,
    "work_email": FactKind.EMAIL,
    "phone": FactKind.PHONE,
    "work_phone": FactKind.PHONE,
    "linkedin_url": FactKind.URL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line of an alert. `{{ fact | show }}` writes its text as the link that fits."""

    label: str  #: "Company size", or the question itself
    text: str
    kind: FactKind = FactKind.TEXT

    @property
    def heading(self) -> str:
        """The label as it stands before the text: with a colon, unless it ends as a question does."""
        return self.label if self.label.endswith(("?", "!", ":", ".", "…")) else f"{self.label}:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One of the form's own questions and its reply."""

    question: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One consent line of the form."""

    text: str
    accepted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much of a lead fits. Whatever a person typed into a form, the alert still goes out."""

    facts: int  #: lines
    value: int  #: characters of one answer
    total: int  #: characters of all answers together


CARD_ROOM = Room(facts=6, value=300, total=2400)
MAIL_ROOM = Room(facts=24, value=800, total=5000)
_LABEL_LENGTH = 90
_NAME_LENGTH = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateLead:
    """The `lead` of every template."""

    name: str  #: first and last name; else the e-mail address; else "Somebody"
    first_name: str
    last_name: str
    email: str  #: the e-mail address; the work address where only that was asked
    phone: str  #: the telephone number; the work number where only that was asked
    company: str
    job_title: str
    job_function: str
    seniority: str
    industry: str
    company_size: str
    country: str
    city: str
    linkedin_url: str
    form: str  #: its nickname, else its title, else its id
    campaign: str  #: its nickname, else its name, else its id
    event: str  #: the event's name, for sign-ups to an event
    rule: str  #: the name of the rule that chose where this alert goes
    source: str  #: the name under `sources:`
    submitted: datetime  #: when the person pressed "Submit"; printed in the reader's or the file's time zone
    is_test: bool  #: LinkedIn marks it as a test
    is_late: bool  #: found by the regular look-up, not announced by LinkedIn
    owner: str  #: the person it is for, as people see their name
    team: str  #: the team whose lead it is, by its name in the rule file
    is_repeat: bool  #: this person was here before
    facts: tuple[Fact, ...]  #: what the title does not say: known fields first, then the form's own questions
    more: int  #: how many answers found no room in `facts`
    answers: tuple[Answer, ...]  #: the form's own questions, as far as room allows
    consents: tuple[Consent, ...]
    hidden: Mapping[str, str]  #: the form's hidden fields
    _fields: Mapping[str, str]

    def field(self, name: str) -> str:
        """Any fact by its name in the rule file: "industry", "hidden.utm_source", "answer.What is your budget?"."""
        return self._fields.get(fold(name), "")


def template_lead(view: LeadView, lead: core.Lead, people: People, room: Room) -> TemplateLead:
    """What a template may use of `view`. `lead` is `view.lead`, which the caller has seen to be there."""
    known = _known_answers(view, lead)
    own = list(_own_answers(view, lead))
    predefined = {answer.field for answer in lead.answers if answer.field}
    facts, more = _fitting((*_known_facts(known, predefined), *_own_facts(own)), room)
    fields = {name: cut(text, room.value) for name, text in known.items()}
    short = {name: cut(text, _NAME_LENGTH) for name, text in known.items()}
    first_name, last_name = short.get("first_name", ""), short.get("last_name", "")
    email = fields.get("email") or fields.get("work_email", "")
    return TemplateLead(
        name=" ".join(part for part in (first_name, last_name) if part) or cut(email, _NAME_LENGTH) or NOBODY_KNOWN,
        first_name=first_name,
        last_name=last_name,
        email=email,
        phone=fields.get("phone") or fields.get("work_phone", ""),
        company=short.get("company", ""),
        job_title=short.get("job_title", ""),
        job_function=short.get("job_function", ""),
        seniority=short.get("seniority", ""),
        industry=short.get("industry", ""),
        company_size=short.get("company_size", ""),
        country=short.get("country", ""),
        city=short.get("city", ""),
        linkedin_url=fields.get("linkedin_url", ""),
        form=_tidy(view.form_nickname or lead.form.name or lead.form.id, _LABEL_LENGTH),
        campaign=_tidy(view.campaign_nickname or _name_of(lead.campaign), _LABEL_LENGTH),
        event=_tidy(_name_of(lead.event), _LABEL_LENGTH),
        rule=_tidy(view.rule, _LABEL_LENGTH),
        source=view.source,
        submitted=lead.submitted_at,
        is_test=lead.is_test,
        is_late=view.is_late,
        owner=_owner_label(view.owner, people),
        team=_tidy(view.team, _LABEL_LENGTH),
        is_repeat=view.is_repeat,
        facts=facts,
        more=more,
        answers=tuple(_fitting_answers(own, room)),
        consents=tuple(_consent(line, room) for line in lead.consents[:10]),
        hidden={name: _tidy(value, room.value) for name, value in list(lead.hidden.items())[:20]},
        _fields={**_prefixed(lead, room), **fields, "email": email},
    )


def _known_answers(view: LeadView, lead: core.Lead) -> dict[str, str]:
    predefined = {answer.field: answer.text for answer in lead.answers if answer.field}
    return {name: text for name, value in (predefined | dict(view.facts)).items() if (text := clean(value))}


def _own_answers(view: LeadView, lead: core.Lead) -> Iterator[Answer]:
    """The form's own questions, without those that fill a name under `fields:` and are shown as that fact."""
    predefined = {answer.field for answer in lead.answers}
    named = {*_ORDER, *_IN_TITLE} - predefined
    shown_as_fact = {clean(text) for name, text in view.facts.items() if name in named}
    for answer in lead.answers:
        text = clean(answer.text)
        if answer.field or not text:
            continue
        if text in shown_as_fact:
            shown_as_fact.discard(text)
            continue
        yield Answer(question=_tidy(answer.question or answer.name, _LABEL_LENGTH), text=text)


def _known_facts(known: Mapping[str, str], predefined: Set[str]) -> Iterator[Fact]:
    # other names under `fields:` are filled by questions that are shown in their own words
    others = [name for name in known if name in predefined and name not in {*_ORDER, *_IN_TITLE}]
    for name in (*_ORDER, *others):
        if name in known and not (name == "work_email" and known[name] == known.get("email")):
            yield Fact(label=_tidy(label(name), _LABEL_LENGTH), text=known[name], kind=_KINDS.get(name, FactKind.TEXT))


def _own_facts(answers: Iterable[Answer]) -> Iterator[Fact]:
    for answer in answers:
        yield Fact(label=answer.question, text=answer.text)


def _fitting(facts: tuple[Fact, ...], room: Room) -> tuple[tuple[Fact, ...], int]:
    kept: list[Fact] = []
    left = room.total
    for fact in facts[: room.facts]:
        # a link that is cut leads elsewhere, so addresses are shown whole up to their own limits
        text = cut(fact.text, room.value)
        left -= len(fact.label) + len(text)
        if left < 0:
            break
        kept.append(Fact(label=fact.label, text=text, kind=fact.kind if text == fact.text else FactKind.TEXT))
    return tuple(kept), len(facts) - len(kept)


def _fitting_answers(answers: Iterable[Answer], room: Room) -> Iterator[Answer]:
    left = room.total
    for answer in answers:
        text = cut(answer.text, room.value)
        left -= len(answer.question) + len(text)
        if left < 0:
            return
        yield Answer(question=answer.question, text=text)


def _prefixed(lead: core.Lead, room: Room) -> dict[str, str]:
    hidden = {fold(f"hidden.{name}"): _tidy(value, room.value) for name, value in lead.hidden.items()}
    asked = {fold(f"answer.{answer.question}"): _tidy(answer.text, room.value) for answer in lead.answers}
    return hidden | asked


def _consent(line: core.Consent, room: Room) -> Consent:
    return Consent(text=_tidy(line.text, room.value), accepted=line.accepted)


def _name_of(thing: core.Named | None) -> str:
    return (thing.name or thing.id) if thing else ""


def _owner_label(owner: str, people: People) -> str:
    person = people.get(owner)
    return person.label if person else ""


def _tidy(text: str, limit: int) -> str:
    return cut(clean(text), limit)
