"""LinkedIn's list of leads against ours: what is missing here, what is gone there. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

#: Who a lead is: response id and time of submit.
Identity = tuple[str, datetime]

#: One lead gone, or a twentieth: people who took theirs back. More is trouble at LinkedIn's or a lost role.
_SHARE_GONE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One lead as LinkedIn's list has it."""

    response_id: str
    submitted_at: datetime
    is_test: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OurLeads:
    """What we hold of the same window, without test leads."""

    whole: Mapping[Identity, str]  #: our lead id; those that were erased are not in it
    erased: Collection[Identity]  #: known, and no longer anybody's
    on_their_way: Mapping[str, str]  #: response id -> our lead id: announced, not fetched yet
    erased_unseen: Collection[str] = ()  #: response ids: erased before anybody fetched them


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One window of one stream."""

    theirs: int
    ours: int
    missing: tuple[Identity, ...]  #: at LinkedIn, not here
    waiting: tuple[str, ...]  #: our ids: announced, not fetched yet
    gone: tuple[str, ...]  #: our ids: here, no longer at LinkedIn
    common: int  #: on both sides

    @property
    def agrees(self) -> bool:
        """Is there nothing to say but the number?"""
        return not (self.missing or self.waiting or self.gone)

    @property
    def may_doubt(self) -> bool:
        """Are so few gone that each may be asked for by itself, and erased when LinkedIn no longer has it?

        The others must be on LinkedIn's list: an empty one, or a 404, may only mean that the member lost a role.
        """
        return self.common > 0 and len(self.gone) <= max(1, self.common // _SHARE_GONE)


def compare(theirs: Collection[Listed], ours: OurLeads) -> Comparison:
    """Which leads make the difference, oldest first. Test leads count on neither side."""
    listed = {(each.response_id, each.submitted_at) for each in theirs if not each.is_test}
    erased = {each for each in listed if each in ours.erased or each[0] in ours.erased_unseen} - ours.whole.keys()
    unknown = listed - ours.whole.keys() - erased
    missing = {identity for identity in unknown if identity[0] not in ours.on_their_way}
    waiting = {ours.on_their_way[identity[0]] for identity in unknown - missing}
    gone = ours.whole.keys() - listed
    by_time = sorted(missing, key=lambda identity: (identity[1], identity[0]))
    return Comparison(
        theirs=len(listed),
        ours=len(ours.whole) + len(erased),
        missing=tuple(by_time),
        waiting=tuple(sorted(waiting)),
        gone=tuple(ours.whole[identity] for identity in sorted(gone, key=lambda each: (each[1], each[0]))),
        common=len(listed & ours.whole.keys()),
    )
