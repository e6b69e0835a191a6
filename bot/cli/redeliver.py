"""`redeliver`: through the running server's private socket, or alone with the database's lock."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.app import utc_now
from bot.cli.loading import load_or_live
from bot.cli.printing import complain, print_json, say
from bot.config.model import Config
from bot.control import NoServer, ask
from bot.store.database import opened, opened_to_read
from bot.store.entries import Clerk
from bot.store.outbox import SqliteOutbox


def run_redeliver(ids: list[str], config: Path | None, as_json: bool, *, all_dead: bool) -> int:
    """0 when every wanted delivery is on its way again, 1 when some was not dead, 2 for wrong use."""
    if all_dead == bool(ids):
        complain("Say which: `leadbell redeliver ID…` or `leadbell redeliver --dead`.")
        return 2
    loaded = load_or_live(config)
    if loaded is None:
        return 2
    revived = asyncio.run(_redeliver(loaded, None if all_dead else ids))
    if as_json:
        print_json(revived)
    else:
        say(f"{len(revived)} {'delivery is' if len(revived) == 1 else 'deliveries are'} on the way again.")
    refused = [each for each in ids if each not in revived]
    for each in refused:
        complain(f"{each} is not a dead delivery, so it was left alone.")
    return 1 if refused else 0


async def _redeliver(config: Config, ids: list[str] | None) -> list[str]:
    try:
        answer = await ask(config.database, "redeliver", {"ids": ids})
        return [str(each) for each in answer] if isinstance(answer, list) else []
    except NoServer:
        async with opened_to_read(config.database) as database:
            await database.read(lambda _tx: None)  # refuses what is missing or not ours; `opened` would make it
        async with opened(config.database) as database:
            return await SqliteOutbox(database, Clerk()).redeliver(ids, now=utc_now())
