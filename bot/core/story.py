"""A stored lead as people see it now: the values that a card, a mail or a list is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.core.ids import LeadId
from bot.core.lead import Lead, LeadState


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadView:
    """One lead, its decision and its present state, read in one go from the database."""

    id: LeadId
    lead: Lead | None  #: None once erased
    state: LeadState
    received_at: datetime
    rule: str = ""  #: the rule's name
    template: str = "default"  #: a key of `templates:`
    owner: str = ""  #: a name under `people:`, or a Slack user id where the file names nobody; "" = nobody
    owned_since: datetime | None = None  #: when it was assigned or claimed
    claimed_at: datetime | None = None
    contacted_at: datetime | None = None
    is_late: bool = False  #: found by the pull, not told by the webhook
    source: str = ""  #: name under `sources:`, "" = unknown to the file
    form_nickname: str = ""  #: nickname under `names: forms:`
    campaign_nickname: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)  #: names under `fields:` and predefined fields, to read
    team: str = ""  #: a name under `teams:` whose lead it is
    is_offered: bool = False  #: a step offered it to the whole team
    held_until: datetime | None = None  #: nobody is free: the turn is taken then
    given_back_by: str = ""  #: who had it last and gave it back, or lost it; "" = nobody
    junk_reason: str = ""
    is_repeat: bool = False  #: this person was here before
    revision: int = 0  #: grows with every change a card shows
