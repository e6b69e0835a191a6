"""`linkedin names`: the `names:` block of the rule file, ready to paste, with made-up nicknames for what is new."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from bot.app import utc_now
from bot.cli.linkedin.meaning import owners_of, short, span
from bot.cli.linkedin.opened import counting, each, run_with_client
from bot.cli.printing import print_json, printable, say
from bot.config.model import Config
from bot.core.conditions import Wanted, parse_wanted
from bot.core.errors import PermanentError, UpstreamError
from bot.core.facts import fold
from bot.ports import Stream
from bot.sources.linkedin.client import Client
from bot.sources.linkedin.records import LeadFilter
from bot.sources.linkedin.response import read_lead
from bot.sources.linkedin.urns import id_of

_USUAL = timedelta(days=90)
_LONGEST = 40  #: characters of a made-up nickname


@dataclass(frozen=True, slots=True, kw_only=True)
class Nickname:
    """One line of the block."""

    nickname: str
    id: str
    title: str  #: "" = LinkedIn did not tell it, or no longer has it
    is_new: bool


@dataclass(slots=True)
class _Seen:
    """Titles by id, in LinkedIn's order."""

    forms: dict[str, str] = field(default_factory=dict)
    campaigns: dict[str, str] = field(default_factory=dict)
    account_of: dict[str, str] = field(default_factory=dict)  #: campaign id -> owner URN


def run_names(config: Path | None, as_json: bool, *, last: str) -> int:
    """Forms that are not archived and campaigns of recent leads; nicknames that the file has already are kept."""
    length = span(last) if last else _USUAL

    async def work(loaded: Config, client: Client) -> int:
        seen = _Seen()
        forms_code = await _see_forms(loaded, client, seen)
        campaigns_code = await _see_campaigns(loaded, client, seen, length)
        forms = nicknames("form", seen.forms, loaded.vocabulary.forms)
        campaigns = nicknames("campaign", seen.campaigns, loaded.vocabulary.campaigns)
        if as_json:
            print_json({"forms": [_json(each) for each in forms], "campaigns": [_json(each) for each in campaigns]})
        else:
            say(*block(forms, campaigns))
        return max(forms_code, campaigns_code)

    return run_with_client(config, work)


async def _see_forms(config: Config, client: Client, seen: _Seen) -> int:
    with counting("forms") as count:

        async def ask(owner: str) -> None:
            async for form in client.forms(owner):
                if form.state != "ARCHIVED" or form.id in config.vocabulary.forms:
                    seen.forms[form.id] = form.name
                count()

        return await each(owners_of(config, ""), ask, named=short)


async def _see_campaigns(config: Config, client: Client, seen: _Seen, length: timedelta) -> int:
    """Whatever campaign a recent lead came by. Its name is in the lead as a rule; else it is looked up, if we may."""
    recent = LeadFilter(since=utc_now() - length)
    streams = [
        Stream(source=entry.name, owner=entry.owner, lead_type="SPONSORED")
        for entry in config.sources
        if "SPONSORED" in entry.lead_types
    ]
    with counting("leads") as count:

        async def ask(stream: Stream) -> None:
            async for response in client.leads(stream.owner, stream.lead_type, recent):
                count()
                try:
                    campaign = read_lead(response).campaign
                except PermanentError:
                    continue
                if campaign is not None and campaign.id:
                    seen.campaigns[campaign.id] = campaign.name or seen.campaigns.get(campaign.id, "")
                    seen.account_of[campaign.id] = stream.owner

        code = await each(streams, ask, named=lambda stream: short(stream.owner))
    for number, title in seen.campaigns.items():
        if not title:
            seen.campaigns[number] = await _look_up(client, seen.account_of[number], number)
    return code


async def _look_up(client: Client, owner: str, campaign: str) -> str:
    """Needs r_ads and a role; a nickname made of the number is good enough without."""
    try:
        return (await client.campaign(id_of(owner), campaign)).name
    except UpstreamError:
        return ""


def nicknames(kind: str, seen: Mapping[str, str], known: Mapping[str, str]) -> list[Nickname]:
    """The file's own first, in its order, then a nickname for each id that has none. `seen`: titles by id. Pure."""
    lines = [
        Nickname(nickname=name, id=number, title=seen.get(number, ""), is_new=False) for number, name in known.items()
    ]
    taken = {fold(name) for name in known.values()}
    for number, title in seen.items():
        if number not in known:
            # A nickname that is another one's title would mean both.
            titles = {fold(other) for each, other in seen.items() if each != number}
            nickname = _made_up(kind, number, title, taken | titles)
            taken.add(nickname)
            lines.append(Nickname(nickname=nickname, id=number, title=title, is_new=True))
    return lines


def block(forms: Sequence[Nickname], campaigns: Sequence[Nickname]) -> list[str]:
    """The lines to paste. What a title holds stays behind its #."""
    lines = ["names:"]
    for kind, entries in (("forms", forms), ("campaigns", campaigns)):
        if not entries:
            lines.append(f"  {kind}: {{}}")
            continue
        written = [f"    {_key(each.nickname)}: {each.id}" for each in entries]
        width = max(map(len, written))
        lines.append(f"  {kind}:")
        lines += [f"{line:<{width}}  # {_comment(each)}" for line, each in zip(written, entries, strict=True)]
    return lines


def _made_up(kind: str, number: str, title: str, taken: Collection[str]) -> str:
    """A slug of the title; the number where that is no name. Unique, and no word of the rule language."""
    slug = re.sub(r"[^a-z0-9]+", "-", fold(title).replace("ß", "ss")).strip("-")[:_LONGEST].rstrip("-")
    if not re.search("[a-z]", slug) or not _is_plain(slug):
        slug = f"{kind}-{slug}" if slug else f"{kind}-{number}"
    return next(name for name in _tries(slug) if name not in taken)


def _tries(slug: str) -> Iterable[str]:
    yield slug
    yield from (f"{slug}-{number}" for number in range(2, 1_000_000))


def _is_plain(slug: str) -> bool:
    """Whether `form: <slug>` in a rule means just that."""
    wanted = parse_wanted(slug)
    return isinstance(wanted, Wanted) and wanted.word == "equals" and slug not in {"yes", "no", "true", "false", "null"}


def _key(nickname: str) -> str:
    """The nickname as YAML reads it back; one of the file's own may be any text."""
    if re.fullmatch(r"(?=.*[a-z])[A-Za-z0-9][A-Za-z0-9_-]*", nickname):
        return nickname
    return "'" + nickname.replace("'", "''") + "'"


def _comment(line: Nickname) -> str:
    title = printable(line.title).strip()
    if not title:
        return "no longer at LinkedIn, or no lead lately" if not line.is_new else "LinkedIn tells no name"
    return title[:100] + ("  (new)" if line.is_new else "")


def _json(line: Nickname) -> dict[str, object]:
    return {"nickname": line.nickname, "id": line.id, "title": line.title, "new": line.is_new}
