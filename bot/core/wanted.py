"""The words of the rule language as a manager writes them: a text becomes what is wanted, or a problem in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches

from bot.core.countries import country_code
from bot.core.facts import COUNTRY, SUBMITTED, fact_key, fold
from bot.core.numbers import exact, written
from bot.core.weekdays import WEEKDAYS, read_weekdays


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One wanted value: a word of the language and its operands ("contains", ("head",)).

    Plain text is "equals"; on a country it is "country" with the ISO code, on `submitted` "weekday" with its days.
    """

    word: str
    operands: tuple[str, ...]
    text: str  #: as the manager wrote it


_NOT = re.compile(r"not\s+(\S.*)", re.IGNORECASE | re.DOTALL)


def split_not(text: str) -> tuple[bool, str]:
    """Whether the text begins with the word `not`, and what follows it."""
    match = _NOT.fullmatch(text.strip())
    return (True, match.group(1)) if match else (False, text.strip())


def parse_wanted(text: str, *, fact: str = "") -> Wanted | str:
    """One wanted value of the rule language; or, for a text that nobody can have meant, the problem in words.

    `fact` is what `bot.core.facts.compared_as` says of the line's fact: countries and times have words of their own.
    """
    bare = text.strip()
    if not bare:
        return "Nothing is wanted here. Write a value, or is empty"
    if split_not(bare)[0] or bare.lower() == "not":
        return "“not” cannot stand here. For several values write {not: [first, second]}"
    key = fact_key(fact)
    for form in _FORMS if _FIRST_WORD.match(bare) else ():
        if match := form.pattern.fullmatch(bare):
            read = form.read(bare, tuple(part.strip() for part in match.groups()), key)
            return _fitting_a_time(read, bare) if key == SUBMITTED else read
    return _suspicious(bare) or _plain(bare, bare, key)


def _plain(text: str, written_as: str, fact: str) -> Wanted | str:
    """What a text without a word of the language means for this fact."""
    if fact == SUBMITTED:
        days = read_weekdays(text)
        if days is None:
            return _no_time(text)
        return Wanted(word="weekday", operands=tuple(WEEKDAYS[day] for day in days), text=written_as)
    code = country_code(text) if fact == COUNTRY else ""
    return Wanted(word="country" if code else "equals", operands=(code or text,), text=written_as)


def _fitting_a_time(read: Wanted | str, text: str) -> Wanted | str:
    """On `submitted` the words for texts and numbers would silently fit nobody."""
    is_about_time = isinstance(read, str) or read.word in {"weekday", "in hours", "is empty", "is present"}
    return read if is_about_time else _no_time(text)


def _no_time(text: str) -> str:
    dates = " For dates use active: 2026-11-01 to 2026-12-31 beside when" if re.search(r"\d{4}", text) else ""
    return f"“{text}” is no weekday. Write submitted: mon-fri, [sat, sun] or in hours NAME.{dates}".rstrip(".")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """How one word is written and read: from the whole text, the parts the pattern found, and the fact's key."""

    pattern: re.Pattern[str]
    read: Callable[[str, tuple[str, ...], str], Wanted | str]


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace(" ", r"\s+"), re.IGNORECASE | re.DOTALL)


def _without_quotes(text: str) -> str:
    """`contains "head of"` looks for head of: nobody means the quotes themselves."""
    is_quoted = len(text) > 1 and text[-1] in _CLOSING.get(text[0], "")
    return text[1:-1].strip() if is_quoted else text


def _text_form(word: str) -> _Form:
    def read(text: str, operands: tuple[str, ...], _fact: str) -> Wanted | str:
        operand = _without_quotes(operands[0])
        if not fold(operand):
            return f"“{word}” needs a text after it, for example {word} head"
        return Wanted(word=word, operands=(operand,), text=text)

    return _Form(pattern=_words(rf"{word}(|\s.*)"), read=read)


def _limit_form(word: str) -> _Form:
    def read(text: str, operands: tuple[str, ...], _fact: str) -> Wanted | str:
        bound = exact(operands[0])
        if bound is None:
            return f"“{word}” needs a number after it, for example {word} 200"
        return Wanted(word=word, operands=(written(bound),), text=text)

    return _Form(pattern=_words(rf"{word}(|\s.*)"), read=read)


def _presence_form(word: str) -> _Form:
    return _Form(pattern=_words(word), read=lambda text, _, __: Wanted(word=word, operands=(), text=text))


