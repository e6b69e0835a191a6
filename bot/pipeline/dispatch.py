"""Step 2: a received lead is fetched, understood and routed; one transaction writes the decision and its deliveries."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from bot.config.model import Config
from bot.core.errors import NotFound, PermanentError, StoreError, TemporaryError, UpstreamError
from bot.core.facts import facts_of, facts_to_read
from bot.core.lead import UNFETCHED, Lead, LeadState
from bot.core.mapping import Spoken, is_named
from bot.core.retry import MAX_STARTS, after_failed_fetch, is_worth_telling, still_there
from bot.core.work import Deleted, DispatchOutcome, LeadWork, Leased, Notice, Postponed, Routed
from bot.pipeline import notices
from bot.pipeline.breaker import Breaker
from bot.pipeline.fingerprints import Fingerprints
from bot.pipeline.shift import LEASE_FOR, Bell, Shift
from bot.pipeline.timers import handling_of
from bot.ports import FetchedLead, LeadQueue, Source

_log = logging.getLogger(__name__)

#: The source's own deadlines are shorter; this one bounds whatever they forget. Shorter than the lease.
_FETCH_DEADLINE_SECONDS = 40

#: The code of a failure that is a mistake of ours, not LinkedIn's.
_OURS = "unexpected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatcher:
    """Works one leased lead at a time."""

    source: Source
    queue: LeadQueue
    shift: Shift
    breaker: Breaker
    fingerprints: Fingerprints
    upstream: str = "linkedin"
    deadline_seconds: float = _FETCH_DEADLINE_SECONDS
    spoken: Spoken = field(default_factory=Spoken)

    async def lease(self, limit: int) -> list[Leased[LeadWork]]:
        """What is due now."""
        return await self.queue.lease(limit=limit, now=self.shift.now(), keep_for=LEASE_FOR)

    async def run(self, leased: Leased[LeadWork]) -> None:
        """Bring one lead a step further. Raises StoreUnavailable when the outcome could not be stored."""
        work = leased.item
        if work.starts > MAX_STARTS:
            outcome: DispatchOutcome = _set_aside(work)
            answered = False
        else:
            outcome, answered = await self._dispatch(work)
        try:
            await self.queue.settle(leased, outcome, answered=answered, now=self.shift.now())
        except StoreError:
            raise
        except Exception:
            # one lead that cannot be written must not end the process and with it everybody else's
            _log.exception("lead could not be stored", extra={"lead": work.id})
            outcome = await self._failed(work, TemporaryError("storing it failed; the log has the details", code=_OURS))
            await self.queue.settle(leased, outcome, answered=False, now=self.shift.now())
        _log.info("lead dispatched", extra={"lead": work.id, "outcome": type(outcome).__name__.lower()})
        self.shift.ring(Bell.DELIVERIES)

    async def _dispatch(self, work: LeadWork) -> tuple[DispatchOutcome, bool]:
        try:
            fetched = FetchedLead(lead=work.fetched, raw=b"") if work.fetched else await self._fetch(work)
            if work.state not in UNFETCHED:
                return still_there(work, now=self.shift.now()), True
            return self._route(work, fetched), work.fetched is None
        except UpstreamError as error:
            if isinstance(error, NotFound) and work.doubted_deletion:
                return Deleted(), True
            return await self._failed(work, error), isinstance(error, PermanentError)
        except Exception:
            _log.exception("lead could not be handled", extra={"lead": work.id})
            return await self._failed(
                work, TemporaryError("handling it failed; the log has the details", code=_OURS)
            ), False

    async def _fetch(self, work: LeadWork) -> FetchedLead:
        try:
            async with asyncio.timeout(self.deadline_seconds):
                fetched = await self.source.fetch(work.response_id)
        except TimeoutError as error:
            raise TemporaryError("LinkedIn did not answer in time", code="timeout") from error
        except PermanentError:
            self.breaker.answered()
            raise
        self.breaker.answered()
        return fetched

    def _route(self, work: LeadWork, fetched: FetchedLead) -> Routed:
        config, lead = self.shift.live(), fetched.lead
        decision = config.router.decide(facts_of(lead, config.vocabulary), is_test=lead.is_test)
        source = config.vocabulary.sources.get((lead.owner, lead.lead_type), "")
        return Routed(
            lead=lead,
            raw=fetched.raw,
            decision=None if work.is_quiet else decision,
            source=source,
            form_nickname=config.vocabulary.forms.get(lead.form.id, ""),
            campaign_nickname=config.vocabulary.campaigns.get(lead.campaign.id, "") if lead.campaign else "",
            facts=dict(facts_to_read(lead, config.vocabulary)),
            config_version=config.version,
            handling=handling_of(config),
            fingerprints=() if work.is_quiet else self.fingerprints.of(lead),
            notices=tuple(_unknown(lead, source, config, self.spoken)),
        )

    async def _failed(self, work: LeadWork, error: UpstreamError) -> Postponed:
        postponed = after_failed_fetch(
            error, work, self.shift.policy, now=self.shift.now(), jitter=self.shift.chance.random()
        )
        facts = {"lead": work.id, "error": postponed.error, "due_at": str(postponed.due_at)}
        _log.warning("lead not fetched", extra=facts)
        is_theirs = error.code != _OURS
        if is_theirs:
            await self.shift.heed(error, self.upstream, "leads")
            await self.breaker.failed(error)
        if is_theirs and not work.is_unsigned and is_worth_telling(error, work.first_tried_at, now=self.shift.now()):
            await self.shift.tell(notices.waiting(self.upstream, error, self.shift.now()))
        if postponed.state is LeadState.PARKED and not work.is_unsigned:
            return replace(postponed, notices=(notices.parked(work, error, self.shift.now()),))
        return postponed


def _unknown(lead: Lead, source: str, config: Config, spoken: Spoken) -> Iterator[Notice]:
    """Words to the operator about what the file does not name, each with what to write into it."""
    if not source:
        yield notices.unknown_source(lead.owner, lead.lead_type)
    words = config.vocabulary
    for kind, thing, nicknames in (("form", lead.form, words.forms), ("campaign", lead.campaign, words.campaigns)):
        if thing is None or not thing.id or thing.id in nicknames:
            continue
        if not is_named(kind, thing, spoken.of(config.rules)):
            yield notices.unmapped(kind, thing)


def _set_aside(work: LeadWork) -> Postponed:
    return Postponed(
        state=LeadState.PARKED,
        due_at=None,
        error="its handling ended the process again and again",
        notices=(notices.poison_lead(work),),
    )
