"""`linkedin subscriptions`, `subscribe`, `unsubscribe`: who is told of new leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from bot.app import utc_now
from bot.cli.health import local_address
from bot.cli.linkedin.meaning import entity_urn, short
from bot.cli.linkedin.meaning import streams_of as streams_meant
from bot.cli.linkedin.opened import WrongUse, client_of, each, finished, run_with_client
from bot.cli.linkedin.token import load_to_call
from bot.cli.printing import complain, print_json, print_table, say
from bot.config.model import Config
from bot.control import NoServer, ask
from bot.core.findings import Verdict
from bot.core.subscribing import Wanted, plan, same_address
from bot.pipeline.streams import streams_of
from bot.pipeline.subscribe import Subscriber, as_json, refusal_of, webhook_of
from bot.ports import Stream, Subscription
from bot.sources.linkedin.client import Client
from bot.sources.linkedin.urns import versioned_form
from bot.sources.linkedin.webhook import answer_challenge
from bot.store.database import opened, opened_to_read
from bot.store.subscription_book import SqliteSubscriptionBook
from bot.web.checkup import WebCheckup

Json = dict[str, object]

_DONE = {"created": "made", "kept": "was there", "removed": "removed", "refused": "refused"}
_WOULD = {"created": "would be made", "kept": "is there", "removed": "would be removed", "refused": "refused"}


def run_subscriptions(config: Path | None, as_json_wanted: bool, *, owner: str, lead_type: str) -> int:
    """What LinkedIn has, whatever address it posts to."""

    async def work(loaded: Config, client: Client) -> int:
        found: list[Subscription] = []

        async def list_them(stream: Stream) -> None:
            found.extend(await client.subscriptions(stream.owner, stream.lead_type))

        streams = streams_meant(loaded, owner, lead_type)
        code = await each(streams, list_them, named=_named)
        here = same_address(webhook_of(loaded))
        rows = [_row(one, is_here=same_address(one.webhook) == here) for one in dict.fromkeys(found)]
        if as_json_wanted:
            print_json(rows)
        else:
            columns = ("id", "owner", "lead_type", "webhook", "here", "form", "entity")
            shown = [{**row, "owner": short(str(row["owner"]))} for row in rows]
            print_table(
                shown, columns, empty="" if code else "Nobody is subscribed. `leadbell linkedin subscribe` does it."
            )
        return code

    return run_with_client(config, work)


def run_unsubscribe(subscription_id: str, config: Path | None, as_json_wanted: bool) -> int:
    """Delete one; one that is gone already is fine."""

    async def work(_config: Config, client: Client) -> int:
        await client.unsubscribe(subscription_id)
        if as_json_wanted:
            print_json({"removed": subscription_id})
        else:
            say(
                f"LinkedIn has no subscription {subscription_id} any more. If its source is still under sources:, the "
                "running server makes a new one within hours, and `leadbell linkedin subscribe` at once."
            )
        return 0

    return run_with_client(config, work)


def run_subscribe(config: Path | None, as_json_wanted: bool, *, check: bool, dry_run: bool) -> int:
    """Make what is missing and remove what of ours is stale, through the running server when there is one."""
    loaded = load_to_call(config)
    if loaded is None:
        return 2
    refusal = refusal_of(webhook_of(loaded)) or (
        "" if loaded.sources else "There is nothing under sources: to hear of."
    )
    if refusal:
        complain(f"leadbell: {refusal}")
        return 2
    if dry_run:
        return finished(_plan(loaded, as_json_wanted))
    return finished(_subscribe(loaded, as_json_wanted, check=check))


def run_subscribe_to(
    config: Path | None,
    as_json_wanted: bool,
    *,
    check: bool,
    dry_run: bool,
    owner: str,
    lead_type: str,
    form: str,
    entity: str,
) -> int:
    """Make one more subscription, for one version of a form or one event alone. `unsubscribe` ends it."""
    if not (form or entity):
        complain(
            "leadbell: --owner and --type say whose form or event is meant by --form or --entity. "
            "Without those, every source is subscribed to."
        )
        return 2
    loaded = load_to_call(config)
    if loaded is None:
        return 2
    if refusal := refusal_of(webhook_of(loaded)):
        complain(f"leadbell: {refusal}")
        return 2
    streams = streams_meant(loaded, owner, lead_type)
    if len(streams) != 1:
        complain(f"leadbell: {len(streams)} owners and lead types could be meant. Name one with --owner and --type.")
        return 2
    version, about = versioned_form(form), entity_urn(entity)
    if form and not version:
        raise WrongUse(f"{form} names no version of a form. Write its number and its version: 818,1.")
    wanted = Subscription(
        id="",
        webhook=webhook_of(loaded),
        owner=streams[0].owner,
        lead_type=streams[0].lead_type,
        form=version,
        entity=about,
    )
    if dry_run:
        _tell_one(wanted, "One would be made. LinkedIn was not asked.", as_json_wanted)
        return 0
    return finished(_subscribe_to(loaded, wanted, as_json_wanted, check=check))


async def _subscribe_to(config: Config, wanted: Subscription, as_json_wanted: bool, *, check: bool) -> int:
    if check and not await _passes(config):
        return 1
    async with client_of(config) as client:
        made = await client.subscribe(
            wanted.webhook, wanted.owner, wanted.lead_type, form=wanted.form, entity=wanted.entity
        )
    words = f"Made: {made}. `leadbell linkedin unsubscribe {made}` ends it."
    _tell_one(replace(wanted, id=made), words, as_json_wanted)
    return 0


def _tell_one(one: Subscription, words: str, as_json_wanted: bool) -> None:
    if as_json_wanted:
        print_json(_row(one, is_here=True))
    else:
        say(words)


async def _subscribe(config: Config, as_json_wanted: bool, *, check: bool) -> int:
    if check and not await _passes(config):
        return 1
    try:
        done = cast("Json", await ask(config.database, "subscribe", {}))
    except NoServer:
        complain(
            "No server runs on this database, so this is done from here. LinkedIn asks "
            f"{webhook_of(config)} at once: somebody must answer there."
        )
        done = await _alone(config)
    return _show(done, as_json_wanted, words=_DONE)


async def _passes(config: Config) -> bool:
    secret = config.linkedin.client_secret.reveal()
    if not secret:
        complain("leadbell: LINKEDIN_CLIENT_SECRET is not set, so LinkedIn's challenge cannot be tried beforehand.")
        return False
    checkup = WebCheckup(
        public_url=config.server.public_url,
        local_url=local_address(config),
        answer=lambda query: answer_challenge(query, secret),
        is_running=True,
        now=utc_now,
    )
    wrong = next((each for each in await checkup.public() if each.verdict is Verdict.FAILED), None)
    if wrong is not None:
        complain(
            f"leadbell: nothing was changed, for {webhook_of(config)} would not pass LinkedIn's challenge: "
            f"{wrong.found} {wrong.advice} If only this machine cannot reach the address, add --no-check."
        )
    return wrong is None


async def _alone(config: Config) -> Json:
    async with client_of(config) as client, opened(config.database) as database:
        subscriber = Subscriber(
            subscriptions=client, book=SqliteSubscriptionBook(database), webhook=webhook_of(config), now=utc_now
        )
        return as_json(await subscriber.ensure(streams_of(config.sources)))


async def _plan(config: Config, as_json_wanted: bool) -> int:
    """What `subscribe` would do."""
    done: dict[str, list[Json]] = {"created": [], "removed": [], "kept": [], "refused": []}
    webhook, ours = webhook_of(config), await _ours(config)
    streams = streams_of(config.sources)
    listed = dict.fromkeys([*((each.owner, each.lead_type) for each in streams), *ours.values()])
    async with client_of(config) as client:

        async def ask_for(pair: tuple[str, str]) -> None:
            owner, lead_type = pair
            is_wanted = any((stream.owner, stream.lead_type) == pair for stream in streams)
            wanted = [Wanted(owner=owner, lead_type=lead_type)] if is_wanted else []
            todo = plan(wanted, await client.subscriptions(owner, lead_type), webhook, ours)
            done["created"] += [{"id": "", "owner": owner, "lead_type": lead_type} for _ in todo.create]
            done["removed"] += [_row(one, is_here=False) for one in todo.remove]
            done["kept"] += [_row(one, is_here=True) for one in todo.keep]

        code = await each(listed, ask_for, named=lambda pair: f"{short(pair[0])} {pair[1]}")
    return max(code, _show(cast("Json", done), as_json_wanted, words=_WOULD))


async def _ours(config: Config) -> dict[str, tuple[str, str]]:
    """Owner and lead type of what we made, by id; nothing where there is no database yet."""
    if not config.database.exists():  # one stat of a command that serves nobody
        return {}
    async with opened_to_read(config.database) as database:
        ours = await SqliteSubscriptionBook(database).ours()
        return {each.id: (each.owner, each.lead_type) for each in ours.values()}


def _show(done: Json, as_json_wanted: bool, *, words: dict[str, str]) -> int:
    """Print what was done; 2 when the set-up stood in the way, 1 when LinkedIn refused one."""
    refused = _entries(done, "refused")
    if as_json_wanted:
        print_json(done)
    else:
        rows = [{"done": words[what], **entry} for what in words for entry in _entries(done, what)]
        shown = [{**row, "owner": short(str(row.get("owner", "")))} for row in rows]
        print_table(shown, ("done", "owner", "lead_type", "id", "webhook"), empty="There was nothing to do.")
    for entry in refused:
        what = f"{short(str(entry.get('owner', '')))} {entry.get('lead_type', '')}"
        complain(f"leadbell: {what}: {entry.get('error', '')}. {entry.get('advice', '')}")
    if not refused:
        return 0
    return 2 if any(entry.get("is_setup") for entry in refused) else 1


def _entries(done: Json, what: str) -> Sequence[Json]:
    found = done.get(what)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _row(one: Subscription, *, is_here: bool) -> Json:
    return {
        "id": one.id,
        "owner": one.owner,
        "lead_type": one.lead_type,
        "webhook": one.webhook,
        "here": is_here,
        "form": one.form,
        "entity": one.entity,
    }


def _named(stream: Stream) -> str:
    return f"{short(stream.owner)} {stream.lead_type}"