def _read_between(text: str, operands: tuple[str, ...], _fact: str) -> Wanted | str:
    parts = re.split(r"\sand\s", operands[0], maxsplit=1, flags=re.IGNORECASE)
    bounds = [exact(part) for part in parts]
    low, high = bounds if len(bounds) == 2 else (None, None)
    if low is None or high is None:
        return "“between” needs two numbers, for example between 50 and 200"
    if low > high:
        return f"No number is between {written(low)} and {written(high)}: write the smaller one first"
    return Wanted(word="between", operands=(written(low), written(high)), text=text)


def _read_in_hours(text: str, operands: tuple[str, ...], fact: str) -> Wanted | str:
    name = operands[0]
    if fact != SUBMITTED:
        meant = f"submitted: in hours {name}".rstrip()
        return f"“in hours” is asked of the time of submitting: {meant}. If it is just a text, write is “{text}”"
    if not fold(name):
        return "“in hours” needs a name of hours: after it, for example in hours berlin"
    return Wanted(word="in hours", operands=(name,), text=text)


def _read_quoted(text: str, operands: tuple[str, ...], fact: str) -> Wanted | str:
    opening, rest = operands
    if len(rest) == 0 or rest[-1] not in _CLOSING[opening]:
        return f"The closing quote is missing: is {opening}{rest}{_CLOSING[opening][0]}"
    inside = rest[:-1].strip()
    if not fold(inside):
        return "Nothing stands between the quotes. For a question without an answer write is empty"
    return _plain(inside, text, fact)


#: Which marks end a text that begins with the key: computers, phones and languages quote differently.
_CLOSING = {
    **{'"': '"”“', "'": "'’", "“": '”“"', "„": '“”"', "”": '”"'},
    **{"‘": "’'", "‚": "‘’'", "’": "’'", "«": "»", "»": "«"},
}

_FORMS = (
    *(_text_form(word) for word in ("contains", "starts with", "ends with")),
    _limit_form("at least"),
    _limit_form("at most"),
    _Form(pattern=_words(r"between(|\s.*)"), read=_read_between),
    *(_presence_form(word) for word in ("is empty", "is present")),
    _Form(pattern=_words(r"in hours(|\s.*)"), read=_read_in_hours),
    _Form(pattern=_words(rf"is\s*([{''.join(_CLOSING)}])(.*)"), read=_read_quoted),
)

#: Most texts are plain and need not be tried for every word.
_FIRST_WORD = re.compile("contains|starts|ends|at|between|is|in", re.IGNORECASE)

#: What people write when they mean a word of the language; as plain text it would silently fit nobody.
_MEANT = (
    (re.compile(r"(?:>=|=>|≥|at-least|atleast|minimum|min\.?)\s*[\d.,]+"), "at least 200"),
    (re.compile(r"(?:<=|=<|≤|at-most|atmost|maximum|max\.?)\s*[\d.,]+"), "at most 200"),
    (re.compile(r"(?:[<>]|(?:more|less|fewer) than|over|under|above|below)\s*[\d.,]+"), "at least 200 or at most 200"),
    (re.compile(r"(?:begins? with|start with|starting with|startswith)\s.*", re.DOTALL), "starts with chief"),
    (re.compile(r"(?:end with|ending with|endswith)\s.*", re.DOTALL), "ends with officer"),
    (re.compile(r"(?:contain|includes?)\s.*", re.DOTALL), "contains head"),
    (re.compile(r"(?:!=?|<>)\s*\S.*", re.DOTALL), "not DE"),
    (
        re.compile(r"(?:contains|(?:starts|ends) with|at (?:least|most)|between|not|is|in hours)\s*:.*", re.DOTALL),
        "it without the colon",
    ),
    (re.compile(r"/.+/i?", re.DOTALL), "contains head (there are no regular expressions)"),
    (re.compile(r"={1,2}\s*\S.*", re.DOTALL), "the value alone, without ="),
    (re.compile(r"\*\S.*|\S.*\*", re.DOTALL), "starts with …, ends with … or contains …"),
)
_PERHAPS_MEANT = re.compile(
    r"[<>=≥≤!*/]|not|between|in hours|is:|at|min|max|begin|start|end|contain|include|is |.*\*$", re.DOTALL
)


def _suspicious(text: str) -> str | None:
    lowered = text.lower()
    if _PERHAPS_MEANT.match(lowered) is None:
        return None
    for pattern, example in _MEANT:
        if pattern.fullmatch(lowered):
            return f"“{text}” is not a word of the rule language. Perhaps you mean: {example}"
    if lowered.startswith("is ") and (
        close := get_close_matches(lowered, ("is empty", "is present"), n=1, cutoff=0.75)
    ):
        return f"“{text}” is not understood. Did you mean “{close[0]}”?"
    return None
