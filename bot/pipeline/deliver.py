"""Step 3: a delivery becomes a message that is there, once; an attempt with an unknown end is looked for first."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from bot.core.delivery import Again, Dead, DeliveryKind, Outcome, Sent, Target
from bot.core.errors import (
    AmbiguousError,
    MalformedMessage,
    PermanentError,
    TemporaryError,
    UpstreamError,
)
from bot.core.lead import LeadState
from bot.core.retry import after_failed_look, after_failed_send, after_look, is_worth_telling, without_a_call
from bot.core.work import DeliveryWork, Leased, Notice
from bot.pipeline import notices
from bot.pipeline.shift import LEASE_FOR, Bell, Shift
from bot.ports import Destination, Job, Outbox

_log = logging.getLogger(__name__)

#: Destinations have shorter deadlines of their own; this one bounds whatever they forget. Shorter than the lease.
_ATTEMPT_DEADLINE_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliverer:
    """Works the deliveries of one destination, one leased row at a time."""

    destination: Destination
    outbox: Outbox
    shift: Shift
    deadline_seconds: float = _ATTEMPT_DEADLINE_SECONDS

    async def lease(self, limit: int) -> list[Leased[DeliveryWork]]:
        """What is due now and within the pace."""
        return await self.outbox.lease(self.destination.name, limit=limit, now=self.shift.now(), keep_for=LEASE_FOR)

    async def run(self, leased: Leased[DeliveryWork]) -> None:
        """Make one attempt, or one look. Raises StoreUnavailable when the outcome could not be stored."""
        work = leased.item
        error: UpstreamError | None = None
        outcome: Outcome | None = without_a_call(work, self.shift.policy, now=self.shift.now())
        is_called = outcome is None
        if outcome is None:
            try:
                outcome = await self._attempt(work)
            except UpstreamError as failure:
                error = failure
                outcome = self._after(failure, work)
                await self._heed(failure, work)
        settled = await self.outbox.settle(
            leased,
            outcome,
            answered=is_called and (error is None or isinstance(error, PermanentError)),
            fallback=self._fallback(work, outcome),
            notices=self._notices(work, outcome, error),
            now=self.shift.now(),
        )
        _log_outcome(work, outcome, settled=settled)
        if isinstance(outcome, Dead):
            self.shift.ring(Bell.DELIVERIES)  # notices, and the lead by another way

    async def _heed(self, error: UpstreamError, work: DeliveryWork) -> None:
        now, name = self.shift.now(), self.destination.name
        await self.shift.heed(error, name, _activity(work))
        if work.kind is DeliveryKind.ALERT and is_worth_telling(error, work.created_at, now=now):
            await self.shift.tell(notices.waiting(name, error, now))

    async def _attempt(self, work: DeliveryWork) -> Outcome:
        try:
            async with asyncio.timeout(self.deadline_seconds):
                return await (self._look(work) if work.is_lookup else self._send(work))
        except TimeoutError as error:
            raise AmbiguousError("no answer in time", code="timeout") from error
        except UpstreamError:
            raise
        except Exception as error:
            # a mistake of ours: whether anything was sent cannot be told, so it is treated like a lost answer
            _log.exception("delivery failed unexpectedly", extra={"delivery": work.id})
            raise AmbiguousError("an unexpected failure; the log has the details", code="unexpected") from error

    async def _send(self, work: DeliveryWork) -> Outcome:
        return Sent(receipt=await self.destination.send(job_of(work)))

    async def _look(self, work: DeliveryWork) -> Outcome:
        return after_look(await self.destination.look_up(job_of(work)), work, self.shift.policy, now=self.shift.now())

    def _after(self, error: UpstreamError, work: DeliveryWork) -> Outcome:
        now, jitter = self.shift.now(), self.shift.chance.random()
        if not work.is_lookup:
            return after_failed_send(error, work, self.shift.policy, now=now, jitter=jitter)
        if isinstance(error, AmbiguousError):  # a look changes nothing: not knowing its end is no harm
            error = TemporaryError(str(error), code=error.code)
        return after_failed_look(error, work, self.shift.policy, now=now, jitter=jitter)

    def _fallback(self, work: DeliveryWork, outcome: Outcome) -> tuple[Target, ...]:
        """Where a lead goes when its own target is out of reach: the last rule's targets, so that it is seen."""
        if work.kind is not DeliveryKind.ALERT or not isinstance(outcome, Dead):
            return ()
        config = self.shift.live()
        is_test = work.lead is not None and work.lead.lead is not None and work.lead.lead.is_test
        then = config.test_leads.then if is_test and config.test_leads else config.rules[-1].then
        return tuple(target for target in (*then.post, *then.email) if target.address != work.target.address)

    def _notices(self, work: DeliveryWork, outcome: Outcome, error: UpstreamError | None) -> tuple[Notice, ...]:
        """What the operator hears. A notice that cannot be told here is told elsewhere, or not at all."""
        if work.kind is DeliveryKind.NOTICE and isinstance(outcome, Dead):
            return (notices.passed_on(work),)
        if work.kind in {DeliveryKind.NOTICE, DeliveryKind.PRIVATE} or work.is_refused:
            return ()
        if isinstance(outcome, Dead) and work.lead is not None and work.lead.state is LeadState.ERASED:
            return (notices.may_still_show(work, outcome),) if work.is_lookup else ()
        if isinstance(outcome, Dead):
            return (notices.dead_delivery(work, outcome, self.shift.now()),)
        if error is None or work.kind is not DeliveryKind.ALERT:
            return ()
        if isinstance(outcome, Again) and outcome.make_plain and isinstance(error, MalformedMessage):
            return (notices.plain_version(work, error),)
        if isinstance(outcome, Again) and outcome.is_possible_repeat and self.destination.name != "email":
            return (notices.cannot_look(work, error),)
        return ()


def job_of(work: DeliveryWork) -> Job:
    """What the destination needs to know of a delivery."""
    return Job(
        delivery=work.id,
        kind=work.kind,
        address=work.target.address,
        person=work.target.person,
        lead=work.lead,
        leads=work.leads,
        text=work.text,
        undo=work.undo,
        thread=work.thread,
        first_tried_at=work.first_tried_at,
        tried_at=work.tried_at,
        is_plain=work.is_plain,
        is_possible_repeat=work.is_possible_repeat,
    )


def _activity(work: DeliveryWork) -> str:
    if work.is_lookup:
        return "look"
    return "private" if work.kind is DeliveryKind.PRIVATE else "send"


def _log_outcome(work: DeliveryWork, outcome: Outcome, *, settled: bool) -> None:
    facts = {"delivery": work.id, "lead": work.lead.id if work.lead else "", "outcome": type(outcome).__name__.lower()}
    if isinstance(outcome, Sent):
        _log.info("delivered", extra=facts)
    elif isinstance(outcome, Dead):
        _log.error("delivery dead", extra={**facts, "error": outcome.error})
    else:
        _log.warning("delivery not done yet", extra={**facts, "error": outcome.error, "due_at": str(outcome.due_at)})
    if not settled:
        _log.warning("lease was lost before the outcome could be stored", extra=facts)
