"""One small function per word of the rule language; what is wanted, what was found, whether it fits and why."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches

from bot.core.facts import Facts, domain, fact_key, fold, shown
from bot.core.numbers import count, exact, written

_MOST_SHOWN = 6  # wanted values in a sentence; the whole list stands in `Reason.wanted`
_LONGEST_SHOWN = 200  # characters of an answer in a reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One wanted value: a word of the language and its operands ("contains", ("head",))."""

    word: str
    operands: tuple[str, ...]
    text: str  #: as the manager wrote it


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One line of `when`: a fact, and the list of what is wanted (any one is enough). `negated` turns it round."""

    fact: str
    wanted: tuple[Wanted, ...]
    line: int
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why one condition fits or does not, in words that a manager reads."""

    fact: str
    wanted: str
    found: str  #: "" = unanswered
    fits: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hit:
    """That a value is what is wanted, or why not; `note` adds what a reader could not guess."""

    is_hit: bool
    note: str = ""


def split_not(text: str) -> tuple[bool, str]:
    """Whether the text begins with the word `not`, and what follows it."""
    match = re.fullmatch(r"not\s+(\S.*)", text.strip(), re.IGNORECASE | re.DOTALL)
    return (True, match.group(1)) if match else (False, text.strip())


def parse_wanted(text: str) -> Wanted | str:
    """One wanted value of the rule language; or, for a text that nobody can have meant, the problem in words."""
    bare = text.strip()
    if not bare:
        return "Nothing is wanted here. Write a value, or is empty"
    if split_not(bare)[0] or bare.lower() == "not":
        return "“not” cannot stand here. For several values write {not: [first, second]}"
    for form in _FORMS:
        if match := form.pattern.fullmatch(bare):
            return form.read(bare, tuple(part.strip() for part in match.groups()))
    return _suspicious(bare) or Wanted(word="equals", operands=(bare,), text=bare)


def matches(condition: Condition, facts: Facts) -> Reason:
    """Whether a lead with these facts fits the condition, and why. Pure and total: hostile values included."""
    values = tuple(value for value in facts.get(fact_key(condition.fact), ()) if value.strip())
    hit, value, note = _first_hit(condition, values)
    fits = hit != condition.negated
    return Reason(
        fact=condition.fact,
        wanted=_wanted_text(condition),
        found=_short(shown(condition.fact, values)),
        fits=fits,
        why=_why(condition, values, value, note, fits),
    )


def _first_hit(condition: Condition, values: tuple[str, ...]) -> tuple[bool, str, str]:
    """Whether any value is any of what is wanted, the value that was, and a note on how it was read."""
    note = ""
    for wanted in condition.wanted:
        if wanted.word in _ABOUT_PRESENCE:
            if bool(values) == (wanted.word == "is present"):
                return True, "", ""
            continue
        for value in values:
            hit = _test(wanted, condition.fact, value)
            if hit.is_hit:
                return True, value, hit.note
            note = note or hit.note
    return False, "", note


def _test(wanted: Wanted, fact: str, value: str) -> _Hit:
    if wanted.word in _NUMBER_WORDS:
        return _test_number(wanted, value)
    is_domain = fact_key(fact) == "email_domain"
    operand = wanted.operands[0]
    if is_domain and wanted.word in ("equals", "starts with"):
        operand = domain(operand)
    return _Hit(is_hit=_TEXT_WORDS[wanted.word](fold(value), fold(operand)))


def _test_number(wanted: Wanted, value: str) -> _Hit:
    counted = count(value)
    if counted is None:
        return _Hit(is_hit=False, note="not a number")
    bounds = [Decimal(operand) for operand in wanted.operands]
    note = f"counted as {written(counted.value)}" if counted.is_band else ""
    return _Hit(is_hit=_NUMBER_WORDS[wanted.word](counted.value, bounds), note=note)


_TEXT_WORDS: dict[str, Callable[[str, str], bool]] = {
    "equals": lambda value, wanted: value == wanted,
    "contains": lambda value, wanted: wanted in value,
    "starts with": lambda value, wanted: value.startswith(wanted),
    "ends with": lambda value, wanted: value.endswith(wanted),
}
_NUMBER_WORDS: dict[str, Callable[[Decimal, list[Decimal]], bool]] = {
    "at least": lambda value, bounds: value >= bounds[0],
    "at most": lambda value, bounds: value <= bounds[0],
    "between": lambda value, bounds: bounds[0] <= value <= bounds[1],
}
_ABOUT_PRESENCE = frozenset({"is empty", "is present"})
#: Every word that works, in the order in which the documentation explains them.
WORDS = (*_TEXT_WORDS, *_NUMBER_WORDS, *sorted(_ABOUT_PRESENCE))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """How one word is written and read."""

    pattern: re.Pattern[str]
    read: Callable[[str, tuple[str, ...]], Wanted | str]


