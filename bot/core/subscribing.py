"""Which subscriptions to make and which to remove, so that LinkedIn posts what is wanted to our address. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar
from urllib.parse import urlsplit

_DEFAULT_PORT = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Leads that shall be posted to us: an owner's of one type, or only those of one form version or one entity."""

    owner: str  #: URN
    lead_type: str
    form: str = ""  #: URN of one version of a form; "" = every form
    entity: str = ""  #: URN of one event or the like; "" = every one


class Existing(Protocol):
    """A subscription as the other side lists it (bot.ports.Subscription is one)."""

    @property
    def id(self) -> str:
        """The other side's."""
        ...

    @property
    def webhook(self) -> str:
        """The whole address that is posted to."""
        ...

    @property
    def owner(self) -> str:
        """See Wanted."""
        ...

    @property
    def lead_type(self) -> str:
        """See Wanted."""
        ...

    @property
    def form(self) -> str:
        """See Wanted."""
        ...

    @property
    def entity(self) -> str:
        """See Wanted."""
        ...


There = TypeVar("There", bound=Existing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(Generic[There]):
    """What to do, in this order: create, then remove, so that nothing is unheard in between."""

    create: tuple[Wanted, ...]
    remove: tuple[There, ...]
    keep: tuple[There, ...]  #: one for each wanted that is there already


def plan(wanted: Sequence[Wanted], existing: Sequence[There], webhook: str, ours: Collection[str]) -> Plan[There]:
    """Compare what is wanted with what is there.

    Removed are only those we made (their ids are in `ours`) that nobody wants any more, and what would post the very
    same leads to our address a second time. Whatever else is there belongs to somebody else and stays.
    """
    keep: list[There] = []
    create: list[Wanted] = []
    surplus: list[There] = []
    for each in dict.fromkeys(wanted):
        fitting = [one for one in existing if does(one, each, webhook)]
        fitting.sort(key=lambda one: (one.id not in ours, len(one.id), one.id))
        keep += fitting[:1]
        surplus += fitting[1:]
        if not fitting:
            create.append(each)
    settled = {one.id for one in (*keep, *surplus)}
    stale = [one for one in existing if one.id in ours and one.id not in settled]
    return Plan(create=tuple(create), remove=(*surplus, *stale), keep=tuple(keep))


def does(one: Existing, wanted: Wanted, webhook: str) -> bool:
    """Whether this subscription posts exactly the wanted leads to `webhook`."""
    is_same_address = same_address(one.webhook) == same_address(webhook)
    return is_same_address and is_about(one, wanted)


def is_about(one: Existing, wanted: Wanted) -> bool:
    """Whether it posts exactly the wanted leads, to whatever address. Some print a space inside a form's URN."""
    return (one.owner, one.lead_type, _compact(one.form), _compact(one.entity)) == (
        wanted.owner,
        wanted.lead_type,
        _compact(wanted.form),
        _compact(wanted.entity),
    )


def same_address(webhook: str) -> str:
    """The address as it compares: host in small letters, without a port that goes without saying."""
    try:
        parts = urlsplit(webhook.strip())
        port = parts.port
    except ValueError:
        return webhook
    host = (parts.hostname or "").rstrip(".")
    shown_port = "" if port in {None, _DEFAULT_PORT.get(parts.scheme)} else f":{port}"
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{host}{shown_port}{parts.path}{query}"


def _compact(urn: str) -> str:
    return "".join(urn.split())
