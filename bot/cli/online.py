"""`leadbell check --online`: do the channels, people, owners, forms and campaigns of the file exist? Only asks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

import aiohttp

from bot.app import utc_now
from bot.cli.linkedin.token import stored_grant, worth
from bot.cli.places import Places
from bot.config.model import Config, SourceEntry
from bot.config.problems import Place, Problem, Severity
from bot.core.errors import Forbidden, NotFound, OutageError, StoreError, UpstreamError
from bot.core.findings import Finding, Verdict
from bot.core.routing import Rule, Then
from bot.destinations.slack.checkup import SlackCheckup
from bot.sources.linkedin.api import Api
from bot.sources.linkedin.batching import LEFT_OUT
from bot.sources.linkedin.client import Client
from bot.sources.linkedin.urns import id_of, kind_of

#: Of everything that LinkedIn, and beside it Slack, is asked.
_PATIENCE = timedelta(seconds=20)
_AT_ONCE = 4
_ACCOUNT = "sponsoredAccount"

_CONNECT = "Run `leadbell linkedin connect`, or set LINKEDIN_ACCESS_TOKEN."
_DOCTOR = "`leadbell doctor` says which."
_ADD_ACCOUNT = "Add the ad account there, or remove the nicknames."
_NAMES = "`leadbell linkedin names` prints those that exist, ready to paste."
#: What Slack's checkup says of the link as a whole, not of a channel or person.
_OF_THE_LINK = frozenset({"slack", "token", "scopes", "signing secret", "admin channel", "people"})


async def online_problems(
    config: Config, environment: Mapping[str, str], *, patience: timedelta = _PATIENCE
) -> list[Problem]:
    """An error for each that does not exist, a warning for what could not be asked; in the order of the file.

    Raises nothing for what Slack and LinkedIn do. Takes little more than `patience`.
    """
    told = _Told(config, Places.of(config.text, environment))
    await asyncio.gather(_ask_slack(told, patience), _ask_linkedin(told, patience))
    return sorted(told.problems, key=lambda problem: (problem.line, problem.column))


@dataclass(slots=True)
class _Told:
    """What was told so far."""

    config: Config
    places: Places
    problems: list[Problem] = field(default_factory=list)

    def error(self, place: Place, message: str, hint: str) -> None:
        self._add(place, Severity.ERROR, message, hint)

    def warn(self, place: Place, message: str, hint: str = "") -> None:
        self._add(place, Severity.WARNING, message, hint)

    def _add(self, place: Place, severity: Severity, message: str, hint: str) -> None:
        self.problems.append(
            Problem(
                file=str(self.config.path),
                line=place.line,
                column=place.column,
                severity=severity,
                message=message,
                hint=hint,
            )
        )


# ── Slack ──


async def _ask_slack(told: _Told, patience: timedelta) -> None:
    if told.config.slack is None:
        return
    findings: list[Finding] = []
    try:
        async with asyncio.timeout(patience.total_seconds()):
            async for finding in SlackCheckup(config=_with_digests(told.config)).findings():
                findings.append(finding)  # noqa: PERF401  # what came before the deadline must stay
    except TimeoutError:
        told.warn(told.places.of_path("slack"), "Slack did not answer in time", "Try again in a minute.")
    obstacle = _obstacle(findings)
    if obstacle is not None:
        what = "Slack was not asked whether channels and people exist"
        told.warn(told.places.of_path("slack", "bot_token"), f"{what}: {obstacle.found}", obstacle.advice)
        return
    _tell_unasked(told, findings)
    for finding in findings:
        if finding.name not in _OF_THE_LINK and finding.verdict in {Verdict.FAILED, Verdict.WARNING}:
            _tell_finding(told, finding)


def _with_digests(config: Config) -> Config:
    """A digest's channels are asked for like those of a rule: that is where the checkup looks for them."""
    lists = (Rule(name=digest.name, line=0, then=Then(post=digest.post)) for digest in config.digests.values())
    return replace(config, rules=(*config.rules, *lists))


def _obstacle(findings: Sequence[Finding]) -> Finding | None:
    """What keeps Slack from telling anything; None = it could be asked."""
    return next((one for one in findings if one.name == "token" and one.verdict is not Verdict.OK), None)


