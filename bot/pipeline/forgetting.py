"""`leadbell forget`: one person leaves the database, the outbox, the posted cards and the bytes of the file."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.config.model import Config
from bot.core.erasure import Cause, Found, Receipt, Unwiped, may_rewrite
from bot.core.errors import BotError
from bot.pipeline.shift import Bell

_log = logging.getLogger(__name__)

#: A lead may arrive while we look: so often it is looked for again until there is nothing left.
_MOST_LOOKS = 5


class Erasing(Protocol):
    """Where persons are found and erased. What is asked for is never stored nor logged."""

    async def find(self, wanted: str) -> Found:
        """By an e-mail address: all that gave it and still hold it. Else by our id, LinkedIn's response id or its URN.

        Leads that arrive meanwhile may be missed.
        """
        ...

    async def erase(self, leads: Sequence[str], *, receipt: str, cause: Cause, why: str, now: datetime) -> None:
        """Erase these, each 200 in one committed transaction, counted on the receipt. Idempotent: once each."""
        ...

    def new_receipt(self, now: datetime) -> str:
        """An id for a receipt, which exists once something is counted on it."""
        ...

    async def receipt(self, receipt_id: str) -> Receipt | None:
        """None = nothing was counted on it."""
        ...

    async def wipe(self, may_rewrite: Callable[[Unwiped], bool], *, now: datetime) -> datetime | None:
        """Have no trace of what was erased in the bytes of the file and its log. None = there is none.

        Otherwise when the first erasure was that may have left one: a reader holds the log, or the file may not be
        written anew now, which `may_rewrite` says. The receipts remember it, and the next call goes on.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What came of one request."""

    receipt: Receipt | None  #: None = nothing was there to erase
    leads: tuple[str, ...]  #: erased now
    erased_before: tuple[str, ...]
    left: int  #: found and not erased; nothing but 0 unless leads keep arriving
    mentioned: tuple[str, ...]
    waiting: int
    is_put_off: bool  #: the file is too large to be written anew by day: its bytes are wiped tonight

    @property
    def is_match(self) -> bool:
        """Was there anything of that person, now or before?"""
        return bool(self.leads or self.erased_before)

    def to_json(self) -> dict[str, object]:
        """JSON values only; nothing of the person."""
        return {
            "receipt": None if self.receipt is None else receipt_to_json(self.receipt),
            "wiped_tonight": self.is_put_off,
            "leads": list(self.leads),
            "before": len(self.leads) + self.left,
            "after": self.left,
            "erased_before": list(self.erased_before),
            "mentioned_in": list(self.mentioned),
            "waiting": self.waiting,
        }


def receipt_to_json(receipt: Receipt) -> dict[str, object]:
    """The receipt as it is printed: JSON values only."""
    return {
        "id": receipt.id,
        "at": receipt.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "cause": receipt.cause.value,
        "leads": receipt.leads,
        "cards_to_edit": receipt.cards_to_edit,
        "mails_cancelled": receipt.mails_cancelled,
        "mails_sent": receipt.mails_sent,
        "wiped": receipt.is_wiped,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgetting:
    """Erases on request. `live` tells the time zone; `is_alone`: no server runs, so nobody can be held up."""

    erasing: Erasing
    live: Callable[[], Config]
    now: Callable[[], datetime]
    ring: Callable[[Bell], None]
    is_alone: bool = False

    async def answer(self, arguments: Mapping[str, object]) -> object:
        """The command "forget" of the private socket: {"wanted": text} -> `Forgotten.to_json`."""
        wanted = arguments.get("wanted")
        if not isinstance(wanted, str) or not wanted.strip():
            raise BotError("an e-mail address or a lead was expected")
        return (await self.forget(wanted)).to_json()

    async def forget(self, wanted: str) -> Forgotten:
        """Erase everything of an e-mail address, or one lead. Run again after a crash it ends what was begun.

        Raises StoreUnavailable: what is committed by then stays erased.
        """
        receipt, erased = self.erasing.new_receipt(self.now()), list[str]()
        first = found = await self.erasing.find(wanted)
        for _ in range(_MOST_LOOKS):
            if not found.leads:
                break
            await self.erasing.erase(
                found.leads,
                receipt=receipt,
                cause=Cause.FORGET,
                why=f"somebody asked for it (receipt {receipt})",
                now=self.now(),
            )
            self.ring(Bell.EDITS | Bell.DELIVERIES)
            erased += found.leads
            found = await self.erasing.find(wanted)
        is_put_off = await self._wipe()
        if erased:
            _log.info("forgotten on request", extra={"receipt": receipt, "leads": len(erased)})
        return Forgotten(
            receipt=await self.erasing.receipt(receipt),
            leads=tuple(erased),
            erased_before=first.erased,
            left=len(found.leads),
            mentioned=found.mentioned,
            waiting=found.waiting,
            is_put_off=is_put_off,
        )

    async def _wipe(self) -> bool:
        """Wipe what may be wiped now; was it put off until the night?"""
        answers: list[bool] = []

        def may(unwiped: Unwiped) -> bool:
            now = local(self.now(), self.live())
            answers.append(self.is_alone or may_rewrite(unwiped, is_asked_for=True, now=now))
            return answers[-1]

        await self.erasing.wipe(may, now=self.now())
        return False in answers


def local(now: datetime, config: Config) -> datetime:
    """The same instant in the time zone of the rule file, where people sleep at night."""
    return now.astimezone(ZoneInfo(config.timezone))
