"""A database as a busy company has it after a month: `python -m tests.store.many_leads FILE COUNT` makes one."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.core.lead import Answer, Consent, Lead, Named
from bot.store.database import Database, Transaction, opened
from bot.store.rows import content_to_json, to_ms

_COUNTRIES = ("DE", "AT", "CH", "US", "CA", "BR", "NO", "SE", "DK", "FI", "FR", "ES", "IT", "Germany", "Österreich")
_SIZES = ("1", "2-10", "11-50", "51-200", "201-500", "501-1,000", "1,001-5,000", "10,001+")
_TITLES = ("Head of IT", "Student", "Marketing Director", "Engineer", "VP Sales", "Chief of Staff", "Buyer", "Intern")
_FORMS = (("6083", "Demo request"), ("6120", "White paper"), ("6177", "Webinar"), ("7001", "Spring offer"))
_CAMPAIGNS = (("367378525", "DACH enterprise"), ("367378777", "Nordics trial"), ("367379000", "Brand"))
_AT_ONCE = 5_000


def varied_lead(number: int, submitted_at: datetime) -> Lead:
    """The lead of this number, always the same: ten answers, a hidden field and a consent, as real forms have them."""
    chance = random.Random(number)
    form, campaign = chance.choice(_FORMS), chance.choice(_CAMPAIGNS)
    company = f"Company {number % 9973}"
    given = {
        "first_name": f"First{number}",
        "last_name": f"Last{number}",
        "email": f"person{number}@company{number % 9973}.example",
        "phone": f"+49 30 {number:07d}",
        "company": company,
        "company_size": chance.choice(_SIZES),
        "job_title": chance.choice(_TITLES),
        "industry": chance.choice(("Software", "Steel", "Retail")),
        "country": chance.choice(_COUNTRIES),
    }
    answers = [
        Answer(question=field.replace("_", " ").capitalize(), values=(value,), field=field)
        for field, value in given.items()
    ]
    answers.append(Answer(question="When do you want to start?", values=("This quarter",), name="start"))
    return Lead(
        response_id=f"249592fc-d272-44ba-a7db-{number:012d}-6",
        submitted_at=submitted_at,
        owner="urn:li:sponsoredAccount:507857085",
        lead_type="EVENT" if number % 50 == 0 else "SPONSORED",
        form=Named(id=form[0], name=form[1]),
        form_version="1",
        campaign=Named(id=campaign[0], name=campaign[1]),
        account=Named(id="507857085", name="Nordwind EMEA"),
        answers=tuple(answers),
        hidden={"utm_source": "linkedin"},
        consents=(Consent(id="0", text="I agree to be called.", accepted=True),),
    )


async def write_leads(
    database: Database, count: int, *, newest: datetime, within: timedelta = timedelta(days=29)
) -> None:
    """Store `count` routed leads, submitted evenly over the time `within` before `newest`."""
    for first in range(0, count, _AT_ONCE):
        rows = list(_rows(range(first, min(first + _AT_ONCE, count)), count, newest, within))

        def work(tx: Transaction, rows: list[tuple[object, ...]] = rows) -> None:
            tx.executemany(
                """INSERT INTO lead (id, response_id, submitted_at, notified_at, received_at, state, lead_type,
                                     stream_owner, content, rule, decision, config_version, decided_at)
                   VALUES (?, ?, ?, ?, ?, 'unassigned', ?, ?, ?, 'Everything else', '{}', 'v1', ?)""",
                rows,
            )

        await database.write(work)


def _rows(numbers: range, count: int, newest: datetime, within: timedelta) -> Iterator[tuple[object, ...]]:
    for number in numbers:
        lead = varied_lead(number, newest - within * number / count)
        at = to_ms(lead.submitted_at)
        content = content_to_json(lead, {answer.field: answer.text for answer in lead.answers if answer.field})
        yield f"l{number:014d}", lead.response_id, at, at, at, lead.lead_type, lead.owner, content, at


async def _make(path: Path, count: int) -> None:
    async with opened(path) as database:
        await write_leads(database, count, newest=datetime.now(UTC))


if __name__ == "__main__":
    asyncio.run(_make(Path(sys.argv[1]), int(sys.argv[2])))