def _text_form(word: str) -> _Form:
    def read(text: str, operands: tuple[str, ...]) -> Wanted | str:
        if not fold(operands[0]):
            return f"“{word}” needs a text after it, for example {word} head"
        return Wanted(word=word, operands=operands, text=text)

    return _Form(pattern=_words(rf"{word}(|\s.*)"), read=read)


def _limit_form(word: str) -> _Form:
    def read(text: str, operands: tuple[str, ...]) -> Wanted | str:
        bound = exact(operands[0])
        if bound is None:
            return f"“{word}” needs a number after it, for example {word} 200"
        return Wanted(word=word, operands=(written(bound),), text=text)

    return _Form(pattern=_words(rf"{word}(|\s.*)"), read=read)


def _read_between(text: str, operands: tuple[str, ...]) -> Wanted | str:
    parts = re.split(r"\sand\s", operands[0], maxsplit=1, flags=re.IGNORECASE)
    bounds = [exact(part) for part in parts]
    low, high = bounds if len(bounds) == 2 else (None, None)
    if low is None or high is None:
        return "“between” needs two numbers, for example between 50 and 200"
    if low > high:
        return f"No number is between {written(low)} and {written(high)}: write the smaller one first"
    return Wanted(word="between", operands=(written(low), written(high)), text=text)


def _read_later(what: str) -> Callable[[str, tuple[str, ...]], Wanted | str]:
    return lambda _text, _operands: f"{what} is not understood yet: it comes with a later version"


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace(" ", r"\s+"), re.IGNORECASE | re.DOTALL)


def _presence_form(word: str) -> _Form:
    return _Form(pattern=_words(word), read=lambda text, _: Wanted(word=word, operands=(), text=text))


_FORMS = (
    *(_text_form(word) for word in _TEXT_WORDS if word != "equals"),
    _limit_form("at least"),
    _limit_form("at most"),
    _Form(pattern=_words(r"between(|\s.*)"), read=_read_between),
    *(_presence_form(word) for word in sorted(_ABOUT_PRESENCE)),
    _Form(pattern=_words(r"in hours(?:\s.*)?"), read=_read_later("“in hours”")),
    _Form(pattern=_words(r'is\s*["“„\'].*'), read=_read_later("A text in quotes after “is”")),
)

#: What people write when they mean a word of the language; as plain text it would silently fit nobody.
_MEANT = (
    (re.compile(r"(?:>=|=>|≥|at-least|atleast|minimum|min\.?)\s*[\d.,]+"), "at least 200"),
    (re.compile(r"(?:<=|=<|≤|at-most|atmost|maximum|max\.?)\s*[\d.,]+"), "at most 200"),
    (re.compile(r"[<>]\s*[\d.,]+"), "at least 200 or at most 200"),
    (re.compile(r"(?:begins? with|start with|starting with|startswith)\s.*", re.DOTALL), "starts with chief"),
    (re.compile(r"(?:end with|ending with|endswith)\s.*", re.DOTALL), "ends with officer"),
    (re.compile(r"(?:contain|includes?)\s.*", re.DOTALL), "contains head"),
    (re.compile(r"(?:!=?|<>)\s*\S.*", re.DOTALL), "not DE"),
    (re.compile(r"={1,2}\s*\S.*", re.DOTALL), "the value alone, without ="),
    (re.compile(r"\*\S.*|\S.*\*", re.DOTALL), "starts with …, ends with … or contains …"),
)


def _suspicious(text: str) -> str | None:
    lowered = text.lower()
    for pattern, example in _MEANT:
        if pattern.fullmatch(lowered):
            return f"“{text}” is not a word of the rule language. Perhaps you mean: {example}"
    if lowered.startswith("is ") and (close := get_close_matches(lowered, sorted(_ABOUT_PRESENCE), n=1, cutoff=0.75)):
        return f"“{text}” is not understood. Did you mean “{close[0]}”?"
    return None


def _wanted_text(condition: Condition) -> str:
    wanted = ", ".join(one.text for one in condition.wanted)
    return f"not {wanted}" if condition.negated else wanted


def _why(condition: Condition, values: tuple[str, ...], value: str, note: str, fits: bool) -> str:
    found = f"found “{_short(value or shown(condition.fact, values))}”" if values else "it was not answered"
    note = f" ({note})" if note else ""
    return f"wanted {_wanted_phrase(condition)}, {found}{note}: {'fits' if fits else 'does not fit'}"


def _wanted_phrase(condition: Condition) -> str:
    quoted = [f"“{one.text}”" for one in condition.wanted[:_MOST_SHOWN]]
    left = len(condition.wanted) - len(quoted)
    phrase = ", ".join(quoted) + f" or {left} more" if left else _joined_by_or(quoted)
    return f"not {phrase}" if condition.negated else phrase


def _joined_by_or(parts: list[str]) -> str:
    return " or ".join((", ".join(parts[:-1]), parts[-1])) if len(parts) > 1 else "".join(parts)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"
