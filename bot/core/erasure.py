"""Whose data is it, what an erasure did, and when the file may be written anew: pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Cause(StrEnum):
    """Why a person was erased."""

    FORGET = "forget"  #: somebody asked for it: `leadbell forget`
    LINKEDIN = "LinkedIn"  #: LinkedIn deleted the lead
    RETENTION = "retention"  #: older than `privacy:` allows


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What an erasure did. Names nobody, so it may be kept for as long as anybody likes."""

    id: str
    at: datetime  #: when it began
    cause: Cause
    leads: int  #: persons removed
    texts: int  #: raw answers, raw notifications and messages whose text was dropped for their age
    cards_to_edit: int  #: posted cards that show, or may show, the person until they are edited
    mails_cancelled: int
    mails_sent: int  #: or may have been: nobody can take a mail back
    is_wiped: bool  #: no trace is left in the bytes of the file and its log


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The leads that belong to what was asked for: our ids, oldest first."""

    leads: tuple[str, ...] = ()
    erased: tuple[str, ...] = ()  #: erased before; known only when a lead was asked for, not a person
    mentioned: tuple[str, ...] = ()  #: whose longer answers speak of the address: perhaps another person's
    waiting: int = 0  #: not fetched yet, so that nobody can tell whose they are


class Naming(StrEnum):
    """How a text names an e-mail address."""

    NOT = "not"
    IS = "is"  #: it is that address
    WITHIN = "within"  #: the address stands in a longer text, which may be somebody else's


_AT_SIGNS = ("@", "＠", "﹫")
_BETWEEN_WORDS = re.compile(r"[\s<>()\[\]{}\"'“”„«»,;:|/\\]+")
_INVISIBLE = {"Cc", "Cf", "Zl", "Zp", "Zs"}
_NOT_PRINTED = dict.fromkeys((*range(0x21), 0x7F))


def is_address(text: str) -> bool:
    """Is it meant as an e-mail address, and not as an id?"""
    return any(sign in text for sign in _AT_SIGNS)


def canonical_address(text: str) -> str:
    """The one spelling of an e-mail address: two texts name the same mailbox when theirs are equal. "" = no address.

    White space and invisible characters go, wide letters become plain ones, upper and lower case are the same, and a
    domain in its `xn--` form is the same as in letters. Nothing else is taken as equal: `a.b@` is not `ab@`, and `a+b@`
    not `a@`, for at most providers those are two people.
    """
    local, at, domain = _plain(text).rpartition("@")
    if not at or not local or not domain:
        return ""
    # a domain is only lowered: casefold would make straße.de and strasse.de one, which are two owners
    labels = ".".join(_label(each) for each in domain.lower().rstrip(".").split("."))
    return f"{unicodedata.normalize('NFC', local.casefold())}@{labels}"


def _plain(text: str) -> str:
    if text.isascii():  # a short cut: it comes to the same
        return text.translate(_NOT_PRINTED)
    wide = unicodedata.normalize("NFKC", text)
    return "".join(sign for sign in wide if unicodedata.category(sign) not in _INVISIBLE)


def _label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return unicodedata.normalize("NFC", label[4:].encode("ascii").decode("punycode")).lower()
    except UnicodeError:
        return label


def naming(address: str, texts: Iterable[str]) -> Naming:
    """How these texts name `address`, which must be canonical."""
    found = Naming.NOT
    for text in texts:
        if not is_address(text):
            continue
        if canonical_address(text.strip().removeprefix("mailto:")) == address:
            return Naming.IS
        words = [word.strip(".!?") for word in _BETWEEN_WORDS.split(text) if is_address(word)]
        if words != [text] and address in map(canonical_address, words):
            found = Naming.WITHIN
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwiped:
    """Erasures whose traces may still stand in unused space of the file, and how long writing it anew would take."""

    file_bytes: int
    oldest: datetime  #: when the first of them was made


#: 0.1 to 0.25 s of waiting for whoever wants to write, measured on two busy cores; a press of a button does not notice.
SMALL_FILE = 16 * 1024 * 1024

#: 0.3 to 0.5 s, measured alike, and 1 s on a slow machine: worth it when a person waits for their receipt.
MIDDLING_FILE = 64 * 1024 * 1024

#: The hours of the night in which a large file is written anew; bot/cli/forget.py names them.
NIGHT = range(2, 5)
_LONGEST_WAIT = timedelta(hours=36)


def may_rewrite(unwiped: Unwiped, *, is_asked_for: bool, now: datetime) -> bool:
    """Whether to write the file anew now, which stops all other writing meanwhile. `now` in the file's own time zone.

    A large file waits for the night, and for no more than one night.
    """
    if unwiped.file_bytes <= (MIDDLING_FILE if is_asked_for else SMALL_FILE):
        return True
    return now.hour in NIGHT or now - unwiped.oldest >= _LONGEST_WAIT
