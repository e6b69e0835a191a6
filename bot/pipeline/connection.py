"""The one LinkedIn access token of the process: consented to, kept alive by one refresher, warned of, given up.

A dead token pauses LinkedIn like any outage: leads are received and kept, one word goes to the operator, and the next
consent ends the wait.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.connection import ADVICE_CONNECT, SCOPES, Grant, Renewal, TokenFacts, day
from bot.core.errors import (
    OutageError,
    RejectedRequest,
    SignInNeeded,
    StoreError,
    StoreUnavailable,
    TemporaryError,
    UnusableDatabase,
    UpstreamError,
)
from bot.pipeline.consent import code_of, exchanged
from bot.pipeline.notices import connection as words
from bot.pipeline.shift import Bell, Shift
from bot.pipeline.tickets import Tickets
from bot.ports import Authority, Credentials

_log = logging.getLogger(__name__)

_UPSTREAM = "linkedin"

#: A printed link and a begun sign-in are good for so long; LinkedIn's own code lives for 30 minutes.
TICKET_LIFE, STATE_LIFE = timedelta(minutes=15), timedelta(minutes=30)

#: What was found out about a refused token holds for so long: LinkedIn is not asked at the pace of the calls.
_VERDICT_LIFE = timedelta(seconds=30)
_PASSING_LIFE = timedelta(seconds=2)

#: A passing failure to renew is worth a word when so little is left.
_WORRY = timedelta(days=3)

_STATIC_TOKEN_CHECK = timedelta(days=1)


class Connection:
    """See the module. Made once; every method may be called from many tasks at once."""

    def __init__(
        self,
        *,
        authority: Authority,
        credentials: Credentials,
        shift: Shift,
        static_token: str,
        redirect_uri: str,
        connect_url: str,
    ) -> None:
        """`static_token`: LINKEDIN_ACCESS_TOKEN, wins when set. `redirect_uri`, `connect_url`: whole addresses."""
        self.redirect_uri = redirect_uri
        self.connect_url = connect_url
        self._authority = authority
        self._credentials = credentials
        self._shift = shift
        self._static_token = static_token.strip()
        self._static_end: datetime | None = None
        self._static_asked_at: datetime | None = None
        self._grant: Grant | None = None
        self._is_unsaved = False
        self._verdict: tuple[datetime, Renewal] | None = None  #: and when it was found
        self._one_at_a_time = asyncio.Lock()
        self._tickets = Tickets[Sequence[str]](keep_for=TICKET_LIFE, now=shift.now)
        self._states = Tickets[Sequence[str]](keep_for=STATE_LIFE, now=shift.now)
        self._refusal = ""

    # ── the token ──

    def token(self) -> str:
        """The access token to call with; "" = there is none that is alive, so nothing may be called."""
        if self._static_token:
            return self._static_token
        grant = self._grant
        return grant.access_token if grant is not None and grant.is_alive(self._shift.now()) else ""

    async def load(self) -> None:
        """Take over what is stored, asking nobody: `keep` and `renew` do that. Raises StoreError.

        What an older key sealed is sealed with the first one, so that after one start the older one may go. Stored
        tokens that no key opens are told and count as none: leads must be received all the same.
        """
        try:
            await self._credentials.reseal()
            self._grant = await self._credentials.load()
        except (StoreUnavailable, UnusableDatabase):
            raise
        except StoreError as error:  # no key opens it
            _log.error("connection cannot be read", extra={"error": str(error)})
            if not self._static_token:
                await self._shift.tell(words.unreadable(str(error), self._shift.now()))

    async def renew(self) -> Renewal:
        """LinkedIn refused `token()`, or there is none: get another one, or find out what it is worth.

        One at a time, and at most one refresh or question in 30 seconds, in 2 where it failed in passing; whoever asks
        meanwhile takes its result.
        """
        refused = self.token()
        async with self._one_at_a_time:
            if self.token() != refused:
                return Renewal.RENEWED if self.token() else Renewal.NONE
            verdict = self._fresh_verdict()
            if verdict in {None, Renewal.RENEWED}:
                verdict = self._found(await self._find_out(refused, is_new=verdict is Renewal.RENEWED))
            return verdict

    async def keep(self) -> None:
        """The hourly sweep: renew early, warn ahead, give up what has ended. Idempotent; raises nothing expected."""
        try:
            if self._static_token:
                await self._watch_static_token()
            else:
                async with self._one_at_a_time:
                    await self._keep_grant()
                await self._warn()
        except StoreError as error:
            _log.warning("connection not kept", extra={"error": str(error)})

    # ── the consent ──

    def ticket(self, scopes: Sequence[str] = SCOPES) -> str:
        """A ticket for the address that begins the consent to `scopes`: 15 minutes, one use."""
        self._refusal = ""
        return self._tickets.make(scopes)

    def consent(self, ticket: str) -> str:
        """Where to send whoever came with a ticket. Raises RejectedRequest(403) for any but a good one."""
        scopes = self._tickets.take(ticket)
        if scopes is None:
            raise RejectedRequest(
                403, "This link was used already, or is older than 15 minutes. Run `leadbell linkedin connect` again."
            )
        return self.consent_url(scopes)

    def consent_url(self, scopes: Sequence[str] = SCOPES) -> str:
        """LinkedIn's page that asks for the consent. Its answer is accepted once, for 30 minutes."""
        state = self._states.make(scopes)
        return self._authority.consent_url(redirect_uri=self.redirect_uri, state=state, scopes=scopes)

    async def finish(self, query: Mapping[str, str]) -> None:
        """What LinkedIn sent the browser back with: check it, get the tokens, keep them, go on.

        Raises RejectedRequest with a reason for people: 401 an unknown state, 400 no consent or a bad code, 502
        LinkedIn did not do it, 503 it could not be stored.
        """
        if self._states.take(query.get("state", "")) is None:
            raise RejectedRequest(
                401,
                "This sign-in was not begun here, was finished already, or took longer than 30 minutes. "
                "Run `leadbell linkedin connect` again.",
            )
        try:
            grant = await self._connect(code_of(query))
        except RejectedRequest as rejected:
            self._refusal = rejected.reason
            raise
        _log.info("linkedin connected", extra={"scopes": len(grant.scopes)})
        self._shift.ring(Bell.LEADS)
        with suppress(StoreError):  # it is connected, whoever hears of it
            await self._shift.tell(words.connected(grant, static_token_wins=bool(self._static_token)))

    @property
    def connected_at(self) -> datetime | None:
        """When the account was connected that is known now; None = none."""
        return self._grant.connected_at if self._grant else None

    @property
    def refusal(self) -> str:
        """Why the last sign-in that was begun here came to nothing; "" = it did not, or not yet."""
        return self._refusal

    def remarks(self) -> Sequence[str]:
        """What whoever has just connected should know, in sentences."""
        if self._grant is None:
            return ()
        return words.remarks(self._grant, static_token_wins=bool(self._static_token))

    async def _connect(self, code: str) -> Grant:
        async with self._one_at_a_time:  # a renewal of the old grant must not end up over the new one
            grant = await exchanged(self._authority, code, redirect_uri=self.redirect_uri)
            try:
                await self._credentials.save(grant, now=self._shift.now())
            except StoreError as error:
                raise RejectedRequest(503, f"The sign-in could not be stored: {error}. Connect again.") from error
            self._grant, self._is_unsaved, self._verdict = grant, False, None
            return grant

    # ── keeping a grant; everything here is called with the lock held ──

    async def _find_out(self, refused: str, *, is_new: bool) -> Renewal:
        """See `renew`. `is_new`: LinkedIn has only just given the token, so another one is not asked for."""
        grant = self._grant
        if self._static_token:
            facts = await self._facts(self._static_token)
            return facts.renewal if isinstance(facts, TokenFacts) else Renewal.NONE
        if grant is None or grant.died_at:
            return Renewal.NONE
        if not refused:  # it has ended
            return await self._keep_grant()
        if grant.can_renew(self._shift.now()) and not is_new:
            return await self._refresh(grant, is_refused=True)
        return await self._inquire(grant, is_new=is_new)

    async def _keep_grant(self) -> Renewal:
        now, grant = self._shift.now(), self._grant
        if grant is None or grant.died_at:
            return Renewal.NONE
        if self._is_unsaved:
            await self._save(grant)
        if grant.is_due(now) or (not grant.is_alive(now) and grant.can_renew(now)):
            return self._found(await self._refresh(grant, is_refused=False))
        if not grant.is_alive(now):
            ended = f"the access of the connected account ended on {day(grant.expires_at or now)}"
            await self._bury(grant, SignInNeeded(ended, code="ended", advice=ADVICE_CONNECT))
            return Renewal.NONE
        return Renewal.ALIVE

    async def _refresh(self, grant: Grant, *, is_refused: bool) -> Renewal:
        """Get a new token. `is_refused`: LinkedIn no longer takes the old one, else it is kept."""
        try:
            fresh = await self._authority.refresh(grant)
        except SignInNeeded as error:
            return await self._lose(grant, error, is_refused=is_refused)
        except UpstreamError as error:
            _log.warning("renewal failed", extra={"code": error.code, "error": str(error)})
            await self._tell_of_failure(grant, error)
            return Renewal.LATER if isinstance(error, TemporaryError) else Renewal.NONE
        # Dying here loses only the new token: the old refresh token stays valid, so the next start asks again.
        await self._save(fresh)
        _log.info("linkedin access renewed")
        if not grant.is_alive(self._shift.now()):
            self._shift.ring(Bell.LEADS)
        return Renewal.RENEWED

    async def _save(self, grant: Grant) -> None:
        """Use it, and store it; what cannot be stored now is used all the same and stored by a later sweep."""
        self._grant, self._is_unsaved = grant, True
        try:
            await self._credentials.save(grant, now=self._shift.now())
        except StoreError as error:
            _log.error("connection not stored", extra={"error": str(error)})
        else:
            self._is_unsaved = False

    async def _lose(self, grant: Grant, error: SignInNeeded, *, is_refused: bool) -> Renewal:
        """The refresh token is refused. LinkedIn uses one word for a dead one and for a wrong client id, so it is asked
        about the access token as well: where that is not answered, nothing is given up yet.

        An access token that still works is used to its end: no lead waits for that.
        """
        facts = await self._facts(grant.access_token)
        if isinstance(facts, UpstreamError):
            await self._tell_of_failure(grant, facts)
        elif facts.is_over or not grant.is_alive(self._shift.now()) or (is_refused and not facts.is_active):
            await self._bury(grant, error)
        else:
            _log.error("refresh token refused", extra={"code": error.code})
            await self._save(replace(grant, refresh_token="", refresh_expires_at=None))
            await self._shift.tell(words.not_renewable(grant, error, self._shift.now()))
            return facts.renewal
        return Renewal.NONE

    async def _bury(self, grant: Grant, error: SignInNeeded) -> None:
        """Nothing is called with it any more. The word to the operator is the outage's, so that it is said once."""
        _log.error("connection is dead", extra={"code": error.code})
        await self._save(replace(grant, died_at=self._shift.now()))
        await self._shift.heed(error, _UPSTREAM)

    async def _inquire(self, grant: Grant, *, is_new: bool) -> Renewal:
        """What the refused token is worth; one that LinkedIn has only just given is good unless it says no."""
        facts = await self._facts(grant.access_token)
        if isinstance(facts, UpstreamError):
            return Renewal.ALIVE if is_new else Renewal.NONE
        if facts.is_over and not grant.can_renew(self._shift.now()):
            await self._bury(grant, SignInNeeded("the access token has ended or was withdrawn", advice=ADVICE_CONNECT))
        return facts.renewal

    async def _facts(self, token: str) -> TokenFacts | UpstreamError:
        """What LinkedIn says of a token, or why it said nothing."""
        try:
            return await self._authority.introspect(token)
        except UpstreamError as error:
            _log.info("access token not looked at", extra={"code": error.code, "error": str(error)})
            return error

    async def _tell_of_failure(self, grant: Grant, error: UpstreamError) -> None:
        """A fault in the set-up is told at once, a passing one when time gets short."""
        now, end = self._shift.now(), grant.expires_at
        is_short = end is not None and end - now <= _WORRY
        if grant.is_alive(now) and (isinstance(error, OutageError) or is_short):
            await self._shift.tell(words.renewal_fails(grant, error))

    def _found(self, verdict: Renewal) -> Renewal:
        self._verdict = self._shift.now(), verdict
        return verdict

    def _fresh_verdict(self) -> Renewal | None:
        """What was found out a moment ago; RENEWED = `token()` is the new one."""
        if self._verdict is None:
            return None
        found_at, verdict = self._verdict
        life = _PASSING_LIFE if verdict is Renewal.LATER else _VERDICT_LIFE
        return verdict if found_at <= self._shift.now() < found_at + life else None

    # ── warnings ──

    async def _warn(self) -> None:
        grant = self._grant
        if grant is not None and not grant.died_at and (warning := words.ends_soon(grant, self._shift.now())):
            await self._shift.tell(warning)

    async def _watch_static_token(self) -> None:
        """Nobody told us when it ends, so LinkedIn is asked once a day."""
        now = self._shift.now()
        if self._static_asked_at is None or now - self._static_asked_at >= _STATIC_TOKEN_CHECK:
            facts = await self._facts(self._static_token)
            if isinstance(facts, TokenFacts):
                self._static_end, self._static_asked_at = facts.expires_at, now
        if warning := words.static_token_ends(self._static_end, now):
            await self._shift.tell(warning)
