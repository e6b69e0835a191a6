"""Who is who: the file's people and their Slack user ids, found by e-mail and remembered."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

from bot.core.errors import (
    BotError,
    NotFound,
    OutageError,
    RateLimited,
    TargetError,
    TemporaryError,
    UpstreamError,
)
from bot.core.people import People
from bot.destinations.slack.api import Answer, SlackApi, next_page, object_of, objects_of, text_of
from bot.destinations.slack.card import Faces, is_user_id

_log = logging.getLogger(__name__)

#: How long an address that Slack did not know is not asked about again.
FORGET_MISSES_AFTER = timedelta(minutes=10)
#: After a failed round the next one waits so long, twice as long each time, up to the longest.
SHORTEST_WAIT, LONGEST_WAIT = timedelta(seconds=2), timedelta(minutes=1)
#: When nothing failed: people join, leave and become guests.
LOOK_AGAIN_EVERY = timedelta(hours=1)
_MOST_PAGES_OF_MEMBERS = 20
#: Failures that the next address would meet as well.
_NOBODY_CAN_BE_ASKED = frozenset({"missing_scope", "timeout", "unreachable"})


class Remembers(Protocol):
    """Keeps e-mail -> Slack user id across restarts, so that buttons know people while Slack is down."""

    async def load(self) -> dict[str, str]:
        """Everything that was remembered."""
        ...

    async def remember(self, email: str, user_id: str) -> None:
        """Keep it; a later id for the same address replaces the earlier. Raises StoreError."""
        ...


class Directory:
    """E-mail address <-> Slack user id for everybody under `people:`. Reads from memory never wait for Slack.

    Where the file names nobody: who is a full member of the workspace.
    """

    def __init__(
        self,
        *,
        api: SlackApi,
        people: Callable[[], People],
        remembers: Remembers,
        now: Callable[[], datetime],
        shortest_wait: timedelta = SHORTEST_WAIT,
        look_again_every: timedelta = LOOK_AGAIN_EVERY,
    ) -> None:
        self._api = api
        self._people = people
        self._remembers = remembers
        self._now = now
        self._shortest_wait = shortest_wait
        self._look_again_every = look_again_every
        self._ids: dict[str, str] = {}  # lower-case address -> user id
        self._misses: dict[str, datetime] = {}
        self._members: set[str] = set()
        self._answers_again = asyncio.Event()  # about somebody, after a round that failed
        self._tasks: asyncio.TaskGroup | None = None  # who asks about single users, while `prepare` runs
        self._asked: dict[str, asyncio.Task[None]] = {}  # user id -> the question under way

    async def prepare(self) -> None:
        """Load what was remembered, look everybody up, and again with growing waits until nobody is missing.

        Runs until it is cancelled, because people come and go. Slack's failures and the store's never leave it.
        """
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            try:
                await self._load()
                await self._keep_looking()
            finally:
                self._tasks = None

    async def user_id(self, address: str) -> str:
        """The user id of `address`, itself an id or an e-mail address.

        Raises TargetError when Slack knows nobody by it, other UpstreamErrors when it cannot be asked.
        """
        if is_user_id(address):
            return address
        key = address.lower()
        if key not in self._ids:
            self._ids[key] = await self._look_up(key)
        return self._ids[key]

    def person_of(self, user_id: str) -> str:
        """The name under `people:` of a Slack user, "" when the file does not know them."""
        return next((name for name, user in self.faces().ids.items() if user == user_id), "")

    def faces(self) -> Faces:
        """The file's people with the user ids that are known now."""
        people = self._people()
        known = {name: self._known_id(person.slack) for name, person in people.by_name.items()}
        return Faces(people=people, ids={name: user for name, user in known.items() if user})

    def is_outsider(self, user_id: str) -> bool:
        """Where the file names nobody: whether this is a guest, a bot, or anybody not known to be a full member.

        In a file with people it does not matter who is a member: never True.
        """
        return not self._people().by_name and user_id not in self._members

    def may_learn_about(self, user_id: str) -> bool:
        """Whether asking Slack about this user could tell something that is not known yet."""
        people = self._people().by_name
        if not people:
            return user_id not in self._members
        return bool(self._without_id()) and not self.person_of(user_id)

    async def ask_about(self, user_id: str, *, within: timedelta) -> None:
        """Have Slack asked who this is, and wait for the answer at most `within`; a later answer is kept as well.

        The call is a task of `prepare`, so whoever waits may stop waiting. Never raises for what Slack does; does
        nothing while `prepare` is not running.
        """
        task = self._asked.get(user_id)
        if task is None:
            if self._tasks is None:
                return
            task = self._asked[user_id] = self._tasks.create_task(self._learn(user_id), name="slack user")
            task.add_done_callback(lambda _: self._asked.pop(user_id, None))
        await asyncio.wait({task}, timeout=within.total_seconds())

    def _known_id(self, address: str) -> str:
        return address if is_user_id(address) else self._ids.get(address.lower(), "")

    def _without_id(self) -> list[str]:
        """The lower-case addresses under `people:` that no user id is known of."""
        addresses = (person.slack for person in self._people().by_name.values())
        return [address.lower() for address in addresses if address and not self._known_id(address)]

    async def _load(self) -> None:
        try:
            self._ids.update(await self._remembers.load())
        except BotError:
            _log.warning("slack people not loaded", exc_info=True)

    async def _keep_looking(self) -> None:
        failures = 0
        while True:
            failure = await (self._find_people() if self._people().by_name else self._list_members())
            if failure is None:
                failures = 0
                await asyncio.sleep(self._look_again_every.total_seconds())
            else:
                failures += 1
                _log.warning("slack people not known yet", extra={"code": failure.code, "advice": failure.advice})
                await self._rest(failures, failure)
            self._answers_again.clear()

    async def _rest(self, failures: int, failure: UpstreamError) -> None:
        if isinstance(failure, TemporaryError) and failure.retry_after is not None:
            await asyncio.sleep(failure.retry_after.total_seconds())
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_after(failures, self._shortest_wait).total_seconds()):
                await self._answers_again.wait()

    async def _find_people(self) -> UpstreamError | None:
        """Look up whoever has no id; what kept somebody from being found, None when Slack knows or denies them all."""
        failure: UpstreamError | None = None
        for address in self._without_id():
            if self._is_missed(address):
                continue
            try:
                await self.user_id(address)
            except UpstreamError as error:
                if self._is_missed(address):
                    _log.warning("slack person not found", extra={"code": error.code, "advice": error.advice})
                    continue
                failure = error
                if isinstance(error, RateLimited | OutageError) or error.code in _NOBODY_CAN_BE_ASKED:
                    break
        return failure

    async def _look_up(self, address: str) -> str:
        if self._is_missed(address):
            raise _nobody("users_not_found")
        self._misses.pop(address, None)
        try:
            answer = await self._api.call("users.lookupByEmail", {"email": address})
        except OutageError as error:
            raise _without_scope(error) from error
        except TargetError as error:
            self._misses[address] = self._now()
            raise _nobody(error.code) from error
        user = text_of(object_of(answer, "user"), "id")
        if not is_user_id(user):
            raise NotFound("Slack answered without a user id", code="no_user")
        await self._keep(address, user)
        return user

    def _is_missed(self, address: str) -> bool:
        missed_at = self._misses.get(address)
        return missed_at is not None and self._now() - missed_at < FORGET_MISSES_AFTER

    async def _keep(self, address: str, user: str) -> None:
        try:
            await self._remembers.remember(address, user)
        except BotError:
            # only the next start is slower
            _log.warning("slack person not remembered", exc_info=True)

    async def _learn(self, user: str) -> None:
        # users.info, not a new round: one call tells both address and membership, its quota is the largest, and it
        # works where users.list is too long to be read within a press
        try:
            about = object_of(await self._api.call("users.info", {"user": user}), "user")
        except UpstreamError as error:
            _log.warning("slack user not asked about", extra={"code": error.code, "advice": error.advice})
            return
        self._answers_again.set()
        if _is_full_member(about):
            self._members.add(user)
        address = text_of(object_of(about, "profile"), "email").lower()
        if address in self._without_id() and not _is_foreign(about):
            self._ids[address] = user
            self._misses.pop(address, None)
            await self._keep(address, user)

    async def _list_members(self) -> UpstreamError | None:
        """Read who is a full member; what kept the list from being read to its end, None when nothing did."""
        members: set[str] = set()
        cursor = ""
        try:
            for _ in range(_MOST_PAGES_OF_MEMBERS):  # whoever is beyond is asked about at their first press
                answer = await self._api.call("users.list", {"limit": 200, "cursor": cursor or None})
                members |= {
                    text_of(member, "id") for member in objects_of(answer, "members") if _is_full_member(member)
                }
                cursor = next_page(answer)
                if not cursor:
                    break
        except UpstreamError as error:
            self._members |= members
            return error
        self._members = members
        return None


def wait_after(failures: int, shortest: timedelta) -> timedelta:
    """The wait before the next round, after so many (one or more) that failed in a row. Pure."""
    return min(shortest * (1 << min(failures - 1, 10)), LONGEST_WAIT)


def _is_full_member(member: Answer) -> bool:
    is_guest = member.get("is_restricted") is True or member.get("is_ultra_restricted") is True
    return not is_guest and not _is_foreign(member) and is_user_id(text_of(member, "id"))


def _is_foreign(member: Answer) -> bool:
    """Whether this account is nobody's of this workspace: a bot, somebody of another company, or switched off."""
    return any(member.get(name) is True for name in ("is_bot", "is_stranger", "deleted"))


def _nobody(code: str) -> TargetError:
    advice = "Nobody in this Slack workspace has that address: check their `slack:` entry under `people:`."
    return TargetError("Slack knows nobody by this address", code=code, advice=advice)


def _without_scope(error: OutageError) -> UpstreamError:
    if error.code != "missing_scope":
        return error
    advice = "Reinstall the app with the scope users:read.email, or write the person's Slack id (U…) under `people:`."
    return TargetError("the app may not look people up by e-mail", code=error.code, advice=advice)
