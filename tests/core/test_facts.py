"""A lead as facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.core.facts import Vocabulary, compared_as, facts_from_flat, facts_of, facts_to_read, is_test, submit_date
from bot.core.fields import canonical_field, label
from bot.core.hours import Hours, Span
from bot.core.lead import Answer, Consent, Lead, Named

WORDS = Vocabulary(
    forms={"6083": "demo-request"},
    campaigns={"367378525": "dach-enterprise"},
    sources={("urn:li:sponsoredAccount:1", "SPONSORED"): "ads"},
    fields={
        "country": ("COUNTRY", "country", "Which country are you in?"),
        "job_title": ("JOB_TITLE",),
        "Team": ("How big is your team?",),
    },
)


def a_lead(*answers: Answer) -> Lead:
    return Lead(
        response_id="r-1",
        submitted_at=datetime(2026, 11, 23, tzinfo=UTC),
        owner="urn:li:sponsoredAccount:1",
        lead_type="SPONSORED",
        form=Named(id="6083", name="Demo 2026"),
        campaign=Named(id="367378525", name="DACH"),
        event=Named(id="7", name="Fair"),
        answers=answers,
        hidden={"utm_Source": "Newsletter"},
        consents=(Consent(id="0", text="Mail me", accepted=True), Consent(id="1", text="Call me", accepted=False)),
    )


def text(question: str, value: str, field: str = "", name: str = "") -> Answer:
    return Answer(question=question, values=(value,), field=field, name=name)


def test_a_form_and_a_campaign_are_known_by_nickname_title_id_and_urn() -> None:
    facts = facts_of(a_lead(), WORDS)

    assert facts["form"] == ("demo-request", "Demo 2026", "6083", "urn:li:leadGenForm:6083")
    assert facts["campaign"][0] == "dach-enterprise"
    assert "urn:li:sponsoredCampaign:367378525" in facts["campaign"]
    assert facts["event"][0] == "Fair"


def test_without_a_nickname_the_title_is_shown_and_without_a_title_the_id() -> None:
    lead = Lead(
        response_id="r", submitted_at=datetime(2026, 1, 1, tzinfo=UTC), owner="x", lead_type="EVENT", form=Named(id="9")
    )

    assert facts_of(lead, WORDS)["form"][0] == "9"
    assert "campaign" not in facts_of(lead, WORDS)
    assert "source" not in facts_of(lead, WORDS)


def test_the_source_and_the_switches() -> None:
    facts = facts_of(a_lead(), WORDS)

    assert facts["source"] == ("ads",)
    assert facts["lead_type"] == ("SPONSORED",)
    assert facts["test"] == ("no",)
    assert facts["consent.0"] == ("yes",)
    assert facts["consent.1"] == ("no",)
    assert facts["hidden.utm_source"] == ("Newsletter",)


@pytest.mark.parametrize(
    "answer",
    [
        text("Land", "DE", field="country"),
        text("Land", "DE", name="Country"),
        text("WHICH country are you in? ", "DE"),
    ],
)
def test_a_named_field_is_filled_by_predefined_name_question_name_or_text(answer: Answer) -> None:
    assert facts_of(a_lead(answer), WORDS)["country"] == ("DE",)


def test_predefined_answers_are_facts_without_being_named() -> None:
    facts = facts_of(
        a_lead(text("Company", "Acme", field="company"), text("Position", "CTO", field="job_title")), WORDS
    )

    assert facts["company"] == ("Acme",)
    assert facts["job_title"] == ("CTO",)


def test_any_question_is_a_fact_by_its_text() -> None:
    facts = facts_of(a_lead(text("Größe des Teams?", "5")), WORDS)

    assert facts["answer.große des teams?".replace("ß", "ss")] == ("5",)


def test_both_mail_addresses_are_kept_and_give_domains() -> None:
    lead = a_lead(
        text("E-mail", "Kim@Www.Acme.example", field="email"), text("Work", "kim@corp.example.", field="work_email")
    )

    facts = facts_of(lead, WORDS)

    assert facts["email"] == ("Kim@Www.Acme.example",)
    assert facts["work_email"] == ("kim@corp.example.",)
    assert facts["email_domain"] == ("acme.example", "corp.example")


def test_blank_and_missing_answers_are_no_facts() -> None:
    facts = facts_of(a_lead(text("Company", "  ", field="company")), WORDS)

    assert "company" not in facts
    assert "email_domain" not in facts


def test_several_options_are_several_values() -> None:
    facts = facts_of(a_lead(Answer(question="Products", values=("A", "B", "A"))), WORDS)

    assert facts["answer.products"] == ("A", "B")


def test_what_is_read_aloud_is_only_what_was_answered() -> None:
    lead = a_lead(text("Company", "Acme", field="company"), text("How big is your team?", "5"), text("Other", "x"))

    assert facts_to_read(lead, WORDS) == {"team": "5", "company": "Acme"}


def test_flat_facts_know_a_form_by_any_of_its_names() -> None:
    for name in ("demo-request", "Demo-Request", "6083", "urn:li:leadGenForm:6083"):
        assert "demo-request" in facts_from_flat({"form": name}, WORDS)["form"]
    assert facts_from_flat({"form": "Some title"}, WORDS)["form"] == ("Some title",)


def test_flat_facts_derive_the_domain_and_read_switches() -> None:
    facts = facts_from_flat({"email": "a@x.example", "test": "true", "consent.1": "No", "Products": ["A", "B"]})

    assert facts["email_domain"] == ("x.example",)
    assert is_test(facts)
    assert facts["consent.1"] == ("no",)
    assert facts["products"] == ("A", "B")


WEEK = ((Span(540, 1080),),) * 5 + ((), ())
TIMES = Vocabulary(
    timezone="Europe/Berlin",
    hours={
        name: Hours(name=name, timezone=zone, week=WEEK)
        for name, zone in (("berlin", "Europe/Berlin"), ("boston", "America/New_York"))
    },
)


def test_a_lead_was_submitted_at_a_time_on_the_clocks_of_the_file() -> None:
    facts = facts_of(replace(a_lead(), submitted_at=datetime(2026, 11, 22, 23, 30, tzinfo=UTC)), TIMES)

    assert facts["submitted"] == ("2026-11-23T00:30+01:00", "Monday", "Mon")
    assert submit_date(facts) == date(2026, 11, 23)
    assert "in hours" not in facts


def test_the_hours_that_were_open_at_submit_are_known() -> None:
    facts = facts_of(replace(a_lead(), submitted_at=datetime(2026, 11, 23, 15, tzinfo=UTC)), TIMES)

    assert facts["in hours"] == ("berlin", "boston")


@pytest.mark.parametrize(
    ("text", "submitted", "open_hours", "day"),
    [
        ("2026-11-23 10:00", ("2026-11-23T10:00+01:00", "Monday", "Mon"), ("berlin",), date(2026, 11, 23)),
        ("2026-11-23T09:00Z", ("2026-11-23T10:00+01:00", "Monday", "Mon"), ("berlin",), date(2026, 11, 23)),
        ("2026-07-01 23:00", ("2026-07-01T23:00+02:00", "Wednesday", "Wed"), ("boston",), date(2026, 7, 1)),
        ("2026-11-28", ("2026-11-28", "Saturday", "Sat"), (), date(2026, 11, 28)),
        ("sat", ("Saturday", "Sat"), (), None),
        ("Sunday", ("Sunday", "Sun"), (), None),
        ("mon-fri", ("mon-fri",), (), None),
        ("yesterday", ("yesterday",), (), None),
        ("2026-02-30", ("2026-02-30",), (), None),
        ("20261123", ("20261123",), (), None),
        ("9999-12-31T23:59-12:00", ("9999-12-31T23:59-12:00",), (), None),
        ("0001-01-01T00:00+12:00", ("0001-01-01T00:00+12:00",), (), None),
    ],
)
def test_flat_facts_may_say_when_it_was_submitted(
    text: str, submitted: tuple[str, ...], open_hours: tuple[str, ...], day: date | None
) -> None:
    facts = facts_from_flat({"submitted": text}, TIMES)

    assert facts["submitted"] == submitted
    assert facts.get("in hours", ()) == open_hours
    assert submit_date(facts) == day


@pytest.mark.parametrize("year", [1, 9999])
def test_a_lead_from_the_ends_of_the_calendar_is_no_accident(year: int) -> None:
    end = datetime(year, 1, 1, tzinfo=UTC) if year == 1 else datetime(year, 12, 31, 23, 59, tzinfo=UTC)
    words = replace(TIMES, timezone="America/New_York" if year == 1 else "Asia/Tokyo")

    assert submit_date(facts_of(replace(a_lead(), submitted_at=end), words)) == end.date()


def test_no_answer_can_pass_for_the_time_of_submitting_or_for_open_hours() -> None:
    typed = text("When?", "sat", field="submitted")
    asked = Vocabulary(fields={"in hours": ("When?",)}, timezone="UTC")

    facts = facts_of(a_lead(typed), asked)

    assert facts["submitted"] == ("2026-11-23T00:00+00:00", "Monday", "Mon")
    assert "in hours" not in facts


def test_a_fact_filled_by_the_country_question_compares_by_country() -> None:
    words = Vocabulary(fields={"Land": ("COUNTRY", "Which country?"), "team": ("Which country team?",)})

    assert compared_as("land", words) == "country"
    assert compared_as("Country", words) == "country"
    assert compared_as("Team", words) == "team"


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("COMPANY_NAME", "company"),
        ("PHONE_NUMBER", "phone"),
        ("LINKEDIN_PROFILE_LINK", "linkedin_url"),
        ("WORK_EMAIL", "work_email"),
        ("FIRST_NAME", "first_name"),
        ("firstName", "first_name"),
        ("First name", "first_name"),
        ("SOMETHING_NEW", "something_new"),
        ("", ""),
    ],
)
def test_linkedins_field_names_become_ours(theirs: str, ours: str) -> None:
    assert canonical_field(theirs) == ours
    assert canonical_field(ours) == ours


def test_a_field_has_a_label_for_people() -> None:
    assert label("company_size") == "Company size"
    assert label("work_email") == "Work e-mail"
    assert label("linkedin_url") == "LinkedIn profile"
