"""Invented leads that every template is tried with, and that `leadbell render` shows. None of these people exist."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from bot.core.ids import LeadId
from bot.core.lead import Answer, Consent, Lead, LeadState, Named
from bot.core.story import LeadView

_SUBMITTED = datetime(2026, 11, 5, 9, 41, 12, tzinfo=UTC)


def sample_views() -> Iterator[tuple[LeadView, Lead]]:
    """A full lead, one that answered nothing, and one that answered more than fits."""
    for lead in (full_lead(), bare_lead(), long_lead()):
        yield view_of(lead), lead


def view_of(lead: Lead, *, rule: str = "Enterprise demo, DACH", owner: str = "") -> LeadView:
    """`lead` as it looks a second after it came in."""
    return LeadView(
        id=LeadId("l0000000sample0"),
        lead=lead,
        state=LeadState.UNASSIGNED,
        received_at=lead.submitted_at + timedelta(seconds=1),
        rule=rule,
        owner=owner,
        facts={answer.field: answer.text for answer in lead.answers if answer.field},
    )


def full_lead() -> Lead:
    """Somebody who answered everything."""
    return _lead(
        answers=(
            _known("first_name", "Ana"),
            _known("last_name", "Silva"),
            _known("email", "ana.silva@acme.example"),
            _known("phone", "+49 30 23125 555"),
            _known("company", "ACME Robotics"),
            _known("job_title", "Head of IT"),
            _known("company_size", "201-500"),
            _known("country", "Germany"),
            _known("industry", "Industrial Automation"),
            Answer(question="When would you like to start?", values=("Within 3 months",)),
            Answer(question="What should the demo show?", values=("Routing by team", "Reports")),
        ),
        form=Named(id="6083", name="Demo request"),
        campaign=Named(id="367378525", name="DACH Enterprise"),
        consents=(Consent(id="1", text="I agree to be contacted about this request.", accepted=True),),
        hidden={"utm_source": "linkedin"},
    )


def bare_lead() -> Lead:
    """A form that asked nothing we know, without a campaign; marked as a test."""
    return _lead(form=Named(id="6120"), is_test=True)


def long_lead() -> Lead:
    """Somebody with long names who wrote essays, with the characters that every format has to escape."""
    essay = 'We <really> need this & "soon", that\'s *all* we ask. ' * 60
    return _lead(
        answers=(
            _known("first_name", "Maximiliane Theodora " * 6),
            _known("email", "maximiliane@long-company-name.example"),
            _known("company", "Long & Longer <Partners> " * 20),
            *(Answer(question=f"Question {number}: {essay[:180]}", values=(essay,)) for number in range(1, 31)),
        ),
        form=Named(id="6177", name="Webinar sign-up"),
        event=Named(id="7", name="Autumn webinar"),
    )


def _known(field: str, text: str) -> Answer:
    return Answer(question=field.replace("_", " ").capitalize(), values=(text,), field=field, name=field)


def _lead(
    *,
    answers: tuple[Answer, ...] = (),
    form: Named,
    campaign: Named | None = None,
    event: Named | None = None,
    consents: tuple[Consent, ...] = (),
    hidden: dict[str, str] | None = None,
    is_test: bool = False,
) -> Lead:
    return Lead(
        response_id="sample",
        submitted_at=_SUBMITTED,
        owner="urn:li:sponsoredAccount:507857085",
        lead_type="SPONSORED",
        is_test=is_test,
        form=form,
        campaign=campaign,
        event=event,
        answers=answers,
        consents=consents,
        hidden=hidden or {},
    )
