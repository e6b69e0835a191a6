"""Step 4: messages already sent are brought up to date with the database; only the newest state is ever shown."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime

from bot.core.delivery import DeliveryKind
from bot.core.errors import (
    Forbidden,
    MalformedMessage,
    NotFound,
    PermanentError,
    TargetError,
    TemporaryError,
    UpstreamError,
)
from bot.core.lead import LeadState
from bot.core.retry import after_failed_edit
from bot.core.work import EditWork, Leased
from bot.pipeline import notices
from bot.pipeline.shift import LEASE_FOR, Shift
from bot.ports import Destination, Edits, Job

_log = logging.getLogger(__name__)

_EDIT_DEADLINE_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Refresher:
    """Edits the messages of one destination. Showing a state twice is harmless, so nothing is ever looked up here."""

    destination: Destination
    edits: Edits
    shift: Shift
    deadline_seconds: float = _EDIT_DEADLINE_SECONDS

    async def lease(self, limit: int) -> list[Leased[EditWork]]:
        """What no longer shows the truth, within the pace."""
        return await self.edits.lease(self.destination.name, limit=limit, now=self.shift.now(), keep_for=LEASE_FOR)

    async def run(self, leased: Leased[EditWork]) -> None:
        """Show one lead's newest state. Raises StoreUnavailable when that could not be recorded."""
        work = leased.item
        again: datetime | None = None
        error: UpstreamError | None = None
        try:
            await self._edit(work)
        except UpstreamError as failure:
            error = failure
            again = after_failed_edit(failure, work.tries, now=self.shift.now(), jitter=self.shift.chance.random())
            _log_failure(work, failure)
            await self.shift.heed(failure, self.destination.name, "edit")
        if error is not None and _cannot_be_changed(error) and _shows_erased(work):
            await self.shift.tell(notices.still_shown(work, error, self.shift.now()))
        await self.edits.settle(
            leased,
            try_again_at=again,
            is_shown=error is None,
            post_anew=_is_out_of_reach(error) and work.kind is DeliveryKind.ALERT and not _shows_erased(work),
            answered=error is None or isinstance(error, PermanentError),
            now=self.shift.now(),
        )

    async def _edit(self, work: EditWork) -> None:
        job = Job(
            delivery=work.id,
            kind=work.kind,
            address=work.address,
            lead=work.lead,
            leads=work.leads,
            text=work.text,
            thread=work.thread,
            is_plain=work.receipt.is_plain,
        )
        try:
            async with asyncio.timeout(self.deadline_seconds):
                await self.destination.edit(job, work.receipt)
        except TimeoutError as error:
            raise TemporaryError("no answer in time", code="timeout") from error
        except UpstreamError:
            raise
        except Exception as error:
            _log.exception("card edit failed unexpectedly", extra={"delivery": work.id})
            raise TemporaryError("an unexpected failure; the log has the details", code="unexpected") from error


def _shows_erased(work: EditWork) -> bool:
    """A digest is only ever edited because somebody in it was erased."""
    return work.lead is None or work.lead.state is LeadState.ERASED


def _cannot_be_changed(error: UpstreamError) -> bool:
    """It is there and stays as it is; a message that is gone shows nobody."""
    return isinstance(error, PermanentError) and not isinstance(error, NotFound)


def _is_out_of_reach(error: UpstreamError | None) -> bool:
    """The message itself can never be changed again (deleted, too old); the channel is fine."""
    return isinstance(error, PermanentError) and not isinstance(error, TargetError | Forbidden | MalformedMessage)


def _log_failure(work: EditWork, error: UpstreamError) -> None:
    facts = {"delivery": work.id, "error": str(error)}
    if isinstance(error, PermanentError):
        _log.error("card cannot be brought up to date", extra=facts)
    else:
        _log.warning("card not brought up to date yet", extra=facts)
