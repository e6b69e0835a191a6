"""How the link to Slack stands: the token, its scopes, the channels and the people that the rule file names.

Reads only: nothing is posted, and no channel is joined.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType, SimpleNamespace

import aiohttp

from bot.config.model import Config, SlackSettings
from bot.core.area import Area, sentence
from bot.core.errors import OutageError, TargetError, UpstreamError
from bot.core.findings import Finding
from bot.core.people import Person
from bot.destinations.slack.api import Answer, SlackApi, next_page, object_of, objects_of, text_of, web_client
from bot.destinations.slack.card import is_user_id

_AREA = Area("slack")

_AT_ONCE = 5
_PAGE, _MOST_PAGES = 999, 20
_FEW = 3  #: so many names are told before it becomes a list

_POST, _JOIN = "chat:write", "channels:join"
_FIND_BY_MAIL, _SEE_PEOPLE = "users:read.email", "users:read"

#: What each scope is for, in words that follow "without it".
_WITHOUT: Mapping[str, str] = MappingProxyType(
    {
        _POST: "nothing can be posted",
        _SEE_PEOPLE: "nobody can be told from a guest",
        _FIND_BY_MAIL: "nobody is found by e-mail address",
        "channels:read": "a card in doubt cannot be looked for by the channel's name",
        _JOIN: "the app must be invited to each public channel",
        "channels:history": "a card in doubt is posted twice",
        "groups:read": "private channels cannot be checked",
        "groups:history": "a card in doubt is posted twice in private channels",
        "im:write": "a direct message in doubt is sent twice",
        "im:history": "a direct message in doubt is sent twice",
    }
)

_REINSTALL = (
    "Add them to the app (OAuth & Permissions, Scopes) and press Reinstall there: a new scope counts only then."
)
_INVITE = "In Slack, open the channel and type /invite followed by the app's name."
_TOKEN = "Copy SLACK_BOT_TOKEN again from the app's page (OAuth & Permissions); it begins with xoxb-."  # noqa: S105
_REACH = "Check slack.api_url (usually https://slack.com/api/), DNS, and any proxy or firewall on the way."
_LATER = "Try again in a minute."
_PERSON = "Mend their `slack:` entry under `people:`: the e-mail address they use in Slack, or their member id (U…)."


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackCheckup:
    """Asks Slack about everything that the rule file needs of it."""

    config: Config
    traces: Sequence[aiohttp.TraceConfig] = ()  #: who else listens to the answers
    deadline: timedelta = timedelta(seconds=5)  #: of each call
    most: timedelta = timedelta(seconds=10)  #: of all calls about channels, and of all about people
    _few: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE), init=False, repr=False)

    async def findings(self) -> AsyncIterator[Finding]:
        """Everything there is to say. Raises nothing for what Slack does."""
        settings = self.config.slack
        if settings is None:
            yield _AREA.skipped("slack", "The rule file has no slack:, so nothing is posted there.")
            return
        yield _signing_secret(settings)
        scopes = _Scopes()
        timeout = aiohttp.ClientTimeout(total=self.deadline.total_seconds())
        async with aiohttp.ClientSession(timeout=timeout, trace_configs=[*self.traces, scopes.trace()]) as session:
            client = web_client(token=settings.bot_token.reveal(), url=settings.api_url, session=session)
            api = SlackApi(client, deadline=self.deadline)
            token, works = await self._token(settings, api)
            yield token
            yield self._scopes(scopes.told) if works else _AREA.skipped("scopes", "The token comes first.")
            channels, people = await asyncio.gather(
                self._channels(settings, api, scopes.told, works=works), self._people(api, works=works)
            )
        for finding in (*channels, *people):
            yield finding

    async def _token(self, settings: SlackSettings, api: SlackApi) -> tuple[Finding, bool]:
        name, token = "token", settings.bot_token.reveal()
        if not token:
            return _AREA.skipped(name, "SLACK_BOT_TOKEN is not set."), False
        try:
            answer = await api.call("auth.test", {})
        except OutageError as error:
            return _AREA.failed_by(name, error, _TOKEN), False
        except UpstreamError as error:
            return _AREA.failed_by(name, error, _REACH), False
        if not text_of(answer, "bot_id"):
            return _AREA.failed(name, "It is a person's token, not the bot's.", _TOKEN), False
        team = text_of(answer, "team") or text_of(answer, "team_id")
        return _AREA.ok(name, f"It works, in the workspace {team}."), True

    # ── scopes ──

    def _scopes(self, told: frozenset[str] | None) -> Finding:
        name = "scopes"
        if told is None:
            return _AREA.skipped(name, "Slack does not say which scopes the token has.")
        missing = [scope for scope in _WITHOUT if scope not in told]
        if not missing:
            return _AREA.ok(name, "All that Leadbell uses.")
        said = f"Missing: {'; '.join(f'{scope} (without it {_WITHOUT[scope]})' for scope in missing)}."
        is_needed = bool(self._needed() & set(missing))
        return _AREA.failed(name, said, _REINSTALL) if is_needed else _AREA.warning(name, said, _REINSTALL)

    def _needed(self) -> set[str]:
        """Without which of the scopes leads would be unseen or nobody could claim them."""
        people = self.config.people.by_name.values()
        by_mail = any(person.slack and not is_user_id(person.slack) for person in people)
        return {_POST} | ({_FIND_BY_MAIL, _SEE_PEOPLE} if by_mail else set()) | (set() if people else {_SEE_PEOPLE})

    # ── channels ──

    async def _channels(
        self, settings: SlackSettings, api: SlackApi, scopes: frozenset[str] | None, *, works: bool
    ) -> list[Finding]:
        wanted = [each for each in self._addresses(settings) if not _is_person(each)]
        found = [] if settings.admin_channel else [self._no_admin_channel()]
        if not works:
            return [*found, *(_AREA.skipped(each, "The token comes first.") for each in wanted)]
        try:
            async with asyncio.timeout(self.most.total_seconds()):
                known = await self._known(api, wanted)
        except (UpstreamError, TimeoutError) as error:
            why = str(error) if isinstance(error, UpstreamError) else "Slack did not list its channels in time"
            return [*found, *(_AREA.skipped(each, sentence(why)) for each in wanted)]
        return [*found, *(_channel(each, known.get(each), scopes) for each in wanted)]

    def _addresses(self, settings: SlackSettings) -> list[str]:
        """Every Slack address that something may be posted to, each once."""
        outcomes = [rule.then for rule in self.config.rules]
        if self.config.test_leads is not None:
            outcomes.append(self.config.test_leads.then)
        targets = [target.address for then in outcomes for target in then.post]
        return list(dict.fromkeys(filter(None, [*targets, settings.admin_channel])))

    def _no_admin_channel(self) -> Finding:
        email = self.config.email
        advice = 'Name one, such as admin_channel: "#leadbell-admin".'
        if email is not None and email.smtp is not None and email.admin:
            return _AREA.ok("admin channel", f"None: the bot reports its own trouble to {email.admin}.")
        return _AREA.warning("admin channel", "The bot can tell nobody of its own trouble.", advice)

    async def _known(self, api: SlackApi, wanted: Sequence[str]) -> dict[str, Answer]:
        """What Slack tells of those channels that the app can see, by the address in the rule file."""
        known: dict[str, Answer] = {}
        for each in wanted:
            if not each.startswith("#"):
                try:
                    known[each] = object_of(await api.call("conversations.info", {"channel": each}), "channel")
                except TargetError:
                    continue
        names = {each[1:] for each in wanted if each.startswith("#")}
        return known | (await self._named(api, names) if names else {})

    async def _named(self, api: SlackApi, names: set[str]) -> dict[str, Answer]:
        try:
            return await _listed(api, "public_channel,private_channel", names)
        except OutageError as error:
            if error.code != "missing_scope":
                raise
            return await _listed(api, "public_channel", names)  # without groups:read the whole question is refused

    # ── people ──

    async def _people(self, api: SlackApi, *, works: bool) -> list[Finding]:
        people = [person for person in self.config.people.by_name.values() if person.slack]
        if not people:
            return []
        if not works:
            return [_AREA.skipped("people", "The token comes first.")]
        try:
            async with asyncio.timeout(self.most.total_seconds()):
                answers = await asyncio.gather(*(self._look_up(api, person) for person in people))
        except TimeoutError:
            return [_AREA.skipped("people", "Slack did not tell in time who they are.")]
        return list(self._told_of(people, answers))

    async def _look_up(self, api: SlackApi, person: Person) -> Answer | UpstreamError:
        method, question = "users.lookupByEmail", {"email": person.slack}
        if is_user_id(person.slack):
            method, question = "users.info", {"user": person.slack}
        async with self._few:
            try:
                return object_of(await api.call(method, question), "user")
            except UpstreamError as error:
                return error

    def _told_of(self, people: Sequence[Person], answers: Sequence[Answer | UpstreamError]) -> Iterable[Finding]:
        """A finding for each who is not well, and one for all the others."""
        well, unasked = [], []
        for person, answer in zip(people, answers, strict=True):
            trouble = _trouble(answer)
            if isinstance(answer, UpstreamError) and not isinstance(answer, TargetError):
                unasked.append((person, answer))
            elif trouble:
                yield self._unwell(person, trouble)
            else:
                well.append(person.name)
        if unasked:
            names = _few_of([person.name for person, _ in unasked])
            yield _AREA.skipped("people", f"Slack did not tell who {names} is: {unasked[0][1]}.")
        if well:
            yield _AREA.ok("people", f"{_few_of(well)} {'is' if len(well) == 1 else 'are'} found.")

    def _unwell(self, person: Person, trouble: str) -> Finding:
        """Whose direct messages a rule needs is worse than who could not press a button."""
        outcomes = [rule.then for rule in self.config.rules]
        is_needed = any(person.name in {then.owner, *(each.person for each in then.post)} for then in outcomes)
        make = _AREA.failed if is_needed else _AREA.warning
        return make(person.name, trouble, _PERSON)


class _Scopes:
    """Hears the scopes of the token from the header of any answer: the library does not pass it on.

    https://docs.slack.dev/authentication/tokens
    """

    def __init__(self) -> None:
        self.told: frozenset[str] | None = None

    def trace(self) -> aiohttp.TraceConfig:
        """For the session whose answers are heard."""
        trace = aiohttp.TraceConfig()
        trace.on_request_end.append(self._hear)
        return trace

    async def _hear(
        self, _session: aiohttp.ClientSession, _context: SimpleNamespace, heard: aiohttp.TraceRequestEndParams
    ) -> None:
        header = heard.response.headers.get("x-oauth-scopes")
        if header:
            self.told = frozenset(scope.strip() for scope in header.split(","))


def _signing_secret(settings: SlackSettings) -> Finding:
    name, secret = "signing secret", settings.signing_secret.reveal()
    advice = "Copy it again from the app's page (Basic Information, App Credentials, Signing Secret)."
    if not secret:
        return _AREA.skipped(name, "SLACK_SIGNING_SECRET is not set.")
    if secret.startswith(("xox", "xapp")) or secret != "".join(secret.split()):
        return _AREA.failed(
            name, "What SLACK_SIGNING_SECRET holds is something else: every button would be dead.", advice
        )
    return _AREA.ok(name, "It is set. Whether it is the right one shows with the first press of a button.")


async def _listed(api: SlackApi, types: str, names: set[str]) -> dict[str, Answer]:
    """Those of the channels `names` that the app can see, archived ones too."""
    found: dict[str, Answer] = {}
    cursor = ""
    for _ in range(_MOST_PAGES):
        answer = await api.call("conversations.list", {"types": types, "limit": _PAGE, "cursor": cursor or None})
        for channel in objects_of(answer, "channels"):
            if text_of(channel, "name") in names:
                found[f"#{text_of(channel, 'name')}"] = channel
        cursor = next_page(answer)
        if not cursor or len(found) == len(names):
            break
    return found


def _channel(address: str, channel: Answer | None, scopes: frozenset[str] | None) -> Finding:
    if channel is None and scopes is not None and "groups:read" not in scopes:
        said = "There is no public channel of that name, and the app may not look at private ones."
        return _AREA.warning(address, said, f"If it is a private one: {_INVITE[:1].lower()}{_INVITE[1:]}")
    if channel is None:
        said = "Slack shows no such channel to the app: there is none, or it is private and the app was not invited."
        return _AREA.failed(address, said, f"Mend the name in the rules, or: {_INVITE[:1].lower()}{_INVITE[1:]}")
    if channel.get("is_archived") is True:
        advice = "Bring it back in Slack, or name another channel in the rules."
        return _AREA.failed(address, "It is archived: nothing can be posted there.", advice)
    if channel.get("is_member") is True:
        return _AREA.ok(address, "The app is in it.")
    if channel.get("is_private") is True:
        return _AREA.failed(address, "It is private and the app is not in it.", _INVITE)
    if scopes is None or _JOIN in scopes:
        return _AREA.ok(address, "It is public; the app joins it with its first lead.")
    return _AREA.failed(address, "The app is not in it and may not join it by itself.", _INVITE)


def _trouble(answer: Answer | UpstreamError) -> str:
    """Why this person cannot be reached or recognised; "" = they can."""
    if isinstance(answer, UpstreamError):
        return "Slack knows nobody by that address or id."
    if answer.get("deleted") is True:
        return "Their Slack account is switched off."
    return "That is an app, not a person." if answer.get("is_bot") is True else ""


def _few_of(names: Sequence[str]) -> str:
    if len(names) <= _FEW:
        return ", ".join(names)
    return f"{', '.join(names[:_FEW])} and {len(names) - _FEW} more"


def _is_person(address: str) -> bool:
    return "@" in address or is_user_id(address)