def _tell_unasked(told: _Told, findings: Iterable[Finding]) -> None:
    """One warning for each reason, however many channels it concerns."""
    unasked: dict[str, list[str]] = {}
    for finding in findings:
        if finding.verdict is Verdict.SKIPPED and (finding.name == "people" or finding.name not in _OF_THE_LINK):
            unasked.setdefault(finding.found, []).append(finding.name)
    for why, names in unasked.items():
        place = told.places.of_path("people") if names == ["people"] else told.places.of_address(names[0])
        told.warn(place, f"Slack was not asked about {', '.join(names)}: {why}", "Try again in a minute.")


def _tell_finding(told: _Told, finding: Finding) -> None:
    """A channel that may be a private one is a doubt; a person whom Slack does not know is none, needed or not."""
    is_person = finding.name in told.config.people.by_name
    path = ("people", finding.name, "slack")
    place = told.places.of_path(*path) if is_person else told.places.of_address(finding.name)
    tell = told.error if is_person or finding.verdict is Verdict.FAILED else told.warn
    tell(place, f"{finding.name}: {finding.found}", finding.advice)


# ── LinkedIn ──


async def _ask_linkedin(told: _Told, patience: timedelta) -> None:
    config = told.config
    if not (config.sources or config.vocabulary.forms or config.vocabulary.campaigns):
        return
    place = told.places.of_path("linkedin") if not config.sources else told.places.of_path("sources")
    what = "LinkedIn was not asked whether owners, forms and campaigns exist"
    try:
        token = await _token(config)
        if not token:
            told.warn(place, f"{what}: there is no access token", _CONNECT)
            return
        async with asyncio.timeout(patience.total_seconds()), _client(config, token) as client:
            await _Inquiry(told, client).ask()
    except TimeoutError:
        told.warn(place, "LinkedIn did not answer in time, so not everything was looked at", "Try again in a minute.")
    except StoreError as error:
        told.warn(place, f"{what}: {error}")
    except UpstreamError as error:
        told.warn(place, f"{what}: {error}", error.advice)


async def _token(config: Config) -> str:
    """The configured token, else the connected account's; "" = none. Renews nothing."""
    if static := config.linkedin.access_token.reveal().strip():
        return static
    grant = await stored_grant(config)
    return grant.access_token if grant is not None and grant.is_alive(utc_now()) else ""


@asynccontextmanager
async def _client(config: Config, token: str) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10, connect=5)) as session:
        api = Api(
            session,
            api_version=config.linkedin.api_version,
            access_token=lambda: token,
            now=utc_now,
            refresh=lambda: worth(config, token),
        )
        yield Client(api, api_url=config.linkedin.api_url)


