"""The one access token: kept alive, warned of, given up, connected again. The store is a real one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from bot.core.connection import SCOPES, Grant, Renewal, TokenFacts
from bot.core.errors import OutageError, RejectedRequest, SignInNeeded, StoreUnavailable, TemporaryError, UpstreamError
from bot.core.retry import RetryPolicy
from bot.keys import Keyring
from bot.pipeline.connection import Connection
from bot.pipeline.shift import Bell, Shift
from bot.ports import Credentials
from bot.store.credentials import SqliteCredentials
from bot.store.database import Database
from bot.store.entries import Clerk
from bot.store.notice_board import SqliteNoticeBoard
from bot.store.pauses import SqlitePauses
from tests.clock import Clock
from tests.pipeline.builders import a_config

REDIRECT = "https://leads.example.com/linkedin/callback"
START = "https://leads.example.com/linkedin/connect"


@dataclass
class LinkedIn:
    """Gives tokens that are numbered. Whatever stands in `troubles` is raised first; `slow` holds renewals back."""

    clock: Clock
    refresh_token: str = "r3fr3sh"
    scopes: tuple[str, ...] = SCOPES
    life: timedelta | None = timedelta(days=60)
    refresh_life: timedelta | None = timedelta(days=365)
    facts: TokenFacts | UpstreamError = field(default_factory=lambda: TokenFacts(is_active=True, status="active"))
    troubles: list[UpstreamError] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    slow: asyncio.Event | None = None

    def consent_url(self, *, redirect_uri: str, state: str, scopes: Sequence[str]) -> str:
        return f"https://linkedin.example/consent?redirect_uri={redirect_uri}&state={state}"

    async def exchange(self, code: str, *, redirect_uri: str) -> Grant:
        self.asked.append(f"exchange {code} {redirect_uri}")
        self._trouble()
        now = self.clock()
        return Grant(
            access_token=f"access-{len(self.asked)}",
            expires_at=None if self.life is None else now + self.life,
            refresh_token=self.refresh_token,
            refresh_expires_at=None if self.refresh_life is None or not self.refresh_token else now + self.refresh_life,
            scopes=self.scopes,
            connected_at=now,
            obtained_at=now,
        )

    async def refresh(self, grant: Grant) -> Grant:
        self.asked.append(f"refresh {grant.access_token}")
        number = len(self.asked)
        if self.slow is not None:
            await self.slow.wait()
        self._trouble()
        now = self.clock()
        end = now + timedelta(days=60)
        if grant.refresh_expires_at is not None:
            end = min(end, grant.refresh_expires_at)
        return replace(grant, access_token=f"access-{number}", expires_at=end, obtained_at=now)

    async def introspect(self, token: str) -> TokenFacts:
        self.asked.append(f"introspect {token}")
        self._trouble()
        if isinstance(self.facts, UpstreamError):
            raise self.facts
        return self.facts

    def _trouble(self) -> None:
        if self.troubles:
            raise self.troubles.pop(0)

    def count(self, what: str) -> int:
        return sum(each.startswith(what) for each in self.asked)


@dataclass
class FullDisk:
    """Cannot store for a while."""

    credentials: SqliteCredentials
    is_full: bool = True

    async def load(self) -> Grant | None:
        return await self.credentials.load()

    async def save(self, grant: Grant, *, now: datetime) -> None:
        if self.is_full:
            raise StoreUnavailable("the database could not store it: the disk is full")
        await self.credentials.save(grant, now=now)

    async def reseal(self) -> None:
        await self.credentials.reseal()


DEAD = SignInNeeded("the sign-in has ended (invalid_grant)", code="invalid_grant", advice="Connect again.")
DOWN = TemporaryError("LinkedIn's sign-in server answered 503", code="503")
WRONG_SECRET = OutageError("wrong secret (invalid_client)", code="invalid_client", advice="Check the secret.")
REVOKED = TokenFacts(is_active=False, status="revoked")


class Office:
    """A connection with everything round it, which can be made anew as by a restart."""

    def __init__(self, database: Database, clerk: Clerk, clock: Clock) -> None:
        self.clock = clock
        self.database = database
        self.linkedin = LinkedIn(clock)
        self.credentials = SqliteCredentials(database, Keyring(["k" * 32]))
        self.pauses = SqlitePauses(database)
        self.rings = Bell(0)
        config = a_config()
        self.shift = Shift(
            live=lambda: config,
            now=clock,
            policy=RetryPolicy(),
            ring=self._ring,
            pauses=self.pauses,
            notice_board=SqliteNoticeBoard(database, clerk),
        )
        self.connection = self.made()

    def _ring(self, bell: Bell) -> None:
        self.rings |= bell

    def made(self, *, static_token: str = "", credentials: Credentials | None = None) -> Connection:
        return Connection(
            authority=self.linkedin,
            credentials=credentials or self.credentials,
            shift=self.shift,
            static_token=static_token,
            redirect_uri=REDIRECT,
            connect_url=START,
        )

    async def restart(self, **how: object) -> None:
        self.connection = self.made(**how)  # type: ignore[arg-type]  # passed on as they are
        await self.connection.load()

    async def connect(self, code: str = "code", **query: str) -> None:
        """Somebody follows the link, consents, and comes back."""
        state = state_of(self.connection.consent(self.connection.ticket()))
        await self.connection.finish({"state": state, "code": code, **query})

    async def pass_days(self, days: float, *, hours_between: int = 24) -> None:
        """Let time pass, with a sweep now and then."""
        end = self.clock() + timedelta(days=days)
        while self.clock() < end:
            self.clock.advance(hours=hours_between)
            await self.connection.keep()

    async def notices(self) -> list[str]:
        return await self.database.read(
            lambda tx: [
                str(row[0])
                for row in tx.execute("SELECT text FROM delivery WHERE kind = 'notice' ORDER BY rowid").fetchall()
            ]
        )

    async def stored(self) -> Grant:
        grant = await self.credentials.load()
        assert grant is not None
        return grant


def state_of(url: str) -> str:
    return url.rpartition("state=")[2]


@pytest.fixture
def office(database: Database, clerk: Clerk, clock: Clock) -> Office:
    return Office(database, clerk, clock)


# ── connecting ──


async def test_before_anybody_connects_there_is_no_token(office: Office) -> None:
    await office.connection.load()
    await office.connection.keep()

    assert office.connection.token() == ""
    assert await office.connection.renew() is Renewal.NONE
    assert office.linkedin.asked == []


async def test_a_consent_gives_a_token_that_survives_a_restart(office: Office) -> None:
    await office.connect("the-code")

    assert office.linkedin.asked == [f"exchange the-code {REDIRECT}"]
    assert office.connection.token() == "access-1"
    await office.restart()
    assert office.connection.token() == "access-1"


async def test_a_consent_wakes_the_leads_and_says_until_when_it_lasts(office: Office) -> None:
    await office.connect()

    assert Bell.LEADS in office.rings
    assert await office.notices() == [
        "LinkedIn is connected. Its access is renewed by itself until 23 Nov 2027; a warning comes 30 days before."
    ]


async def test_an_app_without_refresh_tokens_is_told_so(office: Office) -> None:
    office.linkedin.refresh_token = ""

    await office.connect()

    (said,) = await office.notices()
    assert "It lasts until 22 Jan 2027." in said
    assert "no way to renew it" in said


async def test_permissions_that_were_not_given_are_named(office: Office) -> None:
    office.linkedin.scopes = ("r_marketing_leadgen_automation", "r_ads", "rw_ads")

    await office.connect()

    assert "did not give the permission r_organization_admin, r_events" in (await office.notices())[0]


async def test_a_new_consent_ends_linkedins_wait(office: Office) -> None:
    await office.shift.heed(SignInNeeded("no token", code="no_token"), "linkedin")
    assert await office.pauses.is_closed("linkedin", now=office.clock())

    await office.connect()

    assert not await office.pauses.is_closed("linkedin", now=office.clock())


async def test_while_the_variable_is_set_its_token_wins_and_whoever_connects_is_told(office: Office) -> None:
    await office.restart(static_token=" from-the-environment ")

    await office.connect()

    assert office.connection.token() == "from-the-environment"
    assert "LINKEDIN_ACCESS_TOKEN is set and still wins" in (await office.notices())[0]
    await office.restart()
    assert office.connection.token() == "access-1"


# ── tickets, states, refusals ──


async def refused(office: Office, query: dict[str, str]) -> RejectedRequest:
    with pytest.raises(RejectedRequest) as rejected:
        await office.connection.finish(query)
    return rejected.value


def a_state(office: Office) -> str:
    return state_of(office.connection.consent_url())


async def test_a_ticket_is_good_once_and_for_fifteen_minutes(office: Office, clock: Clock) -> None:
    used, late = office.connection.ticket(), office.connection.ticket()
    office.connection.consent(used)
    clock.advance(minutes=15)

    for ticket in (used, late, "", "made-up"):
        with pytest.raises(RejectedRequest) as rejected:
            office.connection.consent(ticket)
        assert rejected.value.status == 403


@pytest.mark.parametrize("query", [{}, {"code": "x"}, {"state": "", "code": "x"}, {"state": "made-up", "code": "x"}])
async def test_an_answer_to_no_question_of_ours_is_refused(office: Office, query: dict[str, str]) -> None:
    a_state(office)

    rejected = await refused(office, query)

    assert rejected.status == 401
    assert office.linkedin.asked == []
    assert office.connection.refusal == "", "a stranger must not end somebody's waiting"


async def test_a_ticket_is_no_state(office: Office) -> None:
    assert (await refused(office, {"state": office.connection.ticket(), "code": "x"})).status == 401


async def test_a_state_is_good_once_and_for_half_an_hour(office: Office, clock: Clock) -> None:
    used, late = a_state(office), a_state(office)
    await office.connection.finish({"state": used, "code": "x"})
    clock.advance(minutes=30)

    assert (await refused(office, {"state": used, "code": "x"})).status == 401
    assert (await refused(office, {"state": late, "code": "x"})).status == 401
    assert office.linkedin.count("exchange") == 1


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"error": "user_cancelled_login"}, "You cancelled at LinkedIn"),
        ({"error": "user_cancelled_authorize", "code": "x"}, "You cancelled at LinkedIn"),
        ({"error": "unauthorized_scope_error"}, "under Products of the app"),
        ({"error": "<script>"}, "LinkedIn refused the sign-in"),
        ({}, "holds no code"),
        ({"code": ""}, "holds no code"),
    ],
)
async def test_a_refusal_is_friendly_and_uses_the_state_up(office: Office, query: dict[str, str], words: str) -> None:
    state = a_state(office)

    rejected = await refused(office, {"state": state, **query})

    assert rejected.status == 400
    assert words in rejected.reason
    assert "script" not in rejected.reason
    assert office.connection.refusal == rejected.reason
    assert (await refused(office, {"state": state, "code": "x"})).status == 401
    assert office.linkedin.asked == []


@pytest.mark.parametrize(("trouble", "status"), [(DEAD, 400), (DOWN, 502), (WRONG_SECRET, 502)])
async def test_a_code_that_gives_no_token_is_told_with_the_reason(
    office: Office, trouble: UpstreamError, status: int
) -> None:
    office.linkedin.troubles = [trouble]

    rejected = await refused(office, {"state": a_state(office), "code": "x"})

    assert rejected.status == status
    assert str(trouble) in rejected.reason
    assert office.connection.token() == ""
    assert await office.credentials.load() is None


async def test_a_sign_in_that_cannot_be_stored_does_not_count(office: Office) -> None:
    await office.restart(credentials=FullDisk(office.credentials))

    assert (await refused(office, {"state": a_state(office), "code": "x"})).status == 503
    assert office.connection.token() == ""


async def test_a_new_ticket_forgets_the_last_refusal(office: Office) -> None:
    await refused(office, {"state": a_state(office), "error": "user_cancelled_login"})

    office.connection.ticket()

    assert office.connection.refusal == ""


async def test_no_token_code_or_state_is_logged(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    state = a_state(office)
    await office.connection.finish({"state": state, "code": "c0de"})
    office.linkedin.troubles = [DOWN, DEAD]
    await office.connection.renew()
    office.clock.advance(days=56)
    await office.connection.keep()

    logged = " ".join(str(vars(record)) for record in caplog.records)
    for secret in (state, "c0de", "access-", "r3fr3sh"):
        assert secret not in logged


# ── renewing ──


async def test_it_is_renewed_five_days_ahead_and_stored(office: Office, clock: Clock) -> None:
    await office.connect()
    clock.advance(days=54, hours=23)
    await office.connection.keep()
    assert office.connection.token() == "access-1"

    clock.advance(hours=1)
    await office.connection.keep()

    assert office.connection.token() == "access-2"
    assert (await office.stored()).access_token == "access-2"
    assert (await office.stored()).connected_at == clock() - timedelta(days=55)


async def test_over_a_year_it_is_renewed_six_times_and_warned_of_at_the_end(office: Office) -> None:
    await office.connect()

    await office.pass_days(364, hours_between=6)

    assert office.linkedin.count("refresh") == 6
    said = await office.notices()
    assert [text.partition(", on ")[0] for text in said[1:]] == [
        f"The sign-in at LinkedIn ends {when}"
        for when in ("in 30 days", "in 14 days", "in 7 days", "in 3 days", "within a day")
    ]
    assert all("23 Nov 2027" in text for text in said)


async def test_where_the_consents_end_is_not_told_a_year_is_counted(office: Office) -> None:
    office.linkedin.refresh_life = None
    await office.connect()

    await office.pass_days(336)

    said = await office.notices()
    assert "until about 23 Nov 2027" in said[0]
    assert len(said) == 2


@pytest.mark.parametrize("trouble", [DOWN, WRONG_SECRET])
async def test_a_renewal_that_fails_for_now_keeps_the_old_token_to_its_end(
    office: Office, clock: Clock, trouble: UpstreamError
) -> None:
    await office.connect()
    clock.advance(days=55)
    office.linkedin.troubles = [trouble] * 200

    await office.pass_days(4.9, hours_between=1)
    assert office.connection.token() == "access-1"
    await office.pass_days(0.2, hours_between=1)
    assert office.connection.token() == ""

    office.linkedin.troubles = []
    await office.pass_days(0.1, hours_between=1)
    assert office.connection.token().startswith("access-")
    assert Bell.LEADS in office.rings


async def test_a_wrong_secret_is_told_at_once_and_a_passing_fault_only_when_time_gets_short(
    office: Office, clock: Clock
) -> None:
    await office.connect()
    clock.advance(days=55)
    office.linkedin.troubles = [*[DOWN] * 24 * 3]
    await office.pass_days(1.9, hours_between=1)
    assert len(await office.notices()) == 1
    await office.pass_days(1, hours_between=1)
    assert "could not be renewed: LinkedIn's sign-in server answered 503" in (await office.notices())[1]

    office.linkedin.troubles = []
    await office.connect()
    clock.advance(days=55)
    office.linkedin.troubles = [WRONG_SECRET] * 2
    await office.pass_days(0.2, hours_between=1)

    said = await office.notices()
    assert len(said) == 4
    assert "Check the secret." in said[3]


async def test_a_token_that_ended_while_nobody_ran_is_renewed_by_the_first_sweep(office: Office, clock: Clock) -> None:
    await office.connect()
    clock.advance(days=100)

    await office.restart()
    assert office.connection.token() == ""
    assert office.linkedin.count("refresh") == 0, "leads are accepted only after it, so it waits for nobody"
    await office.connection.keep()

    assert office.connection.token() == "access-2"
    assert len(await office.notices()) == 1


async def test_a_token_that_ended_while_nobody_ran_is_renewed_by_the_first_call(office: Office, clock: Clock) -> None:
    await office.connect()
    clock.advance(days=100)
    await office.restart()
    office.linkedin.slow = asyncio.Event()
    asking = [asyncio.ensure_future(office.connection.renew()) for _ in range(5)]
    while not office.linkedin.count("refresh"):
        await asyncio.sleep(0)

    office.linkedin.slow.set()

    assert await asyncio.gather(*asking) == [Renewal.RENEWED] * 5
    assert office.connection.token() == "access-2"
    assert office.linkedin.asked[1:] == ["refresh access-1"]


async def test_while_an_ended_token_cannot_be_renewed_linkedin_is_not_asked_at_the_pace_of_the_calls(
    office: Office, clock: Clock
) -> None:
    await office.connect()
    clock.advance(days=100)
    await office.restart()
    office.linkedin.troubles = [DOWN, DOWN]

    assert [await office.connection.renew() for _ in range(5)] == [Renewal.LATER] * 5
    assert office.linkedin.count("refresh") == 1
    clock.advance(seconds=30)
    assert await office.connection.renew() is Renewal.LATER
    assert office.linkedin.asked[1:] == ["refresh access-1"] * 2
    assert (await office.stored()).died_at is None


async def test_a_token_that_ended_and_cannot_be_renewed_asks_nobody_and_is_told(office: Office, clock: Clock) -> None:
    office.linkedin.refresh_token = ""
    await office.connect()
    clock.advance(days=100)
    await office.restart()

    assert await office.connection.renew() is Renewal.NONE

    assert office.linkedin.asked[1:] == []
    assert "the access of the connected account ended on 22 Jan 2027" in (await office.notices())[1]


async def test_a_new_token_that_cannot_be_stored_is_used_and_stored_later(office: Office, clock: Clock) -> None:
    await office.connect()
    disk = FullDisk(office.credentials)
    await office.restart(credentials=disk)
    clock.advance(days=55)
    await office.connection.keep()
    assert office.connection.token() == "access-2"
    assert (await office.stored()).access_token == "access-1"

    disk.is_full = False
    await office.connection.keep()

    assert (await office.stored()).access_token == "access-2"
    assert office.linkedin.count("refresh") == 1


async def test_a_death_between_linkedins_answer_and_the_store_loses_nothing(office: Office, clock: Clock) -> None:
    await office.connect()
    clock.advance(days=55)
    await office.restart(credentials=FullDisk(office.credentials))
    await office.connection.keep()
    assert (await office.stored()).access_token == "access-1"

    await office.restart()
    await office.connection.keep()

    assert (await office.stored()).access_token == "access-3"


# ── refused by the API ──


async def test_a_refused_token_is_renewed_once_however_many_ask(office: Office) -> None:
    await office.connect()
    office.linkedin.slow = asyncio.Event()
    asking = [asyncio.ensure_future(office.connection.renew()) for _ in range(20)]
    while not office.linkedin.count("refresh"):
        await asyncio.sleep(0)

    office.linkedin.slow.set()

    assert await asyncio.gather(*asking) == [Renewal.RENEWED] * 20
    assert office.linkedin.count("refresh") == 1
    assert office.connection.token() == "access-2"


async def test_new_tokens_that_are_refused_as_well_are_not_asked_for_at_the_pace_of_the_calls(
    office: Office, clock: Clock
) -> None:
    await office.connect()

    renewed = [await office.connection.renew() for _ in range(10)]

    assert renewed == [Renewal.RENEWED] + [Renewal.ALIVE] * 9
    assert office.linkedin.asked[1:] == ["refresh access-1", "introspect access-2"]
    clock.advance(seconds=30)
    assert await office.connection.renew() is Renewal.RENEWED


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [(REVOKED, Renewal.NONE), (DOWN, Renewal.ALIVE)],
    ids=["withdrawn at that moment", "not answered"],
)
async def test_a_new_token_that_is_refused_at_once_is_worth_what_linkedin_says(
    office: Office, clock: Clock, facts: TokenFacts | UpstreamError, verdict: Renewal
) -> None:
    await office.connect()
    await office.connection.renew()
    office.linkedin.facts = facts

    assert [await office.connection.renew() for _ in range(3)] == [verdict] * 3

    assert office.linkedin.count("introspect") == 1
    assert (await office.stored()).died_at is None, "the refresh token may be good"
    clock.advance(seconds=30)
    office.linkedin.troubles = [DEAD] if facts is REVOKED else []
    await office.connection.renew()
    assert office.linkedin.count("refresh") == 2
    assert office.connection.token() == ("" if facts is REVOKED else "access-4")


async def test_a_sweep_that_has_just_renewed_counts_for_the_calls(office: Office, clock: Clock) -> None:
    await office.connect()
    clock.advance(days=56)
    await office.connection.keep()

    assert await office.connection.renew() is Renewal.ALIVE

    assert office.linkedin.count("refresh") == 1


async def test_what_was_found_out_of_an_old_account_says_nothing_of_a_new_one(office: Office) -> None:
    office.linkedin.refresh_token, office.linkedin.facts = "", DOWN
    await office.connect()
    assert await office.connection.renew() is Renewal.NONE

    await office.connect()
    office.linkedin.facts = TokenFacts(is_active=True, status="active")

    assert await office.connection.renew() is Renewal.ALIVE


async def test_a_dead_refresh_token_ends_it_with_one_word_and_is_remembered(office: Office, clock: Clock) -> None:
    await office.connect()
    office.linkedin.troubles, office.linkedin.facts = [DEAD], REVOKED

    assert await office.connection.renew() is Renewal.NONE

    assert office.connection.token() == ""
    assert await office.pauses.is_closed("linkedin", now=clock())
    assert (await office.stored()).died_at == clock()
    # the caller's own error is the same outage
    await office.shift.heed(SignInNeeded("LinkedIn answered 401", code="401"), "linkedin")
    await office.pass_days(2, hours_between=1)
    await office.restart()
    await office.connection.keep()
    assert office.connection.token() == ""
    asked = len(office.linkedin.asked)
    assert await office.connection.renew() is Renewal.NONE
    assert len(office.linkedin.asked) == asked
    said = await office.notices()
    assert len(said) == 2
    assert "Leads are received and kept, but cannot be fetched: the sign-in has ended" in said[1]
    assert "Connect again." in said[1]
    assert office.linkedin.count("refresh") == 1, "nothing is called with a dead account"


async def test_after_its_death_a_new_consent_brings_it_back(office: Office, clock: Clock) -> None:
    await office.connect()
    office.linkedin.troubles, office.linkedin.facts = [DEAD], REVOKED
    await office.connection.renew()
    clock.advance(hours=1)

    await office.connect()

    assert office.connection.token() == "access-4"
    assert not await office.pauses.is_closed("linkedin", now=clock())
    assert (await office.stored()).died_at is None


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        (REVOKED, Renewal.NONE),
        (TokenFacts(is_active=False, status=""), Renewal.NONE),
        (TokenFacts(is_active=True, status="active"), Renewal.ALIVE),
        (DOWN, Renewal.NONE),
    ],
    ids=["revoked", "of another app", "active", "not answered"],
)
async def test_without_a_refresh_token_only_linkedins_own_word_ends_it(
    office: Office, clock: Clock, facts: TokenFacts | UpstreamError, verdict: Renewal
) -> None:
    office.linkedin.refresh_token, office.linkedin.facts = "", facts
    await office.connect()

    assert await asyncio.gather(*(office.connection.renew() for _ in range(10))) == [verdict] * 10

    is_dead = facts is REVOKED
    assert office.linkedin.count("introspect") == 1
    assert office.connection.token() == ("" if is_dead else "access-1")
    clock.advance(seconds=30)
    assert await office.connection.renew() is verdict
    assert office.linkedin.count("introspect") == (1 if is_dead else 2)
    assert len(await office.notices()) == (2 if is_dead else 1)


async def test_a_dead_refresh_token_does_not_take_a_token_that_still_works_with_it(
    office: Office, clock: Clock
) -> None:
    await office.connect()
    clock.advance(days=55)
    office.linkedin.troubles = [DEAD]

    await office.connection.keep()

    assert office.connection.token() == "access-1"
    assert "does not renew its access any more" in (await office.notices())[1]
    await office.pass_days(4, hours_between=1)
    assert office.connection.token() == "access-1"
    assert office.linkedin.count("refresh") == 1
    said = await office.notices()
    assert [text.partition(", on ")[0] for text in said[2:]] == [
        "LinkedIn's access ends in 3 days",
        "LinkedIn's access ends within a day",
    ]


async def test_a_call_that_is_refused_after_the_refresh_token_died_hears_that_the_token_still_works(
    office: Office,
) -> None:
    await office.connect()
    office.linkedin.troubles = [DEAD]

    assert [await office.connection.renew() for _ in range(3)] == [Renewal.ALIVE] * 3

    assert office.linkedin.asked[1:] == ["refresh access-1", "introspect access-1"]
    assert (await office.stored()).refresh_token == ""


@pytest.mark.parametrize("doubt", [WRONG_SECRET, DOWN])
async def test_a_refused_refresh_token_of_an_app_that_is_refused_as_well_is_not_given_up(
    office: Office, clock: Clock, doubt: UpstreamError
) -> None:
    await office.connect()
    clock.advance(days=55)
    office.linkedin.troubles, office.linkedin.facts = [DEAD, DEAD, DEAD], doubt
    await office.connection.renew()
    clock.advance(hours=1)
    await office.connection.keep()
    clock.advance(days=10)
    await office.connection.keep()
    assert (await office.stored()).died_at is None

    await office.restart()
    await office.connection.keep()

    assert office.connection.token() == f"access-{len(office.linkedin.asked)}"


async def test_a_consent_that_was_withdrawn_is_found_out_by_the_sweep(office: Office, clock: Clock) -> None:
    await office.connect()
    clock.advance(days=55)
    office.linkedin.troubles = [DEAD]
    office.linkedin.facts = REVOKED

    await office.connection.keep()

    assert office.connection.token() == ""
    assert len(await office.notices()) == 2


async def test_a_renewal_under_way_does_not_overwrite_a_new_consent(office: Office) -> None:
    await office.connect()
    office.linkedin.slow = asyncio.Event()
    renewing = asyncio.ensure_future(office.connection.renew())
    while not office.linkedin.count("refresh"):
        await asyncio.sleep(0)
    connecting = asyncio.ensure_future(office.connect("again"))
    await asyncio.wait({connecting}, timeout=0.05)  # if nothing held it back, it would end now and be overwritten

    office.linkedin.slow.set()
    await asyncio.gather(renewing, connecting)

    assert office.connection.token() == "access-3"
    assert (await office.stored()).access_token == "access-3"


# ── warnings ──


async def test_an_app_without_refresh_tokens_is_warned_14_7_3_1_days_ahead_and_then_ends(office: Office) -> None:
    office.linkedin.refresh_token = ""
    await office.connect()

    await office.pass_days(59.9, hours_between=1)
    said = await office.notices()
    assert [text.partition(", on ")[0] for text in said[1:]] == [
        f"LinkedIn's access ends {when}" for when in ("in 14 days", "in 7 days", "in 3 days", "within a day")
    ]
    assert all("leadbell linkedin connect" in text and "22 Jan 2027" in text for text in said[1:])

    await office.pass_days(3, hours_between=1)

    said = await office.notices()
    assert len(said) == 6
    assert "cannot be fetched: the access of the connected account ended on 22 Jan 2027" in said[5]
    assert office.connection.token() == ""


async def test_a_restart_repeats_no_warning_and_a_new_consent_begins_anew(office: Office, clock: Clock) -> None:
    office.linkedin.refresh_token = ""
    clock.advance(microseconds=123456)
    await office.connect()
    clock.advance(days=50)
    await office.connection.keep()
    await office.restart()
    await office.connection.keep()
    assert len(await office.notices()) == 2

    await office.connect()
    clock.advance(days=50)
    await office.connection.keep()

    assert len(await office.notices()) == 4


async def test_after_a_long_silence_only_the_nearest_step_is_told(office: Office, clock: Clock) -> None:
    office.linkedin.refresh_token = ""
    await office.connect()
    clock.advance(days=58)

    await office.connection.keep()

    assert [text.partition(", on ")[0] for text in (await office.notices())[1:]] == ["LinkedIn's access ends in 3 days"]


async def test_where_no_end_is_told_nobody_is_warned_and_it_goes_on(office: Office) -> None:
    office.linkedin.refresh_token, office.linkedin.life = "", None
    await office.connect()

    await office.pass_days(400)

    assert office.connection.token() == "access-1"
    assert len(await office.notices()) == 1


async def test_the_variables_token_is_looked_at_once_a_day_and_warned_of(office: Office, clock: Clock) -> None:
    await office.restart(static_token="mine")
    end = clock() + timedelta(days=10)
    office.linkedin.facts = TokenFacts(is_active=True, status="active", expires_at=end)

    await office.pass_days(2, hours_between=1)

    assert office.linkedin.asked == ["introspect mine"] * 2
    (said,) = await office.notices()
    assert "LINKEDIN_ACCESS_TOKEN ends in 14 days, on 3 Dec 2026" in said
    await office.pass_days(7.5, hours_between=1)
    assert len(await office.notices()) == 4


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        (TokenFacts(is_active=True, status="active"), Renewal.ALIVE),
        (REVOKED, Renewal.NONE),
        (DOWN, Renewal.NONE),
    ],
    ids=["active", "revoked", "not answered"],
)
async def test_linkedin_is_asked_about_a_refused_token_of_the_variable_at_most_twice_a_minute(
    office: Office, clock: Clock, facts: TokenFacts | UpstreamError, verdict: Renewal
) -> None:
    await office.connect()
    await office.restart(static_token="mine")
    office.linkedin.facts = facts

    assert await asyncio.gather(*(office.connection.renew() for _ in range(10))) == [verdict] * 10
    clock.advance(seconds=30)
    assert await office.connection.renew() is verdict

    assert office.linkedin.asked[1:] == ["introspect mine"] * 2
    assert office.connection.token() == "mine", "it is nobody's to give up"


async def test_a_failing_look_at_the_variables_token_is_harmless_and_repeated(office: Office) -> None:
    await office.restart(static_token="mine")
    office.linkedin.troubles = [DOWN, WRONG_SECRET]

    await office.pass_days(0.5, hours_between=1)

    assert office.linkedin.asked == ["introspect mine"] * 3
    assert await office.notices() == []
    assert office.connection.token() == "mine"


# ── the store ──


async def test_tokens_that_no_key_opens_are_told_and_count_as_none(office: Office) -> None:
    await office.connect()

    await office.restart(credentials=SqliteCredentials(office.database, Keyring(["another" * 5])))

    assert office.connection.token() == ""
    said = (await office.notices())[1]
    assert "Put the old key second in the list" in said
    await office.connect()
    assert office.connection.token() == "access-2"


@pytest.mark.parametrize("static_token", ["", "mine"])
async def test_after_one_start_with_a_new_key_the_old_one_can_go(office: Office, static_token: str) -> None:
    await office.connect()
    both, new = Keyring(["n" * 32, "k" * 32]), Keyring(["n" * 32])

    await office.restart(credentials=SqliteCredentials(office.database, both), static_token=static_token)
    await office.restart(credentials=SqliteCredentials(office.database, new))

    assert office.connection.token() == "access-1"
    assert len(await office.notices()) == 1


async def test_tokens_that_no_key_opens_are_nobodys_concern_while_the_variable_is_set(office: Office) -> None:
    await office.connect()

    await office.restart(credentials=SqliteCredentials(office.database, Keyring(["another" * 5])), static_token="mine")

    assert office.connection.token() == "mine"
    assert len(await office.notices()) == 1


async def test_a_sweep_on_a_database_that_is_closing_is_harmless(
    office: Office, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.connect()
    clock.advance(days=340)
    office.database._close()

    await office.connection.keep()

    assert office.connection.token() == "access-2"
