"""`forget`: through the running server's private socket, or alone with the database's lock.

What was asked for is never printed: output gets into logs and tickets, where it would outlive the person's data.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from bot.app import utc_now
from bot.cli.loading import load_or_live
from bot.cli.printing import complain, print_json, say
from bot.config.model import Config
from bot.control import NoServer, ask
from bot.core.erasure import NIGHT
from bot.core.errors import BotError
from bot.pipeline.forgetting import Forgetting
from bot.store.database import opened, opened_to_read
from bot.store.entries import Clerk
from bot.store.privacy import SqliteErasing

Json = Mapping[str, object]

#: The file may be large, and other work may hold it when we come.
_PATIENCE_SECONDS = 600.0


def run_forget(wanted: str, config: Path | None, as_json: bool) -> int:
    """0 when the person is erased (or was before), 1 when nothing matched or more came in, 2 for wrong use."""
    if not wanted.strip():
        complain("Say whom: `leadbell forget EMAIL` or `leadbell forget LEAD`.")
        return 2
    loaded = load_or_live(config)
    if loaded is None:
        return 2
    answer, is_served = asyncio.run(_forget(loaded, wanted.strip()))
    if as_json:
        print_json(answer)
    elif answer["leads"]:
        _print_receipt(answer, is_served=is_served, zone=loaded.timezone)
    _explain(answer)
    is_done = bool(answer["leads"] or answer["erased_before"]) and not answer["after"]
    return 0 if is_done else 1


async def _forget(config: Config, wanted: str) -> tuple[Json, bool]:
    try:
        answer = await ask(config.database, "forget", {"wanted": wanted}, seconds=_PATIENCE_SECONDS)
        return cast(Json, answer), True
    except NoServer:
        async with opened_to_read(config.database) as database:
            await database.read(lambda _tx: None)  # refuses what is missing or not ours; `opened` would make it
        async with opened(config.database) as database:
            erasing = SqliteErasing(database, Clerk())
            alone = Forgetting(
                erasing=erasing, live=lambda: config, now=utc_now, ring=lambda _bell: None, is_alone=True
            )
            return (await alone.forget(wanted)).to_json(), False
    except BotError as error:
        raise BotError(
            f"{error}. The person may be erased already, wholly or in part. Run the same command again: it goes on "
            "where this one ended, and when it finds that nothing matches, all is gone."
        ) from error


def _print_receipt(answer: Json, *, is_served: bool, zone: str) -> None:
    receipt = cast(Json, answer["receipt"])
    soon = "they change now" if is_served else "they change once `leadbell run` runs"
    say(
        f"Erased. Receipt {receipt['id']}, {receipt['at']}",
        f"  leads before        {answer['before']}",
        f"  leads after         {answer['after']}",
        f"  Slack cards to edit {receipt['cards_to_edit']}" + (f" ({soon})" if receipt["cards_to_edit"] else ""),
        f"  mails cancelled     {receipt['mails_cancelled']}",
        f"  mails already sent  {receipt['mails_sent']}",
    )
    say(*(f"  · {lead}" for lead in cast(list[str], answer["leads"])))
    if receipt["mails_sent"]:
        say("Nobody can take a mail back: ask whoever got one to delete it. `leadbell lead LEAD` says who that is.")
    _print_wiping(answer, is_wiped=bool(receipt["wiped"]), zone=zone)


def _print_wiping(answer: Json, *, is_wiped: bool, zone: str) -> None:
    if is_wiped:
        say("No trace is left in the bytes of the database.")
        return
    if answer["wiped_tonight"]:
        say(
            "The rows are empty. The bytes of the file, where traces may be left, are wiped tonight, between "
            f"{NIGHT.start:02}:00 and {NIGHT.stop:02}:00 ({zone}): it is large, and nothing can be stored meanwhile."
        )
    else:
        say(
            "The rows are empty. The bytes of the file, where traces may be left, could not be wiped just now: another "
            "program reads the file, or its disk is too full. The server tries again every few minutes by itself."
        )
    say("Copies that you made of the file are yours to replace.")


def _explain(answer: Json) -> None:
    """On standard error: what a person should know beside the receipt."""
    if not answer["leads"]:
        before = cast(list[str], answer["erased_before"])
        complain(f"{', '.join(before)} was erased before." if before else "No lead matches, so nothing was erased.")
    for lead in cast(list[str], answer["mentioned_in"]):
        complain(f"Lead {lead} mentions the address in a longer answer and was left alone: read it, then decide.")
    if answer["after"]:
        complain(f"{answer['after']} more came in meanwhile. Run the same command again.")
    if answer["waiting"]:
        complain(
            f"{answer['waiting']} lead(s) wait to be fetched from LinkedIn; whose they are shows only then. Run the "
            "same command again once `leadbell leads` lists none as received, waiting_for_linkedin or parked."
        )
