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

from bot.core.connection import (
    ACCESS_STEPS,
    ADVICE_CONNECT,
    CONSENT_STEPS,
    SCOPES,
    Grant,
    TokenFacts,
    day,
    warning_step,
)
from bot.core.errors import (
    OutageError,
    RejectedRequest,
    SignInNeeded,
    StoreError,
    StoreUnavailable,
    UnusableDatabase,
    UpstreamError,
)
from bot.pipeline.notices import connection as words
from bot.pipeline.shift import Bell, Shift
from bot.pipeline.tickets import Tickets
from bot.ports import Authority, Credentials

_log = logging.getLogger(__name__)

_UPSTREAM = "linkedin"

#: A printed link and a begun sign-in are good for so long; LinkedIn's own code lives for 30 minutes.
TICKET_LIFE, STATE_LIFE = timedelta(minutes=15), timedelta(minutes=30)

#: Tokens that are refused as soon as they come are not asked for at the pace of the calls.
_RENEWAL_GAP = timedelta(seconds=30)

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
        self._static_facts: TokenFacts | None = None
        self._static_asked_at: datetime | None = None
        self._grant: Grant | None = None
        self._is_unsaved = False
        self._renewal_asked_at: datetime | None = None
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
        """Take over what is stored; a token that ended while nobody ran is renewed at once. Raises StoreError.

        Stored tokens that no key opens are told and count as none: leads must be received all the same.
        """
        if self._static_token:
            return
        try:
            self._grant = await self._credentials.load()
        except (StoreUnavailable, UnusableDatabase):
            raise
        except StoreError as error:  # no key opens it
            _log.error("connection cannot be read", extra={"error": str(error)})
            await self._shift.tell(words.unreadable(str(error), self._shift.now()))
        if self._grant is not None and not self.token():
            await self._keep_grant()

    async def renew(self) -> bool:
        """LinkedIn refused the token: get another one. True = `token()` is another one now.

        One at a time; whoever waited for another's renewal takes its result.
        """
        refused = self.token()
        async with self._one_at_a_time:
            if self.token() != refused:
                return bool(self.token())
            grant, now = self._grant, self._shift.now()
            if self._static_token or grant is None or grant.died_at or self._has_just_asked(now):
                return False
            self._renewal_asked_at = now
            if grant.can_renew(now):
                return await self._refresh(grant, is_refused=True)
            if await self._is_over(grant):
                await self._bury(
                    grant, SignInNeeded("the access token has ended or was withdrawn", advice=ADVICE_CONNECT)
                )
            return False

    async def keep(self) -> None:
        """The hourly sweep: renew early, warn ahead, give up what has ended. Idempotent; raises nothing expected."""
        try:
            if self._static_token:
                await self._watch_static_token()
            else:
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
            self._grant, self._is_unsaved, self._renewal_asked_at = grant, False, None
            return grant

    # ── keeping a grant; everything here is called with the lock held ──

    async def _keep_grant(self) -> None:
        async with self._one_at_a_time:
            now, grant = self._shift.now(), self._grant
            if grant is None or grant.died_at:
                return
            if self._is_unsaved:
                await self._save(grant)
            if grant.is_due(now) or (not grant.is_alive(now) and grant.can_renew(now)):
                await self._refresh(grant, is_refused=False)
            elif not grant.is_alive(now):
                ended = f"the access of the connected account ended on {day(grant.expires_at or now)}"
                await self._bury(grant, SignInNeeded(ended, code="ended", advice=ADVICE_CONNECT))

    async def _refresh(self, grant: Grant, *, is_refused: bool) -> bool:
        """Whether there is a new token. `is_refused`: LinkedIn no longer takes the old one, else it is kept."""
        try:
            fresh = await self._authority.refresh(grant)
        except SignInNeeded as error:
            await self._lose(grant, error, is_refused=is_refused)
            return False
        except UpstreamError as error:
            _log.warning("renewal failed", extra={"code": error.code, "error": str(error)})
            await self._tell_of_failure(grant, error)
            return False
        # Dying here loses only the new token: the old refresh token stays valid, so the next start asks again.
        await self._save(fresh)
        _log.info("linkedin access renewed")
        if not grant.is_alive(self._shift.now()):
            self._shift.ring(Bell.LEADS)
        return True

    async def _save(self, grant: Grant) -> None:
        """Use it, and store it; what cannot be stored now is used all the same and stored by a later sweep."""
        self._grant, self._is_unsaved = grant, True
        try:
            await self._credentials.save(grant, now=self._shift.now())
        except StoreError as error:
            _log.error("connection not stored", extra={"error": str(error)})
        else:
            self._is_unsaved = False

    async def _lose(self, grant: Grant, error: SignInNeeded, *, is_refused: bool) -> None:
        """The refresh token is refused. LinkedIn uses one word for a dead one and for a wrong client id, so it is asked
        about the access token as well: where that is not answered, nothing is given up yet.

        An access token that still works is used to its end: no lead waits for that.
        """
        try:
            facts = await self._authority.introspect(grant.access_token)
        except UpstreamError as doubt:
            _log.warning("refresh token refused, and no word about the access token", extra={"code": doubt.code})
            await self._tell_of_failure(grant, doubt)
            return
        if facts.is_over or not grant.is_alive(self._shift.now()) or (is_refused and not facts.is_active):
            await self._bury(grant, error)
            return
        _log.error("refresh token refused", extra={"code": error.code})
        await self._save(replace(grant, refresh_token="", refresh_expires_at=None))
        step = warning_step(grant.expires_at, ACCESS_STEPS, self._shift.now()) or ACCESS_STEPS[0]
        await self._shift.tell(words.not_renewable(grant, error, step))

    async def _bury(self, grant: Grant, error: SignInNeeded) -> None:
        """Nothing is called with it any more. The word to the operator is the outage's, so that it is said once."""
        _log.error("connection is dead", extra={"code": error.code})
        await self._save(replace(grant, died_at=self._shift.now()))
        await self._shift.heed(error, _UPSTREAM)

    async def _is_over(self, grant: Grant) -> bool:
        """Whether LinkedIn says for certain that the access token is dead; a failing question is no certainty."""
        with suppress(UpstreamError):
            return (await self._authority.introspect(grant.access_token)).is_over
        return False

    async def _tell_of_failure(self, grant: Grant, error: UpstreamError) -> None:
        """A fault in the set-up is told at once, a passing one when time gets short."""
        now, end = self._shift.now(), grant.expires_at
        is_short = end is not None and end - now <= _WORRY
        if grant.is_alive(now) and (isinstance(error, OutageError) or is_short):
            await self._shift.tell(words.renewal_fails(grant, error))

    def _has_just_asked(self, now: datetime) -> bool:
        asked_at = self._renewal_asked_at
        return asked_at is not None and asked_at <= now < asked_at + _RENEWAL_GAP

    # ── warnings ──

    async def _warn(self) -> None:
        grant, now = self._grant, self._shift.now()
        if grant is None or grant.died_at:
            return
        if grant.refresh_token:
            if step := warning_step(grant.sign_in_by, CONSENT_STEPS, now):
                await self._shift.tell(words.consent_ends(grant, step))
        elif step := warning_step(grant.expires_at, ACCESS_STEPS, now):
            await self._shift.tell(words.access_ends(grant, step))

    async def _watch_static_token(self) -> None:
        """Nobody told us when it ends, so LinkedIn is asked once a day."""
        now = self._shift.now()
        if self._static_asked_at is None or now - self._static_asked_at >= _STATIC_TOKEN_CHECK:
            try:
                self._static_facts = await self._authority.introspect(self._static_token)
                self._static_asked_at = now
            except UpstreamError as error:
                _log.info("access token not looked at", extra={"code": error.code, "error": str(error)})
        facts = self._static_facts
        end = facts.expires_at if facts is not None else None
        step = warning_step(end, ACCESS_STEPS, now)
        if end is not None and step is not None:
            await self._shift.tell(words.static_token_ends(end, step))