@dataclass(slots=True)
class _Inquiry:
    """The questions to LinkedIn. What would meet every other question too is raised, all else is told."""

    told: _Told
    client: Client
    _listed: set[str] = field(default_factory=set)  #: ids of forms that an owner's list has
    _unsure: dict[str, list[_Doubt]] = field(default_factory=dict)  #: by what was in the way
    _few: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def ask(self) -> None:
        """The owners first: their lists of forms answer for most forms, so that little of the day's quota is spent.

        Raises OutageError.
        """
        config = self.told.config
        owners = {entry.owner: entry for entry in config.sources}
        try:
            await self._each(partial(self._owner, entry) for entry in owners.values())
            forms = [each for each in config.vocabulary.forms.items() if each[0] not in self._listed]
            await self._each(partial(self._form, number, nickname) for number, nickname in forms)
            accounts = [owner for owner in owners if kind_of(owner) == _ACCOUNT]
            campaigns = config.vocabulary.campaigns.items()
            await self._each(partial(self._campaign, number, nickname, accounts) for number, nickname in campaigns)
        finally:
            self._tell_unsure()

    async def _each(self, questions: Iterable[Callable[[], Awaitable[None]]]) -> None:
        """A few at a time; none any more after an outage, which is raised."""
        outages: list[OutageError] = []

        async def in_turn(question: Callable[[], Awaitable[None]]) -> None:
            async with self._few:
                if not outages:
                    try:
                        await question()
                    except OutageError as error:
                        outages.append(error)

        await asyncio.gather(*map(in_turn, questions))
        if outages:
            raise outages[0]

    async def _owner(self, entry: SourceEntry) -> None:
        is_account = kind_of(entry.owner) == _ACCOUNT
        name = f"{'ad account' if is_account else 'Page'} {id_of(entry.owner)}"
        place = self.told.places.of_path("sources", entry.name, "owner")
        forms: list[str] = []
        listing = await _exists(lambda: self._list_forms(entry.owner, forms))
        self._listed.update(forms)
        if forms:
            return
        ask = self.client.account_name if is_account else self.client.organization_name
        naming = await _exists(lambda: ask(entry.owner))
        if listing is False or naming is False:
            hint = "Mend the id under sources, or give the connected account a role there."
            self.told.error(place, f"LinkedIn has no {name}, or does not show it to the connected account", hint)
        elif isinstance(listing, UpstreamError):
            self._doubt(listing, place, "owners", name)

    async def _list_forms(self, owner: str, into: list[str]) -> None:
        async for form in self.client.forms(owner):
            into.append(form.id)  # noqa: PERF401  # those before a refusal are forms that exist

    async def _form(self, number: str, nickname: str) -> None:
        place = self.told.places.of_id("forms", number)
        found = await _exists(lambda: self.client.form(number))
        if found is False:
            self.told.error(place, f"LinkedIn has no form {number} ({nickname})", _NAMES)
        elif isinstance(found, UpstreamError):
            self._doubt(found, place, "forms", nickname)

    async def _campaign(self, number: str, nickname: str, accounts: Sequence[str]) -> None:
        """A campaign belongs to an ad account, which `names:` does not tell: each is asked until one has it."""
        place = self.told.places.of_id("campaigns", number)
        found: list[bool | UpstreamError] = []
        for account in accounts:
            found.append(await _exists(partial(self.client.campaign, account, number)))
            if found[-1] is True:
                return
        doubts = [answer for answer in found if isinstance(answer, UpstreamError)]
        if not accounts:
            why = "no ad account stands under sources, and a campaign belongs to one"
            self._unsure.setdefault("", []).append(_Doubt(place, "campaigns", nickname, why, _ADD_ACCOUNT))
        elif doubts:
            self._doubt(doubts[0], place, "campaigns", nickname)
        else:
            known = ", ".join(map(id_of, accounts))
            message = f"LinkedIn has no campaign {number} ({nickname}) in the ad accounts under sources ({known})"
            self.told.error(place, message, _NAMES)

    def _doubt(self, error: UpstreamError, place: Place, kind: str, name: str) -> None:
        if isinstance(error, Forbidden):
            doubt = _Doubt(place, kind, name, "the connected account lacks a role or a permission", _DOCTOR)
        else:
            doubt = _Doubt(place, kind, name, str(error), error.advice or "Try again in a minute.")
        self._unsure.setdefault(f"{type(error).__name__} {error.code}", []).append(doubt)

    def _tell_unsure(self) -> None:
        """One warning for each reason, however many things it concerns."""
        for doubts in self._unsure.values():
            names = ", ".join(doubt.name for doubt in doubts)
            kinds = " and ".join(dict.fromkeys(doubt.kind for doubt in doubts))
            message = f"LinkedIn did not tell whether these {kinds} exist: {names}; {doubts[0].why}"
            self.told.warn(min((doubt.place for doubt in doubts), key=_by_line), message, doubts[0].advice)


@dataclass(frozen=True, slots=True)
class _Doubt:
    """Something of which LinkedIn did not tell whether it exists."""

    place: Place
    kind: str  #: "owners", "forms", "campaigns"
    name: str
    why: str
    advice: str


def _by_line(place: Place) -> tuple[int, int]:
    return place.line, place.column


async def _exists(ask: Callable[[], Awaitable[object]]) -> bool | UpstreamError:
    """Yes, no, or what was in the way. Raises OutageError: the others would only hear the same."""
    try:
        await ask()
    except OutageError:
        raise
    except NotFound:
        return False
    except UpstreamError as error:
        return False if error.code == LEFT_OUT else error
    return True
