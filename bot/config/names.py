"""What a rule may name: people, teams, forms, templates, escalations, digests; and where the file posts and mails."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field

from bot.config.model import Digest
from bot.config.problems import Place
from bot.config.reading import Reading
from bot.core.escalation import Escalation
from bot.core.facts import BUILT_IN, Vocabulary, fact_key, fold
from bot.core.fields import PREDEFINED
from bot.core.people import People

NOBODY = "nobody"

_SHORTEST, _LONGEST = 5, 80  #: letters of a name of which a slip is recognised


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Every name that a rule may use."""

    people: People
    vocabulary: Vocabulary
    templates: AnyMapping[str, str]
    escalations: AnyMapping[str, Escalation] = field(default_factory=dict)
    digests: AnyMapping[str, Digest] = field(default_factory=dict)
    folded: Folded = field(init=False)  #: made of `vocabulary`

    def __post_init__(self) -> None:
        object.__setattr__(self, "folded", Folded.of(self.vocabulary))


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """The names of a vocabulary as they are compared: made once for all the lines that use them."""

    facts: frozenset[str]  #: that some lead can have, without those that begin with a prefix
    forms: frozenset[str]
    campaigns: frozenset[str]
    misspelt: AnyMapping[str, frozenset[str]]  #: "form", "campaign" -> see is_misspelt
    sources: frozenset[str]
    hours: frozenset[str]

    @classmethod
    def of(cls, vocabulary: Vocabulary) -> Folded:
        """Of a file that may have mistakes elsewhere."""
        forms, campaigns = _folded(vocabulary.forms.values()), _folded(vocabulary.campaigns.values())
        return cls(
            facts=BUILT_IN | PREDEFINED | {fact_key(name) for name in vocabulary.fields},
            forms=forms,
            campaigns=campaigns,
            misspelt={"form": _shortened(forms), "campaign": _shortened(campaigns)},
            sources=_folded(vocabulary.sources.values()),
            hours=_folded(vocabulary.hours),
        )

    def is_misspelt(self, kind: str, text: str) -> bool:
        """Whether the text is a nickname with one slip: a letter wrong, missing or too many, or two changed over.

        Of a slip and of what was meant at least one is left when a letter of each is taken away: two look-ups tell,
        where comparing thousands of titles with thousands of nicknames would take minutes.
        """
        return not self.misspelt[kind].isdisjoint(_shortened({fold(text)}))


def _shortened(names: Iterable[str]) -> frozenset[str]:
    """The names, and each of them without any one of its letters; those only that are long enough to recognise."""
    longer = [name for name in names if _SHORTEST <= len(name) <= _LONGEST]
    return frozenset([*longer, *(name[:at] + name[at + 1 :] for name in longer for at in range(len(name)))])


def _folded(names: Iterable[str]) -> frozenset[str]:
    return frozenset(map(fold, names))


@dataclass(slots=True)
class Channels:
    """Where the file first posts to Slack and first sends mail; None = it never does."""

    posts: Place | None = None
    mails: Place | None = None

    def note_post(self, place: Place) -> None:
        """Something is posted to Slack by what stands here."""
        self.posts = self.posts or place

    def note_mail(self, place: Place) -> None:
        """Something is mailed by what stands here."""
        self.mails = self.mails or place


@dataclass(frozen=True, slots=True)
class Book:
    """What the readers of rules share: the file, its names, and what is gathered on the way."""

    reading: Reading
    names: Names
    channels: Channels