def code_of(query: Mapping[str, str]) -> str:
    """The code in LinkedIn's answer, whose state has been checked. Raises RejectedRequest(400), friendly."""
    error = query.get("error", "")
    if error in {"user_cancelled_login", "user_cancelled_authorize"}:
        raise RejectedRequest(
            400, "You cancelled at LinkedIn, so nothing was changed. To connect, run `leadbell linkedin connect` again."
        )
    if error == "unauthorized_scope_error":
        raise RejectedRequest(
            400,
            "Your LinkedIn app may not ask for all the permissions that Leadbell can use. Add Lead Sync, Advertising "
            "and Events under Products of the app, wait until LinkedIn has approved them, then connect again; or do it "
            "without one of them, such as `leadbell linkedin connect --without r_events`.",
        )
    if error:
        raise RejectedRequest(400, "LinkedIn refused the sign-in. Run `leadbell linkedin connect` again.")
    code = query.get("code", "")
    if not code:
        raise RejectedRequest(400, "LinkedIn's answer holds no code. Run `leadbell linkedin connect` again.")
    return code


async def exchanged(authority: Authority, code: str, *, redirect_uri: str) -> Grant:
    """The tokens for a code. Raises RejectedRequest, its reason for people: 400 start again, 502 LinkedIn failed."""
    try:
        return await authority.exchange(code, redirect_uri=redirect_uri)
    except UpstreamError as error:
        status = 400 if isinstance(error, SignInNeeded) else 502
        advice = error.advice or "Try again in a few minutes with `leadbell linkedin connect`."
        raise RejectedRequest(status, f"LinkedIn gave no access: {error}. {advice}") from error
