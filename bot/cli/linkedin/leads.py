"""`linkedin leads` and `lead`: responses as LinkedIn has them now. Personal data, on standard output only."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bot.app import utc_now
from bot.cli.linkedin.meaning import entity_urn, form_filter, short, streams_of, window
from bot.cli.linkedin.opened import code_of, counting, each, run_with_client, tell
from bot.cli.printing import complain, print_json, print_table, say
from bot.config.model import Config
from bot.core.errors import PermanentError, UpstreamError
from bot.core.fields import label
from bot.core.lead import Lead, Named
from bot.ports import Stream
from bot.sources.linkedin.client import Client
from bot.sources.linkedin.records import LeadFilter
from bot.sources.linkedin.response import read_lead
from bot.sources.linkedin.urns import id_of

Json = dict[str, object]

USUAL = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The options of `linkedin leads`, as they were written."""

    owner: str = ""
    lead_type: str = ""
    form: str = ""
    entity: str = ""
    since: str = ""
    until: str = ""
    last: str = ""
    only_tests: bool = False
    limit: int = 100  #: 0 = all


@dataclass(frozen=True, slots=True)
class _Found:
    """One response as LinkedIn wrote it, and what we read in it."""

    raw: Mapping[str, object]
    lead: Lead


@dataclass(slots=True)
class _Pile:
    """What was found so far."""

    found: list[_Found]
    unreadable: int = 0
    is_cut: bool = False


def run_leads(config: Path | None, as_json: bool, *, asked: Asked, raw: bool) -> int:
    """The owners' leads, the newest first; with `raw` as LinkedIn writes them."""

    async def work(loaded: Config, client: Client) -> int:
        streams = streams_of(loaded, asked.owner, asked.lead_type)
        wanted, form = _filter(loaded, asked)
        pile = _Pile([])
        with counting("leads") as count:

            async def ask(stream: Stream) -> None:
                async with aclosing(_fitting(client, stream, wanted, form, pile)) as leads:
                    taken = 0
                    async for found in leads:
                        if asked.limit and taken == asked.limit:
                            pile.is_cut = True
                            break
                        pile.found.append(found)
                        taken += 1
                        count()

            code = await each(streams, ask, named=lambda stream: f"{short(stream.owner)} {stream.lead_type}")
        _show(pile, asked.limit, as_json=as_json, raw=raw, is_whole=not code)
        return code

    return run_with_client(config, work)


def run_lead(ids: Sequence[str], config: Path | None, as_json: bool, *, raw: bool) -> int:
    """One lead, or several in one call; 1 when LinkedIn does not have one of them."""

    async def work(_config: Config, client: Client) -> int:
        if len(ids) == 1:
            return _show_one(_read(await client.lead(ids[0])), as_json=as_json, raw=raw)
        answers = await client.leads_by_id(ids)
        return _show_several(answers, as_json=as_json, raw=raw)

    return run_with_client(config, work)


def _filter(config: Config, asked: Asked) -> tuple[LeadFilter, str]:
    """What LinkedIn filters by, and the form that we filter by ourselves because all its versions are meant."""
    version, form = form_filter(config, asked.form)
    start, end = window(
        since=asked.since,
        until=asked.until,
        last=asked.last,
        timezone=config.timezone,
        now=utc_now(),
        usual=USUAL,
    )
    entity = entity_urn(asked.entity)
    return LeadFilter(form=version, entity=entity, since=start, until=end, only_tests=asked.only_tests), form


async def _fitting(
    client: Client, stream: Stream, wanted: LeadFilter, form: str, pile: _Pile
) -> AsyncGenerator[_Found, None]:
    async for response in client.leads(stream.owner, stream.lead_type, wanted):
        try:
            found = _read(response)
        except PermanentError:
            pile.unreadable += 1
            continue
        if form in {"", found.lead.form.id}:
            yield found


def _read(response: Mapping[str, object]) -> _Found:
    kept = {key: value for key, value in response.items() if key != "submitter"}  # the member's id is not ours to keep
    return _Found(kept, read_lead(kept))


# ── printing ──


