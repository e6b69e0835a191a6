"""From a rule file to the small world that its demo plays in: forms, campaigns, people and channels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from bot.config.model import Config
from bot.core.facts import facts_from_flat
from bot.core.fields import canonical_field
from bot.core.people import Person
from bot.core.routing import Then
from bot.sandbox.invented import invented_answers
from bot.sandbox.linkedin import LinkedInStandIn, Question
from bot.sandbox.slack import SlackStandIn
from bot.sandbox.stage import Rep, World

_COMPANY_SIZES = ("1-10", "11-50", "51-200", "201-500", "501-1000", "1001-5000", "5001-10,000", "10,001+")
_COUNTRIES = (
    *("Germany", "Austria", "Switzerland", "Norway", "Sweden", "Denmark", "Finland", "United Kingdom", "Ireland"),
    *("France", "Spain", "Italy", "Netherlands", "Poland", "United States", "Canada", "Brazil", "India", "Japan"),
)
_PREDEFINED = (
    ("First name", "FIRST_NAME", ()),
    ("Last name", "LAST_NAME", ()),
    ("Work email", "EMAIL", ()),
    ("Job title", "JOB_TITLE", ()),
    ("Company name", "COMPANY_NAME", ()),
    ("Company size", "COMPANY_SIZE", _COMPANY_SIZES),
    ("Country", "COUNTRY", _COUNTRIES),
)
_CONSENT = "I agree to be contacted by e-mail about products and events"

#: Invented people to try before the first one is left to chance.
_OPENINGS = 500

_FALLBACK_FORMS = {"7001": "contact-us"}
_FALLBACK_PEOPLE = (Person(name="anna"), Person(name="ben"), Person(name="carl"))
_FALLBACK_OWNER = "urn:li:sponsoredAccount:1"


def people(config: Config, slack: SlackStandIn) -> tuple[Rep, ...]:
    """Everybody the file names joins the workspace; a file that names nobody gets three colleagues."""
    reps = []
    for person in tuple(config.people.by_name.values()) or _FALLBACK_PEOPLE:
        address = person.slack or person.email
        user = address if address and "@" not in address else f"U0{person.name.upper()}"
        email = address if "@" in address else f"{person.name}@example.com"
        slack.add_user(id=user, name=person.label, email=email)
        role = "manager" if person.name in config.people.managers else "sales rep"
        reps.append(Rep(name=person.label, user=user, role=role))
    return tuple(reps)


def channels(config: Config, slack: SlackStandIn) -> None:
    """Every channel that the file names, in the order in which it names them."""
    named = [target.address for then in _outcomes(config) for target in then.post]
    named += [target.address for digest in config.digests.values() for target in digest.post]
    if config.slack is not None and config.slack.admin_channel:
        named.append(config.slack.admin_channel)
    for address in dict.fromkeys(named):
        if address.startswith("#"):
            slack.add_channel(name=address[1:])
        elif address[:1] in {"C", "G"} and "@" not in address:
            slack.add_channel(name=address.lower(), id=address)


def _outcomes(config: Config) -> Iterator[Then]:
    yield from (rule.then for rule in config.rules)
    if config.test_leads is not None:
        yield config.test_leads.then


@dataclass(frozen=True, slots=True)
class Forms:
    """What was made on the stand-in LinkedIn."""

    ids: tuple[int, ...]
    lead_types: dict[int, str]
    events: dict[int, str]


def forms(config: Config, linkedin: LinkedInStandIn) -> Forms:
    """A lead form for each nickname; the ones for webinars and events belong to the Page, the others to the ads."""
    lead_types: dict[int, str] = {}
    events: dict[int, str] = {}
    ids = []
    for form_id, nickname in (dict(config.vocabulary.forms) or _FALLBACK_FORMS).items():
        number = int(form_id)
        is_event = "EVENT" in _types(config) and any(word in nickname for word in ("webinar", "event"))
        lead_types[number] = "EVENT" if is_event else "SPONSORED"
        if is_event:
            events[number] = _title(nickname)
        linkedin.add_form(
            id=number,
            name=_title(nickname),
            owner=_owner(config, lead_types[number]),
            questions=_questions(number),
            hidden={"utm_source": "linkedin"},
            consents=[(1, _CONSENT, False)],
        )
        ids.append(number)
    return Forms(ids=tuple(ids), lead_types=lead_types, events=events)


def campaigns(config: Config, linkedin: LinkedInStandIn) -> tuple[int, ...]:
    """A campaign for each nickname."""
    ids = []
    for campaign_id, nickname in config.vocabulary.campaigns.items():
        linkedin.add_campaign(id=int(campaign_id), name=_title(nickname), account=_owner(config, "SPONSORED"))
        ids.append(int(campaign_id))
    return tuple(ids)


def world(config: Config, linkedin: LinkedInStandIn, slack: SlackStandIn) -> World:
    """Fill the stand-ins from the file and tell the page what is there."""
    for entry in config.sources:
        linkedin.add_owner(entry.owner, _title(entry.name))
    channels(config, slack)
    reps = people(config, slack)
    made = forms(config, linkedin)
    return World(
        reps=reps,
        forms=made.ids,
        campaigns=campaigns(config, linkedin),
        lead_types=made.lead_types,
        events=made.events,
    )


def opening(config: Config, linkedin: LinkedInStandIn, first_form: int) -> Random:
    """Chance for the page, begun so that its first person shows the most: a lead that a rule gives to somebody."""
    questions = linkedin.forms[first_form].questions
    for seed in range(_OPENINGS):
        answers = invented_answers(questions, Random(seed))  # noqa: S311 - invents people, guards nothing
        given = {canonical_field(each.predefined): answers[each.name] for each in questions if each.predefined}
        facts = facts_from_flat({**given, "form": config.vocabulary.forms.get(str(first_form), "")}, config.vocabulary)
        then = config.router.decide(facts, is_test=False).then
        if (then.owner or then.team) and then.post:
            return Random(seed)  # noqa: S311
    return Random()  # noqa: S311


def _types(config: Config) -> set[str]:
    return {lead_type for entry in config.sources for lead_type in entry.lead_types}


def _owner(config: Config, lead_type: str) -> str:
    return next((entry.owner for entry in config.sources if lead_type in entry.lead_types), _FALLBACK_OWNER)


def _questions(form: int) -> list[Question]:
    asked = [
        Question(id=form * 100 + number, text=text, name=text, predefined=field, options=options)
        for number, (text, field, options) in enumerate(_PREDEFINED)
    ]
    own = "What would you like to talk about?"
    return [*asked, Question(id=form * 100 + 50, text=own, name="Custom question 0")]


def _title(nickname: str) -> str:
    words = nickname.replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:]
