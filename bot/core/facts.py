"""A lead as the facts that rules speak of: name -> values, in the words of the rule file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

#: fact name -> its values; a fact that is missing or has no value is "unanswered". The first value is the one shown.
Facts = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The file's own names for LinkedIn's ids and questions."""

    forms: Mapping[str, str] = field(default_factory=dict)  #: form id -> nickname
    campaigns: Mapping[str, str] = field(default_factory=dict)  #: campaign id -> nickname
    sources: Mapping[tuple[str, str], str] = field(default_factory=dict)  #: (owner URN, lead type) -> source name
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  #: fact -> questions that fill it