def _show(pile: _Pile, limit: int, *, as_json: bool, raw: bool, is_whole: bool = True) -> None:
    pile.found.sort(key=lambda found: found.lead.submitted_at, reverse=True)
    shown = pile.found[:limit] if limit else pile.found
    if raw:
        print_json([dict(found.raw) for found in shown])
    elif as_json:
        print_json([lead_json(found.lead) for found in shown])
    else:
        columns = ("submitted_at", "lead", "lead_type", "form", "campaign", "name", "company", "email", "test")
        print_table([_row(found.lead) for found in shown], columns, empty="No leads in this time." if is_whole else "")
    if pile.is_cut or len(shown) < len(pile.found):
        complain(f"Only the newest {limit} are shown. --limit 0 shows all.")
    if pile.unreadable:
        complain(f"{pile.unreadable} of LinkedIn's entries could not be read and are not shown.")


def _show_one(found: _Found, *, as_json: bool, raw: bool) -> int:
    if raw:
        print_json(dict(found.raw))
    elif as_json:
        print_json(lead_json(found.lead))
    else:
        _print_lead(found.lead)
    return 0


def _show_several(answers: Mapping[str, Mapping[str, object] | UpstreamError], *, as_json: bool, raw: bool) -> int:
    code = 0
    found: list[_Found] = []
    for wanted, answer in answers.items():
        try:
            if isinstance(answer, UpstreamError):
                raise answer
            found.append(_read(answer))
        except UpstreamError as error:
            tell(error, about=id_of(wanted))
            code = max(code, code_of(error))
    if raw:
        print_json([dict(each.raw) for each in found])
    elif as_json:
        print_json([lead_json(each.lead) for each in found])
    else:
        for place, each in enumerate(found):
            say(*([""] if place else []))
            _print_lead(each.lead)
    return code


def lead_json(lead: Lead) -> Json:
    """A lead for programs."""
    return {
        "lead": lead.response_id,
        "submitted_at": lead.submitted_at.isoformat(),
        "owner": lead.owner,
        "lead_type": lead.lead_type,
        "test": lead.is_test,
        "form": _named(lead.form) | {"version": lead.form_version},
        "campaign": _named(lead.campaign) if lead.campaign else None,
        "event": _named(lead.event) if lead.event else None,
        "account": _named(lead.account) if lead.account else None,
        "answers": [
            {"question": answer.question, "field": answer.field, "values": list(answer.values)}
            for answer in lead.answers
        ],
        "consents": [{"id": each.id, "text": each.text, "accepted": each.accepted} for each in lead.consents],
        "hidden": dict(lead.hidden),
    }


def _row(lead: Lead) -> Json:
    campaign = lead.campaign or lead.event
    return {
        "submitted_at": lead.submitted_at.isoformat(sep=" ", timespec="seconds"),
        "lead": lead.response_id,
        "lead_type": lead.lead_type,
        "form": lead.form.name or lead.form.id,
        "campaign": (campaign.name or campaign.id) if campaign else "",
        "name": lead.full_name,
        "company": lead.answered("company"),
        "email": lead.answered("email") or lead.answered("work_email"),
        "test": lead.is_test,
    }


def _print_lead(lead: Lead) -> None:
    say(f"{lead.response_id}, submitted {lead.submitted_at.isoformat(timespec='seconds')}")
    for kind, named in (("form", lead.form), ("campaign", lead.campaign), ("event", lead.event)):
        if named:
            say(f"  {kind}: {named.name or '(no name)'} ({named.id})")
    owner = f"{lead.account.name} " if lead.account else ""
    say(f"  owner: {owner}({short(lead.owner)}), {lead.lead_type}{', a test lead' if lead.is_test else ''}")
    for answer in lead.answers:
        say(f"  {label(answer.field) if answer.field else answer.question}: {answer.text}")
    for consent in lead.consents:
        say(f"  {'agreed' if consent.accepted else 'did not agree'}: {consent.text}")
    for name, value in lead.hidden.items():
        say(f"  hidden {name}: {value}")


def _named(named: Named) -> Json:
    return {"id": named.id, "name": named.name}
