"""What was meant by a key or a value that the language does not have: words of other programs, several in one text."""

from __future__ import annotations

import re
from collections.abc import Callable

_DIVIDED = re.compile(r"\s*[,;/|&\n，、]\s*|\s+(?:or|and|oder|und|ou|et)\s+", re.IGNORECASE)
_LONGEST = 500  #: nobody lists more countries in one line; what is longer would only be long to divide
_CODES = re.compile(r"[A-Z]{2}(?:\s+[A-Z]{2})+")
_BRACKETED = re.compile(r"(?:(not|contains|starts with|ends with|is)\s+)?\[(.*)\]", re.IGNORECASE | re.DOTALL)

_TOP = {"person": "people", "persons": "people", "users": "people", "members": "people", "route": "rules"}
_RULE = {
    **dict.fromkeys(("if", "condition", "conditions", "where", "filter"), "when"),
    **dict.fromkeys(("channel", "channels", "slack", "notify", "to"), "post"),
    **dict.fromkeys(("assign", "assignee", "assign_to", "person", "team"), "owner"),
    **dict.fromkeys(("mail", "mails", "cc"), "email"),
}
_JOINING = {
    **dict.fromkeys(("or", "any"), "Write match: any beside when, for all its lines; or values in a list: [DE, AT]."),
    **dict.fromkeys(("and", "all"), "All lines of when must fit anyway; write them one below the other."),
    "not": "not stands before what is not wanted: country: not US, or country: {not: [US, CA]}.",
}


def meant_key(key: str, path: str) -> str:
    """The key that somebody means who writes another program's word; "" when no such word is known."""
    return {"": _TOP, "rules.*": _RULE}.get(path, {}).get(key.lower(), "")


def joining(fact: str) -> str:
    """The hint for a word that joins conditions, written where a fact is expected; "" for any other."""
    first = fact.lower().split(" ")[0]
    return _JOINING.get(fact.lower(), "") or (_JOINING["not"] if first == "not" else "")


def several_in_one(text: str, is_one: Callable[[str], bool]) -> str:
    """How several values are written that stand in one text ("DE, AT" -> "[DE, AT]"); "" when it is one value.

    `is_one` says whether a part is a value of its own.
    """
    if len(text) > _LONGEST:
        return ""
    bare = text.strip().strip("()[]").strip()
    parts = bare.split() if _CODES.fullmatch(bare) else [part for part in _DIVIDED.split(bare) if part]
    return f"[{', '.join(parts)}]" if len(parts) > 1 and all(map(is_one, parts)) else ""


def bracketed(text: str) -> str:
    """How a list in brackets is written that follows a word ("not [US, CA]" -> "{not: [US, CA]}"); "" for any other."""
    match = _BRACKETED.fullmatch(text.strip())
    if match is None:
        return ""
    word, items = (match.group(1) or "").lower(), [item.strip() for item in match.group(2).split(",")]
    if word == "not":
        return f"{{not: [{', '.join(items)}]}}"
    return f"[{', '.join(f'{word} {item}'.strip() for item in items)}]"
