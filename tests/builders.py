"""Values for tests, each with what the test does not care about filled in."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.core.delivery import Target
from bot.core.lead import Answer, Lead, Named, Notification
from bot.core.routing import Decision, Then
from bot.core.work import Routed
from bot.ports import FetchedLead, FoundLead, Posted

SUBMITTED = datetime(2026, 11, 23, 8, 59, 30, tzinfo=UTC)

_NAMES = {"first_name": "First name", "last_name": "Last name", "email": "Email", "company": "Company"}

SLACK_ALL = Target(destination="slack", address="#leads-all")
MAIL_ANNA = Target(destination="email", address="anna@example.com", person="anna")


def a_lead(
    response_id: str = "r-1", *, submitted_at: datetime = SUBMITTED, is_test: bool = False, **answers: str
) -> Lead:
    """A lead whose answers are given by predefined field."""
    given = {"first_name": "Ana", "last_name": "Silva", "email": "ana@acme.example", **answers}
    return Lead(
        response_id=response_id,
        submitted_at=submitted_at,
        owner="urn:li:sponsoredAccount:507857085",
        lead_type="SPONSORED",
        is_test=is_test,
        form=Named(id="6083", name="Demo request"),
        form_version="1",
        campaign=Named(id="367378525", name="DACH enterprise"),
        answers=tuple(
            Answer(question=_NAMES.get(name, name), values=(value,), field=name) for name, value in given.items()
        ),
    )


def fetched(lead: Lead) -> FetchedLead:
    """A lead as a source hands it over."""
    return FetchedLead(lead=lead, raw=b"{}")


def found(lead: Lead, *, is_quiet: bool = False, cause: str = "") -> FoundLead:
    """A lead as the pull enters it."""
    return FoundLead(fetched=fetched(lead), is_quiet=is_quiet, cause=cause)


def a_notification(
    response_id: str = "r-1", *, action: str = "CREATED", occurred_at: datetime = SUBMITTED
) -> Notification:
    """A notification as a source reads it."""
    return Notification(response_id=response_id, action=action, occurred_at=occurred_at, lead_type="SPONSORED")


def posted(*notifications: Notification, is_signed: bool = True) -> Posted:
    """What one request brought."""
    return Posted(notifications=notifications, is_signed=is_signed)


def a_decision(*targets: Target, owner: str = "", rule: str = "Everything else") -> Decision:
    """A decision for these targets."""
    post = tuple(each for each in targets if each.destination == "slack")
    email = tuple(each for each in targets if each.destination == "email")
    return Decision(rule=rule, then=Then(post=post, email=email, owner=owner), tried=())


def a_routed(lead: Lead, decision: Decision | None) -> Routed:
    """The outcome of dispatching `lead`."""
    return Routed(
        lead=lead,
        raw=b'{"raw": true}',
        decision=decision,
        source="ads-emea",
        form_nickname="demo-request",
        campaign_nickname="dach-enterprise",
        facts={"country": "DE"},
        config_version="v1",
    )
