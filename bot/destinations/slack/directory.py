"""Who is who: the file's people and their Slack user ids, found by e-mail and remembered."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from bot.core.errors import BotError, NotFound, OutageError, TargetError, UpstreamError
from bot.core.people import People
from bot.destinations.slack.api import SlackApi, next_page, object_of, objects_of, text_of
from bot.destinations.slack.card import Faces, is_user_id

_log = logging.getLogger(__name__)

#: How long an address that Slack did not know is not asked about again.
FORGET_MISSES_AFTER = timedelta(minutes=10)
_MOST_PAGES_OF_MEMBERS = 20


class Remembers(Protocol):
    """Keeps e-mail -> Slack user id across restarts, so that buttons know people while Slack is down."""

    async def load(self) -> dict[str, str]:
        """Everything that was remembered."""
        ...

    async def remember(self, email: str, user_id: str) -> None:
        """Keep it; a later id for the same address replaces the earlier. Raises StoreError."""
        ...


class Directory:
    """E-mail address <-> Slack user id for everybody under `people:`. Reads from memory never wait for Slack."""

    def __init__(
        self,
        *,
        api: SlackApi,
        people: Callable[[], People],
        remembers: Remembers,
        now: Callable[[], datetime],
    ) -> None:
        self._api = api
        self._people = people
        self._remembers = remembers
        self._now = now
        self._ids: dict[str, str] = {}  # lower-case address -> user id
        self._misses: dict[str, datetime] = {}
        self._guests: frozenset[str] = frozenset()

    async def prepare(self) -> None:
        """Load what was remembered, then look everybody up. Never raises: what fails now is asked again when needed."""
        try:
            self._ids.update(await self._remembers.load())
        except BotError:
            _log.warning("slack people not loaded", exc_info=True)
        for person in self._people().by_name.values():
            await self._try_to_find(person.slack)
        if not self._people().by_name:
            await self._learn_guests()

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

    def is_guest(self, user_id: str) -> bool:
        """True for a guest or bot that was seen at start. Asked only where the file names nobody."""
        return user_id in self._guests

    def _known_id(self, address: str) -> str:
        return address if is_user_id(address) else self._ids.get(address.lower(), "")

    async def _try_to_find(self, address: str) -> None:
        if not address:
            return
        try:
            await self.user_id(address)
        except UpstreamError as error:
            _log.warning("slack person not found", extra={"code": error.code, "advice": error.advice})

    async def _look_up(self, address: str) -> str:
        missed_at = self._misses.get(address)
        if missed_at is not None and self._now() - missed_at < FORGET_MISSES_AFTER:
            raise _nobody("users_not_found")
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
        self._misses.pop(address, None)
        await self._keep(address, user)
        return user

    async def _keep(self, address: str, user: str) -> None:
        try:
            await self._remembers.remember(address, user)
        except BotError:
            # only the next start is slower
            _log.warning("slack person not remembered", exc_info=True)

    async def _learn_guests(self) -> None:
        guests: set[str] = set()
        cursor = ""
        try:
            for _ in range(_MOST_PAGES_OF_MEMBERS):
                answer = await self._api.call("users.list", {"limit": 200, "cursor": cursor or None})
                members = objects_of(answer, "members")
                guests |= {text_of(member, "id") for member in members if _may_not_act(member)}
                cursor = next_page(answer)
                if not cursor:
                    break
        except UpstreamError as error:
            _log.warning("slack members not read", extra={"code": error.code})
        self._guests = frozenset(guests)


def _may_not_act(member: object) -> bool:
    names = ("is_restricted", "is_ultra_restricted", "is_bot", "is_stranger", "deleted")
    return isinstance(member, dict) and any(member.get(name) is True for name in names)


def _nobody(code: str) -> TargetError:
    advice = "Nobody in this Slack workspace has that address: check their `slack:` entry under `people:`."
    return TargetError("Slack knows nobody by this address", code=code, advice=advice)


def _without_scope(error: OutageError) -> UpstreamError:
    if error.code != "missing_scope":
        return error
    advice = "Reinstall the app with the scope users:read.email, or write the person's Slack id (U…) under `people:`."
    return TargetError("the app may not look people up by e-mail", code=error.code, advice=advice)
